"""Whose a name is: the owner record beside it, and what CREATE and UPSERT make of it."""

import pytest
from conftest import ONCE, changes_of, heritage, patient, put_owned

from aws.server import Answer
from aws.zones import ACCOUNT

NAME = "webdev1.ec2.example.com"
OWNER = "_bootname." + NAME
ME, OTHER, THIRD = "i-0123456789abcdef0", "i-0fff9999eee888877", "i-0abcabcabcabcabca"
ADDRESS, OLD = "54.123.123.123", "54.9.9.9"
IPV6, LONG_IPV6 = "2001:db8::17", "2001:0DB8:0:0:0:0:0:17"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
CREATE = "action: CREATE"
SETTINGS = {"UPSERT": "owner_record: true", "CREATE": CREATE,
            "alone": f"{CREATE}\nowner_record: no"}


@pytest.fixture
def sent(emulator):
    """The changes sent so far, of addresses (A) or of owner records (TXT)."""
    def changes(kind="A"):
        return [one for request in emulator.requests_of("route53", CHANGE)
                for one in changes_of(request) if one.split()[1].startswith(kind)]
    return changes


def refused(result, *words):
    """Whether a run ended because the name is taken, and said so in these words."""
    return (result.status == 73
            and result.stderr.startswith(f"bootname: record: {NAME} is taken: ")
            and all(word in result.stderr for word in words))


# The table: what Route 53 holds, whose owner record is there, and what each action sends

SWAP = [f"DELETE A {OLD}", f"CREATE A {ADDRESS}"]
NEW, REPLACE, NONE, TAKEN = [f"CREATE A {ADDRESS}"], [f"UPSERT A {ADDRESS}"], [], None
SAME, ANOTHER = ("A", [ADDRESS]), ("A", [OLD])
TABLE = {
    # what stands there                       owner  UPSERT   CREATE   alone
    "nothing": ([],                           None,  NEW,     NEW,     NEW),
    "only our owner record": ([],             ME,    NEW,     NEW,     NEW),
    "the same": ([SAME],                      ME,    NONE,    NONE,    NONE),
    "the same of nobody": ([SAME],            None,  NONE,    NONE,    NONE),
    "the same of another": ([SAME],           OTHER, NONE,    NONE,    NONE),
    "our old one": ([ANOTHER],                ME,    SWAP,    SWAP,    TAKEN),
    "another's": ([ANOTHER],                  OTHER, REPLACE, TAKEN,   TAKEN),
    "nobody's": ([ANOTHER],                   None,  REPLACE, TAKEN,   TAKEN),
    "our two": ([("A", [OLD, "192.0.2.1"])],  ME,
                [f"DELETE A {OLD} 192.0.2.1", f"CREATE A {ADDRESS}"],
                [f"DELETE A {OLD} 192.0.2.1", f"CREATE A {ADDRESS}"], TAKEN),
    "nobody's two": ([("A", [ADDRESS, OLD])], None,  REPLACE, TAKEN,   TAKEN),
    "our lost IPv6": ([SAME, ("AAAA", [LONG_IPV6])], ME,
                      [f"DELETE AAAA {LONG_IPV6}"], [f"DELETE AAAA {LONG_IPV6}"], TAKEN),
    "both of ours": ([ANOTHER, ("AAAA", [IPV6])], ME,
                     [*SWAP, f"DELETE AAAA {IPV6}"], [*SWAP, f"DELETE AAAA {IPV6}"], TAKEN),
    "CNAME": ([("CNAME", ["elsewhere.example."])], None, TAKEN, TAKEN, TAKEN),
    "our CNAME": ([("CNAME", ["elsewhere.example."])], ME, TAKEN, TAKEN, TAKEN),
}


@pytest.mark.parametrize("how", SETTINGS)
@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_what_is_there_decides(run, zone, sent, how, row):
    sets, owner, *wanted = row
    wanted = dict(zip(SETTINGS, wanted, strict=True))[how]
    for one in sets:
        zone.put(NAME, *one)
    if owner:
        put_owned(zone, NAME, owner)
    before = zone.record_sets()
    result = run(settings=SETTINGS[how])
    if wanted is TAKEN:
        assert refused(result), result
        assert zone.record_sets() == before
        return
    is_set = any(one.endswith(f"A {ADDRESS}") for one in wanted)
    assert [line for line in result.stdout.splitlines() if not line.startswith("removing ")] == [
        f"setting {NAME} to {ADDRESS}" if is_set else f"{NAME} is already {ADDRESS}"]
    assert sorted(sent()) == sorted(wanted)
    assert zone.values(NAME, "A") == [ADDRESS] and zone.values(NAME, "AAAA") == []
    if how == "alone":
        assert sent("TXT") == []
    else:
        assert zone.values(OWNER, "TXT") == [heritage(ME)]
        assert (sent("") == []) == (owner == ME and wanted == NONE)


IN_THE_WAY = {
    "alias": ({"alias": "lb.ec2.example.com"}, "alias"),
    "weighted set": ({"values": [ADDRESS], "set_identifier": "x", "weight": 5}, "routing"),
    "multivalue set": ({"values": [ADDRESS], "set_identifier": "x", "multi_value": True},
                       "routing"),
}


@pytest.mark.parametrize("how", SETTINGS)
@pytest.mark.parametrize("owner", [None, ME], ids=["nobody's", "ours"])
@pytest.mark.parametrize(("options", "said"), IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_another_kind_of_record_is_never_replaced(run, zone, sent, how, owner, options, said):
    zone.put(NAME, "A", **options)
    if owner:
        put_owned(zone, NAME, owner)
    before = zone.record_sets()
    assert refused(run(settings=SETTINGS[how]), "A", said)
    assert zone.record_sets() == before and sent("") == []


@pytest.mark.parametrize("how", SETTINGS)
@pytest.mark.parametrize("values", [[heritage(OTHER)], [heritage(OTHER), heritage(THIRD)],
                                    ['"v=spf1 -all"']], ids=["another's", "two", "text"])
def test_an_owner_record_without_an_address_does_not_hold_the_name(run, zone, how, values):
    zone.put(OWNER, "TXT", values)
    assert run(settings=SETTINGS[how]).stdout == f"setting {NAME} to {ADDRESS}\n"
    assert zone.values(NAME, "A") == [ADDRESS]
    assert zone.values(OWNER, "TXT") == (values if how == "alone" else [heritage(ME)])


@pytest.mark.parametrize("how", SETTINGS)
def test_nothing_changes_in_a_dry_run(run, zone, sent, how):
    put_owned(zone, NAME, ME, OLD)
    before = zone.record_sets()
    result = run("-n", settings=SETTINGS[how])
    if how == "alone":
        assert refused(result)
    else:
        assert result.stdout == f"would set {NAME} to {ADDRESS}\n"
    assert zone.record_sets() == before and sent("") == []


# The owner record

@pytest.mark.parametrize("how", ["UPSERT", "CREATE"])
@pytest.mark.parametrize("region", ["eu-west-1", "ap-southeast-2"])
def test_the_owner_record(run, emulator, zone, instance, nameserver, how, region):
    instance.region, instance.ipv6 = region, IPV6
    assert run(settings=SETTINGS[how] + "\nttl: 30").status == 0
    record_set = zone.find(OWNER, "TXT")
    assert (record_set.ttl, record_set.values) == (30, (
        f'"heritage=bootname,owner={ME},region={region},account={ACCOUNT}"',))
    assert record_set.routing == "simple"
    [request] = emulator.requests_of("route53", CHANGE)
    assert [one.split()[1] for one in changes_of(request)] == ["A", "AAAA", "TXT"]
    assert nameserver(OWNER, "TXT") == [heritage(ME, region)]


def test_upsert_writes_none_unless_told(run, zone, sent, calls):
    put_owned(zone, NAME, OTHER, OLD)
    assert run(settings="{}").stdout == f"setting {NAME} to {ADDRESS}\n"
    assert sent("") == [f"UPSERT A {ADDRESS}"] and calls("route53") == [LIST, CHANGE]


@pytest.mark.parametrize("how", ["UPSERT", "CREATE"])
def test_another_ttl_is_another_record(run, zone, sent, how):
    put_owned(zone, NAME, ME, ADDRESS, ttl=300)
    assert run(settings=SETTINGS[how]).status == 0
    assert sent() == [f"DELETE A {ADDRESS}", f"CREATE A {ADDRESS}"]
    assert {zone.find(NAME, "A").ttl, zone.find(OWNER, "TXT").ttl} == {60}


@pytest.mark.parametrize("owner", [None, OTHER])
def test_another_ttl_is_refused_where_it_is_not_ours(run, zone, owner):
    zone.put(NAME, "A", [ADDRESS], ttl=300)
    if owner:
        put_owned(zone, NAME, owner, ttl=300)
    assert refused(run(settings=CREATE), ADDRESS, "300", owner or "")
    assert zone.find(NAME, "A").ttl == 300


@pytest.mark.parametrize("how", ["UPSERT", "CREATE"])
def test_another_spelling_of_the_same_address_is_no_change(run, zone, instance, calls, how):
    instance.public_ipv4, instance.ipv6 = None, IPV6
    put_owned(zone, NAME, ME, LONG_IPV6)
    assert run(settings=SETTINGS[how]).stdout == f"{NAME} is already {IPV6}\n"
    assert CHANGE not in calls("route53")
    assert zone.values(NAME, "AAAA") == [LONG_IPV6]


@pytest.mark.parametrize(("address", "ttl"), [("2001:db8::18", 60), (IPV6, 300)],
                         ids=["address", "TTL"])
def test_an_address_is_deleted_as_it_is_listed(run, zone, instance, sent, address, ttl):
    instance.public_ipv4, instance.ipv6 = None, address
    put_owned(zone, NAME, ME, LONG_IPV6, ttl=ttl)
    assert run(settings=CREATE).stdout == f"setting {NAME} to {address}\n"
    assert sent() == [f"DELETE AAAA {LONG_IPV6}", f"CREATE AAAA {address}"]


def test_a_new_family_joins_the_other_one(run, zone, instance, sent):
    put_owned(zone, NAME, ME, ADDRESS)
    instance.ipv6 = IPV6
    assert run(settings=CREATE).stdout == f"{NAME} is already {ADDRESS}\nsetting {NAME} to {IPV6}\n"
    assert sent() == [f"CREATE AAAA {IPV6}"]


@pytest.mark.parametrize("how", SETTINGS)
def test_a_family_that_is_not_asked_for_stays(run, zone, how):
    zone.put(NAME, "AAAA", [IPV6])
    assert run(settings=SETTINGS[how] + "\ntypes: [A]").status == 0
    assert zone.values(NAME, "AAAA") == [IPV6]


@pytest.mark.parametrize("name", ["*.ec2.example.com", "ec2.example.com", "a.b.c.ec2.example.com"],
                         ids=["wildcard", "apex", "deep"])
def test_names_of_every_kind_have_an_owner(run, zone, instance, nameserver, sent, name):
    instance.tags["dnsname"] = name
    put_owned(zone, name, ME, OLD)
    assert run(settings=CREATE).stdout == f"setting {name} to {ADDRESS}\n"
    assert sent() == SWAP
    assert zone.values("_bootname." + name, "TXT") == [heritage(ME)]
    assert nameserver(name.replace("*", "x")) == [ADDRESS]
    assert run(settings=CREATE).stdout == f"{name} is already {ADDRESS}\n"


@pytest.mark.parametrize("other", ["_bootname.ec2.example.com", "a." + OWNER, "_bootnam." + NAME,
                                   "_bootname." + "a." + NAME])
def test_owner_records_of_other_names_do_not_matter(run, zone, other):
    zone.put(NAME, "A", [OLD])
    zone.put(other, "TXT", [heritage(ME)])
    assert refused(run(settings=CREATE), OLD)


@pytest.mark.parametrize("beside", [("TXT", ['"v=spf1 -all"']), ("MX", ["10 mail.example.com."])])
def test_other_types_stay(run, zone, beside):
    put_owned(zone, NAME, ME, OLD)
    zone.put(NAME, *beside)
    zone.put(OWNER, "A", ["192.0.2.9"])
    assert run(settings=CREATE).status == 0
    assert zone.values(NAME, beside[0]) == beside[1]
    assert zone.values(OWNER, "A") == ["192.0.2.9"]


def test_what_is_in_the_owner_record_s_place_is_not_replaced(run, zone, calls):
    zone.put(OWNER, "CNAME", ["elsewhere.example."])
    before = zone.record_sets()
    result = run(settings=CREATE)
    assert result.status == 73 and "CNAME elsewhere.example." in result.stderr
    assert zone.record_sets() == before
    assert "ChangeResourceRecordSets" not in calls("route53")


# Stop and start

@pytest.mark.parametrize("how", ["UPSERT", "CREATE"])
def test_a_name_survives_stop_and_start(run, zone, instance, nameserver, calls, how):
    run(settings=SETTINGS[how])
    for address in ("54.9.8.7", "54.9.8.6"):
        instance.stop()
        instance.start(address)
        assert run(settings=SETTINGS[how]).stdout == f"setting {NAME} to {address}\n"
        assert nameserver(NAME) == [address]
    assert zone.values(OWNER, "TXT") == [heritage(ME)]
    assert calls("route53") == [LIST, READ, CHANGE] * 3


def test_two_instances_do_not_overwrite_each_other(run, emulator, zone, instance, on):
    other = on(emulator.instance(OTHER, public_ipv4=OLD))
    assert run(settings=CREATE).status == 0
    assert refused(other(settings=CREATE), ME, ADDRESS)
    instance.stop()
    instance.start("54.9.8.7")
    assert refused(other(settings=CREATE), ME, ADDRESS)
    assert run(settings=CREATE).stdout == f"setting {NAME} to 54.9.8.7\n"


def test_an_instance_that_took_the_name_by_upsert_is_told(run, emulator, zone, on):
    run(settings=CREATE)
    other = on(emulator.instance(OTHER, public_ipv4=OLD))
    assert other(settings="owner_record: true").stdout == f"setting {NAME} to {OLD}\n"
    assert refused(run(settings=CREATE), OTHER, OLD)


def test_json_of_stop_and_start(run, zone):
    put_owned(zone, NAME, ME, OLD)
    told = run("-j", settings=CREATE).json
    assert told["changed"] is True and told["records"] == [
        {"name": NAME, "type": "A", "ttl": 60, "values": [ADDRESS], "before": [OLD]}]


# What a refusal says

@pytest.mark.parametrize("region", ["eu-west-1", "ap-southeast-2"])
@pytest.mark.parametrize("options", [(), ("-j",), ("-n",)], ids=["plain", "json", "dry run"])
def test_a_refusal_names_the_other_instance(run, zone, calls, region, options):
    put_owned(zone, NAME, OTHER, OLD, region=region, ttl=30)
    assert refused(run(*options, settings=CREATE), f"A {OLD} (TTL 30)", OTHER, region)
    assert calls("route53") == [LIST, READ] and calls("ec2") == []


# take_over: EC2 says what has become of the owner

STATES = {"pending": "never", "running": "never", "stopping": "never", "stopped": "stopped",
          "shutting-down": "gone", "terminated": "gone", "invisible": "gone", "unknown": "gone"}
ALLOWED = {"never": set(), "stopped": {"stopped", "gone"}, "gone": {"gone"}}


@pytest.fixture
def owner(emulator, zone):
    """The name is another's: owner("stopped", region="eu-west-1") is in that state."""
    def make(state, region="eu-west-1"):
        put_owned(zone, NAME, OTHER, OLD, region=region)
        if state == "unknown":
            return None
        instance = emulator.instance(OTHER, public_ipv4=OLD, region=region,
                                     state="terminated" if state == "invisible" else state)
        instance.visible = state != "invisible"
        return instance
    return make


@pytest.mark.parametrize("take_over", ALLOWED)
@pytest.mark.parametrize("state", STATES)
def test_the_name_of_an_owner_that_is_gone(run, zone, owner, sent, calls, take_over, state):
    owner(state)
    before = zone.record_sets()
    result = run(settings=f"{CREATE}\ntake_over: {take_over}", env=patient())
    is_lost = STATES[state] in ALLOWED[take_over]
    is_doubtful = is_lost and state not in ("shutting-down", "terminated")
    assert calls("ec2") == ["DescribeInstances"] * ((take_over != "never") + is_doubtful)
    if STATES[state] in ALLOWED[take_over]:
        assert result.stdout == f"setting {NAME} to {ADDRESS}\n"
        assert sorted(sent("")) == sorted([*SWAP, f"DELETE TXT {heritage(OTHER)}",
                                           f"CREATE TXT {heritage(ME)}"])
        assert zone.values(OWNER, "TXT") == [heritage(ME)]
    else:
        assert refused(result, OTHER, OLD)
        assert zone.record_sets() == before


def test_the_owner_s_other_family_goes_too(run, zone, owner):
    owner("terminated")
    zone.put(NAME, "AAAA", [IPV6])
    assert run(settings=f"{CREATE}\ntake_over: gone").status == 0
    assert zone.values(NAME, "A") == [ADDRESS] and zone.values(NAME, "AAAA") == []


@pytest.mark.parametrize("region", ["eu-west-1", "ap-southeast-2"])
@pytest.mark.parametrize(("state", "status"), [("running", 73), ("stopped", 0)])
def test_the_owner_is_asked_for_in_its_region(run, emulator, owner, region, state, status):
    owner(state, region)
    assert run(settings=f"{CREATE}\ntake_over: stopped").status == status
    for request in emulator.requests_of("ec2"):
        assert f"/{region}/ec2/aws4_request" in request.headers["authorization"]
        assert OTHER in request.parameters.values()


def test_the_owner_is_asked_for_once_and_before_the_batch(run, owner, instance, zone, calls):
    instance.ipv6 = "2001:db8::99"
    owner("stopped")
    zone.put(NAME, "AAAA", [IPV6])
    assert run(settings=f"{CREATE}\ntake_over: stopped").status == 0
    assert calls("ec2") == ["DescribeInstances"] * 2
    assert zone.values(NAME, "AAAA") == ["2001:db8::99"]


@pytest.mark.parametrize("there", ["nothing", "ours", "the same", "nobody's", "alias"])
def test_ec2_is_not_asked_without_need(run, zone, calls, there):
    if there == "ours":
        put_owned(zone, NAME, ME, OLD)
    elif there == "alias":
        put_owned(zone, NAME, OTHER)
        zone.put(NAME, "A", alias="lb.ec2.example.com")
    elif there != "nothing":
        zone.put(NAME, "A", [ADDRESS if there == "the same" else OLD])
    result = run(settings=f"{CREATE}\ntake_over: stopped")
    assert result.status == (73 if there in ("nobody's", "alias") else 0)
    assert calls("ec2") == []


def test_ec2_is_asked_as_the_instance_and_not_by_the_role(run, emulator, zone, owner, instance):
    role = "arn:aws:iam::123456789012:role/dns"
    emulator.roles[role] = {"zones": [zone]}
    owner("terminated")
    assert run(settings=f"{CREATE}\ntake_over: gone\nrole_arn: {role}").status == 0
    [request] = emulator.requests_of("ec2")
    assert instance.credentials.access_key in request.headers["authorization"]


def test_ec2_denied_takes_nothing(run, emulator, zone, owner):
    owner("terminated")
    before = zone.record_sets()
    emulator.denied = {"ec2:DescribeInstances"}
    result = run(settings=f"{CREATE}\ntake_over: gone")
    assert result.status == 77 and "ec2:DescribeInstances" in result.stderr
    assert zone.record_sets() == before


ANSWER = '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{}' \
         "</DescribeInstancesResponse>"
STATE = "<reservationSet><item><instancesSet><item><instanceId>{}</instanceId><instanceState>" \
        "<name>{}</name></instanceState></item></instancesSet></item></reservationSet>"


@pytest.mark.parametrize("fault", [
    {"status": 500}, {"action": "reset_before"}, {"status": 200, "body": "no XML"},
    {"status": 400, "code": "InvalidParameterValue"},
    {"status": 400, "code": "InvalidInstanceID.Malformed"},
    {"status": 200, "body": ANSWER.format("")},
    {"status": 200, "body": ANSWER.format("<reservationSet/>")},
    {"status": 200, "body": ANSWER.format(STATE.format(OTHER, "unheard-of"))},
], ids=["500", "reset", "no XML", "other error", "malformed id", "empty answer", "none listed",
        "unknown state"])
def test_an_owner_of_whom_ec2_says_nothing_clear_keeps_the_name(run, emulator, zone, owner, fault):
    owner("running")
    before = zone.record_sets()
    emulator.faults.add(service="ec2", times=None, **fault)
    assert run(settings=f"{CREATE}\ntake_over: stopped\n{ONCE}").status != 0
    assert zone.record_sets() == before


def test_ec2_is_tried_again(run, emulator, zone, owner, calls):
    owner("stopped")
    emulator.faults.add(service="ec2", status=503, code="RequestLimitExceeded")
    assert run(settings=f"{CREATE}\ntake_over: stopped").status == 0
    assert calls("ec2") == ["DescribeInstances"] * 3


# The owner comes back while its name is being taken

def after_the_first_answer(emulator, do):
    """Do something between EC2's first answer about an instance and what follows from it."""
    def then(request, proceed):
        answer = proceed()
        do()
        return answer
    emulator.faults.add(operation="DescribeInstances", action="callback", function=then)


@pytest.mark.parametrize("ipv4", [OLD, "54.9.9.10"], ids=["Elastic IP", "another address"])
def test_an_owner_that_is_started_meanwhile_keeps_its_name(run, emulator, zone, owner, ipv4):
    """With an Elastic IP its record is the same to the byte, so the batch would not notice."""
    stopped = owner("stopped")

    def start():
        stopped.state = "running"
        zone.put(NAME, "A", [ipv4])
    after_the_first_answer(emulator, start)
    assert refused(run(settings=f"{CREATE}\ntake_over: stopped"), OTHER, ipv4)
    assert zone.values(NAME, "A") == [ipv4] and zone.values(OWNER, "TXT") == [heritage(OTHER)]


@pytest.mark.parametrize("take_over", ["stopped", "gone"])
def test_an_owner_so_young_that_ec2_does_not_know_it_yet_keeps_its_name(run, emulator, zone,
                                                                        owner, take_over):
    young = owner("running")
    young.visible = False
    after_the_first_answer(emulator, lambda: setattr(young, "visible", True))
    assert refused(run(settings=f"{CREATE}\ntake_over: {take_over}", env=patient()), OTHER)
    assert zone.values(NAME, "A") == [OLD]


def test_an_owner_that_ec2_forgets_for_a_moment_keeps_its_name(run, emulator, zone, owner):
    """EC2 says that it is stopped, then that it does not exist, and seconds later that it runs."""
    stopped = owner("stopped")

    def forget():
        stopped.state, stopped.visible = "running", False
    after_the_first_answer(emulator, forget)
    after_the_first_answer(emulator, lambda: setattr(stopped, "visible", True))
    assert refused(run(settings=f"{CREATE}\ntake_over: stopped", env=patient()), OTHER)
    assert zone.values(NAME, "A") == [OLD]


@pytest.mark.parametrize(("status", "code"), [(503, "ServiceUnavailable"), (400, "Throttling")])
@pytest.mark.parametrize("state", ["running", "stopped"])
def test_before_a_batch_is_sent_again_the_owner_is_asked_for_again(run, emulator, zone, owner, status,
                                                                   code, state):
    """It is started between two tries of the batch, and its Elastic IP is the same."""
    stopped = owner("stopped")

    def start(request, proceed):
        stopped.state = state
        return Answer(status, f"<E><Error><Code>{code}</Code></Error></E>".encode(), {})
    emulator.faults.add(operation="ChangeResourceRecordSets", action="callback", function=start)
    result = run(settings=f"{CREATE}\ntake_over: stopped")
    if state == "running":
        assert refused(result, OTHER, OLD)
    else:
        assert result.status == 0
    assert zone.values(OWNER, "TXT") == [heritage(OTHER if state == "running" else ME)]


# Accounts

THEIRS = "210987654321"


@pytest.mark.parametrize("state", ["running", "stopped", "terminated", "unknown"])
@pytest.mark.parametrize("take_over", ["stopped", "gone"])
def test_an_owner_of_another_account_keeps_its_name(run, emulator, zone, calls, state, take_over):
    """This account's EC2 does not know its instances, and says so of all of them."""
    put_owned(zone, NAME, OTHER, OLD, account=THEIRS)
    if state != "unknown":
        emulator.instance(OTHER, public_ipv4=OLD, state=state, account=THEIRS)
    before = zone.record_sets()
    assert refused(run(settings=f"{CREATE}\ntake_over: {take_over}"), OTHER, THEIRS)
    assert zone.record_sets() == before and calls("ec2") == []


def test_an_own_id_of_another_account_is_another_instance(run, zone):
    put_owned(zone, NAME, ME, OLD, account=THEIRS)
    assert refused(run(settings=f"{CREATE}\ntake_over: gone"), THEIRS)


@pytest.mark.parametrize("how", ["UPSERT", "CREATE"])
@pytest.mark.parametrize("address", [ADDRESS, OLD], ids=["same address", "another address"])
def test_an_owner_record_of_0_1_0_is_brought_up_to_date(run, zone, how, address):
    put_owned(zone, NAME, ME, address, account=None)
    assert run(settings=SETTINGS[how]).status == 0
    assert zone.values(OWNER, "TXT") == [heritage(ME)] and zone.values(NAME, "A") == [ADDRESS]


@pytest.mark.parametrize(("state", "is_lost"), [("running", False), ("terminated", True)])
def test_another_s_owner_record_of_0_1_0_is_judged_as_before(run, emulator, zone, state, is_lost):
    put_owned(zone, NAME, OTHER, OLD, account=None)
    emulator.instance(OTHER, public_ipv4=OLD, state=state)
    assert run(settings=f"{CREATE}\ntake_over: gone").status == (0 if is_lost else 73)
    assert zone.values(OWNER, "TXT") == [heritage(ME) if is_lost else heritage(OTHER, account=None)]


@pytest.mark.parametrize("how", ["UPSERT", "CREATE"])
def test_an_instance_that_does_not_know_its_account_leaves_what_it_wrote(run, emulator, zone, how):
    put_owned(zone, NAME, ME, OLD)
    emulator.faults.add(service="imds", path="instance-identity", status=404, times=None)
    assert run(settings=SETTINGS[how]).status == 0
    assert zone.values(OWNER, "TXT") == [heritage(ME)] and zone.values(NAME, "A") == [ADDRESS]


def test_a_replacement_takes_over_and_the_old_one_is_refused(run, emulator, zone, instance, on):
    run(settings=CREATE)
    instance.stop()
    other = on(emulator.instance(OTHER, public_ipv4=OLD))
    settings = f"{CREATE}\ntake_over: stopped"
    assert other(settings=settings).stdout == f"setting {NAME} to {OLD}\n"
    instance.start(ADDRESS)
    assert refused(run(settings=settings), OTHER, OLD)


# Owner records that somebody else wrote are not obeyed

def stranger(text):
    """An owner record of this text, beside another's address."""
    return [f'"{text}"']


HOSTILE = {
    "another heritage": stranger(f"heritage=external-dns,owner={OTHER},region=eu-west-1"),
    "no region": stranger(f"heritage=bootname,owner={OTHER}"),
    "no owner": stranger("heritage=bootname,owner=,region=eu-west-1"),
    "other order": stranger(f"heritage=bootname,region=eu-west-1,owner={OTHER}"),
    "more behind": stranger(f"heritage=bootname,owner={OTHER},region=eu-west-1,x=y"),
    "more before": stranger(f"x=y,heritage=bootname,owner={OTHER},region=eu-west-1"),
    "ours and more": stranger(f"heritage=bootname,owner={ME},region=eu-west-1,x=y"),
    "ours in part": stranger(f"heritage=bootname,owner={ME[:-1]},region=eu-west-1"),
    "capitals": stranger(f"heritage=bootname,owner={OTHER.upper()},region=eu-west-1"),
    "no instance": stranger("heritage=bootname,owner=mi-0fff9999eee888877,region=eu-west-1"),
    "no hexadecimal": stranger("heritage=bootname,owner=i-0fff9999eee88887g,region=eu-west-1"),
    "parameters": stranger(f"heritage=bootname,owner={OTHER}&Action=x,region=eu-west-1"),
    "dots": stranger(f"heritage=bootname,owner={OTHER},region=eu-west-1.example.com"),
    "slashes": stranger(f"heritage=bootname,owner={OTHER},region=example.com/eu-west-1"),
    "user": stranger(f"heritage=bootname,owner={OTHER},region=x@example.com"),
    "port": stranger(f"heritage=bootname,owner={OTHER},region=eu-west-1:8443"),
    "blank": stranger(f"heritage=bootname,owner={OTHER},region=eu west 1"),
    "empty region": stranger(f"heritage=bootname,owner={OTHER},region="),
    "quote": stranger(f'heritage=bootname,owner={OTHER},region=eu-west-1\\"'),
    "octal": stranger(f"heritage=bootname,owner={OTHER},region=eu-west-1\\012x"),
    "long id": stranger(f"heritage=bootname,owner=i-{'0' * 180},region=eu-west-1"),
    "long region": stranger(f"heritage=bootname,owner={OTHER},region={'eu-' * 60}west-1"),
    "many strings": [" ".join(f'"{"x" * 250}"' for _ in range(12))],
    "in two strings": [f'"heritage=bootname,owner={OTHER}," "region=eu-west-1"'],
    "two values": [heritage(OTHER), heritage(THIRD)],
    "ours and another's": [heritage(ME), heritage(OTHER)],
    "400 values": [f'"{number}{"x" * 60}"' for number in range(400)],
    "empty": ['""'],
}


@pytest.mark.parametrize("values", HOSTILE.values(), ids=HOSTILE)
def test_an_owner_record_that_is_not_of_the_form_is_not_obeyed(run, zone, calls, values):
    zone.put(NAME, "A", [OLD])
    zone.put(OWNER, "TXT", values)
    before = zone.record_sets()
    assert refused(run(settings=f"{CREATE}\ntake_over: gone"), OLD)
    assert calls("ec2") == [] and CHANGE not in calls("route53")
    assert zone.record_sets() == before


@pytest.mark.parametrize("how", ["UPSERT", "CREATE"])
@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "400 values"])
def test_and_is_put_right_beside_our_own_address(run, zone, name, how):
    zone.put(NAME, "A", [ADDRESS])
    zone.put(OWNER, "TXT", HOSTILE[name])
    assert run(settings=SETTINGS[how]).status == 0
    assert zone.values(OWNER, "TXT") == [heritage(ME)]


# How much is asked

def fill(zone, name, *counts):
    """Names below a name: so many before its owner record, and so many behind."""
    for count, form in zip(counts, ("{}.", "z{}."), strict=True):
        for number in range(count):
            zone.put(form.format(number) + name, "A", ["192.0.2.1"])


@pytest.mark.parametrize("name", ["ec2.example.com", NAME], ids=["apex", "below"])
@pytest.mark.parametrize(("before", "reads"), [(5, 1), (300, 2), (700, 2)])
def test_the_owner_record_on_a_later_page(run, emulator, zone, instance, calls, name, before,
                                          reads):
    """Names whose first label begins with a digit or * stand before the owner record."""
    instance.tags["dnsname"] = name
    put_owned(zone, name, ME, OLD)
    zone.put("*." + name, "A", ["192.0.2.1"])
    fill(zone, name, before, 400)
    assert run(settings=CREATE).stdout == f"setting {name} to {ADDRESS}\n"
    assert calls("route53") == [LIST, *[READ] * reads, CHANGE]
    asked = [one.parameters["name"].rstrip(".") for one in emulator.requests_of("route53", READ)]
    assert asked == [name, "_bootname." + name][:reads]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_page_that_ends_at_the_owner_record(run, emulator, zone, calls, missing):
    run("-n", settings=CREATE)
    page = int(emulator.requests_of("route53", READ)[0].parameters["maxitems"])
    put_owned(zone, NAME, ME, OLD)
    fill(zone, NAME, page - 2 + missing, 1)
    emulator.requests.clear()
    assert run(settings=CREATE).status == 0
    assert calls("route53") == [LIST, *[READ] * (1 + missing), CHANGE]


@pytest.mark.parametrize("owner", [None, OTHER])
@pytest.mark.parametrize("later", ["z{}." + NAME, "{}.webdev2.ec2.example.com"])
def test_many_later_names_cost_nothing(run, zone, calls, owner, later):
    zone.put(NAME, "A", [OLD])
    if owner:
        put_owned(zone, NAME, owner)
    for number in range(400):
        zone.put(later.format(number), "A", ["192.0.2.1"])
    assert refused(run(settings=CREATE), OLD, owner or "")
    assert calls("route53") == [LIST, READ]


def test_the_name_is_read_once_more_only_where_it_must(run, zone, calls):
    """The second page begins at the owner record: it must not be the first one again."""
    zone.put(NAME, "A", [OLD])
    for number in range(400):
        zone.put(f"{number}.{NAME}", "TXT", [f'"{number}"'])
    assert refused(run(settings=CREATE), OLD)
    assert calls("route53") == [LIST, READ, READ]
