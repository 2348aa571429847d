#!/usr/bin/python3
"""full.py DESCRIPTORS DIR COMMAND...: the command, with these of its
descriptors (1, 2 or 12) on a pipe that is full.  Nobody reads it until there is
DIR/go; what was written then goes to DIR/told.  The command's pid is in
DIR/pid, and its status is ours."""
import os
import sys
import time

which, where, command = sys.argv[1], sys.argv[2], sys.argv[3:]
r, w = os.pipe()
os.set_blocking(w, False)
filled = 0
try:
    while True:
        filled += os.write(w, b'x' * 4096)
except BlockingIOError:
    os.set_blocking(w, True)
pid = os.fork()
if pid == 0:
    for fd in which:
        os.dup2(w, int(fd))
    os.execv(command[0], command)
os.close(w)
with open(where + '/pid.new', 'w') as f:
    print(pid, file=f)
os.rename(where + '/pid.new', where + '/pid')
status = 0
while not os.path.exists(where + '/go'):
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        break
    time.sleep(0.02)
else:
    with open(where + '/told', 'wb', buffering=0) as f:
        while True:
            b = os.read(r, 65536)
            if not b:
                break
            f.write(b[filled:])
            filled = max(0, filled - len(b))
    done, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
