#!/usr/bin/python3
# A tracker's caller, for what curl and other clients do not do.
#	udp HOST PORT HASH PEERPORT LEFT   announces: interval leechers seeds,
#	                                   then a peer a line
#	scrape HOST PORT HASH...           seeds completed leechers, a line each
#	nobody HOST PORT                   the bytes that wrong ids are answered
#	get HOST PORT METHOD PATH [HEADER] the reply as it came
#	pipeline HOST PORT PATH...         in one write: the replies' statuses
#	greedy HOST PORT CALLERS N         each sends N requests at once and waits
#	                                   until another caller was answered: how
#	                                   many replies came, that one's status
#	                                   and how long it took
#	refused HOST PORT                  sends wrong requests whole before it
#	                                   reads: their statuses; then one that
#	                                   never ends: what ends it
#	half HOST PORT N [PATH]            N half requests, then a whole one:
#	                                   its status, and how long it took
#	many HOST PORT N                   N announces over UDP, one by one: how
#	                                   many were answered
import resource
import socket
import struct
import sys
import time

MAGIC = 0x41727101980


def udp(host, port):
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET,
                      socket.SOCK_DGRAM)
    s.settimeout(10)
    s.connect((host, port))
    s.send(struct.pack('>QII', MAGIC, 0, 1))
    reply = s.recv(2048)
    assert len(reply) == 16 and reply[:8] == struct.pack('>II', 0, 1)
    return s, reply[8:]


def announce(connection, info_hash, peer_port, left, peer=b'-TK0001-peer of test'):
    # with BEP 41's options, which nobody needs to heed
    return (connection + struct.pack('>II', 1, 2) + info_hash + peer +
            struct.pack('>QQQIIIiH', 0, left, 0, 2, 0, peer_port, -1,
                        peer_port) + b'\x02\x05/path\x01\x00')


def do_udp(host, port, info_hash, peer_port, left):
    s, connection = udp(host, port)
    s.send(announce(connection, bytes.fromhex(info_hash), int(peer_port),
                    int(left)))
    r = s.recv(2048)
    assert r[:8] == struct.pack('>II', 1, 2), r
    print(*struct.unpack('>III', r[8:20]))
    size = 18 if ':' in host else 6
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    for i in range(20, len(r), size):
        print(socket.inet_ntop(family, r[i:i + size - 2]),
              struct.unpack('>H', r[i + size - 2:i + size])[0])


def do_scrape(host, port, *hashes):
    s, connection = udp(host, port)
    s.send(connection + struct.pack('>II', 2, 3) +
           b''.join(bytes.fromhex(h) for h in hashes))
    r = s.recv(2048)
    assert r[:8] == struct.pack('>II', 2, 3), r
    for i in range(8, len(r), 12):
        print(*struct.unpack('>III', r[i:i + 12]))


# What comes before the answer to a right request, which is asked for last,
# answers the wrong ones.
def do_nobody(host, port):
    s, connection = udp(host, port)
    wrong = bytes(b ^ 0xff for b in connection)
    s.send(announce(wrong, b'h' * 20, 1, 1))
    s.send(wrong + struct.pack('>II', 2, 3) + b'h' * 20)
    s.send(wrong + struct.pack('>II', 77, 3))
    s.send(b'short')
    s.send(struct.pack('>QII', MAGIC, 0, 9))
    n = 0
    while True:
        r = s.recv(2048)
        if r[:8] == struct.pack('>II', 0, 9):
            break
        n += len(r)
    print(n)


def read_all(s):
    data = b''
    while True:
        more = s.recv(65536)
        if not more:
            return data
        data += more


def do_get(host, port, method, path, header='X-Nothing: 0'):
    s = socket.create_connection((host, port), 10)
    s.sendall(('%s %s HTTP/1.0\r\nHost: t:1\r\n%s\r\n\r\n' %
               (method, path, header)).encode())
    sys.stdout.buffer.write(read_all(s))


def do_pipeline(host, port, *paths):
    s = socket.create_connection((host, port), 10)
    text = ''
    for i, path in enumerate(paths):
        last = 'Connection: close\r\n' if i == len(paths) - 1 else ''
        text += 'GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n' % (path, last)
    s.sendall(text.encode())
    data = read_all(s)
    print(*[part.split(b' ')[1].decode()
            for part in data.split(b'HTTP/1.1')[1:]])


def do_greedy(host, port, callers, n):
    request = b'GET / HTTP/1.1\n\n'
    last = b'GET / HTTP/1.0\n\n'
    held = [socket.create_connection((host, port), 30)
            for i in range(int(callers))]
    for s in held:
        s.sendall(request * (int(n) - 1) + last)
    began = time.monotonic()
    s = socket.create_connection((host, port), 10)
    s.sendall(b'GET /stats HTTP/1.0\r\n\r\n')
    status = read_all(s).split(b' ')[1].decode()
    took = time.monotonic() - began
    print(sum(read_all(s).count(b'HTTP/1.1 200') for s in held), status,
          '%.3f' % took)


def do_refused(host, port):
    long = b'GET /announce?x=' + b'y' * 300000 + b' HTTP/1.1\r\n\r\n'
    body = b'Content-Length: 300000\r\n\r\n' + b'y' * 300000
    for what in (long, b'GET / HTTP/1.1\r\n' + b'X: y\r\n' * 50000 + b'\r\n',
                 b'POST / HTTP/1.1\r\n' + body, b'nonsense\r\n\r\n' + body,
                 b'nonsense\r\n\r\n'):
        s = socket.create_connection((host, port), 10)
        s.sendall(what)
        print(read_all(s).split(b' ')[1].decode(), end=' ')
    for wait in 0, 0.01:
        s = socket.create_connection((host, port), 10)
        try:
            for i in range(1000):
                s.sendall(b'y' * 65536)
                time.sleep(wait)
            print('nothing', end=' ')
        except OSError:
            print('reset', end=' ')


def do_half(host, port, n, path='/stats'):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    want = min(int(n) + 64, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (want, most))
    held = []
    for i in range(int(n)):
        if len(held) > want - 64:
            held.pop(0).close()
        s = socket.create_connection((host, port), 10)
        s.sendall(b'GET /announce?info_hash=')
        held.append(s)
    began = time.monotonic()
    s = socket.create_connection((host, port), 10)
    s.sendall(b'GET %s HTTP/1.0\r\n\r\n' % path.encode())
    print(read_all(s).split(b' ')[1].decode(),
          '%.3f' % (time.monotonic() - began))


def do_many(host, port, n):
    s, connection = udp(host, port)
    answered = 0
    for i in range(int(n)):
        s.send(announce(connection, b'h' * 20, 1 + i % 60000, 1))
        answered += s.recv(2048)[:8] == struct.pack('>II', 1, 2)
    print(answered)


globals()['do_' + sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
