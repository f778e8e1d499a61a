#include "sigv4.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "errinfo.h"
#include "platform.h"
#include "secret.h"

enum { DIGEST_SIZE = 32 }; /* bytes of a SHA-256 */

static const char algorithm[] = "AWS4-HMAC-SHA256";
static const char blanks[] = " \t\r\n";

/* OpenSSL's result, which is 1 where it did what was asked. */
static int crypto(int result)
{
	return result == 1 ? 0 : errinfo_set(STATUS_SYSTEM, "no SHA-256");
}

static void add_hex(struct buf *out, const unsigned char *digest)
{
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		buf_addf(out, "%02x", digest[i]);
}

static int add_hash(struct buf *out, const struct buf *data)
{
	unsigned char digest[DIGEST_SIZE];

	if (crypto(EVP_Q_digest(NULL, "SHA256", NULL, data ? data->data : "",
				data ? data->len : 0, digest, NULL)))
		return -1;
	add_hex(out, digest);
	return 0;
}

/* Append text, percent-encoding what is neither unreserved nor kept. */
static void encode(struct buf *out, const char *text, size_t len,
		   const char *kept)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-_.~";

	for (; len--; text++) {
		if (strchr(unreserved, *text) || strchr(kept, *text))
			buf_add(out, text, 1);
		else
			buf_addf(out, "%%%02X", (unsigned char)*text);
	}
}

void sigv4_encode(struct buf *out, const char *text)
{
	encode(out, text, strlen(text), "");
}

/* RFC 3986 section 5.2.4, and runs of slashes become one. */
static void add_normalized_path(struct buf *out, const char *path)
{
	size_t start = out->len;
	size_t len;

	do {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 2 && !memcmp(path, "..", 2)) {
			do
				out->len -= out->len > start;
			while (out->len > start && out->data[out->len] != '/');
		} else if (len && (len != 1 || *path != '.')) {
			buf_add(out, "/", 1);
			encode(out, path, len, "");
		}
		path += len;
	} while (*path);
	if (!len || out->len == start)
		buf_add(out, "/", 1);
}

/*
 * Names and values to be sorted: texts "name\1value".  The byte between sorts
 * below all others, so that a name comes before the longer ones that it
 * begins.
 */
BUF(entries, SIGV4_LIMIT);

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static size_t name_len(const char *entry)
{
	return strcspn(entry, "\1");
}

/* Percent-escapes that stand in the query already are kept. */
static void add_canonical_query(struct buf *out, const char *query)
{
	const char *list[SIGV4_PARAMETERS] = {NULL};
	size_t count = 0;

	buf_clear(&entries);
	while (*query && count < SIGV4_PARAMETERS &&
	       entries.len < entries.size) {
		size_t len = strcspn(query, "&");
		size_t name = strcspn(query, "=&");

		list[count++] = entries.data + entries.len;
		encode(&entries, query, name, "%");
		buf_add(&entries, "\1", 1);
		name += name < len;
		encode(&entries, query + name, len - name, "%");
		buf_add(&entries, "", 1);
		query += len + (query[len] == '&');
	}
	qsort((void *)list, count, sizeof(*list), compare_texts);
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "%s%.*s=%s", i ? "&" : "", (int)name_len(list[i]),
			 list[i], list[i] + name_len(list[i]) + 1);
}

/* The name in lower case, its place (so that the values of one name stay in
 * the order they are sent), the value with runs of blanks folded. */
static void add_header(const char *line, size_t place)
{
	const char *gap = "";

	for (; *line != ':'; line++)
		buf_addf(&entries, "%c",
			 *line | (*line >= 'A' && *line <= 'Z' ? ' ' : 0));
	buf_addf(&entries, "\1%c", (int)place + 1);
	for (line++; *(line += strspn(line, blanks)); gap = " ") {
		size_t len = strcspn(line, blanks);

		buf_addf(&entries, "%s%.*s", gap, (int)len, line);
		line += len;
	}
	buf_add(&entries, "", 1);
}

static void add_canonical_headers(struct buf *out, struct buf *signed_headers,
				  const char *const *headers)
{
	const char *list[SIGV4_HEADERS] = {NULL};
	const char *last = "";
	size_t count;

	buf_clear(&entries);
	for (count = 0; headers[count] && entries.len < entries.size; count++) {
		list[count] = entries.data + entries.len;
		add_header(headers[count], count);
	}
	qsort((void *)list, count, sizeof(*list), compare_texts);
	for (size_t i = 0; i < count; i++) {
		int len = (int)name_len(list[i]);

		if (!strncmp(list[i], last, (size_t)len + 1)) {
			buf_addf(out, ",%s", list[i] + len + 2);
			continue;
		}
		last = list[i];
		buf_addf(out, "\n%.*s:%s", len, last, last + len + 2);
		buf_addf(signed_headers, "%s%.*s", i ? ";" : "", len, last);
	}
}

int sigv4_canonical_request(const struct sigv4_request *request,
			    struct buf *canonical, struct buf *signed_headers)
{
	buf_addf(canonical, "%s\n", request->method);
	if (request->normalize_path)
		add_normalized_path(canonical, request->path);
	else
		encode(canonical, request->path, strlen(request->path), "/");
	buf_add(canonical, "\n", 1);
	add_canonical_query(canonical, request->query);
	if (buf_check(&entries, "query"))
		return -1;
	add_canonical_headers(canonical, signed_headers, request->headers);
	if (buf_check(&entries, "headers"))
		return -1;
	buf_addf(canonical, "\n\n%s\n", signed_headers->data);
	return add_hash(canonical, request->body);
}

int sigv4_string_to_sign(const struct sigv4_scope *scope,
			 const struct buf *canonical,
			 struct buf *string_to_sign)
{
	buf_addf(string_to_sign, "%s\n%s\n%.8s/%s/%s/aws4_request\n", algorithm,
		 scope->timestamp, scope->timestamp, scope->region,
		 scope->service);
	return add_hash(string_to_sign, canonical);
}

int sigv4_signature(const struct sigv4_scope *scope,
		    const char *secret_access_key,
		    const struct buf *string_to_sign, struct buf *signature)
{
	BUF(date, 8);
	BUF(key, 256);
	const char *const texts[] = {
		date.data,	scope->region,	      scope->service,
		"aws4_request", string_to_sign->data,
	};
	unsigned char digest[DIGEST_SIZE];
	int rc = 0;

	buf_clear(&date);
	buf_add(&date, scope->timestamp, 8);
	buf_addf(&key, "AWS4%s", secret_access_key);
	for (size_t i = 0; !rc && i < sizeof(texts) / sizeof(*texts); i++) {
		rc = crypto(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL,
				      key.data, key.len,
				      (const unsigned char *)texts[i],
				      strlen(texts[i]), digest, sizeof(digest),
				      NULL) != NULL);
		buf_wipe(&key);
		buf_add(&key, (const char *)digest, sizeof(digest));
	}
	buf_wipe(&key);
	add_hex(signature, digest);
	platform_wipe(digest, sizeof(digest));
	return rc;
}

int sigv4_authorization(const struct sigv4_request *request,
			const struct sigv4_scope *scope,
			const struct secret *secret, struct buf *authorization)
{
	BUF(canonical, SIGV4_LIMIT);
	BUF(signed_headers, 256);
	BUF(string_to_sign, 512);
	int rc;

	buf_clear(&signed_headers);
	buf_clear(&string_to_sign);
	rc = sigv4_canonical_request(request, &canonical, &signed_headers) ||
	     buf_check(&canonical, "request") ||
	     sigv4_string_to_sign(scope, &canonical, &string_to_sign);
	/* Both hold the session token. */
	buf_wipe(&canonical);
	buf_wipe(&entries);
	if (rc)
		return -1;
	buf_addf(authorization,
		 "Authorization: %s Credential=%s/%.8s/%s/%s/aws4_request, "
		 "SignedHeaders=%s, Signature=",
		 algorithm, secret->access_key_id, scope->timestamp,
		 scope->region, scope->service, signed_headers.data);
	return sigv4_signature(scope, secret->secret_access_key,
			       &string_to_sign, authorization);
}
