#!/usr/bin/python3
"""Strangers on a network, for the tests of how peers are found.

find.py hear PORT           a node of the DHT, without any neighbours, at PORT
                            that also hears local announces; prints each info
                            hash that is named, how, and from which address

Lines are: node METHOD HASH ADDRESS PORT, and local HASH ADDRESS PORT.
"""
import select
import socket
import struct
import sys

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
    if b'info_hash' in args:
        say('node', m[b'q'].decode(), args[b'info_hash'].hex(), *where[:2])
    r = {b'id': b'a node of the tests.', b'token': b'token'}
    if m[b'q'] in (b'find_node', b'get_peers'):
        r[b'nodes' if s.family == socket.AF_INET else b'nodes6'] = b''
    s.sendto(encode({b'y': b'r', b't': m[b't'], b'r': r}), where)


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


{'hear': hear}[sys.argv[1]](*sys.argv[2:])
