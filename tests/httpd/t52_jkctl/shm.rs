//! `jkctl shm`: what lies in the memory of a running server.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::{jkctl, run};
use crate::support::backend::Backend;
use crate::support::httpd::Httpd;
use crate::support::paths;
use crate::support::schema::Schema;
use crate::support::site::{as_nobody, Mpm, Site};
use crate::support::suite::Suite;
use crate::support::wait;

pub fn add(suite: Suite) -> Suite {
    suite
        .test("shm_tells_states_counters_and_what_each_process_holds", running)
        .test("shm_reads_several_files_as_a_pattern_of_the_shell_gives_them", several)
        .test("shm_refuses_links_strangers_and_what_is_no_memory", refused)
}

/// A server with a balancer of a member that answers and one that is not there.
fn server(backend: &Backend) -> Httpd {
    let workers = format!(
        "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=good,gone\n{}\
         worker.gone.host=127.0.0.1\nworker.gone.port=1\nworker.gone.activation=d\n",
        backend.worker("good")
    );
    Site::single_child(Mpm::Event, 4).workers(&workers).conf("JkMount /* lb").start()
}

/// The file of its memory.
fn file(httpd: &Httpd) -> PathBuf {
    let entries = fs::read_dir(httpd.site().path("run")).expect("a folder").flatten();
    let mut files = entries.map(|entry| entry.path());
    let is_it =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("jk.shm."));
    files.find(is_it).expect("the file of the memory")
}

fn running() {
    let backend = Backend::constant("tomcat");
    let httpd = server(&backend);
    for _ in 0..3 {
        assert_eq!(httpd.get("/x").text(), "tomcat");
    }
    let file = file(&httpd);
    let read = || -> Value {
        let (status, output) = run(jkctl(&["shm", "--json"]).arg(&file));
        assert_eq!(status, Some(0), "{output}");
        serde_json::from_str(&output).expect("JSON")
    };
    let count = |value: &Value| value.as_u64();
    wait::until_true("the requests to be over", Duration::from_secs(20), || {
        let found = read();
        found["workers"].as_array().is_some_and(|all| all.iter().all(|one| count(&one["busy"]) == Some(0)))
    });
    let found = read();
    let lb = &found["balancers"][0];
    assert_eq!((lb["name"].as_str(), count(&lb["requests"]["answered"])), (Some("lb"), Some(3)), "{found}");
    let [good, gone] = [&lb["members"][0], &lb["members"][1]];
    assert_eq!((good["name"].as_str(), good["state"].as_str()), (Some("good"), Some("OK")));
    assert!(good["draining_since"].is_null() && gone["draining_since"].is_i64(), "{found}");
    let process = &found["processes"][0];
    assert_eq!(found["processes"].as_array().map(Vec::len), Some(1), "{found}");
    let workers = found["workers"].as_array().expect("workers");
    let good = workers.iter().find(|worker| worker["name"] == "good").expect("good");
    assert_eq!((count(&good["requests"]), count(&good["results"]["ok"])), (Some(3), Some(3)));
    assert_eq!((&good["held"][0]["process"], count(&good["held"][0]["connected"])), (process, Some(1)));
    let schema = Schema::read(include_str!("../../../docs/jkctl-shm.schema.json"));
    assert_eq!(schema.faults(&found), [""; 0], "{found}");
    let (status, text) = run(jkctl(&["shm"]).arg(&file));
    assert_eq!(status, Some(0));
    for words in [
        "1 child process\n",
        "Balancer lb: busy 0",
        "answered 3",
        "gone",
        "not active",
        "Worker good: 3 requests",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.contains(&format!("process {process}")), "{text}");
    assert_eq!(httpd.get("/x").text(), "tomcat", "who looked changed nothing");
}

fn several() {
    let backend = Backend::constant("tomcat");
    let servers = [server(&backend), server(&backend)];
    let files = servers.each_ref().map(file);
    let (status, text) = run(jkctl(&["shm"]).args(&files));
    assert_eq!(status, Some(0), "{text}");
    let heads: Vec<_> = files.iter().map(|file| format!("{}\nLayout ", file.display())).collect();
    assert!(text.starts_with(&heads[0]) && text.contains(&format!("\n\n{}", heads[1])), "{text}");

    let gone = servers[0].site().path("run/jk.shm.1.0123456789abcdef");
    let command = || {
        let mut command = jkctl(&["shm", "--json"]);
        command.arg(&files[0]).arg(&gone).arg(&files[1]);
        command
    };
    let output = command().output().expect("jkctl runs");
    let told: Vec<Value> = serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .collect::<Result<_, _>>()
        .expect("an object for each");
    let named: Vec<_> = told.iter().map(|found| found["file"].as_str().expect("a name")).collect();
    assert_eq!(named, files.each_ref().map(|file| file.to_str().expect("a plain path")));
    let (status, said) = run(&mut command());
    assert!(status == Some(2) && said.contains("0123456789abcdef: No such file or directory"), "{said}");
    assert_eq!(run(&mut jkctl(&["shm"])).0, Some(2), "none is too few");
}

fn refused() {
    let backend = Backend::constant("tomcat");
    let httpd = server(&backend);
    let file = file(&httpd);
    let link = httpd.site().path("run/link");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    for (path, words) in [
        (link, "it is a symbolic link, which is not followed"),
        (httpd.site().path("run"), "it is no regular file"),
        (httpd.site().path("conf/httpd.conf"), "it is no shared memory of mod_jk"),
        (httpd.site().path("gone"), "No such file"),
    ] {
        let (status, output) = run(jkctl(&["shm"]).arg(&path));
        assert!(status == Some(2) && output.contains(words), "{words}: {status:?} {output}");
    }
    if rustix::process::geteuid().is_root() {
        let program = paths::readable(&paths::jkctl(), "jkctl");
        let mut command = Command::new("setpriv");
        let (status, output) = run(command.args(as_nobody()).arg(program).arg("shm").arg(&file));
        assert!(status == Some(2) && output.contains("only the user who started the server"), "{output}");
    }
}
