#include "secret.h"

#include <string.h>

#include "pattern.h"
#include "platform.h"

bool secret_set(struct secret *secret, const char *access_key_id,
		const char *secret_access_key, const char *session_token)
{
	const char *const fields[] = {access_key_id, secret_access_key,
				      session_token};

	memset(secret, 0, sizeof(*secret));
	/* The first one last: with it they are there. */
	for (size_t i = SECRET_FIELDS; i--;) {
		if (platform_has_user && i == SECRET_SESSION_TOKEN &&
		    !fields[i])
			continue;
		if (!pattern_matches(fields[i], "^[!-~]+$") ||
		    strlen(fields[i]) >= sizeof(*secret->field))
			return false;
		memcpy(secret->field[i], fields[i], strlen(fields[i]) + 1);
	}
	return true;
}
