"""The fault matrix: what the metadata and the services answer when something is wrong.

Which answers are tried again, how often, after which waits, and with which status the others end
is in the rows of tests/unit/test_imds.c and test_aws.c; here some of each kind are seen end to end.
"""

import json
import time

import pytest
from aws.server import Answer, Listener, http_date
from conftest import preloading
from matrix import (ADDRESS, ASSUMING, CHANGE, HTML, IPV6, LIST, LOOK_UP, MANY, NAME, PAGE, PLACES,
                    ROLE, SET, TWICE, UPSERTING, WAITING, World, at_once, ends_well,
                    expired, fails, for_ever, gives_up, hung, judge, later, rows, tags_off, when)

HOUR = 3600
HOP_LIMIT = ("; is this an EC2 instance?  In a container: aws ec2 modify-instance-metadata-options "
             "--http-put-response-hop-limit 2")
METADATA_OFF = ": metadata is off; aws ec2 modify-instance-metadata-options --http-endpoint enabled"
NO_ROLE = "credentials: the instance has no IAM role; attach an instance profile"
NO_ADDRESS = "address: the instance has no {}; give it one, or set types, address or grace"
NO_TAG = "name: no tag dnsname; add it, or set name"
FOLDER = "meta-data/iam/security-credentials/"
ROLE_LIST, ROLE_PATH = "security-credentials/$", "security-credentials/bootname-role"


def imds(path=None, **fault):
    """A fault of the metadata, at a path or everywhere."""
    return {"service": "imds", "path": path, **fault}


def token(**fault):
    return {"operation": "PutToken", **fault}


def metadata_down(seconds):
    """Nobody listens there, for some time or for ever."""
    def order(world):
        world.instance.listener.close()
        if seconds:
            later(seconds, world.instance.listener.open)
    return order


def attribute(name, value, path, after=2):
    """An attribute of the instance, and the one that it gets when a path is asked for again."""
    def order(world):
        late = getattr(world.instance, name)
        setattr(world.instance, name, value)
        if path:
            world.emulator.faults.add(after=after, **when(
                lambda: setattr(world.instance, name, late), service="imds", path=path))
    return order


def with_ipv6(world):
    world.instance.ipv6 = IPV6


BOTH = {f"{NAME}. A": ADDRESS, f"{NAME}. AAAA": IPV6}
SET_BOTH = SET + f"setting {NAME} to {IPV6}\n"
IPV6_500 = imds("meta-data/ipv6", status=500)

METADATA = {
    # The service as a whole
    "metadata refused for a while": ends_well(metadata_down(0.3)),
    "metadata refused for ever": gives_up(
        75, "metadata: ... (api/token); gave up after N s" + HOP_LIMIT, metadata_down(None),
        token=0, metadata=0),
    "token hanging for ever": gives_up(
        75, "metadata: ... (api/token); gave up after N s" + HOP_LIMIT,
        for_ever(token(action="hang")), token=hung(1), metadata=0),
    "401 in the middle": ends_well(
        lambda world: world.emulator.faults.add(**when(
            world.instance.expire_tokens, service="imds", path="public-ipv4")),
        token=2, metadata=7),
    "value cut in its head": ends_well(imds("public-ipv4", action="cut"), metadata=7),
    "value hanging once": ends_well(imds("public-ipv4", action="hang"), metadata=7),

    # The role
    "role absent, then there": ends_well(attribute("role", None, ROLE_LIST), metadata=8),
    "role absent for ever": gives_up(77, NO_ROLE + "; gave up after N s",
                                     attribute("role", None, None), metadata=MANY),

    # A page in place of a value, with status 200
    "page for the id": fails(
        65, "metadata: instance identity document:1:1: is not a JSON object",
        imds("instance-identity", status=200, body=PAGE), metadata=1),
    "page for the tag": fails(
        65, "name: ...; correct the tag", imds("tags/instance/dnsname", status=200, body=PAGE)),
    "page for the IPv4 address": fails(65, "address: meta-data/public-ipv4: is no address",
                                       imds("public-ipv4", status=200, body=PAGE)),
    "page for the IPv6 address": fails(65, "address: meta-data/ipv6: is no address",
                                       imds("meta-data/ipv6", status=200, body=PAGE), metadata=3),

    # Tags
    "tag late, within grace": ends_well(
        attribute("tags", {}, "tags/instance/dnsname", after=1), "grace: 5", metadata=8),
    "tag late, beyond grace": fails(69, NO_TAG + "; gave up after N s", attribute("tags", {}, None),
                                    "grace: 1", patience=1, metadata=TWICE),
    "tag late, beyond the deadline": gives_up(
        69, NO_TAG + "; gave up after N s", attribute("tags", {}, None), "grace: 30",
        metadata=TWICE),
    "tag late in EC2, within grace": ends_well(
        [tags_off, attribute("tags", {}, "tags/instance/dnsname", after=1)], "grace: 5", tags=2,
        metadata=9),
    "tag late, without grace": fails(69, NO_TAG, attribute("tags", {}, None), "grace: 0",
                                     metadata=3),
    "tag 500 for ever": gives_up(
        75, "name: meta-data/tags/instance/dnsname: HTTP 500; gave up after N s",
        for_ever(imds("tags/instance/", status=500)), "grace: 0", metadata=MANY),

    # Addresses
    "address late, within grace": ends_well(
        attribute("public_ipv4", None, "public-ipv4"), "grace: 5", metadata=10),
    "address late, beyond grace": fails(
        69, NO_ADDRESS.format("public-ipv4") + "; gave up after N s",
        attribute("public_ipv4", None, None), "grace: 1", patience=1, metadata=TWICE),
    "address late, without grace": fails(
        69, NO_ADDRESS.format("public-ipv4"), attribute("public_ipv4", None, None), "grace: 0"),
    "address 500 for ever": gives_up(
        75, "address: meta-data/public-ipv4: HTTP 500; gave up after N s",
        for_ever(imds("public-ipv4", status=500)), metadata=MANY),
    "address 500 for ever, with an owner": gives_up(
        75, "address: meta-data/public-ipv4: HTTP 500; gave up after N s",
        for_ever(imds("public-ipv4", status=500)), "owner_record: true", metadata=MANY),
    "one of two addresses 500, then there": ends_well(
        [with_ipv6, IPV6_500], "types: [A, AAAA]", says=SET_BOTH, holds=BOTH, metadata=7),
    "one of two addresses 500 for ever": gives_up(
        75, "address: meta-data/ipv6: HTTP 500; gave up after N s",
        [with_ipv6, for_ever(IPV6_500)], "types: [A, AAAA]", metadata=MANY),
    "the other of two addresses 500 for ever": gives_up(
        75, "address: meta-data/public-ipv4: HTTP 500; gave up after N s",
        [with_ipv6, for_ever(imds("public-ipv4", status=500))], "types: [A, AAAA]", metadata=MANY),
    "one of two addresses 500 for ever, neither asked for": gives_up(
        75, "address: meta-data/ipv6: HTTP 500; gave up after N s",
        [with_ipv6, for_ever(IPV6_500)], "owner_record: true", metadata=MANY),
    "one of two addresses absent": fails(
        69, NO_ADDRESS.format("ipv6"), [], "types: [A, AAAA]", metadata=3),
}
for what, body in {"cut": '{"AccessKeyId": "ASIAX", "Secr', "page": PAGE}.items():
    fault = imds(ROLE_PATH, status=200, body=body)
    METADATA[f"credentials {what}, then good"] = ends_well(fault, metadata=8)
    METADATA[f"credentials {what}, for ever"] = gives_up(
        77, "credentials: the role...; gave up after N s", for_ever(fault), metadata=TWICE)


# Route 53, EC2 and STS

def answer(status, code=None, message="why", **fault):
    """An error of a service."""
    return {"status": status, "code": code, "message": message, **fault}


def shape(number):
    """Route 53's errors have another shape."""
    return lambda world: setattr(world.emulator, "error_shape", number)


def clock(offset):
    """The clock of AWS is ahead of ours."""
    return lambda world: setattr(world.emulator, "clock_offset", offset)


def denied(action):
    return lambda world: world.emulator.denied.add(action)


def hardly_random(world):
    """Every wait is short, but for one who was throttled before: see random.c."""
    world.environment = preloading("random", world.environment)


def pending(world):
    """The change is PENDING when GetChange is answered the first time, and no more then."""
    world.emulator.insync_after = HOUR
    world.emulator.faults.add(after=1, **when(lambda: at_once(world), operation="GetChange"))


def role_age(seconds):
    """The role was attached some time ago, by the clock of AWS."""
    return lambda world: setattr(world.instance, "role_age", seconds)


def role_updated(value):
    """Credentials that tell something else, or with None nothing, of when they were made."""
    def order(world):
        credentials = world.instance.credentials
        told = {"AccessKeyId": credentials.access_key, "SecretAccessKey": credentials.secret_key,
                "Token": credentials.session_token, "LastUpdated": value}
        if value is None:
            del told["LastUpdated"]
        world.emulator.faults.add(**imds(ROLE_PATH, body=json.dumps(told)))
    return order


def without_date(world):
    """The look-up is answered without the time."""
    def function(request, proceed):
        answer = proceed()
        del answer.headers["Date"]
        return answer
    world.emulator.faults.add(operation=LIST, times=None, action="callback", function=function)


def another_zone(world):
    world.emulator.hosted_zone("example.org", zone_id="ZORG")


def cname(world):
    """What Route 53 lets no address stand beside."""
    for kind in ("A", "AAAA", "MX"):
        world.zone.delete(NAME, kind)
    world.zone.put(NAME, "CNAME", ["elsewhere.example.com."])


def redirect(status, **selected):
    """To a listener that counts who comes."""
    def order(world):
        def function(request):
            world.counted["elsewhere"] += 1
            return Answer(200, b"i-0123456789abcdef0")
        target = Listener(("127.0.0.1", 0), function)
        target.open()
        world.emulator.faults.add(status=status, times=None, **selected, headers={
            "Location": f"http://127.0.0.1:{target.port}/latest/dynamic/instance-identity/document"})
        yield
        target.close(keep_port=False)
    return order


def retry_after(value):
    """A 503 that says when to come again."""
    return {"status": 503, "headers": {"Retry-After": value}}


def retry_after_date(world):
    """The same as a date, two seconds from when it is asked."""
    def function(request, proceed):
        return Answer(503, b"", {"Retry-After": http_date(time.time() + 2)})
    world.emulator.faults.add(operation=LIST, action="callback", function=function)


SERVICES = {
    "ExpiredToken of an assumed role": ASSUMING.ends_well(
        {"operation": CHANGE, "status": 403, "code": "ExpiredToken"}, change=2),
}
# One operation of each service; of Route 53, one that asks and one that changes.
A_FEW = {what: PLACES[what] for what in ("look-up", "UPSERT", "DescribeTags", "AssumeRole")}
for what, place in A_FEW.items():
    throttling = answer(400, "Throttling", "Rate exceeded")
    SERVICES[f"Throttling of {what}"] = place.ends_well(throttling)
    if what != "UPSERT":
        SERVICES[f"Throttling of {what} for ever"] = place.gives_up(
            75, f"{place.operation}: HTTP 400 Throttling: Rate exceeded", throttling)
# How long one was throttled counts for the whole run: these wait half of 3 s at least.
SERVICES |= {
    "Throttling of two calls": ends_well(
        [hardly_random, {"operation": LIST, **throttling}, {"operation": CHANGE, **throttling}],
        look_up=2, change=2, lasts=(1.5, 10)),
    "Throttling of a call that fails, and of the next": UPSERTING.ends_well(
        hardly_random, throttling, answer(403, "ExpiredToken"), throttling, change=4, metadata=8,
        lasts=(1.5, 10)),
    "Throttling of wait, around PENDING": ends_well(
        [hardly_random, {"operation": "GetChange", **throttling},
         {"operation": "GetChange", "after": 1, **throttling}, pending],
        WAITING.settings, wait=range(4, 20), lasts=(1.5, 10)),
}
SERVICES |= {
    "502 with a page": UPSERTING.ends_well({"status": 502, "body": HTML}),
    "503 with XML": UPSERTING.ends_well(answer(503, "ServiceUnavailable")),
    "500 with nothing for ever": LOOK_UP.gives_up(
        75, f"{LIST}: HTTP 500", {"status": 500, "body": ""}),
}

# Answers that do not
for what, place in A_FEW.items():
    action = {"DescribeTags": "ec2:", "AssumeRole": "sts:"}.get(what, "route53:") + place.operation
    code = "UnauthorizedOperation" if what == "DescribeTags" else "AccessDenied"
    resource = {"look-up": "*", "DescribeTags": "*", "AssumeRole": ROLE}.get(
        what, "arn:aws:route53:::hostedzone/{zone}")
    SERVICES[f"{code} of {what}"] = place.fails(
        77, f"{place.operation}: HTTP 403 {code}: ...{action}...; the role's policy must allow "
        f"{action} on {resource}", denied(action))
    # AWS does not know a new role everywhere at once.
    SERVICES[f"{code} of {what}, role 40 s old"] = place.ends_well(role_age(40), answer(403, code))
DENIED = (f"{LIST}: HTTP 403 AccessDenied: ...; the role's policy must allow route53:{LIST} on *",
          denied(f"route53:{LIST}"))
NOT_IN = (f"change: {CHANGE}: HTTP 403 AccessDenied: ...; the role's policy must allow "
          f"route53:{CHANGE} on arn:aws:route53:::hostedzone/")
SERVICES["AccessDenied without Date, role 40 s old"] = LOOK_UP.fails(
    77, *DENIED, role_age(40), without_date)
for what, value in {"absent": None, "empty": ""}.items():
    SERVICES[f"AccessDenied, LastUpdated {what}"] = LOOK_UP.fails(77, *DENIED, role_updated(value))
SERVICES |= {
    "AccessDenied of UPSERT, role 40 s old, clock an hour ahead": UPSERTING.ends_well(
        clock(HOUR), role_age(40), answer(403, "AccessDenied", after=1, times=2), change=4),
    "AccessDenied, role 61 s old, clock an hour behind": LOOK_UP.fails(
        77, *DENIED, clock(-HOUR), role_age(61), look_up=2),
}
SERVICES |= {
    "AccessDenied of an assumed role, the instance's 40 s old": fails(
        77, NOT_IN + "{zone}", [*ASSUMING.there, role_age(40), denied(f"route53:{CHANGE}")],
        ASSUMING.settings, role=1),
    # One half of a minute for both.
    "AccessDenied of two zones for ever, new role": gives_up(
        77, NOT_IN + "{zone}; gave up after N s\n" + NOT_IN + "ZORG",
        [another_zone, role_age(0), denied(f"route53:{CHANGE}")],
        "records:\n- {{}}\n- name: www.example.org", timeout=60, patience=30, lasts=(30, 40),
        partial=True, metadata=8, look_up=2, change=range(6, 22)),
}
SERVICES |= {
    "NoSuchHostedZone": fails(
        69, f"change: {CHANGE}: HTTP 404 NoSuchHostedZone: No hosted zone found with ID: ZNONE",
        [], "zone_id: ZNONE"),
}
for what in A_FEW:
    SERVICES[f"200 with a page, {what}"] = PLACES[what].fails(65, "...",
                                                              {"status": 200, "body": PAGE})
for number in (1, 2, 3):
    SERVICES[f"InvalidChangeBatch in shape {number}"] = UPSERTING.fails(
        73, f"{CHANGE}: HTTP 400 InvalidChangeBatch: ...conflicting RRSet of type CNAME...; "
        "choose another name, or remove it", shape(number), cname)
SERVICES["ExpiredToken in shape 3"] = UPSERTING.ends_well(shape(3), expired(CHANGE), metadata=8)
for what, place in A_FEW.items():
    well = {"metadata": place.well.get("metadata", 6) + 2}
    SERVICES[f"ExpiredToken of {what}"] = place.ends_well(expired(place.operation), **well)
    ill = {"metadata": place.ill.get("metadata", 6) + 2}
    SERVICES[f"ExpiredToken of {what} for ever"] = place.fails(
        77, f"{place.operation}: HTTP 403 ExpiredToken: why",
        answer(403, "ExpiredToken", times=None), **{place.kind: 2} | ill)
for what, place in A_FEW.items():
    SERVICES[f"clock an hour ahead, {what}"] = place.ends_well(clock(HOUR))
SERVICES["clock an hour behind, UPSERT"] = UPSERTING.ends_well(clock(-HOUR))
# Which libcurl does not follow, whatever kind it is.
SERVICES |= {
    "redirect 307 of the token": fails(
        65, "metadata: api/token: HTTP 307", redirect(307, operation="PutToken"), metadata=0,
        elsewhere=0),
    "redirect 301 of a value": fails(
        65, "address: meta-data/public-ipv4: HTTP 301", redirect(301, path="public-ipv4"),
        elsewhere=0),
    "redirect 302 of the credentials": fails(
        65, f"credentials: {FOLDER}bootname-role: HTTP 302", redirect(302, path=ROLE_PATH),
        elsewhere=0),
    "redirect 302 of a look-up": LOOK_UP.fails(
        65, f"{LIST}: HTTP 302", redirect(302, operation=LIST), elsewhere=0),
    "redirect 308 of a change": UPSERTING.fails(
        65, f"{CHANGE}: HTTP 308", redirect(308, operation=CHANGE), elsewhere=0),
}
SERVICES |= {
    "Retry-After a date": LOOK_UP.ends_well(retry_after_date, lasts=(1, 10)),
}
for what, value in {"a date of 2055": "Wed, 21 Oct 2055 07:28:00 GMT",
                    "beyond all numbers": "9" * 30, "rubbish": "soon"}.items():
    SERVICES[f"Retry-After {what}"] = LOOK_UP.ends_well(retry_after(value), lasts=(0, 6))


@pytest.mark.parametrize("row", rows(METADATA))
def test_metadata(emulator, zone, instance, tmp_path, row):
    judge(row, World(emulator, zone, instance, tmp_path).meet(row))


@pytest.mark.parametrize("row", rows(
    SERVICES, thorough=["AccessDenied of two zones for ever, new role"]))
def test_services(emulator, zone, instance, tmp_path, row):
    judge(row, World(emulator, zone, instance, tmp_path).meet(row))
