//! Failures in words that follow the name of a worker: `tomcat1 did not answer in time`.

use std::fmt::{self, Display, Formatter};

use super::Failure;

impl Display for Failure {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Failure::NoConnection => "has no free connection",
            Failure::Busy => "has reached busy_limit",
            Failure::RequestTooLarge => "can't be told so much",
            Failure::Connect => "could not be reached",
            Failure::Send | Failure::BodySend => "did not take the request",
            Failure::ClientRead | Failure::ClientWrite => "was left by the client",
            Failure::ReplyTimeout => "did not answer in time",
            Failure::ConnectionLost => "did not answer to the end",
            Failure::Framing | Failure::Malformed | Failure::BadResponse => "sent an invalid answer",
            Failure::Truncated(..) => "broke off its answer",
            Failure::NoMember => "has no member that can take the request",
            Failure::FatalStatus(status) | Failure::SoftStatus(status) => {
                return write!(out, "answered with status {status}")
            }
        })
    }
}
