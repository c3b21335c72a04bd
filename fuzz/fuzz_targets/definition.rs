//! Any bytes as a call center's file: read or refused with a place in it; what is read is the same
//! after an export in either dialect.

#![no_main]

use libfuzzer_sys::fuzz_target;
use offhook_org::cti::call_center_xml::{ImportOptions, export, export_metadata, import_with};

fuzz_target!(|bytes: &[u8]| {
    for lenient in [false, true] {
        let options = ImportOptions {
            lenient,
            file_name: "Fuzzed.callCenter",
        };
        let Ok(imported) = import_with(bytes, options) else {
            continue;
        };
        let center = imported.call_center;
        let name = format!("{}.callCenter", center.internal_name);
        let options = ImportOptions {
            lenient,
            file_name: &name,
        };
        for file in [export(&center), export_metadata(&center)] {
            let again = import_with(file.as_bytes(), options).expect("our own file");
            assert_eq!(again.call_center, center, "{file}");
        }
    }
});
