"""The emulator's hosted zones beside those of Route 53: name servers, VPCs, and the apex in DNS."""

import subprocess

import pytest
from conftest import denial

NAME = "ec2.example.com"
OWN = ("ns1.example.net", "ns2.example.org")
DEFAULTS = ["ns-311.awsdns-55.com", "ns-846.awsdns-14.net", "ns-1501.awsdns-29.org",
            "ns-1867.awsdns-11.co.uk"]
SOA = "ns-311.awsdns-55.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"


@pytest.fixture
def route53(emulator, client):
    """A client with the credentials of an operator."""
    return client(emulator.user())


@pytest.fixture
def apex(emulator):
    """What DNS holds at the apex: apex("NS") -> (ttl, values)."""
    def ask(kind):
        emulator.wait_insync()
        told = subprocess.run(
            ["dig", "-4", "-p", str(emulator.nameserver.port), "@127.0.0.1", "+noall", "+answer",
             NAME, kind], check=True, capture_output=True, text=True, timeout=20).stdout
        rows = [line.split(None, 4) for line in told.splitlines()]
        [ttl] = {int(row[1]) for row in rows}
        return ttl, sorted(row[4] for row in rows)
    return ask


def change(route53, zone, kind, ttl, values):
    """Replace a set at the apex by way of the API."""
    route53.change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch={"Changes": [{
        "Action": "UPSERT", "ResourceRecordSet": {
            "Name": NAME, "Type": kind, "TTL": ttl,
            "ResourceRecords": [{"Value": value} for value in values]}}]})


@pytest.mark.parametrize(("chosen", "told"), [(None, DEFAULTS), (OWN, [*OWN])])
def test_a_public_zone_tells_its_name_servers(emulator, route53, chosen, told):
    zone = emulator.hosted_zone(NAME, name_servers=chosen)
    answer = route53.get_hosted_zone(Id=zone.id)
    assert answer["DelegationSet"]["NameServers"] == told and "VPCs" not in answer
    assert answer["HostedZone"]["Name"] == NAME + "."
    assert answer["HostedZone"]["Config"]["PrivateZone"] is False
    assert answer["HostedZone"]["ResourceRecordSetCount"] == 2


def test_a_private_zone_tells_its_vpcs(emulator, route53):
    zone = emulator.hosted_zone(NAME, private=True, vpcs=[("eu-west-1", "vpc-1")])
    answer = route53.get_hosted_zone(Id=zone.id)
    assert answer["VPCs"] == [{"VPCRegion": "eu-west-1", "VPCId": "vpc-1"}]
    assert "DelegationSet" not in answer and answer["HostedZone"]["Config"]["PrivateZone"] is True


def test_no_such_zone(route53):
    assert denial(route53.get_hosted_zone, Id="Z0000") \
        == (404, "NoSuchHostedZone", "No hosted zone found with ID: Z0000")


def test_the_apex_is_listed_as_it_is_made(emulator, route53):
    zone = emulator.hosted_zone(NAME)
    sets = route53.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]
    assert [(one["Name"], one["Type"], one["TTL"]) for one in sets] \
        == [(NAME + ".", "NS", 172800), (NAME + ".", "SOA", 900)]
    assert [one["Value"] for one in sets[0]["ResourceRecords"]] == [f"{one}." for one in DEFAULTS]
    assert sets[1]["ResourceRecords"] == [{"Value": SOA}]


@pytest.mark.parametrize("chosen", [DEFAULTS, [*OWN]], ids=["Route 53's", "own"])
def test_dns_serves_the_apex(emulator, nameserver, apex, chosen):
    emulator.hosted_zone(NAME, name_servers=chosen)
    assert apex("NS") == (172800, sorted(f"{one}." for one in chosen))
    ttl, [soa] = apex("SOA")
    assert (ttl, soa.split()[0], soa.split()[3:]) \
        == (900, f"{chosen[0]}.", ["7200", "900", "1209600", "86400"])


def test_dns_serves_a_changed_apex(emulator, nameserver, route53, apex):
    zone = emulator.hosted_zone(NAME)
    zone.put("web." + NAME, "A", ["192.0.2.1"])
    for ttl, servers, least in [(300, ["ns1.example.net.", "ns2.example.org."], "60"),
                                (60, ["ns2.example.org.", "ns3.example.org."], "30")]:
        change(route53, zone, "NS", ttl, servers)
        change(route53, zone, "SOA", ttl, [SOA.rpartition(" ")[0] + " " + least])
        assert apex("NS") == (ttl, servers)
        told, [soa] = apex("SOA")
        assert (told, soa.split()[6]) == (ttl, least)
    assert nameserver("web." + NAME) == ["192.0.2.1"]
