# btsh: a BitTorrent suite for the shell
.POSIX:
.SUFFIXES:
.SUFFIXES: .c .o

VERSION = 0.1
PREFIX = /usr/local
MANPREFIX = $(PREFIX)/share/man
BASHCOMP = $(PREFIX)/share/bash-completion/completions
ZSHCOMP = $(PREFIX)/share/zsh/site-functions

CC = cc
CFLAGS = -Os -fno-asynchronous-unwind-tables
LDFLAGS =
STD = -std=c99 -pedantic -Wall -Wextra -Wshadow -Wstrict-prototypes
DEFS = -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 \
	-DVERSION='"$(VERSION)"'

# Parts, each in its folder, and in them files, strictly ordered: a file calls
# only those before it.  README says which part may call which.
TOP = util.c rand.c sha1.c bencode.c inflate.c addr.c url.c http.c proxy.c \
	udpt.c socks.c net.c proc.c sock.c dgram.c nets.c mcast.c curl.c \
	spawn.c resolve.c route.c https.c fetch.c rate.c limit.c httpd.c
TORRENT = torrent/paths.c torrent/meta.c torrent/encode.c torrent/edit.c \
	torrent/magnet.c torrent/claims.c torrent/resume.c torrent/files.c \
	torrent/tar.c torrent/mark.c torrent/site.c torrent/guard.c \
	torrent/keep.c torrent/store.c torrent/workers.c torrent/verify.c \
	torrent/build.c
FIND = find/known.c find/tally.c find/ask.c find/announce.c find/pex.c \
	find/lsd.c find/nodeid.c find/krpc.c find/quota.c find/nodes.c \
	find/stored.c find/pending.c find/search.c find/wanted.c \
	find/outside.c find/reply.c find/dht.c find/bootstrap.c find/finder.c \
	find/natpmp.c find/igd.c find/upnp.c find/portmap.c
SWARM = swarm/wire.c swarm/requests.c swarm/rarest.c swarm/solo.c \
	swarm/pieces.c swarm/holders.c swarm/pick.c swarm/choke.c \
	swarm/slots.c swarm/suggest.c swarm/flow.c swarm/owed.c swarm/blame.c \
	swarm/judge.c swarm/pool.c swarm/twins.c swarm/metadata.c \
	swarm/seek.c swarm/ext.c swarm/peer.c swarm/link.c swarm/lonely.c \
	swarm/webseed.c swarm/weblink.c swarm/webs.c swarm/conn.c \
	swarm/intake.c swarm/conns.c swarm/saver.c swarm/company.c \
	swarm/swarm.c swarm/client.c
TRACK = track/members.c track/limits.c track/sample.c track/swarms.c \
	track/page.c track/allowed.c track/asking.c track/answer.c \
	track/state.c track/serve.c
WEB = web/names.c web/share.c web/range.c web/head.c web/target.c web/body.c \
	web/qr.c web/view.c web/server.c
SHARED = cmd/stream.c cmd/load.c cmd/output.c cmd/json.c cmd/scrape.c \
	cmd/cli.c cmd/args.c cmd/progress.c cmd/jobs.c cmd/past.c \
	cmd/options.c cmd/coproc.c cmd/status.c cmd/hook.c cmd/roam.c \
	cmd/grow.c cmd/reachable.c cmd/words.c cmd/front.c cmd/door.c \
	cmd/calls.c cmd/sandbox.c cmd/reach.c
VERBS = cmd/make.c cmd/track.c cmd/run.c cmd/show.c cmd/check.c
PARTS = $(TOP) $(TORRENT) $(FIND) $(SWARM) $(TRACK) $(WEB) $(SHARED) \
	$(VERBS)
SRC = $(PARTS) btsh.c
OBJ = $(SRC:.c=.o)
UNITOBJ = $(PARTS:.c=.o)
HDR = $(TOP:.c=.h) $(TORRENT:.c=.h) $(FIND:.c=.h) $(SWARM:.c=.h) \
	$(TRACK:.c=.h) $(WEB:.c=.h) $(SHARED:.c=.h) cmd/verb.h
UNIT = tests/unit.c tests/clock.c tests/sample.c tests/far.c tests/html.c \
	tests/t_util.c tests/t_sha1.c tests/t_bencode.c tests/t_inflate.c \
	tests/t_http.c tests/t_net.c tests/t_socks.c tests/t_https.c \
	tests/t_udpt.c tests/t_wire.c tests/t_meta.c tests/t_resume.c \
	tests/t_edit.c tests/t_metadata.c tests/t_claims.c tests/t_store.c \
	tests/t_keep.c tests/t_workers.c tests/t_pieces.c tests/t_pick.c \
	tests/t_rate.c tests/t_choke.c tests/t_slots.c tests/t_suggest.c \
	tests/t_flow.c tests/t_link.c tests/t_pool.c tests/t_seek.c \
	tests/t_saver.c tests/t_blame.c tests/t_judge.c tests/t_known.c \
	tests/t_tally.c tests/t_pex.c tests/t_nodes.c tests/t_dht.c \
	tests/t_dhtsim.c tests/t_finder.c tests/t_peer.c tests/t_conns.c \
	tests/t_client.c tests/t_tar.c tests/t_swarms.c tests/t_answer.c \
	tests/t_announce.c tests/t_output.c tests/t_json.c tests/t_progress.c \
	tests/t_roam.c tests/t_reachable.c tests/t_options.c tests/t_coproc.c \
	tests/t_jobs.c tests/t_state.c tests/t_serve.c tests/t_portmap.c \
	tests/t_qr.c tests/t_web.c tests/t_view.c tests/t_webseed.c \
	tests/t_webs.c tests/t_body.c tests/t_server.c
CONTRIB = contrib/Dockerfile contrib/btsh-peer.service \
	contrib/btsh-track.service contrib/btsh.bash contrib/btsh.zsh \
	contrib/complete.sh
DEBIAN = debian/btsh.docs debian/changelog debian/control debian/copyright \
	debian/rules debian/source/format
# drivers of the fuzzer; the inputs of FUZZ_TREE's are bencode
FUZZ = tests/fuzz/bencode.c tests/fuzz/inflate.c tests/fuzz/url.c \
	tests/fuzz/request.c tests/fuzz/reply.c tests/fuzz/udpt.c \
	tests/fuzz/magnet.c tests/fuzz/meta.c tests/fuzz/curl.c \
	tests/fuzz/known.c tests/fuzz/pex.c tests/fuzz/ext.c \
	tests/fuzz/metadata.c tests/fuzz/krpc.c tests/fuzz/dht.c \
	tests/fuzz/lsd.c tests/fuzz/natpmp.c tests/fuzz/igd.c \
	tests/fuzz/state.c tests/fuzz/answer.c tests/fuzz/wire.c \
	tests/fuzz/coproc.c tests/fuzz/ask.c tests/fuzz/conns.c \
	tests/fuzz/resume.c tests/fuzz/edit.c tests/fuzz/json.c \
	tests/fuzz/socks.c tests/fuzz/proxy.c \
	tests/fuzz/web.c tests/fuzz/view.c tests/fuzz/webseed.c \
	tests/fuzz/server.c
FUZZ_SHARED = tests/fuzz/alone.c tests/fuzz/ears.c tests/fuzz/strangers.c \
	tests/clock.c tests/html.c
FUZZ_TREE = bencode meta ext krpc ask resume edit
ALONE = -Wl,--wrap=sock_dial,--wrap=sock_dial_udp,--wrap=resolve_start \
	-Wl,--wrap=resolve_stop,--wrap=fetch_start,--wrap=fetch_stop
FUZZ_S = 10
# calls of the system that tests/fault.c makes fail, and the time that
# tests/clock.c tells
CLOCK = -Wl,--wrap=clock_gettime,--wrap=__clock_gettime64,--wrap=poll
WRAP = -Wl,--wrap=socket,--wrap=socketpair,--wrap=pipe,--wrap=accept \
	-Wl,--wrap=accept4,--wrap=connect,--wrap=bind,--wrap=listen \
	-Wl,--wrap=fork,--wrap=open,--wrap=open64,--wrap=openat \
	-Wl,--wrap=openat64,--wrap=fopen,--wrap=fopen64,--wrap=fdopendir \
	-Wl,--wrap=mkstemp,--wrap=mkstemp64,--wrap=mkdir,--wrap=mkdirat \
	-Wl,--wrap=pwrite,--wrap=pwrite64,--wrap=writev,--wrap=write \
	-Wl,--wrap=ftruncate,--wrap=ftruncate64,--wrap=rename,--wrap=link \
	-Wl,--wrap=pread,--wrap=pread64,--wrap=readv,--wrap=fsync \
	-Wl,--wrap=close,--wrap=mmap,--wrap=mmap64,--wrap=getentropy \
	-Wl,--wrap=recv,--wrap=send
# what enters the sandbox, which tests/probe.c tries from inside
PROBE = -Wl,--wrap=sandbox_enter,--wrap=proc_narrow

all: btsh

btsh: $(OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ)

# one file that needs no other: by musl-gcc if it is here, unless CC is a
# compiler of another name
static: btsh-static

btsh-static: $(SRC) $(HDR)
	cc='$(CC)'; case $$cc in cc|gcc|clang) \
		if command -v musl-gcc >/dev/null; then cc=musl-gcc; fi ;; \
	esac; \
	$$cc $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) -static -o $@ $(SRC)

.c.o:
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) -c -o $@ $<

# what each object is made of
util.o: util.c util.h
rand.o: rand.c util.h rand.h
sha1.o: sha1.c util.h sha1.h
bencode.o: bencode.c util.h bencode.h
inflate.o: inflate.c util.h inflate.h
addr.o: addr.c util.h addr.h
url.o: url.c util.h url.h
http.o: http.c util.h inflate.h url.h http.h
proxy.o: proxy.c util.h addr.h url.h proxy.h
udpt.o: udpt.c util.h sha1.h udpt.h
socks.o: socks.c util.h addr.h socks.h
net.o: net.c util.h net.h
proc.o: proc.c util.h net.h proc.h
sock.o: sock.c util.h addr.h net.h sock.h
dgram.o: dgram.c util.h addr.h net.h sock.h dgram.h
nets.o: nets.c util.h addr.h rand.h sock.h net.h nets.h
mcast.o: mcast.c util.h addr.h net.h sock.h mcast.h
curl.o: curl.c util.h addr.h url.h http.h curl.h
spawn.o: spawn.c util.h curl.h addr.h url.h spawn.h
resolve.o: resolve.c util.h addr.h net.h proc.h sock.h curl.h url.h spawn.h \
	resolve.h
route.o: route.c util.h addr.h socks.h net.h sock.h resolve.h route.h
https.o: https.c util.h net.h proc.h addr.h route.h socks.h curl.h url.h \
	spawn.h https.h
fetch.o: fetch.c util.h addr.h url.h http.h proxy.h net.h resolve.h route.h \
	socks.h curl.h https.h fetch.h
rate.o: rate.c util.h rate.h
limit.o: limit.c util.h net.h rate.h limit.h
httpd.o: httpd.c util.h addr.h http.h url.h net.h httpd.h
torrent/paths.o: torrent/paths.c util.h sha1.h bencode.h torrent/paths.h
torrent/meta.o: torrent/meta.c util.h sha1.h bencode.h url.h torrent/paths.h \
	torrent/meta.h
torrent/encode.o: torrent/encode.c util.h sha1.h bencode.h torrent/meta.h \
	torrent/paths.h torrent/encode.h
torrent/edit.o: torrent/edit.c util.h bencode.h torrent/paths.h \
	torrent/meta.h torrent/encode.h torrent/edit.h
torrent/magnet.o: torrent/magnet.c util.h sha1.h bencode.h url.h \
	torrent/meta.h torrent/paths.h torrent/encode.h torrent/magnet.h
torrent/claims.o: torrent/claims.c util.h bencode.h torrent/meta.h \
	torrent/paths.h torrent/claims.h
torrent/resume.o: torrent/resume.c util.h sha1.h bencode.h torrent/meta.h \
	torrent/paths.h torrent/resume.h
torrent/files.o: torrent/files.c util.h sha1.h bencode.h torrent/paths.h \
	torrent/meta.h torrent/files.h
torrent/tar.o: torrent/tar.c util.h torrent/meta.h torrent/paths.h \
	torrent/files.h torrent/tar.h
torrent/mark.o: torrent/mark.c util.h sha1.h bencode.h torrent/files.h \
	torrent/meta.h torrent/paths.h torrent/resume.h torrent/mark.h
torrent/site.o: torrent/site.c util.h bencode.h torrent/meta.h \
	torrent/paths.h torrent/files.h torrent/resume.h torrent/site.h
torrent/guard.o: torrent/guard.c util.h sha1.h torrent/meta.h \
	torrent/paths.h torrent/files.h torrent/mark.h torrent/resume.h \
	torrent/site.h torrent/guard.h
torrent/keep.o: torrent/keep.c util.h proc.h net.h torrent/meta.h \
	torrent/paths.h torrent/files.h torrent/resume.h torrent/mark.h \
	torrent/site.h torrent/keep.h
torrent/store.o: torrent/store.c util.h sha1.h torrent/meta.h \
	torrent/paths.h torrent/files.h torrent/resume.h torrent/mark.h \
	torrent/site.h torrent/guard.h torrent/keep.h proc.h net.h \
	torrent/store.h
torrent/workers.o: torrent/workers.c util.h sha1.h net.h proc.h \
	torrent/meta.h torrent/paths.h torrent/store.h torrent/files.h \
	torrent/resume.h torrent/site.h torrent/workers.h
torrent/verify.o: torrent/verify.c util.h sha1.h net.h torrent/meta.h \
	torrent/paths.h torrent/workers.h torrent/store.h torrent/files.h \
	torrent/resume.h torrent/site.h torrent/verify.h
torrent/build.o: torrent/build.c util.h sha1.h proc.h net.h torrent/paths.h \
	torrent/meta.h torrent/encode.h torrent/files.h torrent/site.h \
	torrent/resume.h torrent/store.h torrent/workers.h torrent/build.h
find/known.o: find/known.c util.h rand.h addr.h find/known.h
find/tally.o: find/tally.c util.h sha1.h bencode.h find/tally.h
find/ask.o: find/ask.c util.h rand.h sha1.h bencode.h addr.h url.h udpt.h \
	net.h sock.h resolve.h fetch.h route.h socks.h find/ask.h \
	find/tally.h
find/announce.o: find/announce.c util.h rand.h addr.h url.h udpt.h net.h \
	route.h socks.h torrent/meta.h torrent/paths.h find/ask.h resolve.h \
	fetch.h find/tally.h find/announce.h
find/pex.o: find/pex.c util.h rand.h bencode.h addr.h find/pex.h
find/lsd.o: find/lsd.c util.h addr.h sha1.h http.h url.h find/lsd.h
find/nodeid.o: find/nodeid.c util.h sha1.h addr.h find/nodeid.h
find/krpc.o: find/krpc.c util.h sha1.h bencode.h addr.h find/krpc.h
find/quota.o: find/quota.c util.h rand.h addr.h find/quota.h
find/nodes.o: find/nodes.c util.h sha1.h addr.h find/nodeid.h find/nodes.h
find/stored.o: find/stored.c util.h rand.h sha1.h addr.h find/quota.h \
	find/stored.h
find/pending.o: find/pending.c util.h sha1.h addr.h find/pending.h
find/search.o: find/search.c util.h sha1.h addr.h find/nodeid.h find/nodes.h \
	find/search.h
find/wanted.o: find/wanted.c util.h sha1.h find/wanted.h
find/outside.o: find/outside.c util.h addr.h find/outside.h
find/reply.o: find/reply.c util.h bencode.h addr.h find/krpc.h find/nodes.h \
	sha1.h find/stored.h find/reply.h
find/dht.o: find/dht.c util.h rand.h sha1.h bencode.h addr.h find/nodeid.h \
	find/krpc.h find/quota.h find/nodes.h find/stored.h find/pending.h \
	find/search.h find/wanted.h find/outside.h find/reply.h find/dht.h
find/bootstrap.o: find/bootstrap.c util.h addr.h net.h resolve.h \
	find/bootstrap.h
find/finder.o: find/finder.c util.h rand.h sha1.h addr.h udpt.h net.h sock.h \
	dgram.h mcast.h find/known.h find/lsd.h find/dht.h find/bootstrap.h \
	find/finder.h
find/natpmp.o: find/natpmp.c util.h rand.h addr.h find/natpmp.h
find/igd.o: find/igd.c util.h addr.h url.h http.h find/igd.h
find/upnp.o: find/upnp.c util.h rand.h addr.h url.h net.h sock.h dgram.h \
	fetch.h route.h socks.h find/igd.h find/upnp.h
find/portmap.o: find/portmap.c util.h rand.h addr.h net.h sock.h \
	find/natpmp.h find/upnp.h url.h fetch.h route.h socks.h find/igd.h \
	find/portmap.h
swarm/wire.o: swarm/wire.c util.h sha1.h addr.h torrent/meta.h \
	torrent/paths.h swarm/wire.h
swarm/requests.o: swarm/requests.c util.h torrent/meta.h torrent/paths.h \
	swarm/requests.h
swarm/rarest.o: swarm/rarest.c util.h rand.h swarm/rarest.h
swarm/solo.o: swarm/solo.c swarm/solo.h
swarm/pieces.o: swarm/pieces.c util.h torrent/meta.h torrent/paths.h \
	swarm/rarest.h swarm/pieces.h swarm/solo.h
swarm/holders.o: swarm/holders.c util.h rand.h torrent/meta.h \
	torrent/paths.h swarm/requests.h swarm/rarest.h swarm/pieces.h \
	swarm/solo.h swarm/holders.h
swarm/pick.o: swarm/pick.c util.h rand.h torrent/meta.h torrent/paths.h \
	swarm/requests.h swarm/rarest.h swarm/solo.h swarm/pieces.h \
	swarm/holders.h swarm/pick.h
swarm/choke.o: swarm/choke.c util.h rand.h rate.h swarm/choke.h
swarm/slots.o: swarm/slots.c util.h rate.h swarm/choke.h swarm/slots.h
swarm/suggest.o: swarm/suggest.c util.h rand.h torrent/meta.h \
	torrent/paths.h swarm/pick.h swarm/suggest.h
swarm/flow.o: swarm/flow.c util.h rate.h torrent/meta.h torrent/paths.h \
	swarm/flow.h
swarm/owed.o: swarm/owed.c util.h torrent/meta.h torrent/paths.h \
	swarm/pick.h swarm/flow.h rate.h swarm/owed.h
swarm/blame.o: swarm/blame.c util.h swarm/blame.h
swarm/judge.o: swarm/judge.c util.h sha1.h torrent/meta.h torrent/paths.h \
	torrent/store.h torrent/files.h torrent/resume.h torrent/site.h \
	swarm/pick.h swarm/blame.h swarm/judge.h
swarm/pool.o: swarm/pool.c util.h addr.h swarm/pool.h
swarm/twins.o: swarm/twins.c sha1.h addr.h swarm/twins.h
swarm/metadata.o: swarm/metadata.c util.h swarm/metadata.h
swarm/seek.o: swarm/seek.c util.h addr.h swarm/metadata.h swarm/seek.h
swarm/ext.o: swarm/ext.c util.h bencode.h addr.h swarm/wire.h sha1.h \
	torrent/meta.h torrent/paths.h swarm/ext.h
swarm/peer.o: swarm/peer.c util.h sha1.h bencode.h addr.h torrent/meta.h \
	torrent/paths.h swarm/wire.h swarm/requests.h swarm/metadata.h \
	swarm/ext.h swarm/peer.h
swarm/link.o: swarm/link.c util.h addr.h net.h route.h socks.h rate.h \
	limit.h swarm/wire.h sha1.h torrent/meta.h torrent/paths.h \
	swarm/peer.h swarm/requests.h swarm/ext.h swarm/link.h
swarm/lonely.o: swarm/lonely.c util.h swarm/lonely.h
swarm/webseed.o: swarm/webseed.c util.h addr.h bencode.h url.h http.h \
	fetch.h route.h net.h socks.h torrent/meta.h torrent/paths.h \
	swarm/webseed.h
swarm/weblink.o: swarm/weblink.c util.h addr.h url.h http.h proxy.h net.h \
	resolve.h route.h socks.h curl.h https.h rate.h limit.h \
	swarm/webseed.h torrent/meta.h torrent/paths.h swarm/weblink.h
swarm/webs.o: swarm/webs.c util.h addr.h url.h net.h route.h socks.h limit.h \
	rate.h torrent/meta.h torrent/paths.h torrent/store.h \
	torrent/files.h torrent/resume.h torrent/site.h swarm/pick.h \
	swarm/owed.h swarm/flow.h swarm/judge.h swarm/webseed.h http.h \
	swarm/weblink.h proxy.h swarm/webs.h
swarm/conn.o: swarm/conn.c util.h sha1.h addr.h net.h route.h socks.h rate.h \
	torrent/store.h torrent/meta.h torrent/paths.h torrent/files.h \
	torrent/resume.h torrent/site.h find/known.h find/pex.h swarm/pick.h \
	swarm/slots.h swarm/suggest.h swarm/flow.h swarm/owed.h swarm/pool.h \
	swarm/twins.h swarm/seek.h swarm/metadata.h swarm/peer.h \
	swarm/requests.h swarm/ext.h swarm/link.h limit.h swarm/lonely.h \
	swarm/conn.h find/finder.h find/lsd.h swarm/judge.h swarm/webs.h
swarm/intake.o: swarm/intake.c util.h addr.h net.h rate.h torrent/store.h \
	torrent/meta.h torrent/paths.h torrent/files.h torrent/resume.h \
	torrent/site.h find/known.h swarm/judge.h swarm/pick.h swarm/webs.h \
	route.h socks.h limit.h swarm/conn.h sha1.h find/pex.h find/finder.h \
	find/lsd.h swarm/slots.h swarm/suggest.h swarm/flow.h swarm/owed.h \
	swarm/pool.h swarm/twins.h swarm/seek.h swarm/metadata.h \
	swarm/peer.h swarm/requests.h swarm/ext.h swarm/link.h \
	swarm/lonely.h swarm/conns.h swarm/intake.h
swarm/conns.o: swarm/conns.c util.h rand.h addr.h net.h sock.h rate.h \
	torrent/meta.h torrent/paths.h torrent/store.h torrent/files.h \
	torrent/resume.h torrent/site.h find/known.h find/pex.h swarm/wire.h \
	sha1.h swarm/pick.h swarm/slots.h swarm/suggest.h swarm/flow.h \
	swarm/owed.h swarm/judge.h swarm/pool.h swarm/seek.h \
	swarm/metadata.h swarm/peer.h swarm/requests.h swarm/ext.h \
	swarm/link.h route.h socks.h limit.h swarm/lonely.h swarm/webs.h \
	swarm/conn.h find/finder.h find/lsd.h swarm/twins.h swarm/conns.h \
	swarm/intake.h
swarm/saver.o: swarm/saver.c util.h swarm/saver.h
swarm/company.o: swarm/company.c util.h addr.h torrent/resume.h \
	torrent/meta.h torrent/paths.h find/known.h find/finder.h net.h \
	find/lsd.h sha1.h swarm/conns.h torrent/store.h torrent/files.h \
	torrent/site.h swarm/pool.h swarm/link.h route.h socks.h rate.h \
	limit.h swarm/peer.h swarm/requests.h swarm/ext.h swarm/conn.h \
	find/pex.h swarm/pick.h swarm/slots.h swarm/suggest.h swarm/flow.h \
	swarm/owed.h swarm/judge.h swarm/twins.h swarm/seek.h \
	swarm/metadata.h swarm/lonely.h swarm/webs.h swarm/company.h
swarm/swarm.o: swarm/swarm.c util.h rand.h sha1.h addr.h udpt.h net.h \
	torrent/meta.h torrent/paths.h torrent/magnet.h torrent/resume.h \
	torrent/site.h torrent/files.h torrent/store.h torrent/verify.h \
	find/known.h find/announce.h route.h socks.h find/finder.h \
	find/lsd.h swarm/pool.h swarm/link.h rate.h limit.h swarm/peer.h \
	swarm/requests.h swarm/ext.h swarm/conn.h find/pex.h swarm/pick.h \
	swarm/slots.h swarm/suggest.h swarm/flow.h swarm/owed.h \
	swarm/judge.h swarm/twins.h swarm/seek.h swarm/metadata.h \
	swarm/lonely.h swarm/webs.h swarm/conns.h swarm/saver.h \
	swarm/company.h swarm/swarm.h
swarm/client.o: swarm/client.c util.h rand.h sha1.h addr.h net.h proc.h \
	sock.h dgram.h swarm/wire.h torrent/meta.h torrent/paths.h \
	swarm/pool.h swarm/peer.h swarm/requests.h swarm/ext.h swarm/link.h \
	route.h socks.h rate.h limit.h swarm/conn.h torrent/store.h \
	torrent/files.h torrent/resume.h torrent/site.h find/known.h \
	find/pex.h find/finder.h find/lsd.h swarm/pick.h swarm/slots.h \
	swarm/suggest.h swarm/flow.h swarm/owed.h swarm/judge.h \
	swarm/twins.h swarm/seek.h swarm/metadata.h swarm/lonely.h \
	swarm/webs.h swarm/swarm.h swarm/conns.h swarm/client.h
track/members.o: track/members.c util.h addr.h track/members.h
track/limits.o: track/limits.c util.h sha1.h addr.h track/members.h \
	track/limits.h
track/sample.o: track/sample.c util.h rand.h addr.h track/members.h \
	track/sample.h
track/swarms.o: track/swarms.c util.h rand.h sha1.h addr.h track/members.h \
	track/limits.h track/sample.h track/swarms.h
track/page.o: track/page.c util.h sha1.h track/swarms.h addr.h track/page.h
track/allowed.o: track/allowed.c util.h sha1.h track/allowed.h
track/asking.o: track/asking.c util.h rand.h sha1.h addr.h url.h udpt.h \
	track/asking.h
track/answer.o: track/answer.c util.h rand.h sha1.h bencode.h addr.h url.h \
	http.h udpt.h track/swarms.h track/page.h track/allowed.h \
	track/asking.h track/answer.h
track/state.o: track/state.c util.h sha1.h net.h proc.h track/swarms.h \
	addr.h track/state.h
track/serve.o: track/serve.c util.h addr.h http.h url.h net.h proc.h sock.h \
	dgram.h httpd.h track/answer.h sha1.h track/swarms.h track/serve.h
web/names.o: web/names.c util.h rand.h bencode.h torrent/meta.h \
	torrent/paths.h web/names.h
web/share.o: web/share.c util.h torrent/meta.h torrent/paths.h web/names.h \
	web/share.h addr.h torrent/store.h torrent/files.h torrent/resume.h \
	torrent/site.h
web/range.o: web/range.c util.h http.h url.h web/range.h
web/head.o: web/head.c util.h url.h http.h web/range.h web/head.h
web/target.o: web/target.c util.h url.h http.h web/target.h
web/body.o: web/body.c util.h sha1.h bencode.h torrent/meta.h \
	torrent/paths.h torrent/tar.h web/range.h http.h url.h web/head.h \
	web/body.h
web/qr.o: web/qr.c util.h web/qr.h
web/view.o: web/view.c util.h bencode.h addr.h url.h torrent/meta.h \
	torrent/paths.h web/share.h torrent/store.h torrent/files.h \
	torrent/resume.h torrent/site.h web/names.h web/qr.h web/view.h
web/server.o: web/server.c util.h bencode.h addr.h url.h http.h net.h sock.h \
	rate.h limit.h httpd.h torrent/meta.h torrent/paths.h \
	torrent/store.h torrent/files.h torrent/resume.h torrent/site.h \
	web/share.h web/names.h web/range.h web/head.h web/target.h \
	web/body.h web/view.h web/server.h
cmd/stream.o: cmd/stream.c util.h net.h proc.h torrent/meta.h \
	torrent/paths.h torrent/files.h torrent/store.h torrent/resume.h \
	torrent/site.h torrent/tar.h cmd/stream.h
cmd/load.o: cmd/load.c util.h inflate.h addr.h url.h net.h https.h curl.h \
	route.h socks.h fetch.h torrent/meta.h torrent/paths.h \
	torrent/magnet.h cmd/load.h
cmd/output.o: cmd/output.c util.h sha1.h net.h cmd/output.h
cmd/json.o: cmd/json.c util.h cmd/json.h
cmd/scrape.o: cmd/scrape.c util.h rand.h net.h https.h curl.h addr.h url.h \
	route.h socks.h torrent/meta.h torrent/paths.h find/ask.h udpt.h \
	resolve.h fetch.h find/tally.h cmd/scrape.h
cmd/cli.o: cmd/cli.c util.h addr.h url.h sock.h net.h torrent/meta.h \
	torrent/paths.h cmd/cli.h
cmd/args.o: cmd/args.c util.h cmd/cli.h cmd/args.h
cmd/progress.o: cmd/progress.c util.h net.h cmd/progress.h
cmd/jobs.o: cmd/jobs.c util.h sha1.h addr.h url.h net.h proc.h resolve.h \
	route.h socks.h torrent/meta.h torrent/paths.h torrent/encode.h \
	torrent/magnet.h torrent/claims.h torrent/files.h torrent/mark.h \
	torrent/resume.h torrent/site.h torrent/build.h swarm/conns.h \
	torrent/store.h find/known.h swarm/pool.h swarm/link.h rate.h \
	limit.h swarm/peer.h swarm/requests.h swarm/ext.h swarm/conn.h \
	find/pex.h find/finder.h find/lsd.h swarm/pick.h swarm/slots.h \
	swarm/suggest.h swarm/flow.h swarm/owed.h swarm/judge.h \
	swarm/twins.h swarm/seek.h swarm/metadata.h swarm/lonely.h \
	swarm/webs.h swarm/swarm.h swarm/client.h cmd/load.h cmd/cli.h \
	cmd/jobs.h web/share.h web/names.h
cmd/past.o: cmd/past.c util.h torrent/meta.h torrent/paths.h \
	torrent/resume.h cmd/jobs.h net.h torrent/claims.h torrent/files.h \
	torrent/build.h torrent/encode.h swarm/conns.h addr.h \
	torrent/store.h torrent/site.h find/known.h swarm/pool.h \
	swarm/link.h route.h socks.h rate.h limit.h swarm/peer.h sha1.h \
	swarm/requests.h swarm/ext.h swarm/conn.h find/pex.h find/finder.h \
	find/lsd.h swarm/pick.h swarm/slots.h swarm/suggest.h swarm/flow.h \
	swarm/owed.h swarm/judge.h swarm/twins.h swarm/seek.h \
	swarm/metadata.h swarm/lonely.h swarm/webs.h swarm/swarm.h \
	swarm/client.h web/share.h web/names.h cmd/load.h cmd/past.h
cmd/options.o: cmd/options.c util.h route.h addr.h net.h socks.h \
	swarm/swarm.h torrent/meta.h torrent/paths.h torrent/files.h \
	torrent/store.h torrent/resume.h torrent/site.h swarm/pool.h \
	swarm/link.h rate.h limit.h swarm/peer.h sha1.h swarm/requests.h \
	swarm/ext.h swarm/conns.h find/known.h swarm/conn.h find/pex.h \
	find/finder.h find/lsd.h swarm/pick.h swarm/slots.h swarm/suggest.h \
	swarm/flow.h swarm/owed.h swarm/judge.h swarm/twins.h swarm/seek.h \
	swarm/metadata.h swarm/lonely.h swarm/webs.h cmd/cli.h cmd/args.h \
	cmd/jobs.h torrent/claims.h torrent/build.h torrent/encode.h \
	swarm/client.h web/share.h web/names.h cmd/load.h cmd/options.h
cmd/coproc.o: cmd/coproc.c util.h net.h torrent/meta.h torrent/paths.h \
	torrent/magnet.h find/known.h addr.h find/finder.h find/lsd.h sha1.h \
	swarm/conns.h torrent/store.h torrent/files.h torrent/resume.h \
	torrent/site.h swarm/pool.h swarm/link.h route.h socks.h rate.h \
	limit.h swarm/peer.h swarm/requests.h swarm/ext.h swarm/conn.h \
	find/pex.h swarm/pick.h swarm/slots.h swarm/suggest.h swarm/flow.h \
	swarm/owed.h swarm/judge.h swarm/twins.h swarm/seek.h \
	swarm/metadata.h swarm/lonely.h swarm/webs.h cmd/output.h cmd/jobs.h \
	torrent/claims.h torrent/build.h torrent/encode.h swarm/swarm.h \
	swarm/client.h web/share.h web/names.h cmd/load.h cmd/coproc.h
cmd/status.o: cmd/status.c util.h net.h torrent/store.h torrent/meta.h \
	torrent/paths.h torrent/files.h torrent/resume.h torrent/site.h \
	find/finder.h addr.h find/known.h find/lsd.h sha1.h swarm/conns.h \
	swarm/pool.h swarm/link.h route.h socks.h rate.h limit.h \
	swarm/peer.h swarm/requests.h swarm/ext.h swarm/conn.h find/pex.h \
	swarm/pick.h swarm/slots.h swarm/suggest.h swarm/flow.h swarm/owed.h \
	swarm/judge.h swarm/twins.h swarm/seek.h swarm/metadata.h \
	swarm/lonely.h swarm/webs.h swarm/swarm.h cmd/progress.h cmd/jobs.h \
	torrent/claims.h torrent/build.h torrent/encode.h swarm/client.h \
	web/share.h web/names.h cmd/load.h cmd/status.h
cmd/hook.o: cmd/hook.c util.h net.h proc.h cmd/hook.h
cmd/roam.o: cmd/roam.c util.h cmd/roam.h
cmd/grow.o: cmd/grow.c util.h cmd/cli.h cmd/jobs.h net.h torrent/meta.h \
	torrent/paths.h torrent/claims.h torrent/files.h torrent/build.h \
	torrent/encode.h swarm/conns.h addr.h torrent/store.h \
	torrent/resume.h torrent/site.h find/known.h swarm/pool.h \
	swarm/link.h route.h socks.h rate.h limit.h swarm/peer.h sha1.h \
	swarm/requests.h swarm/ext.h swarm/conn.h find/pex.h find/finder.h \
	find/lsd.h swarm/pick.h swarm/slots.h swarm/suggest.h swarm/flow.h \
	swarm/owed.h swarm/judge.h swarm/twins.h swarm/seek.h \
	swarm/metadata.h swarm/lonely.h swarm/webs.h swarm/swarm.h \
	swarm/client.h web/share.h web/names.h cmd/load.h cmd/grow.h
cmd/reachable.o: cmd/reachable.c util.h addr.h cmd/reachable.h
cmd/words.o: cmd/words.c util.h addr.h url.h net.h nets.h sock.h \
	torrent/meta.h torrent/paths.h torrent/magnet.h torrent/store.h \
	torrent/files.h torrent/resume.h torrent/site.h swarm/conns.h \
	find/known.h swarm/pool.h swarm/link.h route.h socks.h rate.h \
	limit.h swarm/peer.h sha1.h swarm/requests.h swarm/ext.h \
	swarm/conn.h find/pex.h find/finder.h find/lsd.h swarm/pick.h \
	swarm/slots.h swarm/suggest.h swarm/flow.h swarm/owed.h \
	swarm/judge.h swarm/twins.h swarm/seek.h swarm/metadata.h \
	swarm/lonely.h swarm/webs.h swarm/swarm.h cmd/reachable.h \
	cmd/progress.h cmd/jobs.h torrent/claims.h torrent/build.h \
	torrent/encode.h swarm/client.h web/share.h web/names.h cmd/load.h \
	cmd/options.h cmd/args.h cmd/hook.h cmd/words.h
cmd/front.o: cmd/front.c util.h rand.h sha1.h addr.h http.h url.h udpt.h \
	net.h proc.h torrent/meta.h torrent/paths.h torrent/edit.h \
	torrent/store.h torrent/files.h torrent/resume.h torrent/site.h \
	swarm/conns.h find/known.h swarm/pool.h swarm/link.h route.h socks.h \
	rate.h limit.h swarm/peer.h swarm/requests.h swarm/ext.h \
	swarm/conn.h find/pex.h find/finder.h find/lsd.h swarm/pick.h \
	swarm/slots.h swarm/suggest.h swarm/flow.h swarm/owed.h \
	swarm/judge.h swarm/twins.h swarm/seek.h swarm/metadata.h \
	swarm/lonely.h swarm/webs.h swarm/swarm.h swarm/client.h \
	track/swarms.h track/asking.h track/answer.h web/share.h web/names.h \
	web/server.h cmd/cli.h cmd/reachable.h cmd/jobs.h torrent/claims.h \
	torrent/build.h torrent/encode.h cmd/load.h cmd/options.h cmd/args.h \
	cmd/words.h cmd/hook.h cmd/front.h
cmd/door.o: cmd/door.c util.h rand.h addr.h net.h nets.h find/finder.h \
	find/known.h find/lsd.h sha1.h find/portmap.h swarm/swarm.h \
	torrent/meta.h torrent/paths.h torrent/files.h torrent/store.h \
	torrent/resume.h torrent/site.h swarm/pool.h swarm/link.h route.h \
	socks.h rate.h limit.h swarm/peer.h swarm/requests.h swarm/ext.h \
	swarm/conns.h swarm/conn.h find/pex.h swarm/pick.h swarm/slots.h \
	swarm/suggest.h swarm/flow.h swarm/owed.h swarm/judge.h \
	swarm/twins.h swarm/seek.h swarm/metadata.h swarm/lonely.h \
	swarm/webs.h swarm/client.h cmd/cli.h cmd/jobs.h torrent/claims.h \
	torrent/build.h torrent/encode.h web/share.h web/names.h cmd/load.h \
	cmd/options.h cmd/args.h cmd/roam.h cmd/words.h cmd/reachable.h \
	cmd/hook.h cmd/front.h cmd/door.h
cmd/calls.o: cmd/calls.c util.h cmd/calls.h
cmd/sandbox.o: cmd/sandbox.c util.h proc.h net.h cmd/calls.h cmd/sandbox.h
cmd/reach.o: cmd/reach.c util.h resolve.h addr.h https.h curl.h url.h \
	route.h net.h socks.h torrent/meta.h torrent/paths.h \
	torrent/magnet.h cmd/load.h cmd/jobs.h torrent/claims.h \
	torrent/files.h torrent/build.h torrent/encode.h swarm/conns.h \
	torrent/store.h torrent/resume.h torrent/site.h find/known.h \
	swarm/pool.h swarm/link.h rate.h limit.h swarm/peer.h sha1.h \
	swarm/requests.h swarm/ext.h swarm/conn.h find/pex.h find/finder.h \
	find/lsd.h swarm/pick.h swarm/slots.h swarm/suggest.h swarm/flow.h \
	swarm/owed.h swarm/judge.h swarm/twins.h swarm/seek.h \
	swarm/metadata.h swarm/lonely.h swarm/webs.h swarm/swarm.h \
	swarm/client.h web/share.h web/names.h cmd/sandbox.h cmd/reach.h
cmd/make.o: cmd/make.c util.h sha1.h net.h proc.h torrent/paths.h \
	torrent/meta.h torrent/encode.h torrent/edit.h torrent/build.h \
	cmd/load.h route.h addr.h socks.h cmd/cli.h cmd/args.h \
	cmd/progress.h cmd/sandbox.h cmd/reach.h cmd/verb.h
cmd/track.o: cmd/track.c util.h rand.h addr.h net.h proc.h track/answer.h \
	sha1.h http.h url.h track/swarms.h track/state.h track/serve.h \
	cmd/output.h cmd/cli.h cmd/args.h cmd/sandbox.h cmd/reach.h \
	torrent/meta.h torrent/paths.h cmd/verb.h
cmd/run.o: cmd/run.c util.h rand.h addr.h net.h proc.h resolve.h https.h \
	curl.h url.h route.h socks.h torrent/meta.h torrent/paths.h \
	swarm/conns.h torrent/store.h torrent/files.h torrent/resume.h \
	torrent/site.h find/known.h swarm/pool.h swarm/link.h rate.h limit.h \
	swarm/peer.h sha1.h swarm/requests.h swarm/ext.h swarm/conn.h \
	find/pex.h find/finder.h find/lsd.h swarm/pick.h swarm/slots.h \
	swarm/suggest.h swarm/flow.h swarm/owed.h swarm/judge.h \
	swarm/twins.h swarm/seek.h swarm/metadata.h swarm/lonely.h \
	swarm/webs.h swarm/swarm.h swarm/client.h cmd/stream.h cmd/output.h \
	cmd/cli.h cmd/args.h cmd/progress.h cmd/jobs.h torrent/claims.h \
	torrent/build.h torrent/encode.h web/share.h web/names.h cmd/load.h \
	cmd/past.h cmd/options.h cmd/coproc.h cmd/status.h cmd/hook.h \
	cmd/grow.h cmd/reachable.h cmd/words.h cmd/front.h cmd/door.h \
	find/portmap.h cmd/roam.h cmd/sandbox.h cmd/reach.h cmd/verb.h
cmd/show.o: cmd/show.c util.h sha1.h bencode.h torrent/meta.h \
	torrent/paths.h torrent/magnet.h cmd/load.h route.h addr.h net.h \
	socks.h cmd/json.h cmd/scrape.h find/tally.h cmd/cli.h cmd/args.h \
	cmd/sandbox.h cmd/reach.h cmd/verb.h
cmd/check.o: cmd/check.c util.h net.h proc.h torrent/meta.h torrent/paths.h \
	torrent/files.h torrent/site.h torrent/resume.h torrent/store.h \
	torrent/verify.h torrent/build.h torrent/encode.h cmd/load.h route.h \
	addr.h socks.h cmd/cli.h cmd/args.h cmd/progress.h cmd/sandbox.h \
	cmd/reach.h cmd/verb.h
btsh.o: btsh.c util.h cmd/cli.h cmd/verb.h

tests/unit: $(UNIT) tests/unit.h tests/sample.h tests/far.h tests/html.h \
		tests/fault.o $(UNITOBJ)
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) $(WRAP) $(CLOCK) -o $@ \
		$(UNIT) tests/fault.o $(UNITOBJ)

tests/fault.o: tests/fault.c tests/fault.h util.h

tests/probe.o: tests/probe.c util.h proc.h net.h cmd/sandbox.h

tests/btsh-faulty: tests/fault.o tests/probe.o $(OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) $(WRAP) $(PROBE) -o $@ tests/fault.o \
		tests/probe.o $(OBJ)

tests/fuzz/replay: $(FUZZ) $(FUZZ_SHARED) tests/fuzz/replay.c \
		tests/fuzz/fuzz.h tests/fuzz/ears.h tests/fuzz/strangers.h \
		tests/html.h \
		$(UNITOBJ)
	list=; for f in $(FUZZ); do \
		name=$${f##*/}; name=$${name%.c}; list="$$list X($$name)"; \
		$(CC) $(STD) $(DEFS) -I. $(CFLAGS) -c -o $${f%.c}.o \
			-DLLVMFuzzerTestOneInput=fuzz_$$name $$f || exit; \
	done; \
	$(CC) $(STD) $(DEFS) "-DDRIVERS(X)=$$list" -I. $(CFLAGS) $(LDFLAGS) \
		$(CLOCK) $(ALONE) -o $@ tests/fuzz/replay.c \
		$(FUZZ_SHARED) $(FUZZ:.c=.o) $(UNITOBJ)

# each driver for FUZZ_S seconds, by clang's libFuzzer
fuzz: tests/fuzz/replay
	SRC='$(PARTS) $(FUZZ_SHARED)' HDR='$(HDR)' DEFS='$(DEFS)' \
		FUZZ='$(FUZZ)' TREE='$(FUZZ_TREE)' WRAPS='$(CLOCK) $(ALONE)' FUZZ_S=$(FUZZ_S) \
		sh ./tests/fuzz.sh

check: btsh tests/unit tests/btsh-faulty tests/meter tests/load tests/qr \
		tests/fuzz/replay
	SRC='$(SRC)' HDR='$(HDR)' sh ./tests.sh

# what takes minutes
long: btsh tests/fuzz/replay
	FUZZ_S=$(FUZZ_S) sh ./tests.sh long

# which lines and branches the tests run (COVER: shell cases, or all)
coverage:
	SRC='$(SRC)' HDR='$(HDR)' sh ./tests/coverage.sh $(COVER)

# the main job on this machine, every command shown as it runs
demo: btsh
	sh ./tests/demo.sh

tests/load: tests/load.c util.h rand.h sha1.h bencode.h url.h http.h util.o \
		rand.o bencode.o inflate.o url.o http.o
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) -o $@ tests/load.c \
		util.o rand.o bencode.o inflate.o url.o http.o

tests/meter: tests/meter.c util.h util.o
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) -o $@ tests/meter.c \
		util.o

tests/qr: tests/qr.c util.h web/qr.h util.o web/qr.o
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) -o $@ tests/qr.c \
		util.o web/qr.o

tests/copy: tests/copy.c util.h sha1.h util.o sha1.o
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) -o $@ tests/copy.c \
		util.o sha1.o

bench: btsh tests/load tests/meter tests/copy
	sh ./tests/bench.sh

install: btsh
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(MANPREFIX)/man1 \
		$(DESTDIR)$(BASHCOMP) $(DESTDIR)$(ZSHCOMP)
	cp btsh $(DESTDIR)$(PREFIX)/bin/btsh
	chmod 755 $(DESTDIR)$(PREFIX)/bin/btsh
	cp btsh.1 $(DESTDIR)$(MANPREFIX)/man1/btsh.1
	chmod 644 $(DESTDIR)$(MANPREFIX)/man1/btsh.1
	cp contrib/btsh.bash $(DESTDIR)$(BASHCOMP)/btsh
	chmod 644 $(DESTDIR)$(BASHCOMP)/btsh
	cp contrib/btsh.zsh $(DESTDIR)$(ZSHCOMP)/_btsh
	chmod 644 $(DESTDIR)$(ZSHCOMP)/_btsh

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/btsh $(DESTDIR)$(MANPREFIX)/man1/btsh.1 \
		$(DESTDIR)$(BASHCOMP)/btsh $(DESTDIR)$(ZSHCOMP)/_btsh

dist:
	rm -rf btsh-$(VERSION)
	mkdir btsh-$(VERSION)
	tar cf - LICENSE Makefile README btsh.1 tests.sh $(SRC) $(HDR) \
		$(CONTRIB) $(DEBIAN) tests/*.c tests/*.h tests/*.sh \
		tests/*.py tests/complete.bash tests/complete.zsh \
		tests/fuzz/*.c tests/fuzz/*.h tests/fuzz/corpus | \
		(cd btsh-$(VERSION) && tar xf -)
	tar cf - btsh-$(VERSION) | gzip > btsh-$(VERSION).tar.gz
	rm -rf btsh-$(VERSION)

clean:
	rm -f btsh btsh-static tests/unit tests/btsh-faulty tests/load \
		tests/meter tests/copy tests/qr tests/fault.o tests/probe.o tests/fuzz/replay \
		$(FUZZ:.c=.o) $(OBJ) btsh-$(VERSION).tar.gz
	rm -rf tests/fuzz/obj

.PHONY: all static check long fuzz coverage demo bench install uninstall dist clean
