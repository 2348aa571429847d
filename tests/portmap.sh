# Our port behind a NAT: a router with miniupnpd, or one of our own, in
# namespaces (nat.sh); sourced by tests.sh.

# behind_nat CASE [BTSH]: one of nat.sh's, with all its processes ended at its
# end
behind_nat() {
	fresh && timeout -s KILL 120 unshare -nmpf --mount-proc --kill-child \
		sh tests/nat.sh "$1" "${2:-$btsh}" "$got" && return
	for f in "$got"/*.log; do
		echo "$f:"
		tail -n 20 "$f"
	done
	return 1
}

portmap_cases() {
	for what in root unshare ip nft miniupnpd /usr/bin/python3; do
		skip 'a port behind a NAT' $what && return
	done
	check 'behind a NAT: PCP, from a tracker outside to the peer inside' \
		behind_nat pcp
	check 'behind a NAT: NAT-PMP' behind_nat natpmp
	check 'behind a NAT: UPnP' behind_nat upnp
	check 'behind a NAT: what is mapped goes first in a link' \
		behind_nat named
	check 'behind a NAT: two hosts of one port, by PCP' behind_nat two_pcp
	check 'behind a NAT: two hosts of one port, by UPnP' behind_nat two_upnp
	check 'behind a NAT: the router falls silent' behind_nat silent
	check 'behind a NAT: a stranger who answers for the router' \
		behind_nat liar
	check 'behind a NAT: a stranger who answers beside it' \
		behind_nat beside
	check 'behind a NAT: each call that fails' behind_nat faults \
		"$top/tests/btsh-faulty"
	check 'behind a NAT: -N and -l ask for nothing' behind_nat none
}
