//! How a delivery went, in one type over all channels.

use cardea_domain::Text;
use std::time::Duration;

/// What became of one try to deliver one message.
pub type Outcome = Result<Receipt, Failure>;

/// The other side has taken the message over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// SMTP reply code or HTTP status.
    pub code: u16,
    /// What the other side said, such as its queue's number; without personal data, at most 200 characters.
    pub said: String,
}

/// What a failure means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Never to be tried again.
    Permanent,
    /// Not delivered; a later try may succeed.
    Transient,
    /// The answer was lost after everything had been sent: it may have been delivered. Another try may double it, under the
    /// same Message-ID or idempotency key.
    Unknown,
}

/// Why a message wasn't delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub class: Class,
    /// SMTP reply code or HTTP status; None where there was no answer.
    pub code: Option<u16>,
    /// The enhanced status code of RFC 3463 (`5.1.1`), or the gateway's own code (`isv.MOBILE_NUMBER_ILLEGAL`).
    pub reason: Option<String>,
    /// What happened, with the other side's words; without personal data.
    pub detail: Text,
    /// The other side asks not to be bothered before.
    pub retry_after: Option<Duration>,
    /// The fault is the channel's, not the message's: everything for this destination waits.
    pub channel_fault: bool,
    /// The other side wants nothing more, ever (HTTP 410): the destination is to be switched off.
    pub disable: bool,
}

impl Failure {
    pub fn new(class: Class, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            class,
            code: None,
            reason: None,
            detail: Text::new(zh, en),
            retry_after: None,
            channel_fault: false,
            disable: false,
        }
    }

    /// A fault of the destination: the message waits with all others for it.
    pub fn of_channel(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            channel_fault: true,
            ..Self::new(Class::Transient, zh, en)
        }
    }

    #[must_use]
    pub fn with_code(mut self, code: u16) -> Self {
        self.code = Some(code);
        self
    }

    /// A message that can't be sent as it is.
    pub fn refused(refused: &Refused) -> Self {
        Self::new(Class::Permanent, &refused.detail.zh, &refused.detail.en)
    }
}

/// A message or a setting that is refused before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The field at fault, as the type names it.
    pub field: &'static str,
    /// What is wrong with it and what to do.
    pub detail: Text,
}

impl Refused {
    pub fn new(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            field,
            detail: Text::new(zh, en),
        }
    }
}

const SAID: usize = 200;

/// What the other side said, fit for logs and pages: on one line, at most 200 characters, what is `hidden` and whatever looks
/// like an address or a long number (a phone's) replaced.
pub(crate) fn said(text: &str, hidden: &[&str]) -> String {
    let mut plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    for part in hidden.iter().filter(|part| part.chars().count() >= 2) {
        plain = replaced(&plain, part);
    }
    let words = plain.split_whitespace().map(|word| {
        if word.contains('@') {
            "<address>".to_owned()
        } else {
            without_numbers(word)
        }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().take(SAID).collect()
}

/// Every occurrence of `part`, whatever its case, that isn't a piece of a longer word.
fn replaced(text: &str, part: &str) -> String {
    // Lower case of ASCII alone keeps every offset.
    let (lower, wanted) = (text.to_ascii_lowercase(), part.to_ascii_lowercase());
    let mut found = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(&wanted) {
        let neighbour = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let (before, after) = (text[..at].chars().next_back(), text[at + part.len()..].chars().next());
        if !neighbour(before) && !neighbour(after) {
            found.push_str(&text[from..at]);
            found.push('…');
            from = at + part.len();
        }
    }
    found.push_str(&text[from..]);
    found
}

/// Seven digits and more are a phone's or a card's.
fn without_numbers(word: &str) -> String {
    let mut found = String::new();
    let mut digits = String::new();
    for c in word.chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        found.push_str(if digits.len() >= 7 { "…" } else { &digits });
        digits.clear();
        found.push(c);
    }
    found.pop();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_other_side_said_names_nobody() {
        let text = "<Wang.Wei@qq.com>: mailbox WANG.WEI is full\r\n(13800138000, try 5.2.2 in 300 s)";
        assert_eq!(
            said(text, &["wang.wei"]),
            "<address> mailbox … is full (…, try 5.2.2 in 300 s)"
        );
        assert_eq!(said("wangler", &["wang"]), "wangler", "a piece of another word");
        assert_eq!(said(&"x".repeat(500), &[]).len(), 200);
    }
}
