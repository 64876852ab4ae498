//! Connections by TLS for `ureq`, whose own take no certificate that is known for itself ([`trust`](super::trust)).

use std::fmt::{self, Debug, Formatter};
use std::io::{Read, Write};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};
use ureq::Error;

/// Makes TLS of a connection to an address of https.
#[derive(Debug)]
pub struct Https(pub Option<Arc<ClientConfig>>);

impl<In: Transport> Connector<In> for Https {
    type Out = Either<In, Tls>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        match (chained, &self.0) {
            (Some(plain), Some(config)) if details.needs_tls() => {
                Ok(Some(Either::B(Tls::begin(plain, config, details)?)))
            }
            (plain, _) => Ok(plain.map(Either::A)),
        }
    }
}

/// A connection by TLS.
pub struct Tls {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Tls {
    fn begin(
        plain: impl Transport,
        config: &Arc<ClientConfig>,
        details: &ConnectionDetails<'_>,
    ) -> Result<Self, Error> {
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
        let mut connection = ClientConnection::new(config.clone(), name).map_err(std::io::Error::other)?;
        let mut plain = TransportAdapter::new(plain.boxed(), details.current_time.clone());
        plain.set_timeout(details.timeout);
        connection.complete_io(&mut plain)?;
        let (input, output) = (details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Self {
            buffers: LazyBuffers::new(input, output),
            stream: StreamOwned { conn: connection, sock: plain },
        })
    }
}

impl Transport for Tls {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        Ok(self.stream.write_all(&self.buffers.output()[..amount])?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let came = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(came);
        Ok(came > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl Debug for Tls {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tls").field("plain", &self.stream.sock.get_ref()).finish_non_exhaustive()
    }
}
