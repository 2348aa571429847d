/* A torrent (BEP 3, 12, 27, 47) or a magnet link (BEP 9, 53), parsed and
 * checked; a torrent, made. */

enum {
	META_MAX       = 256 << 20, /* bytes of a torrent from disk */
	META_NET_MAX   = 16 << 20,  /* and of one from the network */
	PATH_ELEMENTS  = 64,
	ELEMENT_MAX    = 255,       /* bytes of a path's element */
	PIECE_LEN_MIN  = 1 << 10,
	PIECE_LEN_MAX  = 256 << 20,
	TRACKERS_MAX   = 100,
	META_WHY       = 120        /* bytes of a reason, all printable */
};

/* How a torrent's bytes are cut. */
struct shape {
	int64_t size;
	uint32_t piece_len, npieces;
};

struct file {
	int64_t off, len;  /* where it stands among all bytes */
	/* a bencoded list of safe names, borrowed; n 0: a single file, or
	 * padding, whose path need not be distinct either */
	struct span path;
	int pad;           /* BEP 47: zeros that are not on disk */
	int link;          /* BEP 47: a symbolic link, of no bytes */
};

/* Where a symbolic link leads. */
struct target {
	uint32_t file;
	struct span path;  /* a bencoded list, borrowed */
};

/* Numbers of files, the last one among them. */
struct range {
	uint32_t first, last;
};

struct tracker {
	char *url;         /* owned */
	int tier;
	int by_user;       /* the user named it, not a torrent or a link */
};

struct meta {
	struct buf raw;         /* the whole torrent, owned */
	struct span info;       /* the info dictionary, as it stands */
	uint8_t hash[20];       /* its SHA-1 */
	uint8_t *pieces;        /* npieces digests, in raw */
	struct span name;       /* safe: the root's on disk */
	struct span said;       /* the name as the torrent has it; n 0: none */
	struct span comment, source;
	struct text *texts;     /* owned: names and paths that were not safe */
	struct shape sh;
	struct file *files;     /* owned; in the torrent's order */
	uint32_t nfiles;
	struct target *targets; /* owned; the links', files rising */
	uint32_t ntargets;
	int is_dir;             /* the files stand in a directory, name */
	int private;            /* BEP 27 */
	struct tracker *trackers; /* owned; tiers rise */
	int ntrackers;
	struct span *peers;     /* of a magnet link: host:port; owned */
	int npeers;
	struct range *select;   /* the files that it chooses; owned; rising */
	uint32_t nselect;       /* 0: all */
};

/* Takes raw's bytes over (it is empty afterwards) whether it works or not.
 * The caller frees with meta_free.  NULL, and why it is no torrent; else why
 * means nothing. */
struct meta *meta_parse(struct buf *raw, char why[META_WHY]);
void meta_free(struct meta *m);

/* A magnet link (BEP 9) or an info hash of 40 hexadecimal digits, with or
 * without blanks around: a meta whose info is empty, which has no files and no
 * pieces; its name may be empty and its size 0.  NULL, and why it is neither.
 */
struct meta *meta_parse_magnet(const char *text, char why[META_WHY]);
/* Whether a text looks like one. */
int meta_is_magnet(const char *text);
/* The torrent of a magnet link, whose info dictionary was got elsewhere, with
 * the link's trackers and its choice of files.  NULL: info is not the one (why
 * is empty), or no torrent. */
struct meta *meta_complete(const struct meta *magnet, struct span info,
    char why[META_WHY]);
/* Whether the link chose the file (BEP 53); without a choice, all are. */
int meta_selects(const struct meta *m, uint32_t file);
/* Appends the choice as a link has it: 0,2,4-6. */
void meta_put_select(struct buf *out, const struct meta *m);

/* The elements of a file's path below the root, one at a time:
 *	it = ben_items(f->path); while (meta_element(&it, &e)) ... */
int meta_element(struct span *items, struct span *element);
/* The file's path, from the root's name on, appended as it stands. */
void meta_path(struct buf *b, const struct meta *m, const struct file *f);
/* Whether file is a symbolic link (BEP 47), and then its target: a bencoded
 * list of safe elements below the root, for meta_element.  There may be no
 * such file: the link dangles then. */
int meta_target(const struct meta *m, uint32_t file, struct span *path);
/* The file that holds byte off (of those with bytes), by halving. */
uint32_t meta_file_at(const struct meta *m, int64_t off);
/* Clears in a bit set the pieces that have any of the bytes from up to to. */
void shape_clear(const struct shape *sh, uint8_t *set, int64_t from,
    int64_t to);
/* The pieces that hold bytes of files that skip, a bit set, has not; NULL has
 * none.  set has a bit for each piece. */
void meta_wanted(const struct meta *m, const uint8_t *skip, uint8_t *set);
/* The bytes of one piece. */
uint32_t shape_len(const struct shape *sh, uint32_t piece);
/* The info hash, from info: for a torrent whose pieces were filled in. */
void meta_rehash(struct meta *m);

/* What a new torrent says.  All borrowed. */
struct recipe {
	const char *name;
	int is_dir;
	const struct ingredient {
		char *path; /* below the root, elements parted by '/' */
		int64_t len;
	} *files;           /* one, whose path is not used, unless is_dir */
	uint32_t nfiles;
	uint32_t piece_len;
	const uint8_t *pieces; /* NULL: zeros, to be filled in later */
	const char *comment, *source;  /* NULL: none */
	int private;
	const struct tracker *trackers;
	int ntrackers;
	char **webseeds;
	int nwebseeds;
};

/* Appends the torrent to out: canonical, the same for the same recipe. */
void meta_encode(struct buf *out, const struct recipe *r);
/* The piece length for so many bytes: a power of two that gives about 1,000 to
 * 2,000 pieces, between 2^15 and 2^24. */
uint32_t meta_piece_len(int64_t size);

/* Appends a magnet link (BEP 9) naming m's trackers and peers, and peer unless
 * NULL. */
void meta_magnet(struct buf *out, const struct meta *m,
    const struct addr *peer);
