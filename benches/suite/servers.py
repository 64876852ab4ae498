"""The private httpd of each contender and set-up."""

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import accepts, children, free_ports, is_root, running, wait_until
from setups import Front

START_LIMIT = 90
"""Seconds that httpd may take to start: 10,000 rules take their time."""

HTTPD = """
ServerRoot "{root}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile run/httpd.pid
DocumentRoot htdocs
{modules}
<IfModule unixd_module>
{run_as}
</IfModule>
ErrorLog logs/error.log
LogLevel warn
StartServers {front.children}
ServerLimit {front.children}
MaxRequestWorkers {workers}
<IfModule mpm_prefork_module>
MinSpareServers {front.children}
MaxSpareServers {front.children}
</IfModule>
<IfModule !mpm_prefork_module>
ThreadLimit {front.threads}
ThreadsPerChild {front.threads}
MinSpareThreads 1
MaxSpareThreads {front.threads}
</IfModule>
MaxKeepAliveRequests 0
KeepAliveTimeout 3600
"""


@dataclass
class Installed:
    """The httpd of this machine, as apxs names it."""

    program: Path
    modules: Path

    @classmethod
    def find(cls):
        def apxs(name):
            query = [os.environ.get("APXS", "apxs"), "-q", name]
            return subprocess.run(query, check=True, capture_output=True, text=True).stdout.strip()

        return cls(Path(apxs("SBINDIR")) / apxs("PROGNAME"), Path(apxs("LIBEXECDIR")))


@dataclass
class Httpd:
    """A running httpd and its child processes."""

    port: int
    children: list[int]
    root: Path
    front: Front

    def url(self, path):
        return f"{self.front.scheme}://127.0.0.1:{self.port}{path}"


@contextmanager
def httpd(installed, root, contender, setup, front):
    """Starts httpd with a contender's modules and set-up."""
    (port,) = free_ports(1)
    command = configured(installed, root, contender.modules, setup, port, front)
    log = root / "logs/stderr.log"
    with running([*command, "-DFOREGROUND"], log) as parent:
        what = f"httpd ({contender.title})"

        def is_complete():
            return accepts(port) and len(children(parent.pid)) == front.children

        wait_until(what, is_complete, parent, log, START_LIMIT)
        yield Httpd(port, children(parent.pid), root, front)


def configured(installed, root, modules, setup, port, front):
    """Makes a ServerRoot with what a set-up needs; returns the command that starts httpd there."""
    for name in ("conf", "logs", "run", "htdocs"):
        (root / name).mkdir(parents=True)
    root.chmod(0o755)
    for name, text in setup.files.items():
        (root / name).write_text(text)
        os.utime(root / name, (0, 0))  # what has just changed would be looked at again
    conf = HTTPD.format(
        root=root,
        port=port,
        front=front,
        workers=front.children * front.threads,
        modules=_load_lines({**_base_modules(installed, front), **modules}),
        run_as=_run_as(),
    )
    (root / "conf/httpd.conf").write_text("\n".join([conf, *front.directives, *setup.directives, ""]))
    return [installed.program, "-d", root, "-f", root / "conf/httpd.conf"]


def _load_lines(modules):
    lines = []
    for name, file in modules.items():
        lines += [f"<IfModule !{name}_module>", f'LoadModule {name}_module "{file}"', "</IfModule>"]
    return "\n".join(lines)


def _base_modules(installed, front):
    """The modules that every server needs, or this one; where one is compiled in there is no file."""
    names = (f"mpm_{front.mpm}", "unixd", "authz_core", *front.modules)
    files = {name: installed.modules / f"mod_{name}.so" for name in names}
    return {name: file for name, file in files.items() if file.is_file()}


def _run_as():
    return f"User {unprivileged_user()}\nGroup {unprivileged_user()}" if is_root() else ""


def unprivileged_user():
    """Who serves where httpd is started by root: the distribution's user for it."""
    return "www-data" if "www-data:" in Path("/etc/passwd").read_text() else "apache"
