//! Receipts, tills and card numbers as people type and scanners send them.

use crate::harness::{Field, TestApp, query_value};
use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    crate::stories!("identifiers":
        s5_a_receipt_with_blanks_around_it_is_the_same_bill,
        s5_a_blank_receipt_is_refused,
        s6_a_card_number_is_known_however_it_is_read,
    )
}

fn s5_a_receipt_with_blanks_around_it_is_the_same_bill(app: &TestApp) {
    let member = app.member("王芳");
    let sale = || app.sale_to(&member).line("cream", "skin", 100_00).receipt("R1");
    let bill = sale().ring();
    let held = app.points(&member);
    for (field, text) in [
        ("receipt", "R1 "),
        ("receipt", "Ｒ１"),
        ("till", "T1 "),
        ("till", "\u{3000}T1\r\n"),
    ] {
        let again = sale().with(field, text).post().ok();
        assert_eq!(again.text("/id"), bill.id, "{field} {text:?}");
    }
    assert_eq!(app.points(&member), held, "nothing was counted twice");
}

fn s5_a_blank_receipt_is_refused(app: &TestApp) {
    let member = app.member("王芳");
    for blank in ["   ", "\u{3000}", "\r\n"] {
        let sale = app.sale_to(&member).line("cream", "skin", 100_00).receipt(blank);
        let problem = sale.post().expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), "/receipt", "{blank:?}");
    }
}

fn s6_a_card_number_is_known_however_it_is_read(app: &TestApp) {
    let member = app.member("王芳");
    let mug = app.reward("mug", 10, None, None);
    let number = member.number.as_str();
    let full_width: String = number
        .chars()
        .filter_map(|digit| char::from_u32(u32::from(digit) + 0xfee0))
        .collect();
    let groups = format!(
        "{} {} {} {}",
        &number[..4],
        &number[4..8],
        &number[8..12],
        &number[12..]
    );
    for read in [
        format!("{number}\r\n"),
        format!(" {number}"),
        groups,
        full_width.clone(),
    ] {
        let before = app.points(&member);
        let sale = app.sale().card(&read).line("cream", "skin", 100_00).ring();
        assert_eq!(sale.earned(), 100, "{read:?}");
        app.redeem(&read, &mug).created();
        assert_eq!(app.points(&member), before + 90, "{read:?}");
    }
    let found = app
        .till()
        .get(&format!("/cards?code={}", query_value(&full_width)))
        .ok();
    assert_eq!(
        found["items"][0]["id"].as_str(),
        Some(member.card.as_str()),
        "{found:#}"
    );
}
