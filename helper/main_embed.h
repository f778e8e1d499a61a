/*
 * Settings on their way into user-data: what mkuserdata asks the whole program.
 */
#ifndef MAIN_EMBED_H
#define MAIN_EMBED_H

#include "build.h"

/*
 * Print the settings of a file as cloud-init is to write them: YAML in UTF-8, a
 * line for each that is given, without comments, aliases and tags.
 * program: which one is to read them at the boot.
 * Returns 0, or -1: STATUS_SETTINGS (wrong, or the program lacks one of them),
 * STATUS_SYSTEM.
 */
int embed_print(const char *settings_file, enum build program);

#endif
