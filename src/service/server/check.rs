//! configtest tells the truth: workers and maps are read and judged before the server starts.
//!
//! What stops what, by phase: at configtest, and when the command line asks a running server to restart, any
//! error refuses, and so does a log or shared memory that could not be made. At start, errors about workers and a map
//! file that is not there do: a broken one costs its own rules. A restart by signal goes on with the last texts that worked. JkConfigCheck Strict makes warnings count as errors.
//! "decisions, rows 1 and 24".

use super::facts::{plan, plan_of};
use super::last_good;
use super::resources;
use super::slot::ServerSlot;
use crate::config::directives::ConfigCheck;
use crate::config::{Diagnostic, Severity};
use crate::ffi::error_log::{write, write_terminal, Level};
use crate::ffi::pool::Pool;
use crate::ffi::server::{phase, threads_per_child, Phase, Server};
use crate::plan::Plan;
use crate::service::verdict::Verdict;

/// Reads the configuration and judges it.
pub(crate) fn check_config(pool: Pool<'_>, main: Server<'_>) -> Verdict {
    let Some(slot) = ServerSlot::of(main) else { return Verdict::Declined };
    let policy = slot.settings.lock().global.config_check;
    let phase = phase();
    let only_checking = matches!(phase, Phase::ConfigTest | Phase::RestartCommand);
    if phase == Phase::StopCommand || (only_checking && policy == ConfigCheck::Off) {
        return Verdict::Ok;
    }
    let last_good = main.process_pool().and_then(last_good::load).filter(|_| phase == Phase::Restart);
    let mut plan = plan(pool, main, phase, last_good.as_ref());
    if only_checking {
        resources::check(pool, &plan.hosts, &mut plan.files_report);
    }
    plan.check_pools(threads_per_child());
    if phase == Phase::ConfigTest {
        plan.check_names();
    }
    if phase != Phase::Start {
        plan.complaints().iter().for_each(|complaint| show(main, complaint, phase));
    }
    let verdict = judge(&plan, phase, policy, last_good.is_some());
    *slot.plan.lock() = Some(plan);
    verdict
}

/// After a panic in [`check_config`]: a restart by signal goes on with the last good texts, as its failure would end the
/// server that runs.
pub(crate) fn check_last_good(pool: Pool<'_>, main: Server<'_>) -> Verdict {
    match ServerSlot::of(main).zip(plan_last_good(pool, main, "check_config")) {
        Some((slot, plan)) => {
            *slot.plan.lock() = Some(plan);
            Verdict::Ok
        }
        None => Verdict::Status(500),
    }
}

/// The plan to go on with after a panic in `entry`; `None` where nothing runs that could go on, or what the directives
/// said is gone.
pub(super) fn plan_last_good(pool: Pool<'_>, main: Server<'_>, entry: &str) -> Option<Plan> {
    ServerSlot::of(main)?;
    let good = main.process_pool().and_then(last_good::load).filter(|_| phase() == Phase::Restart)?;
    let text = format!(
        "an internal error in {entry}, which httpd's error log describes, kept the workers and map files on disk \
         from being taken; please report it"
    );
    let plan = plan_of(pool, main, &good, text);
    plan.workers_report.iter().for_each(|complaint| show(main, complaint, Phase::Restart));
    Some(plan)
}

fn judge(plan: &Plan, phase: Phase, policy: ConfigCheck, has_last_good: bool) -> Verdict {
    let broken = match phase {
        Phase::ConfigTest | Phase::RestartCommand => plan.complaints().has_errors(),
        Phase::Restart => plan.workers_report.has_errors() && !has_last_good,
        Phase::PreConfig | Phase::Start | Phase::StopCommand => {
            plan.workers_report.has_errors() || plan.files_report.has_errors()
        }
    };
    let strict = policy == ConfigCheck::Strict && phase != Phase::Restart && !plan.complaints().is_empty();
    match broken || strict {
        true => Verdict::Status(500),
        false => Verdict::Ok,
    }
}

/// Shows a complaint on the terminal, or in the error log once that is open.
pub(super) fn show(main: Server<'_>, complaint: &Diagnostic, phase: Phase) {
    let (level, word) = match complaint.severity {
        Severity::Error => (Level::Error, "error"),
        Severity::Warning => (Level::Warning, "warning"),
    };
    let text = format!("mod_jk: {word}: {complaint}");
    match phase {
        Phase::Start | Phase::Restart => write(level, Some(main), &text),
        _ => write_terminal(&text),
    }
}
