#include "unit.h"

#include "credentials.h"
#include "platform.h"
#include "reap_profile.h"

#define KEYS "aws_access_key_id = AKID\naws_secret_access_key = key\n"

static const struct {
	const char *name;
	const char *input;
	const char *profile;
	int rc;
	const char *id;
	const char *token;
} files[] = {
	{"default", "[default]\n" KEYS, "default", 0, "AKID", ""},
	{"no final line feed",
	 "[default]\naws_secret_access_key=key\naws_access_key_id=AKID",
	 "default", 0, "AKID", ""},
	{"carriage returns",
	 "[default]\r\naws_access_key_id=AKID\r\n"
	 "aws_secret_access_key=key\r\naws_session_token=t\r\n",
	 "default", 0, "AKID", "t"},
	{"token", "[a]\n" KEYS "aws_session_token = tok==\n", "a", 0, "AKID",
	 "tok=="},
	{"an empty token is none", "[a]\n" KEYS "aws_session_token =\n", "a", 0,
	 "AKID", ""},
	{"a profile of several",
	 "[x]\naws_access_key_id=X\n[a]\n" KEYS "[y]\naws_access_key_id=Y\n",
	 "a", 0, "AKID", ""},
	{"a profile in two parts",
	 "[a]\naws_access_key_id=AKID\n[b]\naws_access_key_id=B\n[a]\n"
	 "aws_secret_access_key=key\n",
	 "a", 0, "AKID", ""},
	{"the last of two counts", "[a]\naws_access_key_id=old\n" KEYS, "a", 0,
	 "AKID", ""},
	{"blanks", "  \n[ my team ]\n" KEYS, "my team", 0, "AKID", ""},
	{"comments",
	 "# aws_access_key_id=X\n[a]\n; x\n#y\n" KEYS "#aws_access_key_id=X\n",
	 "a", 0, "AKID", ""},
	{"comments behind values",
	 "[a] # ours\naws_access_key_id = AKID # old: X\n"
	 "aws_secret_access_key = key\t; as of May\n",
	 "a", 0, "AKID", ""},
	{"number sign within a value",
	 "[a]\naws_access_key_id = AK#ID;x\naws_secret_access_key = key\n", "a",
	 0, "AK#ID;x", ""},
	{"nested",
	 "[a]\n" KEYS
	 "s3 =\n  aws_access_key_id = X\n\taws_session_token = X\n",
	 "a", 0, "AKID", ""},
	{"indented at first",
	 "[a]\n  aws_access_key_id = AKID\naws_secret_access_key = key\n", "a",
	 0, "AKID", ""},
	{"other keys", "[a]\nregion = x\n" KEYS "output = json\nno value\n=x\n",
	 "a", 0, "AKID", ""},
	{"empty", "", "default", 1, NULL, NULL},
	{"no section", KEYS, "default", 1, NULL, NULL},
	{"another profile", "[default2]\n" KEYS, "default", 1, NULL, NULL},
	{"a longer name", "[default]\n" KEYS, "defaul", 1, NULL, NULL},
	{"another case", "[Default]\n" KEYS, "default", 1, NULL, NULL},
	{"unclosed", "[a\n" KEYS, "a", 0, "AKID", ""},
	{"nothing in it", "[a]\n", "a", -1, NULL, NULL},
	{"no key", "[a]\naws_access_key_id = AKID\n", "a", -1, NULL, NULL},
	{"no id", "[a]\naws_secret_access_key = key\n", "a", -1, NULL, NULL},
	{"an empty key",
	 "[a]\naws_access_key_id = AKID\naws_secret_access_key =\n", "a", -1,
	 NULL, NULL},
	{"a blank within",
	 "[a]\naws_access_key_id = AK ID\naws_secret_access_key = key\n", "a",
	 -1, NULL, NULL},
	{"header injection",
	 "[a]\naws_access_key_id = AK\rX-Evil: 1\n"
	 "aws_secret_access_key = key\n",
	 "a", -1, NULL, NULL},
	{"not ASCII",
	 "[a]\naws_access_key_id = AK\xc3\xa9\naws_secret_access_key = key\n",
	 "a", -1, NULL, NULL},
	{"role", "[a]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = b\n",
	 "a", -1, NULL, NULL},
	{"keys of the next",
	 "[a]\naws_access_key_id = AKID\n[b]\naws_secret_access_key = key\n",
	 "a", -1, NULL, NULL},
};

static struct credentials secret;

static void test_reap_profile__parse(void **state)
{
	static char text[4096];

	(void)state;
	for (size_t i = 0; i < LENGTH(files); i++) {
		memset(&secret, 0, sizeof(secret));
		(void)snprintf(text, sizeof(text), "%s", files[i].input);
		unit_number(files[i].name,
			    profile_parse(text, files[i].profile, &secret),
			    files[i].rc);
		unit_text(files[i].name,
			  secret.field[CREDENTIALS_ACCESS_KEY_ID],
			  files[i].rc ? "" : files[i].id);
		if (files[i].rc)
			continue;
		unit_text(files[i].name,
			  secret.field[CREDENTIALS_SECRET_ACCESS_KEY], "key");
		unit_text(files[i].name,
			  secret.field[CREDENTIALS_SESSION_TOKEN],
			  files[i].token);
	}
}

/* Nothing that a file may hold leads out of it. */
static void test_reap_profile__parse_takes_any_bytes(void **state)
{
	static const char bytes[] = "[]=#; \t\r\naws_access_key_id\x01\xff";
	static char text[256];
	unsigned seed = 1;

	(void)state;
	for (unsigned run = 0; run < 20000; run++) {
		size_t len = run % (sizeof(text) - 1);

		for (size_t i = 0; i < len; i++) {
			seed = seed * 1103515245U + 12345U;
			text[i] = bytes[(seed >> 16) % (sizeof(bytes) - 1)];
		}
		text[len] = '\0';
		(void)profile_parse(text, "a", &secret);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reap_profile__parse),
		cmocka_unit_test(test_reap_profile__parse_takes_any_bytes),
	};

	build_is_whole = true;
	return RUN(tests);
}
