use crate::books::record;
use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::card::{Block, Card, CardKind, CardNumber, CardState};
use cardea_domain::id::*;
use cardea_domain::ledger::{EntryKind, LotTerms, Member};
use cardea_domain::rows::Rows;
use cardea_domain::sale::*;
use uuid::Uuid;

fn issue_args() -> IssueArgs {
    IssueArgs {
        membership: MembershipId(Uuid::from_u128(5)),
        program: ProgramId(Uuid::from_u128(9)),
        customer: Some(CustomerId(Uuid::from_u128(6))),
        card: CardId(Uuid::from_u128(4)),
        number: CardNumber::from_random(11),
        kind: CardKind::Customer,
        issuing: Issuing::AtOnce,
        holder_staff: None,
        valid_through: Some(day("2028-06-14")),
        card_through: Some(day("2028-06-14")),
        qualifying: None,
    }
}

/// A sale of nobody of 1 June, at half past six in the evening.
fn bought(shop: &mut Shop, amounts: &[i64]) -> SaleRecord {
    let mut args = shop.sale_args(bill(amounts, 0));
    args.occurred_at = at("2026-06-01T10:30:00Z");
    args.privileged = true;
    args.key.business_date = day("2026-06-01");
    let (rows, _) = decide_sale(None, None, &args, None, &shop.context, &mut shop.ids).unwrap();
    record(&rows, None)
}

fn qualifying(shop: &Shop, record: SaleRecord, ppm: &[i64]) -> Qualifying {
    let basis = Basis {
        membership: MembershipId(Uuid::from_u128(5)),
        configuration: shop.context.configuration,
        tier: "vip".into(),
        first_purchase: true,
    };
    let contributions = ppm
        .iter()
        .zip(1..)
        .map(|(points, n)| contribution(n, *points))
        .collect();
    let introduced = bonus("introduced", 100_000_000, Condition::Always, Beneficiary::Introducer);
    let outcome = Some(Outcome {
        contributions,
        bonuses: vec![introduced],
    });
    Qualifying {
        record,
        proposal: Proposal {
            basis,
            outcome,
            input: Some([3; 32]),
        },
    }
}

#[test]
fn a_membership_opens_with_its_first_card() {
    let mut shop = Shop::new();
    let (rows, answer) = decide_issue(None, &issue_args(), &shop.context, &mut shop.ids).unwrap();
    assert_eq!(
        (rows.memberships.len(), rows.cards.len(), rows.entries.len()),
        (1, 1, 0)
    );
    let membership = &rows.memberships[0];
    assert_eq!(
        (membership.tier.as_str(), membership.opened_on),
        ("vip", day("2026-06-15"))
    );
    assert_eq!(
        membership.expires_at,
        Some(at("2028-06-14T16:00:00Z")),
        "the first instant after it, in the store's zone"
    );
    assert_eq!(
        (answer.card.state, answer.tier.id.as_str(), answer.balances[0].available),
        (CardState::Active, "vip", 0)
    );
    assert_eq!(answer.member, Member::opened(membership));
}

#[test]
fn the_purchase_that_led_to_it_earns_in_the_same_command() {
    let mut shop = Shop::new();
    let record = bought(&mut shop, &[60_000, 40_000]);
    let mut introducer = Member::opened(&membership(2));
    let mut args = issue_args();
    args.qualifying = Some(qualifying(&shop, record.clone(), &[600_500_000, 400_700_000]));
    let (rows, answer) = decide_issue(Some(&mut introducer), &args, &shop.context, &mut shop.ids).unwrap();
    assert_eq!((answer.entries[0].amount, answer.balances[0].available), (1_001, 1_001));
    assert_eq!(
        (rows.entries[0].bill, rows.entries[0].occurred_at),
        (Some(record.id), record.occurred_at)
    );
    assert_eq!(rows.entries[0].input, Some([3; 32]));
    let attached = &rows.bill_memberships[0];
    assert_eq!(
        (attached.bill, attached.earned, attached.judgement),
        (record.id, 1_001, Judgement::Judged)
    );
    assert_eq!(attached.contributions, [(1, 600_500_000), (2, 400_700_000)]);
    assert_eq!(rows.measures[0].day, day("2026-06-01"), "on the day it was bought");
    assert_eq!((answer.member.purchases, rows.membership_updates.len()), (1, 2));
    assert_eq!(introducer.balances(shop.context.now)[0].available, 100);
    shop.member = answer.member;
    shop.introducer = Some(introducer);
    shop.save(rows);
}

#[test]
fn what_was_returned_of_it_earns_nothing() {
    let mut shop = Shop::new();
    let mut record = bought(&mut shop, &[60_000, 40_000]);
    record.lines[1].returned = 1_000;
    record.returned_paid = 40_000;
    record.returned_money = 40_000;
    let mut args = issue_args();
    args.qualifying = Some(qualifying(&shop, record, &[600_000_000, 400_000_000]));
    let (rows, answer) = decide_issue(None, &args, &shop.context, &mut shop.ids).unwrap();
    assert_eq!((answer.balances[0].available, rows.measures[0].delta), (600, 60_000));
    assert_eq!(
        rows.bill_memberships[0].bonuses, "[]",
        "nobody introduced this customer"
    );
}

#[test]
fn a_large_first_purchase_reaches_a_tier_for_the_next() {
    let mut shop = Shop::new();
    let record = bought(&mut shop, &[500_000]);
    let mut args = issue_args();
    args.qualifying = Some(qualifying(&shop, record, &[5_000_000_000]));
    let (rows, answer) = decide_issue(None, &args, &shop.context, &mut shop.ids).unwrap();
    assert_eq!(
        (answer.tier.id.as_str(), rows.memberships[0].tier.as_str()),
        ("silver", "vip")
    );
    assert_eq!((answer.balances[0].available, rows.tier_changes.len()), (5_000, 1));
}

#[test]
fn an_issue_is_refused_without_a_trace() {
    let mut shop = Shop::new();
    let mut late = issue_args();
    late.valid_through = Some(day("2026-06-14"));
    assert_eq!(
        decide_issue(None, &late, &shop.context, &mut shop.ids)
            .unwrap_err()
            .code,
        Code::FieldInvalid
    );
    let record = bought(&mut shop, &[100_000]);
    let mut args = issue_args();
    let mut other = qualifying(&shop, record.clone(), &[1]);
    other.proposal.basis.tier = "gold".into();
    args.qualifying = Some(other);
    assert_eq!(
        decide_issue(None, &args, &shop.context, &mut shop.ids)
            .unwrap_err()
            .code,
        Code::Busy
    );
    let mut taken = qualifying(&shop, record, &[1]);
    taken.record.membership = Some(MembershipId(Uuid::from_u128(1)));
    args.qualifying = Some(taken);
    assert_eq!(
        decide_issue(None, &args, &shop.context, &mut shop.ids)
            .unwrap_err()
            .code,
        Code::Internal
    );
}

#[test]
fn a_further_card_belongs_to_an_open_membership() {
    let mut shop = Shop::new();
    let args = AddCardArgs {
        card: CardId(Uuid::from_u128(44)),
        number: CardNumber::from_random(12),
        kind: CardKind::Customer,
        issuing: Issuing::AtOnce,
        holder_staff: None,
        valid_through: None,
    };
    let (rows, card) = decide_add_card(&shop.member, &args, &shop.context).unwrap();
    assert_eq!(
        (rows.cards[0].membership, card.state, rows.memberships.len()),
        (shop.member.id, CardState::Active, 0)
    );
    shop.member.open = false;
    assert_eq!(
        decide_add_card(&shop.member, &args, &shop.context).unwrap_err().code,
        Code::MembershipClosed
    );
}

#[test]
fn a_membership_ends_with_its_cards_and_lots_once() {
    let mut shop = Shop::new();
    shop.gift(10, LotTerms::default());
    shop.gift(
        5,
        LotTerms {
            matures_at: Some(shop.context.now.plus_days(90)),
            expires_at: None,
        },
    );
    let card = |n: u128, state, blocks: Vec<Block>| Card {
        id: CardId(Uuid::from_u128(n)),
        membership: shop.member.id,
        number: CardNumber::from_random(n as u64),
        kind: CardKind::Customer,
        state,
        blocks,
        store: shop.member.store,
        valid_through: None,
        replaced_by: None,
        awaits_approval: false,
        entered_by: None,
        holder_staff: None,
        version: 1,
    };
    let mut cards = [
        card(1, CardState::Replaced, vec![Block::Loss]),
        card(2, CardState::Active, vec![]),
        card(3, CardState::Active, vec![Block::Frozen]),
    ];
    shop.member.expires_at = Some(at("2026-06-30T16:00:00Z"));
    let rows = expire_membership(&mut shop.member, &mut cards, None, &shop.context, &mut shop.ids);
    assert_eq!(rows, Rows::default(), "still valid");
    shop.pass_days(30);
    let rows = expire_membership(&mut shop.member, &mut cards, None, &shop.context, &mut shop.ids);
    shop.save(rows);
    assert_eq!(
        shop.entries(),
        [(EntryKind::Expire, -10), (EntryKind::Expire, -5)],
        "one entry per lot, maturing or not"
    );
    assert_eq!(
        shop.last().entries[0].explanation.en,
        "The membership was valid through 2026-06-30; its points end with it."
    );
    assert_eq!(
        cards.each_ref().map(|card| card.state),
        [CardState::Replaced, CardState::Void, CardState::Void]
    );
    assert_eq!(
        (shop.last().card_updates.len(), shop.last().membership_updates[0].open),
        (2, false)
    );
    let rows = expire_membership(&mut shop.member, &mut cards, None, &shop.context, &mut shop.ids);
    assert_eq!(rows, Rows::default(), "once");
}
