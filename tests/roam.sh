# The network goes, comes back and is another one; sourced by tests.sh.

roamed() { # SCENARIO, of roam.py
	fresh && timeout -k 1 280 unshare -n /usr/bin/python3 tests/roam.py \
		"$btsh" "$got" "$1"
}

roam_cases() {
	skip 'moving' namespaces || {
		check 'the link is back' roamed link
		check 'another address here' roamed address
		check 'another IPv6 address here' roamed address6
		check 'another address there' roamed seed
		check 'awake again' roamed asleep
	}
}

roam_long() {
	check 'the other end is back' roamed unplugged
	check 'every other packet is lost' roamed half
	check 'packets come again' roamed silence
	check 'awake after minutes' roamed long
}
