#include "credentials.h"

#include <string.h>

#include "build.h"
#include "platform.h"
#include "text.h"

bool credentials_set(struct credentials *credentials, const char *access_key_id,
		     const char *secret_access_key, const char *session_token)
{
	const char *const fields[] = {access_key_id, secret_access_key,
				      session_token};

	memset(credentials, 0, sizeof(*credentials));
	/* The first one last: with it they are there. */
	for (size_t i = CREDENTIALS_FIELDS; i--;) {
		if (build_is_whole && i == CREDENTIALS_SESSION_TOKEN &&
		    !fields[i])
			continue;
		if (!text_matches(fields[i], "^[!-~]+$") ||
		    strlen(fields[i]) >= sizeof(*credentials->field))
			return false;
		memcpy(credentials->field[i], fields[i], strlen(fields[i]) + 1);
	}
	return true;
}
