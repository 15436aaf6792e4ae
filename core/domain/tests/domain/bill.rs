use crate::kit::*;
use cardea_domain::Code;
use cardea_domain::money::LIMIT;
use cardea_domain::sale::*;

/// What is refused of a bill of 100.00 and 50.00 in cash after a change.
fn refused(change: impl FnOnce(&mut Bill)) -> (Code, String) {
    let mut bill = bill(&[10_000, 5_000], 0);
    assert_eq!(bill.validate(2), Ok(()));
    change(&mut bill);
    let refusal = bill.validate(2).unwrap_err();
    (refusal.code, refusal.pointer.unwrap())
}

#[test]
fn a_bill_that_does_not_add_up_is_refused() {
    let discount = |pointer: &str| (Code::LineDiscountMismatch, pointer.to_owned());
    assert_eq!(refused(|b| b.lines[1].discount = 1), discount("/lines/1/discount"));
    assert_eq!(
        refused(|b| b.lines[0].list_amount = 9_999),
        discount("/lines/0/discount")
    );
    let tenders = (Code::TendersMismatch, "/tenders".to_owned());
    assert_eq!(refused(|b| b.tenders[0].amount -= 1), tenders);
    assert_eq!(refused(|b| b.tenders.clear()), tenders);
    assert_eq!(refused(|b| b.rounding = 1), tenders);
    assert_eq!(refused(|b| b.rounding = -1), tenders);
}

#[test]
fn a_field_out_of_range_is_named() {
    let field = |change: fn(&mut Bill)| {
        let (code, pointer) = refused(change);
        assert_eq!(code, Code::FieldInvalid, "{pointer}");
        pointer
    };
    assert_eq!(field(|b| b.lines.clear()), "/lines");
    assert_eq!(
        field(|b| b.lines = (1..=2001).map(|n| line(n, 1, 1000)).collect()),
        "/lines"
    );
    assert_eq!(
        field(|b| b.lines.iter_mut().for_each(full)),
        "/lines",
        "each fits, the sum doesn't"
    );
    assert_eq!(field(|b| b.lines[1].number = 3), "/lines/1/number");
    assert_eq!(field(|b| b.lines[0].quantity = 0), "/lines/0/quantity");
    assert_eq!(field(|b| b.lines[1].amount = -1), "/lines/1/amount");
    assert_eq!(field(|b| b.lines[1].amount = LIMIT + 1), "/lines/1/amount");
    assert_eq!(field(|b| b.lines[1].list_amount = -1), "/lines/1/list_amount");
    assert_eq!(field(surcharge), "/lines/0/discount");
    assert_eq!(field(|b| b.lines[0].sku = "x".repeat(65)), "/lines/0/sku");
    assert_eq!(field(|b| b.lines[0].category = "x".repeat(65)), "/lines/0/category");
    assert_eq!(
        field(|b| attribute(b, AttrValue::Text("x".repeat(1025)))),
        "/lines/0/attributes"
    );
    assert_eq!(
        field(|b| attribute(b, AttrValue::Integer(i64::MIN))),
        "/lines/0/attributes"
    );
    assert_eq!(field(|b| b.rounding = 15_001), "/rounding");
    assert_eq!(field(|b| b.tenders[0].amount = -1), "/tenders/0/amount");
    assert_eq!(field(two_points), "/tenders/1/kind");
    assert_eq!(field(|b| b.tenders = vec![b.tenders[0]; 21]), "/tenders");
}

fn surcharge(bill: &mut Bill) {
    bill.lines[0].list_amount = 9_000;
    bill.lines[0].discount = -1_000;
}

fn attribute(bill: &mut Bill, value: AttrValue) {
    bill.lines[0].attributes.push(("vin".into(), value));
}

fn full(line: &mut Line) {
    line.amount = LIMIT;
    line.list_amount = LIMIT;
}

fn two_points(bill: &mut Bill) {
    let tender = |amount| Tender {
        kind: TenderKind::Points,
        amount,
    };
    bill.tenders = vec![tender(10_000), tender(5_000)];
}

#[test]
fn gifts_discounts_and_rounding_are_fine() {
    let mut gift = bill(&[10_000, 0], 0);
    gift.lines[0].list_amount = 12_000;
    gift.lines[0].discount = 2_000;
    gift.rounding = 3;
    gift.tenders[0].amount = 9_997;
    assert_eq!(gift.validate(2), Ok(()));
    assert_eq!((gift.total(), gift.paid()), (9_997, 9_997));
    assert_eq!(spread_unpaid(&gift), [9_997, 0]);
    let mut up = bill(&[101, 101], 0);
    up.rounding = -3;
    up.tenders[0].amount = 205;
    assert_eq!(up.validate(2), Ok(()));
    assert_eq!(
        spread_unpaid(&up),
        [103, 102],
        "rounded up: what is paid on top counts too"
    );
    let mut free = bill(&[0], 0);
    free.tenders.clear();
    assert_eq!(free.validate(2), Ok(()));
}

#[test]
fn what_is_not_paid_is_spread_by_money() {
    assert_eq!(spread_unpaid(&bill(&[10_000, 10_000], 10_000)), [5_000, 5_000]);
    assert_eq!(spread_unpaid(&bill(&[100, 100, 100], 100)), [66, 67, 67]);
    assert_eq!(spread_unpaid(&bill(&[300, 100, 0], 400)), [0, 0, 0]);
    for points in [0, 1, 2, 333, 998, 999] {
        let counted = spread_unpaid(&bill(&[1, 2, 996], points));
        assert_eq!(counted.iter().sum::<i64>(), 999 - points);
        assert!(counted.iter().all(|c| *c >= 0), "{counted:?}");
    }
}

#[test]
fn business_time_lies_seven_days_back_and_five_minutes_ahead() {
    let now = at("2026-06-15T04:00:00Z");
    let cases = [
        ("2026-06-08T04:00:00Z", true, true),
        ("2026-06-08T03:59:59.999Z", false, true),
        ("2017-01-01T00:00:00Z", false, true),
        ("2026-06-15T04:05:00Z", true, true),
        ("2026-06-15T04:05:00.001Z", false, false),
    ];
    for (text, cashier, manager) in cases {
        assert_eq!(check_occurred_at(at(text), now, false).is_ok(), cashier, "{text}");
        assert_eq!(check_occurred_at(at(text), now, true).is_ok(), manager, "{text}");
    }
    let refusal = check_occurred_at(at("2026-06-01T00:00:00Z"), now, false).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.pointer.as_deref()),
        (Code::OccurredAtOutOfRange, Some("/occurred_at"))
    );
}
