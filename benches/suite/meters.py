"""Load from h2load, and the two meters that look at httpd meanwhile: CPU time with latency, and system calls."""

import re
import signal
import statistics
import subprocess
from collections import Counter
from dataclasses import dataclass

from processes import cpu_seconds, kernel_seconds, running, wait_until

LOAD_LIMIT = 120
"""Seconds that one run of h2load may take."""

ONE_SLOW_CLIENT = ("-c", "1", "--rps", "50")
"""Pauses between requests: httpd is done with one before the next comes, so that each takes the same calls."""

READS = {"read", "readv", "recv", "recvfrom", "recvmsg"}
WRITES = {"write", "writev", "send", "sendto", "sendmsg"}


def load(server, case, requests, *further):
    """Sends requests over kept connections; ends the run when one of them was not answered in full."""
    command = ["h2load", "-n", str(requests), *further]
    if server.front.protocol == "h1":
        command.append("--h1")
    for header in case.headers:
        command += ["-H", header]
    if case.posted:
        body = server.root / "body"
        body.write_bytes(bytes(case.posted))
        command += ["-d", str(body)]
    said = subprocess.run([*command, server.url(case.path)], capture_output=True, text=True, timeout=LOAD_LIMIT)
    answered = re.search(r"status codes: (\d+) 2xx", said.stdout)
    octets = re.search(r"traffic: .* \((\d+)\) data$", said.stdout, re.M)
    if not (answered and octets and int(answered[1]) == requests and int(octets[1]) == requests * case.octets):
        log = (server.root / "logs/error.log").read_text(errors="replace")[-1000:]
        raise SystemExit(f"{case.title}: not every request was answered\n{said.stdout}{said.stderr}{log}")


@dataclass(frozen=True)
class Sample:
    """What a request cost, over one slice or several of them."""

    requests: int
    cpu: float
    """CPU time of httpd's children, in seconds."""
    kernel: float
    """Its part in the kernel, to the tick of the scheduler."""
    seconds: float
    """From the first request to the last answer."""
    latencies: tuple[int, ...]
    """Of each request, in microseconds."""

    def __add__(self, other):
        return Sample(
            self.requests + other.requests,
            self.cpu + other.cpu,
            self.kernel + other.kernel,
            self.seconds + other.seconds,
            self.latencies + other.latencies,
        )

    def microseconds(self):
        """CPU of one request."""
        return self.cpu * 1e6 / self.requests

    def rate(self):
        """Requests in a second."""
        return self.requests / self.seconds

    def p99(self):
        """What 99 of 100 requests stay below, in microseconds."""
        return statistics.quantiles(self.latencies, n=100)[-1]


def slice_of(server, case):
    """One slice: as many requests as the case says."""
    log = server.root / "logs/latencies"
    log.unlink(missing_ok=True)
    before = cpu_seconds(server.children), kernel_seconds(server.children)
    load(server, case, case.requests, "-c", str(case.clients), "-m", str(case.streams), f"--log-file={log}")
    after = cpu_seconds(server.children), kernel_seconds(server.children)
    cpu, kernel = (end - start for start, end in zip(before, after))
    starts, _, latencies = zip(*(map(int, line.split()) for line in log.read_text().splitlines()))
    seconds = (max(map(sum, zip(starts, latencies))) - min(starts)) / 1e6
    return Sample(case.requests, cpu, kernel, seconds, latencies)


@dataclass(frozen=True)
class Calls:
    """System calls per request of httpd's child."""

    total: float
    to_tomcat: dict[str, float]
    """On the sockets to Tomcat: reads, writes and others."""
    by_name: dict[str, float]


def system_calls(server, case, ajp_ports):
    """Traces the child while one client sends one request after the other over one connection."""
    trace, log = server.root / "logs/trace", server.root / "logs/strace.log"
    with running(["strace", "-f", "-yy", "-o", trace, "-p", *server.children], log) as strace:
        wait_until("strace to attach", lambda: b"attached" in log.read_bytes(), strace, log, 20)
        load(server, case, case.traced, *ONE_SLOW_CLIENT)
        strace.send_signal(signal.SIGINT)
        strace.wait(20)
    return count_calls(trace.read_text(errors="replace"), case.traced, ajp_ports)


def count_calls(trace, requests, ajp_ports):
    """What a trace of strace -f -yy holds, per request."""
    peers = [f"->127.0.0.1:{port}]" for port in ajp_ports]
    by_name, to_tomcat = Counter(), Counter(reads=0, writes=0, others=0)
    for line in trace.splitlines():
        call = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if not call:  # a signal, or the rest of a call that began in an earlier line
            continue
        name = call[1]
        by_name[name] += 1
        if any(peer in line for peer in peers):
            to_tomcat["reads" if name in READS else "writes" if name in WRITES else "others"] += 1

    def each(counter):
        return {name: count / requests for name, count in counter.most_common()}

    return Calls(by_name.total() / requests, each(to_tomcat), each(by_name))
