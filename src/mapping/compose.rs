//! What a virtual host takes over from the main server (JkMountCopy).
//!
//! A virtual host without rules and without a map file of its own shares the main server's whole map instead;
//! the configuration decides that. Rules: "uri-mapping, section 8".

use std::collections::HashSet;
use std::sync::Arc;

use super::{Rule, Source};

/// Puts together the rules of a virtual host: its own, then, with `copy`, the main server's JkMount and
/// JkUnMount rules whose pattern it does not define itself. Mount and exclusion are different patterns.
pub fn compose(main: &[Arc<Rule>], vhost: Vec<Rule>, copy: bool) -> Vec<Arc<Rule>> {
    let vhost: Vec<_> = vhost.into_iter().map(Arc::new).collect();
    let own: HashSet<&[u8]> = vhost.iter().map(|rule| &*rule.written).collect();
    let inherited =
        main.iter().filter(|rule| copy && rule.source == Source::JkMount && !own.contains(&*rule.written));
    vhost.iter().chain(inherited).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Origin, Report};

    fn rules() -> (Vec<Arc<Rule>>, Vec<Rule>) {
        let origin = Origin::new(&"httpd.conf".into(), 1);
        let report = &mut Report::default();
        let mut mount = |path: &str, worker: &str| {
            Rule::mount(path.as_bytes(), worker.as_bytes(), &origin, report).unwrap().remove(0)
        };
        let mut main = vec![mount("/x", "main"), mount("/only-main", "main")];
        let vhost = vec![mount("/x", "vhost"), mount("/tie", "vhost")];
        main.extend(Rule::unmount(b"/x", b"vhost", &origin, report).unwrap());
        main.push(Rule::worker_mount(b"/worker", "w", None).unwrap());
        (main.into_iter().map(Arc::new).collect(), vhost)
    }

    fn shown(rules: Vec<Arc<Rule>>) -> Vec<String> {
        rules.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn own_rules_come_first_and_win_over_the_same_pattern() {
        let (main, vhost) = rules();
        let copied = shown(compose(&main, vhost, true));
        assert_eq!(copied, ["/x=vhost", "/tie=vhost", "/only-main=main", "!/x=vhost"]);
    }

    #[test]
    fn without_copy_only_own_rules_count() {
        let (main, vhost) = rules();
        assert_eq!(shown(compose(&main, vhost, false)), ["/x=vhost", "/tie=vhost"]);
    }

    #[test]
    fn rules_that_are_copied_are_not_made_again() {
        let (main, vhost) = rules();
        let copied = compose(&main, vhost, true);
        assert!(Arc::ptr_eq(&copied[2], &main[1]) && Arc::ptr_eq(&copied[3], &main[2]));
    }
}
