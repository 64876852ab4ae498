//! Names, values and order of what the stable formats tell ("status-worker, sections 5 and 6").
//!
//! Values of properties that can be changed come by the one table of properties, which says where they stand.

use super::page::Page;
use super::report::{Alone, Balancer, Map, Member, Reset, Tomcat};
use crate::config::live::{Live, Value};
use crate::config::workers::spec::ValueKind;
use crate::config::workers::table::TABLE;

/// A name and its value.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// Stands in quotes in the text format.
    pub(super) quoted: bool,
}

/// Which of the two orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Xml = 0,
    Others = 1,
}

/// A value without quotes.
pub(super) fn field(name: &'static str, value: impl ToString) -> Field {
    Field { name, value: value.to_string(), quoted: false }
}

/// A value in quotes.
pub(super) fn quoted(name: &'static str, value: impl ToString) -> Field {
    Field { quoted: true, ..field(name, value) }
}

/// What is told of a balancer, its name apart.
pub(super) fn balancer(balancer: &Balancer, order: Order) -> Vec<Field> {
    let mut fields = vec![field("type", "lb")];
    fields.extend(live(&balancer.settings, order));
    fields.extend([
        field("member_count", balancer.member_count),
        field("good", balancer.good),
        field("degraded", balancer.degraded),
        field("bad", balancer.bad),
        field("busy", balancer.busy),
        field("max_busy", balancer.max_busy),
        field("map_count", balancer.maps.count),
        field("time_to_maintenance_min", balancer.maintenance.0),
        field("time_to_maintenance_max", balancer.maintenance.1),
    ]);
    fields.extend(reset(balancer.reset));
    fields
}

/// What is told of a member up to its times, its name apart.
pub(super) fn member(member: &Member, order: Order) -> Vec<Field> {
    let mut fields = tomcat(&member.tomcat, order);
    fields.extend(live(&member.settings, order));
    let counters = &member.tomcat.counters;
    fields.extend([
        field("state", member.health.state.text()),
        field("lbmult", member.multiplier),
        field("lbvalue", member.load),
        field("elected", counters.used),
        field("sessions", member.sessions),
        field("errors", member.errors),
    ]);
    fields.extend(traffic(&member.tomcat));
    fields.extend([
        field("time_to_recover_min", member.recovery.0),
        field("time_to_recover_max", member.recovery.1),
    ]);
    fields
}

/// What is told of a worker that stands alone, up to its times and its name apart.
pub(super) fn alone(alone: &Alone, order: Order) -> Vec<Field> {
    let mut fields = tomcat(&alone.tomcat, order);
    let counters = &alone.tomcat.counters;
    fields.extend([field("used", counters.used), field("errors", counters.errors)]);
    fields.extend(traffic(&alone.tomcat));
    fields.push(field("map_count", alone.maps.count));
    fields
}

/// Since when counters count.
pub(super) fn reset(reset: Reset) -> [Field; 2] {
    [field("last_reset_at", reset.at), field("last_reset_ago", reset.ago)]
}

/// When the last error was.
pub(super) fn error(page: &Page<'_>, tomcat: &Tomcat) -> Vec<Field> {
    let Some((time, ago)) = tomcat.error else { return Vec::new() };
    vec![
        field("error_time_datetime", page.local("%Y%m%d%H%M%S", time)),
        field("error_time_tz", page.local("%z", time)),
        field("error_time_unix_seconds", time),
        field("error_time_ago", ago),
    ]
}

/// What is told of a rule, its number apart.
pub(super) fn map(map: &Map) -> Vec<Field> {
    vec![
        quoted("server", &map.server),
        quoted("uri", &map.uri),
        quoted("type", &map.kind),
        quoted("source", map.source),
        quoted("reply_timeout", map.reply_timeout),
        quoted("sticky_ignore", u8::from(map.sticky_ignore)),
        quoted("stateless", u8::from(map.stateless)),
        quoted("fail_on_status", &map.fail_on_status),
        quoted("active", &map.active),
        quoted("disabled", &map.disabled),
        quoted("stopped", &map.stopped),
        quoted("use_server_errors", map.use_server_errors),
    ]
}

fn tomcat(tomcat: &Tomcat, order: Order) -> Vec<Field> {
    let settings = &tomcat.settings;
    let mut fields = vec![
        field("type", "ajp13"),
        field("host", &settings.host),
        field("port", settings.port),
        field("address", &tomcat.address),
        field("source", settings.source.as_deref().unwrap_or("undefined")),
    ];
    fields.extend(live(settings, order));
    fields
}

fn traffic(tomcat: &Tomcat) -> [Field; 8] {
    let counters = &tomcat.counters;
    [
        field("client_errors", counters.client_errors),
        field("reply_timeouts", counters.reply_timeouts),
        field("transferred", counters.transferred),
        field("read", counters.read),
        field("busy", counters.busy),
        field("max_busy", counters.max_busy),
        field("connected", counters.connected),
        field("max_connected", counters.max_connected),
    ]
}

/// The properties that can be changed and have a place in this order, in it.
pub(super) fn live<T: Live>(settings: &T, order: Order) -> Vec<Field> {
    let place = |spec: &'static crate::config::workers::spec::Spec| {
        let place = spec.live_in(T::SCOPE)?.places[order as usize];
        (place > 0).then_some((place, spec))
    };
    let mut placed: Vec<_> = TABLE.iter().filter_map(place).collect();
    placed.sort_by_key(|(place, _)| *place);
    let shown = placed.into_iter().filter_map(|(_, spec)| {
        let value = settings.value(spec.property)?;
        let is_text = matches!(value, Value::Text(_));
        Some(Field { name: spec.name, value: shown(spec.kind, &value), quoted: is_text })
    });
    shown.collect()
}

/// A value in the words of the stable formats.
pub(super) fn shown(kind: ValueKind, value: &Value) -> String {
    match (value, kind) {
        (Value::Text(text), _) => text.clone(),
        (Value::Number(number), ValueKind::Boolean) => if *number == 0 { "False" } else { "True" }.to_owned(),
        (Value::Number(number), ValueKind::Letter(words)) => {
            let word = usize::try_from(*number).ok().and_then(|index| words.get(index)).copied();
            stable_word(word.unwrap_or_default()).to_owned()
        }
        (Value::Number(number), _) => number.to_string(),
    }
}

/// The original says some words differently than they are configured.
fn stable_word(word: &str) -> &str {
    match word {
        "Session" => "Sessions",
        "Active" => "ACT",
        "Disabled" => "DIS",
        "Stopped" => "STP",
        word => word,
    }
}
