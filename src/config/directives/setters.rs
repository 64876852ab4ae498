//! What the directives do with their arguments. Rules: "directives, section 3".

use std::ffi::CString;

use super::{
    ConfigCheck, EnvVar, Indicator, Invocation, LogTarget, Mount, MountCopy, MountFile, Persist, Section,
    StripSession,
};
use crate::config::diagnostic::{did_you_mean, extends};
use crate::config::workers::check_worker_property;
use crate::log::{Format, Level, StampFormat, MAX_STAMP};
use crate::text::{begins_as_path, LeadingNumber};

pub(super) fn set(call: &mut Invocation<'_>, indicator: Indicator) -> Result<(), String> {
    let name = CString::new(call.word()).map_err(|_| "NUL in the name".to_owned())?;
    call.settings.indicators[indicator as usize] = Some(name);
    Ok(())
}

pub(super) fn workers_file(call: &mut Invocation<'_>) -> Result<(), String> {
    if let Some((_, first)) = &call.settings.global.workers_file {
        return Err(format!("only allowed once, it was set at {first} already"));
    }
    call.settings.global.workers_file = Some((call.path()?, call.origin.clone()));
    Ok(())
}

pub(super) fn worker_property(call: &mut Invocation<'_>) -> Result<(), String> {
    check_worker_property(call.word())?;
    let line = (call.word().to_vec(), call.origin.clone());
    call.settings.global.worker_properties.push(line);
    Ok(())
}

pub(super) fn shm_file(call: &mut Invocation<'_>) -> Result<(), String> {
    call.settings.global.shm_file = Some((call.path()?, call.origin.clone()));
    Ok(())
}

pub(super) fn shm_size(call: &mut Invocation<'_>) -> Result<(), String> {
    call.doubt("JkShmSize has no effect: the size is computed from the workers; remove the directive");
    Ok(())
}

/// Has no effect: maintenance has a thread, which wakes when worker.maintain says ("decisions, row 38").
pub(super) fn watchdog(call: &mut Invocation<'_>) -> Result<(), String> {
    let _ = call.seconds("JkWatchdogInterval", "the directive has no effect");
    Ok(())
}

pub(super) fn config_check(call: &mut Invocation<'_>) -> Result<(), String> {
    let words = [("Off", ConfigCheck::Off), ("Warn", ConfigCheck::Warn), ("Strict", ConfigCheck::Strict)];
    call.settings.global.config_check = choose(call, &words)?;
    Ok(())
}

pub(super) fn persist(call: &mut Invocation<'_>) -> Result<(), String> {
    let words = [("Off", Persist::Off), ("Graceful", Persist::Graceful), ("On", Persist::On)];
    call.settings.global.persist = choose(call, &words)?;
    Ok(())
}

pub(super) fn state_file(call: &mut Invocation<'_>) -> Result<(), String> {
    call.settings.global.state_file = Some((call.path()?, call.origin.clone()));
    Ok(())
}

pub(super) fn mount_file(call: &mut Invocation<'_>) -> Result<(), String> {
    call.settings.mount_file = Some(MountFile { path: call.path()?, origin: call.origin.clone() });
    Ok(())
}

pub(super) fn mount_file_reload(call: &mut Invocation<'_>) -> Result<(), String> {
    call.settings.mount_file_reload = Some(call.seconds("JkMountFileReload", "changes are not looked for"));
    Ok(())
}

pub(super) fn mount(call: &mut Invocation<'_>) -> Result<(), String> {
    add_mount(call, false)
}

pub(super) fn unmount(call: &mut Invocation<'_>) -> Result<(), String> {
    add_mount(call, true)
}

/// Two arguments in a server, or the worker alone in a section, whose path is the pattern then.
fn add_mount(call: &mut Invocation<'_>, exclusion: bool) -> Result<(), String> {
    let (path, worker) = match (call.section, call.words) {
        (None, [path, worker]) => (*path, *worker),
        (Some(section), [worker]) => (section.path, *worker),
        (None, _) => return Err("needs a path and a worker outside of a section".to_owned()),
        (Some(_), _) => {
            return Err("takes the worker only inside of a section, whose path it uses".to_owned())
        }
    };
    if !begins_as_path(path) {
        return Err(no_path(call.section, path, exclusion));
    }
    doubt_mount(call, path, exclusion);
    let mount =
        Mount { path: path.to_vec(), worker: worker.to_vec(), exclusion, origin: call.origin.clone() };
    call.settings.mounts.push(mount);
    Ok(())
}

/// Says what to write in place of a path that is none.
fn no_path(section: Option<Section<'_>>, path: &[u8], exclusion: bool) -> String {
    let text = String::from_utf8_lossy(path);
    match section {
        Some(section) => {
            let name = String::from_utf8_lossy(section.name);
            format!("takes no path from {name}>; use <Location /path>, or SetHandler jakarta-servlet in this section")
        }
        None if path.starts_with(b"!") && !exclusion => {
            format!("path {text} must start with /, use JkUnMount {}", text.trim_start_matches('!'))
        }
        None => format!("path {text} must start with /"),
    }
}

/// Doubts a path that is read as a URI pattern and was hardly meant as one.
fn doubt_mount(call: &mut Invocation<'_>, path: &[u8], exclusion: bool) {
    let directive = if exclusion { "JkUnMount" } else { "JkMount" };
    let shown = String::from_utf8_lossy(path);
    let advice = match call.section {
        Some(section) if section.is(b"<Directory") || section.is(b"<DirectoryMatch") => {
            "is taken as a URI, not as a directory; write it into <Location>"
        }
        Some(section) if section.is(b"<LocationMatch") => {
            "is taken as a URI pattern, not as a regular expression; write it into <Location>"
        }
        _ => return,
    };
    call.doubt(&format!("{directive}: {shown} {advice}"));
}

pub(super) fn mount_copy(call: &mut Invocation<'_>) -> Result<(), String> {
    let words = [("On", MountCopy::On), ("Off", MountCopy::Off), ("All", MountCopy::All)];
    let copy = choose(call, &words)?;
    if copy == MountCopy::All && call.in_virtual_host {
        return Err("All is only allowed in the main server".to_owned());
    }
    if copy == MountCopy::On && !call.in_virtual_host {
        call.doubt("JkMountCopy On has no effect in the main server: write All here, or On in virtual hosts");
    }
    call.settings.mount_copy = Some((copy, call.origin.clone()));
    Ok(())
}

pub(super) fn auto_alias(call: &mut Invocation<'_>) -> Result<(), String> {
    if !call.word().starts_with(b"/") {
        let text = format!("JkAutoAlias {}: a relative path leads nowhere, write it from / on", call.text());
        call.doubt(&text);
    }
    call.settings.auto_alias = Some(call.word().to_vec());
    Ok(())
}

pub(super) fn strip_session(call: &mut Invocation<'_>) -> Result<(), String> {
    let enabled = choose(call, &[("On", true), ("Off", false)])?;
    let name = call.words.get(1).copied().unwrap_or(b";jsessionid").to_vec();
    call.settings.strip_session = Some(StripSession { enabled, name });
    Ok(())
}

pub(super) fn log_file(call: &mut Invocation<'_>) -> Result<(), String> {
    call.settings.log_file = Some((LogTarget::of(call)?, call.origin.clone()));
    Ok(())
}

/// Unknown words are taken as info, as the original does.
pub(super) fn log_level(call: &mut Invocation<'_>) -> Result<(), String> {
    let word = call.text();
    let level = Level::parse(&word);
    if level.is_none() {
        let suggestion = match extends(&word, &Level::NAMES) {
            Some(name) => format!(", did you mean {name}?"),
            None => did_you_mean(&word, Level::NAMES),
        };
        call.doubt(&format!(
            "JkLogLevel {word}: unknown level, info is used; expected {}{suggestion}",
            Level::NAMES.join(", ")
        ));
    }
    call.settings.log_level = Some(level.unwrap_or_default());
    Ok(())
}

pub(super) fn log_format(call: &mut Invocation<'_>) -> Result<(), String> {
    call.settings.log_format = Some(choose(call, &[("text", Format::Text), ("json", Format::Json)])?);
    Ok(())
}

pub(super) fn log_stamp(call: &mut Invocation<'_>) -> Result<(), String> {
    let slips = [("%M:%s", "%s", "seconds since 1970", "%S"), ("%H:%m", "%m", "the month", "%M")];
    let format = call.text();
    for (slip, written, meaning, meant) in slips {
        if format.contains(slip) {
            call.doubt(&format!("JkLogStampFormat: {written} is {meaning}, did you mean {meant}?"));
        }
    }
    if format.replace("%%", "").contains("%n") {
        call.doubt("JkLogStampFormat: %n ends the line, and what follows it stands on one of its own");
    }
    if StampFormat::new(call.word()).is_too_long() {
        call.doubt(&format!(
            "JkLogStampFormat: it makes more than {MAX_STAMP} octets, so that lines have none of them; expected a \
             shorter one, such as [%a %b %d %H:%M:%S.%Q %Y]"
        ));
    }
    call.settings.log_stamp = Some(call.word().to_vec());
    Ok(())
}

pub(super) fn request_log_format(call: &mut Invocation<'_>) -> Result<(), String> {
    call.settings.request_log_format = Some((call.word().to_vec(), call.origin.clone()));
    Ok(())
}

pub(super) fn extract_ssl(call: &mut Invocation<'_>) -> Result<(), String> {
    call.settings.extract_ssl = Some(call.word() == b"on");
    Ok(())
}

pub(super) fn options(call: &mut Invocation<'_>) -> Result<(), String> {
    if call.section.is_some() {
        return Err("not allowed inside of a section".to_owned());
    }
    for word in call.words {
        if let Some(doubt) = call.settings.options.add(&String::from_utf8_lossy(word))? {
            call.doubt(&format!("JkOptions: {doubt}"));
        }
    }
    Ok(())
}

pub(super) fn env_var(call: &mut Invocation<'_>) -> Result<(), String> {
    let name = CString::new(call.word()).map_err(|_| "NUL in the name".to_owned())?;
    let var = EnvVar { name, default: call.words.get(1).map(|value| value.to_vec()) };
    call.settings.add_env_var(var);
    Ok(())
}

fn choose<T: Copy>(call: &Invocation<'_>, words: &[(&str, T)]) -> Result<T, String> {
    let word = call.text();
    let found = words.iter().find(|(known, _)| known.eq_ignore_ascii_case(&word));
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = words.iter().map(|(known, _)| *known).collect();
        let suggestion = did_you_mean(&word, names.iter().copied());
        format!("unknown word {word}, expected {}{suggestion}", names.join(" or "))
    })
}

impl Invocation<'_> {
    /// Notes that the argument was taken, but hardly as it was meant.
    fn doubt(&mut self, text: &str) {
        self.settings.doubts.push((self.origin.clone(), text.to_owned()));
    }

    /// The argument of `directive` as seconds the way C's atoi reads it: leading digits; anything else, or a negative
    /// number, is 0, which means `never`.
    fn seconds(&mut self, directive: &str, never: &str) -> u32 {
        let found = LeadingNumber::of(self.word());
        let seconds = u32::try_from(found.value).unwrap_or(0);
        if !found.is_whole() || i64::from(seconds) != found.value {
            let word = self.text();
            let meaning = if seconds == 0 { format!(" ({never})") } else { String::new() };
            let text = format!("{directive} {word}: not a number of seconds, {seconds} is used{meaning}");
            self.doubt(&text);
        }
        seconds
    }
}
