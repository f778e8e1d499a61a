#include "check_print.h"

#include <stdarg.h>
#include <string.h>

#include "buf.h"
#include "check_json.h"
#include "errinfo.h"
#include "options.h"
#include "outcome.h"
#include "platform.h"
#include "print.h"

static bool is_kept;
static bool has_colours;

void check_print_open(bool is_json)
{
	is_kept = is_json;
	has_colours = platform_has_colours();
}

static void print(enum finding finding, const char *step, const char *what,
		  const char *fix)
{
	static const char words[][5] = {"ok", "warn", "FAIL"};
	static const char colours[][8] = {"\33[32m", "\33[33m", "\33[1;31m"};
	static struct buf lines;

	buf_set(&lines, "%s%-4s%s  %s: %s\n",
		has_colours ? colours[finding] : "", words[finding],
		has_colours ? "\33[m" : "", step, what);
	while (*fix) {
		int len = (int)strcspn(fix, "\n");

		buf_addf(&lines, "      %.*s\n", len, fix);
		fix += len + (fix[len] == '\n');
	}
	if (!options.is_quiet && print_text(lines.data))
		print_failure();
}

/* The text is what was found and, behind "; ", what to do; of what works more
 * lines may be told. */
static void tell(enum finding finding, enum exit_status status,
		 struct buf *text)
{
	static const char results[][5] = {"ok", "warn", "fail"};
	const char *end = finding == FINDING_OK ? "\n" : "; ";
	char *fix = strstr(text->data, end);

	if (finding == FINDING_FAIL && !outcome.status) {
		outcome.status = status;
		outcome.first_error.stage = errinfo.stage;
		buf_set(&outcome.first_error.text, "%s", text->data);
	}
	if (fix) {
		*fix = '\0';
		fix += strlen(end);
	}
	if (is_kept)
		check_json_add(results[finding], errinfo.stage, text->data,
			       fix);
	else
		print(finding, errinfo.stage, text->data, fix ? fix : "");
}

static struct buf text;

#define TELL(finding, status)                                                  \
	do {                                                                   \
		va_list args;                                                  \
                                                                               \
		va_start(args, format);                                        \
		buf_wipe(&text);                                               \
		buf_addv(&text, format, args);                                 \
		va_end(args);                                                  \
		tell(finding, status, &text);                                  \
	} while (0)

void finding_ok(const char *format, ...)
{
	TELL(FINDING_OK, STATUS_OK);
}

void finding_warn(const char *format, ...)
{
	TELL(FINDING_WARN, STATUS_OK);
}

void finding_fail(enum exit_status status, const char *format, ...)
{
	TELL(FINDING_FAIL, status);
}

void finding_fail_with_error(void)
{
	(void)text_printable(errinfo.text.data);
	tell(FINDING_FAIL, errinfo.status, &errinfo.text);
}
