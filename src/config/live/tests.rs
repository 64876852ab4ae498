//! Every value that can be changed: as number and text, in words, and beside the configured one.

use std::fmt::Debug;
use std::time::Duration;

use super::change::Renewal;
use super::*;
use crate::config::settings::samples::{ajp_settings, lb_settings};
use crate::config::workers::table::TABLE;

/// A value of `property` that is not `old`.
pub(crate) fn another(property: Property, old: &Value) -> Value {
    match old {
        Value::Text(text) => Value::Text(format!("{text}x")),
        Value::Number(number) => {
            let least = i64::from(property.spec().range.least).max(0);
            Value::Number(if *number == least { least + 1 } else { least })
        }
    }
}

/// Settings in which every value differs from `settings`.
pub(crate) fn all_changed<T: Live>(settings: &T) -> T {
    T::properties().fold(settings.clone(), |mut changed, property| {
        let old = settings.value(property).expect("one of its own");
        assert!(changed.set_value(property, &another(property, &old)), "{property:?}");
        changed
    })
}

/// The table says which they are; beside the settings stands only where each of them is kept.
#[test]
fn they_are_those_of_the_table() {
    fn of<T: Live>() -> Vec<Property> {
        let mut all: Vec<Property> = T::properties().collect();
        all.sort_by_key(|property| *property as usize);
        all
    }
    fn in_table<T: Live>() -> Vec<Property> {
        let rows = TABLE.iter().filter(|spec| spec.live_in(T::SCOPE).is_some());
        rows.map(|spec| spec.property).collect()
    }
    assert_eq!(of::<Ajp13Settings>(), in_table::<Ajp13Settings>());
    assert_eq!(of::<LbSettings>(), in_table::<LbSettings>());
    assert_eq!(of::<MemberSettings>(), in_table::<MemberSettings>());
}

/// Sets each value to another one and back, and tells each in words.
fn both_ways<T: Live + PartialEq + Debug>(settings: &T) {
    for property in T::properties() {
        let old = settings.value(property).expect("one of its own");
        let new = another(property, &old);
        let mut changed = settings.clone();
        assert!(changed.set_value(property, &new), "{property:?}");
        assert_eq!(changed.value(property), Some(new.clone()), "{property:?}");
        assert_ne!(changed, *settings, "{property:?}");
        assert!(changed.set_value(property, &old), "{property:?}");
        assert_eq!(changed, *settings, "{property:?}");
        for value in [old, new] {
            assert_eq!(Value::parse(property, &value.text(property)), Ok(value), "{property:?}");
        }
    }
}

#[test]
fn every_value_can_be_changed_and_changed_back() {
    both_ways(&ajp_settings("t1"));
    let lb = lb_settings("lb", &["t1"]);
    both_ways(&lb);
    both_ways(&lb.members[0]);
}

#[test]
fn units_are_those_of_the_property() {
    let mut lb = lb_settings("lb", &["t1"]);
    assert!(lb.set_value(Property::RecoverTime, &Value::Number(7)));
    assert!(lb.set_value(Property::RetryInterval, &Value::Number(7)));
    assert_eq!((lb.recover_time, lb.retry_interval), (Duration::from_secs(7), Duration::from_millis(7)));
}

#[test]
fn what_is_no_value_of_a_property_changes_nothing() {
    fn refuse<T: Live + PartialEq + Debug>(settings: &T, property: Property, value: Value) {
        let mut changed = settings.clone();
        assert!(!changed.set_value(property, &value), "{property:?} {value:?}");
        assert_eq!(changed, *settings);
    }
    let text = |text: &str| Value::Text(text.to_owned());
    let lb = lb_settings("lb", &["t1"]);
    refuse(&lb, Property::Method, Value::Number(5));
    refuse(&lb, Property::Method, text("Request"));
    refuse(&lb, Property::RecoverTime, Value::Number(0));
    refuse(&lb, Property::RecoverTime, Value::Number(1 << 31));
    refuse(&lb, Property::StickySession, Value::Number(2));
    refuse(&lb, Property::Host, text("localhost"));
    refuse(&lb, Property::Secret, text("x"));
    refuse(&lb.members[0], Property::Lbfactor, Value::Number(0));
    refuse(&lb.members[0], Property::Route, text(""));
    refuse(&lb.members[0], Property::Route, text("a\nb"));
    refuse(&lb.members[0], Property::Domain, text(&"x".repeat(64)));
    let ajp = ajp_settings("t1");
    refuse(&ajp, Property::Port, Value::Number(65536));
    refuse(&ajp, Property::Retries, Value::Number(0));
    refuse(&ajp, Property::MaxPacketSize, Value::Number(8191));
    refuse(&ajp, Property::BusyLimit, Value::Number(-1));
    refuse(&ajp, Property::Host, text(""));
}

#[test]
fn words_are_those_of_the_administrator() {
    let cases = [
        (Property::Activation, 1, "Disabled"),
        (Property::Method, 2, "Busyness"),
        (Property::Lock, 0, "Optimistic"),
        (Property::StickySession, 1, "true"),
        (Property::StickySessionForce, 0, "false"),
        (Property::RecoverTime, 30, "30"),
        (Property::Distance, -2, "-2"),
    ];
    for (property, number, words) in cases {
        assert_eq!(Value::Number(number).text(property), words, "{property:?}");
    }
    assert_eq!(lb_settings("lb", &["t1"]).words(Property::RecoverTime), "60");
    assert_eq!(ajp_settings("t1").words(Property::RecoverTime), "", "a worker has none");
    let domain = Value::Text("d".to_owned());
    assert_eq!(domain.text(Property::Domain), "d");
    assert_eq!(Value::parse(Property::Domain, ""), Ok(Value::Text(String::new())));
}

#[test]
fn what_is_no_value_says_what_was_expected() {
    let cases = [
        (Property::Activation, "Dsabled", "expected Active, Disabled, Stopped, did you mean Disabled?"),
        (Property::Activation, "7", "expected Active, Disabled, Stopped"),
        (Property::StickySession, "perhaps", "expected true or false"),
        (Property::RecoverTime, "0", "expected 1 or more"),
        (Property::Port, "65536", "expected 0 to 65535"),
        (Property::Port, "8009x", "expected 0 to 65535"),
        (Property::Port, "99999999999999999999", "expected 0 to 65535"),
        (Property::Route, "a\tb", "expected at most 63 octets without control characters"),
    ];
    for (property, text, complaint) in cases {
        assert_eq!(Value::parse(property, text), Err(complaint.to_owned()), "{property:?}={text}");
    }
}

#[test]
fn what_was_changed_is_told_value_by_value() {
    let configured = lb_settings("lb", &["t1"]);
    let mut current = configured.clone();
    current.recover_time = Duration::from_secs(5);
    current.sticky_session = false;
    let found: Vec<_> = changes(&configured, &current).collect();
    let change = |property, configured, current| Change {
        property,
        configured: Value::Number(configured),
        current: Value::Number(current),
    };
    assert_eq!(found, [change(Property::RecoverTime, 60, 5), change(Property::StickySession, 1, 0)]);
    assert_eq!(changes(&current, &current).count(), 0);
    let all = all_changed(&configured);
    assert_eq!(changes(&configured, &all).count(), LbSettings::properties().count());
}

#[test]
fn a_change_holds_while_the_configured_value_is_the_same() {
    let old = ajp_settings("t1");
    let mut current = old.clone();
    (current.port, current.retries) = (9, 7);
    let changes: Vec<_> = changes(&old, &current).collect();
    let new = Ajp13Settings { retries: 3, max_packet_size: 16384, ..old };
    let mut settings = new.clone();
    let renewals: Vec<_> = changes.iter().map(|change| change.renew(&new, &mut settings)).collect();
    assert_eq!(renewals, [Renewal::Made, Renewal::Overruled]);
    assert_eq!(settings, Ajp13Settings { port: 9, ..new.clone() });
    let bad = Change { current: Value::Number(-1), ..changes[0].clone() };
    assert_eq!(bad.renew(&new, &mut settings), Renewal::Refused);
    assert_eq!(changes[0].renew(&lb_settings("lb", &[]), &mut lb_settings("lb", &[])), Renewal::Refused);
}
