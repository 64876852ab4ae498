//! `mime=json`: everything that the report knows, for programs. What each name means is in docs/book/src/status-formats.md, what
//! stands where in docs/status.schema.json; a test holds both against what is written here.
//!
//! Within a version names and meanings stay, and new ones may come. Properties are called as in the workers file, and
//! all that can be changed at run time are told, by the one table of properties. Times are seconds since the epoch.

mod explanation;
mod writer;

use super::latency::milliseconds;
use super::page::{Content, Page, MODULE};
use super::report::{Alone, Balancer, List, Map, Maps, Member, Question, Shown, Subject, Tomcat};
use crate::config::live::{Live, Value};
use crate::config::workers::spec::ValueKind;
use crate::config::workers::table::TABLE;
use crate::shared::{Balanced, Event, Fault, Reload, Served, LATENCY_BOUNDS};
use crate::worker::lb::NextProbe;
use writer::{document, Object};

/// Raised when a program that reads older texts would read new ones wrongly.
const VERSION: u64 = 1;

/// The text.
pub(super) fn render(page: &Page<'_>) -> String {
    document(|out| {
        out.value("version", VERSION);
        out.value("time", page.now);
        out.object("result", |out| {
            let (word, message) = page.result();
            out.value("type", word);
            out.value("message", message);
        });
        if let Ok(content) = &page.outcome {
            server(out, page);
            tell(out, page, content);
        }
    })
}

fn server(out: &mut Object<'_>, page: &Page<'_>) {
    out.object("server", |out| {
        out.value("name", page.server_name());
        out.value("port", page.ask.server.1);
        out.value("software", page.software);
        out.value("module", MODULE);
        out.value("read_only", page.read_only);
        out.value("processes", page.overview.processes);
        out.value("earlier_processes", page.overview.earlier_processes);
    });
}

fn tell(out: &mut Object<'_>, page: &Page<'_>, content: &Content) {
    match content {
        Content::List(list) => {
            whole(out, page);
            self::list(out, list);
        }
        Content::Show(shown)
        | Content::Edit(Subject { shown, .. })
        | Content::Confirm(Question { shown, .. }) => match shown {
            Shown::Balancer(lb) => out.array("balancers", [&**lb], balancer),
            Shown::Alone(worker) => out.array("workers", [&**worker], alone),
            Shown::Status => {}
        },
        Content::Dump(properties) => out.array("properties", properties, |out, (name, value)| {
            out.value("name", name);
            out.value("value", value);
        }),
        Content::Explain(explained) => explanation::explanation(out, explained),
        Content::Version | Content::Done => {}
    }
}

/// What is told of no worker.
fn whole(out: &mut Object<'_>, page: &Page<'_>) {
    let reloads = |reload: Reload| page.overview.reloads[reload as usize];
    out.object("reloads", |out| {
        for (name, taken, refused) in [
            ("workers", Reload::WorkersTaken, Reload::WorkersRefused),
            ("maps", Reload::MapTaken, Reload::MapRefused),
        ] {
            out.object(name, |out| {
                out.value(taken.result(), reloads(taken));
                out.value(refused.result(), reloads(refused));
            });
        }
    });
    out.array("events", &page.overview.events, |out, Event { time, kind, subject, text }| {
        out.value("time", *time);
        out.value("kind", kind.word());
        out.value("subject", subject);
        out.value("text", text);
    });
}

fn list(out: &mut Object<'_>, list: &List) {
    out.array("balancers", list.balancers.iter().flatten(), balancer);
    out.array("workers", list.workers.iter().flatten(), alone);
}

fn balancer(out: &mut Object<'_>, lb: &Balancer) {
    out.value("name", &lb.settings.name);
    out.value("type", "lb");
    out.object("settings", |out| settings(out, &lb.settings));
    out.value("member_count", lb.member_count);
    out.value("good", lb.good);
    out.value("degraded", lb.degraded);
    out.value("bad", lb.bad);
    out.value("busy", lb.busy);
    out.value("max_busy", lb.max_busy);
    out.object("requests", |out| {
        Balanced::ALL.into_iter().for_each(|how| out.value(how.word(), lb.balanced[how as usize]));
    });
    span(out, "time_to_maintenance", lb.maintenance);
    out.value("last_reset", lb.reset.at);
    maps(out, &lb.maps);
    out.array("members", &lb.members, member);
}

fn member(out: &mut Object<'_>, member: &Member) {
    out.value("name", &member.tomcat.settings.name);
    out.value("type", "ajp13");
    out.object("settings", |out| {
        settings(out, &member.settings);
        settings(out, &member.tomcat.settings);
    });
    out.value("state", member.health.state.text());
    out.value("rating", member.rating.word());
    out.value("first_error", member.health.first_error);
    span(out, "time_to_recover", member.recovery);
    out.value("next_probe", member.probe.and_then(NextProbe::seconds));
    out.object_or_null("drain", member.draining, |out, drain| {
        out.value("since", drain.since);
        out.value("left", drain.left);
        out.value("ordered", drain.ordered);
    });
    out.value("lbmult", member.multiplier);
    out.value("lbvalue", member.load);
    out.value("sessions", member.sessions);
    out.value("session_requests", member.session_requests);
    out.value("member_errors", member.errors);
    tomcat(out, &member.tomcat);
}

fn alone(out: &mut Object<'_>, worker: &Alone) {
    out.value("name", &worker.tomcat.settings.name);
    out.value("type", "ajp13");
    out.object("settings", |out| settings(out, &worker.tomcat.settings));
    tomcat(out, &worker.tomcat);
    maps(out, &worker.maps);
}

fn tomcat(out: &mut Object<'_>, tomcat: &Tomcat) {
    let (counters, figures) = (&tomcat.counters, &tomcat.figures);
    out.value("address", &tomcat.address);
    out.value("source", tomcat.settings.source.as_deref());
    out.value("used", counters.used);
    out.value("errors", counters.errors);
    out.value("client_errors", counters.client_errors);
    out.value("reply_timeouts", counters.reply_timeouts);
    out.value("transferred", counters.transferred);
    out.value("read", counters.read);
    out.value("busy", counters.busy);
    out.value("max_busy", counters.max_busy);
    out.value("connected", counters.connected);
    out.value("max_connected", counters.max_connected);
    out.object("pool", |out| {
        out.value("busy", tomcat.pool.busy);
        out.value("idle", tomcat.pool.idle);
        out.value("limit", tomcat.pool.limit);
    });
    out.object("requests", |out| {
        Served::ALL.into_iter().for_each(|how| out.value(how.word(), figures.served[how as usize]));
    });
    out.object("errors_by_kind", |out| {
        Fault::ALL.into_iter().for_each(|fault| out.value(fault.word(), figures.faults[fault as usize]));
    });
    out.value("retries", figures.retries);
    for (name, answered, unanswered) in [
        ("cpings", figures.answered, figures.unanswered),
        ("probes", figures.probes_answered, figures.probes_failed),
    ] {
        out.object(name, |out| {
            out.value("answered", answered);
            out.value("unanswered", unanswered);
        });
    }
    latency(out, tomcat);
    out.object_or_null("last_error", tomcat.last_error.as_ref(), |out, error| {
        out.value("time", error.time);
        out.value("kind", error.fault.word());
        out.value("text", &error.text);
    });
    out.value("last_reset", tomcat.reset.at);
}

fn latency(out: &mut Object<'_>, tomcat: &Tomcat) {
    out.object("latency", |out| {
        let latency = &tomcat.latency;
        out.value("count", latency.count);
        out.value("sum_ms", latency.sum);
        out.value("p50_ms", latency.p50);
        out.value("p95_ms", latency.p95);
        out.value("p99_ms", latency.p99);
        let bounds = LATENCY_BOUNDS.into_iter().map(Some).chain([None]);
        out.array("places", bounds.zip(tomcat.figures.latency), |out, (bound, count)| {
            out.value("to_ms", bound.map(milliseconds));
            out.value("count", count);
        });
    });
}

fn maps(out: &mut Object<'_>, maps: &Maps) {
    out.value("map_count", maps.count);
    out.array("maps", &maps.shown, map);
}

fn map(out: &mut Object<'_>, map: &Map) {
    out.value("id", map.id);
    out.value("server", &map.server);
    out.value("uri", &map.uri);
    out.value("type", &map.kind);
    out.value("source", map.source);
    out.value("reply_timeout", map.reply_timeout);
    out.value("sticky_ignore", map.sticky_ignore);
    out.value("stateless", map.stateless);
    out.value("fail_on_status", &map.fail_on_status);
    out.value("active", &map.active);
    out.value("disabled", &map.disabled);
    out.value("stopped", &map.stopped);
    out.value("use_server_errors", map.use_server_errors);
}

/// Least and most seconds until something happens.
fn span(out: &mut Object<'_>, name: &str, (least, most): (i64, i64)) {
    out.object(name, |out| {
        out.value("min", least);
        out.value("max", most);
    });
}

/// All that can be changed at run time, as it is now.
fn settings<T: Live>(out: &mut Object<'_>, settings: &T) {
    for spec in TABLE.iter().filter(|spec| spec.live_in(T::SCOPE).is_some()) {
        match (settings.value(spec.property), spec.kind) {
            (Some(Value::Text(text)), _) => out.value(spec.name, text),
            (Some(Value::Number(number)), ValueKind::Boolean) => out.value(spec.name, number != 0),
            (Some(Value::Number(number)), ValueKind::Letter(words)) => {
                let word = usize::try_from(number).ok().and_then(|index| words.get(index));
                out.value(spec.name, word.copied());
            }
            (Some(Value::Number(number)), _) => out.value(spec.name, number),
            (None, _) => {}
        }
    }
}
