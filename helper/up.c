#include "up.h"

#include "buf.h"
#include "build.h"
#include "platform.h"
#include "records.h"
#include "report.h"
#include "state.h"

void up(const char *settings_file, const char *defaults_file, bool if_changed)
{
	static struct buf state; /* all that the records depend on */
	bool has_state = !build_is(BUILD_BOOT);

	if (records_open(settings_file, defaults_file, false)) {
		report_error();
	} else if (records_learn()) {
		if (has_state)
			records_describe(&state);
		if (has_state && if_changed &&
		    state_is(state.data, state.len)) {
			records_keep();
		} else {
			records_change();
			if (has_state && !report_dry_run && !report.status &&
			    !buf_is_cut(&state))
				state_keep(state.data, state.len);
		}
	}
	records_close();
}
