//! What there is to tell, as values: read from shared memory once, whatever the format.

use crate::config::settings::{Ajp13Settings, LbSettings, MemberSettings};
use crate::shared::{AjpSnapshot, Balanced, Event, Figures, Health, LastError, Reload};
use crate::worker::lb::NextProbe;

use super::command::Deed;
use super::latency::Latency;
use super::rating::Rating;

/// The whole.
#[derive(Debug)]
pub(super) struct Overview {
    /// Child processes.
    pub(super) processes: usize,
    /// Those from before a restart, which are not counted there.
    pub(super) earlier_processes: usize,
    /// Files that were read anew, by [`Reload`].
    pub(super) reloads: [u64; Reload::ALL.len()],
    /// What happened last, oldest first.
    pub(super) events: Vec<Event>,
}

/// All workers that a request asks for.
#[derive(Debug, Default)]
pub(super) struct List {
    /// Balancers, unless they are hidden or there are none.
    pub(super) balancers: Option<Vec<Balancer>>,
    /// Workers that stand alone, unless they are hidden or there are none.
    pub(super) workers: Option<Vec<Alone>>,
}

/// One worker.
#[derive(Debug)]
pub(super) enum Shown {
    Balancer(Box<Balancer>),
    Alone(Box<Alone>),
    /// A status worker has nothing to show.
    Status,
}

/// A balancer.
#[derive(Debug)]
pub(super) struct Balancer {
    /// As they are now, without members.
    pub(super) settings: LbSettings,
    /// Those that are shown, with their places in the configuration.
    pub(super) members: Vec<Member>,
    pub(super) member_count: usize,
    pub(super) good: usize,
    pub(super) degraded: usize,
    pub(super) bad: usize,
    pub(super) busy: u32,
    pub(super) max_busy: u32,
    /// Requests by [`Balanced`].
    pub(super) balanced: [u64; Balanced::ALL.len()],
    pub(super) maps: Maps,
    /// Least and most seconds until the next maintenance.
    pub(super) maintenance: (i64, i64),
    pub(super) reset: Reset,
    /// The highest load of its members, shown or not, and the sum of all.
    pub(super) highest_load: u64,
    pub(super) total_load: u64,
}

/// A member of a balancer.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) settings: MemberSettings,
    pub(super) tomcat: Tomcat,
    pub(super) health: Health,
    pub(super) multiplier: u64,
    pub(super) load: u64,
    pub(super) sessions: u64,
    pub(super) errors: u64,
    pub(super) rating: Rating,
    /// Least and most seconds until it is tried again.
    pub(super) recovery: (i64, i64),
    /// When it is asked by CPing; `None` if nobody doubts it, or nobody asks (`recover_probe=off`).
    pub(super) probe: Option<NextProbe>,
    /// Requests of its sessions in the last minute.
    pub(super) session_requests: u32,
    /// That it is not active.
    pub(super) draining: Option<Draining>,
    /// When its last error was, and how long ago, in seconds; unlike that of its Tomcat not the first of a series.
    pub(super) last_error: Option<(i64, i64)>,
}

/// A member that gets empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draining {
    /// Since when, seconds since the epoch, and how long.
    pub(super) since: i64,
    pub(super) ago: i64,
    /// When it is stopped at the latest, if there is a limit, and in how many seconds.
    pub(super) until: Option<i64>,
    pub(super) left: Option<i64>,
    /// By an order (`cmd=drain`): it is stopped as well when its sessions are silent.
    pub(super) ordered: bool,
}

/// What is asked about before it is done.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) deed: Deed,
    /// The whole worker, with all its members.
    pub(super) shown: Shown,
    /// The members that it is about, by their places; none are the worker itself.
    pub(super) members: Vec<usize>,
}

/// A worker, and which of its members is meant; all members are there, whatever is hidden.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) shown: Shown,
    pub(super) member: Option<usize>,
}

/// A worker that stands alone.
#[derive(Debug)]
pub(super) struct Alone {
    pub(super) tomcat: Tomcat,
    pub(super) maps: Maps,
}

/// A Tomcat and what went to and fro.
#[derive(Debug)]
pub(super) struct Tomcat {
    /// As they are now.
    pub(super) settings: Ajp13Settings,
    /// Address and port, or why there is none.
    pub(super) address: String,
    pub(super) counters: AjpSnapshot,
    pub(super) reset: Reset,
    /// When the last error was, and how long ago, in seconds.
    pub(super) error: Option<(i64, i64)>,
    pub(super) figures: Figures,
    /// Of the figures.
    pub(super) latency: Latency,
    /// The last error in words.
    pub(super) last_error: Option<LastError>,
    pub(super) pool: Pool,
}

/// The connections of all processes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pool {
    /// In use.
    pub(super) busy: u32,
    /// Open, and not in use.
    pub(super) idle: u32,
    /// How many there can be; `None` is as many as are asked for.
    pub(super) limit: Option<u64>,
}

/// Since when counters count, and how long ago that is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reset {
    pub(super) at: i64,
    pub(super) ago: i64,
}

/// The rules that lead to a worker.
#[derive(Debug, Default)]
pub(super) struct Maps {
    /// How many there are, shown or not.
    pub(super) count: usize,
    /// Those that are shown.
    pub(super) shown: Vec<Map>,
}

/// A rule.
#[derive(Debug)]
pub(super) struct Map {
    /// Its number among those of the worker, from 1 on.
    pub(super) id: usize,
    pub(super) server: String,
    pub(super) uri: String,
    pub(super) kind: String,
    pub(super) source: &'static str,
    /// File and line that define it.
    pub(super) origin: Option<String>,
    /// Milliseconds; -1 is that of the worker.
    pub(super) reply_timeout: i64,
    pub(super) sticky_ignore: bool,
    pub(super) stateless: bool,
    pub(super) fail_on_status: String,
    /// Members that the rule makes active, disabled or stopped.
    pub(super) active: String,
    pub(super) disabled: String,
    pub(super) stopped: String,
    pub(super) use_server_errors: u16,
}
