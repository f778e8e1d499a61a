"""Real authoritative DNS for the hosted zones: bind9's named, as a child without privileges.

Two views, told apart by who asks, as with a VPC: queries from the address 127.0.0.2 see the
private zones, all others the public ones (`dig -b 127.0.0.2` asks as the VPC does).
Zones are added with rndc; record sets travel as RFC 2136 updates signed with TSIG.
"""

import base64
import contextlib
import itertools
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import time

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update

from aws import names
from aws.zones import union

PRIVATE = "127.0.0.2"                       # where queries for private zones come from
KEY_NAME = "emulator"
READY_SECONDS = 15
ANSWER_SECONDS = 5
CONFIGURATION = """
key "{key}" {{ algorithm hmac-sha256; secret "{secret}"; }};
controls {{ inet {address} port {control} allow {{ {address}; }} keys {{ "{key}"; }}; }};
options {{
    directory "{directory}";
    listen-on port {port} {{ {address}; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    recursion no;
    notify no;
    dnssec-validation no;
    empty-zones-enable no;
    minimal-responses yes;
    allow-query {{ any; }};
    allow-transfer {{ none; }};
    allow-new-zones yes;
}};
view "private" {{ match-clients {{ {private}; }}; }};
view "public" {{ match-clients {{ any; }}; }};
"""
# Ahead of all that an update adds to a serial in between.
SERIAL_STEP = 2 ** 16


def find_program(name):
    """A program of bind9, which may be in sbin and out of a user's PATH."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")
    if not found:
        package = "bind9-dnsutils" if name == "dig" else "bind9"
        raise RuntimeError(f"{name} is missing: install the package {package}")
    return found


def free_port(address):
    """A port that is free for UDP and TCP."""
    while True:
        with contextlib.ExitStack() as opened:
            port = 0
            try:
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    sock = opened.enter_context(socket.socket(socket.AF_INET, kind))
                    sock.bind((address, port))
                    port = sock.getsockname()[1]
            except OSError:
                continue
            return port


def apex_keys(zone):
    """The sets that a zone always has; an update cannot delete them whole (RFC 2136, 3.4.2.3)."""
    return {(zone.name, "SOA"), (zone.name, "NS")}


class NameServer:
    """The child process and what it was told."""

    def __init__(self, directory, address=("127.0.0.1", 0)):
        self.directory = pathlib.Path(directory) / "named"
        self.address, self._wanted_port = address
        self.port = None
        self._control = None
        self._secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self._keyring = dns.tsigkeyring.from_text({KEY_NAME: (dns.tsig.HMAC_SHA256, self._secret)})
        self._process = self._guard = None
        self._zones = {}                    # (name, private) -> the zone that is published
        self._known = {}                    # zone id -> {(name, type): (ttl, values)}
        self._serials = itertools.count(SERIAL_STEP, SERIAL_STEP)

    def start(self):
        """Start named and wait until it answers. Another may take a free port first: try again."""
        program, self._rndc = find_program("named"), find_program("rndc")
        self.directory.mkdir()
        # A copy, since Debian's AppArmor profile is for the path of the original.
        copy = self.directory / "named"
        shutil.copy(program, copy)
        for _ in range(5):
            self.port = self._wanted_port or free_port(self.address)
            self._control = free_port(self.address)
            self._write_configuration()
            self._spawn(copy)
            if self._becomes_ready():
                return
            self.stop()
        raise RuntimeError(f"named does not start:\n{self.log()}")

    def _write_configuration(self):
        text = CONFIGURATION.format(key=KEY_NAME, secret=self._secret, address=self.address,
                                    private=PRIVATE, port=self.port, control=self._control,
                                    directory=self.directory)
        (self.directory / "named.conf").write_text(text)
        (self.directory / "rndc.key").write_text(
            f'key "{KEY_NAME}" {{ algorithm hmac-sha256; secret "{self._secret}"; }};\n')

    def _spawn(self, program):
        with open(self.directory / "log", "wb") as log:
            self._process = subprocess.Popen(
                [program, "-g", "-4", "-n", "1", "-c", self.directory / "named.conf"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory)
        # Should this Python be killed, its end of the pipe closes and the guard ends named.
        self._guard = subprocess.Popen(["/bin/sh", "-c", 'read -r _; kill "$1"', "guard",
                                        str(self._process.pid)], stdin=subprocess.PIPE)

    def _becomes_ready(self):
        query = dns.message.make_query("ready.invalid.", "A")
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                dns.query.udp(query, self.address, port=self.port, timeout=0.2)
                return self._rndc_call("status").returncode == 0
            except (OSError, dns.exception.DNSException):
                time.sleep(0.005)           # between two polls
        return False

    def stop(self):
        """End named and its guard."""
        for process in (self._guard, self._process):
            if process is not None:
                process.terminate()
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if self._guard is not None:
            self._guard.stdin.close()
        self._process = self._guard = None

    def log(self):
        """What named wrote."""
        log = self.directory / "log"
        return log.read_text(errors="replace") if log.exists() else ""

    def _rndc_call(self, *arguments):
        return subprocess.run([self._rndc, "-s", self.address, "-p", str(self._control), "-k",
                               self.directory / "rndc.key", *arguments], text=True, check=False,
                              capture_output=True, stdin=subprocess.DEVNULL)

    def add_zone(self, zone):
        """Serve a zone. Of two with one name in a view the first is served, as one delegation
        leads to one of them."""
        place = (zone.name, zone.private)
        if place in self._zones:
            return
        self._zones[place] = zone
        apex = {key: value for key, value in union(zone.published).items()
                if key in apex_keys(zone)}
        file = self.directory / f"{zone.id}.db"
        file.write_text("".join(f"@ {ttl} IN {kind} {value}\n"
                                for (_, kind), (ttl, values) in sorted(apex.items(), reverse=True)
                                for value in values))
        view = "private" if zone.private else "public"
        done = self._rndc_call(
            "addzone", names.dns_name(zone.name).to_text(), "IN", view,
            f'{{ type primary; file "{file}"; allow-update {{ key "{KEY_NAME}"; }}; }};')
        if done.returncode:
            raise RuntimeError(f"rndc addzone {zone.name}: {done.stderr}{self.log()}")
        self._known[zone.id] = apex
        self.publish(zone)

    def publish(self, zone):
        """Send what changed in a zone, as one update."""
        if self._zones.get((zone.name, zone.private)) is not zone:
            return
        wanted, known = union(zone.published), self._known[zone.id]
        update = dns.update.UpdateMessage(names.dns_name(zone.name), keyring=self._keyring,
                                          keyname=KEY_NAME)
        changed = [key for key in {**known, **wanted} if known.get(key) != wanted.get(key)]
        for name, kind in changed:
            update.delete(names.dns_name(name), kind)
        for name, kind in changed:
            ttl, values = wanted.get((name, kind), (0, ()))
            for value in values:
                update.add(names.dns_name(name), ttl, self._rdata(kind, value))
        for name, kind in set(changed) & apex_keys(zone):
            _, values = wanted.get((name, kind), (0, ()))
            for value in {*known.get((name, kind), (0, ()))[1]} - {*values}:
                update.delete(names.dns_name(name), names.rdata(kind, value))
        if changed:
            self._send(update, zone)
        self._known[zone.id] = wanted

    def _rdata(self, kind, value):
        """A value as it is sent; an SOA whose serial is not ahead would be ignored."""
        rdata = names.rdata(kind, value)
        return rdata.replace(serial=next(self._serials)) if kind == "SOA" else rdata

    def _send(self, update, zone):
        answer = dns.query.tcp(update, self.address, port=self.port, timeout=ANSWER_SECONDS,
                               source=PRIVATE if zone.private else None)
        if answer.rcode() != dns.rcode.NOERROR:
            raise RuntimeError(f"update of {zone.name}: {dns.rcode.to_text(answer.rcode())}\n"
                               f"{self.log()}")

    def sign(self, zone):
        """Have a public zone signed from now on; returns once it is."""
        self._rndc_check("modzone", names.dns_name(zone.name).to_text(), "IN", "public",
                         f'{{ type primary; file "{self.directory / zone.id}.db"; '
                         f'allow-update {{ key "{KEY_NAME}"; }}; dnssec-policy default; }};')
        deadline = time.monotonic() + READY_SECONDS
        while not self.query(zone.name, "DNSKEY"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{zone.name} is not signed:\n{self.log()}")
            time.sleep(0.01)                # between two polls

    def _rndc_check(self, *arguments):
        done = self._rndc_call(*arguments)
        if done.returncode:
            raise RuntimeError(f"rndc {arguments}: {done.stderr}{self.log()}")

    def query(self, name, record_type):
        """The records of a name and type that it serves to all."""
        query = dns.message.make_query(names.dns_name(name), record_type)
        answer = dns.query.tcp(query, self.address, port=self.port, timeout=ANSWER_SECONDS)
        return [record for rrset in answer.answer for record in rrset]

    def dig(self, name, record_type, private):
        """The answers of the real dig, sorted."""
        source = ["-b", PRIVATE] if private else []
        done = subprocess.run(
            [find_program("dig"), "-4", *source, "+short", "+tries=2", f"+time={ANSWER_SECONDS}",
             "-p", str(self.port), f"@{self.address}", name, record_type],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"dig {name} {record_type}: {done.stdout}{done.stderr}")
        return sorted(done.stdout.split("\n")[:-1])
