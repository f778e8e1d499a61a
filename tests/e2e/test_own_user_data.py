"""What docs/your-own-user-data.md has people type, with cloud-init's own code as the judge."""

import base64
import gzip
import json
import os
import pathlib
import re
import subprocess

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator
from markdown_it import MarkdownIt

import cloudinit_code
from conftest import helper

TOP = pathlib.Path(__file__).parents[2]
TOKENS = MarkdownIt().parse((TOP / "docs/your-own-user-data.md").read_text())
PROGRAM = TOP / "cloud-config/mkuserdata"
BUILD = pathlib.Path(os.environ.get("B") or TOP / "build").absolute()
RELEASE = BUILD / "release"
LIMIT = 16384
HOOK = "/var/lib/cloud/scripts/per-boot/50-bootname"
SCRIPT = "#!/bin/sh\ndnf install -y nginx\nsystemctl enable --now nginx\n"
MORE = "#cloud-config\npackages: [nginx]\nwrite_files:\n- {path: /etc/motd, content: a server}\n"
S3 = ("--s3", "s3://releases-of-mine/bootname/0.2.0/bootname-x86_64", "--sha256", 64 * "a")
FORMS = {"in a private bucket": S3, "in the AMI": ("--baked",)}


def section(title):
    """The blocks of a section: (language, text) each."""
    found, inside = [], False
    for token, following in zip(TOKENS, TOKENS[1:]):
        if token.type == "heading_open":
            inside = following.content == title
        elif inside and token.type in ("fence", "code_block"):
            found.append((token.info, token.content))
    return found


@pytest.fixture
def make(tmp_path):
    """Run a command of the page for mkuserdata, with its form or another one."""
    (tmp_path / "setup.sh").write_text(SCRIPT)
    (tmp_path / "more.yaml").write_text(MORE)
    [(_, settings)] = [one for one in before_first_section() if one[0] == "yaml"]
    (tmp_path / "my.yaml").write_text(settings)

    def run(line, form=S3):
        assert line.startswith("mkuserdata --s3 s3://BUCKET/KEY --sha256 HEX ")
        words = line.replace("--s3 s3://BUCKET/KEY --sha256 HEX", " ".join(form)).split()
        return subprocess.run(["/usr/bin/python3", PROGRAM, "--arch", "x86_64", "--check-with",
                               BUILD / "bootname", *words[1:]], cwd=tmp_path, capture_output=True, text=True,
                              env={**os.environ, "BOOTNAME_BUILD": str(BUILD)}, check=False)
    return run


def before_first_section():
    first = next(i for i, token in enumerate(TOKENS)
                 if token.type == "heading_open" and token.tag == "h2")
    return [(token.info, token.content) for token in TOKENS[:first]
            if token.type in ("fence", "code_block")]


def line_of(title):
    """The line of a section that calls mkuserdata."""
    [line] = [line for _, text in section(title) for line in text.splitlines()
              if line.startswith("mkuserdata")]
    return line


@pytest.mark.parametrize("form", [("--baked",), ("--baked", "--systemd"), S3], ids=len)
@pytest.mark.parametrize(("title", "kind"), [
    ("A shell script", "text/x-shellscript"), ("A cloud-config", "text/cloud-config")])
def test_part_of_ones_own_and_the_name(make, tmp_path, title, kind, form):
    done = make(line_of(title), form)
    assert done.returncode == 0, done.stderr
    data = (tmp_path / "user-data").read_bytes()
    assert len(data) <= LIMIT and data.startswith(b"\x1f\x8b")
    found = cloudinit_code.parts(data)
    assert [one[0] for one in found] == [kind, "text/cloud-config"]
    assert found[0][2].strip() in (SCRIPT.strip(), MORE.strip())
    written = {one["path"]: one for one in cloudinit_code.cloud_config(found)["write_files"]}
    assert written["/etc/bootname.yaml"]["content"] == (tmp_path / "my.yaml").read_text()
    assert written[HOOK]["permissions"] == "0755"
    assert ("/etc/motd" in written) == (title == "A cloud-config")


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
@pytest.mark.parametrize("name", FORMS)
def test_room_is_what_the_page_says(make, tmp_path, name, architecture):
    page = (TOP / "docs/your-own-user-data.md").read_text()
    [told] = re.findall(rf"^\| {name}.*?\| ([0-9,]+) \|", page, re.MULTILINE)
    done = make(f"{line_of('A shell script')} --arch {architecture}", FORMS[name])
    assert done.returncode == 0, done.stderr
    # That of the script included.
    left = LIMIT - (tmp_path / "user-data").stat().st_size + len(SCRIPT)
    assert left - 300 <= int(told.replace(",", "")) <= left


def rendered(*parts):
    """As the provider cloudinit makes a multipart: a gzip of Go's default level, which is 6."""
    lines = ['Content-Type: multipart/mixed; boundary="MIMEBOUNDARY"\nMIME-Version: 1.0\r\n\r\n']
    lines += [f'--MIMEBOUNDARY\r\nContent-Disposition: attachment; filename="{name}"\r\n'
              f"Content-Transfer-Encoding: 7bit\r\nContent-Type: {kind}\r\nMime-Version: 1.0\r\n"
              f"\r\n{text}\r\n" for name, kind, text in parts]
    return gzip.compress("".join([*lines, "--MIMEBOUNDARY--\r\n"]).encode(), 6)


def of_terraform(folder):
    """The parts as the page's block has them."""
    [block] = [text for info, text in section("Terraform")
               if info == "terraform" and text.startswith("data")]
    found = re.findall(r'filename += "(.*)"\n +content_type = "(.*)"\n +content +'
                       r'= file\("\$\{path.module\}/(.*)"\)', block)
    assert len(found) == block.count("part {")
    return block, [(name, kind, (folder / file).read_text()) for name, kind, file in found]


def test_terraform_puts_the_parts_together(make, tmp_path):
    done = make(line_of("Terraform"))
    assert done.returncode == 0, done.stderr
    block, parts = of_terraform(tmp_path)
    data = rendered(*parts)
    assert len(data) <= LIMIT
    found = cloudinit_code.parts(data)
    assert [one[0] for one in found] == ["text/x-shellscript", "text/cloud-config"]
    assert found[0][2].replace("\r\n", "\n").strip() == SCRIPT.strip()
    written = {one["path"] for one in cloudinit_code.cloud_config(found)["write_files"]}
    assert written == {"/etc/bootname.yaml", HOOK}
    example = TOP / "cloud-config/terraform/examples/own-user-data/main.tf"
    assert block in example.read_text()


def test_terraforms_gzip_leaves_no_room_for_the_program_on_x86_64(make, tmp_path):
    if not (RELEASE / "bootname-boot-x86_64.xz").exists():
        pytest.skip("no release in this build")
    assert make(line_of("Terraform"), ()).returncode == 0
    _, parts = of_terraform(tmp_path)
    assert len(rendered(*parts)) > LIMIT


def test_script_alone_brings_the_name_with_a_program_of_the_ami(zone, instance, tmp_path):
    [script] = [text for info, text in section("A shell script") if info == "sh"]
    assert cloudinit_code.parts(script.encode())[0][0] == "text/x-shellscript"
    (tmp_path / "var/lib/cloud/scripts/per-boot").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    program = tmp_path / "bootname"
    program.write_text(f'#!/bin/sh\nexec {" ".join(helper())} "$@"\n')
    program.chmod(0o755)
    for path in ("/etc/bootname.yaml", "/var/lib/cloud"):
        script = script.replace(path, f"{tmp_path}{path}")
    done = subprocess.run(["sh"], input=script, text=True, capture_output=True, check=False,
                          timeout=60, env={"PATH": f"{tmp_path}:/usr/bin:/bin",
                                           "RUNTIME_DIRECTORY": str(tmp_path / "run"),
                                           **instance.environment})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "setting webdev1.ec2.example.com to 54.123.123.123\n"
    # And it stays for later boots.
    assert os.access(f"{tmp_path}{HOOK}", os.X_OK)


def test_cloud_config_by_hand_is_what_cloud_init_takes():
    [text] = [text for info, text in section("A cloud-config") if info == "yaml"]
    [(kind, _, _)] = found = cloudinit_code.parts(text.encode())
    assert kind == "text/cloud-config"
    entries = {one["path"]: one for one in cloudinit_code.cloud_config(found)["write_files"]}
    [baked] = [one for one in yaml.safe_load((TOP / "cloud-config/baked.yaml").read_text())
               ["write_files"] if one["path"] == HOOK]
    assert entries[HOOK] == baked


def template_data(make, tmp_path):
    make(line_of("A shell script"))
    [block] = [text for info, text in section("A launch template") if info == "sh"]
    subprocess.run(["sh", "-e"], input=block, text=True, check=True, cwd=tmp_path)
    return json.loads((tmp_path / "template.json").read_text())


def test_launch_template_is_what_ec2_takes(make, tmp_path):
    data = template_data(make, tmp_path)
    shape = botocore.session.get_session().get_service_model("ec2").shape_for(
        "RequestLaunchTemplateData")
    assert not ParamValidator().validate(data, shape).has_errors()
    user_data = base64.b64decode(data["UserData"], validate=True)
    assert user_data == (tmp_path / "user-data").read_bytes()
    assert data["MetadataOptions"]["InstanceMetadataTags"] == "enabled"
    assert data["ImageId"].startswith("resolve:ssm:/")
