//! `offhook reference`: the generated pages of the book, from the command line's own help and
//! from the configuration's own definitions.

use clap::CommandFactory;
use toml::{Table, Value};

use crate::cli::{Cli, ReferencePage};
use crate::config::Config;
use crate::exit::{Ended, Outcome};
use crate::say;

/// The source of the configuration: its doc comments are the texts of the page.
const CONFIG_SOURCE: &str = include_str!("config_sections.rs");

/// Prints a page.
pub(crate) fn reference(page: ReferencePage) -> Outcome {
    let text = match page {
        ReferencePage::Commands => commands(),
        ReferencePage::Configuration => configuration()?,
    };
    say(text.trim_end());
    Ok(())
}

fn commands() -> String {
    let mut page = String::from("# Commands\n\nGenerated from the program's own help.\n");
    let mut cli = Cli::command();
    cli.build();
    for verb in cli.get_subcommands_mut().filter(|verb| !verb.is_hide_set()) {
        let help = verb.render_long_help().to_string();
        page.push_str(&format!("\n## offhook {}\n\n```text\n", verb.get_name()));
        for line in help.trim_end().lines() {
            page.push_str(line.trim_end());
            page.push('\n');
        }
        page.push_str("```\n");
    }
    page
}

fn configuration() -> Result<String, Ended> {
    let mut page = String::from(
        "# Configuration\n\nGenerated from the program. The file is `offhook.toml` in the current \
         folder, or the one named with `--config`. Every key has a default. An environment \
         variable `OFFHOOK_SECTION_KEY` goes over the file, `--set section.key=value` over both. \
         An unknown key is refused.\n",
    );
    let defaults = Table::try_from(Config::default())?;
    for section in sections(CONFIG_SOURCE) {
        page.push_str(&format!(
            "\n## {}\n\n| key | default | meaning |\n|---|---|---|\n",
            section.heading
        ));
        let table = defaults
            .get(section.heading.trim_matches(['[', ']']))
            .and_then(Value::as_table);
        for (key, meaning) in section.keys {
            let default = table
                .and_then(|table| table.get(key))
                .map(ToString::to_string);
            let default = default.map_or_else(String::new, |text| format!("`{text}`"));
            page.push_str(&format!("| `{key}` | {default} | {meaning} |\n"));
        }
    }
    Ok(page)
}

/// A section of the file: its heading and its keys with their doc comments.
struct Section<'a> {
    heading: &'a str,
    keys: Vec<(&'a str, String)>,
}

/// Structs whose doc comment is a heading (`` /// `[sip]` ``), with their public fields.
fn sections(source: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut comment = String::new();
    let mut open = false;
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            let text = text.trim();
            if text.starts_with("`[") {
                sections.push(Section {
                    heading: text.trim_matches('`'),
                    keys: Vec::new(),
                });
                open = true;
            } else {
                comment.push_str(if comment.is_empty() { "" } else { " " });
                comment.push_str(text);
            }
        } else if line == "}" {
            open = false;
            comment.clear();
        } else if let Some((key, _)) = line.strip_prefix("pub ").and_then(|l| l.split_once(": ")) {
            if let (true, Some(section)) = (open, sections.last_mut()) {
                section.keys.push((key, std::mem::take(&mut comment)));
            }
        } else if !line.starts_with("#[") {
            comment.clear();
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_and_key_of_the_configuration_has_a_line() {
        let page = configuration().unwrap_or_default();
        for (section, keys) in Table::try_from(Config::default()).expect("a table") {
            let Some(keys) = keys.as_table() else {
                continue;
            };
            assert!(
                page.contains(&format!("## [{section}]")),
                "{section} in\n{page}"
            );
            for key in keys.keys() {
                assert!(
                    page.contains(&format!("| `{key}` | `")),
                    "{section}.{key} in\n{page}"
                );
            }
        }
        assert!(page.contains("## [[trunk]]"), "{page}");
    }
}
