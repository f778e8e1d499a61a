"""User-data as cloud-init's own code takes them apart: Debian's package, as `make` unpacks it."""

import contextlib
import os
import pathlib
import sys

import pytest
import yaml

UNPACKED = pathlib.Path(os.environ.get("BOOTNAME_CACHE")
                        or pathlib.Path(__file__).parents[1] / "build/cache") / "cloud-init"


@contextlib.contextmanager
def importable():
    path = str(UNPACKED / "usr/lib/python3/dist-packages")
    sys.path.append(path)
    try:
        yield
    finally:
        sys.path.remove(path)


def parts(data):
    """(type, name, text) of each part."""
    with importable():
        user_data = pytest.importorskip("cloudinit.user_data", reason="no cloud-init here")
        util = pytest.importorskip("cloudinit.util", reason="no cloud-init here")
        handlers = pytest.importorskip("cloudinit.handlers", reason="no cloud-init here")
        found = [(part.get_content_type(), part.get_filename(), util.fully_decoded_payload(part))
                 for part in user_data.convert_string(data).walk() if not part.is_multipart()]
        # What is no multipart is known by its first line.
        return [(handlers.type_from_starts_with(text) if kind == user_data.NOT_MULTIPART_TYPE
                 else kind, name, text) for kind, name, text in found]


def cloud_config(found):
    """What the cloud-configs among parts come to, by the merger that each asks for."""
    merged = {}
    with importable():
        mergers = pytest.importorskip("cloudinit.mergers", reason="no cloud-init here")
        for kind, _, text in found:
            if kind == "text/cloud-config":
                config = yaml.safe_load(text)
                how = mergers.dict_extract_mergers(config) or mergers.default_mergers()
                merged = mergers.construct(how).merge(merged, config)
    return merged
