"""The emulator of a bench: Route 53 in this process's network namespace, at its default port, and
an instance's metadata in that of the parent, at its default address.

Reads commands from standard input, JSON on a line each, and answers in the same way.
"""

import contextlib
import ctypes
import gc
import json
import os
import pathlib
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from aws import Emulator  # noqa: E402
from aws.server import server_tls  # noqa: E402
from stage import NAME, ZONE, ZONE_ID, settle_tcp  # noqa: E402

CLONE_NEWNET = 0x40000000
MOST_ZONES = 450
SERVICES = ("imds", "route53")


@contextlib.contextmanager
def network_of(process):
    """Make what this thread opens belong to the network namespace of another process."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as own, open(f"/proc/{process}/ns/net", "rb") as other:
        if libc.setns(other.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        yield
        libc.setns(own.fileno(), CLONE_NEWNET)


class Bench:
    """What the commands do."""

    def __init__(self, emulator, instance):
        self.emulator, self.instance = emulator, instance
        self.zone = emulator.hosted_zone(ZONE, zone_id=ZONE_ID)
        others = [emulator.hosted_zone(f"zone{number:03}.example.net")
                  for number in range(MOST_ZONES - 1)]
        self.all_zones = {zone.id: zone for zone in [self.zone, *others]}
        self.busy = dict.fromkeys(SERVICES, 0.0)
        self.answer, emulator.answer = emulator.answer, self.timed

    def timed(self, request, service, proceed):
        """Sum up how long answers take to make."""
        started = time.perf_counter()
        try:
            return self.answer(request, service, proceed)
        finally:
            self.busy[request.service] += time.perf_counter() - started

    def zones(self, count):
        """Have so many hosted zones in the account from now on."""
        self.emulator.zones.all = dict(list(self.all_zones.items())[:count])

    def boot(self, address):
        """Give the instance another address, and forget what was."""
        self.instance.public_ipv4 = address
        self.emulator.requests.clear()
        self.busy = dict.fromkeys(SERVICES, 0.0)

    def tell(self):
        """What has happened since then."""
        told = {"record": self.zone.values(NAME, "A")}
        for service in SERVICES:
            requests = self.emulator.requests_of(service)
            told[service] = {"requests": len(requests),
                             "connections": len({request.connection for request in requests}),
                             "busy": self.busy[service]}
        return told


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)    # the end of the input ends this
    certificate, key = sys.argv[1:]
    settle_tcp()
    with Emulator(metadata_address=("169.254.169.254", 80),
                  api_address=("0.0.0.0", 443)) as emulator:
        emulator.tls = server_tls(certificate, key)
        emulator.any_order = True
        with network_of(os.getppid()):
            instance = emulator.instance(tags={"dnsname": NAME})
        bench = Bench(emulator, instance)
        gc.freeze()                     # not to be looked through in the middle of a boot
        print(json.dumps("ready"), flush=True)
        for line in sys.stdin:
            command, *arguments = json.loads(line)
            print(json.dumps(getattr(bench, command)(*arguments)), flush=True)


if __name__ == "__main__":
    main()
