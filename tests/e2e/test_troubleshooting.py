"""Hold docs/troubleshooting.md against the code: each message has an entry, and each entry is one.

A message is made of texts: one that begins it, and those that are added. A text has conversions,
for which an entry has a word in capitals, a number, or a text of the code that is inserted there.
"""

import ast
import os
import pathlib
import re
from collections import namedtuple

import pytest
from conftest import ROOT

TOP = pathlib.Path(__file__).parents[2]
# Which functions take messages, and in which argument. What stands behind a format is inserted.
BEGINS = {"errinfo_set": 1, "end_with": 0, "finding_fail": 1, "finding_warn": 0}
ADDS = {"errinfo_add": 0}
INSERTS = {"yaml_fault": 1, "yaml_fault_at": 2, "write_files_note_obstacle": 2, "is_true": 1,
           "value_fault": 1, "usage_fault": 0, "not_yet": 0, "tell": 1, "refuse_pair": 2}
# Functions that return a text to insert.
RETURNS = ("remedy_of", "text_of")
# Where lines that are no errors are put together.
LINES = {"buf_set": ("&out", "&told", "&line", "&doubt"), "buf_addf": ("&out", "&told", "&line")}

CONVERSIONS = re.compile(r"(?:%(?:\.(?:\d+|\*))?(?:l|z)?[sdu])+")
CAPITALS = r" ?\b[A-Z][A-Z0-9_]*\b|[0-9][0-9,.]*"
TOKENS = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|\w+|\S')

Texts = namedtuple("Texts", "begins adds inserts")


# ---- What the code can print. ----

def preprocessed(source):
    """A C file without macros, so that all strings of a text stand in a row."""
    return (ROOT / os.environ.get("B", "build") / f"tests/{source.stem}.i").read_text()


def arguments(tokens, at):
    """Those of the call whose parenthesis stands at a place: each as its words, and the texts in it
    that no other call takes."""
    found, depth, calls = [["", []]], 0, []
    for place in range(at, len(tokens)):
        token, former = tokens[place], tokens[place - 1]
        if token == "(":
            depth += 1
            calls.append(depth > 1 and re.fullmatch(r"\w+", former) is not None)
        elif token == ")":
            depth -= 1
            calls.pop()
            if not depth:
                return found
        elif token == "," and depth == 1:
            found.append(["", []])
        elif token[0] != '"':
            found[-1][0] += token
        elif not any(calls):
            texts = found[-1][1]
            texts[-1:] = [texts[-1] + ast.literal_eval(token)] if former[0] == '"' else [
                *texts[-1:], ast.literal_eval(token)]
    raise AssertionError("a call without an end")


def texts_of_c(code):
    """The texts in preprocessed C."""
    texts = Texts(set(), set(), set())
    tokens = TOKENS.findall(code)
    for place, name in enumerate(tokens[:-1]):
        if tokens[place + 1] != "(" or name not in {*BEGINS, *ADDS, *INSERTS, *LINES}:
            continue
        given = arguments(tokens, place + 1)
        if name in LINES and given[0][0] not in LINES[name]:
            continue
        where = {**BEGINS, **ADDS, **INSERTS, **dict.fromkeys(LINES, 1)}[name]
        for kind, functions in zip(texts, (BEGINS, ADDS, INSERTS)):
            if name in functions or (name in LINES and kind is not texts.inserts):
                kind.update(given[where][1])
        for _, strings in given[where + 1 :]:
            texts.inserts.update(strings)
    for name in RETURNS:
        for body in re.findall(rf"\b{name}\([^;{{]*\)\s*{{(.*?)\n}}", code, re.DOTALL):
            texts.inserts.update(ast.literal_eval(text) for text in TOKENS.findall(body)
                                 if text[0] == '"')
    return texts


def python_text(node, inserts):
    """An expression as a format; %s stands for what is not known before."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(python_text(value, inserts) for value in node.values)
    if isinstance(node, ast.BinOp):
        return python_text(node.left, inserts) + python_text(node.right, inserts)
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "join":
        inserts.add(node.func.value.value)
    return "%s"


def texts_of_mkuserdata(code):
    """What it prints on standard error. Inserted is what goes through the parser's error, or is in
    a list that becomes a line."""
    texts = Texts(set(), set(), set())
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("error", "ArgumentTypeError"):
                texts.inserts.add(python_text(node.args[0], texts.inserts))
            elif name == "fail" or any(keyword.arg == "file" for keyword in node.keywords):
                text = python_text(node.args[name == "fail"], texts.inserts)
                texts.begins.add(text.removeprefix("mkuserdata: "))
        elif isinstance(node, ast.FunctionDef) and node.name in ("compose", "fail_for_size"):
            texts.inserts.update(python_text(item, texts.inserts) for one in ast.walk(node)
                                 if isinstance(one, ast.List) for item in one.elts
                                 if isinstance(item, (ast.Constant, ast.JoinedStr)))
    return texts


def texts_of_fetching(code):
    """What the script of --s3 and --url says."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)
             and getattr(node.func, "id", "") == "fail"]
    return Texts({python_text(call.args[1], set()) for call in calls}, set(), set())


def texts_of_unpacking(code):
    """What the script that unpacks says."""
    return Texts({re.sub(r"\$\w+", "%s", text) for text in re.findall(r' m="(.*?)"', code)},
                 set(), set())


def texts():
    """All of it, tidied."""
    parts = [texts_of_c(preprocessed(source)) for source in sorted((TOP / "helper").glob("*.c"))]
    parts += [texts_of_mkuserdata((TOP / "cloud-config/mkuserdata").read_text()),
              texts_of_fetching((TOP / "cloud-config/fetch.py").read_text()),
              texts_of_unpacking((TOP / "cloud-config/unpack.sh").read_text())]
    return Texts(*({re.sub(r"\s+", " ", text.rstrip("\n")) for part in parts for text in part[kind]}
                   - {""} for kind in range(3)))


# ---- What the page says. ----

def entries(page):
    """Its messages: what stands as code at the beginning of an item of a list, up to a colon."""
    items = re.findall(r"(?m)^- ((?:`[^`]+`(?:,\s+)?)+):\s", page)
    return [re.sub(r"\s+", " ", span) for item in items for span in re.findall("`([^`]+)`", item)]


def said(text):
    """What a text says by itself."""
    return CONVERSIONS.sub("", text)


def pattern(text, conversion):
    return f"(?:{conversion})+".join(re.escape(part.replace("%%", "%"))
                                       for part in CONVERSIONS.split(text))


def alternatives(texts, conversion, name=""):
    """Those that say most first; each as a group NAME and its number."""
    return "|".join(f"(?P<{name}{number}>{pattern(text, conversion)})" if name
                    else pattern(text, conversion) for number, text in texts)


def faults(known, page):
    """Texts without an entry, and entries that are no message."""
    begins, adds, inserts = (
        list(enumerate(sorted(kind, key=lambda text: (-len(said(text)), text)))) for kind in known)
    conversion = "|".join(filter(None, (CAPITALS, alternatives(inserts, CAPITALS))))
    message = re.compile(f"(?:{alternatives(begins, conversion, 'b')})"
                         f"(?:{alternatives(adds, conversion, 'a') or '(?!)'})*")
    missing = {text for _, text in [*begins, *adds, *inserts] if re.search("[A-Za-z]", said(text))}
    stale = []
    for entry in entries(page):
        found = message.fullmatch(entry)
        if not found:
            stale.append(entry)
            continue
        used = {name for name, text in found.groupdict().items() if text is not None}
        missing -= {text for number, text in begins if f"b{number}" in used}
        missing -= {text for number, text in adds if f"a{number}" in used}
        missing -= {text for _, text in inserts if re.search(pattern(text, CAPITALS), entry)}
    return ([f"no entry: {text}" for text in sorted(missing)]
            + [f"no message: {entry}" for entry in stale])


@pytest.fixture(scope="module")
def known():
    return texts()


@pytest.fixture(scope="module")
def page():
    return (TOP / "docs/troubleshooting.md").read_text()


def test_every_message_has_an_entry_and_every_entry_is_a_message(known, page):
    assert faults(known, page) == []


def test_texts_are_read_as_the_compiler_reads_them(known):
    assert "the instance has no %s; give it one, or set types, address or grace" in known.begins
    assert '"%.80s" is no DNS name; correct the %s' in known.begins             # a macro in it
    assert {"tag", "; is there a route?", ": wants "} <= known.inserts          # arguments
    assert {"up", "up [--if-changed] | down"} <= known.begins                   # of ?:
    assert "^(Could|Failed|Conn)" not in known.inserts                          # another call's
    assert "cannot fetch %s: %s; nothing is run" in known.begins                # fetch.py's
    assert "cannot write %s" in known.begins                                    # unpack.sh's
    assert "without %s it is %s bytes" in known.inserts                         # mkuserdata's
    assert len(known.begins) > 60 and len(known.adds) > 10


CODE = 'int f(void) { return errinfo_set(1, "no %s " "here", x) || errinfo_add(y ? "; a" : "; b");}'
PAGE = "- `no NAME here; a`,\n  `no NAME here; b`: there is none.\n"


@pytest.mark.parametrize("code, page, wanted", [
    (CODE, PAGE, []),
    (CODE.replace("here", "there"), PAGE,
     ["no entry: ; a", "no entry: ; b", "no entry: no %s there",
      "no message: no NAME here; a", "no message: no NAME here; b"]),
    (CODE.replace('"; b"', '"; c"'), PAGE, ["no entry: ; c", "no message: no NAME here; b"]),
    (CODE, PAGE + "- `never printed`: stale.\n", ["no message: never printed"]),
    (CODE, PAGE.replace("NAME", "name"),
     ["no entry: ; a", "no entry: ; b", "no entry: no %s here",
      "no message: no name here; a", "no message: no name here; b"]),
    (CODE.replace("x)", 'x ? "one" : g("two"))'), PAGE, ["no entry: one"]),
    (CODE.replace("x)", 'x ? "one" : g("two"))'), PAGE.replace("NAME", "one", 1), []),
])
def test_what_is_missing_or_stale_is_told(code, page, wanted):
    assert faults(texts_of_c(code), page) == wanted


def test_every_stage_has_a_heading(page):
    stages = {stage for source in (TOP / "helper").glob("*.c")
              for stage in re.findall(r'errinfo\.stage = "(\w+)"', source.read_text())}
    headings = set(re.findall(r"\b\w+\b", " ".join(re.findall("(?m)^##+ (.*)", page))))
    assert "zone" in stages and stages - headings == set()


def test_every_exit_status_is_told(page):
    statuses = re.findall(r"STATUS_(?!OK)\w+ =\s+(\d+)", (TOP / "helper/errinfo.h").read_text())
    assert re.findall(r"(?m)^\| (\d+) \|", page) == ["0", *sorted(statuses)]
