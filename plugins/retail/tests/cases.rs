//! Every case of `cases/` on native code; the platform runs the same ones against the component.

use cardea_plugin::cases;
use cardea_retail::Retail;
use std::path::Path;

#[test]
fn every_case_is_decided_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    match cases::check::<Retail>(&folder) {
        Ok(count) => assert!(count >= 100, "only {count} cases"),
        Err(differences) => panic!("{differences}"),
    }
}
