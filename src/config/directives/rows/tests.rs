//! Defaults of directives are what holds without them.

use super::*;
use crate::config::directives::{Invocation, ServerSettings};
use crate::config::Origin;
use crate::log::{Format, Level, StampFormat};

/// Settings after a directive with the arguments that its row gives as default.
fn by_default(directive: &Directive) -> ServerSettings {
    let words: Vec<&[u8]> = match directive.arity {
        // httpd reads the word of a flag, and gives one of its own.
        Arity::Flag => vec![if directive.default == "On" { b"on" } else { b"off" }],
        Arity::One => vec![directive.default.trim_matches('"').as_bytes()],
        _ => directive.default.split(' ').map(str::as_bytes).collect(),
    };
    let mut settings = ServerSettings::default();
    let place = (false, None, Origin::new(&"httpd.conf".into(), 1));
    let resolve = |path: &[u8]| std::str::from_utf8(path).ok().map(Into::into);
    let told = (directive.set)(&mut Invocation::new(&mut settings, &words, place, &resolve));
    assert_eq!(told, Ok(()), "{:?}", directive.name);
    settings
}

/// Defaults that are told here are those that hold without the directive.
#[test]
fn defaults_are_what_holds_without_the_directive() {
    let unset = ServerSettings::default();
    let mut compared = 0;
    for directive in DIRECTIVES.iter().filter(|directive| !directive.default.is_empty()) {
        let set = by_default(directive);
        compared += 1;
        match directive.name.to_str().unwrap() {
            "JkConfigCheck" => assert_eq!(set.global.config_check, unset.global.config_check),
            "JkPersist" => assert_eq!(set.global.persist, unset.global.persist),
            "JkMountFileReload" => assert_eq!(set.reload(), unset.reload()),
            "JkLogLevel" => assert_eq!(set.log_level.unwrap(), Level::default()),
            "JkLogStampFormat" => {
                assert_eq!(StampFormat::new(&set.log_stamp.unwrap()), StampFormat::default());
            }
            "JkLogFormat" => assert_eq!(set.log_format.unwrap(), Format::default()),
            "JkExtractSSL" => assert_eq!(set.extracts_tls(), unset.extracts_tls()),
            "JkOptions" => assert_eq!(set.options.in_main_server(), unset.options.in_main_server()),
            "JkStripSession" => assert!(set.strip_session.is_some_and(|strip| !strip.enabled)),
            "JkMountCopy" | "JkWatchdogInterval" | "JkShmFile" | "JkLogFile" | "JkStateFile" => {}
            indicator => {
                assert!(set.indicators != unset.indicators, "{indicator}");
                assert_eq!(Indicator::names(&set.indicators), Indicator::names(&unset.indicators));
            }
        }
    }
    assert!(compared > 25, "only {compared} defaults: this test reads nothing");
}
