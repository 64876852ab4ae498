//! Notes for mod_log_config: what is known about a request after it was served.
//!
//! Names and values: "directives, section 6".

use std::ffi::CStr;
use std::io::Write;
use std::time::Duration;

use smallvec::SmallVec;

use crate::ffi::request::Request;
use crate::ffi::table::Table;
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
pub(super) fn write(request: Request<'_>, worker_type: &str, service: &ServiceNotes, duration: Duration) {
    let notes = request.notes();
    notes.set_named(c"JK_WORKER_TYPE", worker_type.as_bytes());
    let duration = format!("{}.{:06}", duration.as_secs(), duration.subsec_micros());
    notes.set_named(c"JK_REQUEST_DURATION", duration.as_bytes());
    if let Some(route) = service.route.as_ref().filter(|route| !route.is_empty()) {
        notes.set_named(c"JK_WORKER_ROUTE", route.as_bytes());
    }
    let (Some(first), Some(last)) = (&service.first, &service.last) else { return };
    // Nearly always there was one attempt, and each value is made once.
    if first == last && notes.get(FIRST[0]).is_none() {
        let names = FIRST.into_iter().zip(LAST);
        names
            .zip(values(first))
            .for_each(|(names, value)| value.with(|text| notes.add_twice(names.into(), text)));
        return;
    }
    for (names, member) in [(FIRST, first), (LAST, last)] {
        write_member(notes, names, member);
    }
}

fn write_member(notes: Table<'_>, names: [&'static CStr; 10], member: &MemberNotes) {
    // Replacing searches the table, whose keys look alike to APR; a request has notes from before only if it was
    // served twice.
    let write = if notes.get(names[0]).is_some() { Table::set_named } else { Table::add_named };
    for (name, value) in names.into_iter().zip(values(member)) {
        value.with(|text| write(notes, name, text));
    }
}

enum Value<'a> {
    Text(&'a str),
    Number(u64),
}

impl Value<'_> {
    /// Hands its octets to `write`.
    fn with(&self, write: impl FnOnce(&[u8])) {
        match self {
            Value::Text(text) => write(text.as_bytes()),
            Value::Number(number) => {
                let mut digits: SmallVec<[u8; 20]> = SmallVec::new();
                // A vector takes all that is written.
                let _ = write!(digits, "{number}");
                write(&digits);
            }
        }
    }
}

fn values(member: &MemberNotes) -> [Value<'_>; 10] {
    [
        Value::Text(&member.name),
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
