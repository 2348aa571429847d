#!/usr/bin/python3
"""Power cuts, simulated: what a resume file calls good has to be on disk.

cuts.py BTSH DIR N SEED: in DIR, a peer fetches a tree in several starts, while
strace(1) notes what it writes, syncs, makes and renames.  Of these notes N
disks are made, as they may look after the power has failed at a random moment:
what was not synced is lost, torn or there; a name that was not synced by its
directory may be missing, and a rename undone.  Whatever a resume file there
says of a piece has to be so.  Prints the figures."""
import bisect, glob, hashlib, os, random, re, signal, subprocess, sys, time
from serving import serve

btsh, top, cuts, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
rnd = random.Random(int(seed))
PIECE = 1 << 15
RATE = 1 << 20
STARTS = 7
SIZES = [('a', 3000000), ('below/b', 100), ('below/c', 2500000),
         ('below/deeper/d', 1700000)]

os.makedirs(os.path.join(top, 'tree', 'below', 'deeper'))
truth = {}
for name, size in SIZES:
    truth[name] = rnd.randbytes(size)
    with open(os.path.join(top, 'tree', name), 'wb') as f:
        f.write(truth[name])
whole = b''.join(truth[name] for name, _ in SIZES)
torrent = os.path.join(top, 'tree.torrent')
subprocess.run([btsh, 'make', '-q', '-l', '15', '-o', torrent,
    os.path.join(top, 'tree')], check=True, stdout=subprocess.DEVNULL)
server, port = serve(btsh, top, torrent, RATE)
got = os.path.join(top, 'got')
os.makedirs(got)
log = os.path.join(top, 'log')
for start in range(STARTS):
    peer = subprocess.Popen(['strace', '-ff', '-ttt', '-T', '-y', '-xx', '-s',
        '65536', '-e', 'trace=pwrite64,writev,write,lseek,fsync,renameat,'
        'renameat2,openat,mkdirat,unlinkat', '-o', log + str(start), btsh,
        'peer', '-v', '-N', '-l', '127.0.0.1', '-p', '0', '-d', got, '-k',
        '127.0.0.1:' + port] + ([torrent] if start == 0 else []),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    begun = time.time() # each is there long enough to be saved once or twice
    for line in peer.stdout:
        if '\tcomplete\t' in line or time.time() - begun > (
                3 if start < STARTS - 1 else 30):
            break
    peer.stdin.write('quit\n')
    peer.stdin.close()
    peer.stdout.read()
    if peer.wait() != 0:
        sys.exit('peer: status %d' % peer.returncode)
server.terminate()
server.wait()
for name, _ in SIZES:
    with open(os.path.join(got, 'tree', name), 'rb') as f:
        if f.read() != truth[name]:
            sys.exit(name + ' is wrong')

# What strace has noted: a list of (begin, end, kind, path, ...).
def text(s):
    return re.sub(rb'\\x([0-9a-f]{2})', lambda m: bytes.fromhex(
        m.group(1).decode()), s.encode()).decode('latin-1')
def strings(s):
    return [text(x).encode('latin-1') for x in re.findall(r'"([^"]*)"', s)]
notes = []
for name in glob.glob(log + '*'):
    at = {}
    for line in open(name):
        found = re.match(r'([\d.]+) (\w+)\((.*)\) += (\d+).* <([\d.]+)>$', line)
        if not found:
            continue
        begin, call, args, ret, took = found.groups()
        begin, ret = float(begin), int(ret)
        end = begin + float(took)
        paths = [text(x) for x in re.findall(r'<([^>]*)>', line[:line.rindex(
            ' <')])]
        if not paths or not paths[0].startswith(got):
            if call != 'openat':
                continue
        path = paths[0]
        if call == 'lseek':
            at[path] = ret
        elif call == 'pwrite64':
            notes.append((begin, end, 'write', path, int(args.rsplit(', ',
                1)[1]), ret, None))
        elif call == 'writev':
            notes.append((begin, end, 'write', path, at[path], ret, None))
            at[path] += ret
        elif call == 'write':
            notes.append((begin, end, 'write', path, 0, ret, strings(args)[0]))
        elif call == 'fsync':
            notes.append((begin, end, 'sync', path))
        elif call in ('renameat', 'renameat2'):
            names = [x.decode() for x in strings(args)]
            notes.append((begin, end, 'rename', paths[0] + '/' + names[1]))
        elif call == 'mkdirat':
            notes.append((begin, end, 'make', paths[0] + '/' +
                strings(args)[0].decode()))
        elif call == 'openat' and 'O_CREAT' in args and paths[-1].startswith(
                got):
            notes.append((begin, end, 'make', paths[-1]))
notes.sort()
syncs = {}
for n in notes:
    if n[2] == 'sync':
        syncs.setdefault(n[3], []).append((n[0], n[1]))

def synced(path, since, t):
    """Whether path was synced, from after since on, before t."""
    return any(b >= since and e <= t for b, e in syncs.get(path, []))

def linked(path, t):
    """Whether path is surely found: it, and what it is in, are in synced
    directories."""
    while path != got:
        made = min((n[1] for n in notes if n[2] == 'make' and n[3] == path),
                   default=0)
        if not synced(os.path.dirname(path), made, t):
            return False
        path = os.path.dirname(path)
    return True

# Each text that a resume file had, and when it took that place.
resume = os.path.join(got, '.tree.btsh')
texts = []
for i, n in enumerate(notes):
    if n[2] == 'rename' and n[3] == resume:
        w = max((m for m in notes[:i] if m[2] == 'write' and m[3] == resume +
                 '.new'), key=lambda m: m[0])
        texts.append((n[0], n[1], w[6], synced(resume + '.new', w[1], n[0])))
    elif n[2] == 'write' and n[3] == resume:
        texts.append((n[0], n[1], n[6], False))
if not texts:
    sys.exit('no resume file was written')

def good(said):
    """The pieces that a text says are here, if it is believed."""
    found = re.match(rb'd6:resume(d.*e)4:sha120:(.{20})e$', said, re.S)
    if not found or hashlib.sha1(found.group(1)).digest() != found.group(2):
        return []
    bits = re.search(rb'6:pieces(\d+):', found.group(1))
    if not bits:
        return []
    have = found.group(1)[bits.end():bits.end() + int(bits.group(1))]
    return [i for i in range(8 * len(have)) if have[i // 8] >> (7 - i % 8) & 1]

first, last = notes[0][0], notes[-1][1]
claims = wrong = 0
starts = {}
off = 0
for name, size in SIZES:
    starts[os.path.join(got, 'tree', name)] = (off, size)
    off += size
writes = [n for n in notes if n[2] == 'write' and n[3] in starts]
begins = [n[0] for n in writes]
for cut in range(cuts):
    t = rnd.uniform(first, last)
    if cut % 2: # as well, right after a text has taken its place
        t = rnd.choice(texts)[1] + rnd.uniform(0, 0.002)
    disk = bytearray(len(whole))
    found = {p: linked(p, t) or rnd.random() < 0.5 for p in starts}
    for n in writes[:bisect.bisect_right(begins, t)]:
        begin, end, _, path, at, size, _ = n
        if not found[path]:
            continue
        if not synced(path, end, t):
            fate = rnd.randrange(3)
            if fate == 0:
                continue
            if fate == 1:
                size = rnd.randrange(size // 512 + 1) * 512
        at += starts[path][0]
        disk[at:at + size] = whole[at:at + size]
    # the last text, or one before if nothing says that the rename is there
    for begin, end, said, is_synced in reversed([x for x in texts if x[0] <=
            t]):
        if not is_synced:
            said = said[:rnd.randrange(len(said) + 1)]
        for piece in good(said):
            claims += 1
            a, b = piece * PIECE, (piece + 1) * PIECE
            wrong += disk[a:b] != whole[a:b]
        if synced(got, end, t):
            break
print('%d cuts, %d texts: of %d claims %d are wrong' % (cuts, len(texts),
    claims, wrong))
if wrong or claims < cuts:
    sys.exit(1)
