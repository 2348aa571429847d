# Proxies: a host whose way out is one, in namespaces (proxied.sh); sourced by
# tests.sh.

# by_proxy CASE: one of proxied.sh's, with all its processes ended at its end
by_proxy() {
	fresh && timeout -s KILL 120 unshare -nmpf --mount-proc --kill-child \
		sh tests/proxied.sh "$1" "$btsh" "$got" && return
	for f in "$got"/*.log; do
		echo "$f:"
		tail -n 20 "$f"
	done
	return 1
}

proxy_cases() {
	for what in root unshare ip nft /usr/bin/python3; do
		skip 'a way out by a proxy' $what && return
	done
	check 'by a SOCKS5 proxy: all goes, and nothing around it' by_proxy socks
	check 'by a SOCKS5 proxy: what fails says why' by_proxy faults
	skip 'by microsocks' microsocks ||
		check 'by microsocks: the same' by_proxy other_socks
	skip 'https by a SOCKS5 proxy' curl ||
		skip 'https by a SOCKS5 proxy' openssl ||
		check 'by a SOCKS5 proxy: https' by_proxy https
	check 'by http_proxy: torrent and tracker, but not no_proxy' \
		by_proxy http
	skip 'by tinyproxy' tinyproxy ||
		check 'by tinyproxy: the same, with a password' \
			by_proxy other_http
}
