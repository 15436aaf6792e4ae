//! Ladders on any measure and window, tiers set by hand, and the last day of a tier. Dates of the tables were worked out
//! with Python's `dateutil.relativedelta` and `zoneinfo`.

use crate::kit::*;
use cardea_domain::Zone;
use cardea_domain::ledger::Member;
use cardea_domain::measure::*;
use cardea_domain::review::{ReviewArgs, review};
use cardea_domain::rows::TierChangeKind;
use cardea_domain::sale::{AttrValue, decide_matured};
use cardea_domain::tier::*;
use serde_json::json;

fn condition(measure: &str, window: Window, threshold: i64) -> Condition {
    Condition {
        measure: measure.into(),
        window,
        threshold,
    }
}

/// VIP, and gold by these conditions.
fn two_steps(join: Join, of: Vec<Condition>) -> Ladder {
    let mut gold = step("gold", 0);
    gold.conditions = Some(Conditions { join, of });
    Ladder {
        months: 12,
        review: Review::default(),
        steps: vec![step("vip", 0), gold],
    }
}

const YEAR: Window = Window::RollingMonths { months: 12 };

#[test]
fn windows_begin_where_the_calendar_says() {
    let months = |months| Window::RollingMonths { months };
    for (window, end, since) in [
        (months(1), "2028-03-29", "2028-02-29"),
        (months(1), "2027-03-31", "2027-02-28"),
        (months(12), "2028-02-29", "2027-02-28"),
        (months(24), "2026-12-31", "2024-12-31"),
        (months(6), "2026-08-31", "2026-02-28"),
        (Window::RollingDays { days: 1 }, "2026-08-31", "2026-08-31"),
        (Window::RollingDays { days: 90 }, "2028-03-01", "2027-12-03"),
        (Window::CalendarYear, "2028-02-29", "2028-01-01"),
        (Window::CalendarYear, "2027-12-31", "2027-01-01"),
    ] {
        assert_eq!(window.since(day(end)), Some(day(since)), "{window:?} {end}");
    }
    assert_eq!(Window::SinceEnrolment.since(day("2026-08-31")), None);
}

#[test]
fn a_tier_lasts_to_the_day_that_the_calendar_says() {
    let reached_and_reviewed = |ladder: &Ladder, on: &str| {
        let mut member = Member::opened(&membership(1));
        member.figures.count(PAID, day(on), 600_000);
        decide_matured(&mut member, ladder, (day(on), at("2024-01-01T00:00:00Z")), 2);
        let until = member.tier_until.unwrap();
        let args = |today| ReviewArgs {
            since: None,
            today,
            now: at("2024-01-01T00:00:00Z"),
            minor_units: 2,
        };
        let kept = review(&mut member.clone(), ladder, args(until)).tier_changes.is_empty();
        let fell = review(&mut member, ladder, args(until.plus_days(1).unwrap())).tier_changes;
        assert!(kept && fell[0].kind == TierChangeKind::Downgrade, "{on}: {until}");
        until.to_string()
    };
    for (months, reached, last) in [
        (12, "2028-02-29", "2029-02-28"),
        (12, "2026-08-31", "2027-08-31"),
        (1, "2027-01-31", "2027-02-28"),
        (1, "2028-01-31", "2028-02-29"),
        (6, "2026-08-31", "2027-02-28"),
        (24, "2024-02-29", "2026-02-28"),
    ] {
        let mut ladder = ladder();
        ladder.months = months;
        assert_eq!(reached_and_reviewed(&ladder, reached), last);
    }
    let mut ladder = ladder();
    ladder.review.ends = Ends::YearEnd;
    for (reached, last) in [
        ("2026-06-15", "2027-12-31"),
        ("2027-12-31", "2028-12-31"),
        ("2028-01-01", "2029-12-31"),
    ] {
        assert_eq!(reached_and_reviewed(&ladder, reached), last);
    }
}

#[test]
fn an_instant_is_a_day_in_the_stores_zone() {
    for (zone, instant, of) in [
        ("Asia/Shanghai", "2027-03-01T15:59:59Z", "2027-03-01"),
        ("Asia/Shanghai", "2027-03-01T16:00:00Z", "2027-03-02"),
        ("America/New_York", "2027-03-14T03:59:59Z", "2027-03-13"),
        ("America/New_York", "2027-11-07T03:59:59Z", "2027-11-06"),
        ("Europe/Paris", "2027-03-27T23:00:00Z", "2027-03-28"),
    ] {
        assert_eq!(
            zone.parse::<Zone>().unwrap().day_of(at(instant)),
            day(of),
            "{zone} {instant}"
        );
    }
}

#[test]
fn a_calendar_year_is_judged_when_it_is_over() {
    let mut ladder = two_steps(Join::All, vec![condition(PAID, Window::CalendarYear, 500_000)]);
    ladder.review.ends = Ends::YearEnd;
    let mut member = Member::opened(&membership(1));
    for (of, amount) in [
        ("2026-06-15", 500_000),
        ("2027-12-31", 500_000),
        ("2028-12-31", 499_999),
    ] {
        member.figures.count(PAID, day(of), amount);
    }
    (member.tier, member.tier_until) = ("gold".into(), Some(day("2027-12-31")));
    let args = ReviewArgs {
        since: None,
        today: day("2029-01-01"),
        now: at("2029-01-01T00:00:00Z"),
        minor_units: 2,
    };
    let told: Vec<_> = review(&mut member, &ladder, args)
        .tier_changes
        .iter()
        .map(|c| (c.kind, c.day, c.figure, c.since, c.valid_through))
        .collect();
    use TierChangeKind::{Downgrade, Kept};
    assert_eq!(
        told,
        [
            (
                Kept,
                day("2028-01-01"),
                500_000,
                day("2027-01-01"),
                Some(day("2028-12-31"))
            ),
            (Downgrade, day("2029-01-01"), 499_999, day("2028-01-01"), None),
        ]
    );
}

#[test]
fn all_or_any_of_several_conditions() {
    let of = vec![
        condition(PAID, YEAR, 500_000),
        condition("nights", Window::SinceEnrolment, 10),
    ];
    let mut figures = Figures::default();
    figures.count(PAID, day("2026-01-01"), 500_000);
    figures.count("nights", day("2020-01-01"), 9);
    let tier = |join, figures: &Figures| {
        let ladder = two_steps(join, of.clone());
        ladder.step_for(figures, day("2026-06-15")).unwrap().id.clone()
    };
    assert_eq!(
        (tier(Join::All, &figures), tier(Join::Any, &figures)),
        ("vip".into(), "gold".into())
    );
    figures.count("nights", day("2026-06-15"), 1);
    assert_eq!(tier(Join::All, &figures), "gold");
    figures.count(PAID, day("2026-01-01"), -1);
    assert_eq!(
        (tier(Join::All, &figures), tier(Join::Any, &figures)),
        ("vip".into(), "gold".into())
    );
}

#[test]
fn every_condition_is_recorded_with_its_figure() {
    let of = vec![
        condition(VISITS, YEAR, 2),
        condition("nights", Window::SinceEnrolment, 3),
    ];
    let mut shop = Shop::new();
    shop.context.ladder = two_steps(Join::All, of);
    for _ in 0..2 {
        let mut stay = bill(&[10_000], 0);
        stay.lines[0].attributes = vec![("nights".into(), AttrValue::Integer(2))];
        shop.sell_at(stay, &[1]);
    }
    let change = &shop.last().tier_changes[0];
    let figures: Vec<_> = change
        .measured
        .of
        .iter()
        .map(|f| (f.measure.as_str(), f.figure, f.threshold))
        .collect();
    assert_eq!(figures, [("visits", 2, 2), ("nights", 4, 3)]);
    assert_eq!(
        change.explanation.zh,
        "2025-06-15至2026-06-15消费2次，达到2；入会以来入住4晚，达到3，升为gold卡，下一笔起生效。"
    );
    assert_eq!(
        change.explanation.en,
        "2 purchases from 2025-06-15 to 2026-06-15 reach 2; 4 nights since enrolment reach 3: gold from the next sale on."
    );
    let back = shop.take_back(1, &[]);
    assert_eq!(
        back.tier.unwrap().id,
        "vip",
        "a visit of which nothing is kept is none, nor are its nights"
    );
    assert_eq!(shop.member.figures.until("nights", day("2026-06-15")), 2);
}

#[test]
fn points_count_from_the_day_on_which_they_can_be_spent() {
    let mut shop = Shop::new();
    shop.context.ladder = two_steps(Join::All, vec![condition(POINTS, YEAR, 100)]);
    shop.context.terms.maturing_days = 7;
    shop.sell_at(bill(&[10_000, 5_000], 0), &[1, 1]);
    shop.take_back(0, &[(2, 1000)]);
    let raise = |shop: &Shop, on: &str| {
        let mut member = shop.member.clone();
        decide_matured(&mut member, &shop.context.ladder, (day(on), shop.context.now), 2);
        member.tier
    };
    assert_eq!(shop.member.tier, "vip");
    assert_eq!(raise(&shop, "2026-06-22"), "vip", "the last day of the return window");
    assert_eq!(raise(&shop, "2026-06-23"), "gold", "150 less the 50 that came back");
    shop.take_back(0, &[]);
    assert_eq!(raise(&shop, "2026-06-23"), "vip");
}

#[test]
fn a_tier_set_by_hand_hides_no_figures() {
    let mut shop = Shop::new();
    let args = ManualArgs {
        staff: None,
        reason: TierReason::StatusMatch,
        today: day("2026-06-15"),
        now: shop.context.now,
    };
    let ladder = ladder();
    for (tier, until) in [
        ("vip", "2026-12-31"),
        ("ruby", "2026-12-31"),
        ("silver", "2026-06-14"),
        ("silver", "2028-06-16"),
    ] {
        decide_manual(&mut shop.member, &ladder, (tier, day(until)), args).unwrap_err();
    }
    assert_eq!((shop.member.tier.as_str(), &shop.member.below), ("vip", &None));
    decide_manual(&mut shop.member, &ladder, ("gold", day("2028-06-15")), args).unwrap();
    assert_eq!((shop.member.tier.as_str(), shop.member.own_tier()), ("gold", "vip"));
    shop.sell_at(bill(&[500_000], 0), &[1]);
    assert_eq!((shop.member.tier.as_str(), shop.member.own_tier()), ("gold", "silver"));
    let change = &shop.last().tier_changes[0];
    assert_eq!((change.from.as_str(), change.to.as_str()), ("gold", "gold"));
    assert_eq!(change.own, Some(("vip".into(), "silver".into())));
    let ended = |member: &Member, today: &str| {
        let (mut member, args) = (
            member.clone(),
            ReviewArgs {
                since: None,
                today: day(today),
                now: shop.context.now,
                minor_units: 2,
            },
        );
        let kinds: Vec<_> = review(&mut member, &ladder, args)
            .tier_changes
            .iter()
            .map(|c| c.kind)
            .collect();
        (member.tier, kinds)
    };
    use TierChangeKind::{Downgrade, ManualEnded};
    assert_eq!(ended(&shop.member, "2027-06-15"), ("gold".into(), vec![]));
    assert_eq!(
        ended(&shop.member, "2027-06-16"),
        ("gold".into(), vec![Downgrade]),
        "the review below it"
    );
    assert_eq!(
        ended(&shop.member, "2028-06-16"),
        ("vip".into(), vec![Downgrade, ManualEnded])
    );
    let mut revoked = shop.member.clone();
    decide_revoke(&mut revoked, &ladder, args).unwrap();
    assert_eq!(
        (revoked.tier.as_str(), revoked.tier_until),
        ("silver", Some(day("2027-06-15")))
    );
    decide_revoke(&mut revoked, &ladder, args).unwrap_err();
    // An upgrade as high takes its place.
    shop.sell_at(bill(&[1_500_000], 0), &[1]);
    assert_eq!((shop.member.tier.as_str(), &shop.member.below), ("gold", &None));
    assert_eq!(shop.member.tier_until, Some(day("2027-06-15")));
}

#[test]
fn a_return_undoes_what_stood_below_a_tier_set_by_hand() {
    let mut undone = Shop::new();
    let args = ManualArgs {
        staff: None,
        reason: TierReason::Correction,
        today: day("2026-06-15"),
        now: undone.context.now,
    };
    let ladder = ladder();
    decide_manual(&mut undone.member, &ladder, ("gold", day("2028-06-15")), args).unwrap();
    undone.sell_at(bill(&[500_000], 0), &[1]);
    undone.take_back(0, &[]);
    assert_eq!((undone.member.tier.as_str(), undone.member.own_tier()), ("gold", "vip"));
}

#[test]
fn a_ladder_from_before_conditions_reads_as_it_did() {
    let old = json!({"months": 12, "steps": [
        {"id": "vip", "name": {"zh": "会员", "en": "VIP"}, "threshold": 0, "multiplier": 1_000_000},
        {"id": "gold", "name": {"zh": "金卡", "en": "Gold"}, "threshold": 500_000, "multiplier": 1_500_000},
    ]});
    let ladder: Ladder = serde_json::from_value(old).unwrap();
    assert!(ladder.validate().is_empty());
    let mut figures = Figures::default();
    figures.count(PAID, day("2025-06-15"), 500_000);
    for (today, tier) in [("2026-06-15", "gold"), ("2026-06-16", "vip")] {
        assert_eq!(ladder.step_for(&figures, day(today)).unwrap().id, tier);
    }
    let again: Ladder = serde_json::from_value(serde_json::to_value(&ladder).unwrap()).unwrap();
    assert_eq!(again, ladder);
}

#[test]
fn wrong_conditions_are_told_field_by_field() {
    let wrong = |of: Vec<Condition>| {
        let ladder = two_steps(Join::All, of);
        ladder
            .validate()
            .into_iter()
            .map(|error| error.pointer)
            .collect::<Vec<_>>()
    };
    let good = condition("nights", YEAR, 10);
    assert_eq!(wrong(vec![good.clone()]), [""; 0]);
    assert_eq!(wrong(vec![]), ["/steps/1/conditions/of"]);
    assert_eq!(wrong(vec![good.clone(), good]), ["/steps/1/conditions/of/1/measure"]);
    assert_eq!(
        wrong(vec![condition("smiles", Window::RollingDays { days: 0 }, 0)]),
        [
            "/steps/1/conditions/of/0/measure",
            "/steps/1/conditions/of/0/window/days",
            "/steps/1/conditions/of/0/threshold",
        ]
    );
    let mut ladder = ladder();
    ladder.steps[2].threshold = 0;
    ladder.steps[2].conditions = Some(Conditions {
        join: Join::All,
        of: vec![condition(PAID, YEAR, 499_999)],
    });
    ladder.steps[0].conditions = Some(Conditions::default());
    let pointers: Vec<_> = ladder.validate().into_iter().map(|error| error.pointer).collect();
    assert_eq!(pointers, ["/steps/0/conditions", "/steps/2/conditions/of/0/threshold"]);
}
