//! The codes of methods, header names and attributes: one table each, read in both directions.
//!
//! Rules: "ajp13, sections 4.2, 4.4, 4.5 and 8".

use crate::text::is_same_name;

/// Method code that says that the name follows as the attribute stored_method.
pub const STORED_METHOD: u8 = 0xff;

/// From here on an integer where a header name is expected is no length.
pub const FIRST_HEADER_CODE: u16 = 0xa000;

/// Octets that a header name may have as a string.
pub const MAX_HEADER_NAME: usize = FIRST_HEADER_CODE as usize - 1;

/// End of the attributes.
pub const END_OF_ATTRIBUTES: u8 = 0xff;

/// Methods in the order of their codes, the first is 1. The comparison is exact, as method names are.
const METHODS: [&str; 27] = [
    "OPTIONS",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "ACL",
    "REPORT",
    "VERSION-CONTROL",
    "CHECKIN",
    "CHECKOUT",
    "UNCHECKOUT",
    "SEARCH",
    "MKWORKSPACE",
    "UPDATE",
    "LABEL",
    "MERGE",
    "BASELINE-CONTROL",
    "MKACTIVITY",
];

/// The code of a method; `None` if it has to travel as stored method.
pub fn method_code(name: &[u8]) -> Option<u8> {
    let index = METHODS.iter().position(|method| method.as_bytes() == name)?;
    u8::try_from(index + 1).ok()
}

/// The method of a code.
#[cfg(any(test, fuzzing))]
pub fn method_name(code: u8) -> Option<&'static str> {
    METHODS.get(usize::from(code).checked_sub(1)?).copied()
}

/// Header names that one side may send as a code, in the order of their codes; the first is 0xA001.
///
/// Each has a place of its own by [`place`], so that a name is compared with one of them at most.
#[derive(Debug)]
pub struct HeaderNames {
    names: &'static [&'static str],
    /// The number in `names` behind that which stands there, 0 for none.
    places: [u8; PLACES],
}

/// Places of a table; found by trial, as is [`place`].
const PLACES: usize = 64;

/// Where a header name has its place, in any case.
const fn place(name: &[u8]) -> usize {
    match name {
        [] => 0,
        [first, .., last] => (name.len() + (*first | 0x20) as usize + 3 * (*last | 0x20) as usize) % PLACES,
        [only] => *only as usize % PLACES,
    }
}

/// Coded names of request headers.
pub static REQUEST_HEADERS: HeaderNames = HeaderNames::new(&[
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Connection",
    "Content-Type",
    "Content-Length",
    "Cookie",
    "Cookie2",
    "Host",
    "Pragma",
    "Referer",
    "User-Agent",
]);

/// Coded names of response headers.
pub static RESPONSE_HEADERS: HeaderNames = HeaderNames::new(&[
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
]);

impl HeaderNames {
    const fn new(names: &'static [&'static str]) -> Self {
        let mut places = [0; PLACES];
        let mut index = 0;
        while index < names.len() {
            let place = place(names[index].as_bytes());
            assert!(places[place] == 0, "two names have the same place");
            index += 1;
            places[place] = index as u8;
        }
        Self { names, places }
    }

    /// The code of a header name in any case; `None` if it has to travel as a string.
    pub fn code(&self, name: &[u8]) -> Option<u16> {
        let number = self.places[place(name)];
        let header = self.names.get(usize::from(number).checked_sub(1)?)?;
        is_same_name(header.as_bytes(), name).then_some(FIRST_HEADER_CODE + u16::from(number))
    }

    /// The header name of a code.
    pub fn name(&self, code: u16) -> Option<&'static str> {
        let index = code.checked_sub(FIRST_HEADER_CODE + 1)?;
        self.names.get(usize::from(index)).copied()
    }
}

/// The optional parts of a Forward Request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are the protocol's own")]
pub enum Attribute {
    Context = 1,
    ServletPath = 2,
    RemoteUser = 3,
    AuthType = 4,
    QueryString = 5,
    Route = 6,
    SslCert = 7,
    SslCipher = 8,
    SslSession = 9,
    /// A name of its own, and a value.
    Named = 10,
    /// An integer where all others are strings.
    SslKeySize = 11,
    Secret = 12,
    StoredMethod = 13,
}

/// Attributes in the order of their codes, the first is 1, and what the protocol's documentation calls them.
const ATTRIBUTES: [(Attribute, &str); 13] = [
    (Attribute::Context, "context"),
    (Attribute::ServletPath, "servlet_path"),
    (Attribute::RemoteUser, "remote_user"),
    (Attribute::AuthType, "auth_type"),
    (Attribute::QueryString, "query_string"),
    (Attribute::Route, "route"),
    (Attribute::SslCert, "ssl_cert"),
    (Attribute::SslCipher, "ssl_cipher"),
    (Attribute::SslSession, "ssl_session"),
    (Attribute::Named, "req_attribute"),
    (Attribute::SslKeySize, "ssl_key_size"),
    (Attribute::Secret, "secret"),
    (Attribute::StoredMethod, "stored_method"),
];

impl Attribute {
    /// Its code on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Its name in the protocol's documentation.
    pub const fn name(self) -> &'static str {
        ATTRIBUTES[self.code() as usize - 1].1
    }

    /// The attribute of a code.
    #[cfg(any(test, fuzzing))]
    pub fn from_code(code: u8) -> Option<Self> {
        ATTRIBUTES.get(usize::from(code).checked_sub(1)?).map(|(attribute, _)| *attribute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_the_codes_of_the_protocol() {
        let cases: [(&[u8], Option<u8>); 11] = [
            (b"OPTIONS", Some(1)),
            (b"GET", Some(2)),
            (b"POST", Some(4)),
            (b"PROPFIND", Some(8)),
            (b"ACL", Some(15)),
            (b"SEARCH", Some(21)),
            (b"BASELINE-CONTROL", Some(26)),
            (b"MKACTIVITY", Some(27)),
            (b"BASELINE_CONTROL", None),
            (b"get", None),
            (b"PATCH", None),
        ];
        for (name, code) in cases {
            assert_eq!(method_code(name), code, "{}", name.escape_ascii());
        }
    }

    #[test]
    fn methods_read_back() {
        for code in 1..=27 {
            let name = method_name(code).expect("a method");
            assert_eq!(method_code(name.as_bytes()), Some(code));
        }
        assert_eq!(method_name(0), None);
        assert_eq!(method_name(28), None);
        assert_eq!(method_name(STORED_METHOD), None);
    }

    #[test]
    fn header_names_have_the_codes_of_the_protocol() {
        let request = [
            ("accept", 0xa001),
            ("Accept-Charset", 0xa002),
            ("Accept-Encoding", 0xa003),
            ("ACCEPT-LANGUAGE", 0xa004),
            ("Authorization", 0xa005),
            ("content-length", 0xa008),
            ("Cookie", 0xa009),
            ("Host", 0xa00b),
            ("User-Agent", 0xa00e),
        ];
        for (name, code) in request {
            assert_eq!(REQUEST_HEADERS.code(name.as_bytes()), Some(code), "{name}");
        }
        let response = [
            ("content-type", 0xa001),
            ("Content-Length", 0xa003),
            ("Location", 0xa006),
            ("Set-Cookie", 0xa007),
            ("WWW-Authenticate", 0xa00b),
        ];
        for (name, code) in response {
            assert_eq!(RESPONSE_HEADERS.code(name.as_bytes()), Some(code), "{name}");
        }
        assert_eq!(REQUEST_HEADERS.code(b"Expect"), None);
        assert_eq!(REQUEST_HEADERS.code(b""), None);
    }

    #[test]
    fn codes_outside_the_tables_have_no_name() {
        assert_eq!(REQUEST_HEADERS.name(0xa000), None);
        assert_eq!(REQUEST_HEADERS.name(0xa00e), Some("User-Agent"));
        assert_eq!(REQUEST_HEADERS.name(0xa00f), None);
        assert_eq!(RESPONSE_HEADERS.name(0xa000), None);
        assert_eq!(RESPONSE_HEADERS.name(0xa00b), Some("WWW-Authenticate"));
        assert_eq!(RESPONSE_HEADERS.name(0xa00c), None);
        assert_eq!(RESPONSE_HEADERS.name(0), None);
    }

    #[test]
    fn attributes_stand_in_the_order_of_their_codes() {
        for (index, (attribute, _)) in ATTRIBUTES.iter().enumerate() {
            assert_eq!(usize::from(attribute.code()), index + 1);
            assert_eq!(Attribute::from_code(attribute.code()), Some(*attribute));
        }
        assert_eq!(Attribute::from_code(0), None);
        assert_eq!(Attribute::from_code(14), None);
        assert_eq!(Attribute::StoredMethod.name(), "stored_method");
    }
}
