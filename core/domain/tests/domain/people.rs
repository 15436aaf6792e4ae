use crate::kit::*;
use cardea_domain::calendar::Instant;
use cardea_domain::id::*;
use cardea_domain::ledger::*;
use cardea_domain::sale::*;
use cardea_domain::{Code, Refusal};
use uuid::Uuid;

fn adjust(shop: &mut Shop, amount: i64, debt_limit: i64) -> Result<i64, Refusal> {
    let args = AdjustArgs {
        asset: points(),
        amount,
        reason: text("差错更正", "correction"),
        debt_limit,
    };
    let (rows, entries) = decide_adjustment(&mut shop.member, &args, &shop.context, &mut shop.ids)?;
    shop.save(rows);
    Ok(entries.iter().map(|entry| entry.amount).sum())
}

fn hold(shop: &mut Shop, amount: i64, minutes: i64) -> Hold {
    let hold = Hold {
        id: HoldId(Uuid::from_u128(shop.member.holds.len() as u128)),
        asset: points(),
        amount,
        until: shop.context.now.plus_minutes(minutes),
    };
    shop.member.holds.push(hold.clone());
    hold
}

#[test]
fn what_was_adjusted_in_the_window_counts_together() {
    let limit = Some(AdjustLimit {
        per_staff: 500,
        per_membership: 300,
    });
    for (by_staff, of_membership, amount, second) in [
        (0, 0, 300, false),
        (0, 0, 301, true),
        (0, 0, -301, true),
        (200, 0, 300, false),
        (201, 0, 300, true),
        (0, 1, 300, true),
        (0, 0, i64::MIN, true),
    ] {
        assert_eq!(
            needs_second_person(limit, by_staff, of_membership, amount),
            second,
            "{amount}"
        );
    }
    assert!(
        needs_second_person(None, 0, 0, 1),
        "a role without a limit adjusts nothing alone"
    );
}

#[test]
fn a_deduction_takes_what_is_not_held_and_leaves_a_debt_within_its_limit() {
    let mut shop = Shop::new();
    shop.gift(100, LotTerms::default());
    hold(&mut shop, 40, 30);
    assert_eq!(adjust(&mut shop, -61, 0).unwrap_err().code, Code::InsufficientPoints);
    assert_eq!(adjust(&mut shop, -60, 0).unwrap(), -60);
    assert_eq!(shop.member.spendable(&points(), shop.context.now), 0);
    // What may be owed goes before what is held.
    assert_eq!(adjust(&mut shop, -50, 49).unwrap_err().code, Code::InsufficientPoints);
    assert_eq!(adjust(&mut shop, -50, 50).unwrap(), -50);
    let account = shop.member.account(&points()).unwrap();
    assert_eq!((account.balance, account.debt), (-10, 10));
    assert_eq!(adjust(&mut shop, 25, 0).unwrap(), 25);
    let account = shop.member.account(&points()).unwrap();
    assert_eq!((account.balance, account.debt), (15, 0), "the debt is filled first");
}

#[test]
fn a_deduction_takes_what_can_be_spent_before_what_matures() {
    let mut shop = Shop::new();
    let maturing = LotTerms {
        matures_at: Some(shop.context.now.plus_days(7)),
        expires_at: Some(shop.context.now.plus_days(8)),
    };
    shop.gift(100, maturing);
    shop.gift(10, LotTerms::default());
    adjust(&mut shop, -30, 0).unwrap();
    let account = shop.member.account(&points()).unwrap();
    assert_eq!(
        (account.available(shop.context.now), account.maturing(shop.context.now)),
        (0, 80)
    );
}

#[test]
fn a_capture_takes_what_is_left_and_the_rest_of_the_hold_is_free() {
    let mut shop = Shop::new();
    let soon = LotTerms {
        matures_at: None,
        expires_at: Some(shop.context.now.plus_days(1)),
    };
    shop.gift(80, soon);
    shop.gift(50, LotTerms::default());
    let held = hold(&mut shop, 100, 7 * 24 * 60);
    let other = hold(&mut shop, 20, 30);
    let now = shop.context.now;
    assert_eq!(
        check_hold(&shop.member, &points(), 11, now).unwrap_err().code,
        Code::InsufficientPoints
    );
    assert!(check_hold(&shop.member, &points(), 10, now).is_ok());
    shop.set_now(other.until);
    assert!(
        check_hold(&shop.member, &points(), 30, other.until).is_ok(),
        "the other one's time is over"
    );
    shop.pass_days(1);
    let now: Instant = shop.context.now;
    assert_eq!(shop.member.spendable(&points(), now), 0, "50 are left, and held");
    let capture =
        |shop: &mut Shop, amount| decide_capture(&mut shop.member, &held, amount, "预订", &shop.context, &mut shop.ids);
    assert_eq!(capture(&mut shop, 101).unwrap_err().code, Code::FieldInvalid);
    let captured = capture(&mut shop, 60).unwrap();
    assert_eq!(captured.amount, 50);
    shop.save(captured.rows);
    assert_eq!(
        (shop.member.held(&points(), now), shop.member.spendable(&points(), now)),
        (0, 0)
    );
}

#[test]
fn a_hold_ends_once() {
    let until = Instant(1000);
    assert!(HoldState::Open.at(until, Instant(999)).check_open().is_ok());
    for state in [
        HoldState::Open.at(until, until),
        HoldState::Captured.at(until, Instant(0)),
        HoldState::Released.at(until, Instant(0)),
        HoldState::Expired,
    ] {
        assert_eq!(state.check_open().unwrap_err().code, Code::HoldEnded, "{state}");
    }
}

#[test]
fn stored_value_that_is_held_is_not_drawn() {
    let mut shop = Shop::new();
    let principal = Asset::principal();
    let mut rows = cardea_domain::rows::Rows::default();
    let source = shop.source();
    let mut booking = Booking::new(&mut shop.member, principal.clone(), source, &mut rows, &mut shop.ids);
    let lot = booking
        .credit(draft(EntryKind::TopUp), 100, LotTerms::default())
        .unwrap();
    booking.finish();
    let mut held = hold(&mut shop, 70, 30);
    held.asset = principal.clone();
    shop.member.holds = vec![held];
    let mut rows = cardea_domain::rows::Rows::default();
    let source = shop.source();
    let mut booking = Booking::new(&mut shop.member, principal, source, &mut rows, &mut shop.ids);
    let refused = booking.debit_lots(draft(EntryKind::Spend), &[(lot, 31)]).unwrap_err();
    assert_eq!(
        (refused.code, refused.facts.available),
        (Code::InsufficientValue, Some(30))
    );
    assert!(booking.debit_lots(draft(EntryKind::Spend), &[(lot, 30)]).is_ok());
}
