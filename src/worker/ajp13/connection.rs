//! One TCP connection to a Tomcat: its socket, its buffers, and the timeouts that hold on it.
//!
//! System calls are what a request costs here, so there are few: what is sent goes out in one `sendmsg`, what
//! comes in is read in pieces of up to [`receive_buffer_size`] octets, and a timeout is told to the kernel
//! only when it changes. Packets and their order are the business of [`super::exchange`]; opening one is that
//! of [`super::connect`]. Rules: "connections, sections 3, 4 and 9".

use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{recv, sendmsg, RecvFlags, SendAncillaryBuffer, SendFlags};
use socket2::Socket;
use thiserror::Error;

use super::address::Peer;
use super::buffers::Buffers;
use super::inbox::Inbox;
use crate::ajp::body_packet_header;
use crate::ffi::socket::set_receive_low_water;
use crate::shared::AjpHandle;
use crate::text::{Counted, Reason};

/// An open connection. Dropping it closes it.
pub(super) struct Connection {
    socket: Socket,
    /// The packet to be sent next.
    pub(super) outbox: Vec<u8>,
    /// What was received and not yet taken.
    pub(super) inbox: Inbox,
    /// Where its buffers come from and go.
    buffers: Arc<Buffers>,
    /// It has waited for a request, so that the container may have closed it meanwhile.
    pub(super) reused: bool,
    /// Where it leads.
    pub(super) peer: Peer,
    /// What the kernel was told last; `None` is no limit.
    receive_timeout: Option<Duration>,
    send_timeout: Option<Duration>,
    /// Octets that have to be there before the socket counts as readable, as the kernel was told last.
    low_water: usize,
    traffic: Traffic,
    /// Largest packet for which its buffers are made.
    packet_size: usize,
    open: OpenCount,
}

/// Octets that went over a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    /// Towards the container.
    pub(super) sent: u64,
    /// From the container.
    pub(super) received: u64,
}

/// Keeps the connection in the count that all processes see.
struct OpenCount(AjpHandle);

impl Drop for OpenCount {
    fn drop(&mut self) {
        self.0.connection_closed();
    }
}

/// Sending failed.
#[derive(Debug, Error)]
#[error("{} after {}", Reason(cause), Counted(*sent as u64, "octet"))]
pub(super) struct SendError {
    /// Octets that were taken by the system before.
    pub(super) sent: usize,
    cause: io::Error,
}

impl SendError {
    /// Tells whether the container did not take it in time, while the connection stands.
    pub(super) fn is_timeout(&self) -> bool {
        self.cause.kind() == io::ErrorKind::TimedOut
    }
}

/// Nothing more can be received.
#[derive(Debug, Error)]
pub(super) enum ReceiveError {
    /// The time for a packet has passed.
    #[error("nothing came within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// A packet began, and nothing more of it came.
    #[error("a packet broke off, and nothing followed within {} ms", .0.as_millis())]
    Silent(Duration),
    /// The container closed the connection.
    #[error("the connection was closed")]
    Closed,
    /// The connection broke.
    #[error("{}", Reason(.0))]
    Broken(#[from] io::Error),
}

/// How long to wait for one packet, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wait {
    /// For the whole packet.
    limit: Option<Duration>,
    /// For the next octet of a packet that has begun.
    silence: Option<Duration>,
    /// It has begun.
    waits: bool,
    /// Since when, if it has a limit.
    since: Option<Instant>,
    /// Something was received meanwhile.
    begun: bool,
}

impl Wait {
    /// A wait of `limit` for a packet, of which a part already begun must go on within `silence`.
    pub(super) fn new(limit: Option<Duration>, silence: Option<Duration>) -> Self {
        Self { limit, silence, waits: false, since: None, begun: false }
    }

    /// A wait of `limit` that has begun, and whose end does not become the receive timeout of the socket.
    pub(super) fn once(limit: Duration) -> Self {
        Self { limit: Some(limit), silence: None, waits: true, since: Some(Instant::now()), begun: false }
    }

    /// Tells whether it lasts longer than `time`.
    pub(super) fn exceeds(&self, time: Duration) -> bool {
        self.limit.is_none_or(|limit| limit > time)
    }

    /// The same for the next packet.
    pub(super) fn restart(&mut self) {
        *self = Self::new(self.limit, self.silence);
    }

    /// Begins it, unless it has; tells whether it had.
    fn begin(&mut self) -> bool {
        if !self.waits {
            self.since = self.limit.map(|_| Instant::now());
        }
        std::mem::replace(&mut self.waits, true)
    }

    /// What is left of it, and what its end means; `None` is no limit.
    fn left(&self) -> Option<(Duration, ReceiveError)> {
        let used = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        let whole = self.limit.map(|limit| (limit.saturating_sub(used), ReceiveError::TimedOut(limit)));
        let silence =
            self.silence.filter(|_| self.begun).map(|silence| (silence, ReceiveError::Silent(silence)));
        whole.into_iter().chain(silence).min_by_key(|(left, _)| *left)
    }
}

impl Connection {
    /// Takes over a blocking `socket` that is connected to `peer` and has no timeouts, and counts it in `record`.
    /// Its buffers are those of the process. It is boxed, as it goes from hand to hand with every request.
    pub(super) fn new(
        socket: Socket,
        peer: Peer,
        record: &AjpHandle,
        max_packet_size: usize,
        buffers: &Arc<Buffers>,
    ) -> Box<Self> {
        record.connection_opened();
        Box::new(Self {
            socket,
            outbox: buffers.take_for_sending(),
            inbox: Inbox::new(receive_buffer_size(max_packet_size), buffers),
            buffers: Arc::clone(buffers),
            reused: false,
            peer,
            receive_timeout: None,
            send_timeout: None,
            low_water: 1,
            traffic: Traffic::default(),
            packet_size: max_packet_size,
            open: OpenCount(record.clone()),
        })
    }

    /// Gives its buffers back before it goes to the pool.
    pub(super) fn rest(&mut self) {
        self.buffers.give_from_sending(std::mem::take(&mut self.outbox));
        self.inbox.rest();
    }

    /// Takes a buffer to send from, after a rest.
    pub(super) fn wake(&mut self) {
        self.outbox = self.buffers.take_for_sending();
    }

    /// Octets of the largest packet that it can take.
    pub(super) fn packet_size(&self) -> usize {
        self.packet_size
    }

    /// Tells whether an idle connection is as it should be: open, and nothing has come in that nobody asked
    /// for.
    ///
    /// Its end and an error show as readable too, so nothing needs to be read to know. The look is made however short
    /// the connection was idle: octets that nobody asked for would answer the next client, and the answer to that one
    /// the client after it.
    pub(super) fn is_quiet(&mut self) -> bool {
        if self.set_low_water(1).is_err() {
            return false;
        }
        let mut sockets = [PollFd::new(&self.socket, PollFlags::IN)];
        let ready = poll(&mut sockets, Some(&Timespec::default()));
        self.inbox.octets().is_empty() && ready == Ok(0)
    }

    /// Octets sent and received since the last call.
    pub(super) fn take_traffic(&mut self) -> Traffic {
        std::mem::take(&mut self.traffic)
    }

    /// Octets received since the last [`Connection::take_traffic`].
    pub(super) fn received(&self) -> u64 {
        self.traffic.received
    }

    /// Tells whether nothing has ever come from the container, over any connection of any process.
    pub(super) fn is_the_first_to_hear(&self) -> bool {
        self.traffic.received == 0 && !self.record().was_heard()
    }

    /// Waits for up to `time` of `wait` for the first octet; tells whether there was silence.
    pub(super) fn hears_nothing(&self, wait: &mut Wait, time: Duration) -> bool {
        wait.begin();
        let mut sockets = [PollFd::new(&self.socket, PollFlags::IN)];
        poll(&mut sockets, Timespec::try_from(time).ok().as_ref()) == Ok(0)
    }

    /// The record of the worker that it belongs to.
    pub(super) fn record(&self) -> &AjpHandle {
        &self.open.0
    }

    /// Limits how long sending may take; `None` is no limit.
    pub(super) fn limit_sending(&mut self, timeout: Option<Duration>) -> Result<(), SendError> {
        if self.send_timeout != timeout {
            self.socket.set_write_timeout(timeout).map_err(|cause| SendError { sent: 0, cause })?;
            self.send_timeout = timeout;
        }
        Ok(())
    }

    /// Sends the outbox.
    pub(super) fn send(&mut self) -> Result<(), SendError> {
        let sent = send_all(&self.socket, &mut [IoSlice::new(&self.outbox)], self.send_timeout);
        self.count_sent(sent)
    }

    /// Sends the outbox and, with the same system call, `data` as a body packet.
    pub(super) fn send_with_body(&mut self, data: &[u8]) -> Result<(), SendError> {
        let header = body_packet_header(data.len());
        let mut parts = [IoSlice::new(&self.outbox), IoSlice::new(&header), IoSlice::new(data)];
        let sent = send_all(&self.socket, &mut parts, self.send_timeout);
        self.count_sent(sent)
    }

    fn count_sent(&mut self, sent: Result<usize, SendError>) -> Result<(), SendError> {
        self.traffic.sent += *sent.as_ref().unwrap_or_else(|error| &error.sent) as u64;
        sent.map(|_| ())
    }

    /// Receives at least one octet into the inbox.
    ///
    /// The first call of a wait leaves the waiting to the kernel's receive timeout. Only a packet that comes
    /// in pieces is waited for with `poll`, so that the wait as a whole keeps its limit.
    pub(super) fn receive(&mut self, wait: &mut Wait) -> Result<(), ReceiveError> {
        let gathered = self.low_water > 1;
        match wait.begin() {
            _ if gathered => {}
            false => self.limit_receiving(wait.limit)?,
            true => self.await_octets(wait)?,
        }
        let mut flags = if gathered { RecvFlags::DONTWAIT } else { RecvFlags::empty() };
        loop {
            match recv(&self.socket, self.inbox.space(), flags) {
                Ok((0, _)) => return Err(ReceiveError::Closed),
                Ok((count, _)) => {
                    self.inbox.fill(count);
                    if self.traffic.received == 0 {
                        self.record().note_heard();
                    }
                    self.traffic.received += count as u64;
                    wait.begun = true;
                    return Ok(());
                }
                Err(Errno::INTR) => self.await_octets(wait)?,
                Err(Errno::AGAIN) if flags == RecvFlags::DONTWAIT => {
                    self.set_low_water(1)?;
                    self.limit_receiving(wait.limit)?;
                    flags = RecvFlags::empty();
                }
                Err(Errno::AGAIN) => return Err(ReceiveError::TimedOut(wait.limit.unwrap_or_default())),
                Err(errno) => return Err(ReceiveError::Broken(errno.into())),
            }
        }
    }

    /// Gives the container a moment to send what is missing of the `octets` that are due, or as many as surely fit, so that
    /// one read takes them: each packet would wake this thread up, and leave for the client by itself. The last one comes
    /// with the end, so that for a single one these calls would save none.
    ///
    /// Returns whether the next moment is worth waiting for: not when this one passed in vain.
    pub(super) fn gather(&mut self, octets: usize) -> bool {
        const MOMENT: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        let missing = octets.saturating_sub(self.inbox.octets().len());
        if missing <= 1 {
            return true;
        }
        let are_the_last = octets <= self.inbox.capacity();
        let awaited = if are_the_last { missing } else { self.inbox.capacity() - self.packet_size };
        if self.set_low_water(awaited).is_err() {
            return false;
        }
        // Whatever it says, the read that follows finds out what there is.
        let came = poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&MOMENT)) != Ok(0);
        if are_the_last || !came {
            return self.set_low_water(1).is_ok() && came;
        }
        true
    }

    fn set_low_water(&mut self, octets: usize) -> io::Result<()> {
        if self.low_water != octets {
            set_receive_low_water(self.socket.as_fd(), octets)?;
            self.low_water = octets;
        }
        Ok(())
    }

    fn limit_receiving(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if self.receive_timeout != timeout {
            self.socket.set_read_timeout(timeout)?;
            self.receive_timeout = timeout;
        }
        Ok(())
    }

    /// Waits with `poll` for what is left of `wait`.
    fn await_octets(&self, wait: &Wait) -> Result<(), ReceiveError> {
        while let Some((left, end)) = wait.left() {
            let mut sockets = [PollFd::new(&self.socket, PollFlags::IN)];
            let timeout = Timespec::try_from(left).ok();
            match poll(&mut sockets, timeout.as_ref()) {
                Ok(0) => return Err(end),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(ReceiveError::Broken(errno.into())),
            }
        }
        Ok(())
    }

    /// Makes a socket blocking that was not.
    pub(super) fn make_blocking(&self) -> io::Result<()> {
        self.socket.set_nonblocking(false)
    }

    /// What `poll` asks for to know that something has come.
    pub(super) fn readable(&self) -> PollFd<'_> {
        PollFd::new(&self.socket, PollFlags::IN)
    }

    /// Closes with a TCP reset, so that the container's next write fails at once.
    pub(super) fn close_hard(self) {
        // If it fails the connection is closed as any other, and the container learns it a little later.
        let _ = self.socket.set_linger(Some(Duration::ZERO));
    }
}

/// Octets of the receive buffer: several packets of the usual 8 KiB fit into one read, and of the largest
/// ones at least one whole and the beginning of the next.
fn receive_buffer_size(max_packet_size: usize) -> usize {
    const LEAST: usize = 64 * 1024;
    LEAST.max(2 * max_packet_size)
}

/// Sends all `parts`, also if the system takes them piecemeal, within `limit` as a whole; returns their
/// length.
fn send_all(
    socket: &Socket,
    mut parts: &mut [IoSlice<'_>],
    limit: Option<Duration>,
) -> Result<usize, SendError> {
    let total: usize = parts.iter().map(|part| part.len()).sum();
    let mut sent = 0;
    let mut since = None;
    loop {
        match sendmsg(socket, parts, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL) {
            Ok(count) => {
                sent += count;
                IoSlice::advance_slices(&mut parts, count);
            }
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) => return Err(SendError { sent, cause: io::ErrorKind::TimedOut.into() }),
            Err(errno) => return Err(SendError { sent, cause: errno.into() }),
        }
        if sent >= total {
            return Ok(sent);
        }
        let since = since.get_or_insert_with(Instant::now);
        if limit.is_some_and(|limit| since.elapsed() >= limit) {
            return Err(SendError { sent, cause: io::ErrorKind::TimedOut.into() });
        }
    }
}
