#include "unit.h"

#include <glob.h>

#include "roots.h"

#define BUNDLE "/etc/ssl/certs/ca-certificates.crt"

static char text[1024 * 1024];

/* Read a file as a text; false where there is none. */
static bool read_text(const char *path, char *to, size_t size)
{
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	to[fread(to, 1, size - 1, file)] = '\0';
	(void)fclose(file);
	return true;
}

static size_t count(const char *in, const char *what)
{
	size_t found = 0;

	while ((in = strstr(in, what))) {
		in++;
		found++;
	}
	return found;
}

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"
#define AMAZON BEGIN "MIIBQW1hem9uAAAA\n" END
#define OTHER BEGIN "MIIBAAAAAAAAAAAA\n" END

static const struct {
	const char *name;
	const char *input;
	size_t kept; /* certificates */
} bundles[] = {
	{"nothing", "", 0},
	{"no PEM", "Amazon\nQW1hem9u\n", 0},
	{"none of them", OTHER OTHER, 0},
	{"the only one", AMAZON, 1},
	{"the first", AMAZON OTHER, 1},
	{"the last", OTHER AMAZON, 1},
	{"two in a row", OTHER AMAZON AMAZON OTHER, 2},
	{"no line feed behind the last",
	 BEGIN "QW1hem9u\n"
	       "-----END CERTIFICATE-----",
	 1},
	{"the second byte of three", BEGIN "IEFtYXpvbg==\n" END, 1},
	{"the third byte of three", BEGIN "ICBBbWF6b24=\n" END, 1},
	{"Starfield", BEGIN "U3RhcmZpZWxk\n" END, 1},
	{"Starfield, second byte", BEGIN "IFN0YXJmaWVsZA==\n" END, 1},
	{"Starfield, third byte", BEGIN "ICBTdGFyZmllbGQ=\n" END, 1},
	{"no end", OTHER BEGIN "QW1hem9u\n", 0},
	{"no end but the start of one", BEGIN "QW1hem9u\n-----END CERT", 0},
	{"ends only", END END END, 0},
};

static void test_roots__keeps_of_a_bundle(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bundles); i++) {
		buf_wipe(&roots.pem);
		(void)snprintf(text, sizeof(text), "%s", bundles[i].input);
		roots_keep(text);
		if (count(roots.pem.data, "END CERT") != bundles[i].kept)
			fail_msg("%s: %zu kept", bundles[i].name,
				 count(roots.pem.data, "END CERT"));
		assert_string_equal(text, bundles[i].input);
	}
}

static void test_roots__leaves_out_what_does_not_fit(void **state)
{
	(void)state;
	buf_wipe(&roots.pem);
	(void)snprintf(text, sizeof(text), "%s", AMAZON);
	for (size_t i = 0; i < BUF_LIMIT / strlen(AMAZON) + 9; i++)
		roots_keep(text);
	assert_int_equal(count(roots.pem.data, BEGIN),
			 count(roots.pem.data, "-----END CERTIFICATE-----"));
	assert_int_equal(count(roots.pem.data, BEGIN),
			 BUF_LIMIT / strlen(AMAZON));
}

/* Each root is a file of its own there, too. */
static void test_roots__keeps_the_very_ones_of_this_system(void **state)
{
	static char root[16384];
	glob_t files;

	(void)state;
	buf_wipe(&roots.pem);
	if (!read_text(BUNDLE, text, sizeof(text)) ||
	    glob("/etc/ssl/certs/Amazon_*.pem", 0, NULL, &files) ||
	    glob("/etc/ssl/certs/Starfield_*.pem", GLOB_APPEND, NULL, &files)) {
		print_message("note: " BUNDLE " is none of Debian's\n");
		skip();
	}
	roots_keep(text);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		assert_true(read_text(files.gl_pathv[i], root, sizeof(root)));
		root[strlen(root) - 1] = '\0'; /* the last line feed */
		assert_non_null(strstr(roots.pem.data, root));
	}
	assert_int_equal(count(roots.pem.data, BEGIN), files.gl_pathc);
	assert_false(buf_is_cut(&roots.pem));
	globfree(&files);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roots__keeps_of_a_bundle),
		cmocka_unit_test(test_roots__leaves_out_what_does_not_fit),
		cmocka_unit_test(
			test_roots__keeps_the_very_ones_of_this_system),
	};

	return RUN(tests);
}
