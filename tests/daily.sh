# What a daily user of other tools types, and expects: part of tests.sh, sourced
# by it.

# What looks like a torrent is taken for one, and never shared by mistake; in a
# directory it is a file like others.
serves_no_torrent() {
	fresh && printf 'd4:infod' >"$got/cut.torrent" &&
	echo junk >"$got/junk.torrent" &&
	printf 'd8:announce3:abcxx' >"$got/named otherwise" &&
	printf 'd4 is no number' >"$got/text" || return 1
	for bad in cut.torrent junk.torrent 'named otherwise'; do
		says "$bad: to share it as a file, share a directory" 3 \
			timeout 20 "$btsh" serve -N -p 0 "$got/$bad" || return 1
	done
	seed "$dir/s.log" -N "$got/text" && stop $seed_pid
	seed "$dir/s.log" -N "$got" &&
	fetch -N -d "$got/there" "$(cat "$dir/s.log")" >"$got/out"
	r=$?
	stop $seed_pid
	[ $r -eq 0 ] && cmp "$got/junk.torrent" \
		"$got/there/${got##*/}/junk.torrent"
}

# The link names the trackers that serve announces to, each once.
serve_links() {
	u=udp://127.0.0.1:1/announce e=udp%3A%2F%2F127.0.0.1%3A1%2Fannounce
	fresh && "$btsh" make -a "$u" -o "$got/t" "$dir/file" >"$got/out" &&
	for t in file.torrent file tree.torrent; do
		seed "$dir/s.log" -qN -d "$dir" -a "$u" "$dir/$t" &&
		stop $seed_pid
		grep -q "&tr=$e&x.pe=" "$dir/s.log" || return 1
	done
	seed "$dir/s.log" -qN -d "$dir" -a "$u" "$got/t" && stop $seed_pid
	[ "$(grep -o 'tr=' "$dir/s.log" | wc -l)" -eq 1 ]
}

# check takes the directory that the data is in for what it is, and says one
# thing of a path that is not there.
checks_parents() {
	fresh && mkdir "$got/tree" "$got/empty" &&
	status 0 "$btsh" check "$dir/tree.torrent" "$dir" &&
	status 0 "$btsh" check "$dir/tree.torrent" "$dir/tree" &&
	status 0 "$btsh" check "$dir/file.torrent" "$dir" &&
	cp -r "$dir/tree" "$got/copy" && mkdir "$got/copy/tree" &&
	status 0 "$btsh" check "$dir/tree.torrent" "$got/copy" &&
	! "$btsh" check "$dir/tree.torrent" "$got/empty" >"$got/out" &&
	grep -q '^missing	tree/z$' "$got/out" &&
	! "$btsh" check "$dir/file.torrent" "$got/empty" >"$got/out" &&
	grep -qx 'missing	file' "$got/out" &&
	says 'nowhere: No such file' 5 "$btsh" check "$dir/tree.torrent" \
		"$got/nowhere" && [ "$(wc -l <"$dir/serr")" -eq 1 ] &&
	[ ! -s "$dir/sout" ]
}

lists_want_nuls() {
	fresh && (cd "$dir/tree" && find . -type f >"$got/list" &&
		says 'a NUL stands after' 2 \
		sh -c "'$btsh' make -0 -n x -o '$got/x' <'$got/list'") &&
	[ ! -e "$got/x" ] &&
	(cd "$dir/tree" && printf z | "$btsh" make -0 -n x -o "$got/x") \
		>"$got/out" && [ "$("$btsh" show -f "$got/x")" = x/z ]
}

daily_cases() {
	check 'serve: what looks like a torrent and is none' serves_no_torrent
	check 'serve: the link has the trackers of -a' serve_links
	check 'check: the directory above, and nothing there' checks_parents
	check 'make -0: newlines are no NULs' lists_want_nuls
}
