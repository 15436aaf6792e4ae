//! How much is printed at once: a bound on time and memory, far above any contract.

use crate::{PrintError, prepare};
use cardea_domain::contract::print::{Block, Sheet, Table};

/// Characters of a sheet, all texts together.
pub const MAX_CHARACTERS: usize = 200_000;
/// Rows of a sheet's tables, all tables together.
pub const MAX_ROWS: usize = 2_000;
/// Characters between two places where a line may break. Each needs a place of its own to break at, which is dear.
pub const MAX_WORD: usize = 2_000;
/// Texts of a sheet, empty ones too: paragraphs, cells, labels and what stands beside them, annexes.
pub const MAX_TEXTS: usize = 20_000;

pub fn check(sheet: &Sheet) -> Result<(), PrintError> {
    let (mut characters, mut word, mut texts, mut rows) = (0, 0, 0, 0);
    crate::text::each(sheet, &mut |text| {
        texts += 1;
        characters += text.chars().count();
        let words = text.split(|c: char| c.is_whitespace() || prepare::is_syllable(c));
        word = words.map(|word| word.chars().count()).fold(word, usize::max);
    });
    for block in &sheet.blocks {
        if let Block::Table(table) = block {
            // Those without a cell have no text that would count.
            texts += 1;
            rows += table.rows.len();
            cells(table)?;
        }
    }
    at_most("characters", characters, MAX_CHARACTERS)?;
    at_most("characters of one word", word, MAX_WORD)?;
    at_most("rows", rows, MAX_ROWS)?;
    at_most("texts", texts, MAX_TEXTS)
}

fn at_most(what: &'static str, found: usize, most: usize) -> Result<(), PrintError> {
    if found > most {
        return Err(PrintError::TooLong { what, found, most });
    }
    Ok(())
}

/// A row with fewer cells is filled up; one with more would shift all that follow.
fn cells(table: &Table) -> Result<(), PrintError> {
    let columns = table.columns.len();
    match table.rows.iter().chain(&table.foot).map(Vec::len).max() {
        Some(found) if found > columns => Err(PrintError::Cells { found, columns }),
        _ => Ok(()),
    }
}
