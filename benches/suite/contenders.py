"""Who is compared, and the configuration that makes each of them do the same."""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

from cases import LARGE_PACKET, MANY_RULES

FILLER_RULES = [f"/application-{number:05}/" for number in range(MANY_RULES - 1)]
"""Rules that never match; all of them are looked at before the one that does, where the order counts."""


@dataclass
class Setup:
    """Directives for httpd.conf and further files, by name below the ServerRoot."""

    directives: list[str]
    files: dict[str, str] = field(default_factory=dict)


class Contender(ABC):
    """A way to forward requests to Tomcat."""

    def __init__(self, name, title, modules):
        self.name = name
        self.title = title
        self.modules = modules

    @abstractmethod
    def single(self, port):
        """One rule, one Tomcat."""

    @abstractmethod
    def balancer(self, ports, spares):
        """A balancer over those Tomcats and `spares` further members that only serve if the others fail."""

    @abstractmethod
    def rules(self, port, count):
        """As `single`, with that many rules."""

    @abstractmethod
    def large_packets(self, port):
        """As `single`, with packets of `LARGE_PACKET`."""

    def unix(self, path):
        """As `single`, over a Unix socket; `None` where that is not possible."""
        return None


class ModJk(Contender):
    """A mod_jk: this one, or the C original."""

    def single(self, port):
        return self._single(_worker("tomcat", host="127.0.0.1", port=port))

    def large_packets(self, port):
        return self._single(_worker("tomcat", host="127.0.0.1", port=port, max_packet_size=LARGE_PACKET))

    def balancer(self, ports, spares):
        names = [f"tomcat{number}" for number in range(len(ports))]
        members = {name: _worker(name, host="127.0.0.1", port=port) for name, port in zip(names, ports)}
        for number in range(spares):
            name = f"spare{number}"
            members[name] = _worker(name, host=_spare_address(number), port=8009, distance=1)
        lines = ["worker.balancer.type=lb", f"worker.balancer.balance_workers={','.join(members)}"]
        return self._setup("balancer", lines + sum(members.values(), []), ["JkMount /bench/* balancer"])

    def rules(self, port, count):
        worker = _worker("tomcat", host="127.0.0.1", port=port)
        setup = self._setup("tomcat", worker, ["JkMountFile conf/rules.properties"])
        rules = [*FILLER_RULES[: count - 1], "/bench/"]
        setup.files["conf/rules.properties"] = "".join(f"{rule}*=tomcat\n" for rule in rules)
        return setup

    def _single(self, worker):
        return self._setup("tomcat", worker, ["JkMount /bench/* tomcat"])

    def _setup(self, listed, workers, mounts):
        directives = [
            "JkWorkersFile conf/workers.properties",
            "JkLogFile logs/mod_jk.log",
            "JkLogLevel info",
            "JkShmFile run/jk.shm",
        ]
        properties = "\n".join([f"worker.list={listed}", *workers, ""])
        return Setup(directives + mounts, {"conf/workers.properties": properties})


class ThisModJk(ModJk):
    """What it can do besides."""

    def unix(self, path):
        return self._single(_worker("tomcat", host=f"unix:{path}"))


class ModProxy(Contender):
    """mod_proxy_ajp, with mod_proxy_balancer where it balances."""

    def single(self, port):
        return Setup([f"ProxyPass /bench/ {_ajp('127.0.0.1', port)}/bench/"])

    def large_packets(self, port):
        return Setup([f"ProxyIOBufferSize {LARGE_PACKET}", *self.single(port).directives])

    def unix(self, path):
        return Setup([f"ProxyPass /bench/ unix:{path}|ajp://localhost/bench/"])

    def balancer(self, ports, spares):
        members = [f"BalancerMember {_ajp('127.0.0.1', port)} route=tomcat{n}" for n, port in enumerate(ports)]
        members += [f"BalancerMember {_ajp(_spare_address(n), 8009)} route=spare{n} lbset=1" for n in range(spares)]
        sticky = "ProxySet lbmethod=byrequests stickysession=JSESSIONID|jsessionid"
        pass_on = "ProxyPass /bench/ balancer://tomcats/bench/"
        return Setup(["<Proxy balancer://tomcats>", *members, sticky, "</Proxy>", pass_on])

    def rules(self, port, count):
        ajp = _ajp("127.0.0.1", port)
        one_worker_for_all = [f"<Proxy {ajp}>", "ProxySet keepalive=Off", "</Proxy>"]
        rules = [*FILLER_RULES[: count - 1], "/bench/"]
        return Setup(one_worker_for_all + [f"ProxyPass {rule} {ajp}{rule}" for rule in rules])


class Floor(Contender):
    """What forwarding costs at least: where there are two Tomcats, each thread asks them in turn."""

    def single(self, port):
        return Setup([f"FloorPort {port}"])

    def balancer(self, ports, spares):
        return Setup([f"FloorPort {' '.join(str(port) for port in ports[:2])}"])

    def rules(self, port, count):
        return self.single(port)

    def large_packets(self, port):
        return self.single(port)

    def unix(self, path):
        return Setup([f"FloorSocket {path}"])


def _worker(name, **properties):
    return [f"worker.{name}.{key}={value}" for key, value in {"type": "ajp13", **properties}.items()]


def _ajp(host, port):
    return f"ajp://{host}:{port}"


def _spare_address(number):
    return f"127.1.{number // 250}.{number % 250 + 1}"


def present(names, module_directory):
    """The contenders of those names; ends the run when one is not there."""
    proxy = [f"proxy{part}" for part in ("", "_ajp", "_balancer")] + ["slotmem_shm", "lbmethod_byrequests"]
    rust, original, floor = (Path(os.environ[name]) for name in ("MOD_JK_SO", "C_MOD_JK", "MOD_FLOOR"))
    all_contenders = {
        "rust": ThisModJk("rust", "this mod_jk", {"jk": rust}),
        "c": ModJk("c", "C mod_jk", {"jk": original}),
        "proxy": ModProxy("proxy", "mod_proxy_ajp", {name: module_directory / f"mod_{name}.so" for name in proxy}),
        "floor": Floor("floor", "the floor", {"floor": floor}),
    }
    chosen = [all_contenders[name] for name in names]
    for contender in chosen:
        for file in contender.modules.values():
            if not file.is_file():
                raise SystemExit(f"{contender.title}: {file} is not there{_remedy(contender.name)}")
    if "c" in names and b"jk_connect.c" not in original.read_bytes():
        raise SystemExit(f"{original} is not the C mod_jk; name it with C_MOD_JK")
    return chosen


def _remedy(name):
    remedies = {
        "rust": "; run `cargo build --release` or set MOD_JK_SO",
        "c": "; run `apxs/setup bench` or set C_MOD_JK",
    }
    return remedies.get(name, "")
