/*
 * The vectors in tests/data/sigv4 ($SIGV4_VECTORS), and AWS's published suite
 * where it is at hand ($SIGV4_SUITE, else ../shared/sigv4/v4).  Both are kept
 * in AWS's own form: a folder for each case with context.json, request.txt and
 * what each stage must give.
 */
#include "unit.h"

#include <dirent.h>

#include <json-c/json.h>
#include <openssl/evp.h>

#include "buf.h"
#include "secret.h"
#include "sigv4.h"

enum {
	FILE_LIMIT = 65536,
	SUITE_CASES = 38,
};

/* ---- Reading a case. ---- */

struct vector {
	const char *folder;
	const char *name;
	struct json_object *context;
	size_t header_count;
	char added[3][8300]; /* header lines */
	size_t added_count;
	struct sigv4_request request;
	struct sigv4_scope scope;
	char timestamp[17];
	struct buf body;
};

BUF(text, FILE_LIMIT); /* of request.txt, cut into pieces */

static void read_file(const struct vector *vector, const char *file,
		      struct buf *to)
{
	char path[512];
	char chunk[4096];
	FILE *stream;
	size_t len;

	buf_clear(to);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", vector->folder,
		       vector->name, file);
	stream = fopen(path, "r");
	if (!stream)
		fail_msg("%s: cannot be opened", path);
	while ((len = fread(chunk, 1, sizeof(chunk), stream)) > 0)
		buf_add(to, chunk, len);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(buf_check(to, file), 0);
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(object, name, &value);
	return value;
}

static const char *text_member(struct json_object *object, const char *name)
{
	return json_object_get_string(member(object, name));
}

static bool flag(const struct vector *vector, const char *name)
{
	return json_object_get_boolean(member(vector->context, name));
}

static const char *credential(const struct vector *vector, const char *name)
{
	return text_member(member(vector->context, "credentials"), name);
}

static void add_line(struct vector *vector, const char *line)
{
	assert_true(vector->header_count < SIGV4_HEADERS);
	vector->request.headers[vector->header_count++] = line;
}

static void add_header(struct vector *vector, const char *name,
		       const char *value)
{
	char *line = vector->added[vector->added_count++];

	(void)snprintf(line, sizeof(vector->added[0]), "%s: %s", name, value);
	add_line(vector, line);
}

/* "METHOD TARGET HTTP/1.1", where the target may hold blanks. */
static void cut_request_line(struct vector *vector, char *line)
{
	char *target = strchr(line, ' ') + 1;
	char *query = strchr(target, '?');

	target[-1] = '\0';
	*strrchr(target, ' ') = '\0';
	vector->request.method = line;
	vector->request.path = target;
	vector->request.query = "";
	if (query) {
		*query = '\0';
		vector->request.query = query + 1;
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

static void cut_request(struct vector *vector)
{
	char *line = text.data;
	char *end = line_end(line);
	char *next = *end ? end + 1 : end;

	*end = '\0';
	cut_request_line(vector, line);
	for (line = next; *line && *line != '\n'; line = next) {
		end = line_end(line);
		next = *end ? end + 1 : end;
		*end = '\0';
		add_line(vector, line);
	}
	if (*line == '\n' && line[1]) {
		vector->body.data = line + 1;
		vector->body.len = strlen(line + 1);
		vector->body.size = vector->body.len + 1;
		vector->request.body = &vector->body;
	}
}

static void add_body_hash(struct vector *vector)
{
	const struct buf *body = vector->request.body;
	unsigned char digest[32];
	char hash[2 * sizeof(digest) + 1];

	assert_int_equal(
		EVP_Digest(body ? body->data : "", body ? body->len : 0, digest,
			   NULL, EVP_sha256(), NULL),
		1);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(hash + 2 * i, 3, "%02x", digest[i]);
	add_header(vector, "x-amz-content-sha256", hash);
}

/* "2015-08-30T12:36:00Z" as the header has it: "20150830T123600Z". */
static void set_timestamp(struct vector *vector)
{
	const char *from = text_member(vector->context, "timestamp");
	size_t used = 0;

	for (; *from && used < sizeof(vector->timestamp) - 1; from++)
		if (*from != '-' && *from != ':')
			vector->timestamp[used++] = *from;
}

static void vector_open(struct vector *vector, const char *folder,
			const char *name)
{
	BUF(json, FILE_LIMIT);

	memset(vector, 0, sizeof(*vector));
	vector->folder = folder;
	vector->name = name;
	read_file(vector, "context.json", &json);
	read_file(vector, "request.txt", &text);
	vector->context = json_tokener_parse(json.data);
	assert_non_null(vector->context);
	cut_request(vector);
	set_timestamp(vector);
	vector->request.normalize_path = flag(vector, "normalize");
	vector->scope.timestamp = vector->timestamp;
	vector->scope.region = text_member(vector->context, "region");
	vector->scope.service = text_member(vector->context, "service");
	add_header(vector, "X-Amz-Date", vector->timestamp);
	if (credential(vector, "token") && !flag(vector, "omit_session_token"))
		add_header(vector, "X-Amz-Security-Token",
			   credential(vector, "token"));
	if (flag(vector, "sign_body"))
		add_body_hash(vector);
}

/* ---- Running cases. ---- */

static unsigned compare_stage(const struct vector *vector, const char *file,
			      const struct buf *got)
{
	BUF(want, FILE_LIMIT);

	read_file(vector, file, &want);
	if (got->len == want.len && !memcmp(got->data, want.data, want.len))
		return 0;
	print_error("%s: %s\n--- want\n%s\n--- got\n%s\n", vector->name, file,
		    want.data, got->data);
	return 1;
}

BUF(canonical, SIGV4_LIMIT);
BUF(signed_headers, 4096);
BUF(string_to_sign, 4096);
BUF(signature, 4096);

static int make_canonical(const struct sigv4_request *request)
{
	unit_forget();
	buf_clear(&canonical);
	buf_clear(&signed_headers);
	return sigv4_canonical_request(request, &canonical, &signed_headers);
}

/* How many stages came out wrong. */
static unsigned run_vector(const struct vector *vector)
{
	unsigned wrong;

	buf_clear(&string_to_sign);
	buf_clear(&signature);
	unit_result(vector->name, make_canonical(&vector->request), 0);
	unit_result(vector->name,
		    sigv4_string_to_sign(&vector->scope, &canonical,
					 &string_to_sign),
		    0);
	unit_result(vector->name,
		    sigv4_signature(&vector->scope,
				    credential(vector, "secret_access_key"),
				    &string_to_sign, &signature),
		    0);
	wrong = compare_stage(vector, "header-canonical-request.txt",
			      &canonical);
	wrong += compare_stage(vector, "header-string-to-sign.txt",
			       &string_to_sign);
	wrong += compare_stage(vector, "header-signature.txt", &signature);
	/* The names stand in the last line but one of the first stage. */
	unit_holds(vector->name, canonical.data, signed_headers.data);
	return wrong;
}

/* How many cases a folder has; all of them must come out right. */
static unsigned run_folder(const char *folder, DIR *directory)
{
	const struct dirent *entry;
	unsigned cases = 0;
	unsigned wrong = 0;

	while ((entry = readdir(directory))) {
		static struct vector vector;

		if (entry->d_name[0] == '.')
			continue;
		vector_open(&vector, folder, entry->d_name);
		wrong += run_vector(&vector);
		json_object_put(vector.context);
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

static const struct sigv4_scope scope = {
	.timestamp = "20240229T235958Z",
	.region = "us-east-1",
	.service = "route53",
};

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
	BUF(out, 1024);

	(void)state;
	for (size_t i = 0; i < LENGTH(encoded); i++) {
		buf_clear(&out);
		buf_add(&out, "=", 1);
		sigv4_encode(&out, encoded[i].input);
		unit_text(encoded[i].name, out.data + 1, encoded[i].want);
	}
}

BUF(authorization, 4096);

static int authorize(const struct sigv4_request *request,
		     const struct sigv4_scope *with, const char *key)
{
	struct secret secret = {.access_key_id = "AKIDEXAMPLE"};

	assert_true(secret_set(secret.secret_access_key,
			       sizeof(secret.secret_access_key), key));
	unit_forget();
	buf_clear(&authorization);
	return sigv4_authorization(request, with, &secret, &authorization);
}

static void test_sigv4__authorization_has_all_parts(void **state)
{
	static const struct sigv4_request request = {
		.method = "GET",
		.path = "/",
		.query = "",
		.headers = {"X-Amz-Date: 20240229T235958Z",
			    "Host: route53.amazonaws.com"},
	};
	static const char front[] =
		"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"
		"20240229/us-east-1/route53/aws4_request, "
		"SignedHeaders=host;x-amz-date, Signature=";

	(void)state;
	unit_result("authorization",
		    authorize(&request, &scope, "FakeSecretForTests"), 0);
	unit_starts("authorization", authorization.data, front);
	assert_int_equal(authorization.len, sizeof(front) - 1 + 64);
	assert_int_equal(strspn(authorization.data + sizeof(front) - 1,
				"0123456789abcdef"),
			 64);
	if (strstr(authorization.data, "FakeSecret"))
		fail_msg("the secret is in the header");
}

/* The signature of a request; each part of it must change it. */
static void sign(const struct sigv4_request *request,
		 const struct sigv4_scope *with, const char *key,
		 char signed_as[65])
{
	unit_result("sign", authorize(request, with, key), 0);
	assert_true(authorization.len > 64);
	memcpy(signed_as, authorization.data + authorization.len - 64, 65);
}

static void test_sigv4__every_part_changes_the_signature(void **state)
{
	BUF(body, 1);
	BUF(other_body, 1);
	const struct sigv4_request base = {
		"GET", "/", "a=1", {"Host: a"}, &body, false,
	};
	struct sigv4_request requests[8];
	struct sigv4_scope scopes[3];
	char signatures[13][65];
	size_t count = 0;

	(void)state;
	buf_add(&body, "x", 1);
	buf_add(&other_body, "y", 1);
	for (size_t i = 0; i < LENGTH(requests); i++)
		requests[i] = base;
	requests[1].method = "POST";
	requests[2].path = "/a";
	requests[3].query = "a=2";
	requests[4].headers[0] = "Host: b";
	requests[5].body = &other_body;
	requests[6].body = NULL;
	requests[7].headers[1] = "X-Test: 1";
	for (size_t i = 0; i < LENGTH(scopes); i++)
		scopes[i] = scope;
	scopes[0].timestamp = "20240229T235959Z";
	scopes[1].region = "us-east-2";
	scopes[2].service = "sts";
	for (size_t i = 0; i < LENGTH(requests); i++)
		sign(&requests[i], &scope, "key", signatures[count++]);
	for (size_t i = 0; i < LENGTH(scopes); i++)
		sign(&base, &scopes[i], "key", signatures[count++]);
	sign(&base, &scope, "kez", signatures[count++]);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (!strcmp(signatures[i], signatures[j]))
				fail_msg("signatures %zu and %zu are equal", j,
					 i);
	sign(&base, &scope, "key", signatures[12]);
	assert_string_equal(signatures[12], signatures[0]);
}

static const struct {
	const char *name;
	const char *first;
	const char *second;
	const char *want; /* lines of the canonical request */
	const char *names;
} header_pairs[] = {
	{"sorted", "b: 2", "a: 1", "\na:1\nb:2\n", "a;b"},
	{"lower case", "X-AMZ-Zz: V", "host: A", "\nhost:A\nx-amz-zz:V\n",
	 "host;x-amz-zz"},
	{"underscore", "X_A: 1", "host: A", "\nhost:A\nx_a:1\n", "host;x_a"},
	{"digits", "X-09: 1", "host: A", "\nhost:A\nx-09:1\n", "host;x-09"},
	{"shorter name first", "a-b: 2", "a: 1", "\na:1\na-b:2\n", "a;a-b"},
	{"sent twice", "a: 2", "A: 1", "\na:2,1\n", "a"},
	{"blanks", "a: \t x  y ", "b:z", "\na:x y\nb:z\n", "a;b"},
	{"empty value", "a:", "b: ", "\na:\nb:\n", "a;b"},
	{"colon in the value", "a: b:c", "b: z", "\na:b:c\nb:z\n", "a;b"},
};

static void test_sigv4__canonical_headers(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(header_pairs); i++) {
		const struct sigv4_request request = {
			.method = "GET",
			.path = "/",
			.query = "",
			.headers = {header_pairs[i].first,
				    header_pairs[i].second},
		};

		unit_result(header_pairs[i].name, make_canonical(&request), 0);
		if (strstr(canonical.data, header_pairs[i].want) &&
		    !strcmp(signed_headers.data, header_pairs[i].names))
			continue;
		print_error("%s: got %s\n", header_pairs[i].name,
			    canonical.data);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void test_sigv4__signs_as_many_headers_as_may_be(void **state)
{
	char lines[SIGV4_HEADERS][16];
	struct sigv4_request request = {
		.method = "GET",
		.path = "/",
		.query = "",
	};

	(void)state;
	for (size_t i = 0; i < SIGV4_HEADERS; i++) {
		(void)snprintf(lines[i], sizeof(lines[i]), "x-%02zu: v%zu", i,
			       i);
		request.headers[SIGV4_HEADERS - 1 - i] = lines[i];
	}
	unit_result("headers", make_canonical(&request), 0);
	unit_starts("first", signed_headers.data, "x-00;x-01;");
	unit_holds("last", signed_headers.data, ";x-15");
	unit_holds("first", canonical.data, "\nx-00:v0\nx-01:v1\n");
	unit_holds("last", canonical.data, "\nx-15:v15\n\n");
}

static void test_sigv4__signs_as_many_parameters_as_may_be(void **state)
{
	BUF(query, 4096);
	BUF(want, 4096);
	const struct sigv4_request request = {
		.method = "GET",
		.path = "/",
		.query = query.data,
		.headers = {"Host: a"},
	};

	(void)state;
	buf_addf(&want, "GET\n/\n");
	for (unsigned i = 0; i < SIGV4_PARAMETERS; i++) {
		buf_addf(&query, "%sp%03u=%u", i ? "&" : "",
			 SIGV4_PARAMETERS - 1 - i, i);
		buf_addf(&want, "%sp%03u=%u", i ? "&" : "", i,
			 SIGV4_PARAMETERS - 1 - i);
	}
	buf_addf(&want, "\nhost:a\n");
	unit_result("parameters", make_canonical(&request), 0);
	unit_starts("parameters", canonical.data, want.data);
}

static void test_sigv4__keeps_the_escapes_of_a_query(void **state)
{
	static const struct sigv4_request request = {
		.method = "GET",
		.path = "/",
		.query = "b%2Fc=%2A&a+/=*",
		.headers = {"Host: a"},
	};

	(void)state;
	unit_result("escapes", make_canonical(&request), 0);
	unit_starts("escapes", canonical.data,
		    "GET\n/\na%2B%2F=%2A&b%2Fc=%2A\nhost:a\n");
}

BUF(token, SIGV4_LIMIT + 64);

/* Token lengths, of a request with a second header behind it. */
static const struct {
	const char *name;
	size_t len;
	int status;
} tokens[] = {
	{"longest token", 8192, 0},
	{"just below the limit", SIGV4_LIMIT - 512, 0},
	{"at the limit", SIGV4_LIMIT, STATUS_DATA},
};

static void test_sigv4__size_is_bounded(void **state)
{
	const struct sigv4_request request = {
		.method = "GET",
		.path = "/",
		.query = "",
		.headers = {token.data, "Host: a"},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(tokens); i++) {
		buf_clear(&token);
		buf_addf(&token, "X-Amz-Security-Token: ");
		for (size_t j = 0; j < tokens[i].len; j++)
			buf_add(&token, "x", 1);
		unit_number(tokens[i].name, buf_check(&token, "token"), 0);
		unit_result(tokens[i].name, authorize(&request, &scope, "key"),
			    tokens[i].status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sigv4__our_vectors),
		cmocka_unit_test(test_sigv4__published_suite),
		cmocka_unit_test(test_sigv4__encode),
		cmocka_unit_test(test_sigv4__authorization_has_all_parts),
		cmocka_unit_test(test_sigv4__every_part_changes_the_signature),
		cmocka_unit_test(test_sigv4__canonical_headers),
		cmocka_unit_test(test_sigv4__signs_as_many_headers_as_may_be),
		cmocka_unit_test(
			test_sigv4__signs_as_many_parameters_as_may_be),
		cmocka_unit_test(test_sigv4__keeps_the_escapes_of_a_query),
		cmocka_unit_test(test_sigv4__size_is_bounded),
	};

	return RUN(tests);
}
