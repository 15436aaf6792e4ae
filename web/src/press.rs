//! The printer of the program: `cardea-print` behind the engine's trait.

use cardea_domain::contract::print::Sheet;
use cardea_engine::printing::{Press, PressError};
use cardea_print::PrintError;

/// Sets sheets with the fonts that the program carries.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typesetter;

impl Press for Typesetter {
    fn pdf(&self, sheet: &Sheet) -> Result<Vec<u8>, PressError> {
        let missing = cardea_print::missing(sheet);
        if !missing.is_empty() {
            return Err(PressError::NoGlyph(missing));
        }
        cardea_print::pdf(sheet).map_err(|error| match error {
            PrintError::TooLong { .. } => PressError::TooLong {
                characters: cardea_print::MAX_CHARACTERS,
                rows: cardea_print::MAX_ROWS,
            },
            other => PressError::Failed(other.to_string()),
        })
    }
}
