"""What a bench measures: the helper in its two forms, and what a user would run instead."""

import pathlib
from dataclasses import dataclass

from stage import HOST

HERE = pathlib.Path(__file__).resolve().parent


@dataclass(frozen=True)
class Peer:
    """A program that is measured."""

    name: str                   # in the JSON
    title: str                  # in the table
    what: str                   # below it
    command: tuple
    is_job: bool = True         # it sets the name; else it is there to compare with
    requests: int = 2           # to Route 53
    zone: str = ""              # the helper's settings: "discovery" or "zone_id"
    packages: tuple = ()        # of Debian, that it needs
    binary: str = ""            # what is installed beside them
    uncounted: str = ""         # why its instructions are not counted

    def environment(self, stage):
        """What the helper needs to find its settings: an instance has them elsewhere."""
        return {"BOOTNAME_CLOUD_CONFIG": str(stage.settings(self.zone))} if self.zone else {}


def helper(name, what, *command):
    """A program of the helper, with and without the look-up of the zone."""
    return (Peer(name, name, what, command, zone="discovery", binary=command[0]),
            Peer(f"{name}, zone_id", f"{name}, zone_id", "", command, requests=1, zone="zone_id",
                 binary=command[0]))


def all_peers(build, boot):
    """Everything that is measured. build: the folder; boot: what rides in user-data."""
    return [
        *helper("bootname", "`bootname up`, as `make install` installs it; with `zone_id`, which "
                "saves the look-up", str(build / "bootname"), "up"),
        *helper("user-data", f"the embedded helper, {boot.name}", str(boot)),
        Peer("go", "Go", "the same job in Go with the AWS SDK, version 2, static",
             (str(build / "bench/go"),), binary=str(build / "bench/go"),
             uncounted="its runtime does not run in valgrind"),
        Peer("curl and jq", "curl, jq", "a shell script with `curl --aws-sigv4` and `jq`",
             ("/bin/sh", str(HERE / "curl_jq.sh")), packages=("curl", "jq")),
        Peer("boto3", "boto3", "the script that bootname replaces, in Python",
             ("/usr/bin/python3", str(HERE / "boto3_script.py")), packages=("python3-boto3",)),
        Peer("aws-cli", "AWS CLI", "a shell script with the AWS CLI, and `curl` for the metadata",
             ("/bin/sh", str(HERE / "aws_cli.sh")), packages=("awscli", "curl")),
        Peer("curl", "one curl", "`curl -s` of Route 53's endpoint, once: to compare with",
             ("/usr/bin/curl", "-s", f"https://{HOST}/"), is_job=False, requests=1,
             packages=("curl",)),
        Peer("empty", "empty", "a program that does nothing, with the helper's libraries: the "
             "floor", (str(build / "bench/empty"),), is_job=False, requests=0),
    ]
