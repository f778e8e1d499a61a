"""What the tests share: an emulated AWS, an instance in it, and the helper to run there."""

import base64
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import textwrap

import pytest

from aws import Emulator
from aws.certificates import Authority

ROOT = pathlib.Path(__file__).resolve().parent.parent
# How much longer things take behind a wrapper such as valgrind.
SLOW = 6 if os.environ.get("BOOTNAME_WRAPPER") else 1
ONCE, SHORT = f"timeout: {SLOW}", f"timeout: {2 * SLOW}"
STATUSES = (0, 64, 65, 69, 71, 73, 75, 77, 78)      # not 70: that is a bug of ours
REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|^==\d+==", re.MULTILINE)
SANITIZERS = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")
CLOUD_CONFIG = """\
#cloud-config

# from 1 files
# part-001

---
packages:
- jq
{}...
"""
ENTRY = """\
write_files:
- content: 'another: file'
  path: /etc/another.conf
- content: {}
  path: /etc/bootname.yaml
  permissions: '0644'
"""


def helper():
    """The command that the tests run, with what BOOTNAME_WRAPPER puts in front of it."""
    program = os.environ.get("BOOTNAME") or ROOT / os.environ.get("B", "build") / "bootname"
    return [*shlex.split(os.environ.get("BOOTNAME_WRAPPER", "")), str(program)]


def cloud_config(settings, form="plain"):
    """The file that cloud-init writes for settings: text or bytes; None = there are none."""
    if settings is None:
        return CLOUD_CONFIG.format("")
    text = settings if isinstance(settings, bytes) else settings.encode()
    if form == "b64":
        return CLOUD_CONFIG.format(ENTRY.replace("/etc/bootname.yaml\n",
                                                 "/etc/bootname.yaml\n  encoding: b64\n")
                                   .format(base64.b64encode(text).decode()))
    if form == "key":
        return CLOUD_CONFIG.format("bootname:\n" + textwrap.indent(settings, "  ") + "\n")
    return CLOUD_CONFIG.format(ENTRY.format("|\n" + textwrap.indent(settings, "    ")))


class Result:
    """How a run ended."""

    def __init__(self, status, stdout, stderr):
        self.status, self.stdout, self.stderr = status, stdout, stderr

    @property
    def json(self):
        """The object on standard output."""
        return json.loads(self.stdout)

    def __repr__(self):
        return f"status {self.status}, stdout {self.stdout!r}, stderr {self.stderr!r}"


class Runner:
    """Runs the helper on an instance, and checks what holds for every run."""

    def __init__(self, emulator, instance, folder):
        self.emulator, self.instance, self.folder = emulator, instance, folder
        self.cloud_config = folder / "cloud-config.txt"
        self.state = folder / "run" / "published"           # of `up --if-changed`

    def __call__(self, *arguments, settings=None, form="plain", config=None, env=None, limit=20,
                 shell=None):
        """Run it to its end.

        settings: the user-data's settings, in the given form of the cloud-config.
        config: the whole cloud-config instead.
        env: more of the environment; None as a value takes a variable away.
        limit: the seconds after which the helper is taken to hang.
        shell: redirections for closed and odd descriptors, in the shell's words.
        """
        text = cloud_config(settings, form) if config is None else config
        self.cloud_config.write_bytes(text if isinstance(text, bytes) else text.encode())
        process = self.start(*arguments, env=env, shell=shell)
        try:
            stdout, stderr = process.communicate(timeout=limit * SLOW)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise AssertionError(f"hangs, then says {process.communicate()}") from None
        result = Result(process.returncode, stdout, stderr)
        self.check(result, arguments, shell)
        return result

    def start(self, *arguments, env=None, shell=None):
        """Start it, for a look at it while it runs."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                       "BOOTNAME_CLOUD_CONFIG": str(self.cloud_config),
                       "RUNTIME_DIRECTORY": str(self.state.parent),
                       **{name: os.environ[name] for name in SANITIZERS if name in os.environ},
                       **self.instance.environment, **(env or {})}
        command = [*helper(), *map(str, arguments)]
        if shell:
            command = ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", *command]
        return subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={name: value for name, value in environment.items() if value is not None})

    def file(self, text, mode=0o644):
        """A new file of settings."""
        path = self.folder / "settings.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    def check(self, result, arguments, shell):
        """What holds for every run."""
        __tracebackhide__ = True
        options = "".join(word[1:] for word in arguments
                          if re.fullmatch("-[jnqv]+", str(word)))
        assert result.status in STATUSES, result
        assert not REPORTS.search(result.stderr), result.stderr
        leaked = [secret for secret in self.emulator.secrets()
                  if secret in result.stdout + result.stderr]
        assert not leaked, (leaked, result)
        if shell:
            return
        if result.status == 0:
            assert "v" in options or result.stderr == "", result
            return
        *progress, line = result.stderr.splitlines() or [""]
        assert re.fullmatch("bootname: [a-z]+: [ -~]+", line), result
        assert result.stderr.endswith(line + "\n"), result
        assert not progress or "v" in options, result
        if "j" in options and "q" not in options:
            error = result.json["error"]
            assert set(error) == {"stage", "code", "message"}
            assert error["code"] == result.status
            assert line == f"bootname: {error['stage']}: {error['message']}"
        else:
            assert result.stdout == "", result


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """The CA and certificate of every emulator: to make them takes longer than most tests."""
    made = Authority(tmp_path_factory.mktemp("authority"), "127.0.0.1")
    made.create()
    return made


@pytest.fixture
def emulator(request, monkeypatch, authority):
    """AWS; with DNS for the tests that ask for `nameserver`."""
    monkeypatch.setattr(Authority, "create", lambda self: shutil.copytree(
        authority.directory, self.directory, symlinks=True, dirs_exist_ok=True))
    with Emulator(nameserver="nameserver" in request.fixturenames) as running:
        yield running


@pytest.fixture
def nameserver(emulator):
    """Asks the real dig, once every change is published."""
    def dig(name, record_type="A"):
        emulator.wait_insync()
        return emulator.dig(name, record_type)
    return dig


@pytest.fixture
def zone(emulator):
    """The hosted zone of the instance's name."""
    return emulator.hosted_zone("ec2.example.com")


@pytest.fixture
def instance(emulator):
    """The instance: webdev1.ec2.example.com by its tag, 54.123.123.123."""
    return emulator.instance("i-0123456789abcdef0", public_ipv4="54.123.123.123",
                             tags={"dnsname": "webdev1.ec2.example.com"})


@pytest.fixture
def run(emulator, instance, tmp_path):
    """The helper on the instance: run("-j", settings="ttl: 30")."""
    return Runner(emulator, instance, tmp_path)


@pytest.fixture
def calls(emulator):
    """The operations of a service so far: calls("route53")."""
    def operations(service):
        return [request.operation for request in emulator.requests_of(service)]
    return operations
