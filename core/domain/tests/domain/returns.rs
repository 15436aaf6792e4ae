use crate::books::record;
use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::ledger::{EntryKind, LotTerms, Member};
use cardea_domain::sale::*;

#[test]
fn of_two_lines_the_first_takes_back_what_it_earned() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[10_000, 10_000], 0), &[2, 1]);
    assert_eq!(shop.available(), 300);
    let answer = shop.take_back(0, &[(1, 1000)]);
    assert_eq!(
        (answer.points.taken_back, answer.money.total, shop.available()),
        (200, 10_000, 100)
    );
    assert_eq!(
        answer.explanation.en,
        "This line back: 200 points are taken back; the tier stays."
    );
    let rows = shop.last();
    assert_eq!(
        (rows.entries[0].reverses, rows.bills[0].original),
        (shop.sales[0].earn_entry, Some(shop.sales[0].id))
    );
    assert_eq!(
        (rows.bills[0].total, rows.bills[0].paid, rows.bills[0].earned),
        (-10_000, -10_000, -200)
    );
    let line = &rows.lines[0];
    assert_eq!(
        (line.number, line.quantity, line.amount, line.contribution),
        (1, 1000, -10_000, -200_000_000)
    );
}

#[test]
fn two_hundred_held_seventy_earned_a_hundred_and_fifty_spent() {
    let sell = || {
        let mut shop = Shop::new();
        shop.gift(200, LotTerms::default());
        let sale = with_points(vec![line(1, 350, 2000)], 150);
        let outcome = Outcome {
            contributions: vec![contribution(1, 70_000_000)],
            bonuses: Vec::new(),
        };
        let answer = shop.sell(sale, outcome);
        assert_eq!(
            (answer.points_spent, answer.points_earned, shop.available()),
            (150, 70, 120)
        );
        shop
    };
    let mut full = sell();
    let answer = full.take_back(0, &[]);
    assert_eq!(
        (full.available(), answer.points.given_back, answer.points.taken_back),
        (200, 150, 70)
    );
    assert_eq!(
        full.entries(),
        [(EntryKind::GiveBack, 150), (EntryKind::ClawBack, -70)],
        "given back first"
    );
    let mut half = sell();
    let answer = half.take_back(0, &[(1, 1000)]);
    assert_eq!(
        (half.available(), answer.points.given_back, answer.points.taken_back),
        (160, 75, 35)
    );
    assert_eq!(
        answer.explanation.zh,
        "退回这1行：75分退回，有效期不变，收回35分；等级不变。"
    );
    let answer = half.take_back(0, &[]);
    assert_eq!(
        (half.available(), answer.points.given_back, answer.points.taken_back),
        (200, 75, 35)
    );
}

#[test]
fn a_refund_never_charges_spent_points_twice() {
    // Pain 2: the points spent on the bill go back before what it earned is taken.
    let mut shop = Shop::new();
    shop.gift(100, LotTerms::default());
    shop.sell_at(bill(&[10_000], 100), &[1]);
    assert_eq!(shop.available(), 99);
    shop.redeem(99).unwrap();
    let answer = shop.take_back(0, &[]);
    assert_eq!(
        (answer.points.owed, shop.available()),
        (0, 1),
        "99 of the 100 given back cover it"
    );
}

#[test]
fn only_what_is_missing_is_a_debt_and_the_preview_says_so() {
    let mut shop = Shop::new();
    shop.gift(150, LotTerms::default());
    let sale = with_points(vec![line(1, 2_200, 2000), line(2, 2_200, 2000)], 150);
    let contributions = vec![contribution(1, 110_000_000), contribution(2, 110_000_000)];
    shop.sell(
        sale,
        Outcome {
            contributions,
            bonuses: Vec::new(),
        },
    );
    assert_eq!(shop.available(), 220);
    shop.redeem(205).unwrap();
    let answer = shop.take_back(0, &[(1, 1000), (2, 1000)]);
    let points = ReturnedPoints {
        given_back: 75,
        to_pool: 0,
        expired: 0,
        taken_back: 110,
        from_maturing: 0,
        owed: 20,
        lapsed: 0,
        from_introducer: 0,
        waived: 0,
    };
    assert_eq!((answer.points, shop.available()), (points, -20));
    assert_eq!(
        answer.explanation.en,
        "These 2 lines back: 75 points return to their old dates, 110 are taken back, 20 of them already spent: 20 owed; the tier stays."
    );
    assert_eq!(
        answer.explanation.zh,
        "退回这2行：75分退回，有效期不变，收回110分，其中20分已用掉：欠20分；等级不变。"
    );
    assert_eq!(
        shop.entries()[1..],
        [(EntryKind::ClawBack, -90), (EntryKind::ClawBackExcess, -20)]
    );
}

#[test]
fn nothing_is_kept_of_what_was_refunded() {
    // Pain 1: earn, refund, keep the points.
    let mut shop = Shop::new();
    let outcome = Outcome {
        contributions: vec![contribution(1, 10_400_000), contribution(2, 5_300_000)],
        bonuses: vec![bonus(
            "big",
            50_000_000,
            Condition::KeptAtLeast(1_500),
            Beneficiary::Member,
        )],
    };
    let answer = shop.sell(bill(&[1_000, 500], 0), outcome);
    assert_eq!(answer.points_earned, 65);
    let answer = shop.take_back(0, &[(2, 1000)]);
    assert_eq!(
        (answer.points.taken_back, shop.available()),
        (55, 10),
        "⌊10.4⌋ is kept: the bonus no longer holds"
    );
    shop.take_back(0, &[]);
    assert_eq!((shop.available(), shop.sales[0].clawed_back), (0, 65));
}

#[test]
fn a_bonus_holds_at_its_amount() {
    let mut shop = Shop::new();
    let outcome = Outcome {
        contributions: Vec::new(),
        bonuses: vec![bonus(
            "big",
            50_000_000,
            Condition::KeptAtLeast(1_000),
            Beneficiary::Member,
        )],
    };
    shop.sell(bill(&[1_000, 1], 0), outcome);
    assert_eq!(shop.take_back(0, &[(2, 1000)]).points.taken_back, 0);
    assert_eq!(shop.take_back(0, &[]).points.taken_back, 50);
}

#[test]
fn thirds_add_up_exactly() {
    // Three lines of three pieces, one of each kept: three times a third of 100 is 100, not 99.
    let mut shop = Shop::new();
    let lines = (1..=3).map(|n| line(n, 300, 3000)).collect();
    let contributions = (1..=3).map(|n| contribution(n, 100_000_000)).collect();
    shop.sell(
        with_points(lines, 0),
        Outcome {
            contributions,
            bonuses: Vec::new(),
        },
    );
    let answer = shop.take_back(0, &[(1, 2000), (2, 2000), (3, 2000)]);
    assert_eq!(answer.points.taken_back, 200);
}

#[test]
fn points_go_back_in_reverse_order_of_spending() {
    let mut shop = Shop::new();
    let expires = |shop: &Shop, days| LotTerms {
        matures_at: None,
        expires_at: Some(shop.context.now.plus_days(days)),
    };
    let soon = shop.gift(100, expires(&shop, 10)).unwrap();
    let late = shop.gift(100, expires(&shop, 20)).unwrap();
    shop.sell_at(with_points(vec![line(1, 200, 2000)], 150), &[1]);
    let given: Vec<_> = {
        shop.take_back(0, &[(1, 1000)]);
        shop.last().lot_moves.iter().map(|m| (m.lot, m.delta)).collect()
    };
    assert_eq!(
        given,
        [(late, 50), (soon, 25)],
        "75: what was spent last goes back first"
    );
    shop.take_back(0, &[]);
    assert_eq!(
        shop.last()
            .lot_moves
            .iter()
            .map(|m| (m.lot, m.delta))
            .collect::<Vec<_>>(),
        [(soon, 75)]
    );
}

#[test]
fn redeeming_and_cancelling_does_not_dodge_an_expiry() {
    let mut shop = Shop::new();
    let expires_at = Some(shop.context.now.plus_days(5));
    shop.gift(
        100,
        LotTerms {
            matures_at: None,
            expires_at,
        },
    );
    shop.sell_at(bill(&[200], 100), &[1]);
    shop.pass_days(5);
    let answer = shop.take_back(0, &[]);
    assert_eq!(
        (answer.points.given_back, answer.points.expired, shop.available()),
        (100, 100, 0)
    );
    assert!(answer.explanation.en.starts_with(
        "This line back: 100 points return to their old dates (100 of them have expired meanwhile and stay expired)"
    ));
}

#[test]
fn the_policy_of_the_sale_decides_not_today_s() {
    let mut shop = Shop::new();
    shop.context.terms.return_policy = ReturnPolicy::WithinBalance;
    shop.sell_at(bill(&[10_000], 0), &[1]);
    shop.redeem(60).unwrap();
    shop.context.terms.return_policy = ReturnPolicy::GoNegative;
    let answer = shop.take_back(0, &[]);
    assert_eq!(
        (answer.points.taken_back, answer.points.waived, shop.available()),
        (40, 60, 0)
    );
    assert_eq!(shop.sales[0].clawed_back, 100, "what was let go stays let go");
}

#[test]
fn maturing_points_are_taken_first() {
    let mut shop = Shop::new();
    shop.gift(50, LotTerms::default());
    shop.context.terms.maturing_days = 7;
    shop.sell_at(bill(&[10_000], 0), &[1]);
    assert_eq!(shop.balance(), (50, 100));
    let answer = shop.take_back(0, &[]);
    assert_eq!((answer.points.taken_back, answer.points.from_maturing), (100, 100));
    assert_eq!(shop.balance(), (50, 0));
}

#[test]
fn a_sale_of_nobody_gives_only_money_back() {
    let mut shop = Shop::new();
    let args = shop.sale_args(bill(&[1_000, 500], 0));
    let (rows, _) = decide_sale(None, None, &args, None, &shop.context, &mut shop.ids).unwrap();
    let record = record(&rows, None);
    let args = shop.return_args(&[(2, 1000)]);
    let (rows, answer) = decide_return(None, None, &record, &args, &shop.context, &mut shop.ids).unwrap();
    assert_eq!((answer.money.total, rows.entries.len(), answer.tier), (500, 0, None));
    assert_eq!(
        answer.explanation.en,
        "This line back: no points move; no membership is concerned."
    );
    let refusal = decide_return(
        Some(&mut shop.member),
        None,
        &record,
        &args,
        &shop.context,
        &mut shop.ids,
    )
    .unwrap_err();
    assert_eq!(refusal.code, Code::Internal, "a membership that isn't the sale's");
}

#[test]
fn an_introducer_s_bonus_falls_with_its_condition() {
    let mut shop = Shop::new();
    shop.introducer = Some(Member::opened(&membership(2)));
    let condition = Condition::KeptAtLeast(1_000);
    let outcome = Outcome {
        contributions: vec![contribution(1, 10_000_000)],
        bonuses: vec![bonus("introduced", 100_000_000, condition, Beneficiary::Introducer)],
    };
    shop.sell(bill(&[1_000, 500], 0), outcome);
    let of_introducer = |shop: &Shop| shop.introducer.as_ref().unwrap().balances(shop.context.now)[0].available;
    assert_eq!(of_introducer(&shop), 100);
    shop.take_back(0, &[(2, 1000)]);
    assert_eq!(of_introducer(&shop), 100);
    let answer = shop.take_back(0, &[]);
    assert_eq!(
        (of_introducer(&shop), answer.points.taken_back),
        (0, 10),
        "the answer is the buyer's"
    );
    assert_eq!(
        shop.last().entries[1].reverses,
        shop.sales[0].introducer.as_ref().map(|bonus| bonus.entry)
    );
}

#[test]
fn a_return_after_the_membership_s_end_revives_nothing() {
    let mut shop = Shop::new();
    shop.gift(100, LotTerms::default());
    shop.sell_at(bill(&[200], 100), &[0]);
    shop.member.open = false;
    let answer = shop.take_back(0, &[]);
    assert_eq!(
        (answer.points.given_back, answer.points.expired, shop.available()),
        (100, 100, 0)
    );
}

#[test]
fn a_return_of_today_is_not_a_return_of_next_month() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[200], 0), &[1]);
    let mut args = shop.return_args(&[]);
    args.occurred_at = shop.context.now.plus_minutes(6);
    let record = shop.sales[0].clone();
    let refusal = decide_return(
        Some(&mut shop.member),
        None,
        &record,
        &args,
        &shop.context,
        &mut shop.ids,
    )
    .unwrap_err();
    assert_eq!(refusal.code, Code::OccurredAtOutOfRange);
    args.occurred_at = shop.context.now;
    args.reason = "x".repeat(501);
    let refusal = decide_return(
        Some(&mut shop.member),
        None,
        &record,
        &args,
        &shop.context,
        &mut shop.ids,
    )
    .unwrap_err();
    assert_eq!(refusal.pointer.as_deref(), Some("/reason"));
    let mut redemption = record;
    redemption.kind = BillKind::Redemption;
    args.reason.clear();
    let refusal = decide_return(
        Some(&mut shop.member),
        None,
        &redemption,
        &args,
        &shop.context,
        &mut shop.ids,
    )
    .unwrap_err();
    assert_eq!(refusal.code, Code::NotFound);
}

#[test]
fn a_return_of_what_earned_nothing_books_nothing() {
    let mut shop = Shop::new();
    shop.sell_at(bill(&[200], 0), &[0]);
    let answer = shop.take_back(0, &[]);
    assert_eq!(
        (answer.points, shop.member.accounts.len()),
        (ReturnedPoints::default(), 0)
    );
    assert_eq!(answer.explanation.zh, "退回这1行：积分不变；等级不变。");
    assert!(shop.last().entries.is_empty() && shop.last().accounts.is_empty());
}
