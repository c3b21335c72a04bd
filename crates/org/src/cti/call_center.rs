//! A call center: which softphone page its users get, and with which settings.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A call center definition, as imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCenter {
    /// `reqInternalName`: letters and digits, unique in the org, never changes.
    pub internal_name: String,
    /// `reqDisplayName`.
    pub display_name: String,
    /// Sections in `sortOrder`.
    pub sections: Vec<DefinitionSection>,
}

/// A section of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionSection {
    /// `reqGeneralInfo`.
    pub name: String,
    /// For people; the name where the file gives none.
    pub label: Option<String>,
    /// Items in `sortOrder`.
    pub items: Vec<DefinitionItem>,
}

/// An item of a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionItem {
    /// `reqAdapterUrl`.
    pub name: String,
    /// For people.
    pub label: Option<String>,
    /// Its value, white space at the ends removed.
    pub value: String,
}

/// Which of the two Open CTI APIs the softphone speaks (`reqSalesforceCompatibilityMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the platform's values")]
pub enum CompatibilityMode {
    Classic,
    Lightning,
    ClassicAndLightning,
}

impl CallCenter {
    /// The value of an item, wherever it stands.
    pub fn item(&self, name: &str) -> Option<&str> {
        self.find_item(name).map(|item| item.value.as_str())
    }

    /// The first item of this name.
    pub fn find_item(&self, name: &str) -> Option<&DefinitionItem> {
        self.items().find(|item| item.name == name)
    }

    /// All items, section by section.
    pub fn items(&self) -> impl Iterator<Item = &DefinitionItem> {
        self.sections.iter().flat_map(|section| &section.items)
    }

    /// The `customSettings` of its metadata and its record: the items whose names begin with
    /// `req` and that are no columns of their own (spec 4.2). What a maker adds is not in it.
    pub fn custom_settings(&self) -> Map<String, Json> {
        let columns = [
            "reqInternalName",
            "reqDisplayName",
            "reqAdapterUrl",
            "reqVersion",
        ];
        let mut settings = Map::new();
        for item in self.items() {
            let is_setting = item.name.starts_with("req") && !columns.contains(&&*item.name);
            if is_setting && !settings.contains_key(&item.name) {
                settings.insert(item.name.clone(), Json::String(item.value.clone()));
            }
        }
        settings
    }

    /// The same call center under other names: all further ones of a softphone are made so.
    #[must_use]
    pub fn cloned_as(&self, internal_name: &str, display_name: &str) -> Self {
        let mut clone = self.clone();
        internal_name.clone_into(&mut clone.internal_name);
        display_name.clone_into(&mut clone.display_name);
        for item in clone.sections.iter_mut().flat_map(|s| &mut s.items) {
            match item.name.as_str() {
                "reqInternalName" => internal_name.clone_into(&mut item.value),
                "reqDisplayName" => display_name.clone_into(&mut item.value),
                _ => {}
            }
        }
        clone
    }

    /// `reqAdapterUrl` as in the file: absolute, or a path on our pages origin.
    pub fn adapter_url(&self) -> Option<&str> {
        self.item("reqAdapterUrl").filter(|u| !u.is_empty())
    }

    /// Height and width of the panel in pixels, within the documented ranges; 500 by 400 where
    /// the file has none.
    pub fn softphone_size_px(&self) -> (u32, u32) {
        let px = |name: &str, default: u32, range: std::ops::RangeInclusive<u32>| {
            let given = self
                .item(name)
                .and_then(|text| text.parse().ok())
                .unwrap_or(default);
            given.clamp(*range.start(), *range.end())
        };
        (
            px("reqSoftphoneHeight", 500, HEIGHT_PX),
            px("reqSoftphoneWidth", 400, WIDTH_PX),
        )
    }

    /// The standby page and the time in milliseconds that the adapter has to say that it is ready
    /// (`reqStandbyUrl`, `reqTimeout`); 10 seconds where the file gives no usable time.
    pub fn standby(&self) -> Option<(&str, u32)> {
        let url = self.item("reqStandbyUrl").filter(|url| !url.is_empty())?;
        let given = self.item("reqTimeout").and_then(|text| text.parse().ok());
        let timeout_ms = given.map_or(STANDBY_DEFAULT_MS, |ms: u32| {
            ms.clamp(*STANDBY_MS.start(), *STANDBY_MS.end())
        });
        Some((url, timeout_ms))
    }

    /// Missing means Classic.
    pub fn compatibility_mode(&self) -> CompatibilityMode {
        match self.item("reqSalesforceCompatibilityMode") {
            Some("Lightning") => CompatibilityMode::Lightning,
            Some("Classic_and_Lightning") => CompatibilityMode::ClassicAndLightning,
            _ => CompatibilityMode::Classic,
        }
    }

    /// The flat map of `getCallCenterSettings` (spec 1.8), in the documented order.
    pub fn settings_map(&self) -> Map<String, Json> {
        let mut map = Map::new();
        let mut put = |key: String, value: &str| {
            map.insert(key, Json::String(value.to_owned()));
        };
        let label_of = |item: &str, default: &'static str| {
            let found = self
                .sections
                .iter()
                .flat_map(|s| &s.items)
                .find(|i| i.name == item);
            found
                .and_then(|i| i.label.clone())
                .unwrap_or_else(|| default.to_owned())
        };
        put(
            "/displayNameLabel".to_owned(),
            &label_of("reqDisplayName", "Display Name"),
        );
        put(
            "/internalNameLabel".to_owned(),
            &label_of("reqInternalName", "Internal Name"),
        );
        put("/label".to_owned(), &self.display_name);
        for (section_order, section) in self.sections.iter().enumerate() {
            let path = format!("/{}", section.name);
            put(
                format!("{path}/label"),
                section.label.as_ref().unwrap_or(&section.name),
            );
            put(format!("{path}/sortOrder"), &format!("{section_order}.0"));
            for (item_order, item) in section.items.iter().enumerate() {
                let path = format!("{path}/{}", item.name);
                put(path.clone(), &item.value);
                if !matches!(item.name.as_str(), "reqInternalName" | "reqDisplayName") {
                    put(
                        format!("{path}/label"),
                        item.label.as_ref().unwrap_or(&item.name),
                    );
                    put(format!("{path}/sortOrder"), &format!("{item_order}.0"));
                }
            }
        }
        map
    }

    /// Why its page must not or cannot be loaded in a console: `javascript:`, plain http beyond
    /// loopback, a placeholder; `None` when all is well.
    pub fn load_problem(&self) -> Option<String> {
        let Some(url) = self.adapter_url() else {
            return Some(
                "reqAdapterUrl is empty: give the address of the softphone's page".to_owned(),
            );
        };
        url_problem("reqAdapterUrl", url)
    }

    /// Why the standby page cannot be loaded; `None` when all is well or there is none.
    pub fn standby_problem(&self) -> Option<String> {
        let (url, _) = self.standby()?;
        url_problem("reqStandbyUrl", url)
    }
}

/// Documented range of the panel's height in pixels.
pub const HEIGHT_PX: std::ops::RangeInclusive<u32> = 240..=2_560;
/// Documented range of the panel's width in pixels.
pub const WIDTH_PX: std::ops::RangeInclusive<u32> = 200..=1_920;
/// The time that an adapter may be given before its standby page is shown: below a second no
/// page is ready, after ten minutes nobody waits.
pub const STANDBY_MS: std::ops::RangeInclusive<u32> = 1_000..=600_000;
const STANDBY_DEFAULT_MS: u32 = 10_000;

/// Why a page of this item cannot be loaded in a console; `None` when it can.
pub(super) fn url_problem(item: &str, url: &str) -> Option<String> {
    // Browsers read `/\host` as `//host`, and drop tabs and line ends from an address.
    let is_plain = !url
        .chars()
        .any(|c| c == '\\' || c.is_control() || c.is_whitespace());
    let is_path = url.starts_with('/') && !url.starts_with("//");
    let is_secure = url.strip_prefix("https://").is_some_and(has_host);
    if is_plain && (is_path || is_secure || is_loopback_http(url)) {
        return None;
    }
    Some(match url.starts_with("http://") {
        true => format!(
            "{item} {url} is plain http, which browsers refuse inside the console: use https"
        ),
        false => format!(
            "{item} {url:?} cannot be loaded: give an https address, or a path such as \
             /softphone for a page of this server"
        ),
    })
}

/// Has the address, its scheme taken away, a host, and not a placeholder for one?
fn has_host(rest: &str) -> bool {
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !host.is_empty() && !host.contains(['<', '>', '{', '}', '"', '\''])
}

/// Plain http on the computer itself, which browsers trust: a development server. The host part
/// is exactly a loopback name: `localhost.evil.test` is none.
pub fn is_loopback_http(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match host.strip_prefix("[::1]") {
        Some(_) => return true,
        None => host.split(':').next().unwrap_or_default(),
    };
    !rest.contains('@') && (host == "localhost" || host == "127.0.0.1")
}

#[cfg(test)]
#[path = "call_center_tests.rs"]
mod tests;
