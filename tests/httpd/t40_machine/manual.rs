//! The manual's way from the installation to the first page, followed as it is written; ports and folders are our own.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{install, project_file, run, Machine};
use crate::support::backend::Backend;
use crate::support::client::Client;
use crate::support::example::copy;
use crate::support::process::{self, AtDeath, Process};
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::tomcat::{Service, Tomcat};
use crate::support::{httpd, paths, ports, wait};

const START_LIMIT: Duration = Duration::from_secs(30);

/// A page of the book, and the heading of a section in it.
type Section = (&'static str, &'static str);

const DEBIAN: Section = ("five-minutes.md", "## Connect httpd and Tomcat");
const ELSEWHERE: Section = ("installation.md", "### Elsewhere");
const SEVERAL: Section = ("configuration.md", "## Several Tomcats");

pub fn add(suite: Suite) -> Suite {
    suite
        .test("the_manual_leads_to_a_page_in_httpds_own_server_root", server_root)
        .test("the_manual_leads_to_a_page_on_debian", debian)
        .test("the_second_tomcat_of_the_sample_needs_no_more_than_its_lines", second_tomcat)
        .test("the_manual_and_the_samples_speak_of_one_worker", one_worker)
}

/// The first block of that language in a section of the book, without its indentation.
fn block((page, heading): Section, language: &str) -> String {
    let page = project_file(format!("docs/book/src/{page}"));
    let section = page.split_once(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading}")).1;
    let section = section.split("\n#").next().unwrap_or_default();
    let fence = format!("```{language}\n");
    let (before, block) = section.split_once(&fence).unwrap_or_else(|| panic!("{heading}: no {fence}"));
    let indent = before.rsplit('\n').next().unwrap_or_default();
    let lines = block.lines().take_while(|line| !line.trim_start().starts_with("```"));
    lines.map(|line| line.strip_prefix(indent).unwrap_or(line).to_owned() + "\n").collect()
}

/// Edits a file as an administrator does: the only line that begins with `start`, blanks apart, becomes `text`.
fn replace_line(file: &Path, start: &str, text: &str) {
    let old = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let is_meant = |line: &&str| line.trim_start().starts_with(start);
    assert_eq!(old.lines().filter(is_meant).count(), 1, "{start} in {}", file.display());
    let lines = old.lines().map(|line| if is_meant(&line) { text.trim_end() } else { line });
    let new: Vec<_> = lines.collect();
    fs::write(file, new.join("\n") + "\n").expect("a file of our own");
}

/// Gives the secret, as both sections say, and the port of this run's Tomcat.
fn edit_workers(file: &Path, port: u16) {
    replace_line(file, "#worker.tomcat1.secret=", &block(DEBIAN, "properties"));
    replace_line(file, "worker.tomcat1.port=", &format!("worker.tomcat1.port={port}"));
}

fn server_root() {
    let backend = Backend::constant("a page of Tomcat's\n");
    let site = Site::without_module(Mpm::Event);
    let [modules, conf, logs] = ["modules", "conf", "logs"].map(|name| site.path(name).display().to_string());
    let machine = Machine::new().program("bin/apxs", &install::apxs(&modules, &conf, &logs));
    let verdict = install::install(&machine, &[install::module()]);
    assert!(verdict.ok, "{}", verdict.output);
    edit_workers(&site.path("conf/workers.properties"), backend.port());
    let site = site.conf(&block(ELSEWHERE, "apache").replace("*:80", "*:@PORT@"));
    let verdict = site.configtest();
    assert_eq!(verdict.output.trim(), "Syntax OK");
    let httpd = site.start();
    assert_eq!(httpd.get("/shop/cart").text(), "a page of Tomcat's\n");
    assert_eq!(httpd.get("/shop/static/x.css").status, 404, "httpd's own");
}

fn debian() {
    if !paths::is_debian() {
        return;
    }
    let tomcat = Service::new("tomcat1");
    let debian = Debian::new(tomcat.port);
    let _tomcat = Tomcat::with_server_xml(&tomcat, &server_xml(tomcat.port));
    let mut running = None;
    for line in block(DEBIAN, "sh").lines() {
        let line = line.trim_start_matches("sudo ");
        if line == "systemctl restart tomcat10 apache2" {
            running = Some(debian.start());
        } else {
            let verdict = debian.shell(line);
            assert!(verdict.ok, "{line}: {}", verdict.output);
        }
    }
    let _running = running.expect("the manual restarts the servers");
    let page = Client::new(debian.port).get("/session");
    let session = page.fact("session").unwrap_or_default();
    assert!(session.ends_with(".tomcat1"), "the jvmRoute: {} {}", page.status, page.text());
}

/// Debian's apache2, running; dropping it stops it.
struct Running(Process);

impl Drop for Running {
    fn drop(&mut self) {
        httpd::stop(&mut self.0);
    }
}

/// Debian's apache2 before anything of ours is there, below a directory of our own.
struct Debian {
    machine: Machine,
    port: u16,
}

impl Debian {
    /// With the module installed and the files edited as the manual says, for a Tomcat with that AJP port.
    fn new(ajp: u16) -> Self {
        let machine = Machine::new();
        let debian = Self { port: ports::free(), machine };
        let etc = debian.machine.path("etc/apache2");
        fs::create_dir_all(&etc).expect("a directory of our own");
        copy(&paths::unpacked("apache2").join("etc/apache2"), &etc);
        for directory in ["var/www/html", "var/run/apache2", "var/log/apache2", "var/lock", "state"] {
            fs::create_dir_all(debian.machine.path(directory)).expect("a directory of our own");
        }
        let mut install = Command::new(paths::project().join("apxs/install"));
        let verdict = run(install.arg(paths::module()).env("DESTDIR", debian.machine.root()));
        assert!(verdict.ok, "{}", verdict.output);
        debian.move_here();
        let modules = "a2enmod -q mpm_event authz_core authz_host alias dir && a2ensite -q 000-default";
        assert!(debian.shell(modules).ok, "what Debian switches on by itself");
        edit_workers(&debian.machine.path("etc/libapache2-mod-jk/workers.properties"), ajp);
        let site = debian.machine.path("etc/apache2/sites-available/000-default.conf");
        let mount = block(DEBIAN, "apache");
        replace_line(&site, "</VirtualHost>", &format!("{mount}</VirtualHost>"));
        debian
    }

    /// Makes the absolute paths in all files, and the port, those of this directory.
    fn move_here(&self) {
        let (root, port) = (self.machine.root(), self.port);
        let files = "grep -rlE . etc | xargs sed -i";
        let paths =
            format!("-e 's|/etc/|{root}/etc/|g' -e 's|/var/|{root}/var/|g' -e 's|{root}{root}|{root}|g'");
        let module = format!("-e 's|/usr/lib/apache2/modules/mod_jk.so|{root}&|'");
        let ports = format!("-e 's|^Listen 80$|Listen 127.0.0.1:{port}|' -e 's|\\*:80>|*:{port}>|'");
        // apache2ctl gives directories to the servers' user, which only root may do for another one.
        let user = "-e \"s/_USER=www-data/_USER=$(id -un)/\" -e \"s/_GROUP=www-data/_GROUP=$(id -gn)/\"";
        let user = if rustix::process::geteuid().is_root() { "" } else { user };
        let verdict = self.shell(&format!("cd '{root}' && {files} {paths} {module} {ports} {user}"));
        assert!(verdict.ok, "{}", verdict.output);
    }

    /// Runs a line of a shell with Debian's tools for apache2.
    fn shell(&self, line: &str) -> httpd::Verdict {
        let line = line.replace("http://localhost/", &format!("http://localhost:{}/", self.port));
        run(self.set_up(Command::new("sh")).args(["-ec", &line]))
    }

    fn set_up(&self, mut command: Command) -> Command {
        let tools = paths::unpacked("apache2").join("usr/sbin");
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}:/usr/sbin:/sbin", tools.display()));
        command.env("APACHE_CONFDIR", self.machine.path("etc/apache2"));
        command.env("APACHE_STATE_DIRECTORY", self.machine.path("state"));
        command
    }

    fn start(&self) -> Running {
        let mut command = self.set_up(process::guarded("sh", AtDeath::Terminate));
        let line = ". \"$APACHE_CONFDIR/envvars\"; exec apache2 -d \"$APACHE_CONFDIR\" -DFOREGROUND";
        command.args(["-ec", line]);
        let mut httpd = Running(Process::start(command));
        wait::until_true("apache2 to listen", START_LIMIT, || {
            assert!(
                httpd.0.ended().is_none(),
                "apache2 ended: {}",
                self.machine.read("var/log/apache2/error.log")
            );
            TcpStream::connect(("127.0.0.1", self.port)).is_ok()
        });
        httpd
    }
}

/// Debian's server.xml, edited as the manual says; the ports are our own.
fn server_xml(ajp: u16) -> String {
    let etc = paths::unpacked("tomcat10").join("usr/share/tomcat10/etc");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("server.xml");
    fs::copy(etc.join("server.xml"), &file).expect("a copy of our own");
    replace_line(&file, "<Engine name=\"Catalina\" defaultHost=\"localhost\">", &block(DEBIAN, "xml"));
    let text = fs::read_to_string(&file).expect("a file of our own");
    let text = text.replace("port=\"8080\"", &format!("port=\"{}\"", ports::free()));
    let text = text.replace("conf/tomcat-users.xml", &etc.join("tomcat-users.xml").display().to_string());
    text.replace("address=\"127.0.0.1\" port=\"8009\"", &format!("address=\"127.0.0.1\" port=\"{ajp}\""))
}

/// The sample, with all that is commented out taken in and the secrets given.
fn second_tomcat() {
    let sample = project_file("apxs/workers.properties").replace("#worker.", "worker.");
    let site = Site::new(Mpm::Event).workers(&sample.replace("secret=\n", "secret=a-word\n"));
    let verdict = site.conf("JkMount /* balancer").configtest();
    assert_eq!(verdict.output.trim(), "Syntax OK");
}

/// Who follows the manual and who reads the samples meets the same names.
fn one_worker() {
    let samples =
        ["apxs/workers.properties", "apxs/uriworkermap.properties", "apxs/jk.conf"].map(project_file);
    let manual = [(DEBIAN, "apache"), (ELSEWHERE, "apache"), (SEVERAL, "properties")];
    let texts: Vec<_> =
        samples.into_iter().chain(manual.map(|(section, block_of)| block(section, block_of))).collect();
    let named: BTreeSet<_> =
        texts.iter().flat_map(|text| text.lines()).filter_map(worker_of_a_rule).collect();
    assert_eq!(named, BTreeSet::from(["balancer"]));
    assert!(block(DEBIAN, "xml").contains("jvmRoute=\"tomcat1\""));
    assert!(project_file("apxs/workers.properties").contains("\nworker.balancer.balance_workers=tomcat1\n"));
}

/// The worker that a line mounts or lists, also in a comment.
fn worker_of_a_rule(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['#', ' ', '!']);
    match line.split_whitespace().next()? {
        "JkMount" | "JkUnMount" => line.split_whitespace().nth(2),
        rule if rule.starts_with('/') => rule.split_once('=').map(|(_, worker)| worker),
        listed => listed.strip_prefix("worker.list="),
    }
}
