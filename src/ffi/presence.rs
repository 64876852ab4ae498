//! Whether anybody still waits for an answer: the client at its socket, and the process that would give it.

use std::os::fd::BorrowedFd;

use rustix::event::{poll, PollFd, PollFlags, Timespec};

use super::bindings::{ap_get_conn_socket, apr_os_sock_get, AP_MPMQ_MPM_STATE, AP_MPMQ_STOPPING};
use super::request::Request;
use super::server::mpm;

/// Tells whether this process ends, at once or when its last request is served.
pub(crate) fn is_process_ending() -> bool {
    mpm(AP_MPMQ_MPM_STATE) == AP_MPMQ_STOPPING as usize
}

impl Request<'_> {
    /// Tells whether the client closed its connection, or the half of it that it speaks on. Streams of HTTP/2 go
    /// with the connection that they share.
    pub(crate) fn is_client_gone(self) -> bool {
        self.is_aborted() || self.with_socket(has_hung_up).unwrap_or(false)
    }

    /// Looks at the socket of the client, which stays httpd's.
    fn with_socket<T>(self, look: impl FnOnce(BorrowedFd<'_>) -> T) -> Option<T> {
        let connection = self.connection().cast_mut();
        // SAFETY: the connection is live (`connection`), and a master outlives its streams' connections.
        let socket = unsafe {
            let master = (*connection).master;
            ap_get_conn_socket(if master.is_null() { connection } else { master })
        };
        if socket.is_null() {
            return None;
        }
        let mut descriptor = -1;
        // SAFETY: the socket is that of a connection that outlives the request, and the result goes to a live local variable.
        let status = unsafe { apr_os_sock_get(&mut descriptor, socket) };
        if status != 0 || descriptor < 0 {
            return None;
        }
        // SAFETY: httpd keeps the socket of a connection open while requests on it are served, and `look` can't keep it.
        Some(look(unsafe { BorrowedFd::borrow_raw(descriptor) }))
    }
}

/// Tells whether the peer of a socket has closed it. What it sent before may be unread.
fn has_hung_up(socket: BorrowedFd<'_>) -> bool {
    let mut sockets = [PollFd::from_borrowed_fd(socket, PollFlags::RDHUP)];
    poll(&mut sockets, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_peer_that_hung_up_is_seen_behind_what_it_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (socket, _) = listener.accept().unwrap();
        peer.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert!(!has_hung_up(socket.as_fd()));
        drop(peer);
        let mut sockets = [PollFd::new(&socket, PollFlags::RDHUP)];
        poll(&mut sockets, None).unwrap();
        assert!(has_hung_up(socket.as_fd()));
    }
}
