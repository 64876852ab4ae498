//! How many requests mod_http2 serves beside those of HTTP/1.1, as its directives say.

use super::access::Directive;

/// Threads that mod_http2 has for requests in each child, whose own are `threads`: none where no server speaks HTTP/2.
///
/// H2MaxWorkers, else one and a half times H2MinWorkers and at least 4; that is `threads` unless it is set. Those of the
/// main server count.
pub(crate) fn http2_threads(directives: &[Directive], threads: usize) -> usize {
    let number = |name: &str| {
        let mut values = directives.iter().filter(|directive| directive.is(name));
        values.next_back()?.words().first()?.parse::<usize>().ok().filter(|number| *number > 0)
    };
    if !speaks_http2(directives) {
        return 0;
    }
    number("H2MaxWorkers").unwrap_or_else(|| (number("H2MinWorkers").unwrap_or(threads) * 3 / 2).max(4))
}

/// Tells whether a server does.
fn speaks_http2(directives: &[Directive]) -> bool {
    let is_http2 = |word: &String| ["h2", "h2c"].iter().any(|name| word.eq_ignore_ascii_case(name));
    directives.iter().any(|directive| {
        directive.is("Protocols") && directive.words().iter().any(is_http2)
            || directive.is("<VirtualHost") && speaks_http2(&directive.inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    fn directives(lines: &[&str]) -> Vec<Directive> {
        let directive = |line: &&str| {
            let (name, arguments) = line.split_once(' ').unwrap();
            let origin = Origin::new(&"httpd.conf".into(), 1);
            Directive { name: name.to_owned(), arguments: arguments.to_owned(), origin, inner: Vec::new() }
        };
        lines.iter().map(directive).collect()
    }

    #[test]
    fn it_is_said_or_follows_from_the_threads() {
        for (lines, expected) in [
            (&["Protocols http/1.1", "H2MaxWorkers 12"][..], 0),
            (&["H2MaxWorkers 12"], 0),
            (&["Protocols h2c http/1.1", "H2MaxWorkers 12"], 12),
            (&["protocols \"h2\" http/1.1", "H2MinWorkers 20"], 30),
            (&["Protocols h2 http/1.1", "H2MinWorkers 40", "H2MaxWorkers 9"], 9),
            (&["Protocols h2 http/1.1"], 24),
        ] {
            assert_eq!(http2_threads(&directives(lines), 16), expected, "{lines:?}");
        }
        assert_eq!(http2_threads(&directives(&["Protocols h2 http/1.1"]), 1), 4);
    }

    #[test]
    fn a_virtual_host_may_speak_it_and_has_no_threads_of_its_own() {
        let inner = directives(&["Protocols h2 http/1.1", "H2MaxWorkers 99"]);
        let host = Directive { inner, ..directives(&["<VirtualHost *:443>"]).remove(0) };
        assert_eq!(http2_threads(&[host], 16), 24);
    }
}
