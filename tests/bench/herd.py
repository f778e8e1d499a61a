"""Boot 50 and 100 emulated instances at once in an account with Route 53's limits.

Prints a table: how many record sets were written, when the last one was, and what it took, for
$BOOTNAME and, where python3-boto3 is installed, for the script it replaces.
"""

import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from aws import Emulator  # noqa: E402

LIMITS = ((5, 5), (10, 50))             # requests a second, and at once
SIZES = (50, 100)
TIMEOUT = 300                           # seconds, the default of the setting
ZONE_BUSY = 0.02                        # seconds in which a zone takes no other batch
SETTINGS = """\
#cloud-config
write_files:
- path: /etc/bootname.yaml
  content: |
    ttl: 60
"""


def peers(folder):
    """What boots: a name, whether it is given the zone's id, command, environment."""
    def helper(zone):
        file = folder / (zone.id if zone else "cloud-config")
        file.write_text(SETTINGS + (f"    zone_id: {zone.id}\n" if zone else ""))
        return ([os.environ["BOOTNAME"]], {"BOOTNAME_CLOUD_CONFIG": str(file)})

    yield "bootname", 2, lambda zone: helper(None)
    yield "bootname, zone_id", 1, helper
    if not importlib.util.find_spec("boto3"):
        print("python3-boto3 is not installed: bootname alone", file=sys.stderr)
        return
    for mode, told in (("legacy", "boto3, its defaults"), ("standard", "boto3, standard mode"),
                       ("adaptive", "boto3, adaptive mode, 10 attempts")):
        yield told, 2, lambda zone, mode=mode: (
            [sys.executable, str(HERE / "boto3_script.py")],
            {"RETRY_MODE": mode, "AWS_DEFAULT_REGION": "us-east-1", "WAIT_FOR_START": "yes"})


def boot(make, size, rate, burst, folder):
    """Boot so many at once; (record sets written, seconds to the last one,
    refusals since the zone was busy, requests of each)."""
    with Emulator(rate=rate, burst=burst) as emulator:
        emulator.prior_request_window = ZONE_BUSY
        zone = emulator.hosted_zone("ec2.example.com")
        command, environment = make(zone)
        processes = []
        gate, start = os.pipe()
        for number in range(size):
            instance = emulator.instance(f"i-{number:017x}", public_ipv4=f"54.1.2.{number}",
                                         tags={"dnsname": f"web{number}.ec2.example.com"})
            processes.append(subprocess.Popen(
                command, stdin=gate, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "RUNTIME_DIRECTORY": str(folder / str(number)),
                     **environment, **instance.environment}))
        os.close(gate)
        if "WAIT_FOR_START" in environment:
            for process in processes:
                process.stdout.readline()
        os.close(start)
        for process in processes:
            process.communicate(timeout=TIMEOUT + 60)
        written = sum(zone.values(f"web{number}.ec2.example.com", "A") == [f"54.1.2.{number}"]
                      for number in range(size))
        requests = emulator.requests_of("route53")
        changes = [request.time for request in requests
                   if request.operation == "ChangeResourceRecordSets" and request.status == 200]
        busy = sum(request.error_code == "PriorRequestNotComplete" for request in requests)
        each = [sum(request.instance_id == identity for request in requests)
                for identity in emulator.instances]
        return written, max(changes) - requests[0].time, busy, each


def main():
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print("| limit | instances | client | set | gave up | floor, s | last set, s | x floor | "
          "requests a boot | most | zone busy |\n|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="bootname-herd-") as name:
        for rate, burst in LIMITS:
            for size in sizes:
                for told, needed, make in peers(pathlib.Path(name)):
                    written, last, busy, each = boot(make, size, rate, burst, pathlib.Path(name))
                    floor = max(0, (size * needed - burst) / rate)
                    ratio = f"{last / floor:.2f}" if floor >= 1 else ""
                    print(f"| {rate}/s, burst {burst} | {size} | {told} | {written} "
                          f"| {size - written} | {floor:.0f} | {last:.1f} | {ratio} "
                          f"| {sum(each) / size:.1f} | {max(each)} | {busy} |", flush=True)


main()
