"""The script that unpacks the embedded helper in its own place: it unpacks, or says so.

/usr/bin/env stands for the helper: a program that does what its arguments say.
"""

import importlib.machinery
import importlib.util
import lzma
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).parents[2]
PROGRAM = pathlib.Path("/usr/bin/env").read_bytes()
TOOLS = ("realpath", "tail", "chmod", "sync", "mv", "rm", "sh", "xz", "python3")
SAY = ("sh", "-c", 'echo "said $*"; echo "complained" >&2; exit 75', "sh", "a  b")


def module():
    """mkuserdata, imported; nothing is left beside it."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(TOP / "cloud-config"))
    loader = importlib.machinery.SourceFileLoader("mkuserdata", str(TOP / "cloud-config/mkuserdata"))
    made = importlib.util.module_from_spec(importlib.util.spec_from_loader("mkuserdata", loader))
    loader.exec_module(made)
    return made


SCRIPT = module().unpacking_hook().encode() + lzma.compress(PROGRAM, check=lzma.CHECK_CRC32)


@pytest.fixture
def hook(tmp_path):
    """The script where cloud-init puts it."""
    path = tmp_path / "scripts/per-boot/50-bootname"
    path.parent.mkdir(parents=True)
    path.write_bytes(SCRIPT)
    path.chmod(0o755)
    return path


@pytest.fixture
def tools(tmp_path):
    """A PATH that has these tools, some of them missing or replaced: tools(xz=None)."""
    def make(**other):
        folder = tmp_path / "tools"
        folder.mkdir(exist_ok=True)
        for tool in TOOLS:
            (folder / tool).unlink(missing_ok=True)
            if tool not in other:
                place = "/usr/bin/python3" if tool == "python3" else shutil.which(tool)
                (folder / tool).symlink_to(place)
            elif other[tool]:
                (folder / tool).write_text("#!/bin/sh\n" + other[tool])
                (folder / tool).chmod(0o755)
        return {"PATH": str(folder)}
    return make


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def assert_says(done):
    """Whether it ran the program with its arguments, as if it was that."""
    assert (done.returncode, done.stdout, done.stderr) == (75, "said a  b\n", "complained\n")


def assert_unpacked(hook):
    """Whether the program is in place, and nothing else is left."""
    assert hook.read_bytes() == PROGRAM
    assert hook.stat().st_mode & 0o7777 == 0o755
    assert_alone(hook)


def assert_kept(hook):
    """Whether the script is as it was, and nothing else is left."""
    assert hook.read_bytes() == SCRIPT
    assert_alone(hook)


def assert_alone(hook):
    assert os.listdir(hook.parent) == [hook.name]
    assert os.listdir(hook.parent.parent) == ["per-boot"]


def assert_failed(done, status, words):
    assert (done.returncode, done.stdout) == (status, "")
    assert re.fullmatch(rf"bootname: unpack: {words}\n", done.stderr), done.stderr


# It unpacks

@pytest.mark.parametrize("other", [{}, {"xz": None}, {"xz": "exit 1"}, {"python3": None},
                                   {"xz": "echo half; exit 1"}],
                         ids=["both", "no xz", "broken xz", "no Python", "xz that breaks off"])
def test_program_replaces_the_script_and_runs_with_its_arguments(hook, tools, other):
    assert_says(run(hook, *SAY, env=tools(**other)))
    assert_unpacked(hook)
    assert_says(run(hook, *SAY))


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh", "bash --posix"])
def test_any_shell_does_it(hook, shell):
    words = shell.split()
    if not shutil.which(words[0]):
        pytest.skip(f"no {words[0]} here")
    assert_says(run(*words, hook, *SAY))
    assert_unpacked(hook)


def test_by_hand_it_runs_from_wherever_one_is(hook, tmp_path):
    copies = [hook.parent / "copy with blanks", hook.parent / "$(id)"]
    for copy in copies:
        shutil.copy(hook, copy)
    assert_says(run("sh", hook.name, *SAY, cwd=hook.parent))
    for copy in copies:
        assert_says(run(f"./{copy.name}", *SAY, cwd=copy.parent))
        assert copy.read_bytes() == PROGRAM
        copy.unlink()
    link = tmp_path / "bootname"
    hook.write_bytes(SCRIPT)
    link.symlink_to(hook)
    assert_says(run(link, *SAY))
    assert link.is_symlink()
    assert_unpacked(hook)


def test_clone_of_either_runs(hook, tmp_path):
    before = tmp_path / "before"
    shutil.copytree(hook.parent.parent, before)
    assert_says(run(hook, *SAY))
    after = tmp_path / "after"
    shutil.copytree(hook.parent.parent, after)
    for clone in before, after:
        assert_says(run(clone / "per-boot/50-bootname", *SAY))
        assert_unpacked(clone / "per-boot/50-bootname")


def test_written_again_it_unpacks_again(hook):
    assert_says(run(hook, *SAY))
    hook.write_bytes(SCRIPT)        # as `cloud-init single --name write_files` does
    assert_says(run(hook, *SAY))
    assert_unpacked(hook)


def test_many_at_once_all_run_the_program(hook, tools, tmp_path):
    """Once their shells have read the script: between kernel and shell nothing can help."""
    ready, go = tmp_path / "ready", tmp_path / "go"
    os.mkfifo(ready)
    environment = tools(realpath=f"echo >{ready}; while [ ! -e {go} ]; do sleep 0.01; done\n"
                                 f'exec {shutil.which("realpath")} "$@"\n')
    environment["PATH"] += ":/usr/bin:/bin"
    started = []
    for _ in range(12):
        started += [subprocess.Popen([hook, *SAY], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     text=True, env=environment)]
        ready.read_text()
    go.touch()
    for process in started:
        said = process.communicate(timeout=60)
        assert (process.returncode, *said) == (75, "said a  b\n", "complained\n")
    assert_unpacked(hook)


@pytest.mark.parametrize("place", ["tail", "chmod", "sync", "mv"])
def test_another_may_come_first_at_any_step(hook, tools, place):
    """Another one unpacks all of it just before this one's step."""
    environment = tools(**{place: f"[ -e {hook}.other ] || {{ touch {hook}.other; {hook} true; }}\n"
                                  f"exec {shutil.which(place)} \"$@\"\n"})
    environment["PATH"] += ":/usr/bin:/bin"
    assert_says(run(hook, *SAY, env=environment))
    pathlib.Path(f"{hook}.other").unlink()
    assert_unpacked(hook)


# What stops it half-way

@pytest.mark.parametrize("step", ["xz", "chmod", "sync", "mv"])
def test_power_loss_leaves_the_script_and_the_next_boot_unpacks(hook, tools, tmp_path, step):
    """Killed at each step, with all that it started."""
    partial = f'{shutil.which("xz")} -dc | head -c 20000;' if step == "xz" else ""
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    environment = tools(**{step: f"{partial} echo >{ready}; exec sleep 60\n"})
    environment["PATH"] += ":/usr/bin:/bin"
    process = subprocess.Popen([hook, *SAY], env=environment, start_new_session=True)
    ready.read_text()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert hook.read_bytes() == SCRIPT
    assert os.listdir(hook.parent) == [hook.name]       # cloud-init runs what is there
    assert len(os.listdir(hook.parent.parent)) == 2
    assert_says(run(hook, *SAY))
    assert_unpacked(hook)


# It says so

NO_UNPACKER = "needs xz, or Python's lzma"


@pytest.mark.parametrize("other", [{"xz": None, "python3": None},
                                   {"xz": None, "python3": "echo no lzma >&2; exit 1"}],
                         ids=["no Python", "Python without lzma"])
def test_no_unpacker_is_told(hook, tools, other):
    assert_failed(run(hook, *SAY, env=tools(**other)), 69, NO_UNPACKER)
    assert_kept(hook)


def test_file_that_grows_too_large_is_told(hook):
    done = run("sh", "-c", 'ulimit -f 20; exec "$@"', "sh", hook, *SAY)
    assert_failed(done, 71, f"cannot write {hook}")
    assert_kept(hook)


@pytest.mark.parametrize("size", [100, 0.5, 0.99], ids=["100 bytes", "half", "all but the end"])
def test_script_that_was_cut_installs_nothing(hook, size):
    start = SCRIPT.index(module().XZ)
    end = start + (size if size > 1 else int(size * (len(SCRIPT) - start)))
    hook.write_bytes(SCRIPT[:end])
    assert_failed(run(hook, *SAY), 71, f"cannot write {hook}")
    assert hook.read_bytes() == SCRIPT[:end]
    assert_alone(hook)


def on_a_mount(hook, options, command, prepare=""):
    """Run a shell's command with the script on a file system of its own, mounted so."""
    script = (f"mount -t tmpfs -o {options} tmpfs {hook.parent.parent} && mkdir {hook.parent} && "
              f"cat >{hook} && chmod 755 {hook} && {prepare or ':'} && {{ {command}\n}}")
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script],
                          input=SCRIPT, capture_output=True, check=False)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    if done.stderr.startswith(("unshare: ", "mount: ")):
        pytest.skip(f"needs a mount: {done.stderr.strip()}")
    return done


@pytest.mark.parametrize(("options", "prepare"), [
    ("size=64k", "! cat /dev/zero >{0}/fill 2>/dev/null"),
    ("size=1m", "mount -o remount,ro {0}"),
    ("size=60k", ""),
], ids=["full disk", "read-only", "room for the script alone"])
def test_disk_that_takes_no_program_is_told(hook, options, prepare):
    done = on_a_mount(hook, options, f"{hook} true; s=$?; head -n 1 {hook}; ls -A "
                      f"{hook.parent.parent} {hook.parent} | grep boot; exit $s",
                      prepare.format(hook.parent.parent))
    assert done.returncode == 71
    assert done.stderr == f"bootname: unpack: cannot write {hook}\n"
    assert done.stdout == f"#!/bin/sh\nper-boot\n{hook.parent}:\n50-bootname\n"


def test_noexec_is_told_by_the_shell(hook):
    done = on_a_mount(hook, "noexec", f"sh {hook} true; s=$?; head -c 4 {hook} | tail -c 3; exit $s")
    assert (done.returncode, done.stdout) == (126, "ELF")
    assert len(done.stderr.splitlines()) == 1 and "Permission denied" in done.stderr


# What it is

def test_it_is_short_and_has_no_comments():
    text = module().unpacking_hook()
    assert len(text) < 500
    assert [line for line in text.splitlines() if line.startswith("#")] == ["#!/bin/sh"]
    assert not re.search("@|\t", text.replace('"$@"', ""))
