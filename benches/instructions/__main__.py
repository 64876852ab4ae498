"""Counts the instructions of requests and compares them with what is kept: `benches/check` starts this."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "suite"))  # processes, servers, contenders, tables

import contenders
import processes
import results
import servers
from arguments import some_of
from canned import backends
from cases import MANY_MEMBERS
from counting import Counter
from report import table
from situations import SITUATIONS

COMPARED = ["rust", "c", "floor"]
"""Whose figures are kept; the first is the one that must not grow."""


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is stopped on the way out
    os.umask(0o022)  # httpd, another user, reads what is written here
    options = parse_arguments()
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind is missing: apxs/setup bench")
    installed = servers.Installed.find()
    chosen = contenders.present(COMPARED if options.write else COMPARED[:1], installed.modules)
    situations = [situation for situation in SITUATIONS if situation.name in options.cases]
    unknown = {situation.title for situation in situations} - set(results.kept())
    if unknown and not (options.write or options.profile):
        raise SystemExit(f"{results.FILE} does not have {'; '.join(unknown)}: make bench-check WRITE=1")
    with tempfile.TemporaryDirectory(prefix="mod_jk-instructions-") as directory, backends(MANY_MEMBERS) as ports:
        Path(directory).chmod(0o755)
        counter = Counter(installed, Path(directory), ports)
        if options.profile:
            return show_profile(counter, chosen[0], options.profile)
        counts = count(counter, chosen, situations)
    if options.write:
        results.write(installed, chosen, situations, counts)
        print(results.FILE.read_text())
        return 0
    return compare(installed, situations, counts)


def parse_arguments():
    names = [situation.name for situation in SITUATIONS]
    parser = argparse.ArgumentParser(prog="benches/check", description="Instructions per request, as they are kept.")
    parser.add_argument("--cases", type=some_of(names), default=names, help=f"some of {','.join(names)}")
    parser.add_argument("--write", action="store_true", help="keep what is counted, beside that of others")
    parser.add_argument("--profile", choices=names, help="show where a case spends its instructions instead")
    options = parser.parse_args()
    if options.write and options.cases != names:
        parser.error("what is kept is whole: no --cases with --write")
    return options


def count(counter, chosen, situations):
    counts = {}
    for situation in situations:
        for contender in chosen:
            if sys.stderr.isatty():
                print(f"\r\033[K{situation.title}, {contender.title}", end="", file=sys.stderr, flush=True)
            counts[contender.name, situation.name] = counter.per_request(contender, situation)
    return counts


def show_profile(counter, contender, name):
    (situation,) = (situation for situation in SITUATIONS if situation.name == name)
    profile = counter.profile(contender, situation)
    return subprocess.run(["callgrind_annotate", "--auto=no", profile], check=False).returncode


def compare(installed, situations, counts):
    """Shows what is counted beside what is kept; tells by the exit code whether anything has grown."""
    kept, rows, grown = results.kept(), [], []
    for situation in situations:
        now, before = counts[COMPARED[0], situation.name], kept[situation.title]
        if now is None:
            raise SystemExit(f"{situation.title}: no answer in time")
        change = now / before - 1
        if change > results.TOLERANCE:
            grown.append(situation.title)
        rows.append([situation.title, f"{before:,}", f"{now:,.0f}", f"{change:+.1%}"])
    print(table(["instructions per request", "kept", "now", "change"], rows))
    if results.differs(installed):
        print(f"\nWhat is kept was counted with other versions:\n{results.versions(installed)}")
    if grown:
        print(f"\nMore than {results.TOLERANCE:.0%} over what benches/RESULTS.md says: {'; '.join(grown)}")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
