"""The picture of the demo shows what the demo prints, and is a picture and nothing else."""

import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import helper

TOP = pathlib.Path(__file__).parents[2]
PICTURE = TOP / "docs/demo.svg"
SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
COLUMN, ROW = 1.002, 2.171      # how far apart svg-term puts letters and lines


def text_of(lines):
    """Its letters by row and column, as text."""
    screen = []
    for row, words in sorted(lines.items()):
        line = ""
        for column, word in sorted(words):
            line = line.ljust(column) + word
        screen += [""] * (row - len(screen)) + [line]
    return screen


def frames():
    """The screens of the picture, in order, each a list of lines."""
    tree = ElementTree.parse(PICTURE)
    symbols = {symbol.get("id"): [(round(float(word.get("x")) / COLUMN), word.text)
                                  for word in symbol.iter(SVG + "text")]
               for symbol in tree.iter(SVG + "symbol")}
    reel = next(group for group in tree.iter(SVG + "g") if group.get("class") != "e")
    for frame in reel.find(SVG + "svg"):
        lines = {round(float(use.get("y", 0)) / ROW): symbols[use.get(LINK)[1:]]
                 for use in frame.iter(SVG + "use")}
        yield text_of({row: words for row, words in lines.items() if words})


def without_port(lines):
    return [re.sub(r"port \d+", "port N", line.rstrip()) for line in lines]


@pytest.mark.thorough
def test_the_picture_begins_and_ends_with_what_the_demo_prints():
    printed = subprocess.run([sys.executable, TOP / "tests/demo.py"], check=True, text=True,
                             env={**os.environ, "BOOTNAME": helper()[-1]},
                             stdout=subprocess.PIPE).stdout
    first, *_, last = frames()
    assert without_port(first) == without_port(printed.splitlines()), "run make deps picture"
    assert last == first
    assert any("setting webdev1.ec2.example.com to 54.123.123.123" in line for line in first)


def test_the_picture_is_small_and_needs_nothing_else():
    text = PICTURE.read_text()
    assert len(text) < 60_000
    assert not re.search(r"<(script|image|foreignObject|a)\b|@import|@font-face|url\(|\bon\w+=",
                         text)
    assert set(re.findall(r'href="(.)', text)) == {"#"}
    assert set(re.findall(r'https?://[^"]*', text)) == {SVG[1:-1], LINK[1:].partition("}")[0]}
