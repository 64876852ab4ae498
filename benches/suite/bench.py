"""The order of things in a run: contenders take turns within each round, so that a noisy machine is noisy for all."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cases import MEMORY_CASE
from contenders import Contender
from meters import cpu, load, system_calls
from processes import memory
from servers import Installed, httpd

MEMORY_THREADS = 32
"""Threads of the child whose memory is looked at: what a pool allocates per thread shows."""


@dataclass(frozen=True)
class Results:
    """What was measured, each by contender name and case name (memory: set-up name)."""

    samples: dict
    """Lists of `meters.Cpu`, one for each round."""
    calls: dict
    memory: dict
    """Resident and private dirty kB of a child."""


@dataclass(frozen=True)
class Bench:
    """The machine's httpd, a directory of our own, the AJP ports of the Tomcats, and who is compared."""

    installed: Installed
    root: Path
    ports: list[int]
    contenders: list[Contender]

    def measure(self, cases, rounds, with_memory):
        """Everything, with that many CPU samples of each case."""
        with ExitStack() as stack:
            servers = self._start(stack, {case.setup for case in cases})
            samples = self._sample_cpu(servers, cases, rounds)
            calls = self._trace(servers, cases)
        return Results(samples, calls, self._memory() if with_memory else {})

    def _start(self, stack, setups):
        servers = {}
        for setup in sorted(setups):
            for contender in self.contenders:
                tell(f"starting httpd: {contender.title}, {setup}")
                servers[contender.name, setup] = stack.enter_context(self._httpd(contender, setup))
        return servers

    def _httpd(self, contender, setup, purpose="cases", **options):
        root = self.root / f"{contender.name}-{setup}-{purpose}"
        return httpd(self.installed, root, contender, contender.setup(setup, self.ports), **options)

    def _sample_cpu(self, servers, cases, rounds):
        for case, contender in self._turns(cases, 0):
            tell(f"warming up: {case.title}, {contender.title}")
            load(servers[contender.name, case.setup], case, case.requests)
        samples = {(contender.name, case.name): [] for contender in self.contenders for case in cases}
        for number in range(rounds):
            for case, contender in self._turns(cases, number):
                tell(f"CPU, round {number + 1} of {rounds}: {case.title}, {contender.title}")
                sample = cpu(servers[contender.name, case.setup], case)
                samples[contender.name, case.name].append(sample)
        return samples

    def _turns(self, cases, number):
        """Each case with each contender; who comes first changes from round to round."""
        first = number % len(self.contenders)
        order = self.contenders[first:] + self.contenders[:first]
        return [(case, contender) for case in cases for contender in order]

    def _trace(self, servers, cases):
        calls = {}
        for case, contender in self._turns(cases, 0):
            tell(f"system calls: {case.title}, {contender.title}")
            server = servers[contender.name, case.setup]
            calls[contender.name, case.name] = system_calls(server, case, self.ports)
        return calls

    def _memory(self):
        found = {}
        for setup in ("members-few", "members-many"):
            for contender in self.contenders:
                tell(f"memory: {setup}, {contender.title}")
                with self._httpd(contender, setup, "memory", threads=MEMORY_THREADS) as server:
                    load(server, MEMORY_CASE, MEMORY_CASE.requests)
                    found[contender.name, setup] = memory(server.child)
        return found


def tell(text):
    """Shows on a terminal what goes on."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
