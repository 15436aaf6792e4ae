//! Vouchers: D-RWD-2.

use super::privacy;
use crate::harness::{Answer, Field, Member, Sale, TestApp, at_once, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("vouchers":
        d_rwd_2_v4_a_total_limit_of_ten_lets_ten_codes_work_and_not_the_eleventh,
        d_rwd_2_v5_of_two_tills_that_quoted_it_one_is_refused_at_paying,
        d_rwd_2_every_unusable_code_gets_the_same_answer,
        d_rwd_2_who_tries_codes_is_stopped_and_other_tills_are_not,
        d_rwd_2_a_copy_of_the_books_gives_no_codes,
        d_rwd_2_a_code_is_told_again_under_the_same_key_and_shown_with_a_note,
        d_rwd_2_what_a_voucher_gives_is_the_servers_to_say,
        d_rwd_2_a_bought_voucher_counts_as_paid_and_a_free_one_does_not,
        d_rwd_2_a_bill_sent_again_uses_its_code_once,
        d_rwd_2_a_code_works_again_when_everything_is_returned,
        d_rwd_2_a_bought_vouchers_share_comes_back_as_a_new_code,
        d_rwd_2_rules_of_issued_codes_change_only_for_the_better,
        d_rwd_2_a_blocked_batch_stops_working_and_works_again,
        d_rwd_2_a_batch_that_works_again_leaves_its_lost_codes_blocked,
        d_rwd_2_several_vouchers_pay_one_bill_in_their_order,
    )
}

/// A kind worth 50.00 with further rules; its id.
pub(super) fn kind(app: &TestApp, code: &str, more: Value) -> String {
    let mut rules = json!({"worth": {"kind": "amount", "amount": 50_00}});
    rules
        .as_object_mut()
        .expect("rules")
        .extend(more.as_object().expect("rules").clone());
    let body = json!({"code": code, "name": {"zh": "代金券", "en": "Voucher"}, "rules": rules});
    app.hq().post("/voucher-kinds", &body).created().text("/id")
}

/// A batch and its codes.
fn batch(app: &TestApp, kind: &str, quantity: i64) -> (String, Vec<String>) {
    let body = json!({"kind_id": kind, "quantity": quantity});
    let id = app.hq().post("/voucher-batches", &body).created().text("/id");
    let file = app.hq().get(&format!("/voucher-batches/{id}/codes?format=json")).ok();
    let codes = file
        .as_array()
        .expect("codes")
        .iter()
        .map(|row| row.text("/code"))
        .collect();
    (id, codes)
}

pub(super) fn codes(app: &TestApp, kind: &str, quantity: i64) -> Vec<String> {
    batch(app, kind, quantity).1
}

/// A voucher of a member: its id and code.
fn issue(app: &TestApp, kind: &str, member: &Member) -> (String, String) {
    let body = json!({"kind_id": kind, "membership_id": member.membership});
    let issued = app.hq().post("/vouchers", &body).created();
    (issued.text("/voucher/id"), issued.text("/code"))
}

/// A bill of 300.00, of which a code pays 50.00.
fn bill<'a>(app: &'a TestApp, code: &str) -> Sale<'a> {
    app.sale().line("cream", "skin", 300_00).voucher(code, 50_00)
}

fn quote(app: &TestApp, code: &str, with: &[&str]) -> Answer {
    let line = json!({
        "sku": "cream", "category": "skin", "quantity": 1000, "amount": 300_00, "list_amount": 300_00, "discount": 0,
    });
    let body = json!({"store_id": app.east(), "code": code, "with": with, "lines": [line]});
    app.till().request("POST", "/voucher-quotes").json(&body).send()
}

fn voucher(app: &TestApp, id: &str) -> Value {
    app.hq().get(&format!("/vouchers/{id}")).ok()
}

fn d_rwd_2_v4_a_total_limit_of_ten_lets_ten_codes_work_and_not_the_eleventh(app: &TestApp) {
    let kind = kind(app, "ten", json!({"total_limit": 10}));
    let codes = codes(app, &kind, 11);
    for code in &codes[..10] {
        bill(app, code).ring();
    }
    bill(app, &codes[10]).post().expect_problem(409, "voucher_unusable");
    let counted = app.hq().get(&format!("/voucher-kinds/{kind}")).ok();
    assert_eq!((counted.int("/issued"), counted.int("/used")), (11, 10));
}

fn d_rwd_2_v5_of_two_tills_that_quoted_it_one_is_refused_at_paying(app: &TestApp) {
    let kind = kind(app, "one", json!({"total_limit": 1}));
    let codes = codes(app, &kind, 2);
    for code in &codes {
        let quoted = quote(app, code, &[]).ok();
        assert_eq!((quoted.int("/amount"), quoted.int("/due")), (50_00, 250_00));
    }
    let bills = [bill(app, &codes[0]), bill(app, &codes[1]).with("till", "T2")];
    let answers = at_once(2, |till| bills[till].post());
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let refused = answers
        .iter()
        .position(|answer| answer.status == 409)
        .expect("one refused");
    let refusal = answers.into_iter().nth(refused).expect("an answer");
    let problem = refusal.expect_problem(409, "voucher_unusable");
    assert_eq!(problem.int("/due"), 50_00, "250.00 in cash are kept: {problem:#}");
    assert!(problem.text("/detail").contains("50.00"), "{problem:#}");
    // The rest of the bill is as it was: paid another way, under the same receipt.
    bills[refused].clone().with("tenders", json!([])).ring();
}

fn d_rwd_2_every_unusable_code_gets_the_same_answer(app: &TestApp) {
    let plain = kind(app, "plain", json!({}));
    let used = codes(app, &plain, 1).remove(0);
    bill(app, &used).ring();
    let (blocked, blocked_codes) = batch(app, &plain, 1);
    let block = json!({"blocked": true, "reason": "stolen"});
    app.hq().post(&format!("/voucher-batches/{blocked}/block"), &block).ok();
    let elsewhere = kind(app, "elsewhere", json!({"stores": [app.west()]}));
    let over = kind(app, "over", json!({"until": "2026-02-28"}));
    let early = kind(app, "early", json!({"from": "2026-03-02"}));
    let limited = kind(app, "limited", json!({"member_limit": 1}));
    let archived = kind(app, "archived", json!({}));
    let of_archived = codes(app, &archived, 1).remove(0);
    let path = format!("/voucher-kinds/{archived}");
    app.hq().patch(&path, "\"1\"", &json!({"active": false})).ok();
    let (_, of_a_member) = issue(app, &plain, &app.member("王芳"));
    let mut slip = used.replace(' ', "");
    let last = slip.pop().expect("a digit");
    slip.push(if last == '0' { '1' } else { '0' });
    let unusable = [
        ("unknown", "5724 1190 3367 0142 8854".to_owned()),
        ("no code", "SPRING50".to_owned()),
        ("a slip of the finger", slip),
        ("used", used),
        ("blocked", blocked_codes[0].clone()),
        ("another store's", codes(app, &elsewhere, 1).remove(0)),
        ("over", codes(app, &over, 1).remove(0)),
        ("too early", codes(app, &early, 1).remove(0)),
        ("for members", codes(app, &limited, 1).remove(0)),
        ("archived", of_archived),
        ("a member's", of_a_member),
    ];
    let body = |code: &str| bill(app, code).receipt("same").body();
    let answers = unusable.map(|(why, code)| {
        let paid = app.till().post("/sales", &body(&code));
        let quoted = quote(app, &code, &[]);
        let looked = app.till().request("POST", "/sales/quote").json(&body(&code)).send();
        for answer in [&paid, &quoted, &looked] {
            assert_eq!(answer.body["code"], "voucher_unusable", "{why}: {:#}", answer.body);
        }
        (why, [paid.bytes, quoted.bytes, looked.bytes])
    });
    for (why, bytes) in &answers[1..] {
        assert_eq!(bytes, &answers[0].1, "{why} is told apart from {}", answers[0].0);
    }
}

fn d_rwd_2_who_tries_codes_is_stopped_and_other_tills_are_not(app: &TestApp) {
    let right = codes(app, &kind(app, "right", json!({})), 1).remove(0);
    let statuses: Vec<u16> = (0..80)
        .map(|_| quote(app, "5724 1190 3367 0142 8854", &[]).status)
        .collect();
    assert_eq!(statuses[0], 409);
    let stopped = statuses.iter().position(|status| *status == 429);
    assert!(stopped.is_some_and(|after| after >= 60), "{statuses:?}");
    // A bill is no way around it, and nothing tells a right code from a wrong one any more.
    bill(app, &right).post().expect_problem(429, "login_throttled");
    bill(app, &right).by(&app.cashier()).ring();
}

fn d_rwd_2_a_copy_of_the_books_gives_no_codes(app: &TestApp) {
    let member = app.member("王芳");
    let bought = kind(app, "sold-today", json!({"bought": true}));
    let codes = codes(app, &bought, 2);
    let (_, own) = issue(app, &bought, &member);
    let sale = bill(app, &codes[0]).ring();
    app.return_of(&sale).book();
    let kept = privacy::kept(app);
    let holds = |text: &str| kept.iter().any(|(_, bytes)| privacy::contains(bytes, text.as_bytes()));
    assert!(holds("sold-today"), "the search looks where the data is");
    for code in codes.iter().chain([&own]) {
        assert!(!holds(code) && !holds(&code.replace(' ', "")), "{code} lies in clear");
    }
}

fn d_rwd_2_a_code_is_told_again_under_the_same_key_and_shown_with_a_note(app: &TestApp) {
    let member = app.member("王芳");
    let kind = kind(app, "gift", json!({"days": 30}));
    let body = json!({"kind_id": kind, "membership_id": member.membership, "store_id": app.east()});
    let key = fresh_key();
    let give = || app.manager().request("POST", "/vouchers").key(&key).json(&body).send();
    let (first, again) = (give().created(), give());
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let again = again.created();
    assert_eq!(
        (&first["code"], &first["voucher"]["id"]),
        (&again["code"], &again["voucher"]["id"])
    );
    assert_eq!(first.text("/voucher/last_day"), "2026-03-31");
    let path = format!("/vouchers/{}/show", first.text("/voucher/id"));
    assert_eq!(app.manager().post(&path, &json!({})).ok()["code"], first["code"]);
    app.till().post(&path, &json!({})).expect_problem(403, "forbidden");
    let noted = app.hq().get("/audit?action=voucher.show").ok().list("/items");
    assert_eq!(noted.len(), 1, "{noted:#?}");
    let listed = app
        .till()
        .get(&format!("/vouchers?membership_id={}", member.membership))
        .ok();
    assert_eq!(listed.list("/items").len(), 1);
    assert!(!listed.to_string().contains(&first.text("/code")), "lists tell no code");
    // Nobody else pays with it.
    let code = first.text("/code");
    bill(app, &code).post().expect_problem(409, "voucher_unusable");
    bill(app, &code).card(&member.number).ring();
}

fn d_rwd_2_what_a_voucher_gives_is_the_servers_to_say(app: &TestApp) {
    let skin = kind(app, "skin", json!({"categories": ["skin"], "minimum": 100_00}));
    let code = codes(app, &skin, 1).remove(0);
    let sale = |skin, tea| app.sale().line("cream", "skin", skin).line("tea", "drinks", tea);
    let least = sale(60_00, 39_99).voucher(&code, 50_00).post();
    let problem = least.expect_problem(409, "voucher_not_applicable");
    assert_eq!(problem.int("/needed"), 100_00);
    sale(0, 100_00)
        .voucher(&code, 50_00)
        .post()
        .expect_problem(409, "voucher_not_applicable");
    // A till that reckons with more is told what it is.
    let wrong = sale(40_00, 60_00).voucher(&code, 50_00).post();
    let problem = wrong.expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/tenders/0/amount");
    assert!(problem.text("/detail").contains("40.00"), "{problem:#}");
    let sold = sale(40_00, 60_00).voucher(&code, 40_00).ring();
    let booked = app.hq().get(&format!("/sales/{}", sold.id)).ok();
    assert_eq!(booked["tenders"][0]["kind"], "coupon", "{booked:#}");
    let bare = app
        .sale()
        .line("cream", "skin", 1_00)
        .with("tenders", json!([{"kind": "voucher", "amount": 1_00}]));
    let problem = bare.post().expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/tenders/0/code");
}

fn d_rwd_2_a_bought_voucher_counts_as_paid_and_a_free_one_does_not(app: &TestApp) {
    let member = app.member("王芳");
    for (code, bought, paid) in [("bought", true, 300_00), ("free", false, 250_00)] {
        let (_, code) = issue(app, &kind(app, code, json!({"bought": bought})), &member);
        let sold = bill(app, &code).card(&member.number).ring_as_quoted();
        assert_eq!((sold.body.int("/paid"), sold.earned()), (paid, paid / 100));
    }
}

fn d_rwd_2_a_bill_sent_again_uses_its_code_once(app: &TestApp) {
    let kind = kind(app, "twice", json!({"uses": 2}));
    let code = codes(app, &kind, 1).remove(0);
    let sale = bill(app, &code);
    let first = sale.post().created();
    assert_eq!(sale.post().ok()["id"], first["id"]);
    let used = || app.hq().get(&format!("/voucher-kinds/{kind}")).ok().int("/used");
    assert_eq!(used(), 1);
    let other = codes(app, &kind, 1).remove(0);
    sale.clone()
        .with("tenders", json!([{"kind": "voucher", "code": other, "amount": 50_00}]))
        .post()
        .expect_problem(409, "receipt_conflict");
    bill(app, &code).ring();
    bill(app, &code).post().expect_problem(409, "voucher_unusable");
    assert_eq!(used(), 2);
}

fn d_rwd_2_a_code_works_again_when_everything_is_returned(app: &TestApp) {
    let kind = kind(app, "back", json!({"until": "2026-03-10", "total_limit": 1}));
    let code = codes(app, &kind, 1).remove(0);
    let sell = || {
        let sale = app.sale().line("cream", "skin", 200_00).line("lip", "makeup", 100_00);
        sale.voucher(&code, 50_00).ring()
    };
    let sold = sell();
    let part = app.return_of(&sold).line(2, 1000).book_as_quoted();
    assert_eq!(part.int("/money/total"), 100_00);
    let share = part
        .list("/money/tenders")
        .into_iter()
        .find(|tender| tender["kind"] == "coupon");
    assert_eq!(share.map(|share| share.int("/amount")), Some(16_66), "{part:#}");
    assert!(part["vouchers"][0]["voucher_id"].is_null(), "{part:#}");
    bill(app, &code).post().expect_problem(409, "voucher_unusable");
    let rest = app.return_of(&sold).book();
    assert_eq!(rest["vouchers"][0]["new"], json!(false), "{rest:#}");
    let again = sell();
    app.set_now("2026-03-11 10:00");
    let late = app.return_of(&again).book();
    assert!(
        late["vouchers"][0]["voucher_id"].is_null(),
        "its window is over: {late:#}"
    );
}

fn d_rwd_2_a_bought_vouchers_share_comes_back_as_a_new_code(app: &TestApp) {
    let member = app.member("王芳");
    let kind = kind(
        app,
        "paid",
        json!({"bought": true, "minimum": 200_00, "until": "2026-03-10"}),
    );
    let (first, code) = issue(app, &kind, &member);
    let sale = app
        .sale_to(&member)
        .line("cream", "skin", 200_00)
        .line("lip", "makeup", 100_00);
    let sold = sale.voucher(&code, 50_00).ring();
    let quoted = app.return_of(&sold).line(2, 1000).quote().ok();
    assert!(
        quoted["vouchers"][0]["voucher_id"].is_null(),
        "a preview makes no code: {quoted:#}"
    );
    let part = app.return_of(&sold).line(2, 1000).book();
    let given = part["vouchers"][0].clone();
    assert_eq!(
        (given["new"].clone(), given.int("/amount")),
        (json!(true), 16_66),
        "{part:#}"
    );
    let id = given.text("/voucher_id");
    let new = voucher(app, &id);
    assert_eq!(new.text("/membership_id"), member.membership);
    assert_eq!(
        (new.int("/own_amount"), new.text("/last_day")),
        (16_66, "2026-03-31".into())
    );
    let shown = app
        .hq()
        .post(&format!("/vouchers/{id}/show"), &json!({}))
        .ok()
        .text("/code");
    let small = app.sale_to(&member).line("tea", "drinks", 20_00);
    small.voucher(&shown, 16_66).ring();
    // The rest comes back as another one: the first was given back in part.
    let rest = app.return_of(&sold).book();
    assert_eq!(rest["vouchers"][0]["amount"], 33_34, "{rest:#}");
    assert_eq!(voucher(app, &first).int("/used"), 1);
}

fn d_rwd_2_rules_of_issued_codes_change_only_for_the_better(app: &TestApp) {
    let kind = kind(app, "kept", json!({"until": "2026-03-10"}));
    let path = format!("/voucher-kinds/{kind}");
    let change = |version: i64, amount: i64, until: &str| {
        let rules = json!({"worth": {"kind": "amount", "amount": amount}, "until": until});
        app.hq()
            .patch(&path, &format!("\"{version}\""), &json!({"rules": rules}))
    };
    change(1, 40_00, "2026-03-09").ok();
    codes(app, &kind, 1);
    change(2, 40_00, "2026-03-08").expect_problem(409, "in_use");
    change(2, 30_00, "2026-03-09").expect_problem(409, "in_use");
    let changed = change(2, 40_00, "2026-03-20").ok();
    assert_eq!(
        (changed.text("/rules/until"), changed.int("/issued")),
        ("2026-03-20".into(), 1)
    );
    let worthless =
        json!({"code": "none", "name": {"zh": "券", "en": "x"}, "rules": {"worth": {"kind": "amount", "amount": 0}}});
    let problem = app
        .hq()
        .post("/voucher-kinds", &worthless)
        .expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/rules/worth/amount");
}

fn d_rwd_2_a_blocked_batch_stops_working_and_works_again(app: &TestApp) {
    let kind = kind(app, "printed", json!({}));
    let (id, codes) = batch(app, &kind, 2);
    let block = |blocked: bool| {
        let body = json!({"blocked": blocked, "reason": "stolen from the printer's"});
        app.hq().post(&format!("/voucher-batches/{id}/block"), &body).ok()
    };
    block(true);
    bill(app, &codes[0]).post().expect_problem(409, "voucher_unusable");
    block(false);
    bill(app, &codes[0]).ring();
    let listed = app.hq().get(&format!("/vouchers?batch_id={id}")).ok().list("/items");
    let one = listed
        .iter()
        .find(|voucher| voucher.int("/used") == 0)
        .expect("the second");
    let path = format!("/vouchers/{}/block", one.text("/id"));
    app.hq()
        .post(&path, &json!({"blocked": true, "reason": " "}))
        .expect_problem(422, "field_invalid");
    app.hq().post(&path, &json!({"blocked": true, "reason": "lost"})).ok();
    bill(app, &codes[1]).post().expect_problem(409, "voucher_unusable");
}

fn d_rwd_2_a_batch_that_works_again_leaves_its_lost_codes_blocked(app: &TestApp) {
    let kind = kind(app, "printed", json!({}));
    let (id, codes) = batch(app, &kind, 2);
    let listed = app.hq().get(&format!("/vouchers?batch_id={id}")).ok().list("/items");
    let lost = listed.iter().find(|voucher| voucher.int("/serial") == 1);
    let lost = format!("/vouchers/{}", lost.expect("the first").text("/id"));
    let block = |path: &str, blocked: bool, reason: &str| {
        let body = json!({"blocked": blocked, "reason": reason});
        app.hq().post(&format!("{path}/block"), &body).ok()
    };
    let whole = format!("/voucher-batches/{id}");
    block(&lost, true, "lost");
    let stolen = block(&whole, true, "stolen");
    assert_eq!(
        (&stolen["blocked"], stolen.text("/reason")),
        (&json!(true), "stolen".into())
    );
    let states = || {
        let listed = app.hq().get(&format!("/vouchers?batch_id={id}")).ok().list("/items");
        let mut told: Vec<_> = listed
            .iter()
            .map(|voucher| (voucher.int("/serial"), voucher.text("/state"), voucher.text("/reason")))
            .collect();
        told.sort_unstable();
        told
    };
    let told = |serial: i64, state: &str, reason: &str| (serial, state.to_owned(), reason.to_owned());
    assert_eq!(states(), [told(1, "blocked", "lost"), told(2, "blocked", "stolen")]);
    // One by one, a code of a blocked batch isn't freed.
    block(&lost, false, "found");
    bill(app, &codes[0]).post().expect_problem(409, "voucher_unusable");
    block(&lost, true, "lost");
    block(&whole, false, "the parcel is back");
    bill(app, &codes[1]).ring();
    bill(app, &codes[0]).post().expect_problem(409, "voucher_unusable");
    block(&lost, false, "found");
    bill(app, &codes[0]).ring();
}

fn d_rwd_2_several_vouchers_pay_one_bill_in_their_order(app: &TestApp) {
    let amount = codes(app, &kind(app, "amount", json!({})), 1).remove(0);
    let share = json!({"worth": {"kind": "percent", "off_ppm": 100_000, "most": 100_00}});
    let share = codes(app, &kind(app, "share", share), 1).remove(0);
    let item = json!({"worth": {"kind": "item", "sku": "cream"}});
    let item = codes(app, &kind(app, "item", item), 1).remove(0);
    assert_eq!(quote(app, &share, &[]).ok().int("/amount"), 30_00);
    assert_eq!(quote(app, &share, &[&amount]).ok().int("/amount"), 25_00);
    let last = quote(app, &item, &[&amount, &share]).ok();
    assert_eq!((last.int("/amount"), last.int("/due")), (225_00, 0));
    let sale = app.sale().line("cream", "skin", 300_00);
    let twice = sale.clone().voucher(&amount, 50_00).voucher(&amount, 50_00).post();
    assert_eq!(
        twice.expect_problem(422, "field_invalid").text("/pointer"),
        "/tenders/1/code"
    );
    sale.voucher(&amount, 50_00)
        .voucher(&share, 25_00)
        .voucher(&item, 225_00)
        .ring();
}
