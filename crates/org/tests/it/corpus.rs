//! Each text of the fuzzers' corpus: it is read or refused with a place in it, what is read prints
//! to the same, and it is planned or refused. Cut off anywhere it is no worse. Files of call
//! centers are bytes; what is read of them survives an export in either dialect.

use std::path::PathBuf;

use offhook_org::cti::call_center_xml::{ImportOptions, export, export_metadata, import_with};
use offhook_org::soql::{self, PlanOptions, SoqlError};
use offhook_org::{Schema, UserContext, sosl};

/// Texts that are longer are not cut at every place.
const CUT_CHARS_MAX: usize = 400;

/// The files of a fuzzer's corpus, in the order of their names.
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads the files of the corpus"
)]
fn corpus(fuzzer: &str) -> Vec<(String, Vec<u8>)> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../fuzz/corpus", fuzzer]
        .iter()
        .collect();
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    let mut files: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let bytes = std::fs::read(entry.path()).unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, bytes)
        })
        .collect();
    files.sort();
    files
}

/// An error has a code, a text, and a place in the text that it is about.
fn check_error(name: &str, text: &str, error: &SoqlError) {
    assert!(!error.fact.is_empty(), "{name}");
    assert!(error.message.contains(&error.fact), "{name}");
    let line = text.split('\n').nth(error.line - 1);
    let length = line
        .unwrap_or_else(|| panic!("{name}: line {}", error.line))
        .chars()
        .count();
    assert!(
        error.column <= length + 1,
        "{name}: column {}",
        error.column
    );
}

fn query(schema: &Schema, name: &str, text: &str) {
    let query = match soql::parse(text) {
        Ok(query) => query,
        Err(error) => return check_error(name, text, &error),
    };
    let printed = query.to_string();
    assert_eq!(
        soql::parse(&printed).as_ref(),
        Ok(&query),
        "{name}: {printed}"
    );
    let options = PlanOptions::at(1_795_518_000_000);
    if let Err(error) = soql::plan(schema, &UserContext::system(), &query, options) {
        check_error(name, text, &error);
    }
}

fn search(schema: &Schema, name: &str, text: &str) {
    let search = match sosl::parse(text) {
        Ok(search) => search,
        Err(error) => return check_error(name, text, &error),
    };
    let printed = search.to_string();
    assert_eq!(
        sosl::parse(&printed).as_ref(),
        Ok(&search),
        "{name}: {printed}"
    );
    let options = PlanOptions::at(1_795_518_000_000);
    if let Err(error) = sosl::plan(schema, &UserContext::system(), &search, options) {
        check_error(name, text, &error);
    }
}

fn replay(fuzzer: &str, run: fn(&Schema, &str, &str)) -> usize {
    let schema = Schema::standard();
    let corpus = corpus(fuzzer);
    for (name, bytes) in &corpus {
        let text = &*String::from_utf8_lossy(bytes);
        run(&schema, name, text);
        if text.len() <= CUT_CHARS_MAX {
            for (cut, _) in text.char_indices() {
                run(&schema, name, &text[..cut]);
                run(&schema, name, &text[cut..]);
            }
        }
    }
    corpus.len()
}

/// An error has a place in the file, or concerns the whole of it.
fn definition(name: &str, bytes: &[u8], lenient: bool) -> bool {
    let options = ImportOptions {
        lenient,
        file_name: "Acme.callCenter",
    };
    let imported = match import_with(bytes, options) {
        Ok(imported) => imported,
        Err(findings) => {
            assert!(!findings.is_empty(), "{name}");
            let lines = bytes.split(|byte| *byte == b'\n').count();
            for finding in findings {
                assert!(finding.line as usize <= lines, "{name}: {finding:?}");
                assert_eq!(
                    finding.line == 0,
                    finding.column == 0,
                    "{name}: {finding:?}"
                );
                assert!(!finding.message.is_empty(), "{name}");
            }
            return false;
        }
    };
    let center = imported.call_center;
    let file_name = format!("{}.callCenter", center.internal_name);
    let options = ImportOptions {
        lenient,
        file_name: &file_name,
    };
    for file in [export(&center), export_metadata(&center)] {
        let again = import_with(file.as_bytes(), options);
        let again = again.unwrap_or_else(|e| panic!("{name}: {e:?} in {file}"));
        assert_eq!(again.call_center, center, "{name}: {file}");
    }
    true
}

#[test]
fn call_center_files_of_the_corpus_are_read_or_refused_and_survive_both_dialects() {
    let corpus = corpus("definition");
    let mut read = 0;
    for (name, bytes) in &corpus {
        read += usize::from(definition(name, bytes, false));
        definition(name, bytes, true);
        for cut in (0..bytes.len().min(CUT_CHARS_MAX)).step_by(7) {
            definition(name, &bytes[..cut], false);
            definition(name, &bytes[cut..], true);
        }
    }
    assert!(corpus.len() >= 40, "only {} files", corpus.len());
    assert!((15..=25).contains(&read), "{read} files were read");
}

#[test]
fn queries_of_the_corpus_are_read_or_refused() {
    let count = replay("soql", query);
    assert!(count >= 40, "only {count} files");
}

#[test]
fn searches_of_the_corpus_are_read_or_refused() {
    let count = replay("sosl", search);
    assert!(count >= 20, "only {count} files");
}
