//! D-CARD-8: by when a renewal is applied for, and what it leaves of the end.

use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::card::{Block, Card, CardKind, CardNumber, CardState};
use cardea_domain::id::*;
use cardea_domain::ledger::{EntryKind, LotTerms};
use cardea_domain::sale::*;
use uuid::Uuid;

fn through(terms: RenewalTerms, applied_on: &str) -> Result<String, String> {
    terms
        .renewed_through(day("2027-02-28"), day(applied_on))
        .map(|day| day.to_string())
        .map_err(|refusal| refusal.rule)
}

#[test]
fn by_default_a_renewal_is_applied_for_in_the_thirty_days_before_the_end() {
    let terms = RenewalTerms::default();
    let renewed = Ok("2028-02-29".to_owned());
    assert_eq!(through(terms, "2027-01-28"), Err("core.renewal-early".to_owned()));
    assert_eq!(through(terms, "2027-01-29"), renewed);
    assert_eq!(through(terms, "2027-02-28"), renewed);
    assert_eq!(through(terms, "2027-03-01"), Err("core.renewal-late".to_owned()));
}

#[test]
fn within_a_grace_the_validity_goes_on_from_its_old_end() {
    let terms = RenewalTerms {
        grace_days: 30,
        ..RenewalTerms::default()
    };
    assert_eq!(through(terms, "2027-03-30"), Ok("2028-02-29".to_owned()));
    assert_eq!(through(terms, "2027-03-31"), Err("core.renewal-late".to_owned()));
    let short = RenewalTerms {
        grace_days: 90,
        months: 1,
        ..RenewalTerms::default()
    };
    assert_eq!(
        through(short, "2027-05-10"),
        Ok("2027-06-09".to_owned()),
        "a month that is over already begins on the day"
    );
}

#[test]
fn wrong_renewal_terms_are_told_by_field() {
    let pointer = |renewal: RenewalTerms| {
        let terms = Terms {
            renewal: Some(renewal),
            ..Terms::default()
        };
        terms.validate().pop().map(|error| error.pointer)
    };
    let good = RenewalTerms::default();
    assert_eq!(pointer(good), None);
    assert_eq!(
        pointer(RenewalTerms { months: 0, ..good }).as_deref(),
        Some("/renewal/months")
    );
    let grace = RenewalTerms {
        grace_days: 367,
        ..good
    };
    assert_eq!(pointer(grace).as_deref(), Some("/renewal/grace_days"));
    let early = RenewalTerms {
        before_days: 3661,
        ..good
    };
    assert_eq!(pointer(early).as_deref(), Some("/renewal/before_days"));
}

/// A membership through 30 June 2026 with 15 points, a card in use, a frozen one, one that was replaced.
fn member() -> (Shop, Vec<Card>) {
    let mut shop = Shop::new();
    shop.gift(15, LotTerms::default());
    shop.member.expires_at = Some(at("2026-06-30T16:00:00Z"));
    let card = |n: u128, state, blocks: Vec<Block>| Card {
        id: CardId(Uuid::from_u128(n)),
        membership: shop.member.id,
        number: CardNumber::from_random(n as u64),
        kind: CardKind::Customer,
        state,
        blocks,
        store: shop.member.store,
        valid_through: Some(day("2026-06-30")),
        replaced_by: None,
        awaits_approval: false,
        entered_by: None,
        holder_staff: None,
        version: 1,
    };
    let cards = vec![
        card(1, CardState::Active, vec![]),
        card(2, CardState::Active, vec![Block::Frozen]),
        card(3, CardState::Replaced, vec![Block::Loss]),
    ];
    (shop, cards)
}

fn args() -> RenewalArgs {
    RenewalArgs {
        id: RenewalId(Uuid::from_u128(70)),
        was_valid_through: day("2026-06-30"),
        applied_on: day("2026-06-15"),
        valid_through: day("2027-06-30"),
        rule: "core.renewal".into(),
        explanation: renewed_by_terms(day("2027-06-30")),
        input: None,
        ends: None,
        own_dates: Vec::new(),
    }
}

fn renew(shop: &mut Shop, cards: &mut [Card]) -> Result<RenewalAnswer, cardea_domain::Refusal> {
    let (rows, answer) = decide_renewal(&mut shop.member, cards, &args(), &shop.context, &mut shop.ids)?;
    shop.save(rows);
    Ok(answer)
}

#[test]
fn before_the_end_everything_goes_on() {
    let (mut shop, mut cards) = member();
    let answer = renew(&mut shop, &mut cards).unwrap();
    assert_eq!((answer.reopened, answer.points_ended), (false, 0));
    assert_eq!(shop.member.expires_at, Some(at("2027-06-30T16:00:00Z")));
    assert_eq!(shop.available(), 15);
    let dates: Vec<_> = cards
        .iter()
        .map(|card| card.valid_through.unwrap().to_string())
        .collect();
    assert_eq!(dates, ["2027-06-30", "2027-06-30", "2026-06-30"], "not a replaced card");
    assert_eq!(cards[1].blocks, [Block::Frozen], "what people did stays");
    let row = &shop.last().renewals[0];
    assert_eq!(row.expires_at, at("2027-06-30T16:00:00Z"));
    assert_eq!(shop.last().card_updates.len(), 2);
}

#[test]
fn after_the_night_the_cards_come_back_and_the_points_do_not() {
    let (mut shop, mut cards) = member();
    shop.set_now(at("2026-07-05T04:00:00Z"));
    let rows = expire_membership(&mut shop.member, &mut cards, None, &shop.context, &mut shop.ids);
    shop.save(rows);
    assert!(!shop.member.open);
    let answer = renew(&mut shop, &mut cards).unwrap();
    assert!(answer.reopened && shop.member.open);
    assert_eq!(shop.available(), 0);
    assert_eq!((cards[0].state, cards[0].blocks.len()), (CardState::Active, 0));
    assert_eq!(
        (cards[1].state, cards[1].blocks.as_slice()),
        (CardState::Active, [Block::Frozen].as_slice()),
        "a freeze outlives the end"
    );
    assert_eq!(cards[2].state, CardState::Replaced);
}

#[test]
fn an_end_that_no_job_has_booked_is_an_end_all_the_same() {
    let (mut shop, mut cards) = member();
    shop.set_now(at("2026-06-30T16:00:00Z"));
    let answer = renew(&mut shop, &mut cards).unwrap();
    assert_eq!((answer.reopened, answer.points_ended), (false, 15));
    assert_eq!(shop.entries(), [(EntryKind::Expire, -15)]);
    assert_eq!(shop.available(), 0);
    assert_eq!(cards[0].state, CardState::Active);
}

#[test]
fn what_people_have_closed_is_not_renewed() {
    let (mut shop, mut cards) = member();
    shop.member.open = false;
    cards.iter_mut().for_each(|card| card.state = CardState::Returned);
    assert_eq!(renew(&mut shop, &mut cards).unwrap_err().code, Code::MembershipClosed);
    shop.set_now(at("2026-07-05T04:00:00Z"));
    assert_eq!(
        renew(&mut shop, &mut cards).unwrap_err().code,
        Code::MembershipClosed,
        "nor when its time is over as well"
    );
}

#[test]
fn a_grant_on_another_end_is_made_again() {
    let (mut shop, mut cards) = member();
    renew(&mut shop, &mut cards).unwrap();
    assert_eq!(renew(&mut shop, &mut cards).unwrap_err().code, Code::Busy);
}
