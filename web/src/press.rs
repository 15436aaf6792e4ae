//! The printer of the program: `cardea-print` behind the engine's trait.

use cardea_domain::Text;
use cardea_domain::card_stock::LabelSheet;
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
        cardea_print::pdf(sheet).map_err(told)
    }

    fn labels(&self, sheet: &LabelSheet) -> Result<Vec<u8>, PressError> {
        cardea_print::labels(sheet).map_err(told)
    }
}

fn told(error: PrintError) -> PressError {
    match error {
        PrintError::TooLong { what, most, .. } => PressError::TooLong {
            what: Text::new(in_chinese(what), what),
            most,
        },
        other => PressError::Failed(other.to_string()),
    }
}

/// What the printer names in English.
fn in_chinese(what: &str) -> &'static str {
    match what {
        "characters" => "个字",
        "characters of one word" => "个不断行的连续字符",
        "rows" => "行表格",
        "labels" => "张标签",
        _ => "段文字和单元格",
    }
}
