/*
 * Rows of a fault and of how a call that meets it ends: tries, waits, status. A
 * run keeps much (its clock's correction, since when it is throttled), so each
 * row has a process of its own.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "unit.h"

#undef NDEBUG
#include <assert.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "build.h"
#include "errinfo.h"
#include "fake_http.h"
#include "http.h"

enum {
	FOR_EVER = 1000, /* times */
	ROW_WAITS = 4,
	ROW_TIMEOUT_S = 10,
	LINE_SIZE = 256,
};

struct row {
	const char *name;
	int place; /* what is called: of the enumeration of the test */
	/* What is answered in place of the right answer: "503", "400 CODE" or
	 * "403 CODE text", an error of the service; "503 <..." or "200 {...",
	 * a body; and of libcurl "reset", "cut" (in the head), "silence",
	 * "refused". */
	const char *fault;
	unsigned times;
	int status;
	unsigned tries;		     /* requests of the kind that fails */
	int64_t waits_ms[ROW_WAITS]; /* all; for ever: the first ones */
	const char *says;	     /* up to "..."; NULL: anything */

	/* What differs from a usual run. */
	const char *at;	 /* requests whose URL holds this; NULL: all */
	unsigned behind; /* right answers before the first fault */
	int64_t retry_after_s;
	int64_t clock_s; /* the server's clock less ours */
	int64_t jump_s;	 /* by which it goes ahead with each request */
	bool without_date;
	const char *updated; /* of the credentials, as a time */
	long age_s;	   /* or so long ago, by the server's clock; 0: long */
	unsigned supplies; /* of credentials; 0: one */
	unsigned shape;	   /* of Route 53's errors; 0: the usual one */
	long timeout_s;	   /* 0: ROW_TIMEOUT_S */
};

/* A page of somebody else on the way. */
#define PAGE                                                                   \
	"<?xml version=\"1.0\"?>\n<html "                                      \
	"xmlns=\"http://www.w3.org/1999/xhtml\">"                              \
	"<body><h1>Welcome to the captive portal</h1></body></html>\n"

static const struct row *script; /* under way */
static unsigned script_tries;
static unsigned script_faults_left;
static unsigned script_behind;

/* What is right to answer to the request under way: status and body. */
static const char *script_right(long *http);

static int64_t script_server_time_s(void)
{
	return (int64_t)time(NULL) + script->clock_s +
	       (int64_t)script->jump_s * script_tries;
}

static void script_head(long http, size_t size)
{
	static char line[LINE_SIZE];
	time_t now = (time_t)script_server_time_s();
	struct tm utc;

	fake_request.status = http;
	(void)snprintf(line, sizeof(line), "HTTP/1.1 %ld Words\r\n", http);
	(void)fake_give(fake_request.on_header, line, strlen(line));
	(void)snprintf(line, sizeof(line), "Content-Length: %zu\r\n", size);
	(void)fake_give(fake_request.on_header, line, strlen(line));
	if (!script->without_date) {
		(void)gmtime_r(&now, &utc);
		(void)strftime(line, sizeof(line),
			       "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
		(void)fake_give(fake_request.on_header, line, strlen(line));
	}
	(void)fake_give(fake_request.on_header, "\r\n", 2);
}

static CURLcode script_answer(long http, const char *body)
{
	script_head(http, strlen(body));
	if (*body)
		(void)fake_give(fake_request.on_body, body, strlen(body));
	return CURLE_OK;
}

/* An error of the service, in the shape that the row asks for. */
static CURLcode script_error(long http, const char *code)
{
	static char body[1024];
	const char *text = strchr(code, ' ');
	int len = text ? (int)(text - code) : (int)strlen(code);

	text = text ? text + 1 : "why";
	if (script->shape == 3)
		(void)snprintf(body, sizeof(body),
			       "<%.*s>\n<Message>%s</Message>\n</%.*s>", len,
			       code, text, len, code);
	else if (script->shape == 2)
		(void)snprintf(body, sizeof(body),
			       "<%.*s><Messages><Message>%s</Message>"
			       "</Messages></%.*s>",
			       len, code, text, len, code);
	else
		(void)snprintf(body, sizeof(body),
			       "<ErrorResponse><Error><Type>Sender</Type>"
			       "<Code>%.*s</Code><Message>%s</Message></Error>"
			       "<RequestId>1</RequestId></ErrorResponse>",
			       len, code, text);
	return script_answer(http, body);
}

static CURLcode script_fault(const char *fault)
{
	char *rest;
	long http = strtol(fault, &rest, 10);

	if (!strcmp(fault, "reset"))
		return CURLE_RECV_ERROR;
	if (!strcmp(fault, "silence"))
		return CURLE_OPERATION_TIMEDOUT;
	if (!strcmp(fault, "cut"))
		return CURLE_OK; /* without the empty line */
	if (!strcmp(fault, "refused")) {
		fake_request.port = 0;
		return CURLE_COULDNT_CONNECT;
	}
	assert(http >= 200);
	fake_request.retry_after_s = script->retry_after_s;
	if (!*rest)
		return script_answer(http, "");
	return strchr("<{-", rest[1]) ? script_answer(http, rest + 1)
				      : script_error(http, rest + 1);
}

static CURLcode script_perform(void)
{
	const char *body;
	long http = 200;

	if (!script->at || strstr(fake_request.url, script->at)) {
		script_tries++;
		if (script_behind) {
			script_behind--;
		} else if (script_faults_left) {
			if (script_faults_left < FOR_EVER)
				script_faults_left--;
			return script_fault(script->fault);
		}
	}
	body = script_right(&http);
	return script_answer(http, body);
}

/* Variables that would lead a call elsewhere. */
static const char *const unset[] = {
	"AWS_ACCESS_KEY_ID",
	"AWS_CA_BUNDLE",
	"AWS_EC2_METADATA_DISABLED",
	"AWS_EC2_METADATA_SERVICE_ENDPOINT",
	"AWS_ENDPOINT_URL",
	"AWS_ENDPOINT_URL_EC2",
	"AWS_ENDPOINT_URL_ROUTE_53",
	"AWS_ENDPOINT_URL_STS",
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"AWS_WEB_IDENTITY_TOKEN_FILE",
};

/* ---- Judging, in the row's own process. ---- */

static unsigned script_problems;

__attribute__((format(printf, 1, 2))) static void
script_complain(const char *format, ...)
{
	va_list args;

	if (!script_problems++)
		(void)fprintf(stderr, "FAILED: %s\n", script->name);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

static void script_check(const char *what, long long got, long long want)
{
	if (got != want)
		script_complain("  %s: want %lld, got %lld", what, want, got);
}

/* Whether a text is what a row says, "..." being any words. */
static bool script_says(const char *text, const char *says)
{
	const char *dots = strstr(says, "...");
	size_t begin = dots ? (size_t)(dots - says) : strlen(says);
	size_t end = dots ? strlen(dots + 3) : 0;

	if (!dots)
		return !strcmp(text, says);
	return !strncmp(text, says, begin) && strlen(text) >= begin + end &&
	       !strcmp(text + strlen(text) - end, dots + 3);
}

static void script_check_waits(long timeout_s)
{
	size_t wanted = 0;

	for (; wanted < ROW_WAITS && script->waits_ms[wanted]; wanted++)
		script_check("wait, ms", fake_waits_ms[wanted],
			     script->waits_ms[wanted]);
	if (script->times < FOR_EVER)
		script_check("waits", (long long)fake_waits, (long long)wanted);
	if (fake_now_ms - FAKE_START_MS > timeout_s * 1000)
		script_complain("  ends behind the deadline");
}

/* Returns how many things are not as the row has them. */
static unsigned script_judge(int (*call)(int place))
{
	long timeout_s = script->timeout_s ? script->timeout_s : ROW_TIMEOUT_S;
	int rc;

	script_faults_left = script->times;
	script_behind = script->behind;
	fake_perform = script_perform;
	build_is_whole = true;
	assert(!http_open(timeout_s));
	rc = call(script->place);
	script_check("rc", rc, script->status ? -1 : 0);
	script_check("status", rc ? errinfo.status : 0, script->status);
	script_check("requests", script_tries, script->tries);
	if (script->says && !script_says(errinfo.text.data, script->says))
		script_complain("  says: want \"%s\"", script->says);
	script_check_waits(timeout_s);
	if (script_problems && rc)
		script_complain("  it says \"%s\"", errinfo.text.data);
	for (size_t i = 0; script_problems && i < fake_waits && i < 8; i++)
		script_complain("  it waits %lld ms",
				(long long)fake_waits_ms[i]);
	return script_problems;
}

/* Run all rows, each in a process of its own. */
static inline void script_run(const struct row *rows, size_t count,
			      int (*call)(int place))
{
	unsigned failed = 0;
	int status;
	pid_t child;

	for (size_t i = 0; i < count; i++) {
		script = &rows[i];
		(void)fflush(NULL);
		child = fork();
		if (!child) {
			(void)signal(SIGSEGV, SIG_DFL); /* not cmocka's */
			_exit(script_judge(call) ? 1 : 0);
		}
		assert(child > 0 && waitpid(child, &status, 0) == child);
		failed += status != 0;
		if (WIFSIGNALED(status)) /* such as SIGALRM: no end */
			(void)fprintf(stderr, "FAILED: %s: signal %d\n",
				      script->name, WTERMSIG(status));
	}
	unit_number("rows that failed", failed, 0);
}

#endif
