//! `mime=html`: the page for people ("status-worker, section 10" and "decisions, row 60").
//!
//! - [`markup`] is how text gets into the page, [`link`] how the page leads to itself, [`figures`] how numbers are told;
//! - [`frame`] is what stands around the content, [`policy`] what a browser may do with it;
//! - [`overview`], [`balancer`], [`member`], [`worker`], [`tomcat`], [`maps`] and [`settings`] show, [`legend`] explains;
//! - [`edit`] has forms for new values, [`chosen`] is for several members at once, [`confirm`] asks before something is
//!   done, [`explain`] tells where a URI goes.

mod balancer;
mod chosen;
mod confirm;
mod digest;
mod edit;
mod explain;
mod field;
mod figures;
mod frame;
mod legend;
mod link;
mod maps;
mod markup;
mod member;
mod overview;
mod policy;
mod settings;
mod tomcat;
mod worker;

#[cfg(test)]
mod tests;

use super::page::{Content, Page, Refused};
use super::query::Hide;
use super::report::{List, Shown};
use link::Link;
use markup::Html;
pub(super) use policy::headers;

/// Octets of a page apart from its members, and of each of those: where the guess is good nothing is copied.
const ROOM: [usize; 2] = [40_000, 3_000];

/// The page.
pub(super) fn render(page: &Page<'_>) -> String {
    let mut html = Html::with_room_for(ROOM[0] + ROOM[1] * members(page));
    frame::head(&mut html, page);
    match &page.outcome {
        Ok(Content::List(list)) => self::list(&mut html, page, list),
        Ok(Content::Show(shown)) => show(&mut html, page, shown),
        Ok(Content::Edit(subject)) => edit::form(&mut html, page, subject),
        Ok(Content::Confirm(question)) => confirm::question(&mut html, page, question),
        Ok(Content::Version) => {}
        Ok(Content::Dump(properties)) => settings::dump(&mut html, properties),
        Ok(Content::Explain(explained)) => explain::explanation(&mut html, page, explained),
        Ok(Content::Done) => frame::done(&mut html, page),
        Err(message) => {
            frame::failed(&mut html, page, message);
            match &page.refused {
                Some(Refused::Edit(subject)) => edit::form(&mut html, page, subject),
                Some(Refused::Confirm(question)) => confirm::question(&mut html, page, question),
                None => {}
            }
            explain::again(&mut html, page);
        }
    }
    if matches!(page.outcome, Ok(Content::List(_) | Content::Show(_))) {
        legend::legend(&mut html, page);
    }
    frame::foot(&mut html, page);
    html.finish()
}

fn members(page: &Page<'_>) -> usize {
    match &page.outcome {
        Ok(Content::List(List { balancers: Some(balancers), .. })) => {
            balancers.iter().map(|balancer| balancer.members.len()).sum()
        }
        Ok(Content::Show(Shown::Balancer(balancer))) => balancer.members.len(),
        _ => 0,
    }
}

fn list(html: &mut Html, page: &Page<'_>, list: &List) {
    overview::overview(html, page);
    if let Some(balancers) = &list.balancers {
        title(html, page, "Load Balancing Workers", balancers.len(), Hide::BALANCERS);
        balancers.iter().for_each(|balancer| balancer::card(html, page, balancer));
    }
    if let Some(workers) = &list.workers {
        title(html, page, "AJP Workers", workers.len(), Hide::WORKERS);
        workers.iter().for_each(|worker| worker::card(html, page, worker));
    }
    if list.balancers.is_none() && list.workers.is_none() {
        html.raw("<p>No worker is shown: there is none in worker.list but status workers, or they are hidden.</p>\n");
    }
}

fn title(html: &mut Html, page: &Page<'_>, what: &'static str, count: usize, bit: Hide) {
    html.raw("<h2>").raw(what).raw(" <small>(").text(count).raw(")</small> ");
    html.raw("<small>")
        .link(&Link::with_options(page, page.query.options() | bit), "Hide")
        .raw("</small></h2>\n");
}

fn show(html: &mut Html, page: &Page<'_>, shown: &Shown) {
    match shown {
        Shown::Balancer(balancer) => {
            html.raw("<h2>Load Balancing Worker</h2>\n");
            balancer::card(html, page, balancer);
        }
        Shown::Alone(worker) => {
            html.raw("<h2>AJP Worker</h2>\n");
            worker::card(html, page, worker);
        }
        Shown::Status => {
            html.raw("<p>A status worker has nothing to show.</p>\n");
        }
    }
}
