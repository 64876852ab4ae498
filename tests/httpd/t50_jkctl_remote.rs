//! `jkctl` against running servers: `ping` and `get` ask real Tomcats, `status` and the changes
//! ask httpd.

mod certificates;
mod change;
mod get;
mod ping;
mod program;
mod rolling;
mod status;
mod tomcats;

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    let suite = Suite::new("jkctl_remote");
    let suite = status::add_to(get::add_to(ping::add_to(suite)));
    certificates::add_to(rolling::add_to(change::add_to(suite)))
}
