"""The signed services behind one TLS listener: who is asked, who may ask, how often."""

import fnmatch
import threading
import time
import uuid

from aws.server import Answer, http_date
from aws.signature import Refused
from aws.xmltext import document


class Service:
    """What Route 53, EC2 and STS have in common."""

    name = ""

    def __init__(self, emulator):
        self.emulator = emulator

    def operation(self, request):
        """The API operation that a request asks for, or ""."""
        raise NotImplementedError

    def resource(self, request, credentials):
        """The ARN that a permission is asked for, or None where IAM knows none."""
        return None

    def permissions(self, request, credentials):
        """What a policy must allow: (action, resource) each."""
        return [(f"{self.name}:{request.operation}", self.resource(request, credentials))]

    def conditions(self, request):
        """The service's own condition keys and their values, as lists."""
        return {}

    def perform(self, request, credentials):
        """Do what is asked and return the root element as text, or raise Refused."""
        raise NotImplementedError

    def error_body(self, status, code, message, messages):
        """The service's own form of an error as bytes."""
        raise NotImplementedError

    def denial(self, arn, action, resource, why=None):
        """What is raised for a principal without a permission."""
        on = f" on resource: {resource}" if resource else ""
        why = why or f"because no identity-based policy allows the {action} action"
        return Refused(403, "AccessDenied",
                       f"User: {arn} is not authorized to perform: {action}{on} {why}")

    def headers(self):
        """The headers of every answer."""
        return {"x-amzn-RequestId": str(uuid.uuid4()), "Content-Type": "text/xml",
                "Date": http_date(self.emulator.now())}

    def error(self, request, status, code, message, messages=None):
        """An error answer."""
        return Answer(status, self.error_body(status, code, message, messages), self.headers(),
                      code)

    def success(self, root):
        """The answer 200."""
        return Answer(200, document(root), self.headers())


class TokenBucket:
    """The request rate that an account may have; a fleet that boots at once meets it."""

    def __init__(self):
        self._left = {}                     # account -> (tokens, monotonic time)
        self._lock = threading.Lock()

    def take(self, account, rate, burst):
        """Take a token; false when there is none."""
        if rate is None:
            return True
        burst = max(1, rate) if burst is None else burst
        with self._lock:
            now = time.monotonic()
            tokens, then = self._left.get(account, (burst, now))
            tokens = min(burst, tokens + (now - then) * rate)
            taken = tokens >= 1
            self._left[account] = (tokens - 1 if taken else tokens, now)
            return taken


class Api:
    """Takes every request of the TLS listener to its service."""

    def __init__(self, emulator, route53, ec2, sts, s3):
        self.emulator = emulator
        self.route53, self.ec2, self.sts = route53, ec2, sts
        self.s3 = s3
        self.bucket = TokenBucket()

    def handle(self, request):
        """Answer one request."""
        service = self._service(request)
        request.service, request.operation = service.name, service.operation(request)
        return self.emulator.answer(request, service, lambda: self._perform(service, request))

    def _service(self, request):
        """By what the request is, not by the credential scope: a wrong scope must be refused."""
        if request.path.startswith("/2013-04-01"):
            return self.route53
        version = request.parameters.get("Version")
        host = request.headers.get("host", "")
        if version == self.ec2.version or host.startswith("ec2."):
            return self.ec2
        if version == self.sts.version or host.startswith("sts."):
            return self.sts
        scope = request.headers.get("authorization", "")
        if "/s3/aws4_request" in scope or host.startswith("s3.") or ".s3." in host:
            return self.s3
        return self.ec2 if "/ec2/" in scope else self.sts if "/sts/" in scope else self.route53

    def _perform(self, service, request):
        try:
            credentials = self.emulator.verifier.verify(request, service.name)
            self._throttle(service, credentials)
            self._authorize(service, request, credentials)
            return service.success(service.perform(request, credentials))
        except Refused as refusal:
            return service.error(request, refusal.status, refusal.code, refusal.message,
                                 getattr(refusal, "messages", None))

    def _throttle(self, service, credentials):
        if service is self.route53 and not self.bucket.take(
                credentials.account, self.emulator.rate, self.emulator.burst):
            raise Refused(400, "Throttling", "Rate exceeded")

    def _authorize(self, service, request, credentials):
        action = f"{service.name}:{request.operation}"
        if any(fnmatch.fnmatchcase(action, pattern) for pattern in set(self.emulator.denied)):
            resource = service.resource(request, credentials)
            raise service.denial(credentials.arn, action, resource)
        self._enforce_policy(service, request, credentials)

    def _enforce_policy(self, service, request, credentials):
        policy = self.emulator.policies.get(credentials.principal)
        if policy is None:
            return
        context = context_of(credentials, service.conditions(request))
        for action, resource in service.permissions(request, credentials):
            why = policy.refusal(action, resource, context)
            if why:
                raise service.denial(credentials.arn, action, resource, why)


def context_of(credentials, more):
    """The condition keys that every request has, and more of them, in lower case."""
    keys = {"aws:PrincipalAccount": [credentials.account], "aws:userid": [credentials.user_id],
            "aws:PrincipalArn": [credentials.principal], "aws:SecureTransport": ["true"],
            **{f"aws:PrincipalTag/{key}": [value] for key, value in credentials.tags.items()},
            **more}
    return {key.lower(): values for key, values in keys.items()}
