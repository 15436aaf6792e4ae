//! Webhooks after the specification Standard Webhooks: signed, so that the receiver knows who sent them and that nobody changed them.

use super::{Answer, Client, Method, Request, check_url};
use crate::channel::said;
use crate::{Class, Failure, Outcome, Receipt, Refused, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// One event for one receiver.
#[derive(Clone, Copy, Debug)]
pub struct Webhook<'a> {
    pub url: &'a str,
    /// The same over all tries; the receiver recognises a double by it. ASCII without a dot, at most 100 characters.
    pub id: &'a str,
    /// The JSON that is sent, byte by byte what is signed.
    pub body: &'a str,
    /// `whsec_` and a key in base64; several while one replaces another.
    pub secrets: &'a [Secret],
}

/// Whether events can be sent to an address: `https`, or `http` where `plain` permits it; a host, no name and password.
///
/// # Errors
/// [`Refused`], of the field `url`.
pub fn check_webhook_url(url: &str, plain: bool) -> Result<(), Refused> {
    check_url(url, plain)
}

impl Client {
    /// Sends an event. `now` is the instant of this try, epoch ms: receivers refuse signatures that are older than some minutes.
    ///
    /// # Errors
    /// [`Failure`]: whatever isn't 2xx. A receiver recognises doubles, so a lost answer is tried again; 410 switches it off.
    pub fn send_webhook(&self, webhook: &Webhook<'_>, now: i64) -> Outcome {
        let timestamp = now / 1_000;
        let signed = signatures(webhook.secrets, webhook.id, timestamp, webhook.body);
        let signature = signed.map_err(|refused| Failure::refused(&refused))?;
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("webhook-id", webhook.id.to_owned()),
            ("webhook-timestamp", timestamp.to_string()),
            ("webhook-signature", signature),
        ];
        let request = Request {
            method: Method::Post,
            url: webhook.url.to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
            body: Some(webhook.body.as_bytes().to_vec()),
        };
        match self.send(&request, now, &[]) {
            Ok(answer) => judged(&answer),
            Err(failure) if failure.class == Class::Unknown => Err(Failure {
                class: Class::Transient,
                ..failure
            }),
            Err(failure) => Err(failure),
        }
    }
}

fn judged(answer: &Answer) -> Outcome {
    let words = said(
        &String::from_utf8_lossy(answer.body.as_deref().unwrap_or_default()),
        &[],
    );
    let status = answer.status;
    if (200..300).contains(&status) {
        return Ok(Receipt {
            code: status,
            said: words,
        });
    }
    if status == 410 {
        let failure = Failure::new(
            Class::Permanent,
            "接收方不再接收（410），已停用该地址",
            "The receiver wants no more (410); its address is switched off",
        );
        return Err(Failure {
            disable: true,
            ..failure.with_code(status)
        });
    }
    let failure = Failure::of_channel(
        format!("接收方回复 {status} {words}"),
        format!("The receiver answered {status} {words}"),
    );
    Err(Failure {
        retry_after: answer.retry_after,
        ..failure.with_code(status)
    })
}

/// The header `webhook-signature`: for each secret `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64, separated by blanks.
/// `timestamp` in seconds since 1970.
///
/// # Errors
/// [`Refused`]: no secret, one that can't be read, or an id that would make two messages sign alike.
pub fn signatures(secrets: &[Secret], id: &str, timestamp: i64, body: &str) -> Result<String, Refused> {
    if id.is_empty() || id.len() > 100 || !id.bytes().all(|b| b.is_ascii_graphic() && b != b'.') {
        let (zh, en) = (
            "消息编号（id）只用 ASCII 字符，不含点，最长 100",
            "The message's id is ASCII without a dot, at most 100",
        );
        return Err(Refused::new("id", zh, en));
    }
    if secrets.is_empty() {
        return Err(Refused::new(
            "secrets",
            "没有签名密钥",
            "There is no secret to sign with",
        ));
    }
    let signed: Result<Vec<String>, Refused> = secrets
        .iter()
        .map(|secret| signature(secret, id, timestamp, body))
        .collect();
    Ok(signed?.join(" "))
}

fn signature(secret: &Secret, id: &str, timestamp: i64, body: &str) -> Result<String, Refused> {
    let wrong = || {
        let (zh, en) = (
            "签名密钥应为 whsec_ 加 24–64 字节的 base64",
            "A secret is whsec_ and 24–64 bytes in base64",
        );
        Refused::new("secrets", zh, en)
    };
    let text = secret.reveal();
    let key = STANDARD
        .decode(text.strip_prefix("whsec_").ok_or_else(wrong)?)
        .map_err(|_| wrong())?;
    if !(24..=64).contains(&key.len()) {
        return Err(wrong());
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| wrong())?;
    for part in [id, ".", &timestamp.to_string(), ".", body] {
        mac.update(part.as_bytes());
    }
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    #[test]
    fn signatures_are_those_of_the_reference_implementations() {
        let first = signatures(
            &[Secret::new(SECRET)],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(first.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let second = signatures(
            &[Secret::new(OTHER)],
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            body,
        );
        assert_eq!(second.unwrap(), "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn both_secrets_sign_while_one_replaces_the_other() {
        let sign = |secrets: &[&str]| {
            let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
            signatures(&secrets, "m1", 5, "{}").unwrap()
        };
        assert_eq!(
            sign(&[SECRET, OTHER]),
            format!("{} {}", sign(&[SECRET]), sign(&[OTHER]))
        );
    }

    #[test]
    fn what_cannot_be_signed_is_refused_and_not_shown() {
        let sign = |secret: &str, id: &str| signatures(&[Secret::new(secret)], id, 5, "{}").unwrap_err();
        assert_eq!(sign(SECRET, "a.b").field, "id");
        assert_eq!(sign(SECRET, "a\r\nb").field, "id");
        for secret in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_????", "whsec_AAAA"] {
            let refused = sign(secret, "m1");
            assert_eq!(refused.field, "secrets");
            assert!(!format!("{refused:?}").contains(secret));
        }
        assert_eq!(signatures(&[], "m1", 5, "{}").unwrap_err().field, "secrets");
    }
}
