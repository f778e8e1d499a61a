"""Who asks: the role, the environment, an assumed role; and when AWS says no."""

import json

import pytest
from conftest import SHORT

NAME = "webdev1.ec2.example.com"
SET = f"setting {NAME} to 54.123.123.123\n"
LIST, CHANGE = "ListHostedZonesByName", "ChangeResourceRecordSets"
ROLE = "arn:aws:iam::999999999999:role/dns-writer"
HOUR = 3600


@pytest.fixture
def foreign_zone(emulator):
    """A zone in another account, and a role there that may change it."""
    zone = emulator.hosted_zone("ec2.example.com", account="999999999999")
    emulator.roles[ROLE] = {"zones": [zone]}
    return zone


# Whose

def test_the_role_of_the_instance(run, emulator, zone, instance):
    run()
    key = instance.credentials.access_key
    assert all(f"Credential={key}/" in one.headers["authorization"]
               for one in emulator.requests_of("route53"))
    assert all(one.headers["x-amz-security-token"] == instance.credentials.session_token
               for one in emulator.requests_of("route53"))


def test_credentials_of_the_environment(run, emulator, zone, instance):
    instance.role = None
    user = emulator.user()
    assert run(env=user.environment).stdout == SET
    assert not [one for one in emulator.requests_of("imds") if "iam" in one.target]
    assert all("x-amz-security-token" not in one.headers
               for one in emulator.requests_of("route53"))


def test_temporary_credentials_of_the_environment(run, emulator, zone, instance):
    credentials, instance.role = instance.credentials, None
    assert run(env=credentials.environment).stdout == SET


@pytest.mark.parametrize("take", ["AWS_SECRET_ACCESS_KEY"])
def test_half_credentials_of_the_environment(run, emulator, zone, take, calls):
    env = emulator.user().environment
    del env[take]
    result = run(env=env)
    assert result.status == 77
    assert result.stderr.startswith("bootname: credentials: ")
    assert calls("route53") == []


@pytest.mark.parametrize("value", ["x" * 5000, "a\nb", "a\x7fb"], ids=["long", "lines", "delete"])
def test_bad_credentials_of_the_environment(run, emulator, zone, value, calls):
    env = emulator.user().environment | {"AWS_SECRET_ACCESS_KEY": value}
    assert run(env=env).status == 77
    assert CHANGE not in calls("route53")


# An assumed role

def test_a_role_in_another_account(run, emulator, foreign_zone, calls):
    assert run(settings=f"role_arn: {ROLE}").stdout == SET
    assert foreign_zone.values(NAME, "A") == ["54.123.123.123"]
    assert calls("sts") == ["AssumeRole"] and calls("route53") == [LIST, CHANGE]
    [request] = emulator.requests_of("sts")
    assert request.parameters["RoleArn"] == ROLE and "ExternalId" not in request.parameters
    assert request.parameters["RoleSessionName"] == request.instance_id


@pytest.mark.parametrize("external_id", ["id-42", "a+b=c,d.e@f:g/h-i_j", "x" * 1224])
def test_the_right_external_id(run, emulator, foreign_zone, external_id):
    emulator.roles[ROLE]["external_id"] = external_id
    assert run(settings=f"role_arn: {ROLE}\nexternal_id: {external_id}").stdout == SET


@pytest.mark.parametrize("settings", ["", "\nexternal_id: wrong"], ids=["none", "wrong"])
def test_the_wrong_external_id(run, emulator, foreign_zone, calls, settings):
    emulator.roles[ROLE]["external_id"] = "right"
    result = run(settings=f"role_arn: {ROLE}{settings}")
    assert result.status == 77
    assert result.stderr.startswith("bootname: credentials: ")
    assert "sts:AssumeRole" in result.stderr and ROLE in result.stderr
    assert "external" not in result.stderr.lower() or "right" not in result.stderr
    assert calls("sts") == ["AssumeRole"] and calls("route53") == []


def test_a_role_that_is_no_arn(run, emulator, zone):
    result = run(settings="role_arn: dns-writer")
    assert result.status == 78
    assert ":1:11: role_arn: wants arn:[!-~]+\n" in result.stderr
    assert emulator.requests == []


def test_tags_and_metadata_stay_the_instance_s(run, emulator, foreign_zone, instance):
    instance.tags_in_metadata = False
    assert run(settings=f"role_arn: {ROLE}").stdout == SET
    [request] = emulator.requests_of("ec2")
    assert instance.credentials.access_key in request.headers["authorization"]


# Denied

# A role that AWS does not know everywhere yet

DENIED = {"status": 403, "code": "AccessDenied", "message": "not authorized"}


@pytest.mark.parametrize("offset", [0, HOUR, -HOUR])
@pytest.mark.parametrize("operation", [LIST, CHANGE])
def test_a_new_role_that_is_denied_at_first(run, emulator, zone, instance, calls, operation,
                                            offset):
    emulator.clock_offset, instance.role_age = offset, 20
    emulator.faults.add(operation=operation, after=bool(offset) and operation == LIST, times=2,
                        **DENIED)
    assert run().stdout == SET
    assert calls("route53").count(operation) == 3 + (bool(offset) and operation == LIST)


def test_a_new_role_that_may_not_assume_another_at_first(run, emulator, foreign_zone, instance,
                                                         calls):
    instance.role_age = 20
    emulator.faults.add(operation="AssumeRole", times=2, **DENIED)
    assert run(settings=f"role_arn: {ROLE}").stdout == SET
    assert calls("sts") == ["AssumeRole"] * 3


def test_a_new_role_that_stays_denied_is_tried_for_half_a_minute(run, emulator, zone, instance):
    emulator.denied, instance.role_age = {f"route53:{CHANGE}"}, 20
    result = run(limit=40)
    assert result.status == 77
    assert f"must allow route53:{CHANGE} on " in result.stderr
    assert 30 <= float(result.stderr.split("; gave up after ")[1].removesuffix(" s\n")) < 40
    assert 5 <= len(emulator.requests_of("route53", CHANGE)) <= 20
    assert zone.values(NAME, "A") == []


def test_a_new_role_that_stays_denied_ends_at_the_deadline(run, emulator, zone, instance):
    emulator.denied, instance.role_age = {f"route53:{LIST}"}, 20
    result = run(settings=SHORT)
    assert result.status == 77 and "; gave up after " in result.stderr


@pytest.mark.parametrize("updated", [None, "1970-01-01T00:00:00Z", ""])
def test_a_role_of_unknown_age_is_denied_at_once(run, emulator, zone, instance, calls, updated):
    emulator.denied = {f"route53:{LIST}"}
    credentials = instance.credentials
    told = {"AccessKeyId": credentials.access_key, "SecretAccessKey": credentials.secret_key,
            "Token": credentials.session_token} | ({} if updated is None else
                                                   {"LastUpdated": updated})
    emulator.faults.add(path="security-credentials/bootname-role", body=json.dumps(told),
                        times=None)
    assert run().status == 77
    assert calls("route53") == [LIST]


def test_unknown_credentials(run, emulator, zone, calls):
    env = emulator.user().environment | {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}
    result = run(env=env)
    assert result.status == 77 and "InvalidClientTokenId" in result.stderr
    assert len(calls("route53")) == 1


# The clock

@pytest.mark.parametrize("offset", [HOUR, -HOUR, 400, -400, 40 * 365 * 24 * HOUR])
@pytest.mark.parametrize("shape", [1, 3])
def test_a_wrong_clock_costs_one_request(run, emulator, zone, calls, shape, offset):
    emulator.clock_offset, emulator.error_shape = offset, shape
    assert run().stdout == SET
    assert calls("route53") == [LIST, LIST, CHANGE]


def test_a_wrong_clock_with_every_service(run, emulator, foreign_zone, instance, calls):
    emulator.clock_offset = HOUR
    instance.tags_in_metadata = False
    assert run(settings=f"role_arn: {ROLE}").stdout == SET
    assert calls("ec2") == ["DescribeTags"] * 2
    assert len(calls("sts")) == 1 and len(calls("route53")) <= 3


def test_a_refused_signature_with_a_right_clock(run, emulator, zone, calls):
    emulator.faults.add(operation=LIST, status=403, code="SignatureDoesNotMatch", times=None)
    assert run().status == 77
    assert calls("route53") == [LIST]


def test_a_server_that_moves_its_clock(run, emulator, zone, calls):
    emulator.faults.add(operation=LIST, status=403, code="SignatureDoesNotMatch", times=None,
                        headers={"Date": "Thu, 01 Jan 2015 00:00:00 GMT"})
    assert run().status == 77
    assert calls("route53") == [LIST, LIST]
