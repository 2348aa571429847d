#!/usr/bin/python3
"""liar.py TORRENT PORT: a seed on 127.0.0.1 whose every block is zeros.
liar.py metadata PORT HASH: one whose metadata is.
liar.py silent PORT HASH: one who says "asked" and nothing to the asker.
liar.py late PORT TORRENT: no liar, but it takes a second and a half to give its
metadata, of one piece."""
import hashlib
import socket
import struct
import sys
import threading
import time


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


def info_of(torrent):
    raw = open(torrent, 'rb').read()
    at = raw.index(b'4:infod') + 6
    return raw[at:skip(raw, at)]


def take(s, n):
    b = b''
    while len(b) < n:
        more = s.recv(n - len(b))
        if not more:
            raise EOFError
        b += more
    return b


def greet(s, info_hash, reserved, news):
    take(s, 68)
    s.sendall(b'\x13BitTorrent protocol' + reserved + info_hash +
              b'-LIAR00-%012d' % int(sys.argv[2]) + news)


def messages(s):
    while True:
        n, = struct.unpack('>I', take(s, 4))
        yield take(s, n)


def lie(s, info_hash):
    try:
        greet(s, info_hash, b'\0' * 7 + b'\4',
              b'\0\0\0\1\x0e' + b'\0\0\0\1\1')
        for m in messages(s):
            if m[:1] == b'\6':
                piece, begin, length = struct.unpack('>III', m[1:])
                s.sendall(struct.pack('>IBII', 9 + length, 7, piece, begin) +
                          bytes(length))
    except (EOFError, OSError):
        s.close()


def give_metadata(s, info_hash):
    """Gives metadata, of whatever it is, to who asks."""
    try:
        size = len(metadata)
        hello = (b'\x14\0d1:md11:ut_metadatai3ee13:metadata_sizei%dee' %
                 size)
        greet(s, info_hash, b'\0' * 5 + b'\x10\0\0',
              struct.pack('>I', len(hello)) + hello)
        its_id = 0
        for m in messages(s):
            if m[:2] == b'\x14\0':
                at = m.index(b'ut_metadatai') + 12
                its_id = int(m[at:m.index(b'e', at)])
            elif m[:2] == b'\x14\3' and sys.argv[1] == 'silent':
                print('asked', flush=True)
            elif m[:2] == b'\x14\3':
                at = m.index(b'piecei') + 6
                piece = int(m[at:m.index(b'e', at)])
                body = (b'\x14' + bytes([its_id]) + b'd8:msg_typei1e5:piecei' +
                        b'%de10:total_sizei%dee' % (piece, size) +
                        metadata[piece * 16384:][:16384])
                if sys.argv[1] == 'late':
                    time.sleep(1.5)
                s.sendall(struct.pack('>I', len(body)) + body)
                print('gave', flush=True)
    except (EOFError, OSError):
        s.close()


if __name__ == '__main__':
    if sys.argv[1] in ('metadata', 'silent'):
        tell, metadata = give_metadata, bytes(20000)
        info_hash = bytes.fromhex(sys.argv[3])
    elif sys.argv[1] == 'late':
        tell, metadata = give_metadata, info_of(sys.argv[3])
        info_hash = hashlib.sha1(metadata).digest()
    else:
        tell, info_hash = lie, hashlib.sha1(info_of(sys.argv[1])).digest()
    server = socket.create_server(('127.0.0.1', int(sys.argv[2])))
    print('ready', flush=True)
    while True:
        threading.Thread(target=tell, args=(server.accept()[0], info_hash),
                         daemon=True).start()
