"""The set-ups by name: what is asked of a contender, which Tomcats it forwards to, and the httpd in front."""

from collections.abc import Callable
from dataclasses import dataclass

from cases import FEW_MEMBERS, MANY_CLIENTS, MANY_MEMBERS, MANY_RULES, FEW_RULES, MOST_CLIENTS


@dataclass(frozen=True)
class Front:
    """How httpd serves its clients."""

    mpm: str = "event"
    children: int = 1
    threads: int = 32
    """Of each child; the most requests it serves at a time."""
    modules: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    scheme: str = "http"
    protocol: str = "h1"
    idle: int = 0
    """Kept connections that stay idle while others are busy."""


SPARE_THREADS = 64
"""So many more than clients: event closes kept connections when all threads are busy."""

MANY_IDLE = ("AsyncRequestWorkerFactor 1000",)
"""How many connections event lets a child keep for each idle thread."""

TLS = ("SSLEngine on", "SSLCertificateFile ../tls.pem", "SSLSessionCache none")
"""`bench.Bench` makes the certificate, beside the ServerRoots."""


@dataclass(frozen=True)
class Arrangement:
    """One way to put client, httpd and Tomcat together."""

    asked: Callable
    """Of a contender and the addresses of Tomcats: its `contenders.Setup`, or `None` if it cannot do that."""
    tomcats: str = "two"
    """Which addresses: a field of `tomcat.Addresses`."""
    front: Front = Front()

    def setup(self, contender, addresses):
        return self.asked(contender, addresses)


def _single(contender, addresses):
    return contender.single(addresses[0])


def _two_members(contender, addresses):
    return contender.balancer(addresses[:2], 0)


def _all_members(contender, addresses):
    return contender.balancer(addresses[:MANY_MEMBERS], 0)


def _rules(count):
    return lambda contender, addresses: contender.rules(addresses[0], count)


def _members(count):
    """Two in use, and further ones that only serve if these fail."""
    return lambda contender, addresses: contender.balancer(addresses[:2], count - 2)


SETUPS = {
    "plain": Arrangement(_single),
    "canned": Arrangement(_single, "canned"),
    "balancer": Arrangement(_two_members),
    "rules-few": Arrangement(_rules(FEW_RULES)),
    "rules-many": Arrangement(_rules(MANY_RULES)),
    "members-few": Arrangement(_members(FEW_MEMBERS)),
    "members-many": Arrangement(_members(MANY_MEMBERS)),
    "balancer-canned": Arrangement(_two_members, "canned"),
    "members-busy": Arrangement(_all_members, "canned"),
    "clients-256": Arrangement(_single, front=Front(threads=MANY_CLIENTS + SPARE_THREADS)),
    "clients-5000": Arrangement(_single, front=Front(directives=MANY_IDLE, idle=MOST_CLIENTS)),
    "clients-idle": Arrangement(_single, front=Front(directives=MANY_IDLE)),
    "worker": Arrangement(_single, front=Front(mpm="worker")),
    "prefork": Arrangement(_single, front=Front(mpm="prefork", children=20, threads=1)),
    "unix": Arrangement(lambda contender, addresses: contender.unix(addresses[0]), "unix"),
    "packets": Arrangement(lambda contender, addresses: contender.large_packets(addresses[0]), "large"),
    "tls": Arrangement(_single, front=Front(modules=("ssl",), directives=TLS, scheme="https")),
    "http2": Arrangement(_single, front=Front(modules=("http2",), directives=("Protocols h2c http/1.1",), protocol="h2c")),
}
