//! What becomes of points by time: how long they are good (D-LED-7), their closing entry (S20), expired unspent before
//! their sale comes back (S13); an introducer's reward (S14).

use crate::harness::{Field, Member, TestApp, time, wait};
use crate::tidy::root;
use cardea_engine::import::{self, BadRow, Mapping, Options, Watch};
use cardea_engine::{Actor, PageArgs};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("lapse":
        s13_points_that_expired_unspent_are_not_owed_when_their_sale_comes_back,
        s13_what_was_spent_before_the_rest_expired_is_owed,
        s13_before_the_nightly_job_it_is_the_same,
        s14_the_introducers_reward_is_named_and_comes_back_with_a_kept_purchase,
        s14_a_part_kept_keeps_the_reward,
        i9_points_that_expired_before_a_cancellation_was_imported_are_not_owed,
        s20_an_emptied_lot_gets_its_closing_entry_once,
        d_led_7_points_per_lot_end_with_their_own_date,
        d_led_7_points_roll_with_the_last_activity,
        d_led_7_points_end_on_a_fixed_day_with_grace,
        d_led_7_wrong_figures_are_told_by_field,
    )
}

/// A member with a sale of two lines of 60.00 and 40.00 in their last month.
fn with_a_sale(app: &TestApp) -> (Member, crate::harness::Bill) {
    let member = app.member("王芳");
    app.set_now("2028-02-10 10:00");
    let sale = app
        .sale_to(&member)
        .line("cream", "skin", 60_00)
        .line("comb", "hair", 40_00);
    (member, sale.ring())
}

fn s13_points_that_expired_unspent_are_not_owed_when_their_sale_comes_back(app: &TestApp) {
    let (member, bill) = with_a_sale(app);
    app.set_now("2028-03-01 02:00");
    app.night();
    app.set_now("2028-03-02 10:00");
    for (line, points) in [(1, 60), (2, 40)] {
        let returned = app.return_of(&bill).line(line, 1000).book_as_quoted();
        let told = |name: &str| returned.int(&format!("/points/{name}"));
        assert_eq!((told("taken_back"), told("owed"), told("lapsed")), (0, 0, points));
        assert!(
            returned.text("/explanation/en").contains("expired unspent"),
            "{returned:#}"
        );
    }
    assert_eq!(app.points(&member), 0);
    let last = app.entries(&member).pop().expect("an entry");
    assert_eq!(
        (last.text("/rule"), last.int("/amount")),
        ("core.claw_back_expired".into(), 0)
    );
}

fn s13_what_was_spent_before_the_rest_expired_is_owed(app: &TestApp) {
    app.configure().points_pay(1, 1, 1, 1_000_000).publish();
    let (member, bill) = with_a_sale(app);
    // 1000 of the first purchase go first, and 30 of the 100.
    let reward = app.reward("bag", 1030, None, None);
    app.redeem(&member.number, &reward).created();
    app.set_now("2028-03-01 02:00");
    app.night();
    app.set_now("2028-03-02 10:00");
    let told = |returned: &Value, name: &str| returned.int(&format!("/points/{name}"));
    let first = app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(
        (told(&first, "lapsed"), told(&first, "owed")),
        (60, 0),
        "70 had expired"
    );
    let second = app.return_of(&bill).line(2, 1000).book_as_quoted();
    assert_eq!(
        (told(&second, "lapsed"), told(&second, "owed")),
        (10, 30),
        "30 were spent"
    );
    assert_eq!(app.points(&member), -30);
}

fn s13_before_the_nightly_job_it_is_the_same(app: &TestApp) {
    let (member, bill) = with_a_sale(app);
    app.set_now("2028-03-01 00:10");
    let returned = app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!((returned.int("/points/owed"), returned.int("/points/lapsed")), (0, 60));
    app.night();
    let rest = app.return_of(&bill).book_as_quoted();
    assert_eq!((rest.int("/points/owed"), rest.int("/points/lapsed")), (0, 40));
    assert_eq!(app.points(&member), 0);
    assert_eq!(
        app.entries(&member)
            .iter()
            .map(|entry| entry.int("/amount"))
            .sum::<i64>(),
        0
    );
}

/// An import in which nothing is bad.
struct Clean;

impl Watch for Clean {
    fn starts(&mut self, rows: u64) {
        assert_eq!(rows, 2);
    }

    fn goes_on(&mut self, _: u64) -> bool {
        true
    }

    fn bad(&mut self, row: &BadRow) {
        panic!("{row:?}");
    }
}

fn i9_points_that_expired_before_a_cancellation_was_imported_are_not_owed(app: &TestApp) {
    let shipped = std::fs::read_to_string(root().join("web/mappings/online_retail.toml")).expect("the mapping");
    let expiry = "rounding = \"floor\"\nexpiry = { kind = \"per_lot\", months = 12 }";
    let mapping = Mapping::parse(&shipped.replace("rounding = \"floor\"", expiry)).expect("a mapping");
    let file = app.folder().join("sales.csv");
    let rows = "InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country\n\
        1;CUP;cup;2;01/06/2025 09:00;50,00;17850;UK\n\
        C2;CUP;cup;-2;01/11/2026 09:00;50,00;17850;UK\n";
    std::fs::write(&file, rows).expect("the file is written");
    let engine = app.server().engine();
    wait(import::run(engine, &file, &mapping, &Options::default(), &mut Clean)).expect("the import runs");
    let chain = import::chain(engine, "online-retail")
        .expect("chains")
        .expect("the import's");
    app.server()
        .set_business_clock(&chain.to_string(), Some(time::millis("2026-11-02 10:00")));
    let available = || {
        let found = engine
            .memberships(&Actor::system(chain), None, &PageArgs::default())
            .expect("memberships");
        found.items[0].balances[0].available
    };
    assert_eq!(available(), 0, "100 points of 2025 expired unspent");
    app.night();
    assert_eq!(available(), 0);
}

/// Somebody whom the first introduced, with the purchase that led to the card.
fn introduced(app: &TestApp) -> (Member, Member, crate::harness::Bill) {
    let introducer = app.member("王芳");
    let friend = app
        .customer("赵敏")
        .with("introducer_customer_id", introducer.customer.as_str())
        .create();
    let sale = app
        .sale()
        .customer(&friend)
        .line("cream", "skin", 900_00)
        .line("comb", "hair", 100_00);
    let bill = sale.ring();
    (introducer, app.issue(&friend), bill)
}

fn s14_the_introducers_reward_is_named_and_comes_back_with_a_kept_purchase(app: &TestApp) {
    let (introducer, friend, bill) = introduced(app);
    assert_eq!(app.points(&introducer), 1100);
    let returned = app.return_of(&bill).book_as_quoted();
    assert_eq!(returned.int("/points/from_introducer"), 100);
    assert!(
        returned.text("/explanation/zh").contains("介绍人因此获得的100分"),
        "{returned:#}"
    );
    assert!(
        returned.text("/explanation/en").contains("introducer's 100 points"),
        "{returned:#}"
    );
    assert_eq!(app.points(&introducer), 1000);
    let kept = app.sale_to(&friend).line("cream", "skin", 50_00).ring_as_quoted();
    assert_eq!(app.points(&introducer), 1100, "the first purchase that is kept");
    app.sale_to(&friend).line("cream", "skin", 50_00).ring_as_quoted();
    assert_eq!(app.points(&introducer), 1100, "and only it");
    let back = app.return_of(&kept).book_as_quoted();
    assert_eq!(
        (back.int("/points/from_introducer"), app.points(&introducer)),
        (100, 1000)
    );
}

fn s14_a_part_kept_keeps_the_reward(app: &TestApp) {
    let (introducer, _, bill) = introduced(app);
    let part = app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(part.int("/points/from_introducer"), 0);
    assert!(!part.text("/explanation/en").contains("introducer"), "{part:#}");
    assert_eq!(app.points(&introducer), 1100);
}

/// What is left, lot by lot: how much, and its last day.
fn lots(app: &TestApp, member: &Member) -> Vec<(i64, String)> {
    let membership = app.hq().get(&format!("/memberships/{}", member.membership)).ok();
    let lots = membership.list("/lots");
    let lot = |lot: &Value| {
        (
            lot.int("/remaining"),
            lot["valid_through"].as_str().unwrap_or("never").to_owned(),
        )
    };
    lots.iter().map(lot).collect()
}

fn expiring(app: &TestApp, expiry: Value) {
    app.configure()
        .term("expiry", expiry)
        .rule("/validity_months", 0)
        .publish();
}

fn s20_an_emptied_lot_gets_its_closing_entry_once(app: &TestApp) {
    expiring(app, json!({"kind": "per_lot", "months": 1}));
    let member = app.member("王芳");
    let reward = app.reward("bag", 1000, None, None);
    app.redeem(&member.number, &reward).created();
    app.set_now("2026-04-02 02:00");
    app.night();
    let last = app.entries(&member).pop().expect("an entry");
    assert_eq!((last.text("/kind"), last.int("/amount")), ("expire".into(), 0));
    assert!(last.text("/explanation/en").contains("2026-04-01"), "{last:#}");
    let once = app.entries(&member);
    app.night();
    app.set_now("2026-05-02 02:00");
    app.night();
    assert_eq!(app.entries(&member), once);
}

fn d_led_7_points_per_lot_end_with_their_own_date(app: &TestApp) {
    expiring(app, json!({"kind": "per_lot", "months": 12}));
    let member = app.member("王芳");
    app.set_now("2026-08-31 10:00");
    let bill = app.sale_to(&member).line("cream", "skin", 100_00).ring_as_quoted();
    assert_eq!(
        lots(app, &member),
        [(1000, "2027-03-01".into()), (100, "2027-08-31".into())]
    );
    let earned = app.entries(&member).pop().expect("an entry");
    assert_eq!(
        (earned.int("/lots/0/amount"), earned.text("/lots/0/valid_through")),
        (100, "2027-08-31".into())
    );
    app.set_now("2027-03-01 23:59:59");
    assert_eq!(app.points(&member), 1100, "through its last day");
    app.set_now("2027-03-02 00:00");
    assert_eq!(app.points(&member), 100, "no job has run");
    app.night();
    app.set_now("2027-09-01 10:00");
    app.night();
    assert_eq!((app.points(&member), lots(app, &member)), (0, Vec::new()));
    // A sale comes back after its points have gone (S13).
    let returned = app.return_of(&bill).book_as_quoted();
    assert_eq!((returned.int("/points/lapsed"), returned.int("/points/owed")), (100, 0));
    assert_eq!(app.points(&member), 0);
}

fn d_led_7_points_roll_with_the_last_activity(app: &TestApp) {
    expiring(app, json!({"kind": "rolling", "months": 6}));
    let member = app.member("王芳");
    assert_eq!(lots(app, &member), [(1000, "2026-09-01".into())]);
    app.set_now("2026-08-01 10:00");
    let mug = app.reward("mug", 300, None, None);
    app.redeem(&member.number, &mug).created();
    assert_eq!(
        lots(app, &member),
        [(700, "2027-02-01".into())],
        "an exchange is an activity"
    );
    // What comes late doesn't make it shorter.
    app.sale_to(&member)
        .at("2026-07-30 10:00")
        .line("cream", "skin", 10_00)
        .ring_as_quoted();
    assert_eq!(
        lots(app, &member),
        [(10, "2027-01-30".into()), (700, "2027-02-01".into())]
    );
    app.set_now("2026-12-31 10:00");
    app.sale_to(&member).line("cream", "skin", 20_00).ring_as_quoted();
    assert_eq!(lots(app, &member).iter().map(|lot| lot.0).sum::<i64>(), 730);
    assert!(
        lots(app, &member).iter().all(|lot| lot.1 == "2027-06-30"),
        "{:?}",
        lots(app, &member)
    );
    app.set_now("2027-07-01 02:00");
    app.night();
    assert_eq!(app.points(&member), 0);
}

fn d_led_7_points_end_on_a_fixed_day_with_grace(app: &TestApp) {
    expiring(
        app,
        json!({"kind": "fixed_day", "month": 12, "day": 31, "years": 1, "grace_days": 10}),
    );
    let member = app.member("王芳");
    app.set_now("2026-12-31 10:00");
    app.sale_to(&member).line("cream", "skin", 10_00).ring_as_quoted();
    app.set_now("2027-01-01 10:00");
    app.sale_to(&member).line("cream", "skin", 20_00).ring_as_quoted();
    let ends: Vec<String> = lots(app, &member).into_iter().map(|lot| lot.1).collect();
    assert_eq!(ends, ["2028-01-10", "2028-01-10", "2029-01-10"]);
    app.set_now("2028-01-10 23:00");
    assert_eq!(app.points(&member), 1030, "in the days of grace");
    app.set_now("2028-01-11 02:00");
    app.night();
    assert_eq!(app.points(&member), 20);
}

fn d_led_7_wrong_figures_are_told_by_field(app: &TestApp) {
    for (expiry, pointer) in [
        (json!({"kind": "per_lot", "months": 0}), "/points/expiry/months"),
        (json!({"kind": "rolling", "months": 121}), "/points/expiry/months"),
        (
            json!({"kind": "fixed_day", "month": 2, "day": 30}),
            "/points/expiry/day",
        ),
        (
            json!({"kind": "per_lot", "months": 1, "grace_days": 400}),
            "/points/expiry/grace_days",
        ),
    ] {
        let problem = app.configure().term("expiry", expiry).post();
        let problem = problem.expect_problem(422, "configuration_invalid");
        assert_eq!(problem.text("/pointer"), pointer);
    }
}
