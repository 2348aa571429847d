# QR codes (tests/qr.c), read by zbarimg; sourced by tests.sh.

# qr_reads FILE: what is read from the code of these bytes is they
qr_reads() {
	tests/qr <"$1" >"$got/code.pbm" &&
	zbarimg --nodbus -q --raw --oneshot -Sdisable -Sqr.enable -Sbinary \
		"$got/code.pbm" >"$got/read" && cmp "$1" "$got/read"
}

qr_lengths() {
	fresh && for n in 10 100 500 1500 2900; do
		random_bytes 6000 | base64 | head -c $n >"$got/in" &&
		qr_reads "$got/in" || { echo "$n bytes" >&2; return 1; }
	done
}

qr_magnet() {
	fresh && "$btsh" make -q -a http://tracker.example:6969/announce \
		-a udp://[2001:db8::7]:6969 -n 'A name & a half: 100%' \
		-o "$got/t" "$dir/file" &&
	"$btsh" show -m "$got/t" >"$got/in" &&
	[ "$(wc -c <"$got/in")" -gt 150 ] && qr_reads "$got/in"
}

qr_bytes() { # that are no UTF-8, and all there are
	fresh && printf '\377\376\0\200\300\257\355\240\200\n\0' >"$got/in" &&
	qr_reads "$got/in" &&
	n=0 && while [ $n -lt 256 ]; do
		printf "\\$(printf %o $n)"
		n=$((n + 1))
	done >"$got/in" && [ "$(wc -c <"$got/in")" -eq 256 ] &&
	qr_reads "$got/in" &&
	random_bytes 2954 >"$got/in" && ! tests/qr <"$got/in" 2>"$got/log" &&
	grep -q 'too long' "$got/log"
}

qr_cases() {
	skip 'QR codes' zbarimg && return
	check 'QR codes of 10 to 2,900 bytes are read' qr_lengths
	check 'the QR code of a magnet link is read' qr_magnet
	check 'QR codes of bytes that are no text are read' qr_bytes
}
