//! What programs for administrators use of the module, `jkctl` first of all: what it would say of a configuration, where
//! a URI would go, and what lies in its shared memory. Nothing is decided here, and httpd is not needed.

mod explain;
mod memory;

pub use crate::plan::{Directive, Facts, ServerFacts};
pub use crate::text::Reason;
pub use crate::worker::status::ChosenBy;
pub use explain::{explain, Choice, Format, Question, VirtualHosts};
pub use memory::{Balancer, Holding, Member, Memory, Process, Worker};

use crate::config::Report;
use crate::plan::Plan;

/// All that configtest complains of in workers, maps and mounts, in the order of the lines; with `names`, hosts that do
/// not resolve now as well. Whether logs and shared memory can be made on this machine is not asked.
pub fn check(facts: &Facts<'_>, names: bool) -> Report {
    let mut plan = Plan::make(facts, None);
    if names {
        plan.check_names();
    }
    plan.complaints()
}
