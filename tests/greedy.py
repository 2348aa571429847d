#!/usr/bin/python3
"""greedy.py HASH PORT N: a peer of 127.0.0.1 without the fast extension that
asks for N KiB of the first piece in one go, and waits for each of them."""
import socket
import struct
import sys


def take(s, n):
    b = b''
    while len(b) < n:
        more = s.recv(n - len(b))
        if not more:
            raise EOFError
        b += more
    return b


asked = int(sys.argv[3])
s = socket.create_connection(('127.0.0.1', int(sys.argv[2])), 20)
s.sendall(b'\x13BitTorrent protocol' + b'\0' * 8 +
          bytes.fromhex(sys.argv[1]) + b'-GREEDY-' + b'x' * 12 + b'\0\0\0\1\2')
take(s, 68)
came = 0
while came < asked:
    n, = struct.unpack('>I', take(s, 4))
    kind = take(s, n)[:1]
    if kind == b'\1':
        s.sendall(b''.join(struct.pack('>IBIII', 13, 6, 0, i % 32 << 10, 1024)
                           for i in range(asked)))
    came += kind == b'\7'
