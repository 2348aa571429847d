/* The tracker's sockets: requests over HTTP and UDP in, a struct track's
 * replies out. */

struct trackd;

/* Listens on host (NULL: everywhere) and port (0: any), which it returns in
 * *port, and begins with the next round of the loop.  event, unless NULL,
 * hears of each announce.  t and event are borrowed.  NULL with errno. */
struct trackd *trackd_open(struct track *t, const char *host, uint16_t *port,
    void (*event)(const struct track_event *ev));
void trackd_close(struct trackd *d);
