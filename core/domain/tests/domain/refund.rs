use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::ledger::LotTerms;
use cardea_domain::sale::*;

#[test]
fn returns_in_any_number_of_steps_sum_to_what_was_earned_paid_and_spent() {
    let mut shop = Shop::new();
    shop.gift(1_000, LotTerms::default());
    let mut sale = with_points(vec![line(1, 999, 7000), line(2, 1_001, 1000)], 333);
    sale.rounding = 7;
    sale.tenders = vec![
        Tender {
            kind: TenderKind::Card,
            amount: 660,
        },
        Tender {
            kind: TenderKind::Points,
            amount: 333,
        },
        Tender {
            kind: TenderKind::Cash,
            amount: 1_000,
        },
    ];
    shop.sell_at(sale, &[3, 2]);
    let (mut money, mut taken, mut given) = (0, 0, 0);
    let mut tenders = [0; 3];
    let mut steps: Vec<Vec<(i32, i64)>> = (0..7).map(|_| vec![(1, 1000)]).collect();
    steps.push(vec![(2, 1000)]);
    for step in steps {
        let answer = shop.take_back(0, &step);
        money += answer.money.total;
        taken += answer.points.taken_back;
        given += answer.points.given_back;
        assert_eq!(
            answer.money.tenders.iter().map(|t| t.amount).sum::<i64>(),
            answer.money.total
        );
        for tender in answer.money.tenders {
            assert!(tender.amount > 0);
            let place = [TenderKind::Card, TenderKind::Points, TenderKind::Cash]
                .iter()
                .position(|k| *k == tender.kind);
            tenders[place.unwrap()] += tender.amount;
        }
    }
    assert_eq!((money, tenders), (1_993, [660, 333, 1_000]));
    assert_eq!((taken, given), (shop.sales[0].earned, 333));
    assert_eq!((shop.available(), shop.sales[0].returned_paid), (1_000, 1_660));
    let paid: i64 = shop
        .saved
        .iter()
        .flat_map(|rows| &rows.measures)
        .filter(|m| m.measure == "paid")
        .map(|m| m.delta)
        .sum();
    assert_eq!(paid, 0, "the measure is corrected to the cent");
}

#[test]
fn the_rest_of_the_money_goes_to_the_last_tender_of_money() {
    let mut shop = Shop::new();
    let mut sale = bill(&[100, 101], 0);
    sale.tenders = [TenderKind::Cash, TenderKind::Card, TenderKind::Mobile]
        .map(|kind| Tender { kind, amount: 67 })
        .to_vec();
    shop.sell_at(sale, &[1, 1]);
    let answer = shop.take_back(0, &[(1, 1000)]);
    let amounts: Vec<_> = answer.money.tenders.iter().map(|t| t.amount).collect();
    assert_eq!(amounts, [33, 33, 34], "⌊67 × 100 / 201⌋, and what is left of 100.00");
}

#[test]
fn no_tender_gives_back_more_than_it_paid_or_takes_anything_back() {
    let mut shop = Shop::new();
    let mut sale = with_points(vec![line(1, 101, 101_000)], 0);
    sale.tenders = [(TenderKind::Cash, 50), (TenderKind::Card, 50), (TenderKind::Mobile, 1)]
        .map(|(kind, amount)| Tender { kind, amount })
        .to_vec();
    shop.sell_at(sale, &[1]);
    let mut so_far = [0; 3];
    for step in 1..=101 {
        let answer = shop.take_back(0, &[(1, 1000)]);
        assert_eq!(answer.money.total, 1, "step {step}");
        for (place, tender) in shop.sales[0].tenders.iter().enumerate() {
            assert!(
                tender.returned >= so_far[place] && tender.returned <= tender.amount,
                "step {step}: {tender:?}"
            );
            so_far[place] = tender.returned;
        }
    }
    assert_eq!(so_far, [50, 50, 1]);
}

#[test]
fn more_than_is_left_is_refused() {
    let mut shop = Shop::new();
    shop.sell_at(with_points(vec![line(1, 300, 3000), line(2, 100, 1000)], 0), &[1, 1]);
    shop.take_back(0, &[(1, 2000)]);
    let mut refuse = |lines: &[(i32, i64)]| {
        let before = (shop.member.clone(), shop.sales[0].clone());
        let refusal = shop.try_take_back(0, lines).unwrap_err();
        assert_eq!((shop.member.clone(), shop.sales[0].clone()), before);
        (refusal.code, refusal.pointer.unwrap_or_default(), refusal.detail.en)
    };
    let left = "Line 1 has 1 left to return.".to_owned();
    assert_eq!(
        refuse(&[(2, 1000), (1, 1001)]),
        (Code::AlreadyReturned, "/lines/1/quantity".into(), left)
    );
    assert_eq!(refuse(&[(3, 1)]).1, "/lines/0/line");
    assert_eq!(
        refuse(&[(1, 500), (1, 500)]),
        (
            Code::FieldInvalid,
            "/lines/1/line".into(),
            "/lines/1/line is named twice.".into()
        )
    );
    assert_eq!(refuse(&[(1, 0)]).1, "/lines/0/quantity");
    assert_eq!(shop.take_back(0, &[]).money.total, 200, "what is left");
    let refusal = shop.try_take_back(0, &[]).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.detail.en.as_str()),
        (Code::AlreadyReturned, "Everything on receipt 0001 has been returned.")
    );
}

#[test]
fn a_tender_that_bore_the_rest_waits_for_its_share() {
    // Returned piece by piece, the shares of cash and card both rise with every fourth piece: what is left for the
    // last tender would fall from 3 to 2.
    let mut shop = Shop::new();
    let mut sale = with_points(vec![line(1, 200, 200_000)], 0);
    sale.tenders = [
        (TenderKind::Cash, 50),
        (TenderKind::Card, 50),
        (TenderKind::Mobile, 100),
    ]
    .map(|(kind, amount)| Tender { kind, amount })
    .to_vec();
    shop.sell_at(sale, &[1]);
    let mut so_far = Vec::new();
    for _ in 0..5 {
        let answer = shop.take_back(0, &[(1, 1000)]);
        assert_eq!(answer.money.total, 1);
        so_far.push(
            shop.sales[0]
                .tenders
                .iter()
                .map(|tender| tender.returned)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(so_far, [[0, 0, 1], [0, 0, 2], [0, 0, 3], [1, 0, 3], [1, 1, 3]]);
    shop.take_back(0, &[]);
    assert_eq!(
        shop.sales[0]
            .tenders
            .iter()
            .map(|tender| tender.returned)
            .collect::<Vec<_>>(),
        [50, 50, 100]
    );
}
