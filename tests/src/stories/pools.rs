//! Family pools (D-LED-8): whoever of one spends may spend what the others have.

use super::posting::{adjust, set};
use super::world::World;
use crate::harness::{Actor, Answer, Field, Member, TestApp, at_once};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("pools":
        d_led_8_ones_own_points_go_first_then_the_pools_that_end_soonest,
        d_led_8_a_bill_paid_out_of_the_pool_comes_back_to_the_lots_it_took,
        d_led_8_what_has_ended_meanwhile_comes_back_to_nobody,
        d_led_8_a_cancelled_exchange_gives_the_pool_its_points_back,
        d_led_8_rewards_on_a_bill_and_its_tender_share_one_pool,
        d_led_8_pain_05_two_tills_spend_one_pool_once,
        d_led_8_what_is_held_matures_or_is_owed_stays_with_its_member,
        d_led_8_whoever_leaves_takes_their_points_along,
        d_led_8_a_pool_ends_with_its_head,
        d_led_8_who_joins_has_agreed_and_a_pool_is_not_endless,
        d_led_8_who_may_open_a_pool,
        d_led_8_d_arc_13_whoever_is_erased_leaves_the_pool,
        d_led_1_d_led_8_what_doesnt_agree_is_named,
    )
}

/// What the routes of pools are tried with.
pub(super) fn body(route: &str, world: &World) -> Option<Value> {
    Some(match route {
        "PATCH /pool-rules" => json!({"value": {}}),
        "POST /pools" => pool_form(&world.membership, &world.store),
        "POST /pools/{id}/members" => json!({
            "membership_id": world.membership, "store_id": world.store, "reason": "x", "head_agreed": true,
            "member_agreed": true,
        }),
        "POST /pools/{id}/departures" => {
            json!({"membership_id": world.membership, "store_id": world.store, "reason": "x"})
        }
        _ => return None,
    })
}

pub(super) fn pool_form(head: &str, store: &str) -> Value {
    json!({"name": "三口之家", "head_id": head, "store_id": store, "reason": "到店申请", "head_agreed": true})
}

fn open_with(app: &TestApp, actor: &Actor, head: &Member) -> Answer {
    actor.post("/pools", &pool_form(&head.membership, app.east()))
}

fn join(app: &TestApp, pool: &str, member: &Member) -> Answer {
    let body = json!({
        "membership_id": member.membership, "store_id": app.east(), "reason": "均到店签字", "head_agreed": true,
        "member_agreed": true,
    });
    app.manager().post(&format!("/pools/{pool}/members"), &body)
}

fn leave(app: &TestApp, pool: &str, member: &Member) -> Answer {
    let body = json!({"membership_id": member.membership, "store_id": app.east(), "reason": "本人要求"});
    app.manager().post(&format!("/pools/{pool}/departures"), &body)
}

/// A pool of the first with the others.
#[track_caller]
fn family(app: &TestApp, members: &[&Member]) -> String {
    let pool = open_with(app, &app.manager(), members[0]).created().text("/id");
    for member in &members[1..] {
        join(app, &pool, member).created();
    }
    pool
}

fn look(app: &TestApp, member: &Member) -> Value {
    app.till().get(&format!("/memberships/{}", member.membership)).ok()
}

/// The end of a card's number.
fn tail(member: &Member) -> &str {
    &member.number[member.number.len() - 4..]
}

/// Points live half a year, and one pays 1.00.
fn half_a_year(app: &TestApp) {
    app.configure()
        .term("expiry", json!({"kind": "per_lot", "months": 6}))
        .rule("/cancellable_days", 30)
        .points_pay(1, 1_00, 1, 1_000_000)
        .publish();
}

/// Three with a thousand points each, of March, April and May.
fn three(app: &TestApp) -> [Member; 3] {
    half_a_year(app);
    let fang = app.member("王芳");
    app.set_now("2026-04-01 10:00");
    let lei = app.member("李雷");
    app.set_now("2026-05-01 10:00");
    [fang, lei, app.member("赵敏")]
}

fn d_led_8_ones_own_points_go_first_then_the_pools_that_end_soonest(app: &TestApp) {
    let [fang, lei, min] = three(app);
    family(app, &[&min, &lei, &fang]);
    let seen = look(app, &min);
    assert_eq!(
        (
            seen.int("/pool/others"),
            seen.int("/pool/spendable"),
            seen.int("/pool/members")
        ),
        (2000, 3000, 3)
    );
    let bag = app.reward("bag", 2100, None, None);
    let quoted = app.quote_redemption(&min.number, &bag).ok();
    let done = app.redeem(&min.number, &bag).created();
    assert_eq!(quoted["from_pool"], done["from_pool"]);
    assert_eq!(
        done["from_pool"],
        json!({
            "points": 1100,
            "members": [
                {"membership_id": fang.membership, "points": 1000}, {"membership_id": lei.membership, "points": 100},
            ],
            "explanation": {"zh": "其中1100分来自家庭积分池。", "en": "1100 points of the family pool."},
        })
    );
    assert_eq!((app.points(&fang), app.points(&lei), app.points(&min)), (0, 900, 0));
    let entries = app.entries(&min);
    let last: Vec<_> = entries[entries.len() - 3..]
        .iter()
        .map(|entry| (entry.text("/kind"), entry.int("/amount")))
        .collect();
    let entry = |kind: &str, amount: i64| (kind.to_owned(), amount);
    assert_eq!(
        last,
        [
            entry("transfer_in", 1000),
            entry("transfer_in", 100),
            entry("redeem", -2100)
        ]
    );
    let told = entries[entries.len() - 3].text("/explanation/zh");
    assert!(told.contains(tail(&fang)) && told.contains("家庭积分池"), "{told}");
    let given = app.entries(&fang).pop().expect("an entry");
    assert_eq!(
        (given.text("/kind"), given.int("/amount")),
        ("transfer_out".into(), -1000)
    );
    assert!(given.text("/explanation/zh").contains(tail(&min)), "{given:#}");
    // Too much for all of them together says what each has.
    let short = app.redeem(&min.number, &bag).expect_problem(409, "insufficient_points");
    assert_eq!((short.int("/available"), short.int("/needed")), (900, 2100));
    // Who has enough leaves the others' alone.
    let mug = app.reward("mug", 900, None, None);
    assert!(app.redeem(&lei.number, &mug).created()["from_pool"].is_null());
    app.finish();
}

fn d_led_8_a_bill_paid_out_of_the_pool_comes_back_to_the_lots_it_took(app: &TestApp) {
    let [fang, lei, _] = three(app);
    app.redeem(&lei.number, &app.reward("bag", 900, None, None)).created();
    family(app, &[&fang, &lei]);
    let sale = app
        .sale_to(&lei)
        .line("cream", "skin", 200_00)
        .line("comb", "hair", 100_00);
    let sale = sale.points(300_00);
    let bill = sale.ring_as_quoted();
    assert_eq!(
        (bill.spent(), bill.earned(), bill.body.int("/from_pool/points")),
        (300, 0, 200)
    );
    assert_eq!(sale.post().ok(), bill.body, "the same again is told the same");
    assert_eq!((app.points(&fang), app.points(&lei)), (800, 0));
    // What ends last comes back first: that is his own.
    let half = app.return_of(&bill).line(2, 1000).book_as_quoted();
    assert_eq!((half.int("/points/given_back"), half.int("/points/to_pool")), (100, 0));
    assert_eq!((app.points(&fang), app.points(&lei)), (800, 100));
    let rest = app.return_of(&bill).book_as_quoted();
    assert_eq!(
        (rest.int("/points/given_back"), rest.int("/points/to_pool")),
        (200, 200)
    );
    assert!(rest.text("/explanation/zh").contains("200分还给家庭积分池"), "{rest:#}");
    assert_eq!((app.points(&fang), app.points(&lei)), (1000, 100));
    let lots = look(app, &fang).list("/lots");
    assert_eq!(
        (lots.len(), lots[0].int("/remaining"), lots[0].text("/valid_through")),
        (1, 1000, "2026-09-01".into()),
        "they end when they would have: {lots:#?}"
    );
    app.finish();
}

fn d_led_8_what_has_ended_meanwhile_comes_back_to_nobody(app: &TestApp) {
    let [fang, lei, _] = three(app);
    app.redeem(&lei.number, &app.reward("bag", 900, None, None)).created();
    let pool = family(app, &[&fang, &lei]);
    let bill = app.sale_to(&lei).line("cream", "skin", 300_00).points(300_00).ring();
    leave(app, &pool, &lei).ok();
    app.set_now("2026-09-02 10:00");
    app.night();
    let back = app.return_of(&bill).book_as_quoted();
    assert_eq!(
        (
            back.int("/points/given_back"),
            back.int("/points/to_pool"),
            back.int("/points/expired")
        ),
        (300, 200, 200)
    );
    assert_eq!((app.points(&fang), app.points(&lei)), (0, 100));
    app.finish();
}

fn d_led_8_a_cancelled_exchange_gives_the_pool_its_points_back(app: &TestApp) {
    let [fang, lei, min] = three(app);
    let pool = family(app, &[&fang, &lei, &min]);
    let done = app.redeem(&lei.number, &app.reward("bag", 2500, None, None)).created();
    assert_eq!((app.points(&fang), app.points(&lei), app.points(&min)), (0, 0, 500));
    leave(app, &pool, &min).ok();
    let body = json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "wrong gift"});
    let path = format!("/redemptions/{}/cancel", done.text("/id"));
    let cancelled = app.till().post(&path, &body).created();
    assert_eq!((cancelled.int("/points"), cancelled.int("/to_pool")), (2500, 1500));
    assert_eq!(
        (app.points(&fang), app.points(&lei), app.points(&min)),
        (1000, 1000, 1000)
    );
    assert_eq!(
        app.till().post(&path, &body).ok(),
        cancelled,
        "the same again is told the same"
    );
    app.finish();
}

fn d_led_8_rewards_on_a_bill_and_its_tender_share_one_pool(app: &TestApp) {
    let [fang, lei, _] = three(app);
    family(app, &[&fang, &lei]);
    let mug = app.reward("mug", 1200, None, None);
    let claimed = json!([{"reward_id": mug, "quantity": 1}]);
    let sale = app.sale_to(&lei).line("cream", "skin", 900_00).with("rewards", claimed);
    let short = sale
        .clone()
        .points(801_00)
        .post()
        .expect_problem(409, "insufficient_points");
    assert_eq!((short.int("/available"), short.int("/needed")), (800, 801));
    let bill = sale.points(800_00).ring_as_quoted();
    assert_eq!(
        bill.body.int("/from_pool/points"),
        1000,
        "200 for the mug and 800 on the bill"
    );
    assert_eq!((app.points(&fang), app.points(&lei)), (0, bill.earned()));
    app.finish();
}

fn d_led_8_pain_05_two_tills_spend_one_pool_once(app: &TestApp) {
    let members = ["王芳", "李雷", "赵敏"].map(|name| app.member(name));
    family(app, &[&members[0], &members[1], &members[2]]);
    let bag = app.reward("bag", 1500, None, None);
    let answers = at_once(30, |n| app.redeem(&members[n % 3].number, &bag));
    let (booked, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(booked.len(), 2, "three thousand are two bags");
    for answer in refused {
        let problem = answer.expect_problem(409, "insufficient_points");
        assert_eq!(problem.int("/available"), 0);
    }
    for member in &members {
        assert_eq!(app.points(member), 0);
    }
    app.finish();
}

fn d_led_8_what_is_held_matures_or_is_owed_stays_with_its_member(app: &TestApp) {
    app.configure().term("maturing_days", 7).publish();
    let [fang, lei, min] = ["王芳", "李雷", "赵敏"].map(|name| app.member(name));
    app.set_now("2026-03-10 10:00");
    family(app, &[&fang, &lei, &min]);
    app.sale_to(&fang).line("cream", "skin", 70_00).ring();
    let hold = json!({
        "card": fang.number, "amount": 900, "minutes": 60, "purpose": "预订礼品", "store_id": app.east(),
    });
    app.till().post("/holds", &hold).created();
    set(app, "/adjustment-rules", |rules| {
        rules["debt_limits"] = json!([{"program_id": app.program(), "points": 500}]);
    });
    adjust(app, &app.hq(), &lei, -1050).created();
    assert_eq!(look(app, &min).int("/pool/others"), 100, "of hers, and nothing of his");
    let more = app.reward("bag", 1101, None, None);
    let short = app
        .redeem(&min.number, &more)
        .expect_problem(409, "insufficient_points");
    assert_eq!((short.int("/available"), short.int("/needed")), (1100, 1101));
    // Who owes takes nothing either.
    let mug = app.reward("mug", 10, None, None);
    let owing = app.redeem(&lei.number, &mug).expect_problem(409, "insufficient_points");
    assert_eq!((owing.int("/available"), look(app, &lei).int("/pool/others")), (-50, 0));
    app.redeem(&min.number, &app.reward("box", 1100, None, None)).created();
    let left = app.balance(&fang);
    assert_eq!((left.available, left.held, left.maturing), (0, 900, 70));
    app.finish();
}

fn d_led_8_whoever_leaves_takes_their_points_along(app: &TestApp) {
    let [fang, lei, min] = ["王芳", "李雷", "赵敏"].map(|name| app.member(name));
    let pool = family(app, &[&fang, &lei, &min]);
    let bag = app.reward("bag", 2500, None, None);
    let left = leave(app, &pool, &lei).ok();
    assert_eq!((left.int("/spendable"), left.list("/members").len()), (2000, 3));
    assert_eq!(
        left.text("/members/1/left_reason"),
        "本人要求",
        "it is kept who was in it"
    );
    assert_eq!((app.points(&lei), &look(app, &lei)["pool"]), (1000, &Value::Null));
    app.redeem(&fang.number, &bag)
        .expect_problem(409, "insufficient_points");
    app.redeem(&lei.number, &bag).expect_problem(409, "insufficient_points");
    leave(app, &pool, &lei).expect_problem(404, "not_found");
    // A membership that ends leaves by itself.
    let given_back = json!({"store_id": app.east(), "identity_checked": true});
    app.operate(&min.card, "return", given_back).ok();
    let seen = app.auditor().get(&format!("/pools/{pool}")).ok();
    assert_eq!(seen.text("/members/2/left_reason"), "membership_ended");
    assert_eq!((seen.int("/spendable"), &seen["closed_at"]), (1000, &Value::Null));
    join(app, &pool, &min).expect_problem(409, "membership_closed");
    join(app, &pool, &lei).created();
    assert_eq!(look(app, &fang).int("/pool/spendable"), 2000);
    let audited = app.auditor().get("/audit?action=pool.leave").ok().list("/items");
    assert_eq!(audited.len(), 1);
    app.finish();
}

fn d_led_8_a_pool_ends_with_its_head(app: &TestApp) {
    let [fang, lei, min] = ["王芳", "李雷", "赵敏"].map(|name| app.member(name));
    let first = family(app, &[&fang, &lei]);
    let ended = leave(app, &first, &fang).ok();
    assert!(!ended["closed_at"].is_null(), "{ended:#}");
    assert_eq!(ended.text("/members/1/left_reason"), "pool_ended");
    join(app, &first, &min).expect_problem(409, "pool_ended");
    let second = family(app, &[&lei, &min]);
    let given_back = json!({"store_id": app.east(), "identity_checked": true});
    app.operate(&lei.card, "return", given_back).ok();
    let seen = app.hq().get(&format!("/pools/{second}")).ok();
    assert!(!seen["closed_at"].is_null(), "{seen:#}");
    assert!(look(app, &min)["pool"].is_null());
    let listed = app.hq().get(&format!("/pools?membership_id={}", lei.membership)).ok();
    let ids: Vec<_> = listed.list("/items").iter().map(|pool| pool.text("/id")).collect();
    assert_eq!(ids, [second, first], "newest first, those that have ended too");
    app.finish();
}

fn d_led_8_who_joins_has_agreed_and_a_pool_is_not_endless(app: &TestApp) {
    let [fang, lei, min] = ["王芳", "李雷", "赵敏"].map(|name| app.member(name));
    let mut form = pool_form(&fang.membership, app.east());
    form["head_agreed"] = json!(false);
    app.manager()
        .post("/pools", &form)
        .expect_problem(409, "confirmation_needed");
    let pool = family(app, &[&fang]);
    let unasked = json!({
        "membership_id": lei.membership, "store_id": app.east(), "reason": "均到店签字", "head_agreed": true,
    });
    let path = format!("/pools/{pool}/members");
    let problem = app
        .manager()
        .post(&path, &unasked)
        .expect_problem(409, "confirmation_needed");
    assert_eq!(problem["missing"], json!(["member_agreed"]));
    set(app, "/pool-rules", |rules| rules["most_members"] = json!(2));
    let joined = join(app, &pool, &lei).created();
    let named = joined["members"][1]["joined_by"].is_string();
    assert_eq!((named, joined.text("/members/1/reason")), (true, "均到店签字".into()));
    let full = join(app, &pool, &min).expect_problem(409, "pool_full");
    assert_eq!(full.int("/limit"), 2);
    open_with(app, &app.manager(), &lei).expect_problem(409, "pool_member");
    set(app, "/pool-rules", |rules| rules["most_members"] = json!(3));
    let other = app.create_program("kids");
    let kid = app.member_of(&other, "小明");
    let problem = join(app, &pool, &kid).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/membership_id");
    join(app, &pool, &min).created();
    app.finish();
}

fn d_led_8_who_may_open_a_pool(app: &TestApp) {
    let fang = app.member("王芳");
    for role in ["cashier", "consultant", "clerk", "finance", "auditor", "api_client"] {
        let stores: &[&str] = if ["finance", "auditor", "api_client"].contains(&role) {
            &[]
        } else {
            &[app.east()]
        };
        open_with(app, &app.actor(role, stores), &fang).expect_problem(403, "forbidden");
    }
    let west = app.actor("store_manager", &[app.west()]);
    open_with(app, &west, &fang).expect_problem(403, "forbidden");
    let pool = open_with(app, &app.actor("supervisor", &[app.east()]), &fang)
        .created()
        .text("/id");
    let lei = app.member("李雷");
    let body = json!({
        "membership_id": lei.membership, "store_id": app.west(), "reason": "x", "head_agreed": true, "member_agreed": true,
    });
    west.post(&format!("/pools/{pool}/members"), &body)
        .expect_problem(403, "forbidden");
}

fn d_led_8_d_arc_13_whoever_is_erased_leaves_the_pool(app: &TestApp) {
    let [fang, lei] = ["王芳", "李雷"].map(|name| app.member(name));
    let pool = family(app, &[&fang, &lei]);
    super::erasure::erase(app, &fang.customer);
    let seen = app.hq().get(&format!("/pools/{pool}")).ok();
    assert_eq!(
        (
            seen.text("/name"),
            seen.text("/members/0/reason"),
            seen.text("/members/0/left_reason")
        ),
        (String::new(), String::new(), "erased".into())
    );
    assert!(!seen["closed_at"].is_null() && look(app, &lei)["pool"].is_null());
    app.finish();
}

fn d_led_1_d_led_8_what_doesnt_agree_is_named(app: &TestApp) {
    let [fang, lei] = ["王芳", "李雷"].map(|name| app.member(name));
    family(app, &[&fang, &lei]);
    app.redeem(&lei.number, &app.reward("bag", 1300, None, None)).created();
    app.finish();
    let change = |sql: &str| {
        let mut conn = app.server().engine().database().connect().expect("a connection");
        conn.batch(sql).expect("an edit");
    };
    for (change_it, mend_it, expected) in [
        (
            "UPDATE pool_draws SET amount = amount + 1",
            "UPDATE pool_draws SET amount = amount - 1",
            "no entry says what it took of the pool",
        ),
        (
            "UPDATE pools SET closed_at = 1",
            "UPDATE pools SET closed_at = NULL",
            "can't be in it",
        ),
        (
            "UPDATE pool_members SET left_at = 1",
            "UPDATE pool_members SET left_at = NULL",
            "its head isn't in it",
        ),
    ] {
        change(change_it);
        let problems = app.server().verify();
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{expected}: {problems:#?}"
        );
        change(mend_it);
        app.finish();
    }
}
