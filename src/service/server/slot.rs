//! What this module keeps for a server while httpd reads its configuration.

use parking_lot::Mutex;

use crate::config::directives::ServerSettings;
use crate::ffi::server::Server;
use crate::plan::Plan;

/// The record of one server until post_config puts a [`VirtualHost`](super::host::VirtualHost) in its place.
#[derive(Default)]
pub(crate) struct ServerSlot {
    /// What the directives said.
    pub settings: Mutex<ServerSettings>,
    /// In the main server: the checked configuration, from check_config to post_config.
    pub(super) plan: Mutex<Option<Plan>>,
}

impl ServerSlot {
    /// The record of `server`; that of the main server if it has no directives of its own.
    pub(crate) fn of(server: Server<'_>) -> Option<&Self> {
        server.kept()
    }

    /// The record of a virtual host that has directives of its own; `base` is that of the main server.
    pub(crate) fn inherit(&self, base: &Self) -> Self {
        let settings = self.settings.lock().inherit(&base.settings.lock());
        Self { settings: Mutex::new(settings), ..Self::default() }
    }
}
