"""What stands between the world and the hosted zones: a real BIND that is the root of the tree,
holds the parent zones with their delegations, and resolves for those who ask."""

import pathlib
import shutil
import subprocess
import time

import dns.exception
import dns.message
import dns.query

from aws.nameserver import READY_SECONDS, find_program

CONFIGURATION = """
options {{
    directory "{directory}";
    listen-on port 53 {{ {address}; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    recursion yes;
    allow-query {{ any; }};
    allow-recursion {{ any; }};
    dnssec-validation no;
    empty-zones-enable no;
    notify no;
    resolver-query-timeout 2000;
    max-ncache-ttl 5;
}};
controls {{ }};
{zones}
"""
ZONE = 'zone "{name}" {{ type primary; file "{file}"; }};\n'
APEX = """$TTL 300
@ IN SOA root-server. hostmaster.invalid. 1 7200 900 1209600 60
@ IN NS root-server.
"""


class Resolver:
    """The child process; as a context manager.

    address: where it listens, port 53.
    zones: {zone: lines of its file}, "." among them; SOA and NS are there without.
    """

    def __init__(self, directory, address, zones):
        self.directory, self.address = pathlib.Path(directory), address
        self.zones = {"." : "", **zones}
        self._process = None

    def __enter__(self):
        self.directory.mkdir()
        program = self.directory / "named"      # out of reach of Debian's AppArmor profile
        shutil.copy(find_program("named"), program)
        told = []
        for name, lines in self.zones.items():
            file = self.directory / f"{name.strip('.') or 'root'}.db"
            own = f"root-server. A {self.address}\n" if name == "." else ""
            apex = "" if " SOA " in lines else APEX
            file.write_text(apex + own + lines)
            told.append(ZONE.format(name=name, file=file))
        (self.directory / "named.conf").write_text(CONFIGURATION.format(
            directory=self.directory, address=self.address, zones="".join(told)))
        with open(self.directory / "log", "wb") as log:
            self._process = subprocess.Popen(
                [program, "-g", "-4", "-n", "1", "-c", self.directory / "named.conf"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory)
        self._wait()
        return self

    def _wait(self):
        query = dns.message.make_query("root-server.", "A")
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if dns.query.udp(query, self.address, timeout=0.2).answer:
                    return
            except (OSError, dns.exception.DNSException):
                time.sleep(0.005)               # between two polls
        log = (self.directory / "log").read_text(errors="replace")
        self.__exit__()
        raise RuntimeError(f"named does not start:\n{log}")

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
