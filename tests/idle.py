#!/usr/bin/python3
"""idle.py PORT N: N connections to 127.0.0.1 that say nothing, until killed."""
import socket
import sys
import time

callers = [socket.create_connection(('127.0.0.1', int(sys.argv[1])))
           for _ in range(int(sys.argv[2]))]
print('ready', flush=True)
while callers:
    time.sleep(1)
