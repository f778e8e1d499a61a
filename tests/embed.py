#!/usr/bin/python3
"""Stands in for `bootname --embed boot|service|whole -c FILE` until bootname has it."""

import os
import pathlib
import subprocess
import sys

import yaml

BUILD = pathlib.Path(os.environ.get("B") or pathlib.Path(__file__).parents[1] / "build").absolute()
_, option, kind, _, file = sys.argv
assert option == "--embed" and kind in ("boot", "service", "whole")
run = subprocess.run([BUILD / "bootname", "-n", "-c", file], stdin=subprocess.DEVNULL,
                     capture_output=True, text=True, check=False,
                     env={**os.environ, "AWS_EC2_METADATA_DISABLED": "true"})
if run.returncode != 69:
    sys.stderr.write(run.stderr)
    sys.exit(run.returncode)


class Texts(yaml.SafeLoader):
    """Values as the texts that they are."""


Texts.yaml_implicit_resolvers = {}
settings = yaml.load(pathlib.Path(file).read_bytes(), Texts)
if kind != "whole" and "records" in settings:
    print("bootname: settings: records: not in the helper that is embedded in user-data; use "
          "mkuserdata --s3, --url or --baked", file=sys.stderr)
    sys.exit(78)


class Plain(yaml.SafeDumper):
    """Without quotes that a text of a setting does not need."""


Plain.yaml_implicit_resolvers = {}
print(yaml.dump(settings, Dumper=Plain, sort_keys=False, allow_unicode=True, width=4096), end="")
