#!/usr/bin/python3
"""libtorrent for the tests.

lt.py info TORRENT           prints the info hash
lt.py make PATH OUT URL      makes a torrent
lt.py seed TORRENT DIR PORT  seeds until killed
lt.py leech TORRENT DIR PORT [HOST PORT]  fetches, then exits
lt.py stay TORRENT DIR PORT  fetches, says so in DIR/.done, seeds until killed
"""
import os
import sys
import time

import libtorrent as lt


def info(torrent):
    print(lt.torrent_info(torrent).info_hash())


def make(path, out, url):
    storage = lt.file_storage()
    lt.add_files(storage, path)
    made = lt.create_torrent(storage, 0, lt.create_torrent.v1_only)
    made.add_tracker(url)
    lt.set_piece_hashes(made, os.path.dirname(os.path.abspath(path)))
    with open(out, 'wb') as f:
        f.write(lt.bencode(made.generate()))


def member(verb, torrent, where, port, *peer):
    session = lt.session({
        'listen_interfaces': '127.0.0.1:' + port, 'enable_dht': False,
        'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        'enable_outgoing_utp': False, 'enable_incoming_utp': False,
        'allow_multiple_connections_per_ip': True})
    handle = session.add_torrent(
        {'ti': lt.torrent_info(torrent), 'save_path': where})
    handle.unset_flags(lt.torrent_flags.auto_managed)
    handle.resume()
    if peer:
        handle.connect_peer((peer[0], int(peer[1])))
    while not handle.status().is_seeding or verb == 'seed':
        time.sleep(0.05)
    if verb == 'stay':
        open(os.path.join(where, '.done'), 'w').close()
        while True:
            time.sleep(1)


{'info': info, 'make': make}.get(
    sys.argv[1], lambda *a: member(sys.argv[1], *a))(*sys.argv[2:])
