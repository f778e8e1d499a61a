"""action: CREATE takes no name that is another's. See test_ownership.py for who is the other."""

import pytest
from conftest import changes_of, hurried, put_owned

NAME = "webdev1.ec2.example.com"
ME = "i-0123456789abcdef0"
ADDRESS = "54.123.123.123"
IPV6 = "2001:db8::17"
SETTINGS = "action: CREATE"
READ, CHANGE = "ListResourceRecordSets", "ChangeResourceRecordSets"


def test_nothing_there(run, zone, calls):
    result = run(settings=SETTINGS)
    assert (result.status, result.stdout) == (0, f"setting {NAME} to {ADDRESS}\n")
    assert zone.values(NAME, "A") == [ADDRESS]
    assert calls("route53")[1:] == [READ, CHANGE]


def test_a_reboot_changes_nothing(run, zone, calls):
    run(settings=SETTINGS)
    before = zone.record_sets()
    result = run(settings=SETTINGS)
    assert (result.status, result.stdout) == (0, f"{NAME} is already {ADDRESS}\n")
    assert zone.record_sets() == before
    assert calls("route53").count(CHANGE) == 1


@pytest.mark.parametrize("ttl", ["0", "00", "060", "0000000300"])
def test_a_reboot_finds_its_own_ttl(run, zone, ttl):
    """Or the settings are refused, at the first boot as at the second."""
    first, second = (run(settings=f"{SETTINGS}\nttl: {ttl}") for _ in range(2))
    assert first.status in (0, 78)
    assert second.status == first.status, second


@pytest.mark.parametrize(("there", "said"), [
    (("A", [ADDRESS]), [f"{NAME} is already {ADDRESS}", f"setting {NAME} to {IPV6}"]),
    (("AAAA", [IPV6]), [f"setting {NAME} to {ADDRESS}", f"{NAME} is already {IPV6}"]),
], ids=["A", "AAAA"])
def test_one_family_is_there(run, emulator, zone, instance, there, said):
    instance.ipv6 = IPV6
    zone.put(NAME, *there)
    assert run(settings=SETTINGS).stdout.splitlines() == said
    [request] = emulator.requests_of("route53", CHANGE)
    assert [one.split()[1] for one in changes_of(request)] == [
        *{"A", "AAAA"} - {there[0]}, "TXT"]
    assert zone.values(NAME, "A") == [ADDRESS] and zone.values(NAME, "AAAA") == [IPV6]


TAKEN = {
    "other value": (("A", ["192.0.2.1"]), {}, ["192.0.2.1"]),
    "more values": (("A", [ADDRESS, "192.0.2.1"]), {}, [ADDRESS, "192.0.2.1"]),
    "other TTL": (("A", [ADDRESS]), {"ttl": 300}, ["300"]),
    "CNAME": (("CNAME", ["elsewhere.example."]), {}, ["CNAME", "elsewhere.example."]),
    "alias": (("A",), {"alias": "lb.ec2.example.com"}, ["alias"]),
    "alias of the other type": (("AAAA",), {"alias": "lb.ec2.example.com"}, ["alias", "AAAA"]),
    "weighted": (("A", [ADDRESS]), {"set_identifier": "x", "weight": 5}, ["routing"]),
    "multivalue": (("A", [ADDRESS]), {"set_identifier": "x", "multi_value": True}, ["routing"]),
    "AAAA of another": (("AAAA", ["2001:db8::99"]), {}, ["AAAA", "2001:db8::99"]),
    "400 values": (("A", [f"192.0.{i // 200}.{i % 200}" for i in range(400)]), {}, ["192.0.0.0"]),
}


@pytest.mark.parametrize(("there", "options", "said"), TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize("dry", [(), ("-n",)], ids=["run", "dry run"])
def test_a_name_that_is_taken(run, zone, calls, there, options, said, dry):
    zone.put(NAME, *there, **options)
    before = zone.record_sets()
    result = run(*dry, settings=SETTINGS)
    assert result.status == 73
    assert result.stderr.startswith(f"bootname: record: {NAME} is taken")
    assert all(word in result.stderr for word in said), result
    assert zone.record_sets() == before
    assert CHANGE not in calls("route53")


def test_one_family_is_another_s(run, zone, instance, calls):
    instance.ipv6 = IPV6
    zone.put(NAME, "A", [ADDRESS])
    zone.put(NAME, "AAAA", ["2001:db8::99"])
    assert run(settings=SETTINGS).status == 73
    assert CHANGE not in calls("route53")


@pytest.mark.parametrize(("kind", "values"), [
    ("TXT", ['"v=spf1 -all"']), ("MX", ["10 mail.example.com."]),
    ("CAA", ['0 issue "amazon.com"'])])
def test_other_types_beside_it_do_not_matter(run, zone, kind, values):
    zone.put(NAME, kind, values)
    assert run(settings=SETTINGS).stdout == f"setting {NAME} to {ADDRESS}\n"
    assert zone.values(NAME, kind) == values


def test_a_type_that_is_not_asked_for_does_not_matter(run, zone):
    zone.put(NAME, "AAAA", ["2001:db8::99"])
    assert run(settings=SETTINGS + "\ntypes: [A]").status == 0
    assert zone.values(NAME, "AAAA") == ["2001:db8::99"]


@pytest.mark.parametrize("other", ["a." + NAME, "webdev10.ec2.example.com", "*.ec2.example.com",
                                   "webdev1-1.ec2.example.com", "ec2.example.com"])
def test_other_names_do_not_matter(run, zone, other):
    zone.put(other, "A", ["192.0.2.1"])
    assert run(settings=SETTINGS).status == 0
    assert zone.values(other, "A") == ["192.0.2.1"]


def test_the_wildcard_is_compared(run, zone, instance):
    instance.tags["dnsname"] = "*.ec2.example.com"
    zone.put("*.ec2.example.com", "A", ["192.0.2.1"])
    assert run(settings=SETTINGS).status == 73


# Between the look and the change

def meanwhile(emulator, change):
    """Make a change when Route 53 is about to take ours."""
    emulator.faults.add(operation=CHANGE, action="callback",
                        function=lambda request, proceed: change() and None)


def test_another_takes_the_name_in_between(run, emulator, zone, calls):
    meanwhile(emulator, lambda: zone.put(NAME, "A", ["192.0.2.1"]))
    result = run(settings=SETTINGS)
    assert result.status == 73
    assert "192.0.2.1" in result.stderr
    assert zone.values(NAME, "A") == ["192.0.2.1"]
    assert calls("route53")[1:] == [READ, CHANGE, READ]


def test_a_cname_in_between(run, emulator, zone):
    meanwhile(emulator, lambda: zone.put(NAME, "CNAME", ["elsewhere.example."]))
    result = run(settings=SETTINGS)
    assert result.status == 73 and "CNAME" in result.stderr
    assert zone.values(NAME, "A") == []


def test_refusals_that_no_look_explains_come_to_an_end(run, emulator, zone, calls):
    message = (f"[Tried to create resource record set [name='{NAME}.', type='A'] but it already "
               "exists]")
    emulator.faults.add(operation=CHANGE, code="InvalidChangeBatch", message=message, times=None)
    # Before each of ten plans it waits twice as long as before, 20 s at most: 111 s in all.
    assert run(settings=SETTINGS, env=hurried()).status == 73
    assert calls("route53").count(CHANGE) <= 10


def test_a_large_set_of_another_type_does_not_matter(run, zone):
    zone.put(NAME, "TXT", [f'"{number:03}{"x" * 250}"' for number in range(400)])
    assert run(settings=SETTINGS).stdout == f"setting {NAME} to {ADDRESS}\n"


# Names that another zone answers for

@pytest.mark.parametrize("settings", [SETTINGS, "owner_record: true"])
def test_a_delegated_name_is_refused(run, zone, calls, settings):
    zone.put(NAME, "NS", ["ns1.example.org.", "ns2.example.org."])
    before = zone.record_sets()
    result = run(settings=settings)
    assert result.status == 73 and zone.record_sets() == before
    assert result.stderr == (
        f"bootname: record: {NAME} is taken: NS ns1.example.org. ns2.example.org., which delegates "
        "it; choose another name, or remove it\n")
    assert CHANGE not in calls("route53")


def test_the_zone_s_own_name_may_have_an_address(run, zone):
    settings = f"{SETTINGS}\nname: ec2.example.com"
    assert run(settings=settings).stdout == f"setting ec2.example.com to {ADDRESS}\n"
    assert run(settings=settings).stdout == f"ec2.example.com is already {ADDRESS}\n"


def test_a_delegation_below_the_name_does_not_matter(run, zone):
    zone.put("sub." + NAME, "NS", ["ns.example.org."])
    assert run(settings=SETTINGS).stdout == f"setting {NAME} to {ADDRESS}\n"


def test_down_minds_no_delegation(run, zone):
    put_owned(zone, NAME, ME, ADDRESS)
    zone.put(NAME, "NS", ["ns.example.org."])
    assert run("down", settings=SETTINGS).stdout == f"removing {NAME} ({ADDRESS})\n"
