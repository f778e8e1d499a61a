"""What is built and installed: hardening of the ELF file, libraries, files in their places."""

import os
import pathlib
import re
import subprocess

import pytest
from conftest import RULES, run_make
from test_troubleshooting import TOKENS, arguments, preprocessed

TOP = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("B", TOP / "build")).absolute()
CHECKER = BUILD / "bootname"
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
    for path in (*(TOP / "helper").glob("*.[ch]"), *RULES):
        assert not re.search(r"[D ]_(POSIX|XOPEN)(_C)?_SOURCE\b.*[0-9]|_GNU_SOURCE", path.read_text())


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")
            if path.is_file() or path.is_symlink()}


# Of cloud-config, what builds the helper and the packages.
NOT_INSTALLED = re.compile(r"(archive|size)\.py|(release|publish)\.sh|release\.mk|packages/.*|(.*/)?\..*|.*\.pyc")
UNITS = {"bootname.service", "bootname-refresh.service", "bootname-refresh.timer",
         "bootname-reap.service", "bootname-reap.timer"}
PLACES = {
    "bin": {"mkuserdata"},
    "lib/systemd/system": UNITS,
    "sbin": {"bootname", "bootname-reap"},
    "share/bash-completion/completions": {"bootname", "bootname-reap", "mkuserdata"},
    "share/bootname": {name for name in files(TOP / "cloud-config")
                       if not NOT_INSTALLED.fullmatch(name)},
    "share/doc/bootname": {"LICENSE", "README.md", "cloud-config"},
    "share/doc/bootname/docs": {
        name for name in files(TOP / "docs")
        if not re.fullmatch(r"completion/.*|.*\.[158]|(.*/)?\..*", name)},
    "share/man/man1": {"mkuserdata.1"},
    "share/man/man5": {"bootname.yaml.5"},
    "share/man/man8": {"bootname.8", "bootname-reap.8"},
    "share/zsh/site-functions": {"_bootname"},
}
ELSEWHERE = {
    "PREFIX": "/opt/bootname", "bindir": "/e", "sbindir": "/s", "systemdsystemunitdir": "/u", "mandir": "/m",
    "bashcompletiondir": "/b", "zshcompletiondir": "/z", "docdir": "/d", "pkgdatadir": "/p",
}


def test_install_puts_files_where_prefix_says(tmp_path):
    run_make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/bootname")
    assert files(tmp_path) == {f"opt/bootname/{folder}/{name}" for folder, names in PLACES.items()
                               for name in names}
    assert {"baked.yaml", "dns-update-policy.json", "mkuserdata", "systemd/bootname.service"} \
        <= PLACES["share/bootname"]
    programs = {name for name in files(tmp_path) if os.access(tmp_path / name, os.X_OK)
                and not (tmp_path / name).is_dir()}
    assert programs == {f"opt/bootname/{name}" for name in (
        "bin/mkuserdata", "sbin/bootname", "sbin/bootname-reap", "share/bootname/mkuserdata")}


def test_install_puts_each_kind_where_its_variable_says(tmp_path):
    run_make("install", f"DESTDIR={tmp_path}", *map("=".join, ELSEWHERE.items()))
    assert {name.partition("/")[0] for name in files(tmp_path)} == set("esubzdpm")


@pytest.mark.parametrize(("where", "others"), [
    ({"PREFIX": "/usr"}, {"usr/sbin/other", "usr/lib/systemd/system/other.timer"}),
    (ELSEWHERE, {"s/other", "u/other.timer", "d/other"}),
], ids=["a prefix", "variables"])
def test_uninstall_leaves_the_files_of_others_and_none_of_ours(tmp_path, where, others):
    words = [f"DESTDIR={tmp_path}", *map("=".join, where.items())]
    run_make("install", *words)
    for other in others:
        (tmp_path / other).touch()
    run_make("uninstall", *words)
    assert files(tmp_path) == others
    assert not list(tmp_path.rglob("*bootname*"))


def test_installed_units_run_the_installed_program(tmp_path):
    run_make("install", f"DESTDIR={tmp_path}", "PREFIX=/opt/bootname")
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
    run_make("install", f"DESTDIR={folder}", "PREFIX=/usr")
    return folder / "usr"


def mkuserdata(installed, *options, name="bin/mkuserdata"):
    return subprocess.run(
        [installed / name, "--plain", *options, "-"], input="ttl: 77\n",
        capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize("options", [
    ("--baked",), ("--baked", "--systemd"),
    ("--url", "https://example.com/bootname", "--sha256", "0" * 64, "--systemd"),
], ids=" ".join)
def test_installed_mkuserdata_works_by_itself(installed, options):
    done = mkuserdata(installed, "--check-with", CHECKER, *options)
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
    assert done.returncode == 69 and "no bootname here runs on this machine" in done.stderr


def test_installed_mkuserdata_embeds_for_both_architectures(installed):
    if not (BUILD / "release/SHA256SUMS").exists():
        pytest.skip("the release is made in the normal build, with Debian's compilers")
    run_make("install-helpers", f"DESTDIR={installed.parent}", "PREFIX=/usr")
    for machine in "x86_64", "aarch64":
        done = mkuserdata(installed, "--check-with", CHECKER, "--arch", machine)
        assert (done.returncode, done.stderr) == (0, "")
        assert "content: /Td6WFoA" in done.stdout


# Lists of words that are as long as what they fill

LISTED = {"xml_read": (r"XML_FIELDS = (\d+)", "xml.h"),
          "yaml_read_members": (r"YAML_MEMBERS = (\d+)", "yaml.h")}
LISTED |= dict.fromkeys(("aws_call", "call", "get", "send"), LISTED["xml_read"])


def lists_of_words(code):
    """(function, words) of each list that a function of LISTED is given."""
    tokens = TOKENS.findall(code)
    for place, name in enumerate(tokens[:-1]):
        if name in LISTED and tokens[place + 1] == "(":
            for _, texts in arguments(tokens, place + 1):
                yield from ((name, text.split()) for text in texts
                            if re.fullmatch(r"[\w-]+ (\w+ )*", text))


def test_no_list_of_words_is_longer_than_what_it_fills():
    found = {name: [] for name in LISTED}
    for source in sorted((TOP / "helper").glob("*.c")):
        for name, words in lists_of_words(preprocessed(source)):
            found[name].append(words)
    assert all(found.values()) and sum(map(len, found.values())) >= 9
    for name, (pattern, header) in LISTED.items():
        limit = int(re.search(pattern, (TOP / "helper" / header).read_text())[1])
        assert max(map(len, found[name])) <= limit, name
