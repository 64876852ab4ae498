//! What the log says of a failed attempt: who did what, and where an administrator looks.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::connect::ConnectError;
use super::connection::ReceiveError;
use super::error::AttemptError;
use super::ping::PingError;
use super::place::Place;
use super::reply::ReplyError;
use super::Ajp13Worker;
use crate::ajp::FramingError;
use crate::config::settings::Ajp13Settings;
use crate::rights;
use crate::rights::Wish;
use crate::text::{Counted, Shown};
use crate::worker::{Cause, Failure};

/// An error with its place: `127.0.0.1:8009 closed the connection`.
pub(super) struct Told<'a> {
    worker: &'a Ajp13Worker,
    error: &'a AttemptError,
}

/// What to look at, as a sentence behind the fact; nothing where the fact says it all.
pub(super) struct Advice<'a>(Cow<'a, str>);

impl Ajp13Worker {
    /// Says of whom `error` is told.
    pub(super) fn tell<'a>(&'a self, error: &'a AttemptError) -> Told<'a> {
        Told { worker: self, error }
    }
}

/// Where to look when nothing has ever come from a place that takes connections, not even to a CPing.
fn on_silence(name: &str) -> String {
    format!("nothing has come from there yet: if Tomcat runs, its AJP connector {}", may_have_failed(name))
}

/// Where to look when the first request to a place is not answered.
pub(super) fn on_slowness(name: &str) -> String {
    format!(
        "this page takes longer, or Tomcat hangs; or, as nothing has come from there yet, its AJP connector {}",
        may_have_failed(name)
    )
}

fn may_have_failed(name: &str) -> String {
    format!(
        "may have failed to start, as one without secret does unless secretRequired is \"false\" (look into Tomcat's \
         log; secret in server.xml and worker.{name}.secret have to be the same)"
    )
}

/// Where to look when the container refuses a request and closes the connection, as Tomcat does for the sake of its
/// secret, and of attributes that it does not know: `variables` are those that were sent by JkEnvVar.
pub(super) fn on_refusal(settings: &Ajp13Settings, variables: &[(&[u8], &[u8])]) -> String {
    let secret = on_secret(settings);
    if variables.is_empty() {
        return secret;
    }
    let names: Vec<_> = variables.iter().map(|(name, _)| Shown::name(name).to_string()).collect();
    format!(
        "{secret}; or when the Connector's allowedRequestAttributesPattern does not fit all that JkEnvVar sends, which \
         here is {}: allow for it there",
        names.join(", ")
    )
}

fn on_secret(settings: &Ajp13Settings) -> String {
    let name = &settings.name;
    match settings.secret {
        None => format!(
            "as it does when its AJP connector has a secret: this worker has none, set worker.{name}.secret to that \
             of the Connector in server.xml"
        ),
        Some(_) => format!(
            "as it does when its AJP connector has another secret than worker.{name}.secret: compare it with that of \
             the Connector in server.xml"
        ),
    }
}

/// What stands for the name of a worker where several are meant.
const ANY_NAME: &str = "NAME";

/// Why a worker has no room for a request, and which settings say so.
pub(super) fn no_room(settings: &Ajp13Settings, failure: Failure) -> Cause {
    let too_small = |property: &str| {
        let advice = |name: &str| format!("Tomcat is slow, or worker.{name}.{property}");
        (advice(&settings.name), advice(ANY_NAME))
    };
    match failure {
        Failure::Busy => {
            let fact = format!("has reached busy_limit ({})", settings.busy_limit.unwrap_or_default());
            let (advice, shared) = too_small("busy_limit too low");
            Cause { fact, advice, shared }
        }
        _ => {
            let fact = format!(
                "has no free connection: each of this process is in use (connection_pool_size {}), and none came \
                 free within {} ms (connection_acquire_timeout)",
                settings.connection_pool_size.unwrap_or_default(),
                settings.connection_acquire_timeout.as_millis()
            );
            let (advice, shared) = too_small("connection_pool_size too small");
            Cause { fact, advice, shared }
        }
    }
}

impl Display for Told<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.error {
            AttemptError::TooLarge(_) | AttemptError::ClientRead | AttemptError::ClientWrite => {
                self.error.fmt(out)
            }
            _ => write!(out, "{} {}", self.place(), self.error),
        }
    }
}

/// The place that an error is about.
pub(super) struct At<'a>(&'a Told<'a>);

impl Display for At<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0.error {
            AttemptError::Connect(ConnectError::Failed(remote, _) | ConnectError::TimedOut(remote, _)) => {
                remote.fmt(out)
            }
            _ => self.0.worker.settings().address().fmt(out),
        }
    }
}

impl<'a> Told<'a> {
    /// The same for somebody else's line, after that many attempts.
    pub(super) fn cause(&self, attempts: Counted<'_>) -> Cause {
        let fact = format!("at {self} ({attempts})");
        Cause {
            fact,
            advice: self.advice().0.into_owned(),
            shared: self.advise(ANY_NAME, &"there").into_owned(),
        }
    }

    /// Where it happened.
    pub(super) fn place(&self) -> At<'_> {
        At(self)
    }

    /// What to look at.
    pub(super) fn advice(&self) -> Advice<'a> {
        Advice(self.advise(self.worker.name(), &format_args!("on {}", self.place())))
    }

    /// The same about a worker of that name; `place` says where a Tomcat would run.
    fn advise(&self, name: &str, place: &dyn Display) -> Cow<'a, str> {
        let is_new = !self.worker.record.was_heard();
        match self.error {
            AttemptError::Connect(error) => connecting(error, name, place),
            error if error.other_protocol().is_some() => {
                format!("worker.{name}.port has to be that of Tomcat's AJP connector").into()
            }
            error if is_new && error.is_silence() => on_slowness(name).into(),
            AttemptError::Ping(_) | AttemptError::Lost(_) if is_new => on_silence(name).into(),
            AttemptError::Ping(PingError::Receive(ReceiveError::TimedOut(_))) => {
                "Tomcat hangs, or all of its threads are busy".into()
            }
            error if error.is_silence() => "this page takes longer, or Tomcat hangs".into(),
            AttemptError::Reply(error) if error.is_of_the_page() => {
                "this page is at fault, not its Tomcat".into()
            }
            AttemptError::Ping(_) | AttemptError::Lost(_) | AttemptError::SendRequest(_) => {
                "was Tomcat stopped?".into()
            }
            _ => "".into(),
        }
    }
}

/// Where to look when a port does not even refuse a connection.
const SILENT_PORT: &str =
    "the machine is down, a firewall drops what is sent to it, or Tomcat hangs and its queue \
                           (acceptCount) is full";

fn connecting<'a>(error: &ConnectError, name: &str, place: &dyn Display) -> Cow<'a, str> {
    let (remote, error) = match error {
        ConnectError::TimedOut(..) => return SILENT_PORT.into(),
        ConnectError::NoPort => return format!("set worker.{name}.port").into(),
        ConnectError::Unresolved => {
            return format!("look at worker.{name}.host and at the resolver; it is asked again").into()
        }
        ConnectError::Failed(remote, error) => (remote, error),
    };
    if let Place::Unix(path) = remote {
        return at_socket(error, path).into();
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => format!(
            "Tomcat is not running {place} or a firewall is between; or its AJP connector has another address or \
             port in server.xml"
        )
        .into(),
        ErrorKind::TimedOut => SILENT_PORT.into(),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => "look at the network".into(),
        ErrorKind::PermissionDenied => {
            let port = remote.address().map_or(0, |address| address.port());
            rights::of_port(error, port).unwrap_or_default().into()
        }
        _ => "".into(),
    }
}

/// Where to look when a Unix socket takes no connection.
fn at_socket(error: &io::Error, path: &str) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!(
            "Tomcat is not running, or unixDomainSocketPath of its AJP connector in server.xml is not {path}"
        ),
        ErrorKind::ConnectionRefused => "Tomcat is not running: nobody listens at this socket; one that a \
            killed Tomcat left has to be removed before the next can start"
            .to_owned(),
        ErrorKind::PermissionDenied => {
            rights::of_path(error, Path::new(path), Wish::Socket).unwrap_or_default()
        }
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            "Tomcat hangs, and its queue (acceptCount) is full".to_owned()
        }
        _ => String::new(),
    }
}

impl Display for Advice<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            "" => Ok(()),
            advice => write!(out, "; {advice}"),
        }
    }
}

impl AttemptError {
    /// Tells whether a connection stands, and the container did not go on with its answer, or with taking the request.
    fn is_silence(&self) -> bool {
        match self {
            AttemptError::ReplyTimeout(_) => true,
            AttemptError::Lost(error) | AttemptError::CutPacket(error) => {
                matches!(error, ReceiveError::TimedOut(_) | ReceiveError::Silent(_))
            }
            AttemptError::SendRequest(error)
            | AttemptError::SendFirstBody(error)
            | AttemptError::SendBody(error) => error.is_timeout(),
            _ => false,
        }
    }

    /// What is spoken at the other end instead of AJP, as far as it is known.
    fn other_protocol(&self) -> Option<&'static str> {
        match self {
            AttemptError::Ping(PingError::Framing(FramingError::OtherProtocol(name)))
            | AttemptError::Reply(ReplyError::Framing(FramingError::OtherProtocol(name))) => Some(name),
            _ => None,
        }
    }
}
