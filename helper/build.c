#include "build.h"

#ifndef BOOTNAME_EMBEDDED
bool build_is_whole;
#endif
