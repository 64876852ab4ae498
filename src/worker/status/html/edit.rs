//! Forms for new values: of a balancer, of a member, of a worker that stands alone, and of one attribute of all members.
//!
//! Inputs come from the one table of properties and have the names of the reference ("status-worker, section 7"). What
//! is done, and to whom, stands in the address; new values are posted.

use super::field::Field;
use super::link::{view, Link};
use super::markup::Html;
use super::settings::{live, unit};
use crate::config::live::{Live, Value};
use crate::config::settings::{Ajp13Settings, LbSettings, MemberSettings};
use crate::config::workers::spec::Spec;
use crate::worker::status::page::Page;
use crate::worker::status::report::{Alone, Balancer, Member, Shown, Subject};
use crate::worker::status::update::property;

/// The form for what is asked for.
pub(super) fn form(html: &mut Html, page: &Page<'_>, subject: &Subject) {
    match (&subject.shown, subject.member, page.query.get("att")) {
        (Shown::Balancer(balancer), Some(index), _) => {
            balancer.members.get(index).iter().for_each(|member| self::member(html, page, balancer, member));
        }
        (Shown::Balancer(balancer), None, Some(code)) => attribute(html, page, balancer, code),
        (Shown::Balancer(balancer), None, None) => self::balancer(html, page, balancer),
        (Shown::Alone(worker), ..) => alone(html, page, worker),
        (Shown::Status, ..) => {
            html.raw("<p>A status worker has nothing to edit.</p>\n");
        }
    }
}

/// A form that chooses the attribute to edit for all members.
pub(super) fn choice(html: &mut Html, page: &Page<'_>, balancer: &Balancer) {
    html.raw("<form class=\"inline\">").hidden("cmd", "edit").hidden("w", &balancer.settings.name);
    html.hidden("from", view(page.query));
    for name in ["opt", "re"] {
        if let Some(value) = page.query.get(name) {
            html.hidden(name, value);
        }
    }
    html.raw("<label>Edit for all members: <select name=\"att\">");
    options::<MemberSettings>(html);
    options::<Ajp13Settings>(html);
    html.raw("</select></label> <button>Edit</button></form>\n");
}

fn options<T: Live>(html: &mut Html) {
    for (spec, label) in live::<T>() {
        let code = spec.live_in(T::SCOPE).map_or("", |live| live.parameter);
        html.raw("<option").attribute("value", code).raw(">").raw(label).raw("</option>");
    }
}

fn balancer(html: &mut Html, page: &Page<'_>, balancer: &Balancer) {
    html.raw("<h2>Edit load balancing worker ").text(&balancer.settings.name).raw("</h2>\n");
    begin(html, page, &["w"]);
    fields::<LbSettings>(html, page, "Balancer", &balancer.settings);
    end(html, page);
}

fn member(html: &mut Html, page: &Page<'_>, balancer: &Balancer, member: &Member) {
    html.raw("<h2>Edit member ").text(&member.tomcat.settings.name).raw(" of ").text(&balancer.settings.name);
    html.raw("</h2>\n<p>");
    super::member::state(html, member);
    super::member::draining(html, member);
    html.raw("</p>\n");
    begin(html, page, &["w", "sw"]);
    fields::<MemberSettings>(html, page, "In the balancer", &member.settings);
    fields::<Ajp13Settings>(html, page, "Tomcat and the way to it", &member.tomcat.settings);
    end(html, page);
}

fn alone(html: &mut Html, page: &Page<'_>, worker: &Alone) {
    html.raw("<h2>Edit AJP worker ").text(&worker.tomcat.settings.name).raw("</h2>\n");
    begin(html, page, &["w"]);
    fields::<Ajp13Settings>(html, page, "Tomcat and the way to it", &worker.tomcat.settings);
    end(html, page);
}

/// One attribute of all members: `val0` for the first, and so on.
fn attribute(html: &mut Html, page: &Page<'_>, balancer: &Balancer, code: &str) {
    let (of_member, of_tomcat) = (property::<MemberSettings>(code), property::<Ajp13Settings>(code));
    let Some(spec) = of_member.or(of_tomcat) else {
        html.raw("<p class=\"result bad\" role=\"alert\">No member has an attribute ")
            .text(code)
            .raw(".</p>\n");
        return;
    };
    let scope = if of_member.is_some() { MemberSettings::SCOPE } else { Ajp13Settings::SCOPE };
    let label = spec.live_in(scope).map_or(spec.name, |live| live.label);
    html.raw("<h2>Edit ").raw(label).raw(" for all members of ").text(&balancer.settings.name).raw("</h2>\n");
    begin(html, page, &["w", "att"]);
    html.raw("<fieldset><legend>").raw(label).raw("</legend>\n");
    for (index, member) in balancer.members.iter().enumerate() {
        let settings = &member.tomcat.settings;
        let now = match of_member {
            Some(_) => member.settings.value(spec.property),
            None => settings.value(spec.property),
        };
        let (name, Some(value)) = (format!("val{index}"), now) else { continue };
        labelled(html, field(page, spec, &name, &value), &settings.name);
    }
    html.raw("</fieldset>\n");
    end(html, page);
}

fn fields<T: Live>(html: &mut Html, page: &Page<'_>, title: &'static str, settings: &T) {
    html.raw("<fieldset><legend>").raw(title).raw("</legend>\n");
    for (spec, label) in live::<T>() {
        let (Some(live), Some(value)) = (spec.live_in(T::SCOPE), settings.value(spec.property)) else {
            continue;
        };
        labelled(html, field(page, spec, live.parameter, &value), label);
    }
    html.raw("</fieldset>\n");
}

/// The input for a property. What was entered before comes back if it was refused, and only then: no link of another
/// site is to fill in forms.
fn field<'a>(page: &'a Page<'_>, spec: &'static Spec, name: &'a str, value: &'a Value) -> Field<'a> {
    let refused = page.outcome.as_ref().err().filter(|_| page.refused.is_some());
    let entered = page.query.get(name).filter(|_| refused.is_some());
    let is_refused = refused.is_some_and(|message| message.contains(&format!(" {name}=")));
    Field { spec, name, value, entered, is_refused }
}

fn labelled(html: &mut Html, field: Field<'_>, label: &str) {
    html.raw("<div class=\"field\"><label").attribute("for", field.name).raw(">").text(label);
    if let unit @ ("s" | "ms" | "octets") = unit(field.spec.kind) {
        html.raw(" ").small(unit);
    }
    html.raw("</label>");
    field.input(html);
    field.hint(html);
    html.raw("</div>\n");
}

fn begin(html: &mut Html, page: &Page<'_>, names: &[&'static str]) {
    let link = Link::to(page, "update").and_named(page.query, names).and_named(page.query, &["from", "psw"]);
    html.raw("<section class=\"question\">\n");
    post(html, page, &link);
}

/// Begins a form that is posted to `link`.
pub(super) fn post(html: &mut Html, page: &Page<'_>, link: &Link) {
    html.raw("<form method=\"post\"").attribute("action", link).raw(">\n").hidden("nonce", page.nonce);
}

fn end(html: &mut Html, page: &Page<'_>) {
    html.raw("<p class=\"actions\"><button>Update</button> ")
        .link(&Link::back(page), "Cancel")
        .raw("</p></form>\n</section>\n");
}
