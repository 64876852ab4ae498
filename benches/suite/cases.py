"""What is measured: the requests, and how many of them make one sample."""

from dataclasses import dataclass

KIB = 1024

FEW_RULES, MANY_RULES = 10, 10_000
FEW_MEMBERS, MANY_MEMBERS = 2, 500

HEADERS = (
    "Accept-Language: en-GB,en;q=0.8,de;q=0.5",
    "Accept-Encoding: gzip, deflate, br",
    "Referer: http://localhost/bench/index.html",
    "Cookie: theme=dark; consent=all; region=eu-central",
    "Cache-Control: max-age=0",
)
"""Sent with each request beside what h2load sends itself, so that a request looks like a browser's."""


@dataclass(frozen=True)
class Case:
    """One kind of request to one kind of server (see `contenders.Setup`)."""

    name: str
    title: str
    setup: str
    path: str
    octets: int
    requests: int
    """Requests of one CPU sample."""
    traced: int
    """Requests under strace."""
    posts: bool = False


CASES = (
    Case("small", "GET 100 octets", "plain", "/bench/100", 100, 1500, 50),
    Case("10k", "GET 10 KiB", "plain", "/bench/10240", 10 * KIB, 1200, 50),
    Case("100k", "GET 100 KiB", "plain", "/bench/102400", 100 * KIB, 400, 50),
    Case("1m", "GET 1 MiB", "plain", "/bench/1048576", 1024 * KIB, 60, 20),
    Case("post", "POST 4 KiB, echoed", "plain", "/bench/echo", 4 * KIB, 1200, 50, posts=True),
    Case("balancer", "GET 100 octets, balancer of two", "balancer", "/bench/100", 100, 1500, 50),
    Case("members-many", "GET 100 octets, balancer of 500, two in use", "members-many", "/bench/100", 100, 1500, 50),
    Case("members-busy", "GET 100 octets, balancer of 500, all in use", "members-busy", "/bench/100", 100, 1500, 50),
    Case("rules-few", f"GET 100 octets, {FEW_RULES} rules", "rules-few", "/bench/100", 100, 1500, 50),
    Case("rules-many", f"GET 100 octets, {MANY_RULES} rules", "rules-many", "/bench/100", 100, 1500, 50),
)

MULTIPLES = (
    ("balancer", "small", "a balancer of two, as a multiple of a single worker"),
    ("members-many", "balancer", "500 members, two in use, as a multiple of two"),
    ("members-busy", "balancer", "500 members, all in use, as a multiple of two"),
    ("rules-many", "rules-few", f"{MANY_RULES} rules, as a multiple of {FEW_RULES}"),
)
"""Cases whose CPU is shown as a multiple of another's."""

MEMORY_CASE = Case("memory", "memory of a child", "members-many", "/bench/100", 100, 500, 0)
