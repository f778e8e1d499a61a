"""User-data for arm64, from mkuserdata to the program that runs: `make check-arm64`, by QEMU.

The hook unpacks itself with the tools of Debian's arm64, each of them run by QEMU: dash, coreutils,
and xz, or Python's lzma.
"""

import gzip
import lzma
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

import pytest
from cloud_init import cloud_init, write_files
from conftest import ROOT

BUILD = ROOT / os.environ.get("B", "build")
QEMU = shlex.split(os.environ.get("BOOTNAME_WRAPPER", ""))      # qemu-aarch64 -L ROOT
RELEASE = BUILD / "release/bootname-aarch64"
TOOLS = ("realpath", "tail", "chmod", "sync", "mv", "rm")
UNPACKERS = {"xz": {"xz"}, "Python's lzma": {"python3"}}
NAME = "webdev1.ec2.example.com"
SETTINGS = "# für uns\nzone: ec2.example.com\nttl: 77\n"
SAID = f"setting {NAME} to 54.123.123.123\n"

if not QEMU or "aarch64" not in QEMU[0]:
    pytest.skip("`make check-arm64` runs these", allow_module_level=True)
QEMU[0] = shutil.which(QEMU[0])
ARM64_ROOT = pathlib.Path(QEMU[QEMU.index("-L") + 1])


def script(path, *lines):
    """A program that this machine runs."""
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def by_qemu(path, program):
    """A program of arm64 that this machine runs."""
    return script(path, f'exec {shlex.join([*QEMU, str(program)])} "$@"')


@pytest.fixture
def tools(tmp_path, request):
    """A PATH with the tools of arm64 that a hook needs, and one that unpacks. What mv has put in its
    place, this machine cannot run: so a script that calls QEMU stands there then, and the program
    is beside the folder. It is what binfmt_misc does, which asks for root."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for tool in (*TOOLS, *UNPACKERS[request.param]):
        place, = [ARM64_ROOT / where / tool for where in ("bin", "usr/bin")
                  if (ARM64_ROOT / where / tool).exists()]
        by_qemu(folder / tool, place)
    mv = (folder / "mv").rename(tmp_path / "mv")
    by_qemu(tmp_path / "run", tmp_path / "unpacked")
    script(folder / "mv", f'{mv} "$@" || exit', f'{sys.executable} -c \'import os, sys',
           f'os.rename(sys.argv[1], "{tmp_path}/unpacked")',
           f'open(sys.argv[1], "w").write("#! /bin/sh\\n" + open("{tmp_path}/run").read())',
           'os.chmod(sys.argv[1], 0o755)\' "$2"')
    return folder


@pytest.fixture
def user_data(tmp_path):
    """user_data("--systemd"): the cloud-config.txt of an instance, and its hook, both in place."""
    checker = by_qemu(tmp_path / "checker", RELEASE)

    def make(*options):
        made = subprocess.run(
            [sys.executable, ROOT / "cloud-config/mkuserdata", "--arch", "aarch64", "--check-with",
             checker, "--plain", *options, "-"], input=SETTINGS.encode(), capture_output=True,
            check=True, env={**os.environ, "BOOTNAME_BUILD": str(BUILD)}).stdout
        with cloud_init() as code:
            config = code.cloud_config(gzip.compress(made), tmp_path)
        write_files(config, tmp_path)
        return config, tmp_path / "var/lib/cloud/scripts/per-boot/50-bootname"
    return make


@pytest.mark.parametrize("tools", UNPACKERS, indirect=True)
@pytest.mark.parametrize("options", [(), ("--systemd",)], ids=["plain", "systemd"])
def test_user_data_unpacks_and_sets_the_name(user_data, tools, run, zone, tmp_path, monkeypatch,
                                             options):
    config, hook = user_data(*options)
    assert hook.read_bytes().startswith(b"#!/bin/sh\n")
    monkeypatch.setenv("BOOTNAME_WRAPPER", shlex.join([*QEMU, str(ARM64_ROOT / "bin/dash")]))
    monkeypatch.setenv("BOOTNAME", str(hook))
    assert run(config=config, env={"PATH": str(tools)}).stdout == SAID
    assert (zone.values(NAME, "A"), zone.find(NAME, "A").ttl) == (["54.123.123.123"], 77)
    kind = "service" if options else "boot"
    program = tmp_path / "unpacked"
    assert program.read_bytes() == lzma.decompress(
        (BUILD / f"release/bootname-{kind}-aarch64.xz").read_bytes())
    monkeypatch.setenv("BOOTNAME_WRAPPER", shlex.join(QEMU))        # as at the next boot
    monkeypatch.setenv("BOOTNAME", str(program))
    assert run(config=config).stdout == SAID
    if options:
        assert run("down", config=config).stdout == f"removing {NAME} (54.123.123.123)\n"
