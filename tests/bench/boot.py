"""Measure the helper's whole boot beside what a user would run instead: boot.py bench|bench-check.

Prints a table, and writes what was measured to bench.json in the build folder. Needs root: it all
happens in namespaces of its own.
"""

import contextlib
import importlib.util
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict

from cold import measure_cold
from peers import all_peers
from report import BASE, report
from sizes import installed_sizes
from stage import Broken, Stage
from targets import FEW, MANY, NEAR, PROGRAMS, TRIP, table, targets

LINES = [(trip, zones) for trip in (0, NEAR, TRIP) for zones in (FEW, MANY)]
CHECK_RUNS, COLD_RUNS, ATTEMPTS = 21, 5, 3
PRIORITY = -15
MEASURED = ("wall", "cpu", "memory")
TOOLS = {"bench": ("aws", "curl", "fincore", "go", "ip", "jq", "mount", "nsenter", "openssl",
                   "setpriv", "strace", "unshare", "valgrind"),
         "bench-check": ("curl", "go", "ip", "mount", "nsenter", "openssl", "setpriv", "unshare",
                         "valgrind")}
MODULES = {"bench": ("boto3", "botocore", "dns", "yaml"), "bench-check": ("botocore", "dns")}
PATHS = [pathlib.Path("/dev/net/tun"), pathlib.Path("/etc/ssl/certs/ca-certificates.crt"),
         pathlib.Path("/usr/share/gocode/src/github.com/aws/aws-sdk-go-v2")]
BUILD = pathlib.Path(os.environ.get("B", "build"))


def progress(text):
    """Tell on standard error how far this is: on one line, where there is somebody who looks."""
    live = sys.stderr.isatty()
    print(f"\r\x1b[K{text}" if live else text, end="" if live else "\n", file=sys.stderr,
          flush=True)


class Results:
    """All runs, and what follows from them."""

    def __init__(self):
        self.runs = {}                  # (peer's name, round trip, zones) -> [Run]
        self.instructions = {}          # name -> number
        self.bundle_only = {}
        self.cold = {}                  # name -> cold.Cold
        self.sizes = {}                 # name -> bytes

    def values(self, name, what, *line):
        return [getattr(one, what) for one in self.runs[name, *line]]

    def median(self, name, what, *line):
        return statistics.median(self.values(name, what, *line))

    def ratio(self, name, other, what, *line):
        """The median of the ratios round by round: what disturbs a round disturbs both."""
        return statistics.median(
            one / two for one, two in zip(self.values(name, what, *line),
                                          self.values(other, what, *line), strict=True) if two)

    def as_json(self, peers):
        """What bench.json holds of them."""
        return {peer.name: self._peer(peer) for peer in peers}

    def _peer(self, peer):
        told = {"command": peer.command, "lines": {}}
        for (name, trip, zones), runs in self.runs.items():
            if name == peer.name:
                told["lines"][f"{trip} ms, {zones} zones"] = {
                    what: {"median": self.median(name, what, trip, zones),
                           "runs": [getattr(one, what) for one in runs]} for what in MEASURED
                } | {
                    f"{what}, x {BASE}": self.ratio(name, BASE, what, trip, zones)
                    for what in ("wall", "cpu")
                } | {"route53": runs[-1].route53, "imds": runs[-1].imds}
        told["instructions"] = self.instructions.get(peer.name)
        told["instructions, bundle only"] = self.bundle_only.get(peer.name)
        told["installed"] = self.sizes.get(peer.name)
        told["cold"] = self.cold[peer.name].as_json() if peer.name in self.cold else None
        return told


def measure(stage, results, lines, rounds):
    """Run peers in turns. lines: (round trip, zones, peers)."""
    for trip, zones, peers in lines:
        stage.round_trip(trip)
        stage.zones(zones)
        for number in range(-1, rounds):        # the first one only warms up
            progress(f"{trip} ms to Route 53, {zones} zones: round {number + 1} of {rounds}")
            for peer in peers:
                one = stage.run(peer)
                if number >= 0:
                    results.runs.setdefault((peer.name, trip, zones), []).append(one)


def count(stage, peer):
    """The instructions that a peer's processes execute in user space."""
    with tempfile.TemporaryDirectory(dir=stage.folder) as folder:
        stage.run(peer, wrapper=("/usr/bin/valgrind", "--tool=callgrind", "--trace-children=yes",
                                 f"--callgrind-out-file={folder}/%p"))
        return sum(int(line.split()[1]) for file in pathlib.Path(folder).iterdir()
                   for line in file.read_text().splitlines() if line.startswith("totals:"))


def least(stage, peer):
    """The same; of the helper, which may give up a connection where it is so slow, two times."""
    return min(count(stage, peer) for _ in range(2 if peer.name in PROGRAMS else 1))


def count_all(stage, results, peers):
    """Count the instructions of peers, and the helper's where there is no folder of roots."""
    stage.round_trip(0)
    stage.zones(FEW)
    for peer in peers:
        if not peer.uncounted:
            progress(f"instructions of {peer.name}")
            results.instructions[peer.name] = least(stage, peer)
    with stage.bundle_only():
        for peer in peers:
            if peer.name in PROGRAMS:
                progress(f"instructions of {peer.name}, bundle only")
                results.bundle_only[peer.name] = least(stage, peer)


def machine():
    """What this was measured on, and with which versions."""
    def found(pattern, text):
        match = re.search(pattern, text, re.M)
        return match[1].strip() if match else None

    def says(pattern, *command):
        with contextlib.suppress(OSError):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            return found(pattern, done.stdout)
    versions = "import boto3, botocore; print(boto3.__version__, botocore.__version__)"
    return {
        "processor": found("^model name.*: (.*)", pathlib.Path("/proc/cpuinfo").read_text()),
        "cores": os.cpu_count(), "kernel": platform.release(),
        "distribution": found('^PRETTY_NAME="?([^"]*)',
                              pathlib.Path("/etc/os-release").read_text()),
        "openssl": says(r"OpenSSL (\S+)", "openssl", "version"),
        "libcurl": says(r"libcurl/(\S+)", "/usr/bin/curl", "--version"),
        "python": says(r"Python (\S+)", "/usr/bin/python3", "--version"),
        "boto3": says(r"(\S+) ", "/usr/bin/python3", "-c", versions),
        "botocore": says(r" (\S+)", "/usr/bin/python3", "-c", versions),
        "aws-cli": says(r"aws-cli/(\S+)", "/usr/bin/aws", "--version"),
        "go": says(r"go(\d\S*)", "go", "version"),
    }


def check(stage, results, peers):
    """What the targets need, and no more. What is missed may be somebody else's work on this
    machine, and is measured anew."""
    names = {peer.name: peer for peer in peers}
    helpers = [names[name] for program in PROGRAMS for name in (program, f"{program}, zone_id")]
    near = [names[name] for name in (*PROGRAMS, "go", "curl")]
    rounds = max(CHECK_RUNS, int(os.environ.get("RUNS") or 0))
    count_all(stage, results, [names[name] for name in PROGRAMS])
    for _ in range(ATTEMPTS):
        results.runs.clear()
        measure(stage, results, [(NEAR, FEW, near), (TRIP, FEW, helpers),
                                 (TRIP, MANY, helpers[:1])], rounds)
        progress("")
        rows = list(targets(results))
        print(table(rows))
        missed = [row for row in rows if row.is_missed]
        if not missed:
            break
    for row in missed:
        print(f"make bench-check: {row.program}: {row.what}: {row.shown(row.value)} exceeds "
              f"{row.shown(row.limit)} by more than 15 %", file=sys.stderr)
    return 1 if missed else 0


def bench(stage, results, peers):
    rounds = int(os.environ.get("RUNS") or CHECK_RUNS)
    measure(stage, results, [(*line, peers) for line in LINES], rounds)
    count_all(stage, results, peers)
    stage.round_trip(0)
    stage.zones(FEW)
    results.cold = measure_cold(stage, peers, min(COLD_RUNS, rounds), progress)
    progress("installed sizes")
    results.sizes = installed_sizes(stage.folder, peers)
    progress("")
    rows = list(targets(results))
    about = machine()
    print(report(results, peers, rows, about, rounds))
    (BUILD / "bench.json").write_text(json.dumps({
        "machine": about, "rounds": rounds, "peers": results.as_json(peers),
        "targets": [asdict(row) | {"reached": row.is_reached} for row in rows]}, indent=1) + "\n")
    return 0


def go_first():
    """Have what is measured, and the emulator, not wait for what else runs on this machine."""
    os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    with contextlib.suppress(OSError):      # there is none where sessions do not share by turns
        os.setsid()
        pathlib.Path("/proc/self/autogroup").write_text(str(PRIORITY))


def inside(goal, folder):
    """Measure, in the namespaces."""
    go_first()
    peers = all_peers(BUILD, pathlib.Path(os.environ["BOOT"]))
    results = Results()
    with Stage(BUILD / "bench", pathlib.Path(folder)) as stage:
        return {"bench": bench, "bench-check": check}[goal](stage, results, peers)


def refuse(goal):
    """The exit status: 1 where this cannot run, which is said."""
    missing = [tool for tool in TOOLS[goal] if not shutil.which(tool)]
    missing += [f"Python's {name}" for name in MODULES[goal] if not importlib.util.find_spec(name)]
    missing += [str(path) for path in PATHS if not path.exists()]
    if os.geteuid() != 0:
        reason = "needs root, to make namespaces"
    elif missing:
        reason = f"needs {', '.join(missing)}; try: make deps {goal}"
    else:
        return 0
    print(f"make {goal}: {reason}", file=sys.stderr)
    return 1


def outside(goal):
    """Do it all in namespaces, so that whatever runs or is mounted ends with them."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="bench-", dir=BUILD) as folder:
        with subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--fork",
                 "--kill-child", "--mount-proc", sys.executable, __file__, "inside", folder, goal],
                stdin=subprocess.DEVNULL) as process:
            try:
                return process.wait()
            finally:
                process.kill()


def main():
    *where, goal = sys.argv[1:]
    try:
        if where == ["ready"]:
            return refuse(goal)
        if where:
            return inside(goal, where[1])
        return outside(goal)
    except Broken as problem:
        print(f"\nmake {goal}: {problem}", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    return 1


if __name__ == "__main__":
    sys.exit(main())
