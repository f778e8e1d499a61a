/*
 * What every command needs before its own work: settings, connection,
 * metadata and credentials.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>

#include "aws.h"
#include "imds.h"
#include "settings.h"

struct errinfo;
struct http;

struct session {
	struct settings settings;
	struct http *http;
	struct imds imds;
	struct aws own;	    /* calls as the instance's own role */
	struct aws assumed; /* calls as the role of the setting role_arn */
	struct aws *dns;    /* the one of both that Route 53 is called with */
	bool patient;	    /* wait for a role that is not there yet */
};

/*
 * Read the settings and make ready.  Sends nothing.
 * session:       the caller closes it, also after a failure; must not move.
 * settings_file: settings from here alone; or NULL.
 * defaults_file: settings under the user-data's; or NULL.
 * Returns 0, or -1: as settings_read_file, http_open and imds_open.
 */
int session_open(struct session *session, const char *settings_file,
		 const char *defaults_file, struct errinfo *err);

/* Wipe and free everything.  Accepts one that is zeroed. */
void session_close(struct session *session);

#endif
