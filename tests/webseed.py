"""A web seed that behaves as its callers' paths say.

	webseed.py ADDRESS DIR [CERTIFICATE]

listens on any port of ADDRESS, says "port N", and then a line of each request:
its kind, file and range.  /KIND/FILE is a file of DIR, given in a manner of
its own: see the table MANNERS.  With a certificate, and its key in one file,
it speaks TLS."""
import os
import socketserver
import ssl
import sys
import time
import urllib.parse


class Over(Exception):
    """The connection is."""


def head(status, *lines):
    return '\r\n'.join(('HTTP/1.1 ' + status,) + lines + ('', '')).encode()


def span(a, b, size):
    return 'Content-Range: bytes %d-%d/%s' % (a, b - 1, size)


def length(n):
    return 'Content-Length: %d' % n


class Handler(socketserver.StreamRequestHandler):
    tries = {}

    def handle(self):
        try:
            while self.request_head():
                self.answer()
        except (Over, OSError):
            pass

    def request_head(self):
        words = self.rfile.readline().decode('latin-1').split(' ')
        if len(words) < 3:
            return False
        self.path = urllib.parse.unquote(words[1])
        if self.path.startswith('http://'):  # of who takes us for a proxy
            print('for', self.path.split('/')[2], flush=True)
            self.path = '/' + self.path.split('/', 3)[3]
        self.first = self.last = None
        for line in self.rfile:
            line = line.decode('latin-1').strip().lower()
            if not line:
                break
            if line.startswith('range: bytes='):
                self.first, self.last = map(int, line[13:].split('-'))
        return True

    def answer(self):
        kind, name = self.path[1:].split('/', 1)
        print(kind, name, self.first, self.last, flush=True)
        self.name = name
        try:
            with open(os.path.join(top, name), 'rb') as f:
                self.size = os.fstat(f.fileno()).st_size
                self.a = self.first or 0
                self.b = self.size if self.last is None else self.last + 1
                f.seek(self.a)
                self.data = f.read(self.b - self.a)
                f.seek(0)
                self.all = f.read() if kind in ('whole', 'larger') else b''
        except OSError:
            self.send(head('404 Not Found', length(0)))
            return
        getattr(self, kind)()

    def send(self, *parts):
        self.wfile.write(b''.join(parts))

    def right(self, *lines):
        if self.first is None:
            return head('200 OK', length(self.size))
        return head('206 Partial Content', span(self.a, self.b, self.size),
                    length(len(self.data)), *lines)

    def elsewhere(self, kind):
        return head('302 Found', length(0), 'Location: /%s/%s' % (
            kind, urllib.parse.quote(self.name)))

    def tried(self):
        n = Handler.tries[self.path] = Handler.tries.get(self.path, 0) + 1
        return n

    # who is honest
    def honest(self):
        self.send(self.right(), self.data)

    def closes(self):
        self.send(self.right('Connection: close'), self.data)
        raise Over

    def drops(self):
        self.honest()
        raise Over

    def bare(self):
        self.send(b'HTTP/1.0 206 OK\r\n%s\r\n\r\n' % span(
            self.a, self.b, '*').encode(), self.data)
        raise Over

    def whole(self):
        self.send(head('200 OK', length(self.size)), self.all)

    def moved(self):
        self.send(self.elsewhere('honest'))

    def out(self):  # of the address that it is asked at
        self.send(head('302 Found', length(0), 'Location: http://%s/honest/%s'
                       % (os.environ['ELSEWHERE'], self.name)))

    def busy(self):
        if self.tried() < 3:
            self.send(head('503 Busy', 'Retry-After: 1', length(0)))
        else:
            self.honest()

    def half(self):  # of the first answers
        if self.tried() < 3:
            self.send(self.right(), self.data[:len(self.data) // 2])
            raise Over
        self.honest()

    def slow(self):
        self.send(self.right())
        for i in range(0, len(self.data), 5000):
            self.send(self.data[i:i + 5000])
            time.sleep(.1)

    # who is not
    def spoils(self):
        self.send(self.right(), bytes(len(self.data)))

    def short(self):
        b = (self.a + self.b) // 2
        self.send(head('206 Partial Content', span(self.a, b, self.size),
                       length(b - self.a)), self.data[:b - self.a])

    def beside(self):
        self.send(head('206 Partial Content', span(
            self.a + 1, self.b + 1, self.size), length(len(self.data))),
            self.data)

    def large(self):
        self.send(head('206 Partial Content', span(
            self.a, self.b, self.size + 1), length(len(self.data))),
            self.data)

    def larger(self):
        self.send(head('200 OK', length(self.size + 1)), self.all, b'x')

    def gone(self):
        self.send(head('404 Not \x1b[1mFound', length(0)))

    def chunks(self):
        self.send(head('206 Partial Content', span(self.a, self.b, self.size),
                       'Transfer-Encoding: chunked'),
                  b'%x\r\n' % len(self.data), self.data, b'\r\n0\r\n\r\n')

    def packs(self):
        self.send(self.right('Content-Encoding: gzip'), self.data)

    def loops(self):
        self.send(self.elsewhere('loops'))

    def babbles(self):
        self.send(b'220 ready\r\n' * 1000)

    def heads(self):
        self.send(b'HTTP/1.1 206 OK\r\n' + b'X: y\r\n' * 5000)

    def silent(self):
        self.rfile.read(1)

    def drips(self):
        self.send(self.right())
        for i in range(len(self.data)):
            self.send(self.data[i:i + 1])
            time.sleep(.5)

    def hangs_up(self):
        raise Over


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def get_request(self):
        s, a = self.socket.accept()
        return (tls.wrap_socket(s, server_side=True,
                                do_handshake_on_connect=False)
                if tls else s), a

    def handle_error(self, request, client_address):
        pass


top = sys.argv[2]
tls = None
if len(sys.argv) > 3:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[3])
with Server((sys.argv[1], 0), Handler) as server:
    print('port', server.server_address[1], flush=True)
    server.serve_forever()
