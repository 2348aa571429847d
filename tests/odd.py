#!/usr/bin/python3
"""Torrents of the kinds that people have.

odd.py KIND DIR  writes DIR/t.torrent, and its data to DIR/data, under the
                 names that these should have on disk
"""
import hashlib
import os
import sys

LONG = '\u3042' * 100 + '.rar'
SHORT = '\u3042' * 83 + '.rar'  # 253 bytes: the next would be 256

# name, [path, path on disk, more keys], keys of info, piece length; the path
# of a single file is None
KINDS = {
    'slash': ('Haiku R1/beta6 (x86_64)', 'Haiku R1_beta6 (x86_64)',
              [(None, '', {})], {}, 16384),
    'tree': ('../r', '.._r', [
        (['', 'a'], 'a', {}),
        (['..', '..', 'etc', '.', 'b'], 'etc/b', {}),
        (['c/d'], 'c_d', {}),
        (['c_d'], 'c_d.1', {}),
        ([LONG], SHORT, {}),
        (['e'], 'e.1', {}),
        (['e', 'f.txt'], 'e/f.txt', {}),
        (['e', 'f.txt'], 'e/f.1.txt', {}),
        (['g\0\x1b'], 'g_\x1b', {}),
        (['..'], '_', {}),
        (['n'] * 70 + ['h'], 'n/' * 63 + 'h', {})], {}, 16384),
    'utf8': (b'\xb8\xf9', '\u6839', [
        ([b'\xd6\xd0'], '\u4e2d', {'path.utf-8': ['\u4e2d']}),
        (['b'], 'b', {})], {'name.utf-8': '\u6839'}, 16384),
    'small': ('s', 's', [(['a'], 'a', {}), (['b'], 'b', {})], {}, 1024),
    'uneven': ('u', 'u', [(['a'], 'a', {}), (['b'], 'b', {})], {}, 5000),
    'large': ('l', 'l', [(['a'], 'a', {}), (['b'], 'b', {})], {}, 1 << 28),
}


def ben(x):
    if isinstance(x, int):
        return b'i%de' % x
    if isinstance(x, (str, bytes)):
        x = x.encode() if isinstance(x, str) else x
        return b'%d:%s' % (len(x), x)
    if isinstance(x, list):
        return b'l' + b''.join(map(ben, x)) + b'e'
    return b'd' + b''.join(ben(k) + ben(x[k]) for k in sorted(x)) + b'e'


def main(kind, where):
    name, root, files, more, piece_len = KINDS[kind]
    info = {'name': name, 'piece length': piece_len, **more}
    data = b''
    for i, (path, on_disk, keys) in enumerate(files):
        part = hashlib.sha256(b'%d' % i).digest() * 700
        data += part
        to = os.path.join(where, 'data', root, on_disk).rstrip('/')
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with open(to, 'wb') as f:
            f.write(part)
        if path is None:
            info['length'] = len(part)
        else:
            info.setdefault('files', []).append(
                {'path': path, 'length': len(part), **keys})
    info['pieces'] = b''.join(hashlib.sha1(data[i:i + piece_len]).digest()
                              for i in range(0, len(data), piece_len))
    with open(os.path.join(where, 't.torrent'), 'wb') as f:
        f.write(ben({'info': info}))


main(*sys.argv[1:])
