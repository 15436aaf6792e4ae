//! Two memberships of a customer become one, and two again (D-CARD-13).

use super::prepaid::{known_member, refund, top_up, with_value};
use crate::harness::{Actor, Answer, Bill, Field, Member, TestApp, time};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("membership_merges":
        d_card_13_two_memberships_become_one_with_their_lots_and_value,
        d_card_13_a_merged_card_names_the_one_that_works,
        d_card_13_a_bill_from_before_is_returned_to_the_one_that_goes_on,
        d_card_13_a_lot_that_was_used_up_takes_back_what_a_return_gives,
        d_card_13_the_better_tier_holds_and_goes_back,
        d_card_13_a_debt_goes_along_and_back,
        d_card_13_a_debt_is_filled_and_owed_again,
        d_card_13_a_merge_is_taken_back_posting_by_posting,
        d_card_13_what_was_used_since_keeps_a_merge_from_being_taken_back,
        d_card_13_a_top_up_from_before_is_paid_back_afterwards,
        d_card_13_a_pass_from_before_is_used_and_called_off_afterwards,
        d_card_13_what_cannot_be_merged_is_refused_with_what_to_do,
        d_card_13_value_stays_within_the_limit_when_memberships_merge,
        d_card_13_customers_part_only_after_their_memberships,
        d_card_13_who_may_merge_memberships,
    )
}

/// Makes one person of two members, who then has two memberships.
#[track_caller]
pub(super) fn one_person(app: &TestApp, stays: &Member, gone: &Member) -> Value {
    super::merges::merge(&app.hq(), &stays.customer, &gone.customer).created()
}

/// A customer's two memberships, of 1000 points each.
fn twins(app: &TestApp) -> (Member, Member) {
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    one_person(app, &stays, &gone);
    (stays, gone)
}

fn merge_by(app: &TestApp, actor: &Actor, stays: &Member, gone: &Member) -> Answer {
    let body = json!({"from": gone.membership, "store_id": app.east(), "reason": "重复办卡"});
    actor.post(&format!("/memberships/{}/merge", stays.membership), &body)
}

fn merge(app: &TestApp, stays: &Member, gone: &Member) -> Answer {
    merge_by(app, &app.manager(), stays, gone)
}

fn undo(app: &TestApp, merge: &Value) -> Answer {
    let body = json!({"store_id": app.east(), "reason": "并错了"});
    app.manager()
        .post(&format!("/membership-merges/{}/undo", merge.text("/id")), &body)
}

fn has(app: &TestApp, member: &Member, asset: &str) -> i64 {
    let balances = app.card(member).list("/balances");
    let found = balances.iter().find(|balance| balance["asset"] == asset);
    found.map_or(0, |balance| balance.int("/available"))
}

/// What is left of lots, with their first and last days.
fn lots(app: &TestApp, member: &Member) -> Vec<(i64, String, Value)> {
    let shown = app.hq().get(&format!("/memberships/{}", member.membership)).ok();
    let mut lots: Vec<_> = shown
        .list("/lots")
        .iter()
        .filter(|lot| lot.int("/remaining") > 0)
        .map(|lot| {
            (
                lot.int("/remaining"),
                lot.text("/opened_on"),
                lot["valid_through"].clone(),
            )
        })
        .collect();
    lots.sort_by_key(|(left, opened, _)| (opened.clone(), *left));
    lots
}

fn pays_with_points(app: &TestApp) {
    app.configure().points_pay(1, 1, 1, 1_000_000).publish();
}

fn d_card_13_two_memberships_become_one_with_their_lots_and_value(app: &TestApp) {
    with_value(app);
    app.configure()
        .term("expiry", json!({"kind": "per_lot", "months": 6}))
        .publish();
    let gone = known_member(app, "王方");
    app.set_now("2026-04-01 10:00");
    let stays = known_member(app, "王芳");
    top_up(app, &gone, 500_00, Some("summer"));
    one_person(app, &stays, &gone);
    let before = [lots(app, &stays), lots(app, &gone)].concat();
    // The one that stays was opened later, so it is valid longer.
    let merged = merge(app, &stays, &gone).created();
    assert_eq!(
        merged["moved"],
        json!({"points": 1000, "principal": 500_00, "bonus": 100_00})
    );
    assert_eq!((app.points(&stays), app.points(&gone)), (2000, 0));
    assert_eq!(
        (has(app, &stays, "principal"), has(app, &stays, "bonus")),
        (500_00, 100_00)
    );
    let mut expected = before;
    expected.sort_by_key(|(left, opened, _)| (opened.clone(), *left));
    assert_eq!(lots(app, &stays), expected, "every lot keeps its dates");
    assert!(lots(app, &gone).is_empty());
    let last = |member: &Member| app.entries(member).pop().expect("an entry").text("/kind");
    assert_eq!((last(&gone), last(&stays)), ("merge_out".into(), "merge_in".into()));
    let report = app.hq().get("/reports/liability?on=2026-04-01").ok();
    assert!(report.list("/totals").iter().all(|total| total.int("/debt") == 0));
    let listed = app
        .hq()
        .get(&format!("/membership-merges?membership_id={}", gone.membership))
        .ok()
        .list("/items");
    assert_eq!(listed, [merged]);
    app.finish();
    // The thousand of March ends with its own day, on the membership that goes on.
    app.set_now("2026-09-02 00:00");
    assert_eq!(app.points(&stays), 1000);
    app.night();
    app.finish();
}

fn d_card_13_a_merged_card_names_the_one_that_works(app: &TestApp) {
    let (stays, gone) = twins(app);
    merge(app, &stays, &gone).created();
    let card = app.card(&gone);
    assert_eq!(
        (card.text("/state"), card["allowed"].clone()),
        ("merged".into(), json!([]))
    );
    let refused = app
        .sale_to(&gone)
        .line("tea", "drinks", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    let last_four = &stays.number[stays.number.len() - 4..];
    assert!(refused.text("/detail").contains(last_four), "{refused:#}");
    // Who shows no card has one membership now.
    let bill = app.sale().customer(&stays.customer).line("tea", "drinks", 10_00).ring();
    assert_eq!(bill.body.text("/member/membership_id"), stays.membership);
    app.redeem(&gone.number, &app.reward("mug", 10, None, None))
        .expect_problem(409, "card_blocked");
    app.finish();
}

fn d_card_13_a_bill_from_before_is_returned_to_the_one_that_goes_on(app: &TestApp) {
    pays_with_points(app);
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    let bill: Bill = app.sale_to(&gone).line("cream", "skin", 20_00).points(5_00).ring();
    assert_eq!((bill.spent(), bill.earned()), (500, 15));
    one_person(app, &stays, &gone);
    merge(app, &stays, &gone).created();
    assert_eq!(app.points(&stays), 1515);
    let booked = app.entries(&gone).len();
    app.return_of(&bill).book_as_quoted();
    assert_eq!(app.points(&stays), 2000, "500 go back, 15 are taken");
    assert_eq!(app.entries(&gone).len(), booked, "nothing moves on the merged one");
    let left: Vec<i64> = lots(app, &stays).into_iter().map(|(left, ..)| left).collect();
    assert_eq!(left, [1000, 1000], "the lot of the bill itself gave its points");
    app.return_of(&bill).post().expect_problem(409, "already_returned");
    app.finish();
}

fn d_card_13_a_lot_that_was_used_up_takes_back_what_a_return_gives(app: &TestApp) {
    pays_with_points(app);
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    let bill = app.sale_to(&gone).line("comb", "hair", 10_00).points(10_00).ring();
    assert_eq!((bill.spent(), app.points(&gone)), (1000, 0));
    one_person(app, &stays, &gone);
    merge(app, &stays, &gone).created();
    assert_eq!(app.points(&stays), 1000);
    app.return_of(&bill).book_as_quoted();
    assert_eq!(app.points(&stays), 2000);
    app.finish();
}

fn d_card_13_the_better_tier_holds_and_goes_back(app: &TestApp) {
    app.configure().rule("/validity_months", 0).publish();
    let (stays, gone) = twins(app);
    let body = json!({"tier": "gold", "until": "2026-12-31", "reason": "key_account"});
    app.hq()
        .post(&format!("/memberships/{}/tier", gone.membership), &body)
        .ok();
    let merged = merge(app, &stays, &gone).created();
    let told = app.hq().get(&format!("/memberships/{}/tier", stays.membership)).ok();
    assert_eq!(app.tier(&stays), "gold");
    assert_eq!(told.text("/changes/0/kind"), "merged");
    assert_eq!(told.text("/valid_through"), "2026-12-31", "with its own end");
    undo(app, &merged).ok();
    assert_eq!((app.tier(&stays), app.tier(&gone)), ("vip".into(), "gold".into()));
    // The other way round the better one stays what it is.
    merge(app, &gone, &stays).created();
    assert_eq!(app.tier(&gone), "gold");
    app.finish();
}

/// Leaves a member 100 points in debt.
fn indebted(app: &TestApp, member: &Member) {
    let bill = app.sale_to(member).line("cream", "skin", 100_00).ring();
    let code = format!("bag-{}", app.next_receipt());
    app.redeem(&member.number, &app.reward(&code, 1100, None, None))
        .created();
    app.return_of(&bill).book_as_quoted();
    assert_eq!(app.points(member), -100);
}

fn d_card_13_a_debt_goes_along_and_back(app: &TestApp) {
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    indebted(app, &gone);
    one_person(app, &stays, &gone);
    let merged = merge(app, &stays, &gone).created();
    assert_eq!(merged["debts"], json!({"points": 100}));
    assert_eq!((app.points(&stays), app.points(&gone)), (900, 0));
    app.finish();
    undo(app, &merged).ok();
    assert_eq!((app.points(&stays), app.points(&gone)), (1000, -100));
    app.finish();
    let merged = merge(app, &stays, &gone).created();
    app.sale_to(&stays).line("tea", "drinks", 10_00).ring();
    let refused = undo(app, &merged).expect_problem(409, "merge_used");
    assert_eq!(refused["in_the_way"], json!(["debt"]), "{refused:#}");
    app.finish();
}

fn d_card_13_a_debt_is_filled_and_owed_again(app: &TestApp) {
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    indebted(app, &stays);
    one_person(app, &stays, &gone);
    let merged = merge(app, &stays, &gone).created();
    assert_eq!(app.points(&stays), 900);
    app.finish();
    undo(app, &merged).ok();
    assert_eq!((app.points(&stays), app.points(&gone)), (-100, 1000));
    app.finish();
}

fn d_card_13_a_merge_is_taken_back_posting_by_posting(app: &TestApp) {
    with_value(app);
    let (stays, gone) = (known_member(app, "王芳"), known_member(app, "王方"));
    top_up(app, &gone, 500_00, Some("summer"));
    app.operate(
        &gone.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    one_person(app, &stays, &gone);
    let seen = |member: &Member| {
        let card = app.card(member);
        (
            card.text("/state"),
            card["blocks"].clone(),
            ["points", "principal", "bonus"].map(|asset| has(app, member, asset)),
            card.text("/tier/id"),
            lots(app, member),
        )
    };
    let before = [&stays, &gone].map(seen);
    let merged = merge(app, &stays, &gone).created();
    // What the survivor has bought since is its own, and stays.
    let bill = app.sale_to(&stays).line("cream", "skin", 100_00).ring();
    let undone = undo(app, &merged).ok();
    assert!(!undone["undone_at"].is_null());
    assert_eq!(app.points(&stays), 1100);
    app.return_of(&bill).book_as_quoted();
    assert_eq!([&stays, &gone].map(seen), before);
    undo(app, &merged).expect_problem(409, "already_exists");
    let listed = app
        .cashier()
        .get(&format!("/memberships/{}/top-ups", gone.membership))
        .ok()
        .list("/items");
    assert_eq!(
        listed[0].int("/principal_left"),
        500_00,
        "the top-up is the first one's again"
    );
    app.finish();
    merge(app, &stays, &gone).created();
    assert_eq!(has(app, &stays, "principal"), 500_00, "once more, after all");
    app.finish();
}

fn d_card_13_what_was_used_since_keeps_a_merge_from_being_taken_back(app: &TestApp) {
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    let bill = app.sale_to(&gone).line("cream", "skin", 100_00).ring();
    one_person(app, &stays, &gone);
    let merged = merge(app, &stays, &gone).created();
    app.redeem(&stays.number, &app.reward("bag", 1500, None, None))
        .created();
    let refused = undo(app, &merged).expect_problem(409, "merge_used");
    assert_eq!(refused["in_the_way"], json!(["lots"]), "{refused:#}");
    app.return_of(&bill).book_as_quoted();
    let refused = undo(app, &merged).expect_problem(409, "merge_used");
    assert_eq!(refused["in_the_way"], json!(["lots", "returns"]), "{refused:#}");
    assert_eq!(app.points(&stays), 500);
    app.finish();
}

fn d_card_13_a_top_up_from_before_is_paid_back_afterwards(app: &TestApp) {
    with_value(app);
    let (stays, gone) = (known_member(app, "王芳"), known_member(app, "王方"));
    let paid = top_up(app, &gone, 500_00, Some("summer"));
    app.sale_to(&gone)
        .line("cream", "skin", 60_00)
        .tender("value", 60_00)
        .ring();
    one_person(app, &stays, &gone);
    merge(app, &stays, &gone).created();
    assert_eq!(
        (has(app, &stays, "principal"), has(app, &stays, "bonus")),
        (450_00, 90_00)
    );
    let listed = app
        .cashier()
        .get(&format!("/memberships/{}/top-ups", stays.membership))
        .ok()
        .list("/items");
    assert_eq!(listed.len(), 1, "it came along");
    let back = refund(app, "top-ups", &paid.text("/id"), "agreed");
    assert_eq!(back.int("/amount"), 450_00, "what was used before the merge counts");
    assert_eq!((has(app, &stays, "principal"), has(app, &stays, "bonus")), (0, 0));
    app.finish();
}

fn use_session(app: &TestApp, pass: &str) -> Value {
    let body = json!({
        "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "sessions": 1,
        "therapist_id": app.consultant(), "confirmation": "signature",
    });
    app.cashier().post(&format!("/passes/{pass}/uses"), &body).created()
}

fn d_card_13_a_pass_from_before_is_used_and_called_off_afterwards(app: &TestApp) {
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    let form = json!({
        "member": {"card": gone.number}, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(),
        "occurred_at": time::instant(&app.now()), "service": "facial", "name": "面部护理", "category": "treatment",
        "sessions": 10, "price": 1000_00, "list_price": 150_00, "valid_through": null,
        "tenders": [{"kind": "cash", "amount": 1000_00}],
    });
    let pass = app.till().post("/passes", &form).created().text("/sale/id");
    let used = use_session(app, &pass);
    one_person(app, &stays, &gone);
    merge(app, &stays, &gone).created();
    let sessions = || has(app, &stays, "session:facial");
    assert_eq!(sessions(), 9);
    use_session(app, &pass);
    assert_eq!(sessions(), 8);
    let body = json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "改期"});
    app.cashier()
        .post(&format!("/pass-uses/{}/cancel", used.text("/id")), &body)
        .created();
    assert_eq!(
        sessions(),
        9,
        "a session from before the merge comes back where the pass is now"
    );
    app.finish();
    let back = refund(app, "passes", &pass, "agreed");
    assert_eq!(back.int("/amount"), 900_00);
    app.finish();
}

fn d_card_13_what_cannot_be_merged_is_refused_with_what_to_do(app: &TestApp) {
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    let pointer = |answer: Answer| answer.expect_problem(422, "field_invalid").text("/pointer");
    assert_eq!(pointer(merge(app, &stays, &gone)), "/from", "two customers");
    assert_eq!(pointer(merge(app, &stays, &stays)), "/from", "itself");
    let other = app.create_program("kids");
    let kid = app.member_of(&other, "王方");
    one_person(app, &stays, &gone);
    one_person(app, &stays, &kid);
    assert_eq!(pointer(merge(app, &stays, &kid)), "/from", "another program");
    let hold = json!({
        "card": gone.number, "amount": 300, "minutes": 30, "purpose": "预订礼品", "store_id": app.east(),
    });
    let held = app.till().post("/holds", &hold).created();
    merge(app, &stays, &gone).expect_problem(409, "membership_holds");
    app.till()
        .post(&format!("/holds/{}/release", held.text("/id")), &json!({}))
        .ok();
    merge(app, &stays, &gone).created();
    merge(app, &stays, &gone).expect_problem(409, "membership_closed");
    merge(app, &gone, &stays).expect_problem(409, "membership_closed");
    app.finish();
}

fn d_card_13_value_stays_within_the_limit_when_memberships_merge(app: &TestApp) {
    with_value(app);
    let (stays, gone) = (known_member(app, "王芳"), known_member(app, "王方"));
    top_up(app, &stays, 3000_00, None);
    top_up(app, &gone, 2000_01, None);
    one_person(app, &stays, &gone);
    let refused = merge(app, &stays, &gone).expect_problem(409, "prepaid_rule");
    assert_eq!((refused.int("/limit"), refused.int("/available")), (5000_00, 5000_01));
    app.sale_to(&gone)
        .line("cream", "skin", 1_00)
        .tender("value", 1_00)
        .ring();
    merge(app, &stays, &gone).created();
    assert_eq!(has(app, &stays, "principal"), 4999_01);
    app.finish();
}

fn d_card_13_customers_part_only_after_their_memberships(app: &TestApp) {
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    let people = one_person(app, &stays, &gone);
    let merged = merge(app, &stays, &gone).created();
    super::merges::undo(&app.hq(), &people).expect_problem(409, "in_use");
    undo(app, &merged).ok();
    super::merges::undo(&app.hq(), &people).ok();
    assert_eq!(app.card(&gone).text("/customer/id"), gone.customer);
    assert_eq!((app.points(&stays), app.points(&gone)), (1000, 1000));
    app.finish();
}

fn d_card_13_who_may_merge_memberships(app: &TestApp) {
    let (stays, gone) = twins(app);
    let west = app.actor("store_manager", &[app.west()]);
    for actor in [
        app.cashier(),
        app.actor("supervisor", &[app.east()]),
        app.auditor(),
        west,
    ] {
        merge_by(app, &actor, &stays, &gone).expect_problem(403, "forbidden");
    }
    let merged = merge(app, &stays, &gone).created();
    let body = json!({"store_id": app.east(), "reason": "并错了"});
    app.cashier()
        .post(&format!("/membership-merges/{}/undo", merged.text("/id")), &body)
        .expect_problem(403, "forbidden");
    app.finish();
}
