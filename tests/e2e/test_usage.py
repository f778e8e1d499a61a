"""The command line."""

import re

import pytest

NAME = "webdev1.ec2.example.com"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(run, emulator, option):
    result = run(option)
    assert result.status == 0
    assert result.stdout.startswith("usage: bootname ")
    for word in ("-c FILE", "-d FILE", "-n", "-q", "-v", "--json", "--dry-run", "--if-changed",
                 "--version"):
        assert word in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert emulator.requests == []


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_version(run, emulator, option):
    result = run(option)
    assert result.status == 0
    assert re.fullmatch(r"bootname \d+\.\d+\.\d+\S*\n", result.stdout)
    assert emulator.requests == []


@pytest.mark.parametrize("arguments", [
    ("-x",), ("--unknown",), ("--jsn",), ("--json=yes",), ("-c",), ("-d",), ("-qc",),
    ("up", "up"), ("up", "down"), ("down", "up"), ("down", "--if-changed"), ("check", "up"), ("check", "--if-changed"), ("reap",), ("",), ("Up",), ("--", "-n"),
    ("--if", "x"), ("up", "--if-changed=no"), ("-c", "a", "-d", "b"), ("-d", "a", "-c", "b"),
    ("up", "-x"), ("-nx",), ("a\nb",), ("up", "a\nbootname: all is well"),
], ids=lambda arguments: " ".join(arguments) or "empty")
def test_wrong_usage(run, emulator, zone, arguments):
    result = run(*arguments)
    assert result.status == 64
    assert result.stderr.startswith("bootname: usage: ") and "bootname -h" in result.stderr
    assert result.stdout == ""
    assert emulator.requests == []


@pytest.mark.parametrize("arguments, message", [
    (("--versoin",), "unknown option --versoin"), (("-x",), "unknown option -x"),
    (("-nx",), "unknown option -x"), (("--unknown=value",), "unknown option --unknown"),
    (("-c",), "-c needs a value"), (("-qd",), "-d needs a value"),
    (("--json=yes",), "--json takes no value")], ids=lambda row: row if isinstance(row, str) else "")
def test_wrong_option_is_named(run, arguments, message):
    assert run(*arguments).stderr == f"bootname: usage: {message}; see bootname -h\n"


def test_wrong_usage_as_json(run, emulator):
    result = run("-j", "reap")
    assert result.status == 64
    assert result.json["error"]["stage"] == "usage"
    assert emulator.requests == []


@pytest.mark.parametrize("arguments", [
    (), ("up",), ("--",), ("--", "up"), ("-q", "up"), ("up", "-q"), ("-qv",), ("-q", "-q"),
    ("--if-changed",), ("up", "--if-changed"), ("--if-changed", "up")],
    ids=lambda arguments: " ".join(arguments) or "none")
def test_right_usage(run, zone, arguments):
    assert run(*arguments).status == 0
    assert zone.values(NAME, "A") == ["54.123.123.123"]


def test_options_together(run, zone):
    path = run.file("ttl: 30")
    assert run(f"-jnc{path}").json["records"][0]["ttl"] == 30
    assert run("-jnd", path, "up").json["records"][0]["ttl"] == 30


@pytest.mark.parametrize("option", ["-h", "-V"])
def test_help_comes_before_everything_else(run, emulator, option):
    assert run("-c", "/nonexistent", option).status == 0
    assert emulator.requests == []
