#!/usr/bin/env python3
# Install the program from S3 or another https server, unless it is there; run it.
# mkuserdata leaves the comments out.
import hashlib, os, sys

SOURCE, SHA256, PROGRAM = "@source@", "@sha256@", "@program@"


def fail(status, message):
    print("bootname: install: " + message, file=sys.stderr)
    sys.exit(status)


def run():
    try:
        with open(PROGRAM, "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != SHA256:
                return
    except OSError:
        return
    try:
        os.execv(PROGRAM, [PROGRAM, *sys.argv[1:]])
    except OSError as error:
        fail(71, f"cannot run {PROGRAM}: {error.strerror}")


if __name__ == "__main__":
    run()

import datetime, hmac, http.client, json, signal, socket, time
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener


class Redirects(HTTPRedirectHandler):
    # To https only, and never with a signature, which is for one host.
    def redirect_request(self, request, file, code, message, headers, url):
        if url.startswith("https:") and not request.has_header("Authorization"):
            return super().redirect_request(request, file, code, message, headers, url)


def has_ipv4():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return not probe.connect_ex(("192.0.2.1", 9))


def metadata(path, method="GET", **headers):
    base = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or (
        "http://169.254.169.254" if has_ipv4() else "http://[fd00:ec2::254]")
    request = Request(f"{base}/latest/{path}", method=method, headers={
        "X-aws-ec2-metadata-token" + name: value for name, value in headers.items()})
    return build_opener(ProxyHandler({})).open(request, timeout=5).read().decode()


# The URL of an object of S3. Dots in a bucket's name do not match the certificate.
def object_url(bucket, key, region, domain, dual):
    host = f"s3{'.dualstack' if dual else ''}.{region}.{domain}"
    base = os.environ.get("AWS_ENDPOINT_URL_S3") or "https://" + host
    if "." in bucket or base != "https://" + host:
        return f"{base}/{bucket}/{quote(key)}"
    return f"https://{bucket}.{host}/{quote(key)}"


# The headers of a GET, signed by Signature Version 4.
def sign(url, region, keys):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    parts, empty = urlsplit(url), hashlib.sha256(b"").hexdigest()
    headers = {"host": parts.netloc, "x-amz-content-sha256": empty, "x-amz-date": now,
               "x-amz-security-token": keys["Token"]}
    names, scope = ";".join(headers), f"{now[:8]}/{region}/s3/aws4_request"
    text = "\n".join(["GET", parts.path, "", *map(":".join, headers.items()), "", names, empty])
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(text.encode()).hexdigest()}"
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in [*scope.split("/"), text]:
        key = hmac.digest(key, part.encode(), "sha256")
    return {**headers, "Authorization": f"AWS4-HMAC-SHA256 Credential={keys['AccessKeyId']}/"
            f"{scope}, SignedHeaders={names}, Signature={key.hex()}"}


def get(url, headers={}):
    with build_opener(Redirects).open(Request(url, headers=headers), timeout=20) as answer:
        body = answer.read(1 << 24)
        if answer.length:
            raise OSError("the answer was cut")
        return body


def get_object(bucket, key):
    token = metadata("api/token", "PUT", **{"-ttl-seconds": "60"})
    look = lambda path: metadata("meta-data/" + path, **{"": token})
    region, domain = look("placement/region"), look("services/domain")
    role = look("iam/security-credentials/").split()[0]
    keys = json.loads(look("iam/security-credentials/" + role))
    def get_from(region):
        url = object_url(bucket, key, region, domain, not has_ipv4())
        return get(url, sign(url, region, keys))
    try:
        return get_from(region)
    except HTTPError as error:
        there = error.headers.get("x-amz-bucket-region")
        if there in (None, region):
            raise
        return get_from(there)


def fetch():
    where, _, path = SOURCE.partition("://")[2].partition("/")
    return get_object(where, path) if SOURCE.startswith("s3:") else get(SOURCE)


def too_late(*_):
    raise OSError("no whole answer in 30 s")


def install():
    signal.signal(signal.SIGALRM, too_late)
    for pause in 1, 2, 4, 8, 16, 32, 0:     # less than 5 minutes in all
        try:
            signal.alarm(30)
            body = fetch()
            break
        except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
            why = error
        finally:
            signal.alarm(0)
        if pause == 0:
            fail(77 if getattr(why, "code", 0) in (401, 403) else 69,
                 f"cannot fetch {SOURCE.partition('?')[0]}: {ascii(str(why))[1:-1]}; nothing is run")
        time.sleep(pause)
    found = hashlib.sha256(body).hexdigest()
    if found != SHA256:
        fail(65, f"{SOURCE.partition('?')[0]} has SHA-256 {found}, not {SHA256}; "
                 "nothing is installed or run")
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


if __name__ == "__main__":
    install()
    run()
