#include "records.h"

#include <string.h>

#include "aws.h"
#include "build.h"
#include "cloud_config.h"
#include "ec2.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "instance.h"
#include "plan.h"
#include "platform.h"
#include "provider.h"
#include "published.h"
#include "report.h"
#include "route53.h"
#include "settings.h"
#include "text.h"
#include "zone.h"

enum {
	PLANS_LIMIT = 10,  /* plans made when others change the name too */
	PAGE = 20,	   /* record sets: what one name mostly has */
	PAGE_ROUTED = 300, /* each member of a group has its own */
	CHANGES_LIMIT = BUF_LIMIT - 300, /* bytes, with room for the frame */
	LEFTOVERS = REPORT_PLANS - SETTINGS_RECORDS, /* names a run removes */
};

_Static_assert((int)REPORT_PLANS >= (int)SETTINGS_RECORDS,
	       "each record has a plan to report");

/* What rides in user-data remembers only that all is published: the rest does
 * not fit. */
static bool keeps_sets(void)
{
	return platform_has_user;
}

struct settings records_settings;
static bool is_removal;
static bool is_alone; /* no other run goes on beside this one */
static bool is_look;  /* whether all stands as this boot has published it */

/* Leftovers stand before the records: what they delete may be in their way. */
static struct record all[LEFTOVERS + SETTINGS_RECORDS];
static struct record *const records = all + LEFTOVERS;
static struct record *end = all + LEFTOVERS;
static size_t leftover_count;

static struct record *first_leftover(void)
{
	return records - leftover_count;
}

struct record *records_first(void)
{
	return records;
}

static struct record *first_of_all(void)
{
	return keeps_sets() ? first_leftover() : records;
}

struct record *records_after(struct record *record)
{
	record++;
	return (settings_has(SETTING_RECORDS) || keeps_sets()) && record < end
		       ? record
		       : NULL;
}

static struct buf changes; /* of the zone at hand */
static char change_id[ROUTE53_CHANGE_ID_SIZE];

/* ---- One name twice. ---- */

static bool is_same_text(const struct settings *left,
			 const struct settings *right, enum setting setting)
{
	return !strcmp(left->value[setting], right->value[setting]);
}

static bool has_same_role(const struct settings *left,
			  const struct settings *right)
{
	return is_same_text(left, right, SETTING_ROLE_ARN) &&
	       is_same_text(left, right, SETTING_EXTERNAL_ID) &&
	       settings_is_true(left, SETTING_SESSION_TAG) ==
		       settings_is_true(right, SETTING_SESSION_TAG);
}

/* Whether the settings alone say that two records have one name and zone. */
static bool is_named_alike(const struct settings *left,
			   const struct settings *right)
{
	static char names[2][DNSNAME_SIZE];
	bool are_names = dnsname_fold(names[0], left->value[SETTING_NAME]) &&
			 dnsname_fold(names[1], right->value[SETTING_NAME]);

	return (are_names ? !strcmp(names[0], names[1])
			  : is_same_text(left, right, SETTING_NAME)) &&
	       is_same_text(left, right, SETTING_ZONE) &&
	       is_same_text(left, right, SETTING_ZONE_ID) &&
	       is_same_text(left, right, SETTING_VISIBILITY) &&
	       is_same_text(left, right, SETTING_ADDRESS) &&
	       has_same_role(left, right);
}

static bool is_placed_alike(const struct record *left,
			    const struct record *right)
{
	return left->is_open && right->is_open &&
	       !strcmp(left->zone_id, right->zone_id) &&
	       !strcmp(left->instance.name, right->instance.name);
}

/*
 * Refuse two records that stand in each other's way: at each boot Route 53
 * would refuse the batch.
 * are_placed: names and zones are known; else the settings alone decide.
 * Returns 0, or -1: STATUS_SETTINGS.
 */
static int refuse_twice(size_t count, bool are_placed)
{
	for (size_t i = 1; i < count; i++) {
		const struct record *right = &records[i];

		for (size_t j = 0; j < i; j++) {
			const struct record *left = &records[j];

			if (!(are_placed ? is_placed_alike(left, right)
					 : is_named_alike(left->settings,
							  right->settings)) ||
			    !plan_is_twice(left->settings, right->settings,
					   left->instance.id))
				continue;
			errinfo.stage = "settings";
			return errinfo_set(
				STATUS_SETTINGS,
				"records %zu and %zu are both %s; make them "
				"one record, with all types, or give one "
				"another name",
				j + 1, i + 1,
				are_placed ? left->instance.name
				: *left->settings->value[SETTING_NAME]
					? left->settings->value[SETTING_NAME]
					: "of the tag dnsname");
		}
	}
	return 0;
}

static int refuse_named_alike(void)
{
	size_t count = 0;

	for (struct settings *next = settings_next(&records_settings); next;
	     next = settings_next(next))
		records[count++].settings = next;
	return refuse_twice(count, false);
}

static int read_documents(const char *settings_file, const char *defaults_file)
{
	const char *cloud_config = platform_variable("BOOTNAME_CLOUD_CONFIG");

	settings_init(&records_settings);
	if (platform_has_user && settings_file)
		return settings_read_file(&records_settings, settings_file);
	if (platform_has_user && defaults_file &&
	    settings_read_file(&records_settings, defaults_file))
		return -1;
	return cloud_config_read(&records_settings,
				 cloud_config ? cloud_config
					      : CLOUD_CONFIG_FILE);
}

int records_read_settings(const char *settings_file, const char *defaults_file)
{
	errinfo.stage = "settings";
	if (read_documents(settings_file, defaults_file))
		return -1;
	settings_complete(&records_settings);
	if (settings_check(&records_settings))
		return -1;
	return platform_has_user ? refuse_named_alike() : 0;
}

/* The later of two runs must be the one that learns later. */
static int lock(void)
{
	int rc;

	errinfo.stage = "lock";
	rc = published_lock(
		settings_number(&records_settings, SETTING_TIMEOUT));
	if (!rc)
		errinfo.stage = "metadata";
	return rc;
}

int records_identify(bool removal)
{
	struct settings *top = &records_settings;
	struct instance *instance = &records[0].instance;
	const char *region; /* whose endpoints are asked */

	is_removal = !build_is(BUILD_BOOT) && removal;
	errinfo.stage = "metadata";
	if (http_open(settings_number(top, SETTING_TIMEOUT)) ||
	    (platform_has_user && is_alone && lock()) || imds_open() ||
	    instance_identify(instance))
		return -1;
	if (*top->value[SETTING_PROXY])
		aws.proxy = top->value[SETTING_PROXY];
	aws.supply = provider_supply;
	region = platform_user_variable("AWS_REGION");
	aws.region = region && text_matches(region, "^[a-z0-9-]{1,32}$")
			     ? region
			     : instance->region;
	aws.is_ipv6 = imds_is_ipv6;
	provider.session_name = instance->id;
	for (struct settings *next = settings_next(top) ? top->next : top; next;
	     next = settings_next(next)) {
		if (removal) /* nothing comes any more */
			next->value[SETTING_GRACE] = "0";
		end->instance = *instance;
		end++->settings = next;
	}
	return 0;
}

int records_open(const char *settings_file, const char *defaults_file,
		 bool removal)
{
	report_time(STAGE_START);
	is_alone = platform_has_user && !report_dry_run;
	return records_read_settings(settings_file, defaults_file) ||
			       records_identify(removal)
		       ? -1
		       : 0;
}

/* Whose credentials the calls to Route 53 for a record are made with. */
static void use_role(const struct settings *settings)
{
	static const struct settings *former;
	const char *role_arn = settings->value[SETTING_ROLE_ARN];

	if (!settings_has(SETTING_ROLE_ARN))
		return;
	aws.route53_identity = *role_arn ? AWS_ASSUMED : AWS_INSTANCE;
	if (former && !has_same_role(former, settings))
		aws_close();
	former = settings;
	provider.role_arn = role_arn;
	provider.external_id = settings->value[SETTING_EXTERNAL_ID];
	provider.has_session_tag =
		settings_is_true(settings, SETTING_SESSION_TAG);
}

/* ---- Learning. ---- */

/* Returns 1 where there is nothing to publish. */
static int learn(struct record *record)
{
	struct instance *instance = &record->instance;
	int rc;

	report_progress(instance->id);
	errinfo.stage = "name";
	rc = instance_learn_name(instance, record->settings);
	if (rc)
		return rc;
	report_progress(instance->name);
	errinfo.stage = "address";
	rc = instance_learn_addresses(instance, record->settings);
	report_progress(instance->ipv4);
	report_progress(instance->ipv6);
	return is_removal && errinfo.status == STATUS_UNAVAILABLE ? 0 : rc;
}

bool records_learn(void)
{
	bool is_any;

	if (keeps_sets())
		published_read(records->instance.id);
	is_any = keeps_sets() && published_count;
	for (struct record *record = records; record;
	     record = records_after(record)) {
		const struct instance *instance = &record->instance;
		int rc = learn(record);

		record->is_open = !rc;
		record->is_learnt =
			keeps_sets() &&
			(!rc || instance->lacks_name ||
			 (errinfo.status == STATUS_UNAVAILABLE &&
			  (instance->lacks_ipv4 || instance->lacks_ipv6)));
		is_any |= !rc;
		/* What it has published is all that is to be removed. */
		if (rc < 0 && !(keeps_sets() && is_removal &&
				instance->lacks_name && published_count))
			report_error();
	}
	return is_any;
}

static struct buf description; /* all that the records depend on */

bool records_are_published(void)
{
	buf_wipe(&description);
	for (struct record *record = records; record;
	     record = records_after(record)) {
		const struct instance *instance = &record->instance;

		/* Those in user-data stay as they are until the next boot. */
		for (size_t i = 0; platform_has_user && i < SETTINGS; i++)
			buf_addf(&description, "%s\n",
				 record->settings->value[i]);
		buf_addf(&description, "%s\n%s\n%s\n%s\n", instance->region,
			 instance->name, instance->ipv4, instance->ipv6);
		if (!record->is_open)
			return false;
	}
	return platform_has_user ? published_is(&description)
				 : published_is_text(description.data);
}

void records_keep(void)
{
	for (struct record *record = records; record;
	     record = records_after(record)) {
		plan_start(&record->plan, record->settings, &record->instance,
			   false);
		report.plans[report.count++] = &record->plan;
	}
}

/* ---- Planning. ---- */

static struct plan *current;
static bool has_looked;		     /* for one plan of the batch, or more */
static char next_name[DNSNAME_SIZE]; /* where the next page begins */

/* Whether a leftover that goes in the same batch is what was found: to the
 * records it is there no more. */
static bool is_going(const struct buf *row)
{
	const char *name = row[SET_NAME].data;
	unsigned i = text_place(row[SET_TYPE].data, "A AAAA TXT ");
	static char folded[DNSNAME_SIZE];

	if (i == PLAN_SETS)
		return false;
	dnsname_from_route53(
		folded,
		name + (i == PLAN_OWNER ? strlen(PLAN_OWNER_PREFIX) : 0));
	for (struct record *record = first_leftover(); record < records;
	     record++)
		if (record->is_planned &&
		    record->plan.sets[i].state == PLAN_REMOVE &&
		    !strcmp(record->instance.name, folded) &&
		    !strcmp(plan_identifier(record->settings,
					    &record->instance),
			    row[SET_IDENTIFIER].data))
			return true;
	return false;
}

static int on_record_set(const struct buf *row)
{
	dnsname_from_route53(next_name, row[SET_NEXT_NAME].data);
	return row[SET_ROW].len && !(keeps_sets() && is_going(row))
		       ? plan_found(current, row)
		       : 0;
}

/* Whether the owner record may stand behind the page: of the names below one
 * only those stand before it that begin with a digit and such. */
static bool is_cut(const char *name)
{
	const char *label;

	if (*current->owner_id || !dnsname_in_zone(next_name, name))
		return false;
	if (!platform_has_user)
		return true; /* one look more does no harm */
	label = next_name + strlen(next_name) - strlen(name);
	if (label == next_name)
		return true;
	for (label--; label > next_name && label[-1] != '.'; label--)
		;
	return *label <= '_';
}

/* Everything at the name, then its owner record: mostly on one page, since
 * names below one stand behind it. */
static int look(const struct record *record)
{
	const char *name = record->instance.name;
	unsigned page = *record->settings->value[SETTING_ROUTING] == 's'
				? PAGE
				: PAGE_ROUTED;

	errinfo.stage = "record";
	if (route53_list_record_sets(record->zone_id, name, page,
				     on_record_set))
		return -1;
	if (!current->minds_owner || !is_cut(name))
		return 0;
	return route53_list_record_sets(record->zone_id, plan_owner_name.data,
					page, on_record_set);
}

/*
 * Ask EC2 whether the owner found has lost its claim to the name.
 * Returns 0; 1 if it has not; or -1 as aws_call.
 */
static int ask_for_owner(struct record *record)
{
	static struct buf state;
	static const char gone[] = "terminated shutting-down unknown stopped ";
	enum { UNKNOWN = 2, STOPPED };
	const struct plan *plan = &record->plan;
	unsigned word;

	if (ec2_describe_instance(plan->owner_id, plan->owner_region, &state))
		return -1;
	word = text_place(state.data, gone);
	record->doubt = word == UNKNOWN	  ? OWNER_IS_UNKNOWN
			: word == STOPPED ? OWNER_IS_STOPPED
					  : NO_DOUBT;
	return word > STOPPED ||
	       (word == STOPPED &&
		!settings_is(record->settings, SETTING_TAKE_OVER, "stopped"));
}

static void start_plan(struct record *record)
{
	bool removal = is_removal || (keeps_sets() && record->plan.is_leftover);

	current = &record->plan;
	current->zone_id = record->zone_id;
	if (keeps_sets() && removal)
		current->has_published = published_has;
	plan_start(current, record->settings, &record->instance, removal);
	/* What is deleted in the same batch can only be created after it. */
	for (struct record *other = first_leftover();
	     keeps_sets() && other < records; other++)
		current->wants_to_read |=
			other->is_planned &&
			!strcmp(other->instance.name, record->instance.name);
}

/* Whether all stands as it was published, for a plan that does not have to
 * read.  Where that cannot be told, the plan does what it always does. */
static int look_again(struct record *record)
{
	size_t len = changes.len;
	int rc;

	if (!keeps_sets() || !is_look || current->wants_to_read)
		return 1;
	current->wants_to_read = true;
	rc = look(record);
	if (!rc && !plan_changes(current, false, &changes) &&
	    changes.len == len)
		return 0;
	changes.len = len;
	changes.data[len] = '\0';
	start_plan(record);
	return !rc || errinfo.status == STATUS_TAKEN ||
			       errinfo.status == STATUS_DENIED
		       ? 1
		       : -1;
}

/* EC2 is asked for the owner found only where that could change the plan. */
static int make_plan(struct record *record)
{
	int rc;

	record->doubt = NO_DOUBT;
	start_plan(record);
	rc = look_again(record);
	if (rc <= 0)
		return rc;
	if (current->wants_to_read) {
		has_looked = true;
		if (look(record))
			return -1;
	}
	if (!plan_changes(current, false, &changes))
		return 0;
	if (errinfo.status != STATUS_TAKEN ||
	    !settings_has(SETTING_TAKE_OVER) ||
	    settings_is(record->settings, SETTING_TAKE_OVER, "never") ||
	    !plan_may_ask_ec2(current))
		return -1;
	rc = ask_for_owner(record);
	return rc < 0 ? -1 : plan_changes(current, !rc, &changes);
}

/* Whether one stands in the zone of another, with the same role. */
static bool is_beside(const struct record *record, const struct record *first)
{
	return !strcmp(record->zone_id, first->zone_id) &&
	       (!settings_has(SETTING_ROLE_ARN) ||
		has_same_role(record->settings, first->settings));
}

/* ---- What this boot has published before. ---- */

static bool has_announced; /* a change may have been made */

static bool is_field(const struct published_set *set, size_t i,
		     const char *text)
{
	return !strcmp(set->field[i], text);
}

/* Whether a record's sets are those of a name and set identifier. */
static bool is_at(const struct record *record, const struct published_set *set)
{
	return is_field(set, PUBLISHED_ZONE, record->zone_id) &&
	       is_field(set, PUBLISHED_NAME, record->instance.name) &&
	       is_field(set, PUBLISHED_IDENTIFIER,
			plan_identifier(record->settings, &record->instance));
}

/* Whether a record is to have a set, or may be: its zone is not known. */
static bool is_wanted_by(const struct record *record,
			 const struct published_set *set)
{
	const struct instance *instance = &record->instance;
	bool is_ipv4 = is_field(set, PUBLISHED_TYPE, plan_types[PLAN_A]);

	if (instance->lacks_name ||
	    (is_ipv4 ? instance->lacks_ipv4 : instance->lacks_ipv6))
		return false;
	if (!*record->zone_id)
		return is_field(set, PUBLISHED_NAME, instance->name);
	return is_at(record, set) &&
	       is_field(set, PUBLISHED_ROUTING,
			record->settings->value[SETTING_ROUTING]);
}

/* The settings of a record with the role of a set, if there is one; without a
 * role any will do. */
static const struct settings *settings_of(const struct published_set *set)
{
	bool has_role = !is_field(set, PUBLISHED_ROLE, "-");
	const char *role = has_role ? set->field[PUBLISHED_ROLE] : "";

	for (struct record *record = records; record;
	     record = records_after(record))
		if (settings_is(record->settings, SETTING_ROLE_ARN, role))
			return record->settings;
	return has_role ? NULL : records->settings;
}

/* The record that removes a set, if there is one already. */
static struct record *remover_of(const struct published_set *set)
{
	for (struct record *record = first_of_all(); record;
	     record = records_after(record))
		if ((record < records || (is_removal && record->is_open)) &&
		    is_at(record, set))
			return record;
	return NULL;
}

static void add_leftover(const struct published_set *set)
{
	static struct settings own[LEFTOVERS];
	const struct settings *like = settings_of(set);
	struct record *begin;
	const char **value;

	if (!like || leftover_count == LEFTOVERS)
		return;
	leftover_count++;
	begin = first_leftover();
	own[begin - all] = *like;
	value = own[begin - all].value;
	if (is_field(set, PUBLISHED_ROLE, "-") && *value[SETTING_ROLE_ARN])
		value[SETTING_ROLE_ARN] = "";
	value[SETTING_TYPES] = "";
	value[SETTING_ROUTING] = set->field[PUBLISHED_ROUTING];
	value[SETTING_SET_IDENTIFIER] = set->field[PUBLISHED_IDENTIFIER];
	begin->settings = &own[begin - all];
	begin->instance = (struct instance){.lacks_name = false};
	memcpy(begin->instance.id, records->instance.id,
	       sizeof(begin->instance.id));
	(void)dnsname_fold(begin->instance.name, set->field[PUBLISHED_NAME]);
	route53_cut_id(begin->zone_id, sizeof(begin->zone_id),
		       set->field[PUBLISHED_ZONE]);
	begin->plan.is_leftover = true;
	begin->is_late = true;
	for (struct record *record = records; record;
	     record = records_after(record)) {
		begin->plan.keeps_owner |=
			record->is_open && is_at(record, set);
		begin->is_late &= !record->is_open || !is_beside(record, begin);
	}
	begin->is_open = !begin->is_late;
}

/* Make records of what is not wanted any more, unless it is not known what is
 * wanted. */
static void find_leftovers(void)
{
	for (struct record *record = records; record;
	     record = records_after(record))
		if (!record->is_learnt)
			return;
	for (size_t i = 0; i < published_count; i++) {
		struct published_set *set = &published_sets[i];

		set->is_unwanted = true;
		for (struct record *record = records; record;
		     record = records_after(record))
			set->is_unwanted &=
				is_removal || !is_wanted_by(record, set);
		if (set->is_unwanted && !remover_of(set))
			add_leftover(set);
	}
}

/* What a record publishes, or has published; "" instead of a value: any. */
static void note(const struct record *record, bool is_done)
{
	const struct settings *settings = record->settings;
	const char *role = settings->value[SETTING_ROLE_ARN];
	struct published_set set = {
		.field = {[PUBLISHED_ZONE] = record->zone_id,
			  [PUBLISHED_NAME] = record->instance.name,
			  [PUBLISHED_IDENTIFIER] = plan_identifier(
				  settings, &record->instance)}};

	for (size_t i = 0; i < PLAN_OWNER; i++) {
		const char *value = record->plan.sets[i].value;
		bool is_set = !record->plan.is_removal && *value;

		set.field[PUBLISHED_TYPE] = plan_types[i];
		set.field[PUBLISHED_VALUE] = NULL;
		set.field[PUBLISHED_ROUTING] = set.field[PUBLISHED_ROLE] = NULL;
		if (is_done && (is_set || record->plan.is_removal))
			published_forget(set.field, !is_set);
		set.field[PUBLISHED_VALUE] = value;
		set.field[PUBLISHED_ROUTING] = settings->value[SETTING_ROUTING];
		set.field[PUBLISHED_ROLE] = *role ? role : "-";
		if (is_set)
			published_add(&set);
	}
}

/* Before a change is sent: what it is about to publish counts from now on,
 * whatever becomes of the answer. */
static void announce(void)
{
	for (struct record *record = records; keeps_sets() && record;
	     record = records_after(record))
		if (record->is_open && record->is_planned)
			note(record, false);
	has_announced = true;
	if (platform_has_user)
		published_write(NULL);
	else
		published_keep_text("");
}

/* Whether the instance has an address still that a leftover stands for. */
static bool is_in_use(const struct record *leftover)
{
	for (size_t i = 0; i < published_count; i++)
		for (struct record *record = records; record;
		     record = records_after(record)) {
			const char *value =
				published_sets[i].field[PUBLISHED_VALUE];

			if (published_sets[i].is_unwanted &&
			    is_at(leftover, &published_sets[i]) &&
			    (!strcmp(value, record->instance.ipv4) ||
			     !strcmp(value, record->instance.ipv6)))
				return true;
		}
	return false;
}

/* ---- Changing, batch by batch. ---- */

/* Whether one is still open that may be in one batch with another: of its zone,
 * and with its role, for a role may be allowed its own names only. */
static bool is_open_beside(const struct record *record,
			   const struct record *first)
{
	return record->is_open &&
	       (record == first ||
		((settings_has(SETTING_RECORDS) || keeps_sets()) &&
		 is_beside(record, first)));
}

/* Plan for as many as one batch holds. */
static int plan_zone(struct record *first)
{
	buf_wipe(&changes);
	has_looked = false;
	for (struct record *record = first; record;
	     record = records_after(record)) {
		size_t len = changes.len;

		record->is_planned = false;
		if (!is_open_beside(record, first))
			continue;
		if (make_plan(record))
			return -1;
		record->is_planned = true;
		if (!settings_has(SETTING_RECORDS) || !len ||
		    changes.len < CHANGES_LIMIT)
			continue;
		record->is_planned = false;
		changes.len = len;
		changes.data[len] = '\0';
		break;
	}
	return 0;
}

/*
 * Ask once more for owners that may have come back since the plan was made:
 * an instance that was started again, or one so young that EC2 did not know it
 * everywhere.  Its record may be the same to the byte, with an Elastic IP, so
 * that the batch would not notice.
 * Returns 0; 1 if one has come back; or -1 as aws_call.
 */
static int confirm(struct record *first)
{
	int rc = 0;

	for (struct record *record = first; record && !rc;
	     record = records_after(record)) {
		if (!record->is_planned || record->doubt == NO_DOUBT)
			continue;
		if (record->doubt == OWNER_IS_UNKNOWN)
			http_sleep_ms(EC2_SETTLES_MS);
		rc = ask_for_owner(record);
	}
	return rc;
}

static struct record *changing; /* the first of the batch at hand */
static unsigned plans;		/* made for it so far */

static int send_batch(void)
{
	if (route53_change_record_sets(changing->zone_id, changing->instance.id,
				       &changes, change_id))
		return -1;
	report_changed = true;
	if (platform_has_user)
		memcpy(report_change_id, change_id, sizeof(change_id));
	return 0;
}

/*
 * Plan and change.  Another try may help where a name has moved in between.  A
 * change whose answer was lost is refused at the next try, as made already:
 * then the new plan finds all as wanted, and it was ours.
 */
static int attempt_change(void)
{
	int rc;

	if (plan_zone(changing))
		return -1;
	if (!changes.len) {
		report_changed |= plans > 0;
		return 0;
	}
	plans++;
	errinfo.stage = "change";
	report_progress(changes.data);
	if (report_dry_run)
		return 0;
	rc = settings_has(SETTING_TAKE_OVER) ? confirm(changing) : 0;
	if (!rc && !build_is(BUILD_BOOT))
		announce();
	errinfo.stage = "change";
	if (rc > 0)
		rc = errinfo_set(STATUS_TAKEN | AGAIN_LATER,
				 "%s is taken: its owner runs again",
				 changing->instance.name);
	else if (!rc)
		rc = send_batch();
	if (rc && (!has_looked || plans == PLANS_LIMIT))
		errinfo.again = AGAIN_NEVER;
	return rc;
}

/* A plan that is made again waits as a call that is sent again does, so that
 * many who want one name do not use up the account's requests. */
static int change(struct record *first)
{
	changing = first;
	plans = 0;
	return http_persist(attempt_change);
}

static int attempt_insync(void)
{
	bool is_insync = false;

	if (route53_get_change(change_id, &is_insync))
		return -1;
	return is_insync ? 0
			 : errinfo_set(STATUS_DEADLINE | AGAIN_LATER,
				       "the change is still PENDING");
}

static int change_zone(struct record *first)
{
	use_role(first->settings);
	change_id[0] = '\0';
	if (change(first))
		return -1;
	if (!settings_has(SETTING_WAIT) || !*change_id ||
	    !settings_is_true(first->settings, SETTING_WAIT))
		return 0;
	errinfo.stage = "wait";
	return http_persist(attempt_insync);
}

/* Whether a record before has found the zone already: where that is named, by
 * the very same texts of the records_settings. */
static bool take_known_zone(struct record *record)
{
	static const enum setting named_by[] = {
		SETTING_ZONE, SETTING_ZONE_ID, SETTING_VISIBILITY,
		SETTING_ADDRESS, SETTING_ROLE_ARN};
	const char *const *value = record->settings->value;
	size_t same = 0;

	if (record == records || !*value[SETTING_ZONE])
		return false;
	while (same < sizeof(named_by) / sizeof(*named_by) &&
	       value[named_by[same]] ==
		       record[-1].settings->value[named_by[same]])
		same++;
	if (same < sizeof(named_by) / sizeof(*named_by) || !record[-1].is_open)
		return false;
	memcpy(record->zone_id, record[-1].zone_id, sizeof(record->zone_id));
	return true;
}

int records_authenticate(const struct record *record)
{
	use_role(record->settings);
	errinfo.stage = "credentials";
	return aws_authenticate();
}

int records_plan(struct record *record, const struct buf **planned)
{
	use_role(record->settings);
	buf_wipe(&changes);
	*planned = &changes;
	return make_plan(record);
}

/* For a look nothing is asked but what stands there.  One name may have been
 * published in two zones. */
static bool take_published_zone(struct record *record)
{
	const char *zone_id = NULL;

	for (size_t i = 0; i < published_count; i++) {
		const struct published_set *set = &published_sets[i];

		if (!is_field(set, PUBLISHED_NAME, record->instance.name))
			continue;
		if (zone_id && !is_field(set, PUBLISHED_ZONE, zone_id))
			return false;
		zone_id = set->field[PUBLISHED_ZONE];
	}
	if (zone_id)
		route53_cut_id(record->zone_id, ROUTE53_ID_SIZE, zone_id);
	return zone_id;
}

static int find_zone(struct record *record)
{
	int rc;

	use_role(record->settings);
	/* Else with the first call. */
	if (platform_has_user && records_authenticate(record))
		return -1;
	report_time(STAGE_IMDS);
	errinfo.stage = "zone";
	if (keeps_sets() && is_look && take_published_zone(record))
		return 0;
	if (settings_has(SETTING_RECORDS) && take_known_zone(record))
		return 0;
	rc = zone_find(record->zone_id, record->settings, &record->instance);
	report_time(STAGE_ZONE);
	if (rc)
		return -1;
	report_progress(record->zone_id);
	return 0;
}

/* The records of the batch at hand are done; or after a failure all that stand
 * in its zone. */
static void close_records(const struct record *first, bool has_failed)
{
	for (struct record *record = first_of_all(); record;
	     record = records_after(record)) {
		if (!is_open_beside(record, first) ||
		    (!has_failed && !record->is_planned))
			continue;
		record->is_open = false;
		if (has_failed)
			continue;
		if (keeps_sets())
			note(record, true);
		report.plans[report.count++] = &record->plan;
		if (platform_has_user && !report_zone_id)
			report_zone_id = record->zone_id;
	}
}

/* Returns -1 if two of the records are to have one name. */
static int find_zones(void)
{
	for (struct record *record = records; record;
	     record = records_after(record))
		if (record->is_open && find_zone(record)) {
			record->is_open = false;
			report_error();
		}
	if (platform_has_user && refuse_twice((size_t)(end - records), true)) {
		report_error();
		return -1;
	}
	return 0;
}

/* Change what goes in one batch or more with the first, as far as it fits.
 * may_wait: leftovers that keep the records from it are tried again later. */
static void change_beside(struct record *first, bool may_wait)
{
	int rc = change_zone(first);

	if (!keeps_sets()) {
		if (rc)
			report_error();
		close_records(first, rc);
		return;
	}
	/* Where it was published there is no zone any more: find another. */
	if (rc && is_look && errinfo.status == STATUS_UNAVAILABLE) {
		is_look = false;
		rc = find_zones() ? -1 : change_zone(first);
	}
	if (rc && may_wait && first < records) {
		for (struct record *record = first; record < records; record++)
			if (is_open_beside(record, first)) {
				record->is_planned = record->is_open = false;
				record->is_late = true;
			}
		return;
	}
	if (rc)
		report_error();
	/* What stood in a zone has gone with it. */
	for (struct record *record = first;
	     rc && errinfo.status == STATUS_UNAVAILABLE && record < records;
	     record++)
		if (is_open_beside(record, first))
			note(record, true);
	close_records(first, rc);
}

/* Remove what goes by itself.  What a record that failed has left without a
 * name keeps the one that it had, as long as that leads to it. */
static void change_late(bool has_failed)
{
	for (size_t i = 0; i < published_count; i++)
		if (published_sets[i].is_unwanted &&
		    !settings_of(&published_sets[i])) {
			errinfo.stage = "record";
			(void)errinfo_set(
				STATUS_UNAVAILABLE,
				"%s (%s) is left behind: role_arn is not %s "
				"any more; set it again, or remove the record",
				published_sets[i].field[PUBLISHED_NAME],
				published_sets[i].field[PUBLISHED_VALUE],
				published_sets[i].field[PUBLISHED_ROLE]);
			report_error();
		}
	for (struct record *record = first_leftover(); record < records;
	     record++)
		record->is_open =
			record->is_late &&
			(is_removal || !has_failed || !is_in_use(record));
	for (struct record *first = first_leftover(); first < records; first++)
		if (first->is_open)
			change_beside(first, false);
}

/* is_nothing: not all is as it was described. */
static void keep_published(bool is_nothing)
{
	if (platform_has_user)
		published_write(is_nothing ? NULL : &description);
	else
		published_keep_text(is_nothing ? "" : description.data);
}

void records_change(bool look)
{
	bool has_failed;

	is_look = look;
	if (find_zones())
		return;
	if (keeps_sets())
		find_leftovers();
	for (struct record *first = first_of_all(); first;
	     first = records_after(first))
		if (first->is_open)
			change_beside(first, true);
	has_failed = report.status;
	if (!build_is(BUILD_BOOT)) {
		if (keeps_sets())
			change_late(has_failed);
		if (!report_dry_run && (has_announced || !has_failed))
			keep_published(has_failed || is_removal);
	}
	report_time(STAGE_CHANGE);
}

void records_close(void)
{
	imds_close();
	aws_close();
	http_close();
}
