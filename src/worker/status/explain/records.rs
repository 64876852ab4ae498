//! What is told, as names and values: the formats xml and prop.

use super::{Candidate, Explained, SessionTold, Target, TargetKind};
use crate::mapping::{Rule, Verdict};
use crate::worker::status::fields::{field, live, quoted, Field, Order};

/// A group of values.
pub(in crate::worker::status) struct Record {
    /// The element of xml.
    pub(in crate::worker::status) element: &'static str,
    /// What stands before its names in prop; of the whole it is empty.
    pub(in crate::worker::status) key: String,
    pub(in crate::worker::status) fields: Vec<Field>,
}

/// All groups; the first is about the whole.
pub(in crate::worker::status) fn records(explained: &Explained) -> Vec<Record> {
    let mut records = vec![Record { element: "explanation", key: String::new(), fields: whole(explained) }];
    let Ok(explanation) = &explained.outcome else { return records };
    match &explanation.verdict {
        Verdict::Taken(mount) => records.push(of_rule("rule", "rule", mount)),
        Verdict::Excluded { mount, by } | Verdict::Disabled { mount, by } => {
            records.extend([of_rule("rule", "rule", mount), of_rule("by", "by", by)]);
        }
        Verdict::Unmatched => {}
    }
    explained.target.iter().for_each(|target| add_target(&mut records, target));
    for (number, passed) in (1..).zip(&explanation.passed_over) {
        let mut record = of_rule("passed_over", &format!("passed_over.{number}"), &passed.rule);
        record.fields.push(quoted("why", &passed.why));
        records.push(record);
    }
    records
}

fn whole(explained: &Explained) -> Vec<Field> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (explanation, left_out) = (explained.outcome.as_ref().ok(), explained.left_out());
    vec![
        quoted("uri", &explained.uri),
        quoted("clean", text(&explained.clean)),
        quoted("host", text(&explained.host)),
        quoted("server", &explained.server),
        quoted("origin", text(&explained.place)),
        field("chosen_by", explained.chosen_by.word()),
        quoted("ignored_port", explained.ignored_port.map(|port| port.to_string()).unwrap_or_default()),
        field("verdict", explained.word()),
        quoted("text", explained.verdict()),
        quoted("objection", explained.objection.unwrap_or_default()),
        field("matching", explanation.map_or(0, |explanation| explanation.matching)),
        field("not_matching", explanation.map_or(0, |explanation| explanation.not_matching)),
        field("matching_left_out", left_out.matching),
        field("not_matching_left_out", left_out.not_matching),
    ]
}

/// What is told of a rule.
pub(in crate::worker::status) fn rule(rule: &Rule) -> Vec<Field> {
    vec![
        quoted("uri", &rule.pattern),
        quoted("worker", &rule.worker),
        quoted("type", rule.type_words()),
        quoted("source", rule.source.words()),
        quoted("origin", rule.origin.as_ref().map(ToString::to_string).unwrap_or_default()),
        quoted("extensions", &rule.options),
    ]
}

fn of_rule(element: &'static str, key: &str, of: &Rule) -> Record {
    Record { element, key: key.to_owned(), fields: rule(of) }
}

fn add_target(records: &mut Vec<Record>, target: &Target) {
    let mut fields = vec![quoted("name", &target.name), field("type", target.word())];
    match &target.kind {
        TargetKind::Alone(address) => fields.push(quoted("address", address)),
        TargetKind::Balancer(balance) => fields.extend([
            field("method", balance.method),
            field("forced", u8::from(balance.forced)),
            field("per_round", balance.per_round),
            field("ignores_session", u8::from(balance.ignores_session)),
        ]),
        TargetKind::Unknown | TargetKind::Status => {}
    }
    records.push(Record { element: "target", key: "target".to_owned(), fields });
    let TargetKind::Balancer(balance) = &target.kind else { return };
    for (number, member) in (1..).zip(&balance.asked) {
        records.push(Record { element: "asked", key: format!("asked.{number}"), fields: candidate(member) });
    }
    for (number, (member, why)) in (1..).zip(&balance.others) {
        let mut fields = candidate(member);
        fields.push(quoted("why", why));
        records.push(Record { element: "not_asked", key: format!("not_asked.{number}"), fields });
    }
    records.extend(balance.session.as_ref().map(session));
}

fn candidate(member: &Candidate) -> Vec<Field> {
    let mut fields = vec![quoted("name", member.name()), quoted("address", &member.address)];
    fields.extend(live(&member.settings, Order::Xml));
    fields.extend([field("state", member.state), field("lbvalue", member.load)]);
    fields
}

fn session(session: &SessionTold) -> Record {
    let (own, why) = session.own.clone().unwrap_or_default();
    let fields = vec![
        quoted("routes", session.routes.join(",")),
        field("leads_to", session.lead.word()),
        quoted("asked", session.asked.join(",")),
        quoted("own", own),
        quoted("own_why", why.unwrap_or_default()),
    ];
    Record { element: "session", key: "session".to_owned(), fields }
}
