"""Instructions in user space of an httpd under callgrind, with one client that sends one request after the other."""

import os
import re
import shutil
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import processes
import servers
from setups import SETUPS, Front
from situations import FILE

WARM_UP, COUNTED = 300, 1000
"""Requests of the shorter run, and how many more the longer one has: what both do besides cancels out."""

START_LIMIT = 180
"""Seconds that httpd may take to start under valgrind: 10,000 rules take their time."""

ANSWER_LIMIT = 60
"""Seconds that an answer may take: the C mod_jk reads its map again in a request, which takes longer with many rules."""

END_LIMIT = 60
"""Seconds that httpd may take to end, and callgrind to write what it has counted."""


@dataclass(frozen=True)
class Counter:
    """The machine's httpd, a directory of our own, and the AJP ports of the backend."""

    installed: servers.Installed
    root: Path
    ports: list[int]

    def per_request(self, contender, situation):
        """Instructions of one request; `None` if there is no answer in time."""
        try:
            short, long = (self._run(contender, situation, count) for count in (WARM_UP, WARM_UP + COUNTED))
        except TimeoutError:
            return None
        return (_total(long) - _total(short)) / COUNTED

    def profile(self, contender, situation):
        """The file of callgrind for a run with all requests."""
        return self._run(contender, situation, WARM_UP + COUNTED)

    def _run(self, contender, situation, requests):
        root = self.root / f"{contender.name}-{situation.name}-{requests}"
        with self._httpd(root, contender, situation) as port:
            ask(port, situation, requests)
        (profile,) = root.glob("run/callgrind.out*")
        return profile

    @contextmanager
    def _httpd(self, root, contender, situation):
        """An httpd of one process under callgrind, which ends with the block; gives its port."""
        (port,) = processes.free_ports(1)
        modules = self._readable(contender.modules)
        setup = SETUPS[situation.setup].setup(contender, self.ports)
        front = Front(mpm="prefork", threads=1)
        command = servers.configured(self.installed, root, modules, setup, port, front)
        (root / FILE).write_bytes(bytes(100))
        log = root / "logs/stderr.log"
        # From the first octet of a connection to its end, without the start of httpd and the other threads of modules.
        callgrind = ["valgrind", "--tool=callgrind", "--toggle-collect=ap_process_connection"]
        callgrind.append(f"--callgrind-out-file={root}/run/callgrind.out")
        with processes.running([*_as_nobody(root), *callgrind, *command, "-X"], log) as httpd:
            what = f"httpd ({contender.title}, {situation.title})"
            processes.wait_until(what, lambda: processes.accepts(port), httpd, log, START_LIMIT)
            yield port
            _end(httpd, port)

    def _readable(self, modules):
        """Copies of modules, where they are built for others to read."""
        copies = self.root / "modules"
        copies.mkdir(exist_ok=True)
        return {name: shutil.copy(file, copies / file.name) for name, file in modules.items()}


def _as_nobody(root):
    """The words before a command that lets go of root's rights; valgrind could not follow httpd there."""
    if not processes.is_root():
        return []
    user = servers.unprivileged_user()
    for directory, _, files in os.walk(root):
        for path in (directory, *(os.path.join(directory, file) for file in files)):
            shutil.chown(path, user, user)
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--pdeathsig", "TERM"]


def _end(httpd, port):
    """Ends httpd. A thread of a module may have got the signal, so that the one that waits for clients needs one."""
    httpd.terminate()
    deadline = time.monotonic() + END_LIMIT
    while httpd.poll() is None and time.monotonic() < deadline:
        processes.accepts(port)
        time.sleep(0.05)


def _total(profile):
    return int(re.search(r"^totals: (\d+)$", profile.read_text(), re.M)[1])


def ask(port, situation, requests):
    """Sends the requests over one connection; ends the run when one of them is not answered well."""
    octets = situation.request()
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_LIMIT) as connection:
        answers = connection.makefile("rb")
        for _ in range(requests):
            connection.sendall(octets)
            status = answers.readline()
            if b" 200 " not in status:
                raise SystemExit(f"{situation.title}: {status!r}")
            _skip_answer(answers)


def _skip_answer(answers):
    headers = {}
    while (line := answers.readline().strip()):
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
    if b"content-length" in headers:
        answers.read(int(headers[b"content-length"]))
        return
    while size := int(answers.readline(), 16):
        answers.read(size + 2)
    answers.readline()
