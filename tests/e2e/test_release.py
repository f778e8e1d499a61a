"""The release: small, hardened programs for each architecture, which run on every distribution.

bootname is the whole one, boot and service what is embedded in user-data.
"""

import hashlib
import lzma
import os
import pathlib
import platform
import re
import struct
import subprocess

import pytest
from conftest import run_make

elffile = pytest.importorskip("elftools.elf.elffile", reason="python3-pyelftools is not here")

TOP = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("B", TOP / "build")).absolute()
MACHINES = {"x86_64": "EM_X86_64", "aarch64": "EM_AARCH64"}
PAGE = {"x86_64": 4096, "aarch64": 65536}           # the largest of any kernel there
LIBRARIES = {"boot": ["libcrypto.so.3", "libcurl.so.4", "libexpat.so.1", "libyaml-0.so.2"]}
LIBRARIES["service"] = LIBRARIES["boot"]
LIBRARIES["bootname"] = [*LIBRARIES["boot"], "libjson-c.so.5"]
NAME = "webdev1.ec2.example.com"
EXECUTABLE, WRITABLE = 1, 2                         # p_flags, see elf(5)
BIND_NOW, NOW, PIE = 0x8, 0x1, 0x08000000           # DT_FLAGS and, both others, DT_FLAGS_1

if os.environ.get("BOOTNAME_WRAPPER") \
        or not (BUILD / f"release/bootname-boot-{platform.machine()}.xz").exists():
    pytest.skip("the release is tested in the normal build, with Debian's compilers",
                allow_module_level=True)


@pytest.fixture(params=MACHINES)
def architecture(request):
    return request.param


@pytest.fixture(params=LIBRARIES)
def kind(request):
    return request.param


@pytest.fixture
def program(kind, architecture):
    """That program for that architecture."""
    return BUILD / "release" / f"{kind}-{architecture}"


@pytest.fixture
def elf(program):
    """The same, to look into."""
    with open(program, "rb") as file:
        yield elffile.ELFFile(file)


@pytest.fixture
def dynamic(elf):
    """What the loader is told: the values of each tag."""
    tags = {}
    for tag in elf.get_section_by_name(".dynamic").iter_tags():
        tags.setdefault(tag.entry.d_tag, []).append(getattr(tag, "needed", tag.entry.d_val))
    return tags


def segments(elf, kind):
    return [segment.header for segment in elf.iter_segments() if segment["p_type"] == kind]


# What the file promises

def test_is_a_position_independent_program(elf, dynamic, architecture):
    assert elf.header.e_machine == MACHINES[architecture]
    assert elf.header.e_type == "ET_DYN"
    assert segments(elf, "PT_INTERP")
    assert dynamic["DT_FLAGS_1"] == [NOW | PIE]
    assert "DT_TEXTREL" not in dynamic


def test_relocated_data_is_read_only_from_the_start(elf, dynamic, architecture):
    [relro] = segments(elf, "PT_GNU_RELRO")
    covered = range(relro.p_vaddr, relro.p_vaddr + relro.p_memsz)
    sections = {section.name: section.header for section in elf.iter_sections()}
    for name in {".data.rel.ro", ".dynamic", ".got"} & set(sections):
        assert sections[name].sh_addr in covered
        assert sections[name].sh_addr + sections[name].sh_size - 1 in covered
    assert {".dynamic", ".got"} < set(sections)
    assert elf.get_section_by_name(".got.plt") is None
    assert dynamic["DT_FLAGS"][0] & BIND_NOW
    assert covered.stop % PAGE[architecture] == 0               # what is left over, is writable


def test_every_kernel_can_map_it(elf, architecture):
    assert {load.p_align for load in segments(elf, "PT_LOAD")} == {PAGE[architecture]}


def test_nothing_is_writable_and_executable(elf):
    [stack] = segments(elf, "PT_GNU_STACK")
    assert not stack.p_flags & EXECUTABLE
    for load in segments(elf, "PT_LOAD"):
        assert not (load.p_flags & EXECUTABLE and load.p_flags & WRITABLE)


def test_stack_and_buffers_are_checked(elf):
    imports = {symbol.name for symbol in elf.get_section_by_name(".dynsym").iter_symbols()}
    assert "__stack_chk_fail" in imports
    assert [name for name in imports if re.fullmatch("__(?!stack).*_chk", name)]


def test_needs_its_libraries_and_the_c_library(dynamic, kind, architecture):
    needed = [*LIBRARIES[kind], "libc.so.6"]
    if architecture == "aarch64":
        needed.append("ld-linux-aarch64.so.1")      # holds __stack_chk_guard there
    assert sorted(dynamic["DT_NEEDED"]) == sorted(needed)
    assert not {"DT_RPATH", "DT_RUNPATH"} & set(dynamic)


def test_asks_no_version_but_of_an_old_c_library(elf):
    asked = {library.name: [version.name for version in versions] for library, versions
             in elf.get_section_by_name(".gnu.version_r").iter_versions()}
    assert not {name for name in asked if not re.match("(libc|ld-linux-.*)[.]so[.]", name)}
    glibc = [version.removeprefix("GLIBC_") for versions in asked.values() for version in versions]
    assert max(tuple(map(int, version.split("."))) for version in glibc) <= (2, 34), asked


def test_has_no_symbols_and_no_notes(elf):
    names = [section.name for section in elf.iter_sections()]
    assert not [name for name in names if re.match("[.](symtab|strtab|debug|comment|note)", name)]


@pytest.mark.parametrize("kind", ["boot", "service"], indirect=True)
def test_embedded_form_is_the_program_for_user_data(program, kind, architecture):
    packed = program.with_name(f"bootname-{kind}-{architecture}.xz").read_bytes()
    embedded, whole = lzma.decompress(packed), bytearray(program.read_bytes())
    struct.pack_into("<Q", whole, 40, 0)
    struct.pack_into("<HHH", whole, 58, 0, 0, 0)
    assert embedded == whole[:len(embedded)]


def test_sums_are_those_of_all_files():
    folder = BUILD / "release"
    sums = dict(line.split("  ")[::-1] for line in
                (folder / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (
        "mkuserdata.pyz", *(f"bootname-{kind}{machine}{end}" for machine in MACHINES
                            for kind, end in (("", ""), ("boot-", ".xz"), ("service-", ".xz"))))}


def test_program_for_user_data_is_the_smaller_one(architecture):
    boot, whole = (BUILD / "release" / f"{kind}-{architecture}" for kind in ("boot", "bootname"))
    assert len(lzma.compress(boot.read_bytes())) < len(lzma.compress(whole.read_bytes()))
    assert b"did you mean" in whole.read_bytes() and b"did you mean" not in boot.read_bytes()


# Runs, of this machine's own architecture

@pytest.fixture(params=[*LIBRARIES, "embedded"])
def released(request, monkeypatch, tmp_path):
    """Makes `run` run the release."""
    path = BUILD / "release" / f"{request.param}-{platform.machine()}"
    if request.param == "embedded":
        packed = path.with_name(f"bootname-boot-{platform.machine()}.xz").read_bytes()
        path = tmp_path / "50-bootname"
        path.write_bytes(lzma.decompress(packed))
        path.chmod(0o755)
    monkeypatch.setenv("BOOTNAME", str(path))


@pytest.fixture(scope="session")
def unversioned(tmp_path_factory):
    """A folder with this machine's libcurl as Amazon Linux and Fedora have it: without versions."""
    folder = tmp_path_factory.mktemp("unversioned")
    [path] = re.findall(r"libcurl[.]so[.]4 => (\S+)", subprocess.run(
        ["ldd", BUILD / "bootname"], capture_output=True, text=True, check=True).stdout)
    library = bytearray(pathlib.Path(path).read_bytes())
    with open(path, "rb") as file:
        elf = elffile.ELFFile(file)
        # The index of each symbol's version: 1 is that of a symbol without one.
        versions = elf.get_section_by_name(".gnu.version")["sh_offset"]
        for number, symbol in enumerate(elf.get_section_by_name(".dynsym").iter_symbols()):
            if symbol["st_shndx"] != "SHN_UNDEF":
                struct.pack_into("<H", library, versions + 2 * number, 1)
        # The table of its versions: for a tag that the loader passes over.
        section = elf.get_section_by_name(".dynamic")
        for number, tag in enumerate(section.iter_tags()):
            if tag.entry.d_tag in ("DT_VERDEF", "DT_VERDEFNUM"):
                struct.pack_into("<Q", library, section["sh_offset"] + 16 * number, 0x6000000d)
    (folder / "libcurl.so.4").write_bytes(library)
    return folder


def test_release_sets_the_name(run, zone, released):
    result = run(settings="{}")
    assert (result.status, result.stdout, result.stderr) \
        == (0, f"setting {NAME} to 54.123.123.123\n", "")
    assert zone.values(NAME, "A") == ["54.123.123.123"]


def test_release_tells_its_version(run, monkeypatch):
    monkeypatch.setenv("BOOTNAME", str(BUILD / "release" / f"bootname-{platform.machine()}"))
    assert re.fullmatch(r"bootname \S+\n", run("--version").stdout)


def test_release_runs_silently_with_unversioned_libcurl(run, zone, unversioned, released):
    environment = {"LD_LIBRARY_PATH": str(unversioned)}
    versioned = subprocess.run([BUILD / "bootname", "-V"], env=environment, capture_output=True,
                               text=True, check=True)
    assert "libcurl.so.4: no version information available" in versioned.stderr
    result = run(settings="{}", env=environment)
    assert (result.status, result.stderr) == (0, "")
    assert zone.values(NAME, "A") == ["54.123.123.123"]


def test_make_size_tells_where_the_bytes_are():
    done = run_make("size")
    tables = re.split(r"(?m)^(?=\w+: )", re.sub(r"(?m)^  [A-Z].*\n", "", done.stdout))[1:]
    assert len(tables) == len(MACHINES)
    for table in tables:
        shares = [float(share) for share in re.findall(r"([\d.]+) %", table)]
        assert 99 < sum(shares) < 101 and min(shares) >= 0
        assert {"http", "plan", "roots", "boot"} <= set(re.findall(r"%  (\w+)", table))
