# Routers and strangers of nat.sh, by the first argument:
#	router  speaks NAT-PMP alone, and maps with nft
#	web     a web server that says who asked it
#	liar    answers a search in the router's name, and with ways to it
import http.server
import socket
import struct
import subprocess
import sys
import threading

ROUTER = '192.168.77.1'


def rule(*words):
    subprocess.run(('nft',) + words, check=True)


def chain(proto, port, ip, inside):
    return ('add', 'rule', 'inet', 'filter', 'prerouting_miniupnpd', proto,
            'dport', str(port), 'dnat', 'ip', 'to', '%s:%d' % (ip, inside))


def router():
    made = {}
    rule('add', 'rule', 'inet', 'filter', 'miniupnpd', 'ct', 'status', 'dnat',
         'accept')
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((ROUTER, 5351))
    print('ready', flush=True)
    while True:
        p, at = s.recvfrom(2048)
        print(at, p.hex(), flush=True)
        op = p[1] & 127
        if p[0] != 0:
            reply = struct.pack('>BBHI', 0, 128 + op, 1, 7)
        elif op == 0:
            reply = struct.pack('>BBHI4B', 0, 128, 0, 7, 5, 6, 7, 1)
        else:
            inside, outside, life = struct.unpack('>HHI', p[4:12])
            made.pop((op, inside), None)
            if life:
                made[op, inside] = (outside, at[0])
            rule('flush', 'chain', 'inet', 'filter', 'prerouting_miniupnpd')
            for (o, i), (x, ip) in made.items():
                rule(*chain('tcp' if o == 2 else 'udp', x, ip, i))
            reply = struct.pack('>BBHIHHI', 0, 128 + op, 0, 7, inside,
                                outside if life else 0, life)
        s.sendto(reply, at)


class Asked(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print('asked:', self.requestline, flush=True)
        if self.path == '/own':
            self.send_response(200)
            self.end_headers()
            self.wfile.write(DESCRIPTION)
        else:
            self.send_response(307)
            self.send_header('Location', 'http://%s/redirected' % ROUTER)
            self.end_headers()

    do_POST = do_GET

    def log_message(self, *args):
        pass


def service(control):
    return (b'<service><serviceType>urn:schemas-upnp-org:service:'
            b'WANIPConnection:1</serviceType><controlURL>' + control +
            b'</controlURL></service>')


DESCRIPTION = (b'<URLBase>http://192.168.77.1/base/</URLBase>' +
               service(b'under') + service(b'http://192.168.77.1/control') +
               service(b'http://192.168.77.3/redirects'))


def web():
    server = http.server.HTTPServer(('', 80), Asked)
    print('ready', flush=True)
    server.serve_forever()


def liar():
    threading.Thread(target=web, daemon=True).start()
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('', 1900))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 socket.inet_aton('239.255.255.250') +
                 socket.inet_aton('192.168.77.3'))
    n = 0
    while True:
        p, at = s.recvfrom(2048)
        for where in ('http://%s/located' % ROUTER, 'http://localhost/',
                      'http://192.168.77.3@%s/' % ROUTER, 'junk',
                      'http://192.168.77.3/own'):
            for junk in (b'', b'\0' * 2048):
                s.sendto(b'HTTP/1.1 200 OK\r\nLOCATION: ' + where.encode() +
                         b'\r\n\r\n' + junk, at)
        n += 1
        print('search', n, flush=True)


{'router': router, 'web': web, 'liar': liar}[sys.argv[1]]()
