//! `jkctl ping`: is there a Tomcat that answers, and does it take our secret?

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use jk_rooms::ajp::{Attributes, ForwardRequest};

use crate::ending::{Ending, Failure};
use crate::secret;
use crate::terminal::{line, Style, Terminal};
use crate::tomcat::body::Body;
use crate::tomcat::exchange::Stop;
use crate::tomcat::trouble::{seconds, Milliseconds};
use crate::tomcat::{Call, Head, Link, Place, Taker, Trouble};

/// Sends a CPing to a Tomcat, and tells how long its CPong takes
///
/// A connection is made as the module makes it, and a CPing sent, which Tomcat answers without asking an application. A CPing
/// carries no secret: with --secret-file a request follows on the same connection, OPTIONS *, which Tomcat answers itself,
/// too, if the secret is right.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Ping {
    /// Where its AJP connector listens: HOST:PORT, [IPv6]:PORT or unix:/path
    address: Place,
    /// A file that holds the secret of the connector, which is then proved to be right
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Longest time for each ping, from the host name to the answer
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    timeout: Duration,
    /// Try again until it answers, at most this long: for a Tomcat that is about to start
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    wait: Option<Duration>,
    /// How many pings, each on a connection of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Pause between two of them, and between two tries
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    interval: Duration,
}

const EXAMPLES: &str = "\
Examples:
  jkctl ping 127.0.0.1:8009
  jkctl ping tomcat1.example.org:8009 --secret-file /etc/apache2/ajp.secret
  jkctl ping '[::1]:8009' --count 10 --interval 0.2
  jkctl ping unix:/run/tomcat/ajp.sock --timeout 1
  jkctl ping 127.0.0.1:8009 --wait 120                       until a Tomcat has started
  HEALTHCHECK CMD [\"jkctl\", \"ping\", \"127.0.0.1:8009\"]     in a Dockerfile
  script \"/usr/bin/jkctl ping 127.0.0.1:8009 --timeout 1\"   in vrrp_script of keepalived

Exit status:
  0  the Tomcat answered each ping, and took the secret (or asks for none, which is told)
  1  it did not
  2  wrong arguments, or the file of the secret can't be read";

/// What a try gets at least: the time of `--wait` may be up when one begins.
const SHORTEST: Duration = Duration::from_millis(100);

/// What a ping took, and what it found out.
struct Times {
    connect: Duration,
    pong: Duration,
    secret_is: Secret,
}

/// What is known of the secret.
enum Secret {
    /// Nobody asked.
    NotTried,
    /// The Tomcat takes it, and not who has none.
    Right,
    /// The Tomcat takes anybody.
    NotAskedFor,
}

impl Ping {
    /// Does it.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let secret = self.secret_file.as_deref().map(secret::read).transpose()?;
        let mut answered = Vec::new();
        for number in 1..=self.count {
            if number > 1 {
                thread::sleep(self.interval);
            }
            match self.ping_in_time(secret.as_deref()) {
                Ok(times) => {
                    self.tell(&times, terminal)?;
                    answered.push(times.pong);
                }
                Err(Stop::Trouble(trouble)) => {
                    let trouble = terminal.paint(Style::Bad, &trouble.to_string());
                    line!(terminal, "{}: {trouble}", self.address)?;
                }
                Err(Stop::Failure(failure)) => return Err(failure),
            }
            terminal.flush()?;
        }
        if self.count > 1 {
            self.sum_up(&answered, terminal)?;
        }
        let all = answered.len() == self.count as usize;
        Ok(if all { Ending::Good } else { Ending::Bad })
    }

    /// Pings until it answers or the time to wait for that is up.
    fn ping_in_time(&self, secret: Option<&[u8]>) -> Result<Times, Stop> {
        let end = self.wait.map(|wait| Instant::now() + wait);
        let left = || end.map(|end| end.saturating_duration_since(Instant::now()));
        loop {
            let timeout =
                left().map_or(self.timeout, |left| left.clamp(SHORTEST, self.timeout.max(SHORTEST)));
            let result = self.ping(secret, timeout);
            match (result, left()) {
                (Err(Stop::Trouble(_)), Some(left)) if !left.is_zero() => {
                    thread::sleep(self.interval.min(left))
                }
                (result, _) => return result,
            }
        }
    }

    fn ping(&self, secret: Option<&[u8]>, timeout: Duration) -> Result<Times, Stop> {
        let begin = Instant::now();
        let mut link = Link::open(&self.address, timeout)?;
        let connected = Instant::now();
        link.ping()?;
        let (connect, pong) = (connected - begin, connected.elapsed());
        let mut secret_is = Secret::NotTried;
        if let Some(secret) = secret {
            if is_refused(&mut link, Some(secret))? {
                return Err(Trouble::OutOfOrder(WRONG).into());
            }
            let mut link = Link::open(&self.address, timeout)?;
            secret_is = if is_refused(&mut link, None)? { Secret::Right } else { Secret::NotAskedFor };
        }
        Ok(Times { connect, pong, secret_is })
    }

    fn tell(&self, times: &Times, terminal: &mut Terminal) -> Result<(), Failure> {
        let pong = terminal.paint(Style::Good, &format!("CPong in {}", Milliseconds(times.pong)));
        let secret = match times.secret_is {
            Secret::NotTried => "",
            Secret::Right => ", the secret is right",
            Secret::NotAskedFor => ", but it asks for no secret: anybody who reaches the port is taken",
        };
        let connect = Milliseconds(times.connect);
        Ok(line!(terminal, "{}: {pong}, connected in {connect}{secret}", self.address)?)
    }

    fn sum_up(&self, answered: &[Duration], terminal: &mut Terminal) -> Result<(), Failure> {
        let of = format!("{} of {} answered", answered.len(), self.count);
        let (Some(least), Some(most)) = (answered.iter().min(), answered.iter().max()) else {
            return Ok(line!(terminal, "{of}")?);
        };
        let mean = answered.iter().sum::<Duration>() / answered.len() as u32;
        let [least, mean, most] = [*least, mean, *most].map(Milliseconds);
        Ok(line!(terminal, "{of}: least {least}, mean {mean}, most {most}")?)
    }
}

const WRONG: &str = "refused the secret (403): it is not that of the Connector in server.xml";

/// Makes a request that needs the secret and no application; tells whether it was refused for that.
///
/// A Tomcat that has another secret, or is given none, says 403 and closes the connection; an application that says so, as
/// for any other status, could only be asked because the secret was right.
fn is_refused(link: &mut Link, secret: Option<&[u8]>) -> Result<bool, Stop> {
    let request = ForwardRequest {
        method: b"OPTIONS",
        protocol: b"HTTP/1.1",
        req_uri: b"*",
        remote_addr: Some(b"127.0.0.1"),
        remote_host: None,
        server_name: Some(b"localhost"),
        server_port: 80,
        is_ssl: false,
        headers: &vec![("Host", "localhost"), ("Content-Length", "0")],
        attributes: Attributes::default(),
    };
    let mut status = Status(0);
    let call = Call { request, secret, body: Body::none(), max_packet_size: 8192 };
    let end = call.make(link, &mut status)?;
    Ok(status.0 == 403 && !end.reuse)
}

/// Takes the status of an answer and nothing else.
struct Status(u16);

impl Taker for Status {
    fn head(&mut self, head: &Head<'_>) -> Result<(), Failure> {
        self.0 = head.status;
        Ok(())
    }

    fn piece(&mut self, _octets: &[u8]) -> Result<(), Failure> {
        Ok(())
    }

    fn pause(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
