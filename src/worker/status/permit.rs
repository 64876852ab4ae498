//! Whether a change may be made: by whom, by which method, by which page of which site.
//!
//! Browsers do what pages tell them. Another site's pages are known by their headers ([`super::origin`]); those of
//! applications on the same host are not, so a form must carry the nonce that the page itself gives ("decisions, rows 21 and
//! 62"). Tools send none of these headers and need no nonce.

use std::hint::black_box;

use super::command::Command;
use super::problem::Problem;
use super::query::Query;
use super::{Ask, StatusWorker, Surroundings};
use crate::config::settings::UpdateMethods;

/// For a call that another site has a browser make.
const FOREIGN: &str =
    "Refused: a page of another site asks for this. Use the status page itself, or a tool; behind a \
                       proxy that changes Host, only forms of the status page are taken.";

/// For a call of a browser that says nothing of the page that makes it.
const UNKNOWN: &str =
    "Refused: a browser asks for this, and does not say for which page. Use the status page itself, \
                       or a tool.";

/// For a form of another page of this site.
const NO_NONCE: &str =
    "Refused: this form is none of the status page. Use the status page itself, or a tool.";

/// For a form of the page that was made before the server was started.
const STALE: &str =
    "this form is older than the server's last start: nothing was changed. Look at it again before you send \
                     it again.";

/// For a change by another method where one alone is taken.
const BY_POST: &str = "changes are taken by POST alone (update_methods=post); nothing was changed";

impl StatusWorker {
    /// Finds what stands in the way of `command`, if that changes something.
    pub(super) fn permit(
        &self,
        command: Command,
        query: &Query,
        ask: &Ask<'_>,
        around: &Surroundings<'_>,
    ) -> Result<(), Problem> {
        if !command.acts() {
            return Ok(());
        }
        if ask.origin.is_foreign_by_its_own_word() {
            return Err(Problem::foreign(FOREIGN));
        }
        if self.settings.update_methods == UpdateMethods::Post && ask.method != b"POST" {
            return Err(Problem::method(BY_POST));
        }
        match query.get("nonce") {
            // Only the page itself has it: whatever a proxy in between has made of Host, it is the page that asks.
            Some(nonce) if is_same(nonce, &around.workers.shared().nonce()) => Ok(()),
            _ if ask.origin.is_foreign() => Err(Problem::foreign(FOREIGN)),
            Some(_) => Err(Problem::stale(STALE)),
            None if ask.origin.is_of_a_browser() && !matches!(ask.method, b"GET" | b"HEAD") => {
                Err(Problem::foreign(NO_NONCE))
            }
            None if ask.origin.is_of_an_unknown_page() => Err(Problem::foreign(UNKNOWN)),
            None => Ok(()),
        }
    }

    /// Tells whether the user may see the page.
    pub(super) fn admits(&self, user: Option<&[u8]>) -> bool {
        let known = &self.settings.users;
        let is = |known: &String, user: &[u8]| match self.settings.user_case_insensitive {
            true => known.as_bytes().eq_ignore_ascii_case(user),
            false => known.as_bytes() == user,
        };
        known.is_empty() || user.is_some_and(|user| known.iter().any(|known| is(known, user)))
    }

    /// Tells whether nothing may be changed.
    pub(super) fn is_read_only(&self, query: &Query) -> bool {
        self.settings.read_only || query.options().contains(super::query::Hide::READ_ONLY)
    }
}

/// Compares in a time that does not tell where the two differ.
fn is_same(given: &str, known: &str) -> bool {
    let pairs = given.bytes().zip(known.bytes());
    let difference = pairs.fold(0, |difference, (one, other)| black_box(difference | (one ^ other)));
    given.len() == known.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn what_differs_in_one_place_is_another() {
        let known = "0123456789abcdef";
        assert!(is_same(known, known));
        for (at, letter) in known.char_indices() {
            let other: String =
                known.char_indices().map(|(place, octet)| if place == at { 'x' } else { octet }).collect();
            assert!(!is_same(&other, known), "{letter}");
        }
        for other in ["", "0123456789abcde", "0123456789abcdef0"] {
            assert!(!is_same(other, known) && !is_same(known, other), "{other}");
        }
    }
}
