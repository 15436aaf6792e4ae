//! Kinds of cards, what must be confirmed, and the end of a membership with its last card (D-CARD-1, -9, -10).

use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::card::*;
use cardea_domain::id::*;
use cardea_domain::ledger::{Account, Asset, EntryKind, LotTerms};
use cardea_domain::sale::*;
use uuid::Uuid;

fn terms(kind: CardKind) -> KindTerms {
    KindTerms {
        kind,
        holder: HolderRule::Customer,
        uses: vec![CardUse::Earn],
        months: Some(12),
        most: Some(2),
        issuing: Issuing::AtOnce,
    }
}

#[test]
fn d_card_1_a_program_without_kinds_issues_every_one() {
    for kind in CardKind::ALL {
        let of = KindTerms::of(&[], *kind).unwrap();
        assert_eq!(
            (of.holder, of.issuing, of.most),
            (HolderRule::Customer, Issuing::AtOnce, None)
        );
        assert_eq!(KindTerms::check_use(&[], *kind, CardUse::Redeem), Ok(()));
    }
    let declared = [terms(CardKind::Employee)];
    assert_eq!(
        KindTerms::of(&declared, CardKind::Supplier).unwrap_err().code,
        Code::CardKind
    );
    assert_eq!(KindTerms::of(&declared, CardKind::Employee).unwrap().months, Some(12));
    KindTerms::check_use(&declared, CardKind::Employee, CardUse::Earn).unwrap();
    let refusal = KindTerms::check_use(&declared, CardKind::Employee, CardUse::SpendPoints).unwrap_err();
    assert_eq!(refusal.code, Code::CardKind);
}

#[test]
fn d_card_1_a_kind_has_a_validity_and_a_number() {
    let employee = terms(CardKind::Employee);
    let through = |membership: Option<&str>| {
        let membership = membership.map(day);
        employee.valid_through(day("2026-03-01"), membership, None).unwrap()
    };
    assert_eq!(through(None), Some(day("2027-02-28")));
    assert_eq!(
        through(Some("2026-12-31")),
        Some(day("2026-12-31")),
        "never beyond the membership"
    );
    let temporary = terms(CardKind::Temporary);
    let until = |chosen: Option<&str>| temporary.valid_through(day("2026-03-01"), None, chosen.map(day));
    assert_eq!(until(Some("2026-03-08")), Ok(Some(day("2026-03-08"))));
    assert_eq!(until(Some("2026-03-01")), Ok(Some(day("2026-03-01"))), "today still");
    for wrong in [None, Some("2026-02-28")] {
        assert_eq!(until(wrong).unwrap_err().pointer.as_deref(), Some("/valid_through"));
    }
    let chosen = employee.valid_through(day("2026-03-01"), None, Some(day("2026-03-08")));
    assert_eq!(chosen.unwrap_err().code, Code::FieldInvalid, "only temporary cards");
    assert_eq!(employee.check_number(1), Ok(()));
    assert_eq!(employee.check_number(2).unwrap_err().facts.limit, Some(2));
}

#[test]
fn wrong_kinds_and_requirements_are_told_field_by_field() {
    let wrong = Terms {
        kinds: vec![
            KindTerms {
                months: Some(0),
                most: Some(0),
                holder: HolderRule::Nobody,
                ..terms(CardKind::Customer)
            },
            terms(CardKind::Customer),
            terms(CardKind::Anonymous),
        ],
        requirements: vec![Requirement {
            of: ConfirmedUse::Redeem,
            above: -1,
            demands: vec![],
        }],
        ..Terms::default()
    };
    let pointers: Vec<_> = wrong.validate().into_iter().map(|error| error.pointer).collect();
    assert_eq!(
        pointers,
        [
            "/kinds/0/months",
            "/kinds/0/most",
            "/kinds/0/holder",
            "/kinds/1/kind",
            "/kinds/2/holder",
            "/requirements/0/above",
            "/requirements/0/demands",
        ]
    );
}

#[test]
fn d_card_10_what_is_lacking_above_an_amount() {
    let requirement = |above, demands: &[Demand]| Requirement {
        of: ConfirmedUse::Redeem,
        above,
        demands: demands.to_vec(),
    };
    let rules = [
        requirement(0, &[Demand::Signature]),
        requirement(500, &[Demand::Manager, Demand::Pin]),
    ];
    let nothing = Confirmed::default();
    assert_eq!(nothing.lacking(&rules, ConfirmedUse::SpendPoints, 1000), []);
    assert_eq!(nothing.lacking(&rules, ConfirmedUse::Redeem, 0), []);
    assert_eq!(
        nothing.lacking(&rules, ConfirmedUse::Redeem, 500),
        [Demand::Signature],
        "above, not at"
    );
    let all = [Demand::Pin, Demand::Signature, Demand::Manager];
    assert_eq!(nothing.lacking(&rules, ConfirmedUse::Redeem, 501), all);
    let refusal = check_confirmed(&all).unwrap_err();
    assert_eq!(
        (refusal.code, &refusal.facts.missing[..]),
        (
            Code::ConfirmationNeeded,
            &["pin", "signature", "manager"].map(str::to_owned)[..]
        )
    );
    let pin = Confirmed {
        pin: true,
        signature: true,
        ..nothing
    };
    assert_eq!(pin.lacking(&rules, ConfirmedUse::Redeem, 501), [Demand::Manager]);
    assert_eq!(check_confirmed(&[]), Ok(()));
}

fn card_of(shop: &Shop, n: u128) -> Card {
    Card {
        id: CardId(Uuid::from_u128(n)),
        membership: shop.member.id,
        number: CardNumber::from_random(n as u64),
        kind: CardKind::Customer,
        state: CardState::Active,
        blocks: vec![],
        store: shop.member.store,
        valid_through: None,
        replaced_by: None,
        awaits_approval: false,
        entered_by: None,
        holder_staff: None,
        version: 1,
    }
}

#[test]
fn d_card_9_the_points_go_with_the_last_card() {
    let mut shop = Shop::new();
    shop.gift(30, LotTerms::default());
    let (mut first, mut second) = (card_of(&shop, 1), card_of(&shop, 2));
    let both = [first.clone(), second.clone()];
    let op = CardOp::Return;
    let rows = decide_give_up(&mut first, op, &both, &mut shop.member, &shop.context, &mut shop.ids).unwrap();
    assert_eq!(
        (first.state, rows.entries.len(), shop.member.open),
        (CardState::Returned, 0, true)
    );
    let both = [first, second.clone()];
    let rows = decide_give_up(&mut second, op, &both, &mut shop.member, &shop.context, &mut shop.ids).unwrap();
    let entry = &rows.entries[0];
    assert_eq!(
        (entry.kind, entry.amount, entry.rule.as_str()),
        (EntryKind::Expire, -30, "core.card_returned")
    );
    assert!(!shop.member.open && rows.membership_updates.iter().any(|update| !update.open));
}

#[test]
fn d_card_9_a_card_with_value_or_debts_is_not_taken_back() {
    for (asset, balance, debt, said) in [
        ("principal", 120_50, 0, "储值本金 120.50"),
        ("bonus", 5_00, 0, "赠送金 5.00"),
        ("session:facial", 3, 0, "次卡“facial”次数 3"),
        ("points", 0, 40, "欠积分 40"),
    ] {
        let mut shop = Shop::new();
        let lots = (balance > 0).then(|| cardea_domain::ledger::Lot {
            id: LotId(Uuid::from_u128(99)),
            bill: None,
            opened_at: shop.context.now,
            terms: LotTerms::default(),
            remaining: balance,
        });
        let account = Account {
            balance: balance - debt,
            debt,
            lots: lots.into_iter().collect(),
        };
        shop.member.accounts.insert(Asset(asset.into()), account);
        let mut card = card_of(&shop, 1);
        let (before, member) = (card.clone(), shop.member.clone());
        let refusal = decide_give_up(
            &mut card,
            CardOp::Return,
            &[],
            &mut shop.member,
            &shop.context,
            &mut shop.ids,
        )
        .unwrap_err();
        assert_eq!(refusal.code, Code::MembershipHolds, "{asset}");
        assert!(refusal.detail.zh.contains(said), "{}", refusal.detail.zh);
        assert_eq!(refusal.facts.left[0].asset.0, asset);
        assert_eq!((card, &shop.member), (before, &member), "nothing has changed");
    }
}
