"""Whom the services' certificate is believed: what a machine has of roots, laid out its way."""

import lzma
import itertools
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess

import pytest
from aws.certificates import Authority
from aws.server import server_tls
from conftest import ONCE

CREATE = Authority.create               # before the fixtures put theirs in its place
STOCK = pathlib.Path("/etc/ssl/certs")
AMAZON = STOCK / "Amazon_Root_CA_1.pem"
AMAZON_LINK = "ce5e74ef.0"              # openssl x509 -hash, of its subject
DEBIAN, RED_HAT = "ssl/certs/ca-certificates.crt", "pki/tls/certs/ca-bundle.crt"
SUBJECTS = {
    "Amazon's": "/C=US/O=Amazon/CN=Amazon Root CA 9",
    "Starfield's": "/C=US/O=Starfield Technologies, Inc./CN=Starfield Services Root - G9",
    "another's": "/O=Example/CN=Example Root",
}
BUILD = pathlib.Path(os.environ.get("B", pathlib.Path(__file__).parents[2] / "build")).absolute()
PACKED = BUILD / f"release/bootname-boot-{platform.machine()}.xz"
SET = "setting webdev1.ec2.example.com to 54.123.123.123\n"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory):
    """An authority of each name, and one of Amazon's name that nobody trusts."""
    made = {}
    for whose in (*SUBJECTS, "a false one"):
        made[whose] = Authority(tmp_path_factory.mktemp("authority"), "127.0.0.1")
        CREATE(made[whose], subject=SUBJECTS.get(whose, SUBJECTS["Amazon's"]))
    return made


class Handshakes:
    """In place of a TLS context: counts."""

    def __init__(self, authority):
        self.context = server_tls(authority.certificate, authority.key)
        self.count = itertools.count(1)
        self.seen = 0

    def wrap_socket(self, sock, server_side):
        """As that of a TLS context."""
        self.seen = next(self.count)
        return self.context.wrap_socket(sock, server_side=server_side)


@pytest.fixture
def machine(run, emulator, zone, authorities, monkeypatch, tmp_path):
    """machine(whose, files): run the helper on a machine with these files in /etc, against
    services whose certificate is of this authority; how it ended, and the handshakes."""
    def live(whose, files, env=None, settings=ONCE, program=None):
        folder = tmp_path / "etc"
        (folder / "ssl/certs").mkdir(parents=True)
        for name in "hosts", "nsswitch.conf", "passwd", "ld.so.cache":
            if pathlib.Path("/etc", name).exists():
                shutil.copy(pathlib.Path("/etc", name), folder)
        for name, content in files(authorities).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        inside = ["unshare", "--mount", *["--map-root-user"] * (os.geteuid() != 0), "sh", "-ec",
                  'mount --bind "$1" /etc; shift; exec "$@"', "sh", str(folder)]
        refused = subprocess.run([*inside, "true"], capture_output=True, text=True, check=False)
        if refused.returncode:
            pytest.skip(f"needs a mount namespace: {refused.stderr.strip()}")
        wrapper = os.environ.get("BOOTNAME_WRAPPER", "")
        monkeypatch.setenv("BOOTNAME_WRAPPER", f"{shlex.join(inside)} {wrapper}")
        if program:
            monkeypatch.setenv("BOOTNAME", str(program))
        emulator.tls = handshakes = Handshakes(authorities[whose])
        bundles = {"AWS_CA_BUNDLE": str(authorities[env].bundle) if env else None}
        return run(settings=settings, env=bundles), handshakes.seen
    return live


def pem(authority):
    return authority.bundle.read_bytes()


def hashed(*whose, amazon=True):
    """A directory with links by hash, to Amazon Root CA 1 and others."""
    def files(authorities):
        found = {f"ssl/certs/{AMAZON_LINK}": AMAZON.read_bytes()} if amazon else {}
        for one in whose:
            [link] = authorities[one].folder.glob("*.0")
            found[f"ssl/certs/{link.name}"] = pem(authorities[one])
        return found
    return files


def bundle(*whose, path=DEBIAN, before=b"", behind=b""):
    """A file with the roots of the distribution, and others."""
    stock = (STOCK / "ca-certificates.crt").read_bytes()
    return lambda authorities: {
        path: before + stock + b"".join(pem(authorities[one]) for one in whose) + behind}


def both(*layouts):
    return lambda authorities: {name: content for layout in layouts
                                for name, content in layout(authorities).items()}


def only(content, path=DEBIAN):
    return lambda _: {path: content}


def small(*whose):
    """A bundle of nothing else."""
    return lambda authorities: {DEBIAN: b"".join(pem(authorities[one]) for one in whose)}


def with_comments(authorities):
    """As Red Hat's: each root's name above it."""
    parts = bundle("Amazon's")(authorities)[DEBIAN].split(b"-----BEGIN")
    return {DEBIAN: b"\n# A Root\n-----BEGIN".join(parts)}


def with_carriage_returns(authorities):
    return {DEBIAN: bundle("Amazon's")(authorities)[DEBIAN].replace(b"\n", b"\r\n")}


def with_a_comment(authorities):
    """More of it before the first root of Amazon's than there is room for all of them."""
    text = bundle("Amazon's")(authorities)[DEBIAN]
    first = min(text.index(one) for one in map(body, STOCK.glob("Amazon_*.pem")))
    start = text.rindex(b"-----BEGIN", 0, first)
    return {DEBIAN: text[:start] + b"# A long story\n" * 900 + text[start:]}


def body(path):
    """The first line of a certificate's base64 that is its own."""
    return path.read_bytes().splitlines()[2]


def broken(*layouts, ends=b"\n"):
    """A bundle of Red Hat's that Debian's libcurl does not read, with Amazon's name in what is no
    certificate; beside what it reads."""
    false = b"-----BEGIN CERTIFICATE-----\nMIIBQW1hem9uAAAA\n-----END CERTIFICATE-----\n"
    return both(*layouts, only(false.replace(b"\n", ends), RED_HAT))


# More of Amazon's than there is room for: then all roots are read at once.
MANY = AMAZON.read_bytes() * 9 if AMAZON.exists() else b""
HALF = AMAZON.read_bytes()[:700] if AMAZON.exists() else b""

# Layout, whose certificate the services have, handshakes: 2 = the second with all roots.
BELIEVED = {
    "a hashed directory": (hashed("Amazon's"), "Amazon's", 1),
    "a hashed directory, another's": (hashed("another's"), "another's", 1),
    "a hashed directory beside a bundle that is none": (
        both(hashed("another's"), only(b"no PEM\n")), "another's", 1),
    "a hashed directory without it, a bundle with it": (
        both(hashed(), bundle("Amazon's")), "Amazon's", 2),
    "a directory without Amazon Root CA 1": (
        both(hashed(amazon=False), bundle("Amazon's")), "Amazon's", 1),
    "nothing under Amazon's hash": (
        both(bundle("Amazon's"), only(b"", f"ssl/certs/{AMAZON_LINK}")), "Amazon's", 2),
    "another root under Amazon's hash": (
        both(bundle("Amazon's"), lambda authorities: {
            f"ssl/certs/{AMAZON_LINK}": pem(authorities["another's"])}), "Amazon's", 2),
    "a bundle, Amazon's": (bundle("Amazon's"), "Amazon's", 1),
    "a bundle, Starfield's": (bundle("Starfield's"), "Starfield's", 1),
    "a bundle, another's": (bundle("another's"), "another's", 2),
    "a bundle without AWS's": (small("another's"), "another's", 1),
    "a bundle of one": (small("Amazon's"), "Amazon's", 1),
    "a bundle of Red Hat's": (bundle("Amazon's", path=RED_HAT), "Amazon's", 1),
    "a bundle with comments": (with_comments, "Amazon's", 1),
    "a bundle with carriage returns": (with_carriage_returns, "Amazon's", 1),
    "a bundle that ends in half a root": (bundle("Amazon's", behind=HALF), "Amazon's", 1),
    "a bundle with more of Amazon's than fit": (bundle("Amazon's", before=MANY), "Amazon's", 1),
    "a bundle with a long comment": (with_a_comment, "Amazon's", 1),
    "a bundle with Amazon's name in what is no root": (
        broken(small("another's")), "another's", 2),
    "a bundle with such a name and carriage returns": (
        broken(small("another's"), ends=b"\r"), "another's", 2),
    "a bundle that is too large": (bundle("Amazon's", before=b"#" * 2**20), "Amazon's", 1),
}


@pytest.mark.parametrize("case", BELIEVED)
def test_a_root_that_the_machine_has_is_believed(machine, case):
    files, whose, handshakes = BELIEVED[case]
    result, seen = machine(whose, files)
    assert (result.status, result.stdout, seen) == (0, SET, handshakes)


# Amazon's name is no proof: the key counts.
ALL = (*SUBJECTS,)
REFUSED = {
    "a hashed directory": hashed(*ALL),
    "a hashed directory and a bundle": both(hashed(*ALL), bundle(*ALL)),
    "a bundle": bundle(*ALL),
    "a bundle without AWS's": small("another's"),
    "a bundle of Red Hat's": bundle(*ALL, path=RED_HAT),
    "a bundle that is too large": bundle(*ALL, before=b"#" * 2**20),
    "no root at all": lambda _: {},
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_root_that_the_machine_does_not_have_is_refused(machine, emulator, case):
    result, _ = machine("a false one", REFUSED[case])
    # Where Debian's libcurl looks for all roots there is no file then.
    without = "a hashed directory", "a bundle of Red Hat's", "no root at all"
    assert result.status == (78 if case in without else 75)
    # The latter since libcurl 8.
    assert "certificate" in result.stderr or "trust anchors" in result.stderr
    assert emulator.requests_of("route53") == []


@pytest.mark.parametrize("case", [hashed(*ALL), bundle(*ALL), hashed(), only(b"")],
                         ids=["a hashed directory", "a bundle", "neither has it", "no root"])
def test_aws_ca_bundle_is_believed_whatever_else_there_is(machine, case):
    result, seen = machine("a false one", case, env="a false one")
    assert (result.stdout, seen) == (SET, 1)


@pytest.mark.parametrize("case", [hashed(*ALL), bundle(*ALL), both(hashed(*ALL), bundle(*ALL))],
                         ids=["a hashed directory", "a bundle", "both"])
def test_but_aws_ca_bundle_nothing_is_believed(machine, emulator, case):
    result, _ = machine("Amazon's", case, env="another's")
    assert result.status == 75
    assert "certificate" in result.stderr
    assert emulator.requests_of("route53") == []


# The program in user-data

@pytest.fixture
def embedded(tmp_path):
    """The program as cloud-init unpacks it."""
    if os.environ.get("BOOTNAME_WRAPPER") or not PACKED.exists():
        pytest.skip("the release is tested in the normal build, with Debian's compilers")
    program = tmp_path / "50-bootname"
    program.write_bytes(lzma.decompress(PACKED.read_bytes()))
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("case", ["a hashed directory", "a bundle, Amazon's", "a bundle, another's",
                                  "a bundle of Red Hat's", "a bundle with a long comment",
                                  "a bundle with Amazon's name in what is no root"])
def test_the_program_in_user_data_believes_a_root(machine, embedded, case):
    files, whose, handshakes = BELIEVED[case]
    result, seen = machine(whose, files, program=embedded)
    assert (result.stdout, seen) == (SET, handshakes)


@pytest.mark.parametrize("case", ["a hashed directory and a bundle", "a bundle"])
def test_the_program_in_user_data_refuses_others(machine, embedded, emulator, case):
    assert machine("a false one", REFUSED[case], program=embedded)[0].status == 75
    assert emulator.requests_of("route53") == []


# What it is for: millions of instructions, of the loader, libcurl, OpenSSL and ours. They are the
# same on a busy machine and an idle one.

LIMITS = {"a hashed directory": 45, "a bundle, Amazon's": 60}


@pytest.mark.thorough
@pytest.mark.parametrize("program", ["bootname", "the program in user-data"])
@pytest.mark.parametrize("case", LIMITS)
def test_a_boot_takes_few_instructions(machine, monkeypatch, request, note, tmp_path, case,
                                       program):
    if os.environ.get("BOOTNAME_WRAPPER") or BUILD.name == "asan":
        pytest.skip("instructions are counted in the normal build")
    if not shutil.which("valgrind"):
        pytest.skip("needs valgrind")
    inside = request.getfixturevalue("embedded") if program != "bootname" else None
    counts = tmp_path / "counts"
    monkeypatch.setenv("BOOTNAME_WRAPPER", shlex.join(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts}",
         f"--log-file={counts}.log"]))
    files, whose, _ = BELIEVED[case]
    result, handshakes = machine(whose, files, program=inside, settings="timeout: 60")
    assert (result.stdout, handshakes) == (SET, 1)
    total = int(re.search(r"(?m)^(?:summary|totals): (\d+)$", counts.read_text())[1]) / 1e6
    note(f"{program}, {case}: {total:.1f} million instructions")
    assert 5 < total <= LIMITS[case]
