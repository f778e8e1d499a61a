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
    """The settings that the code knows: (name, default or LATER)."""
    text = read("helper/settings.c")
    table = text[text.index("keys[SETTINGS] = {") : text.index("static struct settings *into;")]
    return dict(re.findall(r'^\t\{"(\w+)", ("[^"]*"|LATER)', table, re.MULTILINE))


def keys():
    return {name for name, default in key_rows().items() if default != "LATER"}


def later_keys():
    return {name for name, default in key_rows().items() if default == "LATER"}


def floors():
    """The modules of each floor, from the Makefile."""
    [text] = re.findall(r"^FLOORS := \\\n((?:\t.*\\\n)*\t.*)$", read("Makefile"), re.MULTILINE)
    return [set(floor.strip("\t \\").split(",")) for floor in text.split("\n")]


def short_options():
    optstring = re.search(r'getopt_long\(argc, argv, "([\w:]+)"', read("helper/main.c")).group(1)
    return set(optstring.replace(":", ""))


def long_options():
    return set(re.findall(r'^\t\{"([a-z-]+)", ', read("helper/main.c"), re.MULTILINE))


def manual_options():
    """The flags that the list of options in bootname(8) describes."""
    page = read("docs/bootname.8")
    options = page[page.index("The options are:") : page.index(".Sh OUTPUT")]
    return re.findall(r"^\.It (Fl .*)$", options, re.MULTILINE)


def test_code_is_read_as_expected():
    assert len(keys()) >= 14 and len(later_keys()) >= 7
    assert len(key_rows()) == read("helper/settings.h").count("\tSETTING_")
    assert len(short_options()) >= 8 and len(long_options()) >= 5
    assert len(floors()) >= 8 and {"main", "boot"} in floors()


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


def test_manual_names_the_settings_that_are_refused_as_not_supported_yet():
    page = read("docs/bootname.yaml.5")
    listed = page[page.index("known and refused") : page.index("A text that YAML")]
    assert set(re.findall(r"^\.Ic (\w+)", listed, re.MULTILINE)) == later_keys()


def test_manual_tells_the_defaults():
    page = read("docs/bootname.yaml.5")
    for name, default in key_rows().items():
        value = default.strip('"')
        if value not in ("", "LATER"):
            part = page.partition(f"\n.It Ic {name}\n")[2].partition("\n.It ")[0]
            assert f"\nDefault: {value}" in part, name


def test_architecture_has_every_module_on_its_floor():
    table = read("docs/ARCHITECTURE.md").partition("| floor | modules |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| \d+ \| ([^|]+) \|", table, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == floors()


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
        for name in re.findall(r'"((?:AWS|BOOTNAME|RUNTIME)_[A-Z0-9_]+)"', path.read_text()):
            assert re.search(rf"\b{name}\b", page), f"{path.name} reads {name}"


@pytest.mark.parametrize("page", ["bootname.8", "bootname.yaml.5"])
def test_manual_is_sound_mdoc(page):
    lint = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", TOP / "docs" / page],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (lint.returncode, lint.stdout) == (0, "")


@pytest.mark.parametrize("page", ["README.md", "docs/ARCHITECTURE.md", "docs/CONTRIBUTING.md",
                                  "docs/user-data.md"])
def test_links_point_to_files_that_exist(page):
    targets = re.findall(r"\]\(([\w./-]+)\)", read(page))
    assert targets or page == "docs/ARCHITECTURE.md"
    for target in targets:
        assert (TOP / page).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("path", ["cloud-config/bootname.yaml", "cloud-config/dns-update-policy.json"])
def test_readme_shows_the_very_file(path):
    assert read(path).strip() in read("README.md")


def test_readme_snippet_is_read_as_settings(run, zone):
    result = run("-j", config=read("cloud-config/bootname.yaml"))
    assert result.json["zone_id"] == zone.id
    assert result.json["records"][0]["ttl"] == 60


def test_readme_tells_on_its_first_screen_how_the_user_data_is_made():
    screen = read("README.md").splitlines()[:40]
    assert "    content: H4sI\u2026                    # the helper" in screen
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


def test_page_on_user_data_lists_every_exit_status_and_no_other():
    numbers = re.search(r"^USAGE, .* = ([\d, ]+)$", read("cloud-config/mkuserdata"), re.MULTILINE)
    line = re.search(r"^Exit status: 0; (.*)$", read("docs/user-data.md"), re.MULTILINE)
    assert re.findall(r"\b(\d\d)\b", line[1]) == numbers[1].split(", ")


def test_readme_policy_allows_the_actions_that_a_run_takes(run, zone, calls):
    run(settings="{}")
    policy = json.loads(read("cloud-config/dns-update-policy.json"))
    allowed = {statement["Action"] for statement in policy["Statement"]}
    assert {f"route53:{operation}" for operation in calls("route53")} == allowed
