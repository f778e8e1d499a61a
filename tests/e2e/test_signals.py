"""It is told to end, stopped, or cut off from its streams and files, at any stage: Route 53 holds
what was there or all that was wanted, and the next run sets everything right."""

import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import threading
import time

import pytest
from conftest import ONCE, SLOW, cloud_config, heritage, put_owned
from test_reap import GONE, ZONE, Reaper

from aws import Answer

NAME = "webdev1.ec2.example.com"
ADDRESS, OLD, IPV6 = "54.123.123.123", "54.9.9.9", "2001:db8::17"
SET = f"setting {NAME} to {ADDRESS}\n"
UNWRITTEN = "bootname: report: standard output cannot be written\n"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]

needs_no_wrapper = pytest.mark.skipif(bool(os.environ.get("BOOTNAME_WRAPPER")),
                                      reason="the wrapper is ours, or has signals of its own")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


def ours(zone):
    """What is in the zone beside its own NS and SOA."""
    return {(one.name.rstrip("."), one.type): tuple(one.values) for one in zone.record_sets()
            if one.type not in ("NS", "SOA")}


def owned(address, *more):
    """Those of an instance, in the form of ours()."""
    sets = {(NAME, "A"): (address,)} | {(NAME, "AAAA"): (one,) for one in more}
    return sets | {("_bootname." + NAME, "TXT"): (heritage("i-0123456789abcdef0"),)}


# It is told to end

def then_hang(_request, proceed):
    """Apply it, and never answer."""
    proceed()
    return Answer(0, delivery="hang")


# Where it is then, and whether its change is applied.
STAGES = {
    "metadata": ({"service": "imds", "path": "public-ipv4", "action": "hang"}, False),
    "back-off": ({"operation": LIST, "status": 503, "headers": {"Retry-After": "60"}}, False),
    "look-up": ({"operation": LIST, "action": "hang"}, False),
    "reading": ({"operation": READ, "action": "hang"}, False),
    "change": ({"operation": CHANGE, "action": "hang"}, False),
    "answer": ({"operation": CHANGE, "action": "callback", "function": then_hang}, True),
    "wait": ({"operation": "GetChange", "action": "hang"}, True),
}


@pytest.fixture
def interrupted(emulator):
    """interrupted(runner, signal, fault, ...): let the fault strike a run, end it, and wait."""
    def end(runner, number, fault, *arguments, settings=None):
        fault = emulator.faults.add(times=None, **fault)
        runner.cloud_config.write_bytes(cloud_config(settings).encode())
        process = runner.start(*arguments)
        try:
            assert fault.matched.wait(20)
            process.send_signal(number)
            told = process.communicate(timeout=SLOW)
        finally:
            process.kill()
        emulator.faults.clear()
        assert process.returncode == -number
        assert told == ("", "")
    return end


@pytest.mark.thorough(but=["SIGTERM"])
@needs_no_wrapper
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("stage", STAGES)
def test_a_signal_ends_it_at_once_with_all_or_nothing_done(run, zone, instance, interrupted, stage,
                                                           number):
    settings = "action: CREATE\nwait: true"
    fault, is_applied = STAGES[stage]
    instance.public_ipv4 = OLD
    assert run(settings=settings).status == 0
    instance.public_ipv4, instance.ipv6 = ADDRESS, IPV6
    interrupted(run, number, fault, settings=settings)
    assert ours(zone) == (owned(ADDRESS, IPV6) if is_applied else owned(OLD))
    assert run("up", "--if-changed", settings=settings).stdout == (
        f"{NAME} is already {ADDRESS}\n{NAME} is already {IPV6}\n" if is_applied
        else SET + f"setting {NAME} to {IPV6}\n")
    assert ours(zone) == owned(ADDRESS, IPV6)


@needs_no_wrapper
@pytest.mark.parametrize("stage", STAGES)
def test_the_address_before_is_published_again_after_a_signal(run, zone, instance, interrupted,
                                                              stage):
    """Whatever the file in /run says by then."""
    settings = "action: CREATE\nwait: true"
    fault, _ = STAGES[stage]
    instance.public_ipv4 = OLD
    assert run(settings=settings).status == 0
    instance.public_ipv4, instance.ipv6 = ADDRESS, IPV6
    interrupted(run, signal.SIGTERM, fault, settings=settings)
    instance.public_ipv4, instance.ipv6 = OLD, None
    assert run("up", "--if-changed", settings=settings).status == 0
    assert ours(zone) == owned(OLD)


@needs_no_wrapper
@pytest.mark.parametrize("stage", ["change", "answer"])
def test_a_signal_between_two_zones_leaves_each_of_them_whole(run, emulator, zone, instance,
                                                              interrupted, stage):
    other = emulator.hosted_zone("example.org")
    settings = ("action: CREATE\nrecords:\n- {}\n- name: a.example.org\n- name: b.example.org\n")
    instance.ipv6 = IPV6
    fault, is_applied = STAGES[stage]
    interrupted(run, signal.SIGTERM, fault | {"after": 1}, settings=settings)
    assert ours(zone) == owned(ADDRESS, IPV6)
    assert len(ours(other)) == (6 if is_applied else 0)
    assert run("up", "--if-changed", settings=settings).status == 0
    assert len(ours(other)) == 6


@needs_no_wrapper
@pytest.mark.parametrize("stage", ["reading", "change", "answer"])
def test_a_signal_ends_down_with_all_or_nothing_done(run, zone, instance, interrupted, stage):
    put_owned(zone, NAME, instance.id, ADDRESS, IPV6)
    fault, is_applied = STAGES[stage]
    interrupted(run, signal.SIGTERM, fault, "down", settings="action: CREATE")
    assert ours(zone) == ({} if is_applied else owned(ADDRESS, IPV6))
    assert run("down", settings="action: CREATE").status == 0
    assert ours(zone) == {}


# It is not told to end after all

def while_changing(emulator, process_of, number):
    """Send a signal when the change arrives, then apply it."""
    def function(*_):
        os.kill(process_of().pid, number)
    emulator.faults.add(operation=CHANGE, action="callback", function=function)


@needs_no_wrapper
@pytest.mark.parametrize("option", ["--ignore-signal", "--block-signal"])
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_that_the_parent_ignored_or_blocked_is_none(run, emulator, zone, monkeypatch,
                                                             option, number):
    if not shutil.which("env") or subprocess.run(["env", option, "true"], check=False,
                                                 capture_output=True).returncode:
        pytest.skip("env has no such option here")
    monkeypatch.setenv("BOOTNAME_WRAPPER", f"env {option}={number.name[3:]}")
    started = []
    while_changing(emulator, lambda: started[0], number)
    run.cloud_config.write_bytes(cloud_config(None).encode())
    started.append(run.start())
    assert run.finish(started[0]).stdout == SET
    assert ours(zone) == {(NAME, "A"): (ADDRESS,)}


@needs_no_wrapper
@pytest.mark.parametrize("number", [signal.SIGPIPE, signal.SIGXFSZ], ids=lambda one: one.name)
def test_signals_of_writing_do_not_end_it(run, emulator, zone, number):
    """SIGPIPE is what older libcurl brings about when it takes leave of a server that has left."""
    started = []
    while_changing(emulator, lambda: started[0], number)
    run.cloud_config.write_bytes(cloud_config(None).encode())
    started.append(run.start())
    assert run.finish(started[0]).stdout == SET


@pytest.mark.parametrize("where", [{"operation": LIST}, {"path": "public-ipv4"}],
                         ids=["TLS", "metadata"])
def test_a_server_that_leaves_behind_its_answer(run, emulator, zone, where):
    fault = emulator.faults.add(action="reset_behind", **where)
    assert run().stdout == SET
    assert fault.hits == 1 and ours(zone) == {(NAME, "A"): (ADDRESS,)}


@pytest.mark.thorough(but=["change"])
@needs_no_wrapper
@pytest.mark.parametrize("stage", ["metadata", "back-off", "look-up", "change"])
def test_stopped_until_the_deadline_is_past_it_ends_when_it_goes_on(run, emulator, zone, stage):
    fault = emulator.faults.add(times=None, **STAGES[stage][0])
    run.cloud_config.write_bytes(cloud_config(ONCE).encode())
    begun = time.monotonic()
    process = run.start()
    assert fault.matched.wait(20)
    process.send_signal(signal.SIGSTOP)
    threading.Event().wait(begun + SLOW + 0.5 - time.monotonic())  # more than the deadline
    process.send_signal(signal.SIGCONT)
    gone_on = time.monotonic()
    assert run.finish(process).status == 75
    assert time.monotonic() - gone_on < SLOW
    assert ours(zone) == {}


@needs_no_wrapper
def test_stopped_and_continued_it_goes_on(run, emulator, zone):
    started = []

    def function(*_):
        for number in (signal.SIGSTOP, signal.SIGCONT):
            os.kill(started[0].pid, number)
    emulator.faults.add(operation=LIST, status=503)             # sleeps, then tries again
    emulator.faults.add(action="callback", function=function, times=None)
    run.cloud_config.write_bytes(cloud_config(None).encode())
    started.append(run.start())
    assert run.finish(started[0]).stdout == SET


# Its streams

BROKEN_PIPE = """\
import os, signal, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)   # as any program finds it
reader, writer = os.pipe()
os.close(reader)
for number in sys.argv[1]:
    os.dup2(writer, int(number))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture
def broken_pipe(monkeypatch):
    """broken_pipe("12"): run() with these streams into pipes that nobody reads."""
    def put(streams):
        monkeypatch.setenv("BOOTNAME_WRAPPER", shlex.join(
            ["/usr/bin/python3", "-c", BROKEN_PIPE, streams]))
    return put


@needs_no_wrapper
@pytest.mark.parametrize(("streams", "status", "said"), [
    ("1", 71, UNWRITTEN), ("2", 0, ""), ("12", 71, "")], ids=["output", "errors", "both"])
@pytest.mark.parametrize("options", [(), ("-j",), ("-v",), ("-jv",)], ids=" ".join)
def test_a_reader_that_is_gone_keeps_no_record_from_being_set(run, zone, broken_pipe, options,
                                                              streams, status, said):
    broken_pipe(streams)
    result = run(*options, shell=" ")
    assert result.status == status and result.stderr.endswith(said)
    assert "v" in "".join(options) or result.stderr == said
    assert ours(zone) == {(NAME, "A"): (ADDRESS,)}
    assert run.state.stat().st_size > 0


@needs_no_wrapper
def test_a_reader_of_errors_that_is_gone_keeps_no_other_zone(run, zone, broken_pipe):
    broken_pipe("2")
    result = run(settings="records:\n- name: a.example.org\n- name: www.ec2.example.com\n",
                 shell=" ")
    assert result.status == 69
    assert ours(zone) == {("www.ec2.example.com", "A"): (ADDRESS,)}


@needs_no_wrapper
def test_a_shell_s_pipe_that_reads_nothing(run, zone, monkeypatch):
    monkeypatch.setenv("BOOTNAME_WRAPPER", "sh -c '\"$@\" | true' sh")
    assert run(shell=" ").status == 0
    assert ours(zone) == {(NAME, "A"): (ADDRESS,)}


CLOSED = ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"]


@needs_no_wrapper
@pytest.mark.parametrize("shell", CLOSED)
@pytest.mark.parametrize("arguments", [("up",), ("down",), ("-j",), ("-v", "up", "--if-changed")],
                         ids=" ".join)
def test_closed_streams_are_the_null_device(run, emulator, zone, instance, shell, arguments):
    put_owned(zone, NAME, instance.id, OLD)
    seen = {}

    def look(*_):
        with contextlib.suppress(PermissionError):      # only root may: it is not dumpable
            seen.update(streams(process))
    fault = emulator.faults.add(operation=CHANGE, action="callback", function=look)
    run.cloud_config.write_bytes(cloud_config("action: CREATE").encode())
    process = run.start(*arguments, shell=shell)
    assert run.finish(process, shell=shell).status == 0
    assert fault.hits == 1 and ours(zone) == ({} if "down" in arguments else owned(ADDRESS))
    closed = {number for number, word in enumerate(("<&-", ">&-", "2>&-"))
              if word in shell.split()}
    if seen:
        assert {number for number, what in seen.items() if what == "/dev/null"} == closed | {0}


def streams(process):
    """What the descriptors of a process are."""
    folder = pathlib.Path("/proc", str(process.pid), "fd")
    return {int(link.name): os.readlink(link) for link in folder.iterdir()}


@needs_no_wrapper
@pytest.mark.parametrize("shell", CLOSED)
def test_closed_streams_of_reap(emulator, zone, tmp_path, shell):
    put_owned(zone, f"web1.{ZONE}", GONE, OLD)
    assert Reaper(emulator, tmp_path)("-v", shell=shell).status == 0
    assert ours(zone) == {}


full = pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="no /dev/full")


@full
@needs_no_wrapper
@pytest.mark.parametrize("options", [(), ("-j",), ("-v",), ("down",)], ids=" ".join)
def test_both_streams_full(run, zone, instance, options):
    put_owned(zone, NAME, instance.id, OLD)
    assert run(*options, settings="action: CREATE", shell=">/dev/full 2>&1").status == 71
    assert ours(zone) == ({} if "down" in options else owned(ADDRESS))


@full
@pytest.mark.parametrize("shell", [">/dev/full", ">/dev/full 2>&1"])
def test_reap_with_its_output_full(emulator, zone, tmp_path, shell):
    put_owned(zone, f"web1.{ZONE}", GONE, OLD)
    assert Reaper(emulator, tmp_path)(shell=shell).status == 71
    assert ours(zone) == {}


# Its files

def published_twice(run, zone, env=None, shell=None):
    """Where nothing can be kept, all is published again, and nothing fails."""
    for _ in range(2):
        result = run("up", "--if-changed", env=env, shell=shell)
        assert (result.status, result.stdout, result.stderr) == (0, SET, "")
    assert ours(zone) == {(NAME, "A"): (ADDRESS,)}


def test_a_runtime_directory_that_is_a_dangling_link(run, zone, tmp_path):
    (tmp_path / "link").symlink_to("nowhere")
    published_twice(run, zone, {"RUNTIME_DIRECTORY": str(tmp_path / "link")})
    assert not (tmp_path / "nowhere").exists()


def test_a_runtime_directory_that_is_a_link(run, zone, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    env = {"RUNTIME_DIRECTORY": str(tmp_path / "link")}
    assert run(env=env).stdout == SET
    assert "already" in run("up", "--if-changed", env=env).stdout


@needs_no_wrapper
@pytest.mark.parametrize("shell", ["", ">&1"], ids=["", "redirected"])
def test_a_limit_of_the_size_of_files(run, zone, monkeypatch, shell):
    """Going beyond it ends a process by SIGXFSZ."""
    monkeypatch.setenv("BOOTNAME_WRAPPER", "sh -c 'ulimit -f 0; exec \"$@\"' sh")
    published_twice(run, zone, shell=shell)


@needs_no_wrapper
def test_output_into_a_file_beyond_that_limit(run, zone, tmp_path, monkeypatch):
    monkeypatch.setenv("BOOTNAME_WRAPPER", "sh -c 'ulimit -f 0; exec \"$@\"' sh")
    result = run(shell=f">{tmp_path}/output")
    assert (result.status, result.stderr) == (71, UNWRITTEN)
    assert ours(zone) == {(NAME, "A"): (ADDRESS,)}


@needs_root
@needs_no_wrapper
def test_a_run_that_is_read_only(run, zone, monkeypatch, tmp_path):
    if not shutil.which("unshare") or subprocess.run(["unshare", "--mount", "true"], check=False,
                                                     capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    (tmp_path / "machine").mkdir()
    monkeypatch.setenv("BOOTNAME_WRAPPER", shlex.join(
        ["unshare", "--mount", "sh", "-c", f"mount --bind {tmp_path}/machine /run && "
         'mount -o remount,bind,ro /run && exec "$@"', "sh"]))
    published_twice(run, zone, {"RUNTIME_DIRECTORY": None})
    assert not (tmp_path / "machine/bootname").exists()


@needs_no_wrapper
@pytest.mark.parametrize("descriptors", range(4, 12))
def test_few_descriptors(run, zone, monkeypatch, descriptors):
    """It may fail, and says so; the record is set or not."""
    monkeypatch.setenv("BOOTNAME_WRAPPER", f"prlimit --nofile={descriptors}")
    if not shutil.which("prlimit"):
        pytest.skip("no prlimit here")
    env = {"ASAN_OPTIONS": "detect_leaks=0"}            # it would want some too
    result = run(settings=ONCE, env=env, shell=" ")
    assert bool(result.status) == bool(result.stderr)
    assert ours(zone) == ({} if result.status else {(NAME, "A"): (ADDRESS,)})
