//! Paying with stored value, and taking it back.

use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, LotTerms};
use cardea_domain::sale::*;
use uuid::Uuid;

/// A shop whose member has topped up: each time so much paid and so much given.
fn shop(draw: Draw, top_ups: &[(i64, i64)]) -> Shop {
    let mut shop = Shop::new();
    shop.context.terms.value = Some(ValueTerms {
        draw,
        ..ValueTerms::default()
    });
    for (n, (paid, given)) in (1..).zip(top_ups) {
        let bill = Some(BillId(Uuid::from_u128(n)));
        shop.gift_of(Asset::principal(), bill, *paid, LotTerms::default());
        if *given > 0 {
            shop.gift_of(Asset::bonus(), bill, *given, LotTerms::default());
        }
        shop.pass_days(1);
    }
    shop
}

/// A bill of one piece, paid with stored value.
fn from_value(amount: i64) -> Bill {
    let mut bill = bill(&[amount], 0);
    bill.tenders[0].kind = TenderKind::Value;
    bill
}

fn sell(shop: &mut Shop, bill: &Bill) -> Result<SaleAnswer, Code> {
    let bill = resolve_value(bill, Some(&shop.member), &shop.context).map_err(|refusal| refusal.code)?;
    let outcome = per_unit(&bill, &vec![1; bill.lines.len()]);
    shop.try_sell(bill, outcome).map_err(|refusal| refusal.code)
}

/// Principal and bonus that can be spent.
fn stored(shop: &Shop) -> (i64, i64) {
    let of = |asset| shop.member.spendable(&asset, shop.context.now);
    (of(Asset::principal()), of(Asset::bonus()))
}

#[test]
fn v1_a_full_return_gives_back_what_was_paid_with_stored_value() {
    let mut shop = shop(Draw::ProRata, &[(1600, 0)]);
    sell(&mut shop, &from_value(1300)).unwrap();
    assert_eq!(stored(&shop), (300, 0));
    let back = shop.take_back(0, &[]);
    assert_eq!(stored(&shop), (1600, 0));
    let tender = &back.money.tenders[..];
    let kinds: Vec<_> = tender.iter().map(|tender| (tender.kind, tender.amount)).collect();
    assert_eq!(kinds, [(TenderKind::Principal, 1300)], "no other money moves");
}

#[test]
fn v2_a_top_up_pays_in_proportion_of_what_was_given_with_it() {
    let mut shop = shop(Draw::ProRata, &[(50_000, 10_000)]);
    let sold = sell(&mut shop, &from_value(6000)).unwrap();
    assert_eq!(stored(&shop), (45_000, 9_000));
    assert_eq!((sold.paid, sold.points_earned), (5000, 50), "the bonus earns nothing");
}

#[test]
fn d_hot_5_two_top_ups_pay_in_proportion_of_what_both_come_to() {
    let mut shop = shop(Draw::ProRata, &[(500, 0), (500, 100)]);
    sell(&mut shop, &from_value(560)).unwrap();
    assert_eq!(stored(&shop), (490, 50), "560 × 100 / 1100 of bonus, rounded down");
    let lots = |asset| shop.member.account(&asset).unwrap().lots.len();
    assert_eq!((lots(Asset::principal()), lots(Asset::bonus())), (1, 1));
}

#[test]
fn a_program_may_let_either_pay_first() {
    for (draw, left) in [(Draw::PrincipalFirst, (40, 10)), (Draw::BonusFirst, (50, 0))] {
        let mut shop = shop(draw, &[(100, 10)]);
        sell(&mut shop, &from_value(60)).unwrap();
        assert_eq!(stored(&shop), left, "{draw}");
    }
}

#[test]
fn more_than_there_is_is_refused_with_what_there_is() {
    let mut shop = shop(Draw::ProRata, &[(4500, 500)]);
    let refusal = resolve_value(&from_value(5001), Some(&shop.member), &shop.context).unwrap_err();
    assert_eq!(refusal.code, Code::InsufficientValue);
    assert_eq!(
        (
            refusal.facts.available,
            refusal.facts.needed,
            refusal.facts.possible_amount
        ),
        (Some(5000), Some(5001), Some(5000))
    );
    assert!(
        refusal.detail.zh.contains("50.00") && refusal.detail.zh.contains("0.01"),
        "{}",
        refusal.detail.zh
    );
    sell(&mut shop, &from_value(5000)).unwrap();
    assert_eq!(stored(&shop), (0, 0));
    assert_eq!(sell(&mut shop, &from_value(1)), Err(Code::InsufficientValue));
}

#[test]
fn without_a_member_or_terms_there_is_nothing_to_pay_with() {
    let mut shop = shop(Draw::ProRata, &[(1000, 0)]);
    let refused = |shop: &Shop, member| resolve_value(&from_value(10), member, &shop.context).unwrap_err();
    assert_eq!(refused(&shop, None).code, Code::FieldInvalid);
    shop.context.terms.value = None;
    let refusal = refused(&shop, Some(&shop.member));
    assert_eq!(
        (refusal.code, refusal.pointer.as_deref()),
        (Code::FieldInvalid, Some("/tenders/0/kind"))
    );
}

#[test]
fn a_bill_divided_before_others_drew_is_divided_again() {
    let mut shop = shop(Draw::BonusFirst, &[(1000, 100)]);
    let early = resolve_value(&from_value(100), Some(&shop.member), &shop.context).unwrap();
    sell(&mut shop, &from_value(50)).unwrap();
    let outcome = per_unit(&early, &[1]);
    assert_eq!(shop.try_sell(early, outcome).unwrap_err().code, Code::Busy);
    sell(&mut shop, &from_value(100)).unwrap();
    assert_eq!(stored(&shop), (950, 0));
}

#[test]
fn half_of_a_mixed_bill_comes_back_by_each_tender() {
    let mut shop = shop(Draw::ProRata, &[(50_000, 10_000)]);
    shop.gift(1000, LotTerms::default());
    let mut bill = bill(&[10_000, 10_000], 1000);
    bill.tenders[0] = Tender {
        kind: TenderKind::Value,
        amount: 12_000,
    };
    bill.tenders.push(Tender {
        kind: TenderKind::Cash,
        amount: 7000,
    });
    sell(&mut shop, &bill).unwrap();
    assert_eq!(stored(&shop), (40_000, 8_000));
    shop.take_back(0, &[(1, 1000)]);
    assert_eq!(stored(&shop), (45_000, 9_000));
    shop.take_back(0, &[]);
    assert_eq!(stored(&shop), (50_000, 10_000));
    assert_eq!(shop.available(), 1000);
}

#[test]
fn d_card_7_what_was_paid_for_outlives_the_membership() {
    let mut shop = shop(Draw::ProRata, &[(1000, 100)]);
    shop.gift(70, LotTerms::default());
    let end = shop.context.now;
    shop.member.expires_at = Some(end);
    let left = |shop: &Shop| -> Vec<(String, i64)> {
        let balances = shop.member.balances(shop.context.now);
        balances
            .into_iter()
            .map(|balance| (balance.asset.0, balance.available))
            .collect()
    };
    let expected = [("points", 0), ("bonus", 100), ("principal", 1000)].map(|(asset, n)| (asset.to_owned(), n));
    assert_eq!(left(&shop), expected, "before the night has booked it");
    let rows = expire_membership(&mut shop.member, &mut [], None, &shop.context, &mut shop.ids);
    shop.save(rows);
    assert_eq!(left(&shop), expected);
}

#[test]
fn d_card_11_a_name_lifts_the_end_of_value_that_is_not_over() {
    let mut shop = Shop::new();
    shop.member.customer = None;
    let days = |shop: &Shop, days: i64| LotTerms {
        expires_at: Some(shop.context.now.plus_days(days)),
        ..LotTerms::default()
    };
    let (soon, later) = (days(&shop, 1), days(&shop, 30));
    shop.gift_of(Asset::bonus(), None, 100, soon);
    let good = shop.gift_of(Asset::bonus(), None, 50, later).unwrap();
    shop.gift_of(Asset::principal(), None, 500, LotTerms::default());
    shop.gift(7, later);
    shop.pass_days(1);
    let customer = CustomerId(Uuid::from_u128(6));
    let rows = decide_named(&mut shop.member, &mut [], customer, &shop.context).unwrap();
    assert_eq!(
        rows.lot_dates,
        [(shop.member.id, good, None)],
        "what is over stays over, points keep their end"
    );
    shop.pass_days(60);
    assert_eq!(stored(&shop), (500, 50));
    let again = decide_named(&mut shop.member, &mut [], customer, &shop.context).unwrap_err();
    assert_eq!(again.code, Code::AlreadyExists);
}
