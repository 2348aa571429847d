# A tree with symbolic links and its torrent (BEP 47): links.py DIR makes
# DIR/linked and DIR/linked.torrent.
import hashlib
import os
import sys

top = sys.argv[1]
files = {'a': b'a' * 50000, 'd/e/f': b'f' * 30000, 'd/g': b'g' * 9000}
links = {'l': 'a', 'd/up': 'a', 'd/e/deep': 'd/g', 'd/near': 'd/g',
         'd/e/dir': 'd/e', 'd/e/top': 'd', 'dangling': 'no/such',
         'x/y/far': 'd/e/f',
         'n' * 120: 'd/' + 'm' * 150}


def ben(x):
    if isinstance(x, int):
        return b'i%de' % x
    if isinstance(x, str):
        x = x.encode()
    if isinstance(x, bytes):
        return b'%d:%s' % (len(x), x)
    if isinstance(x, list):
        return b'l' + b''.join(map(ben, x)) + b'e'
    return b'd' + b''.join(ben(k) + ben(x[k]) for k in sorted(x)) + b'e'


entries, data = [], b''
for path in sorted(list(files) + list(links)):
    at = os.path.join(top, 'linked', path)
    os.makedirs(os.path.dirname(at), exist_ok=True)
    entry = {'path': path.split('/'), 'length': 0}
    if path in files:
        with open(at, 'wb') as f:
            f.write(files[path])
        data += files[path]
        entry['length'] = len(files[path])
    else:
        to = os.path.relpath(links[path], os.path.dirname(path) or '.')
        os.symlink(to, at)
        entry['attr'] = 'l'
        entry['symlink path'] = links[path].split('/')
    entries.append(entry)
digests = b''.join(hashlib.sha1(data[i:i + 16384]).digest()
                   for i in range(0, len(data), 16384))
with open(os.path.join(top, 'linked.torrent'), 'wb') as f:
    f.write(ben({'info': {'files': entries, 'name': 'linked',
                          'piece length': 16384, 'pieces': digests}}))
