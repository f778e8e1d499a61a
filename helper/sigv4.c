#include "sigv4.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "buf.h"
#include "errinfo.h"
#include "platform.h"
#include "secret.h"

enum {
	HEADER_LIMIT = 32,
	PARAMETER_LIMIT = 64,
	DIGEST_SIZE = 32,
	SHORT_LIMIT = 4096, /* bytes: scopes, names, keys */
	LONG_LIMIT = 65536, /* bytes: canonical texts */
};

static const char algorithm[] = "AWS4-HMAC-SHA256";
static const char hex_digits[] = "0123456789abcdef0123456789ABCDEF";

static int crypto_error(struct errinfo *err)
{
	return errinfo_set(err, STATUS_SYSTEM,
			   "OpenSSL refuses SHA-256; check its configuration");
}

static void add_hex(struct buf *out, const unsigned char digest[DIGEST_SIZE])
{
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		buf_add_char(out, hex_digits[digest[i] >> 4]);
		buf_add_char(out, hex_digits[digest[i] & 15]);
	}
}

static int add_hash(struct buf *out, const char *data, size_t len,
		    struct errinfo *err)
{
	unsigned char digest[DIGEST_SIZE];

	if (!EVP_Q_digest(NULL, "SHA256", NULL, data ? data : "", len, digest,
			  NULL))
		return crypto_error(err);
	add_hex(out, digest);
	return 0;
}

static int hmac(unsigned char digest[DIGEST_SIZE], const void *key,
		size_t key_len, const char *data, struct errinfo *err)
{
	/* A copy: digest may be the key. */
	unsigned char result[DIGEST_SIZE];
	size_t len = 0;

	if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len,
		       (const unsigned char *)data, strlen(data), result,
		       sizeof(result), &len))
		return crypto_error(err);
	memcpy(digest, result, DIGEST_SIZE);
	platform_wipe(result, sizeof(result));
	return 0;
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-_.~", c));
}

static void encode(struct buf *out, const char *text, size_t len,
		   const char *kept)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (is_unreserved(text[i]) || strchr(kept, text[i])) {
			buf_add_char(out, text[i]);
			continue;
		}
		buf_add_char(out, '%');
		buf_add_char(out, hex_digits[16 + (byte >> 4)]);
		buf_add_char(out, hex_digits[16 + (byte & 15)]);
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

	for (; *path; path += len) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 2 && path[0] == '.' && path[1] == '.') {
			while (out->len > start && out->data[--out->len] != '/')
				;
			continue;
		}
		if (!len || (len == 1 && path[0] == '.'))
			continue;
		buf_add_char(out, '/');
		encode(out, path, len, "");
	}
	if (path[-1] == '/' || out->len == start)
		buf_add_char(out, '/');
}

struct parameter {
	size_t name;  /* offsets of NUL-ended texts */
	size_t value; /* in the encoded buffer */
};

/* Percent-escapes that stand there already are kept: '%' is not encoded. */
static size_t add_encoded(struct buf *encoded, const char *text, size_t len)
{
	size_t offset = encoded->len;

	encode(encoded, text, len, "%");
	buf_add(encoded, "", 1);
	return offset;
}

static void sort_parameters(struct parameter *list, size_t count,
			    const char *text)
{
	for (size_t i = 1; i < count; i++) {
		struct parameter moved = list[i];
		size_t j = i;

		for (; j > 0; j--) {
			int order = strcmp(text + list[j - 1].name,
					   text + moved.name);

			if (!order)
				order = strcmp(text + list[j - 1].value,
					       text + moved.value);
			if (order <= 0)
				break;
			list[j] = list[j - 1];
		}
		list[j] = moved;
	}
}

/* Sorted by encoded name, then value: not by the text "name=value". */
static int add_canonical_query(struct buf *out, const char *query,
			       struct errinfo *err)
{
	struct buf encoded = BUF_INIT(LONG_LIMIT);
	struct parameter list[PARAMETER_LIMIT];
	size_t count = 0;
	int rc = -1;

	while (*query) {
		size_t len = strcspn(query, "&");
		size_t name_len = strcspn(query, "=&");
		size_t equals = name_len < len ? 1 : 0;

		if (count == PARAMETER_LIMIT) {
			errinfo_set(err, STATUS_BUG, "too many parameters");
			goto out;
		}
		list[count].name = add_encoded(&encoded, query, name_len);
		list[count].value =
			add_encoded(&encoded, query + name_len + equals,
				    len - name_len - equals);
		count++;
		query += len + (query[len] == '&');
	}
	if (buf_check(&encoded, "query", err))
		goto out;
	sort_parameters(list, count, buf_text(&encoded));
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "%s%s=%s", i ? "&" : "",
			 encoded.data + list[i].name,
			 encoded.data + list[i].value);
	rc = 0;
out:
	buf_release(&encoded);
	return rc;
}

static void add_lower(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_add_char(out, *text >= 'A' && *text <= 'Z'
					  ? (char)(*text - 'A' + 'a')
					  : *text);
}

/* Trimmed, inner runs of blanks folded to one; a folded line is a blank. */
static void add_header_value(struct buf *out, const char *value)
{
	const char *blanks = " \t\r\n";
	bool first = true;

	for (value += strspn(value, blanks); *value;
	     value += strspn(value, blanks)) {
		size_t len = strcspn(value, blanks);

		if (!first)
			buf_add_char(out, ' ');
		first = false;
		buf_add(out, value, len);
		value += len;
	}
}

/* Sorted by name; the values of one name stay in the order they are sent. */
static void sort_headers(const struct sigv4_header **sorted,
			 const struct sigv4_request *request)
{
	for (size_t i = 0; i < request->header_count; i++) {
		size_t j = i;

		for (; j > 0 && strcasecmp(sorted[j - 1]->name,
					   request->headers[i].name) > 0;
		     j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = &request->headers[i];
	}
}

static void add_canonical_headers(struct buf *out, struct buf *signed_headers,
				  const struct sigv4_request *request)
{
	const struct sigv4_header *sorted[HEADER_LIMIT];

	sort_headers(sorted, request);
	for (size_t i = 0; i < request->header_count; i++) {
		if (i && !strcasecmp(sorted[i - 1]->name, sorted[i]->name)) {
			buf_add_char(out, ',');
		} else {
			if (i) {
				buf_add_char(out, '\n');
				buf_add_char(signed_headers, ';');
			}
			add_lower(out, sorted[i]->name);
			add_lower(signed_headers, sorted[i]->name);
			buf_add_char(out, ':');
		}
		add_header_value(out, sorted[i]->value);
	}
}

int sigv4_canonical_request(const struct sigv4_request *request,
			    struct buf *canonical, struct buf *signed_headers,
			    struct errinfo *err)
{
	if (request->header_count > HEADER_LIMIT)
		return errinfo_set(err, STATUS_BUG, "too many headers");
	buf_addf(canonical, "%s\n", request->method);
	if (request->normalize_path)
		add_normalized_path(canonical, request->path);
	else
		encode(canonical, request->path, strlen(request->path), "/");
	buf_add_char(canonical, '\n');
	if (add_canonical_query(canonical, request->query, err))
		return -1;
	buf_add_char(canonical, '\n');
	add_canonical_headers(canonical, signed_headers, request);
	buf_addf(canonical, "\n\n%s\n", buf_text(signed_headers));
	if (add_hash(canonical, request->body, request->body_len, err) ||
	    buf_check(signed_headers, "signed headers", err))
		return -1;
	return buf_check(canonical, "canonical request", err);
}

static void add_scope(struct buf *out, const struct sigv4_scope *scope)
{
	buf_addf(out, "%.8s/%s/%s/aws4_request", scope->timestamp,
		 scope->region, scope->service);
}

int sigv4_string_to_sign(const struct sigv4_scope *scope,
			 const struct buf *canonical,
			 struct buf *string_to_sign, struct errinfo *err)
{
	buf_addf(string_to_sign, "%s\n%s\n", algorithm, scope->timestamp);
	add_scope(string_to_sign, scope);
	buf_add_char(string_to_sign, '\n');
	if (add_hash(string_to_sign, canonical->data, canonical->len, err))
		return -1;
	return buf_check(string_to_sign, "string to sign", err);
}

int sigv4_signature(const struct sigv4_scope *scope,
		    const char *secret_access_key,
		    const struct buf *string_to_sign, struct buf *signature,
		    struct errinfo *err)
{
	struct buf first_key = BUF_INIT(SHORT_LIMIT);
	unsigned char key[DIGEST_SIZE];
	char date[9] = "";
	int rc = -1;

	memcpy(date, scope->timestamp, sizeof(date) - 1);
	buf_addf(&first_key, "AWS4%s", secret_access_key);
	if (buf_check(&first_key, "key", err) ||
	    hmac(key, first_key.data, first_key.len, date, err) ||
	    hmac(key, key, sizeof(key), scope->region, err) ||
	    hmac(key, key, sizeof(key), scope->service, err) ||
	    hmac(key, key, sizeof(key), "aws4_request", err) ||
	    hmac(key, key, sizeof(key), buf_text(string_to_sign), err))
		goto out;
	add_hex(signature, key);
	rc = buf_check(signature, "signature", err);
out:
	platform_wipe(key, sizeof(key));
	buf_release(&first_key);
	return rc;
}

int sigv4_authorization(const struct sigv4_request *request,
			const struct sigv4_scope *scope,
			const struct secret *secret, struct buf *authorization,
			struct errinfo *err)
{
	struct buf canonical = BUF_INIT(LONG_LIMIT);
	struct buf signed_headers = BUF_INIT(SHORT_LIMIT);
	struct buf string_to_sign = BUF_INIT(SHORT_LIMIT);
	int rc = -1;

	if (sigv4_canonical_request(request, &canonical, &signed_headers,
				    err) ||
	    sigv4_string_to_sign(scope, &canonical, &string_to_sign, err))
		goto out;
	buf_addf(authorization, "%s Credential=%s/", algorithm,
		 secret->access_key_id);
	add_scope(authorization, scope);
	buf_addf(authorization,
		 ", SignedHeaders=%s, Signature=", buf_text(&signed_headers));
	if (sigv4_signature(scope, secret->secret_access_key, &string_to_sign,
			    authorization, err))
		goto out;
	rc = buf_check(authorization, "authorization", err);
out:
	buf_release(&canonical);
	buf_release(&signed_headers);
	buf_release(&string_to_sign);
	return rc;
}
