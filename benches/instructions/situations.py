"""What is counted: kinds of requests, each to one kind of server (see `setups.SETUPS`)."""

from dataclasses import dataclass

from cases import MANY_HEADERS

KIB = 1024

TYPICAL = (
    "Accept: */*",
    "Accept-Language: en-GB,en;q=0.8,de;q=0.5",
    "Accept-Encoding: gzip, deflate, br",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Referer: http://localhost/bench/index.html",
    "Cookie: theme=dark; consent=all; region=eu-central",
    "Cache-Control: max-age=0",
)
"""Headers of a browser's request."""


@dataclass(frozen=True)
class Situation:
    """One kind of request, sent over one kept connection."""

    name: str
    title: str
    setup: str
    path: str
    body: int = 0
    headers: tuple[str, ...] = TYPICAL

    def request(self):
        """Its octets."""
        method = "POST" if self.body else "GET"
        lines = [f"{method} {self.path} HTTP/1.1", "Host: localhost", *self.headers]
        if self.body:
            lines.append(f"Content-Length: {self.body}")
        return "\r\n".join([*lines, "", ""]).encode() + bytes(self.body)


def _many_headers():
    further = MANY_HEADERS - len(TYPICAL) - 1  # that of the host is among them
    return TYPICAL + tuple(f"X-Header-{number}: value of header {number}" for number in range(further))


SITUATIONS = (
    Situation("single", "GET 100 octets", "plain", "/bench/100"),
    Situation("lb-2", "GET 100 octets, balancer of 2", "balancer", "/bench/100"),
    Situation("lb-500", "GET 100 octets, balancer of 500, 2 in use", "members-many", "/bench/100"),
    Situation("lb-500-busy", "GET 100 octets, balancer of 500, all in use", "members-busy", "/bench/100"),
    Situation("post", "POST 4 KiB", "plain", "/bench/100", body=4 * KIB),
    Situation("10k", "GET 10 KiB", "plain", f"/bench/{10 * KIB}"),
    Situation("10k-open", "GET 10 KiB without Content-Length", "plain", f"/bench/open/{10 * KIB}"),
    Situation("100k", "GET 100 KiB", "plain", f"/bench/{100 * KIB}"),
    Situation("100k-open", "GET 100 KiB without Content-Length", "plain", f"/bench/open/{100 * KIB}"),
    Situation("headers", f"GET 100 octets, {MANY_HEADERS} headers each way", "plain", "/bench/headers", headers=_many_headers()),
    Situation("rules-10", "GET 100 octets, 10 rules", "rules-few", "/bench/100"),
    Situation("rules-10000", "GET 100 octets, 10,000 rules", "rules-many", "/bench/100"),
    Situation("file", "GET a file of httpd's own", "plain", "/file"),
)

FILE = "htdocs/file"
"""The file, below the ServerRoot."""
