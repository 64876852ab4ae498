//! `apxs/install`: what goes where, what stays, and whose files are left alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{run, Machine};
use crate::support::httpd::Verdict;
use crate::support::paths;
use crate::support::site::as_nobody;
use crate::support::suite::Suite;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("install_puts_samples_and_uninstall_takes_what_nobody_changed", samples)
        .test("jkctl_is_installed_beside_the_module_and_taken_away_with_it", program)
        .test("shells_get_completions_of_jkctl", completions)
        .test("debian_gets_its_own_layout", debian)
        .test("install_as_a_plain_user_says_sudo", plain_user)
        .test("a_module_that_a_package_owns_is_diverted_not_replaced", packaged)
        .test("a_module_that_is_switched_on_is_not_taken_away", switched_on)
}

/// A machine whose httpd has its own ServerRoot.
fn with_server_root() -> Machine {
    Machine::new().program("bin/apxs", &apxs("@ROOT@/modules", "@ROOT@/conf", "@ROOT@/logs"))
}

/// An apxs of an httpd with those directories.
pub fn apxs(modules: &str, conf: &str, run: &str) -> String {
    format!(
        "case $2 in LIBEXECDIR) echo {modules} ;; SYSCONFDIR) echo {conf} ;; RUNTIMEDIR) echo {run} ;; \
         BINDIR) echo @ROOT@/usr/bin ;; MANDIR) echo @ROOT@/usr/man ;; esac"
    )
}

/// A machine whose httpd has Debian's layout.
fn with_debians_apxs() -> Machine {
    Machine::new().program("bin/apxs", &apxs("/usr/lib/apache2/modules", "/etc/apache2", "/run/apache2"))
}

/// `apxs/install` on that machine.
pub fn install(machine: &Machine, arguments: &[&str]) -> Verdict {
    run(machine.command("apxs/install").args(arguments))
}

/// The module to install.
pub fn module() -> &'static str {
    paths::module().to_str().expect("a plain path")
}

fn samples() {
    let machine = with_server_root();
    let verdict = install(&machine, &[module()]);
    assert!(verdict.ok && verdict.output.contains("LoadModule jk_module"), "{}", verdict.output);
    let mode =
        |path: &str| fs::metadata(machine.path(path)).expect("installed").permissions().mode() & 0o7777;
    assert_eq!(mode("modules/mod_jk.so"), 0o644);
    assert_eq!(mode("usr/man/man8/mod_jk.8"), 0o644);
    assert_eq!(mode("conf/workers.properties"), 0o640, "it is to hold secrets");
    assert_eq!(mode("conf/uriworkermap.properties"), 0o644, "children read it again");
    assert!(machine.read("conf/jk.conf.sample").contains(&format!("JkShmFile {}/logs/", machine.root())));

    fs::write(machine.path("conf/workers.properties"), "worker.list=mine\n").expect("a file of our own");
    assert!(install(&machine, &[module()]).output.contains("kept "));
    assert_eq!(machine.read("conf/workers.properties"), "worker.list=mine\n");

    let removed = install(&machine, &["--remove"]);
    assert!(removed.ok && removed.output.contains("(changed since)"), "{}", removed.output);
    let taken = [
        "modules/mod_jk.so",
        "usr/man/man8/mod_jk.8",
        "usr/man/man5/workers.properties.5",
        "conf/jk.conf.sample",
        "conf/uriworkermap.properties",
    ];
    let left: Vec<_> = taken.into_iter().filter(|path| machine.path(path).exists()).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(machine.read("conf/workers.properties"), "worker.list=mine\n");
}

fn program() {
    let machine = with_server_root();
    let jkctl = paths::jkctl();
    let jkctl = jkctl.to_str().expect("a plain path");
    let missing = install(&machine, &[module(), "/nowhere/jkctl"]);
    assert!(
        !missing.ok && missing.output.contains("/nowhere/jkctl is not there: run make first"),
        "{}",
        missing.output
    );
    assert!(!machine.path("modules/mod_jk.so").exists(), "both or none");
    assert!(install(&machine, &[module(), jkctl]).ok);
    let installed = machine.path("usr/bin/jkctl");
    assert_eq!(fs::metadata(&installed).expect("installed").permissions().mode() & 0o7777, 0o755);
    let output = Command::new(&installed).arg("--version").output().expect("it runs");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("jkctl "));
    let staged =
        run(machine.command("apxs/install").args([module(), jkctl]).env("DESTDIR", machine.path("stage")));
    assert!(staged.ok && machine.path("stage").join(installed.strip_prefix("/").expect("absolute")).exists());
    assert!(install(&machine, &["--remove"]).ok && !installed.exists());
}

/// Where each shell looks for its own, below a root.
fn completions() {
    let jkctl = paths::jkctl();
    let jkctl = jkctl.to_str().expect("a plain path");
    let machine = with_server_root();
    let debians = with_debians_apxs();
    let zsh = if paths::is_debian() { "vendor-completions" } else { "site-functions" };
    for (machine, zsh, root) in [(&machine, "site-functions", ""), (&debians, zsh, "root")] {
        let install = |arguments: &[&str]| {
            let mut command = machine.command("apxs/install");
            let destdir =
                if root.is_empty() { String::new() } else { machine.path(root).display().to_string() };
            run(command.args(arguments).env("DESTDIR", destdir))
        };
        // The place that apxs names is absolute, and stands behind DESTDIR.
        let share = match root {
            "" => machine.path("usr/share"),
            root => machine.path(root).join(machine.path("usr/share").strip_prefix("/").expect("absolute")),
        };
        let files = [
            ("bash-completion/completions/jkctl".to_owned(), "complete -F _jkctl"),
            (format!("zsh/{zsh}/_jkctl"), "#compdef jkctl"),
            ("fish/vendor_completions.d/jkctl.fish".to_owned(), "complete -c jkctl"),
        ];
        assert!(install(&[module()]).ok && !share.exists(), "none without jkctl");
        assert!(install(&[module(), jkctl]).ok);
        for (file, words) in &files {
            let text = fs::read_to_string(share.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            let mode = fs::metadata(share.join(file)).expect("installed").permissions().mode() & 0o7777;
            assert!(text.contains(words) && mode == 0o644, "{file}: {mode:o} {text}");
        }
        assert!(install(&["--remove"]).ok);
        for shell in ["bash-completion", "zsh", "fish"] {
            assert!(!share.join(shell).exists(), "{shell} is left");
        }
    }
    let foreign = machine.program("bin/jkctl", "exit 126");
    let verdict = install(&foreign, &[module(), &foreign.path("bin/jkctl").display().to_string()]);
    assert!(verdict.ok && verdict.output.contains("no completions"), "{}", verdict.output);
    assert!(!foreign.path("usr/share/bash-completion/completions/jkctl").exists());
}

fn debian() {
    if !paths::is_debian() {
        return;
    }
    let machine = with_debians_apxs();
    let install = |argument: &str| {
        run(machine.command("apxs/install").arg(argument).env("DESTDIR", machine.path("root")))
    };
    assert!(install(module()).ok);
    let conf = machine.read("root/etc/apache2/mods-available/jk.conf");
    assert!(conf.contains("JkWorkersFile /etc/libapache2-mod-jk/workers.properties"), "{conf}");
    let load = machine.read("root/etc/apache2/mods-available/jk.load");
    assert_eq!(load, "LoadModule jk_module /usr/lib/apache2/modules/mod_jk.so\n");
    assert!(install("--remove").ok);
    let installed =
        ["usr/lib/apache2/modules/mod_jk.so", "etc/apache2/mods-available/jk.load", "etc/libapache2-mod-jk"];
    for path in installed {
        assert!(!machine.path("root").join(path).exists(), "{path}");
    }
}

fn plain_user() {
    let machine = with_server_root();
    let install = |argument| {
        let path = machine.command("apxs/install").get_program().to_owned();
        let copy = paths::readable(path.as_ref(), "install");
        let mut command = Command::new("setpriv");
        command.args(as_nobody()).arg(copy).arg(argument).env("APXS", machine.path("bin/apxs"));
        // As who runs the tests, if that is not root: a directory of root's is as closed to them.
        run(command.env("DESTDIR", "/proc"))
    };
    let verdict = install(module());
    assert!(!verdict.ok && verdict.output.contains("sudo make install"), "{}", verdict.output);
    let verdict = install("--remove");
    assert!(!verdict.ok && verdict.output.contains("sudo make uninstall"), "{}", verdict.output);
}

fn packaged() {
    let owned = |diverted: &str| {
        with_server_root()
            .program("bin/dpkg-query", "echo libapache2-mod-jk: \"$2\"")
            .program("bin/dpkg-divert", &format!("echo \"$2\"{diverted}"))
            .program("modules/mod_jk.so", "the C module")
    };
    let machine = owned("");
    for argument in [module(), "--remove"] {
        let verdict = install(&machine, &[argument]);
        assert!(!verdict.ok && verdict.output.contains("package libapache2-mod-jk"), "{}", verdict.output);
        assert!(machine.read("modules/mod_jk.so").contains("the C module"));
    }
    let advice = install(&machine, &[module()]).output;
    assert!(advice.contains("sudo dpkg-divert --local --rename --divert"), "{advice}");
    assert!(advice.contains("Do not purge"), "{advice}");
    let machine = owned(".c");
    assert!(install(&machine, &[module()]).ok, "diverted, the place is ours");
    assert!(install(&machine, &["--remove"]).output.contains("workers.properties (of the package"));
    let is_there = |path: &str| machine.path(path).exists();
    assert!(!is_there("modules/mod_jk.so") && is_there("conf/workers.properties"), "the package's stays");
}

fn switched_on() {
    if !paths::is_debian() {
        return;
    }
    let machine = with_debians_apxs().program("root/etc/apache2/mods-enabled/jk.load", "");
    let verdict = run(machine.command("apxs/install").arg("--remove").env("DESTDIR", machine.path("root")));
    assert!(!verdict.ok && verdict.output.contains("sudo a2dismod jk"), "{}", verdict.output);
}
