//! One place at which a Tomcat takes connections: an address and port, or a socket of this machine's file system.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::{Domain, SockAddr};

use crate::config::settings::socket_path;

/// Where to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// TCP.
    Tcp(SocketAddr),
    /// The path of a Unix socket ("decisions, row 65").
    Unix(Arc<str>),
}

impl Place {
    /// The place that `host` is without anybody being asked: `unix:` and a path.
    pub(super) fn of_host(host: &str) -> Option<Self> {
        socket_path(host).map(|path| Self::Unix(path.into()))
    }

    /// Address and port, where it has one.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// The address as the system takes it.
    ///
    /// # Errors
    /// A path that is longer than the system's 107 octets.
    pub(super) fn to_system(&self) -> io::Result<SockAddr> {
        match self {
            Self::Tcp(address) => Ok((*address).into()),
            Self::Unix(path) => SockAddr::unix(&**path),
        }
    }

    /// The family of sockets that lead there.
    pub(super) fn domain(&self) -> Domain {
        match self {
            Self::Tcp(address) => Domain::for_address(*address),
            Self::Unix(_) => Domain::UNIX,
        }
    }
}

impl From<SocketAddr> for Place {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl Display for Place {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(out),
            Self::Unix(path) => write!(out, "unix:{path}"),
        }
    }
}

#[cfg(test)]
impl PartialEq<SocketAddr> for Place {
    fn eq(&self, address: &SocketAddr) -> bool {
        self.address() == Some(*address)
    }
}
