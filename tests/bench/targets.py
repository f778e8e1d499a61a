"""What the helper must reach, as a table, and whether it does."""

from dataclasses import dataclass

SLACK = 1.15                    # by how much a measured value may miss on a busy machine
NEAR, TRIP = 2, 200             # milliseconds to Route 53 and back
FEW, MANY = 5, 450              # hosted zones in the account
PROGRAMS = ("bootname", "user-data")


@dataclass
class Target:
    """A value that may not be exceeded."""

    what: str
    program: str
    value: float
    limit: float
    unit: str = ""

    @property
    def is_reached(self):
        return self.value <= self.limit

    @property
    def is_missed(self):
        """By more than noise explains."""
        return self.value > self.limit * SLACK

    def row(self):
        """A line of the table."""
        verdict = "yes" if self.is_reached else "NO" if self.is_missed else "nearly"
        return (self.what, self.program, self.shown(self.limit), self.shown(self.value), verdict)

    def shown(self, value):
        """A value with its unit."""
        digits = 2 if value < 10 else 1
        return f"{value:.{digits}f} {self.unit}".rstrip()


def targets(results):
    """All of them, out of Results."""
    for program in PROGRAMS:
        near, known = (NEAR, FEW), f"{program}, zone_id"
        yield Target("CPU, of one `curl -s`'s", program,
                     results.ratio(program, "curl", "cpu", *near), 0.40)
        yield Target("CPU, of Go's", program, results.ratio(program, "go", "cpu", *near), 0.70)
        yield Target(f"wall at {NEAR} ms, of Go's", program,
                     results.ratio(program, "go", "wall", *near), 0.75)
        yield Target("instructions", program, results.instructions[program] / 1e6, 45, "million")
        yield Target("instructions, bundle only", program, results.bundle_only[program] / 1e6, 60,
                     "million")
        yield Target("peak memory", program,
                     results.median(program, "memory", *near) / 2 ** 20, 13, "MiB")
        for peer, trips, zones in (program, 4, FEW), (program, 4, MANY), (known, 3, FEW):
            if (peer, TRIP, zones) in results.runs:
                yield Target(f"wall at {TRIP} ms, {zones} zones: {trips} round trips and 25 ms",
                             peer, results.median(peer, "wall", TRIP, zones) * 1e3,
                             trips * TRIP + 25, "ms")


def aligned(rows):
    """A table as Markdown that can be read as it is; the first row is its head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(
        cell.rjust(width) if place else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))) + " |"
        for row in rows]
    rule = "|".join(":" + "-" * (width + 1) if not place else "-" * (width + 1) + ":"
                    for place, width in enumerate(widths))
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def table(rows):
    """The table as Markdown."""
    head = "target", "program", "at most", "is", "reached"
    return aligned([head, *(row.row() for row in rows)])
