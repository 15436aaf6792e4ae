use crate::kit::*;
use cardea_domain::ledger::Member;
use cardea_domain::measure::{Figures, PAID, Window};
use cardea_domain::money::LIMIT;
use cardea_domain::review::{ReviewArgs, review};
use cardea_domain::rows::{Rows, TierChangeKind};
use cardea_domain::tier::Ladder;

/// What was paid, by day.
fn paid(by_day: &[(&str, i64)]) -> Figures {
    let mut figures = Figures::default();
    by_day
        .iter()
        .for_each(|(of, amount)| figures.count(PAID, day(of), *amount));
    figures
}

#[test]
fn a_threshold_is_reached_at_it() {
    let ladder = ladder();
    let cases = [
        (-1, "vip"),
        (0, "vip"),
        (499_999, "vip"),
        (500_000, "silver"),
        (1_999_999, "silver"),
        (2_000_000, "gold"),
    ];
    let today = day("2026-06-15");
    for (amount, expected) in cases {
        let figures = paid(&[("2026-06-15", amount)]);
        assert_eq!(ladder.step_for(&figures, today).unwrap().id, expected, "{amount}");
    }
    assert_eq!(Ladder::default().step_for(&Figures::default(), today), None);
}

#[test]
fn the_next_step_says_what_is_missing() {
    let ladder = ladder();
    let missing = |tier: &str, amount| {
        let (figures, today) = (paid(&[("2026-06-15", amount)]), day("2026-06-15"));
        ladder
            .next_step(tier, &figures, today)
            .map(|next| (next.id, next.missing_paid))
    };
    assert_eq!(missing("vip", 499_999), Some(("silver".into(), 1)));
    assert_eq!(missing("silver", 500_000), Some(("gold".into(), 1_500_000)));
    assert_eq!(missing("silver", 2_500_000), Some(("gold".into(), 0)));
    assert_eq!(missing("gold", 0), None);
}

#[test]
fn the_window_includes_the_same_day_months_earlier() {
    let figures = paid(&[
        ("2025-06-14", 1),
        ("2025-06-15", 10),
        ("2026-06-15", 100),
        ("2026-06-16", 1000),
    ]);
    let (year, end) = (Window::RollingMonths { months: 12 }, day("2026-06-15"));
    assert_eq!(figures.of(PAID, year, end), 110);
    assert_eq!(figures.of(PAID, Window::SinceEnrolment, end), 111);
    let much = paid(&[("2026-06-14", LIMIT), ("2026-06-15", LIMIT)]);
    assert_eq!(much.of(PAID, year, end), LIMIT);
}

#[test]
fn a_wrong_ladder_is_told_field_by_field() {
    let check = |change: fn(&mut Ladder)| {
        let mut ladder = ladder();
        change(&mut ladder);
        ladder
            .validate()
            .into_iter()
            .map(|error| error.pointer)
            .collect::<Vec<_>>()
    };
    assert_eq!(check(|_| {}), [""; 0]);
    assert_eq!(check(|l| l.months = 0), ["/months"]);
    assert_eq!(check(|l| l.steps.clear()), ["/steps"]);
    assert_eq!(check(|l| l.steps[0].threshold = 1), ["/steps/0/threshold"]);
    assert_eq!(check(|l| l.steps[2].threshold = 500_000), ["/steps/2/threshold"]);
    assert_eq!(check(|l| l.steps[2].id = "silver".into()), ["/steps/2/id"]);
    assert_eq!(check(|l| l.steps[1].id = "Silver!".into()), ["/steps/1/id"]);
    assert_eq!(check(|l| l.steps[1].name.zh.clear()), ["/steps/1/name"]);
    assert_eq!(check(|l| l.steps[1].multiplier = -1), ["/steps/1/multiplier"]);
}

#[test]
fn an_upgrade_takes_effect_from_the_next_sale() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[499_999], 0), &[1]);
    assert_eq!(shop.member.tier, "vip", "one cent short");
    let answer = shop.sell_at(bill(&[1], 0), &[1]);
    assert_eq!(
        answer.tier.unwrap().id,
        "vip",
        "the sale that crosses it earns at the old tier"
    );
    assert_eq!(answer.tier_next.unwrap().id, "silver");
    let change = &shop.last().tier_changes[0];
    assert_eq!(
        (change.kind, &change.from[..], &change.to[..]),
        (TierChangeKind::Upgrade, "vip", "silver")
    );
    assert_eq!((change.figure, change.threshold), (500_000, 500_000));
    assert_eq!(
        change.explanation.en,
        "5000.00 paid from 2025-06-15 to 2026-06-15 reach 5000.00: silver from the next sale on."
    );
    assert_eq!(shop.last().membership_updates[0].tier, "silver");
    let next = shop.sell_at(bill(&[100], 0), &[1]);
    assert_eq!((next.tier.unwrap().id, next.tier_next), ("silver".into(), None));
}

#[test]
fn what_is_paid_in_points_reaches_no_tier() {
    let mut shop = Shop::new();
    shop.gift(1000, Default::default());
    shop.sell_at(bill(&[500_000], 1000), &[1]);
    assert_eq!(shop.member.tier, "vip");
}

#[test]
fn a_sale_that_comes_late_counts_beside_what_was_bought_since() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[499_000], 0), &[1]);
    let mut late = shop.sale_args(bill(&[1_000], 0));
    late.occurred_at = shop.context.now.plus_days(-3);
    late.key.business_date = day("2026-06-12");
    let (rows, _) =
        cardea_domain::sale::decide_sale(Some(&mut shop.member), None, &late, None, &shop.context, &mut shop.ids)
            .unwrap();
    assert_eq!(
        (rows.tier_changes[0].to.as_str(), rows.tier_changes[0].day),
        ("silver", day("2026-06-15"))
    );
}

#[test]
fn a_return_undoes_the_tier_it_caused() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[400_000], 0), &[1]);
    shop.sell_at(bill(&[60_000, 40_000], 0), &[1, 1]);
    assert_eq!(shop.member.tier, "silver");
    shop.pass_days(3);
    let answer = shop.take_back(1, &[(2, 1000)]);
    assert_eq!(
        (answer.tier_before.unwrap().id, answer.tier.unwrap().id),
        ("silver".into(), "vip".into())
    );
    let change = &shop.last().tier_changes[0];
    assert_eq!(
        (change.kind, change.figure, change.day),
        (TierChangeKind::Undone, 460_000, day("2026-06-15"))
    );
    assert_eq!(
        shop.last().measures[0].day,
        day("2026-06-15"),
        "corrected on the day of the sale"
    );
    // A new purchase brings it back.
    shop.sell_at(bill(&[40_000], 0), &[1]);
    assert_eq!(shop.member.tier, "silver");
}

#[test]
fn a_return_that_leaves_the_threshold_reached_leaves_the_tier() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[500_000, 1], 0), &[1, 1]);
    let answer = shop.take_back(0, &[(2, 1000)]);
    assert_eq!(
        (answer.tier_before, shop.member.tier.as_str()),
        (None, "silver"),
        "at the threshold"
    );
}

#[test]
fn of_two_steps_only_the_lost_one_is_undone() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[500_000, 1_500_000], 0), &[1, 1]);
    assert_eq!(shop.member.tier, "gold");
    shop.take_back(0, &[(2, 1000)]);
    assert_eq!(shop.member.tier, "silver");
    shop.take_back(0, &[]);
    assert_eq!(shop.member.tier, "vip");
}

#[test]
fn a_step_that_stood_on_the_returned_purchase_falls_with_it() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[1_900_000], 0), &[1]);
    shop.pass_days(30);
    shop.sell_at(bill(&[100_000], 0), &[1]);
    assert_eq!(shop.member.tier, "gold");
    shop.take_back(0, &[]);
    assert_eq!(
        shop.member.tier, "vip",
        "silver came of the first purchase too, not only gold"
    );
}

#[test]
fn a_later_threshold_undoes_nothing() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[500_000, 100], 0), &[1, 1]);
    shop.context.ladder.steps[1].threshold = 600_000;
    shop.context.ladder.months = 1;
    shop.take_back(0, &[(2, 1000)]);
    assert_eq!(
        shop.member.tier, "silver",
        "what was reached was reached under the ladder of its day"
    );
}

#[test]
fn a_review_looks_at_each_period_that_is_over() {
    let mut member = Member::opened(&membership(1));
    member.tier = "gold".into();
    member.figures.count(PAID, day("2026-03-01"), 2_000_000);
    member.figures.count(PAID, day("2028-02-01"), 600_000);
    let args = |today: &str| ReviewArgs {
        since: Some(day("2026-03-01")),
        today: day(today),
        now: at("2029-06-01T00:00:00Z"),
        minor_units: 2,
    };
    assert_eq!(
        review(&mut member, &ladder(), args("2027-03-01")),
        Rows::default(),
        "its last day"
    );
    let rows = review(&mut member, &ladder(), args("2029-03-10"));
    let told: Vec<_> = rows
        .tier_changes
        .iter()
        .map(|c| (c.kind, c.to.as_str(), c.day))
        .collect();
    use TierChangeKind::{Downgrade, Kept};
    assert_eq!(
        told,
        [
            (Downgrade, "silver", day("2027-03-02")),
            (Kept, "silver", day("2028-03-03")),
            (Downgrade, "vip", day("2029-03-04")),
        ]
    );
    assert_eq!((member.tier.as_str(), rows.membership_updates.len()), ("vip", 1));
}

#[test]
fn a_tier_that_the_ladder_no_longer_has_goes_to_where_the_figures_say() {
    let mut member = Member::opened(&membership(1));
    member.tier = "platinum".into();
    member.figures.count(PAID, day("2027-01-01"), 700_000);
    let args = ReviewArgs {
        since: Some(day("2026-03-01")),
        today: day("2027-03-02"),
        now: at("2027-03-02T00:00:00Z"),
        minor_units: 2,
    };
    let rows = review(&mut member, &ladder(), args);
    assert_eq!((member.tier.as_str(), rows.tier_changes.len()), ("silver", 1));
}
