"""The files of cloud-config/, and the programs in Node.js and Go that judge them."""

import json
import os
import pathlib
import subprocess

from cloudformation import load

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / "cloud-config"
TEMPLATES = sorted((FOLDER / "cloudformation").glob("*.yaml"))
HCL_FILES = sorted([*FOLDER.glob("terraform/*.tf"), *FOLDER.glob("packer/*.pkr.hcl")])
# Folders, each of which calls the module that the files of terraform/ are.
EXAMPLES = sorted(FOLDER.glob("terraform/examples/*"))
# Both are of `make check-cloud`.
MODULES = pathlib.Path(os.environ["CLOUD_MODULES"])
HCL = pathlib.Path(os.environ["CLOUD_HCL"])


def ask(command, question):
    """Run a program with JSON as its input; its output, JSON too."""
    run = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True,
                         timeout=120, check=False, env={**os.environ, "NODE_PATH": MODULES})
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def node(script, question):
    return ask(["node", HERE / script], question)


def hcl(*files, values=None, wanted=()):
    return ask([HCL, *(files or HCL_FILES)], {"values": values or {}, "wanted": list(wanted)})


def template(name):
    return load((FOLDER / "cloudformation" / f"{name}.yaml").read_text())
