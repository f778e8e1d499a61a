"""EC2's query API, version 2016-11-15: DescribeTags and DescribeInstances.

Answers are of the region that the request is signed for, and of the caller's account.
"""

import fnmatch
import re
import uuid

from aws.api import Service
from aws.signature import Refused
from aws.xmltext import document, element, leaf

STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64,
          "stopped": 80}
INSTANCE_ID = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
MAX_IDS = 1000


class QueryService(Service):
    """A service that takes its operation and parameters from a form."""

    version = ""

    def operation(self, request):
        return request.parameters.get("Action", "")


class Ec2(QueryService):
    """The service."""

    name = "ec2"
    version = "2016-11-15"
    namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"

    def perform(self, request, credentials):
        work = {"DescribeTags": self._describe_tags,
                "DescribeInstances": self._describe_instances}.get(request.operation)
        if work is None:
            raise Refused(400, "InvalidAction", f"The action {request.operation} is not valid for "
                          "this web service.")
        instances = self._visible(request, credentials)
        return element(request.operation + "Response", leaf("requestId", str(uuid.uuid4())),
                       work(request.parameters, instances), xmlns=self.namespace)

    def denial(self, arn, action, resource, why=None):
        refusal = super().denial(arn, action, resource, why)
        return Refused(403, "UnauthorizedOperation", "You are not authorized to perform this "
                       f"operation. {refusal.message}")

    def error_body(self, status, code, message, messages):
        return document(element(
            "Response", element("Errors", element("Error", leaf("Code", code),
                                                  leaf("Message", message))),
            leaf("RequestID", str(uuid.uuid4()))))

    def _visible(self, request, credentials):
        region = request.headers["authorization"].split("/")[2]
        return [instance for instance in self.emulator.instances.values()
                if instance.visible and instance.region == region
                and instance.account == credentials.account]

    def _describe_tags(self, parameters, instances):
        wanted = filters(parameters)
        known = {"resource-id", "resource-type", "key", "value"}
        check_filters(wanted, lambda name: name in known or name.startswith("tag:"))
        rows = []
        for instance in instances:
            for key, value in sorted(instance.tags.items()):
                row = {"resource-id": instance.id, "resource-type": "instance", "key": key,
                       "value": plain(value), f"tag:{key}": plain(value)}
                if matches(row, wanted):
                    rows.append(element("item", leaf("resourceId", instance.id),
                                        leaf("resourceType", "instance"), leaf("key", key),
                                        leaf("value", plain(value))))
        page, token = paged(rows, parameters)
        return [element("tagSet", page), leaf("nextToken", token)]

    def _describe_instances(self, parameters, instances):
        ids = numbered(parameters, "InstanceId")
        check_ids(ids, {instance.id for instance in instances})
        if ids and "MaxResults" in parameters:
            raise Refused(400, "InvalidParameterCombination", "The parameter instancesSet cannot "
                          "be used with the parameter maxResults")
        wanted = filters(parameters)
        known = {"instance-id", "instance-state-name", "vpc-id", "tag-key"}
        check_filters(wanted, lambda name: name in known or name.startswith("tag:"))
        rows = [reservation(instance) for instance in instances
                if (not ids or instance.id in ids) and matches(instance_row(instance), wanted)]
        page, token = paged(rows, parameters)
        return [element("reservationSet", page), leaf("nextToken", token)]


def plain(value):
    """A tag's value as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def numbered(parameters, name):
    """The values of NAME.1, NAME.2, ... in that order."""
    found = {}
    for key, value in parameters.items():
        match = re.fullmatch(re.escape(name) + r"\.(\d+)", key)
        if match:
            found[int(match[1])] = value
    return [found[index] for index in sorted(found)]


def filters(parameters):
    """Filter.N.Name and Filter.N.Value.M as a list of (name, values)."""
    found = {}
    for key, value in parameters.items():
        match = re.fullmatch(r"Filter\.(\d+)\.(Name|Value\.\d+)", key)
        if match:
            name_and_values = found.setdefault(int(match[1]), [None, []])
            if match[2] == "Name":
                name_and_values[0] = value
            else:
                name_and_values[1].append(value)
    return [tuple(found[index]) for index in sorted(found)]


def check_filters(wanted, known):
    """Refuse filters that are unknown or without a value."""
    for name, values in wanted:
        if name is None or not known(name):
            raise Refused(400, "InvalidParameterValue", f"The filter '{name}' is invalid")
        if not values:
            raise Refused(400, "InvalidParameterValue", f"The filter '{name}' has no value")


def matches(row, wanted):
    """Every filter must hold; a filter holds when one of its values does, * and ? as usual."""
    return all(any(name in row and fnmatch.fnmatchcase(row[name], value.replace("[", "[[]"))
                   for value in values) for name, values in wanted)


def check_ids(ids, known):
    """Refuse ids that are malformed or unknown. EC2 does not promise to name all of them; this
    names one half, so that a client that trusts the list goes round again."""
    if len(ids) > MAX_IDS:
        raise Refused(400, "InvalidParameterValue", "Too many instance IDs")
    for instance_id in ids:
        if not INSTANCE_ID.fullmatch(instance_id):
            raise Refused(400, "InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"')
    unknown = [instance_id for instance_id in ids if instance_id not in known]
    named = unknown[:(len(unknown) + 1) // 2]
    if len(named) == 1:
        raise Refused(400, "InvalidInstanceID.NotFound",
                      f"The instance ID '{named[0]}' does not exist")
    if named:
        raise Refused(400, "InvalidInstanceID.NotFound",
                      f"The instance IDs '{', '.join(named)}' do not exist")


def paged(rows, parameters):
    """One page of rows and the token of the next, or None."""
    asked = parameters.get("MaxResults")
    if asked is not None and not (asked.isdigit() and 5 <= int(asked) <= 1000):
        raise Refused(400, "InvalidParameterValue", f"Value ( {asked} ) for parameter maxResults "
                      "is invalid. Expecting a value between 5 and 1000.")
    start, limit = int(parameters.get("NextToken") or 0), int(asked or 1000)
    more = start + limit < len(rows)
    return rows[start:start + limit], str(start + limit) if more else None


def instance_row(instance):
    """An instance as filters see it."""
    row = {"instance-id": instance.id, "instance-state-name": instance.state,
           "vpc-id": instance.vpc_id or ""}
    for key, value in instance.tags.items():
        row[f"tag:{key}"] = plain(value)
        row["tag-key"] = key
    return row


def reservation(instance):
    """An instance as an answer shows it, in a reservation of its own."""
    gone = instance.state == "terminated"
    tags = [element("item", leaf("key", key), leaf("value", plain(value)))
            for key, value in sorted(instance.tags.items())]
    item = element(
        "item", leaf("instanceId", instance.id), leaf("imageId", instance.image_id),
        element("instanceState", leaf("code", STATES[instance.state]),
                leaf("name", instance.state)),
        leaf("instanceType", instance.instance_type),
        element("placement", leaf("availabilityZone", instance.availability_zone),
                leaf("tenancy", "default")),
        None if gone else [
            leaf("subnetId", instance.subnet_id), leaf("vpcId", instance.vpc_id),
            leaf("privateIpAddress", instance.local_ipv4),
            leaf("ipAddress", instance.public_ipv4),
            element("networkInterfaceSet", element(
                "item", leaf("networkInterfaceId", "eni-" + instance.id[2:]),
                leaf("privateIpAddress", instance.local_ipv4),
                element("association", leaf("publicIp", instance.public_ipv4))
                if instance.public_ipv4 else None,
                element("privateIpAddressesSet", element(
                    "item", leaf("privateIpAddress", instance.local_ipv4))),
                element("ipv6AddressesSet", *[element("item", leaf("ipv6Address", one))
                                              for one in [instance.ipv6] if one])))],
        element("tagSet", tags))
    return element("item", leaf("reservationId", "r-" + instance.id[2:]),
                   leaf("ownerId", instance.account), element("groupSet"),
                   element("instancesSet", item))
