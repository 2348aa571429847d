#!/usr/bin/python3
"""Chromium, without a window, on somebody's pages: browse.py DIR URL NAME...

It opens the page at URL, and then clicks the link whose path ends in each NAME
in turn; what it is given to keep goes to DIR.  It fails if a page asks for
anything that is not below URL, or complains of anything."""
import json, os, subprocess, sys, time, urllib.parse

top, url, names = sys.argv[1], sys.argv[2], sys.argv[3:]
theirs, ours = os.pipe(), os.pipe()

def ends():
    os.dup2(keep[0], 3)
    os.dup2(keep[1], 4)

keep = [os.dup(theirs[0]), os.dup(ours[1])]
while min(keep) < 10: # out of the way of 3 and 4
    keep = [os.dup(fd) for fd in keep]
browser = subprocess.Popen(['chromium', '--headless', '--no-sandbox',
    '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
    '--disable-background-networking', '--remote-debugging-pipe',
    '--user-data-dir=' + top + '/.chromium'], preexec_fn=ends,
    pass_fds=[3, 4], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL)
os.close(theirs[0])
os.close(ours[1])
came, serial, seen, session = b'', 0, [], None

def send(method, **params):
    global serial
    serial += 1
    text = {'id': serial, 'method': method, 'params': params}
    if session:
        text['sessionId'] = session
    os.write(theirs[1], json.dumps(text).encode() + b'\0')
    return wait(lambda m: m.get('id') == serial)['result']

def wait(good):
    """The message that is good; all are looked at."""
    global came
    while True:
        while b'\0' not in came:
            more = os.read(ours[0], 1 << 16)
            if not more:
                sys.exit('chromium has gone')
            came += more
        text, came = came.split(b'\0', 1)
        m = json.loads(text)
        if 'error' in m:
            sys.exit(m)
        look(m.get('method'), m.get('params', {}))
        if good(m):
            return m

def look(method, params):
    if method == 'Network.requestWillBeSent':
        asked = params['request']['url']
        print('asks for', asked[:200])
        if not asked.startswith(url) and not asked.startswith('data:'):
            sys.exit('not below ' + url)
    elif method == 'Log.entryAdded':
        sys.exit('complains: ' + params['entry']['text'])
    elif method == 'Browser.downloadProgress':
        if params['state'] == 'canceled':
            sys.exit('a download was given up')

def over(m):
    """Whether a page is there, or a file."""
    return m.get('method') == 'Page.loadEventFired' or (m.get('method') ==
        'Browser.downloadProgress' and m['params']['state'] == 'completed')

try:
    send('Browser.setDownloadBehavior', behavior='allow', downloadPath=top,
        eventsEnabled=True)
    page = send('Target.createTarget', url='about:blank')['targetId']
    session = send('Target.attachToTarget', targetId=page,
        flatten=True)['sessionId']
    for domain in 'Network', 'Page', 'Log':
        send(domain + '.enable')
    send('Page.navigate', url=url)
    wait(over)
    for name in names:
        text = json.dumps(urllib.parse.quote(name, safe='/'))
        found = send('Runtime.evaluate', returnByValue=True, expression="""
            [...document.links].filter(a => a.pathname.endsWith(%s) &&
            (a.click(), 1)).length""" % text)['result']['value']
        if found != 1:
            sys.exit('%d links to %s' % (found, name))
        wait(over)
        print('has', name)
finally:
    browser.kill()
    browser.wait()
