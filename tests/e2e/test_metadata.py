"""What the instance metadata says, does not say, says late, and says wrongly."""

import json

import pytest
from conftest import ONCE, SHORT, heritage, put_owned

NAME = "webdev1.ec2.example.com"
IPV6 = "2001:db8::17"
SET = f"setting {NAME} to 54.123.123.123\n"
PAGE = '<?xml version="1.0"?><html><body>Welcome to the captive portal</body></html>'


def later(emulator, path, change, after=2):
    """Make a change when the metadata are asked for a path for the time after that."""
    emulator.faults.add(service="imds", path=path, after=after, action="callback",
                        function=lambda request, proceed: change())


# Tags

def test_tags_off_asks_ec2(run, zone, instance, calls):
    instance.tags_in_metadata = False
    assert run(settings="{}").stdout == SET
    assert calls("ec2") == ["DescribeTags"]


def test_tags_off_without_settings(run, zone, instance, calls):
    instance.tags_in_metadata = False
    assert run().stdout == SET
    assert calls("ec2") == ["DescribeTags"]


def test_tags_off_and_not_to_be_described(run, emulator, zone, instance, calls):
    instance.tags_in_metadata = False
    emulator.denied = {"ec2:DescribeTags"}
    result = run(settings="{}")
    assert result.status == 77
    assert "ec2:DescribeTags" in result.stderr
    assert "modify-instance-metadata-options" in result.stderr
    assert calls("ec2") == ["DescribeTags"] and calls("route53") == []


def test_tags_on_and_without_ours_does_not_ask_ec2(run, zone, instance, calls):
    instance.tags = {"Name": "web"}
    assert run(settings="{}").status == 69
    assert calls("ec2") == []


# Addresses

@pytest.mark.parametrize(("settings", "address", "value"), [
    ("grace: 10", "public_ipv4", "54.123.123.123"),
    ("grace: 10\naddress: private\nvisibility: public", "local_ipv4", "10.0.0.5"),
    ("grace: 10\ntypes: [AAAA]", "ipv6", IPV6),
    ("grace: 10\ntypes: [A, AAAA]", "ipv6", IPV6),
], ids=["public", "private", "IPv6", "both"])
def test_a_late_address_is_waited_for(run, emulator, zone, instance, settings, address, value):
    setattr(instance, address, None)
    path = {"public_ipv4": "public-ipv4", "local_ipv4": "local-ipv4", "ipv6": "ipv6"}[address]
    later(emulator, f"meta-data/{path}", lambda: setattr(instance, address, value))
    assert f"setting {NAME} to {value}\n" in run(settings=settings).stdout


@pytest.mark.parametrize(("settings", "has", "said"), [
    ("{}", {}, "public-ipv4"),
    ("address: private", {"public_ipv4": "54.1.1.1"}, "local-ipv4"),
    ("types: [A]", {"ipv6": IPV6, "local_ipv4": "10.0.0.5"}, "public-ipv4"),
    ("types: [A]\naddress: private", {"ipv6": IPV6, "public_ipv4": "54.1.1.1"}, "local-ipv4"),
    ("types: [AAAA]", {"public_ipv4": "54.1.1.1"}, "ipv6"),
    ("types: [A, AAAA]", {"public_ipv4": "54.1.1.1"}, "ipv6"),
    ("types: [A, AAAA]", {"ipv6": IPV6}, "public-ipv4"),
], ids=["none", "no private", "no public", "no private with IPv6", "no IPv6", "only IPv4",
        "only IPv6"])
def test_an_address_that_is_missing(run, zone, instance, calls, settings, has, said):
    instance.public_ipv4 = instance.local_ipv4 = instance.ipv6 = None
    for address, value in has.items():
        setattr(instance, address, value)
    result = run(settings=settings)
    assert result.status == 69
    assert result.stderr == (f"bootname: address: the instance has no {said}; give it one, or set "
                             "types, address or grace\n")
    assert calls("route53") == []


def test_ipv6_only(run, zone, instance):
    instance.public_ipv4, instance.local_ipv4, instance.ipv6 = None, None, IPV6
    assert run().stdout == f"setting {NAME} to {IPV6}\n"
    assert zone.values(NAME, "A") == []


@pytest.mark.parametrize(("address", "value"), [
    ("public_ipv4", "unknown"), ("public_ipv4", ""), ("public_ipv4", " "),
    ("public_ipv4", "54.123.123.123 "), ("public_ipv4", "54.123.123.123\n54.9.9.9"),
    ("public_ipv4", "54.123.123.123\0"), ("public_ipv4", "54.123.123"),
    ("public_ipv4", "54.123.123.256"), ("public_ipv4", "054.123.123.123"),
    ("public_ipv4", "2001:db8::1"), ("public_ipv4", "1" * 5000), ("public_ipv4", PAGE),
    ("ipv6", "54.123.123.123"), ("ipv6", "fe80::1%eth0"), ("ipv6", "2001:db8::1/64"),
    ("ipv6", "2001:db8::12345"), ("ipv6", ":::"),
])
def test_an_address_that_is_none(run, zone, instance, calls, address, value):
    setattr(instance, address, value)
    result = run(settings=SHORT)
    assert result.status == 65
    assert result.stderr.startswith("bootname: address: ")
    assert calls("route53") == []


@pytest.mark.parametrize("path", ["public-ipv4", "meta-data/ipv6"])
@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_an_address_that_cannot_be_learnt_now(run, emulator, zone, instance, path, status):
    instance.ipv6 = IPV6
    emulator.faults.add(service="imds", path=path, status=status)
    assert run().stdout == SET + f"setting {NAME} to {IPV6}\n"


# The service as a whole

@pytest.mark.parametrize(("status", "code"), [(400, 65), (404, 69), (405, 65), (302, 65)])
def test_no_version_2_never_falls_back(run, emulator, zone, calls, status, code):
    emulator.faults.add(operation="PutToken", status=status, times=None,
                        headers={"Location": "/latest/meta-data/"})
    assert run(settings=SHORT).status == code
    assert calls("imds") == ["PutToken"]


@pytest.mark.parametrize("body", ["", PAGE, "a\r\nX-Other: b", "a\0b"],
                         ids=["empty", "page", "lines", "NUL"])
def test_a_token_that_is_none(run, emulator, zone, calls, body):
    emulator.faults.add(operation="PutToken", status=200, body=body, times=None)
    assert run(settings=SHORT).status in (65, 75)
    assert set(calls("imds")) == {"PutToken"}


@pytest.mark.parametrize("size", [5000, 70000])
def test_a_token_that_is_refused(run, emulator, zone, calls, size):
    emulator.faults.add(operation="PutToken", status=200, body="x" * size, times=None)
    assert run(settings=ONCE).status in (65, 75)
    assert calls("route53") == []


# What is wrong with the instance identity document: whether the metadata is asked for id and
# region one by one then, as of a service that has no document.
WORDS = ["", PAGE, "../x", "EU-WEST-1", "x" * 200]


@pytest.mark.parametrize("path", ["instance-id", "placement/region"])
@pytest.mark.parametrize("body", WORDS, ids=["empty", "page", "path", "capitals", "long"])
def test_an_identity_that_is_none(run, emulator, zone, calls, path, body):
    emulator.faults.add(service="imds", path="instance-identity", status=404, times=None)
    emulator.faults.add(service="imds", path=path, status=200, body=body, times=None)
    assert run(settings=SHORT).status == 65
    assert calls("route53") == []


@pytest.mark.parametrize("body", ["", PAGE, "[", "[]", '{"region": "eu-west-1"'],
                         ids=["empty", "page", "half a list", "list", "cut"])
def test_an_identity_document_that_is_none(run, emulator, zone, calls, body):
    emulator.faults.add(service="imds", path="instance-identity", status=200, body=body, times=None)
    assert run(settings=SHORT).status == 65
    assert calls("route53") == []


@pytest.mark.parametrize("document", [None, {}, {"instanceId": None}, {"region": "EU WEST"},
                                      {"instanceId": ["i-1"], "region": {}}, {"accountId": 1}])
def test_a_document_that_lacks_something_is_made_up_for(run, emulator, zone, document):
    fault = {"status": 404} if document is None else {"status": 200, "body": json.dumps(document)}
    emulator.faults.add(service="imds", path="instance-identity", times=None, **fault)
    assert run(settings=f"{SHORT}\naction: CREATE").status == 0
    assert zone.values("_bootname.webdev1.ec2.example.com", "TXT") == [
        heritage("i-0123456789abcdef0", account=None)]


@pytest.mark.parametrize("account", ["0123456789", "1234567890123", "12345678901x", ""])
def test_an_account_that_is_none_is_left_out(run, instance, zone, account):
    instance.account = account
    document = {"instanceId": instance.id, "region": "eu-west-1", "accountId": account}
    instance.emulator.faults.add(service="imds", path="instance-identity", status=200, times=None,
                                 body=json.dumps(document))
    assert run("-n", settings="action: CREATE\nzone: ec2.example.com").status in (0, 69)


# The role

BROKEN = {
    "empty": "",
    "page": PAGE,
    "half": '{"Code": "Success", "AccessKeyId": "ASIAX", "Secr',
    "list": "[]",
    "no fields": "{}",
    "no key": '{"Code": "Success", "AccessKeyId": "ASIAX", "Token": "t"}',
    "a list in place of a key": '{"AccessKeyId": [], "SecretAccessKey": "s", "Token": "t"}',
    "empty key": '{"AccessKeyId": "", "SecretAccessKey": "s", "Token": "t"}',
    "lines": '{"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t\\r\\nX-Other: b"}',
    "deep": "[" * 4000,
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_credentials_are_fetched_again(run, emulator, zone, body):
    emulator.faults.add(service="imds", path="security-credentials/bootname-role", status=200,
                        body=body)
    assert run().stdout == SET


@pytest.mark.parametrize("body", [
    '{"Code": "Success", "AccessKeyId": null, "SecretAccessKey": "s", "Token": "t"}',
    '{"AccessKeyId": 1, "SecretAccessKey": 2, "Token": 3}'], ids=["null", "numbers"])
def test_credentials_that_are_no_texts_are_aws_s_to_refuse(run, emulator, zone, body):
    emulator.faults.add(service="imds", path="security-credentials/bootname-role", status=200,
                        body=body, times=None)
    result = run()
    assert result.status == 77 and "InvalidClientTokenId" in result.stderr
    assert zone.values(NAME, "A") == []


@pytest.mark.parametrize("body", ["", PAGE, "../../user-data", "a/b"])
def test_a_role_list_that_is_none(run, emulator, zone, body):
    emulator.faults.add(service="imds", path="/security-credentials/", status=200, body=body)
    assert run().stdout == SET


# The environment

@pytest.mark.parametrize("value", ["true", "TRUE"])
def test_metadata_disabled_by_the_environment(run, emulator, zone, value):
    result = run(env={"AWS_EC2_METADATA_DISABLED": value})
    assert result.status == 69
    assert "AWS_EC2_METADATA_DISABLED" in result.stderr
    assert emulator.requests == []


def test_metadata_not_disabled(run, zone):
    assert run(env={"AWS_EC2_METADATA_DISABLED": "false"}).stdout == SET


@pytest.mark.parametrize("action", ["UPSERT\nowner_record: true", "CREATE"])
def test_region_of_the_environment_is_not_the_instance_s(run, emulator, zone, instance, action):
    """It chooses endpoints; where the instance is, and whom EC2 knows, the metadata says."""
    instance.tags_in_metadata = False
    result = run(env={"AWS_REGION": "ap-south-1"}, settings=f"action: {action}")
    assert result.status == 0
    [request] = emulator.requests_of("ec2")
    assert "/eu-west-1/ec2/aws4_request" in request.headers["authorization"]
    assert zone.values("_bootname.webdev1.ec2.example.com", "TXT") == [
        heritage("i-0123456789abcdef0")]


def test_region_of_the_environment_that_was_written_is_put_right(run, zone):
    """As 0.1.0 wrote it for an instance whose shell had another AWS_REGION."""
    name = "webdev1.ec2.example.com"
    put_owned(zone, name, "i-0123456789abcdef0", "54.123.123.123", region="us-east-1")
    assert run(settings="action: CREATE").stdout == f"{name} is already 54.123.123.123\n"
    assert zone.values("_bootname." + name, "TXT") == [heritage("i-0123456789abcdef0")]


def test_region_in_a_name_is_the_instance_s_own(run, zone):
    result = run(settings="name: '{region}'\nzone: ec2.example.com",
                 env={"AWS_REGION": "ap-south-1"})
    assert result.stdout == "setting eu-west-1.ec2.example.com to 54.123.123.123\n"


@pytest.mark.parametrize("region", ["", "EU-WEST-1", "eu west", "x" * 33])
def test_a_region_of_the_environment_that_is_none(run, zone, region):
    assert run(env={"AWS_REGION": region}).stdout == SET


def test_endpoint_with_a_final_slash(run, zone, instance):
    assert run(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": instance.endpoint + "/"}).stdout == SET


@pytest.mark.parametrize("endpoint", ["https://127.0.0.1:1", "127.0.0.1", "ftp://127.0.0.1",
                                      "file:///etc/passwd", "/"])
def test_endpoint_that_is_not_http(run, emulator, zone, endpoint):
    result = run(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint})
    assert result.status == 78
    assert "AWS_EC2_METADATA_SERVICE_ENDPOINT" in result.stderr
    assert emulator.requests == []


@pytest.mark.parametrize("endpoint", ["http://" + "x" * 2000, "http://[::1", "http://a b"])
def test_endpoint_that_leads_nowhere(run, emulator, zone, endpoint):
    assert run(env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint}, settings=ONCE).status in (75, 78)
    assert emulator.requests == []


@pytest.mark.parametrize("fault", [{"status": 503}, {"action": "reset_before"}],
                         ids=["503", "reset"])
def test_without_settings_ec2_is_asked_once_and_its_failure_is_none(run, emulator, zone, instance,
                                                                    calls, fault):
    instance.tags_in_metadata = False
    emulator.faults.add(service="ec2", times=None, **fault)
    result = run()
    assert (result.status, result.stdout) == (0, "no settings and no tag dnsname: nothing to do\n")
    assert calls("ec2") == ["DescribeTags"] and calls("route53") == []


def test_without_settings_a_tag_from_ec2_is_published(run, zone, instance):
    instance.tags_in_metadata = False
    assert run().status == 0
    assert zone.values("webdev1.ec2.example.com", "A") == ["54.123.123.123"]


def test_a_tag_that_is_not_there_is_said_without_a_time(run, instance):
    instance.tags = {}
    assert run(settings="{}").stderr == (
        "bootname: name: no tag dnsname; add it, or set name\n")
