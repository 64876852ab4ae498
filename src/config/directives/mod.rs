//! The Jk* directives of httpd's configuration: one row each, and the settings that the rows fill.
//!
//! A row is data: name, place, arity, how its arguments are written, default, help, setter. `src/entry/directives.rs` makes
//! httpd's table from the rows and calls the setters; what they return as error, httpd prints with file and line. Rules:
//! "directives".

mod log_format;
mod log_target;
mod options;
mod rows;
mod server_settings;
mod setters;

pub use log_format::{LogFormat, LogItem};
pub use log_target::LogTarget;
pub use options::{AddressForwarding, JkOptions, OptionWord, OptionWords, UriForwarding, OPTIONS};
pub use rows::DIRECTIVES;
pub use server_settings::{
    ConfigCheck, EnvVar, GlobalSettings, Indicator, Mount, MountCopy, MountFile, Persist, ServerSettings,
    StripSession,
};

use std::ffi::CStr;
use std::path::PathBuf;

use super::Origin;
use crate::text::odd_character;

/// One directive.
pub struct Directive {
    /// Name as written in httpd.conf, in any case.
    pub name: &'static CStr,
    /// Where it may stand.
    pub place: Place,
    /// Its arguments.
    pub arity: Arity,
    /// How its arguments are written, in the manual.
    pub arguments: &'static str,
    /// The arguments that it has without being written; empty if it has none.
    pub default: &'static str,
    /// One line for the manual, for `httpd -L`, and for httpd's own complaints about the number of arguments.
    pub help: &'static CStr,
    /// Takes the arguments; the error is what httpd prints behind the directive's name.
    pub set: Setter,
}

/// What takes the arguments of a directive.
pub type Setter = fn(&mut Invocation<'_>) -> Result<(), String>;

impl Directive {
    /// Takes one use of it.
    ///
    /// # Errors
    /// What httpd prints behind its name.
    pub fn apply(&self, call: &mut Invocation<'_>) -> Result<(), String> {
        // Lines of worker definitions are looked at where all of them are.
        let odd =
            call.words.iter().find_map(|word| odd_character(word)).filter(|_| self.arity != Arity::Line);
        if let Some(odd) = odd {
            let name = self.name.to_string_lossy();
            let text = format!("{name}: {odd} is part of the argument; is it meant?");
            call.settings.doubts.push((call.origin.clone(), text));
        }
        (self.set)(call)
    }
}

/// Where a directive may stand. None of them is allowed in `.htaccess`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The main server only.
    Main,
    /// The main server and virtual hosts.
    Server,
    /// Also inside `<Location>` and the like.
    ServerOrSection,
}

/// The arguments of a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// One, not empty.
    One,
    /// One or two.
    OneOrTwo,
    /// Any number of words.
    Words,
    /// The rest of the line as it stands.
    Line,
    /// On or Off.
    Flag,
}

/// Makes a path absolute: relative to ServerRoot. `None` if that can't be a path.
pub type Resolve<'a> = &'a dyn Fn(&[u8]) -> Option<PathBuf>;

/// A section with a path.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    /// As its line begins: `<Location`.
    pub name: &'a [u8],
    /// What its line names, which may be no path.
    pub path: &'a [u8],
}

impl Section<'_> {
    /// Tells whether it is called `name`, in any case.
    fn is(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// One use of a directive.
pub struct Invocation<'a> {
    /// Settings of the server it stands in.
    pub settings: &'a mut ServerSettings,
    /// Its arguments, without quotes.
    pub words: &'a [&'a [u8]],
    /// It stands in a virtual host.
    pub in_virtual_host: bool,
    /// The `<Location>` or other section around it.
    pub section: Option<Section<'a>>,
    /// File and line.
    pub origin: Origin,
    resolve: Resolve<'a>,
}

impl<'a> Invocation<'a> {
    /// A use with `words` at `place`: in a virtual host or not, section, file and line; `resolve` makes paths.
    pub fn new(
        settings: &'a mut ServerSettings,
        words: &'a [&'a [u8]],
        place: (bool, Option<Section<'a>>, Origin),
        resolve: Resolve<'a>,
    ) -> Self {
        let (in_virtual_host, section, origin) = place;
        Self { settings, words, in_virtual_host, section, origin, resolve }
    }

    /// The only (or first) argument; empty if there is none.
    pub fn word(&self) -> &'a [u8] {
        self.words.first().copied().unwrap_or_default()
    }

    /// The argument as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.word()).into_owned()
    }

    /// The argument as a path relative to ServerRoot.
    ///
    /// # Errors
    /// A complaint, when httpd can't make a path of it.
    pub fn path(&self) -> Result<PathBuf, String> {
        let path = (self.resolve)(self.word());
        path.ok_or_else(|| format!("invalid path {}", self.text()))
    }
}
