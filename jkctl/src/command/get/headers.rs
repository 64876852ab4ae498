//! The headers of a request: those of the command line, and those that go without saying.

/// Names and values in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RequestHeaders(pub Vec<(String, String)>);

/// A header as it is written behind `-H`: no value means that it is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    name: String,
    value: String,
}

/// Reads `Name: value`.
///
/// # Errors
/// What was expected.
pub fn written(text: &str) -> Result<Written, String> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    let is_token = |name: &str| {
        name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet))
    };
    if name.is_empty() || !is_token(name) {
        return Err(format!("{name:?} is no name of a header"));
    }
    let value = value.trim();
    match value.chars().any(|letter| letter.is_ascii_control() && letter != '\t') {
        true => Err("a value has no control characters".into()),
        false => Ok(Written { name: name.to_owned(), value: value.to_owned() }),
    }
}

impl RequestHeaders {
    /// Those that were written, behind the `usual` ones that they don't replace.
    pub fn new(usual: &[(&str, String)], written: &[Written]) -> Self {
        let is_written = |name: &str| written.iter().any(|header| header.name.eq_ignore_ascii_case(name));
        let usual = usual.iter().filter(|(name, _)| !is_written(name));
        let usual = usual.map(|(name, value)| ((*name).to_owned(), value.clone()));
        let written = written.iter().filter(|header| !header.value.is_empty());
        let written = written.map(|header| (header.name.clone(), header.value.clone()));
        Self(usual.chain(written).collect())
    }

    /// The value of the first header of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_replaces_what_is_usual() {
        let usual =
            [("Host", "a".to_owned()), ("Accept", "*/*".to_owned()), ("User-Agent", "jkctl".to_owned())];
        let lines = ["host: b:8080", "Accept:", "X-A: 1", "X-A:  2 "];
        let written: Vec<_> = lines.iter().map(|line| written(line).unwrap()).collect();
        let headers = RequestHeaders::new(&usual, &written);
        let expected = [("User-Agent", "jkctl"), ("host", "b:8080"), ("X-A", "1"), ("X-A", "2")];
        assert_eq!(headers.0, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!((headers.get("HOST"), headers.get("Accept")), (Some("b:8080"), None));
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for text in ["", "Host", ": x", "a b: c", "X\n: y", "X: a\r\nY: b"] {
            assert!(written(text).is_err(), "{text:?}");
        }
    }
}
