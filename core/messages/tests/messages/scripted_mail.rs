//! What servers do that they shouldn't, or must.

use crate::letters::{assert_same, chinese, english, read};
use crate::smtp_server::{Act, Script, Server};
use crate::tls::Tls;
use cardea_messages::guard::Guard;
use cardea_messages::mail::{Letter, Login, Security, Smtp, SmtpSettings};
use cardea_messages::{Class, Failure, Secret};
use std::sync::Arc;
use std::time::Duration;

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        timeout: Duration::from_millis(400),
        final_timeout: Duration::from_millis(400),
        connect_timeout: Duration::from_secs(2),
        guard: Guard::allowing(&["127.0.0.1"]).unwrap(),
        ..SmtpSettings::new("127.0.0.1", port, Security::Plain)
    }
}

fn login() -> Login {
    Login {
        user: "cardea-user".to_owned(),
        password: Secret::new("hunter2"),
    }
}

fn failure(script: Script) -> (Failure, Server) {
    let server = Server::start(script);
    let smtp = Smtp::new(settings(server.port)).unwrap();
    let failure = smtp.send(&chinese()).expect_err("a failure");
    (failure, server)
}

#[test]
fn a_letter_arrives_byte_by_byte_and_connections_are_kept() {
    let server = Server::start(&[]);
    let smtp = Smtp::new(settings(server.port)).unwrap();
    for letter in [chinese(), english(), chinese()] {
        let receipt = smtp.send(&letter).unwrap();
        assert_eq!(receipt.code, 250);
        assert!(receipt.said.contains("queued as 4711"));
    }
    server.seen(|seen| {
        assert_eq!(seen.connections, 1);
        let sent = String::from_utf8(chinese().bytes().unwrap()).unwrap();
        assert_eq!(seen.texts[0].trim_end(), sent.trim_end());
        assert_eq!(seen.texts[0], seen.texts[2], "a second try is the same mail");
        assert_same(&english(), &read(seen.texts[1].as_bytes()));
    });
}

#[test]
fn a_4xx_at_data_is_tried_again_over_the_same_connection() {
    let server = Server::start(&[("TEXT", 1, Act::Say("451 4.7.1 Greylisted, try again in 120 seconds"))]);
    let smtp = Smtp::new(settings(server.port)).unwrap();
    let failure = smtp.send(&chinese()).unwrap_err();
    assert_eq!(
        (failure.class, failure.code, failure.channel_fault),
        (Class::Transient, Some(451), false)
    );
    assert_eq!(failure.reason.as_deref(), Some("4.7.1"));
    assert_eq!(failure.retry_after, Some(Duration::from_secs(120)));
    smtp.send(&chinese()).unwrap();
    assert_eq!(server.seen(|seen| seen.connections), 1);
}

#[test]
fn refusals_are_permanent_and_name_nobody() {
    let (failure, _) = failure(&[("RCPT", 0, Act::Say("550 5.1.1 <li@example.com>: li (李，小姐) unknown"))]);
    assert_eq!(
        (failure.class, failure.code, failure.channel_fault),
        (Class::Permanent, Some(550), false)
    );
    let shown = format!("{failure:?}");
    assert!(
        !shown.contains("li@example.com") && !shown.contains("李") && !shown.contains(" li "),
        "{shown}"
    );
    assert!(failure.detail.zh.contains("550") && failure.detail.en.contains("unknown"));
}

#[test]
fn a_full_mailbox_is_tried_again_later() {
    let (failure, _) = failure(&[("TEXT", 0, Act::Say("552 5.2.2 over quota"))]);
    assert_eq!(
        (failure.class, failure.code, failure.channel_fault),
        (Class::Transient, Some(552), false)
    );
    assert_eq!(failure.retry_after, Some(Duration::from_secs(3_600)));
}

#[test]
fn a_connection_cut_after_the_text_leaves_it_unknown() {
    for act in [Act::Cut, Act::Silence] {
        let script: Script = match act {
            Act::Cut => &[("TEXT", 0, Act::Cut)],
            _ => &[("TEXT", 0, Act::Silence)],
        };
        let (failure, server) = failure(script);
        assert_eq!(
            (failure.class, failure.code, failure.channel_fault),
            (Class::Unknown, None, true),
            "{act:?}"
        );
        assert_eq!(server.seen(|seen| seen.texts.len()), 1);
        assert!(failure.detail.zh.contains("可能已送达"), "{failure:?}");
    }
}

#[test]
fn a_connection_cut_before_the_text_is_transient() {
    let scripts: [Script; 6] = [
        &[("GREETING", 0, Act::Cut)],
        &[("GREETING", 0, Act::Say("554 5.7.1 no service"))],
        &[("MAIL", 0, Act::Cut)],
        &[("MAIL", 0, Act::Silence)],
        &[("RCPT", 0, Act::Silence)],
        &[("DATA", 0, Act::Cut)],
    ];
    for script in scripts {
        let (failure, server) = failure(script);
        assert_eq!(
            (failure.class, failure.channel_fault),
            (Class::Transient, true),
            "{script:?}: {failure:?}"
        );
        assert_eq!(server.seen(|seen| seen.texts.len()), 0);
    }
}

#[test]
fn a_server_that_closes_kept_connections_costs_no_letter() {
    let scripts: [Script; 2] = [
        &[("MAIL", 2, Act::Cut)],
        &[("MAIL", 2, Act::Say("421 4.4.2 idle too long"))],
    ];
    for script in scripts {
        let server = Server::start(script);
        let smtp = Smtp::new(settings(server.port)).unwrap();
        smtp.send(&chinese()).unwrap();
        smtp.send(&english()).unwrap();
        server.seen(|seen| assert_eq!((seen.connections, seen.texts.len()), (2, 2), "{script:?}"));
    }
}

#[test]
fn a_refused_login_is_the_channels_fault_and_shows_nothing() {
    let server = Server::start(&[("AUTH", 0, Act::Say("535 5.7.8 user cardea-user: authentication failed"))]);
    let with_login = SmtpSettings {
        login: Some(login()),
        ..settings(server.port)
    };
    let smtp = Smtp::new(with_login).unwrap();
    let failure = smtp.send(&chinese()).unwrap_err();
    assert_eq!(
        (failure.class, failure.code, failure.channel_fault),
        (Class::Transient, Some(535), true)
    );
    for shown in [format!("{failure:?}"), format!("{smtp:?}")] {
        assert!(!shown.contains("hunter2") && !shown.contains("cardea-user"), "{shown}");
    }
    assert_eq!(server.times("MAIL"), 0);
}

#[test]
fn answers_out_of_step_are_no_acceptance() {
    let scripts: [(Script, Class); 2] = [
        (&[("DATA", 0, Act::Say("250 ok"))], Class::Transient),
        (&[("TEXT", 0, Act::Say("221 2.0.0 bye"))], Class::Unknown),
    ];
    for (script, class) in scripts {
        let (failure, _) = failure(script);
        assert_eq!((failure.class, failure.channel_fault), (class, true), "{failure:?}");
    }
}

#[test]
fn without_starttls_nothing_is_sent() {
    let server = Server::start(&[]);
    let encrypted = SmtpSettings {
        security: Security::StartTls,
        ..settings(server.port)
    };
    let failure = Smtp::new(encrypted).unwrap().send(&chinese()).unwrap_err();
    assert_eq!((failure.class, failure.channel_fault), (Class::Transient, true));
    assert!(failure.detail.en.contains("STARTTLS"), "{failure:?}");
    assert_eq!((server.times("MAIL"), server.times("AUTH")), (0, 0));
}

#[test]
fn plain_connections_and_private_networks_need_permission() {
    let guard = Guard::allowing(&["192.0.2.0/24"]).unwrap();
    let lookup = guard.with_lookup(Arc::new(|_, port| Ok(vec![([192, 0, 2, 1], port).into()])));
    let elsewhere = SmtpSettings {
        host: "mail.example.com".to_owned(),
        guard: lookup,
        ..settings(25)
    };
    let failure = Smtp::new(elsewhere).unwrap().send(&chinese()).unwrap_err();
    assert!(
        failure.channel_fault && failure.detail.en.contains("encryption"),
        "{failure:?}"
    );
    let server = Server::start(&[]);
    let public = SmtpSettings {
        guard: Guard::public(),
        ..settings(server.port)
    };
    let failure = Smtp::new(public).unwrap().send(&chinese()).unwrap_err();
    assert!(
        failure.channel_fault && failure.detail.en.contains("isn't public"),
        "{failure:?}"
    );
    assert_eq!(server.seen(|seen| seen.connections), 0);
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let refused = |change: fn(&mut SmtpSettings)| {
        let mut settings = SmtpSettings::new("mail.example.com", 465, Security::Tls);
        change(&mut settings);
        Smtp::new(settings).err().map(|refused| refused.field)
    };
    assert_eq!(refused(|_| ()), None);
    assert_eq!(refused(|settings| settings.host = "a\r\nb".to_owned()), Some("host"));
    assert_eq!(refused(|settings| settings.port = 0), Some("host"));
    assert_eq!(refused(|settings| settings.ehlo = "a\r\nRSET".to_owned()), Some("ehlo"));
    assert_eq!(
        refused(|settings| settings.extra_ca = Some(b"no certificate".to_vec())),
        Some("extra_ca")
    );
}

#[test]
fn a_connection_cut_within_the_text_delivers_nothing() {
    let server = Server::start(&[("DATA", 0, Act::SayAndCut("354 go on"))]);
    let smtp = Smtp::new(settings(server.port)).unwrap();
    // More than the sockets' buffers hold.
    let long = Letter {
        text: format!("{}\n", "x".repeat(70)).repeat(200_000),
        ..english()
    };
    let failure = smtp.send(&long).unwrap_err();
    assert_eq!(
        (failure.class, failure.channel_fault),
        (Class::Transient, true),
        "{failure:?}"
    );
}

/// Whoever sits in between can put answers behind that to STARTTLS, in the clear; lettre reads them as if they came after.
#[test]
fn answers_smuggled_in_before_the_encryption_are_no_acceptance() {
    let Some(tls) = Tls::new() else { return };
    let smuggled = [
        "",
        "250 AUTH PLAIN",
        "250 AUTH PLAIN\r\n235 ok",
        // Up to the text: lettre alone reports it as taken.
        "250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 taken",
        "250 AUTH PLAIN\r\n554 no",
    ];
    for smuggled in smuggled {
        let answer: &'static str = Box::leak(format!("220 go ahead\r\n{smuggled}").trim_end().into());
        let script: Script = Box::leak(Box::new([
            ("EHLO", 1, Act::Say("250-scripted\r\n250 STARTTLS")),
            ("STARTTLS", 0, Act::Encrypt(answer)),
        ]));
        let server = Server::start_with(script, Some(tls.clone()));
        let encrypted = SmtpSettings {
            host: "localhost".to_owned(),
            security: Security::StartTls,
            extra_ca: Some(tls.certificate.clone()),
            login: Some(login()),
            guard: Guard::allowing(&["127.0.0.1", "::1"]).unwrap(),
            ..settings(server.port)
        };
        let outcome = Smtp::new(encrypted).unwrap().send(&chinese());
        if smuggled.is_empty() {
            assert_eq!(outcome.unwrap().code, 250);
        } else {
            let failure = outcome.unwrap_err();
            assert!(
                failure.class == Class::Transient && failure.channel_fault,
                "{smuggled:?}: {failure:?}"
            );
            assert_eq!(server.seen(|seen| seen.texts.len()), 0);
        }
    }
}
