//! Replies in right and wrong order, taken in pieces.

use super::*;
use crate::ajp::peer::{
    encode_chunk, encode_end_response, encode_get_body_chunk, encode_packet, encode_send_headers,
};

fn head(status: u16, length: Option<&str>) -> Vec<u8> {
    let headers: Vec<(&[u8], &[u8])> =
        length.iter().map(|length| (&b"Content-Length"[..], length.as_bytes())).collect();
    encode_send_headers(status, None, &headers)
}

fn take<'p>(state: &mut ReplyState, octets: &'p [u8]) -> Result<Batch<'p>, ReplyError> {
    let mut batch = Batch::default();
    state.take(octets, 8192, &mut batch).map(|()| batch)
}

/// What a whole reply comes to: body data, flushes, and how it ended.
fn play(head_request: bool, octets: &[u8]) -> Result<(Vec<u8>, usize, Next), ReplyError> {
    let mut state = ReplyState::new(head_request);
    let (mut body, mut flushes, mut at) = (Vec::new(), 0, 0);
    loop {
        let batch = take(&mut state, &octets[at..])?;
        at += batch.consumed;
        body.extend(batch.chunks.concat());
        flushes += usize::from(batch.flush);
        if batch.consumed == 0 || batch.next != Next::Packets {
            return Ok((body, flushes, batch.next));
        }
    }
}

#[test]
fn the_head_comes_alone_and_the_rest_together() {
    let octets = [head(200, Some("4")), encode_chunk(b"ab"), encode_chunk(b"cd"), encode_end_response(true)];
    let octets = octets.concat();
    let mut state = ReplyState::new(false);
    let first = take(&mut state, &octets).unwrap();
    assert_eq!(
        (first.head.map(|head| head.status), first.chunks.len(), first.next),
        (Some(200), 0, Next::Packets)
    );
    let second = take(&mut state, &octets[first.consumed..]).unwrap();
    assert_eq!(second.chunks[..], [b"ab", b"cd"]);
    assert_eq!((second.next, first.consumed + second.consumed), (Next::End { reuse: true }, octets.len()));
}

#[test]
fn a_batch_ends_where_an_answer_is_needed() {
    let octets = [head(200, None), encode_chunk(b"x"), encode_get_body_chunk(9), encode_chunk(b"y")].concat();
    assert_eq!(play(false, &octets), Ok((b"x".to_vec(), 0, Next::RequestBody(9))));
}

#[test]
fn flushes_without_end_are_given_up_where_no_body_is_wanted() {
    let flushes = encode_chunk(b"").repeat(20_000);
    let octets = [head(200, None), flushes].concat();
    assert!(matches!(play(true, &octets), Ok((_, _, Next::End { reuse: false }))));
    assert!(matches!(play(false, &octets), Ok((_, _, Next::Packets))), "a client gets the others");
}

#[test]
fn orders_of_messages() {
    let end = || encode_end_response(false);
    let chunk = |data: &str| encode_chunk(data.as_bytes());
    let ended = |body: &str, flushes| Ok((body.as_bytes().to_vec(), flushes, Next::End { reuse: false }));
    let cases = [
        ("no body", vec![head(200, None), end()], ended("", 0)),
        ("flush first", vec![chunk(""), head(200, None), chunk("x"), end()], ended("x", 0)),
        ("flush last", vec![head(200, None), chunk("x"), chunk(""), end()], ended("x", 1)),
        ("exact length", vec![head(200, Some("2")), chunk("a"), chunk("b"), end()], ended("ab", 0)),
        ("length 0", vec![head(200, Some("0")), end()], ended("", 0)),
        ("204 with a body", vec![head(204, Some("9")), chunk("x"), end()], ended("", 0)),
        ("304 with a length", vec![head(304, Some("9")), end()], ended("", 0)),
        ("205 with a body", vec![head(205, Some("1")), chunk("x"), end()], ended("", 0)),
        ("too short", vec![head(200, Some("3")), chunk("x"), end()], Err(ReplyError::BodyTooShort(2))),
        ("too long", vec![head(200, Some("1")), chunk("xy")], Err(ReplyError::BodyTooLong)),
        ("end first", vec![end()], Err(ReplyError::EndBeforeHead)),
        ("chunk first", vec![chunk("x")], Err(ReplyError::BodyBeforeHead)),
        ("two heads", vec![head(200, None), head(200, None)], Err(ReplyError::SecondHead)),
        ("late head", vec![head(200, None), chunk("x"), head(200, None)], Err(ReplyError::SecondHead)),
        ("pong", vec![encode_packet(&[9])], Err(ReplyError::UnexpectedPong)),
        ("nothing wanted", vec![encode_get_body_chunk(0)], Err(ReplyError::NothingWanted)),
    ];
    for (what, messages, expected) in cases {
        assert_eq!(play(false, &messages.concat()), expected, "{what}");
    }
}

#[test]
fn the_reply_to_head_has_no_body() {
    let octets = [head(200, Some("1000")), encode_chunk(b"x"), encode_end_response(true)].concat();
    assert_eq!(play(true, &octets), Ok((Vec::new(), 0, Next::End { reuse: true })));
}

#[test]
fn incomplete_packets_wait() {
    let octets = [head(200, None), encode_chunk(b"data")].concat();
    let whole = head(200, None).len();
    for cut in 0..octets.len() {
        let (body, _, next) = play(false, &octets[..cut]).unwrap();
        assert!(body.is_empty() && next == Next::Packets, "{cut} octets of {whole} and more");
    }
}

#[test]
fn what_is_due_is_never_overestimated() {
    let due = |head_request, octets: &[u8]| {
        let mut state = ReplyState::new(head_request);
        take(&mut state, octets).unwrap();
        state.octets_due(8192)
    };
    for length in [8186, 16_368, 20_000] {
        let data = vec![b'x'; length];
        let chunks = data.chunks(8184).map(|data| encode_chunk(data).len() - 1).sum::<usize>();
        let whole = chunks + encode_end_response(true).len();
        let estimate = due(false, &head(200, Some(&length.to_string()))).expect("several packets");
        assert!(estimate <= whole && estimate > length, "{length} octets: {estimate}, {whole}");
        assert_eq!(due(true, &head(200, Some(&length.to_string()))), None, "HEAD");
    }
    assert_eq!(due(false, &head(200, None)), None);
    for length in ["0", "1", "8184"] {
        assert_eq!(due(false, &head(200, Some(length))), None, "{length} octets come in one packet");
    }
    assert_eq!(due(false, &head(200, Some(&i64::MAX.to_string()))).map(|due| due > 1 << 40), Some(true));
}

proptest::proptest! {
    #[test]
    fn no_octets_make_it_panic_or_take_more_than_there_is(
        mut octets in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        framed in proptest::bool::ANY,
    ) {
        if framed {
            octets = [head(200, None), encode_packet(&octets)].concat();
        }
        let mut state = ReplyState::new(false);
        for _ in 0..3 {
            if let Ok(batch) = take(&mut state, &octets) {
                proptest::prop_assert!(batch.consumed <= octets.len());
                let chunks: usize = batch.chunks.iter().map(|chunk| chunk.len()).sum();
                proptest::prop_assert!(chunks <= batch.consumed);
            }
        }
    }
}
