//! Stored value: the law's limits inside the top-up (D-CARD-11), refunds by reason (D-CARD-12), the holder's record, the
//! quarterly report.

use crate::harness::{Actor, Answer, Field, Member, TestApp, at_once};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("prepaid":
        d_card_11_a_top_up_brings_principal_and_bonus_once,
        d_card_11_value_stays_within_the_limit_whoever_tops_up,
        d_card_11_identity_bank_transfer_and_other_laws,
        d_card_11_who_paid_stays_known_for_five_years,
        d_card_11_terms_are_accepted_before_money_is_paid_in,
        d_card_11_the_quarter_by_store_and_its_deposit,
        d_card_12_v1_unused_money_goes_back_whole,
        d_card_12_v2_a_refund_takes_what_was_used_and_the_bonus,
        d_card_12_what_the_holder_gives_up_counts_at_its_price,
        d_card_12_seven_days_and_not_twice,
        d_card_12_the_whole_record_as_a_file,
        v3_two_tills_cannot_spend_one_card_twice,
    )
}

/// A program with stored value and an offer: 500.00 bring 100.00, 1000.00 bring 250.00.
pub fn with_value(app: &TestApp) {
    let offer = json!({
        "code": "summer", "name": {"zh": "夏季充值", "en": "Summer"},
        "steps": [
            {"from": 500_00, "grant": {"amount": 100_00}},
            {"from": 1000_00, "grant": {"amount": 250_00}},
        ],
    });
    app.configure()
        .term("value", json!({"draw": "pro_rata", "offers": [offer]}))
        .publish();
}

/// A member whose identity document is on record.
pub fn known_member(app: &TestApp, name: &str) -> Member {
    let number = format!("E{}", &app.next_phone()[3..]);
    let customer = app
        .customer(name)
        .with("identity_kind", "passport")
        .with("identity_number", number)
        .create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    app.issue(&customer)
}

pub fn top_up_form(app: &TestApp, member: &Member, amount: i64, offer: Option<&str>) -> Value {
    json!({
        "card": member.number, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "amount": amount,
        "tenders": [{"kind": "mobile", "amount": amount}], "offer": offer,
    })
}

/// Books a top-up after a look at the quote, which must have said the same.
#[track_caller]
pub fn top_up(app: &TestApp, member: &Member, amount: i64, offer: Option<&str>) -> Value {
    let form = top_up_form(app, member, amount, offer);
    let quoted = app.till().request("POST", "/top-ups/quote").json(&form).send().ok();
    let booked = app.till().post("/top-ups", &form).created();
    for figure in ["/amount", "/granted", "/principal", "/bonus"] {
        assert_eq!(quoted.int(figure), booked.int(figure), "{figure}");
    }
    booked
}

/// Principal and bonus that can be spent.
pub fn value_of(app: &TestApp, member: &Member) -> (i64, i64) {
    let balances = app.card(member).list("/balances");
    let of = |asset: &str| {
        let found = balances.iter().find(|balance| balance["asset"] == asset);
        found.map_or(0, |balance| balance.int("/available"))
    };
    (of("principal"), of("bonus"))
}

pub fn refund_form(app: &TestApp, reason: &str) -> Value {
    json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": reason})
}

/// Pays back after a look at the preview, which must have said the same.
#[track_caller]
pub fn refund(app: &TestApp, what: &str, id: &str, reason: &str) -> Value {
    let (path, form) = (format!("/{what}/{id}/refunds"), refund_form(app, reason));
    let manager = app.manager();
    let quoted = manager
        .request("POST", &format!("{path}/quote"))
        .json(&form)
        .send()
        .ok();
    assert!(quoted["id"].is_null());
    let booked = manager.post(&path, &form).created();
    for part in [
        "amount",
        "used",
        "withdrawn",
        "working",
        "tenders",
        "points",
        "balances",
    ] {
        assert_eq!(quoted[part], booked[part], "{part}");
    }
    booked
}

fn pay(app: &TestApp, member: &Member, amount: i64) -> crate::harness::Bill {
    app.sale_to(member)
        .line("cream", "skin", amount)
        .tender("value", amount)
        .ring()
}

fn d_card_11_a_top_up_brings_principal_and_bonus_once(app: &TestApp) {
    let member = known_member(app, "王芳");
    let form = top_up_form(app, &member, 500_00, Some("summer"));
    app.till().post("/top-ups", &form).expect_problem(409, "rule_refused");
    with_value(app);
    let points = app.points(&member);
    let booked = app.till().post("/top-ups", &form).created();
    assert_eq!((booked.int("/principal"), booked.int("/bonus")), (500_00, 100_00));
    let kinds: Vec<(String, i64)> = booked
        .list("/entries")
        .iter()
        .map(|entry| (entry.text("/kind"), entry.int("/amount")))
        .collect();
    assert_eq!(kinds, [("top_up".to_owned(), 500_00), ("grant".to_owned(), 100_00)]);
    let again = app.till().post("/top-ups", &form).ok();
    assert_eq!(again, booked, "the same receipt brings nothing more");
    let mut other = form.clone();
    (other["amount"], other["tenders"][0]["amount"]) = (json!(400_00), json!(400_00));
    app.till()
        .post("/top-ups", &other)
        .expect_problem(409, "receipt_conflict");
    assert_eq!(value_of(app, &member), (500_00, 100_00));
    assert_eq!(app.points(&member), points, "paying in earns nothing, using it does");
    assert_eq!(pay(app, &member, 60_00).earned(), 50, "bonus isn't paid");
    assert_eq!(value_of(app, &member), (450_00, 90_00));
    for (offer, amount, tender) in [("winter", 500_00, 500_00), ("summer", 0, 0)] {
        let mut wrong = top_up_form(app, &member, amount, Some(offer));
        wrong["tenders"][0]["amount"] = json!(tender);
        app.till().post("/top-ups", &wrong).expect_problem(422, "field_invalid");
    }
    let mut short = top_up_form(app, &member, 500_00, None);
    short["tenders"][0]["amount"] = json!(499_00);
    app.till()
        .post("/top-ups", &short)
        .expect_problem(422, "tenders_mismatch");
    short["tenders"] = json!([{"kind": "points", "amount": 500_00}]);
    app.till().post("/top-ups", &short).expect_problem(422, "field_invalid");
    let listed = app
        .cashier()
        .get(&format!("/memberships/{}/top-ups", member.membership))
        .ok()
        .list("/items");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].int("/principal_left"), listed[0].int("/bonus_left")),
        (450_00, 90_00)
    );
    assert_eq!(listed[0].text("/payer_id"), member.customer);
}

fn d_card_11_value_stays_within_the_limit_whoever_tops_up(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    let problem = app
        .till()
        .post("/top-ups", &top_up_form(app, &member, 4800_00, Some("summer")))
        .expect_problem(409, "prepaid_rule");
    assert_eq!((problem.int("/limit"), problem.int("/available")), (5000_00, 0));
    let forms: Vec<Value> = (0..200).map(|_| top_up_form(app, &member, 100_00, None)).collect();
    let till = app.till();
    let answers = std::thread::scope(|scope| {
        let calls: Vec<_> = forms
            .iter()
            .map(|form| scope.spawn(|| till.post("/top-ups", form)))
            .collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("an answer"))
            .collect::<Vec<Answer>>()
    });
    let (booked, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((booked.len(), refused.len()), (50, 150));
    for answer in refused {
        answer.expect_problem(409, "prepaid_rule");
    }
    assert_eq!(value_of(app, &member), (5000_00, 0));
    pay(app, &member, 40_00);
    top_up(app, &member, 40_00, None);
    app.till()
        .post("/top-ups", &top_up_form(app, &member, 1, None))
        .expect_problem(409, "prepaid_rule");
}

fn d_card_11_identity_bank_transfer_and_other_laws(app: &TestApp) {
    with_value(app);
    let unknown = app.member("李娜");
    let form = top_up_form(app, &unknown, 100_00, None);
    let problem = app.till().post("/top-ups", &form).expect_problem(409, "prepaid_rule");
    assert!(problem.to_string().contains("/identity"), "{problem:#}");
    let payer = known_member(app, "王芳");
    let mut by_other = form.clone();
    by_other["payer"] = json!({"customer_id": payer.customer});
    app.till().post("/top-ups", &by_other).created();
    let mut firm = top_up_form(app, &payer, 3000_00, None);
    (firm["payer"], firm["at_once"]) = (json!({"kind": "organisation"}), json!(5000_00));
    let problem = app.till().post("/top-ups", &firm).expect_problem(409, "prepaid_rule");
    assert_eq!(problem.int("/limit"), 5000_00);
    firm["tenders"][0]["kind"] = json!("transfer");
    app.till().post("/top-ups", &firm).created();
    let issuer = app.hq().get("/prepaid-issuer").ok();
    assert_eq!(issuer["value"], json!({"jurisdiction": "CN", "class": "scale"}));
    app.cashier().get("/prepaid-issuer").expect_problem(403, "forbidden");
    let elsewhere = json!({"value": {"jurisdiction": "HK", "class": "scale"}});
    app.hq().patch("/prepaid-issuer", "\"0\"", &elsewhere).ok();
    top_up(app, &unknown, 9000_00, None);
}

fn d_card_11_who_paid_stays_known_for_five_years(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    top_up(app, &member, 100_00, None);
    let ask = |scope: &str| {
        let body = json!({"scope": scope, "customer_id": member.customer, "ground": "asked"});
        app.hq().post("/deletions", &body)
    };
    for scope in ["identity", "person"] {
        ask(scope).expect_problem(409, "in_use");
    }
    app.set_now("2031-02-28 10:00");
    ask("identity").expect_problem(409, "in_use");
    app.set_now("2031-03-01 10:00");
    ask("identity").created();
}

fn d_card_11_terms_are_accepted_before_money_is_paid_in(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    let texts = json!({"kind": "stored_value", "follows": 0, "texts": {"zh-CN": "储值协议"}});
    let terms = app.hq().post("/terms", &texts).created();
    let demand = json!({"value": {"demands": [{"program_id": null, "occasion": "top_up", "kinds": ["stored_value"]}]}});
    app.hq().patch("/terms-rules", "\"0\"", &demand).ok();
    let form = top_up_form(app, &member, 100_00, None);
    app.till()
        .post("/top-ups", &form)
        .expect_problem(409, "terms_not_accepted");
    let accept = json!({"terms_id": terms["id"], "channel": "till"});
    app.cashier()
        .post(&format!("/memberships/{}/acceptances", member.membership), &accept)
        .created();
    app.till().post("/top-ups", &form).created();
}

fn d_card_12_v1_unused_money_goes_back_whole(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    let paid_in = top_up(app, &member, 16_00, None);
    let bill = pay(app, &member, 13_00);
    assert_eq!(value_of(app, &member), (3_00, 0));
    app.return_of(&bill).book_as_quoted();
    assert_eq!(value_of(app, &member), (16_00, 0));
    let back = refund(app, "top-ups", &paid_in.text("/id"), "agreed");
    assert_eq!((back.int("/amount"), back.int("/used")), (16_00, 0));
    assert_eq!(back["tenders"], json!([{"kind": "mobile", "amount": 16_00}]));
    assert_eq!(value_of(app, &member), (0, 0));
}

fn d_card_12_v2_a_refund_takes_what_was_used_and_the_bonus(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    let paid_in = top_up(app, &member, 500_00, Some("summer"));
    pay(app, &member, 60_00);
    let path = format!("/top-ups/{}/refunds", paid_in.text("/id"));
    app.cashier()
        .post(&path, &refund_form(app, "agreed"))
        .expect_problem(403, "forbidden");
    let back = refund(app, "top-ups", &paid_in.text("/id"), "agreed");
    assert_eq!(
        (back.int("/amount"), back.int("/used"), back.int("/withdrawn")),
        (450_00, 50_00, 90_00)
    );
    let working: Vec<String> = back.list("/working").iter().map(|line| line.text("/zh")).collect();
    assert_eq!(
        working[1],
        "已用 60.00 按实付占比 500.00 ÷ 600.00 折算，舍去零头：50.00"
    );
    let booked: Vec<(String, String, i64)> = back
        .list("/entries")
        .iter()
        .map(|entry| (entry.text("/asset"), entry.text("/kind"), entry.int("/amount")))
        .collect();
    let entry = |asset: &str, kind: &str, amount| (asset.to_owned(), kind.to_owned(), amount);
    assert_eq!(
        booked,
        [entry("principal", "refund", -450_00), entry("bonus", "lapse", -90_00)]
    );
    assert_eq!(value_of(app, &member), (0, 0));
    app.manager()
        .post(&path, &refund_form(app, "agreed"))
        .expect_problem(409, "not_refundable");
    let listed = app
        .cashier()
        .get(&format!("/memberships/{}/top-ups", member.membership))
        .ok();
    assert_eq!(listed.int("/items/0/refund/amount"), 450_00);
}

fn d_card_12_what_the_holder_gives_up_counts_at_its_price(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    // 1000.00 + 250.00; 550.00 of them for goods listed at 600.00, of which a half comes back.
    let paid_in = top_up(app, &member, 1000_00, Some("summer"));
    let bill = app
        .sale_to(&member)
        .discounted("cream", "skin", 2000, 600_00, 550_00)
        .tender("value", 550_00)
        .ring();
    let preview = |reason: &str| {
        let path = format!("/top-ups/{}/refunds/quote", paid_in.text("/id"));
        let form = refund_form(app, reason);
        let quoted = app.manager().request("POST", &path).json(&form).send().ok();
        quoted.int("/amount")
    };
    assert_eq!((preview("consumer"), preview("merchant")), (400_00, 560_00));
    app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!((preview("consumer"), preview("merchant")), (700_00, 780_00));
    let back = refund(app, "top-ups", &paid_in.text("/id"), "consumer");
    assert_eq!(back.int("/amount"), 700_00);
    assert_eq!(
        value_of(app, &member),
        (0, 0),
        "nothing is left, whatever it counted for"
    );
}

fn d_card_12_seven_days_and_not_twice(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    let first = top_up(app, &member, 100_00, None).text("/id");
    let form = |reason: &str| refund_form(app, reason);
    app.set_now("2026-03-09 10:00");
    let late = format!("/top-ups/{first}/refunds");
    app.manager()
        .post(&late, &form("within_7_days"))
        .expect_problem(409, "not_refundable");
    app.set_now("2026-03-08 23:00");
    assert_eq!(refund(app, "top-ups", &first, "within_7_days").int("/amount"), 100_00);
    let second = top_up(app, &member, 100_00, None).text("/id");
    pay(app, &member, 30_00);
    app.set_now("2026-03-09 10:00");
    let third = top_up(app, &member, 200_00, None).text("/id");
    app.manager()
        .post(&format!("/top-ups/{third}/refunds"), &form("within_7_days"))
        .expect_problem(409, "not_refundable");
    assert_eq!(refund(app, "top-ups", &second, "within_7_days").int("/amount"), 70_00);
    let answers = at_once(8, |_| {
        app.manager()
            .post(&format!("/top-ups/{third}/refunds"), &form("agreed"))
    });
    let paid_back = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(paid_back, 1, "however many ask at once");
    assert_eq!(value_of(app, &member), (0, 0));
}

fn record(actor: &Actor, member: &Member, format: &str) -> Answer {
    actor.get(&format!("/memberships/{}/record?format={format}", member.membership))
}

fn d_card_12_the_whole_record_as_a_file(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    top_up(app, &member, 500_00, Some("summer"));
    pay(app, &member, 60_00);
    let moves = record(&app.manager(), &member, "json").ok();
    let told: Vec<(String, i64, i64)> = moves
        .as_array()
        .expect("a list")
        .iter()
        .filter(|moved| moved["asset"] != "points")
        .map(|moved| (moved.text("/kind"), moved.int("/amount"), moved.int("/balance")))
        .collect();
    let moved = |kind: &str, amount, balance| (kind.to_owned(), amount, balance);
    assert_eq!(
        told,
        [
            moved("top_up", 500_00, 500_00),
            moved("grant", 100_00, 100_00),
            moved("spend", -50_00, 450_00),
            moved("spend", -10_00, 90_00),
        ]
    );
    assert!(moves.to_string().contains("points"), "all assets are in it");
    let csv = record(&app.manager(), &member, "csv");
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let text = String::from_utf8(csv.bytes).expect("UTF-8");
    assert!(text.contains(",principal,,50.00,450.00,"), "{text}");
    record(&app.cashier(), &member, "csv").expect_problem(403, "forbidden");
    record(&app.actor("store_manager", &[app.west()]), &member, "csv").expect_problem(403, "forbidden");
    let looks = app
        .auditor()
        .get(&format!("/access-log?customer_id={}", member.customer))
        .ok()
        .list("/items");
    let taken: Vec<&Value> = looks.iter().filter(|look| look["kind"] == "own_data").collect();
    assert_eq!(taken.len(), 2);
}

fn d_card_11_the_quarter_by_store_and_its_deposit(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    let first = top_up(app, &member, 500_00, Some("summer")).text("/id");
    pay(app, &member, 60_00);
    app.set_now("2026-04-02 10:00");
    top_up(app, &member, 100_00, None);
    refund(app, "top-ups", &first, "agreed");
    let report = |quarter: &str| app.hq().get(&format!("/prepaid-report?quarter={quarter}")).ok();
    let spring = report("2026-Q1");
    let figures = |of: &Value| {
        [
            "principal",
            "bonus",
            "received",
            "granted",
            "used",
            "bonus_used",
            "refunded",
        ]
        .map(|figure| of.int(&format!("/{figure}")))
    };
    assert_eq!(
        figures(&spring["total"]),
        [450_00, 90_00, 500_00, 100_00, 50_00, 10_00, 0]
    );
    assert_eq!(
        spring["deposit"],
        json!({"class": "scale", "share_ppm": 200_000, "amount": 90_00})
    );
    let summer = report("2026-Q2");
    assert_eq!(figures(&summer["total"]), [100_00, 0, 100_00, 0, 0, 0, 450_00]);
    let stores: Vec<String> = summer
        .list("/stores")
        .iter()
        .map(|store| store.text("/store_id"))
        .collect();
    assert_eq!(stores, [app.east()]);
    let brand = json!({"value": {"jurisdiction": "CN", "class": "brand"}});
    app.hq().patch("/prepaid-issuer", "\"0\"", &brand).ok();
    assert_eq!(report("2026-Q1").int("/deposit/amount"), 180_00);
    for wrong in ["2026", "2026-Q5", "26-Q1"] {
        app.hq()
            .get(&format!("/prepaid-report?quarter={wrong}"))
            .expect_problem(422, "field_invalid");
    }
    app.manager()
        .get("/prepaid-report?quarter=2026-Q1")
        .expect_problem(403, "forbidden");
}

fn v3_two_tills_cannot_spend_one_card_twice(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    top_up(app, &member, 50_00, None);
    let bills: Vec<_> = (0..2)
        .map(|_| app.sale_to(&member).line("cream", "skin", 40_00).tender("value", 40_00))
        .collect();
    let answers = std::thread::scope(|scope| {
        let calls: Vec<_> = bills.iter().map(|bill| scope.spawn(|| bill.post())).collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("an answer"))
            .collect::<Vec<_>>()
    });
    let (booked, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(booked.len(), 1);
    for answer in refused {
        let problem = answer.expect_problem(409, "insufficient_value");
        assert_eq!(problem.int("/available"), 10_00);
    }
    pay(app, &member, 10_00);
    assert_eq!(value_of(app, &member), (0, 0));
}
