"""The same as on EC2, but for the processor: Debian 13 in a virtual machine, `make check-vm`."""

from userdata import user_data
from vm import VirtualMachine

FIRST, SECOND = "54.123.123.123", "54.200.20.2"


def test_debian_13_finds_out_that_it_is_on_ec2_and_gets_its_name_at_each_boot(
        emulator, zone, console, assert_named):
    instance = emulator.instance(user_data=user_data(), public_ipv4=FIRST)
    machine = VirtualMachine(instance, console)
    boot = machine.boot()
    assert "DataSourceEc2Local" in boot.report
    assert_named(boot, FIRST)
    instance.public_ipv4 = SECOND
    assert_named(machine.boot(), SECOND)
