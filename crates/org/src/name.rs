//! API names of objects and fields: compared without case, kept as the schema spells them.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! api_name {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as the schema spells it. Look names from outside up in the schema, which
            /// compares without case and gives the schema's spelling.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

api_name! {
    /// The API name of an object: `Contact`, `Delivery__c`.
    ObjectName
}
api_name! {
    /// The API name of a field: `MobilePhone`, `Offhook_Call_Key__c`.
    FieldName
}
