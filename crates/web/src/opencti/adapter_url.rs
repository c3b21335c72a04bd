//! Where a call center's softphone page is: its absolute URL and its origin, from what the
//! definition file says.

use axum::http::Uri;
use offhook_org::cti::CallCenter;

use crate::WebSettings;

/// The page of our own softphone on the pages origin.
const OWN_SOFTPHONE: &str = "/softphone";

/// The adapter's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AdapterUrl {
    /// Absolute, without a fragment.
    before_fragment: String,
    /// With its `#`; empty where there is none.
    fragment: String,
    /// Scheme, host and port as a browser writes them.
    pub(crate) origin: String,
    /// Our own softphone on our pages origin, the only page that gets a token.
    pub(crate) is_own_softphone: bool,
}

impl AdapterUrl {
    /// The page of a call center, or why it cannot be loaded, as a sentence for an admin.
    pub(crate) fn of(center: &CallCenter, settings: &WebSettings) -> Result<Self, String> {
        if let Some(problem) = center.load_problem() {
            return Err(problem);
        }
        let text = center.adapter_url().ok_or_else(|| {
            "The call center has no CTI Adapter URL: add reqAdapterUrl to its definition."
                .to_owned()
        })?;
        Self::resolve(text, &settings.pages_origin).ok_or_else(|| {
            format!(
                "The CTI Adapter URL {text:?} is neither a web address nor a path that begins \
                 with a slash: correct reqAdapterUrl in the definition."
            )
        })
    }

    /// The standby page of a call center; `None` when it has none that can be loaded.
    pub(crate) fn of_standby(center: &CallCenter, settings: &WebSettings) -> Option<(Self, u32)> {
        let (url, timeout_ms) = center.standby()?;
        if center.standby_problem().is_some() {
            return None;
        }
        Some((Self::resolve(url, &settings.pages_origin)?, timeout_ms))
    }

    /// An absolute http(s) URL stays; a path belongs to the pages origin.
    pub(super) fn resolve(text: &str, pages_origin: &str) -> Option<Self> {
        let absolute = match text.strip_prefix('/') {
            // `//host` and `/\host` would be another host's page for a browser.
            Some(rest) if rest.starts_with(['/', '\\']) => return None,
            Some(_) => format!("{pages_origin}{text}"),
            None => text.to_owned(),
        };
        let (before_fragment, fragment) = match absolute.find('#') {
            Some(at) => absolute.split_at(at),
            None => (absolute.as_str(), ""),
        };
        let uri: Uri = before_fragment.parse().ok()?;
        let origin = origin(&uri)?;
        Some(Self {
            is_own_softphone: origin == pages_origin && uri.path() == OWN_SOFTPHONE,
            before_fragment: before_fragment.to_owned(),
            fragment: fragment.to_owned(),
            origin,
        })
    }

    /// The same page served through our proxy, under this secret.
    pub(crate) fn through_proxy(&self, secret: &str, pages_origin: &str) -> Self {
        let path = self.before_fragment.get(self.origin_length()..);
        let path = path.unwrap_or_default();
        let slash = if path.starts_with('/') { "" } else { "/" };
        Self {
            before_fragment: format!("{pages_origin}/proxy/{secret}{slash}{path}"),
            fragment: self.fragment.clone(),
            origin: pages_origin.to_owned(),
            is_own_softphone: false,
        }
    }

    /// Bytes of scheme, host and port as they are written in the URL.
    fn origin_length(&self) -> usize {
        let after = self.before_fragment.find("://").map_or(0, |at| at + 3);
        let end = self.before_fragment[after..].find(['/', '?']);
        end.map_or(self.before_fragment.len(), |at| after + at)
    }

    /// The URL with these parameters appended, the query that it has kept.
    pub(crate) fn with_parameters(&self, parameters: &[(&str, &str)]) -> String {
        let mut url = self.before_fragment.clone();
        let mut separator = if url.contains('?') { '&' } else { '?' };
        if url.ends_with(['?', '&']) {
            url.pop();
            separator = if url.contains('?') { '&' } else { '?' };
        }
        for (name, value) in parameters {
            url.push(separator);
            url.push_str(name);
            url.push('=');
            url.push_str(&crate::query::encode(value));
            separator = '&';
        }
        url + &self.fragment
    }

    /// Where on our pages origin it is; `None` for a page elsewhere.
    pub(crate) fn own_path(&self, settings: &WebSettings) -> Option<&str> {
        let rest = self.before_fragment.strip_prefix(&settings.pages_origin)?;
        (self.origin == settings.pages_origin).then(|| rest.split('?').next().unwrap_or_default())
    }

    /// The URL as the definition means it.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.before_fragment, self.fragment)
    }
}

/// The origin as browsers write it; `None` for other schemes, and for a user name in the host's
/// place (`https://bank.example@evil.example`).
fn origin(uri: &Uri) -> Option<String> {
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let authority = uri.authority()?;
    if authority.as_str().contains('@') || authority.host().is_empty() {
        return None;
    }
    let host = authority.host().to_ascii_lowercase();
    match authority.port_u16().filter(|port| *port != default_port) {
        Some(port) => Some(format!("{scheme}://{host}:{port}")),
        None => Some(format!("{scheme}://{host}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: &str = "http://127.0.0.1:8081";

    fn check(text: &str, url: &str, origin: &str, own: bool) {
        let adapter = AdapterUrl::resolve(text, PAGES).unwrap();
        assert_eq!(
            adapter.with_parameters(&[("mode", "Lightning"), ("clc", "1")]),
            url
        );
        assert_eq!(
            (adapter.origin.as_str(), adapter.is_own_softphone),
            (origin, own)
        );
    }

    #[test]
    fn a_path_belongs_to_the_pages_origin() {
        check(
            "/softphone",
            "http://127.0.0.1:8081/softphone?mode=Lightning&clc=1",
            PAGES,
            true,
        );
        check(
            "/apex/x",
            "http://127.0.0.1:8081/apex/x?mode=Lightning&clc=1",
            PAGES,
            false,
        );
    }

    #[test]
    fn parameters_are_appended_and_the_own_query_and_fragment_stay() {
        check(
            "https://Phone.example:443/a?tenant=7#top",
            "https://Phone.example:443/a?tenant=7&mode=Lightning&clc=1#top",
            "https://phone.example",
            false,
        );
        check(
            "https://phone.example?",
            "https://phone.example?mode=Lightning&clc=1",
            "https://phone.example",
            false,
        );
    }

    #[test]
    fn a_page_through_the_proxy_keeps_its_path_its_query_and_its_fragment() {
        let through = |text: &str| {
            let adapter = AdapterUrl::resolve(text, PAGES).unwrap();
            let proxied = adapter.through_proxy("5ec", PAGES);
            assert_eq!(
                (proxied.origin.as_str(), proxied.is_own_softphone),
                (PAGES, false)
            );
            proxied.with_parameters(&[("mode", "Lightning")])
        };
        assert_eq!(
            through("https://Phone.example:443/a/b?tenant=7#top"),
            "http://127.0.0.1:8081/proxy/5ec/a/b?tenant=7&mode=Lightning#top"
        );
        assert_eq!(
            through("https://phone.example?x=/y"),
            "http://127.0.0.1:8081/proxy/5ec/?x=/y&mode=Lightning"
        );
        assert_eq!(
            through("https://phone.example"),
            "http://127.0.0.1:8081/proxy/5ec/?mode=Lightning"
        );
    }

    #[test]
    fn a_softphone_of_the_same_path_elsewhere_is_not_ours() {
        check(
            "https://phone.example/softphone",
            "https://phone.example/softphone?mode=Lightning&clc=1",
            "https://phone.example",
            false,
        );
    }

    #[test]
    fn what_is_no_page_of_the_web_is_refused() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example/x",
            "/\\evil.example/x",
            "https://bank.example@evil.example/",
            "ftp://phone.example/",
            "<your adapter URL>",
            "softphone",
            "https://",
            "",
        ] {
            assert_eq!(AdapterUrl::resolve(text, PAGES), None, "{text:?}");
        }
    }
}
