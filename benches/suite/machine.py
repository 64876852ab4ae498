"""What a report was measured on."""

import os
import platform
import re
import subprocess
from pathlib import Path


def description(installed):
    """Versions and processors, one line each."""
    httpd = _first_line([installed.program, "-v"]).removeprefix("Server version: ")
    used = len(os.sched_getaffinity(0))
    lines = [
        f"- {httpd}",
        f"- C mod_jk {_c_version()}",
        f"- {_first_line(['java', '-version'])}",
        f"- {platform.system()} {platform.release()}, {os.cpu_count()} processors, of which all programs shared {used}",
        f"- load average {os.getloadavg()[0]:.1f} at the end",
    ]
    return "\n".join(lines)


def _first_line(command):
    said = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=20)
    return (said.stdout + said.stderr).partition("\n")[0].strip()


def _c_version():
    file = Path(os.environ["C_MOD_JK"])
    found = re.search(rb"mod_jk/(\d[\w.-]*)", file.read_bytes()) if file.is_file() else None
    return found[1].decode() if found else "not there"
