"""STS's query API, version 2011-06-15: AssumeRole and GetCallerIdentity."""

import re
import unicodedata
import uuid

from aws.api import context_of
from aws.ec2 import QueryService
from aws.iam import Trust
from aws.imds import iso
from aws.signature import Refused
from aws.xmltext import document, element, leaf

ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/(?:[\x21-\x7e]+/)?([\w+=,.@-]{1,64})")
SESSION_NAME = re.compile(r"[\w+=,.@-]*", re.ASCII)
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
TAG_MARKS, TAGS_LIMIT = "_.:/=+-@", 50


class Sts(QueryService):
    """The service."""

    name = "sts"
    version = "2011-06-15"
    namespace = "https://sts.amazonaws.com/doc/2011-06-15/"

    def resource(self, request, credentials):
        return request.parameters.get("RoleArn")

    def permissions(self, request, credentials):
        """To ask who one is needs none, whatever a policy says."""
        if request.operation == "GetCallerIdentity":
            return []
        role = self.resource(request, credentials)
        return super().permissions(request, credentials) + [
            ("sts:TagSession", role)] * bool(tags_of(request.parameters))

    def conditions(self, request):
        return conditions_of(request.parameters)

    def perform(self, request, credentials):
        work = {"AssumeRole": self._assume_role,
                "GetCallerIdentity": self._get_caller_identity}.get(request.operation)
        if work is None:
            raise Refused(400, "InvalidAction", f"Could not find operation {request.operation} "
                          f"for version {self.version}")
        return element(request.operation + "Response",
                       element(request.operation + "Result",
                               work(request.parameters, credentials)),
                       element("ResponseMetadata", leaf("RequestId", str(uuid.uuid4()))),
                       xmlns=self.namespace)

    def error_body(self, status, code, message, messages):
        kind = "Receiver" if status >= 500 else "Sender"
        return document(element(
            "ErrorResponse", element("Error", leaf("Type", kind), leaf("Code", code),
                                     leaf("Message", message)),
            leaf("RequestId", str(uuid.uuid4())), xmlns=self.namespace))

    def _assume_role(self, parameters, credentials):
        arn, session = parameters.get("RoleArn"), parameters.get("RoleSessionName")
        seconds = self._check_parameters(parameters)
        role = self.emulator.roles.get(arn)
        if role is None or "trust" not in role and (
                role.get("external_id") != parameters.get("ExternalId")):
            raise self.denial(credentials.arn, "sts:AssumeRole", arn, "")
        if "trust" in role:
            self._check_trust(Trust(role["trust"]), parameters, credentials)
        account, name = ROLE_ARN.fullmatch(arn).groups()
        zones = role.get("zones")
        new = self.emulator.keyring.issue(
            temporary=True, arn=f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
            account=role.get("account") or account, user_id=f"AROAEMULATEDROLE00000:{session}",
            role_arn=arn, instance_id=credentials.instance_id, created=self.emulator.now(),
            tags=tags_of(parameters),
            expires=self.emulator.now() + seconds,
            hosted_zones=None if zones is None else frozenset(getattr(z, "id", z) for z in zones))
        return [element("Credentials", leaf("AccessKeyId", new.access_key),
                        leaf("SecretAccessKey", new.secret_key),
                        leaf("SessionToken", new.session_token),
                        leaf("Expiration", iso(new.expires))),
                element("AssumedRoleUser", leaf("AssumedRoleId", new.user_id),
                        leaf("Arn", new.arn))]

    def _check_trust(self, trust, parameters, credentials):
        """Refuse whom the role's trust policy does not let in."""
        names = {credentials.arn, credentials.principal, credentials.account,
                 f"arn:aws:iam::{credentials.account}:root"}
        more = conditions_of(parameters)
        asked = {"sts:AssumeRole": more}
        if tags_of(parameters):     # which knows no external id
            asked["sts:TagSession"] = {key: more[key] for key in more if "External" not in key}
        for action, conditions in asked.items():
            why = trust.refusal(action, names, context_of(credentials, conditions))
            if why:
                raise self.denial(credentials.arn, action, parameters["RoleArn"], why)

    @staticmethod
    def _check_parameters(parameters):
        """Refuse what the service's patterns refuse; the duration asked for, in seconds."""
        check("roleArn", parameters.get("RoleArn"), ROLE_ARN, 20, 2048)
        check("roleSessionName", parameters.get("RoleSessionName"), SESSION_NAME, 2, 64)
        if "ExternalId" in parameters:
            check("externalId", parameters["ExternalId"], EXTERNAL_ID, 2, 1224)
        check_tags(parameters)
        duration = parameters.get("DurationSeconds", "3600")
        if not duration.isdigit() or not 900 <= int(duration) <= 43200:
            raise invalid("durationSeconds", duration,
                          "Member must have value greater than or equal to 900")
        return int(duration)

    @staticmethod
    def _get_caller_identity(_parameters, credentials):
        return [leaf("Arn", credentials.arn), leaf("UserId", credentials.user_id),
                leaf("Account", credentials.account)]


def tags_of(parameters):
    """The tags that a session is to have."""
    count = sum(re.fullmatch(r"Tags\.member\.\d+\.Key", name) is not None for name in parameters)
    members = [f"Tags.member.{number}" for number in range(1, count + 1)]
    return {parameters[f"{one}.Key"]: parameters.get(f"{one}.Value", "") for one in members}


def conditions_of(parameters):
    """The condition keys of a request to assume a role."""
    tags, external_id = tags_of(parameters), parameters.get("ExternalId")
    return {**({"sts:ExternalId": [external_id]} if external_id else {}),
            **({"aws:TagKeys": [*tags]} if tags else {}),
            **{f"aws:RequestTag/{key}": [value] for key, value in tags.items()}}


def check_tags(parameters):
    """Refuse tags that are none. Source: STS API Reference, Tag; IAM User Guide, "Pass session
    tags in AWS STS"."""
    tags = tags_of(parameters)
    given = [name for name in parameters if name.startswith("Tags.")]
    wrong = next((text for text in (*tags, *tags.values()) if not is_tag_text(text)), None)
    if len(given) != 2 * len(tags) or len(tags) > TAGS_LIMIT:
        raise Refused(400, "ValidationError", f"1 validation error detected: {given} are no tags")
    if wrong is not None or any(not 0 < len(key) <= 128 for key in tags) or any(
            len(value) > 256 for value in tags.values()):
        raise invalid("tags", wrong, "Member must satisfy regular expression pattern: "
                      r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*")
    if len({key.lower() for key in tags}) < len(tags) or any(
            key.lower().startswith("aws:") for key in tags):
        raise Refused(400, "InvalidParameterValue", "Duplicate or reserved tag keys found")


def is_tag_text(text):
    """Whether all characters are those of a tag."""
    return all(one in TAG_MARKS or unicodedata.category(one)[0] in "LZN" for one in text)


def invalid(member, value, constraint):
    """The answer to a parameter out of its pattern."""
    return Refused(400, "ValidationError", f"1 validation error detected: Value '{value}' at "
                   f"'{member}' failed to satisfy constraint: {constraint}")


def check(member, value, pattern, least, most):
    """Refuse a parameter that is missing, of a wrong length, or not of its pattern."""
    if value is None:
        raise Refused(400, "ValidationError", "1 validation error detected: Value null at "
                      f"'{member}' failed to satisfy constraint: Member must not be null")
    if len(value) < least:
        raise invalid(member, value, f"Member must have length greater than or equal to {least}")
    if len(value) > most:
        raise invalid(member, value, f"Member must have length less than or equal to {most}")
    if not pattern.fullmatch(value):
        raise invalid(member, value, "Member must satisfy regular expression pattern: "
                      f"{pattern.pattern}")
