"""The IAM policies, judged by an evaluator that is not ours: what they allow, and what not."""

import copy
import json
import string

import pytest

from cloudformation import Stack
from programs import FOLDER, hcl, node, template

WRITE = "route53:ChangeResourceRecordSets"
ZONE, OTHER_ZONE = (f"arn:aws:route53:::hostedzone/{zone}" for zone in ("Z1", "Z2"))
CHANGE = "arn:aws:route53:::change/C1"
ZONE_ROLE = "arn:aws:iam::210987654321:role/bootname"
ZONE_NAME = "ec2.example.com"
NAME = f"webdev1.{ZONE_NAME}"
FIRST = string.ascii_lowercase + string.digits
# Characters of a managed policy; those of all policies in a role together. IAM counts no spaces.
MANAGED, INLINE = 6144, 10240


def batch(names=(NAME,), types=("A",), actions=("UPSERT",), zone=ZONE):
    """What ChangeResourceRecordSets asks: each list has what any change of the batch has."""
    context = {f"{WRITE}{key}": [*values] for key, values in (
        ("NormalizedRecordNames", names), ("RecordTypes", types), ("Actions", actions)) if values}
    return WRITE, zone, context


OWNED = (NAME, f"_bootname.{NAME}")
# What runs do, with any settings that need nothing more of the policy.
BASE = {
    "find the zone": ("route53:ListHostedZonesByName", "*", {}),
    "read records": ("route53:ListResourceRecordSets", ZONE, {}),
    "check the delegation": ("route53:GetHostedZone", ZONE, {}),
    "set an address": batch(),
    "set both addresses": batch(types=("A", "AAAA")),
    "claim a name": batch(OWNED, ("A", "TXT"), ("CREATE",)),
    "replace a record": batch(OWNED, ("A", "AAAA", "TXT"), ("DELETE", "CREATE")),
    "overwrite the owner": batch(OWNED, ("A", "TXT"), ("UPSERT", "DELETE")),
    "remove a name": batch(OWNED, ("A", "AAAA", "TXT"), ("DELETE",)),
    "set a deeper name": batch(("webdev1.eu-west-1a.ec2.example.com",)),
    "set two records": batch((NAME, "webdev2.ec2.example.com")),
    "set names of every first character": batch([f"{one}.{ZONE_NAME}" for one in FIRST]),
    "set names of every first character and more": batch(
        [f"{one}-1.a_b.{ZONE_NAME}" for one in FIRST]),
    "claim a deeper name": batch((f"a.b.{ZONE_NAME}", f"_bootname.a.b.{ZONE_NAME}"), ("A", "TXT")),
}
WILDCARDS = {
    "set a wildcard": batch((f"\\052.{ZONE_NAME}",)),
    "claim a wildcard": batch((f"\\052.{ZONE_NAME}", f"_bootname.\\052.{ZONE_NAME}"),
                              ("A", "TXT"), ("CREATE",)),
    "set a wildcard below a name": batch((f"\\052.web.{ZONE_NAME}",)),
    "claim a wildcard below a name": batch(
        (f"\\052.web.{ZONE_NAME}", f"_bootname.\\052.web.{ZONE_NAME}"), ("A", "TXT"), ("CREATE",)),
    "set a wildcard and a name": batch((NAME, f"\\052.{ZONE_NAME}")),
}
APEX = {
    "set the apex": batch((ZONE_NAME,)),
    "claim the apex": batch((ZONE_NAME, f"_bootname.{ZONE_NAME}"), ("A", "TXT"), ("CREATE",)),
    "let the apex ride along": batch((*OWNED, ZONE_NAME), ("A", "TXT")),
    "write below the apex what proves it": batch((f"_bootname.{ZONE_NAME}",), ("TXT",)),
    "remove a name at the apex": batch((ZONE_NAME,), ("A", "TXT"), ("DELETE",)),
}
# What no instance has for a name, and what those prove whom an authority, a mail server or
# a service believes: the whole zone, mostly. Each stands before the zone's name.
PROOFS = (
    "_acme-challenge", "_dnsauth", "_globalsign-domain-verification", "_validation-contactemail",
    "_validation-contactphone", "_pki-validation", "_amazonses", "_github-challenge-org", "_x",
    "_", "__", "_1", "_dmarc", "_mta-sts", "_smtp._tls", "_domainkey", "x._domainkey",
    "default._bimi", "example.org._report._dmarc", "_acme-challenge.webdev1", "_dnsauth.a.b",
    "webdev1._domainkey.webdev1", "a._b", "a.b._c", "a._b.c", "9._x", "_web",
    "_bootname._acme-challenge", "_bootname.x._y", "_bootname._bootname.webdev1",
    "_bootname._domainkey.webdev1", "_bootname.web._dmarc", "_bootnamex.webdev1", "_bootname-x",
    "-x", "_bootname\\056webdev1", "_acme-challenge\\056webdev1")
# Not of the letters of a name, as Route 53 spells them, and not a wildcard of DNS.
ESCAPED = (
    "a\\056b", "a\\056_acme-challenge", "a\\052b", "a.\\052.b", "a\\040b", "a.\\137b", "\\040",
    "\\137acme-challenge", "_bootname.a\\056b", "_bootname.\\137dmarc")
# Denied by what a wildcard is made of, too.
WILD_PROOFS = ("\\052._domainkey", "\\052._tcp.web", "_bootname.\\052._tcp")
# What one setting, or parameter, needs beside.
MORE = {
    "take_over": {"ask for owners": ("ec2:DescribeInstances", "*", {})},
    "tags": {"ask for tags": ("ec2:DescribeTags", "*", {})},
    "wait": {"wait": ("route53:GetChange", CHANGE, {})},
    "private": {"list zones of a VPC": ("route53:ListHostedZonesByVPC", "*", {}),
                "tell the VPC": ("ec2:DescribeVpcs", "*", {})},
    "role": {"assume the zone's role": ("sts:AssumeRole", ZONE_ROLE, {}),
             "tag the session of the zone's role": ("sts:TagSession", ZONE_ROLE, {})},
}
NEVER = {
    **{f"set {record_type}": batch(types=(record_type,))
       for record_type in ("NS", "SOA", "CNAME", "MX", "SRV", "CAA", "DS")},
    "set a name of the domain above": batch(("www.example.com",)),
    "set a name that only ends alike": batch(("webdev1.notec2.example.com",)),
    "set a name that only begins alike": batch(("webdev1.ec2.example.com.evil.example",)),
    "set a name in another zone": batch(zone=OTHER_ZONE),
    "let another name ride along": batch((NAME, "www.example.com")),
    **{f"write {name}": batch((f"{name}.{ZONE_NAME}",), ("TXT",))
       for name in (*PROOFS, *WILD_PROOFS)},
    **{f"let {name} ride along": batch((*OWNED, f"{name}.{ZONE_NAME}"), ("A", "TXT"))
       for name in ("_acme-challenge", "x._domainkey", "_bootname.x._y", "-x")},
    "set an address of what is no host": batch((f"_acme-challenge.{ZONE_NAME}",)),
    "remove what proves the zone": batch((f"_dmarc.{ZONE_NAME}",), ("TXT",), ("DELETE",)),
    "let another type ride along": batch(types=("A", "NS")),
    "let a CNAME ride along": batch(OWNED, ("A", "TXT", "CNAME"), ("CREATE", "DELETE")),
    "let another action ride along": batch(actions=("UPSERT", "REPLACE")),
    "change without names": batch(names=()),
    "change without anything": batch((), (), ()),
    "read another zone": ("route53:ListResourceRecordSets", OTHER_ZONE, {}),
    "look at another zone": ("route53:GetHostedZone", OTHER_ZONE, {}),
    "list all zones": ("route53:ListHostedZones", "*", {}),
    "remove the zone": ("route53:DeleteHostedZone", ZONE, {}),
    "make a zone": ("route53:CreateHostedZone", "*", {}),
    "turn signing off": ("route53:DisableHostedZoneDNSSEC", ZONE, {}),
    "comment the zone": ("route53:UpdateHostedZoneComment", ZONE, {}),
    "assume another role": ("sts:AssumeRole", "arn:aws:iam::210987654321:role/admin", {}),
    "make an instance": ("ec2:RunInstances", "arn:aws:ec2:eu-west-1::image/ami-1", {}),
    "tag the session of another role": (
        "sts:TagSession", "arn:aws:iam::210987654321:role/admin", {}),
    "set tags": ("ec2:CreateTags", "arn:aws:ec2:eu-west-1:123456789012:instance/i-1", {}),
}
REAP = {
    "find the zone": BASE["find the zone"],
    "read records": BASE["read records"],
    "ask for owners": MORE["take_over"]["ask for owners"],
    "remove a name": BASE["remove a name"],
    "remove a name at the apex": APEX["remove a name at the apex"],
    "remove what proves the zone": NEVER["remove what proves the zone"],
}
SOA = {
    "read records": BASE["read records"],
    "set the SOA record": batch(("ec2.example.com",), ("SOA",)),
}
ODD = {f"write {name}": batch((f"{name}.{ZONE_NAME}",), ("TXT",)) for name in ESCAPED}
EVERYTHING = {**BASE, **WILDCARDS, **APEX, **ODD,
              **{name: asked for asked in MORE.values() for name, asked in asked.items()},
              **NEVER, **{f"reap: {name}": asked for name, asked in REAP.items()},
              **{f"soa: {name}": asked for name, asked in SOA.items()}}


def allowed_of(*more):
    return {**BASE, **{name: asked for key in more for name, asked in MORE[key].items()}}


def file_policy(name):
    return json.loads((FOLDER / name).read_text().replace("ZONEID", "Z1"))


def role_policy(name="role", **parameters):
    given = {"ZoneArns": ZONE, "ZoneName": ZONE_NAME, **parameters}
    return Stack(template(name), given).resources()["Policy"]["PolicyDocument"]


def zone_role_policy(**parameters):
    return role_policy("zone-role", ExternalId="a1", InstanceRoleArn=ZONE_ROLE, **parameters)


def soa_policy():
    """Of the function in zone.yaml, whose zone is called Zone there."""
    stack = Stack(template("zone"), {"ZoneName": "ec2.example.com"})
    text = json.dumps(stack.resources()["SoaPolicy"]["PolicyDocument"])
    policy = json.loads(text.replace("hostedzone/Zone", "hostedzone/Z1"))
    # Its logs are named by AWS.
    policy["Statement"] = [one for one in policy["Statement"] if "logs:" not in one["Action"][0]]
    return policy


def terraform_policy(**variables):
    name = "resource.aws_iam_policy.this.policy"
    known = {"take_over": False, "tags_from_ec2": False, "wait": False, "private_zones": False,
             "zone_role_arn": None, "program_bucket": None, "zone_ids": [], "record_names": None,
             "wildcard_names": False, "apex_name": False, "zone_name": ZONE_NAME,
             "own_names": False, **variables}
    values = {"var": known, "aws_route53_zone": {"this": [{"zone_id": "Z1"}]},
              "data": {"aws_partition": {"current": {"partition": "aws"}},
                       "aws_route53_zone": {"this": []}},
              "aws_iam_role": {"zone": [{"arn": ZONE_ROLE}] * known["own_names"]}}
    answer = hcl(values=values, wanted=("locals.zone_ids", "locals.zone_arns",
                                        "locals.record_names", "locals.denied_names",
                                        "locals.zone_role_arn", name))
    return json.loads(answer["values"][name])


ALL = tuple(MORE)
GROUP = {"RecordNames": "webdev*.ec2.example.com,_bootname.webdev*.ec2.example.com"}
OF_THE_GROUP = {key: asked for key, asked in BASE.items() if "every first" not in key
                and key != "claim a deeper name"}
READING = {key: asked for key, asked in BASE.items() if asked[0] != WRITE}
WITH_WILDCARDS = {**BASE, **WILDCARDS, **{
    key: asked for key, asked in ODD.items() if not key.startswith("write \\")}}
# Where a policy comes from, and what of EVERYTHING it allows.
POLICIES = {
    "dns-update-policy.json": (lambda: file_policy("dns-update-policy.json"), BASE),
    "reap-policy.json": (lambda: file_policy("reap-policy.json"), REAP),
    "zone.yaml": (soa_policy, SOA),
    "zone-role.yaml": (zone_role_policy, allowed_of("wait")),
    "zone-role.yaml, wildcards": (lambda: zone_role_policy(WildcardNames="true"),
                                  {**WITH_WILDCARDS, **allowed_of("wait")}),
    "zone-role.yaml, the apex": (lambda: zone_role_policy(ApexName="true"),
                                 {**APEX, **allowed_of("wait")}),
    "zone-role.yaml, a group": (lambda: zone_role_policy(**GROUP),
                                {**OF_THE_GROUP, **MORE["wait"]}),
    "role.yaml": (role_policy, BASE),
    "role.yaml, take_over": (lambda: role_policy(TakeOver="true"), allowed_of("take_over")),
    "role.yaml, tags": (lambda: role_policy(TagsFromEc2="true"), allowed_of("tags")),
    "role.yaml, wait": (lambda: role_policy(Wait="true"), allowed_of("wait")),
    "role.yaml, private": (lambda: role_policy(PrivateZones="true"), allowed_of("private")),
    "role.yaml, role": (lambda: role_policy(ZoneRoleArn=ZONE_ROLE), allowed_of("role")),
    "role.yaml, own names": (lambda: role_policy(ZoneRoleArn=ZONE_ROLE, WriteZone="false"),
                             {**READING, **MORE["role"]}),
    "role.yaml, zone_id": (lambda: role_policy(FindZone="false"),
                           {key: BASE[key] for key in BASE if key != "find the zone"}),
    "role.yaml, wildcards": (lambda: role_policy(WildcardNames="true"), WITH_WILDCARDS),
    "role.yaml, the apex": (lambda: role_policy(ApexName="true"), {**BASE, **APEX}),
    "role.yaml, two zones": (
        lambda: role_policy(ZoneArns=f"{ZONE},{OTHER_ZONE}"),
        {**BASE, **{key: NEVER[key] for key in (
            "set a name in another zone", "read another zone", "look at another zone")}}),
    "role.yaml, a group": (lambda: role_policy(**GROUP), OF_THE_GROUP),
    "role.yaml, a group without owner records": (
        lambda: role_policy(RecordNames="webdev*.ec2.example.com"),
        {key: asked for key, asked in OF_THE_GROUP.items() if OWNED[1] not in str(asked)}),
    "role.yaml, a wildcard of a group": (
        lambda: role_policy(RecordNames="\\052.web.ec2.example.com", WildcardNames="true"),
        {key: asked for key, asked in {**BASE, **WILDCARDS}.items()
         if key == "set a wildcard below a name" or asked[0] != WRITE}),
    "terraform": (terraform_policy, BASE),
    "terraform, wildcards": (lambda: terraform_policy(wildcard_names=True), WITH_WILDCARDS),
    "terraform, the apex": (lambda: terraform_policy(apex_name=True), {**BASE, **APEX}),
    "terraform, a group": (
        lambda: terraform_policy(record_names=GROUP["RecordNames"].split(",")), OF_THE_GROUP),
    "terraform, own names": (lambda: terraform_policy(own_names=True),
                             {**READING, **MORE["role"]}),
    "terraform, everything": (
        lambda: terraform_policy(take_over=True, tags_from_ec2=True, wait=True,
                                 private_zones=True, zone_role_arn=ZONE_ROLE), allowed_of(*ALL)),
}


def simulate(policies):
    """What each allows of EVERYTHING: {policy: {name}}."""
    asked = [{"policy": policy, "action": action, "resource": resource, "context": context}
             for policy in policies.values() for action, resource, context in EVERYTHING.values()]
    results = iter(node("simulate.js", asked))
    return {key: {name for name in EVERYTHING if next(results) == "Allowed"} for key in policies}


def wanted(allowed):
    """The names of all requests that are among these, by whatever name."""
    return {name for name, asked in EVERYTHING.items() if asked in allowed.values()}


# ---- Broken on purpose: each of these has to show. ----

def writer(policy, effect="Allow"):
    [statement] = [one for one in policy["Statement"]
                   if (one["Action"], one["Effect"]) == (WRITE, effect)]
    return statement


def lists_of(policy):
    """The lists of the conditions, by the end of their key."""
    return {key.removeprefix(WRITE): (values, key) for operator, values
            in writer(policy)["Condition"].items() if operator != "Null" for key in values}


def without_condition(policy):
    del writer(policy)["Condition"]


def without_null(policy):
    del writer(policy)["Condition"]["Null"]


def without(key):
    def mutate(policy):
        values, name = lists_of(policy)[key]
        del values[name]
    mutate.__name__ = f"without {key}"
    return mutate


def with_any_value(policy):
    condition = writer(policy)["Condition"]
    for operator in [*condition]:
        condition[operator.replace("ForAllValues", "ForAnyValue")] = condition.pop(operator)


def set_to(key, *items):
    def mutate(policy):
        values, name = lists_of(policy)[key]
        values[name] = [*items]
    mutate.__name__ = f"{key} {items}"
    return mutate


def names_of(policy):
    """The names that are allowed, to be changed."""
    values, name = lists_of(policy)["NormalizedRecordNames"]
    return values[name]


def with_name(pattern):
    def mutate(policy):
        names_of(policy).append(pattern)
    mutate.__name__ = f"with {pattern}"
    return mutate


def without_name(pattern):
    def mutate(policy):
        names_of(policy).remove(pattern)
    mutate.__name__ = f"without {pattern}"
    return mutate


def denied_names(policy):
    """The condition of the Deny: the operator's mapping, key and patterns."""
    [(operator, values)] = writer(policy, "Deny")["Condition"].items()
    [(key, patterns)] = values.items()
    return operator, key, patterns


def without_deny(policy):
    policy["Statement"].remove(writer(policy, "Deny"))


def deny_only(*patterns):
    def mutate(policy):
        operator, key, _ = denied_names(policy)
        writer(policy, "Deny")["Condition"] = {operator: {key: [*patterns]}}
    mutate.__name__ = f"deny only {patterns}"
    return mutate


def deny_as(operator):
    def mutate(policy):
        _, key, patterns = denied_names(policy)
        writer(policy, "Deny")["Condition"] = {operator: {key: patterns}}
    mutate.__name__ = f"deny {operator}"
    return mutate


def deny_in_another_zone(policy):
    writer(policy, "Deny")["Resource"] = OTHER_ZONE


def deny_another_action(policy):
    writer(policy, "Deny")["Action"] = "route53:ListResourceRecordSets"


def deny_that_allows(policy):
    writer(policy, "Deny")["Effect"] = "Allow"


def deny_everything(policy):
    del writer(policy, "Deny")["Condition"]


def in_any_zone(policy):
    writer(policy)["Resource"] = "*"


def read_any_zone(policy):
    for statement in policy["Statement"]:
        if "ListResourceRecordSets" in str(statement["Action"]):
            statement["Resource"] = "*"


def do_anything(policy):
    policy["Statement"].append({"Effect": "Allow", "Action": "route53:*", "Resource": ZONE})


def dropped(action):
    def mutate(policy):
        for statement in policy["Statement"]:
            listed = statement["Action"]
            listed = [listed] if isinstance(listed, str) else listed
            left = [one for one in listed if one != action]
            statement["Action"] = left or ["route53:TestDNSAnswer"]
    mutate.__name__ = f"without {action}"
    return mutate


MUTATIONS = (
    without_condition, without_null, with_any_value, in_any_zone, read_any_zone, do_anything,
    without("NormalizedRecordNames"), without("RecordTypes"), without("Actions"),
    set_to("NormalizedRecordNames", "*"), set_to("NormalizedRecordNames", "*.example.com"),
    set_to("NormalizedRecordNames", "*ec2.example.com"),
    set_to("NormalizedRecordNames", "*.ec2.example.com*"),
    set_to("NormalizedRecordNames", "webdev1.ec2.example.com"),
    set_to("RecordTypes", "A", "AAAA", "TXT", "NS"),
    set_to("RecordTypes", "A", "AAAA", "TXT", "CNAME"), set_to("RecordTypes", "A", "AAAA"),
    set_to("RecordTypes", "A", "TXT"),
    set_to("Actions", "UPSERT", "CREATE"), set_to("Actions", "DELETE", "CREATE"),
    set_to("Actions", "UPSERT", "DELETE"),
    dropped("route53:ListHostedZonesByName"), dropped("route53:GetHostedZone"),
    dropped("route53:ListResourceRecordSets"),
    *(with_name(f"{prefix}{ZONE_NAME}") for prefix in (
        "*.", "?*.", "_*.", "-*.", "_a*.", "_acme-challenge.", "_acme-challenge*.", "_bootname*.",
        "_bootname.", "_dmarc.", "*", "")),
    without_deny, deny_only("*._*"), deny_only("*\\*"), deny_only("*._acme*", "*\\*"),
    deny_only("*._?*.webdev1.*", "*\\*"), deny_only("_*", "*\\*"), deny_only("*._*", "*\\052*"),
    deny_only("*._*", "\\*"), deny_only("*_*", "*\\*"),
    deny_as("ForAllValues:StringLike"), deny_as("ForAnyValue:StringEquals"),
    deny_as("ForAnyValue:StringNotLike"), deny_in_another_zone, deny_another_action,
    deny_that_allows, deny_everything,
)
MUTATED = (*((name, mutate) for name in ("dns-update-policy.json", "role.yaml", "terraform")
             for mutate in MUTATIONS),
           *(("dns-update-policy.json", without_name(f"{one}*.{ZONE_NAME}"))
             for one in (*FIRST, "_bootname.")))


@pytest.fixture(scope="module")
def decisions():
    policies = {name: source() for name, (source, _) in POLICIES.items()}
    for name, mutate in MUTATED:
        broken = copy.deepcopy(policies[name])
        mutate(broken)
        policies[name, mutate] = broken
    return simulate(policies)


@pytest.mark.parametrize("name", POLICIES)
def test_policy_allows_what_runs_need_and_no_more(decisions, name):
    assert decisions[name] == wanted(POLICIES[name][1])


@pytest.mark.parametrize(("name", "mutate"), MUTATED, ids=lambda one: getattr(one, "__name__", one))
def test_table_notices(decisions, name, mutate):
    assert decisions[name, mutate] != wanted(POLICIES[name][1])


# ---- How large they are. ----

def size(policy):
    """Characters, as IAM counts them: without what is between the words of JSON."""
    return len("".join(json.dumps(policy).split()))


SETTINGS = {key: "true" for key in ("FindZone", "TakeOver", "TagsFromEc2", "Wait", "PrivateZones",
                                    "WildcardNames", "ApexName")}
ARNS = ",".join(f"arn:aws-us-gov:route53:::hostedzone/Z{number:031}" for number in range(4))


def longest_zone(name):
    """A zone whose name is as long as the template takes it."""
    longest = template(name)["Parameters"]["ZoneName"]["MaxLength"]
    return ("a" * 60 + ".") * (longest // 61) + "a" * (longest % 61)


SIZES = {
    "role.yaml": lambda: role_policy(
        ZoneName=longest_zone("role"), ZoneArns=ARNS, ZoneRoleArn=ZONE_ROLE, **SETTINGS),
    "zone-role.yaml": lambda: zone_role_policy(
        ZoneName=longest_zone("zone-role"), ZoneArns=ARNS, WildcardNames="true", ApexName="true"),
    "dns-update-policy.json": lambda: file_policy("dns-update-policy.json"),
    "terraform": lambda: terraform_policy(
        take_over=True, tags_from_ec2=True, wait=True, private_zones=True, wildcard_names=True,
        apex_name=True, zone_role_arn=ZONE_ROLE),
}


@pytest.mark.parametrize("name", SIZES)
def test_policy_fits_into_a_managed_one_and_so_into_a_role(name):
    assert size(SIZES[name]()) <= MANAGED < INLINE


# EC2's principal has one name in all of them: amazonaws.com.cn is of China's endpoints.
PARTITIONS = (("aws", "amazonaws.com"), ("aws-cn", "amazonaws.com.cn"),
              ("aws-us-gov", "amazonaws.com"), ("aws-iso", "c2s.ic.gov"))
EC2 = {"Service": "ec2.amazonaws.com"}


@pytest.mark.parametrize(("partition", "suffix"), PARTITIONS)
def test_role_is_of_its_partition(partition, suffix):
    zone = f"arn:{partition}:route53:::hostedzone/Z1"
    stack = Stack(template("role"), {"ZoneArns": zone, "ZoneName": ZONE_NAME,
                                     "Wait": "true"},
                  **{"AWS::Partition": partition, "AWS::URLSuffix": suffix})
    role, policy = (stack.resources()[name] for name in ("Role", "Policy"))
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == EC2
    resources = [resource for one in policy["PolicyDocument"]["Statement"]
                 for resource in ([one["Resource"]] if isinstance(one["Resource"], str)
                                  else one["Resource"]) if resource != "*"]
    assert {*resources} == {zone, f"arn:{partition}:route53:::change/*"}


@pytest.mark.parametrize(("partition", "suffix"), PARTITIONS)
def test_role_of_terraform_trusts_ec2(partition, suffix):
    name = "resource.aws_iam_role.this.assume_role_policy"
    found = {"partition": partition, "dns_suffix": suffix}
    answer = hcl(values={"data": {"aws_partition": {"current": found}}}, wanted=(name,))
    [trust] = json.loads(answer["values"][name])["Statement"]
    assert trust == {"Effect": "Allow", "Principal": EC2, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize(("wanted", "names"), [("false", 1), ("true", 2)])
def test_role_lets_systems_manager_in_if_asked_for(wanted, names):
    stack = Stack(template("role"), {"ZoneArns": ZONE, "ZoneName": ZONE_NAME,
                                     "SystemsManager": wanted})
    policies = stack.resources()["Role"]["ManagedPolicyArns"]
    assert policies == ["Policy", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"][:names]


def test_zone_role_trusts_one_role_with_the_external_id():
    stack = Stack(template("zone-role"), {"ZoneArns": ZONE, "ZoneName": ZONE_NAME,
                                          "ExternalId": "web-fleet", "InstanceRoleArn": ZONE_ROLE})
    [trust] = stack.resources()["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {"Effect": "Allow", "Principal": {"AWS": ZONE_ROLE}, "Action": "sts:AssumeRole",
                     "Condition": {"StringEquals": {"sts:ExternalId": "web-fleet"}}}
