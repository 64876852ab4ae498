//! The words of `session_cookie_flags`, and which of them browsers take together.
//!
//! A list means exactly its flags; without one the cookie is as the original's. A word that is none refuses: the
//! cookie would go without the protection that it was meant to have. Rules: "workers-properties, section 6.3".

use bstr::ByteSlice;

use super::map::shown;
use super::section::{one_of, Section};
use super::table::{Property, COOKIE_FLAGS};
use crate::config::diagnostic::did_you_mean;
use crate::config::settings::{CookieFlags, SameSite, WhenSecure};

/// Reads the flags of the cookie that a balancer sets.
pub(super) fn cookie_flags(section: &mut Section<'_>) -> CookieFlags {
    let mut words = Vec::new();
    for item in section.items(Property::SessionCookieFlags) {
        match COOKIE_FLAGS.iter().find(|flag| item.text.eq_ignore_ascii_case(flag.as_bytes())) {
            Some(flag) => add(section, &mut words, flag),
            None => {
                let (expected, item) = (one_of(COOKIE_FLAGS), shown(item.text.as_bstr()));
                let meant = did_you_mean(&item, COOKIE_FLAGS.iter().copied());
                let text = format!("{item} is no flag, expected {expected}, separated by commas{meant}");
                section.refuse(Property::SessionCookieFlags, text);
            }
        }
    }
    let flags = of_words(&words);
    if flags.same_site == Some(SameSite::None) && flags.secure == WhenSecure::Never {
        let text = "browsers refuse a cookie with SameSite=None that is not Secure: add Secure";
        section.warn(Property::SessionCookieFlags, text);
    }
    flags
}

/// Adds `flag`; of two for one attribute the later counts, as for properties.
fn add(section: &mut Section<'_>, words: &mut Vec<&'static str>, flag: &'static str) {
    let attribute = |flag: &'static str| flag.split('=').next();
    match words.iter_mut().find(|word| attribute(word) == attribute(flag)) {
        None => words.push(flag),
        Some(word) if *word == flag => {}
        Some(word) => {
            let earlier = std::mem::replace(word, flag);
            section.warn(Property::SessionCookieFlags, format_args!("{flag} takes the place of {earlier}"));
        }
    }
}

fn of_words(words: &[&'static str]) -> CookieFlags {
    let secure = match words.contains(&"Secure") {
        true => WhenSecure::Always,
        false if words.contains(&"Secure=auto") => WhenSecure::AsRequest,
        false => WhenSecure::Never,
    };
    CookieFlags {
        http_only: words.contains(&"HttpOnly"),
        secure,
        same_site: SameSite::ALL.into_iter().find(|value| words.contains(&value.attribute())),
    }
}
