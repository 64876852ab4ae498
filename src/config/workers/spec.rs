//! What can be said about a worker property: the columns of the [table](super::table).

use super::table::Property;

/// What a value looks like, and in which unit it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `on`, `off`, `true`, `no`, `1` ...
    Boolean,
    /// A whole number without unit.
    Integer,
    /// A sum of bits.
    Bits,
    /// A whole number of milliseconds.
    Milliseconds,
    /// A whole number of seconds.
    Seconds,
    /// A whole number of octets.
    Octets,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, of which only the first letter counts, in any case; or its index.
    Letter(&'static [&'static str]),
    /// Any of these words, in any case, separated by blanks and commas.
    Flags(&'static [&'static str]),
    /// Any of the letters C, P, I and A.
    PingMode,
    /// Text of any length.
    Text,
    /// Text of at most [`MAX_NAME`](super::names::MAX_NAME) octets.
    Name,
    /// Text that is never shown.
    Secret,
    /// Words separated by blanks and commas.
    List,
    /// A list of HTTP statuses, each with a minus if soft.
    Statuses,
    /// A list of ratings of the status worker.
    Ratings,
}

impl ValueKind {
    /// The words to choose from, if it is a choice.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            ValueKind::Word(words) | ValueKind::Letter(words) | ValueKind::Flags(words) => words,
            _ => &[],
        }
    }
}

bitflags::bitflags! {
    /// Where a property has an effect.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Scopes: u8 {
        /// `worker.<property>`: the whole server.
        const GLOBAL = 1;
        /// An ajp13 worker of `worker.list`.
        const AJP13 = 2;
        /// An ajp13 worker that a balancer has as member.
        const MEMBER = 4;
        /// A load balancer.
        const LB = 8;
        /// A status worker.
        const STATUS = 16;
        /// One Tomcat, standing alone or as member.
        const TOMCAT = Self::AJP13.bits() | Self::MEMBER.bits();
        /// Everything that forwards requests.
        const SERVING = Self::TOMCAT.bits() | Self::LB.bits();
        /// Everything that `worker.list` can name.
        const LISTED = Self::AJP13.bits() | Self::LB.bits() | Self::STATUS.bits();
        /// Every worker.
        const WORKER = Self::LISTED.bits() | Self::MEMBER.bits();
    }
}

/// What happens when a key appears a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicate {
    /// The later value replaces the earlier.
    Replace,
    /// A list: appended with a comma.
    Comma,
    /// A path: appended with a colon.
    Colon,
    /// A command line: appended with a blank.
    Blank,
    /// Everything else, user variables included: appended with `*`, which is rarely meant.
    Star,
}

/// What holds when a property is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unset {
    /// This text, as an administrator would write it.
    Given(&'static str),
    /// What this says, computed from other properties.
    Derived(&'static str),
    /// Nothing.
    Absent,
}

/// The numbers a property takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub least: i32,
    /// The greatest.
    pub most: i32,
    /// What becomes of others.
    pub outside: Outside,
}

impl Range {
    /// Every number.
    pub const ANY: Range = Range { least: i32::MIN, most: i32::MAX, outside: Outside::Clamped };

    /// Numbers from `least` on; lower ones are raised to it.
    pub const fn at_least(least: i32) -> Self {
        Self { least, ..Self::ANY }
    }

    /// Numbers from `least` to `most`.
    pub const fn within(least: i32, most: i32, outside: Outside) -> Self {
        Self { least, most, outside }
    }

    /// Says which numbers these are, for messages.
    pub fn describe(&self) -> String {
        match self.most {
            i32::MAX => format!("{} or more", self.least),
            most => format!("{} to {most}", self.least),
        }
    }
}

/// What becomes of a number that is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// The nearest number of the range is used.
    Clamped,
    /// It is used as it is, and means what the nearest number means.
    Kept,
    /// The default is used.
    Defaulted,
    /// The server does not start.
    Refused,
}

/// Whether a property should still be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Current,
    /// No: this property takes the same values.
    Renamed(Property),
    /// No: this property says the same with other values.
    Replaced(Property),
    /// No: it is accepted and has no effect.
    Obsolete,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Which property it is about.
    pub property: Property,
    /// Last part of the key.
    pub name: &'static str,
    /// What it is for, in a line of the manual; empty if it should not be written any more.
    pub about: &'static str,
    /// What its value looks like.
    pub kind: ValueKind,
    /// Where it has an effect.
    pub scopes: Scopes,
    /// What a second value does.
    pub duplicate: Duplicate,
    /// What holds without it.
    pub unset: Unset,
    /// The numbers it takes, if it is a number.
    pub range: Range,
    /// Whether it should still be written.
    pub standing: Standing,
    /// Of what it can be changed while the server runs, and how the status worker names and shows it there.
    pub live: &'static [Live],
}

/// A property that can be changed while the server runs ("status-worker, sections 5 and 7").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// Whose property it is: of a Tomcat, of a balancer, or of a member for its balancer.
    pub of: Scopes,
    /// The parameter that changes it.
    pub parameter: &'static str,
    /// What people read.
    pub label: &'static str,
    /// Its place among the shown ones of its kind in xml, and in text and properties; 0 is not shown, or elsewhere.
    pub places: [u8; 2],
}

impl Spec {
    /// How it can be changed at run time as a property of `of`.
    pub fn live_in(&self, of: Scopes) -> Option<&'static Live> {
        self.live.iter().find(|live| live.of == of)
    }
}
