//! Webhooks, and what keeps requests away from where they mustn't go.

use crate::http_server::{Answer, Server};
use crate::tls::Tls;
use cardea_messages::guard::{Guard, Lookup};
use cardea_messages::http::{Client, HttpSettings, Webhook, signatures};
use cardea_messages::{Class, Failure, Outcome, Secret};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const NOW: i64 = 1_767_225_600_000;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A client that may speak with this machine, and wait half a second.
pub fn client() -> Client {
    client_with(Guard::allowing(&["127.0.0.1"]).unwrap())
}

fn client_with(guard: Guard) -> Client {
    let settings = HttpSettings {
        guard,
        plain: true,
        connect_timeout: Duration::from_secs(2),
        timeout: Duration::from_millis(500),
        ..HttpSettings::default()
    };
    Client::new(settings).unwrap()
}

fn send(client: &Client, url: &str) -> Outcome {
    let webhook = Webhook {
        url,
        id: "msg_1",
        body: "{\"type\":\"积分.到期\"}",
        secrets: &[Secret::new(SECRET)],
    };
    client.send_webhook(&webhook, NOW)
}

fn failure(answer: Answer) -> Failure {
    let server = Server::start(answer);
    send(&client(), &server.url("/hook")).expect_err("a failure")
}

#[test]
fn a_webhook_is_signed_and_accepted_with_2xx() {
    for status in [200, 202, 204] {
        let server = Server::start(Answer::Say(status, "", String::new()));
        assert_eq!(send(&client(), &server.url("/hook?a=1")).unwrap().code, status);
        let asked = &server.asked()[0];
        assert_eq!(asked.line, "POST /hook?a=1 HTTP/1.1\r\n");
        assert_eq!(asked.header("content-type"), "application/json");
        assert_eq!(asked.header("webhook-id"), "msg_1");
        assert_eq!(asked.header("webhook-timestamp"), "1767225600");
        let signature = signatures(&[Secret::new(SECRET)], "msg_1", 1_767_225_600, &asked.body).unwrap();
        assert_eq!(asked.header("webhook-signature"), signature);
        assert_eq!(asked.body, "{\"type\":\"积分.到期\"}");
    }
}

#[test]
fn failures_say_when_to_come_back() {
    for (status, headers, wait) in [
        (429, "retry-after: 120\r\n", Some(120)),
        (503, "retry-after: Thu, 01 Jan 2026 00:05:00 GMT\r\n", Some(300)),
        (503, "retry-after: Wed, 31 Dec 2025 00:00:00 GMT\r\n", None),
        (503, "retry-after: 999999999\r\n", Some(86_400)),
        (500, "", None),
        (404, "", None),
    ] {
        let failure = failure(Answer::Say(status, headers, "busy".to_owned()));
        assert_eq!(
            (failure.class, failure.code, failure.disable),
            (Class::Transient, Some(status), false)
        );
        assert_eq!(failure.retry_after, wait.map(Duration::from_secs), "{status} {headers}");
        assert!(failure.channel_fault && failure.detail.en.contains("busy"));
    }
}

#[test]
fn gone_switches_the_receiver_off() {
    let failure = failure(Answer::Say(410, "", String::new()));
    assert_eq!(
        (failure.class, failure.code, failure.disable),
        (Class::Permanent, Some(410), true)
    );
}

#[test]
fn lost_answers_of_webhooks_are_tried_again() {
    for answer in [Answer::Cut, Answer::Silence] {
        let failure = failure(answer);
        assert_eq!(
            (failure.class, failure.code, failure.channel_fault),
            (Class::Transient, None, true)
        );
    }
    let failure = send(&client(), "http://127.0.0.1:1/").unwrap_err();
    assert_eq!((failure.class, failure.channel_fault), (Class::Transient, true));
}

#[test]
fn redirects_are_not_followed() {
    let inside = Server::start(Answer::Say(200, "", String::new()));
    let headers: &'static str = Box::leak(format!("location: {}\r\n", inside.url("/")).into_boxed_str());
    for status in [301, 302, 303, 307, 308] {
        let failure = failure(Answer::Say(status, headers, String::new()));
        assert_eq!((failure.class, failure.code), (Class::Permanent, Some(status)));
        assert!(
            failure.detail.zh.contains("跳转") && failure.detail.en.contains("redirect"),
            "{failure:?}"
        );
    }
    assert!(inside.asked().is_empty());
}

#[test]
fn private_addresses_are_refused_before_anything_is_sent() {
    let server = Server::start(Answer::Say(200, "", String::new()));
    let public = client_with(Guard::public());
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
    ] {
        let failure = send(&public, &format!("http://{host}:{}/", server.port)).unwrap_err();
        assert!(
            failure.channel_fault && failure.detail.en.contains("isn't public"),
            "{host}: {failure:?}"
        );
        assert_eq!(failure.class, Class::Transient);
    }
    assert!(server.asked().is_empty());
}

/// The first answer of the DNS is allowed, every later one isn't: only the first counts.
#[test]
fn a_second_answer_of_the_dns_changes_nothing() {
    let server = Server::start(Answer::Say(200, "", String::new()));
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lookups);
    let lookup: Lookup = Arc::new(move |_, port| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        let address: IpAddr = if first {
            [127, 0, 0, 1].into()
        } else {
            [127, 0, 0, 2].into()
        };
        Ok(vec![SocketAddr::new(address, port)])
    });
    let client = client_with(Guard::allowing(&["127.0.0.1"]).unwrap().with_lookup(lookup));
    let url = format!("http://rebind.example:{}/", server.port);
    send(&client, &url).unwrap();
    assert_eq!(
        lookups.load(Ordering::SeqCst),
        1,
        "looked up once, connected to what was judged"
    );
    let failure = send(&client, &url).unwrap_err();
    assert!(
        failure.detail.en.contains("isn't public"),
        "judged again for the next message: {failure:?}"
    );
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn only_https_without_credentials_is_spoken() {
    let guard = Guard::allowing(&["127.0.0.1"]).unwrap();
    let settings = HttpSettings {
        guard,
        ..HttpSettings::default()
    };
    let client = Client::new(settings).unwrap();
    let server = Server::start(Answer::Say(200, "", String::new()));
    for url in [
        server.url("/"),
        "https://user:pw@127.0.0.1/".to_owned(),
        "ftp://127.0.0.1/".to_owned(),
        "https://".to_owned(),
        "x".to_owned(),
    ] {
        let failure = send(&client, &url).unwrap_err();
        assert_eq!(failure.class, Class::Permanent, "{url}");
        assert!(
            failure.detail.zh.contains("https://") && !format!("{failure:?}").contains("pw"),
            "{failure:?}"
        );
    }
    assert!(server.asked().is_empty());
}

#[test]
fn long_answers_are_read_in_part() {
    let server = Server::start(Answer::Say(500, "", "长".repeat(1_000_000)));
    let failure = send(&client(), &server.url("/")).unwrap_err();
    assert!(failure.detail.zh.chars().count() < 300);
}

#[test]
fn a_certificate_must_be_trusted_and_carry_the_name() {
    let Some(tls) = Tls::new() else { return };
    let server = Server::start_with(Answer::Say(200, "", String::new()), Some(tls.clone()));
    let lookup: Lookup = Arc::new(|_, port| Ok(vec![([127, 0, 0, 1], port).into()]));
    let client = |trusted_ca: Option<Vec<u8>>| {
        let settings = HttpSettings {
            guard: Guard::allowing(&["127.0.0.1"])
                .unwrap()
                .with_lookup(Arc::clone(&lookup)),
            trusted_ca,
            ..HttpSettings::default()
        };
        Client::new(settings).unwrap()
    };
    let url = |host: &str| format!("https://{host}:{}/", server.port);
    let trusting = client(Some(tls.certificate));
    assert_eq!(send(&trusting, &url("localhost")).unwrap().code, 200);
    for (client, host) in [(&trusting, "hook.example.com"), (&client(None), "localhost")] {
        let failure = send(client, &url(host)).unwrap_err();
        assert_eq!(
            (failure.class, failure.channel_fault),
            (Class::Transient, true),
            "{host}: {failure:?}"
        );
        assert!(
            failure.detail.zh.contains("证书") && failure.detail.en.contains("certificate"),
            "{failure:?}"
        );
    }
    assert_eq!(server.asked().len(), 1);
    let settings = HttpSettings {
        trusted_ca: Some(b"nothing".to_vec()),
        ..HttpSettings::default()
    };
    assert_eq!(Client::new(settings).unwrap_err().field, "trusted_ca");
}
