//! `jkctl`, run to its end.

use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::paths;

/// What it said, and how it ended.
pub struct Said {
    /// Its exit status.
    pub code: i32,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    /// The value of a line `name=value`.
    pub fn fact(&self, name: &str) -> Option<String> {
        let text = self.text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(str::to_owned)
    }

    /// Checks how it ended; returns it again.
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.text(), self.err);
        self
    }

    /// Checks that all it said has that in it.
    pub fn says(self, what: &str) -> Self {
        let all = format!("{}{}", self.text(), self.err);
        assert!(all.contains(what), "{what} is not in {all}");
        self
    }
}

/// Runs it.
pub fn jkctl<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Said {
    jkctl_with(arguments, &[], b"")
}

/// Runs it with variables and an input.
pub fn jkctl_with<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    variables: &[(&str, &str)],
    input: &[u8],
) -> Said {
    let mut command = Command::new(paths::jkctl());
    command.args(arguments).envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("jkctl runs");
    let mut to = child.stdin.take().expect("its input");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // Whoever does not read its input has ended before.
        to.write_all(&input).ok();
    });
    let output = child.wait_with_output().expect("its end");
    writer.join().expect("what writes its input");
    Said {
        code: output.status.code().expect("it ended by itself"),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
