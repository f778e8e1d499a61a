"""What each peer needs on disk beyond a base image: Debian's essential packages and cloud-init."""

import functools
import os
import re

from stage import Broken, run


class Packages:
    """Debian's packages as apt knows them, for a system on which nothing is installed."""

    def __init__(self, folder):
        self.options = ("-o", "Dir::State::status=/dev/null", "-o", "Debug::NoLocking=1",
                        "-o", f"Dir::Cache::pkgcache={folder}/packages",
                        "-o", f"Dir::Cache::srcpkgcache={folder}/sources")
        self.sizes, self.essential = {}, []
        for line in run("apt-cache", *self.options, "dumpavail").splitlines():
            field, _, value = line.partition(": ")
            if field == "Package":
                name = value
            elif field == "Installed-Size":
                self.sizes[name] = int(value) * 1024
            elif field == "Essential" and value == "yes":
                self.essential.append(name)
        self.base = self.closure("cloud-init")

    @functools.cache                    # noqa: B019  (there is one of these)
    def closure(self, *names):
        """Packages with all that they depend on, without what is only recommended."""
        told = run("apt-get", "-s", "-qq", *self.options, "--no-install-recommends", "install",
                   *self.essential, *names)
        return frozenset(re.findall(r"^Inst ([^ :]+)", told, re.M))

    def added(self, names):
        """The bytes that packages add to the base."""
        more = self.closure("cloud-init", *sorted(names)) - self.base if names else ()
        return sum(self.sizes[name] for name in more)


def libraries_of(program):
    """The packages of the libraries that a program is linked with."""
    folder = run("gcc", "-print-multiarch").strip()
    names = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", program))
    told = run("dpkg-query", "-S", *(f"/*lib/{folder}/{name}" for name in names))
    return {line.partition(":")[0] for line in told.splitlines()}


def installed_sizes(folder, peers):
    """name -> bytes; nothing where there is no apt, or it has no lists."""
    found = {}
    try:
        packages = Packages(folder)
        for peer in peers:
            names = set(peer.packages) | (libraries_of(peer.binary) if peer.zone else set())
            if names or peer.binary:
                found[peer.name] = packages.added(names) + (
                    os.path.getsize(peer.binary) if peer.binary else 0)
    except (OSError, Broken):
        return {}
    return found
