"""Runs the cases and reports them: `benches/run` starts this with its environment checked."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

import contenders
import machine
import report
import servers
from arguments import some_of
from bench import Bench, tell
from cases import CASES

MODULES = ["rust", "c", "proxy", "floor"]
MEMORY = "memory"


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every server is stopped on the way out
    os.umask(0o022)  # httpd's child, another user, reads what is written here
    options = parse_arguments()
    installed = servers.Installed.find()
    chosen = contenders.present(options.modules, installed.modules)
    cases = [case for case in CASES if case.name in options.cases]
    with tempfile.TemporaryDirectory(prefix="mod_jk-bench-") as directory:
        root = Path(directory)
        root.chmod(0o755)
        with servers.tomcats(root / "tomcat") as ports:
            bench = Bench(installed, root, ports, chosen)
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
    names = [case.name for case in CASES] + [MEMORY]
    parser = argparse.ArgumentParser(prog="benches/run", description="What a request costs httpd, as ratios.")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="CPU samples of each case (default 15)")
    parser.add_argument("--cases", type=some_of(names), default=names, help=f"some of {','.join(names)}")
    parser.add_argument("--modules", type=some_of(MODULES), default=MODULES, help=f"some of {','.join(MODULES)}")
    parser.add_argument("--report", type=Path, required=True, metavar="DIRECTORY", help="where report.md goes")
    return parser.parse_args()


if __name__ == "__main__":
    main()
