//! Contracts that people take away (D-CON-4): the list as a file.

use super::contracts::{consultant, content, customer, draft, kind, signed};
use crate::harness::{Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("contract_files":
        d_con_4_the_list_goes_out_as_csv_xlsx_and_json,
        d_con_4_who_takes_the_list_away_needs_leave_and_is_noted,
    )
}

fn take(app: &TestApp, query: &str) -> Answer {
    let answer = app.hq().reading("zh-CN").get(&format!("/contract-export?{query}"));
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    answer
}

fn d_con_4_the_list_goes_out_as_csv_xlsx_and_json(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let mut text = content(1234_50);
    text["title"] = json!("=1+1");
    text["ends_on"] = json!("2026-12-31");
    signed(app, &draft(&consultant(app), &kind, &customer, &text), "2026-02-20");
    draft(&consultant(app), &kind, &customer, &json!({"title": "草稿"}));
    let csv = take(app, "").body.as_str().expect("a text").to_owned();
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("\u{feff}归档编号,合同类型,标题,顾客,") && lines[0].ends_with(",导出标记"),
        "{csv}"
    );
    assert_eq!(lines.len(), 3, "newest first: {csv}");
    assert!(lines[1].starts_with(",经销合同,草稿,王女士,"), "{csv}");
    assert!(
        lines[2].starts_with("JX-2026-0001,经销合同,'=1+1,王女士,"),
        "no formula: {csv}"
    );
    assert!(lines[2].contains(",生效中,未履行,1234.50,CNY,2026-02-20,"), "{csv}");
    let json = take(app, "format=json&state=in_force&amount_from=100000").body;
    assert_eq!(json.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (
            json[0].text("/amount"),
            json[0].text("/currency"),
            json[0].text("/ends_on")
        ),
        ("1234.50".into(), "CNY".into(), "2026-12-31".into())
    );
    let none = take(app, "format=json&amount_to=100").body;
    assert_eq!(none, json!([]), "by the filters of the list");
    assert!(take(app, "format=xlsx").bytes.starts_with(b"PK\x03\x04"));
    let whole = take(app, "format=json").body;
    assert_eq!((&whole[0]["amount"], &whole[0]["number"]), (&Value::Null, &Value::Null));
}

fn d_con_4_who_takes_the_list_away_needs_leave_and_is_noted(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    signed(
        app,
        &draft(&consultant(app), &kind, &customer, &content(100)),
        "2026-02-20",
    );
    let (own, all) = ([app.east()], []);
    for (role, stores) in [
        ("consultant", &own[..]),
        ("clerk", &own[..]),
        ("finance", &all[..]),
        ("auditor", &all[..]),
    ] {
        let refused = app.actor(role, stores).get("/contract-export");
        refused.expect_problem(403, "forbidden");
    }
    let east = app.manager().get("/contract-export?format=json").ok();
    let number = east[0].text("/export");
    let number = number.split(' ').next().expect("a number");
    let looks = app.hq().get(&format!("/access-log?number={number}")).ok();
    let me = app.manager().get("/me").ok().text("/staff_id");
    assert_eq!(
        (looks.text("/items/0/kind"), looks.text("/items/0/staff_id")),
        ("export".into(), me)
    );
    let audited = app.auditor().get("/audit?action=contract.export").ok().list("/items");
    assert_eq!(audited.len(), 1);
    let west = app.actor("store_manager", &[app.west()]);
    assert_eq!(
        west.get("/contract-export?format=json").ok(),
        json!([]),
        "of one's stores"
    );
    app.hq()
        .get("/contract-export?text=x")
        .expect_problem(400, "body_invalid");
    app.finish();
}
