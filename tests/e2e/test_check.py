"""What `check` tells of a set-up: real DNS, from the root down to the hosted zone's name servers."""

import contextlib
import os
import pty
import re
import shlex
import socket
import subprocess
import threading

import dns.dnssec
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from aws.nameserver import find_program
from aws.network import network
from aws.resolver import Resolver
from aws.zones import NAME_SERVERS
from conftest import ONCE, ROOT, helper, put_owned

NAME, ZONE = "webdev1.ec2.example.com", "ec2.example.com"
RESOLVER = "127.0.0.53"
# The hosted zones' BIND is what the name servers' names lead to.
EMULATOR = {"dns_address": ("127.0.0.1", 53)}
OURS = "".join(f"{server}. A 127.0.0.1\n" for server in NAME_SERVERS)
DELEGATION = "".join(f"ec2 NS {server}.\n" for server in NAME_SERVERS)
TO_ADD = "".join(f"      {ZONE}. 172800 IN NS {server}.\n" for server in NAME_SERVERS)
EDNS = 11                               # bytes of it behind the question
HASTY = {"RES_OPTIONS": "timeout:1 attempts:1"}
SOA = "ns-311.awsdns-55.com. hostmaster.example.com. 1 7200 900 1209600 60"


@pytest.fixture(autouse=True)
def alone():
    """Port 53 is ours in a network of our own."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(network(RESOLVER))
        except PermissionError as error:
            pytest.skip(f"needs a network namespace, so root: {error}")
        yield


@pytest.fixture
def resolv_conf(monkeypatch, tmp_path):
    """The system's resolver is at RESOLVER."""
    path = tmp_path / "resolv.conf"
    path.write_text(f"nameserver {RESOLVER}\n")
    inside = ["unshare", "--mount", "sh", "-ec",
              'mount --bind "$1" /etc/resolv.conf; shift; exec "$@"', "sh", str(path)]
    wrapper = os.environ.get("BOOTNAME_WRAPPER", "")
    monkeypatch.setenv("BOOTNAME_WRAPPER", f"{shlex.join(inside)} {wrapper}")


@pytest.fixture
def world(resolv_conf, nameserver, zone, tmp_path):
    """world(delegation): the tree of DNS, with these lines in the parent zone."""
    zone.put(ZONE, "SOA", [SOA], ttl=900)
    with contextlib.ExitStack() as stack:
        def make(delegation=DELEGATION, **zones):
            zones = {name.replace("_", "."): lines for name, lines in zones.items()}
            if delegation is not None:
                zones = {"example.com": delegation, **zones}
            return stack.enter_context(Resolver(tmp_path / "resolver", RESOLVER,
                                                {".": OURS, **zones}))
        yield make


@pytest.fixture
def check(run):
    """check("-j", settings=...): the result; its findings as {step: [line, ...]}."""
    def checked(*options, settings=f"zone: {ZONE}\n{ONCE}", **more):
        result = run(*options, "check", settings=settings, env=HASTY, **more)
        result.found = {}
        for line in re.split(r"\n(?!      )", result.stdout):
            match = re.match(r"(\w+) +(\w+): ", line)
            if match:
                result.found.setdefault(match[2], []).append(line)
        return result
    return checked


def publish(run, nameserver, settings=f"zone: {ZONE}\n"):
    """What a boot does; then the name servers have it."""
    assert run(settings=settings).status == 0
    return nameserver(NAME)


def test_a_set_up_that_works_is_ok_in_every_step(world, run, check, nameserver, calls, emulator):
    world()
    publish(run, nameserver)
    emulator.requests.clear()
    result = check()
    assert result.status == 0
    assert [line.split(":")[0] for line in result.stdout.splitlines() if line[0] != " "] == [
        f"ok    {step}" for step in (
            "settings", "metadata", "name", "address", "credentials", "zone", "permission",
            "delegation", "soa", "dnssec", "ttl", "record", "answer")], result
    assert result.found["answer"] == [
        f"ok    answer: {NAME} A is 54.123.123.123 by 4 name servers and the system's resolver"]
    assert result.found["delegation"] == [
        f"ok    delegation: public DNS leads to the 4 name servers of {ZONE}"]
    assert "ChangeResourceRecordSets" not in calls("route53")


def test_what_up_would_send_is_told_and_not_sent(world, check, zone, calls):
    world()
    result = check(settings=f"zone: {ZONE}\nttl: 30\naction: CREATE\n")
    assert result.found["permission"] == [
        "ok    permission: reading is allowed, and up would send:\n"
        f"      CREATE {NAME}. 30 A 54.123.123.123\n"
        f'      CREATE _bootname.{NAME}. 30 TXT "heritage=bootname,owner=i-0123456789abcdef0,'
        'region=eu-west-1,account=123456789012"\n'
        "      which must be allowed as route53:ChangeResourceRecordSets on "
        f"arn:aws:route53:::hostedzone/{zone.id}"]
    assert "ChangeResourceRecordSets" not in calls("route53")
    assert not zone.values(NAME, "A")


# ---- Delegation. ----

PRIVATE = "$TTL 300\n@ IN SOA ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 2 3 4 60\n"
HIDDEN = (f"warn  delegation: here a private hosted zone hides the public {ZONE}\n"
          f"      ask from outside of the VPC: dig NS {ZONE}")
WRONG_PLACE = f"      in the zone example.com add:\n{TO_ADD}"[:-1]


@pytest.mark.parametrize(("delegation", "zones", "status", "told"), [
    pytest.param("", {}, 69, f"FAIL  delegation: nobody is told where {ZONE} is\n{WRONG_PLACE}",
                 id="nobody delegates"),
    pytest.param("*.ec2 A 192.0.2.1\n", {}, 69,
                 f"FAIL  delegation: nobody is told where {ZONE} is\n{WRONG_PLACE}",
                 id="the parent has names below it, but no NS"),
    pytest.param("ec2 NS gone.example.com.\ngone A 127.0.0.2\n", {}, 69,
                 f"FAIL  delegation: {ZONE} leads to name servers that do not serve it\n"
                 f"      in its parent zone have these only:\n{TO_ADD}"[:-1],
                 id="to servers that are gone"),
    pytest.param("", {"ec2_example_com": ""}, 69,
                 f"FAIL  delegation: {ZONE} leads to other name servers: root-server\n"
                 "      take the hosted zone that these serve, or in its parent zone have these "
                 f"in their place:\n{TO_ADD}"[:-1], id="to other servers"),
    pytest.param("", {"ec2_example_com": f"@ NS {NAME_SERVERS[1]}.\n"}, 0,
                 f"warn  delegation: for {ZONE} DNS has the name servers "
                 f"(?:root-server {NAME_SERVERS[1]}|{NAME_SERVERS[1]} root-server), Route 53 has "
                 f"{' '.join(NAME_SERVERS)}\n      in the zone itself and in its parent zone have "
                 f"these only:\n{TO_ADD}"[:-1], id="to some others"),
    pytest.param(DELEGATION.replace(f"ec2 NS {NAME_SERVERS[3]}.", "ec2 NS gone.example.com."), {},
                 0, f"warn  delegation: the parent of {ZONE} sends to the name servers"
                 f"(?: gone.example.com| {'| '.join(NAME_SERVERS[:3])}){{4}}\n"
                 f"      in its parent zone have these only:\n{TO_ADD}"[:-1],
                 id="to a dead one, which the zone itself does not name"),
    pytest.param(None, {"example_com": PRIVATE + "@ NS ns-1536.awsdns-00.co.uk.\n"}, 0, HIDDEN,
                 id="hidden by a private zone of the parent"),
    pytest.param("* CNAME www.other.net.\n", {"other_net": "www A 192.0.2.1\n"}, 69,
                 f"FAIL  delegation: nobody is told where {ZONE} is\n      in its parent zone, or at "
                 f"its registrar, add:\n{TO_ADD}"[:-1], id="the parent has an alias for all names"),
    pytest.param(DELEGATION, {"ec2_example_com": "@ NS ns-0.awsdns-00.com.\n"}, 0,
                 HIDDEN, id="hidden by a private zone"),
])
def test_a_wrong_delegation_is_told_with_the_record_to_add(delegation, zones, status, told, world,
                                                           check):
    world(delegation, **zones)
    result = check()
    assert result.status == status
    [line] = result.found["delegation"]
    assert re.fullmatch(told.replace(".", "[.]"), line), line


def test_without_a_resolver_the_rest_is_told(resolv_conf, nameserver, zone, check):
    result = check()
    assert result.status == 0
    assert result.found["delegation"] == [
        "warn  delegation: the system's resolver does not answer\n"
        "      see /etc/resolv.conf and whether port 53 is open"]
    assert "dnssec" not in result.found
    assert result.found["answer"] == [
        f"warn  answer: {NAME} A is not there yet\n      run bootname up"]
    zone.put(NAME, "A", ["54.123.123.123"])
    assert check().found["answer"] == [
        f"warn  answer: {NAME} A: the system's resolver does not answer\n"
        "      see whether its zone is delegated, and /etc/resolv.conf"]


# ---- DNSSEC. ----

def key_tag(key):
    return dns.dnssec.key_id(key)


@pytest.fixture
def signed(world, nameserver, emulator, zone, monkeypatch):
    """signed(with_ds): the zone is signed by its BIND; with the DS of its key in the parent or
    without; the key's tag."""
    def make(with_ds, parent=""):
        emulator.nameserver.sign(zone)
        answer = emulator.nameserver.query(ZONE, "DNSKEY")
        [key] = [key for key in answer if key.flags == 257]
        ds = dns.dnssec.make_ds(dns.name.from_text(ZONE), key, "SHA256")
        world(DELEGATION + parent + (f"ec2 DS {ds}\n" if with_ds else ""))
        return key_tag(key)
    return make


def test_a_signed_zone_whose_parent_knows_is_told(signed, check):
    tag = signed(with_ds=True)
    assert check().found["dnssec"] == [
        f"ok    dnssec: on: {ZONE} is signed, and its parent has the DS of key {tag}"]


def test_a_signed_zone_whose_parent_does_not_know_is_told(signed, check):
    signed(with_ds=False)
    result = check()
    assert result.status == 0
    assert result.found["dnssec"] == [
        f"warn  dnssec: {ZONE} is signed, and nobody checks it\n"
        "      have the DS of its key-signing key in the parent zone"]


def test_a_ds_of_another_key_fails(signed, check):
    tag = signed(with_ds=False, parent=f"ec2 DS 12345 13 2 {'ab' * 32}\n")
    result = check()
    assert result.status == 69
    assert result.found["dnssec"][0].startswith(
        f"FAIL  dnssec: {ZONE} is signed by key {tag}, and its parent has the DS of key 12345: ")


def test_a_ds_without_a_signature_fails(world, check):
    world(DELEGATION + f"ec2 DS 12345 13 2 {'ab' * 32}\n")
    result = check()
    assert result.status == 69
    assert result.found["dnssec"][0].startswith(
        f"FAIL  dnssec: the parent of {ZONE} has a DS, but the zone is not signed")


# ---- Times. ----

@pytest.mark.parametrize(("ttl", "told"), [
    (60, "ok    ttl: 60 s: 50 % of clients see a new address after 60 s, 97 % after 300 s"),
    (300, "ok    ttl: 300 s: 50 % of clients see a new address after 300 s, 97 % after 1500 s"),
    (301, "warn  ttl: 301 s: 50 % of clients see a new address after 301 s, 97 % after 1505 s\n"
          "      set ttl: 60"),
])
def test_a_long_ttl_is_warned_of(ttl, told, world, check):
    world()
    result = check(settings=f"zone: {ZONE}\nttl: {ttl}\n")
    assert result.status == 0
    assert result.found["ttl"] == [told]


@pytest.mark.parametrize(("ttl", "minimum", "told"), [
    (900, 86400, 900), (900, 301, 301), (300, 86400, None), (900, 300, None)])
def test_a_long_negative_ttl_is_warned_of(ttl, minimum, told, world, check, zone):
    world()
    zone.put(ZONE, "SOA", [SOA.rsplit(" ", 1)[0] + f" {minimum}"], ttl=ttl)
    [line] = check().found["soa"]
    assert line == (f"warn  soa: who asks for a name before it is there, is told for {told} s that "
                    f"there is none\n      in the SOA record of {ZONE} have 60 for the TTL or the "
                    "last number" if told else
                    f"ok    soa: who asks for a name before it is there, is told for "
                    f"{min(ttl, minimum)} s that there is none")


# ---- What Route 53 holds, and what is answered. ----

def test_a_name_that_is_not_there_yet_is_told(world, check):
    world()
    result = check()
    assert result.status == 0
    assert result.found["record"] == [f"ok    record: Route 53 holds nothing at {NAME} yet"]
    assert result.found["answer"] == [
        f"warn  answer: {NAME} A: the name servers answer nothing, not 54.123.123.123\n"
        "      run bootname up"]


def test_another_address_that_up_would_replace_is_warned_of(world, check, zone):
    world()
    zone.put(NAME, "A", ["192.0.2.9"], ttl=300)
    result = check()
    assert result.status == 0
    assert result.found["record"] == [
        "warn  record: Route 53 holds A 192.0.2.9 (TTL 300), and up replaces it, whoever set it\n"
        f"      if others may want {NAME}, set action: CREATE"]
    assert result.found["answer"] == [
        f"warn  answer: {NAME} A: the name servers answer 192.0.2.9, not 54.123.123.123\n"
        "      run bootname up"]


def test_a_name_of_another_instance_fails_and_says_whose(world, check, zone):
    world()
    put_owned(zone, NAME, "i-0abc1234def567890", "192.0.2.9")
    result = check(settings=f"zone: {ZONE}\naction: CREATE\n")
    assert result.status == 73
    assert result.found["record"] == [
        f"FAIL  record: {NAME} is taken: A 192.0.2.9 (TTL 60), owner i-0abc1234def567890 in "
        "eu-west-1 of account 123456789012\n      choose another name, or remove it"]
    assert "delegation" in result.found


@pytest.mark.parametrize(("kind", "value", "routing"), [
    ("CNAME", "elsewhere.example.com.", {}),
    ("A", "192.0.2.9", {"set_identifier": "other", "multi_value": True})])
def test_what_route_53_has_nothing_beside_fails(kind, value, routing, world, check, zone):
    world()
    zone.put(NAME, kind, [value], **routing)
    result = check()
    assert result.status == 73
    assert result.found["record"] == [
        f"FAIL  record: {NAME} is taken: {kind} {value} (TTL 60)\n"
        "      choose another name, or remove it"]


def test_another_family_of_another_routing_is_not_in_the_way(world, check, zone):
    world()
    zone.put(NAME, "AAAA", ["2001:db8::9"], set_identifier="other", multi_value=True)
    result = check()
    assert result.status == 0
    assert result.found["record"] == [f"ok    record: Route 53 holds nothing at {NAME} yet"]


def test_a_resolver_that_remembers_the_old_address_is_told(world, run, check, nameserver, instance):
    world()
    publish(run, nameserver, f"zone: {ZONE}\nttl: 250\n")
    assert "resolver" in check(settings=f"zone: {ZONE}\nttl: 250\n").found["answer"][0]
    instance.public_ipv4 = "54.9.9.9"
    publish(run, nameserver, f"zone: {ZONE}\nttl: 250\n")
    [line] = check(settings=f"zone: {ZONE}\nttl: 250\n").found["answer"]
    match = re.fullmatch(
        f"warn  answer: {NAME} A: the system's resolver still answers 54.123.123.123, not 54.9.9.9"
        r"\n      it forgets that in (\d+) s", line)
    assert match and 200 < int(match[1]) <= 250, line


def test_a_name_asked_for_too_early_is_told(world, run, check, nameserver):
    world()
    subprocess.run([find_program("dig"), f"@{RESOLVER}", NAME], check=True, capture_output=True)
    publish(run, nameserver)
    [line] = check().found["answer"]
    assert line.startswith(f"warn  answer: {NAME} A: the system's resolver does not know it yet")


def test_a_look_before_the_name_is_there_is_not_remembered(world, run, check, nameserver, instance):
    world()
    instance.ipv6 = "2001:db8::7"
    check()
    publish(run, nameserver)
    assert [line[:4] for line in check().found["answer"]] == ["ok  ", "ok  "]


def test_a_change_that_is_on_its_way_is_told(world, run, check, emulator):
    world()
    emulator.zones.insync_after = 3600
    assert run(settings=f"zone: {ZONE}\n").status == 0
    [line] = check().found["answer"]
    assert line.startswith(f"warn  answer: {NAME} A: Route 53 holds 54.123.123.123, but its name "
                           "servers answer nothing\n      wait a minute")


def test_name_servers_out_of_reach_are_told(world, run, check, nameserver, emulator):
    world()
    publish(run, nameserver)
    assert check().found["answer"][0].startswith("ok")      # and is remembered
    emulator.nameserver.stop()
    [line] = check().found["answer"]
    assert line.startswith(f"warn  answer: {NAME} A is 54.123.123.123 by the system's resolver, but "
                           "the zone's name servers do not answer from here")


def test_both_families_are_looked_at(world, run, check, nameserver, instance):
    world()
    instance.ipv6 = "2001:db8::7"
    publish(run, nameserver)
    result = check()
    assert result.found["address"] == ["ok    address: 54.123.123.123 and 2001:db8::7"]
    assert [line.split(" by ")[0] for line in result.found["answer"]] == [
        f"ok    answer: {NAME} A is 54.123.123.123", f"ok    answer: {NAME} AAAA is 2001:db8::7"]


def test_a_shared_name_counts_when_the_address_is_among_others(world, run, check, nameserver, zone):
    settings = f"zone: {ZONE}\nrouting: multivalue\n"
    world()
    zone.put(NAME, "A", ["192.0.2.9"], set_identifier="i-0other", multi_value=True)
    publish(run, nameserver, settings)
    result = check(settings=settings)
    assert result.status == 0
    [line] = result.found["answer"]
    assert re.fullmatch(f"ok    answer: {NAME} A is of a group, now(?: 192.0.2.9| 54.123.123.123){{2}}",
                        line)


def test_a_group_of_others_is_added_to(world, check, zone):
    world()
    zone.put(NAME, "A", ["192.0.2.9"], set_identifier="i-0other", multi_value=True)
    result = check(settings=f"zone: {ZONE}\nrouting: multivalue\n")
    assert result.status == 0
    assert result.found["record"] == [
        "ok    record: Route 53 holds A 192.0.2.9 (TTL 60), of others, and up adds its own"]
    assert "run bootname up" in result.found["answer"][0]


def test_a_group_of_another_routing_fails(world, check, zone):
    world()
    zone.put(NAME, "A", ["192.0.2.9"], set_identifier="i-0other", multi_value=True)
    assert check(settings=f"zone: {ZONE}\nrouting: weighted\n").status == 73


def test_an_address_is_the_same_however_it_is_written(world, check, zone, instance, nameserver):
    world()
    instance.ipv6 = "2001:db8::7"
    zone.put(NAME, "A", ["54.123.123.123"])
    zone.put(NAME, "AAAA", ["2001:db8:0:0:0:0:0:7"])
    nameserver(NAME)
    assert "as it is to be" in check().found["record"][0]


def test_a_name_that_its_zone_delegates_away_fails(world, check, zone, instance):
    world()
    zone.put(f"web.{ZONE}", "NS", ["elsewhere.example.com."])
    instance.tags["dnsname"] = f"x.web.{ZONE}"
    zone.put(f"x.web.{ZONE}", "A", ["54.123.123.123"])
    result = check()
    assert result.status == 69
    assert result.found["answer"] == [
        f"FAIL  answer: x.web.{ZONE} is not answered from {ZONE}, whose NS record web.{ZONE} sends "
        "elsewhere\n      take the zone that is there, or remove that record"]


def test_name_servers_under_names_of_ones_own_are_right(world, check, zone, run, nameserver):
    zone.put(ZONE, "NS", ["ns1.example.com.", "ns2.example.com."])
    world("ec2 NS ns1\nec2 NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.1\n")
    publish(run, nameserver)
    result = check()
    assert result.status == 0
    assert result.found["delegation"] == [
        f"ok    delegation: public DNS leads to the 2 name servers of {ZONE}"]
    assert result.found["answer"][0].startswith("ok")


# ---- Zones. ----

def test_other_zones_of_the_name_are_told(world, check, emulator, zone):
    world()
    parent = emulator.hosted_zone("example.com")
    hidden = emulator.hosted_zone(ZONE, private=True, vpcs=[("eu-west-1", "vpc-1")])
    emulator.hosted_zone("c2.example.com")
    assert check().found["zone"] == [
        f"ok    zone: {zone.id} {ZONE} (public), not: {hidden.id} {ZONE} (private), {parent.id} "
        "example.com (public)"]


@pytest.mark.parametrize(("vpc", "told"), [
    ("vpc-1", f"ok    delegation: {ZONE} is private, and this instance's vpc-1 has it"),
    ("vpc-2", f"warn  delegation: {ZONE} is private and for vpc-1 only, so nobody in this "
              "instance's vpc-2 finds it\n      aws route53 associate-vpc-with-hosted-zone "
              "--hosted-zone-id ZPRIVATE --vpc VPCRegion=eu-west-1,VPCId=vpc-2")])
def test_a_private_zone_is_to_be_of_the_instances_vpc(vpc, told, world, check, emulator, instance):
    world()
    emulator.hosted_zone(ZONE, private=True, vpcs=[("eu-west-1", "vpc-1")], zone_id="ZPRIVATE")
    instance.vpc_id = vpc
    result = check(settings=f"zone: {ZONE}\naddress: private\n")
    assert result.status == 0
    assert result.found["delegation"] == [told]
    assert "dnssec" not in result.found


@pytest.mark.parametrize(("settings", "status", "step", "told"), [
    ("zone: nowhere.example.org\nname: a\n", 69, "zone",
     "FAIL  zone: no public hosted zone for nowhere.example.org\n      create it, or set"),
    ("zone_id: ZNONE\n", 69, "permission", "FAIL  permission: GetHostedZone: HTTP 404 NoSuch"),
    (f"zone_id: ZOTHER\nname: {NAME}\n", 78, "permission",
     f"FAIL  permission: {NAME} is not in other.example.org\n      correct name or zone_id"),
])
def test_a_zone_that_will_not_do_fails(settings, status, step, told, resolv_conf, nameserver, zone,
                                       check, emulator):
    emulator.hosted_zone("other.example.org", zone_id="ZOTHER")
    result = check(settings=settings)
    assert result.status == status
    assert result.found[step][0].startswith(told)


@pytest.mark.parametrize(("denied", "settings", "status", "lines"), [
    ("route53:GetHostedZone", "", 0, {
        "permission": "warn  permission: route53:GetHostedZone is denied\n      allow it, so that",
        "delegation": "ok    delegation: public DNS leads to the 4 name servers"}),
    ("route53:ListResourceRecordSets", "", 0, {
        "ttl": "ok",
        "permission": "warn  permission: route53:ListResourceRecordSets is denied\n      allow it",
        "delegation": "ok    delegation: public DNS leads to the 4 name servers"}),
    ("route53:ListResourceRecordSets", "action: CREATE\n", 77, {
        "permission": "warn  permission: route53:ListResourceRecordSets is denied\n      allow it"}),
    ("route53:ListHostedZonesByName", "", 77, {
        "zone": "FAIL  zone: ListHostedZonesByName: HTTP 403 AccessDenied"}),
    ("route53:ListHostedZonesByName", "zone_id: {}\n", 0, {
        "zone": "ok    zone: {} by zone_id, and others are not to be listed",
        "delegation": "ok    delegation: public DNS leads to the 4 name servers"}),
])
def test_what_is_denied_is_told_and_the_rest_done(denied, settings, status, lines, world, check,
                                                  emulator, zone):
    world()
    emulator.denied = {denied}
    result = check(settings=f"zone: {ZONE}\n{settings.format(zone.id)}")
    assert result.status == status
    for step, line in lines.items():
        assert result.found[step][0].startswith(line.format(zone.id)), result.found[step]


def test_the_policy_that_we_show_is_enough(world, run, check, nameserver, emulator, instance, zone):
    world()
    text = (ROOT / "cloud-config/dns-update-policy.json").read_text()
    emulator.attach_policy(instance.role_arn, text.replace("ZONEID", zone.id))
    publish(run, nameserver)
    for settings in (f"zone: {ZONE}\n", f"zone_id: {zone.id}\n", "action: CREATE\n"):
        result = check(settings=settings)
        assert result.status in (0, 73)
        assert not {"warn", "FAIL"} & {lines[0][:4] for step, lines in result.found.items()
                                       if step != "record"}, result
    assert {one.error_code for one in emulator.requests_of("route53")} == {None}


# ---- What comes before. ----

def test_each_setting_is_told_with_its_origin(world, check, run, tmp_path):
    world()
    defaults = run.file("ttl: 90\naction: CREATE\n")
    [line] = check("-d", defaults, settings=f"zone: {ZONE}\naction: UPSERT\n").found["settings"]
    assert line == (f"ok    settings: {run.cloud_config}: zone {ZONE}, action UPSERT / {defaults}: "
                    "ttl 90 / by default: address public, take_over never, routing simple, "
                    "weight 1, grace 0, timeout 300")


def test_bytes_of_the_settings_that_are_not_printable_are_not_printed(check, resolv_conf, nameserver):
    result = check(settings='name: "{tag:\\e[31mx\\nok    zone: fine}"\ntimeout: 2\n')
    assert "{tag:?[31mx?ok    zone: fine}" in result.stdout
    assert "\nok    zone: fine" not in result.stdout


def test_what_may_be_a_secret_is_not_printed(check, resolv_conf, nameserver):
    for option in ("-q", "-j", "-v"):
        result = check(option, settings="proxy: http://user:hunter2@127.0.0.1:1\ntimeout: 2\n"
                                        "external_id: hunter2\nrole_arn: arn:aws:iam::1:role/x\n")
        assert result.status != 0
        assert "hunter2" not in result.stdout + result.stderr


def test_each_record_of_a_list_is_looked_at(world, check):
    world()
    result = check(settings=f"zone: {ZONE}\nrecords:\n- name: a\n- name: b\n  ttl: 600\n")
    assert [line.split(",")[0] for line in result.found["name"]] == [
        f"ok    name: a.{ZONE}", f"ok    name: b.{ZONE}"]
    assert [line[:4] for line in result.found["ttl"]] == ["ok  ", "warn"]
    assert len(result.found["delegation"]) == 1


def test_wrong_settings_fail_and_the_metadata_is_looked_at(check, resolv_conf, nameserver):
    result = check(settings="zoen: x\n")
    assert result.status == 78
    assert re.match(r'FAIL  settings: .*unknown key "zoen"\n      did you mean "zone"\?',
                    result.found["settings"][0])
    assert result.found["metadata"][0].startswith("ok")
    assert "name" not in result.found


def test_an_instance_that_wants_no_name_is_told(check, instance, resolv_conf, nameserver):
    instance.tags = {}
    result = check(settings=None)
    assert result.status == 0
    assert result.found["name"][0].startswith("warn  name: neither settings nor a tag dnsname")


@pytest.mark.parametrize(("change", "step", "status", "told"), [
    ({"http_tokens": "optional"}, "metadata", 0,    # which only version 1 itself would tell
     "ok    metadata: i-0123456789abcdef0 in eu-west-1, with IMDSv2, tags on"),
    ({"tags_in_metadata": False}, "metadata", 0,
     "warn  metadata: the tags of i-0123456789abcdef0 are not in the metadata, so EC2 is asked for "
     "them\n      aws ec2 modify-instance-metadata-options --instance-id i-0123456789abcdef0 "
     "--instance-metadata-tags enabled"),
    ({"tags": {}}, "name", 69, "FAIL  name: no tag dnsname\n      add it, or set name"),
    ({"tags": {"dnsname": "a b\n; x"}}, "name", 65, 'FAIL  name: "a b?'),
    ({"public_ipv4": None}, "address", 69,
     "FAIL  address: the instance has no public-ipv4\n      give it one, or set types, address or "
     "grace"),
    ({"role": None}, "credentials", 77,
     "FAIL  credentials: the instance has no IAM role\n      attach an instance profile"),
])
def test_what_the_instance_lacks_is_told_at_once(change, step, status, told, world, check,
                                                 instance):
    world()
    for attribute, value in change.items():
        setattr(instance, attribute, value)
    result = check(settings=f"zone: {ZONE}\ngrace: 600\n", limit=12)
    assert result.status == status
    assert result.found[step][0].startswith(told), result.found[step]


def test_without_metadata_that_is_all_there_is_to_tell(check, instance, resolv_conf, nameserver):
    instance.listener.close()
    result = check(settings="timeout: 2\n")
    assert result.status == 75
    assert list(result.found) == ["settings", "metadata"]
    assert result.found["metadata"][0].startswith("FAIL  metadata: ")


# ---- How it is told. ----

def test_json_has_every_finding(world, check):
    world("")
    result = check("-j")
    assert result.status == 69
    found = result.json
    assert found["error"] == {
        "stage": "delegation", "code": 69,
        "message": f"nobody is told where {ZONE} is; {WRONG_PLACE.replace('      ', '')}"}
    assert {tuple(one) for one in found["checks"]} == {("step", "result", "message", "fix")}
    [fault] = [one for one in found["checks"] if one["result"] == "fail"]
    assert fault == {"step": "delegation", "result": "fail",
                     "message": f"nobody is told where {ZONE} is",
                     "fix": WRONG_PLACE.replace("      ", "")}
    assert found["calls"]["route53"] > 3


def test_quiet_leaves_the_exit_status(world, check):
    world("")
    assert check("-q").status == 69


def on_terminal(run, environment):
    """What a run writes to a terminal."""
    main, side = pty.openpty()
    process = subprocess.Popen([*helper(), "check"], stdin=subprocess.DEVNULL, stdout=side,
                               stderr=subprocess.PIPE, env={
                                   "PATH": os.environ["PATH"], "TERM": "xterm",
                                   "BOOTNAME_CLOUD_CONFIG": str(run.cloud_config),
                                   **run.instance.environment, **environment})
    os.close(side)
    said = b""
    with contextlib.suppress(OSError):                      # EIO: the other side is closed
        while chunk := os.read(main, 65536):
            said += chunk
    os.close(main)
    process.communicate()
    return said.decode()


@pytest.mark.parametrize(("environment", "coloured"), [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colours_are_for_terminals_that_want_them(environment, coloured, run, instance, world,
                                                  check):
    world("")
    check()                                                 # writes the cloud-config
    said = on_terminal(run, environment)
    assert ("\33[32mok  \33[m  name: " in said) == coloured, said
    assert ("\33[1;31mFAIL\33[m  delegation: " in said) == coloured, said
    assert ("\33" in said) == coloured


# ---- What DNS may answer. ----

def answers(change):
    """A resolver whose answers are changed on the way."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((RESOLVER, 53))

    def serve():
        while True:
            try:
                query, asker = sock.recvfrom(4096)
            except OSError:
                return
            sock.sendto(change(query), asker)
    threading.Thread(target=serve, daemon=True).start()
    return sock


def answer_with(kind, data, name=b"\xc0\x0c"):
    """A record of a type, whose data are these bytes."""
    def change(query):
        header = query[:2] + b"\x81\x80" + b"\0\1" + b"\0\1" + b"\0\0\0\0"
        record = name + kind.to_bytes(2, "big") + b"\0\1\0\0\0\x3c" + len(data).to_bytes(2, "big")
        return header + query[12:-EDNS] + record + data
    return change


def test_a_resolver_that_wants_tcp_and_says_nothing_there_holds_up_nothing(
        resolv_conf, nameserver, zone, check):
    with socket.create_server((RESOLVER, 53)):
        with contextlib.closing(answers(lambda query: query[:2] + b"\x83\x80" + query[4:])):
            result = check(limit=15)
    assert result.status == 0
    assert result.found["delegation"][0].startswith(
        "warn  delegation: the system's resolver refuses to answer\n")


def test_a_resolver_that_refuses_all_is_not_blamed_on_the_delegation(
        resolv_conf, nameserver, zone, check):
    with contextlib.closing(answers(lambda query: query[:2] + b"\x81\x85" + query[4:])):
        result = check()
    assert result.status == 0
    assert "refuses to answer" in result.found["delegation"][0]


@pytest.mark.thorough(but=["two bytes", "no such name", "an A of nothing"])
@pytest.mark.parametrize("change", [
    pytest.param(lambda query: query[:2], id="two bytes"),
    pytest.param(lambda query: query[:2] + b"\x81\x80" + b"\xff" * 8, id="counts of 65535"),
    pytest.param(lambda query: query[:2] + b"\x81\x83" + query[4:], id="no such name"),
    pytest.param(lambda query: query[:2] + b"\x81\x85" + query[4:], id="refused"),
    pytest.param(answer_with(1, b""), id="an A of nothing"),
    pytest.param(answer_with(1, b"\1" * 3), id="an A of three bytes"),
    pytest.param(answer_with(28, b"\1" * 4), id="an AAAA of four bytes"),
    pytest.param(answer_with(2, b""), id="an NS of nothing"),
    pytest.param(answer_with(2, b"\xc0\xff"), id="an NS that points behind the end"),
    pytest.param(answer_with(2, b"\xc0\x0c", b"\xc0\x1d"), id="a name that points to itself"),
    pytest.param(answer_with(2, b"\3a b\0"), id="an NS with a blank"),
    pytest.param(answer_with(2, b"\5\33[31m\0"), id="an NS with an escape"),
    pytest.param(answer_with(43, b"\1"), id="a DS of one byte"),
    pytest.param(answer_with(48, b""), id="a DNSKEY of nothing"),
    pytest.param(lambda query: answer_with(2, b"\xc0\x0c")(query)[:-1], id="cut short"),
])
def test_hostile_answers_are_no_answers(change, resolv_conf, nameserver, zone, check):
    zone.put(NAME, "A", ["54.123.123.123"])
    with contextlib.closing(answers(change)):
        result = check()
    for step in "delegation", "answer":
        [line] = result.found[step]
        assert not line.startswith("ok"), line


def test_an_answer_of_somebody_else_is_not_taken(resolv_conf, nameserver, zone, check):
    def change(query):
        forged = dns.message.make_response(dns.message.from_wire(query))
        wire = forged.to_wire()
        return bytes([wire[0] ^ 1]) + wire[1:]
    with contextlib.closing(answers(change)):
        result = check()
    assert "the system's resolver does not answer" in result.found["delegation"][0]


# ---- Who may answer a question that is sent to a name server itself. ----

GUARDED, ELSEWHERE = "127.0.0.3", "127.0.0.4"


def forged(query, flags=0x8580, name=None, kind=None, questions=1):
    """An answer with the id of a question, that the name has the address 192.0.2.66."""
    asked = dns.message.from_wire(query).question[0]
    made = dns.message.make_response(dns.message.make_query(
        name or asked.name, kind or asked.rdtype, id=int.from_bytes(query[:2], "big")))
    made.answer = [dns.rrset.from_text(asked.name, 60, "IN", "A", "192.0.2.66")]
    wire = made.to_wire()
    if not questions:       # what stands behind it, which names the same name in full
        behind = 12 + len(asked.name.to_wire()) + 4
        wire = wire[:12] + asked.name.to_wire() + wire[behind + 2:]
    return wire[:2] + flags.to_bytes(2, "big") + questions.to_bytes(2, "big") + wire[6:]


@contextlib.contextmanager
def guesser(forge, sender):
    """A name server whose every answer comes behind a forged one."""
    with contextlib.ExitStack() as stack:
        here, there, true = (stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                             for _ in range(3))
        here.bind((GUARDED, 53))
        there.bind((ELSEWHERE, 53))
        true.connect(("127.0.0.1", 53))

        def serve():
            while True:
                try:
                    query, asker = here.recvfrom(4096)
                    (here if sender == GUARDED else there).sendto(forge(query), asker)
                    true.send(query)
                    here.sendto(true.recv(4096), asker)
                except OSError:
                    return
        threading.Thread(target=serve, daemon=True).start()
        yield


@pytest.mark.thorough(but=["of another id", "of another name"])
@pytest.mark.parametrize(("forge", "sender"), [
    pytest.param(lambda query: forged(query, name=f"x.{ZONE}"), GUARDED, id="of another name"),
    pytest.param(lambda query: forged(query, name="."), GUARDED, id="of the root"),
    pytest.param(lambda query: forged(query, kind="TXT"), GUARDED, id="of another type"),
    pytest.param(lambda query: forged(query, questions=0), GUARDED, id="of no question"),
    pytest.param(lambda query: forged(query, questions=2), GUARDED, id="of two questions"),
    pytest.param(lambda query: forged(query, flags=0x0580), GUARDED, id="a question"),
    pytest.param(lambda query: forged(query, flags=0xa580), GUARDED, id="of another operation"),
    pytest.param(lambda query: bytes([query[0] ^ 1]) + forged(query)[1:], GUARDED,
                 id="of another id"),
    pytest.param(lambda query: forged(query)[:20], GUARDED, id="cut in the question"),
    pytest.param(lambda query: b"", GUARDED, id="nothing"),
    pytest.param(forged, ELSEWHERE, id="of another sender"),
])
def test_a_guessed_answer_of_a_name_server_is_passed_over(forge, sender, world, run, check,
                                                          nameserver):
    world(**{"_": OURS.replace("127.0.0.1", GUARDED, 1)})
    publish(run, nameserver)
    with guesser(forge, sender):
        result = check()
    assert result.status == 0
    assert result.found["answer"] == [
        f"ok    answer: {NAME} A is 54.123.123.123 by 4 name servers and the system's resolver"]
