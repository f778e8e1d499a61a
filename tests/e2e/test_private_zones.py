"""Private zones of one name: the VPC of the instance decides."""

import pytest
from conftest import ONCE

NAME = "webdev1.ec2.example.com"
PUBLIC, PRIVATE = "54.123.123.123", "10.0.0.5"
LIST, BY_VPC, CHANGE = "ListHostedZonesByName", "ListHostedZonesByVPC", "ChangeResourceRecordSets"
SETTINGS = "address: private"


@pytest.fixture
def private_zone(emulator):
    """A new private zone of the VPCs: private_zone("vpc-1")."""
    def make(*vpcs, name="ec2.example.com", region="eu-west-1", **more):
        return emulator.hosted_zone(name, private=True, vpcs=[(region, vpc) for vpc in vpcs],
                                    **more)
    return make


def vpc_questions(emulator):
    """What the metadata was asked about the VPC."""
    return [one.target.rpartition("/")[2] for one in emulator.requests_of("imds")
            if one.target.endswith(("/mac", "/vpc-id"))]


@pytest.mark.parametrize("settings", [
    SETTINGS, "visibility: private", f"{SETTINGS}\nzone: ec2.example.com",
    f"{SETTINGS}\naction: CREATE"])
@pytest.mark.parametrize("mine", [0, 1, 2])
def test_the_zone_of_our_vpc(run, emulator, private_zone, calls, settings, mine):
    names = ["vpc-2", "vpc-3", "vpc-4"]
    names[mine] = "vpc-1"
    zones = [private_zone(name, zone_id=f"Z{letter}")
             for name, letter in zip(names, "ABC", strict=True)]
    assert run(settings=settings).status == 0
    address = PUBLIC if settings == "visibility: private" else PRIVATE
    assert [zone.values(NAME, "A") for zone in zones] \
        == [[address] if number == mine else [] for number in range(3)]
    assert calls("route53")[:2] == [LIST, BY_VPC] and calls("route53").count(BY_VPC) == 1
    [request] = emulator.requests_of("route53", BY_VPC)
    asked = request.parameters
    assert (asked["vpcid"], asked["vpcregion"]) == ("vpc-1", "eu-west-1")
    assert vpc_questions(emulator) == ["mac", "vpc-id"]


def test_dns_in_the_vpc(run, emulator, private_zone, nameserver):
    """The emulator has one private view, so the other zone stands for another VPC's."""
    emulator.hosted_zone("ec2.example.com")
    private_zone("vpc-1")
    assert run(settings=SETTINGS).status == 0
    assert nameserver(NAME) == []
    assert emulator.dig(NAME, private=True) == [PRIVATE]


def test_a_zone_of_several_vpcs(run, private_zone):
    private_zone("vpc-2")
    zone = private_zone("vpc-3", "vpc-1", "vpc-4")
    assert run(settings=SETTINGS).status == 0
    assert zone.values(NAME, "A") == [PRIVATE]


def test_the_region_belongs_to_the_vpc(run, instance, private_zone):
    instance.region = "ap-southeast-2"
    private_zone("vpc-1", zone_id="ZA")
    zone = private_zone("vpc-1", region="ap-southeast-2", zone_id="ZB")
    assert run(settings=SETTINGS).status == 0
    assert zone.values(NAME, "A") == [PRIVATE]


@pytest.mark.parametrize("before", [99, 100, 250])
def test_many_zones_in_the_vpc(run, emulator, private_zone, calls, before):
    private_zone("vpc-2", zone_id="ZA")
    for number in range(before):
        private_zone("vpc-1", name=f"a{number:03}.example.com")
    zone = private_zone("vpc-1", zone_id="ZB")
    assert run(settings=SETTINGS).status == 0
    assert zone.values(NAME, "A") == [PRIVATE]
    assert calls("route53").count(BY_VPC) == before // 100 + 1
    assert ["nexttoken" in one.parameters for one in emulator.requests_of("route53", BY_VPC)] \
        == [False] + [True] * (before // 100)


def test_neither_is_of_our_vpc(run, private_zone, calls):
    zones = [private_zone("vpc-2"), private_zone("vpc-3")]
    result = run(settings=SETTINGS)
    assert result.status == 69
    assert result.stderr.startswith("bootname: zone: ")
    assert all(zone.id in result.stderr for zone in zones)
    assert calls("route53") == [LIST, BY_VPC]


def test_zones_of_other_names_in_the_vpc_do_not_decide(run, private_zone, calls):
    zones = [private_zone("vpc-2"), private_zone("vpc-3")]
    private_zone("vpc-1", name="example.com")
    private_zone("vpc-1", name="a.ec2.example.com")
    result = run(settings=SETTINGS)
    assert result.status == 69 and all(zone.id in result.stderr for zone in zones)
    assert CHANGE not in calls("route53")


@pytest.mark.parametrize("mine", ["vpc-1", "vpc-2"])
def test_one_zone_alone_is_taken_without_asking(run, emulator, private_zone, calls, mine):
    zone = private_zone(mine)
    private_zone("vpc-1", name="example.com")
    assert run(settings=SETTINGS).status == 0
    assert zone.values(NAME, "A") == [PRIVATE]
    assert calls("route53") == [LIST, CHANGE] and vpc_questions(emulator) == []


def test_a_zone_id_asks_nothing(run, emulator, private_zone, calls):
    private_zone("vpc-1")
    zone = private_zone("vpc-2")
    assert run(settings=f"{SETTINGS}\nzone_id: {zone.id}").status == 0
    assert zone.values(NAME, "A") == [PRIVATE]
    assert calls("route53") == [CHANGE] and vpc_questions(emulator) == []


def test_two_public_zones_stay_an_error(run, emulator, private_zone, calls):
    zones = [emulator.hosted_zone("ec2.example.com") for _ in range(2)]
    private_zone("vpc-1")
    result = run()
    assert result.status == 69 and all(zone.id in result.stderr for zone in zones)
    assert calls("route53") == [LIST] and vpc_questions(emulator) == []


def test_denied(run, emulator, private_zone, calls):
    zones = [private_zone("vpc-1"), private_zone("vpc-2")]
    emulator.denied = {f"route53:{BY_VPC}"}
    result = run(settings=SETTINGS)
    assert result.status == 77 and f"route53:{BY_VPC}" in result.stderr
    assert calls("route53") == [LIST, BY_VPC]
    assert not any(zone.find(NAME, "A") for zone in zones)


@pytest.mark.parametrize("path", ["/mac$", "/vpc-id$"])
def test_metadata_that_fails_chooses_nothing(run, emulator, private_zone, calls, path):
    private_zone("vpc-1")
    private_zone("vpc-2")
    emulator.faults.add(service="imds", path=path, status=500, times=None)
    assert run(settings=f"{SETTINGS}\n{ONCE}").status == 75
    assert CHANGE not in calls("route53")


@pytest.mark.parametrize("vpc", ["vpc-1&vpcregion=x", "../x", "vpc 1", "x" * 2000],
                         ids=["parameter", "path", "blank", "long"])
def test_metadata_that_is_odd_chooses_nothing(run, instance, private_zone, calls, vpc):
    private_zone("vpc-1")
    private_zone("vpc-2")
    instance.vpc_id = vpc
    assert run(settings=SETTINGS).status in (65, 69)
    assert CHANGE not in calls("route53")


def test_tried_again(run, emulator, private_zone, calls):
    zone = private_zone("vpc-1")
    private_zone("vpc-2")
    emulator.faults.add(operation=BY_VPC, action="reset_before")
    assert run(settings=SETTINGS).status == 0
    assert zone.values(NAME, "A") == [PRIVATE] and calls("route53").count(BY_VPC) == 2


def test_down_and_if_changed(run, emulator, private_zone):
    zone = private_zone("vpc-1")
    private_zone("vpc-2")
    run("up", "--if-changed", settings=SETTINGS)
    emulator.requests.clear()
    assert run("up", "--if-changed", settings=SETTINGS).stdout == f"{NAME} is already {PRIVATE}\n"
    assert vpc_questions(emulator) == []
    assert run("down", settings=SETTINGS).stdout == f"removing {NAME} ({PRIVATE})\n"
    assert zone.find(NAME, "A") is None


def test_a_public_record_and_one_in_our_vpc(run, emulator, private_zone):
    public = emulator.hosted_zone("ec2.example.com")
    zone, other = private_zone("vpc-1"), private_zone("vpc-2")
    result = run(settings="records:\n- address: private\n- address: public\n")
    assert result.stdout == f"setting {NAME} to {PRIVATE}\nsetting {NAME} to {PUBLIC}\n"
    assert zone.values(NAME, "A") == [PRIVATE] and public.values(NAME, "A") == [PUBLIC]
    assert other.find(NAME, "A") is None
