//! Filters that misbehave at chosen points of a body: a module in C, built for the httpd under test.
//!
//! `tests/httpd/filters/mod_faulty.c` says which words it knows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::paths;

/// Request header that says what the input filter does.
pub const INPUT: &str = "X-Faulty-Input";
/// Request header that says what the output filter does.
pub const OUTPUT: &str = "X-Faulty-Output";

/// What filters may do to bodies that must arrive whole all the same.
pub const HARMLESS: &str = "FaultyInput \"empty=2 split=1000\"\nFaultyOutput \"empty=1 split=3000\"";

/// The module, built at the first call.
pub fn module() -> &'static Path {
    static MODULE: OnceLock<PathBuf> = OnceLock::new();
    MODULE.get_or_init(build)
}

fn build() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(directory).expect("cargo's directory for tests");
    let module = directory.join("mod_faulty.so");
    // Another run may load the module right now, so it is replaced in one step.
    let built = directory.join(format!("mod_faulty.{}.so", std::process::id()));
    let mut command = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".into()));
    command.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&built);
    command.args(paths::apxs("EXTRA_CPPFLAGS").split_whitespace());
    for name in ["INCLUDEDIR", "APR_INCLUDEDIR", "APU_INCLUDEDIR"] {
        command.arg(format!("-I{}", paths::apxs(name)));
    }
    command.arg(paths::project().join("tests/httpd/filters/mod_faulty.c"));
    let output = command.output().expect("a C compiler");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    fs::rename(&built, &module).expect("a file of our own");
    module
}
