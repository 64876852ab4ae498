"""The third meter: memory of one child, with a large balancer and with idle connections."""

from dataclasses import dataclass

from cases import Case
from meters import load
from processes import hold_idle, memory

IDLE = 10_000
"""Kept connections whose memory is looked at."""

USED = Case("memory", "memory of a child", "members-many", "/bench/100", 100, 500)
"""What a child has done before: a pool has connections."""


@dataclass(frozen=True)
class Memory:
    """By contender name."""

    members: dict
    """Resident and private dirty kB of a child, by set-up, too."""
    idle: dict
    """Private dirty kB of one idle connection."""

    @classmethod
    def of(cls, bench):
        members = {
            (contender.name, setup): _child(bench, contender, setup)
            for setup in ("members-few", "members-many")
            for contender in bench.contenders
        }
        return cls(members, {contender.name: _idle(bench, contender) for contender in bench.contenders})


def _child(bench, contender, setup):
    with bench.httpd(contender, setup, "memory") as server:
        load(server, USED, USED.requests, "-c", "4")
        return memory(server.children[0])


def _idle(bench, contender):
    with bench.httpd(contender, "clients-idle", "memory") as server:
        load(server, USED, USED.requests, "-c", "16")
        _, before = memory(server.children[0])
        with hold_idle(server.port, IDLE, USED.path, server.root / "logs/idle.log"):
            _, after = memory(server.children[0])
    return (after - before) / IDLE
