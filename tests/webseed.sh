# Web seeds; sourced by tests.sh.  The server is tests/webseed.py: how it
# answers stands in the paths that it is asked for, its requests in
# $dir/ws.log.

# ws_on [ADDRESS [CERTIFICATE]]: one whose host and port are in $ws
ws_on() {
	start "$dir/ws.log" /usr/bin/python3 tests/webseed.py \
		"${1:-127.0.0.1}" "$dir" ${2:+"$2"}
	ws_pid=$!
	until_true grep -q '^port' "$dir/ws.log" &&
	ws=${1:-127.0.0.1}:$(sed -n 's/^port //p' "$dir/ws.log")
}

# ws_of WHAT URL...: a torrent of $dir/WHAT with these web seeds, $dir/ws.t
ws_of() {
	what=$1
	shift
	for u; do set -- "$@" -w "$u"; shift; done
	"$btsh" make -qfo "$dir/ws.t" -l 15 "$@" "$dir/$what" >"$dir/ws.out"
}

# ws_gets WHAT URL...: whether it comes from these alone, at $got
ws_gets() {
	ws_of "$@" && fresh &&
	fetch -v -N -t 15 -d "$got" "$dir/ws.t" >"$got/out" 2>"$dir/said" &&
	diff -r "$dir/$1" "$got/$1" && ! grep -q 'no peer\|no tracker' \
		"$dir/said" && return
	echo "$2" >&2
	cat "$dir/said" >&2
	return 1
}

# Servers that are honest, each in its own way.
ws_honest() {
	ws_on || return 1
	r=0
	for kind in honest closes drops bare moved busy half; do
		ws_gets file "http://$ws/$kind/" || r=1
	done
	ws_gets file "http://$ws/honest/file" || r=1
	ws_gets tree "http://$ws/honest" || r=1
	ws_gets tree "http://$ws/closes/" || r=1
	ws_gets tree "http://$ws/moved/" || r=1
	grep -q '^moved.*' "$dir/ws.log" &&
	[ "$(grep -c '^moved tree' "$dir/ws.log")" -le 2 ] || r=1
	stop $ws_pid
	return $r
}

# One who knows no ranges is read from the beginning, and each file once.
ws_whole() {
	ws_on && ws_gets file "http://$ws/whole/" &&
	[ "$(grep -c '^whole file' "$dir/ws.log")" -le 3 ] &&
	ws_gets tree "http://$ws/whole/"
	r=$?
	stop $ws_pid
	return $r
}

# ws_says KIND PATTERN: of this server alone nothing comes, and why is said
# once; beside a peer it holds nothing up
ws_says() {
	fresh
	ws_of file "http://$ws/$1/" &&
	if [ -n "$2" ]; then
		fetch -N -t 2 -d "$got" "$dir/ws.t" >"$got/out" 2>"$dir/said"
		[ $? -eq 4 ] && [ "$(grep -c "web seed http://$ws/$1/: $2" \
			"$dir/said")" -eq 1 ]
	fi &&
	! grep -q "$(printf '\033')" "$dir/said" && fresh &&
	fetch -N -t 8 -k "127.0.0.1:$seed_port" -d "$got" "$dir/ws.t" \
		>"$got/out" 2>"$dir/said" && cmp "$dir/file" "$got/file" &&
	return
	echo "$1" >&2
	cat "$dir/said" >&2
	return 1
}

ws_bad() {
	"$btsh" make -qfo "$dir/ws.t" -l 15 "$dir/file" >"$dir/ws.out" &&
	seed "$dir/s.log" -d "$dir" "$dir/ws.t" && ws_on || return 1
	over='it is not asked any more' later='it is asked again later' r=0
	while IFS='|' read -r kind what; do
		ws_says "$kind" "$what" || r=1
	done <<-X
	spoils|it sent bad data: $over
	short|it gives other bytes than it was asked for: $over
	beside|it gives other bytes than it was asked for: $over
	large|its file has another size: $over
	larger|its file has another size: $over
	gone|HTTP status 404: $over
	chunks|it packs what it was asked to give as it is: $over
	packs|it packs what it was asked to give as it is: $over
	loops|too many redirects: $over
	babbles|it does not answer in HTTP/1: $over
	heads|its reply's head is larger than 8192 bytes: $over
	hangs_up|it hung up before it answered; $later
	silent|
	drips|
	slow|
	whole|
	X
	stop $ws_pid
	stop $seed_pid
	return $r
}

# A server that spoils does not keep another from giving.
ws_several() {
	ws_on && ws_gets file "http://$ws/spoils/" "ftp://$ws/" \
		"http://localhost:${ws#*:}/honest/" &&
	grep -q 'spoils/: it sent bad data' "$dir/said"
	r=$?
	stop $ws_pid
	return $r
}

# What is chosen, in order, to a stream, below a limit, and gone on with.
ws_ways() {
	pid=
	ws_on && ws_of tree "http://$ws/honest/" && fresh &&
	fetch -q -N -d "$got" -f 'one' "$dir/ws.t" &&
	cmp "$dir/tree/a/one" "$got/tree/a/one" &&
	! grep -q '^honest tree/z' "$dir/ws.log" &&
	ws_of file "http://$ws/honest/" &&
	fetch -q -N -o - "$dir/ws.t" | cmp - "$dir/file" &&
	fetch -q -N -S -d "$got" "$dir/ws.t" && cmp "$dir/file" "$got/file" &&
	rm "$got/file" && began=$(date +%s) &&
	fetch -q -N -r 2m -d "$got" "$dir/ws.t" &&
	[ $(($(date +%s) - began)) -ge 2 ] && cmp "$dir/file" "$got/file" &&
	rm "$got/file" && start "$dir/r.log" "$btsh" run -v -N -r 500k \
		-l 127.0.0.1 -p 0 -d "$got" "$dir/ws.t" && pid=$! &&
	until_true grep -qE '	fetching	[1-9][0-9]{5,}	.*	0	0	[0-9]+	1$' \
		"$dir/r.log" && kill -USR1 $pid &&
	until_true grep -q '1 web seed' "$dir/r.log"
	r=$?
	stop "$pid"
	[ $? -eq 7 ] && fetch -v -N -d "$got" "$dir/ws.t" 2>"$dir/said" &&
	cmp "$dir/file" "$got/file" && ! grep -q '^5.72MiB in' "$dir/said" ||
		r=1
	stop $ws_pid
	return $r
}

# A link's web seed gives once a peer has given the metadata.
ws_link() {
	ws_of file && seed "$dir/s.log" -u 1k -d "$dir" "$dir/ws.t" && ws_on &&
	m=$("$btsh" show -m "$dir/ws.t") && fresh &&
	fetch -N -t 15 -d "$got" "$m&ws=http%3A%2F%2F$ws%2Fhonest%2F&$(
		)x.pe=127.0.0.1:$seed_port" && cmp "$dir/file" "$got/file" &&
	grep -q '^honest' "$dir/ws.log"
	r=$?
	stop $ws_pid
	stop $seed_pid
	return $r
}

# Nobody sends us to this host or its network but who has our user's trust.
ws_near() {
	ws_on && r=0 || return 1
	for u in "http://$ws/honest/file?x" "http://a:b@$ws/honest/"; do
		ws_of file "$u" && fresh
		fetch -N -t 2 -d "$got" "$dir/ws.t" >"$got/out" 2>"$dir/said"
		[ $? -eq 4 ] && grep -q 'belongs to this host or its network' \
			"$dir/said" && ! grep -q 'a:b@' "$dir/said" ||
			{ cat "$dir/said" >&2; r=1; }
	done
	grep '^honest' "$dir/ws.log" && r=1
	# a torrent from the web names nothing near but where it was
	ws_of file "http://$ws/honest/" && fresh && fetch -q -N -t 5 -d "$got" \
		"http://$ws/honest/ws.t" && cmp "$dir/file" "$got/file" || r=1
	n=$(grep -c '^honest file' "$dir/ws.log")
	ws_of file "http://localhost:${ws#*:}/honest/" && fresh
	fetch -N -t 2 -d "$got" "http://$ws/honest/ws.t" >"$got/out" \
		2>"$dir/said"
	[ $? -eq 4 ] && grep -q 'belongs to this host or its network' \
		"$dir/said" || { cat "$dir/said" >&2; r=1; }
	stop $ws_pid
	[ "$(grep -c '^honest file' "$dir/ws.log")" -eq "$n" ] && return $r
}

# A redirect from the wide world leads to no narrower one.
ws_narrower() {
	ip address add 5.6.7.8/32 dev lo || return 1
	ws_on && inner_pid=$ws_pid && export ELSEWHERE="$ws" &&
	cp "$dir/ws.log" "$dir/inner.log" && ws_on 5.6.7.8 &&
	ws_of file "http://$ws/out/" && fresh
	fetch -N -t 2 -l 5.6.7.8 -d "$got" "$dir/ws.t" >"$got/out" \
		2>"$dir/said"
	[ $? -eq 4 ] && grep -q 'belongs to this host or its network' \
		"$dir/said" && grep -q '^out file' "$dir/ws.log"
	r=$?
	unset ELSEWHERE
	stop $ws_pid
	stop $inner_pid
	ip address del 5.6.7.8/32 dev lo
	return $r
}

# By https, which curl speaks.
ws_tls() {
	[ -s "$dir/tls.pem" ] || { https_on; https_off $?; } || return 1
	ws_on 127.0.0.1 "$dir/tls.pem" && export CURL_CA_BUNDLE="$dir/tls.pem" &&
	ws_gets file "https://$ws/honest/" &&
	ws_gets file "https://$ws/moved/" &&
	ws_gets file "https://$ws/whole/" &&
	fetch -q -N -r 3m -d "$got" "$dir/ws.t" && cmp "$dir/file" "$got/file" && fresh
	r=$?
	unset CURL_CA_BUNDLE
	BTSH_HTTPS=/none fetch -N -t 2 -d "$got" "$dir/ws.t" >"$got/out" \
		2>"$dir/said"
	[ $? -eq 4 ] && grep -q 'https needs /none' "$dir/said" || r=1
	stop $ws_pid
	return $r
}

# By proxies, which look the name up; what is near is not asked for.
ws_proxies() {
	ws_on && start "$dir/sk.log" /usr/bin/python3 tests/socks.py \
		127.0.0.1 - far.example=127.0.0.1 && sk_pid=$! &&
	until_true grep -q '^port' "$dir/sk.log" &&
	sk=127.0.0.1:$(sed -n 's/^port //p' "$dir/sk.log") &&
	ws_of file "http://far.example:${ws#*:}/honest/" && fresh &&
	fetch -q -N -t 9 -5 "$sk" -d "$got" "$dir/ws.t" &&
	cmp "$dir/file" "$got/file" && grep -q '^socks far' "$dir/sk.log" &&
	rm "$got/file" && http_proxy=http://$ws fetch -q -N -t 9 -d "$got" \
		"$dir/ws.t" && cmp "$dir/file" "$got/file" &&
	grep -qx "for far.example:${ws#*:}" "$dir/ws.log" && fresh &&
	ws_of file "http://user@10.0.0.1:${ws#*:}/honest/" &&
	for how in "-5 $sk" '-t 2'; do
		http_proxy=http://$ws fetch -N -t 2 $how -d "$got" \
			"$dir/ws.t" >"$got/out" 2>"$dir/said"
		[ $? -eq 4 ] && grep -q 'belongs to this host or its network' \
			"$dir/said" || { cat "$dir/said" >&2; return 1; }
	done && ! grep -q 10.0.0.1 "$dir/sk.log" "$dir/ws.log"
	r=$?
	stop $ws_pid
	stop $sk_pid
	return $r
}

# Servers that people have.
ws_nginx() {
	mkdir -p "$dir/ng" && cat >"$dir/ng/conf" <<-X && next_port
	daemon off; master_process off; pid $dir/ng/pid;
	error_log stderr warn; events { }
	http {
		access_log $dir/ng/log; keepalive_requests 3;
		client_body_temp_path $dir/ng/a; proxy_temp_path $dir/ng/b;
		fastcgi_temp_path $dir/ng/c; uwsgi_temp_path $dir/ng/d;
		scgi_temp_path $dir/ng/e;
		server { listen 127.0.0.1:$((port + 1)); root $dir; }
	}
	X
	start "$dir/ng.log" nginx -c "$dir/ng/conf" && ng_pid=$! &&
	until_true curl -sf -o /dev/null "http://127.0.0.1:$port/ng/conf" &&
	ws_gets file "http://127.0.0.1:$port/" &&
	ws_gets tree "http://127.0.0.1:$port/"
	r=$?
	stop $ng_pid
	rm -rf "$dir/ng"
	return $r
}

ws_python() {
	next_port
	start "$dir/py.log" /usr/bin/python3 -m http.server -d "$dir" \
		-b 127.0.0.1 $port && py_pid=$! &&
	until_true curl -sf -o /dev/null "http://127.0.0.1:$port/ws.t" &&
	ws_gets file "http://127.0.0.1:$port/" &&
	ws_gets tree "http://127.0.0.1:$port/"
	r=$?
	stop $py_pid
	return $r
}

webseed_cases() {
	check 'web seeds: each server that is honest gives all' ws_honest
	check 'web seeds: one that knows no ranges' ws_whole
	check 'web seeds: bad ones, alone and beside a peer' ws_bad
	check 'web seeds: several' ws_several
	check 'web seeds: -f, -o -, -S, -r, and going on' ws_ways
	check 'web seeds: of a magnet link' ws_link
	check 'web seeds: none near but by the user' ws_near
	skip 'web seeds: no redirect leads inwards' root ||
		check 'web seeds: no redirect leads inwards' ws_narrower
	skip 'web seeds: by https' openssl || skip 'web seeds: by https' curl ||
		check 'web seeds: by https' ws_tls
	check 'web seeds: by proxies' ws_proxies
	skip 'web seeds: nginx' nginx || check 'web seeds: nginx' ws_nginx
	check 'web seeds: python3 -m http.server' ws_python
}
