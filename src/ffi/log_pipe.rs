//! Log programs: httpd starts and watches them, this module writes to their pipes.

use std::os::fd::{BorrowedFd, OwnedFd};

use super::bindings::{ap_open_piped_log, ap_piped_log_write_fd, apr_os_file_get};
use super::pool::Pool;
use crate::text::Reason;

/// Starts the log program of a `|program` value and returns a descriptor of its pipe.
///
/// # Errors
/// A description, when httpd can't start the program.
pub(crate) fn open_piped_log(pool: Pool<'_>, program: &[u8]) -> Result<OwnedFd, String> {
    let failed = || format!("can't start the log program {}", String::from_utf8_lossy(program));
    // SAFETY: the pool is live and this thread's, and the program is a C string on it; the log lives on the pool.
    let log = unsafe { ap_open_piped_log(pool.as_ptr(), pool.c_string(program)) };
    if log.is_null() {
        return Err(failed());
    }
    let mut descriptor = -1;
    // SAFETY: the log is live, and so is the variable that the descriptor is written to.
    let status = unsafe { apr_os_file_get(&mut descriptor, ap_piped_log_write_fd(log)) };
    if status != 0 || descriptor < 0 {
        return Err(failed());
    }
    // SAFETY: httpd opened the pipe just now and closes it with the pool, which outlives this call; what is borrowed is
    // duplicated on the next line.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    borrowed.try_clone_to_owned().map_err(|error| format!("{}: {}", failed(), Reason(&error)))
}
