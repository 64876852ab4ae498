//! `jkctl` against running servers: `ping` and `get` ask real Tomcats.

mod get;
mod ping;
mod program;
mod tomcats;

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    let suite = Suite::new("jkctl_remote");
    get::add_to(ping::add_to(suite))
}
