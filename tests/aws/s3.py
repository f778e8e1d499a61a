"""S3's REST API: GetObject and PutObject, of buckets in regions, in path and virtual-host style.

Sources: S3 API Reference, "GetObject", "Error responses"; S3 User Guide, "Virtual hosting of general
purpose buckets", "Making requests over IPv6", "Request redirection and the REST API".
"""

import hashlib
import re
import urllib.parse
import uuid

from aws.api import Service
from aws.server import Answer
from aws.signature import Refused
from aws.xmltext import document, element, leaf

HOST = re.compile(r"(.+)\.s3(?:\.dualstack)?\.[a-z0-9-]+\.[a-z.]+")
SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/")
PLAIN = {"Content-Type": "binary/octet-stream", "Accept-Ranges": "bytes"}


class Bucket:
    """A bucket. Every attribute may be changed."""

    def __init__(self, name, region):
        self.name, self.region = name, region
        self.objects = {}                   # key -> bytes
        self.elsewhere = 301                # status for who comes from another region; or 400, 307


class S3(Service):
    """The service."""

    name = "s3"

    @staticmethod
    def place(request):
        """The bucket and the key that a request names."""
        path = urllib.parse.unquote(request.path).removeprefix("/")
        match = HOST.fullmatch(request.headers.get("host", ""))
        if match:
            return match[1], path
        bucket, _, key = path.partition("/")
        return bucket, key

    def operation(self, request):
        return {"GET": "GetObject", "PUT": "PutObject"}.get(request.method, "")

    def resource(self, request, credentials):
        return "arn:aws:s3:::" + "/".join(self.place(request))

    def denial(self, arn, action, resource, why=None):
        refusal = super().denial(arn, action, resource, why)
        return Refused(403, "AccessDenied", refusal.message)

    def perform(self, request, credentials):
        bucket, key = self.place(request)
        bucket = self.emulator.buckets.get(bucket)
        if not bucket:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist")
        region = SCOPE.search(request.headers["authorization"])[1]
        if region != bucket.region:
            code = {400: "AuthorizationHeaderMalformed", 301: "PermanentRedirect",
                    307: "TemporaryRedirect"}[bucket.elsewhere]
            refusal = Refused(bucket.elsewhere, code, f"the region '{region}' is wrong; expecting "
                              f"'{bucket.region}'")
            refusal.messages = {"x-amz-bucket-region": bucket.region}
            if bucket.elsewhere == 307:
                refusal.messages["Location"] = "https://elsewhere.amazonaws.com/"
            raise refusal
        if request.method == "PUT":
            bucket.objects[key] = request.content
            return {"ETag": f'"{hashlib.md5(request.content).hexdigest()}"'}
        if key not in bucket.objects:
            raise Refused(404, "NoSuchKey", "The specified key does not exist.")
        return bucket.objects[key]

    def success(self, root):
        if isinstance(root, bytes):
            return Answer(200, root, {**self.headers(), **PLAIN})
        return Answer(200, b"", {**self.headers(), **root})

    def error(self, request, status, code, message, messages=None):
        answer = super().error(request, status, code, message)
        answer.headers.update(messages or {})
        return answer

    def error_body(self, status, code, message, messages):
        return document(element("Error", leaf("Code", code), leaf("Message", message),
                                leaf("RequestId", str(uuid.uuid4()))))
