#include "unit.h"

#include "secret.h"

static const struct {
	const char *name;
	const char *input;
	bool want;
} texts[] = {
	{"key id", "AKIDEXAMPLE", true},
	{"secret", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY=", true},
	{"one byte", "x", true},
	{"first and last byte", "!~", true},
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

static void test_secret__set_takes_header_text_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct secret secret = {.access_key_id = "before"};
		bool got = secret_set(secret.access_key_id,
				      sizeof(secret.access_key_id),
				      texts[i].input);

		unit_number(texts[i].name, got, texts[i].want);
		unit_text(texts[i].name, secret.access_key_id,
			  got ? texts[i].input : "before");
	}
}

static void check_size(const char *row, char *field, size_t size)
{
	char input[8300];

	memset(input, 'x', sizeof(input));
	input[size - 1] = '\0';
	unit_number(row, secret_set(field, size, input), true);
	unit_text(row, field, input);
	input[size - 1] = 'x';
	input[size] = '\0';
	strcpy(field, "before");
	unit_number(row, secret_set(field, size, input), false);
	unit_text(row, field, "before");
}

static void test_secret__set_limit_is_exact(void **state)
{
	static struct secret secret;

	(void)state;
	check_size("access_key_id", secret.access_key_id,
		   sizeof(secret.access_key_id));
	check_size("secret_access_key", secret.secret_access_key,
		   sizeof(secret.secret_access_key));
	check_size("session_token", secret.session_token,
		   sizeof(secret.session_token));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secret__set_takes_header_text_only),
		cmocka_unit_test(test_secret__set_limit_is_exact),
	};

	return RUN(tests);
}
