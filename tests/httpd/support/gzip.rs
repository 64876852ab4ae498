//! gzip, by the program of that name.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

/// Compresses `octets`.
pub fn compress(octets: &[u8]) -> Vec<u8> {
    run("-c", octets)
}

/// Expands what [`compress`] or a server made.
pub fn expand(octets: &[u8]) -> Vec<u8> {
    run("-dc", octets)
}

fn run(option: &str, octets: &[u8]) -> Vec<u8> {
    let mut command = Command::new("gzip");
    let mut child =
        command.arg(option).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip runs");
    let (mut input, octets) = (child.stdin.take().expect("a pipe"), octets.to_vec());
    let writer = thread::spawn(move || input.write_all(&octets));
    let output = child.wait_with_output().expect("gzip ends");
    writer.join().expect("a writer that does not panic").expect("gzip reads all of it");
    assert!(output.status.success(), "gzip {option} fails");
    output.stdout
}
