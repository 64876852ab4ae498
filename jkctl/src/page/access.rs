//! How a page is reached: user, password, certificates, patience.

use std::path::PathBuf;
use std::time::Duration;

use base64::prelude::{Engine, BASE64_STANDARD};
use clap::Args;
use jk_rooms::admin::Reason;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, TcpConnector};

use super::https::Https;
use super::trust::{self, Trust};
use crate::ending::Failure;
use crate::secret;
use crate::tomcat::trouble::seconds;

/// The variable that holds a password.
const PASSWORD: &str = "JKCTL_PASSWORD";

/// What a page asks of who asks it.
#[derive(Args, Debug)]
pub struct Access {
    /// The user, if the page wants one; the password comes from --password-file or the variable JKCTL_PASSWORD
    #[arg(short, long, value_name = "NAME")]
    user: Option<String>,
    /// A file that holds the password
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Certificates, PEM, of who vouches for the server of https, instead of those that the system trusts; or the one that the
    /// server itself has, self-signed or not, whatever host that names
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Take any certificate of a server of https: whoever is in between may read the password, and answer instead
    #[arg(short = 'k', long, conflicts_with = "cacert")]
    insecure: bool,
    /// Longest time for an answer of the page
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    timeout: Duration,
}

impl Access {
    /// Who makes requests, by https if it is `secure`. Each has its own connection, so that a restart of the server never takes
    /// one away; proxies of the environment are for the outer world.
    pub(super) fn agent(&self, secure: bool) -> Result<ureq::Agent, Failure> {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(self.timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .user_agent(concat!("jkctl/", env!("CARGO_PKG_VERSION")));
        let tls = secure.then(|| self.trust().config()).transpose()?;
        let connector = ().chain(TcpConnector::default()).chain(Https(tls));
        Ok(ureq::Agent::with_parts(config.build(), connector, DefaultResolver::default()))
    }

    /// Tells whether more is said than how long to wait.
    pub fn is_given(&self) -> bool {
        self.user.is_some() || self.cacert.is_some() || self.insecure
    }

    fn trust(&self) -> Trust<'_> {
        match (&self.cacert, self.insecure) {
            (_, true) => Trust::Blind,
            (Some(file), false) => Trust::File(file),
            (None, false) => Trust::System,
        }
    }

    /// The header Authorization for the user that was named, or for `user:password` of a URL.
    pub(super) fn authorization(&self, in_url: Option<&str>) -> Result<Option<String>, Failure> {
        let pair = match (&self.user, in_url) {
            (Some(user), _) => [user.as_bytes(), b":", &self.password()?].concat(),
            (None, Some(pair)) if pair.contains(':') => decode(pair),
            (None, Some(user)) => [&decode(user)[..], b":", &self.password()?].concat(),
            (None, None) => return Ok(None),
        };
        Ok(Some(format!("Basic {}", BASE64_STANDARD.encode(pair))))
    }

    fn password(&self) -> Result<Vec<u8>, Failure> {
        if let Some(file) = &self.password_file {
            return secret::read(file);
        }
        let password = std::env::var_os(PASSWORD).map(std::os::unix::ffi::OsStringExt::into_vec);
        password.ok_or_else(|| {
            Failure::new(format_args!("a user needs a password: --password-file, or the variable {PASSWORD}"))
        })
    }
}

/// A part of a URL without its escapes.
fn decode(text: &str) -> Vec<u8> {
    let octets = text.as_bytes();
    let mut decoded = Vec::new();
    let mut at = 0;
    while let Some(&octet) = octets.get(at) {
        let digits = octets.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let escaped = escaped.filter(|_| octet == b'%');
        decoded.push(escaped.unwrap_or(octet));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    decoded
}

/// Why nothing came, with where to look.
pub(super) fn reason(error: &ureq::Error) -> String {
    use std::io::ErrorKind;
    match error {
        ureq::Error::HostNotFound => "the host name does not resolve".into(),
        ureq::Error::Timeout(_) => "it did not answer in time (--timeout)".into(),
        ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            "Connection refused: nothing listens there".into()
        }
        // What is asked for no address by the resolver has no kind of its own.
        ureq::Error::Io(error) if error.to_string().starts_with("failed to lookup address") => {
            format!("the host name does not resolve ({})", Reason(error))
        }
        ureq::Error::Io(error) => trust::refusal(error).unwrap_or_else(|| Reason(error).to_string()),
        error => error.to_string(),
    }
}

#[cfg(test)]
pub mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        url: String,
        #[command(flatten)]
        access: Access,
    }

    /// What nobody says more about than the page, and any certificate will do: the system may have none.
    pub fn of_the_credulous() -> Access {
        let Arguments { url, access } = Arguments::parse_from(["jkctl", "http://host", "--insecure"]);
        assert_eq!(url, "http://host");
        access
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(decode("a%3Ab%C3%A4"), "a:bä".as_bytes());
        assert_eq!(decode("100%"), b"100%");
        assert_eq!(decode("%zz%4"), b"%zz%4");
    }
}
