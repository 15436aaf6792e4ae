//! D-HOT-8: what a plugin says of ends, and what the core makes of it.

use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::id::LotId;
use cardea_domain::ledger::{Asset, EntryKind, Lot, LotTerms};
use cardea_domain::sale::*;

fn ruled(fate: Fate) -> EndRuling {
    EndRuling {
        fate,
        rule: "club.end".into(),
        explanation: text("到期。", "It is over."),
        input: [7; 32],
    }
}

fn ends(shop: &Shop, lot: LotId, fate: Fate) -> Ends {
    Ends {
        version: shop.member.version,
        lots: [(lot, ruled(fate))].into(),
        ..Ends::default()
    }
}

fn until(instant: &str) -> LotTerms {
    LotTerms {
        matures_at: None,
        expires_at: Some(at(instant)),
    }
}

/// On 1 July, a membership through 30 June 2026 with a lot of points.
fn ended(terms: LotTerms) -> (Shop, LotId) {
    let mut shop = Shop::new();
    let lot = shop.gift(15, terms).unwrap();
    shop.member.expires_at = Some(at("2026-06-30T16:00:00Z"));
    shop.set_now(at("2026-07-01T02:00:00Z"));
    (shop, lot)
}

fn end_membership(shop: &mut Shop, lot: LotId, fate: Fate) {
    let ends = ends(shop, lot, fate);
    let rows = expire_membership(&mut shop.member, &mut [], Some(&ends), &shop.context, &mut shop.ids);
    shop.save(rows);
}

fn due(shop: &Shop, asset: &Asset) -> Vec<Lot> {
    let lots = &shop.member.account(asset).unwrap().lots;
    lots.iter()
        .filter(|lot| lot.terms.expired(shop.context.now))
        .cloned()
        .collect()
}

fn end_lots(shop: &mut Shop, asset: &Asset, lot: LotId, fate: Fate) {
    let (ends, due) = (ends(shop, lot, fate), due(shop, asset));
    let rows = expire_lots(
        &mut shop.member,
        (asset, &due),
        Some(&ends),
        &shop.context,
        &mut shop.ids,
    );
    shop.save(rows);
}

#[test]
fn points_outlive_their_membership_and_end_at_their_own_date() {
    let (mut shop, lot) = ended(LotTerms::default());
    end_membership(&mut shop, lot, Fate::Extended(day("2026-07-30")));
    assert_eq!((shop.entries(), shop.member.open), (vec![], false));
    let extended = &shop.last().lot_extensions[0];
    assert_eq!((extended.was, extended.until), (None, at("2026-07-30T16:00:00Z")));
    assert_eq!(shop.available(), 0, "a closed membership spends nothing");
    shop.set_now(at("2026-07-30T16:00:00Z"));
    end_lots(&mut shop, &points(), lot, Fate::Lapsed);
    assert_eq!(shop.entries(), [(EntryKind::Expire, -15)]);
    let entry = &shop.last().entries[0];
    assert_eq!((entry.rule.as_str(), entry.input), ("club.end", Some([7; 32])));
}

#[test]
fn an_extension_that_is_over_is_none() {
    let (mut shop, lot) = ended(LotTerms::default());
    end_membership(&mut shop, lot, Fate::Extended(day("2026-06-30")));
    assert_eq!(shop.entries(), [(EntryKind::Expire, -15)]);
}

#[test]
fn with_its_membership_a_lot_never_gets_more_than_its_own_date() {
    let (mut shop, lot) = ended(until("2026-07-09T16:00:00Z"));
    end_membership(&mut shop, lot, Fate::Extended(day("2026-07-30")));
    assert_eq!(shop.last().lot_extensions[0].until, at("2026-07-09T16:00:00Z"));
}

#[test]
fn who_renews_keeps_the_points_and_their_own_date() {
    let (mut shop, lot) = ended(until("2026-12-31T16:00:00Z"));
    end_membership(&mut shop, lot, Fate::Extended(day("2026-07-30")));
    shop.set_now(at("2026-07-10T02:00:00Z"));
    shop.member.open = true;
    let args = RenewalArgs {
        id: cardea_domain::id::RenewalId(uuid::Uuid::from_u128(70)),
        was_valid_through: day("2026-06-30"),
        applied_on: day("2026-07-10"),
        valid_through: day("2027-06-30"),
        rule: "club.renewal".into(),
        explanation: text("续期。", "Renewed."),
        input: None,
        ends: Some(ends(&shop, lot, Fate::Extended(day("2026-07-30")))),
        own_dates: vec![(lot, Some(at("2026-12-31T16:00:00Z")))],
    };
    let (rows, answer) = decide_renewal(&mut shop.member, &mut [], &args, &shop.context, &mut shop.ids).unwrap();
    shop.save(rows);
    assert_eq!((answer.points_ended, shop.available()), (0, 15));
    assert_eq!(
        shop.last().lot_dates,
        [(shop.member.id, lot, Some(at("2026-12-31T16:00:00Z")))]
    );
    assert_eq!(shop.last().lot_extensions, []);
}

#[test]
fn a_bonus_becomes_points_and_points_become_no_money_where_there_is_none() {
    let mut shop = Shop::new();
    let converted = |into, amount| Fate::Converted {
        into,
        amount,
        through: None,
    };
    let lot = shop
        .gift_of(Asset::bonus(), None, 500, until("2026-06-30T16:00:00Z"))
        .unwrap();
    shop.set_now(at("2026-07-01T02:00:00Z"));
    end_lots(&mut shop, &Asset::bonus(), lot, converted(points(), 5));
    assert_eq!(shop.entries(), [(EntryKind::Expire, -500), (EntryKind::Grant, 5)]);
    assert_eq!(shop.available(), 5);
    let lot = shop.gift(10, until("2026-07-05T16:00:00Z")).unwrap();
    shop.set_now(at("2026-07-06T02:00:00Z"));
    end_lots(&mut shop, &points(), lot, converted(Asset::bonus(), 100));
    assert_eq!(
        shop.entries(),
        [(EntryKind::Expire, -10)],
        "the program keeps no stored value"
    );
}

#[test]
fn what_was_asked_of_another_state_is_asked_again() {
    let (shop, lot) = ended(LotTerms::default());
    let mut asked = ends(&shop, lot, Fate::Lapsed);
    assert_eq!(asked.check(&shop.member), Ok(()));
    asked.version += 1;
    assert_eq!(asked.check(&shop.member).unwrap_err().code, Code::Busy);
}
