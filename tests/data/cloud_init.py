"""Write cloud_init.json: what a real cloud-init makes of user-data.

    PYTHONPATH=ROOT/usr/lib/python3/dist-packages python3 cloud_init.py >> cloud_init.json

ROOT: a system with cloud-init, such as tests/boot/roots.py makes. The file has a line for each
user-data and version: the version, a name, the user-data, and cloud-config.txt and user-data.txt.i
as cloud-init has written them.
"""

import gzip
import json
import logging
import os
import pathlib
import tempfile

from cloudinit import helpers, sources, stages, util, version

HEAD = "#cloud-config\n"
ENTRY = """write_files:
- path: /etc/bootname.yaml
  content: |
    zone: ec2.example.com
    action: CREATE
"""
MOTD = "write_files:\n- {path: /etc/motd, content: hello}\n"
PARTS = """Content-Type: multipart/mixed; boundary="=="
MIME-Version: 1.0

--==
Content-Type: text/cloud-config

{}
--==
Content-Type: text/cloud-config

{}
--==--
"""
USER_DATA = {
    "none": "",
    "script": "#!/bin/sh\nbootname -d /etc/bootname.yaml\n",
    "entry": HEAD + ENTRY,
    "alias": HEAD + "bootname_file: &f {path: /etc/bootname.yaml, content: "
                    "\"zone: ec2.example.com\\naction: CREATE\\n\"}\nwrite_files: [*f]\n",
    "key by an alias": HEAD + "x: &x {action: CREATE}\nbootname: *x\n",
    "merge key": HEAD + "x: &x {path: /etc/bootname.yaml}\n"
                        "write_files:\n- {<<: *x, content: 'action: CREATE'}\n",
    "append": HEAD + ENTRY + "- {path: /etc//bootname.yaml, append: yes, content: 'ttl: 77'}\n",
    "binary": HEAD + "write_files:\n- {path: /etc/bootname.yaml, content: !!binary em9uZTogYQo=}\n",
    "gzip": HEAD + "write_files:\n- {path: /etc/bootname.yaml, encoding: gz+b64, content: H4sI}\n",
    "long line": HEAD + "write_files:\n- path: /etc/bootname.yaml\n  content: \"action: CREATE # "
                 + 30 * "a long line " + "\"\n",
    "empty": HEAD,
    "other": HEAD + MOTD,
    "byte order mark": "\ufeff" + HEAD + ENTRY,
    "blank in the first line": "# cloud-config\n" + ENTRY,
    "tab": HEAD + "\thostname: web\n" + ENTRY,
    "list": HEAD + "- bootname: {ttl: 60}\n",
    "two documents": HEAD + ENTRY + "---\nhostname: web\n",
    "Latin-1": (HEAD + "# m\u00fcller\n" + ENTRY).encode("latin-1"),
    "replaced by another part": PARTS.format(HEAD + ENTRY, HEAD + MOTD),
}
PACKED = "entry", "byte order mark", "tab"


class DataSource(sources.DataSource):
    """Has user-data and nothing else."""

    dsname = "Test"

    def get_instance_id(self):
        return "i-1"


def process(user_data, folder):
    """Have cloud-init do what it does at each boot; its files' contents."""
    paths = helpers.Paths({"cloud_dir": folder, "run_dir": folder + "/run"})
    source = DataSource({}, None, paths)
    source.userdata_raw, source.vendordata_raw, source.metadata = user_data, None, {}
    paths.datasource = source
    for name in ("run", "handlers", "instances/i-1/handlers", "instances/i-1/scripts"):
        os.makedirs(f"{folder}/{name}")
    os.symlink(folder + "/instances/i-1", folder + "/instance")
    util.write_file(folder + "/run/instance-data.json", "{}")
    stage = stages.Init()
    stage._cfg = {"system_info": {"distro": "debian", "paths": {"cloud_dir": folder}}}
    stage.datasource, stage._paths = source, paths
    stage._store_processeddata(source.get_userdata(), "userdata")
    stage._consume_userdata()
    return {key: pathlib.Path(folder, "instance", name).read_text(encoding="utf-8")
            for key, name in (("cloud_config", "cloud-config.txt"), ("parts", "user-data.txt.i"))}


def main():
    logging.disable(logging.CRITICAL)
    for name, text in USER_DATA.items():
        raw = text if isinstance(text, bytes) else text.encode()
        for packed in (False, True)[:1 + (name in PACKED)]:
            with tempfile.TemporaryDirectory() as folder:
                made = process(gzip.compress(raw) if packed else raw, folder)
            row = {"version": version.version_string(), "name": name + ", gzip" * packed, **made}
            print(json.dumps(row, sort_keys=True))


if __name__ == "__main__":
    main()
