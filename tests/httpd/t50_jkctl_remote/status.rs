//! `jkctl status`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::program::{jkctl, jkctl_with};
use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::site::{Mpm, Site};
use crate::support::suite::Suite;
use crate::support::{backend, paths, ports};

pub fn add_to(suite: Suite) -> Suite {
    suite
        .test("status_is_a_table_and_tells_errors", table)
        .test("status_watches", watches)
        .test("status_says_why_a_page_is_not_shown", refusals)
}

/// A balancer over one member that works, `good`, and one that does not, `dead`; `good` stands alone as well.
fn site(backend: &Backend, dead: u16) -> Site {
    let workers = [backend.worker("good"), backend::worker("dead", dead)].concat();
    let lb = "worker.farm.type=lb\nworker.farm.balance_workers=good,dead\nworker.farm.recover_probe=off\n";
    Site::new(Mpm::Event)
        .workers(&format!("worker.list=farm,good,st\nworker.st.type=status\n{lb}{workers}"))
        .conf("JkMount /status st\nJkMount /app/* farm")
}

fn url(httpd: &Httpd) -> String {
    format!("http://127.0.0.1:{}/status", httpd.port())
}

/// The words of the first line that begins with `name`.
fn row(text: &str, name: &str) -> Vec<String> {
    let line = text.lines().find(|line| line.trim_start().starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in {text}"));
    line.split_whitespace().map(str::to_owned).collect()
}

fn table() {
    let (backend, dead) = (Backend::constant("route=good\n"), ports::free());
    let httpd = site(&backend, dead).start();
    let calm = jkctl(["status", &url(&httpd)]).ends_with(0);
    assert!(!calm.text().contains("in error") && !calm.text().contains('\x1B'), "{}", calm.text());
    for _ in 0..4 {
        assert_eq!(httpd.get("/app/x").status, 200);
    }
    let said =
        jkctl(["status", &url(&httpd)]).ends_with(1).says("balancer farm: 2 members, 1 in error, 0 busy");
    let text = said.text();
    assert_eq!(row(&text, "MEMBER")[..6], ["MEMBER", "ADDRESS", "BUSY", "CONNECTED", "REQUESTS", "ERRORS"]);
    let good = row(&text, "good");
    assert_eq!(good[1..3], [format!("127.0.0.1:{}", backend.port()), "0".to_owned()], "{text}");
    assert_eq!((good[4].as_str(), good[5].as_str()), ("4", "0"), "{text}");
    let dead = row(&text, "dead");
    assert!(dead.contains(&"ERR".to_owned()) && dead.last().is_some_and(|word| word == "Active"), "{text}");
    assert!(text.contains("  dead, ") && text.contains(" s ago: "), "the last error: {text}");
    assert!(text.contains("workers of their own"), "{text}");

    let json = jkctl(["status", "--json", &url(&httpd)]).ends_with(1);
    let shown: Value = serde_json::from_slice(&json.out).expect("JSON as it came");
    assert_eq!(
        (&shown["version"], &shown["balancers"][0]["members"][1]["name"]),
        (&1.into(), &"dead".into())
    );
    let one = jkctl(["status", &format!("{}?cmd=show&w=good&mime=txt", url(&httpd))]).ends_with(0);
    assert!(!one.text().contains("balancer"), "{}", one.text());
    jkctl(["status", &format!("{}?cmd=show&w=god", url(&httpd))])
        .ends_with(2)
        .says("Could not find given worker");
    let terminal = Command::new("script")
        .args([
            "-qec",
            &format!("TERM=xterm {} status {}", paths::jkctl().display(), url(&httpd)),
            "/dev/null",
        ])
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("script, of util-linux, runs");
    let colours = String::from_utf8_lossy(&terminal.stdout);
    assert!(colours.contains("\x1B[31mERR\x1B[0m"), "{colours}");
}

fn watches() {
    let backend = Backend::constant("route=good\n");
    let httpd = site(&backend, ports::free()).start();
    let url = url(&httpd);
    for (arguments, count) in
        [(["status", &url, "--watch=0.1"], 3), (["status", "-w=0.1", &url], 3), (["status", "-w", &url], 1)]
    {
        let mut command = Command::new(paths::jkctl());
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("jkctl runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let tables = lines.map_while(Result::ok).filter(|line| line.contains("balancer farm:"));
        let tables = tables.take(count).count();
        child.kill().expect("it goes on until it is ended");
        child.wait().expect("its end");
        assert_eq!(tables, count, "{arguments:?}");
    }
}

/// A file of `htpasswd -s`: the password of the user `operator` is `secret`.
const PASSWORDS: &str = "operator:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";

fn refusals() {
    let backend = Backend::constant("route=good\n");
    let modules = ["auth_basic", "authn_core", "authn_file", "authz_user", "alias"];
    let site = modules.iter().fold(site(&backend, ports::free()), |site, module| site.load(module));
    let httpd = site
        .file("conf/passwords", PASSWORDS)
        .file("conf/password", "secret\n")
        .file("htdocs/index.html", "a page\n")
        .conf(
            "<Location /status>\nAuthType Basic\nAuthName x\nAuthUserFile conf/passwords\nRequire valid-user\n\
             </Location>\nJkMount /denied st\n<Location /denied>\nRequire all denied\n</Location>\n\
             Redirect /old https://www.example.org/status",
        )
        .start();
    let base = format!("http://127.0.0.1:{}", httpd.port());
    for (path, told) in [
        ("/status", "wants a user and a password (401)"),
        ("/denied", "forbids it (403)"),
        ("/nowhere", "404 Not Found, expected a status page"),
        ("/index.html", "no status page of this module (HTTP status 200)"),
        ("/old", "redirects to https://www.example.org/status"),
    ] {
        jkctl(["status", &format!("{base}{path}")]).ends_with(2).says(told);
    }
    let refused = format!("http://127.0.0.1:{}/status", ports::free());
    jkctl(["status", &refused]).ends_with(2).says("Connection refused");
    jkctl(["status", "127.0.0.1/status"]).ends_with(2).says("expected the URL of a status page");

    let status = format!("{base}/status");
    let password = httpd.site().path("conf/password").display().to_string();
    let by_url = status.replace("http://", "http://operator:secret@");
    let said = jkctl(["status", &by_url]).ends_with(0);
    assert!(!said.text().contains("secret"), "{}", said.text());
    let by_file = ["status", &status, "--user", "operator", "--password-file", &password];
    jkctl(by_file).ends_with(0).says("everybody can read this secret");
    let by_variable = ["status", &status, "--user", "operator"];
    jkctl_with(by_variable, &[("JKCTL_PASSWORD", "secret")], b"").ends_with(0);
    let wrong = jkctl_with(by_variable, &[("JKCTL_PASSWORD", "poppy")], b"");
    wrong.ends_with(2).says("does not take this user and password (401)");
    jkctl(by_variable).ends_with(2).says("a user needs a password");
}
