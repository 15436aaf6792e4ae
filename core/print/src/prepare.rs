//! A sheet as the template reads it: characters that aren't printed are left out, and what is too long for its place
//! may be divided anywhere.

use crate::{PrintError, text};
use cardea_domain::contract::print::{Block, Sheet, Side, Table};

/// Widths of places in em of their own text, a little less than they are; the template says how they come about.
const LINE: f32 = 38.0;
const TITLE: f32 = 22.0;
const FACT: f32 = 18.0;
const SIGNED: f32 = 9.0;
const TABLE: f32 = 46.0;
/// What a cell keeps free at its sides.
const INSET: f32 = 1.05;

/// Tells the template that a word may be divided here; no text has it, as controls are left out.
const MARK: char = '\u{1}';

/// The sheet as JSON.
pub fn json(sheet: &Sheet) -> Result<Vec<u8>, PrintError> {
    let mut sheet = sheet.clone();
    fit(&mut sheet.title, TITLE);
    sheet.number.iter_mut().for_each(|text| fit(text, LINE));
    sheet.mark.iter_mut().for_each(|text| fit(text, f32::INFINITY));
    for block in &mut sheet.blocks {
        match block {
            Block::Heading { text } | Block::Paragraph { text } => fit(text, LINE),
            Block::Parties { own, other } => {
                side(own);
                side(other);
            }
            Block::Table(table) => cells(table),
        }
    }
    for signature in &mut sheet.signatures {
        fit(&mut signature.role, FACT);
        for (label, text) in &mut signature.lines {
            fit(label, SIGNED);
            text.iter_mut().for_each(|text| fit(text, SIGNED));
        }
    }
    sheet.annexes.iter_mut().for_each(|text| fit(text, LINE));
    serde_json::to_vec(&sheet).map_err(|error| PrintError::Failed(error.to_string()))
}

fn side(side: &mut Side) {
    fit(&mut side.role, FACT);
    for (label, text) in &mut side.facts {
        fit(label, FACT);
        fit(text, FACT);
    }
}

fn cells(table: &mut Table) {
    let shares: Vec<f32> = table
        .columns
        .iter()
        .map(|column| f32::from(column.share.max(1)))
        .collect();
    let all: f32 = shares.iter().sum();
    let rooms: Vec<f32> = shares.iter().map(|share| TABLE * share / all - INSET).collect();
    for (column, room) in table.columns.iter_mut().zip(&rooms) {
        fit(&mut column.label, *room);
    }
    for row in table.rows.iter_mut().chain(&mut table.foot) {
        row.iter_mut().zip(&rooms).for_each(|(cell, room)| fit(cell, *room));
    }
}

/// A text of one line.
pub fn plain(text: &str) -> String {
    let shown = text.chars().filter(|c| *c == ' ' || text::shown(*c));
    shown.collect()
}

/// Makes a text fit a place that is `room` em wide.
fn fit(text: &mut String, room: f32) {
    let lines = text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let clean: String = lines
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|c| *c == '\n' || c.is_whitespace() || text::shown(*c))
        .collect();
    *text = String::with_capacity(clean.len());
    let mut word = String::new();
    for c in clean.chars() {
        if c.is_whitespace() || is_syllable(c) {
            put(text, &mut word, room);
            text.push(c);
        } else {
            word.push(c);
        }
    }
    put(text, &mut word, room);
}

/// Adds a word; one that is wider than its place gets chances to break. In wide places they are some characters apart:
/// each of them costs the typesetter a part of its own.
fn put(text: &mut String, word: &mut String, room: f32) {
    let wide = word.chars().map(width).sum::<f32>() > room;
    let apart = if room < LINE / 2.0 { 1 } else { 4 };
    for (i, c) in word.drain(..).enumerate() {
        if wide && i > 0 && i % apart == 0 {
            // Marks such as 。 don't begin a line, not even behind what the template makes of its mark; a space without
            // width breaks them, but stays where the text is copied from.
            text.push(if c.is_alphanumeric() || c.is_ascii() {
                MARK
            } else {
                '\u{200b}'
            });
        }
        text.push(c);
    }
}

/// Whether lines break before and after a character anyway: Chinese, Japanese and Korean ones.
pub fn is_syllable(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// The most that a character takes in any of our fonts, in em.
fn width(c: char) -> f32 {
    match c {
        'M' | 'W' | 'm' | '@' => 1.1,
        'G' | 'H' | 'K' | 'N' | 'O' | 'Q' | 'R' | 'U' | 'w' | '%' | '&' => 0.95,
        'A'..='Z' => 0.75,
        '!' | '(' | ')' | ',' | '-' | '.' | '/' | ':' | ';' | '[' | ']' | 'f' | 'i' | 'j' | 'l' | 't' | '|' => 0.45,
        '0'..='9' => 0.6,
        ' '..='~' => 0.7,
        _ => 1.0,
    }
}
