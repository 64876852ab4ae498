//! A lock in shared memory, for rare changes: no request waits for it. It survives the death of its holder.

use std::io;
use std::marker::PhantomData;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::record::record;

/// How long anybody waits: who holds it writes a few words, unless it was stopped.
const PATIENCE: Duration = Duration::from_secs(5);

record! {
    /// Room for the system's mutex, which processes share.
    #[derive(Debug)]
    pub(crate) struct SharedLock: 64 {
        words: [AtomicU64; 8],
    }
}

const _: () = assert!(size_of::<libc::pthread_mutex_t>() <= 64 && align_of::<libc::pthread_mutex_t>() <= 8);

/// Holds the lock until it is dropped.
#[must_use = "the lock is given back when the guard is dropped"]
pub(crate) struct Held<'a> {
    lock: &'a SharedLock,
    /// The last holder died with the lock.
    pub(crate) inherited: bool,
    /// A mutex is given back by the thread that took it.
    _thread: PhantomData<*const ()>,
}

impl SharedLock {
    /// Makes the mutex. Called once, before the memory is shared.
    pub(crate) fn initialize(&self) -> io::Result<()> {
        let mut kind = std::mem::MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
        // SAFETY: `kind` has room for the attributes, which the first call makes and the others change and end; the mutex has
        // its room in this record, as the assertion above says, where none is yet.
        let status = unsafe {
            libc::pthread_mutexattr_init(kind.as_mut_ptr());
            libc::pthread_mutexattr_setpshared(kind.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED);
            libc::pthread_mutexattr_setrobust(kind.as_mut_ptr(), libc::PTHREAD_MUTEX_ROBUST);
            let status = libc::pthread_mutex_init(self.mutex(), kind.as_ptr());
            libc::pthread_mutexattr_destroy(kind.as_mut_ptr());
            status
        };
        result(status)
    }

    /// Takes the lock.
    ///
    /// # Errors
    /// `ETIMEDOUT` if another process, which must have been stopped, holds it for too long.
    pub(crate) fn lock(&self) -> io::Result<Held<'_>> {
        let until = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + PATIENCE;
        let deadline =
            libc::timespec { tv_sec: until.as_secs() as libc::time_t, tv_nsec: until.subsec_nanos().into() };
        let held = |inherited| Held { lock: self, inherited, _thread: PhantomData };
        // SAFETY: `initialize` made the mutex before anybody had this record, and it is never destroyed while it is mapped.
        match unsafe { libc::pthread_mutex_timedlock(self.mutex(), &deadline) } {
            0 => Ok(held(false)),
            libc::EOWNERDEAD => {
                // SAFETY: as above; this thread holds the mutex, as EOWNERDEAD says.
                unsafe { libc::pthread_mutex_consistent(self.mutex()) };
                Ok(held(true))
            }
            error => Err(io::Error::from_raw_os_error(error)),
        }
    }

    fn mutex(&self) -> *mut libc::pthread_mutex_t {
        // The words are atomics, so they may change behind a shared reference.
        std::ptr::from_ref(&self.words).cast_mut().cast()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: `lock` took the mutex in this thread, which the guard can't leave: it is not `Send`.
        unsafe { libc::pthread_mutex_unlock(self.lock.mutex()) };
    }
}

fn result(status: libc::c_int) -> io::Result<()> {
    match status {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;
    use std::sync::Arc;

    use super::*;
    use crate::ffi::shm::Segment;

    /// The process that ends with the lock is a copy of this one, made by the second half of a `Command`.
    #[test]
    fn the_death_of_its_holder_gives_it_back() {
        let segment = Arc::new(Segment::anonymous(4096).expect("memory"));
        let lock = segment.record::<SharedLock>(0).expect("room");
        lock.initialize().expect("a mutex");
        assert!(!lock.lock().expect("free").inherited);
        let in_child = lock.clone();
        let mut command = Command::new("true");
        let take_and_die = move || {
            std::mem::forget(in_child.lock()?);
            Err(io::Error::other("ends with the lock"))
        };
        // SAFETY: between fork and its end the child takes a free mutex and makes an error: no lock of another thread.
        unsafe { command.pre_exec(take_and_die) };
        assert!(command.spawn().is_err());
        assert!(lock.lock().expect("given back").inherited);
        assert!(!lock.lock().expect("free").inherited);
    }
}
