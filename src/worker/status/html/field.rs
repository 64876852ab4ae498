//! An input for a property, made from its row of the one table.

use super::markup::Html;
use crate::config::live::Value;
use crate::config::workers::names::MAX_NAME;
use crate::config::workers::spec::{Range, Spec, ValueKind};
use crate::worker::status::update::limits;

/// What an input begins with.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) spec: &'static Spec,
    /// Name of the parameter, by which its label finds it.
    pub(super) name: &'a str,
    /// Its value now.
    pub(super) value: &'a Value,
    /// What was entered instead, and refused.
    pub(super) entered: Option<&'a str>,
    /// It is the one that was refused.
    pub(super) is_refused: bool,
}

const SWITCHES: [&str; 2] = ["false", "true"];

impl Field<'_> {
    /// The input; what it takes is told by [`Field::hint`].
    pub(super) fn input(&self, html: &mut Html) {
        match (self.spec.kind, self.value) {
            (ValueKind::Boolean, Value::Number(now)) => self.choice(html, &SWITCHES, *now),
            (ValueKind::Letter(words), Value::Number(now)) => self.choice(html, words, *now),
            (_, Value::Number(now)) => {
                let range = limits(self.spec);
                // An input for numbers shows nothing else, also not what has to be put right.
                html.raw(match self.entered {
                    Some(entered) if entered.parse::<i64>().is_err() => {
                        "<input type=\"text\" inputmode=\"numeric\" required"
                    }
                    _ => "<input type=\"number\" required",
                });
                html.attribute("min", range.least).attribute("max", range.most);
                self.end(html, &now.to_string());
            }
            (_, Value::Text(now)) => {
                html.raw("<input type=\"text\" spellcheck=\"false\" autocomplete=\"off\"");
                html.attribute("maxlength", MAX_NAME);
                self.end(html, now);
            }
        }
    }

    fn end(&self, html: &mut Html, now: &str) {
        self.names(html);
        html.attribute("value", self.entered.unwrap_or(now)).raw(">");
    }

    fn names(&self, html: &mut Html) {
        html.attribute("id", self.name).attribute("name", self.name);
        if self.is_refused {
            html.raw(" aria-invalid=\"true\"");
        }
    }

    fn choice(&self, html: &mut Html, words: &[&'static str], now: i64) {
        html.raw("<select");
        self.names(html);
        html.raw(">");
        let now = usize::try_from(now).ok().and_then(|index| words.get(index)).copied();
        let chosen = self.entered.filter(|word| words.contains(word)).or(now);
        for word in words {
            html.raw(if chosen == Some(*word) { "<option selected>" } else { "<option>" });
            html.raw(word).raw("</option>");
        }
        html.raw("</select>");
    }

    /// Its property, and which values it takes.
    pub(super) fn hint(&self, html: &mut Html) {
        html.raw("<small><code>").raw(self.spec.name).raw("</code>");
        if let (false, Value::Number(_)) = (self.is_choice(), self.value) {
            let (range, bits) = (limits(self.spec), self.spec.kind == ValueKind::Bits);
            match range == Range::ANY {
                true => html.raw(" any number"),
                false => html.raw(if bits { " sum of bits, " } else { " " }).text(range.describe()),
            };
        }
        html.raw("</small>");
    }

    fn is_choice(&self) -> bool {
        matches!(self.spec.kind, ValueKind::Boolean | ValueKind::Letter(_))
    }
}
