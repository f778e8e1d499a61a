"""The emulator: instances with their metadata, three AWS services, and DNS, in one process."""

import atexit
import pathlib
import shutil
import tempfile
import threading
import time

from aws.api import Api
from aws.certificates import Authority
from aws.ec2 import Ec2
from aws.faults import Faults
from aws.iam import Policy
from aws.imds import TOKEN, Instance
from aws.nameserver import NameServer
from aws.route53 import Route53, model_shapes
from aws.s3 import S3, Bucket
from aws.server import Listener, server_tls
from aws.signature import Keyring, Verifier
from aws.sts import Sts
from aws.zones import ACCOUNT, Zones


class Emulator:
    """Everything of AWS that bootname meets. Use it as a context manager, or start() and stop().

    All attributes may be changed while it runs.
    """

    def __init__(self, directory=None, nameserver=False, insync_after=0.05, rate=None, burst=None,
                 metadata_address=None, api_address=("127.0.0.1", 0),
                 dns_address=("127.0.0.1", 0)):
        self.directory = None               # the work folder, once started
        self._wanted_directory = directory
        self.with_nameserver = nameserver
        self.rate, self.burst = rate, burst
        self.metadata_address = metadata_address or ("127.0.0.1", 0)
        self.api_address, self.dns_address = api_address, dns_address
        self.prior_request_window = 0       # seconds in which a zone takes one batch only
        self.error_shape = 1                # 1 ErrorResponse, 2 Messages, 3 bare, 0 nothing
        self.clock_offset = 0               # seconds by which AWS's clock is ahead of ours
        self.any_order = False              # elements in any order, as AWS takes them of Go's SDK
        self.denied = set()                 # IAM actions, wildcards allowed
        self.policies = {}                  # ARN of a role or user -> Policy; none: all is allowed
        self.health_checks = None           # ids; None: any that a record set may name
        self.roles = {}                     # ARN -> {"external_id", "zones", "account"}, or "trust"
        self.instances = {}                 # id -> Instance
        self.buckets = {}                   # name -> Bucket, of S3
        self.requests = []                  # every Request, in order of arrival
        self.faults = Faults()
        self.keyring = Keyring()
        self.verifier = Verifier(self.keyring, self.now)
        self.zones = Zones(self.now, insync_after)
        self.stopping = threading.Event()
        self.nameserver = None
        self.authority = None
        self._api = Api(self, Route53(self), Ec2(self), Sts(self), S3(self))
        self._listener = None
        self._log_lock = threading.Lock()
        self._arrived = threading.Condition(self._log_lock)

    # Life

    def start(self):
        """Start everything; on a failure nothing is left running."""
        self.stopping.clear()
        atexit.register(self.stop)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self):
        if self._wanted_directory is None:
            self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bootname-aws-"))
        else:
            self.directory = pathlib.Path(self._wanted_directory)
            self.directory.mkdir(parents=True, exist_ok=True)
        model_shapes()
        self.authority = Authority(self.directory, self.api_address[0])
        self.authority.create()
        if self.with_nameserver:
            self.nameserver = NameServer(self.directory, self.dns_address)
            self.nameserver.start()
            self.zones.nameserver = self.nameserver
        self._listener = Listener(self.api_address, self._api.handle,
                                  server_tls(self.authority.certificate, self.authority.key))
        self._listener.open()
        self.zones.start()

    def stop(self):
        """Stop everything that start() and instance() started; may be called twice."""
        atexit.unregister(self.stop)
        self.stopping.set()
        for instance in self.instances.values():
            instance.listener.close(keep_port=False)
        if self._listener:
            self._listener.close(keep_port=False)
            self._listener = None
        self.zones.stop()
        if self.nameserver:
            self.zones.nameserver = None
            self.nameserver.stop()
            self.nameserver = None
        if self._wanted_directory is None and self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # What there is

    def hosted_zone(self, name, private=False, vpcs=(), zone_id=None, account=ACCOUNT,
                    name_servers=None):
        """A new hosted zone with its NS and SOA sets. vpcs: (region, vpc id) of a private one.
        name_servers: those of a public one, outside of it; None: four as Route 53 has them."""
        return self.zones.create(name, private, vpcs, zone_id, account, name_servers)

    def instance(self, instance_id="i-0123456789abcdef0", **attributes):
        """A new instance; its metadata has a listener of its own. See imds.Instance."""
        instance = Instance(self, instance_id, **attributes)
        self.instances[instance_id] = instance
        if instance.state == "running":
            instance.listener.open()
        return instance

    def bucket(self, name, region="eu-west-1", **objects):
        """A new bucket of S3, with objects."""
        self.buckets[name] = Bucket(name, region)
        self.buckets[name].objects.update(objects)
        return self.buckets[name]

    def user(self, name="operator", account=ACCOUNT):
        """Long-term credentials of an IAM user, for tools that do not run on an instance."""
        return self.keyring.issue(temporary=False, arn=f"arn:aws:iam::{account}:user/{name}",
                                  account=account, user_id="AIDAEMULATEDUSER00000",
                                  created=self.now())

    def attach_policy(self, arn, *documents):
        """From now on a role or user may do only what these identity policies allow, in place of
        those attached before. documents: mappings, or the JSON of them."""
        self.policies[arn] = Policy(*documents)

    @property
    def api_url(self):
        """The base URL of the three services."""
        host, port = self._listener.address
        return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"

    @property
    def api_address_in_use(self):
        """The host and port of all services but the metadata."""
        return self._listener.address

    @property
    def api_environment(self):
        """The exports that lead a client's AWS calls here."""
        return {"AWS_ENDPOINT_URL_ROUTE_53": self.api_url, "AWS_ENDPOINT_URL_EC2": self.api_url,
                "AWS_ENDPOINT_URL_STS": self.api_url, "AWS_CA_BUNDLE": str(self.ca_bundle)}

    @property
    def ca_bundle(self):
        """The file with the CA's certificate."""
        return self.authority.bundle

    @property
    def ca_directory(self):
        """The same certificate in a folder with hash links."""
        return self.authority.folder

    @property
    def tls(self):
        """What new connections to the services are wrapped with; None: plain HTTP."""
        return self._listener.tls

    @tls.setter
    def tls(self, context):
        self._listener.tls = context

    def close_api(self, drop=True):
        """Refuse connections to the services, as before the network is up; see open_api().

        drop: end those that are there, too.
        """
        self._listener.close(drop=drop)

    def open_api(self):
        """Accept connections again, on the same port."""
        self._listener.open()

    def drop_connections(self):
        """Close the idle and busy connections to the services from this side."""
        self._listener.drop_connections()

    # Time and requests

    def now(self):
        """The emulator's clock: the true time of AWS, in seconds."""
        return time.time() + self.clock_offset

    def answer(self, request, service, proceed):
        """Record a request and answer it, with the fault that strikes it if there is one."""
        request.instance_id = request.instance_id or self._asker(request)
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
        fault = self.faults.strike(request)
        if fault is None:
            answer = proceed()
        else:
            answer = fault.play(request, proceed, service, self.stopping)
        request.status = answer.status or None
        request.error_code = answer.error_code
        return answer

    def _asker(self, request):
        """The instance whose credentials a request claims to use."""
        _, _, credential = request.headers.get("authorization", "").partition("Credential=")
        credentials = self.keyring.get(credential.partition("/")[0])
        return credentials.instance_id if credentials else None

    def requests_of(self, service=None, operation=None):
        """The requests of one kind, in order."""
        with self._log_lock:
            return [request for request in self.requests
                    if service in (None, request.service)
                    and operation in (None, request.operation)]

    def without_token(self, agent=""):
        """The paths of the metadata that were asked for without a token, as in version 1; of
        those whose User-Agent begins so."""
        return [request.target for request in self.requests_of("imds")
                if request.operation != "PutToken" and TOKEN not in request.headers
                and request.headers.get("user-agent", "").startswith(agent)]

    def wait_request(self, service=None, operation=None, count=1, timeout=10):
        """Block until there were `count` requests of a kind; the last of them."""
        def found():
            return [request for request in self.requests
                    if service in (None, request.service)
                    and operation in (None, request.operation)]
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(found()) >= count, timeout):
                raise TimeoutError(f"{len(found())} requests of {service} {operation}, "
                                   f"{count} expected")
            return found()[count - 1]

    def secrets(self):
        """Every secret ever handed out and every signature seen: no output may hold one."""
        return self.keyring.secrets()

    # DNS

    @property
    def insync_after(self):
        """Seconds from PENDING to INSYNC."""
        return self.zones.insync_after

    @insync_after.setter
    def insync_after(self, seconds):
        self.zones.insync_after = seconds

    def wait_insync(self, timeout=10):
        """Block until every change is INSYNC and published."""
        self.zones.wait_insync(timeout)

    def dig(self, name, type="A", private=False):  # noqa: A002  (dig's own word)
        """The answers that the real dig gets from the name server, sorted."""
        if self.nameserver is None:
            raise RuntimeError("this emulator has no name server: Emulator(nameserver=True)")
        return self.nameserver.dig(name, type, private)
