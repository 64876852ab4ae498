//! Typed settings of workers: what `workers.properties` means after parsing, inheritance and defaults.
//!
//! Request time never looks at property names. Defaults are applied where these values are built; a type that
//! still holds an `Option` says what `None` means.

mod cookie_flags;
mod words;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::Origin;

pub use cookie_flags::{CookieFlags, SameSite, WhenSecure};
pub use words::WorkerWords;

/// All workers of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkersSettings {
    /// Workers of `worker.list` in order, without duplicates. Members of a balancer live inside it.
    pub workers: Vec<WorkerSettings>,
    /// Least time between two maintenance runs; `None` (`worker.maintain` <= 0) switches maintenance off.
    pub maintain: Option<Duration>,
}

impl WorkersSettings {
    /// The worker of `worker.list` called `name`.
    pub fn find(&self, name: &str) -> Option<&WorkerSettings> {
        self.workers.iter().find(|worker| worker.name == name)
    }

    /// The balancers.
    pub fn balancers(&self) -> impl Iterator<Item = &LbSettings> {
        self.workers.iter().filter_map(|worker| match &worker.kind {
            WorkerKind::Lb(lb) => Some(lb),
            WorkerKind::Ajp13(_) | WorkerKind::Status(_) => None,
        })
    }

    /// All Tomcats, standing alone or as members: as often as they are named.
    pub fn tomcats(&self) -> impl Iterator<Item = &Ajp13Settings> {
        self.workers.iter().flat_map(|worker| match &worker.kind {
            WorkerKind::Ajp13(settings) => vec![settings],
            WorkerKind::Lb(lb) => lb.members.iter().map(|member| &member.worker).collect(),
            WorkerKind::Status(_) => Vec::new(),
        })
    }

    /// The first balancer that has a member called `name`.
    pub fn balancer_of(&self, name: &str) -> Option<&LbSettings> {
        self.workers.iter().find_map(|worker| match &worker.kind {
            WorkerKind::Lb(lb) if lb.members.iter().any(|member| member.worker.name == name) => Some(lb),
            _ => None,
        })
    }

    /// Tells whether a balancer has a member called `name`.
    pub fn is_member(&self, name: &str) -> bool {
        self.balancer_of(name).is_some()
    }
}

/// One worker of `worker.list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerSettings {
    /// Name in `worker.list`.
    pub name: String,
    /// What `type` says.
    pub kind: WorkerKind,
    /// URI patterns of the `mount` property, with their prefixes, and where they were written.
    pub mounts: Vec<(String, Option<Origin>)>,
}

/// What the `type` property can name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerKind {
    /// One Tomcat.
    Ajp13(Ajp13Settings),
    /// A load balancer.
    Lb(LbSettings),
    /// The status page.
    Status(StatusSettings),
}

/// Octets that nobody is shown: logs and dumps print stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Takes the octets as configured.
    pub fn new(octets: &[u8]) -> Self {
        Self(octets.into())
    }

    /// The octets themselves, for the container alone.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The path of the Unix socket that a host is, if it is one ("decisions, row 65").
pub fn socket_path(host: &str) -> Option<&str> {
    host.strip_prefix("unix:")
}

/// Tells whether the resolver has to be asked for a host: it is neither an address nor a socket.
pub fn is_host_name(host: &str) -> bool {
    host.parse::<IpAddr>().is_err() && socket_path(host).is_none()
}

/// One Tomcat, standing alone or as member of a balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ajp13Settings {
    /// Worker name: names the shared record.
    pub name: String,
    /// Host name, address literal or `unix:` with the path of a socket, as written.
    pub host: String,
    /// TCP port; 0 disables contact. A socket has none.
    pub port: u16,
    /// Local address to connect from.
    pub source: Option<String>,
    /// IPv6 addresses of a name are tried first.
    pub prefer_ipv6: bool,
    /// How often a name is asked for again; `None` is only after failures.
    pub resolve_interval: Option<Duration>,
    /// Shared secret sent with each request.
    pub secret: Option<Secret>,
    /// Send and receive timeout of the socket; `None` is no limit.
    pub socket_timeout: Option<Duration>,
    /// Limit for connecting one address; `None` leaves it to the system.
    pub socket_connect_timeout: Option<Duration>,
    /// SO_KEEPALIVE.
    pub socket_keepalive: bool,
    /// SO_SNDBUF and SO_RCVBUF in octets; `None` leaves them to the system.
    pub socket_buffer: Option<usize>,
    /// Most connections per child process; `None` (not configured) grows with need.
    pub connection_pool_size: Option<usize>,
    /// Connections kept when idle ones are closed.
    pub connection_pool_minsize: usize,
    /// Idle connections older than this are closed by maintenance; `None` is never.
    pub connection_pool_timeout: Option<Duration>,
    /// Longest wait for a free connection; zero is one immediate try.
    pub connection_acquire_timeout: Duration,
    /// CPing after connecting: its timeout.
    pub connect_ping: Option<Duration>,
    /// CPing before each request: its timeout.
    pub prepost_ping: Option<Duration>,
    /// CPing of idle connections by maintenance: how long idle.
    pub connection_ping_interval: Option<Duration>,
    /// Timeout of a CPing that has none of its own.
    pub ping_timeout: Duration,
    /// Longest wait between two packets of a reply; `None` is no limit.
    pub reply_timeout: Option<Duration>,
    /// Attempts including the first, at least 1.
    pub retries: u32,
    /// Pause before each further attempt; zero is none.
    pub retry_interval: Duration,
    /// recovery_options, bit by bit.
    pub recovery: RecoveryOptions,
    /// HTTP statuses that count as failure.
    pub fail_on_status: Vec<FailStatus>,
    /// Most concurrent requests over all processes; `None` is no limit.
    pub busy_limit: Option<u32>,
    /// Largest AJP packet in octets, 8192 to 65536, a multiple of 1024.
    pub max_packet_size: usize,
}

bitflags::bitflags! {
    /// The bits of `recovery_options`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct RecoveryOptions: u32 {
        /// No repeat once the request was sent.
        const NOT_AFTER_REQUEST = 1;
        /// No repeat once the headers went to the client.
        const NOT_AFTER_HEADERS = 2;
        /// Close the backend connection hard when the client fails.
        const ABORT_ON_CLIENT_ERROR = 4;
        /// HEAD may always be repeated.
        const ALWAYS_HEAD = 8;
        /// GET may always be repeated.
        const ALWAYS_GET = 16;
        /// Requests that are not idempotent may be repeated like others (the original's rule).
        const REPEAT_ANY_METHOD = 32;
    }
}

/// One entry of `fail_on_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailStatus {
    /// HTTP status code.
    pub status: u16,
    /// Written with a minus: the member stays in service.
    pub soft: bool,
}

/// A load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LbSettings {
    /// Worker name.
    pub name: String,
    /// Members in the order of `balance_workers`.
    pub members: Vec<MemberSettings>,
    /// Requests with a session go to the member of their route.
    pub sticky_session: bool,
    /// Requests with a session fail when the member of their route does.
    pub sticky_session_force: bool,
    /// How load is measured.
    pub method: LbMethod,
    /// How the original would lock selection.
    pub lock: LbLock,
    /// Rounds over the members, at least 1.
    pub retries: u32,
    /// Members tried in one round, at least 1.
    pub lb_retries: u32,
    /// Pause between rounds.
    pub retry_interval: Duration,
    /// How long a member stays in error before it is tried again.
    pub recover_time: Duration,
    /// A member in error is asked by CPing in the background, and gets requests again when it answered.
    pub recover_probe: bool,
    /// Local errors older than this become global; zero is at once.
    pub error_escalation_time: Duration,
    /// Reply timeouts tolerated before a member is put into error.
    pub max_reply_timeouts: u32,
    /// Name of the session cookie.
    pub session_cookie: String,
    /// Path parameter of the session, including its `;`.
    pub session_path: String,
    /// Send a route cookie of our own.
    pub set_session_cookie: bool,
    /// Path of that cookie; empty is none.
    pub session_cookie_path: String,
    /// Attributes of that cookie beside its path.
    pub session_cookie_flags: CookieFlags,
}

impl LbSettings {
    /// The balancer's own settings, without its members.
    pub fn alone(&self) -> Self {
        Self {
            name: self.name.clone(),
            members: Vec::new(),
            session_cookie: self.session_cookie.clone(),
            session_path: self.session_path.clone(),
            session_cookie_path: self.session_cookie_path.clone(),
            ..*self
        }
    }
}

/// A member of a balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSettings {
    /// The Tomcat behind it.
    pub worker: Ajp13Settings,
    /// Weight, at least 1.
    pub lbfactor: u32,
    /// Preference: lower first.
    pub distance: i32,
    /// Whether it takes requests.
    pub activation: Activation,
    /// The Tomcat's jvmRoute.
    pub route: String,
    /// Group of members that share sessions.
    pub domain: Option<String>,
    /// Route of the member that takes over.
    pub redirect: Option<String>,
    /// How long it stays disabled before it is stopped; `None` is for ever.
    pub drain_timeout: Option<Duration>,
}

/// The `method` of a balancer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum LbMethod {
    /// Fewest requests by weight.
    #[default]
    Request = 0,
    /// Fewest octets.
    Traffic = 1,
    /// Fewest requests in flight.
    Busyness = 2,
    /// Fewest new sessions.
    Session = 3,
    /// Fewest new sessions, never decayed.
    Next = 4,
}

/// The `lock` of a balancer, which is kept to be shown: selection takes none ("decisions, row 59").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum LbLock {
    /// Atomics only.
    #[default]
    Optimistic = 0,
    /// One selection at a time over all processes.
    Pessimistic = 1,
}

/// The `activation` of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Activation {
    /// Takes every request.
    #[default]
    Active = 0,
    /// Takes only requests of its sessions.
    Disabled = 1,
    /// Takes none.
    Stopped = 2,
}

impl Activation {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Active, Self::Disabled, Self::Stopped];

    /// The three letters Tomcat and the status page know.
    pub fn code(self) -> &'static str {
        match self {
            Activation::Active => "ACT",
            Activation::Disabled => "DIS",
            Activation::Stopped => "STP",
        }
    }
}

/// The methods by which a status worker takes changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum UpdateMethods {
    /// Any, as the original does.
    #[default]
    Any = 0,
    /// POST alone.
    Post = 1,
}

/// The status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSettings {
    /// Worker name.
    pub name: String,
    /// Stylesheet of the HTML page.
    pub css: Option<String>,
    /// Nothing may be changed.
    pub read_only: bool,
    /// By which methods it may be changed.
    pub update_methods: UpdateMethods,
    /// Users that may see it; empty is everybody.
    pub users: Vec<String>,
    /// User names compare without case.
    pub user_case_insensitive: bool,
    /// Ratings that count as good, as written.
    pub good: Vec<String>,
    /// Ratings that count as bad, as written.
    pub bad: Vec<String>,
    /// First part of all keys of the property format.
    pub prefix: String,
    /// Element prefix in XML; empty is none.
    pub ns: String,
    /// Attribute of the XML root element; empty is none.
    pub xmlns: String,
    /// Line after the XML header.
    pub doctype: Option<String>,
}

#[cfg(test)]
pub(crate) mod samples;
