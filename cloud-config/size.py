"""Print where the bytes of a program are: its modules' code, then its sections, then its user-data.

Arguments: the architecture; the program, built with -g; the same one xz'd, as it is embedded.
"""

import collections
import pathlib
import sys

from elftools.elf.elffile import ELFFile

LIMIT = 16384           # bytes of user-data that EC2 takes
LIBC = "libc's headers"


def code_of_modules(elf):
    """The bytes of code of each file, by the lines that the compiler says they are of."""
    sizes = collections.Counter()
    start = elf.get_section_by_name(".text")["sh_addr"]     # below: what the linker left out
    for unit in elf.get_dwarf_info().iter_CUs():
        program = elf.get_dwarf_info().line_program_for_CU(unit)
        files = program.header.file_entry if program else []
        former = None
        for state in (entry.state for entry in program.get_entries() if entry.state):
            if former and not former.end_sequence and former.address >= start:
                number = former.file - (program.header.version < 5)
                sizes[files[number].name.decode()] += state.address - former.address
            former = state
    return sizes


def main():
    architecture, program, packed = sys.argv[1:]
    with open(program, "rb") as file:
        elf = ELFFile(file)
        sections = {section.name: section["sh_size"] for section in elf.iter_sections()
                    if section["sh_flags"] & 2 and section["sh_type"] != "SHT_NOBITS"}
        modules = collections.Counter()
        for name, size in code_of_modules(elf).items():
            path = pathlib.Path("helper", name)
            modules[path.stem if path.exists() else LIBC] += size
    code = sections.pop(".text")
    modules["start files, padding"] = code - sum(modules.values())
    print(f"{architecture}: {program}\n")
    for name, size in modules.most_common():
        print(f"{size:8,}  {100 * size / code:4.1f} %  {name}")
    print(f"{code:8,}          code\n")
    for name, size in sorted(sections.items(), key=lambda one: -one[1]):
        print(f"{size:8,}          {name}")
    packed_size = pathlib.Path(packed).stat().st_size
    print(f"{code + sum(sections.values()):8,}          in all\n"
          f"{packed_size:8,}          xz'd, of {LIMIT:,} for all of the user-data")


main()
