"""A permission for one's own name only: session_tag, and the policies that go with it, enforced."""

import json

import pytest
from conftest import ROOT, denial

ZONE = "ec2.example.com"
OWN, OTHER = "i-0123456789abcdef0", "i-0fff9999eee888877"
ADDRESS, OTHER_ADDRESS = "54.123.123.123", "54.9.9.9"
CHANGE = "route53:ChangeResourceRecordSets"
ROLE = "arn:aws:iam::123456789012:role/own-names"
SETTINGS = f"name: '{{instance-id}}'\nzone: {ZONE}\nrole_arn: {ROLE}\nsession_tag: true\n"
ASSUME = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": ROLE}]}


def shown(file):
    return (ROOT / "cloud-config" / file).read_text()


@pytest.fixture
def own_names(emulator, instance, zone):
    """The role of own-name-policy.json and own-name-trust.json, which the instances' role may
    assume, and do nothing else."""
    emulator.attach_policy(instance.role_arn, ASSUME)
    emulator.attach_policy(ROLE, shown("own-name-policy.json").replace("ZONEID", zone.id))
    emulator.roles[ROLE] = {"trust": shown("own-name-trust.json")}
    return emulator.roles[ROLE]


@pytest.fixture
def other(emulator):
    return emulator.instance(OTHER, public_ipv4=OTHER_ADDRESS)


def said(instance_id, address):
    return f"setting {instance_id}.{ZONE} to {address}\n"


# The request

def test_the_session_is_tagged_with_the_instance_s_id(run, emulator, own_names):
    assert run(settings=SETTINGS).stdout == said(OWN, ADDRESS)
    [request] = emulator.requests_of("sts")
    assert request.parameters["Tags.member.1.Key"] == "instance"
    assert request.parameters["Tags.member.1.Value"] == OWN == request.instance_id
    assert request.parameters["RoleSessionName"] == OWN


@pytest.mark.parametrize("more", ["", "session_tag: false", "session_tag: off"])
def test_without_the_setting_it_is_not(run, emulator, zone, more):
    emulator.roles[ROLE] = {"zones": [zone]}
    assert run(settings=f"role_arn: {ROLE}\n{more}").status == 0
    [request] = emulator.requests_of("sts")
    assert not [name for name in request.parameters if name.startswith("Tags")]


@pytest.mark.parametrize("settings", [
    "session_tag: true", "session_tag: true\nexternal_id: '42'",
    f"records:\n- role_arn: {ROLE}\n  session_tag: true\n- name: b\n  session_tag: yes",
    "session_tag: on\nrecords:\n- name: a\n- name: b"],
    ids=["alone", "external id", "a record", "of the top"])
def test_a_tag_without_a_role_is_an_error_that_says_so(run, emulator, zone, settings):
    result = run(settings=settings)
    assert (result.status, result.stderr) == (
        78, "bootname: settings: session_tag: true needs role_arn; set role_arn, or remove "
        "session_tag\n")
    assert emulator.requests == []


def test_a_record_may_have_the_role_and_the_top_the_tag(run, emulator, own_names):
    settings = f"zone: {ZONE}\nsession_tag: true\nrecords:\n- name: '{{instance-id}}'\n" \
               f"  role_arn: {ROLE}\n"
    assert run(settings=settings).stdout == said(OWN, ADDRESS)


@pytest.mark.parametrize("order", [("", "session_tag: true"), ("session_tag: true", "")])
def test_records_with_and_without_the_tag_have_sessions_of_their_own(run, emulator, zone, order):
    emulator.roles[ROLE] = {"zones": [zone]}
    settings = "records:\n" + "".join(
        f"- name: {name}.{ZONE}\n  role_arn: {ROLE}\n  {more}\n"
        for name, more in zip("ab", order, strict=True))
    assert run(settings=settings).status == 0
    tagged = {key: "Tags.member.1.Key" in one.parameters
              for one in emulator.requests_of("sts") for key in [len(one.body)]}
    assert sorted(tagged.values()) == [False, True]
    assert zone.values(f"a.{ZONE}", "A") == zone.values(f"b.{ZONE}", "A") == [ADDRESS]


# What it is for

COMMANDS = [("-n", "would set"), ("up", "setting"), ("down", "removing")]


@pytest.mark.parametrize("more", ["", "owner_record: true", "action: CREATE", "wait: true",
                                  "zone_id: ZONEID"])
def test_each_instance_has_its_own_name(on, emulator, zone, instance, other, own_names, more):
    settings = SETTINGS + more.replace("ZONEID", zone.id)
    for one, address in ((instance, ADDRESS), (other, OTHER_ADDRESS)):
        one.ipv6 = "2001:db8::17"
        for command, says in COMMANDS:
            result = on(one)(command, settings=settings)
            assert (result.status, result.stderr) == (0, ""), result
            assert result.stdout.startswith(f"{says} {one.id}.{ZONE} "), result
            if command == "up":
                assert zone.values(f"{one.id}.{ZONE}", "A") == [address]
    assert [one.type for one in zone.record_sets()] == ["NS", "SOA"]


@pytest.mark.parametrize("command", ["up", "down"])
@pytest.mark.parametrize("more", ["", "owner_record: true", "action: CREATE"])
def test_the_name_of_another_instance_is_denied(on, zone, instance, other, own_names, command,
                                                more):
    assert on(instance)(settings=SETTINGS + more).stdout == said(OWN, ADDRESS)
    before = zone.record_sets()
    settings = SETTINGS.replace("'{instance-id}'", OWN)
    result = on(other)(command, settings=settings + more)
    if command == "down" or more == "action: CREATE":   # honest: it does not even try
        assert result.status == (0 if command == "down" else 73), result
    else:
        assert result.status == 77, result
        assert f"must allow {CHANGE} on arn:aws:route53:::hostedzone/{zone.id}" in result.stderr
    assert zone.record_sets() == before
    assert on(other)(settings=SETTINGS + more).stdout == said(OTHER, OTHER_ADDRESS)


@pytest.mark.parametrize("name", [
    ZONE, "web", f"x-{OTHER}", f"{OTHER}x", f"x.{OTHER}", "'*'", f"'*.{OTHER}'", "_acme-challenge",
    f"_acme-challenge.{OWN}", f"_acme-challenge.{OTHER}"])
def test_other_names_are_denied(on, zone, other, own_names, name):
    before = zone.record_sets()
    result = on(other)(settings=SETTINGS.replace("'{instance-id}'", name))
    assert result.status == 77 and CHANGE in result.stderr, result
    assert zone.record_sets() == before


# What somebody else does with the instance's credentials

def change(name, kind="TXT", value='"x"', action="UPSERT"):
    return {"Action": action, "ResourceRecordSet": {
        "Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}}


def assume(client, credentials, *tags, role=ROLE):
    return {"call": client(credentials, "sts").assume_role, "RoleArn": role,
            "RoleSessionName": "session", **({"Tags": [
                {"Key": key, "Value": value} for key, value in tags]} if tags else {})}


TAGS = {
    "another's": [("instance", OTHER)],
    "none": [],
    "a part of one's own": [("instance", OWN[:-1])],
    "the end of one's own": [("instance", OWN[-4:])],
    "empty": [("instance", "")],
    "a longer one": [("instance", OWN + "0")],
    "role and id": [("instance", f"AROAEMULATEDROLE00000:{OTHER}")],
    "capitals": [("instance", OWN.upper())],
    "another key": [("instances", OWN)],
    "a name": [("instance", "web")],
    "a label that proves": [("instance", "_acme-challenge")],
}


@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
def test_no_session_is_another_instance_s(client, instance, own_names, tags):
    status, code, message = denial(**assume(client, instance.credentials, *tags))
    assert (status, code) == (403, "AccessDenied"), message
    assert "because no resource-based policy allows the sts:AssumeRole action" in message


@pytest.mark.parametrize("value", ["*", "i-*", "i-?", "${aws:userid}", "a\nb"])
def test_sts_takes_no_such_value(client, instance, own_names, value):
    status, code, _ = denial(**assume(client, instance.credentials, ("instance", value)))
    assert (status, code) == (400, "ValidationError")


@pytest.mark.parametrize("left_out", ["sts:AssumeRole", "sts:TagSession"])
@pytest.mark.parametrize("where", ["the instance's role", "the trust policy"])
def test_both_permissions_are_needed_in_both_policies(run, emulator, zone, instance, own_names,
                                                      left_out, where):
    if where == "the trust policy":
        trust = json.loads(own_names["trust"])
        trust["Statement"][0]["Action"].remove(left_out)
        own_names["trust"] = trust
    else:
        policy = json.loads(json.dumps(ASSUME))
        policy["Statement"][0]["Action"].remove(left_out)
        emulator.attach_policy(instance.role_arn, policy)
    result = run(settings=SETTINGS)
    assert result.status == 77, result
    assert f"allows the {left_out} action; the role's policy must allow sts:AssumeRole on {ROLE}" \
        f"; session_tag needs sts:TagSession there and in the trust policy of {ROLE}, too\n" \
        in result.stderr
    assert [one.type for one in zone.record_sets()] == ["NS", "SOA"]


def test_another_role_may_not_assume_it(run, emulator, instance, own_names):
    instance.role = "web"
    assert run(settings=SETTINGS).status == 77


def test_one_session_leads_to_no_other(client, emulator, instance, own_names):
    """Those of the zone's role are not whom it trusts."""
    asked = assume(client, instance.credentials, ("instance", OWN))
    keys = asked.pop("call")(**asked)["Credentials"]
    session = emulator.keyring.get(keys["AccessKeyId"])
    assert session.tags == {"instance": OWN}
    for tags in ([("instance", OTHER)], [("instance", OWN)], []):
        assert denial(**assume(client, session, *tags))[1] == "AccessDenied"


NAMES = {
    "another's": OTHER, "another's owner record": f"_bootname.{OTHER}", "wildcard": "*",
    "wildcard below": f"*.{OWN}", "below": f"x.{OWN}", "a suffix": f"x-{OWN}",
    "an authority's proof": f"_acme-challenge.{OWN}", "another's proof": f"_acme-challenge.{OTHER}",
    "the zone's": "_acme-challenge", "a pattern": "i-*", "a domain key": "x._domainkey",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_session_writes_no_other_name(client, emulator, zone, instance, own_names, name):
    asked = assume(client, instance.credentials, ("instance", OWN))
    keys = emulator.keyring.get(asked.pop("call")(**asked)["Credentials"]["AccessKeyId"])
    write = client(keys).change_resource_record_sets
    good = change(f"{OWN}.{ZONE}")
    write(HostedZoneId=zone.id, ChangeBatch={"Changes": [good]})
    for batch in ([change(f"{name}.{ZONE}")], [good, change(f"{name}.{ZONE}")],
                  [change(f"{name}.{ZONE}", "A", "192.0.2.1")]):
        assert denial(write, HostedZoneId=zone.id, ChangeBatch={"Changes": batch})[1] \
            == "AccessDenied"
    for kind, value in (("CNAME", "x.example.org"), ("MX", "10 x.example.org")):
        assert denial(write, HostedZoneId=zone.id, ChangeBatch={
            "Changes": [change(f"{OWN}.{ZONE}", kind, value)]})[1] == "AccessDenied"
