"""What is built and installed: hardening of the ELF file, libraries, files in their places."""

import gzip
import os
import pathlib
import re
import shutil
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


@pytest.mark.parametrize("source", sorted(
    path for folder in ("helper", "tests/unit", "tests/fuzz") for path in (TOP / folder).glob("*.[ch]")
    if "<arpa/inet.h>" in path.read_text()), ids=lambda path: path.name)
def test_sources_do_not_lean_on_what_glibcs_headers_bring(source):
    """On a BSD <arpa/inet.h> has neither AF_INET nor struct in6_addr."""
    assert {"<sys/socket.h>", "<netinet/in.h>"} <= {*re.findall("#include (<.*>)",
                                                                source.read_text())}


def test_no_macro_hides_what_is_not_posix():
    """A BSD has explicit_bzero, getentropy and u_char only where nobody asks for POSIX alone."""
    for path in (*(TOP / "helper").glob("*.[ch]"), TOP / "Makefile"):
        assert not re.search(r"[D ]_(POSIX|XOPEN)(_C)?_SOURCE\b.*[0-9]|_GNU_SOURCE", path.read_text())


def make(*words):
    subprocess.run(["make", "-s", f"B={BUILD}", "-o", "Makefile", *words], cwd=TOP, check=True,
                   stdout=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")
            if path.is_file() or path.is_symlink()}


# Of cloud-config, what builds the helper and the packages.
NOT_INSTALLED = re.compile(r"(embed|size)\.py|release\.sh|packages/.*|(.*/)?\..*|.*\.pyc")
UNITS = {"bootname.service", "bootname-refresh.service", "bootname-refresh.timer",
         "bootname-reap.service", "bootname-reap.timer"}
PLACES = {
    "lib/systemd/system": UNITS,
    "sbin": {"bootname", "bootname-reap"},
    "share/bash-completion/completions": {"bootname", "bootname-reap", "mkuserdata"},
    "share/bootname": {name for name in files(TOP / "cloud-config")
                       if not NOT_INSTALLED.fullmatch(name)},
    "share/doc/bootname": {"LICENSE", "README.md", "cloud-config"},
    "share/doc/bootname/docs": {
        name for name in files(TOP / "docs")
        if not re.fullmatch(r"completion/.*|.*\.[58]|(.*/)?\..*", name)},
    "share/man/man5": {"bootname.yaml.5"},
    "share/man/man8": {"bootname.8", "bootname-reap.8"},
    "share/zsh/site-functions": {"_bootname"},
}
ELSEWHERE = {
    "PREFIX": "/opt/bootname", "sbindir": "/s", "systemdsystemunitdir": "/u", "mandir": "/m",
    "bashcompletiondir": "/b", "zshcompletiondir": "/z", "docdir": "/d", "pkgdatadir": "/p",
}


def test_install_puts_files_where_prefix_says(tmp_path):
    make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/bootname")
    assert files(tmp_path) == {f"opt/bootname/{folder}/{name}" for folder, names in PLACES.items()
                               for name in names}
    assert {"baked.yaml", "dns-update-policy.json", "mkuserdata", "systemd/bootname.service"} \
        <= PLACES["share/bootname"]
    programs = {name for name in files(tmp_path) if os.access(tmp_path / name, os.X_OK)
                and not (tmp_path / name).is_dir()}
    assert programs == {f"opt/bootname/{name}" for name in (
        "sbin/bootname", "sbin/bootname-reap", "share/bootname/mkuserdata")}


def test_install_puts_each_kind_where_its_variable_says(tmp_path):
    make("install", f"DESTDIR={tmp_path}", *map("=".join, ELSEWHERE.items()))
    assert {name.partition("/")[0] for name in files(tmp_path)} == set("subzdpm")


@pytest.mark.parametrize(("where", "others"), [
    ({"PREFIX": "/usr"}, {"usr/sbin/other", "usr/lib/systemd/system/other.timer"}),
    (ELSEWHERE, {"s/other", "u/other.timer", "d/other"}),
], ids=["a prefix", "variables"])
def test_uninstall_leaves_the_files_of_others_and_none_of_ours(tmp_path, where, others):
    words = [f"DESTDIR={tmp_path}", *map("=".join, where.items())]
    make("install", *words)
    for other in others:
        (tmp_path / other).touch()
    make("uninstall", *words)
    assert files(tmp_path) == others
    assert not list(tmp_path.rglob("*bootname*"))


def test_installed_units_run_the_installed_program(tmp_path):
    make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/bootname")
    folder = tmp_path / "opt/bootname/lib/systemd/system"
    assert {path.name for path in folder.iterdir()} == UNITS
    text = "".join((folder / unit).read_text() for unit in sorted(UNITS))
    assert set(re.findall(r"[\w/.]*/bootname[\w-]*(?=[ \n])", text)) == {
        "/opt/bootname/sbin/bootname", "/opt/bootname/sbin/bootname-reap"}
    assert "@" not in text.replace("@system-service", "").replace("@privileged @resources", "")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Installed for a user whose PATH does not have it."""
    folder = tmp_path_factory.mktemp("installed")
    make("install", f"DESTDIR={folder}", "PREFIX=/usr")
    return folder / "usr"


def mkuserdata(installed, *options):
    return subprocess.run(
        [installed / "share/bootname/mkuserdata", "--plain", *options, "-"], input="ttl: 77\n",
        capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize("options", [
    ("--baked",), ("--baked", "--systemd"),
    ("--url", "https://example.com/bootname", "--sha256", "0" * 64, "--systemd"),
], ids=" ".join)
def test_installed_mkuserdata_works_by_itself(installed, options):
    done = mkuserdata(installed, *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ttl: 77\n" in done.stdout


def test_installed_mkuserdata_checks_with_the_installed_helper(installed, tmp_path):
    assert mkuserdata(installed, "--baked", "--no-check").returncode == 0
    moved = installed / "sbin/bootname"
    moved.rename(tmp_path / "bootname")
    try:
        done = mkuserdata(installed, "--baked")
    finally:
        (tmp_path / "bootname").rename(moved)
    assert done.returncode == 69 and "no helper to check the settings with" in done.stderr


def test_installed_mkuserdata_embeds_an_installed_helper(installed):
    machine = os.uname().machine
    done = mkuserdata(installed, "--arch", machine)
    assert done.returncode == 69
    assert f"no helper for {machine} and these settings is there" in done.stderr
    folder = installed / "lib/bootname"
    folder.mkdir()
    try:
        # 513: tags and owner records, see helper/feature.h
        with gzip.open(folder / f"bootname-{machine}-513.gz", "wb") as file:
            file.write((BUILD / "bootname").read_bytes())
        done = mkuserdata(installed, "--arch", machine)
    finally:
        shutil.rmtree(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "encoding: gz+b64\n" in done.stdout
