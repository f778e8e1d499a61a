"""What is printed, for people and for programs."""

import os
import pathlib
import re

import pytest
from conftest import put_owned

NAME = "webdev1.ec2.example.com"
ADDRESS = "54.123.123.123"
IPV6 = "2001:db8::17"
CHANGE = "ChangeResourceRecordSets"


def record(before, kind="A", value=ADDRESS, ttl=60):
    """One element of `records`."""
    return {"name": NAME, "type": kind, "ttl": ttl, "values": [value], "before": before}


# Quiet, verbose, dry run

def test_quiet(run, zone):
    assert run("-q").stdout == ""
    assert zone.values(NAME, "A") == [ADDRESS]


def test_quiet_json(run, zone):
    assert run("-qj").stdout == ""


def test_quiet_still_tells_errors(run):
    result = run("-q")
    assert result.status == 69 and result.stderr.count("\n") == 1


def test_verbose_tells_on_standard_error(run, zone):
    result = run("-v")
    assert result.stdout == f"setting {NAME} to {ADDRESS}\n"
    for word in ("i-0123456789abcdef0", NAME, ADDRESS, zone.id, "UPSERT"):
        assert word in result.stderr
    assert all(line.startswith("bootname: ") for line in result.stderr.splitlines()), result


def test_verbose_and_failing(run):
    result = run("-v")
    assert result.status == 69 and result.stdout == ""


@pytest.mark.parametrize("option", ["-n", "--dry-run"])
@pytest.mark.parametrize("action", ["UPSERT", "CREATE"])
def test_dry_run_changes_nothing(run, zone, instance, calls, option, action):
    instance.ipv6 = IPV6
    before = zone.record_sets()
    result = run(option, settings=f"action: {action}\nwait: true")
    assert result.status == 0
    assert result.stdout == (f"would set {NAME} to {ADDRESS}\n"
                             f"would set {NAME} to {IPV6}\n")
    assert zone.record_sets() == before
    assert CHANGE not in calls("route53") and "GetChange" not in calls("route53")


def test_dry_run_asks_nothing_that_is_known(run, zone, calls):
    assert run("-n", settings=f"zone_id: {zone.id}").status == 0
    assert calls("route53") == []


def test_dry_run_of_what_is_there(run, zone):
    zone.put(NAME, "A", [ADDRESS])
    assert run("-n", settings="action: CREATE").stdout == f"{NAME} is already {ADDRESS}\n"


def test_verbose_dry_run_shows_the_batch(run, zone):
    assert "<Action>UPSERT</Action>" in run("-nv").stderr


# JSON

@pytest.mark.parametrize("option", ["-j", "--json"])
def test_json(run, zone, instance, calls, option):
    instance.ipv6 = IPV6
    result = run(option, settings="ttl: 30")
    told = result.json
    assert result.stdout.count("\n") == 1 and result.stdout.endswith("\n")
    assert re.fullmatch("C[A-Z0-9]+", told.pop("change_id"))
    times = told.pop("ms")
    assert set(times) == {"imds", "zone", "change", "total"}
    assert all(isinstance(value, int) and value >= 0 for value in times.values())
    assert times["total"] >= times["imds"] + times["zone"] + times["change"]
    assert told == {
        "changed": True, "dry_run": False, "zone_id": zone.id,
        "records": [record(None, ttl=30), record(None, "AAAA", IPV6, ttl=30)],
        "calls": {name: len(calls(name)) for name in ("imds", "route53", "ec2", "sts")}}
    assert told["calls"]["route53"] == 2


@pytest.mark.parametrize(("there", "before", "changed"), [
    ([], [], True), ([ADDRESS], [ADDRESS], False)], ids=["nothing", "the same"])
def test_json_of_create(run, zone, calls, there, before, changed):
    if there:
        put_owned(zone, NAME, "i-0123456789abcdef0", *there)
    told = run("-j", settings="action: CREATE").json
    assert told["records"] == [record(before)]
    assert told["changed"] == changed
    assert (told["change_id"] is not None) == changed
    assert told["calls"]["route53"] == len(calls("route53")) == 2 + changed


def test_json_keeps_the_spelling_that_was_there(run, zone, instance):
    instance.public_ipv4, instance.ipv6 = None, IPV6
    zone.put(NAME, "AAAA", ["2001:DB8:0:0:0:0:0:17"])
    told = run("-j", settings="action: CREATE").json
    assert told["records"] == [record(["2001:DB8:0:0:0:0:0:17"], "AAAA", IPV6)]


@pytest.mark.parametrize(("action", "before"), [("UPSERT", None), ("CREATE", [])])
def test_json_of_a_dry_run(run, zone, action, before):
    told = run("-jn", settings=f"action: {action}").json
    assert (told["dry_run"], told["changed"], told["change_id"]) == (True, False, None)
    assert told["records"] == [record(before)]


def test_json_of_nothing_to_do(run, zone, instance, calls):
    instance.tags = {}
    told = run("-j").json
    assert (told["changed"], told["zone_id"], told["change_id"]) == (False, None, None)
    assert told["records"] == []
    assert told["calls"] == {"imds": len(calls("imds")), "route53": 0, "ec2": 0, "sts": 0}


def test_json_counts_ec2_and_sts(run, emulator, zone, instance, calls):
    instance.tags_in_metadata = False
    emulator.roles["arn:aws:iam::123456789012:role/dns"] = {"zones": [zone]}
    told = run("-j", settings="role_arn: arn:aws:iam::123456789012:role/dns").json
    assert told["calls"] == {name: len(calls(name)) for name in ("imds", "route53", "ec2", "sts")}
    assert told["calls"]["ec2"] == told["calls"]["sts"] == 1


def test_json_counts_tries(run, emulator, zone, calls):
    emulator.faults.add(operation=CHANGE, status=500)
    told = run("-j").json
    assert told["calls"]["route53"] == len(calls("route53")) == 3


# The object of a failure is checked for every run, in the fixture.
@pytest.mark.parametrize(("settings", "stage", "code"), [
    ("ttl: x", "settings", 78), ("zone: example.org\nname: a", "zone", 69),
    ("name: '{tag:none}'", "name", 69), ("types: [AAAA]", "address", 69),
    ("zone_id: Z1", "change", 69), ("zone_id: Z1\naction: CREATE", "record", 69)])
def test_json_of_a_failure(run, zone, settings, stage, code):
    error = run("-j", settings=settings).json["error"]
    assert (error["stage"], error["code"]) == (stage, code)


def test_json_escapes(run, zone, instance):
    instance.tags["dnsname"] = 'a"b\\c\n\u00e9'
    assert run("-j").json["error"]["message"].startswith('"a"b\\c???" is no DNS name')


# Odd descriptors

needs_no_wrapper = pytest.mark.skipif(bool(os.environ.get("BOOTNAME_WRAPPER")),
                                      reason="the wrapper needs its standard error")
CLOSED = ["<&-", ">&-", *(pytest.param(shell, marks=needs_no_wrapper)
                          for shell in ("2>&-", "<&- >&- 2>&-", ">&- 2>&-"))]


@pytest.mark.parametrize("shell", CLOSED)
@pytest.mark.parametrize("options", [(), ("-j",), ("-v",)], ids=["plain", "json", "verbose"])
def test_closed_descriptors(run, zone, shell, options):
    result = run(*options, shell=shell)
    assert result.status == 0
    assert zone.values(NAME, "A") == [ADDRESS]


@pytest.mark.parametrize("shell", CLOSED)
def test_closed_descriptors_and_failing(run, shell):
    assert run("-j", shell=shell).status == 69


needs_full = pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="no /dev/full")


@needs_full
@pytest.mark.parametrize("option", ["-n", "-j", "-jn", "up"])
def test_output_that_cannot_be_written(run, zone, option):
    result = run(option, shell=">/dev/full")
    assert result.status == 71
    assert result.stderr == "bootname: report: standard output cannot be written\n"


@needs_full
@pytest.mark.parametrize("option", ["-h", "--help", "-V", "--version"])
def test_help_that_cannot_be_written(run, option):
    assert run(option, shell=">/dev/full").status == 71


@needs_full
def test_errors_that_cannot_be_written(run):
    assert run(shell="2>/dev/full").status == 69
