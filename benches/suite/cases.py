"""What is measured: the requests, and how many of them make one slice."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB

FEW_RULES, MANY_RULES = 10, 10_000
FEW_MEMBERS, MANY_MEMBERS = 2, 500
MANY_CLIENTS, MOST_CLIENTS = 256, 5_000
LARGE_PACKET = 64 * KIB

MANY_HEADERS = 64
"""Headers each way, where there are many."""

TYPICAL = (
    "Accept-Language: en-GB,en;q=0.8,de;q=0.5",
    "Accept-Encoding: gzip, deflate, br",
    "Referer: http://localhost/bench/index.html",
    "Cookie: theme=dark; consent=all; region=eu-central",
    "Cache-Control: max-age=0",
)
"""Sent with each request beside what h2load sends itself, so that a request looks like a browser's."""


def _many():
    further = MANY_HEADERS - len(TYPICAL) - 2  # Host and User-Agent are h2load's
    return TYPICAL + tuple(f"X-Header-{number}: value of header {number}" for number in range(further))


@dataclass(frozen=True)
class Case:
    """One kind of request to one kind of server (see `setups.SETUPS`)."""

    name: str
    title: str
    setup: str
    path: str
    octets: int
    """Of the body of an answer."""
    requests: int
    """Of one slice: a tenth of a second or so."""
    posted: int = 0
    """Octets of the body of a request."""
    headers: tuple[str, ...] = TYPICAL
    clients: int = 16
    """Kept connections, each of which sends a request as soon as the one before is answered."""
    streams: int = 1
    """Requests at a time on each of them."""
    is_timed: bool = False
    """Whether throughput and latency are shown as well."""
    traced: int = 0
    """Requests under strace, of one slow client; 0: none."""


def _small(name, title, setup, requests=800, **options):
    return Case(name, title, setup, "/bench/100", 100, requests, **options)


SHAPES = (
    _small("small", "GET 100 octets", "plain", is_timed=True, traced=50),
    Case("small-open", "GET 100 octets, no length", "plain", "/bench/open/100", 100, 800),
    Case("10k", "GET 10 KiB", "plain", "/bench/10240", 10 * KIB, 600, is_timed=True, traced=50),
    Case("10k-open", "GET 10 KiB, no length", "plain", "/bench/open/10240", 10 * KIB, 600),
    Case("100k", "GET 100 KiB", "plain", "/bench/102400", 100 * KIB, 250, is_timed=True, traced=50),
    Case("100k-open", "GET 100 KiB, no length", "plain", "/bench/open/102400", 100 * KIB, 250),
    Case("1m", "GET 1 MiB", "plain", "/bench/1048576", MIB, 40, is_timed=True, traced=20),
    Case("1m-open", "GET 1 MiB, no length", "plain", "/bench/open/1048576", MIB, 40),
    Case("post", "POST 4 KiB, echoed", "plain", "/bench/echo", 4 * KIB, 600, posted=4 * KIB, is_timed=True, traced=50),
    Case("post-1m", "POST 1 MiB", "plain", "/bench/taken", 100, 40, posted=MIB, is_timed=True, traced=20),
    Case("headers", f"{MANY_HEADERS} headers each way, 100 octets", "plain", "/bench/headers", 100, 600, headers=_many()),
)
"""What goes through, in the pieces that Tomcat makes of it."""

AT_ONCE = (
    _small("small-canned", "GET 100 octets", "canned"),
    Case("small-open-canned", "GET 100 octets, no length", "canned", "/bench/open/100", 100, 800),
    Case("10k-canned", "GET 10 KiB", "canned", "/bench/10240", 10 * KIB, 600),
    Case("10k-open-canned", "GET 10 KiB, no length", "canned", "/bench/open/10240", 10 * KIB, 600),
    Case("100k-canned", "GET 100 KiB", "canned", "/bench/102400", 100 * KIB, 250),
    Case("100k-open-canned", "GET 100 KiB, no length", "canned", "/bench/open/102400", 100 * KIB, 250),
    Case("1m-canned", "GET 1 MiB", "canned", "/bench/1048576", MIB, 40),
    Case("1m-open-canned", "GET 1 MiB, no length", "canned", "/bench/open/1048576", MIB, 40),
)
"""What goes through, where a backend writes its whole answer at once."""

CHOICE = (
    _small("balancer", "balancer of two", "balancer", is_timed=True, traced=50),
    _small("members-many", f"balancer of {MANY_MEMBERS}, two in use", "members-many", traced=50),
    _small("balancer-canned", "balancer of two, answers in one write", "balancer-canned"),
    _small("members-busy", f"balancer of {MANY_MEMBERS}, all in use, answers in one write", "members-busy", traced=50),
    _small("rules-few", f"{FEW_RULES} rules", "rules-few", traced=50),
    _small("rules-many", f"{MANY_RULES:,} rules", "rules-many", traced=50),
)
"""GET 100 octets, where there is something to choose."""

CLIENTS = (
    _small("clients-1", "1 client", "plain", clients=1, requests=400),
    _small("clients-256", f"{MANY_CLIENTS} clients", "clients-256", clients=MANY_CLIENTS, requests=4000, is_timed=True),
    _small("clients-5000", f"16 clients beside {MOST_CLIENTS:,} idle ones", "clients-5000", is_timed=True),
    _small("worker", "worker MPM", "worker", is_timed=True),
    _small("prefork", "prefork MPM", "prefork", is_timed=True),
)
"""GET 100 octets from few and many clients, under each MPM."""

PATHS = (
    _small("unix", "GET 100 octets, Unix socket to Tomcat", "unix", is_timed=True),
    Case("100k-unix", "GET 100 KiB, Unix socket to Tomcat", "unix", "/bench/102400", 100 * KIB, 250),
    Case("100k-packets", "GET 100 KiB, packets of 64 KiB", "packets", "/bench/102400", 100 * KIB, 250, traced=50),
    Case("1m-packets", "GET 1 MiB, packets of 64 KiB", "packets", "/bench/1048576", MIB, 40),
    _small("tls", "GET 100 octets over TLS", "tls", is_timed=True),
    Case("100k-tls", "GET 100 KiB over TLS", "tls", "/bench/102400", 100 * KIB, 250),
    _small("http2", "GET 100 octets over HTTP/2", "http2", clients=4, streams=4, is_timed=True),
    Case("100k-http2", "GET 100 KiB over HTTP/2", "http2", "/bench/102400", 100 * KIB, 250, clients=4, streams=4, traced=50),
)
"""Other ways to Tomcat and from the client."""

GROUPS = {"shapes": SHAPES, "at-once": AT_ONCE, "choice": CHOICE, "clients": CLIENTS, "paths": PATHS}

TITLES = {
    "shapes": "Answers and bodies, in Tomcat's pieces",
    "at-once": "Answers in one write",
    "choice": "GET 100 octets, with something to choose",
    "clients": "GET 100 octets, clients and MPMs",
    "paths": "Other ways to Tomcat and from the client",
}

CASES = sum(GROUPS.values(), ())

MULTIPLES = (
    ("unix", "small", "100 octets by a Unix socket, as a multiple of TCP"),
    ("balancer", "small", "a balancer of two, as a multiple of a single worker"),
    ("members-many", "balancer", "500 members, two in use, as a multiple of two"),
    ("members-busy", "balancer-canned", "500 members, all in use, as a multiple of two"),
    ("rules-many", "rules-few", f"{MANY_RULES:,} rules, as a multiple of {FEW_RULES}"),
    ("100k-unix", "100k", "100 KiB by a Unix socket, as a multiple of TCP"),
    ("100k-packets", "100k", "100 KiB in packets of 64 KiB, as a multiple of 8 KiB"),
)
"""Cases whose CPU is shown as a multiple of another's."""


def neighbours(cases):
    """Those cases in an order in which what is compared follows soon, so that a noisy machine is as noisy for it."""
    order, wanted = [], {case.name: case for case in cases}

    def put(case):
        if case not in order:
            order.append(case)
            for many, _, _ in (row for row in MULTIPLES if row[1] == case.name and row[0] in wanted):
                put(wanted[many])

    for case in cases:
        put(case)
    return order
