#!/bin/sh
# Whether a tarball is all that it takes: distcheck.sh TARBALL VERSION.  Unpacked
# where there is no git, and read only, it is built, tested, installed, run and
# uninstalled, by a user without rights.
set -eu

tarball=$(realpath "$1") version=$2
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
say() { printf '  %-8s %s\n' "$1" "$2"; }
fail() {
	echo "make distcheck: $*" >&2
	exit 1
}

(cd "$(dirname "$tarball")" && sha256sum --quiet -c "$tarball.sha256")
tar -C "$work" -xzf "$tarball"
source=$work/bootname-$version
[ -d "$source" ] || fail "the tarball unpacks as something else"
[ ! -e "$source/.git" ] || fail "the tarball has a repository in it"
mkdir "$work/build" "$work/root"
chmod 755 "$work"
chmod -R a-w "$source"
as_user=
if [ "$(id -u)" = 0 ]; then # whom no mode stops
	chown 65534:65534 "$work/build" "$work/root"
	as_user="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
cd "$source"
# shellcheck disable=SC2086 # a command with its options, or none
! $as_user touch new 2>/dev/null || fail "the sources can be written"
build() {
	say MAKE "$*"
	# shellcheck disable=SC2086
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS HOME="$work" TMPDIR="$work/build" $as_user \
		make -s B="$work/build" DESTDIR="$work/root" "$@" >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		fail "make $* failed"
	}
}

build all
build check-unit
tail -n 1 "$work/log"
build install
bin=$work/root/usr/local/sbin
[ "$("$bin/bootname" -V)" = "bootname $version" ] || fail "bootname -V is not $version"
for program in bootname bootname-reap; do
	"$bin/$program" -h | grep -q "^usage: $program " || fail "$program -h fails"
done
echo 'zone: example.com' |
	"$work/root/usr/local/share/bootname/mkuserdata" --baked --plain - |
	grep -qx '      zone: example.com' || fail "the installed mkuserdata fails"
build uninstall
left=$(find "$work/root" ! -type d -o -name '*bootname*')
[ -z "$left" ] || fail "uninstall leaves $left"
# What has no repository is packed as it is, without what was built.
build dist
say CMP "what it packs"
mkdir "$work/again"
tar -C "$work/again" -xzf "$work/build/bootname-$version.tar.gz"
diff -r "$source" "$work/again/bootname-$version" || fail "make dist of it differs"
