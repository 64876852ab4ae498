//! The socket option that no safe crate offers.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Sets SO_RCVLOWAT: the socket counts as readable only with that many octets, or at its end. 1 is the
/// default.
///
/// # Errors
/// What the system says.
pub(crate) fn set_receive_low_water(socket: BorrowedFd<'_>, octets: usize) -> io::Result<()> {
    let value = libc::c_int::try_from(octets).unwrap_or(libc::c_int::MAX);
    let length = size_of_val(&value) as libc::socklen_t;
    // SAFETY: the descriptor is borrowed and thus open, and the pointer is to a live local variable of the length given,
    // which is only read.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            (&raw const value).cast(),
            length,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    #[test]
    fn few_octets_do_not_count_as_readable() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut sender, _) = listener.accept().unwrap();
        let readable = |patience| {
            let mut sockets = [rustix::event::PollFd::new(&receiver, rustix::event::PollFlags::IN)];
            let timeout = rustix::event::Timespec { tv_sec: patience, tv_nsec: 0 };
            rustix::event::poll(&mut sockets, Some(&timeout)).unwrap() == 1
        };
        set_receive_low_water(receiver.as_fd(), 5).unwrap();
        sender.write_all(b"four").unwrap();
        assert!(!readable(0));
        sender.write_all(b"!").unwrap();
        assert!(readable(10));
    }
}
