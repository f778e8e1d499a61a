"""Try what the documents say, as a new user on a bare Debian 12 and 13: python3 check.py.

Each document gets a system and a checkout of HEAD of its own, in which its commands run one after
the other in one shell, as they are written. What they print is kept in build/docs.
"""

import concurrent.futures
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import time

from commands import commands, files, why_not

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/boot"))
import roots  # noqa: E402

SYSTEMS = ("bare-bookworm", "bare-trixie")
README, *GUIDES = "README.md", "docs/quick-start.md"
OUTPUT = pathlib.Path(os.environ.get("B") or TOP / "build").absolute() / "docs"
# All of them pass on Debian 12 elsewhere; here, some of what users see and a compiler decides.
SOME_TESTS = "-k=(test_usage)or(test_publish)or(test_zones)or(test_release)or(test_hook)"
# What apt is told of the way to the mirror.
APT_OPTIONS = "Acquire::http Acquire::https Acquire::Check- Acquire::Retries".split()
SHOWN = 30      # lines of a failure
LIMIT = 3600    # seconds for a document


def command_text(number, command):
    shown = shlex.quote(f"\n$ {command}")
    return (f"echo {number} >&3\nprintf '%s\\n' {shown}\n"
            f"{{ {command}\n}} 3>&- </dev/null || exit 1\n")


def script(text):
    """The commands of a document that are run, and a script of them; on standard output it tells
    the number of each when it begins."""
    given = [f"printf %s {shlex.quote(content)} > {name}\n"
             for name, content in files(text).items()]
    run = [command for command in commands(text) if not why_not(command)]
    return run, "exec 3>&1 >&2\ncd /root/bootname || exit\n" + "".join(given) + "".join(
        command_text(number, command) for number, command in enumerate(run))


def host_conf():
    """How this machine's apt reaches the mirror, for the one inside."""
    options = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True)
    return "".join(f"{line}\n" for line in options.stdout.splitlines()
                   if line.startswith(tuple(APT_OPTIONS)))


def prepare(system, name, text, checkout):
    """The folder of what enter.sh takes."""
    folder = OUTPUT / system / name
    folder.mkdir(parents=True)
    archives = roots.CACHE / f"archives-{system}"
    archives.mkdir(exist_ok=True)
    (folder / "archives").symlink_to(archives)
    (folder / "checkout").symlink_to(checkout)
    (folder / "commands.sh").write_text(text)
    (folder / "host.conf").write_text(host_conf())
    release = system.removeprefix("bare-")
    (folder / "sources.list").write_text(f"deb {roots.mirror()} {release} main\n")
    return folder


def try_document(system, document, checkout):
    """Run its commands; whether all went well."""
    run, text = script((checkout / document).read_text())
    folder = prepare(system, pathlib.Path(document).stem, text, checkout)
    log = folder / "log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            ["timeout", "--foreground", "--signal=KILL", str(LIMIT),
             "unshare", "--mount", "--pid", "--fork", "--kill-child",
             "sh", TOP / "tests/docs/enter.sh", roots.root(system), folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output, text=True)
    began, told = time.monotonic(), None

    def tell(outcome):
        if told is not None:
            print(f"  {outcome:4} {system} {document}: {run[told]} "
                  f"({time.monotonic() - began:.0f} s)", flush=True)

    for number in process.stdout:
        tell("ok")
        began, told = time.monotonic(), int(number)
    status = process.wait()
    tell("FAIL" if status else "ok")
    if status:
        last = log.read_text(errors="replace").splitlines()[-SHOWN:]
        print("\n".join([f"The last lines of {log}:", *last]), flush=True)
    elif told != len(run) - 1:
        print(f"{system} {document}: ended before its last command; see {log}", flush=True)
        return False
    return status == 0


def list_not_run(document, text):
    for command in commands(text):
        reason = why_not(command)
        if reason:
            first, *more = command.splitlines()
            print(f"  not run, {reason}: {document}: {first}{' …' if more else ''}")


def main():
    if os.geteuid():
        sys.exit("make check-docs: needs root, to enter systems of its own")
    if roots.main(SYSTEMS):
        return 1
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    checkout = OUTPUT / "checkout"
    subprocess.run(["git", "clone", "-q", TOP, checkout], check=True)
    if subprocess.run(["git", "-C", TOP, "diff", "--quiet", "HEAD"], check=False).returncode:
        print("what is not committed is not tried")
    os.environ.setdefault("PYTEST_ARGS", "" if os.environ.get("DOCS_FULL") == "1" else SOME_TESTS)
    print(f"`make check` has PYTEST_ARGS={os.environ['PYTEST_ARGS']!r}; with DOCS_FULL=1 all of it")
    # A guide belongs to the way of a new user as soon as the README sends him there.
    readme = (checkout / README).read_text()
    documents = [README, *(guide for guide in GUIDES if f"({guide})" in readme)]
    for document in documents:
        list_not_run(document, (checkout / document).read_text())
    with concurrent.futures.ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(
            lambda system: [try_document(system, document, checkout) for document in documents],
            SYSTEMS))
    return 0 if all(map(all, outcomes)) else 1


if __name__ == "__main__":
    sys.exit(main())
