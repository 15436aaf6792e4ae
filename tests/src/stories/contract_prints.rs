//! Contracts in print (D-CON-2): templates of their types in versions, and the PDFs that come of them, read by poppler.

use super::contracts::{consultant, content, customer, draft, kind, path, signed, step};
use crate::harness::{Field, TestApp, peers};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::process::Command;

pub fn tests() -> Vec<Trial> {
    crate::stories!("contract_prints" with peers::pdftotext:
        d_con_2_a_draft_is_printed_as_one_and_a_signed_contract_isnt,
        d_con_2_what_was_signed_is_printed_as_it_was,
        d_con_2_a_template_that_cant_be_printed_isnt_published,
        d_con_2_four_shipped_templates_print_in_both_languages,
        d_con_2_texts_are_printed_and_never_run,
        d_con_2_who_printed_is_noted,
    )
}

/// The text of a PDF by another program than the one that made it.
fn text(pdf: &[u8]) -> String {
    assert!(
        pdf.starts_with(b"%PDF-"),
        "{:?}",
        String::from_utf8_lossy(&pdf[..pdf.len().min(80)])
    );
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), pdf).expect("a file");
    let read = Command::new(peers::pdftotext().expect("asked for before"))
        .args(["-layout", "-enc", "UTF-8"])
        .arg(file.path())
        .arg("-")
        .output();
    let read = read.expect("pdftotext runs");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8(read.stdout).expect("UTF-8")
}

/// A text without its blanks: lines break anywhere in Chinese.
fn dense(text: &str) -> String {
    text.split_whitespace().collect()
}

fn printed(app: &TestApp, path: &str, language: &str) -> String {
    let answer = app.hq().get(&format!("{path}/print?language={language}"));
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/pdf"));
    text(&answer.bytes)
}

fn template(title: &str, clause: &str) -> Value {
    json!({
        "title": {"zh": title, "en": title},
        "clauses": [
            {"body": {"zh": "{parties}", "en": "{parties}"}},
            {"heading": {"zh": "约定", "en": "Terms"}, "body": {"zh": clause, "en": clause}},
            {"heading": {"zh": "退货", "en": "Returns"}, "body": {"zh": "{elements.returns}", "en": "{elements.returns}"},
             "when": "elements.returns"},
            {"heading": {"zh": "标的", "en": "Goods"}, "body": {"zh": "{lines}", "en": "{lines}"}},
        ],
        "annexes": [],
    })
}

fn publish(app: &TestApp, kind: &str, number: i64, template: &Value) -> crate::harness::Answer {
    app.hq().patch(
        &format!("/contract-types/{kind}/template"),
        &format!("\"{number}\""),
        &json!({"template": template}),
    )
}

fn d_con_2_a_draft_is_printed_as_one_and_a_signed_contract_isnt(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let mut written = content(1005_00);
    written["annexes"] = json!(["报价单", "门店清单"]);
    let contract = draft(&consultant(app), &kind, &customer, &written);
    let path = path(&contract);
    let zh = dense(&printed(app, &path, "zh-CN"));
    for said in [
        "甲方公司",
        "王芳",
        "护肤套装",
        "1,005.00",
        "壹仟零伍元整",
        "符合国家标准",
        "第1页",
        "报价单",
        "门店清单",
    ] {
        assert!(zh.contains(said), "{said} in {zh}");
    }
    // Slanted: its characters stand on lines of their own.
    assert!(zh.contains('稿'), "marked as a draft: {zh}");
    let en = printed(app, &path, "en");
    assert!(en.contains("Page 1 of"), "{en}");
    signed(app, &contract, "2026-02-20");
    let after = printed(app, &path, "zh-CN");
    assert!(!after.contains('稿') && after.contains("JX-2026-0001"), "{after}");
    let again = |language: &str| app.hq().get(&format!("{path}/print?language={language}")).bytes;
    assert!(again("zh-CN") == again("zh-CN"), "the same bytes each time");
}

fn d_con_2_what_was_signed_is_printed_as_it_was(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let place = format!("/contract-types/{kind}");
    let none = app.hq().get(&format!("{place}/template")).ok();
    assert_eq!(none.int("/number"), 0, "the shipped general form");
    let first = draft(&consultant(app), &kind, &customer, &content(100_00));
    signed(app, &first, "2026-02-20");
    let kept = app.hq().get(&format!("{place}/template")).ok();
    assert_eq!(kept.int("/number"), 1, "kept with the first signature");
    assert_eq!(kept["template"], none["template"]);
    let before = app.hq().get(&format!("{}/print", path(&first))).bytes;
    publish(app, &kind, 0, &template("新合同", "新的约定")).expect_problem(412, "version_conflict");
    publish(app, &kind, 1, &template("新合同", "新的约定")).ok();
    assert!(
        app.hq().get(&format!("{}/print", path(&first))).bytes == before,
        "signed stays as it was"
    );
    let second = draft(&consultant(app), &kind, &customer, &content(100_00));
    let shown = dense(&printed(app, &path(&second), "zh-CN"));
    assert!(
        shown.contains("新合同") && shown.contains("第一条约定新的约定"),
        "{shown}"
    );
    assert!(
        shown.contains("第二条标的"),
        "clauses are counted without the one left out: {shown}"
    );
    publish(app, &kind, 2, &template("第三版", "再变")).ok();
    let numbers = |list: Vec<Value>| -> Vec<i64> { list.iter().map(|one| one.int("/number")).collect() };
    let page = app.hq().get(&format!("{place}/templates?limit=2")).ok();
    assert_eq!(numbers(page.list("/items")), [3, 2]);
    let rest = app
        .hq()
        .get(&format!("{place}/templates?limit=2&after={}", page.text("/next")))
        .ok();
    assert_eq!(numbers(rest.list("/items")), [1]);
    let audited = app
        .auditor()
        .get("/audit?action=contract_type.template")
        .ok()
        .list("/items");
    assert_eq!(audited.len(), 3);
}

fn d_con_2_a_template_that_cant_be_printed_isnt_published(app: &TestApp) {
    let kind = kind(app);
    for (clause, pointer) in [
        ("按 {elements.nothing} 执行", "/template/clauses/1/body/zh"),
        ("按 {values.vin} 执行", "/template/clauses/1/body/zh"),
        ("按 {number 执行", "/template/clauses/1/body/zh"),
    ] {
        let refused = publish(app, &kind, 0, &template("合同", clause)).expect_problem(422, "field_invalid");
        let errors = refused.list("/errors");
        assert!(
            errors.iter().any(|error| error.text("/pointer") == pointer),
            "{errors:#?}"
        );
    }
    let body = json!({"template": template("合同", "约定")});
    let refused = app
        .manager()
        .patch(&format!("/contract-types/{kind}/template"), "\"0\"", &body);
    refused.expect_problem(403, "forbidden");
    assert_eq!(
        app.hq()
            .get(&format!("/contract-types/{kind}/template"))
            .ok()
            .int("/number"),
        0
    );
}

fn d_con_2_four_shipped_templates_print_in_both_languages(app: &TestApp) {
    let forms = app.hq().get("/shipped-contract-templates").ok();
    let forms = forms.as_array().expect("a list");
    let names: Vec<String> = forms.iter().map(|form| form.text("/name")).collect();
    assert_eq!(names, ["dealer", "vehicle_sale", "hotel_rate", "beauty_course"]);
    for (n, form) in forms.iter().enumerate() {
        let body = json!({
            "code": format!("shipped-{n}"), "name": form["label"], "category": format!("T{n}"), "fields": form["fields"],
        });
        let kind = app.hq().post("/contract-types", &body).created().text("/id");
        publish(app, &kind, 0, &form["template"]).ok();
        for (language, title) in [("zh-CN", "zh"), ("en", "en")] {
            let wanted = json!({"language": language});
            let answer = app
                .hq()
                .post(&format!("/contract-types/{kind}/template-previews"), &wanted);
            assert_eq!(answer.status, 200, "{:#}", answer.body);
            let shown = dense(&text(&answer.bytes));
            let title = dense(&form.text(&format!("/template/title/{title}")));
            assert!(title.contains('{') || shown.contains(&title), "{title} in {shown}");
            assert!(shown.len() > 1500, "a whole contract: {shown}");
        }
    }
}

fn d_con_2_texts_are_printed_and_never_run(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let mut written = content(100_00);
    let odd = r#"#read("/etc/passwd") $x^2$ {other_party.name} <b>*粗*</b> \u{41} @ref // 注"#;
    written["elements"]["quality"] = json!(odd);
    let contract = draft(&consultant(app), &kind, &customer, &written);
    let shown = dense(&printed(app, &path(&contract), "zh-CN"));
    assert!(shown.contains(&dense(odd)), "{shown}");
    written["elements"]["quality"] = json!("符合\u{13000}标准");
    let contract = draft(&consultant(app), &kind, &customer, &written);
    let refused = app
        .hq()
        .get(&format!("{}/print", path(&contract)))
        .expect_problem(422, "unprintable");
    assert!(refused.text("/detail").contains('\u{13000}'), "{refused:#}");
}

fn d_con_2_who_printed_is_noted(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let contract = draft(&consultant(app), &kind, &customer, &content(100_00));
    step(&consultant(app), &path(&contract), "submit").ok();
    let west = app.actor("consultant", &[app.west()]);
    west.get(&format!("{}/print", path(&contract)))
        .expect_problem(403, "forbidden");
    printed(app, &path(&contract), "en");
    let looks = app
        .hq()
        .get(&format!("/access-log?customer_id={customer}"))
        .ok()
        .list("/items");
    let prints: Vec<&Value> = looks.iter().filter(|look| look["what"] == json!(["print"])).collect();
    assert_eq!(prints.len(), 1, "{looks:#?}");
    let me = app.hq().get("/me").ok().text("/staff_id");
    assert_eq!(prints[0].text("/staff_id"), me);
}
