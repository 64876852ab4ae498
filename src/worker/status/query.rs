//! The parameters of a request to the page ("status-worker, sections 2 and 3").

use crate::text::LeadingNumber;

/// The parameters, each at most once: of two with one name the later counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

/// What the boxes of the page's members are called: those that are checked make the list `sw`.
pub(super) const BOXES: &str = "chosen";

bitflags::bitflags! {
    /// The bits of `opt`: what is left out, and that nothing may be changed.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(super) struct Hide: u32 {
        const MEMBERS = 0x0001;
        const MAPS = 0x0002;
        const LEGEND = 0x0004;
        const BALANCERS = 0x0008;
        const WORKERS = 0x0010;
        const READ_ONLY = 0x0020;
        const LB_CONFIGURATION = 0x0040;
        const LB_SUMMARY = 0x0080;
        const AJP_CONFIGURATION = 0x0100;
    }
}

impl Query {
    /// No parameters.
    pub(super) const NONE: &'static Query = &Query(Vec::new());

    /// Reads `text`; `None` if a value has a bad escape. Characters that scripts in a page would be made of become
    /// `@`, before and after values are decoded; in `uri`, which the original does not know, they mean something.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        pairs(text).collect::<Option<Vec<_>>>().map(Self::of)
    }

    /// What can be read of `text`: values with a bad escape are left out.
    pub(super) fn parse_readable(text: &[u8]) -> Self {
        Self::of(pairs(text).flatten().collect())
    }

    /// What stands before a value with a bad escape, or all.
    pub(super) fn parse_before_bad_escape(text: &[u8]) -> Self {
        Self::of(pairs(text).map_while(|pair| pair).collect())
    }

    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut query = Self::default();
        let (boxes, pairs): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name == BOXES);
        pairs.into_iter().for_each(|(name, value)| query.set(name, value));
        if !boxes.is_empty() {
            let names: Vec<_> = boxes.into_iter().map(|(_, value)| value).collect();
            query.set("sw".to_owned(), names.join(","));
        }
        query
    }

    fn set(&mut self, name: String, value: String) {
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value));
    }

    /// Adds the fields of a form that was posted; `None` as for [`Query::parse`]. What is done (`cmd`), and
    /// that nothing may be (`opt`), is said by the address alone, which rules of the server can look at.
    pub(super) fn with_form(mut self, form: &[u8]) -> Option<Self> {
        for (name, value) in Self::parse(form)?.0 {
            if !["cmd", "opt"].contains(&name.as_str()) {
                self.set(name, value);
            }
        }
        Some(self)
    }

    /// The value of `name`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The bits of `opt`, read as the original reads numbers; unknown ones mean nothing.
    pub(super) fn options(&self) -> Hide {
        let bits = self.get("opt").map_or(0, |opt| LeadingNumber::of(opt.as_bytes()).clamped());
        Hide::from_bits_truncate(bits as u32)
    }

    /// The name of a worker or member.
    pub(super) fn name(&self, parameter: &str) -> Option<&str> {
        self.get(parameter)
    }
}

/// Names and values in their order; `None` for a value with a bad escape.
fn pairs(text: &[u8]) -> impl Iterator<Item = Option<(String, String)>> + '_ {
    text.split(|octet| *octet == b'&').filter_map(|part| {
        let equals = memchr::memchr(b'=', part).filter(|equals| *equals > 0)?;
        let (name, value) = (&part[..equals], &part[equals + 1..]);
        if name == b"uri" {
            return Some(decoded(value).map(|value| ("uri".to_owned(), readable(&value))));
        }
        // Members are named by patterns, in which it stands for an octet.
        let mask = if name == b"sw" { MASKED_BUT_QUESTION_MARKS } else { MASKED };
        let value = decoded(&masked_octets(value, mask));
        Some(value.map(|value| (masked(name, MASKED), masked(&value, mask))))
    })
}

/// A URI as text, octets that are none as escapes.
fn readable(uri: &[u8]) -> String {
    let mut text = String::with_capacity(uri.len());
    for chunk in uri.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|octet| text.push_str(&format!("%{octet:02X}")));
    }
    text
}

/// Octets that are shown as `@`.
const MASKED: &[u8] = b"<>?\"";

const MASKED_BUT_QUESTION_MARKS: &[u8] = b"<>\"";

/// `text` as it may be shown.
fn masked(text: &[u8], mask: &[u8]) -> String {
    String::from_utf8_lossy(&masked_octets(text, mask)).into_owned()
}

fn masked_octets(text: &[u8], mask: &[u8]) -> Vec<u8> {
    text.iter().map(|octet| if mask.contains(octet) { b'@' } else { *octet }).collect()
}

fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => octets.push(b' '),
            b'%' => {
                let (digits, tail) = tail.split_at_checked(2)?;
                let octet = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
                if octet == 0 || digits[0] == b'+' {
                    return None;
                }
                octets.push(octet);
                rest = tail;
            }
            _ => octets.push(*first),
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str) -> Option<String> {
        let query = Query::parse(query.as_bytes())?;
        Some(query.iter().map(|(name, value)| format!("{name}={value};")).collect())
    }

    #[test]
    fn parameters_are_read_as_the_reference_says() {
        let cases = [
            ("", Some("")),
            ("a&=b&c=&d=1", Some("c=;d=1;")),
            ("a=1&a=2", Some("a=2;")),
            ("a=b=c", Some("a=b=c;")),
            ("a=x+y%20z", Some("a=x y z;")),
            ("a%20b=1", Some("a%20b=1;")),
            ("a=<b>?\"&c=%3cscript%3E%22%3f", Some("a=@b@@@;c=@script@@@;")),
            ("a=%C3%A9", Some("a=é;")),
            ("a=%zz", None),
            ("a=%2", None),
            ("a=%00", None),
            ("a=%+1", None),
            ("uri=/a%3Fb%3D<c>%E4%C3%A9", Some("uri=/a?b=<c>%E4é;")),
            ("sw=t?%3f%3C", Some("sw=t??@;")),
            ("sw=x&chosen=a&chosen=b", Some("sw=a,b;")),
        ];
        for (query, expected) in cases {
            assert_eq!(shown(query).as_deref(), expected, "{query}");
        }
    }

    #[test]
    fn fields_of_a_form_come_behind_the_address_which_alone_says_what_is_done() {
        let query = Query::parse(b"cmd=show&w=a").unwrap().with_form(b"w=b&cmd=update&vwf=3").unwrap();
        let shown: Vec<_> = query.iter().collect();
        assert_eq!(shown, [("cmd", "show"), ("w", "b"), ("vwf", "3")]);
        let chosen = Query::parse(b"cmd=confirm").unwrap().with_form(b"chosen=a&chosen=b&do=stop").unwrap();
        assert_eq!((chosen.get("sw"), chosen.get("do")), (Some("a,b"), Some("stop")));
        assert_eq!(Query::parse(b"cmd=show").unwrap().with_form(b"w=%zz"), None);
    }

    #[test]
    fn what_can_be_read_is_read_beside_a_bad_escape() {
        let query = Query::parse_readable(b"mime=json&w=%zz&w=a&x=%00");
        assert_eq!(query.iter().collect::<Vec<_>>(), [("mime", "json"), ("w", "a")]);
        let before = Query::parse_before_bad_escape(b"mime=xml&w=%zz&w=a");
        assert_eq!(before.iter().collect::<Vec<_>>(), [("mime", "xml")]);
    }

    #[test]
    fn options_are_bits_in_decimal() {
        let options = |text: &str| Query::parse(text.as_bytes()).unwrap().options();
        assert_eq!(options("opt=33"), Hide::MEMBERS | Hide::READ_ONLY);
        assert_eq!(options("opt=%2B2"), Hide::MAPS);
        assert_eq!(options("opt=-1"), Hide::all());
        assert_eq!(options("opt=x"), Hide::empty());
        assert_eq!(options("opt=4294967295"), Hide::all());
    }
}
