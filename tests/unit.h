/* The harness of the unit tests.  A module's cases stand in one function:
 *	CASE("module: what should be so");
 *	OK(expression);
 * begins a case and checks in it; a check that fails is noted, and the case
 * goes on.  A case that checks nothing fails. */

#define CASE(name)         unit_case(name)
#define OK(expr)           unit_ok((expr) != 0, __FILE__, __LINE__, #expr, "")
/* The same in a loop: what (a string) names the round. */
#define OK_FOR(what, expr) unit_ok((expr) != 0, __FILE__, __LINE__, #expr, \
	what)
/* A literal and its length, for bytes with NULs in them. */
#define BYTES(literal)     (literal), (sizeof(literal) - 1)

struct span;

void unit_case(const char *name);
void unit_ok(int ok, const char *file, int line, const char *expr,
    const char *what);
/* n bytes in memory of their own with nothing behind them, so that the
 * sanitizers see a read beyond the end.  The caller frees. */
void *unit_copy(const void *p, size_t n);
/* A byte or a few of the n at p changed, put in, taken out or cut off, for
 * bytes that nobody meant; bencode's own letters come often.  Returns the new
 * n, 1 up to size. */
size_t unit_mutate(uint8_t *p, size_t n, size_t size, uint64_t *state);
/* Whether v is bencode as it is to be written: each dictionary's keys stand in
 * strictly rising bytewise order, and no number has a digit or sign too many.
 */
int unit_canonical(struct span v);
/* Processor time that this process has taken, in seconds of a usual machine: a
 * yardstick, measured once, makes up for one that is slow, or emulated, and
 * for the sanitizers. */
double unit_seconds(void);

/* The clock that the loop reads (clock.c), set to so many milliseconds; 0: the
 * real one again.  As long as it is set, it moves on by what poll would wait,
 * without waiting. */
void clock_set(int64_t now_ms);
void clock_move(int64_t ms);
/* Whether it does wait, and the clock that was set moves on by that. */
void clock_flow(int on);
/* Rounds of the loop, while the clock is set, until done(arg), unless NULL, or
 * for most_ms.  What done(arg) is. */
int clock_run(int (*done)(void *arg), void *arg, int64_t most_ms);

/* A module's cases, called by the table in unit.c. */
void test_util(void);
void test_sha1(void);
void test_bencode(void);
void test_inflate(void);
void test_http(void);
void test_net(void);
void test_socks(void);
void test_https(void);
void test_udpt(void);
void test_wire(void);
void test_meta(void);
void test_resume(void);
void test_edit(void);
void test_saver(void);
void test_rate(void);
void test_pieces(void);
void test_pick(void);
void test_choke(void);
void test_slots(void);
void test_suggest(void);
void test_flow(void);
void test_link(void);
void test_pool(void);
void test_seek(void);
void test_blame(void);
void test_conns(void);
void test_client(void);
void test_swarm(void);
void test_judge(void);
void test_known(void);
void test_tally(void);
void test_pex(void);
void test_nodes(void);
void test_dht(void);
void test_dhtsim(void);
void test_finder(void);
void test_claims(void);
void test_store(void);
void test_keep(void);
void test_workers(void);
void test_metadata(void);
void test_peer(void);
void test_tar(void);
void test_swarms(void);
void test_answer(void);
void test_announce(void);
void test_portmap(void);
void test_web(void);
void test_view(void);
void test_body(void);
void test_server(void);
void test_state(void);
void test_serve(void);
void test_output(void);
void test_json(void);
void test_progress(void);
void test_roam(void);
void test_reachable(void);
void test_options(void);
void test_coproc(void);
void test_jobs(void);
void test_qr(void);
void test_webseed(void);
void test_webs(void);
