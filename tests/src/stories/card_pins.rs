//! PINs and what programs want confirmed (D-CARD-10), and dynamic codes (D-CARD-14).

use crate::harness::{Answer, Field, Member, TestApp, at_once, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("card_pins":
        d_card_10_a_pin_is_set_and_changed_with_the_old_one,
        d_card_10_a_forgotten_pin_is_reset_after_an_identity_check,
        d_card_10_five_wrong_pins_at_once_lock_the_card,
        d_card_10_four_wrong_pins_and_a_right_one_begin_anew,
        d_card_10_what_a_program_demands_is_named_before_anything_is_booked,
        d_card_10_only_a_manager_agrees_as_one,
        d_card_10_a_right_pin_confirms_an_exchange,
        d_card_10_a_pin_is_kept_nowhere,
        d_card_10_a_wrong_pin_under_a_key_is_mended_under_it,
        d_card_14_a_code_works_once,
        d_card_14_a_code_changes_every_thirty_seconds,
        d_card_14_two_tills_at_once_use_one_code,
        d_card_14_a_code_is_no_payment_code,
        d_card_14_a_repeated_bill_with_its_used_code_gets_its_answer,
        d_card_14_a_blocked_card_has_no_code,
    )
}

const PIN: &str = "471902";

fn set_pin(app: &TestApp, member: &Member, body: Value) -> Answer {
    app.manager().post(&format!("/cards/{}/pin", member.card), &body)
}

/// A member with a PIN, in a program that wants it for every exchange.
fn guarded(app: &TestApp) -> (Member, String) {
    let rule = json!({"use": "redeem", "above": 0, "demands": ["pin"]});
    app.configure().term("requirements", vec![rule]).publish();
    let member = app.member("王芳");
    set_pin(app, &member, json!({"pin": PIN, "identity_checked": true})).ok();
    let mug = app.reward("mug", 10, None, None);
    (member, mug)
}

fn redeem_with(app: &TestApp, member: &Member, reward: &str, confirmation: Value) -> Answer {
    redeem_under(app, &fresh_key(), &member.number, reward, confirmation)
}

fn redeem_under(app: &TestApp, key: &str, shown: &str, reward: &str, confirmation: Value) -> Answer {
    let body = json!({
        "card": shown, "store_id": app.east(), "till": "T1", "receipt": key, "reward_id": reward,
        "confirmation": confirmation,
    });
    app.till().request("POST", "/redemptions").key(key).json(&body).send()
}

fn d_card_10_a_pin_is_set_and_changed_with_the_old_one(app: &TestApp) {
    let member = app.member("王芳");
    for (body, pointer) in [
        (json!({"pin": PIN}), "/identity_checked"),
        (json!({"pin": "111111", "identity_checked": true}), "/pin"),
        (json!({"pin": "123456", "identity_checked": true}), "/pin"),
        (json!({"pin": "654321", "identity_checked": true}), "/pin"),
    ] {
        let problem = set_pin(app, &member, body).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), pointer);
    }
    for unfit in ["47190", "4719022", "47190a"] {
        set_pin(app, &member, json!({"pin": unfit, "identity_checked": true})).expect_problem(400, "body_invalid");
    }
    let unset = set_pin(app, &member, json!({"pin": PIN, "old_pin": "820416"}));
    unset.expect_problem(422, "field_invalid");
    set_pin(app, &member, json!({"pin": PIN, "identity_checked": true})).ok();
    let again = set_pin(app, &member, json!({"pin": "820416", "identity_checked": true}));
    again.expect_problem(409, "already_exists");
    let wrong = set_pin(app, &member, json!({"pin": "820416", "old_pin": "000001"})).expect_problem(409, "pin_wrong");
    assert_eq!(
        (wrong.int("/tries_left"), wrong.text("/pointer")),
        (4, "/old_pin".into())
    );
    set_pin(app, &member, json!({"pin": "820416", "old_pin": PIN})).ok();
    set_pin(app, &member, json!({"pin": PIN, "old_pin": "820416"})).ok();
}

fn d_card_10_a_forgotten_pin_is_reset_after_an_identity_check(app: &TestApp) {
    let (member, mug) = guarded(app);
    let reset = |body: Value| app.operate(&member.card, "reset-pin", body);
    reset(json!({"pin": "820416"})).expect_problem(422, "field_invalid");
    for _ in 0..5 {
        redeem_with(app, &member, &mug, json!({"pin": "000001"})).expect_problem(409, "pin_wrong");
    }
    assert_eq!(app.card(&member)["blocks"], json!(["pin"]));
    reset(json!({"pin": "820416", "identity_checked": true})).ok();
    assert_eq!(app.card(&member)["blocks"], json!([]));
    redeem_with(app, &member, &mug, json!({"pin": PIN})).expect_problem(409, "pin_wrong");
    redeem_with(app, &member, &mug, json!({"pin": "820416"})).created();
}

fn d_card_10_five_wrong_pins_at_once_lock_the_card(app: &TestApp) {
    let (member, mug) = guarded(app);
    let answers = at_once(20, |n| {
        redeem_with(app, &member, &mug, json!({"pin": format!("0000{:02}", n + 10)}))
    });
    let count = |code: &str| answers.iter().filter(|answer| answer.body["code"] == code).count();
    assert_eq!(
        (count("pin_wrong"), count("card_blocked")),
        (5, 15),
        "exactly five are judged"
    );
    assert_eq!(app.card(&member)["blocks"], json!(["pin"]));
    redeem_with(app, &member, &mug, json!({"pin": PIN})).expect_problem(409, "card_blocked");
    assert_eq!(app.points(&member), 1000);
    let unchecked = app.operate(&member.card, "unlock-pin", json!({"identity_checked": false}));
    unchecked.expect_problem(422, "field_invalid");
    app.operate(&member.card, "unlock-pin", json!({"identity_checked": true}))
        .ok();
    redeem_with(app, &member, &mug, json!({"pin": PIN})).created();
    let lock = app.auditor().get("/audit?action=card.lock_pin").ok().list("/items");
    assert_eq!(lock.len(), 1);
}

fn d_card_10_four_wrong_pins_and_a_right_one_begin_anew(app: &TestApp) {
    let (member, mug) = guarded(app);
    for _ in 0..2 {
        for left in (1..5).rev() {
            let wrong = redeem_with(app, &member, &mug, json!({"pin": "000001"})).expect_problem(409, "pin_wrong");
            assert_eq!(wrong.int("/tries_left"), left);
        }
        redeem_with(app, &member, &mug, json!({"pin": PIN})).created();
    }
    assert_eq!(app.card(&member)["blocks"], json!([]));
}

fn d_card_10_what_a_program_demands_is_named_before_anything_is_booked(app: &TestApp) {
    let rules = json!([
        {"use": "spend_points", "above": 500, "demands": ["signature"]},
        {"use": "spend_points", "above": 1000, "demands": ["identity", "pin"]},
    ]);
    app.configure().points_pay(1, 1_00, 1, 1_000_000).publish();
    app.configure().term("requirements", rules).publish();
    let member = app.member("王芳");
    set_pin(app, &member, json!({"pin": PIN, "identity_checked": true})).ok();
    let paying = |amount: i64| app.sale_to(&member).line("cream", "skin", 50_00).points(amount);
    paying(5_00).ring();
    let lacking = paying(6_00).post().expect_problem(409, "confirmation_needed");
    assert_eq!(lacking["missing"], json!(["signature"]));
    let lacking = paying(11_00).post().expect_problem(409, "confirmation_needed");
    assert_eq!(lacking["missing"], json!(["pin", "signature", "identity"]));
    assert_eq!(
        paying(11_00).quote().ok()["confirmations"],
        lacking["missing"],
        "a quote says it before"
    );
    assert_eq!(app.points(&member), 1000 + 45 - 5, "nothing was booked");
    let sure = json!({"signed": true, "identity_checked": true, "pin": PIN});
    let bill = paying(11_00).with("confirmation", sure).ring();
    assert_eq!(bill.spent(), 11);
    let audit = app.auditor().get("/audit?action=sale.post").ok().list("/items");
    let entry = audit
        .iter()
        .find(|entry| entry["subject"] == json!(bill.id))
        .expect("an entry");
    let detail: Value = serde_json::from_str(&entry.text("/detail")).expect("JSON");
    assert_eq!(
        detail["confirmation"],
        json!({"pin": true, "signature": true, "identity": true, "manager": false})
    );
    // Without a card there is no PIN that could be right.
    let by_name = app
        .sale()
        .customer(&member.customer)
        .line("cream", "skin", 50_00)
        .points(11_00);
    let sure = json!({"signed": true, "identity_checked": true});
    let lacking = by_name
        .clone()
        .with("confirmation", sure)
        .post()
        .expect_problem(409, "confirmation_needed");
    assert_eq!(lacking["missing"], json!(["pin"]));
    by_name
        .with("confirmation", json!({"pin": PIN}))
        .post()
        .expect_problem(422, "field_invalid");
}

fn d_card_10_only_a_manager_agrees_as_one(app: &TestApp) {
    let rule = json!({"use": "spend_points", "demands": ["manager"]});
    app.configure().points_pay(1, 1_00, 1, 1_000_000).publish();
    app.configure().term("requirements", vec![rule]).publish();
    let member = app.member("王芳");
    let paying = || app.sale_to(&member).line("cream", "skin", 50_00).points(5_00);
    paying()
        .by(&app.cashier())
        .post()
        .expect_problem(409, "confirmation_needed");
    let agreed = paying().with("confirmation", json!({"manager": true}));
    agreed
        .clone()
        .by(&app.cashier())
        .post()
        .expect_problem(403, "forbidden");
    agreed.by(&app.manager()).ring();
    app.configure().term("requirements", json!([])).publish();
    paying().by(&app.cashier()).ring();
}

fn d_card_10_a_right_pin_confirms_an_exchange(app: &TestApp) {
    let (member, mug) = guarded(app);
    let lacking = redeem_with(app, &member, &mug, json!({})).expect_problem(409, "confirmation_needed");
    assert_eq!(lacking["missing"], json!(["pin"]));
    redeem_with(app, &member, &mug, json!({"pin": PIN})).created();
    assert_eq!(app.points(&member), 990);
    let other = app.member("李雷");
    redeem_with(app, &other, &mug, json!({"pin": PIN})).expect_problem(422, "field_invalid");
}

fn d_card_10_a_pin_is_kept_nowhere(app: &TestApp) {
    let (member, mug) = guarded(app);
    redeem_with(app, &member, &mug, json!({"pin": "730158"})).expect_problem(409, "pin_wrong");
    set_pin(app, &member, json!({"pin": "730159", "old_pin": PIN})).ok();
    redeem_with(app, &member, &mug, json!({"pin": "730159"})).created();
    let files = super::privacy::files(app.folder());
    let tables = app.database().dump().unwrap_or_default();
    let kept = |text: &str| {
        let found = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        found(tables.as_bytes()) || files.iter().any(|(_, bytes)| found(bytes))
    };
    assert!(kept("m=2048,t=1,p=1"), "where the PIN's hash is, is looked through");
    for pin in [PIN, "730158", "730159"] {
        assert!(!kept(pin), "{pin} is kept in clear");
    }
}

fn d_card_10_a_wrong_pin_under_a_key_is_mended_under_it(app: &TestApp) {
    let (member, mug) = guarded(app);
    let key = fresh_key();
    let send = |pin: &str| redeem_under(app, &key, &member.number, &mug, json!({"pin": pin}));
    send("000001").expect_problem(409, "pin_wrong");
    let first = send(PIN).created();
    // A repeat is answered whatever its PIN, and none is judged.
    for _ in 0..6 {
        assert_eq!(send("000001").created(), first);
    }
    assert_eq!(
        (app.points(&member), app.card(&member)["blocks"].clone()),
        (990, json!([]))
    );
}

fn code(app: &TestApp, member: &Member) -> Value {
    app.cashier()
        .request("POST", &format!("/cards/{}/code", member.card))
        .send()
        .ok()
}

fn sale_by_code<'a>(app: &'a TestApp, code: &str) -> crate::harness::Sale<'a> {
    app.sale()
        .with("member", json!({"code": code}))
        .line("cream", "skin", 10_00)
}

fn d_card_14_a_code_works_once(app: &TestApp) {
    let member = app.member("王芳");
    let shown = code(app, &member);
    let (digits, used) = (shown.text("/code"), shown["used"].clone());
    assert_eq!((digits.len(), used), (18, json!(false)));
    let found = |digits: &str| app.till().get(&format!("/cards?code={digits}"));
    assert_eq!(
        found(&digits).ok().text("/items/0/id"),
        member.card,
        "looking it up doesn't use it"
    );
    sale_by_code(app, &digits).quote().ok();
    assert_eq!(sale_by_code(app, &digits).ring().earned(), 10);
    assert_eq!(code(app, &member)["used"], true);
    let again = sale_by_code(app, &digits).post().expect_problem(409, "code_unusable");
    found(&digits).expect_problem(409, "code_unusable");
    sale_by_code(app, &digits).quote().expect_problem(409, "code_unusable");
    let mug = app.reward("mug", 10, None, None);
    app.redeem(&digits, &mug).expect_problem(409, "code_unusable");
    // One that was never made gets the same answer.
    let made_up = sale_by_code(app, &made_up(7))
        .post()
        .expect_problem(409, "code_unusable");
    assert_eq!(made_up.text("/detail"), again.text("/detail"));
    app.set_now("2026-03-01 10:00:30");
    let next = code(app, &member).text("/code");
    app.redeem(&next, &mug).created();
    app.redeem(&next, &mug).expect_problem(409, "code_unusable");
    assert_eq!(app.points(&member), 1000);
}

/// A code by its form, with a check digit.
fn made_up(inner: u64) -> String {
    let digits = format!("99{inner:015}");
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, byte)| {
            let digit = u32::from(byte - b'0') * if i % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn d_card_14_a_code_changes_every_thirty_seconds(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2026-03-01 10:00:29");
    let shown = code(app, &member);
    assert_eq!(
        shown.text("/changes_at"),
        crate::harness::time::instant("2026-03-01 10:00:30")
    );
    let first = shown.text("/code");
    app.set_now("2026-03-01 10:00:30");
    let second = code(app, &member).text("/code");
    assert_ne!(first, second);
    app.set_now("2026-03-01 10:00:59");
    sale_by_code(app, &first).ring();
    app.set_now("2026-03-01 10:01:00");
    let third = code(app, &member).text("/code");
    app.set_now("2026-03-01 10:02:00");
    sale_by_code(app, &third).post().expect_problem(409, "code_unusable");
    sale_by_code(app, &second).post().expect_problem(409, "code_unusable");
    assert_eq!(app.points(&member), 1010);
}

fn d_card_14_two_tills_at_once_use_one_code(app: &TestApp) {
    let member = app.member("王芳");
    let digits = code(app, &member).text("/code");
    let bills: Vec<_> = (0..10).map(|_| sale_by_code(app, &digits)).collect();
    let answers = at_once(bills.len(), |n| bills[n].post());
    let booked = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers
        .iter()
        .filter(|answer| answer.body["code"] == "code_unusable")
        .count();
    assert_eq!((booked, refused, app.points(&member)), (1, 9, 1010));
}

fn d_card_14_a_code_is_no_payment_code(app: &TestApp) {
    let members: Vec<Member> = ["王芳", "李雷", "韩梅"]
        .into_iter()
        .map(|name| app.member(name))
        .collect();
    for minute in 0..10 {
        app.set_now(&format!("2026-03-01 10:{minute:02}"));
        for member in &members {
            let digits = code(app, member).text("/code");
            let start: u32 = digits[..2].parse().expect("digits");
            assert!(
                !(10..=15).contains(&start) && !(25..=30).contains(&start) && start != 62,
                "{digits}"
            );
            let inner = digits[2..17].parse().expect("digits");
            assert_eq!((digits.len(), made_up(inner)), (18, digits.clone()), "a check digit");
            assert!(!digits.contains(&member.number[1..13]), "the number doesn't show");
        }
    }
}

fn d_card_14_a_repeated_bill_with_its_used_code_gets_its_answer(app: &TestApp) {
    let member = app.member("王芳");
    let sale = sale_by_code(app, &code(app, &member).text("/code"));
    let key = fresh_key();
    let first = sale.post_with_key(&key).created();
    app.set_now("2026-03-01 10:05");
    assert_eq!(sale.post_with_key(&key).created(), first);
    assert_eq!(sale.post().ok(), first, "by its receipt");
    assert_eq!(app.points(&member), 1010);
}

fn d_card_14_a_blocked_card_has_no_code(app: &TestApp) {
    let member = app.member("王芳");
    let digits = code(app, &member).text("/code");
    app.operate(&member.card, "freeze", json!({})).ok();
    sale_by_code(app, &digits).post().expect_problem(409, "card_blocked");
    let path = format!("/cards/{}/code", member.card);
    app.cashier()
        .request("POST", &path)
        .send()
        .expect_problem(409, "card_blocked");
    app.auditor()
        .request("POST", &path)
        .send()
        .expect_problem(403, "forbidden");
}
