"""The order of things in a run: contenders take turns in short slices, so that a noisy machine is noisy for all."""

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

from cases import neighbours
from contenders import Contender
from memory import Memory
from meters import slice_of, system_calls
from processes import hold_idle
from servers import Installed, httpd
from setups import SETUPS
from tomcat import Addresses

SLICES = 2
"""Of each contender in a round."""


@dataclass(frozen=True)
class Results:
    """What was measured, each by contender name and case name; what a contender cannot do is missing."""

    samples: dict
    """Lists of `meters.Sample`, one for each round."""
    calls: dict
    memory: Memory | None


@dataclass(frozen=True)
class Bench:
    """The machine's httpd, a directory of our own, where the Tomcats listen, and who is compared."""

    installed: Installed
    root: Path
    addresses: Addresses
    contenders: list[Contender]

    def measure(self, cases, rounds, with_memory):
        """Everything, with that many samples of each case."""
        self._make_certificate()
        with ExitStack() as stack:
            servers = self._start(stack, {case.setup for case in cases})
            samples = self._sample(servers, cases, rounds)
            calls = self._trace(servers, cases)
        return Results(samples, calls, Memory.of(self) if with_memory else None)

    def _make_certificate(self):
        file = self.root / "tls.pem"
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file]
        command = ["openssl", "req", "-x509", *key, "-out", self.root / "certificate", "-subj", "/CN=localhost"]
        subprocess.run(command, check=True, capture_output=True, timeout=20)
        file.write_bytes(file.read_bytes() + (self.root / "certificate").read_bytes())

    def _start(self, stack, setups):
        servers = {}
        for setup in sorted(setups):
            for contender in self.contenders:
                tell(f"starting httpd: {contender.title}, {setup}")
                if server := stack.enter_context(self.httpd(contender, setup)):
                    servers[contender.name, setup] = server
        return servers

    @contextmanager
    def httpd(self, contender, name, purpose="cases"):
        """An httpd with its idle clients; `None` if the contender has no such set-up."""
        arrangement = SETUPS[name]
        setup = arrangement.setup(contender, getattr(self.addresses, arrangement.tomcats))
        if setup is None:
            yield None
            return
        root = self.root / f"{contender.name}-{name}-{purpose}"
        with httpd(self.installed, root, contender, setup, arrangement.front) as server:
            with hold_idle(server.port, arrangement.front.idle, "/bench/100", root / "logs/idle.log"):
                yield server

    def _sample(self, servers, cases, rounds):
        samples = {}
        for number in range(-1, rounds):
            for case in neighbours(cases):
                tell(f"{f'round {number + 1} of {rounds}' if number >= 0 else 'warming up'}: {case.title}")
                able = [each.name for each in self.contenders if (each.name, case.setup) in servers]
                slices = {name: [] for name in able}
                for name in _turns(able, number):
                    slices[name].append(slice_of(servers[name, case.setup], case))
                for name in able if number >= 0 else []:
                    samples.setdefault((name, case.name), []).append(reduce(add, slices[name]))
        return samples

    def _trace(self, servers, cases):
        calls = {}
        for case in (case for case in cases if case.traced):
            for contender in self.contenders:
                tell(f"system calls: {case.title}, {contender.title}")
                server = servers[contender.name, case.setup]
                calls[contender.name, case.name] = system_calls(server, case, self.addresses.ports())
        return calls


def _turns(names, number):
    """Who is next in a round: ABCD DCBA ABCD DCBA; who comes first changes from round to round."""
    first = number % len(names)
    order = names[first:] + names[:first]
    return [*order, *reversed(order)] * (SLICES // 2)


def tell(text):
    """Shows on a terminal what goes on."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
