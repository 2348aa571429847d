# The port of a peer as those meet it who speak HTTP, or a tracker's protocols,
# and those who would abuse it; sourced by tests.sh.  tests/front.py plays
# them.

front() {
	timeout 60 /usr/bin/python3 tests/front.py "$@"
}

# front_on ARGS...: serves at $web, an address with its port; its link's info
# hash in $front_hash
front_on() {
	seed "$dir/s.log" "$@" && web=127.0.0.1:$seed_port &&
	front_hash=$(sed -n 's/.*btih:\([0-9a-f]*\).*/\1/p' "$dir/s.log" |
		head -n 1)
}

# A directory of odd names, in $got.
front_names_of() {
	fresh && mkdir -p "$got/o d/a b" && (
		cd "$got/o d" &&
		random_bytes 700000 >big &&
		echo 1 >'a b/q"uo&t<e>' && echo 2 >"$(printf '\303\274')" &&
		echo 3 >'100%' && echo 4 >"$(printf 'new\nline')" && : >empty &&
		echo 5 >'a#b?c=d' && echo 6 >"it's;x" && echo 7 >'a+b\c'
	)
}

# status_of ARGS...: that of curl's reply, which goes to $dir/body
status_of() {
	curl -s -o "$dir/body" -w '%{http_code}' "$@"
}

front_files() {
	front_names_of && big="$got/o d/big" && front_on "$got/o d" &&
	[ "$(front files "$seed_port" 'o d' "$got/o d")" = 9 ] &&
	front parts "$seed_port" /o%20d/big "$big" &&
	u=http://$web/o%20d/big && tag=$(curl -sI "$u" | tr -d '\r' |
		sed -n 's/^ETag: //p') && [ -n "$tag" ] &&
	[ "$(status_of -0 "$u")" = 200 ] && cmp "$dir/body" "$big" &&
	[ "$(status_of -r 9-19 -H "If-Range: $tag" "$u")" = 206 ] &&
	[ "$(wc -c <"$dir/body")" -eq 11 ] &&
	[ "$(status_of -r 9-19 -H 'If-Range: "x"' "$u")" = 200 ] &&
	cmp "$dir/body" "$big" &&
	[ "$(status_of -H "If-None-Match: $tag" "$u")" = 304 ] &&
	[ "$(status_of -r 700000- "$u")" = 416 ] &&
	[ "$(status_of -X POST "$u")" = 405 ] &&
	[ "$(status_of --path-as-is "http://$web/o%20d/../o%20d/big")" = 404 ] &&
	head -c 300000 "$big" >"$got/part" &&
	curl -s -C - -o "$got/part" "$u" && cmp "$got/part" "$big"
	r=$?
	stop "$seed_pid"
	return $r
}

front_tar() {
	front_names_of && mkdir "$got/x" && front_on "$got/o d" &&
	curl -s "http://$web/o%20d.tar" >"$got/tar" &&
	[ "$(curl -sI "http://$web/o%20d.tar" | tr -d '\r' |
		sed -n 's/^Content-Length: //p')" -eq "$(wc -c <"$got/tar")" ] &&
	tar xf "$got/tar" -C "$got/x" && diff -r "$got/o d" "$got/x/o d" &&
	curl -s "http://$web/" | grep -q 'href="/o%20d.tar"'
	r=$?
	stop "$seed_pid"
	return $r
}

# What the page links is enough for another to fetch it, also by the web alone.
front_torrent() {
	front_names_of && mkdir "$got/1" "$got/2" && front_on -N "$got/o d" &&
	curl -s -o "$got/t" "http://$web/o%20d.torrent" &&
	[ "$("$btsh" show "$got/t" | grep -c "^tracker.*http://$web/")" -eq 1 ] &&
	fetch -N -d "$got/1" "$got/t" && diff -r "$got/o d" "$got/1/o d" &&
	curl -s "http://$web/stats" >"$dir/o" && cat "$dir/o" &&
	grep -qx 'torrents	1' "$dir/o" && grep -qx 'here	700014' "$dir/o" &&
	curl -s "http://$web/metrics" | grep -q '^btsh_[a-z_]* [0-9]' &&
	fetch -N -d "$got/2" "$(grep magnet: "$dir/s.log" |
		sed 's/&x.pe=[^&]*//g; s/&ws=[^&]*//g')" &&
	diff -r "$got/o d" "$got/2/o d"
	r=$?
	stop "$seed_pid"
	return $r
}

# With these options whoever speaks HTTP is closed, and hears nothing.
front_bare() {
	for args in '-w none' '-q' '-u 0'; do
		next_port
		start "$dir/s.log" "$btsh" serve -l 127.0.0.1 -p $port $args \
			"$dir/file"
		seed_pid=$!
		until_true listens $port && until_true grep -q . "$dir/s.log" &&
		[ "$(status_of -m 20 "http://127.0.0.1:$port/")" = 000 ] &&
		! grep -q 'http' "$dir/s.log" || return 1
		stop $seed_pid
	done
}

front_twins() {
	fresh && mkdir "$got/a" "$got/b" && echo 1 >"$got/a/same" &&
	echo 22 >"$got/b/same" && front_on "$got/a/same" "$got/b/same" &&
	[ "$(curl -s "http://$web/same")" = 1 ] &&
	h=$(sed -n '/xl=3/s/.*btih:\(........\).*/\1/p' "$dir/s.log") &&
	[ "$(curl -s "http://$web/same-$h")" = 22 ] &&
	curl -s "http://$web/" | grep -q "href=\"/same-$h\"" &&
	grep xl=3 "$dir/s.log" | grep -q "&ws=[^&]*same-$h&" &&
	curl -s -o "$got/t" "http://$web/same-$h.torrent" &&
	"$btsh" show "$got/t" | grep -q "http://$web/same-$h\$"
	r=$?
	stop "$seed_pid"
	return $r
}

# reader_at PORT VERB ARGS...: a peer that serves what it has yet to fetch, at
# $web; its pid in $run_pid
reader_at() {
	next_port
	web=127.0.0.1:$port
	start "$dir/r.log" "$btsh" "$@" -N -v -l 127.0.0.1 -p $port
	run_pid=$!
	until_true listens $port
}

# What is still being fetched is given as it comes, in order, its end first if
# that is asked for first; peer and run -s do so.
front_later() { # VERB OPTIONS
	fresh && seed "$dir/s.log" -u 1500k -d "$dir" "$dir/file.torrent" &&
	reader_at $1 -d "$got" -k "127.0.0.1:$seed_port" ${2:+"$2"} \
		"$dir/file.torrent" &&
	until_true curl -sf "http://$web/stats" &&
	front later $port /file "$dir/file" &&
	cmp "$dir/file" "$got/file"
	r=$?
	stop "$run_pid"
	stop "$seed_pid"
	return $r
}

# A private torrent is its trackers' alone, if it names any: also when a link
# did not tell.
front_private() {
	fresh && mkdir "$got/1" && cp "$dir/file" "$got/secret" &&
	echo here >"$got/plain" && u=http://127.0.0.1:1/announce &&
	"$btsh" make -q -p -a $u -o "$got/p.torrent" "$got/secret" &&
	hash=$("$btsh" show "$got/p.torrent" | sed -n 's/infohash.//p') &&
	front_on -d "$got" "$got/p.torrent" "$got/plain" && hidden &&
	until_true curl -sf "http://$web/plain" && hidden &&
	p=$seed_port && reader_at run -s -d "$got/1" -k "127.0.0.1:$p" \
		"magnet:?xt=urn:btih:$hash&dn=secret&tr=$u" &&
	until_true cmp "$got/secret" "$got/1/secret" && hidden &&
	fetch -s -T 0 -d "$got/2" -k "127.0.0.1:$p" "$got/p.torrent" \
		>/dev/null && cmp "$got/secret" "$got/2/secret"
	r=$?
	stop "$run_pid"
	stop "$seed_pid"
	return $r
}

hidden() {
	! curl -s "http://$web/" | grep -q secret &&
	! curl -s "http://$web/stats" | grep -q "$hash" &&
	for page in secret secret.torrent secret/; do
		[ "$(status_of "http://$web/$page")" = 404 ] || return 1
	done &&
	! curl -s "http://$web/announce?info_hash=$(echo "$hash" |
		sed 's/../%&/g')&peer_id=-XX0100-pppppppppppp&port=2000&left=1" |
		grep -q peers
}

# Peers are shown to who sits here; not through a proxy, nor to another's page.
front_peers() {
	fresh && seed "$dir/s.log" -u 500k -d "$dir" "$dir/file.torrent" &&
	web=127.0.0.1:$seed_port && next_port &&
	start "$dir/r.log" "$btsh" run -N -l 127.0.0.1 -p $port -d "$got" \
		-k "$web" "$dir/file.torrent"
	run_pid=$!
	until_true shows_peer && ! shows_peer -H 'X-Forwarded-For: 1.2.3.4' &&
	! shows_peer -H 'Host: evil.example' && ! shows_peer -H 'Host:' &&
	shows_peer -H 'Host: localhost'
	r=$?
	stop "$run_pid"
	stop "$seed_pid"
	return $r
}

shows_peer() {
	curl -s "$@" "http://$web/" | grep -q "<li>127.0.0.1:$port<"
}

# A name that a header, a page or a shell might take for something else.
front_names() {
	fresh && n=$(printf 'x"><svg onload=1>\r\nX-Y: z%%0d%%0aX:\n;$(id)') &&
	echo hello >"$got/$n" && front_on "$got/$n" &&
	at=$(curl -s "http://$web/" | sed -n 's/.*<h2><a href="\([^"]*\)".*/\1/p') &&
	[ "$(curl -s "http://$web$at")" = hello ] &&
	curl -sI "http://$web$at" >"$dir/o" && cat "$dir/o" &&
	! grep -qi '^X-Y\|^X:' "$dir/o" &&
	[ "$(grep -c '^[^ ]*: ' "$dir/o")" -eq 8 ] &&
	curl -s "http://$web/" >"$dir/o" && ! grep -q '<svg onload' "$dir/o" &&
	front hosts "$seed_port" "${at#/}"
	r=$?
	stop "$seed_pid"
	return $r
}

front_mixed() {
	front_on -d "$dir" "$dir/file.torrent" &&
	[ "$(front mixed "$seed_port" "$front_hash" | tr '\n' ' ')" = \
		'0 1 1 0 ' ] &&
	front smuggled "$seed_port" /file.torrent >"$dir/o" && cat "$dir/o" &&
	[ "$(grep -c '^400$' "$dir/o")" -eq 7 ] &&
	[ "$(grep -c '^200 200$' "$dir/o")" -eq 2 ]
	r=$?
	stop "$seed_pid"
	return $r
}

# Who announces is dialled where he asks from, and nobody else.
front_dialled() {
	fresh && seed "$dir/s.log" -u 10k -d "$dir" "$dir/file.torrent" &&
	p=$seed_port && front_hash=$("$btsh" show "$dir/file.torrent" |
		sed -n 's/infohash.//p') &&
	[ "$(front dialled "$p" "$front_hash")" = 0 ] &&
	front udp "$p" "$front_hash"
	r=$?
	stop "$seed_pid"
	return $r
}

# The time, in ms, that a download from the port takes; it may take three
# seconds.
front_fetch() {
	rm -rf "$got/f" && mkdir "$got/f" && began=$(date +%s%N) &&
	fetch -q -N -r 2m -k "$web" -d "$got/f" "$dir/file.torrent" \
		>"$got/out" &&
	cmp "$dir/file" "$got/f/file" &&
	echo $((($(date +%s%N) - began) / 1000000))
}

descriptors() { # PID
	ls "/proc/$1/fd" | wc -l
}

# Whatever others do to the port, a download through it goes on, who asks for a
# page has it, and neither descriptors nor memory grow without end.
front_abused() { # KIND...
	fresh && front_on -d "$dir" "$dir/file.torrent" &&
	alone=$(front_fetch) && before=$(resident $seed_pid) &&
	for kind; do
		start "$dir/abuse.log" /usr/bin/python3 tests/front.py abuse \
			"$seed_port" /file "$kind"
		abuse_pid=$!
		until_true grep -q ready "$dir/abuse.log" &&
		took=$(front_fetch) &&
		[ "$(status_of -m 10 "http://$web/stats")" = 200 ]
		r=$?
		n=$(descriptors $seed_pid) after=$(resident $seed_pid)
		kill $abuse_pid
		wait $abuse_pid 2>/dev/null
		echo "$kind: $took ms, alone $alone; $n descriptors;" \
			"$before KiB before, $after after"
		[ $r -eq 0 ] && [ "$took" -lt $((alone * 3 / 2)) ] &&
		[ "$n" -lt 250 ] && [ "$after" -lt $((before + 16384)) ] ||
			return 1
	done
	stop "$seed_pid"
}

# Of who reads nothing, little waits in the system to be sent.
front_deaf() {
	fresh && truncate -s 64M "$got/sparse" && front_on "$got/sparse" &&
	start "$dir/abuse.log" /usr/bin/python3 tests/front.py abuse \
		"$seed_port" /sparse slow
	abuse_pid=$!
	given=0
	until_true grep -q ready "$dir/abuse.log" && until_true given_stays
	kill $abuse_pid
	wait $abuse_pid 2>/dev/null
	stop "$seed_pid"
	echo "$given bytes given to 200 callers"
	[ "$given" -gt 20000000 ] && [ "$given" -lt 200000000 ]
}

given_stays() {
	before=$given
	given=$(curl -s "http://$web/stats" | sed -n 's/^web	//p')
	[ "$given" -gt 0 ] && [ "$given" -eq "$before" ]
}

front_room() {
	fresh && front_on -d "$dir" "$dir/file.torrent" &&
	front_fetch && curl -s "http://$web/file" | cmp - "$dir/file" &&
	start "$dir/abuse.log" /usr/bin/python3 tests/front.py abuse \
		"$seed_port" /file slow_many
	abuse_pid=$!
	until_true grep -q ready "$dir/abuse.log" && front_fetch &&
	curl -s -m 20 "http://$web/file" | cmp - "$dir/file" &&
	curl -s -m 20 "http://$web/" | grep -q '/file' &&
	front udp "$seed_port" "$front_hash"
	r=$?
	kill $abuse_pid
	wait $abuse_pid 2>/dev/null
	kill -0 "$seed_pid"
	r=$?
	stop "$seed_pid"
	return $r
}

# What comes beside a torrent that was named is taken in at HUP; what is none is
# said, and looked at again.
front_grows() {
	fresh && mkdir "$got/t" && cp "$dir/file.torrent" "$got/t" &&
	front_on -N -d "$dir" "$got/t/file.torrent" &&
	cp "$dir/tree.torrent" "$got/t" && echo no >"$got/t/bad.torrent" &&
	kill -HUP "$seed_pid" &&
	until_true grep -q 'btih:.*dn=tree&' "$dir/s.log" &&
	until_true grep -q 'bad.torrent' "$dir/s.log" &&
	curl -s "http://$web/" | grep -q 'href="/tree/"' &&
	curl -s "http://$web/tree.torrent" >"$got/x" &&
	[ "$("$btsh" show "$got/x" | grep infohash)" = \
		"$("$btsh" show "$dir/tree.torrent" | grep infohash)" ] &&
	cp "$dir/file" "$got/other" && "$btsh" make -q -f -o "$got/t/bad.torrent" \
		"$got/other" >/dev/null && cp "$got/other" "$dir/other" &&
	kill -HUP "$seed_pid" &&
	until_true grep -q 'btih:.*dn=other&' "$dir/s.log" &&
	[ "$(grep -c 'btih:.*dn=tree&' "$dir/s.log")" -eq 1 ]
	r=$?
	rm -f "$dir/other"
	stop "$seed_pid"
	return $r
}

# Of a directory of which some files are fetched, these are given.
front_some() {
	fresh && front_on -N -d "$dir" "$dir/tree.torrent" && p=$seed_port &&
	some=$("$btsh" show -f "$dir/tree.torrent" | sed -n 's|^tree/||p' |
		grep -v '[^a-z/.]' | head -n 1) && [ -n "$some" ] &&
	reader_at run -s -f "$some" -d "$got/1" -k "127.0.0.1:$p" \
		"$dir/tree.torrent" && mkdir "$got/2" &&
	until_true sh -c "curl -sf http://$web/tree.tar | tar x -C $got/2" &&
	cmp "$dir/tree/$some" "$got/2/tree/$some" &&
	[ "$(find "$got/2" -type f | wc -l)" -eq 1 ]
	r=$?
	stop "$run_pid"
	stop "$seed_pid"
	return $r
}

front_cases() {
	skip 'the port of a peer, for others' curl && return
	check 'the port gives files: names, ranges, conditions' front_files
	check 'the port gives an archive' front_tar
	check 'the port gives an archive of what was chosen' front_some
	check 'the port gives torrents and figures' front_torrent
	check 'the port without a web' front_bare
	check 'the port has two torrents of one name' front_twins
	check 'the port shows what comes beside: HUP' front_grows
	check 'the port gives what comes: run -s' front_later run -s
	check 'the port gives what comes: peer' front_later peer
	check 'the port shows no private torrent' front_private
	check 'the port shows peers to who is here' front_peers
	check 'the port is called by hostile names' front_names
	check 'the port: requests of two meanings, or two protocols' front_mixed
	check 'the port: announces, and datagrams of all kinds' front_dialled
	check 'the port, its places taken' front_abused idle half slow slow_many
	check 'the port, its requests endless' front_abused endless line drip
	check 'the port, asked for much at once' front_abused pipeline pages \
		ranges
	check 'the port, called by who reads nothing' front_deaf
	check 'the port, called and left' front_abused reset refused odd
	nm "$btsh" | grep -q __asan ||
		check 'the port within 32 MiB and 32 descriptors' \
			in_room 32768 32 front_room
}
