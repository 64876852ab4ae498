//! Names in keys: how a key falls into worker and property, which names exist, and what to say about wrong ones.
//!
//! Rules: "workers-properties, sections 2 and 4".

use std::collections::BTreeSet;

use bstr::{BStr, BString, ByteSlice};

use super::map::PropertyMap;
use super::spec::{Standing, ValueKind};
use super::table::{Property, TABLE};
use crate::config::diagnostic::{did_you_mean, nearest};
use crate::config::properties::{self, Line};
use crate::config::settings::WorkersSettings;

/// Longest name in octets, also of hosts, routes and the like: "workers-properties, section 4".
pub const MAX_NAME: usize = 63;

/// Splits `worker.<name>.<property>`; the name is empty in `worker.<property>` and may hold dots itself.
///
/// `None` is a user variable.
pub(super) fn split_key(key: &BStr) -> Option<(&BStr, &BStr)> {
    let rest = key.strip_prefix(b"worker.")?;
    let (name, property) = rest.rsplit_once_str(".").unwrap_or((b"", rest));
    Some((name.as_bstr(), property.as_bstr()))
}

/// Splits any key at its last dot into the prefix that a `reference` can name, and what stands behind.
pub(super) fn split_prefix(key: &BStr) -> Option<(&BStr, &BStr)> {
    key.rsplit_once_str(".").map(|(prefix, name)| (prefix.as_bstr(), name.as_bstr()))
}

/// A key of a worker that ends in no property.
pub(super) struct UnknownProperty {
    /// What to say about it.
    pub complaint: String,
    /// What was probably meant.
    pub meant: Option<Property>,
}

/// Names of other connectors and proxies, as their samples have them, and ours for the same.
const FOREIGN: &[(&str, Property)] = &[
    ("max_reuse_connections", Property::PoolSize),
    ("max_connections", Property::PoolSize),
    ("connection_pool_maxsize", Property::PoolSize),
    ("smax", Property::PoolMinsize),
    ("ttl", Property::PoolTimeout),
    ("acquire", Property::AcquireTimeout),
    ("keepalive", Property::SocketKeepalive),
    ("connectionTimeout", Property::PoolTimeout),
    ("connectiontimeout", Property::SocketConnectTimeout),
    ("packetSize", Property::MaxPacketSize),
    ("timeout", Property::SocketTimeout),
    ("retry", Property::RecoverTime),
    ("loadfactor", Property::Lbfactor),
    ("lbmethod", Property::Method),
    ("lbset", Property::Distance),
    ("jvmroute", Property::Route),
    ("requiredsecret", Property::Secret),
];

/// What Tomcat's Connector takes and no worker does.
const OF_TOMCAT: &[&str] = &[
    "secretRequired",
    "maxThreads",
    "minSpareThreads",
    "maxConnections",
    "acceptCount",
    "keepAliveTimeout",
    "redirectPort",
    "protocol",
    "address",
    "tomcatAuthentication",
    "allowedRequestAttributesPattern",
    "URIEncoding",
    "maxPostSize",
];

/// Rejects keys of workers that end in no known property.
pub(super) fn validate_key(key: &BStr) -> Result<(), UnknownProperty> {
    let Some((_, name)) = split_key(key) else { return Ok(()) };
    if Property::by_name(name).is_some() {
        return Ok(());
    }
    let word = name.to_str_lossy();
    let (advice, meant) = match (foreign(&word), meant_property(&word)) {
        _ if OF_TOMCAT.contains(&word.as_ref()) => {
            (" (of Tomcat), it belongs into the Connector in server.xml".to_owned(), None)
        }
        (Some(ours), _) => {
            (format!(" (of another connector), use {}{}", ours.name(), unit(ours)), Some(ours))
        }
        (None, Some(ours)) => (format!(", did you mean {}?", ours.name()), Some(ours)),
        (None, None) => (String::new(), None),
    };
    Err(UnknownProperty { complaint: format!("{key}: unknown property {name}{advice}"), meant })
}

/// Our property for what others call `name`; two of them differ by case alone.
fn foreign(name: &str) -> Option<Property> {
    let exact = FOREIGN.iter().find(|(foreign, _)| *foreign == name);
    let found = exact.or_else(|| FOREIGN.iter().find(|(foreign, _)| foreign.eq_ignore_ascii_case(name)));
    found.map(|(_, property)| *property)
}

/// The unit of a time, which others count otherwise.
fn unit(property: Property) -> &'static str {
    match property.spec().kind {
        ValueKind::Milliseconds => ", in milliseconds",
        ValueKind::Seconds => ", in seconds",
        _ => "",
    }
}

/// The property that is most like `name`, which is none.
pub(super) fn meant_property(name: &str) -> Option<Property> {
    let known = TABLE.iter().filter(|spec| spec.standing != Standing::Obsolete).map(|spec| spec.name);
    nearest(name, known).and_then(|found| Property::by_name(found.into()))
}

/// Tells whether `key` is that of a worker property that exists.
pub fn is_property_key(key: &[u8]) -> bool {
    split_key(key.as_bstr()).is_some_and(|(_, property)| Property::by_name(property).is_some())
}

/// Checks what one JkWorkerProperty says, while httpd reads the directive.
///
/// # Errors
/// Names the unknown property and the nearest known one.
pub fn check_worker_property(text: &[u8]) -> Result<(), String> {
    match properties::parse_pair(properties::before_nul(text)) {
        Line::Pair { key, .. } => validate_key(key).map_err(|unknown| unknown.complaint),
        Line::Blank | Line::Ignored(_) => Ok(()),
    }
}

/// Names of workers: those that have a property, used or not, and those that were meant to be mounted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefinedNames {
    names: BTreeSet<BString>,
    listed: BTreeSet<BString>,
    /// The file that holds more of them was not read, and that was said.
    unread: bool,
    /// No directive says where workers are defined.
    unnamed: bool,
}

impl DefinedNames {
    /// Collects the names of `map`.
    pub fn of(map: &PropertyMap) -> Self {
        let names = map.iter().filter_map(|(key, _)| split_key(key)).map(|(name, _)| name);
        let names = names.filter(|name| !name.is_empty()).map(BStr::to_owned).collect();
        Self { names, ..Self::default() }
    }

    /// Notes that there may be more names, in a file that could not be read.
    pub fn set_unread(&mut self) {
        self.unread = true;
    }

    /// Notes that no directive says where workers are defined.
    pub fn set_unnamed(&mut self) {
        self.unnamed = true;
    }

    /// Tells whether `name` is missing for a reason that was complained about where workers are defined: it is listed,
    /// or was meant to be, or nobody knows.
    pub fn is_excused(&self, name: &str) -> bool {
        self.unread || self.listed.contains(name.as_bytes().as_bstr())
    }

    /// Notes names that `worker.list` holds or was meant to hold.
    pub(super) fn list(&mut self, names: impl IntoIterator<Item = BString>) {
        self.listed.extend(names);
    }

    /// Tells whether `name` has a property.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.names.contains(name.as_bstr())
    }

    /// The names, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &BStr> {
        self.names.iter().map(|name| name.as_bstr())
    }

    /// The defined name that is most like `name`, which is not defined itself.
    pub(super) fn nearest(&self, name: &BStr) -> Option<&str> {
        self.nearest_of(name, |_| true)
    }

    /// The defined name that is most like `name` among those that are `acceptable`.
    pub(super) fn nearest_of(&self, name: &BStr, acceptable: impl Fn(&BStr) -> bool) -> Option<&str> {
        let known = self.iter().filter(|known| acceptable(known)).filter_map(|known| known.to_str().ok());
        nearest(&name.to_str_lossy(), known)
    }
}

/// Says why `worker` can't serve what is mounted to it, and what may have been meant.
///
/// `None` if it can.
pub fn check_mounted_worker(
    settings: &WorkersSettings,
    defined: &DefinedNames,
    worker: &str,
) -> Option<(&'static str, String)> {
    if settings.find(worker).is_some() {
        return None;
    }
    if defined.contains(worker.as_bytes()) || settings.is_member(worker) {
        return Some(("is not in worker.list", "; add it to worker.list".to_owned()));
    }
    if defined.unnamed {
        return Some((
            "is not defined",
            "; JkWorkersFile names the file with the workers, and is missing".to_owned(),
        ));
    }
    let listed = settings.workers.iter().map(|worker| worker.name.as_str());
    Some(("is not defined", did_you_mean(worker, listed)))
}
