#include "unit.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "http.h"
#include "platform.h"

enum {
	LONG_S = 60,	/* a run that does not end in a test */
	SOON_MS = 5000, /* at once, on the slowest machine */
};

static void test_http__close_without_open(void **state)
{
	(void)state;
	http_close();
	assert_int_equal(http_answer.size, 0);
}

/* ---- The waits between tries. ---- */

/* As the program does: once in a process. */
static bool open_for(long timeout_s)
{
	unit_forget();
	if (!http_open(timeout_s))
		return true;
	print_error("http_open: %s\n", errinfo.text.data);
	return false;
}

static void open_long(void)
{
	static bool is_open;

	unit_forget();
	if (!is_open)
		assert_true(open_for(LONG_S));
	is_open = true;
	http_answer.retry_after_s = 0;
}

/* Run a check, which opens for a time of its own, in a process of its own. */
static void in_child(bool (*check)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(check() ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static unsigned tries;
static unsigned failures; /* how many tries fail, and how */
static int again;
static int64_t patience_ms;

static int attempt(void *context)
{
	(void)context;
	if (tries++ >= failures)
		return 0;
	(void)errinfo_set(STATUS_DENIED, "no answer");
	(void)errinfo_retry((enum again)again);
	errinfo.until_ms = patience_ms;
	errinfo.code = "Throttling";
	return -1;
}

static int persist(unsigned count, int how, int64_t until_ms)
{
	tries = 0;
	failures = count;
	again = how;
	patience_ms = until_ms;
	return http_persist(attempt, NULL);
}

/* Whether it gave up after so many tries, and says when. */
static bool gave_up(int rc, unsigned want_tries)
{
	size_t len = errinfo.text.len;

	if (rc == -1 && tries == want_tries && errinfo.again == AGAIN_NEVER &&
	    errinfo.status == STATUS_DENIED &&
	    !strncmp(errinfo.text.data, "no answer; gave up after ", 25) &&
	    !strcmp(errinfo.text.data + len - 2, " s") &&
	    !strcmp(errinfo.code, "Throttling"))
		return true;
	print_error("rc %d after %u tries, status %d, again %d: %s\n", rc,
		    tries, errinfo.status, errinfo.again, errinfo.text.data);
	return false;
}

static bool end_at_once(void)
{
	return open_for(0) && gave_up(persist(9, AGAIN_LATER, 0), 1);
}

/* The wait is cut to leave time for a last try. */
static bool end_with_a_last_try(void)
{
	int64_t before_ms = platform_now_ms();
	int64_t spent_ms;
	bool ended;

	if (!open_for(1))
		return false;
	http_answer.retry_after_s = 600;
	ended = gave_up(persist(9, AGAIN_LATER, 0), 2);
	spent_ms = platform_now_ms() - before_ms;
	return ended && spent_ms >= 749 && spent_ms < SOON_MS &&
	       strstr(errinfo.text.data, "after 0.");
}

static void test_http__persist_gives_up_at_the_deadline(void **state)
{
	(void)state;
	in_child(end_at_once);
	in_child(end_with_a_last_try);
}

static void test_http__persist_tries_until_it_succeeds(void **state)
{
	(void)state;
	open_long();
	for (unsigned count = 0; count < 3; count++) {
		unit_result("persist", persist(count, AGAIN_SOON, 0), 0);
		assert_int_equal(tries, count + 1);
	}
}

static void test_http__persist_leaves_what_no_try_can_mend(void **state)
{
	(void)state;
	open_long();
	unit_result("never", persist(9, AGAIN_NEVER, 0), STATUS_DENIED);
	assert_int_equal(tries, 1);
	assert_string_equal(errinfo.text.data, "no answer");
}

static void test_http__persist_waits_at_least_as_asked(void **state)
{
	int64_t before_ms = platform_now_ms();

	(void)state;
	open_long();
	http_answer.retry_after_s = 1;
	unit_result("asked", persist(1, AGAIN_SOON, 0), 0);
	/* Both readings are cut to whole milliseconds. */
	assert_true(platform_now_ms() - before_ms >= 999);
}

static void test_http__persist_gives_up_when_its_own_time_is_over(void **state)
{
	(void)state;
	open_long();
	unit_result("until", persist(9, AGAIN_SOON, platform_now_ms() - 1),
		    STATUS_DENIED);
	unit_number("tries", tries, 1);
	assert_int_equal(errinfo.again, AGAIN_NEVER);
	/* Nothing was tried again, so there is no time to tell. */
	assert_null(strstr(errinfo.text.data, "gave up"));
}

static void test_http__persist_is_cut_to_the_time_left(void **state)
{
	int64_t before_ms = platform_now_ms();

	(void)state;
	open_long();
	http_answer.retry_after_s = 50;
	assert_true(gave_up(persist(9, AGAIN_SOON, before_ms + 20), 2));
	assert_true(platform_now_ms() >= before_ms + 19);
	assert_true(platform_now_ms() < before_ms + 50000);
}

/* ---- One try, against a server in a process of its own. ---- */

struct server {
	pid_t pid;
	int fd;
	int requests; /* the server writes down what it gets */
	char url[64];
};

/* Bound, so that nobody else has the port; it refuses until it listens. */
static void server_bind(struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);

	server->pid = 0;
	server->requests = -1;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(server->fd >= 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address, size),
			 0);
	assert_int_equal(
		getsockname(server->fd, (struct sockaddr *)&address, &size), 0);
	(void)snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%d/",
		       ntohs(address.sin_port));
}

/* Bytes still missing of a request, of which some are there. */
static size_t missing(const char *request, size_t used)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strstr(request, "Content-Length: ");
	size_t want;

	if (!end)
		return 1;
	want = (size_t)(end + 4 - request) +
	       (length && length < end ? (size_t)atol(length + 16) : 0);
	return want > used ? want - used : 0;
}

/* Read one request and write it down. */
static bool take_request(int peer, int requests)
{
	static char request[8192];
	size_t used = 0;

	request[0] = '\0';
	while (missing(request, used) && used < sizeof(request) - 1) {
		ssize_t len = recv(peer, request + used,
				   sizeof(request) - 1 - used, 0);

		if (len <= 0)
			return false;
		used += (size_t)len;
		request[used] = '\0';
	}
	return write(requests, request, used) == (ssize_t)used;
}

static void send_all(int peer, const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = send(peer, bytes, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes += sent;
		len -= (size_t)sent;
	}
}

/* Answer every connection once, and close; or, without an answer, each request
 * with the number of its connection, and keep it. */
static void serve(int fd, int requests, const char *answer, size_t len)
{
	static unsigned connections;
	int peer = accept(fd, NULL, NULL);
	char byte;

	connections++;
	while (take_request(peer, requests)) {
		char text[64];

		if (answer) {
			send_all(peer, answer, len);
			break;
		}
		(void)snprintf(text, sizeof(text),
			       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
			       "%u",
			       connections % 10);
		send_all(peer, text, strlen(text));
	}
	(void)shutdown(peer, SHUT_WR);
	while (recv(peer, &byte, 1, 0) > 0)
		;
	(void)close(peer);
}

static void server_start_with(struct server *server, const char *answer,
			      size_t len)
{
	int ends[2];

	server_bind(server);
	assert_int_equal(listen(server->fd, 8), 0);
	assert_int_equal(pipe(ends), 0);
	server->requests = ends[0];
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid) {
		(void)close(ends[1]);
		return;
	}
	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm(LONG_S); /* should the test never come to its end */
	for (;;)
		serve(server->fd, ends[1], answer, len);
}

static void server_start(struct server *server, const char *answer)
{
	server_start_with(server, answer, answer ? strlen(answer) : 0);
}

/* The request that the server wrote down last, in text. */
static void server_read(const struct server *server, char *text, size_t size)
{
	ssize_t len = read(server->requests, text, size - 1);

	assert_true(len > 0);
	text[len] = '\0';
}

static void server_stop(struct server *server)
{
	(void)close(server->fd);
	if (!server->pid)
		return;
	(void)close(server->requests);
	assert_int_equal(kill(server->pid, SIGKILL), 0);
	assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
}

/* One try over what the last one left behind. */
static int send_to(const char *url, long timeout_ms)
{
	int rc;

	strcpy(http_answer.body, "of the last answer");
	http_answer.size = strlen(http_answer.body);
	http_answer.status = 999;
	http_answer.date_s = 999;
	http_answer.retry_after_s = 999;
	rc = http_send("GET", url, "X-Test: 1", "", "", timeout_ms);
	if (rc)
		unit_number(url, http_answer.status, 0);
	return rc;
}

#define OK "HTTP/1.1 200 OK\r\n"
#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define DATE_S 784111777

static const struct {
	const char *name;
	const char *answer;
	long status;
	const char *body;
	int64_t date_s;
	int64_t retry_after_s;
} answers[] = {
	{"body", OK "Content-Length: 2\r\n\r\nhi", 200, "hi", -1, 0},
	{"no body", OK "Content-Length: 0\r\n\r\n", 200, "", -1, 0},
	{"body to the end", OK "\r\nhi", 200, "hi", -1, 0},
	{"chunks",
	 OK "Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
	 200, "hi", -1, 0},
	{"trailers",
	 OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-End: 1\r\n"
	    "\r\n",
	 200, "hi", -1, 0},
	{"a trailer that begins as an answer does",
	 OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nHost-Id: 1\r\n"
	    "HTTP: 1\r\n\r\n",
	 200, "hi", -1, 0},
	{"an answer before the answer",
	 "HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\n" OK
	 "Content-Length: 2\r\n\r\nhi",
	 200, "hi", -1, 0},
	{"not found", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
	 404, "no", -1, 0},
	{"redirect",
	 "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
	 "Content-Length: 0\r\n\r\n",
	 302, "", -1, 0},
	{"date", OK DATE "Content-Length: 0\r\n\r\n", 200, "", DATE_S, 0},
	{"date, lower case",
	 OK "date:Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n",
	 200, "", DATE_S, 0},
	{"no date", OK "Date: tomorrow\r\nContent-Length: 0\r\n\r\n", 200, "",
	 -1, 0},
	{"other headers",
	 OK "X-Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nDates: 1\r\n"
	    "Retry-After-7: x\r\nContent-Length: 0\r\n\r\n",
	 200, "", -1, 0},
	{"retry after",
	 "HTTP/1.1 503 Slow Down\r\nRetry-After: 7\r\n" DATE
	 "Content-Length: 0\r\n\r\n",
	 503, "", DATE_S, 7},
	{"retry after, at most",
	 "HTTP/1.1 503 X\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n", 503,
	 "", -1, 600},
	{"retry later than that",
	 "HTTP/1.1 503 X\r\nRetry-After: 601\r\nContent-Length: 0\r\n\r\n", 503,
	 "", -1, 0},
	{"retry at once",
	 "HTTP/1.1 503 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", 503,
	 "", -1, 0},
	{"retry before now",
	 "HTTP/1.1 503 X\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n", 503,
	 "", -1, 0},
	{"retry much later",
	 "HTTP/1.1 503 X\r\nRetry-After: 99999999999999999999\r\n"
	 "Content-Length: 0\r\n\r\n",
	 503, "", -1, 0},
	{"retry at a date",
	 "HTTP/1.1 503 X\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	 "Content-Length: 0\r\n\r\n",
	 503, "", -1, 0},
};

static void test_http__send_reads_an_answer(void **state)
{
	(void)state;
	open_long();
	for (size_t i = 0; i < LENGTH(answers); i++) {
		struct server server;
		int rc;

		server_start(&server, answers[i].answer);
		rc = send_to(server.url, LONG_S * 1000L);
		server_stop(&server);
		unit_result(answers[i].name, rc, 0);
		unit_number(answers[i].name, http_answer.status,
			    answers[i].status);
		unit_text(answers[i].name, http_answer.body, answers[i].body);
		unit_number(answers[i].name, (long long)http_answer.size,
			    (long long)strlen(answers[i].body));
		unit_number(answers[i].name, http_answer.date_s,
			    answers[i].date_s);
		unit_number(answers[i].name, http_answer.retry_after_s,
			    answers[i].retry_after_s);
	}
}

static void test_http__send_keeps_any_byte(void **state)
{
	static const char answer[] = OK "Content-Length: 4\r\n\r\na\0\xff\n";
	struct server server;
	int rc;

	(void)state;
	open_long();
	server_start_with(&server, answer, sizeof(answer) - 1);
	rc = send_to(server.url, LONG_S * 1000L);
	server_stop(&server);
	unit_result("bytes", rc, 0);
	assert_int_equal(http_answer.size, 4);
	assert_memory_equal(http_answer.body, "a\0\xff\n", 5);
}

static const struct {
	const char *name;
	const char *answer;
} no_answers[] = {
	{"nothing", ""},
	{"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"},
	{"cut in the headers", OK "Content-Le"},
	{"cut behind a header", OK "Content-Length: 0\r\n"},
	{"cut in the body", OK "Content-Length: 9\r\n\r\nhi"},
	{"cut in a chunk", OK "Transfer-Encoding: chunked\r\n\r\n9\r\nhi"},
	{"cut before the answer", "HTTP/1.1 103 Early Hints\r\n\r\n"},
	{"cut in the headers behind another answer",
	 "HTTP/1.1 103 Early Hints\r\n\r\n" OK "Content-Length: 0\r\n"},
};

static void test_http__send_tells_what_is_no_answer(void **state)
{
	unsigned failed = 0;

	(void)state;
	open_long();
	for (size_t i = 0; i < LENGTH(no_answers); i++) {
		struct server server;
		int rc;

		server_start(&server, no_answers[i].answer);
		rc = send_to(server.url, LONG_S * 1000L);
		server_stop(&server);
		if (rc == -1 && errinfo.status == STATUS_DEADLINE &&
		    errinfo.text.len && errinfo.again == AGAIN_LATER)
			continue;
		print_error("%s: got rc %d, status %d: %s\n",
			    no_answers[i].name, rc, errinfo.status,
			    errinfo.text.data);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static const struct {
	const char *name;
	size_t size;
	bool has_length;
} sizes[] = {
	{"largest body", HTTP_LIMIT, true},
	{"largest body, to the end", HTTP_LIMIT, false},
	{"body one byte over", HTTP_LIMIT + 1, true},
	{"body one byte over, to the end", HTTP_LIMIT + 1, false},
	{"body far over, to the end", 2 * HTTP_LIMIT, false},
};

static char large[2 * HTTP_LIMIT + 100];

static void test_http__send_body_limit_is_exact(void **state)
{
	(void)state;
	open_long();
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		bool fits = sizes[i].size <= HTTP_LIMIT;
		char length[64] = "";
		struct server server;
		int front;
		int rc;

		if (sizes[i].has_length)
			(void)snprintf(length, sizeof(length),
				       "Content-Length: %zu\r\n",
				       sizes[i].size);
		front = snprintf(large, sizeof(large), OK "%s\r\n", length);
		memset(large + front, 'x', sizes[i].size);
		server_start_with(&server, large,
				  (size_t)front + sizes[i].size);
		rc = send_to(server.url, LONG_S * 1000L);
		server_stop(&server);
		unit_result(sizes[i].name, rc, fits ? 0 : STATUS_DATA);
		unit_number(sizes[i].name, errinfo.again, AGAIN_NEVER);
		if (fits)
			unit_number(sizes[i].name,
				    (long long)strlen(http_answer.body),
				    HTTP_LIMIT);
	}
}

static void test_http__close_wipes_the_answer(void **state)
{
	struct server server;
	int rc;

	(void)state;
	open_long();
	server_start(&server, OK "\r\nsecret");
	rc = send_to(server.url, LONG_S * 1000L);
	server_stop(&server);
	unit_result("answer", rc, 0);
	assert_string_equal(http_answer.body, "secret");
	http_close();
	for (size_t i = 0; i <= strlen("of the last answer"); i++)
		assert_int_equal(http_answer.body[i], 0);
	assert_int_equal(http_answer.size, 0);
}

/* What of a request arrives. */
static const struct {
	const char *name;
	const char *method;
	const char *headers;
	const char *body;
	const char *starts;
	const char *holds;
	const char *ends;
	const char *never;
} requests[] = {
	{"get", "GET", "X-A: 1", "", "GET /a/../b?c=%2A HTTP/1.1\r\n",
	 "\r\nX-A: 1\r\n", "\r\n\r\n", "Content-Length"},
	{"no headers", "GET", "", "", "GET ", "\r\nUser-Agent: bootname/",
	 "\r\n\r\n", "X-"},
	{"put", "PUT", "X-A: 1", "", "PUT /", "\r\nX-A: 1\r\n", "\r\n\r\n",
	 "chunked"},
	{"lines", "GET", "x-a:1\nx-b:2\nx-c: 3", "", "GET ",
	 "x-a:1\r\nx-b:2\r\nx-c: 3\r\n", "\r\n\r\n", "\n\n"},
	{"line feed behind the last", "GET", "x-a:1\nx-b:2\n", "", "GET ",
	 "x-a:1\r\nx-b:2\r\n", "\r\n\r\n", "\n\n"},
	{"as many lines as may be", "GET",
	 "x-a:1\nx-b:2\nx-c:3\nx-d:4\nx-e:5\nx-f:6\nx-g:7\nx-h:8", "", "GET ",
	 "x-a:1\r\nx-b:2\r\nx-c:3\r\nx-d:4\r\nx-e:5\r\nx-f:6\r\nx-g:7\r\n"
	 "x-h:8\r\n",
	 "\r\n\r\n", "\n\n"},
	{"post", "POST", "content-type:application/xml", "<a>\n</a>", "POST /",
	 "\r\nContent-Length: 8\r\n", "\r\n\r\n<a>\n</a>", "form-urlencoded"},
	{"header left out", "POST", "x-a:1\nexpect:", "x", "POST /",
	 "x-a:1\r\n", "\r\n\r\nx", "xpect"},
	{"after a post", "GET", "", "", "GET /", "User-Agent", "\r\n\r\n",
	 "Content-Length"},
};

static void test_http__send_sends_what_it_is_given(void **state)
{
	unsigned failed = 0;

	(void)state;
	open_long();
	for (size_t i = 0; i < LENGTH(requests); i++) {
		char url[128];
		char got[8192];
		struct server server;
		const char *ends = requests[i].ends;
		int rc;

		server_start(&server, OK "Content-Length: 0\r\n\r\n");
		(void)snprintf(url, sizeof(url), "%sa/../b?c=%%2A", server.url);
		rc = http_send(requests[i].method, url, requests[i].headers,
			       requests[i].body, "", LONG_S * 1000L);
		unit_result(requests[i].name, rc, 0);
		server_read(&server, got, sizeof(got));
		server_stop(&server);
		if (!strncmp(got, requests[i].starts,
			     strlen(requests[i].starts)) &&
		    strstr(got, requests[i].holds) &&
		    !strstr(got, requests[i].never) &&
		    strlen(got) > strlen(ends) &&
		    !strcmp(got + strlen(got) - strlen(ends), ends))
			continue;
		print_error("%s: got %s\n", requests[i].name, got);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void test_http__send_keeps_the_connection(void **state)
{
	struct server server;

	(void)state;
	open_long();
	server_start(&server, NULL);
	for (unsigned i = 0; i < 3; i++) {
		unit_result("send", send_to(server.url, LONG_S * 1000L), 0);
		assert_string_equal(http_answer.body, "1");
	}
	server_stop(&server);
}

/* Where a request for another host goes, with the server as proxy. */
static const struct {
	const char *name;
	bool is_given;
	bool is_in_environment;
	const char *given; /* otherwise */
	bool arrives;
} proxies[] = {
	{"given", true, false, NULL, true},
	{"environment's", false, true, NULL, true},
	{"none", false, false, NULL, false},
	{"none, whatever the environment says", false, true, "", false},
};

static void test_http__send_goes_by_the_proxy(void **state)
{
	(void)state;
	open_long();
	for (size_t i = 0; i < LENGTH(proxies); i++) {
		struct server target;
		struct server proxy;
		char want[128];
		char got[8192];
		int rc;

		server_bind(&target); /* refuses */
		server_start(&proxy, OK "Content-Length: 0\r\n\r\n");
		if (proxies[i].is_in_environment)
			assert_int_equal(setenv("http_proxy", proxy.url, 1), 0);
		rc = http_send("GET", target.url, "", "",
			       proxies[i].is_given ? proxy.url
						   : proxies[i].given,
			       LONG_S * 1000L);
		assert_int_equal(unsetenv("http_proxy"), 0);
		unit_result(proxies[i].name, rc,
			    proxies[i].arrives ? 0 : STATUS_DEADLINE);
		(void)snprintf(want, sizeof(want), "GET %s HTTP/1.1\r\n",
			       target.url);
		if (proxies[i].arrives) {
			server_read(&proxy, got, sizeof(got));
			unit_starts(proxies[i].name, got, want);
		}
		server_stop(&proxy);
		server_stop(&target);
	}
}

static void test_http__send_to_nobody_is_worth_another_try(void **state)
{
	struct server server;

	(void)state;
	open_long();
	server_bind(&server);
	unit_result("refused", send_to(server.url, LONG_S * 1000L),
		    STATUS_DEADLINE);
	assert_int_equal(errinfo.again, AGAIN_LATER);
	server_stop(&server);
}

/* Whether a try ends soon: the backlog takes the connection, and nobody
 * answers it. */
static bool ends_soon(long run_s, long timeout_ms)
{
	int64_t before_ms = platform_now_ms();
	struct server server;
	int rc;

	if (run_s == LONG_S)
		open_long();
	else if (!open_for(run_s))
		return false;
	server_bind(&server);
	assert_int_equal(listen(server.fd, 8), 0);
	rc = send_to(server.url, timeout_ms);
	server_stop(&server);
	return rc == -1 && errinfo.status == STATUS_DEADLINE &&
	       errinfo.again == AGAIN_LATER &&
	       platform_now_ms() - before_ms <= SOON_MS;
}

static bool end_of_run(void)
{
	return ends_soon(0, LONG_S * 1000L);
}

static void test_http__send_ends_with_the_run(void **state)
{
	(void)state;
	in_child(end_of_run);
}

static void test_http__send_ends_with_the_try(void **state)
{
	(void)state;
	assert_true(ends_soon(LONG_S, 20));
}

static const struct {
	const char *url;
	int status;
} urls[] = {
	{"http://", STATUS_SETTINGS},
	{"http://127.0.0.1:99999/", STATUS_SETTINGS},
	{"http://a b/", STATUS_SETTINGS},
	{"", STATUS_SETTINGS},
	/* The program's own checks let no such one come here. */
	{"file:///etc/hostname", STATUS_DEADLINE},
	{"ftp://127.0.0.1/", STATUS_DEADLINE},
	{"gopher://127.0.0.1/", STATUS_DEADLINE},
};

static void test_http__send_takes_http_urls_only(void **state)
{
	unsigned failed = 0;

	(void)state;
	build_is_whole = true; /* who is told what is wrong */
	open_long();
	for (size_t i = 0; i < LENGTH(urls); i++) {
		int rc = send_to(urls[i].url, LONG_S * 1000L);

		if (rc == -1 && (int)errinfo.status == urls[i].status &&
		    errinfo.text.len && !http_answer.size)
			continue;
		print_error("%s: got rc %d, status %d: %s\n", urls[i].url, rc,
			    errinfo.status, errinfo.text.data);
		failed++;
	}
	build_is_whole = false;
	assert_int_equal(failed, 0);
}

/* Which is looked at when it opens. */
static bool wants_the_ca_bundle(void)
{
	struct server server;
	char url[128];
	int rc;

	if (setenv("AWS_CA_BUNDLE", "/dev/null/x", 1) || !open_for(LONG_S))
		return false;
	server_bind(&server);
	(void)snprintf(url, sizeof(url), "https%s", server.url + 4);
	rc = listen(server.fd, 8) ? 0 : send_to(url, LONG_S * 1000L);
	server_stop(&server);
	return rc == -1 && errinfo.status == STATUS_SETTINGS &&
	       errinfo.again == AGAIN_NEVER;
}

static void test_http__send_wants_the_ca_bundle_that_is_named(void **state)
{
	(void)state;
	in_child(wants_the_ca_bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* Before any that opens it in this process. */
		cmocka_unit_test(test_http__close_without_open),
		cmocka_unit_test(test_http__persist_gives_up_at_the_deadline),
		cmocka_unit_test(test_http__send_ends_with_the_run),
		cmocka_unit_test(test_http__persist_tries_until_it_succeeds),
		cmocka_unit_test(
			test_http__persist_leaves_what_no_try_can_mend),
		cmocka_unit_test(test_http__persist_waits_at_least_as_asked),
		cmocka_unit_test(
			test_http__persist_gives_up_when_its_own_time_is_over),
		cmocka_unit_test(test_http__persist_is_cut_to_the_time_left),
		cmocka_unit_test(test_http__send_reads_an_answer),
		cmocka_unit_test(test_http__send_keeps_any_byte),
		cmocka_unit_test(test_http__send_tells_what_is_no_answer),
		cmocka_unit_test(test_http__send_body_limit_is_exact),
		cmocka_unit_test(test_http__close_wipes_the_answer),
		cmocka_unit_test(test_http__send_sends_what_it_is_given),
		cmocka_unit_test(test_http__send_keeps_the_connection),
		cmocka_unit_test(test_http__send_goes_by_the_proxy),
		cmocka_unit_test(
			test_http__send_to_nobody_is_worth_another_try),
		cmocka_unit_test(test_http__send_ends_with_the_try),
		cmocka_unit_test(test_http__send_takes_http_urls_only),
		cmocka_unit_test(
			test_http__send_wants_the_ca_bundle_that_is_named),
	};

	(void)signal(SIGALRM, SIG_IGN); /* of http_open: a slow machine's tests
					 * take longer */
	return RUN(tests);
}
