//! A workers.properties file: whatever it says, it is read to its end, complaints have text, and no secret is shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mod_jk::config::workers::load;

fuzz_target!(|text: &[u8]| {
    let loaded = load(&[], Some((text, "workers.properties".into())), "/srv", 8);
    assert!(loaded.report.iter().all(|complaint| !complaint.message.is_empty()));
    for worker in &loaded.settings.workers {
        assert!(loaded.settings.find(&worker.name).is_some());
    }
});
