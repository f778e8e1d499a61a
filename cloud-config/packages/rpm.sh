#!/bin/sh
# Build the RPM of a source tarball and of the helpers to embed:
# rpm.sh TARBALL VERSION MAINTAINER FOLDER HELPER...  FOLDER has what comes out.
# HOMEPAGE: an https URL for the tag URL.
set -eu

tarball=$(realpath "$1") version=$2 maintainer=$3 folder=$(realpath -m "$4")
shift 4
case ${HOMEPAGE:-} in
'') homepage='/@homepage@/d' ;;
https://*[!A-Za-z0-9:/._~-]*) echo "HOMEPAGE: $HOMEPAGE is not a plain https URL" >&2 && exit 64 ;;
https://*) homepage="s|@homepage@|$HOMEPAGE|" ;;
*) echo "HOMEPAGE: $HOMEPAGE is not an https URL" >&2 && exit 64 ;;
esac
rm -rf "$folder"
mkdir -p "$folder/sources"
cp "$tarball" "$@" "$folder/sources/"
name=bootname-$version
tar -C "$folder" -xzf "$tarball" "$name/Makefile" \
	"$name/cloud-config/packages/bootname.spec"
# The time of the commit.
epoch=$(stat -c %Y "$folder/$name/Makefile")
date=$(LC_ALL=C date -u -d "@$epoch" '+%a %b %d %Y')
sed "s|@version@|$version|; s|@maintainer@|$maintainer|; s|@date@|$date|; $homepage" \
	"$folder/$name/cloud-config/packages/bootname.spec" >"$folder/bootname.spec"
rm -r "${folder:?}/$name"
# What the make that called this was told is not for the one below.
unset B MAKEFLAGS MAKELEVEL MFLAGS
nodeps=
# Where rpm is a guest its database does not know what is installed.
[ -e /etc/debian_version ] && nodeps=--nodeps
SOURCE_DATE_EPOCH=$epoch rpmbuild -ba $nodeps \
	--define "_topdir $folder/work" --define "_sourcedir $folder/sources" \
	--define "_rpmdir $folder" --define "_srcrpmdir $folder" \
	--define '_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm' \
	--define '_buildhost localhost' --define 'clamp_mtime_to_source_date_epoch 1' \
	--define 'use_source_date_epoch_as_buildtime 1' \
	"$folder/bootname.spec" >"$folder/log" 2>&1 || {
	tail -n 30 "$folder/log" >&2
	exit 1
}
rm -r "$folder/work" "$folder/sources"
