/*
 * The vectors in tests/data/sigv4 ($SIGV4_VECTORS), and AWS's published suite
 * where it is at hand ($SIGV4_SUITE, else ../shared/sigv4/v4).  Both are kept
 * in AWS's own form: a folder for each case with context.json, request.txt and
 * what each stage must give.
 */
#include "unit.h"

#include <dirent.h>

#include <openssl/evp.h>

#include "canonical.h"
#include "sigv4.h"
#include "text.h"
#include "yaml.h"

enum { SUITE_CASES = 38 };

/* ---- Reading a case. ---- */

/* Texts of context.json, the first ones of its member credentials. */
enum {
	ACCESS_KEY_ID,
	SECRET_KEY,
	TOKEN,
	REGION,
	SERVICE,
	TIMESTAMP,
	NORMALIZE,
	SIGN_BODY,
	OMIT_TOKEN,
	TEXTS,
};

static struct vector {
	const char *folder;
	const char *name;
	struct buf context[TEXTS];
	struct buf text; /* of request.txt, cut into pieces */
	const char *method;
	const char *path;
	const char *query;
	const char *body;
	const char *headers[CANONICAL_ITEMS + 1];
	size_t header_count;
	char added[3][8300]; /* header lines */
	size_t added_count;
	char timestamp[17];
} vector;

static void read_file(const char *file, struct buf *to)
{
	char path[512];
	char chunk[4096];
	FILE *stream;
	size_t len;

	buf_wipe(to);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", vector.folder,
		       vector.name, file);
	stream = fopen(path, "r");
	if (!stream)
		fail_msg("%s: cannot be opened", path);
	while ((len = fread(chunk, 1, sizeof(chunk), stream)) > 0)
		buf_add(to, chunk, len);
	assert_int_equal(fclose(stream), 0);
	assert_false(buf_is_cut(to));
}

static int on_context_key(void *context)
{
	struct yaml_members members;
	unsigned place =
		text_place(yaml_text(), "region service timestamp normalize "
					"sign_body omit_session_token "
					"credentials ") +
		REGION;

	(void)context;
	if (yaml_next())
		return -1;
	if (place < TEXTS)
		buf_set(&vector.context[place], "%s", yaml_text());
	if (place != TEXTS)
		return yaml_skip();
	if (yaml_read_members("access_key_id secret_access_key token ",
			      &members))
		return -1;
	for (size_t i = 0; i < REGION; i++)
		if (members.text[i])
			buf_set(&vector.context[i], "%s", members.text[i]);
	yaml_wipe_members(&members);
	return 0;
}

static int on_context(void *context)
{
	return yaml_read_map(on_context_key, context);
}

static bool flag(int place)
{
	return !strcmp(vector.context[place].data, "true");
}

static void add_line(const char *line)
{
	assert_true(vector.header_count < CANONICAL_ITEMS);
	vector.headers[vector.header_count++] = line;
}

static void add_header(const char *name, const char *value)
{
	char *line = vector.added[vector.added_count++];

	(void)snprintf(line, sizeof(vector.added[0]), "%s: %s", name, value);
	add_line(line);
}

/* "METHOD TARGET HTTP/1.1", where the target may hold blanks. */
static void cut_request_line(char *line)
{
	char *target = strchr(line, ' ') + 1;
	char *query = strchr(target, '?');

	target[-1] = '\0';
	*strrchr(target, ' ') = '\0';
	vector.method = line;
	vector.path = target;
	vector.query = "";
	if (query) {
		*query = '\0';
		vector.query = query + 1;
	}
}

/* The end of a line, and of the folded lines that go on with it. */
static char *line_end(char *line)
{
	char *end = line + strcspn(line, "\n");

	while (*end && (end[1] == ' ' || end[1] == '\t'))
		end += 1 + strcspn(end + 1, "\n");
	return end;
}

static void cut_request(void)
{
	char *line = vector.text.data;
	char *end = line_end(line);
	char *next = *end ? end + 1 : end;

	*end = '\0';
	cut_request_line(line);
	for (line = next; *line && *line != '\n'; line = next) {
		end = line_end(line);
		next = *end ? end + 1 : end;
		*end = '\0';
		add_line(line);
	}
	vector.body = *line == '\n' ? line + 1 : "";
}

static void add_body_hash(void)
{
	unsigned char digest[32];
	char hash[2 * sizeof(digest) + 1];

	assert_int_equal(EVP_Digest(vector.body, strlen(vector.body), digest,
				    NULL, EVP_sha256(), NULL),
			 1);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(hash + 2 * i, 3, "%02x", digest[i]);
	add_header("x-amz-content-sha256", hash);
}

/* "2015-08-30T12:36:00Z" as the header has it: "20150830T123600Z". */
static void set_timestamp(void)
{
	const char *from = vector.context[TIMESTAMP].data;
	size_t used = 0;

	for (; *from && used < sizeof(vector.timestamp) - 1; from++)
		if (*from != '-' && *from != ':')
			vector.timestamp[used++] = *from;
}

static void vector_open(const char *folder, const char *name)
{
	static struct buf json;

	memset(&vector, 0, sizeof(vector));
	vector.folder = folder;
	vector.name = name;
	read_file("context.json", &json);
	read_file("request.txt", &vector.text);
	unit_result(name,
		    yaml_read("context.json", json.data, json.len, on_context,
			      NULL),
		    0);
	cut_request();
	set_timestamp();
	add_header("X-Amz-Date", vector.timestamp);
	if (vector.context[TOKEN].len && !flag(OMIT_TOKEN))
		add_header("X-Amz-Security-Token", vector.context[TOKEN].data);
	if (flag(SIGN_BODY))
		add_body_hash();
}

/* ---- Running cases. ---- */

static unsigned compare_stage(const char *file, const struct buf *got)
{
	static struct buf want;

	read_file(file, &want);
	if (got->len == want.len && !memcmp(got->data, want.data, want.len))
		return 0;
	print_error("%s: %s\n--- want\n%s\n--- got\n%s\n", vector.name, file,
		    want.data, got->data);
	return 1;
}

static struct buf request, scope, string_to_sign, signature;

/* How many stages came out wrong. */
static unsigned run_vector(void)
{
	unsigned wrong;

	unit_forget();
	buf_wipe(&request);
	buf_wipe(&string_to_sign);
	buf_wipe(&signature);
	buf_set(&scope, "%.8s/%s/%s/aws4_request", vector.timestamp,
		vector.context[REGION].data, vector.context[SERVICE].data);
	assert_true(canonical_make(vector.path, flag(NORMALIZE), vector.query,
				   vector.headers));
	unit_result(vector.name,
		    sigv4_canonical_request(
			    &request, vector.method, canonical.path.data,
			    canonical.query.data, canonical.headers.data,
			    canonical.signed_headers.data, vector.body),
		    0);
	unit_result(vector.name,
		    sigv4_string_to_sign(&string_to_sign, vector.timestamp,
					 scope.data, request.data),
		    0);
	unit_result(vector.name,
		    sigv4_signature(&signature, vector.context[SECRET_KEY].data,
				    scope.data, string_to_sign.data),
		    0);
	wrong = compare_stage("header-canonical-request.txt", &request);
	wrong += compare_stage("header-string-to-sign.txt", &string_to_sign);
	wrong += compare_stage("header-signature.txt", &signature);
	return wrong;
}

/* How many cases a folder has; all of them must come out right. */
static unsigned run_folder(const char *folder, DIR *directory)
{
	const struct dirent *entry;
	unsigned cases = 0;
	unsigned wrong = 0;

	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		vector_open(folder, entry->d_name);
		wrong += run_vector();
		cases++;
	}
	assert_int_equal(closedir(directory), 0);
	unit_number("stages that came out wrong", wrong, 0);
	return cases;
}

static const char *folder_of(const char *variable, const char *otherwise)
{
	const char *folder = getenv(variable);

	return folder && *folder ? folder : otherwise;
}

static void test_sigv4__our_vectors(void **state)
{
	const char *folder = folder_of("SIGV4_VECTORS", "tests/data/sigv4");
	DIR *directory = opendir(folder);
	unsigned cases;

	(void)state;
	if (!directory)
		fail_msg("%s: cannot be opened; run the tests from the top of "
			 "the source",
			 folder);
	cases = run_folder(folder, directory);
	assert_true(cases > 0);
	print_message("note: sigv4: %u cases of our own\n", cases);
}

static void test_sigv4__published_suite(void **state)
{
	const char *folder = folder_of("SIGV4_SUITE", "../shared/sigv4/v4");
	DIR *directory = opendir(folder);
	unsigned cases;

	(void)state;
	if (!directory) {
		print_message("note: sigv4: AWS's suite was not run: it is not "
			      "in %s; SIGV4_SUITE names another folder\n",
			      folder);
		skip();
	}
	cases = run_folder(folder, directory);
	assert_int_equal(cases, SUITE_CASES);
	print_message("note: sigv4: %u cases of AWS's suite\n", cases);
}

/* ---- What no vector shows. ---- */

static const struct {
	const char *name;
	const char *input;
	const char *want;
} encoded[] = {
	{"empty", "", ""},
	{"unreserved", "AZaz09-_.~", "AZaz09-_.~"},
	{"blank", "a b", "a%20b"},
	{"plus", "a+b", "a%2Bb"},
	{"slash", "a/b", "a%2Fb"},
	{"percent", "100%2A", "100%252A"},
	{"wildcard", "*.a", "%2A.a"},
	{"upper-case digits", "\x1f\x7f", "%1F%7F"},
	{"UTF-8", "\xc3\xbc", "%C3%BC"},
	{"neighbours of letters", "@[`{", "%40%5B%60%7B"},
	{"neighbours of digits", "/:", "%2F%3A"},
	{"delimiters", "!'()*,;=&?#\"<>\\^|",
	 "%21%27%28%29%2A%2C%3B%3D%26%3F%23%22%3C%3E%5C%5E%7C"},
};

static void test_sigv4__encode(void **state)
{
	static struct buf out;

	(void)state;
	for (size_t i = 0; i < LENGTH(encoded); i++) {
		buf_set(&out, "=");
		sigv4_encode(&out, encoded[i].input);
		unit_text(encoded[i].name, out.data + 1, encoded[i].want);
	}
}

static void test_sigv4__encode_judges_every_byte(void **state)
{
	static struct buf out;

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		const char text[] = {(char)byte, '\0'};
		bool kept = (byte >= '0' && byte <= '9') ||
			    (byte >= 'A' && byte <= 'Z') ||
			    (byte >= 'a' && byte <= 'z') ||
			    strchr("-_.~", byte);
		char want[4];

		buf_wipe(&out);
		sigv4_encode(&out, text);
		(void)snprintf(want, sizeof(want), kept ? "%c" : "%%%02X",
			       byte);
		unit_text("byte", out.data, want);
	}
}

static const struct parts {
	const char *method, *path, *query, *headers, *signed_headers, *body;
	const char *timestamp, *scope, *key;
} base = {
	"GET",
	"/",
	"a=1",
	"host:a\n",
	"host",
	"x",
	"20240229T235958Z",
	"20240229/us-east-1/route53/aws4_request",
	"FakeSecretForTests",
};

static int sign(const struct parts *parts)
{
	unit_forget();
	buf_wipe(&request);
	buf_wipe(&string_to_sign);
	buf_wipe(&signature);
	return sigv4_canonical_request(&request, parts->method, parts->path,
				       parts->query, parts->headers,
				       parts->signed_headers, parts->body) ||
			       sigv4_string_to_sign(
				       &string_to_sign, parts->timestamp,
				       parts->scope, request.data) ||
			       sigv4_signature(&signature, parts->key,
					       parts->scope,
					       string_to_sign.data)
		       ? -1
		       : 0;
}

static void test_sigv4__stages_are_lines_of_their_parts(void **state)
{
	(void)state;
	unit_result("sign", sign(&base), 0);
	assert_string_equal(request.data,
			    "GET\n/\na=1\nhost:a\n\nhost\n"
			    "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02"
			    "258717921a4881");
	unit_starts("text", string_to_sign.data,
		    "AWS4-HMAC-SHA256\n20240229T235958Z\n"
		    "20240229/us-east-1/route53/aws4_request\n");
	assert_int_equal(strlen(strrchr(string_to_sign.data, '\n') + 1), 64);
	assert_int_equal(signature.len, 64);
	assert_int_equal(strspn(signature.data, "0123456789abcdef"), 64);
}

static void test_sigv4__stages_are_appended(void **state)
{
	static struct buf out;

	(void)state;
	unit_result("sign", sign(&base), 0);
	buf_set(&out, "1;");
	assert_int_equal(sigv4_canonical_request(&out, "GET", "/", "a=1",
						 "host:a\n", "host", "x"),
			 0);
	unit_starts("request", out.data, "1;GET\n");
	unit_text("request", out.data + 2, request.data);
	buf_set(&out, "2;");
	assert_int_equal(sigv4_string_to_sign(&out, base.timestamp, base.scope,
					      request.data),
			 0);
	unit_starts("text", out.data, "2;AWS4");
	unit_text("text", out.data + 2, string_to_sign.data);
	buf_set(&out, "3;");
	assert_int_equal(sigv4_signature(&out, base.key, base.scope,
					 string_to_sign.data),
			 0);
	unit_starts("signature", out.data, "3;");
	unit_text("signature", out.data + 2, signature.data);
}

static void test_sigv4__every_part_changes_the_signature(void **state)
{
	struct parts all[15];
	char signatures[LENGTH(all)][65];

	(void)state;
	for (size_t i = 0; i < LENGTH(all); i++)
		all[i] = base;
	all[1].method = "POST";
	all[2].path = "/a";
	all[3].query = "a=2";
	all[4].headers = "host:b\n";
	all[5].headers = "host:a\nx-test:1\n";
	all[6].signed_headers = "host;x-test";
	all[7].body = "y";
	all[8].body = "";
	all[9].timestamp = "20240229T235959Z";
	all[10].scope = "20240301/us-east-1/route53/aws4_request";
	all[11].scope = "20240229/us-east-2/route53/aws4_request";
	all[12].scope = "20240229/us-east-1/sts/aws4_request";
	all[13].scope = "20240229/us-east-1/route53/aws4";
	all[14].key = "FakeSecretForTestt";
	for (size_t i = 0; i < LENGTH(all); i++) {
		unit_result("sign", sign(&all[i]), 0);
		memcpy(signatures[i], signature.data, 65);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(signatures[i], signatures[j]))
				fail_msg("signatures %zu and %zu are equal", j,
					 i);
	}
	unit_result("sign", sign(&base), 0);
	assert_string_equal(signature.data, signatures[0]);
}

static char token[BUF_LIMIT];

/* Token lengths. */
static const struct {
	const char *name;
	size_t len;
	int status;
} tokens[] = {
	{"longest token", 8192, 0},
	{"just below the limit", BUF_LIMIT - 100, 0},
	{"just above the limit", BUF_LIMIT - 70, STATUS_SYSTEM},
	{"at the limit", BUF_LIMIT - 1, STATUS_SYSTEM},
};

static void test_sigv4__size_is_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(tokens); i++) {
		struct parts parts = base;

		memset(token, 'x', sizeof(token));
		token[tokens[i].len] = '\0';
		parts.headers = token;
		unit_result(tokens[i].name, sign(&parts), tokens[i].status);
	}
}

/* A stage without room for its last line is none. */
static void test_sigv4__refuses_an_output_that_is_full(void **state)
{
	static struct buf out;

	(void)state;
	for (size_t room = 63; room <= 64; room++) {
		unit_forget();
		buf_set(&out, "%*s", (int)(BUF_LIMIT - room), "");
		unit_result("signature",
			    sigv4_signature(&out, "key", base.scope, "text"),
			    room < 64 ? STATUS_SYSTEM : 0);
	}
	buf_set(&out, "%*s", BUF_LIMIT - 10, "");
	unit_result("text",
		    sigv4_string_to_sign(&out, base.timestamp, base.scope, ""),
		    STATUS_SYSTEM);
}

/* HMAC hashes a key that is longer than a block. */
static void test_sigv4__signs_with_any_length_of_key(void **state)
{
	static char key[8193];
	struct parts parts = base;
	char last[65] = "";

	(void)state;
	parts.key = key;
	for (size_t len = 1; len < sizeof(key); len *= 2) {
		memset(key, 'k', len);
		unit_result("sign", sign(&parts), 0);
		assert_string_not_equal(signature.data, last);
		memcpy(last, signature.data, sizeof(last));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sigv4__our_vectors),
		cmocka_unit_test(test_sigv4__published_suite),
		cmocka_unit_test(test_sigv4__encode),
		cmocka_unit_test(test_sigv4__encode_judges_every_byte),
		cmocka_unit_test(test_sigv4__stages_are_lines_of_their_parts),
		cmocka_unit_test(test_sigv4__stages_are_appended),
		cmocka_unit_test(test_sigv4__every_part_changes_the_signature),
		cmocka_unit_test(test_sigv4__size_is_bounded),
		cmocka_unit_test(test_sigv4__refuses_an_output_that_is_full),
		cmocka_unit_test(test_sigv4__signs_with_any_length_of_key),
	};

	return RUN(tests);
}
