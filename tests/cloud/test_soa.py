"""The function in zone.yaml that sets the SOA record, run on the emulator with the real boto3."""

import sys
import types

import boto3
import pytest

from cloudformation import Stack
from programs import template

NAME = "ec2.example.com"


@pytest.fixture
def call(emulator, monkeypatch):
    """Call it as CloudFormation does; what it answers: call("Create", zone.id, "60")"""
    answers = []
    monkeypatch.setitem(sys.modules, "cfnresponse", types.SimpleNamespace(
        SUCCESS="SUCCESS", FAILED="FAILED",
        send=lambda event, context, *answer, reason: answers.append((*answer, reason))))
    for name, value in {**emulator.user().environment, "AWS_DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "client", lambda service: boto3.Session().client(
        service, endpoint_url=emulator.api_url, verify=str(emulator.ca_bundle)))
    stack = Stack(template("zone"), {"ZoneName": NAME})
    module = {}
    # As Lambda does with the file that it makes of it.
    exec(stack.resources()["SoaFunction"]["Code"]["ZipFile"], module)
    pauses = []
    module["time"] = types.SimpleNamespace(sleep=pauses.append)

    def run(request_type, zone_id, ttl="60"):
        module["handler"]({"RequestType": request_type, "ResourceProperties": {
            "ZoneId": zone_id, "ZoneName": NAME, "NegativeTtl": ttl}}, None)
        return answers.pop()
    run.pauses, run.module = pauses, module
    return run


def soa(zone):
    """(TTL, the last number, all before it)"""
    found = zone.find(NAME, "SOA")
    before, _, minimum = found.values[0].rpartition(" ")
    return found.ttl, minimum, before


def test_soa_is_set_and_set_again_and_put_back(call, zone):
    ttl, minimum, before = soa(zone)
    assert (ttl, minimum) == (900, "86400")
    for request_type, wanted in (("Create", "60"), ("Update", "30"), ("Update", "30")):
        assert call(request_type, zone.id, wanted) == ("SUCCESS", {}, f"soa-{zone.id}", None)
        assert soa(zone) == (int(wanted), wanted, before)
    assert call("Delete", zone.id)[0] == "SUCCESS"
    assert soa(zone) == (900, "86400", before)


def test_other_records_stay(call, zone):
    zone.put(NAME, "TXT", '"v=spf1 -all"')
    others = {key: one for key, one in zone.sets.items() if one.type != "SOA"}
    assert call("Create", zone.id)[0] == "SUCCESS"
    assert {key: one for key, one in zone.sets.items() if one.type != "SOA"} == others


def test_failure_is_told_and_nothing_holds_up_a_removal(call, zone, emulator):
    status, _, _, reason = call("Create", "ZNONE")
    assert status == "FAILED" and "NoSuchHostedZone" in reason
    assert call("Delete", "ZNONE")[0] == "SUCCESS"
    emulator.denied.add("route53:ChangeResourceRecordSets")
    assert not call.pauses
    status, _, _, reason = call("Update", zone.id)
    assert status == "FAILED" and "AccessDenied" in reason
    assert soa(zone)[0] == 900
    assert call.pauses == [4] * 4
    function = Stack(template("zone"), {"ZoneName": NAME}).resources()["SoaFunction"]
    assert sum(call.pauses) < function["Timeout"] - 10


def test_denial_is_waited_out_while_the_policy_is_new(call, zone, emulator):
    for denied in ("ListResourceRecordSets", "ChangeResourceRecordSets"):
        emulator.denied.add(f"route53:{denied}")
    waits = iter(("ListResourceRecordSets", "ChangeResourceRecordSets"))
    call.module["time"].sleep = lambda seconds: emulator.denied.remove(f"route53:{next(waits)}")
    assert call("Create", zone.id)[0] == "SUCCESS"
    assert soa(zone)[:2] == (60, "60")
    assert not emulator.denied
