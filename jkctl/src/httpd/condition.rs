//! `<IfModule>` and its kin: which parts of a file count.

use std::collections::HashSet;
use std::path::Path;

/// What conditions are asked about.
#[derive(Debug, Default)]
pub struct Conditions {
    /// Modules that were loaded so far, as LoadModule names them; `None` if nothing says which there are, and all count.
    loaded: Option<HashSet<String>>,
    /// Names that are defined.
    pub defined: HashSet<String>,
}

/// Modules that are part of httpd, or that distributions build into it.
const STATIC: [&str; 10] = [
    "core_module",
    "http_module",
    "so_module",
    "unixd_module",
    "version_module",
    "watchdog_module",
    "log_config_module",
    "logio_module",
    "jk_module",
    "authz_core_module",
];

/// The version that `<IfVersion>` is asked about: no more than 2.4 is known.
const VERSION: [u32; 3] = [2, 4, 60];

impl Conditions {
    /// Nothing is loaded yet, and `LoadModule` lines say what will be.
    pub fn before_loading(defined: HashSet<String>) -> Self {
        Self { loaded: Some(HashSet::new()), defined }
    }

    /// All modules are there.
    pub fn with_all_modules(defined: HashSet<String>) -> Self {
        Self { loaded: None, defined }
    }

    /// Notes a `LoadModule`.
    pub fn load(&mut self, module: &str) {
        if let Some(loaded) = &mut self.loaded {
            loaded.insert(module.to_owned());
        }
    }

    /// Tells whether a section of this name, such as `<IfModule`, is a condition, and whether it holds.
    ///
    /// Relative files are looked for below `server_root`.
    pub fn of_section(&self, name: &str, argument: &str, server_root: &Path) -> Option<bool> {
        let (negated, asked) = match argument.strip_prefix('!') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, argument),
        };
        let holds = match name.to_ascii_lowercase().as_str() {
            "<ifmodule" => self.has_module(asked),
            "<ifdefine" => self.defined.contains(asked),
            "<iffile" => server_root.join(asked).exists(),
            "<ifdirective" | "<ifsection" => true,
            "<ifversion" => is_version(asked),
            _ => return None,
        };
        Some(holds != negated)
    }

    /// By the name of the module, `jk_module`, or of its source, `mod_jk.c`.
    fn has_module(&self, asked: &str) -> bool {
        let Some(loaded) = &self.loaded else { return true };
        let stem = asked.strip_suffix(".c").map(|stem| stem.strip_prefix("mod_").unwrap_or(stem));
        let of_source = |stem: &str| match stem {
            "event" | "worker" | "prefork" => format!("mpm_{stem}_module"),
            "http_core" => "http_module".to_owned(),
            stem => format!("{stem}_module"),
        };
        let name = stem.map_or_else(|| asked.to_owned(), of_source);
        STATIC.contains(&name.as_str()) || loaded.contains(&name)
    }
}

/// `2.4`, or an operator and a version; regular expressions count as true.
fn is_version(asked: &str) -> bool {
    let start = asked.find(|letter: char| letter.is_ascii_digit()).unwrap_or(asked.len());
    let (operator, version) = (asked[..start].trim(), asked[start..].trim());
    let numbers: Vec<u32> = version.split('.').filter_map(|number| number.parse().ok()).collect();
    let order = VERSION[..numbers.len().min(3)].cmp(&numbers[..numbers.len().min(3)]);
    match operator {
        "" | "=" | "==" => order.is_eq(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_known_by_both_names_and_only_once_they_are_loaded() {
        let mut conditions = Conditions::before_loading(["A".to_owned()].into());
        conditions.load("ssl_module");
        for (section, argument, holds) in [
            ("<IfModule", "mod_ssl.c", true),
            ("<IfModule", "ssl_module", true),
            ("<ifmodule", "!ssl_module", false),
            ("<IfModule", "mod_jk.c", true),
            ("<IfModule", "mod_rewrite.c", false),
            ("<IfModule", "event.c", false),
            ("<IfDefine", "A", true),
            ("<IfDefine", "!A", false),
            ("<IfVersion", ">= 2.4", true),
            ("<IfVersion", "< 2.4", false),
            ("<IfVersion", "!2.2", true),
        ] {
            assert_eq!(
                conditions.of_section(section, argument, Path::new("/")),
                Some(holds),
                "{section} {argument}"
            );
        }
        assert_eq!(conditions.of_section("<Location", "/", Path::new("/")), None);
        let all = Conditions::with_all_modules(HashSet::new());
        assert_eq!(all.of_section("<IfModule", "mod_rewrite.c", Path::new("/")), Some(true));
    }
}
