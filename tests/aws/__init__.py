"""An emulator of what bootname meets on EC2: instance metadata, Route 53, EC2, STS and DNS.

It is as strict as AWS where a client can be wrong, and it can fail in the ways that AWS, the
network and the clock do. `python3 tests/aws --help` runs it by hand; tests use Emulator.
"""

from aws.emulator import Emulator
from aws.imds import Instance
from aws.server import Answer, Request
from aws.signature import Credentials
from aws.zones import Alias, HostedZone, RecordSet

__all__ = ["Alias", "Answer", "Credentials", "Emulator", "HostedZone", "Instance", "RecordSet",
           "Request"]
