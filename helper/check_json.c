#include "check_json.h"

#include "json.h"
#include "outcome.h"

static struct json_object *findings;

void check_json_add(const char *result, const char *step, const char *what,
		    const char *fix)
{
	struct json_object *to = json_map();

	if (!findings)
		findings = json_list();
	json_add(to, "step", json_text(step));
	json_add(to, "result", json_text(result));
	json_add(to, "message", json_text(what));
	json_add(to, "fix", json_text(fix));
	json_append(findings, to);
}

const char *check_json_result(void)
{
	static struct json_object *root; /* may be longer than struct buf */

	json_free(root);
	root = json_map();
	if (outcome.status)
		json_add(root, "error", json_error());
	json_add(root, "checks", json_share(findings));
	json_add(root, "calls", json_calls(true));
	return json_written(root);
}
