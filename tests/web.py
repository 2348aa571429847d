"""A tracker and web server that behaves as its callers' paths say.

	web.py ADDRESS PEER_PORT [DIR [CERTIFICATE]]

listens on any port of ADDRESS, says "port N", and then a line of each request:
its path, and the name and password that came with it.  /KIND/announce is
answered in a manner of its own with one peer, 127.0.0.1:PEER_PORT; /KIND/FILE
with a file of DIR in the same manner.  With a certificate, and its key in one
file, it speaks TLS.  What it is to CONNECT to is passed on, as by a proxy."""
import base64
import gzip
import os
import select
import socket
import socketserver
import ssl
import sys
import urllib.parse
import zlib


def raw_deflate(b):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(b) + c.flush()


PACKED = {'gzip': ('gzip', gzip.compress), 'x-gzip': ('X-GZIP', gzip.compress),
          'deflate': ('deflate', zlib.compress), 'raw': ('deflate', raw_deflate),
          'silent': (None, gzip.compress), 'br': ('br', lambda b: b'\x1b\0' + b),
          'cut': ('gzip', lambda b: gzip.compress(b)[:-9]),
          'bomb': ('gzip', lambda b: gzip.compress(bytes(20 << 20)))}
BARE = {'tls': b'\x15\x03\x01\x00\x02\x02\x0a',
        'head': b'HTTP/1.1 200 OK\r\n' + b'X: y\r\n' * 2000 + b'\r\n',
        'large': b'HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nd',
        'short': b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nd8:inter'}


def dictionary(kind):
    peers = b'5:peers6:\x7f\0\0\1' + int(peer_port).to_bytes(2, 'big')
    if kind == 'names':
        peers = b'5:peersl' + b''.join(
            b'd2:ip%d:%s4:porti%see' % (len(n), n, peer_port.encode())
            for n in (b'no host', b'x' * 300, b'localhost')) + b'e'
    if kind == 'html':
        return b'<html>\x1b[1mnothing here</html>'
    if kind == 'refuse':
        return b'd14:failure reason2:noe'
    warn = b'15:warning message7:old age' if kind == 'warn' else b''
    return b'd8:intervali1800e' + peers + warn + b'e'


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        method, path, _ = self.rfile.readline().decode('latin-1').split(' ')
        user = '-'
        for line in self.rfile:
            line = line.decode('latin-1').strip()
            if not line:
                break
            if line.startswith('Authorization: Basic '):
                user = base64.b64decode(line.split(' ')[2]).decode()
        print(path.split('?')[0], user, flush=True)
        if method == 'CONNECT':
            self.tunnel(*path.split(':'))
        else:
            self.wfile.write(self.answer(path, user))

    def tunnel(self, host, port):
        with socket.create_connection((host, int(port))) as far:
            self.wfile.write(b'HTTP/1.1 200 Connection established\r\n\r\n')
            other = {far: self.request, self.request: far}
            while True:
                for s in select.select(list(other), [], [])[0]:
                    got = s.recv(65536)
                    if not got:
                        return
                    other[s].sendall(got)

    def answer(self, path, user):
        kind, name = path.split('?')[0][1:].split('/', 1)
        kind = urllib.parse.unquote(kind)
        if kind in BARE:
            return BARE[kind]
        if kind == 'to':  # /to/URL
            return ('HTTP/1.1 302 Found\r\nLocation: %s\r\n\r\n'
                    % urllib.parse.unquote(name)).encode()
        if kind == 'auth' and user != 'us:er:pa ss':
            return b'HTTP/1.1 401 No\r\n\r\n'
        if name == 'none':
            return b'HTTP/1.1 404 No\r\n\r\n'
        if name.startswith('announce'):
            body = dictionary(kind)
        else:
            with open(os.path.join(sys.argv[3], name), 'rb') as f:
                body = f.read()
        coding, pack = PACKED.get(kind, (None, bytes))
        if kind.startswith('as='):  # Content-Encoding, and a plain body
            coding = kind[3:]
        return (b'HTTP/1.1 200 OK\r\n' + (b'' if coding is None else
                b'Content-Encoding: %s\r\n' % coding.encode()) + b'\r\n' +
                pack(body))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class TLSServer(Server):
    def __init__(self, at, handler, certificate):
        super().__init__(at, handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        self.socket = tls.wrap_socket(self.socket, server_side=True,
                                      do_handshake_on_connect=False)

    def shutdown_request(self, request):
        try:  # a body without a length ends with that of the session
            request.settimeout(5)
            request.unwrap()
        except (OSError, ValueError):
            pass
        super().shutdown_request(request)

    def handle_error(self, request, address):
        pass  # who hangs up, since he does not know the certificate


peer_port = sys.argv[2]
with (TLSServer if sys.argv[4:] else Server)(
        (sys.argv[1], 0), Handler, *sys.argv[4:]) as server:
    print('port', server.server_address[1], flush=True)
    server.serve_forever()
