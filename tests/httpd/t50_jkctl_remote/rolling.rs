//! conf-examples/rolling-deployment: its script rolls over three Tomcats with `jkctl`, while users with sessions go on.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::support::example::Example;
use crate::support::site::Mpm;
use crate::support::suite::Suite;
use crate::support::tomcat::{Service, Tomcat};
use crate::support::users::Users;
use crate::support::{paths, ports};

pub fn add_to(suite: Suite) -> Suite {
    suite.alone("no_request_fails_while_the_script_rolls_over_three_tomcats", run)
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
