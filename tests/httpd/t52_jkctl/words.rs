//! What `jkctl` prints of itself: help, completions, and the manual's part about options.

use std::fs::File;
use std::process::Command;

use super::{jkctl, run};
use crate::support::suite::Suite;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("bash_completes_what_completions_prints_for_it", bash)
        .test("completions_and_the_manual_know_every_subcommand", everywhere)
        .test("what_the_system_refuses_is_told_in_its_words_alone", refused)
}

/// The subcommands that the help lists.
fn subcommands() -> Vec<String> {
    let (status, help) = run(&mut jkctl(&["--help"]));
    assert!(status == Some(0) && help.contains("Examples:") && help.contains("Exit status:"), "{help}");
    let listed = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next());
    let words = listed
        .expect("the commands")
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let words = words.filter_map(|line| line.split_whitespace().next());
    let found: Vec<_> = words.filter(|word| *word != "help").map(str::to_owned).collect();
    assert!(found.len() > 10, "{found:?}: {help}");
    found
}

fn bash() {
    let (_, script) = run(&mut jkctl(&["completions", "bash"]));
    let asks = "\nCOMP_WORDS=(jkctl expl) COMP_CWORD=1\n_jkctl jkctl expl jkctl\necho \"${COMPREPLY[@]}\"\n\
                COMP_WORDS=(jkctl check --form) COMP_CWORD=2\n_jkctl jkctl --form check\necho \"${COMPREPLY[@]}\"\n";
    let (status, output) = run(Command::new("bash").args(["-euc", &format!("{script}{asks}")]));
    assert_eq!((status, output.as_str()), (Some(0), "explain\n--format\n"));
}

fn everywhere() {
    let manual = run(&mut jkctl(&["man"])).1;
    assert!(!manual.contains("\n.SH") && !manual.contains('\x1B'), "sections are the manual's own");
    let mut texts: Vec<_> =
        ["bash", "zsh", "fish"].iter().map(|shell| run(&mut jkctl(&["completions", shell])).1).collect();
    texts.push(manual);
    for subcommand in subcommands() {
        assert!(texts.iter().all(|text| text.contains(&subcommand)), "{subcommand}");
    }
    assert_eq!(run(&mut jkctl(&["completions", "tcl"])).0, Some(2));
}

/// Rust puts a number behind them.
fn refused() {
    let page = "http://127.0.0.1/status";
    for arguments in [
        &["check", "-w", "/nowhere/file"][..],
        &["check", "-m", "/nowhere/file"],
        &["check", "-c", "/nowhere/file"],
        &["check", "-c", "/"],
        &["explain", "/x", "-c", "/nowhere/file"],
        &["shm", "/nowhere/file"],
        &["ping", "127.0.0.1:1", "--secret-file", "/nowhere/file"],
        &["get", "ajp://127.0.0.1:1/", "-d", "@/nowhere/file"],
        &["status", page, "--user", "x", "--password-file", "/nowhere/file"],
        &["status", "https://127.0.0.1/status", "--cacert", "/nowhere/file"],
        &["status", "http://host.invalid/status"],
        &["ping", "host.invalid:8009"],
        &["ping", "unix:/etc/passwd"],
        &["ping", "unix:/etc/passwd/ajp"],
    ] {
        let (status, output) = run(&mut jkctl(arguments));
        assert!(status != Some(0) && !output.contains("os error"), "{arguments:?}: {output}");
        let names = ["/nowhere/file: No such file or directory", "/: Is a directory", "host", "/etc/passwd"];
        assert!(names.iter().any(|name| output.contains(name)), "{arguments:?}: {output}");
    }
    let full = File::options().write(true).open("/dev/full").expect("a device of Linux");
    let output = jkctl(&["man"]).stdout(full).output().expect("jkctl runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(told, "jkctl: can't write the result: No space left on device\n");
}
