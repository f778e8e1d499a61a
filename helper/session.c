#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errinfo.h"
#include "http.h"
#include "sts.h"

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

/* Credentials of the environment, named as the AWS SDKs name them. */
static int environment_credentials(struct secret *secret, struct errinfo *err)
{
	const char *token = environment("AWS_SESSION_TOKEN");

	secret->session_token[0] = '\0';
	if (secret_set(secret->access_key_id, sizeof(secret->access_key_id),
		       environment("AWS_ACCESS_KEY_ID")) &&
	    secret_set(secret->secret_access_key,
		       sizeof(secret->secret_access_key),
		       environment("AWS_SECRET_ACCESS_KEY")) &&
	    (!*token || secret_set(secret->session_token,
				   sizeof(secret->session_token), token)))
		return 0;
	secret_wipe(secret);
	return errinfo_set(err, STATUS_DENIED,
			   "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
			   "AWS_SESSION_TOKEN do not hold credentials");
}

static int own_credentials(void *context, struct secret *secret,
			   struct errinfo *err)
{
	struct session *session = context;
	int rc;

	if (*environment("AWS_ACCESS_KEY_ID"))
		rc = environment_credentials(secret, err);
	else
		rc = imds_credentials(&session->imds, session->patient, secret,
				      err);
	if (rc)
		err->stage = "credentials";
	return rc;
}

static int assumed_credentials(void *context, struct secret *secret,
			       struct errinfo *err)
{
	struct session *session = context;
	const struct settings *settings = &session->settings;

	if (!sts_assume_role(&session->own, settings->role_arn,
			     settings->external_id, "bootname", secret, err))
		return 0;
	err->stage = "credentials";
	return -1;
}

static int read_settings(struct session *session, const char *settings_file,
			 const char *defaults_file, struct errinfo *err)
{
	const char *cloud_config = environment("BOOTNAME_CLOUD_CONFIG");

	settings_init(&session->settings);
	if (settings_file)
		return settings_read_file(&session->settings, settings_file,
					  err);
	if (defaults_file &&
	    settings_read_file(&session->settings, defaults_file, err))
		return -1;
	if (!*cloud_config)
		cloud_config = SETTINGS_CLOUD_CONFIG;
	return settings_read_cloud_config(&session->settings, cloud_config,
					  err);
}

int session_open(struct session *session, const char *settings_file,
		 const char *defaults_file, struct errinfo *err)
{
	const struct settings *settings = &session->settings;

	memset(session, 0, sizeof(*session));
	err->stage = "settings";
	if (read_settings(session, settings_file, defaults_file, err))
		return -1;
	err->stage = "metadata";
	session->http = http_open(settings->timeout_s, err);
	if (!session->http || imds_open(&session->imds, session->http, err))
		return -1;
	session->patient = true;
	session->own.http = session->http;
	session->own.proxy = settings->proxy[0] ? settings->proxy : NULL;
	session->assumed = session->own;
	session->own.refresh = own_credentials;
	session->own.refresh_context = session;
	session->assumed.refresh = assumed_credentials;
	session->assumed.refresh_context = session;
	session->dns =
		settings->role_arn[0] ? &session->assumed : &session->own;
	return 0;
}

void session_close(struct session *session)
{
	imds_close(&session->imds);
	aws_close(&session->own);
	aws_close(&session->assumed);
	http_close(session->http);
}
