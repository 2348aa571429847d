#!/usr/bin/python3
"""What the port of a peer says to those who call it by HTTP, and who would
abuse it.

	files PORT NAME DIR     each file of DIR is at its path below NAME, whole,
	                        by its head, and in parts
	parts PORT PATH FILE    several ranges at once are those of FILE
	later PORT PATH FILE    what waits is given as it comes: seconds until the
	                        first byte, and until the last, which is asked for
	                        at the end; and whether all was right
	mixed PORT HASH         requests after a handshake, and the reverse: bytes
	                        that answer either
	smuggled PORT PATH      requests with two meanings: their statuses
	abuse PORT PATH KIND    does so, says "ready", and goes on until ended
	hosts PORT NAME         what a Host header puts into pages and torrents
	dialled PORT HASH ...   announces, to be dialled at other places: who was
	udp PORT HASH           what datagrams are answered: a line each"""
import email
import http.client
import os
import select
import socket
import struct
import sys
import threading
import time
import urllib.parse

MAGIC = 0x41727101980
PORT = int(sys.argv[2])


def connect(near='127.0.0.1', small=False):
    s = socket.socket()
    if small:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(20)
    s.bind((near, 0))
    s.connect(('127.0.0.1', PORT))
    return s


def read_all(s):
    data = b''
    try:
        while True:
            more = s.recv(1 << 16)
            if not more:
                return data
            data += more
    except ConnectionResetError:
        return data


def ask(path, method='GET', head={}):
    c = http.client.HTTPConnection('127.0.0.1', PORT, timeout=20)
    c.request(method, path, headers=head)
    r = c.getresponse()
    return r.status, r.headers, r.read()


def quoted(path):
    return urllib.parse.quote(path)


def do_files(name, top):
    n = 0
    for where, _, files in os.walk(os.fsencode(top)):
        for f in files:
            path = os.path.join(where, f)
            with open(path, 'rb') as file:
                want = file.read()
            at = '/' + quoted(name) + quoted(path[len(top):])
            status, head, got = ask(at)
            assert (status, got) == (200, want), at
            assert ask(at, 'HEAD')[1]['Content-Length'] == str(len(want))
            if len(want) > 2:
                status, more, got = ask(at, head={'Range': 'bytes=1-'})
                assert (status, got) == (206, want[1:]), at
                assert more['ETag'] == head['ETag']
            n += 1
    print(n)


def do_parts(path, file):
    with open(file, 'rb') as f:
        want = f.read()
    some = [(0, 1), (10, 1000), (50000, 400000), (len(want) - 7, 7), (5, 3)]
    status, head, got = ask(path, head={'Range': 'bytes=' + ', '.join(
        '%d-%d' % (at, at + n - 1) for at, n in some)})
    assert status == 206 and len(got) == int(head['Content-Length'])
    m = email.message_from_bytes(b'Content-Type: ' +
                                 head['Content-Type'].encode() +
                                 b'\r\n\r\n' + got)
    parts = m.get_payload()
    assert len(parts) == len(some), len(parts)
    at = 0
    for part, (off, n) in zip(parts, some):
        assert part['Content-Range'] == 'bytes %d-%d/%d' % (
            off, off + n - 1, len(want))
        at = got.index(b'\r\n\r\n', at) + 4
        assert got[at:at + n] == want[off:off + n]
        at += n
    many = ','.join('%d-%d' % (2 * i, 2 * i) for i in range(300))
    status, _, got = ask(path, head={'Range': 'bytes=' + many})
    assert (status, got) == (200, want), 'hundreds of ranges'


def do_later(path, file):
    with open(file, 'rb') as f:
        want = f.read()
    began = time.monotonic()
    end = connect()
    end.sendall(b'GET %s HTTP/1.0\r\nRange: bytes=-1000\r\n\r\n' %
                path.encode())
    s = connect()
    s.sendall(b'GET %s HTTP/1.0\r\n\r\n' % path.encode())
    last = [0, b'']

    def tail():
        last[1] = read_all(end)
        last[0] = time.monotonic() - began
    t = threading.Thread(target=tail)
    t.start()
    got, first = b'', 0
    while True:
        more = s.recv(1 << 16)
        if not more:
            break
        got += more
        if not first and len(got) > 1000:
            first = time.monotonic() - began
    took = time.monotonic() - began
    t.join()
    right = (got.split(b'\r\n\r\n', 1)[1] == want and
             last[1].split(b'\r\n\r\n', 1)[1] == want[-1000:])
    print('%.2f %.2f %.2f' % (first, last[0], took),
          'right' if right else 'wrong')
    assert right and first < took / 2 and last[0] < took / 2


def handshake(info_hash):
    return (b'\x13BitTorrent protocol' + bytes(8) + bytes.fromhex(info_hash) +
            b'-FR0001-' + os.urandom(12))


def do_mixed(info_hash):
    s = connect()
    s.sendall(handshake(info_hash))
    assert s.recv(68)[1:4] == b'Bit'
    s.sendall(b'GET / HTTP/1.0\r\n\r\n')
    print(read_all(s).count(b'HTTP/'))
    s = connect()
    s.sendall(b'GET /stats HTTP/1.1\r\n\r\n' + handshake(info_hash) +
              b'\r\n\r\n')
    got = read_all(s)
    print(got.count(b'HTTP/1.1 200'), got.count(b'HTTP/1.1 400'),
          got.count(b'BitTorrent protocol'))


def do_smuggled(path):
    inner = b'GET /stats HTTP/1.1\r\n\r\n'
    for extra in (b'Content-Length: %d\r\n' % len(inner),
                  b'Transfer-Encoding: chunked\r\n',
                  b'Content-Length: 0\r\nContent-Length: %d\r\n' % len(inner),
                  b'Content-Length: 5, %d\r\n' % len(inner),
                  b'Content-Length: +0\r\n', b'Content-Length : 9\r\n',
                  b'Transfer-Encoding: x\r\nContent-Length: 0\r\n',
                  b' Content-Length: 9\r\n', b'X: y\rContent-Length: 9\r\n'):
        s = connect()
        s.sendall(b'GET %s HTTP/1.1\r\n' % path.encode() + extra + b'\r\n' +
                  inner)
        s.shutdown(socket.SHUT_WR)
        print(*[p.split(b' ')[0].decode()
                for p in read_all(s).split(b'HTTP/1.1 ')[1:]])


def do_hosts(name):
    for host in ('"><script>alert(1)</script>', 'a  b', "x';rm -rf ~;'",
                 'h:1/../?x=&ws=http://evil/', 'é.example', 'a' * 4000,
                 '$(ls)', '`ls`', 'h\x01'):
        for path in '/', '/%s/' % name, '/%s.torrent' % name:
            s = connect()
            s.sendall(b'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' %
                      (path.encode(), host.encode()))
            got = read_all(s)
            assert got[9:12] in (b'200', b'400', b'404', b'431'), host
            assert host.encode() not in got, (host, path)
            assert b'evil' not in got and b'<script' not in got
    print('none')


def listener(ip, port=0):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((ip, port))
    s.listen(8)
    return s


def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.connect(('127.0.0.1', PORT))
    s.send(struct.pack('>QII', MAGIC, 0, 1))
    return s, s.recv(2048)[8:]


def announce(connection, info_hash, port, ip=0):
    return (connection + struct.pack('>II', 1, 2) + bytes.fromhex(info_hash) +
            b'-FR0001-peer of test' + struct.pack('>QQQIIIiH', 0, 9, 0, 2, ip,
                                                  port, -1, port))


# What is dialled at last shows that the others would have been.
def do_dialled(info_hash):
    elsewhere = listener('127.0.0.9')
    low = listener('127.0.0.1', 1023)
    right = listener('127.0.0.1'), listener('127.0.0.1')
    query = ('/announce?info_hash=%s&peer_id=-FR0001-peer%%20of%%20test&left=9'
             '&port=' % ''.join('%' + info_hash[i:i + 2]
                                for i in range(0, 40, 2)))
    s, connection = udp()
    port = elsewhere.getsockname()[1]
    assert b'peers' in ask(query + '%d&ip=127.0.0.9' % port)[2]
    assert b'peers' in ask(query + '1023')[2]
    s.send(announce(connection, info_hash, port, 0x7f000009))
    s.recv(2048)
    for r in right:
        if r is right[0]:
            ask(query + '%d' % r.getsockname()[1])
        else:
            s.send(announce(connection, info_hash, r.getsockname()[1]))
        r.settimeout(20)
        assert r.accept()[0].recv(4)[1:] == b'Bit'
    print(len(select.select([elsewhere, low], [], [], 1)[0]))


def do_udp(info_hash):
    s, connection = udp()
    print('connected', len(connection))
    ping = (b'd1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe')
    for what in (announce(connection, info_hash, 7),
                 announce(bytes(8), info_hash, 7), ping,
                 b'd1:ad2:' + struct.pack('>I', 1) + b'x' * 90 + b'e',
                 b'd' + connection[1:] + ping[9:], b'\0' * 98, b'',
                 connection + struct.pack('>II', 2, 3) + bytes(20 * 200),
                 struct.pack('>QII', MAGIC, 0, 1) + b'x' * 1000):
        s.send(what)
        # whatever is not answered has been read when this is
        s.send(struct.pack('>QII', MAGIC, 0, 77))
        n = 0
        while True:
            r = s.recv(4096)
            if r[:8] == struct.pack('>II', 0, 77):
                break
            n += len(r)
        assert n <= 4 * max(len(what), 40), (what, n)
        print(len(what), n)


# Abuse, for as long as it is let.

def hold(n, first, near=None, small=False, again=b''):
    """n callers who say something, are called anew when they are closed, and
    read nothing; each says again something each second"""
    held = []

    def call(i):
        try:
            s = connect(near % (i % 200 + 2) if near else '127.0.0.1', small)
            s.settimeout(0.1)
            s.sendall(first)
            return s
        except OSError:
            return None
    held = [call(i) for i in range(n)]
    print('ready', flush=True)
    while True:
        time.sleep(0.2)
        for i, s in enumerate(held):
            try:
                if s and again:
                    s.sendall(again)
                elif s and not first.startswith(b'GET') and not s.recv(1):
                    held[i] = None
            except socket.timeout:
                pass
            except OSError:
                held[i] = call(i)
            if i % 50 == 0:
                time.sleep(0.01)


def storm(what, then=None):
    """the same thing anew and anew, in a connection of its own, and closed
    with a reset"""
    print('ready', flush=True)
    while True:
        try:
            s = connect()
            s.sendall(what)
            if then:
                s.recv(then)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack('ii', 1, 0))
            s.close()
        except OSError:
            pass
        time.sleep(0.005)


def do_abuse(path, kind):
    get = b'GET %s HTTP/1.1\r\n' % path.encode()
    if kind == 'idle':
        hold(200, b'')
    elif kind == 'half':
        hold(200, get)
    elif kind == 'slow':
        hold(200, get + b'\r\n', small=True)
    elif kind == 'slow_many':
        hold(200, get + b'\r\n', near='127.0.1.%d', small=True)
    elif kind == 'endless':
        hold(20, get, again=b'X: ' + b'y' * 1000 + b'\r\n')
    elif kind == 'line':
        hold(20, b'GET /' + b'y' * 3000, again=b'y' * 1000)
    elif kind == 'drip':
        hold(100, get, near='127.0.1.%d', again=b'X')
    elif kind == 'pipeline':
        hold(20, (get + b'\r\n') * 300, small=True)
    elif kind == 'pages':
        hold(20, b'GET / HTTP/1.1\r\n\r\n' * 300, small=True)
    elif kind == 'ranges':
        hold(50, (get + b'Range: bytes=' + b','.join(
            b'%d-' % i for i in range(900)) + b'\r\n\r\n') * 10)
    elif kind == 'reset':
        storm(get + b'\r\n', 5000)
    elif kind == 'refused':
        storm(b'POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n' +
              b'y' * 100000)
    elif kind == 'odd':
        storm(os.urandom(5000))


globals()['do_' + sys.argv[1]](*sys.argv[3:])
