//! Header values as RFC 5322 and RFC 2047 want them. lettre's own encoder loses the second of two blanks beside a Chinese word and
//! lets text that looks like an encoded word through, which readers then decode.

use super::Address;
use crate::Refused;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// RFC 2047, 2: a line with an encoded word has at most 76 characters, so that with the blank before it the word has 75.
const LINE: usize = 76;
const OPENING: &str = "=?utf-8?b?";
const CLOSING: &str = "?=";
/// Longest subject or name, in characters; mail programs show less than a hundred.
const LONGEST: usize = 255;

/// A header's value that nothing can break out of: no control characters (CR, LF, NUL, …), no line separators, no marks that
/// change the direction of writing and so what a reader believes to see; at most 255 characters.
pub(super) fn check(field: &'static str, value: &str) -> Result<(), Refused> {
    if let Some(wrong) = value.chars().find(|c| c.is_control() || is_deceiving(*c)) {
        let number = format!("U+{:04X}", u32::from(wrong));
        return Err(Refused::new(
            field,
            format!("{}里不能有控制字符 {number}；请删除后重试", named(field).0),
            format!(
                "{} can't hold the control character {number}; remove it",
                named(field).1
            ),
        ));
    }
    let length = value.chars().count();
    if length > LONGEST {
        return Err(Refused::new(
            field,
            format!("{}最长 {LONGEST} 字，现有 {length}；请缩短", named(field).0),
            format!(
                "{} has at most {LONGEST} characters, this one {length}; shorten it",
                named(field).1
            ),
        ));
    }
    Ok(())
}

/// What the fields are called on pages.
fn named(field: &'static str) -> (&'static str, &'static str) {
    match field {
        "subject" => ("邮件主题（subject）", "The subject"),
        "from" => ("发件人名称（from）", "The sender's name (from)"),
        "to" => ("收件人名称（to）", "The recipient's name (to)"),
        "reply_to" => ("回复人名称（reply_to）", "The name to reply to (reply_to)"),
        "message_id" => ("邮件编号（message_id）", "The message id"),
        "unsubscribe" => ("退订网址（unsubscribe）", "The address to unsubscribe at (unsubscribe)"),
        other => (other, other),
    }
}

/// Marks, embeddings and isolates of direction; separators of lines and paragraphs.
fn is_deceiving(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// An unstructured value, such as a subject, after `used` characters of its line.
pub(super) fn text(value: &str, used: usize) -> String {
    let blanks = value.starts_with(' ') || value.ends_with(' ') || value.contains("  ");
    let plain = value.is_ascii() && !value.contains("=?") && !blanks;
    if plain && used + value.len() <= LINE {
        value.to_owned()
    } else {
        encoded_words(value, used)
    }
}

/// A name and an address after `used` characters of their line.
pub(super) fn mailbox(name: &str, address: &Address, used: usize) -> String {
    if name.trim().is_empty() {
        return address.to_string();
    }
    let safe = name.is_ascii() && !name.contains("=?");
    let quoted = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    let name = if safe && used + quoted.len() <= LINE {
        quoted
    } else {
        encoded_words(name, used)
    };
    let last_line = name.rsplit("\r\n").next().map_or(0, str::len);
    let before = if name.contains("\r\n") {
        last_line
    } else {
        used + last_line
    };
    let fold = if before + 3 + address.as_str().len() > LINE {
        "\r\n"
    } else {
        ""
    };
    format!("{name}{fold} <{address}>")
}

/// Words of UTF-8 in base64, folded between them; a character is never in two of them.
fn encoded_words(value: &str, used: usize) -> String {
    let room = |used: usize| LINE.saturating_sub(used + OPENING.len() + CLOSING.len()) / 4 * 3;
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    // The first line holds the header's name, the others the blank of the fold.
    let mut left = room(used);
    for c in value.chars() {
        if word.len() + c.len_utf8() > left {
            words.push(std::mem::take(&mut word));
            left = room(1);
        }
        word.push(c);
    }
    words.push(word);
    let encoded = words
        .iter()
        .map(|word| format!("{OPENING}{}{CLOSING}", STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(text("Points expire on 31 May", 9), "Points expire on 31 May");
        let address = Address::parse("a@example.com").unwrap();
        assert_eq!(mailbox("", &address, 6), "a@example.com");
        assert_eq!(mailbox("Li, \"W\"", &address, 6), "\"Li, \\\"W\\\"\" <a@example.com>");
    }

    #[test]
    fn fields_are_named_in_refusals() {
        for (field, value) in [
            ("subject", "a\rb"),
            ("from", "a\u{202e}b"),
            ("to", "\0"),
            ("reply_to", "a\u{2028}"),
        ] {
            let refused = check(field, value).unwrap_err();
            assert_eq!(refused.field, field);
            assert!(
                refused.detail.zh.contains(field) && refused.detail.en.contains(field),
                "{refused:?}"
            );
        }
        assert!(
            check("subject", "👨\u{200d}👩\u{200d}👧 的积分").is_ok(),
            "joiners are part of characters"
        );
        assert!(
            check("subject", &"字".repeat(256))
                .unwrap_err()
                .detail
                .en
                .contains("255")
        );
    }
}
