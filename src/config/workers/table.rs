//! The one table of worker properties: name, kind and unit, scopes, rule for duplicates, default, range, the
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
    ($($id:ident $name:literal $kind:ident $(($words:ident))?, $scopes:ident, $duplicate:ident, $range:ident,
        $unset:ident $(($text:literal))?, $standing:ident $(($successor:ident))?
        $(, $where:ident $code:literal $label:literal $xml:literal $others:literal)*;)*) => {
        /// Every property, in the order of [`TABLE`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Property {
            $(#[doc = concat!("`", $name, "`")] $id,)*
        }

        /// The facts about every property.
        pub static TABLE: &[Spec] = &[$(Spec {
            property: Property::$id,
            name: $name,
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
    List                   "list"                       List,                GLOBAL,  Comma,   ANY,   Given("ajp13"), Current;
    Maintain               "maintain"                   Seconds,             GLOBAL,  Star,    ANY,   Given("60"), Current;

    Type                   "type"                       Word(TYPES),         WORKER,  Replace, ANY,   Given("ajp13"), Current;
    Reference              "reference"                  Text,                WORKER,  Replace, ANY,   Absent, Current;
    Mount                  "mount"                      List,                LISTED,  Comma,   ANY,   Absent, Current;

    Host                   "host"                       Name,                TOMCAT,  Replace, ANY,   Given("localhost"), Current, TOMCAT "vahst" "Hostname" 0 0;
    Port                   "port"                       Integer,             TOMCAT,  Replace, PORTS, Given("8009"), Current, TOMCAT "vaprt" "Port" 0 0;
    Socket                 "socket"                     Text,                TOMCAT,  Replace, ANY,   Absent, Current;
    Source                 "source"                     Name,                TOMCAT,  Replace, ANY,   Absent, Current;
    PreferIpv6             "prefer_ipv6"                Boolean,             TOMCAT,  Replace, ANY,   Given("false"), Current;
    ResolveInterval        "resolve_interval"           Seconds,             TOMCAT,  Replace, TIMES, Given("0"), Current;
    SocketTimeout          "socket_timeout"             Seconds,             TOMCAT,  Replace, TIMES, Given("0"), Current;
    SocketConnectTimeout   "socket_connect_timeout"     Milliseconds,        TOMCAT,  Replace, TIMES, Derived("socket_timeout"), Current;
    SocketKeepalive        "socket_keepalive"           Boolean,             TOMCAT,  Replace, ANY,   Given("false"), Current;
    SocketBuffer           "socket_buffer"              Octets,              TOMCAT,  Replace, ANY,   Given("0"), Current;
    PoolSize               "connection_pool_size"       Integer,             TOMCAT,  Replace, POOL_SIZES, Derived("threads per child"), Current;
    PoolMinsize            "connection_pool_minsize"    Integer,             TOMCAT,  Replace, FROM_0, Derived("half of the pool"), Current;
    PoolTimeout            "connection_pool_timeout"    Seconds,             TOMCAT,  Replace, FROM_0, Given("0"), Current, TOMCAT "vacpt" "Connection Pool Timeout" 1 1;
    AcquireTimeout         "connection_acquire_timeout" Milliseconds,        TOMCAT,  Replace, TIMES, Derived("retries x retry_interval"), Current;
    PingMode               "ping_mode"                  PingMode,            TOMCAT,  Replace, ANY,   Absent, Current;
    PingTimeout            "ping_timeout"               Milliseconds,        TOMCAT,  Replace, FROM_0, Given("10000"), Current, TOMCAT "vapng" "Ping Timeout" 2 2;
    ConnectTimeout         "connect_timeout"            Milliseconds,        TOMCAT,  Replace, TIMES, Given("0"), Current, TOMCAT "vact" "Connect Timeout" 3 3;
    PrepostTimeout         "prepost_timeout"            Milliseconds,        TOMCAT,  Replace, TIMES, Given("0"), Current, TOMCAT "vapt" "Prepost Timeout" 4 4;
    PingInterval           "connection_ping_interval"   Seconds,             TOMCAT,  Replace, TIMES, Given("0"), Current, TOMCAT "vacpi" "Connection Ping Interval" 6 7;
    ReplyTimeout           "reply_timeout"              Milliseconds,        TOMCAT,  Replace, TIMES, Given("0"), Current, TOMCAT "vart" "Reply Timeout" 5 5;
    RecoveryOptions        "recovery_options"           Bits,                TOMCAT,  Replace, ANY,   Given("0"), Current, TOMCAT "varo" "Recovery Options" 8 8;
    FailOnStatus           "fail_on_status"             Statuses,            TOMCAT,  Comma,   ANY,   Absent, Current;
    BusyLimit              "busy_limit"                 Integer,             TOMCAT,  Replace, ANY,   Given("0"), Current, TOMCAT "vabl" "Busy Limit" 9 9;
    MaxPacketSize          "max_packet_size"            Octets,              TOMCAT,  Replace, PACKET_SIZES, Given("8192"), Current, TOMCAT "vamps" "Max Packet Size" 10 10;

    Secret                 "secret"                     Secret,              SERVING, Replace, ANY,   Absent, Current;
    Retries                "retries"                    Integer,             SERVING, Replace, FROM_1, Given("2"), Current, LB "vlr" "Retries" 3 3, TOMCAT "var" "Retries" 7 6;
    LbRetries              "lb_retries"                 Integer,             SERVING, Replace, FROM_1, Given("2"), Current;
    RetryInterval          "retry_interval"             Milliseconds,        SERVING, Replace, TIMES, Given("100"), Current, LB "vlri" "Retry Interval" 0 0, TOMCAT "vari" "Retry Interval" 0 0;

    BalanceWorkers         "balance_workers"            List,                LB,      Comma,   ANY,   Absent, Current;
    StickySession          "sticky_session"             Boolean,             LB,      Replace, ANY,   Given("true"), Current, LB "vls" "Sticky Sessions" 1 1;
    StickySessionForce     "sticky_session_force"       Boolean,             LB,      Replace, ANY,   Given("false"), Current, LB "vlf" "Force Sticky Sessions" 2 2;
    Method                 "method"                     Letter(METHODS),     LB,      Replace, ANY,   Given("Request"), Current, LB "vlm" "LB Method" 7 7;
    Lock                   "lock"                       Letter(LOCKS),       LB,      Replace, ANY,   Given("Optimistic"), Current, LB "vll" "Locking" 8 8;
    RecoverTime            "recover_time"               Seconds,             LB,      Replace, FROM_1, Given("60"), Current, LB "vlt" "Recover Wait Time" 4 4;
    RecoverProbe           "recover_probe"              Boolean,             LB,      Replace, ANY,   Given("true"), Current;
    ErrorEscalationTime    "error_escalation_time"      Seconds,             LB,      Replace, FROM_0, Derived("half of recover_time"), Current, LB "vlee" "Error Escalation Time" 5 5;
    MaxReplyTimeouts       "max_reply_timeouts"         Integer,             LB,      Replace, FROM_0, Given("0"), Current, LB "vlx" "Max Reply Timeouts" 6 6;
    SessionCookie          "session_cookie"             Name,                LB,      Replace, ANY,   Given("JSESSIONID"), Current;
    SessionPath            "session_path"               Name,                LB,      Replace, ANY,   Given(";jsessionid"), Current;
    SetSessionCookie       "set_session_cookie"         Boolean,             LB,      Replace, ANY,   Given("false"), Current;
    SessionCookiePath      "session_cookie_path"        Name,                LB,      Replace, ANY,   Given("/"), Current;
    SessionCookieFlags     "session_cookie_flags"       Flags(COOKIE_FLAGS), LB,      Comma,   ANY,   Given("HttpOnly,Secure=auto"), Current;

    Lbfactor               "lbfactor"                   Integer,             MEMBER,  Replace, FROM_1, Given("1"), Current, MEMBER "vwf" "LB Factor" 2 2;
    Distance               "distance"                   Integer,             MEMBER,  Star,    ANY,   Given("0"), Current, MEMBER "vwd" "Distance" 6 6;
    Activation             "activation"                 Letter(ACTIVATIONS), MEMBER,  Replace, ANY,   Given("Active"), Current, MEMBER "vwa" "Activation" 1 1;
    Route                  "route"                      Name,                MEMBER,  Replace, ANY,   Derived("worker name"), Current, MEMBER "vwn" "Route" 3 3;
    Domain                 "domain"                     Name,                MEMBER,  Replace, ANY,   Derived("route up to its first ."), Current, MEMBER "vwc" "Cluster Domain" 5 5;
    Redirect               "redirect"                   Name,                MEMBER,  Replace, ANY,   Absent, Current, MEMBER "vwr" "Redirect Route" 4 4;
    DrainTimeout           "drain_timeout"              Seconds,             MEMBER,  Replace, TIMES, Given("0"), Current, MEMBER "vwdt" "Drain Timeout" 0 0;

    Css                    "css"                        Text,                STATUS,  Replace, ANY,   Absent, Current;
    ReadOnly               "read_only"                  Boolean,             STATUS,  Replace, ANY,   Given("false"), Current;
    UpdateMethods          "update_methods"             Word(UPDATE_METHODS), STATUS, Replace, ANY,   Given("any"), Current;
    User                   "user"                       List,                STATUS,  Comma,   ANY,   Absent, Current;
    UserCaseInsensitive    "user_case_insensitive"      Boolean,             STATUS,  Replace, ANY,   Given("false"), Current;
    Good                   "good"                       Ratings,             STATUS,  Comma,   ANY,   Given("a.o,a.n,a.b,a.r"), Current;
    Bad                    "bad"                        Ratings,             STATUS,  Comma,   ANY,   Given("s,e"), Current;
    Prefix                 "prefix"                     Text,                STATUS,  Replace, ANY,   Given("worker"), Current;
    Ns                     "ns"                         Text,                STATUS,  Replace, ANY,   Given("jk:"), Current;
    Xmlns                  "xmlns"                      Text,                STATUS,  Replace, ANY,   Given("xmlns:jk=\"http://tomcat.apache.org\""), Current;
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
