# Trackers and web servers as people have them; sourced by tests.sh.  The web
# server is tests/web.py: what it does stands in the paths that it is asked.

# web_on ADDRESS PEER_PORT: one whose port is in $web, its requests in
# $dir/web.log; the torrents of $dir are its files
web_on() {
	start "$dir/web.log" /usr/bin/python3 tests/web.py "$1" "$2" "$dir"
	web_pid=$!
	until_true grep -q '^port' "$dir/web.log" &&
	web=$(sed -n 's/^port //p' "$dir/web.log")
}

# gets URL: whether the file comes from the peer that this tracker names
gets() {
	fresh && fetch -N -t 5 -a "$1" -d "$got" "$dir/file.torrent" \
		>"$got/out" 2>"$dir/said" && cmp "$dir/file" "$got/file" &&
		return
	echo "$1" >&2
	cat "$dir/said" >&2
	return 1
}

# gets_none URL PATTERN: it does not, and a message says so
gets_none() {
	fresh
	fetch -N -t 1 -a "$1" -d "$got" "$dir/file.torrent" >"$got/out" \
		2>"$dir/said"
	[ $? -eq 4 ] && grep -q -- "$2" "$dir/said" && return
	echo "$1" >&2
	cat "$dir/said" >&2
	return 1
}

# A seed, and a server that knows it; the shared torrent names no tracker.
web_seed() {
	"$btsh" make -qf -o "$dir/file.torrent" "$dir/file" >/dev/null &&
	seed "$dir/s.log" -d "$dir" "$dir/file.torrent" &&
	web_on 127.0.0.1 "$seed_port"
}

web_stop() {
	stop "$seed_pid"
	stop "$web_pid"
}

# A URL as it was pasted: in a torrent, a magnet link, -a and BTSH_TRACKER.
tracker_urls() {
	web_seed &&
	u=http://127.0.0.1:$web/plain/announce &&
	for t in " $u" "$u	
" "$u$(printf '\r')"; do
		gets "$t" &&
		printf 'd8:announce%d:%s' ${#t} "$t" >"$dir/pasted" &&
		tail -c +2 "$dir/file.torrent" >>"$dir/pasted" && fresh &&
		fetch -N -t 5 -d "$got" "$dir/pasted" || return 1
	done
	fresh && BTSH_TRACKER=" $u , $u" fetch -N -t 5 -d "$got" \
		"$dir/file.torrent" &&
	magnet=$("$btsh" show -m "$dir/file.torrent") && fresh &&
	fetch -N -t 5 -d "$got" "$magnet&tr=%20%0A$u%0D%0A" &&
	gets "http://127.0.0.1:$web/a b/announce\"ü" &&
	grep -q '^/a%20b/announce%22%C3%BC -$' "$dir/web.log" &&
	"$btsh" make -qf -o "$dir/made" -a " $u " "$dir/file" &&
	"$btsh" show "$dir/made" | grep -qx "tracker	0	$u"
	r=$?
	web_stop
	return $r
}

# A name and a password: sent, kept over redirects to the same place alone, and
# told to nobody.
tracker_passwords() {
	web_seed && a=127.0.0.1:$web &&
	u="http://us%3Aer:pa%20ss@" &&
	gets "$u$a/auth/announce" &&
	gets "$u$a/to/%2Fauth%2Fannounce" &&
	gets "$u$a/to/http%3A%2F%2F$a%2Fauth%2Fannounce" &&
	gets_none "$u$a/to/http%3A%2F%2Flocalhost%3A$web%2Fauth%2Fannounce" \
		401 &&
	! grep -q 'us%3A' "$dir/said" &&
	grep -q "http://$a/to/" "$dir/said" &&
	gets_none "http://$a/auth/announce" 401 &&
	"$btsh" show "$u$a/auth/file.torrent" | grep -q infohash &&
	says ": http://$a/auth/none: HTTP status 404" 1 "$btsh" show \
		"$u$a/auth/none" && fresh &&
	says "btsh: http://$a/auth/file.torrent: it names no" 4 fetch -N -t 1 \
		-d "$got" "$u$a/auth/file.torrent"
	r=$?
	web_stop
	return $r
}

# A tracker that only others speak to: written by make, skipped by run, which
# says so once and, if there is no other, what to do.
tracker_skipped() {
	web_seed && s=ws://127.0.0.1:1/announce &&
	"$btsh" make -qf -o "$dir/made" -a $s -a wss://x.example/,https://x:1/ \
		"$dir/file" && "$btsh" show "$dir/made" >"$dir/shown" &&
	grep -qx "tracker	0	$s" "$dir/shown" &&
	grep -qx 'tracker	1	https://x:1/' "$dir/shown" &&
	grep -qx 'tracker	1	wss://x.example/' "$dir/shown" &&
	gets "$s,http://127.0.0.1:$web/plain/announce" &&
	[ "$(grep -c "$s: btsh does not speak ws; skipped\$" \
		"$dir/said")" -eq 1 ] && [ "$(but_root "$dir/said" | wc -l)" -eq 1 ] &&
	gets_none $s 'speak ws; skipped; -a url names another, -k host' &&
	gets_none wss://x.example/announce 'does not speak wss' &&
	says 'ftp://x/: not a tracker.s URL' 2 fetch -a ftp://x/ \
		"$dir/file.torrent"
	r=$?
	web_stop
	return $r
}

# On this host a torrent may name an announce alone; the user what he likes.
tracker_reach() {
	own_pid=
	web_seed && a=127.0.0.1:$web &&
	"$btsh" make -qf -o "$dir/own" -a "http://$a/plain/none" "$dir/file" &&
	fresh &&
	says "$a/plain/none: $a belongs to this host.*-a any path" 4 \
		fetch -N -t 1 -d "$got" "$dir/own" &&
	says '-a any path' 4 fetch -N -t 1 -d "$got" \
		"$("$btsh" show -m "$dir/own")" &&
	! grep -q /none "$dir/web.log" &&
	gets_none "http://$a/plain/none" 'HTTP status 404' &&
	grep -q /plain/none "$dir/web.log" &&
	"$btsh" make -qf -o "$dir/own" -a "http://$a/plain/announce" \
		"$dir/file" && fresh && fetch -N -t 5 -d "$got" "$dir/own" &&
	"$btsh" show "http://$a/to/http%3A%2F%2F$a%2Fx%2Ffile.torrent" |
		grep -q infohash &&
	start "$dir/own.log" "$btsh" serve -l 127.0.0.1 -p 0 \
		-a "http://$a/own/none" "$dir/file" &&
	own_pid=$! && until_true grep -q /own/none "$dir/web.log"
	r=$?
	[ -z "$own_pid" ] || stop "$own_pid"
	web_stop
	return $r
}

# A web server on the wider network, which here is a namespace of its own, and
# one on this host: no redirect leads from that to this.
web_redirects() {
	fresh && mkfifo "$got/near" "$got/far" && unshare -n sh -c '
		ip link set lo up &&
		ip address add 198.51.100.1/32 dev lo || exit 1
		serve="/usr/bin/python3 tests/web.py"
		$serve 127.0.0.1 1 "$2" >"$3/near" & near=$!
		$serve 198.51.100.1 1 "$2" >"$3/far" & far=$!
		exec 3<"$3/near" 4<"$3/far"
		read -r _ n <&3 && read -r _ f <&4
		u=http%3A%2F%2F127.0.0.1%3A$n%2Fplain
		for u in $u%2Fannounce http%3A%2F%2Flocalhost%3A$n%2Fannounce
		do
			timeout 20 "$1" run -N -t 1 -d "$3" -p 0 \
				-a "http://198.51.100.1:$f/to/$u" \
				"$2/file.torrent"
		done
		"$1" show "http://198.51.100.1:$f/to/${u%ann*}file.torrent"
		"$1" show "http://198.51.100.1:$f/to/%2Fx%2Ffile.torrent"
		"$1" show "http://127.0.0.1:$n/a/file.torrent" >/dev/null
		kill $near $far
		wait
		cat <&3' - "$btsh" "$dir" "$got" >"$got/out" 2>"$got/said"
	[ "$(grep -c 'redirects to .*:[0-9]*, which belongs to this host' \
		"$got/said")" -eq 3 ] &&
	grep -q infohash "$got/out" &&
	[ "$(tail -n 1 "$got/out")" = '/a/file.torrent -' ] &&
	[ "$(grep -c ' -$' "$got/out")" -eq 1 ] && return
	cat "$got/out" "$got/said" >&2
	return 1
}

# Peers by name; replies packed though nobody asked for it, and plain ones that
# are called packed; torrents packed on disk and on the web.
tracker_packed() {
	web_seed && u=http://127.0.0.1:$web && gets "$u/names/announce" &&
	for k in gzip x-gzip deflate raw silent as=none as=UTF-8 as= \
		as=identity as=gzip as=deflate as=br; do
		gets "$u/$k/announce" || return 1
	done &&
	gzip -k "$dir/file.torrent" &&
	want=$("$btsh" show "$dir/file.torrent") &&
	[ "$("$btsh" show "$dir/file.torrent.gz")" = "$want" ] &&
	[ "$("$btsh" show - <"$dir/file.torrent.gz")" = "$want" ] &&
	[ "$("$btsh" show "$u/gzip/file.torrent")" = "$want" ] &&
	[ "$("$btsh" show "$u/x/file.torrent.gz")" = "$want" ] &&
	head -c 300 "$dir/file.torrent.gz" >"$dir/cut.gz" &&
	says 'packed by gzip, and damaged' 3 "$btsh" show "$dir/cut.gz"
	r=$?
	web_stop
	rm -f "$dir/file.torrent.gz"
	return $r
}

# What is wrong with a reply is what the message says.
tracker_faults() {
	web_on 127.0.0.1 1 && u=http://127.0.0.1:$web &&
	gets_none "$u/tls/announce" ': it does not answer in HTTP/1$' &&
	gets_none "$u/head/announce" 'head is larger than 8192 bytes' &&
	gets_none "$u/large/announce" 'larger than 1048576 bytes' &&
	gets_none "$u/bomb/announce" 'larger than 1048576 bytes' &&
	gets_none "$u/short/announce" 'cut short after 8 bytes' &&
	gets_none "$u/cut/announce" 'packed by gzip, and damaged' &&
	gets_none "$u/br/announce" 'packed by br, which btsh cannot read' &&
	gets_none "$u/html/announce" \
		"answer is not a tracker's: <html>.x1b" &&
	gets_none "$u/auth/announce" 'HTTP status 401.*name:password@' &&
	gets_none "$u/to/ftp%3A%2F%2Fx.example%2F" \
		'where btsh cannot go: ftp://x.example/' &&
	says "/bomb/file.torrent: its reply is larger than 16777216" 1 \
		"$btsh" show "$u/bomb/file.torrent" &&
	says 'cannot go: ftp://x.*curl -sL' 1 "$btsh" show \
		"$u/to/ftp%3A%2F%2Fx%2Fy"
	r=$?
	stop $web_pid
	return $r
}

web_cases() {
	skip 'trackers as people have them' /usr/bin/python3 && return
	check "a tracker's URL with blanks and odd bytes" tracker_urls
	check "a tracker's name and password" tracker_passwords
	check 'trackers that others speak to' tracker_skipped
	check 'peers by name; replies and torrents that are packed' \
		tracker_packed
	check 'what is wrong with a reply' tracker_faults
	check 'a torrent names no path of this host' tracker_reach
	skip 'redirects to this host' unshare ||
		check 'redirects to this host' web_redirects
}
