//! The module's directives, handed to its own rows: first what httpd itself would say of places and arguments, in its
//! words, then what the row says.

use std::path::{Path, PathBuf};

use jk_rooms::admin::Directive;
use jk_rooms::config::directives::{
    Arity, Directive as Row, Invocation, Place, Section, ServerSettings, DIRECTIVES,
};
use jk_rooms::config::{nearest, Report};

use super::line::words;

/// Sections that have a path, as httpd counts them.
const WITH_PATH: [&str; 8] = [
    "<Location",
    "<LocationMatch",
    "<Directory",
    "<DirectoryMatch",
    "<Files",
    "<FilesMatch",
    "<Proxy",
    "<If",
];

/// Where a directive stands.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// In a virtual host.
    pub in_virtual_host: bool,
    /// The section right around it, if that is none for a virtual host.
    pub section: Option<&'a Directive>,
    /// The path of that section, or of one around it.
    pub path: Option<&'a str>,
}

/// The path that directives in `section` have, given that of what is around it.
pub fn path_of(section: &Directive, around: Option<&str>) -> Option<String> {
    if !WITH_PATH.iter().any(|known| section.is(known)) {
        return around.map(str::to_owned);
    }
    if section.is("<If") {
        return Some("*If".to_owned());
    }
    let path = section.words().into_iter().find(|word| word != "~").unwrap_or_default();
    let is_folder = section.is("<Directory") && path.starts_with('/') && !path.ends_with('/');
    Some(if is_folder { path + "/" } else { path })
}

/// Takes a directive of the module; others are none of its business. `root` is ServerRoot.
pub fn apply(
    directive: &Directive,
    around: Around<'_>,
    settings: &mut ServerSettings,
    root: &Path,
    report: &mut Report,
) {
    let name = directive.name.as_str();
    if !name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("Jk")) {
        return;
    }
    let known = DIRECTIVES.iter().map(|row| (row.name.to_str().unwrap_or_default(), row));
    let found = known.clone().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let outcome = match found {
        Some((name, row)) => take(name, row, directive, around, settings, root),
        None => {
            let nearest = nearest(name, known.map(|(name, _)| name));
            let advice = nearest.map(|known| format!(", did you mean {known}?")).unwrap_or_default();
            Err(format!("Invalid command '{name}'{advice}"))
        }
    };
    if let Err(complaint) = outcome {
        report.error(Some(&directive.origin), complaint);
    }
}

fn take(
    name: &str,
    row: &Row,
    directive: &Directive,
    around: Around<'_>,
    settings: &mut ServerSettings,
    root: &Path,
) -> Result<(), String> {
    if let Some(section) = around.section.filter(|_| row.place != Place::ServerOrSection) {
        return Err(format!("{name} not allowed in {}> context", section.name));
    }
    if row.place == Place::Main && around.in_virtual_host {
        return Err(format!("{name} cannot occur within <VirtualHost> section"));
    }
    let words = arguments(name, row, &directive.arguments)?;
    let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
    let section = around.path.map(|path| Section {
        name: around.section.map_or(b"<Location", |section| section.name.as_bytes()),
        path: path.as_bytes(),
    });
    let resolve = |file: &[u8]| Some::<PathBuf>(root.join(String::from_utf8_lossy(file).as_ref()));
    let place = (around.in_virtual_host, section, directive.origin.clone());
    let taken = row.apply(&mut Invocation::new(settings, &words, place, &resolve));
    taken.map_err(|complaint| format!("{name}: {complaint}"))
}

/// The arguments, if their number is right.
fn arguments(name: &str, row: &Row, text: &str) -> Result<Vec<String>, String> {
    let found = words(text);
    let help = row.help.to_string_lossy();
    match (row.arity, found.as_slice()) {
        (Arity::Line, _) => Ok(vec![text.to_owned()]),
        (Arity::One, [one]) if !one.is_empty() => Ok(found),
        (Arity::One, _) => Err(format!("{name} takes one argument, {help}")),
        (Arity::OneOrTwo, [one] | [one, _]) if !one.is_empty() => Ok(found),
        (Arity::OneOrTwo, _) => Err(format!("{name} takes 1-2 arguments, {help}")),
        (Arity::Words, _) => Ok(found),
        (Arity::Flag, [flag]) if ["on", "off"].iter().any(|word| word.eq_ignore_ascii_case(flag)) => {
            Ok(vec![flag.to_ascii_lowercase()])
        }
        (Arity::Flag, _) => Err(format!("{name} must be On or Off")),
    }
}
