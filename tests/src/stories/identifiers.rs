//! Receipts, tills and card numbers as people type and scanners send them.

use crate::harness::{Field, TestApp, query_value};
use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    crate::stories!("identifiers":
        s5_a_receipt_with_blanks_around_it_is_the_same_bill,
        s5_a_blank_receipt_is_refused,
        s6_a_card_number_is_known_however_it_is_read,
        a5_an_identity_number_is_checked_by_its_own_rule,
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

fn a5_an_identity_number_is_checked_by_its_own_rule(app: &TestApp) {
    let post = |kind: Option<&str>, number: &str| {
        let form = app.customer("王芳").with("identity_number", number);
        match kind {
            Some(kind) => form.with("identity_kind", kind).post(),
            None => form.post(),
        }
    };
    for (kind, number, known) in [
        (None, "11010519491231002x", "resident_id"),
        (None, "１１０１０５ 19491231 002X", "resident_id"),
        (Some("passport"), "E12345678", "passport"),
        (Some("hk_macau_permit"), "h1234567801", "hk_macau_permit"),
        (Some("taiwan_permit"), "12345678", "taiwan_permit"),
        (None, "K-8804321", "other"),
    ] {
        let customer = post(kind, number).created();
        assert_eq!(customer.text("/identity_kind"), known, "{number}");
        assert!(customer.text("/identity_number").contains("****"), "{customer:#}");
    }
    for (kind, number, named) in [
        (None, "1101O519491231002X", "Character 5, “O”"),
        (None, "110105194912310021", "Character 18"),
        (None, "11010519491331002X", "Characters 7–14"),
        (None, "110105491231002", "15 digits"),
        (Some("passport"), "E1234567890", "5–9"),
        (Some("hk_macau_permit"), "K12345678", "Character 1, “K”"),
    ] {
        let problem = post(kind, number).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), "/identity_number", "{number}");
        assert!(problem.text("/detail").contains(named), "{number}: {problem:#}");
        assert!(
            !problem.to_string().contains(number),
            "a refusal doesn't repeat the number: {problem:#}"
        );
    }
    let id = post(Some("passport"), "E12345678").created().text("/id");
    let change = serde_json::json!({"identity_number": "110105194912310021"});
    let path = format!("/customers/{id}");
    app.hq()
        .patch(&path, "\"1\"", &change)
        .expect_problem(422, "field_invalid");
    assert_eq!(app.hq().get(&path).ok().text("/identity_kind"), "passport");
}
