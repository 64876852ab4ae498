//! What is done for the pool between requests: closing what is idle too long, and asking the rest for a sign
//! of life.
//!
//! Nothing here holds up a request: connections are taken out of the pool, and pinged or closed outside its
//! lock. What waits for answers is apart from what does not, so that a hung Tomcat does not hold up the care of
//! others. Rules: "connections, sections 5 and 6".

use std::time::Instant;

use super::error::AttemptError;
use super::ping::ping;
use super::Ajp13Worker;
use crate::log;
use crate::log::Context;
use crate::text::Counted;

impl Ajp13Worker {
    /// Tells whether a name waits for the resolver, or idle connections for a ping, and nobody is at it already.
    pub(crate) fn has_questions(&self) -> bool {
        let ping_is_due = self.ping_due().is_some_and(|due| self.pool.has_unproved(due));
        !self.asking.is_locked() && (self.address.needs_resolver() || ping_is_due)
    }

    /// Asks the resolver again for a name without addresses, and pings idle connections as configured. May wait
    /// long, so it is done once at a time.
    pub(crate) fn ask(&self, log: Context<'_>) {
        let Some(_asking) = self.asking.try_lock() else { return };
        self.address.refresh(log);
        self.ping_idle(log);
    }

    /// Closes the connections that were idle longer than connection_pool_timeout.
    pub(crate) fn close_expired(&self, log: Context<'_>) {
        let settings = self.settings();
        let timeout = settings.connection_pool_timeout;
        let Some(expiry) = timeout.and_then(|timeout| Instant::now().checked_sub(timeout)) else { return };
        let expired = self.pool.take_expired(expiry, settings.connection_pool_minsize);
        if !expired.is_empty() {
            log!(
                log,
                Debug,
                "({}) {} idle for longer than connection_pool_timeout; closed",
                self.name(),
                Counted(expired.len() as u64, "connection")
            );
        }
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
                log!(log, Debug, "({}) an idle connection was closed by the container; closed", self.name());
                continue;
            }
            match ping(connection, self.settings().ping_timeout) {
                Ok(()) => drop(self.pool.put_back(idle)),
                Err(error) => {
                    let is_silence = error.is_silence();
                    let error = AttemptError::Ping(error);
                    log!(log, Info, "({}) {}; idle connection closed", self.name(), self.tell(&error));
                    if is_silence {
                        return;
                    }
                }
            }
        }
    }
}
