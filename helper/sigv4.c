#include "sigv4.h"

#include <string.h>

#include <openssl/evp.h>

#include "errinfo.h"

enum { DIGEST_SIZE = 32 }; /* bytes of a SHA-256 */

static unsigned char digest[DIGEST_SIZE];

/* Append the digest in hexadecimal; ok: what OpenSSL says of it. */
static int add_digest(struct buf *out, int ok)
{
	for (size_t i = 0; ok && i < DIGEST_SIZE; i++)
		buf_addf(out, "%02x", digest[i]);
	return ok && !buf_is_cut(out)
		       ? 0
		       : errinfo_set(STATUS_SYSTEM, "cannot be signed");
}

static int add_hash(struct buf *out, const char *text)
{
	return add_digest(out, EVP_Q_digest(NULL, "SHA256", NULL, text,
					    strlen(text), digest, NULL));
}

void sigv4_encode(struct buf *out, const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "abcdefghijklmnopqrstuvwxyz"
					 "0123456789-_.~";

	for (; *text; text++)
		buf_addf(out, strchr(unreserved, *text) ? "%c" : "%%%02X",
			 (unsigned char)*text);
}

int sigv4_canonical_request(struct buf *out, const char *method,
			    const char *path, const char *query,
			    const char *headers, const char *signed_headers,
			    const char *body)
{
	buf_addf(out, "%s\n%s\n%s\n%s\n%s\n", method, path, query, headers,
		 signed_headers);
	return add_hash(out, body);
}

int sigv4_string_to_sign(struct buf *out, const char *timestamp,
			 const char *scope, const char *canonical_request)
{
	buf_addf(out, "AWS4-HMAC-SHA256\n%s\n%s\n", timestamp, scope);
	return add_hash(out, canonical_request);
}

/* The key goes through a chain: each part of the scope, then the text. */
int sigv4_signature(struct buf *out, const char *secret_access_key,
		    const char *scope, const char *string_to_sign)
{
	static struct buf key;
	const char *part = scope;
	int ok = 1;

	buf_set(&key, "AWS4%s", secret_access_key);
	do {
		size_t len = part == string_to_sign ? strlen(part)
						    : strcspn(part, "/");

		ok = ok &&
		     EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key.data,
			       key.len, (const unsigned char *)part, len,
			       digest, sizeof(digest), NULL);
		buf_wipe(&key); /* what it holds at last is the signature */
		buf_add(&key, (const char *)digest, sizeof(digest));
		if (part == string_to_sign)
			break;
		part = part[len] ? part + len + 1 : string_to_sign;
	} while (1);
	return add_digest(out, ok);
}
