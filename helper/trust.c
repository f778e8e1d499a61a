#include "trust.h"

#include <string.h>

#include "file.h"

struct trust trust;

/* The names are looked for in the base64, which saves decoding it: each may
 * begin at the first, second or third byte of three. */
void trust_keep_roots(char *bundle)
{
	static const char last[] = "-----END CERTIFICATE-----";
	static const char names[][9] = {
		"QW1hem9u", "FtYXpvb",	"BbWF6b2", /* Amazon */
		"U3RhcmZp", "N0YXJmaW", "TdGFyZm", /* Starfi[eld] */
	};
	enum { NAMES = sizeof(names) / sizeof(*names) };
	char *end;

	for (char *from = bundle; (end = strstr(from, last)); from = end) {
		size_t i = 0;

		*end = '\0';
		while (i < NAMES && !strstr(from, names[i]))
			i++;
		*end = '-';
		end += sizeof(last) - 1;
		if (i < NAMES)
			buf_add(&trust.roots, from, (size_t)(end - from));
	}
}

void trust_find(void)
{
	static const char bundles[][36] = {
		TRUST_DIRECTORY "/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
	};

	/* The name's hash is that of Amazon Root CA 1: openssl x509 -hash. */
	trust.is_hashed = !file_read(TRUST_DIRECTORY "/ce5e74ef.0");
	for (size_t i = 0; !trust.is_hashed && !trust.roots.len && i < 2; i++)
		if (!file_read(bundles[i]))
			trust_keep_roots(file.text);
	/* Less than all of AWS's, and libcurl may refuse it. */
	if (buf_is_cut(&trust.roots))
		buf_wipe(&trust.roots);
}
