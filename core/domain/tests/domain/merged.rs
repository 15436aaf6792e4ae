//! Two memberships that become one and two again: the books balance on both sides, and the way back leads to where it began.

use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::card::{Card, CardKind, CardState};
use cardea_domain::id::*;
use cardea_domain::ledger::*;
use cardea_domain::rows::Rows;
use cardea_domain::sale::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn member(number: u128) -> Member {
    let mut row = membership(number);
    row.customer = Some(CustomerId(Uuid::from_u128(1)));
    Member::opened(&row)
}

fn whole(number: u128, amount: i64, remaining: i64, expires: Option<&str>) -> WholeLot {
    WholeLot {
        lot: Lot {
            id: LotId(Uuid::from_u128(number)),
            bill: Some(BillId(Uuid::from_u128(number))),
            opened_at: at("2026-02-01T04:00:00Z"),
            terms: LotTerms {
                matures_at: None,
                expires_at: expires.map(at),
            },
            remaining,
        },
        amount,
        ended: false,
        issued_by: Some(StoreId(Uuid::from_u128(70 + number % 2))),
    }
}

/// Gives a member lots of points, and what is owed.
fn give(member: &mut Member, lots: &[WholeLot], debt: i64) {
    let account = member.accounts.entry(points()).or_default();
    account.lots = lots
        .iter()
        .map(|whole| whole.lot.clone())
        .filter(|lot| lot.remaining > 0)
        .collect();
    account.debt = debt;
    account.balance = account.lots.iter().map(|lot| lot.remaining).sum::<i64>() - debt;
}

fn sound(member: &Member) {
    for account in member.accounts.values() {
        let left: i64 = account.lots.iter().map(|lot| lot.remaining).sum();
        assert_eq!(account.balance, left - account.debt);
    }
}

fn card(number: u128) -> Card {
    Card {
        id: CardId(Uuid::from_u128(number)),
        membership: MembershipId(Uuid::from_u128(20)),
        number: "90000000000001".parse().unwrap_or_else(|_| some_number()),
        kind: CardKind::Customer,
        state: CardState::Active,
        blocks: Vec::new(),
        store: StoreId(Uuid::from_u128(7)),
        valid_through: None,
        replaced_by: None,
        awaits_approval: false,
        entered_by: None,
        holder_staff: None,
        version: 1,
    }
}

/// The first number with a right check digit.
fn some_number() -> cardea_domain::card::CardNumber {
    (0..10)
        .find_map(|check| format!("9000000000000{check}").parse().ok())
        .unwrap()
}

struct Pair {
    from: Member,
    into: Member,
    lots: Vec<WholeLot>,
    cards: Vec<Card>,
    ids: Ids,
}

impl Pair {
    fn new(lots: Vec<WholeLot>, debt: i64, mine: &[WholeLot], my_debt: i64) -> Self {
        let (mut from, mut into) = (member(20), member(30));
        give(&mut from, &lots, debt);
        give(&mut into, mine, my_debt);
        Self {
            from,
            into,
            lots,
            cards: vec![card(50)],
            ids: Ids(1000),
        }
    }

    fn all(&self) -> Lots {
        BTreeMap::from([(points(), self.lots.clone())])
    }

    fn merge(&mut self) -> Absorbing {
        let lots = self.all();
        let args = AbsorbArgs {
            lots: &lots,
            unjudged: false,
            current: Some(CardId(Uuid::from_u128(60))),
            rules: None,
        };
        let (pair, ids) = ((&mut self.from, &mut self.into), &mut self.ids);
        let done = decide_absorb(pair, &mut self.cards, &args, &context(), ids).unwrap();
        sound(&self.from);
        sound(&self.into);
        balanced(&done.gone, &done.stays);
        done
    }

    fn part(&mut self, done: &Absorbing, moved: bool) -> Result<(Rows, Rows), cardea_domain::Refusal> {
        let heirs = done.heirs.iter().map(|heir| (heir.lot, *heir)).collect();
        let lots = self.all();
        let args = SeparateArgs {
            absorbed: &done.absorbed,
            lots: &lots,
            heirs: &heirs,
            open_heirs: &[],
            moved_since: &moved.then(points).into_iter().collect::<BTreeSet<_>>(),
            in_the_way: BTreeSet::new(),
        };
        let (pair, ids) = ((&mut self.from, &mut self.into), &mut self.ids);
        decide_separate(pair, &mut self.cards, &args, &context(), ids)
    }
}

/// What leaves one comes to the other.
fn balanced(gone: &Rows, stays: &Rows) {
    let sum = |rows: &Rows| rows.entries.iter().map(|entry| entry.amount).sum::<i64>();
    assert_eq!(sum(gone) + sum(stays), 0);
    for entry in gone.entries.iter().chain(&stays.entries) {
        assert_eq!(entry.counter, CounterAccount::Transferred);
    }
}

fn kept(member: &Member) -> (i64, i64, Vec<Lot>) {
    let account = member.account(&points()).unwrap();
    let mut lots = account.lots.clone();
    // Their order is the one in which they are spent, however they came.
    lots.sort_by_key(|lot| lot.id);
    (account.balance, account.debt, lots)
}

fn there_and_back(mut pair: Pair, points_after: (i64, i64)) {
    let before = (kept(&pair.from), kept(&pair.into), pair.cards[0].state);
    let done = pair.merge();
    assert_eq!((turned(&done.gone), turned(&done.stays)), (true, false));
    let account = pair.into.account(&points()).unwrap();
    assert_eq!((account.balance, account.debt), points_after);
    assert_eq!(kept(&pair.from), (0, 0, Vec::new()));
    assert_eq!((pair.cards[0].state, pair.from.open), (CardState::Merged, false));
    // Whatever was used up finds its place as well.
    assert_eq!(done.heirs.len(), pair.lots.len());
    let (gone, stays) = pair.part(&done, false).unwrap();
    sound(&pair.from);
    sound(&pair.into);
    balanced(&gone, &stays);
    let after = (kept(&pair.from), kept(&pair.into), pair.cards[0].state);
    assert_eq!(after, before);
    assert!(pair.from.open);
    assert_eq!((turned(&gone), turned(&stays)), (true, false), "it opens again");
}

/// Whether its membership was opened or closed, which is written apart.
fn turned(rows: &Rows) -> bool {
    rows.membership_updates.iter().any(|update| update.turned)
}

#[test]
fn d_card_13_lots_go_and_come_back_with_their_dates() {
    let lots = vec![
        whole(1, 100, 40, Some("2026-09-01T00:00:00Z")),
        whole(2, 300, 300, None),
        whole(3, 50, 0, None),
    ];
    there_and_back(Pair::new(lots, 0, &[whole(4, 10, 10, None)], 0), (350, 0));
}

#[test]
fn d_card_13_a_debt_takes_what_the_other_one_has() {
    let used = || vec![whole(1, 100, 0, None)];
    there_and_back(Pair::new(used(), 70, &[whole(4, 100, 100, None)], 0), (30, 0));
    there_and_back(Pair::new(used(), 170, &[whole(4, 100, 100, None)], 0), (-70, 70));
    there_and_back(Pair::new(used(), 30, &[], 20), (-50, 50));
}

#[test]
fn d_card_13_what_comes_over_fills_a_debt_and_is_owed_again() {
    let lots = || vec![whole(1, 100, 60, None), whole(2, 40, 40, Some("2026-09-01T00:00:00Z"))];
    there_and_back(Pair::new(lots(), 0, &[], 25), (75, 0));
    there_and_back(Pair::new(lots(), 0, &[], 125), (-25, 25));
}

#[test]
fn d_card_13_what_has_ended_fills_no_debt() {
    let lots = vec![whole(1, 100, 60, Some("2026-06-01T00:00:00Z"))];
    there_and_back(Pair::new(lots, 0, &[], 25), (35, 25));
}

#[test]
fn d_card_13_a_lot_that_was_touched_or_a_debt_that_moved_keeps_them_one() {
    let lots = vec![whole(1, 100, 60, None)];
    let mut pair = Pair::new(lots.clone(), 0, &[], 0);
    let done = pair.merge();
    let mut touched = Pair {
        cards: vec![card(50)],
        ids: Ids(5000),
        ..pair
    };
    let account = touched.into.accounts.get_mut(&points()).unwrap();
    account.lots[0].remaining -= 1;
    account.balance -= 1;
    let refused = touched.part(&done, false).unwrap_err();
    assert_eq!(
        (refused.code, refused.facts.in_the_way.clone()),
        (Code::MergeUsed, vec!["lots".to_owned()])
    );
    let mut pair = Pair::new(lots, 0, &[], 10);
    let done = pair.merge();
    let refused = pair.part(&done, true).unwrap_err();
    assert_eq!(refused.facts.in_the_way, ["debt"]);
    pair.part(&done, false).unwrap();
}

#[test]
fn d_card_13_the_one_that_is_valid_longer_goes_on() {
    let mut pair = Pair::new(Vec::new(), 0, &[], 0);
    pair.into.expires_at = Some(at("2026-12-01T00:00:00Z"));
    let lots = Lots::new();
    let args = AbsorbArgs {
        lots: &lots,
        unjudged: false,
        current: None,
        rules: None,
    };
    let refused = decide_absorb(
        (&mut pair.from, &mut pair.into),
        &mut [],
        &args,
        &context(),
        &mut pair.ids,
    );
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.code, refused.pointer.as_deref()),
        (Code::FieldInvalid, Some("/from"))
    );
}

#[test]
fn d_card_13_the_better_tier_holds() {
    let mut pair = Pair::new(Vec::new(), 0, &[], 0);
    pair.from.tier = "gold".into();
    pair.from.tier_until = Some(day("2026-12-31"));
    pair.into.tier = "silver".into();
    let done = pair.merge();
    assert_eq!(
        (pair.into.tier.as_str(), pair.into.tier_until),
        ("gold", Some(day("2026-12-31")))
    );
    assert_eq!(
        done.stays.tier_changes[0].kind,
        cardea_domain::rows::TierChangeKind::Merged
    );
    pair.part(&done, false).unwrap();
    assert_eq!((pair.into.tier.as_str(), pair.into.tier_until), ("silver", None));
    // Of two equal ones the one that ends later.
    let mut pair = Pair::new(Vec::new(), 0, &[], 0);
    (pair.from.tier, pair.into.tier) = ("gold".into(), "gold".into());
    (pair.from.tier_until, pair.into.tier_until) = (Some(day("2027-01-31")), Some(day("2026-12-31")));
    pair.merge();
    assert_eq!(pair.into.tier_until, Some(day("2027-01-31")));
}
