"""The heart of it: an instance boots and has its name."""

import xml.etree.ElementTree as ElementTree

import pytest
from conftest import heritage

NAME = "webdev1.ec2.example.com"
LIST, CHANGE = "ListHostedZonesByName", "ChangeResourceRecordSets"
IPV6 = "2001:db8:0:0:0:0:0:17"


def test_first_boot_sets_the_name(run, zone):
    result = run()
    assert (result.status, result.stdout) == (0, f"setting {NAME} to 54.123.123.123\n")
    record_set = zone.find(NAME, "A")
    assert (record_set.ttl, record_set.values) == (60, ("54.123.123.123",))
    assert zone.find(NAME, "AAAA") is None


def test_dns_follows_stop_and_start(run, zone, instance, nameserver):
    run()
    assert nameserver(NAME) == ["54.123.123.123"]
    instance.stop()
    instance.start("54.9.8.7")
    assert run().stdout == f"setting {NAME} to 54.9.8.7\n"
    assert nameserver(NAME) == ["54.9.8.7"]
    assert zone.values(NAME, "A") == ["54.9.8.7"]


def test_dns_answers_ipv6(run, zone, instance, nameserver):
    instance.ipv6 = IPV6
    run()
    assert nameserver(NAME, "AAAA") == ["2001:db8::17"]
    assert nameserver(NAME, "A") == ["54.123.123.123"]


def test_reboot_says_the_same(run, zone, instance):
    run()
    instance.reboot()
    result = run()
    assert (result.status, result.stdout) == (0, f"setting {NAME} to 54.123.123.123\n")
    assert zone.values(NAME, "A") == ["54.123.123.123"]


def test_both_families_go_in_one_batch(run, emulator, zone, instance):
    instance.ipv6 = IPV6
    assert run().stdout == (f"setting {NAME} to 54.123.123.123\n"
                            f"setting {NAME} to 2001:db8::17\n")
    [request] = emulator.requests_of("route53", CHANGE)
    assert request.body.count("<Change>") == 2
    assert zone.values(NAME, "AAAA") == ["2001:db8::17"]


@pytest.mark.parametrize(("settings", "a", "aaaa"), [
    ("types: [A]", ["54.123.123.123"], []),
    ("types: [AAAA]", [], ["2001:db8::17"]),
    ("types: [AAAA, A]", ["54.123.123.123"], ["2001:db8::17"]),
    ("types:\n- A\n- AAAA", ["54.123.123.123"], ["2001:db8::17"]),
    ("address: public", ["54.123.123.123"], ["2001:db8::17"]),
    ("address: private\nvisibility: public", ["10.0.0.5"], ["2001:db8::17"]),
], ids=["only A", "only AAAA", "both", "block list", "public", "private"])
def test_types_and_address_choose(run, zone, instance, settings, a, aaaa):
    instance.ipv6 = IPV6
    assert run(settings=settings).status == 0
    assert (zone.values(NAME, "A"), zone.values(NAME, "AAAA")) == (a, aaaa)


@pytest.mark.parametrize("ttl", [0, 1, 300, 2147483647])
def test_ttl(run, zone, ttl):
    run(settings=f"ttl: {ttl}")
    assert zone.find(NAME, "A").ttl == ttl


def test_upsert_replaces_value_and_ttl(run, zone):
    zone.put(NAME, "A", ["192.0.2.1", "192.0.2.2"], ttl=3600)
    assert run().stdout == f"setting {NAME} to 54.123.123.123\n"
    assert zone.find(NAME, "A").ttl == 60
    assert zone.values(NAME, "A") == ["54.123.123.123"]


def test_other_records_stay(run, zone):
    zone.put(NAME, "TXT", ['"kept"'])
    zone.put("x" + NAME, "A", ["192.0.2.9"])
    before = zone.record_sets()
    run()
    after = zone.record_sets()
    assert [one for one in after if (one.name, one.type) != (NAME + ".", "A")] == before


def test_upsert_replaces_an_alias(run, zone):
    zone.put(NAME, "A", alias="lb.ec2.example.com")
    assert run().status == 0
    assert zone.values(NAME, "A") == ["54.123.123.123"]
    assert zone.find(NAME, "A").alias is None


@pytest.mark.parametrize("shape", [1, 2, 3])
@pytest.mark.parametrize(("there", "said"), [
    ({"record_type": "CNAME", "values": ["elsewhere.example."]}, "CNAME"),
    ({"record_type": "A", "values": ["192.0.2.1"], "set_identifier": "x", "weight": 5},
     "another routing"),
    ({"record_type": "A", "values": ["192.0.2.1"], "set_identifier": "x", "multi_value": True},
     "another routing"),
], ids=["CNAME", "weighted", "multivalue"])
def test_upsert_refused_says_what_is_there(run, emulator, zone, calls, shape, there, said):
    emulator.error_shape = shape
    zone.put(NAME, **there)
    before = zone.record_sets()
    result = run(settings="{}")
    assert result.status == 73
    assert "; choose another name, or remove it" in result.stderr
    assert result.stderr.startswith("bootname: change: ")
    assert said in result.stderr and NAME in result.stderr
    assert calls("route53")[1:] == ["ChangeResourceRecordSets"]     # once
    assert zone.record_sets() == before


# How much is asked

@pytest.mark.parametrize(("settings", "operations"), [
    ("zone_id: {id}", [CHANGE]),
    ("zone: ec2.example.com", [LIST, CHANGE]),
    ("{{}}", [LIST, CHANGE]),
    ("zone_id: {id}\naction: CREATE", ["ListResourceRecordSets", CHANGE]),
    ("action: CREATE", [LIST, "ListResourceRecordSets", CHANGE]),
], ids=["zone_id", "zone", "look-up", "CREATE with zone_id", "CREATE"])
def test_route53_is_asked_no_more_than_needed(run, emulator, zone, calls, settings, operations):
    run(settings=settings.format(id=zone.id))
    assert calls("route53") == operations
    assert calls("ec2") == calls("sts") == []
    assert len({request.connection for request in emulator.requests_of("route53")}) == 1


@pytest.mark.parametrize("settings", [None, "{}", "name: www\nzone: ec2.example.com"],
                         ids=["no settings", "empty settings", "name"])
def test_metadata_is_version_2_only_and_little(run, emulator, zone, settings):
    run(settings=settings)
    first, *others = emulator.requests_of("imds")
    assert first.operation == "PutToken" and first.target == "/latest/api/token"
    assert len(others) <= 8
    assert len({one.headers["x-aws-ec2-metadata-token"] for one in others}) == 1
    assert all(one.method == "GET" and one.target.startswith("/latest/") for one in others)
    assert all("x-forwarded-for" not in one.headers for one in [first, *others])
    assert len({one.connection for one in [first, *others]}) == 1
    assert len({one.target for one in others}) == len(others)


def test_metadata_asked_is_what_the_settings_need(run, emulator, zone):
    run(settings="name: www.ec2.example.com\ntypes: [A]")
    asked = {request.target for request in emulator.requests_of("imds")}
    assert not [target for target in asked if "tags" in target or "ipv6" in target]


# What is sent

@pytest.mark.parametrize("action", ["UPSERT", "CREATE"])
def test_change_batch(run, emulator, zone, instance, action):
    instance.ipv6 = IPV6
    run(settings=f"action: {action}\nttl: 30")
    [request] = emulator.requests_of("route53", CHANGE)
    assert request.method == "POST"
    assert request.target == f"/2013-04-01/hostedzone/{zone.id}/rrset/"
    assert request.headers["content-type"] == "application/xml"
    assert "expect" not in request.headers and "transfer-encoding" not in request.headers
    namespace = "{https://route53.amazonaws.com/doc/2013-04-01/}"
    root = ElementTree.fromstring(request.body)
    assert root.tag == namespace + "ChangeResourceRecordSetsRequest"
    assert root.findtext(f".//{namespace}Comment") == "bootname i-0123456789abcdef0"
    told = [[(one.tag.removeprefix(namespace), one.text) for one in change.iter()]
            for change in root.iter(namespace + "Change")]
    assert told == [[
        ("Change", None), ("Action", action), ("ResourceRecordSet", None), ("Name", name + "."),
        ("Type", kind), ("TTL", "30"), ("ResourceRecords", None), ("ResourceRecord", None),
        ("Value", value)] for name, kind, value in (
            (NAME, "A", "54.123.123.123"), (NAME, "AAAA", "2001:db8::17"),
            ("_bootname." + NAME, "TXT", heritage("i-0123456789abcdef0")))
        if kind != "TXT" or action == "CREATE"]


def test_wait_asks_until_insync(run, emulator, zone, calls):
    def propagate(request, proceed):
        emulator.insync_after = 0
        emulator.wait_insync()

    emulator.insync_after = 60
    emulator.faults.add(operation="GetChange", after=1, action="callback", function=propagate)
    result = run("-j", settings="wait: true\ntimeout: 15")
    assert result.status == 0
    assert calls("route53") == [LIST, CHANGE, "GetChange", "GetChange"]
    asked = emulator.requests_of("route53", "GetChange")[0]
    assert asked.target == f"/2013-04-01/change/{result.json['change_id']}"
