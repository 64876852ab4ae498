//! Numbers and switches among the environment variables.

use std::ffi::CStr;
use std::time::Duration;

use crate::ffi::request::Request;
use crate::ffi::table::Table;
use crate::text::LeadingNumber;

/// The environment of a request. Mostly it is empty, and some twenty variables are asked for.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'r>(Option<Table<'r>>);

impl<'r> Environment<'r> {
    /// The environment as it is now.
    pub(crate) fn of(request: Request<'r>) -> Self {
        Self(Some(request.environment()).filter(|table| !table.is_empty()))
    }

    /// The first value of a variable.
    pub(crate) fn get(self, name: &CStr) -> Option<&'r [u8]> {
        self.0?.get(name)
    }

    /// All variables.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'r [u8], &'r [u8])> {
        self.0.into_iter().flat_map(Table::iter)
    }
}

/// JK_REPLY_TIMEOUT: how long to wait for the container.
pub(crate) fn reply_timeout(environment: Environment<'_>) -> Option<Option<Duration>> {
    milliseconds(environment.get(c"JK_REPLY_TIMEOUT")?)
}

/// A timeout in milliseconds: 0 is no limit; negative or no number is ignored.
fn milliseconds(text: &[u8]) -> Option<Option<Duration>> {
    let starts_with_digit = text.trim_ascii_start().first().is_some_and(u8::is_ascii_digit);
    let milliseconds = u64::try_from(LeadingNumber::of(text).value).ok().filter(|_| starts_with_digit)?;
    Some(Some(Duration::from_millis(milliseconds)).filter(|timeout| !timeout.is_zero()))
}

/// A switch among the environment variables: on if empty or a number other than 0.
pub(crate) fn switch(environment: Environment<'_>, name: &CStr) -> Option<bool> {
    let value = environment.get(name)?;
    Some(value.is_empty() || LeadingNumber::of(value).value != 0)
}

/// The number a text starts with, cut to the 16 bits that the wire has for it.
pub(super) fn number(value: &[u8]) -> u16 {
    LeadingNumber::of(value).value as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_atoi_does() {
        assert_eq!([number(b"81x"), number(b"abc"), number(b" 256"), number(b"-1")], [81, 0, 256, 65535]);
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!([milliseconds(b"5000ms"), milliseconds(b"0")], [Some(seconds(5)), Some(None)]);
        assert_eq!([milliseconds(b"-1"), milliseconds(b"long"), milliseconds(b"")], [None; 3]);
    }
}
