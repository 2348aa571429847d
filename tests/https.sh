# https, which curl speaks for us; sourced by tests.sh.  The server is
# tests/web.py with a certificate that is made here, and that curl is told of
# by CURL_CA_BUNDLE.

# https_on: a seed, a server with TLS that knows it, its port in $tls, its
# requests in $dir/tls.log; and one without in $web
https_on() {
	[ -s "$dir/tls.pem" ] || for k in tls other; do
		openssl req -x509 -newkey rsa:2048 -nodes -days 2 \
			-subj /CN=localhost -addext "subjectAltName=$(
			)DNS:localhost,IP:127.0.0.1,IP:198.51.100.1" \
			-keyout "$dir/key" -out "$dir/crt" 2>/dev/null &&
		cat "$dir/key" "$dir/crt" >"$dir/$k.pem" || return 1
	done
	web_seed &&
	start "$dir/tls.log" /usr/bin/python3 tests/web.py 127.0.0.1 \
		"$seed_port" "$dir" "$dir/tls.pem" &&
	tls_pid=$! && until_true grep -q '^port' "$dir/tls.log" &&
	tls=$(sed -n 's/^port //p' "$dir/tls.log") &&
	export CURL_CA_BUNDLE="$dir/tls.pem"
}

# https_off STATUS: all of it ends, and CURL_CA_BUNDLE is as it was
https_off() {
	stop "$tls_pid"
	web_stop
	unset CURL_CA_BUNDLE
	return "$1"
}

# A torrent by its URL, peers by trackers: of -a, of the torrent; each hears
# of a begin, a completion and an end.
https_job() {
	https_on && s=https://127.0.0.1:$tls && fresh &&
	fetch -N -t 5 -d "$got" -a "https://localhost:$tls/plain/announce" \
		"$s/x/file.torrent" && cmp "$dir/file" "$got/file" &&
	[ "$(grep -c '^/plain/announce' "$dir/tls.log")" -eq 3 ] &&
	grep -q '^/x/file.torrent' "$dir/tls.log" &&
	"$btsh" make -qf -o "$dir/own" -a "$s/own/announce" "$dir/file" &&
	fresh && fetch -N -t 5 -d "$got" "$dir/own" &&
	cmp "$dir/file" "$got/file" &&
	[ "$(grep -c '^/own/announce' "$dir/tls.log")" -eq 3 ] &&
	gets "$s/gzip/announce" &&
	"$btsh" show "https://localhost:$tls/x/file.torrent" |
		grep -q infohash &&
	"$btsh" check "$s/x/file.torrent" "$dir/file"
	https_off $?
}

# show -t by https, and without a program for it.
https_scrape() {
	https_on && fresh && s=https://127.0.0.1:$tls &&
	printf 'd5:filesd20:%sd8:completei3e10:incompletei4eeee' \
		aaaaaaaaaaaaaaaaaaaa >"$dir/scrape" &&
	m=$(link_to "$s/gzip/announce" "https://127.0.0.1:1/announce") &&
	"$btsh" show -t "$m" >"$got/out" &&
	grep -qx "scrape${tab}$s/gzip/announce${tab}3${tab}4${tab}-" \
		"$got/out" && grep -q '^/gzip/scrape' "$dir/tls.log" &&
	grep -q "^scrape${tab}https://127.0.0.1:1/announce${tab}-" \
		"$got/out" &&
	says 'no tracker answers' 4 env BTSH_HTTPS=/none "$btsh" show -t "$m" &&
	[ "$(grep -c 'https needs /none, which is not here' "$dir/sout")" -eq 2 ]
	r=$?
	rm -f "$dir/scrape"
	https_off $r
}

# peer takes such a URL as a line, also when others run.
https_peer() {
	https_on && fresh && mkfifo "$got/in" || return 1
	"$btsh" peer -N -l 127.0.0.1 -p 0 -d "$got" \
		-a "https://127.0.0.1:$tls/plain/announce" <"$got/in" \
		>"$got/out" 2>&1 &
	peer_pid=$! pids="$pids $!"
	exec 3>"$got/in"
	echo "add https://127.0.0.1:$tls/x/file.torrent" >&3
	until_true grep -q 'complete' "$got/out" && cmp "$dir/file" "$got/file"
	r=$?
	exec 3>&-
	[ $r -eq 0 ] || cat "$got/out" >&2
	stop $peer_pid
	https_off $r
}

# From http to https and back; a password stays where it was meant for.
https_redirects() {
	https_on && a=127.0.0.1:$web t=127.0.0.1:$tls u=us%3Aer:pa%20ss &&
	gets "http://$a/to/https%3A%2F%2F$t%2Fplain%2Fannounce" &&
	gets "https://$t/to/http%3A%2F%2F$a%2Fplain%2Fannounce" &&
	gets "https://$t/to/%2Fplain%2Fannounce" &&
	gets "https://$u@$t/auth/announce" &&
	gets "https://$u@$t/to/%2Fauth%2Fannounce" &&
	gets_none "https://$u@$t/to/http%3A%2F%2F$a%2Fauth%2Fannounce" 401 &&
	gets_none "http://$u@$a/to/https%3A%2F%2F$t%2Fauth%2Fannounce" 401 &&
	! grep -q 'us%3A' "$dir/said" &&
	gets_none "https://$t/to/ftp%3A%2F%2Fx%2F" 'btsh cannot go: ftp://x/' &&
	gets_none "https://$t/to/file%3A%2F%2F%2Fetc%2Fpasswd" 'cannot go'
	https_off $?
}

# What a proxy says of itself is no reply, and it is asked for the address.
https_proxied() {
	https_on && (
		unset no_proxy NO_PROXY all_proxy ALL_PROXY
		export https_proxy="http://127.0.0.1:$web"
		gets "https://localhost:$tls/plain/announce"
	) && grep -q "^127.0.0.1:$tls -$" "$dir/web.log" &&
	! grep -q localhost "$dir/web.log"
	https_off $?
}

# What is wrong is said once, in one line.
https_faults() {
	https_on && s=https://127.0.0.1:$tls &&
	export CURL_CA_BUNDLE="$dir/other.pem" &&
	gets_none "$s/plain/announce" ': SSL certificate problem: self' &&
	[ "$(but_root "$dir/said" | wc -l)" -eq 2 ] &&
	says "$s/x/file.torrent: SSL certificate problem: self" 1 "$btsh" \
		show "$s/x/file.torrent" &&
	export CURL_CA_BUNDLE="$dir/tls.pem" &&
	gets_none "https://127.0.0.1:1/announce" 'connect to 127.0.0.1 port 1' &&
	gets_none "$s/none/none" 'HTTP status 404' &&
	gets_none "$s/large/announce" 'Maximum file size exceeded' &&
	gets_none "$s/bomb/announce" 'larger than 1048576 bytes' &&
	gets_none "$s/short/announce" ': ' && says '/none: HTTP status 404' 1 \
		"$btsh" show "https://name:s3cret@127.0.0.1:$tls/x/none"
	https_off $?
}

# Without the program: one line for all trackers of all torrents.
https_missing() {
	fresh && "$btsh" make -qf -o "$got/t" -a https://127.0.0.1:1/announce \
		"$dir/file" && BTSH_HTTPS=$got/none fetch -N -t 7 -d "$got" \
		-a https://127.0.0.1:2/announce,https://127.0.0.1:3/announce \
		"$got/t" 2>"$got/said"
	[ $? -eq 4 ] && cat "$got/said" >&2 &&
	[ "$(but_root "$got/said" | wc -l)" -eq 2 ] &&
	grep -q "https needs $got/none, which is not here: install curl" \
		"$got/said"
}

# A torrent's URL leads no redirect to this host, over TLS or not.
https_reach() {
	https_on && fresh && mkfifo "$got/near" "$got/far" && unshare -n sh -c '
		ip link set lo up &&
		ip address add 198.51.100.1/32 dev lo || exit 1
		serve="/usr/bin/python3 tests/web.py"
		$serve 127.0.0.1 1 "$2" "$2/tls.pem" >"$3/near" & near=$!
		$serve 198.51.100.1 1 "$2" "$2/tls.pem" >"$3/far" & far=$!
		exec 3<"$3/near" 4<"$3/far"
		read -r _ n <&3 && read -r _ f <&4
		s=https://198.51.100.1:$f
		for h in https%3A%2F%2F127.0.0.1 https%3A%2F%2Flocalhost \
			http%3A%2F%2F127.0.0.1; do
			"$1" show "$s/to/$h%3A$n%2Fx%2Ffile.torrent"
		done
		"$1" show "$s/to/%2Fx%2Ffile.torrent"
		"$1" show "https://127.0.0.1:$n/a/file.torrent" >/dev/null
		kill $near $far
		wait
		cat <&3' - "$btsh" "$dir" "$got" >"$got/out" 2>"$got/said"
	[ "$(grep -c 'redirects to .*:[0-9]*, which belongs to this host' \
		"$got/said")" -eq 3 ] &&
	grep -q infohash "$got/out" &&
	[ "$(grep ' -$' "$got/out")" = '/a/file.torrent -' ]
	r=$?
	[ $r -eq 0 ] || cat "$got/out" "$got/said" >&2
	https_off $r
}

# A name's next address is asked when one has no connection, and no other time.
https_addresses() {
	fresh && printf '127.0.0.%s two.test\n' 2 3 >"$got/hosts" &&
	cat >"$got/two" <<-EOF && chmod +x "$got/two" &&
		#!/bin/sh
		echo "\$*" >>"$got/calls"
		case \$* in
		*/7) [ \$(wc -l <"$got/calls") -gt 1 ] || exit 7 ;;
		*) exit 35 ;;
		esac
		printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'
		cat "$dir/file.torrent"
	EOF
	unshare -m sh -c 'mount --bind "$1/hosts" /etc/hosts || exit 1
		export BTSH_HTTPS="$1/two"
		"$2" show https://two.test/7 | grep -q infohash &&
		! "$2" show https://two.test/35' - "$got" "$btsh" &&
	[ "$(wc -l <"$got/calls")" -eq 3 ] &&
	[ "$(sed -n 's/.*::\(127.0.0.[23]\):443 .*7$/\1/p' "$got/calls" |
		sort -u | wc -l)" -eq 2 ]
}

# Nobody sees a password by ps.
https_ps() {
	https_on && fresh &&
	printf '#!/bin/sh\nps -eo args >"%s/ps"\nexec curl "$@"\n' "$got" \
		>"$got/see" && chmod +x "$got/see" && d=$got &&
	BTSH_TRACKER="https://us%3Aer:pa%20ss@127.0.0.1:$tls/auth/announce" \
		BTSH_HTTPS="$got/see" fetch -N -t 5 -d "$got" \
		"$dir/file.torrent" && cmp "$dir/file" "$got/file" &&
	grep -q -- "-- https://127.0.0.1:$tls/auth/announce?info_hash=" \
		"$d/ps" && ! grep -q 'ss@\|us%3A\|us:er\|dXM6' "$d/ps"
	https_off $?
}

# hangs SIGNAL: whether the program, which would run for ever, and all that it
# started have gone after this; what holds the pipe is what is left
hangs() {
	fresh && mkfifo "$got/pipe" &&
	printf '#!/bin/sh\nexec 9>"%s/pipe"\nsleep 1000 &\nsleep 1000\n' \
		"$got" >"$got/hang" && chmod +x "$got/hang" || return 1
	BTSH_HTTPS="$got/hang" start "$got/log" "$btsh" run -N -p 0 -d "$got" \
		-l 127.0.0.1 -a https://127.0.0.1:1/announce "$dir/file.torrent"
	run_pid=$!
	exec 3<"$got/pipe" # which waits until it runs
	kill "-$1" $run_pid
	wait $run_pid
	timeout 20 cat <&3
	r=$?
	exec 3<&-
	return $r
}
https_ends() {
	hangs KILL && hangs TERM
}

# The process that waits to run it holds no stream that others read: a payload
# ends when it is written, though seeding goes on.
https_streams() {
	https_on && fresh && mkfifo "$got/pipe" || return 1
	"$btsh" run -s -N -p 0 -l 127.0.0.1 -o - -a \
		"https://127.0.0.1:$tls/plain/announce" "$dir/file.torrent" \
		>"$got/pipe" 2>"$got/said" </dev/null &
	run_pid=$! pids="$pids $!"
	timeout 30 cat "$got/pipe" >"$got/payload" &&
	cmp "$got/payload" "$dir/file" && kill -0 $run_pid
	r=$?
	stop $run_pid
	https_off $r
}

https_cases() {
	for p in /usr/bin/python3 curl openssl; do
		skip 'https by curl' "$p" && return
	done
	check 'https: a torrent and its trackers' https_job
	check 'https: show -t' https_scrape
	check 'https: a torrent that peer is told of' https_peer
	check 'https: redirects there and back' https_redirects
	check 'https: by a proxy' https_proxied
	check 'https: what is wrong, in a line' https_faults
	check 'https: no program for it' https_missing
	skip 'https: redirects to this host' unshare ||
		check 'https: redirects to this host' https_reach
	skip "https: a name's next address" unshare ||
		check "https: a name's next address" https_addresses
	check 'https: no password in ps' https_ps
	check 'https: no program is left' https_ends
	check 'https: no stream is held' https_streams
}
