//! JkLogFile: a file, a program, the system's log, or httpd's.

use std::fmt;
use std::path::PathBuf;

use super::Invocation;
use crate::config::diagnostic::did_you_mean;
use crate::log::Facility;

/// What wrote a line of the system's log, unless JkLogFile names another tag.
const DEFAULT_TAG: &str = "mod_jk";

/// JkLogFile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogTarget {
    /// A file, absolute.
    File(PathBuf),
    /// A program that reads the log, as written behind the first `|`.
    Program(Vec<u8>),
    /// The system's log: `syslog:facility:tag`, both of which can be left out, as httpd's ErrorLog has it.
    Syslog(Facility, String),
    /// The ErrorLog of the server that the lines are about: `error_log`. A file of that name is `./error_log`.
    ErrorLog,
}

impl LogTarget {
    /// What the argument of JkLogFile names ("decisions, row 69").
    ///
    /// # Errors
    /// A complaint that names what is no facility, tag or path.
    pub(super) fn of(call: &Invocation<'_>) -> Result<Self, String> {
        if let Some(program) = call.word().strip_prefix(b"|") {
            return Ok(Self::Program(program.to_vec()));
        }
        let text = call.text();
        if text == "error_log" {
            return Ok(Self::ErrorLog);
        }
        match text.split_once(':').unwrap_or((&text, "")) {
            (word, names) if word.eq_ignore_ascii_case("syslog") => syslog(names),
            _ => Ok(Self::File(call.path()?)),
        }
    }
}

/// The system's log of `facility:tag`.
fn syslog(names: &str) -> Result<LogTarget, String> {
    let (name, tag) = names.split_once(':').unwrap_or((names, ""));
    let facility = match name {
        "" => Facility::DEFAULT,
        name => Facility::parse(name).ok_or_else(|| {
            let known = Facility::names().collect::<Vec<_>>().join(", ");
            format!("unknown facility {name}, expected {known}{}", did_you_mean(name, Facility::names()))
        })?,
    };
    let tag = if tag.is_empty() { DEFAULT_TAG } else { tag };
    let is_plain = |octet: u8| octet.is_ascii_graphic() && !b":[]".contains(&octet);
    match tag.bytes().all(is_plain) && tag.len() <= 32 {
        true => Ok(LogTarget::Syslog(facility, tag.to_owned())),
        false => Err(format!("tag {tag}: expected at most 32 visible ASCII characters other than : [ ]")),
    }
}

impl fmt::Display for LogTarget {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogTarget::File(path) => write!(out, "JkLogFile {}", path.display()),
            LogTarget::Program(program) => write!(out, "JkLogFile |{}", String::from_utf8_lossy(program)),
            LogTarget::Syslog(facility, tag) => write!(out, "JkLogFile syslog:{}:{tag}", facility.name()),
            LogTarget::ErrorLog => out.write_str("JkLogFile error_log"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::directives::ServerSettings;
    use crate::config::Origin;

    fn target(word: &str) -> Result<LogTarget, String> {
        let (mut settings, words) = (ServerSettings::default(), [word.as_bytes()]);
        let place = (false, None, Origin::new(&"httpd.conf".into(), 1));
        let resolve = |path: &[u8]| Some(PathBuf::from(String::from_utf8_lossy(path).into_owned()));
        LogTarget::of(&Invocation::new(&mut settings, &words, place, &resolve))
    }

    #[test]
    fn words_lead_where_they_say() {
        let syslog = |name, tag: &str| Ok(LogTarget::Syslog(Facility::parse(name).unwrap(), tag.to_owned()));
        for (word, expected) in [
            ("syslog:", syslog("local7", "mod_jk")),
            ("syslog", syslog("local7", "mod_jk")),
            ("Syslog:LOCAL3", syslog("local3", "mod_jk")),
            ("syslog:daemon:tomcat", syslog("daemon", "tomcat")),
            ("syslog::tomcat", syslog("local7", "tomcat")),
            ("error_log", Ok(LogTarget::ErrorLog)),
            ("./error_log", Ok(LogTarget::File("./error_log".into()))),
            ("./syslog", Ok(LogTarget::File("./syslog".into()))),
            ("syslog.log", Ok(LogTarget::File("syslog.log".into()))),
            ("|cat", Ok(LogTarget::Program(b"cat".to_vec()))),
        ] {
            assert_eq!(target(word), expected, "{word}");
        }
    }

    #[test]
    fn wrong_facilities_and_tags_are_named() {
        let complaint = target("syslog:locl3").unwrap_err();
        assert!(complaint.starts_with("unknown facility locl3, expected auth, authpriv, "), "{complaint}");
        assert!(complaint.ends_with("did you mean local3?"), "{complaint}");
        for tag in ["a b", "a:b", "a[1]", &"x".repeat(33)] {
            assert!(
                target(&format!("syslog:local0:{tag}")).is_err_and(|why| why.starts_with("tag ")),
                "{tag}"
            );
        }
    }
}
