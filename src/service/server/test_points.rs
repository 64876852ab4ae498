//! Requests that change and show what shared memory holds, in a build for tests alone.
//!
//! The header `Jk-Test-Change: lb member property value` (member `-` for the balancer itself, lb `-` for a worker
//! alone) makes a change as the status page would before the request is served; numbers and words as in
//! [`crate::config::live`]. More properties of the same record follow after ", " and change with it. With
//! `Jk-Test-Die: milliseconds` the process holds the lock of changes for so long and is killed with it.
//!
//! The variable JK_TEST_REPORT says what the records of all workers hold: when the request is about to be served, and
//! again at its end.

use std::fmt::Write;
use std::time::Duration;

use rustix::process::{getpid, kill_process, Signal};

use super::host::VirtualHost;
use crate::config::live::{Live, Value};
use crate::config::settings::MemberSettings;
use crate::config::workers::table::Property;
use crate::ffi::error_log;
use crate::ffi::request::Request;
use crate::shared::AjpHandle;
use crate::worker::registry::Worker;

/// Makes the change that the request asks for, and reports.
///
/// # Panics
/// If it is no change.
pub(crate) fn obey(request: Request<'_>, host: &VirtualHost) {
    let header = |name| request.headers_in().get(name).map(|text| String::from_utf8_lossy(text).into_owned());
    if let Some(order) = header(c"Jk-Test-Change") {
        let end = header(c"Jk-Test-Die").map(|text| text.parse().expect("milliseconds"));
        Change::parse(&order, end.map(Duration::from_millis)).make(host);
    }
    report(request, host);
}

/// New values of one record.
struct Change {
    lb: String,
    member: String,
    values: Vec<(Property, Value)>,
    /// The process is killed with the lock, that long after it took it.
    end: Option<Duration>,
}

impl Change {
    fn parse(order: &str, end: Option<Duration>) -> Self {
        let mut words = order.splitn(3, ' ');
        let mut word = || words.next().expect("three parts").to_owned();
        let (lb, member, values) = (word(), word(), word());
        let value = |text: &str| {
            let (property, value) = text.split_once(' ').unwrap_or((text, ""));
            let number = value.parse().map(Value::Number);
            let value = number.unwrap_or_else(|_| Value::Text(value.to_owned()));
            (Property::by_name(property.into()).expect("a property"), value)
        };
        Self { lb, member, values: values.split(", ").map(value).collect(), end }
    }

    fn make(&self, host: &VirtualHost) {
        let workers = &host.connector.workers;
        let changed = match workers.get(if self.lb == "-" { &self.member } else { &self.lb }) {
            Some(Worker::Ajp13(worker)) => worker.change(|settings| self.apply(settings)),
            Some(Worker::Lb(worker)) if self.member == "-" => worker.change(|settings| self.apply(settings)),
            Some(Worker::Lb(worker)) => {
                let index = worker.members().iter().position(|known| known.name() == self.member);
                let index = index.expect("a member");
                match MemberSettings::properties().any(|known| known == self.values[0].0) {
                    true => worker.change_member(index, |settings| self.apply(settings)),
                    false => worker.members()[index].backend().change(|settings| self.apply(settings)),
                }
            }
            _ => panic!("no worker {} {}", self.lb, self.member),
        };
        changed.expect("the lock");
    }

    /// Called with the lock.
    fn apply<T: Live>(&self, settings: &mut T) {
        for (property, value) in &self.values {
            assert!(settings.set_value(*property, value), "{property:?} can't be {value:?}");
        }
        if let Some(time) = self.end {
            error_log::write(
                error_log::Level::Error,
                None,
                "mod_jk: holds the lock of changes, and ends with it",
            );
            std::thread::sleep(time);
            kill_process(getpid(), Signal::KILL).expect("a signal to oneself");
        }
    }
}

/// Tells what the records of all workers hold.
pub(crate) fn report(request: Request<'_>, host: &VirtualHost) {
    let workers = &host.connector.workers;
    // As seen by the next request.
    workers.get("");
    let mut text = format!("process={}; ", std::process::id());
    for worker in workers.iter() {
        let lb = match worker {
            Worker::Lb(lb) => lb,
            Worker::Ajp13(worker) => {
                let _ = write!(text, "worker={} {}; ", worker.name(), traffic(worker.record()));
                continue;
            }
            Worker::Status(_) => continue,
        };
        let (now, settings) = (crate::shared::now(), lb.current_settings());
        let (name, busy, method) = (lb.name(), lb.record().busy(), settings.method);
        let _ = write!(text, "lb={name} busy={busy} method={method:?}; ");
        for (index, member) in lb.members().iter().enumerate() {
            let (record, settings) = (member.record(), lb.current_member(index));
            let _ = write!(
                text,
                "member={} {} activation={} state={} load={} sessions={} member_errors={} recent={} draining={} \
                 lbfactor={} distance={} route={} domain={} redirect={}; ",
                member.name(),
                traffic(member.worker()),
                settings.activation.code(),
                record.health().state.text(),
                record.load(),
                record.sessions(),
                record.errors(),
                record.session_requests(now),
                record.draining_since().unwrap_or(0),
                settings.lbfactor,
                settings.distance,
                settings.route,
                settings.domain.unwrap_or_default(),
                settings.redirect.unwrap_or_default(),
            );
        }
    }
    request.environment().set(b"JK_TEST_REPORT", text.as_bytes());
}

/// What goes to one Tomcat.
fn traffic(record: &AjpHandle) -> String {
    let now = record.snapshot();
    format!(
        "used={} busy={} connected={} errors={} max_busy={} max_connected={}",
        now.used, now.busy, now.connected, now.errors, now.max_busy, now.max_connected
    )
}
