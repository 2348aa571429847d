/* The bytes of the peer protocol (BEP 3, 6, 10), of compact addresses (BEP 23,
 * 7) and of UDP trackers (BEP 15).  All integers are big-endian. */

enum {
	BLOCK_LEN     = 16384,
	HANDSHAKE_LEN = 68,
	REQUEST_MAX   = 131072, /* bytes of block that a request may ask for */
	EXTENDED_MAX  = 65536,
	ID_LEN        = 20      /* an info hash, a peer id */
};

enum msg {
	MSG_CHOKE, MSG_UNCHOKE, MSG_INTERESTED, MSG_NOT_INTERESTED, MSG_HAVE,
	MSG_BITFIELD, MSG_REQUEST, MSG_PIECE, MSG_CANCEL, MSG_PORT,
	MSG_SUGGEST = 13, MSG_HAVE_ALL, MSG_HAVE_NONE, MSG_REJECT,
	MSG_ALLOWED_FAST, MSG_EXTENDED = 20
};

/* What the eight reserved bytes of a handshake can say. */
enum { CAN_FAST = 1, CAN_EXTENDED = 2 };

/* An address and a port; IPv4 is mapped into IPv6 (::ffff:a.b.c.d). */
struct addr {
	uint8_t ip[16];
	uint16_t port;
};

/* A block of a piece, as requests name it. */
struct block {
	uint32_t piece, begin, len;
};

/* The whole handshake, and its parts: flags of the 48 bytes before the peer
 * id, or -1 if they are not BitTorrent's. */
void wire_handshake(struct buf *b, const uint8_t hash[ID_LEN],
    const uint8_t id[ID_LEN]);
int wire_handshake_flags(const uint8_t *p);

/* A message with n 32-bit integers (n up to 3) and no payload. */
void wire_put(struct buf *b, enum msg id, int n, uint32_t x, uint32_t y,
    uint32_t z);
/* The head of a message whose payload of len bytes the caller appends. */
void wire_put_head(struct buf *b, enum msg id, size_t len);
/* Whether a message id may have len bytes after the id in a torrent of npieces
 * pieces.  Of ids that we do not know any length up to EXTENDED_MAX may be
 * skipped. */
int wire_len_ok(unsigned id, uint32_t len, uint32_t npieces);
struct block wire_block(const uint8_t *p); /* 12 bytes */

/* BEP 6's allowed fast set for an IPv4 address: k pieces, fewer if there are
 * no k, none for IPv6.  Returns how many it wrote to set. */
int wire_fast_set(uint32_t *set, int k, uint32_t npieces,
    const uint8_t hash[ID_LEN], const struct addr *a);

/* Addresses.  addr_parse takes a number with a port ("1.2.3.4:5", "[::1]:5"),
 * or without one if need_port is 0; 0 or -1.  addr_format writes such a text
 * of at most ADDR_TEXT bytes with its NUL. */
enum { ADDR_TEXT = 56 };
int addr_parse(struct addr *a, const char *text, int need_port);
char *addr_format(char text[ADDR_TEXT], const struct addr *a);
int addr_is4(const struct addr *a);
int addr_is_loopback(const struct addr *a);
int addr_same_ip(const struct addr *a, const struct addr *b);
int addr_same(const struct addr *a, const struct addr *b);
/* Whether both may be one stranger's: the same IPv4 address, IPv6 addresses of
 * one /64, ports of this host. */
int addr_near(const struct addr *a, const struct addr *b);
/* The same, or the same /48: who has one of these has 65,536 of those. */
int addr_near48(const struct addr *a, const struct addr *b);
/* Whether a stranger may make us dial it: no port 0, no multicast, no 0/8. */
int addr_dialable(const struct addr *a);
/* From where it can be reached: this host alone (0/8 leads there, too), one's
 * own network (RFC 1918, 6598, 4193, 8215, link-local and site-local), or
 * everywhere.  An IPv6 address that stands for an IPv4 one is where that is.
 */
enum addr_scope { SCOPE_LOOPBACK, SCOPE_PRIVATE, SCOPE_GLOBAL };
enum addr_scope addr_scope(const struct addr *a);
/* One compact address: 6 bytes of IPv4 or 18 of IPv6. */
void addr_unpack(struct addr *a, const uint8_t *p, int is4);
void addr_pack(struct buf *b, const struct addr *a); /* 6 or 18 bytes */

/* An announce, as a client sends it (BEP 3, BEP 15). */
enum event { EVENT_NONE, EVENT_COMPLETED, EVENT_STARTED, EVENT_STOPPED };
struct announce_params {
	const uint8_t *hash, *id; /* ID_LEN bytes each, borrowed */
	int64_t uploaded, downloaded, left;
	enum event event;
	uint32_t key;
	int numwant;
	int partial_seed;         /* it wants no more of it (BEP 21) */
	uint16_t port;
};

/* UDP tracker packets.  A request to connect begins with UDP_MAGIC; path is
 * the URL's path and query for BEP 41. */
void udp_connect(struct buf *b, uint32_t transaction);
void udp_announce(struct buf *b, uint64_t connection, uint32_t transaction,
    const struct announce_params *a, const char *path);
/* Replies: action, or -1 if it is none for this transaction.  body is what
 * follows action and transaction: the connection id (8 bytes), the announce's
 * figures (12) and addresses, or the error's text. */
#define UDP_MAGIC UINT64_C(0x41727101980)
enum { UDP_CONNECT, UDP_ANNOUNCE, UDP_SCRAPE, UDP_ERROR };
int udp_reply(const uint8_t *p, size_t n, uint32_t transaction,
    struct span *body);
