//! Typed settings of one Tomcat, standing alone or as member of a balancer.
//!
//! Rules: "workers-properties, section 6.2" and "connections, section 5".

use std::ops::RangeInclusive;
use std::time::Duration;

use bstr::{BStr, ByteSlice};

use super::map::shown;
use super::section::Section;
use super::spec::ValueKind;
use super::table::Property;
use super::values::{self, PingMode};
use crate::config::settings::{socket_path, Ajp13Settings, FailStatus, RecoveryOptions, Secret};

/// Packet sizes are multiples of this many octets.
const PACKET_SIZE_STEP: usize = 1024;

/// When connections are tried with a CPing, and how long the answer may take.
struct Pings {
    timeout: Duration,
    connect: Option<Duration>,
    prepost: Option<Duration>,
    interval: Option<Duration>,
}

/// Reads the settings of the ajp13 worker `name`.
pub(super) fn ajp13(section: &mut Section<'_>, name: &BStr, threads: usize) -> Ajp13Settings {
    let max_packet_size = max_packet_size(section);
    let (retries, retry_interval) = section.retries();
    let socket_timeout = section.limit(Property::SocketTimeout);
    let pool_size = pool_size(section);
    let pings = pings(section);
    doubt_units(section);
    Ajp13Settings {
        name: name.to_str_lossy().into_owned(),
        host: host(section),
        port: u16::try_from(section.number(Property::Port)).unwrap_or_default(),
        source: source(section),
        prefer_ipv6: section.flag(Property::PreferIpv6),
        resolve_interval: section.limit(Property::ResolveInterval),
        secret: secret(section),
        socket_timeout,
        socket_connect_timeout: section
            .limit_if_set(Property::SocketConnectTimeout)
            .unwrap_or(socket_timeout),
        socket_keepalive: section.flag(Property::SocketKeepalive),
        socket_buffer: positive(section.number(Property::SocketBuffer)).map(|size| size.max(max_packet_size)),
        connection_pool_size: pool_size,
        connection_pool_minsize: pool_minsize(section, pool_size.unwrap_or(threads.max(1))),
        connection_pool_timeout: section.limit(Property::PoolTimeout),
        connection_acquire_timeout: section
            .limit_if_set(Property::AcquireTimeout)
            .map_or(retry_interval * retries, Option::unwrap_or_default),
        connect_ping: pings.connect,
        prepost_ping: pings.prepost,
        connection_ping_interval: pings.interval,
        ping_timeout: pings.timeout,
        reply_timeout: section.limit(Property::ReplyTimeout),
        retries,
        retry_interval,
        recovery: recovery_options(section),
        fail_on_status: fail_on_status(section),
        busy_limit: u32::try_from(section.number(Property::BusyLimit)).ok().filter(|limit| *limit > 0),
        max_packet_size,
    }
}

/// Reads the secret of an ajp13 worker, or the one that a balancer hands to its members.
pub(super) fn secret(section: &Section<'_>) -> Option<Secret> {
    section.entry(Property::Secret).map(|entry| Secret::new(&entry.text))
}

/// Times that are hardly meant: they look as if counted in the other unit.
const HARDLY_MEANT: [(Property, RangeInclusive<i32>); 8] = [
    (Property::SocketConnectTimeout, 1..=49),
    (Property::ConnectTimeout, 1..=49),
    (Property::PrepostTimeout, 1..=49),
    (Property::PingTimeout, 1..=49),
    (Property::ReplyTimeout, 1..=99),
    (Property::SocketTimeout, 10_001..=i32::MAX),
    (Property::PoolTimeout, 86_401..=i32::MAX),
    (Property::ResolveInterval, 86_401..=i32::MAX),
];

fn doubt_units(section: &mut Section<'_>) {
    for (property, doubted) in HARDLY_MEANT {
        // A name that is none was told, with the unit of what was meant.
        let entry =
            section.entry(property).filter(|entry| entry.written.ends_with(property.name().as_bytes()));
        let number = entry.and_then(|entry| values::number(&entry.text).ok());
        if number.is_some_and(|number| number.ignored.is_empty() && doubted.contains(&number.value)) {
            let text = match property.spec().kind {
                ValueKind::Milliseconds => "the unit is milliseconds; is so short a time meant?",
                _ => "the unit is seconds; is so long a time meant?",
            };
            section.warn(property, text);
        }
    }
}

/// The host; `socket=/path` is `host=unix:/path`.
fn host(section: &mut Section<'_>) -> String {
    if let Some(path) = section.text(Property::Socket) {
        return socket(section, &path);
    }
    let host = section.string(Property::Host);
    if socket_path(&host).is_some() {
        refuse_bad_socket(section, Property::Host, &host);
        return host;
    }
    if host.contains(|character: char| character.is_ascii_whitespace()) {
        section.warn(Property::Host, "a host holds no blanks, and only # starts a comment");
    }
    if let Some((address, port)) = split_host(&host) {
        let port = port.map(|port| format!(" and port={port}")).unwrap_or_default();
        section.warn(Property::Host, format_args!("{}, use host={address}{port}", cause(&host)));
    }
    host
}

fn socket(section: &mut Section<'_>, path: &str) -> String {
    let host = format!("unix:{}", path.strip_prefix("unix:").unwrap_or(path));
    refuse_bad_socket(section, Property::Socket, &host);
    for property in [Property::Host, Property::Port] {
        if section.entry(property).is_some() {
            section.warn(property, "it has no effect, as socket says where Tomcat is");
        }
    }
    host
}

fn refuse_bad_socket(section: &mut Section<'_>, property: Property, host: &str) {
    if let Some(expected) = values::socket_expected(host) {
        section.refuse(property, expected);
    }
}

fn source(section: &mut Section<'_>) -> Option<String> {
    let source = section.text(Property::Source)?;
    if let Some((address, _)) = split_host(&source) {
        section.warn(Property::Source, format_args!("{}, use source={address}", cause(&source)));
    }
    Some(source)
}

/// Address and port of a host that is written as in a URL, which does not resolve.
fn split_host(host: &str) -> Option<(&str, Option<&str>)> {
    if let Some((_, rest)) = host.split_once("://") {
        let authority = rest.split('/').next().unwrap_or_default();
        return Some(split_host(authority).unwrap_or((authority, None)));
    }
    if let Some((address, rest)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return Some((address, rest.strip_prefix(':')));
    }
    let (name, port) = host.split_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
    is_port.then_some((name, Some(port)))
}

fn cause(host: &str) -> &'static str {
    match host.starts_with('[') {
        true => "an IPv6 address is written without brackets",
        false if host.contains("://") => "a host is no URL",
        false => "a host with a port does not resolve",
    }
}

fn pool_size(section: &mut Section<'_>) -> Option<usize> {
    let size = section.number_if_set(Property::PoolSize)?;
    if size == 0 {
        section.warn(Property::PoolSize, "without connections every request gets 503");
    }
    usize::try_from(size).ok()
}

fn pool_minsize(section: &mut Section<'_>, pool_size: usize) -> usize {
    let configured = section.number_if_set(Property::PoolMinsize);
    configured.and_then(|size| usize::try_from(size).ok()).unwrap_or(pool_size.div_ceil(2))
}

fn max_packet_size(section: &mut Section<'_>) -> usize {
    let size = usize::try_from(section.number(Property::MaxPacketSize)).unwrap_or_default();
    size.next_multiple_of(PACKET_SIZE_STEP)
}

fn positive(number: i32) -> Option<usize> {
    usize::try_from(number).ok().filter(|number| *number > 0)
}

fn pings(section: &mut Section<'_>) -> Pings {
    let mode = ping_mode(section);
    let timeout = section.number(Property::PingTimeout);
    let millis = |number: i32| positive(number).map(|number| Duration::from_millis(number as u64));
    let mut ping = |property, flag| match section.number(property) {
        0 if mode.contains(flag) => millis(timeout),
        own => millis(own),
    };
    let connect = ping(Property::ConnectTimeout, PingMode::CONNECT);
    let prepost = ping(Property::PrepostTimeout, PingMode::PREPOST);
    let seconds = match section.number(Property::PingInterval) {
        // A hundredth of the milliseconds as seconds: ten times the timeout.
        0 if mode.contains(PingMode::INTERVAL) => timeout / 100,
        own => own,
    };
    let interval = positive(seconds).map(|seconds| Duration::from_secs(seconds as u64));
    Pings { timeout: millis(timeout).unwrap_or_default(), connect, prepost, interval }
}

fn ping_mode(section: &mut Section<'_>) -> PingMode {
    let Some(entry) = section.entry(Property::PingMode) else { return PingMode::empty() };
    let mode = values::ping_mode(&entry.text);
    if !values::is_plain_ping_mode(&entry.text) {
        let letters = [(PingMode::CONNECT, 'C'), (PingMode::PREPOST, 'P'), (PingMode::INTERVAL, 'I')];
        let used: String =
            letters.iter().filter(|(flag, _)| mode.contains(*flag)).map(|(_, letter)| *letter).collect();
        let taken = if used.is_empty() { "no ping".to_owned() } else { used };
        section.warn(
            Property::PingMode,
            format_args!("expected letters of C, P, I and A (all), taken as {taken}"),
        );
    }
    mode
}

fn recovery_options(section: &mut Section<'_>) -> RecoveryOptions {
    let bits = section.number(Property::RecoveryOptions) as u32;
    let options = RecoveryOptions::from_bits_truncate(bits);
    if options.bits() != bits {
        let (all, used) = (RecoveryOptions::all().bits(), options.bits());
        section.warn(Property::RecoveryOptions, format_args!("expected 0 to {all}, using {used}"));
    }
    options
}

fn fail_on_status(section: &mut Section<'_>) -> Vec<FailStatus> {
    let mut statuses = Vec::new();
    for item in section.items(Property::FailOnStatus) {
        match values::fail_status(&item.text) {
            Some(status) => statuses.push(status),
            None => {
                let text = format!("{} is no HTTP status and never matches", shown(item.text.as_bstr()));
                section.warn(Property::FailOnStatus, text);
            }
        }
    }
    statuses
}
