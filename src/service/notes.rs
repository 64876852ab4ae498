//! Notes for mod_log_config: what is known about a request after it was served.
//!
//! Names and values: "directives, Notes for mod_log_config".

use std::time::Duration;

use crate::ffi::request::Request;
use crate::ffi::table::Table;
use crate::worker::request::MemberNotes;
use crate::worker::ServiceNotes;

/// Writes all notes that follow from the service of a request.
pub(super) fn write(request: Request<'_>, worker_type: &str, service: &ServiceNotes, duration: Duration) {
    let notes = request.notes();
    notes.set(b"JK_WORKER_TYPE", worker_type.as_bytes());
    let duration = format!("{}.{:06}", duration.as_secs(), duration.subsec_micros());
    notes.set(b"JK_REQUEST_DURATION", duration.as_bytes());
    if let Some(route) = service.route.as_ref().filter(|route| !route.is_empty()) {
        notes.set(b"JK_WORKER_ROUTE", route.as_bytes());
    }
    for (which, member) in [("FIRST", &service.first), ("LAST", &service.last)] {
        member.iter().for_each(|member| write_member(notes, which, member));
    }
}

fn write_member(notes: Table<'_>, which: &str, member: &MemberNotes) {
    let values: [(&str, String); 10] = [
        ("NAME", member.name.clone()),
        ("VALUE", member.value.to_string()),
        ("ACCESSED", member.accessed.to_string()),
        ("SESSIONS", member.sessions.to_string()),
        ("READ", member.read.to_string()),
        ("TRANSFERRED", member.transferred.to_string()),
        ("ERRORS", member.errors.to_string()),
        ("BUSY", member.busy.to_string()),
        ("ACTIVATION", member.activation.to_owned()),
        ("STATE", member.state.to_owned()),
    ];
    for (name, value) in values {
        notes.set(format!("JK_LB_{which}_{name}").as_bytes(), value.as_bytes());
    }
}
