//! Keeps the maps current while the server runs: a thread in each child looks at the map files, and no request waits
//! for that.
//!
//! The parent looks, too, whenever httpd's parent has a moment: children that it makes later begin with the rules
//! that the others have, and so does the next generation if the file is just being written when the server restarts.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::host::{Connector, VirtualHost};
use super::last_good;
use crate::ffi::guard::guard;
use crate::ffi::server::Server;
use crate::log::Logger;
use crate::mapping::{Moment, News, ServerMap, Subject, Watcher};
use crate::shared::{now, EventKind, Reload};
use crate::text::Counted;

/// The maps of all servers whose files have to be looked at.
pub(super) struct MapWatch(Vec<WatchedMap>);

struct WatchedMap {
    /// Of its first server, the same in all processes.
    number: usize,
    map: Arc<ServerMap>,
    log: Arc<Logger>,
    connector: Arc<Connector>,
    /// When its file is looked at next; `None` if it is not.
    next: Option<Instant>,
}

impl MapWatch {
    /// A pause that is worth waiting for in the parent.
    const GLANCE: Duration = Duration::from_millis(100);

    /// Gathers them; virtual hosts may share one. All are due.
    pub(super) fn of(main: Server<'_>) -> Self {
        let mut maps: Vec<WatchedMap> = Vec::new();
        for (number, host) in main.and_following().filter_map(VirtualHost::of_server).enumerate() {
            let Some(map) = host.map.as_ref().filter(|map| map.watched_path().is_some()) else { continue };
            if !maps.iter().any(|known| Arc::ptr_eq(&known.map, map)) {
                maps.push(WatchedMap {
                    number,
                    map: Arc::clone(map),
                    log: Arc::clone(&host.log),
                    connector: Arc::clone(&host.connector),
                    next: Some(Instant::now()),
                });
            }
        }
        Self(maps)
    }

    /// Looks at the files that are due; returns how long until the next is, `None` if none will be.
    pub(super) fn look(&mut self) -> Option<Duration> {
        let now = Moment::now();
        for map in self.0.iter_mut().filter(|map| map.next.is_some_and(|next| now.has_reached(next))) {
            map.look(now);
        }
        let next = self.0.iter().filter_map(|map| map.next).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }
}

impl WatchedMap {
    /// Returns the text that was put in force, if there was a new one. A look that fails ends nothing but itself.
    fn look(&mut self, now: Moment) -> Option<Vec<u8>> {
        self.next = Some(Instant::now() + AFTER_PANIC);
        guard("map file", None, || self.look_unguarded(now))
    }

    fn look_unguarded(&mut self, now: Moment) -> Option<Vec<u8>> {
        let connector = &self.connector;
        let validate = |rules: &[_], report: &mut _| connector.check_rules(rules, report);
        let is_first = |subject, news| {
            let number = 2 * self.number + usize::from(subject == Subject::Access);
            connector.shared.is_first_to_tell(number, news)
        };
        let log = self.log.with_id("WATCHDOG");
        let look = self.map.look(now, &Watcher { validate: &validate, is_first: &is_first, log });
        self.next = look.next.map(|pause| Instant::now() + pause);
        look.news.into_iter().for_each(|news| self.note(&news));
        look.taken
    }

    /// Has the status page tell what became of the file.
    fn note(&self, news: &News) {
        let history = self.connector.shared.history();
        let (reload, text) = match news {
            News::Taken(rules) => (Reload::MapTaken, format!("taken: {}", Counted(*rules as u64, "rule"))),
            News::Refused(text) => (Reload::MapRefused, text.clone()),
        };
        history.count_reload(reload);
        history.note(now(), EventKind::Reload, self.map.file_name().unwrap_or_default(), &text);
    }

    /// Looks until there is nothing to find in the next moment, or there were enough looks.
    fn look_closely(&mut self) -> Option<Vec<u8>> {
        for _ in 0..MAX_LOOKS {
            let taken = self.look(Moment::now());
            match self.next.map(|next| next.saturating_duration_since(Instant::now())) {
                Some(pause) if taken.is_none() && pause <= MapWatch::GLANCE => sleep(pause),
                _ => return taken,
            }
        }
        None
    }
}

/// Most looks in a row at a file that never settles, in the parent.
const MAX_LOOKS: usize = 20;

/// How long a map is left alone whose look has failed.
const AFTER_PANIC: Duration = Duration::from_secs(60);

/// Looks at the map files in the parent, and remembers what is in force for the next generation.
pub(crate) fn watch_in_parent(main: Server<'_>) {
    let mut taken = Vec::new();
    for mut watched in MapWatch::of(main).0 {
        let path = watched.map.watched_path().map(ToOwned::to_owned);
        taken.extend(path.zip(watched.look_closely()));
    }
    if let Some(process) = main.process_pool().filter(|_| !taken.is_empty()) {
        let mut texts = last_good::load(process).unwrap_or_default();
        taken.iter().for_each(|(path, text)| texts.set_map_file(path, text));
        last_good::store(&texts, process);
    }
}
