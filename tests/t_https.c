/* curl.c, spawn.c, https.c and fetch.c over them: how the program is called,
 * what is made of what it prints, and that it ends when nobody waits for it.
 * The program is a script of the test's own. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "addr.h"
#include "url.h"
#include "net.h"
#include "curl.h"
#include "https.h"
#include "fetch.h"
#include "fault.h"
#include "unit.h"

enum { WAIT_MS = 60000, MANY = 10, RUNS = 8 };

/* What came of one request. */
struct got {
	struct https *https;
	struct buf body;
	size_t most;           /* then it is stopped; 0: never */
	int begun, over, status;
	char why[256];         /* "-": none */
};

static char dir[] = "/tmp/btsh-https-XXXXXX";
static char script[64], fifo[64];
static const char *proxy, *login; /* of calls; NULL: none */

static void urls(void);
static void calls(void);
static void reasons(void);
static void runs(void);
static void ends(void);
static void turns(void);
static void faults(void);
static void fetches(void);
static const char *called(const char *url, const char *query,
    const char *local);
static struct curl_ask ask_of(const char *url);
static void program(const char *text);
static void on_begun(void *arg);
static void on_data(void *arg, struct span bytes);
static void on_ended(void *arg, int status, const char *why);
static void on_fetched(void *arg, struct span body, const char *why);
static int is_over(void *arg);
static void start(struct got *g, const char *url);
static void request(struct got *g, const char *url);
static int is_body(const struct got *g, const char *text);
static int all_gone(int fd);
static int some_begun(void *arg);
static void fetch_for(struct got *g, const char *url, int by_user,
    int64_t most_ms);

static const struct https_ops ops = { on_begun, on_data, on_ended };

void
test_https(void)
{
	if (!mkdtemp(dir))
		die("mkdtemp:");
	snprintf(script, sizeof script, "%s/curl", dir);
	snprintf(fifo, sizeof fifo, "%s/fifo", dir);
	setenv("BTSH_HTTPS", script, 1);
	urls();
	calls();
	reasons();
	clock_set(1000000);
	clock_flow(1);
	runs();
	ends();
	turns();
	faults();
	fetches();
	https_close();
	clock_flow(0);
	clock_set(0);
	unsetenv("BTSH_HTTPS");
	unlink(script);
	unlink(fifo);
	rmdir(dir);
}

static void
urls(void)
{
	struct url u;

	CASE("https: a URL's scheme is known");
	OK(url_parse(&u, "http://h/") == 0 && u.is_http && !u.is_https);
	OK(url_parse(&u, "HTTPS://h/") == 0 && u.is_http && u.is_https);
	OK(url_parse(&u, "udp://h:1") == 0 && !u.is_http && !u.is_https);
	OK(url_parse(&u, "wss://h/") == 0 && !u.is_http && !u.is_https);
}

/* The arguments behind those that are always the same, and the input, or why
 * there are none. */
static const char *
called(const char *url, const char *query, const char *local)
{
	static const char fixed[] = "curl -q -sS -N -g -i --http1.1 --raw "
	    "--path-as-is --suppress-connect-headers --proto =https "
	    "-A btsh/" VERSION " -H Accept-Encoding: identity ";
	static char text[8192];
	struct curl_ask a;
	struct curl_args args;
	struct buf b = { 0 };
	struct url u;
	size_t i;

	memset(&a, 0, sizeof a);
	if (url_parse(&u, url) < 0 || curl_ask_url(&a, &u, query) < 0)
		return "too long";
	addr_parse(&a.to, strchr(u.host, ':') ? "[2001:db8::2]:8443" :
	    "192.0.2.1:443", 1);
	a.is_bound = local && addr_parse(&a.local, local, 0) == 0;
	if (proxy)
		snprintf(a.proxy, sizeof a.proxy, "%s", proxy);
	if (login)
		memcpy(a.login, login, a.login_len = (uint32_t)strlen(login));
	a.limit = 1000;
	a.wait_s = 20;
	curl_args(&args, "curl", &a);
	for (i = 0; args.argv[i]; i++)
		buf_printf(&b, "%s%s", i ? " " : "", args.argv[i]);
	buf_printf(&b, "|");
	curl_input(&b, &a);
	snprintf(text, sizeof text, "%.*s", (int)b.len, (char *)b.p);
	buf_free(&b);
	if (!curl_ask_is(&a) || i >= CURL_ARGS ||
	    strncmp(text, fixed, sizeof fixed - 1) != 0)
		return text;
	return text + sizeof fixed - 1;
}

static void
calls(void)
{
	struct curl_ask a;
	char url[URL_MAX + 100], query[2100];

#define HOW "--max-time 20 --max-filesize 1000 --connect-to "
	CASE("https: a call has the address, the limits and the URL last");
	OK(strcmp(called("https://h.example/a/../b?c=[d]", NULL, NULL), HOW
	    "::192.0.2.1:443 -- https://h.example/a/../b?c=[d]|") == 0);
	OK(strcmp(called("https://h:8443/a", "k=v", NULL), HOW
	    "::192.0.2.1:443 -- https://h:8443/a?k=v|") == 0);
	OK(strcmp(called("https://h/a?b", "k=v", NULL), HOW
	    "::192.0.2.1:443 -- https://h/a?b&k=v|") == 0);
	OK(strcmp(called("https://[2001:db8::1]/", NULL, NULL), HOW
	    "::[2001:db8::2]:8443 -- https://[2001:db8::1]/|") == 0);
	CASE("https: a call goes out from an address");
	OK(strcmp(called("https://h/", NULL, "192.0.2.7"), HOW
	    "::192.0.2.1:443 --interface 192.0.2.7 -- https://h/|") == 0);
	OK(strcmp(called("https://h/", NULL, "2001:db8::7"), HOW
	    "::192.0.2.1:443 --interface 2001:db8::7 -- https://h/|") == 0);
	CASE("https: a SOCKS5 proxy gets the name, whatever no_proxy says");
	proxy = "p.example:1080";
	OK(strcmp(called("https://h/", NULL, NULL), "--max-time 20 "
	    "--max-filesize 1000 --noproxy  --proxy "
	    "socks5h://p.example:1080 -- https://h/|") == 0);
	CASE("https: and its name and password are no arguments");
	login = "us:p\"w\\@\n";
	OK(strcmp(called("https://me@h/", NULL, "192.0.2.7"), "--max-time 20 "
	    "--max-filesize 1000 --noproxy  --proxy socks5h://p.example:1080 "
	    "--interface 192.0.2.7 -K - -- https://h/|"
	    "header = \"Authorization: Basic bWU6\"\n"
	    "proxy-user = \"us:p\\\"w\\\\@\\n\"\n") == 0);
	proxy = login = NULL;
	CASE("https: name and password are no arguments");
	OK(strcmp(called("https://us%3Aer:pa%22ss@h/", NULL, NULL), HOW
	    "::192.0.2.1:443 -K - -- https://h/|"
	    "header = \"Authorization: Basic dXM6ZXI6cGEic3M=\"\n") == 0);
	OK(strcmp(called("https://me@h/", NULL, NULL), HOW "::192.0.2.1:443 "
	    "-K - -- https://h/|header = \"Authorization: Basic bWU6\"\n")
	    == 0);
	CASE("https: the longest URL is called, a longer query is not");
	memset(url, 'x', sizeof url);
	memset(query, 'q', sizeof query);
	memcpy(url, "https://h/", 10);
	url[9 + URL_MAX - 4] = '\0';
	query[2000] = '\0';
	OK(strstr(called(url, query, NULL), "qqq|") != NULL);
	query[2000] = 'q';
	query[2099] = '\0';
	OK(strcmp(called(url, query, NULL), "too long") == 0);
	CASE("https: a record that is no request is refused");
	a = ask_of("https://h/");
	OK(curl_ask_is(&a));
	a.url[4] = ':';
	OK(!curl_ask_is(&a));
	a = ask_of("https://h/");
	memset(a.user, 'x', sizeof a.user);
	OK(!curl_ask_is(&a));
	a = ask_of("https://h/");
	memset(a.proxy, 'x', sizeof a.proxy);
	OK(!curl_ask_is(&a));
	a = ask_of("https://h/");
	a.login_len = sizeof a.login + 1;
	OK(!curl_ask_is(&a));
	a = ask_of("https://h/");
	memset(a.url + 8, 'x', sizeof a.url - 8);
	OK(!curl_ask_is(&a));
}

static void
reasons(void)
{
	static const struct { int status; const char *err, *why; } list[] = {
		{ 60, "curl: (60) SSL certificate problem: self-signed\n"
		    "More details here: https://curl.se\n\nTo learn more\n",
		    "SSL certificate problem: self-signed" },
		{ 6, "Warning: x\ncurl: (6) Could not\x1b[1m\r\n",
		    "Could not\\x1b[1m" },
		{ 9, "one\n two \n\n", "two" },
		{ 9, "curl: (9", "curl: (9" },
		{ 9, "curl: (9)", "/x/curl ended with status 9" },
		{ 22, "\n\n", "/x/curl ended with status 22" },
		{ CURL_NOT_RUN, "Permission denied", "https needs /x/curl, "
		    "which cannot be run: Permission denied" },
		{ CURL_MISSING, "No such file", "https needs /x/curl, which "
		    "is not here: install curl, or BTSH_HTTPS names a program "
		    "like it" },
	};
	char why[CURL_WHY], big[4096];
	struct span s;
	size_t i;

	CASE("https: why the program failed is one line of what it says");
	setenv("BTSH_HTTPS", "/x/curl", 1);
	for (i = 0; i < LEN(list); i++)
		OK_FOR(list[i].why, strcmp(curl_why(why, list[i].status,
		    span_of(list[i].err)), list[i].why) == 0);
	memset(big, 0x7f, sizeof big);
	s.p = (uint8_t *)big;
	s.n = sizeof big;
	OK(strncmp(curl_why(why, 1, s), "\\x7f\\x7f", 8) == 0 &&
	    strlen(why) < CURL_WHY);
	setenv("BTSH_HTTPS", "", 1);
	OK(strncmp(https_missing(why), "https needs curl, ", 18) == 0);
	setenv("BTSH_HTTPS", script, 1);
}

static struct curl_ask
ask_of(const char *url)
{
	struct curl_ask a;
	struct url u;

	memset(&a, 0, sizeof a);
	if (url_parse(&u, url) < 0 || curl_ask_url(&a, &u, NULL) < 0)
		abort();
	addr_parse(&a.to, "127.0.0.1:1", 1);
	a.limit = 1000;
	a.wait_s = 20;
	return a;
}

/* From now on the program does this; NULL: there is none. */
static void
program(const char *text)
{
	FILE *f;

	https_close();
	unlink(script);
	if (text) {
		f = fopen(script, "w");
		if (!f)
			die("open %s:", script);
		fprintf(f, "#!/bin/sh\n%s\n", text);
		fclose(f);
		chmod(script, 0700);
	}
	unlink(fifo);
	if (mkfifo(fifo, 0600) < 0)
		die("mkfifo:");
	setenv("FIFO", fifo, 1);
	https_open();
}

static void
on_begun(void *arg)
{
	((struct got *)arg)->begun = 1;
}

static void
on_data(void *arg, struct span bytes)
{
	struct got *g = arg;

	buf_put(&g->body, bytes.p, bytes.n);
	if (g->most > 0 && g->body.len >= g->most) {
		https_stop(g->https);
		g->over = 1;
	}
}

static void
on_ended(void *arg, int status, const char *why)
{
	struct got *g = arg;

	g->over = 1;
	g->status = status;
	snprintf(g->why, sizeof g->why, "%s", why ? why : "-");
}

static void
on_fetched(void *arg, struct span body, const char *why)
{
	struct got *g = arg;

	buf_put(&g->body, body.p, body.n);
	on_ended(arg, 0, why);
}

static int
is_over(void *arg)
{
	return ((struct got *)arg)->over;
}

static void
start(struct got *g, const char *url)
{
	struct curl_ask a = ask_of(url);

	memset(g, 0, sizeof *g);
	g->https = https_start(&a, &ops, g);
}

static void
request(struct got *g, const char *url)
{
	start(g, url);
	clock_run(is_over, g, WAIT_MS);
}

static int
is_body(const struct got *g, const char *text)
{
	return g->body.len == strlen(text) && (g->body.len == 0 ||
	    memcmp(g->body.p, text, g->body.len) == 0);
}

static void
runs(void)
{
	struct got g;
	struct stat st;

	CASE("https: what the program prints comes, and its end");
	program("echo one; echo two >&2; echo three");
	request(&g, "https://h/");
	OK(g.over && g.begun && g.status == 0 && strcmp(g.why, "-") == 0);
	OK(is_body(&g, "one\nthree\n"));
	buf_free(&g.body);
	CASE("https: a password comes by its input alone");
	program("echo $*; cat");
	request(&g, "https://u:p@h/x");
	buf_put(&g.body, "", 1);
	OK(g.over && strstr((char *)g.body.p, "-K - -- https://h/x\n"
	    "header = \"Authorization: Basic dTpw\"\n"));
	OK(!strstr((char *)g.body.p, "u:p"));
	buf_free(&g.body);
	CASE("https: more than one frame holds comes whole");
	program("head -c 1000000 /dev/zero");
	request(&g, "https://h/");
	OK(g.over && g.body.len == 1000000 && g.status == 0);
	buf_free(&g.body);
	CASE("https: what it fails with is told");
	program("echo x; echo 'curl: (60) SSL bad' >&2; echo y >&2; exit 60");
	request(&g, "https://h/");
	OK(g.over && g.status == 60 && strcmp(g.why, "SSL bad") == 0);
	OK(is_body(&g, "x\n"));
	buf_free(&g.body);
	program("head -c 100000 /dev/zero | tr '\\0' e >&2; exit 3");
	request(&g, "https://h/");
	OK(g.over && g.status == 3 && strncmp(g.why, "eee", 3) == 0);
	program("kill -9 $$");
	request(&g, "https://h/");
	OK(g.over && g.status == 128 + SIGKILL);
	CASE("https: a program that is missing is told once a process");
	program(NULL);
	request(&g, "https://h/");
	OK(g.status == CURL_MISSING && strstr(g.why, "install curl"));
	request(&g, "https://h/");
	OK(g.status == CURL_MISSING && *g.why == '\0');
	CASE("https: one that cannot be run is told each time");
	program("echo x");
	chmod(script, 0600);
	OK(stat(script, &st) == 0 && (st.st_mode & 0111) == 0);
	request(&g, "https://h/");
	OK(g.status == CURL_NOT_RUN && strstr(g.why, strerror(EACCES)));
	request(&g, "https://h/");
	OK(g.status == CURL_NOT_RUN && strstr(g.why, strerror(EACCES)));
}

/* Whether all that held the other end of a pipe has gone. */
static int
all_gone(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;
	ssize_t n;

	while (poll(&p, 1, 10000) == 1)
		if ((n = read(fd, &c, 1)) == 0)
			return 1;
	return 0;
}

static void
ends(void)
{
	struct got g;
	int fd;

	CASE("https: who is stopped ends, with all that it started");
	program("exec 9>$FIFO; sleep 1000 & echo x; sleep 1000; echo y");
	start(&g, "https://h/");
	g.most = 1;
	fd = open(fifo, O_RDONLY | O_NONBLOCK);
	clock_run(is_over, &g, WAIT_MS);
	OK(g.over && is_body(&g, "x\n"));
	OK(all_gone(fd));
	close(fd);
	buf_free(&g.body);
	CASE("https: who prints for ever is stopped");
	program("exec 9>$FIFO; exec yes");
	start(&g, "https://h/");
	g.most = 300000;
	fd = open(fifo, O_RDONLY | O_NONBLOCK);
	clock_run(is_over, &g, WAIT_MS);
	OK(g.over && g.body.len >= 300000 && g.body.len < 400000);
	OK(all_gone(fd));
	close(fd);
	buf_free(&g.body);
	CASE("https: who has no more to say and does not end is stopped");
	program("exec 9>$FIFO; echo x; exec >&- 2>&-; sleep 1000");
	start(&g, "https://h/");
	g.most = 1;
	fd = open(fifo, O_RDONLY | O_NONBLOCK);
	clock_run(is_over, &g, WAIT_MS);
	OK(g.over && all_gone(fd));
	close(fd);
	buf_free(&g.body);
	CASE("https: what it leaves behind ends with it");
	program("exec 9>$FIFO; sleep 1000 >/dev/null 2>&1 & echo x");
	fd = open(fifo, O_RDONLY | O_NONBLOCK);
	request(&g, "https://h/");
	OK(g.over && g.status == 0 && all_gone(fd));
	close(fd);
	buf_free(&g.body);
}

static int
some_begun(void *arg)
{
	const struct got *g = arg;
	int i, n = 0;

	for (i = 0; i < MANY; i++)
		n += g[i].begun;
	return n;
}

static void
turns(void)
{
	struct got g[MANY];
	int i;

	CASE("https: eight run at a time, in the order they came");
	program("sleep 1000");
	for (i = 0; i < MANY; i++)
		start(&g[i], "https://h/");
	OK(some_begun(g) == 0);
	clock_run(NULL, NULL, 50);
	OK(some_begun(g) == RUNS && g[0].begun && g[RUNS - 1].begun);
	https_stop(g[MANY - 1].https);
	https_stop(g[3].https);
	clock_run(NULL, NULL, 50);
	OK(some_begun(g) == RUNS + 1 && g[RUNS].begun);
	for (i = 0; i < MANY - 1; i++)
		if (i != 3)
			https_stop(g[i].https);
	clock_run(NULL, NULL, 50);
	OK(some_begun(g) == RUNS + 1 && !g[0].over);
}

static void
faults(void)
{
	struct got g;

	CASE("https: without a descriptor a request fails, and no other");
	program("echo x");
	fault_set(FAULT_SOCKETPAIR, 1, 0);
	request(&g, "https://h/");
	OK(g.over && !g.begun && strstr(g.why, "no process can be had for "
	    "https: ") && strstr(g.why, strerror(EMFILE)));
	request(&g, "https://h/");
	OK(g.over && g.status == 0);
	buf_free(&g.body);
	CASE("https: without a process each request fails");
	https_close();
	fault_set(FAULT_FORK, 1, 0);
	https_open();
	request(&g, "https://h/");
	OK(g.over && strstr(g.why, strerror(EAGAIN)));
	request(&g, "https://h/");
	OK(g.over && strstr(g.why, strerror(EAGAIN)));
	CASE("https: without one for the program its request fails");
	https_open();
	fault_set(FAULT_FORK, 1, 0);
	request(&g, "https://h/");
	OK(g.over && strstr(g.why, "has gone"));
	fault_set(FAULT_FORK, 2, 0);
	request(&g, "https://h/");
	OK(g.over && strstr(g.why, strerror(EAGAIN)));
	fault_set(FAULT_PIPE, 2, 0);
	request(&g, "https://h/");
	OK(g.over && strstr(g.why, strerror(EMFILE)));
	fault_clear();
	request(&g, "https://h/");
	OK(g.over && g.status == 0 && is_body(&g, "x\n"));
	buf_free(&g.body);
}

static void
fetch_for(struct got *g, const char *url, int by_user, int64_t most_ms)
{
	struct fetch_how how = { .limit = 1000, .by_user = by_user };
	struct url u;

	memset(g, 0, sizeof *g);
	url_parse(&u, url);
	fetch_start(&u, &how, on_fetched, g);
	clock_run(is_over, g, most_ms);
}

static void
fetches(void)
{
	static const struct { const char *path, *body, *why; } list[] = {
		{ "plain", "hello", "-" },
		{ "chunked", "hello", "-" },
		{ "eof", "hello", "-" },
		{ "early", "hello", "-" },
		{ "cut", "", "transfer closed" },
		{ "none", "no", "HTTP status 404" },
		{ "silent", "", "it hung up before its reply was there" },
		{ "odd", "", "it does not answer in HTTP/1" },
		{ "large", "", "its reply is larger than 1000 bytes" },
		{ "ever", "", "its reply is larger than 1000 bytes" },
		{ "to/plain", "hello", "-" },
		{ "to/ftp", "", "it redirects to where btsh cannot go: "
		    "ftp://x/" },
		{ "to/self", "", "too many redirects" },
	};
	char url[100];
	struct got g, busy[RUNS];
	size_t i;

	program("for u; do :; done\n"
	    "ok='HTTP/1.1 200 OK\\r\\n' to='HTTP/1.1 302 Found\\r\\nLocation: '\n"
	    "case ${u#https://127.0.0.1:9/} in\n"
	    "plain) printf \"${ok}Content-Length: 5\\r\\n\\r\\nhello\";;\n"
	    "chunked) printf \"${ok}Transfer-Encoding: chunked\\r\\n\\r\\n"
	    "5\\r\\nhello\\r\\n0\\r\\n\\r\\n\";;\n"
	    "eof) printf \"$ok\\r\\nhel\"; printf lo;;\n"
	    "early) printf \"HTTP/1.1 103 Hints\\r\\n\\r\\n$ok\\r\\nhello\";;\n"
	    "cut) printf \"$ok\\r\\nhel\"; echo 'curl: (18) transfer closed' "
	    ">&2; exit 18;;\n"
	    "none) printf 'HTTP/1.1 404 No\\r\\n\\r\\nno';;\n"
	    "odd) echo x;;\n"
	    "large) printf \"${ok}Content-Length: 1001\\r\\n\\r\\n\"; "
	    "sleep 1000;;\n"
	    "ever) printf \"$ok\\r\\n\"; exec yes;;\n"
	    "to/plain) printf \"${to}/plain\\r\\nContent-Length: 0\\r\\n"
	    "\\r\\n\"; sleep 1000;;\n"
	    "to/ftp) printf \"${to}ftp://x/\\r\\n\\r\\n\";;\n"
	    "to/self) printf \"${to}/to/self\\r\\nContent-Length: 0\\r\\n"
	    "\\r\\n\";;\n"
	    "hang) sleep 1000;;\n"
	    "esac");
	CASE("https: a reply is read as one of http is");
	for (i = 0; i < LEN(list); i++) {
		snprintf(url, sizeof url, "https://127.0.0.1:9/%s",
		    list[i].path);
		fetch_for(&g, url, 1, WAIT_MS);
		OK_FOR(list[i].path, g.over && is_body(&g, list[i].body) &&
		    strcmp(g.why, list[i].why) == 0);
		buf_free(&g.body);
	}
	CASE("https: a torrent names no path of this host");
	fetch_for(&g, "https://127.0.0.1:9/plain", 0, WAIT_MS);
	OK(g.over && strstr(g.why, "belongs to this host") && !g.body.len);
	CASE("https: who says nothing has twenty seconds");
	fetch_for(&g, "https://127.0.0.1:9/hang", 1, 500);
	clock_move(FETCH_MS - 1000);
	clock_run(is_over, &g, 100);
	OK(!g.over);
	clock_move(500);
	clock_run(is_over, &g, 100);
	OK(g.over && strcmp(g.why, "no answer in time") == 0);
	CASE("https: who waits for his turn has twenty seconds from then on");
	for (i = 0; i < RUNS; i++)
		start(&busy[i], "https://127.0.0.1:9/hang");
	clock_run(NULL, NULL, 100);
	fetch_for(&g, "https://127.0.0.1:9/plain", 1, 100);
	clock_move(2 * FETCH_MS);
	clock_run(is_over, &g, 100);
	OK(!g.over);
	https_stop(busy[0].https);
	clock_run(is_over, &g, WAIT_MS);
	OK(g.over && is_body(&g, "hello"));
	buf_free(&g.body);
	for (i = 1; i < RUNS; i++)
		https_stop(busy[i].https);
}
