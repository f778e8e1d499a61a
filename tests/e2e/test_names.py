"""Which name: from the tag, from the settings, from a template; and what is no name."""

import pytest

LONGEST_LABEL = "a" * 63
ADDRESS = "54.123.123.123"


def named(run, name, settings="zone: ec2.example.com"):
    """A run with a name in the settings."""
    return run(settings=f"name: {name}\n{settings}")


# What is no name

BAD = {
    "empty": "",
    "dot": ".",
    "leading dot": ".ec2.example.com",
    "empty label": "a..ec2.example.com",
    "two final dots": "a.ec2.example.com..",
    "64-byte label": "a" * 64 + ".ec2.example.com",
    "254 bytes": ".".join(["a" * 59] * 4) + ".ec2.example.co",
    "space": "web dev.ec2.example.com",
    "leading space": " web.ec2.example.com",
    "double quote": 'we"b.ec2.example.com',
    "single quote": "we'b.ec2.example.com",
    "backslash": "we\\052b.ec2.example.com",
    "slash": "we/b.ec2.example.com",
    "XML": "<Name>.ec2.example.com",
    "ampersand": "a&amp;b.ec2.example.com",
    "percent": "a%2e.ec2.example.com",
    "at": "web@ec2.example.com",
    "leading hyphen": "-web.ec2.example.com",
    "final hyphen": "web-.ec2.example.com",
    "inner asterisk": "web.*.ec2.example.com",
    "part asterisk": "web*.ec2.example.com",
    "non-ASCII": "m\u00fcller.ec2.example.com",
    "emoji": "\U0001f600.ec2.example.com",
}
# What may stand in a setting is known before anything is asked; what makes a name is not, for a
# tag or the zone may be part of it.
NO_CHARACTER = ("space", "leading space", "double quote", "single quote", "backslash", "slash", "XML",
                "ampersand", "percent", "at", "non-ASCII", "emoji")
BAD_IN_TAGS = {
    "newline": "web.ec2.example.com\nbootname: all is well",
    "carriage return": "web.ec2.example.com\r",
    "final newline": "web.ec2.example.com\n",
    "escape": "web\x1b[31m.ec2.example.com",
    "delete": "web\x7f.ec2.example.com",
    "no UTF-8": b"web\xff.ec2.example.com",
    "braces": "{instance-id}.ec2.example.com",
    "256 characters": "a." * 128,
}


@pytest.mark.parametrize("tag", [*BAD.values(), *BAD_IN_TAGS.values()],
                         ids=[*BAD, *BAD_IN_TAGS])
def test_a_tag_that_is_no_name(run, zone, instance, calls, tag):
    instance.tags["dnsname"] = tag
    result = run(settings="zone: ec2.example.com")
    assert result.status == 65
    assert result.stderr.startswith('bootname: name: "')
    assert " is no DNS name" in result.stderr
    assert calls("route53") == []


@pytest.mark.parametrize(("tag", "shown"), [
    ("ec2 x.example.com", "ec2 x.example.com"), ("a\\b\"c\n\u00e9\x7f.example.com", 'a\\b"c????.example.com'),
], ids=["space", "unprintable"])
def test_a_bad_name_is_quoted(run, zone, instance, tag, shown):
    instance.tags["dnsname"] = tag
    assert run().stderr == f'bootname: name: "{shown}" is no DNS name; correct the tag\n'


def test_a_tag_that_is_no_name_and_no_settings(run, zone, instance, calls):
    instance.tags["dnsname"] = "a..b"
    assert run().status == 65
    assert calls("route53") == []


def test_a_long_bad_name_is_cut(run, zone, instance):
    instance.tags["dnsname"] = "a" * 200
    result = run()
    assert '"' + "a" * 60 in result.stderr and len(result.stderr) < 300


@pytest.mark.parametrize("name", [BAD[key] for key in NO_CHARACTER], ids=NO_CHARACTER)
def test_a_setting_with_a_character_that_is_in_no_name(run, emulator, zone, name):
    result = named(run, "'" + name.replace("'", "''") + "'")
    assert result.status == 78
    assert result.stderr.startswith("bootname: settings: ")
    assert ":1:7: name: wants " in result.stderr
    assert emulator.requests == []


@pytest.mark.parametrize("name", [BAD[key] for key in BAD if key not in ("empty", *NO_CHARACTER)],
                         ids=[key for key in BAD if key not in ("empty", *NO_CHARACTER)])
@pytest.mark.parametrize("settings", ["{}", "zone: ec2.example.com"], ids=["no zone", "zone"])
def test_a_setting_that_is_no_name(run, zone, calls, name, settings):
    result = named(run, f"'{name}'", "" if settings == "{}" else settings)
    assert result.status == 78
    assert result.stderr.startswith('bootname: name: "')
    assert " is no DNS name; " in result.stderr and "; correct the name\n" in result.stderr
    assert calls("route53") == calls("ec2") == []


def test_a_bad_setting_is_quoted_as_the_zone_completes_it(run, zone):
    assert '"a..b.ec2.example.com" is no DNS name' in named(run, "a..b").stderr


def test_a_template_from_a_tag_that_makes_no_name(run, zone, instance, calls):
    instance.tags["role"] = "web server"
    result = named(run, "'{tag:role}'")
    assert result.status == 65
    assert '"web server.ec2.example.com" is no DNS name' in result.stderr
    assert result.stderr.endswith("; correct the tag\n")
    assert calls("route53") == []


@pytest.mark.parametrize("name", ["'{instance-id} x'", "'{region}..x'", "'-{az}'"])
def test_a_template_that_makes_no_name(run, zone, calls, name):
    assert named(run, name).status == 78
    assert calls("route53") == []


def test_a_name_made_too_long_by_its_zone(run, zone, calls):
    result = named(run, ".".join(["a" * 59] * 4))
    assert result.status == 78
    assert " is no DNS name; " in result.stderr
    assert calls("route53") == []


# What is one

@pytest.mark.parametrize(("tag", "name"), [
    ("webdev1.ec2.example.com.", "webdev1.ec2.example.com"),
    ("WebDev1.EC2.Example.COM", "webdev1.ec2.example.com"),
    ("ec2.example.com", "ec2.example.com"),
    ("*.web.ec2.example.com", "*.web.ec2.example.com"),
    ("*.ec2.example.com", "*.ec2.example.com"),
    ("_sip._tcp.ec2.example.com", "_sip._tcp.ec2.example.com"),
    ("a--b.1.ec2.example.com", "a--b.1.ec2.example.com"),
    (LONGEST_LABEL + ".ec2.example.com", LONGEST_LABEL + ".ec2.example.com"),
    ((LONGEST_LABEL + ".") * 3 + "b" * 45 + ".ec2.example.com",
     (LONGEST_LABEL + ".") * 3 + "b" * 45 + ".ec2.example.com"),
], ids=["final dot", "capitals", "apex", "wildcard", "wildcard at the apex", "underscore",
        "hyphens and digits", "63 bytes", "253 bytes"])
@pytest.mark.parametrize(("settings", "again"), [
    ("action: UPSERT", "to"), ("action: CREATE\nowner_record: no", "is already")],
    ids=["UPSERT", "CREATE"])
def test_names_of_every_kind(run, zone, instance, tag, name, settings, again):
    instance.tags["dnsname"] = tag
    assert run(settings=settings).stdout == f"setting {name} to {ADDRESS}\n"
    assert zone.values(name, "A") == [ADDRESS]
    assert f"{again} {ADDRESS}\n" in run(settings=settings).stdout


@pytest.mark.parametrize(("length", "status"), [(243, 0), (244, 65)])
def test_the_longest_name_with_an_owner_record(run, zone, instance, length, status):
    """_bootname. stands in front of it, and 253 bytes are the most."""
    name = ((LONGEST_LABEL + ".") * 3 + "b" * 45)[253 - length:] + ".ec2.example.com"
    instance.tags["dnsname"] = name
    result = run(settings="action: CREATE")
    assert result.status == status
    types = [one.type for one in zone.record_sets()]
    assert ("A" in types) == ("TXT" in types) == (status == 0)


def test_dns_answers_below_a_wildcard(run, zone, instance, nameserver):
    instance.tags["dnsname"] = "*.web.ec2.example.com"
    run()
    assert nameserver("anything.web.ec2.example.com") == [ADDRESS]


@pytest.mark.parametrize(("name", "settings", "full"), [
    ("www", "zone: ec2.example.com", "www.ec2.example.com"),
    ("a.b", "zone: ec2.example.com.", "a.b.ec2.example.com"),
    ("www.ec2.example.com", "zone: ec2.example.com", "www.ec2.example.com"),
    ("WWW.EC2.example.com.", "zone: ec2.example.com", "www.ec2.example.com"),
    ("ec2.example.com", "zone: ec2.example.com", "ec2.example.com"),
    ("xec2.example.com", "zone: ec2.example.com", "xec2.example.com.ec2.example.com"),
    ("com", "zone: ec2.example.com", "com.ec2.example.com"),
    ("'*'", "zone: ec2.example.com", "*.ec2.example.com"),
    ("www.ec2.example.com", "{}", "www.ec2.example.com"),
], ids=["relative", "relative of two labels", "inside", "final dot", "the zone", "not at a label",
        "one label of it", "wildcard", "no zone"])
def test_absolute_and_relative(run, zone, name, settings, full):
    settings = "" if settings == "{}" else settings
    assert named(run, name, settings).stdout == f"setting {full} to {ADDRESS}\n"
    assert zone.values(full, "A") == [ADDRESS]


def test_a_relative_tag(run, zone, instance):
    instance.tags["dnsname"] = "www"
    assert run(settings="zone: ec2.example.com").stdout == \
        f"setting www.ec2.example.com to {ADDRESS}\n"


def test_an_absolute_name_outside_its_zone(run, zone, calls):
    result = named(run, "www.example.org.")
    assert result.status == 78
    assert "www.example.org" in result.stderr and "ec2.example.com" in result.stderr
    assert calls("route53") == []


def test_a_name_outside_the_zone_of_the_id(run, zone):
    result = named(run, "www.example.org", f"zone_id: {zone.id}")
    assert result.status == 78
    assert "www.example.org" in result.stderr and "not permitted in zone" in result.stderr


# Templates

@pytest.mark.parametrize(("template", "label"), [
    ("{instance-id}", "i-0123456789abcdef0"),
    ("{region}", "eu-west-1"),
    ("{az}", "eu-west-1b"),
    ("{az-id}", "euw1-az3"),
    ("{local-ipv4}", "10-1-2-3"),
    ("{tag:role}", "web"),
    ("{tag:Role}", "WEB2"),
    ("{tag:role}-{az-id}.{region}", "web-euw1-az3.eu-west-1"),
    ("x{instance-id}{instance-id}", "xi-0123456789abcdef0i-0123456789abcdef0"),
    ("{tag:dotted}", "a.b"),
    ("_{tag:role}_", "_web_"),
], ids=lambda value: value)
def test_placeholders(run, zone, instance, template, label):
    instance.availability_zone, instance.availability_zone_id = "eu-west-1b", "euw1-az3"
    instance.local_ipv4 = "10.1.2.3"
    instance.tags = {"role": "web", "Role": "WEB2", "dotted": "a.b"}
    assert named(run, f"'{template}'").stdout == \
        f"setting {label.lower()}.ec2.example.com to {ADDRESS}\n"


def test_placeholders_make_an_absolute_name(run, zone, instance):
    instance.tags["fqdn"] = "x.ec2.example.com"
    assert named(run, "'{tag:fqdn}.'").stdout == f"setting x.ec2.example.com to {ADDRESS}\n"


ODD_KEYS = ["aws:autoscaling:groupName", "a+b", "a=b", "a,b", "a_b@c.d-e", "x" * 128, "%41", "..."]
ODD_KEYS_OFF = ["with space", "a/b", "../x", "a&b<c>", "host*", "wh?t", "a'\"b", "a\\b"]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_tags_with_odd_keys(run, zone, instance, key):
    instance.tags = {key: "web"}
    assert named(run, f"'{{tag:{key}}}'").stdout == f"setting web.ec2.example.com to {ADDRESS}\n"


@pytest.mark.parametrize("key", ODD_KEYS + ODD_KEYS_OFF)
def test_tags_with_odd_keys_from_ec2(run, zone, instance, key):
    instance.tags_in_metadata = False
    instance.tags = {key: "web", "hostile": "no", "whet": "no", "a": "no"}
    quoted = key.replace("'", "''")
    assert named(run, f"'{{tag:{quoted}}}'").stdout == f"setting web.ec2.example.com to {ADDRESS}\n"


@pytest.mark.parametrize("tags_in_metadata", [True, False], ids=["metadata", "EC2"])
def test_a_missing_tag(run, zone, instance, calls, tags_in_metadata):
    instance.tags_in_metadata = tags_in_metadata
    result = named(run, "'{tag:role}'")
    assert result.status == 69
    assert result.stderr.startswith("bootname: name: ") and "role" in result.stderr
    assert calls("route53") == []


def test_a_private_address_that_is_missing(run, zone, instance, calls):
    instance.local_ipv4 = None
    assert named(run, "'{local-ipv4}'").status == 69
    assert calls("route53") == []


@pytest.mark.parametrize("template", [
    "{hostname}", "{}", "{tag}", "{tag:}", "{instance-id", "instance-id}", "{{instance-id}}",
    "{Instance-Id}", "${instance-id}x}", "{ region }"])
def test_a_placeholder_that_is_none(run, emulator, zone, template):
    result = named(run, f"'{template}'")
    assert result.status == 78
    assert ":1:7: name: wants " in result.stderr
    assert emulator.requests == []


def test_a_key_longer_than_that_of_any_tag_is_that_of_none(run, zone, calls):
    result = named(run, "'{tag:" + "x" * 129 + "}'")
    assert result.status == 69
    assert result.stderr.startswith("bootname: name: no tag xxx")
    assert calls("route53") == []


def test_a_tag_is_no_template(run, zone, instance, calls):
    instance.tags["role"] = "{region}"
    assert named(run, "'{tag:role}'").status == 65
    assert calls("route53") == []


def test_a_tag_with_a_nul_byte_is_refused(run, instance, calls):
    instance.tags = {"dnsname": b"web\0.ec2.example.com"}
    result = run(settings="{}")
    assert result.status == 65 and "or no text" in result.stderr
    assert calls("route53") == []
