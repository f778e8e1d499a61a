#include "fake_http.h"

#undef NDEBUG
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE = 16384 }; /* what libcurl gives of a body at once */

static const uint32_t HALF = UINT32_MAX / 2 + 1; /* what is drawn at random */

/* ---- The clock, and chance. ---- */

int64_t __wrap_platform_now_ms(void);
void __wrap_platform_sleep_ms(int64_t milliseconds);
uint32_t __wrap_platform_random(void);
time_t __wrap_time(time_t *seconds);

int64_t fake_now_ms = FAKE_START_MS;
int64_t fake_waits_ms[FAKE_WAITS];
size_t fake_waits;

void fake_reset_clock(void)
{
	fake_now_ms = FAKE_START_MS;
	fake_waits = 0;
	memset(fake_waits_ms, 0, sizeof(fake_waits_ms));
}

int64_t __wrap_platform_now_ms(void)
{
	return fake_now_ms;
}

void __wrap_platform_sleep_ms(int64_t milliseconds)
{
	assert(milliseconds >= 0 && milliseconds <= FAKE_TIMEOUT_S * 1000);
	if (fake_waits < FAKE_WAITS)
		fake_waits_ms[fake_waits] = milliseconds;
	fake_waits++;
	fake_now_ms += milliseconds;
}

uint32_t __wrap_platform_random(void)
{
	return HALF;
}

time_t __wrap_time(time_t *seconds)
{
	assert(!seconds);
	return FAKE_BOOT_S + (time_t)(fake_now_ms / 1000);
}

/* ---- libcurl. ---- */

struct fake_request fake_request;
CURLcode (*fake_perform)(void);
CURLcode (*fake_refuse)(CURLoption option);

CURL *curl_easy_init(void)
{
	return &fake_request;
}

void curl_easy_reset(CURL *curl)
{
	assert(curl == &fake_request);
	memset(&fake_request, 0, sizeof(fake_request));
	fake_request.port = 1;
}

CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	CURLcode refusal = fake_refuse ? fake_refuse(option) : CURLE_OK;
	va_list args;

	assert(curl == &fake_request);
	if (refusal)
		return refusal;
	va_start(args, option);
	if (option == CURLOPT_WRITEFUNCTION)
		fake_request.on_body = va_arg(args, curl_write_callback);
	if (option == CURLOPT_HEADERFUNCTION)
		fake_request.on_header = va_arg(args, curl_write_callback);
	if (option == CURLOPT_URL)
		fake_request.url = va_arg(args, const char *);
	if (option == CURLOPT_HTTPHEADER)
		fake_request.headers = va_arg(args, const struct curl_slist *);
	if (option == CURLOPT_ERRORBUFFER)
		fake_request.reason = va_arg(args, char *);
	if (option == CURLOPT_CONNECTTIMEOUT_MS || option == CURLOPT_TIMEOUT_MS)
		assert(va_arg(args, long) > 0);
	va_end(args);
	if ((long)option == FAKE_CAINFO_BLOB)
		fake_request.has_blob = true;
	return CURLE_OK;
}

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
	va_list args;

	assert(curl == &fake_request);
	va_start(args, info);
	if (info == CURLINFO_RESPONSE_CODE)
		*va_arg(args, long *) = fake_request.status;
	if (info == CURLINFO_RETRY_AFTER)
		*va_arg(args, curl_off_t *) = fake_request.retry_after_s;
	if (info == CURLINFO_LOCAL_PORT)
		*va_arg(args, long *) = fake_request.port;
	if (info == CURLINFO_REQUEST_SIZE)
		*va_arg(args, long *) = fake_request.sent;
	va_end(args);
	return CURLE_OK;
}

CURLcode curl_easy_perform(CURL *curl)
{
	assert(curl == &fake_request);
	fake_now_ms++;
	return fake_perform();
}

bool fake_give(curl_write_callback callback, const char *bytes, size_t size)
{
	static char piece[PIECE];
	char *copy = size > PIECE ? malloc(size) : piece;
	size_t taken;

	assert(copy);
	memcpy(copy, bytes, size);
	taken = callback(copy, 1, size, NULL);
	if (copy != piece)
		free(copy);
	return taken == size;
}
