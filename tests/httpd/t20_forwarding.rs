//! Everything Tomcat sees, for each directive and each kind of request that has a say in it.
//!
//! Tables of requests with the facts that must come out run through this module and through the C original, on the
//! same httpd with the same Tomcats. Each fact of a row is held against the table, and all facts seen, named in the
//! table or not, against the original. Where the two differ on purpose, the row says so and names the entry in the
//! list of differences in docs/book/src/from-mod_jk.md. Rules: "directives", "uri-mapping", "ajp13".

mod facts;
mod flush;
mod ids;
mod rules;
mod run;
mod table;

mod indicators;
mod logs;
mod options;
mod requests;
mod tls;
mod uri;

use std::path::Path;
use std::thread;

use crate::support::paths;
use crate::support::suite::Suite;
use facts::Facts;
use run::Run;
use table::{Row, Setup};

pub fn suite() -> Suite {
    Suite::new("forwarding")
        .test("the_uri_in_all_its_forms", || prove(&uri::SETUP))
        .test("facts_that_variables_override", || prove(&indicators::DEFAULTS))
        .test("names_of_these_variables", || prove(&indicators::RENAMED))
        .test("methods_headers_and_bodies", || prove(&requests::SETUP))
        .test("options_and_their_inheritance", || prove(&options::INHERITED))
        .test("directories_aliases_and_handlers", || prove(&options::DIRECTORIES))
        .test("members_routes_and_session_names", || prove(&rules::MEMBERS))
        .test("statuses_and_timeouts", || prove(&rules::STATUSES))
        .test("every_log_line_about_a_request_names_it_and_its_worker", ids::lines_name_request_and_worker)
        .test("request_log", || prove(&logs::SETUP))
        .test("flushed_pieces_arrive_before_the_end", flush::pieces_arrive_one_by_one)
        .test("facts_about_tls", || prove(&tls::SETUP))
}

/// Runs a setup through both modules and shows all rows that are not as they should be.
fn prove(setup: &'static Setup) {
    let original = paths::original();
    let theirs = original.map(|module| thread::spawn(move || observe(setup, &module)));
    let ours = observe(setup, paths::module());
    let theirs = theirs.map(|thread| thread.join().expect("the original runs"));
    let mut faults = Vec::new();
    for (index, (name, row)) in rows(setup).enumerate() {
        let original = theirs.as_ref().map(|all| &all[index]);
        let found = judge(row, &ours[index], original);
        if !found.is_empty() {
            faults.push(format!("{name}: {:?}\n    {}", row.request, found.join("\n    ")));
        }
    }
    assert!(faults.is_empty(), "{} rows differ\n{}", faults.len(), faults.join("\n"));
}

fn observe(setup: &Setup, module: &Path) -> Vec<Facts> {
    let mut run = Run::start(setup, module);
    let rows = setup.groups.iter().flat_map(|group| group.rows.iter().map(move |row| (group, row)));
    rows.map(|(group, row)| run.observe(group, row.request)).collect()
}

fn rows(setup: &Setup) -> impl Iterator<Item = (&'static str, &'static Row)> {
    setup.groups.iter().flat_map(|group| group.rows.iter().map(|row| (group.name, row)))
}

/// What is wrong with one row.
fn judge(row: &Row, ours: &Facts, original: Option<&Facts>) -> Vec<String> {
    let mut faults = ours.unmet(row.facts);
    let Some(original) = original else { return faults };
    match &row.original {
        None => faults.extend(ours.differences(original, &[])),
        Some(difference) => {
            let decision = format!("\n| {} |", difference.decision);
            if !include_str!("../../docs/decisions.md").contains(&decision) {
                faults.push(format!("docs/decisions.md has no row {}", difference.decision));
            }
            let unmet = original.unmet(difference.facts);
            faults.extend(unmet.into_iter().map(|fault| format!("the original: {fault}")));
            faults.extend(ours.differences(original, &[row.facts, difference.facts].concat()));
        }
    }
    faults
}
