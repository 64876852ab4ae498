//! Containers that die, stall or lie: every failure is the one that the table names, and comes in bounded
//! time.

use super::*;
use crate::ajp::peer::{
    encode_chunk, encode_end_response, encode_get_body_chunk, encode_packet, encode_send_headers, CPONG,
};
use crate::worker::outcome::{Culprit, MemberEvent};
use crate::worker::Failure;

fn response() -> Vec<u8> {
    let head = encode_send_headers(200, Some(b"OK"), &[(b"Content-Length", b"10")]);
    [head, encode_chunk(b"01234"), encode_chunk(b""), encode_chunk(b"56789"), encode_end_response(true)]
        .concat()
}

/// Octets of [`response`] up to the end of its head and of the flush behind its first chunk.
fn marks() -> (usize, usize) {
    let head = encode_send_headers(200, Some(b"OK"), &[(b"Content-Length", b"10")]).len();
    (head, head + [encode_chunk(b"01234"), encode_chunk(b"")].concat().len())
}

/// Serves a GET by a container that plays `script`, with one attempt.
fn against(script: Vec<Step>, adjust: impl Fn(&mut Ajp13Settings)) -> (Failure, TestClient) {
    let container = Container::always(script);
    let mut settings = settings(container.port());
    adjust(&mut settings);
    let worker = worker(settings);
    let (outcome, client) = get(&worker);
    let record = worker.record().snapshot();
    assert_eq!((record.connected, record.busy, record.errors), (0, 0, 1), "{outcome:?}");
    match outcome {
        Outcome::Failed { failure, .. } => (failure, client),
        other => panic!("{other:?}, {:?}", client.calls),
    }
}

/// Checks that the client saw nothing, or a cut.
fn check_client(what: &str, failure: Failure, client: &TestClient, delivered: bool) {
    if delivered {
        assert!(matches!(failure, Failure::Truncated(..)), "{what}: {failure:?}");
        assert_eq!(client.calls.last(), Some(&Call::Abort), "{what}");
        assert!(!client.deliveries().contains(&crate::worker::Then::End), "{what}");
    } else {
        assert!(client.deliveries().is_empty(), "{what}");
        assert!(
            matches!(client.calls[..], [] | [Call::Start(..), Call::Reset]),
            "{what}: {:?}",
            client.calls
        );
    }
}

#[test]
fn death_at_each_octet_of_a_response() {
    let octets = response();
    let (head, flushed) = marks();
    for end in [Step::Close, Step::Reset] {
        for cut in 0..octets.len() {
            let what = format!("{end:?} after {cut} octets");
            let (failure, client) = against(vec![Step::Send(octets[..cut].to_vec()), end.clone()], |_| {});
            // A reset may overtake what was sent before it, and so look like an earlier death.
            let orderly = matches!(end, Step::Close);
            let delivered = if orderly { cut >= flushed } else { !client.deliveries().is_empty() };
            check_client(&what, failure, &client, delivered);
            let chunk = encode_chunk(b"01234").len();
            let between = orderly && [0, head, head + chunk].iter().any(|end| (*end..end + 4).contains(&cut));
            if between {
                assert_eq!(failure, Failure::ConnectionLost, "{what}");
            } else if orderly && cut < flushed {
                assert_eq!(failure, Failure::Framing, "{what}");
            }
            assert_ne!(failure.event(), MemberEvent::ReplyTimeout, "{what}");
        }
    }
}

#[test]
fn a_response_in_single_octets_is_whole() {
    let container = Container::always(vec![Step::Trickle(response(), Duration::ZERO)]);
    let (outcome, client) = get(&worker(settings(container.port())));
    assert_eq!((outcome, client.received()), (Outcome::Done, b"0123456789".to_vec()));
}

#[test]
fn silence_at_any_point_is_a_reply_timeout() {
    let octets = response();
    let (head, flushed) = marks();
    for cut in [0, 1, 4, head - 1, head, head + 6, flushed, octets.len() - 1] {
        let (failure, client) = against(vec![Step::Send(octets[..cut].to_vec()), Step::Hang], |settings| {
            settings.reply_timeout = Some(SHORT);
        });
        check_client(&format!("{cut} octets"), failure, &client, cut >= flushed);
        assert_eq!(failure.event(), MemberEvent::ReplyTimeout, "{cut} octets: {failure:?}");
    }
}

#[test]
fn reply_timeout_holds_for_a_packet_that_comes_in_pieces() {
    let (failure, client) = against(vec![Step::Trickle(response(), SHORT / 4), Step::Hang], |settings| {
        settings.reply_timeout = Some(SHORT);
    });
    assert_eq!((failure, client.calls.len()), (Failure::ReplyTimeout, 0));
}

#[test]
fn reply_timeout_is_for_each_packet_and_not_for_the_response() {
    let mut script = vec![Step::head(200, None)];
    for _ in 0..10 {
        script.extend([Step::Pause(SHORT / 2), Step::chunk(b"x")]);
    }
    script.push(Step::end());
    let container = Container::always(script);
    let worker = worker(Ajp13Settings { reply_timeout: Some(3 * SHORT), ..settings(container.port()) });
    let (outcome, client) = get(&worker);
    assert_eq!((outcome, client.received().len()), (Outcome::Done, 10));
}

#[test]
fn the_environment_wins_over_the_rule_and_the_rule_over_the_worker() {
    let container = Container::always([vec![Step::Pause(2 * SHORT)], Step::page()].concat());
    let short = Some(SHORT);
    let cases = [
        (short, None, None, false),
        (short, Some(None), None, true),
        (Some(LONG), Some(short), None, false),
        (short, Some(short), Some(Some(LONG)), true),
        (None, Some(None), Some(short), false),
    ];
    for (of_worker, of_rule, of_environment, done) in cases {
        let worker = worker(Ajp13Settings { reply_timeout: of_worker, ..settings(container.port()) });
        let rule = RuleOptions { reply_timeout: of_rule, ..RuleOptions::default() };
        let ask = Ask { rule, reply_timeout: of_environment, ..Ask::new("GET") };
        let outcome = ask.serve(&worker, &mut TestClient::default());
        assert_eq!(outcome == Outcome::Done, done, "{of_worker:?} {of_rule:?} {of_environment:?}");
        assert_eq!(worker.record().reply_timeouts(), u32::from(!done));
    }
}

#[test]
fn socket_timeout_alone_is_no_reply_timeout() {
    for (sent, expected) in [(0, Failure::ConnectionLost), (7, Failure::Framing)] {
        let script = vec![Step::Send(response()[..sent].to_vec()), Step::Hang];
        let (failure, _) = against(script, |settings| {
            settings.reply_timeout = None;
            settings.socket_timeout = Some(SHORT);
        });
        assert_eq!(failure, expected);
    }
}

#[test]
fn socket_timeout_ends_a_packet_that_broke_off() {
    let script = vec![Step::Send(response()[..7].to_vec()), Step::Hang];
    let (failure, _) = against(script, |settings| settings.socket_timeout = Some(SHORT));
    assert_eq!(failure, Failure::Framing);
}

#[test]
fn replies_that_are_none() {
    let head = || encode_send_headers(200, None, &[]);
    let cases: Vec<(&str, Vec<u8>, Failure)> = vec![
        ("wrong magic", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), Failure::Framing),
        ("the other direction's magic", vec![0x12, 0x34, 0, 2, 5, 1], Failure::Framing),
        ("a length over max_packet_size", vec![0x41, 0x42, 0x20, 0x01], Failure::Framing),
        ("an empty packet", encode_packet(b""), Failure::Malformed),
        ("an unknown type", encode_packet(&[77]), Failure::Malformed),
        ("a CPONG", CPONG.to_vec(), Failure::Malformed),
        ("a chunk before the head", encode_chunk(b"x"), Failure::Malformed),
        ("the end before the head", encode_end_response(true), Failure::Malformed),
        ("two heads", [head(), head()].concat(), Failure::Malformed),
        ("a chunk of one octet", encode_packet(&[3]), Failure::Malformed),
        ("a chunk longer than its packet", encode_packet(&[3, 0, 9, b'x']), Failure::Malformed),
        (
            "header code A000",
            encode_packet(&[4, 0, 200, 0, 0, 0, 0, 1, 0xA0, 0, 0, 0, 0]),
            Failure::Malformed,
        ),
        ("header count beyond", encode_packet(&[4, 0, 200, 0, 0, 0, 0xFF, 0xFF]), Failure::Malformed),
        ("END_RESPONSE without flag", [head(), encode_packet(&[5])].concat(), Failure::Malformed),
        ("GET_BODY_CHUNK for 0", encode_get_body_chunk(0), Failure::Malformed),
        ("a flood of flushes", encode_chunk(b"").repeat(1000), Failure::Malformed),
        ("a flood of GET_BODY_CHUNK", encode_get_body_chunk(9).repeat(1000), Failure::Malformed),
    ];
    for (what, octets, expected) in cases {
        let (failure, client) = against(vec![Step::Send(octets), Step::Hang], |_| {});
        assert_eq!(failure, expected, "{what}");
        check_client(what, failure, &client, false);
    }
}

#[test]
fn what_is_no_http_is_the_pages_fault_and_never_repeated() {
    let head = |status, headers: &[(&[u8], &[u8])]| encode_send_headers(status, None, headers);
    let whole = |length: &[u8]| {
        let head = head(200, &[(b"Content-Length", length)]);
        [head, encode_chunk(b"hello"), encode_end_response(true)].concat()
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("status 0", head(0, &[])),
        ("status 99", head(99, &[])),
        ("status 101", head(101, &[])),
        ("status 103", head(103, &[])),
        ("status 1000", head(1000, &[])),
        ("a blank in a name", head(200, &[(b"X Y", b"v")])),
        ("CR LF in a name", head(200, &[(b"X\r\nY", b"v")])),
        ("an empty name", head(200, &[(b"", b"v")])),
        ("a length that is no number", whole(b"0x5")),
        ("a length below 0", whole(b"-1")),
        ("a length beyond all files", whole(b"99999999999999999999")),
        ("two lengths", head(200, &[(b"Content-Length", b"5"), (b"Content-Length", b"6")])),
        ("a body that is too short", whole(b"6")),
        ("a body that is too long", whole(b"4")),
    ];
    for (what, octets) in cases {
        let container = Container::always(vec![Step::Send(octets), Step::Hang]);
        let worker = worker(Ajp13Settings { retries: 3, ..settings(container.port()) });
        let (outcome, client) = get(&worker);
        let failure = Failure::BadResponse;
        assert_eq!(outcome, Outcome::Failed { failure, repeatable: false }, "{what}");
        check_client(what, failure, &client, false);
        assert_eq!(container.seen().requests.len(), 1, "{what}");
        assert_eq!(worker.record().connected(), 0, "{what}");
    }
}

#[test]
fn control_characters_in_what_a_page_says_become_blanks() {
    let value: &[u8] = b"/next?a\r\nSet-Cookie: b\0";
    let head = encode_send_headers(302, Some(b"a\r\nb"), &[(b"Location", value)]);
    let container = Container::always(vec![Step::Send([head, encode_end_response(true)].concat())]);
    let worker = worker(settings(container.port()));
    let (outcome, client) = get(&worker);
    assert_eq!((outcome, &client.calls[0]), (Outcome::Done, &Call::Start(302, 1)));
    assert_eq!(client.headers, [(b"Location".to_vec(), b"/next?a  Set-Cookie: b".to_vec())]);
    assert_eq!(worker.record().connected(), 1, "the connection is sound");
}

#[test]
fn what_goes_wrong_after_the_first_delivery_cuts_the_client_off() {
    let begin =
        || vec![Step::head(200, Some(10)), Step::chunk(b"01234"), Step::chunk(b""), Step::Pause(SHORT)];
    use Culprit::{Container as OfContainer, Page};
    use MemberEvent::{Error, LocalError};
    let cases: [(&str, Vec<u8>, Culprit, MemberEvent); 6] = [
        ("wrong magic", b"junk".to_vec(), OfContainer, LocalError),
        ("a second head", encode_send_headers(200, None, &[]), OfContainer, Error),
        ("unknown type", encode_packet(&[77]), OfContainer, Error),
        ("a chunk too long", encode_chunk(b"567890"), Page, LocalError),
        ("an early end", encode_end_response(true), Page, LocalError),
        ("chunk and garbage", [encode_chunk(b"56"), b"x".to_vec()].concat(), OfContainer, LocalError),
    ];
    for (what, octets, culprit, event) in cases {
        let script = [begin(), vec![Step::Send(octets), Step::Hang]].concat();
        let (failure, client) = against(script, |settings| settings.retries = 3);
        assert_eq!(failure, Failure::Truncated(culprit, event), "{what}");
        check_client(what, failure, &client, true);
    }
}

#[test]
fn a_client_that_goes_away_is_no_fault_of_the_container() {
    for (recovery, resets) in [(RecoveryOptions::empty(), 0), (RecoveryOptions::ABORT_ON_CLIENT_ERROR, 1)] {
        let container =
            Container::always(vec![Step::head(200, None), Step::chunk(b"x"), Step::chunk(b""), Step::Hang]);
        let worker = worker(Ajp13Settings { recovery, retries: 3, ..settings(container.port()) });
        let mut client = TestClient { gone: true, ..TestClient::default() };
        let outcome = Ask::new("GET").serve(&worker, &mut client);
        assert_eq!(outcome, Outcome::Failed { failure: Failure::ClientWrite, repeatable: false });
        assert_eq!(client.calls.last(), Some(&Call::Abort));
        container.wait_for(|seen| seen.closed + seen.resets == 1);
        assert_eq!(container.seen().resets, resets);
        let record = worker.record().snapshot();
        assert_eq!((record.client_errors, record.errors, record.connected), (1, 0, 0));
    }
}

#[test]
fn a_container_that_does_not_read_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = Ajp13Settings {
        socket_timeout: Some(SHORT),
        socket_buffer: Some(65536),
        max_packet_size: 65536,
        ..settings(port)
    };
    let worker = worker(settings);
    // Nobody accepts, so all there is are the buffers of the system; each attempt opens a connection of its
    // own.
    let mut client = TestClient::sending(&[&[b'x'; 65530]]);
    let outcome = Ask { reply_timeout: Some(Some(SHORT)), ..Ask::post(65530) }.serve(&worker, &mut client);
    assert!(matches!(outcome, Outcome::Failed { repeatable: false, .. }), "{outcome:?}");
    assert_eq!(worker.record().connected(), 0);
}
