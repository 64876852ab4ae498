//! What a child process needs once: threads without signals, and code that stays loaded.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::thread::{self, JoinHandle};

use super::kept::module_record;

/// Starts a thread that takes no signals: httpd's children handle theirs in their own threads.
///
/// # Errors
/// Those of starting a thread.
pub(crate) fn spawn_without_signals(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let mut all = MaybeUninit::<libc::sigset_t>::zeroed();
    let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: both sets are live local variables; the new thread inherits the mask, and the caller's own is
    // restored below.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    let started = thread::Builder::new().name(name.to_owned()).spawn(body);
    // SAFETY: `before` was filled by the first call.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    started
}

/// Gives memory that is free again back to the system, so that children don't inherit what start-up needed for a
/// while. Only glibc keeps it, and only glibc can be asked.
pub(crate) fn release_free_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim has no preconditions.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Keeps this shared object mapped until the process ends, also when httpd unloads its modules at exit while
/// threads still run.
pub(crate) fn pin_shared_object() {
    let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: the address is one of this object, and the result goes to a live local variable.
    let known = unsafe { libc::dladdr(module_record().cast(), found.as_mut_ptr()) };
    if known == 0 {
        return;
    }
    // SAFETY: dladdr filled the record; its file name lives as long as the object is loaded.
    let file = unsafe { CStr::from_ptr(found.assume_init().dli_fname) };
    // SAFETY: the object is loaded already; RTLD_NOLOAD runs no code, RTLD_NODELETE only marks it.
    unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE) };
}
