"""records: several names in one run, one batch for each zone."""

import re

import pytest
from conftest import changes_of, heritage, patient, put_owned

WWW, API, TAG = "www.ec2.example.com", "api.ec2.example.com", "webdev1.ec2.example.com"
ME, OTHER = "i-0123456789abcdef0", "i-0fff9999eee888877"
ADDRESS, PRIVATE, OLD = "54.123.123.123", "10.0.0.5", "54.9.9.9"
IPV6 = "2001:db8::17"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
ROLE = "arn:aws:iam::999999999999:role/dns-{}"
POSITION = re.compile(r":\d+:\d+: ")
TWO = f"records:\n- name: {WWW}\n- name: {API}\n"


def setting(*pairs):
    """The lines of what is set: setting((name, address), ...)."""
    return "".join(f"setting {name} to {address}\n" for name, address in pairs)


BOTH = setting((WWW, ADDRESS), (API, ADDRESS))


@pytest.fixture
def other_zone(emulator):
    """A second zone, for names under example.org."""
    return emulator.hosted_zone("example.org")


# What each record is

@pytest.mark.parametrize("form", ["plain", "b64", "key"])
def test_two_names_in_one_zone_are_one_batch(run, emulator, zone, calls, form):
    assert run(settings=TWO, form=form).stdout == BOTH
    assert calls("route53").count(CHANGE) == 1
    [request] = emulator.requests_of("route53", CHANGE)
    assert changes_of(request) == [f"UPSERT A {ADDRESS}"] * 2
    assert zone.values(WWW, "A") == zone.values(API, "A") == [ADDRESS]
    assert zone.find(TAG, "A") is None


def test_a_batch_of_everything(run, emulator, zone, instance, calls):
    instance.ipv6 = IPV6
    put_owned(zone, WWW, ME, OLD)
    result = run(settings="action: CREATE\n" + TWO)
    assert result.stdout == setting((WWW, ADDRESS), (WWW, IPV6), (API, ADDRESS), (API, IPV6))
    [request] = emulator.requests_of("route53", CHANGE)
    told = changes_of(request)
    assert {one for one in told if "TXT" not in one} == {
        f"DELETE A {OLD}", f"CREATE A {ADDRESS}", f"CREATE AAAA {IPV6}"}
    assert told.count(f"CREATE A {ADDRESS}") == told.count(f"CREATE AAAA {IPV6}") == 2
    for name in (WWW, API):
        assert zone.values("_bootname." + name, "TXT") == [heritage(ME)]


@pytest.mark.parametrize("settings", [
    f"ttl: 30\naction: CREATE\n{TWO}", f"{TWO}ttl: 30\naction: CREATE\n",
    f"ttl: 30\n{TWO}action: CREATE\n",
    f"records: [{{name: {WWW}}}, {{name: {API}}}]\nttl: 30\naction: CREATE\n",
], ids=["before", "behind", "around", "flow"])
def test_the_top_level_holds_the_defaults_wherever_it_stands(run, zone, settings):
    assert run(settings=settings).stdout == BOTH
    assert [zone.find(name, "A").ttl for name in (WWW, API)] == [30, 30]
    assert zone.find("_bootname." + WWW, "TXT") and zone.find("_bootname." + API, "TXT")


def test_a_record_has_its_own_values_over_the_defaults(run, zone, instance):
    instance.ipv6 = IPV6
    run(settings=f"""
ttl: 30
types: [A]
records:
- name: {WWW}
- name: {API}
  ttl: 300
  types: [AAAA]
- name: db
  zone: ec2.example.com
  routing: weighted
  weight: 9
- action: CREATE
""")
    assert (zone.find(WWW, "A").ttl, zone.find(WWW, "AAAA")) == (30, None)
    assert (zone.find(API, "AAAA").ttl, zone.find(API, "A")) == (300, None)
    assert zone.find("db.ec2.example.com", "A", ME).weight == 9
    assert zone.find(TAG, "A").ttl == 30
    assert zone.find("_bootname." + TAG, "TXT") and not zone.find("_bootname." + WWW, "TXT")


def test_defaults_baked_into_the_ami(run, zone):
    assert run("-d", run.file("ttl: 30"), settings=TWO).stdout == BOTH
    assert zone.find(WWW, "A").ttl == 30
    assert run("-d", run.file(TWO), settings="ttl: 40").stdout == BOTH
    assert zone.find(API, "A").ttl == 40


def test_one_record_is_like_none(run, zone, calls):
    assert run(settings=f"records:\n- name: {WWW}").stdout == setting((WWW, ADDRESS))
    assert calls("route53") == [LIST, CHANGE]


def test_a_public_and_a_private_one(run, emulator, zone, nameserver):
    private = emulator.hosted_zone("ec2.example.com", private=True, vpcs=[("eu-west-1", "vpc-1")])
    result = run(settings="records:\n- address: public\n- address: private\n")
    assert result.stdout == setting((TAG, ADDRESS), (TAG, PRIVATE))
    assert zone.values(TAG, "A") == [ADDRESS] and private.values(TAG, "A") == [PRIVATE]
    assert nameserver(TAG) == [ADDRESS]
    assert emulator.dig(TAG, private=True) == [PRIVATE]


def test_the_wildcard_beside_the_name(run, emulator, zone, nameserver):
    run(settings=f"records:\n- name: {TAG}\n- name: '*.{TAG}'\n")
    assert nameserver(TAG) == nameserver("anything." + TAG) == [ADDRESS]
    assert len(emulator.requests_of("route53", CHANGE)) == 1


def test_zones_are_batches_of_their_own(run, emulator, zone, other_zone):
    result = run(settings=f"records:\n- name: {WWW}\n- name: www.example.org\n- name: {API}\n")
    assert sorted(result.stdout.splitlines(True)) == sorted(
        setting((WWW, ADDRESS), ("www.example.org", ADDRESS), (API, ADDRESS)).splitlines(True))
    assert sorted(len(changes_of(request))
                  for request in emulator.requests_of("route53", CHANGE)) == [1, 2]
    assert other_zone.values("www.example.org", "A") == [ADDRESS]


def test_a_zone_by_name_and_by_id_is_one_batch(run, zone, calls):
    assert run(settings=f"""
records:
- name: {WWW}
- name: {API}
  zone_id: {zone.id}
""").stdout == BOTH
    assert calls("route53").count(CHANGE) == 1


def test_eight_records(run, zone, calls):
    settings = "records:\n" + "".join(f"- name: w{i}.ec2.example.com\n" for i in range(8))
    assert run(settings=settings).stdout.count("setting ") == 8
    assert calls("route53").count(CHANGE) == 1
    assert all(zone.values(f"w{i}.ec2.example.com", "A") == [ADDRESS] for i in range(8))


@pytest.mark.parametrize("parent", ["", f"{'x' * 60}.{'y' * 60}."], ids=["short", "long"])
def test_eight_records_of_everything(run, zone, instance, calls, parent):
    """Both families and the owner record, all replaced: more than one batch holds."""
    settings = "action: CREATE\nrecords:\n" + "".join(
        f"- name: w{number}.{parent}ec2.example.com\n" for number in range(8))
    for address, ipv6, ttl in ((ADDRESS, IPV6, 60), (OLD, "2001:db8::18", 300)):
        instance.public_ipv4, instance.ipv6 = address, ipv6
        result = run(settings=f"ttl: {ttl}\n{settings}")
        assert result.status == 0 and result.stdout.count("setting ") == 16
    assert calls("route53").count(CHANGE) <= 4
    assert run("down", settings=settings).stdout.count("removing ") == 16
    assert [one.type for one in zone.record_sets()] == ["NS", "SOA"]


def test_a_role_for_each_record(run, emulator, zone, calls):
    zones = {}
    for letter in "ab":
        zones[letter] = emulator.hosted_zone(f"{letter}.example.org", account="999999999999")
        emulator.roles[ROLE.format(letter)] = {"zones": [zones[letter]],
                                               "external_id": f"id-{letter}"}
    result = run(settings=f"""
records:
- name: www.a.example.org
  role_arn: {ROLE.format("a")}
  external_id: id-a
- name: {WWW}
- name: www.b.example.org
  role_arn: {ROLE.format("b")}
  external_id: id-b
""")
    assert result.stdout.count("setting ") == 3
    assert all(zones[letter].values(f"www.{letter}.example.org", "A") == [ADDRESS]
               for letter in "ab")
    assert zone.values(WWW, "A") == [ADDRESS]
    assert set(calls("sts")) == {"AssumeRole"}


def may_change(emulator, letter, name):
    """A role that may change one name only, and list."""
    arn = ROLE.format(letter)
    emulator.roles[arn] = {"external_id": f"id-{letter}", "account": "123456789012"}
    emulator.attach_policy(arn, {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Resource": "*",
         "Action": ["route53:ListHostedZonesByName", "route53:ListResourceRecordSets"]},
        {"Effect": "Allow", "Resource": "*", "Action": "route53:ChangeResourceRecordSets",
         "Condition": {"ForAllValues:StringLike": {
             "route53:ChangeResourceRecordSetsNormalizedRecordNames": [name, f"_bootname.{name}"]}}}
    ]})
    return f"  role_arn: {arn}\n  external_id: id-{letter}\n"


@pytest.mark.parametrize("order", ["ab", "ba", "aba", "bab"])
@pytest.mark.parametrize("action", ["UPSERT", "CREATE"])
def test_roles_of_one_zone_have_batches_of_their_own(run, emulator, zone, calls, action, order):
    """Each may change its own names only, so one batch for all would be denied to either."""
    roles = {letter: may_change(emulator, letter, f"*.{letter}.ec2.example.com")
             for letter in "ab"}
    names = [f"w{number}.{letter}.ec2.example.com" for number, letter in enumerate(order)]
    result = run(settings=f"action: {action}\nrecords:\n" + "".join(
        f"- name: {name}\n{roles[letter]}" for name, letter in zip(names, order, strict=True)))
    assert (result.status, result.stderr) == (0, "")
    assert all(zone.values(name, "A") == [ADDRESS] for name in names)
    assert calls("route53").count(CHANGE) == 2
    assert len(calls("sts")) <= len(order) + 2


def test_a_role_that_fails_keeps_no_other_s_record_back(run, emulator, zone):
    good = may_change(emulator, "a", "www.ec2.example.com")
    bad = may_change(emulator, "b", "other.ec2.example.com")
    result = run(settings=f"records:\n- name: {API}\n{bad}- name: {WWW}\n{good}", partial=True)
    assert result.status == 77 and result.stderr.count("\n") == 1
    assert result.stdout == setting((WWW, ADDRESS))


def test_the_external_id_is_of_the_record_too(run, emulator, zone):
    may_change(emulator, "a", "*.ec2.example.com")
    role = ROLE.format("a")
    result = run(settings=f"role_arn: {role}\nrecords:\n- name: {WWW}\n  external_id: id-a\n"
                 f"- name: {API}\n  external_id: id-x\n", partial=True)
    assert result.status == 77 and result.stdout == setting((WWW, ADDRESS))
    assert "AssumeRole" in result.stderr


def test_down_with_a_role_for_each(run, emulator, zone):
    settings = "action: CREATE\nrecords:\n" + "".join(
        f"- name: {name}\n{may_change(emulator, letter, name)}"
        for letter, name in (("a", WWW), ("b", API)))
    assert run(settings=settings).stdout == BOTH
    result = run("down", settings=settings)
    assert (result.status, result.stderr) == (0, "")
    assert [one.type for one in zone.record_sets()] == ["NS", "SOA"]


def test_the_owner_is_asked_for_with_the_instance_s_own_role(run, emulator, zone, calls):
    """Behind a role and before another one: EC2 and STS know the instance's only."""
    for name in (WWW, API):
        put_owned(zone, name, OTHER, OLD)
    settings = "action: CREATE\ntake_over: gone\nrecords:\n" + "".join(
        f"- name: {name}\n{may_change(emulator, letter, name)}"
        for letter, name in (("a", WWW), ("b", API)))
    assert run(settings=settings, env=patient()).stdout == BOTH
    assert all("assumed-role/dns-" not in request.credentials.arn
               for service in ("ec2", "sts") for request in emulator.requests_of(service)
               if getattr(request, "credentials", None))


def test_credentials_are_fetched_once(run, emulator, zone, other_zone):
    run(settings=TWO + "- name: www.example.org\n")
    asked = [one.target for one in emulator.requests_of("imds") if "ipv" not in one.target]
    assert len(asked) == len(set(asked)) <= 6


# One name twice

TWICE = {
    "families with owner records": (
        f"action: CREATE\nrecords:\n- name: {WWW}\n  types: [A]\n"
        f"- name: {WWW}\n  types: [AAAA]\n", "1 and 2"),
    "owner record by word": (
        f"owner_record: true\nrecords:\n- name: {API}\n- name: {WWW}\n  types: [A]\n"
        f"- name: {WWW}\n  types: [AAAA]\n", "2 and 3"),
    "the same": (f"records:\n- name: {WWW}\n- name: {WWW}\n", "1 and 2"),
    "one family in both": (
        f"records:\n- name: {WWW}\n- name: {WWW}\n  types: [A]\n", "1 and 2"),
    "member and simple": (
        f"records:\n- name: {WWW}\n- name: {WWW}\n  routing: weighted\n", "1 and 2"),
    "one set identifier": (
        f"routing: weighted\nset_identifier: x\nrecords:\n- name: {WWW}\n- name: {WWW}\n  "
        "weight: 9\n", "1 and 2"),
    "upper case": (f"records:\n- name: {WWW}\n- name: {WWW.upper()}.\n", "1 and 2"),
}
KNOWN_LATER = {
    "by the tag": (f"records:\n- name: '{TAG}'\n- ttl: 30\n", "1 and 2"),
    "by a template": (f"records:\n- name: '{{tag:dnsname}}'\n- name: {TAG}\n", "1 and 2"),
    "relative": (f"zone: ec2.example.com\nrecords:\n- name: www\n- name: {WWW}\n", "1 and 2"),
    "zone by name and by id": (
        f"records:\n- name: {WWW}\n- name: {WWW}\n  zone_id: ZID\n", "1 and 2"),
}


def twice_says(stderr, numbers):
    return re.fullmatch(
        rf"bootname: settings: records {numbers} are both [^ ;]+; make them one record, with all "
        r"types, or give one another name\n", stderr)


@pytest.mark.parametrize(("settings", "numbers"), TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("options", [(), ("-n",), ("down",)], ids=["up", "dry run", "down"])
def test_a_name_that_is_there_twice_is_refused(run, emulator, zone, settings, numbers, options):
    result = run(*options, settings=settings)
    assert result.status == 78 and twice_says(result.stderr, numbers), result
    assert emulator.requests == []


def test_check_tells_of_a_name_that_is_there_twice(run, emulator, zone):
    result = run("check", settings=TWICE["the same"][0])
    assert result.status == 78 and "FAIL  settings: records 1 and 2 are both" in result.stdout


@pytest.mark.parametrize(("settings", "numbers"), KNOWN_LATER.values(), ids=KNOWN_LATER)
def test_names_that_turn_out_to_be_one_are_refused(run, zone, calls, settings, numbers):
    before = zone.record_sets()
    result = run(settings=settings.replace("ZID", zone.id))
    assert result.status == 78 and twice_says(result.stderr, numbers), result
    assert zone.record_sets() == before and CHANGE not in calls("route53")


@pytest.mark.parametrize("settings", [
    f"records:\n- name: {WWW}\n  types: [A]\n- name: {WWW}\n  types: [AAAA]\n  ttl: 30\n",
    f"routing: weighted\nrecords:\n- name: {WWW}\n  set_identifier: a\n- name: {WWW}\n  "
    "set_identifier: b\n",
], ids=["a family each", "two members"])
def test_records_of_one_name_that_can_be(run, zone, instance, settings):
    instance.ipv6 = IPV6
    assert run(settings=settings).status == 0


# Output

def test_json(run, zone, calls):
    told = run("-j", settings=TWO + "ttl: 30").json
    assert (told["changed"], told["zone_id"]) == (True, zone.id)
    assert told["records"] == [
        {"name": name, "type": "A", "ttl": 30, "values": [ADDRESS], "before": None}
        for name in (WWW, API)]
    assert told["calls"]["route53"] == len(calls("route53"))


def test_a_dry_run(run, zone, calls):
    assert run("-n", settings=TWO).stdout == BOTH.replace("setting ", "would set ")
    assert CHANGE not in calls("route53")


def test_one_is_there_already(run, emulator, zone):
    put_owned(zone, WWW, ME, ADDRESS)
    assert run(settings="action: CREATE\n" + TWO).stdout \
        == f"{WWW} is already {ADDRESS}\n" + setting((API, ADDRESS))
    [request] = emulator.requests_of("route53", CHANGE)
    assert changes_of(request) == [f"CREATE A {ADDRESS}", f"CREATE TXT {heritage(ME)}"]


def test_nothing_to_do_sends_nothing(run, zone, calls):
    put_owned(zone, WWW, ME, ADDRESS)
    put_owned(zone, API, ME, ADDRESS)
    assert run(settings="action: CREATE\n" + TWO).stdout \
        == f"{WWW} is already {ADDRESS}\n{API} is already {ADDRESS}\n"
    assert CHANGE not in calls("route53")


# One fails and the other does not

FAILURES = {
    "no zone": ("name: www.example.net", 69, "zone"),
    "no such zone id": ("name: www.example.org\n  zone_id: Z0000", 69, "change"),
    "another account's zone": ("name: www.example.org\n  zone_id: ZFOREIGN", 77, "change"),
    "role denied": (f"name: www.example.org\n  role_arn: {ROLE.format('x')}", 77, "credentials"),
    "taken": ("name: taken.example.org\n  action: CREATE", 73, "record"),
    "CNAME": ("name: cname.example.org", 73, "change"),
}


@pytest.fixture
def failing(emulator, other_zone):
    """The world in which each of FAILURES fails."""
    emulator.hosted_zone("example.org", zone_id="ZFOREIGN", account="888888888888")
    put_owned(other_zone, "taken.example.org", OTHER, OLD)
    other_zone.put("cname.example.org", "CNAME", ["elsewhere.example."])


@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
@pytest.mark.parametrize(("record", "status", "stage"), FAILURES.values(), ids=FAILURES)
def test_a_zone_that_fails_does_not_stop_the_other(run, zone, failing, record, status, stage,
                                                   first):
    records = [f"- {record}\n", f"- name: {WWW}\n"]
    settings = "records:\n" + "".join(records if first else records[::-1])
    result = run(settings=settings, partial=True)
    assert result.status == status
    assert result.stdout == setting((WWW, ADDRESS))
    assert result.stderr.startswith(f"bootname: {stage}: ") and result.stderr.count("\n") == 1
    assert zone.values(WWW, "A") == [ADDRESS]


@pytest.mark.parametrize("names", [("taken", "CNAME"), ("no zone", "taken"),
                                   ("role denied", "no zone")], ids=", ".join)
def test_the_status_is_of_the_first_that_fails(run, zone, failing, names):
    (first, status, stage), (second, _, _) = (FAILURES[name] for name in names)
    result = run(settings=f"records:\n- {first}\n- {second}\n- name: {WWW}\n", partial=True)
    assert result.status == status
    assert result.stderr.startswith(f"bootname: {stage}: ")
    assert result.stderr.count("\n") == (1 if names[1] == "CNAME" else 2)    # of one zone
    assert result.stdout == setting((WWW, ADDRESS))


def test_json_of_a_failure_and_a_success(run, zone, failing):
    result = run("-j", settings=f"records:\n- {FAILURES['taken'][0]}\n- name: {WWW}\n",
                 partial=True)
    told = result.json
    assert result.status == 73
    assert {"changed", "dry_run", "zone_id", "change_id", "records", "calls", "ms",
            "error"} == set(told)
    assert told["changed"] is True
    assert {"name": WWW, "type": "A", "ttl": 60, "values": [ADDRESS], "before": None} \
        in told["records"]
    assert told["error"]["stage"] == "record" and OTHER in told["error"]["message"]


def test_all_fail(run, zone, failing):
    result = run(settings=f"records:\n- {FAILURES['no zone'][0]}\n- {FAILURES['taken'][0]}\n",
                 partial=True)
    assert (result.status, result.stdout) == (69, "")
    assert result.stderr.count("\n") == 2


@pytest.mark.parametrize("order", [(WWW, API), (API, WWW)], ids=["first", "last"])
def test_a_name_that_is_taken_keeps_its_zone_s_batch_back(run, zone, other_zone, calls, order):
    put_owned(zone, WWW, OTHER, OLD)
    before = zone.record_sets()
    result = run(settings="action: CREATE\nrecords:\n" + "".join(
        f"- name: {name}\n" for name in (*order, "www.example.org")), partial=True)
    assert result.status == 73
    assert OTHER in result.stderr and WWW in result.stderr and result.stderr.count("\n") == 1
    assert result.stdout == setting(("www.example.org", ADDRESS))
    assert zone.record_sets() == before
    assert calls("route53").count(CHANGE) == 1


def test_one_that_is_refused_by_route_53_keeps_its_zone_s_batch_back(run, zone):
    zone.put(WWW, "CNAME", ["elsewhere.example."])
    before = zone.record_sets()
    result = run(settings=TWO, partial=True)
    assert (result.status, result.stdout) == (73, "")
    assert zone.record_sets() == before


def test_a_lost_answer_of_one_batch(run, emulator, zone, other_zone):
    emulator.faults.add(operation=CHANGE, action="reset_after")
    result = run(settings=f"action: CREATE\n{TWO}- name: www.example.org\n")
    assert result.status == 0 and result.stdout.count("setting ") == 3
    assert other_zone.values("www.example.org", "A") == [ADDRESS]


def test_a_race_for_one_of_two_names(run, emulator, zone, calls):
    """The look at what moved is a look at both: the batch is all or nothing."""
    emulator.faults.add(operation=CHANGE, action="callback",
                        function=lambda request, proceed: put_owned(zone, API, OTHER, OLD))
    result = run(settings="action: CREATE\n" + TWO, partial=True)
    assert result.status == 73 and API in result.stderr and OTHER in result.stderr
    assert zone.values(WWW, "A") == []
    assert calls("route53").count(CHANGE) == 1


# up --if-changed and down

def test_nothing_is_asked_while_nothing_changes(run, emulator, zone, other_zone, instance):
    settings = f"{TWO}- name: www.example.org\n"
    run("up", "--if-changed", settings=settings)
    emulator.requests.clear()
    assert run("up", "--if-changed", settings=settings).stdout.count(" is already ") == 3
    assert {request.service for request in emulator.requests} == {"imds"}
    instance.public_ipv4 = OLD
    assert run("up", "--if-changed", settings=settings).stdout.count("setting ") == 3
    assert zone.values(API, "A") == other_zone.values("www.example.org", "A") == [OLD]


@pytest.mark.parametrize("change", [
    lambda text: text.replace("api.", "app."), lambda text: text + "  ttl: 30\n",
    lambda text: text + "- name: db.ec2.example.com\n", lambda text: text.rsplit("-", 1)[0]],
    ids=["name", "ttl", "one more", "one less"])
def test_another_list_is_published(run, emulator, zone, change):
    run("up", "--if-changed", settings=TWO)
    emulator.requests.clear()
    assert "setting " in run("up", "--if-changed", settings=change(TWO)).stdout
    assert len(emulator.requests_of("route53", CHANGE)) == 1


def test_a_failure_is_tried_again(run, emulator, zone, failing, other_zone):
    settings = f"records:\n- name: {WWW}\n- {FAILURES['taken'][0]}\n"
    assert run("up", "--if-changed", settings=settings, partial=True).status == 73
    other_zone.delete("taken.example.org", "A")
    other_zone.delete("_bootname.taken.example.org", "TXT")
    result = run("up", "--if-changed", settings=settings)
    assert f"setting taken.example.org to {ADDRESS}" in result.stdout


def test_down(run, emulator, zone, other_zone):
    settings = f"action: CREATE\n{TWO}- name: www.example.org\n"
    run(settings=settings)
    emulator.requests.clear()
    result = run("down", settings=settings)
    assert sorted(result.stdout.splitlines()) == sorted(
        f"removing {name} ({ADDRESS})" for name in (WWW, API, "www.example.org"))
    assert len(emulator.requests_of("route53", CHANGE)) == 2
    assert all(one.type in ("NS", "SOA") for one in zone.record_sets() + other_zone.record_sets())


def test_down_leaves_another_s_and_removes_ours(run, zone):
    run(settings=TWO)
    put_owned(zone, WWW, OTHER, OLD)
    assert run("down", settings=TWO).stdout == (f"{WWW} ({OLD}) is not ours: left alone\n"
                                                f"removing {API} ({ADDRESS})\n")
    assert zone.values(WWW, "A") == [OLD] and zone.values(API, "A") == []


def test_down_of_one_zone_that_fails(run, zone, failing):
    settings = f"records:\n- {FAILURES['no zone'][0]}\n- name: {WWW}\n"
    run(settings=settings, partial=True)
    result = run("down", settings=settings, partial=True)
    assert (result.status, result.stdout) == (69, f"removing {WWW} ({ADDRESS})\n")
    assert zone.values(WWW, "A") == []


# Settings that are wrong

BAD = {
    "records inside": "records:\n- name: a\n  records: []",
    "timeout inside": "records:\n- name: a\n  timeout: 5",
    "proxy inside": "records:\n- name: a\n  proxy: http://127.0.0.1:1",
    "text": "records: a",
    "null": "records:",
    "map": "records: {name: a}",
    "record is a text": "records:\n- a",
    "record is a list": "records:\n- [name, a]",
    "record is null": "records:\n-",
    "unknown key": "records:\n- colour: red",
    "near miss": "records:\n- nmae: a",
    "wrong value": "records:\n- ttl: -1",
    "repeated key": "records:\n- ttl: 1\n  ttl: 2",
    "repeated records": "records:\n- name: a\nrecords:\n- name: b",
    "empty list": "records: []",
    "nine": "records:\n" + "- name: a\n" * 9,
    "alias": "records:\n- &x {name: a.ec2.example.com}\n- *x",
    "second is wrong": f"records:\n- name: {WWW}\n- name: {API}\n  action: DELETE",
}


@pytest.mark.parametrize("settings", BAD.values(), ids=BAD)
def test_bad_records_send_nothing(run, emulator, zone, settings):
    result = run(settings=settings)
    assert result.status == 78
    assert result.stderr.startswith("bootname: settings: ") and POSITION.search(result.stderr)
    assert emulator.requests == []


@pytest.mark.parametrize(("settings", "place"), [
    ("records:\n- ttl: -1", ":2:8: ttl: "), ("records:\n- name: a\n  colour: red", ":3:3: "),
    ("records:\n- name: a\n  timeout: 5", ":3:"), ("ttl: 30\nrecords:\n- a", ":3:3: ")])
def test_the_place_is_told(run, settings, place):
    path = run.file(settings)
    assert f"{path}{place}" in run("-c", path).stderr


def test_a_near_miss_in_a_record_is_told(run):
    assert 'did you mean "name"?' in run(settings="records:\n- nmae: a").stderr
