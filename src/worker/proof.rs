//! Whether members work that were stopped and are not any more, asked while the command waits that wanted them back: a
//! Tomcat that runs gets requests at once, and who reads the status behind the command reads what it is ("decisions,
//! row 73").

use std::time::{Duration, Instant};

use super::ajp13::{wait_for, Ajp13Worker, Probe, Step};
use super::lb::LbWorker;
use crate::log::Context;

/// How long a command waits. Who has not answered by then is asked by the [`super::prober`], each second.
const PATIENCE: Duration = Duration::from_secs(1);

/// A member that is being asked.
struct Asked<'w> {
    member: usize,
    began: i64,
    probe: Probe<'w>,
}

/// Asks those of `members`, which were stopped, that are back, all at a time; tells all processes who has answered.
pub(crate) fn prove(lb: &LbWorker<Ajp13Worker>, members: &[usize], log: Context<'_>) {
    let end = Instant::now() + PATIENCE;
    lb.keep_current();
    let mut running = Vec::new();
    let note = |member, began, step, running: &mut Vec<_>| match step {
        Step::Waits(probe) => running.push(Asked { member, began, probe }),
        Step::Answered => lb.answered(member, began, log),
        // The prober asks again, and tells it.
        Step::Failed(_) => {}
    };
    for member in members {
        if let Some(began) = lb.begin_proof(*member) {
            note(*member, began, lb.members()[*member].backend().probe(log), &mut running);
        }
    }
    while !running.is_empty() && Instant::now() < end {
        let ready = match wait_for(running.iter().map(|asked| &asked.probe), end) {
            Ok(ready) => ready,
            Err(None) => continue,
            Err(Some(_)) => return,
        };
        for (asked, ready) in std::mem::take(&mut running).into_iter().zip(ready) {
            note(asked.member, asked.began, asked.probe.go_on(ready, log), &mut running);
        }
    }
}
