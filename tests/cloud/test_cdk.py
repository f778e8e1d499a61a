"""The stack of docs/your-own-user-data.md, as the AWS CDK itself makes a template of it."""

import base64
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

import cloudinit_code
from programs import FOLDER, MODULES

PAGE = FOLDER.parent / "docs/your-own-user-data.md"
S3 = ("--s3", "s3://releases-of-mine/bootname/0.2.0/bootname-x86_64", "--sha256", 64 * "a")
LIMIT = 16384
WRITTEN = ["/etc/bootname.yaml", "/var/lib/cloud/scripts/per-boot/50-bootname"]
APP = """\
import {App, Stack} from "aws-cdk-lib";
const app = new App(), stack = new Stack(app, "web");
console.log(JSON.stringify((make(stack), app.synth().getStackByName("web").template)));
"""


def blocks():
    return re.findall("^```typescript\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def mkuserdata(folder, *options):
    (folder / "my.yaml").write_text("zone: ec2.example.com\n")
    subprocess.run([sys.executable, FOLDER / "mkuserdata", "--no-check", *options, "my.yaml"],
                   cwd=folder, check=True, capture_output=True)


def synthesize(folder, *parts):
    """The launch template of a stack with these blocks in it."""
    text = "".join(parts)
    imports = "".join(re.findall("^import .*\n", text, re.MULTILINE))
    body = re.sub("^import .*\n", "", text, flags=re.MULTILINE)
    (folder / "app.mjs").write_text(f"{imports}{APP}function make(stack) {{\n{body}}}\n")
    (folder / "node_modules").symlink_to(MODULES)
    run = subprocess.run(["node", "app.mjs"], cwd=folder, capture_output=True, text=True,
                         timeout=120, check=False,
                         env={**os.environ, "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"})
    assert run.returncode == 0, run.stderr
    [data] = [one["Properties"]["LaunchTemplateData"] for one
              in json.loads(run.stdout)["Resources"].values()
              if one["Type"] == "AWS::EC2::LaunchTemplate"]
    return data


def text_of(node):
    """What the functions of a template come to; a reference to anything is an error."""
    if isinstance(node, str):
        return node
    [(function, argument)] = node.items()
    if function == "Fn::Base64":
        return base64.b64encode(text_of(argument).encode()).decode()
    assert function == "Fn::Join"
    return argument[0].join(map(text_of, argument[1]))


@pytest.mark.parametrize("form", [("--baked",), ("--baked", "--systemd"), S3], ids=len)
def test_stack_has_both_parts(tmp_path, form):
    mkuserdata(tmp_path, *form, "--plain", "--merge", "-o", "bootname.yaml")
    data = synthesize(tmp_path, blocks()[0])
    text = text_of(data["UserData"]["Fn::Base64"])
    assert len(text.encode()) <= LIMIT
    found = cloudinit_code.parts(text.encode())
    assert [one[0] for one in found] == ["text/x-shellscript", "text/cloud-config"]
    assert found[0][2].startswith("#!/bin/bash\ndnf install -y nginx")
    assert [one["path"] for one in cloudinit_code.cloud_config(found)["write_files"]][:2] == WRITTEN
    assert data["MetadataOptions"] == {"HttpTokens": "required", "InstanceMetadataTags": "enabled"}
    assert data["ImageId"].startswith("resolve:ssm:/aws/service/")


def test_stack_takes_binary_user_data(tmp_path):
    mkuserdata(tmp_path, "--baked", "--plain", "--merge", "-o", "bootname.yaml")
    mkuserdata(tmp_path, "--baked", "-o", "user-data")
    first, line = blocks()
    data = synthesize(tmp_path, first.replace("\tuserData,\n", ""), line)
    assert base64.b64decode(data["UserData"], validate=True) \
        == pathlib.Path(tmp_path / "user-data").read_bytes()
