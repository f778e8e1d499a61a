"""Route 53's API, version 2013-04-01: REST paths, XML in and out, and its ways to refuse.

Request bodies are checked against the shapes of botocore's model as AWS checks them against its
schema: element order included. Source of the texts: the API reference, and answers of the live
service quoted in public threads.
"""

import functools
import gzip
import json
import pathlib
import re
import time
import urllib.parse

import botocore

from aws import names, xmltext
from aws.api import Service
from aws.iam import CHANGES
from aws.signature import Refused, stamp
from aws.xmltext import element, leaf
from aws.zones import Alias, Change, InvalidChangeBatch, RecordSet

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
ROUTES = [(method, re.compile("/2013-04-01/" + path), operation) for method, path, operation in (
    ("GET", "hostedzonesbyname", "ListHostedZonesByName"),
    ("GET", "hostedzonesbyvpc", "ListHostedZonesByVPC"),
    ("GET", "hostedzone", "ListHostedZones"),
    ("POST", "hostedzone", "CreateHostedZone"),             # these two for policies to deny
    ("DELETE", "hostedzone/([^/]+)", "DeleteHostedZone"),
    ("GET", "hostedzone/([^/]+)", "GetHostedZone"),
    ("GET", "hostedzone/([^/]+)/rrset", "ListResourceRecordSets"),
    ("POST", "hostedzone/([^/]+)/rrset/?", "ChangeResourceRecordSets"),
    ("GET", "change/([^/]+)", "GetChange"))]
MAX_ZONES, MAX_SETS = 100, 300
MAX_RECORDS, MAX_CHARACTERS = 1000, 32000
ROUTING = ("Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer")
PRIOR_REQUEST = ("The request was rejected because Route 53 was still processing a prior "
                 "request.")


@functools.lru_cache(maxsize=1)
def model_shapes():
    """The shapes of botocore's Route 53 model; newer packages hold it compressed."""
    folder = pathlib.Path(botocore.__file__).parent / "data/route53/2013-04-01"
    packed = folder / "service-2.json.gz"
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))["shapes"]
    return json.loads((folder / "service-2.json").read_bytes())["shapes"]


class InvalidInput(Refused):
    """The answer to most requests that are wrong in themselves."""

    def __init__(self, message):
        super().__init__(400, "InvalidInput", message)


class BatchRefused(Refused):
    """InvalidChangeBatch, with all its messages."""

    def __init__(self, messages):
        super().__init__(400, "InvalidChangeBatch", f"[{', '.join(messages)}]")
        self.messages = messages


class Schema:
    """Checks a document against the model as a validating parser does."""

    def __init__(self, emulator):
        self.emulator = emulator

    def check(self, root):
        """Check a request whose root is ChangeResourceRecordSetsRequest."""
        if root.namespace != NAMESPACE:
            raise InvalidInput(f"Invalid XML ; cvc-elt.1: Cannot find the declaration of element "
                               f"'{root.name}'.")
        self._sequence(root, [("ChangeBatch", "ChangeBatch", True, False)])

    def _element(self, node, shape_name):
        shape = model_shapes()[shape_name]
        if shape["type"] == "structure":
            required = shape.get("required", ())
            self._sequence(node, [(name, member["shape"], name in required, False)
                                  for name, member in shape["members"].items()])
        elif shape["type"] == "list":
            member = shape["member"]
            self._sequence(node, [(member["locationName"], member["shape"], True, True)])
        else:
            self._simple(node, shape)

    def _sequence(self, node, members):
        """members: (element name, shape, required, repeats) in the order of the schema."""
        if node.text.strip():
            raise InvalidInput(f"Invalid XML ; cvc-complex-type.2.3: Element '{node.name}' cannot "
                               "have character [children], because the type's content type is "
                               "element-only.")
        if self.emulator.any_order:
            order = {member[0]: place for place, member in enumerate(members)}
            node.children.sort(key=lambda child: order.get(child.name, len(order)))
        position, seen = 0, set()
        for child in node.children:
            position = self._advance(child, members, position, seen)
            name, shape, _, repeats = members[position]
            seen.add(name)
            self._element(child, shape)
            position += 0 if repeats else 1
        missing = [member for member in members[position:] if member[2] and member[0] not in seen]
        if missing:
            raise InvalidInput("Invalid XML ; cvc-complex-type.2.4.b: The content of element "
                               f"'{node.name}' is not complete. One of "
                               f"'{expected(members[position:], seen)}' is expected.")

    @staticmethod
    def _advance(child, members, position, seen):
        """The place in the sequence that this child takes."""
        allowed = members[position:]
        for step, (name, _, required, _) in enumerate(allowed):
            if child.name == name and child.namespace == NAMESPACE:
                return position + step
            if required and name not in seen:
                break
        if not allowed:
            raise InvalidInput("Invalid XML ; cvc-complex-type.2.4.d: Invalid content was found "
                               f"starting with element '{child.name}'. No child element is "
                               "expected at this point.")
        raise InvalidInput("Invalid XML ; cvc-complex-type.2.4.a: Invalid content was found "
                           f"starting with element '{child.name}'. One of "
                           f"'{expected(allowed, seen)}' is expected.")

    @staticmethod
    def _simple(node, shape):
        value = node.text
        if node.children:
            raise InvalidInput(f"Invalid XML ; cvc-type.3.1.2: Element '{node.name}' is a simple "
                               "type, so it must have no element information item [children].")
        if "enum" in shape and value not in shape["enum"]:
            raise InvalidInput(f"Invalid XML ; cvc-enumeration-valid: Value '{value}' is not "
                               "facet-valid with respect to enumeration "
                               f"'[{', '.join(shape['enum'])}]'. It must be a value from the "
                               "enumeration.")
        if shape["type"] == "boolean" and value.strip() not in ("true", "false", "0", "1"):
            raise InvalidInput(f"Invalid XML ; cvc-datatype-valid.1.2.1: '{value}' is not a valid "
                               "value for 'boolean'.")
        size = len(value)
        if shape["type"] in ("long", "integer"):
            if not re.fullmatch(r"\s*[-+]?\d+\s*", value):
                raise InvalidInput(f"Invalid XML ; cvc-datatype-valid.1.2.1: '{value}' is not a "
                                   "valid value for 'integer'.")
            size = int(value)
        if not shape.get("min", size) <= size <= shape.get("max", size):
            raise InvalidInput(f"Invalid XML ; cvc-minmax-valid: Value of element '{node.name}' "
                               "is out of range.")


def expected(members, seen):
    """The elements that may come next, in the words of a validating parser."""
    may = []
    for name, _, required, _ in members:
        may.append(f'"{NAMESPACE}":{name}')
        if required and name not in seen:
            break
    return "{" + ", ".join(may) + "}"


class Route53(Service):
    """The service. Zones and batches live in zones.py; this is the protocol."""

    name = "route53"

    def __init__(self, emulator):
        super().__init__(emulator)
        self.zones = emulator.zones
        self.schema = Schema(emulator)

    def operation(self, request):
        for method, pattern, operation in ROUTES:
            if request.method == method and pattern.fullmatch(request.path):
                return operation
        return ""

    def resource(self, request, credentials):
        argument = self._argument(request)
        if argument is None:
            return None
        kind = "change" if request.operation == "GetChange" else "hostedzone"
        return f"arn:aws:route53:::{kind}/{argument}"

    def permissions(self, request, credentials):
        wanted = super().permissions(request, credentials)
        if request.operation == "ListHostedZonesByVPC":
            wanted.append(("ec2:DescribeVpcs", None))
        return wanted

    def conditions(self, request):
        """What the changes of a batch are about, all of them together."""
        if request.operation != "ChangeResourceRecordSets":
            return {}
        _, changes = self._read_batch(request.content)
        sets = [change.record_set for change in changes]
        return {CHANGES + "NormalizedRecordNames": [one.name.removesuffix(".") for one in sets],
                CHANGES + "RecordTypes": [one.type for one in sets],
                CHANGES + "Actions": [change.action for change in changes]}

    @staticmethod
    def _argument(request):
        """The id in the path, or None."""
        for method, pattern, _ in ROUTES:
            match = pattern.fullmatch(request.path)
            if request.method == method and match:
                return urllib.parse.unquote(match[1]) if pattern.groups else None
        return None

    def perform(self, request, credentials):
        work = {
            "ListHostedZonesByName": self._list_by_name, "ListHostedZonesByVPC": self._list_by_vpc,
            "ListHostedZones": self._list_zones, "GetHostedZone": self._get_zone,
            "ListResourceRecordSets": self._list_sets, "GetChange": self._get_change,
            "ChangeResourceRecordSets": self._change_sets,
        }.get(request.operation)
        if work is None:
            raise Refused(404, "UnknownOperationException", "Unknown operation")
        with self.zones.lock:
            inner = work(request, credentials)
        return element(request.operation + "Response", inner, xmlns=NAMESPACE)

    def error_body(self, status, code, message, messages):
        shape = self.emulator.error_shape
        request_id = leaf("RequestId", self.headers()["x-amzn-RequestId"])
        if shape == 0:
            return b""
        if shape == 3:
            return f"<{code}>\n  {leaf('Message', message)}\n</{code}>".encode()
        if shape == 2 and code == "InvalidChangeBatch":
            texts = messages or [message]
            return xmltext.document(element(
                code, element("Messages", [leaf("Message", text) for text in texts]), request_id,
                xmlns=NAMESPACE))
        kind = "Receiver" if status >= 500 else "Sender"
        return xmltext.document(element(
            "ErrorResponse", element("Error", leaf("Type", kind), leaf("Code", code),
                                     leaf("Message", message)), request_id, xmlns=NAMESPACE))

    # Zones

    def _visible(self, credentials):
        """The zones of the caller's account, in the order of the listing by name."""
        return [zone for zone in self.zones.sorted() if may_use(zone, credentials)]

    def _zone(self, request, credentials):
        """The zone that the path names."""
        zone_id = self._argument(request)
        if not re.fullmatch("[A-Za-z0-9]{1,32}", zone_id):
            raise InvalidInput("Invalid request: Invalid id in path")
        zone = self.zones.all.get(zone_id)
        if zone is None:
            raise Refused(404, "NoSuchHostedZone", f"No hosted zone found with ID: {zone_id}")
        if not may_use(zone, credentials):
            raise Refused(403, "AccessDenied", f"User: {credentials.arn} is not authorized to "
                          "access this resource")
        return zone

    def _list_by_name(self, request, credentials):
        query = request.parameters
        start, start_id = query.get("dnsname"), query.get("hostedzoneid")
        if start_id is not None and start is None:
            raise InvalidInput("Invalid request: HostedZoneId requires DNSName")
        limit = max_items(query, MAX_ZONES)
        first = ("", "")
        if start is not None:
            try:
                start = names.canonical(start)
            except names.BadName:
                raise Refused(400, "InvalidDomainName", f"{start} is not a valid domain "
                              "name") from None
            first = names.order_key(start), start_id or ""
        found = [zone for zone in self._visible(credentials)
                 if (names.order_key(zone.name), zone.id) >= first]
        following = found[limit] if len(found) > limit else None
        return [
            element("HostedZones", [zone_element(zone) for zone in found[:limit]]),
            leaf("DNSName", start), leaf("HostedZoneId", start_id),
            leaf("IsTruncated", boolean(following)),
            [leaf("NextDNSName", following.name),
             leaf("NextHostedZoneId", following.id)] if following else None,
            leaf("MaxItems", limit)]

    def _list_zones(self, request, credentials):
        query = request.parameters
        limit = max_items(query, MAX_ZONES)
        found = sorted(self._visible(credentials), key=lambda zone: zone.id)
        marker = query.get("marker")
        found = [zone for zone in found if marker is None or zone.id >= marker]
        following = found[limit] if len(found) > limit else None
        return [element("HostedZones", [zone_element(zone) for zone in found[:limit]]),
                leaf("Marker", marker), leaf("IsTruncated", boolean(following)),
                leaf("NextMarker", following.id) if following else None,
                leaf("MaxItems", limit)]

    def _list_by_vpc(self, request, credentials):
        query = request.parameters
        vpc = query.get("vpcregion"), query.get("vpcid")
        if None in vpc:
            raise InvalidInput("Invalid request: VPCId and VPCRegion are required")
        limit = max_items(query, MAX_ZONES)
        found = [zone for zone in self._visible(credentials)
                 if zone.private and vpc in map(tuple, zone.vpcs)]
        start = int(query.get("nexttoken") or 0)
        page = found[start:start + limit]
        more = start + limit < len(found)
        return [element("HostedZoneSummaries", [
                    element("HostedZoneSummary", leaf("HostedZoneId", zone.id),
                            leaf("Name", zone.name),
                            element("Owner", leaf("OwningAccount", zone.account)))
                    for zone in page]),
                leaf("MaxItems", limit), leaf("NextToken", start + limit) if more else None]

    def _get_zone(self, request, credentials):
        zone = self._zone(request, credentials)
        servers = element("NameServers", [leaf("NameServer", name) for name in zone.name_servers])
        vpcs = [element("VPC", leaf("VPCRegion", region), leaf("VPCId", vpc))
                for region, vpc in zone.vpcs]
        return [zone_element(zone),
                element("VPCs", vpcs) if zone.private else element("DelegationSet", servers)]

    # Record sets

    def _list_sets(self, request, credentials):
        zone = self._zone(request, credentials)
        query = request.parameters
        name, kind, identifier = query.get("name"), query.get("type"), query.get("identifier")
        if name is None and kind is not None or kind is None and identifier is not None:
            raise InvalidInput("Invalid request: a start type requires a start name, and a start "
                               "identifier requires both")
        if kind is not None and kind not in model_shapes()["RRType"]["enum"]:
            raise InvalidInput(f"Invalid request: no such record type: {kind}")
        limit = max_items(query, MAX_SETS)
        try:
            first = (names.order_key(name) if name else "", kind or "", identifier or "")
        except names.BadName as problem:
            raise InvalidInput(f"Invalid request: {name}: {problem}") from None
        found = [record_set for record_set in zone.record_sets() if record_set.order >= first]
        following = found[limit] if len(found) > limit else None
        return [element("ResourceRecordSets", [set_element(one) for one in found[:limit]]),
                leaf("IsTruncated", boolean(following)),
                [leaf("NextRecordName", following.name), leaf("NextRecordType", following.type),
                 leaf("NextRecordIdentifier", following.set_identifier)] if following else None,
                leaf("MaxItems", limit)]

    def _change_sets(self, request, credentials):
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        if kind not in ("application/xml", "text/xml", ""):
            raise InvalidInput(f"Invalid request: Content-Type {kind} is not supported")
        comment, changes = self._read_batch(request.content)
        zone = self._zone(request, credentials)
        self._check_health_checks(changes)
        window = self.emulator.prior_request_window
        if zone.last_batch is not None and time.monotonic() - zone.last_batch < window:
            raise Refused(400, "PriorRequestNotComplete", PRIOR_REQUEST)
        try:
            info = self.zones.submit(zone, changes, comment)
        except InvalidChangeBatch as refused:
            raise BatchRefused(refused.messages) from None
        return change_info(info)

    def _check_health_checks(self, changes):
        known = self.emulator.health_checks
        for change in changes:
            wanted = change.record_set.health_check_id
            if None not in (known, wanted) and change.action != "DELETE" and wanted not in known:
                raise Refused(404, "NoSuchHealthCheck",
                              f"A health check with id {wanted} does not exist.")

    def _read_batch(self, content):
        try:
            root = xmltext.parse(content) if content else None
        except xmltext.Malformed as problem:
            raise Refused(400, "MalformedInput", f"Unable to parse request: {problem}") from None
        if root is None or root.name != "ChangeResourceRecordSetsRequest":
            raise Refused(400, "MalformedInput", "ChangeBatch is not valid, expected "
                          "ChangeResourceRecordSetsRequest")
        self.schema.check(root)
        batch = root.child("ChangeBatch")
        changes = [read_change(node) for node in batch.child("Changes").children]
        check_size(changes)
        return batch.value("Comment"), changes

    def _get_change(self, request, credentials):
        change_id = self._argument(request)
        info = self.zones.changes.get("/change/" + change_id)
        if info is None or not may_use(info.zone, credentials):
            raise Refused(404, "NoSuchChange", f"Could not find resource with ID: {change_id}")
        return change_info(info)


def may_use(zone, credentials):
    """Whether a zone is the caller's: of its account, or among those its role is for."""
    if credentials.hosted_zones is not None:
        return zone.id in credentials.hosted_zones
    return zone.account == credentials.account


def boolean(value):
    """An xsd:boolean."""
    return "true" if value else "false"


def max_items(query, most):
    """The page size asked for; more than the most is cut, as the service does."""
    asked = query.get("maxitems", str(most))
    if not re.fullmatch(r"\d{1,9}", asked) or int(asked) < 1:
        raise InvalidInput(f"Invalid request: maxitems '{asked}'")
    return min(int(asked), most)


def zone_element(zone):
    """A HostedZone element."""
    return element("HostedZone", leaf("Id", f"/hostedzone/{zone.id}"), leaf("Name", zone.name),
                   leaf("CallerReference", zone.caller_reference),
                   element("Config", leaf("Comment", zone.comment or None),
                           leaf("PrivateZone", boolean(zone.private))),
                   leaf("ResourceRecordSetCount", len(zone.sets)))


def set_element(record_set):
    """A ResourceRecordSet element, in the order of the model."""
    geo = dict(record_set.geo_location or ())
    alias = record_set.alias
    return element(
        "ResourceRecordSet", leaf("Name", record_set.name), leaf("Type", record_set.type),
        leaf("SetIdentifier", record_set.set_identifier), leaf("Weight", record_set.weight),
        leaf("Region", record_set.region),
        element("GeoLocation", [leaf(key, value) for key, value in geo.items()]) if geo else None,
        leaf("Failover", record_set.failover),
        leaf("MultiValueAnswer", "true" if record_set.multi_value else None),
        leaf("TTL", record_set.ttl),
        element("ResourceRecords", [element("ResourceRecord", leaf("Value", value))
                                    for value in record_set.values])
        if record_set.values else None,
        element("AliasTarget", leaf("HostedZoneId", alias.hosted_zone_id),
                leaf("DNSName", alias.dns_name),
                leaf("EvaluateTargetHealth", boolean(alias.evaluate_target_health)))
        if alias else None,
        leaf("HealthCheckId", record_set.health_check_id))


def change_info(info):
    """A ChangeInfo element."""
    submitted = stamp(info.submitted_at)
    moment = (f"{submitted[:4]}-{submitted[4:6]}-{submitted[6:11]}:{submitted[11:13]}:"
              f"{submitted[13:15]}.{int(info.submitted_at * 1000) % 1000:03}Z")
    return element("ChangeInfo", leaf("Id", info.id), leaf("Status", info.status),
                   leaf("SubmittedAt", moment), leaf("Comment", info.comment))


def read_change(node):
    """A Change out of an element that the schema has passed."""
    action, content = node.value("Action"), node.child("ResourceRecordSet")
    check_fields(action, content)
    name = content.value("Name")
    try:
        canonical = names.canonical(name)
    except names.BadName as problem:
        raise BatchRefused([names.fatal(problem, name)]) from None
    records = content.child("ResourceRecords")
    geo = content.child("GeoLocation")
    return Change(action, RecordSet(
        canonical, content.value("Type"), content.value("SetIdentifier"),
        number(content.value("Weight")), content.value("Region"),
        tuple((part.name, part.text) for part in geo.children) if geo else None,
        content.value("Failover"),
        (content.value("MultiValueAnswer") or "").strip() in ("true", "1"),
        number(content.value("TTL")),
        tuple(record.value("Value") for record in records.children) if records else (),
        read_alias(content.child("AliasTarget")), content.value("HealthCheckId")))


def number(text):
    """An integer, or None for None."""
    return None if text is None else int(text)


def read_alias(node):
    """An alias target, or None."""
    if node is None:
        return None
    try:
        target = names.canonical(node.value("DNSName"))
    except names.BadName as problem:
        raise BatchRefused([names.fatal(problem, node.value("DNSName"))]) from None
    return Alias(node.value("HostedZoneId"), target,
                 node.value("EvaluateTargetHealth").strip() in ("true", "1"))


def check_fields(action, content):
    """What must come together and what must not, DELETE included."""
    def has(field):
        return content.child(field) is not None

    where = (f"in Change with [Action={action}, Name={content.value('Name')}, "
             f"Type={content.value('Type')}, "
             f"SetIdentifier={content.value('SetIdentifier') or 'null'}]")
    bodies = [has("AliasTarget"), has("TTL") and has("ResourceRecords"),
              has("TrafficPolicyInstanceId")]
    if sum(bodies) != 1 or has("AliasTarget") and (has("TTL") or has("ResourceRecords")):
        found = "more than one" if sum(bodies) else "none"
        raise InvalidInput("Invalid request: Expected exactly one of [AliasTarget, all of [TTL, "
                           "and ResourceRecords], or TrafficPolicyInstanceId], but found "
                           f"{found} {where}")
    policies = [field for field in ROUTING if has(field)]
    if has("SetIdentifier") and len(policies) != 1:
        found = "more than one" if policies else "none"
        raise InvalidInput("Invalid request: Expected exactly one of [Weight, Region, Failover, "
                           f"GeoLocation, or MultiValueAnswer], but found {found} {where}")
    if policies and not has("SetIdentifier"):
        raise InvalidInput(f"Invalid request: Missing field 'SetIdentifier' {where}")
    if has("MultiValueAnswer") and has("AliasTarget"):
        raise InvalidInput(f"Invalid request: a multivalue answer cannot be an alias {where}")
    records = content.child("ResourceRecords")
    if has("Weight") and records is not None and len(records.children) != 1:
        raise InvalidInput(f"Invalid request: a weighted set holds one ResourceRecord {where}")


def check_size(changes):
    """The limits of one request; an UPSERT counts twice."""
    records = characters = 0
    for change in changes:
        times = 2 if change.action == "UPSERT" else 1
        records += times * len(change.record_set.values)
        characters += times * sum(map(len, change.record_set.values))
    if records > MAX_RECORDS:
        raise BatchRefused([f"Number of records limit of {MAX_RECORDS} exceeded."])
    if characters > MAX_CHARACTERS:
        raise BatchRefused([f"RDATA character limit of {MAX_CHARACTERS} exceeded."])
