"""Where the metadata service is: on a network of the test's own, at the addresses that EC2 has."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from conftest import ONCE, SLOW

TESTS = pathlib.Path(__file__).parents[1]
IPV4, IPV6 = "169.254.169.254", "fd00:ec2::254"
INSIDE = """\
import json, pathlib, sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/e2e"]
from aws import Emulator
from conftest import Runner
from test_reap import Reaper
from test_transport import Proxy
folder, address, settings, env = pathlib.Path(sys.argv[2]), *sys.argv[3:5], json.loads(sys.argv[5])
with Emulator(metadata_address=(address, 80)) as emulator:
    emulator.hosted_zone("ec2.example.com")
    instance = emulator.instance(tags={"dnsname": "webdev1.ec2.example.com"})
    host, _, port = emulator.api_url.removeprefix("https://").partition(":")
    with Proxy((host, int(port))) as proxy:
        none = dict.fromkeys(instance.environment) | {"AWS_CA_BUNDLE": str(emulator.ca_bundle)}
        settings = f"{settings}\\nproxy: {proxy.url}"
        if sys.argv[6:]:
            none |= {"AWS_ACCESS_KEY_ID": None, "AWS_EC2_METADATA_DISABLED": None}
            result = Reaper(emulator, folder)(settings=settings, env=none | env)
        else:
            result = Runner(emulator, instance, folder)(settings=settings, env=none | env)
        print(json.dumps([result.status, result.stdout, result.stderr, proxy.asked,
                          len(emulator.requests_of("imds"))]))
    assert not emulator.without_token()
"""


@pytest.fixture
def on_network(tmp_path):
    """Run the helper where nothing but these addresses is; what it printed, what was asked."""
    if os.geteuid() or not shutil.which("ip") or subprocess.run(
            ["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True,
            check=False).returncode:
        pytest.skip("no network namespaces here")

    def run(*addresses, settings="{}", env=None, more=()):
        script = "ip link set lo up; " + "".join(
            f"ip address add {address} dev lo {'nodad' * (':' in address)}; "
            for address in addresses) + 'exec "$@"'
        done = subprocess.run(
            ["unshare", "--net", "sh", "-ec", script, "sh", sys.executable, "-c", INSIDE, TESTS,
             tmp_path, addresses[-1], "" if settings == "{}" else settings, json.dumps(env or {}), *more],
            capture_output=True, text=True, timeout=30 * SLOW, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    return run


@pytest.mark.thorough(but=["both"])
@pytest.mark.parametrize(("addresses", "host"), [
    ([IPV4], "route53.amazonaws.com"), ([IPV6], "route53.global.api.aws"),
    ([IPV6, IPV4], "route53.amazonaws.com")], ids=["IPv4", "IPv6", "both"])
def test_the_address_that_answers_is_taken(on_network, addresses, host):
    status, stdout, stderr, asked, imds = on_network(*addresses)
    assert (status, stdout, stderr) == (
        0, "setting webdev1.ec2.example.com to 54.123.123.123\n", "")
    assert asked == [f"CONNECT {host}:443 HTTP/1.1"]
    assert imds == 7


@pytest.mark.thorough
def test_the_mode_tells_where_to_begin(on_network):
    status, _, _, asked, _ = on_network(IPV4, IPV6,
                                        env={"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"})
    assert status == 0 and asked == ["CONNECT route53.global.api.aws:443 HTTP/1.1"]


@pytest.mark.thorough
@pytest.mark.parametrize(("addresses", "host"), [
    ([IPV4], "route53.amazonaws.com"), ([IPV6], "route53.global.api.aws")], ids=["IPv4", "IPv6"])
def test_reap_takes_the_address_that_answers(on_network, addresses, host):
    status, stdout, stderr, asked, imds = on_network(*addresses, more=["reap"])
    assert (status, stdout, stderr) == (0, "no owner is gone\n", "")
    assert asked == [f"CONNECT {host}:443 HTTP/1.1"]
    assert imds == 3        # token, role, credentials


@pytest.mark.thorough
def test_no_service_at_all_is_said_by_reap(on_network):
    status, _, stderr, asked, _ = on_network("192.0.2.7", more=["reap"])
    assert status == 77 and asked == []
    assert stderr.startswith("bootname-reap: credentials: no credentials; ")


@pytest.mark.thorough
def test_no_service_at_all_is_said(on_network):
    status, _, stderr, asked, _ = on_network("192.0.2.7", settings=ONCE)
    assert status == 75 and asked == []
    assert stderr.startswith("bootname: metadata: ") and "gave up after" in stderr
