# The link that serve prints is all that others need, and so is its port's web
# page; sourced by tests.sh, with find.sh's hosts.  These are on a wire that
# leads nowhere else, and nothing else runs there; local discovery is off.

link_dir='a dir é#%41+&'    # transmission renames what has a ?
link_file='a file é#?%41+&'

# link_begin HOSTS OPTIONS...: a seed on host 1, with serve's OPTIONS, of what
# is in $w/give; its links are in $w/links
link_begin() {
	clients= browser_pid= seed_pid=
	hosts $1 && shift && fresh && w=$got || return 1
	for h in $(seq $i); do
		quiet $h && on $h ip route del default &&
		on $h ip -6 route del default || return 1
	done
	mkdir -p "$w/give/$link_dir/a b" "$w/home" &&
	cp "$dir/file" "$w/give/file" &&
	head -c 900000 "$dir/file" >"$w/give/$link_file" &&
	random_bytes 300000 >"$w/give/$link_dir/a b/c+d #1;=~.txt" &&
	random_bytes 700000 >"$w/give/$link_dir/100%" &&
	random_bytes 1000 >"$w/give/$link_dir/it's so [b]" &&
	at 1 "$w/s.log" "$btsh" serve -p 6881 "$@" "$w/give"/* &&
	seed_pid=$! &&
	until_true sh -c "[ \$(grep -c ^magnet: '$w/s.log') -eq 3 ]" &&
	grep ^magnet: "$w/s.log" >"$w/links"
}

# What a case began is over; its status stays.
link_end() {
	link_status=$?
	kill $clients $browser_pid $seed_pid 2>/dev/null
	for p in $clients $browser_pid $seed_pid; do
		wait $p 2>/dev/null
	done
	for h in $(seq 9); do
		eval "p=\${host$h:-} host$h="
		[ -z "$p" ] || stop $p
	done
	stop $wire
	[ $link_status -eq 0 ] || tail -n 20 "$w"/*.log >&2
	return $link_status
}

# link_of NAME: its magnet link
link_of() {
	case $1 in
	file) grep '&dn=file&' "$w/links" ;;
	"$link_dir") grep '&dn=a%20dir' "$w/links" ;;
	"$link_file") grep '&dn=a%20file' "$w/links" ;;
	esac
}

# link_start HOST CLIENT NAME: the client fetches it there, by its link or, if
# that has been made, its torrent, to $w/CLIENT
link_start() {
	next_port
	link_here=$w/$2 link_home=$w/home/$port link=$(link_of "$3")
	[ ! -e "$w/give/$3.torrent" ] || link=$w/give/$3.torrent
	link_host=$1 link_log=$w/$2.$port.log
	mkdir -p "$link_here" "$link_home"
	case $2 in
	btsh)
		set -- "$btsh" run -s -p $port -d "$link_here" "$link" ;;
	aria2)
		set -- aria2c --file-allocation=none --seed-ratio=0.0 \
			--dir="$link_here" "$link" ;;
	transmission)
		set -- transmission-cli -g "$link_home" -w "$link_here" \
			-p $port "$link" ;;
	libtorrent)
		set -- /usr/bin/python3 tests/lt.py stay "$link" "$link_here" \
			198.18.0.$1:$port ;;
	rtorrent)
		cat >"$link_home/rc" <<-end
			directory.default.set = $link_here
			session.path.set = $link_home
			network.port_range.set = $port-$port
			system.daemon.set = true
		end
		set -- rtorrent -n -o import="$link_home/rc" "$link" ;;
	qbittorrent)
		mkdir -p "$link_home/qBittorrent/config"
		cat >"$link_home/qBittorrent/config/qBittorrent.conf" <<-end
			[LegalNotice]
			Accepted=true
			[BitTorrent]
			Session\\Port=$port
		end
		set -- qbittorrent-nox --profile="$link_home" \
			--webui-port=$((port + 10000)) \
			--save-path="$link_here" --skip-dialog=true "$link" ;;
	webtorrent)
		set -- webtorrent download "$link" -o "$link_here" -p $port ;;
	esac
	at $link_host "$link_log" env HOME="$link_home" TERM=dumb \
		timeout -k 1 60 "$@" # which ends it when it is ended
	clients="$clients $!"
}

link_same() { # CLIENT NAME: whether it has the right bytes
	diff -rq "$w/give/$2" "$w/$1/$2"
}

# The same client, each time from the one link alone.
link_alone() { # CLIENT NAME...
	link_client=$1
	shift
	link_begin 2 &&
	for each; do link_start 2 $link_client "$each"; done &&
	for each; do
		until_true link_same $link_client "$each" || break
	done && link_same $link_client "$each"
	link_end
}

# By a torrent that names no tracker: each file is there as a web seed.
link_seeds() { # CLIENT NAME...
	link_client=$1
	shift
	link_begin 2 || return 1
	for each; do
		at=$(link_of "$each" | tr '&' '\n' | sed -n 's/^ws=//p' |
			head -n 1 | sed 's/%25/%/g; s/%3A/:/g; s/%2F/\//g')
		"$btsh" make -q -w "$at" -o "$w/give/$each.torrent" \
			"$w/give/$each" &&
		link_start 2 $link_client "$each"
	done
	for each; do
		until_true link_same $link_client "$each" || break
	done && link_same $link_client "$each" &&
	[ "$(link_figure uploaded)" -eq 0 ] && [ "$(link_figure web)" -gt 0 ]
	link_end
}

link_url=http://198.18.0.1:6881

# What the tracker tells a new peer.
link_announce() { # HOST
	on $1 curl -s "$link_url/announce?compact=0&port=7&left=1&peer_id=$(
		printf %020d 1)&info_hash=$(link_of file |
		sed 's/.*btih:\(.\{40\}\).*/\1/; s/../%&/g')"
}

link_figure() { # NAME: one of the seed's
	on 2 curl -s $link_url/stats | sed -n "s/^$1	//p"
}

# By HTTP alone: parts of a file, what was cut short, all that a page links to,
# and a tar archive; the torrent that is on the page, too.  (wget decodes the
# name of a file twice.)
link_web() {
	link_begin 2 && mkdir "$w/web" && (
		cd "$w/web" &&
		for part in 0-99999 100000-5000000 5000001-; do
			on 2 curl -sfr $part $link_url/file || exit 1
		done >parts && cmp parts ../give/file &&
		head -c 1234567 ../give/file >file &&
		on 2 wget -q -c $link_url/file && cmp file ../give/file &&
		on 2 wget -q -r -np -nH -P all \
			--restrict-file-names=nocontrol $link_url/ &&
		mv "all/a file é#?A+&" "all/$link_file" &&
		mv "all/a file é#?A+&.torrent" "all/$link_file.torrent" &&
		mv "all/a dir é#A+&.torrent" "all/$link_dir.torrent" &&
		for each in file "$link_file" "$link_dir"; do
			diff -r -x index.html "../give/$each" "all/$each" ||
				exit 1
		done && mkdir tar &&
		on 2 curl -sf "$link_url/a%20dir%20%C3%A9%23%2541%2B%26.tar" |
			tar -x -C tar && diff -r "../give/$link_dir" \
			"tar/$link_dir" &&
		for each in file "$link_file" "$link_dir"; do
			"$btsh" show "$(link_of "$each")" |
				grep infohash >want &&
			"$btsh" show "all/$each.torrent" >shown &&
			grep -qx "$(cat want)" shown &&
			grep -q "^tracker	0	$link_url/" shown || exit 1
		done
	)
	link_end
}

link_browser() {
	link_begin 2 && mkdir "$w/web" &&
	on 2 env HOME="$w/home" timeout 60 /usr/bin/python3 tests/browse.py \
		"$w/web" $link_url/ "/$link_dir.tar" "/$link_dir/" "/100%" &&
	tar -x -C "$w/web" -f "$w/web/$link_dir.tar" &&
	diff -r "$w/give/$link_dir" "$w/web/$link_dir" &&
	cmp "$w/give/$link_dir/100%" "$w/web/100%"
	link_end
}

# Three of different kinds behind a slow seed: its tracker brings them
# together, and it gives less than twice what there is.
link_crowd() {
	link_begin 4 -u 700k &&
	link_announce 2 | grep -a '^d8:completei2e' && # by IPv4 and IPv6
	link_start 2 btsh file &&
	link_start 3 aria2 file && link_start 4 libtorrent file &&
	until_true link_met && for each in btsh aria2 libtorrent; do
		until_true link_same $each file || break
	done && link_same $each file &&
	[ $(($(link_figure uploaded) + $(link_figure web))) -lt 12000000 ] &&
	[ "$(link_announce 4 | grep -ao '198[.]18[.]0[.][23]' | sort -u |
		wc -l)" -eq 2 ]
	link_end
}

link_met() { # whether each is connected with the seed and both others
	for h in 2 3 4; do
		[ "$(peers_of $h)" -ge 3 ] || return 1
	done
	[ "$(link_figure peers)" -ge 3 ]
}

# All at once, on one host.
link_all() {
	link_begin 2 && mkdir "$w/web" || return 1
	for each in btsh aria2 transmission libtorrent; do
		link_start 2 $each file
	done
	at 2 "$w/browser.log" env HOME="$w/home" timeout -k 1 60 \
		/usr/bin/python3 tests/browse.py "$w/web" $link_url/ /file
	browser_pid=$!
	for part in 0-2999999 3000000-; do
		on 2 curl -sfr $part $link_url/file
	done | cmp - "$w/give/file" && wait $browser_pid &&
	browser_pid= && link_same web file &&
	for each in btsh aria2 transmission libtorrent; do
		until_true link_same $each file || break
	done && link_same $each file
	link_end
}

link_cases() {
	skip 'a link and its hosts' namespaces && return
	for c in btsh aria2:aria2c transmission:transmission-cli \
		libtorrent:python3-libtorrent rtorrent \
		qbittorrent:qbittorrent-nox webtorrent
	do
		case $c in
		transmission*) set -- file "$link_dir" ;;
		*) set -- file "$link_dir" "$link_file" ;;
		esac
		name="${c%:*}: a link is all it needs"
		if [ $c = webtorrent ] && ! command -v webtorrent >/dev/null
		then # npm has it, where that can be reached
			skipped=$((skipped + 1))
			echo "skip $name: webtorrent is not here"
			continue
		fi
		[ $c = btsh ] || ! skip "$name" ${c#*:} || continue
		check "$name" link_alone ${c%:*} "$@"
		case $c in
		rtorrent*) continue ;;
		webtorrent) set -- file ;; # it escapes nothing
		esac
		check "${c%:*}: web seeds are all it needs" link_seeds \
			${c%:*} "$@"
	done
	skip 'a browser' chromium ||
		check 'a browser: pages that ask for nothing else, and files' \
			link_browser
	skip 'a crowd' aria2c || skip 'a crowd' python3-libtorrent ||
		check 'a crowd of three kinds, from one link' link_crowd
	skip 'all at once' aria2c || skip 'all at once' transmission-cli ||
		skip 'all at once' python3-libtorrent ||
		skip 'all at once' chromium ||
		check 'all at once, from one link' link_all
	skip 'curl, wget and tar' wget || check 'curl, wget and tar' link_web
}
