"""A virtual machine that is an EC2 instance for cloud-init itself: its SMBIOS says so, its disk is
NVMe, its network comes from DHCP. qemu emulates the processor, so this is slow, and needs no KVM.

qemu's user network hands the guest's connections on from the namespace that qemu runs in, where
the emulator has AWS's addresses.
"""

import subprocess

import roots
from machine import (MACHINES, OUTPUT, Boot, health, make_image, mount, own_lines, systemctl,
                     unmount, write)

BOOT_SECONDS = 300
UUID = "ec2e1916-9099-7caf-fd21-012345abcdef"
# Without the schema: to look at it takes long here, and gives the same as in a container.
REPORT = """\
cloud-init status --long; echo "status $?"
systemctl --failed --no-legend --plain
"""
UNIT = """\
[Unit]
After=cloud-final.service multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c '(. /etc/report.sh) >/var/log/report 2>&1'
ExecStart=systemctl --no-block reboot
[Install]
WantedBy=cloud-init.target
"""

class VirtualMachine:
    """A machine of the trixie root that reboots by itself when a boot is done; qemu then ends."""

    def __init__(self, instance, log):
        self.instance, self.log = instance, log
        self.image = MACHINES / f"{instance.id}.ext4"
        folder = MACHINES / instance.id
        mount("trixie", folder)
        try:
            self._make_image(folder / "root")
        finally:
            unmount(folder)

    def _make_image(self, root):
        make_image(root, self.instance.emulator)
        write(root / "etc/report.sh", REPORT)
        write(root / "etc/systemd/system/report.service", UNIT)
        systemctl(root, "enable", "report.service", "systemd-networkd.service")
        for folder in ("etc", "var"):       # spares a first boot's ldconfig and the like
            write(root / folder / ".updated", "")
        subprocess.run(["mke2fs", "-qq", "-t", "ext4", "-O", "^has_journal", "-d", root, self.image,
                        "1G"], check=True)

    def boot(self):
        """Boot it until it reboots."""
        seen = len(self._read(OUTPUT))
        kernel, = (roots.root("trixie") / "boot").glob("vmlinuz-*")
        # qemu 7.2 breaks Linux 6.12 now and then: cmpxchg16b spoils the flags, and with two
        # processors one runs code that the other is changing.
        with open(self.log, "ab") as log:
            status = subprocess.run(
                ["qemu-system-x86_64", "-accel", "tcg", "-machine", "q35,sata=off", "-m", "1G",
                 "-cpu", "Nehalem,-cx16", "-nodefaults", "-display", "none", "-no-reboot",
                 "-serial", "stdio", "-kernel", kernel,
                 "-append", "root=/dev/nvme0n1 rw console=ttyS0 panic=-1 mitigations=off",
                 "-drive", f"file={self.image},format=raw,if=none,id=disk,cache=unsafe",
                 "-device", "nvme,drive=disk,serial=vol0123456789abcdef0",
                 "-netdev", "user,id=net,net=10.0.0.0/24,dhcpstart=" + self.instance.local_ipv4,
                 "-device", f"virtio-net-pci,netdev=net,mac={self.instance.mac},romfile=",
                 "-device", "virtio-rng-pci", "-smbios", "type=0,vendor=Amazon EC2", "-smbios",
                 f"type=1,manufacturer=Amazon EC2,product=t3.micro,serial={UUID},uuid={UUID}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False,
                timeout=BOOT_SECONDS).returncode
        assert status == 0
        report = self._read("var/log/report")
        return Boot(health(report), report, own_lines(self._read(OUTPUT)[seen:]))

    def _read(self, name):
        """The text of a file on its disk; "" where it is missing."""
        return subprocess.run(["debugfs", "-R", f"cat /{name}", self.image], check=True, text=True,
                              capture_output=True).stdout
