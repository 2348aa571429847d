# btsh: a BitTorrent suite for the shell
.POSIX:

VERSION = 0.1
PREFIX = /usr/local
MANPREFIX = $(PREFIX)/share/man

CC = cc
CFLAGS = -O2
LDFLAGS =
STD = -std=c99 -pedantic -Wall -Wextra -Wshadow -Wstrict-prototypes
DEFS = -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 \
	-DVERSION='"$(VERSION)"'

# strictly ordered: a file calls only the files before it
SRC = util.c sha1.c bencode.c http.c wire.c meta.c store.c \
	pick.c choke.c blame.c known.c peer.c track.c \
	net.c hash.c fetch.c announce.c link.c swarm.c client.c \
	trackd.c share.c cli.c make.c tracker.c run.c btsh.c
OBJ = $(SRC:.c=.o)

all: btsh

btsh: $(OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ)

.c.o:
	$(CC) $(STD) $(DEFS) $(CFLAGS) -c -o $@ $<

clean:
	rm -f btsh $(OBJ)
