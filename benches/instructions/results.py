"""benches/RESULTS.md: the figures that are kept, and whether new ones are as good."""

import platform
import re
import subprocess
from pathlib import Path

from report import table

FILE = Path(__file__).resolve().parent.parent / "RESULTS.md"

TOLERANCE = 0.03
"""How much more than what is kept is no growth yet; counts are repeatable to a percent."""

TEXT = """# Instructions per request

In user space, of httpd (prefork) and all its modules, over a kept connection and a backend that answers in one write:
counted by callgrind, as the difference of two runs. `make bench-check` counts again and fails when this mod_jk needs
{tolerance:.0%} more than here; `make bench-check WRITE=1` writes this file. "The floor" is a handler that does nothing but
forward (`benches/floor`). The figures belong to these versions, with others only their ratios mean something:

{versions}

{table}
"""


def versions(installed):
    """What the figures depend on besides this module, one line each."""
    httpd = _said([installed.program, "-v"]).removeprefix("Server version: ")
    libc = " ".join(platform.libc_ver())
    return "\n".join(f"- {line}" for line in (httpd, libc, _said(["valgrind", "--version"]), _said(_rustc())))


def _rustc():
    return [FILE.parent.parent / "apxs/rust", "rustc", "--version"]


def _said(command):
    said = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=20)
    return said.stdout.partition("\n")[0].strip()


def write(installed, contenders, situations, counts):
    """Keeps the counts, by contender and situation."""

    def row(situation):
        own = [counts[contender.name, situation.name] for contender in contenders]
        figures = [f"{count:,.0f}" if count else "-" for count in own]
        ratios = [f"{own[0] / count:.2f}" if count else "-" for count in own[1:]]
        return [situation.title, *figures, *ratios]

    head = ["", *(each.title for each in contenders), *(f"to {each.title}" for each in contenders[1:])]
    rows = table(head, [row(situation) for situation in situations])
    FILE.write_text(TEXT.format(tolerance=TOLERANCE, versions=versions(installed), table=rows))


def kept():
    """What is kept of this mod_jk: instructions by title."""
    if not FILE.exists():
        return {}
    rows = re.findall(r"^\| ([^|]*\S) +\| +([\d,]+) \|", FILE.read_text(), re.M)
    return {title: int(count.replace(",", "")) for title, count in rows}


def differs(installed):
    """Tells whether the figures that are kept belong to other versions."""
    return versions(installed) not in FILE.read_text()
