"""The model: hosted zones, their record sets, and change batches that are all or nothing."""

import dataclasses
import itertools
import secrets
import string
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass

from aws import names

ID_CHARACTERS = string.ascii_uppercase + string.digits
ACCOUNT = "123456789012"
DEFAULT_TTL = 60
NAME_SERVERS = tuple(
    f"ns-{number}.awsdns-{number % 64:02}.{suffix}" for number, suffix
    in zip((311, 846, 1501, 1867), ("com", "net", "org", "co.uk"), strict=True))


def random_id(letter, length):
    """An id as Route 53 makes them."""
    return letter + "".join(ID_CHARACTERS[byte % len(ID_CHARACTERS)]
                            for byte in secrets.token_bytes(length))


class InvalidChangeBatch(Exception):
    """A batch that the zone refuses, with every reason."""

    def __init__(self, messages):
        super().__init__("; ".join(messages))
        self.messages = messages


@dataclass(frozen=True)
class Alias:
    """The target of an alias."""

    hosted_zone_id: str
    dns_name: str
    evaluate_target_health: bool = False


@dataclass(frozen=True)
class RecordSet:
    """A resource record set; the name is canonical (lower case, escaped, final dot)."""

    name: str
    type: str
    set_identifier: str = None
    weight: int = None
    region: str = None
    geo_location: tuple = None
    failover: str = None
    multi_value: bool = False
    ttl: int = None
    values: tuple = ()
    alias: Alias = None
    health_check_id: str = None

    @property
    def key(self):
        """What makes a set unique in its zone."""
        return self.name, self.type, self.set_identifier

    @property
    def order(self):
        """Where a listing shows it."""
        return names.order_key(self.name), self.type, self.set_identifier or ""

    @property
    def routing(self):
        """The routing policy's name."""
        for policy, value in (("weighted", self.weight), ("latency", self.region),
                              ("failover", self.failover), ("geolocation", self.geo_location)):
            if value is not None:
                return policy
        return "multivalue" if self.multi_value else "simple"

    def in_brackets(self):
        """The set as Route 53's messages name it."""
        identifier = f", set-identifier='{self.set_identifier}'" if self.set_identifier else ""
        return f"[name='{self.name}', type='{self.type}'{identifier}]"

    def described(self):
        """The set as Route 53's messages about routing name it."""
        identifier = f', SetIdentifier "{self.set_identifier}"' if self.set_identifier else ""
        return f"RRSet with DNS name {self.name}, type {self.type}{identifier}"


@dataclass(frozen=True)
class Change:
    """One change of a batch."""

    action: str
    record_set: RecordSet


@dataclass
class ChangeInfo:
    """A batch on its way to the name servers. `deltas`: set key -> RecordSet, None = gone."""

    id: str
    zone: "HostedZone"
    deltas: dict
    comment: str
    submitted_at: float                 # the emulator's clock
    started: float                      # monotonic
    status: str = "PENDING"


class HostedZone:
    """A hosted zone. Reads see a batch at once; the name servers see it when it is INSYNC."""

    def __init__(self, zones, name, private, vpcs, zone_id, account, name_servers):
        self._zones = zones
        self.name = names.canonical(name)
        self.id = zone_id or random_id("Z", 20)
        self.private = private
        self.vpcs = list(vpcs)
        self.account = account
        self.comment = ""
        self.caller_reference = random_id("", 12)
        self.name_servers = () if private else tuple(name_servers or NAME_SERVERS)
        self.last_batch = None              # monotonic time of the last accepted batch
        self.most_records = 10000           # its quota
        self.sets = {}                      # what the API shows
        self.published = {}                 # what the name servers answer
        self._add_apex()

    def _add_apex(self):
        servers = self.name_servers or ("ns-0.awsdns-00.com",)
        soa = f"{servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
        for record_set in (
                RecordSet(self.name, "NS", ttl=172800, values=tuple(s + "." for s in servers)),
                RecordSet(self.name, "SOA", ttl=900, values=(soa,))):
            self.sets[record_set.key] = self.published[record_set.key] = record_set

    def record_sets(self):
        """All sets in the order of a listing."""
        with self._zones.lock:
            return sorted(self.sets.values(), key=lambda record_set: record_set.order)

    def find(self, name, record_type, set_identifier=None):
        """One set, or None."""
        return self.sets.get((names.canonical(name), record_type, set_identifier))

    def values(self, name, record_type):
        """All values of a name and type, whatever the routing; [] = none."""
        name = names.canonical(name)
        return [value for record_set in self.record_sets()
                if (record_set.name, record_set.type) == (name, record_type)
                for value in record_set.values]

    def put(self, name, record_type, values=(), ttl=DEFAULT_TTL, set_identifier=None, weight=None,
            multi_value=False, alias=None, health_check_id=None):
        """Set up a record set behind the API's back; it is published at once.

        alias: a name in this zone, or an Alias.
        """
        if isinstance(alias, str):
            alias = Alias(self.id, names.canonical(alias))
        record_set = RecordSet(names.canonical(name), record_type, set_identifier, weight,
                               multi_value=multi_value, ttl=None if alias else ttl,
                               values=() if alias else tuple(values), alias=alias,
                               health_check_id=health_check_id)
        self._zones.apply_at_once(self, {record_set.key: record_set})
        return record_set

    def delete(self, name, record_type):
        """Remove every set of a name and type behind the API's back."""
        name = names.canonical(name)
        keys = [key for key in self.sets if key[:2] == (name, record_type)]
        self._zones.apply_at_once(self, dict.fromkeys(keys))


def apply(sets, deltas):
    """Put the deltas of a batch into a dictionary of sets."""
    for key, record_set in deltas.items():
        if record_set is None:
            sets.pop(key, None)
        else:
            sets[key] = record_set


class Batch:
    """Checks the changes of a batch one after the other against a copy of the zone's sets."""

    def __init__(self, zone):
        self.zone = zone
        self.sets = dict(zone.sets)
        self.at_name = {}                   # name -> keys: a batch may hold 1000 changes
        for key in self.sets:
            self.at_name.setdefault(key[0], set()).add(key)
        self.deltas = {}
        self.messages = []

    def run(self, changes):
        """The deltas of the batch, or InvalidChangeBatch with all messages."""
        self._check_repeated(changes)
        for change in changes:
            self._check_place(change.record_set)
            self._check_values(change.record_set)
        if not self.messages:
            for change in changes:
                getattr(self, "_" + change.action.lower())(change.record_set)
        if not self.messages:
            self._check_apex()
            self._check_quota()
        if self.messages:
            raise InvalidChangeBatch(self.messages)
        return self.deltas

    def _check_quota(self):
        most = self.zone.most_records
        if sum(len(record_set.values) for record_set in self.sets.values()) > most:
            self.messages.append(f"Number of records limit of {most} exceeded.")

    def _check_repeated(self, changes):
        """A set may be named once, or twice as DELETE and then CREATE: the swap."""
        actions = {}
        for change in changes:
            actions.setdefault(change.record_set.key, []).append(change.action)
        for (name, record_type, _), done in actions.items():
            if len(done) > 1 and done != ["DELETE", "CREATE"]:
                self.messages.append("The request contains an invalid set of changes for a "
                                     f"resource record set '{record_type} {name}'")

    def _check_place(self, record_set):
        if not names.within(record_set.name, self.zone.name):
            self.messages.append(f"RRSet with DNS name {record_set.name} is not permitted in zone "
                                 f"{self.zone.name}")
        elif record_set.type == "CNAME" and record_set.name == self.zone.name:
            self.messages.append(f"RRSet of type CNAME with DNS name {record_set.name} is not "
                                 f"permitted at apex in zone {self.zone.name}")
        if record_set.type == "NS" and record_set.name.startswith("\\052."):
            self.messages.append(f"RRSet of type NS with DNS name {record_set.name} is not "
                                 "permitted as wildcard")

    def _check_values(self, record_set):
        for value in record_set.values:
            try:
                names.check_value(record_set.type, value)
            except names.BadValue as problem:
                self.messages.append(str(problem))
        for value, count in Counter(record_set.values).items():
            if count > 1:
                self.messages.append(f"Duplicate Resource Record: '{value}'")
        if record_set.type == "CNAME" and len(record_set.values) > 1:
            self.messages.append("An RRSet of type CNAME may hold one Resource Record only")

    def _create(self, record_set):
        if record_set.key in self.sets:
            self.messages.append(f"Tried to create resource record set {record_set.in_brackets()} "
                                 "but it already exists")
        else:
            self._write(record_set)

    def _upsert(self, record_set):
        present = self.sets.get(record_set.key)
        if present is not None:
            record_set = keep_spelling(present, record_set)
        self._write(record_set)

    def _delete(self, record_set):
        present = self.sets.get(record_set.key)
        if present is None:
            self.messages.append(f"Tried to delete resource record set {record_set.in_brackets()} "
                                 "but it was not found")
        elif not same_set(present, record_set):
            self.messages.append(f"Tried to delete resource record set {record_set.in_brackets()} "
                                 "but the values provided do not match the current values")
        else:
            del self.sets[record_set.key]
            self.at_name[record_set.name].discard(record_set.key)
            self.deltas[record_set.key] = None

    def _write(self, record_set):
        problem = self._conflict(record_set)
        if problem:
            self.messages.append(problem)
            return
        self.sets[record_set.key] = record_set
        self.at_name.setdefault(record_set.name, set()).add(record_set.key)
        self.deltas[record_set.key] = record_set

    def _conflict(self, record_set):
        """Why the set cannot stand beside those already there, or None."""
        beside = [self.sets[key] for key in self.at_name.get(record_set.name, ())]
        others = [other for other in beside if other.type != record_set.type]
        if record_set.type != "CNAME" and any(other.type == "CNAME" for other in others):
            return (f"RRSet of type {record_set.type} with DNS name {record_set.name} is not "
                    "permitted because a conflicting RRSet of type CNAME with the same DNS name "
                    f"already exists in zone {self.zone.name}")
        if record_set.type == "CNAME" and others:
            return (f"RRSet of type CNAME with DNS name {record_set.name} is not permitted as it "
                    f"conflicts with other records with the same DNS name in zone {self.zone.name}")
        group = [other for other in beside if other.type == record_set.type]
        return self._routing_conflict(record_set, group)

    @staticmethod
    def _routing_conflict(record_set, group):
        others = [other for other in group if other.key != record_set.key]
        if record_set.routing == "simple":
            return (f"{record_set.described()} cannot be created as other RRSets exist with the "
                    "same name and type.") if others else None
        if any(other.routing != record_set.routing for other in group):
            if record_set.routing == "multivalue":
                return (f"{record_set.described()} cannot be created because a non multivalue "
                        "answer rrset exists with the same name and type.")
            return (f"{record_set.described()} cannot be created as a non-{record_set.routing} "
                    "set exists with the same name and type.")
        if record_set.routing == "weighted" and any(other.ttl != record_set.ttl
                                                    for other in others):
            return (f"{record_set.described()} cannot be created as weighted sets must contain "
                    "the same TTL.")
        if len(others) >= 100:
            return (f"Exceeded limit on number of {record_set.routing} RRSets for "
                    f"{record_set.name}, type {record_set.type} in this zone.")
        return None

    def _check_apex(self):
        if (self.zone.name, "SOA", None) not in self.sets:
            self.messages.append("A HostedZone must contain exactly one SOA record.")
        if (self.zone.name, "NS", None) not in self.sets:
            self.messages.append("A HostedZone must contain at least one NS record for the zone "
                                 "itself.")


def same_set(present, wanted):
    """Whether a DELETE repeats the set as it stands; values in any order."""
    def settled(record_set):
        return dataclasses.replace(record_set, values=tuple(sorted(record_set.values)))
    return settled(present) == settled(wanted)


def keep_spelling(present, wanted):
    """An UPSERT with another spelling of the same IPv6 addresses keeps the old text."""
    if (wanted.type == "AAAA" and len(present.values) == len(wanted.values)
            and all(names.same_address("AAAA", one, other)
                    for one, other in zip(present.values, wanted.values, strict=True))):
        return dataclasses.replace(wanted, values=present.values)
    return wanted


class Zones:
    """All hosted zones, and the changes on their way from PENDING to INSYNC."""

    def __init__(self, clock, insync_after):
        self.lock = threading.RLock()
        self.insync_after = insync_after
        self.nameserver = None
        self.all = {}                       # id -> HostedZone
        self.changes = {}                   # id -> ChangeInfo
        self._clock = clock
        self._pending = deque()
        self._moved = threading.Condition(self.lock)
        self._stopping = False
        self._thread = None
        self.problem = None                 # what the name server said last, if it refused

    def start(self):
        """Begin to move changes to INSYNC."""
        self._stopping = False
        self._thread = threading.Thread(target=self._propagate, daemon=True, name="propagation")
        self._thread.start()

    def stop(self):
        """Stop moving changes."""
        with self._moved:
            self._stopping = True
            self._moved.notify_all()
        if self._thread:
            self._thread.join()
            self._thread = None

    def create(self, name, private, vpcs, zone_id, account, name_servers=None):
        """A new hosted zone, published at once."""
        with self.lock:
            zone = HostedZone(self, name, private, vpcs, zone_id, account, name_servers)
            if zone.id in self.all:
                raise ValueError(f"there is a hosted zone {zone.id} already")
            self.all[zone.id] = zone
            if self.nameserver:
                self.nameserver.add_zone(zone)
            return zone

    def sorted(self):
        """All zones in the order of ListHostedZonesByName."""
        with self.lock:
            return sorted(self.all.values(), key=lambda z: (names.order_key(z.name), z.id))

    def submit(self, zone, changes, comment):
        """Apply a batch as a whole, or raise InvalidChangeBatch and apply nothing."""
        with self._moved:
            deltas = Batch(zone).run(changes)
            apply(zone.sets, deltas)
            now = time.monotonic()
            info = ChangeInfo("/change/" + random_id("C", 13), zone, deltas, comment,
                              self._clock(), now)
            zone.last_batch = now
            self.changes[info.id] = info
            self._pending.append(info)
            self._moved.notify_all()
            return info

    def apply_at_once(self, zone, deltas):
        """Apply and publish without the API."""
        with self.lock:
            apply(zone.sets, deltas)
            self._publish(zone, deltas)

    def _publish(self, zone, deltas):
        apply(zone.published, deltas)
        if self.nameserver:
            self.nameserver.publish(zone)

    def _propagate(self):
        while True:
            with self._moved:
                info = self._next_due()
                if info is None:
                    return
                try:
                    self._publish(info.zone, info.deltas)
                except Exception as problem:  # shown by wait_insync(); the thread goes on
                    self.problem = problem
                info.status = "INSYNC"
                self._pending.popleft()
                self._moved.notify_all()

    def _next_due(self):
        """Wait for the oldest change to be due; None when stopping. insync_after may change
        meanwhile, hence the short waits."""
        while not self._stopping:
            if not self._pending:
                self._moved.wait()
                continue
            left = self._pending[0].started + self.insync_after - time.monotonic()
            if left <= 0:
                return self._pending[0]
            self._moved.wait(min(left, 0.05))
        return None

    def wait_insync(self, timeout):
        """Block until every change is INSYNC and published."""
        with self._moved:
            if not self._moved.wait_for(lambda: not self._pending, timeout):
                raise TimeoutError(f"{len(self._pending)} changes still PENDING")
            if self.problem:
                raise RuntimeError(f"the name server refused a change: {self.problem}")


def union(published):
    """What the name servers answer: (name, type) -> (ttl, values), routed sets as their union,
    an alias as what its target in the same zone holds."""
    plain = {}
    groups = itertools.groupby(sorted(published.values(), key=lambda s: (s.name, s.type)),
                               key=lambda s: (s.name, s.type))
    aliases = []
    for key, group in groups:
        for record_set in group:
            if record_set.alias:
                aliases.append((key, record_set.alias.dns_name))
            else:
                ttl, values = plain.get(key, (record_set.ttl, ()))
                plain[key] = (min(ttl, record_set.ttl), (*values, *record_set.values))
    for key, target in aliases:
        ttl, values = plain.get(key, (DEFAULT_TTL, ()))
        _, more = plain.get((names.canonical(target), key[1]), (DEFAULT_TTL, ()))
        if more:
            plain[key] = (ttl, (*values, *more))
    return {key: (ttl, tuple(dict.fromkeys(values))) for key, (ttl, values) in plain.items()}
