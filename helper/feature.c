#include "feature.h"

const unsigned features = BOOTNAME_FEATURES;
