//! End-to-end tests: a real httpd under each MPM, real Tomcats, and a scriptable AJP backend.
//!
//! The module under test is the release build (`cargo build --release`), or what `MOD_JK_SO` names. The usual
//! arguments of a Rust test binary apply. Everything runs on 127.0.0.1 in private directories, and whatever a
//! test starts ends with it, or with this process.

mod support;
mod t01_basic;
mod t02_mapping;
mod t03_configtest;
mod t04_bodies;
mod t05_faults;
mod t06_retries;
mod t07_balancer;
mod t08_reload;
mod t09_failover;
mod t10_graceful;
mod t11_costs;
mod t12_seeds;
mod t13_isolation;
mod t14_filters;
mod t15_answers;
mod t16_panics;
mod t18_logs;
mod t19_directives;
mod t20_forwarding;
mod t21_tls;
mod t22_http2;
mod t23_modules;
mod t24_error_pages;
mod t25_haproxy;
mod t26_hygiene;
mod t27_vulnerabilities;
mod t28_examples;
mod t29_probes;
mod t30_dns;
mod t31_persist;
mod t32_resources;
mod t33_locations;
mod t34_spread;
mod t35_gauges;
mod t36_operation;
mod t37_metrics;
mod t38_status;
mod t39_status_page;
mod t40_machine;
mod t41_control;
mod t42_explain;
mod t43_browser;
mod t44_hostile;
mod t45_polled;
mod t46_rolling;
mod t47_unix;
mod t48_log_lines;
mod t50_jkctl_remote;
mod t52_jkctl;
mod t53_growth;
mod t55_manual;

use std::process::ExitCode;

use libtest_mimic::Arguments;
use rustix::fs::Mode;

/// Tests wait for servers most of the time, so more of them run at once than there are processors.
const DEFAULT_THREADS: usize = 4;

fn main() -> ExitCode {
    // Whatever the umask of who runs the tests: a server's children, another user, read what is written here.
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(DEFAULT_THREADS);
    let suites = [
        t01_basic::suite(),
        t02_mapping::suite(),
        t03_configtest::suite(),
        t04_bodies::suite(),
        t05_faults::suite(),
        t06_retries::suite(),
        t07_balancer::suite(),
        t08_reload::suite(),
        t09_failover::suite(),
        t10_graceful::suite(),
        t11_costs::suite(),
        t12_seeds::suite(),
        t13_isolation::suite(),
        t14_filters::suite(),
        t15_answers::suite(),
        t16_panics::suite(),
        t18_logs::suite(),
        t19_directives::suite(),
        t20_forwarding::suite(),
        t21_tls::suite(),
        t22_http2::suite(),
        t23_modules::suite(),
        t24_error_pages::suite(),
        t25_haproxy::suite(),
        t26_hygiene::suite(),
        t27_vulnerabilities::suite(),
        t28_examples::suite(),
        t29_probes::suite(),
        t30_dns::suite(),
        t31_persist::suite(),
        t32_resources::suite(),
        t33_locations::suite(),
        t34_spread::suite(),
        t35_gauges::suite(),
        t36_operation::suite(),
        t37_metrics::suite(),
        t38_status::suite(),
        t39_status_page::suite(),
        t40_machine::suite(),
        t41_control::suite(),
        t42_explain::suite(),
        t43_browser::suite(),
        t44_hostile::suite(),
        t45_polled::suite(),
        t46_rolling::suite(),
        t47_unix::suite(),
        t48_log_lines::suite(),
        t50_jkctl_remote::suite(),
        t52_jkctl::suite(),
        t53_growth::suite(),
        t55_manual::suite(),
    ];
    let trials = suites.into_iter().flat_map(support::suite::Suite::into_trials).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    support::tomcat::stop_shared();
    support::paths::remove_scratch();
    conclusion.exit_code()
}
