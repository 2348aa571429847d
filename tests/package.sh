# What is packed, installed and shipped beside the program: the tarball, the
# static binary, the container, completion, systemd's units and the Debian
# package; sourced by tests.sh.

# bare COMMAND...: as a user runs it, without what make has told us
bare() {
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CC -u CFLAGS -u LDFLAGS \
		-u LSAN_OPTIONS "$@"
}

# The files that a tarball is made of: all but what was built, and what is ours
# alone.
tree_files() {
	{ git ls-files -co --exclude-standard 2>/dev/null | grep . ||
		find . -name .git -prune -o -type f -print; } |
		sed 's|^\./||' | grep -v '^\.\|\.o$\|\.pyc$'
}

# The tree of the tarball, built in $packed/dist and untouched in
# $packed/fresh/btsh, and its version; packed once.
packed() {
	packed=$dir/packed
	[ ! -s "$packed/version" ] || { version=$(cat "$packed/version"); return; }
	mkdir -p "$packed/tree" &&
	tree_files | tar cf - -T - | tar xf - -C "$packed/tree" && (
		cd "$packed/tree" && bare make -s clean && bare make -s dist &&
		gunzip -c btsh-*.tar.gz | (cd "$packed" && tar xf -)
	) &&
	version=$(basename "$packed"/tree/btsh-*.tar.gz .tar.gz) &&
	mv "$packed/$version" "$packed/dist" &&
	mkdir "$packed/fresh" && cp -R "$packed/dist" "$packed/fresh/btsh" &&
	bare make -s -j2 -C "$packed/dist" CC="$cc" CFLAGS=-O0 &&
	version=${version#btsh-} && echo "$version" >"$packed/version"
}

# The tarball has every file, and builds, and its tests run.
packs() {
	packed && for tree in tree fresh/btsh; do
		(cd "$packed/$tree" && find . -type f ! -name 'btsh-*.gz') |
			LC_ALL=C sort >"$packed/$(basename $tree).files"
	done && diff "$packed/tree.files" "$packed/btsh.files" && (
		cd "$packed/dist" &&
		bare make -s CC="$cc" CFLAGS=-O0 tests/load tests/meter \
			tests/copy &&
		[ "$(./btsh -V)" = "btsh $version" ] &&
		./btsh make -o t.torrent "$dir/file" &&
		./btsh check t.torrent "$dir/file" &&
		ONLY='usage names_case' bare sh tests.sh >"$packed/said" ||
			{ cat "$packed/said"; exit 1; }
		grep -q '^2 passed' "$packed/said"
	)
}

# alone ROOT PROGRAM: whether it needs no file but itself, which is all that
# ROOT has beside /data, and makes, checks and serves there
alone() {
	! readelf -ldW "$1$2" | grep 'INTERP\|NEEDED' &&
	[ "$(find "$1" -type f)" = "$1$2" ] &&
	cp "$dir/file" "$1/data/file" &&
	[ "$(chroot "$1" "$2" -V)" = "btsh $version" ] &&
	chroot "$1" "$2" make -o /data/t /data/file &&
	chroot "$1" "$2" check /data/t /data/file &&
	start "$dir/s.log" chroot "$1" "$2" serve -l 127.0.0.1 -p 0 \
		-d /data /data/t &&
	seed_pid=$! && until_true grep -q magnet: "$dir/s.log" &&
	seed_port=$(sed -n 's/.*x.pe=127.0.0.1:\([0-9]*\)$/\1/p' "$dir/s.log") &&
	fresh && fetch -k "127.0.0.1:$seed_port" -d "$got" "$1/data/t" &&
	cmp "$dir/file" "$got/file" && stop "$seed_pid"
}

# asks CC ASKED PATH: whether make static with that CC asks the compiler ASKED
asks() {
	rm -f "$got/asked"
	(cd "$packed/dist" && rm -f btsh-static &&
		bare env PATH="$3" "$(command -v make)" -s static CC="$1") &&
	grep "^$2 .* -static -o btsh-static .* btsh\.c\$" "$got/asked"
}

# The static binary is made by musl-gcc for one of this machine's compilers, if
# it is here, else by the one given.
static_asks() {
	packed && fresh && for c in cc musl-gcc other; do
		printf '#!/bin/sh\necho %s "$@" >"%s"\n' $c "$got/asked" \
			>"$got/$c" && chmod 755 "$got/$c" || return 1
	done
	asks cc musl-gcc "$got:$PATH" && asks clang musl-gcc "$got:$PATH" &&
	asks other other "$got:$PATH" && rm "$got/musl-gcc" &&
	asks cc cc "$got"
}

# The container, made as its file says: of what make static made, nothing else.
contains() {
	packed && fresh && mkdir "$got/root" && (
		cd "$packed/dist" && rm -f btsh-static &&
		bare make -s static CFLAGS=-O0 &&
		sed 's/[],"[]/ /g' contrib/Dockerfile |
		while read -r verb first second; do
			case $verb in
			FROM) [ "$first" = scratch ] || exit 1 ;;
			COPY) cp "$first" "$got/root$second" || exit 1 ;;
			VOLUME) mkdir "$got/root$first" || exit 1 ;;
			ENTRYPOINT) echo $first >"$got/program" ;;
			esac
		done
	) && alone "$got/root" "$(cat "$got/program")"
}

# What is kept is what the program says now.
completions_fresh() {
	for s in bash zsh; do
		sh contrib/complete.sh $s "$btsh" | diff contrib/btsh.$s - ||
			return 1
	done
	! sh contrib/complete.sh bash /bin/false && ! sh contrib/complete.sh sh
}

# completes COMMAND...: whether it, given lines, offers what stands after them
completes() {
	fresh && mkdir "$got/folder" &&
	: >"$got/a.torrent" && : >"$got/other" &&
	cat >"$dir/complete.table" <<-END &&
	btsh ma|<make>
	btsh frobnicate |
	btsh track -|$("$btsh" track -h | sed -n 's/^  \(-.\) .*/<\1>/p
		$s/.*/<-h>/p' | LC_ALL=C sort | tr -d '\n')
	btsh make -o o|<other>
	btsh make |<a.torrent><folder><other>
	btsh run -d |<folder>
	btsh run -qd f|<folder>
	btsh run -q -a http://x:3/a a|<a.torrent>
	btsh run -k h:1 -d. -- |<a.torrent><folder>
	btsh run -a |
	btsh check |<a.torrent><folder>
	btsh check a.torrent o|<other>
	btsh check a.torrent other o|
	btsh show a.torrent a|<a.torrent>
	btsh serve -N o|<other>
	btsh track -U roo|<root>
	END
	cut -d'|' -f1 "$dir/complete.table" >"$dir/complete.lines" &&
	(cd "$got" && timeout 60 "$@") <"$dir/complete.lines" |
		paste -d'|' "$dir/complete.lines" - | diff "$dir/complete.table" -
}

completes_bash() {
	completes bash "$top/tests/complete.bash" "$top/contrib/btsh.bash"
}

completes_zsh() {
	completes env TMPDIR="$dir" zsh -f \
		"$top/tests/complete.zsh" "$top/contrib/btsh.zsh"
}

units_verify() {
	fresh && for u in track peer; do
		sed "s|=btsh |=$btsh |; s|exec btsh |exec $btsh |" \
			contrib/btsh-$u.service >"$got/btsh-$u.service" &&
		grep -q "$btsh" "$got/btsh-$u.service" &&
		systemd-analyze verify --man=no "$got/btsh-$u.service" \
			>"$got/said" 2>&1 || { cat "$got/said"; return 1; }
		! grep "btsh-$u" "$got/said" || return 1
	done
}

# allowed_calls UNIT: the calls of the system that its filter lets through
allowed_calls() {
	systemd-analyze syscall-filter | awk -v filter="$(
		sed -n 's/^SystemCallFilter=//p' "$1" | paste -sd ' ' -)" '
	/^@/ { group = $1 }
	/^ +[^# ]/ { has[group] = has[group] " " $1 }
	END {
		n = split(filter, todo, " ")
		for (i = 1; i <= n; i++)
			if (todo[i] !~ /^@/)
				print todo[i]
			else {
				m = split(has[todo[i]], more, " ")
				for (j = 1; j <= m; j++)
					todo[++n] = more[j]
			}
	}'
}

# within UNIT TRACE: whether what strace saw is what the unit allows
within() {
	allowed_calls "$1" | sort -u >"$got/allowed" && [ -s "$got/allowed" ] &&
	sed -n 's/^[0-9]* *\([a-z][a-z0-9_]*\)(.*/\1/p' "$2" |
		sort -u >"$got/calls" &&
	grep -qx socket "$got/calls" &&
	! comm -13 "$got/allowed" "$got/calls" | grep . &&
	! grep 'PROT_WRITE|PROT_EXEC' "$2" &&
	sed -n 's/.* socket(\(AF_[A-Z0-9]*\).*/\1/p' "$2" | sort -u |
		while read -r family; do
			grep '^RestrictAddressFamilies=' "$1" |
				grep -qw "$family" || exit 1
		done
}

# command_of UNIT: what it starts, as a shell reads it
command_of() {
	sed -n 's/\$\$/$/g; s/^ExecStart=//p' "$1"
}

# traced NAME COMMAND: a shell's, in the background in $got/state.  A TERM does
# nothing to strace: $traced_pid is that of the command.
traced() {
	rm -f "$got/pid"
	start "$got/$1.log" strace -fo "$got/$1" sh -c \
		"cd '$got/state' && echo \$\$ >../pid && $2"
	until_true test -s "$got/pid" && traced_pid=$(cat "$got/pid") &&
	pids="$pids $traced_pid"
}

# Each as its unit starts it (but it may say its port), in a directory of its
# own: what it calls is allowed.
units_allow() {
	peer_pid= track_pid= seed_pid=
	packed && fresh && mkdir "$got/state" &&
	plain=$packed/dist/btsh && unit=contrib/btsh-track.service &&
	traced track "exec $(command_of $unit |
		sed "s|^btsh|$plain|; s| -q||") -l 127.0.0.1 -p 0" &&
	track_pid=$traced_pid &&
	until_true grep -q tracking "$got/track.log" &&
	url=$(sed -n 's/.*at \(http[^ ;]*\).*/\1/p' "$got/track.log") &&
	"$btsh" make -q -a "$url" -o "$got/state/file.torrent" "$dir/file" &&
	seed "$dir/s.log" -d "$dir" "$got/state/file.torrent" &&
	unit=contrib/btsh-peer.service &&
	traced peer "$(command_of $unit | sed "s/^sh -c '//; s/'\$//
		s|btsh peer|$plain peer -l 127.0.0.1 -p 0|")" &&
	peer_pid=$traced_pid && until_true grep -q complete "$got/peer.log" &&
	cmp "$dir/file" "$got/state/file"
	r=$?
	kill $peer_pid $track_pid $seed_pid
	until_true test -s "$got/state/swarms"
	[ $r -eq 0 ] && [ -s "$got/state/swarms" ] &&
	within contrib/btsh-track.service "$got/track" &&
	within contrib/btsh-peer.service "$got/peer"
}

# The Debian package: built from the tarball's tree, of its version, and what
# is in it.
debian_builds() {
	packed && (
		cd "$packed/fresh/btsh" &&
		DEB_CFLAGS_SET=-O0 DEB_CPPFLAGS_SET= \
			DEB_BUILD_OPTIONS='noautodbgsym parallel=2' bare \
			dpkg-buildpackage -us -uc -b
	) >"$packed/log" 2>&1 || { tail -n 30 "$packed/log"; return 1; }
	deb=$(echo "$packed/fresh/btsh_${version}"_*.deb)
	dpkg-deb -c "$deb" | sed -n 's|^-[^ ]* .* \./||p' | LC_ALL=C sort |
		diff - /dev/fd/3 3<<-END &&
	usr/bin/btsh
	usr/share/bash-completion/completions/btsh
	usr/share/doc/btsh/README.gz
	usr/share/doc/btsh/changelog.gz
	usr/share/doc/btsh/copyright
	usr/share/doc/btsh/examples/Dockerfile
	usr/share/doc/btsh/examples/btsh-peer.service
	usr/share/doc/btsh/examples/btsh-track.service
	usr/share/man/man1/btsh.1.gz
	usr/share/zsh/vendor-completions/_btsh
	END
	fresh && dpkg-deb -x "$deb" "$got" &&
	[ "$("$got/usr/bin/btsh" -V)" = "btsh $version" ] &&
	{ ! command -v lintian >/dev/null ||
		lintian --allow-root --fail-on error "$deb"; }
}

package_cases() {
	cc=${CC:-cc}
	check 'the tarball has all, builds, and tests itself' packs
	skip 'a static binary' root || skip 'a static binary' readelf || {
		check 'static: whose compiler makes it' static_asks
		check 'static: alone in a container, it makes, checks, serves' \
			contains
	}
	check 'completion is what the program says' completions_fresh
	skip 'completion in bash' bash ||
		check 'completion in bash' completes_bash
	skip 'completion in zsh' zsh || check 'completion in zsh' completes_zsh
	skip 'units' systemd-analyze || {
		check 'units: systemd finds no fault' units_verify
		skip 'units: what they forbid' strace ||
			check 'units: what they forbid is not needed' units_allow
	}
	skip 'the Debian package' dpkg-buildpackage ||
		skip 'the Debian package' dh ||
		check 'the Debian package' debian_builds
}
