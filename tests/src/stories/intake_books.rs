//! Workbooks as people keep them (A6–A9), and real households onto the customers of real baskets.

use super::import::{chain_of, data, import, mapping, rows};
use super::intake::{all, bad, figures, path, remap, upload, work};
use crate::harness::database::query;
use crate::harness::workbook::{Stored, xlsx};
use crate::harness::{Backend, Field, Site, TestApp, fresh_key, peers, wait};
use cardea_engine::archive::CustomerQuery;
use cardea_engine::intake::{ImportMapping, ImportState, ImportWork, OnMatch};
use cardea_engine::{Actor, Engine};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    let mut trials = crate::stories!("intake":
        a6_day_numbers_of_both_systems_become_birthdays,
        a7_date_formats_of_chinese_excel_are_dates,
        a8_a9_numbers_that_a_spreadsheet_spoilt_are_listed,
        d_arc_13_merged_cells_and_blank_edges_keep_their_place,
        d_arc_13_an_old_workbook_is_read_the_same_way,
        d_arc_13_a_damaged_workbook_is_refused,
        d_arc_13_an_import_goes_on_where_it_stopped,
        d_arc_13_an_upload_that_was_cut_off_is_completed_by_its_repetition,
        d_arc_13_an_import_whose_server_stopped_goes_on_by_itself,
        d_arc_19_an_uploaded_file_is_forgotten_after_thirty_days,
    );
    let households = |backend: Backend| {
        backend.trial(
            "intake::d_arc_13_households_come_onto_the_basket_imports_customers_and_go",
            move || {
                let (Some(baskets), Some(file)) = (data("retail_baskets.csv.xz"), data("retail_households.csv.xz"))
                else {
                    return peers::missing("the folder with real sales (CARDEA_DATA_DIR) is missing");
                };
                households(&Site::new(backend), &baskets, &file);
                Ok(Completion::Completed)
            },
        )
    };
    trials.extend(Backend::ALL.iter().copied().map(households));
    trials
}

/// One row per birthday.
fn birthdays(app: &TestApp, cells: Vec<Stored>, from_1904: bool) -> Value {
    let names = [
        "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四", "十五", "十六",
        "十七", "十八", "十九",
    ];
    let head = vec![Stored::Text("姓名"), Stored::Text("生日"), Stored::Text("门店")];
    let row = |(name, cell)| vec![Stored::Text(name), cell, Stored::Text("东店")];
    let rows: Vec<Vec<Stored>> = std::iter::once(head)
        .chain(names.into_iter().zip(cells).map(row))
        .collect();
    let import = upload(app, "a.xlsx", &xlsx(&rows, from_1904, &[])).created();
    assert_eq!(import.text("/format"), "xlsx");
    let import = remap(app, &import, &json!({"match_by": []}));
    work(app, &import, "run", "done")
}

fn facts(app: &TestApp, name: &str) -> String {
    all(app)[name].text("/birthday")
}

fn a6_day_numbers_of_both_systems_become_birthdays(app: &TestApp) {
    let serial = |number| Stored::Formatted(number, 14);
    let done = birthdays(
        app,
        vec![
            serial("32994"),
            Stored::Number("45292"),
            serial("60"),
            serial("0"),
            Stored::Text("1990年5月2日"),
        ],
        false,
    );
    assert_eq!(figures(&done), [3, 0, 0, 2]);
    assert_eq!(
        bad(app, &done).iter().map(|(line, _)| *line).collect::<Vec<_>>(),
        [4, 5]
    );
    assert_eq!(
        (facts(app, "一"), facts(app, "二"), facts(app, "五")),
        ("****-05-01".into(), "****-01-01".into(), "****-05-02".into())
    );
    work(app, &done, "undo", "undone");
    let done = birthdays(app, vec![serial("43830")], true);
    assert_eq!((figures(&done), facts(app, "一")), ([1, 0, 0, 0], "****-01-01".into()));
}

fn a7_date_formats_of_chinese_excel_are_dates(app: &TestApp) {
    let formats = (27..=36)
        .chain(50..=58)
        .map(|format| Stored::Formatted("45292", format));
    let done = birthdays(app, formats.collect(), false);
    assert_eq!(figures(&done), [19, 0, 0, 0]);
    assert!(all(app).values().all(|one| one.text("/birthday") == "****-01-01"));
    // In a column of texts such a cell is a date as well, and no bare number.
    assert_eq!(done["columns"][1]["sample"][0], "2024-01-01");
}

fn a8_a9_numbers_that_a_spreadsheet_spoilt_are_listed(app: &TestApp) {
    let text = Stored::Text;
    let rows = vec![
        vec![text("2025 年名单"), Stored::Empty, Stored::Empty, Stored::Empty],
        vec![text("姓名"), text("联系方式"), Stored::Empty, text("身份证号")],
        vec![Stored::Empty, text("手机"), text("座机"), Stored::Empty],
        vec![text("甲"), Stored::Number("13812345678"), Stored::Empty, Stored::Empty],
        vec![text("乙"), Stored::Empty, Stored::Number("75588886666"), Stored::Empty],
        vec![
            text("丙"),
            Stored::Empty,
            Stored::Empty,
            Stored::Number("110105194912310000"),
        ],
        vec![text("丁"), text("1.38E+10"), Stored::Empty, Stored::Empty],
        vec![
            text("戊"),
            text("１３８１２３４５６７９"),
            text("0755-26123456 转 8"),
            text("11010519491231002x"),
        ],
        vec![Stored::Empty; 4],
    ];
    let import = upload(app, "a.xlsx", &xlsx(&rows, false, &["B2:C2", "A2:A3", "D2:D3"])).created();
    let titles: Vec<String> = import
        .list("/columns")
        .iter()
        .map(|column| column.text("/title"))
        .collect();
    assert_eq!(titles, ["姓名", "联系方式 / 手机", "联系方式 / 座机", "身份证号"]);
    let import = remap(app, &import, &json!({"store_id": app.east()}));
    let done = work(app, &import, "run", "done");
    assert_eq!(figures(&done), [2, 0, 0, 3], "{done:#}");
    let listed = bad(app, &done);
    assert_eq!(listed.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [5, 6, 7]);
    assert!(listed[1].1.contains("Precision lost"), "{listed:?}");
    let known = all(app);
    assert_eq!(
        known["甲"].text("/phones/0"),
        "138****5678",
        "the value, not what is shown of it"
    );
    assert_eq!(known["戊"].list("/phones").len(), 2);
}

fn d_arc_13_merged_cells_and_blank_edges_keep_their_place(app: &TestApp) {
    let text = Stored::Text;
    let rows = vec![
        vec![],
        vec![Stored::Empty, text("姓名"), text("电话"), text("门店")],
        vec![Stored::Empty, text("甲"), text("13800000001"), text("西店")],
        vec![Stored::Empty, text("乙"), text("１３８００００００02"), Stored::Empty],
        vec![],
        vec![Stored::Empty, text("丙"), text("138"), Stored::Empty],
    ];
    let import = upload(app, "a.xlsx", &xlsx(&rows, false, &["D3:D6"])).created();
    assert_eq!(import["mapping"]["columns"], json!([null, "name", "phone", "store"]));
    let done = work(app, &import, "run", "done");
    assert_eq!((figures(&done), bad(app, &done)[0].0), ([2, 0, 0, 1], 6), "{done:#}");
    assert_eq!(
        all(app)["乙"].text("/store_id"),
        app.west(),
        "the cell spans their rows"
    );
}

/// As an Excel of 2003 writes it, headers of two lines with merged cells, a birthday that never was.
fn d_arc_13_an_old_workbook_is_read_the_same_way(app: &TestApp) {
    let packed: &[u8] = include_bytes!("../../files/members.xls.xz");
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut liblzma::read::XzDecoder::new(packed), &mut bytes).expect("unpacked");
    let import = upload(app, "会员.xls", &bytes).created();
    assert_eq!(
        (import.text("/format"), import.int("/mapping/header_rows")),
        ("xls".into(), 3)
    );
    assert_eq!(
        import["mapping"]["columns"],
        json!(["name", "phone", "phone", "birthday", "store"])
    );
    let done = work(app, &import, "run", "done");
    assert_eq!(figures(&done), [2, 0, 0, 1], "{done:#}");
    assert!(bad(app, &done)[0].1.contains("29 February 1900"));
    let known = all(app);
    let facts = |name: &str| {
        let of = &known[name];
        (of.text("/phones/0"), of.text("/birthday"), of.text("/store_id"))
    };
    let west = app.west().to_owned();
    assert_eq!(facts("甲"), ("138****5678".into(), "****-05-01".into(), west));
    let east = app.east().to_owned();
    assert_eq!(facts("丙"), ("138****5679".into(), "****-03-08".into(), east));
}

fn d_arc_13_a_damaged_workbook_is_refused(app: &TestApp) {
    let whole = xlsx(&[vec![Stored::Text("姓名")]], false, &[]);
    for bytes in [
        &whole[..whole.len() / 2],
        b"PK\x03\x04",
        &[0xd0, 0xcf, 0x11, 0xe0, 1, 2, 3],
    ] {
        let refused = upload(app, "a.xlsx", bytes).expect_problem(422, "field_invalid");
        assert_eq!(refused.text("/pointer"), "/file");
    }
    assert!(
        app.hq().get("/imports").ok().list("/items").is_empty(),
        "nothing is kept"
    );
}

fn d_arc_13_an_import_goes_on_where_it_stopped(app: &TestApp) {
    let line = |n: i64| format!("K-{n},顾客{n},1380000{n:04},东店\n");
    let text: String = std::iter::once("编号,姓名,电话,门店\n".to_owned())
        .chain((0..2500).map(line))
        .collect();
    let import = upload(app, "a.csv", text.as_bytes()).created();
    let (engine, id) = (app.server().engine(), import.text("/id").parse().expect("an id"));
    let actor = Actor::system(app.chain().id.parse().expect("a chain"));
    let mut patience = Duration::from_millis(40);
    // Whoever works at it is gone again and again, with batches on their way.
    let stopped = |patience| {
        let work = engine.finish_file_import(&actor, id, ImportWork::Run);
        wait(async { tokio::time::timeout(patience, work).await.is_err() })
    };
    let mut stops = 0;
    while stopped(patience) {
        stops += 1;
        patience += Duration::from_millis(20);
    }
    assert!(stops > 0, "it was never in the middle");
    let done = app.hq().get(&path(&import)).ok();
    assert_eq!((done.text("/state"), figures(&done)), ("done".into(), [2500, 0, 0, 0]));
    let found = app.hq().get("/customers?query=13800002499").ok().list("/items");
    assert_eq!(found.len(), 1);
}

/// Everything that is known of the chain's customers, by the number of their household.
fn customers(engine: &Engine, actor: &Actor) -> BTreeMap<String, String> {
    let (mut found, mut after) = (BTreeMap::new(), None);
    loop {
        let page = CustomerQuery {
            limit: Some(200),
            after,
            ..CustomerQuery::default()
        };
        let listed = engine.customers(actor, &page).expect("a page of customers");
        for one in listed.items {
            let mut view = engine.customer(actor, one.id).expect("a customer");
            view.version = 0;
            found.insert(
                one.external_ref.unwrap_or_default(),
                serde_json::to_string(&view).expect("JSON"),
            );
        }
        match listed.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

fn households(site: &Site, baskets: &std::path::Path, file: &std::path::Path) {
    import(site, baskets, &mapping("retail_baskets"), 2_000, false);
    let engine = site.open();
    let actor = Actor::system(chain_of(&engine, "complete-journey"));
    let before = customers(&engine, &actor);
    let text = |name: &str| json!({"name": name, "label": {"zh": name, "en": name}, "kind": "text"});
    let names = [
        "age",
        "income",
        "home_ownership",
        "marital_status",
        "household_size",
        "household_comp",
        "kids_count",
    ];
    let fields = json!({"follows": 0, "fields": names.map(text)});
    let fields = serde_json::from_value(fields).expect("declarations");
    wait(engine.publish_customer_fields(&actor, None, fields)).expect("published");
    let mut bytes = Vec::new();
    let mut unpacked = liblzma::read::XzDecoder::new(std::fs::File::open(file).expect("the file"));
    std::io::Read::read_to_end(&mut unpacked, &mut bytes).expect("unpacked");
    let import = wait(engine.upload_import(&actor, None, ("households.csv", None), bytes.into()))
        .expect("uploaded")
        .value;
    assert_eq!(import.mapping.columns[0].as_deref(), Some("external_ref"));
    assert_eq!(import.mapping.columns[1].as_deref(), Some("own.age"));
    let update = ImportMapping {
        on_match: OnMatch::Update,
        ..import.mapping.clone()
    };
    let change = serde_json::from_value(json!({"mapping": update})).expect("a change");
    wait(engine.change_file_import(&actor, None, import.id, import.version, change)).expect("mapped");
    let done = wait(engine.finish_file_import(&actor, import.id, ImportWork::Run)).expect("imported");
    let listed = rows(file, b',');
    let known = listed
        .iter()
        .filter(|row| before.contains_key(&row["household_id"]))
        .count() as i64;
    assert!(known > 10, "{known} households of the first baskets");
    assert_eq!(
        (done.state, done.rows, done.updated, done.bad),
        (ImportState::Done, Some(801), known, 801 - known)
    );
    let after = customers(&engine, &actor);
    for row in listed.iter().filter(|row| before.contains_key(&row["household_id"])) {
        let shown: Value = serde_json::from_str(&after[&row["household_id"]]).expect("JSON");
        assert_eq!(shown.text("/card/own/age/value"), row["age"]);
    }
    let undone = wait(engine.finish_file_import(&actor, import.id, ImportWork::Undo)).expect("taken back");
    assert_eq!((undone.state, undone.kept), (ImportState::Undone, 0));
    assert_eq!(customers(&engine, &actor), before, "nothing is left");
}

/// As after a crash: the import is there, the second megabyte of its file is not.
fn d_arc_13_an_upload_that_was_cut_off_is_completed_by_its_repetition(app: &TestApp) {
    let long = "长".repeat(200);
    let rows = (0..2000).map(|n| format!("顾客{n},东店,138{n:08},{long}\n"));
    let file = format!("姓名,门店,手机,某列\n{}", rows.collect::<String>());
    let key = fresh_key();
    let send = || {
        let request = app.hq().request("POST", "/imports?name=a.csv").key(&key);
        request.file(file.as_bytes()).send().created()
    };
    let import = send();
    let mut conn = app.server().engine().database().connect().expect("a connection");
    conn.batch("DELETE FROM file_import_parts WHERE part = 1")
        .expect("the part is gone");
    assert_eq!(send().text("/id"), import.text("/id"));
    let checked = work(app, &import, "check", "checked");
    assert_eq!(figures(&checked), [2000, 0, 0, 0]);
}

/// As after a crash: some rows are there, and nobody works.
fn d_arc_13_an_import_whose_server_stopped_goes_on_by_itself(app: &TestApp) {
    let rows = (0..1200).map(|n| format!("顾客{n},东店,138{n:08}\n"));
    let file = format!("姓名,门店,手机\n{}", rows.collect::<String>());
    let import = upload(app, "a.csv", file.as_bytes()).created();
    assert_eq!(figures(&work(app, &import, "run", "done")), [1200, 0, 0, 0]);
    let mut conn = app.server().engine().database().connect().expect("a connection");
    let id = import.text("/id");
    let now = || app.hq().get(&path(&import)).ok();
    // Nothing of the first rows is kept, so they come in again; the chain's own rule says what becomes of known ones.
    conn.batch("UPDATE file_imports SET state = 'running', created_count = 0, rows_done = 0, rows_total = NULL")
        .expect("it is as it was");
    assert_eq!(now().text("/state"), "running");
    app.night();
    let done = now();
    assert_eq!((done.text("/state"), done.int("/skipped")), ("done".into(), 1200));
    assert_eq!(job_last(app).text("/state"), "done");
    conn.batch("UPDATE file_imports SET state = 'undoing', rows_done = 1200")
        .expect("it is as it was");
    app.night();
    let undone = now();
    assert_eq!((undone.text("/state"), undone.text("/id")), ("undone".into(), id));
    assert_eq!(
        app.hq().get("/customers?query=13800000007").ok().list("/items").len(),
        0
    );
}

fn job_last(app: &TestApp) -> Value {
    let jobs = app.hq().get("/jobs").ok();
    let found = jobs
        .list("/items")
        .iter()
        .find(|item| item["name"] == "imports")
        .cloned();
    found.expect("the job is listed")["last"].clone()
}

fn d_arc_19_an_uploaded_file_is_forgotten_after_thirty_days(app: &TestApp) {
    let file = "姓名,门店,手机\n王芳,东店,13812345678\n李雷,东店,1.38E+10\n";
    app.set_now("2026-03-09 09:30");
    let import = upload(app, "a.csv", file.as_bytes()).created();
    work(app, &import, "run", "done");
    app.night();
    assert_eq!(bad(app, &import).len(), 1, "it is needed while it is mended");
    let mut conn = app.server().engine().database().connect().expect("a connection");
    app.set_now("2026-04-07 09:00");
    app.night();
    assert_eq!(bad(app, &import).len(), 1);
    app.set_now("2026-04-09 09:00");
    app.night();
    assert!(bad(app, &import).is_empty());
    let parts = query(
        &mut conn,
        "SELECT '1' AS line FROM file_import_parts",
        "SELECT '1' AS line FROM file_import_parts",
    );
    assert!(parts.is_empty(), "the file is gone");
    let kept = app.hq().get(&path(&import)).ok();
    assert_eq!((kept.text("/state"), kept.int("/created")), ("done".into(), 1));
    let undone = work(app, &import, "undo", "undone");
    assert_eq!(undone.int("/kept"), 0, "it can still be taken back");
}
