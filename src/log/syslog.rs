//! The system's log: a datagram per line to its socket, in the form that syslog(3) sends.
//!
//! Nothing waits for who reads there, and one that comes back, or comes late, is found by the next line.

use std::io::{self, ErrorKind, Write};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use super::stamp::local_time;
use super::Level;

/// Where the system's log listens.
const SOCKET: &str = "/dev/log";

/// What wrote a line, as httpd's ErrorLog names it (syslog(3), facilities).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Facility(u8);

impl Facility {
    /// That of httpd's ErrorLog when none is named.
    pub const DEFAULT: Self = Self(23);

    /// Names and numbers.
    const ALL: [(&'static str, u8); 20] = [
        ("auth", 4),
        ("authpriv", 10),
        ("cron", 9),
        ("daemon", 3),
        ("ftp", 11),
        ("kern", 0),
        ("lpr", 6),
        ("mail", 2),
        ("news", 7),
        ("syslog", 5),
        ("user", 1),
        ("uucp", 8),
        ("local0", 16),
        ("local1", 17),
        ("local2", 18),
        ("local3", 19),
        ("local4", 20),
        ("local5", 21),
        ("local6", 22),
        ("local7", 23),
    ];

    /// The facility called `name`, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, number)| Self(*number))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, number)| *number == self.0).map_or("", |(name, _)| name)
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        Self::ALL.iter().map(|(name, _)| *name)
    }
}

/// A socket of the system's log, and who writes.
#[derive(Debug)]
pub(super) struct Syslog {
    socket: UnixDatagram,
    path: PathBuf,
    facility: Facility,
    tag: String,
}

impl Syslog {
    /// Lines of `tag`, with the reason why nobody listens, if that is so.
    ///
    /// # Errors
    /// Those of making a socket.
    pub(super) fn open(facility: Facility, tag: &str) -> io::Result<(Self, Option<io::Error>)> {
        Self::open_at(Path::new(SOCKET), facility, tag)
    }

    pub(super) fn open_at(
        path: &Path,
        facility: Facility,
        tag: &str,
    ) -> io::Result<(Self, Option<io::Error>)> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        // Found now, it is there in a server that changes its root, too.
        let missing = socket.connect(path).err();
        Ok((Self { socket, path: path.to_owned(), facility, tag: tag.to_owned() }, missing))
    }

    /// Writes what stands before each line: priority, time, tag and process.
    pub(super) fn write_head(&self, level: Level, out: &mut impl Write) {
        let priority = self.facility.0 * 8 + severity(level);
        let time = local_time(b"%b %e %H:%M:%S");
        let _ = write!(out, "<{priority}>");
        let _ = out.write_all(&time);
        let _ = write!(out, " {}[{}]: ", self.tag, std::process::id());
    }

    /// Sends one line without its end; tells whether it was taken.
    pub(super) fn send(&self, line: &[u8]) -> bool {
        match self.socket.send(line) {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            // Who listened has gone; another may be in its place.
            Err(_) => self.socket.connect(&self.path).and_then(|()| self.socket.send(line)).is_ok(),
        }
    }
}

/// The severity of syslog(3). `emerg` is what a module can say at most: it wakes no users of the machine.
fn severity(level: Level) -> u8 {
    match level {
        Level::Emerg => 2,
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facilities_have_the_names_of_syslog() {
        assert_eq!(Facility::parse("LOCAL3"), Some(Facility(19)));
        assert_eq!(Facility::parse("local8"), None);
        assert_eq!(Facility::DEFAULT.name(), "local7");
    }

    #[test]
    fn lines_are_datagrams_with_priority_and_tag() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let (log, missing) = Syslog::open_at(&path, Facility(19), "jk").unwrap();
        assert_eq!(missing.map(|error| error.kind()), Some(ErrorKind::NotFound));
        assert!(!log.send(b"nobody listens"));
        let reader = UnixDatagram::bind(&path).unwrap();
        let mut line = Vec::new();
        log.write_head(Level::Error, &mut line);
        line.extend_from_slice(b"text");
        assert!(log.send(&line), "who comes late is found");
        let mut packet = [0; 200];
        let length = reader.recv(&mut packet).unwrap();
        let text = String::from_utf8_lossy(&packet[..length]);
        assert!(text.starts_with("<155>"), "{text}");
        assert!(text.ends_with(&format!(" jk[{}]: text", std::process::id())), "{text}");
    }

    #[test]
    fn a_reader_that_is_stuck_holds_nothing_up_and_another_takes_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let reader = UnixDatagram::bind(&path).unwrap();
        let (log, missing) = Syslog::open_at(&path, Facility::DEFAULT, "jk").unwrap();
        assert!(missing.is_none());
        let taken = (0..100_000).take_while(|_| log.send(b"line")).count();
        assert!((1..100_000).contains(&taken), "{taken}");
        drop(reader);
        std::fs::remove_file(&path).unwrap();
        assert!(!log.send(b"gone"));
        let _next = UnixDatagram::bind(&path).unwrap();
        assert!(log.send(b"back"));
    }
}
