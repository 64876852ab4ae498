//! The state as text: JSON that an administrator can read, with values in the words of workers.properties.
//!
//! The first line is always the same, so that a file can be told from others however little of it is left. Times are
//! seconds since the epoch; what is 0 or empty is left out.

use serde_json::{json, Map, Value};

use super::figures::{balanced_text, figures_text, history_text};
use super::{SavedBalancer, SavedMember, SavedState, SavedWorker};
use crate::config::live::Change;
use crate::shared::{AjpSnapshot, LbSnapshot, MemberSnapshot};

/// Raised whenever older builds would read the text wrongly.
pub(super) const VERSION: u64 = 1;

/// The name of the version, which tells the text from any other. Capital letters come before others, so it comes first.
pub(super) const VERSION_NAME: &str = "JkStateFile version";

/// How every text begins.
pub(super) const BEGINNING: &str = "{\n  \"JkStateFile version\":";

impl SavedState {
    /// The state as text.
    pub(crate) fn to_text(&self) -> String {
        let state = json!({
            VERSION_NAME: VERSION,
            "Saved": self.saved,
            "history": history_text(&self.history),
            "balancers": self.balancers.iter().map(entry(balancer)).collect::<Map<_, _>>(),
            "workers": self.workers.iter().map(entry(worker)).collect::<Map<_, _>>(),
        });
        format!("{state:#}\n")
    }
}

fn entry<T>(text: fn(&T) -> Value) -> impl Fn((&String, &T)) -> (String, Value) {
    move |(name, saved)| (name.clone(), text(saved))
}

fn worker(saved: &SavedWorker) -> Value {
    let AjpSnapshot {
        used,
        read,
        transferred,
        errors,
        client_errors,
        reply_timeouts,
        busy: _,
        max_busy,
        connected: _,
        max_connected,
        error_time,
        last_reset,
        figures,
    } = saved.counters;
    without_zeros(json!({
        "address": saved.address,
        "changed": changed(&saved.changes),
        "used": used,
        "read": read,
        "transferred": transferred,
        "errors": errors,
        "client_errors": client_errors,
        "reply_timeouts": reply_timeouts,
        "max_busy": max_busy,
        "max_connected": max_connected,
        "error_time": error_time,
        "last_reset": last_reset,
        "figures": figures_text(&figures, saved.last_error.as_ref()),
    }))
}

fn balancer(saved: &SavedBalancer) -> Value {
    let LbSnapshot { max_busy, last_reset, balanced } = saved.counters;
    without_zeros(json!({
        "method": saved.method,
        "changed": changed(&saved.changes),
        "max_busy": max_busy,
        "last_reset": last_reset,
        "requests": balanced_text(&balanced),
        "members": saved.members.iter().map(entry(member)).collect::<Map<_, _>>(),
    }))
}

fn member(saved: &SavedMember) -> Value {
    let MemberSnapshot { health, load, sessions, errors, draining_since, drain, session_requests } =
        saved.known;
    without_zeros(json!({
        "activation": saved.activation,
        "multiplier": saved.multiplier,
        "changed": changed(&saved.changes),
        "state": health.state.text(),
        "first_error": health.first_error.unwrap_or(0),
        "last_error": health.last_error.unwrap_or(0),
        "load": load,
        "sessions": sessions,
        "errors": errors,
        "draining_since": draining_since.unwrap_or(0),
        "drain_ordered": drain.map_or(0, |drain| drain.ordered),
        "drain_until": drain.and_then(|drain| drain.until).unwrap_or(0),
        "session_requests": session_requests,
    }))
}

/// By property: what was configured, and what is in force.
fn changed(changes: &[Change]) -> Value {
    let change = |change: &Change| {
        let Change { property, configured, current } = change;
        let values = json!({"configured": configured.text(*property), "current": current.text(*property)});
        (property.name().to_owned(), values)
    };
    changes.iter().map(change).collect::<Map<_, _>>().into()
}

pub(super) fn without_zeros(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| *value != 0 && *value != json!({}));
    }
    value
}
