//! One letter to one recipient, as bytes: the same for the same letter, so that a second try is the same mail.

use super::{Address, headers};
use crate::Refused;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Message, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use std::time::{Duration, UNIX_EPOCH};

/// A name as it is shown, and an address. The name may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    pub name: String,
    pub address: Address,
}

/// Where a recipient unsubscribes with one click (RFC 8058).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// An `https` URL in ASCII that takes a POST, at most 900 characters.
    pub url: String,
    /// An address that takes a mail instead.
    pub mail: Option<Address>,
}

/// A mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// `<left@right>`, the same over all tries.
    pub message_id: String,
    /// Epoch ms, UTC.
    pub date: i64,
    pub from: Mailbox,
    pub to: Mailbox,
    pub reply_to: Option<Mailbox>,
    /// At most 255 characters, on one line.
    pub subject: String,
    /// Plain text; any line ends.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    pub unsubscribe: Option<Unsubscribe>,
    /// Sent by a machine (RFC 3834): no automatic answers come back.
    pub auto_submitted: bool,
}

/// The end of the year 9999, the last that a date of RFC 5322 has digits for.
const LAST_DATE: u64 = 253_402_300_799_999;

impl Letter {
    /// The letter as RFC 5322 has it: ASCII alone, lines of at most 998 characters that end with CRLF.
    ///
    /// # Errors
    /// [`Refused`] with the field that can't be sent, before anything is.
    pub fn bytes(&self) -> Result<Vec<u8>, Refused> {
        self.encoded().map(String::into_bytes)
    }

    pub(super) fn encoded(&self) -> Result<String, Refused> {
        self.check()?;
        let date = u64::try_from(self.date)
            .ok()
            .filter(|date| *date <= LAST_DATE)
            .ok_or_else(not_built)?;
        let mut builder = Message::builder()
            .raw_header(mailbox("From", &self.from))
            .raw_header(mailbox("To", &self.to));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.raw_header(mailbox("Reply-To", reply_to));
        }
        builder = builder
            .raw_header(raw("Subject", headers::text(&self.subject, "Subject: ".len())))
            .date(UNIX_EPOCH + Duration::from_millis(date))
            .raw_header(raw("Message-ID", self.message_id.clone()));
        if let Some(unsubscribe) = &self.unsubscribe {
            let mail = unsubscribe
                .mail
                .as_ref()
                .map(|mail| format!(",\r\n <mailto:{mail}?subject=unsubscribe>"));
            let ways = format!("<{}>{}", unsubscribe.url, mail.unwrap_or_default());
            builder = builder
                .raw_header(raw("List-Unsubscribe", ways))
                .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        if self.auto_submitted {
            builder = builder.raw_header(raw("Auto-Submitted", "auto-generated".to_owned()));
        }
        let text = part(ContentType::TEXT_PLAIN, &self.text);
        let message = match &self.html {
            None => builder.singlepart(text),
            Some(html) => {
                let parts = MultiPart::alternative().boundary(self.boundary()).singlepart(text);
                builder.multipart(parts.singlepart(part(ContentType::TEXT_HTML, html)))
            }
        };
        let bytes = message.map_err(|_| not_built())?.formatted();
        // A bare LF would end a line for some servers and not for others (SMTP smuggling); lettre sends what it is given.
        String::from_utf8(bytes)
            .ok()
            .filter(|text| is_clean(text))
            .ok_or_else(not_built)
    }

    /// From the message's id, so that it is the same each time; no text of a customer has it, as nobody can choose a hash.
    fn boundary(&self) -> String {
        let hash = Sha256::digest(self.message_id.as_bytes());
        let digits: String = hash.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
        format!("=_{digits}")
    }

    fn check(&self) -> Result<(), Refused> {
        check_id(&self.message_id)?;
        headers::check("from", &self.from.name)?;
        headers::check("to", &self.to.name)?;
        if let Some(reply_to) = &self.reply_to {
            headers::check("reply_to", &reply_to.name)?;
        }
        headers::check("subject", &self.subject)?;
        if let Some(unsubscribe) = &self.unsubscribe {
            check_url(&unsubscribe.url)?;
        }
        check_body("text", &self.text)?;
        self.html.as_deref().map_or(Ok(()), |html| check_body("html", html))
    }
}

fn mailbox(name: &'static str, mailbox: &Mailbox) -> HeaderValue {
    let encoded = headers::mailbox(&mailbox.name, &mailbox.address, name.len() + ": ".len());
    let name = HeaderName::new_from_ascii_str(name);
    // What lettre reads back when it looks for a sender.
    HeaderValue::dangerous_new_pre_encoded(name, mailbox.address.to_string(), encoded)
}

/// A value that has been checked and folded.
fn raw(name: &'static str, encoded: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), encoded.clone(), encoded)
}

fn part(kind: ContentType, text: &str) -> SinglePart {
    // Whole line ends; lettre itself takes a move of all that follows for each LF without its CR.
    let lines = text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
    SinglePart::builder().content_type(kind).body(lines)
}

fn check_id(id: &str) -> Result<(), Refused> {
    let inner = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_graphic() && !"<>()[]@,;:\\\"".contains(c))
    };
    let valid = inner.and_then(|inner| inner.split_once('@'));
    if valid.is_some_and(|(left, right)| atom(left) && atom(right)) && id.len() <= 250 {
        return Ok(());
    }
    Err(Refused::new(
        "message_id",
        "邮件编号（message_id）应为 <左@右>，只用英文字母、数字和符号，最长 250",
        "The message id (message_id) is <left@right> in ASCII, at most 250 characters",
    ))
}

fn check_url(url: &str) -> Result<(), Refused> {
    let plain = url.chars().all(|c| c.is_ascii_graphic() && !"<>,\"".contains(c));
    if plain && url.len() > "https://".len() && url.len() <= 900 && url.starts_with("https://") {
        return Ok(());
    }
    Err(Refused::new(
        "unsubscribe",
        "退订网址（unsubscribe）应以 https:// 开头，只有 ASCII 字符，不含空格、逗号和尖括号，最长 900",
        "The address to unsubscribe at (unsubscribe) is https in ASCII, without blanks, commas and angle brackets, at most 900",
    ))
}

fn check_body(field: &'static str, text: &str) -> Result<(), Refused> {
    let wrong = text
        .chars()
        .find(|c| c.is_control() && !matches!(c, '\r' | '\n' | '\t'));
    let Some(wrong) = wrong else { return Ok(()) };
    let number = format!("U+{:04X}", u32::from(wrong));
    Err(Refused::new(
        field,
        format!("正文（{field}）里不能有控制字符 {number}；请删除后重试"),
        format!("The body ({field}) can't hold the control character {number}; remove it"),
    ))
}

fn not_built() -> Refused {
    Refused::new(
        "letter",
        "邮件无法生成；请核对日期和正文",
        "The mail can't be built; check its date and its body",
    )
}

/// Every CR and every LF is half of a line's end, everything is ASCII, no line is longer than RFC 5322 allows.
fn is_clean(text: &str) -> bool {
    let mut lines = text.split("\r\n");
    text.is_ascii() && lines.all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0']))
}
