#!/usr/bin/python3
"""How soon a download goes on after the network has done something to it.

roam.py BTSH DIR SCENARIO...: run in a network of its own, as root.  Another
one with a host is made and wired to it; a seed and a tracker are there, a
leecher here.  Each scenario breaks and mends something, and prints how many
seconds after that bytes came again; more than LIMIT is a failure."""
import os, re, signal, subprocess, sys, threading, time

btsh, top = sys.argv[1:3]
LIMIT = 10.0
far = subprocess.Popen(['unshare', '-n', 'sleep', '1000'])
ours = os.readlink('/proc/self/ns/net')
while os.readlink('/proc/%d/ns/net' % far.pid) == ours:
    time.sleep(0.01)
there = ['nsenter', '-t', str(far.pid), '-n']

def sh(text, where=[]):
    for line in text.split('; '):
        subprocess.run(where + line.split(), check=True)

sh('ip link add out type veth peer name in netns %d' % far.pid)
sh('ip link set lo up; ip addr add 10.9.0.1/24 dev out; '
   'ip addr add fd09::1/64 dev out nodad; ip link set out up')
sh('ip link set lo up; ip addr add 10.9.0.2/24 dev in; '
   'ip addr add fd09::2/64 dev in nodad; ip link set in up', there)

with open(os.path.join(top, 'data'), 'wb') as f:
    f.write(os.urandom(40 << 20))
track = subprocess.Popen([btsh, 'track', '-p', '9999'], stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.run([btsh, 'make', '-q', '-l', '15', '-o', top + '/t', top + '/data'],
    check=True, stdout=subprocess.DEVNULL)

class Watched:
    """A leecher, whose bytes are known once a second."""
    def __init__(self, args):
        self.have, self.over = 0, False
        self.run = subprocess.Popen([btsh, 'run', '-v', '-N', '-p', '7002',
            '-d', top + '/got'] + args + [top + '/t'], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, bufsize=1)
        threading.Thread(target=self.read, daemon=True).start()
    def read(self):
        for line in self.run.stderr:
            found = re.match(r'\d+\tfetching\t(\d+)\t', line)
            self.have = int(found.group(1)) if found else self.have
        self.over = True
    def more(self, than, most):
        end = time.monotonic() + most
        while self.have <= than and time.monotonic() < end:
            time.sleep(0.05)
        return self.have > than

def scenario(name, seed_args, args, broken, mended, pause=3, stop=False):
    os.makedirs(top + '/got', exist_ok=True)
    seed = subprocess.Popen(there + [btsh, 'serve', '-N', '-q', '-p', '7001',
        '-u', '300k', '-d', top] + seed_args + [top + '/t'],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    w = Watched(args)
    ok = w.more(300000, 20)
    for where, text in broken:
        sh(text, where)
    if stop:
        w.run.send_signal(signal.SIGSTOP)
    time.sleep(pause) # what is broken has to stay so
    for where, text in mended:
        sh(text, where)
    if stop:
        w.run.send_signal(signal.SIGCONT)
    begun = time.monotonic()
    was = w.have
    ok = ok and w.more(was + 100000, 3 * LIMIT)
    took = time.monotonic() - begun
    print('%-40s %5.1f s' % (name, took), flush=True)
    w.run.terminate()
    seed.terminate()
    w.run.wait()
    seed.wait()
    subprocess.run(['rm', '-r', top + '/got'])
    return ok and took <= LIMIT

K4, K6, T = ['-k', '10.9.0.2:7001'], ['-k', '[fd09::2]:7001'], ['-a',
    'http://10.9.0.1:9999/announce']
DROP = ('nft add table ip x; nft add chain ip x c {type filter hook input '
    'priority 0;}; nft add rule ip x c ')
all_ = {
    'link': lambda: scenario('the link was down for 5 s', [], K4,
        [([], 'ip link set out down')], [([], 'ip link set out up')], 5),
    'unplugged': lambda: scenario('the other end was down for 5 s', [], K4,
        [(there, 'ip link set in down')], [(there, 'ip link set in up')], 5),
    'address': lambda: scenario('another IPv4 address', [], K4,
        [([], 'ip addr del 10.9.0.1/24 dev out')],
        [([], 'ip addr add 10.9.0.7/24 dev out')]) &
        (sh('ip addr del 10.9.0.7/24 dev out; ip addr add 10.9.0.1/24 dev out')
        or True),
    'address6': lambda: scenario('another IPv6 address', [], K6,
        [([], 'ip addr del fd09::1/64 dev out')],
        [([], 'ip addr add fd09::7/64 dev out nodad')]),
    'seed': lambda: scenario('the seed has another address', T, T,
        [(there, 'ip addr del 10.9.0.2/24 dev in')],
        [(there, 'ip addr add 10.9.0.8/24 dev in')]) &
        (sh('ip addr del 10.9.0.8/24 dev in; ip addr add 10.9.0.2/24 dev in',
        there) or True),
    'silence': lambda: scenario('no packet came through for 40 s', [], K4,
        [([], DROP + 'ip saddr 10.9.0.2 drop')], [([],
        'nft delete table ip x')], 40),
    'half': lambda: scenario('every other packet is lost', [], K4, [([],
        DROP + 'ip saddr 10.9.0.2 numgen inc mod 2 0 drop')], [], 1) &
        (sh('nft delete table ip x') or True),
    'asleep': lambda: scenario('it was stopped for 15 s', [], K4, [], [], 15,
        True),
    'long': lambda: scenario('it was stopped for 150 s', [], K4, [], [], 150,
        True),
}
bad = [name for name in sys.argv[3:] if not all_[name]()]
track.terminate()
track.wait()
far.kill()
far.wait()
if bad:
    sys.exit('too late: ' + ' '.join(bad))
