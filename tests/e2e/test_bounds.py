"""Whatever is read, and however much: a bounded memory, a clean error, no signal."""

import os

import pytest
from aws import Answer
from conftest import ONCE, ROOT, helper, put_owned

MEMORY_KIB = 40 * 1024
PRELOAD = ROOT / os.environ.get("B", "build") / "tests" / "allocations.so"
SIZE = 10 * 1024 * 1024
MIB = 1024 * 1024
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
TAGS, STATES, ROLE = "DescribeTags", "DescribeInstances", "AssumeRole"
CREDENTIALS = {"path": "security-credentials/bootname-role"}
OTHER, ARN = "i-0aaaaaaaaaaaaaaa1", "arn:aws:iam::123456789012:role/dns"


def is_measurable():
    """Whether the program runs as it is: neither in valgrind nor with a sanitizer's memory."""
    command = helper()
    with open(command[-1], "rb") as program:
        return len(command) == 1 and b"__asan_init" not in program.read()


@pytest.fixture
def bounded(run, zone, instance, emulator, tmp_path):
    """As `run`, and the memory is bounded: bounded(status, settings=...); None: any status.

    lost: bytes that are lost on purpose, beyond the bound.
    """
    measured = is_measurable()
    emulator.roles[ARN] = {"zones": [zone]}
    instance.tags_in_metadata = False
    told = tmp_path / "told"

    def runner(status, *arguments, lost=0, **options):
        env = {"LD_PRELOAD": str(PRELOAD), "ALLOCATIONS_COUNT": str(told),
               "ALLOCATIONS_LEAK": str(lost or "")} if measured else None
        result = run(*arguments, env=env, **options)
        assert status in (None, result.status), result
        if measured:
            peak = int(told.read_text().split()[1])
            assert 0 < peak - lost // 1024 < MEMORY_KIB, (peak, result)
        return result
    return runner


def test_memory_is_measured(bounded):
    """Else all below would pass."""
    if not is_measurable():
        pytest.skip("memory is not measured: the wrapper or sanitizer has its own")
    bounded(0, lost=64 * MIB)


# Too much

SERVICES = {"token": {"path": "api/token"}, "document": {"path": "instance-identity"},
            "address": {"path": "public-ipv4"}, "credentials": CREDENTIALS,
            "Route 53": {"operation": LIST}, "record sets": {"operation": READ},
            "change": {"operation": CHANGE}, "EC2": {"operation": TAGS},
            "STS": {"operation": ROLE}}
ALL = f"action: CREATE\nrole_arn: {ARN}\ntimeout: 15"


@pytest.mark.parametrize("where", SERVICES.values(), ids=SERVICES)
@pytest.mark.parametrize("fault", [
    {"action": "big", "size": SIZE}, {"action": "endless"}, {"action": "endless", "status": 400},
    {"action": "big", "size": SIZE, "body": "<a>"}],
    ids=["10 MB", "endless", "endless error", "10 MB of elements"])
def test_too_large_an_answer_takes_no_memory(bounded, emulator, where, fault):
    emulator.faults.add(times=None, **where, **fault)
    assert "larger than" in bounded(65, settings=ALL).stderr


# Heads and trailers without an end

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
HEADS = {
    "headers": (HEAD, b"X: y\r\n"),
    "long headers": (HEAD, b"X: " + b"y" * 1000 + b"\r\n"),
    "folded headers": (HEAD + b"X: y\r\n", b" z\r\n"),
    "trailers": (CHUNKED + b"1\r\na\r\n0\r\n", b"X: y\r\n"),
    "trailers behind nothing": (CHUNKED + b"0\r\n", b"Host: y\r\n"),
    "other answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"),
    "one header": (HEAD + b"X: ", b"y"),
    "a status line": (HEAD[:-2], b" "),
}
# libcurl keeps none of these, and they end with the try.
LINES = {
    "one trailer": (CHUNKED + b"0\r\nX: ", b"y"),
    "one chunk's extension": (CHUNKED + b"1;", b"x"),
    "chunks' extensions": (CHUNKED, b"1;" + b"x" * 1000 + b"\r\na\r\n"),
    "one chunk's length": (CHUNKED, b"0"),
    "no HTTP": (b"", b"x"),
    "lines without a colon": (HEAD, b"x\r\n"),
}
TALKERS = {"token": {"path": "api/token"}, "credentials": CREDENTIALS,
           "Route 53": {"operation": LIST}, "change": {"operation": CHANGE}}


def flooded(first, repeated):
    """The fault of an answer that begins so, and never ends."""
    return {"action": "callback", "times": None, "function": lambda request, proceed: Answer(
        0, first, delivery="raw", repeated=repeated)}


@pytest.mark.parametrize("where", TALKERS.values(), ids=TALKERS)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_head_without_an_end(bounded, emulator, head, where):
    emulator.faults.add(**flooded(*head), **where)
    assert "headers larger than 65536 bytes" in bounded(65, settings=ALL).stderr


@pytest.mark.thorough(but=["one trailer"])
@pytest.mark.parametrize("where", ["token", "Route 53"])
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_line_without_an_end(bounded, emulator, line, where):
    emulator.faults.add(**flooded(*line), **TALKERS[where])
    result = bounded(None, settings=ALL.replace("15", "2"))
    assert result.status in (65, 75)


@pytest.mark.thorough(but=["trailers", "one header"])
@pytest.mark.parametrize("where", ["token", "Route 53"])
@pytest.mark.parametrize("head", [*HEADS.values(), *LINES.values()], ids=[*HEADS, *LINES])
def test_the_program_in_user_data_is_bounded(bounded, emulator, embedded, head, where):
    emulator.faults.add(**flooded(*head), **TALKERS[where])
    assert bounded(None, settings="timeout: 2").status in (65, 71, 75)


def test_settings_of_10_mb(bounded, run):
    text = "name: web1.ec2.example.com\n#" + "x" * SIZE
    bounded(78, "-c", run.file(text))
    bounded(78, settings=text)


# One MiB of the worst, which is taken

def repeated(piece, size=MIB - 100):
    """A piece as often as it fits."""
    return piece * (size // len(piece))


DOCTYPE = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
BOMB = '<!DOCTYPE a [<!ENTITY b0 "bbbbbbbbbb">' + "".join(
    f'<!ENTITY b{i + 1} "{f"&b{i};" * 10}">' for i in range(9)) + "]><a>&b9;</a>"
XML = {
    "nothing": b"", "deep": repeated("<a>"), "33 deep": "<a>" * 33 + "</a>" * 33,
    "open comment": "<a><!--" + repeated("b"), "open text": "<a>" + repeated("b"),
    "open CDATA": "<a><![CDATA[" + repeated("]]"),
    "DOCTYPE": DOCTYPE, "DOCTYPE in lower case": DOCTYPE.lower(),
    "DOCTYPE behind a blank": DOCTYPE.replace("<!", "<! "),
    "DOCTYPE behind a comment": "<!-- -->\n" + DOCTYPE,
    "DOCTYPE with line feeds": DOCTYPE.replace(" ", "\n"),
    "DOCTYPE with a byte order mark": b"\xef\xbb\xbf" + DOCTYPE.encode(),
    "DOCTYPE in UTF-16": DOCTYPE.encode("utf-16"),
    "DOCTYPE in UTF-16-LE": DOCTYPE.encode("utf-16-le"),
    "DOCTYPE in UTF-16-BE": DOCTYPE.encode("utf-16-be"),
    "DOCTYPE in UTF-7": b"<?xml version='1.0' encoding='UTF-7'?>" + DOCTYPE.encode("utf-7"),
    "bomb": BOMB, "bomb in UTF-16": BOMB.encode("utf-16"),
    "NUL": b"<a>\0</a>", "NUL behind": b"<a/>\0", "not UTF-8": b"<a>\xff\xfe</a>",
    "surrogates": b"<a>\xed\xa0\x80</a>",
}


@pytest.mark.thorough(but=["bomb", "33 deep", "nothing"])
@pytest.mark.parametrize("body", XML.values(), ids=XML)
@pytest.mark.parametrize("operation", [LIST, TAGS, ROLE])
def test_xml_that_is_none(bounded, emulator, operation, body):
    emulator.faults.add(operation=operation, status=200, body=body, times=None)
    bounded(65, settings=ALL)


@pytest.mark.parametrize("body", ["DOCTYPE", "bomb in UTF-16", "deep", "NUL"])
def test_an_error_of_such_xml(bounded, emulator, body):
    emulator.faults.add(operation=CHANGE, status=400, body=XML[body], times=None)
    assert bounded(65, settings=ALL).stderr.endswith(f"{CHANGE}: HTTP 400\n")


ROOT = LIST + "Response"        # of an answer that is AWS's


@pytest.mark.parametrize("body", [
    f"<{ROOT}" + repeated("b") + "/>", f'<{ROOT} b="' + repeated("c") + '"/>',
    f"<{ROOT} " + "".join(f"b{i}='' " for i in range(90000)) + "/>",
    f"<{ROOT}>" + "".join(f"<b{i:x}/>" for i in range(110000)) + f"</{ROOT}>",
], ids=["long name", "long attribute", "attributes", "ever new elements"])
def test_xml_that_takes_much_memory(bounded, emulator, body):
    emulator.faults.add(operation=LIST, status=200, body=body, times=None)
    bounded(69, settings="timeout: 15")


@pytest.mark.parametrize("piece", ["<a/>", "<HostedZone/>", "<HostedZone><Id>Z1</Id></HostedZone>",
                                   "<b>&lt;</b>", "\n"])
def test_a_long_list_of_zones_takes_no_memory(bounded, emulator, piece):
    body = f"<{ROOT}>" + repeated(piece) + f"</{ROOT}>"
    emulator.faults.add(operation=LIST, status=200, body=body, times=None)
    bounded(65 if piece == "<HostedZone/>" else 69, settings="timeout: 15")


# YAML, and JSON

ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + last] * 9)}]\n"
    for last, name in zip("abcdefgh", "bcdefghi"))
YAML = {
    "deep": "ttl: " + repeated("["), "deep map": repeated("{a: "), "deep keys": repeated("? "),
    "deep lists": repeated("- "),
    "aliases": ALIASES, "alias": "name: &a web1\nzone: *a", "anchor": "name: &" + repeated("a"),
    "long key": repeated("k") + ": 1", "long value": "name: " + repeated("v"),
    "long quotes": 'name: "' + repeated("\\x41") + '"', "open quotes": 'name: "' + repeated("v"),
    "open tag": "name: !<" + repeated("t"), "NUL": b"name: a\0b",
    "escaped NUL": 'name: "a\\0b"', "not UTF-8": b"name: \xff\xfe",
    "not UTF-8 in a comment": b"# \xff\nname: a", "surrogates": b"name: \xed\xa0\x80",
    "UTF-16": "unknown: 1".encode("utf-16"), "many documents": repeated("---\n"),
}


@pytest.mark.parametrize("text", YAML.values(), ids=YAML)
def test_settings_that_are_none(bounded, run, text):
    bounded(78, "-c", run.file(text))


@pytest.mark.parametrize("name", [name for name, text in YAML.items() if isinstance(text, str)
                                  and not name.startswith(("alias", "long", "anchor"))])
def test_a_cloud_config_that_is_none(bounded, name):
    bounded(78, config="#cloud-config\nother:\n  " + YAML[name])


@pytest.mark.parametrize("text", [ALIASES, "long: " + repeated("v"), "- [a, *b]\n",
                                  repeated("a: 1\n"), "list: [" + repeated("a,") + "]"],
                         ids=["aliases", "long value", "no map", "long map", "long list"])
def test_what_else_a_cloud_config_holds_does_not_matter(bounded, text):
    bounded(0, config="#cloud-config\n" + text)


JSON = {"deep": repeated("["), "deep map": repeated('{"a":'), "aliases": ALIASES,
        "NUL": b'{"AccessKeyId": "a\0"}', "not UTF-8": b'{"AccessKeyId": "\xff"}',
        "no map": "[1, 2]", "long": '{"Token": "' + "t" * 60000 + '"}'}


@pytest.mark.parametrize("body", JSON.values(), ids=JSON)
def test_credentials_that_are_none(bounded, emulator, body):
    body = body if isinstance(body, bytes) else body.encode()
    large = len(body) > 65536 or b"\0" in body
    emulator.faults.add(status=200, body=body, times=None, **CREDENTIALS)
    bounded(65 if large else 77, settings=ONCE)


# Tags and names

@pytest.mark.parametrize("tag", [b"web\0", b"web\xff\xfe", b"\xed\xa0\x80", b"web\r\nX-A: b",
                                 b"w" * 64, b"w." * 128, b"w." * 30000, b"", b"."],
                         ids=["NUL", "not UTF-8", "surrogates", "header", "64 bytes", "256 bytes",
                              "60 KB", "empty", "dot"])
def test_a_tag_that_is_no_name(bounded, emulator, instance, tag):
    instance.tags_in_metadata = True
    emulator.faults.add(path="tags/instance/dnsname", status=200, body=tag, times=None)
    bounded(65, settings="ttl: 60")


@pytest.mark.parametrize("name", ["web\\040", "\\052\\052.ec2", "w." * 200, "w" * 12000, "\u00fc"],
                         ids=["escape", "two wildcards", "long", "long label", "letter of UTF-8"])
def test_zones_whose_names_cannot_be_ours_do_not_count(bounded, emulator, name):
    zones = "".join(f"<HostedZone><Id>/hostedzone/Z{i}</Id><Name>{name}.com.</Name>"
                    "<Config><PrivateZone>false</PrivateZone></Config></HostedZone>"
                    for i in range(20))
    emulator.faults.add(operation=LIST, status=200, body=f"<{ROOT}>{zones}</{ROOT}>", times=None)
    bounded(69, settings="timeout: 15")


def test_states_that_are_none_give_no_claim(bounded, emulator, zone, instance):
    instance.tags_in_metadata = True
    put_owned(zone, "webdev1.ec2.example.com", OTHER, "192.0.2.1")
    before = zone.values("webdev1.ec2.example.com", "A")
    for body in (BOMB, repeated("<a>"), b"<a>\0", BOMB.encode("utf-16")):
        emulator.faults.add(operation=STATES, status=200, body=body)
        bounded(65, settings="action: CREATE\ntake_over: stopped")
    assert zone.values("webdev1.ec2.example.com", "A") == before
