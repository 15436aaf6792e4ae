use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::calendar::Instant;
use cardea_domain::id::*;
use cardea_domain::ledger::*;
use cardea_domain::rows::Rows;
use cardea_domain::sale::{ReturnPolicy, expire_lots, expire_membership};

/// Points that expire so many days from now; 0: never.
fn expiring(shop: &Shop, days: i64) -> LotTerms {
    let expires_at = (days != 0).then(|| shop.context.now.plus_days(days));
    LotTerms {
        matures_at: None,
        expires_at,
    }
}

fn debit(shop: &mut Shop, amount: i64) -> Result<Vec<SpentMove>, cardea_domain::Refusal> {
    let mut rows = Rows::default();
    let source = shop.source();
    let mut booking = Booking::new(&mut shop.member, points(), source, &mut rows, &mut shop.ids);
    let (_, moves) = booking.debit(draft(EntryKind::Redeem), amount)?;
    booking.finish();
    shop.save(rows);
    Ok(moves)
}

fn claw_back(shop: &mut Shop, amount: i64, own: &[LotId], policy: ReturnPolicy) -> ClawedBack {
    let mut rows = Rows::default();
    let source = shop.source();
    let mut booking = Booking::new(&mut shop.member, points(), source, &mut rows, &mut shop.ids);
    let (draft, excess) = (draft(EntryKind::ClawBack), draft(EntryKind::ClawBackExcess));
    let clawed = booking.claw_back(draft, amount, own, policy, excess);
    booking.finish();
    shop.save(rows);
    clawed
}

fn give_back(shop: &mut Shop, parts: &[SpentMove]) -> GivenBack {
    let mut rows = Rows::default();
    let source = shop.source();
    let mut booking = Booking::new(&mut shop.member, points(), source, &mut rows, &mut shop.ids);
    let given = booking.give_back(draft(EntryKind::GiveBack), parts, &draft(EntryKind::Expire));
    booking.finish();
    shop.save(rows);
    given
}

#[test]
fn debits_take_the_lot_that_expires_first() {
    let mut shop = Shop::new();
    let gift = |shop: &mut Shop, days| shop.gift(10, expiring(shop, days)).unwrap();
    let never = gift(&mut shop, 0);
    let late = gift(&mut shop, 60);
    let soon = gift(&mut shop, 30);
    let soon_too = gift(&mut shop, 30);
    // Opened later, so after the others of the same end.
    shop.set_now(Instant(shop.context.now.0 + 1));
    let soon_later = shop
        .gift(
            10,
            LotTerms {
                matures_at: None,
                expires_at: Some(Instant(shop.context.now.0 - 1).plus_days(30)),
            },
        )
        .unwrap();
    let taken: Vec<_> = debit(&mut shop, 45)
        .unwrap()
        .into_iter()
        .map(|m| (m.lot, m.amount))
        .collect();
    assert_eq!(
        taken,
        [(soon, 10), (soon_too, 10), (soon_later, 10), (late, 10), (never, 5)]
    );
    assert_eq!(shop.available(), 5);
}

#[test]
fn a_lot_past_its_date_cannot_be_spent_whether_or_not_it_was_booked() {
    let mut shop = Shop::new();
    shop.gift(10, expiring(&shop, 5));
    shop.gift(3, expiring(&shop, 0));
    shop.set_now(Instant(shop.context.now.plus_days(5).0 - 1));
    assert_eq!(shop.available(), 13, "the last millisecond");
    shop.set_now(Instant(shop.context.now.0 + 1));
    assert_eq!(shop.available(), 3);
    let refusal = debit(&mut shop, 4).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.facts.available, refusal.facts.needed),
        (Code::InsufficientPoints, Some(3), Some(4))
    );
    assert_eq!(refusal.detail.en, "4 points are needed, 3 can be spent: 1 missing.");
    assert_eq!(debit(&mut shop, 3).unwrap().len(), 1);
}

#[test]
fn a_lot_expires_once_with_one_entry() {
    let mut shop = Shop::new();
    let (first, second) = (
        shop.gift(10, expiring(&shop, 5)).unwrap(),
        shop.gift(4, expiring(&shop, 6)).unwrap(),
    );
    debit(&mut shop, 10).unwrap();
    let lot = |id, days, remaining| Lot {
        id,
        bill: None,
        opened_at: shop.context.now,
        terms: expiring(&shop, days),
        remaining,
    };
    let due = [lot(first, 5, 0), lot(second, 6, 4)];
    let rows = expire_lots(&mut shop.member, (&points(), &due), None, &shop.context, &mut shop.ids);
    assert_eq!(rows, Rows::default(), "nothing is due yet");
    shop.pass_days(6);
    let rows = expire_lots(&mut shop.member, (&points(), &due), None, &shop.context, &mut shop.ids);
    shop.save(rows);
    assert_eq!(
        shop.entries(),
        [(EntryKind::Expire, 0), (EntryKind::Expire, -4)],
        "0 where nothing is left"
    );
    assert_eq!(
        shop.last().entries[1].occurred_at,
        due[1].terms.expires_at.unwrap(),
        "at its end, not when the job ran"
    );
    assert_eq!(
        shop.last().entries[1].explanation.en,
        "Valid through 2026-06-21: expired."
    );
    assert_eq!(shop.last().lot_moves.len(), 2);
    let before = shop.member.clone();
    let rows = expire_lots(&mut shop.member, (&points(), &[]), None, &shop.context, &mut shop.ids);
    assert_eq!(
        (rows, &shop.member),
        (Rows::default(), &before),
        "the second run has nothing due"
    );
}

#[test]
fn maturing_points_wait() {
    let mut shop = Shop::new();
    let matures_at = Some(shop.context.now.plus_days(7));
    shop.gift(
        10,
        LotTerms {
            matures_at,
            expires_at: None,
        },
    );
    assert_eq!(shop.balance(), (0, 10));
    assert_eq!(debit(&mut shop, 1).unwrap_err().facts.available, Some(0));
    shop.pass_days(7);
    assert_eq!(shop.balance(), (10, 0));
    assert!(debit(&mut shop, 10).is_ok());
}

#[test]
fn a_debt_is_filled_before_a_lot_opens_and_nothing_is_spent_in_debt() {
    let mut shop = Shop::new();
    assert_eq!(claw_back(&mut shop, 30, &[], ReturnPolicy::GoNegative).owed, 30);
    assert_eq!(shop.available(), -30);
    let refusal = debit(&mut shop, 1).unwrap_err();
    assert_eq!(refusal.facts.available, Some(-30));
    assert_eq!(refusal.detail.zh, "会员尚欠30分，还清前不能使用积分。");
    assert_eq!(shop.gift(20, LotTerms::default()), None, "all of it fills the debt");
    assert_eq!(shop.available(), -10);
    assert!(shop.gift(15, LotTerms::default()).is_some());
    assert_eq!((shop.available(), shop.last().lots[0].amount), (5, 5));
    assert_eq!(shop.last().entries[0].amount, 15, "the entry is what was earned");
}

#[test]
fn a_claw_back_takes_its_own_lot_first_then_in_spend_order() {
    let mut shop = Shop::new();
    let soon = shop.gift(10, expiring(&shop, 5)).unwrap();
    let matures_at = Some(shop.context.now.plus_days(7));
    let own = shop
        .gift(
            10,
            LotTerms {
                matures_at,
                expires_at: None,
            },
        )
        .unwrap();
    let late = shop.gift(10, expiring(&shop, 50)).unwrap();
    let clawed = claw_back(&mut shop, 25, &[own], ReturnPolicy::GoNegative);
    assert_eq!(
        clawed,
        ClawedBack {
            covered: 25,
            from_maturing: 10,
            owed: 0,
            waived: 0
        }
    );
    let moves: Vec<_> = shop.last().lot_moves.iter().map(|m| (m.lot, m.delta)).collect();
    assert_eq!(moves, [(own, -10), (soon, -10), (late, -5)]);
}

#[test]
fn only_what_no_lot_covers_is_a_debt_of_its_own_entry() {
    let mut shop = Shop::new();
    shop.gift(10, LotTerms::default());
    let matures_at = Some(shop.context.now.plus_days(7));
    shop.gift(
        5,
        LotTerms {
            matures_at,
            expires_at: None,
        },
    );
    claw_back(&mut shop, 20, &[], ReturnPolicy::GoNegative);
    assert_eq!(
        shop.entries(),
        [(EntryKind::ClawBack, -15), (EntryKind::ClawBackExcess, -5)]
    );
    assert_eq!(shop.available(), -5);
}

#[test]
fn within_the_balance_the_excess_is_let_go() {
    let mut shop = Shop::new();
    shop.gift(10, LotTerms::default());
    let clawed = claw_back(&mut shop, 12, &[], ReturnPolicy::WithinBalance);
    assert_eq!((clawed.covered, clawed.owed, clawed.waived), (10, 0, 2));
    assert_eq!(
        shop.entries(),
        [(EntryKind::ClawBack, -10), (EntryKind::ClawBackExcess, 0)]
    );
    assert_eq!(shop.available(), 0);
}

#[test]
fn only_maturing_points_of_the_sale_are_taken_where_the_policy_says_so() {
    let mut shop = Shop::new();
    shop.gift(10, LotTerms::default());
    let matures_at = Some(shop.context.now.plus_days(7));
    let own = shop
        .gift(
            8,
            LotTerms {
                matures_at,
                expires_at: None,
            },
        )
        .unwrap();
    let clawed = claw_back(&mut shop, 5, &[own], ReturnPolicy::OnlyMaturing);
    assert_eq!((clawed.covered, clawed.waived), (5, 0));
    let clawed = claw_back(&mut shop, 5, &[own], ReturnPolicy::OnlyMaturing);
    assert_eq!((clawed.covered, clawed.waived), (3, 2), "the other lot has matured");
    shop.pass_days(7);
    let own = shop
        .gift(
            8,
            LotTerms {
                matures_at,
                expires_at: None,
            },
        )
        .unwrap();
    let clawed = claw_back(&mut shop, 5, &[own], ReturnPolicy::OnlyMaturing);
    assert_eq!((clawed.covered, clawed.waived), (0, 5), "its own, but matured");
}

#[test]
fn points_go_back_to_their_lots_and_a_lot_expired_meanwhile_stays_expired() {
    let mut shop = Shop::new();
    let soon = shop.gift(10, expiring(&shop, 5)).unwrap();
    let late = shop.gift(10, expiring(&shop, 50)).unwrap();
    let spent = debit(&mut shop, 15).unwrap();
    shop.pass_days(5);
    let given = give_back(&mut shop, &spent);
    assert_eq!(
        given,
        GivenBack {
            amount: 15,
            expired: 10,
            settled: 0
        }
    );
    assert_eq!(shop.entries(), [(EntryKind::GiveBack, 15), (EntryKind::Expire, -10)]);
    let moves: Vec<_> = shop
        .last()
        .lot_moves
        .iter()
        .map(|m| (m.lot, m.delta, m.remaining))
        .collect();
    assert_eq!(moves, [(soon, 10, 10), (late, 5, 10), (soon, -10, 0)]);
    assert_eq!(shop.available(), 10);
    let lot = &shop.member.account(&points()).unwrap().lots[0];
    assert_eq!((lot.id, lot.terms), (late, spent[1].terms), "with its old dates");
}

#[test]
fn points_given_back_settle_a_debt_first() {
    let mut shop = Shop::new();
    shop.gift(10, LotTerms::default());
    let spent = debit(&mut shop, 10).unwrap();
    claw_back(&mut shop, 7, &[], ReturnPolicy::GoNegative);
    let given = give_back(&mut shop, &spent);
    assert_eq!(
        given,
        GivenBack {
            amount: 10,
            expired: 0,
            settled: 7
        }
    );
    assert_eq!(shop.entries(), [(EntryKind::GiveBack, 10)]);
    assert_eq!(shop.last().lot_moves.len(), 1, "one move per entry and lot");
    assert_eq!((shop.last().lot_moves[0].delta, shop.available()), (3, 3));
}

#[test]
fn a_refused_debit_leaves_everything_as_it_was() {
    let mut shop = Shop::new();
    shop.gift(10, LotTerms::default());
    let before = shop.member.clone();
    assert_eq!(debit(&mut shop, 11).unwrap_err().code, Code::InsufficientPoints);
    assert_eq!(shop.member, before);
}

#[test]
fn every_entry_s_postings_sum_to_zero_by_kind() {
    let expected = [
        (EntryKind::Earn, CounterAccount::Issued),
        (EntryKind::Bonus, CounterAccount::Issued),
        (EntryKind::Spend, CounterAccount::Redeemed),
        (EntryKind::Redeem, CounterAccount::Redeemed),
        (EntryKind::GiveBack, CounterAccount::Redeemed),
        (EntryKind::ClawBack, CounterAccount::Issued),
        (EntryKind::ClawBackExcess, CounterAccount::Issued),
        (EntryKind::Expire, CounterAccount::Expired),
        (EntryKind::TopUp, CounterAccount::Received),
        (EntryKind::Grant, CounterAccount::Issued),
        (EntryKind::Use, CounterAccount::Redeemed),
        (EntryKind::Refund, CounterAccount::Received),
        (EntryKind::Lapse, CounterAccount::Issued),
        (EntryKind::Adjust, CounterAccount::Adjusted),
        (EntryKind::TransferIn, CounterAccount::Transferred),
        (EntryKind::TransferOut, CounterAccount::Transferred),
        (EntryKind::MergeIn, CounterAccount::Transferred),
        (EntryKind::MergeOut, CounterAccount::Transferred),
        (EntryKind::Opening, CounterAccount::Opening),
        (EntryKind::WriteOff, CounterAccount::WrittenOff),
    ];
    assert_eq!(expected.len(), EntryKind::ALL.len());
    for (kind, counter) in expected {
        assert_eq!(kind.counter(), counter, "{kind}");
    }
}

#[test]
fn the_end_of_a_membership_is_enforced_before_it_is_booked() {
    let mut shop = Shop::new();
    shop.gift(10, LotTerms::default());
    shop.member.expires_at = Some(shop.context.now);
    assert_eq!(
        shop.member.check_open(shop.context.now).unwrap_err().code,
        Code::MembershipClosed
    );
    assert_eq!(shop.member.check_open(Instant(shop.context.now.0 - 1)), Ok(()));
    assert_eq!(shop.available(), 0);
    assert_eq!(debit(&mut shop, 1).unwrap_err().facts.available, Some(0));
    let rows = expire_membership(&mut shop.member, &mut [], None, &shop.context, &mut shop.ids);
    shop.save(rows);
    assert_eq!(
        (shop.entries(), shop.member.open),
        (vec![(EntryKind::Expire, -10)], false)
    );
}
