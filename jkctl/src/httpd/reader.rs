//! Files, and those that they include, as a tree of directives and sections.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jk_rooms::admin::{Directive, Reason};
use jk_rooms::config::{Origin, Report};

use super::condition::Conditions;
use super::line::{expand, lines, word, words};
use super::macros::{Macros, Placed};
use crate::ending::Failure;

/// Most files that include each other in a row, as in httpd.
const MAX_DEPTH: usize = 20;

/// Most files in all: twenty that include the next one twice would be a million.
const MAX_FILES: usize = 10_000;

/// Most sections inside each other.
const MAX_OPEN: usize = 200;

/// Most octets of a line with its variables replaced: values that double the one before would fill the memory.
const MAX_LINE: usize = 64 * 1024;

/// What is given besides the files.
#[derive(Debug, Default)]
pub struct Options {
    /// In place of ServerRoot.
    pub server_root: Option<PathBuf>,
    /// Names that are defined, as by `httpd -D`.
    pub defined: Vec<String>,
}

/// What the files say.
#[derive(Debug)]
pub struct Tree {
    /// Directives and sections in their order; conditions and includes are resolved.
    pub directives: Vec<Directive>,
    /// What relative paths are relative to.
    pub server_root: PathBuf,
    /// Complaints about the files themselves.
    pub report: Report,
}

/// Reads files one after the other, as if one included them all.
///
/// # Errors
/// [`Failure`] if one of `files` can't be read. What is wrong with files that they include is part of the report.
pub fn read(files: &[PathBuf], options: &Options) -> Result<Tree, Failure> {
    let all: HashSet<String> = options.defined.iter().cloned().collect();
    // Where no line loads a module, it is not known which there are.
    let whole = Reader::run(files, options, Conditions::before_loading(all.clone()))?;
    match whole.loads {
        true => Ok(whole.into_tree()),
        false => Ok(Reader::run(files, options, Conditions::with_all_modules(all))?.into_tree()),
    }
}

struct Reader {
    conditions: Conditions,
    /// By Define.
    variables: HashMap<String, String>,
    server_root: PathBuf,
    root_is_given: bool,
    /// A LoadModule was met.
    loads: bool,
    /// Files that were read.
    files: usize,
    macros: Macros,
    /// Sections that are open, each with what is in it so far; the first is what is outside of all.
    open: Vec<Directive>,
    report: Report,
}

impl Reader {
    fn run(files: &[PathBuf], options: &Options, conditions: Conditions) -> Result<Self, Failure> {
        let beside = files.first().and_then(|file| file.parent()).map(Path::to_owned);
        let mut reader = Self {
            conditions,
            variables: HashMap::new(),
            server_root: options.server_root.clone().or(beside).unwrap_or_default(),
            root_is_given: options.server_root.is_some(),
            loads: false,
            files: 0,
            macros: Macros::default(),
            open: vec![section("", "", Origin::new(&"".into(), 0))],
            report: Report::default(),
        };
        for file in files {
            let text = contents(file).map_err(|error| Failure::refused(file.display(), &error))?;
            reader.text(&text, file, 0);
        }
        Ok(reader)
    }

    fn into_tree(mut self) -> Tree {
        let directives = self.open.swap_remove(0).inner;
        Tree { directives, server_root: self.server_root, report: self.report }
    }

    fn text(&mut self, text: &[u8], file: &Path, depth: usize) {
        let name: Arc<str> = file.to_string_lossy().into();
        if text.starts_with(b"\xEF\xBB\xBF") {
            let mark =
                "the file begins with a byte order mark, which httpd takes for a part of its first directive";
            self.report.error(Some(&Origin::new(&name, 1)), mark);
        }
        let mut placed = Vec::new();
        for line in lines(&String::from_utf8_lossy(text)) {
            placed.push((Origin::new(&name, line.number), line.text));
        }
        self.placed(placed, depth);
        if let Some(origin) = self.macros.unclosed() {
            self.report.error(Some(&origin), "<Macro> was not closed");
        }
    }

    /// The lines of a file or of a macro.
    fn placed(&mut self, placed: Placed, depth: usize) {
        let outside = self.open.len();
        // Sections whose condition does not hold, and what they are called.
        let mut skipped: Vec<String> = Vec::new();
        // Conditions that hold: their ends are no more than that.
        let mut held: Vec<String> = Vec::new();
        for (origin, text) in placed {
            let (command, arguments) = command(&text);
            if !skipped.is_empty() {
                skip(command, &mut skipped);
                continue;
            } else if self.macros.take(&text, &origin) {
                continue;
            }
            let arguments = expand(arguments, |name| self.variable(name));
            if arguments.len() > MAX_LINE {
                let text = format!("with its variables replaced the line has more than {MAX_LINE} octets");
                self.report.error(Some(&origin), text);
                continue;
            }
            if let Some(end) = command.strip_prefix("</") {
                self.end(end.trim_end_matches('>'), &mut held, outside, &origin);
            } else if command.starts_with('<') {
                let inside = arguments.trim_end().trim_end_matches('>').trim();
                let name = command.trim_start_matches('<').to_owned();
                let asked = words(inside).join(" ");
                match self.conditions.of_section(command, &asked, &self.server_root) {
                    Some(true) => held.push(name),
                    Some(false) => skipped.push(name),
                    None if name.eq_ignore_ascii_case("Macro") => self.macros.begin(inside, &origin),
                    None if self.open.len() > MAX_OPEN => {
                        let text = format!("{command}>: more than {MAX_OPEN} sections inside each other");
                        self.report.error(Some(&origin), text);
                        skipped.push(name);
                    }
                    None => self.open.push(section(command, &arguments, origin)),
                }
            } else {
                self.directive(command, &arguments, origin, depth);
            }
        }
        while self.open.len() > outside {
            let origin = self.open.last().map(|open| open.origin.clone());
            let name = self.close();
            self.report.error(origin.as_ref(), format!("{name}> was not closed"));
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned().or_else(|| std::env::var(name).ok())
    }

    /// The end of a section or of a condition.
    fn end(&mut self, name: &str, held: &mut Vec<String>, outside: usize, origin: &Origin) {
        let is_open = |open: &Directive| open.name[1..].eq_ignore_ascii_case(name);
        if held.last().is_some_and(|condition| condition.eq_ignore_ascii_case(name)) {
            held.pop();
        } else if self.open.len() > outside && self.open.last().is_some_and(is_open) {
            self.close();
        } else {
            self.report.error(Some(origin), format!("</{name}> without matching <{name}> section"));
        }
    }

    /// Puts the innermost section into what is around it; returns its name.
    fn close(&mut self) -> String {
        let Some(section) = self.open.pop() else { return String::new() };
        let name = section.name.clone();
        self.add(section);
        name
    }

    fn add(&mut self, directive: Directive) {
        if let Some(open) = self.open.last_mut() {
            open.inner.push(directive);
        }
    }

    fn directive(&mut self, command: &str, arguments: &str, origin: Origin, depth: usize) {
        let first = word(arguments).0;
        match command.to_ascii_lowercase().as_str() {
            "loadmodule" => {
                self.loads = true;
                self.conditions.load(&first);
            }
            "serverroot" if !self.root_is_given => self.server_root = PathBuf::from(first),
            "define" => {
                self.conditions.defined.insert(first.clone());
                self.variables.extend(words(arguments).into_iter().nth(1).map(|value| (first, value)));
            }
            "undefine" => {
                self.conditions.defined.remove(&first);
                self.variables.remove(&first);
            }
            "include" => self.include(&first, true, &origin, depth),
            "use" => self.use_macro(arguments, &origin, depth),
            "undefmacro" => self.macros.undefine(&first),
            "includeoptional" => self.include(&first, false, &origin, depth),
            _ => {
                let (name, arguments) = (command.to_owned(), arguments.to_owned());
                self.add(Directive { name, arguments, origin, inner: Vec::new() });
            }
        }
    }

    fn use_macro(&mut self, arguments: &str, origin: &Origin, depth: usize) {
        match self.macros.begin_use(arguments) {
            Ok(placed) => {
                self.placed(placed, depth);
                self.macros.end_use();
            }
            Err(complaint) => self.report.error(Some(origin), complaint),
        }
    }

    fn include(&mut self, pattern: &str, required: bool, origin: &Origin, depth: usize) {
        if pattern.is_empty() {
            let name = if required { "Include" } else { "IncludeOptional" };
            return self.report.error(Some(origin), format!("{name} takes the name of a file, or a pattern"));
        }
        let pattern = self.server_root.join(pattern);
        let shown = pattern.display();
        if depth >= MAX_DEPTH {
            let text = format!("Include {shown}: files include each other more than {MAX_DEPTH} times");
            return self.report.error(Some(origin), text);
        }
        let found = files(&pattern);
        if found.is_empty() && required {
            let text = format!("Could not open configuration file {shown}: No such file or directory");
            self.report.error(Some(origin), text);
        }
        for file in found {
            self.files += 1;
            if self.files > MAX_FILES {
                let text = format!("Include {shown}: more than {MAX_FILES} files are included");
                // Once, for all that would follow.
                if self.files == MAX_FILES + 1 {
                    self.report.error(Some(origin), text);
                }
                return;
            }
            match contents(&file) {
                Ok(text) => self.text(&text, &file, depth + 1),
                Err(error) => {
                    let (file, reason) = (file.display(), Reason(&error));
                    let text = format!("Could not open configuration file {file}: {reason}");
                    self.report.error(Some(origin), text);
                }
            }
        }
    }
}

/// What a file holds.
fn contents(file: &Path) -> io::Result<Vec<u8>> {
    be_regular(file)?;
    fs::read(file)
}

/// As for httpd, only regular files can be read, and `/dev/null`.
///
/// # Errors
/// What the system says of the file, or that it is another kind.
pub fn be_regular(file: &Path) -> io::Result<()> {
    let kind = fs::metadata(file)?.file_type();
    match kind.is_file() || file == Path::new("/dev/null") {
        true => Ok(()),
        // The system's own words.
        false if kind.is_dir() => fs::read(file).map(drop),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
    }
}

/// A section that opens.
fn section(name: &str, arguments: &str, origin: Origin) -> Directive {
    Directive { name: name.to_owned(), arguments: arguments.to_owned(), origin, inner: Vec::new() }
}

/// The name of a directive or section, and what is behind it. `<IfModule>` without arguments is a name, too.
fn command(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| letter.is_ascii_whitespace()).unwrap_or(text.len());
    let (command, arguments) = text.split_at(end);
    match command.strip_suffix('>').filter(|_| command.starts_with('<') && !command.starts_with("</")) {
        Some(command) => (command, ">"),
        None => (command, arguments.trim_start()),
    }
}

/// Goes over a line that does not count.
fn skip(command: &str, skipped: &mut Vec<String>) {
    if let Some(end) = command.strip_prefix("</") {
        if skipped.last().is_some_and(|name| name.eq_ignore_ascii_case(end.trim_end_matches('>'))) {
            skipped.pop();
        }
    } else if let Some(name) = command.strip_prefix('<') {
        skipped.push(name.to_owned());
    }
}

/// The files that a pattern names, sorted; those of a folder and its folders, if it names one.
fn files(pattern: &Path) -> Vec<PathBuf> {
    let text = pattern.to_string_lossy();
    let named: Vec<PathBuf> = match text.contains(['*', '?', '[']) {
        true => glob::glob(&text).map(|paths| paths.flatten().collect()).unwrap_or_default(),
        false => vec![pattern.to_owned()],
    };
    named
        .into_iter()
        .flat_map(|path| if path.is_dir() { folder(&path, 0) } else { vec![path] })
        .filter(|path| path.exists())
        .collect()
}

fn folder(path: &Path, depth: usize) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut entries: Vec<_> = entries.collect();
    entries.sort();
    let inner = |path: PathBuf| match path.is_dir() {
        true if depth < MAX_DEPTH => folder(&path, depth + 1),
        true => Vec::new(),
        false => vec![path],
    };
    entries.into_iter().flat_map(inner).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The tree of files, and the complaints about them; the first is the one that is named.
    pub fn told(files: &[(&str, &str)]) -> (String, Vec<String>) {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        let first = directory.path().join(files[0].0);
        let tree = read(&[first], &Options::default()).expect("files");
        let place = directory.path().display().to_string() + "/";
        let complaints = tree.report.iter().map(|found| found.to_string().replace(&place, "")).collect();
        (outline(&tree.directives), complaints)
    }

    fn outline(directives: &[Directive]) -> String {
        let one = |directive: &Directive| match directive.inner.is_empty() {
            true => format!("{}:{} ", directive.name, directive.origin.line),
            false => format!("{}[{}] ", directive.name, outline(&directive.inner).trim()),
        };
        directives.iter().map(one).collect()
    }

    #[test]
    fn what_files_can_ask_for_has_bounds() {
        let nested = "<Location />\n".repeat(5000) + &"</Location>\n".repeat(5000);
        let complaints = told(&[("main", &nested)]).1;
        assert_eq!(complaints, ["main:201: <Location>: more than 200 sections inside each other"]);

        let double = |number: usize| format!("Define v{number} ${{v{0}}}${{v{0}}}\n", number - 1);
        let doubled = "Define v0 0123456789\n".to_owned() + &(1..40).map(double).collect::<String>();
        let complaints = told(&[("main", &doubled)]).1;
        let told_of = "with its variables replaced the line has more than 65536 octets";
        assert_eq!(complaints[0], format!("main:14: {told_of}"));

        let names: Vec<_> = (0..19).map(|number| format!("f{number}")).collect();
        let texts: Vec<_> = (1..20).map(|number| format!("IncludeOptional f{number}\n").repeat(2)).collect();
        let files: Vec<_> = names.iter().zip(&texts).map(|(name, text)| (&**name, &**text)).collect();
        let complaints = told(&files).1;
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].ends_with("more than 10000 files are included"), "{complaints:?}");

        let complaints = told(&[("main", "\u{FEFF}JkWorkersFile x\nInclude\n")]).1;
        assert!(
            complaints[0].starts_with("main:1: the file begins with a byte order mark"),
            "{complaints:?}"
        );
        assert_eq!(complaints[1..], ["main:2: Include takes the name of a file, or a pattern"]);

        let files = [("main", "<IfFile w>\nA\n</IfFile>\n<IfFile !w>\nB\n</IfFile>"), ("w", "")];
        assert_eq!(told(&files).0, "A:2 ", "below ServerRoot");

        let complaints = told(&[("main", "Include /dev/zero\nInclude /dev/null")]).1;
        let refused = "main:1: Could not open configuration file /dev/zero: it is not a regular file";
        assert_eq!(complaints, [refused]);
    }

    #[test]
    fn sections_includes_and_conditions_become_one_tree() {
        let main = "Include b/*.conf\n<VirtualHost *:80>\n<IfModule mod_x.c>\nA 1\n<Location />\nB\n</Location>\n</IfModule>\n\
                    </VirtualHost>\n<IfDefine NO>\n<Location /x>\nC\n</Location>\n</IfDefine>\nIncludeOptional none/*\nD";
        let files = [("main", main), ("b/2.conf", "Two"), ("b/1.conf", "One \\\n more")];
        let (tree, complaints) = told(&files);
        assert_eq!(tree, "One:2 Two:1 <VirtualHost[A:4 <Location[B:6]] D:16 ");
        assert_eq!(complaints, [""; 0]);
        let with_modules = format!("LoadModule y_module y.so\n{main}");
        let (tree, _) = told(&[("main", &with_modules), files[1], files[2]]);
        assert!(tree.contains("<VirtualHost:3 "), "mod_x is not loaded: {tree}");
    }

    #[test]
    fn what_is_wrong_with_files_is_told_where_it_stands() {
        let (_, complaints) = told(&[("main", "Include gone\n</Location>\n<Location />\nInclude main\n")]);
        assert_eq!(
            complaints[0],
            "main:1: Could not open configuration file gone: No such file or directory"
        );
        assert_eq!(complaints[1], "main:2: </Location> without matching <Location> section");
        let last = complaints.last().expect("some");
        assert_eq!(last, "main:3: <Location> was not closed");
        assert!(complaints.iter().any(|text| text.contains("include each other more than 20 times")));
    }

    #[test]
    fn variables_and_defined_names_are_those_of_httpd() {
        let (tree, _) = told(&[
            ("main", "Define DIR sub\nInclude ${DIR}/x\n<IfDefine DIR>\nA\n</IfDefine>\n"),
            ("sub/x", "X"),
        ]);
        assert_eq!(tree, "X:1 A:4 ");
    }
}
