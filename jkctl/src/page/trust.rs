//! Whom a page by https is believed to be.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{ring, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::ending::Failure;

/// Who vouches for a server.
#[derive(Debug)]
pub enum Trust<'f> {
    /// Those that the system trusts.
    System,
    /// Those of a file.
    File(&'f Path),
    /// Nobody has to.
    Blind,
}

impl Trust<'_> {
    /// How connections are made by it.
    ///
    /// # Errors
    /// [`Failure`] if there are no certificates.
    pub fn config(&self) -> Result<Arc<ClientConfig>, Failure> {
        let provider = Arc::new(ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match self {
            Self::System => Arc::new(Vouched::new(of_system()?, false, &provider)?),
            Self::File(file) => Arc::new(Vouched::new(of_file(file)?, true, &provider)?),
            Self::Blind => Arc::new(Blind(provider.clone())),
        };
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(Failure::new)?.dangerous().with_custom_certificate_verifier(verifier);
        Ok(Arc::new(builder.with_no_client_auth()))
    }
}

fn of_system() -> Result<Vec<CertificateDer<'static>>, Failure> {
    let found = rustls_native_certs::load_native_certs();
    match (found.certs.is_empty(), found.errors.first()) {
        (false, _) => Ok(found.certs),
        (true, why) => Err(Failure::new(format_args!(
            "the system trusts no certificates{}: --cacert names who vouches for the server",
            why.map(|why| format!(" ({why})")).unwrap_or_default()
        ))),
    }
}

fn of_file(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let text = fs::read(file).map_err(|error| Failure::refused(file.display(), &error))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(Failure::new(format_args!("{}: expected certificates in PEM", file.display()))),
    }
}

/// Takes a certificate that one of the `known` signed, for the name that was asked for; or one of them itself, as its key is
/// nobody else's. `openssl req -x509` makes such ones as those of an authority, which may name what it likes; of others that
/// were named by hand neither the name matters nor who signed them (RFC 6125, 6.6.4: a pinned certificate).
#[derive(Debug)]
struct Vouched {
    known: Vec<CertificateDer<'static>>,
    by_hand: bool,
    signed: Arc<WebPkiServerVerifier>,
}

impl Vouched {
    fn new(
        known: Vec<CertificateDer<'static>>,
        by_hand: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(known.iter().cloned());
        let signed = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone()).build();
        let failed = |error| Failure::new(format_args!("no certificate that vouches can be read: {error}"));
        Ok(Self { known, by_hand, signed: signed.map_err(failed)? })
    }
}

/// Tells whether a certificate was refused for being that of an authority; its time was looked at before.
fn is_authority(error: &CertificateError) -> bool {
    let CertificateError::Other(other) = error else { return false };
    other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}

/// Tells whether a certificate was refused for who signed it, or for its name; its time was looked at before, too.
fn is_stranger(error: &CertificateError) -> bool {
    use CertificateError::{NotValidForName, NotValidForNameContext, UnknownIssuer};
    matches!(error, UnknownIssuer | NotValidForName | NotValidForNameContext { .. })
}

impl ServerCertVerifier for Vouched {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let is_known = self.known.iter().any(|known| known == shown);
        match self.signed.verify_server_cert(shown, others, name, ocsp, now) {
            Err(Error::InvalidCertificate(error)) if is_authority(&error) => match is_known {
                true => Ok(ServerCertVerified::assertion()),
                false => Err(CertificateError::UnknownIssuer.into()),
            },
            Err(Error::InvalidCertificate(error)) if is_known && self.by_hand && is_stranger(&error) => {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signed.verify_tls12_signature(message, shown, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.signed.verify_tls13_signature(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signed.supported_verify_schemes()
    }
}

/// Takes whatever is shown.
#[derive(Debug)]
struct Blind(Arc<CryptoProvider>);

impl ServerCertVerifier for Blind {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Why a certificate was refused, if `error` says so, with what mends it.
pub fn refusal(error: &io::Error) -> Option<String> {
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext, UnknownIssuer};
    let Error::InvalidCertificate(error) = error.get_ref()?.downcast_ref()? else { return None };
    let why = match error {
        UnknownIssuer => {
            "nobody who is trusted vouches for its certificate: --cacert names who vouches for the server, or that very \
             certificate"
        }
        Expired | ExpiredContext { .. } => "its certificate has expired",
        NotValidYet | NotValidYetContext { .. } => "its certificate is not valid yet",
        CertificateError::Other(other) => match other.0.downcast_ref() {
            Some(webpki::Error::UnsupportedCertVersion) => "its certificate has not version 3 of X.509",
            _ => &format!("its certificate is not taken: {}", other.0),
        },
        error => &format!("its certificate is not taken: {error}"),
    };
    Some(format!("{why}; --insecure asks for no proof"))
}

#[cfg(test)]
mod tests {
    use rustls::OtherError;

    use super::*;

    #[test]
    fn refusals_are_told_in_words() {
        let told = |error: Error| refusal(&io::Error::other(error));
        let other = |error| CertificateError::Other(OtherError(Arc::new(error)));
        for (error, words) in [
            (CertificateError::UnknownIssuer, "nobody who is trusted vouches for its certificate"),
            (CertificateError::Expired, "its certificate has expired;"),
            (CertificateError::NotValidYet, "its certificate is not valid yet;"),
            (other(webpki::Error::UnsupportedCertVersion), "its certificate has not version 3 of X.509;"),
            (other(webpki::Error::EmptyEkuExtension), "its certificate is not taken: EmptyEkuExtension;"),
        ] {
            let text = told(error.clone().into()).expect("words");
            assert!(
                text.starts_with(words) && text.ends_with("--insecure asks for no proof"),
                "{error:?}: {text}"
            );
        }
        assert_eq!(told(Error::DecryptError), None);
    }
}
