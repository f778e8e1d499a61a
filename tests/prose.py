"""Hold prose to docs/STYLE.md: banned words, the length of sentences, the width of lines.

Prose is Markdown outside of code, the text of manual pages, strings and comments of helper/, and
the strings of mkuserdata. Code of any kind counts as one word. Arguments: the files to look at;
without any, all of them.
"""

import ast
import pathlib
import re
import sys

from markdown_it import MarkdownIt

# STYLE.md asks for 25 words. Names, lists and conditions need a few more now and then.
WORDS = 32
COLUMNS = 100
CODE = "CODE"           # what stands for code; a sentence may begin with it

# Each word of rule 3, and what to write instead.
BANNED = [
    (r"\b(?:tells?|told|telling)\b", "say, report, show"),
    (r"\b(?:wants?|wanted|wanting)\b", "need, expect, must"),
    (r"\banew\b", "again"),
    (r"\bin (?:the )?place of\b", "instead of"),
    (r"\bwho(?:so)?ever\b", "you, anyone who, or the one that acts"),
    (r"\bst(?:ands?|ood)\b", "is, be, or leave it out"),
    (r"(?<!here )\b(?:is|are|was|were) (?:no(?! longer\b| more than\b)|none)\b",
     "is not a, is missing"),
    # "if", as far as a program can see it.
    (r"^Where\b(?!.*\?$)|\b(?:only|even|except|but) where\b|\bwhere there (?:is|are|was)\b"
     r"|,? \bwhere (?:no|nothing|nobody|both|neither|none)\b", "if, when"),
]
# A file, a text that it needs, and why. An entry that nothing needs is a fault.
EXCEPTIONS = [
    ("docs/STYLE.md", r"", "the guide names what it bans"),
]
# Not written by the guide yet: files, and folders as a whole. A file without faults must leave this
# list.
TO_DO = set("""
docs/ARCHITECTURE.md docs/CHANGELOG.md helper/
""".split())

GLOBS = ("README.md", "docs/*.md", "docs/releases/*.md", "docs/*.[158]", "cloud-config/mkuserdata",
         "helper/*.[ch]")
MARKDOWN = MarkdownIt().enable("table")
TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
COMMENT = re.compile(r"/\*(.*?)\*/", re.DOTALL)
LIST_OF_CODE = re.compile(rf"{CODE}(?:(?:,|,? and|,? or|,? to| \|) {CODE})+")
SMALL = r"(?:bootname|cloud-init|libcurl|systemd)\b"    # names that may begin a sentence
PUNCTUATION = re.compile(r"[.,;:?!()\[\]]")


# ---- What is prose: pairs of a line and a text. ----

def inline_text(token):
    """A paragraph, heading or cell with its code replaced."""
    kinds = {"text": lambda one: one.content, "softbreak": lambda one: " ",
             "hardbreak": lambda one: " ", "code_inline": lambda one: CODE,
             "image": lambda one: one.content}
    return "".join(kinds[one.type](one) for one in token.children if one.type in kinds)


def of_markdown(text):
    line, before = 0, ""
    for token in MARKDOWN.parse(text):
        line = token.map[0] + 1 if token.map else line
        if token.type == "inline":
            # A heading may be a question without its mark.
            yield line, inline_text(token) + "?" * (before == "heading_open")
        before = token.type


def of_manual(text):
    """Paragraphs of mdoc. A macro is code, but for what its punctuation says."""
    paragraph, begin, literal = [], 1, False
    for number, line in enumerate(text.splitlines(), 1):
        macro, _, rest = line.partition(" ")
        if macro == ".Bd" or literal:
            literal, ends = macro != ".Ed", True
        else:
            ends = macro in (".Pp", ".Sh", ".Ss", ".It", ".Bl", ".El", ".Ed", ".Dd", ".Dt", ".Os",
                             ".Dl")
        if ends:
            yield begin, " ".join(paragraph)
            paragraph, begin = [], number + 1
        elif macro in (".Nd", ".Sy", ".Em"):
            paragraph.append(rest)
        elif line.startswith("."):
            paragraph.append(CODE + "".join(word for word in rest.split()
                                            if PUNCTUATION.fullmatch(word)))
        else:
            paragraph.append(line)
    yield begin, " ".join(paragraph)


def of_c(text):
    """Strings and comments; strings in a row are one."""
    for match in COMMENT.finditer(text):
        words = re.sub(r"(?m)^\s*\* ?", "", match[1])
        # What is set apart in a comment is a table or an example.
        for part in re.split(r"\n[ \t]*\n|\n(?=\s*[-|])", words):
            yield text.count("\n", 0, match.start()) + 1, " ".join(part.split())
    code = COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for match in re.finditer(rf"{TEXT.pattern}(?:\s*{TEXT.pattern})*", code):
        whole = "".join(one[1:-1] for one in TEXT.findall(match[0]))
        for part in re.split(r"\\n|; ", whole):
            yield text.count("\n", 0, match.start()) + 1, part


def of_python(text):
    """Strings, and formats with code for what is inserted."""
    nodes = [*ast.walk(ast.parse(text))]
    formats = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    pieces = {id(piece) for node in formats for piece in node.values}
    for node in nodes:
        if node in formats:
            yield node.lineno, "".join(
                str(one.value) if isinstance(one, ast.Constant) else CODE for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) \
                and id(node) not in pieces:
            for part in re.split(r"\n\n|; ", node.value):
                yield node.lineno, " ".join(part.split())


def prose(path, text):
    if path.endswith(".md"):
        return of_markdown(text)
    if re.search(r"\.[158]$", path):
        return of_manual(text)
    return of_c(text) if re.search(r"\.[ch]$", path) else of_python(text)


# ---- What is wrong with it. ----

def sentences(text):
    return re.split(rf"(?<=[.!?])[\"')*]*\s+(?=[A-Z0-9\"'(*\[]|{SMALL})", text)


def faults_of_text(text, skip=()):
    """What is wrong with a paragraph. skip: patterns of words that it may have."""
    text = LIST_OF_CODE.sub(CODE, text.strip())
    for sentence in sentences(text):
        for pattern, better in BANNED:
            for match in re.finditer(pattern, sentence, re.IGNORECASE if "^" not in pattern else 0):
                if not any(re.search(one, match[0]) for one in skip):
                    yield '"%s": write %s' % (match[0].strip(" ,"), better)
        count = len(re.findall(r"\S*\w\S*", sentence))
        if count > WORDS:
            yield f"{count} words, more than {WORDS}: {' '.join(sentence.split()[:8])} …"


def wide_lines(text):
    """Lines of Markdown that could be broken; not tables, blocks of code, nor code in a line."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        fenced ^= line.lstrip().startswith("```")
        if fenced or len(line) <= COLUMNS or re.match("    | *\\|", line):
            continue
        begin = len(re.match(r"[\s>]*(?:[-*]|\d+\.)?\s*", line)[0])
        # Neither code nor a link is broken.
        solid = re.sub(r"`[^`]*`|\[[^\]]*\]\([^)]*\)|`[^`]*$", lambda one: "x" * len(one[0]), line)
        if " " in solid[begin:]:
            yield number, f"{len(line)} columns, more than {COLUMNS}"


def faults(path, text):
    """Lines, and what is wrong there."""
    found = [*wide_lines(text)] if path.endswith(".md") else []
    skip = [pattern for name, pattern, _ in EXCEPTIONS if name == path]
    for line, part in prose(path, text):
        found += [(line, fault) for fault in faults_of_text(part, skip)]
    return sorted(found)


def main(arguments):
    paths = arguments or sorted({str(path) for one in GLOBS for path in pathlib.Path().glob(one)})
    shown = 0
    for path in paths:
        found = faults(path, pathlib.Path(path).read_text())
        if not arguments and path in TO_DO:
            found = [] if found else [(1, "is clean: take it out of TO_DO in tests/prose.py")]
        elif not arguments and f"{path.rpartition('/')[0]}/" in TO_DO:
            found = []
        for line, fault in found:
            print(f"{path}:{line}: {fault}")
        shown += len(found)
    return 1 if shown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
