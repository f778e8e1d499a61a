"""Hold the manual pages and the README against the code: options, settings, exit statuses."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).parents[2]


def read(path):
    return (TOP / path).read_text()


def key_rows():
    """The settings that the code knows: name -> default."""
    text = read("helper/settings.c")
    table = text[text.index("settings_keys[SETTINGS] = {") : text.index("struct buf settings_texts;")]
    return dict(re.findall(r'^\t\[SETTING_\w+\] =\s+\{"(\w+)",\s+"([^"]*)"', table, re.MULTILINE))


def keys():
    return set(key_rows())


def setting_part(name):
    """What bootname.yaml(5) says of a setting."""
    part = read("docs/bootname.yaml.5").partition(f"\n.It Ic {name}\n")[2]
    return re.split(r"^\.It Ic \w|^A text", part, maxsplit=1, flags=re.MULTILINE)[0]


def commands():
    """The commands of bootname, from its usage message."""
    source = re.sub(r'"\s*"', "", read("helper/main.c"))
    text = re.search(r'usage: bootname .*?\\n', source).group()
    return set(re.findall(r"[\[|] ?([a-z]+)(?= \[|\]| \|)", text))


def strings(path):
    """The texts in a source file of C, those that stand in a row as one."""
    rows = re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', read(path))
    return {re.sub(r'"\s*"', "", row)[1:-1] for row in rows}


def floors():
    """The modules of each floor, from the Makefile."""
    [text] = re.findall(r"^FLOORS := \\\n((?:\t.*\\\n)*\t.*)$", read("Makefile"), re.MULTILINE)
    return [set(floor.strip("\t \\").split(",")) for floor in text.split("\n")]


def short_options():
    optstring = re.search(r'getopt_long\(argc, argv, "([\w:]+)"', read("helper/main.c")).group(1)
    return set(optstring.replace(":", ""))


def long_options():
    """Without --embed, which is mkuserdata's alone: people have no use for it."""
    options = set(re.findall(r'^\t\{"([a-z-]+)", ', read("helper/main.c"), re.MULTILINE))
    assert "embed" in options
    return options - {"embed"}


def manual_options():
    """The flags that the list of options in bootname(8) describes."""
    page = read("docs/bootname.8")
    options = page[page.index("The options are:") : page.index(".Sh OUTPUT")]
    return re.findall(r"^\.It (Fl .*)$", options, re.MULTILINE)


def test_code_is_read_as_expected():
    assert len(keys()) >= 21
    assert len(keys()) == len(re.findall(r"^\tSETTING_\w+,", read("helper/settings.h"), re.MULTILINE))
    assert len(short_options()) >= 8 and len(long_options()) >= 5
    assert len(floors()) >= 8 and {"main", "boot", "reap"} in floors()
    assert commands() == {"up", "down", "check"}
    assert setting_part("grace").startswith("Seconds to wait")


def test_manual_describes_every_short_option_and_no_other():
    described = set(re.findall(r"Fl (\w)\b", "\n".join(manual_options())))
    assert described == short_options()


def test_manual_describes_every_long_option_and_no_other():
    described = set(re.findall(r"Fl -([a-z-]+)", "\n".join(manual_options())))
    assert described == long_options()


def test_help_names_every_option(run):
    text = run("-h").stdout
    synopsis = set("".join(re.findall(r"-(\w+)\b", text)))
    assert short_options() <= synopsis
    for option in long_options():
        assert f"--{option}" in text


def test_manual_describes_every_setting_and_no_other():
    page = read("docs/bootname.yaml.5")
    described = set(re.findall(r"^\.It Ic (\w+)$", page, re.MULTILINE))
    assert described == keys()


def test_manual_tells_the_defaults():
    for name, default in key_rows().items():
        assert f"\nDefault: {default}" in setting_part(name), name


def test_manual_tells_the_numbers_and_words_that_settings_take():
    text = read("helper/settings.c")
    for name in ("action", "address", "visibility", "take_over", "routing"):
        words = re.search(rf'\{{"{name}", "[^"]*", "([^"]+)"', text)[1].split("|")
        assert len(words) >= 2
        for word in words:
            assert re.search(rf"\b{word}\b", setting_part(name)), (name, word)
    for name in ("weight", "grace", "ttl", "timeout"):
        most = re.search(rf'\{{"{name}", "[^"]*", "[^"]*", (\d+)\}}', text)[1]
        assert re.search(rf"\b\d+\s+to\s+{most}\b", setting_part(name)), name
    most = re.search(r"SETTINGS_RECORDS = (\d+)", read("helper/settings.h"))[1]
    assert f"1 to {most} mappings" in setting_part("records")


def test_manual_and_help_name_every_command(run):
    page = read("docs/bootname.8")
    described = page[page.index("The commands are:") : page.index("The options are:")]
    assert set(re.findall(r"^\.It Cm (\w+)$", described, re.MULTILINE)) == commands()
    synopsis = page[page.index(".Sh SYNOPSIS") : page.index(".Sh DESCRIPTION")]
    assert set(re.findall(r"Cm (\w+)", synopsis)) == commands()
    assert all(re.search(rf"\b{command}\b", run("-h").stdout) for command in commands())


# What is printed: the texts of the code, and the pages that show them.
MESSAGES = {
    "helper/print.c": ("setting %s to %s", "%s is already %s", "would set %s to %s",
                        "removing %s (%s)", "would remove %s (%s)",
                        "%s (%s) is not ours: left alone", "%s is not there: nothing to remove"),
    "helper/plan_taken.c": ("%s is taken: %s", " (TTL %s%s%s)", ", owner %s in %s%s%s", " of account ",
                      "; choose another name, or remove it"),
    "helper/settings.c": ("%s%s: not in the helper that is embedded in user-data; use mkuserdata "
                          "--s3, --url or --baked",),
    "helper/reap_print.c": ("), owner %s is %s",),
}
SHOWN = {
    "docs/bootname.8": ("helper/print.c", "helper/plan_taken.c", "helper/settings.c"),
    "docs/ownership.md": ("helper/plan_taken.c", "helper/reap_print.c"),
    "docs/user-data.md": ("helper/settings.c",),
    "README.md": ("helper/plan_taken.c",),
}


@pytest.mark.parametrize("path", MESSAGES)
def test_messages_are_those_of_the_code(path):
    assert {*MESSAGES[path]} <= {text.removesuffix("\\n") for text in strings(path)}


@pytest.mark.parametrize(("page", "path"), [(page, path) for page, paths in SHOWN.items()
                                            for path in paths])
def test_messages_are_shown_as_they_are(page, path):
    for message in MESSAGES[path]:
        pattern = re.escape(message).replace("%s%s", "%s").replace("%s", r"[^\n]+?")
        assert re.search(pattern, read(page).replace("\\\n", "")), message


def test_page_on_ownership_shows_only_messages_of_the_code():
    texts = [message for messages in MESSAGES.values() for message in messages]
    head = "|".join(re.escape(text).replace("%s%s", "%s").replace("%s", r"[^\n]+?")
                    for text in texts if not text.startswith((" ", ", ", "; ", ")")))
    rows = [line.strip() for line in read("docs/ownership.md").splitlines()
            if re.match(r" {4,}", line) and re.search(r"\b(setting|remov|taken|ours|there)", line)]
    assert len(rows) >= 7
    for row in rows:
        assert re.match(rf"(bootname: [a-z]+: )?({head})", row), row


def test_page_on_ownership_has_every_word_of_take_over_and_every_status_of_it():
    page = read("docs/ownership.md")
    words = re.search(r'\{"take_over", "\w+", "([^"]+)"', read("helper/settings.c"))[1].split("|")
    table = page.partition("| EC2 says of the owner |")[2].partition("\n\n")[0]
    assert re.findall(r"`(\w+)`", table.partition("\n")[0]) == ["never", "gone", "stopped"]
    assert set(words) == {"never", "gone", "stopped"}
    for state in ("pending", "running", "stopping", "stopped", "shutting-down", "terminated"):
        assert re.search(rf"\b{state}\b", table), state


def test_page_on_ownership_tells_how_often_is_planned():
    limit = re.search(r"PLANS_LIMIT = (\d+)", read("helper/publish.c"))[1]
    assert f"up to {limit} times" in read("docs/ownership.md")


def test_owner_record_is_shown_as_it_is_written(run, zone):
    run(settings="action: CREATE")
    [value] = zone.values("_bootname.webdev1.ec2.example.com", "TXT")
    form = (re.sub(r"i-[0-9a-f]{17}", "ID", value).replace("eu-west-1", "REGION")
            .replace("123456789012", "ACCOUNT"))
    for page in ("docs/bootname.yaml.5", "docs/bootname-reap.8"):
        assert f"_bootname.NAME TXT {form}" in read(page)
    shown = re.search(r"^    _bootname\S+ +TXT +(.*)$", read("docs/ownership.md"), re.MULTILINE)[1]
    assert (re.sub(r"i-[0-9a-f]{17}", "ID", shown).replace("eu-west-1", "REGION")
            .replace("123456789012", "ACCOUNT")) == form


def test_architecture_has_every_module_on_its_floor():
    table = read("docs/ARCHITECTURE.md").partition("| floor | modules |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| \d+ \| ([^|]+) \|", table, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == floors()


def test_architecture_says_where_to_change_what():
    table = read("docs/ARCHITECTURE.md").partition("## Where to change what")[2].partition("\n## ")[0]
    rows = [row.split("|")[2] for row in table.splitlines() if row.startswith("| ")][1:]
    assert len(rows) >= 10
    for row in rows:
        assert re.search(r"`\w+\.[ch]`", row), row
        for name, inside in re.findall(r"`(\w+\.[ch])`(?: \(`(\w+)`\))?", row):
            assert re.search(rf"\b{inside}\b", read(f"helper/{name}")), f"{name} has no {inside}"


def test_architecture_names_no_module_that_is_gone():
    named = set(re.findall(r"`(\w+[.]c)`", read("docs/ARCHITECTURE.md")))
    assert named >= {"main.c", "boot.c"}
    assert not [name for name in named if not (TOP / "helper" / name).exists()]


def test_readme_table_has_every_setting_and_no_other():
    text = read("README.md")
    table = text[text.index("| key | meaning") : text.index("A wrong setting")]
    cells = re.findall(r"^\| (`[^|]+`) \|", table, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(cells))) == keys()


def test_manual_lists_every_exit_status_and_no_other():
    statuses = set(re.findall(r"STATUS_\w+ =\s+(\d+)", read("helper/errinfo.h")))
    page = read("docs/bootname.8")
    section = page[page.index(".Sh EXIT STATUS") : page.index(".Sh EXAMPLES")]
    assert set(re.findall(r"^\.It (\d+)$", section, re.MULTILINE)) == statuses


def test_manual_names_every_variable_of_the_environment():
    page = read("docs/bootname.8")
    for path in sorted((TOP / "helper").glob("*.c")):
        if path.stem in ("reap", "reap_profile"):            # of bootname-reap(8): test_reap.py
            continue
        for name in re.findall(r'"((?:AWS|BOOTNAME|RUNTIME)_[A-Z0-9_]+)"', path.read_text()):
            assert re.search(rf"\b{name}\b", page), f"{path.name} reads {name}"


@pytest.mark.parametrize("page", ["bootname.8", "bootname-reap.8", "bootname.yaml.5"])
def test_manual_is_sound_mdoc(page):
    lint = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", TOP / "docs" / page],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (lint.returncode, lint.stdout) == (0, "")


@pytest.mark.parametrize("path", ["cloud-config/bootname.yaml", "cloud-config/dns-update-policy.json"])
def test_readme_shows_the_very_file(path):
    assert read(path).strip() in read("README.md")


def test_readme_snippet_is_read_as_settings(run, zone):
    result = run("-j", config=read("cloud-config/bootname.yaml"))
    assert result.json["zone_id"] == zone.id
    assert result.json["records"][0]["ttl"] == 60


def test_readme_tells_on_its_first_screen_how_the_user_data_is_made():
    screen = read("README.md").splitlines()[:40]
    assert "    content: /Td6WFoA\u2026                # bootname, xz'd" in screen
    assert [line for line in screen if line.startswith("    make deps user-data SETTINGS=")]


def test_page_on_user_data_describes_every_option_and_no_other():
    page = read("docs/user-data.md")
    table = page[page.index("## Options") : page.index("Exit status: ")]
    described = {
        option
        for cell in re.findall(r"^\| (`-.*?) \|", table, re.MULTILINE)
        for option in re.findall(r"`(?:-o`, `)?(--[a-z0-9-]+)", cell)
    }
    usage = subprocess.run(
        [sys.executable, TOP / "cloud-config/mkuserdata", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    options = set(re.findall(r"^  (?:-\w[ A-Z]*, )?(--[a-z0-9-]+)", usage, re.MULTILINE))
    assert described == options - {"--help"}


def test_page_on_user_data_shows_what_is_left_out_as_it_is_told():
    [shown] = re.findall(r"^    (mkuserdata: left out to fit: .*)$", read("docs/user-data.md"),
                         re.MULTILINE)
    assert f'"{shown}"' in read("cloud-config/mkuserdata")


def test_page_on_user_data_lists_every_exit_status_and_no_other():
    numbers = re.search(r"^USAGE, .* = ([\d, ]+)$", read("cloud-config/mkuserdata"), re.MULTILINE)
    line = re.search(r"^Exit status: 0; (.*)$", read("docs/user-data.md"), re.MULTILINE)
    assert re.findall(r"\b(\d\d)\b", line[1]) == numbers[1].split(", ")


def test_readme_policy_allows_what_runs_do_and_no_more(run, emulator, zone, instance, calls):
    settings = "action: CREATE\ntypes: [A, AAAA]"
    instance.ipv6 = "2001:db8::17"
    run(settings="{}")
    run(settings="owner_record: true\nttl: 30")
    run(settings=settings)
    run("down", settings=settings)
    policy = json.loads(read("cloud-config/dns-update-policy.json"))
    listed = [statement["Action"] for statement in policy["Statement"]]
    allowed = {action for actions in listed
               for action in ([actions] if isinstance(actions, str) else actions)}
    run("check", settings="zone_id: " + zone.id, env={"RES_OPTIONS": "timeout:1 attempts:1"})
    assert {f"route53:{operation}" for operation in calls("route53")} == allowed
    [condition] = [one["Condition"]["ForAllValues:StringEquals"] for one in policy["Statement"]
                   if "Condition" in one and one["Effect"] == "Allow"]
    sent = "".join(request.body
                   for request in emulator.requests_of("route53", "ChangeResourceRecordSets"))
    for key, tag in (("RecordTypes", "Type"), ("Actions", "Action")):
        assert {*condition[f"route53:ChangeResourceRecordSets{key}"]} \
            == {*re.findall(f"<{tag}>(\\w+)</{tag}>", sent)}


@pytest.mark.parametrize("page", ["README.md", "docs/ownership.md"])
def test_pages_name_the_permissions_that_other_settings_need(page):
    for action in ("ec2:DescribeInstances", "ec2:DescribeVpcs", "route53:ListHostedZonesByVPC"):
        assert action in read(page)


def test_pages_say_what_holds_if_several_accounts_share_a_zone():
    for page in ("README.md", "docs/ownership.md", "docs/bootname.yaml.5",
                 "docs/bootname-reap.8"):
        assert re.search(r"(several|other)\s+accounts", read(page)), page
