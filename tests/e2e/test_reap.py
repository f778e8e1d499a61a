"""bootname-reap: the names of instances that are gone go, and nothing else does."""

import json
import os
import re
import shlex
import signal
import subprocess
import threading

import pytest
import yaml
from conftest import ROOT, SANITIZERS, SLOW, Runner, changes_of, heritage, patient, put_owned

from aws.server import Answer

ZONE = "ec2.example.com"
NAME = "web1." + ZONE
OWNER = "_bootname." + NAME
GONE, LIVE, OTHER = "i-0aaaaaaaaaaaaaaa1", "i-0bbbbbbbbbbbbbbb2", "i-0ccccccccccccccc3"
ADDRESS, IPV6 = "203.0.113.10", "2001:db8::17"
LONG_IPV6 = "2001:0DB8:0:0:0:0:0:17"
REMOVED = f"removing {NAME} ({ADDRESS}), owner {GONE} is terminated\n"
CHANGED = f"{NAME} has changed meanwhile: left alone\n"
NOTHING = "no owner is gone\n"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
DESCRIBE = "DescribeInstances"
NOWHERE = {"AWS_EC2_METADATA_DISABLED": "true"}


class Reaper(Runner):
    """Runs bootname-reap outside of any instance, as a user of the account."""

    name = "bootname-reap"

    def __init__(self, emulator, folder):
        super().__init__(emulator, None, folder)
        self.user = emulator.user()
        self.environment = {**emulator.api_environment, **self.user.environment,
                            "AWS_REGION": "eu-west-1"}

    def __call__(self, *arguments, zone=ZONE, settings=None, env=None, limit=20, shell=None,
                 partial=False):
        if zone:
            arguments = (*arguments, "--zone", zone)
        if settings is not None:
            arguments = (*arguments, "-c", self.file(settings))
        process = self.start(*arguments, env=env, shell=shell)
        return self.finish(process, arguments, limit, shell, partial)

    def start(self, *arguments, env=None, shell=None):
        program = (os.environ.get("BOOTNAME_REAP")
                   or ROOT / os.environ.get("B", "build") / "bootname-reap")
        command = [*shlex.split(os.environ.get("BOOTNAME_WRAPPER", "")), str(program),
                   *map(str, arguments)]
        if shell:
            command = ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", *command]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                       "HOME": str(self.folder),
                       **{name: os.environ[name] for name in SANITIZERS if name in os.environ},
                       **self.environment, **patient(env)}
        return subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={name: value for name, value in environment.items() if value is not None})


@pytest.fixture
def reap(emulator, tmp_path):
    """bootname-reap: reap("-n", settings="timeout: 5")."""
    return Reaper(emulator, tmp_path)


@pytest.fixture
def put(emulator, zone):
    """An instance in some state, with a name of its own: put(id, "stopped", "web2", ...)."""
    def make(instance_id, state, label="web1", *addresses, region="eu-west-1", **routing):
        if state:
            emulator.instance(instance_id, state=state, region=region)
        put_owned(zone, f"{label}.{ZONE}", instance_id, *(addresses or [ADDRESS]), region=region,
                  **routing)
    return make


@pytest.fixture
def meanwhile(emulator):
    """Makes a change when Route 53 is about to take ours."""
    def order(change, times=1, after=0):
        def function(request, proceed):
            change()
        emulator.faults.add(operation=CHANGE, action="callback", function=function, times=times,
                            after=after)
    return order


def sets(zone):
    """What is in the zone beside its own NS and SOA."""
    return [(one.name, one.type, one.set_identifier) for one in zone.record_sets()
            if one.type not in ("NS", "SOA")]


def asked(emulator):
    """How many ids each question to EC2 had, and the region that it was signed for."""
    return [(sum(key.startswith("InstanceId") for key in one.parameters),
             one.headers["authorization"].split("/")[2])
            for one in emulator.requests_of("ec2", DESCRIBE)]


# Who is gone

@pytest.mark.parametrize("state", ["terminated", "shutting-down"])
def test_what_is_gone_is_removed(reap, emulator, zone, put, calls, state):
    put(GONE, state, "web1", ADDRESS, IPV6)
    result = reap()
    assert result.status == 0
    assert result.stdout == (f"removing {NAME} ({ADDRESS}), owner {GONE} is {state}\n"
                             f"removing {NAME} ({IPV6}), owner {GONE} is {state}\n")
    assert sets(zone) == []
    assert calls("route53") == [LIST, READ, CHANGE]
    [request] = emulator.requests_of("route53", CHANGE)
    assert changes_of(request) == [f"DELETE A {ADDRESS}", f"DELETE AAAA {IPV6}",
                                   f"DELETE TXT {heritage(GONE)}"]
    assert "<Comment>bootname reap</Comment>" in request.body


def test_what_ec2_does_not_know_is_removed(reap, zone, put):
    put(GONE, None)
    assert reap().stdout == REMOVED.replace("terminated", "unknown")
    assert sets(zone) == []


def test_an_old_short_id(reap, zone, put):
    put("i-0abc1234", None)
    assert reap().stdout == f"removing {NAME} ({ADDRESS}), owner i-0abc1234 is unknown\n"


@pytest.mark.parametrize("state", ["pending", "running", "stopping", "stopped"])
def test_what_is_not_gone_stays(reap, zone, put, calls, state):
    put(LIVE, state)
    before = sets(zone)
    result = reap()
    assert (result.status, result.stdout) == (0, NOTHING)
    assert sets(zone) == before and CHANGE not in calls("route53")


@pytest.mark.parametrize(("state", "left"), [
    ("pending", True), ("running", True), ("stopping", True), ("stopped", False),
    ("terminated", False), (None, False)])
def test_stopped_ones_on_demand(reap, zone, put, state, left):
    put(GONE, state)
    result = reap("--stopped")
    assert result.stdout == (NOTHING if left else f"removing {NAME} ({ADDRESS}), owner {GONE} is "
                             f"{state or 'unknown'}\n")
    assert bool(sets(zone)) == left


def test_an_empty_zone_asks_nobody(reap, zone, calls):
    assert reap().stdout == NOTHING
    assert (calls("route53"), calls("ec2")) == ([LIST, READ], [])


def test_several_regions(reap, emulator, zone, put):
    put(GONE, "terminated", "a")
    put(OTHER, "terminated", "b", region="us-east-1")
    put(LIVE, "running", "c", region="ap-south-1")
    assert reap().stdout.count("removing") == 2
    assert sets(zone) == [("c." + ZONE + ".", "A", None),
                          ("_bootname.c." + ZONE + ".", "TXT", None)]
    assert asked(emulator) == [(1, "ap-south-1"), (1, "eu-west-1"), (1, "us-east-1")]


def test_the_same_instance_in_another_region_is_another_one(reap, zone, put):
    put(LIVE, "running", "a")
    put_owned(zone, "b." + ZONE, LIVE, ADDRESS, region="us-east-1")
    assert reap().stdout == f"removing b.{ZONE} ({ADDRESS}), owner {LIVE} is unknown\n"


def test_an_instance_with_many_names_is_asked_for_once(reap, emulator, zone, put):
    for label in ("a", "b", "*", "c.d"):
        put(GONE, None, label)
    assert reap().stdout.count("removing") == 4
    assert asked(emulator) == [(1, "eu-west-1")] * 2 and sets(zone) == []


def ids(count, start=0):
    return [f"i-{start + number:017x}" for number in range(count)]


def test_more_than_a_hundred_of_whom_some_are_unknown(reap, emulator, zone, put):
    """The emulator's EC2 names a half of the unknown ones each time."""
    for number, one in enumerate(ids(230)):
        put(one, [None, "running", "terminated"][number % 3], f"web{number}")
    result = reap()
    assert result.status == 0 and result.stdout.count("removing") == 77 + 76
    left = {one.name for one in zone.record_sets() if one.type == "A"}
    assert left == {f"web{number}.{ZONE}." for number in range(1, 230, 3)}
    assert max(count for count, _ in asked(emulator)) == 100
    assert len(asked(emulator)) < 60


def not_found(emulator, message, times=None, code="InvalidInstanceID.NotFound"):
    emulator.faults.add(service="ec2", code=code, message=message, times=times)


def test_unknown_ones_that_are_not_named_are_asked_for_one_by_one(reap, emulator, zone, put):
    put(GONE, None, "a")
    put(LIVE, "running", "b")
    put(OTHER, "terminated", "c")
    not_found(emulator, "Some instance IDs do not exist", times=1)
    assert reap().stdout.count("removing") == 2
    assert [count for count, _ in asked(emulator)] == [3, 1, 1, 1, 1]


@pytest.mark.parametrize("message", [
    "The instance ID 'i-0999999999999999f' does not exist",
    "The instance IDs 'i-0999999999999999f, i-0bbbbbbb' do not exist", "", "'",
    f"The instance IDs '{LIVE}f, x{LIVE[:-1]}' do not exist", f"The instance ID '{LIVE}",
])
def test_ids_that_were_not_asked_for_say_nothing(reap, emulator, zone, put, message):
    put(LIVE, "running", "a")
    put(OTHER, "running", "b")
    not_found(emulator, message, times=1)
    assert reap().stdout == NOTHING
    assert [count for count, _ in asked(emulator)] == [2, 1, 1]


def test_a_short_id_is_not_taken_for_the_start_of_a_long_one(reap, emulator, zone, put):
    put("i-0bbbbbbb", "running", "a")
    put("i-0bbbbbbbbbbbbbbbb", None, "b")
    assert reap().stdout == (f"removing b.{ZONE} ({ADDRESS}), owner i-0bbbbbbbbbbbbbbbb is "
                             "unknown\n")


@pytest.mark.parametrize("count", [1, 2, 30])
def test_ids_that_ec2_takes_for_malformed_are_left_alone(reap, emulator, zone, put, count):
    for number, one in enumerate(ids(count)):
        put(one, None, f"web{number}")
    before = sets(zone)
    not_found(emulator, f'Invalid id: "{ids(1)[0]}"', code="InvalidInstanceID.Malformed")
    result = reap("-v")
    assert (result.status, result.stdout) == (0, NOTHING)
    assert sets(zone) == before and "malformed" in result.stderr


def test_what_an_answer_does_not_list_is_left_alone(reap, emulator, zone, put):
    put(GONE, "terminated", "a")
    put(LIVE, None, "b")
    emulator.faults.add(service="ec2", action="answer", status=200, body=(
        "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>"
        f"{GONE}</instanceId><instanceState><code>48</code><name>terminated</name>"
        "</instanceState></item></instancesSet></item></reservationSet>"
        "</DescribeInstancesResponse>"))
    result = reap("-v")
    assert result.stdout == f"removing a.{ZONE} ({ADDRESS}), owner {GONE} is terminated\n"
    assert f"b.{ZONE}: owner {LIVE} in eu-west-1 is not known of" in result.stderr


@pytest.mark.parametrize("body", [
    "", "<instanceState><name>terminated</name></instanceState>",
    f"<instanceId>{GONE}</instanceId><instanceState><name>terminated2</name></instanceState>",
    f"<instanceId>{GONE}</instanceId><instanceState><name></name></instanceState>",
    f"<instanceId>{OTHER}</instanceId><instanceState><name>terminated</name></instanceState>",
    f"<instanceId>{GONE}</instanceId><instanceId>{OTHER}</instanceId><instanceState>"
    "<name>terminated</name></instanceState>",
], ids=["empty", "no id", "no state of ours", "no state", "not asked for", "two ids"])
def test_an_answer_that_says_nothing_of_it(reap, emulator, zone, put, body):
    put(GONE, None)
    emulator.faults.add(service="ec2", action="answer", status=200,
                        body=f"<{DESCRIBE}Response>{body}</{DESCRIBE}Response>")
    assert reap().stdout == NOTHING
    assert len(sets(zone)) == 2


def test_a_broken_answer_counts_for_nothing(reap, emulator, zone, put):
    put(GONE, None)
    emulator.faults.add(service="ec2", action="answer", status=200, body=(
        f"<r><instanceId>{GONE}</instanceId><instanceState><name>terminated</name>"
        "</instanceState>"))
    result = reap()
    assert result.status == 65 and "eu-west-1" in result.stderr
    assert len(sets(zone)) == 2


# Failures of regions

def region_fault(emulator, region, **fault):
    """A fault in one region only."""
    class Region:
        @staticmethod
        def search(_):
            return True
    made = emulator.faults.add(service="ec2", times=None, **fault)
    selects = made.selects
    made.selects = lambda request: (selects(request) and
                                    f"/{region}/" in request.headers["authorization"])


@pytest.mark.parametrize(("fault", "status"), [
    ({"status": 401, "code": "AuthFailure", "message": "not enabled"}, 77),
    ({"status": 403, "code": "UnauthorizedOperation", "message": "no"}, 77),
    ({"status": 400, "code": "InvalidAction", "message": "no"}, 65),
    ({"status": 200, "body": "no XML", "action": "answer"}, 65),
])
def test_a_region_that_cannot_be_asked_does_not_keep_the_others(reap, emulator, zone, put, fault,
                                                                status):
    put(OTHER, "terminated", "a", region="af-south-1")
    put(GONE, "terminated")
    region_fault(emulator, "af-south-1", **fault)
    result = reap(partial=True)
    assert result.status == status and result.stdout == REMOVED
    assert "af-south-1" in result.stderr and result.stderr.count("\n") == 1
    assert len(sets(zone)) == 2


def test_two_regions_fail_and_the_first_one_tells_the_status(reap, emulator, zone, put):
    put(OTHER, "terminated", "a", region="af-south-1")
    put(GONE, "terminated", "b")
    region_fault(emulator, "af-south-1", status=403, code="UnauthorizedOperation")
    region_fault(emulator, "eu-west-1", status=400, code="InvalidAction")
    result = reap("-j", partial=True)
    assert result.status == 77 and len(result.stderr.splitlines()) == 2
    assert set(result.json) == {"error"}


def test_a_region_that_does_not_exist_takes_half_of_the_time_at_most(reap, emulator, zone, put):
    put(OTHER, "terminated", "a", region="xx-nowhere-1")
    put(GONE, "terminated")
    region_fault(emulator, "xx-nowhere-1", action="reset_before")
    result = reap(settings=f"timeout: {4 * SLOW}", partial=True)
    assert (result.status, result.stdout) == (75, REMOVED)


# The zone

def test_a_zone_of_many_pages(reap, emulator, zone, put, calls):
    for number, one in enumerate(ids(420)):
        put(one, None if number % 7 == 0 else "running", f"w{number:03}")
    result = reap()
    assert result.status == 0 and result.stdout.count("removing") == 60
    assert len(sets(zone)) == 2 * 360
    assert calls("route53").count(READ) == 3
    reads = emulator.requests_of("route53", READ)
    assert [one.query.partition("&")[0] for one in reads] == ["maxitems=300"] * 3


def test_a_page_that_ends_within_a_name_with_more_sets_than_a_page(reap, emulator, zone, put):
    """Three hundred and more sets of one name, by type and set identifier."""
    members = ids(90)
    for number, one in enumerate(members):
        put(one, "running" if number % 2 else None, "web1", f"192.0.2.{number + 1}",
            f"2001:db8::{number + 1:x}", set_identifier=one, multi_value=True)
        zone.put(NAME, "MX", ["1 mail.example.com."], set_identifier=one, multi_value=True)
        zone.put(NAME, "TXT", ['"a"'], set_identifier=one, multi_value=True)
    result = reap()
    assert result.status == 0 and result.stdout.count("removing") == 90
    left = {one.set_identifier for one in zone.record_sets() if one.type in ("A", "AAAA")}
    assert left == set(members[1::2])
    assert {one.set_identifier for one in zone.record_sets()
            if one.name.startswith("_bootname")} == left
    assert len(zone.values(NAME, "MX")) == 90
    [_, second] = emulator.requests_of("route53", READ)
    assert second.parameters == {"maxitems": "300", "name": NAME + ".", "type": "TXT",
                                 "identifier": members[28]}


def test_a_page_that_shows_again_what_the_one_before_has_shown(reap, emulator, zone, put):
    put(GONE, "terminated", "web1", ADDRESS, IPV6)

    def function(request, proceed):
        answer = proceed()
        head, middle, tail = re.split(b"(<ResourceRecordSets>.*)(?=</ResourceRecordSets>)",
                                      answer.body, flags=re.DOTALL)
        answer.body = head + middle + middle.replace(b"<ResourceRecordSets>", b"") + tail
        return answer
    emulator.faults.add(operation=READ, action="callback", function=function)
    assert reap().stdout.count("removing") == 2
    assert sets(zone) == [] and len(emulator.requests_of("route53", CHANGE)) == 1


@pytest.mark.parametrize("body", [
    "<IsTruncated>true</IsTruncated>" + NEXT for NEXT in (
        "<NextRecordName>a.</NextRecordName><NextRecordType>A</NextRecordType>",
        "<NextRecordName>a.</NextRecordName>")], ids=["name and type", "name"])
def test_a_list_without_an_end(reap, emulator, zone, put, body):
    put(GONE, None)
    emulator.faults.add(operation=READ, action="answer", status=200, times=None,
                        body=f"<{READ}Response>{body}</{READ}Response>")
    result = reap()
    assert result.status == 65 and "no end" in result.stderr


@pytest.mark.thorough
def test_batches_are_full_and_no_name_is_split(reap, emulator, zone, put):
    for number, one in enumerate(ids(150)):
        put(one, None, f"w{number:03}", ADDRESS, IPV6)
    assert reap().stdout.count("removing") == 300
    assert sets(zone) == []
    batches = [changes_of(one) for one in emulator.requests_of("route53", CHANGE)]
    assert 3 < len(batches) < 20
    assert sum(map(len, batches)) == 450 and all(len(batch) % 3 == 0 for batch in batches)


@pytest.mark.parametrize("arguments", [("--zone", ZONE), ("--zone", "EC2.Example.COM."),
                                       ("--zone=" + ZONE,)], ids=" ".join)
def test_the_zone_by_name(reap, zone, put, arguments):
    put(GONE, "terminated")
    assert reap(*arguments, zone=None).stdout == REMOVED


@pytest.mark.parametrize("prefix", ["", "/hostedzone/"])
def test_the_zone_by_id(reap, zone, put, calls, prefix):
    put(GONE, "terminated")
    assert reap("--zone-id", prefix + zone.id, zone=None).stdout == REMOVED
    assert calls("route53") == [READ, CHANGE]


def test_the_zone_of_a_file(reap, zone, put):
    put(GONE, "terminated")
    assert reap("-n", zone=None, settings=f"zone: {ZONE}").status == 0
    assert reap(zone=None, settings=f"zone_id: {zone.id}").stdout == REMOVED


@pytest.mark.parametrize("key", ["zone: {0.name}", "zone_id: {0.id}"])
@pytest.mark.parametrize("option", ["zone", "zone-id"])
def test_the_zone_of_the_command_line_wins(reap, emulator, zone, put, key, option):
    other = emulator.hosted_zone("example.org")
    put(GONE, "terminated")
    value = ZONE if option == "zone" else zone.id
    assert reap(f"--{option}", value, zone=None, settings=key.format(other)).stdout == REMOVED


def test_no_such_zone(reap, emulator, zone):
    emulator.hosted_zone("a." + ZONE)
    result = reap(zone="example.com")
    assert result.status == 69 and "example.com" in result.stderr
    result = reap("--zone-id", "Z1", zone=None)
    assert result.status == 69


def test_a_zone_behind_many_others_of_its_name(reap, emulator, zone, put):
    for _ in range(130):
        emulator.hosted_zone(ZONE, private=True, vpcs=[("eu-west-1", "vpc-1")])
    put(GONE, "terminated")
    assert reap().stdout == REMOVED


@pytest.mark.parametrize("private", [False, True])
def test_two_zones_of_one_name(reap, emulator, private):
    zones = [emulator.hosted_zone(ZONE, private=private, vpcs=[("eu-west-1", "vpc-1")] * private)
             for _ in range(2)]
    result = reap(settings="visibility: private" if private else "{}")
    assert result.status == 69 and all(one.id in result.stderr for one in zones)


@pytest.mark.parametrize("settings", ["visibility: private", "address: private"])
def test_a_private_zone(reap, emulator, zone, put, settings):
    put(GONE, "terminated")
    other = emulator.hosted_zone(ZONE, private=True, vpcs=[("eu-west-1", "vpc-1")])
    put_owned(other, "db." + ZONE, GONE, "10.0.0.5")
    assert reap(settings=settings).stdout == (f"removing db.{ZONE} (10.0.0.5), owner {GONE} is "
                                              "terminated\n")
    assert len(sets(zone)) == 2 and sets(other) == []


# What goes with an owner, and what does not

def test_an_owner_record_without_an_address_goes(reap, zone):
    put_owned(zone, NAME, GONE)
    assert reap().stdout == f"removing {OWNER} (no address), owner {GONE} is unknown\n"
    assert sets(zone) == []


def test_an_address_is_deleted_as_it_is_spelled(reap, zone, put):
    put(GONE, "terminated", "web1", LONG_IPV6, ttl=86400)
    zone.put(NAME, "A", [ADDRESS, "203.0.113.11"], 5)
    assert reap().stdout == (
        f"removing {NAME} ({ADDRESS} 203.0.113.11), owner {GONE} is terminated\n"
        f"removing {NAME} ({LONG_IPV6}), owner {GONE} is terminated\n")
    assert sets(zone) == []


@pytest.mark.parametrize("label", ["*", "*.dev", "_sip", "a_b", "x" * 63, "1"])
def test_names_of_every_kind(reap, zone, put, label):
    put(GONE, "terminated", label)
    assert reap().stdout == (f"removing {label}.{ZONE} ({ADDRESS}), owner {GONE} is "
                             "terminated\n")
    assert sets(zone) == []


def test_the_apex(reap, zone):
    put_owned(zone, ZONE, GONE, ADDRESS)
    assert reap().stdout.startswith(f"removing {ZONE} (")
    assert sets(zone) == []


def test_the_longest_name(reap, zone, put):
    rest = 253 - len("_bootname..") - len(ZONE)
    label = ".".join(["x" * 59] * 3 + ["y" * (rest - 180)])
    put(GONE, "terminated", label)
    assert label in reap().stdout and sets(zone) == []


@pytest.mark.parametrize("routing", [{"multi_value": True}, {"weight": 0}, {"weight": 7},
                                     {"multi_value": True, "health_check_id": "hc-1"}])
@pytest.mark.parametrize("identifier", ["{}", "blue & <green> \"1\""])
def test_a_member_of_a_group_goes_alone(reap, zone, put, routing, identifier):
    for one, state in ((GONE, "terminated"), (LIVE, "running")):
        emulated = dict(routing, set_identifier=identifier.format(one) + one)
        address = ADDRESS if one == GONE else "203.0.113.99"
        put(one, state, "web1", address, **emulated)
    left = [one for one in sets(zone) if LIVE in one[2]]
    assert reap().stdout == REMOVED
    assert sets(zone) == left and len(left) == 2


def test_a_weight_that_was_changed_by_hand(reap, zone, put):
    put(GONE, "terminated", weight=1, set_identifier=GONE)
    zone.put(NAME, "A", [ADDRESS], weight=0, set_identifier=GONE)
    assert reap().stdout == REMOVED and sets(zone) == []


def by_hand(zone, alive):
    """What else stands in a zone; alive: no owner record of it may be taken for one."""
    zone.put("hand." + ZONE, "A", ["192.0.2.1"])
    zone.put("a." + NAME, "A", ["192.0.2.1"])
    zone.put(NAME, "MX", ["1 mail.example.com."])
    zone.put(NAME, "TXT", ['"v=spf1 -all"'])
    zone.put("_bootname." + ZONE, "A", ["192.0.2.1"])
    zone.put("_bootnames.x." + ZONE, "TXT", [heritage(GONE)])
    zone.put("x._bootname." + ZONE, "TXT", [heritage(GONE)])
    zone.put("alias." + ZONE, "A", alias="hand." + ZONE)
    zone.put("c." + ZONE, "CNAME", ["hand." + ZONE + "."])
    zone.put(OWNER, "A", ["192.0.2.7"])
    put_owned(zone, "alive." + ZONE, alive, "192.0.2.2")


def test_neighbours_are_not_touched(reap, emulator, zone, put):
    emulator.instance(LIVE)
    by_hand(zone, LIVE)
    before = zone.record_sets()
    put(GONE, "terminated")
    assert reap().stdout == REMOVED
    assert zone.record_sets() == before


def test_a_cname_beside_an_owner_record_stays(reap, zone):
    put_owned(zone, NAME, GONE)
    zone.put(NAME, "CNAME", ["elsewhere.example.com."])
    assert reap().status == 0
    assert sets(zone) == [(NAME + ".", "CNAME", None)]


HOSTILE = {
    "owner": f'"heritage=bootname,owner={GONE[:-1]},region=eu-west-1"',
    "capitals": heritage(GONE.upper()),
    "no region": f'"heritage=bootname,owner={GONE},region="',
    "more": f'"heritage=bootname,owner={GONE},region=eu-west-1,x=y"',
    "before": f'" heritage=bootname,owner={GONE},region=eu-west-1"',
    "host": f'"heritage=bootname,owner={GONE},region=evil.example/"',
    "long region": f'"heritage=bootname,owner={GONE},region={"a" * 33}"',
    "another heritage": f'"heritage=external-dns,owner={GONE},region=eu-west-1"',
    "two strings": f'"heritage=bootname,owner={GONE}," "region=eu-west-1"',
    "parameters": '"heritage=bootname,owner=i-0&InstanceId.2=i-0,region=eu-west-1"',
    "escapes": '"heritage=bootname,owner=\\033[31mi-0,region=eu-west-1"',
    "empty": '""',
    "huge": " ".join(['"' + "A" * 250 + '"'] * 15),
    "format": '"%s%n%1000000d"',
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_owner_record_is_left_alone(reap, zone, put, calls, value):
    zone.put(OWNER, "TXT", [value])
    zone.put(NAME, "A", [ADDRESS])
    result = reap("-v")
    assert (result.status, result.stdout) == (0, NOTHING)
    assert "no owner record" in result.stderr and "\033" not in result.stderr
    assert len(sets(zone)) == 2 and calls("ec2") == []


def test_an_owner_record_with_two_values_is_none(reap, zone):
    zone.put(OWNER, "TXT", [heritage(GONE), heritage(OTHER)])
    assert reap().stdout == NOTHING


@pytest.mark.parametrize("name", ["a\\100b." + ZONE, "\\052x." + ZONE, "x.\\052." + ZONE,
                                  "-x." + ZONE, "a\\012b." + ZONE, "\\001" * 60 + "." + ZONE])
def test_names_that_are_none_of_ours(reap, zone, name):
    zone.put("_bootname." + name, "TXT", [heritage(GONE)])
    zone.put(name, "A", [ADDRESS])
    result = reap("-v")
    assert (result.status, result.stdout) == (0, NOTHING)
    assert len(sets(zone)) == 2 and re.fullmatch("[ -~\n]*", result.stderr)


def odd_alias(zone):
    zone.put(NAME, "AAAA", alias="hand." + ZONE)


def odd_only_alias(zone):
    zone.delete(NAME, "A")
    zone.put(NAME, "A", alias="hand." + ZONE)


def odd_routing(zone):
    zone.delete(NAME, "A")
    zone.put(NAME, "A", [ADDRESS], set_identifier="x", weight=1)


def odd_simple(zone):
    zone.delete(OWNER, "TXT")
    put_owned(zone, NAME, GONE, set_identifier="x", weight=1)


def odd_policies(zone):
    for kind in ("A", "TXT"):
        zone.delete(NAME if kind == "A" else OWNER, kind)
    zone.put(NAME, "A", [ADDRESS], set_identifier=GONE, weight=1)
    zone.put(OWNER, "TXT", [heritage(GONE)], set_identifier=GONE, multi_value=True)


@pytest.mark.parametrize("change", [odd_alias, odd_only_alias, odd_routing, odd_simple,
                                    odd_policies])
def test_what_is_not_as_we_make_it_stays_with_its_owner_record(reap, zone, put, calls, change):
    put(GONE, "terminated")
    put(OTHER, "terminated", "web2")
    zone.put("hand." + ZONE, "A", ["192.0.2.1"])
    change(zone)
    before = len(sets(zone))
    result = reap("-v")
    assert result.status == 0
    assert result.stdout == f"removing web2.{ZONE} ({ADDRESS}), owner {OTHER} is terminated\n"
    assert f"{NAME}: owner {GONE} in eu-west-1 is terminated; its records are not" in result.stderr
    assert len(sets(zone)) == before - 2
    assert reap().stdout == "nothing to remove\n"


def listed(values="", extra="", identifier=""):
    """One A set and its owner record as Route 53 might list them."""
    return ("<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet>"
            f"<Name>{NAME}.</Name><Type>A</Type>{identifier}{extra}<TTL>60</TTL>"
            f"<ResourceRecords>{values}</ResourceRecords></ResourceRecordSet><ResourceRecordSet>"
            f"<Name>{OWNER}.</Name><Type>TXT</Type>{identifier}<TTL>60</TTL><ResourceRecords>"
            f"<ResourceRecord><Value>{heritage(GONE)}</Value></ResourceRecord></ResourceRecords>"
            "</ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated>"
            "</ListResourceRecordSetsResponse>")


@pytest.mark.parametrize("body", [
    listed("<ResourceRecord><Value>192.0.2.1</Value></ResourceRecord>" * 1500),
    listed("<ResourceRecord><Value>192.0.2.1</Value></ResourceRecord>" * 400),
    listed("<ResourceRecord><Value>192.0.2.1</Value></ResourceRecord>", "<Region>eu-west-1"
           "</Region>", "<SetIdentifier>x</SetIdentifier>"),
    listed(""),
], ids=["more than a row takes", "more than a batch takes", "latency", "no value"])
def test_what_cannot_be_repeated_stays(reap, emulator, zone, calls, body):
    emulator.faults.add(operation=READ, action="answer", status=200, body=body)
    result = reap("-v")
    assert (result.status, result.stdout) == (0, "nothing to remove\n")
    assert "left alone" in result.stderr and CHANGE not in calls("route53")


# Between the look and the change

def moved(zone):
    put_owned(zone, NAME, OTHER, "203.0.113.77")


def gone(zone):
    zone.delete(NAME, "A")
    zone.delete(OWNER, "TXT")


def became_odd(zone):
    zone.put(NAME, "AAAA", alias="hand." + ZONE)
    zone.put(NAME, "A", ["203.0.113.77"])


@pytest.mark.parametrize("others", [0, 3])
@pytest.mark.parametrize("change", [moved, became_odd])
def test_what_moved_in_between_is_left_alone(reap, zone, put, meanwhile, change, others):
    zone.put("hand." + ZONE, "A", ["192.0.2.1"])
    put(GONE, "terminated")
    for number in range(others):
        put(GONE, None, f"web2{number}")
    meanwhile(lambda: change(zone))
    result = reap("-j") if others else reap()
    if others:
        assert [one["name"] for one in result.json["removed"]] == [
            f"web2{number}.{ZONE}" for number in range(others)]
        assert result.json["kept"] == 1 and result.json["changed"]
    else:
        assert result.stdout == CHANGED
    assert result.status == 0
    left = [one for one in sets(zone) if not one[0].startswith("hand")]
    assert len(left) == {moved: 2, became_odd: 3}[change]


@pytest.mark.parametrize("others", [0, 3])
def test_what_is_gone_by_then_counts_as_removed(reap, zone, put, meanwhile, others):
    """Whether another has removed it, or the answer to ours was lost, cannot be told."""
    put(GONE, "terminated")
    for number in range(others):
        put(GONE, None, f"web2{number}")
    meanwhile(lambda: gone(zone))
    result = reap("-j")
    assert result.status == 0 and sets(zone) == []
    assert len(result.json["removed"]) == 1 + others and result.json["kept"] == 0


@pytest.mark.parametrize("others", [0, 3])
@pytest.mark.parametrize("change", [
    lambda zone: put_owned(zone, NAME, GONE, "203.0.113.77"),
    lambda zone: put_owned(zone, NAME, GONE, ADDRESS, ttl=300),
    lambda zone: zone.delete(NAME, "A"),
    lambda zone: zone.put(NAME, "A", [ADDRESS], 5)], ids=["address", "TTL", "no address", "A"])
def test_what_changed_and_is_still_of_the_gone_one_goes(reap, zone, put, meanwhile, change,
                                                        others):
    put(GONE, "terminated")
    for number in range(others):
        put(GONE, None, f"web2{number}")
    meanwhile(lambda: change(zone))
    result = reap()
    assert result.status == 0 and result.stdout.count("removing") == 1 + others
    assert sets(zone) == []


def test_what_changes_all_the_time_is_a_failure(reap, zone, put, meanwhile, calls):
    put(GONE, "terminated")
    put(OTHER, "terminated", "web2")
    addresses = iter(range(1, 250))
    meanwhile(lambda: put_owned(zone, NAME, GONE, f"192.0.2.{next(addresses)}"), times=None)
    result = reap(partial=True)
    assert result.status == 73 and NAME in result.stderr
    assert result.stdout == f"removing web2.{ZONE} ({ADDRESS}), owner {OTHER} is terminated\n"
    assert calls("route53").count(CHANGE) < 12


@pytest.mark.parametrize("action", ["reset_after", "reset_during"])
@pytest.mark.parametrize("count", [1, 4])
def test_a_lost_answer_was_ours(reap, emulator, zone, put, action, count):
    for number in range(count):
        put(GONE, "terminated" if not number else None, f"web{number + 1}")
    emulator.faults.add(operation=CHANGE, action=action)
    result = reap("-j")
    assert result.status == 0 and result.json["changed"] and result.json["kept"] == 0
    assert len(result.json["removed"]) == count and sets(zone) == []


def test_a_lost_answer_and_another_took_the_name(reap, emulator, zone, put):
    put(GONE, "terminated")

    def function(request, proceed):
        proceed()
        moved(zone)
        answer = proceed()
        answer.delivery = "reset"
        return answer
    emulator.faults.add(operation=CHANGE, action="callback", function=function)
    assert reap().stdout == CHANGED
    assert zone.values(NAME, "A") == ["203.0.113.77"]


@pytest.mark.thorough
def test_two_reapers_at_once(reap, emulator, zone, put):
    for number, one in enumerate(ids(60)):
        put(one, None, f"w{number}")
    barrier = threading.Barrier(2, timeout=10 * SLOW)

    def function(request, proceed):
        barrier.wait()
    emulator.faults.add(operation=CHANGE, action="callback", function=function, times=2)
    processes = [reap.start("--zone", ZONE) for _ in range(2)]
    results = [reap.finish(process) for process in processes]
    assert [result.status for result in results] == [0, 0]
    assert sets(zone) == []
    lines = "".join(result.stdout for result in results).splitlines()
    assert len(set(lines)) == 60 and all(line.startswith("removing") for line in lines)


def test_a_name_that_route53_refuses_does_not_keep_the_others(reap, emulator, zone, put):
    for number in range(3):
        put(GONE, None, f"web{number + 1}")

    def function(request, proceed):
        if NAME not in request.body:
            return None
        return emulator._api.route53.error(request, 400, "InvalidInput", "Invalid request")
    emulator.faults.add(operation=CHANGE, action="callback", function=function, times=None)
    result = reap(partial=True)
    assert result.status == 65 and result.stderr.count("\n") == 1
    assert result.stdout.count("removing") == 2 and len(sets(zone)) == 2


# Denied, throttled, broken

@pytest.mark.parametrize(("action", "stage"), [
    ("route53:" + LIST, "zone"), ("route53:" + READ, "records"), ("route53:" + CHANGE, "change"),
    ("ec2:" + DESCRIBE, "owners")])
def test_denied(reap, emulator, zone, put, action, stage):
    put(GONE, "terminated")
    emulator.denied = {action}
    result = reap("-j")
    assert result.status == 77 and set(result.json) == {"error"}
    assert result.json["error"]["stage"] == stage and f"must allow {action}" in result.stderr
    assert len(sets(zone)) == 2


def test_denied_ends_it(reap, emulator, zone, put, calls):
    for number, one in enumerate(ids(150)):
        put(one, None, f"w{number}")
    emulator.denied = {"route53:" + CHANGE}
    assert reap().status == 77
    assert calls("route53").count(CHANGE) == 1


def test_denied_after_some(reap, emulator, zone, put):
    for number, one in enumerate(ids(150)):
        put(one, None, f"w{number:03}", ADDRESS, IPV6)
    emulator.faults.add(operation=CHANGE, status=403, code="AccessDenied", after=2, times=None)
    result = reap("-j", partial=True)
    told = result.json
    assert result.status == 77 and told["error"]["stage"] == "change" and told["changed"]
    assert len(told["removed"]) == 2 * (150 - told["kept"]) > 0
    assert len(sets(zone)) == 3 * told["kept"]


@pytest.mark.thorough
def test_a_rate_of_five_a_second(reap, emulator, zone, put):
    for number, one in enumerate(ids(150)):
        put(one, None, f"w{number}")
    emulator.rate = emulator.burst = 5
    assert reap().stdout.count("removing") == 150


# Output

def test_dry_run(reap, zone, put, calls):
    put(GONE, "terminated", "web1", ADDRESS, IPV6)
    put_owned(zone, "web2." + ZONE, OTHER)
    before = zone.record_sets()
    result = reap("--dry-run")
    assert result.stdout == (
        f"would remove {NAME} ({ADDRESS}), owner {GONE} is terminated\n"
        f"would remove {NAME} ({IPV6}), owner {GONE} is terminated\n"
        f"would remove _bootname.web2.{ZONE} (no address), owner {OTHER} is unknown\n")
    assert zone.record_sets() == before and CHANGE not in calls("route53")
    assert "<Action>DELETE</Action>" in reap("-nv").stderr


def test_quiet(reap, zone, put):
    put(GONE, "terminated")
    assert reap("-q").stdout == "" and sets(zone) == []
    assert reap("-qj").stdout == ""


def test_verbose(reap, zone, put):
    put(GONE, "terminated")
    put(LIVE, "running", "web2")
    result = reap("-v")
    assert result.stdout == REMOVED
    for words in (zone.id, f"{NAME}: owner {GONE} in eu-west-1 is terminated",
                  f"web2.{ZONE}: owner {LIVE} in eu-west-1 is running", "<Action>DELETE"):
        assert words in result.stderr


@pytest.mark.parametrize("dry", [False, True])
def test_json(reap, zone, put, calls, dry):
    put(GONE, "terminated", "web1", ADDRESS, LONG_IPV6, set_identifier="a \"b\"",
        multi_value=True)
    put_owned(zone, "web2." + ZONE, OTHER)
    put(LIVE, "running", "web3")
    result = reap("-jn" if dry else "--json")
    common = {"owner": GONE, "region": "eu-west-1", "state": "terminated",
              "renamed_to": None}
    assert result.stdout.count("\n") == 1 and result.stdout.endswith("}\n")
    assert result.json == {
        "changed": not dry, "dry_run": dry, "zone_id": zone.id, "kept": 1, "other_accounts": 0, "no_account": 0,
        "removed": [
            {"name": NAME, "type": "A", "set_identifier": 'a "b"', "values": [ADDRESS], **common},
            {"name": NAME, "type": "AAAA", "set_identifier": 'a "b"', "values": [LONG_IPV6],
             **common},
            {"name": "_bootname.web2." + ZONE, "type": "TXT", "set_identifier": None,
             "values": [heritage(OTHER)], "owner": OTHER, "region": "eu-west-1",
             "state": "unknown", "renamed_to": None}],
        "calls": {name: len(calls(name)) for name in ("route53", "ec2", "sts")}}


def test_json_of_nothing_to_do(reap, zone, put, calls):
    put(LIVE, "running")
    assert reap("-j").json == {"changed": False, "dry_run": False, "zone_id": zone.id,
                               "removed": [], "kept": 1,
                               "calls": {"route53": 2, "ec2": 1, "sts": 1},
                               "other_accounts": 0, "no_account": 0}


def test_json_of_more_than_a_page(reap, zone, put):
    for number, one in enumerate(ids(300)):
        put(one, None, f"w{number}")
    assert len(reap("-j").json["removed"]) == 300


def test_hostile_values_are_printable(reap, emulator, zone):
    emulator.faults.add(operation=READ, action="answer", status=200, body=listed(
        "<ResourceRecord><Value>1\x7f\u009b31m\n\u00e9</Value></ResourceRecord>"))
    result = reap("-nv")
    assert re.fullmatch("[ -~\n]+", result.stdout + result.stderr)
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize("option", ["-n", "-j", "-h", "-V"])
def test_output_that_cannot_be_written(reap, zone, put, option):
    put(GONE, "terminated")
    assert reap(option, shell=">/dev/full").status == 71


def test_closed_descriptors(reap, zone, put):
    put(GONE, "terminated")
    assert reap(shell="<&- >&-").status == 0
    assert sets(zone) == []


# The command line

def options():
    source = (ROOT / "helper/reap.c").read_text()
    return (set(re.search(r'getopt_long\(argc, argv, "([\w:]+)"', source)[1].replace(":", "")),
            set(re.findall(r'^\t\{"([a-z-]+)", ', source, re.MULTILINE)))


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(reap, emulator, option):
    result = reap(option, zone=None)
    short, long = options()
    assert result.status == 0 and result.stdout.startswith("usage: bootname-reap ")
    assert short <= set("".join(re.findall(r"-(\w+)\b", result.stdout)))
    assert all(f"--{word}" in result.stdout for word in long)
    assert max(map(len, result.stdout.splitlines())) <= 80 and emulator.requests == []


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version(reap, option):
    assert re.fullmatch(r"bootname-reap \d+\.\d+\.\d+\S*\n", reap(option, zone=None).stdout)


@pytest.mark.parametrize("arguments", [
    (), ("-n",), ("-x",), ("--zone",), ("--zone-id",), ("--zone", ""), ("--zone", "a b"),
    ("--zone", "-x"), ("--zone", "a..b"), ("--zone-id", ""), ("--zone-id", "Z/1/"),
    ("--zone-id", "Z" * 33), ("--zone-id", "Z1?x"), ("--zone", ZONE, "--zone-id", "Z1"),
    ("up", "--zone", ZONE), ("--zone", ZONE, ""), ("--unknown", "--zone", ZONE), ("-c",),
    ("--stopped=yes", "--zone", ZONE), ("-d", "x", "--zone", ZONE),
], ids=lambda arguments: " ".join(arguments) or "none")
def test_wrong_usage(reap, emulator, arguments):
    result = reap(*arguments, zone=None)
    assert result.status == 64 and result.stderr.startswith("bootname-reap: usage: ")
    assert "bootname-reap -h" in result.stderr and emulator.requests == []


def test_wrong_usage_as_json(reap):
    assert reap("-j", zone=None).json["error"]["stage"] == "usage"


@pytest.mark.parametrize("settings", ["ttl: x", "zonee: a.b", f"zone: [{ZONE}]", "- a"])
def test_wrong_settings(reap, emulator, settings):
    result = reap(settings=settings)
    assert result.status == 78 and emulator.requests == []


def test_settings_of_an_instance_will_do(reap, zone, put):
    put(GONE, "terminated")
    assert reap(zone=None, settings=f"zone: {ZONE}\nttl: 30\naction: CREATE\nrecords:\n"
                                    "  - name: a\n  - name: b\n").stdout == REMOVED


def test_a_wrong_region(reap, zone):
    assert reap(env={"AWS_REGION": "eu-west-1.evil.example/"}).status == 78


# Credentials

def ini(user, name="default", more=""):
    text = (f"[{name}]\naws_access_key_id = {user.access_key}\n"
            f"aws_secret_access_key={user.secret_key}\n")
    if user.session_token:
        text += f"aws_session_token = {user.session_token}\n"
    return text + more


@pytest.fixture
def keyless(reap):
    """bootname-reap without keys in the environment, and nowhere near an instance."""
    def run(*arguments, env=None, credentials=None, **more):
        if credentials is not None:
            (reap.folder / ".aws").mkdir(exist_ok=True)
            (reap.folder / ".aws/credentials").write_text(credentials)
        return reap(*arguments, env={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
                                     **NOWHERE, **(env or {})}, **more)
    run.folder, run.user = reap.folder, reap.user
    return run


def test_credentials_of_the_file(keyless, zone, put):
    put(GONE, "terminated")
    assert keyless(credentials=ini(keyless.user)).stdout == REMOVED


def test_credentials_of_a_profile(keyless, emulator, zone, put):
    put(GONE, "terminated")
    text = ini(emulator.user("another")).replace("aws_access_key_id = A", "aws_access_key_id = B")
    result = keyless(credentials=text + ini(keyless.user, "dns admin"),
                     env={"AWS_PROFILE": "dns admin"})
    assert result.stdout == REMOVED


def test_credentials_of_another_file(keyless, zone, put):
    put(GONE, "terminated")
    path = keyless.folder / "keys"
    path.write_text(ini(keyless.user))
    assert keyless(credentials="[default]\n", env={"AWS_SHARED_CREDENTIALS_FILE": str(path)}
                   ).stdout == REMOVED


def test_temporary_credentials_of_a_profile(keyless, emulator, zone, put, instance):
    put(GONE, "terminated")
    assert keyless(credentials=ini(instance.credentials)).stdout == REMOVED
    assert all("x-amz-security-token" in one.headers for one in emulator.requests_of("route53"))


def test_the_environment_comes_first(reap, zone, put):
    put(GONE, "terminated")
    (reap.folder / ".aws").mkdir()
    (reap.folder / ".aws/credentials").write_text("[default]\naws_access_key_id = x\n")
    assert reap(env=NOWHERE).stdout == REMOVED


@pytest.mark.parametrize(("credentials", "env", "said"), [
    (None, {}, "AWS_ACCESS_KEY_ID"), ("", {}, "AWS_ACCESS_KEY_ID"), (None, {"HOME": None}, "role"),
    ("[other]\naws_access_key_id=a\n", {}, "AWS_PROFILE"),
    ("[default]\naws_access_key_id=a\n", {}, "export-credentials"),
    ("[default]\nrole_arn = arn:aws:iam::1:role/x\n", {}, "export-credentials"),
    ("[default]\n", {"AWS_PROFILE": "absent"}, '"absent"'),
    (None, {"AWS_PROFILE": "absent"}, "No such file"),
    (None, {"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}, "/nonexistent"),
    (None, {"AWS_SHARED_CREDENTIALS_FILE": "/dev/zero"}, "/dev/zero"),
    (None, {"AWS_ACCESS_KEY_ID": "a"}, "AWS_ACCESS_KEY_ID"),
], ids=["none", "empty file", "no home", "another profile", "no secret", "a role", "no profile",
        "no file for the profile", "no such file", "a device", "half"])
def test_no_credentials(keyless, emulator, zone, credentials, env, said):
    result = keyless("-j", credentials=credentials, env=env)
    assert result.status == 77 and said in result.stderr
    assert result.json["error"]["stage"] == "credentials"
    assert emulator.requests_of("route53") == []


@pytest.mark.parametrize("variable", [
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI"])
def test_credentials_of_a_pod_are_not_read(keyless, zone, variable):
    result = keyless(env={variable: "/x"})
    assert result.status == 77
    assert result.stderr.endswith("or run on an EC2 instance with a role (in a container: aws ec2 "
                                  "modify-instance-metadata-options --http-put-response-hop-limit 2)"
                                  f"; bootname does not read {variable}\n")


def test_a_refused_key_of_the_environment_is_called_that(reap, emulator, zone):
    result = reap(env={"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"})
    assert result.status == 77 and "AWS_ACCESS_KEY_ID in the environment" in result.stderr


def test_a_refused_key_of_a_profile_is_not_the_environment_s(keyless, emulator, zone):
    text = ini(keyless.user).replace("aws_access_key_id = A", "aws_access_key_id = B")
    result = keyless(credentials=text)
    assert result.status == 77 and "AWS_ACCESS_KEY_ID" not in result.stderr


def test_no_metadata_service_is_no_wait(keyless, emulator, zone, instance):
    """The metadata service's own address is not asked for minutes."""
    endpoint = instance.endpoint
    instance.listener.close()
    result = keyless(env={"AWS_EC2_METADATA_DISABLED": None,
                          "AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint}, limit=8)
    assert result.status == 77 and "AWS_PROFILE" in result.stderr


def test_a_file_of_credentials_is_not_shown(keyless, zone):
    result = keyless("-jv", credentials="[default]\naws_access_key_id = AKIA\n"
                                        "aws_secret_access_key = hunter2 hunter3\n")
    assert result.status == 77 and "hunter" not in result.stdout + result.stderr


@pytest.mark.parametrize(("region", "signed"), [
    ("eu-west-1", "us-east-1"), ("cn-north-1", "cn-northwest-1")])
def test_the_role_of_an_instance(keyless, emulator, zone, put, region, signed):
    put(GONE, "terminated")
    here = emulator.instance(LIVE, region=region)
    result = keyless(env={**here.environment, "AWS_EC2_METADATA_DISABLED": None,
                          "AWS_REGION": None})
    # The emulator is of the partition aws, and refuses what is signed for another.
    assert result.stdout == (REMOVED if signed == "us-east-1" else "")
    assert {one.headers["authorization"].split("/")[2]
            for one in emulator.requests_of("route53")} == {signed}


@pytest.mark.parametrize(("fault", "status", "said"), [
    ({"times": 1, "status": 503}, 0, ""),
    ({"times": None, "action": "hang"}, 77, "hop-limit 2"),
    ({"times": None, "status": 403}, 77, "metadata is off"),
    ({"times": None, "status": 404}, 69, "no IMDSv2 here"),
    ({"times": None, "status": 200, "body": "<html>"}, 65, "the token is none")],
    ids=["busy", "silent", "off", "another service", "no token"])
def test_whether_there_is_metadata_is_asked_for_with_a_token(keyless, emulator, zone, put, fault,
                                                             status, said):
    put(GONE, "terminated")
    here = emulator.instance(LIVE)
    emulator.faults.add(service="imds", operation="PutToken", **fault)
    result = keyless(env={**here.environment, "AWS_EC2_METADATA_DISABLED": None}, limit=8)
    assert (result.status, result.stdout) == (status, "" if status else REMOVED)
    assert said in result.stderr


def test_an_instance_without_a_role(keyless, emulator, zone):
    here = emulator.instance(LIVE, role=None)
    result = keyless(env={**here.environment, "AWS_EC2_METADATA_DISABLED": None}, limit=8)
    assert result.status == 77 and "role" in result.stderr


def test_a_zone_of_another_account(reap, emulator, put):
    """The role is for Route 53; the owners are asked for as oneself."""
    there = emulator.hosted_zone("there.example.com", account="999999999999")
    arn = "arn:aws:iam::999999999999:role/dns"
    emulator.roles[arn] = {"zones": [there], "external_id": "42"}
    emulator.instance(LIVE)
    put_owned(there, "a.there.example.com", LIVE, ADDRESS)
    put_owned(there, "b.there.example.com", GONE, ADDRESS)
    result = reap("-j", "--zone-id", there.id, zone=None,
                  settings=f"role_arn: {arn}\nexternal_id: '42'")
    assert [one["name"] for one in result.json["removed"]] == ["b.there.example.com"]
    assert result.json["calls"]["sts"] == 2     # and GetCallerIdentity
    assert b"RoleSessionName=bootname-reap" in emulator.requests_of("sts")[0].content


@pytest.mark.parametrize(("variables", "region"), [
    ({"AWS_REGION": "cn-north-1"}, "cn-northwest-1"), ({"AWS_REGION": None}, "us-east-1"),
    ({"AWS_REGION": None, "AWS_DEFAULT_REGION": "us-gov-east-1"}, "us-gov-west-1"),
    ({"AWS_REGION": "eu-west-3", "AWS_DEFAULT_REGION": "cn-north-1"}, "us-east-1")])
def test_the_region_tells_the_partition(reap, emulator, zone, variables, region):
    reap("-n", env=variables)
    [request] = emulator.requests_of("route53", LIST)
    assert request.headers["authorization"].split("/")[2] == region


# With the helper itself

def test_a_name_that_an_instance_left_behind_is_free_again(reap, run, on, emulator, zone,
                                                           nameserver, instance):
    name = instance.tags["dnsname"]
    settings = "action: CREATE"
    assert run(settings=settings).status == 0
    instance.state = "running"
    assert reap().stdout == NOTHING
    instance.state = "terminated"
    other = emulator.instance(OTHER, public_ipv4="54.9.9.9", tags={"dnsname": name})
    assert on(other)(settings=settings).status == 73
    result = reap()
    assert result.stdout == (f"removing {name} (54.123.123.123), owner {instance.id} is "
                             "terminated\n")
    assert nameserver(name) == [] and nameserver("_bootname." + name, "TXT") == []
    assert on(other)(settings=settings).status == 0
    assert nameserver(name) == ["54.9.9.9"]
    assert reap().stdout == NOTHING


@pytest.mark.parametrize("routing", ["multivalue", "weighted"])
def test_members_that_were_killed_go_from_their_group(reap, run, on, emulator, zone, nameserver,
                                                      instance, routing):
    name = instance.tags["dnsname"]
    settings = f"action: CREATE\nrouting: {routing}"
    others = [emulator.instance(one, public_ipv4=f"54.9.9.{number}", tags={"dnsname": name})
              for number, one in enumerate(ids(3, 16))]
    for runner in (run, *map(on, others)):
        assert runner(settings=settings).status == 0
    instance.state = others[0].state = "terminated"
    assert reap().stdout.count("removing") == 2
    nameserver(name)
    assert sorted(zone.values(name, "A")) == ["54.9.9.1", "54.9.9.2"]
    assert len(zone.values("_bootname." + name, "TXT")) == 2


def test_it_is_killed_at_any_time(reap, emulator, zone, put):
    """A batch is applied whole or not at all, so nothing is half removed."""
    put(GONE, "terminated", "web1", ADDRESS, IPV6)
    emulator.faults.add(operation=CHANGE, action="hang")
    process = reap.start("--zone", ZONE)
    emulator.wait_request("route53", CHANGE)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(sets(zone)) == 3
    assert reap().stdout.count("removing") == 2


# Documents

def read(path):
    return (ROOT / path).read_text()


def test_manual_describes_every_option_and_no_other():
    page = read("docs/bootname-reap.8")
    part = page[page.index("The options are:") : page.index(".Sh RENAMED")]
    items = "\n".join(re.findall(r"^\.It (Fl .*)$", part, re.MULTILINE))
    assert (set(re.findall(r"Fl (\w)\b", items)),
            set(re.findall(r"Fl -([a-z-]+)", items))) == options()


def test_manual_lists_every_exit_status_and_variable():
    page = read("docs/bootname-reap.8")
    section = page[page.index(".Sh EXIT STATUS") : page.index(".Sh EXAMPLES")]
    statuses = set(re.findall(r"STATUS_\w+ =\s+(\d+)", read("helper/errinfo.h")))
    assert set(re.findall(r"^\.It (\d+)$", section, re.MULTILINE)) == statuses
    for module in ("reap", "reap_profile", "provider", "aws", "http"):
        for name in re.findall(r'"(AWS_[A-Z0-9_]+)"', read(f"helper/{module}.c")):
            assert re.search(rf"\b{name}\b", page), name


def test_policy_allows_the_actions_that_a_run_takes(reap, zone, put, calls):
    put(GONE, "terminated")
    reap()
    allowed = set()
    for statement in json.loads(read("cloud-config/reap-policy.json"))["Statement"]:
        actions = statement["Action"]
        allowed |= {actions} if isinstance(actions, str) else set(actions)
    assert allowed == ({f"route53:{one}" for one in calls("route53")}
                       | {f"ec2:{one}" for one in calls("ec2")})


@pytest.mark.parametrize("path", ["cloud-config/systemd/bootname-reap.service",
                                  "docs/reap-schedule.yaml"])
def test_examples_call_it_as_it_is_called(path):
    lines = re.findall(r"-reap( -.*)$", read(path), re.MULTILINE)
    assert lines
    for line in lines:
        words = set(re.findall(r" --([a-z-]+)", line))
        assert words <= options()[1], line


def test_scheduled_workflow_checks_out_bootname_and_not_its_users_repository():
    [checkout] = [step for step in yaml.safe_load(read("docs/reap-schedule.yaml"))
                  ["jobs"]["reap"]["steps"] if step.get("uses", "").startswith("actions/checkout")]
    owner, _, name = checkout["with"]["repository"].partition("/")
    assert (owner, name) == ("OWNER", "bootname")       # to be filled in
    version = re.search(r"^VERSION \?= (\S+)", read("Makefile"), re.MULTILINE)[1]
    assert checkout["with"]["ref"] == f"v{version}"


# An owner comes back between EC2's answer and the batch

def after_the_first_answer(emulator, do):
    """Do something between EC2's first answer about instances and what follows from it."""
    def then(request, proceed):
        answer = proceed()
        do()
        return answer
    emulator.faults.add(operation=DESCRIBE, action="callback", function=then)


@pytest.mark.parametrize("ipv4", [ADDRESS, "203.0.113.99"], ids=["Elastic IP", "another address"])
def test_a_stopped_instance_that_is_started_meanwhile_keeps_its_name(reap, emulator, zone, put,
                                                                     ipv4):
    put(GONE, "stopped")

    def start():
        emulator.instances[GONE].state = "running"
        zone.put(NAME, "A", [ipv4])
    after_the_first_answer(emulator, start)
    assert reap("--stopped").status == 0
    assert zone.values(NAME, "A") == [ipv4] and zone.values(OWNER, "TXT") == [heritage(GONE)]


def test_a_young_instance_that_ec2_does_not_know_everywhere_keeps_its_name(reap, emulator, zone,
                                                                           put):
    put(GONE, "running")
    emulator.instances[GONE].visible = False
    after_the_first_answer(emulator, lambda: setattr(emulator.instances[GONE], "visible", True))
    assert reap().status == 0
    assert zone.values(NAME, "A") == [ADDRESS]


def test_after_a_refused_batch_the_owner_is_asked_for_again(reap, emulator, zone, put):
    """It is started between the second answer and the batch, and publishes a new address."""
    put(GONE, "stopped")

    def start(request, proceed):
        emulator.instances[GONE].state = "running"
        zone.put(NAME, "A", ["203.0.113.99"])
    emulator.faults.add(operation=CHANGE, action="callback", function=start)
    assert reap("--stopped").status == 0
    assert zone.values(NAME, "A") == ["203.0.113.99"]
    assert zone.values(OWNER, "TXT") == [heritage(GONE)]


def test_an_instance_that_ec2_forgets_for_a_moment_keeps_its_name(reap, emulator, zone, put):
    """EC2 says that it is stopped, and then that it does not exist: that is nothing clear."""
    put(GONE, "stopped")
    after_the_first_answer(emulator, lambda: setattr(emulator.instances[GONE], "visible", False))
    assert reap("--stopped").status == 0
    assert zone.values(NAME, "A") == [ADDRESS]


@pytest.mark.parametrize(("status", "code"), [(503, "ServiceUnavailable"), (400, "Throttling")])
@pytest.mark.parametrize("state", ["running", "stopped"])
def test_before_a_batch_is_sent_again_the_owner_is_asked_for_again(reap, emulator, zone, put, status,
                                                                   code, state):
    """It is started between two tries of the batch, and its Elastic IP is the same."""
    put(GONE, "stopped")

    def start(request, proceed):
        emulator.instances[GONE].state = state
        return Answer(status, f"<E><Error><Code>{code}</Code></Error></E>".encode(), {})
    emulator.faults.add(operation=CHANGE, action="callback", function=start)
    assert reap("--stopped").status == 0
    assert zone.values(NAME, "A") == ([ADDRESS] if state == "running" else [])
    assert len(asked(emulator)) == 3


# Accounts

THEIRS = "210987654321"
LEFT = "1 owner records name instances of other accounts: left alone\n"


@pytest.mark.parametrize("state", ["running", "terminated", "unknown"])
def test_instances_of_another_account_keep_their_names(reap, emulator, zone, put, state):
    """This account's EC2 knows none of them."""
    put_owned(zone, "theirs." + ZONE, OTHER, ADDRESS, account=THEIRS)
    if state != "unknown":
        emulator.instance(OTHER, state=state, account=THEIRS)
    put(GONE, "terminated")
    assert reap().stdout == REMOVED + LEFT
    assert zone.values("theirs." + ZONE, "A") == [ADDRESS] and not zone.values(NAME, "A")
    assert zone.values("_bootname.theirs." + ZONE, "TXT") == [heritage(OTHER, account=THEIRS)]
    assert asked(emulator) == [(1, "eu-west-1")]
    assert reap("-j").json["other_accounts"] == 1


def test_an_owner_record_of_0_1_0_is_judged_as_before_and_counted(reap, zone, put):
    put(GONE, "terminated")
    put_owned(zone, NAME, GONE, ADDRESS, account=None)
    assert reap().stdout == REMOVED + "1 owner records name no account: judged by this one's EC2\n"


@pytest.mark.parametrize("fault", [{"status": 403, "code": "InvalidClientTokenId"},
                                   {"status": 200, "body": "<GetCallerIdentityResponse/>"}])
def test_without_its_own_account_nothing_that_names_one_is_removed(reap, emulator, zone, put,
                                                                   fault):
    put(GONE, "terminated")
    put_owned(zone, "old." + ZONE, GONE, ADDRESS, account=None)
    emulator.faults.add(operation="GetCallerIdentity", times=None, **fault)
    result = reap(partial=True, settings="timeout: 5")
    assert result.status != 0 and "owners with an account are left alone" in result.stderr
    assert zone.values("old." + ZONE, "A") == [] and zone.values(NAME, "A") == [ADDRESS]
