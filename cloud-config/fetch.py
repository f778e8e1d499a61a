#!/usr/bin/env python3
# Install the program from S3 or another https server, unless it is there; run it.
# mkuserdata leaves the comments out.
import hashlib, os, sys

SOURCE, SHA256, PROGRAM = "@source@", "@sha256@", "@program@"


def fail(status, message):
    print("bootname: install:", message, file=sys.stderr)
    sys.exit(status)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def run_if_there():
    if os.path.isfile(PROGRAM) and sha256(open(PROGRAM, "rb").read()) == SHA256:
        try:
            os.execv(PROGRAM, [PROGRAM, *sys.argv[1:]])
        except OSError as error:
            fail(71, f"cannot run {PROGRAM}: {error.strerror}")


run_if_there()
# These take long to load, and later boots do not need them.
import hmac, http.client, json, signal, time
from urllib.request import HTTPError, ProxyHandler, Request, build_opener


def get(url, headers={}, method="GET", *handlers):
    request = Request(url, method=method)
    for header in headers.items():      # which are for this host alone
        request.add_unredirected_header(*header)
    with build_opener(*handlers).open(request, timeout=20) as answer:
        body = answer.read(1 << 24)
        if answer.length != 0 and not answer.chunked:
            raise OSError("the answer was cut")
        return body


def metadata(base, path, value, more="", method="GET"):
    return get(f"{base}/latest/{path}", {"X-aws-ec2-metadata-token" + more: value}, method,
               ProxyHandler({})).decode()


# Signature Version 4 of a request without a body.
def signed(host, path, region, keys):
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope, empty = f"{now[:8]}/{region}/s3/aws4_request", sha256(b"")
    headers = {"host": host, "x-amz-content-sha256": empty, "x-amz-date": now,
               "x-amz-security-token": keys["Token"]}
    names = ";".join(headers)
    text = "\n".join(["GET", path, "", *map(":".join, headers.items()), "", names, empty])
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{sha256(text.encode())}"
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in *scope.split("/"), text:
        key = hmac.digest(key, part.encode(), "sha256")
    return {**headers, "Authorization": f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/"
            f"{scope}, SignedHeaders={names}, Signature={key.hex()}"}


def get_object(bucket, key):
    # The second address is for hosts without IPv4, which need S3's dual stack.
    for base, dual in ("http://169.254.169.254", ""), ("http://[fd00:ec2::254]", "dualstack."):
        try:
            token = metadata(base, "api/token", "60", "-ttl-seconds", "PUT")
            break
        except OSError as error:
            if dual or isinstance(error, HTTPError):
                raise

    def look(path):
        return metadata(base, "meta-data/" + path, token)
    region, domain = look("placement/region"), look("services/domain")
    role = look("iam/security-credentials/")
    keys = json.loads(look("iam/security-credentials/" + role))

    def get_from(region):
        host, path = f"s3.{dual}{region}.{domain}", f"/{bucket}/{key}"
        if "." not in bucket:           # else the certificate would not match
            host, path = f"{bucket}.{host}", "/" + key
        return get(f"https://{host}{path}", signed(host, path, region, keys))
    try:
        return get_from(region)
    except HTTPError as error:
        there = error.headers["x-amz-bucket-region"]
        if there in (None, region):
            raise
        return get_from(there)


def too_late(*_):
    raise OSError("no whole answer in 30 s")


shown = SOURCE.partition("?")[0]        # without the secret of a presigned URL
signal.signal(signal.SIGALRM, too_late)
for pause in 1, 2, 4, 8, 16, 32, 0:     # less than 5 minutes in all
    try:
        signal.alarm(30)
        kind, _, bucket, *key = SOURCE.split("/", 3)
        body = get_object(bucket, *key) if kind == "s3:" else get(SOURCE)
        break
    except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
        signal.alarm(0)
        if pause == 0:
            fail(77 if getattr(error, "code", 0) in (401, 403) else 69,
                 f"cannot fetch {shown}: {ascii(str(error))[1:-1]}; nothing is run")
        time.sleep(pause)
signal.alarm(0)
if sha256(body) != SHA256:
    fail(65, f"{shown} has SHA-256 {sha256(body)}, not {SHA256}; nothing is installed or run")
new = f"{PROGRAM}.{os.getpid()}"
try:
    os.makedirs(os.path.dirname(PROGRAM), exist_ok=True)
    with open(new, "wb") as file:
        os.fchmod(file.fileno(), 0o755)
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, PROGRAM)
except OSError as error:
    if os.path.exists(new):
        os.unlink(new)
    fail(71, f"cannot write {PROGRAM}: {error.strerror}")
run_if_there()
