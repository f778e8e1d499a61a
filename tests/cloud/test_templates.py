"""The CloudFormation templates: AWS's own validator of them, what they come to, and user-data."""

import base64
import gzip
import hashlib
import json
import random
import re
import struct
import subprocess
import sys

import dns.rdata
import pytest

from cloudformation import Stack, load
from programs import FOLDER, TEMPLATES, node, template

PATTERNS = (
    # template, parameter, value, whether it is taken
    ("zone", "ZoneName", "ec2.example.com", True),
    ("zone", "ZoneName", "ec2.example.com.", False),
    ("zone", "ZoneName", "EC2.example.com", False),
    ("zone", "ZoneName", "example", False),
    ("zone", "ZoneName", "-a.example.com", False),
    ("zone", "ParentZoneId", "Z0123456789ABCDEFGHIJ", True),
    ("zone", "ParentZoneId", "/hostedzone/Z0123456789", False),
    ("zone", "CertificateAuthorities", "letsencrypt.org", True),
    ("zone", "CertificateAuthorities", ";", True),
    ("zone", "CertificateAuthorities", 'a" "b', False),
    ("zone", "DmarcReports", "dmarc@example.com", True),
    ("zone", "DmarcReports", "dmarc@example.com; p=none", False),
    ("zone", "TlsReports", "tls@example.com", True),
    ("zone", "TlsReports", "mailto:tls@example.com", False),
    ("zone", "MtaStsId", "20261122T1", True),
    ("zone", "MtaStsId", "2026-11-22", False),
    ("role", "ZoneArns", "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ", True),
    ("role", "ZoneArns", "arn:aws-us-gov:route53:::hostedzone/Z1", True),
    ("role", "ZoneArns", "arn:aws:route53:::hostedzone/*", False),
    ("role", "ZoneArns", "Z0123456789ABCDEFGHIJ", False),
    *((name, parameter, value, taken) for name in ("role", "zone-role")
      for parameter, value, taken in (
          ("ZoneName", "ec2.example.com", True), ("ZoneName", "ec2.example.com.", False),
          ("ZoneName", "EC2.example.com", False), ("ZoneName", "*.example.com", False),
          ("ZoneName", "_ec2.example.com", False), ("ZoneName", "ec2._x.example.com", False),
          ("ZoneName", "example", False), ("ZoneName", "", False),
          ("ZoneName", f"{'a' * 60}.{'b' * 40}.example", False),
          ("RecordNames", "", True), ("RecordNames", "web-*.ec2.example.com", True),
          ("RecordNames", "_bootname.web-*.ec2.example.com", True),
          ("RecordNames", "_bootname.*.ec2.example.com", True),
          ("RecordNames", "\\052.ec2.example.com", True),
          ("RecordNames", "_bootname.\\052.ec2.example.com", True),
          ("RecordNames", "*", False), ("RecordNames", "*.ec2.example.com", False),
          ("RecordNames", "?*.ec2.example.com", False),
          ("RecordNames", "_*.ec2.example.com", False),
          ("RecordNames", "_acme-challenge.ec2.example.com", False),
          ("RecordNames", "_bootname*.ec2.example.com", False),
          ("RecordNames", "\\137acme.ec2.example.com", False),
          ("RecordNames", "web-*.ec2.example.com.", False),
          ("RecordNames", "web-*.EC2.example.com", False))),
    ("role", "ZoneRoleArn", "arn:aws:iam::123456789012:role/a/b", True),
    ("role", "ZoneRoleArn", "arn:aws:iam::123456789012:role/*", False),
    ("zone-role", "InstanceRoleArn", "arn:aws-cn:iam::123456789012:role/a", True),
    ("zone-role", "InstanceRoleArn", "*", False),
    ("zone-role", "ExternalId", "web-fleet", True),
    ("zone-role", "ExternalId", "", False),
    ("instance", "DnsName", "webdev1", True),
    ("instance", "DnsName", "webdev1.ec2.example.com", True),
    ("instance", "DnsName", "web dev", False),
    ("instance", "DnsName", "a..b", False),
    ("instance", "UserData", "H4sIAAAAAAAA/w==", True),
    ("instance", "UserData", "#cloud-config", False),
    *((name, "ImageId", value, taken) for name in ("instance", "asg") for value, taken in (
        ("ami-0123456789abcdef0", True), ("ami-01234567", True), ("resolve:ssm:/images/web", True),
        ("resolve:ssm:/images/web:3", True), ("/images/web", False), ("web", False),
        ("{{resolve:ssm:/images/web}}", False))),
    ("image-builder", "Bucket", "releases-of-mine", True), ("image-builder", "Bucket", "a b", False),
    ("image-builder", "Key", "bootname/bootname.rpm", True),
    *(("image-builder", "Key", value, False) for value in (
        "bootname.deb", "a b.rpm", "'; rm -rf /;'.rpm", "/a.rpm", "a\nb.rpm", "${AWS::Region}.rpm")),
    ("image-builder", "Sha256", 64 * "a", True), ("image-builder", "Sha256", 63 * "a", False),
    ("image-builder", "Sha256", 64 * "A", False), ("image-builder", "Version", "1.0.0", True),
    ("image-builder", "Version", "1.0", False), ("image-builder", "SubnetId", "", True),
    ("monitoring", "Email", "you@example.com", True), ("monitoring", "Email", "you", False),
    ("monitoring", "TagKey", "", True), ("monitoring", "TagKey", "aws:autoscaling:x", True),
    ("monitoring", "TagKey", "a b", False),
    ("asg", "SignalTimeout", "PT10M", True),
    ("asg", "SignalTimeout", "PT1H30M", True),
    ("asg", "SignalTimeout", "10M", False),
    ("asg", "DnsName", "", True),
    ("asg", "DnsName", "web-", False),
)
ARN = "arn:aws:route53:::hostedzone/Z1"
REQUIRED = {
    "zone": {"ZoneName": "ec2.example.com", "CertificateAuthorities": "letsencrypt.org,;",
             "QueryLogDays": "30"},
    "bucket": {},
    "role": {"ZoneArns": ARN, "ZoneName": "ec2.example.com"},
    "zone-role": {"ZoneArns": ARN, "ZoneName": "ec2.example.com", "ExternalId": "web-fleet",
                  "InstanceRoleArn": "arn:aws:iam::123456789012:role/web"},
    "image-builder": {"Bucket": "releases-of-mine", "Sha256": 64 * "a"},
    "monitoring": {},
    "instance": {"DnsName": "webdev1", "SubnetId": "subnet-0123456789abcdef0",
                 "SecurityGroupIds": "sg-0123456789abcdef0,sg-0123456789abcdef1"},
    "asg": {"SubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
            "SecurityGroupIds": "sg-0123456789abcdef0"},
}
# The validator does not see that an empty one of these is left out by a condition.
VALIDATED = {"image-builder": {"SubnetId": "subnet-0123456789abcdef0",
                               "SecurityGroupId": "sg-0123456789abcdef0"}}
# What the validator says that is not so: template, rule, resource.
EXCEPTIONS = {
    ("zone", "W3030", "QueryLog"),      # 0 days is no log at all
    # A launch template's image may be resolve:ssm:NAME, too.
    *((name, rule, "LaunchTemplate") for name in ("instance", "asg") for rule in ("W1030", "W2506")),
    *((name, rule, "ImageId") for name in ("instance", "asg") for rule in ("W1030", "W2506")),
    # It does not look into the policies of a group.
    *(("asg", "W2001", name) for name in ("MinInService", "MaxBatchSize", "Signals",
                                          "SignalTimeout")),
}
# So these are here: what CloudFormation knows in them.
ROLLING = {"MinInstancesInService", "MaxBatchSize", "WaitOnResourceSignals", "PauseTime",
           "SuspendProcesses", "MinSuccessfulInstancesPercent", "MinActiveInstancesPercent"}
PROCESSES = {"Launch", "Terminate", "AddToLoadBalancer", "AlarmNotification", "AZRebalance",
             "HealthCheck", "InstanceRefresh", "ReplaceUnhealthy", "ScheduledActions"}


# A typing error in a template, and the rule that finds it.
MISTAKES = (
    ("instance", "HttpTokens: required", "HttpTokens: requird", "W3030"),
    ("instance", "InstanceMetadataTags", "InstanceMetadataTag", "F3002"),
    ("instance", "ResourceType: instance", "ResourceType: instances", "W3030"),
    ("instance", "!Ref SubnetId\n", "!Ref Subnet\n", "F1020"),
    ("instance", "{Key: Name, Value: !Ref DnsName}", "{Key: Name}", "F3003"),
    ("asg", "LaunchTemplate.LatestVersionNumber", "LaunchTemplate.Version", "E9004"),
    ("asg", "!If [HasUserData", "!If [HasData", "E1028"),
    ("asg", "      MinSize: !Ref MinSize\n", "", "F3003"),
    ("role", "- !If\n            - Waits", "- !If\n            - TakesOver", "W8001"),
    ("role", "      Roles: [!Ref Role]\n", "", "F3003"),
    ("role", "Waits: !Equals [!Ref Wait,", "Waits: !Equals [!Ref TakeOver,", "W2001"),
    ("image-builder", "Platform: Linux", "Platform: Linus", "W3030"),
    ("image-builder", "ParentImage: !Sub", "ParentImages: !Sub", "F3002"),
    ("image-builder", "EXPRESSION_MATCH_AND_DEP", "EXPRESSION_AND_DEP", "W3030"),
    ("zone", "ECC_NIST_P256", "ECC_NIST_P255", "W3030"),
    ("zone", "AWS::Route53::DNSSEC", "AWS::Route53::DnsSec", "F3006"),
    ("zone", 'ResourceRecords: ["0 ."]', 'ResourceRecords: ["."]', "E3023"),
)


# As large as a helper gets: it does not compress, and the result is just below the limit.


def elf(size=13000):
    """What is enough of a program: a header, one segment, and bytes that do not compress."""
    header = bytearray(64 + 56)
    header[:7] = b"\x7fELF\x02\x01\x01"
    struct.pack_into("<HH", header, 16, 3, 62)
    struct.pack_into("<Q", header, 32, 64)
    struct.pack_into("<HH", header, 54, 56, 1)
    struct.pack_into("<QQQQ", header, 64 + 8, 0, 0, 0, len(header) + size)
    return bytes(header) + random.Random(1).randbytes(size)


HELPER = elf()
FORMS = (
    ("--baked",),
    ("--baked", "--systemd"),
    ("--url", "https://example.com/bootname", "--sha256", "0123456789abcdef" * 4, "--systemd"),
    ("--helper", "elf"),
)
WITH_DATA = tuple((name, form) for name in ("instance", "asg") for form in FORMS)


def mkuserdata(folder, *options):
    (folder / "elf").write_bytes(HELPER)
    (folder / "my.yaml").write_text("zone: ec2.example.com\nname: web-{instance-id}\n")
    return subprocess.run(
        [sys.executable, FOLDER / "mkuserdata", "--arch", "x86_64", "--no-check", *options,
         "my.yaml"], cwd=folder, capture_output=True, check=False)


@pytest.fixture
def make(tmp_path):
    """Run mkuserdata: make("--baked")"""
    def run(*options, status=0):
        done = mkuserdata(tmp_path, *options)
        assert done.returncode == status, done.stderr.decode()
        return done
    return run


def template_file(name):
    return FOLDER / "cloudformation" / f"{name}.yaml"


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """What the validator says of everything here, asked once: {case: [(rule, where, message)]}."""
    folder = tmp_path_factory.mktemp("templates")
    cases = {file.stem: (file.stem, file.read_bytes()) for file in TEMPLATES}
    for name, right, wrong, rule in MISTAKES:
        text = template_file(name).read_text()
        assert right in text
        cases[name, right, rule] = (name, text.replace(right, wrong, 1).encode())
    for name, form in WITH_DATA:
        made = mkuserdata(folder, "--template", template_file(name), *form)
        cases[name, form] = (name, made.stdout)
    question = []
    for number, (name, text) in enumerate(cases.values()):
        file = folder / f"{number}.yaml"
        file.write_bytes(text)
        question.append({"file": str(file),
                         "parameters": {**REQUIRED[name], **VALIDATED.get(name, {})}})
    return {case: [(one["ruleId"], one.get("entity", {}).get("logicalId"), one["message"])
                   for one in found]
            for case, found in zip(cases, node("validate.js", question), strict=True)}


def matches(definition, value):
    return (re.fullmatch(definition.get("AllowedPattern", ".*"), value) is not None
            and value in map(str, definition.get("AllowedValues", [value]))
            and len(value) <= definition.get("MaxLength", len(value)))


def test_every_template_is_tried():
    assert {file.stem for file in TEMPLATES} == {*REQUIRED}


def true_findings(findings, case, name):
    return [one for one in findings[case] if (name, *one[:2]) not in EXCEPTIONS]


@pytest.mark.parametrize("name", REQUIRED)
def test_template_is_what_cloudformation_takes(findings, name):
    assert not true_findings(findings, name, name)


@pytest.mark.parametrize(("name", "right", "wrong", "rule"), MISTAKES)
def test_validator_finds(findings, name, right, wrong, rule):
    assert rule in {one[0] for one in findings[name, right, rule]}, wrong


@pytest.mark.parametrize(("name", "parameter", "value", "taken"), PATTERNS)
def test_parameter_takes(name, parameter, value, taken):
    assert matches(template(name)["Parameters"][parameter], value) == taken


def test_defaults_and_examples_are_taken():
    for name, given in REQUIRED.items():
        parameters = template(name)["Parameters"]
        for parameter, definition in parameters.items():
            value = given.get(parameter, str(definition.get("Default", "")))
            is_list = definition["Type"].startswith(("List<", "CommaDelimitedList"))
            for part in value.split(",") if is_list else [value]:
                assert matches(definition, part), (name, parameter, part)


def test_parameters_without_default_are_in_the_line_that_shows_how():
    for file in TEMPLATES:
        comment = re.match(r"(#.*\n)+", file.read_text())[0]
        for parameter, definition in template(file.stem)["Parameters"].items():
            assert "Default" in definition or f"{parameter}=" in comment, (file.stem, parameter)


# ---- The zone. ----

def zone_records(**parameters):
    stack = Stack(template("zone"), {"ZoneName": "ec2.example.com", **parameters})
    return {(one["Name"], one["Type"]): one["ResourceRecords"]
            for one in stack.resources().values() if "ResourceRecords" in one}


NO_MAIL = {
    ("ec2.example.com", "TXT"): ['"v=spf1 -all"'],
    ("ec2.example.com", "MX"): ["0 ."],
    ("_dmarc.ec2.example.com", "TXT"): ['"v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s"'],
}
RECORDS = (
    ({}, NO_MAIL),
    ({"NoMail": "false"}, {}),
    ({"DmarcReports": "a@example.com"},
     {**NO_MAIL, ("_dmarc.ec2.example.com", "TXT"): [
         '"v=DMARC1; p=reject; sp=reject; adkim=s; aspf=s; rua=mailto:a@example.com"']}),
    ({"ParentZoneId": "Z1"},
     {**NO_MAIL, ("ec2.example.com", "NS"): ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net"]}),
    ({"NoMail": "false", "CertificateAuthorities": "letsencrypt.org,amazon.com"},
     {("ec2.example.com", "CAA"): ['0 issue "letsencrypt.org"', '0 issue "amazon.com"']}),
    ({"NoMail": "false", "CertificateAuthorities": ";"},
     {("ec2.example.com", "CAA"): ['0 issue ";"']}),
    ({"NoMail": "false", "TlsReports": "a@example.com", "MtaStsId": "1"},
     {("_smtp._tls.ec2.example.com", "TXT"): ['"v=TLSRPTv1; rua=mailto:a@example.com"'],
      ("_mta-sts.ec2.example.com", "TXT"): ['"v=STSv1; id=1"']}),
)


@pytest.mark.parametrize(("parameters", "want"), RECORDS)
def test_zone_has_the_records_that_are_asked_for(parameters, want):
    assert zone_records(**parameters) == want
    for (_, record_type), values in want.items():
        for value in values:
            dns.rdata.from_text("IN", record_type, value)


ONLY_THERE = (
    ({}, "eu-west-1", True),
    ({"Dnssec": "true"}, "us-east-1", True),
    ({"Dnssec": "true"}, "eu-west-1", False),
    ({"QueryLogDays": "30"}, "us-east-1", True),
    ({"QueryLogDays": "30"}, "eu-west-1", False),
)


@pytest.mark.parametrize(("parameters", "region", "allowed"), ONLY_THERE)
def test_zone_is_refused_where_its_key_or_log_cannot_be(parameters, region, allowed):
    stack = Stack(template("zone"), {"ZoneName": "ec2.example.com", **parameters},
                  **{"AWS::Region": region})
    assert (not stack.broken_rules()) == allowed


PARTS = (
    ({}, {"Soa", "SoaFunction", "SoaLog", "SoaPolicy", "SoaRole"}),
    ({"NegativeTtl": "0"}, set()),
    ({"NegativeTtl": "0", "Dnssec": "true"}, {"Key", "KeySigningKey", "Signing"}),
    ({"NegativeTtl": "0", "QueryLogDays": "7"}, {"QueryLog", "QueryLogPolicy"}),
)


@pytest.mark.parametrize(("parameters", "want"), PARTS)
def test_zone_has_the_parts_that_are_asked_for(parameters, want):
    stack = Stack(template("zone"), {"ZoneName": "ec2.example.com", "NoMail": "false",
                                     **parameters})
    resources = stack.resources()
    assert set(resources) == want | {"Zone"}
    assert ("QueryLoggingConfig" in resources["Zone"]) == ("QueryLog" in want)
    if "QueryLogPolicy" in want:
        [statement] = json.loads(resources["QueryLogPolicy"]["PolicyDocument"])["Statement"]
        group = resources["QueryLog"]["LogGroupName"]
        assert statement["Resource"].endswith(f":log-group:{group}:*")


def test_zone_tells_what_to_delegate_where_nobody_does():
    outputs = Stack(template("zone"), {"ZoneName": "ec2.example.com"}).outputs()
    assert outputs["Delegation"] == \
        "ec2.example.com NS, TTL 172800: ns-1.awsdns-01.com. ns-2.awsdns-02.net."
    assert outputs["ZoneArn"] == "arn:aws:route53:::hostedzone/Zone"
    parent = Stack(template("zone"), {"ZoneName": "ec2.example.com", "ParentZoneId": "Z1"})
    assert "Delegation" not in parent.outputs()


# ---- The instances. ----

@pytest.mark.parametrize("name", ["instance", "asg"])
def test_metadata_of_instances_are_safe_and_have_tags(name):
    data = Stack(template(name), REQUIRED[name]).resources()["LaunchTemplate"]["LaunchTemplateData"]
    assert data["MetadataOptions"] == {
        "HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": "1",
        "HttpProtocolIpv6": "disabled", "InstanceMetadataTags": "enabled"}
    assert data["IamInstanceProfile"] == {"Name": "import bootname-role-InstanceProfile"}
    assert "UserData" not in data
    role = template("role")
    [exported] = [output["Export"]["Name"] for name, output in role["Outputs"].items()
                  if name == "InstanceProfile"]
    assert Stack(role, REQUIRED["role"]).resolve(exported) == "stack-InstanceProfile"


def test_instance_has_its_tag_and_a_group_as_asked_for():
    data = Stack(template("instance"), REQUIRED["instance"]).resources()
    [tags] = data["LaunchTemplate"]["LaunchTemplateData"]["TagSpecifications"]
    assert {"Key": "dnsname", "Value": "webdev1"} in tags["Tags"]
    for parameters, want in (({}, ["Name"]), ({"DnsName": "web"}, ["Name", "dnsname"])):
        group = Stack(template("asg"), {**REQUIRED["asg"], **parameters}).resources()["Group"]
        assert [tag["Key"] for tag in group["Tags"]] == want
        assert all(tag["PropagateAtLaunch"] is True for tag in group["Tags"])


@pytest.mark.parametrize("name", ["instance", "asg"])
def test_newer_image_is_no_other_launch_template(name):
    """CloudFormation looks a parameter of its own types up at each deploy."""
    parameter = template(name)["Parameters"]["ImageId"]
    assert parameter["Type"] == "String"
    data = Stack(template(name), REQUIRED[name]).resources()["LaunchTemplate"]["LaunchTemplateData"]
    assert data["ImageId"] == parameter["Default"]
    assert data["ImageId"].startswith("resolve:ssm:/aws/service/")


def policies_of_group(**parameters):
    group = template("asg")["Resources"]["Group"]
    stack = Stack(template("asg"), {**REQUIRED["asg"], **parameters})
    rolling = stack.resolve(group["UpdatePolicy"])["AutoScalingRollingUpdate"]
    tags = {tag["Key"]: tag["Value"] for tag in stack.resources()["Group"]["Tags"]}
    return stack.resolve(group["CreationPolicy"])["ResourceSignal"], rolling, tags


def test_group_of_one_has_no_gap_at_an_update():
    creation, rolling, tags = policies_of_group(MinSize=1)
    defaults = {name: one.get("Default") for name, one in template("asg")["Parameters"].items()}
    assert set(rolling) <= ROLLING and set(rolling["SuspendProcesses"]) < PROCESSES
    # An update itself launches and ends instances.
    assert not {"Launch", "Terminate"} & set(rolling["SuspendProcesses"])
    assert rolling["MinInstancesInService"] == "1" and rolling["MaxBatchSize"] == "1"
    # CloudFormation refuses a minimum that is not below the maximum.
    assert defaults["MinInService"] < defaults["MaxSize"]
    # Nobody answers, so nobody is waited for; but an instance has time to get its name.
    assert creation["Count"] == "0" and rolling["WaitOnResourceSignals"] is False
    assert rolling["PauseTime"] == "PT2M"
    assert "bootname-stack" not in tags


def test_group_waits_for_names_if_asked_for():
    creation, rolling, tags = policies_of_group(MinSize=2, Signals=2, SignalTimeout="PT5M")
    assert creation == {"Count": "2", "Timeout": "PT5M"}
    assert rolling["WaitOnResourceSignals"] is True and rolling["PauseTime"] == "PT5M"
    # What signal.sh asks the metadata for.
    assert tags["bootname-stack"] == "stack"
    script = (FOLDER / "signal.sh").read_text()
    assert "tags/instance/bootname-stack" in script
    assert set(re.findall(r"(?:--resource|--logical-resource-id) (\w+)", script)) == {"Group"}


@pytest.mark.parametrize("name", ["instance", "asg"])
def test_key_pair_is_there_where_it_is_asked_for(name):
    for parameters, want in (({}, None), ({"KeyName": "me"}, "me")):
        stack = Stack(template(name), {**REQUIRED[name], **parameters})
        data = stack.resources()["LaunchTemplate"]["LaunchTemplateData"]
        assert data.get("KeyName") == want


# ---- Image Builder. ----

def image_builder(**parameters):
    return Stack(template("image-builder"), {**REQUIRED["image-builder"], **parameters})


def steps(stack, phase):
    """name -> what a step of the component does."""
    document = load(stack.resources()["Component"]["Data"])
    assert document["schemaVersion"] == 1.0
    [found] = [one["steps"] for one in document["phases"] if one["name"] == phase]
    return {one["name"]: one for one in found}


def test_component_installs_only_the_package_that_is_pinned(tmp_path):
    stack = image_builder(Key="a/bootname.rpm")
    found = steps(stack, "build")
    assert [one["source"] for one in found["Download"]["inputs"]] \
        == ["s3://releases-of-mine/a/bootname.rpm"]
    package = tmp_path / "bootname.rpm"
    package.write_bytes(b"a package")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/dnf").write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/installed\n')
    (tmp_path / "bin/dnf").chmod(0o755)
    right = hashlib.sha256(b"a package").hexdigest()
    for digest, status in ((64 * "0", 1), (right, 0)):
        text = "\n".join(found["Install"]["inputs"]["commands"]).replace(64 * "a", digest)
        done = subprocess.run(["bash"], input=text.replace("/tmp/", f"{tmp_path}/"), text=True,
                              capture_output=True, check=False,
                              env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"})
        assert done.returncode == status, done.stderr
        assert (tmp_path / "installed").exists() == (not status)
    assert not package.exists()
    for phase in ("validate", "test"):
        assert steps(stack, phase)["Version"]["inputs"]["commands"] == ["/usr/sbin/bootname -V"]


@pytest.mark.parametrize(("architecture", "parent", "types"), [
    ("x86_64", "amazon-linux-2023-x86", ["t3.small"]),
    ("arm64", "amazon-linux-2023-arm64", ["t4g.small"])])
def test_image_is_of_the_packages_architecture(architecture, parent, types):
    resources = image_builder(Architecture=architecture).resources()
    assert resources["Recipe"]["ParentImage"] \
        == f"arn:aws:imagebuilder:us-east-1:aws:image/{parent}/x.x.x"
    assert resources["Infrastructure"]["InstanceTypes"] == types
    assert resources["Infrastructure"]["InstanceMetadataOptions"] == {"HttpTokens": "required"}


def test_builder_reads_one_package_and_goes_where_it_is_asked_to():
    subnet, group = "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
    plain = image_builder().resources()
    [policy] = plain["Role"]["Policies"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (
        "s3:GetObject", "arn:aws:s3:::releases-of-mine/bootname/bootname.rpm")
    assert not {"SubnetId", "SecurityGroupIds"} & set(plain["Infrastructure"])
    placed = image_builder(SubnetId=subnet, SecurityGroupId=group).resources()["Infrastructure"]
    assert (placed["SubnetId"], placed["SecurityGroupIds"]) == (subnet, [group])
    assert image_builder(SubnetId=subnet).broken_rules()
    assert not image_builder(SubnetId=subnet, SecurityGroupId=group).broken_rules()


# ---- Monitoring. ----

STATUS = (FOLDER / "status.sh").read_text()
HOOK = "/var/lib/cloud/scripts/per-boot/50-bootname"
# As cloud-init writes it.
HOOK_FAILED = json.dumps({"v1": {"datasource": "DataSourceEc2Local", "errors": [
    "('scripts-per-boot', RuntimeError('Runparts: 1 failures (50-bootname) in 1 attempted "
    "commands'))"]}}, indent=1)
ANOTHER_FAILED = HOOK_FAILED.replace("50-bootname", "60-other")
LINE = "bootname: zone: no hosted zone for webdev1.ec2.example.com"
OUTPUT = f"Cloud-init v. 22.4.2 running\n{LINE}\nother: text\n"


@pytest.fixture
def status(tmp_path):
    """Run status.sh on an instance that looks so."""
    def run(result=None, failed=(), hook=True):
        for name, text in ((HOOK, "" if hook else None), ("/run/cloud-init/result.json", result),
                           ("/var/log/cloud-init-output.log", OUTPUT)):
            if text is not None:
                (tmp_path / name[1:]).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name[1:]).write_text(text)
        commands = tmp_path / "bin"
        commands.mkdir(exist_ok=True)
        cases = "|".join(failed) or "none"
        (commands / "systemctl").write_text(
            f'#!/bin/sh\n[ "$1 $2" = "is-failed --quiet" ] || exit 9\n'
            f'case $3 in {cases}) ;; *) exit 1 ;; esac\n')
        (commands / "journalctl").write_text("#!/bin/sh\necho 'bootname: request: denied'\n")
        for name in ("systemctl", "journalctl"):
            (commands / name).chmod(0o755)
        script = re.sub(r"(/var/l|/run/c)", rf"{tmp_path}\1", STATUS)
        return subprocess.run(["sh"], input=script, text=True, capture_output=True, check=False,
                              env={"PATH": f"{commands}:/usr/bin:/bin"})
    return run


STATES = (
    # the instance, exit status, what the first line says
    ({"hook": False, "result": HOOK_FAILED}, 0, ""),
    ({}, 0, ""),                                        # the boot is not done
    ({"result": '{"v1": {"errors": []}}'}, 0, ""),
    ({"result": ANOTHER_FAILED}, 0, ""),
    ({"result": HOOK_FAILED}, 1, "the per-boot script at this boot"),
    ({"failed": ["bootname-refresh.service"]}, 1, "bootname-refresh.service"),
    ({"result": HOOK_FAILED, "failed": ["bootname.service", "bootname-refresh.service"]}, 1,
     "the per-boot script at this boot, bootname.service, bootname-refresh.service"),
)


@pytest.mark.parametrize(("state", "exit_status", "why"), STATES)
def test_status_of_an_instance(status, state, exit_status, why):
    done = status(**state)
    assert (done.returncode, done.stderr) == (exit_status, "")
    assert done.stdout == (f"bootname failed: {why}\n{LINE}\nbootname: request: denied\n"
                           if why else "")


def monitoring(**parameters):
    return Stack(template("monitoring"), parameters)


def test_systems_manager_runs_that_script():
    association = monitoring(Minutes=60).resources()["Association"]
    assert association["Parameters"]["commands"] == [STATUS]
    assert "{{" not in STATUS           # Systems Manager would take it for a parameter
    assert association["ScheduleExpression"] == "rate(60 minutes)"
    assert association["Targets"] == [{"Key": "InstanceIds", "Values": ["*"]}]
    tagged = monitoring(TagKey="team", TagValue="web").resources()["Association"]
    assert tagged["Targets"] == [{"Key": "tag:team", "Values": ["web"]}]
    assert monitoring(TagKey="team").broken_rules() and not monitoring().broken_rules()


EVENT = {"source": "aws.ssm", "detail-type": "EC2 State Manager Instance Association State Change",
         "region": "eu-west-1",
         "detail": {"association-id": "Association.AssociationId", "status": "Failed",
                    "instance-id": "i-0123456789abcdef0", "document-name": "AWS-RunShellScript"}}


def is_matched(pattern, event):
    return all(is_matched(wanted, event.get(key, {})) if isinstance(wanted, dict)
               else event.get(key) in wanted for key, wanted in pattern.items())


@pytest.mark.parametrize(("change", "matched"), [
    ({}, True), ({"status": "Success"}, False), ({"association-id": "another"}, False)])
def test_failure_becomes_a_message(change, matched):
    rule = monitoring().resources()["Rule"]
    event = {**EVENT, "detail": {**EVENT["detail"], **change}}
    assert is_matched(rule["EventPattern"], event) == matched
    [target] = rule["Targets"]
    text = target["InputTransformer"]["InputTemplate"]
    for name, path in target["InputTransformer"]["InputPathsMap"].items():
        value = event
        for step in path.removeprefix("$.").split("."):
            value = value[step]
        text = text.replace(f"<{name}>", value)
    assert "i-0123456789abcdef0 in eu-west-1" in json.loads(text)


def test_only_the_rule_may_publish_and_only_who_is_named_hears():
    resources = monitoring().resources()
    [statement] = resources["TopicPolicy"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "Rule.Arn"}}
    assert "Subscription" not in resources
    assert monitoring(Email="you@example.com").resources()["Subscription"]["Endpoint"] \
        == "you@example.com"


# ---- User-data inside a template. ----

@pytest.mark.parametrize(("name", "form"), WITH_DATA)
def test_template_takes_user_data(findings, make, name, form):
    made = make("--template", template_file(name), *form).stdout
    plain = make(*form).stdout
    assert not true_findings(findings, (name, form), name)
    assert len(made) <= 51200           # bytes that CloudFormation takes without a bucket
    launch_template = Stack(load(made), REQUIRED[name]).resources()["LaunchTemplate"]
    encoded = launch_template["LaunchTemplateData"]["UserData"]
    assert base64.b64decode(encoded, validate=True) == plain
    assert gzip.decompress(plain).startswith(b"#cloud-config\n")


@pytest.mark.parametrize("form", FORMS[:-1], ids=" ".join)
def test_user_data_without_a_helper_are_short_enough_for_the_parameter(make, form):
    encoded = base64.b64encode(make(*form).stdout).decode()
    assert matches(template("instance")["Parameters"]["UserData"], encoded)
    stack = Stack(template("instance"), {**REQUIRED["instance"], "UserData": encoded})
    assert stack.resources()["LaunchTemplate"]["LaunchTemplateData"]["UserData"] == encoded


def test_template_with_user_data_is_written_with_their_size(make, tmp_path):
    size = len(make("--baked").stdout)
    done = make("--baked", "--template", template_file("asg"), "-o", "out.yaml")
    assert done.stdout.decode() == f"out.yaml: {size:,} of 16,384 bytes\n"
    assert (tmp_path / "out.yaml").read_text().startswith("# An Auto Scaling group")


REFUSED = (
    (("--template", "none.yaml"), 66, "none.yaml: No such file or directory"),
    (("--template", "my.yaml"), 65, "my.yaml has no place for the user-data"),
    (("--template", "my.yaml", "--plain"), 64, "--template and --plain exclude each other"),
)


@pytest.mark.parametrize(("options", "status", "message"), REFUSED)
def test_user_data_go_into_no_other_file(make, options, status, message):
    assert message in make("--baked", *options, status=status).stderr.decode()
