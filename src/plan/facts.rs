//! What has to be known of httpd to judge its configuration.

use super::access::Directive;
use crate::config::directives::ServerSettings;
use crate::config::Origin;

/// What httpd knows of its servers, or who reads its files in its place.
pub struct Facts<'f> {
    /// The main server, and the virtual hosts behind it, the last defined one first; never empty.
    pub servers: Vec<ServerFacts>,
    /// httpd listens on an address that no virtual host has.
    pub main_is_reachable: bool,
    /// ServerRoot, without a slash at its end.
    pub server_root: String,
    /// Threads of one child that serve requests: 1 without threads.
    pub threads_per_child: usize,
    /// A server is about to start, so that there is nothing to lose.
    pub starts: bool,
    /// A map file that is just being written is waited for.
    pub waits: bool,
    /// Reads the directives and sections that [`Directive::matters`] names, where they stand.
    pub directives: &'f dyn Fn() -> Vec<Directive>,
    /// Tells whether a regular expression of httpd's matches a text; one that is none matches everything.
    pub matches: &'f dyn Fn(&str, &str) -> bool,
}

/// One server of httpd's list.
#[derive(Clone, Debug)]
pub struct ServerFacts {
    /// What its directives say, with what a virtual host inherits ([`ServerSettings::inherit`]).
    pub settings: ServerSettings,
    /// What a virtual host is called, and where it is defined.
    pub place: Option<(String, Origin)>,
}
