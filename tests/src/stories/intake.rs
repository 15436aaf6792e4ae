//! Customers from other systems' files (D-ARC-13): mapped, tried, imported, mended, taken back.

use crate::harness::{Answer, Field, TestApp, fresh_key, query_value};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub fn tests() -> Vec<Trial> {
    crate::stories!("intake":
        d_arc_13_a_file_is_mapped_tried_imported_and_taken_back,
        d_arc_13_whom_somebody_has_used_since_stays_when_an_import_is_taken_back,
        d_arc_13_bad_rows_come_back_as_a_file_that_can_be_mended,
        d_arc_13_chinese_files_are_read_as_they_are_written,
        d_arc_13_who_is_known_is_skipped_changed_or_created_by_choice,
        d_arc_13_a_mapping_is_remembered_and_wrong_ones_are_named,
        d_arc_13_a_file_stays_sealed_and_head_offices_own,
        d_arc_13_who_is_erased_goes_from_the_uploaded_file_too,
    )
}

pub(super) fn upload(app: &TestApp, name: &str, bytes: &[u8]) -> Answer {
    let path = format!("/imports?name={}", query_value(name));
    app.hq().request("POST", &path).key(&fresh_key()).file(bytes).send()
}

pub(super) fn path(import: &Value) -> String {
    format!("/imports/{}", import.text("/id"))
}

/// Sets some of the mapping's fields.
pub(super) fn remap(app: &TestApp, import: &Value, change: &Value) -> Value {
    let mut mapping = import["mapping"].clone();
    for (name, value) in change.as_object().expect("fields") {
        mapping[name] = value.clone();
    }
    let tag = format!("\"{}\"", import.int("/version"));
    app.hq().patch(&path(import), &tag, &json!({"mapping": mapping})).ok()
}

/// Tells an import what to do, and waits until it is in this state.
pub(super) fn work(app: &TestApp, import: &Value, step: &str, end: &str) -> Value {
    app.hq()
        .post(&format!("{}/steps", path(import)), &json!({"step": step}))
        .ok();
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        let now = app.hq().get(&path(import)).ok();
        if now.text("/state") == end {
            return now;
        }
        assert!(Instant::now() < patience, "{now:#}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(super) fn figures(import: &Value) -> [i64; 4] {
    ["created", "updated", "skipped", "bad"].map(|name| import.int(&format!("/{name}")))
}

pub(super) fn all(app: &TestApp) -> BTreeMap<String, Value> {
    let listed = app.hq().get("/customers?limit=200").ok().list("/items");
    let whole = |one: Value| {
        let mut shown = app.hq().get(&format!("/customers/{}", one.text("/id"))).ok();
        shown["version"] = Value::Null;
        (one.text("/name"), shown)
    };
    listed.into_iter().map(whole).collect()
}

pub(super) fn bad(app: &TestApp, import: &Value) -> Vec<(i64, String)> {
    let listed = app.hq().get(&format!("{}/bad-rows", path(import))).ok().list("/items");
    listed
        .iter()
        .map(|row| (row.int("/line"), row.text("/detail/en")))
        .collect()
}

const MEMBERS: &str = "\u{feff}会员编号,姓 名,手机号码（必填）,出生日期,性别,门店,微信,备注\r\n\
    A-1,王芳,13812345678,1990-05-01,女,东店,wx_fang-88,老顾客\r\n\
    A-2,李雷,138 1234 5679、0755-26123456,1985/3/8,男,west,,\r\n\
    A-3,韩梅梅,13812345678,,女,东店,,同王芳电话\r\n\
    A-4,,13812345670,,,东店,,\r\n\
    A-5,赵六,1.38E+10,,,东店,,\r\n";

fn d_arc_13_a_file_is_mapped_tried_imported_and_taken_back(app: &TestApp) {
    let before = all(app);
    let import = upload(app, "会员.csv", MEMBERS.as_bytes()).created();
    assert_eq!(
        (import.text("/encoding"), import.text("/format")),
        ("utf-8".into(), "csv".into())
    );
    assert_eq!(
        import["mapping"]["columns"],
        json!([
            "external_ref",
            "name",
            "phone",
            "birthday",
            "card.person.sex",
            "store",
            "card.contact.wechat",
            null
        ])
    );
    assert_eq!(
        import["columns"][2],
        json!({"title": "手机号码(必填)", "sample": ["13812345678", "138 1234 5679、0755-26123456", "13812345678"]})
    );
    let tried = work(app, &import, "check", "checked");
    assert_eq!(figures(&tried), [2, 0, 1, 2], "{tried:#}");
    assert_eq!(all(app), before, "a dry run writes nothing");
    let done = work(app, &import, "run", "done");
    assert_eq!((figures(&done), done.int("/rows")), ([2, 0, 1, 2], 5));
    let known = all(app);
    let fang = &known["王芳"];
    assert_eq!(
        (
            fang.text("/phones/0"),
            fang.text("/birthday"),
            fang.text("/external_ref"),
            fang.text("/card/person/sex")
        ),
        ("138****5678".into(), "****-05-01".into(), "A-1".into(), "female".into())
    );
    assert_eq!(fang.text("/card/provenance/person/source"), "import");
    assert_eq!(
        (known["李雷"].list("/phones").len(), known["李雷"].text("/store_id")),
        (2, app.west().to_owned())
    );
    let found = app.hq().get("/customers?query=13812345679").ok();
    assert_eq!(found.text("/items/0/name"), "李雷", "found by phone");
    assert_eq!(
        app.hq()
            .get("/customers?query=%E7%8E%8B%E8%8A%B3")
            .ok()
            .text("/items/0/name"),
        "王芳"
    );
    app.finish();
    let undone = work(app, &import, "undo", "undone");
    assert_eq!((undone.int("/kept"), undone.int("/done")), (0, 0));
    assert_eq!(all(app), before, "nothing is left");
    let found = app.hq().get("/customers?query=13812345679").ok();
    assert!(found.list("/items").is_empty(), "{found}");
    app.finish();
}

fn d_arc_13_whom_somebody_has_used_since_stays_when_an_import_is_taken_back(app: &TestApp) {
    let before = all(app);
    let import = upload(app, "会员.csv", MEMBERS.as_bytes()).created();
    work(app, &import, "run", "done");
    let lei = all(app)["李雷"].text("/id");
    let entry = json!({"category": "need", "description": "x"});
    app.hq().post(&format!("/customers/{lei}/journal"), &entry).created();
    assert_eq!(work(app, &import, "undo", "undone").int("/kept"), 1);
    assert_eq!(
        all(app)
            .keys()
            .filter(|name| !before.contains_key(*name))
            .collect::<Vec<_>>(),
        ["李雷"]
    );
    app.finish();
}

fn d_arc_13_bad_rows_come_back_as_a_file_that_can_be_mended(app: &TestApp) {
    let import = upload(app, "a.csv", MEMBERS.as_bytes()).created();
    let done = work(app, &import, "run", "done");
    let listed = bad(app, &done);
    assert_eq!(listed.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [5, 6]);
    assert!(
        listed[0].1.contains("needs a name") && listed[1].1.contains("1.38E+10"),
        "{listed:?}"
    );
    let file = app
        .hq()
        .reading("zh-CN")
        .get(&format!("{}/bad-rows.csv", path(&import)));
    let text = file.body.as_str().expect("a text").to_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("备注,原因,导出标记") && lines.len() == 3, "{text}");
    assert!(
        lines[2].starts_with("A-5,赵六,1.38E+10") && lines[2].contains("科学计数法"),
        "{text}"
    );
    let mended = text
        .replace("1.38E+10", "+86 13812345671")
        .replace("A-4,,", "A-4,钱四,");
    let again = upload(app, "mended.csv", mended.as_bytes()).created();
    assert_eq!(again["mapping"]["columns"][1], "name");
    assert_eq!(
        again["mapping"]["columns"], done["mapping"]["columns"],
        "its two columns more don't matter"
    );
    assert_eq!(figures(&work(app, &again, "run", "done")), [2, 0, 0, 0]);
    assert_eq!(all(app)["赵六"].text("/phones/0"), "138****5671");
    let number = lines[2].rsplit(',').next().and_then(|mark| mark.split(' ').next());
    let looks = app
        .hq()
        .get(&format!("/access-log?number={}", number.expect("a mark")))
        .ok();
    assert_eq!(
        looks.text("/items/0/subject"),
        import.text("/id"),
        "the access log knows"
    );
}

/// As Chinese Excel saves CSV.
const GB18030: &[u8] = b"\xd0\xd5\xc3\xfb;\xb5\xe7\xbb\xb0;\xc3\xc5\xb5\xea\x0d\x0a\xcd\xf5\xb7\xbc;\xa3\xb1\xa3\xb3\xa3\xb8\xa3\xb1\xa3\xb2\xa3\xb3\xa3\xb4\xa3\xb5\xa3\xb6\xa3\xb7\xa3\xb8;\xb6\xab\xb5\xea\x0d\x0a";

fn d_arc_13_chinese_files_are_read_as_they_are_written(app: &TestApp) {
    let text = "姓名;电话;门店\r\n王芳;１３８１２３４５６７８;东店\r\n";
    for (bytes, encoding) in [(GB18030.to_vec(), "gb18030"), (text.as_bytes().to_vec(), "utf-8")] {
        let import = upload(app, "a.csv", &bytes).created();
        assert_eq!(import.text("/encoding"), encoding);
        assert_eq!(import["columns"][0], json!({"title": "姓名", "sample": ["王芳"]}));
        assert_eq!(figures(&work(app, &import, "check", "checked"))[3], 0);
    }
    let import = upload(app, "a.csv", GB18030).created();
    let tag = format!("\"{}\"", import.int("/version"));
    let wrong = app.hq().patch(&path(&import), &tag, &json!({"encoding": "utf-8"})).ok();
    assert_ne!(wrong["columns"][0]["title"], "姓名", "as somebody has chosen");
    assert_eq!(
        figures(&work(app, &wrong, "check", "checked"))[3],
        1,
        "unreadable rows are listed"
    );
    upload(app, "a.png", &[0x89, b'P', b'N', b'G', 0, 0, 0, 0]).expect_problem(422, "field_invalid");
}

fn d_arc_13_who_is_known_is_skipped_changed_or_created_by_choice(app: &TestApp) {
    let number = "11010519491231002X";
    app.customer("甲")
        .phone("13800000001")
        .with("external_ref", "K-1")
        .create();
    app.customer("乙").with("identity_number", number).create();
    app.customer("丙").birthday("1980-01-02").create();
    let before = all(app);
    let text = format!(
        "编号,姓名,电话,身份证号,生日,职业,门店\n k－1 ,甲某,13800000009,,,教师,东店\n,乙某,,{number},,医生,东店\n\
         ,丙,,,1980-01-02,律师,东店\nK-9,丁,13800000001,,,,东店\n"
    );
    let import = upload(app, "a.csv", text.as_bytes()).created();
    assert_eq!(figures(&work(app, &import, "check", "checked")), [0, 0, 4, 0]);
    let tried = app.hq().get(&path(&import)).ok();
    let update = remap(app, &tried, &json!({"on_match": "update"}));
    assert_eq!(figures(&work(app, &update, "check", "checked")), [0, 4, 0, 0]);
    assert_eq!(figures(&work(app, &update, "run", "done")), [0, 4, 0, 0]);
    let now = all(app);
    let person = |name: &str| {
        (
            now[name].text("/card/person/occupation"),
            now[name].list("/phones").len(),
        )
    };
    assert_eq!(person("丙"), ("律师".into(), 1));
    assert_eq!(person("乙某"), ("医生".into(), 1));
    assert_eq!(now["丁"].list("/phones").len(), 2, "the last row found 甲 by phone");
    work(app, &update, "undo", "undone");
    assert_eq!(all(app), before, "as they were");
    let import = upload(app, "a.csv", text.as_bytes()).created();
    let create = remap(app, &import, &json!({"on_match": "create"}));
    let done = work(app, &create, "run", "done");
    assert_eq!(
        figures(&done),
        [3, 0, 0, 1],
        "a known number in another system is one customer"
    );
    assert!(bad(app, &done)[0].1.contains("belongs to another"));
}

fn d_arc_13_a_mapping_is_remembered_and_wrong_ones_are_named(app: &TestApp) {
    let text = "姓名,顾客来源,电话\n王芳,朋友,13812345678\n";
    let import = upload(app, "a.csv", text.as_bytes()).created();
    assert_eq!(import["mapping"]["columns"], json!(["name", null, "phone"]));
    let columns = json!(["name", "card.characteristics.potential", "phone"]);
    let changed = remap(app, &import, &json!({"columns": columns, "store_id": app.east()}));
    let again = upload(app, "b.csv", "姓名,顾客来源,电话\n李雷,网上,13812345679\n".as_bytes()).created();
    assert_eq!(again["mapping"], changed["mapping"]);
    assert_eq!(figures(&work(app, &again, "run", "done")), [1, 0, 0, 0]);
    assert_eq!(all(app)["李雷"].text("/card/characteristics/potential"), "网上");
    for (columns, pointer) in [
        (json!(["name", "nothing", null]), "/mapping/columns/1"),
        (json!(["name", null, "name"]), "/mapping/columns/2"),
    ] {
        let mut mapping = import["mapping"].clone();
        mapping["columns"] = columns;
        let tag = format!("\"{}\"", changed.int("/version"));
        let refused = app.hq().patch(&path(&import), &tag, &json!({"mapping": mapping}));
        assert_eq!(refused.expect_problem(422, "field_invalid").text("/pointer"), pointer);
    }
    let order = json!({"step": "check"});
    app.hq()
        .post(&format!("{}/steps", path(&again)), &order)
        .expect_problem(409, "in_use");
}

fn d_arc_13_a_file_stays_sealed_and_head_offices_own(app: &TestApp) {
    let import = upload(app, "a.csv", MEMBERS.as_bytes()).created();
    work(app, &import, "check", "checked");
    app.manager().get(&path(&import)).expect_problem(403, "forbidden");
    let colleague = app.actor("hq_admin", &[]).get(&path(&import)).ok();
    assert_eq!(
        colleague["columns"][1],
        json!({"title": "姓 名", "sample": []}),
        "samples are masked"
    );
    let noted = app.hq().get("/audit?limit=200").ok().to_string();
    for text in ["王芳", "13812345678", "wx_fang"] {
        assert!(!noted.contains(text), "{text} in the audit log");
        if let Some(dump) = app.database().dump() {
            assert!(!dump.contains(text), "{text} in the database");
        }
    }
}

fn d_arc_13_who_is_erased_goes_from_the_uploaded_file_too(app: &TestApp) {
    let import = upload(app, "a.csv", MEMBERS.as_bytes()).created();
    work(app, &import, "run", "done");
    let fang = all(app)["王芳"].text("/id");
    super::erasure::erase(app, &fang);
    let left = app.hq().get(&path(&import)).ok();
    assert_eq!((left.list("/columns").len(), left.int("/created")), (0, 2));
    let gone = app.hq().get(&format!("{}/bad-rows.csv", path(&import)));
    gone.expect_problem(409, "erased");
    let undone = work(app, &import, "undo", "undone");
    assert_eq!(undone.int("/kept"), 1, "the erased one's row stays for the books");
}
