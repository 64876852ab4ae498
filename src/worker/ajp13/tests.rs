//! What the tests of this worker share: its settings, a request, a scripted container and a recording client.

mod attempts;
mod bodies;
mod client;
mod container;
mod exchange;
mod failures;
mod figures;
mod gathering;
mod moving;
mod pooling;
mod probing;
mod sockets;

use std::sync::Arc;
use std::time::Duration;

pub(super) use client::{Call, TestClient};
pub(in crate::worker) use container::{Container, Step};

use super::{Ajp13Worker, HostAddresses};
use crate::ajp::{Attributes, ForwardRequest, Headers};
use crate::config::settings::{Ajp13Settings, RecoveryOptions};
use crate::log::{Level, Logger};
use crate::mapping::RuleOptions;
use crate::shared::AjpHandle;
use crate::worker::{Assignment, Body, Outcome, Progress, WorkerRequest};

/// Long enough that only a hanging test reaches it.
pub(super) const LONG: Duration = Duration::from_secs(10);

/// Short, for timeouts that a test waits for.
pub(super) const SHORT: Duration = Duration::from_millis(60);

/// Settings of a worker called `tomcat` on loopback: one attempt, no pauses, and no test can hang.
pub(super) fn settings(port: u16) -> Ajp13Settings {
    Ajp13Settings {
        name: "tomcat".to_owned(),
        host: "127.0.0.1".to_owned(),
        port,
        source: None,
        prefer_ipv6: false,
        resolve_interval: None,
        secret: None,
        socket_timeout: None,
        socket_connect_timeout: Some(LONG),
        socket_keepalive: true,
        socket_buffer: None,
        connection_pool_size: None,
        connection_pool_minsize: 0,
        connection_pool_timeout: None,
        connection_acquire_timeout: LONG,
        connect_ping: None,
        prepost_ping: None,
        connection_ping_interval: None,
        ping_timeout: LONG,
        reply_timeout: Some(LONG),
        retries: 1,
        retry_interval: Duration::ZERO,
        recovery: RecoveryOptions::empty(),
        fail_on_status: Vec::new(),
        busy_limit: None,
        max_packet_size: 8192,
    }
}

/// A worker with these settings and a record of its own.
pub(super) fn worker(settings: Ajp13Settings) -> Ajp13Worker {
    let record = AjpHandle::standalone_for_tests(&settings.name);
    Ajp13Worker::new(Arc::new(settings), record, &HostAddresses::new(), &Arc::default(), &Arc::default())
}

/// A request as a test asks for it.
pub(super) struct Ask<'a> {
    pub(super) method: &'a str,
    pub(super) body: Body,
    pub(super) headers: &'a [(&'a str, &'a str)],
    pub(super) rule: RuleOptions,
    pub(super) reply_timeout: Option<Option<Duration>>,
    pub(super) flush_packets: bool,
    pub(super) flush_header: bool,
    pub(super) disable_reuse: bool,
    /// Another worker may try what fails here.
    pub(super) may_go_on: bool,
}

impl Ask<'_> {
    /// A request with this method.
    pub(super) fn new(method: &str) -> Ask<'_> {
        Ask {
            method,
            body: Body::None,
            headers: &[],
            rule: RuleOptions::default(),
            reply_timeout: None,
            flush_packets: false,
            flush_header: false,
            disable_reuse: false,
            may_go_on: false,
        }
    }

    /// A POST with a body of `length` octets.
    pub(super) fn post(length: u64) -> Ask<'static> {
        Ask { body: Body::Length(length), ..Ask::new("POST") }
    }

    /// Has it served.
    pub(super) fn serve(&self, worker: &Ajp13Worker, client: &mut TestClient) -> Outcome {
        self.serve_with(worker, client, &mut Progress::default(), &Logger::discard())
    }

    /// Has it served after what `progress` says, with a log.
    pub(super) fn serve_with(
        &self,
        worker: &Ajp13Worker,
        client: &mut TestClient,
        progress: &mut Progress,
        logger: &Logger,
    ) -> Outcome {
        let request = WorkerRequest {
            forward: self.forward(),
            body: self.body,
            rule: &self.rule,
            reply_timeout: self.reply_timeout,
            sticky_ignore: None,
            stateless: None,
            route: None,
            flush_packets: self.flush_packets,
            flush_header: self.flush_header,
            disable_reuse: self.disable_reuse,
            log: logger.with_id("-"),
        };
        let added_headers: &[(&[u8], &[u8])] = &[(b"Set-Cookie", b"route=1")];
        let assignment = Assignment { added_headers, may_go_on: self.may_go_on, ..Assignment::default() };
        worker.service(&request, &assignment, client, progress)
    }

    fn forward(&self) -> ForwardRequest<'_> {
        ForwardRequest {
            method: self.method.as_bytes(),
            protocol: b"HTTP/1.1",
            req_uri: b"/app/page",
            remote_addr: Some(b"127.0.0.1"),
            remote_host: None,
            server_name: Some(b"localhost"),
            server_port: 80,
            is_ssl: false,
            headers: self,
            attributes: Attributes::default(),
        }
    }
}

impl Headers for Ask<'_> {
    fn for_each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        for (name, value) in self.headers {
            visit(name.as_bytes(), value.as_bytes());
        }
    }
}

/// Serves a GET with a fresh client; returns the outcome and what the client was told.
pub(super) fn get(worker: &Ajp13Worker) -> (Outcome, TestClient) {
    let mut client = TestClient::default();
    let outcome = Ask::new("GET").serve(worker, &mut client);
    (outcome, client)
}

/// A log that keeps everything.
pub(super) fn logger() -> Logger {
    Logger::capture(Level::Trace)
}
