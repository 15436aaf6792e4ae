//! The texts of a sheet: which there are, and which of their characters are printed.

use cardea_domain::contract::print::{Block, Sheet, Table};
use std::collections::BTreeSet;

/// Calls `visit` with every text of a sheet, in the order they are printed in.
pub fn each(sheet: &Sheet, visit: &mut dyn FnMut(&str)) {
    sheet.number.iter().for_each(|text| visit(text));
    visit(&sheet.title);
    sheet.mark.iter().for_each(|text| visit(text));
    for block in &sheet.blocks {
        match block {
            Block::Heading { text } | Block::Paragraph { text } => visit(text),
            Block::Parties { own, other } => {
                for side in [own, other] {
                    visit(&side.role);
                    side.facts.iter().for_each(|(label, text)| {
                        visit(label);
                        visit(text);
                    });
                }
            }
            Block::Table(table) => each_cell(table, visit),
        }
    }
    for signature in &sheet.signatures {
        visit(&signature.role);
        for (label, text) in &signature.lines {
            visit(label);
            text.iter().for_each(|text| visit(text));
        }
    }
    sheet.annexes.iter().for_each(|text| visit(text));
}

fn each_cell(table: &Table, visit: &mut dyn FnMut(&str)) {
    table.columns.iter().for_each(|column| visit(&column.label));
    let rows = table.rows.iter().chain(&table.foot);
    rows.flatten().for_each(|text| visit(text));
}

/// The characters of a sheet that no font has, each once: they are printed as empty boxes.
pub fn missing(sheet: &Sheet) -> Vec<char> {
    let mut found = BTreeSet::new();
    each(sheet, &mut |text| found.extend(text.chars().filter(|c| shown(*c))));
    found.into_iter().filter(|c| !crate::world::has(*c)).collect()
}

/// Whether a character is printed at all. Controls and format characters aren't: those that turn the direction of
/// writing could make a text read otherwise than it is stored.
pub fn shown(c: char) -> bool {
    let format = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    !format && !c.is_control() && !c.is_whitespace()
}
