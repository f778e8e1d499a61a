#!/bin/sh
# Whether the name of this instance was set, as far as this boot tells it: exit status 0, or
# 1 with the reasons. It changes nothing and asks no service. For monitoring.yaml, and for
# any other tool that runs a script on instances, as root.
hook=/var/lib/cloud/scripts/per-boot/50-bootname
[ -e $hook ] || exit 0 # no bootname here
failed=
# cloud-init's list of errors, there at the end of the boot
grep -qs 50-bootname /run/cloud-init/result.json && failed="the per-boot script at this boot"
for unit in bootname.service bootname-refresh.service; do
	systemctl is-failed --quiet $unit 2>/dev/null && failed="${failed:+$failed, }$unit"
done
[ -n "$failed" ] || exit 0
echo "bootname failed: $failed"
{
	cat /var/log/cloud-init-output.log
	journalctl -b -o cat -u 'bootname*'
} 2>/dev/null | grep '^bootname: ' | tail -n 5
exit 1
