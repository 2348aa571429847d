"""A seed with a rate, for kills.py and cuts.py."""
import re, subprocess

def serve(btsh, top, torrent, rate):
    """The seed's process, and its port."""
    seed = subprocess.Popen([btsh, 'serve', '-v', '-N', '-l', '127.0.0.1',
        '-p', '0', '-u', str(rate), '-d', top, torrent],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, bufsize=1)
    port = None
    for line in seed.stdout:
        found = re.search(r'listening on port (\d+)', line)
        port = found.group(1) if found else port
        if line.startswith('magnet:'):
            break
    return seed, port
