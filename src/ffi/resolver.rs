//! Asks the resolver for many names side by side, for a bounded time.
//!
//! `getaddrinfo` can't be cancelled, and a thread that waits in it would outlive the generation that asked: the parent
//! must be able to unload this object. So a child process asks, a thread for each name, and is ended when it has
//! answered or the time is up.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{recv, send, socketpair, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use crate::text::Reason;

/// Most threads that ask at a time.
const MAX_THREADS: usize = 256;

/// Longest answer in octets: some hundred addresses.
const MAX_ANSWER: usize = 16 << 10;

/// What the resolver says about one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Its addresses, in the resolver's order.
    Found(Vec<IpAddr>),
    /// There are none, and why.
    Refused(String),
    /// It said nothing in time.
    Silent,
}

/// Asks for the addresses of all `names`, and waits no longer than `limit` for all of them together.
pub(crate) fn resolve(names: &[&str], limit: Duration) -> Vec<Answer> {
    let mut answers = vec![Answer::Silent; names.len()];
    if names.is_empty() {
        return answers;
    }
    let deadline = Instant::now() + limit;
    if let Ok((ours, theirs)) =
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
    {
        if let Some(child) = Child::start(theirs, |socket| answer_all(names, socket)) {
            collect(&ours, deadline, &mut answers);
            drop(child);
        }
    }
    answers
}

/// A child process that is ended and waited for when this is dropped.
struct Child(libc::pid_t);

impl Child {
    /// Starts a child that runs `body` with `socket` and then ends; `None` if the system has no process left.
    fn start(socket: OwnedFd, body: impl FnOnce(BorrowedFd<'_>)) -> Option<Self> {
        use std::os::fd::AsFd;
        // SAFETY: the child is a copy with this thread alone. httpd's parent, in which names are asked for while it reads its
        // configuration, has no other, so all that the child uses is in order. Were there others, of another module's, what
        // they held at this moment would stay locked in the child, and so untouched: it would wait until it is killed, which
        // is when the time is up, whereas libc itself keeps malloc usable across fork. The child returns from here never.
        match unsafe { libc::fork() } {
            -1 => None,
            0 => {
                let _ = catch_unwind(AssertUnwindSafe(|| body(socket.as_fd())));
                // SAFETY: ends this process at once, without the parent's cleanups and destructors, which are not its own.
                unsafe { libc::_exit(0) }
            }
            child => Some(Self(child)),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: the number is still that of our child, dead or alive: nobody has waited for it, as httpd's parent waits for
        // children only in its main loop, in this thread.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
        // SAFETY: waitpid may be told to write no status; it is repeated when interrupted.
        while unsafe { libc::waitpid(self.0, std::ptr::null_mut(), 0) } == -1
            && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
        {}
    }
}

/// Runs in the child: asks for every name, and sends each answer when it is there.
fn answer_all(names: &[&str], socket: BorrowedFd<'_>) {
    let open: Mutex<VecDeque<usize>> = Mutex::new((0..names.len()).collect());
    let next = || open.lock().ok()?.pop_front();
    std::thread::scope(|scope| {
        for _ in 0..names.len().min(MAX_THREADS) {
            let ask = || {
                while let Some(index) = next() {
                    let _ = send(socket, answer(index, names[index]).as_bytes(), SendFlags::NOSIGNAL);
                }
            };
            let _ = std::thread::Builder::new().spawn_scoped(scope, ask);
        }
    });
}

/// One record: the index of the name, and its addresses, or `!` and the reason why there are none.
fn answer(index: usize, name: &str) -> String {
    let found = match (name, 0).to_socket_addrs() {
        Ok(found) => found.map(|address| address.ip().to_string()).collect::<Vec<_>>().join(" "),
        Err(error) => format!("!{}", Reason(&error)),
    };
    format!("{index} {found}")
}

/// Takes answers until all are there, the child has ended or the time is up.
fn collect(socket: &OwnedFd, deadline: Instant, answers: &mut [Answer]) {
    let mut open = answers.len();
    let mut record = vec![0; MAX_ANSWER];
    while open > 0 && is_readable(socket, deadline) {
        match recv(socket, &mut record[..], RecvFlags::empty()) {
            Ok((0, _)) => return,
            Ok((length, _)) => open -= usize::from(take(&record[..length.min(MAX_ANSWER)], answers)),
            Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

fn is_readable(socket: &OwnedFd, deadline: Instant) -> bool {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(left) = Timespec::try_from(left) else { return false };
        match poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return ready > 0,
            Err(Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

fn take(record: &[u8], answers: &mut [Answer]) -> bool {
    let text = String::from_utf8_lossy(record);
    let Some((index, found)) = text.split_once(' ') else { return false };
    let Some(place) = index.parse().ok().and_then(|index: usize| answers.get_mut(index)) else {
        return false;
    };
    *place = match found.strip_prefix('!') {
        Some(reason) => Answer::Refused(reason.to_owned()),
        None => Answer::Found(found.split(' ').filter_map(|address| address.parse().ok()).collect()),
    };
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_its_answer() {
        let answers = resolve(&["no.such.host.invalid", "localhost", "127.0.0.9"], Duration::from_secs(60));
        assert!(matches!(answers[0], Answer::Refused(_)), "{answers:?}");
        assert!(
            matches!(&answers[1], Answer::Found(found) if found.iter().all(IpAddr::is_loopback)),
            "{answers:?}"
        );
        assert_eq!(answers[2], Answer::Found(vec![IpAddr::from([127, 0, 0, 9])]));
    }

    #[test]
    fn time_is_bounded_for_all_together() {
        let begin = Instant::now();
        assert_eq!(resolve(&["localhost"; 300], Duration::ZERO).len(), 300);
        assert!(begin.elapsed() < Duration::from_secs(30));
        assert!(resolve(&[], Duration::from_secs(60)).is_empty());
    }

    #[test]
    fn records_are_taken_by_their_index() {
        let mut answers = vec![Answer::Silent; 2];
        assert!(take(b"1 10.0.0.1 ::1", &mut answers) && take(b"0 !no such name", &mut answers));
        assert!(!take(b"2 10.0.0.1", &mut answers) && !take(b"x", &mut answers));
        assert_eq!(answers[0], Answer::Refused("no such name".to_owned()));
        assert_eq!(
            answers[1],
            Answer::Found(vec![[10, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()])
        );
    }
}
