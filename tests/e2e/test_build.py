"""What is built and installed: hardening of the ELF file, libraries, files in their places."""

import os
import pathlib
import re
import subprocess

import pytest

TOP = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("B", TOP / "build")).absolute()
LIBRARIES = {"libcurl.so.4", "libyaml-0.so.2", "libjson-c.so.5", "libcrypto.so.3", "libexpat.so.1",
             "libc.so.6"}


@pytest.fixture(scope="module")
def elf():
    text = subprocess.run(["readelf", "-hldW", BUILD / "bootname"], capture_output=True, text=True,
                          check=True).stdout
    if "libasan" in text:
        pytest.skip("a sanitizer build is not hardened")
    return text


@pytest.mark.parametrize("wanted", [
    r"Type:\s+DYN \(Position-Independent Executable",
    r"GNU_RELRO",
    r"\(FLAGS\)\s+.*BIND_NOW",
    r"GNU_STACK(\s+0x\w+){5}\s+RW\s",
], ids=["position independent", "relocations read-only", "bound at start", "no executable stack"])
def test_helper_is_hardened(elf, wanted):
    assert re.search(wanted, elf)


def test_helper_links_the_five_libraries_and_no_more(elf):
    assert set(re.findall(r"\(NEEDED\).*\[(.*)\]", elf)) == LIBRARIES


def make(*words):
    subprocess.run(["make", "-s", f"B={BUILD}", "-o", "Makefile", *words], cwd=TOP, check=True,
                   stdout=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_install_puts_files_where_prefix_says_and_uninstall_removes_them(tmp_path):
    make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/bootname")
    assert files(tmp_path) == {
        "opt/bootname/sbin/bootname",
        "opt/bootname/sbin/bootname-reap",
        "opt/bootname/share/man/man5/bootname.yaml.5",
        "opt/bootname/share/man/man8/bootname-reap.8",
        "opt/bootname/share/man/man8/bootname.8",
    }
    make("uninstall", f"DESTDIR={tmp_path}", "PREFIX=/opt/bootname")
    assert files(tmp_path) == set()
