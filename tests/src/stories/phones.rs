//! Phone numbers as people type, paste and export them: one person however it is written.

use crate::harness::{Field, TestApp, at_once, query_value};
use libtest_mimic::Trial;
use serde_json::Value;

pub fn tests() -> Vec<Trial> {
    crate::stories!("phones":
        a1_a_pasted_phone_is_registered_and_found,
        a2_a_phone_is_found_however_it_is_written,
        a3_a_known_phone_is_registered_again_only_knowingly,
        a3_six_at_once_make_one_customer,
        a4_a_land_line_keeps_its_extension,
        a5_numbers_of_new_ranges_are_valid_and_a_wrong_character_is_named,
    )
}

/// The customers that a look-up finds at the counter.
#[track_caller]
fn found(app: &TestApp, typed: &str) -> Vec<String> {
    let page = app.hq().get(&format!("/customers?query={}", query_value(typed))).ok();
    page.list("/items")
        .iter()
        .map(|customer| customer.text("/id"))
        .collect()
}

#[track_caller]
fn masked(app: &TestApp, customer: &str) -> Value {
    app.hq().get(&format!("/customers/{customer}")).ok()["phones"].clone()
}

fn a1_a_pasted_phone_is_registered_and_found(app: &TestApp) {
    for (n, pasted) in [
        "\u{202d}138@1234@5678\u{202c}",
        "\u{200b}138@1234\u{200b}@5678",
        "138\u{a0}@1234\u{a0}@5678",
        "138\u{3000}@1234\u{3000}@5678",
    ]
    .into_iter()
    .enumerate()
    {
        let middle = format!("{}234", n + 1);
        let pasted = pasted.replacen("@1234", &middle, 1).replace('@', "");
        let id = app.customer("王芳").phone(&pasted).create();
        assert_eq!(masked(app, &id), serde_json::json!(["138****5678"]), "{pasted:?}");
        let plain = format!("138{middle}5678");
        assert_eq!(found(app, &plain), [id.as_str()], "{pasted:?}");
        assert_eq!(found(app, &pasted), [id], "{pasted:?}");
    }
}

fn a2_a_phone_is_found_however_it_is_written(app: &TestApp) {
    let member = app.member("王芳");
    let patch = serde_json::json!({"phones": ["13912345678"]});
    let path = format!("/customers/{}", member.customer);
    app.hq().patch(&path, "\"1\"", &patch).ok();
    for typed in ["(+86)13912345678", "139.1234.5678", "13912345678.0", "５６７８", "5678"] {
        assert_eq!(found(app, typed), [member.customer.as_str()], "{typed:?}");
        let cards = app.cashier().get(&format!("/cards?code={}", query_value(typed))).ok();
        assert_eq!(cards.text("/items/0/id"), member.card, "{typed:?}");
    }
}

fn a3_a_known_phone_is_registered_again_only_knowingly(app: &TestApp) {
    let first = app.customer("王芳").phone("13812345678").create();
    for again in ["13812345678", "+86 138 1234 5678", "１３８１２３４５６７８"] {
        let problem = app
            .customer("李雷")
            .phone(again)
            .post()
            .expect_problem(409, "possible_duplicate");
        let known = problem.list("/customers");
        assert_eq!(known.len(), 1, "{problem:#}");
        assert_eq!(known[0].text("/id"), first, "{problem:#}");
        assert_eq!(known[0].text("/display/zh"), "王女士", "{problem:#}");
        assert!(!problem.to_string().contains("王芳"), "{problem:#}");
    }
    assert_eq!(found(app, "13812345678"), [first.as_str()]);
    let form = app.customer("李雷").phone("+86 13812345678");
    let second = form.with("acknowledge_duplicate", true).create();
    assert_eq!(found(app, "13812345678"), [second, first]);
    app.customer("韩梅梅").phone("13812345679").create();
}

fn a3_six_at_once_make_one_customer(app: &TestApp) {
    let answers = at_once(6, |_| app.customer("王芳").phone("13812345678").post());
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (1, 5));
    assert_eq!(found(app, "13812345678").len(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status == 409) {
        answer.expect_problem(409, "possible_duplicate");
    }
}

fn a4_a_land_line_keeps_its_extension(app: &TestApp) {
    let eight = app.customer("王芳").phone("0755-26123456转8").create();
    let nine = app.customer("李雷").phone("0755-26123456 ext. 9").create();
    assert_eq!(masked(app, &eight), serde_json::json!(["755****3456-8"]));
    for typed in ["0755 26123456 分机8", "0755-26123456 ext. 8"] {
        assert_eq!(found(app, typed), [eight.as_str()], "{typed:?}");
    }
    assert_eq!(
        found(app, "0755-26123456"),
        [nine.as_str(), &eight],
        "the line alone finds both"
    );
    assert_eq!(found(app, "3456").len(), 2);
}

fn a5_numbers_of_new_ranges_are_valid_and_a_wrong_character_is_named(app: &TestApp) {
    for range in ["192", "149", "165", "167", "170", "171", "190", "199"] {
        app.customer("王芳").phone(&format!("{range}12345678")).create();
    }
    for (wrong, named) in [
        ("12345678901", "Character 2, “2”"),
        ("1380013800O", "Character 11, “O”"),
        ("1.38E+10", "Character 5, “E”"),
    ] {
        let problem = app
            .customer("王芳")
            .phone(wrong)
            .post()
            .expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/errors/0/pointer"), "/phones/0", "{problem:#}");
        assert!(problem.text("/detail").contains(named), "{problem:#}");
    }
}
