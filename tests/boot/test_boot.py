"""Real boots: Debian's systemd and cloud-init, and the helper on its real defaults."""

import gzip
import hashlib
import json
import re
import shutil

import pytest
from userdata import BUILD, LIMIT, TOP, mkuserdata, readmes_user_data, user_data

NAME = "webdev1.ec2.example.com"
FIRST, SECOND = "54.123.123.123", "54.200.20.2"
OTHER = "i-0fff9999eee888877"
HOOK = "var/lib/cloud/scripts/per-boot/50-bootname"
PARTS = {
    "script": "#!/bin/sh\ntouch /etc/script-ran\n",
    "cloud-config": "#cloud-config\nwrite_files:\n- path: /etc/another.conf\n  content: another\n"
                    "runcmd:\n- touch /etc/runcmd-ran\n",
}


def assert_unpacked(machine):
    """Whether the program is where its script was, and nothing else is left."""
    assert (machine.root / HOOK).read_bytes()[:4] == b"\x7fELF"
    folder = (machine.root / HOOK).parent
    assert {path.name for path in folder.parent.iterdir()} <= {
        "per-boot", "per-instance", "per-once", "vendor"}
    assert [path.name for path in folder.iterdir()] == ["50-bootname"]


# The life of an instance


def test_readmes_settings_name_the_instance_at_its_first_boot_and_at_a_reboot(
        launch, assert_named, tmp_path):
    made = readmes_user_data(tmp_path)
    assert len(made) <= LIMIT
    machine = launch(made)
    assert_named(machine.boot(), FIRST)
    assert_unpacked(machine)
    machine.shut_down("reboot")
    assert_named(machine.boot(), FIRST)


def test_name_follows_a_stop_and_start_with_a_new_address(launch, assert_named):
    machine = launch(user_data())
    assert_named(machine.boot(), FIRST)
    machine.shut_down()
    machine.instance.stop()
    machine.instance.start(SECOND)
    assert_named(machine.boot(), SECOND)


def test_edited_user_data_counts_at_the_next_boot(launch, assert_named, zone):
    machine = launch(user_data())
    assert_named(machine.boot(), FIRST)
    machine.shut_down()
    machine.instance.user_data = user_data(settings="name: web9.ec2.example.com\nttl: 300\n")
    assert_named(machine.boot(), FIRST, "web9.ec2.example.com")
    assert zone.find("web9.ec2.example.com", "A").ttl == 300


# Two that want one name


def test_created_name_stays_with_its_owner_until_that_is_stopped(launch, assert_named, nameserver):
    settings = "action: CREATE\ntake_over: stopped\n"
    owner = launch(user_data("--baked", settings=settings))
    shutil.copy(BUILD / "bootname", owner.root / "usr/local/sbin")
    assert_named(owner.boot(), FIRST)
    owner.shut_down()
    owner.instance.stop()       # makes room for the other's metadata
    owner.instance.state = "running"
    other = launch(user_data("--baked", settings=settings), OTHER, public_ipv4=SECOND,
                   tags={"dnsname": NAME})
    shutil.copy(BUILD / "bootname", other.root / "usr/local/sbin")
    refused = other.boot()
    assert refused.health.status == "error"
    assert [line for line in refused.said if line.startswith("bootname: record: ")
            and FIRST in line and owner.instance.id in line]
    assert nameserver(NAME) == [FIRST]
    owner.instance.state = "stopped"
    other.shut_down("reboot")
    assert_named(other.boot(), SECOND)


# Images


def test_clone_of_an_image_without_user_data_leaves_the_name_alone(launch, assert_named, nameserver,
                                                                   calls):
    machine = launch(user_data())
    assert_named(machine.boot(), FIRST)
    machine.shut_down()
    machine.instance.stop()
    before = calls("route53")
    clone = launch(None, OTHER, machine.disk, public_ipv4=SECOND, tags={})
    boot = clone.boot()
    # The hook is the other instance's.
    assert boot.health.status == "error"
    [said] = [line for line in boot.said if line.startswith("bootname: settings: ")]
    assert said.endswith("write_files have not /etc/bootname.yaml once"), boot.report
    assert calls("route53") == before
    assert nameserver(NAME) == [FIRST]


def test_clone_of_an_image_takes_its_own_user_data(launch, assert_named, nameserver):
    machine = launch(user_data())
    assert_named(machine.boot(), FIRST)
    machine.shut_down()
    machine.instance.stop()
    clone = launch(user_data(settings="name: web2.ec2.example.com"), OTHER, machine.disk,
                   public_ipv4=SECOND)
    assert_named(clone.boot(), SECOND, "web2.ec2.example.com")
    assert nameserver(NAME) == [FIRST]


def test_baked_image_is_clean_and_names_what_is_launched_from_it(launch, assert_named):
    builder = launch((TOP / "cloud-config/baked.yaml").read_bytes())
    shutil.copy(BUILD / "bootname", builder.root / "usr/local/sbin")
    assert_named(builder.boot(), FIRST)
    assert builder.has(HOOK)
    builder.run("cloud-init", "clean", "--logs", "--machine-id")
    assert not builder.has(HOOK)
    builder.shut_down()
    builder.instance.stop()
    launched = launch(user_data("--baked"), OTHER, builder.disk, public_ipv4=SECOND)
    assert_named(launched.boot(), SECOND)


# Forms of user-data


def test_jinja_template_is_rendered(launch, assert_named):
    settings = "name: '{{ v1.instance_id }}.{{ ds.meta_data.placement.region }}.ec2.example.com'"
    made = "## template: jinja\n" + mkuserdata("--no-check", settings=settings)
    assert_named(launch(made).boot(), FIRST, "i-0123456789abcdef0.eu-west-1.ec2.example.com")


def test_mime_multipart(launch, assert_named):
    assert_named(launch(user_data("--mime")).boot(), FIRST)


def test_cloud_config_archive(launch, assert_named):
    script = {"type": "text/x-shellscript", "content": "#!/bin/sh\ntouch /etc/script-ran\n"}
    archive = [{"type": "text/cloud-config", "content": mkuserdata()}, script]
    machine = launch("#cloud-config-archive\n" + json.dumps(archive))
    assert_named(machine.boot(), FIRST)
    assert machine.has("etc/script-ran")


@pytest.mark.parametrize("names", [["script"], ["cloud-config"], [*PARTS]], ids=" ".join)
def test_parts_of_others_run_beside_it(launch, assert_named, tmp_path, names):
    options = []
    for name in names:
        (tmp_path / name).write_text(PARTS[name])
        options += ["--with", tmp_path / name]
    machine = launch(user_data(*options))
    assert_named(machine.boot(), FIRST)
    assert machine.has("etc/script-ran") == ("script" in names)
    assert machine.has("etc/runcmd-ran") == ("cloud-config" in names)
    assert machine.read("etc/another.conf") == "another" * ("cloud-config" in names)


def test_program_comes_from_a_private_bucket(launch, assert_named, emulator):
    program = (BUILD / "bootname").read_bytes()
    emulator.bucket("releases-of-mine", **{"bootname": program})
    machine = launch(user_data("--s3", "s3://releases-of-mine/bootname", "--systemd", "--sha256",
                               hashlib.sha256(program).hexdigest()))
    assert_named(machine.boot(), FIRST)
    assert (machine.root / "usr/local/sbin/bootname").read_bytes() == program
    machine.shut_down("reboot")
    assert_named(machine.boot(), FIRST)
    assert len(emulator.requests_of("s3")) == 1


# The program in user-data unpacks


@pytest.mark.parametrize("missing", ["xz", "both"])
def test_without_xz_python_unpacks_and_without_both_it_says_so(launch, assert_named, missing,
                                                               nameserver):
    machine = launch(user_data())
    (machine.root / "usr/bin/xz").unlink(missing_ok=True)
    if missing == "xz":
        assert_named(machine.boot(), FIRST)
        assert_unpacked(machine)
        return
    for file in (machine.root / "usr/lib").glob("python3*/lzma.py"):
        file.unlink()
    boot = machine.boot()
    assert boot.health.status == "error"
    assert "bootname: unpack: needs xz, or Python's lzma" in boot.said
    assert machine.run("sh", "-c", f"/{HOOK}; echo $?").endswith("\n69\n")
    assert nameserver(NAME) == []


def test_written_again_by_hand_it_unpacks_again(launch, assert_named, nameserver):
    machine = launch(user_data())
    assert_named(machine.boot(), FIRST)
    machine.run("cloud-init", "single", "--name", "write_files", "--frequency", "always")
    assert machine.read(HOOK).startswith("#!/bin/sh\n")
    assert machine.run(f"/{HOOK}") == f"setting {NAME} to {FIRST}\n"
    assert_unpacked(machine)


def test_image_made_before_it_was_unpacked_unpacks(launch, assert_named):
    """From an instance whose hook could not write; the clone can."""
    machine = launch(user_data())
    machine.write("usr/bin/mv", "#!/bin/sh\nexit 1\n")
    (machine.root / "usr/bin/mv").chmod(0o755)
    boot = machine.boot()
    assert boot.health.status == "error"
    assert f"bootname: unpack: cannot write /{HOOK}" in boot.said
    machine.shut_down()
    machine.instance.stop()
    clone = launch(user_data(), OTHER, machine.disk, public_ipv4=SECOND)
    (clone.root / "usr/bin/mv").unlink()
    shutil.copy("/bin/mv", clone.root / "usr/bin/mv")
    assert_named(clone.boot(), SECOND)
    assert_unpacked(clone)


# What goes wrong


def test_missing_role_is_an_error_of_the_boot_in_one_clear_line(launch, zone):
    machine = launch(user_data(settings="zone: ec2.example.com\ntimeout: 3\n"), role=None)
    boot = machine.boot()
    assert (boot.health.status, boot.health.status_code) == ("error", 1)
    assert "cloud-final.service" in boot.health.failed_units
    own = [line for line in boot.said if not re.search(r" - \w+\.py\[|^Failed ", line)]
    assert len(own) == 1
    assert re.fullmatch("bootname: credentials: .*role.*", own[0])
    assert machine.run("sh", "-c", f"/{HOOK}; echo $?").endswith("\n77\n")
    assert zone.find(NAME, "A") is None
    # And status.sh, which others run from outside, says so.
    assert status_of(machine) == (
        1, f"bootname failed: the per-boot script at this boot\n{own[0]}\n")


def status_of(machine):
    """The exit status and the output of cloud-config/status.sh there."""
    machine.write("root/status.sh", (TOP / "cloud-config/status.sh").read_text())
    text = machine.run("sh", "-c", "sh /root/status.sh; echo $?")
    said, _, status = text.rstrip("\n").rpartition("\n")
    return int(status), f"{said}\n" if said else ""


def test_status_of_a_machine_that_has_its_name_or_never_had_one(launch, assert_named):
    machine = launch(user_data())
    assert_named(machine.boot(), FIRST)
    assert status_of(machine) == (0, "")
    machine.run("rm", f"/{HOOK}")
    assert status_of(machine) == (0, "")


# The systemd units


def launch_with_units(launch, form, action="UPSERT"):
    machine = launch(user_data("--systemd", *form, settings=f"action: {action}\n"))
    if form:
        shutil.copy(BUILD / "bootname", machine.root / "usr/local/sbin")
    return machine


@pytest.mark.parametrize("form", [(), ("--baked",)], ids=["embedded", "baked"])
def test_timer_publishes_an_address_that_changed_while_running(launch, assert_named, nameserver,
                                                               calls, form):
    machine = launch_with_units(launch, form)
    assert_named(machine.boot(), FIRST)
    assert machine.run("systemctl", "is-enabled", "bootname-refresh.timer") == "enabled\n"
    assert machine.run("systemctl", "is-active", "bootname-refresh.timer") == "active\n"
    assert machine.run("systemctl", "show", "-p", "ProtectSystem", "bootname-refresh.service") == (
        "ProtectSystem=strict\n")
    before = calls("route53")
    machine.run("systemctl", "start", "bootname-refresh.service")
    assert calls("route53") == before
    machine.instance.public_ipv4 = SECOND
    machine.run("systemctl", "start", "bootname-refresh.service")
    assert nameserver(NAME) == [SECOND]
    before = calls("route53")
    machine.run("systemctl", "start", "bootname-refresh.service")
    assert calls("route53") == before


@pytest.mark.parametrize(("form", "action"), [((), "UPSERT"), (("--baked",), "UPSERT"),
                                              (("--baked",), "CREATE")],
                         ids=["embedded UPSERT", "baked UPSERT", "baked CREATE"])
def test_power_off_removes_the_name_and_a_reboot_does_not(launch, assert_named, nameserver, zone,
                                                          form, action):
    machine = launch_with_units(launch, form, action)
    assert_named(machine.boot(), FIRST)
    console = machine.shut_down("reboot")
    assert "bootname.service: Deactivated successfully" in console
    assert nameserver(NAME) == [FIRST]
    assert_named(machine.boot(), FIRST,
                 said="setting {} to {}" if action == "UPSERT" else "{} is already {}")
    console = machine.shut_down("poweroff")
    assert "bootname.service: Deactivated successfully" in console
    assert nameserver(NAME) == []
    assert [one.type for one in zone.record_sets()] == ["NS", "SOA"]
    assert_named(machine.boot(), FIRST)


# A /var whose programs are not run, as some hardening guides have it


NOEXEC = "/var /var none bind,nodev,nosuid,noexec 0 0\n"
# As user-data.md has it.
BOOTCMD = """\
bootcmd:
  - d=/var/lib/cloud/scripts/per-boot; mkdir -p $d && mount -o bind,exec,nodev,nosuid $d $d
"""


def launch_noexec(launch, made):
    machine = launch(gzip.compress(made.encode()))
    machine.write("etc/fstab", NOEXEC)
    return machine


def test_cloud_init_passes_over_the_hook_where_var_is_noexec(launch, zone, release):
    machine = launch_noexec(launch, mkuserdata())
    boot = machine.boot()
    assert machine.has(HOOK) and zone.find(NAME, "A") is None
    # 22.4.2 says nothing at all, 25.1.4 warns.
    warns = release == "trixie"
    assert ["as its not executable or" in line for line in boot.said] == [True] * warns
    assert boot.health.status_code == 2 * warns and not boot.health.failed_units, boot.report


@pytest.mark.parametrize("form", [(), ("--baked",)], ids=["embedded", "baked"])
def test_the_line_of_user_data_md_has_the_hook_run_where_var_is_noexec(launch, assert_named, form):
    page = (TOP / "docs/user-data.md").read_text()
    assert BOOTCMD in page
    machine = launch_noexec(launch, mkuserdata(*form) + BOOTCMD)
    if form:
        shutil.copy(BUILD / "bootname", machine.root / "usr/local/sbin")
    assert_named(machine.boot(), FIRST)
    machine.shut_down("reboot")
    assert_named(machine.boot(), FIRST)
    assert "/var" in machine.run("findmnt", "-no", "TARGET", "-O", "noexec", "-T", "/var/lib/cloud")
