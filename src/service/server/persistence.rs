//! JkPersist: the state of workers outlives restarts, and with JkStateFile the server. "decisions, row 13".
//!
//! The parent captures it when a configuration goes, and restores it into the memory of the next one before that has
//! workers or children. At a graceful restart children of the old configuration finish their requests while the new one
//! is read: what they count after the capture is lost, and changes are refused by them. When the server stops, and at
//! restarts that are not graceful, children have ended before.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::host::{Connector, VirtualHost};
use super::logs::tell_both;
use super::state_file::{Found, StateFile};
use crate::config::directives::{GlobalSettings, Persist};
use crate::config::settings::WorkersSettings;
use crate::ffi::memory::{Key, ProcessPool};
use crate::ffi::pool::Pool;
use crate::ffi::server::{Phase, Server};
use crate::log;
use crate::log::{Context, Logger};
use crate::shared::{now, Shared};
use crate::text::{Counted, Reason};
use crate::worker::persist::SavedState;

/// What was captured, until it is restored; empty afterwards. The text has a version of its own.
const KEY: Key = Key::new(c"mod_jk:state:1");

/// Whether and where the state of one configuration's workers is kept.
pub(crate) struct Persistence {
    persist: Persist,
    file: Option<StateFile>,
    saved: Mutex<Saved>,
}

/// How the file was saved last.
#[derive(Default)]
struct Saved {
    /// The changes of settings that are in it.
    changes: Option<u64>,
    /// Why it could not be saved.
    trouble: Option<String>,
}

/// JkStateFile, or its default beside `shm_file`.
pub(super) fn state_file(global: &GlobalSettings, shm_file: &Path) -> PathBuf {
    let default = || {
        let mut name = shm_file.as_os_str().to_owned();
        name.push(".state");
        name.into()
    };
    global.state_file.as_ref().map_or_else(default, |(path, _)| path.clone())
}

/// What a start says, and does, about a file that it can't take.
pub(super) fn consequence(found: &Found) -> Option<String> {
    match found {
        Found::Nothing | Found::State(..) => None,
        Found::Broken(reason) => Some(format!(
            "{reason}; a start moves it aside, and begins without what was changed, counted and known of members"
        )),
        Found::Other(reason) => Some(format!(
            "{reason}; it is left alone, and nothing outlives the server until it is gone, or JkStateFile names \
             another file"
        )),
    }
}

impl Persistence {
    /// What the directives say; `shm_file` is JkShmFile.
    pub(super) fn new(global: &GlobalSettings, shm_file: Option<&Path>) -> Self {
        let path = shm_file.filter(|_| global.persist == Persist::On).map(|shm| state_file(global, shm));
        Self { persist: global.persist, file: path.map(StateFile::at), saved: Mutex::default() }
    }

    /// Puts what the last configuration left, or at a start the file, into new memory.
    pub(super) fn restore(
        &self,
        process: ProcessPool<'_>,
        phase: Phase,
        workers: &WorkersSettings,
        shared: &Shared,
        log: &Logger,
    ) {
        let log = log.with_id("POST_CONFIG");
        let state = match (self.persist, phase) {
            (Persist::Off, _) => None,
            (_, Phase::Restart) => last_state(process, log),
            _ => self.file.as_ref().and_then(|file| state_on_disk(file, log)),
        };
        if let Some(state) = state {
            state.restore(workers, shared, now(), log);
        }
    }

    /// Writes the state of `connector` to the file, if there is one; returns it as text. Trouble is told once.
    fn save(&self, connector: &Connector, log: Context<'_>) -> String {
        // A change that comes after this is news for the next time.
        let changes = connector.shared.changes();
        let state = SavedState::capture(&connector.settings, &connector.shared, now()).to_text();
        let Some(file) = &self.file else { return state };
        let mut saved = self.saved.lock();
        let trouble = make_room(file, log).and_then(|()| file.replace(&state)).err();
        let path = file.path().display();
        match &trouble {
            Some(reason) if saved.trouble != trouble => {
                let text =
                    format!("JkStateFile {path}: {reason}; what is changed and counted now does not outlive the server");
                tell_both(None, log, &text);
            }
            None if saved.trouble.is_some() => {
                log!(log, Info, [Path = path], "JkStateFile {path} is written again")
            }
            _ => {}
        }
        if trouble.is_none() {
            saved.changes = Some(changes);
        }
        saved.trouble = trouble;
        state
    }

    /// Tells whether settings were changed since the file was written.
    fn has_news(&self, shared: &Shared) -> bool {
        self.file.is_some() && self.saved.lock().changes != Some(shared.changes())
    }
}

/// Has the state of these workers captured when their configuration goes. That of the last one was restored.
pub(super) fn keep(pool: Pool<'_>, process: ProcessPool<'_>, connector: &Arc<Connector>) {
    if connector.persistence.persist != Persist::Off {
        let connector = Arc::clone(connector);
        process.remember_at_restart(pool, KEY, move || {
            connector.shared.retire();
            connector.persistence.save(&connector, connector.log.with_id("CLEANUP")).into_bytes()
        });
    }
    process.remember(KEY, &[]);
}

/// Writes the file in the parent, when settings were changed since it was written.
pub(crate) fn save_in_parent(main: Server<'_>) {
    let Some(connector) = VirtualHost::of_server(main).map(|host| &host.connector) else { return };
    if connector.persistence.has_news(&connector.shared) {
        connector.persistence.save(connector, connector.log.with_id("WATCHDOG"));
    }
}

/// What the last configuration left.
fn last_state(process: ProcessPool<'_>, log: Context<'_>) -> Option<SavedState> {
    let text = process.recall(KEY).filter(|text| !text.is_empty())?;
    match SavedState::parse(&text) {
        Ok((state, complaints)) => {
            complain("state of the last configuration", &complaints, log);
            Some(state)
        }
        Err(unusable) => {
            let text = format!(
                "the state of the last configuration can't be used, {unusable}: what was set at run time is lost, and \
                 counters begin anew"
            );
            tell_both(None, log, &text);
            None
        }
    }
}

/// What a server left that has ended.
fn state_on_disk(file: &StateFile, log: Context<'_>) -> Option<SavedState> {
    let name = format!("JkStateFile {}", file.path().display());
    let found = file.look();
    let consequence = consequence(&found);
    match (found, consequence) {
        (Found::State(state, complaints), _) => {
            let age = now().saturating_sub(state.saved).max(0).unsigned_abs();
            log!(log, Info, "{name}: the state of {} ago goes on", Counted(age, "second"));
            complain(&name, &complaints, log);
            return Some(state);
        }
        (Found::Broken(reason), _) => {
            if let Err(trouble) = set_aside(file, &reason, log) {
                tell_both(None, log, &format!("{name}: {trouble}"));
            }
        }
        (_, Some(text)) => tell_both(None, log, &format!("{name}: {text}")),
        (_, None) => {}
    }
    None
}

/// Sees to it that nothing is in the way of a new file.
fn make_room(file: &StateFile, log: Context<'_>) -> Result<(), String> {
    match file.look() {
        Found::Nothing | Found::State(..) => Ok(()),
        Found::Broken(reason) => set_aside(file, &reason, log),
        Found::Other(reason) => Err(reason),
    }
}

/// Moves a file aside that can't be read, and says so.
fn set_aside(file: &StateFile, reason: &str, log: Context<'_>) -> Result<(), String> {
    let name = file.path().display();
    let aside = file
        .set_aside()
        .map_err(|error| format!("{reason}, and can't be moved aside: {}", Reason(&error)))?;
    let text = format!(
        "JkStateFile {name}: {reason}; it is {} now, and what was changed, counted and known of members in it is not \
         taken",
        aside.display()
    );
    tell_both(None, log, &text);
    Ok(())
}

/// Complains about values of a state that are not taken.
fn complain(name: &str, complaints: &[String], log: Context<'_>) {
    const MOST: usize = 20;
    complaints.iter().take(MOST).for_each(|complaint| log!(log, Warn, "{name}: {complaint}"));
    if let Some(more @ 1..) = complaints.len().checked_sub(MOST) {
        log!(log, Warn, "{name}: {} like these", Counted(more as u64, "more complaint"));
    }
}
