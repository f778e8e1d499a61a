"""The program that rides in user-data does at a boot what build/bootname does."""

import lzma
import os
import pathlib
import platform
import re

import pytest
from conftest import ONCE

TOP = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("B", TOP / "build")).absolute()
PACKED = {kind: BUILD / f"release/bootname-{kind}-{platform.machine()}.xz"
          for kind in ("boot", "service")}
PROGRAMS = {"boot": ("EMBEDDED", "BUILD_BOOT"), "service": ("EMBEDDED", "BUILD_SERVICE")}
# The settings that what is embedded does not have, as the helper's own table has them.
LACKS = {kind: {key.lower() for key, programs in re.findall(
    r"\[SETTING_(\w+)\] = (\w+),", (TOP / "helper/settings.h").read_text()) if programs in names}
    for kind, names in PROGRAMS.items()}
assert {"wait", "records"} <= LACKS["boot"] < LACKS["service"]
NAME = "webdev1.ec2.example.com"
ADDRESS = "54.123.123.123"
ROLE = "arn:aws:iam::123456789012:role/dns"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"

if os.environ.get("BOOTNAME_WRAPPER") or not all(file.exists() for file in PACKED.values()):
    pytest.skip("the release is tested in the normal build, with Debian's compilers",
                allow_module_level=True)


def lacking(kind, settings):
    """The first key of the settings that this program does not have, or what of a key; or None."""
    for key, value in re.findall(r"(?m)^(\w+): *(.*)", settings):
        if key in LACKS[kind]:
            return key
        if kind == "service" and (key, value) == ("action", "CREATE"):
            return "action: CREATE"
        if kind == "service" and key == "name" and re.search(
                r"{(instance-id|region|az|az-id|local-ipv4|tag:[^{}]+)}", value):
            return "name: a placeholder"
    return None


def refusal(lacks):
    """How it says so."""
    return (f"bootname: settings: {lacks}: not in the helper that is embedded in user-data; use "
            "mkuserdata --s3, --url or --baked\n")


@pytest.fixture(params=PACKED)
def kind(request):
    """Which of the two: for every boot, or with what --systemd asks for."""
    return request.param


@pytest.fixture
def boot(run, kind, monkeypatch, tmp_path):
    """run(), of the program that is embedded."""
    program = tmp_path / "50-bootname"
    program.write_bytes(lzma.decompress(PACKED[kind].read_bytes()))
    program.chmod(0o755)

    def embedded(*arguments, **more):
        if "config" not in more:            # it always comes with settings
            more.setdefault("settings", "{}")
        with monkeypatch.context() as patch:
            patch.setenv("BOOTNAME", str(program))
            return run(*arguments, **more)
    return embedded


@pytest.fixture
def both(run, boot, kind, emulator, zone):
    """Run the two programs in the same world, and hold them against each other; None: what is
    embedded lacks one of the settings, and has refused it."""
    def compare(*arguments, prepare=None, tries_again=False, settings="{}", **more):
        lacks = lacking(kind, settings)
        if lacks:
            emulator.requests.clear()
            result = boot(*arguments, settings=settings, **more)
            assert (result.status, result.stderr) == (78, refusal(lacks))
            assert emulator.requests == []
            return None
        outcomes = []
        for program in run, boot:
            for record_set in zone.record_sets():
                if record_set.type not in ("NS", "SOA"):
                    zone.delete(record_set.name, record_set.type)
            run.state.unlink(missing_ok=True)
            emulator.faults.clear()
            if prepare:
                prepare()
            emulator.requests.clear()
            result = program(*arguments, settings=settings, **more)
            # Times differ.
            said = re.sub(r"after \d+[.]\d s", "after T s", result.stderr)
            # What only people need is left out.
            said = re.sub(r", at most \d+| [(]TTL \d+[)]", "", said)
            sent = [(request.method, re.sub("(change/)C.*", r"\1ID", request.target), request.body)
                    for request in emulator.requests]
            if tries_again:                 # more or less often
                sent = list(dict.fromkeys(sent))
            outcomes.append((result.status, result.stdout, said, sent, zone.record_sets()))
        assert outcomes[0] == outcomes[1]
        return result
    return compare


# It sets the name

def test_the_name_is_set(boot, zone, emulator):
    result = boot()
    assert (result.status, result.stdout) == (0, f"setting {NAME} to {ADDRESS}\n")
    assert zone.values(NAME, "A") == [ADDRESS]
    assert zone.find(NAME, "A").ttl == 60


def test_dns_follows_stop_and_start(boot, zone, instance, nameserver):
    boot(settings="zone: ec2.example.com\nttl: 60\naction: UPSERT\n")
    assert nameserver(NAME) == [ADDRESS]
    instance.stop()
    instance.start("54.9.8.7")
    boot(settings="zone: ec2.example.com\nttl: 60\naction: UPSERT\n")
    assert nameserver(NAME) == ["54.9.8.7"]


SETTINGS = {
    "empty": "{}",
    "README's": "zone: ec2.example.com\nttl: 60\naction: UPSERT\n",
    "CREATE": "action: CREATE",
    "zone_id": "zone_id: ZONE",
    "zone_id with its path": "zone_id: /hostedzone/ZONE\naction: CREATE",
    "TTL": "ttl: 2147483647",
    "wait": "wait: yes",
    "types": "types: [AAAA, A]",
    "private": "address: private\nvisibility: public",
    "name": "name: www\nzone: EC2.example.com.",
    "template": "name: '{tag:role}-{az}.{az-id}-{region}-{instance-id}-{local-ipv4}'\n"
                "zone: ec2.example.com",
    "role": f"role_arn: {ROLE}\nexternal_id: '42'",
    "comments": "# which\n\n---\nttl: 30 # seconds\n...\n",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_do_the_same(both, emulator, zone, instance, name):
    settings = SETTINGS[name]
    instance.ipv6 = "2001:db8::17"
    instance.tags["role"] = "web"
    emulator.roles[ROLE] = {"zones": [zone], "external_id": "42"}
    result = both(settings=settings.replace("ZONE", zone.id),
                  tries_again=True)         # while the change is PENDING
    if result is None:
        return
    assert result.status == 0 and result.stdout.startswith("setting ")
    assert result.stdout.count("\n") == 2


@pytest.mark.parametrize(("name", "arguments"), [
    ("tag", ()), ("www.ec2.example.com.", ("up",)), ("*.ec2.example.com", ()),
    ("_sip._tcp.ec2.example.com", ("up", "--if-changed"))])
def test_a_name_does_the_same(both, instance, kind, name, arguments):
    if kind == "boot" and len(arguments) > 1:
        pytest.skip("only --systemd asks for --if-changed")
    if name != "tag":
        instance.tags["dnsname"] = name
    assert both(*arguments).status == 0


def without_tags(run, both, kind, emulator):
    """What they do where the metadata has no tags: that of --systemd asks no EC2 for them."""
    if kind == "boot":
        return both()
    result = run(settings="{}")
    assert (result.status, result.stderr) == (
        69, "bootname: name: no tag dnsname; add it, or set name\n")
    assert not [one for one in emulator.requests if one.service != "imds"]
    return None


def test_tags_that_are_off_do_the_same(both, boot, instance, kind, emulator):
    instance.tags_in_metadata = False
    result = without_tags(boot, both, kind, emulator)
    assert result is None or result.status == 0


def test_an_empty_file_of_settings_does_the_same(both, instance):
    assert both(settings="# none").status == 0
    instance.tags = {}
    assert "nothing to do" in both(settings="# none").stdout


@pytest.mark.parametrize("config", [
    "", "#cloud-config\n\n# from 1 files\n# part-001\n\n---\nhostname: web\n...\n",
    "bootname: {ttl: 60}\n", "a: &a {path: /etc/bootname.yaml, content: ''}\nwrite_files: [*a]\n",
    "#cloud-config\n\n# from 1 files\n# part-001\n\n---\nwrite_files:\n"
    "-   content: 'ttl: 60'\n    path: /etc/bootname.yaml\n",
], ids=["empty", "no user-data", "key", "alias", "cut"])
def test_it_has_come_with_settings(boot, emulator, zone, config):
    result = boot(config=config)
    assert result.status == 78
    assert result.stderr.endswith("is cut, or write_files have not /etc/bootname.yaml once\n")
    assert boot(env={"BOOTNAME_CLOUD_CONFIG": "/nonexistent"}).status == 78
    assert emulator.requests == []


@pytest.mark.parametrize("arguments", [(), ("up",)])
def test_a_reboot_does_the_same(both, zone, arguments):
    result = both(*arguments, settings="zone: ec2.example.com",
                  prepare=lambda: zone.put(NAME, "A", [ADDRESS], ttl=60))
    assert result.status == 0
    result = both(*arguments, settings="action: CREATE",
                  prepare=lambda: zone.put(NAME, "A", [ADDRESS], ttl=60))
    assert result is None or result.stdout == f"{NAME} is already {ADDRESS}\n"


# What no boot has, and what it has

USER = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6",
        "AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "x",
        "AWS_REGION": "ap-south-1", "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true"}


@pytest.mark.parametrize("tags_in_metadata", [True, False], ids=["tags", "no tags"])
def test_a_person_s_environment_is_not_looked_at(boot, kind, emulator, zone, instance,
                                                 tags_in_metadata):
    instance.tags_in_metadata = tags_in_metadata or kind == "service"   # which has no others
    assert boot(env=USER).stdout == f"setting {NAME} to {ADDRESS}\n"
    key = instance.credentials.access_key
    assert all(key in request.headers["authorization"]
               for request in emulator.requests if request.service != "imds")


def test_other_endpoints_and_authorities_are_taken(boot, emulator, zone):
    env = dict.fromkeys(emulator.api_environment) | {"AWS_CA_BUNDLE": emulator.ca_bundle}
    assert boot(env=env | {"AWS_ENDPOINT_URL": emulator.api_url}).status == 0
    assert boot(env={"AWS_CA_BUNDLE": None}, settings=ONCE).status == 75


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "proxy"])
def test_a_proxy_is_taken(boot, zone, name):
    env = {} if name == "proxy" else {name: "http://127.0.0.1:1"}
    settings = ONCE + ("\nproxy: http://127.0.0.1:1" if name == "proxy" else "")
    assert boot(env=env | {"no_proxy": ""}, settings=settings).status == 75


def test_nothing_is_published_twice(boot, emulator, zone, kind):
    if kind == "boot":
        pytest.skip("only --systemd asks for --if-changed")
    boot("up", "--if-changed")
    emulator.requests.clear()
    assert boot("up", "--if-changed").stdout == f"{NAME} is already {ADDRESS}\n"
    assert {request.service for request in emulator.requests} == {"imds"}


def test_settings_of_the_user_data_stand_at_one_place(boot, emulator, zone):
    result = boot(settings="name: other\naction: CREATE", form="key")
    assert result.status == 78 and "write_files" in result.stderr
    assert emulator.requests == []


# It fails as the other one does

@pytest.mark.parametrize("settings", [
    "ttl: -1", "wait: 1", "types: [A, A]", "types: A",
    "name: a b", "name: '{hostname}'", "colour: red", "TTL: 60", "ttl: 60\nttl: 60", "zone: a..b",
    "zone_id: z1", "role_arn: x", "owner_record: 1", "records: []", "- a", "~", "a: [",
    "ttl: " + "[" * 40, "ttl: &x 60\ngrace: *x", "proxy: ftp://x", "timeout: 0"])
def test_bad_settings_fail_the_same(both, emulator, settings):
    result = both(settings=settings)
    assert result is None or result.status == 78
    assert emulator.requests == []


def test_a_near_miss_is_no_question_here(run, boot):
    settings = "ttll: 60"
    told = run(settings=settings).stderr
    assert boot(settings=settings).stderr == told.replace('; did you mean "ttl"?', "") != told


FAILURES = {
    "no zone": ("name: www.example.org", 69), "no tag": ("name: '{tag:none}'", 69),
    "no address": ("types: [AAAA]", 69), "no zone of that id": ("zone_id: Z1", 69),
    "no name": ("name: a..b", 78), "outside its zone": ("name: a.b.\nzone: ec2.example.com", 78),
    "role": (f"role_arn: {ROLE}x", 77),
}


@pytest.mark.parametrize(("settings", "status"), FAILURES.values(), ids=FAILURES)
def test_failures_are_the_same(both, settings, status):
    result = both(settings=settings)
    assert result is None or result.status == status


def test_a_tag_that_is_no_name_fails_the_same(both, instance):
    instance.tags["dnsname"] = "web server\n\u00e9"
    assert both().status == 65


def test_a_name_that_is_taken_fails_the_same(both, zone):
    result = both(settings="action: CREATE",
                  prepare=lambda: zone.put(NAME, "A", ["192.0.2.1"]))
    assert result is None or result.status == 73
    assert both(prepare=lambda: zone.put(NAME, "CNAME", ["a.example."])).status == 73


@pytest.mark.parametrize("action", [LIST, READ, CHANGE])
def test_denied_fails_the_same(both, emulator, action):
    emulator.denied = {f"route53:{action}"}
    for settings in "{}", "action: CREATE":
        result = both(settings=settings)
        is_asked = action != READ or "CREATE" in settings
        assert result is None or result.status == (77 if is_asked else 0)


@pytest.mark.parametrize("fault", [
    {"operation": LIST, "status": 418}, {"operation": LIST, "body": "no XML", "status": 200},
    {"operation": CHANGE, "status": 403, "code": "SignatureDoesNotMatch"},
    {"service": "imds", "path": "public-ipv4", "status": 200, "body": "unknown"},
    {"operation": "PutToken", "status": 404}], ids=["418", "no XML", "signature", "address", "IMDSv1"])
def test_wrong_answers_fail_the_same(both, emulator, fault):
    assert both(prepare=lambda: emulator.faults.add(times=None, **fault)).status in (65, 69, 77)


def test_no_role_fails_the_same(both, instance):
    instance.role = None
    result = both(settings=ONCE, tries_again=True)
    assert result.status == 77 and "gave up after" in result.stderr


def test_metadata_switched_off_fail_the_same(both, instance):
    instance.metadata_enabled = False
    assert both().status == 77


# With systemd, and without

def test_the_one_for_create(boot, zone, instance, kind):
    if kind == "service":
        assert boot(settings="action: CREATE").stderr == refusal("action: CREATE")
        return
    assert boot(settings="action: CREATE").stdout == f"setting {NAME} to {ADDRESS}\n"
    instance.stop()
    instance.start("54.9.8.7")
    assert boot(settings="action: CREATE").stdout == f"setting {NAME} to 54.9.8.7\n"
    zone.put(NAME, "A", ["192.0.2.1"])
    zone.put("_bootname." + NAME, "TXT",
             ['"heritage=bootname,owner=i-0fff9999eee888877,region=eu-west-1"'])
    refused = boot(settings="action: CREATE")
    assert refused.status == 73 and "i-0fff9999eee888877" in refused.stderr
    assert zone.values(NAME, "A") == ["192.0.2.1"]


def test_down_and_the_refresh_are_in_the_one_for_systemd(boot, zone, kind):
    if kind == "boot":
        assert boot("down").status == 64
        return
    boot()
    assert boot("up", "--if-changed").stdout == f"{NAME} is already {ADDRESS}\n"
    assert boot("down").stdout == f"removing {NAME} ({ADDRESS})\n"
    assert [one.type for one in zone.record_sets()] == ["NS", "SOA"]
    assert boot("up", "--if-changed").stdout == (
        f"setting {NAME} to {ADDRESS}\n")


# Other words

def test_it_says_its_version(run, boot, emulator):
    told = run("-V")
    assert re.fullmatch(r"bootname \d+[.]\d+[.]\d+\n", told.stdout)
    for more in {"config": ""}, {"shell": "2>&-"}:
        result = boot("-V", **more)
        assert (result.status, result.stdout, result.stderr) == (0, told.stdout, "")
    assert boot("-V", shell=">/dev/full").status == run("-V", shell=">/dev/full").status == 71
    assert emulator.requests == []


@pytest.mark.parametrize("words", [
    ("check",), ("reap",), ("",), ("-n",), ("-h",), ("--help",), ("--version",),
    ("-V", "up"), ("up", "-V"), ("down", "--if-changed"), ("-V", "--if-changed"), ("down", "x"),
    ("--json",), ("--if-changed",), ("up", "-n"), ("up", "up"), ("up", ""), ("Up",), ("--",), ("--", "up"), ("-c", "x"),
    ("up", "--if-change"), ("up", "--if-changed", "x"), ("up", "--if-changed", "--if-changed"),
], ids=lambda words: " ".join(words) or "empty")
def test_other_words_are_wrong_usage(boot, emulator, kind, words):
    result = boot(*words)
    assert result.status == 64
    assert result.stderr.startswith("bootname: usage: up")
    assert ("[--if-changed]" in result.stderr) == (kind == "service")
    assert result.stdout == ""
    assert emulator.requests == []
