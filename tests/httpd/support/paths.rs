//! Where the machine keeps what the suites run: httpd, its modules, the module under test, Tomcat.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The httpd binary, as apxs names it.
pub fn httpd() -> &'static Path {
    static HTTPD: OnceLock<PathBuf> = OnceLock::new();
    HTTPD.get_or_init(|| Path::new(&apxs("SBINDIR")).join(apxs("PROGNAME")))
}

/// The directory of httpd's own modules.
pub fn httpd_modules() -> &'static Path {
    static MODULES: OnceLock<PathBuf> = OnceLock::new();
    MODULES.get_or_init(|| apxs("LIBEXECDIR").into())
}

/// The module under test: `MOD_JK_SO`, or the release build beside this test binary.
pub fn module() -> &'static Path {
    static MODULE: OnceLock<PathBuf> = OnceLock::new();
    MODULE.get_or_init(|| {
        let path = env::var_os("MOD_JK_SO").map_or_else(release_build, PathBuf::from);
        path.canonicalize().unwrap_or_else(|error| {
            panic!("{}: {error}; run `cargo build --release` first or set MOD_JK_SO", path.display())
        })
    })
}

/// The C original that behaviour is compared with: `MOD_JK_ORIGINAL`, where `apxs/setup test` puts it, or where
/// Debian's package does. `None` where there is no such package, and with `MOD_JK_ORIGINAL=none`.
pub fn original() -> Option<PathBuf> {
    if let Some(path) = env::var_os("MOD_JK_ORIGINAL") {
        return Some(PathBuf::from(path)).filter(|path| path.as_os_str() != "none");
    }
    let places = [target().join("original/mod_jk.so"), httpd_modules().join("mod_jk.so")];
    let found = places.into_iter().find(|path| is_original(path));
    let due = Path::new("/etc/debian_version").exists();
    assert!(found.is_some() || !due, "no C mod_jk to compare with: run apxs/setup test");
    found
}

/// Whether that is the C module and not a copy of this one installed in its place: it names its C source files.
fn is_original(path: &Path) -> bool {
    let octets = std::fs::read(path).unwrap_or_default();
    memchr::memmem::find(&octets, b"jk_lb_worker.c").is_some()
}

/// The directory of the project.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// CATALINA_HOME, or where Debian puts it.
pub fn tomcat() -> PathBuf {
    env::var_os("CATALINA_HOME").map_or_else(|| "/usr/share/tomcat10".into(), PathBuf::from)
}

fn release_build() -> PathBuf {
    target().join("release/libmod_jk.so")
}

/// Cargo's target directory.
fn target() -> PathBuf {
    let binary = env::current_exe().expect("the path of this test binary");
    binary.ancestors().nth(3).expect("a test binary lies in target/<profile>/deps").to_owned()
}

fn apxs(name: &str) -> String {
    let program = env::var("APXS").unwrap_or_else(|_| "apxs".into());
    let output = Command::new(&program).args(["-q", name]).output().unwrap_or_else(|error| {
        panic!("{program}: {error}; install apache2-dev or httpd-devel, or set APXS")
    });
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
