/* The tracker's sockets: requests over HTTP and UDP in, a struct track's
 * replies out. */

struct trackd;

/* Listens on host (NULL: everywhere) and port (0: any), which it returns in
 * *port.  NULL with errno. */
struct trackd *trackd_open(const char *host, uint16_t *port);
/* Answers from the next round of the loop on.  event, unless NULL, hears of
 * each announce.  t and event are borrowed. */
void trackd_begin(struct trackd *d, struct track *t,
    void (*event)(const struct track_event *ev));
void trackd_close(struct trackd *d);
