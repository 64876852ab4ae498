//! Tables inside of pages: what stands between the two marks is made by the code.
//!
//! In Markdown `<!-- table: NAME -->` and `<!-- end -->`, in man pages `.\" table: NAME` and `.\" end`.

/// What marks the begin and the end of a table: in Markdown, in man pages.
const MARKS: [(&str, &str, &str); 2] =
    [("<!-- table: ", " -->", "<!-- end -->"), (".\\\" table: ", "", ".\\\" end")];

/// The name of the table that a line begins, and the line that ends it.
fn begin(line: &str) -> Option<(&str, &'static str)> {
    MARKS.iter().find_map(|(before, behind, end)| {
        let name = line.strip_prefix(before)?.strip_suffix(behind)?;
        Some((name, *end))
    })
}

/// The text with every table made anew.
pub fn fill(text: &str, make: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        filled.push_str(line);
        filled.push('\n');
        let Some((name, end)) = begin(line) else { continue };
        filled.push_str(&make(name).ok_or_else(|| format!("there is no table {name}"))?);
        if !lines.any(|line| line == end) {
            return Err(format!("table {name} has no end: {end}"));
        }
        filled.push_str(end);
        filled.push('\n');
    }
    Ok(filled)
}

/// The names of its tables.
pub fn names(text: &str) -> impl Iterator<Item = String> + use<'_> {
    text.lines().filter_map(begin).map(|(name, _)| name.to_owned())
}

#[test]
fn what_stands_between_the_marks_is_replaced() {
    let make = |name: &str| (name == "a b").then(|| "new\n".to_owned());
    let text = "x\n<!-- table: a b -->\nold\n<!-- end -->\ny\n.\\\" table: a b\n.\\\" end\n";
    let made = "x\n<!-- table: a b -->\nnew\n<!-- end -->\ny\n.\\\" table: a b\nnew\n.\\\" end\n";
    assert_eq!(fill(text, make).as_deref(), Ok(made));
    assert_eq!(fill(made, make).as_deref(), Ok(made));
    assert!(fill("<!-- table: c -->\n<!-- end -->\n", make).is_err());
    assert!(fill("<!-- table: a b -->\nopen\n", make).is_err());
    assert_eq!(names(text).collect::<Vec<_>>(), ["a b", "a b"]);
}
