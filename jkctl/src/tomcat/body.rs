//! The body of a request: from the command line, a file or standard input, in packets.

use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read};
use std::path::Path;

use jk_rooms::ajp::{body_packet_header, max_body, EMPTY_BODY};

/// What is sent, and how much of it.
pub struct Body {
    source: Box<dyn Read>,
    /// Octets that are left, where that is known.
    left: Option<u64>,
}

impl Body {
    /// No body.
    pub fn none() -> Self {
        Self::text(Vec::new())
    }

    /// These octets.
    pub fn text(octets: Vec<u8>) -> Self {
        let left = Some(octets.len() as u64);
        Self { source: Box::new(Cursor::new(octets)), left }
    }

    /// A file as it is; `-` is standard input. What is no plain file has no length until it is read.
    ///
    /// # Errors
    /// What the system says.
    pub fn file(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { source: Box::new(io::stdin()), left: None });
        }
        let file = File::open(path)?;
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(io::Error::new(ErrorKind::IsADirectory, "it is a directory"));
        }
        let left = about.is_file().then_some(about.len());
        Ok(Self { source: Box::new(file), left })
    }

    /// Its length, if that is known.
    pub fn length(&self) -> Option<u64> {
        self.left
    }

    /// The next packet, with at most `wanted` octets, in a request whose packets have at most `max_packet_size`; the empty
    /// one at the end ("ajp13, section 5").
    ///
    /// # Errors
    /// What the source says; and a file that has become shorter.
    pub fn packet(&mut self, wanted: usize, max_packet_size: usize) -> io::Result<Vec<u8>> {
        let most = wanted.min(max_body(max_packet_size));
        let most = self.left.map_or(most, |left| usize::try_from(left).map_or(most, |left| left.min(most)));
        let mut data = Vec::new();
        self.source.by_ref().take(most as u64).read_to_end(&mut data)?;
        if let Some(left) = &mut self.left {
            if data.len() < most {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "it became shorter while it was sent"));
            }
            *left -= data.len() as u64;
        }
        match data.is_empty() {
            true => Ok(EMPTY_BODY.to_vec()),
            false => Ok([&body_packet_header(data.len())[..], &data].concat()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_have_what_is_wanted_and_fits() {
        let mut body = Body::text(vec![b'x'; 10_000]);
        assert_eq!(body.length(), Some(10_000));
        let sizes =
            [usize::MAX, 100, usize::MAX, usize::MAX].map(|wanted| body.packet(wanted, 8192).unwrap().len());
        assert_eq!(sizes, [8192, 106, 10_000 - 8186 - 100 + 6, 4]);
        assert_eq!(Body::none().packet(8186, 8192).unwrap(), EMPTY_BODY);
    }

    #[test]
    fn a_file_has_the_length_that_it_had() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data");
        std::fs::write(&path, "four").unwrap();
        let mut body = Body::file(&path).unwrap();
        std::fs::write(&path, "fourteen").unwrap();
        assert_eq!(body.packet(100, 8192).unwrap(), b"\x12\x34\0\x06\0\x04four");
        let mut body = Body::file(&path).unwrap();
        std::fs::write(&path, "two").unwrap();
        assert!(body.packet(100, 8192).is_err());
        assert!(Body::file(directory.path()).is_err());
        assert_eq!(Body::file(Path::new("/dev/null")).unwrap().length(), None);
    }
}
