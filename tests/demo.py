"""Show the main job: an emulated instance boots and its name points at it.

Everything runs on loopback: the AWS emulator of tests/aws and a BIND that serves its zones.
$BOOTNAME is the helper.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from aws import Emulator  # noqa: E402

NAME = "webdev1.ec2.example.com"

# What cloud-init leaves in /var/lib/cloud/instance/cloud-config.txt for the user-data inside.
CLOUD_CONFIG = """\
#cloud-config

# from 1 files
# part-001

---
write_files:
-   path: /etc/bootname.yaml
    content: |
        zone: ec2.example.com
        ttl: 60
        action: {action}
...
"""


class Demo:
    """The steps, each told in a line; a step that does not come out as told ends the demo."""

    def __init__(self, emulator, folder):
        self.emulator = emulator
        self.cloud_config = pathlib.Path(folder, "cloud-config.txt")

    def say(self, text):
        print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)

    def user_data(self, action):
        self.cloud_config.write_text(CLOUD_CONFIG.format(action=action))

    def boot(self, instance, status=0):
        """What cloud-init's per-boot script does: run the helper, without arguments."""
        environment = {
            "PATH": os.environ["PATH"],
            "BOOTNAME_CLOUD_CONFIG": str(self.cloud_config),
            "RUNTIME_DIRECTORY": str(self.cloud_config.parent),
            **instance.environment,
        }
        print(f"  {instance.id}$ bootname", flush=True)
        done = subprocess.run(
            [os.environ["BOOTNAME"]],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        for line in done.stdout.splitlines():
            print(textwrap.fill(line, 98, initial_indent="  ", subsequent_indent="    "))
        if done.returncode:
            print(f"  (exit status {done.returncode})")
        expect("the exit status", done.returncode, status)

    def dig(self, address):
        """Ask the DNS server, not the emulator."""
        self.emulator.wait_insync()
        answers = self.emulator.dig(NAME)
        print(f"  $ dig +short {NAME}\n  {' '.join(answers)}", flush=True)
        expect("dig's answer", answers, [address])


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"demo: {what} is {got!r}, not {wanted!r}")


def play(demo):
    instance = demo.emulator.instance(
        "i-0abc1234def567890", public_ipv4="54.123.123.123", tags={"dnsname": NAME}
    )
    demo.say("1. An instance with the tag dnsname boots.  Its user-data holds the settings:")
    demo.user_data("UPSERT")
    user_data = demo.cloud_config.read_text().partition("---\n")[2].removesuffix("...\n")
    print(textwrap.indent(user_data, "  | "), end="")
    demo.boot(instance)
    demo.dig("54.123.123.123")

    demo.say("2. It is stopped and started: AWS gives it another address, and the name follows.")
    instance.stop()
    instance.start(public_ipv4="54.200.20.2")
    demo.boot(instance)
    demo.dig("54.200.20.2")

    demo.say("3. Another instance wants the same name, with action CREATE: the name is taken.")
    rival = demo.emulator.instance(
        "i-0fff9999eee888877", public_ipv4="54.66.66.66", tags={"dnsname": NAME}
    )
    demo.user_data("CREATE")
    demo.boot(rival, status=73)
    demo.dig("54.200.20.2")

    demo.say("4. The first one reboots: nothing has changed, and nothing is sent.")
    demo.boot(instance)
    demo.dig("54.200.20.2")


def main():
    with tempfile.TemporaryDirectory(prefix="bootname-demo-") as folder:
        with Emulator(nameserver=True) as emulator:
            emulator.hosted_zone("ec2.example.com")
            print(
                "An emulated AWS (IMDSv2, Route 53 over TLS) and a BIND "
                f"(127.0.0.1 port {emulator.nameserver.port}) are running on loopback."
            )
            play(Demo(emulator, folder))
    print("\nEmulator and DNS server are stopped again.  Next: make deps check")


if __name__ == "__main__":
    main()
