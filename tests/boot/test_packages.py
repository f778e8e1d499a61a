"""The packages of `make deb` and `make rpm`: installed, run and removed; and what is in them.

The Debian package goes into booted machines, as an AMI gets it.
"""

import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest
from userdata import BUILD, LIMIT, SETTINGS, TOP, user_data

NAME = "webdev1.ec2.example.com"
FIRST, SECOND = "54.123.123.123", "54.200.20.2"
OTHER = "i-0fff9999eee888877"
UNITS = {"bootname.service": "disabled", "bootname-refresh.service": "static",
         "bootname-refresh.timer": "disabled", "bootname-reap.service": "static",
         "bootname-reap.timer": "disabled"}
DEB, = BUILD.glob("deb/bootname_*.deb")
RPM, = (file for file in BUILD.glob("rpm/bootname-*.rpm") if not file.name.endswith(".src.rpm"))
VERSION = re.fullmatch(r"bootname_(.*)-1_\w+\.deb", DEB.name)[1]
# What a package manager and a running system write for themselves.
NOT_THE_PACKAGES = re.compile(
    r"(dev|proc|run|sys|tmp|var/(log|tmp|cache/(apt|debconf|ldconfig|man))|var/lib/(apt|systemd))/.*"
    r"|var/lib/dpkg/([^/]*|(info|updates|triggers)|triggers/.*)"
    r"|etc/(systemd/system|ld\.so\.cache)?|var/cache/man|root|(.*/)?__pycache__(/.*)?")


@pytest.fixture
def machine(launch):
    """A machine without user-data, booted; its instance has the tag dnsname."""
    made = launch(None)
    made.boot()
    return made


def install(machine):
    """What apt does with the package, by itself: what it depends on is there."""
    shutil.copy(DEB, machine.root / "root")
    return machine.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", "install",
                       "--reinstall", f"/root/{DEB.name}")


def state(machine, question):
    """What systemd says of each unit: state(machine, "is-enabled")."""
    return {unit: machine.run("systemctl", question, unit, check=False).strip() for unit in UNITS}


def snapshot(root):
    """Every file with what can be told of it without reading it, but for those of the system."""
    found = {}
    for folder, folders, names in os.walk(root):
        for name in [*folders, *names]:
            path = pathlib.Path(folder, name)
            about = path.lstat()
            when = 0 if stat.S_ISDIR(about.st_mode) else about.st_mtime_ns
            size = 0 if stat.S_ISDIR(about.st_mode) else about.st_size
            found[str(path.relative_to(root))] = (about.st_mode, about.st_uid, about.st_gid, size,
                                                  when)
    return {path: about for path, about in found.items() if not NOT_THE_PACKAGES.fullmatch(path)}


def test_programs_run(machine, nameserver):
    install(machine)
    assert machine.run("bootname", "-V") == f"bootname {VERSION}\n"
    for program in "bootname", "bootname-reap":
        assert machine.run(program, "-h").startswith(f"usage: {program} ")
    failed = machine.run("sh", "-c", "AWS_EC2_METADATA_DISABLED=true bootname -n; echo $?")
    assert re.fullmatch(r"bootname: metadata: [ -~]+\n69\n", failed)
    assert machine.run("bootname", "-n") == f"would set {NAME} to {FIRST}\n"
    assert nameserver(NAME) == []
    assert machine.run("bootname") == f"setting {NAME} to {FIRST}\n"
    assert nameserver(NAME) == [FIRST]
    assert machine.run("bootname", "down") == f"removing {NAME} ({FIRST})\n"
    assert nameserver(NAME) == []


def test_pages_and_completions_are_found(machine):
    install(machine)
    for page in "bootname", "bootname-reap", "bootname.yaml":
        assert re.search(rf"NAME\n +{page} ", machine.run("env", "MANPAGER=cat", "man", page))
    loaded = machine.run("bash", "-c", ". /usr/share/bash-completion/bash_completion; "
                         "for name in bootname bootname-reap mkuserdata; do "
                         "_completion_loader $name; complete -p $name; done")
    assert re.findall(r"-F _bootname\w* (\S+)", loaded) == [
        "bootname", "bootname-reap", "mkuserdata"]
    assert machine.run("zsh", "-fc", "autoload -Uz compinit; compinit -u -D; print "
                       "$_comps[bootname] $_comps[bootname-reap] $_comps[mkuserdata]") \
        == "_bootname _bootname _bootname\n"
    guide = "/usr/share/doc/bootname/docs/user-data.md"
    assert machine.run("cat", guide) == (TOP / "docs/user-data.md").read_text()


def test_units_are_sound_and_rest_until_they_are_enabled(machine, nameserver):
    install(machine)
    assert machine.run("systemd-analyze", "verify", *UNITS) == ""
    assert state(machine, "is-enabled") == UNITS
    assert set(state(machine, "is-active").values()) == {"inactive"}
    machine.run("systemctl", "start", "bootname-refresh.service")
    assert nameserver(NAME) == [FIRST]


def test_enabled_units_go_on_after_an_upgrade(machine):
    install(machine)
    machine.run("systemctl", "enable", "--now", "bootname.service", "bootname-refresh.timer")
    install(machine)
    enabled = {"bootname.service", "bootname-refresh.timer"}
    assert {unit for unit, said in state(machine, "is-enabled").items()
            if said == "enabled"} == enabled
    assert {unit for unit, said in state(machine, "is-active").items()
            if said == "active"} == enabled


def test_mkuserdata_works_for_a_user_without_rights(machine):
    install(machine)
    machine.write("var/tmp/settings.yaml", SETTINGS)
    for options in (), ("--baked", "--systemd"), ("--url", "https://example.com/bootname",
                                                  "--sha256", "0" * 64):
        said = machine.run("setpriv", "--reuid=nobody", "--clear-groups", "env", "PATH=/usr/bin",
                           "/usr/bin/mkuserdata", "--no-check", "-o", "/var/tmp/user-data", *options,
                           "/var/tmp/settings.yaml")
        size = int(re.fullmatch(r"/var/tmp/user-data: ([\d,]+) of 16,384 bytes\n", said)[1]
                   .replace(",", ""))
        assert size == (machine.root / "var/tmp/user-data").stat().st_size <= LIMIT
        machine.run("rm", "/var/tmp/user-data")


def test_what_its_mkuserdata_makes_names_the_instance(machine, launch, assert_named):
    install(machine)
    machine.write("root/settings.yaml", SETTINGS)
    machine.run("mkuserdata", "--no-check", "-o", "/root/user-data",
                "/root/settings.yaml")
    made = (machine.root / "root/user-data").read_bytes()
    machine.shut_down()
    machine.instance.stop()
    assert_named(launch(made, OTHER, public_ipv4=SECOND, tags={"dnsname": NAME}).boot(), SECOND)


def test_image_with_the_package_names_what_is_launched_from_it(machine, launch, assert_named,
                                                               nameserver):
    install(machine)
    machine.run("cloud-init", "clean", "--logs", "--machine-id")
    machine.shut_down()
    machine.instance.stop()
    launched = launch(user_data("--baked", "--systemd"), OTHER, machine.disk, public_ipv4=SECOND,
                      tags={"dnsname": NAME})
    assert_named(launched.boot(), SECOND)
    launched.run("systemctl", "start", "bootname-refresh.service")
    for unit in "bootname.service", "bootname-refresh.timer":
        assert launched.run("systemctl", "is-active", unit) == "active\n"
    launched.shut_down()
    assert nameserver(NAME) == []


def test_purge_leaves_nothing(machine):
    before = snapshot(machine.root)
    install(machine)
    listed = machine.run("dpkg", "-L", "bootname").split()
    assert "/usr/sbin/bootname" in listed
    machine.run("systemctl", "enable", "--now", "bootname.service", "bootname-refresh.timer")
    (machine.root / "root" / DEB.name).unlink()
    assert snapshot(machine.root) != before
    machine.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y", "purge",
                "bootname")
    assert snapshot(machine.root) == before
    assert machine.run("systemctl", "list-units", "--all", "--no-legend", "bootname*") == ""
    assert not [path for path in listed if "bootname" in path and machine.has(path[1:])]


# What needs no machine

def test_package_depends_on_the_libraries_alone():
    fields = subprocess.run(["dpkg-deb", "-f", DEB, "Depends"], capture_output=True, text=True,
                            check=True).stdout
    assert set(re.findall(r"(?:^|, )([\w.-]+)", fields)) == {
        "libc6", "libcurl4", "libexpat1", "libjson-c5", "libssl3", "libyaml-0-2"}


def test_package_is_the_same_bytes_wherever_it_is_built(tmp_path):
    again = tmp_path / "another"
    maintainer = subprocess.run(["dpkg-deb", "-f", DEB, "Maintainer"], capture_output=True,
                                text=True, check=True).stdout.strip()
    subprocess.run(["sh", "cloud-config/packages/deb.sh", BUILD / f"bootname-{VERSION}.tar.gz",
                    VERSION, maintainer, again], cwd=TOP, check=True,
                   env={"PATH": os.environ["PATH"], "DEB_BUILD_OPTIONS": "nocheck", "TZ": "Asia/Tokyo"})
    assert (again / DEB.name).read_bytes() == DEB.read_bytes()


def files_of(*command):
    """The files that a listing tells of, by the names that both packages could have."""
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^[-l]\S+ .* \.?(/\S+)(?: -> .*)?$", listed, re.MULTILINE)
    return {re.sub(r"^/lib/|(?<=/zsh/)vendor-completions(?=/)|(?<=/man/)(.*)\.gz$",
                   lambda match: {"/lib/": "/usr/lib/", "vendor-completions": "site-functions"}
                   .get(match[0], match[1]), path) for path in found if "/.build-id/" not in path}


def test_rpm_has_the_files_of_the_debian_package():
    in_rpm, in_deb = files_of("rpm", "-qlpv", RPM), files_of("dpkg-deb", "-c", DEB)
    doc = "/usr/share/doc/bootname"
    assert {"/usr/sbin/bootname", "/usr/share/man/man8/bootname.8"} <= in_rpm & in_deb
    assert in_rpm - in_deb == {f"/usr/share/licenses/bootname-{VERSION}/LICENSE",
                               f"{doc}/docs/CHANGELOG.md"}
    assert len([path for path in in_rpm & in_deb if path.startswith("/usr/lib/bootname/")]) == 4
    assert in_deb - in_rpm == {
        f"{doc}/copyright", f"{doc}/changelog.gz", f"{doc}/changelog.Debian.gz",
        "/usr/share/lintian/overrides/bootname"}


def test_rpm_requires_the_libraries_alone_by_their_sonames():
    required = subprocess.run(["rpm", "-qp", "--requires", RPM], capture_output=True, text=True,
                              check=True).stdout
    assert {re.split(r"[\s(]", line)[0] for line in required.splitlines()} - {"rpmlib", "rtld"} == {
        "libc.so.6", "libcrypto.so.3", "libcurl.so.4", "libexpat.so.1", "libjson-c.so.5",
        "libyaml-0.so.2"}


def test_rpm_installs_runs_and_goes(tmp_path):
    def rpm(*words):
        subprocess.run(["rpm", f"--root={tmp_path}", *words], check=True)
    rpm("-i", "--nodeps", "--noscripts", RPM)
    program = tmp_path / "usr/sbin/bootname"
    assert subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stdout \
        == f"bootname {VERSION}\n"
    assert program.stat().st_mode & 0o7777 == 0o755
    made = subprocess.run([tmp_path / "usr/bin/mkuserdata", "--no-check", "--baked", "--plain",
                           "-"],
                          input=SETTINGS, capture_output=True, text=True, check=True).stdout
    assert "exec bootname\n" in made
    rpm("-e", "bootname")
    assert not list(tmp_path.rglob("*bootname*"))
