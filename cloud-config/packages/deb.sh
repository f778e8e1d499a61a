#!/bin/sh
# Build the Debian package of a source tarball:
# deb.sh TARBALL VERSION MAINTAINER FOLDER.  FOLDER has what comes out.
set -eu

tarball=$1 version=$2 maintainer=$3 folder=$4
stage=$folder/bootname-$version
rm -rf "$folder"
mkdir -p "$folder"
tar -C "$folder" -xzf "$tarball"
cp "$tarball" "$folder/bootname_$version.orig.tar.gz"
cp -R "$stage/cloud-config/packages/debian" "$stage/"
# The time of the commit; dpkg-buildpackage goes by it.
date=$(LC_ALL=C date -u -R -d "@$(stat -c %Y "$stage/Makefile")")
sed -i "s|@version@|$version|; s|@maintainer@|$maintainer|; s|@date@|$date|" \
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
