//! How an exchange ended, and the one table of what follows from it.
//!
//! An [`Outcome`] answers four separate questions: whose fault is it ([`Culprit`]), may the request be sent again
//! ([`Failure::may_repeat`]), which HTTP status does the client get if not ([`Failure::status`]), and what do all
//! processes think of the member afterwards ([`MemberEvent`]). What a client or a page did is never repeated and
//! never counts against a member. Rules: "connections, sections 7 and 8" and "decisions, rows 5 to 8, 19
//! and 29".

use super::Progress;
use crate::config::settings::RecoveryOptions;

/// How the service of a request by one worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The response is complete.
    Done,
    /// The container's error page gives way to httpd's (`use_server_errors`): its status.
    ServerError(u16),
    /// It failed.
    Failed {
        /// What happened.
        failure: Failure,
        /// Whether another worker may still try: nothing was delivered, no further body packet was consumed,
        /// and recovery_options and the method allow it.
        repeatable: bool,
    },
}

/// What went wrong in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No connection of the pool came free in time.
    NoConnection,
    /// busy_limit is reached.
    Busy,
    /// The request does not fit into one packet.
    RequestTooLarge,
    /// No connection could be made, its CPing was not answered, or the Forward Request could not be sent.
    Connect,
    /// The connection broke while the first body packet was sent; the container may have begun to work.
    Send,
    /// The client failed while its request body was read.
    ClientRead,
    /// The client failed while the response was written.
    ClientWrite,
    /// reply_timeout passed.
    ReplyTimeout,
    /// The connection ended before a complete packet header.
    ConnectionLost,
    /// The octets are no AJP packets: magic, length, end inside a packet.
    Framing,
    /// A packet's content is malformed, or came out of order.
    Malformed,
    /// The packets are sound, but what they say is no HTTP response: a status or a header that HTTP does not know,
    /// a body that does not fit its Content-Length.
    BadResponse,
    /// Sending a requested body packet failed.
    BodySend,
    /// The status is listed in fail_on_status.
    FatalStatus(u16),
    /// The status is listed in fail_on_status with a minus.
    SoftStatus(u16),
    /// The response broke off after a part of it had gone to the client, which was then disconnected; culprit and
    /// member event are those of the cause.
    Truncated(Culprit, MemberEvent),
    /// Nothing was tried: the balancer had no usable member.
    NoMember,
}

/// Whose fault a failure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Culprit {
    /// The client's.
    Client,
    /// That of the one page that was asked for; its container works.
    Page,
    /// The container's, or that of the way to it.
    Container,
    /// Nobody's: there was no room for the request.
    Nobody,
}

/// When a failed request may be sent again, apart from what has already happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Never.
    Never,
    /// Always: the container has not seen the request.
    Always,
    /// On another member, not on the same one.
    Elsewhere,
    /// If recovery_options and the method allow it.
    IfIdempotent,
}

/// How a failed request would be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resend {
    /// On the worker that failed.
    Retry,
    /// On another member of the balancer.
    Failover,
}

/// The failed attempt, as far as the repeat rules ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    /// Method of the request.
    pub method: &'a [u8],
    /// recovery_options of the worker.
    pub recovery: RecoveryOptions,
    /// SEND_HEADERS had been received.
    pub headers_received: bool,
}

/// Methods whose execution twice has the effect of one (RFC 9110 section 9.2.2 and the WebDAV family); what
/// is not listed here, POST, LOCK, PATCH and unknown ones, may do its work twice.
const IDEMPOTENT_METHODS: [&[u8]; 25] = [
    b"GET",
    b"HEAD",
    b"OPTIONS",
    b"TRACE",
    b"PUT",
    b"DELETE",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"UNLOCK",
    b"ACL",
    b"REPORT",
    b"VERSION-CONTROL",
    b"CHECKIN",
    b"CHECKOUT",
    b"UNCHECKOUT",
    b"SEARCH",
    b"MKWORKSPACE",
    b"UPDATE",
    b"LABEL",
    b"MERGE",
    b"BASELINE-CONTROL",
    b"MKACTIVITY",
];

impl Attempt<'_> {
    /// Tells whether a request that the container may have executed can be sent again.
    fn may_execute_twice(&self) -> bool {
        let idempotent = IDEMPOTENT_METHODS.contains(&self.method);
        self.recovery_allows() && (idempotent || self.recovery.contains(RecoveryOptions::REPEAT_ANY_METHOD))
    }

    /// Tells whether a request can be sent again on a fresh connection because a re-used one ended before the
    /// first octet of a reply: most likely the container had closed it while it was idle. This may be assumed once
    /// per request, over all members.
    pub(crate) fn may_outlive_stale_connection(&self, progress: &Progress) -> bool {
        progress.is_repeatable() && !progress.fresh_only && self.recovery_allows()
    }

    /// The bits of recovery_options, each on its own: 8 and 16 lift 1 and 2 for their method.
    fn recovery_allows(&self) -> bool {
        let always = match self.method {
            b"HEAD" => RecoveryOptions::ALWAYS_HEAD,
            b"GET" => RecoveryOptions::ALWAYS_GET,
            _ => RecoveryOptions::empty(),
        };
        let forbidden = if self.headers_received {
            RecoveryOptions::NOT_AFTER_HEADERS
        } else {
            RecoveryOptions::NOT_AFTER_REQUEST
        };
        self.recovery.intersects(always) || !self.recovery.contains(forbidden)
    }
}

/// What a balancer notes about the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberEvent {
    /// It works.
    Success,
    /// The client's fault; the member works.
    ClientError,
    /// No free connection, or busy_limit.
    Busy,
    /// Bad for this request only.
    LocalError,
    /// It told so itself, softly (soft fail_on_status).
    SoftStatus,
    /// It told so itself (fail_on_status).
    FatalStatus,
    /// reply_timeout passed.
    ReplyTimeout,
    /// Any other failure.
    Error,
}

impl Failure {
    /// The table: culprit, repeat rule, HTTP status if final, member event.
    const fn row(self) -> (Culprit, Repeat, u16, MemberEvent) {
        use Culprit::{Client, Container, Nobody, Page};
        use MemberEvent::{Busy, ClientError, Error, FatalStatus, LocalError, ReplyTimeout, SoftStatus};
        use Repeat::{Always, Elsewhere, IfIdempotent, Never};
        match self {
            Failure::NoConnection => (Nobody, Elsewhere, 503, Busy),
            Failure::Busy => (Nobody, Elsewhere, 503, Busy),
            Failure::RequestTooLarge => (Client, Never, 413, ClientError),
            Failure::Connect => (Container, Always, 503, Error),
            Failure::Send => (Container, IfIdempotent, 503, Error),
            Failure::ClientRead => (Client, Never, 400, ClientError),
            Failure::ClientWrite => (Client, Never, 200, ClientError),
            Failure::ReplyTimeout => (Container, IfIdempotent, 504, ReplyTimeout),
            Failure::ConnectionLost => (Container, IfIdempotent, 502, Error),
            Failure::Framing => (Container, IfIdempotent, 502, LocalError),
            Failure::Malformed => (Container, IfIdempotent, 502, Error),
            Failure::BadResponse => (Page, Never, 502, LocalError),
            Failure::BodySend => (Container, Never, 502, Error),
            Failure::FatalStatus(_) => (Container, Elsewhere, 503, FatalStatus),
            Failure::SoftStatus(_) => (Container, Elsewhere, 503, SoftStatus),
            Failure::Truncated(culprit, event) => (culprit, Never, 502, event),
            Failure::NoMember => (Nobody, Elsewhere, 503, Busy),
        }
    }

    /// Whose fault it is.
    pub(crate) const fn culprit(self) -> Culprit {
        self.row().0
    }

    /// When the request may be sent again, apart from what has already happened to it.
    pub(crate) const fn repeat(self) -> Repeat {
        self.row().1
    }

    /// Tells whether the request may be sent again as `resend` says: the one place where this is decided.
    pub(crate) fn may_repeat(self, resend: Resend, attempt: &Attempt<'_>, progress: &Progress) -> bool {
        let allowed = match self.repeat() {
            Repeat::Never => false,
            Repeat::Always => true,
            Repeat::Elsewhere => resend == Resend::Failover,
            Repeat::IfIdempotent => attempt.may_execute_twice(),
        };
        allowed && progress.is_repeatable()
    }

    /// HTTP status of the response if this failure is final.
    pub(crate) const fn status(self) -> u16 {
        self.row().2
    }

    /// What a balancer notes about the member.
    pub(crate) const fn event(self) -> MemberEvent {
        self.row().3
    }
}

impl Outcome {
    /// What a balancer notes about the member.
    pub(crate) const fn event(&self) -> MemberEvent {
        match self {
            Outcome::Done | Outcome::ServerError(_) => MemberEvent::Success,
            Outcome::Failed { failure, .. } => failure.event(),
        }
    }
}

mod words;

#[cfg(test)]
mod tests;
