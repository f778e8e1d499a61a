"""The network and the services: what test_faults.py does not order; endpoints; proxies."""

import contextlib
import os
import socket
import subprocess
import threading

import pytest

from aws import Answer
from aws.server import Listener
from conftest import ONCE, SHORT
from test_reap import Reaper

NAME = "webdev1.ec2.example.com"
ADDRESS = "54.123.123.123"
SET = f"setting {NAME} to {ADDRESS}\n"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"


# Answers

@pytest.mark.parametrize("body", ["", "no XML", "<html><body><h1>Teapot</h1></body></html>"],
                         ids=["nothing", "text", "XHTML"])
def test_an_error_without_a_code_is_told_by_its_status(run, emulator, zone, body):
    emulator.faults.add(operation=LIST, status=418, body=body, times=None)
    result = run()
    assert (result.status, result.stderr) == (65, f"bootname: zone: {LIST}: HTTP 418\n")


def test_json_of_a_create_whose_answer_was_lost(run, emulator, zone):
    emulator.faults.add(operation=CHANGE, action="reset_after")
    told = run("-j", settings="action: CREATE").json
    assert told["changed"] is True and told["change_id"] is None


def test_before_a_create_whose_answer_was_lost(run, emulator, zone):
    emulator.faults.add(operation=CHANGE, action="reset_after")
    assert run("-j", settings="action: CREATE").json["records"][0]["before"] == []


def test_after_a_lost_answer_each_record_is_told_as_it_was_planned(run, emulator, zone, instance):
    instance.ipv6 = "2001:db8::17"
    zone.put(NAME, "A", [ADDRESS], ttl=60)
    emulator.faults.add(operation=CHANGE, action="reset_after")
    assert run(settings="action: CREATE").stdout == (f"{NAME} is already {ADDRESS}\n"
                                                     f"setting {NAME} to 2001:db8::17\n")


def test_a_connection_that_was_closed_while_idle(run, emulator, zone, calls):
    def close(request, proceed):
        answer = proceed()
        answer.headers["Connection"] = "close"
        return answer

    emulator.faults.add(operation=LIST, action="callback", function=close)
    assert run().stdout == SET
    assert calls("route53") == [LIST, CHANGE]


def test_a_slow_answer(run, emulator, zone):
    emulator.faults.add(operation=LIST, action="trickle", seconds=0.1)
    assert run().stdout == SET


# Too much, and not what it should be

@pytest.mark.parametrize("where", [{"service": "imds"}, {"path": "public-ipv4"},
                                   {"path": "security-credentials/"}, {"operation": LIST},
                                   {"operation": CHANGE}],
                         ids=["token", "address", "role", "look-up", "change"])
@pytest.mark.parametrize("action", ["endless", "big"])
def test_too_large_an_answer(run, emulator, zone, where, action):
    emulator.faults.add(action=action, body="x" * 100, times=None, **where)
    result = run(settings=SHORT)
    assert result.status == 65
    assert "large" in result.stderr or "more than" in result.stderr or "limit" in result.stderr


XML = '<?xml version="1.0"?><ListHostedZonesByNameResponse>{}</ListHostedZonesByNameResponse>'
ZONE = "<HostedZones><HostedZone><Id>{}</Id><Name>{}</Name></HostedZone></HostedZones>"
BOMB = ('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)) + "]><x>&j;</x>")


@pytest.mark.parametrize("body", [
    "", "no XML", "{}", XML.format("")[:-5], XML.format("\0"), "<a>" * 4000,
    XML.format(ZONE.format("", "ec2.example.com.")),
    XML.format(ZONE.format("/hostedzone/", "ec2.example.com.")),
    XML.format(ZONE.format("/hostedzone/Z1?x", "ec2.example.com.")),
    XML.format(ZONE.format("/hostedzone/" + "Z" * 99, "ec2.example.com.")), BOMB,
], ids=["nothing", "text", "JSON", "cut", "NUL", "deep", "no id", "empty id", "id with query",
        "long id", "entities"])
def test_an_answer_that_is_none(run, emulator, zone, calls, body):
    emulator.faults.add(operation=LIST, status=200, body=body, times=None)
    assert run(settings=SHORT).status == 65
    assert CHANGE not in calls("route53")


# TLS

def test_the_system_s_cas_do_not_trust_the_emulator(run, emulator, zone):
    assert run(settings=ONCE, env={"AWS_CA_BUNDLE": None}).status == 75
    assert emulator.requests_of("route53") == []


def test_a_ca_bundle_that_is_missing(run, emulator, zone):
    result = run(settings=SHORT, env={"AWS_CA_BUNDLE": "/nonexistent/ca.pem"})
    assert result.status == 78
    assert "/nonexistent/ca.pem" in result.stderr
    assert emulator.requests_of("route53") == []


@pytest.mark.parametrize("kind", ["FIFO", "device", "folder"])
def test_a_ca_bundle_that_is_no_file(run, emulator, zone, tmp_path, kind):
    path = {"FIFO": tmp_path / "ca.pem", "device": "/dev/zero", "folder": tmp_path}[kind]
    if kind == "FIFO":
        os.mkfifo(path)
    result = run(settings=SHORT, env={"AWS_CA_BUNDLE": str(path)})
    assert (result.status, result.stderr) == (
        78, f"bootname: metadata: AWS_CA_BUNDLE: {path} is no regular file\n")
    assert emulator.requests == []


def test_a_ca_bundle_that_never_ends_in_user_data(run, zone, embedded, tmp_path):
    os.mkfifo(tmp_path / "ca.pem")
    result = run(settings=ONCE, env={"AWS_CA_BUNDLE": str(tmp_path / "ca.pem")})
    assert (result.status, result.stderr) == (75, "bootname: deadline: passed\n")


# Keys of a session, which people have written down for their browsers

@pytest.fixture
def keys(tmp_path):
    return tmp_path / "keys"


def test_keys_are_written_where_curl_is_told_so(emulator, zone, keys):
    """Else those below would pass."""
    subprocess.run(["curl", "--silent", "--cacert", emulator.ca_bundle, emulator.api_url],
                   env={"SSLKEYLOGFILE": str(keys)}, check=True, stdout=subprocess.DEVNULL)
    assert "SERVER" in keys.read_text()


def test_keys_are_not_written(run, zone, keys):
    assert run(settings="{}", env={"SSLKEYLOGFILE": str(keys)}).stdout == SET
    assert not keys.exists()


def test_keys_are_not_written_by_the_program_in_user_data(run, zone, keys, embedded):
    assert run(settings="{}", env={"SSLKEYLOGFILE": str(keys)}).stdout == SET
    assert not keys.exists()


def test_keys_are_not_written_by_reap(emulator, zone, keys, tmp_path):
    reap = Reaper(emulator, tmp_path)
    assert reap(env={"SSLKEYLOGFILE": str(keys)}).status == 0
    assert not keys.exists()


# Endpoints

def test_one_endpoint_for_all(run, emulator, zone):
    env = {name: None for name in emulator.api_environment if name != "AWS_CA_BUNDLE"}
    assert run(env=env | {"AWS_ENDPOINT_URL": emulator.api_url + "/"}).stdout == SET


def test_the_endpoint_of_a_service_wins(run, zone):
    assert run(env={"AWS_ENDPOINT_URL": "https://127.0.0.1:1"}).stdout == SET


@pytest.mark.parametrize("endpoint", [
    "http://192.0.2.77", "http://127.0.0.1.example.com", "http://localhost.example.com",
    "http://127.0.0.1:80@192.0.2.77", "http://localhost:80@192.0.2.77",
    "http://[::1]:80@192.0.2.77", "http://169.254.169.254", "ftp://127.0.0.1", "127.0.0.1",
    "file:///etc/passwd", "HTTPS//127.0.0.1"])
def test_an_endpoint_without_tls_elsewhere(run, zone, endpoint):
    result = run(settings=ONCE, env={"AWS_ENDPOINT_URL_ROUTE_53": endpoint})
    assert result.status == 78
    assert "AWS_ENDPOINT_URL" in result.stderr


@pytest.mark.parametrize("endpoint", ["http://{}", "HTTP://{}", "{}", "hooks.{}", "httpx://{}"])
@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ROUTE_53"])
def test_the_program_in_user_data_sends_nothing_in_clear(run, emulator, zone, embedded, name,
                                                         endpoint):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        clear = endpoint.format("localhost:%d" % listener.getsockname()[1])
        env = dict.fromkeys(emulator.api_environment) | {
            "AWS_CA_BUNDLE": emulator.ca_bundle, name: clear}
        # A proxy that is not there, so that AWS itself is not asked.
        result = run(settings=ONCE + "\nproxy: http://127.0.0.1:1", env=env)
        assert result.status == 75 and result.stderr.startswith("bootname: zone: ")
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_endpoint_without_tls_on_loopback(run, zone, host):
    listener = Listener(("127.0.0.1", 0), lambda request: Answer(418, b"", {}))
    listener.open()
    try:
        env = {"AWS_ENDPOINT_URL_ROUTE_53": f"http://{host}:{listener.port}"}
        result = run(settings=SHORT, env=env)
    finally:
        listener.close(keep_port=False)
    assert result.status == 65 and "HTTP 418" in result.stderr


# A proxy

class Proxy:
    """An HTTP proxy that leads every CONNECT to one address and refuses all else."""

    def __init__(self, target):
        self.target = target
        self.asked = []                     # request lines
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=self.socket.accept()[:1],
                                 daemon=True).start()

    def serve(self, client):
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(4096)
                if not data:
                    return
                head += data
            line = head.split(b"\r\n")[0].decode("latin-1")
            self.asked.append(line)
            if not line.startswith("CONNECT "):
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(self.target) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=self.copy, args=(server, client), daemon=True)
                back.start()
                self.copy(client, server)
                back.join()

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(emulator):
    """A proxy behind which the emulator is all of AWS."""
    host, _, port = emulator.api_url.removeprefix("https://").partition(":")
    with Proxy((host, int(port))) as running:
        yield running


@pytest.fixture
def aws_by_name(emulator):
    """The environment without the emulator's endpoints: AWS by its own names."""
    return {name: None for name in emulator.api_environment if name != "AWS_CA_BUNDLE"}


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "proxy setting"])
def test_a_proxy_is_for_aws_only(run, emulator, zone, proxy, aws_by_name, variable):
    env = aws_by_name | {"http_proxy": proxy.url}
    settings = "{}"
    if variable == "proxy setting":
        settings = f"proxy: {proxy.url}"
    else:
        env[variable] = proxy.url
    assert run(settings=settings, env=env).stdout == SET
    [line] = proxy.asked
    assert line.startswith("CONNECT route53") and line.endswith(":443 HTTP/1.1")
    assert len(emulator.requests_of("imds")) >= 7


def test_the_proxy_setting_wins_over_the_environment(run, zone, proxy, aws_by_name):
    env = aws_by_name | {"https_proxy": "http://127.0.0.1:1"}
    assert run(settings=f"proxy: {proxy.url}", env=env).stdout == SET


def test_a_proxy_is_asked_for_an_endpoint_on_loopback_too(run, zone, proxy):
    assert run(settings=f"proxy: {proxy.url}").stdout == SET
    assert [line.split(":")[0] for line in proxy.asked] == ["CONNECT 127.0.0.1"]


def test_a_proxy_that_is_down(run, zone, aws_by_name):
    result = run(settings=ONCE + "\nproxy: http://127.0.0.1:1", env=aws_by_name)
    assert result.status == 75 and result.stderr.startswith("bootname: zone: ")


DUAL, FIPS = {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, {"AWS_USE_FIPS_ENDPOINT": "true"}


@pytest.mark.parametrize(("region", "env", "host", "scope"), [
    ("eu-west-1", {}, "route53.amazonaws.com", "us-east-1"),
    ("eu-west-1", DUAL, "route53.global.api.aws", "us-east-1"),
    ("eu-west-1", FIPS, "route53-fips.amazonaws.com", "us-east-1"),
    ("eu-west-1", DUAL | FIPS, "route53-fips.global.api.aws", "us-east-1"),
    ("cn-north-1", {}, "route53.amazonaws.com.cn", "cn-northwest-1"),
    ("cn-north-1", DUAL, "route53.global.api.amazonwebservices.com.cn", "cn-northwest-1"),
    ("eusc-de-east-1", {}, "route53.amazonaws.eu", "eusc-de-east-1"),
    ("eusc-de-east-1", DUAL, "route53.global.api.amazonwebservices.eu", "eusc-de-east-1"),
    ("us-gov-east-1", {}, "route53.us-gov.amazonaws.com", "us-gov-west-1"),
    ("us-gov-east-1", DUAL, "route53.us-gov.api.aws", "us-gov-west-1"),
    ("us-gov-east-1", FIPS, "route53.us-gov.amazonaws.com", "us-gov-west-1"),
], ids=["default", "dual stack", "FIPS", "both", "China", "China, dual stack", "Europe",
        "Europe, dual stack", "GovCloud", "GovCloud, dual stack", "GovCloud with FIPS"])
def test_endpoints_by_region(run, emulator, zone, instance, proxy, aws_by_name, region, env, host,
                             scope):
    instance.region = region
    # The emulator knows the standard partition only: what is asked, and where, is looked at.
    run(settings=ONCE + f"\nproxy: {proxy.url}", env=aws_by_name | env)
    assert set(proxy.asked) == {f"CONNECT {host}:443 HTTP/1.1"}
    request = emulator.requests_of("route53")[0]
    assert f"/{scope}/route53/aws4_request" in request.headers["authorization"]
    assert request.headers["host"] == host


def test_endpoints_of_the_region_s_services(run, emulator, zone, instance, proxy, aws_by_name):
    role = "arn:aws:iam::123456789012:role/dns"
    emulator.roles[role] = {"zones": [zone]}
    instance.tags_in_metadata = False
    assert run(settings=f"role_arn: {role}\nproxy: {proxy.url}", env=aws_by_name).stdout == SET
    assert sorted(proxy.asked) == [f"CONNECT {host}:443 HTTP/1.1" for host in (
        "ec2.eu-west-1.amazonaws.com", "route53.amazonaws.com", "sts.eu-west-1.amazonaws.com")]
