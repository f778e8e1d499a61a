#include "up.h"

#include "build.h"
#include "platform.h"
#include "published.h"
#include "records.h"
#include "report.h"

void up(const char *settings_file, const char *defaults_file, bool if_changed)
{
	if (records_open(settings_file, defaults_file, false)) {
		report_error();
	} else if (records_learn()) {
		bool is_known = !build_is(BUILD_BOOT) &&
				records_are_published() && if_changed;

		if (is_known && !(platform_has_user && published_is_due()))
			records_keep();
		else
			records_change(is_known);
	}
	records_close();
}
