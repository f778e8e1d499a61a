"""The table of a bench, as Markdown, with what it was measured on and how."""

import textwrap

from targets import FEW, MANY, NEAR, TRIP, aligned
from targets import table as table_of_targets

BASE = "bootname"
NOTES = """\
{peers}

Medians of {rounds} runs of each, in turns:

- Wall: at these round-trip times to Route 53, and with so many hosted zones in the account.
- CPU: of user and system, at {near} ms. Peak memory: the largest resident set, there too.
- x {base}: the median of the ratios, round by round, at {near} ms and {few} zones.
- Instructions: in user space, as callgrind counts them{uncounted}.
- Route 53 and metadata: requests/connections.
- Read: from disk, into a page cache that holds nothing of a program's files; or only what
  cloud-init's Python has read.
- Installed: beyond Debian's essential packages and cloud-init, without what packages only
  recommend.

The trust store is a copy of this machine's, with one root more. An emulator in Python is at AWS's
own addresses. For the requests of `bootname up` it took {route53:.1f} ms for Route 53, without the
handshake, and {metadata:.1f} ms for the metadata.

{about}
"""


def shown(value, scale=1, digits=1):
    """A number, or what stands for none."""
    return "-" if value is None else f"{value / scale:.{digits}f}"


def rows(results):
    """The rows: what is measured, and a function from the peer to the cell."""
    def median(what, scale, trip, zones):
        return lambda peer: shown(results.median(peer.name, what, trip, zones), scale)

    def ratio(what):
        return lambda peer: shown(results.ratio(peer.name, BASE, what, NEAR, FEW), digits=2)

    def asked(service):
        def cell(peer):
            told = getattr(results.runs[peer.name, NEAR, FEW][-1], service)
            return f"{told['requests']}/{told['connections']}"
        return cell

    def cold(what, scale):
        return lambda peer: shown(getattr(results.cold[peer.name], what), scale)
    for trip in 0, NEAR, TRIP:
        for zones in FEW, MANY:
            yield f"wall, {trip} ms, {zones} zones: ms", median("wall", 1e-3, trip, zones)
    yield f"wall, {NEAR} ms: x {BASE}", ratio("wall")
    for zones in FEW, MANY:
        yield f"CPU, {zones} zones: ms", median("cpu", 1e-3, NEAR, zones)
    yield f"CPU: x {BASE}", ratio("cpu")
    yield "peak memory: MiB", median("memory", 2 ** 20, NEAR, FEW)
    yield "instructions: million", lambda peer: shown(results.instructions.get(peer.name), 1e6, 0)
    yield "Route 53", asked("route53")
    yield "metadata", asked("imds")
    yield "read, cold: MB", cold("read", 1e6)
    yield "read, after cloud-init: MB", cold("read_after_cloud_init", 1e6)
    yield "wall, cold: ms", cold("wall", 1e-3)
    yield "wall, after cloud-init: ms", cold("wall_after_cloud_init", 1e-3)
    yield "installed: MiB", lambda peer: shown(results.sizes.get(peer.name), 2 ** 20)


def report(results, peers, targets, machine, rounds):
    """Table, notes and targets."""
    own = results.runs[BASE, NEAR, FEW]

    def busy(service):
        return sum(getattr(one, service)["busy"] for one in own) / len(own) * 1e3
    table = aligned([("", *(peer.title for peer in peers)),
                     *((what, *map(cell, peers)) for what, cell in rows(results))])
    notes = NOTES.format(
        peers="\n".join(f"- {peer.title}: {peer.what}" for peer in peers if peer.what),
        rounds=rounds, near=NEAR, few=FEW, base=BASE,
        uncounted="".join(f"; {peer.title}: {peer.uncounted}" for peer in peers
                          if peer.uncounted),
        route53=busy("route53"), metadata=busy("imds"),
        about=textwrap.fill("Measured on: " + "; ".join(
            f"{key} {value}" for key, value in machine.items() if value) + ".", 100))
    return "\n".join([table, "", notes, table_of_targets(targets)])
