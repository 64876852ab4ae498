"""The backends of a run: one Java process with two Tomcats, and the canned one of this process."""

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from canned import backends
from cases import LARGE_PACKET, MANY_MEMBERS
from processes import accepts, free_ports, running, wait_until

START_LIMIT = 90
"""Seconds that Java may take to start."""

WEBAPP = Path(__file__).resolve().parent.parent / "webapp"

CONNECTOR = '<Connector protocol="AJP/1.3" secretRequired="false" minSpareThreads="4" {where}/>'

SERVICE = """
<Service name="{route}">
  {connectors}
  <Engine name="{route}" defaultHost="localhost" jvmRoute="{route}">
    <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false">
      <Context path="/bench" docBase="{webapp}"/>
    </Host>
  </Engine>
</Service>
"""


@dataclass(frozen=True)
class Addresses:
    """Where the backends listen: ports of 127.0.0.1, or the path of a Unix socket."""

    two: list[int]
    large: list[int]
    """The first Tomcat, for packets of 64 KiB."""
    unix: list[Path]
    """The first Tomcat again."""
    canned: list[int]
    """As many as the largest balancer has members: mod_proxy takes members of one address for the same one."""

    def ports(self):
        return [*self.two, *self.large, *self.canned]


@contextmanager
def tomcats(root):
    """All backends; gives their addresses."""
    home = Path(os.environ.get("CATALINA_HOME", "/usr/share/tomcat10"))
    for name in ("conf", "logs", "temp", "work", "webapps", "run"):
        (root / name).mkdir(parents=True)
    first, second, large = free_ports(3)
    socket = root / "run/ajp"
    webapp = _compiled(root / "bench", home)
    services = [
        _service("tomcat0", webapp, _tcp(first), _tcp(large, f'packetSize="{LARGE_PACKET}"'), _unix(socket)),
        _service("tomcat1", webapp, _tcp(second)),
    ]
    (root / "conf/server.xml").write_text(f'<Server port="-1">{"".join(services)}</Server>\n')
    log = root / "logs/java.log"
    with running(_java(home, root), log) as java, backends(MANY_MEMBERS) as canned:
        for port in (first, second, large):
            wait_until("Tomcat to listen", lambda: accepts(port), java, log, START_LIMIT)
        yield Addresses([first, second], [large], [socket], canned)


def _service(route, webapp, *connectors):
    return SERVICE.format(route=route, webapp=webapp, connectors="\n  ".join(connectors))


def _tcp(port, further=""):
    return CONNECTOR.format(where=f'address="127.0.0.1" port="{port}" {further}')


def _unix(path):
    return CONNECTOR.format(where=f'unixDomainSocketPath="{path}" unixDomainSocketPathPermissions="rw-rw-rw-"')


def _compiled(webapp, home):
    classes = webapp / "WEB-INF/classes"
    classes.mkdir(parents=True)
    (webapp / "WEB-INF/web.xml").write_bytes((WEBAPP / "WEB-INF/web.xml").read_bytes())
    javac = ["javac", "-cp", home / "lib/servlet-api.jar", "-d", classes, WEBAPP / "Payload.java"]
    subprocess.run(javac, check=True, timeout=START_LIMIT)
    return webapp


def _java(home, base):
    jars = ":".join(str(home / "bin" / name) for name in ("bootstrap.jar", "tomcat-juli.jar"))
    properties = {
        "catalina.home": home,
        "catalina.base": base,
        "java.io.tmpdir": base / "temp",
        "java.net.preferIPv4Stack": "true",
        "tomcat.util.scan.StandardJarScanFilter.jarsToSkip": "*.jar",
    }
    options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    options += [f"-D{name}={value}" for name, value in properties.items()]
    return ["java", *options, "-cp", jars, "org.apache.catalina.startup.Bootstrap", "start"]
