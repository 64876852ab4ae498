//! What is configured, as far as it can be changed at run time, and every property as written.

use super::markup::Html;
use crate::config::live::{Live, Value};
use crate::config::settings::Ajp13Settings;
use crate::config::workers::spec::{Spec, ValueKind};
use crate::config::workers::table::TABLE;
use crate::worker::status::fields::shown;
use crate::worker::status::report::Tomcat;

/// The properties that can be changed of settings of type `T`, each with its label.
pub(super) fn live<T: Live>() -> impl Iterator<Item = (&'static Spec, &'static str)> {
    TABLE.iter().filter_map(|spec| Some((spec, spec.live_in(T::SCOPE)?.label)))
}

/// Them with their values.
pub(super) fn facts<T: Live>(html: &mut Html, settings: &T) {
    for (spec, label) in live::<T>() {
        if let Some(value) = settings.value(spec.property) {
            html.fact(label, with_unit(spec.kind, &value));
        }
    }
}

/// A table of the settings of the Tomcats of a worker, folded.
pub(super) fn tomcats<'a>(
    html: &mut Html,
    title: &'static str,
    worker: &str,
    tomcats: impl Iterator<Item = &'a Tomcat>,
) {
    html.raw("<details><summary>").raw(title).raw("</summary>\n");
    html.scroll(format_args!("Tomcat settings of {worker}")).raw("<table><caption>Tomcat settings of ");
    html.text(worker);
    html.raw("</caption>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Type</th>");
    html.raw("<th scope=\"col\">Address:Port</th><th scope=\"col\">Source</th>");
    for (_, label) in live::<Ajp13Settings>() {
        html.raw("<th scope=\"col\">").raw(label).raw("</th>");
    }
    html.raw("</tr></thead>\n<tbody>\n");
    for tomcat in tomcats {
        let settings = &tomcat.settings;
        html.raw("<tr><th scope=\"row\">").text(&settings.name).raw("</th><td>ajp13</td><td>");
        html.text(&tomcat.address).raw("</td><td>");
        html.text(settings.source.as_deref().unwrap_or("undefined")).raw("</td>");
        for (spec, _) in live::<Ajp13Settings>() {
            let value = settings.value(spec.property).map(|value| with_unit(spec.kind, &value));
            html.raw("<td>").text(value.unwrap_or_default()).raw("</td>");
        }
        html.raw("</tr>\n");
    }
    html.raw("</tbody></table></div></details>\n");
}

/// What a number of `kind` counts.
pub(super) fn unit(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Seconds => "s",
        ValueKind::Milliseconds => "ms",
        ValueKind::Octets => "octets",
        _ => "",
    }
}

fn with_unit(kind: ValueKind, value: &Value) -> String {
    let value = shown(kind, value);
    match unit(kind) {
        unit @ ("s" | "ms") => format!("{value} {unit}"),
        _ if value.is_empty() => "\u{2013}".to_owned(),
        _ => value,
    }
}

/// Every property as it was loaded.
pub(super) fn dump(html: &mut Html, properties: &[(String, String)]) {
    html.raw("<h2>Configuration</h2>\n").scroll("Properties");
    html.raw("<table class=\"dump\"><caption>Properties as they were loaded; changes at run time are not among them");
    html.raw("</caption>\n<thead><tr><th scope=\"col\">Property</th><th scope=\"col\">Value</th></tr></thead>\n<tbody>\n");
    for (name, value) in properties {
        html.raw("<tr><th scope=\"row\">").text(name).raw("</th><td>").text(value).raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div>\n");
}
