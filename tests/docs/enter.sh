#!/bin/sh
# Run commands in a layer over a bare system, whose own files stay as they are:
# enter.sh ROOT FILES.  In a mount and a process namespace of its own, with the
# network of this one, which apt-get needs.
#
# FILES: a folder of commands.sh, host.conf (for apt), sources.list, checkout and
# archives (apt's, kept from run to run).
set -eu

bare=$1
files=$2
# An upper layer may not lie on an overlay, as the root of a container does.
mkdir -p "$files/layer"
mount -t tmpfs -o mode=755 tmpfs "$files/layer"
cd "$files/layer"
mkdir upper work root
mount -t overlay -o "lowerdir=$bare,upperdir=upper,workdir=work" overlay root
mount -t proc proc root/proc
mount -t sysfs -o ro sysfs root/sys
mount --rbind /dev root/dev
mount --bind "$files/archives" root/var/cache/apt/archives
cp -L /etc/resolv.conf /etc/hosts root/etc/
cp "$files/host.conf" root/etc/apt/apt.conf.d/90host
cp "$files/sources.list" root/etc/apt/
cp "$files/commands.sh" root/root/
cp -a "$files/checkout/" root/root/bootname
exec chroot root /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	PYTEST_ARGS="$PYTEST_ARGS" bash /root/commands.sh
