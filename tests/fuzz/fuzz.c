#include "fuzz.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "aws.h"
#include "backoff.h"
#include "credentials.h"
#include "errinfo.h"
#include "fake_http.h"
#include "http.h"
#include "imds.h"
#include "options.h"
#include "outcome.h"
#include "platform.h"
#include "print.h"
#include "provider.h"
#include "xml.h"

enum {
	PATTERNS = 100, /* at most, in all of the program */
	PIECE = 16384,	/* what libcurl gives of a body at once */
};

/* ---- What the Makefile's FUZZ_WRAPPED leads here: the clock, chance, the
 * environment, the report, the alarm; and patterns, compiled once, for this
 * libc takes nearly all of the time for that. ---- */

int64_t __wrap_backoff_delay_ms(struct retry *retry, enum again again,
				int64_t at_ms, uint32_t random);
int64_t __real_backoff_delay_ms(struct retry *retry, enum again again,
				int64_t at_ms, uint32_t random);
const char *__wrap_platform_variable(const char *name);
void __wrap_print_failure(void);
bool __wrap_text_matches(const char *text, const char *pattern);
unsigned __wrap_alarm(unsigned seconds);

/* A run remembers since when it is throttled: an input is not to. */
static bool has_begun;

int64_t __wrap_backoff_delay_ms(struct retry *retry, enum again again,
				int64_t at_ms, uint32_t random)
{
	if (has_begun)
		retry->throttled_ms = 0;
	has_begun = false;
	return __real_backoff_delay_ms(retry, again, at_ms, random);
}

const char *fuzz_directory;

const char *__wrap_platform_variable(const char *name)
{
	return strcmp(name, "RUNTIME_DIRECTORY") ? NULL : fuzz_directory;
}

/* libFuzzer's own, whose clock is a real one. */
unsigned __wrap_alarm(unsigned seconds)
{
	assert(seconds <= FAKE_TIMEOUT_S + 2);
	return 0;
}

void __wrap_print_failure(void)
{
	(void)fuzz_succeeded(-1);
}

bool __wrap_text_matches(const char *text, const char *pattern)
{
	static struct {
		char *pattern;
		regex_t compiled;
	} known[PATTERNS];
	size_t i = 0;

	while (i < PATTERNS && known[i].pattern &&
	       strcmp(known[i].pattern, pattern) != 0)
		i++;
	assert(i < PATTERNS);
	if (!known[i].pattern) {
		known[i].pattern = strdup(pattern);
		assert(!regcomp(&known[i].compiled, pattern,
				REG_EXTENDED | REG_NOSUB));
	}
	return text && !regexec(&known[i].compiled, text, 0, NULL, 0);
}

/* ---- libcurl. ---- */

struct part {
	const char *at;
	const char *end;
};

static struct part answers; /* those to come */
static struct part answer;  /* what is left of the one at hand */

/* Whatever was answered before: a request is one, with nothing smuggled in. */
static void check_request(void)
{
	size_t lines = 0;

	assert(!strncmp(fake_request.url, "http", 4));
	assert(!strchr(fake_request.url, ' ') &&
	       fuzz_is_printable(fake_request.url));
	for (const struct curl_slist *line = fake_request.headers; line;
	     line = line->next) {
		assert(fuzz_is_printable(line->data));
		lines++;
	}
	assert(lines <= 8);
}

static bool starts_with(const char *word)
{
	size_t len = strlen(word);

	return (size_t)(answer.end - answer.at) >= len &&
	       !memcmp(answer.at, word, len);
}

static void take_answer(void)
{
	static const char between[] = "\n%\n";
	const size_t len = strlen(between);
	const char *c = answers.at;

	while (c < answers.end && ((size_t)(answers.end - c) < len ||
				   memcmp(c, between, len) != 0))
		c++;
	answer.at = answers.at;
	answer.end = c;
	answers.at = c < answers.end ? c + len : c;
}

/* What libcurl itself reads of a header. */
static curl_off_t length; /* -1: not told */

static void read_line(size_t len)
{
	static char line[64];

	(void)snprintf(line, sizeof(line), "%.*s", (int)len, answer.at);
	if (!strncasecmp(line, "HTTP/1.1 ", 9))
		fake_request.status = strtol(line + 9, NULL, 10);
	if (!strncasecmp(line, "Retry-After:", 12))
		fake_request.retry_after_s = strtoll(line + 12, NULL, 10);
	if (!strncasecmp(line, "Content-Length:", 15))
		length = strtoll(line + 15, NULL, 10);
}

/* Give all lines of a head; a line without an end is none. */
static bool give_head(void)
{
	const char *feed;

	while ((feed = memchr(answer.at, '\n',
			      (size_t)(answer.end - answer.at)))) {
		size_t len = (size_t)(feed + 1 - answer.at);
		bool is_last = len == 1 || (len == 2 && *answer.at == '\r');

		read_line(len);
		if (!fake_give(fake_request.on_header, answer.at, len))
			return false;
		answer.at += len;
		if (is_last &&
		    (fake_request.status >= 200 || !starts_with("HTTP/")))
			return true;
	}
	answer.at = answer.end;
	return true;
}

static CURLcode give_body(void)
{
	size_t left = (size_t)(answer.end - answer.at);
	bool is_short = length > (curl_off_t)left;

	if (length >= 0 && !is_short)
		left = (size_t)length;
	while (left) {
		size_t some = left < PIECE ? left : PIECE;

		if (!fake_give(fake_request.on_body, answer.at, some))
			return CURLE_WRITE_ERROR;
		answer.at += some;
		left -= some;
	}
	return is_short ? CURLE_PARTIAL_FILE : CURLE_OK;
}

static CURLcode perform(void)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n";

	check_request();
	if (answers.at == answers.end) {
		fake_now_ms += FAKE_TIMEOUT_S * 1000;
		return CURLE_OPERATION_TIMEDOUT;
	}
	take_answer();
	if (starts_with("curl "))
		return 1 + (unsigned)(answer.end - answer.at) % (CURL_LAST - 1);
	length = -1;
	if (starts_with("HTTP/")) {
		if (!give_head())
			return CURLE_WRITE_ERROR;
		return give_body();
	}
	fake_request.status = 200;
	if (!fake_give(fake_request.on_header, head, strlen(head)) ||
	    !fake_give(fake_request.on_header, "\r\n", 2))
		return CURLE_WRITE_ERROR;
	return give_body();
}

/* ---- Runs. ---- */

static int supply(enum aws_identity identity, bool once,
		  struct credentials *secret)
{
	(void)identity;
	(void)once;
	assert(credentials_set(secret, "AKIDEXAMPLE", "the-secret-key",
			       "token"));
	return 0;
}

static void begin(const char *data, size_t size)
{
	imds_close();
	aws_close();
	http_close();
	fake_reset_clock();
	fake_perform = perform;
	has_begun = true;
	answers.at = data;
	answers.end = data + size;
	http_answer.status = 0;
	http_answer.date_s = -1;
	http_answer.retry_after_s = 0;
	memset(&errinfo, 0, sizeof(errinfo));
	errinfo.code = "";
	imds_is_ipv6 = false;
	memset(&aws, 0, sizeof(aws));
	aws.region = "eu-west-1";
	aws.supply = supply;
	build_is_whole = true;
}

static int ignore(const struct buf *row, void *context)
{
	(void)context;
	(void)row;
	return 0;
}

/* A clock that was corrected stays so: lead it astray, then back. */
static void set_clock_back(void)
{
	static const char answered[] =
		"HTTP/1.1 403 \nDate: Sat, 01 Jan 2000 00:00:00 GMT\n\n\n%\n"
		"HTTP/1.1 403 \nDate: Tue, 14 Nov 2023 22:13:21 GMT\n\n\n%\n";
	static const struct aws_request request = {
		.operation = "GetChange",
		.resource = "*",
		.path = "/",
		.query = "",
		.body = "",
	};

	begin(answered, sizeof(answered) - 1);
	for (size_t i = 0; i < 2; i++) {
		begin(answers.at, (size_t)(answers.end - answers.at));
		(void)aws_call(&request, "- ", ignore, NULL);
	}
}

void fuzz_open(const uint8_t *data, size_t size)
{
	static bool is_open;

	if (!is_open)
		assert(!http_open(FAKE_TIMEOUT_S));
	is_open = true;
	if (http_answer.date_s >= 0)
		set_clock_back();
	begin(size ? (const char *)data : "", size);
}

char fuzz_take_word(const uint8_t **data, size_t *size)
{
	const uint8_t *feed = *size ? memchr(*data, '\n', *size) : NULL;
	size_t len = feed ? (size_t)(feed + 1 - *data) : *size;
	char first = *size ? (char)**data : '\0';

	*data += len;
	*size -= len;
	return first;
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
	static FILE *file;
	static char name[32];

	if (!file)
		file = tmpfile();
	assert(file && !ftruncate(fileno(file), 0));
	assert(pwrite(fileno(file), data, size, 0) == (ssize_t)size);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fileno(file));
	return name;
}

/* ---- What holds of every outcome. ---- */

bool fuzz_is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

bool fuzz_is_word(const char *text, size_t most)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return !text[len] && len >= 1 && len <= most;
}

bool fuzz_succeeded(int rc)
{
	static const int statuses[] = {STATUS_DATA,   STATUS_UNAVAILABLE,
				       STATUS_TAKEN,  STATUS_DEADLINE,
				       STATUS_DENIED, STATUS_SETTINGS,
				       STATUS_SYSTEM};
	bool is_ours = false;

	assert(rc >= -1 && rc <= 1);
	if (rc >= 0)
		return !rc;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		is_ours |= (int)errinfo.status == statuses[i];
	assert(is_ours);
	assert(errinfo.text.len && *errinfo.text.data);
	assert(strlen(errinfo.text.data) <= BUF_LIMIT);
	assert(errinfo.code && strlen(errinfo.code) < 64);
	return false;
}

void fuzz_check_row(const struct buf *row, size_t fields)
{
	for (size_t i = 0; i < fields; i++) {
		size_t len = strlen(row[i].data);

		assert(buf_is_cut(&row[i]) ? len <= BUF_LIMIT
					   : len == row[i].len);
		/* Nothing is expanded. */
		assert(row[i].len <= http_answer.size);
		for (const char *c = row[i].data; *c; c++)
			assert(!strchr("\2\3\4\5\6\7\b\v\f\16\17\33", *c));
	}
	assert(!*row->data || !strcmp(row->data, "."));
}
