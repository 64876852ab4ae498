//! JkOptions: words with signs, kept as two sets so that their order does not matter and minus wins.

use bitflags::bitflags;

use crate::config::diagnostic::did_you_mean;

bitflags! {
    /// JkOptions of one server in effect.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct JkOptions: u32 {
        /// Decoded URI, encoded again by this module (default).
        const FORWARD_URI_PROXY = 1;
        /// Decoded URI as it is.
        const FORWARD_URI_COMPAT = 1 << 1;
        /// Request target as received.
        const FORWARD_URI_COMPAT_UNPARSED = 1 << 2;
        /// Decoded URI, escaped by httpd.
        const FORWARD_URI_ESCAPED = 1 << 3;
        /// Directory requests without index file go to the worker.
        const FORWARD_DIRECTORIES = 1 << 4;
        /// The server's own address goes as the client's.
        const FORWARD_LOCAL_ADDRESS = 1 << 5;
        /// The address of the TCP peer goes as the client's.
        const FORWARD_PHYSICAL_ADDRESS = 1 << 6;
        /// Flush after each body packet.
        const FLUSH_PACKETS = 1 << 7;
        /// Flush after the headers.
        const FLUSH_HEADER = 1 << 8;
        /// Close the backend connection after each response.
        const DISABLE_REUSE = 1 << 9;
        /// Send the TLS key size (default).
        const FORWARD_KEY_SIZE = 1 << 10;
        /// Append the certificate chain to the client certificate.
        const FORWARD_SSL_CERT_CHAIN = 1 << 11;
        /// Refuse URIs with `%` or `\` after decoding.
        const REJECT_UNSAFE_URI = 1 << 12;
        /// CollapseSlashes*: accepted, without effect since 1.2.44.
        const COLLAPSE_SLASHES = 1 << 13;
    }
}

impl JkOptions {
    const URI_GROUP: Self = Self::FORWARD_URI_PROXY
        .union(Self::FORWARD_URI_COMPAT)
        .union(Self::FORWARD_URI_COMPAT_UNPARSED)
        .union(Self::FORWARD_URI_ESCAPED);
    const ADDRESS_GROUP: Self = Self::FORWARD_LOCAL_ADDRESS.union(Self::FORWARD_PHYSICAL_ADDRESS);
    /// Of each, one can be in effect.
    const GROUPS: [Self; 2] = [Self::URI_GROUP, Self::ADDRESS_GROUP];

    /// Which form of the URI is sent.
    pub fn uri_forwarding(self) -> UriForwarding {
        if self.contains(Self::FORWARD_URI_COMPAT) {
            UriForwarding::Compat
        } else if self.contains(Self::FORWARD_URI_COMPAT_UNPARSED) {
            UriForwarding::CompatUnparsed
        } else if self.contains(Self::FORWARD_URI_ESCAPED) {
            UriForwarding::Escaped
        } else {
            UriForwarding::Proxy
        }
    }

    /// Whose address is sent as the client's; ForwardLocalAddress wins over ForwardPhysicalAddress.
    pub fn address_forwarding(self) -> AddressForwarding {
        if self.contains(Self::FORWARD_LOCAL_ADDRESS) {
            AddressForwarding::Local
        } else if self.contains(Self::FORWARD_PHYSICAL_ADDRESS) {
            AddressForwarding::Physical
        } else {
            AddressForwarding::Client
        }
    }
}

/// Which form of the URI the container gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UriForwarding {
    /// Decoded, encoded again by this module.
    Proxy,
    /// Decoded.
    Compat,
    /// As received, without query.
    CompatUnparsed,
    /// Decoded, escaped by httpd.
    Escaped,
}

/// Whose address the container gets as the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressForwarding {
    /// The client's, as mod_remoteip sees it.
    Client,
    /// That of this end of the connection.
    Local,
    /// That of the TCP peer.
    Physical,
}

/// One word of JkOptions.
pub struct OptionWord {
    /// As it is written, in any case.
    pub word: &'static str,
    /// What it stands for.
    pub option: JkOptions,
    /// What it does, in a line of the manual.
    pub about: &'static str,
}

impl OptionWord {
    /// Whether a minus may stand before it: a form of the URI is replaced by another one instead.
    pub fn can_be_taken_away(&self) -> bool {
        !JkOptions::URI_GROUP.contains(self.option)
    }

    /// Whether it holds where nothing is written.
    pub fn is_default(&self) -> bool {
        OptionWords::default().in_main_server().contains(self.option)
    }
}

/// All words of JkOptions.
pub const OPTIONS: [OptionWord; 16] = [
    word("ForwardURIProxy", JkOptions::FORWARD_URI_PROXY, "The URI as httpd decoded it, encoded anew."),
    word("ForwardURICompat", JkOptions::FORWARD_URI_COMPAT, "The URI as httpd decoded it."),
    word(
        "ForwardURICompatUnparsed",
        JkOptions::FORWARD_URI_COMPAT_UNPARSED,
        "The URI as the client wrote it, where every container reads the same in it.",
    ),
    word(
        "ForwardURIEscaped",
        JkOptions::FORWARD_URI_ESCAPED,
        "The URI as httpd decoded it, escaped by httpd.",
    ),
    word(
        "ForwardDirectories",
        JkOptions::FORWARD_DIRECTORIES,
        "Directories without an index file go to Tomcat, where a rule takes them.",
    ),
    word(
        "ForwardLocalAddress",
        JkOptions::FORWARD_LOCAL_ADDRESS,
        "This server's address goes as that of the client.",
    ),
    word(
        "ForwardPhysicalAddress",
        JkOptions::FORWARD_PHYSICAL_ADDRESS,
        "The address of the TCP peer goes as that of the client, whatever mod_remoteip says.",
    ),
    word("FlushPackets", JkOptions::FLUSH_PACKETS, "Each packet of a body is flushed to the client."),
    word("FlushHeader", JkOptions::FLUSH_HEADER, "The head of an answer is flushed to the client."),
    word("DisableReuse", JkOptions::DISABLE_REUSE, "Connections to Tomcat are closed after each answer."),
    word("ForwardKeySize", JkOptions::FORWARD_KEY_SIZE, "The size of the key of TLS is sent."),
    word(
        "ForwardSSLCertChain",
        JkOptions::FORWARD_SSL_CERT_CHAIN,
        "The chain of the client's certificate is sent behind it.",
    ),
    word(
        "RejectUnsafeURI",
        JkOptions::REJECT_UNSAFE_URI,
        "URIs with a percent sign or a backslash after decoding are refused (400).",
    ),
    word("CollapseSlashesAll", JkOptions::COLLAPSE_SLASHES, "No effect: slashes are always collapsed."),
    word("CollapseSlashesNone", JkOptions::COLLAPSE_SLASHES, "No effect: slashes are always collapsed."),
    word("CollapseSlashesUnmount", JkOptions::COLLAPSE_SLASHES, "No effect: slashes are always collapsed."),
];

const fn word(word: &'static str, option: JkOptions, about: &'static str) -> OptionWord {
    OptionWord { word, option, about }
}

/// JkOptions as written in one server: what was added and what was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionWords {
    plus: JkOptions,
    minus: JkOptions,
}

impl Default for OptionWords {
    fn default() -> Self {
        Self { plus: JkOptions::empty(), minus: JkOptions::empty() }
    }
}

impl OptionWords {
    /// Takes one word with its optional sign; returns what is doubtful about it.
    ///
    /// # Errors
    /// A complaint about a word that is none of the options, or a sign that it can't have.
    pub fn add(&mut self, word: &str) -> Result<Option<String>, String> {
        let (minus, name) = match word.as_bytes().first() {
            Some(b'-') => (true, &word[1..]),
            Some(b'+') => (false, &word[1..]),
            _ => (false, word),
        };
        if name.is_empty() {
            return Err(format!("option expected behind {word}"));
        }
        let found = OPTIONS.iter().find(|known| known.word.eq_ignore_ascii_case(name));
        let Some(found) = found else {
            let suggestion = did_you_mean(name, OPTIONS.iter().map(|known| known.word));
            return Err(format!("unknown option {name}{suggestion}"));
        };
        if minus && !found.can_be_taken_away() {
            return Err(format!("-{} is not allowed: set another ForwardURI option instead", found.word));
        }
        let replaced = self.replaced_by(found.option).filter(|_| !minus);
        self.apply(found.option, minus);
        if found.option == JkOptions::COLLAPSE_SLASHES {
            let name = found.word;
            return Ok(Some(format!("{name} has no effect: slashes are always collapsed for matching")));
        }
        let name = found.word;
        Ok(replaced.map(|other| format!("{name} takes the place of {other}: one of them has no effect")))
    }

    /// The word that another one of its group takes the place of.
    fn replaced_by(&self, option: JkOptions) -> Option<&'static str> {
        let group = JkOptions::GROUPS.into_iter().find(|group| group.contains(option))?;
        let others = self.plus & (group - option);
        OPTIONS.iter().find(|known| others.contains(known.option)).map(|known| known.word)
    }

    /// A later word of a group replaces what earlier ones of it added in the same server; what they took away stays
    /// away: it may be the main server's.
    fn apply(&mut self, option: JkOptions, minus: bool) {
        for group in JkOptions::GROUPS {
            if group.contains(option) {
                self.plus.remove(group);
            }
        }
        if minus {
            self.minus.insert(option);
        } else {
            self.plus.insert(option);
        }
    }

    /// The options in effect in the main server.
    pub fn in_main_server(self) -> JkOptions {
        let plus = match self.plus.intersects(JkOptions::URI_GROUP) {
            true => self.plus,
            false => self.plus | JkOptions::FORWARD_URI_PROXY,
        };
        (plus | JkOptions::FORWARD_KEY_SIZE) - self.minus
    }

    /// The options in effect in a virtual host whose main server has `main`.
    pub fn in_virtual_host(self, main: JkOptions) -> JkOptions {
        let inherited = match self.plus.intersects(JkOptions::URI_GROUP) {
            true => main - JkOptions::URI_GROUP,
            false => main,
        };
        (inherited | self.plus) - self.minus
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> OptionWords {
        let mut words = OptionWords::default();
        text.split_whitespace().for_each(|word| drop(words.add(word).unwrap()));
        words
    }

    #[test]
    fn defaults_are_proxy_and_key_size() {
        let options = words("").in_main_server();
        assert_eq!(options, JkOptions::FORWARD_URI_PROXY | JkOptions::FORWARD_KEY_SIZE);
    }

    #[test]
    fn minus_wins_in_any_order() {
        assert!(!words("-FlushPackets +FlushPackets").in_main_server().contains(JkOptions::FLUSH_PACKETS));
        assert!(!words("FlushPackets -flushpackets").in_main_server().contains(JkOptions::FLUSH_PACKETS));
    }

    #[test]
    fn a_virtual_host_inherits_and_replaces_the_uri_group() {
        let main = words("ForwardURIEscaped FlushHeader ForwardDirectories").in_main_server();
        let host = words("ForwardURICompat -FlushHeader").in_virtual_host(main);
        assert_eq!(host.uri_forwarding(), UriForwarding::Compat);
        assert!(host.contains(JkOptions::FORWARD_DIRECTORIES) && !host.contains(JkOptions::FLUSH_HEADER));
        assert_eq!(words("").in_virtual_host(main).uri_forwarding(), UriForwarding::Escaped);
    }

    #[test]
    fn the_later_address_word_clears_the_earlier_one_in_the_same_server() {
        let cleared = words("ForwardLocalAddress -ForwardPhysicalAddress").in_main_server();
        assert_eq!(cleared.address_forwarding(), AddressForwarding::Client);
        let main = words("ForwardLocalAddress").in_main_server();
        let host = words("ForwardPhysicalAddress").in_virtual_host(main);
        assert_eq!(host.address_forwarding(), AddressForwarding::Local);
        let host = words("-ForwardLocalAddress ForwardPhysicalAddress").in_virtual_host(main);
        assert_eq!(host.address_forwarding(), AddressForwarding::Physical);
    }

    #[test]
    fn what_takes_the_place_of_another_or_has_no_effect_is_doubtful() {
        let doubt = |text: &str| {
            let (mut words, mut last) = (OptionWords::default(), None);
            text.split_whitespace().for_each(|word| last = words.add(word).unwrap());
            last
        };
        for fine in
            ["+FlushHeader ForwardURIProxy", "ForwardURIProxy +ForwardURIProxy", "-ForwardLocalAddress"]
        {
            assert_eq!(doubt(fine), None, "{fine}");
        }
        for (text, said) in [
            ("+ForwardURIProxy +ForwardURICompat", "ForwardURICompat takes the place of ForwardURIProxy: "),
            (
                "ForwardLocalAddress ForwardPhysicalAddress",
                "ForwardPhysicalAddress takes the place of ForwardLocal",
            ),
            ("-collapseslashesall", "CollapseSlashesAll has no effect: slashes are always collapsed"),
        ] {
            assert!(doubt(text).is_some_and(|doubt| doubt.starts_with(said)), "{text}: {:?}", doubt(text));
        }
    }

    #[test]
    fn wrong_words_are_refused_with_the_nearest_right_one() {
        let complaint = |word: &str| OptionWords::default().add(word).unwrap_err();
        assert_eq!(
            complaint("ForwardKeysizes"),
            "unknown option ForwardKeysizes, did you mean ForwardKeySize?"
        );
        assert!(complaint("-ForwardURIProxy").contains("not allowed"));
        assert!(complaint("+").contains("option expected"));
    }
}
