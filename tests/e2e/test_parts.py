"""The multipart of --with, as cloud-init's own code takes it apart."""

import email
import gzip
import os
import re
import subprocess

import pytest
import yaml
from cloud_init import cloud_init
from test_user_data import CHECKER, PROGRAM, SETTINGS, elf

PARTS = {
    "script": ("#!/bin/sh\necho ü >/etc/script-ran\n", "text/x-shellscript"),
    "cloud-config": ("#cloud-config\nwrite_files:\n- path: /etc/mine\n  content: mine é\nruncmd:\n"
                     "- touch /etc/runcmd-ran\n", "text/cloud-config"),
    "CRLF": ("#cloud-config\r\nhostname: web\r\n", "text/cloud-config"),
    "boothook": ("#cloud-boothook\n#!/bin/sh\ntrue\n", "text/cloud-boothook"),
    "include": ("#include\nhttps://example.com/a\n", "text/x-include-url"),
    "include once": ("#include-once\nhttps://example.com/a\n", "text/x-include-once-url"),
    "part handler": ("#part-handler\ndef list_types():\n    return []\n", "text/part-handler"),
    "archive": ("#cloud-config-archive\n- '#!/bin/sh'\n", "text/cloud-config-archive"),
    "JSON patch": ("#cloud-config-jsonp\n[]\n", "text/cloud-config-jsonp"),
    "template": ("## template: jinja\n#cloud-config\nhostname: '{{ v1.region }}'\n", "text/jinja2"),
    "blank lines in front": ("\n\n#cloud-config\nhostname: web\n", "text/cloud-config"),
    "a boundary of ours": ("#!/bin/sh\n: --=-bootname-=\n--=-bootname-=--\n", "text/x-shellscript"),
    "long line": (f"#!/bin/sh\n: {'x' * 3000}\n", "text/x-shellscript"),
    "no final newline": ("#!/bin/sh\ntrue", "text/x-shellscript"),
}


@pytest.fixture
def make(tmp_path):
    """Run mkuserdata with parts: make({"name": text}, "--plain")"""
    (tmp_path / "elf").write_bytes(elf())

    def run(parts, *options, status=0):
        words = []
        for name, text in parts.items():
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
            words += ["--with", name]
        done = subprocess.run(
            ["/usr/bin/python3", PROGRAM, "--arch", "x86_64", "--helper", "elf", "--check-with",
             CHECKER, *words, *options, "-"], input=SETTINGS.encode(), capture_output=True,
            check=False, cwd=tmp_path)
        assert done.returncode == status, done.stderr
        return done.stderr.decode() if status else done.stdout
    return run


@pytest.fixture(scope="module")
def take_apart():
    """What cloud-init makes of user-data: (type, name, text) of each part."""
    with cloud_init() as made:
        yield made.parts


@pytest.mark.thorough(but=["script", "boothook"])
@pytest.mark.parametrize("name", PARTS)
def test_each_kind_arrives_as_it_is(make, take_apart, name):
    text, kind = PARTS[name]
    (got_kind, got_name, got), (our_kind, _, ours) = take_apart(make({"my part": text}))
    assert (got_kind, got_name, our_kind) == (kind, "my_part", "text/cloud-config")
    assert got.rstrip("\n") == text.replace("\r\n", "\n").rstrip("\n") or got == text
    config = yaml.safe_load(ours)
    assert config["merge_how"] == "list(append)+dict(recurse_array)+str()"
    assert config["write_files"][0]["content"] == SETTINGS


def test_they_come_in_their_order_and_ours_is_the_last(make, take_apart):
    parts = take_apart(make({name: PARTS[name][0] for name in ("script", "cloud-config")}))
    assert [name for _, name, _ in parts] == ["script", "cloud-config", "bootname.yaml"]


def test_cloud_init_merges_them(make, take_apart):
    """With the merger that each part asks for."""
    mergers = pytest.importorskip("cloudinit.mergers", reason="no cloud-init here")
    merged = {}
    for kind, _, text in take_apart(make({"mine": PARTS["cloud-config"][0]}, "--systemd")):
        config = yaml.safe_load(text)
        how = mergers.dict_extract_mergers(config) or mergers.default_mergers()
        merged = mergers.construct(how).merge(merged, config)
        assert kind == "text/cloud-config"
    assert [entry["path"] for entry in merged["write_files"]][:2] == ["/etc/mine",
                                                                      "/etc/bootname.yaml"]
    assert merged["runcmd"] == ["touch /etc/runcmd-ran", "systemctl enable --now --no-block "
                                "bootname.service bootname-refresh.timer"]


def test_it_is_not_base64_twice_and_counts(make):
    alone, script = len(make({})), "#!/bin/sh\n" + "true\n" * 30
    assert len(make({"a": script})) - alone < 300
    text = make({"a": script}, "--plain").decode()
    assert "Content-Transfer-Encoding: base64" not in text
    assert gzip.decompress(make({"a": script})).decode() == text
    assert [part.get_filename() for part in email.message_from_string(text).get_payload()] == [
        "a", "bootname.yaml"]


@pytest.mark.parametrize(("text", "said"), [
    ("echo hello\n", "cloud-init does not know what this is"), ("", "cloud-init does not know"),
    (b"#!/bin/sh\n\xff\n", "is not UTF-8"), (b"\x1f\x8b\x08", "is not UTF-8"),
])
def test_what_cloud_init_would_not_take_is_an_error(make, text, said):
    assert said in make({"a": text}, status=65)


@pytest.mark.thorough
def test_part_that_is_too_large_is_told_with_what_would_fit(make):
    text = "#!/bin/sh\n" + "".join(f": {os.urandom(30).hex()}\n" for _ in range(500))
    told = make({"a": text}, status=65)
    without = int(re.search(r"without --with it is ([\d,]+) bytes", told)[1].replace(",", ""))
    assert without == len(make({}))
