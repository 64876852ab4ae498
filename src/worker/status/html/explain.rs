//! Which rule takes a URI: the form that asks, and the answer.

use super::link::view;
use super::markup::Html;
use crate::mapping::{PassedOver, Rule, Verdict};
use crate::worker::status::explain::{Balance, Candidate, Explained, TargetKind};
use crate::worker::status::page::Page;

const MEMBERS: &str = "<thead><tr><th scope=\"col\">Member</th><th scope=\"col\">Asked</th>\
                       <th scope=\"col\">Activation</th><th scope=\"col\">State</th><th scope=\"col\">Distance</th>\
                       <th scope=\"col\">Load</th><th scope=\"col\">Route</th></tr></thead>\n<tbody>\n";

const RULES: &str = "<thead><tr><th scope=\"col\">URI</th><th scope=\"col\">Worker</th>\
                     <th scope=\"col\">Match Type</th><th scope=\"col\">Source</th>\
                     <th scope=\"col\">Extensions</th><th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n";

/// The form, out of the way.
pub(super) fn folded(html: &mut Html, page: &Page<'_>) {
    html.raw("<details><summary>Explain a URI</summary>");
    form(html, page);
    html.raw("</details>\n");
}

/// The form for another try, where a URI was asked about.
pub(super) fn again(html: &mut Html, page: &Page<'_>) {
    if view(page.query) == "explain" {
        html.raw("<nav aria-label=\"Explain\">\n");
        form(html, page);
        html.raw("</nav>\n");
    }
}

fn form(html: &mut Html, page: &Page<'_>) {
    html.raw("<form class=\"inline\">").hidden("cmd", "explain");
    if let Some(options) = page.query.get("opt") {
        html.hidden("opt", options);
    }
    field(html, page, "URI", "uri", " required placeholder=\"/shop/cart\"");
    field(html, page, "Host", "host", " placeholder=\"that of this page\"");
    field(html, page, "Session", "session", " placeholder=\"abc.t1\"");
    html.raw("<button>Explain</button></form>\n");
}

fn field(html: &mut Html, page: &Page<'_>, label: &'static str, name: &'static str, more: &'static str) {
    html.raw("<label>").raw(label).raw(" <input").attribute("name", name).raw(more);
    html.attribute("value", page.query.get(name).unwrap_or_default()).raw("></label>\n");
}

/// The answer, below the form.
pub(super) fn explanation(html: &mut Html, page: &Page<'_>, explained: &Explained) {
    again(html, page);
    html.raw("<section class=\"card\">\n<h2>").text(&explained.uri).raw("</h2>\n");
    let class = if explained.word() == "taken" && explained.objection.is_none() { "good" } else { "warn" };
    html.raw("<p class=\"result ")
        .raw(class)
        .raw("\"><strong>")
        .text(explained.verdict())
        .raw("</strong></p>\n");
    if let Some(objection) = explained.objection {
        html.raw("<p class=\"result bad\">").text(objection).raw("</p>\n");
    }
    html.raw("<dl class=\"facts\">");
    if let Some(clean) = &explained.clean {
        html.fact("Looked up as", clean);
    }
    html.fact("Virtual host", explained.host());
    let target = explained.target.as_ref();
    if let Some(target) = target {
        html.fact(&target.name, target.words());
    }
    let balance = target.and_then(|target| match &target.kind {
        TargetKind::Balancer(balance) => Some(balance),
        _ => None,
    });
    if let Some(balance) = balance {
        html.fact("Without session", balance.order());
        if let Some(text) = balance.session_words() {
            html.fact("Session", text);
        }
    }
    html.raw("</dl>\n");
    if let Some(balance) = balance {
        members(html, balance);
    }
    rules(html, explained);
    html.raw("</section>\n");
}

fn members(html: &mut Html, balance: &Balance) {
    table(html, "Members");
    html.raw(MEMBERS);
    for (number, candidate) in (1..).zip(&balance.asked) {
        member(html, candidate, &number.to_string());
    }
    for (candidate, why) in &balance.others {
        member(html, candidate, &format!("no: it {why}"));
    }
    html.raw("</tbody></table></div>\n");
}

/// Begins a table that may be wider than the page.
fn table(html: &mut Html, name: &'static str) {
    html.scroll(name).raw("<table><caption>").raw(name).raw("</caption>\n");
}

fn member(html: &mut Html, member: &Candidate, asked: &str) {
    html.raw("<tr><th scope=\"row\">")
        .text(member.name())
        .small(&member.address)
        .raw("</th><td>")
        .text(asked);
    html.raw("</td><td>").raw(member.activation()).raw("</td><td>").raw(member.state);
    html.raw("</td><td>").text(member.settings.distance).raw("</td><td>").text(member.load);
    html.raw("</td><td>").text(&member.settings.route);
    for (what, name) in [("domain", &member.settings.domain), ("redirect", &member.settings.redirect)] {
        if let Some(name) = name {
            html.small(format_args!("{what} {name}"));
        }
    }
    html.raw("</td></tr>\n");
}

fn rules(html: &mut Html, explained: &Explained) {
    let Ok(explanation) = &explained.outcome else { return };
    table(html, "Rules");
    html.raw(RULES);
    match &explanation.verdict {
        Verdict::Taken(mount) => rule(html, mount, &"it takes the URI"),
        Verdict::Excluded { mount, by } => {
            rule(html, mount, &"the URI is excluded");
            rule(html, by, &"it excludes the URI");
        }
        Verdict::Disabled { mount, by } => {
            rule(html, mount, &"is disabled");
            if mount != by {
                rule(html, by, &"it disables the rule above");
            }
        }
        Verdict::Unmatched => {}
    }
    for PassedOver { rule: passed, why } in &explanation.passed_over {
        rule(html, passed, why);
    }
    html.raw("</tbody></table></div>\n");
    if let Some(left_out) = explained.left_out().to_text() {
        html.raw("<p>Left out: ").text(left_out).raw("</p>\n");
    }
}

fn rule(html: &mut Html, rule: &Rule, why: &dyn std::fmt::Display) {
    html.raw("<tr><th scope=\"row\">").text(&rule.pattern).raw("</th><td>").text(&rule.worker);
    html.raw("</td><td>").text(rule.type_words()).raw("</td><td>").raw(rule.source.words());
    if let Some(origin) = &rule.origin {
        html.small(origin);
    }
    html.raw("</td><td>").text(&rule.options).raw("</td><td>").text(why).raw("</td></tr>\n");
}
