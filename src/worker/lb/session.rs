//! Stickiness: which routes a request's session ids name ("load-balancer, section 5.3").
//!
//! Only reads; whether a route leads to a member is up to [`super::select`]. What is kept of the original's
//! reading of cookies although RFC 6265 reads them differently is said at the place.

use smallvec::SmallVec;

use crate::config::settings::LbSettings;
use crate::worker::WorkerRequest;

/// Session ids looked at in one request; more are no browser's doing.
const MAX_IDS: usize = 64;

/// What a request says about its session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Session {
    /// There is a session id, whatever it says.
    pub present: bool,
    /// Routes of its ids, in the order in which they are tried.
    pub routes: Vec<Vec<u8>>,
}

impl Session {
    /// Reads what `request` says to the balancer `settings`.
    pub(super) fn of(request: &WorkerRequest<'_>, settings: &LbSettings) -> Self {
        let ignored = request.sticky_ignore.unwrap_or(request.rule.sticky_ignore);
        if !settings.sticky_session || ignored {
            return Self::default();
        }
        if let Some(route) = request.route {
            return Self { present: true, routes: vec![route.to_owned()] };
        }
        let path = request.rule.session_path.as_ref().unwrap_or(&settings.session_path);
        if let Some(id) = path_parameter(request.forward.req_uri, path.as_bytes()) {
            return Self::from_ids([id]);
        }
        let cookie = request.rule.session_cookie.as_ref().unwrap_or(&settings.session_cookie);
        let mut session = Self::default();
        request.forward.headers.for_each_cookie(&mut |value| {
            cookie_values(value, cookie.as_bytes()).for_each(|id| session.add(id));
        });
        session
    }

    fn from_ids<'a>(ids: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut session = Self::default();
        ids.into_iter().for_each(|id| session.add(id));
        session
    }

    /// Adds a session id: its route is what follows the first dot.
    fn add(&mut self, id: &[u8]) {
        self.present |= !id.is_empty();
        if let Some(dot) = memchr::memchr(b'.', id).filter(|_| self.routes.len() < MAX_IDS) {
            self.routes.push(id[dot + 1..].to_owned());
        }
    }
}

/// The value of the path parameter `name` (with or without its `;`) in `uri`.
///
/// A value is empty where another delimiter follows at once; one with nothing at all behind it counts as
/// absent, so that cookies are looked at, as the original does.
fn path_parameter<'a>(uri: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let name = name.strip_prefix(b";").unwrap_or(name);
    let mut rest = uri;
    while let Some(start) = memchr::memchr(b';', rest) {
        rest = &rest[start + 1..];
        let value = rest.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"="));
        if let Some(value) = value.filter(|value| !value.is_empty() && !name.is_empty()) {
            let end = memchr::memchr3(b'?', b';', b'/', value).unwrap_or(value.len());
            return Some(&value[..end]);
        }
    }
    None
}

/// Values of the cookies `name` in one Cookie header, in order.
///
/// As in the original a name may stand behind `;`, `,` or white space, also inside another cookie's value; a
/// value ends at `;` or `,`, keeps white space at its end, and loses one pair of quotes around it. A last
/// cookie without any octet behind its `=` counts as absent.
fn cookie_values<'a>(header: &'a [u8], name: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut values: SmallVec<[&[u8]; 4]> = SmallVec::new();
    let mut position = 0;
    while let Some(start) = find(header, name, position) {
        position = start + 1;
        let is_free =
            start == 0 || matches!(header[start - 1], b';' | b',') || header[start - 1].is_ascii_whitespace();
        let tail = header[start + name.len()..].trim_ascii_start();
        let Some(value) = tail.strip_prefix(b"=").filter(|value| is_free && !value.is_empty()) else {
            continue;
        };
        let end = memchr::memchr2(b';', b',', value).unwrap_or(value.len());
        values.push(unquoted(&value[..end]));
        position = header.len() - value.len() + end;
    }
    values.into_iter()
}

/// Where `name` begins next in `header` from `position` on. Names are short, and few octets are their first.
fn find(header: &[u8], name: &[u8], position: usize) -> Option<usize> {
    let first = *name.first()?;
    let mut begins = memchr::memchr_iter(first, &header[position..]).map(|offset| position + offset);
    begins.find(|start| header[*start..].starts_with(name))
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}

#[cfg(test)]
mod tests;
