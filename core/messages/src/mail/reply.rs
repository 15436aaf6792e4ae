//! What a server's refusal, or its silence, means for the letter.

use crate::channel::said;
use crate::{Class, Failure};
use lettre::transport::smtp::Error;
use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

/// How far a letter had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Connecting, greeting, EHLO.
    Connect,
    StartTls,
    Login,
    Sender,
    Recipient,
    Data,
    /// While the text was on its way: the server can't have taken it.
    Body,
    /// After the last line.
    Sent,
}

impl Stage {
    fn named(self) -> (&'static str, &'static str) {
        match self {
            Self::Connect => ("连接邮件服务器", "Connecting to the mail server"),
            Self::StartTls => ("加密连接（STARTTLS）", "Encrypting the connection (STARTTLS)"),
            Self::Login => ("登录邮件服务器", "Logging in at the mail server"),
            Self::Sender => ("发件人", "The sender"),
            Self::Recipient => ("收件人", "The recipient"),
            Self::Data | Self::Body => ("传送邮件", "Sending the letter"),
            Self::Sent => ("邮件交付", "Handing the letter over"),
        }
    }

    /// Before a recipient is named, whatever goes wrong goes wrong for everybody.
    fn is_channels(self) -> bool {
        matches!(self, Self::Connect | Self::StartTls | Self::Login | Self::Sender)
    }
}

const FIVE_MINUTES: Duration = Duration::from_secs(300);
const AN_HOUR: Duration = Duration::from_secs(3_600);
/// Longer hints are a server's joke, or an attack.
const A_DAY: u64 = 86_400;

/// The failure that an error at a stage is. `hidden` are addresses and names that must not be in its words.
pub(super) fn failure(stage: Stage, error: &Error, hidden: &[&str]) -> Failure {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    match error.status() {
        Some(code) => refused(stage, code.into(), &source, hidden),
        None if is_bad_certificate(error) => untrusted(stage, &source),
        None => lost(stage, error, &source, hidden),
    }
}

/// The server answered with a code.
pub(super) fn refused(stage: Stage, code: u16, text: &str, hidden: &[&str]) -> Failure {
    let enhanced = enhanced_code(code, text);
    let quota = is_over_quota(code, enhanced.as_deref(), text);
    let closing = matches!(code, 421 | 521);
    let transient = code < 500 || quota || closing || stage.is_channels();
    let class = if transient { Class::Transient } else { Class::Permanent };
    let (zh, en) = stage.named();
    let words = said(text, hidden);
    Failure {
        code: Some(code),
        retry_after: transient.then(|| hint(code, text, quota)).flatten(),
        channel_fault: stage.is_channels() || closing,
        reason: enhanced,
        ..Failure::new(
            class,
            format!("{zh}：服务器回复 {code} {words}"),
            format!("{en}: the server answered {code} {words}"),
        )
    }
}

/// A positive answer that isn't one to what was asked.
pub(super) fn unexpected(stage: Stage, code: u16) -> Failure {
    let (zh, en) = stage.named();
    let failure = Failure::of_channel(
        format!("{zh}：服务器的答复 {code} 与命令不符"),
        format!("{en}: the server's answer {code} isn't one to what was asked"),
    );
    let class = if stage == Stage::Sent {
        Class::Unknown
    } else {
        Class::Transient
    };
    Failure {
        class,
        code: Some(code),
        ..failure
    }
}

/// Answers that came before the encryption began and were meant to pass for later ones.
pub(super) fn smuggled() -> Failure {
    Failure::of_channel(
        "加密连接（STARTTLS）：加密开始前收到多余的答复，可能有人在中间篡改",
        "Encrypting the connection (STARTTLS): answers came before the encryption began; somebody in between may have added them",
    )
}

/// Whether the connection failed in one of these ways.
pub(super) fn is_kind(error: &Error, kinds: &[ErrorKind]) -> bool {
    let source = error
        .source()
        .and_then(|source| source.downcast_ref::<std::io::Error>());
    source.is_some_and(|source| kinds.contains(&source.kind()))
}

/// A certificate that isn't the server's, or that nobody vouches for. No letter is to blame.
fn untrusted(stage: Stage, why: &str) -> Failure {
    let (zh, en) = stage.named();
    let why = said(why, &[]);
    Failure::of_channel(
        format!("{zh}：服务器证书不可信（{why}）；请核对服务器名称和 CA 证书"),
        format!("{en}: the server's certificate isn't trusted ({why}); check the server's name and the CA file"),
    )
}

/// No answer, or none that can be read.
fn lost(stage: Stage, error: &Error, source: &str, hidden: &[&str]) -> Failure {
    let (zh, en) = stage.named();
    let why = said(source, hidden);
    if stage == Stage::Sent {
        let failure = Failure::of_channel(
            format!("{zh}：连接在服务器答复前中断（{why}），邮件可能已送达"),
            format!(
                "{en}: the connection ended before the server answered ({why}); the letter may have been delivered"
            ),
        );
        return Failure {
            class: Class::Unknown,
            ..failure
        };
    }
    let (zh_what, en_what) = if error.is_client() {
        ("无法继续", "can't go on")
    } else {
        ("连接中断或超时", "the connection was lost or too slow")
    };
    Failure::of_channel(format!("{zh}：{zh_what}（{why}）"), format!("{en}: {en_what} ({why})"))
}

/// lettre says so nowhere: rustls finds it out while the first bytes are written.
fn is_bad_certificate(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        let wrapped = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if wrapped.is_some_and(|wrapped| wrapped.is::<rustls::Error>()) || inner.is::<rustls::Error>() {
            return true;
        }
        source = inner.source();
    }
    false
}

/// `5.1.1` at the beginning of an answer (RFC 3463), of the same class as the code.
fn enhanced_code(code: u16, text: &str) -> Option<String> {
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let numbers = parts
        .iter()
        .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    (parts.len() == 3 && numbers && parts[0] == (code / 100).to_string()).then(|| word.to_owned())
}

/// 552 is to be treated as 452 (RFC 5321, 4.5.3.1.10): a full mailbox is emptied some day. A letter that is too large stays so.
fn is_over_quota(code: u16, enhanced: Option<&str>, text: &str) -> bool {
    match enhanced.and_then(|enhanced| enhanced.split_once('.')) {
        Some((_, "2.2")) => true,
        Some((_, "2.3" | "3.4")) => false,
        _ => matches!(code, 452 | 552) && !text.to_ascii_lowercase().contains("size"),
    }
}

/// How long to wait: what the answer says, or what is usual.
fn hint(code: u16, text: &str, quota: bool) -> Option<Duration> {
    let lower = text.to_ascii_lowercase();
    let grey = lower.contains("greylist") || lower.contains("graylist") || lower.contains("grey-list");
    let usual = if quota {
        Some(AN_HOUR)
    } else if grey || code == 421 {
        Some(FIVE_MINUTES)
    } else {
        None
    };
    if code < 500 { stated(&lower).or(usual) } else { usual }
}

/// `try again in 300 seconds`, `in 5 minutes`.
fn stated(lower: &str) -> Option<Duration> {
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.windows(2).find_map(|pair| {
        let number: u64 = pair[0].parse().ok()?;
        let seconds = match pair[1] {
            "s" | "sec" | "secs" | "second" | "seconds" => number,
            "min" | "mins" | "minute" | "minutes" => number.checked_mul(60)?,
            "hour" | "hours" => number.checked_mul(3_600)?,
            _ => return None,
        };
        (1..=A_DAY).contains(&seconds).then(|| Duration::from_secs(seconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_sorted_by_code_and_stage() {
        use Class::{Permanent, Transient};
        for (stage, code, text, class, fault) in [
            (Stage::Recipient, 450, "4.2.0 greylisted", Transient, false),
            (Stage::Recipient, 451, "try later", Transient, false),
            (Stage::Recipient, 421, "4.7.0 too many connections", Transient, true),
            (Stage::Recipient, 550, "5.1.1 no such user", Permanent, false),
            (Stage::Sent, 554, "5.7.1 spam", Permanent, false),
            (Stage::Recipient, 452, "4.2.2 full", Transient, false),
            (Stage::Sent, 552, "over quota", Transient, false),
            (Stage::Sent, 552, "5.2.2 over quota", Transient, false),
            (Stage::Sent, 554, "5.2.2 mailbox full", Transient, false),
            (Stage::Sent, 552, "5.3.4 too big", Permanent, false),
            (
                Stage::Sent,
                552,
                "Message size exceeds maximum permitted",
                Permanent,
                false,
            ),
            (Stage::Login, 535, "5.7.8 wrong", Transient, true),
            (Stage::Connect, 554, "no service here", Transient, true),
            (Stage::Sender, 553, "not yours", Transient, true),
        ] {
            let failure = refused(stage, code, text, &[]);
            assert_eq!((failure.class, failure.channel_fault), (class, fault), "{code} {text}");
            assert_eq!(failure.code, Some(code));
        }
    }

    #[test]
    fn waits_are_read_or_usual() {
        let wait = |code, text| {
            refused(Stage::Recipient, code, text, &[])
                .retry_after
                .map(|wait| wait.as_secs())
        };
        assert_eq!(wait(451, "4.7.1 Greylisted, try again in 90 seconds"), Some(90));
        assert_eq!(wait(450, "Please retry after 5 minutes."), Some(300));
        assert_eq!(wait(451, "Greylisting in action"), Some(300));
        assert_eq!(wait(552, "5.2.2 over quota"), Some(3_600));
        assert_eq!(wait(451, "in 99999999999 hours"), None);
        assert_eq!(wait(550, "try again in 90 seconds"), None, "permanent is permanent");
    }

    #[test]
    fn answers_name_nobody() {
        let failure = refused(
            Stage::Recipient,
            550,
            "5.1.1 <Wang@QQ.com>: wang unknown",
            &["wang@qq.com", "wang"],
        );
        assert_eq!(failure.reason.as_deref(), Some("5.1.1"));
        let shown = format!("{failure:?}").to_lowercase();
        assert!(!shown.contains("wang"), "{shown}");
        assert!(failure.detail.zh.contains("unknown"));
    }
}
