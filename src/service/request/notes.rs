//! Notes for mod_log_config: what is known about a request after it was served.
//!
//! Names and values: "directives, section 6".

use std::ffi::CStr;
use std::time::Duration;

use smallvec::SmallVec;

use crate::ffi::request::Request;
use crate::ffi::table::Entries;
use crate::text::Digits;
use crate::worker::request::MemberNotes;
use crate::worker::ServiceNotes;

/// Notes about the first member that was tried, in the order of [`values`].
const FIRST: [&CStr; 10] = [
    c"JK_LB_FIRST_NAME",
    c"JK_LB_FIRST_VALUE",
    c"JK_LB_FIRST_ACCESSED",
    c"JK_LB_FIRST_SESSIONS",
    c"JK_LB_FIRST_READ",
    c"JK_LB_FIRST_TRANSFERRED",
    c"JK_LB_FIRST_ERRORS",
    c"JK_LB_FIRST_BUSY",
    c"JK_LB_FIRST_ACTIVATION",
    c"JK_LB_FIRST_STATE",
];

/// Notes about the last one.
const LAST: [&CStr; 10] = [
    c"JK_LB_LAST_NAME",
    c"JK_LB_LAST_VALUE",
    c"JK_LB_LAST_ACCESSED",
    c"JK_LB_LAST_SESSIONS",
    c"JK_LB_LAST_READ",
    c"JK_LB_LAST_TRANSFERRED",
    c"JK_LB_LAST_ERRORS",
    c"JK_LB_LAST_BUSY",
    c"JK_LB_LAST_ACTIVATION",
    c"JK_LB_LAST_STATE",
];

/// Writes all notes that follow from the service of a request.
pub(super) fn write(request: Request<'_>, worker_type: &str, service: &ServiceNotes<'_>, duration: Duration) {
    let mut entries = Entries::default();
    entries.push(c"JK_WORKER_TYPE", worker_type.as_bytes());
    entries.push(c"JK_REQUEST_DURATION", &seconds(duration));
    if let Some(route) = service.route.as_ref().filter(|route| !route.is_empty()) {
        entries.push(c"JK_WORKER_ROUTE", route);
    }
    if let (Some(first), Some(last)) = (&service.first, &service.last) {
        push_members(&mut entries, first, last);
    }
    let notes = request.notes();
    // It has such notes from before only if it was served twice.
    match notes.get(c"JK_WORKER_TYPE") {
        None => notes.add_all(&entries),
        Some(_) => notes.set_all(&entries),
    }
}

/// Seconds with six digits behind the point.
fn seconds(duration: Duration) -> SmallVec<[u8; 32]> {
    let micros = Digits::of(1_000_000 + u64::from(duration.subsec_micros()));
    let mut text = SmallVec::from_slice(&Digits::of(duration.as_secs()));
    text.push(b'.');
    text.extend_from_slice(&micros[1..]);
    text
}

fn push_members(entries: &mut Entries, first: &MemberNotes<'_>, last: &MemberNotes<'_>) {
    // Nearly always there was one attempt, and each value is made once.
    let is_one = first == last;
    for ((name, other), value) in FIRST.into_iter().zip(LAST).zip(values(first)) {
        value.push(entries, name);
        if is_one {
            entries.push_same(other);
        }
    }
    if !is_one {
        LAST.into_iter().zip(values(last)).for_each(|(name, value)| value.push(entries, name));
    }
}

enum Value<'a> {
    Text(&'a str),
    Number(u64),
}

impl Value<'_> {
    fn push(&self, entries: &mut Entries, name: &'static CStr) {
        match self {
            Value::Text(text) => entries.push(name, text.as_bytes()),
            Value::Number(number) => entries.push(name, &Digits::of(*number)),
        }
    }
}

fn values<'a>(member: &MemberNotes<'a>) -> [Value<'a>; 10] {
    [
        Value::Text(member.name),
        Value::Number(member.value),
        Value::Number(member.accessed),
        Value::Number(member.sessions),
        Value::Number(member.read),
        Value::Number(member.transferred),
        Value::Number(member.errors),
        Value::Number(u64::from(member.busy)),
        Value::Text(member.activation),
        Value::Text(member.state),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::seconds;

    #[test]
    fn durations_have_microseconds() {
        let cases = [(0, "0.000000"), (70, "0.000070"), (12_345_678, "12.345678")];
        for (micros, text) in cases {
            assert_eq!(*seconds(Duration::from_micros(micros)), *text.as_bytes());
        }
    }
}
