# One file over HTTP, from the port that speaks BitTorrent; sourced by bench.sh.

# nginx_at PORT: gives what is in $dir, its pid in $nginx
nginx_at() {
	cat >"$dir/nginx.conf" <<-end
		daemon off;
		master_process off;
		pid $dir/nginx.pid;
		error_log $dir/nginx.log;
		events { worker_connections 64; }
		http {
			access_log off;
			sendfile on;
			server { listen $host:$1; root $dir; }
		}
	end
	start "$dir/n.log" nginx -c "$dir/nginx.conf"
	nginx=$!
	until_true 5 listens "$1"
}

# busy PID: its processor time in microseconds: ticks would be too few
busy() {
	awk '{ printf "%d", $1 / 1000 }' "/proc/$1/schedstat"
}

# got NAME URL PID: by curl, measured; and what that costs the sender
got() {
	t=$(busy $3)
	measure "$1" curl -sf -o /dev/null "$2"
	echo $((($(busy $3) - t) / 1000)) >>"$dir/$1-cpu.m"
}

web() {
	have nginx || return
	section 'the web, 1 GiB from one port'
	forget
	head -c 1073741824 /dev/urandom >"$dir/one"
	"$btsh" make -q -l 18 -o "$dir/one.torrent" "$dir/one" >/dev/null
	next_port
	nginx_port=$port
	nginx_at $port
	next_port
	start "$dir/s.log" "$btsh" serve -N -l $host -p $port -d "$dir" \
		"$dir/one.torrent"
	seed=$!
	until_true 20 grep -q magnet "$dir/s.log"
	for i in $(seq "$runs"); do
		got ours "http://$host:$port/one" $seed
		got theirs "http://$host:$nginx_port/one" $nginx
		measure run "$btsh" run -q -N -l $host -p 0 -k $host:$port \
			-d "$dir/got" "$dir/one.torrent"
		rm -rf "$dir/got"
	done
	row 'GET by curl' "$(mid ours 1)" ms 'nginx, sendfile' \
		"$(mid theirs 1)" 1.3
	row '       the sender'\''s processor time' "$(mid ours-cpu 1)" ms \
		'the same' "$(mid theirs-cpu 1)" 1.3
	row '       the same' "$(mid ours 1)" ms 'run, BitTorrent' \
		"$(mid run 1)"
	stop $seed $nginx
	rm -rf "$dir/one"
}
