"""bootname-reap --renamed: a name that a running instance has no more goes, and no other does."""

import re

import pytest
from conftest import ROOT, changes_of, heritage, put_owned
from test_reap import Reaper

ZONE = "ec2.example.com"
OLD, NEW = f"old.{ZONE}", f"new.{ZONE}"
ID, OTHER = "i-0123456789abcdef0", "i-0fff9999eee888877"
FORMER, ADDRESS, PRIVATE = "54.9.9.9", "54.123.123.123", "10.0.0.5"
FORMER_IPV6, IPV6 = "2001:db8::1", "2001:db8::17"
DESCRIBE, CHANGE = "DescribeInstances", "ChangeResourceRecordSets"
REMOVED = f"removing {OLD} ({FORMER}), owner {ID} is named {NEW} now\n"
NOTHING = "no owner is gone\n"


@pytest.fixture
def reap(emulator, tmp_path):
    return Reaper(emulator, tmp_path)


@pytest.fixture
def renamed(zone, instance):
    """An instance whose tag was changed while it was stopped: it has published its new name, and
    left the old one behind."""
    instance.tags = {"dnsname": "new", "Name": "web"}
    instance.local_ipv4 = PRIVATE
    put_owned(zone, OLD, ID, FORMER)
    put_owned(zone, NEW, ID, ADDRESS)
    return instance


def names(zone):
    return sorted({one.name.removesuffix(".") for one in zone.record_sets()
                   if one.type not in ("NS", "SOA")})


BOTH = sorted([OLD, f"_bootname.{OLD}", NEW, f"_bootname.{NEW}"])
ONE = sorted([NEW, f"_bootname.{NEW}"])


def stays(reap, zone, *arguments, **more):
    before = zone.record_sets()
    result = reap("--renamed", *arguments, **more)
    assert (result.status, result.stdout) == (0, NOTHING), result
    assert zone.record_sets() == before


# What goes

def test_the_old_name_goes(reap, emulator, zone, renamed, calls):
    result = reap("--renamed")
    assert (result.status, result.stdout) == (0, REMOVED)
    assert names(zone) == ONE
    [request] = emulator.requests_of("route53", CHANGE)
    assert changes_of(request) == [f"DELETE A {FORMER}", f"DELETE TXT {heritage(ID)}"]
    assert calls("ec2") == [DESCRIBE] * 3       # its state, its tag, and again


def test_as_it_comes_about(run, reap, zone, instance):
    settings = f"zone: {ZONE}\naction: CREATE"
    instance.tags["dnsname"] = "old"
    assert run(settings=settings).status == 0
    instance.stop()
    run.state.unlink()                          # of the boot before
    instance.tags["dnsname"] = "new"
    instance.start("54.200.20.2")
    stays(reap, zone)                           # before its new name is there
    assert run(settings=settings).status == 0
    assert names(zone) == BOTH
    result = reap("--renamed")
    assert result.stdout == REMOVED.replace(FORMER, ADDRESS)
    assert names(zone) == ONE
    assert run(settings=settings).stdout == f"{NEW} is already 54.200.20.2\n"


def test_without_the_option_it_stays(reap, zone, renamed, calls):
    before = zone.record_sets()
    assert reap().stdout == NOTHING
    assert zone.record_sets() == before and calls("ec2") == [DESCRIBE]


@pytest.mark.parametrize("tag", ["new", "NEW", NEW, NEW + ".", "New.EC2.example.com"])
@pytest.mark.parametrize("by_id", [False, True])
def test_a_tag_however_it_is_written(reap, zone, renamed, tag, by_id):
    renamed.tags["dnsname"] = tag
    result = reap("--renamed", "--zone-id", zone.id, zone=None) if by_id else reap("--renamed")
    assert result.stdout == REMOVED


def test_both_families_go_if_one_of_them_is_left_behind(reap, zone, renamed):
    """An instance keeps its IPv6 address when it is stopped."""
    renamed.ipv6 = IPV6
    zone.put(NEW, "AAAA", [IPV6])
    zone.put(OLD, "AAAA", ["2001:0DB8:0:0:0:0:0:17"])
    result = reap("--renamed")
    assert result.status == 0 and result.stdout.startswith(REMOVED)
    assert names(zone) == ONE


def test_an_ipv6_address_alone(reap, zone, renamed):
    renamed.public_ipv4, renamed.ipv6 = None, IPV6
    for name, address in ((OLD, FORMER_IPV6), (NEW, IPV6)):
        zone.delete(name, "A")
        zone.put(name, "AAAA", [address])
    assert reap("--renamed").stdout == REMOVED.replace(FORMER, FORMER_IPV6)


def test_a_private_address(reap, zone, renamed):
    zone.put(NEW, "A", [renamed.local_ipv4])
    assert reap("--renamed").stdout == REMOVED


def test_several_old_names_and_several_instances(reap, emulator, zone, renamed):
    other = emulator.instance(OTHER, public_ipv4="54.7.7.7", tags={"dnsname": "b"})
    put_owned(zone, f"older.{ZONE}", ID, "54.8.8.8")
    put_owned(zone, f"a.{ZONE}", other.id, "54.6.6.6")
    put_owned(zone, f"b.{ZONE}", other.id, "54.7.7.7")
    lines = reap("--renamed").stdout.splitlines()
    assert [line.split()[1] for line in lines] == [f"a.{ZONE}", OLD, f"older.{ZONE}"]
    assert names(zone) == sorted([*ONE, f"b.{ZONE}", f"_bootname.b.{ZONE}"])


def test_a_member_of_a_group_leaves_it(reap, zone, instance):
    instance.tags = {"dnsname": "new"}
    routing = {"multi_value": True}
    put_owned(zone, OLD, ID, FORMER, set_identifier=ID, **routing)
    put_owned(zone, OLD, OTHER, "54.7.7.7", set_identifier=OTHER, **routing)
    put_owned(zone, NEW, ID, ADDRESS, set_identifier=ID, **routing)
    assert REMOVED in reap("--renamed").stdout
    assert not [one for one in zone.record_sets() if one.name.startswith(OLD)
                and one.set_identifier == ID]


def test_a_dry_run(reap, zone, renamed, calls):
    before = zone.record_sets()
    assert reap("--renamed", "-n").stdout == REMOVED.replace("removing", "would remove")
    assert zone.record_sets() == before and CHANGE not in calls("route53")


def test_json(reap, zone, renamed):
    told = reap("--renamed", "-j").json
    assert told["changed"] and told["kept"] == 1
    assert told["removed"] == [{
        "name": OLD, "type": "A", "set_identifier": None, "values": [FORMER], "owner": ID,
        "region": "eu-west-1", "state": "running", "renamed_to": NEW}]


def test_json_of_one_that_is_gone(reap, emulator, zone):
    emulator.instance(ID, state="terminated")
    put_owned(zone, OLD, ID, FORMER)
    [one] = reap("--renamed", "-j").json["removed"]
    assert (one["state"], one["renamed_to"]) == ("terminated", None)


def test_verbose_says_what_it_has_found(reap, zone, renamed):
    result = reap("--renamed", "-v")
    assert f"{OLD}: owner {ID} is named {NEW} now" in result.stderr


def test_what_is_gone_goes_as_well(reap, emulator, zone, renamed):
    emulator.instance(OTHER, state="terminated")
    put_owned(zone, f"a.{ZONE}", OTHER, "54.7.7.7")
    result = reap("--renamed")
    assert result.stdout == f"removing a.{ZONE} (54.7.7.7), owner {OTHER} is terminated\n" + REMOVED
    assert names(zone) == ONE


# What stays

def tag(value):
    def change(emulator, zone, instance):
        instance.tags["dnsname"] = value
    return change


def no_tag(emulator, zone, instance):
    del instance.tags["dnsname"]


def state(value):
    def change(emulator, zone, instance):
        instance.state = value
    return change


def new_address(address):
    def change(emulator, zone, instance):
        zone.put(NEW, "A", [address])
    return change


def new_addresses(emulator, zone, instance):
    zone.put(NEW, "A", [ADDRESS, "54.1.1.1"])


def old_is_current(emulator, zone, instance):
    zone.put(OLD, "A", [ADDRESS])


def old_is_private(emulator, zone, instance):
    zone.put(OLD, "A", [instance.local_ipv4])


def old_has_no_address(emulator, zone, instance):
    zone.delete(OLD, "A")


def new_has_no_address(emulator, zone, instance):
    zone.delete(NEW, "A")


def third(emulator, zone, instance):
    """A name of the same instance, so that EC2 is asked."""
    put_owned(zone, f"third.{ZONE}", ID, ADDRESS)


def tag_of_another_zone(emulator, zone, instance):
    third(emulator, zone, instance)
    instance.tags["dnsname"] = "new."


def only_one_member_is_left_behind(emulator, zone, instance):
    """Of the name of the tag, of which the instance has two members."""
    instance.tags["dnsname"] = "old"
    zone.delete(OLD, "A")
    zone.delete(f"_bootname.{OLD}", "TXT")
    for identifier, address in (("a", FORMER), ("b", ADDRESS)):
        put_owned(zone, OLD, ID, address, set_identifier=identifier, multi_value=True)


def new_is_another_s_of_three(emulator, zone, instance):
    third(emulator, zone, instance)
    new_is_another_s(emulator, zone, instance)


def new_is_another_s(emulator, zone, instance):
    zone.put(f"_bootname.{NEW}", "TXT", [heritage(OTHER)])
    emulator.instance(OTHER)


def no_owner_record(name):
    def change(emulator, zone, instance):
        zone.delete(f"_bootname.{name}", "TXT")
    return change


def foreign(emulator, zone, instance):
    for name in (OLD, NEW):
        zone.put(f"_bootname.{name}", "TXT", [heritage(ID, account="999999999999")])


STAYS = {
    "the tag is the old name": tag("old"),
    "the tag is the old name, absolute": tag(OLD + "."),
    "no tag": no_tag,
    "an empty tag": tag(""),
    "a tag that is no name": tag("my web"),
    "a tag with a name that nobody has": tag("third"),
    "a tag of another zone": tag("new.example.org."),
    "a tag that is longer": tag("new.ec2"),
    "a tag that begins alike": tag("ne"),
    "the new name is not published": no_owner_record(NEW),
    "the old name has no owner record": no_owner_record(OLD),
    "the new name has a former address": new_address(FORMER),
    "the new name has another's address": new_address("54.7.7.7"),
    "the new name has another address, too": new_addresses,
    "the new name has no address": new_has_no_address,
    "the new name is another's": new_is_another_s,
    "the new name is another's of three": new_is_another_s_of_three,
    "a tag with a final dot": tag_of_another_zone,
    "one member of the tag's name": only_one_member_is_left_behind,
    "the old name leads to the instance": old_is_current,
    "the old name leads to its private address": old_is_private,
    "the old name has no address": old_has_no_address,
    "another account": foreign,
    **{one: state(one) for one in ("pending", "stopping", "stopped")},
}


@pytest.mark.parametrize("change", STAYS.values(), ids=STAYS)
def test_what_is_not_surely_renamed_stays(reap, emulator, zone, renamed, change):
    change(emulator, zone, renamed)
    before = zone.record_sets()
    result = reap("--renamed")
    assert result.status == 0 and "removing" not in result.stdout, result
    assert zone.record_sets() == before


def test_a_name_of_the_settings_beside_the_tag_s_stays(run, reap, zone, instance):
    settings = f"zone: {ZONE}\naction: CREATE\nrecords:\n- name: www\n- {{}}\n"
    instance.tags["dnsname"] = "new"
    assert run(settings=settings).status == 0
    stays(reap, zone)
    instance.stop()
    instance.start("54.200.20.2")
    stays(reap, zone)                           # neither is up to date
    assert run(settings=settings).status == 0
    stays(reap, zone)
    assert zone.values(f"www.{ZONE}", "A") == zone.values(NEW, "A") == ["54.200.20.2"]


def test_a_name_of_the_settings_alone_stays(run, reap, zone, instance):
    instance.tags["dnsname"] = "new"
    assert run(settings=f"zone: {ZONE}\nname: www\naction: CREATE").status == 0
    instance.stop()
    instance.start("54.200.20.2")
    stays(reap, zone)


def test_an_instance_with_one_name_is_not_asked_for(reap, zone, instance, calls):
    instance.tags["dnsname"] = "new"
    put_owned(zone, OLD, ID, FORMER)
    stays(reap, zone)
    assert calls("ec2") == [DESCRIBE]


# In between

def meanwhile(emulator, change, after=2):
    """Makes a change before EC2 is asked again."""
    def function(request, proceed):
        change()
        return proceed()
    emulator.faults.add(operation=DESCRIBE, action="callback", function=function, after=after)


def test_a_tag_that_is_changed_back_keeps_the_name(reap, emulator, zone, renamed):
    before = zone.record_sets()
    meanwhile(emulator, lambda: renamed.tags.update(dnsname="old"))
    assert "removing" not in reap("--renamed").stdout
    assert zone.record_sets() == before


def test_an_instance_that_stops_keeps_the_name(reap, emulator, zone, renamed):
    before = zone.record_sets()
    meanwhile(emulator, renamed.stop)
    assert "removing" not in reap("--renamed").stdout
    assert zone.record_sets() == before


def test_an_address_that_comes_back_keeps_the_name(reap, emulator, zone, renamed):
    before = zone.record_sets()
    meanwhile(emulator, lambda: setattr(renamed, "public_ipv4", FORMER))
    assert "removing" not in reap("--renamed").stdout
    assert zone.record_sets() == before


CHANGES = {
    "another takes it": (lambda zone: zone.put(f"_bootname.{OLD}", "TXT", [heritage(OTHER)]),
                         f"{OLD} has changed meanwhile: left alone\n"),
    "it is published again": (lambda zone: zone.put(OLD, "A", [ADDRESS]), NOTHING),
    "a former address again": (lambda zone: zone.put(OLD, "A", ["54.8.8.8"]),
                               REMOVED.replace(FORMER, "54.8.8.8")),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_what_moves_in_between(reap, emulator, zone, renamed, change, said):
    def function(request, proceed):
        change(zone)
    emulator.faults.add(operation=CHANGE, action="callback", function=function, times=1)
    assert reap("--renamed").stdout == said
    assert (OLD in names(zone)) == (not said.startswith("removing"))


# What EC2 says

def instance_xml(ids=(ID,), state="running", tags=(("dnsname", "new"),), addresses=(ADDRESS,)):
    rows = "".join(f"<item><key>{key}</key><value>{value}</value></item>" for key, value in tags)
    items = "".join(
        f"<item><instanceId>{one}</instanceId><instanceState><name>{state}</name></instanceState>"
        + "".join(f"<ipAddress>{address}</ipAddress>" for address in addresses)
        + f"<tagSet>{rows}</tagSet></item>" for one in ids)
    return ('<?xml version="1.0"?><DescribeInstancesResponse><reservationSet><item><instancesSet>'
            f"{items}</instancesSet></item></reservationSet></DescribeInstancesResponse>")


ANSWERS = {
    "all of it": (instance_xml(), True),
    "tags before": (instance_xml(tags=[("a", ""), ("", ""), ("dnsname", "new"), ("z", "dnsname")]),
                    True),
    "no instance": (instance_xml(ids=()), False),
    "another instance": (instance_xml(ids=(OTHER,)), False),
    "another instance, too": (instance_xml(ids=(ID, OTHER)), False),
    "the instance twice": (instance_xml(ids=(ID, ID)), False),
    "two tags": (instance_xml(tags=[("dnsname", "new"), ("dnsname", "old")]), False),
    "a tag of another key": (instance_xml(tags=[("Dnsname", "new")]), False),
    "a value that looks like the key": (instance_xml(tags=[("new", "dnsname")]), False),
    "no address": (instance_xml(addresses=()), False),
    "no addresses": (instance_xml(addresses=("", "x", "x" * 500, "54.123.123.1234")), False),
    "no state": (instance_xml(state=""), False),
    "another state": (instance_xml(state="running "), False),
    "a long tag": (instance_xml(tags=[("dnsname", "a" * 20000)]), False),
    "many tags": (instance_xml(tags=[(f"k{number}", "v" * 200) for number in range(500)]
                               + [("dnsname", "new")]), True),
    "no id": (instance_xml().replace("instanceId", "imageId"), False),
    "too many addresses": (instance_xml().replace(
        "<tagSet>", f"<item><ipv6Address>{IPV6}</ipv6Address></item>" * 2000 + "<tagSet>"), False),
    "many addresses": (instance_xml(addresses=[ADDRESS] * 3000), False),
}


@pytest.mark.parametrize(("body", "goes"), ANSWERS.values(), ids=ANSWERS)
def test_what_ec2_says_counts_if_it_is_clear(reap, emulator, zone, renamed, body, goes):
    emulator.faults.add(operation=DESCRIBE, status=200, body=body, after=1, times=None)
    before = zone.record_sets()
    result = reap("--renamed")
    assert result.status == 0, result
    assert (result.stdout == REMOVED) == goes, result
    assert goes or zone.record_sets() == before


@pytest.mark.parametrize("after", [1, 2])
@pytest.mark.parametrize(("fault", "status"), [
    ({"status": 403, "code": "UnauthorizedOperation"}, 77),
    ({"status": 200, "body": "<a>"}, 65), ({"status": 400, "code": "Strange"}, 65)])
def test_ec2_that_says_nothing_keeps_the_name(reap, emulator, zone, renamed, fault, status, after):
    emulator.faults.add(operation=DESCRIBE, after=after, times=None, **fault)
    before = zone.record_sets()
    result = reap("--renamed", partial=True)
    assert result.status == status
    assert f"; the names of {ID} are left alone\n" in result.stderr
    assert zone.record_sets() == before


def test_an_instance_that_ec2_does_not_know_any_more_keeps_its_name(reap, emulator, zone, renamed):
    emulator.faults.add(operation=DESCRIBE, after=1, times=None, status=400,
                        code="InvalidInstanceID.NotFound", message=f"The instance ID '{ID}'")
    stays(reap, zone)


def test_ec2_that_is_busy_is_asked_again(reap, emulator, zone, renamed):
    emulator.faults.add(operation=DESCRIBE, after=1, times=2, status=503,
                        code="RequestLimitExceeded")
    assert reap("--renamed").stdout == REMOVED


def test_elements_in_any_order(reap, emulator, zone, renamed):
    renamed.tags |= {f"k{number}": f"{number}" for number in range(9)}
    assert reap("--renamed").stdout == REMOVED


def test_the_policy_of_reap_is_enough(reap, emulator, zone, renamed):
    text = (ROOT / "cloud-config/reap-policy.json").read_text().replace("ZONEID", zone.id)
    emulator.attach_policy(reap.user.arn, text)
    assert reap("--renamed").stdout == REMOVED


def test_the_manual_says_the_rule():
    page = re.sub(r"\s+", " ", (ROOT / "docs/bootname-reap.8").read_text())
    assert ".It Fl -renamed" in page and "the old name has an address that does not belong to the instance" in page
