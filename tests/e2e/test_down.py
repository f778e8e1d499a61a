"""bootname down: an instance takes its own records back, and nobody else's."""

import pytest
from conftest import ONCE, changes_of, heritage, put_owned

NAME = "webdev1.ec2.example.com"
OWNER = "_bootname." + NAME
ME, OTHER = "i-0123456789abcdef0", "i-0fff9999eee888877"
ADDRESS, OLD = "54.123.123.123", "54.9.9.9"
IPV6, LONG_IPV6 = "2001:db8::17", "2001:0DB8:0:0:0:0:0:17"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
CREATE = "action: CREATE"
REMOVING = f"removing {NAME} ({ADDRESS})\n"
ABSENT = f"{NAME} is not there: nothing to remove\n"


def left(address):
    """What is said of another's record."""
    return f"{NAME} ({address}) is not ours: left alone\n"


def names_in(zone):
    """What is in the zone beside its own NS and SOA."""
    return [(one.name, one.type) for one in zone.record_sets() if one.type not in ("NS", "SOA")]


# Ours

OWNED = {
    "address": [("A", [ADDRESS])],
    "old address": [("A", [OLD])],
    "both families": [("A", [ADDRESS]), ("AAAA", [IPV6])],
    "one lost": [("AAAA", [IPV6])],
    "spelled differently": [("AAAA", [LONG_IPV6])],
    "two values": [("A", [ADDRESS, OLD])],
}
UNSIGNED = {
    "address": [("A", [ADDRESS])],
    "both families": [("A", [ADDRESS]), ("AAAA", [LONG_IPV6])],
}
OURS = [pytest.param(sets, ME, settings, id=f"{name}, owned, {settings}")
        for name, sets in OWNED.items() for settings in ("{}", CREATE, "owner_record: true")]
OURS += [pytest.param(sets, None, settings, id=f"{name}, {settings}")
         for name, sets in UNSIGNED.items()
         for settings in ("{}", CREATE, "owner_record: true", f"{CREATE}\nowner_record: false")]


@pytest.mark.parametrize(("sets", "owner", "settings"), OURS)
def test_what_is_ours_goes_in_one_batch(run, emulator, zone, instance, calls, settings, sets,
                                        owner):
    instance.ipv6 = IPV6
    for kind, values in sets:
        zone.put(NAME, kind, values, ttl=300)
    if owner:
        put_owned(zone, NAME, owner, ttl=300)
    result = run("down", settings=settings)
    lines = result.stdout.splitlines()
    assert result.status == 0 and len(lines) == len(sets)
    for line, (_, [value, *_]) in zip(lines, sets, strict=True):
        assert line.startswith(f"removing {NAME} (") and (
            value in line or IPV6 in line and value == LONG_IPV6)
    assert names_in(zone) == []
    assert calls("route53") == [LIST, READ, CHANGE]
    [request] = emulator.requests_of("route53", CHANGE)
    assert sorted(changes_of(request)) == sorted(
        [f"DELETE {kind} {' '.join(values)}" for kind, values in sets]
        + [f"DELETE TXT {heritage(ME)}"] * bool(owner))


def test_the_line(run, zone):
    put_owned(zone, NAME, ME, ADDRESS)
    assert run("down", settings=CREATE).stdout == REMOVING


@pytest.mark.parametrize("settings", ["{}", CREATE, "owner_record: true", "ttl: 30"])
def test_up_and_down_and_up(run, zone, nameserver, settings):
    for _ in range(2):
        assert run(settings=settings).stdout == f"setting {NAME} to {ADDRESS}\n"
        assert nameserver(NAME) == [ADDRESS]
        assert run("down", settings=settings).stdout == REMOVING
        assert nameserver(NAME) == [] and names_in(zone) == []
    assert run("down", settings=settings).stdout == ABSENT


def test_another_instance_gets_the_name_then(run, emulator, zone, on):
    other = on(emulator.instance(OTHER, public_ipv4=OLD))
    run(settings=CREATE)
    assert other(settings=CREATE).status == 73
    run("down", settings=CREATE)
    assert other(settings=CREATE).stdout == f"setting {NAME} to {OLD}\n"
    assert run("down", settings=CREATE).stdout == left(OLD)


def test_an_instance_without_its_address_still_owns_the_name(run, zone, instance):
    put_owned(zone, NAME, ME, ADDRESS)
    instance.public_ipv4 = None
    assert run("down", settings=CREATE).stdout == REMOVING
    assert names_in(zone) == []


def test_the_wildcard(run, zone, instance):
    instance.tags["dnsname"] = "*.ec2.example.com"
    run(settings=CREATE)
    assert run("down", settings=CREATE).stdout == f"removing *.ec2.example.com ({ADDRESS})\n"
    assert names_in(zone) == []


def test_other_records_stay(run, zone):
    put_owned(zone, NAME, ME, ADDRESS)
    zone.put(NAME, "TXT", ['"kept"'])
    put_owned(zone, "x" + NAME, ME, ADDRESS)
    before = zone.record_sets()
    run("down", settings=CREATE)
    gone = {(NAME + ".", "A"), (OWNER + ".", "TXT")}
    assert zone.record_sets() == [one for one in before if (one.name, one.type) not in gone]


def test_the_owner_record_on_a_later_page(run, zone, calls):
    put_owned(zone, NAME, ME, OLD)
    for number in range(300):
        zone.put(f"{number}.{NAME}", "A", ["192.0.2.1"])
    assert run("down", settings=CREATE).stdout == f"removing {NAME} ({OLD})\n"
    assert calls("route53") == [LIST, READ, READ, CHANGE]
    assert zone.find(OWNER, "TXT") is None


# Not ours

NOT_OURS = {
    "another address": ([("A", [OLD])],            None),
    "another's": ([("A", [OLD])],                  OTHER),
    "one more value": ([("A", [OLD, ADDRESS])],    None),
    "another's with ours": ([("A", [OLD, ADDRESS])], OTHER),
    "ours in the name of another": ([("A", [ADDRESS])], OTHER),
}


@pytest.mark.parametrize("settings", ["{}", CREATE])
@pytest.mark.parametrize(("sets", "owner"), NOT_OURS.values(), ids=NOT_OURS)
def test_what_is_another_s_is_left_alone(run, zone, calls, settings, sets, owner):
    for kind, values in sets:
        zone.put(NAME, kind, values)
    if owner:
        put_owned(zone, NAME, owner)
    before = zone.record_sets()
    result = run("down", settings=settings)
    assert result.status == 0
    assert result.stdout.startswith(f"{NAME} ({sets[0][1][0]}") and result.stdout.count("\n") == 1
    assert result.stdout.endswith(") is not ours: left alone\n")
    assert zone.record_sets() == before and CHANGE not in calls("route53")


def test_the_line_of_another_s(run, zone):
    zone.put(NAME, "A", [OLD])
    assert run("down").stdout == left(OLD)


@pytest.mark.parametrize("owner", [None, OTHER])
@pytest.mark.parametrize(("kind", "options"), [
    ("A", {"alias": "lb.ec2.example.com"}), ("CNAME", {"values": ["elsewhere.example."]}),
    ("A", {"values": [ADDRESS], "set_identifier": "x", "weight": 1})],
    ids=["alias", "CNAME", "weighted"])
def test_another_kind_of_record_is_left_alone(run, zone, calls, owner, kind, options):
    zone.put(NAME, kind, **options)
    if owner:
        put_owned(zone, NAME, owner)
    before = zone.record_sets()
    assert run("down", settings=CREATE).status == 0
    assert zone.record_sets() == before and CHANGE not in calls("route53")


def test_only_the_one_that_is_ours_goes(run, zone, instance):
    instance.ipv6 = IPV6
    zone.put(NAME, "A", [OLD])
    zone.put(NAME, "AAAA", [IPV6])
    result = run("down")
    assert result.stdout == f"{left(OLD)}removing {NAME} ({IPV6})\n"
    assert zone.values(NAME, "A") == [OLD] and zone.values(NAME, "AAAA") == []


@pytest.mark.parametrize("settings", ["{}", CREATE])
def test_what_is_absent_is_no_error(run, zone, calls, settings):
    result = run("down", settings=settings)
    assert (result.status, result.stdout) == (0, ABSENT)
    assert CHANGE not in calls("route53")


def test_neither_settings_nor_tag(run, instance, calls):
    instance.tags = {}
    result = run("down")
    assert result.status == 0 and "nothing to do" in result.stdout
    assert calls("route53") == []


def test_a_hostile_owner_record_is_not_ours(run, zone):
    put_owned(zone, NAME, ME, OLD)
    zone.put(OWNER, "TXT", [heritage(ME)[:-1] + ',x=y"'])
    before = zone.record_sets()
    assert run("down", settings=CREATE).stdout == left(OLD)
    assert zone.record_sets() == before


# Output

@pytest.mark.parametrize("there", [OLD, None])
def test_a_dry_run_changes_nothing(run, zone, calls, there):
    if there:
        put_owned(zone, NAME, ME, there)
    before = zone.record_sets()
    assert run("-n", "down", settings=CREATE).stdout == (
        f"would remove {NAME} ({there})\n" if there else ABSENT)
    assert zone.record_sets() == before and CHANGE not in calls("route53")


@pytest.mark.parametrize(("owner", "options", "changed", "before"), [
    (ME, ("-j",), True, [ADDRESS]), (ME, ("-jn",), False, [ADDRESS])],
    ids=["removed", "dry run"])
def test_json(run, zone, calls, owner, options, changed, before):
    put_owned(zone, NAME, owner, ADDRESS, ttl=30)
    told = run(*options, "down", settings=f"{CREATE}\nttl: 30").json
    assert told["changed"] is changed and told["dry_run"] is not changed
    assert (told["change_id"] is not None) == changed
    assert told["zone_id"] == zone.id
    assert told["records"] == [
        {"name": NAME, "type": "A", "ttl": 30, "values": [], "before": before}]
    assert told["calls"]["route53"] == len(calls("route53"))


def test_values_are_whole(run, zone):
    values = [f"198.51.100.{number}" for number in range(100, 250)]
    zone.put(NAME, "A", values)
    put_owned(zone, NAME, ME)
    told = run("-jn", "down", settings=CREATE).json
    before = told["records"][0]["before"]
    assert before == values[:len(before)] and len(before) > 60
    line = run("down", settings=CREATE).stdout
    assert line == f"removing {NAME} ({' '.join(before)})\n"
    assert zone.find(NAME, "A") is None


def test_json_of_what_is_absent(run, zone):
    told = run("-j", "down").json
    assert told["changed"] is False and told["change_id"] is None


def test_json_of_another_s(run, zone):
    put_owned(zone, NAME, OTHER, OLD)
    told = run("-j", "down", settings=CREATE).json
    assert told["changed"] is False and told["change_id"] is None


def test_quiet(run, zone):
    put_owned(zone, NAME, ME, ADDRESS)
    assert run("-q", "down", settings=CREATE).stdout == ""
    assert names_in(zone) == []


@pytest.mark.parametrize("words", [("down", "--if-changed"), ("--if-changed", "down"),
                                   ("down", "x"), ("down", "down"), ("down", "up")],
                         ids=" ".join)
def test_wrong_usage(run, emulator, words):
    result = run(*words)
    assert result.status == 64 and result.stderr.startswith("bootname: usage: ")
    assert emulator.requests == []


# When something fails

@pytest.mark.parametrize("action", ["reset_after", "reset_during"])
@pytest.mark.parametrize("owner", [ME, None])
def test_a_removal_whose_answer_was_lost(run, emulator, zone, owner, action):
    zone.put(NAME, "A", [ADDRESS])
    if owner:
        put_owned(zone, NAME, owner)
    fault = emulator.faults.add(operation=CHANGE, action=action)
    assert run("down", settings=CREATE).stdout == REMOVING
    assert fault.hits == 1 and names_in(zone) == []


def test_json_of_a_removal_whose_answer_was_lost(run, emulator, zone):
    put_owned(zone, NAME, ME, ADDRESS)
    emulator.faults.add(operation=CHANGE, action="reset_after")
    assert run("-j", "down").json["changed"] is True


@pytest.mark.parametrize("take", [True, False], ids=["taken", "removed"])
def test_a_record_that_moved_in_between(run, emulator, zone, calls, take):
    def function(request, proceed):
        if take:
            put_owned(zone, NAME, OTHER, OLD)
        else:
            zone.delete(NAME, "A")
            zone.delete(OWNER, "TXT")
    put_owned(zone, NAME, ME, ADDRESS)
    emulator.faults.add(operation=CHANGE, action="callback", function=function)
    result = run("down", settings=CREATE)
    assert result.status == 0
    assert calls("route53") == [LIST, READ, CHANGE, READ]
    if take:
        assert result.stdout == left(OLD)
        assert zone.values(OWNER, "TXT") == [heritage(OTHER)]


def test_a_record_that_moved_but_is_still_ours(run, emulator, zone, calls):
    put_owned(zone, NAME, ME, OLD)
    emulator.faults.add(operation=CHANGE, action="callback",
                        function=lambda request, proceed: put_owned(zone, NAME, ME, ADDRESS))
    assert run("down", settings=CREATE).stdout == REMOVING
    assert calls("route53") == [LIST, READ, CHANGE, READ, CHANGE]
    assert names_in(zone) == []


@pytest.mark.parametrize("path", ["dynamic/instance-identity/document", "meta-data/public-ipv4",
                                  "meta-data/tags/instance/dnsname"])
def test_metadata_that_fails_removes_nothing(run, emulator, zone, path):
    put_owned(zone, NAME, ME, ADDRESS)
    before = zone.record_sets()
    emulator.faults.add(service="imds", path=f"/{path}", status=500, times=None)
    assert run("down", settings=f"{CREATE}\n{ONCE}").status == 75
    assert zone.record_sets() == before


@pytest.mark.parametrize("action", [LIST, READ, CHANGE])
def test_denied(run, emulator, zone, action):
    put_owned(zone, NAME, ME, ADDRESS)
    emulator.denied = {f"route53:{action}"}
    result = run("down")
    assert result.status == 77 and f"route53:{action}" in result.stderr
    assert zone.values(NAME, "A") == [ADDRESS]


def test_no_zone(run):
    assert run("down").status == 69


# up --if-changed

@pytest.mark.parametrize("settings", ["{}", CREATE])
def test_what_was_removed_is_published_again(run, zone, settings):
    run(settings=settings)
    run("down", settings=settings)
    assert run("up", "--if-changed", settings=settings).stdout \
        == f"setting {NAME} to {ADDRESS}\n"
    assert zone.values(NAME, "A") == [ADDRESS]


def test_a_dry_run_forgets_nothing(run, zone):
    run()
    run("-n", "down")
    assert run("up", "--if-changed").stdout == f"{NAME} is already {ADDRESS}\n"


def test_a_removal_whose_answer_never_came_is_forgotten_too(run, emulator, zone):
    run(settings=ONCE)
    emulator.faults.add(operation=CHANGE, action="reset_after", times=None)
    run("down", settings=ONCE)
    emulator.faults.clear()
    assert run("up", "--if-changed", settings=ONCE).stdout == f"setting {NAME} to {ADDRESS}\n"


# Groups

@pytest.mark.parametrize("routing", [{"multi_value": True}, {"weight": 1}],
                         ids=["multivalue", "weighted"])
@pytest.mark.parametrize("how", [CREATE, "action: UPSERT"])
def test_a_member_removes_itself_only(run, zone, nameserver, routing, how):
    kind = "multivalue" if "multi_value" in routing else "weighted"
    put_owned(zone, NAME, OTHER, OLD, set_identifier=OTHER, **routing)
    settings = f"{how}\nrouting: {kind}"
    run(settings=settings)
    assert nameserver(NAME) == [ADDRESS, OLD]
    assert run("down", settings=settings).stdout == REMOVING
    assert nameserver(NAME) == [OLD]
    assert zone.values(OWNER, "TXT") == [heritage(OTHER)]
    assert run("down", settings=settings).stdout == ABSENT
