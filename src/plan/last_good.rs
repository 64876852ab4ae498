//! The texts of the last configuration that worked, for restarts that find a broken one.
//!
//! A restart reads the configuration anew, with this module's code loaded anew, perhaps from another build; what is
//! remembered are plain octets. "decisions, row 1".

use std::collections::HashMap;
use std::path::Path;

/// What a text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Property = b'p',
    WorkersFile = b'w',
    MapFile = b'm',
}

/// A [`Kind`], the name, and the text.
type Text = (u8, Vec<u8>, Vec<u8>);

/// Texts of one configuration: worker properties, workers file, map files by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LastGood {
    texts: Vec<Text>,
    /// Places of map files among them.
    maps: HashMap<Vec<u8>, usize>,
}

impl LastGood {
    /// Adds the line of a JkWorkerProperty.
    pub(crate) fn add_property(&mut self, line: &[u8]) {
        self.texts.push((Kind::Property as u8, Vec::new(), line.to_vec()));
    }

    /// Adds the text of the workers file.
    pub(crate) fn set_workers_file(&mut self, text: &[u8]) {
        self.texts.push((Kind::WorkersFile as u8, Vec::new(), text.to_vec()));
    }

    /// Adds, or replaces, the text of the map file at `path`.
    pub(crate) fn set_map_file(&mut self, path: &Path, text: &[u8]) {
        use std::os::unix::ffi::OsStrExt;
        let path = path.as_os_str().as_bytes();
        match self.maps.get(path) {
            Some(place) => self.texts[*place].2 = text.to_vec(),
            None => self.add((Kind::MapFile as u8, path.to_vec(), text.to_vec())),
        }
    }

    /// Lines of JkWorkerProperty, in order.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &[u8]> {
        self.of(Kind::Property).map(|(_, line)| line)
    }

    /// Text of the workers file.
    pub(crate) fn workers_file(&self) -> Option<&[u8]> {
        self.of(Kind::WorkersFile).map(|(_, text)| text).next()
    }

    /// Text of the map file at `path`.
    pub(crate) fn map_file(&self, path: &Path) -> Option<&[u8]> {
        use std::os::unix::ffi::OsStrExt;
        let path = path.as_os_str().as_bytes();
        self.maps.get(path).map(|place| self.texts[*place].2.as_slice())
    }

    fn add(&mut self, text: Text) {
        if text.0 == Kind::MapFile as u8 {
            self.maps.insert(text.1.clone(), self.texts.len());
        }
        self.texts.push(text);
    }

    fn of(&self, kind: Kind) -> impl Iterator<Item = (&[u8], &[u8])> {
        let texts = self.texts.iter().filter(move |(found, _, _)| *found == kind as u8);
        texts.map(|(_, name, text)| (name.as_slice(), text.as_slice()))
    }

    /// The texts as octets. Who changes how they are written gives them another key.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        for (kind, name, text) in &self.texts {
            octets.push(*kind);
            for part in [name, text] {
                octets.extend_from_slice(&(part.len() as u64).to_le_bytes());
                octets.extend_from_slice(part);
            }
        }
        octets
    }

    /// The texts that were written so; `None` if they are damaged.
    pub(crate) fn decode(mut octets: &[u8]) -> Option<Self> {
        let mut texts = Self::default();
        while let Some((kind, rest)) = octets.split_first() {
            let (name, rest) = decode_part(rest)?;
            let (text, rest) = decode_part(rest)?;
            texts.add((*kind, name.to_vec(), text.to_vec()));
            octets = rest;
        }
        Some(texts)
    }
}

fn decode_part(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first_chunk::<8>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_the_way_through_memory() {
        let mut good = LastGood::default();
        good.add_property(b"worker.list=a");
        good.set_workers_file(b"worker.a.port=1\n");
        good.set_map_file(Path::new("/etc/map"), b"/*=old");
        good.set_map_file(Path::new("/etc/map"), b"/*=a");
        let read = LastGood::decode(&good.encode()).unwrap();
        assert_eq!(read, good);
        assert_eq!(read.workers_file(), Some(&b"worker.a.port=1\n"[..]));
        assert_eq!(read.map_file(Path::new("/etc/map")), Some(&b"/*=a"[..]));
        assert_eq!(read.map_file(Path::new("/etc/other")), None);
        assert_eq!(read.properties().collect::<Vec<_>>(), [b"worker.list=a"]);
    }

    #[test]
    fn damaged_memory_is_no_configuration() {
        let mut good = LastGood::default();
        good.add_property(b"worker.list=a");
        let octets = good.encode();
        assert_eq!(LastGood::decode(&octets[..octets.len() - 1]), None);
    }
}
