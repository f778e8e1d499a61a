"""The emulator's evaluation of IAM policies, by the cases of the IAM User Guide."""

import json

import pytest
from aws.iam import CHANGES, BadPolicy, Policy, Trust
from conftest import denial

ZONE = "arn:aws:route53:::hostedzone/Z1"
ACTION = "route53:ChangeResourceRecordSets"
NAMES, TYPES, ACTIONS = (f"{CHANGES}{key}" for key in ("NormalizedRecordNames", "RecordTypes",
                                                       "Actions"))
ARN = "aws:PrincipalArn"
ROLE = "arn:aws:iam::123456789012:role/web/writer"
NO_ALLOW = f"because no identity-based policy allows the {ACTION} action"
DENIED = "with an explicit deny in an identity-based policy"


def statement(effect="Allow", **more):
    """A statement about the action on the zone, with some of it replaced; None takes it out."""
    whole = {"Effect": effect, "Action": ACTION, "Resource": ZONE} | more
    return {key: value for key, value in whole.items() if value is not None}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": [*statements]}


def refusal(*statements, action=ACTION, resource=ZONE, **context):
    """Why a call is refused, or None."""
    return Policy(*map(policy, statements)).refusal(action, resource, context)


# Effects

EFFECTS = {
    "nothing": ([], NO_ALLOW),
    "allowed": ([statement()], None),
    "allowed twice": ([statement(), statement()], None),
    "denied": ([statement("Deny")], DENIED),
    "allowed, then denied": ([statement(), statement("Deny")], DENIED),
    "denied, then allowed": ([statement("Deny"), statement()], DENIED),
    "another is denied": ([statement(), statement("Deny", Action="route53:GetChange")], None),
}


@pytest.mark.parametrize(("statements", "why"), EFFECTS.values(), ids=EFFECTS)
def test_a_deny_wins_and_an_allow_is_needed(statements, why):
    assert refusal(*statements) == why


@pytest.mark.parametrize("statements", [statement(), [statement()],
                                        [statement(Action="ec2:*"), statement()]],
                         ids=["alone", "in a list", "the second one"])
@pytest.mark.parametrize("form", [dict, json.dumps])
def test_the_statements_of_a_document(form, statements):
    document = {"Version": "2012-10-17", "Statement": statements}
    assert Policy(form(document)).refusal(ACTION, ZONE, {}) is None


# Actions and resources

COVERS = {
    # what the statement says                                            of this call
    "action, other case": (dict(Action="Route53:CHANGEresourceRecordSets"), True),
    "action, another": (dict(Action="route53:ListResourceRecordSets"), False),
    "action, list": (dict(Action=["route53:GetChange", ACTION]), True),
    "action, *": (dict(Action="*"), True),
    "action, service:*": (dict(Action="route53:*"), True),
    "action, another service:*": (dict(Action="ec2:*"), False),
    "action, ?": (dict(Action="route53:?hangeResourceRecordSets"), True),
    "action, * in it": (dict(Action="route53:Change*Sets"), True),
    "action, its beginning only": (dict(Action="route53:Change"), False),
    "not action, itself": (dict(Action=None, NotAction=ACTION), False),
    "not action, a pattern": (dict(Action=None, NotAction=["ec2:*", "route53:change*"]), False),
    "not action, another": (dict(Action=None, NotAction="ec2:*"), True),
    "resource, *": (dict(Resource="*"), True),
    "resource, another": (dict(Resource="arn:aws:route53:::hostedzone/Z2"), False),
    "resource, other case": (dict(Resource="arn:aws:route53:::hostedzone/z1"), False),
    "resource, its beginning only": (dict(Resource="arn:aws:route53:::hostedzone/Z"), False),
    "resource, list": (dict(Resource=["arn:aws:route53:::hostedzone/Z2", ZONE]), True),
    "resource, * in it": (dict(Resource="arn:aws:route53:::hostedzone/*"), True),
    "resource, ? in it": (dict(Resource="arn:aws:route53:::hostedzone/Z?"), True),
    "resource, another kind": (dict(Resource="arn:aws:route53:::change/*"), False),
    "resource, another partition": (dict(Resource="arn:aws-cn:route53:::hostedzone/*"), False),
    "resource, * of one part": (dict(Resource="arn:aws:*:::hostedzone/Z1"), True),
    "resource, * over parts": (dict(Resource="arn:aws:rou*one/Z1:*:*:*"), False),
    "resource, a dot is a dot": (dict(Resource="arn:aws:route53:::hostedzone.Z1"), False),
    "not resource, itself": (dict(Resource=None, NotResource=ZONE), False),
    "not resource, another": (dict(Resource=None, NotResource="arn:aws:ec2:::*"), True),
}


@pytest.mark.parametrize(("parts", "covered"), COVERS.values(), ids=COVERS)
def test_actions_and_resources(parts, covered):
    assert (refusal(statement(**parts)) is None) == covered
    assert (refusal(statement(), statement("Deny", **parts)) == DENIED) == covered


@pytest.mark.parametrize(("resource", "allowed"), [
    ("*", True), (["arn:aws:route53:::hostedzone/*", "*"], True),
    ("arn:aws:route53:::hostedzone/*", False), ("arn:aws:route53:::*", False),
    ("arn:aws:*:*:*:*", False)], ids=str)
def test_an_action_without_permissions_for_single_resources_needs_a_star(resource, allowed):
    listing = "route53:ListHostedZonesByName"
    why = refusal(statement(Action=listing, Resource=resource), action=listing, resource=None)
    assert (why is None) == allowed


# Conditions

def met(conditions, **context):
    """Whether conditions let the call through."""
    context = {key.lower(): values for key, values in context.items()}
    allowed = refusal(statement(Condition=conditions), **context) is None
    denied = refusal(statement(), statement("Deny", Condition=conditions), **context) == DENIED
    assert allowed == denied
    return allowed


ONE, TWO, NONE = ["A"], ["A", "NS"], []
OPERATORS = {
    # on a key with          A      A, NS  nothing
    "StringEquals": ("A",    True,  True,  False),
    "StringEquals ": (["TXT", "A"], True, True, False),
    "StringEqualsIgnoreCase": ("a", True, True, False),
    "StringLike": ("?",      True,  True,  False),
    "StringNotEquals": ("A", False, False, True),
    "StringNotEquals ": (["TXT", "NS"], True, False, True),
    "StringNotEqualsIgnoreCase": ("a", False, False, True),
    "StringNotLike": ("N*",  True,  False, True),
    "ForAllValues:StringEquals": ("A", True, False, True),
    "ForAllValues:StringEquals ": (["A", "NS"], True, True, True),
    "ForAllValues:StringEqualsIgnoreCase": ("a", True, False, True),
    "ForAllValues:StringLike": ("A*", True, False, True),
    "ForAllValues:StringNotEquals": ("NS", True, False, True),
    "ForAllValues:StringNotEquals ": (["A", "NS"], False, False, True),
    "ForAllValues:StringNotLike": ("N?", True, False, True),
    "ForAnyValue:StringEquals": ("NS", False, True, False),
    "ForAnyValue:StringEquals ": (["TXT", "A"], True, True, False),
    "ForAnyValue:StringLike": ("N*", False, True, False),
    "ForAnyValue:StringNotEquals": ("A", False, True, False),
    "ForAnyValue:StringNotLike": ("*", False, False, False),
    "StringEqualsIfExists": ("A", True, True, True),
    "StringEqualsIfExists ": ("TXT", False, False, True),
    "StringNotEqualsIfExists": ("A", False, False, True),
    "ForAllValues:StringEqualsIfExists": ("A", True, False, True),
    "ForAnyValue:StringEqualsIfExists": ("NS", False, True, True),
    "Null": ("true",         False, False, True),
    "Null ": ("false",       True,  True,  False),
    "Null  ": (False,        True,  True,  False),
}


@pytest.mark.parametrize(("operator", "row"), OPERATORS.items(), ids=OPERATORS)
def test_operators(operator, row):
    wanted, *outcomes = row
    conditions = {operator.strip(): {TYPES: wanted}}
    assert [met(conditions, **{TYPES: found}) for found in (ONE, TWO, NONE)] == outcomes
    assert met(conditions) == outcomes[2]


TEXTS = {
    # operator, wanted, found, whether it matches
    "case counts": ("StringEquals", "a", "A", False),
    "no wildcard": ("StringEquals", "*", "A", False),
    "* of nothing": ("StringLike", "web*", "web", True),
    "* over dots": ("StringLike", "*.ec2.example.com", "a.b.ec2.example.com", True),
    "* and a suffix": ("StringLike", "*.ec2.example.com", "ec2.example.com", False),
    "* and another suffix": ("StringLike", "*.ec2.example.com", "a.ec2.example.com.org", False),
    "* and a label": ("StringLike", "*._*", "x._domainkey.ec2.example.com", True),
    "* and no such label": ("StringLike", "*._*", "_bootname.a_b.ec2.example.com", False),
    "a backslash is itself": ("StringLike", "*\\*", "a\\056b.ec2.example.com", True),
    "no backslash": ("StringLike", "*\\*", "a.ec2.example.com", False),
    "a backslash keeps no star": ("StringLike", "a\\*", "a*", False),
    "the same ending": ("StringLike", "*.ec2.example.com", "xec2.example.com", False),
    "? of nothing": ("StringLike", "web?", "web", False),
    "no regular expression": ("StringLike", "we[b]", "web", False),
    "brackets": ("StringLike", "we[b]", "we[b]", True),
    "an escape": ("StringLike", "\\052.ec2.example.com", "\\052.ec2.example.com", True),
    "a line": ("StringLike", "a*b", "a\nb", True),
    "ARN": ("ArnEquals", ROLE, ROLE, True),
    "ARN, *": ("ArnLike", "arn:aws:iam::*:role/*", ROLE, True),
    "ARN, * is a wildcard here as well": ("ArnEquals", "arn:aws:iam::*:role/*", ROLE, True),
    "ARN, * over parts": ("ArnLike", "arn:aws:*:role/web/writer", ROLE, False),
    "ARN, a text": ("StringLike", "arn:aws:*:role/web/writer", ROLE, True),
    "ARN, not": ("ArnNotLike", "arn:aws:iam::*:role/other", ROLE, True),
    "ARN, not itself": ("ArnNotEquals", ROLE, ROLE, False),
    "no ARN": ("ArnLike", "*", "A", False),
    "no ARN, not": ("ArnNotLike", "*", "A", True),
    "true": ("Bool", "true", "true", True),
    "JSON's true": ("Bool", True, "true", True),
    "false": ("Bool", "false", "true", False),
}


@pytest.mark.parametrize(("operator", "wanted", "found", "matches"), TEXTS.values(), ids=TEXTS)
def test_texts(operator, wanted, found, matches):
    assert met({operator: {ARN: wanted}}, **{ARN: [found]}) == matches


def test_keys_in_any_case():
    assert met({"StringEquals": {TYPES.upper(): "A"}}, **{TYPES: ["A"]})


def test_every_condition_must_hold():
    both = {"ForAllValues:StringEquals": {TYPES: ["A"], ACTIONS: ["UPSERT"]},
            "Null": {NAMES: "false"}}
    request = {TYPES: ["A"], ACTIONS: ["UPSERT"], NAMES: ["a.example.com"]}
    assert met(both, **request)
    assert not met(both, **request | {TYPES: ["A", "MX"]})
    assert not met(both, **request | {ACTIONS: ["UPSERT", "DELETE"]})
    assert not met(both, **request | {NAMES: []})


# Variables

TAG, USER_ID = "aws:PrincipalTag/instance", "aws:userid"
VARIABLES = {
    # operator, wanted, value of the tag, found, whether it matches
    "itself": ("StringEquals", "${aws:PrincipalTag/instance}", "i-1", "i-1", True),
    "another": ("StringEquals", "${aws:PrincipalTag/instance}", "i-1", "i-2", False),
    "inside": ("StringEquals", "a.${aws:PrincipalTag/instance}.b", "i-1", "a.i-1.b", True),
    "any case": ("StringEquals", "${aws:principaltag/INSTANCE}", "i-1", "i-1", True),
    "not its value's": ("StringEquals", "${aws:PrincipalTag/instance}", "i-a", "I-A", False),
    "without case": ("StringEqualsIgnoreCase", "${aws:PrincipalTag/instance}", "i-a", "I-A", True),
    "and a wildcard": ("StringLike", "*:${aws:PrincipalTag/instance}", "i-1", "AROA:i-1", True),
    "and a wildcard, a part": ("StringLike", "*:${aws:PrincipalTag/instance}", "1", "AROA:i-1",
                               False),
    "a value is no wildcard": ("StringLike", "${aws:PrincipalTag/instance}", "i-*", "i-1", False),
    "a value is no wildcard, ?": ("StringLike", "${aws:PrincipalTag/instance}", "i-?", "i-1",
                                  False),
    "a value with a star": ("StringLike", "${aws:PrincipalTag/instance}", "i-*", "i-*", True),
    "a value that looks like one": ("StringLike", "${aws:PrincipalTag/instance}", "${*}", "x",
                                    False),
    "no value": ("StringEquals", "${aws:PrincipalTag/instance}", None, "i-1", False),
    "no value, nothing": ("StringLike", "*${aws:PrincipalTag/instance}", None, "i-1", False),
    "a star": ("StringLike", "${*}", None, "*", True),
    "a star only": ("StringLike", "${*}", None, "x", False),
    "a star, equal": ("StringEquals", "a${*}", None, "a*", True),
    "a dollar": ("StringLike", "${$}{x}", None, "${x}", True),
    "a question mark": ("StringLike", "${?}", None, "?", True),
}


@pytest.mark.parametrize(("operator", "wanted", "tag", "found", "matches"), VARIABLES.values(),
                         ids=VARIABLES)
def test_variables(operator, wanted, tag, found, matches):
    context = {USER_ID: [found], **({TAG: [tag]} if tag is not None else {})}
    assert met({operator: {USER_ID: wanted}}, **context) == matches


def test_one_of_several_values_may_have_a_variable():
    assert met({"StringEquals": {USER_ID: ["x", f"${{{TAG}}}"]}}, **{USER_ID: ["x"]})
    assert met({"Null": {TAG: "true"}}) and not met({"Null": {TAG: "true"}}, **{TAG: ["i-1"]})


def test_variables_in_a_resource():
    own = statement(Resource="arn:aws:route53:::hostedzone/${aws:PrincipalTag/zone}")
    key = "aws:principaltag/zone"
    assert refusal(own, **{key: ["Z1"]}) is None
    for value in ["Z2"], ["*"], ["Z?"], []:
        assert refusal(own, **{key: value}) == NO_ALLOW
    assert refusal(own) == NO_ALLOW


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_an_older_version_has_no_variables(version):
    document = {**policy(statement(Resource="*", Condition={"StringEquals": {
        USER_ID: f"${{{TAG}}}"}})), "Version": version}
    with pytest.raises(BadPolicy):
        Policy({key: value for key, value in document.items() if value})


# Trust policies

SESSION = "arn:aws:sts::123456789012:assumed-role/writer/i-1"
NAMES_OF_IT = {SESSION, ROLE, "123456789012", "arn:aws:iam::123456789012:root"}
ASSUME = "sts:AssumeRole"


def trust(**more):
    return Trust(policy({"Effect": "Allow", "Action": ASSUME, "Principal": {"AWS": ROLE}, **more}))


@pytest.mark.parametrize(("principal", "trusted"), [
    (ROLE, True), (SESSION, True), ("123456789012", True), ("arn:aws:iam::123456789012:root", True),
    (["999999999999", ROLE], True), ("999999999999", False), (ROLE + "s", False),
    ("arn:aws:sts::123456789012:assumed-role/writer/i-2", False)])
def test_whom_a_role_trusts(principal, trusted):
    why = trust(Principal={"AWS": principal}).refusal(ASSUME, NAMES_OF_IT, {})
    assert why == (None if trusted else
                   f"because no resource-based policy allows the {ASSUME} action")


def test_a_trust_policy_denies_too():
    both = Trust(policy(*({"Effect": effect, "Action": ASSUME, "Principal": {"AWS": ROLE}}
                          for effect in ("Allow", "Deny"))))
    assert both.refusal(ASSUME, NAMES_OF_IT, {}) \
        == "with an explicit deny in a resource-based policy"


@pytest.mark.parametrize("wrong", [
    {"Principal": "*"}, {"Principal": {"AWS": "*"}}, {"Principal": {"Service": "ec2.amazonaws.com"}},
    {"Principal": {"AWS": []}}, {"Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}},
    {"Resource": "*"}, {"NotPrincipal": {"AWS": ROLE}}], ids=str)
def test_a_trust_policy_that_is_not_understood_is_refused(wrong):
    with pytest.raises(BadPolicy):
        trust(**wrong)


# What is not understood

def condition(operator="StringEquals", key=TYPES, wanted="A"):
    return statement(Condition={operator: {key: wanted}})


BAD = {
    "operator": condition("NumericEquals"),
    "operator, misspelt": condition("StringEqual"),
    "operator, other case": condition("stringEquals"),
    "operator, unknown set": condition("ForSomeValues:StringEquals"),
    "operator, of numbers": condition("IpAddress", wanted="10.0.0.0/8"),
    "operator, nothing": condition(""),
    "null, of a set": condition("ForAllValues:Null", wanted="true"),
    "null, if exists": condition("NullIfExists", wanted="true"),
    "null, neither": condition("Null", wanted="no"),
    "bool, neither": condition("Bool", wanted="1"),
    "key": condition(key="aws:SourceIp"),
    "key, misspelt": condition("ForAllValues:StringEquals", key=CHANGES + "RecordType"),
    "value, a number": condition(wanted=5),
    "value, none": condition(wanted=[]),
    "variable": condition(wanted="${aws:username}"),
    "variable, resource": statement(Resource="arn:aws:route53:::hostedzone/${aws:username}"),
    "variable, misspelt": condition(wanted="${aws:PrincipalTags/instance}"),
    "variable, no tag": condition(wanted="${aws:PrincipalTag/}"),
    "variable with a default": condition(wanted="${aws:PrincipalTag/instance, 'x'}"),
    "variable without an end": condition(wanted="${aws:userid"),
    "variable in a negation": condition("StringNotLike", wanted="${aws:userid}"),
    "variable, not as text": condition("Null", wanted="${aws:userid}"),
    "key, no tag": condition(key="aws:PrincipalTag/"),
    "effect": statement("allow"),
    "field": statement(Principal="*"),
    "no action": statement(Action=None),
    "two actions": statement(NotAction="ec2:*"),
    "no resource": statement(Resource=None),
    "two resources": statement(NotResource="*"),
    "action, empty list": statement(Action=[]),
    "action, form": statement(Action="ListHostedZones"),
    "resource, form": statement(Resource="hostedzone/Z1"),
    "resource, parts": statement(Resource="arn:aws:route53:hostedzone/Z1"),
}


@pytest.mark.parametrize("wrong", BAD.values(), ids=BAD)
def test_what_is_not_understood_is_refused(wrong):
    with pytest.raises(BadPolicy):
        Policy(policy(statement(), wrong))
    Policy(policy(statement()))


DOCUMENTS = {
    "version": {"Version": "2012", "Statement": [statement()]},
    "field": policy(statement()) | {"Statements": []},
    "no statement": {"Version": "2012-10-17"},
    "an empty one": policy(),
    "a key twice": json.dumps(policy(condition())).replace(
        '"StringEquals": {', '"StringEquals": {}, "StringEquals": {'),
    "no JSON": "{",
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_of_another_form_is_refused(emulator, document):
    with pytest.raises(ValueError):
        emulator.attach_policy(ROLE, document)
    assert emulator.policies == {}


# What the services make of it

USER = "arn:aws:iam::123456789012:user/operator"
CALLS = {
    # service, call, its arguments; code, and what is said before and behind
    "Route 53": ("route53", "list_resource_record_sets", {"HostedZoneId": "Z1"}, "AccessDenied", "",
                 f"route53:ListResourceRecordSets on resource: {ZONE}"),
    "Route 53, no resource": ("route53", "list_hosted_zones", {}, "AccessDenied", "",
                              "route53:ListHostedZones"),
    "STS": ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "session"}, "AccessDenied",
            "", f"sts:AssumeRole on resource: {ROLE}"),
    "EC2": ("ec2", "describe_tags", {}, "UnauthorizedOperation",
            "You are not authorized to perform this operation. ", "ec2:DescribeTags"),
}


@pytest.mark.parametrize("explicit", [False, True], ids=["not allowed", "explicit deny"])
@pytest.mark.parametrize(("service", "call", "arguments", "code", "before", "what"),
                         CALLS.values(), ids=CALLS)
def test_services_deny_in_their_own_words(emulator, client, service, call, arguments, code, before,
                                          what, explicit):
    keys = emulator.user()
    deny = statement("Deny", Action="*", Resource="*")
    emulator.attach_policy(keys.arn, *([policy(deny)] if explicit else []))
    not_allowed = f"because no identity-based policy allows the {what.split()[0]} action"
    why = DENIED if explicit else not_allowed
    assert denial(getattr(client(keys, service), call), **arguments) \
        == (403, code, f"{before}User: {USER} is not authorized to perform: {what} {why}")


def test_who_one_is_may_be_asked_without_a_permission(emulator, client):
    keys = emulator.user()
    emulator.attach_policy(keys.arn, policy(statement("Deny", Action="*", Resource="*")))
    assert client(keys, "sts").get_caller_identity()["Arn"] == USER


def test_a_policy_is_of_one_principal_alone(emulator, client):
    keys, other = emulator.user(), emulator.user("other")
    emulator.attach_policy(keys.arn)
    assert denial(client(keys).list_hosted_zones)[1] == "AccessDenied"
    assert client(other).list_hosted_zones()["HostedZones"] == []


def test_a_batch_that_is_no_batch_is_told_so(emulator, client, zone):
    keys = emulator.user()
    emulator.attach_policy(keys.arn)
    name = {"Name": "a" * 64 + ".ec2.example.com", "Type": "A", "TTL": 60,
            "ResourceRecords": [{"Value": "192.0.2.1"}]}
    changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": name}]}
    status, code, _ = denial(client(keys).change_resource_record_sets, HostedZoneId=zone.id,
                             ChangeBatch=changes)
    assert (status, code) == (400, "InvalidChangeBatch")


EXTERNAL = {"none": ({}, False), "another": ({"ExternalId": "b2"}, False),
            "the right one": ({"ExternalId": "a1"}, True)}


@pytest.mark.parametrize(("more", "allowed"), EXTERNAL.values(), ids=EXTERNAL)
def test_conditions_of_the_request_itself(emulator, client, more, allowed):
    keys = emulator.user()
    emulator.roles[ROLE] = {"external_id": more.get("ExternalId")}
    emulator.attach_policy(keys.arn, policy(statement(
        Action="sts:AssumeRole", Resource=ROLE, Condition={
            "StringEquals": {"sts:ExternalId": "a1"}, "Bool": {"aws:SecureTransport": True},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/oper*"}})))
    call, arguments = client(keys, "sts").assume_role, {
        "RoleArn": ROLE, "RoleSessionName": "session", **more}
    if allowed:
        assert call(**arguments)["AssumedRoleUser"]["Arn"].endswith("/writer/session")
    else:
        assert denial(call, **arguments)[1] == "AccessDenied"
