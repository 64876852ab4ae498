//! New values from the parameters of `cmd=update` ("status-worker, section 7"): all are read and checked before one is
//! set, by the same table as the workers file. "decisions, row 21".

use super::query::Query;
use crate::config::live::{Live, Value};
use crate::config::workers::names::MAX_NAME;
use crate::config::workers::spec::{Range, Spec, ValueKind};
use crate::config::workers::table::{Property, TABLE};
use crate::config::workers::values;

/// A property and what it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) property: Property,
    pub(super) value: Value,
}

/// The edits of settings of type `T` that `query` asks for, those left out that change nothing.
pub(super) fn edits<T: Live>(query: &Query, subject: &str, now: &T) -> Result<Vec<Edit>, String> {
    let mut edits = Vec::new();
    for spec in TABLE {
        let Some(live) = spec.live_in(T::SCOPE) else { continue };
        let Some(text) = query.get(live.parameter) else { continue };
        edits.extend(edit(spec, (live.parameter, text), subject, now)?);
    }
    Ok(edits)
}

/// The property of settings of type `T` that the parameter `code` changes.
pub(super) fn property<T: Live>(code: &str) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.live_in(T::SCOPE).is_some_and(|live| live.parameter == code))
}

/// The edit that a parameter and its text ask for; `None` if that is the value already.
pub(super) fn edit<T: Live>(
    spec: &'static Spec,
    (parameter, text): (&str, &str),
    subject: &str,
    now: &T,
) -> Result<Option<Edit>, String> {
    if now.value(spec.property).is_some_and(|value| value.text(spec.property) == text) {
        return Ok(None);
    }
    let value = value(spec, text).map_err(|problem| match problem {
        Problem::TooLong => format!(
            "Update failed (at least partially): new {} '{text}' too long for {subject}, see log file for details.",
            if spec.property == Property::Host { "host name" } else { spec.name }
        ),
        Problem::Expected(expected) => {
            format!("Update failed: {parameter}={text} ({} of {subject}): {expected}", spec.name)
        }
    })?;
    let is_new = now.value(spec.property).as_ref() != Some(&value);
    Ok(is_new.then_some(Edit { property: spec.property, value }))
}

/// Why a text is no value.
#[derive(Debug, PartialEq, Eq)]
enum Problem {
    TooLong,
    Expected(String),
}

/// `text` as value of the property of `spec`: as in the workers file, but nothing is guessed, and nothing is less than
/// none.
fn value(spec: &Spec, text: &str) -> Result<Value, Problem> {
    if spec.kind == ValueKind::Name && text.len() > MAX_NAME {
        return Err(Problem::TooLong);
    }
    if text.is_empty() && matches!(spec.property, Property::Host | Property::Route) {
        return Err(Problem::Expected("expected a name".to_owned()));
    }
    let letter = match spec.kind {
        ValueKind::Letter(words) => {
            values::letter(text.as_bytes(), words).filter(|letter| letter.plain || text.len() == 1)
        }
        _ => None,
    };
    if let Some(letter) = letter {
        return Ok(Value::Number(i64::try_from(letter.index).unwrap_or_default()));
    }
    match Value::parse(spec.property, text).map_err(Problem::Expected)? {
        Value::Number(number) if number < i64::from(limits(spec).least) => {
            Err(Problem::Expected("expected 0 or more".to_owned()))
        }
        // The packets of both sides are counted in whole kilo-octets.
        Value::Number(number) if spec.property == Property::MaxPacketSize => {
            Ok(Value::Number(i64::from(u32::try_from(number).unwrap_or_default().next_multiple_of(1024))))
        }
        value => Ok(value),
    }
}

/// The numbers that can be set: those of the table, of which none means less than nothing.
pub(super) fn limits(spec: &Spec) -> Range {
    Range { least: spec.range.least.max(0), ..spec.range }
}
