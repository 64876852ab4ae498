//! What is done for the pool between requests: closing what is idle too long, and asking the rest for a sign
//! of life.
//!
//! Nothing here holds up a request: connections are taken out of the pool, and pinged or closed outside its
//! lock. Rules: "connections, sections 5 and 6".

use std::time::Instant;

use super::ping::ping;
use super::Ajp13Worker;
use crate::log;
use crate::log::Context;

impl Ajp13Worker {
    /// Closes and pings idle connections as configured, and asks the resolver again for a name without
    /// addresses.
    pub fn maintain(&self, log: Context<'_>) {
        self.address.refresh(log);
        self.close_expired(log);
        self.ping_idle(log);
    }

    fn close_expired(&self, log: Context<'_>) {
        let timeout = self.settings.connection_pool_timeout;
        let Some(expiry) = timeout.and_then(|timeout| Instant::now().checked_sub(timeout)) else { return };
        let expired = self.pool.take_expired(expiry, self.settings.connection_pool_minsize);
        if !expired.is_empty() {
            log!(
                log,
                Debug,
                "({}) {} connections were idle too long (connection_pool_timeout); closed",
                self.name(),
                expired.len()
            );
        }
    }

    /// Pings the connections of which nothing was heard for connection_ping_interval. One that meets silence
    /// ends the round: the container is hung, and each further CPing would cost a timeout.
    fn ping_idle(&self, log: Context<'_>) {
        let interval = self.settings.connection_ping_interval;
        let Some(due) = interval.and_then(|interval| Instant::now().checked_sub(interval)) else { return };
        while let Some(mut idle) = self.pool.take_unproved(due) {
            let connection = &mut idle.connection;
            if !connection.is_quiet() {
                log!(log, Debug, "({}) an idle connection was closed by the container; closed", self.name());
                continue;
            }
            match ping(connection, self.settings.ping_timeout) {
                Ok(()) => drop(self.pool.put_back(idle)),
                Err(error) => {
                    log!(log, Info, "({}) {error}; idle connection closed", self.name());
                    if error.is_silence() {
                        return;
                    }
                }
            }
        }
    }
}
