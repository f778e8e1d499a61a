"""Who asks: the role, the environment, an assumed role; and when AWS says no."""

import pytest

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

def test_unknown_credentials(run, emulator, zone, calls):
    env = emulator.user().environment | {"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"}
    result = run(env=env)
    assert result.status == 77 and "InvalidClientTokenId" in result.stderr
    assert len(calls("route53")) == 1


FROM_ENVIRONMENT = "; the key is that of AWS_ACCESS_KEY_ID in the environment: correct it, or unset it"


@pytest.mark.parametrize(("code", "http"), [
    ("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400),
    ("SignatureDoesNotMatch", 403), ("InvalidSignatureException", 403), ("ExpiredToken", 403)])
def test_a_refused_key_of_the_environment_is_called_that(run, emulator, zone, code, http):
    emulator.faults.add(operation=LIST, status=http, code=code, times=None)
    result = run(env=emulator.user().environment)
    assert result.status == 77 and result.stderr.endswith(FROM_ENVIRONMENT + "\n"), result
    result = run()                                      # the role's
    assert result.status == 77 and FROM_ENVIRONMENT not in result.stderr


def test_a_refused_key_of_an_assumed_role_is_not_the_environment_s(run, emulator, foreign_zone):
    emulator.faults.add(operation=LIST, status=403, code="InvalidClientTokenId", times=None)
    result = run(settings=f"role_arn: {ROLE}", env=emulator.user().environment)
    assert result.status == 77 and FROM_ENVIRONMENT not in result.stderr


@pytest.mark.parametrize("said", ["Signature expired: 1 is now earlier than 2",
                                  "Signature not yet current: 1 is still later than 2"])
def test_a_wrong_clock_is_not_the_key_s_fault(run, emulator, zone, said):
    emulator.faults.add(operation=LIST, status=403, code="SignatureDoesNotMatch", times=None,
                        message=said)
    result = run(env=emulator.user().environment)
    assert result.status == 77 and FROM_ENVIRONMENT not in result.stderr


def test_an_access_that_is_denied_is_not_the_key_s_fault(run, emulator, zone):
    emulator.denied.add("route53:ListHostedZonesByName")
    result = run(env=emulator.user().environment)
    assert result.status == 77 and FROM_ENVIRONMENT not in result.stderr


# Credentials that are not read

UNREAD = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
          "AWS_CONTAINER_CREDENTIALS_FULL_URI"]


@pytest.mark.parametrize("variable", UNREAD)
def test_credentials_of_a_pod_are_not_passed_over_without_a_word(run, emulator, zone, instance,
                                                                 variable):
    words = f"; bootname does not read {variable}"
    assert run(env={variable: "/x"}).stdout == SET      # by the instance's role, which may
    emulator.denied.add("route53:ListHostedZonesByName")
    denied = run(env={variable: "/x"})
    assert denied.status == 77 and denied.stderr.endswith(words + "\n")
    instance.role = None
    missing = run(env={variable: "/x"}, settings="timeout: 1")
    assert missing.status == 77 and missing.stderr.endswith(words + "\n")
    assert words not in run(settings="timeout: 1").stderr


def test_a_key_wins_over_credentials_of_a_pod(run, emulator, zone):
    emulator.denied.add("route53:ListHostedZonesByName")
    result = run(env=emulator.user().environment | {UNREAD[0]: "/x"})
    assert result.status == 77 and UNREAD[0] not in result.stderr


@pytest.mark.parametrize("variable", UNREAD)
def test_check_warns_of_credentials_of_a_pod(run, zone, variable):
    result = run("check", env={variable: "/x"})
    assert f"warn  credentials: bootname does not read {variable}, and takes" in result.stdout


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
