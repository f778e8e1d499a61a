"""Memory runs out at any moment of a run: it ends with a clean error or does all it should, and
never leaves a wrong record.

BOOTNAME_ALLOCATIONS=all in the environment lets every single allocation fail, which takes hours;
else all of those that the program and its parsers ask for, and some of the others'.
"""

import os
import pathlib
import re

import pytest
from conftest import ROOT, Result, heritage, helper, put_owned
from test_reap import Reaper

pytestmark = pytest.mark.skipif(bool(os.environ.get("BOOTNAME_WRAPPER")),
                                reason="the wrapper has its own malloc")

PRELOAD = ROOT / os.environ.get("B", "build") / "tests" / "allocations.so"
NAMES = ["web1.ec2.example.com", "web2.ec2.example.com"]
ADDRESS, ID, GONE = "54.123.123.123", "i-0123456789abcdef0", "i-0aaaaaaaaaaaaaaa1"
# Functions of libraries that crash where an allocation fails, and why.
LOCK = "OpenSSL 3.0 takes the lock, which is none, of a context that could not be made"
KNOWN = {
    "libcrypto.so.3 EVP_Q_digest": LOCK,
    "libcrypto.so.3 EVP_Q_mac": LOCK,
    "libc.so.6 regcomp": "glibc 2.36 frees twice in re_compile_internal",
    "libcurl.so.4 curl_easy_perform": "libcurl 7.88 frees twice for a TLS session it cannot keep",
}
# And those that lose memory then: nothing that they call is looked at for leaks.
LEAKY = {
    "libcrypto": "OpenSSL 3.0 loses memory in CRYPTO_strndup's and CRYPTO_zalloc's callers",
    "libc.so": "glibc 2.36 loses memory in regcomp",
}
# Whose allocations fail, and how many of them in a sample: all where nothing is said.
EACH = {"program": None, "libyaml": None, "libjson-c": None, "libexpat": None, "libcurl": 150,
        "libssl": 10, "libcrypto": 30, "libc.so": 60}
FEW = {"program": None, "libyaml": 20, "libjson-c": 20, "libexpat": 20, "libcurl": 20,
       "libssl": 5, "libcrypto": 10, "libc.so": 20}


def has_sanitizer():
    """Whether the program looks for leaks itself."""
    return b"__asan_init" in pathlib.Path(helper()[-1]).read_bytes()


def of_name(held, name):
    """What a name and its owner record hold."""
    return {key: values for key, values in held.items() if key[0].endswith(name)}


class Starved:
    """Runs a program some of whose allocations fail, again and again in the same zone."""

    def __init__(self, zone, runner, arguments, before, after):
        self.zone, self.runner, self.arguments = zone, runner, arguments
        self.before, self.after = before, after         # puts into the zone; what is there then
        self.counted = runner.folder / "count"
        self.crashes = set()

    def held(self):
        """What is in the zone beside its own NS and SOA."""
        return {(one.name.rstrip("."), one.type): [*one.values] for one in self.zone.record_sets()
                if one.type not in ("NS", "SOA")}

    def reset(self):
        """Put the zone back to what it was before."""
        for name, kind in self.held():
            self.zone.delete(name, kind)
        self.before(self.zone)

    def run(self, of, fail, **env):
        """One run, in the zone as it was before."""
        self.reset()
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        if of in LEAKY:
            options += ":detect_leaks=0"
        process = self.runner.start(*self.arguments, env={
            "LD_PRELOAD": str(PRELOAD), "ALLOCATIONS_OF": of, "ALLOCATIONS_FAIL": str(fail),
            "ALLOCATIONS_COUNT": str(self.counted),
            "ASAN_OPTIONS": options, **env})
        stdout, stderr = process.communicate(timeout=60)
        return Result(process.returncode, stdout, stderr)

    def count(self, of):
        """How many allocations a run makes."""
        result = self.run(of, 0)
        assert result.status == 0, result
        assert self.held() == self.after, (self.held(), result)
        return int(self.counted.read_text().split()[0])

    def crash(self, result):
        """The library function in which a run crashed, called by the program itself; or None."""
        if result.status < 0:
            return self.counted.read_text().strip()
        if "ERROR: AddressSanitizer" not in result.stderr:
            return None
        stack = result.stderr.partition(" helper/")[0]
        frames = re.findall(r" in (\w+) \(.*/(lib[^/+]+)\+", stack)
        # Without memory the sanitizer does not always print a stack. Only a double free is taken
        # for the known one then.
        if not frames and "double-free" in stack:
            return next(known for known in KNOWN if known.endswith(" regcomp"))
        function, library = frames[-1]
        return f"{library} {function}"

    def check(self, of, fail):
        """What holds whichever fails."""
        result = self.run(of, fail)
        held = self.held()
        what = (of, fail, result, held)
        crash = self.crash(result)
        if crash:
            assert crash in KNOWN, (crash, what)
            self.crashes.add(f"{crash}: {KNOWN[crash]}")
        else:
            self.runner.check(result, self.arguments, None, result.status != 0)
        if held == self.after:
            return
        assert result.status != 0, what
        self.reset()
        before = self.held()
        # What belongs together is changed together.
        for name in NAMES:
            assert of_name(held, name) in (of_name(before, name), of_name(self.after, name)), what


def some(count, most):
    """The numbers up to count, or so many of them."""
    if most is None or most >= count or os.environ.get("BOOTNAME_ALLOCATIONS") == "all":
        return range(1, count + 1)
    return sorted({1 + i * (count - 1) // (most - 1) for i in range(most)})


@pytest.fixture
def starved(request, emulator, zone, instance, run, tmp_path):
    """By name: `up` of one record, of two, and bootname-reap."""
    def settings(text):
        run.cloud_config.write_text("#cloud-config\nwrite_files:\n- path: /etc/bootname.yaml\n"
                                    f"  content: '{text}'\n...\n")

    if request.param == "reap":
        emulator.instance(GONE, state="terminated")
        reaper = Reaper(emulator, tmp_path)
        return Starved(zone, reaper, ("-j", "-c", reaper.file("timeout: 5"), "--zone", zone.name),
                       lambda zone: put_owned(zone, NAMES[0], GONE, ADDRESS), {})
    owner = heritage(ID)
    if request.param == "one":
        settings("{action: CREATE, name: web1.ec2.example.com, timeout: 5}")
        names = NAMES[:1]
    else:
        settings("{action: CREATE, timeout: 5, records: [{name: web1.ec2.example.com},"
                 " {name: web2.ec2.example.com}]}")
        names = NAMES
    after = {}
    for name in names:
        after[name, "A"] = [ADDRESS]
        after["_bootname." + name, "TXT"] = [owner]
    return Starved(zone, run, ("-j", "up"), lambda zone: None, after)


@pytest.mark.thorough(but=["program", "libexpat-20"])
@pytest.mark.parametrize(("starved", "of", "most"), [
    *(("one", of, most) for of, most in EACH.items()),
    *((scenario, of, most) for scenario in ("two", "reap") for of, most in FEW.items()),
], indirect=["starved"])
def test_an_allocation_that_fails(starved, of, most):
    for fail in some(starved.count(of), most):
        starved.check(of, fail)
    if of in LEAKY and has_sanitizer():
        starved.crashes.add(LEAKY[of])
    if starved.crashes:
        pytest.skip("the others passed; " + "; ".join(sorted(starved.crashes)))


@pytest.mark.parametrize("starved", ["one"], indirect=True)
def test_an_allocation_that_is_lost_is_noticed(starved):
    """What the tests above rely on, where the sanitizer is in the program."""
    if not has_sanitizer():
        pytest.skip("leaks are looked for by make check-asan only")
    result = starved.run("all", 0, ALLOCATIONS_LEAK="77")
    assert "LeakSanitizer: detected memory leaks" in result.stderr


@pytest.mark.thorough(but=["3000"])
@pytest.mark.parametrize("starved", ["one"], indirect=True)
@pytest.mark.parametrize("fail", ["1+", "3000+", "20000+"])
def test_no_allocation_succeeds_any_more(starved, fail):
    starved.arguments = ("up",)
    starved.check("all", fail)
