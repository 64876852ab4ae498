"""A Tomcat that answers each request with octets made before, in one write."""

import selectors
import socket
import threading
from contextlib import contextmanager

from cases import MANY_HEADERS

FORWARD_REQUEST = 2
MOST_IN_CHUNK = 8184
"""Octets of a body that Tomcat puts into one packet."""


@contextmanager
def backends(count):
    """Listens on so many ports of 127.0.0.1, and gives them; connections end with the process."""
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in range(count)]
    threading.Thread(target=_accept, args=(listeners,), daemon=True).start()
    try:
        yield [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


def _accept(listeners):
    with selectors.DefaultSelector() as selector:
        for listener in listeners:
            selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                try:
                    connection, _ = key.fileobj.accept()
                except OSError:  # the end of the run
                    return
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection):
    answers = {}
    packets = connection.makefile("rb")
    while payload := _packet(packets):
        if payload[0] != FORWARD_REQUEST:  # the body, which came with the request
            continue
        uri = _uri(payload)
        if uri not in answers:
            answers[uri] = _answer(uri)
        if payload[1] == 4:  # POST
            _packet(packets)
        connection.sendall(answers[uri])


def _packet(packets):
    head = packets.read(4)
    return packets.read(int.from_bytes(head[2:4], "big")) if len(head) == 4 else b""


def _uri(payload):
    """The second string of a Forward Request, behind the protocol's."""
    start = 2 + 2 + int.from_bytes(payload[2:4], "big") + 1
    length = int.from_bytes(payload[start : start + 2], "big")
    return payload[start + 2 : start + 2 + length].decode()


def _answer(uri):
    """What the last part of the path asks for: /bench/100, /bench/open/100 (without length), /bench/headers."""
    *_, before, last = uri.split("/")
    headers = [("Content-Type", "application/octet-stream")]
    if last == "headers":
        headers += [(f"X-Header-{number}", f"value of header {number}") for number in range(MANY_HEADERS - 2)]
    length = 100 if last == "headers" else int(last)
    if before != "open":
        headers.append(("Content-Length", str(length)))
    body = bytes(length)
    chunks = [body[start : start + MOST_IN_CHUNK] for start in range(0, length, MOST_IN_CHUNK)]
    return b"".join([_head(headers), *map(_chunk, chunks), _enclosed(b"\x05\x01")])


def _head(headers):
    codes = {"Content-Type": 0xA001, "Content-Length": 0xA003}
    octets = b"\x04" + (200).to_bytes(2, "big") + _string("200") + len(headers).to_bytes(2, "big")
    for name, value in headers:
        octets += codes[name].to_bytes(2, "big") if name in codes else _string(name)
        octets += _string(value)
    return _enclosed(octets)


def _chunk(data):
    return _enclosed(b"\x03" + len(data).to_bytes(2, "big") + data + b"\0")


def _string(text):
    return len(text).to_bytes(2, "big") + text.encode() + b"\0"


def _enclosed(payload):
    return b"AB" + len(payload).to_bytes(2, "big") + payload
