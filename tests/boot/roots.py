"""Make root file systems that the tests boot or enter, with mmdebstrap: python3 roots.py [NAME...].

They lie in $BOOTNAME_CACHE, else build/cache, under a name that changes with the recipe, and are
only read: each machine writes to a layer of its own.
"""

import fcntl
import hashlib
import os
import pathlib
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("BOOTNAME_CACHE") or TOP / "build/cache").absolute()
# Of an image for EC2, what the boots need; libcurl4 and libjson-c5 are the helper's; and what
# reads the pages and completions of its package.
PACKAGES = ("cloud-init,dbus,iproute2,libcurl4,libjson-c5,systemd-sysv,udev,"
            "bash-completion,man-db,zsh")
# For check-vm. Its package would draw in an initial RAM disk, which it does not need.
KERNEL = " && ".join([
    "cd $1/var/tmp",
    "chroot $1 sh -c 'cd /var/tmp && apt-get download -q $(apt-cache depends "
    "linux-image-cloud-$(dpkg --print-architecture) | sed -n \"s/.*Depends: //p\")'",
    "dpkg-deb -x linux-image-*.deb $1",
    "rm linux-image-*.deb",
    "chroot $1 depmod $(ls $1/lib/modules)"])
# What somebody has who begins to read the README. What is installed in there starts no services.
NO_SERVICES = ("printf '#!/bin/sh\\nexit 101\\n' > $1/usr/sbin/policy-rc.d"
               " && chmod 755 $1/usr/sbin/policy-rc.d")
BARE = ["--include=ca-certificates,git,make,sudo", "--dpkgopt=force-unsafe-io",
        f"--customize-hook={NO_SERVICES}"]
BOOTED = ("bookworm", "trixie")
RELEASES = {
    "bare-bookworm": BARE,
    "bare-trixie": BARE,
    "bookworm": [f"--include={PACKAGES}"],
    "trixie": [f"--include={PACKAGES},dhcpcd-base,e2fsprogs,kmod", f"--customize-hook={KERNEL}"],
}


def mirror():
    """The mirror that this machine's apt uses for Debian, or $DEBIAN_MIRROR."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)"],
        capture_output=True, text=True, check=False).stdout
    found = [line.split("|")[2] for line in targets.splitlines()
             if line.startswith("Debian|Debian|")]
    if not found and "DEBIAN_MIRROR" not in os.environ:
        sys.exit("apt knows no mirror of Debian here: name one in DEBIAN_MIRROR")
    return os.environ.get("DEBIAN_MIRROR") or found[0]


def recipe(release):
    """The command that makes a root, without where it goes and where from."""
    return ["mmdebstrap", "--mode=root", "--variant=minbase", "--aptopt=Acquire::Retries \"5\"",
            *RELEASES[release], release.removeprefix("bare-")]


def root(release):
    """The folder of a release's root."""
    key = hashlib.sha256(repr(recipe(release)).encode()).hexdigest()
    return CACHE / f"{release}-{key[:12]}"


def start(release):
    """Begin to make a root that is not there; the process and where its work lies."""
    for old in CACHE.glob(f"{release}-*"):
        # An interrupted mmdebstrap leaves mounts behind, of /dev among others.
        subprocess.run(["rm", "-rf", "--one-file-system", old], check=True)
    new = CACHE / f"{release}-new"
    with open(CACHE / f"{release}.log", "wb") as log:
        return subprocess.Popen([*recipe(release), new, mirror()], stdin=subprocess.DEVNULL,
                                stdout=log, stderr=log), new


def main(names=BOOTED):
    """Make those that are missing, all at once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    lock = open(CACHE / "lock", "w")      # until this program ends
    fcntl.flock(lock, fcntl.LOCK_EX)
    missing = [release for release in names if not root(release).exists()]
    if not missing:
        return 0
    print(f"making root file systems of {' and '.join(missing)} in {CACHE}: a minute or two",
          flush=True)
    began = time.monotonic()
    failed = 0
    for release, (process, new) in [(release, start(release)) for release in missing]:
        if process.wait() == 0:
            new.rename(root(release))
            continue
        log = (CACHE / f"{release}.log").read_text(errors="replace")
        print(f"mmdebstrap {release}: status {process.returncode}\n{log[-2000:]}", file=sys.stderr)
        failed = 1
    print(f"took {time.monotonic() - began:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or BOOTED))
