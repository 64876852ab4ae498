//! The programs behind `make demo` and `make bench`: what they say of a port, and that a benchmark can be run.

use std::process::Command;

use super::run;
use crate::support::httpd::Verdict;
use crate::support::suite::Suite;
use crate::support::{paths, ports};

pub fn add(suite: Suite) -> Suite {
    suite
        .test("the_demo_says_what_is_wrong_with_its_port", demo_port)
        .alone("one_case_of_the_benchmark_runs_with_a_relative_target_directory", bench)
}

fn demo_port() {
    let demo = |port: &str| {
        let mut command = Command::new(paths::project().join("conf-examples/demo/run"));
        run(command.arg("once").env("MOD_JK_SO", paths::module()).env("PORT", port))
    };
    let refused = |verdict: Verdict, sentence: &str| {
        assert!(!verdict.ok && verdict.output.contains(sentence), "{}", verdict.output);
        assert!(!verdict.output.contains("Starting httpd"), "{}", verdict.output);
    };
    for port in ["abc", "0", "65536", "80 80", "$(id)"] {
        refused(demo(port), "is not a port: 1 to 65535");
    }
    let (_listener, port) = ports::listen();
    refused(demo(&port.to_string()), &format!("another program listens on port {port}"));
}

fn bench() {
    let report = tempfile::tempdir().expect("a temporary directory");
    let target = paths::target();
    let modules = if target.join("original/mod_jk.so").exists() { "rust,c,proxy" } else { "rust,proxy" };
    let mut command = Command::new(paths::project().join("benches/run"));
    command.args(["--cases", "small", "--rounds", "1", "--modules", modules, "--report"]).arg(report.path());
    command
        .env("CARGO_TARGET_DIR", target.strip_prefix(paths::project()).unwrap_or(&target))
        .current_dir("/");
    let verdict = run(&mut command);
    assert!(verdict.ok && verdict.output.contains("System calls of httpd per request"), "{}", verdict.output);
}
