"""Which hosted zone the name goes into."""

import pytest

NAME = "webdev1.ec2.example.com"
ADDRESS = ["54.123.123.123"]
LIST, CHANGE = "ListHostedZonesByName", "ChangeResourceRecordSets"


def holders(zones, name):
    """The zones that hold the name's address."""
    return [zone.name for zone in zones if zone.values(name, "A") == ADDRESS]


@pytest.mark.parametrize(("name", "names", "chosen"), [
    (NAME, ["example.com", "ec2.example.com", "com"], "ec2.example.com"),
    ("some-beta.api.in", ["beta.api.in", "api.in"], "api.in"),
    ("x.some-beta.api.in", ["beta.api.in", "api.in"], "api.in"),
    ("x.beta.api.in", ["some-beta.api.in", "beta.api.in", "api.in"], "beta.api.in"),
    ("a.b.c.d.ec2.example.com", ["ec2.example.com", "d.ec2.example.org"], "ec2.example.com"),
    ("a.b.c.d.ec2.example.com", ["example.com", "c.d.ec2.example.com"], "c.d.ec2.example.com"),
    (NAME, ["ec2.example.com", NAME], NAME),
    (NAME, ["example.com", NAME, "a." + NAME], NAME),
    (NAME, ["example.com", "a." + NAME], "example.com"),
    ("*.ec2.example.com", ["ec2.example.com", "example.com"], "ec2.example.com"),
    (NAME, ["EC2.Example.COM"], "ec2.example.com"),
    ("example.com", ["example.com"], "example.com"),
], ids=["longest", "whole labels", "whole labels below", "the longer label", "deep", "deep longest",
        "the very name", "the very name further down", "one below the name", "wildcard",
        "capitals", "apex of two labels"])
def test_the_longest_zone_at_a_label(run, emulator, instance, name, names, chosen):
    instance.tags["dnsname"] = name
    zones = [emulator.hosted_zone(one) for one in names]
    assert run().status == 0
    assert holders(zones, name) == [chosen + "."]


def test_a_zone_of_the_very_name_costs_nothing(run, emulator, zone, calls):
    emulator.hosted_zone(NAME)
    run()
    assert calls("route53") == [LIST, CHANGE]


def test_a_zone_of_the_very_name_behind_the_page(run, emulator, zone, calls):
    for number in range(120):
        emulator.hosted_zone(f"a{number}.ec2.example.com")
    own = emulator.hosted_zone(NAME)
    run()
    assert holders([zone, own], NAME) == [own.name]
    assert calls("route53") == [LIST, LIST, CHANGE]


def test_no_zone_of_the_very_name_behind_the_page(run, emulator, zone, calls):
    for number in range(120):
        emulator.hosted_zone(f"a{number}.ec2.example.com")
    run()
    assert zone.values(NAME, "A") == ADDRESS
    assert calls("route53") == [LIST, LIST, CHANGE]


def test_a_page_that_ends_beyond_the_parent_is_enough(run, emulator, zone, calls):
    for number in range(120):
        emulator.hosted_zone(f"z{number}.example.com")
    run()
    assert zone.values(NAME, "A") == ADDRESS
    assert calls("route53") == [LIST, CHANGE]


def test_many_zones_above(run, emulator, zone):
    for number in range(120):
        emulator.hosted_zone(f"a{number}.example.com")
        emulator.hosted_zone(f"a{number}.zzz.ec2.example.com")
    run()
    assert zone.values(NAME, "A") == ADDRESS


@pytest.mark.parametrize("settings", ["{}", "zone: ec2.example.com"])
def test_a_zone_on_the_second_page_of_its_name(run, emulator, calls, settings):
    for number in range(21):
        emulator.hosted_zone("ec2.example.com", private=True, zone_id=f"ZA{number:03}")
    zone = emulator.hosted_zone("ec2.example.com", zone_id="ZB")
    assert run(settings=settings).status == 0
    assert zone.values(NAME, "A") == ADDRESS
    assert calls("route53") == [LIST, LIST, CHANGE]
    assert emulator.requests_of("route53", LIST)[1].parameters["hostedzoneid"] == "ZA020"


def test_a_page_comes_in_one_round_trip(run, emulator, zone):
    """TCP sends ten segments before it hears from the other side (RFC 6928)."""
    for number in range(60):
        emulator.hosted_zone(f"z{number}.ec2.example.com").comment = "c" * 256
    sizes = []

    def measure(request, proceed):
        answer = proceed()
        sizes.append(len(answer.body))
        return answer

    emulator.faults.add(operation=LIST, action="callback", function=measure)
    run()
    assert zone.values(NAME, "A") == ADDRESS
    assert 0 < sizes[0] < 10 * 1400


@pytest.mark.parametrize("settings", ["{}", "zone: ec2.example.com", "visibility: public"])
def test_two_zones_of_one_name(run, emulator, zone, calls, settings):
    other = emulator.hosted_zone("ec2.example.com")
    emulator.hosted_zone("example.com")
    result = run(settings=settings)
    assert result.status == 69
    assert zone.id in result.stderr and other.id in result.stderr
    assert "zone_id" in result.stderr
    assert CHANGE not in calls("route53")


def test_two_zones_of_another_name_do_not_matter(run, emulator, zone):
    emulator.hosted_zone("example.com")
    emulator.hosted_zone("example.com")
    assert run().status == 0
    assert zone.values(NAME, "A") == ADDRESS


@pytest.mark.parametrize(("settings", "private"), [
    ("{}", False), ("visibility: public", False), ("visibility: private", True),
    ("address: private", True), ("address: private\nvisibility: public", False),
    ("address: public\nvisibility: private", True),
    ("visibility: private\nzone: ec2.example.com", True), ("zone: ec2.example.com", False)])
@pytest.mark.parametrize("order", [("ZA", "ZB"), ("ZB", "ZA")], ids=["first", "second"])
def test_public_and_private_of_one_name(run, emulator, settings, private, order):
    zones = {False: emulator.hosted_zone("ec2.example.com", zone_id=order[0]),
             True: emulator.hosted_zone("ec2.example.com", private=True, zone_id=order[1],
                                        vpcs=[("eu-west-1", "vpc-1")])}
    assert run(settings=settings).status == 0
    assert zones[private].find(NAME, "A")
    assert not zones[not private].find(NAME, "A")


def test_a_private_zone_below_a_public_one(run, emulator, zone):
    emulator.hosted_zone(NAME, private=True)
    assert run().status == 0
    assert zone.values(NAME, "A") == ADDRESS


@pytest.mark.parametrize(("settings", "names", "said"), [
    ("{}", [], NAME),
    ("{}", ["com.example.ec2", "example.org", "xec2.example.com"], NAME),
    ("{}", ["a." + NAME], NAME),
    ("zone: ec2.example.com", ["example.com"], "ec2.example.com"),
    ("visibility: private", ["ec2.example.com"], "private"),
], ids=["none", "others", "below", "zone", "private"])
def test_no_zone(run, emulator, calls, settings, names, said):
    for name in names:
        emulator.hosted_zone(name)
    result = run(settings=settings)
    assert result.status == 69
    assert result.stderr.startswith("bootname: zone: ") and said in result.stderr
    assert CHANGE not in calls("route53")


def test_a_private_zone_only(run, emulator, calls):
    emulator.hosted_zone("ec2.example.com", private=True)
    result = run()
    assert result.status == 69 and "public" in result.stderr
    assert CHANGE not in calls("route53")


def test_the_zone_of_another_account_is_not_ours(run, emulator):
    emulator.hosted_zone("ec2.example.com", account="999999999999")
    zone = emulator.hosted_zone("example.com")
    assert run().status == 0
    assert zone.values(NAME, "A") == ADDRESS


def test_the_zone_setting_chooses_a_shorter_one(run, emulator, zone):
    outer = emulator.hosted_zone("example.com")
    run(settings="zone: example.com")
    assert holders([zone, outer], NAME) == ["example.com."]


@pytest.mark.parametrize("prefix", ["", "/hostedzone/"])
def test_the_zone_id_setting(run, emulator, zone, calls, prefix):
    other = emulator.hosted_zone("ec2.example.com")
    assert run(settings=f"zone_id: {prefix}{other.id}").status == 0
    assert other.values(NAME, "A") == ADDRESS and not zone.values(NAME, "A")
    assert calls("route53") == [CHANGE]


def test_zone_and_zone_id(run, zone, calls):
    settings = f"name: www\nzone: ec2.example.com\nzone_id: {zone.id}"
    assert run(settings=settings).status == 0
    assert zone.values("www.ec2.example.com", "A") == ADDRESS
    assert calls("route53") == [CHANGE]


@pytest.mark.parametrize("action", ["UPSERT", "CREATE"])
def test_a_zone_id_that_is_not_there(run, zone, action):
    result = run(settings=f"zone_id: Z0000\naction: {action}")
    assert result.status == 69
    assert "NoSuchHostedZone" in result.stderr and "Z0000" in result.stderr


def test_a_zone_id_of_another_account(run, emulator):
    zone = emulator.hosted_zone("ec2.example.com", account="999999999999")
    assert run(settings=f"zone_id: {zone.id}").status == 77
    assert zone.values(NAME, "A") == []


def test_a_zone_that_does_not_say_is_public(run, emulator, zone):
    entry = "<HostedZone><Id>/hostedzone/{}</Id><Name>ec2.example.com.</Name>{}</HostedZone>"
    private = "<Config><PrivateZone>true</PrivateZone></Config>"
    emulator.faults.add(operation="ListHostedZonesByName", times=None, status=200, body=(
        '<?xml version="1.0"?><ListHostedZonesByNameResponse><HostedZones>'
        + entry.format("ZPRIVATE", private) + entry.format(zone.id, "")
        + "</HostedZones><IsTruncated>false</IsTruncated></ListHostedZonesByNameResponse>"))
    assert run().status == 0
    assert zone.values("webdev1.ec2.example.com", "A") == ["54.123.123.123"]


def test_the_longest_zone_wins_in_any_order(run, emulator, zone, instance):
    instance.tags["dnsname"] = "ec2.example.com"
    entry = "<HostedZone><Id>/hostedzone/{}</Id><Name>{}.</Name></HostedZone>"
    emulator.faults.add(operation="ListHostedZonesByName", times=None, status=200, body=(
        '<?xml version="1.0"?><ListHostedZonesByNameResponse><HostedZones>'
        + entry.format(zone.id, "ec2.example.com") + entry.format("ZPARENT", "example.com")
        + "</HostedZones><IsTruncated>false</IsTruncated></ListHostedZonesByNameResponse>"))
    assert run().status == 0
    assert zone.values("ec2.example.com", "A") == ["54.123.123.123"]
