//! Keeps the maps current while the server runs: threads of the children look at the map files, and no request waits
//! for that.
//!
//! However many children and virtual hosts there are, one child [leads](crate::shared::Board) and looks at each file once
//! per interval. The others look at those of which it found something new, and each for itself until that has settled.
//! Of virtual hosts with the same file the first looks, and the others follow it in the same way.
//!
//! The parent follows, too, whenever httpd's parent has a moment: children that it makes later begin with the rules
//! that the others have, and so does the next generation if the file is just being written when the server restarts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::host::{Connector, VirtualHost};
use super::last_good;
use crate::ffi::guard::guard;
use crate::ffi::server::Server;
use crate::log::Logger;
use crate::mapping::{Moment, News, ServerMap, Subject, Watcher};
use crate::shared::{moment, now, Board, EventKind, Reload};
use crate::text::Counted;

/// The maps of all servers whose files have to be looked at, those with the same file one after the other.
pub(super) struct MapWatch {
    maps: Vec<WatchedMap>,
    /// This process led at the last round.
    leads: bool,
    /// How long it leads if it is not heard of.
    lease: Duration,
}

struct WatchedMap {
    /// Of its file, the same in all processes.
    number: usize,
    /// The first of those with its file.
    is_first: bool,
    map: Arc<ServerMap>,
    log: Arc<Logger>,
    connector: Arc<Connector>,
    /// When its file is looked at next by who leads, or by any process if it is pending; `None` if it is not.
    next: Option<Instant>,
}

impl MapWatch {
    /// A pause that is worth waiting for in the parent.
    const GLANCE: Duration = Duration::from_millis(100);

    /// Gathers them; virtual hosts may share one. All are due.
    pub(super) fn of(main: Server<'_>) -> Self {
        let (mut maps, mut numbers, mut known) = (Vec::new(), HashMap::new(), HashSet::new());
        for host in main.and_following().filter_map(VirtualHost::of_server) {
            let Some((map, path)) = host.map.as_ref().and_then(|map| Some((map, map.file_path()?))) else {
                continue;
            };
            let next = numbers.len();
            let number = *numbers.entry(path.to_owned()).or_insert(next);
            if known.insert(Arc::as_ptr(map)) && map.is_watched() {
                maps.push(WatchedMap {
                    number,
                    is_first: false,
                    map: Arc::clone(map),
                    log: Arc::clone(&host.log),
                    connector: Arc::clone(&host.connector),
                    next: Some(Instant::now()),
                });
            }
        }
        // The first is the one that looks most often.
        maps.sort_by_key(|map| (map.number, map.map.reload_interval().unwrap_or(Duration::MAX)));
        let mut before = None;
        for map in &mut maps {
            map.is_first = before.replace(map.number) != Some(map.number);
        }
        let interval = maps.iter().filter_map(|map| map.map.reload_interval()).min().unwrap_or_default();
        Self { maps, leads: false, lease: interval.min(RENEWAL) + LATENESS }
    }

    /// Looks at the files that are due in `process`; returns how long until there is something to do, `None` if never.
    pub(super) fn round(&mut self, process: u32, board: &Board) -> Option<Duration> {
        let led = board.lead(process, moment() as u32, self.lease);
        let begins = led.is_ok() && !self.leads;
        self.leads = led.is_ok();
        let now = Moment::now();
        for map in &mut self.maps {
            let is_due = map.next.is_some_and(|next| now.has_reached(next));
            let is_taken_on = begins && map.is_first && map.next.is_some();
            if is_taken_on || is_due && map.has_to_look(self.leads) || map.has_news(board) {
                map.look(now);
            }
            if self.leads && map.is_first {
                board.publish(map.number, map.map.found());
            }
        }
        let mine = self.maps.iter().filter(|map| map.has_to_look(self.leads));
        let next = mine.filter_map(|map| map.next).min();
        let next = next.map(|next| next.saturating_duration_since(Instant::now()));
        let is_over = self.maps.iter().all(|map| map.next.is_none());
        let renewal = led.err().unwrap_or(self.lease - LATENESS);
        (!is_over).then(|| next.map_or(renewal, |next| next.min(renewal)))
    }
}

impl WatchedMap {
    /// Tells whether its file is up to this process: to who leads it is, and to all while it is pending.
    fn has_to_look(&self, leads: bool) -> bool {
        leads && self.is_first || self.map.is_pending()
    }

    /// Tells whether the leader found what this process has not.
    fn has_news(&self, board: &Board) -> bool {
        self.next.is_some() && board.found(self.number).is_some_and(|found| found != self.map.found())
    }

    /// Returns the text that was put in force, if there was a new one. A look that fails ends nothing but itself.
    fn look(&mut self, now: Moment) -> Option<Vec<u8>> {
        self.next = Some(Instant::now() + AFTER_PANIC);
        guard("map file", None, || self.look_unguarded(now))
    }

    fn look_unguarded(&mut self, now: Moment) -> Option<Vec<u8>> {
        let connector = &self.connector;
        let validate = |rules: &[_], report: &mut _| connector.check_rules(rules, report);
        let is_first = |subject, news| {
            connector.board.is_first_to_tell(self.number, usize::from(subject == Subject::Access), news)
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

/// Longest time between two signs of life of who leads.
const RENEWAL: Duration = Duration::from_secs(60);

/// By how much it may be late.
const LATENESS: Duration = Duration::from_secs(1);

/// Looks at the map files in the parent, at those of which children know more or of which nobody looks, and remembers what
/// is in force for the next generation.
pub(crate) fn watch_in_parent(main: Server<'_>) {
    let mut taken = Vec::new();
    let MapWatch { maps, lease, .. } = MapWatch::of(main);
    for mut watched in maps {
        let board = &watched.connector.board;
        let is_led = board.is_led(moment() as u32, lease) && board.found(watched.number).is_some();
        if is_led && !watched.has_news(board) && !watched.map.is_pending() {
            continue;
        }
        let path = watched.map.file_path().map(ToOwned::to_owned);
        taken.extend(path.zip(watched.look_closely()));
    }
    if let Some(process) = main.process_pool().filter(|_| !taken.is_empty()) {
        let mut texts = last_good::load(process).unwrap_or_default();
        taken.iter().for_each(|(path, text)| texts.set_map_file(path, text));
        last_good::store(&texts, process);
    }
}
