//! The state out of its text. What is no state is refused as a whole, what is wrong in one by itself.

use std::fmt::Display;

use serde_json::{Map, Value};

use super::text::{BEGINNING, VERSION, VERSION_NAME};
use super::{SavedBalancer, SavedMember, SavedState, SavedWorker};
use crate::config::live;
use crate::config::live::{Change, Property};
use crate::shared::{AjpSnapshot, Drain, Health, LbSnapshot, MemberSnapshot, MemberState};

/// Why a text is no state that this build can use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// It is something else.
    #[error("it is no state of mod_jk")]
    Foreign,
    /// It was one, as its beginning tells.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It has another version.
    #[error("it has version {found}, written by another mod_jk; this one reads version {VERSION}")]
    OtherVersion {
        /// What stands in it.
        found: String,
    },
}

impl SavedState {
    /// Reads the text of a state, and complains about single values in it, which are not taken.
    ///
    /// # Errors
    /// [`Unusable`], if it is none.
    pub(crate) fn parse(text: &[u8]) -> Result<(Self, Vec<String>), Unusable> {
        let state: Map<String, Value> = serde_json::from_slice(text).map_err(|error| {
            let shorter = text.len().min(BEGINNING.len());
            match text[..shorter] == BEGINNING.as_bytes()[..shorter] {
                true => Unusable::Damaged(error.to_string()),
                false => Unusable::Foreign,
            }
        })?;
        let version = state.get(VERSION_NAME).ok_or(Unusable::Foreign)?;
        if *version != VERSION {
            return Err(Unusable::OtherVersion { found: version.to_string() });
        }
        let mut reader = Reader { complaints: Vec::new() };
        let saved = reader.state(&state);
        Ok((saved, reader.complaints))
    }
}

/// One object of the text, and what complaints call it.
pub(super) struct Object<'t> {
    place: String,
    values: &'t Map<String, Value>,
}

/// Reads objects and gathers complaints.
pub(super) struct Reader {
    complaints: Vec<String>,
}

impl Reader {
    fn state(&mut self, values: &Map<String, Value>) -> SavedState {
        let state = Object { place: String::new(), values };
        let workers = self.named(&state, "workers", "worker");
        let balancers = self.named(&state, "balancers", "balancer");
        SavedState {
            saved: self.number(&state, "Saved"),
            workers: workers.into_iter().map(|(name, object)| (name, self.worker(&object))).collect(),
            balancers: balancers.into_iter().map(|(name, object)| (name, self.balancer(&object))).collect(),
            history: self.history(&state),
        }
    }

    fn worker(&mut self, worker: &Object<'_>) -> SavedWorker {
        let (figures, last_error) = self.figures(worker);
        SavedWorker {
            last_error,
            address: self.text(worker, "address").to_owned(),
            changes: self.changes(worker),
            counters: AjpSnapshot {
                used: self.number(worker, "used"),
                read: self.number(worker, "read"),
                transferred: self.number(worker, "transferred"),
                errors: self.number(worker, "errors"),
                client_errors: self.number(worker, "client_errors"),
                reply_timeouts: self.number(worker, "reply_timeouts"),
                busy: 0,
                max_busy: self.number(worker, "max_busy"),
                connected: 0,
                max_connected: self.number(worker, "max_connected"),
                error_time: self.number(worker, "error_time"),
                last_reset: self.number(worker, "last_reset"),
                figures,
            },
        }
    }

    fn balancer(&mut self, balancer: &Object<'_>) -> SavedBalancer {
        let members = self.named(balancer, "members", "member");
        SavedBalancer {
            method: self.text(balancer, "method").to_owned(),
            changes: self.changes(balancer),
            counters: LbSnapshot {
                max_busy: self.number(balancer, "max_busy"),
                last_reset: self.number(balancer, "last_reset"),
                balanced: self.balanced(balancer),
            },
            members: members.into_iter().map(|(name, object)| (name, self.member(&object))).collect(),
        }
    }

    fn member(&mut self, member: &Object<'_>) -> SavedMember {
        let health = Health {
            state: self.state_of_member(member),
            first_error: self.time(member, "first_error"),
            last_error: self.time(member, "last_error"),
        };
        SavedMember {
            activation: self.text(member, "activation").to_owned(),
            multiplier: self.number(member, "multiplier"),
            changes: self.changes(member),
            known: MemberSnapshot {
                health,
                load: self.number(member, "load"),
                sessions: self.number(member, "sessions"),
                errors: self.number(member, "errors"),
                draining_since: self.time(member, "draining_since"),
                drain: self.drain(member),
                session_requests: self.number(member, "session_requests"),
            },
        }
    }

    fn drain(&mut self, member: &Object<'_>) -> Option<Drain> {
        let (ordered, until) = (self.time(member, "drain_ordered"), self.time(member, "drain_until"));
        ordered.map(|ordered| Drain { ordered, until })
    }

    fn state_of_member(&mut self, member: &Object<'_>) -> MemberState {
        let text = self.text(member, "state");
        let known = MemberState::ALL.into_iter().find(|state| state.text() == text);
        if known.is_none() && !text.is_empty() {
            let states = MemberState::ALL.map(MemberState::text).join(", ");
            self.complain(member, "state", format_args!("{text} is none of {states}"));
        }
        known.unwrap_or_default()
    }

    /// What was changed; a change that this build can't make, or can't compare, is left out.
    fn changes(&mut self, object: &Object<'_>) -> Vec<Change> {
        let changed = self.named(object, "changed", "");
        changed.into_iter().filter_map(|(name, change)| self.change(object, &name, &change)).collect()
    }

    fn change(&mut self, object: &Object<'_>, name: &str, change: &Object<'_>) -> Option<Change> {
        let Some(property) = Property::by_name(name.into()) else {
            self.complain(object, name, "there is no such property");
            return None;
        };
        let [configured, current] = ["configured", "current"].map(|which| self.text(change, which));
        let values = live::Value::parse(property, configured).and_then(|configured| {
            Ok(Change { property, configured, current: live::Value::parse(property, current)? })
        });
        values
            .map_err(|why| self.complain(object, name, format_args!("{current} was {configured}: {why}")))
            .ok()
    }

    /// The object called `name`, if it is there.
    pub(super) fn part<'t>(&mut self, object: &Object<'t>, name: &str) -> Option<Object<'t>> {
        let value = object.values.get(name)?;
        let Some(values) = value.as_object() else {
            self.complain(object, name, "expected an object");
            return None;
        };
        let place = [object.place.as_str(), name].join(" ");
        Some(Object { place: place.trim().to_owned(), values })
    }

    /// The objects by name in the object called `name`, which complaints call `kind`.
    pub(super) fn named<'t>(
        &mut self,
        object: &Object<'t>,
        name: &str,
        kind: &str,
    ) -> Vec<(String, Object<'t>)> {
        let Some(value) = object.values.get(name) else { return Vec::new() };
        let Some(values) = value.as_object() else {
            self.complain(object, name, "expected an object");
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, value) in values {
            let place = [object.place.as_str(), &format!("{kind} {name}")].map(str::trim).join(" ");
            let place = place.trim().to_owned();
            match value.as_object() {
                Some(values) => found.push((name.clone(), Object { place, values })),
                None => self.complain(object, name, "expected an object"),
            }
        }
        found
    }

    pub(super) fn text<'t>(&mut self, object: &Object<'t>, name: &str) -> &'t str {
        let Some(value) = object.values.get(name) else { return "" };
        value.as_str().unwrap_or_else(|| {
            self.complain(object, name, format_args!("{value}: expected text"));
            ""
        })
    }

    fn time(&mut self, object: &Object<'_>, name: &str) -> Option<i64> {
        Some(self.number(object, name)).filter(|time| *time != 0)
    }

    pub(super) fn number<T: Count>(&mut self, object: &Object<'_>, name: &str) -> T {
        let Some(value) = object.values.get(name) else { return T::default() };
        value.as_u64().and_then(|number| T::try_from(number).ok()).unwrap_or_else(|| {
            let most = T::MOST;
            self.complain(object, name, format_args!("{value}: expected a whole number from 0 to {most}"));
            T::default()
        })
    }

    fn complain(&mut self, object: &Object<'_>, name: &str, complaint: impl Display) {
        let place = &object.place;
        let colon = if place.is_empty() { "" } else { ": " };
        self.complaints.push(format!("{place}{colon}{name}: {complaint}; it is left out"));
    }
}

/// A number of the state.
pub(super) trait Count: TryFrom<u64> + Default {
    const MOST: u64;
}

impl Count for u32 {
    const MOST: u64 = u32::MAX as u64;
}

impl Count for u64 {
    const MOST: u64 = u64::MAX;
}

impl Count for i64 {
    const MOST: u64 = i64::MAX as u64;
}
