"""The files for Terraform and Packer: format, names, arguments, and what an image has."""

import re
import subprocess

import pytest
import yaml

from programs import FOLDER, HCL, HCL_FILES, hcl
from provider import declarations

TERRAFORM = [file for file in HCL_FILES if file.suffix == ".tf"]
[PACKER] = [file for file in HCL_FILES if file.name.endswith(".pkr.hcl")]
# What Terraform knows of itself.
OWN = {"each", "count", "self", "path", "terraform"}


def names_of(blocks):
    """What a configuration declares, as its references have it."""
    declared = set()
    for one in blocks:
        kind, labels = one["type"], one["labels"] or []
        if kind == "locals":
            declared |= {f"local.{name}" for name in one["attributes"]}
        elif kind in ("variable", "resource", "data"):
            prefix = {"variable": ["var"], "resource": [], "data": ["data"]}[kind]
            declared.add(".".join([*prefix, *labels]))
    return declared


def references(block):
    """Those that are values, not a provider or the type of a variable."""
    no_value = {"provider"} | ({"type"} if block["type"] == "variable" else set())
    for name, found in block["attributes"].items():
        yield from found if name not in no_value else ()
    for inner in block["blocks"] or []:
        yield from references(inner)


def target(reference):
    """What a reference names: (declaration, attribute)."""
    steps = reference.split(".")
    length = {"var": 2, "local": 2, "data": 3}.get(steps[0], 2)
    return ".".join(steps[:length]), steps[length] if len(steps) > length else None


def faults(*files):
    """Everything that is wrong with these files of Terraform."""
    answer = hcl(*files)
    blocks = answer["blocks"]
    found = [f"{file} is not formatted" for file, well in answer["formatted"].items() if not well]
    declared, used = names_of(blocks), set()
    for block in blocks:
        kind, labels = block["type"], block["labels"] or []
        if kind in ("resource", "data"):
            found += [f"{'.'.join(labels)}: {fault}"
                      for fault in declarations(kind, labels[0]).faults(block)]
        for reference in references(block):
            name, attribute = target(reference)
            if name.split(".")[0] in OWN:
                continue
            if name not in declared:
                found.append(f"there is no {name}")
                continue
            # A variable's own rule is no use of it.
            if name != f"var.{labels[0] if labels else ''}" or kind != "variable":
                used.add(name)
            steps = name.removeprefix("data.").split(".")
            if steps[0].startswith("aws_") and attribute:
                of = "data" if name.startswith("data.") else "resource"
                if attribute not in declarations(of, steps[0]).attributes:
                    found.append(f"{steps[0]} has no attribute {attribute}")
    found += [f"{name} is not used" for name in declared - used
              if name.startswith(("var.", "local.", "data."))]
    return found


def test_terraform_is_formatted_and_names_what_there_is():
    assert not faults(*TERRAFORM)


MISTAKES = (
    # file, what it says, what is wrong, what is found
    ("instance.tf", 'http_tokens                 = "required"',
     'http_token                  = "required"', "no argument http_token"),
    ("instance.tf", "metadata_options {", "metadata_option {", "no block metadata_option"),
    ("instance.tf", "  name = aws_iam_instance_profile.this.name",
     "  name = aws_iam_instance_profile.that.name", "there is no aws_iam_instance_profile.that"),
    ("instance.tf", "latest_version", "newest_version", "has no attribute newest_version"),
    ("asg.tf", "  max_size            = var.group_max_size\n", "", "max_size is missing"),
    ("asg.tf", "    propagate_at_launch = true\n", "", "propagate_at_launch is missing"),
    ("asg.tf", '      key                 = "dnsname"\n', "", "key is missing"),
    ("zone.tf", "var.negative_ttl", "var.negative_tll", "there is no var.negative_tll"),
    ("zone.tf", 'comment = "', 'comment =  "', "is not formatted"),
    ("zone.tf", "primary_name_server", "primary_server", "has no attribute primary_server"),
    ("role.tf", "local.zone_arns", "local.arns", "there is no local.arns"),
    ("role.tf", "!var.wait ?", "!var.take_over ?", "var.wait is not used"),
    ("role.tf", "  policy_arn = aws_iam_policy.this.arn\n", "", "policy_arn is missing"),
    ("versions.tf", 'data "aws_partition"', 'data "aws_partitions"', "has no data aws_partitions"),
)


@pytest.mark.parametrize(("name", "right", "wrong", "fault"), MISTAKES)
def test_check_finds(tmp_path, name, right, wrong, fault):
    for file in TERRAFORM:
        text = file.read_text()
        assert file.name != name or right in text
        (tmp_path / file.name).write_text(text.replace(right, wrong) if file.name == name else text)
    try:
        found = "\n".join(faults(*sorted(tmp_path.glob("*.tf"))))
    except AssertionError as error:         # the provider has no such thing
        found = str(error)
    assert fault in found


@pytest.mark.parametrize("text", ["variable \"x\" {\n", "a = ${\n", "x {\n  a = b.\n}\n"])
def test_what_is_no_hcl_is_an_error(tmp_path, text):
    (tmp_path / "wrong.tf").write_text(text)
    run = subprocess.run([HCL, tmp_path / "wrong.tf"], input="{}", capture_output=True, text=True,
                         check=False)
    assert run.returncode and "wrong.tf:" in run.stderr


def test_instances_boot_after_the_permission_and_go_before_it():
    [launch] = [one for one in hcl(*TERRAFORM)["blocks"]
                if one["labels"] == ["aws_launch_template", "this"]]
    assert set(launch["attributes"]["depends_on"]) \
        == {"aws_iam_role_policy_attachment.this", "aws_route53_record.soa"}


SOA_COUNT = "resource.aws_route53_record.soa.count"
HAS_ZONE, HAS_SUBNETS, GROUP_HAS_SUBNETS = (
    f"resource.{one}.this.lifecycle.precondition.condition"
    for one in ("aws_iam_policy", "aws_instance", "aws_autoscaling_group"))
GROUP_TAG = "resource.aws_autoscaling_group.this.dynamic.tag.for_each"
COMPUTED = (
    # variables, what is asked for, what it comes to
    ({"create_zone": True, "negative_ttl": 60}, SOA_COUNT, 1),
    ({"create_zone": True, "negative_ttl": 0}, SOA_COUNT, 0),
    ({"create_zone": False, "negative_ttl": 60}, SOA_COUNT, 0),
    ({"create_zone": True, "zone_ids": []}, HAS_ZONE, True),
    ({"create_zone": False, "zone_ids": ["Z1"]}, HAS_ZONE, True),
    ({"create_zone": False, "zone_ids": []}, HAS_ZONE, False),
    ({"subnet_ids": ["subnet-1"]}, HAS_SUBNETS, True),
    ({"subnet_ids": []}, HAS_SUBNETS, False),
    ({"subnet_ids": ["subnet-1"]}, GROUP_HAS_SUBNETS, True),
    ({"subnet_ids": []}, GROUP_HAS_SUBNETS, False),
    ({"group_dns_name": None}, GROUP_TAG, []),
    ({"group_dns_name": "web"}, GROUP_TAG, ["web"]),
)


@pytest.mark.parametrize(("variables", "wanted", "comes_to"), COMPUTED)
def test_variables_come_to(variables, wanted, comes_to):
    answer = hcl(*TERRAFORM, values={"var": variables}, wanted=(wanted,))
    assert answer["values"][wanted] == comes_to


# ---- Packer. ----

@pytest.mark.parametrize(("architecture", "name"), [
    ("x86_64", "debian-12-amd64-*"), ("arm64", "debian-12-arm64-*")])
def test_image_is_made_of_debian_as_released(architecture, name):
    wanted = "source.amazon-ebs.debian.source_ami_filter.filters"
    answer = hcl(PACKER, values={"var": {"architecture": architecture}}, wanted=(wanted,))
    assert answer["values"][wanted]["name"] == name


def image_commands(defaults):
    """What is run in the machine that becomes an image."""
    wanted = ("locals.hooks", "locals.defaults_file", "locals.command",
              "build.provisioner.shell.inline")
    answer = hcl(PACKER, values={"var": {"defaults": defaults}}, wanted=wanted)
    assert all(answer["formatted"].values())
    return answer["values"][wanted[-1]]


def hook_of_baked():
    [_, entry] = yaml.safe_load((FOLDER / "baked.yaml").read_text())["write_files"]
    return entry["path"], entry["permissions"], entry["content"]


@pytest.mark.parametrize(("defaults", "options"), [
    ("", ""), ("fleet.yaml", " -d /etc/bootname-defaults.yaml")])
def test_image_has_a_hook_and_no_state(tmp_path, defaults, options):
    commands = image_commands(defaults)
    clean = commands.index("cloud-init clean --logs --machine-id")
    path, permissions, _ = hook_of_baked()
    # What comes after it is the hook alone; run here, below another root.
    script = "\n".join(commands[clean + 1:])
    assert path in script
    subprocess.run(["sh", "-eu"], input=script.replace("/var/lib", f"{tmp_path}/var/lib"),
                   text=True, check=True)
    hook = tmp_path / path[1:]
    assert hook.read_text() == f"#!/bin/sh\nexec bootname{options}\n"
    assert oct(hook.stat().st_mode)[-3:] == permissions[-3:]
    installed = [one for one in commands if one.startswith("install ")]
    assert bool(installed) == bool(defaults)
    assert all("bootname-defaults.yaml" in one for one in installed)


def test_image_commands_are_shell():
    for defaults in ("", "fleet.yaml"):
        script = "\n".join(image_commands(defaults))
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)


def test_packer_names_what_it_declares():
    blocks = hcl(PACKER)["blocks"]
    declared = names_of(blocks)
    used = {target(one)[0] for block in blocks for one in references(block)}
    assert {one for one in used if re.match(r"(var|local)\.", one)} \
        == {one for one in declared if re.match(r"(var|local)\.", one)}


def takes(variable, value):
    """Whether a variable's own rule is kept."""
    name = f"variable.{variable}.validation.condition"
    return hcl(values={"var": {variable: value}}, wanted=(name,))["values"][name]


RULES = (
    # variable, value, whether it is taken
    ("record_names", None, True), ("record_names", [], True),
    ("record_names", ["web-*.ec2.example.com", "_bootname.web-*.ec2.example.com"], True),
    ("record_names", ["ec2.example.com", "\\052.ec2.example.com"], True),
    ("record_names", ["*.ec2.example.com"], False),
    ("record_names", ["web-*.ec2.example.com", "?*.ec2.example.com"], False),
    ("record_names", ["_acme-challenge.ec2.example.com"], False),
    ("record_names", ["_bootname*.ec2.example.com"], False),
    ("record_names", ["Web-*.ec2.example.com"], False),
    ("record_names", ["web-*.ec2.example.com."], False),
    ("zone_name", "ec2.example.com", True), ("zone_name", "_tcp.example.com", False),
    ("zone_name", "ec2.example.com.", False),
)


@pytest.mark.parametrize(("variable", "value", "taken"), RULES)
def test_variable_takes(variable, value, taken):
    assert takes(variable, value) == taken
