//! Types that Cardea ships (D-ARC-15): loan applications, and installed machines with service visits by year.

use super::kind::NewRecordType;
use crate::error::Error;
use cardea_domain::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

const SHIPPED: [&str; 2] = [
    include_str!("templates/loan_application.json"),
    include_str!("templates/machine.json"),
];

#[derive(Serialize, ToSchema)]
pub struct RecordTypeTemplates {
    /// Each as it is sent to create a type.
    pub items: Vec<NewRecordType>,
}

/// Everything that is shipped.
///
/// # Errors
/// `internal` if a template can't be read.
pub fn templates() -> Result<RecordTypeTemplates, Refusal> {
    let items = SHIPPED
        .iter()
        .map(|text| serde_json::from_str(text).map_err(Error::from));
    Ok(RecordTypeTemplates {
        items: items.collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardea_domain::fields::check_definitions;

    #[test]
    fn d_arc_15_what_is_shipped_can_be_declared() {
        let shipped = templates().expect("templates");
        let codes: Vec<&str> = shipped.items.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["loan_application", "machine"]);
        for one in &shipped.items {
            assert_eq!(check_definitions(&one.fields), [], "{}", one.code);
            for name in one.columns.iter().chain(&one.board_field) {
                assert!(
                    one.fields.iter().any(|field| field.name == *name),
                    "{name} of {}",
                    one.code
                );
            }
        }
    }
}
