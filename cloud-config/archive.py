"""Make mkuserdata.pyz, the same bytes of the same files: archive.py OUTPUT FOLDER FILE...

A file of FOLDER has its place below FOLDER in the archive, any other one has its name.
"""

import pathlib
import sys
import zipfile

output, folder, *files = map(pathlib.Path, sys.argv[1:])
names = {str(file.relative_to(folder) if folder in file.parents else file.name): file
         for file in files}
names["__main__.py"] = names.pop("mkuserdata")
with open(output, "wb") as archive:
    archive.write(b"#!/usr/bin/env python3\n")
    # Stored, since compressed bytes depend on the version of zlib.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted(names):
            packed.writestr(zipfile.ZipInfo(name), names[name].read_bytes())
output.chmod(0o755)
