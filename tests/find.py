#!/usr/bin/python3
"""Strangers on a network, for the tests of how peers are found.

find.py hear PORT           a node of the DHT, without any neighbours, at PORT
                            that also hears local announces; prints each info
                            hash that is named, how, and from which address
find.py ask HOST PORT HASH  asks a node for peers until it has some
find.py port HOST PORT HASH NODE  a peer there is told that we have a node at
                            NODE; prints what he says of his
find.py liars HOST PORT HASH ADDRESS...  a peer at each ADDRESS says that there
                            are others where there are none
find.py dials               prints whom this host dials
find.py saved ADDRESS...    prints a dht.dat of transmission with these nodes

Lines of hear are: node METHOD HASH ADDRESS PORT, and local HASH ADDRESS PORT.
"""
import select
import socket
import struct
import sys
import time

GROUPS = (('239.192.152.143', socket.AF_INET),
          ('ff15::efc0:988f', socket.AF_INET6))


def decode(b, at=0):
    """What is bencoded at b[at:], and where it ends."""
    c = b[at:at + 1]
    if c == b'i':
        end = b.index(b'e', at)
        return int(b[at + 1:end]), end + 1
    if c in b'ld':
        items, at = [], at + 1
        while b[at:at + 1] != b'e':
            item, at = decode(b, at)
            items.append(item)
        if c == b'd':
            items = dict(zip(items[::2], items[1::2]))
        return items, at + 1
    colon = b.index(b':', at)
    end = colon + 1 + int(b[at:colon])
    return b[colon + 1:end], end


def encode(v):
    if isinstance(v, int):
        return b'i%de' % v
    if isinstance(v, bytes):
        return b'%d:%s' % (len(v), v)
    if isinstance(v, list):
        return b'l%se' % b''.join(map(encode, v))
    return b'd%se' % b''.join(encode(k) + encode(v[k]) for k in sorted(v))


def say(*words):
    print(*words, flush=True)


def ear(family, address, port):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind((address, port))
    return s


def join(group, family):
    s = ear(family, group, 6771)
    there = socket.inet_pton(family, group)
    if family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     struct.pack('@4s4si', there, bytes(4),
                                 socket.if_nametoindex('eth')))
    else:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                     struct.pack('@16si', there, socket.if_nametoindex('eth')))
    return s


def answer(s, packet, where):
    """A query of the DHT; every node is asked for announces, too."""
    try:
        m = decode(packet)[0]
        args = m[b'a']
    except (ValueError, KeyError, IndexError):
        return
    say('node', m[b'q'].decode(), args.get(b'info_hash', b'').hex() or '-',
        *where[:2])
    r = {b'id': b'a node of the tests.', b'token': b'token'}
    if m[b'q'] in (b'find_node', b'get_peers'):
        r[b'nodes' if s.family == socket.AF_INET else b'nodes6'] = b''
    s.sendto(encode({b'y': b'r', b't': m[b't'], b'r': r, b'ip': socket.
                     inet_pton(s.family, where[0]) +
                     struct.pack('>H', where[1])}), where)


def hear(port):
    nodes = [ear(socket.AF_INET, '', int(port)),
             ear(socket.AF_INET6, '', int(port))]
    groups = [join(*g) for g in GROUPS]
    say('ready')
    while True:
        for s in select.select(nodes + groups, [], [])[0]:
            packet, where = s.recvfrom(2000)
            if s in nodes:
                answer(s, packet, where)
                continue
            for line in packet.decode('latin-1').split('\r\n'):
                if line.lower().startswith('infohash: '):
                    say('local', line[10:].lower(), *where[:2])


def ask(host, port, info_hash):
    s = ear(socket.AF_INET, '', 0)
    s.settimeout(0.2)
    query = {b'y': b'q', b'q': b'get_peers', b't': b'aa', b'a': {
        b'id': b'who asks for a test.',
        b'info_hash': bytes.fromhex(info_hash)}}
    while True:
        s.sendto(encode(query), (host, int(port)))
        try:
            m = decode(s.recv(2000))[0]
        except socket.timeout:
            continue
        if m.get(b'r', {}).get(b'values'):
            return
        time.sleep(0.2)


def greet(s, info_hash, peer_id):
    """Both handshakes of a peer that has the fast extension and a node."""
    s.sendall(b'\x13BitTorrent protocol' + bytes([0, 0, 0, 0, 0, 0x10, 0, 5]) +
              bytes.fromhex(info_hash) + peer_id)
    return take(s, 68)


def take(s, n):
    b = b''
    while len(b) < n:
        more = s.recv(n - len(b))
        if not more:
            raise EOFError
        b += more
    return b


def port(host, at, info_hash, node):
    s = socket.create_connection((host, int(at)))
    greet(s, info_hash, b'-XX0001-abcdefghijkl')
    s.sendall(struct.pack('>IBH', 3, 9, int(node)))
    while True:
        n = struct.unpack('>I', take(s, 4))[0]
        message = take(s, n)
        if n == 3 and message[0] == 9:
            say('port', struct.unpack('>H', message[1:])[0])


def compact(address, port):
    return socket.inet_aton(address) + struct.pack('>H', port)


def liars(host, at, info_hash, *addresses):
    """Each tells of one victim at the same port and at some of its own, of
    ports that no peer has, of networks that are not its own, and of the one
    that it tells."""
    sockets = []
    for i, address in enumerate(addresses):
        s = socket.create_connection((host, int(at)), source_address=(
            address, 0))
        greet(s, info_hash, b'-XX0001-%012d' % i)
        said = [('198.18.0.3', 7777)]
        said += [('198.18.0.3', 10000 + 10 * i + k) for k in range(10)]
        said += [('198.18.0.3', k) for k in (22, 25, 53, 80, 443, 1023)]
        said += [('198.18.2.%d' % (i + 1), k) for k in (25, 80)]
        said += [('10.0.0.%d' % (i + 1), 7777), ('127.0.0.1', 7000 + i),
                 ('192.168.0.%d' % (i + 1), 7777), (host, int(at)),
                 ('224.0.0.1', 7777), ('0.0.0.1', 7777)]
        said += [('198.18.3.1', 7777)] if i < 1 else []
        for kind, d in ((0, {b'm': {b'ut_pex': 1}}),
                        (None, {b'added': b''.join(
                            compact(*a) for a in said)})):
            # its number for a pex message is that of its own handshake
            kind = pex_number(s) if kind is None else kind
            d = encode(d)
            s.sendall(struct.pack('>IBB', 2 + len(d), 20, kind) + d)
        sockets.append(s)
    say('ready')
    while True:
        for s in select.select(sockets, [], [])[0]:
            if not s.recv(65536):
                sockets.remove(s)


def pex_number(s):
    """What the peer calls peer exchange, by its extended handshake."""
    while True:
        message = take(s, struct.unpack('>I', take(s, 4))[0])
        if message[:2] == bytes([20, 0]):
            return decode(message, 2)[0][b'm'][b'ut_pex']


def dials():
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    say('ready')
    while True:
        p, where = s.recvfrom(2000)
        if where[1] != 0x800 or p[9] != 6:
            continue
        tcp = p[(p[0] & 15) * 4:]
        if tcp[13] & 0x12 == 2 and where[2] == 4:
            say('dial', socket.inet_ntoa(p[16:20]),
                struct.unpack('>H', tcp[2:4])[0])


def saved(*addresses):
    sys.stdout.buffer.write(encode({
        b'id': b'who knows of a DHT..', b'nodes': b''.join(
            socket.inet_aton(a) + struct.pack('>H', 6881)
            for a in addresses)}))


{f.__name__: f for f in (hear, ask, port, liars, dials, saved)}[
    sys.argv[1]](*sys.argv[2:])
