"""The servers of a run: one Java process with two Tomcats, and a private httpd for each contender and set-up."""

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import accepts, children, free_ports, is_root, running, wait_until

START_LIMIT = 90
"""Seconds that a server may take to start: 10,000 rules take their time."""

WEBAPP = Path(__file__).resolve().parent.parent / "webapp"

SERVICE = """
<Service name="{route}">
  <Connector protocol="AJP/1.3" address="127.0.0.1" port="{port}" secretRequired="false" minSpareThreads="4"/>
  <Engine name="{route}" defaultHost="localhost" jvmRoute="{route}">
    <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false">
      <Context path="/bench" docBase="{webapp}"/>
    </Host>
  </Engine>
</Service>
"""

HTTPD = """
ServerRoot "{root}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile run/httpd.pid
DocumentRoot htdocs
{modules}
<IfModule unixd_module>
{run_as}
</IfModule>
ErrorLog logs/error.log
LogLevel warn
StartServers 1
ServerLimit 1
<IfModule !mpm_prefork_module>
ThreadLimit {threads}
ThreadsPerChild {threads}
MaxRequestWorkers {threads}
MinSpareThreads 1
MaxSpareThreads {threads}
</IfModule>
MaxKeepAliveRequests 0
KeepAliveTimeout 60
"""


@dataclass
class Installed:
    """The httpd of this machine, as apxs names it."""

    program: Path
    modules: Path

    @classmethod
    def find(cls):
        def apxs(name):
            query = [os.environ.get("APXS", "apxs"), "-q", name]
            return subprocess.run(query, check=True, capture_output=True, text=True).stdout.strip()

        return cls(Path(apxs("SBINDIR")) / apxs("PROGNAME"), Path(apxs("LIBEXECDIR")))


@contextmanager
def tomcats(root):
    """Two Tomcats in one Java process; gives their AJP ports."""
    home = Path(os.environ.get("CATALINA_HOME", "/usr/share/tomcat10"))
    ports = free_ports(2)
    for name in ("conf", "logs", "temp", "work", "webapps"):
        (root / name).mkdir(parents=True)
    webapp = _compiled(root / "bench", home)
    services = [SERVICE.format(route=f"tomcat{n}", port=port, webapp=webapp) for n, port in enumerate(ports)]
    (root / "conf/server.xml").write_text(f'<Server port="-1">{"".join(services)}</Server>\n')
    log = root / "logs/java.log"
    with running(_java(home, root), log) as java:
        for port in ports:
            wait_until("Tomcat to listen", lambda: accepts(port), java, log, START_LIMIT)
        yield ports


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


@dataclass
class Httpd:
    """A running httpd with one child process."""

    port: int
    child: int
    root: Path

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def httpd(installed, root, contender, setup, threads=16):
    """Starts httpd (event) with a contender's modules and set-up."""
    (port,) = free_ports(1)
    command = configured(installed, root, contender.modules, setup, port, threads=threads)
    log = root / "logs/stderr.log"
    with running([*command, "-DFOREGROUND"], log) as parent:
        what = f"httpd ({contender.title})"
        wait_until(what, lambda: accepts(port) and children(parent.pid), parent, log, START_LIMIT)
        (child,) = children(parent.pid)
        yield Httpd(port, child, root)


def configured(installed, root, modules, setup, port, mpm="event", threads=16):
    """Makes a ServerRoot with what a set-up needs; returns the command that starts httpd there."""
    for name in ("conf", "logs", "run", "htdocs"):
        (root / name).mkdir(parents=True)
    root.chmod(0o755)
    for name, text in setup.files.items():
        (root / name).write_text(text)
        os.utime(root / name, (0, 0))  # what has just changed would be looked at again
    load_lines = _load_lines({**_base_modules(installed, mpm), **modules})
    conf = HTTPD.format(root=root, port=port, threads=threads, modules=load_lines, run_as=_run_as())
    (root / "conf/httpd.conf").write_text("\n".join([conf, *setup.directives, ""]))
    return [installed.program, "-d", root, "-f", root / "conf/httpd.conf"]


def _load_lines(modules):
    lines = []
    for name, file in modules.items():
        lines += [f"<IfModule !{name}_module>", f'LoadModule {name}_module "{file}"', "</IfModule>"]
    return "\n".join(lines)


def _base_modules(installed, mpm):
    """The modules every server needs; where one is compiled in there is no file."""
    files = {name: installed.modules / f"mod_{name}.so" for name in (f"mpm_{mpm}", "unixd", "authz_core")}
    return {name: file for name, file in files.items() if file.is_file()}


def _run_as():
    return f"User {unprivileged_user()}\nGroup {unprivileged_user()}" if is_root() else ""


def unprivileged_user():
    """Who serves where httpd is started by root: the distribution's user for it."""
    return "www-data" if "www-data:" in Path("/etc/passwd").read_text() else "apache"
