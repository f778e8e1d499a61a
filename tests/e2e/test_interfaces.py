"""An instance whose first interface has no address: the error says what the others have."""

import pytest

MACS = "network/interfaces/macs"
FIRST, SECOND = "0e:49:61:0f:c3:11", "0e:49:61:0f:c3:12"
PUBLIC, IPV6, PREFIX = "54.7.7.7", "2001:db8::17", "2001:db8:0:1::/80"
ENI = "eni-0123456789abcdef0"
SAID = "bootname: address: the instance has no {}; give it one, or set types, address or grace"
ELSEWHERE = "; interface {} has {}, but bootname publishes addresses of the first interface only"
PREFIX_ONLY = (f"; interface {FIRST} has the IPv6 prefix {PREFIX}, which is no address; assign one: "
               f"aws ec2 assign-ipv6-addresses --network-interface-id {ENI} --ipv6-address-count 1")


@pytest.fixture
def bare(zone, instance):
    """An instance without a public address, and two interfaces."""
    instance.public_ipv4, instance.mac = None, FIRST
    instance.extra = {f"{MACS}/{SECOND}/interface-id": "eni-0fff", f"{MACS}/{SECOND}/mac": SECOND}
    return instance


def has(instance, mac, **items):
    instance.extra |= {f"{MACS}/{mac}/{item.replace('_', '-')}": text
                       for item, text in items.items()}


CASES = {
    # settings; what the second interface has, and the first; what is added
    "nothing": ("{}", {}, {}, ""),
    "a public address": ("{}", {"public_ipv4s": PUBLIC}, {}, ELSEWHERE.format(SECOND, PUBLIC)),
    "two": ("{}", {"public_ipv4s": f"{PUBLIC}\n54.8.8.8"}, {}, ELSEWHERE.format(SECOND, PUBLIC)),
    "an IPv6 address": ("{}", {"ipv6s": IPV6}, {}, ELSEWHERE.format(SECOND, IPV6)),
    "a prefix": ("{}", {}, {"ipv6_prefix": PREFIX}, PREFIX_ONLY),
    "a prefix of the second": ("{}", {"ipv6_prefix": PREFIX}, {},
                               PREFIX_ONLY.replace(FIRST, SECOND)),
    "all of it": ("{}", {"public_ipv4s": PUBLIC, "ipv6s": IPV6}, {"ipv6_prefix": PREFIX},
                  ELSEWHERE.format(SECOND, PUBLIC) + ELSEWHERE.format(SECOND, IPV6) + PREFIX_ONLY),
    "IPv6 is not wanted": ("types: [A]", {"ipv6s": IPV6}, {"ipv6_prefix": PREFIX}, ""),
    "IPv4 is not wanted": ("types: [AAAA]", {"public_ipv4s": PUBLIC}, {}, ""),
    "IPv6 alone is wanted": ("types: [AAAA]", {}, {"ipv6_prefix": PREFIX}, PREFIX_ONLY),
    "a prefix of IPv4": ("{}", {"ipv4_prefix": "10.0.0.0/28"}, {}, ""),
    "no address": ("{}", {"public_ipv4s": "54.7.7", "ipv6s": "::x", "ipv6_prefix": "x/80"}, {}, ""),
    "too long": ("{}", {"public_ipv4s": "1" * 500, "ipv6_prefix": "1" * 5000 + "/80"}, {}, ""),
}


@pytest.mark.parametrize(("settings", "second", "first", "added"), CASES.values(), ids=CASES)
def test_what_the_interfaces_have_is_said(run, bare, settings, second, first, added):
    has(bare, SECOND, **second)
    has(bare, FIRST, **first)
    result = run(settings=settings)
    family = "ipv6" if "[AAAA]" in settings else "public-ipv4"
    assert (result.status, result.stderr) == (69, SAID.format(family) + added + "\n")


@pytest.mark.parametrize("settings", ["types: [A, AAAA]", "types: [A]"])
def test_a_listed_type_that_is_missing(run, bare, settings):
    bare.ipv6 = IPV6
    has(bare, SECOND, public_ipv4s=PUBLIC)
    result = run(settings=settings)
    assert result.status == 69
    assert result.stderr == SAID.format("public-ipv4") + ELSEWHERE.format(SECOND, PUBLIC) + "\n"


def test_check_says_it_too(run, bare):
    has(bare, SECOND, public_ipv4s=PUBLIC)
    result = run("check")
    assert f"interface {SECOND} has {PUBLIC}, but bootname publishes addresses" in result.stdout


def test_an_instance_with_an_address_is_not_asked_for_interfaces(run, emulator, bare):
    bare.ipv6 = IPV6
    has(bare, SECOND, public_ipv4s=PUBLIC)
    assert run().status == 0
    assert not [one for one in emulator.requests_of("imds") if "interfaces" in one.target]


def test_down_asks_for_no_interfaces(run, emulator, bare):
    has(bare, SECOND, public_ipv4s=PUBLIC)
    assert run("down").status == 0
    assert not [one for one in emulator.requests_of("imds") if "interfaces" in one.target]


@pytest.mark.parametrize("fault", [
    {"status": 404}, {"status": 200, "body": "x" * 70000}, {"status": 200, "body": "../../x/\n" * 9},
    {"status": 200, "body": ""}, {"status": 200, "body": (SECOND + "/\n") * 500},
    {"status": 403}], ids=["none", "too long", "other paths", "nothing", "many", "denied"])
def test_a_list_that_is_none_changes_nothing(run, emulator, bare, fault):
    emulator.faults.add(path=f"/{MACS}/$", times=None, **fault)
    result = run()
    assert (result.status, result.stderr) == (69, SAID.format("public-ipv4") + "\n")
    assert len(emulator.requests_of("imds")) < 150


def test_grace_waits_before_it_is_said(run, emulator, bare):
    has(bare, SECOND, public_ipv4s=PUBLIC)
    result = run(settings="grace: 1")
    assert ELSEWHERE.format(SECOND, PUBLIC) in result.stderr
    asked = [one.target for one in emulator.requests_of("imds")]
    assert [one for one in asked if one.endswith("public-ipv4")] != []
    assert sum(one.endswith(f"{MACS}/") for one in asked) == 1
