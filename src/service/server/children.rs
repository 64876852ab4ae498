//! Child processes: their slot in shared memory, and the threads that look after workers and maps.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::host::{Connector, VirtualHost};
use super::logs::tell_both;
use super::map_watch::MapWatch;
use crate::ffi::error_log;
use crate::ffi::guard::guard;
use crate::ffi::pool::Pool;
use crate::ffi::process::{pin_shared_object, release_free_memory, spawn_without_signals};
use crate::ffi::server::Server;
use crate::log;
use crate::log::Context;
use crate::rights;
use crate::rights::Wish;
use crate::text::Reason;
use crate::worker::errands::Errands;
use crate::worker::resolver::{system_lookup, Resolver};

/// Pause after a round over hosts or members that panicked.
const FAILED_ROUND_PAUSE: Duration = Duration::from_secs(10);

/// Makes a child ready: claims its slot and starts its threads.
pub(crate) fn child_init(pool: Pool<'_>, main: Server<'_>) {
    let Some(connector) = VirtualHost::of_server(main).map(|host| &host.connector) else { return };
    pin_shared_object();
    let log = connector.log.with_id("CHILD_INIT");
    let process = std::process::id();
    if let Err(error) = connector.shared.attach_child(process) {
        log!(log, Error, "shared memory: {error}: the counts of process {process} are not seen by others");
    }
    if connector.shared.child_begins() {
        tell_unreadable_maps(main, log);
    }
    let stop = Arc::new(Stop::default());
    start_maintenance(connector, &stop);
    start_prober(connector, &stop);
    keep_hosts_current(connector, &stop);
    keep_maps_current(main, connector, &stop);
    count_repeated_lines(connector);
    let (shared, bell) = (Arc::clone(&connector.shared), Arc::clone(connector.workers.bell()));
    let board = Arc::clone(&connector.board);
    let (alarm, logs) = (Arc::clone(&connector.alarm), connector.logs.clone());
    // Runs while the child exits, in prefork from a signal handler: atomics and no waiting.
    pool.at_cleanup(move || {
        stop.set();
        bell.ring();
        board.leave(process);
        alarm.stop();
        logs.iter().for_each(|log| log.end_counting());
        shared.detach_child(process);
    });
}

/// The parent reads map files with other rights than the children, who follow their changes: what they can't read is
/// told right away, not when a change stays without effect.
fn tell_unreadable_maps(main: Server<'_>, log: Context<'_>) {
    let maps = main.and_following().filter_map(|server| VirtualHost::of_server(server)?.map.as_ref());
    let paths: BTreeSet<&Path> =
        maps.filter(|map| map.is_watched()).filter_map(|map| map.file_path()).collect();
    for path in paths {
        let Err(error) = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path) else {
            continue;
        };
        let (file, reason, uid) = (path.display(), Reason(&error), rustix::process::geteuid().as_raw());
        let refusal = rights::of_path(&error, path, Wish::Configuration);
        let refusal = refusal.map_or(String::new(), |refusal| format!("; {refusal}"));
        let text = format!(
            "map file {file} can't be read: {reason}; its changes stay without effect until it, and its directories, \
             are open to the children's user (uid {uid}){refusal}"
        );
        tell_both(None, log, &text);
    }
}

/// The parent heard that a child ended, however it did: what it held in shared memory is given back.
pub(crate) fn child_ended(main: Server<'_>, process: u32) {
    if let Some(host) = VirtualHost::of_server(main) {
        host.connector.shared.release_child(process);
        host.connector.board.leave(process);
    }
}

/// Tells the threads to end.
#[derive(Default)]
struct Stop {
    requested: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Never waits: the thread holds the lock only for moments, and a missed request ends with the process.
    fn set(&self) {
        if let Some(mut requested) = self.requested.try_lock() {
            *requested = true;
        }
        self.changed.notify_all();
    }

    /// Tells whether the thread has to end.
    fn is_set(&self) -> bool {
        *self.requested.lock()
    }

    /// Sleeps for `time`; true if the thread has to end.
    fn wait(&self, time: Duration) -> bool {
        let mut requested = self.requested.lock();
        self.changed.wait_while_for(&mut requested, |requested| !*requested, time);
        *requested
    }
}

/// Maintenance has a thread of its own, so that no user's request pays for it.
fn start_maintenance(connector: &Arc<Connector>, stop: &Arc<Stop>) {
    let Some(interval) = connector.settings.maintain else { return };
    let (maintained, stop) = (Arc::clone(connector), Arc::clone(stop));
    let started = spawn_without_signals("jk-maintain", move || {
        std::thread::scope(|scope| {
            let (errands, log) = (Errands::new(scope), maintained.log.with_id("WATCHDOG"));
            while !stop.wait(interval) {
                // A round that fails is not the last.
                guard("maintenance", (), || {
                    maintained.tell_lost_lines();
                    maintained.workers.maintain(interval, &errands, log);
                    if maintained.workers.trim_buffers() {
                        release_free_memory();
                    }
                });
            }
        });
    });
    if let Err(error) = started {
        let log = connector.log.with_id("CHILD_INIT");
        log!(log, Error, "no maintenance in process {}: {}", std::process::id(), Reason(&error));
    }
}

/// So has the resolver, and requests never wait for it. What it told other children is there before the first request.
fn keep_hosts_current(connector: &Arc<Connector>, stop: &Arc<Stop>) {
    let log = connector.log.with_id("CHILD_INIT");
    connector.workers.hear_of_hosts(log);
    let (kept, stop) = (Arc::clone(connector), Arc::clone(stop));
    let started = spawn_without_signals("jk-hosts", move || {
        let listener = kept.workers.bell().listen();
        std::thread::scope(|scope| {
            let resolver = Resolver::new(scope, &kept.workers, system_lookup);
            let log = kept.log.with_id("RESOLVER");
            while !stop.is_set() {
                // A round that fails is not the last.
                let pause = guard("resolver", FAILED_ROUND_PAUSE, || resolver.round(log));
                listener.sleep(pause);
            }
        });
    });
    if let Err(error) = started {
        log!(
            log,
            Error,
            "host names are not asked for in process {}: {}",
            std::process::id(),
            Reason(&error)
        );
    }
}

/// Members in error, and those that drain, have a thread of their own, too, whether or not there is maintenance: one
/// process looks after them for all, and the others look from time to time whether it still does.
fn start_prober(connector: &Arc<Connector>, stop: &Arc<Stop>) {
    let process = std::process::id();
    if connector.workers.prober(process).is_none() {
        return;
    }
    let (connected, stop) = (Arc::clone(connector), Arc::clone(stop));
    let started = spawn_without_signals("jk-probe", move || {
        let log = connected.log.with_id("WATCHDOG");
        let probe = || {
            let mut prober = connected.workers.prober(process)?;
            while !stop.wait(prober.round(log)) {}
            None
        };
        // One that fails is followed by another.
        while guard("probing", Some(FAILED_ROUND_PAUSE), probe).is_some_and(|pause| !stop.wait(pause)) {}
    });
    if let Err(error) = started {
        let (log, reason) = (connector.log.with_id("CHILD_INIT"), Reason(&error));
        log!(
            log,
            Error,
            "process {process} does not look after members in error or drained ones: {reason}; it is up to the others"
        );
    }
}

/// So have the map files, though of all processes one alone looks at them. What there is to know of them comes before the first request.
fn keep_maps_current(main: Server<'_>, connector: &Connector, stop: &Arc<Stop>) {
    let (process, mut maps) = (std::process::id(), MapWatch::of(main));
    let (stop, board) = (Arc::clone(stop), Arc::clone(&connector.board));
    let mut changes = board.changes();
    let Some(mut pause) = maps.round(process, &board) else { return };
    let started = spawn_without_signals("jk-maps", move || loop {
        board.wait(changes, pause);
        if stop.is_set() {
            return;
        }
        changes = board.changes();
        let Some(next) = maps.round(process, &board) else { return };
        pause = next;
    });
    if let Err(error) = started {
        let log = connector.log.with_id("CHILD_INIT");
        log!(log, Error, "map files stay as they are in process {process}: {}", Reason(&error));
        connector.board.leave(process);
    }
}

/// Repeated lines are counted where a thread tells the counts in time; it sleeps while nothing is repeated.
fn count_repeated_lines(connector: &Arc<Connector>) {
    let counted = Arc::clone(connector);
    let started = spawn_without_signals("jk-log", move || {
        let tell = || counted.logs.iter().filter_map(|log| log.tell_counts()).min();
        counted.alarm.listen(|| guard("counts of log lines", Some(FAILED_ROUND_PAUSE), tell));
    });
    let log = connector.log.with_id("CHILD_INIT");
    match started {
        Ok(_) => connector.logs.iter().for_each(|log| log.begin_counting()),
        Err(error) => {
            log!(
                log,
                Warn,
                "repeated lines are not counted in process {}: {}",
                std::process::id(),
                Reason(&error)
            );
        }
    }
}

impl Connector {
    /// A log that takes no lines can't say so: httpd's does.
    fn tell_lost_lines(&self) {
        for (name, sink) in &self.sinks {
            if let Some(lost) = sink.news_of_loss() {
                let text = format!(
                    "mod_jk: {name} takes no more lines, this process has lost {lost} by now: is the disk full, or \
                     does nobody read the other end?"
                );
                error_log::write(error_log::Level::Error, None, &text);
            }
        }
    }
}
