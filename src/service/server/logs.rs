//! Opens the logs of all servers in the parent; children inherit them.
//!
//! A restart goes on with the logs of the last generation where it can't open its own. "decisions, row 30".

use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::resources::program_obstacle;
use crate::config::directives::{LogTarget, ServerSettings};
use crate::ffi::descriptors;
use crate::ffi::error_log::{self, ServerLog};
use crate::ffi::log_pipe::open_piped_log;
use crate::ffi::memory::ProcessPool;
use crate::ffi::pool::Pool;
use crate::ffi::server::{server_root_relative, Server};
use crate::log;
use crate::log::{Alarm, Context, Format, Level, Logger, OtherLog, Sink, StampFormat};
use crate::plan::HostPlan;
use crate::rights;
use crate::rights::Wish;
use crate::text::Reason;

/// Directory of JkLogFile and JkShmFile when they are not configured: httpd's own for logs.
pub(super) const LOG_DIRECTORY: &str = env!("JK_LOG_DIRECTORY");

/// Log files and programs of one configuration: servers that name the same one share it.
pub(super) struct Logs<'p> {
    pool: Pool<'p>,
    /// In the order of the servers that asked first.
    open: Vec<(LogTarget, Sink)>,
    /// Files that the last generation had open; `None` at a start.
    last: Option<Vec<(String, OwnedFd)>>,
    /// What servers without JkLogFile use, once one has asked.
    default: Option<LogTarget>,
    alarm: Arc<Alarm>,
}

/// Where log lines go, by the name that the administrator knows.
pub(super) type NamedSink = (String, Sink);

impl<'p> Logs<'p> {
    /// None are open yet; programs live as long as `pool`.
    pub(super) fn at_start(pool: Pool<'p>) -> Self {
        Self { pool, open: Vec::new(), last: None, default: None, alarm: Arc::default() }
    }

    /// As [`Logs::at_start`], with the files of the last generation of `process` to go on with.
    pub(super) fn at_restart(pool: Pool<'p>, process: ProcessPool<'_>) -> Self {
        Self { last: Some(descriptors::held(process)), ..Self::at_start(pool) }
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
    /// A complaint that names the file or program that can't be opened, at a start.
    fn open(&mut self, server: Server<'_>, settings: &ServerSettings) -> Result<Arc<Logger>, String> {
        let target = match &settings.log_file {
            Some((target, _)) => target.clone(),
            None => self.default_target(server)?,
        };
        let stamp = settings.log_stamp.as_deref().map(StampFormat::new).unwrap_or_default();
        let level = settings.log_level.unwrap_or_default();
        let format = match target {
            // What httpd's lines look like is up to its ErrorLogFormat.
            LogTarget::ErrorLog => Format::Text,
            _ => settings.log_format.unwrap_or_default(),
        };
        let log = |sink: &Sink| {
            let log = Logger::new(level, stamp.clone(), sink.clone());
            Arc::new(log.in_format(format, server.label()).with_alarm(&self.alarm))
        };
        if let Some((_, sink)) = self.open.iter().find(|(open, _)| *open == target) {
            return Ok(log(sink));
        }
        if target == LogTarget::ErrorLog {
            return Ok(log(&Sink::Other(Arc::new(ServerLog::of(server)))));
        }
        let sink = match (self.open_sink(server, &target), &self.last) {
            (Ok(sink), _) => sink,
            (Err(complaint), None) => return Err(complaint),
            (Err(complaint), Some(last)) => {
                let sink = last_sink(&target, last);
                tell_both(
                    Some(server),
                    log(&sink).with_id("POST_CONFIG"),
                    &format!("{complaint}; the log of the last configuration goes on"),
                );
                sink
            }
        };
        let log = log(&sink);
        self.open.push((target, sink));
        Ok(log)
    }

    /// Holds the files that are open for the next generation. Programs end with this one.
    pub(super) fn hold(&self, process: ProcessPool<'_>) {
        let files = self.open.iter().filter(|(target, _)| matches!(target, LogTarget::File(_)));
        let named = files.filter_map(|(target, sink)| Some((target.to_string(), sink.file()?)));
        descriptors::hold(process, named);
    }

    /// Wakes who tells how often lines were repeated.
    pub(super) fn alarm(&self) -> Arc<Alarm> {
        Arc::clone(&self.alarm)
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

    fn open_sink(&self, server: Server<'_>, target: &LogTarget) -> Result<Sink, String> {
        match target {
            LogTarget::File(path) => Sink::open(path).map_err(|error| {
                format!("{target}: can't open it for appending: {}", rights::reason(&error, path, Wish::Log))
            }),
            LogTarget::Program(program) => {
                let pipe =
                    open_piped_log(self.pool, program).map_err(|why| match program_obstacle(program) {
                        Some(obstacle) => format!("{why}: {obstacle}"),
                        None => why,
                    })?;
                Sink::adopt(pipe).map_err(|error| format!("{target}: {}", Reason(&error)))
            }
            LogTarget::Syslog(facility, tag) => {
                let (sink, missing) = Sink::syslog(*facility, tag)
                    .map_err(|error| format!("{target}: can't make a socket: {}", Reason(&error)))?;
                if let Some(error) = missing {
                    let text = format!(
                        "mod_jk: {target}: nobody listens at /dev/log ({}), lines are lost until somebody does",
                        Reason(&error)
                    );
                    error_log::write(error_log::Level::Warning, Some(server), &text);
                }
                Ok(sink)
            }
            LogTarget::ErrorLog => Ok(Sink::Other(Arc::new(ServerLog::of(server)))),
        }
    }
}

/// httpd's error log writes what LogLevel lets pass.
impl OtherLog for ServerLog {
    fn write(&self, level: Level, line: &[u8]) {
        let level = match level {
            Level::Emerg => error_log::Level::Critical,
            Level::Error => error_log::Level::Error,
            Level::Warn => error_log::Level::Warning,
            Level::Info => error_log::Level::Info,
            Level::Debug => error_log::Level::Debug,
            Level::Trace => error_log::Level::Trace,
        };
        self.write(level, line);
    }
}

/// What the last generation wrote to `target`, or else its first log, the main server's.
fn last_sink(target: &LogTarget, last: &[(String, OwnedFd)]) -> Sink {
    let name = target.to_string();
    let file = last.iter().find(|(known, _)| *known == name).or(last.first());
    let file = file.and_then(|(_, file)| file.try_clone().ok());
    file.and_then(|file| Sink::adopt(file).ok()).unwrap_or(Sink::Discard)
}

/// Says at error level, in httpd's log and in this module's, what operators look for in both; once, if they are one.
/// Without a server, httpd's is that of the main server.
pub(super) fn tell_both(server: Option<Server<'_>>, log: Context<'_>, text: &str) {
    error_log::write(error_log::Level::Error, server, &format!("mod_jk: {text}"));
    if !log.is_shared() {
        log!(log, Error, "{text}");
    }
}
