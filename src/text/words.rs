//! Words that administrators read: why the system refused something, and how many there are of something.

use std::fmt::{self, Display, Formatter};
use std::io;

/// Why the system refused something: its own words, without the number that Rust puts behind them.
pub struct Reason<'a>(pub &'a io::Error);

impl Display for Reason<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let number = self.0.raw_os_error().map(|number| format!(" (os error {number})"));
        let words = number.and_then(|number| text.strip_suffix(&number)).unwrap_or(&text);
        // The resolver's words stand behind what it was asked to do, which the line says already.
        out.write_str(words.strip_prefix("failed to lookup address information: ").unwrap_or(words))
    }
}

/// A number with what it counts: `1 member`, `2 members`. The plural of the word is formed with an s.
pub(crate) struct Counted<'a>(pub u64, pub &'a str);

impl Display for Counted<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Counted(number, word) = self;
        write!(out, "{number} {word}{}", if *number == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_no_numbers() {
        let refused = io::Error::from_raw_os_error(libc::ECONNREFUSED);
        assert_eq!(Reason(&refused).to_string(), "Connection refused");
        let unresolved = io::Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(Reason(&unresolved).to_string(), "Name or service not known");
        assert_eq!(Reason(&io::ErrorKind::TimedOut.into()).to_string(), "timed out");
    }

    #[test]
    fn one_is_singular() {
        let texts = [0, 1, 2].map(|number| Counted(number, "member").to_string());
        assert_eq!(texts, ["0 members", "1 member", "2 members"]);
    }
}
