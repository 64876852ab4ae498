//! Notes for mod_log_config: what is known about a request after it was served.
//!
//! Names and values: "directives, section 6".

use std::ffi::CStr;
use std::time::Duration;

use smallvec::SmallVec;

use crate::ffi::request::Request;
use crate::ffi::table::{Entry, Value};
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

/// All notes of a request.
type Entries<'a> = SmallVec<[Entry<'a>; 24]>;

/// Writes all notes that follow from the service of a request, in place of those of an earlier service if it was served
/// `again`.
pub(super) fn write(
    request: Request<'_>,
    worker_type: &str,
    service: &ServiceNotes<'_>,
    duration: Duration,
    again: bool,
) {
    let seconds = seconds(duration);
    let mut entries = Entries::new();
    entries.push((c"JK_WORKER_TYPE", Value::Text(worker_type.as_bytes())));
    entries.push((c"JK_REQUEST_DURATION", Value::Text(&seconds)));
    if let Some(route) = service.route.as_ref().filter(|route| !route.is_empty()) {
        entries.push((c"JK_WORKER_ROUTE", Value::Text(route)));
    }
    if let (Some(first), Some(last)) = (&service.first, &service.last) {
        push_members(&mut entries, first, last);
    }
    match again {
        false => request.notes().add_all(&entries),
        true => request.notes().set_all(&entries),
    }
}

/// Seconds with six digits behind the point.
fn seconds(duration: Duration) -> SmallVec<[u8; 32]> {
    let mut text = SmallVec::from_slice(itoa::Buffer::new().format(duration.as_secs()).as_bytes());
    let padded = 1_000_000 + duration.subsec_micros();
    text.push(b'.');
    text.extend_from_slice(&itoa::Buffer::new().format(padded).as_bytes()[1..]);
    text
}

fn push_members<'a>(entries: &mut Entries<'a>, first: &MemberNotes<'a>, last: &MemberNotes<'a>) {
    // Nearly always there was one attempt, and each value is made once.
    let is_one = first == last;
    for ((name, other), value) in FIRST.into_iter().zip(LAST).zip(values(first)) {
        entries.push((name, value));
        if is_one {
            entries.push((other, Value::Same));
        }
    }
    if !is_one {
        entries.extend(LAST.into_iter().zip(values(last)));
    }
}

fn values<'a>(member: &MemberNotes<'a>) -> [Value<'a>; 10] {
    [
        Value::Text(member.name.as_bytes()),
        Value::Number(member.value),
        Value::Number(member.accessed),
        Value::Number(member.sessions),
        Value::Number(member.read),
        Value::Number(member.transferred),
        Value::Number(member.errors),
        Value::Number(u64::from(member.busy)),
        Value::Text(member.activation.as_bytes()),
        Value::Text(member.state.as_bytes()),
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
