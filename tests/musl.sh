#!/bin/sh
# Check the syntax of sources against musl's headers.
# Arguments: the build folder, compiler flags, "--", source files.
set -eu

headers=$1/musl-include
shift
flags=
while [ "$1" != -- ]; do
	flags="$flags '$(printf %s "$1" | sed "s/'/'\\\\''/g")'"
	shift
done
shift

# The libraries' headers without glibc's, which stand beside them.
rm -rf "$headers"
mkdir -p "$headers/openssl"
multiarch=/usr/include/$(gcc -print-multiarch)
for header in curl yaml.h json-c expat.h expat_external.h expat_config.h \
	cmocka.h cmocka_pbc.h; do
	for folder in /usr/include "$multiarch"; do
		[ ! -e "$folder/$header" ] || ln -sf "$folder/$header" "$headers/"
	done
done
ln -sf /usr/include/openssl/* "$multiarch"/openssl/* "$headers/openssl/"
[ ! -d /usr/include/linux ] || ln -sf /usr/include/linux "$headers/"

for source in "$@"; do
	eval "musl-gcc $flags -Wall -Wextra -Werror -fsyntax-only \
		-isystem '$headers' '$source'"
done
