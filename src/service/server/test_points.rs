//! Requests that change and show what shared memory holds, in a build for tests alone.
//!
//! The header `Jk-Test-Change: lb member property value` (member `-` for the balancer itself, lb `-` for a worker
//! alone) makes a change as the status page would before the request is served; numbers and words as in
//! [`crate::config::live`]. After it the variable JK_TEST_REPORT says what the records of all balancers hold.

use std::fmt::Write;

use super::host::VirtualHost;
use crate::config::live::{Live, Value};
use crate::config::settings::MemberSettings;
use crate::config::workers::table::Property;
use crate::ffi::request::Request;
use crate::worker::registry::Worker;

/// Makes the change that the request asks for.
///
/// # Panics
/// If it is no change.
pub(crate) fn obey(request: Request<'_>, host: &VirtualHost) {
    let Some(order) = request.headers_in().get(c"Jk-Test-Change") else { return };
    let order = String::from_utf8_lossy(order).into_owned();
    let mut words = order.splitn(4, ' ');
    let mut word = || words.next().expect("four words");
    let (lb, member, property, value) = (word(), word(), word(), word());
    let property = Property::by_name(property.into()).expect("a property");
    let value = value.parse().map_or_else(|_| Value::Text(value.to_owned()), Value::Number);
    let workers = &host.connector.workers;
    let changed = match workers.get(if lb == "-" { member } else { lb }) {
        Some(Worker::Ajp13(worker)) => worker.change(|settings| set(settings, property, &value)),
        Some(Worker::Lb(worker)) if member == "-" => {
            worker.change(|settings| set(settings, property, &value))
        }
        Some(Worker::Lb(worker)) => {
            let index = worker.members().iter().position(|known| known.name() == member);
            let index = index.expect("a member");
            match MemberSettings::properties().any(|known| known == property) {
                true => worker.change_member(index, |settings| set(settings, property, &value)),
                false => worker.members()[index].backend().change(|settings| set(settings, property, &value)),
            }
        }
        _ => panic!("no worker for {order}"),
    };
    changed.expect("the lock");
}

fn set<T: Live>(settings: &mut T, property: Property, value: &Value) {
    assert!(settings.set_value(property, value), "{property:?} can't be {value:?}");
}

/// Tells what the records of all balancers hold.
pub(crate) fn report(request: Request<'_>, host: &VirtualHost) {
    let mut text = String::new();
    for worker in host.connector.workers.iter() {
        let Worker::Lb(lb) = worker else { continue };
        let now = crate::shared::now();
        let _ = write!(text, "lb={} busy={}; ", lb.name(), lb.record().busy());
        for (index, member) in lb.members().iter().enumerate() {
            let (record, ajp) = (member.record(), member.worker().snapshot());
            let _ = write!(
                text,
                "member={} activation={} state={} used={} busy={} connected={} load={} sessions={} errors={} \
                 recent={} draining={} lbfactor={} max_busy={}; ",
                member.name(),
                lb.member_settings(index).activation.code(),
                record.health().state.text(),
                ajp.used,
                ajp.busy,
                ajp.connected,
                record.load(),
                record.sessions(),
                record.errors(),
                record.session_requests(now),
                record.draining_since().unwrap_or(0),
                lb.member_settings(index).lbfactor,
                ajp.max_busy,
            );
        }
    }
    request.environment().set(b"JK_TEST_REPORT", text.as_bytes());
}
