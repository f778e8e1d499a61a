"""XML, written without a library and read with one that knows line and column."""

import re
import xml.parsers.expat
from xml.sax.saxutils import escape

ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Malformed(Exception):
    """The text is no well-formed XML."""


def element(name, *content, **attributes):
    """An element as text. Content: text made by this function, in lists as well; None is left
    out. Use text() for character data."""
    marks = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    inner = "".join(flatten(content))
    return f"<{name}{marks}>{inner}</{name}>" if inner else f"<{name}{marks}/>"


def flatten(content):
    """Strings out of nested lists, without the None."""
    for part in content:
        if isinstance(part, str):
            yield part
        elif part is not None:
            yield from flatten(part)


def text(value):
    """Character data: escaped, and without what XML 1.0 cannot hold."""
    return ILLEGAL.sub("", escape(str(value)))


def leaf(name, value):
    """An element of character data, or None without a value."""
    return None if value is None else element(name, text(value))


def document(root):
    """A whole document as bytes."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + root).encode()


class Node:
    """An element as read."""

    def __init__(self, namespace, name):
        self.namespace, self.name = namespace, name
        self.children = []
        self.text = ""

    def child(self, name):
        """The first child of that name, or None."""
        return next((child for child in self.children if child.name == name), None)

    def value(self, name):
        """The text of the first child of that name, or None."""
        child = self.child(name)
        return None if child is None else child.text


def parse(content):
    """The root of a document. No document type is accepted."""
    parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
    top = Node("", "")
    stack = [top]

    def start(name, _attributes):
        namespace, _, local = name.rpartition(" ")
        node = Node(namespace, local)
        stack[-1].children.append(node)
        stack.append(node)

    def data(characters):
        stack[-1].text += characters

    def refuse(*_):
        raise Malformed("DOCTYPE is disallowed")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: stack.pop()
    parser.CharacterDataHandler = data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except xml.parsers.expat.ExpatError as problem:
        raise Malformed(f"lineNumber: {problem.lineno}; columnNumber: {problem.offset + 1}; "
                        f"{xml.parsers.expat.errors.messages[problem.code]}") from None
    return top.children[0]
