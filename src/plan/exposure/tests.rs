//! Which mounts are told to be open, and how.

use super::super::access::tests::{matches, read};
use super::*;
use crate::config::workers::load;

/// A Tomcat and a status worker with a property more.
fn workers(property: &str) -> WorkersSettings {
    let text = format!("worker.list=w,st\nworker.w.port=1\nworker.st.type=status\n{property}\n");
    load(&[], Some((text.as_bytes(), "workers".into())), "", 1).settings
}

fn map(lines: &[&str]) -> ServerMap {
    let rules = (1..).zip(lines).flat_map(|(number, line)| {
        let (pattern, worker) = line.split_once('=').expect("a rule");
        let origin = Origin::new(&"map".into(), number);
        Rule::file_line(pattern.as_bytes(), worker.as_bytes(), &origin, &mut Report::default())
            .expect("a rule")
    });
    ServerMap::new(rules.collect(), None)
}

/// What is told of hosts: names with the lines of their definitions, and rules.
fn told(conf: &str, hosts: &[(Option<u32>, &[&str])], workers: &WorkersSettings) -> Vec<String> {
    let directives = read(conf);
    let maps: Vec<_> = hosts.iter().map(|(_, lines)| map(lines)).collect();
    let place = |line: u32| (format!("host{line}"), Origin::new(&"httpd.conf".into(), line));
    let hosts: Vec<_> = hosts
        .iter()
        .zip(&maps)
        .map(|((line, _), map)| Host { name: line.map(place), map: Some(map) })
        .collect();
    let mut report = Report::default();
    let exposure = Exposure { directives: &directives, writable: writable(workers), matches: &matches };
    exposure.check(&hosts, &mut report);
    report.iter().map(ToString::to_string).collect()
}

fn count(conf: &str, lines: &[&str]) -> usize {
    told(conf, &[(None, lines)], &workers("")).len()
}

#[test]
fn an_open_page_is_told_with_place_uri_worker_and_remedy() {
    assert_eq!(
        told("", &[(None, &["/x=w", "/jk|/*=st"])], &workers("")),
        ["map:2: /jk|/*=st: everybody who reaches /jk/* can change the workers with status worker st: nothing protects it. \
          Write <Location \"/jk\"> Require ip 127.0.0.1 </Location> on three lines, with the addresses that may, or AuthType \
          and Require user; or set worker.st.read_only=True or worker.st.user=..."]
    );
    let conf = "<VirtualHost *>\n</VirtualHost>\n<VirtualHost *>\n<Location />\nRequire local\n</Location>\n\
                </VirtualHost>\n<VirtualHost *>\n</VirtualHost>";
    let rules = ["/jk|/*=st"].as_slice();
    let of_hosts = told(conf, &[(Some(8), rules), (Some(3), rules), (Some(1), rules)], &workers(""));
    assert_eq!(of_hosts.len(), 1);
    let place = "everybody who reaches /jk/* in virtual host host1 (httpd.conf:1) and 1 other can change";
    assert!(of_hosts[0].contains(place), "{of_hosts:?}");
}

#[test]
fn pages_that_take_no_changes_from_anybody_are_nothing_to_warn_of() {
    let told = |property: &str| told("", &[(None, &["/jk=st"])], &workers(property)).len();
    assert_eq!(told(""), 1);
    assert_eq!(told("worker.st.read_only=true"), 0);
    assert_eq!(told("worker.st.user=admin"), 0);
    assert_eq!(told("worker.st.css=/jk.css"), 1);
    let limited = |property: &str| {
        let conf = "<Location /jk>\n<Limit POST>\nRequire local\n</Limit>\n</Location>";
        self::told(conf, &[(None, &["/jk=st"])], &workers(property)).len()
    };
    assert_eq!((limited(""), limited("worker.st.update_methods=post")), (1, 0));
    assert_eq!(count("", &["/jk=w"]), 0);
    assert_eq!(count("<Location /jk>\nRequire local\n</Location>", &["/jk=st"]), 0);
}

#[test]
fn rules_that_bring_nobody_there_are_none() {
    for lines in
        [["/jk=st", "!/jk=*"].as_slice(), &["/jk=st", "!/jk=st"], &["/jk=st", "-/jk=st"], &["!/jk=st"]]
    {
        assert_eq!(count("", lines), 0, "{lines:?}");
    }
    assert_eq!(count("", &["/*=w", "/jk=st"]), 1);
}

#[test]
fn sections_that_name_the_worker_themselves_are_looked_at() {
    let section = |more: &str| {
        format!("<Location /jk>\nSetHandler jakarta-servlet\nSetEnv JK_WORKER_NAME st\n{more}\n</Location>")
    };
    let found = told(&section("Require all granted"), &[(None, &[])], &workers(""));
    assert!(
        found[0].starts_with("httpd.conf:2: SetHandler jakarta-servlet: everybody who reaches /jk can"),
        "{found:?}"
    );
    assert_eq!(count(&section("Require local"), &[]), 0);
    let folder = "DocumentRoot /srv\n<Directory /srv>\nRequire local\n</Directory>\n";
    assert_eq!(count(&format!("{folder}{}", section("")), &[]), 0);
    assert_eq!(count(folder, &["/jk=st"]), 1);
    assert_eq!(count(&section("").replace(" st", " w;stateless=1"), &[]), 0);
    assert_eq!(count(&section("").replace(" st", " st;stateless=1"), &[]), 1);
}
