"""What the rows of the fault matrix share: a world, a run in it, and five things that must hold.

A row is a fault and how a run that meets it must end. Whatever a row does not tell is as it is
without any fault: what is asked of whom, what the zones hold afterwards, what is printed.
"""

import inspect
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, fields

import pytest
from conftest import SLOW, Runner, put_owned
from test_reap import Reaper

NAME, ADDRESS, OLD = "webdev1.ec2.example.com", "54.123.123.123", "198.51.100.7"
IPV6, OLD_IPV6 = "2001:db8::17", "2001:db8::99"
OWNER = "_bootname." + NAME
SET = f"setting {NAME} to {ADDRESS}\n"
LIST, READ, CHANGE = "ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"
CREATE, BY_ID, WAIT = "action: CREATE", "zone_id: {zone.id}", "wait: true"
ROLE = "arn:aws:iam::123456789012:role/dns"
PAGE = ('<?xml version="1.0" encoding="iso-8859-1"?>\n<html xmlns="http://www.w3.org/1999/xhtml">'
        "<body><h1>Welcome to the captive portal</h1></body></html>\n")
HTML = "<html><head><title>Error</title></head><body><h1>Try again<br></h1></body></html>"

# What a row counts, and the operation that it is.
COUNTED = {"token": "PutToken", "metadata": "GetMetadata", "look_up": LIST, "read": READ,
           "change": CHANGE, "wait": "GetChange", "tags": "DescribeTags",
           "owners": "DescribeInstances", "role": "AssumeRole"}
# What has been asked when a stage has been gone through: in all, for each of them.
STAGES = {
    "bootname": {"metadata": {"token": 1, "metadata": 1}, "name": {"metadata": 2},
                 "address": {"metadata": 4}, "credentials": {"metadata": 6},
                 "zone": {"look_up": 1}, "record": {"read": 1}, "change": {"change": 1},
                 "wait": {"wait": 1}},
    "bootname-reap": {"credentials": {}, "zone": {"look_up": 1}, "records": {"read": 1},
                      "owners": {"owners": 1}, "change": {"change": 1}},
}
# How many tries fit into a second or two: few of a service's, more of the metadata's, and these
# may be two requests each.
SOME, MANY, TWICE = range(3 - min(SLOW, 2), 9 * SLOW), range(3, 15 * SLOW), range(4, 30 * SLOW)


def hung(number):
    """How many of the metadata's are asked when the last one hangs: a try lasts two seconds."""
    return range(number, number + 1 + SLOW // 2)


@dataclass(frozen=True)
class Row:
    """A fault, and how the run ends.

    fault: what Faults.add takes, or a function of the world that brings it about; such a one may
        be a generator: what stands behind its yield comes after the run. Or a list of these.
    says: all of standard output after a success, and of standard error after a failure, from
        the stage on: "..." are words that are not ours, N is a number of seconds, and {zone}
        the id of the zone.
    asked: how many requests, or a range of numbers.
    holds: the record sets that the run has changed: "name type" -> value, None = gone.
    timeout: the setting, in seconds; it ends a second later at the latest.
    patience: the seconds after which it gives up, where that is not the timeout but the grace.
    lasts: the least and the most seconds, where the deadline does not tell enough.
    """

    fault: object
    status: int = 0
    says: str = SET
    settings: str = ""
    arguments: tuple = ()
    program: str = "bootname"
    timeout: int = 10
    patience: int = None
    lasts: tuple = (0, 300)
    partial: bool = False
    prints: str = ""                    # on standard output, where some fails and some does not
    holds: dict = None
    asked: dict = field(default_factory=dict)


FIELDS = {one.name for one in fields(Row)}


def ends_well(fault, settings="", **more):
    """A row of a fault that is overcome; more: fields of the row, and how much is asked."""
    given = {"says": SET, "holds": {f"{NAME}. A": ADDRESS}}
    given |= {key: more.pop(key) for key in FIELDS & set(more)}
    return Row(fault, settings=settings, asked=more, **given)


def fails(status, says, fault, settings="", **more):
    """A row of a fault that is not, and leaves the zones as they were."""
    given = {"holds": {}} | {key: more.pop(key) for key in FIELDS & set(more)}
    return Row(fault, status, says, settings, asked=more, **given)


def gives_up(status, says, fault, settings="", **more):
    """A row of a fault that lasts beyond the deadline."""
    return fails(status, says, fault, settings, **{"timeout": 1} | more)


@dataclass
class World:
    """An instance whose name, and much beside it, is in Route 53 already."""

    emulator: object
    zone: object
    instance: object
    folder: object
    environment: dict = field(default_factory=dict)
    counted: Counter = field(default_factory=Counter)     # what is no request to the emulator

    def populate(self, row):
        """Put in what must be left alone, and a former address of the name."""
        self.zone.put("www.ec2.example.com", "A", ["192.0.2.80"])
        self.zone.put("*.ec2.example.com", "TXT", ['"neighbour"'])
        self.zone.put(NAME, "MX", ["10 mail.example.com."])
        if row.program == "bootname-reap":
            put_owned(self.zone, NAME, "i-0aaaaaaaaaaaaaaa1", OLD)
            self.emulator.instance("i-0aaaaaaaaaaaaaaa1", state="terminated")
        elif "down" in row.arguments:
            put_owned(self.zone, NAME, self.instance.id, ADDRESS)
        elif CREATE in row.settings or "owner_record" in row.settings:
            put_owned(self.zone, NAME, self.instance.id, OLD)
        else:
            self.zone.put(NAME, "A", [OLD], ttl=300)
            self.zone.put(NAME, "AAAA", [OLD_IPV6], ttl=300)

    def holds(self):
        """Every record set of every zone: "name type" -> [TTL, value, ...]."""
        return {f"{one.name} {one.type}": [one.ttl, *one.values]
                for zone in self.emulator.zones.all.values() for one in zone.record_sets()}

    def order(self, row):
        """Bring the fault about; the generators that are to be ended after the run."""
        brought = []
        for fault in row.fault if isinstance(row.fault, list) else [row.fault]:
            if not callable(fault):
                self.emulator.faults.add(**fault)
            elif inspect.isgeneratorfunction(fault):
                brought.append(fault(self))
                next(brought[-1])
            else:
                fault(self)
        return brought

    def meet(self, row):
        """Run the program into the fault: all that there is to be judged, fit for JSON."""
        self.populate(row)
        brought = self.order(row)
        before = self.holds()
        settings = row.settings.format(zone=self.zone) + f"\ntimeout: {row.timeout * SLOW}"
        run = (Runner(self.emulator, self.instance, self.folder) if row.program == "bootname"
               else Reaper(self.emulator, self.folder))
        started = time.monotonic()
        result = run(*row.arguments, settings=settings, env=self.environment,
                     limit=row.timeout + 20, partial=row.partial)
        seconds = time.monotonic() - started
        for one in brought:
            next(one, None)
        asked = Counter(request.operation for request in self.emulator.requests)
        return {"status": result.status, "stdout": result.stdout, "stderr": result.stderr,
                "seconds": seconds, "before": before, "after": self.holds(), "zone": self.zone.id,
                "asked": {key: asked[operation] for key, operation in COUNTED.items()}
                | self.counted}


def pattern(says):
    """A message as a regular expression."""
    return re.escape(says).replace(r"\.\.\.", "[ -~]*?").replace(r"\ N\ s", r" (\d+\.\d) s")


def expected(row):
    """How many requests of each kind there are to be."""
    asked = dict.fromkeys(COUNTED, 0)
    stage = row.says.partition(":")[0] if row.status else None
    for name, counts in STAGES[row.program].items():
        is_gone_through = {
            "zone": "zone_id" not in row.settings, "wait": WAIT in row.settings,
            "record": CREATE in row.settings or "owner_record" in row.settings
            or "down" in row.arguments}.get(name, True)
        if is_gone_through:
            asked |= counts
        if name == stage:
            break
    return asked | row.asked


def problems(row, met):
    """What does not hold after a run, in words."""
    if met["status"] != row.status:
        yield f"status {met['status']}, not {row.status}"
    stdout, stderr = (row.says, "") if row.status == 0 else (
        row.prints, "".join(f"{row.program}: {line}\n" for line in row.says.splitlines()))
    if met["stdout"] != stdout:
        yield f"prints {met['stdout']!r}, not {stdout!r}"
    stderr = stderr.replace("{zone}", met["zone"])
    told = re.fullmatch(pattern(stderr), met["stderr"])
    if not told:
        yield f"says\n{met['stderr']!r}, not\n{stderr!r}"
    patience = row.patience or row.timeout * SLOW
    for tried in map(float, told.groups() if told else ()):
        # The last try begins at three quarters of a short timeout.
        if not 0.7 * patience <= tried <= min(row.timeout * SLOW + 1, met["seconds"]):
            yield f"gives up after {tried} s"
    if not row.lasts[0] <= met["seconds"] <= min(row.timeout + 1, row.lasts[1]) * SLOW:
        yield f"lasts {met['seconds']} s"
    for kind, number in expected(row).items():
        count = met["asked"].get(kind, 0)
        if count not in (number if isinstance(number, range) else [number]):
            yield f"{count} of {kind}, not {number}"
    wanted = met["before"] | {key: [60, value] for key, value in row.holds.items()}
    wanted = {key: values for key, values in wanted.items() if values != [60, None]}
    if met["after"] != wanted:
        yield f"Route 53 holds\n{met['after']}, not\n{wanted}"


def judge(row, met):
    """All that must hold after a run."""
    __tracebackhide__ = True
    found = "\n".join(problems(row, met))
    assert not found, found


# Faults that take more than one line

def later(seconds, do):
    """Do something some time from now, while the program runs."""
    timer = threading.Timer(seconds * SLOW, do)
    timer.daemon = True
    timer.start()


def for_ever(fault):
    """The same fault without an end."""
    return {**fault, "times": None}


def when(do, **selected):
    """Do something just before a request is answered."""
    return {**selected, "action": "callback", "function": lambda request, proceed: do()}


def expired(operation):
    """The credentials expire when an operation is asked for."""
    return lambda world: world.emulator.faults.add(**when(world.instance.rotate_credentials,
                                                          operation=operation))


# Operations, each where it is the first one after the metadata

def role(world):
    """There is a role to assume."""
    world.emulator.roles[ROLE] = {"zones": [world.zone]}


def tags_off(world):
    """EC2 is to be asked for the tag."""
    world.instance.tags_in_metadata = False


def at_once(world):
    """Changes take no time."""
    world.emulator.insync_after = 0


@dataclass(frozen=True)
class Place:
    """Where in a run a fault strikes: rows of one operation, tried twice, once, or often.

    well, ill: what else is asked, in the end and where it fails; behind: the end of each error.
    """

    operation: str
    stage: str
    kind: str                           # what COUNTED calls it
    settings: str = ""
    there: tuple = ()                   # what must be so that it is asked for
    well: dict = field(default_factory=dict)
    ill: dict = field(default_factory=dict)
    behind: str = ""

    def faults(self, given):
        """The faults, as those of this operation where they do not say."""
        return [*self.there, *(one if callable(one) else {"operation": self.operation} | one
                               for one in given)]

    def ends_well(self, *given, **more):
        """A row of a fault that is overcome at the second try."""
        return ends_well(self.faults(given), self.settings, **{self.kind: 2} | self.well | more)

    def fails(self, status, says, *given, **more):
        """A row of a fault that is told at once."""
        return fails(status, f"{self.stage}: {says}{self.behind}", self.faults(given),
                     self.settings, **{self.kind: 1} | self.ill | more)

    def gives_up(self, status, says, *given, **more):
        """A row of a fault that lasts."""
        lasting = [one if callable(one) else {"times": None} | one for one in given]
        return gives_up(status, f"{self.stage}: {says}; gave up after N s{self.behind}",
                        self.faults(lasting), self.settings,
                        **{self.kind: SOME} | self.ill | more)


TAGS_OFF = ("; or let tags into the metadata: aws ec2 modify-instance-metadata-options "
            "--instance-metadata-tags enabled")
LOOK_UP = Place(LIST, "zone", "look_up")
READING = Place(READ, "record", "read", f"{CREATE}\n{BY_ID}")
UPSERTING = Place(CHANGE, "change", "change", BY_ID)
CREATING = Place(CHANGE, "change", "change", f"{CREATE}\n{BY_ID}")
WAITING = Place("GetChange", "wait", "wait", f"{BY_ID}\n{WAIT}", (at_once,),
                well={"wait": range(2, 6)}, ill={"holds": {f"{NAME}. A": ADDRESS}})
TAGGING = Place("DescribeTags", "name", "tags", there=(tags_off,), well={"metadata": 7},
                ill={"metadata": 5}, behind=TAGS_OFF)
ASSUMING = Place("AssumeRole", "credentials", "role", f"role_arn: {ROLE}\n{BY_ID}", (role,))
PLACES = {"look-up": LOOK_UP, "read": READING, "UPSERT": UPSERTING, "CREATE": CREATING,
          "wait": WAITING, "DescribeTags": TAGGING, "AssumeRole": ASSUMING}


def rows(table, thorough=()):
    """The rows of a table as parameters, each by the name of its fault; of some, which take long, only
    `make check-all` has the patience."""
    return [pytest.param(row, id=name, marks=[pytest.mark.thorough] if name in thorough else [])
            for name, row in table.items()]
