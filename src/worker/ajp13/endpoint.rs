//! Which connection a request gets: a pooled one that passes the checks, or a new one.
//!
//! Rules: "connections, sections 2 and 5" and "decisions, row 26". A container that takes a CPing and stays
//! silent is hung: asking it again over each pooled connection would cost a timeout each, so a new connection
//! decides.

use socket2::Socket;

use super::address::Peer;
use super::connect::connect;
use super::connection::Connection;
use super::error::AttemptError;
use super::ping::ping;
use super::pool::Lease;
use super::trace::Trace;
use super::Ajp13Worker;
use crate::config::settings::Ajp13Settings;
use crate::log;
use crate::log::Context;

impl Ajp13Worker {
    /// Takes the pooled connection used last that is sound, or else opens one. Those that are not get closed.
    pub(super) fn choose(
        &self,
        settings: &Ajp13Settings,
        lease: &Lease<'_, Box<Connection>>,
        log: Context<'_>,
    ) -> Result<Box<Connection>, AttemptError> {
        while let Some(mut connection) = lease.take_idle() {
            if !self.leads_home(&mut connection, log) {
                continue;
            }
            if !connection.is_quiet() {
                log!(
                    log,
                    Debug,
                    [Worker = self.name()],
                    "({}) a pooled connection was closed by the container or is out of step; closed",
                    self.name()
                );
                continue;
            }
            if connection.packet_size() != settings.max_packet_size {
                log!(
                    log,
                    Debug,
                    [Worker = self.name()],
                    "({}) max_packet_size was changed: pooled connection closed",
                    self.name()
                );
                continue;
            }
            connection.wake();
            let Some(timeout) = settings.prepost_ping else { return Ok(connection) };
            match ping(&mut connection, timeout, Trace::new(log, settings)) {
                Ok(()) => return Ok(connection),
                Err(error) => {
                    let is_silence = error.is_silence();
                    let error = AttemptError::Ping(error);
                    log!(
                        log,
                        Info,
                        [Worker = self.name(), Error = error.fault().word()],
                        "({}) {}; pooled connection closed",
                        self.name(),
                        self.tell(&error)
                    );
                    if is_silence {
                        break;
                    }
                }
            }
        }
        self.open(settings, log)
    }

    /// Takes over a socket that is connected.
    pub(super) fn connection(&self, socket: Socket, peer: Peer, max_packet_size: usize) -> Box<Connection> {
        Connection::new(socket, peer, &self.record, max_packet_size, &self.buffers)
    }

    /// Opens a connection, with a CPing if one is configured.
    pub(super) fn open(
        &self,
        settings: &Ajp13Settings,
        log: Context<'_>,
    ) -> Result<Box<Connection>, AttemptError> {
        let (socket, peer) = connect(settings, &self.address, log)?;
        let mut connection = self.connection(socket, peer, settings.max_packet_size);
        if let Some(timeout) = settings.connect_ping.or(settings.prepost_ping) {
            ping(&mut connection, timeout, Trace::new(log, settings))?;
        }
        log!(log, Debug, [Worker = self.name()], "({}) connected", self.name());
        Ok(connection)
    }
}
