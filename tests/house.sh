# How the sources are laid out: what may call what, what stands alone, and that
# README's map and the Makefile say so.  Sourced by tests.sh.

# symbols FILE OBJECT: lines of FILE, D or U, and what it defines or needs
symbols() {
	nm "$2" | awk -v f="$1" '$1 == "U" { print f, "U", $2; next }
		$2 ~ /[A-Z]/ { print f, "D", $3 }'
}

all_symbols() {
	[ -s "$dir/symbols" ] || for f in $SRC; do
		symbols "$f" "${f%.c}.o"
	done >"$dir/symbols"
	cat "$dir/symbols"
}

# order_of FILES <symbols: whether each call goes to a part that its part may
# know, and within a part to a file that stands before it; what breaks which
# rule otherwise.
order_of() {
	awk -v files="$1" '
	function part(f) {
		if (f == "btsh.c")
			return "btsh"
		if (f !~ /\//)
			return "top"
		return substr(f, 1, index(f, "/") - 1)
	}
	BEGIN {
		n = split(files, list, " ")
		for (i = 1; i <= n; i++)
			at[list[i]] = i
		may["top"] = " top "
		may["torrent"] = " top torrent "
		may["find"] = " top torrent find "
		may["swarm"] = " top torrent find swarm "
		may["track"] = " top track "
		may["web"] = " top torrent web "
		may["cmd"] = " top torrent find swarm track web cmd "
		may["btsh"] = " top cmd "
	}
	$2 == "D" { home[$3] = $1 }
	$2 == "U" { from[++calls] = $1; to[calls] = $3 }
	END {
		for (i = 1; i <= calls; i++) {
			f = from[i]
			if (!(to[i] in home) || home[to[i]] == f)
				continue
			g = home[to[i]]
			if (!index(may[part(f)], " " part(g) " ")) {
				print f, "calls", to[i], "of", g ":",
				    part(f), "may only know" may[part(f)]
				bad = 1
			} else if (part(f) == part(g) && at[g] > at[f]) {
				print f, "calls", to[i], "of", g ",",
				    "which stands after it in", part(f)
				bad = 1
			}
		}
		exit bad
	}' >&2
}

order_case() {
	[ -n "$SRC" ] && all_symbols | order_of "$SRC"
}

# planted FILE SYMBOL RULE: whether a call of the symbol, were it in FILE, is
# refused by that rule
planted() {
	printf 'void %s(void);\nvoid f(void);\nvoid f(void) { %s(); }\n' \
		"$2" "$2" >"$dir/plant.c" &&
	cc -c -o "$dir/plant.o" "$dir/plant.c" &&
	! { all_symbols && symbols "$1" "$dir/plant.o" | grep ' U '; } |
		order_of "$SRC" 2>"$dir/broken" &&
	grep -q "^$1 calls $2 of .*$3" "$dir/broken" ||
		{ echo "$1 may call $2" >&2; return 1; }
}

planted_case() {
	planted util.c meta_parse 'top may only know top' &&
	planted fetch.c known_new 'top may only know' &&
	planted net.c peer_feed 'top may only know' &&
	planted http.c swarms_new 'top may only know' &&
	planted sock.c emit 'top may only know' &&
	planted bencode.c net_run 'stands after it in top' &&
	planted torrent/store.c known_new 'torrent may only know' &&
	planted torrent/store.c pick_new 'torrent may only know' &&
	planted torrent/meta.c store_new 'stands after it in torrent' &&
	planted find/announce.c pick_new 'find may only know' &&
	planted find/known.c announce_new 'stands after it in find' &&
	planted swarm/swarm.c answer_new 'swarm may only know' &&
	planted swarm/swarm.c emit 'swarm may only know' &&
	planted swarm/pick.c swarm_new 'stands after it in swarm' &&
	planted track/answer.c meta_parse 'track may only know top track' &&
	planted track/answer.c swarm_new 'track may only know' &&
	planted track/members.c swarms_new 'stands after it in track' &&
	planted web/head.c swarms_new 'web may only know top torrent web' &&
	planted web/range.c head_part 'stands after it in web' &&
	planted track/answer.c head_page 'track may only know top track' &&
	planted web/qr.c known_new 'web may only know' &&
	planted cmd/cli.c verb_run 'stands after it in cmd' &&
	planted btsh.c swarm_new 'btsh may only know'
}

# README's map has every source, in that order, a part's after its name.
map_case() {
	sed '1,/^The source$/d' README | awk '
		/^\t[a-z]*\/ / { sub(/\/.*/, "/", $1); part = $1 }
		/^\tthe top / { part = "" }
		/^\t/ {
			for (i = 1; i <= NF; i++)
				if ($i ~ /^[a-z0-9]*\.c,?$/) {
					sub(/,$/, "", $i)
					print part $i
				}
		}' >"$dir/map" &&
	for f in $SRC; do echo "$f"; done | diff "$dir/map" - >&2
}

# Every header says by itself all that it needs.
alone_case() {
	for h in $HDR; do
		printf '#include "%s"\n' "$h" >"$dir/alone.c"
		cc -std=c99 -Wall -Wextra -Werror -D_POSIX_C_SOURCE=200809L \
			-D_FILE_OFFSET_BITS=64 -I. -fsyntax-only \
			"$dir/alone.c" || return 1
	done
}

# The Makefile names of what each object is made, and no more.
made_of_case() {
	for f in $SRC; do
		cc -MM -I. -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 \
			"$f" | sed 's/^[^:]*://' | tr -s ' \\' '\n\n' |
			grep . | sort -u >"$dir/needs"
		awk -v o="${f%.c}.o:" '$1 == o { on = 1 }
			on { print }
			!/\\$/ { on = 0 }' Makefile | sed 's/^[^:]*://' |
			tr -s ' \t\\' '\n\n\n' | grep . | sort | diff "$dir/needs" - >&2 ||
			{ echo "$f" >&2; return 1; }
	done
}

# No file over 1,000 lines, no function over 60.
size_case() {
	for f in $SRC; do
		awk -v f="$f" '/^\{/ { open = NR } /^\}/ && open {
			if (NR - open > 60) {
				print f ":" open " has " NR - open " lines"
				bad = 1
			}
			open = 0
		} END {
			if (NR > 1000) {
				print f " has " NR " lines"
				bad = 1
			}
			exit bad
		}' "$f" >&2 || return 1
	done
}

# No two files have a struct or an enum of the same name.
tags_case() {
	! cat $SRC $HDR | grep -oE '^(struct|enum) [a-z_0-9]+ \{' | sort |
		uniq -d | grep . >&2
}

# The cases share one shell: a name used twice breaks another file's cases.
names_case() {
	[ -z "$(sed -n 's/^\([a-z0-9_]*\)().*/\1/p' tests.sh \
		$(sed -n 's/^\. //p' tests.sh) | sort | uniq -d)" ]
}

house_cases() {
	check 'no call goes against the order of the parts or files' order_case
	check 'a planted call is refused, and the rule named' planted_case
	check 'README names every source, in order' map_case
	check 'every header stands alone' alone_case
	check 'the Makefile names what each object is made of' made_of_case
	check 'no two files have a struct of the same name' tags_case
	check 'no file over 1,000 lines, no function over 60' size_case
	check 'no case has the name of another' names_case
}
