#include "down.h"

#include "records.h"
#include "report.h"

void down(const char *settings_file, const char *defaults_file)
{
	if (records_open(settings_file, defaults_file, true))
		report_error();
	else if (records_learn())
		records_change(false);
	records_close();
}
