//! httpd's scoreboard: which child processes there are.

use super::bindings::{ap_get_scoreboard_global, ap_get_scoreboard_process, process_score};
use super::request::Request;

impl Request<'_> {
    /// Child processes of earlier generations that still run: a graceful restart has them end what they have begun.
    pub(crate) fn earlier_processes(self) -> usize {
        // SAFETY: the MPM makes the scoreboard before the first child, in which this request is served, and it stays until
        // the process ends.
        let global = unsafe { ap_get_scoreboard_global() };
        // SAFETY: as above. The parent alone writes the number, which may change meanwhile.
        let running = unsafe { (&raw const (*global).running_generation).read_volatile() };
        (0..).map_while(process).filter(|(pid, generation)| *pid != 0 && *generation != running).count()
    }
}

/// Process and generation of a place of the scoreboard; `None` behind the last.
fn process(place: i32) -> Option<(i32, i32)> {
    // SAFETY: the scoreboard is there (`earlier_processes`), and httpd answers null for places that it does not have.
    let score: *const process_score = unsafe { ap_get_scoreboard_process(place) };
    // SAFETY: a place lies in the scoreboard. Parent and children write its fields as whole words, at any time.
    (!score.is_null()).then(|| unsafe {
        ((&raw const (*score).pid).read_volatile(), (&raw const (*score).generation).read_volatile())
    })
}
