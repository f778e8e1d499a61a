"""What bootname replaces: the script that gives an instance its name with Python and boto3."""

import os
import sys
import urllib.request

import boto3
from botocore.config import Config

METADATA = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254")
RETRIES = {"legacy": {}, "standard": {"retries": {"mode": "standard"}},
           "adaptive": {"retries": {"mode": "adaptive", "max_attempts": 10}}}


def fetch(path, method="GET", **headers):
    request = urllib.request.Request(f"{METADATA}/latest/{path}", method=method, headers={
        f"X-aws-ec2-metadata-token{key}": value for key, value in headers.items()})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode()


def wait_for_start():
    """In a herd on one machine: until all have come this far, as they have on their own ones."""
    if "WAIT_FOR_START" in os.environ:
        print("ready", flush=True)
        sys.stdin.read()


def main():
    wait_for_start()
    token = fetch("api/token", "PUT", **{"-ttl-seconds": "300"})
    name = fetch("meta-data/tags/instance/dnsname", **{"": token})
    address = fetch("meta-data/public-ipv4", **{"": token})
    route53 = boto3.client("route53", endpoint_url=os.environ.get("AWS_ENDPOINT_URL_ROUTE_53"),
                           config=Config(**RETRIES[os.environ.get("RETRY_MODE", "legacy")]))
    zone_name = name.partition(".")[2] + "."
    zones = route53.list_hosted_zones_by_name(DNSName=zone_name)["HostedZones"]
    [zone] = [zone for zone in zones if zone["Name"] == zone_name]
    record = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address}]}
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={
        "Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]})
    print(f"setting {name} to {address}")


main()
