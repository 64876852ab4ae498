"""Processes that end with this one, and what /proc says about them."""

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

IDLE_LIMIT = 60
"""Seconds until all idle connections are open."""

STOP_LIMIT = 15
"""Seconds that a process may take to end before it is killed."""


@contextmanager
def running(command, log, **options):
    """Runs a command until the block is left; its output goes to the file `log`."""
    guarded = ["setpriv", "--pdeathsig", "TERM", *map(str, command)]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            guarded, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **options
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process):
    process.terminate()
    try:
        process.wait(STOP_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(what, condition, process, log, limit):
    """Waits for a condition; a process that ends before it, or `limit` seconds without it, end the run."""
    deadline = time.monotonic() + limit
    while not condition():
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            reason = "the process ended" if ended else f"not within {limit} s"
            raise SystemExit(f"waiting for {what}: {reason}\n{Path(log).read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def children(parent):
    """The ids of the child processes."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent:
                found.append(int(entry.name))
    return found


def cpu_seconds(pids):
    """CPU time of all threads of processes, to the nanosecond: /proc/<pid>/stat has the same in steps of 10 ms."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)  # what clock_getcpuclockid(3) computes


def kernel_seconds(pids):
    """The part of it that was spent in the kernel, in steps of 10 ms."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """Resident and private dirty kB of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return kilobytes["Rss"], kilobytes["Private_Dirty"]


def free_ports(count):
    """Ports of 127.0.0.1 that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def is_root():
    return os.geteuid() == 0


@contextmanager
def hold_idle(port, count, path, log):
    """Keeps that many connections open that were used for one request, until the block is left."""
    if not count:
        yield
        return
    program = Path(__file__).resolve().parent / "idle.py"
    with running(["python3", "-B", program, port, count, path], log) as holder:
        wait_until("idle connections", lambda: b"held" in log.read_bytes(), holder, log, IDLE_LIMIT)
        yield
