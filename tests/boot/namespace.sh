#!/bin/sh
# Run a program in a mount and a network namespace of its own, with the
# addresses that an EC2 instance meets: namespace.sh PROGRAM [ARGUMENT...].
set -eu

if [ "${1:-}" != --inside ]; then
	exec unshare --mount --net sh "$0" --inside "$@"
fi
shift

# The machines lie here: an upper layer may not lie on an overlay, as the root
# of a container does.  What else is left over here ends with the namespace too.
mount -t tmpfs -o mode=755 tmpfs /run
export TMPDIR=/run
# systemd-nspawn of a host without systemd may see another version of cgroups.
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
# Metadata, name server, Route 53.
for address in 169.254.169.254 169.254.169.253 198.51.100.53; do
	ip address add "$address" dev lo
done
# cloud-init warns of a machine without a network card.
ip link add eth0 type veth peer name veth0
ip link set veth0 up
ip link set eth0 up
ip address add 10.0.0.5/24 dev eth0
exec "$@"
