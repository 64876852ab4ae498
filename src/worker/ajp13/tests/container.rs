//! A scripted container on a real socket: plays one script per Forward Request that it receives.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

use super::LONG;
use crate::ajp::peer::{
    decode_forward_request, encode_chunk, encode_end_response, encode_get_body_chunk, encode_send_headers,
    split_request_packet, ReceivedRequest, CPONG,
};
use crate::ajp::CPING;

/// What the container does after it received a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends octets.
    Send(Vec<u8>),
    /// Sends them one by one, with a pause before each.
    Trickle(Vec<u8>, Duration),
    /// Receives one body packet, and notes its data.
    Body,
    /// Waits.
    Pause(Duration),
    /// Stays silent until the other side closes.
    Hang,
    /// Closes orderly.
    Close,
    /// Closes with a TCP reset.
    Reset,
}

impl Step {
    /// A head with Content-Length, or without.
    pub(crate) fn head(status: u16, content_length: Option<usize>) -> Self {
        let length = content_length.map(|length| length.to_string());
        let headers: Vec<(&[u8], &[u8])> =
            length.iter().map(|length| (&b"Content-Length"[..], length.as_bytes())).collect();
        Step::Send(encode_send_headers(status, Some(b"OK"), &headers))
    }

    /// Body data; without data a flush.
    pub(crate) fn chunk(data: &[u8]) -> Self {
        Step::Send(encode_chunk(data))
    }

    /// A request for body data.
    pub(crate) fn want(octets: u16) -> Self {
        Step::Send(encode_get_body_chunk(octets))
    }

    /// The end, after which the connection may be used again.
    pub(crate) fn end() -> Self {
        Step::Send(encode_end_response(true))
    }

    /// A complete short response in one piece.
    pub(crate) fn page() -> Vec<Self> {
        Self::at_once(&[Self::head(200, Some(5)), Self::chunk(b"hello"), Self::end()])
    }

    /// All that `steps` send, with one system call.
    pub(crate) fn at_once(steps: &[Self]) -> Vec<Self> {
        let octets = steps.iter().map(|step| match step {
            Step::Send(octets) => octets.clone(),
            other => panic!("{other:?} sends nothing"),
        });
        vec![Step::Send(octets.collect::<Vec<_>>().concat())]
    }
}

/// What the container saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Forward Requests in order, over all connections.
    pub requests: Vec<ReceivedRequest>,
    /// Data of all body packets; `None` is the empty packet.
    pub bodies: Vec<Option<Vec<u8>>>,
    /// Connections accepted.
    pub connections: usize,
    /// CPings received.
    pub pings: usize,
    /// Connections that the other side closed orderly.
    pub closed: usize,
    /// Connections that the other side reset.
    pub resets: usize,
}

struct Shared {
    scripts: Vec<Vec<Step>>,
    pongs: AtomicBool,
    stopping: AtomicBool,
    seen: Mutex<Seen>,
    streams: Mutex<Vec<Weak<TcpStream>>>,
}

/// The running container; stops when dropped.
pub(crate) struct Container {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl Container {
    /// Plays the n-th script for the n-th request; the last one for all further ones.
    pub(crate) fn playing(scripts: Vec<Vec<Step>>) -> Self {
        Self::listening(TcpListener::bind("127.0.0.1:0").expect("a loopback port"), scripts)
    }

    /// Plays one script for every request, at another address with the port of this one.
    pub(crate) fn beside(&self, ip: [u8; 4], script: Vec<Step>) -> Self {
        let listener = TcpListener::bind((std::net::IpAddr::from(ip), self.port()));
        Self::listening(listener.expect("a loopback port"), vec![script])
    }

    fn listening(listener: TcpListener, scripts: Vec<Vec<Step>>) -> Self {
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared {
            scripts,
            pongs: AtomicBool::new(true),
            stopping: AtomicBool::new(false),
            seen: Mutex::default(),
            streams: Mutex::default(),
        });
        let acceptor = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(&listener, &shared))
        };
        Self { address, shared, acceptor: Some(acceptor) }
    }

    /// Plays one script for every request.
    pub(crate) fn always(script: Vec<Step>) -> Self {
        Self::playing(vec![script])
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Whether it answers CPings.
    pub(crate) fn answer_pings(&self, answer: bool) {
        self.shared.pongs.store(answer, Ordering::SeqCst);
    }

    /// What it saw so far.
    pub(crate) fn seen(&self) -> Seen {
        self.shared.seen.lock().clone()
    }

    /// Closes all its connections.
    pub(crate) fn close_all(&self) {
        for stream in self.shared.streams.lock().drain(..).filter_map(|stream| stream.upgrade()) {
            // One that is closed already is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Waits until what it saw satisfies `condition`.
    pub(crate) fn wait_for(&self, condition: impl Fn(&Seen) -> bool) {
        for _ in 0..1000 {
            if condition(&self.seen()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the container never saw what the test waits for: {:?}", self.seen());
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream.map(Arc::new) else { return };
        shared.seen.lock().connections += 1;
        shared.streams.lock().push(Arc::downgrade(&stream));
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            let mut link = Link { stream, buffer: Vec::new(), shared };
            let end = link.serve();
            link.note_end(end);
        });
    }
}

/// One connection of the container.
struct Link {
    stream: Arc<TcpStream>,
    buffer: Vec<u8>,
    shared: Arc<Shared>,
}

impl Link {
    fn serve(&mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        self.stream.set_read_timeout(Some(LONG))?;
        loop {
            let payload = self.packet()?;
            if payload == CPING[4..] {
                self.shared.seen.lock().pings += 1;
                if self.shared.pongs.load(Ordering::SeqCst) {
                    (&*self.stream).write_all(&CPONG)?;
                }
                continue;
            }
            let request = decode_forward_request(&payload).expect("a well-formed request");
            let script = {
                let mut seen = self.shared.seen.lock();
                seen.requests.push(request);
                let scripts = &self.shared.scripts;
                scripts[(seen.requests.len() - 1).min(scripts.len() - 1)].clone()
            };
            for step in script {
                if !self.play(step)? {
                    return Ok(());
                }
            }
        }
    }

    /// Plays one step; tells whether the connection goes on.
    fn play(&mut self, step: Step) -> io::Result<bool> {
        match step {
            Step::Send(octets) => (&*self.stream).write_all(&octets)?,
            Step::Trickle(octets, pause) => {
                for octet in octets {
                    std::thread::sleep(pause);
                    (&*self.stream).write_all(&[octet])?;
                }
            }
            Step::Body => {
                let payload = self.packet()?;
                let data = payload.get(2..).map(<[u8]>::to_vec);
                self.shared.seen.lock().bodies.push(data);
            }
            Step::Pause(time) => std::thread::sleep(time),
            Step::Hang => {
                io::copy(&mut &*self.stream, &mut io::sink())?;
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Step::Close => {
                self.stream.shutdown(Shutdown::Both)?;
                return Ok(false);
            }
            Step::Reset => {
                socket2::SockRef::from(&*self.stream).set_linger(Some(Duration::ZERO))?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Receives the payload of one packet.
    fn packet(&mut self) -> io::Result<Vec<u8>> {
        loop {
            let found = split_request_packet(&self.buffer, 65536).expect("AJP packets");
            if let Some((payload, length)) = found {
                let payload = payload.to_vec();
                self.buffer.drain(..length);
                return Ok(payload);
            }
            let mut octets = [0; 16384];
            match (&*self.stream).read(&mut octets)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.buffer.extend_from_slice(&octets[..count]),
            }
        }
    }

    fn note_end(&self, end: io::Result<()>) {
        let mut seen = self.shared.seen.lock();
        match end.map_err(|error| error.kind()) {
            Err(io::ErrorKind::UnexpectedEof) => seen.closed += 1,
            Err(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => seen.resets += 1,
            _ => {}
        }
    }
}
