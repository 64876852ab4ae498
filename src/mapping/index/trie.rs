//! A radix trie that finds all keys that a text starts with, in one walk along the text.

/// Values by octet-string keys; common beginnings of keys are stored once.
#[derive(Debug)]
pub(super) struct Trie<T> {
    nodes: Vec<Node<T>>,
}

#[derive(Debug)]
struct Node<T> {
    /// Octets between the parent and this node.
    label: Box<[u8]>,
    value: Option<T>,
    /// First octet of the label and index of each child, sorted.
    children: Vec<(u8, u32)>,
}

const ROOT: usize = 0;

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Self { nodes: Vec::new() }
    }
}

impl<T: Default> Trie<T> {
    /// The value of `key`, created if it is new.
    pub(super) fn entry(&mut self, key: &[u8]) -> &mut T {
        if self.nodes.is_empty() {
            self.nodes.push(Node { label: Box::default(), value: None, children: Vec::new() });
        }
        let (mut node, mut rest) = (ROOT, key);
        while let Some(first) = rest.first() {
            let (next, consumed) = match self.child_slot(node, *first) {
                Ok(slot) => self.descend(self.nodes[node].children[slot].1 as usize, rest),
                Err(slot) => (self.add_leaf(node, slot, rest), rest.len()),
            };
            (node, rest) = (next, &rest[consumed..]);
        }
        self.nodes[node].value.get_or_insert_with(T::default)
    }

    /// Goes into a child as far as its label agrees with `rest`; the child is split where it stops agreeing.
    fn descend(&mut self, child: usize, rest: &[u8]) -> (usize, usize) {
        let label = &self.nodes[child].label;
        let common = label.iter().zip(rest).take_while(|(a, b)| a == b).count();
        if common < label.len() {
            self.split(child, common);
        }
        (child, common)
    }

    fn split(&mut self, node: usize, at: usize) {
        let lower_index = self.nodes.len() as u32;
        let upper = &mut self.nodes[node];
        let lower = Node {
            label: upper.label[at..].into(),
            value: upper.value.take(),
            children: std::mem::take(&mut upper.children),
        };
        upper.children.push((lower.label[0], lower_index));
        upper.label = upper.label[..at].into();
        self.nodes.push(lower);
    }

    fn add_leaf(&mut self, parent: usize, slot: usize, label: &[u8]) -> usize {
        let index = self.nodes.len();
        self.nodes.push(Node { label: label.into(), value: None, children: Vec::new() });
        self.nodes[parent].children.insert(slot, (label[0], index as u32));
        index
    }
}

impl<T> Trie<T> {
    fn child_slot(&self, node: usize, first: u8) -> Result<usize, usize> {
        self.nodes[node].children.binary_search_by_key(&first, |(octet, _)| *octet)
    }

    /// Calls `visit` with the length and the value of every key that `text` starts with, shortest first.
    pub(super) fn for_each_prefix<'t>(
        &'t self,
        text: impl Iterator<Item = u8>,
        mut visit: impl FnMut(usize, &'t T),
    ) {
        let mut text = text.peekable();
        let Some(mut node) = self.nodes.first() else { return };
        let mut length = 0;
        loop {
            if let Some(value) = &node.value {
                visit(length, value);
            }
            let Some(first) = text.peek() else { return };
            let Ok(slot) = node.children.binary_search_by_key(first, |(octet, _)| *octet) else { return };
            node = &self.nodes[node.children[slot].1 as usize];
            length += node.label.len();
            if !node.label.iter().all(|octet| text.next() == Some(*octet)) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(trie: &Trie<u32>, text: &str) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        trie.for_each_prefix(text.bytes(), |length, value| found.push((length, *value)));
        found
    }

    #[test]
    fn finds_every_key_on_the_way() {
        let mut trie = Trie::default();
        for (number, key) in ["/app/one", "/app/", "/a", "", "/app/only", "/b"].into_iter().enumerate() {
            *trie.entry(key.as_bytes()) = number as u32;
        }
        assert_eq!(prefixes(&trie, "/app/one/x"), [(0, 3), (2, 2), (5, 1), (8, 0)]);
        assert_eq!(prefixes(&trie, "/app/on"), [(0, 3), (2, 2), (5, 1)]);
        assert_eq!(prefixes(&trie, "/c"), [(0, 3)]);
        assert_eq!(prefixes(&Trie::default(), "/c"), []);
        assert_eq!(*trie.entry(b"/b"), 5);
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_starts_with(keys in proptest::collection::btree_set("[ab]{0,5}", 0..12), text in "[ab]{0,8}") {
            let mut trie = Trie::default();
            for key in &keys {
                *trie.entry(key.as_bytes()) = key.len() as u32;
            }
            let expected: Vec<_> = keys.iter().filter(|key| text.starts_with(*key)).map(String::len).collect();
            let found: Vec<_> = prefixes(&trie, &text).iter().map(|(length, _)| *length).collect();
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
