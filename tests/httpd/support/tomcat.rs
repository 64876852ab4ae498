//! Real Tomcats with the probe servlet of `tests/httpd/tomcat/`.
//!
//! One Java process can hold several Tomcat services, each with its own jvmRoute and AJP port. Two such
//! processes are shared by all suites that don't stop them; who wants to stop one starts its own.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tempfile::TempDir;

use super::process::{self, AtDeath, Process};
use super::{ajp, backend, paths, ports, wait};

const START_LIMIT: Duration = Duration::from_secs(90);

/// A Java process with one Tomcat service for each route.
pub struct Tomcat {
    base: TempDir,
    services: Vec<Service>,
    properties: Vec<String>,
    process: Process,
}

/// One service: a jvmRoute and where it listens.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its jvmRoute.
    pub route: String,
    /// Its AJP port.
    pub port: u16,
}

impl Service {
    /// A service on a free port.
    pub fn new(route: &str) -> Self {
        Self { route: route.to_owned(), port: ports::free() }
    }

    /// The `worker.<route>.*` paragraph of workers.properties for it.
    pub fn worker(&self) -> String {
        backend::worker(&self.route, self.port)
    }
}

impl Tomcat {
    /// Starts one process for each group of services and waits until each service answers a CPing.
    pub fn start<const N: usize>(groups: [&[Service]; N]) -> [Self; N] {
        let mut tomcats = groups.map(Self::launch);
        tomcats.iter_mut().for_each(Self::wait);
        tomcats
    }

    /// Starts the pair of `conf-examples/d-replicated-pair`, which replicates its sessions.
    ///
    /// One after the other: a Tomcat that asks a peer which is still starting for its sessions waits for a minute.
    pub fn start_replicated(services: &[Service; 2]) -> [Self; 2] {
        let file = paths::project().join("conf-examples/d-replicated-pair/tomcat/server.xml");
        let xml = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let receivers = [ports::free(), ports::free()];
        [(0, 1), (1, 0)].map(|(this, other)| {
            let properties = vec![
                format!("-Djvm.route={}", services[this].route),
                format!("-Dajp.port={}", services[this].port),
                format!("-Dmember.id={this}"),
                format!("-Dcluster.port={}", receivers[this]),
                format!("-Dpeer.id={other}"),
                format!("-Dpeer.port={}", receivers[other]),
            ];
            let mut tomcat = Self::launch_with(&services[this..=this], &xml, properties);
            tomcat.wait();
            tomcat
        })
    }

    /// Starts one process with a server.xml that has that service.
    pub fn with_server_xml(service: &Service, xml: &str) -> Self {
        let mut tomcat = Self::launch_with(std::slice::from_ref(service), xml, Vec::new());
        tomcat.wait();
        tomcat
    }

    fn launch(services: &[Service]) -> Self {
        let xml: String = services.iter().map(service_xml).collect();
        Self::launch_with(services, &format!("<Server port=\"-1\">\n{xml}</Server>\n"), Vec::new())
    }

    fn launch_with(services: &[Service], xml: &str, properties: Vec<String>) -> Self {
        let base =
            tempfile::Builder::new().prefix("mod_jk-tomcat-").tempdir().expect("a temporary directory");
        for directory in ["conf", "logs", "temp", "work", "webapps"] {
            fs::create_dir(base.path().join(directory)).expect("a directory of our own");
        }
        symlink(application(), base.path().join("webapps/ROOT")).expect("a link of our own");
        fs::write(base.path().join("conf/server.xml"), xml).expect("a file of our own");
        let process = java(base.path(), &properties);
        Self { base, services: services.to_vec(), properties, process }
    }

    fn wait(&mut self) {
        for index in 0..self.services.len() {
            let route = self.services[index].route.clone();
            self.wait_for(&route);
        }
    }

    /// Waits until the service of that route answers a CPing.
    pub fn wait_for(&mut self, route: &str) {
        let port = self.service(route).port;
        wait::until_true("Tomcat to answer a CPing", START_LIMIT, || {
            assert!(self.process.ended().is_none(), "Tomcat ended: {}", self.log());
            answers_ping(port)
        });
    }

    /// The service of that route.
    pub fn service(&self, route: &str) -> &Service {
        let found = self.services.iter().find(|service| service.route == route);
        found.unwrap_or_else(|| panic!("no service {route}"))
    }

    /// The access log of the service of that route: address of the client, request line.
    pub fn access_log(&self, route: &str) -> String {
        fs::read_to_string(self.base.path().join(format!("logs/{route}.access"))).unwrap_or_default()
    }

    /// Ends it as a crash would (SIGKILL).
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again with the same ports, and waits for its services.
    pub fn restart(&mut self) {
        self.launch_again();
        self.wait();
    }

    /// As [`Tomcat::restart`], without the waiting.
    pub fn launch_again(&mut self) {
        self.process = java(self.base.path(), &self.properties);
    }

    fn log(&self) -> String {
        fs::read_to_string(self.base.path().join("logs/java.log")).unwrap_or_default()
    }
}

/// Two Java processes with the services that the suites share: the routes `<name>1` live in the first, `<name>2` in
/// the second, for the names tomcat, admin and user.
pub struct Shared {
    hosts: [Tomcat; 2],
}

impl Shared {
    /// The service of that route.
    pub fn service(&self, route: &str) -> &Service {
        let host = usize::from(route.ends_with('2'));
        self.hosts[host].service(route)
    }

    /// worker.list with `balancer` over tomcat1 and tomcat2, and all three workers.
    pub fn balancer(&self) -> String {
        let members = ["tomcat1", "tomcat2"].map(|route| self.service(route).worker());
        let balancer = "worker.balancer.type=lb\nworker.balancer.balance_workers=tomcat1,tomcat2\n";
        format!("worker.list=balancer,tomcat1,tomcat2\n{balancer}{}", members.concat())
    }
}

static SHARED: Mutex<Option<Arc<Shared>>> = Mutex::new(None);

/// The Tomcats that all suites share, started on first use.
pub fn shared() -> Arc<Shared> {
    Arc::clone(SHARED.lock().get_or_insert_with(|| {
        let host = |number| ["tomcat", "admin", "user"].map(|name| Service::new(&format!("{name}{number}")));
        Arc::new(Shared { hosts: Tomcat::start([&host(1), &host(2)]) })
    }))
}

/// Stops them at the end of the run.
pub fn stop_shared() {
    SHARED.lock().take();
}

fn java(base: &Path, properties: &[String]) -> Process {
    let home = paths::tomcat();
    let log = File::create(base.join("logs/java.log")).expect("a log of our own");
    let jars = ["bin/bootstrap.jar", "bin/tomcat-juli.jar"].map(|jar| home.join(jar).display().to_string());
    let mut command = process::guarded("java", AtDeath::Kill);
    command.args([
        "-Xmx128m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        "-cp",
        &jars.join(":"),
    ]);
    command.args([
        format!("-Dcatalina.home={}", home.display()),
        format!("-Dcatalina.base={}", base.display()),
        format!("-Djava.io.tmpdir={}", base.join("temp").display()),
        "-Djava.net.preferIPv4Stack=true".into(),
        "-Dtomcat.util.scan.StandardJarScanFilter.jarsToSkip=*.jar".into(),
    ]);
    command.args(properties).args(["org.apache.catalina.startup.Bootstrap", "start"]);
    command.stdout(log.try_clone().expect("a second handle")).stderr(log);
    Process::start(command)
}

fn service_xml(service: &Service) -> String {
    let Service { route, port } = service;
    format!(
        r#"<Service name="{route}">
  <Connector protocol="AJP/1.3" address="127.0.0.1" port="{port}" secretRequired="false" minSpareThreads="2"
    allowedRequestAttributesPattern=".*" tomcatAuthentication="false" encodedSolidusHandling="decode"/>
  <Engine name="{route}" defaultHost="localhost" jvmRoute="{route}">
    <Valve className="org.apache.catalina.valves.AccessLogValve" prefix="{route}" suffix=".access" rotatable="false"
           buffered="false" pattern="%a %r"/>
    <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false">
      <Context path="" docBase="{app}"><Parameter name="route" value="{route}"/></Context>
      <Context path="/shop" docBase="{app}"><Parameter name="route" value="{route}"/></Context>
    </Host>
  </Engine>
</Service>
"#,
        app = application().display(),
    )
}

/// The directory of the web application, compiled on first use.
fn application() -> &'static Path {
    static APPLICATION: OnceLock<PathBuf> = OnceLock::new();
    APPLICATION.get_or_init(|| {
        let sources = paths::project().join("tests/httpd/tomcat");
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("probe");
        let classes = target.join("WEB-INF/classes");
        fs::create_dir_all(&classes).expect("a directory in the target directory");
        fs::copy(sources.join("web.xml"), target.join("WEB-INF/web.xml")).expect("web.xml is there");
        let output = Command::new("javac")
            .arg("-cp")
            .arg(paths::tomcat().join("lib/servlet-api.jar"))
            .arg("-d")
            .arg(classes)
            .args(["Probe.java", "Mirror.java"].map(|name| sources.join(name)))
            .output()
            .expect("javac runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        target
    })
}

fn answers_ping(port: u16) -> bool {
    let ping = || -> std::io::Result<[u8; 5]> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(&ajp::CPING)?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    ping().is_ok_and(|answer| answer[..] == ajp::cpong())
}
