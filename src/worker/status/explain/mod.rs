//! `cmd=explain`: which rule takes a URI on a virtual host, where that leads now, and why no other rule does.
//!
//! Nothing is decided here. The virtual host is that which httpd chooses ([`Hosts`]), the rule that of the look-up
//! ([`crate::mapping::Explanation`]), and members are those that the balancer's own selection finds
//! ([`crate::worker::lb::Rehearsal`]). Nothing changes by it, and no request is sent.

mod records;
mod statements;
mod target;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::problem::Problem;
use super::query::Query;
use super::{Ask, Surroundings};
use crate::mapping::{self, Explanation, Rule, RuleMap, TargetError, Verdict};
pub(super) use records::records;
pub(super) use target::{Balance, Candidate, SessionTold, Target, TargetKind};

/// What is said to who wants it as figures.
pub(super) const NO_FIGURES: &str = "cmd=explain has no format prometheus: it tells no figures";

/// What is said to who names no URI.
const NO_URI: &str = "uri is missing: cmd=explain needs one, such as uri=/shop/cart";

/// The virtual hosts of the server.
pub(crate) trait Hosts {
    /// The one that httpd would choose for a name, on the port where the page was asked for or another one on which it
    /// listens; without a name that which was asked for the page.
    fn choose(&self, name: Option<(&str, Option<u16>)>) -> Chosen<'_>;
}

/// A virtual host that was chosen.
pub(crate) struct Chosen<'h> {
    /// As the page calls it.
    pub server: String,
    /// File and line that define it.
    pub place: Option<String>,
    /// Why it.
    pub by: ChosenBy,
    /// A port that was asked for and on which httpd does not listen, so that the page's own counted.
    pub ignored_port: Option<u16>,
    /// Its rules; `None` if it has none.
    pub map: Option<Arc<RuleMap>>,
    /// Tells why it refuses a URI that a rule takes, given as it came and clean.
    pub objection: Box<Objection<'h>>,
}

/// Says why a URI is refused.
type Objection<'h> = dyn Fn(&[u8], &[u8]) -> Option<&'static str> + 'h;

/// Why a virtual host was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    /// The page was asked for there.
    Page,
    /// It has the name.
    Name,
    /// It has the name, at another address or port than the page was asked for.
    NameElsewhere,
    /// No other has the name, and it is the first at this address and port.
    Default,
    /// No name was asked for, and it is the first one.
    First,
}

/// What is told.
#[derive(Debug)]
pub(super) struct Explained {
    /// As it was asked for.
    pub(super) uri: String,
    /// As it is looked up; `None` if it is refused before.
    pub(super) clean: Option<String>,
    /// The host that was asked for.
    pub(super) host: Option<String>,
    pub(super) server: String,
    pub(super) place: Option<String>,
    pub(super) chosen_by: ChosenBy,
    /// As in [`Chosen`].
    pub(super) ignored_port: Option<u16>,
    pub(super) outcome: Result<Explanation, String>,
    /// Why the virtual host refuses what a rule takes.
    pub(super) objection: Option<&'static str>,
    /// Where the rule leads.
    pub(super) target: Option<Target>,
}

/// Explains what `query` asks for.
pub(super) fn explain(query: &Query, ask: &Ask<'_>, around: &Surroundings<'_>) -> Result<Explained, Problem> {
    let uri = query.get("uri").filter(|uri| !uri.is_empty()).ok_or(NO_URI)?;
    let target = match mapping::read_target(uri.as_bytes()) {
        Err(error @ TargetError::NotAbsolute) => return Err(format!("uri={uri}: {error}").into()),
        target => target,
    };
    let host = query.get("host").filter(|host| !host.is_empty()).map(str::to_owned);
    let in_address = target.as_ref().ok().and_then(|target| target.host);
    let host = host.or_else(|| in_address.map(|host| String::from_utf8_lossy(host).into_owned()));
    let name = host.as_deref().map(name_and_port).transpose()?;
    let chosen = around.choice.choose(name);
    let path = target.map(|target| target.path);
    let looked_up = path.as_deref().map_err(ToString::to_string).and_then(|path| look_up(&chosen, path));
    let (clean, outcome) = match looked_up {
        Ok((clean, explanation)) => (Some(clean), Ok(explanation)),
        Err(refusal) => (None, Err(refusal)),
    };
    let path = path.unwrap_or_default();
    let taken = outcome.as_ref().ok().and_then(taken);
    let objection = taken.zip(clean.as_deref()).and_then(|(_, clean)| (chosen.objection)(&path, clean));
    Ok(Explained {
        target: taken.map(|rule| target::target(rule, &path, query, ask, around)),
        clean: clean.map(|clean| String::from_utf8_lossy(&clean).into_owned()),
        uri: uri.to_owned(),
        server: chosen.server,
        place: chosen.place,
        chosen_by: chosen.by,
        ignored_port: chosen.ignored_port,
        host,
        outcome,
        objection,
    })
}

/// The clean URI, and what becomes of it.
fn look_up(chosen: &Chosen<'_>, path: &[u8]) -> Result<(Vec<u8>, Explanation), String> {
    let clean = mapping::normalise(path).map_err(|error| format!("{error}, which is refused with 400"))?;
    let none = RuleMap::default();
    let map = chosen.map.as_deref().unwrap_or(&none);
    Ok((clean.to_vec(), map.explain(&clean)))
}

/// The rule that takes the URI.
fn taken(explanation: &Explanation) -> Option<&Arc<Rule>> {
    match &explanation.verdict {
        Verdict::Taken(rule) => Some(rule),
        Verdict::Excluded { .. } | Verdict::Disabled { .. } | Verdict::Unmatched => None,
    }
}

/// Splits `name:port`, where the name may be an IPv6 address in brackets.
fn name_and_port(host: &str) -> Result<(&str, Option<u16>), Problem> {
    let after_address = host.rfind(']').map_or(0, |end| end + 1);
    let Some(colon) = host[after_address..].find(':').map(|at| at + after_address) else {
        return Ok((without_end(host), None));
    };
    let (name, port) = (&host[..colon], &host[colon + 1..]);
    match port.parse() {
        Ok(port @ 1..) => Ok((without_end(name), Some(port))),
        _ => Err(format!("host={host}: expected a name, or a name and a port from 1 to 65535").into()),
    }
}

/// A name without the dot behind it that says that it is complete, which httpd takes off, too.
fn without_end(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
