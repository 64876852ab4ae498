//! What goes wrong between here and a Tomcat, in words that say where to look.

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::time::Duration;

use jk_rooms::admin::Reason;
use jk_rooms::ajp::{FramingError, Malformed};

/// Why a Tomcat did not answer as it should. Its text goes on behind the place: `127.0.0.1:8009: refused...`.
#[derive(Debug)]
pub enum Trouble {
    /// The host has no address.
    Unresolved(io::Error),
    /// No address took a connection; that is the last one's reason.
    Connect(io::Error),
    /// None did within so long.
    NoConnection(Duration),
    /// The connection failed later.
    Broken(io::Error),
    /// The other end closed it before it said anything.
    Dumb,
    /// It did so before all was said.
    Closed,
    /// Nothing came for so long.
    Silent(Duration),
    /// What came is no AJP.
    Framing(FramingError),
    /// What came is AJP, and wrong.
    Malformed(Malformed),
    /// It is right, and in the wrong place.
    OutOfOrder(&'static str),
}

impl From<FramingError> for Trouble {
    fn from(error: FramingError) -> Self {
        Self::Framing(error)
    }
}

impl From<Malformed> for Trouble {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

impl Display for Trouble {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unresolved(error) => write!(out, "the host name does not resolve ({})", Reason(error)),
            Self::Connect(error) => connect(error, out),
            Self::NoConnection(limit) => write!(
                out,
                "took no connection within {}: the host is down, or a firewall drops what is sent there",
                Seconds(*limit)
            ),
            Self::Broken(error) => write!(out, "the connection failed ({})", Reason(error)),
            Self::Closed => out.write_str("closed the connection"),
            Self::Dumb => out.write_str(
                "closed the connection without an answer: it may speak another protocol, or is about to stop",
            ),
            Self::Silent(limit) => write!(
                out,
                "took the connection and did not answer within {}: Tomcat hangs, all its threads are busy, or its AJP \
                 connector failed to start, as one without secret does unless secretRequired is \"false\" (look into its \
                 log)",
                Seconds(*limit)
            ),
            Self::Framing(FramingError::OtherProtocol(name)) => {
                write!(out, "speaks {name}, not AJP: this is the port of another connector")
            }
            Self::Framing(error) => write!(out, "{error}"),
            Self::Malformed(error) => write!(out, "sent an invalid answer: {error}"),
            Self::OutOfOrder(what) => out.write_str(what),
        }
    }
}

fn connect(error: &io::Error, out: &mut Formatter<'_>) -> fmt::Result {
    match error.kind() {
        ErrorKind::ConnectionRefused => out.write_str(
            "refused the connection: nothing listens there, Tomcat is not running or has another port",
        ),
        ErrorKind::NotFound => {
            out.write_str("there is no such socket: Tomcat is not running, or has another path")
        }
        ErrorKind::PermissionDenied => out.write_str(
            "may not be connected to by this user: see unixDomainSocketPathPermissions of the Connector",
        ),
        _ => write!(out, "took no connection ({})", Reason(error)),
    }
}

/// A time as people write it on the command line: `2 s`, `0.5 s`.
pub struct Seconds(pub Duration);

impl Display for Seconds {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} s", self.0.as_secs_f64())
    }
}

/// A time as it is measured: `0.42 ms`.
pub struct Milliseconds(pub Duration);

impl Display for Milliseconds {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{:.2} ms", self.0.as_secs_f64() * 1000.0)
    }
}

/// Reads a number of seconds, with a fraction or without: 0.001 to a day.
///
/// # Errors
/// What was expected.
pub fn seconds(text: &str) -> Result<Duration, String> {
    const EXPECTED: &str = "expected seconds, 0.001 to 86400";
    let seconds: f64 = text.parse().map_err(|_| EXPECTED)?;
    match (0.001..=86400.0).contains(&seconds) {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err(EXPECTED.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_shown() {
        for (text, shown) in [("2", "2 s"), ("0.5", "0.5 s"), ("86400", "86400 s")] {
            assert_eq!(Seconds(seconds(text).unwrap()).to_string(), shown);
        }
        for text in ["", "0", "-1", "NaN", "inf", "86401", "2s"] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert_eq!(Milliseconds(Duration::from_micros(1234)).to_string(), "1.23 ms");
    }
}
