"""Control of a running emulator over plain HTTP on loopback, for somebody with curl."""

import json

from aws.server import Answer, Listener

HELP = """\
GET    /                                what you read now
GET    /zones                           every record set
GET    /requests                        every request so far; DELETE forgets them
GET    /instances                       the instances
GET    /instances/ID                    one instance
PUT    /instances/ID/ATTRIBUTE          set an attribute to the body; DELETE = it has none
PUT    /instances/ID/tags/KEY           set a tag to the body; DELETE removes it
POST   /instances/ID/stop               also start (body: the new public IPv4), reboot,
                                        terminate, rotate_credentials, expire_tokens
PUT    /denied/ACTION                   deny an IAM action; DELETE allows it
PUT    /policies/ROLE                   a role may do what this IAM policy allows, and no more;
                                        DELETE: it may do all
POST   /faults                          order a fault: JSON of Faults.add; DELETE = all gone
PUT    /emulator/ATTRIBUTE              rate, burst, insync_after, clock_offset, error_shape,
                                        prior_request_window: a number or null
"""
TEXT_ATTRIBUTES = ("public_ipv4", "local_ipv4", "ipv6", "region", "availability_zone",
                   "availability_zone_id", "vpc_id", "role", "user_data", "state")
SWITCHES = ("tags_in_metadata", "metadata_enabled", "visible")
NUMBERS = ("rate", "burst", "insync_after", "clock_offset", "error_shape", "prior_request_window")
VERBS = ("stop", "start", "reboot", "terminate", "rotate_credentials", "expire_tokens")


class Control:
    """The listener and what it can do."""

    def __init__(self, emulator, address=("127.0.0.1", 0)):
        self.emulator = emulator
        self.listener = Listener(address, self._handle)

    @property
    def url(self):
        host, port = self.listener.address
        return f"http://{host}:{port}"

    def start(self):
        self.listener.open()

    def stop(self):
        self.listener.close(keep_port=False)

    def _handle(self, request):
        try:
            text = self._act(request.method, request.path.strip("/").split("/"), request.body)
            return Answer(200, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})
        except KeyError as missing:
            return Answer(404, f"no such thing: {missing}\n".encode())
        except (TypeError, ValueError) as wrong:
            return Answer(400, f"{wrong}\n".encode())

    def _act(self, method, parts, body):
        """Do one thing; KeyError = there is no such thing."""
        match method, parts:
            case "GET", [""]:
                return HELP
            case "GET", ["zones"]:
                return "".join(zone_text(zone) for zone in self.emulator.zones.sorted())
            case "GET", ["requests"]:
                return "".join(map(request_line, list(self.emulator.requests)))
            case "DELETE", ["requests"]:
                self.emulator.requests.clear()
                return ""
            case "GET", ["instances"]:
                return "".join(map(instance_line, self.emulator.instances.values()))
            case _, ["instances", instance_id, *rest]:
                return self._instance(method, self.emulator.instances[instance_id], rest, body)
            case "PUT", ["denied", action]:
                self.emulator.denied.add(action)
            case "DELETE", ["denied", action]:
                self.emulator.denied.discard(action)
            case "PUT", ["policies", role]:
                self.emulator.attach_policy(self._role_arn(role), body)
            case "DELETE", ["policies", role]:
                del self.emulator.policies[self._role_arn(role)]
            case "POST", ["faults"]:
                self.emulator.faults.add(**json.loads(body))
            case "DELETE", ["faults"]:
                self.emulator.faults.clear()
            case "PUT", ["emulator", name] if name in NUMBERS:
                setattr(self.emulator, name, json.loads(body))
            case _:
                raise KeyError(f"{method} /{'/'.join(parts)}")
        return "done\n"

    def _role_arn(self, role):
        """The ARN of the role of that name that an instance has."""
        return {one.role: one.role_arn for one in self.emulator.instances.values()}[role]

    @staticmethod
    def _instance(method, instance, rest, body):
        match method, rest:
            case "GET", []:
                pass
            case "PUT", ["tags", key]:
                instance.tags[key] = body
            case "DELETE", ["tags", key]:
                del instance.tags[key]
            case "PUT", [name] if name in TEXT_ATTRIBUTES:
                setattr(instance, name, body)
            case "PUT", [name] if name in SWITCHES:
                setattr(instance, name, bool(json.loads(body)))
            case "DELETE", [name] if name in TEXT_ATTRIBUTES:
                setattr(instance, name, None)
            case "POST", ["start"]:
                instance.start(body or None)
            case "POST", [verb] if verb in VERBS:
                getattr(instance, verb)()
            case _:
                raise KeyError("/".join(rest))
        return instance_line(instance)


def zone_text(zone):
    """A zone in the form of a zone file."""
    kind = "private" if zone.private else "public"
    lines = [f"; {zone.id} {zone.name} {kind}"]
    for record_set in zone.record_sets():
        routing = "" if record_set.routing == "simple" else (
            f" ; {record_set.routing} {record_set.set_identifier}")
        values = record_set.values or (f"ALIAS {record_set.alias.dns_name}",)
        lines += [f"{record_set.name} {'' if record_set.ttl is None else record_set.ttl} "
                  f"{record_set.type} {value}{routing}" for value in values]
    return "\n".join(lines) + "\n"


def request_line(request):
    """A request on one line."""
    outcome = " ".join(str(part) for part in (request.status, request.error_code) if part)
    return (f"{request.time:.3f} #{request.connection} {request.instance_id or '-'} "
            f"{request.service} {request.operation} {request.method} {request.target} "
            f"{outcome or 'no answer'}\n")


def instance_line(instance):
    """An instance on one line."""
    addresses = " ".join(str(one) for one in (instance.public_ipv4, instance.local_ipv4,
                                              instance.ipv6) if one)
    return f"{instance.id} {instance.state} {instance.region} {addresses} {instance.tags}\n"
