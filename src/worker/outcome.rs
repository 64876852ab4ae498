//! How an exchange ended, and the one table of what follows from it.
//!
//! An [`Outcome`] answers three separate questions: may the request be sent again ([`Repeat`]), which HTTP
//! status does the client get if not ([`Failure::status`]), and what do all processes think of the member
//! afterwards ([`MemberEvent`]). Rules: "connections, Failure table" and "decisions", rows 5 to 8.

/// How the service of a request by one worker ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
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
pub enum Failure {
    /// No connection of the pool came free in time.
    NoConnection,
    /// busy_limit is reached.
    Busy,
    /// The request does not fit into one packet.
    RequestTooLarge,
    /// No connection could be made, its CPing was not answered, or the request could not be sent.
    Connect,
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
    /// Sending a requested body packet failed.
    BodySend,
    /// The status is listed in fail_on_status.
    FatalStatus(u16),
    /// The status is listed in fail_on_status with a minus.
    SoftStatus(u16),
    /// The response broke off after a part of it had gone to the client, which was then disconnected.
    Truncated,
    /// Nothing was tried: the balancer had no usable member.
    NoMember,
}

/// When a failed request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Never.
    Never,
    /// Always: the container has not seen the request.
    Always,
    /// On another member, not on the same one.
    Elsewhere,
    /// If recovery_options and the method allow it.
    IfIdempotent,
}

/// What a balancer notes about the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberEvent {
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
    /// The table: repeat rule, HTTP status if final, member event.
    const fn row(self) -> (Repeat, u16, MemberEvent) {
        use MemberEvent::{Busy, ClientError, Error, FatalStatus, LocalError, ReplyTimeout, SoftStatus};
        use Repeat::{Always, Elsewhere, IfIdempotent, Never};
        match self {
            Failure::NoConnection => (Elsewhere, 503, Busy),
            Failure::Busy => (Elsewhere, 503, Busy),
            Failure::RequestTooLarge => (Never, 413, ClientError),
            Failure::Connect => (Always, 503, Error),
            Failure::ClientRead => (Never, 400, ClientError),
            Failure::ClientWrite => (Never, 200, ClientError),
            Failure::ReplyTimeout => (IfIdempotent, 504, ReplyTimeout),
            Failure::ConnectionLost => (IfIdempotent, 502, Error),
            Failure::Framing => (IfIdempotent, 502, LocalError),
            Failure::Malformed => (IfIdempotent, 502, Error),
            Failure::BodySend => (Never, 502, Error),
            Failure::FatalStatus(_) => (Elsewhere, 503, FatalStatus),
            Failure::SoftStatus(_) => (Elsewhere, 503, SoftStatus),
            Failure::Truncated => (Never, 502, Error),
            Failure::NoMember => (Elsewhere, 503, Busy),
        }
    }

    /// When the request may be sent again.
    pub const fn repeat(self) -> Repeat {
        self.row().0
    }

    /// HTTP status of the response if this failure is final.
    pub const fn status(self) -> u16 {
        self.row().1
    }

    /// What a balancer notes about the member.
    pub const fn event(self) -> MemberEvent {
        self.row().2
    }
}

impl Outcome {
    /// What a balancer notes about the member.
    pub const fn event(&self) -> MemberEvent {
        match self {
            Outcome::Done | Outcome::ServerError(_) => MemberEvent::Success,
            Outcome::Failed { failure, .. } => failure.event(),
        }
    }
}
