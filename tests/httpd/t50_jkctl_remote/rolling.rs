//! conf-examples/rolling-deployment: its script rolls over three Tomcats with `jkctl`, while users with sessions go on.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::support::backend::{Answer, Backend};
use crate::support::example::Example;
use crate::support::site::Mpm;
use crate::support::suite::Suite;
use crate::support::tomcat::{Service, Tomcat};
use crate::support::users::Users;
use crate::support::{paths, ports};

pub fn add_to(suite: Suite) -> Suite {
    suite
        .alone("no_request_fails_while_the_script_rolls_over_three_tomcats", run)
        .test("the_script_knows_the_secret_of_the_connectors_and_the_password_of_the_page", secret)
}

/// What the script runs for each Tomcat here: it asks this test to replace that, and goes on when it has.
const COMMAND: &str = "echo \"replace $1\"; read done";

fn run() {
    let services = ["tomcat1", "tomcat2", "tomcat3"].map(Service::new);
    let [one, two, three] = &services;
    let mut tomcats =
        Tomcat::start([std::slice::from_ref(one), std::slice::from_ref(two), std::slice::from_ref(three)]);
    let port = ports::free();
    let example = Example::new("rolling-deployment", Mpm::Event).set("HTTP_PORT", port);
    let example = services.iter().enumerate().fold(example, |example, (index, service)| {
        example.set(&format!("TOMCAT{}_AJP", index + 1), service.port)
    });
    assert_eq!(example.configtest().output.trim(), "Syntax OK");
    let script = example.path("deploy");
    let _running = example.start(port);
    let users = Users::start(port, "/shop/session");
    users.wait_for(200);

    let mut command = Command::new("sh");
    command
        .arg(script)
        .arg(COMMAND)
        .args(services.iter().map(|Service { route, port }| format!("{route}=127.0.0.1:{port}")));
    command
        .env("STATUS", format!("http://127.0.0.1:{port}/jk-status"))
        .envs([("DRAIN", "3"), ("HEALTH", "/shop/facts")]);
    command.env("JKCTL", paths::jkctl()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut script = command.spawn().expect("sh runs");
    let mut answer = script.stdin.take().expect("its input");
    for line in BufReader::new(script.stdout.take().expect("its output")).lines().map_while(Result::ok) {
        println!("{line}");
        if let Some((route, _)) = line.split_once(": Disabled, drains") {
            users.is_draining(route);
        }
        if let Some(route) = line.strip_prefix("replace ") {
            let index = services.iter().position(|service| service.route == route).expect("one of them");
            tomcats[index].kill();
            users.wait_for(100);
            tomcats[index].launch_again();
            writeln!(answer, "done").expect("the script waits");
        }
    }
    assert!(script.wait().expect("its end").success());
    users.wait_for(200);
    println!("{}", users.stop());
}

/// A Tomcat that takes what brings its secret.
fn protected() -> Backend {
    Backend::answering(|forward| match forward.attributes.get("secret").map(String::as_str) {
        Some("sesame") => Answer::ok("new"),
        _ => Answer::status(403),
    })
}

fn secret() {
    let backends = [(); 3].map(|()| protected());
    let port = ports::free();
    let example = Example::new("rolling-deployment", Mpm::Event).set("HTTP_PORT", port);
    let example = backends.iter().enumerate().fold(example, |example, (index, backend)| {
        example.set(&format!("TOMCAT{}_AJP", index + 1), backend.port())
    });
    let (script, file) = (example.path("deploy"), example.path("ajp.secret"));
    let password = example.path("password");
    for (file, text) in [(&file, "sesame\n"), (&password, "unasked\n")] {
        fs::write(file, text).expect("a file of our own");
        fs::set_permissions(file, Permissions::from_mode(0o600)).expect("a mode");
    }
    let _running = example.start(port);
    let deploy = |secret: &str| {
        let mut command = Command::new("sh");
        command.arg(&script).arg("echo replaced $1");
        for (index, backend) in backends.iter().enumerate() {
            command.arg(format!("tomcat{}=127.0.0.1:{}", index + 1, backend.port()));
        }
        command.env("STATUS", format!("http://127.0.0.1:{port}/jk-status")).env("DRAIN", "1");
        command.env("ACCESS", format!("--user deployer --password-file {}", password.display()));
        command.env("JKCTL", paths::jkctl()).env("SECRET_FILE", secret);
        let output = command.output().expect("sh runs");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    };
    let (succeeded, text) = deploy("");
    assert!(!succeeded && text.contains("403"), "{text}");
    assert!(!text.contains("tomcat1: Active") && !text.contains("replaced tomcat2"), "it stays out: {text}");
    let (succeeded, text) = deploy(&file.display().to_string());
    assert!(succeeded, "{text}");
    for index in 1..=3 {
        assert!(text.contains(&format!("tomcat{index}: working after ")), "{text}");
    }
}
