//! Two customers who are one person: found, made one, and made two again (D-ARC-13).

use crate::harness::{Actor, Answer, Field, Member, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("merges":
        a12_a_merge_keeps_both_notes_the_stricter_consent_and_lists_what_is_lost,
        d_arc_13_a_merge_takes_everything_along_and_gives_it_back,
        d_arc_13_a_merged_customer_tells_where_it_went,
        d_arc_13_tags_go_along_and_come_back,
        d_arc_13_what_is_to_be_done_goes_along_and_comes_back,
        d_arc_13_duplicates_stand_side_by_side_page_by_page,
        d_arc_13_what_was_changed_since_a_merge_stays_when_it_is_taken_back,
        d_arc_13_a_merge_stays_with_its_store_and_leaves_no_name_in_clear,
    )
}

fn path(id: &str) -> String {
    format!("/customers/{id}")
}

fn tag(actor: &Actor, id: &str) -> String {
    actor.get(&path(id)).header("etag").expect("an ETag").to_owned()
}

/// Merges `gone` into `stays`, both as they are now.
pub(super) fn merge(actor: &Actor, stays: &str, gone: &str) -> Answer {
    let version = actor.get(&path(gone)).ok().int("/version");
    let body = json!({"customer_id": gone, "version": version});
    let request = actor.request("POST", &format!("/customers/{stays}/merge"));
    let key = crate::harness::fresh_key();
    request
        .key(&key)
        .header("If-Match", &tag(actor, stays))
        .json(&body)
        .send()
}

pub(super) fn undo(actor: &Actor, merge: &Value) -> Answer {
    actor.post(&format!("/customer-merges/{}/undo", merge.text("/id")), &json!({}))
}

/// All that an answer says of a customer, but for its version.
fn seen(app: &TestApp, id: &str) -> Value {
    let mut shown = app.hq().get(&path(id)).ok();
    shown["version"] = Value::Null;
    shown
}

fn ids(app: &TestApp, path: &str) -> Vec<String> {
    let listed = app.hq().get(path).ok().list("/items");
    listed.iter().map(|one| one.text("/id")).collect()
}

fn words(text: &str) -> Value {
    json!({"zh": text, "en": text})
}

/// The chain's own notes and tags.
fn declare(app: &TestApp) {
    let tag = |code: &str| json!({"code": code, "label": words(code)});
    let fields = json!([
        {"name": "note", "label": words("备注"), "kind": "text", "max_length": 40},
        {"name": "tags", "label": words("标签"), "kind": "choices", "choices": [tag("vip"), tag("late"), tag("tea")]},
    ]);
    app.hq()
        .post("/customer-fields", &json!({"follows": 0, "fields": fields}))
        .created();
}

/// Twice 王芳: as the shop took her down, and as another clerk did.
fn twins(app: &TestApp) -> (String, String) {
    declare(app);
    let first = json!({
        "own": {"note": "皮肤敏感", "tags": ["vip", "tea"]}, "deal": {"terms": "现款"},
        "person": {"sex": "female", "occupation": "教师"}, "contact": {"mail": "wang@example.com"},
    });
    let second = json!({
        "own": {"note": "周末来", "tags": ["late", "tea"]}, "deal": {"terms": "月结"},
        "person": {"occupation": "医生", "employer": "东风小学"}, "contact": {"mail": "fang@example.com"},
    });
    let stays = app
        .customer("王芳")
        .with("card", first)
        .with("external_ref", "A-1")
        .with("consent", json!({"marketing": true, "privacy": true}))
        .create();
    let gone = app
        .customer("王方")
        .with("card", second)
        .with("birthday", "1991-05-20")
        .with("external_ref", "A-2")
        .with("consent", json!({"marketing": false, "privacy": true}))
        .create();
    (stays, gone)
}

fn a12_a_merge_keeps_both_notes_the_stricter_consent_and_lists_what_is_lost(app: &TestApp) {
    let (stays, gone) = twins(app);
    let phones = [seen(app, &stays), seen(app, &gone)].map(|one| one.list("/phones"));
    let merged = merge(&app.hq(), &stays, &gone).created();
    let shown = seen(app, &stays);
    assert_eq!(shown.text("/card/own/note/value"), "皮肤敏感\n周末来");
    assert_eq!(shown["card"]["own"]["tags"]["value"], json!(["vip", "tea", "late"]));
    assert_eq!(shown.text("/card/deal/terms"), "现款\n月结");
    assert_eq!(shown["consent"], json!({"marketing": false, "privacy": true}));
    assert_eq!(shown.list("/phones"), phones.concat());
    assert_eq!(
        (
            shown.text("/card/person/occupation"),
            shown.text("/card/person/employer")
        ),
        ("教师".into(), "东风小学".into())
    );
    let mut lost: Vec<(String, Value)> = merged
        .list("/lost")
        .iter()
        .map(|lost| (lost.text("/field"), lost["value"].clone()))
        .collect();
    lost.sort_by(|a, b| a.0.cmp(&b.0));
    let all = [
        ("/birthday", json!("****-05-20")),
        ("/card/contact/mail", json!("f***@example.com")),
        ("/card/person/occupation", json!("医生")),
        ("/consent/marketing", json!(true)),
        ("/external_ref", json!("A-2")),
        ("/name", json!("王方")),
    ];
    assert_eq!(lost, all.map(|(field, value)| (field.to_owned(), value)));
}

fn note(app: &TestApp, customer: &str, text: &str) -> String {
    let entry = json!({"category": "need", "description": text});
    app.hq()
        .post(&format!("/customers/{customer}/journal"), &entry)
        .created()
        .text("/id")
}

fn record(app: &TestApp, customer: &str) -> String {
    let body = json!({
        "code": "machine", "name": words("机器"), "columns": ["model"],
        "fields": [{"name": "model", "label": words("型号"), "kind": "text"}],
    });
    let kind = app.hq().post("/record-types", &body).created().text("/id");
    let body = json!({"type_id": kind, "customer_id": customer, "values": {"model": "M1"}});
    let made = app.hq().post("/records", &body).created();
    let path = format!("/records/{}", made.text("/id"));
    app.hq().patch(&path, "\"1\"", &json!({"values": {"model": "M2"}})).ok();
    made.text("/id")
}

fn points(app: &TestApp, member: &Member) -> (i64, usize) {
    (app.points(member), app.entries(member).len())
}

fn d_arc_13_a_merge_takes_everything_along_and_gives_it_back(app: &TestApp) {
    let (stays, gone) = (app.member("王芳"), app.member("王方"));
    let introduced = app
        .customer("李娜")
        .with("introducer_customer_id", gone.customer.clone())
        .create();
    let walk_in = app.sale().customer(&introduced).line("tea", "drinks", 10_00).ring();
    let (entry, record) = (note(app, &gone.customer, "要大瓶"), record(app, &gone.customer));
    let class = json!({"dimension": "nature", "class": "partner"});
    app.hq()
        .post(&format!("/customers/{}/classes", gone.customer), &class)
        .ok();
    let all = [&stays.customer, &gone.customer, &introduced];
    let before = all.map(|id| seen(app, id));
    let classes = |id: &str| app.hq().get(&format!("/customers/{id}/classes")).ok();
    let (classes_before, ledger) = (
        classes(&gone.customer),
        [&stays, &gone].map(|member| points(app, member)),
    );
    let merged = merge(&app.hq(), &stays.customer, &gone.customer).created();
    assert_eq!(
        merged["moved"],
        json!({
            "membership": 1, "bill": 1, "journal": 1, "record": 1, "task": 0, "warning": 0, "satisfaction": 0,
            "assessment": 0, "introduced": 1, "file": 0, "change": 0, "form": 0, "lending": 0, "contract": 0, "message": 0,
            "tag": 0,
            "paid_top_up": 0, "handed_over": 0, "taken_over": 0,
        })
    );
    let memberships = ids(app, &format!("/memberships?customer_id={}", stays.customer));
    assert_eq!(memberships, [gone.membership.clone(), stays.membership.clone()]);
    assert_eq!([&stays, &gone].map(|member| points(app, member)), ledger);
    let journal = app.hq().get(&format!("/customers/{}/journal", stays.customer)).ok();
    assert_eq!(journal.text("/items/0/description"), "要大瓶");
    let shown = app.hq().get(&format!("/records/{record}")).ok();
    assert_eq!(
        (shown.text("/customer_id"), shown.text("/values/model/value")),
        (stays.customer.clone(), "M2".into())
    );
    let history = app.hq().get(&format!("/records/{record}/history")).ok();
    assert_eq!(history.text("/items/0/earlier/model/value"), "M1");
    assert_eq!(classes(&stays.customer).text("/items/0/class"), "partner");
    assert_eq!(seen(app, &introduced).text("/introducer_customer_id"), stays.customer);
    // Two cards of one program: each still works; who shows none buys on the older membership.
    assert!(app.sale_to(&gone).line("tea", "drinks", 10_00).ring().earned() > 0);
    let bill = app.sale().customer(&stays.customer).line("tea", "drinks", 10_00).ring();
    assert_eq!(bill.body.text("/member/membership_id"), stays.membership);
    app.finish();
    undo(&app.hq(), &merged).ok();
    assert_eq!(all.map(|id| seen(app, id)), before);
    assert_eq!(classes(&gone.customer), classes_before);
    assert!(classes(&stays.customer).list("/items").is_empty());
    assert_eq!(
        ids(app, &format!("/memberships?customer_id={}", gone.customer)),
        [gone.membership.as_str()]
    );
    assert_eq!(ids(app, &format!("/customers/{}/journal", gone.customer)), [entry]);
    assert!(ids(app, &format!("/customers/{}/journal", stays.customer)).is_empty());
    assert_eq!(
        app.hq().get(&format!("/records/{record}")).ok().text("/customer_id"),
        gone.customer
    );
    assert_eq!(
        points(app, &stays).1,
        ledger[0].1 + 1,
        "the ledger is as it was, and one sale longer"
    );
    undo(&app.hq(), &merged).expect_problem(409, "already_exists");
    assert!(!walk_in.id.is_empty());
}

fn d_arc_13_tags_go_along_and_come_back(app: &TestApp) {
    use super::segments::{give, tag, tags_of};
    let (stays, gone) = (app.customer("王芳").create(), app.customer("王方").create());
    let (both, theirs) = (tag(app, "老顾客"), tag(app, "爱喝茶"));
    give(app, &stays, &[&both]);
    give(app, &gone, &[&both, &theirs]);
    let merged = merge(&app.hq(), &stays, &gone).created();
    assert_eq!(merged.int("/moved/tag"), 2);
    assert_eq!(tags_of(app, &stays), ["爱喝茶", "老顾客"]);
    undo(&app.hq(), &merged).ok();
    assert_eq!(tags_of(app, &stays), ["老顾客"]);
    assert_eq!(tags_of(app, &gone), ["爱喝茶", "老顾客"]);
}

fn d_arc_13_what_is_to_be_done_goes_along_and_comes_back(app: &TestApp) {
    let (stays, gone) = (app.customer("王芳").create(), app.customer("王方").create());
    let task = json!({"customer_id": gone, "title": "送样品", "due_on": "2026-03-05"});
    app.hq().post("/tasks", &task).created();
    let titles = |customer: &str| {
        let tasks = app.hq().get(&format!("/tasks?customer_id={customer}")).ok();
        tasks
            .list("/items")
            .iter()
            .map(|task| task.text("/title"))
            .collect::<Vec<String>>()
    };
    let merged = merge(&app.hq(), &stays, &gone).created();
    assert_eq!(merged.int("/moved/task"), 1);
    assert_eq!((titles(&stays), titles(&gone)), (vec!["送样品".to_owned()], vec![]));
    undo(&app.hq(), &merged).ok();
    assert_eq!((titles(&stays), titles(&gone)), (vec![], vec!["送样品".to_owned()]));
}

fn d_arc_13_a_merged_customer_tells_where_it_went(app: &TestApp) {
    let (stays, gone) = twins(app);
    let third = app.customer("王芳芳").create();
    merge(&app.hq(), &stays, &gone).created();
    let last = merge(&app.hq(), &third, &stays).created();
    let shown = seen(app, &gone);
    assert_eq!(
        (
            shown.text("/merged_into"),
            shown.text("/name"),
            shown.list("/phones").len()
        ),
        (third.clone(), String::new(), 0)
    );
    assert_eq!(
        ids(app, "/customers"),
        [third.as_str()],
        "the list knows the survivor alone"
    );
    let refused = app
        .hq()
        .patch(&path(&gone), &tag(&app.hq(), &gone), &json!({"name": "王"}));
    let told = refused.expect_problem(409, "customer_merged");
    assert_eq!(told.text("/customers/0/id"), third);
    let entry = json!({"category": "need", "description": "x"});
    app.hq()
        .post(&format!("/customers/{gone}/journal"), &entry)
        .expect_problem(409, "customer_merged");
    app.apply(&gone).expect_problem(409, "customer_merged");
    // A till that only knows the old id sells to the survivor.
    app.apply(&third).expect_problem(409, "not_eligible");
    app.sale().customer(&gone).line("tea", "drinks", 1000_00).ring();
    app.issue(&third);
    undo(&app.hq(), &last).ok();
    assert_eq!(seen(app, &gone).text("/merged_into"), stays);
}

/// The names of each pair.
fn pairs(page: &Value) -> Vec<(String, String)> {
    let items = page.list("/items");
    items
        .iter()
        .map(|pair| (pair.text("/first/name"), pair.text("/second/name")))
        .collect()
}

fn d_arc_13_duplicates_stand_side_by_side_page_by_page(app: &TestApp) {
    let again = |form: crate::harness::CustomerForm<'_>| form.with("acknowledge_duplicate", true).create();
    let number = "11010519491231002X";
    again(app.customer("甲").phone("13800000001").with("identity_number", number));
    again(
        app.customer("乙")
            .phone("+86 138 0000 0001")
            .with("external_ref", "k 1"),
    );
    again(app.customer("丙").phone("13800000001").with("external_ref", "Ｋ1"));
    again(app.customer("丁").with("identity_number", "11010519491231002x"));
    again(app.customer("王 芳").with("birthday", "1980-01-02"));
    again(app.customer("王芳").with("birthday", "1980-01-02"));
    let by = |kind: &str| pairs(&app.hq().get(&format!("/customer-duplicates?by={kind}")).ok());
    let pair = |first: &str, second: &str| (first.to_owned(), second.to_owned());
    assert_eq!(by("identity"), [pair("甲", "丁")]);
    assert_eq!(by("external_ref"), [pair("乙", "丙")]);
    assert_eq!(by("name_birth"), [pair("王 芳", "王芳")]);
    let all = [pair("甲", "乙"), pair("甲", "丙"), pair("乙", "丙")];
    assert_eq!(by("phone"), all);
    let (mut found, mut after) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = app
            .hq()
            .get(&format!("/customer-duplicates?by=phone&limit=1{after}"))
            .ok();
        found.extend(pairs(&page));
        after = page["next"]
            .as_str()
            .map_or(String::new(), |next| format!("&after={next}"));
    }
    assert_eq!((found.as_slice(), after.as_str()), (all.as_slice(), ""));
    app.cashier()
        .get("/customer-duplicates?by=phone")
        .expect_problem(403, "forbidden");
}

fn d_arc_13_what_was_changed_since_a_merge_stays_when_it_is_taken_back(app: &TestApp) {
    let (stays, gone) = twins(app);
    let before = seen(app, &stays);
    let merged = merge(&app.hq(), &stays, &gone).created();
    let later = note(app, &stays, "合并后写的");
    let change = json!({"name": "王芳（新）", "card": {"person": {"native_place": "绍兴"}}});
    app.hq().patch(&path(&stays), &tag(&app.hq(), &stays), &change).ok();
    undo(&app.hq(), &merged).ok();
    let after = seen(app, &stays);
    assert_eq!(
        (after.text("/name"), after.text("/card/person/native_place")),
        ("王芳（新）".into(), "绍兴".into())
    );
    for field in ["/phones", "/consent", "/card/own", "/card/deal", "/birthday"] {
        assert_eq!(after.pointer(field), before.pointer(field), "{field}");
    }
    assert_eq!(after["card"]["person"]["employer"], Value::Null);
    assert_eq!(ids(app, &format!("/customers/{stays}/journal")), [later]);
    assert_eq!(
        ids(app, "/customers?query=%E7%8E%8B%E6%96%B9"),
        [gone],
        "found again by name"
    );
}

fn d_arc_13_a_merge_stays_with_its_store_and_leaves_no_name_in_clear(app: &TestApp) {
    let (stays, gone) = twins(app);
    let elsewhere = app.actor("store_manager", &[app.west()]);
    merge(&elsewhere, &stays, &gone).expect_problem(403, "forbidden");
    let consultant = app.actor("consultant", &[app.east()]);
    merge(&consultant, &stays, &gone).expect_problem(403, "forbidden");
    merge(&app.manager(), &stays, &stays).expect_problem(422, "field_invalid");
    let merged = merge(&app.manager(), &stays, &gone).created();
    assert!(elsewhere.get("/customer-merges").ok().list("/items").is_empty());
    undo(&elsewhere, &merged).expect_problem(403, "forbidden");
    let listed = app.manager().get(&format!("/customer-merges?customer_id={gone}")).ok();
    assert_eq!(listed.text("/items/0/merged_name"), "王方");
    let noted = app.hq().get(&format!("/audit?subject={stays}")).ok().to_string();
    assert!(
        noted.contains("/birthday") && !noted.contains("王方") && !noted.contains("1991"),
        "{noted}"
    );
    if let Some(dump) = app.database().dump() {
        assert!(!dump.contains("王方"), "a merged customer's name in clear");
    }
}
