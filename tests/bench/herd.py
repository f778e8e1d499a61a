"""Boot 50 and 100 emulated instances at once in an account with Route 53's limits.

Prints a table: how many record sets were written, when the last one was, and what it took, for
$BOOTNAME and, where python3-boto3 is installed, for the script it replaces.
"""

import collections
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
    """What boots: what it is called, the requests that it needs, and for a zone its command and
    environment."""
    def helper(zone, has_id=True):
        file = folder / zone.id
        file.write_text(SETTINGS + (f"    zone_id: {zone.id}\n" if has_id else ""))
        return [os.environ["BOOTNAME"]], {"BOOTNAME_CLOUD_CONFIG": str(file)}

    yield "bootname", 2, lambda zone: helper(zone, has_id=False)
    yield "bootname, `zone_id`", 1, helper
    if not importlib.util.find_spec("boto3"):
        print("python3-boto3 is not installed: bootname alone", file=sys.stderr)
        return
    for mode, told in (("legacy", "boto3, its defaults"), ("standard", "boto3, standard mode"),
                       ("adaptive", "boto3, adaptive mode, 10 attempts")):
        yield told, 2, lambda zone, mode=mode: (
            [sys.executable, str(HERE / "boto3_script.py")],
            {"RETRY_MODE": mode, "AWS_DEFAULT_REGION": "us-east-1", "WAIT_FOR_START": "yes"})


def name(number):
    return f"web{number}.ec2.example.com"


def boot_all(emulator, size, command, environment, folder):
    """Boot so many instances at once, and wait until they are up."""
    gate, start = os.pipe()
    processes = []
    for number in range(size):
        instance = emulator.instance(f"i-{number:017x}", public_ipv4=f"54.1.2.{number}",
                                     tags={"dnsname": name(number)})
        processes.append(subprocess.Popen(
            command, stdin=gate, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "RUNTIME_DIRECTORY": str(folder / str(number)),
                 **environment, **instance.environment}))
    os.close(gate)
    if "WAIT_FOR_START" in environment:     # Python itself takes its time to start
        for process in processes:
            process.stdout.readline()
    os.close(start)
    for process in processes:
        process.communicate(timeout=TIMEOUT + 60)


def measure(peer, size, rate, burst, folder):
    """A row of the table."""
    told, needed, make = peer
    with Emulator(rate=rate, burst=burst) as emulator:
        emulator.prior_request_window = ZONE_BUSY
        zone = emulator.hosted_zone("ec2.example.com")
        boot_all(emulator, size, *make(zone), folder)
        requests = emulator.requests_of("route53")
        written = sum(zone.values(name(number), "A") == [f"54.1.2.{number}"]
                      for number in range(size))
    last = max(request.time for request in requests
               if request.operation == "ChangeResourceRecordSets" and request.status == 200)
    last -= requests[0].time
    each = collections.Counter(request.instance_id for request in requests).values()
    busy = sum(request.error_code == "PriorRequestNotComplete" for request in requests)
    floor = max(0, (size * needed - burst) / rate)
    return (f"{rate}/s, burst {burst}", size, told, written, size - written, f"{floor:.0f}",
            f"{last:.1f}", f"{last / floor:.2f}" if floor >= 1 and written == size else "",
            f"{sum(each) / size:.1f}", max(each), busy)


def main():
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print("| limit | instances | client | set | gave up | floor, s | last set, s | x floor | "
          "requests a boot | most | zone busy |\n|---|---:|---|" + "---:|" * 8)
    with tempfile.TemporaryDirectory(prefix="bootname-herd-") as folder:
        folder = pathlib.Path(folder)
        for rate, burst in LIMITS:
            for size in sizes:
                for peer in peers(folder):
                    row = measure(peer, size, rate, burst, folder)
                    print("| " + " | ".join(map(str, row)) + " |", flush=True)


main()
