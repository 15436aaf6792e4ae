//! Letters through a real mail server, with TLS and a login.

use crate::exim::{self, Exim};
use crate::letters::{assert_same, chinese, english, mailbox, read};
use cardea_messages::guard::Guard;
use cardea_messages::mail::{Letter, Login, Security, Smtp, SmtpSettings};
use cardea_messages::{Class, Failure, Secret};
use std::sync::Arc;

fn settings(exim: &Exim, security: Security) -> SmtpSettings {
    let port = if security == Security::Tls {
        exim.implicit
    } else {
        exim.submission
    };
    SmtpSettings {
        login: Some(Login {
            user: exim::USER.to_owned(),
            password: Secret::new(exim::PASSWORD),
        }),
        extra_ca: Some(exim.certificate()),
        ehlo: "till.example.com".to_owned(),
        guard: Guard::allowing(&["127.0.0.0/8", "::1"]).unwrap(),
        ..SmtpSettings::new("localhost", port, security)
    }
}

fn refused(settings: SmtpSettings, letter: &Letter) -> Failure {
    Smtp::new(settings).unwrap().send(letter).expect_err("a failure")
}

#[test]
fn mail_in_both_languages_arrives_as_it_was_written() {
    let Some(exim) = exim::start() else { return };
    for (security, letter) in [(Security::StartTls, chinese()), (Security::Tls, english())] {
        let smtp = Smtp::new(settings(&exim, security)).unwrap();
        let receipt = smtp
            .send(&letter)
            .unwrap_or_else(|failure| panic!("{failure:?}\n{}", exim.log()));
        assert!(receipt.said.contains("id="), "{receipt:?}");
        let mail = exim.delivered(&letter.message_id);
        let message = read(&mail);
        assert_same(&letter, &message);
        let header = |name: &str| message.header_raw(name).unwrap_or_default().trim().to_owned();
        assert_eq!(header("Return-path"), "<shop@example.com>");
        assert_eq!(header("Envelope-to"), "li@example.com");
        let received = header("Received");
        assert!(
            received.contains("esmtpsa") && received.contains("till.example.com"),
            "{received}"
        );
        assert_eq!(String::from_utf8_lossy(&mail).matches("Message-ID:").count(), 1);
    }
}

#[test]
fn threads_share_a_sender() {
    let Some(exim) = exim::start() else { return };
    let smtp = Smtp::new(settings(&exim, Security::StartTls)).unwrap();
    let letter = |number: usize| Letter {
        message_id: format!("<many-{number}@cardea.example.com>"),
        ..english()
    };
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (smtp, letter) = (&smtp, &letter);
            scope.spawn(move || {
                for number in 0..4 {
                    smtp.send(&letter(thread * 4 + number)).unwrap();
                }
            });
        }
    });
    for number in 0..12 {
        assert_same(&letter(number), &read(&exim.delivered(&letter(number).message_id)));
    }
}

#[test]
fn a_wrong_certificate_stops_everything_before_the_password() {
    let Some(exim) = exim::start() else { return };
    for security in [Security::Tls, Security::StartTls] {
        let unknown = SmtpSettings {
            extra_ca: None,
            ..settings(&exim, security)
        };
        let guard = Guard::allowing(&["127.0.0.0/8"]).unwrap();
        let other_name = SmtpSettings {
            host: "mail.example.com".to_owned(),
            guard: guard.with_lookup(Arc::new(|_, port| Ok(vec![([127, 0, 0, 1], port).into()]))),
            ..settings(&exim, security)
        };
        for wrong in [unknown, other_name] {
            let failure = refused(wrong, &chinese());
            assert_eq!(
                (failure.class, failure.channel_fault),
                (Class::Transient, true),
                "{failure:?}"
            );
            assert!(
                failure.detail.zh.contains("证书") && failure.detail.en.contains("certificate"),
                "{failure:?}"
            );
        }
    }
    assert!(!exim.log().contains("A=plain"), "{}", exim.log());
}

#[test]
fn a_wrong_password_and_none_are_told_apart_from_wrong_recipients() {
    let Some(exim) = exim::start() else { return };
    let wrong = SmtpSettings {
        login: Some(Login {
            user: exim::USER.to_owned(),
            password: Secret::new("battery staple"),
        }),
        ..settings(&exim, Security::StartTls)
    };
    let failure = refused(wrong, &chinese());
    assert_eq!(
        (failure.class, failure.code, failure.channel_fault),
        (Class::Transient, Some(535), true),
        "{failure:?}"
    );
    assert!(!format!("{failure:?}").contains("staple"));
    let nobody = Letter {
        to: mailbox("", "nobody@example.com"),
        ..chinese()
    };
    let failure = refused(settings(&exim, Security::Tls), &nobody);
    assert_eq!(
        (failure.class, failure.code, failure.channel_fault),
        (Class::Permanent, Some(550), false),
        "{failure:?}"
    );
    let large = Letter {
        text: "积分".repeat(60_000),
        ..chinese()
    };
    let failure = refused(settings(&exim, Security::Tls), &large);
    assert_eq!(
        (failure.class, failure.code),
        (Class::Permanent, Some(552)),
        "too large stays too large: {failure:?}"
    );
}
