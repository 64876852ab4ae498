//! Pools that have fewer connections than a child has threads.

use std::collections::BTreeMap;

use crate::config::settings::WorkersSettings;
use crate::config::workers::map::Entry;
use crate::config::workers::table::Property;
use crate::config::workers::PropertyMap;
use crate::config::Report;

/// Most workers that one line names.
const NAMED: usize = 5;

/// Warns of pools that are smaller than `threads`, one line for those of one size, at the first of them.
pub(super) fn check(
    workers: &WorkersSettings,
    properties: &PropertyMap,
    threads: usize,
    report: &mut Report,
) {
    let mut small: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for tomcat in workers.tomcats() {
        let Some(size) = tomcat.connection_pool_size.filter(|size| *size < threads) else { continue };
        let names = small.entry(size).or_default();
        if !names.contains(&tomcat.name.as_str()) {
            names.push(&tomcat.name);
        }
    }
    for (size, names) in small {
        let entry = properties.of_worker(names[0].into(), Property::PoolSize);
        let more = names.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let names = names[..names.len().min(NAMED)].join(", ");
        let text = format!(
            "connection_pool_size={size} of {names}{more} is less than the {threads} threads of a child: requests \
             may wait connection_acquire_timeout and get 503 while threads are free; leave connection_pool_size \
             out, or set it to {threads}"
        );
        report.warn(entry.and_then(Entry::origin), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::workers::{load, Loaded};

    fn told(text: &str, threads: usize) -> Vec<String> {
        let Loaded { settings, properties, .. } =
            load(&[], Some((text.as_bytes(), "workers.properties".into())), "/", threads);
        let mut report = Report::default();
        check(&settings, &properties, threads, &mut report);
        report.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn small_pools_are_told_by_size_where_the_first_is_written() {
        let text = "worker.list=a,b,c\nworker.a.connection_pool_size=10\nworker.b.connection_pool_size=1\n\
                    worker.c.cachesize=10\n";
        let told = told(text, 16);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("workers.properties:3: connection_pool_size=1 of b is less than the 16 "));
        assert!(
            told[1].starts_with("workers.properties:2: connection_pool_size=10 of a, c is less"),
            "{told:?}"
        );
        assert!(told[1].ends_with("or set it to 16"), "{told:?}");
    }

    #[test]
    fn pools_for_all_threads_are_no_matter_and_many_are_not_all_named() {
        assert!(told("worker.list=a,b\nworker.a.connection_pool_size=16\n", 16).is_empty());
        let lines = (0..9).map(|number| format!("worker.w{number}.connection_pool_size=1\n"));
        let list = (0..9).map(|number| format!("w{number}")).collect::<Vec<_>>().join(",");
        let told = told(&format!("worker.list={list}\n{}", lines.collect::<String>()), 2);
        assert!(told.len() == 1 && told[0].contains("w4 and 4 more is less"), "{told:?}");
    }
}
