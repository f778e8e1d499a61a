"""mkuserdata.pyz: one file that makes the same user-data on every machine."""

import os
import pathlib
import platform
import subprocess
import sys
import zipfile

import pytest
from test_user_data import CHECKER, SETTINGS, needs_release

TOP = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("B", TOP / "build")).absolute()
ARCHIVE = BUILD / "release/mkuserdata.pyz"
FORMS = {"embedded": (), "systemd": ("--baked", "--systemd"), "arm64": ("--arch", "arm64"),
         "S3": ("--s3", "s3://bucket/key", "--sha256", "ab" * 32)}
# As on a laptop of another kind: no /proc, no program in PATH, no zlib but what Python has.
ELSEWHERE = """\
import builtins, os, platform, runpy, subprocess, sys
def refuse(*_, **more):
    raise AssertionError("runs a program")
subprocess.Popen = os.system = os.fork = refuse
really = builtins.open
def guarded(name, *more, **other):
    assert not str(name).startswith("/proc"), name
    return really(name, *more, **other)
builtins.open = guarded
platform.system, platform.machine = lambda: "Darwin", lambda: "arm64"
sys.modules["zlib"] = sys.modules["lzma"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
pytestmark = needs_release


@pytest.fixture
def archive(tmp_path):
    """A copy without a source tree around it."""
    copy = tmp_path / "mkuserdata.pyz"
    copy.write_bytes(ARCHIVE.read_bytes())
    return copy


def run(*command, **more):
    return subprocess.run([sys.executable, *command], input=SETTINGS.encode(), check=False,
                          capture_output=True, **more)


@pytest.mark.thorough(but=["arm64"])
@pytest.mark.parametrize("form", FORMS)
def test_it_makes_the_same_on_a_machine_of_another_kind(archive, tmp_path, form):
    words = ["--arch", "x86_64", *FORMS[form], "--no-check", "-"]
    here = run(TOP / "cloud-config/mkuserdata", *words,
               env={**os.environ, "BOOTNAME_BUILD": str(BUILD)})
    there = run("-I", "-S", "-c", ELSEWHERE, archive, *words, env={}, cwd=tmp_path)
    assert here.returncode == there.returncode == 0, (here.stderr, there.stderr)
    assert here.stdout == there.stdout


def test_elsewhere_it_says_that_it_cannot_check(archive, tmp_path):
    done = run("-I", "-S", "-c", ELSEWHERE, archive, "-", env={}, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (69, b"")
    assert done.stderr == (b"mkuserdata: cannot check the settings: no bootname here runs on this "
                           b"machine; give --check-with FILE, or --no-check\n")


def test_it_takes_a_checker_and_has_one_for_this_machine(archive, tmp_path):
    assert run(archive, "--check-with", CHECKER, "-").returncode == 0
    with zipfile.ZipFile(archive) as files:
        assert files.read(f"bootname-{platform.machine()}") \
            == (BUILD / f"release/bootname-{platform.machine()}").read_bytes()


def test_it_is_the_same_bytes_of_the_same_files(tmp_path):
    with zipfile.ZipFile(ARCHIVE) as files:
        files.extractall(tmp_path / "in")
        names = [info.filename for info in files.infolist()]
        assert {info.date_time for info in files.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names == sorted(names)
    (tmp_path / "in/__main__.py").rename(tmp_path / "in/mkuserdata")
    names = ["mkuserdata" if name == "__main__.py" else name for name in names]
    subprocess.run([sys.executable, TOP / "cloud-config/archive.py", tmp_path / "again", "in",
                    *[f"in/{name}" for name in reversed(names)]], cwd=tmp_path, check=True)
    assert (tmp_path / "again").read_bytes() == ARCHIVE.read_bytes()
    assert os.access(ARCHIVE, os.X_OK)
