"""What mkuserdata makes: that cloud-init and the helper read it as meant, and that it fits."""

import argparse
import ast
import base64
import email
import gzip
import hashlib
import http.server
import importlib.machinery
import importlib.util
import os
import pathlib
import platform
import pty
import random
import re
import shlex
import shutil
import subprocess
import sys
import threading

import pytest
import yaml

from aws.server import server_tls

TOP = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("B", TOP / "build")).absolute()
FOLDER = TOP / "cloud-config"
PROGRAM = FOLDER / "mkuserdata"
HOOK = "/var/lib/cloud/scripts/per-boot/50-bootname"
SETTINGS = "zone: ec2.example.com\nttl: 60\naction: UPSERT\n"
MACHINES = {"x86_64": 62, "aarch64": 183}
PIN = "0123456789abcdef" * 4
URL = ("--url", "https://example.com/bootname?a=b&c=(d)", "--sha256", PIN)
FORMS = {"embedded": (), "url": URL, "baked": ("--baked",)}
UNITS = ("bootname.service", "bootname-refresh.service", "bootname-refresh.timer")


def elf(arch="x86_64", size=2000):
    """What is enough of an ELF file: its beginning, and bytes that do not compress."""
    return (b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + bytes([MACHINES[arch], 0])
            + random.Random(1).randbytes(size))


@pytest.fixture
def make(tmp_path):
    """Run mkuserdata for x86_64 with a small helper: make("--systemd").stdout"""
    (tmp_path / "elf").write_bytes(elf())

    def run(*options, settings=SETTINGS, status=0, helper=tmp_path / "elf", stdout=subprocess.PIPE,
            left_out=""):
        file = tmp_path / "my settings.yaml"
        file.write_bytes(settings if isinstance(settings, bytes) else settings.encode())
        form = ("--helper", helper) if helper and not {"--url", "--baked"} & {*options} else ()
        command = [sys.executable, PROGRAM, "--arch", "x86_64", "--check-with", BUILD / "bootname",
                   *form, *options, file]
        # As a user has it: with a buffer before standard output.
        environment = {name: value for name, value in os.environ.items()
                       if name != "PYTHONUNBUFFERED"}
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stdout, cwd=tmp_path,
                              stderr=subprocess.PIPE, check=False, env=environment)
        done.stderr = done.stderr.decode()
        assert done.returncode == status, done.stderr
        if status:
            assert re.fullmatch(r"(mkuserdata|bootname): [ -~]+\n", done.stderr)
            assert not done.stdout
        else:
            assert left_out is None or done.stderr == (
                f"mkuserdata: left out to fit: {left_out}\n" if left_out else "")
        return done
    return run


def slim(unit):
    """What a unit does, without the rest, for the form in which every byte counts."""
    return re.sub(r"(?m)^((#|Documentation=).*)?\n", "", unit)


@pytest.fixture
def plain(make):
    """The cloud-config as text."""
    return lambda *options, **more: make("--plain", *options, **more).stdout.decode()


@pytest.fixture
def entries(plain):
    """The files that it writes: path -> entry."""
    def of(*options, **more):
        return {entry["path"]: entry
                for entry in yaml.safe_load(plain(*options, **more))["write_files"]}
    return of


def module():
    """mkuserdata, imported; nothing is left beside it."""
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("mkuserdata", str(PROGRAM))
    made = importlib.util.module_from_spec(importlib.util.spec_from_loader("mkuserdata", loader))
    loader.exec_module(made)
    return made


# The embedded form

def test_two_entries_hold_the_settings_and_the_helper(make):
    text = gzip.decompress(make().stdout).decode()
    form = re.fullmatch("""\
#cloud-config
write_files:
  - path: /etc/bootname.yaml
    content: [|]
      zone: ec2.example.com
      ttl: 60
      action: UPSERT
  - path: /var/lib/cloud/scripts/per-boot/50-bootname
    permissions: "0755"
    encoding: gz[+]b64
    content: ([A-Za-z0-9+/=]+)
""", text)
    assert gzip.decompress(base64.b64decode(form[1], validate=True)) == elf()


def test_gzipped_helper_is_taken_as_it_is(make, entries, tmp_path):
    packed = gzip.compress(elf(), 1)
    (tmp_path / "packed").write_bytes(packed)
    assert base64.b64decode(entries(helper=tmp_path / "packed")[HOOK]["content"]) == packed


def test_same_input_gives_the_same_bytes_without_name_and_time(make):
    first, second = make().stdout, make().stdout
    assert first == second
    assert first[:8] == b"\x1f\x8b\x08\x00" + bytes(4)


@pytest.mark.parametrize("arch", ["arm64", "aarch64"])
def test_arm64_is_aarch64(entries, tmp_path, arch):
    (tmp_path / "arm").write_bytes(elf("aarch64"))
    content = entries("--arch", arch, helper=tmp_path / "arm")[HOOK]["content"]
    assert gzip.decompress(base64.b64decode(content)) == elf("aarch64")


def make_target(*words):
    """`make user-data`, with what `make check` built before."""
    if not all((BUILD / f"release/bootname-{arch}.gz").exists() for arch in MACHINES):
        pytest.skip("the release is made in the normal build, with Debian's compilers")
    return subprocess.run(["make", "-s", f"B={BUILD}", "-o", "Makefile", "user-data", *words],
                          cwd=TOP, capture_output=True, text=True, check=False,
                          env={"PATH": os.environ["PATH"]})


def test_make_user_data_fits_into_ec2s_limit_for_each_machine(tmp_path):
    forty = tmp_path / "forty.yaml"
    forty.write_text("# The name of each instance of the fleet, and where it is published.\n" * 27
                     + "name: web-{az}-{tag:Name}\nzone: ec2.example.com\nttl: 60\n"
                       "visibility: public\naction: CREATE\naddress: public\ntypes: [A, AAAA]\n"
                       "role_arn: arn:aws:iam::210987654321:role/dns-updates\n"
                       "external_id: \"42\"\ngrace: 30\ntimeout: 120\nwait: true\n"
                       "proxy: http://proxy.example.com:3128\n")
    assert len(forty.read_text().splitlines()) == 40
    for arch in MACHINES:
        done = make_target(f"SETTINGS={forty}", f"ARCH={arch}")
        assert done.returncode == 0, done.stderr
        size = (BUILD / "user-data").stat().st_size
        assert size <= 16384
        assert done.stdout.splitlines()[-1] == f"{BUILD}/user-data: {size:,} of 16,384 bytes"


CREATE = SETTINGS.replace("UPSERT", "CREATE")
FITTING = {"UPSERT": (SETTINGS,), "CREATE": (CREATE,),
           "take_over": (CREATE + "take_over: stopped\n",),
           "UPSERT, units": (SETTINGS, "--systemd"), "CREATE, units": (CREATE, "--systemd")}


@pytest.mark.parametrize("arch", MACHINES)
@pytest.mark.parametrize("case", FITTING)
def test_it_fits_into_the_16384_bytes_of_user_data(make, note, case, arch):
    """With the helper that is made for these settings; only units are not all that they can be."""
    settings, *options = FITTING[case]
    made = make(*options, "--arch", arch, settings=settings, helper=None,
                left_out=None if options else "")
    assert len(made.stdout) <= 16384
    note(f"user-data of {case} for {arch}: {16384 - len(made.stdout)} of 16,384 bytes are left")


def test_the_helper_is_the_one_for_the_settings(make):
    """The features of helper/feature.h that settings ask for."""
    sizes = [len(re.search(rb"content: (H4sI\S+)", make(
        "--systemd", "--plain", settings=settings, helper=None, left_out=None).stdout)[1])
        for settings in ("name: a.example.com.", "name: a.example.com.\naction: CREATE")]
    assert sizes[0] + 100 < sizes[1]


@pytest.mark.parametrize("arch", MACHINES)
def test_settings_can_be_edited_in_the_user_data(make, run, zone, instance, arch, tmp_path,
                                                 monkeypatch):
    """The helper has more than its settings ask for, where there is room."""
    made = gzip.decompress(make("--arch", arch, helper=None).stdout).decode()
    hook = yaml.safe_load(made)["write_files"][1]
    program = tmp_path / "hook"
    program.write_bytes(gzip.decompress(base64.b64decode(hook["content"])))
    program.chmod(0o755)
    if arch != platform.machine():
        assert len(program.read_bytes()) > 20000
        return
    monkeypatch.setenv("BOOTNAME", str(program))
    edited = made.replace("action: UPSERT", "action: CREATE\n      wait: true")
    assert run(config=edited).stdout == "setting webdev1.ec2.example.com to 54.123.123.123\n"
    assert len(zone.values("_bootname.webdev1.ec2.example.com", "TXT")) == 1
    edited = made.replace("action: UPSERT", "name: '{instance-id}'")
    assert run(config=edited).stdout.startswith(f"setting {instance.id}.ec2.example.com to ")


def test_features_are_numbered_as_in_the_helper():
    numbers = re.findall(r"^\tFEATURE_(\w+) = (\d+),",
                         (FOLDER.parent / "helper/feature.h").read_text(), re.MULTILINE)
    assert len(numbers) == 11
    assert {name: getattr(module(), name) for name, _ in numbers} == {
        name: int(number) for name, number in numbers}


def test_what_does_not_fit_is_told_by_the_smallest_that_would_do(make):
    settings = ("action: CREATE\ntake_over: gone\nrouting: multivalue\n"
                "role_arn: arn:aws:iam::123456789012:role/x\n"
                "records:\n- name: web1\n- name: web1\n  address: private\n")
    told = make(settings=settings, helper=None, status=65).stderr
    asked = module().asked_features(settings.encode(), argparse.Namespace(systemd=False))
    smallest = asked & ~module().TAGS
    assert told == make(settings=settings, status=65,
                        helper=module().BUILD / f"release/bootname-x86_64-{smallest}.gz").stderr


def test_without_a_source_tree_a_helper_beside_it_is_taken(tmp_path):
    """The smallest one that has what the settings ask for, and if it can what others may."""
    program = tmp_path / "share/mkuserdata"
    program.parent.mkdir()
    shutil.copy(PROGRAM, program)
    settings = tmp_path / "settings.yaml"
    settings.write_text(SETTINGS)
    command = [sys.executable, program, "--check-with", BUILD / "bootname", "--arch", "aarch64",
               settings]
    none = subprocess.run(command, capture_output=True, check=False)
    assert none.returncode == 69 and b"no helper for aarch64" in none.stderr
    there = [(1, 100), (512 + 4, 250), (512 + 2, 200), (65, 100)]
    for more, chosen in ([], 200), ([(512 + 1, 300)], 300), ([(657, 400)], 400):
        for features, size in [*there, *more]:
            (program.parent / f"bootname-aarch64-{features}.gz").write_bytes(
                gzip.compress(elf("aarch64", size)))
        made = gzip.decompress(subprocess.run(command, capture_output=True, check=True).stdout)
        hook = yaml.safe_load(made)["write_files"][1]["content"]
        assert gzip.decompress(base64.b64decode(hook)) == elf("aarch64", chosen)


def test_comments_are_left_out_where_they_do_not_fit(make):
    made = make(settings=lines(400), left_out="the comments of the settings").stdout
    assert yaml.safe_load(gzip.decompress(made))["write_files"][0]["content"] == SETTINGS


def test_make_user_data_asks_for_settings():
    assert "make user-data SETTINGS=FILE" in make_target().stderr


# The settings as the helper reads them

TEXTS = {
    "comment": "# ours\nttl: 77\n",
    "no final newline": "ttl: 77",
    "more final newlines": "ttl: 77\n\n\n",
    "blank lines in front": "\n \n\n   ttl: 77\n",
    "indented": "   ttl: 77\n",
    "tab in front": "\t\nttl: 77\n",
    "blanks at the end": "ttl: 77  \n   ",
    "document marks": "---\nttl: 77\n...\n",
    "carriage returns": "ttl: 77\r\nwait: no\r\n",
    "not ASCII": "# f\u00fcr \U0001f600\nttl: 77\n",
    "byte order mark": "\ufeffttl: 77\n",
    "braces of templates": "# {{ v1.region }} ${HOME} @program@ $(id) `id`\nttl: 77\n",
    "quotes": "# ' \" \\ %s\nttl: 77\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_settings_arrive_byte_for_byte(run, zone, plain, name):
    text = TEXTS[name]
    config = plain("--no-check", settings=text)
    entry = yaml.safe_load(config)["write_files"][0]
    content = entry["content"].encode()
    if entry.get("encoding"):
        content = base64.b64decode(content, validate=True)
    assert content == text.encode()
    if name != "tab in front":      # which YAML does not take
        assert run("-j", config=config).json["records"][0]["ttl"] == 77


def test_any_lines_survive_as_a_block():
    chance = random.Random(2)
    block = module().block
    for _ in range(500):
        text = "".join(chance.choices(" \t\n#-:|>'\"%a", k=chance.randrange(12)))
        document = f"- path: a\n{'':4}x: 1\n".replace("- path", "  - path")
        document = "list:\n" + document + f"    content: {block(text)}\n  - path: b\n"
        for loader in (yaml.SafeLoader, yaml.CSafeLoader):
            assert yaml.load(document, loader)["list"][0]["content"] == text


@pytest.mark.parametrize("text", [b"\xff\xfe", b"a\0b", "a\u2028b\u0085c".encode(), b""],
                         ids=["not UTF-8", "NUL", "odd line breaks", "nothing"])
def test_settings_that_are_no_text_are_kept_too(entries, text):
    entry = entries("--no-check", settings=text)["/etc/bootname.yaml"]
    content = entry["content"].encode()
    assert (base64.b64decode(content) if entry.get("encoding") else content) == text


def test_standard_input_holds_the_settings():
    done = subprocess.run([sys.executable, PROGRAM, "--baked", "--plain", "--check-with",
                           BUILD / "bootname", "-"], input=b"ttl: 77\n", capture_output=True,
                          check=True)
    assert yaml.safe_load(done.stdout)["write_files"][0]["content"] == "ttl: 77\n"


# The check

@pytest.mark.parametrize(("settings", "said"), [
    ("zone: example.com\nttll: 60\n", ':2:1: unknown key "ttll"; did you mean "ttl"?'),
    ("ttl: much\n", ":1:6: ttl: "),
    ("zone: 'a\n", ":2:1: "),
    ("~\n", ":1:1: "),
], ids=["unknown key", "wrong type", "no YAML", "null"])
@pytest.mark.parametrize("form", FORMS)
def test_bad_settings_are_refused_as_the_helper_refuses_them(make, form, settings, said):
    done = make(*FORMS[form], settings=settings, status=78)
    assert re.search(r"^bootname: settings: \S*my settings.yaml:\d", done.stderr)
    assert said in done.stderr


def test_settings_that_others_may_write_are_read_all_the_same(make, tmp_path):
    (tmp_path / "my settings.yaml").touch()
    (tmp_path / "my settings.yaml").chmod(0o666)
    make()


@pytest.mark.parametrize("checker", ["/nowhere", "/bin/true", "/dev/null"])
def test_checker_that_cannot_check_is_an_error(make, checker):
    done = make("--check-with", checker, status=69)
    assert f"{checker} cannot check the settings: " in done.stderr
    assert "--no-check" in done.stderr


def test_check_asks_no_network(make, tmp_path):
    """Whatever the environment points to: the metadata are switched off."""
    seen = tmp_path / "seen"
    checker = tmp_path / "checker"
    checker.write_text(f"#!/bin/sh\nenv >{seen}\nprintf '%s ' \"$@\" >>{seen}\nexit 69\n")
    checker.chmod(0o755)
    make("--check-with", checker)
    assert "AWS_EC2_METADATA_DISABLED=true\n" in seen.read_text()
    assert re.search(r"^-n -c /\S+ $", seen.read_text(), re.MULTILINE)


# The other forms

def test_baked_hook_is_one_line(entries):
    hook = {"path": HOOK, "permissions": "0755"}
    assert entries("--baked")[HOOK] == {
        **hook, "content": "#!/bin/sh\nexec bootname\n"}
    assert entries("--baked", "--program", "/opt/b/bootname")[HOOK] == {
        **hook, "content": "#!/bin/sh\nexec /opt/b/bootname\n"}


@pytest.mark.parametrize("form", FORMS)
def test_form_has_two_entries(entries, form):
    assert list(entries(*FORMS[form])) == ["/etc/bootname.yaml", HOOK]


@pytest.mark.parametrize("form", FORMS)
def test_systemd_adds_the_units_and_enables_them(plain, form):
    config = yaml.safe_load(plain("--systemd", *FORMS[form]))
    files = {entry["path"]: entry for entry in config["write_files"]}
    assert list(files)[2:] == [f"/etc/systemd/system/{unit}" for unit in UNITS]
    program = {"embedded": HOOK, "url": "/usr/local/sbin/bootname", "baked": "bootname"}[form]
    for unit in UNITS:
        entry = files[f"/etc/systemd/system/{unit}"]
        wanted = (FOLDER / "systemd" / unit).read_text()
        if form == "baked":     # a condition wants a path, and either will do
            wanted = wanted.replace("=@program@\n", "=|/usr/local/sbin/bootname\n"
                                    "ConditionFileIsExecutable=|/usr/sbin/bootname\n")
        wanted = wanted.replace("@program@", program)
        if form == "embedded":
            wanted = slim(wanted)
        assert entry == {"path": entry["path"], "content": wanted}
    assert config["runcmd"] == [
        "systemctl daemon-reload",
        "systemctl enable --now --no-block bootname.service bootname-refresh.timer"]


def test_packages_are_asked_for_by_names_that_every_debian_has(plain):
    assert yaml.safe_load(plain("--packages"))["packages"] == ["curl", "libjson-c5"]


def test_merge_appends_to_what_stands_before(plain):
    assert yaml.safe_load(plain("--merge"))["merge_how"] \
        == "list(append)+dict(recurse_array)+str()"


def test_mime_holds_the_same_cloud_config(make, plain):
    for settings in (SETTINGS, TEXTS["not ASCII"], TEXTS["no final newline"]):
        text = gzip.decompress(make("--mime", settings=settings).stdout).decode("ascii")
        message = email.message_from_string(text)
        assert not message.defects and message.get_content_type() == "multipart/mixed"
        part, = message.get_payload()
        assert part.get_content_type() == "text/cloud-config"
        assert part.get_payload(decode=True).decode() == plain(settings=settings)


@pytest.mark.parametrize("options", [
    (), URL, ("--baked",), ("--systemd",), ("--systemd", "--packages", "--merge", *URL),
    ("--systemd", "--packages", "--merge", "--baked"),
], ids=" ".join)
def test_cloud_init_finds_no_fault(plain, tmp_path, options):
    if not shutil.which("cloud-init"):
        pytest.skip("no cloud-init here to check its schema with")
    (tmp_path / "plain").write_text(plain(*options))
    subprocess.run(["cloud-init", "schema", "-c", tmp_path / "plain"], check=True)


# Size

def lines(count):
    """Settings whose comments hardly compress."""
    chance = random.Random(3)
    return "".join(f"# {chance.randbytes(40).hex()}\n" for _ in range(count)) + SETTINGS


def values(count):
    """Lines that hardly compress either, and are no comments."""
    return lines(count).replace("# ", "key: ")


def test_settings_too_large_are_told_by_how_much(make):
    settings = values(400)
    done = make("--no-check", settings=settings, status=65)
    size, over, cut = (int(word.replace(",", "")) for word in re.fullmatch(
        r"mkuserdata: the user-data is ([\d,]+) bytes, ([\d,]+) more than EC2's 16,384; shorten "
        r"the settings by about ([\d,]+) bytes, or take --url or --baked\n", done.stderr).groups())
    assert size - over == 16384
    make("--no-check", settings=settings[int(cut * 1.03):].partition("\n")[2])
    make("--no-check", settings=settings[int(cut * 0.97):].partition("\n")[2], status=65)


def test_helper_too_large_is_told_too(make, tmp_path):
    (tmp_path / "large").write_bytes(elf(size=20000))
    done = make(helper=tmp_path / "large", status=65)
    assert re.search(r", [\d,]+ more than EC2's 16,384; take --url or --baked$", done.stderr)


def test_url_and_baked_have_the_limit_too(make):
    for form in ("url", "baked"):
        done = make("--no-check", *FORMS[form], settings=values(600), status=65)
        assert re.search(r"; shorten the settings by about [\d,]+ bytes$", done.stderr)


def test_plain_has_no_limit(plain):
    assert len(plain("--no-check", settings=values(400))) > 16384


# The command line

@pytest.mark.parametrize(("options", "status", "said"), [
    (("--url", "https://example.com/b"), 64, "--url and --sha256 go together"),
    (("--sha256", PIN), 64, "--url and --sha256 go together"),
    ((*URL, "--baked"), 64, "exclude each other"),
    (("--baked", "--helper", "a"), 64, "exclude each other"),
    (("--url", "http://example.com/b", "--sha256", PIN), 64, "is no https URL"),
    (("--url", "https://example.com/';id'", "--sha256", PIN), 64, "is no https URL"),
    (("--url", "https://example.com/a b", "--sha256", PIN), 64, "is no https URL"),
    (("--url", "https://example.com/a\n", "--sha256", PIN), 64, "is no https URL"),
    (("--url", "https://example.com/b", "--sha256", PIN[1:]), 64, "is no SHA-256"),
    (("--url", "https://example.com/b", "--sha256", "$(id)"), 64, "is no SHA-256"),
    (("--baked", "--program", "bin/bootname"), 64, "is no absolute path"),
    (("--baked", "--program", "/bin/a;id"), 64, "is no absolute path"),
    (("--baked", "--program", "/bin/a%n"), 64, "is no absolute path"),
    (("--arch", "riscv64"), 64, "riscv64"),
    (("--unknown",), 64, "unrecognized arguments: --unknown; see mkuserdata --help"),
    (("--pla",), 64, "--pla"),
    (("more", "files"), 64, "unrecognized arguments"),
    (("--helper", "/nowhere"), 69, "/nowhere is not there; run make release"),
    (("--helper", "/dev/null"), 65, "/dev/null is no program"),
    (("--helper", PROGRAM), 65, "is no program"),
    (("--helper", "/"), 74, "/: Is a directory"),
    (("--helper", "cut.gz"), 65, "cut.gz: "),
    (("--helper", "elf", "--arch", "aarch64"), 65, "elf is not for aarch64"),
    (("--baked", "-o", "/nowhere/user-data"), 74, "/nowhere/user-data: No such file"),
], ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else None)
def test_wrong_command_line(make, tmp_path, options, status, said):
    (tmp_path / "cut.gz").write_bytes(gzip.compress(elf())[:1000])
    done = make(*options, helper=None, status=status)
    assert done.stderr.startswith("mkuserdata: ") and said in done.stderr


def test_settings_file_must_be_there():
    done = subprocess.run([sys.executable, PROGRAM, "/nowhere/settings"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 66
    assert done.stderr == "mkuserdata: /nowhere/settings: No such file or directory\n"


def test_output_goes_to_a_file_with_its_size_told(make, tmp_path):
    told = make("-o", "user-data").stdout.decode()
    data = (tmp_path / "user-data").read_bytes()
    assert data == make().stdout
    assert told == f"user-data: {len(data):,} of 16,384 bytes\n"


def test_terminal_gets_no_binary(make):
    reader, terminal = pty.openpty()
    assert "for a terminal" in make(status=64, stdout=terminal).stderr
    make("--plain", stdout=terminal)
    assert os.read(reader, 100).startswith(b"#cloud-config")
    os.close(reader)
    os.close(terminal)


def test_full_device_is_an_error(make):
    with open("/dev/full", "wb") as full:
        assert "No space left" in make(status=74, stdout=full).stderr
        assert "No space left" in make("-o", "made", status=74, stdout=full).stderr


def test_needs_python_3_9_and_its_own_library_only():
    tree = ast.parse(PROGRAM.read_text(), feature_version=(3, 9))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
             for alias in node.names]
    assert set(names) <= getattr(sys, "stdlib_module_names", {*names})    # from 3.10 on
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert os.access(PROGRAM, os.X_OK)


# The hook that fetches

class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with what the server's list of answers says, the last one for ever."""

    def do_GET(self):       # pylint: disable=invalid-name
        answers = self.server.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.server.seen.append(self.path)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", body.decode())
            body = b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


@pytest.fixture
def server(authority):
    """An https server: answers, seen, url."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        tls = server_tls(authority.certificate, authority.key)
        running.socket = tls.wrap_socket(running.socket, server_side=True)
        running.answers, running.seen = [], []
        running.url = f"https://localhost:{running.server_port}/b?X-Amz-Signature=secret"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


HELPER = b"#!/bin/sh\necho one \"$@\"\nexit 75\n"
OTHER = b"#!/bin/sh\necho other\n"
TOOLS = ("sh", "sha256sum", "cut", "mkdir", "mktemp", "timeout", "chmod", "mv", "rm")


@pytest.fixture(params=["curl", "wget"])
def boot(request, tmp_path, entries, server, authority):
    """Run the hook with one of the two tools that fetch; pauses are noted and not made."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in (*TOOLS, request.param):
        (tools / tool).symlink_to(shutil.which(tool))
    (tools / "sleep").write_text(f"#!/bin/sh\necho $1 >>{tmp_path}/pauses\n")
    (tools / "sleep").chmod(0o755)
    (tmp_path / "wgetrc").write_text(f"ca_certificate = {authority.bundle}\n")
    program = tmp_path / "new" / "sbin" / "bootname"

    def run(*arguments, pin=HELPER):
        content = entries("--url", server.url, "--program", str(program), "--sha256",
                          hashlib.sha256(pin).hexdigest().upper())[HOOK]["content"]
        hook = tmp_path / "hook"
        hook.write_text(content)
        hook.chmod(0o755)
        done = subprocess.run([hook, *arguments], capture_output=True, text=True, check=False,
                              env={"PATH": str(tools), "CURL_CA_BUNDLE": str(authority.bundle),
                                   "WGETRC": str(tmp_path / "wgetrc")})
        assert {path.name for path in program.parent.glob("*")} <= {"bootname"}
        assert "secret" not in done.stdout + done.stderr
        return done
    run.program = program
    run.pauses = lambda: (tmp_path / "pauses").read_text().split()
    return run


def test_hook_fetches_once_and_runs_every_time(boot, server):
    server.answers = [(200, HELPER)]
    for arguments in (), ("up", "--if changed"):
        done = boot(*arguments)
        assert (done.returncode, done.stdout) == (75, " ".join(("one", *arguments)) + "\n")
    assert server.seen == ["/b?X-Amz-Signature=secret"]
    assert boot.program.stat().st_mode & 0o7777 == 0o755


def test_hook_refuses_a_mismatch_and_says_so(boot, server):
    server.answers = [(200, OTHER)]
    done = boot()
    assert (done.returncode, done.stdout) == (65, "")
    wanted, got = (hashlib.sha256(body).hexdigest() for body in (HELPER, OTHER))
    assert done.stderr == (f"bootname: install: {server.url.partition('?')[0]} has SHA-256 {got}, "
                           f"wanted {wanted}; nothing is installed or run\n")
    assert not boot.program.exists()
    assert len(server.seen) == 1


def test_hook_replaces_a_version_that_is_not_the_wanted_one(boot, server):
    server.answers = [(200, OTHER), (200, HELPER)]
    assert boot(pin=OTHER).stdout == "other\n"
    assert boot().stdout == "one\n"
    assert boot.program.read_bytes() == HELPER


def test_hook_runs_no_other_version_where_it_cannot_fetch(boot, server):
    server.answers = [(200, OTHER), (503, b"")]
    boot(pin=OTHER)
    done = boot()
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr.endswith(f"bootname: install: cannot fetch {server.url.partition('?')[0]}; "
                                "nothing is run\n")
    assert boot.pauses() == ["1", "2", "4", "8", "16", "32"]
    assert boot.program.read_bytes() == OTHER


def test_hook_tries_again(boot, server):
    server.answers = [(503, b""), (404, b""), (200, HELPER)]
    assert boot().stdout == "one\n"
    assert boot.pauses() == ["1", "2"]


def test_hook_follows_a_redirect(boot, server):
    server.answers = [(302, b"/elsewhere"), (200, HELPER)]
    assert boot().stdout == "one\n"


def test_hook_says_where_it_cannot_write(boot, server, tmp_path):
    (tmp_path / "new").touch()
    done = boot()
    assert done.returncode == 71
    assert "bootname: install: cannot write beside " in done.stderr
    assert server.seen == []


# The units

def test_units_are_sound(entries, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    files = entries("--baked", "--program", "/bin/true", "--systemd")
    for unit in UNITS:
        (tmp_path / unit).write_text(files[f"/etc/systemd/system/{unit}"]["content"])
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *UNITS], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not [line for line in done.stderr.splitlines()
                                         if "bootname" in line], done.stderr


SERVICES = ("bootname.service", "bootname-refresh.service", "bootname-reap.service")


@pytest.mark.parametrize("unit", SERVICES)
def test_units_are_hardened(tmp_path, unit):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    text = (FOLDER / "systemd" / unit).read_text().replace("@program@", "/bin/true")
    (tmp_path / unit).write_text(text)
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", tmp_path / unit],
                          capture_output=True, text=True, check=False)
    if "--offline" in done.stderr:
        pytest.skip(f"too old: {done.stderr.strip()}")
    [exposure] = re.findall(rf"exposure level for {unit}: ([0-9.]+)", done.stdout)
    assert float(exposure) <= 2.0, done.stdout


def test_the_hardening_of_the_units_goes_before_what_they_do():
    """What mkuserdata takes for hardening, and leaves out, is that and no more."""
    left = [re.sub(module().HARDENING, "", slim("\n".join(unit_lines(unit)) + "\n"))
            for unit in SERVICES[:2]]
    for text, unit in zip(left, SERVICES):
        settings = re.findall(r"(?m)^(\w+)=", text)
        assert {"ConditionFileIsExecutable", "Type", "RuntimeDirectory"} <= {*settings}, unit
        assert not {"CapabilityBoundingSet", "NoNewPrivileges", "SystemCallFilter"} & {*settings}


def unit_lines(unit):
    return (FOLDER / "systemd" / unit).read_text().splitlines()


@pytest.mark.parametrize(("jobs", "runs"), [
    ("poweroff.target", True), ("halt.target", True), ("reboot.target", False),
    ("kexec.target", False), ("soft-reboot.target", False), ("rescue.target", False), ("", False),
])
def test_stop_removes_the_name_when_the_machine_goes_off_only(tmp_path, jobs, runs):
    (tmp_path / "systemctl").write_text(
        "#!/bin/sh\n[ \"$1\" = list-jobs ] || exit 9\nshift\necho JOB UNIT TYPE STATE\n"
        f"for unit; do case ' {jobs} ' in *\" $unit \"*) echo \"7 $unit start waiting\" ;; esac; "
        "done\n")
    (tmp_path / "program").write_text("#!/bin/sh\necho \"$@\"\nexit 77\n")
    for name in ("systemctl", "program"):
        (tmp_path / name).chmod(0o755)
    command, = (line.partition("=")[2] for line in unit_lines("bootname.service")
                if line.startswith("ExecStop="))
    done = subprocess.run(shlex.split(command.replace("@program@", str(tmp_path / "program"))),
                          env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True,
                          check=False)
    assert (done.stdout, done.returncode) == (("down\n", 77) if runs else ("", 0))


def test_no_unit_waits_for_the_end_of_cloud_init():
    """Started from runcmd, or wanted by multi-user.target, that would be for ever."""
    for unit in UNITS:
        assert not [line for line in unit_lines(unit) if "cloud-final" in line]
    assert "WantedBy=multi-user.target" in unit_lines("bootname.service")
    assert not [line for line in unit_lines("bootname.service") if "cloud-config" in line]


# The examples

EXAMPLES = {"bootname.yaml": (), "baked.yaml": ("--baked",), "private.yaml": (),
            "asg.yaml": ("--systemd",)}


def example(name):
    return yaml.safe_load((FOLDER / name).read_text())


def test_every_example_is_tested():
    assert {path.name for path in FOLDER.glob("*.yaml")} == {*EXAMPLES}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_what_is_made_of_its_settings(plain, name):
    settings = example(name)["write_files"][0]["content"]
    made = yaml.safe_load(plain(*EXAMPLES[name], settings=settings))
    hook = made["write_files"][1]
    if hook.get("encoding"):
        assert hook["content"].startswith("H4sI")
        hook["content"] = "H4sI\u2026"
    wanted = example(name)
    for entry in wanted["write_files"][2:]:
        entry["content"] = slim(entry["content"])
    for entry in made["write_files"][2:]:       # with a real helper there is no room for it
        entry["content"] = re.sub(module().HARDENING, "", entry["content"])
    assert made == wanted


@pytest.mark.parametrize(("name", "zone_name", "private", "line"), [
    ("bootname.yaml", "ec2.example.com", False,
     "setting webdev1.ec2.example.com to 54.123.123.123\n"),
    ("asg.yaml", "ec2.example.com", False,
     "setting web-i-0123456789abcdef0.ec2.example.com to 54.123.123.123\n"),
    ("private.yaml", "internal.example.com", True,
     "setting app-10-0-0-5.internal.example.com to 10.0.0.5\n"),
])
def test_example_gives_the_name_that_it_says(run, emulator, name, zone_name, private, line):
    emulator.hosted_zone(zone_name, private=private)
    assert run(config=(FOLDER / name).read_text()).stdout == line
