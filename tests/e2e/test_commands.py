"""What `make check-docs` takes from a document: each line of a shell is run, or has a reason."""

import importlib.util
import pathlib

import pytest

TOP = pathlib.Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("documented", TOP / "tests/docs/commands.py")
documented = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(documented)

CONFIG = ("```yaml\n#cloud-config\nwrite_files:\n  - path: /etc/bootname.yaml\n    content: |\n"
          "      zone: ec2.example.com\n```\n")


@pytest.mark.parametrize("text, wanted", [
    ("a\n\n    make\n    make check   # all\n\nb `make lint`", ["make", "make check   # all"]),
    ("```sh\nmake\n```\n```\nls\n```\n```yaml\nkey: value\n```\n", ["make", "ls"]),
    ("- one\n\n      make\n", ["make"]),
    ("    make \\\n        check\n", ["make \\\n    check"]),
    ("    cat > x <<END\n    one\n    END\n    make\n", ["cat > x <<END\none\nEND", "make"]),
    ("    if true; then\n        make\n    fi\n", ["if true; then\n    make\nfi"]),
    ("    # a remark\n\n    make\n", ["make"]),
    ("    make 'it\n", ["make 'it"]),
])
def test_commands_are_those_of_the_blocks(text, wanted):
    assert documented.commands(text) == wanted


@pytest.mark.parametrize("command, is_run", [
    ("make && sudo make install", True),
    ("sed s/aws/gcp/ policy.json", True),
    ("cloud-config/mkuserdata my.yaml", True),
    ("bash ./new-command", True),
    ("aws route53 list-hosted-zones", False),
    ("zone=$(aws route53 list-hosted-zones)", False),
    ("cat list | aws s3 cp - s3://x", False),
    ("terraform apply", False),
    ("sudo bootname check", False),
    ("setting webdev1.ec2.example.com to 54.123.123.123", False),
    ("make emulate", False),
    ("make deps check", True),
    ("make deps check-all # every test", False),
])
def test_what_needs_more_than_a_machine_is_not_run(command, is_run):
    assert (documented.why_not(command) is None) == is_run


@pytest.mark.parametrize("text, wanted", [
    (CONFIG + "\n    make S=my.yaml\n", {"my.yaml": "zone: ec2.example.com\n"}),
    ("```yaml\nttl: 1\n```\n" + CONFIG + "\n    make S=my.yaml\n",
     {"my.yaml": "zone: ec2.example.com\n"}),
    (CONFIG + "In `my.yaml`:\n\n```yaml\nttl: 1\n```\n\n    make S=my.yaml\n",
     {"my.yaml": "ttl: 1\n"}),
    (CONFIG + "\n    echo > my.yaml\n    make S=my.yaml\n", {}),
    (CONFIG + "\n    make S=cloud-config/asg.yaml\n    aws --file my.yaml\n", {}),
])
def test_files_of_the_reader_are_made_from_the_text(text, wanted):
    assert documented.files(text) == wanted


def test_a_file_that_the_text_does_not_tell_of_is_an_error():
    with pytest.raises(ValueError, match="my.yaml"):
        documented.files("    make S=my.yaml\n")


def test_the_readme_is_understood():
    text = (TOP / "README.md").read_text()
    run = [command for command in documented.commands(text) if not documented.why_not(command)]
    assert any(command.startswith("make deps demo") for command in run)
    assert set(documented.files(text)) == {"my.yaml"}
