//! `jkctl get`: a request to a Tomcat over AJP, with the options of curl where both have the same.

mod answer;
mod headers;
mod url;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use jk_rooms::ajp::{Attributes, ForwardRequest, MAX_PACKET_SIZE};

use crate::ending::{refuse, Ending, Failure};
use crate::secret;
use crate::terminal::Terminal;
use crate::tomcat::body::Body;
use crate::tomcat::exchange::Stop;
use crate::tomcat::trouble::seconds;
use crate::tomcat::{Call, End, Link};
use answer::Printer;
use headers::{RequestHeaders, Written};
use url::Url;

/// Sends a request to a Tomcat over AJP, and prints the answer
///
/// Tomcat gets what the module would send for a client of a web server that calls it by the host of the URL; a header Host
/// names another. Redirects are not followed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Get {
    /// What to get: ajp://HOST:PORT/PATH, or at a socket unix:/SOCKET|ajp://HOST/PATH
    url: Url,
    /// The method; GET, or POST with --data
    #[arg(short = 'X', long, value_name = "METHOD", value_parser = method)]
    request: Option<String>,
    /// A header to send, also in place of one that goes without saying; without value that is left out
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = headers::written)]
    headers: Vec<Written>,
    /// A body to send, or the file that holds it, octet by octet; @- is standard input
    #[arg(short, long, value_name = "TEXT|@FILE", conflicts_with = "head")]
    data: Option<String>,
    /// Ask for the head alone (HEAD), and print it
    #[arg(short = 'I', long)]
    head: bool,
    /// Print the head before the body
    #[arg(short, long)]
    include: bool,
    /// Write the answer to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// End with 1 and print no body if the status is 400 or more
    #[arg(short, long)]
    fail: bool,
    /// A file that holds the secret of the connector
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Longest time to connect, and without a sign of the answer
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    timeout: Duration,
    /// The address of the client that Tomcat is told
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    remote_addr: std::net::IpAddr,
    /// The user that Tomcat is told, as if the web server knew the password
    #[arg(long, value_name = "NAME")]
    remote_user: Option<String>,
    /// Tell Tomcat that the client came by https
    #[arg(long)]
    https: bool,
    /// Octets of a packet, at most: as packetSize of the Connector
    #[arg(long, value_name = "OCTETS", default_value_t = 8192, value_parser = packet_size)]
    max_packet_size: usize,
}

const EXAMPLES: &str = "\
Examples:
  jkctl get ajp://127.0.0.1:8009/shop/
  jkctl get -f ajp://tomcat1:8009/shop/health --secret-file /etc/apache2/ajp.secret > /dev/null
  jkctl get -i -H 'Cookie: JSESSIONID=abc.t1' 'ajp://[::1]:8009/shop/cart?id=1'
  jkctl get -d @order.json -H 'Content-Type: application/json' ajp://127.0.0.1:8009/shop/orders
  jkctl get --https --remote-user alice 'unix:/run/tomcat/ajp.sock|ajp://www.example.org/shop/'

Exit status:
  0  a whole answer came
  1  none came, or with --fail one whose status is 400 or more
  2  wrong arguments, or a file can't be read or written";

impl Get {
    /// Does it.
    pub fn run(self, terminal: &mut Terminal) -> Result<Ending, Failure> {
        let secret = self.secret_file.as_deref().map(secret::read).transpose()?;
        let body = self.body()?;
        let mut printer = Printer::new(terminal, self.output.clone(), self.include || self.head, self.fail);
        let end = self.call(secret.as_deref(), body, &mut printer);
        let (failed, status) = (printer.has_failed(), printer.status.take());
        terminal.flush()?;
        match end {
            Ok(end) => Ok(self.conclude(end, failed, status)),
            Err(Stop::Failure(failure)) => Err(failure),
            Err(Stop::Trouble(trouble)) => {
                let cut = if status.is_some() { "the answer is not complete: " } else { "" };
                Ok(refuse(format_args!("{}: {cut}{trouble}", self.url.place)))
            }
        }
    }

    /// Says what the answer itself does not: that it counts as a failure, and why it may be one.
    fn conclude(&self, end: End, failed: bool, status: Option<(u16, String)>) -> Ending {
        let (status, reason) = status.unwrap_or_default();
        let is_refusal = status == 403 && !end.reuse;
        let advice = match (&self.secret_file, is_refusal) {
            (_, false) => "",
            (Some(_), true) => ", as Tomcat does if the secret is not that of its Connector in server.xml",
            (None, true) => ", as Tomcat does if its Connector has a secret and none came (--secret-file)",
        };
        match (failed, is_refusal) {
            (true, _) => {
                refuse(format_args!("{}: {} {reason}{advice}", self.url.place, status).to_string().trim_end())
            }
            (false, true) => {
                crate::ending::warn(format_args!(
                    "{}: 403, and closed the connection{advice}",
                    self.url.place
                ));
                Ending::Good
            }
            (false, false) => Ending::Good,
        }
    }

    fn call(&self, secret: Option<&[u8]>, body: Body, printer: &mut Printer<'_>) -> Result<End, Stop> {
        let headers = self.headers(&body);
        let host = headers.get("Host").unwrap_or_default();
        let (server_name, server_port) = self.server(host);
        let remote_addr = self.remote_addr.to_string();
        let request = ForwardRequest {
            method: self.method().as_bytes(),
            protocol: b"HTTP/1.1",
            req_uri: self.url.path.as_bytes(),
            remote_addr: Some(remote_addr.as_bytes()),
            remote_host: None,
            server_name: Some(server_name.as_bytes()),
            server_port,
            is_ssl: self.https,
            headers: &headers.0,
            attributes: Attributes {
                remote_user: self.remote_user.as_deref().map(str::as_bytes),
                query_string: self.url.query.as_deref().map(str::as_bytes),
                remote_port: Some(b"0"),
                ..Attributes::default()
            },
        };
        let call = Call { request, secret, body, max_packet_size: self.max_packet_size };
        call.make(&mut Link::open(&self.url.place, self.timeout)?, printer)
    }

    fn method(&self) -> &str {
        match (&self.request, self.head, &self.data) {
            (Some(method), _, _) => method,
            (None, true, _) => "HEAD",
            (None, false, Some(_)) => "POST",
            (None, false, None) => "GET",
        }
    }

    fn body(&self) -> Result<Body, Failure> {
        let Some(data) = &self.data else { return Ok(Body::none()) };
        let Some(file) = data.strip_prefix('@') else { return Ok(Body::text(data.clone().into_bytes())) };
        Body::file(Path::new(file)).map_err(|error| Failure::refused(file, &error))
    }

    fn headers(&self, body: &Body) -> RequestHeaders {
        let agent = concat!("jkctl/", env!("CARGO_PKG_VERSION")).to_owned();
        let mut usual =
            vec![("Host", self.url.host.clone()), ("User-Agent", agent), ("Accept", "*/*".into())];
        if self.data.is_some() {
            usual.push(("Content-Type", "application/x-www-form-urlencoded".into()));
        }
        usual.push(match body.length() {
            Some(length) => ("Content-Length", length.to_string()),
            None => ("Transfer-Encoding", "chunked".into()),
        });
        RequestHeaders::new(&usual, &self.headers)
    }

    /// Name and port by which the client calls the server, from the header `host`.
    fn server<'h>(&self, host: &'h str) -> (&'h str, u16) {
        let usual = if self.https { 443 } else { 80 };
        match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().unwrap_or(usual)),
            _ => (host, usual),
        }
    }
}

fn method(text: &str) -> Result<String, String> {
    let is_method =
        !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    is_method.then(|| text.to_owned()).ok_or_else(|| "expected a method, such as PUT".into())
}

fn packet_size(text: &str) -> Result<usize, String> {
    let size = text.parse().ok().filter(|size| (8192..=MAX_PACKET_SIZE).contains(size));
    size.ok_or_else(|| format!("expected octets, 8192 to {MAX_PACKET_SIZE}"))
}
