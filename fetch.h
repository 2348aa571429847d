/* One HTTP GET, followed through redirects, within a deadline. */

struct fetch;

enum { FETCH_MS = 20000, FETCH_REDIRECTS = 5 };

/* The reply's body, borrowed during the call, or why there is none (a text
 * valid during the call, safe to print).  Both: an error's page. */
typedef void fetch_done(void *arg, struct span body, const char *why);

/* Gets url, its query extended by query unless that is NULL; the body may be
 * limit bytes.  to: the address to ask, or NULL: what the host's name says.
 * done is called once, never from within, after which the fetch is gone. */
struct fetch *fetch_start(const struct url *url, const char *query,
    const struct addr *to, size_t limit, fetch_done *done, void *arg);
void fetch_stop(struct fetch *f); /* without done */
