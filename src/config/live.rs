//! What can be changed while the server runs: which properties, and their values as numbers and text.
//!
//! Shared memory holds such values in this form, and a typed setting is made of them again; a time counts in the unit
//! of its property, a word by its place among the words of the [table](super::workers::table), whose ranges hold. Which
//! properties these are: "status-worker, section 7". [`text`] is how an administrator writes a value, [`change`] what
//! differs from the configuration.

pub mod change;
pub mod text;

use std::time::Duration;

use super::settings::{
    Activation, Ajp13Settings, LbLock, LbMethod, LbSettings, MemberSettings, RecoveryOptions,
};
use super::workers::spec::{Scopes, ValueKind};
pub use super::workers::table::Property;
pub use change::{changes, Change};

/// A value that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, a switch (0 or 1), or the index of a word.
    Number(i64),
    /// Text; empty is none.
    Text(String),
}

/// Settings some of which can be changed while the server runs.
pub trait Live: Clone {
    /// Whose settings they are, in terms of the table.
    const SCOPE: Scopes;
    /// The properties that are numbers.
    const NUMBERS: &'static [Property];
    /// The properties that are text.
    const TEXTS: &'static [Property];

    /// The value of `property`; `None` if it is not one of those above.
    fn value(&self, property: Property) -> Option<Value>;

    /// Sets `property` to `value`; `false` if it is not one of those above, or the value can't be one of it.
    fn set_value(&mut self, property: Property, value: &Value) -> bool;

    /// The value of `property` in the words of workers.properties; empty if it is not one of those above.
    fn words(&self, property: Property) -> String {
        self.value(property).map(|value| value.text(property)).unwrap_or_default()
    }

    /// All of them, numbers first.
    fn properties() -> impl Iterator<Item = Property> {
        Self::NUMBERS.iter().chain(Self::TEXTS).copied()
    }
}

macro_rules! live {
    ($settings:ident of $scope:ident: numbers { $($number:ident $field:ident,)* } texts { $($text:ident $place:ident,)* }) => {
        impl Live for $settings {
            const SCOPE: Scopes = Scopes::$scope;
            const NUMBERS: &'static [Property] = &[$(Property::$number),*];
            const TEXTS: &'static [Property] = &[$(Property::$text),*];

            fn value(&self, property: Property) -> Option<Value> {
                match property {
                    $(Property::$number => Some(Value::Number(self.$field.to_number(property.spec().kind))),)*
                    $(Property::$text => Some(Value::Text(self.$place.to_text())),)*
                    _ => None,
                }
            }

            fn set_value(&mut self, property: Property, value: &Value) -> bool {
                match (property, value) {
                    _ if !text::is_in_range(property, value) => false,
                    $((Property::$number, Value::Number(number)) => {
                        let value = Number::from_number(*number, property.spec().kind);
                        value.map(|value| self.$field = value).is_some()
                    })*
                    $((Property::$text, Value::Text(text)) => {
                        Words::from_text(text).map(|text| self.$place = text).is_some()
                    })*
                    _ => false,
                }
            }
        }
    };
}

live! { Ajp13Settings of TOMCAT:
    numbers {
        Port port,
        PoolTimeout connection_pool_timeout,
        PingTimeout ping_timeout,
        ConnectTimeout connect_ping,
        PrepostTimeout prepost_ping,
        ReplyTimeout reply_timeout,
        Retries retries,
        RetryInterval retry_interval,
        PingInterval connection_ping_interval,
        RecoveryOptions recovery,
        BusyLimit busy_limit,
        MaxPacketSize max_packet_size,
    }
    texts {
        Host host,
    }
}

live! { LbSettings of LB:
    numbers {
        Retries retries,
        RetryInterval retry_interval,
        RecoverTime recover_time,
        ErrorEscalationTime error_escalation_time,
        MaxReplyTimeouts max_reply_timeouts,
        StickySession sticky_session,
        StickySessionForce sticky_session_force,
        Method method,
        Lock lock,
    }
    texts {
    }
}

live! { MemberSettings of MEMBER:
    numbers {
        Activation activation,
        Lbfactor lbfactor,
        Distance distance,
        DrainTimeout drain_timeout,
    }
    texts {
        Route route,
        Redirect redirect,
        Domain domain,
    }
}

/// A setting that is a number of `kind`.
trait Number: Sized {
    fn to_number(&self, kind: ValueKind) -> i64;
    fn from_number(number: i64, kind: ValueKind) -> Option<Self>;
}

/// A setting that is text.
trait Words: Sized {
    fn to_text(&self) -> String;
    fn from_text(text: &str) -> Option<Self>;
}

macro_rules! plain_numbers {
    ($($kind:ident)*) => {$(
        impl Number for $kind {
            fn to_number(&self, _kind: ValueKind) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }

            fn from_number(number: i64, _kind: ValueKind) -> Option<Self> {
                Self::try_from(number).ok()
            }
        }
    )*};
}

plain_numbers! { u16 u32 i32 usize }

macro_rules! words {
    ($($kind:ident: $($word:ident)*;)*) => {$(
        impl Number for $kind {
            fn to_number(&self, _kind: ValueKind) -> i64 {
                *self as i64
            }

            fn from_number(number: i64, _kind: ValueKind) -> Option<Self> {
                [$($kind::$word),*].into_iter().find(|word| *word as i64 == number)
            }
        }
    )*};
}

words! {
    Activation: Active Disabled Stopped;
    LbMethod: Request Traffic Busyness Session Next;
    LbLock: Optimistic Pessimistic;
}

impl Number for bool {
    fn to_number(&self, _kind: ValueKind) -> i64 {
        i64::from(*self)
    }

    fn from_number(number: i64, _kind: ValueKind) -> Option<Self> {
        [false, true].into_iter().find(|switch| i64::from(*switch) == number)
    }
}

impl Number for RecoveryOptions {
    fn to_number(&self, _kind: ValueKind) -> i64 {
        i64::from(self.bits())
    }

    fn from_number(number: i64, _kind: ValueKind) -> Option<Self> {
        u32::try_from(number).ok().map(Self::from_bits_truncate)
    }
}

impl Number for Duration {
    fn to_number(&self, kind: ValueKind) -> i64 {
        let units = match kind {
            ValueKind::Seconds => u128::from(self.as_secs()),
            _ => self.as_millis(),
        };
        i64::try_from(units).unwrap_or(i64::MAX)
    }

    fn from_number(number: i64, kind: ValueKind) -> Option<Self> {
        let units = u64::try_from(number).ok()?;
        Some(match kind {
            ValueKind::Seconds => Duration::from_secs(units),
            _ => Duration::from_millis(units),
        })
    }
}

/// A limit of 0 is none.
impl<T: Number> Number for Option<T> {
    fn to_number(&self, kind: ValueKind) -> i64 {
        self.as_ref().map_or(0, |limit| limit.to_number(kind))
    }

    fn from_number(number: i64, kind: ValueKind) -> Option<Self> {
        match number {
            0 => Some(None),
            _ => T::from_number(number, kind).map(Some),
        }
    }
}

impl Words for String {
    fn to_text(&self) -> String {
        self.clone()
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned()).filter(|text| !text.is_empty())
    }
}

/// Empty text is none.
impl Words for Option<String> {
    fn to_text(&self) -> String {
        self.clone().unwrap_or_default()
    }

    fn from_text(text: &str) -> Option<Self> {
        Some(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }
}

#[cfg(test)]
pub(crate) mod tests;
