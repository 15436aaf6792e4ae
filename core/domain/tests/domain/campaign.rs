use crate::kit::{at, bonus, contribution, day};
use cardea_domain::Text;
use cardea_domain::calendar::{Day, Zone};
use cardea_domain::campaign::{CampaignEffect, CampaignRules, CoveredLine, Offer, Usage, Window, judge};
use cardea_domain::id::CampaignId;
use cardea_domain::sale::{Beneficiary, Condition, Outcome};
use uuid::Uuid;

fn window(start: &str, duration: &str, rule: &str) -> Window {
    let rule = if rule.is_empty() {
        String::new()
    } else {
        format!("\nRRULE:{rule}")
    };
    format!("DTSTART:{start}\nDURATION:{duration}{rule}").parse().unwrap()
}

/// Days that python-dateutil 2.9.0 (`rrulestr`) computed.
const COMPUTED: [(&str, &str, &str); 22] = [
    (
        "20261106T180000",
        "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261231T235959",
        "2026-11-06 2026-11-13 2026-11-20 2026-11-27 2026-12-04 2026-12-11 2026-12-18 2026-12-25",
    ),
    (
        "20260101T000000",
        "FREQ=DAILY;INTERVAL=10;COUNT=6",
        "2026-01-01 2026-01-11 2026-01-21 2026-01-31 2026-02-10 2026-02-20",
    ),
    (
        "20260131T000000",
        "FREQ=MONTHLY;COUNT=6",
        "2026-01-31 2026-03-31 2026-05-31 2026-07-31 2026-08-31 2026-10-31",
    ),
    (
        "20260101T000000",
        "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=5",
        "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31",
    ),
    (
        "20260101T000000",
        "FREQ=MONTHLY;BYMONTHDAY=8,18,28;COUNT=7",
        "2026-01-08 2026-01-18 2026-01-28 2026-02-08 2026-02-18 2026-02-28 2026-03-08",
    ),
    (
        "20260101T000000",
        "FREQ=MONTHLY;BYDAY=2FR,-1SU;COUNT=6",
        "2026-01-09 2026-01-25 2026-02-13 2026-02-22 2026-03-13 2026-03-29",
    ),
    (
        "20260101T000000",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=4",
        "2026-02-13 2026-03-13 2026-11-13 2027-08-13",
    ),
    (
        "20240229T000000",
        "FREQ=YEARLY;COUNT=3",
        "2024-02-29 2028-02-29 2032-02-29",
    ),
    (
        "20260520T000000",
        "FREQ=YEARLY;COUNT=3",
        "2026-05-20 2027-05-20 2028-05-20",
    ),
    (
        "20260101T000000",
        "FREQ=YEARLY;BYMONTH=5,11;BYMONTHDAY=11;COUNT=4",
        "2026-05-11 2026-11-11 2027-05-11 2027-11-11",
    ),
    (
        "20260101T000000",
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3",
        "2026-11-26 2027-11-25 2028-11-23",
    ),
    (
        "20260115T000000",
        "FREQ=YEARLY;BYMONTH=3,9;COUNT=4",
        "2026-03-15 2026-09-15 2027-03-15 2027-09-15",
    ),
    (
        "20260102T000000",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=7",
        "2026-01-02 2026-01-12 2026-01-16 2026-01-26 2026-01-30 2026-02-09 2026-02-13",
    ),
    (
        "20260107T000000",
        "FREQ=WEEKLY;INTERVAL=3;COUNT=4",
        "2026-01-07 2026-01-28 2026-02-18 2026-03-11",
    ),
    (
        "20260101T000000",
        "FREQ=DAILY;BYMONTH=2;BYDAY=SA,SU;COUNT=5",
        "2026-02-01 2026-02-07 2026-02-08 2026-02-14 2026-02-15",
    ),
    (
        "20260101T000000",
        "FREQ=WEEKLY;BYMONTH=6,12;BYDAY=TU;COUNT=6",
        "2026-06-02 2026-06-09 2026-06-16 2026-06-23 2026-06-30 2026-12-01",
    ),
    (
        "20260130T000000",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=5",
        "2026-01-30 2026-03-30 2026-05-30 2026-07-30 2026-09-30",
    ),
    (
        "20260101T000000",
        "FREQ=YEARLY;BYMONTHDAY=31;COUNT=8",
        "2026-01-31 2026-03-31 2026-05-31 2026-07-31 2026-08-31 2026-10-31 2026-12-31 2027-01-31",
    ),
    (
        "20260101T000000",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=-1;COUNT=3",
        "2026-02-28 2028-02-29 2030-02-28",
    ),
    (
        "20260101T000000",
        "FREQ=DAILY;BYMONTHDAY=1,-1;COUNT=5",
        "2026-01-01 2026-01-31 2026-02-01 2026-02-28 2026-03-01",
    ),
    (
        "20260101T000000",
        "FREQ=YEARLY;BYMONTH=1;BYDAY=MO;COUNT=6",
        "2026-01-05 2026-01-12 2026-01-19 2026-01-26 2027-01-04 2027-01-11",
    ),
    (
        "20260301T000000",
        "FREQ=MONTHLY;BYDAY=5MO;COUNT=4",
        "2026-03-30 2026-06-29 2026-08-31 2026-11-30",
    ),
];

#[test]
fn rules_recur_on_the_days_that_another_program_computes() {
    for (start, rule, days) in COMPUTED {
        let days: Vec<Day> = days.split(' ').map(day).collect();
        let window = window(start, "PT1H", rule);
        assert_eq!(window.days(8), days, "{rule}");
        let last = days.last().copied();
        let until = rule.contains("UNTIL").then(|| day("2026-12-31"));
        assert_eq!(window.ends_on(), until.or(last), "{rule}");
    }
}

#[test]
fn windows_are_written_as_they_are_read() {
    for text in [
        "DTSTART:20261106T180000\nDURATION:PT4H\nRRULE:FREQ=WEEKLY;BYDAY=FR;UNTIL=20261231",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=MONTHLY;INTERVAL=2;BYMONTH=1,3;BYMONTHDAY=1,-1;BYDAY=MO;COUNT=3",
        "DTSTART:20260101T093000\nDURATION:P2DT1H30M",
    ] {
        let window: Window = text.parse().unwrap();
        assert_eq!(window.to_string(), text);
        let json = serde_json::to_string(&window).unwrap();
        assert_eq!(serde_json::from_str::<Window>(&json).unwrap(), window);
    }
    for wrong in [
        "",
        "DTSTART:20260101T000000",
        "DTSTART:20260101T000000Z\nDURATION:P1D",
        "DTSTART:20260101T240000\nDURATION:P1D",
        "DTSTART:20260230T000000\nDURATION:P1D",
        "DTSTART:20260101T000000\nDURATION:P0D",
        "DTSTART:20260101T000000\nDURATION:P32D\nRRULE:FREQ=YEARLY",
        "DTSTART:20260101T000000\nDURATION:1D",
        "DTSTART:20260101T000000\nDURATION:P1D\nDTEND:20260102T000000",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:BYDAY=MO",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=HOURLY",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=WEEKLY;BYDAY=2FR",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=WEEKLY;BYMONTHDAY=3",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=YEARLY;BYDAY=MO",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=2;UNTIL=20260301",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=0",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=MONTHLY;BYMONTHDAY=32",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=DAILY;FREQ=DAILY",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=DAILY;WKST=SU",
    ] {
        assert!(wrong.parse::<Window>().is_err(), "{wrong:?}");
    }
}

#[test]
fn a_window_is_read_off_the_wall_when_the_clock_is_set() {
    let open = |zone: &str, start: &str, duration: &str, instants: &[(&str, bool)]| {
        let zone: Zone = zone.parse().unwrap();
        let window = window(start, duration, "FREQ=DAILY");
        for (instant, expected) in instants {
            assert_eq!(
                window.contains(at(instant), zone),
                *expected,
                "{start} {duration} at {instant}"
            );
        }
    };
    // 2026-03-29 in Berlin: 02:00 is followed by 03:00.
    open(
        "Europe/Berlin",
        "20260101T023000",
        "PT1H",
        &[
            ("2026-03-28T01:30:00Z", true),
            ("2026-03-28T02:30:00Z", false),
            ("2026-03-29T00:59:59Z", false),
            ("2026-03-29T01:00:00Z", true),
            ("2026-03-29T01:29:59Z", true),
            ("2026-03-29T01:30:00Z", false),
        ],
    );
    // 2026-10-25 in Berlin: 02:00–03:00 comes twice; a day has 25 hours.
    open(
        "Europe/Berlin",
        "20260101T023000",
        "PT1H",
        &[
            ("2026-10-25T00:30:00Z", true),
            ("2026-10-25T01:59:59Z", true),
            ("2026-10-25T02:29:59Z", true),
            ("2026-10-25T02:30:00Z", false),
        ],
    );
    open(
        "Europe/Berlin",
        "20260101T180000",
        "PT4H",
        &[
            ("2026-03-29T15:59:59Z", false),
            ("2026-03-29T16:00:00Z", true),
            ("2026-10-25T17:00:00Z", true),
            ("2026-10-25T20:59:59Z", true),
            ("2026-10-25T21:00:00Z", false),
        ],
    );
    // Over midnight.
    open(
        "Asia/Shanghai",
        "20260101T220000",
        "PT4H",
        &[
            ("2026-03-01T13:59:59Z", false),
            ("2026-03-01T14:00:00Z", true),
            ("2026-03-01T17:59:59Z", true),
            ("2026-03-01T18:00:00Z", false),
        ],
    );
}

#[test]
fn a_window_of_several_days_is_open_throughout() {
    let shanghai: Zone = "Asia/Shanghai".parse().unwrap();
    let once = window("20261111T000000", "P3D", "");
    for (instant, expected) in [
        ("2026-11-10T15:59:59Z", false),
        ("2026-11-10T16:00:00Z", true),
        ("2026-11-13T15:59:59Z", true),
        ("2026-11-13T16:00:00Z", false),
    ] {
        assert_eq!(once.contains(at(instant), shanghai), expected, "{instant}");
    }
    assert_eq!(
        (once.starts_on(), once.ends_on()),
        (day("2026-11-11"), Some(day("2026-11-13")))
    );
}

type Said = (&'static str, &'static str, &'static str, &'static str, &'static str);

const SAID: [Said; 10] = [
    (
        "20261106T180000",
        "PT4H",
        "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261231T235959",
        "每周五 18:00–22:00，至 2026-12-31",
        "Every Friday 18:00–22:00, until 2026-12-31",
    ),
    (
        "20261106T000000",
        "P1D",
        "FREQ=WEEKLY;BYDAY=SA,SU",
        "每周六、日",
        "Every Saturday, Sunday",
    ),
    (
        "20261106T220000",
        "PT4H",
        "FREQ=DAILY;COUNT=10",
        "每天 22:00–次日 02:00，共 10 次",
        "Every day 22:00–02:00 the next day, 10 times",
    ),
    (
        "20261101T000000",
        "P1D",
        "FREQ=MONTHLY;BYMONTHDAY=8,-1",
        "每月8日、最后一天",
        "Every month on day 8, the last day",
    ),
    (
        "20261101T180000",
        "PT6H",
        "FREQ=MONTHLY;BYDAY=2FR",
        "每月的第 2 个周五 18:00–24:00",
        "Every month on the second Friday 18:00–24:00",
    ),
    (
        "20260520T000000",
        "P1D",
        "FREQ=YEARLY",
        "每年5月20日",
        "Every year in May on day 20",
    ),
    (
        "20260101T000000",
        "P1D",
        "FREQ=WEEKLY;INTERVAL=2;BYMONTH=6;BYDAY=TU",
        "6月每 2 周的周二",
        "Every 2 weeks on Tuesday in June",
    ),
    (
        "20261111T000000",
        "P3D",
        "",
        "2026-11-11 至 2026-11-13",
        "2026-11-11 to 2026-11-13",
    ),
    (
        "20261111T180000",
        "PT4H",
        "",
        "2026-11-11 18:00–22:00",
        "2026-11-11 18:00–22:00",
    ),
    (
        "20261111T180000",
        "P1DT6H",
        "",
        "2026-11-11 18:00 至 2026-11-12 24:00",
        "2026-11-11 18:00 to 2026-11-12 24:00",
    ),
];

#[test]
fn windows_are_said_in_both_languages() {
    for (start, duration, rule, zh, en) in SAID {
        let text = window(start, duration, rule).text();
        assert_eq!((text.zh.as_str(), text.en.as_str()), (zh, en), "{rule}");
    }
}

fn offer(code: &str, effect: CampaignEffect, amount: i64, change: impl FnOnce(&mut CampaignRules)) -> Offer {
    let mut rules = CampaignRules {
        effect,
        amount,
        ..CampaignRules::default()
    };
    change(&mut rules);
    Offer {
        id: CampaignId(Uuid::from_u128(code.bytes().map(u128::from).sum())),
        code: code.to_owned(),
        name: Text::new(code, code),
        version: 1,
        rules,
    }
}

fn lines() -> [CoveredLine<'static>; 2] {
    let line = |number, category| CoveredLine {
        number,
        sku: "x",
        category,
        quantity: 2500,
        counted: 1_000,
    };
    [line(1, "skin"), line(2, "hair")]
}

/// Ten points and half a point.
fn outcome() -> Outcome {
    Outcome {
        contributions: vec![contribution(1, 10_000_000), contribution(2, 500_000)],
        bonuses: vec![bonus("plugin", 7_000_000, Condition::Always, Beneficiary::Member)],
    }
}

/// Of two lines, of bonuses by name, and what each campaign gave and let off.
type Sums = (i64, i64, Vec<(String, i64)>, Vec<(i64, i64)>);

/// What offers add, by line, and their bonuses.
fn added(offers: &[&Offer], usage: Usage) -> Sums {
    let judged = judge(&outcome(), &lines(), offers, |_| usage);
    let of_line = |line| {
        let contributions = judged
            .outcome
            .contributions
            .iter()
            .skip(2)
            .filter(|added| added.line == line);
        contributions.map(|added| added.points).sum()
    };
    let bonuses = judged
        .outcome
        .bonuses
        .iter()
        .skip(1)
        .map(|bonus| (bonus.id.clone(), bonus.points));
    let uses = judged.uses.iter().map(|used| (used.points, used.let_off));
    (of_line(1), of_line(2), bonuses.collect(), uses.collect())
}

#[test]
fn campaigns_add_to_covered_lines_and_count_whole_points() {
    let double = offer("double", CampaignEffect::Multiplier, 2_000_000, |_| {});
    assert_eq!(
        added(&[&double], Usage::default()),
        (10_000_000, 500_000, vec![], vec![(11, 0)]),
        "a begun point counts"
    );
    let skin = offer("skin", CampaignEffect::Multiplier, 3_000_000, |rules| {
        rules.categories.push("skin".into())
    });
    let both = added(&[&double, &skin], Usage::default());
    assert_eq!((both.0, both.1), (50_000_000, 500_000), "10 × 2 × 3");
    let pieces = offer("piece", CampaignEffect::PerPiece, 5, |_| {});
    assert_eq!(
        added(&[&pieces], Usage::default()).0,
        10_000_000,
        "two whole pieces of 2.5"
    );
    let bill = offer("bill", CampaignEffect::PerBill, 50, |rules| rules.minimum_paid = 2_001);
    assert_eq!(
        added(&[&bill], Usage::default()),
        (0, 0, vec![], vec![]),
        "too little is paid"
    );
    let alone = offer("alone", CampaignEffect::PerBill, 50, |rules| {
        (rules.exclusive, rules.priority) = (true, 1)
    });
    assert_eq!(
        added(&[&double, &alone, &skin], Usage::default()),
        (0, 0, vec![("campaign.alone".to_owned(), 50_000_000)], vec![(50, 0)])
    );
    let later = offer("later", CampaignEffect::PerBill, 50, |rules| rules.exclusive = true);
    let first = offer("first", CampaignEffect::Multiplier, 2_000_000, |rules| {
        rules.priority = 1
    });
    assert_eq!(
        added(&[&later, &first], Usage::default()).3,
        [(11, 0)],
        "a higher one keeps an exclusive one away"
    );
}

#[test]
fn caps_are_shared_out_exactly_and_told() {
    let double = offer("double", CampaignEffect::Multiplier, 2_000_000, |rules| {
        (rules.per_day, rules.budget) = (Some(8), Some(100));
    });
    let used = |day, all| Usage {
        day,
        all,
        ..Usage::default()
    };
    let (one, two, told, uses) = added(&[&double], used(5, 0));
    assert_eq!((one + two, uses), (3_000_000, vec![(3, 8)]), "of eleven");
    assert_eq!(told, [("campaign.double.cap".to_owned(), 0)]);
    let (one, two, told, uses) = added(&[&double], used(0, 100));
    assert_eq!(
        (one + two, told.len(), uses),
        (0, 1, vec![(0, 11)]),
        "the budget is gone"
    );
    let free = offer("double", CampaignEffect::Multiplier, 2_000_000, |rules| {
        rules.budget = Some(11)
    });
    assert!(added(&[&free], Usage::default()).2.is_empty(), "exactly what is left");
}

#[test]
fn usage_counts_by_day_and_month() {
    let mut usage = Usage::default();
    for (of, points) in [
        ("2026-03-01", 1),
        ("2026-03-31", 2),
        ("2026-03-31", -1),
        ("2025-03-31", 8),
        ("2026-02-28", 16),
    ] {
        usage.add(day(of), points, day("2026-03-31"));
    }
    assert_eq!((usage.day, usage.month, usage.member), (1, 2, 26));
}
