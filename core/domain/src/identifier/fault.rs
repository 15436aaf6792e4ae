//! Why a number isn't what it should be, in words for whoever typed it.

use crate::error::Text;

/// What is wrong with a number: where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first character at fault, from 1, blanks and hyphens not counted; None where it is the number as a whole.
    pub position: Option<usize>,
    /// A sentence that names the character and says what to do.
    pub detail: Text,
}

impl Fault {
    /// The number as a whole.
    pub fn whole(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            position: None,
            detail: Text::new(zh, en),
        }
    }

    /// The character at `position` (from 1); the sentences say what should stand there.
    pub fn at(position: usize, character: char, zh: &str, en: &str) -> Self {
        let (shown, hint) = (shown(character), mistaken(character));
        let (hint_zh, hint_en) = match hint {
            Some(digit) => (format!("；是不是数字 {digit}？"), format!("; is it the digit {digit}?")),
            None => Default::default(),
        };
        Self {
            position: Some(position),
            detail: Text::new(
                format!("第 {position} 位“{shown}”不对：{zh}{hint_zh}"),
                format!("Character {position}, “{shown}”, is wrong: {en}{hint_en}"),
            ),
        }
    }

    /// Too short or too long.
    pub fn length(wanted: &str, found: usize) -> Self {
        Self::whole(
            format!("应为 {wanted} 位，现有 {found} 位；请对照证件逐位核对"),
            format!("It has {wanted} characters, here are {found}; compare them with the original"),
        )
    }
}

/// A character that can't be seen is named by its number.
fn shown(character: char) -> String {
    if character.is_control() {
        format!("U+{:04X}", u32::from(character))
    } else {
        character.to_string()
    }
}

/// The digit that a letter is often typed for.
fn mistaken(character: char) -> Option<char> {
    match character {
        'O' | 'o' => Some('0'),
        'I' | 'l' | '|' => Some('1'),
        'Z' | 'z' => Some('2'),
        'S' | 's' => Some('5'),
        _ => None,
    }
}

/// The first character that doesn't belong, with its position from 1.
pub(super) fn first_wrong(text: &[char], belongs: impl Fn(usize, char) -> bool) -> Option<(usize, char)> {
    let mut numbered = text.iter().enumerate().map(|(i, c)| (i + 1, *c));
    numbered.find(|(position, c)| !belongs(*position, *c))
}
