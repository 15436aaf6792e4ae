use crate::kit::*;
use cardea_domain::accounting::*;
use cardea_domain::calendar::Instant;
use cardea_domain::id::*;
use cardea_domain::ledger::Asset;
use std::collections::BTreeSet;
use uuid::Uuid;

#[test]
fn a_debt_stands_since_it_last_rose_from_nothing() {
    let at = |steps: &[(i64, i64)]| since(steps.iter().map(|(at, change)| (Instant(*at), *change)));
    assert_eq!(at(&[]), None);
    assert_eq!(at(&[(1, 10), (2, -10)]), None);
    assert_eq!(at(&[(1, 10), (2, -4), (3, 2)]), Some(Instant(1)));
    assert_eq!(at(&[(1, 10), (2, -10), (3, 0), (4, 5)]), Some(Instant(4)));
    assert!(!is_old(day("2026-03-01"), day("2027-03-01")));
    assert!(is_old(day("2026-03-01"), day("2027-03-02")));
}

#[test]
fn ages_are_counted_from_the_end_of_the_day() {
    let zone = "Asia/Shanghai".parse().unwrap();
    let cutoff = Cutoff::of(zone, day("2026-05-31")).unwrap();
    let from = |text| zone.first_instant_after(day(text)).unwrap();
    assert_eq!(cutoff.end, from("2026-05-31"));
    assert_eq!(cutoff.bounds, ["2026-02-28", "2025-11-30", "2025-05-31"].map(from));
}

#[test]
fn every_kind_of_movement_stands_under_one_heading() {
    let mut flows = Flows::default();
    for (n, kind) in cardea_domain::ledger::EntryKind::ALL.iter().enumerate() {
        flows.add(Flow::of(*kind), 1 << n);
    }
    assert_eq!(flows.total(), (1 << cardea_domain::ledger::EntryKind::ALL.len()) - 1);
    let named: BTreeSet<_> = flows.figures().map(|(flow, _)| flow.as_str()).collect();
    assert_eq!(named.len(), Flow::ALL.len());
}

#[test]
fn what_one_store_gets_another_pays() {
    let program = ProgramId(Uuid::from_u128(1));
    let price = |asset: Asset, from, per_100, ppm| TransferPrice {
        program_id: program,
        asset,
        from: day(from),
        per_100,
        ppm,
    };
    let rules = SettlementRules {
        prices: vec![
            price(points(), "2026-01-01", Some(90), None),
            price(points(), "2026-04-01", Some(100), None),
            price(Asset::principal(), "2026-01-01", None, Some(950_000)),
        ],
    };
    assert_eq!(rules.fault(), None);
    let money = |asset: &Asset, month, amount| rules.money(program, asset, day(month), amount);
    for (month, amount, wanted) in [
        ("2025-12-01", 333, None),
        ("2026-03-01", 333, Some(299)),
        ("2026-03-01", -333, Some(-299)),
        ("2026-04-01", 333, Some(333)),
    ] {
        assert_eq!(money(&points(), month, amount), wanted, "{month}");
    }
    assert_eq!(money(&Asset::principal(), "2026-03-01", 10_001), Some(9_500));
    assert_eq!(money(&Asset::bonus(), "2026-03-01", 10_001), None);
    let store = |n| StoreId(Uuid::from_u128(n));
    let pair = |from, to, money| Pair {
        issued_by: store(from),
        used_at: store(to),
        money,
    };
    let nets = nets([pair(1, 2, 300), pair(2, 1, 120), pair(3, 2, -7)]);
    let balances: Vec<i64> = nets.values().map(Net::balance).collect();
    assert_eq!(balances, [-180, 173, 7]);
    let wrong = |price: TransferPrice| SettlementRules { prices: vec![price] }.fault();
    assert_eq!(
        wrong(price(points(), "2026-01-02", Some(1), None)),
        Some((0, PriceFault::From))
    );
    assert_eq!(
        wrong(price(points(), "2026-01-01", None, Some(1))),
        Some((0, PriceFault::Which))
    );
    assert_eq!(
        wrong(price(Asset::bonus(), "2026-01-01", None, Some(1_000_001))),
        Some((0, PriceFault::Range))
    );
}
