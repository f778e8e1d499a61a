"""Print a program as it is embedded: without section headers, which are for debuggers only."""

import pathlib
import struct
import sys

# Where the fields are and what they are called: elf(5).
program = bytearray(pathlib.Path(sys.argv[1]).read_bytes())
[e_phoff] = struct.unpack_from("<Q", program, 32)
e_phentsize, e_phnum = struct.unpack_from("<HH", program, 54)
segments = [struct.unpack_from("<Q16xQ", program, e_phoff + number * e_phentsize + 8)
            for number in range(e_phnum)]
struct.pack_into("<Q", program, 40, 0)              # e_shoff
struct.pack_into("<HHH", program, 58, 0, 0, 0)      # e_shentsize, e_shnum, e_shstrndx
sys.stdout.buffer.write(program[:max(p_offset + p_filesz for p_offset, p_filesz in segments)])
