use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::ledger::{EntryKind, LotTerms, Member};
use cardea_domain::rows::Rows;
use cardea_domain::sale::*;

fn half_up(rounding: Rounding) -> i64 {
    let mut shop = Shop::new();
    shop.context.terms.rounding = rounding;
    let outcome = Outcome {
        contributions: vec![contribution(1, 28_500_000)],
        bonuses: Vec::new(),
    };
    let answer = shop.sell(bill(&[1_900], 0), outcome);
    assert_eq!(shop.available(), answer.points_earned);
    answer.points_earned
}

#[test]
fn nineteen_times_one_and_a_half_is_rounded_once_as_the_program_says() {
    assert_eq!(half_up(Rounding::Floor), 28);
    assert_eq!(half_up(Rounding::HalfUp), 29);
    assert_eq!(half_up(Rounding::Ceil), 29);
}

#[test]
fn lines_are_summed_before_they_are_rounded() {
    let mut shop = Shop::new();
    let outcome = Outcome {
        contributions: (1..=3).map(|n| contribution(n, 700_000)).collect(),
        bonuses: Vec::new(),
    };
    let answer = shop.sell(bill(&[70, 70, 70], 0), outcome);
    assert_eq!(answer.points_earned, 2, "2.1, not three times 0");
    let entry = &answer.entries[0];
    assert_eq!(
        (answer.entries.len(), entry.amount, entry.kind, entry.line),
        (1, 2, EntryKind::Earn, None)
    );
    assert_eq!(entry.rule, "test.base");
    assert_eq!(
        entry.explanation.en,
        "1 point per 1.00: +2.1. 2.1 in total, rounded down to 2."
    );
    assert_eq!(entry.explanation.zh, "每1.00积1分：+2.1。合计2.1，向下取整为2。");
}

#[test]
fn each_rule_is_one_sentence_and_a_whole_bonus_an_entry_of_its_own() {
    let mut shop = Shop::new();
    let mut birthday = contribution(1, 20_000_000);
    birthday.rule = "test.birthday".into();
    birthday.explanation = text("生日月积分×2。", "Birthday month: points × 2.");
    let outcome = Outcome {
        contributions: vec![contribution(1, 10_000_000), birthday],
        bonuses: vec![
            bonus("whole", 5_000_000, Condition::Always, Beneficiary::Member),
            bonus("part", 500_000, Condition::Always, Beneficiary::Member),
            bonus("too_far", 9_000_000, Condition::KeptAtLeast(1_001), Beneficiary::Member),
            bonus("just", 2_000_000, Condition::KeptAtLeast(1_000), Beneficiary::Member),
        ],
    };
    let answer = shop.sell(bill(&[1_000], 0), outcome);
    let amounts: Vec<_> = answer
        .entries
        .iter()
        .map(|e| (e.kind, e.amount, e.rule.as_str()))
        .collect();
    let earn = "test.base+test.birthday+test.part";
    assert_eq!(
        amounts,
        [
            (EntryKind::Earn, 30, earn),
            (EntryKind::Bonus, 5, "test.whole"),
            (EntryKind::Bonus, 2, "test.just")
        ]
    );
    assert_eq!(answer.points_earned, 37, "⌊10 + 20 + 5 + 0.5 + 2⌋");
    assert_eq!(answer.entries[0].line, Some(1));
    assert_eq!(
        answer.entries[0].explanation.en,
        "1 point per 1.00: +10. Birthday month: points × 2: +20. A bonus: +0.5. 30.5 in total, rounded down to 30."
    );
    assert_eq!(
        shop.sales[0].bonuses.len(),
        3,
        "what doesn't hold at the sale never will"
    );
}

#[test]
fn what_is_paid_in_points_earns_nothing() {
    let mut shop = Shop::new();
    let lines = bill(&[10_000, 10_000], 0);
    assert_eq!(shop.sell_at(lines, &[2, 1]).points_earned, 300);
    let mut shop = Shop::new();
    shop.gift(10_000, LotTerms::default());
    let answer = shop.sell_at(bill(&[10_000, 10_000], 10_000), &[2, 1]);
    assert_eq!(
        (answer.points_spent, answer.points_earned, answer.paid),
        (10_000, 150, 10_000)
    );
    assert_eq!(
        shop.entries(),
        [(EntryKind::Spend, -10_000), (EntryKind::Earn, 150)],
        "spent first, then earned"
    );
    assert_eq!(answer.entries[0].explanation.zh, "用10000分抵付100.00。");
    let contributions: Vec<_> = shop.last().lines.iter().map(|l| (l.counted, l.contribution)).collect();
    assert_eq!(contributions, [(5_000, 100_000_000), (5_000, 50_000_000)]);
}

#[test]
fn a_bill_cannot_be_paid_with_what_it_earns() {
    let mut shop = Shop::new();
    shop.gift(99, LotTerms::default());
    let sale = bill(&[10_000], 100);
    let before = shop.member.clone();
    let refusal = shop.try_sell(sale.clone(), per_unit(&sale, &[10])).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.facts.available, refusal.facts.needed),
        (Code::InsufficientPoints, Some(99), Some(100))
    );
    assert_eq!(shop.member, before, "a refusal changes nothing");
}

#[test]
fn points_are_taken_in_clean_steps_or_the_nearest_is_named() {
    let terms = PointsTender {
        points: 100,
        money: 500,
        step: 100,
        minimum: 0,
        max_share: 500_000,
    };
    assert_eq!(terms.points_for(5_000), Some(1_000));
    assert_eq!(terms.points_for(5_250), None, "1050 points are no clean step");
    assert_eq!(terms.points_for(501), None);
    assert_eq!(terms.clean_below(5_250), (1_000, 5_000));
    assert_eq!(terms.clean_below(499), (0, 0));
    let odd = PointsTender {
        points: 3,
        money: 2,
        step: 5,
        minimum: 0,
        max_share: 1_000_000,
    };
    assert_eq!(odd.clean_below(100), (150, 100), "in fives, and in whole cents");
    assert_eq!(odd.clean_below(29), (30, 20));
    let mut shop = Shop::new();
    shop.context.terms.tender = Some(terms);
    shop.gift(10_000, LotTerms::default());
    let mut refuse = |amount: i64, points: i64| {
        let sale = bill(&[amount], points);
        let refusal = shop.try_sell(sale.clone(), per_unit(&sale, &[1])).unwrap_err();
        assert_eq!(
            (refusal.code, refusal.pointer.as_deref()),
            (Code::FieldInvalid, Some("/tenders/1/amount"))
        );
        refusal.detail.en
    };
    assert_eq!(
        refuse(20_000, 5_250),
        "/tenders/1/amount (52.50) isn't a whole step of points; 50.00 (1000 points) is possible."
    );
    assert_eq!(
        refuse(20_300, 10_500),
        "/tenders/1/amount is more than the 101.50 that points may pay of this bill; 100.00 (2000 points) is possible."
    );
    assert_eq!(
        refuse(900, 500),
        "/tenders/1/amount is more than the 4.50 that points may pay of this bill; this bill can't be paid with points."
    );
    let sale = bill(&[20_000], 10_000);
    assert_eq!(shop.sell_at(sale, &[1]).points_spent, 2_000, "half the bill exactly");
}

#[test]
fn points_need_a_program_that_takes_them_and_a_member() {
    let mut shop = Shop::new();
    shop.gift(1_000, LotTerms::default());
    shop.context.terms.tender = None;
    let sale = bill(&[1_000], 100);
    let refusal = shop.try_sell(sale.clone(), per_unit(&sale, &[1])).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.pointer.as_deref()),
        (Code::FieldInvalid, Some("/tenders/1/kind"))
    );
    let args = shop.sale_args(sale);
    let refusal = decide_sale(None, None, &args, None, &context(), &mut shop.ids).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.pointer.as_deref()),
        (Code::FieldInvalid, Some("/tenders/1/kind"))
    );
}

#[test]
fn a_sale_of_nobody_is_kept_without_entries() {
    let mut shop = Shop::new();
    let args = shop.sale_args(bill(&[1_000, 500], 0));
    let (rows, answer) = decide_sale(None, None, &args, None, &shop.context, &mut shop.ids).unwrap();
    assert_eq!(
        (answer.judged, answer.paid, answer.tier),
        (Judgement::NoMember, 1_500, None)
    );
    assert_eq!(
        (rows.bills[0].membership, rows.lines.len(), rows.tenders.len()),
        (None, 2, 1)
    );
    assert!(rows.entries.is_empty() && rows.measures.is_empty() && rows.membership_updates.is_empty());
    assert_eq!(rows.lines[1].counted, 500, "an issue may judge it later");
}

#[test]
fn an_unjudged_sale_spends_and_counts_but_earns_nothing() {
    let mut shop = Shop::new();
    shop.gift(100, LotTerms::default());
    let args = shop.sale_args(bill(&[1_000], 100));
    let mut failed = shop.proposal(Outcome::default());
    failed.outcome = None;
    for proposal in [None, Some(&failed)] {
        let mut member = shop.member.clone();
        let failed = proposal.map(|p| Proposal {
            basis: Basis::of(&member, &shop.context),
            ..p.clone()
        });
        let (rows, answer) = decide_sale(
            Some(&mut member),
            None,
            &args,
            failed.as_ref(),
            &shop.context,
            &mut shop.ids,
        )
        .unwrap();
        assert_eq!(
            (answer.judged, answer.points_earned, answer.points_spent),
            (Judgement::Unjudged, 0, 100)
        );
        assert_eq!(rows.bills[0].judgement, Judgement::Unjudged);
        assert_eq!((member.purchases, rows.measures.len()), (1, 2));
    }
}

#[test]
fn what_a_plugin_may_not_propose_leaves_the_sale_unjudged() {
    let wrong = [
        Outcome {
            contributions: vec![contribution(2, 1)],
            bonuses: Vec::new(),
        },
        Outcome {
            contributions: vec![contribution(0, 1)],
            bonuses: Vec::new(),
        },
        Outcome {
            contributions: vec![contribution(1, -1)],
            bonuses: Vec::new(),
        },
        Outcome {
            contributions: vec![contribution(1, i64::MAX), contribution(1, i64::MAX)],
            bonuses: Vec::new(),
        },
        Outcome {
            contributions: Vec::new(),
            bonuses: vec![bonus("minus", -1, Condition::Always, Beneficiary::Member)],
        },
        Outcome {
            contributions: Vec::new(),
            bonuses: vec![bonus("twice", 1, Condition::Always, Beneficiary::Member); 2],
        },
    ];
    for outcome in wrong {
        let mut shop = Shop::new();
        let answer = shop.sell(bill(&[1_000], 0), outcome.clone());
        assert_eq!(
            (answer.judged, answer.points_earned),
            (Judgement::Unjudged, 0),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_proposal_on_another_basis_is_made_again() {
    let mut shop = Shop::new();
    let args = shop.sale_args(bill(&[1_000], 0));
    let proposal = shop.proposal(per_unit(&args.bill, &[1]));
    let changes: [fn(&mut Member); 2] = [|m| m.tier = "gold".into(), |m| m.purchases = 1];
    for change in changes {
        let mut member = shop.member.clone();
        change(&mut member);
        let before = member.clone();
        let refusal = decide_sale(
            Some(&mut member),
            None,
            &args,
            Some(&proposal),
            &shop.context,
            &mut shop.ids,
        )
        .unwrap_err();
        assert_eq!((refusal.code, member), (Code::Busy, before));
    }
}

#[test]
fn a_closed_or_expired_membership_buys_nothing() {
    let mut shop = Shop::new();
    shop.member.expires_at = Some(shop.context.now);
    let sale = bill(&[1_000], 0);
    assert_eq!(
        shop.try_sell(sale.clone(), per_unit(&sale, &[1])).unwrap_err().code,
        Code::MembershipClosed
    );
    shop.member.expires_at = None;
    shop.member.open = false;
    assert_eq!(
        shop.try_sell(sale.clone(), per_unit(&sale, &[1])).unwrap_err().code,
        Code::MembershipClosed
    );
}

#[test]
fn a_sale_counts_on_its_business_day() {
    let mut shop = Shop::new();
    shop.gift(300, LotTerms::default());
    shop.sell_at(bill(&[1_000], 300), &[1]);
    let measures: Vec<_> = shop
        .last()
        .measures
        .iter()
        .map(|m| (m.measure, m.day, m.delta))
        .collect();
    assert_eq!(
        measures,
        [
            ("paid", day("2026-06-15"), 700),
            ("visits", day("2026-06-15"), 1),
            ("points", day("2026-06-15"), 7),
        ]
    );
    assert_eq!(
        (shop.member.purchases, shop.last().membership_updates[0].purchases),
        (1, 1)
    );
    assert_eq!(shop.last().membership_updates[0].version, shop.member.version);
}

#[test]
fn points_of_the_return_window_mature_after_its_last_day() {
    let mut shop = Shop::new();
    shop.context.terms.maturing_days = 7;
    shop.sell_at(bill(&[1_000], 0), &[1]);
    assert_eq!(shop.balance(), (0, 10));
    assert_eq!(
        shop.last().lots[0].matures_at,
        Some(at("2026-06-22T16:00:00Z")),
        "from 23 June in Shanghai"
    );
}

#[test]
fn an_introducer_is_rewarded_beside_the_buyer() {
    let mut shop = Shop::new();
    let mut introducer = Member::opened(&membership(2));
    let outcome = Outcome {
        contributions: vec![contribution(1, 10_000_000)],
        bonuses: vec![bonus(
            "introduced",
            100_000_000,
            Condition::KeptAtLeast(1_000),
            Beneficiary::Introducer,
        )],
    };
    let sell = |shop: &mut Shop, introducer: Option<&mut Member>| {
        let args = shop.sale_args(bill(&[1_000], 0));
        let proposal = shop.proposal(outcome.clone());
        let mut buyer = shop.member.clone();
        decide_sale(
            Some(&mut buyer),
            introducer,
            &args,
            Some(&proposal),
            &shop.context,
            &mut shop.ids,
        )
        .unwrap()
    };
    let (rows, answer) = sell(&mut shop, Some(&mut introducer));
    assert_eq!(
        (answer.points_earned, answer.entries.len()),
        (10, 1),
        "the answer is the buyer's"
    );
    let entry = &rows.entries[1];
    assert_eq!(
        (entry.membership, entry.kind, entry.amount),
        (introducer.id, EntryKind::Bonus, 100)
    );
    assert_eq!(
        (rows.accounts.len(), rows.membership_updates.len(), rows.bills[0].earned),
        (2, 2, 10)
    );
    introducer.open = false;
    for ended in [Some(&mut introducer), None] {
        let (rows, _) = sell(&mut shop, ended);
        assert_eq!(
            (rows.entries.len(), rows.bills[0].bonuses.as_str()),
            (1, "[]"),
            "nobody to book it to"
        );
    }
}

#[test]
fn wrong_terms_are_told_field_by_field() {
    let wrong = Terms {
        maturing_days: 91,
        tender: Some(PointsTender {
            points: 0,
            money: 0,
            step: 0,
            minimum: -1,
            max_share: 1_000_001,
        }),
        ..Terms::default()
    };
    let pointers: Vec<_> = wrong.validate().into_iter().map(|error| error.pointer).collect();
    assert_eq!(
        pointers,
        [
            "/maturing_days",
            "/tender/points",
            "/tender/money",
            "/tender/step",
            "/tender/minimum",
            "/tender/max_share_ppm"
        ]
    );
    assert!(Terms::default().validate().is_empty() && context().terms.validate().is_empty());
}

#[test]
fn a_refused_sale_writes_nothing() {
    let mut shop = Shop::new();
    let mut sale = bill(&[1_000], 0);
    sale.tenders[0].amount = 1;
    let before = shop.member.clone();
    assert_eq!(
        shop.try_sell(sale, Outcome::default()).unwrap_err().code,
        Code::TendersMismatch
    );
    assert_eq!((shop.member, shop.saved), (before, Vec::<Rows>::new()));
}
