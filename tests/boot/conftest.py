"""What the boots share: AWS at its real addresses, and machines whose name the world sees."""

import re

import pytest

from aws import Emulator
from machine import Health, Machine
from roots import BOOTED
from userdata import BUILD

METADATA, RESOLVER, API = "169.254.169.254", "169.254.169.253", "198.51.100.53"
NAME = "webdev1.ec2.example.com"
LOGS = BUILD / "boot"
LOG_TAIL = 60                           # lines of a console to show for a failure


@pytest.fixture
def emulator():
    """AWS where it really is, and the DNS that leads to it.

    The helper meets it with its own defaults, so it must ask for a token before all else.
    """
    with Emulator(nameserver=True, metadata_address=(METADATA, 80), api_address=(API, 443),
                  dns_address=(RESOLVER, 53)) as running:
        amazon = running.hosted_zone("amazonaws.com", account="000000000000")
        for host in ("route53", "ec2.eu-west-1", "releases-of-mine.s3.eu-west-1"):
            amazon.put(f"{host}.amazonaws.com", "A", [API])
        yield running
        # cloud-init's own are of version 1 here: see machine.py.
        assert not running.without_token("bootname/")


@pytest.fixture(params=BOOTED)
def release(request):
    """Debian 12 and Debian 13, by their code names."""
    return request.param


@pytest.fixture
def console(request):
    """The file that consoles go to; its end is shown for a test that fails."""
    name = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    log.write_bytes(b"")
    yield log
    print(f"the end of {log}:", *log.read_text(errors="replace").splitlines()[-LOG_TAIL:], sep="\n")


@pytest.fixture
def launch(emulator, zone, release, console):
    """Make a machine, with attributes of its instance: launch(user_data, tags=...)."""
    made = []

    def make(user_data, instance_id="i-0123456789abcdef0", disk=None, **attributes):
        instance = emulator.instance(instance_id, user_data=user_data, **attributes)
        instance.http_tokens = "optional"       # for cloud-init in a container
        made.append(Machine(release, instance, console, disk))
        return made[-1]

    yield make
    for machine in made:
        machine.destroy()


@pytest.fixture
def assert_named(nameserver):
    """Assert that a boot was sound, told of the name, and that the world sees it."""
    def check(boot, address, name=NAME, said="setting {} to {}"):
        __tracebackhide__ = True
        assert boot.health == Health(), boot.report
        assert boot.said == [said.format(name, address)]
        assert nameserver(name) == [address]
    return check
