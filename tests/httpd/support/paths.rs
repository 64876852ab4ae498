//! Where the machine keeps what the suites run: httpd, its modules, the module under test, Tomcat.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use parking_lot::Mutex;
use tempfile::TempDir;

use super::site;

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

/// The module under test: `MOD_JK_SO`, or the release build beside this test binary; a copy of it (see [`readable`]).
pub fn module() -> &'static Path {
    static MODULE: OnceLock<PathBuf> = OnceLock::new();
    MODULE.get_or_init(|| {
        let path = env::var_os("MOD_JK_SO").map_or_else(release_build, PathBuf::from);
        assert!(path.exists(), "no {}; run `cargo build --release` first or set MOD_JK_SO", path.display());
        readable(&path, "mod_jk.so")
    })
}

/// `jkctl`: what `JKCTL` names, or the release build beside this test binary.
pub fn jkctl() -> PathBuf {
    let path = env::var_os("JKCTL").map_or_else(|| target().join("release/jkctl"), PathBuf::from);
    let advice = "run `cargo build --release -p jkctl` first or set JKCTL";
    assert!(path.exists(), "no {}; {advice}", path.display());
    path
}

/// A build of the module that panics where a file says so (`src/ffi/guard.rs`), made at the first call.
pub fn panicking_module() -> &'static Path {
    static MODULE: OnceLock<PathBuf> = OnceLock::new();
    MODULE.get_or_init(|| {
        let directory = target().join("test-points");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(project()).args(["build", "-q", "--lib", "--offline", "--features", "test-points"]);
        let output = cargo.arg("--target-dir").arg(&directory).output().expect("cargo runs");
        assert!(output.status.success(), "{cargo:?}: {}", String::from_utf8_lossy(&output.stderr));
        readable(&directory.join("debug/libmod_jk.so"), "panicking.so")
    })
}

/// The C original that behaviour is compared with: a copy of `MOD_JK_ORIGINAL`, of where `apxs/setup test` puts it, or
/// of where Debian's package does. `None` where there is no such package, and with `MOD_JK_ORIGINAL=none`.
pub fn original() -> Option<PathBuf> {
    static ORIGINAL: OnceLock<Option<PathBuf>> = OnceLock::new();
    ORIGINAL.get_or_init(|| find_original().map(|path| readable(&path, "original.so"))).clone()
}

fn find_original() -> Option<PathBuf> {
    if let Some(path) = env::var_os("MOD_JK_ORIGINAL") {
        return Some(PathBuf::from(path)).filter(|path| path.as_os_str() != "none");
    }
    let places = [target().join("original/mod_jk.so"), httpd_modules().join("mod_jk.so")];
    let found = places.into_iter().find(|path| is_original(path));
    assert!(found.is_some() || !is_debian(), "no C mod_jk to compare with: run apxs/setup test");
    found
}

/// Whether that is the C module and not a copy of this one installed in its place: it names its C source files.
fn is_original(path: &Path) -> bool {
    let octets = fs::read(path).unwrap_or_default();
    memchr::memmem::find(&octets, b"jk_lb_worker.c").is_some()
}

static SCRATCH: Mutex<Option<TempDir>> = Mutex::new(None);

/// A directory of this run that everybody can read; [`remove_scratch`] removes it.
pub fn scratch() -> PathBuf {
    let mut scratch = SCRATCH.lock();
    let directory = scratch.get_or_insert_with(|| {
        let directory =
            tempfile::Builder::new().prefix("mod_jk-run-").tempdir().expect("a temporary directory");
        site::open_to_all(directory.path());
        directory
    });
    directory.path().to_owned()
}

/// Removes it at the end of the run.
pub fn remove_scratch() {
    SCRATCH.lock().take();
}

/// A copy of `path` under `name` where everybody can read it: servers started as another user load it too, and the
/// project may lie in a home directory that is closed to others. No build in the meantime changes it either.
pub fn readable(path: &Path, name: &str) -> PathBuf {
    let copy = scratch().join(name);
    fs::copy(path, &copy).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    site::open_to_all(&copy);
    copy
}

/// HAProxy, installed or where `apxs/setup test` unpacks Debian's package.
pub fn haproxy() -> PathBuf {
    let places = [unpacked("haproxy").join("usr/sbin/haproxy"), "/usr/sbin/haproxy".into()];
    places.into_iter().find(|path| path.exists()).unwrap_or_else(|| "haproxy".into())
}

/// promtool, installed or where `apxs/setup test` unpacks Debian's package of Prometheus.
pub fn promtool() -> PathBuf {
    let places = [unpacked("prometheus").join("usr/bin/promtool"), "/usr/bin/promtool".into()];
    places.into_iter().find(|path| path.exists()).unwrap_or_else(|| "promtool".into())
}

/// Chromium; its driver is the `chromedriver` of the search path.
pub fn chromium() -> PathBuf {
    let places = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].map(PathBuf::from);
    places.into_iter().find(|path| path.exists()).unwrap_or_else(|| "chromium".into())
}

/// The script of axe-core, which knows rules for accessible pages, where `apxs/setup test` puts it.
pub fn axe() -> PathBuf {
    target().join("axe-core/axe.min.js")
}

/// A package of Debian as `apxs/setup test` unpacks it.
pub fn unpacked(package: &str) -> PathBuf {
    target().join("unpacked").join(package)
}

/// Whether this is Debian or one of its children.
pub fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists()
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
pub fn target() -> PathBuf {
    let binary = env::current_exe().expect("the path of this test binary");
    binary.ancestors().nth(3).expect("a test binary lies in target/<profile>/deps").to_owned()
}

/// What apxs says about the httpd under test.
pub fn apxs(name: &str) -> String {
    let program = env::var("APXS").unwrap_or_else(|_| "apxs".into());
    let output = Command::new(&program).args(["-q", name]).output().unwrap_or_else(|error| {
        panic!("{program}: {error}; install apache2-dev or httpd-devel, or set APXS")
    });
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
