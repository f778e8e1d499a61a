"""Settings in a cloud-config: bootname reads what cloud-init makes of /etc/bootname.yaml, or nothing."""

import base64
import json
import os
import pathlib
import random
import re
import subprocess

import pytest
import yaml

from conftest import helper

NAME = "webdev1.ec2.example.com"
SET = f"setting {NAME} to 54.123.123.123\n"
REMOVED = f"removing {NAME} (54.123.123.123)\n"
DATA = pathlib.Path(__file__).parents[1] / "data/cloud_init.json"
CAPTURED = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


# What it overwrote another's name for, with exit status 0

CREATE = r'{path: /etc/bootname.yaml, content: "zone: ec2.example.com\naction: CREATE\n"}'
ENTRY = "- path: /etc/bootname.yaml\n  content: 'action: CREATE'\n"


@pytest.mark.parametrize("config", [
    f"bootname_file: &f {CREATE}\nwrite_files: [*f]\n",
    f"bootname_files: &f [{CREATE}]\nwrite_files: *f\n",
    "write_files:\n" + ENTRY.replace("/etc/", "/etc//"),
    "write_files:\n" + ENTRY.replace("/etc/", "/var/../etc/./"),
    "write_files:\n" + ENTRY + "- {path: /etc/bootname.yaml, append: true, content: \"\\nttl: 5\"}\n",
    "x: &x {action: CREATE}\nbootname: *x\n",
], ids=["entry", "list", "slashes", "dots", "append", "key"])
def test_create_never_becomes_upsert(run, zone, config):
    zone.put(NAME, "A", ["192.0.2.1"])
    assert run(config=config).status == 73
    assert zone.values(NAME, "A") == ["192.0.2.1"]


@pytest.mark.parametrize("config", [
    f"write_files: {CREATE}\n",
    "write_files:\n" + ENTRY + "  encoding: gz+b64\n",
    "write_files:\n- {path: /etc/bootname.yaml, content: !!binary YWN0aW9uOiBDUkVBVEU=}\n",
    "write_files:\n- {path: /etc/bootname.yaml, source: {uri: 'https://www.example/'}}\n",
    "write_files:\n- {path: /etc/bootname.yaml, contents: 'action: CREATE'}\n",
    f"x: &x {CREATE}\nwrite_files: [{{<<: *x}}]\n",
    "nested:\n  bootname:\n    action: CREATE\n",
    "write_files:\n" + ENTRY.replace(".yaml", ".yml"),
    "- bootname\n",
    "#cloud-config\n\n# from 1 files\n# part-001\n\n---\nhostname: web\n",
    "#cloud-config\n\n# from 1 files\n# part-001\n\n---\nwrite_files:\n" + ENTRY,
    "#cloud-config\n\n# fro",
    "",
], ids=["map", "gzip", "binary", "source", "contents", "merge key", "nested key", "other ending",
        "list", "cut before the settings", "cut behind them", "cut at the head", "empty"])
def test_settings_that_cannot_be_seen_send_nothing(run, emulator, zone, config):
    zone.put(NAME, "A", ["192.0.2.1"])
    result = run(config=config)
    assert result.status == 78
    assert re.match(rf"bootname: settings: {run.cloud_config}(:\d+:\d+)?: \w", result.stderr), result
    assert emulator.requests_of("route53") == []


def test_an_empty_one_without_a_tag_is_nothing_to_do(run, instance, calls):
    instance.tags = {}
    result = run(config="")
    assert result.status == 0 and "nothing to do" in result.stdout
    assert calls("route53") == []


def test_an_empty_one_over_defaults_may_have_had_settings(run, emulator, zone):
    result = run("-d", run.file("ttl: 30"), config="")
    assert result.status == 78 and "is empty" in result.stderr
    assert emulator.requests == []


def test_an_empty_one_is_no_matter_to_settings_of_a_file(run, zone):
    assert run("-c", run.file("ttl: 30"), config="").stdout == SET


@pytest.mark.parametrize("text", ["", "\n", "# none\n", "---\n", "--- # none\n...\n"])
def test_an_empty_file_of_settings_is_no_error(run, zone, instance, text):
    config = f"write_files: [{{path: /etc/bootname.yaml, content: {json.dumps(text)}}}]"
    assert run(config=config).stdout == SET
    assert run("-c", run.file(text)).stdout == SET
    assert run("-d", run.file(text)).stdout == SET
    instance.tags = {}
    assert run(config=config).stdout == REMOVED     # what this boot has published
    assert "nothing to do" in run(config=config).stdout


@pytest.mark.parametrize("config", ["{}", "write_files: [{path: /etc/bootname.yaml, content: ''}]"])
def test_check_says_that_the_defaults_are_in_force(run, zone, config):
    assert "the defaults are in force" in run("check", config=config).stdout
    assert "warn  settings: " in run("check", config="").stdout


# What a real cloud-init has written

def put(row, folder):
    """Lay the two files of a row into a folder."""
    (folder / "user-data.txt.i").write_text(row["parts"], encoding="utf-8")
    (folder / "user-data.txt.i").chmod(0o600)
    return row["cloud_config"]


NOTHING = {"none", "script", "empty", "other"}
PUBLISHED = {"entry": "CREATE 60", "entry, gzip": "CREATE 60", "alias": "CREATE 60",
             "key by an alias": "CREATE 60", "merge key": "CREATE 60", "append": "CREATE 77",
             "long line": "CREATE 60"}


@pytest.mark.parametrize("row", CAPTURED, ids=lambda row: f"{row['name']} - {row['version']}")
def test_what_a_real_cloud_init_has_written(run, emulator, zone, instance, row):
    config, name = put(row, run.folder), row["name"]
    result = run(config=config)
    if name not in NOTHING and name not in PUBLISHED:
        assert result.status == 78 and "; " in result.stderr, result
        assert emulator.requests == []
        return
    assert result.stdout == SET
    owned = bool(zone.find("_bootname." + NAME, "TXT"))
    told = f"{'CREATE' if owned else 'UPSERT'} {zone.find(NAME, 'A').ttl}"
    assert told == PUBLISHED.get(name, "UPSERT 60")
    if name in NOTHING:
        instance.tags = {}
        assert run(config=config).stdout == REMOVED     # what this boot has published
        assert "nothing to do" in run(config=config).stdout


def test_captured_are_of_several_versions():
    versions = {row["version"] for row in CAPTURED}
    assert len(versions) >= 2
    assert {row["name"] for row in CAPTURED} >= NOTHING | set(PUBLISHED)


# Against cloud-init's own rules, in Python

def is_true(entry, key):
    """cloudinit.util.get_cfg_option_bool."""
    value = entry.get(key, False)
    if not value or isinstance(value, bool):
        return bool(value)
    return str(value).lower().strip() in ("true", "1", "on", "yes")


def contents(entry):
    """What cloud-init's cc_write_files writes of an entry."""
    words = (entry.get("encoding") or "").lower().strip()
    if re.fullmatch(r"gz(ip)?(\+b(ase)?64)?", words):
        raise ValueError(words)
    text = entry.get("content", "")
    if words in ("b64", "base64"):
        return base64.b64decode(text)
    return text if isinstance(text, bytes) else text.encode()


def written(config):
    """The content of /etc/bootname.yaml that cloud-init would write; None: no such file."""
    files = yaml.safe_load(config).get("write_files", [])
    content = None
    for turn in (False, True):
        for entry in files:
            if is_true(entry, "defer") != turn or not entry.get("path"):
                continue
            if os.path.abspath("/" + entry["path"]).replace("//", "/") != "/etc/bootname.yaml":
                continue
            joined = content if is_true(entry, "append") and content else b""
            content = joined + contents(entry)
    return content


class Author:
    """Writes cloud-configs, as people might."""

    PATHS = ["/etc/bootname.yaml"] * 6 + [
        "/etc//bootname.yaml", "//etc/bootname.yaml", "/etc/./bootname.yaml", "etc/bootname.yaml",
        "/etc/x/../bootname.yaml", "/../etc/bootname.yaml/", "/etc/motd", "/opt/a/bootname.txt", "",
        "/etc/bootname.yaml/..", None]
    LINES = ["zone: ec2.example.com\n", "ttl: 77\n", "action: CREATE\n", "grace: 5\n", "wait: yes\n",
             "# a comment\n", "name: web\n", "name: web", "\n", "types: [A]\n", "ttl: 5", "", "---\n",
             "colour: red\n", "routing: weighted\n", "weight: 7\n"]
    TRUTHS = [True, False, "yes", "no", "ON", " true ", "1", 1, 0, "", None, "off", "y", "2", 2, []]
    ENCODINGS = [None, "", "text/plain", "b64", "base64", " B64", "utf-8", "gz", "gzip+b64", "plain", 64]

    def __init__(self, seed):
        self.dice = random.Random(seed)

    def content(self, encoding):
        """A content, mostly in its encoding."""
        text = "".join(self.dice.sample(self.LINES, self.dice.randrange(4)))
        if "64" in str(encoding) and self.dice.random() < .95:
            text = base64.b64encode(text.encode()).decode()
            if self.dice.random() < .3:
                place = self.dice.randrange(len(text) + 1)
                text = text[:place] + self.dice.choice(["\n", " ", "=", "-", "=="]) + text[place:]
        if self.dice.random() < .03:
            return self.dice.choice([None, 5, True, [], text.encode(), {"a": 1}])
        return text

    def entry(self):
        """An entry of write_files."""
        encoding = self.dice.choice(self.ENCODINGS) if self.dice.random() < .4 else None
        entry = {"path": self.dice.choice(self.PATHS), "content": self.content(encoding)}
        if encoding is not None or self.dice.random() < .1:
            entry["encoding"] = encoding
        for key, chance in (("append", .4), ("defer", .2)):
            if self.dice.random() < chance:
                entry[key] = self.dice.choice(self.TRUTHS)
        if self.dice.random() < .03:
            del entry["content"]
        return entry

    def config(self):
        """A cloud-config, with aliases where the same object stands twice."""
        entries = [self.entry() for _ in range(self.dice.randrange(1, 4))]
        entries += self.dice.choices(entries, k=self.dice.randrange(2))
        if self.dice.random() < .04:
            entries.append(self.dice.choice(["a", None, [], 5]))
        config = {"write_files": entries, "hostname": "web"}
        if self.dice.random() < .3:
            config["a"] = self.dice.choice([entries, entries[0], {"b": [entries[-1]]}])
        if self.dice.random() < .1:
            config["x"] = {"path": "/etc/motd", "y": [None, 1, {"bootnames": 5}]}
        style = self.dice.choice([None, False, True])
        text = yaml.safe_dump(config, default_flow_style=style, explicit_start=True,
                              explicit_end=True, indent=self.dice.choice([2, 4]),
                              default_style=self.dice.choice([None] * 6 + ["'", '"']),
                              sort_keys=self.dice.random() < .8)
        return "#cloud-config\n\n# from 1 files\n# part-001\n\n" + text


def told_by_check(folder, *options, config=None):
    """What `check` says of the settings, without where they come from; None: of a cloud-config
    that it refuses."""
    environment = {"AWS_EC2_METADATA_DISABLED": "true",
                   "BOOTNAME_CLOUD_CONFIG": str(config or folder / "none"),
                   **{name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS")
                      if name in os.environ}}
    result = subprocess.run([*helper(), "check", *options], env=environment, text=True,
                            capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=20)
    assert result.stderr == "", result
    line = re.match(r"(?:ok  |warn|FAIL)  settings: (.*(?:\n      .*)*)", result.stdout)[1]
    refused = result.stdout.startswith("FAIL") and not (options or "/etc/bootname.yaml:" in line)
    return None if refused else re.sub(r"/[^\s:]+(: /etc/bootname.yaml)?:", "FILE:", line)


@pytest.mark.thorough
@pytest.mark.parametrize("block", range(8))
def test_what_cloud_init_would_write_is_read_or_refused(tmp_path, block):
    author, read = Author(block), 0
    for number in range(25):
        text = author.config()
        (tmp_path / "cloud-config.txt").write_text(text, encoding="utf-8")
        got = told_by_check(tmp_path, config=tmp_path / "cloud-config.txt")
        if not got:
            continue
        try:
            want = written(text)
        except (ValueError, TypeError, AttributeError):         # cloud-init stops
            assert "bootname.y" not in text, (text, got)
            continue
        (tmp_path / "settings").write_bytes(want or b"")
        assert got == told_by_check(tmp_path, "-c", tmp_path / "settings"), (number, text)
        read += want is not None
    assert read >= 5
