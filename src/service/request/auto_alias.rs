//! JkAutoAlias: static files of web applications, served by httpd from the applications' directory.
//!
//! Rules: "uri-mapping, section 10".

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::claim::DIRECTORY;
use super::record::RequestRecord;
use crate::ffi::request::Request;
use crate::log;
use crate::mapping::{auto_alias, AutoAlias};
use crate::service::server::host::VirtualHost;
use crate::service::verdict::Verdict;
use crate::text::Shown;

/// Maps a URI that no rule matched to a file of a web application.
pub(super) fn translate(
    request: Request<'_>,
    host: &VirtualHost,
    record: &RequestRecord,
    clean: &[u8],
) -> Verdict {
    let Some(directory) = &host.auto_alias else { return Verdict::Declined };
    match auto_alias(clean, |context| is_directory(&[directory.as_slice(), context].concat())) {
        AutoAlias::NotApplicable => Verdict::Declined,
        AutoAlias::Hidden => Verdict::Status(404),
        AutoAlias::Archive => Verdict::Status(403),
        AutoAlias::Content => {
            let file = [directory.as_slice(), clean].concat();
            log!(
                record.log(host),
                Debug,
                [Path = Shown::uri(&file)],
                "JkAutoAlias maps to {}",
                Shown::uri(&file)
            );
            record.show_clean(request, clean);
            request.set_filename(&file);
            Verdict::Ok
        }
    }
}

/// Tells whether this sub-request tries an index file that the applications' directory does not have, so that
/// httpd may list the directory.
pub(super) fn lacks_index_file(request: Request<'_>, host: &VirtualHost, clean: &[u8]) -> bool {
    let Some(directory) = &host.auto_alias else { return false };
    let of_directory = request.main().is_some_and(|main| main.handler() == Some(DIRECTORY));
    of_directory && !(clean.len() > 1 && is_file(&[directory.as_slice(), clean].concat()))
}

fn is_directory(path: &[u8]) -> bool {
    metadata(path).is_some_and(|found| found.is_dir())
}

fn is_file(path: &[u8]) -> bool {
    metadata(path).is_some_and(|found| found.is_file())
}

fn metadata(path: &[u8]) -> Option<fs::Metadata> {
    fs::metadata(Path::new(OsStr::from_bytes(path))).ok()
}
