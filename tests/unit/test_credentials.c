#include "unit.h"

#include "credentials.h"
#include "platform.h"

static const struct {
	const char *name;
	const char *input;
	bool want;
} texts[] = {
	{"key id", "AKIDEXAMPLE", true},
	{"secret", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY=", true},
	{"one byte", "x", true},
	{"first and last byte", "!~", true},
	{"missing", NULL, false},
	{"empty", "", false},
	{"blank", " ", false},
	{"blank in front", " AKID", false},
	{"blank behind", "AKID ", false},
	{"blank inside", "AK ID", false},
	{"tab", "AK\tID", false},
	{"newline behind", "AKID\n", false},
	{"header injection", "AKID\r\nX-Evil: 1", false},
	{"control byte", "AK\001ID", false},
	{"delete", "AK\x7fID", false},
	{"not ASCII", "AK\xc3\xa9ID", false},
	{"highest byte", "\xff", false},
};

static struct credentials secret;

/* Set one field to a text and the others to usable ones, over credentials
 * that are there already; check that all are set, or none is there. */
static void check_set(const char *row, size_t field, const char *text,
		      bool want)
{
	const char *with[CREDENTIALS_FIELDS] = {"id", "key", "token"};

	memset(&secret, 'x', sizeof(secret));
	with[field] = text;
	unit_number(row,
		    credentials_set(&secret, with[CREDENTIALS_ACCESS_KEY_ID],
				    with[CREDENTIALS_SECRET_ACCESS_KEY],
				    with[CREDENTIALS_SESSION_TOKEN]),
		    want);
	if (!want)
		unit_text(row, secret.field[CREDENTIALS_ACCESS_KEY_ID], "");
	for (size_t i = 0; want && i < CREDENTIALS_FIELDS; i++)
		unit_text(row, secret.field[i], with[i]);
}

static void test_credentials__set_takes_header_text_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++)
		for (size_t field = 0; field < CREDENTIALS_FIELDS; field++)
			check_set(texts[i].name, field, texts[i].input,
				  texts[i].want);
}

static void test_credentials__set_limit_is_exact(void **state)
{
	char input[sizeof(*secret.field) + 1];

	(void)state;
	for (size_t field = 0; field < CREDENTIALS_FIELDS; field++) {
		memset(input, 'x', sizeof(input));
		input[sizeof(input) - 2] = '\0';
		check_set("longest", field, input, true);
		input[sizeof(input) - 2] = 'x';
		input[sizeof(input) - 1] = '\0';
		check_set("one over", field, input, false);
	}
}

static void test_credentials__set_takes_no_token_of_a_user_only(void **state)
{
	(void)state;
	check_set("nobody", CREDENTIALS_SESSION_TOKEN, NULL, false);
	build_is_whole = true;
	assert_true(credentials_set(&secret, "id", "key", NULL));
	assert_string_equal(secret.field[CREDENTIALS_ACCESS_KEY_ID], "id");
	assert_string_equal(secret.field[CREDENTIALS_SECRET_ACCESS_KEY], "key");
	assert_string_equal(secret.field[CREDENTIALS_SESSION_TOKEN], "");
	check_set("empty", CREDENTIALS_SESSION_TOKEN, "", false);
	check_set("no id", CREDENTIALS_ACCESS_KEY_ID, NULL, false);
	check_set("no key", CREDENTIALS_SECRET_ACCESS_KEY, NULL, false);
	build_is_whole = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_credentials__set_takes_header_text_only),
		cmocka_unit_test(test_credentials__set_limit_is_exact),
		cmocka_unit_test(
			test_credentials__set_takes_no_token_of_a_user_only),
	};

	return RUN(tests);
}
