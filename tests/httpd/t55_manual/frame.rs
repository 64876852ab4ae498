//! What stands around a piece of configuration so that httpd can load it.

use std::collections::BTreeSet;

use super::snippets::Snippet;
use crate::support::paths;
use crate::support::site::{Mpm, Site, ALL_MPMS};

/// Modules of httpd that pieces use, in the order in which they have to be loaded.
const MODULES: [&str; 20] = [
    "authn_core",
    "authn_file",
    "authz_user",
    "auth_basic",
    "alias",
    "env",
    "setenvif",
    "headers",
    "rewrite",
    "mime",
    "dir",
    "unique_id",
    "remoteip",
    "socache_shmcb",
    "ssl",
    "proxy",
    "proxy_ajp",
    "slotmem_shm",
    "proxy_balancer",
    "lbmethod_byrequests",
];

/// The workers that pieces speak of, by name: properties and their values.
const WORKERS: [(&str, &[(&str, &str)]); 7] = [
    ("balancer", &[("type", "lb"), ("balance_workers", "tomcat1,tomcat2")]),
    ("blue", &[("type", "lb"), ("balance_workers", "tomcat1")]),
    ("green", &[("type", "lb"), ("balance_workers", "tomcat2")]),
    ("tomcat1", &[("host", "127.0.0.1"), ("port", "8009"), ("secret", "word")]),
    ("tomcat2", &[("host", "127.0.0.1"), ("port", "8010"), ("secret", "word")]),
    ("jkstatus", &[("type", "status")]),
    ("monitor", &[("type", "status"), ("read_only", "true")]),
];

/// A server for a piece of httpd's configuration.
pub fn of_directives(snippet: &Snippet) -> Site {
    let mpm = ALL_MPMS.into_iter().find(|mpm| snippet.options.iter().any(|option| option == mpm.name()));
    let site = match mpm {
        Some(mpm) => Site::with_sizing(mpm, ""),
        None => Site::new(Mpm::Event),
    };
    let all: Vec<_> = WORKERS.iter().map(|(name, _)| *name).collect();
    let workers = format!("worker.list={}\n{}", all.join(","), completed("", &all));
    let site =
        MODULES.iter().filter(|name| module_file(name).exists()).fold(site, |site, name| site.load(name));
    let jk_conf = std::fs::read_to_string(paths::project().join("apxs/jk.conf")).expect("the sample");
    let jk_conf = jk_conf
        .replace("@WORKERS@", "conf/workers.properties")
        .replace("@LOGDIR@", "logs")
        .replace("@RUNDIR@", "run");
    let site = site
        .file("conf/workers.properties", &workers)
        .file("conf/uriworkermap.properties", "/mapped/*=balancer\n")
        .file("conf/operators", "")
        .file("conf/jk.conf.sample", &jk_conf);
    let names_workers = ["JkWorkersFile", "jk.conf.sample"].iter().any(|word| snippet.text.contains(word));
    let site = if names_workers { site } else { site.conf("JkWorkersFile conf/workers.properties") };
    let own = snippet.text.lines().filter(|line| !line.starts_with("LoadModule jk_module"));
    site.conf(&own.map(|line| line.replace("*:80>", "*:@PORT@>") + "\n").collect::<String>())
}

fn module_file(name: &str) -> std::path::PathBuf {
    paths::httpd_modules().join(format!("mod_{name}.so"))
}

/// A server for a piece of a workers file, or for rules of a map file.
pub fn of_properties(snippet: &Snippet) -> Site {
    let text = snippet.text.replace("tomcat.service.example.com", "localhost");
    let site = Site::new(Mpm::Event);
    if is_map(&text) {
        let workers = "worker.list=balancer,blue,green\n".to_owned();
        let workers =
            workers.clone() + &completed(&workers, &["balancer", "blue", "green", "tomcat1", "tomcat2"]);
        return site
            .workers(&workers)
            .file("conf/map.properties", &text)
            .conf("JkMount /old/* balancer\nJkMountFile conf/map.properties");
    }
    let is_whole = text.contains("worker.list=");
    let text = if is_whole { text } else { format!("worker.list=balancer\n{text}") };
    let spoken_of = spoken_of(&text);
    let missing: Vec<_> = spoken_of.into_iter().filter(|name| !is_whole || !defines(&text, name)).collect();
    site.workers(&format!("{text}{}", completed(&text, &missing)))
}

/// Rules begin with a pattern.
fn is_map(text: &str) -> bool {
    text.lines().any(|line| line.trim_start_matches(['!', '-']).starts_with('/'))
}

fn defines(text: &str, worker: &str) -> bool {
    text.lines().any(|line| line.starts_with(&format!("worker.{worker}.")))
}

/// The workers of the frame that a text names, and those that these name.
fn spoken_of(text: &str) -> Vec<&'static str> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words: BTreeSet<&str> = text.split(|letter| !is_letter(letter)).collect();
    let has_balancer = words.contains("balancer") && !text.contains("balancer.balance_workers");
    let is_named = |name: &str| words.contains(name) || (has_balancer && name.starts_with("tomcat"));
    WORKERS.iter().map(|(name, _)| *name).filter(|name| is_named(name)).collect()
}

/// The lines of those workers that the text does not have.
fn completed(text: &str, workers: &[&str]) -> String {
    let rows = WORKERS.iter().filter(|(name, _)| workers.contains(name));
    let lines = rows.flat_map(|(name, properties)| {
        properties.iter().map(move |(property, value)| (format!("worker.{name}.{property}="), *value))
    });
    lines.filter(|(key, _)| !text.contains(key)).map(|(key, value)| format!("{key}{value}\n")).collect()
}

/// A whole server.xml around elements of it; an Engine that stays open is closed.
pub fn of_element(text: &str) -> String {
    let is_open = text.contains("<Engine") && !text.contains("</Engine>");
    let close = if is_open { "<Host name=\"localhost\"/></Engine>" } else { "" };
    format!("<Server port=\"-1\"><Service name=\"Catalina\">{text}{close}</Service></Server>")
}

/// A line of httpd without the time and the process in front.
pub fn without_stamp(line: &str) -> &str {
    match line.starts_with('[') {
        true => line.rsplit_once("] ").map_or(line, |(_, text)| text),
        false => line,
    }
}
