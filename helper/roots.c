#include "roots.h"

#include <string.h>

#include "file.h"

struct roots roots;

/* The names are looked for in the base64, which saves decoding it: each may
 * begin at the first, second or third byte of three. */
void roots_keep(char *bundle)
{
	static const char first[] = "-----BEGIN CERTIFICATE-----";
	static const char last[] = "-----END CERTIFICATE-----";
	static const char names[][9] = {
		"QW1hem9u", "FtYXpvb",	"BbWF6b2", /* Amazon */
		"U3RhcmZp", "N0YXJmaW", "TdGFyZm", /* Starfi[eld] */
	};
	enum { NAMES = sizeof(names) / sizeof(*names) };
	char *end;

	for (char *from = bundle;
	     (from = strstr(from, first)) && (end = strstr(from, last));
	     from = end) {
		size_t i = 0;

		*end = '\0';
		while (i < NAMES && !strstr(from, names[i]))
			i++;
		*end = '-';
		end += sizeof(last) - 1;
		end += strcspn(end, "\n"); /* what parts it from the next */
		end += *end != '\0';
		if (i < NAMES)
			buf_add(&roots.pem, from, (size_t)(end - from));
	}
}

void roots_find(void)
{
	static const char bundles[][36] = {
		ROOTS_DIRECTORY "/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
	};

	/* The name's hash is that of Amazon Root CA 1: openssl x509 -hash. */
	roots.is_hashed = !file_read(ROOTS_DIRECTORY "/ce5e74ef.0");
	for (size_t i = 0; !roots.is_hashed && !roots.pem.len && i < 2; i++)
		if (!file_read(bundles[i]))
			roots_keep(file.text);
	/* Less than all of AWS's, and libcurl may refuse it. */
	if (buf_is_cut(&roots.pem))
		buf_wipe(&roots.pem);
}
