"""The IAM policies that we show, enforced: what bootname does passes, and nothing else does."""

import json
import os
import re
import string
import subprocess
import sys

import botocore
import pytest
from conftest import ROOT, denial, heritage, put_owned
from test_reap import Reaper

ZONE = "ec2.example.com"
NAME, OWNER = f"webdev1.{ZONE}", f"_bootname.webdev1.{ZONE}"
OTHER = "i-0fff9999eee888877"
ADDRESS, OLD, IPV6 = "54.123.123.123", "54.9.9.9", "2001:db8::17"
SET = f"setting {NAME} to {ADDRESS}\n"
POLICY, REAP = "dns-update-policy.json", "reap-policy.json"
FIND, READ, CHANGE = (f"route53:{one}" for one in (
    "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"))
ROLE = "arn:aws:iam::999999999999:role/dns-writer"


def filled(file, zone):
    """A policy that we show, made for a zone."""
    text = (ROOT / "cloud-config" / file).read_text()
    return text.replace("ZONEID", zone.id).replace(ZONE, zone.name.removesuffix("."))


def allow(action, resource="*", condition=None):
    """A policy that allows one thing more."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return {"Version": "2012-10-17",
            "Statement": [statement | ({"Condition": condition} if condition else {})]}


def arn(zone):
    return f"arn:aws:route53:::hostedzone/{zone.id}"


@pytest.fixture
def attach(emulator, instance):
    """Attaches the instances' policy for a zone, and what it is to allow beside: attach(zone)."""
    def to_role(zone, *more):
        emulator.attach_policy(instance.role_arn, filled(POLICY, zone), *more)
    return to_role


@pytest.fixture
def standing(emulator):
    """Every record set of every zone."""
    return lambda: {zone.id: zone.record_sets() for zone in emulator.zones.sorted()}


def is_denied(result, action, resource):
    """Whether a run ended because of one permission, and said so: AWS's words and ours."""
    why = (f"because no identity-based policy allows the {action} action",
           "with an explicit deny in an identity-based policy")
    return (result.status == 77 and "not authorized to perform: " in result.stderr
            and any(one in result.stderr for one in why)
            and f"the role's policy must allow {action} on {resource}\n" in result.stderr)


# What bootname does

# The commands, one after the other, and what each says of the name; MOVE: the address changes.
# `check` is in test_check.py, which has the DNS for it.
MOVE = None
COMMANDS = [
    (["-n"], "would set {}"), (["up"], "setting {}"), (["up"], "(setting|{} is already)"),
    MOVE, (["-n", "up"], "would set {}"), (["up"], "setting {}"),
    (["-n", "down"], "would remove {}"), (["down"], "removing {}"),
    (["down"], "{} is not there")]
SETTINGS = {
    "UPSERT": "{}", "UPSERT by zone": f"zone: {ZONE}", "UPSERT by zone id": "zone_id: ZONEID",
    "UPSERT with owner record": "owner_record: true", "CREATE": "action: CREATE",
    "CREATE by zone id": "action: CREATE\nzone_id: ZONEID",
    "multivalue": "routing: multivalue", "weighted": "routing: weighted\nweight: 5",
    "multivalue with owner record": "routing: multivalue\nowner_record: true",
    "CREATE and multivalue": "action: CREATE\nrouting: multivalue"}
NAMES = {"deep": f"a.b.c.{ZONE}", "digit": f"0.{ZONE}", "last letter": f"z.{ZONE}",
         "underscore inside": f"web_1.{ZONE}", "capitals": f"WebDev1.{ZONE.upper()}"}
RUNS = ({case: (NAME, settings) for case, settings in SETTINGS.items()}
        | {case: (name, "action: CREATE") for case, name in NAMES.items()})


def lives(run, emulator, zone, instance, name, settings):
    """An instance's commands, one after the other, none of which is denied."""
    instance.tags["dnsname"], instance.ipv6 = name, IPV6
    for row in COMMANDS:
        if row is MOVE:
            instance.stop()
            instance.start("54.200.20.2")
            instance.ipv6 = "2001:db8::99"
            continue
        arguments, said = row
        result = run(*arguments, settings=settings.replace("ZONEID", zone.id))
        assert result.status == 0, result
        assert re.match(said.format(re.escape(name.lower())), result.stdout), (arguments, result)
        if row is COMMANDS[1]:
            assert (zone.values(name, "A"), zone.values(name, "AAAA")) == ([ADDRESS], [IPV6])
    assert [one.type for one in zone.record_sets()] == ["NS", "SOA"]
    assert {one.error_code for one in emulator.requests_of("route53")} == {None}


@pytest.mark.parametrize(("name", "settings"), RUNS.values(), ids=RUNS)
def test_what_bootname_does_is_allowed(run, emulator, attach, zone, instance, name, settings):
    attach(zone)
    lives(run, emulator, zone, instance, name, settings)


# What docs/security.md says to change in the policy for other names

def also(zone, *patterns, but=None):
    """The policy with more names allowed, and one pattern of its Deny left out."""
    policy = json.loads(filled(POLICY, zone))
    allowed, denied = (one["Condition"] for one in policy["Statement"][-2:])
    allowed["ForAllValues:StringLike"][f"{CHANGE}NormalizedRecordNames"] += patterns
    if but:
        denied["ForAnyValue:StringLike"][f"{CHANGE}NormalizedRecordNames"].remove(but)
    return policy


OPTIONS = {
    # name; patterns to add; pattern of the Deny that goes
    "wildcard": (f"*.{ZONE}", [f"\\052.{ZONE}"], "*\\*"),
    "wildcard below": (f"*.web.{ZONE}", [f"\\052.*.{ZONE}"], "*\\*"),
    "apex": (ZONE, [ZONE, f"_bootname.{ZONE}"], None),
}


@pytest.mark.parametrize(("name", "patterns", "but"), OPTIONS.values(), ids=OPTIONS)
def test_other_names_can_be_allowed(run, emulator, zone, instance, name, patterns, but):
    emulator.attach_policy(instance.role_arn, also(zone, *patterns, but=but))
    lives(run, emulator, zone, instance, name, "action: CREATE")


@pytest.mark.parametrize(("name", "patterns", "but"), OPTIONS.values(), ids=OPTIONS)
def test_the_page_on_security_shows_what_allows_them(name, patterns, but):
    page = (ROOT / "docs/security.md").read_text()
    for pattern in patterns:
        assert f"`{json.dumps(pattern)}`" in page
    assert but is None or f"`{json.dumps(but)}`" in page


def test_records_of_two_zones_need_two_policies(run, emulator, attach, zone, standing):
    other = emulator.hosted_zone("example.org")
    before = standing()
    settings = f"records:\n- name: {NAME}\n- name: www.example.org\n"
    attach(zone)
    result = run(settings=settings, partial=True)
    assert is_denied(result, CHANGE, arn(other)), result
    assert zone.values(NAME, "A") == [ADDRESS]
    assert other.record_sets() == before[other.id]
    attach(zone, filled(POLICY, other))
    assert run(settings=settings).status == 0
    assert other.values("www.example.org", "A") == [ADDRESS]


# The README's "Other settings need more"

def needs():
    """The rows of the README: setting -> the statements that it needs, one for each action."""
    text = (ROOT / "README.md").read_text()
    table = text.partition("| setting | allow as well |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = {}
    for line in table.splitlines():
        _, setting, cell, _ = line.split("|")
        *actions, resource = re.findall("`([^`]+)`", cell)
        rows[setting.strip()] = [allow(action, resource) for action in actions]
    return rows


def taken_over(emulator, instance):
    zone = emulator.hosted_zone(ZONE)
    emulator.instance(OTHER, state="stopped")
    put_owned(zone, NAME, OTHER, OLD)
    return zone, "action: CREATE\ntake_over: stopped"


def tags_off(emulator, instance):
    instance.tags_in_metadata = False
    return emulator.hosted_zone(ZONE), "{}"


def waiting(emulator, instance):
    return emulator.hosted_zone(ZONE), "wait: true"


def private_zones(emulator, instance):
    emulator.hosted_zone(ZONE, private=True, vpcs=[("eu-west-1", "vpc-2")])
    return (emulator.hosted_zone(ZONE, private=True, vpcs=[("eu-west-1", "vpc-1")]),
            "visibility: private")


NEEDS = needs()
WORLDS = {"`take_over`": taken_over, "tags that are off in the metadata": tags_off,
          "`wait`": waiting, "several private zones of one name": private_zones}


def test_every_row_of_the_readme_is_tried():
    assert list(NEEDS) == list(WORLDS) and all(NEEDS.values())


@pytest.mark.parametrize("setting", WORLDS)
def test_settings_that_need_more_work_with_it(run, emulator, attach, instance, setting):
    zone, settings = WORLDS[setting](emulator, instance)
    attach(zone, *NEEDS[setting])
    assert run(settings=settings).stdout == SET
    assert zone.values(NAME, "A") == [ADDRESS]


@pytest.mark.parametrize(("setting", "left_out"), [
    (setting, number) for setting in NEEDS for number in range(len(NEEDS[setting]))])
def test_settings_that_need_more_are_denied_without(run, emulator, attach, instance, standing,
                                                    setting, left_out):
    zone, settings = WORLDS[setting](emulator, instance)
    rest = list(NEEDS[setting])
    [statement] = rest.pop(left_out)["Statement"]
    attach(zone, *rest)
    before = standing()
    result = run(settings=settings)
    assert result.status == 77, result
    assert f"allows the {statement['Action']} action" in result.stderr
    if setting == "`wait`":             # what it waits for has been done
        assert zone.values(NAME, "A") == [ADDRESS]
        assert "arn:aws:route53:::change/C" in result.stderr
    else:
        assert standing() == before


def test_an_assumed_role_changes_the_zone_and_the_instance_s_own_asks_ec2(
        run, emulator, attach, zone, instance, standing):
    emulator.roles[ROLE] = {"zones": [zone]}
    emulator.instance(OTHER, state="stopped")
    put_owned(zone, NAME, OTHER, OLD)
    settings = f"action: CREATE\ntake_over: stopped\nrole_arn: {ROLE}"
    before = standing()
    own = [allow("sts:AssumeRole", ROLE), allow("ec2:DescribeInstances")]
    emulator.attach_policy(ROLE, filled(POLICY, zone))
    for left_out, action in enumerate(["sts:AssumeRole", "ec2:DescribeInstances"]):
        emulator.attach_policy(instance.role_arn, own[1 - left_out])
        result = run(settings=settings)
        assert result.status == 77 and f"allows the {action} action" in result.stderr, result
    emulator.attach_policy(instance.role_arn, *own)
    emulator.attach_policy(ROLE)
    result = run(settings=settings)
    assert result.status == 77 and f"allows the {FIND} action" in result.stderr, result
    assert standing() == before
    emulator.attach_policy(ROLE, filled(POLICY, zone))
    assert run(settings=settings).stdout == SET


def test_the_least_that_an_upsert_needs(run, emulator, zone, instance, standing):
    least = allow(CHANGE, arn(zone), {
        "ForAllValues:StringLike": {f"{CHANGE}NormalizedRecordNames": [NAME]},
        "ForAllValues:StringEquals": {f"{CHANGE}RecordTypes": ["A"], f"{CHANGE}Actions": "UPSERT"},
        "Null": {f"{CHANGE}Actions": False}})
    emulator.attach_policy(instance.role_arn, least)
    settings = f"zone_id: {zone.id}"
    assert run(settings=settings).stdout == SET
    before = standing()
    assert is_denied(run("down", settings=settings), READ, arn(zone))
    assert is_denied(run(settings=settings + "\naction: CREATE"), READ, arn(zone))
    assert is_denied(run(settings="{}"), FIND, "*")
    instance.ipv6 = IPV6
    assert is_denied(run(settings=settings), CHANGE, arn(zone))
    assert standing() == before


# What bootname is told to do and may not

FORBIDDEN = {
    # command, name, settings; the permission, and of which zone
    "apex": ("up", ZONE, "{}", CHANGE, ZONE),
    "apex, CREATE": ("up", ZONE, "action: CREATE", CHANGE, ZONE),
    "apex, down": ("down", ZONE, "{}", CHANGE, ZONE),
    "another zone": ("up", "www.example.org", "{}", CHANGE, "example.org"),
    "another zone, CREATE": ("up", "www.example.org", "action: CREATE", READ, "example.org"),
    "another zone, down": ("down", "www.example.org", "{}", READ, "example.org"),
    "another zone, by id": ("up", NAME, "zone_id: ZONEID", CHANGE, "example.org"),
    "wildcard": ("up", f"*.{ZONE}", "{}", CHANGE, ZONE),
    "wildcard below": ("up", f"*.web.{ZONE}", "{}", CHANGE, ZONE),
    "underscore": ("up", f"_web.{ZONE}", "{}", CHANGE, ZONE),
    "underscore below": ("up", f"web._tcp.{ZONE}", "{}", CHANGE, ZONE),
    "underscore, CREATE": ("up", f"_web.{ZONE}", "action: CREATE", CHANGE, ZONE),
    "underscore, down": ("down", f"_web.{ZONE}", "{}", CHANGE, ZONE),
    "zone above": ("up", "web.example.com", "{}", CHANGE, "example.com"),
    "zone below": ("up", f"web.sub.{ZONE}", "{}", CHANGE, f"sub.{ZONE}"),
}


@pytest.mark.parametrize(("command", "name", "settings", "action", "where"), FORBIDDEN.values(),
                         ids=FORBIDDEN)
def test_other_names_and_zones_are_denied(run, emulator, attach, zone, instance, standing, command,
                                          name, settings, action, where):
    zones = {one: emulator.hosted_zone(one)
             for one in ("example.org", "example.com", f"sub.{ZONE}")} | {ZONE: zone}
    attach(zone)
    instance.tags["dnsname"] = name
    for one in zones.values():
        one.put(name, "A", [ADDRESS if command == "down" else OLD])
        one.put(f"_bootname.{name}", "TXT", [heritage(instance.id)])
    before = standing()
    result = run(command, settings=settings.replace("ZONEID", zones["example.org"].id))
    assert is_denied(result, action, arn(zones[where])), result
    assert standing() == before


NARROWER = {
    # in the policy, instead of it; settings
    "names": ('"w*.', '"db-*.', "{}"),
    "owner records": ('"_bootname.*.', '"_bootname.db-*.', "action: CREATE"),
    "no owner records": ('"AAAA", "TXT"', '"AAAA"', "action: CREATE"),
    "no IPv6": ('"A", "AAAA"', '"A"', "{}"),
    "no CREATE": ('"CREATE", ', "", "action: CREATE"),
    "no UPSERT": ('"UPSERT", ', "", "{}"),
    "no DELETE": (', "DELETE"', "", "action: CREATE"),
}


@pytest.mark.parametrize(("wide", "narrow", "settings"), NARROWER.values(), ids=NARROWER)
def test_less_can_be_allowed(run, emulator, attach, zone, instance, standing, wide, narrow,
                             settings):
    instance.ipv6 = IPV6
    if "CREATE" in settings:            # what is ours is deleted and created
        put_owned(zone, NAME, instance.id, OLD)
    policy = filled(POLICY, zone)
    assert wide in policy
    emulator.attach_policy(instance.role_arn, policy.replace(wide, narrow))
    before = standing()
    assert is_denied(run(settings=settings), CHANGE, arn(zone))
    assert standing() == before
    attach(zone)
    assert run(settings=settings).status == 0


# What somebody else does with the role's credentials

def change(action, name, kind, *values):
    """A change of a batch."""
    return {"Action": action, "ResourceRecordSet": {
        "Name": name, "Type": kind, "TTL": 60,
        "ResourceRecords": [{"Value": value} for value in values]}}


GOOD = change("UPSERT", NAME, "A", "192.0.2.1")
ALLOWED = {
    "UPSERT A": [GOOD],
    "CREATE AAAA": [change("CREATE", NAME, "AAAA", IPV6)],
    "UPSERT TXT": [change("UPSERT", OWNER, "TXT", '"x"')],
    "DELETE A": [change("DELETE", f"old.{ZONE}", "A", OLD)],
    "every first character": [change("UPSERT", f"{one}.{ZONE}", "A", OLD)
                              for one in string.ascii_lowercase + string.digits],
    "capitals": [change("UPSERT", f"WEB.{ZONE.upper()}.", "A", OLD)],
    "several": [GOOD, change("CREATE", OWNER, "TXT", '"x"'),
                change("DELETE", f"old.{ZONE}", "A", OLD)],
}
# What proves the whole zone, or a name in it, or says how its mail is to be judged; each with a
# relative that gets around a list of such names.
PROOFS = {
    "certificates of the zone": "_acme-challenge", "another authority": "_dnsauth",
    "a third authority": "_globalsign-domain-verification", "mail": "_validation-contactemail",
    "any other label": "_x", "no more than an underscore": "_", "DMARC": "_dmarc",
    "DMARC reports": "example.org._report._dmarc", "MTA-STS": "_mta-sts", "BIMI": "default._bimi",
    "TLS-RPT": "_smtp._tls", "DKIM": "x._domainkey", "capitals": "_Acme-Challenge",
    "in octal": "\\137acme-challenge", "in octal below": "a.\\137b",
    "the zone as owner": "_bootname",
    "certificates of another name": "_acme-challenge.webdev1", "below": "a.b._c",
    "below an owner": "_bootname._acme-challenge", "deep below an owner": "_bootname.x._y",
    "an owner's owner": "_bootname._bootname.webdev1", "alike an owner": "_bootnamex.webdev1",
    "wildcard": "*", "wildcard below": "*.webdev1", "wildcard in octal": "\\052",
    "wildcard of keys": "*._domainkey", "owner of a wildcard": "_bootname.*",
    "asterisk": "a.*.b", "dot in a label": "a\\056b", "blank": "a\\040b", "hyphen": "-x",
}
SOA = "ns-311.awsdns-55.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 60"
REFUSED = {
    "NS": [change("UPSERT", f"sub.{ZONE}", "NS", "ns1.example.net.")],
    "NS in place of a name": [change("CREATE", f"web.{ZONE}", "NS", "ns1.example.net.")],
    "NS of the zone": [change("UPSERT", ZONE, "NS", "ns1.example.net.")],
    "SOA": [change("UPSERT", ZONE, "SOA", SOA)],
    "CNAME": [change("UPSERT", f"web.{ZONE}", "CNAME", "www.example.net.")],
    "MX": [change("UPSERT", f"web.{ZONE}", "MX", "10 mail.example.net.")],
    "SRV": [change("UPSERT", f"sip.{ZONE}", "SRV", "1 1 5060 sip.example.net.")],
    "CAA": [change("UPSERT", f"web.{ZONE}", "CAA", '0 issue "example.net"')],
    "DELETE CNAME": [change("DELETE", f"alias.{ZONE}", "CNAME", "www.example.net.")],
    "apex A": [change("UPSERT", ZONE, "A", OLD)],
    "apex A, capitals": [change("UPSERT", f"{ZONE.upper()}.", "A", OLD)],
    "apex A, in octal": [change("UPSERT", f"\\145c2.{ZONE.partition('.')[2]}", "A", OLD)],
    "apex AAAA": [change("CREATE", ZONE, "AAAA", IPV6)],
    "apex TXT": [change("UPSERT", ZONE, "TXT", '"v=spf1 +all"')],
    "mixed, the last one": [GOOD, change("UPSERT", f"web.{ZONE}", "CNAME", "www.example.net.")],
    "mixed, the first one": [change("UPSERT", f"sub.{ZONE}", "NS", "ns1.example.net."), GOOD],
    "mixed, the name": [GOOD, change("UPSERT", ZONE, "A", OLD)],
}
ELSEWHERE = {
    "another zone's name": [change("UPSERT", "www.example.org", "A", OLD)],
    "name with the zone in front": [change("UPSERT", f"{ZONE}.example.org", "A", OLD)],
    "name that ends alike": [change("UPSERT", f"x{ZONE}", "A", OLD)],
    "mixed": [GOOD, change("UPSERT", "www.example.org", "A", OLD)],
}


def denied(instance, action, resource=None):
    """What AWS answers where the role lacks a permission."""
    on = f" on resource: {resource}" if resource else ""
    return (403, "AccessDenied",
            f"User: arn:aws:sts::123456789012:assumed-role/bootname-role/{instance.id} is not "
            f"authorized to perform: {action}{on} because no identity-based policy allows the "
            f"{action} action")


@pytest.fixture
def submit(attach, zone, instance, client):
    """Sends a batch to a zone with the role's credentials, as a process on the instance can."""
    attach(zone)
    zone.put(f"old.{ZONE}", "A", [OLD])
    zone.put(f"alias.{ZONE}", "CNAME", ["www.example.net."])
    own = client(instance.credentials)

    def send(changes, to=zone):
        return own.change_resource_record_sets(HostedZoneId=to.id,
                                               ChangeBatch={"Changes": changes})
    return send


@pytest.mark.parametrize("changes", ALLOWED.values(), ids=ALLOWED)
def test_changes_that_the_policy_is_for(submit, standing, changes):
    before = standing()
    assert submit(changes)["ChangeInfo"]["Status"] == "PENDING"
    assert standing() != before


@pytest.mark.thorough(but=["MTA-STS", "wildcard", "any other label"])
@pytest.mark.parametrize("beside", [[], [GOOD], [change("CREATE", OWNER, "TXT", '"x"')]],
                         ids=["alone", "beside an address", "beside an owner"])
@pytest.mark.parametrize("label", PROOFS.values(), ids=PROOFS)
def test_what_proves_more_than_an_instance_s_name_is_denied(submit, emulator, zone, standing,
                                                            label, beside):
    changes = [*beside, change("UPSERT", f"{label}.{ZONE}", "TXT", '"x"')]
    before = standing()
    assert denial(submit, changes=changes)[:2] == (403, "AccessDenied")
    assert standing() == before
    emulator.policies.clear()
    submit(changes)
    assert standing() != before


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_other_types_and_names_are_denied_and_not_by_the_zone(submit, emulator, zone, instance,
                                                              standing, changes):
    before = standing()
    assert denial(submit, changes=changes) == denied(instance, CHANGE, arn(zone))
    assert standing() == before
    emulator.policies.clear()
    submit(changes)
    assert standing() != before


# Broken on purpose: the rows above have to show it

def without_deny(policy):
    del policy["Statement"][-1]


def denying(*patterns):
    def mutate(policy):
        policy["Statement"][-1]["Condition"] = {
            "ForAnyValue:StringLike": {f"{CHANGE}NormalizedRecordNames": [*patterns]}}
    return mutate


def allowing(*patterns):
    def mutate(policy):
        names = policy["Statement"][-2]["Condition"]["ForAllValues:StringLike"]
        names[f"{CHANGE}NormalizedRecordNames"] += patterns
    return mutate


def for_all(policy):
    condition = policy["Statement"][-1]["Condition"]
    condition["ForAllValues:StringLike"] = condition.pop("ForAnyValue:StringLike")


MUTATIONS = {
    # what is done to the policy; the label that gets through
    "no Deny": (without_deny, "x._domainkey"), "for all": (for_all, "x._domainkey"),
    "no escapes": (denying("*._*"), "a\\056b"), "no labels": (denying("*\\*"), "_bootname.x._y"),
    "one label": (denying("*._domainkey.*", "*\\*"), "default._bimi"),
    "all names": (allowing(f"*.{ZONE}"), "_acme-challenge"),
    "underscores": (allowing(f"_*.{ZONE}"), "_dnsauth"),
    "owners without a name": (allowing(f"_bootname*.{ZONE}"), "_bootname"),
    "hyphens": (allowing(f"?*.{ZONE}"), "-x"),
}


@pytest.mark.parametrize(("mutate", "label"), MUTATIONS.values(), ids=MUTATIONS)
def test_a_policy_that_says_less_lets_them_through(submit, emulator, zone, instance, mutate, label):
    assert label in PROOFS.values()
    changes = [GOOD, change("UPSERT", f"{label}.{ZONE}", "TXT", '"x"')]
    assert denial(submit, changes=changes)[:2] == (403, "AccessDenied")
    policy = json.loads(filled(POLICY, zone))
    mutate(policy)
    emulator.attach_policy(instance.role_arn, policy)
    submit(changes)


@pytest.mark.parametrize("changes", ELSEWHERE.values(), ids=ELSEWHERE)
def test_names_that_are_not_the_zone_s_are_denied_before_the_zone_sees_them(
        submit, emulator, zone, instance, standing, changes):
    before = standing()
    assert denial(submit, changes=changes) == denied(instance, CHANGE, arn(zone))
    emulator.policies.clear()
    assert denial(submit, changes=changes)[1] == "InvalidChangeBatch"
    assert standing() == before


@pytest.mark.parametrize("name", ["example.org", "example.com", f"sub.{ZONE}", ZONE],
                         ids=["other", "above", "below", "same name"])
def test_another_zone_is_denied(submit, emulator, instance, standing, name):
    other = emulator.hosted_zone(name)
    changes = [change("UPSERT", f"web.{name}", "A", OLD)]
    before = standing()
    assert denial(submit, changes=changes, to=other) == denied(instance, CHANGE, arn(other))
    assert standing() == before
    emulator.policies.clear()
    submit(changes, to=other)


CALLS = {
    # operation, arguments (ZONE: our zone, OTHER: another), what it is on
    "delete the zone": ("DeleteHostedZone", {"Id": "ZONE"}, "hostedzone/ZONE"),
    "make a zone": ("CreateHostedZone", {"Name": "example.net", "CallerReference": "x"}, None),
    "list all zones": ("ListHostedZones", {}, None),
    "see another zone": ("GetHostedZone", {"Id": "OTHER"}, "hostedzone/OTHER"),
    "read another zone": ("ListResourceRecordSets", {"HostedZoneId": "OTHER"},
                          "hostedzone/OTHER"),
    "read a zone that is not there": ("ListResourceRecordSets", {"HostedZoneId": "Z0000"},
                                      "hostedzone/Z0000"),
    "see a change": ("GetChange", {"Id": "C0000"}, "change/C0000"),
    "list a VPC's zones": ("ListHostedZonesByVPC", {"VPCId": "vpc-1", "VPCRegion": "eu-west-1"},
                           None),
}


@pytest.mark.parametrize(("operation", "arguments", "resource"), CALLS.values(), ids=CALLS)
def test_other_calls_are_denied(emulator, attach, client, zone, instance, standing, operation,
                                arguments, resource):
    attach(zone)
    ids = {"ZONE": zone.id, "OTHER": emulator.hosted_zone("example.org").id}
    before = standing()
    call = getattr(client(instance.credentials), botocore.xform_name(operation))
    on = resource and "arn:aws:route53:::" + re.sub("ZONE|OTHER", lambda m: ids[m[0]], resource)
    assert denial(call, **{key: ids.get(value, value) for key, value in arguments.items()}) \
        == denied(instance, f"route53:{operation}", on)
    assert standing() == before


def test_what_the_policy_lets_see(attach, client, zone, instance):
    attach(zone)
    own = client(instance.credentials)
    assert own.get_hosted_zone(Id=zone.id)["DelegationSet"]["NameServers"]
    assert len(own.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]) == 2
    assert own.list_hosted_zones_by_name()["HostedZones"][0]["Id"] == f"/hostedzone/{zone.id}"


# bootname-reap

@pytest.fixture
def reap(emulator, zone, tmp_path):
    """bootname-reap, as a user who has its policy."""
    reaper = Reaper(emulator, tmp_path)
    emulator.attach_policy(reaper.user.arn, filled(REAP, zone))
    return reaper


@pytest.mark.parametrize("zone_options", [("--zone", ZONE), ("--zone-id", "ZONEID")],
                         ids=["by name", "by id"])
@pytest.mark.parametrize("options", [("-n",), ("--stopped",), ()], ids=str)
def test_what_bootname_reap_does_is_allowed(reap, emulator, zone, options, zone_options):
    emulator.instance(OTHER, state="stopped" if options == ("--stopped",) else "terminated")
    put_owned(zone, NAME, OTHER, OLD, IPV6)
    put_owned(zone, f"*.{ZONE}", OTHER, OLD)
    put_owned(zone, f"group.{ZONE}", OTHER, OLD, set_identifier=OTHER, multi_value=True)
    before = zone.record_sets()
    result = reap(*options, *(one.replace("ZONEID", zone.id) for one in zone_options), zone=None)
    assert result.status == 0, result
    assert result.stdout.count(OTHER) == 4
    assert (zone.record_sets() == before) == ("-n" in options)
    assert "-n" in options or [one.type for one in zone.record_sets()] == ["NS", "SOA"]


@pytest.mark.parametrize("action", ["ec2:DescribeInstances", FIND, READ, CHANGE])
def test_bootname_reap_needs_all_of_its_policy(reap, emulator, zone, standing, action):
    emulator.instance(OTHER, state="terminated")
    put_owned(zone, NAME, OTHER, OLD)
    policy = filled(REAP, zone)
    assert f'"{action}"' in policy
    emulator.attach_policy(reap.user.arn, policy.replace(f'"{action}"', '"iam:GetUser"'))
    before = standing()
    result = reap()
    assert result.status == 77 and f"allows the {action} action" in result.stderr, result
    assert standing() == before


REAPER_REFUSED = {
    "UPSERT": [GOOD], "CREATE": [change("CREATE", NAME, "AAAA", IPV6)],
    "DELETE and CREATE": [change("DELETE", f"old.{ZONE}", "A", OLD),
                          change("CREATE", f"old.{ZONE}", "A", "192.0.2.1")],
    "DELETE CNAME": [change("DELETE", f"alias.{ZONE}", "CNAME", "www.example.net.")],
}


@pytest.mark.parametrize("changes", REAPER_REFUSED.values(), ids=REAPER_REFUSED)
def test_a_reaper_can_only_delete(reap, emulator, zone, client, standing, changes):
    zone.put(f"old.{ZONE}", "A", [OLD])
    zone.put(f"alias.{ZONE}", "CNAME", ["www.example.net."])
    before = standing()
    arguments = {"HostedZoneId": zone.id, "ChangeBatch": {"Changes": changes}}
    own = client(reap.user)
    assert denial(own.change_resource_record_sets, **arguments)[:2] == (403, "AccessDenied")
    assert standing() == before
    emulator.policies.clear()
    own.change_resource_record_sets(**arguments)


# By hand

def test_the_emulator_by_hand_takes_a_policy(run, instance):
    process = subprocess.Popen(
        [sys.executable, ROOT / "tests/aws", "--no-nameserver", "--policy",
         ROOT / "cloud-config" / POLICY], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        exports = {}
        for line in process.stdout:
            key, _, value = line.removeprefix("export ").strip().partition("=")
            exports[key] = value
            if key == "EMULATOR":
                break
        here = exports["EMULATOR"] + "/"

        def control(method, path, body=""):
            subprocess.run(["curl", "-fsS", "-X", method, here + path, "-d", body], check=True,
                           stdout=subprocess.DEVNULL, timeout=20)

        assert run(env=exports).stdout == SET
        control("PUT", f"instances/{instance.id}/tags/dnsname", ZONE)
        result = run(env=exports)
        assert result.status == 77 and f"allows the {CHANGE} action" in result.stderr
        control("DELETE", "policies/bootname-role")
        assert run(env=exports).stdout == (f"removing {NAME} ({ADDRESS})\n"
                                           f"setting {ZONE} to {ADDRESS}\n")
        control("PUT", "policies/bootname-role", json.dumps(allow("ec2:DescribeTags")))
        result = run(env=exports)
        assert result.status == 77 and f"allows the {FIND} action" in result.stderr
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
