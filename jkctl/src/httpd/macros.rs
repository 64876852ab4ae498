//! `<Macro>` and `Use`, as mod_macro reads them.
//!
//! Complaints about what a macro brings name the line that stands in it, which is the one to mend, where httpd names the
//! macro and its use.

use std::collections::HashMap;

use jk_rooms::config::Origin;

use super::line::words;

/// Lines, each with its place.
pub type Placed = Vec<(Origin, String)>;

/// The macros that are defined, by name in small letters.
#[derive(Debug, Default)]
pub struct Macros {
    known: HashMap<String, Macro>,
    /// The one that is being read: its name, and how many `<Macro>` are open in it.
    open: Option<(String, usize)>,
    /// Those whose lines are being read.
    used: Vec<String>,
}

#[derive(Debug)]
struct Macro {
    origin: Origin,
    parameters: Vec<String>,
    lines: Placed,
}

impl Macros {
    /// `<Macro NAME PARAMETER...>` begins.
    pub fn begin(&mut self, arguments: &str, origin: &Origin) {
        let mut words = words(arguments).into_iter();
        let name = words.next().unwrap_or_default().to_ascii_lowercase();
        let lines = Vec::new();
        self.known.insert(name.clone(), Macro { origin: origin.clone(), parameters: words.collect(), lines });
        self.open = Some((name, 0));
    }

    /// Takes a line into the macro that is open; false if none is.
    pub fn take(&mut self, line: &str, origin: &Origin) -> bool {
        let Some((name, depth)) = &mut self.open else { return false };
        let first = line.split([' ', '\t', '>']).next().unwrap_or_default();
        if first.eq_ignore_ascii_case("</Macro") {
            match depth.checked_sub(1) {
                Some(less) => *depth = less,
                None => {
                    self.open = None;
                    return true;
                }
            }
        } else if first.eq_ignore_ascii_case("<Macro") {
            *depth += 1;
        }
        if let Some(open) = self.known.get_mut(name) {
            open.lines.push((origin.clone(), line.to_owned()));
        }
        true
    }

    /// The place of the one that the end of a file leaves open.
    pub fn unclosed(&mut self) -> Option<Origin> {
        let (name, _) = self.open.take()?;
        self.known.remove(&name).map(|open| open.origin)
    }

    /// What `Use NAME VALUE...` stands for. It is in use until [`Macros::end_use`].
    ///
    /// # Errors
    /// What mod_macro says.
    pub fn begin_use(&mut self, arguments: &str) -> Result<Placed, String> {
        let words = words(arguments);
        let Some((name, values)) = words.split_first() else { return Err("no macro name specified".into()) };
        let name = name.to_ascii_lowercase();
        let known = self.known.get(&name).ok_or_else(|| format!("macro '{name}' undefined"))?;
        if self.used.contains(&name) {
            return Err(format!("recursive use of macro '{name}' is invalid"));
        }
        let (given, expected) = (values.len(), known.parameters.len());
        if given != expected {
            let Origin { file, line } = &known.origin;
            return Err(format!(
                "macro '{name}' (defined on line {line} of \"{file}\") used with {given} arguments instead of {expected}"
            ));
        }
        self.used.push(name);
        Ok(known.lines.iter().map(|(origin, text)| (origin.clone(), known.filled(text, values))).collect())
    }

    /// The lines of the last one have been read.
    pub fn end_use(&mut self) {
        self.used.pop();
    }

    /// `UndefMacro NAME`.
    pub fn undefine(&mut self, name: &str) {
        self.known.remove(&name.to_ascii_lowercase());
    }
}

impl Macro {
    /// `text` with values for parameters: the first that comes, of several at one place the longest, and not in what was filled
    /// in.
    fn filled(&self, text: &str, values: &[String]) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let there = |(parameter, _): &(&String, &String)| {
                !parameter.is_empty() && rest.starts_with(parameter.as_str())
            };
            let found = self.parameters.iter().zip(values).filter(there);
            match found.max_by_key(|(parameter, _)| parameter.len()) {
                Some((parameter, value)) => {
                    filled.push_str(value);
                    rest = &rest[parameter.len()..];
                }
                None => {
                    filled.push(letter);
                    rest = &rest[letter.len_utf8()..];
                }
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::tests::told;

    #[test]
    fn a_macro_stands_for_its_lines_where_it_is_used() {
        let text = "<Macro Site $name $namespace>\n# no line\n<VirtualHost *:80>\nServerName $name\nJkMount /$namespace/* $name\n\
                    </VirtualHost>\n</Macro>\nA\nUse site one two\nUse Site 'a b' $name\n";
        let (tree, complaints) = told(&[("main", text)]);
        let host = "<VirtualHost[ServerName:4 JkMount:5] ";
        assert_eq!(tree, format!("A:8 {host}{host}"));
        assert_eq!(complaints, [""; 0]);
    }

    #[test]
    fn parameters_are_filled_in_as_mod_macro_does() {
        let text = "<Macro M $a $ab>\nJk$a $ab-$a${X}\n</Macro>\nUse m Mount $a\n";
        let (tree, _) = told(&[("main", text)]);
        assert_eq!(tree, "JkMount:2 ");
    }

    #[test]
    fn macros_within_macros_and_in_conditions() {
        let text = "<Macro Inner $x>\n$x\n</Macro>\n<Macro Outer>\n<Macro Late>\nC\n</Macro>\nUse Inner B\n</Macro>\n\
                    <IfDefine NO>\nUse None\n</IfDefine>\n<Location /a>\nUse Outer\n</Location>\nUse late\nUndefMacro Late\n";
        let (tree, complaints) = told(&[("main", text)]);
        assert_eq!((tree.as_str(), complaints.len()), ("<Location[B:2] C:6 ", 0));
    }

    #[test]
    fn what_is_wrong_with_a_use_is_told_as_httpd_tells_it() {
        for (text, complaint) in [
            ("Use Nix", "main:1: macro 'nix' undefined"),
            ("Use", "main:1: no macro name specified"),
            (
                "<Macro M $a>\n</Macro>\nUse M",
                "main:3: macro 'm' (defined on line 1 of \"main\") used with 0 arguments instead of 1",
            ),
            ("<Macro M>\nUse M\n</Macro>\nUse M", "main:2: recursive use of macro 'm' is invalid"),
            ("<Macro M>\nUse M", "main:1: <Macro> was not closed"),
            ("<Macro M>\n<Location />\n</Macro>\nUse M", "main:2: <Location> was not closed"),
            ("<Macro M>\n</Macro>\nUndefMacro M\nUse M", "main:4: macro 'm' undefined"),
        ] {
            assert_eq!(told(&[("main", text)]).1, [complaint], "{text}");
        }
    }
}
