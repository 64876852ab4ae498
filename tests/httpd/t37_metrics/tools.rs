//! The tools that read figures: Prometheus' promtool, and its Python client's strict parser of OpenMetrics.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::Samples;
use crate::support::paths;

/// Prints a line for each sample: its series, its labels in order, and its value.
const PARSER: &str = r#"
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        labels = ",".join(name + "=" + sample.labels[name] for name in sorted(sample.labels))
        print(sample.name + ("{" + labels + "}" if labels else "") + "\t" + repr(float(sample.value)))
"#;

fn run(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}; run apxs/setup test"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let text = input.to_owned();
    // It may begin to answer before it has read all.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").ok();
    output
}

fn words(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|octets| String::from_utf8_lossy(octets).into_owned()).concat()
}

/// Runs promtool in the example's folder; it has to agree.
pub fn promtool(arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(paths::promtool());
    command.args(arguments).current_dir(paths::project().join("conf-examples/monitoring"));
    let output = run(command, input);
    assert!(output.status.success(), "promtool {arguments:?}: {}\n{input}", words(&output));
    words(&output)
}

/// What Prometheus' own parser and its advice about names say of figures: nothing.
pub fn check_metrics(text: &str) {
    let said = promtool(&["check", "metrics"], text);
    assert_eq!(said.trim(), "", "{text}");
}

/// The samples of a text in OpenMetrics, which has to be right in every detail.
pub fn parse_open_metrics(text: &str) -> Samples {
    // That of the system, for which distributions have the parser.
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", PARSER]);
    let output = run(command, text);
    assert!(output.status.success(), "{}\n{text}", words(&output));
    let lines = words(&output);
    let sample = |line: &str| {
        let (series, value) = line.split_once('\t')?;
        Some((series.to_owned(), value.parse().ok()?))
    };
    lines.lines().map(|line| sample(line).unwrap_or_else(|| panic!("no sample: {line}"))).collect()
}

/// A file of the example.
pub fn read_example(name: &str) -> String {
    let path = paths::project().join("conf-examples/monitoring").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The figures that a text names.
pub fn names_in(text: &str) -> BTreeSet<String> {
    let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_of_name(letter));
    words.filter(|word| word.starts_with("jk_")).map(str::to_owned).collect()
}

/// Has promtool read what each panel of a dashboard asks for, with Grafana's variables filled in.
pub fn check_panels(dashboard: &str) {
    let lines = dashboard.lines().filter_map(|line| line.trim().strip_prefix("\"expr\": "));
    let filled = lines.map(|line| {
        let line = line.trim_end_matches(',').replace("$__rate_interval", "5m");
        ["$job", "$instance", "$balancer", "$worker"].iter().fold(line, |line, name| line.replace(name, "x"))
    });
    let rules =
        filled.enumerate().map(|(number, line)| format!("  - record: panel:{number}\n    expr: {line}\n"));
    let rules: Vec<String> = rules.collect();
    assert!(rules.len() > 20 && !rules.concat().contains('$'), "{rules:#?}");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("panels.yml");
    fs::write(&path, format!("groups:\n- name: panels\n  rules:\n{}", rules.concat()))
        .expect("a file of our own");
    promtool(&["check", "rules", &path.display().to_string()], "");
}
