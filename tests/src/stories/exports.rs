//! Tables that people take away, and records from other systems' files (D-ARC-13, D-ARC-15).

use super::intake::{bad, figures, path, work};
use crate::harness::{Answer, Field, TestApp, fresh_key, query_value};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("exports":
        d_arc_13_customers_go_out_as_csv_xlsx_and_json,
        d_arc_13_an_export_in_full_needs_leave_and_a_purpose,
        d_arc_13_a_workbook_that_went_out_can_come_in,
        d_arc_15_records_come_in_from_a_file_and_go_again,
    )
}

fn people(app: &TestApp) {
    let card = json!({"contact": {"mail": "fang@example.com"}, "person": {"occupation": "+1+1"}});
    app.customer("王芳")
        .phone("13812345678")
        .birthday("1990-05-01")
        .with("card", card)
        .create();
    app.customer("=HYPERLINK(\"http://x\")").phone("13812345679").create();
}

fn take(app: &TestApp, query: &str) -> Answer {
    let answer = app.hq().reading("zh-CN").get(&format!("/customer-export?{query}"));
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    answer
}

fn d_arc_13_customers_go_out_as_csv_xlsx_and_json(app: &TestApp) {
    people(app);
    let text = take(app, "full=true&purpose=service")
        .body
        .as_str()
        .expect("a text")
        .to_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("\u{feff}姓名,称呼,电话,生日,") && lines[0].ends_with(",导出标记"),
        "{text}"
    );
    assert!(
        lines[1].starts_with("\"'=HYPERLINK(\"\"http://x\"\")\","),
        "no formula: {text}"
    );
    assert!(lines[2].starts_with("王芳,女士,'+86"), "{text}");
    assert!(
        lines[2].contains("fang@example.com") && lines[2].contains("'+1+1"),
        "{text}"
    );
    let masked = take(app, "format=json").body;
    let fang = &masked[1];
    assert_eq!(
        (fang.text("/name"), fang.text("/phone/0"), fang.text("/birthday")),
        ("王芳".into(), "138****5678".into(), "****-05-01".into())
    );
    assert_eq!(fang["card.contact.mail"], Value::Null, "masked, without the card");
    let number = fang.text("/export");
    let number = number.split(' ').next().expect("a number");
    let looks = app.hq().get(&format!("/access-log?number={number}")).ok();
    assert_eq!(looks.text("/items/0/kind"), "export");
    let book = take(app, "format=xlsx");
    assert!(book.bytes.starts_with(b"PK\x03\x04"));
    app.finish();
}

fn d_arc_13_an_export_in_full_needs_leave_and_a_purpose(app: &TestApp) {
    people(app);
    let full = "/customer-export?full=true&purpose=service";
    app.cashier().get(full).expect_problem(403, "forbidden");
    app.actor("auditor", &[]).get(full).expect_problem(403, "forbidden");
    for without in ["/customer-export?full=true", "/customer-export?full=true&purpose=other"] {
        let refused = app.hq().get(without).expect_problem(422, "field_invalid");
        assert_eq!(refused.text("/pointer"), "/purpose");
    }
    let west = app.actor("store_manager", &[app.west()]);
    let text = west.get(full).ok();
    assert_eq!(
        text.as_str().expect("a text").lines().count(),
        1,
        "nobody of another store"
    );
}

fn d_arc_13_a_workbook_that_went_out_can_come_in(app: &TestApp) {
    people(app);
    let book = take(app, "format=xlsx&full=true&purpose=service").bytes;
    let import = super::intake::upload(app, "again.xlsx", &book).created();
    let columns = import.list("/mapping/columns");
    let unmapped = columns.iter().filter(|column| column.is_null()).count();
    assert_eq!(unmapped, 1, "all but the mark: {import:#}");
    let done = work(app, &import, "check", "checked");
    assert_eq!((figures(&done), bad(app, &done)), ([0, 0, 2, 0], Vec::new()));
}

fn d_arc_15_records_come_in_from_a_file_and_go_again(app: &TestApp) {
    let mut form = super::world::World::record_type_form("machine");
    let label = |zh: &str| json!({"zh": zh, "en": zh});
    let fields = form["fields"].as_array_mut().expect("fields");
    fields.push(json!({"name": "price", "label": label("价格"), "kind": "money"}));
    fields.push(json!({"name": "built_on", "label": label("安装日期"), "kind": "date", "required": true}));
    let kind = app.hq().post("/record-types", &form).created().text("/id");
    let fang = app.customer("王芳").phone("13812345678").create();
    app.customer("李雷").with("external_ref", "K-1").create();
    let text = "客户编号,电话,机器,价格,安装日期\r\n,13812345678,done,12000.5,2024年3月1日\r\nK-1,,机器,800,2024/5/6\r\n\
        ,13900000000,new,1,2024-01-01\r\n,13812345678,没有,1,2024-01-01\r\n,13812345678,new,1,\r\n,13812345678,new,1.38E+10,2024-01-01\r\n";
    let upload = format!("/imports?name={}&type_id={kind}", query_value("机器.csv"));
    let import = app
        .hq()
        .request("POST", &upload)
        .key(&fresh_key())
        .file(text.as_bytes())
        .send()
        .created();
    assert_eq!(
        import["mapping"]["columns"],
        json!(["external_ref", "phone", "own.state", "own.price", "own.built_on"])
    );
    let listed = || app.hq().get(&format!("/records?type_id={kind}")).ok().list("/items");
    let tried = work(app, &import, "check", "checked");
    assert_eq!((figures(&tried), listed().len()), ([2, 0, 0, 4], 0), "{tried:#}");
    let done = work(app, &import, "run", "done");
    let lines: Vec<i64> = bad(app, &done).iter().map(|(line, _)| *line).collect();
    assert_eq!((figures(&done), lines), ([2, 0, 0, 4], vec![4, 5, 6, 7]));
    let mine = app
        .hq()
        .get(&format!("/records?type_id={kind}&customer_id={fang}"))
        .ok();
    let values = &mine["items"][0]["values"];
    assert_eq!(
        (
            values.int("/price/value"),
            values.text("/built_on/value"),
            values.text("/state/value")
        ),
        (12000_50, "2024-03-01".into(), "done".into())
    );
    let out = format!("/record-types/{kind}/export?format=json");
    assert_eq!(app.hq().get(&out).ok()[1]["price"], "12000.50");
    let undone = work(app, &import, "undo", "undone");
    assert_eq!((undone.int("/kept"), listed().len()), (0, 0), "{}", path(&undone));
    app.finish();
}
