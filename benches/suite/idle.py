"""Opens connections that were used once and stay idle: `idle.py PORT COUNT PATH` says "held" when all are open."""

import socket
import sys
import time


def main(port, count, path):
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    connections = []
    for _ in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        connection.sendall(request)
        if not connection.recv(65536).startswith(b"HTTP/1.1 200 "):
            raise SystemExit("no answer")
        connections.append(connection)
    print("held", flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
