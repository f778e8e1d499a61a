"""docs/replacing.md: from a script to bootname and back, on the same zone."""

import pathlib
import re
import subprocess

import jmespath
import pytest

TOP = pathlib.Path(__file__).parents[2]
PAGE = (TOP / "docs/replacing.md").read_text()
NAME, ADDRESS = "webdev1.ec2.example.com", "54.123.123.123"
OWNER = f"_bootname.{NAME}"


@pytest.fixture
def script(instance, tmp_path):
    """What people have: tests/bench/boto3_script.py."""
    pytest.importorskip("boto3")

    def run():
        done = subprocess.run(
            ["/usr/bin/python3", TOP / "tests/bench/boto3_script.py"], cwd=tmp_path, text=True,
            capture_output=True, check=False, timeout=60,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path),
                 "AWS_DEFAULT_REGION": "us-east-1", **instance.environment})
        assert done.returncode == 0, done.stderr
        return done.stdout
    return run


def owner_records(client, instance, zone):
    """The batch of the page, by its own query."""
    query = re.search('--query "([^"]+)" > owners.json', PAGE)[1]
    return jmespath.search(query, client(instance.credentials).list_resource_record_sets(
        HostedZoneId=zone.id))


def test_fleet_goes_to_bootname_and_back(run, zone, instance, client, script):
    assert script() == f"setting {NAME} to {ADDRESS}\n"
    before = zone.record_sets()
    # The same line, and the same record.
    assert run(settings="ttl: 60").stdout == f"setting {NAME} to {ADDRESS}\n"
    assert zone.record_sets() == before
    # With an owner, then kept against others.
    instance.public_ipv4 = "54.1.2.3"
    assert run(settings="owner_record: true").status == 0
    assert run(settings="action: CREATE").status == 0
    assert zone.values(NAME, "A") == ["54.1.2.3"] and zone.values(OWNER, "TXT")
    # Back: the script again, and no owner.
    instance.public_ipv4 = ADDRESS
    script()
    user = client(instance.credentials)
    user.change_resource_record_sets(HostedZoneId=zone.id,
                                     ChangeBatch=owner_records(client, instance, zone))
    assert zone.record_sets() == before


def test_owner_records_are_all_that_the_batch_deletes(run, zone, instance, client):
    zone.put("other.ec2.example.com", "TXT", ['"kept"'])
    zone.put("x.bootname.ec2.example.com", "A", ["192.0.2.1"])
    assert run(settings="owner_record: true").status == 0
    batch = owner_records(client, instance, zone)
    assert [(one["Action"], one["ResourceRecordSet"]["Name"]) for one in batch["Changes"]] \
        == [("DELETE", f"{OWNER}.")]


def test_cname_is_refused_as_the_page_says(run, zone):
    zone.put(NAME, "CNAME", ["ec2-54-1-2-3.compute.amazonaws.com"])
    assert run(settings="owner_record: true").status != 0
    assert zone.values(NAME, "CNAME")
