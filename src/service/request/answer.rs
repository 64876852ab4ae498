//! What the outcome of an exchange means for httpd.

use std::borrow::Cow;

use crate::ffi::request::Request;
use crate::ffi::response::Stage;
use crate::log;
use crate::log::Context;
use crate::service::verdict::Verdict;
use crate::text::Shown;
use crate::worker::{Failure, Outcome};

/// What httpd does after the outcome. Only a response of which nothing has left gives way to an error page; one that
/// was cut, or that a filter gave, stays the only one.
pub(super) fn verdict(
    request: Request<'_>,
    name: &str,
    outcome: &Outcome,
    body_failure: Option<u16>,
    log: Context<'_>,
) -> Verdict {
    let (what, status) = match outcome {
        Outcome::Done => return Verdict::Ok,
        Outcome::ServerError(status) => (None, *status),
        Outcome::Failed { failure, .. } => (Some(failure), status_of(*failure, body_failure)),
    };
    let stage = request.response_stage();
    let verdict = match stage {
        _ if request.is_aborted() => Verdict::Ok,
        Stage::Unsent => {
            request.reopen_response();
            Verdict::Status(status)
        }
        Stage::Complete => Verdict::Ok,
        Stage::Begun => {
            request.abort_connection();
            Verdict::Ok
        }
    };
    // The worker has told the end; what it can't know is what a client or a filter that failed gets.
    match (what, verdict) {
        (Some(Failure::ClientRead | Failure::ClientWrite), Verdict::Status(status)) => {
            log!(
                log,
                Info,
                [Worker = name, Uri = Shown::uri(request.uri().unwrap_or_default()), Status = status],
                "({name}) {} gets {status}",
                Shown::uri(request.uri().unwrap_or_default())
            );
        }
        (Some(failure), _) => {
            let uri = Shown::uri(request.uri().unwrap_or_default());
            let end = end(stage, verdict);
            log!(log, Debug, [Worker = name, Uri = uri], "({name}) {failure}: {uri} {end}");
        }
        (None, _) => {}
    }
    verdict
}

/// What becomes of a request that failed, for the log.
fn end(stage: Stage, verdict: Verdict) -> Cow<'static, str> {
    match (verdict, stage) {
        (Verdict::Status(status), _) => format!("gets {status}").into(),
        (_, Stage::Begun) => "is cut".into(),
        (_, Stage::Complete) => "was answered by a filter".into(),
        (_, Stage::Unsent) => "has no client any more".into(),
    }
}

/// The status for a failure, if it can still be told.
fn status_of(failure: Failure, body_failure: Option<u16>) -> u16 {
    match failure {
        Failure::ClientRead => body_failure.unwrap_or(failure.status()),
        // If the client is still there, it was a filter that failed.
        Failure::ClientWrite => 500,
        _ => failure.status(),
    }
}
