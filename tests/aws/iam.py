"""Identity policies as IAM evaluates them: a Deny wins, and without an Allow all is denied.

A policy is read when it is attached, and what is not known here is refused then: a condition that
was passed over would let a test tell the wrong thing. Sources: IAM User Guide, "Policy evaluation
logic", "IAM JSON policy elements: Condition operators", "Set operators for multivalued context
keys", "Variables and tags", "AWS JSON policy elements: Principal"; Route 53 Developer Guide,
"Using IAM policy conditions for fine-grained access control".
"""

import functools
import json
import re

VERSIONS = ("2012-10-17", "2008-10-17")
FIELDS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
CHANGES = "route53:ChangeResourceRecordSets"
# All that a request here can have: a key that AWS does not know is merely missing, and then
# ForAllValues holds.
KEYS = frozenset(key.lower() for key in (
    CHANGES + "NormalizedRecordNames", CHANGES + "RecordTypes", CHANGES + "Actions",
    "aws:PrincipalAccount", "aws:PrincipalArn", "aws:SecureTransport", "aws:userid",
    "aws:TagKeys", "sts:ExternalId"))
TAGS = re.compile(r"aws:(principal|request)tag/[\w .:/=+@-]{1,128}")
VARIABLE = re.compile(r"\$\{([^}]*)\}")
LITERALS = "*?$"                                     # ${*} is a star that is no wildcard
OPERATOR = re.compile("(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?")


class BadPolicy(ValueError):
    """A policy that IAM refuses, or that says more than is understood here."""


@functools.lru_cache(maxsize=1024)
def wildcards(pattern):
    """IAM's wildcards, which are * and ? alone, as a regular expression."""
    marks = {"*": ".*", "?": "."}
    return re.compile("".join(marks.get(one) or re.escape(plain(one)) for one in
                              re.findall(r"\$\{[*?$]\}|.", pattern, re.DOTALL)), re.DOTALL)


def plain(pattern):
    """A text of a policy without its ${*}, ${?} and ${$}."""
    return VARIABLE.sub(lambda match: match[1], pattern)


def expanded(pattern, context):
    """A text of a policy with its variables replaced by what they stand for, in which no character
    is a wildcard; None: the request has no value for one."""
    def value(match):
        if match[1] in LITERALS:
            return match[0]
        [found] = context[match[1].lower()]
        return re.sub(r"[*?$]", r"${\g<0>}", found)
    try:
        return VARIABLE.sub(value, pattern)
    except (KeyError, ValueError):
        return None


def is_key(name):
    """Whether a request here can have a condition key."""
    return name.lower() in KEYS or TAGS.fullmatch(name.lower()) is not None


def check_variables(pattern):
    """Refuse variables that stand for nothing here; the pattern."""
    for name in VARIABLE.findall(pattern):
        if name not in {*LITERALS} and not is_key(name):
            raise BadPolicy(f"the policy variable {name} is not known here")
    if "${" in VARIABLE.sub("", pattern):
        raise BadPolicy(f"a policy variable has no end: {pattern}")
    return pattern


def like(pattern, text):
    """Whether all of a text matches a pattern."""
    return wildcards(pattern).fullmatch(text) is not None


def equal(wanted, text):
    """Whether two texts are the same."""
    return plain(wanted) == text


def same_letters(wanted, text):
    """Whether two texts are the same, case aside."""
    return plain(wanted).lower() == text.lower()


def arn_like(pattern, arn):
    """Whether an ARN matches, part by part: the wildcards of one do not reach into the next."""
    parts, pattern_parts = arn.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(pattern_parts) == 6 and all(map(like, pattern_parts, parts))


MATCHES = {"StringEquals": equal, "StringEqualsIgnoreCase": same_letters, "StringLike": like,
           "ArnEquals": arn_like, "ArnLike": arn_like, "Bool": same_letters}
NEGATIONS = {"StringNotEquals": equal, "StringNotEqualsIgnoreCase": same_letters,
             "StringNotLike": like, "ArnNotEquals": arn_like, "ArnNotLike": arn_like}


class Policy:
    """The statements of one or more documents, each a mapping or the JSON of one."""

    article, kind = "an", "identity-based"

    def __init__(self, *documents):
        self.statements = [Statement(statement) for document in documents
                           for statement in read(document)]

    def refusal(self, action, resource, context):
        """Why a call is denied, in AWS's words; None: it is allowed.

        resource: its ARN, or None for an action that has no permissions for single resources.
        context: condition key in lower case -> list of values.
        """
        effects = {one.effect for one in self.statements if one.covers(action, resource, context)}
        if "Deny" in effects:
            return f"with an explicit deny in {self.article} {self.kind} policy"
        if "Allow" not in effects:
            return f"because no {self.kind} policy allows the {action} action"
        return None


class Trust(Policy):
    """Who may assume a role: its trust policy. In place of the resource of a request stand the
    names of who asks: ARNs of the session and the role, account, and the account's root."""

    article, kind = "a", "resource-based"

    def __init__(self, document):
        self.statements = [TrustStatement(statement) for statement in read(document)]


def read(document):
    """The statements of a document, as mappings."""
    if isinstance(document, str):
        document = json.loads(document, object_pairs_hook=once)
    if "${" in json.dumps(document) and document.get("Version") != VERSIONS[0]:
        raise BadPolicy(f"policy variables are those of version {VERSIONS[0]}")
    if document.get("Version", VERSIONS[-1]) not in VERSIONS:
        raise BadPolicy(f"no such version: {document['Version']}")
    unknown = set(document) - {"Version", "Id", "Statement"}
    if unknown or "Statement" not in document:
        raise BadPolicy(f"a policy is a Version and a Statement, not {sorted(document)}")
    return as_list(document["Statement"])


def once(pairs):
    """A mapping out of JSON, where Python lets the last one of a repeated key win."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise BadPolicy(f"a key is there twice: {[key for key, _ in pairs]}")
    return mapping


def as_list(value):
    """What IAM lets stand alone or in a list."""
    values = value if isinstance(value, list) else [value]
    if not values:
        raise BadPolicy("an empty list")
    return values


class Statement:
    """One statement, ready to be evaluated."""

    fields = FIELDS

    def __init__(self, source):
        if set(source) - self.fields:
            raise BadPolicy(f"a statement holds none of {sorted(set(source) - self.fields)}")
        self.effect = source.get("Effect")
        if self.effect not in ("Allow", "Deny"):
            raise BadPolicy(f"Effect is Allow or Deny, not {self.effect}")
        self.but_actions, self.actions = either(source, "Action")
        check_patterns(self.actions, r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
        self._read_target(source)
        self.conditions = [Condition(operator, key, wanted)
                           for operator, keys in source.get("Condition", {}).items()
                           for key, wanted in keys.items()]

    def covers(self, action, resource, context):
        """Whether the statement is about this call."""
        is_action = any(like(one.lower(), action.lower()) for one in self.actions)
        return (is_action != self.but_actions and self._is_about(resource, context)
                and all(one.holds(context) for one in self.conditions))

    def _read_target(self, source):
        self.but_resources, self.resources = either(source, "Resource")
        check_patterns(self.resources, r"\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")
        for one in self.resources:
            check_variables(one)

    def _is_about(self, resource, context):
        patterns = [expanded(one, context) for one in self.resources]
        if None in patterns:
            return False
        return self.but_resources != ("*" in patterns or resource is not None and any(
            arn_like(one, resource) for one in patterns))


class TrustStatement(Statement):
    """One statement of a trust policy."""

    fields = FIELDS - {"Resource", "NotResource"} | {"Principal"}

    def _read_target(self, source):
        principal = source.get("Principal")
        if not isinstance(principal, dict) or set(principal) != {"AWS"}:
            raise BadPolicy(f"a Principal is of AWS here, not {principal}")
        self.principals = as_list(principal["AWS"])
        check_patterns(self.principals, r"\d{12}|arn:[^:*?]+:(iam|sts)::\d{12}:[^*?]+")

    def _is_about(self, resource, context):
        return any(one in resource for one in self.principals)


def either(source, field):
    """Whether it is the field's negation that a statement has, and the patterns."""
    if (field in source) == ("Not" + field in source):
        raise BadPolicy(f"a statement has either {field} or Not{field}")
    negated = field not in source
    return negated, as_list(source["Not" + field if negated else field])


def check_patterns(patterns, form):
    """Refuse actions and resources that are not of their form."""
    for pattern in patterns:
        if not re.fullmatch(form, pattern):
            raise BadPolicy(f"{pattern!r} is not of the form {form}")


class Condition:
    """One operator on one key."""

    def __init__(self, operator, key, wanted):
        match = OPERATOR.fullmatch(operator)
        self.quantifier, name, if_exists = match.groups() if match else (None, operator, None)
        self.is_null, self.if_exists = operator == "Null", bool(if_exists)
        self.negated = name in NEGATIONS
        self.matches = {**MATCHES, **NEGATIONS, "Null": same_letters}.get(name)
        if self.matches is None or name == "Null" and not self.is_null:
            raise BadPolicy(f"the condition operator {operator} is not known here")
        self.key = key.lower()
        if not is_key(key):
            raise BadPolicy(f"the condition key {key} is not known here")
        self.wanted = [check_variables(text_of(value)) for value in as_list(wanted)]
        if self.negated and any("${" in one for one in self.wanted):
            raise BadPolicy(f"{operator} with a policy variable is not known here")
        if (self.is_null or name == "Bool") and not {*self.wanted} <= {"true", "false"}:
            raise BadPolicy(f"{operator} takes true or false, not {wanted}")

    def holds(self, context):
        """Whether the condition is met."""
        found = context.get(self.key, ())
        if self.is_null:
            return str(not found).lower() in self.wanted
        if not found:
            return self._holds_without_a_value()
        patterns = [one for one in (expanded(one, context) for one in self.wanted)
                    if one is not None]
        each = [any(self.matches(one, text) for one in patterns) != self.negated
                for text in found]
        # A plain operator on several values: one that matches is enough, or for a negation bad.
        is_for_all = self.quantifier == "ForAllValues" or not self.quantifier and self.negated
        return all(each) if is_for_all else any(each)

    def _holds_without_a_value(self):
        if self.if_exists or self.quantifier == "ForAllValues":
            return True
        return self.negated and self.quantifier is None


def text_of(value):
    """A value of a condition as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        raise BadPolicy(f"a condition's values are texts, true or false, not {value!r}")
    return value
