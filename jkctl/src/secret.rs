//! A secret or a password, from a file: on a command line everybody could read it.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::ending::{warn, Failure};

/// Octets that a secret may have, far more than any has: a file that is longer is none.
const LONGEST: u64 = 4096;

/// Reads the one line of `file`. A file that everybody can read is warned of.
///
/// # Errors
/// [`Failure`] if it can't be read, is empty or has several lines.
pub fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::refused(file.display(), &error);
    let opened = File::open(file).map_err(failed)?;
    let about = opened.metadata().map_err(failed)?;
    let mut text = Vec::new();
    opened.take(LONGEST + 1).read_to_end(&mut text).map_err(failed)?;
    let secret = text.strip_suffix(b"\n").unwrap_or(&text);
    let secret = secret.strip_suffix(b"\r").unwrap_or(secret);
    if secret.is_empty() || secret.contains(&b'\n') || secret.len() as u64 > LONGEST {
        return Err(Failure::new(format_args!("{}: expected one line, the secret", file.display())));
    }
    if about.is_file() && about.mode() & 0o004 != 0 {
        let mode = about.mode() & 0o777;
        warn(format_args!(
            "{}: everybody can read this secret (mode {mode:o}), chmod o-r it",
            file.display()
        ));
    }
    Ok(secret.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        for (text, secret) in
            [("sesame\n", "sesame"), ("sesame", "sesame"), ("open sesame\r\n", "open sesame")]
        {
            std::fs::write(&file, text).unwrap();
            assert_eq!(read(&file).unwrap(), secret.as_bytes(), "{text:?}");
        }
        for text in ["", "\n", "one\ntwo\n", "one\n\n"] {
            std::fs::write(&file, text).unwrap();
            assert!(read(&file).is_err(), "{text:?}");
        }
        std::fs::write(&file, "x".repeat(5000)).unwrap();
        assert!(read(&file).is_err());
        assert!(read(&directory.path().join("none")).is_err());
    }
}
