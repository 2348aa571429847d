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

# Links have lines of their own, and padding none, nor a part of the size.
shows_links() {
	fresh && tab=$(printf '\t') &&
	printf '%s' 'd4:infod5:filesld6:lengthi3e4:pathl1:d1:aeed4:attr1:p' \
		'6:lengthi9e4:pathl4:.pad1:9eed4:attr1:l6:lengthi0e4:pathl' \
		'1:le12:symlink pathl1:d1:aeed4:attr1:l6:lengthi2e4:path' \
		'l1:me12:symlink pathl2:..eee4:name1:r12:piece lengthi16384e' \
		'6:pieces20:aaaaaaaaaaaaaaaaaaaaee' >"$got/t" &&
	"$btsh" show "$got/t" >"$got/out" &&
	grep -qx "link${tab}r/l${tab}r/d/a" "$got/out" &&
	grep -qx "size${tab}5" "$got/out" &&
	[ "$(grep -c '^file' "$got/out")" -eq 2 ] &&
	[ "$("$btsh" show -f "$got/t" | tr '\n' ' ')" = 'r/d/a r/l r/m ' ]
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
	says 'No such file' 3 "$btsh" show "file://$dir/none" &&
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
	[ "$(grep -c 'not a regular file' "$got/late")" -eq 5 ] &&
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
	says 'Is a directory' 3 "$btsh" show "$got" &&
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
	check 'torrents: show tells links, and no padding' shows_links
	check 'torrents: links as they are pasted' pasted_links
	check 'torrents: a link chooses files' selected_files
	check 'torrents: file: URLs' file_urls
	check 'torrents: a coprocess waits for no fifo' late_fifos
	check 'torrents: a refusal has its value and its cause' refusals_told
	check 'torrents: no torrent of an unsafe name is made' unsafe_not_made
	check 'torrents: a list goes through no link' listed_links
}
