#include "up.h"

#include "feature.h"
#include "published.h"
#include "records.h"
#include "report.h"

void up(const char *settings_file, const char *defaults_file, bool if_changed)
{
	if (records_open(settings_file, defaults_file, false)) {
		report_error();
	} else if (records_learn()) {
		bool is_known = feature_is_in(FEATURE_SERVICE) &&
				records_are_published() && if_changed;

		if (is_known && !published_is_due())
			records_keep();
		else
			records_change(is_known);
	}
	records_close();
}
