//! Logging in, staying in, being put out.

use crate::harness::{Actor, Field, ONE_TIME, PASSWORD, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    crate::stories!("login":
        the_first_password_must_be_changed,
        wrong_chain_user_and_password_look_alike,
        guessing_is_throttled,
        s24_refused_log_ins_are_in_the_audit_log,
        s23_who_guesses_behind_the_same_proxy_locks_nobody_out,
        a_refresh_token_rotates,
        a_stolen_refresh_token_ends_the_session,
        logging_out_ends_the_session,
        a_disabled_account_stops_at_once,
        s22_two_authorization_headers_are_refused,
        s25_no_length_of_a_password_is_cut,
        tokens_that_are_not_ours_are_refused,
        an_expired_token_says_so,
        a_changed_password_ends_other_sessions,
        who_am_i,
        the_public_keys_are_published,
    )
}

fn tokens(app: &TestApp, user: &str) -> (Actor, String) {
    let body = Actor::nobody(app.base()).login(&app.chain().code, user, PASSWORD).ok();
    assert!((1..=600).contains(&body.int("/expires_in")), "{body:#}");
    (
        Actor::nobody(app.base()).with_token(&body.text("/access_token")),
        body.text("/refresh_token"),
    )
}

fn refresh(app: &TestApp, token: &str) -> crate::harness::Answer {
    Actor::nobody(app.base())
        .request("POST", "/auth/refresh")
        .json(&json!({"refresh_token": token}))
        .send()
}

fn the_first_password_must_be_changed(app: &TestApp) {
    app.hire("lin", "cashier", &[app.east()]);
    let nobody = Actor::nobody(app.base());
    let first = nobody.login(&app.chain().code, "lin", ONE_TIME).ok();
    assert_eq!(first["must_change_password"], true);
    let lin = nobody.with_token(&first.text("/access_token"));
    lin.get("/cards?code=1234")
        .expect_problem(403, "password_change_required");
    let lin = app.first_log_in("lin");
    lin.get("/cards?code=1234").ok();
    nobody
        .login(&app.chain().code, "lin", ONE_TIME)
        .expect_problem(401, "login_failed");
}

fn wrong_chain_user_and_password_look_alike(app: &TestApp) {
    app.cashier();
    let nobody = Actor::nobody(app.base());
    let code = &app.chain().code;
    let attempts = [
        ("nowhere", "cashier-east", PASSWORD),
        (code.as_str(), "nobody", PASSWORD),
        (code.as_str(), "cashier-east", "wrong"),
    ];
    let answers = attempts.map(|(chain, user, password)| {
        let mut problem = nobody.login(chain, user, password).expect_problem(401, "login_failed");
        if let Some(members) = problem.as_object_mut() {
            members.remove("instance");
        }
        problem
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

fn guessing_is_throttled(app: &TestApp) {
    app.cashier();
    let nobody = Actor::nobody(app.base());
    let codes: Vec<u16> = (0..30)
        .map(|_| nobody.login(&app.chain().code, "cashier-east", "guess").status)
        .collect();
    assert!(codes.contains(&429), "{codes:?}");
    let throttled = nobody.login(&app.chain().code, "cashier-east", PASSWORD);
    assert!(throttled.header("retry-after").is_some(), "it says when to come back");
    throttled.expect_problem(429, "login_throttled");
}

fn s24_refused_log_ins_are_in_the_audit_log(app: &TestApp) {
    app.cashier();
    let nobody = Actor::nobody(app.base());
    for _ in 0..30 {
        nobody.login(&app.chain().code, "cashier-east", "guess");
    }
    let hq = app.hq();
    let noted = |action: &str| {
        // They are written beside the answer.
        let found = (0..100).find_map(|_| {
            let page = hq.get(&format!("/audit?action={action}")).ok();
            let entries = page.list("/items");
            if entries.is_empty() {
                std::thread::sleep(Duration::from_millis(50));
            }
            entries.first().cloned()
        });
        found.unwrap_or_else(|| panic!("no {action} in the audit log"))
    };
    for action in ["auth.login_failed", "auth.login_throttled"] {
        let entry = noted(action);
        assert_eq!(entry["source_ip"], "127.0.0.1", "{entry:#}");
        assert!(entry["subject"].is_string(), "it names the account: {entry:#}");
        assert!(!entry.to_string().contains("guess"), "and no password: {entry:#}");
    }
}

fn s23_who_guesses_behind_the_same_proxy_locks_nobody_out(app: &TestApp) {
    app.cashier();
    let code = app.chain().code.clone();
    let log_in = |from: &str, user: &str, password: &str| {
        let body = json!({"chain": code, "user": user, "password": password});
        let request = Actor::nobody(app.base()).request("POST", "/auth/login");
        request.header("x-forwarded-for", from).json(&body).send().status
    };
    let (shop, thief) = ("203.0.113.7", "198.51.100.9");
    assert_eq!(log_in(shop, "cashier-east", PASSWORD), 200);
    for _ in 0..30 {
        log_in(thief, "cashier-east", "guess");
    }
    assert_eq!(log_in(thief, "cashier-east", PASSWORD), 429, "the thief has to wait");
    assert_eq!(
        log_in("203.0.113.8", "cashier-east", PASSWORD),
        429,
        "so has everybody new"
    );
    assert_eq!(
        log_in(shop, "cashier-east", PASSWORD),
        200,
        "but not where it logged in before"
    );
    let stopped = (0..150).any(|n| log_in(thief, &format!("user{n}"), "guess") == 429);
    assert!(stopped, "one source can't try names for ever");
    assert_eq!(
        log_in(shop, "cashier-east", PASSWORD),
        200,
        "others behind the proxy go on"
    );
}

fn a_refresh_token_rotates(app: &TestApp) {
    app.cashier();
    let (_, first) = tokens(app, "cashier-east");
    let second = refresh(app, &first).ok();
    assert_ne!(second.text("/refresh_token"), first);
    Actor::nobody(app.base())
        .with_token(&second.text("/access_token"))
        .get("/me")
        .ok();
    refresh(app, &second.text("/refresh_token")).ok();
}

fn a_stolen_refresh_token_ends_the_session(app: &TestApp) {
    app.cashier();
    let (_, stolen) = tokens(app, "cashier-east");
    let second = refresh(app, &stolen).ok();
    let third = refresh(app, &second.text("/refresh_token")).ok();
    // Somebody shows the first one again: one of the two is a thief, so neither goes on.
    assert_eq!(refresh(app, &stolen).status, 401);
    assert_eq!(refresh(app, &third.text("/refresh_token")).status, 401);
    refresh(app, "made up").expect_problem(401, "unauthenticated");
}

fn logging_out_ends_the_session(app: &TestApp) {
    app.cashier();
    let (cashier, token) = tokens(app, "cashier-east");
    cashier.get("/me").ok();
    cashier.request("POST", "/auth/logout").send().expect(204);
    cashier.get("/me").expect_problem(401, "unauthenticated");
    assert_eq!(refresh(app, &token).status, 401);
}

fn a_disabled_account_stops_at_once(app: &TestApp) {
    let cashier = app.cashier();
    cashier.get("/me").ok();
    let id = cashier.get("/me").ok().text("/staff_id");
    let version = app
        .hq()
        .get(&format!("/staff/{id}"))
        .header("etag")
        .expect("an ETag")
        .to_owned();
    app.hq()
        .patch(&format!("/staff/{id}"), &version, &json!({"active": false}))
        .ok();
    cashier.get("/me").expect_problem(401, "unauthenticated");
    let answer = Actor::nobody(app.base()).login(&app.chain().code, "cashier-east", PASSWORD);
    answer.expect_problem(401, "login_failed");
}

fn tokens_that_are_not_ours_are_refused(app: &TestApp) {
    let cashier = app.cashier();
    let nobody = Actor::nobody(app.base());
    nobody.get("/me").expect_problem(401, "unauthenticated");
    let token = cashier.token();
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let flipped = if parts[2].starts_with('A') { "B" } else { "A" };
    let forgeries = [
        format!("{none}.{}.", parts[1]),
        format!("{}.{}.{flipped}{}", parts[0], parts[1], &parts[2][1..]),
        format!("{}.{}.{}", parts[0], parts[0], parts[2]),
        "garbage".into(),
        String::new(),
    ];
    for forgery in forgeries {
        nobody
            .with_token(&forgery)
            .get("/me")
            .expect_problem(401, "unauthenticated");
    }
    // A token of another installation, well signed by keys that are not ours.
    let other = TestApp::start(app.backend);
    nobody
        .with_token(other.cashier().token())
        .get("/me")
        .expect_problem(401, "unauthenticated");
}

fn an_expired_token_says_so(app: &TestApp) {
    let cashier = app.cashier();
    cashier.get("/me").ok();
    app.server().advance_clock(Duration::from_secs(600 + 31));
    cashier.get("/me").expect_problem(401, "token_expired");
}

fn a_changed_password_ends_other_sessions(app: &TestApp) {
    app.cashier();
    let (here, _) = tokens(app, "cashier-east");
    let (_, elsewhere) = tokens(app, "cashier-east");
    let change = json!({"old_password": PASSWORD, "new_password": "another-horse-battery-staple"});
    here.request("POST", "/auth/password").json(&change).send().expect(204);
    assert_eq!(refresh(app, &elsewhere).status, 401);
    let wrong = json!({"old_password": PASSWORD, "new_password": "yet-another-horse-battery"});
    let again = Actor::nobody(app.base())
        .login(&app.chain().code, "cashier-east", "another-horse-battery-staple")
        .ok();
    let actor = Actor::nobody(app.base()).with_token(&again.text("/access_token"));
    let refused = actor.request("POST", "/auth/password").json(&wrong).send();
    assert!(
        matches!(refused.status, 401 | 422),
        "the old password is asked for: {:#}",
        refused.body
    );
}

fn s22_two_authorization_headers_are_refused(app: &TestApp) {
    app.cashier();
    let (token, _) = tokens(app, "cashier-east");
    token.get("/me").ok();
    let twice = token
        .request("GET", "/me")
        .header("Authorization", "Bearer of-somebody-else");
    twice.send().expect_problem(400, "body_invalid");
}

fn s25_no_length_of_a_password_is_cut(app: &TestApp) {
    app.cashier();
    let longest = "correct-horse-".repeat(19)[..256].to_owned();
    let change = json!({"old_password": PASSWORD, "new_password": longest});
    let (here, _) = tokens(app, "cashier-east");
    here.request("POST", "/auth/password").json(&change).send().expect(204);
    let log_in = |password: &str| Actor::nobody(app.base()).login(&app.chain().code, "cashier-east", password);
    log_in(&longest).ok();
    let longer = format!("{longest}{}", "x".repeat(44));
    log_in(&longer).expect_problem(401, "login_failed");
    let change = json!({"old_password": longest, "new_password": longer});
    here.request("POST", "/auth/password")
        .json(&change)
        .send()
        .expect_problem(422, "field_invalid");
}

fn who_am_i(app: &TestApp) {
    let me = app.cashier().get("/me").ok();
    assert_eq!(
        (me.text("/user"), me.text("/role")),
        ("cashier-east".into(), "cashier".into())
    );
    assert_eq!(
        (me.text("/chain/code"), me.text("/chain/currency")),
        (app.chain().code.clone(), "CNY".into())
    );
    let stores: Vec<Value> = me.list("/stores").iter().map(|store| store["code"].clone()).collect();
    assert_eq!(stores, ["east"]);
    let permissions = me.list("/permissions");
    assert!(permissions.contains(&json!("sale.post")), "{permissions:?}");
    let auditor = app.auditor().get("/me").ok();
    assert!(
        !auditor.list("/permissions").contains(&json!("sale.post")),
        "an auditor looks only"
    );
    assert_eq!(auditor.list("/stores").len(), 2, "of the whole chain");
}

fn the_public_keys_are_published(app: &TestApp) {
    let keys = Actor::nobody(app.base()).get("!/.well-known/jwks.json").ok();
    let key = &keys.list("/keys")[0];
    assert_eq!((key.text("/kty"), key.text("/crv")), ("OKP".into(), "Ed25519".into()));
    assert!(key.get("d").is_none(), "the private part stays here");
}
