"""What the tests share: an emulated AWS, an instance in it, and the helper to run there."""

import base64
import ipaddress
import json
import lzma
import os
import pathlib
import platform
import re
import shlex
import shutil
import signal
import subprocess
import textwrap
import xml.etree.ElementTree as ElementTree

import botocore.config
import botocore.exceptions
import botocore.session
import pytest

from aws import Emulator
from aws.certificates import Authority
from aws.zones import ACCOUNT

ROOT = pathlib.Path(__file__).resolve().parent.parent
RULES = [ROOT / "Makefile", *sorted(ROOT.glob("*/*.mk")), *sorted(ROOT.glob("*/*/*.mk"))]
# How much longer things take behind a wrapper such as valgrind.
SLOW = 6 if os.environ.get("BOOTNAME_WRAPPER") else 1
ONCE, SHORT = f"timeout: {SLOW}", f"timeout: {2 * SLOW}"
STATUSES = (0, 64, 65, 69, 71, 73, 75, 77, 78)      # not 70: that is a bug of ours
REPORTS = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|^==\d+==", re.MULTILINE)
SANITIZERS = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")
# What nohup or a shell's & has us ignore, those that we start do not inherit: a handler ends at
# their exec.
for number in signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM:
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, lambda *_: None)
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


def run_make(*words, check=True):
    """What `make` with these words does, of what has been built: no newer rule builds it again."""
    old = [word for path in RULES for word in ("-o", path.relative_to(ROOT))]
    build = ROOT / os.environ.get("B", "build")
    return subprocess.run(["make", "-s", f"B={build}", *old, *words], cwd=ROOT, check=check,
                          capture_output=True, text=True, env={"PATH": os.environ["PATH"]})


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


def heritage(instance_id, region="eu-west-1", account=ACCOUNT):
    """The value of an instance's owner record; without an account as 0.1.0 wrote it."""
    account = f",account={account}" if account else ""
    return f'"heritage=bootname,owner={instance_id},region={region}{account}"'


def put_owned(zone, name, instance_id, *addresses, region="eu-west-1", ttl=60, account=ACCOUNT,
              **routing):
    """Put an instance's addresses and its owner record into a zone."""
    for address in addresses:
        zone.put(name, "AAAA" if ":" in address else "A", [address], ttl, **routing)
    zone.put("_bootname." + name, "TXT", [heritage(instance_id, region, account)], ttl,
             **routing)


def changes_of(request):
    """The changes of a batch, in words: ["DELETE A 192.0.2.1", "CREATE A 54.1.1.1"]; without
    the guards: the DELETE of an address and CREATE of the very same."""
    namespace = "{https://route53.amazonaws.com/doc/2013-04-01/}"
    told, former = [], None
    for change in ElementTree.fromstring(request.body).iter(namespace + "Change"):
        words = [change.findtext(f".//{namespace}{tag}") for tag in ("Action", "Type")]
        values = [one.text for one in change.iter(namespace + "Value")]
        what = None
        if words[1] != "TXT" and len(values) == 1:
            what = (words[1], change.findtext(f".//{namespace}TTL"),
                    ipaddress.ip_address(values[0]))
        if words[0] == "CREATE" and what and what == former:
            told.pop()
        else:
            told.append(" ".join(words + values))
        former = what if words[0] == "DELETE" else None
    return told


def denial(call, **arguments):
    """The status, code and text with which AWS refuses a call of the SDK."""
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(**arguments)
    answer = failure.value.response
    return (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"],
            answer["Error"]["Message"])


def preloading(name, env=None):
    """An environment with one of the libraries that tests/e2e/*.c make, before those in it."""
    preloaded = [str((ROOT / os.environ.get("B", "build") / f"tests/{name}.so").absolute()),
                 *filter(None, [(env or {}).get("LD_PRELOAD")])]
    options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return {"ASAN_OPTIONS": options, **(env or {}), "LD_PRELOAD": ":".join(preloaded)}


def patient(env=None):
    """An environment in which the seconds that EC2 gets to hear of a new instance are short."""
    return preloading("settle", env)


def hurried(env=None):
    """An environment in which every wait passes at once."""
    return preloading("hurry", env)


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

    name = "bootname"
    settings = None                                         # where a run names none

    def __init__(self, emulator, instance, folder):
        self.emulator, self.instance, self.folder = emulator, instance, folder
        self.cloud_config = folder / "cloud-config.txt"
        self.state = folder / "run" / "published"           # of `up --if-changed`

    def __call__(self, *arguments, settings=None, form="plain", config=None, env=None, limit=20,
                 shell=None, partial=False):
        """Run it to its end.

        settings: the user-data's settings, in the given form of the cloud-config.
        config: the whole cloud-config instead.
        env: more of the environment; None as a value takes a variable away.
        limit: the seconds after which the helper is taken to hang.
        shell: redirections for closed and odd descriptors, in the shell's words.
        partial: some of its records fail and others do not.
        """
        settings = self.settings if settings is None else settings
        text = cloud_config(settings, form) if config is None else config
        self.cloud_config.write_bytes(text if isinstance(text, bytes) else text.encode())
        process = self.start(*arguments, env=env, shell=shell)
        return self.finish(process, arguments, limit, shell, partial)

    def finish(self, process, arguments=(), limit=20, shell=None, partial=False):
        """How a run that start() began ended; see __call__ for the arguments."""
        try:
            stdout, stderr = process.communicate(timeout=limit * SLOW)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise AssertionError(f"hangs, then says {process.communicate()}") from None
        result = Result(process.returncode, stdout, stderr)
        self.check(result, arguments, shell, partial)
        return result

    def start(self, *arguments, env=None, shell=None):
        """Start it, for a look at it while it runs."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                       "BOOTNAME_CLOUD_CONFIG": str(self.cloud_config),
                       "RUNTIME_DIRECTORY": str(self.state.parent),
                       **{name: os.environ[name] for name in SANITIZERS if name in os.environ},
                       **self.instance.environment, **(env or {})}
        if environment.get("LD_PRELOAD"):       # a sanitizer's runtime wants to be the first
            environment["ASAN_OPTIONS"] = (environment.get("ASAN_OPTIONS", "")
                                           + ":verify_asan_link_order=0")
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

    def check(self, result, arguments, shell, partial):
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
        if "check" in arguments and result.status != 64:
            self.check_findings(result, options)
            return
        if result.status == 0:
            assert "v" in options or result.stderr == "", result
            assert not partial, result
            return
        lines = result.stderr.splitlines() or [""]
        errors = lines if partial else lines[-1:]
        assert all(re.fullmatch(f"{self.name}: [a-z]+: [ -~]+", line) for line in errors), result
        assert result.stderr.endswith("\n"), result
        assert errors == lines or "v" in options, result
        if "j" in options and "q" not in options:
            error = result.json["error"]
            assert set(error) == {"stage", "code", "message"}
            assert error["code"] == result.status
            assert errors[0] == f"{self.name}: {error['stage']}: {error['message']}"
        else:
            assert partial or result.stdout == "", result


    @staticmethod
    def check_findings(result, options):
        """What holds for every `check`: its failures are lines like the others."""
        __tracebackhide__ = True
        assert "v" in options or result.stderr == "", result
        if "q" in options:
            assert result.stdout == "", result
        elif "j" in options:
            found = [check["result"] for check in result.json["checks"]]
            assert ("fail" in found) == (result.status != 0) == ("error" in result.json), result
        else:
            assert re.fullmatch(r"((ok  |warn|FAIL)  [a-z]+: [ -~]+\n(      [ -~]+\n)*)+",
                                result.stdout), result
            assert ("\nFAIL" in "\n" + result.stdout) == (result.status != 0), result


THOROUGH = """thorough(but=()): left to `make check-all`; all rows, or all that have none of these words
in their ids: `make check` runs the others"""


def pytest_configure(config):
    config.addinivalue_line("markers", THOROUGH.replace("\n", " "))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Take the mark `thorough` from the rows that it excepts; each of its words has to name one."""
    unseen = {}
    for item in items:
        for mark in [mark for mark in item.own_markers if mark.name == "thorough"]:
            words = mark.kwargs.get("but", ())
            unseen.setdefault(item.originalname, set(words))
            found = {word for word in words if word in item.callspec.id}
            unseen[item.originalname] -= found
            if found:
                item.own_markers.remove(mark)
    missing = {name: words for name, words in unseen.items() if words}
    if missing and not any("::" in str(word) for word in config.args):
        raise pytest.UsageError(f"thorough(but=...) names no row: {missing}")


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """The CA and certificate of every emulator: to make them takes longer than most tests."""
    made = Authority(tmp_path_factory.mktemp("authority"), "127.0.0.1")
    made.create()
    return made


@pytest.fixture
def emulator(request, monkeypatch, authority):
    """AWS; with DNS for the tests that ask for `nameserver`, and with what a module wants."""
    monkeypatch.setattr(Authority, "create", lambda self: shutil.copytree(
        authority.directory, self.directory, symlinks=True, dirs_exist_ok=True))
    more = getattr(request.module, "EMULATOR", {})
    with Emulator(nameserver="nameserver" in request.fixturenames, **more) as running:
        yield running
        # Version 1 is asked of by nobody: accounts alarm on it (MetadataNoToken).
        assert not running.without_token()


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
def on(emulator, tmp_path):
    """The helper on another instance, in a folder of its own: on(other)(settings="ttl: 30")."""
    def runner(instance):
        folder = tmp_path / instance.id
        folder.mkdir(exist_ok=True)
        return Runner(emulator, instance, folder)
    return runner


@pytest.fixture
def embedded(monkeypatch, tmp_path):
    """The program that rides in user-data is what runs, as cloud-init unpacks it."""
    build = pathlib.Path(os.environ.get("B", ROOT / "build")).absolute()
    packed = build / f"release/bootname-boot-{platform.machine()}.xz"
    if os.environ.get("BOOTNAME_WRAPPER") or not packed.exists():
        pytest.skip("the release is tested in the normal build, with Debian's compilers")
    program = tmp_path / "50-bootname"
    program.write_bytes(lzma.decompress(packed.read_bytes()))
    program.chmod(0o755)
    monkeypatch.setenv("BOOTNAME", str(program))
    return program


@pytest.fixture
def calls(emulator):
    """The operations of a service so far: calls("route53")."""
    def operations(service):
        return [request.operation for request in emulator.requests_of(service)]
    return operations


@pytest.fixture(scope="session")
def sdk():
    """botocore, which keeps the models that it has read."""
    return botocore.session.get_session()


@pytest.fixture
def client(emulator, sdk):
    """A client of AWS that is not ours: client(instance.credentials)."""
    def make(keys, service="route53"):
        return sdk.create_client(
            service, "us-east-1", endpoint_url=emulator.api_url, verify=str(emulator.ca_bundle),
            aws_access_key_id=keys.access_key, aws_secret_access_key=keys.secret_key,
            aws_session_token=keys.session_token,
            config=botocore.config.Config(proxies={}, retries={"max_attempts": 0}))
    return make


@pytest.fixture
def note(request):
    """Says something at the end of the whole run: note("16,000 of 16,384 bytes")."""
    return lambda text: request.node.user_properties.append(("note", text))


def pytest_terminal_summary(terminalreporter):
    """Print the notes of the tests that passed."""
    for report in terminalreporter.stats.get("passed", []):
        for key, text in report.user_properties:
            if key == "note":
                terminalreporter.write_line(f"note: {text}")
