"""A run ends, whatever the other side does: at the deadline, or by an alarm 2 s behind it."""

import os
import shlex
import time
from collections import Counter
from types import SimpleNamespace

import pytest
from conftest import SLOW, Result, cloud_config, put_owned
from test_faults_network import Handshakes
from test_reap import Reaper

# TLS 1.2, section 7.4.1.1, in a record: ignored while a handshake is under way.
HELLO_REQUEST = bytes.fromhex("160303000400000000")
TIMEOUT, ALARM = 1, 2
OVERDUE = "the connection did not end at the deadline"
QUESTION = "; what is between this machine and the other side?"
# How a parent may leave the signal to its children.
BLOCKED = ("import os, signal, sys; signal.signal(signal.SIGALRM, signal.SIG_IGN); "
           "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()); "
           "os.execv(sys.argv[1], sys.argv[1:])")


def flood(sock):
    while True:
        sock.sendall(HELLO_REQUEST * 1000)


def trickle_records(sock):
    """One HelloRequest after the other, slowly."""
    while True:
        sock.sendall(HELLO_REQUEST)
        time.sleep(0.02)


def trickle_bytes(sock):
    """One long record, byte by byte."""
    sock.sendall(bytes.fromhex("1603034000020000"))
    while True:
        sock.sendall(b"\0")
        time.sleep(0.02)


@pytest.fixture
def meet(emulator):
    """Have the services end every TLS handshake in this way."""
    def order(instead):
        Handshakes(SimpleNamespace(emulator=emulator, counted=Counter()), instead, None)
    return order


def timed(run, *arguments, settings="", **more):
    started = time.monotonic()
    result = run(*arguments, settings=f"timeout: {TIMEOUT}\n{settings}", **more)
    return result, time.monotonic() - started


def is_overdue(result, seconds, stage="zone", name="bootname"):
    assert result.status == 75
    assert result.stderr == f"{name}: {stage}: {OVERDUE}{QUESTION}\n"
    assert TIMEOUT + ALARM - 0.1 < seconds < TIMEOUT + ALARM + SLOW


@pytest.mark.thorough(but=["up"])
@pytest.mark.parametrize("arguments", [(), ("-q",), ("up", "--if-changed"), ("down",)],
                         ids=lambda words: " ".join(words) or "up")
def test_a_handshake_without_an_end(run, zone, meet, arguments):
    meet(flood)
    is_overdue(*timed(run, *arguments))


@pytest.mark.thorough
def test_a_handshake_without_an_end_as_json(run, zone, meet):
    meet(flood)
    result, seconds = timed(run, "-j")
    is_overdue(result, seconds)
    assert result.json == {"error": {"stage": "zone", "code": 75, "message": OVERDUE + QUESTION}}


@pytest.mark.thorough
def test_nothing_is_changed_behind_it(run, emulator, zone, meet):
    zone.put("webdev1.ec2.example.com", "A", ["198.51.100.7"], ttl=300)
    meet(flood)
    timed(run, settings=f"zone_id: {zone.id}")
    assert zone.values("webdev1.ec2.example.com", "A") == ["198.51.100.7"]
    assert emulator.requests_of("route53") == []


@pytest.mark.thorough
def test_reap_of_such_a_zone(emulator, zone, meet, tmp_path):
    put_owned(zone, "web1.ec2.example.com", "i-0aaaaaaaaaaaaaaa1", "192.0.2.1")
    meet(flood)
    result, seconds = timed(Reaper(emulator, tmp_path))
    is_overdue(result, seconds, name="bootname-reap")


@pytest.mark.thorough
def test_check_of_such_a_zone(run, zone, meet):
    meet(flood)
    run.cloud_config.write_text(cloud_config(f"timeout: {TIMEOUT}"))
    process = run.start("check")
    stdout, stderr = process.communicate(timeout=60)
    assert "ok  " in stdout and "zone: " not in stdout
    is_overdue(Result(process.returncode, stdout, stderr), TIMEOUT + ALARM)


@pytest.mark.thorough
def test_the_program_in_user_data_ends_too(run, zone, meet, embedded):
    meet(flood)
    result, seconds = timed(run)
    assert (result.status, result.stderr) == (75, "bootname: deadline: passed\n")
    assert TIMEOUT + ALARM - 0.1 < seconds < TIMEOUT + ALARM + SLOW


@pytest.mark.thorough
def test_a_parent_cannot_keep_the_alarm_away(run, zone, meet, monkeypatch):
    wrapper = shlex.join(["/usr/bin/python3", "-c", BLOCKED])
    monkeypatch.setenv("BOOTNAME_WRAPPER", f"{wrapper} {os.environ.get('BOOTNAME_WRAPPER', '')}")
    meet(flood)
    is_overdue(*timed(run))


@pytest.mark.thorough
def test_a_parent_cannot_keep_it_from_the_program_in_user_data(run, zone, meet, embedded,
                                                               monkeypatch):
    monkeypatch.setenv("BOOTNAME_WRAPPER", shlex.join(["/usr/bin/python3", "-c", BLOCKED]))
    meet(flood)
    assert timed(run)[0].status == 75


@pytest.mark.parametrize("instead", [trickle_records, trickle_bytes])
def test_a_slow_handshake_ends_at_the_deadline(run, zone, meet, instead):
    meet(instead)
    result, seconds = timed(run)
    assert result.status == 75 and "gave up after" in result.stderr
    assert seconds < TIMEOUT + SLOW
