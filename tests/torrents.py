# Many small torrents: torrents.py N SIZE DIR makes DIR/1.torrent up to
# DIR/N.torrent, of a file of SIZE bytes each, and in DIR/data the files.
import hashlib
import os
import sys

n, size, top = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
os.makedirs(top + '/data', exist_ok=True)
for i in range(1, n + 1):
    data = (b'%08d' % i) * (size // 8)
    with open('%s/data/%d' % (top, i), 'wb') as f:
        f.write(data)
    info = b'd6:lengthi%de4:name%d:%d12:piece lengthi16384e6:pieces' % (
        len(data), len(str(i)), i)
    digests = b''.join(hashlib.sha1(data[at:at + 16384]).digest()
                       for at in range(0, len(data), 16384))
    with open('%s/%d.torrent' % (top, i), 'wb') as f:
        f.write(b'd4:info%s%d:%see' % (info, len(digests), digests))
