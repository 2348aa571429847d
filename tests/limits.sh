# What the manual's LIMITS says, held against the source; sourced by tests.sh.

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

limits_cases() {
	check "the manual's limits are the source's" limits_case
	check 'a limit that is wrong, unbound or gone is seen' \
		limits_checked_case
}
