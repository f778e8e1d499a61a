"""The user-data that is booted: of cloud-config/mkuserdata, with the release's helper."""

import gzip
import os
import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("B") or TOP / "build").absolute()
SETTINGS = "zone: ec2.example.com\nttl: 60\naction: UPSERT\n"
CHECKER = BUILD / "bootname"
LIMIT = 16384                   # bytes that EC2 takes


def mkuserdata(*options, settings=SETTINGS):
    """The user-data for settings as text, before gzip: to put more into it."""
    # $BOOTNAME: another helper, as for the other tests.
    if "BOOTNAME" in os.environ and not {"--baked", "--s3"} & {*options}:
        options = *options, f"--helper={os.environ['BOOTNAME']}"
    return subprocess.run(
        [TOP / "cloud-config/mkuserdata", "--plain", f"--check-with={CHECKER}", *options,
         "-"], input=settings, stdout=subprocess.PIPE, text=True, check=True,
        env={**os.environ, "BOOTNAME_BUILD": str(BUILD)}).stdout


def user_data(*options, settings=SETTINGS):
    """The user-data for settings as an instance gets it."""
    return gzip.compress(mkuserdata(*options, settings=settings).encode())


def readmes_user_data(folder):
    """What `make user-data` makes of the README's first settings, its my.yaml."""
    readme = (TOP / "README.md").read_text()
    settings = folder / "settings.yaml"
    settings.write_text(re.search("^```yaml\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)[1])
    # The other release's test may be at it too.
    return subprocess.run(
        ["flock", BUILD, "sh", "-c", 'make user-data B="$0" SETTINGS="$1" OPTIONS="--check-with=$2" >&2 && cat "$0/user-data"',
         BUILD, settings, CHECKER], cwd=TOP, stdout=subprocess.PIPE, check=True).stdout
