# btsh: a BitTorrent suite for the shell
.POSIX:
.SUFFIXES:
.SUFFIXES: .c .o

VERSION = 0.1
PREFIX = /usr/local
MANPREFIX = $(PREFIX)/share/man

CC = cc
CFLAGS = -O2 -fno-asynchronous-unwind-tables
LDFLAGS =
STD = -std=c99 -pedantic -Wall -Wextra -Wshadow -Wstrict-prototypes
DEFS = -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 \
	-DVERSION='"$(VERSION)"'

# strictly ordered: a file calls only the files before it
SRC = util.c sha1.c bencode.c inflate.c http.c wire.c paths.c meta.c \
	metadata.c seek.c claims.c files.c mark.c store.c requests.c \
	rarest.c pick.c choke.c flow.c blame.c known.c pool.c peer.c tar.c \
	roster.c crowd.c page.c track.c net.c sock.c name.c hash.c fetch.c \
	announce.c link.c swarm.c client.c stream.c load.c keep.c lines.c \
	trackd.c share.c cli.c progress.c jobs.c coproc.c figures.c make.c \
	tracker.c run.c show.c check.c btsh.c
OBJ = $(SRC:.c=.o)
HDR = util.h sha1.h bencode.h inflate.h http.h wire.h paths.h meta.h \
	metadata.h seek.h claims.h files.h mark.h store.h requests.h \
	rarest.h pick.h choke.h flow.h blame.h known.h pool.h peer.h tar.h \
	roster.h crowd.h page.h track.h net.h sock.h name.h hash.h fetch.h \
	announce.h link.h swarm.h client.h stream.h load.h keep.h lines.h \
	trackd.h share.h cli.h progress.h jobs.h coproc.h figures.h verb.h
UNIT = tests/unit.c tests/t_util.c tests/t_sha1.c tests/t_bencode.c \
	tests/t_inflate.c tests/t_http.c tests/t_wire.c tests/t_meta.c \
	tests/t_metadata.c tests/t_claims.c tests/t_store.c tests/t_pick.c \
	tests/t_choke.c tests/t_flow.c tests/t_link.c tests/t_pool.c \
	tests/t_seek.c tests/t_blame.c tests/t_known.c tests/t_peer.c \
	tests/t_tar.c tests/t_crowd.c tests/t_track.c tests/t_announce.c \
	tests/t_lines.c tests/t_keep.c
UNITOBJ = util.o sha1.o bencode.o inflate.o http.o wire.o paths.o meta.o \
	metadata.o seek.o claims.o files.o mark.o store.o requests.o \
	rarest.o pick.o choke.o flow.o blame.o known.o pool.o peer.o tar.o \
	roster.o crowd.o page.o track.o net.o sock.o name.o hash.o fetch.o \
	announce.o link.o lines.o keep.o

all: btsh

btsh: $(OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ)

.c.o:
	$(CC) $(STD) $(DEFS) $(CFLAGS) -c -o $@ $<

util.o: util.c util.h
sha1.o: sha1.c util.h sha1.h
bencode.o: bencode.c util.h bencode.h
inflate.o: inflate.c util.h inflate.h
http.o: http.c util.h inflate.h http.h
wire.o: wire.c util.h sha1.h wire.h
paths.o: paths.c util.h bencode.h wire.h meta.h paths.h
meta.o: meta.c util.h sha1.h bencode.h http.h wire.h paths.h meta.h
metadata.o: metadata.c util.h metadata.h
seek.o: seek.c util.h wire.h metadata.h seek.h
claims.o: claims.c util.h bencode.h wire.h meta.h claims.h
files.o: files.c util.h sha1.h bencode.h wire.h meta.h files.h
mark.o: mark.c util.h sha1.h bencode.h wire.h meta.h files.h mark.h
store.o: store.c util.h sha1.h bencode.h wire.h meta.h files.h mark.h \
	store.h
requests.o: requests.c util.h wire.h requests.h
rarest.o: rarest.c util.h rarest.h
pick.o: pick.c util.h wire.h meta.h requests.h rarest.h pick.h
choke.o: choke.c util.h choke.h
flow.o: flow.c util.h wire.h choke.h flow.h
blame.o: blame.c util.h blame.h
known.o: known.c util.h wire.h known.h
pool.o: pool.c util.h pool.h
peer.o: peer.c util.h bencode.h wire.h meta.h metadata.h requests.h peer.h
tar.o: tar.c util.h tar.h
roster.o: roster.c util.h roster.h
crowd.o: crowd.c util.h wire.h roster.h crowd.h
page.o: page.c util.h wire.h crowd.h page.h
track.o: track.c util.h bencode.h http.h wire.h crowd.h page.h track.h
net.o: net.c util.h net.h
sock.o: sock.c util.h wire.h net.h sock.h
name.o: name.c util.h wire.h net.h sock.h name.h
hash.o: hash.c util.h sha1.h wire.h meta.h store.h net.h hash.h
fetch.o: fetch.c util.h http.h wire.h net.h sock.h name.h fetch.h
announce.o: announce.c util.h bencode.h http.h wire.h meta.h net.h sock.h \
	name.h fetch.h announce.h
link.o: link.c util.h wire.h meta.h requests.h peer.h net.h sock.h link.h
swarm.o: swarm.c util.h sha1.h wire.h meta.h metadata.h seek.h store.h \
	pick.h choke.h flow.h blame.h known.h pool.h requests.h peer.h net.h \
	sock.h hash.h announce.h link.h swarm.h
client.o: client.c util.h wire.h meta.h choke.h requests.h peer.h net.h \
	sock.h link.h swarm.h client.h
stream.o: stream.c util.h wire.h meta.h files.h store.h net.h tar.h stream.h
load.o: load.c util.h inflate.h http.h wire.h meta.h net.h fetch.h load.h
keep.o: keep.c util.h sha1.h wire.h crowd.h net.h keep.h
lines.o: lines.c util.h wire.h net.h lines.h
trackd.o: trackd.c util.h http.h wire.h crowd.h track.h net.h sock.h \
	trackd.h
share.o: share.c util.h sha1.h wire.h meta.h paths.h files.h store.h net.h \
	hash.h share.h
cli.o: cli.c util.h http.h wire.h meta.h cli.h
progress.o: progress.c util.h net.h progress.h
jobs.o: jobs.c util.h http.h wire.h meta.h claims.h files.h store.h choke.h \
	requests.h peer.h net.h name.h load.h link.h pool.h swarm.h client.h \
	share.h cli.h jobs.h
coproc.o: coproc.c util.h wire.h meta.h claims.h choke.h requests.h peer.h \
	net.h link.h pool.h swarm.h client.h lines.h jobs.h coproc.h
figures.o: figures.c util.h wire.h meta.h claims.h store.h choke.h \
	requests.h peer.h net.h link.h pool.h swarm.h client.h progress.h \
	jobs.h figures.h
make.o: make.c util.h wire.h meta.h net.h share.h cli.h progress.h verb.h
tracker.o: tracker.c util.h http.h wire.h crowd.h track.h net.h keep.h \
	lines.h trackd.h cli.h verb.h
run.o: run.c util.h wire.h meta.h claims.h store.h choke.h requests.h peer.h \
	net.h sock.h link.h pool.h swarm.h client.h stream.h lines.h cli.h \
	progress.h jobs.h coproc.h figures.h verb.h
show.o: show.c util.h wire.h meta.h load.h cli.h verb.h
check.o: check.c util.h sha1.h wire.h meta.h files.h store.h net.h hash.h \
	share.h load.h cli.h progress.h verb.h
btsh.o: btsh.c util.h cli.h verb.h

tests/unit: $(UNIT) tests/unit.h $(UNITOBJ)
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) -o $@ $(UNIT) $(UNITOBJ)

check: btsh tests/unit tests/meter
	SRC='$(SRC)' sh ./tests.sh

# the main job on this machine, every command shown as it runs
demo: btsh
	sh ./tests/demo.sh

tests/load: tests/load.c util.h bencode.h http.h wire.h \
		util.o bencode.o inflate.o http.o
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) -o $@ tests/load.c \
		util.o bencode.o inflate.o http.o

tests/meter: tests/meter.c util.h util.o
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) -o $@ tests/meter.c \
		util.o

tests/copy: tests/copy.c util.h sha1.h util.o sha1.o
	$(CC) $(STD) $(DEFS) -I. $(CFLAGS) $(LDFLAGS) -o $@ tests/copy.c \
		util.o sha1.o

bench: btsh tests/load tests/meter tests/copy
	sh ./tests/bench.sh

install: btsh
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(MANPREFIX)/man1
	cp btsh $(DESTDIR)$(PREFIX)/bin/btsh
	chmod 755 $(DESTDIR)$(PREFIX)/bin/btsh
	cp btsh.1 $(DESTDIR)$(MANPREFIX)/man1/btsh.1
	chmod 644 $(DESTDIR)$(MANPREFIX)/man1/btsh.1

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/btsh $(DESTDIR)$(MANPREFIX)/man1/btsh.1

dist:
	rm -rf btsh-$(VERSION)
	mkdir -p btsh-$(VERSION)/tests
	cp LICENSE Makefile README btsh.1 tests.sh $(SRC) $(HDR) \
		btsh-$(VERSION)
	cp tests/*.c tests/*.h tests/*.sh tests/*.py btsh-$(VERSION)/tests
	tar cf - btsh-$(VERSION) | gzip > btsh-$(VERSION).tar.gz
	rm -rf btsh-$(VERSION)

clean:
	rm -f btsh tests/unit tests/load tests/meter tests/copy $(OBJ) \
		btsh-$(VERSION).tar.gz

.PHONY: all check demo bench install uninstall dist clean
