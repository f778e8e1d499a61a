"""What a document tells its reader to type, and which files to make."""

import re
import subprocess

import yaml
from markdown_it import MarkdownIt

SHELL = ("", "sh", "bash", "shell")     # what a block of commands is marked with; "": indented, too
# Lines that are not run, and why; any other one is.
NOT_RUN = {
    "what is printed": r"(setting|would set|bootname:|mkuserdata:) ",
    "the checkout is this one": r"(git clone|cd bootname$)",
    ".ci/run runs it here": r"make (deps )?check-all\b",
    "needs an AWS account": r"(.*[|;&(] *)?(aws|terraform|packer) ",
    "asks public DNS": r"(.*[|;&(] *)?(dig|host|nslookup) ",
    "needs a distribution with dnf": r"(sudo )?dnf ",
    "runs until it is stopped": r"make (deps )?emulate\b",
    "to be typed on the instance": r"(ssh|scp|(sudo )?(bootname|bootname-reap|cloud-init|"
                                   r"journalctl|systemctl|(cat|tail|less) /var/log/\S+)) ",
}
FILE = r"[\w-]+\.ya?ml"


def tokens(text):
    return MarkdownIt().parse(text)


def is_whole(lines):
    """Whether a shell would not wait for another line."""
    check = subprocess.run(["bash", "-n"], input="\n".join(lines) + "\n", text=True,
                           capture_output=True, check=False)
    return not check.returncode and not check.stderr and not lines[-1].endswith("\\")


def commands(text):
    """The commands of all blocks in order, those of more than one line as one."""
    found = []
    for token in tokens(text):
        if token.type not in ("code_block", "fence") or token.info.strip() not in SHELL:
            continue
        lines = []
        for line in token.content.splitlines():
            lines += [line] if line.strip() or lines else []
            if lines and (why_not(line) or is_whole(lines)):
                found, lines = [*found, "\n".join(lines)], []
        found += ["\n".join(lines)] if lines else []
    return [command for command in found if not re.fullmatch(r"\s*#.*", command)]


def why_not(command):
    """The reason not to run it, or None."""
    return next((reason for reason, pattern in NOT_RUN.items() if re.match(pattern, command)), None)


def settings_in(content):
    """The settings that a cloud-config writes, else the text itself."""
    config = yaml.safe_load(content) if content.startswith("#cloud-config") else None
    entries = config.get("write_files", []) if config else []
    return next((entry["content"] for entry in entries if entry["path"] == "/etc/bootname.yaml"),
                None if config else content)


def files(text):
    """The files that the commands read and the reader makes: name -> content, which is the block of
    YAML whose paragraph before it names it, else the settings of the first cloud-config."""
    named, first, said = {}, None, ""
    for token in tokens(text):
        said = token.content if token.type == "inline" else said
        if token.type != "fence" or token.info.strip() != "yaml":
            continue
        content = settings_in(token.content)
        first = first or (content if content != token.content else None)
        named.update({name: content for name in re.findall(f"`({FILE})`", said) if content})
    wanted = {name for command in commands(text) if not why_not(command)
              for name in re.findall(rf"(?<![\w/>.-])({FILE})\b", command)}
    made = {name for command in commands(text) for name in re.findall(f"> *({FILE})", command)}
    found = {name: named.get(name, first) for name in sorted(wanted - made)}
    if None in found.values():
        raise ValueError(f"nothing tells what is in one of {', '.join(found)}")
    return found
