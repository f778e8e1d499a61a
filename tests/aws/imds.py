"""The instance metadata service, version 2 unless told otherwise, and the instance it speaks for.

Source: EC2 User Guide, "Instance metadata" (how it works, categories, tags, identity
documents, IAM roles).
"""

import datetime
import json
import secrets
import threading
import time
import urllib.parse

from aws.server import REASONS, Answer, Listener, http_date
from aws.zones import ACCOUNT

VERSIONS = ("1.0", "2007-01-19", "2007-12-15", "2008-09-01", "2009-04-04", "2011-01-01",
            "2012-01-12", "2014-02-25", "2016-04-19", "2016-09-02", "2018-09-24", "2019-10-01",
            "2020-10-27", "2021-01-03", "2021-03-23", "2021-07-15", "2022-09-24", "latest")
SINCE = {"placement/region": "2020-08-24", "placement/availability-zone-id": "2020-08-24",
         "ipv6": "2021-01-03", "tags": "2021-03-23"}
TOKEN = "x-aws-ec2-metadata-token"
TOKEN_TTL = "x-aws-ec2-metadata-token-ttl-seconds"
MAX_TTL = 21600
ROLE_SECONDS = 6 * 3600
PAGE = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>{status} - {reason}</title>
 </head>
 <body>
  <h1>{status} - {reason}</h1>
 </body>
</html>
"""


def iso(seconds):
    """A time in the form of metadata and STS."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Instance:
    """An EC2 instance. Every attribute may be changed at any time; an address of None is 404."""

    def __init__(self, emulator, instance_id, *, region="eu-west-1", availability_zone=None,
                 availability_zone_id="euw1-az1", public_ipv4="54.123.123.123",
                 local_ipv4="10.0.0.5", ipv6=None, vpc_id="vpc-1", tags=None,
                 tags_in_metadata=True, role="bootname-role", state="running", user_data=None,
                 account=ACCOUNT, metadata_address=None):
        self.emulator = emulator
        self.id = instance_id
        self.region = region
        self.availability_zone = availability_zone or region + "a"
        self.availability_zone_id = availability_zone_id
        self.public_ipv4 = public_ipv4
        self.local_ipv4 = local_ipv4
        self.ipv6 = ipv6
        self.vpc_id = vpc_id
        self.subnet_id = "subnet-1"
        self.tags = {"dnsname": "webdev1.ec2.example.com"} if tags is None else dict(tags)
        self.tags_in_metadata = tags_in_metadata
        self.role = role
        self.role_age = 600                 # seconds since the role was first given
        self.role_error = None              # a Code other than Success, e.g. a wrong trust policy
        self.state = state
        self.user_data = user_data
        self.account = account
        self.partition, self.domain = "aws", "amazonaws.com"
        self.instance_type, self.image_id = "t3.micro", "ami-0123456789abcdef0"
        self.mac = "0e:49:61:0f:c3:11"
        self.visible = True                 # false: EC2 no longer knows it
        self.metadata_enabled = True
        self.http_tokens = "required"       # "optional": version 1 is answered as well
        self.extra = {}                     # more metadata: {"spot/instance-action": "..."}
        self.metadata = Metadata(self)
        self.listener = Listener(metadata_address or emulator.metadata_address,
                                 self.metadata.handle)
        self._credentials = None
        self._lock = threading.Lock()

    @property
    def endpoint(self):
        """The base URL of its metadata."""
        host, port = self.listener.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def environment(self):
        """The exports that make a client on this instance talk to the emulator."""
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.endpoint,
                **self.emulator.api_environment}

    @property
    def role_arn(self):
        """The ARN of its role, which policies are attached to."""
        return f"arn:aws:iam::{self.account}:role/{self.role or 'none'}"

    @property
    def credentials(self):
        """The present credentials of its role."""
        with self._lock:
            if self._credentials is None:
                self._credentials = self._issue()
            return self._credentials

    def _issue(self):
        now = self.emulator.now()
        role = self.role or "none"
        return self.emulator.keyring.issue(
            temporary=True, account=self.account, instance_id=self.id, created=now,
            arn=f"arn:aws:sts::{self.account}:assumed-role/{role}/{self.id}",
            user_id=f"AROAEMULATEDROLE00000:{self.id}",
            role_arn=self.role_arn, expires=now + ROLE_SECONDS)

    def rotate_credentials(self):
        """Hand out new credentials from now on; the old ones are expired at once."""
        with self._lock:
            if self._credentials is not None:
                self._credentials.expires = self.emulator.now() - 1
            self._credentials = self._issue()

    def expire_tokens(self):
        """Make every metadata token handed out so far worthless."""
        self.metadata.tokens.clear()

    def stop(self):
        """Stop it: the public address is gone and the metadata refuses connections."""
        self.state = "stopped"
        self.public_ipv4 = None
        self.expire_tokens()
        self.listener.close()

    def start(self, public_ipv4=None):
        """Start it again, with a new public address; the metadata is on the same port."""
        self.public_ipv4 = public_ipv4
        self.state = "running"
        self.listener.open()

    def reboot(self):
        """Reboot it: addresses stay, metadata tokens do not."""
        self.expire_tokens()

    def terminate(self, visible=True):
        """Terminate it. EC2 shows it for about an hour more: visible=False is after that."""
        self.stop()
        self.state = "terminated"
        self.visible = visible


class Metadata:
    """Answers the metadata requests of one instance."""

    name = "imds"

    def __init__(self, instance):
        self.instance = instance
        self.tokens = {}                    # token -> (monotonic end, ttl)

    def handle(self, request):
        """Answer one request."""
        request.service, request.operation = self.name, self.operation(request)
        request.instance_id = self.instance.id
        return self.instance.emulator.answer(request, self, lambda: self._perform(request))

    @staticmethod
    def operation(request):
        return "PutToken" if request.method == "PUT" else "GetMetadata"

    def headers(self):
        """The headers of every answer."""
        return {"Content-Type": "text/plain", "Server": "EC2ws",
                "Date": http_date(self.instance.emulator.now())}

    def error(self, request, status, code=None, message=None, messages=None):
        """An error is an XHTML page."""
        reason = message or REASONS.get(status, "Error")
        page = PAGE.format(status=status, reason=reason).encode()
        return Answer(status, page, self.headers() | {"Content-Type": "text/html"}, code)

    def _perform(self, request):
        if not self.instance.metadata_enabled:
            return self.error(request, 403)
        if request.method == "PUT":
            return self._put_token(request)
        if request.method in ("GET", "HEAD"):
            return self._get(request)
        answer = self.error(request, 405)
        answer.headers["Allow"] = "OPTIONS, GET, HEAD, PUT"
        return answer

    def _put_token(self, request):
        version, _, rest = request.path[1:].partition("/")
        if rest != "api/token" or version not in VERSIONS:
            return self.error(request, 405)
        if version != "latest" or "x-forwarded-for" in request.headers:
            return self.error(request, 403)
        ttl = request.headers.get(TOKEN_TTL, "")
        if not (ttl.isascii() and ttl.isdigit() and 1 <= int(ttl) <= MAX_TTL):
            return self.error(request, 400)
        token = "AQAEA" + secrets.token_urlsafe(38) + "=="
        self.instance.emulator.keyring.remember(token)
        self.tokens[token] = time.monotonic() + int(ttl), ttl
        return Answer(200, token.encode(), self.headers() | {"X-Aws-Ec2-Metadata-Token-Ttl-Seconds":
                                                             ttl})

    def _get(self, request):
        end, ttl = self.tokens.get(request.headers.get(TOKEN), (0, None))
        is_version_1 = TOKEN not in request.headers and self.instance.http_tokens == "optional"
        if time.monotonic() >= end and not is_version_1:
            return self.error(request, 401)
        if request.path == "/latest/api/token":
            return self.error(request, 405)
        found = self._find(request.path)
        if found is None:
            return self.error(request, 404)
        headers = self.headers()
        if ttl:
            headers["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"] = ttl
        if request.path.endswith("/user-data"):
            headers["Content-Type"] = "application/octet-stream"
        return Answer(200, found, headers)

    def _find(self, path):
        """The bytes at a path: a value, or the list of a folder; None = 404."""
        parts = [urllib.parse.unquote_to_bytes(part).decode("utf-8", "surrogateescape")
                 for part in path[1:].split("/")]
        folder = parts[-1] == ""
        if folder:
            parts.pop()
        if not parts:
            return "\n".join(VERSIONS).encode()
        if parts[0] not in VERSIONS:
            return None
        here = self.tree(parts[0])
        for part in parts[1:]:
            here = here.get(part) if isinstance(here, dict) else None
        if isinstance(here, dict):
            return "\n".join(name + ("/" if isinstance(value, dict) else "")
                             for name, value in here.items()).encode("utf-8", "surrogateescape")
        if here is None or folder:
            return None
        return here if isinstance(here, bytes) else str(here).encode("utf-8", "surrogateescape")

    def tree(self, version="latest"):
        """Everything there is, as dictionaries of dictionaries."""
        instance = self.instance
        tree = {"dynamic": {"instance-identity": {"document": self._identity()}},
                "meta-data": self._meta_data()}
        if instance.user_data is not None:
            tree["user-data"] = instance.user_data
        for path, since in SINCE.items():
            if version < since:
                *folders, last = path.split("/")
                here = tree["meta-data"]
                for name in folders:
                    here = here[name]
                here.pop(last, None)
        return tree

    def _meta_data(self):
        instance = self.instance
        host = hostname(instance)
        values = {
            "ami-id": instance.image_id, "ami-launch-index": "0", "hostname": host,
            "iam/info": self._profile(), "iam/security-credentials": self._roles(),
            "instance-action": "none", "instance-id": instance.id,
            "instance-life-cycle": "on-demand", "instance-type": instance.instance_type,
            "ipv6": instance.ipv6, "local-hostname": host, "local-ipv4": instance.local_ipv4,
            "mac": instance.mac, "network/interfaces/macs": {instance.mac: self._interface()},
            "placement/availability-zone": instance.availability_zone,
            "placement/availability-zone-id": instance.availability_zone_id,
            "placement/region": instance.region,
            "public-hostname": public_hostname(instance), "public-ipv4": instance.public_ipv4,
            "reservation-id": "r-" + instance.id[2:], "security-groups": "default",
            "services/domain": instance.domain, "services/partition": instance.partition,
            "tags": {"instance": dict(instance.tags)} if instance.tags_in_metadata else None,
            **instance.extra}
        return nested(values)

    def _interface(self):
        instance = self.instance
        return nested({
            "device-number": "0", "interface-id": "eni-0123456789abcdef0",
            "ipv4-associations": {str(instance.public_ipv4): instance.local_ipv4}
            if instance.public_ipv4 and instance.local_ipv4 else None,
            "ipv6s": instance.ipv6, "local-hostname": hostname(instance),
            "local-ipv4s": instance.local_ipv4, "mac": instance.mac, "network-card-index": "0",
            "owner-id": instance.account, "public-hostname": public_hostname(instance),
            "public-ipv4s": instance.public_ipv4, "security-group-ids": "sg-0123456789abcdef0",
            "security-groups": "default", "subnet-id": instance.subnet_id,
            "subnet-ipv4-cidr-block": "10.0.0.0/24", "vpc-id": instance.vpc_id})

    def _profile(self):
        instance = self.instance
        if not instance.role:
            return None
        return json.dumps({
            "Code": "Success", "LastUpdated": self._role_updated(),
            "InstanceProfileArn":
                f"arn:aws:iam::{instance.account}:instance-profile/{instance.role}",
            "InstanceProfileId": "AIPAEMULATEDPROFILE00"}, indent=2)

    def _roles(self):
        instance = self.instance
        if not instance.role:
            return None
        if instance.role_error:
            return {instance.role: json.dumps({
                "Code": instance.role_error, "LastUpdated": self._role_updated(),
                "Message": f"EC2 cannot assume the role {instance.role}."}, indent=2)}
        credentials = instance.credentials
        return {instance.role: json.dumps({
            "Code": "Success", "LastUpdated": self._role_updated(), "Type": "AWS-HMAC",
            "AccessKeyId": credentials.access_key, "SecretAccessKey": credentials.secret_key,
            "Token": credentials.session_token, "Expiration": iso(credentials.expires)}, indent=2)}

    def _role_updated(self):
        return iso(self.instance.emulator.now() - self.instance.role_age)

    def _identity(self):
        instance = self.instance
        return json.dumps({
            "accountId": instance.account, "architecture": "x86_64",
            "availabilityZone": instance.availability_zone, "billingProducts": None,
            "devpayProductCodes": None, "marketplaceProductCodes": None,
            "imageId": instance.image_id, "instanceId": instance.id,
            "instanceType": instance.instance_type, "kernelId": None,
            "pendingTime": iso(self.instance.emulator.now() - 600),
            "privateIp": instance.local_ipv4, "ramdiskId": None, "region": instance.region,
            "version": "2017-09-30"}, indent=2)


def nested(values):
    """Paths with slashes as dictionaries of dictionaries, without what is None."""
    tree = {}
    for path, value in values.items():
        if value is not None:
            *folders, last = path.split("/")
            here = tree
            for name in folders:
                here = here.setdefault(name, {})
            here[last] = value
    return tree


def hostname(instance):
    """The private DNS name of an instance."""
    if not instance.local_ipv4:
        return f"{instance.id}.{instance.region}.compute.internal"
    return f"ip-{instance.local_ipv4.replace('.', '-')}.{instance.region}.compute.internal"


def public_hostname(instance):
    """The public DNS name of an instance, or None."""
    if not instance.public_ipv4:
        return None
    address = str(instance.public_ipv4).replace(".", "-")
    return f"ec2-{address}.{instance.region}.compute.{instance.domain}"
