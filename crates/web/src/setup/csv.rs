//! Tables as files that a spreadsheet opens. A cell that a spreadsheet would take for a formula
//! gets an apostrophe before it, so that a name from outside runs nothing at whoever looks.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// The answer that a browser saves under this name.
pub(super) fn download(file_name: &str, text: String) -> Response {
    let name = format!("attachment; filename=\"{file_name}\"");
    let name =
        HeaderValue::from_str(&name).unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8"),
        ),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, text).into_response()
}

/// One line of cells.
pub(super) fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    cells.join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    // Spreadsheets drop NUL, and take signs of full width for the plain ones.
    let text = text.replace('\0', "");
    let begins = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let is_formula = text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(begins);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn no_cell_is_a_formula_and_quotes_are_doubled() {
        let cells = [
            "=1+1", "+1 415", "-2", "@SUM(A1)", "\tx", "a \"b\"", "5-3", "",
        ];
        assert_eq!(
            line(cells),
            "\"'=1+1\",\"'+1 415\",\"'-2\",\"'@SUM(A1)\",\"'\tx\",\"a \"\"b\"\"\",\"5-3\",\"\"\r\n"
        );
        let hidden = ["\0=1", " =1", "＝1", "\u{3000}@x", "a=1"];
        assert_eq!(
            line(hidden),
            "\"'=1\",\"' =1\",\"'＝1\",\"'\u{3000}@x\",\"a=1\"\r\n"
        );
    }
}
