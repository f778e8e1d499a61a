"""Hold README and guides to the truth: links, settings, names, commands, templates, and whatever
of them can be computed or asked.

A block that is fenced as yaml is settings, or a cloud-config with some; any other is indented, or
fenced as what it is.
"""

import collections
import fractions
import json
import pathlib
import re
import shlex

import botocore.session
import jmespath
import pytest
import yaml
from botocore import xform_name
from botocore.validate import ParamValidator
from conftest import RULES, run_make
from markdown_it import MarkdownIt

TOP = pathlib.Path(__file__).parents[2]
GUIDES = sorted(str(path.relative_to(TOP)) for path in TOP.glob("docs/*.md"))
PAGES = ["README.md", *GUIDES]
MARKDOWN = MarkdownIt().enable("table")
ZONE_ID = "Z0123456789ABCDEFGHIJ"
ZONES = [("ec2.example.com", False), ("ec2.example.com", True), ("internal.example.com", True)]
UNITS = {"min": 60, "h": 3600, "day": 86400, "days": 86400}
LOW_TTL = 60
SESSION = botocore.session.get_session()

Block = collections.namedtuple("Block", "page info content following")
Command = collections.namedtuple("Command", "page service operation rest")


def tokens(page):
    return MARKDOWN.parse((TOP / page).read_text())


def blocks(page):
    """The blocks of a page, each with the lines of the block right behind it."""
    found = [token for token in tokens(page) if not token.type.endswith("_close")]
    behind = [*found[1:], None]
    return [Block(page, token.info, token.content,
                  following.content if following and following.type == "code_block" else "")
            for token, following in zip(found, behind) if token.type in ("fence", "code_block")]


def all_blocks(info):
    return [block for page in PAGES for block in blocks(page) if block.info == info]


def named(found):
    """Parameters of a test, each named for its page and number there."""
    seen = collections.Counter()
    for one in found:
        seen[one.page] += 1
        yield pytest.param(one, id=f"{pathlib.Path(one.page).stem} {seen[one.page]}")


def inline(page, kind):
    return [child for token in tokens(page) for child in token.children or ()
            if child.type == kind]


def code(page):
    """Each line of code of a page; one that ends in a backslash goes on in the next."""
    texts = [token.content for token in inline(page, "code_inline")]
    texts += [block.content for block in blocks(page) if block.info in ("", "sh")]
    return [line for text in texts for line in re.sub(r"\\\n\s*", "", text).splitlines()]


def table(page, first_heading):
    """The rows below the heading of a table, as lists of cells."""
    lines = [line for line in (TOP / page).read_text().splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    start = next(i for i, row in enumerate(rows) if row[0] == first_heading)
    width = len(rows[start])
    end = next((i for i in range(start + 2, len(rows))
                if i + 1 < len(rows) and set("".join(rows[i + 1])) <= set("-:")), len(rows))
    assert end > start + 2
    assert all(len(row) == width for row in rows[start:end])
    return rows[start + 2:end]


# Links

def anchors(page):
    """What GitHub makes of the headings."""
    found = tokens(page)
    titles = [following.content for token, following in zip(found, found[1:])
              if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_a_file_and_a_heading_of_it(page):
    links = [link.attrs["href"] for link in inline(page, "link_open")]
    for path, _, anchor in (link.partition("#") for link in links if "://" not in link):
        target = TOP / pathlib.Path(page).parent / path if path else TOP / page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target.resolve().relative_to(TOP)), (path, anchor)


def test_readme_leads_to_every_guide():
    links = {link.attrs["href"] for link in inline("README.md", "link_open")}
    assert set(GUIDES) <= links


# Settings

@pytest.fixture
def world(emulator, instance):
    """What the settings of the guides ask for: zones, and a role if they name one."""
    def make(settings):
        name, wants_private = settings.get("name", ""), settings.get("address") == "private"
        for zone, is_private in ZONES:
            is_named = "zone_id" in settings and name.endswith(zone) and is_private == wants_private
            emulator.hosted_zone(zone, is_private, [("eu-west-1", "vpc-1")] if is_private else (),
                                 zone_id=ZONE_ID if is_named else None)
        if "role_arn" in settings:
            emulator.roles[settings["role_arn"]] = {
                "external_id": settings.get("external_id"), "account": instance.account}
        instance.tags = {"dnsname": "webdev1", "role": "db"}
        if "AAAA" in settings.get("types", ()):
            instance.ipv6 = "2001:db8::17"
    return make


@pytest.mark.parametrize("block", named(all_blocks("yaml")))
def test_settings_do_what_the_lines_below_them_say(run, world, block):
    document = yaml.safe_load(block.content)
    world({} if "write_files" in document else document)
    env = {"NO_PROXY": "127.0.0.1"}     # the emulator is no further away than that
    if "write_files" in document:
        result = run(config=block.content, env=env)
    else:
        result = run("-c", run.file(block.content), env=env)
    assert result.status == 0
    if block.following.startswith("setting "):
        assert result.stdout == block.following


NAMES = table("docs/names.md", "`name`")


@pytest.mark.parametrize(("name", "becomes"), NAMES, ids=[name or "none" for name, _ in NAMES])
def test_names_become_what_the_guide_says(run, world, name, becomes):
    settings = {"zone": "ec2.example.com", **({"name": name.strip("`")} if name else {})}
    world(settings)
    result = run("-n", settings=yaml.safe_dump(settings))
    refused = re.fullmatch(r"exit status (\d+): `(.*)`", becomes)
    if refused:
        assert result.status == int(refused[1])
        assert result.stderr == f"bootname: name: {refused[2]}\n"
    else:
        assert result.stdout == f"would set {becomes.strip('`')} to 54.123.123.123\n"


def test_defaults_of_an_image_want_a_tag_or_a_name(run, world, instance):
    [defaults] = [block.content for block in blocks("docs/ami.md") if block.info == "yaml"]
    world(yaml.safe_load(defaults))
    hasty = run.file(re.sub("grace: .*", "grace: 0", defaults))
    assert run("-d", hasty).stdout == "setting webdev1.ec2.example.com to 54.123.123.123\n"
    instance.tags = {}
    result = run("-d", hasty, partial=True)
    assert result.status == 69
    assert result.stdout == "removing webdev1.ec2.example.com (54.123.123.123)\n"
    assert run("-d", hasty).status == 69
    assert "exit status 69" in (TOP / "docs/ami.md").read_text()


def test_guide_on_names_has_every_placeholder():
    rows = table("docs/names.md", "placeholder")
    page = (TOP / "docs/bootname.yaml.5").read_text()
    assert {row[0].strip("`") for row in rows} == set(re.findall(r"^\.It Ic (\{\S+\})$", page,
                                                                 re.MULTILINE))


def test_the_zone_of_the_region_is_taken_where_there_is_one(run, emulator, zone, calls):
    settings = "name: webdev1.{az}.{region}.ec2.example.com"
    assert run("-j", settings=settings).json["zone_id"] == zone.id
    assert calls("route53").count("ListHostedZonesByName") == 3
    regional = emulator.hosted_zone("eu-west-1.ec2.example.com")
    assert run("-j", settings=settings).json["zone_id"] == regional.id
    assert calls("route53").count("ListHostedZonesByName") == 3 + 2


@pytest.mark.parametrize("column", [1, 2, 3])
def test_types_publish_what_the_guide_says(run, zone, instance, column):
    setting = ("{}", "types: [AAAA]", "types: [A, AAAA]")[column - 1]
    ipv4, ipv6 = "54.123.123.123", "2001:db8::17"
    for row, has in zip(table("docs/ipv6.md", "the instance has"),
                        ((ipv4, ipv6), (None, ipv6), (ipv4, None))):
        instance.public_ipv4, instance.ipv6 = has
        result = run("-n", settings=setting)
        kinds = ["AAAA" if ":" in line.split()[-1] else "A" for line in result.stdout.splitlines()]
        told = re.findall(r"\bA+\b", row[column])
        assert sorted(kinds) == sorted(told)
        assert str(result.status) == (re.findall(r"exit status (\d+)", row[column]) or ["0"])[0]


# Commands

def make_targets():
    rules = re.findall(r"^([^\t#\n=]+):(?!=)", "".join(path.read_text() for path in RULES),
                       re.MULTILINE)
    return {word for rule in rules for word in rule.split()}


@pytest.mark.parametrize("page", PAGES)
def test_make_knows_the_targets(page):
    calls = [call for line in code(page)
             for call in re.findall(r"(?:^|&& )(?:sudo )?make( [^&]*)?", line)]
    for word in (word for call in calls for word in shlex.split(call, comments=True)):
        assert "=" in word or word.startswith(("-", "build/")) or word in make_targets(), word


def test_make_help_lists_every_target_of_the_guides():
    listed = set(re.findall(r"^make ([\w-]+) ", run_make("help").stdout, re.MULTILINE))
    told = {word for page in PAGES for line in code(page)
            for call in re.findall(r"(?:^|&& )(?:sudo )?make( [^&]*)?", line)
            for word in shlex.split(call, comments=True)
            if "=" not in word and not word.startswith(("-", "build/"))}
    assert told <= listed and len(listed) > 30


def aws_commands():
    pattern = r"(?<![\w./-])aws ([a-z0-9-]+) ([a-z0-9-]+)((?: [^|;)]*)?)"
    return [Command(page, *found) for page in PAGES for line in code(page)
            for found in re.findall(pattern, line)]


# What the CLI has beside the API's own, and what Debian's botocore is too old for.
GLOBAL = {"query", "output", "region", "profile"}
OF_THE_CLI = {"cloudformation deploy": {"stack-name", "template-file", "parameter-overrides",
                                        "capabilities"},
              "configure export-credentials": {"format"}, "s3 cp": set()}
MORE = {"run-instances": {"count", "associate-public-ip-address"},
        "create-vpc-endpoint": {"service-region"}}


def waiters(service):
    return {xform_name(name, "-") for name in SESSION.get_waiter_model(service).waiter_names}


@pytest.mark.parametrize("command", named(aws_commands()))
def test_the_aws_cli_knows_the_commands(command):
    options = set(re.findall(r" --(?:no-)?([a-z0-9-]+)", command.rest)) - GLOBAL
    beside = OF_THE_CLI.get(f"{command.service} {command.operation}")
    if beside is not None:
        assert options <= beside
        return
    model = SESSION.get_service_model(command.service)
    if command.operation == "wait":
        assert command.rest.split()[0] in waiters(command.service)
        return
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    members = model.operation_model(operations[command.operation]).input_shape.members
    known = {xform_name(name, "-") for name in members} | MORE.get(command.operation, set())
    assert options <= known


@pytest.mark.parametrize("settings", ["{}", "owner_record: true"])
def test_quick_start_removes_the_records_of_its_name(run, zone, instance, client, settings):
    [query] = [re.search('--query "([^"]+)"', line)[1] for line in code("docs/quick-start.md")
               if line.endswith("> no-name.json")]
    others = zone.record_sets()
    zone.put("otherwebdev1.ec2.example.com", "A", ["192.0.2.1"])
    assert run(settings=settings).status == 0
    user = client(instance.credentials)
    found = jmespath.search(query, user.list_resource_record_sets(HostedZoneId=zone.id))
    if settings == "{}":
        assert found in [json.loads(block.content) for block in blocks("docs/quick-start.md")
                         if block.info == "json"]
    user.change_resource_record_sets(HostedZoneId=zone.id, ChangeBatch=found)
    assert len(zone.record_sets()) == len(others) + 1


# Templates

class Template(yaml.SafeLoader):
    """CloudFormation's YAML, whose tags do not matter here."""


Template.add_multi_constructor("!", lambda loader, suffix, node: None)


def stacks():
    return [command for command in aws_commands()
            if (command.service, command.operation) == ("cloudformation", "deploy")]


def template(stack):
    """The file; mkuserdata puts a copy of it, with the user-data, into build/."""
    name = re.search(r"--template-file \S+/([\w-]+\.yaml)", stack.rest)[1]
    return TOP / "cloud-config/cloudformation" / name


@pytest.mark.parametrize("stack", named(stacks()))
def test_templates_take_the_parameters(stack):
    text = template(stack).read_text()
    parameters = yaml.load(text, Template)["Parameters"]
    words = shlex.split(stack.rest.partition("--parameter-overrides")[2])
    given = dict(word.split("=", maxsplit=1) for word in words)
    assert set(given) <= set(parameters)
    assert {name for name, one in parameters.items() if "Default" not in one} <= set(given)
    for name, value in given.items():
        values = value.split(",") if parameters[name]["Type"] == "CommaDelimitedList" else [value]
        pattern = parameters[name].get("AllowedPattern", ".*")
        assert all(re.fullmatch(pattern, one) for one in values if "$" not in one), name
    assert ("AWS::IAM" in text) == ("--capabilities CAPABILITY_IAM" in stack.rest)


def test_quick_start_has_every_template_of_the_way():
    used = {template(stack).stem for stack in stacks() if stack.page == "docs/quick-start.md"}
    assert used == {"zone", "role", "instance"}


def test_templates_have_the_outputs():
    templates = [yaml.load(path.read_text(), Template)
                 for path in TOP.glob("cloud-config/cloudformation/*.yaml")]
    outputs = {name for one in templates for name in one["Outputs"]}
    named_outputs = {name for page in PAGES for line in code(page)
                     for name in re.findall(r"OutputKey=='(\w+)'", line)}
    assert named_outputs and named_outputs <= outputs


def hashicorp_commands():
    pattern = r"\b(terraform|packer) (?:-chdir=(\S+) )?(apply|build) (.*)"
    return [Command(page, tool, operation, (folder or rest.split()[-1], shlex.split(rest)))
            for page in PAGES for line in code(page)
            for tool, folder, operation, rest in re.findall(pattern, line)]


@pytest.mark.parametrize("command", named(hashicorp_commands()))
def test_terraform_and_packer_know_the_variables(command):
    folder, words = command.rest
    given = {word.partition("=")[0] for before, word in zip(words, words[1:]) if before == "-var"}
    text = "\n".join(path.read_text() for path in (TOP / folder).glob("*.[tp]*") if path.is_file())
    known = dict(re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL))
    assert given <= set(known)
    assert {name for name, body in known.items() if "default " not in body} <= given


@pytest.mark.parametrize("block", named(all_blocks("json")))
def test_json_is_a_policy_or_a_change_batch(block):
    document = json.loads(block.content)
    if "Changes" in document:
        shape = SESSION.get_service_model("route53").shape_for("ChangeBatch")
        assert not ParamValidator().validate(document, shape).has_errors()
        return
    policy = document
    assert policy["Version"] == "2012-10-17"
    for statement in policy["Statement"]:
        assert {"Effect", "Action"} <= set(statement)
        assert ("Principal" in statement) != ("Resource" in statement)


# Tables

def seconds(text):
    number, unit = text.split()
    return int(number) * UNITS[unit]


def test_plan_of_ttls_is_computed_right():
    rows = table("docs/migrating.md", "old TTL, s")
    assert [int(row[0].replace(",", "")) for row in rows] == [300, 900, 3600, 14400, 86400, 172800]
    for old, half, nearly_all, before, after in rows:
        ttl = int(old.replace(",", ""))
        assert [seconds(half), seconds(nearly_all), seconds(before), seconds(after)] \
            == [ttl, 5 * ttl, 5 * ttl, 5 * LOW_TTL]


def test_share_that_sees_a_change_is_computed_right():
    rows = table("docs/migrating.md", "after")
    assert [int(row[0].removesuffix(" TTL")) for row in rows] == [1, 2, 3, 4, 5]
    for after, share in rows:
        left = fractions.Fraction(1, 2 ** int(after.removesuffix(" TTL")))
        assert share == f"{round(100 * (1 - left))} %"


def test_partitions_are_those_of_the_program():
    rows = {name.strip("`"): [cell.strip("`") for cell in row]
            for name, *row in table("docs/partitions.md", "partition")}
    source = re.sub(r'",\s+"', '", "', (TOP / "helper/endpoint.c").read_text())
    known = re.findall(r'\{"([^"]*)", "(aws[^"]*)", "([^"]*)", "([^"]*)", "([^"]*)"\}', source)
    assert {name for _, name, *_ in known} == set(rows)
    for begin, name, signed_for, domain, dual_stack in known:
        host = f"route53.{'us-gov.' if name == 'aws-us-gov' else ''}{domain}"
        assert rows[name] == [begin or "all others", host, signed_for, f"ec2.REGION.{domain}",
                              dual_stack]
