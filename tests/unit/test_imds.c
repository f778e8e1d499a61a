/*
 * What is made of each answer of the instance metadata: how often it is tried,
 * how long it waits in between, and how it ends.
 */
#include "script.h"

#include "credentials.h"
#include "imds.h"
#include "provider.h"

enum place { VALUE, NONE, DOCUMENT, TAG, IPV6, CREDENTIALS, PLACES };

static const char *const paths[PLACES] = {
	[VALUE] = "meta-data/public-ipv4",
	[NONE] = "meta-data/public-ipv4",
	[DOCUMENT] = "dynamic/instance-identity/document",
	[TAG] = "meta-data/tags/instance/dnsname",
	[IPV6] = "meta-data/ipv6",
};

static const char *script_right(long *http)
{
	static const char role[] = "bootname-role";
	size_t len = strlen(fake_request.url);

	*http = 200;
	if (strstr(fake_request.url, "api/token"))
		return "token";
	if (len > strlen(role) &&
	    !strcmp(fake_request.url + len - strlen(role), role))
		return "{\"Code\": \"Success\", \"AccessKeyId\": \"ASIAX\", "
		       "\"SecretAccessKey\": \"secret\", \"Token\": \"t\"}";
	return strstr(fake_request.url, IMDS_ROLE) ? role : "value";
}

static int call(int place)
{
	static struct credentials credentials;
	int rc;

	assert(!imds_open());
	if (place == CREDENTIALS) {
		rc = provider_supply(AWS_INSTANCE, false, &credentials);
		if (!rc != !!*credentials.field[0])
			script_complain("  credentials: \"%s\"",
					credentials.field[0]);
		return rc;
	}
	rc = imds_get(paths[place]);
	script_check("is absent", rc == 1, place == NONE);
	return rc == 1 ? 0 : rc;
}

/* ---- The rows. ---- */

/* What helps at another try; the metadata are near, so it comes soon. */
static const struct row transient[] = {
	{"token 429 for a while", VALUE, "429", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "api/token"},
	{"token 500 for a while", VALUE, "500", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "api/token"},
	{"token 502 for a while", VALUE, "502", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "api/token"},
	{"token 503 for a while", VALUE, "503", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "api/token"},
	{"token 504 for a while", VALUE, "504", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "api/token"},
	{"token 500 with a page, for a while", VALUE,
	 "500 <html><head><title>Error</title></head><body>Try "
	 "again<br></body></html>",
	 2, 0, 3, .waits_ms = {50, 100}, .at = "api/token"},
	{"token reset for a while", VALUE, "reset", 2, 0, 3,
	 .waits_ms = {50, 100}, .at = "api/token"},
	{"token cut for a while", VALUE, "cut", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "api/token"},
	{"token silence for a while", VALUE, "silence", 2, 0, 3,
	 .waits_ms = {50, 100}, .at = "api/token"},
	{"token refused for a while", VALUE, "refused", 2, 0, 3,
	 .waits_ms = {50, 100}, .at = "api/token"},
	{"value 429 for a while", VALUE, "429", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "public-ipv4"},
	{"value 500 for a while", VALUE, "500", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "public-ipv4"},
	{"value 502 for a while", VALUE, "502", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "public-ipv4"},
	{"value 503 for a while", VALUE, "503", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "public-ipv4"},
	{"value 504 for a while", VALUE, "504", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "public-ipv4"},
	{"value 500 with a page, for a while", VALUE,
	 "500 <html><head><title>Error</title></head><body>Try "
	 "again<br></body></html>",
	 2, 0, 3, .waits_ms = {50, 100}, .at = "public-ipv4"},
	{"value reset for a while", VALUE, "reset", 2, 0, 3,
	 .waits_ms = {50, 100}, .at = "public-ipv4"},
	{"value cut for a while", VALUE, "cut", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "public-ipv4"},
	{"value silence for a while", VALUE, "silence", 2, 0, 3,
	 .waits_ms = {50, 100}, .at = "public-ipv4"},
	{"value refused for a while", VALUE, "refused", 2, 0, 3,
	 .waits_ms = {50, 100}, .at = "public-ipv4"},
	{"Retry-After a second", VALUE, "503", 1, 0, 2, .waits_ms = {1050},
	 .at = "public-ipv4", .retry_after_s = 1},
	{"identity document 503 for a while", DOCUMENT, "503", 2, 0, 4,
	 .waits_ms = {50, 100}, .behind = 1},
	{"tag 503 for a while", TAG, "503", 2, 0, 4, .waits_ms = {50, 100},
	 .behind = 1},
	{"IPv6 address 503 for a while", IPV6, "503", 2, 0, 4,
	 .waits_ms = {50, 100}, .behind = 1},
	{"IPv4 address 503 for a while", VALUE, "503", 2, 0, 4,
	 .waits_ms = {50, 100}, .behind = 1},
	{"credentials 500 with a page, then good", CREDENTIALS,
	 "500 <html><head><title>Error</title></head><body>Try "
	 "again<br></body></html>",
	 1, 0, 2, .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials 429, then good", CREDENTIALS, "429", 1, 0, 2,
	 .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials cut in their head, then good", CREDENTIALS, "cut", 1, 0,
	 2, .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"role list 503, then good", CREDENTIALS, "503", 1, 0, 3,
	 .waits_ms = {50}, .at = "security-credentials/"},
};

/* A token that has ended is asked for again. */
static const struct row tokens[] = {
	{"401 in the middle", VALUE, "401", 1, 0, 4, .waits_ms = {50},
	 .behind = 1},
	{"401 of the credentials", CREDENTIALS, "401", 1, 0, 2,
	 .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"401 for ever", VALUE, "401", FOR_EVER, STATUS_DEADLINE, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "meta-data/public-ipv4: HTTP 401; gave up after 9.0 s",
	 .at = "public-ipv4"},
	{"401 of the token", VALUE, "401", 2, 0, 3, .waits_ms = {50, 100},
	 .at = "api/token"},
};

/* What lasts beyond the deadline. */
static const struct row lasting[] = {
	{"token 429 for ever", VALUE, "429", FOR_EVER, STATUS_DEADLINE, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "api/token: HTTP 429; gave up after 9.0 s", .at = "api/token"},
	{"value 429 for ever", VALUE, "429", FOR_EVER, STATUS_DEADLINE, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "meta-data/public-ipv4: HTTP 429; gave up after 9.0 s",
	 .at = "public-ipv4"},
	{"token 500 for ever", VALUE, "500", FOR_EVER, STATUS_DEADLINE, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "api/token: HTTP 500; gave up after 9.0 s", .at = "api/token"},
	{"value 500 for ever", VALUE, "500", FOR_EVER, STATUS_DEADLINE, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "meta-data/public-ipv4: HTTP 500; gave up after 9.0 s",
	 .at = "public-ipv4"},
	{"token 503 for ever", VALUE, "503", FOR_EVER, STATUS_DEADLINE, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "api/token: HTTP 503; gave up after 9.0 s", .at = "api/token"},
	{"value 503 for ever", VALUE, "503", FOR_EVER, STATUS_DEADLINE, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "meta-data/public-ipv4: HTTP 503; gave up after 9.0 s",
	 .at = "public-ipv4"},
	{"value 500 with a page, for ever", VALUE,
	 "500 <html><head><title>Error</title></head><body>Try "
	 "again<br></body></html>",
	 FOR_EVER, STATUS_DEADLINE, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "meta-data/public-ipv4: HTTP 500; gave up after 9.0 s",
	 .at = "public-ipv4"},
	{"identity document 500 for ever", DOCUMENT, "500", FOR_EVER,
	 STATUS_DEADLINE, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "dynamic/instance-identity/document: HTTP 500; gave up after "
		 "9.0 s",
	 .at = "dynamic/instance-identity/document"},
	{"tag 500 for ever", TAG, "500", FOR_EVER, STATUS_DEADLINE, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "meta-data/tags/instance/dnsname: HTTP 500; gave up after 9.0 "
		 "s",
	 .at = "meta-data/tags/instance/dnsname"},
	{"IPv6 address 500 for ever", IPV6, "500", FOR_EVER, STATUS_DEADLINE, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "meta-data/ipv6: HTTP 500; gave up after 9.0 s",
	 .at = "meta-data/ipv6"},
	{"token refused for ever", VALUE, "refused", FOR_EVER, STATUS_DEADLINE,
	 9, .waits_ms = {50, 100, 200, 400},
	 .says = "... (api/token); gave up after 9.0 s; is this an EC2 "
		 "instance?  In a container: aws ec2 "
		 "modify-instance-metadata-options "
		 "--http-put-response-hop-limit 2"},
	{"token silent for ever", VALUE, "silence", FOR_EVER, STATUS_DEADLINE,
	 9, .waits_ms = {50, 100, 200, 400},
	 .says = "... (api/token); gave up after 9.0 s; is this an EC2 "
		 "instance?  In a container: aws ec2 "
		 "modify-instance-metadata-options "
		 "--http-put-response-hop-limit 2",
	 .at = "api/token"},
	{"value silent for ever", VALUE, "silence", FOR_EVER, STATUS_DEADLINE,
	 9, .waits_ms = {50, 100, 200, 400},
	 .says = "... (meta-data/public-ipv4); gave up after 9.0 s",
	 .at = "public-ipv4"},
	{"value 503 for ever, a short timeout", VALUE, "503", FOR_EVER,
	 STATUS_DEADLINE, 5, .waits_ms = {50, 100, 200, 395},
	 .says = "meta-data/public-ipv4: HTTP 503; gave up after 0.7 s",
	 .at = "public-ipv4", .timeout_s = 1},
};

/* What no other try helps against. */
static const struct row final[] = {
	{"token 403", VALUE, "403", FOR_EVER, STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "api/token: HTTP 403: metadata is off; aws ec2 "
		 "modify-instance-metadata-options --http-endpoint enabled"},
	{"token 404", VALUE, "404", FOR_EVER, STATUS_UNAVAILABLE, 1,
	 .waits_ms = {0}, .says = "no IMDSv2 here; is this an EC2 instance?"},
	{"value 403", VALUE, "403", FOR_EVER, STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "meta-data/public-ipv4: HTTP 403: metadata is off; aws ec2 "
		 "modify-instance-metadata-options --http-endpoint enabled",
	 .at = "public-ipv4"},
	{"credentials 403", CREDENTIALS, "403", FOR_EVER, STATUS_DENIED, 1,
	 .waits_ms = {0},
	 .says = "meta-data/iam/security-credentials/bootname-role: HTTP 403: "
		 "metadata is off; aws ec2 modify-instance-metadata-options "
		 "--http-endpoint enabled",
	 .at = "security-credentials/bootname-role"},
	{"role list 403", CREDENTIALS, "403", FOR_EVER, STATUS_DENIED, 1,
	 .waits_ms = {0},
	 .says = "meta-data/iam/security-credentials/: HTTP 403: metadata is "
		 "off; aws ec2 modify-instance-metadata-options "
		 "--http-endpoint enabled",
	 .at = "security-credentials/"},
	{"page for the token", VALUE, "200 " PAGE, 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "the token is none"},
	{"nothing for the token", VALUE, "200", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "the token is none"},
	{"token 301", VALUE, "301", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "api/token: HTTP 301"},
	{"value 301", VALUE, "301", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "meta-data/public-ipv4: HTTP 301", .at = "public-ipv4"},
	{"credentials 301", CREDENTIALS, "301", FOR_EVER, STATUS_DATA, 1,
	 .waits_ms = {0},
	 .says = "meta-data/iam/security-credentials/bootname-role: HTTP 301",
	 .at = "security-credentials/bootname-role"},
	{"token 302", VALUE, "302", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "api/token: HTTP 302"},
	{"value 302", VALUE, "302", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "meta-data/public-ipv4: HTTP 302", .at = "public-ipv4"},
	{"credentials 302", CREDENTIALS, "302", FOR_EVER, STATUS_DATA, 1,
	 .waits_ms = {0},
	 .says = "meta-data/iam/security-credentials/bootname-role: HTTP 302",
	 .at = "security-credentials/bootname-role"},
	{"token 307", VALUE, "307", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "api/token: HTTP 307"},
	{"value 307", VALUE, "307", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "meta-data/public-ipv4: HTTP 307", .at = "public-ipv4"},
	{"credentials 307", CREDENTIALS, "307", FOR_EVER, STATUS_DATA, 1,
	 .waits_ms = {0},
	 .says = "meta-data/iam/security-credentials/bootname-role: HTTP 307",
	 .at = "security-credentials/bootname-role"},
	{"token 308", VALUE, "308", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "api/token: HTTP 308"},
	{"value 308", VALUE, "308", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "meta-data/public-ipv4: HTTP 308", .at = "public-ipv4"},
	{"credentials 308", CREDENTIALS, "308", FOR_EVER, STATUS_DATA, 1,
	 .waits_ms = {0},
	 .says = "meta-data/iam/security-credentials/bootname-role: HTTP 308",
	 .at = "security-credentials/bootname-role"},
	{"token 400", VALUE, "400", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "api/token: HTTP 400"},
	{"value 400", VALUE, "400", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "meta-data/public-ipv4: HTTP 400", .at = "public-ipv4"},
	{"credentials 400", CREDENTIALS, "400", FOR_EVER, STATUS_DATA, 1,
	 .waits_ms = {0},
	 .says = "meta-data/iam/security-credentials/bootname-role: HTTP 400",
	 .at = "security-credentials/bootname-role"},
	{"token 405", VALUE, "405", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "api/token: HTTP 405"},
	{"value 405", VALUE, "405", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "meta-data/public-ipv4: HTTP 405", .at = "public-ipv4"},
	{"credentials 405", CREDENTIALS, "405", FOR_EVER, STATUS_DATA, 1,
	 .waits_ms = {0},
	 .says = "meta-data/iam/security-credentials/bootname-role: HTTP 405",
	 .at = "security-credentials/bootname-role"},
	{"token 418", VALUE, "418", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "api/token: HTTP 418"},
	{"value 418", VALUE, "418", FOR_EVER, STATUS_DATA, 1, .waits_ms = {0},
	 .says = "meta-data/public-ipv4: HTTP 418", .at = "public-ipv4"},
	{"credentials 418", CREDENTIALS, "418", FOR_EVER, STATUS_DATA, 1,
	 .waits_ms = {0},
	 .says = "meta-data/iam/security-credentials/bootname-role: HTTP 418",
	 .at = "security-credentials/bootname-role"},
	{"value 404: there is none", NONE, "404", FOR_EVER, 0, 1,
	 .waits_ms = {0}, .at = "public-ipv4"},
};

/* A role that is not there yet may come. */
static const struct row roles[] = {
	{"role absent, then there", CREDENTIALS, "404", 2, 0, 4,
	 .waits_ms = {50, 100}, .at = "security-credentials/"},
	{"role absent for ever", CREDENTIALS, "404", FOR_EVER, STATUS_DENIED, 9,
	 .waits_ms = {50, 100, 200, 400},
	 .says = "the instance has no IAM role; attach an instance profile; "
		 "gave up after 9.0 s",
	 .at = "security-credentials/"},
	{"credentials absent, then there", CREDENTIALS, "404", 2, 0, 3,
	 .waits_ms = {50, 100}, .at = "security-credentials/bootname-role"},
	{"page for the role list, then good", CREDENTIALS, "200 " PAGE, 1, 0, 3,
	 .waits_ms = {50}, .at = "security-credentials/"},
	{"page for the role list, for ever", CREDENTIALS, "200 " PAGE, FOR_EVER,
	 STATUS_DENIED, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "the instance has no IAM role; attach an instance profile; "
		 "gave up after 9.0 s",
	 .at = "security-credentials/"},
	{"credentials empty, then good", CREDENTIALS, "200", 1, 0, 2,
	 .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials empty, for ever", CREDENTIALS, "200", FOR_EVER,
	 STATUS_DENIED, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "the role gives no credentials (); see its trust policy; gave "
		 "up after 9.0 s",
	 .at = "security-credentials/bootname-role"},
	{"credentials page, then good", CREDENTIALS, "200 " PAGE, 1, 0, 2,
	 .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials page, for ever", CREDENTIALS, "200 " PAGE, FOR_EVER,
	 STATUS_DENIED, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "the role gives no credentials (); see its trust policy; gave "
		 "up after 9.0 s",
	 .at = "security-credentials/bootname-role"},
	{"credentials cut, then good", CREDENTIALS,
	 "200 {\"Code\": \"Success\", \"AccessKeyId\": \"ASIAX\", \"Secr", 1, 0,
	 2, .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials cut, for ever", CREDENTIALS,
	 "200 {\"Code\": \"Success\", \"AccessKeyId\": \"ASIAX\", \"Secr",
	 FOR_EVER, STATUS_DENIED, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "the role's credentials are no JSON; gave up after 9.0 s",
	 .at = "security-credentials/bootname-role"},
	{"credentials without a field, then good", CREDENTIALS, "200 {}", 1, 0,
	 2, .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials without a field, for ever", CREDENTIALS, "200 {}",
	 FOR_EVER, STATUS_DENIED, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "the role gives no credentials (); see its trust policy; gave "
		 "up after 9.0 s",
	 .at = "security-credentials/bootname-role"},
	{"credentials without a key, then good", CREDENTIALS,
	 "200 {\"Code\": \"Success\", \"AccessKeyId\": \"ASIAX\", \"Token\": "
	 "\"t\"}",
	 1, 0, 2, .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials without a key, for ever", CREDENTIALS,
	 "200 {\"Code\": \"Success\", \"AccessKeyId\": \"ASIAX\", \"Token\": "
	 "\"t\"}",
	 FOR_EVER, STATUS_DENIED, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "the role gives no credentials (Success); see its trust "
		 "policy; gave up after 9.0 s",
	 .at = "security-credentials/bootname-role"},
	{"credentials with an empty key, then good", CREDENTIALS,
	 "200 {\"AccessKeyId\": \"\", \"SecretAccessKey\": \"s\", \"Token\": "
	 "\"t\"}",
	 1, 0, 2, .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials with an empty key, for ever", CREDENTIALS,
	 "200 {\"AccessKeyId\": \"\", \"SecretAccessKey\": \"s\", \"Token\": "
	 "\"t\"}",
	 FOR_EVER, STATUS_DENIED, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "the role gives no credentials (); see its trust policy; gave "
		 "up after 9.0 s",
	 .at = "security-credentials/bootname-role"},
	{"credentials without a token, then good", CREDENTIALS,
	 "200 {\"AccessKeyId\": \"ASIAX\", \"SecretAccessKey\": \"s\"}", 1, 0,
	 2, .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials without a token, for ever", CREDENTIALS,
	 "200 {\"AccessKeyId\": \"ASIAX\", \"SecretAccessKey\": \"s\"}",
	 FOR_EVER, STATUS_DENIED, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "the role gives no credentials (); see its trust policy; gave "
		 "up after 9.0 s",
	 .at = "security-credentials/bootname-role"},
	{"credentials with a Code not Success, then good", CREDENTIALS,
	 "200 {\"Code\": \"Failed\", \"AccessKeyId\": \"ASIAX\", "
	 "\"SecretAccessKey\": \"s\", \"Token\": \"t\"}",
	 1, 0, 2, .waits_ms = {50}, .at = "security-credentials/bootname-role"},
	{"credentials with a Code not Success, for ever", CREDENTIALS,
	 "200 {\"Code\": \"Failed\", \"AccessKeyId\": \"ASIAX\", "
	 "\"SecretAccessKey\": \"s\", \"Token\": \"t\"}",
	 FOR_EVER, STATUS_DENIED, 9, .waits_ms = {50, 100, 200, 400},
	 .says = "the role gives no credentials (Failed); see its trust "
		 "policy; gave up after 9.0 s",
	 .at = "security-credentials/bootname-role"},
};

static void test_imds__what_helps_at_another_try(void **state)
{
	(void)state;
	script_run(transient, LENGTH(transient), call);
}

static void test_imds__a_token_that_has_ended(void **state)
{
	(void)state;
	script_run(tokens, LENGTH(tokens), call);
}

static void test_imds__what_lasts(void **state)
{
	(void)state;
	script_run(lasting, LENGTH(lasting), call);
}

static void test_imds__what_no_other_try_helps_against(void **state)
{
	(void)state;
	script_run(final, LENGTH(final), call);
}

static void test_imds__a_role_that_may_come(void **state)
{
	(void)state;
	script_run(roles, LENGTH(roles), call);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_imds__what_helps_at_another_try),
		cmocka_unit_test(test_imds__a_token_that_has_ended),
		cmocka_unit_test(test_imds__what_lasts),
		cmocka_unit_test(test_imds__what_no_other_try_helps_against),
		cmocka_unit_test(test_imds__a_role_that_may_come),
	};

	for (size_t i = 0; i < LENGTH(unset); i++)
		(void)unsetenv(unset[i]);
	return RUN(tests);
}
