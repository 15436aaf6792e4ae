//! What is masked and who looked behind the mask (D-ARC-12).

use crate::harness::{Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("confidential":
        d_arc_12_a_look_behind_the_mask_leaves_a_row,
        d_arc_12_a_look_behind_a_records_mask_leaves_a_row,
        d_arc_12_the_access_log_is_filtered_and_paged,
        d_arc_12_an_original_that_is_lent_is_due_and_comes_back,
        d_arc_13_own_data_on_request_are_one_file,
        d_arc_12_an_export_is_marked_and_the_mark_leads_back,
    )
}

const PHONE: &str = "13912345678";

fn log(app: &TestApp, filter: &str) -> Vec<Value> {
    app.auditor().get(&format!("/access-log{filter}")).ok().list("/items")
}

fn d_arc_12_a_look_behind_the_mask_leaves_a_row(app: &TestApp) {
    let form = app
        .customer("诸葛亮")
        .phone(PHONE)
        .with("identity_number", "110105198706050026");
    let id = form
        .with("card", json!({"contact": {"mail": "liang@example.com"}}))
        .create();
    let path = format!("/customers/{id}/reveal");
    let consultant = app.actor("consultant", &[app.east()]);
    let ask = |body: Value| consultant.post(&path, &body);
    let shown =
        ask(json!({"fields": ["phones", "identity_number"], "purpose": "complaint", "note": "退货争议秘密"})).created();
    assert_eq!(shown["phones"], json!(["+8613912345678"]));
    assert_eq!(shown.text("/identity_number"), "110105198706050026");
    assert_eq!(
        (&shown["birthday"], &shown["card"]),
        (&Value::Null, &Value::Null),
        "only what was asked for"
    );
    let card = ask(json!({"fields": ["card"], "purpose": "service"})).created();
    assert_eq!(card.text("/card/contact/mail"), "liang@example.com");
    let rows = log(app, &format!("?customer_id={id}"));
    assert_eq!(rows.len(), 2, "{rows:#?}");
    let first = &rows[1];
    let me = consultant.get("/me").ok().text("/staff_id");
    assert_eq!(
        (
            first.text("/staff_id"),
            first.text("/purpose"),
            first.text("/kind"),
            first.text("/note")
        ),
        (me, "complaint".into(), "reveal".into(), "退货争议秘密".into())
    );
    assert_eq!(first["what"], json!(["phones", "identity_number"]));
    assert_eq!(first.text("/number"), shown.text("/number"));
    let noted = app
        .hq()
        .get(&format!("/audit?subject={id}&action=customer.reveal"))
        .ok();
    assert_eq!(noted.list("/items").len(), 2);
    for secret in ["诸葛", "13912345678", "110105", "秘密"] {
        assert!(!noted.to_string().contains(secret), "{noted:#}");
    }
    // Nobody looks without saying what for, and not everybody may.
    ask(json!({"fields": ["phones"]})).expect_problem(400, "body_invalid");
    ask(json!({"fields": ["phones"], "purpose": "other"})).expect_problem(422, "field_invalid");
    ask(json!({"fields": [], "purpose": "service"})).expect_problem(422, "field_invalid");
    let plain = json!({"fields": ["phones"], "purpose": "service"});
    app.cashier().post(&path, &plain).expect_problem(403, "forbidden");
    let elsewhere = app.actor("consultant", &[app.west()]);
    elsewhere.post(&path, &plain).expect_problem(403, "forbidden");
    assert_eq!(log(app, "").len(), 2, "what was refused showed nothing");
    // A key that is used again shows nothing to somebody else.
    let key = fresh_key();
    let send = |actor: &crate::harness::Actor| actor.request("POST", &path).key(&key).json(&plain).send();
    send(&consultant).created();
    send(&app.hq()).expect_problem(404, "not_found");
}

fn d_arc_12_a_look_behind_a_records_mask_leaves_a_row(app: &TestApp) {
    let label = json!({"zh": "联系电话", "en": "Phone on site"});
    let mut form = super::world::World::record_type_form("machine");
    let fields = form["fields"].as_array_mut().expect("fields");
    fields.push(json!({"name": "site_phone", "label": label, "kind": "phone"}));
    let kind = app.hq().post("/record-types", &form).created().text("/id");
    let customer = app.customer("王芳").create();
    let write = |values: Value| {
        let body = json!({"type_id": kind, "customer_id": customer, "values": values});
        app.hq().post("/records", &body).created()
    };
    let record = write(json!({"state": "new", "site_phone": PHONE}));
    assert_eq!(record.text("/values/site_phone/value"), "139****5678");
    let plain = write(json!({"state": "new"}));
    let path = |record: &Value| format!("/records/{}/reveal", record.text("/id"));
    let why = json!({"purpose": "complaint", "note": "退货争议秘密"});
    let consultant = app.actor("consultant", &[app.east()]);
    let shown = consultant.post(&path(&record), &why).created();
    let values = shown["values"].as_object().expect("values");
    assert_eq!(
        (values.len(), shown.text("/values/site_phone/value")),
        (1, format!("+86{PHONE}")),
        "what is masked alone"
    );
    consultant
        .post(&path(&plain), &why)
        .expect_problem(422, "field_invalid");
    consultant
        .post(&path(&record), &json!({"purpose": "other"}))
        .expect_problem(422, "field_invalid");
    app.cashier()
        .post(&path(&record), &why)
        .expect_problem(403, "forbidden");
    let elsewhere = app.actor("consultant", &[app.west()]);
    elsewhere.post(&path(&record), &why).expect_problem(403, "forbidden");
    let rows = log(app, &format!("?customer_id={customer}"));
    assert_eq!(rows.len(), 1, "what was refused showed nothing: {rows:#?}");
    assert_eq!(
        (rows[0].text("/number"), rows[0].text("/subject"), rows[0].text("/note")),
        (shown.text("/number"), record.text("/id"), "退货争议秘密".into())
    );
    assert_eq!(rows[0]["what"], json!(["site_phone"]));
    // A key that is used again shows nothing to somebody else.
    let key = fresh_key();
    let send = |actor: &crate::harness::Actor| actor.request("POST", &path(&record)).key(&key).json(&why).send();
    send(&consultant).created();
    send(&app.hq()).expect_problem(404, "not_found");
}

fn d_arc_12_the_access_log_is_filtered_and_paged(app: &TestApp) {
    let [wang, li] = ["王芳", "李娜"].map(|name| app.customer(name).create());
    let plain = json!({"fields": ["phones"], "purpose": "service"});
    let look = |actor: &crate::harness::Actor, id: &str| {
        let shown = actor.post(&format!("/customers/{id}/reveal"), &plain).created();
        shown.text("/number")
    };
    let consultant = app.actor("consultant", &[app.east()]);
    let numbers = [look(&app.hq(), &wang), look(&consultant, &wang), look(&consultant, &li)];
    app.set_now("2026-03-02 10:00");
    let late = look(&app.hq(), &li);
    let found = |filter: &str| -> Vec<String> { log(app, filter).iter().map(|row| row.text("/number")).collect() };
    assert_eq!(found(&format!("?customer_id={wang}")), [&*numbers[1], &*numbers[0]]);
    let staff = consultant.get("/me").ok().text("/staff_id");
    assert_eq!(found(&format!("?staff_id={staff}")), [&*numbers[2], &*numbers[1]]);
    assert_eq!(found("?day=2026-03-02"), [&*late]);
    assert_eq!(found("?day=2026-03-01").len(), 3);
    assert_eq!(found(&format!("?number={}", numbers[0].to_lowercase())), [&*numbers[0]]);
    let page = app.auditor().get("/access-log?limit=3").ok();
    let next = page.text("/next");
    let rest = app.auditor().get(&format!("/access-log?limit=3&after={next}")).ok();
    assert_eq!(
        (page.list("/items").len(), rest.list("/items").len(), &rest["next"]),
        (3, 1, &Value::Null)
    );
    consultant.get("/access-log").expect_problem(403, "forbidden");
    app.manager().get("/access-log").expect_problem(403, "forbidden");
}

fn d_arc_12_an_export_is_marked_and_the_mark_leads_back(app: &TestApp) {
    let form = super::world::World::record_type_form("machine");
    let kind = app.hq().post("/record-types", &form).created().text("/id");
    let customer = app.customer("王芳").create();
    let record = json!({"type_id": kind, "customer_id": customer, "values": {"state": "new"}});
    app.hq().post("/records", &record).created();
    let consultant = app.actor("consultant", &[app.east()]);
    let text = consultant.get(&format!("/record-types/{kind}/export")).ok();
    let text = text.as_str().expect("a text").trim_end().to_owned();
    let marks: Vec<&str> = text
        .lines()
        .map(|line| line.rsplit(',').next().unwrap_or_default())
        .collect();
    assert_eq!((marks.len(), marks[0]), (2, "Export"), "{text}");
    let parts: Vec<&str> = marks[1].split(' ').collect();
    assert_eq!(&parts[1..], ["consultant-east", "2026-03-01T02:00:00Z"], "who and when");
    let rows = log(app, &format!("?number={}", parts[0]));
    assert_eq!(rows.len(), 1);
    let staff = consultant.get("/me").ok().text("/staff_id");
    assert_eq!(
        (
            rows[0].text("/kind"),
            rows[0].text("/staff_id"),
            rows[0].text("/subject")
        ),
        ("export".into(), staff, kind)
    );
}

/// More than a page of the journal, and a file.
fn write_much(app: &TestApp, customer: &str) {
    for n in 0..120 {
        let entry = json!({"category": "need", "description": format!("第 {n} 条")});
        app.hq()
            .post(&format!("/customers/{customer}/journal"), &entry)
            .created();
    }
    super::files::attach(&app.hq(), customer, "", &crate::harness::fresh_key(), b"%PDF-1.7 a").created();
}

fn d_arc_13_own_data_on_request_are_one_file(app: &TestApp) {
    let form = app
        .customer("诸葛亮")
        .phone(PHONE)
        .with("identity_number", "110105198706050026");
    let customer = form
        .with("card", json!({"contact": {"mail": "liang@example.com"}}))
        .create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let member = app.issue(&customer);
    write_much(app, &customer);
    let kind = app
        .hq()
        .post("/record-types", &super::world::World::record_type_form("machine"))
        .created()
        .text("/id");
    let record = json!({"type_id": kind, "customer_id": customer, "values": {"state": "new"}});
    app.hq().post("/records", &record).created();
    let task = json!({"customer_id": customer, "title": "送样品", "due_on": "2026-03-05"});
    app.hq().post("/tasks", &task).created();
    let path = format!("/customers/{customer}/own-data");
    let why = json!({"purpose": "asked", "note": "来信"});
    let manager = app.manager();
    let file = manager.post(&path, &why).ok();
    let person = &file["customer"][0];
    assert_eq!(
        (
            person.text("/name"),
            person.text("/phones/0"),
            person.text("/identity_number"),
            person.text("/card/contact/mail")
        ),
        (
            "诸葛亮".into(),
            "+8613912345678".into(),
            "110105198706050026".into(),
            "liang@example.com".into()
        ),
        "in full"
    );
    let count = |part: &str| file.list(&format!("/{part}")).len();
    let counted = [
        "classes",
        "memberships",
        "bills",
        "tasks",
        "records",
        "files",
        "access_log",
    ]
    .map(count);
    assert_eq!(counted, [1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(file.text("/memberships/0/cards/0/number"), member.number);
    assert_eq!(file.int("/entries/0/amount"), 1000);
    assert_eq!(file.text("/records/0/values/state/value"), "new");
    let journal = file.list("/journal");
    assert_eq!(journal.len(), 120, "more than one page");
    let texts: std::collections::BTreeSet<String> = journal.iter().map(|entry| entry.text("/description")).collect();
    assert_eq!(texts.len(), 120);
    let rows = log(app, &format!("?customer_id={customer}&kind=own_data"));
    assert_eq!(
        (rows.len(), rows[0].text("/note"), rows[0].text("/number")),
        (1, "来信".into(), file.text("/export/number"))
    );
    let consultant = app.actor("consultant", &[app.east()]);
    consultant.post(&path, &why).expect_problem(403, "forbidden");
    app.actor("store_manager", &[app.west()])
        .post(&path, &why)
        .expect_problem(403, "forbidden");
}

fn d_arc_12_an_original_that_is_lent_is_due_and_comes_back(app: &TestApp) {
    let customer = app.customer("诸葛亮").create();
    let consultant = app.actor("consultant", &[app.east()]);
    let lend = |due: &str| {
        let body = json!({"customer_id": customer, "what": "房产证原件", "due_on": due, "purpose": "checking"});
        consultant.post("/lendings", &body)
    };
    let lent = lend("2026-03-05").created();
    let long = lend("2026-06-01").created();
    for due in ["2026-02-28", "2027-03-03"] {
        lend(due).expect_problem(422, "field_invalid");
    }
    let me = consultant.get("/me").ok().text("/staff_id");
    assert_eq!(
        (lent.text("/borrower_id"), lent.text("/what"), &lent["overdue"]),
        (me, "房产证原件".into(), &json!(false))
    );
    let noted = log(app, &format!("?number={}", lent.text("/number")));
    assert_eq!(
        (noted[0].text("/kind"), noted[0].text("/note")),
        ("lending".into(), "房产证原件".into())
    );
    let overdue = || -> Vec<String> {
        let listed = app.manager().get("/lendings?overdue=true").ok().list("/items");
        listed.iter().map(|lending| lending.text("/id")).collect()
    };
    app.set_now("2026-03-05 23:59");
    assert!(overdue().is_empty(), "the last day still counts");
    app.set_now("2026-03-06 00:01");
    assert_eq!(overdue(), [lent.text("/id")]);
    let back = format!("/lendings/{}/return", lent.text("/id"));
    let elsewhere = app.actor("consultant", &[app.west()]);
    elsewhere.post(&back, &json!({})).expect_problem(403, "forbidden");
    let returned = app.manager().post(&back, &json!({})).ok();
    assert_eq!(
        (&returned["overdue"], returned["returned_at"].is_string()),
        (&json!(false), true)
    );
    app.manager()
        .post(&back, &json!({}))
        .expect_problem(409, "decided_already");
    assert!(overdue().is_empty());
    let away = app.auditor().get("/lendings?open=true").ok().list("/items");
    assert_eq!((away.len(), away[0].text("/id")), (1, long.text("/id")));
    app.cashier().get("/lendings").expect_problem(403, "forbidden");
    let another = app.customer("诸葛孔明").create();
    super::merges::merge(&app.hq(), &another, &customer).created();
    let listed = || {
        app.hq()
            .get(&format!("/lendings?customer_id={another}"))
            .ok()
            .list("/items")
    };
    assert_eq!((listed().len(), listed()[0].text("/what")), (2, "房产证原件".into()));
    let own = app
        .hq()
        .post(&format!("/customers/{another}/own-data"), &json!({"purpose": "asked"}))
        .ok();
    assert_eq!(own.list("/lendings").len(), 2);
    super::erasure::erase(app, &another);
    assert_eq!(
        (listed().len(), &listed()[0]["what"]),
        (2, &json!(null)),
        "that it was lent stays"
    );
}
