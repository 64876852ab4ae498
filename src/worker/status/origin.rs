//! Calls that another site has a browser make: they change nothing ("decisions, row 21").
//!
//! Tools send none of these headers, and whoever types an address or follows a bookmark comes from no site, which a browser
//! says to a server with TLS.

/// What a browser tells about where a call comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin<'a> {
    /// `Sec-Fetch-Site`
    pub fetch_site: Option<&'a [u8]>,
    /// `Origin`
    pub origin: Option<&'a [u8]>,
    /// `Referer`
    pub referer: Option<&'a [u8]>,
    /// `Host`
    pub host: Option<&'a [u8]>,
    /// `User-Agent`
    pub agent: Option<&'a [u8]>,
    /// `Accept-Language`
    pub language: Option<&'a [u8]>,
}

impl<'a> Origin<'a> {
    /// Takes the header `name`, if it is one of them.
    pub(crate) fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let place = match name {
            name if name.eq_ignore_ascii_case(b"sec-fetch-site") => &mut self.fetch_site,
            name if name.eq_ignore_ascii_case(b"origin") => &mut self.origin,
            name if name.eq_ignore_ascii_case(b"referer") => &mut self.referer,
            name if name.eq_ignore_ascii_case(b"host") => &mut self.host,
            name if name.eq_ignore_ascii_case(b"user-agent") => &mut self.agent,
            name if name.eq_ignore_ascii_case(b"accept-language") => &mut self.language,
            _ => return,
        };
        *place = Some(value);
    }

    /// Tells whether a page has a browser call, as far as its headers say: forms that are posted come with one of them.
    pub(super) fn is_of_a_browser(&self) -> bool {
        self.fetch_site.is_some_and(|site| site != b"none") || self.origin.is_some()
    }

    /// Tells whether another site makes a browser call.
    pub(super) fn is_foreign(&self) -> bool {
        if self.fetch_site.is_some() {
            return self.is_foreign_by_its_own_word();
        }
        let from = self.origin.or(self.referer);
        from.is_some_and(|from| !self.host.is_some_and(|host| is_at(from, host)))
    }

    /// Tells whether a browser says so, which knows; `Host` may be that of a proxy in between.
    pub(super) fn is_foreign_by_its_own_word(&self) -> bool {
        self.fetch_site.is_some_and(|site| !matches!(site, b"same-origin" | b"none"))
    }

    /// Tells whether a browser calls that does not say for which page: to a server without TLS it sends no
    /// `Sec-Fetch-Site`, and a page can keep back `Referer`. What a browser is shows in what no tool sends together.
    pub(super) fn is_of_an_unknown_page(&self) -> bool {
        let is_browser =
            self.agent.is_some_and(|agent| agent.starts_with(b"Mozilla/")) && self.language.is_some();
        is_browser && self.fetch_site.is_none() && self.origin.is_none() && self.referer.is_none()
    }
}

/// Tells whether `url` is at the place that `host` names, in which a port that goes without saying may be said.
fn is_at(url: &[u8], host: &[u8]) -> bool {
    let port: &[u8] = if url.len() > 5 && url[..5].eq_ignore_ascii_case(b"https") { b":443" } else { b":80" };
    let plain = |place: &[u8]| place.strip_suffix(port).unwrap_or(place).to_ascii_lowercase();
    authority(url).is_some_and(|place| plain(place) == plain(host))
}

/// Host and port of a URL; `None` for `null` and what is no URL.
fn authority(url: &[u8]) -> Option<&[u8]> {
    let start = memchr::memmem::find(url, b"://")? + 3;
    let rest = &url[start..];
    let end = rest.iter().position(|octet| matches!(octet, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(headers: &[(&str, &str)]) -> bool {
        let mut origin = Origin::default();
        headers.iter().for_each(|(name, value)| origin.take(name.as_bytes(), value.as_bytes()));
        origin.is_foreign()
    }

    #[test]
    fn other_sites_are_told_from_tools_and_from_the_page_itself() {
        let host = ("Host", "a.example:8080");
        for (headers, is_foreign) in [
            (&[host][..], false),
            (&[host, ("Sec-Fetch-Site", "same-origin"), ("Origin", "http://b")], false),
            (&[host, ("Sec-Fetch-Site", "none")], false),
            (&[host, ("Sec-Fetch-Site", "cross-site")], true),
            (&[host, ("sec-fetch-site", "same-site")], true),
            (&[host, ("Origin", "http://a.example:8080")], false),
            (&[host, ("Origin", "http://a.example")], true),
            (&[host, ("Origin", "null")], true),
            (&[host, ("Referer", "http://a.example:8080/status?cmd=edit")], false),
            (&[host, ("Referer", "http://evil/?http://a.example:8080/")], true),
            (&[host, ("Referer", "garbage")], true),
            (&[("Referer", "http://a.example:8080/")], true),
            (&[("Host", "A.example:80"), ("Origin", "http://a.Example")], false),
            (&[("Host", "a.example"), ("Origin", "HTTPS://a.example:443")], false),
            (&[("Host", "a.example:443"), ("Origin", "http://a.example")], true),
        ] {
            assert_eq!(foreign(headers), is_foreign, "{headers:?}");
        }
    }
}
