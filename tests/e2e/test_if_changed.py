"""up --if-changed: nothing is asked of AWS while this boot has published the very same."""

import os
import pathlib
import shlex
import shutil
import socket
import stat
import subprocess

import pytest
from conftest import ONCE

NAME = "webdev1.ec2.example.com"
ADDRESS, OTHER = "54.123.123.123", "54.9.8.7"
IPV6 = "2001:db8::17"
SET, SAME = f"setting {NAME} to {ADDRESS}\n", f"{NAME} is already {ADDRESS}\n"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
COMMAND = ("up", "--if-changed")


@pytest.fixture
def asked(emulator):
    """What was asked since it was called the last time: {service: operations or IMDS paths}."""
    seen = 0

    def since():
        nonlocal seen
        new, seen = emulator.requests[seen:], len(emulator.requests)
        told = {}
        for request in new:
            what = request.target if request.service == "imds" else request.operation
            told.setdefault(request.service, []).append(what)
        return told
    return since


# Unchanged

@pytest.mark.parametrize("settings", [
    None, "{}", "action: CREATE\nttl: 30", "name: '{az}-{instance-id}'\nzone: ec2.example.com",
    "wait: true", "types: [A]"], ids=["no settings", "empty", "CREATE", "template", "wait", "types"])
def test_nothing_but_metadata_is_asked_while_nothing_changes(run, zone, asked, settings):
    first = run(*COMMAND, settings=settings)
    assert first.stdout.startswith("setting ")
    assert CHANGE in asked()["route53"]
    before = zone.record_sets()
    for _ in range(2):
        result = run(*COMMAND, settings=settings)
        told = asked()
        assert result.status == 0
        assert result.stdout == first.stdout.replace("setting ", "").replace(" to ", " is already ")
        assert set(told) == {"imds"}
        assert not [path for path in told["imds"] if "iam" in path]
        assert len(told["imds"]) <= 8
    assert zone.record_sets() == before


def test_two_addresses_are_two_lines(run, zone, instance, asked):
    instance.ipv6 = IPV6
    run()
    asked()
    assert run(*COMMAND).stdout == SAME + f"{NAME} is already {IPV6}\n"
    assert set(asked()) == {"imds"}


def test_up_keeps_what_if_changed_compares(run, zone, asked):
    run("up")
    asked()
    assert run(*COMMAND).stdout == SAME
    assert set(asked()) == {"imds"}


def test_up_alone_publishes_every_time(run, zone, asked):
    run(*COMMAND)
    asked()
    assert run().stdout == SET
    assert asked()["route53"] == [LIST, CHANGE]


@pytest.mark.parametrize(("settings", "form"), [
    ("# other text\nttl: 30\naction: UPSERT\n", "plain"), ("ttl: 30", "b64"), ("ttl: 30", "key"),
    ("action: UPSERT\nttl: 30\ntimeout: 300", "plain")], ids=["text", "base64", "key", "defaults"])
def test_the_same_settings_in_other_words_are_no_change(run, zone, asked, settings, form):
    run(settings="ttl: 30")
    asked()
    assert run(*COMMAND, settings=settings, form=form).stdout == SAME
    assert set(asked()) == {"imds"}


def test_credentials_are_not_needed(run, zone, instance):
    run()
    instance.role = None
    assert run(*COMMAND).stdout == SAME


def test_no_way_to_aws_is_needed(run, emulator, zone):
    run()
    emulator.close_api()
    assert run(*COMMAND, settings=None).stdout == SAME


def test_what_others_did_to_the_record_is_not_seen(run, zone):
    run()
    zone.put(NAME, "A", ["192.0.2.1"])
    assert run(*COMMAND).stdout == SAME
    assert zone.values(NAME, "A") == ["192.0.2.1"]


def test_tags_that_are_off_in_the_metadata_cost_a_request(run, zone, instance, asked):
    instance.tags_in_metadata = False
    run()
    asked()
    assert run(*COMMAND).stdout == SAME
    told = asked()
    assert told["ec2"] == ["DescribeTags"] and "route53" not in told


@pytest.mark.parametrize("option", ["-j", "--json"])
def test_json_of_no_change(run, zone, instance, asked, option):
    instance.ipv6 = IPV6
    run(settings="ttl: 30")
    asked()
    told = run(option, *COMMAND, settings="ttl: 30").json
    times = told.pop("ms")
    assert set(times) == {"imds", "zone", "change", "total"}
    assert all(value >= 0 for value in times.values()) and times["zone"] == times["change"] == 0
    assert told == {
        "changed": False, "dry_run": False, "zone_id": None, "change_id": None,
        "records": [{"name": NAME, "type": kind, "ttl": 30, "values": [value], "before": None}
                    for kind, value in (("A", ADDRESS), ("AAAA", IPV6))],
        "calls": {"imds": len(asked()["imds"]), "route53": 0, "ec2": 0, "sts": 0}}


def test_json_of_a_change(run, zone):
    told = run("-j", *COMMAND).json
    assert told["changed"] is True and told["calls"]["route53"] == 2


def test_quiet(run, zone):
    run()
    assert run("-q", *COMMAND).stdout == ""


def test_neither_settings_nor_tag(run, zone, instance, asked):
    run()
    instance.tags = {}
    assert run(*COMMAND).stdout == f"removing {NAME} ({ADDRESS})\n"
    asked()
    assert "nothing to do" in run(*COMMAND).stdout
    assert set(asked()) == {"imds"}


# Changed

def test_a_first_run_publishes(run, zone):
    assert run(*COMMAND).stdout == SET
    assert zone.values(NAME, "A") == [ADDRESS]


WWW = "www.ec2.example.com"


@pytest.mark.parametrize(("attribute", "value", "gone", "said", "gone_later", "said_later"), [
    ("public_ipv4", OTHER, "", f"setting {NAME} to {OTHER}\n", "", SET),
    ("ipv6", IPV6, "", SET + f"setting {NAME} to {IPV6}\n",
     f"removing {NAME} ({IPV6})\n", SAME),
    ("tags", {"dnsname": WWW}, f"removing {NAME} ({ADDRESS})\n", f"setting {WWW} to {ADDRESS}\n",
     f"removing {WWW} ({ADDRESS})\n", SET),
], ids=["address", "IPv6", "name"])
def test_a_change_of_the_instance_is_published(run, zone, instance, asked, attribute, value, gone,
                                               said, gone_later, said_later):
    run(*COMMAND)
    before = getattr(instance, attribute)
    asked()
    setattr(instance, attribute, value)
    assert run(*COMMAND).stdout == gone + said
    assert [call for call in asked()["route53"] if call != READ] == [LIST, CHANGE]
    assert run(*COMMAND).stdout == said.replace("setting ", "").replace(" to ", " is already ")
    setattr(instance, attribute, before)
    assert run(*COMMAND).stdout == gone_later + said_later
    assert zone.values(NAME, "A") == [ADDRESS]
    assert zone.values(NAME, "AAAA") == zone.values(WWW, "A") == []


@pytest.mark.parametrize("settings", ["ttl: 61", "zone: ec2.example.com", "types: [A]",
                                      "action: CREATE\nttl: 60", "timeout: 299"])
def test_a_change_of_the_settings_is_published(run, zone, asked, settings):
    run(*COMMAND, settings="{}")
    asked()
    assert run(*COMMAND, settings=settings).status == 0
    assert LIST in asked()["route53"]


def test_a_region_that_changes_is_another_instance(run, zone, instance, asked):
    run(*COMMAND)
    asked()
    instance.region = "ap-south-1"
    assert run(*COMMAND).stdout == SET
    assert asked()["route53"] == [LIST, CHANGE]


def test_another_instance_is_another_one(run, emulator, zone, asked):
    run(*COMMAND)
    asked()
    other = emulator.instance("i-0fff9999eee888877", public_ipv4=ADDRESS, tags={"dnsname": NAME})
    assert run(*COMMAND, env=other.environment).stdout == SET
    assert asked()["route53"] == [LIST, CHANGE]


def test_another_boot_publishes(run, zone, instance, asked):
    run(*COMMAND)
    asked()
    instance.reboot()
    shutil.rmtree(run.state.parent)
    assert run(*COMMAND).stdout == SET
    assert asked()["route53"] == [LIST, CHANGE]


# After a failure

def test_a_change_that_was_refused_leaves_no_state(run, emulator, zone, instance):
    run(*COMMAND)
    instance.public_ipv4 = OTHER
    emulator.denied = {f"route53:{CHANGE}"}
    assert run(*COMMAND).status == 77
    emulator.denied = set()
    instance.public_ipv4 = ADDRESS
    assert run(*COMMAND).stdout == SET


def test_a_change_whose_answer_never_came_leaves_no_state(run, emulator, zone, instance):
    run(*COMMAND, settings=ONCE)
    instance.public_ipv4 = OTHER
    emulator.faults.add(operation=CHANGE, action="reset_after", times=None)
    assert run(*COMMAND, settings=ONCE).status == 75
    assert zone.values(NAME, "A") == [OTHER]
    emulator.faults.clear()
    instance.public_ipv4 = ADDRESS
    assert run(*COMMAND, settings=ONCE).stdout == SET
    assert zone.values(NAME, "A") == [ADDRESS]


def test_a_wait_that_failed_leaves_no_state(run, emulator, zone):
    emulator.insync_after = 60
    assert run(*COMMAND, settings=f"wait: true\n{ONCE}").status == 75
    emulator.insync_after = 0
    assert run(*COMMAND, settings=f"wait: true\n{ONCE}").stdout == SET


def test_a_process_that_was_killed_while_changing_leaves_no_state(run, emulator, zone):
    run()
    emulator.faults.add(operation=CHANGE, action="hang")
    emulator.requests.clear()
    process = run.start("up")
    try:
        emulator.wait_request("route53", CHANGE)
    finally:
        process.kill()
        process.communicate()
    assert run(*COMMAND).stdout == SET


def test_a_failure_before_the_change_keeps_what_is_published(run, emulator, zone, instance, asked):
    run(*COMMAND)
    instance.public_ipv4 = OTHER
    emulator.denied = {f"route53:{LIST}"}
    assert run(*COMMAND).status == 77
    instance.public_ipv4 = ADDRESS
    asked()
    assert run(*COMMAND).stdout == SAME
    assert set(asked()) == {"imds"}
    assert zone.values(NAME, "A") == [ADDRESS]


def test_a_name_that_is_taken_is_no_state(run, zone):
    zone.put(NAME, "A", ["192.0.2.1"])
    for _ in range(2):
        assert run(*COMMAND, settings="action: CREATE").status == 73
    zone.delete(NAME, "A")
    assert run(*COMMAND, settings="action: CREATE").stdout == SET


# Dry run

def test_a_dry_run_keeps_no_state(run, zone):
    assert run("-n", *COMMAND).stdout == f"would set {NAME} to {ADDRESS}\n"
    assert not run.state.exists()
    assert run(*COMMAND).stdout == SET


def test_a_dry_run_leaves_the_state_alone(run, zone, instance, asked):
    run()
    kept = run.state.read_bytes()
    instance.public_ipv4 = OTHER
    assert run("-n", *COMMAND).stdout == f"would set {NAME} to {OTHER}\n"
    assert run.state.read_bytes() == kept
    instance.public_ipv4 = ADDRESS
    asked()
    assert run("-n", *COMMAND).stdout == SAME
    assert set(asked()) == {"imds"}


# The file

@pytest.mark.skipif(bool(os.environ.get("BOOTNAME_WRAPPER")), reason="the wrapper is ours here")
@pytest.mark.parametrize("umask", ["0", "077"])
def test_the_file_is_for_its_owner_only(run, zone, monkeypatch, umask):
    monkeypatch.setenv("BOOTNAME_WRAPPER", f"sh -c 'umask {umask}; exec \"$@\"' sh")
    run()
    assert stat.S_IMODE(run.state.parent.stat().st_mode) == 0o755 & ~int(umask, 8)
    files = sorted(run.state.parent.iterdir())
    assert [path.name for path in files] == ["lock", "published"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_no_secret_is_kept(run, emulator, zone, instance):
    instance.tags_in_metadata = False
    run()
    kept = run.state.read_bytes()
    assert not [secret for secret in emulator.secrets() if secret.encode() in kept]


def test_a_folder_that_is_there_is_taken_as_it_is(run, zone):
    run.state.parent.mkdir(0o700)
    run()
    assert stat.S_IMODE(run.state.parent.stat().st_mode) == 0o700
    assert run(*COMMAND).stdout == SAME


def lines_of(path):
    """What is kept, without the time of the next look."""
    return [line for line in path.read_text().splitlines() if not line.startswith("look ")]


def make_symlink(path):
    """To a file with the very state: even that is not followed."""
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def make_dangling(path):
    path.unlink()
    path.symlink_to("nowhere")


def make_folder(path):
    path.unlink()
    path.mkdir()


def make_socket(path):
    path.unlink()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(path))


def make_foreign(path):
    """The state of another instance."""
    path.write_bytes(path.read_bytes().replace(b"i-0123456789abcdef0", b"i-0fff9999eee888877"))


def make_garbage(path):
    path.write_bytes(os.urandom(path.stat().st_size))


def make_longer(path):
    path.write_bytes(path.read_bytes() + b"\0")


def make_huge(path):
    with open(path, "r+b") as file:
        file.truncate(1 << 30)


def make_shorter(path):
    path.write_bytes(path.read_bytes()[:-1])


def make_empty(path):
    path.write_bytes(b"")


def make_writable(path):
    """By others than its owner."""
    path.chmod(0o620)


def make_stolen(path):
    """Another user's; where the test is root's, only root can make that."""
    if os.geteuid():
        path.chmod(0o602)
    else:
        os.chown(path, 65534, 65534)


SPOILS = [make_symlink, make_dangling, make_folder, make_socket, make_foreign, make_garbage,
          make_longer, make_huge, make_shorter, make_empty, make_writable, make_stolen]


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_file_that_is_not_ours_is_no_state(run, zone, asked, spoil):
    run()
    spoil(run.state)
    asked()
    assert run(*COMMAND).stdout == SET
    assert asked()["route53"] == [LIST, CHANGE]


@pytest.mark.parametrize("spoil", [make_symlink, make_dangling])
def test_a_symbolic_link_is_not_written_through(run, zone, spoil):
    run()
    spoil(run.state)
    target = run.state.parent / os.readlink(run.state)
    before = target.read_bytes() if target.exists() else None
    run()
    assert not run.state.is_symlink()
    assert (target.read_bytes() if target.exists() else None) == before


def test_a_pipe_in_place_of_the_file_does_not_hang(run, zone):
    run.state.parent.mkdir()
    os.mkfifo(run.state)
    assert run(*COMMAND).stdout == SET


@pytest.mark.parametrize("spoil", [make_foreign, make_garbage, make_longer, make_huge, make_shorter,
                                   make_empty, make_writable, make_stolen])
def test_a_spoilt_file_is_made_good(run, zone, spoil):
    run()
    kept = lines_of(run.state)
    spoil(run.state)
    run(*COMMAND)
    assert lines_of(run.state) == kept
    assert run(*COMMAND).stdout == SAME


@pytest.mark.parametrize("folder", ["/proc", "/proc/none", "/dev/null", "settings.yaml",
                                    "none/below", "x" * 300, "x/" * 4000],
                         ids=["unwritable", "unmakeable", "a device", "a file", "two levels", "long name",
                              "long path"])
def test_where_nothing_can_be_kept_it_is_published_all_the_same(run, zone, folder):
    run.file("no folder")
    for _ in range(2):
        assert run(*COMMAND, env={"RUNTIME_DIRECTORY": folder}).stdout == SET
    assert zone.values(NAME, "A") == [ADDRESS]


# In a mount namespace of its own: the machine's /run stays as it is

@pytest.fixture
def private_run(tmp_path, monkeypatch):
    """Makes `run` see a folder of the test as /run; the folder."""
    if os.geteuid():
        pytest.skip("only root makes a mount namespace")
    if not shutil.which("unshare") or subprocess.run(
            ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/run"], capture_output=True,
            check=False).returncode:
        pytest.skip("no mount namespaces here")
    folder = tmp_path / "machine"
    folder.mkdir()

    def mount(options, command='exec "$@"'):
        script = f"mount {options} /run && {command}"
        monkeypatch.setenv("BOOTNAME_WRAPPER", shlex.join(
            ["unshare", "--mount", "sh", "-c", script, "sh"]) + " "
            + os.environ.get("BOOTNAME_WRAPPER", ""))
        return folder
    return mount


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
def test_without_a_runtime_directory_it_is_in_run_bootname(run, zone, tmp_path, private_run, value):
    there = pathlib.Path("/run/bootname/published")
    outside = there.stat() if there.exists() else None
    folder = private_run(f"--bind {tmp_path}/machine")
    env = {"RUNTIME_DIRECTORY": value}
    assert run(env=env).stdout == SET
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) \
        == ["bootname", "bootname/lock", "bootname/published"]
    assert stat.S_IMODE((folder / "bootname").stat().st_mode) == 0o755
    assert run(*COMMAND, env=env).stdout == SAME
    assert not run.state.exists()
    assert (there.stat() if there.exists() else None) == outside


@pytest.mark.parametrize(("fill", "second"), [
    ("true", SAME), ("head -c 2m /dev/zero >/run/fill 2>&-", SET)], ids=["empty", "full"])
def test_a_full_file_system_keeps_no_state(run, zone, private_run, fill, second):
    private_run("-t tmpfs -o size=1m none", f'{{ {fill}; "$@" && exec "$@"; }}')
    assert run(*COMMAND, env={"RUNTIME_DIRECTORY": None}).stdout == SET + second
