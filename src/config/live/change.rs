//! What somebody changed at run time: value by value, beside the configured one.

use super::{Live, Property, Value};

/// A value that is not the configured one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which it is.
    pub property: Property,
    /// What the configuration said.
    pub configured: Value,
    /// What it is.
    pub current: Value,
}

/// What becomes of a change under another configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It holds again.
    Made,
    /// The configuration says something else than it did: that holds.
    Overruled,
    /// The settings have no such property, or it can't have this value.
    Refused,
}

/// The values in which `current` differs from `configured`.
pub fn changes<'s, T: Live>(configured: &'s T, current: &'s T) -> impl Iterator<Item = Change> + 's {
    T::properties().filter_map(|property| {
        let (configured, current) = (configured.value(property)?, current.value(property)?);
        (configured != current).then_some(Change { property, configured, current })
    })
}

impl Change {
    /// Makes the change again in `settings`, where `configured` still says what it said.
    pub fn renew<T: Live>(&self, configured: &T, settings: &mut T) -> Renewal {
        match configured.value(self.property) {
            None => Renewal::Refused,
            Some(value) if value != self.configured => Renewal::Overruled,
            Some(_) if settings.set_value(self.property, &self.current) => Renewal::Made,
            Some(_) => Renewal::Refused,
        }
    }
}
