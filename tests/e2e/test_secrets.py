"""Nothing secret comes out. The fixture looks for every secret after every run of every test;
here are the runs that are likeliest to show one."""

import contextlib
import os
import pathlib

import pytest
from conftest import ONCE

NAME = "webdev1.ec2.example.com"
ROLE = "arn:aws:iam::123456789012:role/dns"
CHANGE = "ChangeResourceRecordSets"


@pytest.mark.parametrize("options", [("-v",), ("-jv",), ("-nv",)], ids=["verbose", "json", "dry"])
def test_success_shows_none(run, emulator, zone, instance, options):
    emulator.roles[ROLE] = {"zones": [zone], "external_id": "external-42"}
    instance.tags_in_metadata = False
    result = run(*options, settings=f"role_arn: {ROLE}\nexternal_id: external-42")
    assert result.status == 0
    assert len(emulator.secrets()) >= 8         # two keys, two tokens, metadata's, signatures
    assert "external-42" not in result.stdout + result.stderr


def test_a_refused_signature_shows_none(run, emulator, zone, instance):
    credentials, instance.role = instance.credentials, None
    env = credentials.environment | {"AWS_SECRET_ACCESS_KEY": "not-the-key-of-this-token"}
    result = run("-jv", env=env)
    assert result.status == 77
    assert "SignatureDoesNotMatch" in result.stderr
    assert "not-the-key-of-this-token" not in result.stdout + result.stderr
    assert "x-amz-security-token" not in (result.stdout + result.stderr).lower()


@pytest.mark.parametrize("shape", [1, 2, 3])
@pytest.mark.parametrize("message", [
    "The Canonical String for this request should have been 'x-amz-security-token:{token}'",
    "refused. The Canonical String for this request: {token}",
    "refused.\n{token}", "refused.\r{token}"])
def test_a_message_that_repeats_the_request_shows_none(run, emulator, zone, instance, shape,
                                                       message):
    emulator.error_shape = shape
    token = instance.credentials.session_token
    emulator.faults.add(operation=CHANGE, status=403, code="SignatureDoesNotMatch",
                        message=message.format(token=token))
    assert run("-jv").status == 77


@pytest.mark.parametrize("operation", ["ListHostedZonesByName", CHANGE])
def test_denied_shows_none(run, emulator, zone, operation):
    emulator.denied = {f"route53:{operation}"}
    assert run("-jv").status == 77


def test_a_wrong_external_id_shows_none(run, emulator, zone):
    emulator.roles[ROLE] = {"zones": [zone], "external_id": "external-42"}
    result = run("-jv", settings=f"role_arn: {ROLE}\nexternal_id: external-43")
    assert result.status == 77
    assert "external-4" not in result.stdout + result.stderr


@pytest.mark.parametrize("body", [
    '{{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "{key}"}}',
    '{{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "{key}", "Token": "a\\n{token}"}}',
    '{{"SecretAccessKey": "{key}", "Token": "{token}"', "{key} {token}"],
    ids=["no token", "bad token", "cut", "text"])
def test_broken_credentials_show_none(run, emulator, zone, instance, body):
    credentials = instance.credentials
    text = body.format(key=credentials.secret_key, token=credentials.session_token)
    emulator.faults.add(service="imds", path="security-credentials/bootname-role", status=200,
                        body=text, times=None)
    assert run("-jv", settings=ONCE).status == 77


def test_a_role_error_shows_none(run, emulator, zone, instance):
    key = instance.credentials.secret_key
    emulator.faults.add(service="imds", path="security-credentials/bootname-role", status=200,
                        body='{"Code": "Failed", "Message": "no", "SecretAccessKey": "%s"}' % key,
                        times=None)
    result = run("-jv", settings=ONCE)
    assert result.status == 77 and "Failed" in result.stderr


@pytest.mark.parametrize("fault", [{"action": "reset_before"}, {"action": "hang"},
                                   {"action": "endless"}], ids=["reset", "hang", "endless"])
def test_a_broken_transport_shows_none(run, emulator, zone, fault):
    emulator.faults.add(service="route53", times=None, **fault)
    assert run("-jv", settings=ONCE).status in (65, 75)


def test_user_data_are_not_shown(run, zone, instance):
    instance.user_data = b"#cloud-config\npassword: hunter2-of-the-user-data\n"
    config = ("password: hunter2-of-the-user-data\nwrite_files:\n- path: /etc/bootname.yaml\n"
              "  content: |\n    external_id: hunter2-of-the-user-data\n    ttl: x\n")
    result = run("-jv", config=config)
    assert result.status == 78
    assert "hunter2" not in result.stdout + result.stderr


@pytest.mark.skipif(bool(os.environ.get("BOOTNAME_WRAPPER")),
                    reason="the process is the wrapper's")
def test_the_process_shows_none(run, emulator, zone):
    emulator.faults.add(operation=CHANGE, action="hang")
    process = run.start()
    try:
        emulator.wait_request("route53", CHANGE)
        folder = pathlib.Path("/proc", str(process.pid))
        seen = (folder / "cmdline").read_bytes()
        # What is not dumpable keeps its environment from its own user; root reads it all the same.
        with contextlib.suppress(PermissionError):
            seen += (folder / "environ").read_bytes()
        assert not [secret for secret in emulator.secrets() if secret.encode() in seen]
        limits = (folder / "limits").read_text()
    finally:
        process.kill()
        process.communicate()
    [core] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]
