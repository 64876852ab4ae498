//! Opens the logs of all servers in the parent; children inherit them.

use std::collections::HashMap;
use std::sync::Arc;

use super::plan::HostPlan;
use crate::config::directives::{LogTarget, ServerSettings};
use crate::ffi::error_log;
use crate::ffi::log_pipe::open_piped_log;
use crate::ffi::pool::Pool;
use crate::ffi::server::{server_root_relative, Server};
use crate::log::{Logger, Sink, StampFormat};
use crate::text::Reason;

/// Directory of JkLogFile and JkShmFile when they are not configured: httpd's own for logs.
pub(super) const LOG_DIRECTORY: &str = env!("JK_LOG_DIRECTORY");

/// Log files and programs of one configuration: servers that name the same one share it.
pub(super) struct Logs<'p> {
    pool: Pool<'p>,
    open: HashMap<LogTarget, Sink>,
    /// What servers without JkLogFile use, once one has asked.
    default: Option<LogTarget>,
}

/// Where log lines go, by the name that the administrator knows.
pub(super) type NamedSink = (String, Sink);

impl<'p> Logs<'p> {
    /// None are open yet; programs live as long as `pool`.
    pub(super) fn new(pool: Pool<'p>) -> Self {
        Self { pool, open: HashMap::new(), default: None }
    }

    /// The logs of `main` and the servers that follow it, in order.
    ///
    /// # Errors
    /// The first complaint of [`Logs::open`].
    pub(super) fn open_all(
        &mut self,
        main: Server<'_>,
        hosts: &[HostPlan],
    ) -> Result<Vec<Arc<Logger>>, String> {
        main.and_following().zip(hosts).map(|(server, host)| self.open(server, &host.settings)).collect()
    }

    /// The log of `server`.
    ///
    /// # Errors
    /// A complaint that names the file or program that can't be opened.
    fn open(&mut self, server: Server<'_>, settings: &ServerSettings) -> Result<Arc<Logger>, String> {
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

    /// Everything that is open.
    pub(super) fn into_sinks(self) -> Vec<NamedSink> {
        self.open.into_iter().map(|(target, sink)| (target.to_string(), sink)).collect()
    }

    /// Complained about once, however many servers use it.
    fn default_target(&mut self, server: Server<'_>) -> Result<LogTarget, String> {
        if let Some(known) = &self.default {
            return Ok(known.clone());
        }
        let name = format!("{LOG_DIRECTORY}/mod_jk.log");
        let path =
            server_root_relative(self.pool, name.as_bytes()).ok_or_else(|| format!("invalid path {name}"))?;
        let text = format!("No JkLogFile defined in httpd.conf. Using default {}", path.display());
        error_log::write(error_log::Level::Warning, Some(server), &text);
        Ok(self.default.insert(LogTarget::File(path)).clone())
    }

    fn open_sink(&self, target: &LogTarget) -> Result<Sink, String> {
        match target {
            LogTarget::File(path) => Sink::open(path)
                .map_err(|error| format!("{target}: can't open it for appending: {}", Reason(&error))),
            LogTarget::Program(program) => {
                let pipe = open_piped_log(self.pool, program)?;
                Sink::pipe(pipe).map_err(|error| format!("{target}: {}", Reason(&error)))
            }
        }
    }
}
