//! How much of anything a request may bring or ask for.

/// Bytes of a JSON, XML or form body, unpacked. The platform takes 50 MB over SOAP and less here.
pub(crate) const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
