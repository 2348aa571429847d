# What is on disk stays, and what cannot be opened: files of others, marks,
# links, descriptors; sourced by tests.sh.

# disk_seed: a seed of the shared file and tree, in big pieces; what run needs
# to find it in $from
disk_seed() {
	fresh && "$btsh" make -q -l 23 -o "$got/f.torrent" "$dir/file" &&
	"$btsh" make -q -l 15 -o "$got/t.torrent" "$dir/tree" &&
	seed "$dir/s.log" -d "$dir" "$got/f.torrent" "$got/t.torrent" &&
	until_true sh -c "[ \$(grep -c magnet '$dir/s.log') -eq 2 ]" &&
	from="-l 127.0.0.1 -p 0 -k 127.0.0.1:$seed_port -d $got/d" &&
	mkdir "$got/d"
}

# kept OPTION... FILE TORRENT: run refuses it, and FILE is what it was
kept() {
	cp "$got/d/$1" "$got/was" &&
	says "$1: it holds other data; -F" 5 timeout 20 "$btsh" run \
		-d "$got/d" $from "$2" && cmp "$got/was" "$got/d/$1" &&
	[ -z "$(find "$got/d" -name '.*.btsh')" ]
}

# Shorter, as long, in a directory, small among others that are right.
others_files() {
	disk_seed && echo 'my thesis' >"$got/d/file" &&
	kept file "$got/f.torrent" &&
	tr '\0-\377' 'a' <"$dir/file" >"$got/d/file" &&
	kept file "$got/f.torrent" && mkdir -p "$got/d/tree/a/b" &&
	echo 'my thesis' >"$got/d/tree/z" && kept tree/z "$got/t.torrent" &&
	rm -r "$got/d/tree" && cp -r "$dir/tree" "$got/d/tree" &&
	printf m >"$got/d/tree/a.b" && rm "$got/d/tree/a/b/three" &&
	kept tree/a.b "$got/t.torrent" &&
	[ ! -e "$got/d/tree/a/b/three" ] && stop "$seed_pid"
}

# What a hostile torrent knows of a file, or zeros, do not make it ours:
# padding before it, as long as a piece but for its first byte.
others_padded() {
	fresh && mkdir "$got/d" "$got/d/.ssh" &&
	/usr/bin/python3 - "$got" <<-'E' &&
		import hashlib, sys
		p = bytes(1023) + b"s" * 3073
		h = b"".join(hashlib.sha1(p[i:i + 1024]).digest()
		    for i in range(0, 4096, 1024))
		open(sys.argv[1] + "/k.torrent", "wb").write(
		    b"d4:infod5:filesld4:attr1:p6:lengthi1023e"
		    b"4:pathl4:.pad4:1023eed6:lengthi3073e4:pathl15:authorized_keyseee4:name4:.ssh"
		    b"12:piece lengthi1024e6:pieces80:" + h + b"ee")
		open(sys.argv[1] + "/z", "wb").write(
		    b"head" + bytes(99996) + b"ours")
		open(sys.argv[1] + "/d/z", "wb").write(b"mine" + bytes(100000))
	E
	echo ssh-rsa >"$got/d/.ssh/authorized_keys" && from=-N &&
	kept .ssh/authorized_keys "$got/k.torrent" &&
	"$btsh" make -q -l 14 -o "$got/z.torrent" "$got/z" &&
	kept z "$got/z.torrent"
}

# Some pieces of a copy are right, and it has no mark: it is fetched on.
others_partial() {
	disk_seed &&
	"$btsh" make -q -l 16 -o "$got/p.torrent" "$dir/file" &&
	stop "$seed_pid" && seed "$dir/s.log" -d "$dir" "$got/p.torrent" &&
	head -c 200000 "$dir/file" >"$got/d/file" &&
	echo junk >>"$got/d/file" &&
	fetch -k "127.0.0.1:$seed_port" -d "$got/d" "$got/p.torrent" &&
	cmp "$dir/file" "$got/d/file" && stop "$seed_pid"
}

# What the user makes while run waits for somebody who has the data.
others_late() {
	fresh && mkdir "$got/d" && mkfifo "$got/in" || return 1
	: >"$dir/events"
	"$btsh" peer -l 127.0.0.1 -p $port -d "$got/d" "$dir/file.torrent" \
		<"$got/in" >"$dir/events" 2>"$dir/p.err" &
	peer_pid=$!
	pids="$pids $peer_pid"
	exec 3>"$got/in"
	until_true sh -c "echo status >&3 &&
		grep -q 'status	.*	fetching	' '$dir/events'" &&
	echo 'my thesis' >"$got/d/file" && seed "$dir/s.log" \
		-k "127.0.0.1:$port" -d "$dir" "$dir/file.torrent" &&
	tells 'error	.*	keep .*/file: it has come meanwhile' &&
	[ "$(cat "$got/d/file")" = 'my thesis' ]
	r=$?
	exec 3>&-
	stop $peer_pid
	stop "$seed_pid"
	return $r
}

# What is empty, has nothing but zeros, or is somebody's by -F.
others_gone() {
	disk_seed && : >"$got/d/file" && fetch $from "$got/f.torrent" &&
	cmp "$dir/file" "$got/d/file" && rm "$got/d/file" &&
	head -c 2000000 /dev/zero >"$got/d/file" &&
	truncate -s 6000000 "$got/d/file" && fetch $from "$got/f.torrent" &&
	cmp "$dir/file" "$got/d/file" &&
	tr '\0-\377' 'a' <"$dir/file" >"$got/d/file" &&
	fetch -F $from "$got/f.torrent" && cmp "$dir/file" "$got/d/file" &&
	echo longer >>"$got/d/file" && cp "$got/d/file" "$got/was" &&
	says 'longer than' 5 "$btsh" run -F $from "$got/f.torrent" &&
	cmp "$got/was" "$got/d/file" && [ -z "$(find "$got" -name '.*.btsh')" ] &&
	stop "$seed_pid"
}

# A run that is killed before any piece gets whole.
begun_by_us_left() {
	disk_seed && stop "$seed_pid" && seed "$dir/s.log" -u 1m -d "$dir" \
		"$got/f.torrent" && start "$dir/r.log" "$btsh" run -N \
		-l 127.0.0.1 -p 0 -k "127.0.0.1:$seed_port" -d "$got/d" \
		"$got/f.torrent" && run_pid=$! &&
	until_true test -s "$got/d/file" || return 1
	kill -KILL $run_pid
	wait $run_pid 2>/dev/null
	[ -n "$(find "$got/d" -name '.*.btsh')" ]
}

# What is there then is still ours.
begun_by_us() {
	begun_by_us_left && stop "$seed_pid" &&
	seed "$dir/s.log" -d "$dir" "$got/f.torrent" &&
	fetch -N -k "127.0.0.1:$seed_port" -d "$got/d" "$got/f.torrent" &&
	cmp "$dir/file" "$got/d/file" && [ "$(ls -A "$got/d")" = file ] &&
	stop "$seed_pid"
}

# It is killed, and the user puts something else there.
begun_and_gone() {
	begun_by_us_left && echo 'my thesis' >"$got/mine" &&
	rm "$got/d/file" && cp "$got/mine" "$got/d/file" &&
	from="-l 127.0.0.1 -p 0" &&
	says 'file: it holds other data; -F' 5 timeout 20 "$btsh" run -N $from \
		-k "127.0.0.1:$seed_port" -d "$got/d" "$got/f.torrent" &&
	[ "$(cat "$got/d/file")" = 'my thesis' ] && stop "$seed_pid"
}

# in_place PATTERN: run of the tree keeps what is there
in_place() {
	says "$1; move it away" 5 timeout 20 "$btsh" run $from \
		"$got/t.torrent" && rm -r "$got/d" && mkdir -p "$got/d/tree"
}

# No file at all, or one where a directory should be.
others_kinds() {
	disk_seed && mkdir -p "$got/d/tree/z" &&
	in_place 'keep .*/tree/z: not a regular file' &&
	mkfifo "$got/d/tree/z" &&
	in_place 'keep .*/tree/z: not a regular file' &&
	ln -s nowhere "$got/d/tree/z" &&
	in_place 'keep .*/tree/z: not a regular file' &&
	echo x >"$got/d/tree/a" &&
	in_place 'keep .*/tree/a/.*: what is in its path is no directory' &&
	mkdir "$got/d/else" && ln -s ../else "$got/d/tree/a" &&
	in_place 'keep .*/tree/a/.*: what is in its path is no directory' &&
	rmdir "$got/d/tree" && echo x >"$got/d/tree" &&
	in_place 'keep .*/tree/.*: what is in its path is no directory' &&
	stop "$seed_pid"
}

# In peer, that torrent stops and the others go on.
others_peer() {
	disk_seed && echo 'my thesis' >"$got/d/file" &&
	hash=$("$btsh" show "$got/f.torrent" | sed -n 's/infohash.//p') &&
	start "$dir/events" "$btsh" peer $from "$got/f.torrent" \
		"$got/t.torrent" && peer_pid=$! &&
	tells "error	$hash	keep .*/file: it holds other data" &&
	tells "stopped	$hash" && tells 'complete	.*	402772' &&
	[ "$(cat "$got/d/file")" = 'my thesis' ]
	r=$?
	stop $peer_pid
	stop "$seed_pid"
	return $r
}

# What somebody puts in the place of the mark and of the file beside is neither
# written nor believed.
planted_beside() {
	disk_seed && hash=$("$btsh" show "$got/t.torrent" |
		sed -n 's/infohash.//p') && head -c 402772 "$dir/file" >"$got/mine" &&
	cp "$got/mine" "$got/was" || return 1
	for how in 'ln -s ../mine' 'ln ../mine' mkfifo 'cp ../mine'; do
		(cd "$got/d" && $how .$hash.parts) &&
		{ [ "$how" = 'cp ../mine' ] || (says '.parts' 6 timeout 20 \
			"$btsh" run $from -f z "$got/t.torrent"); } &&
		fetch $from "$got/t.torrent" &&
		diff -r "$dir/tree" "$got/d/tree" &&
		cmp "$got/was" "$got/mine" &&
		[ "$(ls "$got/d")" = tree ] && rm -r "$got/d" &&
		mkdir "$got/d" || return 1
	done
	for how in 'ln -s ../mine' 'ln ../mine' mkfifo 'cp ../mine'; do
		(cd "$got/d" && $how .tree.btsh && echo x >tree) &&
		says 'in its path is no directory; move it' 5 timeout 20 \
			"$btsh" run $from "$got/t.torrent" &&
		rm "$got/d/tree" && says '.btsh' 6 timeout 20 "$btsh" run \
			$from "$got/t.torrent" && cmp "$got/was" "$got/mine" &&
		rm -r "$got/d" && mkdir "$got/d" || return 1
	done
	stop "$seed_pid"
}

# Two torrents of one name: the second is refused, and says whose the first is.
# Trees that share no file stand side by side.
one_name() {
	fresh && mkdir -p "$got/1/n/s" "$got/2/n/s" "$got/3/n" "$got/4" &&
	head -c 90000 "$dir/file" >"$got/1/f" &&
	tail -c 90000 "$dir/file" >"$got/2/f" &&
	for f in 1/n/a 1/n/s/b 2/n/a 2/n/s/c 3/n/c 3/n/s.b; do
		echo $f >"$got/$f" || return 1
	done && echo not a tree >"$got/4/n" &&
	for t in 1/f 2/f 1/n 2/n 3/n 4/n; do
		"$btsh" make -q -o "$got/${t%/*}${t#*/}.torrent" "$got/$t" ||
			return 1
	done && seed "$dir/s.log" "$got/1/f" "$got/2/f" "$got/1/n" "$got/2/n" \
		"$got/3/n" "$got/4/n" &&
	until_true sh -c "[ \$(grep -c magnet '$dir/s.log') -eq 6 ]" &&
	mkdir "$got/d" && start "$dir/events" "$btsh" peer -l 127.0.0.1 -p 0 \
		-k "127.0.0.1:$seed_port" -d "$got/d" "$got"/1f.torrent \
		"$got"/2f.torrent "$got"/1n.torrent "$got"/2n.torrent \
		"$got"/3n.torrent "$got"/4n.torrent &&
	peer_pid=$! &&
	hash=$("$btsh" show "$got/1f.torrent" | sed -n 's/infohash.//p') &&
	tells "error	.*	it would write over the files of f \\($hash\\)" &&
	hash=$("$btsh" show "$got/1n.torrent" | sed -n 's/infohash.//p') &&
	tells "error	.*	it would write over the files of n \\($hash\\)" &&
	until_true sh -c "[ \$(grep -c complete '$dir/events') -eq 3 ]" &&
	cmp "$got/1/f" "$got/d/f" &&
	[ "$(grep -c '	error	' "$dir/events")" -eq 3 ] &&
	cp -r "$got/3/n" "$got/e" && cp -r "$got/1/n/." "$got/e" &&
	diff -r "$got/e" "$got/d/n"
	r=$?
	stop $peer_pid
	stop "$seed_pid"
	return $r
}

# What was dropped has no files any more.
one_name_freed() {
	fresh && mkdir "$got/1" "$got/2" "$got/d" && echo one >"$got/1/f" &&
	echo two >"$got/2/f" && for i in 1 2; do
		"$btsh" make -q -o "$got/$i.torrent" "$got/$i/f" || return 1
	done && mkfifo "$got/in" || return 1
	: >"$dir/events"
	"$btsh" peer -l 127.0.0.1 -p 0 -d "$got/d" <"$got/in" >"$dir/events" \
		2>"$dir/p.err" &
	pids="$pids $!"
	peer_pid=$!
	exec 3>"$got/in"
	hash=$("$btsh" show "$got/1.torrent" | sed -n 's/infohash.//p')
	{ echo "$got/1.torrent" && echo "$got/2.torrent"; } >&3 &&
	tells 'error	.*write over.*' && echo "drop $hash" >&3 &&
	tells "stopped	$hash" && echo "$got/2.torrent" >&3 &&
	until_true sh -c "echo status >&3 &&
		grep -q 'status	.*	fetching	.*	f' '$dir/events'" &&
	[ "$(grep -c '	error	' "$dir/events")" -eq 1 ]
	r=$?
	exec 3>&-
	stop $peer_pid
	return $r
}

# However many fail one after the other, a small stack is enough.
many_fail() {
	fresh && /usr/bin/python3 tests/torrents.py 3000 8 "$got" &&
	(cd "$got" && ulimit -s 512 && status 6 timeout 60 "$btsh" peer -q \
		-l 127.0.0.1 -p 0 -d nowhere/x *.torrent) &&
	[ "$(wc -l <"$dir/serr")" -eq 3000 ]
}

# What was moved away and linked to is served, as check finds it.
links_served() {
	fresh && mkdir "$got/d" "$got/2" && cp -r "$dir/tree" "$got/2/tree" &&
	cp "$dir/file" "$got/2/file" && ln -s ../2/tree "$got/d/tree" &&
	ln -s ../2/file "$got/d/file" && mv "$got/2/tree/a" "$got/2/a" &&
	ln -s ../a "$got/2/tree/a" && mv "$got/2/tree/z" "$got/2/z" &&
	ln -s "$got/2/z" "$got/2/tree/z" &&
	"$btsh" check -q "$dir/tree.torrent" "$got/d/tree" &&
	"$btsh" check -q "$dir/file.torrent" "$got/d/file" &&
	seed "$dir/s.log" -d "$got/d" "$dir/tree.torrent" \
		"$dir/file.torrent" && until_true magnets_are 2 &&
	! grep -q only "$dir/s.log" &&
	fetch -k "127.0.0.1:$seed_port" -d "$got/e" "$dir/tree.torrent" &&
	fetch -k "127.0.0.1:$seed_port" -d "$got/e" "$dir/file.torrent" &&
	cmp "$dir/file" "$got/e/file" && diff -r "$dir/tree" "$got/e/tree" &&
	stop "$seed_pid" && rm "$got/2/z" &&
	{ "$btsh" check "$dir/tree.torrent" "$got/d/tree"; [ $? -eq 5 ]; } |
		grep -qx 'missing	tree/z'
}

# Symbolic links that a torrent has: served, made, checked, streamed.
links_made() {
	fresh && /usr/bin/python3 tests/links.py "$got" &&
	"$btsh" check "$got/linked.torrent" "$got/linked" &&
	seed "$dir/s.log" -d "$got" "$got/linked.torrent" &&
	set -- -k "127.0.0.1:$seed_port" "$got/linked.torrent" &&
	fetch -d "$got/d" "$@" &&
	diff -r --no-dereference "$got/linked" "$got/d/linked" &&
	"$btsh" check "$got/linked.torrent" "$got/d/linked" &&
	fetch -d "$got/d" "$@" && mkdir "$got/t" &&
	fetch -o - "$@" | tar x -C "$got/t" &&
	diff -r --no-dereference "$got/linked" "$got/t/linked" &&
	fetch -d "$got/f" -f near -f a "$@" &&
	[ "$(find "$got/f/linked" ! -type d | sort | tr '\n' ' ')" = \
		"$got/f/linked/a $got/f/linked/d/near " ] && stop "$seed_pid"
}

# What has a link's name is kept, and told.
links_kept() {
	fresh && /usr/bin/python3 tests/links.py "$got" &&
	seed "$dir/s.log" -d "$got" "$got/linked.torrent" &&
	set -- -d "$got/d" -k "127.0.0.1:$seed_port" "$got/linked.torrent" &&
	mkdir -p "$got/d/linked" && echo mine >"$got/d/linked/l" &&
	says 'linked/l: the torrent has a symbolic link' 5 fetch "$@" &&
	grep -q mine "$got/d/linked/l" && rm "$got/d/linked/l" &&
	ln -s ../../mine "$got/d/linked/l" && echo mine >"$got/mine" &&
	says 'linked/l: the torrent has a symbolic link' 5 fetch "$@" &&
	fetch -F "$@" && [ "$(readlink "$got/d/linked/l")" = ../../mine ] &&
	rm "$got/d/linked/dangling" && : >"$got/d/linked/dangling" &&
	fetch -F "$@" && [ -L "$got/d/linked/dangling" ] &&
	grep -q mine "$got/mine" && rm "$got/d/linked/d/near" &&
	ln -sf ./../d/./g "$got/d/linked/d/near" &&
	rm "$got/d/linked/dangling" "$got/d/linked/d/up" &&
	echo x >"$got/d/linked/d/up" &&
	{ "$btsh" check "$got/linked.torrent" "$got/d/linked" >"$got/said"
		[ $? -eq 5 ]; } &&
	printf 'bad\t0\tlinked/%s\n' d/up l >"$got/want" &&
	printf 'missing\tlinked/dangling\n' >>"$got/want" &&
	sort "$got/said" | cmp - "$got/want" && stop "$seed_pid"
}

# Each verb does all its work with so few descriptors: 3,000 files in a tree,
# 40 torrents.
few_fds() { # HOW MANY
	peer_pid= seed_pid=
	fresh && mkdir -p "$got/s/lots/x" "$got/s/lots/y" "$got/d" "$got/e" &&
	for d in x y; do
		(cd "$got/s/lots/$d" && random_bytes 60000 |
			split -a 3 -b 40 - f) || return 1
	done && [ "$(find "$got/s" -type f | wc -l)" -eq 3000 ] &&
	/usr/bin/python3 tests/torrents.py 40 40000 "$got/s" &&
	(ulimit -n $1 && exec "$btsh" make -q -o "$got/s/lots.torrent" \
		"$got/s/lots") &&
	(ulimit -n $1 && exec "$btsh" check "$got/s/lots.torrent" \
		"$got/s/lots") &&
	mv "$got/s/data"/* "$got/s" && rmdir "$got/s/data" &&
	start "$dir/s.log" sh -c 'ulimit -n '$1' && exec "$@"' sh "$btsh" \
		serve -l 127.0.0.1 -p 0 -d "$got/s" "$got/s/"*.torrent &&
	seed_pid=$! && until_true magnets_are 41 &&
	seed_port=$(sed -n 's/.*x.pe=127.0.0.1:\([0-9]*\)$/\1/p' \
		"$dir/s.log" | head -n 1) &&
	(ulimit -n $1 && fetch -k "127.0.0.1:$seed_port" -d "$got/d" \
		"$got/s/lots.torrent") && diff -r "$got/s/lots" "$got/d/lots" &&
	start "$dir/events" sh -c 'ulimit -n '$1' && exec "$@"' sh "$btsh" \
		peer -l 127.0.0.1 -p 0 -k "localhost:$seed_port" -d "$got/e" \
		"$got/s/"*.torrent && peer_pid=$! && until_true completes_are 41 &&
	rm "$got/s/"*.torrent && diff -r -x ".*.btsh" "$got/s" "$got/e" &&
	! grep -q 'Too many' "$dir/events" "$dir/s.log"
	r=$?
	for p in $peer_pid $seed_pid; do stop $p; done
	return $r
}

magnets_are() {
	[ "$(grep -c magnet: "$dir/s.log")" -eq "$1" ]
}

completes_are() {
	[ "$(grep -c '	complete	' "$dir/events")" -eq "$1" ]
}

# few_more_fds PID N: it can open N more, if all that are open come first
few_more_fds() {
	prlimit --pid "$1" --nofile=$((
		$(ls "/proc/$1/fd" | sort -n | awk '$1 == n { n++ }
			END { print n + 0 }') + $2)):
}

ticks() { # PID: what it has had of a processor, in hundredths of a second
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# A caller for whom there is no descriptor waits, and costs nothing.
no_fd_to_accept() {
	seed "$dir/s.log" -d "$dir" "$dir/file.torrent" && fresh &&
	few_more_fds $seed_pid 0 && t=$(ticks $seed_pid) || return 1
	start "$dir/r.log" "$btsh" run -l 127.0.0.1 -p 0 -d "$got" \
		-k "127.0.0.1:$seed_port" "$dir/file.torrent"
	run_pid=$!
	sleep 1
	t=$(($(ticks $seed_pid) - t))
	[ $t -lt 30 ] && kill -0 $run_pid && few_more_fds $seed_pid 50 &&
	wait $run_pid && cmp "$dir/file" "$got/file"
	r=$?
	stop $run_pid
	stop $seed_pid
	return $r
}

# Without a process to hash in, one torrent fails and the others go on.
no_fd_to_hash() {
	seed "$dir/s.log" -d "$dir" "$dir/file.torrent" "$dir/tree.torrent" &&
	fresh && cp -r "$dir/tree" "$dir/file" "$got" && mkfifo "$got/in" ||
		return 1
	: >"$dir/events"
	"$btsh" peer -l 127.0.0.1 -p 0 -d "$got" <"$got/in" >"$dir/events" \
		2>"$dir/p.err" &
	peer_pid=$!
	pids="$pids $peer_pid"
	exec 3>"$got/in"
	echo "$dir/tree.torrent" >&3 && tells 'complete	.*' &&
	few_more_fds $peer_pid 1 &&
	echo "$dir/file.torrent" >&3 && tells 'error	.*no process .*' &&
	few_more_fds $peer_pid 50 && echo "$dir/file.torrent" >&3 &&
	tells 'complete	.*	6000000' && cmp "$dir/file" "$got/file"
	r=$?
	exec 3>&-
	stop $peer_pid
	stop $seed_pid
	return $r
}

# A fifo may be a torrent when we start, as from <(command), but not once
# others would have to wait for it.
fifo_torrents() {
	fresh && mkfifo "$got/t" "$got/in" && mkdir "$got/d" &&
	cp "$dir/file" "$got/d" || return 1
	cat "$dir/file.torrent" >"$got/t" &
	fetch -d "$got/d" "$got/t" && wait $! || return 1
	: >"$dir/events"
	"$btsh" peer -l 127.0.0.1 -p 0 -d "$got/d" <"$got/in" >"$dir/events" \
		2>"$dir/p.err" &
	peer_pid=$!
	pids="$pids $peer_pid"
	exec 3>"$got/in"
	{ echo "add $got/t" && echo add /dev/zero && echo "add $got" &&
		echo "add $dir/file.torrent"; } >&3 &&
	tells 'complete	.*' &&
	[ "$(grep -c '	error	-	' "$dir/events")" -eq 3 ] &&
	grep -q "^btsh: $got/t: not a regular file" "$dir/p.err"
	r=$?
	exec 3>&-
	kill $peer_pid
	[ $r -eq 0 ] || kill -KILL $peer_pid
	wait $peer_pid
	return $r
}

disk_cases() {
	check 'a file of somebody else is not written' others_files
	check 'padding and zeros do not make a file ours' others_padded
	check 'some pieces do' others_partial
	check 'nor is what is no file, and where a directory should be' \
		others_kinds
	check 'what comes while we wait is not written' others_late
	check 'zeros are nobody'"'"'s; -F overwrites, and never cuts' others_gone
	check 'what we began is ours, though no piece is whole' begun_by_us
	check 'but not what came in its place' begun_and_gone
	check 'a planted mark or file beside does no harm' planted_beside
	check 'peer: a file of somebody else stops one torrent' others_peer
	check 'two torrents of one name do not meet' one_name
	check 'a torrent that was dropped gives up its name' one_name_freed
	check 'links to what is served are followed' links_served
	check 'symbolic links of a torrent' links_made
	check 'what has the name of such a link is kept' links_kept
	check '32 descriptors are enough' few_fds 32
	skip 'no descriptor is left' prlimit || {
		check 'a call that no descriptor is left for' no_fd_to_accept
		check 'hashing that no descriptor is left for' no_fd_to_hash
	}
	check 'a fifo as a torrent' fifo_torrents
	check 'thousands of torrents that fail' many_fail
}
