/*
 * Print what herds of any size come to, by the helper's own waits and by others
 * that were tried: tables in Markdown.
 */
#include <stdio.h>
#include <stdlib.h>

#include "herd.h"

enum { SEEDS = 21, FEW_SEEDS = 3, MANY = 5000 };

static const struct limit {
	double rate, burst;
} limits[] = {{5, 5}, {10, 50}};

static int64_t share(int64_t most_ms, uint32_t random)
{
	return (int64_t)(((uint64_t)most_ms * random) >> 32);
}

/* ---- What was tried. ---- */

static int64_t doubled(struct retry *retry, int64_t ceiling_ms, uint32_t random)
{
	int64_t most_ms = 1000 << (retry->tries < 10 ? retry->tries : 10);

	retry->tries++;
	return share(most_ms < ceiling_ms ? most_ms : ceiling_ms, random);
}

static int64_t cap_20_s(struct retry *retry, enum again again, int64_t now_ms,
			uint32_t random)
{
	(void)again;
	(void)now_ms;
	return doubled(retry, 20000, random);
}

static int64_t cap_5_s(struct retry *retry, enum again again, int64_t now_ms,
		       uint32_t random)
{
	(void)again;
	(void)now_ms;
	return doubled(retry, 5000, random);
}

static int64_t cap_quarter(struct retry *retry, enum again again,
			   int64_t now_ms, uint32_t random)
{
	int64_t ceiling_ms;

	(void)again;
	if (!retry->throttled_ms)
		retry->throttled_ms = now_ms;
	ceiling_ms = (now_ms - retry->throttled_ms) / 4;
	return doubled(retry, ceiling_ms < 5000 ? 5000 : ceiling_ms, random);
}

/* Up to three times the last wait; throttled_ms holds that. */
static int64_t decorrelated(struct retry *retry, enum again again,
			    int64_t now_ms, uint32_t random)
{
	int64_t last_ms = retry->throttled_ms ? retry->throttled_ms : 1000;
	int64_t wait_ms = 1000 + share(3 * last_ms - 1000, random);

	(void)again;
	(void)now_ms;
	retry->throttled_ms = wait_ms < 20000 ? wait_ms : 20000;
	return retry->throttled_ms;
}

/* Each instance paces itself: a client's own bucket, halved when throttled,
 * never below one request in 2 s, as SDKs' adaptive mode. */
static int64_t adaptive(struct retry *retry, enum again again, int64_t now_ms,
			uint32_t random)
{
	int64_t wait_ms = doubled(retry, 20000, random);

	(void)again;
	(void)now_ms;
	return wait_ms > 2000 ? wait_ms : 2000;
}

/* As ours, but the whole of it by chance. */
static int64_t full_jitter(struct retry *retry, enum again again,
			   int64_t now_ms, uint32_t random)
{
	if (again != AGAIN_THROTTLED)
		return backoff_delay_ms(retry, again, now_ms, random);
	if (!retry->throttled_ms)
		retry->throttled_ms = now_ms;
	return share(3000 + (now_ms - retry->throttled_ms) / 6, random);
}

/* As ours, but with PriorRequestNotComplete for throttling. */
static int64_t all_throttling(struct retry *retry, enum again again,
			      int64_t now_ms, uint32_t random)
{
	(void)again;
	return backoff_delay_ms(retry, AGAIN_THROTTLED, now_ms, random);
}

static const struct {
	const char *name;
	int64_t (*delay_ms)(struct retry *, enum again, int64_t, uint32_t);
} policies[] = {
	{"full jitter, doubling to 20 s", cap_20_s},
	{"full jitter, doubling to 5 s", cap_5_s},
	{"the same, to a quarter of the time throttled", cap_quarter},
	{"decorrelated jitter to 20 s", decorrelated},
	{"adaptive, at most one request in 2 s", adaptive},
	{"ours with full jitter", full_jitter},
	{"ours, PriorRequestNotComplete as throttling", all_throttling},
	{"**ours**: half to all of 3 s + time throttled / 6", backoff_delay_ms},
};

/* ---- The tables. ---- */

static int by_last(const void *left, const void *right)
{
	double a = ((const struct herd_outcome *)left)->last_s;
	double b = ((const struct herd_outcome *)right)->last_s;

	return (a > b) - (a < b);
}

/* The outcome with the median of the last record set's time; the worst of all
 * in most_requests and gave_up. */
static struct herd_outcome boot_often(struct herd herd)
{
	static struct herd_outcome all[SEEDS];
	size_t count = herd.instances < MANY ? SEEDS : FEW_SEEDS;
	struct herd_outcome median;

	for (size_t i = 0; i < count; i++) {
		herd.seed = 0x9E3779B97F4A7C15U * (i + 1);
		all[i] = herd_boot(&herd);
	}
	qsort(all, count, sizeof(*all), by_last);
	median = all[count / 2];
	for (size_t i = 0; i < count; i++) {
		if (all[i].most_requests > median.most_requests)
			median.most_requests = all[i].most_requests;
		if (all[i].gave_up > median.gave_up)
			median.gave_up = all[i].gave_up;
	}
	return median;
}

static void print_sizes(void)
{
	static const unsigned sizes[] = {50, 100, 1000, 10000, 100000};

	puts("| limit | instances | requests needed | floor, s | last set, s | "
	     "x floor | requests a boot | most |\n"
	     "|---|---:|---:|---:|---:|---:|---:|---:|");
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		for (unsigned requests = 1; requests <= 2; requests++)
			for (size_t j = 0; j < sizeof(sizes) / sizeof(*sizes);
			     j++) {
				struct herd herd = {sizes[j],
						    requests,
						    limits[i].rate,
						    limits[i].burst,
						    86400,
						    backoff_delay_ms,
						    0};
				struct herd_outcome got = boot_often(herd);

				printf("| %g/s, burst %g | %u | %u | %.0f | "
				       "%.1f | ",
				       herd.rate, herd.burst, herd.instances,
				       requests, got.floor_s, got.last_s);
				if (got.floor_s >= 1)
					printf("%.2f",
					       got.last_s / got.floor_s);
				printf(" | %.1f | %u |\n", got.requests,
				       got.most_requests);
			}
}

static void print_policies(void)
{
	static const unsigned sizes[] = {100, 1000, 10000};

	puts("\n| waits | 100: x floor | requests | 1,000: x floor | requests "
	     "| "
	     "10,000: x floor | requests "
	     "|\n|---|---:|---:|---:|---:|---:|---:|");
	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
		printf("| %s |", policies[i].name);
		for (size_t j = 0; j < sizeof(sizes) / sizeof(*sizes); j++) {
			struct herd herd = {
				sizes[j], 2, 5, 5, 86400, policies[i].delay_ms,
				0};
			struct herd_outcome got = boot_often(herd);

			printf(" %.2f | %.1f |", got.last_s / got.floor_s,
			       got.requests);
		}
		puts("");
	}
}

static void print_timeouts(void)
{
	static const struct {
		unsigned instances, requests;
		double timeout_s;
	} rows[] = {{100, 2, 300},   {500, 2, 300},   {1000, 2, 300},
		    {1000, 2, 600},  {1000, 1, 300},  {2000, 1, 300},
		    {10000, 1, 300}, {10000, 1, 3000}};

	puts("\n| instances | requests needed | timeout, s | floor at 5/s, s | "
	     "gave up |\n|---:|---:|---:|---:|---:|");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct herd herd = {rows[i].instances, rows[i].requests, 5, 5,
				    rows[i].timeout_s, backoff_delay_ms, 0};
		struct herd_outcome got = boot_often(herd);

		printf("| %u | %u | %g | %.0f | %u |\n", herd.instances,
		       herd.requests, herd.timeout_s, got.floor_s, got.gave_up);
	}
}

int main(void)
{
	print_sizes();
	print_policies();
	print_timeouts();
	return 0;
}
