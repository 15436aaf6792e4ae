//! SMS through gateways as Chinese providers have them.

use crate::http_server::{Answer, Server};
use crate::requests::client;
use cardea_messages::http::{Gateway, Notice};
use cardea_messages::{Class, Failure, Outcome, Secret};
use serde_json::{Value, json};
use std::time::Duration;

const NOW: i64 = 1_767_225_600_000;
const KEY: &str = "k&y=\"7\"";

fn notice() -> Notice {
    let vars = [("code", "1\"2&3={key}"), ("shop", "某某美容\n店")];
    Notice {
        id: "n-1".to_owned(),
        phone: "+8613800138000".to_owned(),
        template: "SMS_1".to_owned(),
        sign: "某某 美容".to_owned(),
        vars: vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    }
}

fn gateway(server: &Server, rest: Value) -> Gateway {
    let mut declared = json!({
        "url": server.url("/send?to={phone}"),
        "body": {"json": {"PhoneNumbers": "{phone}", "SignName": "{sign}", "TemplateCode": "{template}", "TemplateParam": "{vars}", "OutId": "{id}"}},
        "accepted": {
            "pointer": "/Code", "equals": ["OK", "0"], "receipt": "/BizId",
            "permanent": ["isv.MOBILE_NUMBER_ILLEGAL", "isv.INVALID_*"], "channel": ["isv.AMOUNT_NOT_ENOUGH"],
        },
    });
    for (name, value) in rest.as_object().unwrap() {
        declared[name] = value.clone();
    }
    serde_json::from_value(declared).unwrap()
}

fn send(server: &Server, gateway: &Gateway) -> Outcome {
    gateway.check(true).unwrap();
    let outcome = client().send_notice(gateway, &notice(), &Secret::new(KEY), NOW);
    assert!(!format!("{outcome:?}").contains(KEY), "{outcome:?}");
    assert!(server.asked().len() <= 1);
    outcome
}

fn answered(status: u16, body: &str) -> (Outcome, Server) {
    let server = Server::start(Answer::Say(status, "retry-after: 9\r\n", body.to_owned()));
    (send(&server, &gateway(&server, json!({}))), server)
}

fn failure(status: u16, body: &str) -> Failure {
    answered(status, body).0.expect_err("a failure")
}

#[test]
fn a_declared_request_in_json() {
    let (outcome, server) = answered(200, r#"{"Code":"OK","BizId":"9006"}"#);
    assert_eq!(outcome.unwrap().said, "9006");
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "POST /send?to=%2B8613800138000 HTTP/1.1\r\n");
    assert_eq!(asked.header("content-type"), "application/json");
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["PhoneNumbers"], "+8613800138000");
    assert_eq!(body["SignName"], "某某 美容");
    assert_eq!(body["OutId"], "n-1");
    let params: Value = serde_json::from_str(body["TemplateParam"].as_str().unwrap()).unwrap();
    assert_eq!(
        params,
        json!({"code": "1\"2&3={key}", "shop": "某某美容\n店"}),
        "values are no templates"
    );
}

#[test]
fn variables_as_an_object_a_list_and_headers() {
    let server = Server::start(Answer::Say(200, "", r#"{"Code":0}"#.to_owned()));
    let declared = gateway(
        &server,
        json!({
            "method": "PUT",
            "headers": [{"name": "Authorization", "value": "Bearer {key}"}, {"name": "Idempotency-Key", "value": "{id}"}],
            "body": {"json": {"o": "{vars.object}", "l": ["{var.code}", 5, "【{sign}】{var.shop}"]}},
        }),
    );
    send(&server, &declared).unwrap();
    let asked = &server.asked()[0];
    assert!(asked.line.starts_with("PUT "));
    assert_eq!(asked.header("authorization"), format!("Bearer {KEY}"));
    assert_eq!(asked.header("idempotency-key"), "n-1");
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body["o"]["shop"], "某某美容\n店");
    assert_eq!(body["l"], json!(["1\"2&3={key}", 5, "【某某 美容】某某美容\n店"]));
}

#[test]
fn a_declared_request_as_a_form() {
    let server = Server::start(Answer::Say(200, "", r#"{"Code":"OK"}"#.to_owned()));
    let fields = json!([{"name": "mobile", "value": "{phone}"}, {"name": "text", "value": "【{sign}】{var.code}"}, {"name": "k", "value": "{key}"}]);
    send(&server, &gateway(&server, json!({"body": {"form": fields}}))).unwrap();
    let asked = &server.asked()[0];
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    let decoded: Vec<(String, String)> = asked
        .body
        .split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| {
            (
                name.to_owned(),
                percent_encoding::percent_decode_str(value)
                    .decode_utf8()
                    .unwrap()
                    .into_owned(),
            )
        })
        .collect();
    let wanted = [
        ("mobile", "+8613800138000"),
        ("text", "【某某 美容】1\"2&3={key}"),
        ("k", KEY),
    ];
    assert_eq!(decoded, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn codes_in_a_200_decide() {
    for (code, class, fault) in [
        ("isv.BUSINESS_LIMIT_CONTROL", Class::Transient, false),
        ("isv.MOBILE_NUMBER_ILLEGAL", Class::Permanent, false),
        ("isv.INVALID_PARAMETERS", Class::Permanent, false),
        ("isv.AMOUNT_NOT_ENOUGH", Class::Transient, true),
    ] {
        let failure = failure(
            200,
            &format!(r#"{{"Code":"{code}","Message":"13800138000 触发流控 {code}"}}"#),
        );
        assert_eq!(
            (failure.class, failure.channel_fault, failure.code),
            (class, fault, Some(200)),
            "{code}"
        );
        assert_eq!(failure.reason.as_deref(), Some(code));
        assert!(
            failure.detail.zh.contains("触发流控") && !failure.detail.zh.contains("138001"),
            "{failure:?}"
        );
        assert_eq!(failure.retry_after, Some(Duration::from_secs(9)));
    }
}

#[test]
fn statuses_decide_where_there_is_no_code() {
    for (status, body, class, fault) in [
        (401, "key k&y=\"7\" unknown", Class::Transient, true),
        (404, "", Class::Transient, true),
        (429, "", Class::Transient, true),
        (500, "", Class::Transient, true),
        (400, "bad", Class::Permanent, false),
        (400, r#"{"Code":"isv.AMOUNT_NOT_ENOUGH"}"#, Class::Transient, true),
        (200, "<html>", Class::Unknown, true),
        (200, r#"{"code":"OK"}"#, Class::Unknown, true),
        (500, r#"{"Code":"OK"}"#, Class::Transient, true),
    ] {
        let failure = failure(status, body);
        assert_eq!(
            (failure.class, failure.channel_fault),
            (class, fault),
            "{status} {body}: {failure:?}"
        );
    }
    let server = Server::start(Answer::Say(202, "", "whatever".to_owned()));
    assert_eq!(
        send(&server, &gateway(&server, json!({"accepted": {}}))).unwrap().code,
        202
    );
}

#[test]
fn a_lost_answer_of_a_gateway_is_unknown() {
    for answer in [Answer::Cut, Answer::Silence] {
        let server = Server::start(answer);
        let failure = send(&server, &gateway(&server, json!({}))).unwrap_err();
        assert_eq!(
            (failure.class, failure.channel_fault),
            (Class::Unknown, true),
            "{failure:?}"
        );
        assert!(failure.detail.zh.contains("可能已生效"));
    }
}

#[test]
fn wrong_declarations_are_refused() {
    let server = Server::start(Answer::Say(200, "", String::new()));
    let refused = |rest: Value| gateway(&server, rest).check(true).map_err(|refused| refused.field);
    assert_eq!(refused(json!({})), Ok(()));
    for (rest, field) in [
        (json!({"url": "http://{phone}.example.com/"}), "url"),
        (json!({"url": "ftp://example.com/"}), "url"),
        (json!({"url": "https://example.com/{phon}"}), "url"),
        (json!({"body": {"json": {"a": ["{nothing}"]}}}), "body"),
        (json!({"body": {"form": [{"name": "a", "value": "{phone"}]}}), "body"),
        (json!({"headers": [{"name": "a", "value": "中文"}]}), "headers"),
        (json!({"accepted": {"pointer": "Code", "equals": ["OK"]}}), "accepted"),
        (json!({"accepted": {"pointer": "/Code"}}), "accepted"),
    ] {
        assert_eq!(refused(rest.clone()), Err(field), "{rest}");
    }
    assert_eq!(
        gateway(&server, json!({})).check(false).unwrap_err().field,
        "url",
        "http needs permission"
    );
    let header = gateway(&server, json!({"headers": [{"name": "X-Shop", "value": "{var.shop}"}]}));
    let failure = send(&server, &header).unwrap_err();
    assert_eq!(failure.class, Class::Permanent);
    let missing = gateway(&server, json!({"body": {"json": {"a": "{var.none}"}}}));
    assert_eq!(send(&server, &missing).unwrap_err().class, Class::Permanent);
    assert!(server.asked().is_empty());
}
