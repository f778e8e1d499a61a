/*
 * An HTTP answer as libcurl hands it over: header lines, then a body in
 * pieces; tried again as long as a server asks for that.
 */
#include "fuzz.h"

#include "errinfo.h"
#include "http.h"
#include "platform.h"

static unsigned tries;

static int attempt(void *context)
{
	int rc = http_send("GET", "http://127.0.0.1/", "accept: */*", "", "",
			   1000);

	(void)context;
	tries++;
	assert(http_answer.size <= HTTP_LIMIT);
	assert(!http_answer.body[http_answer.size]);
	assert(http_answer.retry_after_s >= 0 &&
	       http_answer.retry_after_s <= 600);
	if (!fuzz_succeeded(rc))
		return -1;
	if (http_answer.status < 500)
		return 0;
	(void)errinfo_set(STATUS_DEADLINE, "HTTP %ld", http_answer.status);
	return errinfo_retry(AGAIN_LATER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int has_user = 0; has_user < 2; has_user++) {
		fuzz_open(data, size);
		build_is_whole = has_user;
		tries = 0;
		(void)fuzz_succeeded(http_persist(attempt, NULL));
		assert(tries <= size + 1);
	}
	return 0;
}
