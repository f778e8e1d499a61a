"""Where settings come from, and how strictly they are read."""

import os
import re
import shutil

import pytest

NAME = "webdev1.ec2.example.com"
DEFAULT = f"setting {NAME} to 54.123.123.123\n"
POSITION = re.compile(r":\d+:\d+: ")


def ttl_of(zone):
    """The TTL of the instance's record."""
    return zone.find(NAME, "A").ttl


# Sources

@pytest.mark.parametrize("form", ["plain", "b64", "key"])
def test_user_data_holds_the_settings(run, zone, form):
    assert run(settings="ttl: 77\n", form=form).status == 0
    assert ttl_of(zone) == 77


@pytest.mark.parametrize(("config", "ttl"), [
    ("write_files:\n- path: /etc/bootname.yaml\n  content: 'ttl: 77'\n", 77),
    ("write_files:\n- path: /etc/bootname.yaml\n  encoding: base64\n  content: dHRsOiA3Nw==\n", 77),
    ("write_files:\n- path: /etc/bootname.yaml\n  encoding: b64\n"
     "  content: |\n    dHRs\n    OiA3Nw==\n", 77),
    ("write_files:\n- path: /etc/bootname.yaml\n  encoding: b64\n  content: dHRsOiA3=Nw==\n", 77),
    ("write_files:\n- path: /etc/bootname.yaml\n  content: |\n    ttl: 1\n"
     "- path: /etc/bootname.yaml\n  content: |\n    ttl: 77\n", 77),
    ("bootname:\n  ttl: 1\nwrite_files:\n- path: /etc/bootname.yaml\n  content: 'ttl: 77'\n", 77),
    ("bootname: {ttl: 77}\nruncmd:\n- [ls, {a: [b]}]\n", 77),
    ("write_files:\n- path: /etc/motd\n  content: 'ttl: 77'\n", 60),
    ("write_files:\n", 60),
    ("a: &x {b: c}\nd: *x\nbootname:\n  ttl: 77\n", 77),
    ("{}", 60),
], ids=["no block", "base64", "b64 in lines", "b64 as cloud-init's Python reads it", "last entry wins", "file before key", "flow",
        "other path", "nothing to write", "aliases elsewhere", "no keys"])
def test_settings_are_found_in_the_cloud_config(run, zone, config, ttl):
    assert run(config=config).stdout == DEFAULT
    assert ttl_of(zone) == ttl


def test_settings_file_alone(run, zone):
    run("-c", run.file("types: [A]"), settings="ttl: 77\nunknown: key")
    assert ttl_of(zone) == 60


def test_defaults_lie_under_the_user_data(run, zone):
    assert run("-d", run.file("ttl: 30\nname: baked.ec2.example.com"), settings="ttl: 77").stdout \
        == "setting baked.ec2.example.com to 54.123.123.123\n"
    assert zone.find("baked.ec2.example.com", "A").ttl == 77


def test_defaults_alone(run, zone):
    run("-d", run.file("ttl: 30"))
    assert ttl_of(zone) == 30


@pytest.mark.parametrize("env", [{}, {"BOOTNAME_CLOUD_CONFIG": "/nonexistent/cloud-config.txt"}],
                         ids=["without settings", "no cloud-config"])
def test_tag_alone_takes_the_defaults(run, zone, env):
    assert run(env=env).stdout == DEFAULT
    assert ttl_of(zone) == 60


@pytest.mark.parametrize("env", [{}, {"BOOTNAME_CLOUD_CONFIG": "/nonexistent/cloud-config.txt"}],
                         ids=["without settings", "no cloud-config"])
def test_neither_settings_nor_tag_is_nothing_to_do(run, zone, instance, calls, env):
    instance.tags = {"Name": "web"}
    result = run(env=env)
    assert result.status == 0
    assert result.stdout.count("\n") == 1 and "nothing to do" in result.stdout
    assert calls("route53") == []


def test_nothing_to_do_where_tags_are_off_and_no_role(run, zone, instance, calls):
    instance.tags_in_metadata, instance.role = False, None
    result = run()
    assert result.status == 0
    assert result.stdout.count("\n") == 1 and "nothing to do" in result.stdout
    assert calls("route53") == calls("ec2") == []


@pytest.mark.parametrize("settings", ["{}", "ttl: 30"])
def test_settings_without_any_name(run, zone, instance, calls, settings):
    instance.tags = {}
    result = run(settings=settings)
    assert result.status == 69
    assert "dnsname" in result.stderr
    assert calls("route53") == []


# Files

def make_missing(path):
    path.unlink()


def make_folder(path):
    path.unlink()
    path.mkdir()


def make_fifo(path):
    path.unlink()
    os.mkfifo(path)


def make_public(path):
    path.chmod(0o646)


def make_big(path):
    path.write_text("ttl: 60\n#" + "x" * 1024 * 1024)


@pytest.mark.parametrize("option", ["-c", "-d"])
@pytest.mark.parametrize("spoil", [make_missing, make_folder, make_fifo, make_public, make_big])
def test_a_file_that_cannot_be_taken(run, emulator, zone, option, spoil):
    path = run.file("ttl: 30")
    spoil(path)
    result = run(option, path, settings="{}")
    assert result.status == 78
    assert str(path) in result.stderr
    assert emulator.requests == []


def test_a_file_that_must_not_be_read(run, emulator, zone, monkeypatch):
    if not os.geteuid():
        if not shutil.which("setpriv"):
            pytest.skip("root reads every file, and there is no setpriv to make it less")
        monkeypatch.setenv("BOOTNAME_WRAPPER", "setpriv --bounding-set -dac_override,"
                           "-dac_read_search " + os.environ.get("BOOTNAME_WRAPPER", ""))
    result = run("-c", run.file("ttl: 30", 0o000))
    assert result.status == 78
    assert "settings.yaml: Permission denied" in result.stderr
    assert emulator.requests == []


def test_a_cloud_config_that_everybody_can_write(run, emulator, zone):
    run.cloud_config.touch()
    run.cloud_config.chmod(0o666)
    assert run(settings="ttl: 30").status == 78
    assert emulator.requests == []


@pytest.mark.parametrize("config", [
    "write_files:\n- path: /etc/bootname.yaml\n  encoding: gz+b64\n  content: H4sI\n",
    "write_files:\n- path: /etc/bootname.yaml\n  encoding: b64\n  content: abcde\n",
], ids=["gz+b64", "no base64"])
def test_an_encoding_that_is_not_read(run, emulator, zone, config):
    assert run(config=config).status == 78
    assert emulator.requests == []


# Strictness

BAD = {
    "a tab": "\tttl: 60",
    "open quote": "name: 'webdev1",
    "open list": "types: [A",
    "a list": "- ttl: 60",
    "a word": "ttl",
    "null": "~",
    "two documents": "ttl: 60\n---\nttl: 61",
    "repeated key": "ttl: 60\nttl: 60",
    "unknown key": "colour: red",
    "key in capitals": "TTL: 60",
    "key is a list": "? [ttl]\n: 60",
    "key is null": "~: 60",
    "key is a number": "60: 60",
    "alias as a value": "ttl: &x 60\ngrace: *x",
    "alias as a key": "&x ttl: 60\n*x : 60",
    "alias in a list": "name: &x A\ntypes: [*x]",
    "merge": "<<: {ttl: 60}",
    "deep": "ttl: " + "[" * 40 + "]" * 40,
    "ttl below": "ttl: -1",
    "ttl above": "ttl: 2147483648",
    "ttl far above": "ttl: 99999999999999999999999",
    "ttl fraction": "ttl: 1.5",
    "ttl hexadecimal": "ttl: 0x3c",
    "ttl underscore": "ttl: 1_000",
    "ttl with unit": "ttl: 60s",
    "ttl text": "ttl: '60'",
    "ttl null": "ttl:",
    "ttl boolean": "ttl: true",
    "ttl list": "ttl: [60]",
    "ttl mapping": "ttl: {a: 60}",
    "grace below": "grace: -1",
    "grace above": "grace: 86401",
    "timeout zero": "timeout: 0",
    "timeout above": "timeout: 86401",
    "wait number": "wait: 1",
    "wait text": "wait: 'true'",
    "wait null": "wait: ~",
    "wait in capitals": "wait: TRUE",
    "wait short": "wait: y",
    "action unknown": "action: DELETE",
    "action in small": "action: create",
    "action list": "action: [UPSERT]",
    "address unknown": "address: 54.123.123.123",
    "address null": "address:",
    "visibility unknown": "visibility: internal",
    "types text": "types: A",
    "types empty": "types: []",
    "types unknown": "types: [A, MX]",
    "types repeated": "types: [A, A]",
    "types in small": "types: [a]",
    "types with a comma forgotten": "types: ['A AAAA']",
    "types nested": "types: [[A]]",
    "name number": "name: 42",
    "name null": "name: ~",
    "name boolean": "name: yes",
    "name empty": "name: ''",
    "name list": "name: [a]",
    "name non-ASCII": "name: m\u00fcller.ec2.example.com",
    "name control": 'name: "a\\tb.ec2.example.com"',
    "name with NUL": 'name: "a\\0b.ec2.example.com"',
    "name long": "name: " + "a." * 1025,
    "zone empty": "zone: ''",
    "zone no name": "zone: ec2..example.com",
    "zone number": "zone: 1.5",
    "zone list": "zone: [ec2.example.com]",
    "zone_id of a path": "zone_id: ../Z123",
    "zone_id in small": "zone_id: z123",
    "zone_id long": "zone_id: Z" + "1" * 32,
    "zone_id prefix only": "zone_id: /hostedzone/",
    "zone_id number": "zone_id: 123",
    "role_arn number": "role_arn: 123",
    "role_arn long": "role_arn: " + "x" * 2049,
    "external_id short": "external_id: a",
    "external_id long": "external_id: " + "x" * 1225,
    "external_id with a blank": "external_id: a b",
    "external_id mapping": "external_id: {a: b}",
    "proxy control": 'proxy: "http://a\\nb"',
    "owner_record text": "owner_record: 'true'",
    "owner_record null": "owner_record:",
    "owner_record number": "owner_record: 1",
    "take_over unknown": "take_over: always",
    "take_over boolean": "take_over: true",
    "take_over in capitals": "take_over: Gone",
}


@pytest.mark.parametrize("settings", BAD.values(), ids=BAD)
def test_bad_settings_send_nothing(run, emulator, zone, settings):
    result = run(settings=settings)
    assert result.status == 78
    assert result.stderr.startswith("bootname: settings: ")
    assert POSITION.search(result.stderr), result
    assert emulator.requests == []


@pytest.mark.parametrize("form", ["b64", "key"])
@pytest.mark.parametrize("settings", ["ttl: -1", "types: [A, A]", "colour: red"])
def test_bad_settings_in_every_form(run, emulator, zone, settings, form):
    result = run(settings=settings, form=form)
    assert result.status == 78 and POSITION.search(result.stderr), result
    assert emulator.requests == []


@pytest.mark.parametrize("option", ["-c", "-d"])
def test_bad_settings_in_a_file(run, emulator, zone, option):
    path = run.file("ttl: 60\naction: CREATE\nvisibility: no\n")
    result = run(option, path)
    assert result.status == 78
    assert f"{path}:3:13: visibility: " in result.stderr
    assert emulator.requests == []


def test_bad_bytes(run, emulator, zone):
    result = run("-c", run.file(b"ttl: 60\nname: \xff\n"))
    assert result.status == 78 and POSITION.search(result.stderr)
    assert emulator.requests == []


@pytest.mark.parametrize("config", ["a: [", "a: b\n c: d\n", "\tx", "bootname:\n", "bootname: 5\n",
                                    "bootname: &x {}\nwrite_files: *x\n\tb: 1"],
                         ids=["open list", "indent", "tab", "null", "number", "late"])
def test_bad_cloud_config(run, emulator, zone, config):
    result = run(config=config)
    assert result.status == 78 and POSITION.search(result.stderr), result
    assert emulator.requests == []


@pytest.mark.parametrize(("settings", "said"), [
    ("ttl: -1", ":1:6: ttl: wants 0|[1-9][0-9]{0,9}, at most 2147483647"),
    ("ttl: 2147483648", ":1:6: ttl: wants 0|[1-9][0-9]{0,9}, at most 2147483647"),
    ("ttl: '60'", ":1:6: ttl: wants 0|[1-9][0-9]{0,9}, at most 2147483647; mind the quotes"),
    ("zone:\n 1.5", ":2:2: zone: wants [A-Za-z0-9_.-]+; mind the quotes"),
    ("zone: a..b", ":1:7: zone: wants [A-Za-z0-9_.-]+"),
    ("action: create", ":1:9: action: wants UPSERT|CREATE"),
    ("types: [A, A]", ":1:13: types: wants ^ (A|AAAA|A AAAA|AAAA A) $"),
    ("wait: 'yes'", ":1:7: wait: wants [Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff; mind the quotes"),
    ("take_over: always", ":1:12: take_over: wants never|stopped|gone"),
    ("grace: 0\ngrace: 0", ":2:1: grace: wants to stand here once"),
    ("- a", ':1:1: wants lines of "key: value", or {}'),
])
def test_what_is_wanted_is_said(run, zone, settings, said):
    path = run.file(settings)
    assert run("-c", path).stderr == f"bootname: settings: {path}{said}\n"


@pytest.mark.parametrize(("key", "meant"), [
    ("tll", "ttl"), ("zoneid", "zone_id"), ("adress", "address"), ("type", "types"),
    ("times", "types"), ("wiat", "wait"), ("TIMEOUT", None), ("colour", None),
    ("a" * 300, None), ("'b\\ad \u00e9'", None)])
def test_the_key_that_was_meant(run, emulator, zone, key, meant):
    result = run(settings=f"grace: 0\n{key}: 60")
    assert result.status == 78
    assert "unknown key " in result.stderr
    assert (f'did you mean "{meant}"?' in result.stderr) == (meant is not None), result
    assert ("did you mean" in result.stderr) == (meant is not None), result


@pytest.mark.parametrize("settings", [
    "wait: no", "wait: False", "wait: Off", "grace: 0", "grace: 86400", "timeout: 86400", "visibility: public",
    "zone: EC2.Example.COM.", "'ttl': 60", "{}", "---\nttl: 60\n...", "ttl: &anchor 60",
    "owner_record: no", "owner_record: true", "take_over: never", "take_over: stopped",
    "take_over: gone", "\ufeffttl: 60", "types: ['A']", "action: 'UPSERT'",
    "name: \"webdev1\"\nzone: ec2.example.com"])
def test_good_settings(run, zone, settings):
    assert run(settings=settings, form="b64").stdout == DEFAULT


@pytest.mark.parametrize("spoil", [make_folder, make_fifo, make_public, make_big])
def test_what_a_file_must_be_is_said(run, zone, spoil):
    path = run.file("ttl: 30")
    spoil(path)
    assert run("-c", path).stderr == (f"bootname: settings: {path}: is unusable; it must be a file of at "
                                      "most 1048576 bytes that not everybody can write\n")
