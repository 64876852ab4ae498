//! A Forward Request as people may read it: without the worker's secret and what users prove themselves with.
//!
//! "decisions, row 22".

use super::code::{Attribute, REQUEST_HEADERS};

/// What stands in the place of each octet.
const MASK: u8 = b'*';

/// Makes the secret and the values of Authorization headers unreadable; everything else of `packet` stays.
///
/// They are looked for as they are encoded, a code and a length before them, so that it does not matter what is in order
/// in the packet and what is not.
pub fn mask_secrets(packet: &mut [u8], secret: Option<&[u8]>) {
    let authorization = REQUEST_HEADERS.code(b"Authorization").unwrap_or_default().to_be_bytes();
    for start in found(packet, &authorization) {
        if let Some(&[high, low]) = packet.get(start..start + 2) {
            mask(packet, start + 2, usize::from(u16::from_be_bytes([high, low])));
        }
    }
    let Some(secret) = secret else { return };
    let Ok(length) = u16::try_from(secret.len()) else { return };
    let [high, low] = length.to_be_bytes();
    for end in found(packet, &[&[Attribute::Secret.code(), high, low], secret].concat()) {
        mask(packet, end - secret.len(), secret.len());
    }
}

/// Where `text` ends in `packet`.
fn found(packet: &[u8], text: &[u8]) -> Vec<usize> {
    memchr::memmem::find_iter(packet, text).map(|start| start + text.len()).collect()
}

fn mask(packet: &mut [u8], start: usize, length: usize) {
    let end = packet.len().min(start + length);
    packet[start..end].fill(MASK);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ajp::peer::decode_forward_request;
    use crate::ajp::{Attributes, ForwardRequest, Hop, HEADER_LENGTH};

    fn masked(headers: Vec<(&str, &str)>, secret: &[u8]) -> crate::ajp::peer::ReceivedRequest {
        let request = ForwardRequest {
            method: b"GET",
            protocol: b"HTTP/1.1",
            req_uri: b"/s3cret",
            remote_addr: None,
            remote_host: None,
            server_name: None,
            server_port: 80,
            is_ssl: false,
            headers: &headers,
            attributes: Attributes::default(),
        };
        let mut packet = Vec::new();
        request.encode(&Hop { secret: Some(secret), ..Hop::default() }, &mut packet, 8192).unwrap();
        mask_secrets(&mut packet, Some(secret));
        decode_forward_request(&packet[HEADER_LENGTH..]).unwrap()
    }

    #[test]
    fn the_secret_and_credentials_are_masked_and_nothing_else() {
        let found = masked(vec![("Cookie", "a=b"), ("authorization", "Basic YTpi")], b"s3cret");
        assert_eq!(found.attribute("secret"), Some(&b"******"[..]));
        assert_eq!(found.header("Authorization"), Some(&b"**********"[..]));
        assert_eq!((found.header("Cookie"), &found.req_uri[..]), (Some(&b"a=b"[..]), &b"/s3cret"[..]));
    }

    #[test]
    fn a_length_beyond_the_packet_is_no_danger() {
        let mut packet = [0xa0, 0x05, 0xff, 0xff, b'x', 0xa0, 0x05];
        mask_secrets(&mut packet, None);
        assert_eq!(packet, [0xa0, 0x05, 0xff, 0xff, MASK, MASK, MASK]);
    }
}
