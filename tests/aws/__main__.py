"""The emulator by hand: `python3 tests/aws --help`."""

import argparse
import pathlib
import shlex
import signal
import sys
import threading

if not __package__:  # run as a folder: its parent is where the package `aws` is found
    sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)

from aws.control import HELP, Control  # noqa: E402
from aws.emulator import Emulator  # noqa: E402

DEFAULT_ZONE = "ec2.example.com"
DEFAULT_INSTANCE = "i-0123456789abcdef0,webdev1.ec2.example.com,54.123.123.123"
EPILOG = f"""\
The exports on standard output make bootname, and anything else that speaks to AWS, talk to the
emulator. It runs until SIGINT or SIGTERM. From one shell:

  python3 tests/aws > aws.env &
  until [ -s aws.env ]; do sleep 0.1; done; . ./aws.env
  build/bootname
  curl -X PUT "$EMULATOR/instances/i-0123456789abcdef0/public_ipv4" -d 54.1.1.1
  curl "$EMULATOR/zones"
  curl "$EMULATOR/requests"

What $EMULATOR knows:

{HELP}"""


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python3 tests/aws", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Emulate EC2 instance metadata, Route 53, EC2, STS and DNS on loopback.")
    parser.add_argument("--zone", action="append", metavar="NAME",
                        help=f"a public hosted zone, repeatable (default {DEFAULT_ZONE})")
    parser.add_argument("--private-zone", action="append", default=[], metavar="NAME",
                        help="a private hosted zone of the instances' VPC, repeatable")
    parser.add_argument("--instance", action="append", metavar="ID,NAME,IPV4[,IPV6]",
                        help="an instance with the tag dnsname=NAME; the exports are for the "
                             f"first (default {DEFAULT_INSTANCE})")
    parser.add_argument("--policy", metavar="FILE", type=pathlib.Path,
                        help="an IAM policy: the instances may do what it allows, and no more; "
                             "ZONEID in it is the id of the first zone")
    parser.add_argument("--no-nameserver", action="store_true", help="no DNS, no bind9")
    parser.add_argument("--rate", type=float, help="Route 53 requests a second for the account")
    parser.add_argument("--burst", type=float, help="how many at once (default: the rate)")
    parser.add_argument("--insync-after", type=float, default=0.05, metavar="SECONDS",
                        help="from PENDING to INSYNC (default %(default)s)")
    options = parser.parse_args()
    if options.zone is None and not options.private_zone:
        options.zone = [DEFAULT_ZONE]
    return options


def populate(emulator, options):
    """Make the zones and instances asked for; the first instance."""
    for name in options.zone or ():
        emulator.hosted_zone(name)
    for name in options.private_zone:
        emulator.hosted_zone(name, private=True, vpcs=[("eu-west-1", "vpc-1")])
    first = None
    for text in options.instance or [DEFAULT_INSTANCE]:
        instance_id, name, ipv4, *ipv6 = text.split(",")
        instance = emulator.instance(instance_id, tags={"dnsname": name}, public_ipv4=ipv4 or None,
                                     ipv6=ipv6[0] if ipv6 else None)
        first = first or instance
    if options.policy:
        zone_id = next(iter(emulator.zones.all))
        emulator.attach_policy(first.role_arn,
                               options.policy.read_text().replace("ZONEID", zone_id))
    return first


def describe(emulator, control):
    """Say on standard error what runs where."""
    lines = [f"Route 53, EC2 and STS: {emulator.api_url} (CA: {emulator.ca_bundle})"]
    lines += [f"metadata of {instance.id}: {instance.endpoint}"
              for instance in emulator.instances.values()]
    if emulator.nameserver:
        port = emulator.nameserver.port
        lines.append(f"DNS: dig +short -p {port} @127.0.0.1 NAME    (private: -b 127.0.0.2)")
    lines.append(f"control: curl {control.url}/")
    print("\n".join(lines), file=sys.stderr, flush=True)


def main():
    """Run until a signal."""
    options = arguments()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    emulator = Emulator(nameserver=not options.no_nameserver, insync_after=options.insync_after,
                        rate=options.rate, burst=options.burst)
    control = Control(emulator)
    try:
        emulator.start()
        instance = populate(emulator, options)
        control.start()
        exports = {**instance.environment, "EMULATOR": control.url}
        if emulator.nameserver:
            exports["EMULATOR_DNS_PORT"] = str(emulator.nameserver.port)
        print("\n".join(f"export {name}={shlex.quote(value)}"
                        for name, value in exports.items()), flush=True)
        describe(emulator, control)
        ended.wait()
    except (RuntimeError, ValueError, OSError) as problem:
        print(f"tests/aws: {problem}", file=sys.stderr)
        return 1
    finally:
        control.stop()
        emulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
