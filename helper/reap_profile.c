#include "reap_profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credentials.h"
#include "errinfo.h"
#include "imds.h"
#include "platform.h"
#include "provider.h"

enum {
	FILE_LIMIT = 1024 * 1024, /* bytes */
};

/* Of the partition that most are in: Route 53 knows no regions. */
#define DEFAULT_REGION "us-east-1"
#define BLANKS " \t\r"
#define REMEDY "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"

static const char *const keys[CREDENTIALS_FIELDS] = {
	"aws_access_key_id",
	"aws_secret_access_key",
	"aws_session_token",
};

/* ---- The shared credentials file. ---- */

/* The text without blanks around it; its end is written over. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* Whether a line is the header of this profile's section. */
static bool is_header_of(char *line, const char *name)
{
	line[strcspn(line, "]")] = '\0';
	return !strcmp(trim(line + 1), name);
}

/* Take the value of a line "key = value" that is one of ours; behind a blank a
 * comment may follow, and none of the values holds a blank. */
static void take(char *line, char *values[CREDENTIALS_FIELDS])
{
	char *value = strchr(line, '=');

	if (!value)
		return;
	*value++ = '\0';
	line = trim(line);
	value = trim(value);
	for (char *c = value; *c; c++)
		if (strchr("#;", *c) && c > value && strchr(BLANKS, c[-1]))
			*c = '\0';
	for (size_t i = 0; i < CREDENTIALS_FIELDS; i++)
		if (!strcmp(line, keys[i]))
			values[i] = trim(value);
}

int profile_parse(char *text, const char *name, struct credentials *credentials)
{
	char *values[CREDENTIALS_FIELDS] = {NULL};
	bool is_ours = false;
	bool was_there = false;
	bool has_key = false; /* so that an indented line goes on with it */

	for (char *next; text; text = next) {
		next = strchr(text, '\n');
		if (next)
			*next++ = '\0';
		if (*text == '[') {
			is_ours = is_header_of(text, name);
			was_there |= is_ours;
			has_key = false;
		} else if (!strchr("#;", *text) &&
			   !(has_key && strchr(BLANKS, *text))) {
			has_key = true;
			if (is_ours)
				take(text, values);
		}
	}
	if (!was_there)
		return 1;
	if (values[CREDENTIALS_SESSION_TOKEN] &&
	    !*values[CREDENTIALS_SESSION_TOKEN])
		values[CREDENTIALS_SESSION_TOKEN] = NULL;
	return credentials_set(credentials, values[CREDENTIALS_ACCESS_KEY_ID],
			       values[CREDENTIALS_SECRET_ACCESS_KEY],
			       values[CREDENTIALS_SESSION_TOKEN])
		       ? 0
		       : -1;
}

/* Read all of a text; -1 where it is none, or too much. */
static int read_all(int fd, char *text)
{
	struct stat status;
	ssize_t size = 0;
	ssize_t more;

	if (fstat(fd, &status) || !S_ISREG(status.st_mode))
		return -1;
	do {
		more = read(fd, text + size, (size_t)(FILE_LIMIT + 1 - size));
		size += more;
	} while (more > 0 && size <= FILE_LIMIT);
	if (more < 0 || size > FILE_LIMIT)
		return -1;
	text[size] = '\0';
	return strlen(text) == (size_t)size ? 0 : -1;
}

static int parse_file(int fd, const char *path, const char *name,
		      struct credentials *credentials)
{
	char *text = malloc(FILE_LIMIT + 1);
	int rc = -1;

	if (!text || read_all(fd, text))
		(void)errinfo_set(STATUS_DENIED,
				  "%s: must be a text file of at most %d "
				  "bytes; " REMEDY,
				  path, FILE_LIMIT);
	else if ((rc = profile_parse(text, name, credentials)) < 0)
		(void)errinfo_set(STATUS_DENIED,
				  "profile \"%.80s\" of %s holds no usable "
				  "keys; set those that aws configure "
				  "export-credentials prints",
				  name, path);
	if (text)
		platform_wipe(text, FILE_LIMIT + 1);
	free(text);
	return rc;
}

/* Returns 1 where there is none, and nobody has said that there is. */
static int read_file(struct credentials *credentials)
{
	static struct buf path;
	const char *given = platform_variable("AWS_SHARED_CREDENTIALS_FILE");
	const char *profile = platform_variable("AWS_PROFILE");
	const char *home = platform_variable("HOME");
	const char *name = profile ? profile : "default";
	int fd;
	int rc;

	if (given)
		buf_set(&path, "%s", given);
	else
		buf_set(&path, "%s/.aws/credentials", home ? home : "");
	fd = open(path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT && !given && !profile
			       ? 1
			       : errinfo_set(STATUS_DENIED, "%s: %s; " REMEDY,
					     path.data, strerror(errno));
	rc = parse_file(fd, path.data, name, credentials);
	(void)close(fd);
	return rc > 0 && profile
		       ? errinfo_set(STATUS_DENIED,
				     "%s holds no profile \"%.80s\"; " REMEDY,
				     path.data, name)
		       : rc;
}

/* ---- The instance's role. ---- */

static int ask_instance(struct credentials *credentials)
{
	static char region[33];
	const char *unread = aws_unread_variable();
	int rc;

	if (imds_open() || !imds_is_there()) {
		(void)errinfo_set(
			STATUS_DENIED,
			"no credentials; " REMEDY
			", or run on an EC2 instance with a role (in a "
			"container: aws ec2 modify-instance-metadata-options "
			"--http-put-response-hop-limit 2)");
		return unread ? errinfo_add("; bootname does not read %s",
					    unread)
			      : -1;
	}
	/* Once: this is not a boot, and the role has been there. */
	if (provider_supply(AWS_INSTANCE, true, credentials))
		return -1;
	aws.is_ipv6 = imds_is_ipv6;
	if (*aws.region)
		return 0;
	rc = imds_get_word("meta-data/placement/region", region,
			   sizeof(region));
	aws.region = region;
	return rc;
}

int profile_supply(enum aws_identity identity, bool once,
		   struct credentials *credentials)
{
	int rc;

	if (identity == AWS_ASSUMED || platform_variable("AWS_ACCESS_KEY_ID"))
		rc = provider_supply(identity, once, credentials);
	else
		rc = read_file(credentials);
	if (rc > 0)
		rc = ask_instance(credentials);
	if (rc) {
		credentials->field[0][0] = '\0';
		errinfo.stage = "credentials";
	} else if (!*aws.region) {
		aws.region = DEFAULT_REGION;
	}
	return rc;
}
