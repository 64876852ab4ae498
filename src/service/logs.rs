//! Opens the logs of all servers in the parent; children inherit them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::directives::{LogTarget, ServerSettings};
use crate::ffi::error_log;
use crate::ffi::log_pipe::open_piped_log;
use crate::ffi::pool::Pool;
use crate::ffi::server::{server_root_relative, Server};
use crate::log::{Logger, Sink, StampFormat};

/// Directory of JkLogFile and JkShmFile when they are not configured: httpd's own for logs.
pub(super) const LOG_DIRECTORY: &str = env!("JK_LOG_DIRECTORY");

/// Log files and programs of one configuration: servers that name the same one share it.
pub(super) struct Logs<'p> {
    pool: Pool<'p>,
    open: HashMap<LogTarget, Sink>,
}

impl<'p> Logs<'p> {
    /// None are open yet; programs live as long as `pool`.
    pub(super) fn new(pool: Pool<'p>) -> Self {
        Self { pool, open: HashMap::new() }
    }

    /// The log of `server`.
    ///
    /// # Errors
    /// A complaint that names the file or program that can't be opened.
    pub(super) fn open(
        &mut self,
        server: Server<'_>,
        settings: &ServerSettings,
    ) -> Result<Arc<Logger>, String> {
        let target = match &settings.log_file {
            Some(target) => target.clone(),
            None => self.default_target(server)?,
        };
        let sink = match self.open.get(&target) {
            Some(sink) => sink.clone(),
            None => self.open_sink(&target)?,
        };
        self.open.insert(target, sink.clone());
        let stamp = settings.log_stamp.as_deref().map(StampFormat::new).unwrap_or_default();
        Ok(Arc::new(Logger::new(settings.log_level.unwrap_or_default(), stamp, sink)))
    }

    fn default_target(&self, server: Server<'_>) -> Result<LogTarget, String> {
        let name = format!("{LOG_DIRECTORY}/mod_jk.log");
        let path =
            server_root_relative(self.pool, name.as_bytes()).ok_or_else(|| format!("invalid path {name}"))?;
        let text = format!("No JkLogFile defined in httpd.conf. Using default {}", path.display());
        error_log::write(error_log::Level::Warning, Some(server), &text);
        Ok(LogTarget::File(path))
    }

    fn open_sink(&self, target: &LogTarget) -> Result<Sink, String> {
        match target {
            LogTarget::File(path) => Sink::open(path).map_err(|error| {
                format!("JkLogFile {}: can't open it for appending: {error}", path.display())
            }),
            LogTarget::Program(program) => {
                let pipe = open_piped_log(self.pool, program)?;
                Sink::pipe(pipe)
                    .map_err(|error| format!("JkLogFile |{}: {error}", String::from_utf8_lossy(program)))
            }
        }
    }
}
