//! What the words and figures of the page mean.

use super::link::Link;
use super::markup::Html;
use crate::worker::status::page::Page;
use crate::worker::status::query::Hide;

/// Words and what they mean.
const WORDS: &[(&str, &str)] = &[
    ("Active", "the member takes all requests"),
    ("Disabled", "it takes requests of its sessions only, so it gets empty; drained, it is stopped when it is silent (a minute brings no request of its sessions), or when time is up"),
    ("Stopped", "it takes no requests"),
    ("OK", "the last request was answered"),
    ("OK/IDLE", "it works as far as is known, and had no request since the last maintenance"),
    ("OK/BUSY", "it works, and has no free connection or as many requests as busy_limit allows"),
    ("ERR", "requests failed: it gets none until it has answered a CPing, for which it is asked when recover_time has passed, or each second while no other member works or if it was stopped before (with recover_probe=off: until a request tries it then)"),
    ("ERR/REC", "it was in error and may be tried by the next request"),
    ("ERR/PRB", "it was in error or stopped and is being asked by CPing, or it is tried by a request"),
    ("ERR/FRC", "it is in error, and gets requests because no other member is left"),
    ("Load", "by it the balancer chooses, the lowest first: the bar is its height beside the highest, the percentage its share"),
    ("value, factor", "the load already divided by the factor (lbfactor); it is halved by each maintenance"),
    ("Requests", "given to the member since the last reset, and how many a second that makes"),
    ("Sessions", "requests without a session that it got"),
    ("Latency p95", "95 of 100 requests took no longer since the last reset; p50: half of them, p99: 99 of 100; estimated from a histogram"),
    ("Errors", "failures by its fault; 5xx: its own answers of 500 and above; client: failures by the fault of the client; timeouts: passed reply_timeout; retries: attempts after the first"),
    ("Busy", "requests in flight, over all processes; of: busy_limit"),
    ("Connected", "open connections to it, over all processes; idle: those that no request uses; of: connection_pool_size times processes"),
    ("Octets", "written to and read from the Tomcat"),
    ("Route", "its jvmRoute; redirect: the route that takes over; domain: members that share sessions; distance: nearer ones come first"),
    ("Last Error", "the last failed attempt that no client is to blame for, and why"),
    ("Good, degraded, bad", "by the properties good and bad of this status worker; what fits neither is degraded"),
    ("Reset", "has counters begin anew and forgets errors"),
    ("Recover", "lets the next request try a member that is in error"),
];

/// The list, folded.
pub(super) fn legend(html: &mut Html, page: &Page<'_>) {
    let options = page.query.options();
    if options.contains(Hide::LEGEND) {
        return;
    }
    html.raw("<details class=\"legend\"><summary>Legend</summary><dl class=\"words\">\n");
    for (word, meaning) in WORDS {
        html.raw("<div><dt>").raw(word).raw("</dt><dd>").raw(meaning).raw("</dd></div>\n");
    }
    html.raw("</dl><p>")
        .link(&Link::with_options(page, options | Hide::LEGEND), "Hide")
        .raw("</p></details>\n");
}
