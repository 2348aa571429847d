#!/usr/bin/python3
"""Kills a download at random moments, goes on with it, and compares the end.

kills.py BTSH DIR N SEED: in DIR, a seed of a new file, and downloads of it
that kill(2) ends N times with SIGKILL, each resumed by the next.  Every result
is compared; what the seed gave beyond the file, over all, may be what was in
flight at each kill, and pieces that had begun.  Prints the figures."""
import os, random, re, subprocess, sys
from serving import serve

btsh, top, kills, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
rnd = random.Random(int(seed))
SIZE = 16 << 20
RATE = 24 << 20
FLIGHT = 2 << 20 # a kill: requests under way, and what is left of pieces

os.makedirs(top, exist_ok=True)
name = os.path.join(top, 'data')
with open(name, 'wb') as f:
    f.write(rnd.randbytes(SIZE))
torrent = name + '.torrent'
subprocess.run([btsh, 'make', '-q', '-f', '-l', '17', '-o', torrent, name],
               check=True, stdout=subprocess.DEVNULL)
server, port = serve(btsh, top, torrent, RATE)
got = os.path.join(top, 'got')
os.makedirs(got, exist_ok=True)
out = os.path.join(got, 'data')
cmd = [btsh, 'run', '-q', '-N', '-l', '127.0.0.1', '-p', '0', '-d', got, '-k',
       '127.0.0.1:' + port, torrent]
done = ended = 0
bad = []
while done < kills:
    run = subprocess.Popen(cmd, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL)
    try:
        status = run.wait(timeout=rnd.uniform(0.002, 0.16))
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
        done += 1
        continue
    if status != 0:
        bad.append('status %d' % status)
        break
    with open(out, 'rb') as a, open(name, 'rb') as b:
        if a.read() != b.read():
            bad.append('wrong bytes')
    if os.listdir(got) != ['data']:
        bad.append('left behind: %s' % os.listdir(got))
    os.unlink(out)
    ended += 1
run = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     timeout=60)
with open(out, 'rb') as a, open(name, 'rb') as b:
    if run.returncode != 0 or a.read() != b.read():
        bad.append('the last one: status %d' % run.returncode)
ended += 1
server.terminate()
server.wait()
with open(os.path.join(top, '.data.btsh'), 'rb') as f: # what it told the next
    up = int(re.search(rb'8:uploadedi(\d+)e', f.read()).group(1))
again = up - ended * SIZE
print('%d kills, %d files, right; %.2f MiB a kill fetched again' % (done, ended,
    again / (1 << 20) / max(done, 1)))
if again > done * FLIGHT + SIZE // 50:
    bad.append('%.1f MiB fetched again' % (again / (1 << 20)))
if bad:
    sys.exit('; '.join(bad))
