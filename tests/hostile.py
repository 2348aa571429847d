#!/usr/bin/python3
"""hostile.py ATTACK HASH PORT [ARG]: a stranger on 127.0.0.1 who calls the
peer at PORT, says "ready" when he is in, and then, until he is closed out or
ended:
flood     chokes and unchokes, and reads nothing; ARG MB, then "sent"
silent    unchokes on ARG connections that have all, and answers nothing
spoil     answers one block with garbage, and nothing else ever; chokes and
          unchokes until he is asked for it again (ARG: the number of pieces)
twin      has the peer id of the seed at port ARG
idle      fills ARG places with handshakes, and says nothing
junk      sends blocks that nobody asked for: "closed" after how many
fast      draws what is allowed while choked, again and again: how many bytes
hoard     draws what is allowed while choked on ARG connections, and reads
          nothing of it
claim     says that he has metadata, says nothing and calls again, on ARG
          connections
singly    gives the metadata of the torrent ARG: of several requests he
          answers the first and drops the others"""
import os
import select
import socket
import struct
import sys
import time

from liar import info_of

FAST, EXTENDED, NEITHER = (b'\0\0\0\0\0\0\0\4', b'\0\0\0\0\0\x10\0\0',
                           bytes(8))


class Peer:
    def __init__(self, reserved=NEITHER, peer_id=None, port=None, small=False):
        self.s = socket.socket()
        if small:
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.s.settimeout(60)
        self.s.connect(('127.0.0.1', port or PORT))
        self.buf = b''
        self.s.sendall(b'\x13BitTorrent protocol' + reserved + HASH +
                       (peer_id or b'-HO0001-' + os.urandom(12)))
        self.id = self.take(68)[48:]

    def take(self, n):
        while len(self.buf) < n:
            more = self.s.recv(1 << 16)
            if not more:
                raise EOFError
            self.buf += more
        taken, self.buf = self.buf[:n], self.buf[n:]
        return taken

    def message(self):
        n, = struct.unpack('>I', self.take(4))
        return self.take(n)

    def say(self, number, payload=b''):
        self.s.sendall(struct.pack('>IB', 1 + len(payload), number) + payload)

    def has_news(self):
        return self.buf or select.select([self.s], [], [], 0)[0]


def ready():
    print('ready', flush=True)


def wait_for_end(peers):
    """Keeps them alive until all are closed."""
    while peers:
        for p in select.select([q.s for q in peers], [], [], 30)[0]:
            if not p.recv(1 << 16):
                peers = [q for q in peers if q.s is not p]
        for q in peers:
            q.s.sendall(bytes(4))


def flood():
    p = Peer(small=True)
    p.say(5, b'\xff' * ((int(sys.argv[5]) + 7) // 8))
    ready()
    pair = struct.pack('>IBIB', 1, 1, 1, 0) * 4096
    left = int(sys.argv[4]) << 20
    try:
        while left > 0:
            p.s.settimeout(5)
            left -= p.s.send(pair)
        print('sent', flush=True)
    except TimeoutError:
        print('sent', flush=True)  # it is not read any more
    time.sleep(60)


def silent():
    peers = [Peer(FAST) for i in range(int(sys.argv[4]))]
    for p in peers:
        p.say(14)
        p.say(1)
    ready()
    wait_for_end(peers)


def spoil():
    npieces = int(sys.argv[4])
    p = Peer()
    bits = bytearray((npieces + 7) // 8)
    for i in range(npieces):
        bits[i // 8] |= 0x80 >> i % 8
    p.say(5, bytes(bits))
    p.say(1)
    ready()
    bad = None
    while bad is None:
        m = p.message()
        if m[:1] == b'\6':
            piece, begin, n = struct.unpack('>III', m[1:])
            bad = m[1:9]
            p.say(7, bad + b'\xee' * n)
    p.say(0)
    asked = False
    while True:
        if not asked:
            p.say(1)
        time.sleep(.05)
        while p.has_news():
            m = p.message()
            asked = asked or m[:1] == b'\6' and m[1:9] == bad
        if not asked:
            p.say(0)


def twin():
    seed = Peer(port=int(sys.argv[4]))
    p = Peer(peer_id=seed.id)
    ready()
    wait_for_end([p])
    print('closed', flush=True)


def idle():
    peers = []
    for i in range(int(sys.argv[4])):
        p = Peer(FAST)
        p.say(15)
        peers.append(p)
    ready()
    wait_for_end(peers)


def junk():
    p = Peer(FAST)
    p.say(15)
    ready()
    n = 0
    try:
        while n < 1000:
            p.say(7, bytes(8) + bytes(16384))
            n += 1
            time.sleep(.01)
    except OSError:
        print('closed', n, flush=True)


def fast():
    p = Peer(FAST)
    p.say(15)
    ready()
    allowed, blocks, got = [], 0, 0
    p.s.settimeout(2)
    try:
        while True:
            m = p.message()
            if m[0] == 17:
                allowed.append(struct.unpack('>I', m[1:])[0])
            if m[0] == 7:
                got += len(m) - 9
            if m[0] in (7, 17) or m[0] == 16:
                piece = allowed[blocks // 3 % len(allowed)]
                p.say(6, struct.pack('>III', piece, 0, 16384))
                blocks += 1
            if blocks > 3000:
                break
    except (TimeoutError, EOFError):
        pass
    print('got', got, 'allowed', len(allowed), flush=True)


def hoard():
    peers = []
    for i in range(int(sys.argv[4])):
        try:
            p, allowed = Peer(FAST, small=True), []
            p.say(15)
            while len(allowed) < 10:
                m = p.message()
                if m[:1] == b'\x11':
                    allowed.append(m[1:])
            p.s.sendall(b''.join(
                struct.pack('>IB', 13, 6) + piece +
                struct.pack('>II', begin, 16384)
                for piece in allowed for begin in range(0, 1 << 18, 16384)))
            peers.append(p)
        except (EOFError, OSError):
            pass  # there is no place left
    print('ready', len(peers), flush=True)
    time.sleep(60)


def extended(size):
    d = b'd1:md11:ut_metadatai3ee13:metadata_sizei%dee' % size
    return b'\0' + d


def claim():
    def call():
        p = Peer(EXTENDED)
        p.say(20, extended(20000))
        return p
    peers = [call() for i in range(int(sys.argv[4]))]
    ready()
    while True:
        time.sleep(1)
        for i, p in enumerate(peers):
            p.s.close()
            peers[i] = call()


def singly():
    info = info_of(sys.argv[4])
    p = Peer(EXTENDED)
    p.say(20, extended(len(info)))
    ready()
    its_id = 1
    while True:
        m = p.message()
        if m[:2] == b'\x14\x00' and b'ut_metadatai' in m:
            its_id = int(m.split(b'ut_metadatai')[1].split(b'e')[0])
        if m[:2] != b'\x14\x03':
            continue
        piece = int(m.split(b'5:piecei')[1].split(b'e')[0])
        p.say(20, bytes([its_id]) +
              b'd8:msg_typei1e5:piecei%de10:total_sizei%dee' %
              (piece, len(info)) + info[piece << 14:(piece + 1) << 14])
        time.sleep(.2)
        while p.has_news():
            p.message()  # those that came meanwhile are dropped


ATTACKS = {f.__name__: f for f in (flood, silent, spoil, twin, idle, junk,
                                   fast, hoard, claim, singly)}
if __name__ == '__main__':
    HASH, PORT = bytes.fromhex(sys.argv[2]), int(sys.argv[3])
    try:
        ATTACKS[sys.argv[1]]()
    except (EOFError, ConnectionError):
        print('closed', flush=True)
