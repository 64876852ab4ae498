//! The one table of worker properties: what each is for, name, kind and unit, scopes, rule for duplicates, default, range, the
//! deprecated names with their successors, and for those that can be changed while the server runs how the status
//! worker names and shows them.
//!
//! The line reader, the typed settings and the checks take their facts from here; a default is written nowhere
//! else. Rules: "workers-properties, sections 2 and 6".

use bstr::{BStr, ByteSlice};

use super::spec::{Duplicate, Live, Outside::*, Range, Scopes, Spec, Standing, Unset, ValueKind};

/// Worker types that can be built.
pub const TYPES: &[&str] = &["ajp13", "lb", "status"];
/// Worker types of older connectors.
pub const OLD_TYPES: &[&str] = &["ajp12", "ajp14", "jni"];
/// Values of `method`, in the order of [`LbMethod`](crate::config::settings::LbMethod).
pub const METHODS: &[&str] = &["Request", "Traffic", "Busyness", "Session", "Next"];
/// Values of `lock`, in the order of [`LbLock`](crate::config::settings::LbLock).
pub const LOCKS: &[&str] = &["Optimistic", "Pessimistic"];
/// Values of `activation`, in the order of [`Activation`](crate::config::settings::Activation).
pub const ACTIVATIONS: &[&str] = &["Active", "Disabled", "Stopped"];
/// Values of `update_methods`, in the order of [`UpdateMethods`](crate::config::settings::UpdateMethods).
pub const UPDATE_METHODS: &[&str] = &["any", "post"];
/// Values of `session_cookie_flags`, with the attributes as RFC 6265bis spells them.
pub const COOKIE_FLAGS: &[&str] =
    &["Secure", "Secure=auto", "HttpOnly", "SameSite=Lax", "SameSite=Strict", "SameSite=None"];

const ANY: Range = Range::ANY;
const FROM_0: Range = Range::at_least(0);
const TIMES: Range = Range::within(0, i32::MAX, Kept);
const FROM_1: Range = Range::at_least(1);
const PORTS: Range = Range::within(0, 65535, Refused);
const POOL_SIZES: Range = Range::within(0, i32::MAX, Defaulted);
const PACKET_SIZES: Range = Range::within(8192, 65536, Clamped);

macro_rules! properties {
    ($($(#[doc = $about:literal])? $id:ident $name:literal $kind:ident $(($words:ident))?, $scopes:ident, $duplicate:ident, $range:ident,
        $unset:ident $(($text:literal))?, $standing:ident $(($successor:ident))?
        $(, $where:ident $code:literal $label:literal $xml:literal $others:literal)*;)*) => {
        /// Every property, in the order of [`TABLE`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Property {
            $(#[doc = concat!("`", $name, "`.", $($about)?)] $id,)*
        }

        /// The facts about every property.
        pub static TABLE: &[Spec] = &[$(Spec {
            property: Property::$id,
            name: $name,
            about: concat!($($about)?).trim_ascii(),
            kind: ValueKind::$kind $(($words))?,
            scopes: Scopes::$scopes,
            duplicate: Duplicate::$duplicate,
            range: $range,
            unset: Unset::$unset $(($text))?,
            standing: Standing::$standing $((Property::$successor))?,
            live: &[$(Live { of: Scopes::$where, parameter: $code, label: $label, places: [$xml, $others] }),*],
        }),*];
    };
}

properties! {
//  property               name                         kind                 scopes   duplicate range default, standing,
//  and where it can be changed at run time: scope, parameter and label of the status page, place in xml, and in text and properties
    /// The workers that rules can name.
    List                   "list"                       List,                GLOBAL,  Comma,   ANY,   Given("ajp13"), Current;
    /// Time between two rounds of maintenance, which closes and pings idle connections and lets load values decay. 0 is none.
    Maintain               "maintain"                   Seconds,             GLOBAL,  Star,    ANY,   Given("60"), Current;

    /// What kind of worker it is.
    Type                   "type"                       Word(TYPES),         WORKER,  Replace, ANY,   Given("ajp13"), Current;
    /// Another worker, `worker.` included, whose properties hold where this one has none.
    Reference              "reference"                  Text,                WORKER,  Replace, ANY,   Absent, Current;
    /// URI patterns that lead to it, in the main server.
    Mount                  "mount"                      List,                LISTED,  Comma,   ANY,   Absent, Current;

    /// Name or address of the Tomcat, or `unix:` and the path of its socket.
    Host                   "host"                       Name,                TOMCAT,  Replace, ANY,   Given("localhost"), Current, TOMCAT "vahst" "Hostname" 0 0;
    /// Port of Tomcat's AJP Connector. 0 is no contact.
    Port                   "port"                       Integer,             TOMCAT,  Replace, PORTS, Given("8009"), Current, TOMCAT "vaprt" "Port" 0 0;
    /// Path of the Unix socket at which the Tomcat listens, in place of host and port.
    Socket                 "socket"                     Text,                TOMCAT,  Replace, ANY,   Absent, Current;
    /// Local address from which connections are made.
    Source                 "source"                     Name,                TOMCAT,  Replace, ANY,   Absent, Current;
    /// Of a name, IPv6 addresses are tried first.
    PreferIpv6             "prefer_ipv6"                Boolean,             TOMCAT,  Replace, ANY,   Given("false"), Current;
    /// How often the name is asked for again. 0 is after failures alone.
    ResolveInterval        "resolve_interval"           Seconds,             TOMCAT,  Replace, TIMES, Given("0"), Current;
    /// Longest silence while the socket is read or written. 0 is no limit.
    SocketTimeout          "socket_timeout"             Seconds,             TOMCAT,  Replace, TIMES, Given("0"), Current;
    /// Longest wait for a connection to one address. 0 leaves it to the system.
    SocketConnectTimeout   "socket_connect_timeout"     Milliseconds,        TOMCAT,  Replace, TIMES, Derived("socket_timeout"), Current;
    /// The system probes idle connections (SO_KEEPALIVE).
    SocketKeepalive        "socket_keepalive"           Boolean,             TOMCAT,  Replace, ANY,   Given("false"), Current;
    /// Size of the socket's buffers. 0 leaves it to the system.
    SocketBuffer           "socket_buffer"              Octets,              TOMCAT,  Replace, ANY,   Given("0"), Current;
    /// Most connections of a child process.
    PoolSize               "connection_pool_size"       Integer,             TOMCAT,  Replace, POOL_SIZES, Derived("threads per child"), Current;
    /// Connections of a child process that stay when idle ones are closed.
    PoolMinsize            "connection_pool_minsize"    Integer,             TOMCAT,  Replace, FROM_0, Derived("half of the pool"), Current;
    /// Connections idle for longer are closed. 0 is never.
    PoolTimeout            "connection_pool_timeout"    Seconds,             TOMCAT,  Replace, FROM_0, Given("0"), Current, TOMCAT "vacpt" "Connection Pool Timeout" 1 1;
    /// Longest wait for a connection when all of the pool are in use. 0 is one immediate try.
    AcquireTimeout         "connection_acquire_timeout" Milliseconds,        TOMCAT,  Replace, TIMES, Derived("retries x retry_interval"), Current;
    /// When a CPing asks whether Tomcat answers: C after connecting, P before each request, I when idle, A all of these.
    PingMode               "ping_mode"                  PingMode,            TOMCAT,  Replace, ANY,   Absent, Current;
    /// Longest wait for the answer to a CPing.
    PingTimeout            "ping_timeout"               Milliseconds,        TOMCAT,  Replace, FROM_0, Given("10000"), Current, TOMCAT "vapng" "Ping Timeout" 2 2;
    /// As ping_mode C, with this limit. 0 leaves it to ping_mode and ping_timeout.
    ConnectTimeout         "connect_timeout"            Milliseconds,        TOMCAT,  Replace, TIMES, Given("0"), Current, TOMCAT "vact" "Connect Timeout" 3 3;
    /// As ping_mode P, with this limit. 0 leaves it to ping_mode and ping_timeout.
    PrepostTimeout         "prepost_timeout"            Milliseconds,        TOMCAT,  Replace, TIMES, Given("0"), Current, TOMCAT "vapt" "Prepost Timeout" 4 4;
    /// As ping_mode I, for connections idle this long. 0 leaves it to ping_mode, with a hundredth of ping_timeout's number.
    PingInterval           "connection_ping_interval"   Seconds,             TOMCAT,  Replace, TIMES, Given("0"), Current, TOMCAT "vacpi" "Connection Ping Interval" 6 7;
    /// Longest wait for the next packet of an answer. 0 is no limit.
    ReplyTimeout           "reply_timeout"              Milliseconds,        TOMCAT,  Replace, TIMES, Given("0"), Current, TOMCAT "vart" "Reply Timeout" 5 5;
    /// Sum of bits. No repeat 1: after the request was sent, 2: after headers went to the client. 4: a client's failure closes the connection hard. Repeats 8: of HEAD, 16: of GET, always, 32: of any method.
    RecoveryOptions        "recovery_options"           Bits,                TOMCAT,  Replace, ANY,   Given("0"), Current, TOMCAT "varo" "Recovery Options" 8 8;
    /// HTTP statuses of Tomcat that count as failure: another member is asked. With a minus, this one stays in service.
    FailOnStatus           "fail_on_status"             Statuses,            TOMCAT,  Comma,   ANY,   Absent, Current;
    /// Most requests at a time over all processes. 0 is no limit.
    BusyLimit              "busy_limit"                 Integer,             TOMCAT,  Replace, ANY,   Given("0"), Current, TOMCAT "vabl" "Busy Limit" 9 9;
    /// Largest AJP packet, as the Connector's packetSize. Rounded up to a multiple of 1024.
    MaxPacketSize          "max_packet_size"            Octets,              TOMCAT,  Replace, PACKET_SIZES, Given("8192"), Current, TOMCAT "vamps" "Max Packet Size" 10 10;

    /// The secret of Tomcat's Connector. A member without one has its balancer's.
    Secret                 "secret"                     Secret,              SERVING, Replace, ANY,   Absent, Current;
    /// Attempts, the first included. Of a balancer: rounds over its members.
    Retries                "retries"                    Integer,             SERVING, Replace, FROM_1, Given("2"), Current, LB "vlr" "Retries" 3 3, TOMCAT "var" "Retries" 7 6;
    /// Members of a balancer that are tried in one round.
    LbRetries              "lb_retries"                 Integer,             LB,      Replace, FROM_1, Given("2"), Current;
    /// Pause before each further attempt or round. 0 is none.
    RetryInterval          "retry_interval"             Milliseconds,        SERVING, Replace, TIMES, Given("100"), Current, LB "vlri" "Retry Interval" 0 0, TOMCAT "vari" "Retry Interval" 0 0;

    /// The members. Needed.
    BalanceWorkers         "balance_workers"            List,                LB,      Comma,   ANY,   Absent, Current;
    /// Requests of a session go to the member whose route its id names.
    StickySession          "sticky_session"             Boolean,             LB,      Replace, ANY,   Given("true"), Current, LB "vls" "Sticky Sessions" 1 1;
    /// Requests of a session get 503 when that member fails, and no other one is asked.
    StickySessionForce     "sticky_session_force"       Boolean,             LB,      Replace, ANY,   Given("false"), Current, LB "vlf" "Force Sticky Sessions" 2 2;
    /// What is spread evenly by lbfactor: requests, octets, requests in flight, new sessions, or new sessions without decay.
    Method                 "method"                     Letter(METHODS),     LB,      Replace, ANY,   Given("Request"), Current, LB "vlm" "LB Method" 7 7;
    /// No effect: members are chosen exactly without a lock.
    Lock                   "lock"                       Letter(LOCKS),       LB,      Replace, ANY,   Given("Optimistic"), Current, LB "vll" "Locking" 8 8;
    /// A member in error is asked again after this time.
    RecoverTime            "recover_time"               Seconds,             LB,      Replace, FROM_1, Given("60"), Current, LB "vlt" "Recover Wait Time" 4 4;
    /// It is asked by CPing in the background. Off: by a user's request, as the C mod_jk does.
    RecoverProbe           "recover_probe"              Boolean,             LB,      Replace, ANY,   Given("true"), Current;
    /// A member whose failures go on for so long is in error for all processes, though other requests of it succeed. 0 is at once.
    ErrorEscalationTime    "error_escalation_time"      Seconds,             LB,      Replace, FROM_0, Derived("half of recover_time"), Current, LB "vlee" "Error Escalation Time" 5 5;
    /// Reply timeouts that a member may have before it is in error. Halved by each round of maintenance.
    MaxReplyTimeouts       "max_reply_timeouts"         Integer,             LB,      Replace, FROM_0, Given("0"), Current, LB "vlx" "Max Reply Timeouts" 6 6;
    /// Cookie that holds the session id.
    SessionCookie          "session_cookie"             Name,                LB,      Replace, ANY,   Given("JSESSIONID"), Current;
    /// Path parameter that holds the session id, with its semicolon.
    SessionPath            "session_path"               Name,                LB,      Replace, ANY,   Given(";jsessionid"), Current;
    /// The balancer sends a cookie with the route, for applications that have no session.
    SetSessionCookie       "set_session_cookie"         Boolean,             LB,      Replace, ANY,   Given("false"), Current;
    /// Path of that cookie.
    SessionCookiePath      "session_cookie_path"        Name,                LB,      Replace, ANY,   Given("/"), Current;
    /// Attributes of that cookie: those that are listed, and no others.
    SessionCookieFlags     "session_cookie_flags"       Flags(COOKIE_FLAGS), LB,      Comma,   ANY,   Given("HttpOnly,Secure=auto"), Current;

    /// Weight: a member of 2 gets twice as much as one of 1.
    Lbfactor               "lbfactor"                   Integer,             MEMBER,  Replace, FROM_1, Given("1"), Current, MEMBER "vwf" "LB Factor" 2 2;
    /// Preference: members of the lowest distance that work are asked.
    Distance               "distance"                   Integer,             MEMBER,  Star,    ANY,   Given("0"), Current, MEMBER "vwd" "Distance" 6 6;
    /// Which requests it takes: all, those of its sessions, or none.
    Activation             "activation"                 Letter(ACTIVATIONS), MEMBER,  Replace, ANY,   Given("Active"), Current, MEMBER "vwa" "Activation" 1 1;
    /// The jvmRoute of the Tomcat.
    Route                  "route"                      Name,                MEMBER,  Replace, ANY,   Derived("worker name"), Current, MEMBER "vwn" "Route" 3 3;
    /// Group of members that share sessions: they stand in for each other.
    Domain                 "domain"                     Name,                MEMBER,  Replace, ANY,   Derived("route up to its first ., if it has one"), Current, MEMBER "vwc" "Cluster Domain" 5 5;
    /// Route of the member that takes over its sessions when it fails.
    Redirect               "redirect"                   Name,                MEMBER,  Replace, ANY,   Absent, Current, MEMBER "vwr" "Redirect Route" 4 4;
    /// A member that is disabled for so long is stopped. 0 is never.
    DrainTimeout           "drain_timeout"              Seconds,             MEMBER,  Replace, TIMES, Given("0"), Current, MEMBER "vwdt" "Drain Timeout" 0 0;

    /// Address of a stylesheet for the page.
    Css                    "css"                        Text,                STATUS,  Replace, ANY,   Absent, Current;
    /// Nothing can be changed.
    ReadOnly               "read_only"                  Boolean,             STATUS,  Replace, ANY,   Given("false"), Current;
    /// Methods by which changes are taken.
    UpdateMethods          "update_methods"             Word(UPDATE_METHODS), STATUS, Replace, ANY,   Given("any"), Current;
    /// Users that may see it, as httpd has authenticated them. Without, everybody that httpd lets through.
    User                   "user"                       List,                STATUS,  Comma,   ANY,   Absent, Current;
    /// Names of users compare without case.
    UserCaseInsensitive    "user_case_insensitive"      Boolean,             STATUS,  Replace, ANY,   Given("false"), Current;
    /// Members that count as good: letters of activation (a, d, s) and state (o, i or n, b, r, e), or two joined by a dot.
    Good                   "good"                       Ratings,             STATUS,  Comma,   ANY,   Given("a.o,a.n,a.b,a.r"), Current;
    /// Members that count as bad, in the same letters.
    Bad                    "bad"                        Ratings,             STATUS,  Comma,   ANY,   Given("s,e"), Current;
    /// First part of all keys of the format prop.
    Prefix                 "prefix"                     Text,                STATUS,  Replace, ANY,   Given("worker"), Current;
    /// Prefix of the elements of the format xml; - is none.
    Ns                     "ns"                         Text,                STATUS,  Replace, ANY,   Given("jk:"), Current;
    /// Attribute of the root element of the format xml; - is none.
    Xmlns                  "xmlns"                      Text,                STATUS,  Replace, ANY,   Given("xmlns:jk=\"http://tomcat.apache.org\""), Current;
    /// Line behind the first one of the format xml.
    Doctype                "doctype"                    Text,                STATUS,  Replace, ANY,   Absent, Current;

    Cachesize              "cachesize"                  Integer,             TOMCAT,  Replace, POOL_SIZES, Absent, Renamed(PoolSize);
    CacheTimeout           "cache_timeout"              Seconds,             TOMCAT,  Replace, FROM_0, Absent, Renamed(PoolTimeout);
    BalancedWorkers        "balanced_workers"           List,                LB,      Star,    ANY,   Absent, Renamed(BalanceWorkers);
    JvmRoute               "jvm_route"                  Name,                MEMBER,  Replace, ANY,   Absent, Renamed(Route);
    Stopped                "stopped"                    Boolean,             MEMBER,  Replace, ANY,   Given("false"), Replaced(Activation);
    Disabled               "disabled"                   Boolean,             MEMBER,  Replace, ANY,   Given("false"), Replaced(Activation);
    RecycleTimeout         "recycle_timeout"            Seconds,             WORKER,  Replace, ANY,   Absent, Obsolete;
    LocalWorker            "local_worker"               Boolean,             WORKER,  Replace, ANY,   Absent, Obsolete;
    LocalWorkerOnly        "local_worker_only"          Boolean,             WORKER,  Replace, ANY,   Absent, Obsolete;
    Secretkey              "secretkey"                  Secret,              WORKER,  Star,    ANY,   Absent, Obsolete;
    Sysprops               "sysprops"                   Text,                WORKER,  Star,    ANY,   Absent, Obsolete;
    Stdout                 "stdout"                     Text,                WORKER,  Star,    ANY,   Absent, Obsolete;
    Stderr                 "stderr"                     Text,                WORKER,  Star,    ANY,   Absent, Obsolete;
    Mx                     "mx"                         Integer,             WORKER,  Star,    ANY,   Absent, Obsolete;
    Ms                     "ms"                         Integer,             WORKER,  Star,    ANY,   Absent, Obsolete;
    ClassPath              "class_path"                 Text,                WORKER,  Colon,   ANY,   Absent, Obsolete;
    Bridge                 "bridge"                     Text,                WORKER,  Star,    ANY,   Absent, Obsolete;
    JvmLib                 "jvm_lib"                    Text,                WORKER,  Star,    ANY,   Absent, Obsolete;
    LdPath                 "ld_path"                    Text,                WORKER,  Colon,   ANY,   Absent, Obsolete;
    CmdLine                "cmd_line"                   Text,                WORKER,  Blank,   ANY,   Absent, Obsolete;
    NativeLib              "native_lib"                 Text,                WORKER,  Star,    ANY,   Absent, Obsolete;
}

impl Property {
    /// Its row.
    pub fn spec(self) -> &'static Spec {
        &TABLE[self as usize]
    }

    /// Its name: the last part of its keys.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// The property called `name`, deprecated ones included.
    pub fn by_name(name: &BStr) -> Option<Self> {
        TABLE.iter().find(|spec| spec.name.as_bytes() == name.as_bytes()).map(|spec| spec.property)
    }

    /// The key of this property of `worker`; of the whole server if that is empty.
    pub fn key(self, worker: &BStr) -> Vec<u8> {
        let dot = if worker.is_empty() { "" } else { "." };
        [b"worker.".as_slice(), worker, dot.as_bytes(), self.name().as_bytes()].concat()
    }
}

/// What a second value of `key` does: the rule of the property it ends in, also for user variables.
pub fn duplicate_rule(key: &BStr) -> Duplicate {
    let property = key.rsplit_once_str(".").and_then(|(_, name)| Property::by_name(name.as_bstr()));
    match property {
        Some(property) => property.spec().duplicate,
        None if key.ends_with(b"_path") => Duplicate::Colon,
        None => Duplicate::Star,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_where_their_property_points() {
        for (index, spec) in TABLE.iter().enumerate() {
            assert_eq!(spec.property as usize, index, "{}", spec.name);
            assert_eq!(Property::by_name(spec.name.into()), Some(spec.property), "{}", spec.name);
        }
    }

    #[test]
    fn second_values_follow_the_last_part_of_the_key() {
        let cases = [
            ("worker.a.host", Duplicate::Replace),
            ("other.host", Duplicate::Replace),
            ("m.list", Duplicate::Comma),
            ("worker.list", Duplicate::Comma),
            ("worker.maintain", Duplicate::Star),
            ("worker.a.distance", Duplicate::Star),
            ("worker.a.session_path", Duplicate::Replace),
            ("my_path", Duplicate::Colon),
            ("worker.a.cmd_line", Duplicate::Blank),
            ("host", Duplicate::Star),
            ("mynet", Duplicate::Star),
        ];
        for (key, rule) in cases {
            assert_eq!(duplicate_rule(key.into()), rule, "{key}");
        }
    }

    #[test]
    fn deprecated_names_lead_to_current_ones() {
        for spec in TABLE {
            if let Standing::Renamed(successor) | Standing::Replaced(successor) = spec.standing {
                assert_eq!(successor.spec().standing, Standing::Current, "{}", spec.name);
                assert_eq!(successor.spec().scopes, spec.scopes, "{}", spec.name);
            }
        }
    }
}
