#include "options.h"

struct options options;
