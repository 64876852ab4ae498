//! One payload from a container: whatever it is, the decoder neither panics nor lets a response head through
//! that could break an HTTP message apart.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mod_jk::ajp::{Reply, SendHeaders};

fuzz_target!(|payload: &[u8]| {
    match Reply::decode(payload) {
        Ok(Reply::SendHeaders(head)) => check_head(&head),
        Ok(Reply::SendBodyChunk(data)) => assert!(data.len() + 3 <= payload.len()),
        Ok(Reply::GetBodyChunk { wanted }) => assert_ne!(wanted, u16::MAX),
        Ok(Reply::EndResponse { .. } | Reply::CPong) => {}
        Err(malformed) => assert!(!malformed.to_string().is_empty()),
    }
});

fn check_head(head: &SendHeaders<'_>) {
    assert!((200..=999).contains(&head.status));
    head.content_length().expect("checked while it was decoded");
    let texts = head.headers.iter().flat_map(|(name, value)| [*name, &**value]).chain(head.reason.as_deref());
    for text in texts {
        assert!(!text.iter().any(|octet| b"\r\n\0".contains(octet)));
    }
    assert!(head.headers.iter().all(|(name, _)| !name.is_empty() && !name.contains(&b':')));
}
