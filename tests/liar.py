#!/usr/bin/python3
"""liar.py TORRENT PORT: a seed on 127.0.0.1 whose every block is zeros."""
import hashlib
import socket
import struct
import sys
import threading


def skip(b, i):
    """The index just past the bencoded value that starts at b[i]."""
    if b[i:i + 1] == b'i':
        return b.index(b'e', i) + 1
    if b[i:i + 1] in b'ld':
        i += 1
        while b[i:i + 1] != b'e':
            i = skip(b, i)
        return i + 1
    colon = b.index(b':', i)
    return colon + 1 + int(b[i:colon])


def take(s, n):
    b = b''
    while len(b) < n:
        more = s.recv(n - len(b))
        if not more:
            raise EOFError
        b += more
    return b


def lie(s, info):
    try:
        take(s, 68)
        s.sendall(b'\x13BitTorrent protocol' + b'\0' * 7 + b'\4' +
                  hashlib.sha1(info).digest() + b'-LIAR00-' + b'x' * 12 +
                  b'\0\0\0\1\x0e' + b'\0\0\0\1\1')
        while True:
            n, = struct.unpack('>I', take(s, 4))
            m = take(s, n)
            if m[:1] == b'\6':
                piece, begin, length = struct.unpack('>III', m[1:])
                s.sendall(struct.pack('>IBII', 9 + length, 7, piece, begin) +
                          bytes(length))
    except (EOFError, OSError):
        s.close()


raw = open(sys.argv[1], 'rb').read()
at = raw.index(b'4:infod') + 6
info = raw[at:skip(raw, at)]
server = socket.create_server(('127.0.0.1', int(sys.argv[2])))
print('ready', flush=True)
while True:
    threading.Thread(target=lie, args=(server.accept()[0], info),
                     daemon=True).start()
