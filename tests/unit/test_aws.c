/*
 * What a call to Route 53, EC2 or STS makes of each answer: how often it tries,
 * how long it waits in between, and how it ends.
 */
#include "script.h"

#include "aws.h"
#include "credentials.h"
#include "ec2.h"
#include "route53.h"
#include "sts.h"

enum {
	SIGNED_FOR_S = 300, /* AWS takes a signature */
};

/* ---- The services. ---- */

/* UPSERT and CREATE are one operation, with another change in it. */
enum place { LOOK_UP, READ, UPSERT, CREATE, WAIT, TAGS, ROLE, PLACES };

#define CHANGED                                                                \
	"<ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status></ChangeInfo>"

static const char *const right[PLACES] = {
	[LOOK_UP] = "<ListHostedZonesByNameResponse/>",
	[READ] = "<ListResourceRecordSetsResponse/>",
	[UPSERT] = "<ChangeResourceRecordSetsResponse>" CHANGED
		   "</ChangeResourceRecordSetsResponse>",
	[CREATE] = "<ChangeResourceRecordSetsResponse>" CHANGED
		   "</ChangeResourceRecordSetsResponse>",
	[WAIT] = "<GetChangeResponse>" CHANGED "</GetChangeResponse>",
	[TAGS] = "<DescribeTagsResponse><tagSet><item><key>Name</key>"
		 "<value>web1</value></item></tagSet></DescribeTagsResponse>",
	[ROLE] = "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
		 "<AccessKeyId>ASIA2</AccessKeyId>"
		 "<SecretAccessKey>another-secret</SecretAccessKey>"
		 "<SessionToken>another-token</SessionToken></Credentials>"
		 "</AssumeRoleResult></AssumeRoleResponse>",
};

static const char *header(const char *name)
{
	size_t len = strlen(name);

	for (const struct curl_slist *line = fake_request.headers; line;
	     line = line->next)
		if (!strncmp(line->data, name, len) && line->data[len] == ':')
			return line->data + len + 1;
	return "";
}

/* Of a time such as 20231114T221320Z. */
static int64_t seconds(const char *stamp)
{
	struct tm utc = {0};

	assert(sscanf(stamp, "%4d%2d%2dT%2d%2d%2dZ", &utc.tm_year, &utc.tm_mon,
		      &utc.tm_mday, &utc.tm_hour, &utc.tm_min,
		      &utc.tm_sec) == 6);
	utc.tm_year -= 1900;
	utc.tm_mon--;
	return timegm(&utc);
}

static const char *script_right(long *http)
{
	int64_t ahead_s =
		seconds(header("x-amz-date")) - script_server_time_s();

	if (llabs(ahead_s) <= SIGNED_FOR_S)
		return right[script->place];
	*http = 403;
	return "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code>"
	       "<Message>Signature expired: why</Message></Error>"
	       "</ErrorResponse>";
}

static unsigned supplied;

static int supply(enum aws_identity identity, bool once,
		  struct credentials *credentials)
{
	time_t updated = (time_t)(script_server_time_s() - script->age_s);
	struct tm utc;

	(void)identity;
	(void)once;
	supplied++;
	assert(credentials_set(credentials, "AKIDEXAMPLE", "secret", "token"));
	strcpy(credentials->updated, "20200101T000000Z");
	if (script->updated)
		strcpy(credentials->updated, script->updated);
	(void)gmtime_r(&updated, &utc);
	if (script->age_s)
		(void)strftime(credentials->updated,
			       sizeof(credentials->updated), "%Y%m%dT%H%M%SZ",
			       &utc);
	return 0;
}

static int on_zone(const struct hosted_zone *zone, void *context)
{
	(void)zone;
	(void)context;
	return 0;
}

static int on_set(const struct record_set *set, void *context)
{
	(void)set;
	(void)context;
	return 0;
}

static int change(const char *action)
{
	static struct buf changes;
	static char id[ROUTE53_CHANGE_ID_SIZE];
	const struct record_set set = {
		{{"www.example.com", "A", "", "", "", "60", "192.0.2.1", ""}},
		""};

	route53_add_change(&changes, action, &set);
	return route53_change_record_sets("Z1", "i-0123456789abcdef0", &changes,
					  false, id);
}

static int ask(enum place place)
{
	static struct hosted_zone_place zones = {.name = "example.com"};
	static struct record_set_place sets;
	static struct buf value;
	static struct credentials assumed;
	bool is_insync;

	switch (place) {
	case LOOK_UP:
		return route53_list_hosted_zones_by_name(&zones, on_zone, NULL);
	case READ:
		route53_place_at(&sets, "www.example.com");
		return route53_list_record_sets("Z1", &sets, 20, on_set, NULL);
	case UPSERT:
		return change("UPSERT");
	case CREATE:
		return change("CREATE");
	case WAIT:
		return route53_get_change("C1", &is_insync);
	case TAGS:
		return ec2_describe_tag("i-0123456789abcdef0", "eu-west-1",
					"Name", false, &value);
	default:
		return sts_assume_role("arn:aws:iam::123456789012:role/dns", "",
				       "i-0123456789abcdef0", false, &assumed);
	}
}

static int call(int place)
{
	unsigned wanted = script->supplies ? script->supplies : 1;
	int rc;

	aws.region = "eu-west-1";
	aws.supply = supply;
	rc = ask((enum place)place);
	script_check("supplies", supplied, wanted);
	script_check("calls counted",
		     aws.calls[AWS_ROUTE53] + aws.calls[AWS_EC2] +
			     aws.calls[AWS_STS],
		     script->tries);
	return rc;
}

/* ---- The rows. ---- */

/* What helps at another try, and how long the call waits before it. */
static const struct row transient[] = {
	{"PriorRequestNotComplete", UPSERT, "400 PriorRequestNotComplete", 1, 0,
	 2, .waits_ms = {500}},
	{"RequestLimitExceeded", UPSERT, "400 RequestLimitExceeded", 1, 0, 2,
	 .waits_ms = {1500}},
	{"ThrottlingException", UPSERT, "400 ThrottlingException", 1, 0, 2,
	 .waits_ms = {1500}},
	{"RequestTimeout", UPSERT, "400 RequestTimeout", 1, 0, 2,
	 .waits_ms = {500}},
	{"429 with nothing", UPSERT, "429", 1, 0, 2, .waits_ms = {1500}},
	{"509 with nothing", UPSERT, "509", 1, 0, 2, .waits_ms = {1500}},
	{"RequestLimitExceeded of EC2", TAGS, "503 RequestLimitExceeded", 1, 0,
	 2, .waits_ms = {1500}},
	{"Throttling of look-up", LOOK_UP, "400 Throttling Rate exceeded", 1, 0,
	 2, .waits_ms = {1500}},
	{"Throttling of look-up, three times", LOOK_UP,
	 "400 Throttling Rate exceeded", 3, 0, 4,
	 .waits_ms = {1500, 2437, 2742}},
	{"Throttling of read", READ, "400 Throttling Rate exceeded", 1, 0, 2,
	 .waits_ms = {1500}},
	{"Throttling of read, three times", READ,
	 "400 Throttling Rate exceeded", 3, 0, 4,
	 .waits_ms = {1500, 2437, 2742}},
	{"Throttling of UPSERT", UPSERT, "400 Throttling Rate exceeded", 1, 0,
	 2, .waits_ms = {1500}},
	{"Throttling of UPSERT, three times", UPSERT,
	 "400 Throttling Rate exceeded", 3, 0, 4,
	 .waits_ms = {1500, 2437, 2742}},
	{"Throttling of CREATE", CREATE, "400 Throttling Rate exceeded", 1, 0,
	 2, .waits_ms = {1500}},
	{"Throttling of CREATE, three times", CREATE,
	 "400 Throttling Rate exceeded", 3, 0, 4,
	 .waits_ms = {1500, 2437, 2742}},
	{"Throttling of wait", WAIT, "400 Throttling Rate exceeded", 1, 0, 2,
	 .waits_ms = {1500}},
	{"Throttling of wait, three times", WAIT,
	 "400 Throttling Rate exceeded", 3, 0, 4,
	 .waits_ms = {1500, 2437, 2742}},
	{"Throttling of DescribeTags", TAGS, "400 Throttling Rate exceeded", 1,
	 0, 2, .waits_ms = {1500}},
	{"Throttling of DescribeTags, three times", TAGS,
	 "400 Throttling Rate exceeded", 3, 0, 4,
	 .waits_ms = {1500, 2437, 2742}},
	{"Throttling of AssumeRole", ROLE, "400 Throttling Rate exceeded", 1, 0,
	 2, .waits_ms = {1500}},
	{"Throttling of AssumeRole, three times", ROLE,
	 "400 Throttling Rate exceeded", 3, 0, 4,
	 .waits_ms = {1500, 2437, 2742}},
	{"500 with XML", UPSERT, "500 InternalFailure", 1, 0, 2,
	 .waits_ms = {500}},
	{"500 with a page", UPSERT,
	 "500 <html><head><title>Error</title></head><body>Try "
	 "again<br></body></html>",
	 1, 0, 2, .waits_ms = {500}},
	{"500 with nothing", UPSERT, "500", 1, 0, 2, .waits_ms = {500}},
	{"502 with XML", UPSERT, "502 BadGateway", 1, 0, 2, .waits_ms = {500}},
	{"502 with a page", UPSERT,
	 "502 <html><head><title>Error</title></head><body>Try "
	 "again<br></body></html>",
	 1, 0, 2, .waits_ms = {500}},
	{"502 with nothing", UPSERT, "502", 1, 0, 2, .waits_ms = {500}},
	{"503 with XML", UPSERT, "503 ServiceUnavailable", 1, 0, 2,
	 .waits_ms = {500}},
	{"503 with a page", UPSERT,
	 "503 <html><head><title>Error</title></head><body>Try "
	 "again<br></body></html>",
	 1, 0, 2, .waits_ms = {500}},
	{"503 with nothing", UPSERT, "503", 1, 0, 2, .waits_ms = {500}},
	{"504 with XML", UPSERT, "504 GatewayTimeout", 1, 0, 2,
	 .waits_ms = {500}},
	{"504 with a page", UPSERT,
	 "504 <html><head><title>Error</title></head><body>Try "
	 "again<br></body></html>",
	 1, 0, 2, .waits_ms = {500}},
	{"504 with nothing", UPSERT, "504", 1, 0, 2, .waits_ms = {500}},
	{"503 of look-up", LOOK_UP, "503", 1, 0, 2, .waits_ms = {500}},
	{"503 of look-up, three times", LOOK_UP, "503", 3, 0, 4,
	 .waits_ms = {500, 1000, 2000}},
	{"503 of read", READ, "503", 1, 0, 2, .waits_ms = {500}},
	{"503 of read, three times", READ, "503", 3, 0, 4,
	 .waits_ms = {500, 1000, 2000}},
	{"503 of UPSERT", UPSERT, "503", 1, 0, 2, .waits_ms = {500}},
	{"503 of UPSERT, three times", UPSERT, "503", 3, 0, 4,
	 .waits_ms = {500, 1000, 2000}},
	{"503 of wait", WAIT, "503", 1, 0, 2, .waits_ms = {500}},
	{"503 of wait, three times", WAIT, "503", 3, 0, 4,
	 .waits_ms = {500, 1000, 2000}},
	{"503 of EC2", TAGS, "503", 1, 0, 2, .waits_ms = {500}},
	{"503 of EC2, three times", TAGS, "503", 3, 0, 4,
	 .waits_ms = {500, 1000, 2000}},
	{"503 of STS", ROLE, "503", 1, 0, 2, .waits_ms = {500}},
	{"503 of STS, three times", ROLE, "503", 3, 0, 4,
	 .waits_ms = {500, 1000, 2000}},
	{"reset, look-up", LOOK_UP, "reset", 1, 0, 2, .waits_ms = {500}},
	{"cut, look-up", LOOK_UP, "cut", 1, 0, 2, .waits_ms = {500}},
	{"silence, look-up", LOOK_UP, "silence", 1, 0, 2, .waits_ms = {500}},
	{"refused, look-up", LOOK_UP, "refused", 1, 0, 2, .waits_ms = {500}},
	{"reset, read", READ, "reset", 1, 0, 2, .waits_ms = {500}},
	{"cut, read", READ, "cut", 1, 0, 2, .waits_ms = {500}},
	{"silence, read", READ, "silence", 1, 0, 2, .waits_ms = {500}},
	{"refused, read", READ, "refused", 1, 0, 2, .waits_ms = {500}},
	{"reset, UPSERT", UPSERT, "reset", 1, 0, 2, .waits_ms = {500}},
	{"cut, UPSERT", UPSERT, "cut", 1, 0, 2, .waits_ms = {500}},
	{"silence, UPSERT", UPSERT, "silence", 1, 0, 2, .waits_ms = {500}},
	{"refused, UPSERT", UPSERT, "refused", 1, 0, 2, .waits_ms = {500}},
	{"reset, wait", WAIT, "reset", 1, 0, 2, .waits_ms = {500}},
	{"cut, wait", WAIT, "cut", 1, 0, 2, .waits_ms = {500}},
	{"silence, wait", WAIT, "silence", 1, 0, 2, .waits_ms = {500}},
	{"refused, wait", WAIT, "refused", 1, 0, 2, .waits_ms = {500}},
	{"reset, DescribeTags", TAGS, "reset", 1, 0, 2, .waits_ms = {500}},
	{"cut, DescribeTags", TAGS, "cut", 1, 0, 2, .waits_ms = {500}},
	{"silence, DescribeTags", TAGS, "silence", 1, 0, 2, .waits_ms = {500}},
	{"refused, DescribeTags", TAGS, "refused", 1, 0, 2, .waits_ms = {500}},
	{"reset, AssumeRole", ROLE, "reset", 1, 0, 2, .waits_ms = {500}},
	{"cut, AssumeRole", ROLE, "cut", 1, 0, 2, .waits_ms = {500}},
	{"silence, AssumeRole", ROLE, "silence", 1, 0, 2, .waits_ms = {500}},
	{"refused, AssumeRole", ROLE, "refused", 1, 0, 2, .waits_ms = {500}},
};

/* What lasts beyond the deadline. */
static const struct row lasting[] = {
	{"Throttling of look-up for ever", LOOK_UP,
	 "400 Throttling Rate exceeded", FOR_EVER, STATUS_DEADLINE, 5,
	 .waits_ms = {1500, 2437, 2742},
	 .says = "ListHostedZonesByName: HTTP 400 Throttling: Rate exceeded; "
		 "gave up after 9.0 s"},
	{"Throttling of read for ever", READ, "400 Throttling Rate exceeded",
	 FOR_EVER, STATUS_DEADLINE, 5, .waits_ms = {1500, 2437, 2742},
	 .says = "ListResourceRecordSets: HTTP 400 Throttling: Rate exceeded; "
		 "gave up after 9.0 s"},
	{"Throttling of UPSERT for ever", UPSERT,
	 "400 Throttling Rate exceeded", FOR_EVER, STATUS_DEADLINE, 5,
	 .waits_ms = {1500, 2437, 2742},
	 .says = "ChangeResourceRecordSets: HTTP 400 Throttling: Rate "
		 "exceeded; gave up after 9.0 s"},
	{"Throttling of CREATE for ever", CREATE,
	 "400 Throttling Rate exceeded", FOR_EVER, STATUS_DEADLINE, 5,
	 .waits_ms = {1500, 2437, 2742},
	 .says = "ChangeResourceRecordSets: HTTP 400 Throttling: Rate "
		 "exceeded; gave up after 9.0 s"},
	{"Throttling of wait for ever", WAIT, "400 Throttling Rate exceeded",
	 FOR_EVER, STATUS_DEADLINE, 5, .waits_ms = {1500, 2437, 2742},
	 .says = "GetChange: HTTP 400 Throttling: Rate exceeded; gave up after "
		 "9.0 s"},
	{"Throttling of DescribeTags for ever", TAGS,
	 "400 Throttling Rate exceeded", FOR_EVER, STATUS_DEADLINE, 5,
	 .waits_ms = {1500, 2437, 2742},
	 .says = "DescribeTags: HTTP 400 Throttling: Rate exceeded; gave up "
		 "after 9.0 s"},
	{"Throttling of AssumeRole for ever", ROLE,
	 "400 Throttling Rate exceeded", FOR_EVER, STATUS_DEADLINE, 5,
	 .waits_ms = {1500, 2437, 2742},
	 .says = "AssumeRole: HTTP 400 Throttling: Rate exceeded; gave up "
		 "after 9.0 s"},
	{"500 with nothing for ever", LOOK_UP, "500", FOR_EVER, STATUS_DEADLINE,
	 6, .waits_ms = {500, 1000, 2000, 4000},
	 .says = "ListHostedZonesByName: HTTP 500; gave up after 9.0 s"},
	{"502 with a page for ever", LOOK_UP,
	 "502 <html><head><title>Error</title></head><body>Try "
	 "again<br></body></html>",
	 FOR_EVER, STATUS_DEADLINE, 6, .waits_ms = {500, 1000, 2000, 4000},
	 .says = "ListHostedZonesByName: HTTP 502; gave up after 9.0 s"},
	{"503 with XML for ever", LOOK_UP, "503 ServiceUnavailable", FOR_EVER,
	 STATUS_DEADLINE, 6, .waits_ms = {500, 1000, 2000, 4000},
	 .says = "ListHostedZonesByName: HTTP 503 ServiceUnavailable: why; "
		 "gave up after 9.0 s"},
	{"500 of the read for ever", READ, "500", FOR_EVER, STATUS_DEADLINE, 6,
	 .waits_ms = {500, 1000, 2000, 4000},
	 .says = "ListResourceRecordSets: HTTP 500; gave up after 9.0 s"},
	{"reset for ever", LOOK_UP, "reset", FOR_EVER, STATUS_DEADLINE, 6,
	 .waits_ms = {500, 1000, 2000, 4000},
	 .says = "... (ListHostedZonesByName); gave up after 9.0 s"},
	{"refused for ever", UPSERT, "refused", FOR_EVER, STATUS_DEADLINE, 6,
	 .waits_ms = {500, 1000, 2000, 4000},
	 .says = "...; is there a route? (ChangeResourceRecordSets); gave up "
		 "after 9.0 s"},
	{"503 for ever, a short timeout", LOOK_UP, "503", FOR_EVER,
	 STATUS_DEADLINE, 3, .waits_ms = {500, 248},
	 .says = "ListHostedZonesByName: HTTP 503; gave up after 0.7 s",
	 .timeout_s = 1},
};

/* What no other try helps against. */
static const struct row final[] = {
	{"AccessDenied of look-up", LOOK_UP, "403 AccessDenied", 1,
	 STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListHostedZonesByName on *"},
	{"AccessDenied of read", READ, "403 AccessDenied", 1, STATUS_DENIED, 1,
	 .waits_ms = {0},
	 .says = "ListResourceRecordSets: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListResourceRecordSets on "
		 "arn:aws:route53:::hostedzone/Z1"},
	{"AccessDenied of UPSERT", UPSERT, "403 AccessDenied", 1, STATUS_DENIED,
	 1, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ChangeResourceRecordSets on "
		 "arn:aws:route53:::hostedzone/Z1"},
	{"AccessDenied of CREATE", CREATE, "403 AccessDenied", 1, STATUS_DENIED,
	 1, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ChangeResourceRecordSets on "
		 "arn:aws:route53:::hostedzone/Z1"},
	{"AccessDenied of wait", WAIT, "403 AccessDenied", 1, STATUS_DENIED, 1,
	 .waits_ms = {0},
	 .says = "GetChange: HTTP 403 AccessDenied: why; the role's policy "
		 "must allow route53:GetChange on arn:aws:route53:::change/*"},
	{"UnauthorizedOperation of DescribeTags", TAGS,
	 "403 UnauthorizedOperation", 1, STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "DescribeTags: HTTP 403 UnauthorizedOperation: why; the "
		 "role's policy must allow ec2:DescribeTags on *"},
	{"AccessDenied of AssumeRole", ROLE, "403 AccessDenied", 1,
	 STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "AssumeRole: HTTP 403 AccessDenied: why; the role's policy "
		 "must allow sts:AssumeRole on "
		 "arn:aws:iam::123456789012:role/dns"},
	{"NoSuchHostedZone", UPSERT, "404 NoSuchHostedZone", 1,
	 STATUS_UNAVAILABLE, 1, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 404 NoSuchHostedZone: why"},
	{"InvalidInput", UPSERT, "400 InvalidInput", 1, STATUS_DATA, 1,
	 .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 400 InvalidInput: why"},
	{"InvalidChangeBatch", UPSERT, "400 InvalidChangeBatch", 1, STATUS_DATA,
	 1, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 400 InvalidChangeBatch: why"},
	{"200 with a page, look-up", LOOK_UP, "200 " PAGE, 1, STATUS_DATA, 1,
	 .waits_ms = {0}},
	{"200 with a page, read", READ, "200 " PAGE, 1, STATUS_DATA, 1,
	 .waits_ms = {0}},
	{"200 with a page, UPSERT", UPSERT, "200 " PAGE, 1, STATUS_DATA, 1,
	 .waits_ms = {0}},
	{"200 with a page, CREATE", CREATE, "200 " PAGE, 1, STATUS_DATA, 1,
	 .waits_ms = {0}},
	{"200 with a page, wait", WAIT, "200 " PAGE, 1, STATUS_DATA, 1,
	 .waits_ms = {0}},
	{"200 with a page, DescribeTags", TAGS, "200 " PAGE, 1, STATUS_DATA, 1,
	 .waits_ms = {0}},
	{"200 with a page, AssumeRole", ROLE, "200 " PAGE, 1, STATUS_DATA, 1,
	 .waits_ms = {0}},
	{"InvalidChangeBatch in shape 1", UPSERT,
	 "400 InvalidChangeBatch RRSet already exists: conflicting RRSet of "
	 "type CNAME",
	 1, STATUS_TAKEN, 1, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 400 InvalidChangeBatch: RRSet "
		 "already exists: conflicting RRSet of type CNAME; choose "
		 "another name, or remove it",
	 .shape = 1},
	{"InvalidChangeBatch in shape 2", UPSERT,
	 "400 InvalidChangeBatch RRSet already exists: conflicting RRSet of "
	 "type CNAME",
	 1, STATUS_TAKEN, 1, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 400 InvalidChangeBatch: RRSet "
		 "already exists: conflicting RRSet of type CNAME; choose "
		 "another name, or remove it",
	 .shape = 2},
	{"InvalidChangeBatch in shape 3", UPSERT,
	 "400 InvalidChangeBatch RRSet already exists: conflicting RRSet of "
	 "type CNAME",
	 1, STATUS_TAKEN, 1, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 400 InvalidChangeBatch: RRSet "
		 "already exists: conflicting RRSet of type CNAME; choose "
		 "another name, or remove it",
	 .shape = 3},
	{"AccessDenied with nothing", UPSERT, "403", 1, STATUS_DENIED, 1,
	 .waits_ms = {0}, .says = "ChangeResourceRecordSets: HTTP 403"},
	{"InvalidChangeBatch with nothing", UPSERT, "400", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "ChangeResourceRecordSets: HTTP 400"},
	{"AccessDenied in shape 1", UPSERT, "403 AccessDenied", 1,
	 STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ChangeResourceRecordSets on "
		 "arn:aws:route53:::hostedzone/Z1",
	 .shape = 1},
	{"AccessDenied in shape 3", UPSERT, "403 AccessDenied", 1,
	 STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ChangeResourceRecordSets on "
		 "arn:aws:route53:::hostedzone/Z1",
	 .shape = 3},
	{"redirect 301 of look-up", LOOK_UP, "301", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "ListHostedZonesByName: HTTP 301"},
	{"redirect 301 of UPSERT", UPSERT, "301", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "ChangeResourceRecordSets: HTTP 301"},
	{"redirect 302 of look-up", LOOK_UP, "302", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "ListHostedZonesByName: HTTP 302"},
	{"redirect 302 of UPSERT", UPSERT, "302", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "ChangeResourceRecordSets: HTTP 302"},
	{"redirect 307 of look-up", LOOK_UP, "307", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "ListHostedZonesByName: HTTP 307"},
	{"redirect 307 of UPSERT", UPSERT, "307", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "ChangeResourceRecordSets: HTTP 307"},
	{"redirect 308 of look-up", LOOK_UP, "308", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "ListHostedZonesByName: HTTP 308"},
	{"redirect 308 of UPSERT", UPSERT, "308", 1, STATUS_DATA, 1,
	 .waits_ms = {0}, .says = "ChangeResourceRecordSets: HTTP 308"},
};

/* A role of the last minute is not known everywhere at AWS. */
static const struct row new_roles[] = {
	{"AccessDenied of look-up, role 40 s old", LOOK_UP, "403 AccessDenied",
	 1, 0, 2, .waits_ms = {500}, .age_s = 40},
	{"AccessDenied of read, role 40 s old", READ, "403 AccessDenied", 1, 0,
	 2, .waits_ms = {500}, .age_s = 40},
	{"AccessDenied of UPSERT, role 40 s old", UPSERT, "403 AccessDenied", 1,
	 0, 2, .waits_ms = {500}, .age_s = 40},
	{"AccessDenied of CREATE, role 40 s old", CREATE, "403 AccessDenied", 1,
	 0, 2, .waits_ms = {500}, .age_s = 40},
	{"AccessDenied of wait, role 40 s old", WAIT, "403 AccessDenied", 1, 0,
	 2, .waits_ms = {500}, .age_s = 40},
	{"UnauthorizedOperation of DescribeTags, role 40 s old", TAGS,
	 "403 UnauthorizedOperation", 1, 0, 2, .waits_ms = {500}, .age_s = 40},
	{"AccessDenied of AssumeRole, role 40 s old", ROLE, "403 AccessDenied",
	 1, 0, 2, .waits_ms = {500}, .age_s = 40},
	{"AccessDenied, role 61 s old", LOOK_UP, "403 AccessDenied", FOR_EVER,
	 STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListHostedZonesByName on *",
	 .age_s = 61},
	{"AccessDenied without Date, role 40 s old", LOOK_UP,
	 "403 AccessDenied", FOR_EVER, STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListHostedZonesByName on *",
	 .age_s = 40, .without_date = true},
	{"AccessDenied without Date, role 600 s old", LOOK_UP,
	 "403 AccessDenied", FOR_EVER, STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListHostedZonesByName on *",
	 .age_s = 600, .without_date = true},
	{"AccessDenied, LastUpdated of 1970", LOOK_UP, "403 AccessDenied",
	 FOR_EVER, STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListHostedZonesByName on *",
	 .updated = "19700101T000000Z"},
	{"AccessDenied, LastUpdated empty", LOOK_UP, "403 AccessDenied",
	 FOR_EVER, STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListHostedZonesByName on *",
	 .updated = ""},
	{"AccessDenied of look-up, role 40 s old, clock an hour ahead", LOOK_UP,
	 "403 AccessDenied", 2, 0, 4, .waits_ms = {500, 1000}, .age_s = 40,
	 .clock_s = 3600, .behind = 1},
	{"AccessDenied of UPSERT, role 40 s old, clock an hour ahead", UPSERT,
	 "403 AccessDenied", 2, 0, 4, .waits_ms = {500, 1000}, .age_s = 40,
	 .clock_s = 3600, .behind = 1},
	{"AccessDenied, role 61 s old, clock an hour ahead", LOOK_UP,
	 "403 AccessDenied", FOR_EVER, STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListHostedZonesByName on *",
	 .age_s = 61, .clock_s = 3600, .behind = 1},
	{"AccessDenied of look-up, role 40 s old, clock an hour behind",
	 LOOK_UP, "403 AccessDenied", 2, 0, 4, .waits_ms = {500, 1000},
	 .age_s = 40, .clock_s = -3600, .behind = 1},
	{"AccessDenied of UPSERT, role 40 s old, clock an hour behind", UPSERT,
	 "403 AccessDenied", 2, 0, 4, .waits_ms = {500, 1000}, .age_s = 40,
	 .clock_s = -3600, .behind = 1},
	{"AccessDenied, role 61 s old, clock an hour behind", LOOK_UP,
	 "403 AccessDenied", FOR_EVER, STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListHostedZonesByName on *",
	 .age_s = 61, .clock_s = -3600, .behind = 1},
	{"AccessDenied for ever, new role, short timeout", LOOK_UP,
	 "403 AccessDenied", FOR_EVER, STATUS_DENIED, 3, .waits_ms = {500, 998},
	 .says = "ListHostedZonesByName: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ListHostedZonesByName on *; "
		 "gave up after 1.5 s",
	 .age_s = 1, .timeout_s = 2},
	{"AccessDenied for ever, new role", UPSERT, "403 AccessDenied",
	 FOR_EVER, STATUS_DENIED, 8, .waits_ms = {500, 1000, 2000, 4000},
	 .says = "ChangeResourceRecordSets: HTTP 403 AccessDenied: why; the "
		 "role's policy must allow route53:ChangeResourceRecordSets on "
		 "arn:aws:route53:::hostedzone/Z1; gave up after 30.0 s",
	 .age_s = 1, .timeout_s = 60},
};

/* Credentials that have ended are supplied again, once. */
static const struct row expired[] = {
	{"ExpiredToken of look-up", LOOK_UP, "403 ExpiredToken", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2},
	{"ExpiredToken of look-up for ever", LOOK_UP, "403 ExpiredToken",
	 FOR_EVER, STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 ExpiredToken: why",
	 .supplies = 2},
	{"ExpiredToken of read", READ, "403 ExpiredToken", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2},
	{"ExpiredToken of read for ever", READ, "403 ExpiredToken", FOR_EVER,
	 STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "ListResourceRecordSets: HTTP 403 ExpiredToken: why",
	 .supplies = 2},
	{"ExpiredToken of UPSERT", UPSERT, "403 ExpiredToken", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2},
	{"ExpiredToken of UPSERT for ever", UPSERT, "403 ExpiredToken",
	 FOR_EVER, STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 403 ExpiredToken: why",
	 .supplies = 2},
	{"ExpiredToken of CREATE", CREATE, "403 ExpiredToken", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2},
	{"ExpiredToken of CREATE for ever", CREATE, "403 ExpiredToken",
	 FOR_EVER, STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "ChangeResourceRecordSets: HTTP 403 ExpiredToken: why",
	 .supplies = 2},
	{"ExpiredToken of wait", WAIT, "403 ExpiredToken", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2},
	{"ExpiredToken of wait for ever", WAIT, "403 ExpiredToken", FOR_EVER,
	 STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "GetChange: HTTP 403 ExpiredToken: why", .supplies = 2},
	{"ExpiredToken of DescribeTags", TAGS, "403 ExpiredToken", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2},
	{"ExpiredToken of DescribeTags for ever", TAGS, "403 ExpiredToken",
	 FOR_EVER, STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "DescribeTags: HTTP 403 ExpiredToken: why", .supplies = 2},
	{"ExpiredToken of AssumeRole", ROLE, "403 ExpiredToken", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2},
	{"ExpiredToken of AssumeRole for ever", ROLE, "403 ExpiredToken",
	 FOR_EVER, STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "AssumeRole: HTTP 403 ExpiredToken: why", .supplies = 2},
	{"ExpiredTokenException for ever", LOOK_UP, "403 ExpiredTokenException",
	 FOR_EVER, STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 ExpiredTokenException: why",
	 .supplies = 2},
	{"RequestExpired of EC2", TAGS, "400 RequestExpired", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2},
	{"ExpiredToken in shape 1", UPSERT, "403 ExpiredToken", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2, .shape = 1},
	{"Throttling in shape 1", UPSERT, "400 Throttling", 1, 0, 2,
	 .waits_ms = {1500}, .shape = 1},
	{"ExpiredToken in shape 3", UPSERT, "403 ExpiredToken", 1, 0, 2,
	 .waits_ms = {0}, .supplies = 2, .shape = 3},
	{"Throttling in shape 3", UPSERT, "400 Throttling", 1, 0, 2,
	 .waits_ms = {1500}, .shape = 3},
};

/* A signature that is refused for its time is made again, once, by AWS's. */
static const struct row clocks[] = {
	{"clock an hour ahead, look-up", LOOK_UP,
	 "403 SignatureDoesNotMatch Signature expired: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = 3600},
	{"clock an hour ahead, read", READ,
	 "403 SignatureDoesNotMatch Signature expired: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = 3600},
	{"clock an hour ahead, UPSERT", UPSERT,
	 "403 SignatureDoesNotMatch Signature expired: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = 3600},
	{"clock an hour ahead, wait", WAIT,
	 "403 SignatureDoesNotMatch Signature expired: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = 3600},
	{"clock an hour ahead, DescribeTags", TAGS,
	 "403 AuthFailure Signature expired: why", 1, 0, 2, .waits_ms = {0},
	 .clock_s = 3600},
	{"clock an hour ahead, AssumeRole", ROLE,
	 "403 SignatureDoesNotMatch Signature expired: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = 3600},
	{"clock an hour behind, look-up", LOOK_UP,
	 "403 SignatureDoesNotMatch Signature not yet current: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = -3600},
	{"clock an hour behind, read", READ,
	 "403 SignatureDoesNotMatch Signature not yet current: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = -3600},
	{"clock an hour behind, UPSERT", UPSERT,
	 "403 SignatureDoesNotMatch Signature not yet current: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = -3600},
	{"clock an hour behind, wait", WAIT,
	 "403 SignatureDoesNotMatch Signature not yet current: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = -3600},
	{"clock an hour behind, DescribeTags", TAGS,
	 "403 AuthFailure Signature not yet current: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = -3600},
	{"clock an hour behind, AssumeRole", ROLE,
	 "403 SignatureDoesNotMatch Signature not yet current: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = -3600},
	{"clock an hour ahead in shape 3", LOOK_UP,
	 "403 SignatureDoesNotMatch Signature expired: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = 3600, .shape = 3},
	{"clock an hour ahead, with nothing", LOOK_UP, "403", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = 3600},
	{"clock an hour ahead, refused for ever", LOOK_UP,
	 "403 SignatureDoesNotMatch Signature expired: why", FOR_EVER,
	 STATUS_DENIED, 2, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 SignatureDoesNotMatch: "
		 "Signature expired: why",
	 .clock_s = 3600},
	{"clock that jumps an hour with each answer, refused for ever", LOOK_UP,
	 "403 SignatureDoesNotMatch Signature expired: why", FOR_EVER,
	 STATUS_DENIED, 2, .waits_ms = {0}, .jump_s = 3600},
	{"the clock is right, and the signature refused", LOOK_UP,
	 "403 SignatureDoesNotMatch Signature expired: why", FOR_EVER,
	 STATUS_DENIED, 1, .waits_ms = {0},
	 .says = "ListHostedZonesByName: HTTP 403 SignatureDoesNotMatch: "
		 "Signature expired: why"},
	{"clock 239 s ahead, refused", LOOK_UP,
	 "403 SignatureDoesNotMatch Signature expired: why", 1, STATUS_DENIED,
	 1, .waits_ms = {0}, .clock_s = 239},
	{"clock 240 s ahead, refused", LOOK_UP,
	 "403 SignatureDoesNotMatch Signature expired: why", 1, 0, 2,
	 .waits_ms = {0}, .clock_s = 240},
};

/* What the server asks for is added to the wait; nonsense is not. */
static const struct row retry_after[] = {
	{"Retry-After a second", LOOK_UP, "503", 1, 0, 2, .waits_ms = {1500},
	 .retry_after_s = 1},
	{"Retry-After beyond the deadline", LOOK_UP, "503", FOR_EVER,
	 STATUS_DEADLINE, 2, .waits_ms = {8999},
	 .says = "ListHostedZonesByName: HTTP 503; gave up after 9.0 s",
	 .retry_after_s = 500},
	{"Retry-After negative", LOOK_UP, "503", 1, 0, 2, .waits_ms = {500},
	 .retry_after_s = -1},
	{"Retry-After of ten minutes, which is the most", LOOK_UP, "503", 1, 0,
	 2, .waits_ms = {8999}, .retry_after_s = 600},
	{"Retry-After of more than ten minutes", LOOK_UP, "503", 1, 0, 2,
	 .waits_ms = {500}, .retry_after_s = 601},
	{"Retry-After huge", LOOK_UP, "503", 1, 0, 2, .waits_ms = {500},
	 .retry_after_s = 86400},
	{"Retry-After beyond all numbers", LOOK_UP, "503", 1, 0, 2,
	 .waits_ms = {500}, .retry_after_s = INT64_MAX},
};

static void test_aws__what_helps_at_another_try(void **state)
{
	(void)state;
	script_run(transient, LENGTH(transient), call);
}

static void test_aws__what_lasts(void **state)
{
	(void)state;
	script_run(lasting, LENGTH(lasting), call);
}

static void test_aws__what_no_other_try_helps_against(void **state)
{
	(void)state;
	script_run(final, LENGTH(final), call);
}

static void test_aws__a_new_role(void **state)
{
	(void)state;
	script_run(new_roles, LENGTH(new_roles), call);
}

static void test_aws__expired_credentials(void **state)
{
	(void)state;
	script_run(expired, LENGTH(expired), call);
}

static void test_aws__a_clock_that_is_wrong(void **state)
{
	(void)state;
	script_run(clocks, LENGTH(clocks), call);
}

static void test_aws__retry_after(void **state)
{
	(void)state;
	script_run(retry_after, LENGTH(retry_after), call);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aws__what_helps_at_another_try),
		cmocka_unit_test(test_aws__what_lasts),
		cmocka_unit_test(test_aws__what_no_other_try_helps_against),
		cmocka_unit_test(test_aws__a_new_role),
		cmocka_unit_test(test_aws__expired_credentials),
		cmocka_unit_test(test_aws__a_clock_that_is_wrong),
		cmocka_unit_test(test_aws__retry_after),
	};

	for (size_t i = 0; i < LENGTH(unset); i++)
		(void)unsetenv(unset[i]);
	return RUN(tests);
}
