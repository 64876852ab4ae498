//! A connection to a Tomcat: packets go out and come in, until a deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use jk_rooms::ajp::{split_packet, Reply, CPING, HEADER_LENGTH, MAX_PACKET_SIZE};
use socket2::{Domain, SockAddr, Socket, Type};

use super::place::Place;
use super::trouble::Trouble;

/// Octets that are read at once.
const READ: usize = 64 * 1024;

/// An open connection. All that waits on it ends with [`Trouble::Silent`] when its patience is used up.
#[derive(Debug)]
pub struct Link {
    socket: Socket,
    inbox: Vec<u8>,
    /// Octets at the front of the inbox that were taken from it.
    taken: usize,
    /// Something has come.
    heard: bool,
    patience: Duration,
    deadline: Instant,
}

impl Link {
    /// Connects to `place` within `patience`, which is from then on the time for all that follows, until it is given anew.
    ///
    /// # Errors
    /// [`Trouble`] of the address that was tried last.
    pub fn open(place: &Place, patience: Duration) -> Result<Self, Trouble> {
        let deadline = Instant::now() + patience;
        let mut trouble = Trouble::NoConnection(patience);
        for address in place.addresses(patience)? {
            let Some(left) = left_until(deadline) else { break };
            match connect(&address, left) {
                Ok(socket) => {
                    return Ok(Self { socket, inbox: Vec::new(), taken: 0, heard: false, patience, deadline })
                }
                Err(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {}
                Err(error) => trouble = Trouble::Connect(error),
            }
        }
        Err(trouble)
    }

    /// Has the patience begin anew.
    pub fn be_patient(&mut self) {
        self.deadline = Instant::now() + self.patience;
    }

    /// Sends a CPing and waits for its answer: one CPong and nothing else ("ajp13, section 6").
    ///
    /// # Errors
    /// [`Trouble`] if anything else comes, or nothing.
    pub fn ping(&mut self) -> Result<(), Trouble> {
        const OTHER: &str = "answered a CPing with something else than one CPong";
        self.send(&CPING)?;
        let is_pong = Reply::decode(self.packet()?)? == Reply::CPong;
        match is_pong && self.taken == self.inbox.len() {
            true => Ok(()),
            false => Err(Trouble::OutOfOrder(OTHER)),
        }
    }

    /// Sends octets.
    ///
    /// # Errors
    /// [`Trouble`] if the other end does not take them.
    pub fn send(&mut self, mut octets: &[u8]) -> Result<(), Trouble> {
        while !octets.is_empty() {
            self.socket.set_write_timeout(Some(self.left()?)).map_err(Trouble::Broken)?;
            match self.socket.write(octets) {
                Ok(sent) => octets = &octets[sent..],
                Err(error) => self.judge(error)?,
            }
        }
        Ok(())
    }

    /// The payload of the next packet.
    ///
    /// # Errors
    /// [`Trouble`] if none comes, or octets that are none.
    pub fn packet(&mut self) -> Result<&[u8], Trouble> {
        loop {
            if let Some((_, length)) = split_packet(&self.inbox[self.taken..], MAX_PACKET_SIZE)? {
                let begin = self.taken + HEADER_LENGTH;
                self.taken += length;
                return Ok(&self.inbox[begin..self.taken]);
            }
            self.fill()?;
        }
    }

    /// Tells whether the next packet has come already.
    pub fn has_packet(&self) -> bool {
        matches!(split_packet(&self.inbox[self.taken..], MAX_PACKET_SIZE), Ok(Some(_)))
    }

    fn fill(&mut self) -> Result<(), Trouble> {
        self.inbox.drain(..self.taken);
        self.taken = 0;
        let old = self.inbox.len();
        self.inbox.resize(old + READ, 0);
        let came = self.read(old);
        self.inbox.truncate(old + came.as_ref().copied().unwrap_or_default());
        came.map(drop)
    }

    /// Reads into the inbox from `begin` on; tells how many octets came.
    fn read(&mut self, begin: usize) -> Result<usize, Trouble> {
        loop {
            self.socket.set_read_timeout(Some(self.left()?)).map_err(Trouble::Broken)?;
            match self.socket.read(&mut self.inbox[begin..]) {
                Ok(0) => return Err(self.closed()),
                Ok(came) => {
                    self.heard = true;
                    return Ok(came);
                }
                Err(error) => self.judge(error)?,
            }
        }
    }

    /// What an error of the socket means; a call that was interrupted is made again.
    fn judge(&self, error: io::Error) -> Result<(), Trouble> {
        match error.kind() {
            ErrorKind::Interrupted => Ok(()),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Err(Trouble::Silent(self.patience)),
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Err(self.closed()),
            _ => Err(Trouble::Broken(error)),
        }
    }

    fn closed(&self) -> Trouble {
        match self.heard {
            true => Trouble::Closed,
            false => Trouble::Dumb,
        }
    }

    fn left(&self) -> Result<Duration, Trouble> {
        left_until(self.deadline).ok_or(Trouble::Silent(self.patience))
    }
}

/// The time until then, if any is left; never 0, which sockets take for no limit.
fn left_until(deadline: Instant) -> Option<Duration> {
    deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
}

fn connect(address: &SockAddr, limit: Duration) -> io::Result<Socket> {
    let socket = Socket::new(address.domain(), Type::STREAM, None)?;
    socket.connect_timeout(address, limit)?;
    if address.domain() != Domain::UNIX {
        socket.set_tcp_nodelay(true)?;
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// A place that answers its one connection with `octets` after it has read something.
    fn answering(octets: &'static [u8]) -> (Place, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string().parse().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 5]).unwrap();
            stream.write_all(octets).unwrap();
        });
        (place, server)
    }

    fn ping(octets: &'static [u8]) -> Result<(), String> {
        let (place, server) = answering(octets);
        let mut link = Link::open(&place, PATIENCE).unwrap();
        let answer = link.ping().map_err(|trouble| trouble.to_string());
        server.join().unwrap();
        answer
    }

    #[test]
    fn one_pong_is_an_answer_and_nothing_else_is() {
        assert_eq!(ping(b"AB\0\x01\x09"), Ok(()));
        for (octets, told) in [
            (&b""[..], "closed the connection"),
            (b"AB\0\x01", "closed the connection"),
            (b"AB\0\x01\x09AB\0\x01\x09", "something else than one CPong"),
            (b"AB\0\x02\x05\x01", "something else than one CPong"),
            (b"AB\0\x01\x0b", "sent an invalid answer"),
            (b"HTTP/1.1 400 Bad Request\r\n", "speaks HTTP, not AJP"),
            (b"\x15\x03\x03\0\x02", "speaks TLS, not AJP"),
            (b"SSH-2.0", "begins with octet 0x53"),
        ] {
            let answer = ping(octets);
            assert!(answer.as_ref().is_err_and(|trouble| trouble.contains(told)), "{answer:?}, not {told}");
        }
    }

    #[test]
    fn patience_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place: Place = listener.local_addr().unwrap().to_string().parse().unwrap();
        let mut link = Link::open(&place, PATIENCE).unwrap();
        link.patience = Duration::from_millis(20);
        link.be_patient();
        assert!(matches!(link.ping(), Err(Trouble::Silent(_))));
        drop(listener);
        assert!(matches!(Link::open(&place, PATIENCE), Err(Trouble::Connect(_))));
    }
}
