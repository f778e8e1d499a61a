"""docs/systems.md against the release, and what the tests boot; .github/SECURITY.md against both."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).parents[2]
PAGE = (TOP / "docs/systems.md").read_text()
SECURITY = (TOP / ".github/SECURITY.md").read_text()
BUILD = pathlib.Path(os.environ.get("B") or TOP / "build").absolute()
CODENAMES = {"12": "bookworm", "13": "trixie"}


def readelf(name, option):
    program = BUILD / "release" / name
    if not program.exists():
        pytest.skip("no release in this build")
    return subprocess.run(["readelf", option, "-W", program], capture_output=True, text=True,
                          check=True).stdout


def row(first):
    [line] = re.findall(rf"^\| {re.escape(first)} \|.*$", PAGE, re.MULTILINE)
    return [cell.strip() for cell in line.split("|")[1:-1]]


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_libraries_are_those_that_the_programs_ask_for(machine):
    embedded, whole = (set(re.findall(r"\(NEEDED\).*\[(.*?)\]", readelf(name, "-d"))) - {
        "libc.so.6", "ld-linux-aarch64.so.1"} for name in (f"boot-{machine}", f"bootname-{machine}"))
    told, more = row("libraries")[1].split(";")
    assert set(re.findall("`(.*?)`", told)) == embedded
    assert set(re.findall("`(.*?)`", more)) == whole - embedded


def test_glibc_is_the_oldest_that_the_programs_run_on():
    versions = re.findall(r"GLIBC_([0-9.]+)", readelf("bootname-x86_64", "-V"))
    newest = max(versions, key=lambda one: [int(part) for part in one.split(".")])
    assert row("C library")[1] == f"glibc {newest} or newer"


def test_tested_systems_are_those_that_the_tests_boot():
    sys.path.append(str(TOP / "tests/boot"))
    import roots
    [heading] = re.findall(r"^\| \| (Debian .*) \|$", PAGE, re.MULTILINE)
    releases = [CODENAMES[name.removeprefix("Debian ")] for name in heading.split(" | ")]
    assert tuple(releases) == roots.BOOTED
    # Of these the machine that runs the tests may be one.
    version = pathlib.Path("/etc/debian_version").read_text().partition(".")[0] \
        if pathlib.Path("/etc/debian_version").exists() else ""
    if version in CODENAMES:
        column = 1 + releases.index(CODENAMES[version])
        for name, package in (("libcurl", "libcurl4"), ("systemd", "systemd"), ("glibc", "libc6")):
            query = subprocess.run(["dpkg-query", "-Wf", "${Version}", package],
                                   capture_output=True, text=True, check=False)
            if query.returncode == 0:
                assert query.stdout.startswith(row(name)[column].partition(".")[0])


def test_supported_version_is_the_one_of_the_sources():
    version = re.search(r"^VERSION \?= ([0-9]+\.[0-9]+)", (TOP / "Makefile").read_text(), re.MULTILINE)
    assert f"| {version[1]} | yes |" in SECURITY


def test_links_of_the_security_policy_lead_somewhere():
    for path in re.findall(r"\]\((\.\./[^)#]+)", SECURITY):
        assert (TOP / ".github" / path).exists(), path
