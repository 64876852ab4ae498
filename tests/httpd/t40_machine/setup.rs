//! `apxs/setup` and `apxs/rust`: what is looked for, what is taken, and that nothing is switched on.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{project_file, run, Machine};
use crate::support::paths;
use crate::support::suite::Suite;

/// An `apt-cache` whose only Rust is of that version.
const DISTRIBUTION: &str = r#"case "$1 $2" in
"policy rustc") echo "  Candidate: @VERSION@+dfsg1-2" ;;
show*) ;;
policy*) echo "  Candidate: (none)" ;;
esac"#;

/// An `apt-get` that installs nothing and remembers what it was asked for.
const APT_GET: &str = r#"echo "$@" >>@ROOT@/asked"#;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("the_lock_file_asks_for_no_newer_rust_than_the_project", lock_file)
        .test("the_newest_rust_is_taken", newest_rust)
        .test("a_rust_that_nobody_can_install_is_told_before_anything_is_installed", rust_first)
        .test("a_rust_of_the_distribution_that_is_new_enough_is_installed", rust_of_the_distribution)
        .test("set_up_by_sudo_looks_for_the_rust_of_its_user", rust_of_the_user)
        .test("what_root_unpacked_is_the_owner_of_the_checkout_s", given_away)
        .test("set_up_installs_nothing_that_brings_a_service_or_a_module", no_service)
        .test("what_servers_load_can_be_read_by_everybody", readable)
        .test("fuzzing_without_a_nightly_rust_or_a_target_fails", fuzz)
}

/// The minor number of the Rust that Cargo.toml asks for.
fn rust_floor() -> u32 {
    let text = project_file("Cargo.toml");
    let version = text.lines().find_map(|line| line.strip_prefix("rust-version = \"1.")?.strip_suffix('"'));
    version.and_then(|minor| minor.parse().ok()).expect("rust-version in Cargo.toml")
}

fn lock_file() {
    let arguments = ["metadata", "--locked", "--offline", "--format-version=1"];
    let platform = ["--filter-platform", "x86_64-unknown-linux-gnu"];
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let said = run(cargo.args(arguments).args(platform).current_dir(paths::project())).output;
    let asked = said.split("\"rust_version\":\"1.").skip(1);
    let minors = asked.filter_map(|rest| rest.split(['.', '"']).next()?.parse::<u32>().ok());
    let minors: BTreeSet<_> = minors.collect();
    assert!(minors.len() > 3, "packages say what they ask for: {said:.500}");
    assert!(minors.iter().all(|minor| *minor <= rust_floor()), "1.{minors:?} with {}", rust_floor());
}

fn newest_rust() {
    let rust = |version: &str| format!("echo 'rustc {version} (made up)'");
    for (first, second) in [("1.63.0", "1.999.0"), ("1.999.0", "1.63.0")] {
        let machine = Machine::new();
        let machine = machine.program("bin/cargo", "").program("bin/rustc", &rust(first));
        let machine = machine.program(".cargo/bin/cargo", "").program(".cargo/bin/rustc", &rust(second));
        let said = run(machine.bare_command("apxs/rust").args(["rustc", "--version"])).output;
        assert!(said.starts_with("rustc 1.999.0"), "{said}");
    }
}

/// A machine of root's without Rust, whose distribution has that one.
fn debian_with_rust(version: &str) -> Machine {
    Machine::new()
        .program("bin/id", "echo 0")
        .program("bin/apt-get", APT_GET)
        .program("bin/apt-cache", &DISTRIBUTION.replace("@VERSION@", version))
}

fn rust_first() {
    let machine = debian_with_rust("1.63.0");
    let verdict = run(&mut machine.bare_command("apxs/setup"));
    assert!(!verdict.ok && verdict.output.contains("Rust 1.85 or newer is missing"), "{}", verdict.output);
    assert!(!machine.read("asked").contains("install"), "asked for {}", machine.read("asked"));
}

fn rust_of_the_distribution() {
    if !paths::is_debian() {
        return;
    }
    let machine = debian_with_rust("1.85.0");
    let verdict = run(&mut machine.bare_command("apxs/setup"));
    assert!(verdict.ok, "{}", verdict.output);
    assert!(machine.read("asked").contains(" cargo rustc"), "asked for {}", machine.read("asked"));
}

/// As sudo leaves it: root's home, in which is no Rust, and the name of a user who has one.
fn rust_of_the_user() {
    if !paths::is_debian() {
        return;
    }
    let asked = |variables: &[(&str, &str)]| {
        let machine = debian_with_rust("1.85.0")
            .program("bin/runuser", r#"shift 3; exec "$@""#)
            .program("bin/getent", "echo ann:x:1000:1000::@ROOT@/ann:/bin/sh")
            .program("ann/.cargo/bin/cargo", "")
            .program("ann/.cargo/bin/rustc", "echo 'rustc 1.999.0 (made up)'");
        let verdict = run(machine.bare_command("apxs/setup").envs(variables.iter().copied()));
        assert!(verdict.ok, "{}", verdict.output);
        machine.read("asked")
    };
    let by_sudo = asked(&[("SUDO_USER", "ann")]);
    assert!(by_sudo.contains("install") && !by_sudo.contains("cargo"), "asked for {by_sudo}");
    let by_make = asked(&[("SUDO_USER", "ann"), ("MAKELEVEL", "1")]);
    assert!(by_make.contains(" cargo rustc"), "root builds by itself, and asked for {by_make}");
}

fn given_away() {
    if !paths::is_debian() {
        return;
    }
    let machine = debian_with_rust("1.85.0").program("bin/chown", r#"echo "$@" >>@ROOT@/given"#);
    let target = machine.path("target");
    fs::create_dir_all(target.join("unpacked")).expect("a directory of our own");
    let verdict = run(machine.bare_command("apxs/setup").env("CARGO_TARGET_DIR", &target));
    assert!(verdict.ok, "{}", verdict.output);
    let target = target.display();
    let wanted = format!("--reference=. {target}\n-R --reference=. {target}/unpacked\n");
    assert_eq!(machine.read("given"), wanted);
}

/// The packages that set-up may install on Debian: the first word behind each `need`.
fn packages() -> BTreeSet<String> {
    let setup = project_file("apxs/setup");
    let words = setup.split("need ").skip(1).filter_map(|rest| rest.split_whitespace().next());
    words
        .filter(|word| word.starts_with(|first: char| first.is_ascii_lowercase()))
        .map(str::to_owned)
        .collect()
}

fn no_service() {
    let packages = packages();
    assert!(packages.contains("apache2-dev") && packages.contains("tomcat10-common"), "{packages:?}");
    for package in packages.into_iter().filter(|package| paths::is_debian() && !is_essential(package)) {
        let files = run(Command::new("dpkg-query").args(["-L", &package])).output;
        let switch = ["/etc/init.d/", "/systemd/system/", "/mods-available/"];
        let found: Vec<_> =
            files.lines().filter(|file| switch.iter().any(|part| file.contains(part))).collect();
        assert!(found.is_empty(), "{package} brings {found:?}");
    }
}

/// Whether every Debian has it.
fn is_essential(package: &str) -> bool {
    run(Command::new("dpkg-query").args(["-W", "-f", "${Essential}", package])).output == "yes"
}

fn readable() {
    for file in [Some(paths::module().to_owned()), paths::original()].into_iter().flatten() {
        for path in file.ancestors() {
            let mode = path.metadata().expect("it is there").permissions().mode();
            let wanted = if path.is_dir() { 0o001 } else { 0o004 };
            assert!(mode & wanted != 0, "{} has mode {mode:o}", path.display());
        }
    }
}

fn fuzz() {
    let fuzz = |rustup: &str| {
        let machine = Machine::new().program("bin/rustup", rustup);
        run(machine.bare_command("fuzz/run").arg("1"))
    };
    let without_nightly = fuzz("exit 1");
    assert!(!without_nightly.ok && without_nightly.output.contains("nightly"), "{}", without_nightly.output);
    let without_target = fuzz("exit 0");
    assert!(!without_target.ok && without_target.output.contains("no target"), "{}", without_target.output);
    let broken_target = fuzz(r#"case "$*" in *list) echo reply ;; *run\ reply*) exit 77 ;; esac"#);
    assert!(!broken_target.ok, "{}", broken_target.output);
}
