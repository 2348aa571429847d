# What the manual's LIMITS says, held against the source; each verb with little
# memory and few descriptors, and under valgrind; sourced by tests.sh.

# numbers_of MANUAL: for each number of LIMITS a line of what it is (bytes,
# seconds, ms if it says so, or so many), what it is bound to, and
# its words, parted by tabs; "-" where the one or the other is missing.
# Numbers are digits, words from two on, parts (an eighth is 8) and units that
# mean one (a minute; not in "30 a second").
numbers_of() {
	awk '
	function plain(w) {
		gsub(/^[(]|[,;:.)]+$/, "", w)
		return tolower(w)
	}
	function value(w, before, after) {
		if (w ~ /^\/?[0-9][0-9,]*$/) {
			gsub(/[\/,]/, "", w)
			return w + 0
		}
		if ((w == "a" || w == "an") && after in part)
			return part[after]
		if (w == "a" && after in unit && before !~ /^[0-9]/)
			return 1
		return w in count ? count[w] : 0
	}
	BEGIN {
		n = split("two three four five six seven eight nine ten " \
		    "eleven twelve", list, " ")
		for (i = 1; i <= n; i++)
			count[list[i]] = i + 1
		count["twice"] = 2
		count["twenty"] = 20
		count["half"] = 2
		part["third"] = 3
		part["quarter"] = 4
		part["eighth"] = 8
		unit["kib"] = 1024
		unit["mib"] = 1048576
		unit["second"] = unit["seconds"] = 1
		unit["minute"] = unit["minutes"] = 60
		unit["day"] = 86400
	}
	/^\.Sh / { on = $2 == "LIMITS" }
	on && sub(/^\.\\" = /, "") {
		n = split($0, list, / *, */)
		for (i = 1; i <= n; i++)
			if (list[i] != "") {
				bound[++nbound] = list[i]
				at[nbound] = nwords
			}
		next
	}
	on && !/^\./ {
		for (i = 1; i <= NF; i++)
			word[++nwords] = plain($i)
	}
	END {
		b = 1
		for (i = 1; i <= nwords; i++) {
			v = value(word[i], word[i - 1], word[i + 1])
			if (!v)
				continue
			for (g = b; g <= nbound && at[g] < i; g++)
				;
			for (; b < g && at[b] < at[g - 1]; b++)
				print "-\t" bound[b] "\t-"
			to = b < g ? bound[b++] : "-"
			if (word[i + 1] in unit)
				v *= unit[word[i + 1]]
			else if (word[i + 1] == "ms")
				v = v "ms"
			print v "\t" to "\t" word[i - 1], word[i], word[i + 1]
		}
		for (; b <= nbound; b++)
			print "-\t" bound[b] "\t-"
	}' "$1"
}

# constant FILE NAME: the value that the file gives it
constant() {
	expression=$(sed 's,/\*.*,,' "$1" | sed -n \
		-e "s/^#define $2[ 	][ 	]*//p" \
		-e "s/^\(.*[^a-zA-Z0-9_]\)*$2  *= *\([^=,}][^,}]*\).*/\2/p")
	[ -n "$expression" ] || { echo "$1 has no $2" >&2; return 1; }
	evaluate "$1" "$expression"
}

# evaluate FILE EXPRESSION: its value, with the constants of the file and,
# where it has none of the name, of the headers
evaluate() {
	(
		text=$2
		while name=$(echo "$text" | grep -oE '[A-Z][A-Z0-9_]*' |
			head -n 1) && [ -n "$name" ]
		do
			where=$1
			grep -qE "(^|[^A-Z0-9_])$name +=|^#define $name\\>" \
				"$where" ||
				where=$(grep -lE "(^|[^A-Z0-9_])$name +=" \
					$HDR | head -n 1)
			v=$(constant "${where:-$1}" "$name") || exit
			text=$(echo "$text" | sed "s/\\<$name\\>/$v/g")
		done
		echo "$text" | grep -q '[^-0-9 +*/<>()]' &&
			{ echo "$1: what is $2?" >&2; exit 1; }
		echo $(($text))
	)
}

# bound_to VALUE BINDING: whether all constants of the binding are as much.
# What has _MS in its name is milliseconds.
bound_to() {
	(
		want=$1
		set -f
		IFS='&'
		set -- $2
		unset IFS
		for one; do
			set -- $one
			f=$1
			shift
			[ -f "$f" ] || { echo "there is no $f" >&2; exit 1; }
			v=$(evaluate "$f" "$*") || exit
			case $want,$* in
			*ms,*_MS*) v=${v}ms ;;
			*_MS*) v=$((v / 1000)) ;;
			esac
			[ "$v" = "$want" ] ||
				{ echo "$f: $* is $v, not $want" >&2; exit 1; }
		done
	)
}

# limits_hold MANUAL
limits_hold() {
	numbers_of "$1" >"$dir/numbers"
	[ -s "$dir/numbers" ] || { echo 'there is no number' >&2; return 1; }
	r=0
	while IFS='	' read -r v to words; do
		case $v,$to in
		-,*) echo "no number has $to" >&2 ;;
		*,-) echo "$words: bound to nothing" >&2 ;;
		*) bound_to "$v" "$to" && continue
			echo "$words: the manual is wrong" >&2 ;;
		esac
		r=1
	done <"$dir/numbers"
	return $r
}

limits_case() {
	limits_hold btsh.1
}

# broken PATTERN SED: whether the first part of it, so changed, is refused, and
# why
broken() {
	sed '/^A peer is given the metadata/q' btsh.1 >"$dir/short.1" &&
	sed "$2" "$dir/short.1" >"$dir/broken.1" &&
	! cmp -s "$dir/short.1" "$dir/broken.1" &&
	! limits_hold "$dir/broken.1" 2>"$dir/why" && grep -q "$1" "$dir/why" ||
		{ echo "$2 was not seen" >&2; cat "$dir/why" >&2; return 1; }
}

limits_checked_case() {
	broken 'META_MAX is 268435456, not 268435457' \
		's/at most 256 MiB, nested/at most 268435457, nested/' &&
	broken 'ASKED_MOST is 12, not 2' 's/^twelve peers/two peers/' &&
	broken 'FRESH_MS is 5, not 300' 's/five seconds/five minutes/' &&
	broken 'bound to nothing' 's/^for 30\.$/for 30, or 40./' &&
	broken 'no number has' '/^\.\\" = swarm.peer.c INFO_TIMES/p' &&
	broken 'seek.c has no GONE_MS' 's/seek.c REST_MS/seek.c GONE_MS/' &&
	broken 'there is no swarm/gone.c' 's,swarm/seek.c,swarm/gone.c,'
}

# run_by COMMANDS CASE...: a case whose btsh these commands of a shell run
run_by() {
	printf '#!/bin/sh\n%s "%s" "$@"\n' "$1" "$btsh" >"$dir/run_by" &&
	chmod +x "$dir/run_by"
	shift
	(
		btsh=$dir/run_by pids=
		trap 'kill $pids 2>/dev/null; wait' EXIT
		"$@"
	)
}

# in_room KIB DESCRIPTORS CASE...: a case with a btsh that has so much address
# space and so many descriptors
in_room() {
	room="ulimit -v $1 && ulimit -n $2 && exec"
	shift 2
	run_by "$room" "$@"
}

# by_valgrind CASE...: a case with a btsh of which valgrind, who looks after
# its children, too, has nothing to say; without the sandbox, in which valgrind
# cannot work
by_valgrind() {
	rm -rf "$dir/grind" && mkdir "$dir/grind" &&
	btsh=$faulty run_by "export BTSH_SANDBOX=off
		exec valgrind -q --error-exitcode=99 --trace-children=yes \
		--leak-check=full --errors-for-leak-kinds=definite \
		--log-file='$dir/grind/%p'" "$@"
	r=$?
	# but that it does not know Landlock
	cat "$dir"/grind/* | grep -v '^--[0-9]*-- ' >"$dir/ground"
	cat "$dir/ground" >&2
	[ $r -eq 0 ] && [ -n "$(ls "$dir/grind")" ] && [ ! -s "$dir/ground" ]
}

# The main job, and check.
grind_job() {
	main_job tree && "$btsh" check "$dir/tree.torrent" "$dir/tree" &&
	seed "$dir/s.log" "$dir/tree" && fresh &&
	fetch -d "$got" "$(grep magnet: "$dir/s.log")" &&
	diff -r "$dir/tree" "$got/tree" && stop "$seed_pid"
}

# 50 MiB in pieces of 256 KiB, and 100 files: made, checked, and fetched by a
# torrent and by a link.
room_job() {
	fresh && mkdir "$got/many" "$got/1" "$got/2" &&
	random_bytes $((50 << 20)) >"$got/big" &&
	(cd "$got/many" && random_bytes 300000 | split -a 3 -b 3000) &&
	for t in big many; do
		"$btsh" make -q -l 18 -o "$got/$t.torrent" "$got/$t" &&
		"$btsh" show "$got/$t.torrent" | grep -qx "name	$t" &&
		"$btsh" check "$got/$t.torrent" "$got/$t" &&
		seed "$dir/s.log" -d "$got" "$got/$t.torrent" &&
		fetch -d "$got/1" -k "127.0.0.1:$seed_port" \
			"$got/$t.torrent" &&
		diff -r "$got/$t" "$got/1/$t" &&
		fetch -d "$got/2" "$(grep magnet: "$dir/s.log")" &&
		diff -r "$got/$t" "$got/2/$t" && stop "$seed_pid" || return 1
	done
	rm -r "$got"
}

# 200 swarms: announced over UDP by 256 callers, and over HTTP by one who stays
# on the line.
room_tracker() {
	tracker && at=${url##*:} && at=${at%%/*} &&
	tests/load udp "$at" 1 200 50 >"$dir/load" || return 1
	cat "$dir/load"
	grep -q '[1-9] right, 0 wrong' "$dir/load" || return 1
	tests/load hashes 200 | sed 's/../%&/g' | while read -r h; do
		echo "url=\"$url?info_hash=$h&peer_id=aaaaaaaaaaaaaaaaaaaa\
&port=1&left=0&numwant=50\""
	done >"$dir/urls" &&
	curl -s -K "$dir/urls" >"$dir/answers" &&
	[ "$(grep -ao '8:intervali' "$dir/answers" | wc -l)" -eq 200 ] &&
	curl -s "http://127.0.0.1:$at/stats" | grep -qx 'torrents	200' &&
	stop "$track_pid"
}

# Many strangers who each have a seed hold as much for them as it may: it does
# not die of that.
room_crowd() {
	cost_seed 50 18 && victim_port=$seed_port &&
	file_hash=$("$btsh" show "$dir/cost.torrent" |
		sed -n 's/infohash.//p') &&
	stranger hoard 200 && cat "$dir/hoard.log" && stop $stranger_pid
	cost_fetch && stop "$seed_pid"
}

# What does not fit ends with a line that names what is short, and status 1.
no_space() {
	{ printf 'd4:info67108864:' && head -c 67108864 /dev/zero && echo e; } \
		>"$dir/fat.torrent" || return 1
	for args in show check serve run peer 'make -o - -e'; do
		says 'btsh: out of memory' 1 "$btsh" $args "$dir/fat.torrent" &&
		[ "$(but_root "$dir/serr" | wc -l)" -eq 1 ] || return 1
	done
	says 'btsh: out of memory' 1 "$btsh" track -l 127.0.0.1 -p 0 \
		-w "$dir/fat.torrent"
}

short_of_fds() {
	for args in "make -o $dir/none" check serve run peer track; do
		case $args in
		make*) what=$dir/file ;;
		track) what='-l 127.0.0.1 -p 0' ;;
		*) what=$dir/file.torrent ;;
		esac
		says 'Too many open files' 1 "$btsh" $args $what &&
		[ "$(but_root "$dir/serr" | wc -l)" -eq 1 ] || return 1
	done
}

room_cases() {
	if nm "$btsh" | grep -q __asan; then
		echo '-- address space is limited, and valgrind has its word,' \
			'without sanitizers only'
		return
	fi
	check 'within 32 MiB and 32 descriptors: each verb, torrent and link' \
		in_room 32768 32 room_job
	skip 'a tracker within them' curl ||
		check 'within them: a tracker of 200 swarms' \
			in_room 32768 32 room_tracker
	check 'within them: several torrents at once, peer' \
		in_room 32768 32 several
	check 'within 32 MiB: a crowd that hoards' in_room 32768 1024 room_crowd
	check 'what does not fit says so: memory' in_room 32768 32 no_space
	check 'what does not fit says so: descriptors' \
		in_room 32768 5 short_of_fds
	skip "valgrind's word" valgrind ||
		check 'valgrind has nothing to say of the main job' \
			by_valgrind grind_job
}

# Each promise of the manual names cases that there are.
promises_case() {
	awk '/^\.Sh/ { on = /SECURITY$|RELIABILITY/ } on && /^\.It/ { n++ }
		on && /^\.El/ { n = 0 } on && n && !/^\./ { print }' btsh.1 |
	sed 's/; /\n/g' | sed 's/^fuzz: [a-z]*, /fuzz: $f, /' >"$dir/named"
	[ "$(wc -l <"$dir/named")" -gt 30 ] || return 1
	while read -r line; do
		grep -qF -e "'$line'" -e "\"$line\"" tests.sh tests/*.sh || {
			echo "no case: $line"
			return 1
		}
	done <"$dir/named"
}

limits_cases() {
	check "the manual's promises name their cases" promises_case
	check "the manual's limits are the source's" limits_case
	check 'a limit that is wrong, unbound or gone is seen' \
		limits_checked_case
	room_cases
}
