//! Values as an administrator writes them in workers.properties, and which values a property takes.

use super::{Property, Value};
use crate::config::diagnostic::did_you_mean;
use crate::config::workers::names::MAX_NAME;
use crate::config::workers::spec::ValueKind;
use crate::config::workers::values;

impl Value {
    /// In the words of workers.properties, as the value of `property`.
    pub fn text(&self, property: Property) -> String {
        match (self, property.spec().kind) {
            (Value::Text(text), _) => text.clone(),
            (Value::Number(number), ValueKind::Boolean) => (*number != 0).to_string(),
            (Value::Number(number), kind) => {
                let word = usize::try_from(*number).ok().and_then(|index| kind.words().get(index));
                word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
            }
        }
    }

    /// Reads a value of `property`: unlike in workers.properties nothing is guessed.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(property: Property, text: &str) -> Result<Self, String> {
        let kind = property.spec().kind;
        let value = match kind {
            ValueKind::Name => Value::Text(text.to_owned()),
            ValueKind::Boolean => Value::Number(values::boolean(text.as_bytes()).map_or(-1, i64::from)),
            ValueKind::Letter(words) => {
                let place = words.iter().position(|word| word.eq_ignore_ascii_case(text));
                Value::Number(place.and_then(|place| i64::try_from(place).ok()).unwrap_or(-1))
            }
            _ => Value::Number(text.parse().map_err(|_| expected(property, text))?),
        };
        match is_in_range(property, &value) {
            true => Ok(value),
            false => Err(expected(property, text)),
        }
    }
}

/// Tells whether `value` is one of `property`, as far as its row of the table says.
pub(super) fn is_in_range(property: Property, value: &Value) -> bool {
    let spec = property.spec();
    match (value, spec.kind) {
        (Value::Text(text), ValueKind::Name) => {
            text.len() <= MAX_NAME
                && !text.contains(char::is_control)
                && socket_expected(property, text).is_none()
        }
        (Value::Number(number), ValueKind::Boolean) => (0..=1).contains(number),
        (Value::Number(number), ValueKind::Letter(words)) => {
            usize::try_from(*number).is_ok_and(|place| place < words.len())
        }
        (Value::Number(number), _) => {
            (i64::from(spec.range.least)..=i64::from(spec.range.most)).contains(number)
        }
        (Value::Text(_), _) => false,
    }
}

/// What is expected of a host that names a socket, and names none.
fn socket_expected(property: Property, text: &str) -> Option<String> {
    values::socket_expected(text).filter(|_| property == Property::Host)
}

/// What is said about `text`, which is no value of `property`.
fn expected(property: Property, text: &str) -> String {
    let spec = property.spec();
    match spec.kind {
        ValueKind::Name => socket_expected(property, text)
            .unwrap_or_else(|| format!("expected at most {MAX_NAME} octets without control characters")),
        ValueKind::Boolean => "expected true or false".to_owned(),
        ValueKind::Letter(words) => {
            format!("expected {}{}", words.join(", "), did_you_mean(text, words.iter().copied()))
        }
        _ => format!("expected {}", spec.range.describe()),
    }
}
