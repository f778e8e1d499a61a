"""Completion at a shell's prompt: what is installed, loaded and driven as bash and zsh do."""

import os
import pathlib
import pty
import re
import select
import shlex
import subprocess
import time

import pytest
from conftest import ROOT, SLOW, run_make

BUILD = pathlib.Path(os.environ.get("B", ROOT / "build")).absolute()
LOADER = pathlib.Path("/usr/share/bash-completion/bash_completion")
PROGRAMS = {"bootname": BUILD / "bootname", "bootname-reap": BUILD / "bootname-reap",
            "mkuserdata": ROOT / "cloud-config/mkuserdata"}
FILES = {"my.yaml", "other.yaml"}       # those of the folder in which is completed
COMMON = {"-h", "--help", "-j", "--json", "-q", "-v", "-V", "--version"}
BOOTNAME = COMMON | {"-c", "-d", "-n", "--dry-run", "--if-changed"}


def options_told(program):
    """The options that a program's help tells of."""
    text = subprocess.run([PROGRAMS[program], "--help"], capture_output=True, text=True,
                          check=True).stdout
    text = text[text.index("\n  -"):]           # below the usage, where several stand as one word
    return set(re.findall(r"(?:^ +|, |; |or )(--?[A-Za-z][\w-]*)", text, re.MULTILINE))


def commands_told():
    """The commands of the usage."""
    text = subprocess.run([PROGRAMS["bootname"], "-h"], capture_output=True, text=True,
                          check=True).stdout
    usage = re.search(r"\[(up.*?)\]\n", text, re.DOTALL)[1]
    return set(re.findall(r"(?<![\w-])[a-z]+(?![\w-])", usage.replace("--if-changed", "")))


def run(command, folder, **environment):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True,
                          timeout=30 * SLOW, stdin=subprocess.DEVNULL,
                          env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment}).stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The share/ of an installation."""
    folder = tmp_path_factory.mktemp("installed")
    run_make("install", "PREFIX=/", f"DESTDIR={folder}")
    return folder / "share"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with some files."""
    made = tmp_path_factory.mktemp("files")
    for name in FILES:
        (made / name).touch()
    return made


# As the shell's loader calls what it found: the command, its last word, the one before.
BASH = r"""
. "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
_completion_loader "$1"
[ $? = 124 ] || exit 9
function=$(complete -p "$1" | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
"$function" "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


class Bash:
    """Debian's bash-completion, which finds the functions by the name of the command."""

    def __init__(self, share, folder):
        self.share, self.folder = share, folder

    def __call__(self, line):
        words = shlex.split(line.removesuffix(" ")) + [""] * line.endswith(" ")
        found = run(["bash", "--norc", "--noprofile", "-c", BASH, "bash", LOADER, *words],
                    self.folder, BASH_COMPLETION_USER_DIR=str(self.share / "bash-completion"))
        return set(found.split())

    def close(self):
        pass


# Ctrl-X notes what completion would add, Ctrl-G prints that and empties the line.
ZSH = r"""
fpath=($SHARE/zsh/site-functions $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
	[[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return }
	local -a hits
	builtin compadd -A hits "$@"
	found+=($hits)
	(( $#hits ))
}
note() { found=(); _main_complete }
tell() { print -r -- "<<$found>>"; BUFFER= }
zle -C note complete-word note
zle -N tell
bindkey '^X' note '^G' tell
PS1= PROMPT_EOL_MARK=
print RE''ADY
"""


class Zsh:
    """zsh on a terminal; its own completion system finds the function by its first line."""

    def __init__(self, share, folder):
        (share / "setup.zsh").write_text(ZSH)
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.chdir(folder)
            os.execve("/usr/bin/env", ["env", "zsh", "-f", "-i"], {
                "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb", "SHARE": str(share),
                "HOME": str(folder)})
        self._write(". $SHARE/setup.zsh\n")
        self._read_until("READY")

    def _write(self, text):
        os.write(self.terminal, text.encode())

    def _read_until(self, pattern):
        text, deadline = "", time.monotonic() + 30 * SLOW
        while not (found := re.search(pattern, text, re.DOTALL)):
            ready, _, _ = select.select([self.terminal], [], [], deadline - time.monotonic())
            assert ready, f"zsh says {text!r}"
            text += os.read(self.terminal, 65536).decode(errors="replace")
        return found

    def __call__(self, line):
        self._write(line + "\x18\x07")
        return set(self._read_until("<<(.*?)>>")[1].split())

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


@pytest.fixture(scope="module", params=[Bash, Zsh], ids=["bash", "zsh"])
def complete(request, installed, folder):
    """What a shell offers for a line: complete("bootname -")."""
    needed = LOADER if request.param is Bash else pathlib.Path("/usr/bin/zsh")
    if not needed.exists():
        pytest.skip(f"{needed} is not here: make deps check")
    shell = request.param(installed, folder)
    yield shell
    shell.close()


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_options_are_those_of_the_help(complete, program):
    told = options_told(program)
    assert {"-h", "--help"} < told
    single = {option for option in complete(f"{program} -") if not option.startswith("--")}
    assert single | complete(f"{program} --") == told


def test_the_commands_are_those_of_the_usage(complete):
    offered = complete("bootname ")
    assert {"up", "down"} <= commands_told() <= offered <= {"up", "down", "check"}


@pytest.mark.parametrize(("line", "offered"), {
    "bootname u": {"up"},
    "bootname -q d": {"down"},
    "bootname --js": {"--json"},
    "bootname -c ": FILES,
    "bootname -nvd my": {"my.yaml"},
    "bootname -c up ": {"up", "down", "check"},
    "bootname up --i": {"--if-changed"},
    "bootname down --i": set(),
    "bootname check --d": set(),
    "bootname-reap --zone-": {"--zone-id"},
    "bootname-reap --zone ": set(),
    "bootname-reap -c o": {"other.yaml"},
    "mkuserdata ": FILES,
    "mkuserdata --arch ": {"x86_64", "aarch64", "amd64", "arm64"},
    "mkuserdata --baked -o my": {"my.yaml"},
    "mkuserdata --url ": set(),
}.items())
def test_what_fits_is_offered(complete, line, offered):
    assert complete(line) == offered
