//! Golden octets of response heads, and heads that are refused.

use super::*;
use crate::ajp::Reply;

/// Decodes a SEND_HEADERS with what follows its prefix_code.
fn decode(fields: &[u8]) -> Result<Box<SendHeaders<'_>>, Malformed> {
    SendHeaders::decode(Cursor::new(NAME, fields))
}

/// `200 OK` and one header, given as octets.
fn with_header(name: &[u8], value: &[u8]) -> Vec<u8> {
    [b"\x00\xc8\x00\x02OK\x00\x00\x01", name, value].concat()
}

/// A string as octets.
fn string(text: &[u8]) -> Vec<u8> {
    [&(text.len() as u16).to_be_bytes(), text, b"\0"].concat()
}

/// `200 OK` and one header, given as strings.
fn with_strings(name: &[u8], value: &[u8]) -> Vec<u8> {
    with_header(&string(name), &string(value))
}

/// Names and values.
fn headers<'h>(head: &'h SendHeaders<'_>) -> Vec<(&'h [u8], &'h [u8])> {
    head.headers.iter().map(|(name, value)| (*name, &**value)).collect()
}

fn refused<T>(field: &'static str, defect: Defect) -> Result<T, Malformed> {
    Err(Malformed { message: "SEND_HEADERS", field, defect })
}

#[test]
fn golden_octets() {
    let payload = b"\x04\x00\xc8\x00\x03200\x00\x00\x03\
        \xa0\x01\x00\x18text/html;charset=UTF-8 \x00\
        \x00\x05X-One\x00\x00\x01 \x00\
        \xa0\x03\x00\x0242\x00";
    let Ok(Reply::SendHeaders(head)) = Reply::decode(payload) else {
        panic!("{:?}", Reply::decode(payload));
    };
    assert_eq!(head.status, 200);
    assert_eq!(head.reason.as_deref(), Some(&b"200"[..]));
    let expected: [(&[u8], &[u8]); 3] =
        [(b"Content-Type", b"text/html;charset=UTF-8"), (b"X-One", b""), (b"Content-Length", b"42")];
    assert_eq!(headers(&head), expected);
    assert_eq!(head.content_length(), Ok(Some(42)));
}

#[test]
fn every_coded_name() {
    let names = [
        "Content-Type",
        "Content-Language",
        "Content-Length",
        "Date",
        "Last-Modified",
        "Location",
        "Set-Cookie",
        "Set-Cookie2",
        "Servlet-Engine",
        "Status",
        "WWW-Authenticate",
    ];
    for (code, name) in (1..).zip(names) {
        let fields = with_header(&[0xa0, code], b"\x00\x011\x00");
        let head = decode(&fields).expect(name);
        assert_eq!(headers(&head), [(name.as_bytes(), &b"1"[..])]);
    }
}

#[test]
fn codes_that_are_in_no_table() {
    for low in [0x00].into_iter().chain(0x0c..=0xff) {
        let fields = with_header(&[0xa0, low], b"\x00\x011\x00");
        let defect = Defect::UnknownCode(0xa000 | u16::from(low));
        assert_eq!(decode(&fields), refused("res_header_name", defect));
    }
    for high in 0xa1..=0xff {
        let fields = with_header(&[high, 0x01], b"\x00\x011\x00");
        let defect = Defect::UnknownCode(u16::from_be_bytes([high, 1]));
        assert_eq!(decode(&fields), refused("res_header_name", defect));
    }
}

#[test]
fn status_is_final_and_has_three_digits() {
    for status in [200_u16, 204, 304, 404, 599, 999] {
        let fields = [&status.to_be_bytes()[..], b"\xff\xff\x00\x00"].concat();
        assert_eq!(decode(&fields).map(|head| head.status), Ok(status));
    }
    for status in [0_u16, 1, 99, 100, 101, 103, 199, 1000, 0xfffe, 0xffff] {
        let fields = [&status.to_be_bytes()[..], b"\xff\xff\x00\x00"].concat();
        assert_eq!(decode(&fields), refused("http_status_code", Defect::NotAStatus(status)));
    }
}

#[test]
fn reason_may_be_null_or_empty() {
    let reason = |fields| decode(fields).expect("valid").reason.map(Cow::into_owned);
    assert_eq!(reason(b"\x01\x94\xff\xff\x00\x00"), None);
    assert_eq!(reason(b"\x01\x94\x00\x00\x00\x00\x00"), Some(b"".to_vec()));
    assert_eq!(reason(b"\x01\x94\x00\x04N\xf6 !\x00\x00\x00"), Some(b"N\xf6 !".to_vec()));
}

#[test]
fn control_characters_are_refused_in_names_and_blanks_elsewhere() {
    for octet in (0..0x20).chain([0x7f]) {
        let text = [b'a', octet, b'b'];
        let blanked = [b'a', if octet == b'\t' { octet } else { b' ' }, b'b'];
        let status_line = [b"\x00\xc8", &string(&text)[..], b"\x00\x00"].concat();
        let in_value = with_strings(b"X", &text);
        assert_eq!(decode(&with_strings(&text, b"v")), refused("res_header_name", Defect::NotAToken));
        assert_eq!(decode(&status_line).expect("valid").reason.as_deref(), Some(&blanked[..]));
        assert_eq!(headers(&decode(&in_value).expect("valid")), [(&b"X"[..], &blanked[..])]);
    }
}

#[test]
fn a_container_breaks_packets_and_a_page_breaks_http() {
    let head = |status: u16| [&status.to_be_bytes()[..], b"\xff\xff\x00\x00"].concat();
    let is_bad_http = |fields: &[u8]| decode(fields).expect_err("refused").is_bad_http();
    let page = [
        head(99),
        head(103),
        head(1000),
        with_strings(b"", b"v"),
        with_strings(b"a b", b"v"),
        with_header(b"\xa0\x03", &string(b"-1")),
        [b"\x00\xc8\xff\xff\x00\x02\xa0\x03".as_slice(), &string(b"1"), b"\xa0\x03", &string(b"2")].concat(),
    ];
    for fields in page {
        assert!(is_bad_http(&fields), "{}", fields.escape_ascii());
    }
    let container = [
        vec![],
        head(200)[..4].to_vec(),
        with_header(b"\xa0\x00", &string(b"v")),
        with_header(b"\xa0\x0c", &string(b"v")),
        with_header(b"\xff\xff", &string(b"v")),
        with_header(b"\xa0\x01", b"\xff\xff"),
        with_header(b"\xa0\x01", b"\x00\x01vv"),
        [head(200), vec![0]].concat(),
    ];
    for fields in container {
        assert!(!is_bad_http(&fields), "{}", fields.escape_ascii());
    }
}

#[test]
fn names_are_tokens() {
    for name in [&b""[..], b"X Y", b"X:", b"X\r\nSet-Cookie", b"\xc3\xa4"] {
        let fields = with_strings(name, b"v");
        assert_eq!(decode(&fields), refused("res_header_name", Defect::NotAToken));
    }
}

#[test]
fn neither_name_nor_value_may_be_null() {
    assert_eq!(decode(&with_header(b"\xff\xff", b"\x00\x00\x00")), refused("res_header_name", Defect::Null));
    assert_eq!(decode(&with_header(b"\xa0\x01", b"\xff\xff")), refused("res_header_value", Defect::Null));
}

#[test]
fn more_headers_announced_than_there_are() {
    let cut_off = Defect::CutOff { needed: 2, left: 0 };
    assert_eq!(decode(b"\x00\xc8\xff\xff\x00\x01"), refused("res_header_name", cut_off));
    assert_eq!(decode(b"\x00\xc8\xff\xff\xff\xff"), refused("res_header_name", cut_off));
    assert_eq!(decode(b"\x00\xc8\xff\xff\x00\x01\xa0\x01"), refused("res_header_value", cut_off));
    let two = [with_header(b"\xa0\x01", b"\x00\x011\x00"), vec![0]].concat();
    assert_eq!(decode(&two), refused("end", Defect::Surplus(1)));
}

#[test]
fn strings_end_inside_the_packet() {
    let unterminated = with_header(b"\xa0\x01", b"\x00\x0112");
    assert_eq!(decode(&unterminated), refused("res_header_value", Defect::Unterminated));
    let at_the_end = with_header(b"\xa0\x01", b"\x00\x011");
    assert_eq!(decode(&at_the_end), refused("res_header_value", Defect::CutOff { needed: 1, left: 0 }));
    let beyond = with_header(b"\x20\x00", b"X\x00");
    assert_eq!(decode(&beyond), refused("res_header_name", Defect::CutOff { needed: 8192, left: 2 }));
}

#[test]
fn every_shortening_is_noticed() {
    let fields = with_strings(b"Location", b"/here");
    assert!(decode(&fields).is_ok());
    for length in 0..fields.len() {
        assert!(decode(&fields[..length]).is_err(), "{length} octets");
    }
}

#[test]
fn repeated_headers_stay_apart_and_in_order() {
    let fields = b"\x00\xc8\xff\xff\x00\x02\xa0\x07\x00\x03a=1\x00\xa0\x07\x00\x03b=2\x00";
    let head = decode(fields).expect("valid");
    let expected: [(&[u8], &[u8]); 2] = [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2")];
    assert_eq!(headers(&head), expected);
    assert_eq!(head.content_length(), Ok(None));
}

#[test]
fn content_length_is_one_plain_number() {
    let decode_lengths = |values: &[&str]| {
        let mut fields = vec![0, 200, 0xff, 0xff, 0, values.len() as u8];
        for (index, value) in values.iter().enumerate() {
            let name = if index == 0 { string(b"content-LENGTH") } else { vec![0xa0, 0x03] };
            fields.extend([name, string(value.as_bytes())].concat());
        }
        decode(&fields).and_then(|head| head.content_length())
    };
    assert_eq!(decode_lengths(&["5"]), Ok(Some(5)));
    assert_eq!(decode_lengths(&[" 5 "]), Ok(Some(5)));
    assert_eq!(decode_lengths(&["5", "5", "05"]), Ok(Some(5)));
    assert_eq!(decode_lengths(&["5", "6"]), refused("Content-Length", Defect::Contradiction));
    for value in ["", "-1", "+1", "0x5", "5 5", "5,5", "9223372036854775808", "99999999999999999999"] {
        assert_eq!(decode_lengths(&[value]), refused("Content-Length", Defect::NotALength), "{value}");
    }
}
