"""Hold the shape of helper/: floors, third-party headers, listed files, banned functions.

Arguments: the modules of each floor, joined by commas, from the lowest floor up. A module may
include those of lower floors, those before it in its own, and the other parts of itself.
"""

import pathlib
import re
import sys

HELPER = pathlib.Path("helper")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')

# A header of each library, and the one file that may include it.
LIBRARIES = {
    "curl/": "http.c",
    "yaml.h": "yaml.c",
    "json": "json.c",
    "openssl/": "sigv4.c",
    "expat": "xml.c",
    "resolv.h": "check_resolver.c",
}

# Unbounded, or with hidden state; each has a bounded one beside it.
BANNED = re.compile(
    r"\b(strcpy|strncpy|strcat|strncat|sprintf|vsprintf|gets|strtok|alloca|system|popen"
    r"|gmtime|localtime|ctime|asctime|tmpnam|mktemp|atoi|atol|sscanf|signal|sleep|usleep)\s*\("
)


def is_part(part, module):
    """Whether a module is a part of another one, by its name: plan_taken of plan."""
    return part.startswith(module + "_")


def faults_of(path, place_of):
    """Yield what is wrong with one file."""
    text = path.read_text()
    module = path.stem
    for quote, header in INCLUDE.findall(text):
        if quote == '"':
            included = header.removesuffix(".h")
            if included not in place_of:
                yield f"includes {header}, which is no module"
            elif is_part(included, module) or is_part(module, included):
                continue
            elif included != module and place_of[included] >= place_of[module]:
                yield f"includes {header}, which is neither on a lower floor nor before it"
            continue
        for library, owner in LIBRARIES.items():
            if header.startswith(library) and path.name != owner:
                yield f"includes <{header}>; only {owner} may"
    code = TEXT.sub('""', COMMENT.sub("", text))
    for match in BANNED.finditer(code):
        yield f"calls {match.group(1)}"


def main():
    place_of = {}
    for floor in sys.argv[1:]:
        for module in floor.split(","):
            place_of[module] = len(place_of)
    faults = 0
    for path in sorted(HELPER.glob("*.[ch]")):
        found = list(faults_of(path, place_of)) if path.stem in place_of else ["is in no floor"]
        for fault in found:
            print(f"{path}: {fault}")
            faults += 1
    for module in place_of:
        if not any((HELPER / module).with_suffix(suffix).exists() for suffix in (".c", ".h")):
            print(f"{module}: is in a floor and has no file")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
