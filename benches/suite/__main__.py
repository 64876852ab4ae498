"""Runs the cases and reports them: `benches/run` starts this with its environment checked."""

import argparse
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path

import contenders
import machine
import report
import servers
import tomcat
from arguments import some_of
from bench import Bench, tell
from cases import CASES, GROUPS

MODULES = ["rust", "c", "proxy", "floor"]
MEMORY = "memory"


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is stopped on the way out
    os.umask(0o022)  # httpd's child, another user, reads what is written here
    options = parse_arguments()
    if options.processors == "one":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # and all that is started from here
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # clients by the thousand
    installed = servers.Installed.find()
    chosen = contenders.present(options.modules, installed.modules)
    cases = [case for case in CASES if case.name in options.cases]
    with tempfile.TemporaryDirectory(prefix="mod_jk-bench-") as directory:
        root = Path(directory)
        root.chmod(0o755)
        with tomcat.tomcats(root / "tomcat") as addresses:
            bench = Bench(installed, root, addresses, chosen)
            results = bench.measure(cases, options.rounds, MEMORY in options.cases)
    tell("")
    summary = report.summary(chosen, cases, results)
    print(summary)
    parts = ["# Benchmark report", machine.description(installed), summary, report.details(chosen, cases, results)]
    options.report.mkdir(parents=True, exist_ok=True)
    file = options.report / "report.md"
    file.write_text("\n\n".join(parts) + "\n")
    print(f"\nWith details: {file}")


def parse_arguments():
    groups = {name: [case.name for case in group] for name, group in GROUPS.items()}
    names = [case.name for case in CASES] + [MEMORY]
    words = f"{','.join([*groups, MEMORY])}, or single ones: {','.join(names)}"
    parser = argparse.ArgumentParser(prog="benches/run", description="What a request costs httpd, as ratios.")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="samples of each case (default 7)")
    parser.add_argument("--cases", type=some_of(names, groups), default=names, help=f"some of {words}")
    parser.add_argument("--modules", type=some_of(MODULES), default=MODULES, help=f"some of {','.join(MODULES)}")
    parser.add_argument(
        "--processors",
        choices=["one", "all"],
        default="one",
        help="where all programs run: one and the same (default), or all",
    )
    parser.add_argument("--report", type=Path, required=True, metavar="DIRECTORY", help="where report.md goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
