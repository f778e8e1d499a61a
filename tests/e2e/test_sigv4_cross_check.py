"""Our signatures beside those of botocore and of curl.

build/tests/sigv4_sign ($B) signs with the program's own module.  That takes
canonical requests without a NUL in them, as the program sends no others: what
is random here goes through the unit tests' canonical.h first.  $SIGV4_SEED
repeats a run of random requests.
"""

import http.server
import os
import random
import re
import shlex
import shutil
import subprocess
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
UNRESERVED = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
)
REQUESTS = 150


def sign(method, path, query, headers, body, *, region, service, timestamp):
    """Return the Authorization value that our signer gives."""
    lines = "".join(f"{name}: {value}\n" for name, value in headers)
    top = Path(__file__).parents[2]
    wrapper = shlex.split(os.environ.get("BOOTNAME_WRAPPER", ""))
    program = top / os.environ.get("B", "build") / "tests/sigv4_sign"
    run = subprocess.run(
        [*wrapper, program, method, path, query, region, service, timestamp],
        input=lines.encode() + b"\n" + body,
        capture_output=True,
        env=os.environ
        | {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        },
        timeout=60,
    )
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout.decode().rstrip("\n")


def parts(authorization):
    """Cut an Authorization value into credential, headers and signature."""
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^,]+), ?"
        r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
        authorization,
    )
    assert match, authorization
    return match.groups()


# ---- botocore ----


def random_text(rng, alphabet, least, most):
    return "".join(rng.choices(alphabet, k=rng.randint(least, most)))


def random_query(rng):
    """Sent encoded, as both signers want it; keys repeat and lack values."""
    alphabet = UNRESERVED + " /:*+&=%é"
    names = [random_text(rng, "Aab-.1* é", 1, 3) for _ in range(4)]
    pairs = []
    for _ in range(rng.randint(0, 8)):
        name = quote(rng.choice(names), safe="-_.~")
        value = quote(random_text(rng, alphabet, 0, 6), safe="-_.~")
        pairs.append(rng.choice([f"{name}={value}", name]))
    return "&".join(pairs)


def random_headers(rng):
    """Blanks to fold, names in any case and repeated."""
    alphabet = UNRESERVED + ' \t"=;,/'
    headers = []
    for _ in range(rng.randint(0, 6)):
        name = rng.choice(["X-Amz-A", "x-amz-a-b", "X-AMZ-A_B", "Accept"])
        value = random_text(rng, alphabet, 0, 20)
        headers.append((name, value))
    return headers


def random_path(rng):
    segments = [".", "..", "", "%2A", "hostedzone", "2013-04-01", "a+b", "é"]
    path = "/".join(rng.choices(segments, k=rng.randint(0, 6)))
    # A second slash in front would begin a host name.
    return "/" + quote(path, safe="/%+.-").lstrip("/")


def random_body(rng):
    size = rng.choice([0, 1, rng.randint(2, 5000)])
    return bytes(rng.choices(range(1, 256), k=size))


def random_request(rng):
    timestamp = "%04d%02d%02dT%02d%02d%02dZ" % (
        rng.randint(1970, 2199),
        rng.randint(1, 12),
        rng.randint(1, 28),
        rng.randint(0, 23),
        rng.randint(0, 59),
        rng.randint(0, 59),
    )
    host = rng.choice(["route53.amazonaws.com", "127.0.0.1:8053"])
    headers = [("Host", host), ("X-Amz-Date", timestamp)]
    headers += random_headers(rng)
    if rng.random() < 0.5:
        token = random_text(rng, UNRESERVED + "/+=", 1, 1000)
        headers.append(("X-Amz-Security-Token", token))
    rng.shuffle(headers)
    return {
        "method": rng.choice(["GET", "POST", "DELETE"]),
        "path": random_path(rng),
        "query": random_query(rng),
        "headers": headers,
        "body": random_body(rng),
        "region": rng.choice(["us-east-1", "cn-north-1", "eu-west-1"]),
        "service": rng.choice(["route53", "ec2", "sts"]),
        "timestamp": timestamp,
    }


def botocore_parts(request):
    auth = pytest.importorskip("botocore.auth", reason="botocore is missing")
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signer = auth.SigV4Auth(
        Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY),
        request["service"],
        request["region"],
    )
    host = dict(request["headers"])["Host"]
    query = "?" + request["query"] if request["query"] else ""
    sent = AWSRequest(
        request["method"],
        f"http://{host}{request['path']}{query}",
        data=request["body"],
    )
    for name, value in request["headers"]:
        sent.headers.add_header(name, value)
    sent.context["timestamp"] = request["timestamp"]
    canonical = signer.canonical_request(sent)
    to_sign = signer.string_to_sign(sent, canonical)
    signed = signer.signed_headers(signer.headers_to_sign(sent))
    return signer.scope(sent), signed, signer.signature(to_sign, sent)


@pytest.mark.thorough
def test_same_signature_as_botocore():
    seed = os.environ.get("SIGV4_SEED", random.SystemRandom().getrandbits(32))
    rng = random.Random(int(seed))
    count = REQUESTS // 10 if os.environ.get("BOOTNAME_WRAPPER") else REQUESTS
    print(f"SIGV4_SEED={seed}")
    for number in range(count):
        request = random_request(rng)
        ours = parts(sign(**request))
        theirs = botocore_parts(request)
        assert ours == theirs, f"SIGV4_SEED={seed}, {number}: {request}"


# ---- curl ----


class Recorder(http.server.BaseHTTPRequestHandler):
    """Keep what was sent, as it was sent."""

    def handle_request(self):
        length = int(self.headers.get("Content-Length", 0))
        path, _, query = self.path.partition("?")
        self.server.seen.append(
            {
                "method": self.command,
                "path": path,
                "query": query,
                "headers": self.headers.items(),
                "body": self.rfile.read(length),
            }
        )
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_DELETE = handle_request

    def log_message(self, *args):
        pass


@pytest.fixture
def recorder():
    server = http.server.HTTPServer(("127.0.0.1", 0), Recorder)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


# curl 7.88 signs path and query as they are sent: it sorts no parameters,
# encodes nothing, adds no "=" to a name without one and resolves no "..".  So
# these queries are sorted, encoded and have every "=", and the paths are plain.
# No header is given twice: what curl makes of that is not checked.
CURL_CASES = {
    "list": ("/2013-04-01/hostedzone", [], None, "route53", "us-east-1"),
    "list by name": (
        "/2013-04-01/hostedzonesbyname?dnsname=example.com&maxitems=100",
        [],
        None,
        "route53",
        "us-east-1",
    ),
    "escaped query": (
        "/2013-04-01/hostedzone/Z1/rrset?name=%2A.example.com&type=A",
        [],
        None,
        "route53",
        "us-east-1",
    ),
    "token": (
        "/2013-04-01/change/C1",
        ["X-Amz-Security-Token: Fake/Token+ForTests=="],
        None,
        "route53",
        "us-east-1",
    ),
    "change": (
        "/2013-04-01/hostedzone/Z1/rrset/",
        ["Content-Type: application/xml"],
        b"<ChangeResourceRecordSetsRequest>\xc3\xbc\n</x>",
        "route53",
        "us-east-1",
    ),
    "form": (
        "/",
        [
            "Content-Type: application/x-www-form-urlencoded; charset=utf-8",
            "X-Amz-Security-Token: Fake/Token+ForTests==",
            "Accept: */*",
            "X-Test: 1",
        ],
        b"Action=DescribeTags&Version=2016-11-15",
        "ec2",
        "eu-west-1",
    ),
    "blanks in a header": (
        "/",
        ["X-Test:  a   b  "],
        None,
        "route53",
        "us-east-1",
    ),
    "empty body": ("/", ["X-Empty: 1"], b"", "sts", "cn-north-1"),
}


@pytest.mark.parametrize("name", CURL_CASES)
def test_same_signature_as_curl(name, recorder):
    target, lines, body, service, region = CURL_CASES[name]
    if not shutil.which("curl"):
        pytest.skip("curl is missing")
    command = ["curl", "-q", "-sS", "--fail", "--noproxy", "*"]
    command += ["--max-time", "30"]
    command += ["--aws-sigv4", f"aws:amz:{region}:{service}"]
    command += ["--user", f"{ACCESS_KEY_ID}:{SECRET_ACCESS_KEY}"]
    for line in lines:
        command += ["-H", line]
    if body is not None:
        command += ["--data-binary", "@-"]
    port = recorder.server_address[1]
    run = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{target}"],
        input=body or b"",
        capture_output=True,
        timeout=60,
    )
    if run.returncode == 2 and b"aws-sigv4" in run.stderr:
        pytest.skip("this curl does not sign")
    assert run.returncode == 0, run.stderr.decode()
    assert len(recorder.seen) == 1
    seen = recorder.seen[0]
    sent = {key.lower(): value for key, value in seen["headers"]}
    theirs = parts(sent["authorization"])
    names = theirs[1].split(";")
    assert {"host", "x-amz-date"} <= set(names)
    ours = sign(
        seen["method"],
        seen["path"],
        seen["query"],
        [(key, sent[key]) for key in names],
        seen["body"],
        region=region,
        service=service,
        timestamp=sent["x-amz-date"],
    )
    assert parts(ours) == theirs
