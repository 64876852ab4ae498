//! Opening a connection: all addresses of the Tomcat in turn, with the configured socket options.
//!
//! Rules: "connections, section 3". The CPing that may follow is the business of [`super::endpoint`].

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use thiserror::Error;

use super::address::Address;
use crate::config::settings::Ajp13Settings;
use crate::log;
use crate::log::Context;

/// Longer than any system tries to connect: without socket_connect_timeout the system's own limit is the
/// first.
const UNTIL_THE_SYSTEM_GIVES_UP: Duration = Duration::from_secs(3600);

/// No address took a connection.
#[derive(Debug, Error)]
pub(super) enum ConnectError {
    /// Port 0, or a name that does not resolve.
    #[error("there is no address to connect to (port 0, or the host does not resolve)")]
    NoAddress,
    /// The last address, and why it failed.
    #[error("connecting to {0} failed ({1})")]
    Refused(SocketAddr, io::Error),
}

/// Opens a connection to the first address that takes it.
///
/// # Errors
/// [`ConnectError`] when all of them failed; the name is asked for again before the next attempt.
pub(super) fn connect(
    settings: &Ajp13Settings,
    address: &Address,
    log: Context<'_>,
) -> Result<Socket, ConnectError> {
    address.refresh(log);
    let mut failure = ConnectError::NoAddress;
    for remote in address.all().iter() {
        match open(settings, address, remote, log) {
            Ok(socket) => return Ok(socket),
            Err(error) => {
                log!(log, Debug, "({}) connecting to {remote} failed ({error})", settings.name);
                failure = ConnectError::Refused(*remote, error);
            }
        }
    }
    address.doubt();
    Err(failure)
}

/// Opens a connection to `remote`; the socket is blocking and close-on-exec.
fn open(
    settings: &Ajp13Settings,
    address: &Address,
    remote: &SocketAddr,
    log: Context<'_>,
) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(*remote), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    socket.set_keepalive(settings.socket_keepalive)?;
    if let Some(size) = settings.socket_buffer {
        let size = size.max(settings.max_packet_size);
        socket.set_send_buffer_size(size)?;
        socket.set_recv_buffer_size(size)?;
    }
    if let Some(local) = address.source_for(remote) {
        if let Err(error) = socket.bind(&local.into()) {
            log!(log, Warn, "({}) source {} can't be used ({error}); ignored", settings.name, local.ip());
        }
    }
    socket.connect_timeout(
        &(*remote).into(),
        settings.socket_connect_timeout.unwrap_or(UNTIL_THE_SYSTEM_GIVES_UP),
    )?;
    Ok(socket)
}
