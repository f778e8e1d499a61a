#!/bin/sh
# Boot real systems, as root: run.sh boot|packages|vm [PYTEST-ARGUMENT...].
#
# All of it happens in namespaces.  Whatever runs or is mounted when this ends,
# or is interrupted, ends with them.
set -eu

here=$(dirname "$0")
what=$1
shift
fail() {
	echo "make check-$what: $*" >&2
	exit 1
}

tools="ip mmdebstrap systemd-nspawn"
if [ "$what" = packages ]; then
	tools="$tools dpkg-deb rpm"
fi
if [ "$what" = vm ]; then
	tools="debugfs ip mke2fs mmdebstrap qemu-system-x86_64"
	[ "$(uname -m)" = x86_64 ] || fail "emulates x86-64, on x86-64 only"
fi
[ "$(id -u)" = 0 ] || fail "needs root, to boot systems in namespaces"
for tool in $tools; do
	command -v "$tool" >/dev/null ||
		fail "needs $tool; run make deps check-$what"
done
reason=$(unshare --pid --fork --mount-proc sh "$here/namespace.sh" true 2>&1) ||
	fail "needs namespaces, mounts and veth, which are refused here: $reason"
/usr/bin/python3 "$here/roots.py"

export PYTHONDONTWRITEBYTECODE=1 BOOTNAME_CGROUP="bootname-$$"
# A namespace's first process must reap what others leave: the shell does.
# shellcheck disable=SC2016 # the inner shell's
unshare --pid --fork --kill-child --mount-proc sh -c '"$@"; exit' sh \
	/usr/bin/python3 -m pytest -q -rs -p no:cacheprovider --dist load \
	--tx "2*popen//python=sh $here/namespace.sh /usr/bin/python3" \
	"$@" "$here/test_$what.py" &
child=$!
trap 'kill -KILL $child' HUP INT TERM
status=0
wait $child || status=$?
# Those of an interrupted run take a moment to become empty.
for _ in 1 2 3 4 5; do
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup
		find /sys/fs/cgroup -depth -path "*/$BOOTNAME_CGROUP-*" -type d \
			-exec rmdir {} +' && break
	sleep 1
done
exit $status
