# Torrents and links as people have them; sourced by tests.sh.

# odd KIND: such a torrent in $got/t.torrent, its data in $got/data
odd() {
	fresh && /usr/bin/python3 tests/odd.py "$1" "$got"
}

# Its files are found, shared and fetched under the same names.
odd_shared() {
	odd "$1" &&
	(cd "$got/data" && status 0 "$btsh" check ../t.torrent) &&
	(cd "$got/data" && find . -type f -size +0 | wc -l) >"$got/n" &&
	n=$("$btsh" show -f "$got/t.torrent" | wc -l) &&
	[ "$n" -eq "$(cat "$got/n")" ] ||
		return 1
	seed "$dir/s.log" -N -d "$got/data" "$got/t.torrent" &&
	fetch -N -k "127.0.0.1:$seed_port" -d "$got/got" "$got/t.torrent" &&
	diff -r "$got/data" "$got/got" &&
	fetch -N -d "$got/link" "$(grep magnet: "$dir/s.log")" &&
	diff -r "$got/data" "$got/link"
	r=$?
	stop "$seed_pid"
	return $r
}

# What a torrent said is told beside what is on disk, and handed on.
shows_said() {
	odd slash && tab=$(printf '\t') &&
	"$btsh" show "$got/t.torrent" >"$got/out" &&
	grep -qx "name${tab}Haiku R1_beta6 (x86_64)" "$got/out" &&
	grep -qx "said${tab}Haiku R1/beta6 (x86_64)" "$got/out" &&
	"$btsh" show -m "$got/t.torrent" | grep -q 'dn=Haiku%20R1%2Fbeta6' &&
	"$btsh" show "$dir/file.torrent" >"$got/out" &&
	! grep -q "^said" "$got/out"
}

# Links and padding have lines of their own; padding is no part of the size.
shows_links() {
	fresh && tab=$(printf '\t') &&
	printf '%s' 'd4:infod5:filesld6:lengthi3e4:pathl1:d1:aeed4:attr1:p' \
		'6:lengthi9e4:pathl4:.pad1:9eed4:attr1:l6:lengthi0e4:pathl' \
		'1:le12:symlink pathl1:d1:aeed4:attr1:l6:lengthi2e4:path' \
		'l1:me12:symlink pathl2:..eee4:name1:r12:piece lengthi16384e' \
		'6:pieces20:aaaaaaaaaaaaaaaaaaaaee' >"$got/t" &&
	"$btsh" show "$got/t" >"$got/out" &&
	grep -qx "link${tab}r/l${tab}r/d/a" "$got/out" &&
	grep -qx "pad${tab}9" "$got/out" &&
	grep -qx "size${tab}5" "$got/out" &&
	[ "$(grep -c '^file' "$got/out")" -eq 2 ] &&
	[ "$("$btsh" show -f "$got/t" | tr '\n' ' ')" = 'r/d/a r/l r/m ' ]
}

# Who made it, when, and where else it is; what is none of that is left out.
shows_origin() {
	fresh &&
	printf '%s' 'd7:comment1:c10:created by2:m\13:creation date' \
		'i1700000000e4:infod6:lengthi3e4:name1:r12:piece length' \
		'i16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae5:nodesll1:hi7eeli1ei2ee' \
		'l3:::1i8eel1:hi0eee8:url-listl9:http://w/i3e0:8:ftp://x/ee' >"$got/t" &&
	"$btsh" show "$got/t" | sed -n '/^comment/,$p' >"$got/out" &&
	tr '=' '\t' <<-'EOF' | cmp - "$got/out"
		comment=c
		webseed=http://w/
		webseed=ftp://x/
		node=h:7
		node=[::1]:8
		created=1700000000
		creator=m\x5c
		file=3=r
	EOF
}

# A torrent edited: what is named becomes another, the rest stays, and what
# makes it another swarm is told.
edited() {
	fresh && t=$got/t &&
	"$btsh" make -q -a http://old/ -c old -w http://w/ -n n -o "$t" \
		"$dir/file" &&
	(cd "$got" && BTSH_TRACKER=http://env/ "$btsh" make -e t \
		-a http://a/,http://b/ -c '' 2>"$got/err") >"$got/out" &&
	echo n.torrent | cmp - "$got/out" && [ ! -s "$got/err" ] &&
	"$btsh" show "$got/n.torrent" | grep -E 'tracker|comment|webseed' |
		tr '\t\n' '  ' | grep -qx \
		'tracker 0 http://a/ tracker 0 http://b/ webseed http://w/ ' &&
	(cd "$got" && says 'exists; -f' 1 "$btsh" make -e t -a '') &&
	"$btsh" make -f -o "$t" -e "$t" -a '' -w '' -ps src -n m 2>"$got/err" &&
	! "$btsh" show "$t" | grep -E 'tracker|webseed' &&
	grep -qx "btsh: the info hash was $("$btsh" show "$got/n.torrent" |
		sed -n 's/^infohash.//p') and is $("$btsh" show "$t" |
		sed -n 's/^infohash.//p')" "$got/err" &&
	"$btsh" show "$t" | grep -E 'name|private|source' | tr '\t\n' '  ' |
		grep -qx 'name m private 1 source src ' &&
	"$btsh" make -o - -pp -s '' -n n -e - <"$t" >"$got/back" &&
	"$btsh" make -q -o - -n n -c old "$dir/file" | cmp - "$got/back" &&
	[ -z "$(find "$got" -name '.*.new')" ]
}

edits_refused() {
	fresh && says 'usage' 2 "$btsh" make -e "$dir/file.torrent" "$dir/file" &&
	says 'usage' 2 "$btsh" make -l 16 -e "$dir/file.torrent" &&
	says 'usage' 2 "$btsh" make -x a -e "$dir/file.torrent" &&
	says 'has a slash' 2 "$btsh" make -n a/b -e "$dir/file.torrent" &&
	says 'No such file' 1 "$btsh" make -e "$got/none" -o "$got/t" &&
	says 'no torrent to edit' 3 "$btsh" make -o "$got/t" -e $h1 &&
	[ -z "$(ls -A "$got")" ]
}

# A line of JSON for each, which jq and python read alike; the bytes of a name
# that is not UTF-8 are had back.
shows_json() {
	fresh && bad=$(printf 'b\\x41\377"\302\205\303\244') &&
	mkdir "$got/$bad" && echo x >"$got/$bad/$bad" &&
	"$btsh" make -q -a http://1/,udp://2:2 -a http://3/ -c "$(printf \
		'a\nb')" -pw http://w/ -o "$got/t" "$got/$bad" &&
	"$btsh" show -j "$got/t" "$dir/tree.torrent" >"$got/j" &&
	[ "$(wc -l <"$got/j")" -eq 2 ] && ! LC_ALL=C grep -q '[^ -~]' - <<-EOF &&
	$(sed 's/\xc3\xa4//g' "$got/j")
	EOF
	jq -cS . "$got/j" >"$got/jq" &&
	/usr/bin/python3 -c 'import json, sys
for line in sys.stdin:
	print(json.dumps(json.loads(line), sort_keys=True, ensure_ascii=False,
		separators=(",", ":")))' <"$got/j" | cmp - "$got/jq" &&
	/usr/bin/printf '%b' "$(sed 1q "$got/j" | jq -r '.files[0].path')" \
		>"$got/path" && printf '%s/%s' "$bad" "$bad" |
		cmp - "$got/path" &&
	sed 1q "$got/j" | jq -e '.trackers == [["http://1/", "udp://2:2"],
		["http://3/"]] and .comment == "a\nb" and .private and
		.webseeds == ["http://w/"] and .peers == [] and .nodes == []
		and (has("source") | not) and .size == 2' &&
	sed 1d "$got/j" | jq -r '.files[] | "file\t\(.size)\t\(.path)"' \
		>"$got/files" &&
	"$btsh" show "$dir/tree.torrent" | grep '^file' | cmp - "$got/files"
}

# What files are besides, and what a link says.
shows_json_kinds() {
	fresh &&
	printf '%s' 'd13:creation datei5e4:infod5:filesld4:attr2:xh6:lengthi3e' \
		'4:pathl1:d1:aeed4:attr1:p6:lengthi9e4:pathl4:.pad1:9eed4:attr' \
		'1:l6:lengthi0e4:pathl1:le12:symlink pathl1:d1:aeee4:name2:.r' \
		'12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae5:nodes' \
		'll1:hi7eeee' >"$got/t" &&
	"$btsh" show -j "$got/t" | jq -e '.files == [{path: ".r/d/a", size: 3,
		attr: "xh"}, {pad: true, size: 9, attr: "p"}, {path: ".r/l",
		size: 0, target: ".r/d/a", attr: "l"}] and .size == 3 and
		.nodes == ["h:7"] and .created == 5 and .private == false' &&
	printf '%s' 'd4:infod4:attr1:x6:lengthi1e4:name1:f12:piece length' \
		'i16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee' >"$got/t" &&
	"$btsh" show -j "$got/t" | jq -e '.files == [{path: "f", size: 1,
		attr: "x"}]' &&
	"$btsh" show -j "magnet:?xt=urn:btih:$h1&so=2-4&x.pe=1.2.3.4:5&tr=udp://t:1" |
		jq -ce 'del(.infohash) == {trackers: [["udp://t:1"]],
		webseeds: [], nodes: [], peers: ["1.2.3.4:5"], select: "2-4",
		files: []}'
}

# A link is read wherever a torrent is, with what came along.
pasted_links() {
	hash=$("$btsh" show "$dir/file.torrent" | sed -n 's/infohash.//p')
	for text in "  $hash
" "MAGNET:?XT.1=urn:btih:$hash&amp;tr.1=http://a/" \
		" magnet:?xt=urn:btih:$hash	"; do
		"$btsh" show "$text" | grep -q "$hash" || return 1
		printf '%s\r\n' "$text" | "$btsh" show - | grep -q "$hash" ||
			return 1
	done
	seed "$dir/s.log" -N "$dir/file" && fresh &&
	grep magnet: "$dir/s.log" | timeout 60 "$btsh" run -N -l 127.0.0.1 \
		-p 0 -d "$got" - && cmp "$got/file" "$dir/file"
	r=$?
	stop "$seed_pid"
	return $r
}

# A link chooses files; -f chooses others.
selected_files() {
	seed "$dir/s.log" -N "$dir/tree" &&
	magnet=$(grep magnet: "$dir/s.log") && fresh &&
	"$btsh" show -f "$dir/tree.torrent" | sed -n '2p;5,6p' |
		LC_ALL=C sort >"$got.want" &&
	fetch -N -d "$got" "$magnet&so=4-5,1" &&
	(cd "$got" && find tree -type f) | LC_ALL=C sort | cmp - "$got.want" &&
	fresh && fetch -N -f z -d "$got" "$magnet&so=4-5,1" &&
	(cd "$got" && find tree -type f) | cmp - - <<-EOF &&
		tree/z
	EOF
	fresh && says "chosen by the link" 1 "$btsh" run -N -l 127.0.0.1 \
		-p 0 -d "$got" "$magnet&so=99"
	r=$?
	stop "$seed_pid"
	return $r
}

file_urls() {
	"$btsh" show "file://$dir/file.torrent" | grep -q infohash &&
	"$btsh" show "FILE://localhost$dir/%66ile.torrent" |
		grep -q infohash &&
	says 'No such file' 1 "$btsh" show "file://$dir/none" &&
	says 'on this host' 3 "$btsh" show "file://elsewhere$dir/file.torrent"
}

# A coprocess waits for no fifo, however it is named.
late_fifos() {
	fresh && mkfifo "$got/t" "$got/in" && ln -s t "$got/link" &&
	exec 3<>"$got/in" || return 1
	"$btsh" peer -l 127.0.0.1 -p 0 -d "$got" "$dir/file.torrent" \
		<"$got/in" >"$got/late" 2>&1 &
	pids="$pids $!"
	late_pid=$!
	for t in "$got/t" "file://$got/t" "FILE://localhost$got/%74" \
		"file://$got/link" "file://$got"; do
		echo "add $t"
	done >&3
	echo status >&3 && until_true grep -q 'status	-	1' "$got/late" &&
	[ "$(grep -c '^btsh.*not a regular file' "$got/late")" -eq 5 ] &&
	[ "$(grep -c 'error	-' "$got/late")" -eq 5 ] && echo quit >&3 &&
	wait $late_pid
	r=$?
	exec 3>&-
	kill $late_pid 2>/dev/null
	return $r
}

# Refusals have the value, the limit and the right cause.
refusals_told() {
	fresh &&
	printf '%s' 'd4:infod6:lengthi1e4:name1:a12:piece lengthi300e' \
		'6:pieces20:aaaaaaaaaaaaaaaaaaaaee' >"$got/t" &&
	says 'length is 300, not between 1 KiB and 256 MiB' 3 \
		"$btsh" show "$got/t" &&
	: >"$got/empty" && says 'it is empty' 3 "$btsh" show "$got/empty" &&
	says 'over 256 MiB' 3 "$btsh" show /dev/zero &&
	says 'Is a directory' 1 "$btsh" show "$got" &&
	says 'has 3 characters' 3 "$btsh" show 'magnet:?xt=urn:btih:abc'
}

# What would be called otherwise when it is read again is not made.
unsafe_not_made() {
	fresh && own=.$(printf '%040d' 0).parts && echo x >"$got/$own" &&
	says "one of btsh's own" 1 "$btsh" make -o "$got/t" "$got/$own" &&
	says "name is empty" 1 "$btsh" make -o "$got/t" / &&
	says "one of btsh's own" 2 unnamed "$own" &&
	says "has a slash" 2 unnamed a/b && says "is empty" 2 unnamed '' &&
	says "a directory's" 2 unnamed . &&
	says "a directory's" 2 unnamed .. &&
	says "too long" 2 unnamed "$(printf 'n%.0s' $(seq 256))" &&
	unnamed "$(printf 'n%.0s' $(seq 255))" && rm "$got/t" &&
	deep=$(printf 'd/%.0s' $(seq 65)) && mkdir -p "$got/$deep" &&
	echo x >"$got/$deep/x" &&
	(cd "$got" && printf "${deep}x" >list && says 'over 64 deep' 1 \
		stdin_of list "$btsh" make -0 -n n -o t) &&
	[ ! -e "$got/t" ]
}

# Nor is one of a list whose paths go through links.
listed_links() {
	fresh && mkdir -p "$got/d/e" && echo x >"$got/d/e/x" &&
	ln -s e "$got/d/l" && ln -s d "$got/m" && cd "$got" &&
	for p in d/l/x m/e/x ./m//l/x; do
		printf $p >list && says "$p: .*a symbolic link" 1 \
			stdin_of list "$btsh" make -0 -n n -o t || return 1
	done && printf 'd/e/x\0m/e/x' >list &&
	stdin_of list "$btsh" make -0 -n n -x m -o t &&
	[ "$("$btsh" show -f t)" = n/d/e/x ]
	r=$?
	cd "$top"
	return $r
}

unnamed() { # NAME
	"$btsh" make -q -n "$1" -o "$got/t" "$dir/file"
}

stdin_of() { # FILE COMMAND...
	input=$1
	shift
	"$@" <"$input"
}

torrents_cases() {
	for kind in slash tree utf8 small uneven large; do
		check "torrents: $kind: the same names everywhere" \
			odd_shared $kind
	done
	check 'torrents: show tells what a name was' shows_said
	check 'torrents: show tells links, and padding' shows_links
	check 'torrents: show tells of web seeds, nodes and makers' shows_origin
	check 'torrents: make -e edits one' edited
	check 'torrents: make -e: what cannot be edited' edits_refused
	skip 'torrents: show -j' jq || {
		check 'torrents: show -j is JSON, and reversible' shows_json
		check 'torrents: show -j tells all' shows_json_kinds
	}
	check 'torrents: links as they are pasted' pasted_links
	check 'torrents: a link chooses files' selected_files
	check 'torrents: file: URLs' file_urls
	check 'torrents: a coprocess waits for no fifo' late_fifos
	check 'torrents: a refusal has its value and its cause' refusals_told
	check 'torrents: no torrent of an unsafe name is made' unsafe_not_made
	check 'torrents: a list goes through no link' listed_links
}
