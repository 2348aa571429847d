# For each verb: each call of the system that it makes fails, one at a time,
# and then all of a kind (tests/fault.h); sourced by tests.sh.  Whatever fails:
# no crash, nothing for the sanitizers, no hang; either the job is done, or the
# status is not 0 and a line says why; and nothing of the user's is lost.

faulty=$top/tests/btsh-faulty
tab=$(printf '\t')

# What all verbs have: a tree of seven pieces, its torrent, what is right for
# each, and a seed.
faults_data() {
	[ -z "${fx:-}" ] || return 0
	fx=$dir/fx
	mkdir -p "$fx/tree/sub" && random_bytes 40000 >"$fx/tree/a" &&
	random_bytes 60000 >"$fx/tree/sub/b" && echo c >"$fx/tree/sub/c" &&
	"$btsh" make -q -l 14 -o "$fx/t" "$fx/tree" &&
	"$btsh" make -q -l 14 -n s -o "$fx/s" - <"$fx/tree/a" &&
	"$btsh" show "$fx/t" >"$fx/shown" &&
	hash=$(sed -n 's/^infohash.//p' "$fx/shown") &&
	start "$dir/ft.log" "$btsh" track -l 127.0.0.1 -p 0 -f "$fx/state" &&
	until_true grep -q tracking "$dir/ft.log" && announced "$(
		sed -n 's,.*at http://\([^/]*\)/.*,\1,p' "$dir/ft.log")" \
		a_hash_of_the_first_ "$fx/told" && stop $! && cp -r "$fx/tree" "$fx/bad" &&
	printf xxxx | dd of="$fx/bad/sub/b" bs=1 seek=100 conv=notrunc \
		2>/dev/null &&
	seed "$dir/fs.log" -N -d "$fx" "$fx/t" && faults_seed=$seed_pid &&
	fetch -N -q -o - -k "127.0.0.1:$seed_port" "$fx/t" >"$fx/tar" &&
	from="-N -l 127.0.0.1 -p 0 -k 127.0.0.1:$seed_port"
}

# try AT ARGS...: btsh with the fault, its output in AT
try() {
	at=$1
	shift
	BTSH_FAULT=$fault BTSH_FAULT_COUNTS=$at/counts timeout --foreground \
		20 "$faulty" "$@" >"$at/out" 2>"$at/err"
}

# beside_us AT ARGS...: the same beside us, its input from AT/in
beside_us() {
	at=$1
	shift
	[ -e "$at/in" ] || : >"$at/in"
	(
		BTSH_FAULT=$fault BTSH_FAULT_COUNTS=$at/counts \
			timeout --foreground 20 "$faulty" "$@" <"$at/in" \
			>"$at/out" 2>"$at/err" &
		echo $! >"$at/pid"
		wait $!
		echo $? >"$at/rc"
	) &
	beside=$!
	: >>"$at/out"
	: >>"$at/err"
}

# ready AT FILE PATTERN: waits for such a line; fails if it ended before
ready() {
	until [ -s "$1/rc" ] || grep -qE "$3" "$1/$2"; do sleep 0.02; done
	[ ! -s "$1/rc" ]
}

# end AT: what was begun is told to stop; its status
end() {
	[ -s "$1/rc" ] || kill "$(cat "$1/pid")" 2>/dev/null
	wait $beside
	return "$(cat "$1/rc")"
}

# What each verb does, and whether that is right if its status was 0; or, if
# it was not, whether all is as it was.

do_make() { try "$1" make -q -l 14 -o "$1/t" "$fx/tree"; }
right_make() { cmp "$1/t" "$fx/t"; }
kept_make() { # a directory that may not be on the disk: what is in it stays
	{ [ ! -e "$1/t" ] || right_make "$1"; } && [ ! -e "$1/.t.new" ]
}

do_stream() { try "$1" make -q -l 14 -n s -o - - <"$fx/tree/a"; }
right_stream() { cmp "$1/out" "$fx/s"; }
kept_stream() { :; }

do_show() { try "$1" show "$fx/t"; }
right_show() { cmp "$1/out" "$fx/shown"; }
kept_show() { :; }

do_check() { try "$1" check "$fx/t" "$fx/tree"; }
right_check() { [ ! -s "$1/out" ]; }
kept_check() { [ "$rc" -eq 6 ] || [ ! -s "$1/out" ]; }

do_bad() {
	try "$1" check -q "$fx/t" "$fx/bad"
	rc=$?
	[ $rc -ne 5 ] || rc=0
	return $rc
}
right_bad() {
	printf 'bad\t1\ttree/a\nbad\t1\ttree/sub/b\n' | cmp - "$1/out"
}
kept_bad() { :; }

do_run() { try "$1" run -t 3 -d "$1/d" $from "$fx/t"; }
right_run() { fetched "$1"; }
kept_run() { # the next one goes on
	fetch -q -d "$1/d" $from "$fx/t" && fetched "$1"
}
fetched() { diff -r "$fx/tree" "$1/d/tree" && [ "$(ls -A "$1/d")" = tree ]; }

# Of what is there, a piece is wrong; besides, there is a file of the user's.
do_resume() {
	mkdir "$1/d" && cp -r "$fx/bad" "$1/d/tree" && echo x >"$1/d/tree/mine"
	do_run "$1"
}
right_resume() { rm "$1/d/tree/mine" && fetched "$1"; }
kept_resume() {
	cmp "$1/d/tree/a" "$fx/tree/a" && kept_run "$1" 2>/dev/null
	right_resume "$1"
}

do_tar() { try "$1" run -t 3 -d "$1" -o - $from "$fx/t"; }
right_tar() {
	mkdir "$1/d" && tar xC "$1/d" <"$1/out" && fetched "$1"
}
kept_tar() { # what came is right
	tar xO <"$1/out" >"$1/came" 2>/dev/null
	tar xO <"$fx/tar" | head -c "$(wc -c <"$1/came")" | cmp - "$1/came"
}

# A torrent from a URL that another program gets.
do_web() {
	printf '#!/bin/sh\nprintf "HTTP/1.1 200 OK\\r\\n\\r\\n"\ncat "%s"\n' \
		"$fx/t" >"$1/curl" && chmod +x "$1/curl" &&
	BTSH_HTTPS=$1/curl try "$1" run -t 3 -d "$1/d" $from https://127.0.0.1/t
}
right_web() { fetched "$1"; }
kept_web() { kept_run "$1"; }

# serve goes on until it is told; what it serves is fetched meanwhile.
served_by() { # AT WHAT
	beside_us "$1" serve -N -l 127.0.0.1 -p 0 -d "$fx" "$2" &&
	if ready "$1" out magnet:; then
		fetch -q -N -t 12 -d "$1/d" "$(cat "$1/out")" >/dev/null 2>&1
	fi
	end "$1"
}
do_path() { served_by "$1" "$fx/tree"; }
right_path() { diff -r "$fx/tree" "$1/d/tree"; }
kept_path() { :; }
do_serve() { served_by "$1" "$fx/t"; }
right_serve() { right_path "$1"; }
kept_serve() { :; }

do_peer() {
	printf 'add %s\nstatus\nadd %s\n' "$fx/t" "$1/none" >"$1/in"
	beside_us "$1" peer -d "$1/d" $from
	ready "$1" out "complete|error$tab($hash|-$tab$fx/t$tab)"
	end "$1"
}
right_peer() {
	grep -q "error$tab-$tab$1/none$tab" "$1/out" &&
	if grep -q complete "$1/out"; then
		rm -f "$1/d/.tree.btsh" && fetched "$1"
	else # one job's trouble is one job's
		grep -qE "error$tab($hash|-$tab$fx/t$tab)" "$1/out" &&
		kept_peer "$1"
	fi
}
kept_peer() { # but peer's own file stays
	fetch -q -d "$1/d" $from "$fx/t" && rm -f "$1/d/.tree.btsh" &&
	fetched "$1"
}

# A tracker with the state of an earlier one, told of a peer over UDP and of
# one over HTTP.
announced() { # URL HASH OUT: 20 bytes' hash
	p=${1##*:}
	/usr/bin/python3 tests/tk.py udp 127.0.0.1 "$p" "$(printf %s "$2" |
		od -An -v -tx1 | tr -d ' \n')" 7001 0 >"$3" &&
	/usr/bin/python3 tests/tk.py get 127.0.0.1 "$p" GET "/announce?$(
		)info_hash=$2&port=7002&peer_id=$2&left=0" >>"$3"
}
do_track() {
	cp "$fx/state" "$1/state"
	beside_us "$1" track -l 127.0.0.1 -p 0 -f "$1/state"
	if ready "$1" err tracking; then
		announced "$(sed -n 's,.*at http://\([^/]*\)/.*,\1,p' "$1/err")" \
			a_hash_of_the_second "$1/told" 2>/dev/null
	fi
	end "$1"
}
right_track() {
	kept_track "$1" && grep -aq a_hash_of_the_second "$1/state" &&
	grep -aq '8:complete' "$1/told"
}
kept_track() {
	grep -aq a_hash_of_the_first_ "$1/state" && [ ! -e "$1/state.new" ]
}

# ones_own VERB: whether what fails is one caller's connection, which is lost to
# him alone; the verb goes on
ones_own() {
	case $1,$fault in
	path,recv:* | path,send:* | serve,recv:* | serve,send:* | \
		track,recv:* | track,send:*) ;;
	*) return 1 ;;
	esac
}

# attempt VERB FAULT: a word for what is wrong, or nothing
attempt() {
	at=$(mktemp -d "$dir/fat/XXXXXX")
	fault=$2
	"do_$1" "$at" 2>"$at/did"
	rc=$?
	if grep -qE 'Sanitizer|runtime error:' "$at/err"; then
		echo "the sanitizers complain"
	elif [ $rc -eq 124 ]; then
		echo hangs
	elif [ $rc -ge 128 ] || [ $rc -eq 99 ]; then
		echo "status $rc"
	elif [ $rc -eq 0 ] && ! ones_own "$1" &&
		! "right_$1" "$at" >"$at/why" 2>&1; then
		echo "status 0, but it is not done"
	elif [ $rc -ne 0 ] && ! grep -q '^btsh: ' "$at/err"; then
		echo "status $rc without a word"
	elif [ $rc -ne 0 ] && ! "kept_$1" "$at" >"$at/why" 2>&1; then
		echo "status $rc, and something is lost or left"
	fi >"$at/wrong"
	if [ -s "$at/wrong" ]; then
		echo "$fault: $(cat "$at/wrong")"
		for f in did err why; do
			[ ! -s "$at/$f" ] || head -n 12 "$at/$f" | sed "s/^/	/"
		done
	fi
	rm -rf "$at"
}

# which_calls VERB <COUNTS: the calls that are to fail, a line each: of a long
# series the first, some and the last; and all, if the verb ends by itself
which_calls() {
	awk -v all="$(case $1 in path | serve | peer | track) ;; *) echo 1
		esac)" '{
		for (i = 1; i <= $2; i++)
			if ($2 <= 12 || i <= 4 || i > $2 - 2 ||
			    i % int($2 / 8) == 0)
				print $1 ":" i
		if ($2 > 0 && all)
			print $1 ":1+"
	}'
}

# each VERB FAULT...: these calls fail, one at a time; what is wrong then, in a
# file for each kind of call
each() {
	verb=$1
	shift
	for f; do
		attempt "$verb" "$f" >>"$dir/fat/wrong.${f%:*}"
	done
}

# faults VERB: a case for each kind of call that it makes; six fail at a time,
# since most of them wait for something
faults() {
	case " ${ONLY:-faults} " in *" faults "* | *" faults_$1 "*) ;;
	*) return ;;
	esac
	rm -rf "$dir/fat"
	mkdir -p "$dir/fat/none"
	at=$dir/fat/none
	fault=count
	faults_data >"$dir/out" 2>"$dir/err" && "do_$1" "$at" 2>"$dir/err" &&
	"right_$1" "$at" 2>"$dir/err" || {
		fail "$1: without faults"
		return
	}
	which_calls "$1" <"$at/counts" >"$dir/fat/which"
	lines=
	for l in 0 1 2 3 4 5; do
		each "$1" $(awk "NR % 6 == $l" "$dir/fat/which") \
			2>>"$dir/fat/err" &
		lines="$lines $!"
	done
	wait $lines
	for call in $(sed 's/:.*//' "$dir/fat/which" | uniq); do
		n=$(grep -c "^$call:[0-9]*$" "$dir/fat/which")
		mv "$dir/fat/wrong.$call" "$dir/out"
		if [ -s "$dir/out" ]; then
			fail "$1: each $call that fails, $n of them"
		else
			pass "$1: each $call that fails, $n of them"
		fi
	done
	rm -f "$dir/out" "$dir/err"
}

faults_cases() {
	for v in make stream show check bad run resume tar web path serve \
		peer track; do
		faults $v
	done
	[ -z "${fx:-}" ] || stop "$faults_seed"
}
