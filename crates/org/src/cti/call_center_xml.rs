//! Reading and writing call center definition files.

use super::CallCenter;

/// The largest file taken.
pub const DEFINITION_SIZE_MAX: usize = 5 * 1024 * 1024;

/// A definition with what an admin should know about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The call center.
    pub call_center: CallCenter,
    /// Milder defects that did not stop the import.
    pub warnings: Vec<Finding>,
}

/// Something about the file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// From 1; 0 when it concerns the whole file.
    pub line: u32,
    /// From 1; 0 when it concerns the whole file.
    pub column: u32,
    /// What and what to do, for a person.
    pub message: String,
}

/// Reads a definition file. Refused with every problem that was found, each with line and
/// column: not well-formed, a DOCTYPE, over the size, a missing, duplicate, over-long or
/// malformed `reqInternalName`, a duplicate `sortOrder`.
pub fn import(bytes: &[u8]) -> Result<Imported, Vec<Finding>> {
    let _ = bytes;
    todo!()
}

/// Writes the definition file of a call center; importing it again gives the same.
pub fn export(call_center: &CallCenter) -> String {
    let _ = call_center;
    todo!()
}
