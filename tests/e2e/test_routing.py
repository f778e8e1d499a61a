"""routing: a group of instances shares one name, and each adds and removes only itself."""

import pytest
from conftest import changes_of, heritage, patient, put_owned

NAME = "webdev1.ec2.example.com"
OWNER = "_bootname." + NAME
ME, OTHER = "i-0123456789abcdef0", "i-0fff9999eee888877"
ADDRESS, OLD = "54.123.123.123", "54.9.9.9"
IPV6 = "2001:db8::17"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
ROUTINGS = ["multivalue", "weighted"]
ACTIONS = {"UPSERT": "", "UPSERT and owner": "owner_record: true\n", "CREATE": "action: CREATE\n"}
HEALTH = "abcdef11-2222-3333-4444-555555fedcba"


def beside(routing, instance_id=OTHER):
    """How zone.put() makes a member of a group."""
    how = {"multi_value": True} if routing == "multivalue" else {"weight": 1}
    return {"set_identifier": instance_id, **how}


@pytest.fixture
def group(emulator, on):
    """Three instances of an Auto Scaling group: their runners."""
    return [on(emulator.instance(f"i-{number:017x}", public_ipv4=f"54.0.0.{number}"))
            for number in (1, 2, 3)]


@pytest.mark.thorough(but=["CREATE"])
@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
@pytest.mark.parametrize("routing", ROUTINGS)
def test_a_group_shares_a_name(group, zone, nameserver, routing, action):
    settings = f"{action}routing: {routing}"
    for member in group:
        assert member(settings=settings).stdout \
            == f"setting {NAME} to {member.instance.public_ipv4}\n"
    assert nameserver(NAME) == ["54.0.0.1", "54.0.0.2", "54.0.0.3"]
    for member in group:
        record_set = zone.find(NAME, "A", member.instance.id)
        assert record_set.routing == routing
        assert record_set.values == (member.instance.public_ipv4,)
    first, second, third = group
    assert second("down", settings=settings).stdout == f"removing {NAME} (54.0.0.2)\n"
    assert nameserver(NAME) == ["54.0.0.1", "54.0.0.3"]
    second.instance.stop()
    second.instance.start("54.0.0.4")
    third.instance.stop()
    third.instance.start("54.0.0.5")
    for member in (second, third, first):
        assert member(settings=settings).status == 0
    assert nameserver(NAME) == ["54.0.0.1", "54.0.0.4", "54.0.0.5"]
    for member in group:
        assert member("down", settings=settings).status == 0
    assert [one.type for one in zone.record_sets()] == ["NS", "SOA"]


@pytest.mark.parametrize("routing", ROUTINGS)
def test_how_much_is_asked(run, zone, calls, routing):
    zone.put(NAME, "A", [OLD], **beside(routing))
    run(settings=f"routing: {routing}")
    assert calls("route53") == [LIST, CHANGE]
    assert run(settings=f"routing: {routing}\naction: CREATE").status == 0
    assert calls("route53")[2:] == [LIST, READ, CHANGE]     # for the owner record
    assert run(settings=f"routing: {routing}\naction: CREATE").stdout \
        == f"{NAME} is already {ADDRESS}\n"
    assert calls("route53")[5:] == [LIST, READ]


@pytest.mark.parametrize("routing", ROUTINGS)
@pytest.mark.parametrize("action", ["UPSERT and owner", "CREATE"])
def test_the_owner_record_is_a_member_too(run, emulator, zone, instance, routing, action):
    instance.ipv6 = IPV6
    put_owned(zone, NAME, OTHER, OLD, **beside(routing))
    run(settings=f"{ACTIONS[action]}routing: {routing}")
    for name, kind, value in ((NAME, "A", ADDRESS), (NAME, "AAAA", IPV6),
                              (OWNER, "TXT", heritage(ME))):
        record_set = zone.find(name, kind, ME)
        assert (record_set.routing, record_set.ttl) == (routing, 60)
        assert record_set.values == (value,)
    assert zone.find(OWNER, "TXT", OTHER).values == (heritage(OTHER),)
    [request] = emulator.requests_of("route53", CHANGE)
    assert len(changes_of(request)) == 3


@pytest.mark.parametrize("routing", ROUTINGS)
def test_only_one_s_own_member_is_replaced(run, emulator, zone, routing):
    put_owned(zone, NAME, OTHER, OLD, **beside(routing))
    put_owned(zone, NAME, ME, "54.9.9.8", **beside(routing, ME))
    run(settings=f"action: CREATE\nrouting: {routing}")
    [request] = emulator.requests_of("route53", CHANGE)
    assert changes_of(request)[:2] == ["DELETE A 54.9.9.8", f"CREATE A {ADDRESS}"]
    assert zone.find(NAME, "A", ME).values == (ADDRESS,)
    assert zone.find(NAME, "A", OTHER).values == (OLD,)


@pytest.mark.parametrize("routing", ROUTINGS)
def test_a_lost_family_is_removed_from_one_s_own_member(run, zone, routing):
    put_owned(zone, NAME, OTHER, OLD, "2001:db8::99", **beside(routing))
    put_owned(zone, NAME, ME, ADDRESS, IPV6, **beside(routing, ME))
    assert run(settings=f"action: CREATE\nrouting: {routing}").status == 0
    assert zone.values(NAME, "AAAA") == ["2001:db8::99"]


# What a set is made of

@pytest.mark.parametrize(("settings", "weight"), [
    ("", 1), ("\nweight: 0", 0), ("\nweight: 7", 7), ("\nweight: 255", 255)])
def test_the_weight(run, zone, settings, weight):
    run(settings=f"routing: weighted{settings}")
    assert zone.find(NAME, "A", ME).weight == weight


@pytest.mark.parametrize("settings", ["{}", "routing: simple"])
def test_simple_is_the_default(run, zone, settings):
    run(settings=settings)
    record_set = zone.find(NAME, "A")
    assert (record_set.routing, record_set.set_identifier) == ("simple", None)


@pytest.mark.parametrize("action", ["UPSERT", "CREATE"])
@pytest.mark.parametrize("routing", ROUTINGS)
@pytest.mark.parametrize("identifier", ["web", "a b/c.d-1", "x" * 128])
def test_the_set_identifier(run, zone, action, routing, identifier):
    settings = f"routing: {routing}\nset_identifier: {identifier}\naction: {action}"
    run(settings=settings)
    assert zone.find(NAME, "A", identifier).values == (ADDRESS,)
    assert run(settings=settings).status == 0
    assert run("down", settings=settings).stdout == f"removing {NAME} ({ADDRESS})\n"
    assert [one.type for one in zone.record_sets()] == ["NS", "SOA"]


def test_a_set_identifier_is_escaped(run, zone):
    run(settings="routing: multivalue\nset_identifier: a<b>&\"c\"")
    assert zone.find(NAME, "A", 'a<b>&"c"').values == (ADDRESS,)


@pytest.mark.parametrize("action", ["UPSERT", "CREATE"])
@pytest.mark.parametrize("routing", ROUTINGS)
def test_the_health_check(run, zone, action, routing):
    settings = f"routing: {routing}\nhealth_check_id: {HEALTH}\naction: {action}"
    run(settings=settings)
    assert zone.find(NAME, "A", ME).health_check_id == HEALTH
    assert run("down", settings=settings).stdout == f"removing {NAME} ({ADDRESS})\n"
    assert zone.find(NAME, "A", ME) is None


@pytest.mark.parametrize(("before", "after"), [("weight: 5", "weight: 6"),
                                               ("weight: 5", f"health_check_id: {HEALTH}")])
def test_another_weight_or_health_check_is_another_record(run, zone, before, after):
    settings = "routing: weighted\naction: CREATE\n"
    run(settings=settings + before)
    assert run(settings=settings + after).stdout == f"setting {NAME} to {ADDRESS}\n"
    record_set = zone.find(NAME, "A", ME)
    assert (record_set.weight, record_set.health_check_id) in ((6, None), (1, HEALTH))


# In the way

@pytest.mark.parametrize("routing", ROUTINGS)
@pytest.mark.parametrize(("action", "stage"), [("UPSERT", "change"), ("CREATE", "record")])
@pytest.mark.parametrize("value", [OLD, ADDRESS], ids=["another's", "the same"])
def test_a_simple_record_in_the_way(run, zone, routing, action, stage, value):
    zone.put(NAME, "A", [value])
    before = zone.record_sets()
    result = run(settings=f"routing: {routing}\naction: {action}")
    assert result.status == 73
    assert result.stderr.startswith(f"bootname: {stage}: ") and NAME in result.stderr
    assert zone.record_sets() == before


@pytest.mark.parametrize("action", ["UPSERT", "CREATE"])
@pytest.mark.parametrize("wanted", ROUTINGS)
def test_another_routing_in_the_way(run, zone, calls, action, wanted):
    [there] = set(ROUTINGS) - {wanted}
    put_owned(zone, NAME, OTHER, OLD, **beside(there))
    before = zone.record_sets()
    result = run(settings=f"routing: {wanted}\naction: {action}")
    assert result.status == 73 and NAME in result.stderr
    assert zone.record_sets() == before
    assert calls("route53")[1:] == [CHANGE if action == "UPSERT" else READ]
    if action == "CREATE":
        assert result.stderr == (
            f"bootname: record: {NAME} is taken: A {OLD} (TTL 60, routing {there}); choose another "
            f"name, or remove it, or set routing: {there}\n")


@pytest.mark.parametrize("action", ["CREATE", "UPSERT\nowner_record: true"])
@pytest.mark.parametrize("wanted", ROUTINGS)
def test_ten_that_meet_another_routing_keep_no_account_busy(emulator, on, zone, calls, action,
                                                            wanted):
    [there] = set(ROUTINGS) - {wanted}
    put_owned(zone, NAME, OTHER, OLD, **beside(there))
    for number in range(10):
        member = on(emulator.instance(f"i-{number:017x}", public_ipv4=f"54.0.0.{number}"))
        assert member(settings=f"routing: {wanted}\naction: {action}").status == 73
    assert calls("route53") == [LIST, READ] * 10


@pytest.mark.parametrize("wanted", ROUTINGS)
def test_one_s_own_member_beside_another_routing(run, zone, calls, wanted):
    """Its own comes first in the list, and could be replaced; the other cannot."""
    [there] = set(ROUTINGS) - {wanted}
    put_owned(zone, NAME, OTHER, OLD, **beside(there))
    put_owned(zone, NAME, ME, OLD, **beside(there, ME))
    before = zone.record_sets()
    assert run(settings=f"routing: {wanted}\naction: CREATE").status == 73
    assert zone.record_sets() == before and calls("route53") == [LIST, READ]


@pytest.mark.parametrize("routing", ROUTINGS)
def test_another_routing_of_the_other_family_does_not_matter(run, zone, routing):
    [there] = set(ROUTINGS) - {routing}
    zone.put(NAME, "AAAA", [IPV6], **beside(there))
    assert run(settings=f"routing: {routing}\naction: CREATE").status == 0


@pytest.mark.parametrize("action", ["CREATE", "UPSERT\nowner_record: true"])
def test_simple_beside_a_group(run, zone, calls, action):
    zone.put(NAME, "A", [OLD], **beside("weighted"))
    result = run(settings=f"action: {action}")
    assert result.status == 73 and "routing weighted" in result.stderr
    assert calls("route53") == [LIST, READ]


@pytest.mark.parametrize("wanted", ROUTINGS)
def test_one_s_own_only_member_may_change_its_routing(run, zone, wanted):
    [there] = set(ROUTINGS) - {wanted}
    put_owned(zone, NAME, ME, OLD, **beside(there, ME))
    assert run(settings=f"routing: {wanted}\naction: CREATE").status == 0
    assert zone.find(NAME, "A", ME).routing == zone.find(OWNER, "TXT", ME).routing == wanted


# What Route 53 refuses: once, and in words that help

HELPED = {
    "health check": ("; create the health check, or correct health_check_id", 69),
    "full zone": ("; a quota of Route 53 is used up: remove records, split the group or zone, or "
                  "have AWS raise it", 69),
    "full group": ("; a quota of Route 53 is used up: remove records, split the group or zone, or "
                   "have AWS raise it", 69),
    "ttl": ("; set ttl as the group has it", 73),
}


@pytest.mark.parametrize("shape", [1, 2, 3])
@pytest.mark.parametrize("action", ["UPSERT", "CREATE"])
@pytest.mark.parametrize("case", HELPED)
def test_a_refusal_says_what_to_do(run, emulator, zone, calls, case, action, shape):
    emulator.error_shape = shape
    settings = f"action: {action}\nrouting: weighted\n"
    match case:
        case "health check":
            emulator.health_checks = set()
            settings += f"health_check_id: {HEALTH}\n"
        case "full zone":
            zone.most_records = len([v for one in zone.record_sets() for v in one.values])
        case "full group":
            for number in range(100):
                zone.put(NAME, "A", [OLD], **beside("weighted", f"x{number}"))
        case "ttl":
            zone.put(NAME, "A", [OLD], ttl=300, **beside("weighted"))
    before = zone.record_sets()
    result = run(settings=settings)
    words, status = HELPED[case]
    assert result.status == status and result.stderr.endswith(words + "\n"), result
    assert result.stderr.startswith("bootname: change: ChangeResourceRecordSets: HTTP ")
    assert zone.record_sets() == before and calls("route53").count(CHANGE) == 1


@pytest.mark.parametrize("wanted", ROUTINGS)
def test_a_shared_member_of_another_routing_is_tried_once(run, zone, calls, wanted):
    [there] = set(ROUTINGS) - {wanted}
    put_owned(zone, NAME, OTHER, OLD, **beside(there, "web"))
    result = run(settings=f"routing: {wanted}\nset_identifier: web\nowner_record: true")
    assert result.status == 73 and calls("route53") == [LIST, READ, CHANGE]
    assert result.stderr == (f"bootname: change: {NAME} is taken: its records have another routing; "
                             "choose another name, or remove it, or set routing as there\n")


@pytest.mark.parametrize("routing", ROUTINGS)
def test_a_set_identifier_that_is_another_s(run, zone, routing):
    put_owned(zone, NAME, OTHER, OLD, **beside(routing, "web"))
    settings = f"routing: {routing}\nset_identifier: web\naction: "
    result = run(settings=settings + "CREATE")
    assert result.status == 73 and OTHER in result.stderr and OLD in result.stderr
    assert run(settings=settings + "CREATE\ntake_over: gone", env=patient()).status == 0
    assert zone.find(OWNER, "TXT", "web").values == (heritage(ME),)


@pytest.mark.parametrize("settings", [
    "routing: latency", "routing: Weighted", "routing: [weighted]", "routing:",
    "weight: 256", "weight: -1", "weight: '5'", "weight: 1.5", "weight: ~", "weight: 007",
    "set_identifier: ''", "set_identifier: " + "x" * 129, "set_identifier: 5",
    'set_identifier: "a\\nb"', "health_check_id: ''", "health_check_id: " + "x" * 65,
    "health_check_id: 5"])
def test_wrong_values(run, emulator, settings):
    result = run(settings=settings if "routing" in settings else f"routing: weighted\n{settings}")
    assert result.status == 78
    assert result.stderr.startswith("bootname: settings: ")
    assert settings.partition(":")[0] in result.stderr
    assert emulator.requests == []
