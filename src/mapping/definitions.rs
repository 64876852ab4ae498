//! Definitions of one source in order, where a later one with the same text replaces an earlier one.

use std::collections::HashMap;
use std::sync::Arc;

use super::Rule;

/// Rules in definition order. The definition that replaces another takes its place.
#[derive(Clone, Debug, Default)]
pub struct Definitions {
    groups: Vec<Vec<Rule>>,
    by_text: HashMap<Arc<[u8]>, usize>,
}

impl Definitions {
    /// Adds the rules of one definition; returns those of the definition that it replaces.
    pub fn define(&mut self, rules: Vec<Rule>) -> Option<Vec<Rule>> {
        let text = Arc::clone(&rules.first()?.written);
        match self.by_text.get(&text) {
            Some(index) => Some(std::mem::replace(&mut self.groups[*index], rules)),
            None => {
                self.by_text.insert(text, self.groups.len());
                self.groups.push(rules);
                None
            }
        }
    }

    /// Number of definitions.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// All rules in order.
    pub fn into_rules(self) -> Vec<Rule> {
        self.groups.into_iter().flatten().collect()
    }
}

/// Says that `new` took the place of `old`; nothing if both say the same.
pub fn describe_replaced(old: &Rule, new: &Rule) -> Option<String> {
    if old.worker == new.worker && old.options == new.options {
        return None;
    }
    let place = old.origin.as_ref().map(|origin| format!(" of {origin}")).unwrap_or_default();
    let advice = match old.worker == new.worker {
        true => "",
        false => "; only the last counts, several workers share the work as members of a balancer",
    };
    Some(format!("{} replaces {}{place}{advice}", new.spelling(), old.spelling()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Origin, Report};

    #[test]
    fn the_last_definition_wins_in_the_place_of_the_first() {
        let mut definitions = Definitions::default();
        let mut define = |path: &str, worker: &str, line| {
            let origin = Origin::new(&"httpd.conf".into(), line);
            let mut report = Report::default();
            let rules = Rule::mount(path.as_bytes(), worker.as_bytes(), &origin, &mut report).unwrap();
            definitions.define(rules)
        };
        assert_eq!(define("/a", "w1", 1), None);
        assert_eq!(define("/a|/*", "w2", 2), None);
        let replaced = define("/a", "w3", 3).unwrap().remove(0);
        let new =
            Rule::mount(b"/a", b"w3", &Origin::new(&"httpd.conf".into(), 3), &mut Report::default()).unwrap();
        assert_eq!(describe_replaced(&new[0], &new[0]), None, "the same twice");
        assert_eq!(
            describe_replaced(&replaced, &new[0]).unwrap(),
            "JkMount /a w3 replaces JkMount /a w1 of httpd.conf:1; only the last counts, several workers share the \
             work as members of a balancer"
        );
        assert_eq!(replaced.origin.unwrap().line, 1);
        assert_eq!(definitions.len(), 2);
        let rules: Vec<_> = definitions.into_rules().iter().map(ToString::to_string).collect();
        assert_eq!(rules, ["/a=w3", "/a=w2", "/a/*=w2"]);
    }
}
