//! A scriptable AJP backend: each connection runs the test's script, which may break every rule.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;
use socket2::SockRef;

use super::ajp::{self, Forward};
use super::{ports, wait};

type Script = dyn Fn(&mut Connection) + Send + Sync;

/// Longest silence of the web server before a script gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A listening backend; dropping it closes all its connections.
pub struct Backend {
    ip: Ipv4Addr,
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    accepted: AtomicUsize,
    ended: AtomicUsize,
    pings: AtomicUsize,
    requests: Mutex<Vec<Forward>>,
    streams: Mutex<Vec<Weak<TcpStream>>>,
}

/// One connection from the web server, as a script sees it.
pub struct Connection {
    number: usize,
    stream: Arc<TcpStream>,
    aborted: bool,
    shared: Arc<Shared>,
}

/// What a well-behaved backend answers.
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Backend {
    /// Listens on a free port and runs `script` for each connection.
    pub fn start(script: impl Fn(&mut Connection) + Send + Sync + 'static) -> Self {
        let (listener, port) = ports::listen();
        Self::serve(listener, Ipv4Addr::LOCALHOST, port, script)
    }

    /// As [`Backend::start`], on a given port.
    pub fn start_at(port: u16, script: impl Fn(&mut Connection) + Send + Sync + 'static) -> Self {
        Self::start_on(Ipv4Addr::LOCALHOST, port, script)
    }

    /// As [`Backend::start_at`], on a given address of this machine.
    pub fn start_on(
        ip: Ipv4Addr,
        port: u16,
        script: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((ip, port)).expect("a port nobody listens on");
        Self::serve(listener, ip, port, script)
    }

    fn serve(
        listener: TcpListener,
        ip: Ipv4Addr,
        port: u16,
        script: impl Fn(&mut Connection) + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let script: Arc<Script> = Arc::new(script);
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &accepting, &script));
        Self { ip, port, shared }
    }

    /// Answers every request, on kept connections.
    pub fn answering(answer: impl Fn(&Forward) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(move |connection| connection.serve(&answer))
    }

    /// Answers every request with 200 and `body`.
    pub fn constant(body: &'static str) -> Self {
        Self::answering(move |_| Answer::ok(body))
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Waits until every connection's script has returned: one that stalls returns when the peer closes.
    pub fn wait_for_close(&self) {
        wait::until_true("the web server to close its connections", PATIENCE, || {
            self.ended() == self.connections()
        });
    }

    /// Connections whose script has returned.
    pub fn ended(&self) -> usize {
        self.shared.ended.load(Ordering::SeqCst)
    }

    /// Connections that are open now.
    pub fn open(&self) -> usize {
        let ended = self.ended();
        self.connections() - ended
    }

    /// CPings received so far.
    pub fn pings(&self) -> usize {
        self.shared.pings.load(Ordering::SeqCst)
    }

    /// Forward Requests received so far, in order.
    pub fn requests(&self) -> Vec<Forward> {
        self.shared.requests.lock().clone()
    }

    /// A `worker.<name>.*` paragraph of workers.properties for this backend.
    pub fn worker(&self, name: &str) -> String {
        worker(name, self.port)
    }
}

/// A `worker.<name>.*` paragraph of workers.properties for an ajp13 worker on 127.0.0.1.
pub fn worker(name: &str, port: u16) -> String {
    format!("worker.{name}.type=ajp13\nworker.{name}.host=127.0.0.1\nworker.{name}.port={port}\n")
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        TcpStream::connect((self.ip, self.port)).ok();
        for stream in self.shared.streams.lock().drain(..).filter_map(|stream| stream.upgrade()) {
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>, script: &Arc<Script>) {
    for stream in listener.incoming().flatten() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        stream.set_nodelay(true).ok();
        stream.set_read_timeout(Some(PATIENCE)).ok();
        let stream = Arc::new(stream);
        shared.streams.lock().push(Arc::downgrade(&stream));
        let number = shared.accepted.fetch_add(1, Ordering::SeqCst);
        let mut connection = Connection { number, stream, aborted: false, shared: Arc::clone(shared) };
        let script = Arc::clone(script);
        thread::spawn(move || {
            script(&mut connection);
            if !connection.aborted {
                connection.close();
            }
            connection.shared.ended.fetch_add(1, Ordering::SeqCst);
        });
    }
}

impl Connection {
    /// Its place in the order of connections, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Waits for the next Forward Request and answers CPings meanwhile; `None` at the end of the connection.
    pub fn request(&mut self) -> Option<Forward> {
        loop {
            let payload = self.packet()?;
            if payload != [10] {
                let forward = Forward::parse(&payload);
                self.shared.requests.lock().push(forward.clone());
                return Some(forward);
            }
            self.shared.pings.fetch_add(1, Ordering::SeqCst);
            self.send(&ajp::cpong());
        }
    }

    /// Waits for one packet; `None` at the end of the connection.
    pub fn packet(&mut self) -> Option<Vec<u8>> {
        let mut head = [0; 4];
        self.fill(&mut head)?;
        assert_eq!(head[..2], [0x12, 0x34], "a packet of the web server begins with 12 34");
        let mut payload = vec![0; usize::from(u16::from_be_bytes([head[2], head[3]]))];
        self.fill(&mut payload)?;
        Some(payload)
    }

    /// Waits for one packet of the request body and returns its data.
    pub fn body_packet(&mut self) -> Option<Vec<u8>> {
        let payload = self.packet()?;
        if payload.is_empty() {
            return Some(payload);
        }
        let length = usize::from(u16::from_be_bytes([payload[0], payload[1]]));
        assert_eq!(payload.len(), length + 2, "a body packet carries what its length says");
        Some(payload[2..].to_vec())
    }

    /// Reads the whole body of `forward`, asking for what does not come by itself.
    pub fn body(&mut self, forward: &Forward, mut eat: impl FnMut(&[u8])) -> Option<u64> {
        let announced = forward.content_length();
        let mut received = 0;
        let mut expected_unasked = announced.is_some_and(|length| length > 0);
        while announced.is_none_or(|length| received < length) {
            if !expected_unasked {
                self.send(&ajp::get_body_chunk(u16::MAX - 1 - 6));
            }
            expected_unasked = false;
            let data = self.body_packet()?;
            if data.is_empty() {
                break;
            }
            received += data.len() as u64;
            eat(&data);
        }
        Some(received)
    }

    /// Waits for the next Forward Request with its whole body.
    pub fn whole_request(&mut self) -> Option<Forward> {
        let forward = self.request()?;
        self.body(&forward, |_| {})?;
        Some(forward)
    }

    /// Answers each request of this connection until the web server closes it.
    pub fn serve(&mut self, answer: &(impl Fn(&Forward) -> Answer + ?Sized)) {
        while let Some(forward) = self.whole_request() {
            self.answer(&answer(&forward));
        }
    }

    /// Sends a whole response.
    pub fn answer(&mut self, answer: &Answer) {
        let headers: Vec<_> =
            answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut packets = ajp::send_headers(answer.status, &headers);
        for chunk in answer.body.chunks(8184) {
            packets.extend(ajp::body_chunk(chunk));
        }
        packets.extend(ajp::end_response(true));
        self.send(&packets);
    }

    /// Sends raw octets; a web server that has gone is no fault of the script.
    pub fn send(&mut self, octets: &[u8]) {
        (&*self.stream).write_all(octets).ok();
    }

    /// Sends raw octets and tells whether the web server still took them.
    pub fn offer(&mut self, octets: &[u8]) -> bool {
        (&*self.stream).write_all(octets).is_ok()
    }

    /// Closes with FIN.
    pub fn close(&mut self) {
        self.stream.shutdown(Shutdown::Both).ok();
    }

    /// Ends this side with FIN and still listens.
    pub fn finish(&mut self) {
        self.stream.shutdown(Shutdown::Write).ok();
    }

    /// Has the connection closed with RST when the script returns, even when everything was read.
    pub fn reset(&mut self) {
        SockRef::from(&*self.stream).set_linger(Some(Duration::ZERO)).ok();
        self.aborted = true;
    }

    /// Says nothing until the web server closes.
    pub fn stall(&mut self) {
        let mut sink = [0; 4096];
        while matches!((&*self.stream).read(&mut sink), Ok(1..)) {}
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Option<()> {
        match (&*self.stream).read_exact(buffer) {
            Ok(()) => Some(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                panic!("the web server said nothing for {PATIENCE:?}")
            }
            Err(_) => None,
        }
    }
}

impl Answer {
    /// 200 with `body` and its length.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::page(200, body)
    }

    /// A status with `body` and its length.
    pub fn page(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = body.len().to_string();
        Self { status, headers: Vec::new(), body }.header("Content-Length", &length)
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Replaces the body; its length is not announced.
    pub fn body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}
