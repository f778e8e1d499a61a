"""Pack a program for user-data: pack.py x86_64|aarch64 PROGRAM >PROGRAM.xz"""

import lzma
import pathlib
import struct
import sys

# What was smallest of all lc, lp, pb, match finders and lengths. The filter for arm64 of xz 5.4
# makes it 36 bytes larger, and older ones do not know it. Without .xz's container it would be 54
# bytes smaller, but nobody would notice a program that was cut.
CODES = {"x86_64": ([{"id": lzma.FILTER_X86}], {"lc": 3, "lp": 0, "pb": 0}),
         "aarch64": ([], {"lc": 0, "lp": 2, "pb": 2})}


def without_sections(program):
    """The program without section headers, which are for debuggers only."""
    # Where the fields are and what they are called: elf(5).
    program = bytearray(program)
    [e_phoff] = struct.unpack_from("<Q", program, 32)
    e_phentsize, e_phnum = struct.unpack_from("<HH", program, 54)
    segments = [struct.unpack_from("<Q16xQ", program, e_phoff + number * e_phentsize + 8)
                for number in range(e_phnum)]
    end = max(p_offset + p_filesz for p_offset, p_filesz in segments)
    if end > len(program):
        raise ValueError("a segment ends behind the file")
    struct.pack_into("<Q", program, 40, 0)              # e_shoff
    struct.pack_into("<HHH", program, 58, 0, 0, 0)      # e_shentsize, e_shnum, e_shstrndx
    return bytes(program[:end])


def pack(program, architecture):
    """The program as .xz."""
    filters, coding = CODES[architecture]
    coder = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 17,
             "nice_len": 64, "depth": 1000, **coding}
    return lzma.compress(without_sections(program), lzma.FORMAT_XZ, lzma.CHECK_CRC32,
                         filters=[*filters, coder])


if __name__ == "__main__":
    sys.stdout.buffer.write(pack(pathlib.Path(sys.argv[2]).read_bytes(), sys.argv[1]))
