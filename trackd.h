/* The tracker's sockets: HTTP requests in, a struct track's replies out. */

struct trackd;

/* Listens on host (NULL: everywhere) and port (0: any), which it returns in
 * *port.  event, unless NULL, hears of each announce.  t and event are
 * borrowed.  NULL with errno. */
struct trackd *trackd_open(struct track *t, const char *host, uint16_t *port,
    void (*event)(const struct track_event *ev));
void trackd_close(struct trackd *d);
