#include "unit.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http.h"
#include "platform.h"

enum {
	LONG_S = 60,	/* a run that does not end in a test */
	SOON_MS = 5000, /* at once, on the slowest machine */
	LIMIT = 32,	/* bytes of one answer */
};

static bool has_ipv6_loopback(void)
{
	const struct sockaddr_in6 peer = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(80),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	bool found = fd >= 0 &&
		     !connect(fd, (const struct sockaddr *)&peer, sizeof(peer));

	if (fd >= 0)
		(void)close(fd);
	return found;
}

static void test_http__knows_a_route(void **state)
{
	(void)state;
	/* IPv4 wins where it has a route; what is no address has none. */
	assert_false(http_needs_ipv6("127.0.0.1", "::1"));
	assert_false(http_needs_ipv6("127.0.0.1", "no address"));
	/* ::1 has a route wherever IPv6 is not switched off. */
	assert_int_equal(http_needs_ipv6("255.255.255.255", "::1"),
			 has_ipv6_loopback());
}

/* ---- The waits between tries. ---- */

static void open_for(long timeout_s)
{
	unit_forget();
	if (http_open(timeout_s))
		fail_msg("http_open: %s", errinfo.text);
	http_answer.retry_after_ms = 0;
}

static unsigned tries;
static unsigned failures; /* how many tries fail, and how */
static enum again again;

static int attempt(void)
{
	if (tries++ >= failures)
		return 0;
	(void)errinfo_set(STATUS_DENIED, "no answer");
	strcpy(errinfo.code, "Throttling");
	return errinfo_again(again);
}

static int persist(unsigned count, enum again how, int64_t until_ms)
{
	tries = 0;
	failures = count;
	again = how;
	return http_persist(attempt, until_ms);
}

static void check_gave_up(const char *row, unsigned want_tries)
{
	unit_number(row, tries, want_tries);
	unit_number(row, errinfo.again, AGAIN_NEVER);
	unit_starts(row, errinfo.text, "no answer; gave up after ");
	unit_text(row, errinfo.text + strlen(errinfo.text) - 2, " s");
	unit_text(row, errinfo.code, "Throttling");
}

static void test_http__persist_tries_until_it_succeeds(void **state)
{
	(void)state;
	open_for(LONG_S);
	for (unsigned count = 0; count < 3; count++) {
		unit_result("persist", persist(count, AGAIN_SOON, 0), 0);
		assert_int_equal(tries, count + 1);
	}
	http_close();
}

static void test_http__persist_leaves_what_no_try_can_mend(void **state)
{
	(void)state;
	open_for(LONG_S);
	unit_result("never", persist(9, AGAIN_NEVER, 0), STATUS_DENIED);
	assert_int_equal(tries, 1);
	assert_string_equal(errinfo.text, "no answer");
	http_close();
}

static void test_http__persist_waits_at_least_as_asked(void **state)
{
	int64_t before_ms = platform_now_ms();

	(void)state;
	open_for(LONG_S);
	http_answer.retry_after_ms = 30;
	unit_result("asked", persist(1, AGAIN_SOON, 0), 0);
	/* Both readings are cut to whole milliseconds. */
	assert_true(platform_now_ms() - before_ms >= 29);
	http_close();
}

static void test_http__persist_gives_up_at_the_deadline(void **state)
{
	(void)state;
	for (long timeout_s = 0; timeout_s <= 1; timeout_s++) {
		int64_t before_ms = platform_now_ms();

		open_for(timeout_s);
		http_answer.retry_after_ms = 600000;
		unit_result("deadline", persist(9, AGAIN_LATER, 0),
			    STATUS_DENIED);
		/* The wait is cut to leave time for a last try. */
		check_gave_up("deadline", timeout_s ? 2 : 1);
		assert_true(platform_now_ms() - before_ms < SOON_MS);
		http_close();
	}
}

static void test_http__persist_gives_up_when_its_own_time_is_over(void **state)
{
	(void)state;
	open_for(LONG_S);
	unit_result("until", persist(9, AGAIN_SOON, platform_now_ms() - 1),
		    STATUS_DENIED);
	unit_number("tries", tries, 1);
	assert_int_equal(errinfo.again, AGAIN_NEVER);
	/* Nothing was tried again, so there is no time to tell. */
	assert_null(strstr(errinfo.text, "gave up"));
	http_close();
}

static void test_http__persist_is_cut_to_the_time_left(void **state)
{
	int64_t before_ms = platform_now_ms();

	(void)state;
	open_for(LONG_S);
	http_answer.retry_after_ms = 50000;
	unit_result("cut", persist(9, AGAIN_SOON, before_ms + 20),
		    STATUS_DENIED);
	check_gave_up("cut", 2);
	assert_true(platform_now_ms() >= before_ms + 19);
	assert_true(platform_now_ms() < before_ms + 50000);
	http_close();
}

static void test_http__close_without_open(void **state)
{
	(void)state;
	http_close();
}

/* ---- One try, against a server in a process of its own. ---- */

struct server {
	pid_t pid;
	int fd;
	char url[64];
};

/* Bound, so that nobody else has the port; it refuses until it listens. */
static void server_bind(struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);

	server->pid = 0;
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

/* Give every connection the same answer, once its headers are in. */
static void serve(int fd, const char *answer)
{
	char request[4096];
	size_t used = 0;
	int peer = accept(fd, NULL, NULL);

	while (peer >= 0 && used < sizeof(request) - 1) {
		ssize_t len = recv(peer, request + used,
				   sizeof(request) - 1 - used, 0);

		if (len <= 0)
			break;
		used += (size_t)len;
		request[used] = '\0';
		if (!strstr(request, "\r\n\r\n"))
			continue;
		(void)send(peer, answer, strlen(answer), MSG_NOSIGNAL);
		break;
	}
	(void)shutdown(peer, SHUT_WR);
	while (recv(peer, request, sizeof(request), 0) > 0)
		;
	(void)close(peer);
}

static void server_start(struct server *server, const char *answer)
{
	server_bind(server);
	assert_int_equal(listen(server->fd, 8), 0);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid)
		return;
	(void)alarm(LONG_S); /* should the test never come to its end */
	for (;;)
		serve(server->fd, answer);
}

static void server_stop(struct server *server)
{
	(void)close(server->fd);
	if (!server->pid)
		return;
	assert_int_equal(kill(server->pid, SIGKILL), 0);
	assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
}

static int send_to(const char *url, long run_s, long timeout_ms)
{
	const struct http_request request = {
		.method = "GET",
		.url = url,
		.headers = {"X-Test: 1"},
		.connect_timeout_ms = timeout_ms,
		.timeout_ms = timeout_ms,
		.proxy = "",
	};
	int rc;

	open_for(run_s);
	buf_addf(http_answer.body, "of the last answer");
	http_answer.status = 999;
	http_answer.date_s = 999;
	http_answer.retry_after_ms = 999;
	rc = http_send(&request, LIMIT);
	unit_number(url, rc && http_answer.status, 0);
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
	int64_t retry_after_ms;
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
	{"an answer before the answer",
	 "HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\n" OK
	 "Content-Length: 2\r\n\r\nhi",
	 200, "hi", -1, 0},
	{"largest body",
	 OK "Content-Length: 32\r\n\r\n0123456789abcdef0123456789abcdef", 200,
	 "0123456789abcdef0123456789abcdef", -1, 0},
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
	 503, "", DATE_S, 7000},
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
	for (size_t i = 0; i < LENGTH(answers); i++) {
		struct server server;
		int rc;

		server_start(&server, answers[i].answer);
		rc = send_to(server.url, LONG_S, LONG_S * 1000L);
		server_stop(&server);
		unit_result(answers[i].name, rc, 0);
		unit_number(answers[i].name, http_answer.status,
			    answers[i].status);
		unit_text(answers[i].name, http_answer.body->data,
			  answers[i].body);
		unit_number(answers[i].name, http_answer.date_s,
			    answers[i].date_s);
		unit_number(answers[i].name, http_answer.retry_after_ms,
			    answers[i].retry_after_ms);
		http_close();
	}
}

static const struct {
	const char *name;
	const char *answer;
	int status; /* of STATUS_DEADLINE another try may help */
} no_answers[] = {
	{"nothing", "", STATUS_DEADLINE},
	{"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", STATUS_DEADLINE},
	{"cut in the headers", OK "Content-Le", STATUS_DEADLINE},
	{"cut in the body", OK "Content-Length: 9\r\n\r\nhi", STATUS_DEADLINE},
	{"cut in a chunk", OK "Transfer-Encoding: chunked\r\n\r\n9\r\nhi",
	 STATUS_DEADLINE},
	{"body one byte over",
	 OK "Content-Length: 33\r\n\r\n0123456789abcdef0123456789abcdefg",
	 STATUS_DATA},
	{"endless body",
	 OK "\r\n0123456789abcdef0123456789abcdef0123456789abcdef",
	 STATUS_DATA},
};

static enum again again_of(int status)
{
	return status == STATUS_DEADLINE ? AGAIN_LATER : AGAIN_NEVER;
}

static void test_http__send_tells_what_is_no_answer(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(no_answers); i++) {
		int status = no_answers[i].status;
		struct server server;
		int rc;

		server_start(&server, no_answers[i].answer);
		rc = send_to(server.url, LONG_S, LONG_S * 1000L);
		server_stop(&server);
		http_close();
		if (rc == -1 && errinfo.status == status && *errinfo.text &&
		    errinfo.again == again_of(status))
			continue;
		print_error("%s: want status %d, got rc %d, status %d: %s\n",
			    no_answers[i].name, status, rc, errinfo.status,
			    errinfo.text);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void test_http__send_to_nobody_is_worth_another_try(void **state)
{
	struct server server;

	(void)state;
	server_bind(&server);
	unit_result("refused", send_to(server.url, LONG_S, LONG_S * 1000L),
		    STATUS_DEADLINE);
	assert_int_equal(errinfo.again, AGAIN_LATER);
	server_stop(&server);
	http_close();
}

/* The backlog takes the connection, and nobody answers it. */
static const struct {
	const char *name;
	long run_s;
	long timeout_ms;
} ends[] = {
	{"end of the try", LONG_S, 20},
	{"end of the run", 0, LONG_S * 1000L},
};

static void test_http__send_ends_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ends); i++) {
		int64_t before_ms = platform_now_ms();
		struct server server;
		int rc;

		server_bind(&server);
		assert_int_equal(listen(server.fd, 8), 0);
		rc = send_to(server.url, ends[i].run_s, ends[i].timeout_ms);
		server_stop(&server);
		unit_result(ends[i].name, rc, STATUS_DEADLINE);
		unit_number(ends[i].name, errinfo.again, AGAIN_LATER);
		if (platform_now_ms() - before_ms > SOON_MS)
			fail_msg("%s: too late", ends[i].name);
		http_close();
	}
}

static void test_http__send_takes_http_urls_only(void **state)
{
	static const char *const others[] = {
		"file:///etc/hostname",	   "ftp://127.0.0.1/",
		"gopher://127.0.0.1/",	   "http://",
		"http://127.0.0.1:99999/",
	};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(others); i++) {
		int rc = send_to(others[i], LONG_S, LONG_S * 1000L);

		http_close();
		if (rc == -1 && errinfo.status == STATUS_SETTINGS &&
		    *errinfo.text && !http_answer.body->len)
			continue;
		print_error("%s: want status 78, got rc %d, status %d: %s\n",
			    others[i], rc, errinfo.status, errinfo.text);
		failed++;
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* Before any that opens it. */
		cmocka_unit_test(test_http__close_without_open),
		cmocka_unit_test(test_http__knows_a_route),
		cmocka_unit_test(test_http__persist_tries_until_it_succeeds),
		cmocka_unit_test(
			test_http__persist_leaves_what_no_try_can_mend),
		cmocka_unit_test(test_http__persist_waits_at_least_as_asked),
		cmocka_unit_test(test_http__persist_gives_up_at_the_deadline),
		cmocka_unit_test(
			test_http__persist_gives_up_when_its_own_time_is_over),
		cmocka_unit_test(test_http__persist_is_cut_to_the_time_left),
		cmocka_unit_test(test_http__send_reads_an_answer),
		cmocka_unit_test(test_http__send_tells_what_is_no_answer),
		cmocka_unit_test(
			test_http__send_to_nobody_is_worth_another_try),
		cmocka_unit_test(test_http__send_ends_in_time),
		cmocka_unit_test(test_http__send_takes_http_urls_only),
	};

	return RUN(tests);
}
