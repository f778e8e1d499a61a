"""What the instances of cloudformation/asg.yaml tell CloudFormation: cloud-config/signal.sh."""

import os
import pathlib
import subprocess

import pytest
import yaml

from conftest import cloud_config, helper

TOP = pathlib.Path(__file__).parents[2]
SCRIPT = (TOP / "cloud-config/signal.sh").read_text()
CLOUD_CFG = (pathlib.Path(os.environ.get("BOOTNAME_CACHE") or TOP / "build/cache")
             / "cloud-init/etc/cloud/cloud.cfg")
NAME = "webdev1.ec2.example.com"
CFN = ["cfn-signal", "--exit-code", "{status}", "--stack", "web", "--resource", "Group",
       "--region", "eu-west-1"]
CLI = ["aws", "cloudformation", "signal-resource", "--stack-name", "web", "--logical-resource-id",
       "Group", "--unique-id", "i-0123456789abcdef0", "--status", "{answer}", "--region",
       "eu-west-1"]


@pytest.fixture
def signal(instance, tmp_path):
    """Run the script as cloud-init does, with programs that note how they are called."""
    def run(*programs, settings="{}"):
        config = tmp_path / "cloud-config.txt"
        config.write_text(cloud_config(settings))
        commands = tmp_path / "bin"
        commands.mkdir()
        for name in programs:
            (commands / name).write_text(
                f'#!/bin/sh\nprintf "%s\\n" {name} "$@" >>{tmp_path}/called\n')
            (commands / name).chmod(0o755)
        hook = tmp_path / "50-bootname"
        hook.write_text(f"#!/bin/sh\nexec {' '.join(helper())}\n")
        hook.chmod(0o755)
        environment = instance.environment
        script = SCRIPT.replace("/var/lib/cloud/scripts/per-boot/50-bootname", str(hook)).replace(
            "http://169.254.169.254", environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"])
        done = subprocess.run(
            ["sh"], input=script, text=True, capture_output=True, check=False, timeout=60,
            cwd=tmp_path, env={"PATH": f"{commands}:/usr/bin:/bin",
                               "BOOTNAME_CLOUD_CONFIG": str(config),
                               "RUNTIME_DIRECTORY": str(tmp_path / "run"), **environment})
        called = tmp_path / "called"
        return done, called.read_text().splitlines() if called.exists() else None
    return run


@pytest.mark.parametrize("programs", [("cfn-signal", "aws"), ("aws",)], ids="+".join)
@pytest.mark.parametrize(("settings", "status", "answer"), [
    ("{}", "0", "SUCCESS"), ("zone: other.example.com\nname: webdev1", "69", "FAILURE")])
def test_group_hears_whether_the_name_came(signal, zone, instance, programs, settings, status,
                                           answer):
    instance.tags["bootname-stack"] = "web"
    done, called = signal(*programs, settings=settings)
    wanted = CFN if programs[0] == "cfn-signal" else CLI
    assert called == [word.format(status=status, answer=answer) for word in wanted]
    assert bool(zone.values(NAME, "A")) == (status == "0"), done


def test_instance_that_nobody_waits_for_runs_nothing(signal, zone):
    done, called = signal("cfn-signal", "aws")
    assert (done.returncode, done.stdout, done.stderr, called) == (0, "", "", None)
    assert not zone.values(NAME, "A")


def test_script_runs_behind_the_hook():
    """A script of the user-data is in scripts-user, the hook in scripts-per-boot."""
    if not CLOUD_CFG.exists():
        pytest.skip("no cloud-init here")
    modules = [one if isinstance(one, str) else one[0] for one in
               yaml.safe_load(CLOUD_CFG.read_text())["cloud_final_modules"]]
    modules = [one.replace("_", "-") for one in modules]
    assert modules.index("scripts-per-boot") < modules.index("scripts-user")
