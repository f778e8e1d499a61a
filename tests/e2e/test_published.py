"""What this boot has published: `up` and `down` remove it when it is not wanted any more."""

import fcntl
import os
import pathlib
import re
import threading
import time

import pytest
from conftest import ONCE, heritage, put_owned

NAME, RENAMED = "webdev1.ec2.example.com", "www.ec2.example.com"
OWNER = "_bootname." + NAME
ME, OTHER = "i-0123456789abcdef0", "i-0fff9999eee888877"
ADDRESS, NEW, ELSE = "54.123.123.123", "54.9.8.7", "192.0.2.1"
IPV6 = "2001:db8::17"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
REFRESH = ("up", "--if-changed")
WAYS = ["{}", "owner_record: true", "action: CREATE"]
SET, SAME, GONE = (f"{text}\n" for text in (
    f"setting {NAME} to {ADDRESS}", f"{NAME} is already {ADDRESS}", f"removing {NAME} ({ADDRESS})"))


def held(*zones):
    """What is in zones beside their own NS and SOA: {(name, type, set identifier): values}."""
    return {(one.name.rstrip("."), one.type, one.set_identifier): one.values
            for zone in zones for one in zone.record_sets() if one.type not in ("NS", "SOA")}


def names_in(zone):
    return sorted((name, kind) for name, kind, _ in held(zone))


def make_due(run):
    """Let the hour pass."""
    run.state.write_text(re.sub("^look .*$", "look 0", run.state.read_text(), flags=re.MULTILINE))


# down, after something has changed while the instance ran

def move_address(instance):
    instance.public_ipv4 = NEW


def take_address(instance):
    instance.public_ipv4 = None


def take_addresses(instance):
    instance.public_ipv4 = instance.ipv6 = None


def rename(instance):
    instance.tags = {"dnsname": RENAMED}


def take_name(instance):
    instance.tags = {"Name": "x"}


CHANGES = [move_address, take_address, take_addresses, rename, take_name]


@pytest.mark.parametrize("settings", [None, *WAYS])
@pytest.mark.parametrize("ipv6", [None, IPV6], ids=["IPv4", "both"])
@pytest.mark.parametrize("change", CHANGES)
def test_down_removes_what_was_published_before_a_change(run, zone, instance, settings, ipv6,
                                                         change):
    instance.ipv6 = ipv6
    run(settings=settings)
    change(instance)
    result = run("down", settings=settings)
    assert result.status == 0
    assert GONE in result.stdout
    assert held(zone) == {}


@pytest.mark.parametrize("settings", WAYS)
@pytest.mark.parametrize("change", CHANGES)
def test_down_after_a_refresh(run, zone, instance, settings, change):
    instance.ipv6 = IPV6
    run(settings=settings)
    change(instance)
    run(*REFRESH, settings=settings, partial=change in (take_addresses, take_name))
    run("down", settings=settings)
    assert held(zone) == {}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("command", ["up", "down"])
def test_types_that_are_fewer_now(run, zone, instance, way, command):
    way = "" if way == "{}" else way
    instance.ipv6 = IPV6
    run(settings=way or "{}")
    result = run(command, settings=f"{way}\ntypes: [A]")
    assert f"removing {NAME} ({IPV6})\n" in result.stdout
    if command == "down":
        assert held(zone) == {}
    else:
        assert names_in(zone) == [(OWNER, "TXT")] * bool(way) + [(NAME, "A")]
        assert run("down", settings=f"{way}\ntypes: [A]").stdout == GONE
        assert held(zone) == {}


def test_types_that_are_fewer_since_another_boot_keep_the_owner_record(run, zone, instance):
    """Nobody remembers; but bootname-reap finds the AAAA by it."""
    put_owned(zone, NAME, ME, ADDRESS, IPV6)
    result = run("down", settings="action: CREATE\ntypes: [A]")
    assert result.stdout == GONE
    assert names_in(zone) == [(OWNER, "TXT"), (NAME, "AAAA")]


# up --if-changed

@pytest.mark.parametrize("settings", [None, *WAYS])
def test_a_renamed_instance_leaves_no_old_name(run, zone, instance, calls, settings):
    run(settings=settings)
    rename(instance)
    before = len(calls("route53"))
    result = run(*REFRESH, settings=settings)
    assert sorted(result.stdout.splitlines()) == sorted(
        [GONE.strip(), f"setting {RENAMED} to {ADDRESS}"])
    assert {name for name, *_ in held(zone)} <= {RENAMED, "_bootname." + RENAMED}
    assert calls("route53")[before:].count(CHANGE) == 1
    assert run(*REFRESH, settings=settings).stdout == f"{RENAMED} is already {ADDRESS}\n"


@pytest.mark.parametrize(("settings", "status"), [(None, 0), ("{}", 69), ("action: CREATE", 69)])
def test_a_tag_that_is_removed_takes_the_name_along(run, zone, instance, settings, status):
    run(settings=settings)
    take_name(instance)
    result = run(*REFRESH, settings=settings, partial=status > 0)
    assert (result.status, result.stdout) == (status, GONE)
    assert held(zone) == {}
    assert "published" in str(run.state) and NAME not in run.state.read_text()


@pytest.mark.parametrize("settings", WAYS)
def test_a_family_that_is_lost_goes(run, zone, instance, settings):
    instance.ipv6 = IPV6
    run(settings=settings)
    take_address(instance)
    result = run(*REFRESH, settings=settings)
    assert GONE in result.stdout and IPV6 in result.stdout
    assert (NAME, "A") not in names_in(zone) and (NAME, "AAAA") in names_in(zone)
    assert ((OWNER, "TXT") in names_in(zone)) == (settings != "{}")


@pytest.mark.parametrize("settings", WAYS)
def test_an_instance_without_an_address_gives_up_what_it_published(run, zone, instance, settings):
    run(settings=settings)
    take_address(instance)
    result = run(*REFRESH, settings=settings, partial=True)
    assert (result.status, result.stdout) == (69, GONE)
    assert "no public-ipv4" in result.stderr
    assert held(zone) == {}
    result = run(*REFRESH, settings=settings)
    assert (result.status, result.stdout) == (69, "")
    instance.public_ipv4 = ADDRESS
    assert run(*REFRESH, settings=settings).stdout == SET


@pytest.mark.parametrize("settings", WAYS)
def test_an_instance_without_an_address_and_without_a_memory_touches_nothing(run, zone, instance,
                                                                              settings):
    put_owned(zone, NAME, ME, ADDRESS)
    before = held(zone)
    take_address(instance)
    result = run(settings=settings)
    assert (result.status, result.stdout) == (69, "")
    assert held(zone) == before


@pytest.mark.parametrize("settings", WAYS)
def test_a_listed_family_that_is_lost_goes_and_the_other_stays(run, zone, instance, settings):
    settings = f"{settings.strip('{}')}\ntypes: [A, AAAA]"
    instance.ipv6 = IPV6
    run(settings=settings)
    take_address(instance)
    result = run(*REFRESH, settings=settings, partial=True)
    assert (result.status, result.stdout) == (69, GONE)
    assert (NAME, "AAAA") in names_in(zone) and (NAME, "A") not in names_in(zone)


@pytest.mark.parametrize("command", [REFRESH, ("down",)], ids=["up", "down"])
@pytest.mark.parametrize(("path", "change"), [
    ("public-ipv4", take_address), ("public-ipv4", move_address), ("ipv6", take_address),
    ("tags/instance/dnsname", rename), ("tags/instance", take_name)])
def test_what_could_not_be_learnt_removes_nothing(run, emulator, zone, instance, path, change,
                                                  command):
    run(settings="{}")
    before = held(zone)
    change(instance)
    emulator.faults.add(service="imds", path=f"/meta-data/{path}", status=500, times=None)
    assert run(*command, settings=ONCE).status == 75
    assert held(zone) == before


@pytest.mark.parametrize("settings", [None, "{}"])
@pytest.mark.parametrize("command", [REFRESH, ("down",)], ids=["up", "down"])
def test_tags_that_are_switched_off_and_denied_are_no_fact(run, emulator, zone, instance, settings,
                                                           command):
    run(settings=settings)
    before = held(zone)
    instance.tags_in_metadata = False
    emulator.denied = {"ec2:DescribeTags"}
    run(*command, settings=settings)
    assert held(zone) == before


# Settings that change

@pytest.mark.parametrize("command", ["up", "down"])
@pytest.mark.parametrize("key", ["zone", "zone_id"])
@pytest.mark.parametrize("way", ["", "action: CREATE", "owner_record: true"])
def test_another_zone(run, emulator, zone, command, key, way):
    private = emulator.hosted_zone("example.com")
    first = f"{way}\nname: {NAME}\n{key}: {zone.id if key == 'zone_id' else zone.name}\n"
    second = f"{way}\nname: {NAME}\n{key}: {private.id if key == 'zone_id' else private.name}\n"
    run(settings=first)
    assert (NAME, "A") in names_in(zone)
    result = run(command, settings=second)
    assert result.status == 0 and GONE in result.stdout
    assert held(zone) == {}
    if command == "up":
        assert (NAME, "A") in names_in(private)
        assert run("down", settings=second).stdout == GONE
    assert held(private) == {}


ROUTINGS = ["{}", "routing: weighted", "routing: weighted\nweight: 7", "routing: multivalue",
            "routing: weighted\nset_identifier: a b", "routing: multivalue\nset_identifier: a b "]


@pytest.mark.thorough(but=["{}"])
@pytest.mark.parametrize("way", ["", "action: CREATE", "owner_record: true"])
@pytest.mark.parametrize("second", ROUTINGS)
@pytest.mark.parametrize("first", ROUTINGS)
def test_another_routing(run, zone, first, second, way):
    first, second = (f"{way}\n{text.strip('{}')}\nttl: 60" for text in (first, second))
    run(settings=first)
    result = run(*REFRESH, settings=second)
    assert result.status == 0
    assert names_in(zone) == [(OWNER, "TXT")] * bool(way) + [(NAME, "A")]
    assert run("down", settings=second).stdout == GONE
    assert held(zone) == {}


@pytest.mark.parametrize("command", [REFRESH, ("down",)], ids=["up", "down"])
@pytest.mark.parametrize("way", ["", "action: CREATE"])
def test_a_shorter_list_of_records(run, zone, calls, command, way):
    names = [f"n{number}.ec2.example.com" for number in range(3)]

    def listed(names):
        return f"{way}\nrecords:\n" + "".join(f"- name: {name}\n" for name in names)
    run(settings=listed(names))
    assert {name for name, kind, _ in held(zone) if kind == "A"} == set(names)
    result = run(*command, settings=listed(names[1:2]))
    assert result.status == 0
    for name in names[::2]:
        assert f"removing {name} ({ADDRESS})\n" in result.stdout
    left = set(names[1:2]) if command == REFRESH else set()
    assert {name for name, kind, _ in held(zone) if kind == "A"} == left
    assert len(held(zone)) == len(left) * (1 + bool(way))


def test_more_names_than_a_run_removes_go_one_after_the_other(run, zone, instance):
    """Only in several boots' worth of renaming is there as much to remove."""
    names = [f"n{number}.ec2.example.com" for number in range(8)]
    run(settings="records:\n" + "".join(f"- name: {name}\n" for name in names))
    run.state.write_text(run.state.read_text() + "".join(
        f"A {zone.id} m{number}.ec2.example.com {ADDRESS} - simple \n" for number in range(4)))
    for number in range(4):
        zone.put(f"m{number}.ec2.example.com", "A", [ADDRESS])
    instance.tags = {}
    assert run("down").stdout.count("removing") == 8
    assert run("down").stdout.count("removing") == 4
    assert held(zone) == {}


# Only what stands exactly so

@pytest.mark.parametrize("settings", ["{}", "action: CREATE"])
@pytest.mark.parametrize("command", [REFRESH, ("down",)], ids=["up", "down"])
@pytest.mark.parametrize("put", [
    {"values": [ELSE]}, {"values": [ADDRESS, ELSE]}, {"alias": "lb.ec2.example.com"}],
    ids=["another address", "one more", "alias"])
def test_what_others_have_made_of_it_stays(run, zone, instance, settings, command, put):
    run(settings=settings)
    rename(instance)
    zone.put(NAME, "A", **put)
    before = {key: value for key, value in held(zone).items() if key[0] == NAME}
    assert run(*command, settings=settings).status == 0
    assert {key: value for key, value in held(zone).items() if key[0] == NAME} == before


@pytest.mark.parametrize("command", [REFRESH, ("down",)], ids=["up", "down"])
@pytest.mark.parametrize("settings", WAYS)
def test_what_another_instance_owns_by_now_stays(run, zone, instance, settings, command):
    run(settings=settings)
    rename(instance)
    put_owned(zone, NAME, OTHER)
    assert run(*command, settings=settings).status == 0
    assert zone.values(NAME, "A") == [ADDRESS]
    assert zone.values(OWNER, "TXT") == [heritage(OTHER)]
    assert NAME not in run.state.read_text()        # it is accounted for


def test_what_is_gone_already_is_forgotten(run, zone, instance):
    run()
    rename(instance)
    zone.delete(NAME, "A")
    assert run(*REFRESH).stdout == f"setting {RENAMED} to {ADDRESS}\n"
    assert NAME not in run.state.read_text()


def test_other_members_of_the_group_stay(run, zone, instance):
    put_owned(zone, NAME, OTHER, ELSE, set_identifier=OTHER, multi_value=True)
    run(settings="routing: multivalue\naction: CREATE")
    rename(instance)
    run(*REFRESH, settings="routing: multivalue\naction: CREATE")
    assert sorted(key[:2] for key in held(zone) if key[2] == OTHER) == [
        (OWNER, "TXT"), (NAME, "A")]
    assert not [key for key in held(zone) if key[0] == NAME and key[2] == ME]


# What fails

def test_a_name_that_cannot_be_removed_keeps_no_other_from_being_set(run, emulator, zone,
                                                                     instance):
    run()
    rename(instance)
    emulator.denied = {f"route53:{READ}"}
    result = run(*REFRESH, partial=True)
    assert result.status == 77 and result.stdout == f"setting {RENAMED} to {ADDRESS}\n"
    assert zone.values(NAME, "A") == [ADDRESS] and NAME in run.state.read_text()
    emulator.denied = set()
    assert run(*REFRESH).stdout == f"{RENAMED} is already {ADDRESS}\n"
    make_due(run)
    assert GONE in run(*REFRESH).stdout
    assert names_in(zone) == [(RENAMED, "A")]


def test_a_zone_that_is_gone_is_told_of_once(run, zone):
    run(settings=f"name: {NAME}\nzone_id: {zone.id}")
    run.state.write_text(run.state.read_text().replace(zone.id, "ZGONE"))
    settings = f"name: {NAME}\nzone_id: {zone.id}\nttl: 61"
    result = run(settings=settings, partial=True)
    assert (result.status, result.stdout) == (69, SET)
    assert "ZGONE" in result.stderr and "ZGONE" not in run.state.read_text()
    assert run(*REFRESH, settings=settings).stdout == SAME


def test_a_look_into_a_zone_that_was_made_anew(run, zone):
    run()
    run.state.write_text(run.state.read_text().replace(zone.id, "ZGONE"))
    zone.delete(NAME, "A")
    make_due(run)
    assert run(*REFRESH).stdout == SET
    assert zone.values(NAME, "A") == [ADDRESS]


def test_a_new_name_that_is_taken_leaves_the_old_one(run, zone, instance):
    run(settings="action: CREATE")
    put_owned(zone, RENAMED, OTHER, ELSE)
    rename(instance)
    assert run(*REFRESH, settings="action: CREATE").status == 73
    assert zone.values(NAME, "A") == [ADDRESS]
    zone.delete(RENAMED, "A")
    zone.delete("_bootname." + RENAMED, "TXT")
    assert GONE in run(*REFRESH, settings="action: CREATE").stdout
    assert names_in(zone) == [("_bootname." + RENAMED, "TXT"), (RENAMED, "A")]


def test_a_new_name_that_is_taken_does_not_keep_an_address_that_is_gone(run, zone, instance):
    run(settings="action: CREATE")
    put_owned(zone, RENAMED, OTHER, ELSE)
    rename(instance)
    move_address(instance)
    result = run(*REFRESH, settings="action: CREATE", partial=True)
    assert (result.status, result.stdout) == (73, GONE)
    assert zone.values(NAME, "A") == []


@pytest.mark.parametrize("action", ["reset_after", "reset_during"])
def test_a_change_whose_answer_was_lost_is_not_forgotten(run, emulator, zone, instance, action):
    """The run ends before it hears what has become of the new address."""
    run(settings=ONCE)
    move_address(instance)
    emulator.faults.add(operation=CHANGE, action=action, times=None)
    assert run(*REFRESH, settings=ONCE).status == 75
    emulator.faults.clear()
    assert NEW in run.state.read_text() and ADDRESS in run.state.read_text()
    take_address(instance)
    assert run("down", settings=ONCE).status == 0
    assert held(zone) == {}


def test_a_process_that_is_killed_while_changing_forgets_nothing(run, emulator, zone, instance):
    run()
    rename(instance)
    emulator.faults.add(operation=CHANGE, action="hang")
    emulator.requests.clear()
    process = run.start("up")
    try:
        emulator.wait_request("route53", CHANGE)
    finally:
        process.kill()
        process.communicate()
    assert NAME in run.state.read_text() and RENAMED in run.state.read_text()
    assert GONE in run("down").stdout
    assert held(zone) == {}


def test_a_role_that_is_not_in_the_settings_any_more(run, emulator, zone):
    run(settings="{}")
    state = run.state.read_text().replace(" - simple", " arn:aws:iam::1:role/x simple")
    run.state.write_text(state.replace(NAME, RENAMED))
    zone.put(RENAMED, "A", [ADDRESS])
    result = run("up", partial=True)
    assert result.status == 69 and "arn:aws:iam::1:role/x" in result.stderr
    assert zone.values(RENAMED, "A") == [ADDRESS] and RENAMED in run.state.read_text()


# A dry run

@pytest.mark.parametrize("command", ["up", "down"])
def test_a_dry_run_shows_it_and_forgets_nothing(run, zone, instance, command):
    run()
    rename(instance)
    kept, before = run.state.read_bytes(), held(zone)
    assert f"would remove {NAME} ({ADDRESS})\n" in run("-n", command).stdout
    assert run.state.read_bytes() == kept and held(zone) == before


def test_json(run, zone, instance):
    run()
    rename(instance)
    told = run("-j").json
    assert told["changed"] is True
    assert [(one["name"], one["values"], one["before"]) for one in told["records"]] == [
        (NAME, [], [ADDRESS]), (RENAMED, [ADDRESS], None)]


# A look at Route 53, once in a while

def test_the_look_comes_within_the_hour_or_so(run, zone):
    with open("/proc/uptime", encoding="ascii") as file:
        uptime = float(file.read().split()[0])
    minutes = []
    for _ in range(12):
        run()
        [look] = re.findall("^look ([0-9]+)$", run.state.read_text(), re.MULTILINE)
        minutes.append((int(look) / 1000 - uptime) / 60)
    assert min(minutes) > 44 and max(minutes) < 77 and max(minutes) - min(minutes) > 1


@pytest.mark.parametrize("settings", WAYS)
def test_a_look_that_finds_all_as_it_was_is_one_read(run, zone, calls, settings):
    run(settings=settings)
    make_due(run)
    before, due = len(calls("route53")), run.state.read_text()
    assert run(*REFRESH, settings=settings).stdout == SAME
    assert calls("route53")[before:] == [READ]
    assert run.state.read_text() != due
    assert run(*REFRESH, settings=settings).stdout == SAME
    assert calls("route53")[before:] == [READ]


@pytest.mark.parametrize("settings", WAYS)
def test_a_name_that_was_removed_comes_back(run, zone, settings):
    run(settings=settings)
    before = held(zone)
    for name, kind in names_in(zone):
        zone.delete(name, kind)
    assert run(*REFRESH, settings=settings).stdout == SAME
    make_due(run)
    assert run(*REFRESH, settings=settings).stdout == SET
    assert held(zone) == before


@pytest.mark.parametrize("settings", ["{}", "owner_record: true"])
def test_a_name_that_was_overwritten_comes_back(run, zone, settings):
    run(settings=settings)
    zone.put(NAME, "A", [ELSE])
    make_due(run)
    assert run(*REFRESH, settings=settings).stdout == SET
    assert zone.values(NAME, "A") == [ADDRESS]


def test_an_alias_in_its_place_is_replaced_as_up_does(run, zone):
    run(settings="{}")
    zone.put(NAME, "A", alias="lb.ec2.example.com")
    make_due(run)
    assert run(*REFRESH, settings="{}").stdout == SET


def test_a_look_takes_nothing_of_another_s(run, zone):
    run(settings="action: CREATE")
    put_owned(zone, NAME, OTHER, ELSE)
    make_due(run)
    assert run(*REFRESH, settings="action: CREATE").status == 73
    assert zone.values(NAME, "A") == [ELSE]


def test_a_look_that_is_not_permitted_does_as_up_does(run, emulator, zone):
    run(settings="{}")
    zone.delete(NAME, "A")
    emulator.denied = {f"route53:{READ}"}
    make_due(run)
    assert run(*REFRESH, settings="{}").stdout == SET
    assert zone.values(NAME, "A") == [ADDRESS]


def test_a_look_that_fails_comes_again_with_the_next_run(run, emulator, zone, calls):
    run(settings=ONCE)
    make_due(run)
    before = run.state.read_text()
    emulator.faults.add(operation=READ, status=503, times=None)
    assert run(*REFRESH, settings=ONCE).status == 75
    assert run.state.read_text() == before
    emulator.faults.clear()
    assert run(*REFRESH, settings=ONCE).stdout == SAME
    assert run.state.read_text() != before


@pytest.mark.parametrize("look", ["999999999999999", "99999999999999999999", "-5", "soon", ""])
def test_a_look_that_lies_too_far_ahead_is_due(run, zone, look):
    run()
    zone.delete(NAME, "A")
    run.state.write_text(re.sub("look .*", f"look {look}", run.state.read_text()))
    assert run(*REFRESH).stdout == SET


# Two runs of one instance

def wait_for(condition):
    """Wait until it is so, for as long as a run may take."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("command", [("up",), REFRESH, ("down",)], ids=" ".join)
def test_a_run_waits_for_the_one_before(run, emulator, zone, instance, command):
    """It asks for the address when that one has ended, not before: the later answer is the later
    change."""
    run()
    emulator.faults.add(operation=CHANGE, action="callback", function=lambda request, proceed:
                        proceeding.wait(20))
    proceeding = threading.Event()
    emulator.requests.clear()
    move_address(instance)
    first = run.start("up")
    emulator.wait_request("route53", CHANGE)
    seen = len(emulator.requests)
    second = run.start(*command)
    wait_for(lambda: holders(run.state.with_name("lock")) == 2)
    assert len(emulator.requests) == seen
    instance.public_ipv4 = ELSE
    proceeding.set()
    assert run.finish(first).stdout == f"setting {NAME} to {NEW}\n"
    result = run.finish(second)
    assert result.status == 0
    if command == ("down",):
        assert held(zone) == {}
    else:
        assert result.stdout == f"setting {NAME} to {ELSE}\n"
        assert zone.values(NAME, "A") == [ELSE] and ELSE in run.state.read_text()


def holders(path):
    """How many processes have a file open."""
    count = 0
    for link in pathlib.Path("/proc").glob("[0-9]*/fd/*"):
        try:
            count += os.readlink(link) == str(path)
        except OSError:
            pass
    return count


@pytest.fixture
def lock(run):
    """The lock, held by somebody else."""
    run.state.parent.mkdir()
    with open(run.state.with_name("lock"), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


@pytest.mark.parametrize("command", [("up",), REFRESH, ("down",)], ids=" ".join)
def test_who_waits_stays_inside_its_deadline(run, emulator, zone, lock, command):
    result = run(*command, settings=ONCE)
    assert result.status == 75 and result.stderr.startswith("bootname: lock: another bootname holds")
    assert str(run.state.with_name("lock")) in result.stderr
    assert emulator.requests == []


@pytest.mark.parametrize("command", [("-n", "up"), ("-n", "down"), ("check",)], ids=" ".join)
def test_who_changes_nothing_does_not_wait(run, zone, lock, command):
    assert run(*command, settings=ONCE).status != 75


@pytest.mark.parametrize("spoil", ["folder", "symlink", "pipe", "read-only"])
def test_a_lock_that_cannot_be_had_keeps_nobody_from_publishing(run, zone, tmp_path, spoil):
    run.state.parent.mkdir()
    path = run.state.with_name("lock")
    if spoil == "folder":
        path.mkdir()
    elif spoil == "symlink":
        path.symlink_to(tmp_path / "elsewhere")
    elif spoil == "pipe":
        os.mkfifo(path)
    else:
        path.touch(0o400)
    assert run().stdout == SET
    assert not (tmp_path / "elsewhere").exists()


def test_a_run_that_was_killed_holds_no_lock(run, emulator, zone):
    emulator.faults.add(operation=CHANGE, action="hang")
    process = run.start("up")
    emulator.wait_request("route53", CHANGE)
    process.kill()
    process.communicate()
    assert run().stdout == SET
