/*
 * What becomes of each failure of libcurl: with one in its place that fails as
 * it is told to.
 */
#include "unit.h"

#include "fake_http.h"
#include "http.h"
#include "platform.h"
#include "roots.h"

enum {
	LONG_S = 60,
	TOO_LARGE = 100, /* CURLE_TOO_LARGE of libcurl 8.6 */
	REFUSED = 4,	 /* options refused, at most */
	TRIES = 4,
	QUICK_EXIT = 322, /* older libcurl has no such option */
};

/* ---- libcurl. ---- */

static struct {
	/* Told by a test. */
	CURLoption lacks[REFUSED];
	CURLcode refusal[REFUSED]; /* CURLE_OK: no such option */
	CURLcode codes[TRIES];	   /* of the tries */
	const char *reason;	   /* NULL: as older ones, it has none */
	const char *header;	   /* a whole one that came before; or NULL */
	long port;		   /* 0: there was no connection */
	long sent;		   /* bytes of the request */

	unsigned tries;
	bool had_blob[TRIES];
} fake;

static CURLcode refuse(CURLoption option)
{
	for (size_t i = 0; i < REFUSED; i++)
		if (fake.refusal[i] && fake.lacks[i] == option)
			return fake.refusal[i];
	return CURLE_OK;
}

static CURLcode perform(void)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n", end[] = "\r\n";
	CURLcode code;

	assert_true(fake.tries < TRIES);
	fake.had_blob[fake.tries] = fake_request.has_blob;
	fake_request.port = fake.port;
	fake_request.sent = fake.sent;
	fake_request.status = 200;
	code = fake.codes[fake.tries++];
	if (code && fake.reason)
		strcpy(fake_request.reason, fake.reason);
	if (code && fake.header)
		(void)fake_give(fake_request.on_header, fake.header,
				strlen(fake.header));
	if (!code) {
		(void)fake_give(fake_request.on_header, head, strlen(head));
		(void)fake_give(fake_request.on_header, end, strlen(end));
	}
	return code;
}

static void forget(void)
{
	static bool is_open;

	unit_forget();
	memset(&fake, 0, sizeof(fake));
	fake.port = 1;
	fake_refuse = refuse;
	fake_perform = perform;
	roots.is_hashed = false;
	buf_wipe(&roots.pem);
	build_is_whole = true;
	if (!is_open)
		assert_int_equal(http_open(LONG_S), 0);
	is_open = true;
	buf_wipe(&roots.pem);
	roots.is_hashed = false;
	http_start_clock(LONG_S);
}

static int send_one(long timeout_ms)
{
	return http_send("GET", "https://127.0.0.1/", "", "", "", timeout_ms);
}

/* ---- What is told, and whether it is tried again. ---- */

#define ROUTE "; is there a route?"
#define HEADERS "headers larger than 65536 bytes"

static const struct {
	const char *name;
	int code;
	const char *reason;
	long port;
	long sent;
	const char *header;
	int status;
	int again;
	const char *text; /* NULL: libcurl's own */
} failures[] = {
	{"no host", CURLE_COULDNT_RESOLVE_HOST, "Could not resolve host: a", 0,
	 0, NULL, STATUS_DEADLINE, AGAIN_LATER,
	 "Could not resolve host: a" ROUTE},
	{"no host, without a word", CURLE_COULDNT_RESOLVE_HOST, NULL, 0, 0,
	 NULL, STATUS_DEADLINE, AGAIN_LATER, ROUTE},
	{"no proxy", CURLE_COULDNT_RESOLVE_PROXY, NULL, 0, 0, NULL,
	 STATUS_DEADLINE, AGAIN_LATER, ROUTE},
	{"refused", CURLE_COULDNT_CONNECT, NULL, 0, 0, NULL, STATUS_DEADLINE,
	 AGAIN_LATER, ROUTE},
	{"other words", CURLE_COULDNT_CONNECT, "Nobody is there", 0, 0, NULL,
	 STATUS_DEADLINE, AGAIN_LATER, "Nobody is there" ROUTE},
	{"no connection in time", CURLE_OPERATION_TIMEDOUT, NULL, 0, 0, NULL,
	 STATUS_DEADLINE, AGAIN_LATER, ROUTE},
	{"no answer in time", CURLE_OPERATION_TIMEDOUT, "Connection timed out",
	 1, 0, NULL, STATUS_DEADLINE, AGAIN_LATER, "Connection timed out"},
	{"reset", CURLE_RECV_ERROR, "Connection reset by peer", 1, 9, NULL,
	 STATUS_DEADLINE, AGAIN_LATER, "Connection reset by peer"},
	{"certificate", CURLE_PEER_FAILED_VERIFICATION, "SSL certificate", 1, 0,
	 NULL, STATUS_DEADLINE, AGAIN_LATER, "SSL certificate"},
	{"no roots", CURLE_SSL_CACERT_BADFILE, "no such file", 1, 0, NULL,
	 STATUS_SETTINGS, AGAIN_NEVER, "no such file"},
	{"no URL", CURLE_URL_MALFORMAT, "bad", 0, 0, NULL, STATUS_SETTINGS,
	 AGAIN_NEVER, "bad"},
	{"no memory at the start", CURLE_OUT_OF_MEMORY, NULL, 0, 0, NULL,
	 STATUS_SYSTEM, AGAIN_NEVER, NULL},
	{"no memory for the request", CURLE_OUT_OF_MEMORY, NULL, 1, 0, NULL,
	 STATUS_SYSTEM, AGAIN_NEVER, NULL},
	{"no memory for the body", CURLE_OUT_OF_MEMORY, NULL, 1, 9, "\r\n",
	 STATUS_SYSTEM, AGAIN_NEVER, NULL},
	{"a line too long for older ones", CURLE_OUT_OF_MEMORY, NULL, 1, 9,
	 NULL, STATUS_DATA, AGAIN_NEVER, HEADERS},
	{"a line too long behind another", CURLE_OUT_OF_MEMORY, NULL, 1, 9,
	 "X: y\r\n", STATUS_DATA, AGAIN_NEVER, HEADERS},
	{"a line too long for newer ones", TOO_LARGE, NULL, 1, 9, NULL,
	 STATUS_DATA, AGAIN_NEVER, HEADERS},
	{"a trailer too long", TOO_LARGE, NULL, 1, 9, "\r\n", STATUS_DATA,
	 AGAIN_NEVER, HEADERS},
};

static void test_http__failures(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(failures); i++) {
		const char *name = failures[i].name;
		const char *want = failures[i].text;

		forget();
		fake.codes[0] = (CURLcode)failures[i].code;
		fake.reason = failures[i].reason;
		fake.port = failures[i].port;
		fake.sent = failures[i].sent;
		fake.header = failures[i].header;
		unit_result(name, send_one(1000), failures[i].status);
		unit_number(name, errinfo.again, failures[i].again);
		if (!want)
			want = curl_easy_strerror(fake.codes[0]);
		/* The hint alone stands behind what libcurl says elsewhere. */
		unit_text(name,
			  *want == ';' ? errinfo.text.data + errinfo.text.len -
						 strlen(ROUTE)
				       : errinfo.text.data,
			  want);
		unit_number(name, fake.tries, 1);
	}
}

/* ---- Options. ---- */

#define LACKS(option, code)                                                    \
	{(CURLoption)(option)},                                                \
	{                                                                      \
		code                                                           \
	}

static const struct {
	const char *name;
	CURLoption lacks[REFUSED];
	CURLcode refusal[REFUSED];
	CURLcode told; /* CURLE_OK: it does without */
} refusals[] = {
	{"no early exit", LACKS(QUICK_EXIT, CURLE_UNKNOWN_OPTION), CURLE_OK},
	{"no roots from memory", LACKS(FAKE_CAINFO_BLOB, CURLE_UNKNOWN_OPTION),
	 CURLE_OK},
	{"no roots from memory with this TLS",
	 LACKS(FAKE_CAINFO_BLOB, CURLE_NOT_BUILT_IN), CURLE_OK},
	{"no proxies", LACKS(CURLOPT_PROXY, CURLE_UNKNOWN_OPTION),
	 CURLE_UNKNOWN_OPTION},
	{"no folder of roots", LACKS(CURLOPT_CAPATH, CURLE_NOT_BUILT_IN),
	 CURLE_NOT_BUILT_IN},
	{"no choice of protocols",
	 LACKS(CURLOPT_PROTOCOLS, CURLE_UNKNOWN_OPTION), CURLE_UNKNOWN_OPTION},
	{"no headers", LACKS(CURLOPT_HEADERFUNCTION, CURLE_UNKNOWN_OPTION),
	 CURLE_UNKNOWN_OPTION},
	{"no memory", LACKS(CURLOPT_URL, CURLE_OUT_OF_MEMORY),
	 CURLE_OUT_OF_MEMORY},
	/* 48 | 27 is 59: no cipher. */
	{"the first of two counts",
	 {CURLOPT_URL, CURLOPT_PROXY},
	 {CURLE_OUT_OF_MEMORY, CURLE_UNKNOWN_OPTION},
	 CURLE_OUT_OF_MEMORY},
	{"so it does the other way",
	 {CURLOPT_PROTOCOLS, CURLOPT_URL},
	 {CURLE_UNKNOWN_OPTION, CURLE_OUT_OF_MEMORY},
	 CURLE_UNKNOWN_OPTION},
};

static void test_http__an_option_that_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refusals); i++) {
		const char *name = refusals[i].name;
		CURLcode told = refusals[i].told;

		forget();
		buf_set(&roots.pem, "roots");
		memcpy(fake.lacks, refusals[i].lacks, sizeof(fake.lacks));
		memcpy(fake.refusal, refusals[i].refusal, sizeof(fake.refusal));
		unit_result(name, send_one(1000), told ? STATUS_SYSTEM : 0);
		unit_number(name, fake.tries, told ? 0 : 1);
		if (!told)
			continue;
		unit_number(name, errinfo.again, AGAIN_NEVER);
		unit_starts(name, errinfo.text.data, curl_easy_strerror(told));
		unit_number(name, !!strstr(errinfo.text.data, "; install"),
			    told != CURLE_OUT_OF_MEMORY);
	}
}

/* ---- Roots. ---- */

static const struct {
	int code;
	bool is_tried_again;
} unusable_roots[] = {
	{CURLE_PEER_FAILED_VERIFICATION, true},
	{CURLE_SSL_CACERT_BADFILE, true}, /* OpenSSL, GnuTLS, wolfSSL */
	{CURLE_SSL_CERTPROBLEM, true},	  /* mbedTLS */
	{CURLE_COULDNT_CONNECT, false},
	{CURLE_OPERATION_TIMEDOUT, false},
	{CURLE_SSL_CONNECT_ERROR, false},
	{CURLE_RECV_ERROR, false},
	{CURLE_OUT_OF_MEMORY, false},
	{CURLE_WRITE_ERROR, false},
};

/* Once: from then on all that the machine has are read. */
static void test_http__roots_that_do_not_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(unusable_roots); i++) {
		bool again = unusable_roots[i].is_tried_again;
		const char *name =
			curl_easy_strerror((CURLcode)unusable_roots[i].code);

		for (unsigned fails = 1; fails <= 2; fails++) {
			forget();
			buf_set(&roots.pem, "roots");
			for (unsigned try = 0; try < fails; try++)
				fake.codes[try] =
					(CURLcode)unusable_roots[i].code;
			unit_number(name, send_one(1000),
				    again && fails == 1 ? 0 : -1);
			unit_number(name, fake.tries, again ? 2 : 1);
			unit_number(name, fake.had_blob[0], true);
			unit_number(name, fake.had_blob[1], false);
			unit_number(name, (long long)roots.pem.len,
				    again ? 0 : 5);
		}
	}
}

/* ---- The reason that is kept. ---- */

static int attempt(void *context)
{
	int rc = send_one(13000);

	(void)context;
	http_answer.retry_after_s = 600; /* to the last try */
	return rc;
}

/* A refusal, then a last try with a quarter of a second. */
static void give_up_with(CURLcode first, CURLcode last)
{
	forget();
	fake.codes[0] = first;
	fake.codes[1] = last;
	fake.reason = NULL;
	http_start_clock(1);
	unit_number("persist", http_persist(attempt, NULL), -1);
	unit_number("tries", fake.tries, 2);
	assert_int_equal(errinfo.again, AGAIN_NEVER);
	unit_holds("end", errinfo.text.data, "; gave up after 0.");
}

static void test_http__a_last_try_without_time_hides_no_reason(void **state)
{
	(void)state;
	give_up_with(CURLE_RECV_ERROR, CURLE_OPERATION_TIMEDOUT);
	unit_starts("kept", errinfo.text.data,
		    curl_easy_strerror(CURLE_RECV_ERROR));
}

static void test_http__a_last_try_that_was_one_is_told(void **state)
{
	(void)state;
	give_up_with(CURLE_RECV_ERROR, CURLE_SSL_CONNECT_ERROR);
	unit_starts("told", errinfo.text.data,
		    curl_easy_strerror(CURLE_SSL_CONNECT_ERROR));
}

static long patience_ms;

static int attempt_twice(void *context)
{
	int rc = send_one(patience_ms);

	(void)context;
	errinfo.again = fake.tries < 2 ? AGAIN_SOON : AGAIN_NEVER;
	return rc;
}

/* However short: not the deadline has cut it. */
static void test_http__a_try_with_its_own_time_is_told(void **state)
{
	(void)state;
	for (patience_ms = 10; patience_ms < 10000; patience_ms *= 10) {
		forget();
		fake.codes[0] = CURLE_RECV_ERROR;
		fake.codes[1] = CURLE_OPERATION_TIMEDOUT;
		unit_number("persist", http_persist(attempt_twice, NULL), -1);
		unit_starts("told", errinfo.text.data,
			    curl_easy_strerror(CURLE_OPERATION_TIMEDOUT));
	}
	forget();
	http_start_clock(2);
	patience_ms = LONG_S * 1000L;
	fake.codes[0] = CURLE_RECV_ERROR;
	fake.codes[1] = CURLE_OPERATION_TIMEDOUT;
	unit_number("persist", http_persist(attempt_twice, NULL), -1);
	unit_starts("told", errinfo.text.data,
		    curl_easy_strerror(CURLE_OPERATION_TIMEDOUT));
}

static int attempt_at_once(void *context)
{
	(void)context;
	return send_one(13000);
}

static void test_http__without_another_reason_it_is_told(void **state)
{
	(void)state;
	forget();
	fake.codes[0] = CURLE_OPERATION_TIMEDOUT;
	http_start_clock(0);
	unit_number("persist", http_persist(attempt_at_once, NULL), -1);
	unit_starts("told", errinfo.text.data,
		    curl_easy_strerror(CURLE_OPERATION_TIMEDOUT));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http__failures),
		cmocka_unit_test(test_http__an_option_that_is_refused),
		cmocka_unit_test(test_http__roots_that_do_not_do),
		cmocka_unit_test(
			test_http__a_last_try_without_time_hides_no_reason),
		cmocka_unit_test(test_http__a_last_try_that_was_one_is_told),
		cmocka_unit_test(test_http__a_try_with_its_own_time_is_told),
		cmocka_unit_test(test_http__without_another_reason_it_is_told),
	};

	return RUN(tests);
}
