//! Where an answer goes: to standard output or a file, with its head or without.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use crate::ending::Failure;
use crate::terminal::{Style, Terminal};
use crate::tomcat::{Head, Taker};

/// Takes an answer as it comes.
pub struct Printer<'t> {
    terminal: &'t mut Terminal,
    /// The file instead of standard output; made when the answer begins.
    path: Option<PathBuf>,
    file: Option<File>,
    shows_head: bool,
    /// The least status whose body is not shown.
    fails_from: Option<u16>,
    /// The status and the reason of the answer, as soon as they are known.
    pub status: Option<(u16, String)>,
}

impl<'t> Printer<'t> {
    /// One that writes to `path`, or to the terminal.
    pub fn new(terminal: &'t mut Terminal, path: Option<PathBuf>, shows_head: bool, fails: bool) -> Self {
        Self { terminal, path, file: None, shows_head, fails_from: fails.then_some(400), status: None }
    }

    /// Tells whether the answer counts as a failure.
    pub fn has_failed(&self) -> bool {
        matches!((self.fails_from, &self.status), (Some(least), Some((status, _))) if *status >= least)
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure> {
        let Some(file) = &mut self.file else { return Ok(self.terminal.octets(octets)?) };
        file.write_all(octets).map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &std::io::Error) -> Failure {
        Failure::refused(self.path.as_deref().unwrap_or("standard output".as_ref()).display(), error)
    }

    fn show(&mut self, head: &Head<'_>, reason: &str) -> Result<(), Failure> {
        let blank = if reason.is_empty() { "" } else { " " };
        self.write(format!("HTTP/1.1 {}{blank}{reason}\r\n", head.status).as_bytes())?;
        for (name, value) in &head.headers {
            let name = String::from_utf8_lossy(name);
            let name =
                if self.file.is_some() { name.into() } else { self.terminal.paint(Style::Bold, &name) };
            self.write(format!("{name}: ").as_bytes())?;
            self.write(value)?;
            self.write(b"\r\n")?;
        }
        self.write(b"\r\n")
    }
}

impl Taker for Printer<'_> {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Failure> {
        let reason = head.reason.as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
        self.status = Some((head.status, reason.clone()));
        if self.has_failed() {
            return Ok(());
        }
        if let Some(path) = &self.path {
            self.file = Some(File::create(path).map_err(|error| self.failure(&error))?);
        }
        match self.shows_head {
            true => self.show(head, &reason),
            false => Ok(()),
        }
    }

    fn piece(&mut self, octets: &[u8]) -> Result<(), Failure> {
        match self.has_failed() {
            true => Ok(()),
            false => self.write(octets),
        }
    }

    fn pause(&mut self) -> Result<(), Failure> {
        self.terminal.flush()
    }
}
