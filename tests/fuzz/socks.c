/* socks: what a proxy says, whole, byte by byte, and by a reader who takes no
 * more than is wanted: the same talk, which says what we mean and takes no
 * byte of the stream behind it. */
#include "fuzz.h"
#include "socks.h"

struct asked {
	char host[300];
	struct addr to;
	int by_name;
	struct span login;
};

/* How a talk went. */
struct talk {
	struct buf said;
	size_t taken, wants;
	int failed, err;
	char why[64];
};

/* step 0: as much as is wanted.  0, or -1: there is no such talk. */
static int
talk(struct talk *t, const struct asked *a, struct span s, size_t step)
{
	struct socks k;
	uint8_t *p;
	size_t n;
	long r;

	memset(t, 0, sizeof *t);
	if (!a->by_name)
		socks_to(&k, &a->to, a->login);
	else if (socks_to_name(&k, a->host, a->to.port, a->login) < 0)
		return -1;
	while (s.n > 0 && socks_wants(&k) > 0 && !t->failed) {
		CHECK(socks_wants(&k) <= SOCKS_ASK);
		n = MIN(step ? step : socks_wants(&k), s.n);
		p = copy_of(span_at(s.p, n));
		r = socks_feed(&k, p, n);
		free(p);
		CHECK(r < 0 || r == (long)n || socks_wants(&k) == 0);
		CHECK(r <= (long)n && (step || r < 0 || r == (long)n));
		t->failed = r < 0;
		take_span(&s, r < 0 ? 0 : (size_t)r);
		t->taken += r < 0 ? 0 : (size_t)r;
	}
	buf_put(&t->said, k.out.p + k.out.at, buf_left(&k.out));
	t->wants = t->failed ? 0 : socks_wants(&k);
	t->err = k.err;
	memcpy(t->why, k.why, sizeof t->why);
	CHECK(!t->failed == !k.err && !t->failed == !*k.why);
	CHECK(memchr(k.why, 0, sizeof k.why) && is_printable(k.why));
	socks_free(&k);
	return 0;
}

/* The greeting, the password if it was wanted, the request. */
static void
means(const struct talk *t, const struct asked *a, struct span s)
{
	struct buf want = { 0 };
	uint8_t port[2], ask[4] = { 5, 1, 0, 3 };
	size_t reply, head = 2, n = strlen(a->host);
	int is4 = addr_is4(&a->to);

	put16(port, a->to.port);
	buf_put(&want, "\5\1\0", 3);
	want.p[1] += a->login.n > 0;
	buf_put(&want, "\2", a->login.n > 0);
	CHECK(s.n >= 9 && s.p[0] == 5 && (s.p[1] == 0 || s.p[1] == 2));
	if (s.p[1] == 2) {
		CHECK(a->login.n > 0 && s.p[3] == 0);
		buf_put(&want, a->login.p, a->login.n);
		head += 2;
	}
	ask[3] = a->by_name ? 3 : is4 ? 1 : 4;
	buf_put(&want, ask, 4);
	if (a->by_name)
		buf_printf(&want, "%c%s", (int)n, a->host);
	else
		buf_put(&want, a->to.ip + (is4 ? 12 : 0), is4 ? 4 : 16);
	buf_put(&want, port, 2);
	CHECK(same_bytes(span_at(want.p, want.len),
	    span_at(t->said.p, t->said.len)));
	s.p += head;
	reply = 4 + 2 + (s.p[3] == 1 ? 4 : s.p[3] == 4 ? 16 : 1u + s.p[4]);
	CHECK(s.p[0] == 5 && s.p[1] == 0 && t->taken == head + reply);
	buf_free(&want);
}

static void
same_talk(const struct talk *a, const struct talk *b)
{
	CHECK(same_bytes(span_at(a->said.p, a->said.len),
	    span_at(b->said.p, b->said.len)));
	CHECK(a->failed == b->failed && a->err == b->err &&
	    a->wants == b->wants && strcmp(a->why, b->why) == 0);
	CHECK(a->failed || a->taken == b->taken);
}

static void
logs_in(uint8_t login[SOCKS_LOGIN], struct asked *a, struct span name,
    struct span password)
{
	long n = socks_login(login, name, password);

	CHECK((n < 0) == (name.n == 0 || name.n > 255 || password.n > 255));
	if (n < 0)
		return;
	a->login = span_at(login, (size_t)n);
	CHECK(n == 3 + (long)name.n + (long)password.n && login[0] == 1);
	CHECK(same_bytes(span_at(login + 2, login[1]), name));
	CHECK(login[2 + name.n] == password.n && (password.n == 0 ||
	    memcmp(login + 3 + name.n, password.p, password.n) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n), host, name;
	struct asked a = { .login = { NULL, 0 } };
	struct talk whole, cut;
	uint8_t login[SOCKS_LOGIN];
	unsigned how = take8(&s);

	a.to = take_addr(&s);
	a.by_name = how & 1;
	if (a.by_name) {
		host = take_span(&s, take8(&s) + (how & 2));
		memcpy(a.host, host.p, host.n);
	}
	if (how & 4) {
		name = take_span(&s, take8(&s) + (how & 8) / 8);
		logs_in(login, &a, name, take_span(&s, take8(&s) +
		    (how & 16) / 16));
	}
	if (talk(&whole, &a, s, SIZE_MAX) < 0) {
		CHECK(!*a.host || strlen(a.host) > 255);
		return 0;
	}
	if (!whole.failed && whole.wants == 0)
		means(&whole, &a, s);
	talk(&cut, &a, s, 1);
	same_talk(&whole, &cut);
	buf_free(&cut.said);
	talk(&cut, &a, s, 0);
	same_talk(&whole, &cut);
	buf_free(&cut.said);
	buf_free(&whole.said);
	return 0;
}
