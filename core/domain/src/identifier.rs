//! Receipts, tills and card numbers as people and scanners send them, brought to one form: the same thing read twice must
//! be the same thing. Below, numbers that somebody else gives out, each checked by its own rule.

mod document;
mod fault;
mod plate;
mod resident;
mod simple;
mod uscc;

pub use document::{DocumentKind, document};
pub use fault::Fault;
pub use plate::plate;
pub use resident::{birth_date, resident};
pub use simple::{mail, postcode, qq, wechat};
pub use uscc::credit_code;

/// A text that identifies something: no blanks or line ends around it, nothing invisible in it, full-width letters, digits
/// and signs as plain ones. Empty if there was nothing else.
pub fn identifier(text: &str) -> String {
    let plain: String = text.chars().map(half_width).filter(|c| !is_invisible(*c)).collect();
    plain
        .trim_matches(|c: char| c.is_whitespace() || c.is_control())
        .to_owned()
}

/// A number that is read in groups: as [`identifier`], without blanks and hyphens between the groups.
pub fn grouped_number(text: &str) -> String {
    let kept = |c: &char| !c.is_whitespace() && !c.is_control() && !is_invisible(*c) && *c != '-';
    text.chars().map(half_width).filter(kept).collect()
}

/// U+FF01–FF5E are the full-width forms of ASCII, which Chinese input methods type; U+3000 is the blank's.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

/// What pasted text brings along unseen: marks of direction, joiners, zero-width blanks, soft hyphens.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
        || ('\u{2060}'..='\u{206f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_and_scanned_becomes_one_form() {
        for same in ["R1", "R1 ", "\tR1\r\n", "Ｒ１", "\u{3000}R1", "\u{202d}R1\u{202c}"] {
            assert_eq!(identifier(same), "R1", "{same:?}");
        }
        assert_eq!(identifier(" \u{3000}\r\n"), "");
        assert_eq!(identifier("A 1"), "A 1", "inner blanks belong to it");
        for same in [
            "90001234",
            "9000\u{200b}1234",
            "9000 1234",
            "9000-1234\r\n",
            "９０００　１２３４",
        ] {
            assert_eq!(grouped_number(same), "90001234", "{same:?}");
        }
    }
}
