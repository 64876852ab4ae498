//! Typed settings of the status worker, and the grammar of its ratings.
//!
//! Rules: "status-worker, sections 1 and 8" and "decisions, row 62".

use bstr::{BStr, ByteSlice};

use super::map::shown;
use super::section::{one_of, Section};
use super::table::{Property, UPDATE_METHODS};
use crate::config::diagnostic::did_you_mean;
use crate::config::settings::{StatusSettings, UpdateMethods};

bitflags::bitflags! {
    /// Members that a rating fits: one bit for every pair of activation and state.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Rating: u32 {
        /// Every state of active members.
        const ACTIVE = 0x1F;
        /// Every state of disabled members.
        const DISABLED = 0x1F00;
        /// Every state of stopped members.
        const STOPPED = 0x1F_0000;
        /// OK, whatever the activation.
        const OK = 0x01_0101;
        /// Idle.
        const IDLE = 0x02_0202;
        /// Busy.
        const BUSY = 0x04_0404;
        /// Recovering, probing or forced.
        const RECOVERING = 0x08_0808;
        /// In error.
        const ERROR = 0x10_1010;
    }
}

impl Rating {
    /// Reads one rating: a letter, or two joined by a dot that must both fit. `None` has an unknown letter.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = &text[text.iter().take_while(|octet| **octet == b'.').count()..];
        let mut parts = text.splitn(2, |octet| *octet == b'.');
        let first = Self::of_letter(*parts.next()?.first()?)?;
        match parts.next().and_then(<[u8]>::first) {
            Some(second) => Some(first & Self::of_letter(*second)?),
            None => Some(first),
        }
    }

    fn of_letter(letter: u8) -> Option<Self> {
        match letter.to_ascii_lowercase() {
            b'a' => Some(Self::ACTIVE),
            b'd' => Some(Self::DISABLED),
            b's' => Some(Self::STOPPED),
            b'o' => Some(Self::OK),
            b'i' | b'n' => Some(Self::IDLE),
            b'b' => Some(Self::BUSY),
            b'r' => Some(Self::RECOVERING),
            b'e' => Some(Self::ERROR),
            _ => None,
        }
    }
}

/// Reads the settings of the status worker `name`.
pub(super) fn status(section: &mut Section<'_>, name: &BStr) -> StatusSettings {
    check_ratings(section);
    StatusSettings {
        name: name.to_str_lossy().into_owned(),
        css: section.text(Property::Css),
        read_only: section.flag(Property::ReadOnly),
        update_methods: update_methods(section),
        users: section.words(Property::User),
        user_case_insensitive: section.flag(Property::UserCaseInsensitive),
        good: section.words(Property::Good),
        bad: section.words(Property::Bad),
        prefix: section.string(Property::Prefix),
        ns: or_none(section.string(Property::Ns)),
        xmlns: or_none(section.string(Property::Xmlns)),
        doctype: section.text(Property::Doctype),
    }
}

/// A word that is none refuses: changes would come by methods that were to be refused.
fn update_methods(section: &mut Section<'_>) -> UpdateMethods {
    let (property, text) = (Property::UpdateMethods, section.string(Property::UpdateMethods));
    let is_meant = |word: &str| text.eq_ignore_ascii_case(word);
    match UPDATE_METHODS.iter().position(|word| is_meant(word)) {
        Some(0) => UpdateMethods::Any,
        Some(_) => UpdateMethods::Post,
        None => {
            let (expected, meant) =
                (one_of(UPDATE_METHODS), did_you_mean(&text, UPDATE_METHODS.iter().copied()));
            section.refuse(property, format_args!("expected {expected}{meant}"));
            UpdateMethods::Post
        }
    }
}

/// A minus in front is the way to write an empty text.
fn or_none(text: String) -> String {
    if text.starts_with('-') {
        String::new()
    } else {
        text
    }
}

fn check_ratings(section: &mut Section<'_>) {
    let good = ratings(section, Property::Good);
    let bad = ratings(section, Property::Bad);
    if good.intersects(bad) {
        let told = if section.entry(Property::Good).is_some() { Property::Good } else { Property::Bad };
        section.warn(told, "good and bad overlap; a member that fits both is bad");
    }
}

fn ratings(section: &mut Section<'_>, property: Property) -> Rating {
    let mut all = Rating::empty();
    for item in section.items(property) {
        match Rating::parse(&item.text) {
            Some(rating) => all |= rating,
            None => {
                let item = shown(item.text.as_bstr());
                let expected = "expected letters of a, d, s (activation) and o, i, n, b, r, e (state)";
                section.warn(property, format_args!("{item} fits nothing, {expected}"));
            }
        }
    }
    all
}
