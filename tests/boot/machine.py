"""A Debian with cloud-init that boots as an EC2 instance of the emulator, in systemd-nspawn.

A container has no DMI, so cloud-init is told that it is on EC2, and reads the metadata without a
token. All else is Debian's own: its units, its cloud.cfg, its order of boot.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass

import roots

MACHINES = pathlib.Path("/run/machines")    # a tmpfs, see namespace.sh
CGROUP = pathlib.Path("/sys/fs/cgroup", os.environ.get("BOOTNAME_CGROUP", "bootname"))
BOOT_SECONDS = 120              # it takes 2; more where others use the computer
STOP_SECONDS = 60
REBOOTS = 133                   # what --keep-unit makes systemd-nspawn end with
CLOUD_CFG = """\
datasource_list: [Ec2]
datasource: {Ec2: {strict_id: false, timeout: 5, max_wait: 20}}
network: {config: disabled}
# There is no udevd in a container.
updates: {network: {when: [boot]}}
"""
UNITS_OFF = ("apt-daily.timer", "apt-daily-upgrade.timer", "console-getty.service",
             "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer")
OUTPUT = "var/log/cloud-init-output.log"
# What cloud-init and systemctl write to it at a sound boot.
CHATTER = re.compile(r"Cloud-init v\. |ci-info: |Created symlink |$")
REPORT = """\
(cloud-init schema --system; echo "schema $?") >/run/schema 2>&1 &
cloud-init status --wait --long; echo "status $?"
wait
cat /run/schema
systemctl --failed --no-legend --plain
"""


@dataclass(frozen=True)
class Health:
    """How a boot ended: the first line and the exit status of `cloud-init status --long`, the
    exit status of `cloud-init schema --system`, and the units that failed."""

    status: str = "done"
    status_code: int = 0
    schema_code: int = 0
    failed_units: tuple = ()


@dataclass(frozen=True)
class Boot:
    """What a boot left: its health, the output that REPORT had, and the lines that it added to
    cloud-init-output.log, without cloud-init's chatter."""

    health: Health
    report: str
    said: list


class Machine:
    """A machine with a disk of its own: a writable layer over the root of a release."""

    def __init__(self, release, instance, log, disk=None):
        """instance: whose metadata it reads. log: where its console goes. disk: that of a machine
        to begin with a copy of; None = Debian's image."""
        self.release, self.instance, self.log = release, instance, log
        self.folder = MACHINES / f"{log.stem}-{instance.id}"
        self.root = self.folder / "root"
        self.disk = self.folder / "disk"
        self._cgroup = CGROUP.with_name(f"{CGROUP.name}-{os.getpid()}-{instance.id}")
        self._nspawn = None
        mount(release, self.folder, disk)
        if not disk:
            make_image(self.root, instance.emulator)
            self.write("etc/cloud/cloud.cfg.d/91_container.cfg", CLOUD_CFG)

    # Its files

    def write(self, name, text):
        """Write a file."""
        write(self.root / name, text)

    def read(self, name):
        """The text of a file; "" where it is missing."""
        path = self.root / name
        return path.read_text(errors="replace") if path.exists() else ""

    def has(self, name):
        """Whether a file or folder is there."""
        return (self.root / name).exists()

    # Its life

    def boot(self):
        """Boot it, and wait until everything that a boot does is done."""
        seen = len(self.read(OUTPUT))
        self._start()
        self._wait_until_up()
        report = self.run("sh", "-c", REPORT)
        return Boot(health(report), report, own_lines(self.read(OUTPUT)[seen:]))

    def run(self, *command, check=True, seconds=60):
        """Run a command in it; what it printed, on both descriptors."""
        done = subprocess.run(
            ["nsenter", "--all", f"--target={self._leader()}", "env", "-i", "LANG=C.UTF-8",
             "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command], stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=seconds)
        assert not check or done.returncode == 0, (command, done.returncode, done.stdout)
        return done.stdout

    def shut_down(self, how="poweroff"):
        """Shut it down, or down for a "reboot"; what its console showed meanwhile."""
        seen = self.log.stat().st_size
        self.run("systemctl", "--no-block", how, check=False)
        status = self._nspawn.wait(STOP_SECONDS)
        self._forget()
        assert status == (REBOOTS if how == "reboot" else 0), status
        return self.log.read_bytes()[seen:].decode(errors="replace")

    def destroy(self):
        """Take it away, whatever it does now."""
        if self._nspawn:
            if self._nspawn.poll() is None:
                # All of its processes go with its systemd, and systemd-nspawn follows.
                os.kill(int(self._leader() or self._nspawn.pid), signal.SIGKILL)
                self._nspawn.wait(STOP_SECONDS)
            self._forget()
        unmount(self.folder)

    def _start(self):
        self._cgroup.mkdir()
        command = [
            "systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}", "--register=no",
            "--keep-unit", "--network-namespace-path=/proc/self/ns/net", "--resolv-conf=off",
            "--timezone=off", "--link-journal=no", f"--machine={self.instance.id}",
            "--console=read-only", "systemd.journald.forward_to_console=1"]
        with open(self.log, "ab") as log:
            log.write(f"== {self.instance.id} {self.instance.public_ipv4}\n".encode())
            log.flush()
            self._nspawn = subprocess.Popen(
                ["sh", "-c", 'echo 0 >"$0" && exec "$@"', self._cgroup / "cgroup.procs", *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"PATH": os.environ["PATH"], "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})

    def _wait_until_up(self):
        deadline = time.monotonic() + BOOT_SECONDS
        while self._nspawn.poll() is None and time.monotonic() < deadline:
            if self._leader():
                # Refused as long as its systemd does not listen.
                state = self.run("systemctl", "is-system-running", "--wait", check=False,
                                 seconds=BOOT_SECONDS)
                if state in ("running\n", "degraded\n"):
                    return
            time.sleep(0.05)    # between two polls
        raise AssertionError(f"{self.instance.id} does not boot, systemd-nspawn: "
                             f"{self._nspawn.poll()}; see {self.log}")

    def _leader(self):
        """The process id of its systemd; None as long as there is none."""
        pid = self._nspawn.pid
        with contextlib.suppress(OSError):
            for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                if pathlib.Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return child
        return None

    def _forget(self):
        self._nspawn = None
        for folder, _, _ in os.walk(self._cgroup, topdown=False):
            os.rmdir(folder)


def mount(release, folder, disk=None):
    """Mount a release's root at folder/root; what is written there goes to folder/disk, which
    begins as a copy of disk."""
    for name in ("root", "work"):
        (folder / name).mkdir(parents=True)
    if disk:
        subprocess.run(["cp", "-a", disk, folder / "disk"], check=True)
    else:
        (folder / "disk").mkdir()
    layers = f"upperdir={folder}/disk,workdir={folder}/work,lowerdir={roots.root(release)}"
    subprocess.run(["mount", "-t", "overlay", "-o", layers, "overlay", folder / "root"], check=True)


def unmount(folder):
    """Undo mount()."""
    subprocess.run(["umount", folder / "root"], check=True)
    shutil.rmtree(folder)


def write(path, text):
    """Write a file, in place of what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)


def make_image(root, emulator):
    """Make of a bare Debian an image for the emulator's EC2."""
    # It has no locales, and no sshd that wants keys.
    write(root / "etc/cloud/cloud.cfg.d/90_bare.cfg",
          "locale: C.UTF-8\nssh_deletekeys: false\nssh_genkeytypes: [ed25519]\n")
    write(root / "etc/ssh/ssh_host_ed25519_key", "none\n")
    write(root / "etc/ssh/ssh_host_ed25519_key.pub", "none\n")
    write(root / "etc/systemd/system/ssh.service", "[Service]\nExecStart=/bin/true\n")
    systemctl(root, "mask", *UNITS_OFF)
    write(root / "etc/resolv.conf", f"nameserver {emulator.dns_address[0]}\n")
    # As update-ca-certificates does.
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    bundle.write_text(bundle.read_text() + emulator.ca_bundle.read_text())
    shutil.copytree(emulator.ca_directory, bundle.parent, symlinks=True, dirs_exist_ok=True)


def systemctl(root, *words):
    """Change which units of a system start, from outside."""
    subprocess.run(["systemctl", f"--root={root}", *words], check=True, capture_output=True)


def own_lines(output):
    """The lines of cloud-init's output that are not its own."""
    return [line for line in output.splitlines() if not CHATTER.match(line)]


def health(report):
    """The health that REPORT's output tells of."""
    status = re.search(r"^status: (.*)$", report, re.MULTILINE)
    codes = dict(re.findall(r"^(status|schema) (\d+)$", report, re.MULTILINE))
    units = re.findall(r"^\W*(\S+\.\w+) +loaded +failed ", report, re.MULTILINE)
    return Health(status[1], int(codes["status"]), int(codes.get("schema", 0)), tuple(units))
