#!/bin/sh
# Build the Debian package of a source tarball:
# deb.sh TARBALL VERSION MAINTAINER FOLDER.  FOLDER has what comes out.
# HOMEPAGE: an https URL for the field of that name.
set -eu

tarball=$1 version=$2 maintainer=$3 folder=$4
case ${HOMEPAGE:-} in
'') homepage='/@homepage@/d' ;;
https://*[!A-Za-z0-9:/._~-]*) echo "HOMEPAGE: $HOMEPAGE is not a plain https URL" >&2 && exit 64 ;;
https://*) homepage="s|@homepage@|$HOMEPAGE|" ;;
*) echo "HOMEPAGE: $HOMEPAGE is not an https URL" >&2 && exit 64 ;;
esac
stage=$folder/bootname-$version
rm -rf "$folder"
mkdir -p "$folder"
tar -C "$folder" -xzf "$tarball"
cp "$tarball" "$folder/bootname_$version.orig.tar.gz"
cp -R "$stage/cloud-config/packages/debian" "$stage/"
# The time of the commit; dpkg-buildpackage goes by it.
date=$(LC_ALL=C date -u -R -d "@$(stat -c %Y "$stage/Makefile")")
sed -i "s|@version@|$version|; s|@maintainer@|$maintainer|; s|@date@|$date|; $homepage" \
	"$stage/debian/control" "$stage/debian/changelog"
cd "$stage"
# What the make that called this was told is not for the one below.
unset B MAKEFLAGS MAKELEVEL MFLAGS
dpkg-buildpackage -us -uc >../log 2>&1 || {
	tail -n 30 ../log >&2
	exit 1
}
cd ..
rm -r "bootname-$version"
