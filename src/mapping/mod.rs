//! Which worker a URI belongs to: rules, their sources, the compiled index, and the reload of map files.
//!
//! Nothing here knows httpd or workers. The configuration turns JkMount, JkUnMount and `mount` properties into
//! [`Rule`]s, [`compose`] adds what a virtual host inherits, and a [`ServerMap`] adds the rules of the map file
//! and keeps them current. A request's URI is cleaned by [`normalise`] and looked up with
//! [`ServerMap::lookup`]. The rules come from "uri-mapping" and from "decisions, rows 2 to 4 and 14".

mod auto_alias;
mod check;
mod compose;
mod definitions;
mod encoded_slash;
mod extensions;
mod index;
mod map_file;
mod normalise;
mod objection;
pub mod options;
mod pattern;
mod reading;
mod rule;
mod server_map;
mod target;
mod uri;
mod words;

pub use auto_alias::{auto_alias, AutoAlias};
pub use check::WorkerCheck;
pub use compose::compose;
pub use definitions::{describe_replaced, Definitions};
pub use encoded_slash::{encoded_slashes, escape_around, hides_dot_segment};
pub use extensions::{parse_worker, Extension, EXTENSIONS};
pub use index::{Explanation, Near, PassedOver, Precedence, RuleMap, Verdict, Why};
pub use map_file::{KnownProperty, MAX_FILE_SIZE};
pub use normalise::{has_dot_segments, normalise, UriError};
pub use objection::objection;
pub use options::{ActivationRule, RuleOptions};
pub(crate) use pattern::glob;
pub use pattern::{Pattern, PatternError};
pub use reading::reads_as;
pub use rule::{Rule, RuleKind, Source};
pub use server_map::{Look, MapFile, Moment, News, ServerMap, Subject, Validate, Watcher};
pub use target::{read_target, Target, TargetError};
pub use uri::{decodes_again, escape_proxy, is_unsafe, strip_session};
