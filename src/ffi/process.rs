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
    // SAFETY: both sets are live local variables, written before they are read; zeroes are an empty set, should that fail.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    let started = thread::Builder::new().name(name.to_owned()).spawn(body);
    // SAFETY: `before` is a live set, as the first call left it; it gives the caller's own mask back, whereas the new thread
    // has inherited the other.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut()) };
    started
}

/// Tells whether the caller is the main thread of this process.
pub(super) fn is_main_thread() -> bool {
    // SAFETY: gettid takes nothing and returns a number.
    let thread = unsafe { libc::syscall(libc::SYS_gettid) };
    u32::try_from(thread).is_ok_and(|thread| thread == std::process::id())
}

/// Gives memory that is free again back to the system: what start-up needed for a while, which children would inherit, and
/// what a burst of requests did. Only glibc keeps it, and only glibc can be asked.
pub(crate) fn release_free_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: glibc's malloc_trim gives back only what nobody has allocated, and takes malloc's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Keeps this shared object mapped until the process ends, also when httpd unloads its modules at exit while
/// threads still run.
pub(crate) fn pin_shared_object() {
    let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: dladdr looks any address up, this one is of this object, and writes to a live local variable.
    let known = unsafe { libc::dladdr(module_record().cast(), found.as_mut_ptr()) };
    if known == 0 {
        return;
    }
    // SAFETY: dladdr said that it filled the record; the file name in it is the loader's C string, which stays while this
    // object, whose code runs here, is loaded.
    let file = unsafe { CStr::from_ptr(found.assume_init().dli_fname) };
    // SAFETY: the name is a live C string. With RTLD_NOLOAD nothing is loaded and no initialiser runs; RTLD_NODELETE marks
    // what is loaded.
    unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_thread_is_not_the_main_one() {
        assert!(!thread::spawn(is_main_thread).join().expect("no panic"));
    }
}
