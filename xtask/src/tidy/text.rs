//! The text of the sources: a comment that opens each file, sizes, and no left-over markers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::shell::{command, output, root};

/// The most lines of a file that is no test and no table.
const FILE_LINES_MAX: usize = 600;
/// The most lines of a function.
const FUNCTION_LINES_MAX: usize = 70;
/// The most characters of a line.
const LINE_LENGTH_MAX: usize = 100;

/// What stands against the rules above.
pub(crate) fn problems() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for path in sources()? {
        let Ok(text) = fs::read_to_string(root().join(&path)) else {
            continue;
        };
        let shown = path.display().to_string();
        problems.extend(markers(&shown, &text));
        match path.extension().and_then(|end| end.to_str()) {
            Some("rs") => problems.extend(rust(&shown, &text)),
            Some("ts" | "tsx" | "mjs") => problems.extend(script(&shown, &text)),
            _ => {}
        }
    }
    Ok(problems)
}

/// Files that git knows or would know.
fn sources() -> Result<Vec<PathBuf>> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let list = output(command("git", &arguments))?;
    let wanted = |path: &&str| !path.ends_with(".lock") && !path.ends_with("package-lock.json");
    Ok(list.lines().filter(wanted).map(PathBuf::from).collect())
}

fn markers(shown: &str, text: &str) -> Vec<String> {
    // Spelt apart, so that this file does not find itself.
    let words = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["todo", "!("],
        ["unimplemented", "!("],
    ];
    let words = words.map(|halves| halves.concat());
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in words.iter().filter(|word| line.contains(word.as_str())) {
            problems.push(format!("{shown}:{}: left-over marker {word}", number + 1));
        }
    }
    problems
}

fn rust(shown: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !text.starts_with("//!") {
        problems.push(format!("{shown}: does not open by saying what it is (//!)"));
    }
    problems.extend(long_lines(shown, text));
    if is_test(shown) {
        return problems;
    }
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let lines = code.lines().count();
    if lines > FILE_LINES_MAX {
        problems.push(format!(
            "{shown}: {lines} lines; the most is {FILE_LINES_MAX}"
        ));
    }
    problems.extend(long_functions(shown, code));
    problems
}

fn script(shown: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !text.starts_with("//") {
        problems.push(format!("{shown}: does not open by saying what it is (//)"));
    }
    problems.extend(long_lines(shown, text));
    let lines = text.lines().count();
    if !is_test(shown) && lines > FILE_LINES_MAX {
        problems.push(format!(
            "{shown}: {lines} lines; the most is {FILE_LINES_MAX}"
        ));
    }
    problems
}

fn is_test(shown: &str) -> bool {
    let path = Path::new(shown);
    let in_folder = path.components().any(|part| part.as_os_str() == "tests");
    in_folder
        || shown.starts_with("e2e/")
        || shown.contains("/test/")
        || shown.ends_with("tests.rs")
        || shown.ends_with(".test.mjs")
        || shown.ends_with("wire-examples.ts")
}

fn long_lines(shown: &str, text: &str) -> Vec<String> {
    let too_long = |line: &str| line.chars().count() > LINE_LENGTH_MAX && !line.contains("http");
    let lines = text.lines().enumerate().filter(|(_, line)| too_long(line));
    let problem = |(number, _): (usize, &str)| {
        format!("{shown}:{}: over {LINE_LENGTH_MAX} characters", number + 1)
    };
    if is_test(shown) {
        Vec::new()
    } else {
        lines.map(problem).collect()
    }
}

/// Functions of formatted code: from the line of `fn` to the closing brace of the same depth.
fn long_functions(shown: &str, code: &str) -> Vec<String> {
    let lines = code.lines().collect::<Vec<_>>();
    let mut problems = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let depth = line.len() - body.len();
        let is_function = body.starts_with("fn ")
            || (body.starts_with("pub")
                || body.starts_with("async ")
                || body.starts_with("const "))
                && body.contains("fn ");
        if !is_function || body.ends_with(';') {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(depth));
        let end = lines[start..].iter().position(|line| **line == closing);
        if let Some(length) = end.filter(|length| length + 1 > FUNCTION_LINES_MAX) {
            problems.push(format!(
                "{shown}:{}: a function of {} lines; the most is {FUNCTION_LINES_MAX}",
                start + 1,
                length + 1
            ));
        }
    }
    problems
}
