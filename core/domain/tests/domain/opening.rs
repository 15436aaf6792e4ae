//! What members had in another system (D-LED-12).

use crate::kit::*;
use cardea_domain::card::{CardKind, CardNumber, CardState};
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, EntryKind};
use cardea_domain::prepaid::PassTerms;
use cardea_domain::rows::Rows;
use cardea_domain::sale::*;
use uuid::Uuid;

fn brought(asset: Asset, amount: i64, through: Option<&str>) -> Brought {
    Brought {
        asset,
        amount,
        through: through.map(day),
        pass: None,
    }
}

fn args() -> OpeningArgs {
    let mut sessions = brought(Asset::sessions("facial"), 6, Some("2026-12-31"));
    sessions.pass = Some(PassTerms {
        service: "facial".into(),
        name: "面部护理".into(),
        sessions: 6,
        gifts: 0,
        paid: 600_00,
        list: 150_00,
        valid_through: Some(day("2026-12-31")),
    });
    OpeningArgs {
        issue: IssueArgs {
            membership: MembershipId(Uuid::from_u128(5)),
            program: ProgramId(Uuid::from_u128(9)),
            customer: Some(CustomerId(Uuid::from_u128(6))),
            card: CardId(Uuid::from_u128(4)),
            number: CardNumber::from_random(11),
            kind: CardKind::Customer,
            issuing: Issuing::AtOnce,
            holder_staff: None,
            valid_through: None,
            card_through: None,
            qualifying: None,
        },
        joined: day("2019-05-01"),
        brought: vec![
            brought(Asset::points(), 500, Some("2026-12-31")),
            brought(Asset::points(), 300, Some("2026-06-30")),
            brought(Asset::principal(), 1000_00, None),
            brought(Asset::bonus(), 200_00, None),
            sessions,
        ],
    }
}

fn amounts(rows: &Rows) -> Vec<(&str, i64)> {
    rows.entries
        .iter()
        .map(|entry| (entry.asset.0.as_str(), entry.amount))
        .collect()
}

#[test]
fn d_led_12_a_membership_brings_lots_with_their_ends() {
    let mut shop = Shop::new();
    let (rows, answer) = decide_opening(&args(), &shop.context, &mut shop.ids).unwrap();
    assert_eq!(rows.memberships[0].opened_on, day("2019-05-01"));
    assert!(rows.entries.iter().all(|entry| entry.kind == EntryKind::Opening));
    assert_eq!(answer.entries.len(), 5);
    let points = &answer.member.accounts[&Asset::points()];
    let ends: Vec<i64> = points.lots.iter().map(|lot| lot.remaining).collect();
    assert_eq!((points.balance, ends), (800, vec![300, 500]), "soonest end first");
    let sessions = &answer.member.accounts[&Asset::sessions("facial")];
    assert_eq!(
        sessions.lots[0].terms.expires_at, None,
        "a pass that is over can be paid back"
    );
    assert_eq!(rows.passes[0].paid_lot, Some(sessions.lots[0].id));
    let top_up = &rows.top_ups[0];
    assert_eq!(
        (top_up.paid, top_up.granted, top_up.on),
        (1000_00, 200_00, day("2019-05-01"))
    );
    assert!(
        rows.bills.is_empty() && rows.measures.is_empty(),
        "nothing counts for tiers"
    );
}

#[test]
fn d_led_12_what_was_brought_is_taken_back_lot_by_lot() {
    let mut shop = Shop::new();
    let (opened, answer) = decide_opening(&args(), &shop.context, &mut shop.ids).unwrap();
    let lots: Vec<(LotId, EntryId)> = opened.lots.iter().map(|lot| (lot.id, lot.entry)).collect();
    let (mut member, mut cards) = (answer.member, vec![answer.card]);
    member.open = false;
    let rows = decide_opening_undo(&mut member, &mut cards, &lots, &shop.context, &mut shop.ids);
    let mut sums: Vec<(&str, i64)> = amounts(&rows);
    sums.sort_unstable();
    assert_eq!(
        sums,
        [
            ("bonus", -200_00),
            ("points", -500),
            ("points", -300),
            ("principal", -1000_00),
            ("session:facial", -6)
        ],
        "a closed membership's points too"
    );
    for entry in &rows.entries {
        let reversed = opened.entries.iter().find(|first| Some(first.id) == entry.reverses);
        assert_eq!(reversed.map(|first| -first.amount), Some(entry.amount));
    }
    assert!(
        member
            .accounts
            .values()
            .all(|account| account.balance == 0 && account.lots.is_empty())
    );
    assert_eq!((cards[0].state, cards[0].blocks.is_empty()), (CardState::Void, true));
    assert!(rows.membership_updates.iter().all(|update| !update.open));
}
