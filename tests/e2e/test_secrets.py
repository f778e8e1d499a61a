"""Nothing secret comes out. The fixture looks for every secret after every run of every test;
here are the runs that are likeliest to show one, what is left in memory behind them, and what
other processes can see of the helper."""

import contextlib
import lzma
import hashlib
import hmac
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import pytest
from conftest import ONCE, ROOT, Runner, cloud_config, helper, preloading, put_owned
from test_reap import GONE, ZONE, Reaper

NAME = "webdev1.ec2.example.com"
ROLE = "arn:aws:iam::123456789012:role/dns"
LIST, CHANGE = "ListHostedZonesByName", "ChangeResourceRecordSets"
BUILD = ROOT / os.environ.get("B", "build")
# What rides in user-data: plain, and beside the units of --systemd.
PACKED = {kind: BUILD / f"release/bootname-{kind}-{platform.machine()}.xz"
          for kind in ("boot", "service")}
NOBODY = 65534


@pytest.mark.parametrize("options", [("-v",), ("-jv",), ("-nv",)], ids=["verbose", "json", "dry"])
def test_success_shows_none(run, emulator, zone, instance, options):
    emulator.roles[ROLE] = {"zones": [zone], "external_id": "external-42"}
    instance.tags_in_metadata = False
    result = run(*options, settings=f"role_arn: {ROLE}\nexternal_id: external-42")
    assert result.status == 0
    assert len(emulator.secrets()) >= 8         # two keys, two tokens, metadata's, signatures
    assert "external-42" not in result.stdout + result.stderr


def test_a_refused_signature_shows_none(run, emulator, zone, instance):
    credentials, instance.role = instance.credentials, None
    env = credentials.environment | {"AWS_SECRET_ACCESS_KEY": "not-the-key-of-this-token"}
    result = run("-jv", env=env)
    assert result.status == 77
    assert "SignatureDoesNotMatch" in result.stderr
    assert "not-the-key-of-this-token" not in result.stdout + result.stderr
    assert "x-amz-security-token" not in (result.stdout + result.stderr).lower()


@pytest.mark.parametrize("shape", [1, 2, 3])
@pytest.mark.parametrize("message", [
    "The Canonical String for this request should have been 'x-amz-security-token:{token}'",
    "refused. The Canonical String for this request: {token}",
    "refused.\n{token}", "refused.\r{token}"])
def test_a_message_that_repeats_the_request_shows_none(run, emulator, zone, instance, shape,
                                                       message):
    emulator.error_shape = shape
    token = instance.credentials.session_token
    emulator.faults.add(operation=CHANGE, status=403, code="SignatureDoesNotMatch",
                        message=message.format(token=token))
    assert run("-jv").status == 77


@pytest.mark.parametrize("operation", ["ListHostedZonesByName", CHANGE])
def test_denied_shows_none(run, emulator, zone, operation):
    emulator.denied = {f"route53:{operation}"}
    assert run("-jv").status == 77


def test_a_wrong_external_id_shows_none(run, emulator, zone):
    emulator.roles[ROLE] = {"zones": [zone], "external_id": "external-42"}
    result = run("-jv", settings=f"role_arn: {ROLE}\nexternal_id: external-43")
    assert result.status == 77
    assert "external-4" not in result.stdout + result.stderr


BROKEN = {
    "no token": '{{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "{key}"}}',
    "bad token": '{{"Code": "Success", "AccessKeyId": "A", "SecretAccessKey": "{key}", '
                 '"Token": "a\\n{token}"}}',
    "bad id": '{{"Code": "Success", "AccessKeyId": "A b", "SecretAccessKey": "{key}", '
              '"Token": "{token}"}}',
    "cut": '{{"SecretAccessKey": "{key}", "Token": "{token}"', "text": "{key} {token}",
}


def break_credentials(emulator, instance, body):
    """Let the metadata give credentials that are none."""
    credentials = instance.credentials
    text = body.format(key=credentials.secret_key, token=credentials.session_token)
    emulator.faults.add(service="imds", path="security-credentials/bootname-role", status=200,
                        body=text, times=None)


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_credentials_show_none(run, emulator, zone, instance, body):
    break_credentials(emulator, instance, body)
    assert run("-jv", settings=ONCE).status == 77


def test_a_role_error_shows_none(run, emulator, zone, instance):
    key = instance.credentials.secret_key
    emulator.faults.add(service="imds", path="security-credentials/bootname-role", status=200,
                        body='{"Code": "Failed", "Message": "no", "SecretAccessKey": "%s"}' % key,
                        times=None)
    result = run("-jv", settings=ONCE)
    assert result.status == 77 and "Failed" in result.stderr


@pytest.mark.parametrize("fault", [{"action": "reset_before"}, {"action": "hang"},
                                   {"action": "endless"}], ids=["reset", "hang", "endless"])
def test_a_broken_transport_shows_none(run, emulator, zone, fault):
    emulator.faults.add(service="route53", times=None, **fault)
    assert run("-jv", settings=ONCE).status in (65, 75)


def test_user_data_are_not_shown(run, zone, instance):
    instance.user_data = b"#cloud-config\npassword: hunter2-of-the-user-data\n"
    config = ("password: hunter2-of-the-user-data\nwrite_files:\n- path: /etc/bootname.yaml\n"
              "  content: |\n    external_id: hunter2-of-the-user-data\n    ttl: x\n")
    result = run("-jv", config=config)
    assert result.status == 78
    assert "hunter2" not in result.stdout + result.stderr


# The programs

def plain(program):
    """The path of a program that runs as it is, neither wrapped nor with a sanitizer's memory."""
    if os.environ.get("BOOTNAME_WRAPPER"):
        pytest.skip("the process is the wrapper's")
    if b"__asan_init" in program.read_bytes():
        pytest.skip("the memory is the sanitizer's")
    return program


@pytest.fixture(params=["bootname", *PACKED])
def program(request, tmp_path, monkeypatch):
    """What run() runs: the installed program, then those which ride in user-data."""
    path = pathlib.Path(helper()[-1])
    if request.param in PACKED:
        if not PACKED[request.param].exists():
            pytest.skip("make release builds it, with Debian's compilers")
        path = tmp_path / request.param
        path.write_bytes(lzma.decompress(PACKED[request.param].read_bytes()))
        path.chmod(0o755)
        monkeypatch.setattr(Runner, "settings", "{}")       # it always comes with some
    monkeypatch.setenv("BOOTNAME", str(path))
    return plain(path)


@pytest.fixture
def run(run, request):
    """run(); what rides in user-data comes with settings, and lacks some of them."""
    if "program" not in request.fixturenames:
        return run
    program = request.getfixturevalue("program")
    if program.name not in PACKED:
        return run
    run.cloud_config.write_text(cloud_config("{}"))     # for start()

    class Embedded:
        """As run(), with settings always."""
        def __call__(self, *arguments, settings=None, **more):
            return run(*arguments, settings=settings or "{}", **more)

        def __getattr__(self, name):
            return getattr(run, name)
    return Embedded()


# Memory

class Memory:
    """What a process could write to, as it was when it ended: see memory.c."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        # Else the loader, where it binds a library's function late, saves the vector registers
        # on the stack, with what memcpy() moved last: a matter of the machine's processor.
        self.environment = preloading("memory") | {"MEMORY": str(folder), "LD_BIND_NOW": "1"}

    def places(self):
        """Each mapping: its name and its bytes; one without goes on with that in front of it, or
        is "mapped"."""
        name, end, read = "", "", 0
        for line in (self.folder / "maps").read_text().splitlines():
            start, ends, named = re.fullmatch(
                r"(\w+)-(\w+) \S+ \w+ \w+:\w+ \d+ *(.*)", line).groups()
            name = named or (name if start == end else "mapped")
            end = ends
            path = self.folder / start
            if path.exists():
                read += 1
                yield name, path.read_bytes()
        assert read > 20                    # two of each library, and the program's own


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path / "memory")


def pieces(secret):
    """Parts of a text, so that any 11 bytes of it hold one."""
    return [secret[i:i + 8] for i in range(0, len(secret) - 7, 4)]


def handed_out(emulator):
    """What was secret in a run: keys, tokens of sessions and of the metadata."""
    credentials = emulator.keyring.all()
    secrets = [one.secret_key for one in credentials]
    # Behind what all of them begin with.
    secrets += [one.session_token[16:] for one in credentials if one.session_token]
    secrets += [token for one in emulator.instances.values() for token in one.metadata.tokens]
    return [secret.encode() for secret in secrets]


def signing_keys(emulator):
    """The keys that signatures were derived by."""
    scopes = {re.search(r"Credential=(\w+)/(\d+)/([\w-]+)/(\w+)/", value).groups()
              for value in (one.headers.get("authorization") for one in emulator.requests)
              if value}
    for access_key, *scope in scopes:
        key = b"AWS4" + emulator.keyring.get(access_key).secret_key.encode()
        for part in (*scope, "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
            yield key


def check_memory(emulator, memory, environment=()):
    """Libraries free what they read and sent without wiping it: that is in the heap, and may hold
    anything but the keys that are derived. Nothing is anywhere else."""
    secrets, derived = handed_out(emulator), list(signing_keys(emulator))
    assert len(secrets) >= 2 - bool(environment)
    for name, content in memory.places():
        for variable in environment:        # it stays where it came from
            content = content.replace(variable.encode(), b"")
        wanted = derived if name == "[heap]" else secrets + derived
        found = [secret for secret in wanted if any(piece in content for piece in pieces(secret))]
        assert not found, (name, found)


@pytest.fixture
def leaves_none(run, program, emulator, memory):
    """run(), then a look at what the process left in its memory."""
    def checked(*arguments, env=None, **more):
        result = run(*arguments, env=memory.environment | (env or {}), **more)
        check_memory(emulator, memory, [f"{name}={value}" for name, value in (env or {}).items()])
        return result
    return checked


def test_memory_is_looked_at(run, program, emulator, zone, memory):
    """Else all below would pass."""
    run(env=memory.environment)
    content = {}
    for name, more in memory.places():
        content[name] = content.get(name, b"") + more
    assert NAME.encode() in content[str(program)]
    assert b"MEMORY=" in content["[stack]"]
    assert b"bootname/" in content["[heap]"]            # the user agent, of libcurl


@pytest.mark.thorough(but=["UPSERT"])
@pytest.mark.parametrize("settings", [
    None, "action: CREATE", "wait: true", "zone: ec2.example.com\nrecords: [{}, {name: www}]",
    f"role_arn: {ROLE}\nexternal_id: external-42",
    f"records: [{{}}, {{name: www.ec2.example.com, role_arn: {ROLE}, external_id: external-42}}]"],
    ids=["UPSERT", "CREATE", "wait", "records", "role_arn", "two roles"])
def test_success_leaves_none(leaves_none, program, emulator, zone, instance, settings):
    lacks = {"boot": "wait|role_arn|.*records", "service": "wait|role_arn|.*records|action"}
    if re.match(lacks.get(program.name, "$."), settings or "", re.S):
        pytest.skip("what rides in user-data has no such setting")
    instance.credentials.session_token *= 2         # one differs in length from another
    emulator.roles[ROLE] = {"zones": [zone], "external_id": "external-42"}
    assert leaves_none(settings=settings).status == 0


@pytest.mark.thorough
@pytest.mark.parametrize("program", ["bootname"], indirect=True)    # the others lack a word or CREATE
def test_down_leaves_none(leaves_none, zone, instance):
    put_owned(zone, NAME, instance.id, instance.public_ipv4)
    assert "removing" in leaves_none("down", settings="action: CREATE").stdout


@pytest.mark.thorough
@pytest.mark.parametrize("program", ["service"], indirect=True)
def test_down_of_what_this_boot_has_published_leaves_none(leaves_none, run, zone):
    run()
    assert "removing" in leaves_none("down").stdout


@pytest.mark.thorough
@pytest.mark.parametrize("program", ["bootname", "service"], indirect=True)     # a word of theirs
def test_what_is_published_already_leaves_none(leaves_none, run, zone):
    run()
    assert "already" in leaves_none("up", "--if-changed").stdout


@pytest.mark.thorough
def test_expired_credentials_are_left_neither(leaves_none, emulator, zone, instance):
    old = instance.credentials
    emulator.faults.add(operation=LIST, action="callback",
                        function=lambda *_: instance.rotate_credentials())
    assert leaves_none().status == 0
    assert instance.credentials != old and old in emulator.keyring.all()


@pytest.mark.thorough
@pytest.mark.parametrize(("others", "status"), [(True, 0), (False, 75)], ids=["another", "none"])
def test_an_expired_token_of_the_metadata_is_left_neither(leaves_none, emulator, zone, instance,
                                                          others, status):
    tokens = instance.metadata.tokens

    class Kept(dict):
        """Worthless, but looked for."""
        def clear(self):
            self.update(dict.fromkeys(self, (0, None)))
    instance.metadata.tokens = Kept(tokens)
    emulator.faults.add(path="public-ipv4", action="callback",
                        function=lambda *_: instance.expire_tokens())
    if not others:
        emulator.faults.add(operation="PutToken", status=503, after=1, times=None)
    assert leaves_none(settings=ONCE).status == status
    assert len(instance.metadata.tokens) == 1 + others


@pytest.mark.thorough
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_credentials_leave_none(leaves_none, emulator, zone, instance, body):
    break_credentials(emulator, instance, body)
    assert leaves_none(settings=ONCE).status == 77


@pytest.mark.thorough
@pytest.mark.parametrize("fault", [
    {"action": "hang"}, {"action": "reset_before"}, {"action": "reset_during"}, {"status": 503},
    {"action": "endless"}], ids=["hang", "reset", "half", "503", "endless"])
def test_a_broken_transport_leaves_none(leaves_none, emulator, zone, fault):
    emulator.faults.add(operation=CHANGE, times=None, **fault)
    assert leaves_none(settings=ONCE).status in (65, 75)


@pytest.mark.thorough
@pytest.mark.parametrize("message", ["The Canonical String: {token}", "no.\n{token}"],
                         ids=["line", "lines"])
def test_a_refused_signature_leaves_none(leaves_none, emulator, zone, instance, message):
    token = instance.credentials.session_token
    emulator.faults.add(operation=CHANGE, status=403, code="SignatureDoesNotMatch",
                        message=message.format(token=token))
    assert leaves_none().status == 77


@pytest.mark.thorough
@pytest.mark.parametrize("program", ["bootname"], indirect=True)
def test_credentials_of_the_environment_are_left_there_only(leaves_none, emulator, zone, instance):
    credentials, instance.role = instance.credentials, None
    assert leaves_none(env=credentials.environment).status == 0


@pytest.fixture
def reap(emulator, zone, tmp_path):
    put_owned(zone, f"web1.{ZONE}", GONE, "203.0.113.10")
    plain(BUILD / "bootname-reap")
    return Reaper(emulator, tmp_path)


def test_reap_leaves_none_but_in_the_environment(reap, emulator, memory):
    env = reap.user.environment
    assert "removing" in reap(env=memory.environment | env).stdout
    check_memory(emulator, memory, [f"{name}={value}" for name, value in env.items()])


@pytest.mark.thorough
def test_reap_leaves_none_of_a_file(reap, emulator, tmp_path, memory):
    user, file = reap.user, tmp_path / "credentials"
    file.write_text(f"[default]\naws_access_key_id = {user.access_key}\n"
                    f"aws_secret_access_key = {user.secret_key}\n")
    env = dict.fromkeys(user.environment) | {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    assert "removing" in reap(env=memory.environment | env).stdout
    check_memory(emulator, memory, [""])


@pytest.mark.thorough
@pytest.mark.parametrize("settings", [None, f"role_arn: {ROLE}"], ids=["role", "role_arn"])
def test_reap_leaves_none_of_the_metadata(reap, emulator, zone, instance, memory, settings):
    emulator.roles[ROLE] = {"zones": [zone]}
    env = dict.fromkeys(reap.user.environment) | instance.environment
    assert "removing" in reap(settings=settings, env=memory.environment | env).stdout
    check_memory(emulator, memory)


@pytest.mark.thorough
def test_reap_leaves_none_of_broken_credentials(reap, emulator, instance, memory):
    break_credentials(emulator, instance, BROKEN["bad id"])
    env = dict.fromkeys(reap.user.environment) | instance.environment
    assert reap(env=memory.environment | env).status == 77
    check_memory(emulator, memory)


# The process

@contextlib.contextmanager
def changing(runner, emulator, *arguments, env=None):
    """A process that is about to change something, and its folder in /proc."""
    emulator.faults.add(operation=CHANGE, action="hang")
    runner.cloud_config.write_text(cloud_config("{}"))
    process = runner.start(*arguments, env=env)
    try:
        emulator.wait_request("route53", CHANGE)
        yield process, pathlib.Path("/proc", str(process.pid))
    finally:
        process.kill()
        process.communicate()


def test_the_process_shows_none(run, program, emulator, zone):
    with changing(run, emulator) as (_, folder):
        seen = (folder / "cmdline").read_bytes()
        # What is not dumpable keeps its environment from its own user; root reads it all the same.
        with contextlib.suppress(PermissionError):
            seen += (folder / "environ").read_bytes()
    assert not [secret for secret in emulator.secrets() if secret.encode() in seen]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a rule of Linux")
def test_no_new_privileges_are_had(run, program, emulator, zone):
    with changing(run, emulator) as (_, folder):
        assert "\nNoNewPrivs:\t1\n" in (folder / "status").read_text()


def test_no_other_process_is_made(run, program, emulator, zone):
    """Each would have the environment, and show itself to all."""
    with changing(run, emulator) as (_, folder):
        children = "".join(path.read_text() for path in folder.glob("task/*/children"))
        # Behind the name, which may hold anything: the page faults of children that have ended.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    assert children == "" and (fields[8], fields[10]) == ("0", "0")


@pytest.mark.parametrize("program", ["bootname"], indirect=True)
def test_the_limit_of_a_core_is_zero(run, program, emulator, zone):
    with changing(run, emulator) as (_, folder):
        limits = (folder / "limits").read_text()
    [core] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]


def end_with_core(process):
    """Whether a process that is told to leave a core leaves one."""
    os.kill(process.pid, signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == -signal.SIGABRT
    return os.WCOREDUMP(status)


def test_no_core_is_written(run, program, emulator, zone, tmp_path, monkeypatch):
    if not shutil.which("prlimit"):
        pytest.skip("no prlimit here")
    unlimited = "prlimit --core=unlimited"
    with subprocess.Popen([*unlimited.split(), "sleep", "60"], cwd=tmp_path) as other:
        wait_until_it_is(other, "sleep")
        if not end_with_core(other):
            pytest.skip("no process leaves a core here")
    monkeypatch.setenv("BOOTNAME_WRAPPER", unlimited)
    with changing(run, emulator) as (process, _):
        assert not end_with_core(process)


def wait_until_it_is(process, name):
    """Wait for a process to become another program."""
    while pathlib.Path("/proc", str(process.pid), "comm").read_text() != name + "\n":
        assert process.poll() is None


@pytest.fixture
def unprivileged(emulator, instance, zone, monkeypatch):
    """unprivileged(program): its runner as a user without rights; the options of subprocess that
    make another process of that user."""
    with tempfile.TemporaryDirectory(prefix="bootname-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        shutil.copy(emulator.ca_bundle, folder / "ca")
        as_user = {}

        def runner(program, environment):
            there = shutil.copy(program, folder / program.name)
            if not os.geteuid():
                if not shutil.which("setpriv"):
                    pytest.skip("no setpriv here")
                as_user.update(user=NOBODY, group=NOBODY, extra_groups=[])
                monkeypatch.setenv("BOOTNAME_WRAPPER", f"setpriv --reuid={NOBODY} --regid={NOBODY} "
                                   "--clear-groups")
            monkeypatch.setenv("BOOTNAME", str(there))
            monkeypatch.setenv("BOOTNAME_REAP", str(there))
            monkeypatch.setitem(environment, "AWS_CA_BUNDLE", str(folder / "ca"))
            return as_user
        runner.folder = folder
        yield runner


def refused(path, as_user):
    """Whether a user may not read a file of /proc."""
    told = subprocess.run(["head", "-c", "1", path], capture_output=True, check=False, **as_user)
    return "Permission denied" in told.stderr.decode()


PROTECTED = ("environ", "maps", "mem")          # what ptrace() is refused for as well


def check_protected(folder, as_user):
    assert [file for file in PROTECTED if not refused(folder / file, as_user)] == []
    # It is root's in place of its own user's.
    assert (folder / "environ").stat().st_uid == 0


def test_other_processes_of_its_user_see_nothing(unprivileged, emulator, instance, program):
    run = Runner(emulator, instance, unprivileged.folder)
    environment = dict(instance.environment)
    as_user = unprivileged(program, environment)
    with subprocess.Popen(["sleep", "60"], **as_user) as other:
        wait_until_it_is(other, "sleep")
        assert not refused(pathlib.Path("/proc", str(other.pid), "environ"), as_user)
        other.kill()
    run.cloud_config.write_text(cloud_config("{}"))
    with changing(run, emulator, env=environment) as (_, folder):
        check_protected(folder, as_user)


def test_other_processes_of_its_user_see_nothing_of_reap(unprivileged, emulator, zone):
    put_owned(zone, f"web1.{ZONE}", GONE, "203.0.113.10")
    reap = Reaper(emulator, unprivileged.folder)
    program = plain(BUILD / "bootname-reap")
    as_user = unprivileged(program, reap.environment)
    with changing(reap, emulator, "--zone", ZONE) as (_, folder):
        check_protected(folder, as_user)
