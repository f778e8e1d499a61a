"""A permission for one's own name only, judged by an evaluator that is not ours."""

import json
import re

import pytest

from cloudformation import Stack
from programs import FOLDER, hcl, node, template
from test_policies import (ARNS, MANAGED, OTHER_ZONE, WRITE, ZONE, ZONE_NAME, ZONE_ROLE, batch,
                           longest_zone, size)

INSTANCE_ROLE = "arn:aws:iam::123456789012:role/bootname"       # as in simulate.js
ROLE = "arn:aws:iam::123456789012:role/own-names"
OWN, OTHER = "i-0abc1234def567890", "i-0fff9999eee888877"
ASSUME = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": ROLE}]}


def own_names(**parameters):
    return Stack(template("zone-role"), {
        "ZoneArns": ZONE, "ZoneName": ZONE_NAME, "ExternalId": "a1",
        "InstanceRoleArn": INSTANCE_ROLE, "OwnNames": "true", **parameters}).resources()


def terraform(which, prefix=""):
    attribute = {"trust": "aws_iam_role.zone.assume_role_policy",
                 "policy": "aws_iam_role_policy.zone.policy"}[which]
    answer = hcl(values={"var": {"own_name_prefix": prefix, "zone_name": ZONE_NAME,
                                 "own_names": True, "zone_ids": []},
                         "data": {"aws_partition": {"current": {"partition": "aws"}},
                                  "aws_route53_zone": {"this": []}},
                         "aws_iam_role": {"this": {"arn": INSTANCE_ROLE}},
                         "aws_route53_zone": {"this": [{"zone_id": "Z1"}]}},
                 wanted=("locals.zone_ids", "locals.zone_arns", "locals.own_name", "locals.own_id",
                         f"resource.{attribute}"))
    return json.loads(answer["values"][f"resource.{attribute}"])


def shown(name):
    text = (FOLDER / name).read_text().replace("ZONEID", "Z1")
    return json.loads(text.replace("role/bootname-role", "role/bootname"))


TRUSTS = {
    "own-name-trust.json": lambda: shown("own-name-trust.json"),
    "zone-role.yaml": lambda: own_names()["Role"]["AssumeRolePolicyDocument"],
    "terraform": lambda: terraform("trust"),
}
POLICIES = {
    "own-name-policy.json": lambda: shown("own-name-policy.json"),
    "zone-role.yaml": lambda: own_names()["Policy"]["PolicyDocument"],
    "zone-role.yaml, wildcards": lambda: own_names(
        WildcardNames="true", ApexName="true", RecordNames="web-*.ec2.example.com",
    )["Policy"]["PolicyDocument"],
    "terraform": lambda: terraform("policy"),
}
# Which tag a session may have, by who asks.
TAGS = {
    "one's own": (OWN, True),
    "another's": (OTHER, False), "none": (None, False), "*": ("*", False), "i-*": ("i-*", False),
    "?": ("i-" + "?" * 17, False), "a suffix": (OWN[-4:], False), "a part": (OWN[:-1], False),
    "a longer one": (OWN + "0", False), "capitals": (OWN.upper(), False), "empty": ("", False),
    "a name": ("web", False), "_acme-challenge": ("_acme-challenge", False),
    "a variable": ("${aws:userid}", False),
}
PROOFS = ("_acme-challenge", f"_acme-challenge.{OWN}", f"_acme-challenge.{OTHER}",
          f"_acme-challenge.x-{OWN}", f"x._domainkey.{OWN}", "_dmarc", f"_bootname.x.{OWN}")


def written(name, types=("A",), **more):
    return batch((f"{name}.{ZONE_NAME}",), types, **more)


# Which batch a session with one's own tag may send; and the rest of what runs do.
NAMES = {
    "one's own": (written(OWN), True),
    "both addresses": (written(OWN, ("A", "AAAA")), True),
    "with the owner record": (batch(
        (f"{OWN}.{ZONE_NAME}", f"_bootname.{OWN}.{ZONE_NAME}"), ("A", "TXT"),
        ("CREATE", "DELETE")), True),
    "removed": (written(OWN, ("A", "AAAA"), actions=("DELETE",)), True),
    "find the zone": (("route53:ListHostedZonesByName", "*", {}), True),
    "read the zone": (("route53:ListResourceRecordSets", ZONE, {}), True),
    "check the zone": (("route53:GetHostedZone", ZONE, {}), True),
    "wait": (("route53:GetChange", "arn:aws:route53:::change/C1", {}), True),
    "another's": (written(OTHER), False),
    "another's owner record": (written(f"_bootname.{OTHER}", ("TXT",)), False),
    "another's beside one's own": (batch((f"{OWN}.{ZONE_NAME}", f"{OTHER}.{ZONE_NAME}")), False),
    "a suffix": (written(f"x-{OWN}"), False), "below": (written(f"x.{OWN}"), False),
    "*": (written("\\052"), False), "* below": (written(f"\\052.{OWN}"), False),
    "i-*": (written("i-*"), False), "a literal *": (written("*"), False),
    "a longer id": (written(f"{OWN}0"), False), "a shorter id": (written(OWN[:-1]), False),
    "the apex": (batch((ZONE_NAME,)), False),
    "the apex' owner record": (written("_bootname", ("TXT",)), False),
    "another zone's name": (batch((f"{OWN}.example.org",)), False),
    "another zone": (written(OWN, zone=OTHER_ZONE), False),
    "no name": (batch(()), False), "nothing": (batch((), (), ()), False),
    **{f"{kind} record": (written(OWN, (kind,)), False) for kind in ("NS", "CNAME", "MX", "CAA")},
    **{one: (written(one, ("TXT",)), False) for one in PROOFS},
    "read another zone": (("route53:ListResourceRecordSets", OTHER_ZONE, {}), False),
    "list all zones": (("route53:ListHostedZones", "*", {}), False),
}
WEB = {"one's own": (written(f"web-{OWN}"), True),
       "with the owner record": (batch((f"web-{OWN}.{ZONE_NAME}",
                                        f"_bootname.web-{OWN}.{ZONE_NAME}"), ("A", "TXT")), True),
       "another's": (written(f"web-{OTHER}"), False), "the id alone": (written(OWN), False),
       "another group's": (written(f"db-{OWN}"), False),
       "a proof": (written(f"_acme-challenge.web-{OWN}"), False)}


def may_assume(trusts, identity=ASSUME):
    """Whether both permissions are there, for each trust policy and tag."""
    asked = [{"policy": identity, "trust": trust, "action": action, "resource": ROLE, "context": {
        "aws:userid": f"AROAEXAMPLE:{OWN}", "sts:ExternalId": "a1",
        **({"aws:RequestTag/instance": tag, "aws:TagKeys": ["instance"]} if tag is not None
           else {})}}
        for trust in trusts for tag, _ in TAGS.values()
        for action in ("sts:AssumeRole", "sts:TagSession")]
    results = iter(node("simulate.js", asked))
    return [{key: [next(results), next(results)] == ["Allowed"] * 2 for key in TAGS}
            for _ in trusts]


def may_write(policies, rows=None, tag=OWN):
    """What each policy allows of the rows, to a session with a tag."""
    rows = rows or NAMES
    asked = [{"policy": policy, "action": action, "resource": resource,
              "context": {**context, **({"aws:PrincipalTag/instance": tag} if tag is not None
                                        else {})}}
             for policy in policies for (action, resource, context), _ in rows.values()]
    results = iter(node("simulate.js", asked))
    return [{key: next(results) == "Allowed" for key in rows} for _ in policies]


def wanted(rows):
    return {key: allowed for key, (_, allowed) in rows.items()}


@pytest.mark.parametrize("name", TRUSTS)
def test_a_session_has_the_tag_of_the_instance_that_asks(name):
    assert may_assume([TRUSTS[name]()]) == [wanted(TAGS)]


@pytest.mark.parametrize("left_out", ["sts:AssumeRole", "sts:TagSession"])
@pytest.mark.parametrize("name", TRUSTS)
def test_the_trust_allows_both(name, left_out):
    trust = json.loads(json.dumps(TRUSTS[name]()).replace(left_out, "sts:DecodeSomething"))
    asked = {"action": left_out, "resource": ROLE, "context": {
        "aws:userid": f"AROAEXAMPLE:{OWN}", "sts:ExternalId": "a1",
        "aws:RequestTag/instance": OWN, "aws:TagKeys": ["instance"]}}
    granted = node("simulate.js", [{**asked, "policy": ASSUME, "trust": one}
                                   for one in (TRUSTS[name](), trust)])
    assert granted[0] == "Allowed" != granted[1]


@pytest.mark.parametrize("name", POLICIES)
def test_a_session_writes_the_name_of_its_tag(name):
    assert may_write([POLICIES[name]()]) == [wanted(NAMES)]


@pytest.mark.parametrize("tag", [None, "*", "i-*", "", OTHER])
@pytest.mark.parametrize("name", POLICIES)
def test_with_another_tag_it_writes_that_name_or_none(name, tag):
    [decisions] = may_write([POLICIES[name]()], tag=tag)
    reads = {key for key, ((action, _, _), allowed) in NAMES.items()
             if allowed and action != WRITE}
    # A value is no wildcard: it stands for itself.
    others = {OTHER: {"another's", "another's owner record"}, "*": {"a literal *"},
              "i-*": {"i-*"}}.get(tag, set())
    assert {key for key, allowed in decisions.items() if allowed} - reads == others


@pytest.mark.parametrize("source", [
    lambda: own_names(OwnNamePrefix="web-")["Policy"]["PolicyDocument"],
    lambda: terraform("policy", "web-")], ids=["zone-role.yaml", "terraform"])
def test_a_prefix_stands_before_the_id(source):
    assert may_write([source()], WEB) == [wanted(WEB)]


# ---- Broken on purpose: each of these has to show. ----

def replaced(*pairs):
    def mutate(document):
        text = json.dumps(document)
        for before, after in pairs:
            assert before in text, before
            text = text.replace(before, after)
        return json.loads(text)
    return mutate


TRUST_MISTAKES = {
    "any id": replaced(("*:${aws:RequestTag/instance}", "*")),
    "the end of an id": replaced(("*:${", "*${")),
    "not tied": replaced(("*:${aws:RequestTag/instance}", "*:i-*")),
    "another key": replaced(("${aws:RequestTag/instance}", "${aws:RequestTag/name}")),
    "any end": replaced(("instance}", "instance}*")),
    "another role": replaced(("role/bootname", "role/web")),
    "no session": replaced(("sts:TagSession", "sts:SetSourceIdentity")),
}
POLICY_MISTAKES = {
    "*-": replaced(("${aws:PrincipalTag", "*-${aws:PrincipalTag"),
                   ("ForAllValues:StringEquals", "ForAllValues:StringLike"),
                   ('"Deny"', '"Allow"')),
    "any name": replaced(("${aws:PrincipalTag/instance}", "*"),
                         ("ForAllValues:StringEquals", "ForAllValues:StringLike")),
    "another tag": replaced(("${aws:PrincipalTag/instance}", "${aws:PrincipalTag/name}")),
    "no zone": replaced((f".{ZONE_NAME}", "")),
    "any type": replaced(('"TXT"', '"TXT", "NS"')),
    "without AAAA": replaced(('"AAAA", ', "")),
    "any of": replaced(("ForAllValues:String", "ForAnyValue:String")),
    "without Null": replaced(('"Null"', '"StringNotEquals"')),
    "any zone": replaced((f'"{ZONE}"', '"*"')),
}


@pytest.mark.parametrize("mistake", TRUST_MISTAKES)
def test_the_table_of_tags_notices(mistake):
    broken = TRUST_MISTAKES[mistake](TRUSTS["own-name-trust.json"]())
    assert may_assume([broken]) != [wanted(TAGS)]


@pytest.mark.parametrize("mistake", POLICY_MISTAKES)
def test_the_table_of_names_notices(mistake):
    broken = POLICY_MISTAKES[mistake](POLICIES["own-name-policy.json"]())
    assert may_write([broken]) != [wanted(NAMES)]


# ---- What else holds. ----

def test_the_trust_asks_for_the_external_id_too():
    trust = TRUSTS["zone-role.yaml"]()
    asked = [{"policy": ASSUME, "trust": trust, "action": "sts:AssumeRole", "resource": ROLE,
              "context": {"aws:userid": f"AROAEXAMPLE:{OWN}", "aws:RequestTag/instance": OWN,
                          **context}} for context in ({"sts:ExternalId": "a1"}, {},
                                                      {"sts:ExternalId": "a2"})]
    assert [one == "Allowed" for one in node("simulate.js", asked)] == [True, False, False]


def test_templates_write_the_variables_of_iam_and_not_their_own():
    for policy in (POLICIES["zone-role.yaml"](), POLICIES["terraform"]()):
        assert f"${{aws:PrincipalTag/instance}}.{ZONE_NAME}" in json.dumps(policy)
        assert "$$" not in json.dumps(policy) and "${!" not in json.dumps(policy)


def test_it_fits_into_a_managed_policy():
    assert size(own_names(ZoneName=longest_zone("zone-role"), ZoneArns=ARNS, OwnNamePrefix="w" * 41)
                ["Policy"]["PolicyDocument"]) <= MANAGED


@pytest.mark.parametrize(("parameter", "value", "taken"), [
    ("OwnNamePrefix", "", True), ("OwnNamePrefix", "web-", True), ("OwnNamePrefix", "web", True),
    ("OwnNamePrefix", "*-", False), ("OwnNamePrefix", "_acme-challenge.", False),
    ("OwnNamePrefix", "a.", False), ("OwnNamePrefix", "-", False), ("OwnNamePrefix", "Web-", False),
    ("OwnNamePrefix", "${aws:userid}", False)])
def test_a_prefix_is_a_part_of_one_label(parameter, value, taken):
    pattern = template("zone-role")["Parameters"][parameter]["AllowedPattern"]
    assert (re.fullmatch(pattern, value) is not None) == taken
    name = "variable.own_name_prefix.validation.condition"
    assert hcl(values={"var": {"own_name_prefix": value}}, wanted=(name,))["values"][name] == taken


def test_role_yaml_assumes_the_role_that_writes():
    role = Stack(template("role"), {"ZoneArns": ZONE, "ZoneName": ZONE_NAME, "WriteZone": "false",
                                    "ZoneRoleArn": ZONE_ROLE}).resources()
    text = json.dumps(role["Policy"]["PolicyDocument"])
    assert WRITE not in text and "sts:TagSession" in text
