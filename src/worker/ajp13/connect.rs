//! Opening a connection: all addresses of the Tomcat in turn, with the configured socket options.
//!
//! Rules: "connections, section 3". The CPing that may follow is the business of [`super::endpoint`].

use std::io::{self, ErrorKind};
use std::time::Duration;

use rustix::io::Errno;
use socket2::{SockAddr, Socket, Type};
use thiserror::Error;

use super::address::{Address, Peer};
use super::place::Place;
use crate::config::settings::Ajp13Settings;
use crate::log;
use crate::log::Context;
use crate::text::Reason;

/// Longer than any system tries to connect: without socket_connect_timeout the system's own limit is the
/// first.
const UNTIL_THE_SYSTEM_GIVES_UP: Duration = Duration::from_secs(3600);

/// No address took a connection.
#[derive(Debug, Error)]
pub(super) enum ConnectError {
    /// Port 0.
    #[error("is no place to connect to")]
    NoPort,
    /// The host name has no address.
    #[error("is not known: the host name does not resolve")]
    Unresolved,
    /// The last address, which did not answer for so long.
    #[error("took no connection within {} ms (socket_connect_timeout)", .1.as_millis())]
    TimedOut(Place, Duration),
    /// The last address, and why it failed.
    #[error("took no connection ({})", Reason(.1))]
    Failed(Place, io::Error),
}

impl ConnectError {
    /// Why `remote` failed: `timeout` passed, or something else, such as the system's own limit.
    pub(super) fn of(remote: Place, error: io::Error, timeout: Option<Duration>) -> Self {
        match timeout {
            Some(timeout) if error.kind() == ErrorKind::TimedOut && error.raw_os_error().is_none() => {
                Self::TimedOut(remote, timeout)
            }
            _ => Self::Failed(remote, error),
        }
    }
}

/// Opens a connection to the first address that takes it.
///
/// # Errors
/// [`ConnectError`] when all of them failed; the name is asked for, which nobody here waits for.
pub(super) fn connect(
    settings: &Ajp13Settings,
    address: &Address,
    log: Context<'_>,
) -> Result<(Socket, Peer), ConnectError> {
    let target = address.current(log);
    let mut failure = if target.port == 0 { ConnectError::NoPort } else { ConnectError::Unresolved };
    for remote in &target.all {
        match open(settings, address, remote, log) {
            Ok(socket) => return Ok((socket, target.peer(remote))),
            Err(error) => {
                let reason = Reason(&error);
                log!(
                    log,
                    Debug,
                    [Worker = settings.name, Address = remote],
                    "({}) {remote} took no connection ({reason})",
                    settings.name
                );
                failure = ConnectError::of(remote.clone(), error, settings.socket_connect_timeout);
            }
        }
    }
    address.doubt();
    Err(failure)
}

/// Opens a connection to `remote`; the socket is blocking and close-on-exec.
fn open(settings: &Ajp13Settings, address: &Address, remote: &Place, log: Context<'_>) -> io::Result<Socket> {
    let socket = prepare(settings, address, remote, log)?;
    match remote {
        Place::Tcp(_) => socket.connect_timeout(
            &remote.to_system()?,
            settings.socket_connect_timeout.unwrap_or(UNTIL_THE_SYSTEM_GIVES_UP),
        )?,
        Place::Unix(_) => wait_for_room(&socket, &remote.to_system()?, settings.socket_connect_timeout)?,
    }
    Ok(socket)
}

/// Connects to a Unix socket: at once, or when its queue has room. The system lets connecting wait as long as sending
/// may (unix(7)).
fn wait_for_room(socket: &Socket, remote: &SockAddr, limit: Option<Duration>) -> io::Result<()> {
    socket.set_write_timeout(limit)?;
    socket.connect(remote).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
        _ => error,
    })?;
    socket.set_write_timeout(None)
}

/// Begins to connect to `remote` and does not wait for the end, at which the socket can be written to; it is not
/// blocking.
pub(super) fn begin(
    settings: &Ajp13Settings,
    address: &Address,
    remote: &Place,
    log: Context<'_>,
) -> io::Result<Socket> {
    let socket = prepare(settings, address, remote, log)?;
    socket.set_nonblocking(true)?;
    match socket.connect(&remote.to_system()?) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
        Ok(()) | Err(_) => Ok(socket),
    }
}

/// A socket with the configured options, not connected yet.
fn prepare(
    settings: &Ajp13Settings,
    address: &Address,
    remote: &Place,
    log: Context<'_>,
) -> io::Result<Socket> {
    let socket = Socket::new(remote.domain(), Type::STREAM, None)?;
    if let Place::Tcp(_) = remote {
        socket.set_tcp_nodelay(true)?;
        socket.set_keepalive(settings.socket_keepalive)?;
    }
    if let Some(size) = settings.socket_buffer {
        let size = size.max(settings.max_packet_size);
        socket.set_send_buffer_size(size)?;
        socket.set_recv_buffer_size(size)?;
    }
    if let Some(local) = address.source_for(remote) {
        if let Err(error) = socket.bind(&local.into()) {
            let (name, reason) = (&settings.name, Reason(&error));
            log!(
                log,
                Warn,
                [Worker = name, Address = remote],
                "({name}) source {} can't be used ({reason}); ignored",
                local.ip()
            );
        }
    }
    Ok(socket)
}
