//! A page as its elements: what a browser would make of it, without what is written in it.

/// One element's start: its name, and its attributes.
pub(super) type Tag = (String, Vec<(String, String)>);

/// The start tags of a page as a browser reads them. What stands in a script, a style, a title or
/// a textarea is text up to the end of that element; comments are none of ours.
pub(super) fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        assert!(
            !rest.starts_with("!--"),
            "a comment: {}",
            &rest[..rest.len().min(80)]
        );
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, after) = tag(rest);
        rest = after;
        if ["script", "style", "title", "textarea"].contains(&tag.0.as_str()) {
            let end = format!("</{}", tag.0);
            let close = rest.to_ascii_lowercase().find(&end);
            rest = &rest[close.unwrap_or_else(|| panic!("{} has no end", tag.0))..];
        }
        tags.push(tag);
    }
    tags
}

/// The tag that begins here, and what follows it.
fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
    let (name, mut rest) = text.split_at(end.unwrap());
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return ((name.to_ascii_lowercase(), attributes), after);
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace() || "=>/".contains(c))
            .unwrap();
        let (attribute, after) = rest.split_at(end);
        rest = after;
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let quote = after.chars().next().unwrap();
            assert!(quote == '"', "an attribute without quotes: {attribute}");
            let inner = &after[1..];
            let end = inner.find(quote).unwrap();
            (value, rest) = (&inner[..end], &inner[end + 1..]);
        }
        attributes.push((attribute.to_ascii_lowercase(), value.to_owned()));
    }
}

/// Elements and the names of their attributes, without what they hold.
pub(super) fn skeleton(page: &str) -> Vec<String> {
    let shape = |(name, attributes): Tag| {
        let attributes: Vec<String> = attributes.into_iter().map(|(name, _)| name).collect();
        format!("{name} {}", attributes.join(" "))
    };
    tags(page).into_iter().map(shape).collect()
}
