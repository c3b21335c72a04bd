//! A call center: which softphone page its users get, and with which settings.

use serde::{Deserialize, Serialize};

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
        self.sections
            .iter()
            .flat_map(|s| &s.items)
            .find(|i| i.name == name)
            .map(|i| i.value.as_str())
    }

    /// `reqAdapterUrl` as in the file: absolute, or a path on our pages origin.
    pub fn adapter_url(&self) -> Option<&str> {
        self.item("reqAdapterUrl").filter(|u| !u.is_empty())
    }

    /// Height and width of the panel in pixels, within the documented ranges; 500 by 400 where
    /// the file has none.
    pub fn softphone_size_px(&self) -> (u32, u32) {
        todo!()
    }

    /// Missing means Classic.
    pub fn compatibility_mode(&self) -> CompatibilityMode {
        todo!()
    }

    /// The flat map of `getCallCenterSettings` (spec 1.8), in the documented order.
    pub fn settings_map(&self) -> serde_json::Map<String, serde_json::Value> {
        todo!()
    }

    /// Why its page must not or cannot be loaded in a Lightning console: `javascript:`, plain
    /// http beyond loopback, a placeholder, Classic-only; `None` when all is well.
    pub fn load_problem(&self) -> Option<String> {
        todo!()
    }
}
