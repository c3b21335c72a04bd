//! CSV as bulk jobs read and write it: a header, then rows; every value that is written stands in
//! quotes, as the platform's does.

use csv::{QuoteStyle, ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use offhook_org::bulk::{Delimiter, LineEnding};

/// A reader over text; rows may be shorter or longer than the header, which the caller judges.
pub(super) fn reader(text: &str, delimiter: Delimiter) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(delimiter.byte())
        .flexible(true)
        .has_headers(true)
        .from_reader(text.as_bytes())
}

/// The rows after the header.
pub(super) type Records<'t> = csv::StringRecordsIntoIter<&'t [u8]>;

/// The names of the first row.
pub(super) fn header(reader: &mut csv::Reader<&[u8]>) -> Result<StringRecord, String> {
    reader.headers().cloned().map_err(|error| error.to_string())
}

/// Rows in the making.
pub(super) struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    /// None yet.
    pub(super) fn new(delimiter: Delimiter, line_ending: LineEnding) -> Self {
        let terminator = match line_ending {
            LineEnding::Lf => Terminator::Any(b'\n'),
            LineEnding::Crlf => Terminator::CRLF,
        };
        let writer = WriterBuilder::new()
            .delimiter(delimiter.byte())
            .quote_style(QuoteStyle::Always)
            .terminator(terminator)
            .flexible(true)
            .from_writer(Vec::new());
        Self(writer)
    }

    /// One more row.
    pub(super) fn push<'a>(&mut self, values: impl IntoIterator<Item = &'a str>) {
        // Writing to memory cannot fail, and rows of unequal lengths are allowed.
        let _ = self.0.write_record(values);
    }

    /// The text of all rows.
    pub(super) fn text(self) -> String {
        let bytes = self.0.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_the_same_with_every_delimiter_and_ending() {
        let rows = [
            vec!["a", "b \"quoted\"", "line\nbreak", ""],
            vec!["x,y", "p|q;r\ts", "^`", "ü"],
        ];
        for delimiter in ["COMMA", "TAB", "PIPE", "CARET", "BACKQUOTE", "SEMICOLON"] {
            let delimiter = Delimiter::read(delimiter).unwrap();
            for ending in [LineEnding::Lf, LineEnding::Crlf] {
                let mut lines = Lines::new(delimiter, ending);
                for row in &rows {
                    lines.push(row.iter().copied());
                }
                let text = lines.text();
                let mut reader = reader(&text, delimiter);
                assert_eq!(header(&mut reader).unwrap(), rows[0]);
                let second = reader.records().next().unwrap().unwrap();
                assert_eq!(second, rows[1]);
                assert!(text.ends_with(ending.text()));
            }
        }
    }
}
