//! Postcodes, mail addresses, WeChat and QQ.

use super::fault::{Fault, first_wrong};
use super::{grouped_number, identifier};

/// A postcode of China: six digits; the first two are a province's, 99 for Hong Kong and Macau.
///
/// # Errors
/// [`Fault`]
pub fn postcode(text: &str) -> Result<String, Fault> {
    let code = grouped_number(text);
    let chars: Vec<char> = code.chars().collect();
    if let Some((position, wrong)) = first_wrong(&chars, |_, c| c.is_ascii_digit()) {
        let (zh, en) = ("邮政编码只有数字", "a postcode has digits only");
        return Err(Fault::at(position, wrong, zh, en));
    }
    if chars.len() != 6 {
        return Err(Fault::length("6", chars.len()));
    }
    if chars[0] == '9' && !code.starts_with("99907") {
        let (zh, en) = (
            "没有以 9 开头的地区，港澳是 99907",
            "no place begins with 9, but 99907 in Hong Kong and Macau",
        );
        return Err(Fault::at(1, chars[0], zh, en));
    }
    Ok(code)
}

/// A mail address, its domain in lower case: one `@`, a name before it, a domain with a dot after it.
///
/// # Errors
/// [`Fault`]
pub fn mail(text: &str) -> Result<String, Fault> {
    let address = identifier(text);
    let chars: Vec<char> = address.chars().collect();
    let belongs = |_, c: char| !c.is_whitespace() && !c.is_control() && !"()<>[],;:\\\"、，。；：*".contains(c);
    if let Some((position, wrong)) = first_wrong(&chars, belongs) {
        let (zh, en) = ("邮箱地址里不能有这个字符", "an address can't hold it");
        return Err(Fault::at(position, wrong, zh, en));
    }
    let whole = || {
        Fault::whole(
            "邮箱地址应像 name@example.com",
            "An address looks like name@example.com",
        )
    };
    let (name, domain) = address.split_once('@').ok_or_else(whole)?;
    if let Some((position, wrong)) = first_wrong(&chars, |position, c| c != '@' || position <= name.chars().count() + 1)
    {
        return Err(Fault::at(position, wrong, "只能有一个 @", "there is only one @"));
    }
    let named = |part: &str| !part.is_empty() && part.len() <= 63;
    let valid =
        (1..=64).contains(&name.len()) && domain.contains('.') && domain.split('.').all(named) && address.len() <= 254;
    if valid {
        Ok(format!("{name}@{}", domain.to_lowercase()))
    } else {
        Err(whole())
    }
}

/// A WeChat id, or the phone number that somebody is found by there: 5–20 letters, digits, `-` and `_`.
///
/// # Errors
/// [`Fault`]
pub fn wechat(text: &str) -> Result<String, Fault> {
    let id = identifier(text);
    let (zh, en) = ("微信号只有字母、数字、- 和 _", "letters, digits, '-' and '_' only");
    account(
        &id,
        5..=20,
        |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'),
        (zh, en),
    )
}

/// A QQ number: 5–12 digits.
///
/// # Errors
/// [`Fault`]
pub fn qq(text: &str) -> Result<String, Fault> {
    account(
        &grouped_number(text),
        5..=12,
        |c| c.is_ascii_digit(),
        ("QQ 号只有数字", "digits only"),
    )
}

fn account(
    id: &str,
    lengths: std::ops::RangeInclusive<usize>,
    belongs: fn(char) -> bool,
    (zh, en): (&str, &str),
) -> Result<String, Fault> {
    let chars: Vec<char> = id.chars().collect();
    if let Some((position, wrong)) = first_wrong(&chars, |_, c| belongs(c)) {
        return Err(Fault::at(position, wrong, zh, en));
    }
    if lengths.contains(&chars.len()) {
        Ok(id.to_owned())
    } else {
        Err(Fault::length(
            &format!("{}–{}", lengths.start(), lengths.end()),
            chars.len(),
        ))
    }
}
