"""Credentials, and the check of Signature Version 4 as each service makes it.

The signature is computed again by botocore from the request as it was received, with exactly
the headers that the client says it signed. Sources: AWS General Reference, "Signature Version
4"; the texts are those that the services send.
"""

import datetime
import hashlib
import hmac
import re
import secrets
import string
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace

import botocore.auth
import botocore.compat
import botocore.credentials

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=(?P<credential>[^,\s]+), *SignedHeaders=(?P<signed>[^,\s]+), *"
    r"Signature=(?P<signature>[0-9a-f]{64})")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
WINDOW_MINUTES = {"route53": 5, "ec2": 15, "sts": 15, "s3": 15}
KEY_CHARACTERS = string.ascii_uppercase + "234567"
MISMATCH = ("The request signature we calculated does not match the signature you provided. Check "
            "your AWS Secret Access Key and signing method. Consult the service documentation for "
            "details.")
INVALID_TOKEN = "The security token included in the request is invalid"
EXPIRED_TOKEN = "The security token included in the request is expired"


class Refused(Exception):
    """A request that is not let in: status, code, message."""

    def __init__(self, status, code, message):
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message = status, code, message


@dataclass
class Credentials:
    """Access keys and who they stand for."""

    access_key: str
    secret_key: str
    session_token: str                  # None for a user's long-term key
    arn: str                            # the principal, as error messages name it
    account: str
    user_id: str = ""
    role_arn: str = None                # set for assumed roles
    instance_id: str = None
    created: float = 0
    expires: float = None               # the emulator's clock; None = never
    hosted_zones: frozenset = None      # ids this principal may use; None = its account's
    tags: dict = field(default_factory=dict)    # of the session

    @property
    def principal(self):
        """The ARN of the role or user that policies are attached to."""
        return self.role_arn or self.arn

    @property
    def environment(self):
        """The exports that make a client use these credentials."""
        exports = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        if self.session_token:
            exports["AWS_SESSION_TOKEN"] = self.session_token
        return exports


class Keyring:
    """All credentials ever handed out, and every other secret that must not be printed."""

    def __init__(self):
        self._by_key = {}
        self._secrets = set()
        self._lock = threading.Lock()

    def issue(self, temporary, **who):
        """New credentials for a principal."""
        key = "".join(secrets.choice(KEY_CHARACTERS) for _ in range(16))
        token = None
        if temporary:
            token = "IQoJb3JpZ2luX2Vj" + secrets.token_urlsafe(330).replace("_", "/") + "=="
        credentials = Credentials(("ASIA" if temporary else "AKIA") + key,
                                  secrets.token_urlsafe(30).replace("-", "+").replace("_", "/"),
                                  token, **who)
        with self._lock:
            self._by_key[credentials.access_key] = credentials
        self.remember(credentials.secret_key, credentials.session_token)
        return credentials

    def get(self, access_key):
        """The credentials of an access key, or None."""
        return self._by_key.get(access_key)

    def all(self):
        """All credentials, those that have ended too."""
        with self._lock:
            return list(self._by_key.values())

    def remember(self, *texts):
        """Note secrets: no output may hold them."""
        with self._lock:
            self._secrets.update(text for text in texts if text)

    def secrets(self):
        """Every secret so far."""
        with self._lock:
            return set(self._secrets)


class Recomputed(botocore.auth.SigV4Auth):
    """botocore's signer, told which headers to sign instead of choosing them."""

    def headers_to_sign(self, request):
        return request.headers


class RecomputedForS3(Recomputed):
    """S3's keys are signed as they are sent, dots and all."""

    def _normalize_url_path(self, path):
        return path


def stamp(seconds):
    """A time in the form of x-amz-date."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y%m%dT%H%M%SZ")


def seconds_of(date):
    """The time of an x-amz-date, or None."""
    try:
        moment = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ")
    except ValueError:
        return None
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


class Verifier:
    """Lets a request in, with the credentials that signed it, or raises Refused."""

    def __init__(self, keyring, clock):
        self.keyring = keyring
        self.clock = clock

    def verify(self, request, service):
        """Check everything in the order in which the services do."""
        header = request.headers.get("authorization")
        if not header:
            raise Refused(403, "MissingAuthenticationToken",
                          "Request is missing Authentication Token")
        parts = self._parse(header)
        signed = parts["signed"].split(";")
        access_key, date, region, scope_service = self._scope(parts["credential"])
        self.keyring.remember(parts["signature"])
        self._check_signed_headers(request, signed)
        credentials = self._credentials(request, service, access_key, signed)
        self._check_scope(service, region, scope_service)
        self._check_time(request.headers["x-amz-date"], date, service)
        recomputed = RecomputedForS3 if service == "s3" else Recomputed
        signer = recomputed(botocore.credentials.Credentials(
            credentials.access_key, credentials.secret_key), scope_service, region)
        self._check_signature(request, signer, signed, parts["signature"])
        self._check_expiry(credentials, service)
        request.instance_id = credentials.instance_id
        return credentials

    @staticmethod
    def _parse(header):
        match = AUTHORIZATION.fullmatch(header.strip())
        if not match:
            missing = [f"Authorization header requires '{name}' parameter."
                       for name in ("Credential", "SignedHeaders", "Signature")
                       if f"{name}=" not in header]
            raise Refused(400, "IncompleteSignature",
                          " ".join(missing) or "Authorization header is malformed.")
        return match

    @staticmethod
    def _scope(credential):
        parts = credential.split("/")
        if len(parts) != 5 or parts[4] != "aws4_request":
            raise Refused(400, "IncompleteSignature",
                          "Credential must have exactly 5 slash-delimited elements, e.g. "
                          f"keyid/date/region/service/term, got '{credential}'")
        return parts[:4]

    @staticmethod
    def _check_signed_headers(request, signed):
        if signed != sorted(set(signed)) or any(name != name.lower() for name in signed):
            raise Refused(403, "SignatureDoesNotMatch",
                          "SignedHeaders must be in lower case, sorted, and each once.")
        if "x-amz-date" not in request.headers:
            raise Refused(400, "IncompleteSignature", "Authorization header requires existence of "
                          "either a 'X-Amz-Date' or a 'Date' header.")
        for name in ("host", "x-amz-date"):
            if name not in signed:
                shown = "'Host' or ':authority'" if name == "host" else f"'{name}'"
                raise Refused(403, "SignatureDoesNotMatch",
                              f"{shown} must be a 'SignedHeader' in the AWS Authorization.")
        for name in signed:
            if name not in request.headers:
                raise Refused(403, "SignatureDoesNotMatch", MISMATCH)

    def _credentials(self, request, service, access_key, signed):
        credentials = self.keyring.get(access_key)
        token = request.headers.get("x-amz-security-token")
        if credentials is None or token != credentials.session_token:
            if service == "ec2":
                raise Refused(401, "AuthFailure", "AWS was not able to validate the provided "
                              "access credentials")
            raise Refused(403, "InvalidClientTokenId", INVALID_TOKEN)
        if token is not None and "x-amz-security-token" not in signed:
            raise Refused(403, "SignatureDoesNotMatch", "'X-Amz-Security-Token' must be a "
                          "'SignedHeader' in the AWS Authorization.")
        return credentials

    @staticmethod
    def _check_scope(service, region, scope_service):
        if scope_service != service:
            raise Refused(403, "SignatureDoesNotMatch",
                          f"Credential should be scoped to correct service: '{service}'. ")
        if region != "us-east-1" and (service == "route53" or not REGION.fullmatch(region)):
            raise Refused(403, "SignatureDoesNotMatch",
                          f"Credential should be scoped to a valid region, not '{region}'. ")

    def _check_time(self, date, scope_date, service):
        signed_at = seconds_of(date)
        if signed_at is None:
            raise Refused(400, "IncompleteSignature", "Date must be in ISO-8601 'basic format'. "
                          f"Got '{date}'.")
        if date[:8] != scope_date:
            raise Refused(403, "SignatureDoesNotMatch", "Date in Credential scope does not match "
                          f"YYYYMMDD from ISO-8601 version of date from HTTP: '{scope_date}' != "
                          f"'{date[:8]}', from '{date}'.")
        now, minutes = self.clock(), WINDOW_MINUTES[service]
        early, late = stamp(now - 60 * minutes), stamp(now + 60 * minutes)
        if early <= date <= late:
            return
        if service == "ec2":
            raise Refused(400, "RequestExpired", "Request has expired.")
        if date < early:
            raise Refused(403, "SignatureDoesNotMatch", f"Signature expired: {date} is now earlier "
                          f"than {early} ({stamp(now)} - {minutes} min.)")
        raise Refused(403, "SignatureDoesNotMatch", f"Signature not yet current: {date} is still "
                      f"later than {late} ({stamp(now)} + {minutes} min.)")

    @staticmethod
    def _check_signature(request, signer, signed, signature):
        headers = botocore.compat.HTTPHeaders()
        for name in signed:
            headers[name] = request.headers[name]
        again = SimpleNamespace(
            method=request.method, url="https://" + request.headers["host"] + request.target,
            headers=headers, body=request.content, params={},
            context={"timestamp": request.headers["x-amz-date"], "payload_signing_enabled": True})
        canonical = signer.canonical_request(again)
        to_sign = signer.string_to_sign(again, canonical)
        said = request.headers.get("x-amz-content-sha256")
        honest = said in (None, "UNSIGNED-PAYLOAD") or said == hashlib.sha256(request.content).hexdigest()
        if not honest or not hmac.compare_digest(signer.signature(to_sign, again), signature):
            raise Refused(403, "SignatureDoesNotMatch", f"{MISMATCH}\n\nThe Canonical String for "
                          f"this request should have been\n'{canonical}'\n\nThe String-to-Sign "
                          f"should have been\n'{to_sign}'\n")

    def _check_expiry(self, credentials, service):
        if credentials.expires is None or self.clock() < credentials.expires:
            return
        if service == "ec2":
            raise Refused(400, "RequestExpired", "Request has expired.")
        raise Refused(403, "ExpiredToken", EXPIRED_TOKEN)
