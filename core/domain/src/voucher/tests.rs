use super::*;
use uuid::Uuid;

type Change<T> = fn(&mut T);

fn store(n: u128) -> StoreId {
    Uuid::from_u128(n).into()
}

fn member(n: u128) -> MembershipId {
    Uuid::from_u128(n).into()
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn line(number: i32, sku: &str, category: &str, quantity: i64, amount: Minor) -> Line {
    Line {
        number,
        sku: sku.into(),
        category: category.into(),
        quantity,
        amount,
        list_amount: amount,
        discount: 0,
        attributes: Vec::new(),
    }
}

fn voucher(worth: Worth) -> Voucher {
    Voucher {
        id: Uuid::from_u128(1).into(),
        kind: Uuid::from_u128(2).into(),
        name: Text::new("代金券", "Voucher"),
        rules: VoucherRules {
            worth,
            bought: false,
            uses: 1,
            total_limit: None,
            member_limit: None,
            from: None,
            until: None,
            days: None,
            stores: Vec::new(),
            categories: Vec::new(),
            skus: Vec::new(),
            minimum: 0,
        },
        active: true,
        state: VoucherState::Issued,
        member: None,
        issued_on: day("2026-03-01"),
        own_amount: None,
        own_last_day: None,
        used: 0,
        kind_used: 0,
        member_used: 0,
    }
}

fn off(amount: Minor) -> Voucher {
    voucher(Worth::Amount { amount })
}

fn here() -> Shown {
    Shown {
        store: store(1),
        day: day("2026-03-10"),
        member: Some(member(1)),
    }
}

fn bill() -> Vec<Line> {
    vec![
        line(1, "cream", "skin", 2000, 200_00),
        line(2, "lip", "makeup", 1000, 90_00),
        line(3, "tea", "food", 500, 10_00),
    ]
}

#[test]
fn one_thing_that_fails_makes_a_code_unusable() {
    assert!(off(1).is_usable(&here()));
    let wrong: [(&str, Change<Voucher>); 13] = [
        ("archived", |v| v.active = false),
        ("blocked", |v| v.state = VoucherState::Blocked),
        ("another's", |v| v.member = Some(member(2))),
        ("too early", |v| v.rules.from = Some(day("2026-03-11"))),
        ("over", |v| v.rules.until = Some(day("2026-03-09"))),
        ("over after its days", |v| v.rules.days = Some(8)),
        ("over by the earlier", |v| {
            (v.rules.until, v.rules.days) = (Some(day("2026-12-31")), Some(8));
        }),
        ("an own end", |v| v.own_last_day = Some(day("2026-03-09"))),
        ("another store's", |v| v.rules.stores = vec![store(2)]),
        ("used", |v| v.used = 1),
        ("all used", |v| (v.rules.total_limit, v.kind_used) = (Some(10), 10)),
        ("the member's share", |v| {
            (v.rules.member_limit, v.member_used) = (Some(2), 2)
        }),
        ("no uses", |v| v.rules.uses = 0),
    ];
    for (why, change) in wrong {
        let mut code = off(1);
        change(&mut code);
        assert!(!code.is_usable(&here()), "{why}");
    }
    let right: [fn(&mut Voucher); 6] = [
        |v| v.member = Some(member(1)),
        |v| (v.rules.from, v.rules.until) = (Some(day("2026-03-10")), Some(day("2026-03-10"))),
        |v| v.rules.days = Some(9),
        |v| (v.rules.until, v.own_last_day) = (Some(day("2026-03-09")), Some(day("2026-03-10"))),
        |v| (v.rules.uses, v.used) = (3, 2),
        |v| (v.rules.total_limit, v.kind_used) = (Some(10), 9),
    ];
    for change in right {
        let mut code = off(1);
        change(&mut code);
        assert!(code.is_usable(&here()), "{code:?}");
    }
    let mut limited = off(1);
    limited.rules.member_limit = Some(1);
    let nobody = Shown { member: None, ..here() };
    assert!(!limited.is_usable(&nobody), "a limit per member takes a member");
    assert!(off(1).is_usable(&nobody));
}

#[test]
fn an_amount_is_taken_off_what_is_covered_and_no_more() {
    let lines = bill();
    let mut open = Open::new(&lines, 0, 2);
    assert_eq!(open.apply(&off(50_00)), Ok(50_00));
    assert_eq!(open.due(), 250_00);
    let mut makeup = off(500_00);
    makeup.rules.categories = vec!["makeup".into()];
    // Of 90.00, 15.00 were taken by the first.
    assert_eq!(open.apply(&makeup), Ok(75_00));
    assert_eq!(open.due(), 175_00);
    let none_left = open.apply(&makeup).unwrap_err();
    assert_eq!(none_left.code, Code::VoucherNotApplicable);
    assert_eq!(open.due(), 175_00, "what is refused takes nothing");
    let mut tea = off(1_00);
    tea.rules.skus = vec!["tea".into()];
    assert_eq!(open.apply(&tea), Ok(1_00));
    assert_eq!(open.apply(&off(1000_00)), Ok(174_00));
    assert_eq!(open.due(), 0);
}

#[test]
fn what_is_let_off_is_not_paid_by_a_voucher() {
    let lines = bill();
    let mut open = Open::new(&lines, 5, 2);
    assert_eq!(open.apply(&off(1000_00)), Ok(299_95));
}

#[test]
fn a_share_has_a_cap_and_rounds_down() {
    let lines = [line(1, "cream", "skin", 1000, 99_99)];
    let percent = |most| voucher(Worth::Percent { off_ppm: 150_000, most });
    assert_eq!(Open::new(&lines, 0, 2).apply(&percent(100_00)), Ok(14_99));
    assert_eq!(Open::new(&lines, 0, 2).apply(&percent(10_00)), Ok(10_00));
}

#[test]
fn goods_are_one_piece_where_it_costs_most() {
    let mut lines = bill();
    lines.push(line(4, "cream", "skin", 1000, 120_00));
    let cream = voucher(Worth::Item { sku: "cream".into() });
    let mut open = Open::new(&lines, 0, 2);
    assert_eq!(open.apply(&cream), Ok(120_00));
    assert_eq!(open.apply(&cream), Ok(100_00));
    let half_a_tea = voucher(Worth::Item { sku: "tea".into() });
    assert_eq!(open.apply(&half_a_tea).unwrap_err().code, Code::VoucherNotApplicable);
}

#[test]
fn a_bill_below_the_least_is_told_what_is_missing() {
    let lines = bill();
    let mut code = off(50_00);
    code.rules.minimum = 300_01;
    let refusal = Open::new(&lines, 0, 2).apply(&code).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.facts.needed),
        (Code::VoucherNotApplicable, Some(300_01))
    );
    assert!(refusal.detail.zh.contains("300.01") && refusal.detail.zh.contains("300.00"));
    code.rules.minimum = 300_00;
    assert_eq!(Open::new(&lines, 0, 2).apply(&code), Ok(50_00));
    // What a return gave back wants no least bill.
    (code.rules.minimum, code.own_amount) = (1000_00, Some(12_34));
    assert_eq!(Open::new(&lines, 0, 2).apply(&code), Ok(12_34));
}

#[test]
fn rules_are_checked_and_holders_keep_what_they_have() {
    let rules = off(50_00).rules;
    assert_eq!(rules.check("/rules"), Ok(()));
    let wrong: [(&str, Change<VoucherRules>); 8] = [
        ("/worth/amount", |r| r.worth = Worth::Amount { amount: 0 }),
        ("/worth/off_ppm", |r| {
            r.worth = Worth::Percent {
                off_ppm: 1_000_001,
                most: 1,
            }
        }),
        ("/worth/sku", |r| r.worth = Worth::Item { sku: String::new() }),
        ("/uses", |r| r.uses = 0),
        ("/until", |r| (r.from, r.until) = (Some(Day(2)), Some(Day(1)))),
        ("/days", |r| r.days = Some(-1)),
        ("/minimum", |r| r.minimum = -1),
        ("/bought", |r| (r.bought, r.total_limit) = (true, Some(1))),
    ];
    for (pointer, change) in wrong {
        let mut rules = rules.clone();
        change(&mut rules);
        let refusal = rules.check("/rules").unwrap_err();
        assert_eq!(refusal.pointer, Some(format!("/rules{pointer}")));
    }
    let later = |until| VoucherRules { until, ..rules.clone() };
    assert!(later(None).keeps(&later(Some(Day(9)))));
    assert!(later(Some(Day(9))).keeps(&later(Some(Day(9)))));
    assert!(!later(Some(Day(8))).keeps(&later(Some(Day(9)))));
    assert!(!later(Some(Day(8))).keeps(&later(None)));
    let dearer = VoucherRules {
        minimum: 1,
        ..rules.clone()
    };
    assert!(!dearer.keeps(&rules));
}

#[test]
fn the_one_answer_says_what_is_due_without_the_code() {
    let refusal = unusable("/tenders/0/code", Some((300_00, 2)));
    assert!(refusal.detail.zh.contains("300.00"), "{refusal:?}");
    assert_eq!((refusal.code, refusal.facts.due), (Code::VoucherUnusable, Some(300_00)));
    assert_eq!(unusable("/code", None).facts.due, None);
}

#[test]
fn a_limit_counts_the_codes_of_one_bill_as_well() {
    let lines = bill();
    let code = |n: u128, limit| {
        let mut code = off(10_00);
        code.id = Uuid::from_u128(n).into();
        code.rules.total_limit = Some(limit);
        Some(code)
    };
    let apply = |codes: &[Option<Voucher>]| apply_all(&mut Open::new(&lines, 0, 2), codes, &here());
    assert_eq!(apply(&[code(1, 2), code(2, 2)]), Ok(vec![10_00, 10_00]));
    let one_too_many = apply(&[code(1, 1), code(2, 1)]);
    assert_eq!(one_too_many, Err(Failed::Unusable { at: 1, due: 290_00 }));
    let unknown = apply(&[code(1, 1), None, code(3, 9)]);
    assert_eq!(unknown, Err(Failed::Unusable { at: 1, due: 280_00 }));
    let mut dear = code(1, 9);
    dear.as_mut().unwrap().rules.minimum = 1000_00;
    assert!(matches!(
        apply(&[dear.clone(), None]),
        Err(Failed::Unusable { at: 1, .. })
    ));
    assert!(matches!(apply(&[dear]), Err(Failed::NotApplicable { at: 0, .. })));
}

#[test]
fn a_code_comes_back_whole_or_a_bought_one_as_another() {
    let used = |bought, until| {
        let mut voucher = off(50_00);
        (voucher.rules.bought, voucher.rules.until) = (bought, until);
        UsedVoucher {
            voucher,
            amount: 50_00,
            position: 1,
        }
    };
    let today = day("2026-03-10");
    let back = |used: &UsedVoucher, before, so_far, all| give_back(used, before, so_far, all, today);
    let (free, bought) = (used(false, None), used(true, None));
    assert_eq!(back(&free, 0, 50_00, true), Given::Again);
    assert_eq!(back(&free, 20_00, 50_00, true), Given::Again);
    assert_eq!(back(&free, 0, 20_00, false), Given::Nothing);
    assert_eq!(back(&bought, 0, 50_00, true), Given::Again);
    let another = |amount, last_day| Given::Another { amount, last_day };
    assert_eq!(back(&bought, 0, 20_00, false), another(20_00, None));
    assert_eq!(
        back(&bought, 20_00, 50_00, true),
        another(30_00, None),
        "20.00 were given already"
    );
    assert_eq!(back(&bought, 20_00, 20_00, false), Given::Nothing);
    // Its window is over.
    let over = Some(day("2026-03-09"));
    assert_eq!(back(&used(false, over), 0, 50_00, true), Given::Nothing);
    assert_eq!(
        back(&used(true, over), 0, 50_00, true),
        another(50_00, Some(day("2026-04-09")))
    );
    let long = Some(day("2026-12-31"));
    assert_eq!(back(&used(true, long), 0, 20_00, false), another(20_00, long));
}
