"""A proxy, SOCKS5 and HTTP on one port, for tests/proxied.sh.

	socks.py ADDRESS USER:PASSWORD|- [NAME=ADDRESS]...

listens on any port of ADDRESS, says "port N", and then a line of each request:
"socks" or "http", and where to.  It knows the names that it is given, and no
others.  With a password, it is wanted of SOCKS."""
import socket
import socketserver
import struct
import sys
import threading


def names(host):
    return known.get(host, host)


def pump(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def join(a, b):
    t = threading.Thread(target=pump, args=(a, b), daemon=True)
    t.start()
    pump(b, a)
    t.join()


class Handler(socketserver.StreamRequestHandler):
    rbufsize = 0

    def take(self, n):
        b = b''
        while len(b) < n:
            more = self.request.recv(n - len(b))
            if not more:
                raise EOFError
            b += more
        return b

    def handle(self):
        try:
            first = self.take(1)
            self.socks() if first == b'\5' else self.http(first)
        except (EOFError, ConnectionError):
            pass

    def socks(self):
        want = 2 if login else 0
        if want not in self.take(self.take(1)[0]):
            self.request.sendall(b'\5\xff')
            return
        self.request.sendall(bytes((5, want)))
        if login:
            self.take(1)
            user = self.take(self.take(1)[0])
            good = user + b':' + self.take(self.take(1)[0]) == login
            self.request.sendall(b'\1\0' if good else b'\1\1')
            if not good:
                return
        _, command, _, kind = self.take(4)
        if kind == 3:
            host = self.take(self.take(1)[0]).decode('latin-1')
        else:
            host = socket.inet_ntop(
                socket.AF_INET if kind == 1 else socket.AF_INET6,
                self.take(4 if kind == 1 else 16))
        port, = struct.unpack('>H', self.take(2))
        print('socks', host, port, flush=True)
        code, far = 0, None
        try:
            far = socket.create_connection((names(host), port), 10)
        except socket.gaierror:
            code = 4
        except ConnectionRefusedError:
            code = 5
        except OSError:
            code = 3
        if command != 1:
            code = 7
        self.request.sendall(bytes((5, code, 0, 1)) + bytes(6))
        if code == 0:
            far.settimeout(None)
            join(self.request, far)

    def http(self, head):
        while not head.endswith(b'\r\n\r\n'):
            head += self.take(1)
        method, url, rest = head.split(b' ', 2)
        print('http', url.decode('latin-1'), flush=True)
        host, path = url[7:].split(b'/', 1)
        host, _, port = host.decode().partition(':')
        far = socket.create_connection((names(host), int(port or 80)), 10)
        far.settimeout(None)
        far.sendall(method + b' /' + path + b' ' + rest)
        join(self.request, far)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


login = b'' if sys.argv[2] == '-' else sys.argv[2].encode()
known = dict(a.split('=') for a in sys.argv[3:])
with Server((sys.argv[1], 0), Handler) as server:
    print('port', server.server_address[1], flush=True)
    server.serve_forever()
