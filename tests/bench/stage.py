"""What a bench happens on: an instance's network, Route 53 behind a line of any length, both at
their real addresses, and a trust store like Debian's with one root more.

Everything is in namespaces of the process that calls here, and ends with it.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
HOST, ADDRESS, OURS = "route53.amazonaws.com", "198.51.100.53", "198.51.100.1"
METADATA = "169.254.169.254"
NAME, ZONE, ZONE_ID = "webdev1.ec2.example.com", "ec2.example.com", "Z0123456789BENCHZONE"
DEVICE = "route53"
TRUST = pathlib.Path("/etc/ssl/certs")
BUNDLE = "ca-certificates.crt"
# Where there is no folder of roots, Route 53's are found by their owner's name.
ROOT = "/C=US/O=Amazon/CN=Amazon Root CA of the emulator"
KEY = ("-newkey", "rsa:2048", "-nodes", "-sha256", "-batch")     # as Route 53's own
FILES = {
    "hosts": f"127.0.0.1 localhost\n{ADDRESS} {HOST}\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
SETTINGS = """\
#cloud-config
write_files:
- path: /etc/bootname.yaml
  content: |
    zone: {zone}
    ttl: 60
    action: UPSERT
"""


class Broken(Exception):
    """A program failed, or did not do its job: the bench ends, with its output."""


def run(*command, **options):
    """Run a tool that must not fail; what it prints."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        raise Broken(f"{' '.join(map(str, command))}: {done.stderr or done.stdout}")
    return done.stdout


def settle_tcp():
    """Have TCP in this network as Debian has it, or nearly so: some may not be chosen here. And let
    it learn nothing from earlier boots."""
    folder = pathlib.Path("/proc/sys/net/ipv4")
    for algorithm in "reno", "cubic":
        with contextlib.suppress(OSError):
            (folder / "tcp_congestion_control").write_text(algorithm)
    (folder / "tcp_no_metrics_save").write_text("1")


class Authority:
    """A root, an intermediate and Route 53's own certificate, as AWS has them: RSA 2048."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.root, self.key = folder / "root.pem", folder / "server.key"
        self.chain = folder / "chain.pem"
        run("openssl", "req", "-x509", *KEY, "-days", 30, "-keyout", folder / "root.key",
            "-out", self.root, "-subj", ROOT,
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._sign("intermediate", "root", "/C=US/O=Amazon/CN=Amazon RSA 2048 of the emulator",
                   "basicConstraints=critical,CA:TRUE,pathlen:0",
                   "keyUsage=critical,keyCertSign,cRLSign")
        self._sign("server", "intermediate", f"/CN={HOST}", "basicConstraints=critical,CA:FALSE",
                   "keyUsage=critical,digitalSignature,keyEncipherment",
                   "extendedKeyUsage=serverAuth,clientAuth",
                   f"subjectAltName=DNS:{HOST},DNS:*.{HOST}")
        self.chain.write_text((folder / "server.pem").read_text()
                              + (folder / "intermediate.pem").read_text())

    def _sign(self, name, issuer, subject, *extensions):
        files = {kind: self.folder / f"{name}.{kind}" for kind in ("key", "csr", "pem")}
        wanted = [word for extension in extensions for word in ("-addext", extension)]
        run("openssl", "req", *KEY, "-keyout", files["key"], "-out", files["csr"],
            "-subj", subject, *wanted)
        run("openssl", "x509", "-req", "-in", files["csr"], "-CA", self.folder / f"{issuer}.pem",
            "-CAkey", self.folder / f"{issuer}.key", "-days", 30, "-sha256",
            "-copy_extensions", "copy", "-out", files["pem"])


class Child:
    """A process of the stage: each line that it gets is answered by one."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(word) for word in command], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise Broken(f"{self.process.args[0]} ended: {self.process.wait()}")
        return line

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        return self.read()

    def end(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


@dataclass
class Run:
    """What one run of a program took."""

    wall: float                 # seconds
    cpu: float
    memory: int                 # bytes, the largest resident set of its processes
    read: int                   # bytes from disk
    route53: dict               # requests, connections, seconds busy
    imds: dict


class Stage:
    """The stage. Use it as a context manager, in mount, network and process namespaces of its own.

    build: the folder with delay and meter; folder: for temporary files.
    """

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.trust, self.bundle = folder / "trust", folder / "bundle"
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder / "home")}
        self.boots = 0
        self._children = []

    def __enter__(self):
        try:
            return self._start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        for child in reversed(self._children):
            child.end()

    def _start(self):
        (self.folder / "home").mkdir()
        authority = Authority(self.folder / "authority")
        self._copy_trust(authority.root)
        for name, text in FILES.items():
            (self.folder / name).write_text(text)
            run("mount", "--bind", self.folder / name, f"/etc/{name}")
        run("mount", "--bind", self.trust, TRUST)
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
        for link, name in (("lo", "127.0.0.1/8"), ("lo", f"{METADATA}/32")):
            run("ip", "address", "replace", name, "dev", link)
        run("ip", "link", "set", "lo", "up")
        settle_tcp()
        self._emulator = self._child("unshare", "--net", sys.executable, HERE / "emulate.py",
                                     authority.chain, authority.key)
        self._emulator.read()
        self._lay_line()
        for zone, text in (("discovery", f"zone: {ZONE}"), ("zone_id", f"zone_id: {ZONE_ID}")):
            self.settings(zone).write_text(SETTINGS.replace("zone: {zone}", text))
        return self

    def _child(self, *command):
        child = Child(*command)
        self._children.append(child)
        return child

    def _copy_trust(self, root):
        """Debian's trust store with a root more, and the same without the hashed folder."""
        shutil.copytree(TRUST, self.trust, symlinks=True)
        subject_hash = run("openssl", "x509", "-hash", "-noout", "-in", root).strip()
        shutil.copy(root, self.trust / f"{subject_hash}.0")
        with open(self.trust / BUNDLE, "a") as bundle:
            bundle.write(root.read_text())
        self.bundle.mkdir()
        shutil.copy(self.trust / BUNDLE, self.bundle)

    def _lay_line(self):
        far = f"/proc/{self._emulator.process.pid}/ns/net"
        self._line = self._child(self.build / "delay", DEVICE, "/proc/self/ns/net", far)
        self.round_trip(0)
        for there, address, peer in ((), OURS, ADDRESS), (("nsenter", f"--net={far}"), ADDRESS,
                                                          OURS):
            run(*there, "ip", "address", "add", address, "peer", peer, "dev", DEVICE)
            run(*there, "ip", "link", "set", DEVICE, "up")

    def settings(self, zone):
        """The cloud-config for the helper. zone: "discovery" or "zone_id"."""
        return self.folder / f"{zone}.txt"

    def round_trip(self, milliseconds):
        """How long the way to Route 53 and back takes from now on."""
        self._line.ask(str(milliseconds))

    def zones(self, count):
        """How many hosted zones the account has from now on."""
        self._ask("zones", count)

    def _ask(self, *command):
        return json.loads(self._emulator.ask(json.dumps(command)))

    @contextlib.contextmanager
    def bundle_only(self):
        """A trust store as Amazon Linux and RHEL have it: one file."""
        run("mount", "--bind", self.bundle, TRUST)
        try:
            yield
        finally:
            run("umount", TRUST)

    @contextlib.contextmanager
    def boot(self, peer):
        """A boot of the instance, which has a new address: the caller runs the peer, and what is
        yielded has the requests when that is done. Whether the name arrived is checked."""
        self.boots += 1
        address = f"54.{self.boots >> 16 & 255}.{self.boots >> 8 & 255}.{self.boots & 255}"
        self._ask("boot", address)
        told = {}
        yield told
        told |= self._ask("tell")
        if peer.is_job and told["record"] != [address]:
            raise Broken(f"{peer.name}: {NAME} is {told['record']} and not {address}")
        if told["route53"]["requests"] != peer.requests:
            raise Broken(f"{peer.name}: {told['route53']['requests']} requests to Route 53, "
                         f"{peer.requests} expected")

    def run(self, peer, root="/", wrapper=()):
        """Run a program once."""
        report, reported = os.pipe()
        with open(self.folder / "output", "w+") as output, self.boot(peer) as told:
            done = subprocess.run(
                [self.build / "meter", str(reported), root, *wrapper, *peer.command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                check=False, env=self.environment | peer.environment(self), pass_fds=[reported])
            os.close(reported)
            with open(report) as lines:
                words = [int(word) for word in lines.read().split()]
            if done.returncode or len(words) != 6 or words[5]:
                output.seek(0)
                raise Broken(f"{peer.name} failed ({words[5:]}):\n{output.read()}")
        wall, user, system, resident, blocks, _ = words
        return Run(wall / 1e6, (user + system) / 1e6, resident * 1024, blocks * 512,
                   told["route53"], told["imds"])
