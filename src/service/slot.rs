//! What this module keeps for a server while one configuration is in force.

use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::host::{Connector, VirtualHost};
use super::plan::Plan;
use crate::config::directives::ServerSettings;
use crate::ffi::server::Server;

/// The record of one server: what its directives said, and what was built from that.
#[derive(Default)]
pub struct ServerSlot {
    /// What the directives said. Changed only while httpd reads its configuration.
    pub settings: Mutex<ServerSettings>,
    /// What requests use; set in post_config.
    pub(super) host: OnceLock<VirtualHost>,
    /// In the main server: what all servers share; set in post_config.
    pub(super) connector: OnceLock<Arc<Connector>>,
    /// In the main server: the checked configuration, from check_config to post_config.
    pub(super) plan: Mutex<Option<Plan>>,
}

impl ServerSlot {
    /// The record of `server`; that of the main server if it has no directives of its own.
    pub fn of(server: Server<'_>) -> Option<&Self> {
        server.kept()
    }

    /// The record of a virtual host that has directives of its own; `base` is that of the main server.
    pub fn inherit(&self, base: &Self) -> Self {
        let settings = self.settings.lock().inherit(&base.settings.lock());
        Self { settings: Mutex::new(settings), ..Self::default() }
    }
}
