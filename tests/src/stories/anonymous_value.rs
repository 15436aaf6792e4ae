//! Stored value of a card that is nobody's: how much, how long, and what becomes of it (D-CARD-11).

use super::card_life::kind;
use crate::harness::{Answer, Field, Member, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("anonymous_value":
        d_card_11_anonymous_value_stays_within_a_thousand,
        d_card_11_anonymous_value_is_good_for_three_years_at_least,
        d_card_11_after_the_end_a_reactivated_card_pays_again,
        d_card_11_who_is_named_keeps_value_without_end,
    )
}

/// A program with anonymous cards that are good for so many months, and whose bonus is good for so many: 500.00 bring 100.00.
fn with_anonymous_value(app: &TestApp, card_months: Option<i64>, value_months: Option<i64>) {
    let nobody = json!({"holder": "nobody", "months": card_months});
    let offer = json!({
        "code": "summer", "name": {"zh": "夏季充值", "en": "Summer"},
        "steps": [{"from": 500_00, "grant": {"amount": 100_00}}],
    });
    let mut value = json!({"draw": "pro_rata", "offers": [offer]});
    if let Some(months) = value_months {
        value["anonymous_months"] = json!(months);
    }
    app.configure()
        .term("kinds", vec![kind("customer", json!({})), kind("anonymous", nobody)])
        .term("value", value)
        .term("renewal", json!({"before_days": 30, "grace_days": 60, "months": 36}))
        .publish();
}

/// A card of nobody.
fn card(app: &TestApp) -> Member {
    let body = json!({"program_id": app.program(), "store_id": app.east(), "kind": "anonymous"});
    Member::from_card("", &app.manager().post("/cards", &body).created())
}

fn top_up(app: &TestApp, card: &Member, amount: i64, offer: Option<&str>) -> Answer {
    let body = json!({
        "card": card.number, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "amount": amount,
        "tenders": [{"kind": "cash", "amount": amount}], "offer": offer,
    });
    app.till().post("/top-ups", &body)
}

fn pay<'a>(app: &'a TestApp, card: &Member, amount: i64) -> crate::harness::Sale<'a> {
    let sale = app.sale().card(&card.number).line("cream", "skin", amount);
    sale.tender("value", amount)
}

/// Principal and bonus that can be spent.
fn value_of(app: &TestApp, card: &Member) -> (i64, i64) {
    let balances = app.card(card).list("/balances");
    let of = |asset: &str| {
        let found = balances.iter().find(|balance| balance["asset"] == asset);
        found.map_or(0, |balance| balance.int("/available"))
    };
    (of("principal"), of("bonus"))
}

/// The last day of what is left of an asset, lot by lot.
fn ends(app: &TestApp, card: &Member, asset: &str) -> Vec<Value> {
    let lots = app.hq().get(&format!("/memberships/{}/lots", card.membership)).ok();
    let of_asset = lots.list("/lots").into_iter().filter(|lot| lot["asset"] == asset);
    of_asset.map(|lot| lot["valid_through"].clone()).collect()
}

fn d_card_11_anonymous_value_stays_within_a_thousand(app: &TestApp) {
    with_anonymous_value(app, None, None);
    let card = card(app);
    top_up(app, &card, 500_00, Some("summer")).created();
    let problem = top_up(app, &card, 400_01, None).expect_problem(409, "prepaid_rule");
    assert_eq!(
        (
            problem.text("/pointer"),
            problem.int("/limit"),
            problem.int("/available")
        ),
        ("/amount".into(), 1000_00, 600_00)
    );
    top_up(app, &card, 400_00, None).created();
    assert_eq!(value_of(app, &card), (900_00, 100_00));
    top_up(app, &card, 1, None).expect_problem(409, "prepaid_rule");
    // With a name the limit is the named one.
    let customer = app
        .customer("王芳")
        .with("identity_kind", "passport")
        .with("identity_number", "E12345678");
    name(app, &card, &customer.create()).ok();
    top_up(app, &card, 4000_00, None).created();
    top_up(app, &card, 1, None).expect_problem(409, "prepaid_rule");
}

fn d_card_11_anonymous_value_is_good_for_three_years_at_least(app: &TestApp) {
    with_anonymous_value(app, None, Some(35));
    let card = card(app);
    let problem = top_up(app, &card, 500_00, Some("summer")).expect_problem(409, "prepaid_rule");
    assert_eq!(
        (problem.text("/pointer"), problem.int("/limit")),
        ("/validity".into(), 36)
    );
    with_anonymous_value(app, None, Some(36));
    top_up(app, &card, 500_00, Some("summer")).created();
    assert_eq!(ends(app, &card, "bonus"), ["2029-02-28"]);
    assert_eq!(
        ends(app, &card, "principal"),
        [Value::Null],
        "what was paid for has no end"
    );
    app.set_now("2029-02-28 23:00");
    assert_eq!(value_of(app, &card), (500_00, 100_00));
    app.set_now("2029-03-01 02:00");
    app.night();
    assert_eq!(value_of(app, &card), (500_00, 0));
    let last = app.entries(&card).pop().expect("an entry");
    assert_eq!(
        (last.text("/asset"), last.text("/kind"), last.int("/amount")),
        ("bonus".into(), "expire".into(), -100_00)
    );
}

fn d_card_11_after_the_end_a_reactivated_card_pays_again(app: &TestApp) {
    with_anonymous_value(app, Some(36), None);
    let card = card(app);
    top_up(app, &card, 500_00, Some("summer")).created();
    app.set_now("2029-03-10 10:00");
    app.night();
    assert_eq!(app.card(&card).text("/valid_through"), "2029-02-28");
    pay(app, &card, 60_00).post().expect_problem(409, "card_blocked");
    assert_eq!(
        value_of(app, &card),
        (500_00, 100_00),
        "it can't be used, and isn't gone"
    );
    let path = format!("/memberships/{}/renewals", card.membership);
    let renewed = app.manager().post(&path, &json!({"store_id": app.east()})).created();
    assert_eq!(renewed["reopened"], true);
    pay(app, &card, 60_00).ring();
    assert_eq!(value_of(app, &card), (450_00, 90_00));
}

fn name(app: &TestApp, card: &Member, customer: &str) -> Answer {
    let body = json!({"customer_id": customer, "card_id": card.card, "identity_checked": true});
    app.manager()
        .post(&format!("/memberships/{}/holder", card.membership), &body)
}

fn d_card_11_who_is_named_keeps_value_without_end(app: &TestApp) {
    with_anonymous_value(app, None, Some(36));
    let [named, nobodys, late] = [card(app), card(app), card(app)];
    for card in [&named, &nobodys, &late] {
        top_up(app, card, 500_00, Some("summer")).created();
        assert_eq!(ends(app, card, "bonus"), ["2029-02-28"]);
    }
    name(app, &named, &app.customer("王芳").create()).ok();
    assert_eq!(ends(app, &named, "bonus"), [Value::Null], "named value never expires");
    app.set_now("2029-03-01 02:00");
    // Too late: what is over isn't brought back by a name.
    name(app, &late, &app.customer("李雷").create()).ok();
    app.night();
    assert_eq!(value_of(app, &named), (500_00, 100_00));
    assert_eq!(value_of(app, &nobodys), (500_00, 0));
    assert_eq!(value_of(app, &late), (500_00, 0));
    pay(app, &named, 60_00).ring();
    assert_eq!(value_of(app, &named), (450_00, 90_00));
}
