"""What a boot reads from disk: programs in a tree of their own, whose files can be dropped from the
page cache. Those of the system cannot, as they are mapped by what runs."""

import os
import pathlib
import re
import shutil
import statistics
from dataclasses import asdict, dataclass

from peers import Peer
from stage import Broken, run

HERE = pathlib.Path(__file__).resolve().parent
PATH = re.compile(r'"(/[^"]*)"')            # the first argument that is one
OURS = ("/dev", "/proc", "/run", "/sys", "/tmp")
DEVICES = ("/dev/null", "/dev/random", "/dev/urandom", "/dev/zero")
# Of what cloud-init imports, what a peer has a use for: libc, libcrypto, libyaml, expat.
CLOUD_INIT = Peer("cloud-init", "", "", (
    "/usr/bin/python3", "-c", "import email, hashlib, json, logging, socket, ssl, subprocess,"
    " urllib.request, xml.parsers.expat, yaml"), is_job=False, requests=0)


@dataclass
class Cold:
    """Medians of some runs: bytes that came into the page cache, and seconds."""

    read: int
    wall: float
    read_after_cloud_init: int
    wall_after_cloud_init: float
    blocks: int                         # bytes, of which the kernel says that they were read

    as_json = asdict


def loader():
    """The dynamic loader: the kernel opens it, so that no trace shows it."""
    return re.search(r"interpreter: (.*)\]", run("readelf", "-l", "/usr/bin/python3"))[1]


class Tree:
    """A folder with all that some programs open, at the same places."""

    def __init__(self, stage, peers):
        self.stage, self.root = stage, stage.folder / "tree"
        self.root.mkdir()
        self.files = set()
        for path in [loader(), *(path for peer in peers for path in self._opened(peer))]:
            self._copy(path)
        for folder in (*OURS, stage.environment["HOME"]):
            self._at(folder).mkdir(parents=True, exist_ok=True)
        # Not the whole of /dev: whoever removes this tree shall find nothing of it here.
        for device in DEVICES:
            self._at(device).touch()
            run("mount", "--bind", device, self._at(device))
        run("mount", "-t", "proc", "-o", "ro", "proc", self._at("/proc"))
        run("mount", "-t", "tmpfs", "tmpfs", self._at("/run"))
        os.sync()                       # what is not written yet cannot be dropped

    def _at(self, path):
        return self.root / str(path).lstrip("/")

    def _opened(self, peer):
        """The paths that a program asks for and that there are."""
        trace = self.stage.folder / "trace"
        self.stage.run(peer, wrapper=("/usr/bin/strace", "-f", "-qq", "-e", "trace=%file",
                                      "-s", "4096", "-o", str(trace)))
        found = {match[1] for match in map(PATH.search, trace.open(errors="replace")) if match}
        # This very tree may be in one of those folders.
        ours = (str(self.stage.folder), str(self.stage.build.parent), str(HERE))
        return sorted(path for path in found if os.path.exists(path) and (
            path.startswith(ours) or not path.startswith(tuple(f"{one}/" for one in OURS))))

    def _copy(self, path):
        """Copy a file or make a folder, and the symbolic links on the way."""
        here, parts = pathlib.Path("/"), list(pathlib.Path(path).parts[1:])
        while parts:
            here /= parts.pop(0)
            there = self._at(here)
            if here.is_symlink():
                target = os.path.normpath(here.parent / os.readlink(here))
                if not there.is_symlink():
                    there.symlink_to(os.readlink(here))
                here, parts = pathlib.Path("/"), [*pathlib.Path(target).parts[1:], *parts]
            elif here.is_dir():
                there.mkdir(parents=True, exist_ok=True)
            elif here.is_file() and there not in self.files:
                shutil.copy2(here, there)
                self.files.add(there)

    def drop(self):
        """Have nothing of the tree in the page cache."""
        for file in self.files:
            with open(file, "rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        left = self.resident()
        if left:
            raise Broken(f"{left} bytes of {self.root} stay in the page cache")

    def resident(self):
        """How many bytes of the tree are in the page cache."""
        return sum(map(int, run("fincore", "--bytes", "--noheadings", "--output", "RES",
                                *self.files).split()))

    def boot(self, peer, after=()):
        """The bytes that a program brings in after others, and its run."""
        self.drop()
        for other in after:
            self.stage.run(other, root=self.root)
        before = self.resident()
        one = self.stage.run(peer, root=self.root)
        return self.resident() - before, one


def measure_cold(stage, peers, rounds, progress):
    """A Cold for the name of each peer."""
    progress("the tree for a cold page cache")
    tree = Tree(stage, [CLOUD_INIT, *peers])
    found = {}
    for peer in peers:
        progress(f"{peer.name} with a cold page cache")
        cold = [tree.boot(peer) for _ in range(rounds)]
        after = [tree.boot(peer, [CLOUD_INIT]) for _ in range(rounds)]
        found[peer.name] = Cold(*(statistics.median(values) for values in (
            [read for read, _ in cold], [one.wall for _, one in cold],
            [read for read, _ in after], [one.wall for _, one in after],
            [one.read for _, one in cold])))
    return found
