"""What mkuserdata accepts ends at boot exactly as with the whole program: the same record sets, the
same lines, the same exit status, and the same changes sent to Route 53.

Each text of settings goes the whole way: mkuserdata's check, user-data in every form that it may
choose, what cloud-init makes of them, and the embedded program. The whole program reads the very
text with -c. What mkuserdata refuses, the whole program refuses, or it is not embedded.
"""

import argparse
import contextlib
import gzip
import io
import json
import lzma
import os
import pathlib
import platform
import random
import shutil
import subprocess
import sys

import pytest
from aws import Emulator
from aws.certificates import Authority
from cloud_init import cloud_init, write_files
from conftest import Runner, heritage
from test_hook import module

TOP = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("B", TOP / "build")).absolute()
KINDS = ("boot", "service")
PACKED = {kind: BUILD / f"release/bootname-{kind}-{platform.machine()}.xz" for kind in KINDS}
NAME, OTHER = "webdev1.ec2.example.com", "i-0fff9999eee888877"
LACKING = "not in the helper that is embedded in user-data"

if os.environ.get("BOOTNAME_WRAPPER") or not all(file.exists() for file in PACKED.values()):
    pytest.skip("the release is tested in the normal build, with Debian's compilers",
                allow_module_level=True)


# The nasty ones. In the world of these tests another instance has the name: whoever loses CREATE
# on the way takes it away from that one, and whoever loses the TTL or the name is seen, too.

TEXT = "zone: ec2.example.com\nttl: 77\naction: CREATE\n"
NOTED = "# für die Zone\nzone: ec2.example.com # ü\nttl: 77\n"
ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r", "NEL": "\x85", "LS": "\u2028", "PS": "\u2029",
        "VT": "\v", "FF": "\f", "CRCRLF": "\r\r\n", "LFCR": "\n\r", "FS": "\x1c", "NUL": "\0"}


def in_encodings():
    """Texts in each encoding, with a byte order mark and without."""
    for what, text in ("ASCII", TEXT), ("accents", NOTED):
        for codec in "utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "latin-1", "cp037":
            yield f"{what} in {codec}", text.encode(codec)
            if codec.startswith("utf"):
                yield f"{what} in {codec} with a mark", ("\ufeff" + text).encode(codec)
    yield "accents and escapes", '# ü\n"\\x61ction": CREATE\n'.encode()
    yield "accents, quotes and a backslash", (
        "set_identifier: 'a \" \\ b' # ü\nrouting: multivalue\nname: b.ec2.example.com\n".encode())
    yield "mark behind the first line", b"# c\n\xef\xbb\xbfaction: CREATE\n"
    yield "mark in a value", "name: 'www\ufeff'\n".encode()
    yield "two marks", b"\xef\xbb\xbf\xef\xbb\xbfaction: CREATE\n"
    yield "half a character", b"# \xc3\naction: CREATE\n"
    yield "surrogates", b"# \xed\xa0\x80\naction: CREATE\n"
    yield "overlong", b"# \xc0\xaf\naction: CREATE\n"
    yield "beyond 16 bits", "# \U0001f600\naction: CREATE\n".encode()
    yield "control character", b"# \x07\naction: CREATE\n"
    yield "delete", b"# \x7f\naction: CREATE\n"
    yield "no character", "# \ufffe\naction: CREATE\n".encode()


def with_ends():
    """Lines that end in all kinds of ways, comments first: what follows may belong to them."""
    for name, end in ENDS.items():
        yield f"{name} everywhere", TEXT.replace("\n", end).encode()
        yield f"{name} behind a comment", f"# ours{end}action: CREATE\nttl: 77\n".encode()
        yield f"{name} in quotes", f'set_identifier: "a{end}  b"\nrouting: multivalue\nname: group.ec2.example.com\n'.encode()


OTHERS = {
    # comments
    "hash in quotes": "set_identifier: 'a # b'\nrouting: multivalue\nname: group.ec2.example.com\n",
    "hash in a line of quotes": "set_identifier: 'a\n  # b\n  c'\nrouting: multivalue\nname: group.ec2.example.com\n",
    "hash without a blank": "set_identifier: a#b\nrouting: multivalue\nname: group.ec2.example.com\n",
    "hash at the start of a quoted line": 'name: "www\\\n# x"\n',
    "comment that looks like a key": "# action: UPSERT\naction: CREATE # action: UPSERT\n",
    "comment behind a key": "action: # which\n  CREATE\n",
    "comment in a flow": "{action: CREATE, # which\nttl: 77}\n",
    "comment with a tab": "action: CREATE\t# which\n",
    "hash behind a quote": "action: 'CREATE'# which\n",
    "comments only": "# none\n#\n\n",
    "hash as a name": "name: '#'\n",
    "hash in a block": "set_identifier: |-\n  # a\nrouting: multivalue\nname: group.ec2.example.com\n",
    # quotes and escapes
    "key in quotes": '"action": "CREATE"\n', "key in single quotes": "'action': 'CREATE'\n",
    "key with an escape": '"\\x61ction": CREATE\n',
    "key with a long escape": '"\\U00000061ction": "\\u0043REATE"\n',
    "value with an escape": 'name: "w\\x77w"\n', "escaped line end": 'name: "w\\\n   ww"\n',
    "escaped NUL": 'name: "w\\0w"\n', "escaped bell": 'set_identifier: "\\a"\n',
    "escaped NEL": 'set_identifier: "a\\Nb"\nrouting: multivalue\nname: group.ec2.example.com\n',
    "escaped slash": 'name: "w\\/w"\n', "unknown escape": 'name: "w\\qw"\n',
    "two single quotes": "set_identifier: 'it''s'\nrouting: multivalue\nname: group.ec2.example.com\n",
    "both quotes": "set_identifier: '\"'\nrouting: multivalue\nname: group.ec2.example.com\n",
    "backslash in single quotes": "set_identifier: 'a\\x41'\nrouting: multivalue\nname: group.ec2.example.com\n",
    "backslash": "set_identifier: a\\b\nrouting: multivalue\nname: group.ec2.example.com\n",
    "colon in a value": "set_identifier: a:b\nrouting: multivalue\nname: group.ec2.example.com\n",
    "blanks at both ends": "set_identifier: ' a '\nrouting: multivalue\nname: group.ec2.example.com\n",
    "number in quotes": "ttl: '77'\n", "number in octal": "ttl: 077\n", "number as a float": "ttl: 77.0\n",
    "number with an underscore": "ttl: 7_7\n", "number in hexadecimal": "ttl: 0x4d\n",
    "sexagesimal": "ttl: 1:17\n", "plus": "ttl: +77\n", "truth in quotes": "owner_record: 'yes'\n",
    "on": "owner_record: on\n", "y": "owner_record: y\n", "truth in capitals": "owner_record: TRUE\n",
    "number as a name": "name: 123\n", "number as a name in quotes": "name: '123'\n",
    "no as a name": "name: no\n", "null as a name": "name: ~\n", "empty name": "name: ''\n",
    "date as a name": "name: 2026-01-01\n", "infinity as a name": "name: .inf\n",
    "version as a name": "name: 1.2.3\n", "text that ends in a colon": "name: 'www:'\n",
    "percent": "set_identifier: 100%s\nrouting: multivalue\nname: group.ec2.example.com\n",
    "templates": "set_identifier: '{{ v1.region }} ${HOME} $(id) `id` @line@'\nrouting: multivalue\nname: group.ec2.example.com\n",
    # flow style and JSON
    "flow": "{zone: ec2.example.com, ttl: 77, action: CREATE}\n",
    "JSON": json.dumps({"zone": "ec2.example.com", "ttl": 77, "action": "CREATE", "types": ["A"]}),
    "JSON in lines": json.dumps({"ttl": 77, "types": ["A", "AAAA"]}, indent=2),
    "JSON in tabs": json.dumps({"ttl": 77, "types": ["A", "AAAA"]}, indent="\t"),
    "JSON without blanks": '{"ttl":77,"action":"CREATE"}', "JSON in one string": '"ttl: 77"',
    "JSON with a comma": '{"ttl": 77,}', "JSON that escapes": '{"\\u0074tl": 77}',
    "flow in a block": "types: [A,\n  AAAA]\nttl: 77\n", "empty flow": "{}", "empty list": "types: []\n",
    "flow with a pair": "[ttl: 77]\n", "list in a list": "types: [[A]]\n",
    "list by lines": "types:\n- A\n- AAAA\n", "list of blanks": "types: ['A AAAA']\n",
    "list of one with blanks": "types: [' A']\n", "explicit key": "? action\n: CREATE\n",
    "explicit key alone": "? action\n", "flow with tabs": "{action:\tCREATE}\n",
    # anchors, aliases, tags, merge keys
    "anchor": "action: &a CREATE\n", "alias": "set_identifier: &n www\nhealth_check_id: *n\nrouting: multivalue\n",
    "alias of a list": "types: &t [A]\n", "anchor of all": "&all\naction: CREATE\n",
    "alias as a key": "name: &ttl ttl\n*ttl : 77\n", "anchor that is unused": "ttl: &x 77\n",
    "alias of none": "ttl: *x\n", "merge key": "<<: {action: CREATE}\nttl: 77\n",
    "merge key in quotes": "'<<': {action: CREATE}\n",
    "tag of a text": "name: !!str www\n", "tag of a text on a number": "name: !!str 123\n",
    "tag of a number": "ttl: !!int '77'\n", "tag of a float": "ttl: !!float 77\n",
    "tag of its own": "name: !ours www\n", "tag of all": "--- !!map\naction: CREATE\n",
    "tag by its address": "name: !<tag:yaml.org,2002:str> www\n", "no tag": "name: ! www\n",
    "binary": "name: !!binary d3d3\n", "tag of a set": "!!set {ttl}\n",
    "ordered map": "!!omap [ttl: 77]\n",
    # block scalars and lines
    "literal": "name: |\n  www\n", "literal, stripped": "name: |-\n  www\n",
    "literal, kept": "name: |+\n  www\n\n", "literal with a depth": "name: |1-\n  www\n",
    "folded": "name: >-\n  www\n", "folded in two lines": "set_identifier: >-\n  a\n  b\nrouting: multivalue\nname: group.ec2.example.com\n",
    "literal in two lines": "set_identifier: |-\n  a\n  b\nrouting: multivalue\nname: group.ec2.example.com\n",
    "plain in two lines": "set_identifier: a\n  b\nrouting: multivalue\nname: group.ec2.example.com\n",
    "quoted in two lines": "set_identifier: 'a\n\n  b'\nrouting: multivalue\nname: group.ec2.example.com\n",
    "literal number": "ttl: |-\n  77\n", "indented": "   action: CREATE\n   ttl: 77\n",
    "tab as a depth": "\taction: CREATE\n", "tab behind a colon": "action:\tCREATE\n",
    "tab at the end": "action: CREATE\t\n", "two depths": "action: CREATE\n ttl: 77\n",
    "blank lines in front": "\n \n\n  action: CREATE\n", "blanks at the end": "action: CREATE  \n  ",
    "no blank behind a colon": "action:CREATE\n", "no-break space": "action:\u00a0CREATE\n",
    "no-break space behind": "action: CREATE\u00a0\n", "long line": f"action: CREATE # {'x' * 2000}\n",
    "zero-width space": "name: ww\u200bw\n", "many blank lines": "\n" * 300 + "action: CREATE\n",
    # documents
    "start": "---\naction: CREATE\n", "start and end": "---\naction: CREATE\n...\n",
    "end": "action: CREATE\n...\n", "start at the end": "action: CREATE\n---\n",
    "start in one line": "--- {action: CREATE}\n", "end in the middle": "action: CREATE\n...\nttl: 77\n",
    "two documents": "ttl: 77\n---\naction: CREATE\n", "two empty ones": "---\n---\n",
    "empty one first": "--- # none\n---\naction: CREATE\n", "version": "%YAML 1.1\n---\naction: CREATE\n",
    "newer version": "%YAML 1.2\n---\naction: CREATE\n", "version of another": "%YAML 3.0\n---\nttl: 77\n",
    "version without a start": "%YAML 1.1\naction: CREATE\n", "handle": "%TAG ! tag:example.com:\n---\nttl: 77\n",
    "end and comment": "action: CREATE\n... # end\n", "start in quotes": "set_identifier: '\n---\n'\n",
    "start in a literal": "set_identifier: |-\n  ---\n  ...\nrouting: multivalue\nname: group.ec2.example.com\n",
    "end in front": "...\naction: CREATE\n", "nothing": "", "one line end": "\n", "start alone": "---",
    # keys
    "twice": "ttl: 77\nttl: 78\n", "twice the same": "ttl: 77\nttl: 77\n",
    "twice, one in quotes": "ttl: 77\n\"ttl\": 78\n", "twice, one escaped": 'ttl: 77\n"\\x74tl": 78\n',
    "unknown": "ttll: 77\n", "in capitals": "TTL: 77\n", "with a blank": "'ttl ': 77\n", "null as a key": "~: 1\n",
    "without a value": "ttl:\n", "empty zone": "zone: ''\n", "map as a value": "ttl: {a: 1}\n", "map as a key": "{a: 1}: 77\n",
    "list of all": "- ttl: 77\n", "text of all": "ttl\n", "null of all": "~\n", "deep": "ttl: " + "[" * 40,
    # values at their edges
    "name in capitals": "name: WWW\n", "name with a dot": "name: www.ec2.example.com.\n",
    "name of a star": "name: '*'\n", "star as an alias": "name: *\n", "name of the zone": "name: ec2.example.com\nzone: ec2.example.com\n",
    "name outside": "name: a.b.\nzone: ec2.example.com\n", "name of two dots": "name: a..b\n", "name with accents": "name: bücher\n",
    "long name": f"name: {'a' * 63}\n", "name too long": f"name: {'a' * 64}\n",
    "placeholders": "name: '{instance-id}-{tag:role}'\n", "placeholder in a flow": "name: {instance-id}\n",
    "placeholder of none": "name: '{tag:none}'\n", "unknown placeholder": "name: '{hostname}'\n", "tag with blanks": "name: '{tag:a b}'\n",
    "zone with a dot": "zone: EC2.example.com.\n", "zone of two dots": "zone: a..b\n", "no such zone": "zone: example.org\n",
    "private zone": "zone: internal.example.com\nname: www\naddress: private\n", "most of a TTL": "ttl: 2147483647\n", "TTL too large": "ttl: 2147483648\n",
    "TTL of none": "ttl: 0\n", "TTL below none": "ttl: -1\n", "weight": "routing: weighted\nweight: 255\nowner_record: true\n",
    "weight too large": "routing: weighted\nweight: 256\n", "identifier with accents": "set_identifier: ü\nrouting: multivalue\nname: group.ec2.example.com\n",
    "long identifier": f"set_identifier: {'a' * 128}\nrouting: multivalue\nname: group.ec2.example.com\n", "identifier too long": f"set_identifier: {'a' * 129}\nrouting: multivalue\nname: group.ec2.example.com\n",
    "identifier of a number": "set_identifier: '1'\nrouting: multivalue\nname: group.ec2.example.com\n", "identifier that is a number": "set_identifier: 1\nrouting: multivalue\nname: group.ec2.example.com\n",
    "both types": "types: [AAAA, A]\n", "a type twice": "types: [A, A]\n", "another type": "types: [MX]\n",
    "type without a list": "types: A\n", "no such zone id": "zone_id: Z1\n", "zone id in small letters": "zone_id: z1\n",
    "timeout of none": "timeout: 0\n", "proxy of another kind": "proxy: ftp://x\n", "proxy that is none": "proxy: http://127.0.0.1:1\ntimeout: 1\n",
    "grace": "grace: 1\n", "grace without end": "grace: 86401\n", "group": "name: web\nzone: ec2.example.com\nrouting: multivalue\nowner_record: true\nttl: 10\n",
    # not embedded
    "wait": "wait: yes\n", "records": "zone: ec2.example.com\nrecords: [{name: www}, {name: api}]\n", "role_arn": "role_arn: arn:aws:iam::123456789012:role/dns\n",
    "external_id": "external_id: '42'\n", "take_over": "take_over: gone\n", "wait, but not": "wait: no\n",
    "default that is not embedded": "take_over: never\n", "records in JSON": '{"zone": "ec2.example.com", "records": [{"name": "www"}]}',
}
NASTY = {**dict(in_encodings()), **dict(with_ends()),
         **{name: text.encode() for name, text in OTHERS.items()}}


# The random ones.

class Author:
    """Writes settings, as people and programs might."""

    VALUES = {
        "name": ["www", "WWW", "a.b", "www.ec2.example.com.", "*", "_sip._tcp", "123", "no", "a b", "",
                 "x" * 64, "{instance-id}", "{tag:role}-{az}", "{local-ipv4}", "{nothing}", "webdev1"],
        "zone": ["ec2.example.com"] * 6 + ["EC2.example.com.", "internal.example.com", "a..b", "org"],
        "zone_id": ["ZONE", "ZONE", "/hostedzone/ZONE", "Z1", "z"],
        "visibility": ["public", "private", "both"], "ttl": [0, 1, 77, 86400, 2147483647, -1, "5m"],
        "action": ["CREATE", "CREATE", "UPSERT", "create", "DELETE"],
        "address": ["public", "private", "any"],
        "types": [["A"], ["AAAA"], ["A", "AAAA"], ["AAAA", "A"], [], ["A", "A"], "A"],
        "owner_record": [True, False, "yes", "on", "Off", 1],
        "routing": ["simple", "multivalue", "weighted", "latency"], "weight": [0, 1, 255, 256],
        "set_identifier": ["a", "a b", "a: b", "a #b", "it's", '"', "\\", "ü", "1", "~", "- a", "{a}",
                           "x" * 128, "x" * 129, "&a", "!a", "%a", "@a", "a\nb", " a ", "---", "..."],
        "health_check_id": ["0123-abcd", "a_b"], "grace": [0, 1, 86400], "timeout": [60, 300, 0],
        "wait": [True, False], "take_over": ["never", "gone"], "external_id": ["42", "ab"],
        "colour": ["red"], "": [1]}
    USUAL = [key for key in VALUES if key not in ("wait", "take_over", "external_id", "colour", "")]

    def __init__(self, seed):
        self.dice = random.Random(seed)

    def value(self, key):
        """One of the key's, mostly one that is right."""
        values = self.VALUES[key]
        usual = values[:max(1, len(values) * 2 // 3)]
        return self.dice.choice(values if self.dice.random() < .12 else usual)

    def settings(self):
        """A map of settings: those that go together with routing, often."""
        keys = self.dice.sample(self.USUAL, self.dice.randrange(1, 6))
        if self.dice.random() < .06:
            keys.append(self.dice.choice(list(self.VALUES)))
        made = {key: self.value(key) for key in keys}
        if {"set_identifier", "weight", "health_check_id"} & set(made) and self.dice.random() < .8:
            made["routing"] = "weighted" if "weight" in made else "multivalue"
            made["name"] = "group"
        if self.dice.random() < .25:
            made["action"] = "CREATE"
        return made

    def quoted(self, text):
        """A text in double quotes, some of its characters escaped."""
        made = ""
        for one in text:
            chance = self.dice.random()
            if one in '"\\' or not one.isprintable():
                made += {'"': '\\"', "\\": "\\\\", "\n": "\\n"}.get(one, f"\\u{ord(one):04x}")
            elif chance < .1:
                made += f"\\x{ord(one):02x}" if ord(one) < 256 else one
            elif chance < .12:
                made += "\\\n      " + ("\\" if one == " " else "") + one
            else:
                made += one
        return f'"{made}"'

    def scalar(self, value):
        """A value, in one of its styles."""
        if isinstance(value, list):
            return "[" + self.dice.choice([",", ", ", " ,\n    "]).join(map(self.scalar, value)) + "]"
        if isinstance(value, bool):
            return self.dice.choice(["yes", "true", "True", "on"] if value else ["no", "false", "Off"])
        if isinstance(value, int):
            return f'"{value}"' if self.dice.random() < .04 else str(value)
        style = self.dice.random()
        if style < .15:
            return self.quoted(value)
        if style < .3:
            return "'" + value.replace("'", "''") + "'"
        if style < .35:
            return json.dumps(value, ensure_ascii=self.dice.random() < .5)
        if style < .38:
            return f"!!str {self.quoted(value)}"
        if style < .41:
            return f"&a{self.dice.randrange(9)} {self.quoted(value)}"
        if style < .44 and value.strip():
            return f"|-\n    {value}"
        return value

    def lines(self, settings):
        """In block style, with comments in between."""
        depth = " " * self.dice.choice([0, 0, 0, 1, 3])
        for key, value in settings.items():
            while self.dice.random() < .25:
                yield depth + self.dice.choice(["# ours", "", "   # more: # of it", "# ü", "#", "# 'a"])
            word = self.dice.choice([key] * 6 + [f'"{key}"', f"'{key}'", self.quoted(key), f"? {key}\n"])
            text = self.scalar(value)
            comment = "" if self.dice.random() < .8 or text.startswith("|") else " # \"why"
            yield f"{depth}{word}:{self.dice.choice(['', '', ' ', chr(9)])} {text}{comment}"

    def text(self):
        """A whole text, in bytes."""
        settings = self.settings()
        style = self.dice.random()
        if style < .1:
            text = json.dumps(settings, indent=self.dice.choice([None, 1]),
                              ensure_ascii=self.dice.random() < .5) + "\n"
        elif style < .2:
            items = [f"{key}: {self.scalar(value)}".replace("|-\n    ", "")
                     for key, value in settings.items()]
            text = "{" + self.dice.choice([", ", ",\n "]).join(items) + "}\n"
        else:
            text = "\n".join(self.lines(settings)) + "\n" * self.dice.choice([0, 1, 1, 1, 3])
        if self.dice.random() < .1:
            text = self.dice.choice(["---\n", "%YAML 1.1\n---\n", "--- # one\n", "...\n"]) + text
        if self.dice.random() < .1:
            text += self.dice.choice(["...\n", "---\n", "... # end\n", "---\nttl: 5\n"])
        if self.dice.random() < .25:
            text = text.replace("\n", self.dice.choice(["\r\n", "\r\n", "\r", "\x85", "\u2028"]))
        codec = self.dice.choice(["utf-8"] * 8 + ["utf-8-sig", "utf-16", "utf-16-be", "latin-1"])
        return (b"\xfe\xff" * (codec == "utf-16-be")) + text.encode(codec, "replace")


# The world, and the two ways.

class World:
    """An instance whose name another one has, and the settings' two ways into it."""

    def __init__(self, emulator, code, folder):
        self.emulator, self.code, self.folder = emulator, code, folder
        self.zone = emulator.hosted_zone("ec2.example.com", zone_id="ZONE")
        self.private = emulator.hosted_zone("internal.example.com", private=True)
        instance = emulator.instance(public_ipv4="54.123.123.123", ipv6="2001:db8::17",
                                     tags={"dnsname": NAME, "role": "web"})
        self.run = Runner(emulator, instance, folder)
        self.mkuserdata = module()
        self.mkuserdata.BUILD = BUILD
        self.programs, self.options, self.seen, self.embedded = {}, {}, {}, 0
        for kind in KINDS:
            self.programs[kind] = folder / kind
            self.programs[kind].write_bytes(lzma.decompress(PACKED[kind].read_bytes()))
            self.programs[kind].chmod(0o755)
            self.options[kind] = self.mkuserdata.parse([
                "--check-with", str(BUILD / "bootname"), *["--systemd"] * (kind == "service"),
                str(folder / "my.yaml")])

    def prepare(self):
        """As it is before each run."""
        for zone in self.zone, self.private:
            for record_set in zone.record_sets():
                if record_set.type not in ("NS", "SOA"):
                    zone.delete(record_set.name, record_set.type)
        self.zone.put(NAME, "A", ["192.0.2.1"], ttl=300)
        self.zone.put("_bootname." + NAME, "TXT", [heritage(OTHER)], ttl=300)
        self.run.state.unlink(missing_ok=True)
        self.emulator.requests.clear()

    def outcome(self, *arguments, program=None, config=""):
        """How a run ends."""
        self.prepare()
        with pytest.MonkeyPatch.context() as patch:
            if program:
                patch.setenv("BOOTNAME", str(program))
            result = self.run(*arguments, config=config)
        # What an embedded program says is shorter; it fails at the same stage.
        stage = result.stderr.split(": ")[1:2]
        sent = [(request.target, request.body) for request in self.emulator.requests
                if request.method == "POST"]
        return (result.status, result.stdout, stage, sent, self.zone.record_sets(),
                self.private.record_sets())

    def accepted(self, kind, text):
        """The forms of the settings that mkuserdata may embed; or its message and exit status."""
        file = self.folder / "my.yaml"
        file.write_bytes(text)
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            try:
                return self.mkuserdata.read_settings(self.options[kind], self.folder), None
            except SystemExit as end:
                return [], (end.code, told.getvalue())

    def cloud_configs(self, kind, text):
        """What cloud-init makes of each user-data with these settings: alone and in a multipart."""
        packed = self.mkuserdata.XZ + b"the program"
        for mime in False, True:
            options = argparse.Namespace(**{**vars(self.options[kind]), "mime": mime})
            made = self.mkuserdata.user_data(text, options, packed)
            yield self.code.cloud_config(made, self.folder)

    def booted(self, kind, config):
        """How the embedded program ends with it; once for each."""
        if (kind, config) not in self.seen:
            self.seen[kind, config] = self.outcome(program=self.programs[kind], config=config)
        return self.seen[kind, config]

    def differences(self, text, kinds=KINDS):
        """Whatever is not the same, in words."""
        file = self.folder / "own.yaml"
        file.write_bytes(text)
        whole = self.outcome("-c", file)
        for kind in kinds:
            forms, refused = self.accepted(kind, text)
            if refused and not (refused[0] == 78 and (whole[0] == 78 or LACKING in refused[1])):
                yield f"{text!r} for {kind}: refused: {refused}, and not by the whole: {whole}"
            self.embedded += bool(forms)
            for form in forms:
                for config in self.cloud_configs(kind, form):
                    if (got := self.booted(kind, config)) != whole:
                        yield f"{text!r} as {form!r} for {kind}: {got}, not {whole}"


@pytest.fixture(scope="module")
def world(tmp_path_factory, authority):
    """One for all texts."""
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch, cloud_init() as code:
        patch.setattr(Authority, "create", copy_of(authority))
        with Emulator() as emulator:
            yield World(emulator, code, folder)


def copy_of(authority):
    """What makes an authority that is there already."""
    return lambda self: shutil.copytree(authority.directory, self.directory, symlinks=True,
                                        dirs_exist_ok=True)


@pytest.mark.thorough(but=["tag", "JSON", "null", "plain"])
@pytest.mark.parametrize("name", NASTY)
def test_nasty_settings_end_the_same(world, name):
    assert not "\n".join(world.differences(NASTY[name]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", [
    "zone: ec2.example.com\nttl: 77\n", "# für uns\nzone: 'ec2.example.com' # ü\nttl: 77\n",
    "\ufeffttl: 77\n".encode("utf-16-le")], ids=["ASCII", "accents", "UTF-16"])
def test_the_user_data_of_the_command_end_the_same(world, tmp_path, kind, settings):
    """From gzip to the program that unpacks itself, with nothing left out. Whether EC2 takes so
    much is the matter of other tests."""
    file = tmp_path / "my.yaml"
    file.write_bytes(settings if isinstance(settings, bytes) else settings.encode())
    made = subprocess.run(
        [sys.executable, TOP / "cloud-config/mkuserdata", "--plain", "--check-with",
         BUILD / "bootname", *["--systemd"] * (kind == "service"), file], check=True, capture_output=True,
        env={**os.environ, "BOOTNAME_BUILD": str(BUILD)})
    config = world.code.cloud_config(gzip.compress(made.stdout), tmp_path)
    write_files(config, tmp_path)
    hook = tmp_path / "var/lib/cloud/scripts/per-boot/50-bootname"
    whole = world.outcome("-c", file)
    assert hook.read_bytes().startswith(b"#!/bin/sh\n")
    for _ in "first boot", "reboot":
        assert world.outcome(program=hook, config=config) == whole
        assert hook.read_bytes() == world.programs[kind].read_bytes()
    assert whole[0] == 0 and world.zone.find(NAME, "A").ttl == 77


@pytest.mark.thorough(but=["14"])
@pytest.mark.parametrize("block", range(15))
def test_random_settings_end_the_same(world, block):
    """25 texts a block; every other one for --systemd."""
    author, world.embedded = Author(block), 0
    told = [difference for number in range(25)
            for difference in world.differences(author.text(), [KINDS[number % 2]])]
    assert not "\n".join(told)
    assert world.embedded >= 2, "nearly all were refused"
