"""The script of --s3 and --url: gets the program, checks its SHA-256, installs it and runs it."""

import hashlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import threading

import pytest
import yaml
from test_hook import module
from test_user_data import CHECKER, HOOK, PROGRAM

from aws.server import server_tls

TOP = pathlib.Path(__file__).parents[2]
HELPER = b"#!/bin/sh\necho one \"$@\"\nexit 75\n"
OTHER = b"#!/bin/sh\necho other\n"
PAUSES = ["1", "2", "4", "8", "16", "32"]
BUCKET, KEY = "releases-of-mine", "bootname/0.1.0/bootname-x86_64"
# Notes pauses, and makes none; what is waited for ends sooner; and the addresses of AWS lead to
# the emulator, if the network that the test wants has them.
PATCHES = """\
import json, os, signal, socket, time
def note(seconds):
    with open(os.environ["PAUSES"], "a") as file:
        print(seconds, file=file)
def connect(address, *more, **other):
    places = json.loads(os.environ["PLACES"])
    if address[0] == "localhost" or not places:
        return create(address, *more, **other)
    place = places.get(address[0], None if address[1] == 80 else places["*"])
    if not place:
        raise OSError(101, "Network is unreachable")
    return create(tuple(place), *more, **other)
create, socket.create_connection, time.sleep = socket.create_connection, connect, note
signal.alarm = lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds / 30)
"""


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with what the server's list of answers says, the last one for ever."""

    def do_GET(self):       # pylint: disable=invalid-name
        answers = self.server.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.server.seen.append(self.path)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", body.decode())
            body = b""
        self.send_header("Content-Length", str(len(body) + (status == 299)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def server(authority):
    """An https server: answers, seen, url."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        tls = server_tls(authority.certificate, authority.key)
        running.socket = tls.wrap_socket(running.socket, server_side=True)
        running.answers, running.seen = [], []
        running.url = f"https://localhost:{running.server_port}/b?X-Amz-Signature=secret"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def boot(tmp_path, authority, request):
    """Run the script: boot(source, pin=...); pauses are noted and not made."""
    program = tmp_path / "new" / "sbin" / "bootname"
    (tmp_path / "sitecustomize.py").write_text(PATCHES)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/python3").symlink_to("/usr/bin/python3")

    def run(source, *arguments, pin=HELPER, env=None, places=None):
        option = "--s3" if source.startswith("s3:") else "--url"
        made = subprocess.run(
            ["/usr/bin/python3", PROGRAM, "--plain", "--check-with", CHECKER, option, source,
             "--program", program, "--sha256", hashlib.sha256(pin).hexdigest().upper(), "-"],
            input=b"ttl: 60\n", capture_output=True, check=True).stdout
        hook = tmp_path / "hook"
        hook.write_text(next(entry["content"] for entry in yaml.safe_load(made)["write_files"]
                             if entry["path"] == HOOK))
        hook.chmod(0o755)
        done = subprocess.run(
            [hook, *arguments], capture_output=True, text=True, check=False, timeout=60,
            env={"PATH": f"{tmp_path}/tools:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1",
                 "SSL_CERT_FILE": str(authority.bundle), "PYTHONPATH": str(tmp_path),
                 "PAUSES": str(tmp_path / "pauses"), "PLACES": json.dumps(places or {}),
                 "http_proxy": "http://127.0.0.1:1", **(env or {})})
        assert {path.name for path in program.parent.glob("*")} <= {"bootname"}
        assert "secret" not in done.stdout + done.stderr
        if "emulator" in request.fixturenames:
            secrets = request.getfixturevalue("emulator").secrets()
            assert not [one for one in secrets if one in done.stdout + done.stderr]
        assert re.fullmatch(r"(bootname: install: [ -~]+\n)?", done.stderr)
        return done
    run.program = program
    run.pauses = lambda: (tmp_path / "pauses").read_text().split() \
        if (tmp_path / "pauses").exists() else []
    return run


# From an https server

def test_it_fetches_once_and_runs_every_time(boot, server):
    server.answers = [(200, HELPER)]
    for arguments in (), ("up", "--if changed"):
        done = boot(server.url, *arguments)
        assert (done.returncode, done.stdout) == (75, " ".join(("one", *arguments)) + "\n")
    assert server.seen == ["/b?X-Amz-Signature=secret"]
    assert boot.program.stat().st_mode & 0o7777 == 0o755


def test_it_refuses_a_mismatch_and_says_so(boot, server):
    server.answers = [(200, OTHER)]
    done = boot(server.url)
    assert (done.returncode, done.stdout) == (65, "")
    wanted, got = (hashlib.sha256(body).hexdigest() for body in (HELPER, OTHER))
    assert done.stderr == (f"bootname: install: {server.url.partition('?')[0]} has SHA-256 {got}, "
                           f"not {wanted}; nothing is installed or run\n")
    assert not boot.program.exists()
    assert len(server.seen) == 1


def test_it_replaces_a_version_that_is_not_the_wanted_one(boot, server):
    server.answers = [(200, OTHER), (200, HELPER)]
    assert boot(server.url, pin=OTHER).stdout == "other\n"
    assert boot(server.url).stdout == "one\n"
    assert boot.program.read_bytes() == HELPER


def test_it_runs_no_other_version_if_it_cannot_fetch(boot, server):
    server.answers = [(200, OTHER), (503, b"")]
    boot(server.url, pin=OTHER)
    done = boot(server.url)
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr == (f"bootname: install: cannot fetch {server.url.partition('?')[0]}: HTTP "
                           "Error 503: Service Unavailable; nothing is run\n")
    assert boot.pauses() == PAUSES
    assert boot.program.read_bytes() == OTHER


@pytest.mark.parametrize("answer", [(503, b""), (404, b""), (299, HELPER)],
                         ids=["503", "404", "cut"])
def test_it_tries_again(boot, server, answer):
    server.answers = [answer, answer, (200, HELPER)]
    assert boot(server.url).stdout == "one\n"
    assert boot.pauses() == ["1", "2"]


def test_it_follows_a_redirect(boot, server):
    server.answers = [(302, b"/elsewhere"), (200, HELPER)]
    assert boot(server.url).stdout == "one\n"
    assert server.seen[1] == "/elsewhere"


def test_it_says_if_it_cannot_write(boot, server, tmp_path):
    (tmp_path / "new").touch()
    server.answers = [(200, HELPER)]
    done = boot(server.url)
    assert done.returncode == 71
    assert done.stderr == f"bootname: install: cannot write {boot.program}: Not a directory\n"


def test_it_says_if_what_it_got_does_not_run(boot, server):
    server.answers = [(200, b"neither a script nor a program\n")]
    done = boot(server.url, pin=server.answers[0][1])
    assert done.returncode == 71
    assert done.stderr == f"bootname: install: cannot run {boot.program}: Exec format error\n"


def test_it_is_refused_without_a_trusted_certificate(boot, server):
    server.answers = [(200, HELPER)]
    done = boot(server.url, env={"SSL_CERT_FILE": "/dev/null"})
    assert done.returncode == 69 and "CERTIFICATE_VERIFY_FAILED" in done.stderr
    assert server.seen == []


# From S3

@pytest.fixture
def fetch(boot, emulator, instance):
    """Run it on an instance with a private bucket: fetch(); fetch.bucket."""
    def run(*arguments, name=BUCKET, network="169.254.169.254", **more):
        places = {network: instance.listener.address, "*": emulator.api_address_in_use}
        return boot(f"s3://{name}/{KEY}", *arguments, places=places, **more)
    run.bucket = emulator.bucket(BUCKET)
    run.bucket.objects[KEY] = HELPER
    run.pauses, run.program = boot.pauses, boot.program
    emulator.attach_policy(instance.role_arn, {"Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}]})
    return run


def test_it_gets_an_object_with_the_role_of_the_instance(fetch, calls, emulator):
    for _ in range(2):
        assert fetch("up").stdout == "one up\n"
    assert calls("s3") == ["GetObject"]
    assert calls("imds").count("PutToken") == 1
    assert all("x-aws-ec2-metadata-token" in request.headers
               for request in emulator.requests_of("imds") if request.method == "GET")


def test_role_without_the_permission_is_denied(fetch, emulator, instance, calls):
    emulator.attach_policy(instance.role_arn, {"Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::another/*"}]})
    done = fetch()
    assert (done.returncode, done.stdout) == (77, "")
    assert done.stderr == (f"bootname: install: cannot fetch s3://{BUCKET}/{KEY}: HTTP Error 403: "
                           "Forbidden; nothing is run\n")
    assert boot_tries(calls) == 7 and fetch.pauses() == PAUSES


def boot_tries(calls):
    return calls("s3").count("GetObject")


@pytest.mark.parametrize("status", [301, 400])
def test_bucket_of_another_region_is_asked_there(fetch, emulator, calls, status):
    fetch.bucket.region, fetch.bucket.elsewhere = "ap-southeast-2", status
    assert fetch().stdout == "one\n"
    assert [request.headers["host"] for request in emulator.requests_of("s3")] == [
        f"{BUCKET}.s3.{region}.amazonaws.com" for region in ("eu-west-1", "ap-southeast-2")]
    assert fetch.pauses() == []


def test_signature_goes_to_no_other_host(fetch, emulator, instance):
    """Nor the token of the session, if S3 redirects."""
    fetch.bucket.region, fetch.bucket.elsewhere = "ap-southeast-2", 307
    fetch()
    sent = [request.headers for request in emulator.requests if "elsewhere" in
            request.headers["host"]]
    assert sent and not [one for one in sent if {"authorization", "x-amz-security-token"} & {*one}]


def test_object_that_is_another_is_refused(fetch):
    fetch.bucket.objects[KEY] = OTHER
    done = fetch()
    assert done.returncode == 65 and not fetch.program.exists()


@pytest.mark.thorough(but=["half", "503"])
@pytest.mark.parametrize("fault", [
    {"action": "reset_during"}, {"action": "cut"}, {"action": "reset_before"},
    {"action": "hang"}, {"action": "trickle", "seconds": 90}, {"status": 503, "code": "SlowDown"},
    {"service": "imds", "status": 503}, {"service": "imds", "path": "security-cred", "body": "{}",
                                         "status": 200}],
    ids=["half", "cut", "reset", "hang", "slow", "503", "metadata", "credentials"])
def test_it_tries_again_if_an_answer_is_not_whole(fetch, emulator, fault):
    emulator.faults.add(**{"service": "s3", "times": 2, **fault})
    assert fetch().stdout == "one\n"
    assert fetch.pauses()[:1] == ["1"]


def test_object_and_role_that_are_not_there_are_told(fetch, instance):
    del fetch.bucket.objects[KEY]
    done = fetch()
    assert done.returncode == 69 and "HTTP Error 404: Not Found" in done.stderr
    instance.role = None
    done = fetch()
    assert done.returncode == 69 and "HTTP Error 404: Not Found" in done.stderr


# Where S3 is

@pytest.mark.thorough(but=["us-gov"])
@pytest.mark.parametrize(("name", "region", "domain", "wanted"), [
    (BUCKET, "eu-west-1", "amazonaws.com", f"{BUCKET}.s3.DUALeu-west-1.amazonaws.com"),
    ("dots.in.it", "eu-west-1", "amazonaws.com", "s3.DUALeu-west-1.amazonaws.com"),
    (BUCKET, "cn-north-1", "amazonaws.com.cn", f"{BUCKET}.s3.DUALcn-north-1.amazonaws.com.cn"),
    (BUCKET, "us-gov-west-1", "amazonaws.com", f"{BUCKET}.s3.DUALus-gov-west-1.amazonaws.com"),
])
@pytest.mark.parametrize(("network", "dual"), [("169.254.169.254", ""),
                                               ("fd00:ec2::254", "dualstack.")],
                         ids=["IPv4", "IPv6 alone"])
def test_endpoint_is_the_one_of_region_partition_and_network(fetch, emulator, instance, name,
                                                             region, domain, wanted, network, dual):
    instance.region, instance.domain = region, domain
    emulator.bucket(name, region).objects[KEY] = HELPER
    emulator.policies.clear()
    done = fetch(name=name, network=network)
    assert done.stdout == "one\n", done.stderr
    request, = emulator.requests_of("s3")
    assert request.headers["host"] == wanted.replace("DUAL", dual)


@pytest.mark.parametrize("source", ["s3://a-bucket-of-mine/bootname/0.1.0/bootname-x86_64",
                                    "https://example.com/bootname-x86_64"])
def test_it_leaves_14_kb_to_others(source):
    made = subprocess.run(
        ["/usr/bin/python3", PROGRAM, "--check-with", CHECKER,
         "--url" if source.startswith("https") else "--s3", source, "--sha256", "ab" * 32, "-"],
        input=b"zone: ec2.example.com\n", capture_output=True, check=True).stdout
    assert len(made) < 2048


# Into S3

@pytest.mark.thorough
def test_make_publish_uploads_what_mkuserdata_gets(fetch, emulator, tmp_path, instance):
    """With the AWS CLI, of which old versions know no AWS_ENDPOINT_URL_S3."""
    if not os.access("/usr/bin/aws", os.X_OK):
        pytest.skip("no AWS CLI here")
    release = tmp_path / "release"
    release.mkdir()
    files = {"bootname-x86_64": HELPER, "bootname-aarch64": OTHER}
    for name, data in files.items():
        (release / name).write_bytes(data)
    (release / "SHA256SUMS").write_text("".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()))
    (tmp_path / "tools/aws").write_text(
        f'#!/bin/sh\nexec /usr/bin/aws --endpoint-url {emulator.api_url} "$@"\n')
    (tmp_path / "tools/aws").chmod(0o755)
    publish = ["sh", TOP / "cloud-config/publish.sh", release, BUCKET, "bootname/0.1.0/"]
    env = {"PATH": f"{tmp_path}/tools:/usr/bin:/bin", "HOME": str(tmp_path),
           "AWS_CA_BUNDLE": str(emulator.ca_bundle), "AWS_DEFAULT_REGION": "eu-west-1",
           **emulator.user().environment}
    done = subprocess.run(publish, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(fetch.bucket.objects) == {f"bootname/0.1.0/{name}" for name in (*files, "SHA256SUMS")}
    assert done.stdout.splitlines() == [
        f"mkuserdata --s3 s3://{BUCKET}/bootname/0.1.0/{name} --sha256 "
        f"{hashlib.sha256(data).hexdigest()} SETTINGS" for name, data in files.items()]
    assert fetch().stdout == "one\n"
    (release / "bootname-x86_64").write_bytes(OTHER)
    assert subprocess.run(publish, env=env, capture_output=True, check=False).returncode != 0


def test_mkuserdata_shows_where_it_installs():
    assert module().PROGRAM == "/usr/local/sbin/bootname"
