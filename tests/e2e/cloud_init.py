"""What cloud-init makes of user-data, by its own code: Debian's package, installed or unpacked.

Its module cc_write_files needs libraries that are not here, so what that does is written out below.
"""

import base64
import contextlib
import importlib.util
import os
import pathlib
import sys
import types

import pytest
import yaml

TOP = pathlib.Path(__file__).parents[2]
# Where `make` unpacks Debian's package to, if it is not installed.
UNPACKED = pathlib.Path(os.environ.get("BOOTNAME_CACHE") or TOP / "build/cache") / "cloud-init"


class CloudInit:
    """An instance's cloud-init, which keeps its files in a folder."""

    def __init__(self, user_data, handler, util):
        self.user_data, self.handler, self.util = user_data, handler, util

    def parts(self, data):
        """(type, name, text) of each part of user-data."""
        return [(part.get_content_type(), part.get_filename(),
                 self.util.fully_decoded_payload(part))
                for part in self.user_data.convert_string(data).walk() if not part.is_multipart()]

    def cloud_config(self, data, folder):
        """The cloud-config.txt that it makes of user-data."""
        file = folder / "cloud-config.txt"
        file.unlink(missing_ok=True)
        paths = types.SimpleNamespace(get_ipath=lambda _: str(file),
                                      get_ipath_cur=lambda _: str(folder),
                                      get_cpath=lambda _: str(folder))
        message = self.user_data.UserDataProcessor(paths).process(data)
        handler = self.handler.CloudConfigPartHandler(paths)
        handler.handle_part(None, "__begin__", None, None, None, None)
        for number, part in enumerate(message.walk()):
            if part.get_content_type() == "text/cloud-config":
                handler.handle_part(None, "text/cloud-config", f"part-{number:03}",
                                    self.util.fully_decoded_payload(part), None, part)
        handler.handle_part(None, "__end__", None, None, None, None)
        return file.read_text(encoding="utf-8")


def write_files(config, root):
    """Write below a folder what cc_write_files writes of a cloud-config."""
    for entry in yaml.load(config, yaml.CSafeLoader)["write_files"]:
        file = root / entry["path"].lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        content = entry["content"].encode()
        if entry.get("encoding") == "b64":
            content = base64.b64decode(content)
        with file.open("ab" if entry.get("append") else "wb") as stream:
            stream.write(content)
        file.chmod(int(entry.get("permissions", "644"), 8))


@contextlib.contextmanager
def cloud_init():
    """cloud-init's code; the test is skipped if there is none."""
    path = str(UNPACKED / "usr/lib/python3/dist-packages")
    reason = "no cloud-init here"
    sys.path.append(path)
    # For "#cloud-config-jsonp" alone.
    if "jsonpatch" not in sys.modules and not importlib.util.find_spec("jsonpatch"):
        sys.modules["jsonpatch"] = types.ModuleType("jsonpatch")
    try:
        user_data = pytest.importorskip("cloudinit.user_data", reason=reason)
        util = pytest.importorskip("cloudinit.util", reason=reason)
        handler = pytest.importorskip("cloudinit.handlers.cloud_config", reason=reason)
        yield CloudInit(user_data, handler, util)
    finally:
        sys.path.remove(path)
