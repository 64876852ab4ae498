//! How a worker sees the request it serves, and the client behind it.

use std::fmt;
use std::time::Duration;

use smallvec::SmallVec;
use thiserror::Error;

use crate::ajp::{ForwardRequest, SendHeaders};
use crate::config::settings::Activation;
use crate::log::Context;
use crate::mapping::RuleOptions;
use crate::text::Shown;

/// A request on its way to a worker.
#[derive(Clone, Copy)]
pub(crate) struct WorkerRequest<'a> {
    /// What the container is told.
    pub forward: ForwardRequest<'a>,
    /// Length of the body that the client sends.
    pub body: Body,
    /// Extensions of the rule that matched.
    pub rule: &'a RuleOptions,
    /// JK_REPLY_TIMEOUT: wins over rule and worker; `Some(None)` is no limit.
    pub reply_timeout: Option<Option<Duration>>,
    /// JK_STICKY_IGNORE: wins over the rule.
    pub sticky_ignore: Option<bool>,
    /// JK_STATELESS: wins over the rule.
    pub stateless: Option<bool>,
    /// JK_ROUTE, if not empty.
    pub route: Option<&'a [u8]>,
    /// JkOptions FlushPackets: flush after each body chunk.
    pub flush_packets: bool,
    /// JkOptions FlushHeader: flush after the headers.
    pub flush_header: bool,
    /// JkOptions DisableReuse: close the backend connection afterwards.
    pub disable_reuse: bool,
    /// Log of the server, with the request's id.
    pub log: Context<'a>,
}

impl WorkerRequest<'_> {
    /// Method and URI, for the log.
    pub(crate) fn line(&self) -> impl fmt::Display {
        format!("{} {}", Shown::name(self.forward.method), Shown::uri(self.forward.req_uri))
    }
}

/// The request body as announced by the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// There is none.
    None,
    /// Exactly so many octets, at least one.
    Length(u64),
    /// Until it ends (chunked).
    Unknown,
}

/// The client failed or went away; nothing more can be read from or written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientGone;

/// Why nobody waits for an answer any more.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum NobodyWaits {
    /// The client closed its connection.
    #[error("the client has gone")]
    ClientGone,
    /// httpd asks this process to end.
    #[error("this process ends")]
    ProcessEnds,
}

/// What follows the chunks handed to [`Client::deliver`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// More of the response; it may be buffered.
    More,
    /// More of the response, but what there is leaves now.
    Flush,
    /// Nothing: the response is complete.
    End,
}

/// The client's side of an exchange: its request body, and the way its response takes.
///
/// Order of calls: `read_body` at any time before the end; `start` once per attempt; then `deliver` until
/// `Then::End`. Until the first `deliver` nothing has left, and `reset` takes a started response back.
pub(crate) trait Client {
    /// Reads up to `buffer.len()` octets of the request body, waiting until there is at least one; 0 is its end, and
    /// nothing else is.
    ///
    /// # Errors
    /// [`ClientGone`] if the client disconnects, is too slow, or sends an invalid body.
    fn read_body(&mut self, buffer: &mut [u8]) -> Result<usize, ClientGone>;

    /// Sets status and headers of the response, followed by `added` headers; nothing is sent yet.
    fn start(&mut self, head: &SendHeaders<'_>, added: &[(&[u8], &[u8])]);

    /// Takes back what `start` set. Called only before the first `deliver`.
    fn reset(&mut self);

    /// Hands on body chunks, which need to live no longer than this call, and the head if it is still due.
    ///
    /// # Errors
    /// [`ClientGone`] if they can't be sent.
    fn deliver(&mut self, chunks: &[&[u8]], then: Then) -> Result<(), ClientGone>;

    /// Notes what a status needs to mean anything, of a response that gives way to the server's own page
    /// (`use_server_errors`). Nothing else of it is told: neither `start` nor `deliver` follow.
    fn give_way(&mut self, head: &SendHeaders<'_>);

    /// Asks whether anybody still waits for the answer.
    ///
    /// # Errors
    /// [`NobodyWaits`] says why not.
    fn waits(&mut self) -> Result<(), NobodyWaits> {
        Ok(())
    }

    /// Cuts a response that has begun, so that the client sees that it is incomplete.
    fn abort(&mut self);
}

/// What is known after the service for notes and the request log. Filled by the worker that served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceNotes<'w> {
    /// Route of the member that answered, or JK_ROUTE.
    pub route: Option<Route>,
    /// The first member that a balancer tried.
    pub first: Option<MemberNotes<'w>>,
    /// The last one.
    pub last: Option<MemberNotes<'w>>,
}

/// A route, which mostly is short.
pub(crate) type Route = SmallVec<[u8; 32]>;

/// A balancer's member right after an attempt: the notes JK_LB_FIRST_* and JK_LB_LAST_*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MemberNotes<'w> {
    /// NAME
    pub name: &'w str,
    /// VALUE: load value.
    pub value: u64,
    /// ACCESSED: requests given to it.
    pub accessed: u64,
    /// SESSIONS: those without session.
    pub sessions: u64,
    /// READ: octets from the container.
    pub read: u64,
    /// TRANSFERRED: octets to the container.
    pub transferred: u64,
    /// ERRORS
    pub errors: u64,
    /// BUSY: requests in flight.
    pub busy: u32,
    /// ACTIVATION: ACT, DIS or STP.
    pub activation: &'static str,
    /// STATE: as the status page shows it.
    pub state: &'static str,
}

/// What a balancer decided for one attempt; the default is that of a worker standing alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Assignment<'a> {
    /// Route sent to the container: the member's, or JK_ROUTE.
    pub route: Option<&'a [u8]>,
    /// Effective activation, sent as JK_LB_ACTIVATION.
    pub activation: Activation,
    /// Headers added to the response (the balancer's session cookie).
    pub added_headers: &'a [(&'a [u8], &'a [u8])],
    /// A failure that may be repeated elsewhere is not the end of the request; who decides that tells it.
    pub may_go_on: bool,
}
