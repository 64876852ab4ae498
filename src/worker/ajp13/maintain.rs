//! What is done for the pool between requests: closing what is idle too long or leads to where the Tomcat is no more,
//! and asking the rest for a sign of life.
//!
//! Nothing here holds up a request: connections are taken out of the pool, and pinged or closed outside its
//! lock. What waits for answers is apart from what does not, so that a hung Tomcat does not hold up the care of
//! others. Rules: "connections, sections 5, 6 and 14".

use std::time::Instant;

use super::connection::Connection;
use super::error::AttemptError;
use super::ping::ping;
use super::trace::Trace;
use super::Ajp13Worker;
use crate::log;
use crate::log::Context;
use crate::text::Counted;

impl Ajp13Worker {
    /// Tells whether idle connections wait for a ping, and nobody is at it already.
    pub(crate) fn has_questions(&self) -> bool {
        let ping_is_due = self.ping_due().is_some_and(|due| self.pool.has_unproved(due));
        ping_is_due && !self.asking.is_locked()
    }

    /// Pings idle connections as configured. May wait long, so it is done once at a time.
    pub(crate) fn ask(&self, log: Context<'_>) {
        let Some(_asking) = self.asking.try_lock() else { return };
        self.ping_idle(log);
    }

    /// Closes the connections that were idle longer than connection_pool_timeout, and those to addresses that the host
    /// has no more.
    pub(crate) fn close_expired(&self, log: Context<'_>) {
        self.close_departed(log);
        let settings = self.settings();
        let timeout = settings.connection_pool_timeout;
        let Some(expiry) = timeout.and_then(|timeout| Instant::now().checked_sub(timeout)) else { return };
        let expired = self.pool.take_expired(expiry, settings.connection_pool_minsize);
        if !expired.is_empty() {
            log!(
                log,
                Debug,
                [Worker = self.name()],
                "({}) {} idle for longer than connection_pool_timeout; closed",
                self.name(),
                Counted(expired.len() as u64, "connection")
            );
        }
    }

    /// Closes the idle connections to addresses that the host has no more.
    pub(super) fn close_departed(&self, log: Context<'_>) {
        let departed = self.pool.take_if(|connection| !self.address.is_home_of(&mut connection.peer));
        if !departed.is_empty() {
            let (name, count) = (self.name(), Counted(departed.len() as u64, "idle connection"));
            log!(log, Debug, [Worker = name], "({name}) {count} led to where its host is no more; closed");
        }
    }

    /// Tells whether `connection` leads to an address that the host has.
    pub(super) fn leads_home(&self, connection: &mut Connection, log: Context<'_>) -> bool {
        let is_home = self.address.is_home_of(&mut connection.peer);
        if !is_home {
            log!(
                log,
                Debug,
                [Worker = self.name()],
                "({}) a connection led to where its host is no more; closed",
                self.name()
            );
        }
        is_home
    }

    /// Until when a connection must have given a sign of life to be left alone.
    fn ping_due(&self) -> Option<Instant> {
        Instant::now().checked_sub(self.settings().connection_ping_interval?)
    }

    /// Pings the connections of which nothing was heard for connection_ping_interval. One that meets silence
    /// ends the round: the container is hung, and each further CPing would cost a timeout.
    fn ping_idle(&self, log: Context<'_>) {
        let Some(due) = self.ping_due() else { return };
        while let Some(mut idle) = self.pool.take_unproved(due) {
            let connection = &mut idle.connection;
            if !connection.is_quiet() {
                log!(
                    log,
                    Debug,
                    [Worker = self.name()],
                    "({}) an idle connection was closed by the container; closed",
                    self.name()
                );
                continue;
            }
            let settings = self.settings();
            match ping(connection, settings.ping_timeout, Trace::new(log, &settings)) {
                Ok(()) => {
                    idle.connection.rest();
                    drop(self.pool.put_back(idle));
                }
                Err(error) => {
                    let is_silence = error.is_silence();
                    let error = AttemptError::Ping(error);
                    log!(
                        log,
                        Info,
                        [Worker = self.name(), Error = error.fault().word()],
                        "({}) {}; idle connection closed",
                        self.name(),
                        self.tell(&error)
                    );
                    if is_silence {
                        return;
                    }
                }
            }
        }
    }
}
