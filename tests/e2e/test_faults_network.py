"""The fault matrix: connections, TLS and names that fail; deadlines; the other commands."""

import contextlib
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import threading

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from aws import Emulator
from aws.certificates import Authority
from aws.server import server_tls
from conftest import preloading
from matrix import (ADDRESS, CHANGE, CREATE, CREATING, LIST, LOOK_UP, MANY, NAME, OLD, OWNER, PAGE,
                    PLACES, READ, READING, SET, SOME, UPSERTING, WAITING, World, ends_well, expired,
                    fails, for_ever, gives_up, hung, judge, later, rows)

OWN_CA = Authority.create               # before the fixtures put theirs in its place
TESTS = pathlib.Path(__file__).parents[1]
CHANGED = {f"{NAME}. A": ADDRESS}
REMOVED = {f"{NAME}. A": None, f"{OWNER}. TXT": None}


# Connections

def down(seconds=None):
    """The services refuse connections, for some time or for ever."""
    def order(world):
        world.emulator.close_api()
        if seconds:
            later(seconds, world.emulator.open_api)
    return order


def down_behind(operation, seconds=None):
    """The same from the answer to an operation on."""
    def order(world):
        def function(request, proceed):
            answer = proceed()
            answer.headers["Connection"] = "close"
            world.emulator.close_api(drop=False)
            if seconds:
                later(seconds, world.emulator.open_api)
            return answer
        world.emulator.faults.add(operation=operation, action="callback", function=function)
    return order


NETWORK = {
    "connection refused behind a look-up, then up": ends_well(down_behind(LIST, 0.3)),
    "connection refused behind a look-up, for ever": gives_up(
        75, f"change: ... ({CHANGE}); gave up after N s...", down_behind(LIST), change=0),
    "connection refused behind a read, then up": ends_well(down_behind(READ, 0.3), CREATE),
    "connection refused behind a read, for ever": gives_up(
        75, f"change: ... ({CHANGE}); gave up after N s...", down_behind(READ), CREATE, change=0),
    "connection refused behind a change, for ever": gives_up(
        75, "wait: ... (GetChange); gave up after N s...", down_behind(CHANGE), WAITING.settings,
        wait=0, holds=CHANGED),
}
for what, place in PLACES.items():
    if place not in (READING, CREATING, WAITING):
        NETWORK[f"connection refused, then up, {what}"] = place.ends_well(
            down(0.3), **{place.kind: 1})
        NETWORK[f"connection refused for ever, {what}"] = place.gives_up(
            75, f"...; is there a route? ({place.operation})", down(), **{place.kind: 0})
    # What only asks does not care how much of its answer was lost.
    for when in ("before", "during", "after") if place.operation == CHANGE else ("before",):
        # A lost answer to a CREATE is told by a second look.
        more = {"read": 2} if place is CREATING and when != "before" else {}
        NETWORK[f"reset {when} the answer, {what}"] = place.ends_well(
            {"action": f"reset_{when}"}, **more)
NETWORK |= {
    "UPSERT cut in its head": UPSERTING.ends_well({"action": "cut"}),
    "reset before the answer for ever, look-up": LOOK_UP.gives_up(
        75, f"... ({LIST})", {"action": "reset_before"}),
    "reset before the answer for ever, UPSERT": UPSERTING.gives_up(
        75, f"... ({CHANGE})", {"action": "reset_before"}),
    "reset after the answer for ever, UPSERT": UPSERTING.gives_up(
        75, f"... ({CHANGE})", {"action": "reset_after"}, holds=CHANGED),
    "reset after the answer for ever, CREATE": CREATING.gives_up(
        75, f"... ({CHANGE})", {"action": "reset_after"}, holds=CHANGED),
}


# TLS

class Handshakes:
    """In place of a TLS context: handshakes that end in another way, the first ones or all."""

    def __init__(self, world, instead, times):
        self.world, self.instead, self.left = world, instead, times
        self.real, world.emulator.tls = world.emulator.tls, self

    def wrap_socket(self, sock, server_side):
        """As that of a TLS context."""
        self.world.counted["handshakes"] += 1
        if self.left == 0:
            return self.real.wrap_socket(sock, server_side=server_side)
        if self.left:
            self.left -= 1
        with contextlib.suppress(ConnectionError):
            sock.recv(65536)
            self.instead(sock)
        raise OSError


def handshakes(instead, times=None):
    return lambda world: Handshakes(world, instead, times)


def broken_off(sock):
    """The other side leaves."""


def hanging(sock):
    """The other side says nothing."""
    sock.recv(1)


def plain(sock):
    """The other side speaks HTTP, as a proxy or another program on that port does."""
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


def certificate(**given):
    """The services have another certificate, of a CA that is trusted."""
    def order(world):
        other = Authority(world.folder / "other", "127.0.0.1")
        other.directory.mkdir()
        OWN_CA(other, **given)
        world.emulator.tls = server_tls(other.certificate, other.key)
        world.environment["AWS_CA_BUNDLE"] = str(other.bundle)
    return order


def wrong_ca(world):
    """The certificate is of a CA that is not trusted."""
    right = world.emulator.ca_bundle
    certificate()(world)
    world.environment["AWS_CA_BUNDLE"] = str(right)


OLD_TLS = """\
openssl_conf = main
[main]
ssl_conf = ssl
[ssl]
system_default = any
[any]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
"""


def tls_1_1(world):
    """The services speak no better TLS, and OpenSSL would take it."""
    world.environment["OPENSSL_CONF"] = str(world.folder / "openssl.cnf")
    (world.folder / "openssl.cnf").write_text(OLD_TLS)
    context = server_tls(world.emulator.authority.certificate, world.emulator.authority.key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    world.emulator.tls = context


NETWORK |= {
    "handshake broken off, then good": LOOK_UP.ends_well(
        handshakes(broken_off, 1), look_up=1, handshakes=2),
    "handshake broken off for ever": LOOK_UP.gives_up(
        75, f"... ({LIST})", handshakes(broken_off), look_up=0, handshakes=SOME),
    "handshake hanging": LOOK_UP.gives_up(
        75, f"... ({LIST})", handshakes(hanging), look_up=0, handshakes=1),
    "plain HTTP on the TLS port": LOOK_UP.gives_up(
        75, f"... ({LIST})", handshakes(plain), look_up=0, handshakes=SOME),
    "TLS 1.1 only": LOOK_UP.gives_up(75, f"... ({LIST})", tls_1_1, look_up=0),
    "wrong CA": LOOK_UP.gives_up(75, f"...certificate... ({LIST})", wrong_ca, look_up=0),
    "expired certificate": LOOK_UP.gives_up(
        75, f"...certificate has expired... ({LIST})", certificate(days=-1), look_up=0),
    "certificate for another name": LOOK_UP.gives_up(
        75, f"...certificate... ({LIST})", certificate(names="DNS:route53.amazonaws.com"), look_up=0),
}


# Names: a network of the test's own, with AWS at its own names and addresses

class Resolver:
    """Answers for every name with one address; the first questions, or all, in another way."""

    def __init__(self, world, instead, times, address, at="127.0.0.1"):
        self.world, self.instead, self.left, self.address = world, instead, times, address
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((at, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        """Answer one question after the other."""
        while True:
            wire, peer = self.socket.recvfrom(4096)
            answer = self.answer(dns.message.from_wire(wire))
            if answer:
                self.socket.sendto(answer.to_wire(), peer)

    def answer(self, query):
        """The answer to a question, or None."""
        self.world.counted["questions"] += 1
        answer = dns.message.make_response(query)
        [question] = query.question
        if self.left is None or self.left > 0:
            self.left = self.left and self.left - 1
            if self.instead is None:
                return None
            answer.set_rcode(self.instead)
        elif question.rdtype == dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", self.address))
        return answer


def names(instead, times=None, address="127.0.0.1"):
    return lambda world: Resolver(world, instead, times, address)


def silent_before_another(world):
    """Of two name servers the first one says nothing."""
    with open("/etc/resolv.conf", "a", encoding="ascii") as file:
        file.write("nameserver 127.0.0.2\n")
    Resolver(world, None, None, "127.0.0.1")
    Resolver(world, None, 0, "127.0.0.1", at="127.0.0.2")


def libcurl(*options):
    """A libcurl that lacks these, as an older one or one that was made with less: see libcurl.c."""
    def order(world):
        world.environment = preloading("libcurl", world.environment) | {
            "LIBCURL_LACKS": "".join(f"{option} " for option in options)}
    return order


# By their numbers: CURLOPT_CAINFO_BLOB and _QUICK_EXIT are since 7.77 and 7.87.
OLDER, WITHOUT_PROXIES = libcurl(40309, 322), libcurl(10004)


# What libcurl itself says of each is other words in other versions.
QUESTIONS = range(2, 80)
NAMES = {
    "SERVFAIL, then an address": LOOK_UP.ends_well(
        names(dns.rcode.SERVFAIL, 6), look_up=1, questions=QUESTIONS),
    "NXDOMAIN, then an address": LOOK_UP.ends_well(
        names(dns.rcode.NXDOMAIN, 2), look_up=1, questions=QUESTIONS),
}
for what, instead in {"SERVFAIL": dns.rcode.SERVFAIL, "NXDOMAIN": dns.rcode.NXDOMAIN}.items():
    NAMES[f"{what} for ever"] = LOOK_UP.gives_up(
        75, f"...; is there a route? ({LIST})", names(instead), look_up=0,
        questions=QUESTIONS)
NAMES |= {
    "a name server that is silent": LOOK_UP.gives_up(
        75, f"... ({LIST})", names(None), look_up=0, questions=QUESTIONS),
    "a name server that is silent, and older libcurl": LOOK_UP.gives_up(
        75, f"... ({LIST})", OLDER, names(None), look_up=0, questions=QUESTIONS, timeout=2),
    "a name server that is silent, before one that is not": LOOK_UP.ends_well(
        silent_before_another, look_up=1, questions=QUESTIONS),
    "no route to AWS": LOOK_UP.gives_up(
        75, f"...; is there a route? ({LIST})", names(None, 0, "192.0.2.53"), look_up=0,
        questions=QUESTIONS),
}
NETWORK_OF_ITS_OWN = """
ip link set lo up
ip address add 169.254.169.254 dev lo
echo nameserver 127.0.0.1 >"$1/resolv.conf"
echo hosts: dns >"$1/nsswitch.conf"
for file in resolv.conf nsswitch.conf; do mount --bind "$1/$file" "/etc/$file"; done
shift
exec "$@"
"""
INSIDE = """
import json, pathlib, sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/e2e"]
from test_faults_network import NAMES, meet
print(json.dumps(meet(NAMES[sys.argv[2]], pathlib.Path(sys.argv[3]))))
"""


def meet(row, folder):
    """Meet a row on that network."""
    with Emulator(metadata_address=("169.254.169.254", 80),
                  api_address=("127.0.0.1", 443)) as emulator:
        zone, instance = emulator.hosted_zone("ec2.example.com"), emulator.instance()
        own = dict.fromkeys(instance.environment) | {"AWS_CA_BUNDLE": str(emulator.ca_bundle)}
        return World(emulator, zone, instance, folder, own).meet(row)


@pytest.mark.thorough(but=["NXDOMAIN, then an address", "no route"])
@pytest.mark.parametrize("name", NAMES)
def test_names(tmp_path, name):
    command = ["unshare", "--net", "--mount", "sh", "-ec", NETWORK_OF_ITS_OWN, "sh", tmp_path]
    refused = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if refused.returncode:
        pytest.skip(f"needs root, and namespaces: {refused.stderr.strip()}")
    done = subprocess.run([*command, sys.executable, "-c", INSIDE, TESTS, name, tmp_path],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    judge(NAMES[name], json.loads(done.stdout))


# Other libcurls

LIBCURLS = {
    "older libcurl": LOOK_UP.ends_well(OLDER, look_up=1),
    "older libcurl, connection refused": LOOK_UP.gives_up(
        75, f"...; is there a route? ({LIST})", OLDER, down(), look_up=0),
    "libcurl without proxies": fails(
        71, "metadata: ...; install a libcurl with TLS and proxies (api/token)", WITHOUT_PROXIES,
        token=0, metadata=0, lasts=(0, 1)),
    "reap: libcurl without options": fails(
        71, f"zone: ...; install a libcurl with TLS and proxies ({LIST})", libcurl(32),
        program="bootname-reap", token=0, metadata=0, look_up=0, lasts=(0, 1)),
}


# The deadline, in each stage

def hang(**selected):
    return {"action": "hang", "times": None, **selected}


def pending(world):
    """Changes take their time."""
    world.emulator.insync_after = 60


FOLDER = "meta-data/iam/security-credentials/"
DEADLINE = {
    "deadline in metadata": gives_up(
        75, "metadata: ... (dynamic/instance-identity/document); gave up after N s", hang(path="instance-identity"),
        metadata=hung(1)),
    "deadline in name": gives_up(
        75, "name: ... (meta-data/tags/instance/dnsname); gave up after N s",
        hang(path="tags/instance"), metadata=hung(2)),
    "deadline in name, of EC2": PLACES["DescribeTags"].gives_up(
        75, "... (DescribeTags)", hang(), tags=1),
    "deadline in address": gives_up(
        75, "address: ... (meta-data/public-ipv4); gave up after N s", hang(path="public-ipv4"),
        metadata=hung(4)),
    "deadline in credentials": gives_up(
        75, f"credentials: ... ({FOLDER}bootname-role); gave up after N s",
        hang(path="bootname-role"), metadata=hung(6)),
    "deadline in credentials, of STS": PLACES["AssumeRole"].gives_up(
        75, "... (AssumeRole)", hang(), role=1),
    "deadline in zone": LOOK_UP.gives_up(75, f"... ({LIST})", hang(), look_up=1),
    "deadline in record": READING.gives_up(75, f"... ({READ})", hang(), read=1),
    "deadline in change": UPSERTING.gives_up(75, f"... ({CHANGE})", hang(), change=1),
    "deadline in change, CREATE": CREATING.gives_up(75, f"... ({CHANGE})", hang(), change=1),
    "deadline in change, byte by byte": UPSERTING.gives_up(
        75, f"... ({CHANGE})", {"action": "trickle", "seconds": 30}, change=1, holds=CHANGED),
    "deadline in wait": WAITING.gives_up(75, "... (GetChange)", hang(), wait=1),
    "deadline in wait, PENDING": WAITING.gives_up(75, "the change is still PENDING", pending),
}


# The other commands

def removal(fault, **more):
    return ends_well(fault, arguments=("down",), says=f"removing {NAME} ({ADDRESS})\n",
                     holds=REMOVED, **more)


def no_removal(status, says, fault, **more):
    return fails(status, says, fault, arguments=("down",), **more)


def another_zone(**fault):
    """A zone more, in which every change meets a fault."""
    def order(world):
        zone = world.emulator.hosted_zone("example.org", zone_id="ZORG")
        zone.put("www.example.org", "A", [OLD], ttl=300)
        world.emulator.faults.add(operation=CHANGE, path="ZORG", times=None, **fault)
    return order


THROTTLED = {"code": "Throttling", "message": "Rate exceeded"}
DENIED = {"status": 403, "code": "AccessDenied", "message": "no"}
COMMANDS = {
    "down: throttled": removal({"operation": CHANGE, **THROTTLED}, change=2),
    "down: reset after the answer": removal(
        {"operation": CHANGE, "action": "reset_after"}, read=2, change=2),
    "down: address 500 for ever": no_removal(
        75, "address: meta-data/public-ipv4: HTTP 500; gave up after N s",
        for_ever({"path": "public-ipv4", "status": 500}), metadata=MANY, timeout=1),
    "down: denied": no_removal(
        77, f"change: {CHANGE}: HTTP 403 AccessDenied: no; the role's policy must allow "
        f"route53:{CHANGE} on arn:aws:route53:::hostedzone/{{zone}}",
        {"operation": CHANGE, **DENIED}),
    "down: deadline": no_removal(
        75, f"change: ... ({CHANGE}); gave up after N s", hang(operation=CHANGE), timeout=1),
}
for order, both in {"first": ("www.example.org", NAME), "last": (NAME, "www.example.org")}.items():
    settings = "records:" + "".join(f"\n- name: {name}" for name in both)
    COMMANDS |= {
        f"one zone of two denied, the {order}": fails(
            77, f"change: {CHANGE}: HTTP 403 AccessDenied: no; the role's policy must allow "
            f"route53:{CHANGE} on arn:aws:route53:::hostedzone/ZORG", another_zone(**DENIED),
            settings, partial=True, prints=SET, holds=CHANGED, metadata=7, look_up=2, change=2),
        f"one zone of two throttled for ever, the {order}": gives_up(
            75, f"change: {CHANGE}: HTTP 400 Throttling: Rate exceeded; gave up after N s",
            another_zone(**THROTTLED), settings, timeout=2, partial=True, prints=SET,
            holds=CHANGED, metadata=7, look_up=2, change=MANY),
    }

REAP = {"program": "bootname-reap", "token": 0, "metadata": 0}
REAPED = {**REAP, "holds": REMOVED,
          "says": f"removing {NAME} ({OLD}), owner i-0aaaaaaaaaaaaaaa1 is terminated\n"}


def role_for_reap(world):
    """bootname-reap on an instance, with the role of that."""
    world.environment |= {**world.instance.environment, "AWS_ACCESS_KEY_ID": None,
                          "AWS_SECRET_ACCESS_KEY": None}


COMMANDS |= {
    "reap: throttled": ends_well({"operation": CHANGE, **THROTTLED}, **REAPED, change=2),
    "reap: PriorRequestNotComplete": ends_well(
        {"operation": CHANGE, "code": "PriorRequestNotComplete"}, **REAPED, change=2),
    "reap: reset in the look-up": ends_well(
        {"operation": LIST, "action": "reset_before"}, **REAPED, look_up=2),
    "reap: 503 of the read": ends_well({"operation": READ, "status": 503}, **REAPED, read=2),
    "reap: 503 of EC2": ends_well({"service": "ec2", "status": 503}, **REAPED, owners=2),
    "reap: RequestLimitExceeded of EC2": ends_well(
        {"service": "ec2", "status": 503, "code": "RequestLimitExceeded"}, **REAPED, owners=2),
    "reap: reset by EC2": ends_well({"service": "ec2", "action": "reset_during"}, **REAPED,
                                    owners=2),
    "reap: reset before the answer": ends_well(
        {"operation": CHANGE, "action": "reset_before"}, **REAPED, change=2),
    "reap: reset after the answer": ends_well(
        {"operation": CHANGE, "action": "reset_after"}, **REAPED, change=2, read=3),
    "reap: ExpiredToken": ends_well(
        [role_for_reap, expired(CHANGE)], **REAPED | {"token": 1, "metadata": 4}, change=2),
    "reap: ExpiredToken for ever": fails(
        77, f"zone: {LIST}: HTTP 403 ExpiredToken: why; the key is that of AWS_ACCESS_KEY_ID in the "
        "environment: correct it, or unset it", {
            "operation": LIST, "status": 403, "code": "ExpiredToken", "message": "why",
            "times": None}, **REAP, look_up=2),
    "reap: 200 with a page in the read": fails(
        65, "records: ...", {"operation": READ, "status": 200, "body": PAGE}, **REAP),
    "reap: 200 with a page in the change": ends_well(
        {"operation": CHANGE, "status": 200, "body": PAGE}, **REAPED, change=2, read=3),
    "reap: deadline in zone": gives_up(
        75, f"zone: ... ({LIST}); gave up after N s", hang(operation=LIST), **REAP),
    "reap: deadline in records": gives_up(
        75, f"records: {READ}: HTTP 500; gave up after N s",
        {"operation": READ, "status": 500, "times": None}, **REAP, read=SOME),
    "reap: deadline in change": gives_up(
        75, f"change: {CHANGE}: HTTP 400 Throttling: Rate exceeded; gave up after N s",
        {"operation": CHANGE, "times": None, **THROTTLED}, **REAP, change=SOME),
}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
@pytest.mark.parametrize("row", rows(NETWORK | LIBCURLS | DEADLINE | COMMANDS))
def test_faults(emulator, zone, instance, tmp_path, row):
    judge(row, World(emulator, zone, instance, tmp_path).meet(row))
