//! Texts with placeholders, read: `{name}` stands for a value, `{{` and `}}` for braces.

/// A part of a text.
pub(crate) enum Piece<'a> {
    Plain(char),
    Name(&'a str),
    /// A brace without its other one.
    Lone(char),
}

/// The pieces of a text, each with the number of its first character, from 1.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = (usize, Piece<'_>)> {
    let (mut rest, mut place) = (text, 1);
    std::iter::from_fn(move || {
        let (piece, length) = first_piece(rest)?;
        let found = (place, piece);
        place += rest[..length].chars().count();
        rest = &rest[length..];
        Some(found)
    })
}

/// The first piece and its length in bytes.
fn first_piece(text: &str) -> Option<(Piece<'_>, usize)> {
    let first = text.chars().next()?;
    if !['{', '}'].contains(&first) {
        return Some((Piece::Plain(first), first.len_utf8()));
    }
    let rest = &text[1..];
    if rest.starts_with(first) {
        return Some((Piece::Plain(first), 2));
    }
    let end = rest.find(['{', '}', '\n']).filter(|end| rest[*end..].starts_with('}'));
    Some(match end {
        Some(end) if first == '{' => (Piece::Name(&rest[..end]), end + 2),
        _ => (Piece::Lone(first), 1),
    })
}

/// What would break a line, a header or the order of reading.
pub(crate) fn is_unprintable(c: char) -> bool {
    let turns_text_round = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || turns_text_round
}
