#include "published.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "errinfo.h"
#include "instance.h"
#include "options.h"
#include "outcome.h"
#include "plan.h"
#include "platform.h"
#include "print.h"
#include "route53.h"
#include "settings.h"
#include "sigv4.h"
#include "text.h"

enum {
	TEXT_LIMIT = 16384, /* bytes of a state */
	IDENTIFIER_LIMIT = 128,
	LOCK_POLL_MS = 100,
	LOOK_LEAST_MS = 45 * 60 * 1000,
	LOOK_MOST_MS = 75 * 60 * 1000,
};

struct published_set published_sets[PUBLISHED_LIMIT];
size_t published_count;

static const char *owner;	   /* the instance */
static char text[TEXT_LIMIT + 1];  /* read; the sets' fields point to it */
static const char *same = "-";	   /* the digest of what was published */
static int64_t look_ms;		   /* when to look at Route 53 */
static struct buf digest;	   /* of a description */
static struct buf path, temporary; /* of files in the directory */

/* ---- Files. ---- */

/* Name a file in the directory, which is made if it is not there. */
static const char *name_file(struct buf *name, const char *file)
{
	const char *directory = platform_variable("RUNTIME_DIRECTORY");

	buf_set(name, "%s", directory ? directory : "/run/bootname");
	(void)mkdir(name->data, 0755);
	buf_addf(name, "/%s", file);
	return name->data;
}

static int open_file(const char *name, int flags)
{
	return open(name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

/* The lock is a file of its own, which only its owner can open: whoever can
 * read the directory could hold a lock on that. */
int published_lock(long timeout_s)
{
	int fd = open_file(name_file(&path, "lock"), O_RDWR | O_CREAT);
	int64_t until_ms;

	until_ms = platform_now_ms() + timeout_s * (int64_t)1000;
	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) &&
	       errno == EWOULDBLOCK) {
		if (platform_now_ms() >= until_ms)
			return errinfo_set(STATUS_DEADLINE,
					   "another bootname holds %s, for %ld "
					   "s at least; end it, or try later",
					   path.data, timeout_s);
		platform_sleep_ms(LOCK_POLL_MS);
	}
	return 0;
}

/* Returns the bytes read, whole; 0 where there is nothing to go by. */
static size_t read_file(void)
{
	int fd = open_file(name_file(&path, "published"), O_RDONLY);
	struct stat status;
	size_t size = 0;
	ssize_t len = -1;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) &&
	    (status.st_uid == geteuid() || !status.st_uid) &&
	    !(status.st_mode & (S_IWGRP | S_IWOTH)))
		while ((len = read(fd, text + size, sizeof(text) - size)) > 0)
			size += (size_t)len;
	(void)close(fd);
	return len || size > TEXT_LIMIT ? 0 : size;
}

/* ---- Reading: hostile, like everything else. ---- */

/* Cut the next piece off, up to one of the ends; NULL: there is no end. */
static char *take(char **next, char end)
{
	char *piece = *next;
	char *stop = strchr(piece, end);

	if (!stop)
		return NULL;
	*stop = '\0';
	*next = stop + 1;
	return piece;
}

static bool is_sound(const struct published_set *set)
{
	static char folded[DNSNAME_SIZE];
	static char id[ROUTE53_ID_SIZE];
	const char *const *field = set->field;
	size_t i = text_place(field[PUBLISHED_TYPE], "A AAAA ");
	unsigned routing = text_place(field[PUBLISHED_ROUTING],
				      "simple multivalue weighted ");

	route53_cut_id(id, sizeof(id), field[PUBLISHED_ZONE]);
	return i < PLAN_OWNER && *id && !strcmp(id, field[PUBLISHED_ZONE]) &&
	       dnsname_fold(folded, field[PUBLISHED_NAME]) &&
	       !strcmp(folded, field[PUBLISHED_NAME]) &&
	       plan_is_same_address(i, field[PUBLISHED_VALUE],
				    field[PUBLISHED_VALUE]) &&
	       text_matches(field[PUBLISHED_ROLE], "^(-|arn:.+)$") &&
	       routing < 3 && !routing == !*field[PUBLISHED_IDENTIFIER] &&
	       strlen(field[PUBLISHED_IDENTIFIER]) <= IDENTIFIER_LIMIT;
}

static bool read_set(char *line)
{
	struct published_set set = {.is_unwanted = false};

	for (size_t i = 0; i < PUBLISHED_IDENTIFIER; i++)
		if (!(set.field[i] = take(&line, ' ')))
			return false;
	set.field[PUBLISHED_IDENTIFIER] = line;
	if (published_count == PUBLISHED_LIMIT || !is_sound(&set))
		return false;
	published_sets[published_count++] = set;
	return true;
}

static bool read_text(size_t size)
{
	static struct buf heading;
	char *next = text;
	char *line;

	text[size] = '\0';
	buf_set(&heading, "bootname 1 %s", owner);
	if (strlen(text) < size || text_matches(text, "[^ -~\n]") ||
	    !(line = take(&next, '\n')) || strcmp(line, heading.data) ||
	    !(line = take(&next, '\n')) ||
	    !text_matches(line, "^same (-|[0-9a-f]{64})$"))
		return false;
	same = line + strlen("same ");
	if (!(line = take(&next, '\n')) ||
	    !text_matches(line, "^look [0-9]{1,15}$"))
		return false;
	look_ms = strtoll(line + strlen("look "), NULL, 10);
	while ((line = take(&next, '\n')))
		if (!read_set(line))
			return false;
	return !*next;
}

void published_read(const char *instance_id)
{
	size_t size = read_file();

	owner = instance_id;
	published_count = 0;
	same = "-";
	if (!size || read_text(size))
		return;
	published_count = 0;
	same = "-";
	print_progress("what was published is not readable: passed over");
}

/* ---- What it says. ---- */

/* A machine that sleeps looks later, where bytes are short. */
static int64_t uptime_ms(void)
{
	return build_is_whole ? platform_uptime_ms() : platform_now_ms();
}

/* The last line of what would be signed is the digest. */
static const char *digest_of(const struct buf *description)
{
	buf_wipe(&digest);
	return !description || buf_is_cut(description) ||
			       sigv4_string_to_sign(&digest, "", "",
						    description->data)
		       ? ""
		       : strrchr(digest.data, '\n') + 1;
}

bool published_is(const struct buf *description)
{
	if (!build_is_whole)
		return read_file() == sizeof(look_ms) + description->len &&
		       !memcmp(text + sizeof(look_ms), description->data,
			       description->len);
	return !strcmp(digest_of(description), same);
}

/* A time that lies too far ahead is none that was written here. */
bool published_is_due(void)
{
	int64_t left_ms;

	if (!build_is_whole)
		memcpy(&look_ms, text, sizeof(look_ms));
	left_ms = look_ms - uptime_ms();
	return left_ms <= 0 || left_ms > LOOK_MOST_MS;
}

static bool has_fields(const struct published_set *set,
		       const char *const field[PUBLISHED_FIELDS])
{
	for (size_t i = 0; i < PUBLISHED_FIELDS; i++)
		if (field[i] && strcmp(field[i], set->field[i]))
			return false;
	return true;
}

bool published_has(const struct plan *plan, size_t i, const char *address)
{
	const char *const field[PUBLISHED_FIELDS] = {
		[PUBLISHED_TYPE] = route53_type_names[i],
		[PUBLISHED_ZONE] = plan->zone_id,
		[PUBLISHED_NAME] = plan->instance->name,
		[PUBLISHED_IDENTIFIER] =
			plan_identifier(plan->settings, plan->instance),
	};

	for (size_t j = 0; j < published_count; j++)
		if (published_sets[j].is_unwanted &&
		    has_fields(&published_sets[j], field) &&
		    plan_is_same_address(
			    i, published_sets[j].field[PUBLISHED_VALUE],
			    address))
			return true;
	return false;
}

void published_add(const struct published_set *set)
{
	for (size_t i = 0; i < published_count; i++)
		if (has_fields(&published_sets[i], set->field))
			return;
	if (published_count < PUBLISHED_LIMIT)
		published_sets[published_count++] = *set;
}

void published_forget(const char *const field[PUBLISHED_FIELDS],
		      bool is_unwanted)
{
	size_t left = 0;

	for (size_t i = 0; i < published_count; i++)
		if (!has_fields(&published_sets[i], field) ||
		    (is_unwanted && !published_sets[i].is_unwanted))
			published_sets[left++] = published_sets[i];
	published_count = left;
}

/* ---- Writing. ---- */

static int64_t choose_look(void)
{
	uint64_t spread_ms = LOOK_MOST_MS - LOOK_LEAST_MS;

	return uptime_ms() + LOOK_LEAST_MS +
	       (int64_t)(spread_ms * platform_random() >> 32);
}

/* Without a user the state is the time and the description, as bytes; and part
 * of a state is none. */
static void write_bytes(const struct buf *description)
{
	int fd = open_file(name_file(&path, "published"),
			   O_WRONLY | O_CREAT | O_TRUNC);

	look_ms = choose_look();
	if (description && write(fd, &look_ms, sizeof(look_ms)) > 0)
		(void)!write(fd, description->data, description->len);
	(void)close(fd);
}

/* Append the state. */
static void describe(struct buf *state, const struct buf *description)
{
	const char *now = digest_of(description);

	buf_set(state, "bootname 1 %s\nsame %s\nlook %lld\n", owner,
		*now ? now : "-", *now ? (long long)choose_look() : 0);
	for (size_t i = 0; i < published_count; i++)
		for (size_t j = 0; j < PUBLISHED_FIELDS; j++)
			buf_addf(state, "%s%c", published_sets[i].field[j],
				 j < PUBLISHED_IDENTIFIER ? ' ' : '\n');
}

/* Nobody ever sees part of a state: a new file gets its name when it is whole,
 * and where that fails there is none. */
void published_write(const struct buf *description)
{
	static struct buf state;
	int fd;
	bool is_whole;

	if (!build_is_whole) {
		write_bytes(description);
		return;
	}
	(void)name_file(&path, "published");
	(void)unlink(name_file(&temporary, "published.new"));
	describe(&state, description);
	fd = open_file(temporary.data, O_WRONLY | O_CREAT | O_EXCL);
	is_whole = fd >= 0 && !buf_is_cut(&state) &&
		   write(fd, state.data, state.len) == (ssize_t)state.len;
	(void)close(fd);
	if (is_whole && !rename(temporary.data, path.data))
		return;
	(void)unlink(temporary.data);
	(void)unlink(path.data);
	print_progress("what is published cannot be kept");
}

/* ---- The embedded helper's. ---- */

bool published_is_text(const char *wanted)
{
	int fd = open_file(name_file(&path, "published"), O_RDONLY);
	ssize_t size = read(fd, text, sizeof(text));

	(void)close(fd);
	return size == (ssize_t)strlen(wanted) &&
	       !memcmp(text, wanted, (size_t)size);
}

void published_keep_text(const char *kept)
{
	int fd = open_file(name_file(&path, "published"),
			   O_WRONLY | O_CREAT | O_TRUNC);

	/* Part of a text is another one. */
	(void)!write(fd, kept, strlen(kept));
	(void)close(fd);
}
