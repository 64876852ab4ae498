//! `jkctl check`: what configtest says, without httpd.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{jkctl, run};
use crate::support::example::Example;
use crate::support::paths;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::t03_configtest::{Mistake, ERRORS, RIGHT, WARNINGS};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("check_says_what_configtest_says_of_workers", workers)
        .test("check_says_what_configtest_says_of_mounts_and_maps", mounts)
        .test("check_says_what_httpd_says_of_places_and_arguments", syntax)
        .test("check_says_what_configtest_says_of_macros", macros)
        .test("the_examples_pass_check_without_a_line", examples)
        .test("check_ends_as_scripts_expect", endings)
        .test("check_prints_text_json_and_workflow_commands", formats)
}

/// What configtest prints of this module and of wrong directives: severity, place and message.
fn configtest(site: &Site) -> Vec<String> {
    of_configtest(&site.configtest().output)
}

fn of_configtest(output: &str) -> Vec<String> {
    let mut lines = output.lines();
    let mut said = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(line) = line.strip_prefix("mod_jk: ") {
            said.push(line.to_owned());
        } else if let Some((_, place)) = line.split_once("Syntax error on line ") {
            let (number, file) = place.trim_end_matches(':').split_once(" of ").expect("a place");
            said.push(format!("error: {file}:{number}: {}", lines.next().unwrap_or_default()));
        }
    }
    said
}

/// What `jkctl check` says of the same files.
fn check(site: &Site) -> Vec<String> {
    site.write_conf();
    let file = site.path("conf/httpd.conf");
    complaints(jkctl(&["check", "--format", "json", "-c"]).arg(file))
}

/// What it says in JSON, told as configtest does.
fn complaints(command: &mut Command) -> Vec<String> {
    let (status, output) = run(command);
    let found: Vec<Value> = serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"));
    let said: Vec<_> = found.iter().map(complaint).collect();
    let has_errors = said.iter().any(|line| line.starts_with("error: "));
    assert_eq!(status, Some(i32::from(has_errors)), "{said:?}");
    said
}

fn complaint(found: &Value) -> String {
    let text = |name: &str| found[name].as_str().map(str::to_owned);
    let line = found["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
    let place = text("file").map(|file| format!("{file}{line}: ")).unwrap_or_default();
    format!("{}: {place}{}", text("severity").unwrap_or_default(), text("message").unwrap_or_default())
}

fn site(workers: &str, conf: &str) -> Site {
    Site::new(Mpm::Event).workers(workers).conf(conf)
}

/// Both say the same, and something.
fn compare(site: &Site, what: &str) {
    let (expected, found) = (configtest(site), check(site));
    assert!(!expected.is_empty(), "{what}: configtest says nothing");
    assert_eq!(found, expected, "{what}");
}

fn workers() {
    for Mistake { name, right, wrong, .. } in ERRORS.iter().chain(&WARNINGS) {
        compare(&site(&RIGHT.replacen(right, wrong, 1), "JkMount /* lb"), name);
    }
    for line in
        ["worker.other.host=127.0.0.1:8011", "worker.other.socket_timeout=2x", "/x=lb", "; no comment"]
    {
        compare(&site(&format!("{RIGHT}{line}\n"), "JkMount /* lb"), line);
    }
    let lines = "JkWorkerProperty worker.lb.port=x\nJkWorkerProperty nonsense\nJkMount /* lb";
    compare(&Site::new(Mpm::Event).conf(lines), lines);
}

fn mounts() {
    let host = |lines: &str| format!("<VirtualHost *:@PORT@>\nServerName one.test\n{lines}\n</VirtualHost>");
    let open = "JkWorkerProperty worker.list=jk\nJkWorkerProperty worker.jk.type=status";
    for conf in [
        "JkMount /direct/* worker1".to_owned(),
        "JkMount /a/* lb\nJkMount /a/* other".to_owned(),
        "JkMount /a/* lb;reply_timeot=3".to_owned(),
        "JkMount /a/* lb\nJkUnMount /a/x* other\nJkUnMount /b *".to_owned(),
        format!("JkMount /a/* lb\n{}", host("")),
        host("JkMountCopy On"),
        host("JkMount /x nobody"),
        "<Location /a>\n<IfModule jk_module>\nJkMount lbb\n</IfModule>\n</Location>".to_owned(),
        "<IfModule mod_gone.c>\nJkMount /never nobody\n</IfModule>\nJkMount /always nobody".to_owned(),
        "<Directory /srv/shop>\nJkMount lb\n</Directory>".to_owned(),
        "JkLogLevel warning\nJkMount /a lb\nJkMountFileReload abc\nJkShmSize 100".to_owned(),
        "JkRequestLogFormat \"%w %Z\"\nJkStateFile run/state".to_owned(),
        "JkMountFile conf/gone.properties".to_owned(),
        "JkMountFile conf/map.properties".to_owned(),
        "Include conf/extra/*.conf".to_owned(),
        format!("{open}\nJkMount /jk jk"),
        format!("{open}\n{}", host("JkMount /jk jk")),
        format!("{open}\n<LocationMatch \"^/(a|b)$\">\nRequire ip 127.0.0.1\n</LocationMatch>\nJkMount /a jk\nJkMount /c jk"),
    ] {
        let site = site(RIGHT, &conf)
            .file("conf/map.properties", "/a=lb\n# next\n/b=ohter\nJkMount /c lb\n/d=lb;x\n")
            .file("conf/extra/2.conf", "JkMount /two \\\n  nobody\n")
            .file("conf/extra/1.conf", "JkMount /one nobody\n");
        compare(&site, &conf);
    }
}

/// httpd names macro and use, and check the line in the macro.
fn macros() {
    let text = "<Macro Shop $name $worker>\nJkMount /$name/* $worker\n</Macro>\nUse Shop one nobody\nUse shop two lb\n\
                Use SHOP 'three' nobody";
    let site = Site::new(Mpm::Event).workers(RIGHT).load("macro").conf(text);
    let mount = |line: &String| line.split_once(": JkMount ").expect("a mount").1.to_owned();
    let expected: Vec<_> = configtest(&site).iter().map(mount).collect();
    assert_eq!(expected.len(), 2, "{expected:?}");
    let found = check(&site);
    assert_eq!(found.iter().map(mount).collect::<Vec<_>>(), expected);
    let conf = fs::read_to_string(site.path("conf/httpd.conf")).expect("a file of our own");
    let number = 1 + conf.lines().position(|line| line.starts_with("JkMount /$name")).expect("the line");
    assert!(found.iter().all(|line| line.contains(&format!("httpd.conf:{number}: "))), "{found:?}");
}

/// httpd ends with the first wrong directive.
fn syntax() {
    for conf in [
        "JkLogLevel a b",
        "JkMount a lb",
        "JkMount /a b c",
        "JkExtractSSL maybe",
        "JkOptions +ForwardKeysizes",
        "JkWorkersFile x",
        "JkConfigCheck Sometimes",
        "<VirtualHost *:1>\nJkShmFile x\n</VirtualHost>",
        "<Location /a>\nJkOptions +FlushPackets\n</Location>",
        "<Location /a>\nJkMount /a lb\n</Location>",
        "<If true>\nJkMount lb\n</If>",
        "<Files x>\nJkMount lb\n</Files>",
        "JkWorkerProperty worker.lb.tpye=lb",
    ] {
        let site = site(RIGHT, conf);
        let (expected, found) = (configtest(&site), check(&site));
        assert_eq!(expected.len(), 1, "{conf}: {expected:?}");
        assert!(found.contains(&expected[0]), "{conf}: {expected:?}: {found:?}");
    }
}

/// The ports that the files of an example ask for, each another one: `${NAME}` or `$(NAME)`.
fn asked(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder.join("conf")).expect("a folder").flatten();
    let texts: Vec<_> = files.filter_map(|file| fs::read_to_string(file.path()).ok()).collect();
    let names: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| text.split(['{', '(']))
        .filter_map(|rest| rest.split(['}', ')']).next())
        .filter(|name| name.ends_with("_AJP") || name.contains("PORT"))
        .collect();
    (8001..).zip(names).map(|(port, name)| (name.to_owned(), port.to_string())).collect()
}

/// Examples that administrators wrote hold what configtest complains of; the others pass.
fn examples() {
    let folder = paths::project().join("conf-examples");
    let mut clean = BTreeSet::new();
    for entry in fs::read_dir(&folder).expect("the examples").map(|entry| entry.expect("an entry")) {
        let name = entry.file_name().into_string().expect("a plain name");
        // The demo has a program where others have a folder.
        if !entry.path().join("conf/httpd.conf").exists() || entry.path().join("run").is_file() {
            continue;
        }
        let example = asked(&entry.path())
            .into_iter()
            .fold(Example::new(&name, Mpm::Event), |example, (name, value)| example.set(&name, value))
            .set("MAP_FILE", "agent/uriworkermap.properties");
        let mut command = jkctl(&["check", "--format", "json", "-c"]);
        let found = complaints(command.arg(folder.join("frame.conf")).envs(example.variables()));
        let expected = example.configtest();
        // Two need keys, which check does not ask for.
        if expected.output.contains("SSLCertificateFile") {
            assert_eq!(found, [""; 0], "{name}");
            continue;
        }
        assert_eq!(found, of_configtest(&expected.output), "{name}");
        if found.is_empty() {
            clean.insert(name);
        }
    }
    for name in ["full", "sethandler", "status-workers"] {
        assert!(clean.contains(name), "{name}: {clean:?}");
    }
}

fn endings() {
    let site = site(RIGHT, "JkMount /* lb").file("conf/map", "/x=lb\n").file("conf/doubtful", "/x=nobody\n");
    let path = |name: &str| site.path(&format!("conf/{name}")).display().to_string();
    let end = |arguments: &[&str]| run(jkctl(&["check", "--offline"]).args(arguments)).0;
    let (workers, map) = (path("workers.properties"), path("map"));
    assert_eq!(run(jkctl(&["check", "-w", &workers, "-m", &map]).arg("--strict")), (Some(0), String::new()));
    assert_eq!(end(&["-w", &workers, "-m", &path("doubtful")]), Some(0), "a warning");
    assert_eq!(end(&["-w", &workers, "-m", &path("doubtful"), "--strict"]), Some(1));
    for (policy, ending) in [("Warn", 0), ("Strict", 1)] {
        site.write("conf/policy", &format!("JkConfigCheck {policy}\nJkMount /a nobody\n"));
        assert_eq!(end(&["-w", &workers, "-c", &path("policy")]), Some(ending), "{policy}");
    }
    site.write("conf/broken", &RIGHT.replace("type=ajp13", "type=apj13"));
    assert_eq!(end(&["-w", &path("broken")]), Some(1));
    for wrong in [&["-w", &path("gone")][..], &["-c", &path("gone")], &[], &["-x"]] {
        assert_eq!(end(wrong), Some(2), "{wrong:?}");
    }
}

fn formats() {
    let site = Site::new(Mpm::Event).file("conf/w,x", &RIGHT.replace("type=ajp13", "type=apj13"));
    let file = site.path("conf/w,x").display().to_string();
    let of = |format: &str| run(&mut jkctl(&["check", "-w", &file, "--format", format])).1;
    let text = of("text");
    assert!(
        text.starts_with(&format!("{file}:4: error: ")) && text.contains("did you mean ajp13?"),
        "{text}"
    );
    let github = of("github");
    assert!(github.starts_with(&format!("::error file={},line=4::", file.replace(',', "%2C"))), "{github}");
    let json: Value = serde_json::from_str(&of("json")).expect("JSON");
    assert_eq!((json[0]["severity"].as_str(), json[0]["line"].as_u64()), (Some("error"), Some(4)));
    let schema =
        fs::read_to_string(paths::project().join("docs/jkctl-check.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let described: Vec<_> = schema["items"]["properties"].as_object().expect("properties").keys().collect();
    let told: Vec<_> = json[0].as_object().expect("an object").keys().collect();
    assert_eq!(told, described);
}
