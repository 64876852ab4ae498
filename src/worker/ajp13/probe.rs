//! A CPing that nobody waits for: over a connection of its own, in steps, so that one thread can ask many Tomcats at
//! a time.
//!
//! It connects as a request would: same addresses, options and timeouts. The limit of the CPing is that for new
//! connections, else that before requests, else ping_timeout, whether or not requests ask at all; it limits connecting
//! as well where socket_connect_timeout does not. The connection that answered is kept for requests. Who is asked, and
//! when, is decided by [`crate::worker::prober`]; "decisions, row 10".

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use socket2::Socket;

use super::address::{Peer, Target};
use super::connect::{begin, ConnectError};
use super::connection::{Connection, ReceiveError, Wait};
use super::error::AttemptError;
use super::ping::{ask, hear, PingError};
use super::trace::Trace;
use super::Ajp13Worker;
use crate::log::Context;
use crate::shared::now;

/// A CPing under way.
pub(crate) struct Probe<'w> {
    worker: &'w Ajp13Worker,
    stage: Stage,
    /// When the stage has lasted too long.
    deadline: Instant,
}

enum Stage {
    Connecting {
        socket: Socket,
        target: Arc<Target>,
        /// Of its address that is tried.
        index: usize,
    },
    Listening(Box<Connection>),
}

/// Where a probe is after a step.
pub(crate) enum Step<'w> {
    /// It goes on.
    Waits(Probe<'w>),
    /// The Tomcat works.
    Answered,
    /// It does not.
    Failed(Silence<'w>),
}

/// Why there was no CPong, for the log.
pub(crate) struct Silence<'w> {
    worker: &'w Ajp13Worker,
    error: AttemptError,
}

impl Silence<'_> {
    /// Notes it as the last error of the Tomcat, where no user's request met one that says more.
    pub(crate) fn note(&self) {
        self.worker.record.figures().note_error(now(), self.error.fault(), &self.to_string());
    }
}

impl Display for Silence<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        self.worker.tell(&self.error).fmt(out)
    }
}

impl Ajp13Worker {
    /// Begins to ask for a sign of life; does not wait.
    pub(crate) fn probe(&self, log: Context<'_>) -> Step<'_> {
        self.probe_from(self.address.current(log), 0, ConnectError::Unresolved, log)
    }

    /// Begins to connect to the first address of `target` from `index` on that does not refuse at once; `failure` is how
    /// the one before ended.
    fn probe_from(
        &self,
        target: Arc<Target>,
        index: usize,
        mut failure: ConnectError,
        log: Context<'_>,
    ) -> Step<'_> {
        for index in index..target.all.len() {
            match begin(&self.settings(), &self.address, &target.all[index], log) {
                Ok(socket) => {
                    let limit = self.settings().socket_connect_timeout.unwrap_or_else(|| self.probe_limit());
                    return self.probe_waits(Stage::Connecting { socket, target, index }, limit);
                }
                Err(error) => failure = ConnectError::Failed(target.all[index].clone(), error),
            }
        }
        self.address.doubt();
        self.probe_failed(failure)
    }

    /// Sends the CPing over a connection that stands.
    fn probe_over(&self, socket: Socket, peer: Peer, log: Context<'_>) -> Step<'_> {
        let settings = self.settings();
        let mut connection = self.connection(socket, peer, settings.max_packet_size);
        match ask(&mut connection, Trace::new(log, &settings)) {
            Ok(()) => self.probe_waits(Stage::Listening(connection), self.probe_limit()),
            Err(error) => self.probe_failed(error),
        }
    }

    fn probe_waits(&self, stage: Stage, limit: Duration) -> Step<'_> {
        Step::Waits(Probe { worker: self, stage, deadline: Instant::now() + limit })
    }

    fn probe_failed(&self, error: impl Into<AttemptError>) -> Step<'_> {
        self.record.figures().count_probe(false);
        Step::Failed(Silence { worker: self, error: error.into() })
    }

    /// Keeps the connection that answered, if there is room. The container may close it while it is idle, as any other
    /// that waits for requests. If the Tomcat is somewhere else by now, that place is asked.
    fn probe_answered(&self, mut connection: Box<Connection>, log: Context<'_>) -> Step<'_> {
        if !self.leads_home(&mut connection, log) {
            return self.probe(log);
        }
        connection.reused = true;
        if connection.make_blocking().is_ok() {
            connection.rest();
            drop(self.pool.add(connection));
        }
        self.record.figures().count_probe(true);
        Step::Answered
    }

    /// Takes what came of the answer; tells whether that was all of it.
    fn heard(&self, connection: &mut Connection, ready: bool, log: Context<'_>) -> Result<bool, PingError> {
        match ready {
            true => hear(connection, &mut Wait::once(Duration::ZERO), Trace::new(log, &self.settings())),
            false => Err(ReceiveError::TimedOut(self.probe_limit()).into()),
        }
    }

    fn probe_limit(&self) -> Duration {
        let settings = self.settings();
        settings.connect_ping.or(settings.prepost_ping).unwrap_or(settings.ping_timeout)
    }
}

impl<'w> Probe<'w> {
    /// What `poll` has to say before [`Probe::go_on`] finds something.
    fn awaits(&self) -> PollFd<'_> {
        match &self.stage {
            Stage::Connecting { socket, .. } => PollFd::new(socket, PollFlags::OUT),
            Stage::Listening(connection) => connection.readable(),
        }
    }

    /// Goes on if what it awaits is there (`ready`), or waited for too long; does not wait.
    pub(crate) fn go_on(self, ready: bool, log: Context<'_>) -> Step<'w> {
        if !ready && Instant::now() < self.deadline {
            return Step::Waits(self);
        }
        let Self { worker, stage, deadline } = self;
        match stage {
            Stage::Connecting { socket, target, index } => match connected(&socket, ready) {
                Ok(()) => worker.probe_over(socket, target.peer(&target.all[index]), log),
                Err(error) => {
                    let timeout = worker.settings().socket_connect_timeout;
                    let failure = ConnectError::of(target.all[index].clone(), error, timeout);
                    worker.probe_from(target, index + 1, failure, log)
                }
            },
            Stage::Listening(mut connection) => match worker.heard(&mut connection, ready, log) {
                Ok(true) => worker.probe_answered(connection, log),
                Ok(false) => Step::Waits(Self { worker, stage: Stage::Listening(connection), deadline }),
                Err(error) => worker.probe_failed(error),
            },
        }
    }
}

/// Waits until some of `probes` can go on, or one has waited too long, or it is `end`; tells which of them can. `None` if
/// the system did not wait, for that reason unless it was interrupted.
pub(crate) fn wait_for<'p, 'w: 'p>(
    probes: impl Iterator<Item = &'p Probe<'w>> + Clone,
    end: Instant,
) -> Result<Vec<bool>, Option<Errno>> {
    let end = probes.clone().map(|probe| probe.deadline).fold(end, Instant::min);
    let timeout = Timespec::try_from(end.saturating_duration_since(Instant::now())).ok();
    let mut awaited: Vec<PollFd<'_>> = probes.map(Probe::awaits).collect();
    match poll(&mut awaited, timeout.as_ref()) {
        Ok(_) => Ok(awaited.iter().map(|probe| !probe.revents().is_empty()).collect()),
        Err(errno) => Err(Some(errno).filter(|errno| *errno != Errno::INTR)),
    }
}

/// How connecting ended; not `ready` is too late.
fn connected(socket: &Socket, ready: bool) -> io::Result<()> {
    match socket.take_error()? {
        Some(error) => Err(error),
        None if ready => Ok(()),
        None => Err(ErrorKind::TimedOut.into()),
    }
}
