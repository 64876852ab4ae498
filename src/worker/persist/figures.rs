//! Figures for monitors and the history, as text and out of it: counters by the words of the formats.

use serde_json::{json, Map, Value};

use super::parse::{Object, Reader};
use super::text::without_zeros;
use super::SavedHistory;
use crate::shared::{Balanced, Event, EventKind, Fault, Figures, LastError, Reload, Served, LATENCY_BOUNDS};

/// What attempts are called that took longer than all bounds of the histogram.
const LONGER: &str = "longer";

/// Places of the histogram by their upper ends, in microseconds.
fn places() -> impl Iterator<Item = String> {
    LATENCY_BOUNDS.iter().map(u64::to_string).chain([LONGER.to_owned()])
}

/// Counters by their words, without zeros.
fn counts<W: Into<String>>(words: impl IntoIterator<Item = W>, counts: &[u64]) -> Value {
    let named = words.into_iter().zip(counts).filter(|(_, count)| **count > 0);
    named.map(|(word, count)| (word.into(), json!(count))).collect::<Map<_, _>>().into()
}

pub(super) fn figures_text(figures: &Figures, last_error: Option<&LastError>) -> Value {
    let error = last_error
        .map(|LastError { time, fault, text }| json!({"time": time, "kind": fault.word(), "text": text}));
    without_zeros(json!({
        "requests": counts(Served::ALL.map(Served::word), &figures.served),
        "errors_by_kind": counts(Fault::ALL.map(Fault::word), &figures.faults),
        "retries": figures.retries,
        "cpings_answered": figures.answered,
        "cpings_unanswered": figures.unanswered,
        "probes_answered": figures.probes_answered,
        "probes_unanswered": figures.probes_failed,
        "latency": counts(places(), &figures.latency),
        "latency_sum": figures.latency_sum,
        "last_error": error.unwrap_or_else(|| json!({})),
    }))
}

pub(super) fn balanced_text(balanced: &[u64; Balanced::ALL.len()]) -> Value {
    counts(Balanced::ALL.map(Balanced::word), balanced)
}

pub(super) fn history_text(history: &SavedHistory) -> Value {
    // Numbers of two digits have the order of their texts.
    let event = |(number, Event { time, kind, subject, text }): (usize, &Event)| {
        (format!("{number:02}"), json!({"time": time, "kind": kind.word(), "subject": subject, "text": text}))
    };
    without_zeros(json!({
        "reloads": counts(Reload::ALL.map(Reload::word), &history.reloads),
        "events": history.events.iter().enumerate().map(event).collect::<Map<_, _>>(),
    }))
}

impl Reader {
    pub(super) fn figures(&mut self, worker: &Object<'_>) -> (Figures, Option<LastError>) {
        let Some(object) = self.part(worker, "figures") else { return (Figures::default(), None) };
        let figures = Figures {
            served: self.counts(&object, "requests", Served::ALL.map(Served::word)),
            faults: self.counts(&object, "errors_by_kind", Fault::ALL.map(Fault::word)),
            retries: self.number(&object, "retries"),
            answered: self.number(&object, "cpings_answered"),
            unanswered: self.number(&object, "cpings_unanswered"),
            probes_answered: self.number(&object, "probes_answered"),
            probes_failed: self.number(&object, "probes_unanswered"),
            latency_sum: self.number(&object, "latency_sum"),
            latency: self.counts(&object, "latency", places()),
        };
        let error = self.part(&object, "last_error").and_then(|error| self.last_error(&error));
        (figures, error)
    }

    fn last_error(&mut self, error: &Object<'_>) -> Option<LastError> {
        let word = self.text(error, "kind");
        let fault = Fault::ALL.into_iter().find(|fault| fault.word() == word)?;
        Some(LastError { time: self.number(error, "time"), fault, text: self.text(error, "text").to_owned() })
    }

    pub(super) fn balanced(&mut self, balancer: &Object<'_>) -> [u64; Balanced::ALL.len()] {
        self.counts(balancer, "requests", Balanced::ALL.map(Balanced::word))
    }

    pub(super) fn history(&mut self, state: &Object<'_>) -> SavedHistory {
        let Some(object) = self.part(state, "history") else { return SavedHistory::default() };
        let reloads = self.counts(&object, "reloads", Reload::ALL.map(Reload::word));
        let events = self.named(&object, "events", "event");
        let events = events.into_iter().filter_map(|(_, event)| self.event(&event)).collect();
        SavedHistory { reloads, events }
    }

    fn event(&mut self, event: &Object<'_>) -> Option<Event> {
        let word = self.text(event, "kind");
        let kind = EventKind::ALL.into_iter().find(|kind| kind.word() == word)?;
        let (subject, text) = (self.text(event, "subject").to_owned(), self.text(event, "text").to_owned());
        Some(Event { time: self.number(event, "time"), kind, subject, text })
    }

    /// The counters in the object called `name`, in the order of `words`; what has other words is nobody's any more.
    fn counts<W: AsRef<str>, const N: usize>(
        &mut self,
        object: &Object<'_>,
        name: &str,
        words: impl IntoIterator<Item = W>,
    ) -> [u64; N] {
        let mut counts = [0; N];
        if let Some(object) = self.part(object, name) {
            for (count, word) in counts.iter_mut().zip(words) {
                *count = self.number(&object, word.as_ref());
            }
        }
        counts
    }
}
