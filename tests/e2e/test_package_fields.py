"""What a packager may set: MAINTAINER and HOMEPAGE, by the scripts of cloud-config/packages/, with
programs in place of dpkg-buildpackage and rpmbuild that keep what they get."""

import os
import pathlib
import re
import subprocess
import tarfile

import pytest

TOP = pathlib.Path(__file__).parents[2]
FOLDER = TOP / "cloud-config/packages"
FIELDS = {"deb": r"^Homepage: (.*)$", "rpm": r"^URL: (.*)$"}
WHO = "Jo <jo@example.org>"


@pytest.fixture
def package(tmp_path):
    tarball = tmp_path / "bootname-9.9.9.tar.gz"
    with tarfile.open(tarball, "w:gz") as tar:
        for name in ("Makefile", "cloud-config/packages"):
            tar.add(TOP / name, f"bootname-9.9.9/{name}")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "dpkg-buildpackage").write_text(
        '#!/bin/sh\ncat debian/control debian/changelog >"$KEPT"\n')
    (commands / "rpmbuild").write_text(
        '#!/bin/sh\nfor last; do :; done\ncp "$last" "$KEPT"\nmkdir -p "${last%/*}/work"\n')
    for program in commands.iterdir():
        program.chmod(0o755)

    def run(kind, homepage=None):
        done = subprocess.run(
            ["sh", FOLDER / f"{kind}.sh", tarball, "9.9.9", WHO, tmp_path / "out"],
            capture_output=True, text=True, check=False, cwd=TOP,
            env={"PATH": f"{commands}:{os.environ['PATH']}", "KEPT": str(tmp_path / "kept"),
                 **({} if homepage is None else {"HOMEPAGE": homepage})})
        kept = tmp_path / "kept"
        return done, kept.read_text() if kept.exists() else None
    return run


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("homepage", [None, "", "https://example.org/bootname"])
def test_homepage_is_what_the_packager_says_or_not_there(package, kind, homepage):
    done, kept = package(kind, homepage)
    assert done.returncode == 0, done.stderr
    assert re.findall(FIELDS[kind], kept, re.MULTILINE) == ([homepage] if homepage else [])
    assert WHO in kept and not re.search("@(homepage|maintainer|version)@", kept)


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("homepage", ["http://example.org/", "example.org", "https://a b",
                                      "https://a|e sh", "https://a&b", "https://a\nb"])
def test_homepage_that_is_no_plain_url_is_refused(package, kind, homepage):
    done, kept = package(kind, homepage)
    assert done.returncode == 64 and "HOMEPAGE: " in done.stderr and kept is None


def test_defaults_are_nobodys():
    makefile = (FOLDER / "packages.mk").read_text()
    assert re.search(r"^HOMEPAGE \?=$", makefile, re.MULTILINE)
    [maintainer] = re.findall(r"^MAINTAINER \?= (.*)$", makefile, re.MULTILINE)
    assert maintainer == "The bootname authors <bootname@example.com>"
    for kind in FIELDS:
        assert f"HOMEPAGE='$(HOMEPAGE)' sh $(PACKAGING)/{kind}.sh" in makefile
