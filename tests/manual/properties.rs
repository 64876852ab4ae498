//! What the manual says of a property, in words that Markdown and man pages share.

use mod_jk::config::workers::spec::{Range, Scopes, Spec, Standing, Unset, ValueKind};
use mod_jk::config::workers::table::TABLE;

/// The longest text of kind `Name`.
const MAX_NAME: usize = mod_jk::config::workers::names::MAX_NAME;

/// Properties that stand together.
pub struct Group {
    /// In the mark of its table.
    pub name: &'static str,
    scopes: &'static [Scopes],
}

/// All groups of properties that should be written.
pub const GROUPS: [Group; 6] = [
    Group { name: "of the server", scopes: &[Scopes::GLOBAL] },
    Group { name: "of every worker", scopes: &[Scopes::WORKER, Scopes::LISTED] },
    Group { name: "of a Tomcat", scopes: &[Scopes::TOMCAT, Scopes::SERVING] },
    Group { name: "of a balancer", scopes: &[Scopes::LB, Scopes::SERVING] },
    Group { name: "of a member", scopes: &[Scopes::MEMBER] },
    Group { name: "of a status worker", scopes: &[Scopes::STATUS] },
];

impl Group {
    pub fn by_name(name: &str) -> Option<&'static Self> {
        GROUPS.iter().find(|group| group.name == name)
    }

    /// Its properties, in the order of the table.
    pub fn rows(&self) -> impl Iterator<Item = &'static Spec> + use<'_> {
        TABLE.iter().filter(|spec| spec.standing == Standing::Current && self.scopes.contains(&spec.scopes))
    }
}

/// Properties of older versions, and what becomes of them.
pub fn old() -> impl Iterator<Item = (&'static str, String)> {
    TABLE.iter().filter_map(|spec| match spec.standing {
        Standing::Current => None,
        Standing::Renamed(now) => Some((spec.name, format!("is called {} now", now.name()))),
        Standing::Replaced(now) => Some((spec.name, format!("is said by {} now", now.name()))),
        Standing::Obsolete => Some((spec.name, "has no effect".to_owned())),
    })
}

/// Its values and their unit.
pub fn value(spec: &Spec) -> String {
    match spec.kind {
        ValueKind::Boolean => "true or false".to_owned(),
        ValueKind::Integer => with_range("number", &spec.range),
        ValueKind::Bits => "sum of bits".to_owned(),
        ValueKind::Milliseconds => with_range("milliseconds", &spec.range),
        ValueKind::Seconds => with_range("seconds", &spec.range),
        ValueKind::Octets => with_range("octets", &spec.range),
        ValueKind::Word(words) | ValueKind::Letter(words) => format!("one of {}", words.join(", ")),
        ValueKind::Flags(words) => format!("list of {}", words.join(", ")),
        ValueKind::PingMode => "letters of C, P, I, A".to_owned(),
        ValueKind::Text => "text".to_owned(),
        ValueKind::Name => format!("text, {MAX_NAME} octets at most"),
        ValueKind::Secret => "text, never shown".to_owned(),
        ValueKind::List => "list".to_owned(),
        ValueKind::Statuses => "list of statuses".to_owned(),
        ValueKind::Ratings => "list of ratings".to_owned(),
    }
}

fn with_range(unit: &str, range: &Range) -> String {
    match *range == Range::ANY {
        true => unit.to_owned(),
        false => format!("{unit}, {}", range.describe()),
    }
}

/// What holds without it; whether that is text as it would be written.
pub fn default(spec: &Spec) -> (&'static str, bool) {
    match spec.unset {
        Unset::Given(text) => (text, true),
        Unset::Derived(text) => (text, false),
        Unset::Absent => ("none", false),
    }
}

/// Where it has an effect.
pub fn scope(spec: &Spec) -> &'static str {
    match spec.scopes {
        Scopes::GLOBAL => "server",
        Scopes::WORKER => "every worker",
        Scopes::LISTED => "worker of worker.list",
        Scopes::SERVING => "Tomcat, balancer",
        Scopes::TOMCAT => "Tomcat",
        Scopes::LB => "balancer",
        Scopes::MEMBER => "member",
        Scopes::STATUS => "status worker",
        other => panic!("{}: no words for {other:?}", spec.name),
    }
}

/// The parameters of the status worker that change it while httpd runs.
pub fn parameters(spec: &Spec) -> Vec<&'static str> {
    spec.live.iter().map(|live| live.parameter).collect()
}
