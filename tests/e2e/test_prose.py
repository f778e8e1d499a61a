"""What tests/prose.py finds in pages, manuals, C and mkuserdata."""

import importlib.util
import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("prose", TOP / "tests/prose.py")
prose = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(prose)

LONG = " ".join(["word"] * (prose.WORDS + 1)) + "."


@pytest.mark.parametrize("path, text, words", [
    ("a.md", "It tells you.\n", ["tells"]),
    ("a.md", "Use `tell` and `is no X`.\n\n    it wants this\n", []),
    ("a.md", "```yaml\nwants: anew\n```\n", []),
    ("a.md", "| a | b |\n|---|---|\n| it wants | fine |\n", ["wants"]),
    ("a.md", "- It is no name.\n- There is no name.\n- It is no longer there.\n", ["is no"]),
    ("a.md", "## Where to look\n\nWhere a zone exists, use it. The host where it runs.\n", ["Where"]),
    ("a.md", "It is so only where tags are off.\n", ["only where"]),
    ("a.md", "[whoever](anew.md) in the\nplace of it\n", ["whoever", "in the place of"]),
    ("a.8", ".Sh NAME\nIt\n.Cm tell\nis fine.\n.Pp\nIt stands here.\n", ["stands"]),
    ("a.8", ".Bd -literal\nit wants more\n.Ed\n.Dl it wants\nfine\n", []),
    ("a.c", '/* It tells. */\nint wants; char *text = "no one "\n\t"stands";\n', ["tells", "stands"]),
    ("a.c", 'char *text = "/* wants */";\n', ["wants"]),
    ("mkuserdata", "def f(wants):\n    '''Told.'''\n    return f'anew {wants}'\n", ["Told", "anew"]),
])
def test_banned_words_are_found_in_prose_alone(path, text, words):
    found = [fault for _, fault in prose.faults(path, text)]
    assert sorted(re.match('"(.*)": write ', fault)[1] for fault in found) == sorted(words)


@pytest.mark.parametrize("path, text, is_fault", [
    ("a.md", f"Short. {LONG}\n".replace(" ", "\n"), True),
    ("a.md", LONG.replace("word word", "word. Word").replace(" ", "\n") + "\n", False),
    ("a.md", LONG.replace("word word", "`a b`").replace(" w", "\nw") + "\n", False),
    ("a.md", ", ".join(["`code`"] * 50) + "\n", False),
    ("a.8", LONG + "\n", True),
    ("a.8", LONG.replace(" ", "\n.Pp\n", 3) + "\n", False),
    ("a.c", f'x("{LONG}");\n', True),
    ("a.c", f"/* {LONG} */\n", True),
    ("a.c", 'x("%s");\n'.replace("%s", LONG.replace(" ", "; ", 5)), False),
])
def test_long_sentences_are_found(path, text, is_fault):
    found = [fault for _, fault in prose.faults(path, text) if "words, more than" in fault]
    assert len(found) == is_fault


@pytest.mark.parametrize("line, is_fault", [
    ("a " * 51, True), ("a " * 49, False), ("| " + "a " * 60 + "|", False),
    ("    " + "a " * 60, False), (f"- `{'a ' * 60}`:", False), (f"- `{'a ' * 60}`: more", True),
])
def test_wide_lines_are_found_if_they_can_be_broken(line, is_fault):
    assert bool([*prose.wide_lines(line.rstrip() + "\n")]) == is_fault


def test_a_fault_has_its_line():
    assert [line for line, _ in prose.faults("a.md", "# One\n\nFine.\n\nIt wants.\n")] == [5]


def test_exceptions_and_files_to_do_are_needed(monkeypatch, capsys):
    monkeypatch.chdir(TOP)
    assert prose.main([]) == 0
    for path, pattern, reason in prose.EXCEPTIONS:
        text = pathlib.Path(path).read_text()
        monkeypatch.setattr(prose, "EXCEPTIONS",
                            [one for one in prose.EXCEPTIONS if one[1] != pattern])
        assert reason and prose.faults(path, text)
        monkeypatch.undo()
    monkeypatch.chdir(TOP)
    monkeypatch.setattr(prose, "TO_DO", {"docs/STYLE.md"})
    prose.main([])
    assert "docs/STYLE.md:1: is clean" in capsys.readouterr().out
