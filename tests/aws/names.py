"""DNS names and record values as Route 53 reads, keeps and shows them.

Source: Developer Guide, "DNS domain name format" and "Supported DNS record types".
"""

import functools
import ipaddress
import re

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT

PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")
CHARACTER_STRING = re.compile(r'\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)
OCTAL_OR_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


class BadName(ValueError):
    """A name that Route 53 refuses; the text says why."""


class BadValue(ValueError):
    """A record value that Route 53 refuses, in the service's own words."""


def labels(name):
    """The labels of a name as bytes, lower-cased, with octal escapes decoded."""
    found, label, position = [], bytearray(), 0
    raw = name.encode("utf-8")
    while position < len(raw):
        byte = raw[position]
        if byte == ord("\\"):
            octal = raw[position + 1:position + 4]
            if not re.fullmatch(rb"[0-3][0-7]{2}", octal):
                raise BadName("UnsupportedCharacter (Value contains unsupported characters)")
            label.append(int(octal, 8))
            position += 4
            continue
        if byte <= 0x20 or byte >= 0x7F:
            raise BadName("UnsupportedCharacter (Value contains unsupported characters)")
        if byte == ord("."):
            found.append(bytes(label))
            label = bytearray()
        else:
            label.append(byte)
        position += 1
    if label:
        found.append(bytes(label))
    check_lengths(found)
    return [part.lower() for part in found]


def check_lengths(parts):
    """Labels of 1..63 bytes, names of at most 255."""
    if not parts or any(not part for part in parts):
        raise BadName("DomainLabelEmpty (Domain label is empty)")
    if any(len(part) > 63 for part in parts):
        raise BadName("DomainLabelTooLong (Domain label is too long)")
    if sum(len(part) + 1 for part in parts) + 1 > 255:
        raise BadName("DomainNameTooLong (Domain name is too long)")


def shown(parts):
    """A name in the form that Route 53 keeps and shows: a final dot, octal escapes."""
    return "".join("".join(chr(byte) if byte in PLAIN else f"\\{byte:03o}" for byte in part) + "."
                   for part in parts)


def canonical(name):
    """The one spelling of a name; two names are equal when these are."""
    return shown(labels(name))


@functools.lru_cache(maxsize=4096)
def order_key(name):
    """Route 53 sorts by reversed labels, with the final dot, in ASCII order."""
    parts = [part.decode("latin-1") for part in labels(name)]
    return ".".join(reversed(parts)) + "."


def within(name, zone):
    """Whether a canonical name is the zone's apex or below it, by whole labels."""
    return name == zone or name.endswith("." + zone)


def dns_name(name):
    """The name for dnspython; its escapes are decimal, Route 53's are octal."""
    return dns.name.Name([*labels(name), b""])


def check_value(record_type, value):
    """Raise BadValue in Route 53's words where a record type cannot hold the value."""
    if record_type == "A":
        check_address(ipaddress.IPv4Address, value,
                      "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)")
    elif record_type == "AAAA":
        check_address(ipaddress.IPv6Address, value,
                      "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)")
    elif record_type in ("TXT", "SPF"):
        character_strings(value)
    elif record_type in ("CNAME", "NS", "PTR"):
        try:
            labels(value)
        except BadName as problem:
            raise BadValue(fatal(problem, value)) from None
    else:
        try:
            rdata(record_type, value)
        except (dns.exception.DNSException, ValueError):
            raise BadValue(fatal("RRDATANotInExpectedFormat (Value does not have the format of "
                                 f"type {record_type})", value)) from None


def fatal(problem, value):
    """The form of every complaint about a value."""
    return f"Invalid Resource Record: FATAL problem: {problem} encountered with '{value}'"


def check_address(kind, value, problem):
    """An address in the strict textual form: no blanks, no zone index, no prefix."""
    try:
        kind(value)
    except ValueError:
        raise BadValue(fatal(problem, value)) from None
    if "%" in value:
        raise BadValue(fatal(problem, value))


def character_strings(value):
    """The strings of a TXT value: quoted, 255 bytes at most, octal escapes."""
    found, position = [], 0
    while position < len(value.rstrip()):
        match = CHARACTER_STRING.match(value, position)
        if not match:
            raise BadValue(fatal("InvalidCharacterString (Value should be enclosed in quotation "
                                 "marks)", value))
        found.append(unescape(match[1]))
        position = match.end()
    if not found:
        raise BadValue(fatal("InvalidCharacterString (Value should be enclosed in quotation "
                             "marks)", value))
    if any(len(part) > 255 for part in found):
        raise BadValue(fatal("CharacterStringTooLong (Value is too long)", value))
    return found


def unescape(quoted):
    """The bytes of one quoted string."""
    def byte(match):
        part = match[1]
        return bytes([int(part, 8) & 255]) if len(part) == 3 else part
    return OCTAL_OR_ESCAPE.sub(byte, quoted.encode("utf-8"))


def rdata(record_type, value):
    """A value as dnspython publishes it."""
    kind = dns.rdatatype.from_text(record_type)
    if record_type in ("TXT", "SPF"):
        return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, kind, character_strings(value))
    return dns.rdata.from_text(dns.rdataclass.IN, kind, value, origin=dns.name.root,
                               relativize=False)


def same_address(record_type, one, other):
    """Whether two texts are the same IPv6 address: Route 53 keeps the text it got first."""
    return (record_type == "AAAA"
            and ipaddress.IPv6Address(one) == ipaddress.IPv6Address(other))
