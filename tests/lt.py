#!/usr/bin/python3
"""libtorrent for the tests.

lt.py info TORRENT           prints the info hash
lt.py make PATH OUT URL      makes a torrent
lt.py seed TORRENT DIR PORT  seeds until killed
lt.py leech TORRENT DIR PORT [HOST PORT]  fetches, then exits
lt.py stay TORRENT DIR PORT  fetches, says so in DIR/.done, seeds until killed

TORRENT may be a magnet link for the last three.

lt.py nodes HOST:PORT ADDRESS...  nodes of the DHT, each at its port 6881, and
                             a first one elsewhere; prints what they are told

PORT is one of 127.0.0.1, or ADDRESS:PORT.  TERM ends it once the tracker has
been told.  $UPLOAD is the most bytes a second that it gives, $FIND says how it
finds peers: dht, from the node $NODE on, lsd.
"""
import os
import signal
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


def finding(how, node):
    """Settings; many nodes of one network are welcome."""
    return {
        'enable_dht': 'dht' in how, 'enable_lsd': 'lsd' in how,
        'dht_bootstrap_nodes': node, 'dht_restrict_routing_ips': False,
        'dht_restrict_search_ips': False, 'enable_upnp': False,
        'enable_natpmp': False, 'enable_outgoing_utp': False,
        'enable_incoming_utp': False,
        'allow_multiple_connections_per_ip': True}


def nodes(first, *addresses):
    """They learn their addresses, which their ids have to suit, from the first
    before they learn of each other."""
    sessions = [lt.session({
        'listen_interfaces': a + ':6881',
        'alert_mask': lt.alert.category_t.dht_notification |
        lt.alert.category_t.status_notification,
        **finding('dht', first)}) for a in addresses]
    told = 0
    while True:
        time.sleep(0.05)
        for alert in [a for s in sessions for a in s.pop_alerts()]:
            if alert.what() == 'dht_announce':
                print('announced', alert.info_hash, alert.ip, alert.port,
                      flush=True)
            told += alert.what() == 'external_ip'
        if told < len(sessions):
            continue
        for i, session in enumerate(sessions):
            for a in addresses[i + 1:] + addresses[:i]:
                session.add_dht_node((a, 6881))
        while any(s.status().dht_nodes < len(sessions) // 3
                  for s in sessions):
            time.sleep(0.05)
        print('ready', flush=True)
        told = -1000000


def member(verb, torrent, where, port, *peer):
    ended = []
    signal.signal(signal.SIGTERM, lambda *a: ended.append(True))
    session = lt.session({
        'listen_interfaces': port if ':' in port else '127.0.0.1:' + port,
        'alert_mask': lt.alert.category_t.tracker_notification,
        **finding(os.environ.get('FIND', ''), os.environ.get('NODE', ''))})
    if torrent.startswith('magnet:'):
        params = lt.parse_magnet_uri(torrent)
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(torrent)
    params.save_path = where
    handle = session.add_torrent(params)
    handle.unset_flags(lt.torrent_flags.auto_managed)
    handle.set_upload_limit(int(os.environ.get('UPLOAD', 0)))
    handle.resume()
    if peer:
        handle.connect_peer((peer[0], int(peer[1])))
    while not ended and (verb == 'seed' or not handle.status().is_seeding):
        time.sleep(0.05)
        if 'dht' in os.environ.get('FIND', ''):
            handle.force_dht_announce()  # not in a quarter of an hour
    if verb == 'stay' and not ended:
        with open(os.path.join(where, '.done'), 'w') as f:
            f.write('done')
        while not ended:
            time.sleep(0.05)
    if ended:
        leave(session, handle)


def leave(session, handle):
    """A session that just ends does not always tell a tracker over UDP."""
    told, owed, end = False, 0, time.monotonic() + 5
    handle.pause()
    while not (told and owed <= 0) and time.monotonic() < end:
        session.wait_for_alert(100)
        for alert in session.pop_alerts():
            owed += {'tracker_announce': 1, 'tracker_reply': -1,
                     'tracker_error': -1}.get(alert.what(), 0)
            told = told or '(stopped)' in alert.message()


{'info': info, 'make': make, 'nodes': nodes}.get(
    sys.argv[1], lambda *a: member(sys.argv[1], *a))(*sys.argv[2:])
