# Other people's clients, and swarms of one kind; sourced by bench.sh.  They
# find each other through btsh track.

# client ROLE KIND DIR: the command, in $command, of a client that seeds or
# leeches $dir/x.torrent at $port with its data in DIR
client() {
	command=
	case $2 in
	btsh)
		command="$btsh run -q -l $host -p $port -d $3"
		[ "$1" = leech ] || command="$command -s" ;;
	libtorrent)
		command="$lt $1 $dir/x.torrent $3 $host:$port"
		return ;;
	aria2)
		command="aria2c -q --enable-dht=false --bt-enable-lpd=false
			--listen-port=$port --file-allocation=none --dir=$3
			--check-integrity=true"
		if [ "$1" = seed ]; then
			command="$command --seed-ratio=0.0"
		else
			command="$command --seed-time=0"
		fi ;;
	transmission)
		mkdir -p "$3/.home"
		echo '{"dht-enabled":false,"lpd-enabled":false,
			"pex-enabled":false,"utp-enabled":false,
			"port-forwarding-enabled":false}' \
			>"$3/.home/settings.json"
		printf '#!/bin/sh\nkill -KILL $PPID\n' >"$3/.done"
		chmod 755 "$3/.done"
		command="transmission-cli -g $3/.home -w $3 -p $port -M -D -U"
		[ "$1" = seed ] || command="$command -f $3/.done" ;;
	rtorrent)
		cat >"$3/.rc" <<-end
			directory.default.set = $3
			network.port_range.set = $port-$port
			network.port_random.set = no
			session.use_lock.set = no
			dht.mode.set = off
			protocol.pex.set = no
			system.daemon.set = true
			trackers.use_udp.set = no
		end
		[ "$1" = seed ] || cat >>"$3/.rc" <<-'end'
			method.set_key = event.download.finished,q,"execute.nothrow=sh,-c,\"kill -KILL $PPID\""
		end
		command="env TERM=dumb HOME=$3 rtorrent -n -o import=$3/.rc" ;;
	esac
	command="$command $dir/x.torrent"
}

# pair SEED LEECHER: a transfer of $dir/x, measured
pair() {
	tracker
	"$btsh" make -q -f -l 18 -a "$url" -o "$dir/x.torrent" "$dir/x" \
		>/dev/null
	mkdir "$dir/from" "$dir/to"
	ln "$dir/x" "$dir/from/x"
	next_port
	client seed "$1" "$dir/from"
	start "$dir/s.log" $command
	seed=$!
	until_true 20 came $port 0 || echo "$1 does not seed"
	next_port
	client leech "$2" "$dir/to"
	"$meter" "$dir/$1.$2.m" timeout -k 1 60 $command >"$dir/log" 2>&1 \
		</dev/null
	cmp "$dir/x" "$dir/to/x" || tail -n 5 "$dir/log"
	kill -KILL $seed
	stop $seed $track_pid
	rm -rf "$dir/from" "$dir/to"
}

# against KIND MIB RUNS
against() {
	head -c $(($2 << 20)) /dev/urandom >"$dir/x"
	forget
	for i in $(seq "$3"); do
		pair "$1" "$1"
		pair "$1" btsh
		pair btsh "$1"
	done
	row "$2 MiB, btsh from $1" "$(mid "$1.btsh" 1)" ms "$1 from it" \
		"$(mid "$1.$1" 1)" 1.05
	row "        $1 from btsh" "$(mid "btsh.$1" 1)" ms 'from its own' \
		"$(mid "$1.$1" 1)" 1.05
	rm "$dir/x"
}

clients() {
	section 'with other clients'
	have_libtorrent && against libtorrent 256 3
	have aria2c && against aria2 256 1
	have rtorrent && against rtorrent 256 3
	[ $host = 127.0.0.1 ] && echo 'skipped: transmission needs unshare' ||
		! have transmission-cli || against transmission 16 1
}

# whole_swarm KIND RATE N: a seed that gives RATE MiB/s and N leechers of
# $dir/x, whose times go to KIND.m
whole_swarm() {
	next_port
	mkdir "$dir/from"
	ln "$dir/x" "$dir/from/x"
	if [ "$1" = btsh ]; then
		start "$dir/s.log" "$btsh" serve -u "$2m" -l $host -p $port \
			-d "$dir/from" "$dir/x.torrent"
	else
		start "$dir/s.log" env UPLOAD=$(($2 << 20)) $lt seed \
			"$dir/x.torrent" "$dir/from" $host:$port
	fi
	swarm=$!
	until_true 20 came $port 0
	t=$(date +%s%N)
	for i in $(seq "$3"); do
		next_port
		mkdir "$dir/to$i"
		if [ "$1" = btsh ]; then
			"$btsh" run -s -l $host -p $port -d "$dir/to$i" \
				"$dir/x.torrent" >"$dir/to$i/.done" 2>/dev/null &
		else
			$lt stay "$dir/x.torrent" "$dir/to$i" $host:$port &
		fi
		swarm="$swarm $!"
		pids="$pids $!"
		until_whole "$dir/to$i/.done" "$1" &
		waiting="${waiting:-} $!"
	done
	wait $waiting
	waiting=
	stop $swarm
	rm -rf "$dir/from" "$dir/to"*
}

# until_whole FILE KIND: until something stands there, or two minutes; the
# milliseconds since $t to KIND.m
until_whole() {
	n=0
	until [ -s "$1" ] || [ $n -gt 6000 ]; do
		n=$((n + 1))
		sleep 0.02
	done
	echo $((($(date +%s%N) - t) / 1000000)) >>"$dir/$2.m"
}

# six NAME TORRENT OPTIONS...: a seed and six leechers of $dir/x, of whom each
# gives 4 MiB/s; TORRENT link is the seed's magnet link.  How long each took
# goes to NAME.m
six() {
	name=$1 torrent=$2
	shift 2
	next_port
	start "$dir/s.log" "$btsh" serve -u 4m -l 127.0.0.1 -p $port "$@" \
		-d "$dir" "$dir/x.torrent"
	swarm=$!
	until_true 20 grep -q magnet: "$dir/s.log"
	[ "$torrent" != link ] || torrent=$(grep magnet: "$dir/s.log")
	t=$(date +%s%N)
	for i in 1 2 3 4 5 6; do
		mkdir "$dir/to$i"
		"$btsh" run -s -u 4m -l 127.0.0.1 -p 0 "$@" -d "$dir/to$i" \
			"$torrent" >"$dir/to$i/.done" 2>/dev/null &
		swarm="$swarm $!"
		pids="$pids $!"
		until_whole "$dir/to$i/.done" "$name" &
		waiting="${waiting:-} $!"
	done
	wait $waiting
	waiting=
	stop $swarm
	rm -rf "$dir/to"*
}

# Peer exchange must do what a tracker does.
exchange() {
	head -c $((64 << 20)) /dev/urandom >"$dir/x"
	"$btsh" make -q -f -a "$url" -o "$dir/x.torrent" "$dir/x" >/dev/null
	six tracked "$dir/x.torrent" -N
	"$btsh" make -q -f -o "$dir/x.torrent" "$dir/x" >/dev/null
	six exchanged link
	row '64 MiB at 4 MiB/s, 6 know the seed' "$(most exchanged 1)" ms \
		'with a tracker' "$(most tracked 1)" 1.3
}

swarm() {
	mib=256 rate=32 n=8
	ideal=$((mib * 1000 / rate))
	section "a swarm, a seed and $n leechers"
	tracker
	head -c $((mib << 20)) /dev/urandom >"$dir/x"
	"$btsh" make -q -f -l 18 -a "$url" -o "$dir/x.torrent" "$dir/x" \
		>/dev/null
	forget
	whole_swarm btsh $rate $n
	row "$mib MiB at $rate MiB/s, the last" "$(most btsh 1)" ms \
		'sent once' $ideal 1.25
	row '       the same' "$(most btsh 1)" ms 'the median' \
		"$(mid btsh 1)" 2
	if have_libtorrent; then
		whole_swarm libtorrent $rate $n
		row '       the same' "$(most btsh 1)" ms \
			'libtorrent' "$(most libtorrent 1)"
	fi
	exchange
	stop $track_pid
	rm "$dir/x"
}
