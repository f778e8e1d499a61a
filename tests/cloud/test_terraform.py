"""The files for Terraform and Packer: format, names, arguments, and what an image has."""

import re
import subprocess

import pytest
import yaml

from programs import EXAMPLES, FOLDER, HCL, HCL_FILES, hcl
from provider import declarations

TERRAFORM = [file for file in HCL_FILES if file.suffix == ".tf"]
[PACKER] = [file for file in HCL_FILES if file.name.endswith(".pkr.hcl")]
# What Terraform knows of itself.
OWN = {"each", "count", "self", "path", "terraform"}
# Of a call of a module, what is not a variable of it.
OF_A_CALL = {"source", "version", "providers", "count", "for_each", "depends_on"}


def names_of(blocks):
    """What a configuration declares, as its references have it."""
    declared = set()
    for one in blocks:
        kind, labels = one["type"], one["labels"] or []
        if kind == "locals":
            declared |= {f"local.{name}" for name in one["attributes"]}
        elif kind in ("variable", "resource", "data", "module"):
            prefix = {"variable": ["var"], "resource": []}.get(kind, [kind])
            declared.add(".".join([*prefix, *labels]))
    return declared


def references(block):
    """Those that are values, not a provider, the type of a variable, or names of arguments."""
    no_value = {"provider", "ignore_changes"} | ({"type"} if block["type"] == "variable" else set())
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
        if kind in ("resource", "data") and labels[0].startswith("aws_"):
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


# ---- As a module. ----

def of_type(kind, *files):
    """label -> block, of the blocks of a type."""
    return {one["labels"][0]: one for one in hcl(*files)["blocks"] if one["type"] == kind}


VARIABLES, OUTPUTS = of_type("variable", *TERRAFORM), of_type("output", *TERRAFORM)


def call_faults(folder):
    """Everything that is wrong with an example."""
    files = sorted(folder.glob("*.tf"))
    found = faults(*files)
    for name, call in of_type("module", *files).items():
        given = set(call["attributes"]) - OF_A_CALL
        found += [f"the module has no variable {one}" for one in given - set(VARIABLES)]
        found += [f"{one} is missing" for one, variable in VARIABLES.items()
                  if "default" not in variable["attributes"] and one not in given]
        source = folder / hcl(*files, wanted=(f"module.{name}.source",))["values"][
            f"module.{name}.source"]
        found += [] if source.resolve() == FOLDER / "terraform" else [f"{source} is not there"]
    asked = [one.split(".")[2] for block in hcl(*files)["blocks"] for one in references(block)
             if one.startswith("module.") and len(one.split(".")) > 2]
    return found + [f"the module has no output {one}" for one in asked if one not in OUTPUTS]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_example_calls_the_module_as_it_is(example):
    assert not call_faults(example)


CALL_MISTAKES = (
    ("instance_name ", "instance_nam ", "the module has no variable instance_nam"),
    ('  zone_name          = "ec2.example.com"\n', "", "zone_name is missing"),
    ('"../.."', '"../../.."', "is not there"),
    ("module.bootname.instance_id", "module.bootname.instance", "has no output instance"),
    ("module.bootname.instance_id", "module.boot.instance_id", "there is no module.boot"),
    ("  subnet_ids  ", "  subnet_ids ", "is not formatted"),
)


@pytest.mark.parametrize(("right", "wrong", "fault"), CALL_MISTAKES)
def test_check_of_examples_finds(tmp_path, right, wrong, fault):
    text = (FOLDER / "terraform/examples/existing-zone/main.tf").read_text()
    assert right in text
    folder = tmp_path / "terraform/examples/broken"
    folder.mkdir(parents=True)
    # The module is where the example looks for it.
    source = FOLDER / "terraform"
    (folder / "main.tf").write_text(text.replace(right, wrong).replace(
        '"../.."', f'"{source}"'))
    assert fault in "\n".join(call_faults(folder))


def test_module_leaves_provider_and_region_to_its_caller():
    blocks = hcl(*TERRAFORM)["blocks"]
    assert not [one for one in blocks if one["type"] == "provider"]
    # Or a call could have no for_each; and nobody would have to name an alias.
    assert not [one for one in blocks if "provider" in one["attributes"]]
    assert "region" not in VARIABLES


def test_first_example_uses_a_zone_that_is_there():
    text = (FOLDER / "terraform/examples/existing-zone/main.tf").read_text()
    assert "create_zone" not in text and "zone_ids" not in text
    assert "existing-zone" == EXAMPLES[0].name


def test_newer_image_replaces_nothing():
    blocks = {one["labels"][0]: one for one in hcl(*TERRAFORM)["blocks"]
              if one["type"] == "resource"}
    [lifecycle] = [one for one in blocks["aws_instance"]["blocks"] if one["type"] == "lifecycle"]
    assert lifecycle["attributes"]["ignore_changes"] == ["ami"]
    # Another version of a launch template would be another instance.
    assert "launch_template" not in {one["type"] for one in blocks["aws_instance"]["blocks"]}
    # That of the group names no image that a plan could find changed.
    used = blocks["aws_launch_template"]["attributes"]["image_id"]
    assert used == ["var.image_id", "var.image_parameter"]


IMAGE = "resource.aws_launch_template.this.image_id"


@pytest.mark.parametrize(("image", "comes_to"), [
    ("ami-0123456789abcdef0", "ami-0123456789abcdef0"), (None, "resolve:ssm:/images/web")])
def test_group_asks_for_its_image_at_each_launch(image, comes_to):
    values = {"var": {"image_id": image, "image_parameter": "/images/web"}}
    assert hcl(*TERRAFORM, values=values, wanted=(IMAGE,))["values"][IMAGE] == comes_to


def defaults():
    wanted = [f"variable.{name}.default" for name, one in VARIABLES.items()
              if "default" in one["attributes"]]
    found = hcl(*TERRAFORM, wanted=wanted)["values"]
    return {name.split(".")[1]: value for name, value in found.items()}


def test_role_for_a_zone_that_is_there_is_all_that_is_made_unasked():
    """Of what has a count, only the look-up of the zone."""
    variables = {**defaults(), "zone_name": "ec2.example.com"}
    blocks = [one for one in hcl(*TERRAFORM)["blocks"] if one["type"] in ("resource", "data")]
    counted = [".".join([one["type"], *one["labels"], "count"]) for one in blocks
               if "count" in one["attributes"]]
    answer = hcl(*TERRAFORM, values={"var": variables}, wanted=counted)["values"]
    assert [name for name, count in answer.items() if count] == ["data.aws_route53_zone.this.count"]
    mail = hcl(*TERRAFORM, values={"var": variables}, wanted=("locals.mail_records",))["values"]
    assert mail == {"locals.mail_records": {}}
    assert {one["labels"][0] for one in blocks if one["type"] == "resource"
            and not {"count", "for_each"} & set(one["attributes"])} == {
        "aws_iam_role", "aws_iam_instance_profile", "aws_iam_policy",
        "aws_iam_role_policy_attachment"}


def test_group_of_one_has_no_gap_when_it_is_refreshed():
    [group] = [one for one in hcl(*TERRAFORM)["blocks"]
               if one["labels"] == ["aws_autoscaling_group", "this"]]
    [refresh] = [one for one in group["blocks"] if one["type"] == "instance_refresh"]
    assert [one["type"] for one in refresh["blocks"]] == ["preferences"]
    prefix = "resource.aws_autoscaling_group.this.instance_refresh.preferences"
    wanted = (f"{prefix}.min_healthy_percentage", f"{prefix}.max_healthy_percentage")
    # The new one comes before the old one goes; the two may be 100 apart.
    assert hcl(*TERRAFORM, wanted=wanted)["values"] == dict(zip(wanted, (100, 200)))


MISTAKES = (
    # file, what it says, what is wrong, what is found
    ("instance.tf", 'http_tokens                 = "required"',
     'http_token                  = "required"', "no argument http_token"),
    ("instance.tf", "metadata_options {", "metadata_option {", "no block metadata_option"),
    ("asg.tf", "    name = aws_iam_instance_profile.this.name",
     "    name = aws_iam_instance_profile.that.name", "there is no aws_iam_instance_profile.that"),
    ("instance.tf", "user_data_base64       =", "user_data_base65       =",
     "no argument user_data_base65"),
    ("instance.tf", "ignore_changes = [ami]", "ignore_changes = [image_id]",
     "no argument image_id to ignore"),
    ("asg.tf", "latest_version", "newest_version", "has no attribute newest_version"),
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
    launches = [one for one in hcl(*TERRAFORM)["blocks"]
                if one["labels"] in (["aws_launch_template", "this"], ["aws_instance", "this"])]
    assert [set(one["attributes"]["depends_on"]) for one in launches] \
        == 2 * [{"aws_iam_role_policy_attachment.this", "aws_route53_record.soa"}]
    assert OUTPUTS["instance_profile"]["attributes"]["depends_on"] \
        == ["aws_iam_role_policy_attachment.this"]


SOA_COUNT = "resource.aws_route53_record.soa.count"
LOOK_UP = "data.aws_route53_zone.this.count"
HAS_SUBNETS, GROUP_HAS_SUBNETS = (
    f"resource.{one}.this.lifecycle.precondition.condition"
    for one in ("aws_instance", "aws_autoscaling_group"))
GROUP_TAG = "resource.aws_autoscaling_group.this.dynamic.tag.for_each"
COMPUTED = (
    # variables, what is asked for, what it comes to
    ({"create_zone": True, "negative_ttl": 60}, SOA_COUNT, 1),
    ({"create_zone": True, "negative_ttl": 0}, SOA_COUNT, 0),
    ({"create_zone": False, "negative_ttl": 60}, SOA_COUNT, 0),
    ({"create_zone": True, "zone_ids": []}, LOOK_UP, 0),
    ({"create_zone": False, "zone_ids": ["Z1"]}, LOOK_UP, 0),
    ({"create_zone": False, "zone_ids": []}, LOOK_UP, 1),
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

ALL = ("debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "amazon-linux-2023")
PACKER_DEFAULTS = {"architecture": "x86_64", "distribution": "debian-12", "defaults": "",
                   "region": "", "vpc_id": "", "subnet_id": "", "public_ip": True,
                   "source_owner": ""}
OF_PACKER = ("locals.debian_arch", "locals.distributions", "locals.source", "locals.hooks",
             "locals.defaults_file", "locals.command", "locals.package", "locals.install")
SOURCE = "source.amazon-ebs.this"


def packer(*wanted, **variables):
    answer = hcl(PACKER, values={"var": {**PACKER_DEFAULTS, **variables}},
                 wanted=(*OF_PACKER, *wanted))
    assert all(answer["formatted"].values())
    return [answer["values"][one] for one in wanted]


@pytest.mark.parametrize(("distribution", "architecture", "name", "user"), [
    ("debian-12", "x86_64", "debian-12-amd64-*", "admin"),
    ("debian-13", "arm64", "debian-13-arm64-*", "admin"),
    ("ubuntu-22.04", "x86_64", "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*", "ubuntu"),
    ("ubuntu-24.04", "arm64", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-*",
     "ubuntu"),
    ("amazon-linux-2023", "x86_64", "al2023-ami-2023.*-kernel-*-x86_64", "ec2-user"),
    ("amazon-linux-2023", "arm64", "al2023-ami-2023.*-kernel-*-arm64", "ec2-user")])
def test_image_is_made_of_the_distribution_as_released(distribution, architecture, name, user):
    filters, owners, login, kind = packer(
        f"{SOURCE}.source_ami_filter.filters", f"{SOURCE}.source_ami_filter.owners",
        f"{SOURCE}.ssh_username", f"{SOURCE}.instance_type", distribution=distribution,
        architecture=architecture)
    assert (filters["name"], filters["architecture"], login) == (name, architecture, user)
    assert owners == [{"debian": "136693071363", "ubuntu": "099720109477",
                       "amazon": "amazon"}[distribution.partition("-")[0]]]
    assert kind == ("t4g.micro" if architecture == "arm64" else "t3.micro")


@pytest.mark.parametrize("distribution", [*ALL, "debian-11"])
def test_packer_takes_the_distributions_that_it_knows(distribution):
    [known] = packer("locals.distributions")
    assert set(known) == set(ALL)
    rule = "variable.distribution.validation.condition"
    assert packer(rule, distribution=distribution if distribution in ALL else "debian-12") == [True]
    found = hcl(PACKER, values={"var": {"distribution": distribution}}, wanted=(rule,))
    assert found["values"][rule] == (distribution in ALL)


NETWORK = ("region", "vpc_id", "subnet_id", "associate_public_ip_address", "ssh_interface")


@pytest.mark.parametrize(("variables", "comes_to"), [
    ({}, [None, None, None, None, None]),
    ({"region": "eu-west-1"}, ["eu-west-1", None, None, None, None]),
    ({"vpc_id": "vpc-1", "subnet_id": "subnet-1"}, [None, "vpc-1", "subnet-1", True, None]),
    ({"subnet_id": "subnet-1", "public_ip": False}, [None, None, "subnet-1", False, "private_ip"]),
])
def test_image_is_made_where_it_is_asked_for(variables, comes_to):
    assert packer(*(f"{SOURCE}.{name}" for name in NETWORK), **variables) == comes_to


def test_region_is_that_of_the_environment():
    assert re.search(r'variable "region" \{[^}]*default += env\("AWS_REGION"\)', PACKER.read_text())


def image_commands(defaults="", distribution="debian-12"):
    """What is run in the machine that becomes an image."""
    return packer("build.provisioner.shell.inline", defaults=defaults, distribution=distribution)[0]


@pytest.mark.parametrize("distribution", ALL)
def test_package_is_installed_by_the_distributions_own_tool(distribution):
    commands = image_commands(distribution=distribution)
    [install] = [one for one in commands if " install " in one]
    [target] = [one["attributes"]["destination"] for build in hcl(PACKER)["blocks"]
                if build["type"] == "build" for one in build["blocks"]
                if "source" in one["attributes"]]
    assert target == ["local.package"]
    assert install == ("dnf install -y /tmp/bootname.rpm" if "amazon" in distribution
                       else "apt-get install -y /tmp/bootname.deb")
    assert [one for one in commands if one.startswith("rm /tmp/bootname.")]


def test_no_key_stays_in_the_image(tmp_path):
    keys = ("etc/ssh/ssh_host_ed25519_key", "etc/ssh/ssh_host_ed25519_key.pub",
            "root/.ssh/authorized_keys", "home/admin/.ssh/authorized_keys",
            "home/admin/.bash_history")
    others = ("etc/ssh/sshd_config", "home/admin/.profile", "etc/machine-id")
    for name in (*keys, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("secret")
    commands = image_commands()
    lines = [one for one in commands if re.search("ssh_host|authorized_keys|machine-id", one)]
    script = re.sub("/(etc|root|home)", rf"{tmp_path}/\1", "\n".join(lines))
    subprocess.run(["sh", "-eu"], input=script, text=True, check=True)
    left = {str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()}
    assert left == set(others)
    assert not (tmp_path / "etc/machine-id").read_text()
    # cloud-init 22.2, of Amazon Linux 2023, has no --machine-id.
    assert "cloud-init clean --logs" in commands


def hook_of_baked():
    [_, entry] = yaml.safe_load((FOLDER / "baked.yaml").read_text())["write_files"]
    return entry["path"], entry["permissions"], entry["content"]


@pytest.mark.parametrize(("defaults", "options"), [
    ("", ""), ("fleet.yaml", " -d /etc/bootname-defaults.yaml")])
def test_image_has_a_hook_and_no_state(tmp_path, defaults, options):
    commands = image_commands(defaults)
    clean = commands.index("cloud-init clean --logs")
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
