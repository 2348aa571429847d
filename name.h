/* Names. */

/* The addresses of a name, without stalling the loop: a child asks for them,
 * ten seconds at most.  done gets n addresses (0: there are none, or it took
 * too long; -1: no child could be had) with port; it is never called from
 * within name_resolve.  name_forget ends a lookup that is not done. */
struct lookup;
struct lookup *name_resolve(const char *host, uint16_t port,
    void (*done)(void *arg, const struct addr *list, int n), void *arg);
void name_forget(struct lookup *l);
/* What is wrong if there are n <= 0 addresses. */
const char *name_fault(int n);
