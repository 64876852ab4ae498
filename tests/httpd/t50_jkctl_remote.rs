//! `jkctl` against running servers: `ping` and `get` ask real Tomcats, `status` asks httpd.

mod get;
mod ping;
mod program;
mod status;
mod tomcats;

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    let suite = Suite::new("jkctl_remote");
    status::add_to(get::add_to(ping::add_to(suite)))
}
