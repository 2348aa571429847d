/* Runs the unit tests: all of them, or what the arguments name, modules or
 * globs of cases ('peer: a request*').  A line for each case on stdout, a sum
 * at the end, exit 1 if a case failed, 2 if an argument names none.  To add a
 * module: its function in unit.h, its line in the table below.
 *
 * Of a module that has a named case, the others run, too, unseen: they stand
 * in one function with it.  What a case checks depends on its own function
 * alone. */
#include <fnmatch.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util.h"
#include "rand.h"
#include "bencode.h"
#include "unit.h"

static void end_case(void);
static int may_name(void);
static int is_named(const char *name);
static int is_plain(struct span v);
static int span_cmp(struct span a, struct span b);

static const struct {
	const char *name;
	void (*run)(void);
} modules[] = {
	{ "util", test_util },
	{ "sha1", test_sha1 },
	{ "bencode", test_bencode },
	{ "inflate", test_inflate },
	{ "http", test_http },
	{ "net", test_net },
	{ "socks", test_socks },
	{ "https", test_https },
	{ "udpt", test_udpt },
	{ "wire", test_wire },
	{ "meta", test_meta },
	{ "resume", test_resume },
	{ "edit", test_edit },
	{ "saver", test_saver },
	{ "rate", test_rate },
	{ "pieces", test_pieces },
	{ "pick", test_pick },
	{ "choke", test_choke },
	{ "slots", test_slots },
	{ "suggest", test_suggest },
	{ "flow", test_flow },
	{ "link", test_link },
	{ "pool", test_pool },
	{ "seek", test_seek },
	{ "blame", test_blame },
	{ "judge", test_judge },
	{ "webseed", test_webseed },
	{ "webs", test_webs },
	{ "known", test_known },
	{ "tally", test_tally },
	{ "pex", test_pex },
	{ "nodes", test_nodes },
	{ "dht", test_dht },
	{ "dhtsim", test_dhtsim },
	{ "finder", test_finder },
	{ "claims", test_claims },
	{ "store", test_store },
	{ "keep", test_keep },
	{ "workers", test_workers },
	{ "metadata", test_metadata },
	{ "peer", test_peer },
	{ "conns", test_conns },
	{ "client", test_client },
	{ "swarm", test_swarm },
	{ "tar", test_tar },
	{ "swarms", test_swarms },
	{ "answer", test_answer },
	{ "announce", test_announce },
	{ "portmap", test_portmap },
	{ "web", test_web },
	{ "view", test_view },
	{ "body", test_body },
	{ "server", test_server },
	{ "state", test_state },
	{ "serve", test_serve },
	{ "output", test_output },
	{ "json", test_json },
	{ "progress", test_progress },
	{ "roam", test_roam },
	{ "reachable", test_reachable },
	{ "options", test_options },
	{ "coproc", test_coproc },
	{ "jobs", test_jobs },
	{ "qr", test_qr },
};

enum { NMODULES = LEN(modules) };

/* the case that runs, "" if none does, and its first failure */
static char running[128], failure[512];
static int checks, npassed, nfailed;
static const char *module;  /* that runs */
static char **names, *used; /* the arguments, and which named something */
static int nnames;

int
main(int argc, char **argv)
{
	const char *without = getenv("UNIT_WITHOUT"); /* a module */
	int i, r = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	unsetenv("http_proxy");
	names = argv + 1;
	nnames = argc - 1;
	used = xcalloc((size_t)nnames, 1);
	for (i = 0; i < NMODULES; i++) {
		module = modules[i].name;
		if (!may_name() || (without && strcmp(without, module) == 0))
			continue;
		modules[i].run();
		end_case();
	}
	for (i = 0; i < nnames; i++)
		if (!used[i]) {
			fprintf(stderr, "unit: no case %s\n", names[i]);
			r = 2;
		}
	free(used);
	printf("unit: %d passed, %d failed\n", npassed, nfailed);
	return r ? r : nfailed > 0;
}

/* Whether an argument may name a case of the module: it is another module's if
 * it is that, or begins with it and a colon. */
static int
may_name(void)
{
	size_t n;
	int i, j, other;

	for (i = 0; i < nnames; i++) {
		n = strcspn(names[i], ":");
		for (j = other = 0; j < NMODULES; j++)
			if (strlen(modules[j].name) == n && memcmp(
			    modules[j].name, names[i], n) == 0)
				other = strcmp(modules[j].name, module) != 0;
		if (!other)
			return 1;
	}
	return nnames == 0;
}

static int
is_named(const char *name)
{
	int i, r = nnames == 0;

	for (i = 0; i < nnames; i++)
		if (strcmp(names[i], module) == 0 ||
		    fnmatch(names[i], name, 0) == 0)
			r = used[i] = 1;
	return r;
}

void
unit_case(const char *name)
{
	end_case();
	snprintf(running, sizeof running, "%s", name);
	failure[0] = '\0';
	checks = 0;
}

static void
end_case(void)
{
	if (!running[0] || !is_named(running)) {
		running[0] = '\0';
		return;
	}
	if (checks == 0)
		snprintf(failure, sizeof failure, "nothing was checked");
	if (failure[0]) {
		printf("FAIL %s (%s)\n", running, failure);
		nfailed++;
	} else {
		printf("ok %s\n", running);
		npassed++;
	}
	running[0] = '\0';
}

void
unit_ok(int ok, const char *file, int line, const char *expr, const char *what)
{
	checks++;
	if (ok || failure[0])
		return;
	snprintf(failure, sizeof failure, "%s:%d: %s%s%s", file, line, expr,
	    what[0] ? ", for " : "", what);
}

void *
unit_copy(const void *p, size_t n)
{
	void *copy = malloc(n ? n : 1);

	if (!copy) {
		fprintf(stderr, "unit: out of memory\n");
		exit(1);
	}
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

size_t
unit_mutate(uint8_t *p, size_t n, size_t size, uint64_t *state)
{
	static const char letters[] = "ilde0123456789:-ax\xff";
	uint32_t edits = 1 + rnd_below(state, 4), kind;
	uint8_t c;
	size_t at;

	for (; edits > 0; edits--) {
		at = rnd_below(state, (uint32_t)n);
		kind = rnd_below(state, 16);
		c = kind % 4 ? (uint8_t)letters[rnd_below(state,
		    sizeof letters - 1)] : (uint8_t)rnd_next(state);
		if (kind < 8) {
			p[at] = c;
		} else if (kind < 12 && n < size) {
			memmove(p + at + 1, p + at, n++ - at);
			p[at] = c;
		} else if (kind < 15 && n > 1) {
			n--;
			memmove(p + at, p + at + 1, n - at);
		} else if (rnd_below(state, 4) == 0) {
			n = at + 1;
		}
	}
	return n;
}

int
unit_canonical(struct span v)
{
	struct span it = ben_items(v), k, last = { NULL, 0 }, s;
	int dict = ben_kind(v) == 'd';

	if (!is_plain(v))
		return 0;
	while (ben_next(&it, &k)) {
		if (dict) {
			ben_str(k, &s);
			if (!is_plain(k) || (last.p && span_cmp(last, s) >= 0))
				return 0;
			last = s;
			ben_next(&it, &k);
		}
		if (!unit_canonical(k)) /* as deep as BEN_DEPTH at most */
			return 0;
	}
	return 1;
}

/* Whether a value begins as it would be written. */
static int
is_plain(struct span v)
{
	size_t i = v.p[0] == 'i', minus = i && v.p[i] == '-';

	i += minus;
	return v.p[i] != '+' && (v.p[i] != '0' ||
	    (!minus && (v.p[i + 1] == 'e' || v.p[i + 1] == ':')));
}

static int
span_cmp(struct span a, struct span b)
{
	int c = memcmp(a.p, b.p, MIN(a.n, b.n));

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

double
unit_seconds(void)
{
	static const double usual = 0.016;
	static double took;
	static uint8_t data[1 << 20], key[16];
	clock_t began = clock();
	uint64_t sum = 0;
	int i;

	if (took == 0) {
		for (i = 0; i < 16; i++, key[0]++)
			sum += siphash(key, data, sizeof data);
		took = (double)(clock() - began + (sum == 0)) / CLOCKS_PER_SEC;
		took = MAX(took, usual / 4);
	}
	return (double)clock() / CLOCKS_PER_SEC * usual / took;
}
