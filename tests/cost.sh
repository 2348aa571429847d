# What the program costs, counted rather than timed: system calls, memory and
# instructions; sourced by tests.sh.  The bounds stand a quarter and more above
# what was counted when they were written.

# A file of $1 MiB in pieces of 2^$2 bytes, made, and served at $seed_port by
# the command before btsh that the rest is.
cost_seed() {
	random_bytes $(($1 << 20)) >"$dir/cost" &&
	"$btsh" make -q -f -l "$2" -o "$dir/cost.torrent" "$dir/cost" || return 1
	shift 2
	start "$dir/s.log" "$@" "$btsh" serve -l 127.0.0.1 -p 0 -d "$dir" \
		"$dir/cost.torrent"
	seed_pid=$!
	until_true grep -q magnet: "$dir/s.log" || return 1
	seed_port=$(sed -n 's/.*x.pe=127.0.0.1:\([0-9]*\)$/\1/p' "$dir/s.log")
}

# cost_fetch COMMAND...: the same fetched, by btsh after the command
cost_fetch() {
	fresh && timeout 120 "$@" "$btsh" run -q -l 127.0.0.1 -p 0 \
		-k "127.0.0.1:$seed_port" -d "$got" "$dir/cost.torrent" &&
	cmp "$dir/cost" "$got/cost" && rm "$got/cost"
}

# under MOST NUMBER
under() {
	echo "$2, at most $1"
	[ "$2" -gt 0 ] && [ "$2" -le "$1" ]
}

calls_in() { # STRACE'S TABLE
	awk '$NF == "total" { print $(NF > 4 ? NF - 2 : NF - 1) }' "$1"
}

few_calls() {
	cost_seed 64 18 strace -c -f -o "$dir/calls.seed" &&
	cost_fetch strace -c -f -o "$dir/calls.run" &&
	kill "$(awk '{ print $1 }' /proc/$seed_pid/task/$seed_pid/children)" &&
	wait $seed_pid
	cat "$dir/calls.seed" "$dir/calls.run"
	under 2800 "$(calls_in "$dir/calls.run")" &&
	under 2800 "$(calls_in "$dir/calls.seed")"
}

peak() { # COMMAND...: its memory, in KiB
	rm -f "$dir/m"
	tests/meter "$dir/m" "$@" >"$dir/log" 2>&1 || return 1
	awk '{ print $3 }' "$dir/m"
}

little_memory() {
	cost_seed 256 18 && fresh &&
	under 8192 "$(peak "$btsh" run -q -l 127.0.0.1 -p 0 -d "$got" \
		-k "127.0.0.1:$seed_port" "$dir/cost.torrent")" &&
	under 8192 "$(awk '/VmHWM/ { print $2 }' /proc/$seed_pid/status)" &&
	under 20480 "$(peak "$btsh" make -q -f -l 24 \
		-o "$dir/cost.torrent" "$dir/cost")" &&
	under 20480 "$(peak "$btsh" check -q "$dir/cost.torrent" \
		"$dir/cost")" && rm "$got/cost" && stop $seed_pid
}

# instructions ARGS...: in millions, without the sandbox, in which valgrind
# cannot work; and without those of its children
instructions() {
	BTSH_SANDBOX=off valgrind --tool=callgrind --callgrind-out-file=/dev/null \
		"$top/tests/btsh-faulty" "$@" 2>&1 >"$dir/log" |
		awk '/Collected/ && $NF > n { n = $NF }
			END { printf "%d\n", n / 1e6 }'
}

# Twice as many files, or pieces, cost twice as much.
no_squares() {
	for k in 20 40; do
		mkdir "$dir/sq$k"
		(cd "$dir/sq$k" && random_bytes $((k << 10)) |
			split -a 5 -b 1)
		"$btsh" make -q -f -o "$dir/sq$k.torrent" "$dir/sq$k"
		rm -r "$dir/sq$k"
		instructions show "$dir/sq$k.torrent" >"$dir/show.$k"
		cost_seed $((k / 5)) 14
		fresh
		instructions run -q -l 127.0.0.1 -p 0 -d "$got" \
			-k "127.0.0.1:$seed_port" "$dir/cost.torrent" \
			>"$dir/run.$k"
		cmp "$dir/cost" "$got/cost" || return 1
		stop $seed_pid
	done
	head "$dir"/show.?? "$dir"/run.??
	under 280 "$(cat "$dir/show.40")" && under 240 "$(cat "$dir/run.40")" &&
	under "$(($(cat "$dir/show.20") * 22 / 10))" "$(cat "$dir/show.40")" &&
	under "$(($(cat "$dir/run.20") * 22 / 10))" "$(cat "$dir/run.40")"
}

cost_cases() {
	if nm "$btsh" | grep -q __asan; then
		echo '-- costs are counted without sanitizers only'
		return
	fi
	skip 'few system calls' strace ||
		check 'a block costs less than a system call' few_calls
	check 'memory does not grow with the data' little_memory
	skip 'instructions' valgrind ||
		check 'costs grow as files and pieces do' no_squares
}
