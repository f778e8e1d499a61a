"""Where settings come from, and how strictly they are read."""

import os
import re

import pytest

NAME = "webdev1.ec2.example.com"
DEFAULT = f"setting {NAME} to 54.123.123.123\n"


def ttl_of(zone):
    return zone.find(NAME, "A").ttl


# Sources

@pytest.mark.parametrize("form", ["plain", "b64", "key"])
def test_user_data_holds_the_settings(run, zone, form):
    assert run(settings="ttl: 77\n", form=form).status == 0
    assert ttl_of(zone) == 77


def test_b64_in_several_lines(run, zone, instance):
    text = "write_files:\n- path: /etc/bootname.yaml\n  encoding: b64\n  content: |\n    dHRsOi\n" \
           "    A3Nw==\n"
    assert run("-c", written(run, "ttl: 5")).status == 0
    run.cloud_config.write_text(text)
    assert finished(run).status == 0
    assert ttl_of(zone) == 77


def written(run, text, mode=0o644):
    """A file with a text."""
    path = run.folder / "settings.yaml"
    path.write_text(text)
    path.chmod(mode)
    return path


def finished(run, *arguments):
    """A run with the cloud-config as it stands."""
    process = run.start(*arguments)
    stdout, stderr = process.communicate(timeout=20)
    result = type(run(settings="{}", limit=20))(process.returncode, stdout, stderr)
    run.check(result, arguments, None)
    return result
