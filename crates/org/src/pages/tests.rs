//! Pages as adapters write them, and values that would like to be more than text.

use super::{Visit, parse};

fn visit(value: &str) -> Visit {
    Visit {
        name: "Softphone".to_owned(),
        parameters: vec![("x".to_owned(), value.to_owned())],
        facts: [("$user.id".to_owned(), "005A".to_owned())].into(),
        resources: [("lib".to_owned(), "/resource/k/Lib".to_owned())].into(),
        page_query: "?offhook_page=t".to_owned(),
        api_origin: "https://c.example".to_owned(),
        org_id: "00D1".to_owned(),
    }
}

#[track_caller]
fn body(markup: &str, value: &str) -> String {
    let page = parse(&format!("<apex:page>{markup}</apex:page>")).unwrap_or_else(|e| panic!("{e}"));
    let html = page.render(&visit(value));
    let start = html.find("<body>\n").unwrap() + 7;
    html[start..html.len() - "\n</body></html>\n".len()].to_owned()
}

#[track_caller]
fn fault(markup: &str, line: u32, column: u32, words: &str) {
    let error = parse(markup).unwrap_err();
    assert!(error.message.contains(words), "{error}");
    assert_eq!((error.line, error.column), (line, column), "{error}");
}

#[test]
fn a_page_of_the_field_becomes_html() {
    let markup = "<apex:page showHeader=\"false\" controller=\"Phones.C\" title=\"Phone\">\n\
        <apex:includeScript value=\"/support/api/57.0/lightning/opencti_min.js\"/>\n\
        <apex:iframe src=\"https://p.example/?u={!$User.Id}&amp;\
        n={!URLENCODE($CurrentPage.parameters.x)}\" height=\"500\" \
        scrolling=\"false\"></apex:iframe>\n\
        <script>if (1 < 2 && '<b>') \
        run('{!$CurrentPage.parameters.x}', '{!$Resource.Lib}');</script>\n\
        </apex:page>";
    let page = parse(markup).unwrap();
    assert_eq!(page.ignored, ["controller"]);
    let html = page.render(&visit("+1 'x"));
    for wanted in [
        "<title>Phone</title>",
        "<script src=\"/support/api/57.0/lightning/opencti_min.js\"></script>",
        "<iframe src=\"https://p.example/?u=005A&amp;n=%2B1%20%27x\" width=\"100%\"",
        "scrolling=\"no\"",
        " height=\"500\"></iframe>",
        "if (1 < 2 && '<b>') run('\\x2b1\\x20\\x27x', '\\x2fresource\\x2fk\\x2fLib');",
    ] {
        assert!(html.contains(wanted), "{wanted:?} is not in\n{html}");
    }
    let own = parse("<apex:page><html><body>x</body></html></apex:page>").unwrap();
    assert_eq!(
        own.render(&visit("")),
        "<!DOCTYPE html>\n<html><body>x</body></html>"
    );
}

#[test]
fn a_value_is_never_more_than_text() {
    let hostile = "\"'></script><script>alert(1)//\n${alert(1)}`";
    for markup in [
        "<p title='{!$CurrentPage.parameters.x}'>{!$CurrentPage.parameters.x}</p>",
        "<apex:outputText value=\"{!$CurrentPage.parameters.x}\"/>",
        "<textarea>{!$CurrentPage.parameters.x}</textarea>",
        "<a onclick=\"go('{!$CurrentPage.parameters.x}')\">x</a>",
        "<script>var a = '{!$CurrentPage.parameters.x}', \
         b = {!$CurrentPage.parameters.x}, \
         c = `{!JSENCODE($CurrentPage.parameters.x)}`; \
         // {!HTMLENCODE($CurrentPage.parameters.x)}\n</script>",
        "<apex:image value=\"{!$CurrentPage.parameters.x}\" alt=\"{!$CurrentPage.parameters.x}\"/>",
    ] {
        let html = body(markup, hostile);
        let scripts = html.matches("<script").count();
        assert_eq!(scripts, markup.matches("<script").count(), "{html}");
        if markup.starts_with("<script") || markup.contains("onclick") {
            assert!(!html.contains("alert(1)//\n"), "{html}");
            assert!(!html.contains("${"), "{html}");
        }
    }
}

#[test]
fn an_address_does_not_become_a_script() {
    let link = "<a href=\"{!$CurrentPage.parameters.x}\">x</a>";
    for hostile in [
        "javascript:alert(1)",
        " JaVaScript:alert(1)",
        "java\tscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "javascript&colon;alert(1)",
    ] {
        assert_eq!(
            body(link, hostile),
            "<a href=\"about:blank\">x</a>",
            "{hostile:?}"
        );
    }
    for good in [
        "https://a.example/?x=1:2",
        "/apex/Other",
        "tel:+1415",
        "page?x=a:b",
        "",
    ] {
        assert_eq!(body(link, good), format!("<a href=\"{good}\">x</a>"));
    }
}

#[test]
fn names_and_functions_give_what_they_say() {
    let shown = |field: &str| body(&format!("{{!{field}}}"), "a b");
    assert_eq!(shown("$CurrentPage.Name"), "Softphone");
    assert_eq!(shown("$Page.Other"), "/apex/Other?offhook_page=t");
    assert_eq!(shown("URLFOR($Resource.lib)"), "/resource/k/Lib");
    assert_eq!(shown("'a}b' & $User.Id + \"!\""), "a}b005A!");
    assert_eq!(
        shown("$Api.Partner_Server_URL_660"),
        "https://c.example/services/Soap/u/66.0/00D1"
    );
    assert_eq!(shown("$User.Email"), "");
}

#[test]
fn errors_say_where() {
    fault("<p>x</p>", 1, 1, "begins with <apex:page>");
    fault("<apex:page>\n x", 2, 3, "has no </apex:page>");
    fault(
        "<apex:page>\n  <apex:form>\n</apex:page>",
        2,
        3,
        "apex:form is not known here",
    );
    fault(
        "<apex:page>\n<c:mine/></apex:page>",
        2,
        1,
        "components do not run",
    );
    fault(
        "<apex:page>ä{!nothing}</apex:page>",
        1,
        13,
        "nothing is not known here",
    );
    fault(
        "<apex:page>{!$Api.Session_ID}</apex:page>",
        1,
        12,
        "not given to pages",
    );
    fault(
        "<apex:page>{!$User.Password}</apex:page>",
        1,
        12,
        "not known here",
    );
    fault("<apex:page>{!'a</apex:page>", 1, 12, "no closing brace");
    fault("<apex:page><apex:iframe/></apex:page>", 1, 12, "needs src");
    fault(
        "<apex:page><script>x</apex:page>",
        1,
        20,
        "<script> has no </script>",
    );
    fault(
        "<apex:page><style>{!$User.Id}</style></apex:page>",
        1,
        19,
        "in a style",
    );
    fault(
        "<apex:page><p a={!$User.Id}></p></apex:page>",
        1,
        15,
        "into quotes",
    );
    fault("<apex:page foo=\"1\"/>", 1, 1, "no attribute foo");
    fault("<apex:page></apex:page> x", 1, 24, "nothing may follow");
    fault(
        "<apex:page><a href=\"javascript:go('{!$User.Id}')\"/></apex:page>",
        1,
        15,
        "script",
    );
    fault(
        "<apex:page><apex:outputText value=\"x\" escape=\"false\"/></apex:page>",
        1,
        12,
        "escapes",
    );
}

#[test]
fn whatever_is_cut_off_is_an_error_and_no_panic() {
    let markup = "<apex:page title='ü'><!-- c --><p a=\"{!URLFOR($Page.X) & 'é'}\" b c='d'>\
        {!$User.Id}</p><script>'{!$User.Id}'</script><apex:iframe src='x'/></apex:page>";
    parse(markup).unwrap();
    for end in (0..markup.len()).filter(|end| markup.is_char_boundary(*end)) {
        assert!(parse(&markup[..end]).is_err(), "{}", &markup[..end]);
        for odd in ["<", "{!", "\"", "'", "}", "</", "<apex:", "\u{0}"] {
            let _ = parse(&format!("{}{odd}{}", &markup[..end], &markup[end..]));
        }
    }
}
