//! What the manual shows: each configuration of README and of the book is loaded, and its script deploys.
//!
//! A piece stands in a frame, which has what the piece takes for granted: modules of httpd, and workers.

mod frame;
mod snippets;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::httpd::Verdict;
use crate::support::paths;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::tomcat;
use snippets::Snippet;

pub fn suite() -> Suite {
    Suite::new("manual")
        .test("directives_of_the_manual_load_without_a_warning", directives)
        .test("workers_and_rules_of_the_manual_load_without_a_warning", properties)
        .test("elements_of_server_xml_in_the_manual_are_well_formed", elements)
        .test("scripts_of_the_manual_are_scripts", scripts)
        .test("every_snippet_has_a_language_that_is_tested", languages)
        .test("what_samples_say_of_shared_memory_is_what_it_takes", memory)
        .test("the_script_of_the_manual_empties_a_member_and_takes_it_back", deployment)
        .test("readme_shows_what_configtest_says", sample)
}

/// The snippets of a language, at least so many: otherwise the test reads nothing.
fn of_language(language: &str, least: usize) -> Vec<Snippet> {
    let found: Vec<_> = snippets::all().into_iter().filter(|snippet| snippet.language == language).collect();
    assert!(found.len() >= least, "only {} snippets of {language}", found.len());
    found
}

/// Shows all that are wrong, not the first alone.
fn expect_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// What configtest says of a snippet, if it is more than that all is well.
fn complaint(snippet: &Snippet, site: &Site) -> Option<String> {
    let verdict = site.configtest();
    (verdict.output.trim() != "Syntax OK")
        .then(|| format!("{}:\n{}\n{}", snippet.place, snippet.text, verdict.output))
}

fn directives() {
    let snippets = of_language("apache", 30);
    expect_none(
        snippets.iter().filter_map(|snippet| complaint(snippet, &frame::of_directives(snippet))).collect(),
    );
}

fn properties() {
    let snippets = of_language("properties", 15);
    expect_none(
        snippets.iter().filter_map(|snippet| complaint(snippet, &frame::of_properties(snippet))).collect(),
    );
}

/// Runs a program with that text as input.
fn feed(program: &str, arguments: &[&str], text: &str) -> Verdict {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    Verdict::from(child.wait_with_output().expect("it ends"))
}

fn elements() {
    let parse = "import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.buffer.read())";
    let complaints = of_language("xml", 4).into_iter().filter_map(|snippet| {
        let verdict = feed("python3", &["-c", parse], &frame::of_element(&snippet.text));
        (!verdict.ok).then(|| format!("{}:\n{}", snippet.place, verdict.output))
    });
    expect_none(complaints.collect());
}

fn scripts() {
    let complaints = of_language("sh", 10).into_iter().filter_map(|snippet| {
        let verdict = feed("sh", &["-n"], &snippet.text);
        (!verdict.ok).then(|| format!("{}:\n{}", snippet.place, verdict.output))
    });
    expect_none(complaints.collect());
}

fn languages() {
    let known = ["apache", "properties", "xml", "sh", "text"];
    let unknown = snippets::all().into_iter().filter(|snippet| !known.contains(&&*snippet.language));
    expect_none(unknown.map(|snippet| format!("{}: {}", snippet.place, snippet.language)).collect());
}

/// The script of "Zero-downtime deployment" as it stands, with real Tomcats and a command that looks at the member.
fn deployment() {
    let shared = tomcat::shared();
    let tomcats = ["tomcat1", "tomcat2"].map(|route| shared.service(route));
    let httpd = Site::new(Mpm::Event)
        .workers(&format!(
            "worker.list=balancer,jkstatus\nworker.jkstatus.type=status\nworker.balancer.type=lb\n\
             worker.balancer.balance_workers=tomcat1,tomcat2\n{}{}",
            tomcats[0].worker(),
            tomcats[1].worker()
        ))
        .conf("JkMount /* balancer\nJkMount /jkmanager jkstatus\n<Location /jkmanager>\nRequire local\n</Location>")
        .start();
    let script = of_language("sh", 10).into_iter().find(|snippet| {
        snippet.place.starts_with("docs/book/src/deployment.md") && snippet.text.starts_with("#!")
    });
    let status = format!("http://127.0.0.1:{}/jkmanager", httpd.port());
    let look = format!("{status}?cmd=show&w=balancer&sw=tomcat1&mime=json");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script.expect("the script").text).args(["deploy", "tomcat1", "curl", "-fsS", &look]);
    let output = shell.env("STATUS", status).env("LIMIT", "2").output().expect("a shell");
    let during = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(during.contains("\"activation\":\"Stopped\""), "while it is replaced: {during}");
    let after = httpd.get("/jkmanager?cmd=show&w=balancer&sw=tomcat1&mime=json").text();
    assert!(after.contains("\"activation\":\"Active\""), "{after}");
}

/// The line of a start, of a server as in the samples.
fn memory() {
    let httpd = Site::new(Mpm::Event)
        .workers(
            "worker.list=balancer,alone,jkstatus\nworker.jkstatus.type=status\nworker.jkstatus.read_only=1\n\
             worker.balancer.type=lb\nworker.balancer.balance_workers=tomcat1,tomcat2\nworker.tomcat1.port=1\n\
             worker.tomcat2.port=2\nworker.alone.port=3\n",
        )
        .conf("JkMount /* balancer\nJkMount /alone alone")
        .conf("<VirtualHost *>\nServerName a.test\nJkMount /jkmanager jkstatus\n</VirtualHost>")
        .start();
    let log = httpd.jk_log();
    let size = |line: &str| Some(line.split_once(" kB)")?.0.rsplit_once('(')?.1.to_owned());
    let about = "3 workers (1 balancer with 2 members, 1 Tomcat, 1 status worker); 3 mounts in 2 servers";
    let said = |text: &str| text.lines().find(|line| line.contains(about)).and_then(size);
    let taken = said(&log).unwrap_or_else(|| panic!("no such line: {log}"));
    for page in ["timeouts.md", "logs.md"] {
        let path = paths::project().join("docs/book/src").join(page);
        let text = fs::read_to_string(&path).expect("a page of the manual");
        assert_eq!(said(&text), Some(taken.clone()), "kB in the sample of {page}");
    }
}

/// README's sample of configtest, said of the files that it is about.
fn sample() {
    let site = Site::new(Mpm::Event)
        .file(
            "conf/workers.properties",
            "worker.list=balancer\nworker.balancer.type=lb\n\
             worker.balancer.balance_workers=tomcat1,tomcat2\nworker.tomcat1.host=10.0.0.11\n\
             worker.tomcat1.reply_timeout=30\nworker.tomcat2.hots=10.0.0.12\n",
        )
        .conf("JkWorkersFile conf/workers.properties\nJkMount /shop|/* balancr");
    let root = site.path("").display().to_string();
    let line = format!("httpd.conf:{}:", site.conf_line("JkMount"));
    let said = site.configtest().output.replace(&root, "/etc/httpd/").replace(&line, "httpd.conf:12:");
    let said: Vec<_> = said.lines().map(frame::without_stamp).collect();
    let shown = of_language("text", 2).into_iter().find(|snippet| snippet.place.starts_with("README.md"));
    let shown = shown.expect("a sample").text;
    let shown: Vec<_> = shown.lines().filter(|line| !line.starts_with('$')).collect();
    assert_eq!(said, shown);
}
