//! The maps that were made already: virtual hosts that say the same share one, so that it is compiled, kept and looked at
//! once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::mapping::{MapFile, Rule, ServerMap};

/// Maps by what they were made of.
#[derive(Default)]
pub(super) struct KnownMaps(HashMap<u64, Vec<Arc<ServerMap>>>);

/// Stands for what a map is made of. Different maps may have the same.
#[derive(Clone, Copy)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    /// That of the rules of a configuration and a map file.
    pub(super) fn of(rules: &[Arc<Rule>], file: Option<&MapFile>) -> Self {
        let mut hasher = DefaultHasher::new();
        for rule in rules {
            (&rule.pattern, &rule.worker, &rule.origin).hash(&mut hasher);
        }
        file.map(|file| (&file.path, file.reload)).hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl KnownMaps {
    /// The map that was made of these rules and this file.
    pub(super) fn find(
        &self,
        Fingerprint(key): Fingerprint,
        rules: &[Arc<Rule>],
        file: Option<&MapFile>,
    ) -> Option<Arc<ServerMap>> {
        self.0.get(&key)?.iter().find(|map| map.is_made_of(rules, file)).cloned()
    }

    /// Takes a map that was made.
    pub(super) fn add(&mut self, Fingerprint(key): Fingerprint, map: &Arc<ServerMap>) {
        self.0.entry(key).or_default().push(Arc::clone(map));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{Origin, Report};

    #[test]
    fn what_says_the_same_at_the_same_place_is_one_map() {
        let rules = |line, worker: &str| {
            let origin = Origin::new(&"httpd.conf".into(), line);
            let rules = Rule::mount(b"/x", worker.as_bytes(), &origin, &mut Report::default()).unwrap();
            rules.into_iter().map(Arc::new).collect::<Vec<_>>()
        };
        let file = |seconds| MapFile {
            path: "/etc/map".into(),
            reload: Some(Duration::from_secs(seconds)),
            known_property: |_| false,
        };
        let mut known = KnownMaps::default();
        let map = Arc::new(ServerMap::new(rules(7, "w;reply_timeout=1"), Some(file(60))));
        let like = |rules: &[Arc<Rule>], file: Option<&MapFile>| Fingerprint::of(rules, file);
        known.add(like(&rules(7, "w"), Some(&file(60))), &map);
        let find = |line, worker: &str, file: Option<MapFile>| {
            let rules = rules(line, worker);
            known.find(like(&rules, file.as_ref()), &rules, file.as_ref())
        };
        assert!(find(7, "w;reply_timeout=1", Some(file(60))).is_some_and(|found| Arc::ptr_eq(&found, &map)));
        assert!(find(7, "w", Some(file(60))).is_none(), "other extensions");
        assert!(find(8, "w;reply_timeout=1", Some(file(60))).is_none(), "another line");
        assert!(find(7, "w;reply_timeout=1", Some(file(1))).is_none(), "another interval");
        assert!(find(7, "w;reply_timeout=1", None).is_none(), "no file");
    }
}
