//! One box for everything: names, sounds, numbers, journals and records.

use super::privacy::files;
use crate::harness::{Actor, Field, TestApp, query_value};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("finding":
        a_name_is_found_by_its_sound_and_surnames_read_as_surnames,
        numbers_are_found_as_people_type_them,
        two_characters_of_a_journal_or_a_record_are_enough,
        everybody_finds_what_they_may_see,
        the_words_of_a_journal_are_nowhere_in_clear,
    )
}

fn find(actor: &Actor, text: &str) -> Value {
    actor.get(&format!("/search?q={}", query_value(text))).ok()
}

fn names(actor: &Actor, text: &str) -> Vec<String> {
    let found = find(actor, text).list("/customers");
    let mut names: Vec<String> = found.iter().map(|customer| customer.text("/name")).collect();
    names.sort_unstable();
    names
}

fn a_name_is_found_by_its_sound_and_surnames_read_as_surnames(app: &TestApp) {
    let people = [
        "王小明",
        "单雄信",
        "仇英",
        "曾国藩",
        "解缙",
        "吕布",
        "欧阳锋",
        "Wang Xiaoming",
    ];
    for name in people {
        app.customer(name).create();
    }
    let hq = app.hq();
    for (typed, found) in [
        ("wxm", "王小明"),
        ("shanxiongxin", "单雄信"),
        ("qiuying", "仇英"),
        ("zgf", "曾国藩"),
        ("xiejin", "解缙"),
        ("lvbu", "吕布"),
        ("lubu", "吕布"),
        ("oyf", "欧阳锋"),
        ("ＯＹＦ", "欧阳锋"),
    ] {
        assert_eq!(names(&hq, typed), [found], "{typed}");
    }
    assert_eq!(
        names(&hq, "wang xiao ming"),
        ["Wang Xiaoming", "王小明"],
        "as it is written too"
    );
    for wrong in ["danxiongxin", "chouying", "cgf", "wx"] {
        assert!(names(&hq, wrong).is_empty(), "{wrong}");
    }
    // A changed name is found by its new sound alone.
    let id = find(&hq, "wxm").text("/customers/0/id");
    let path = format!("/customers/{id}");
    let version = hq.get(&path).header("etag").expect("an ETag").to_owned();
    hq.patch(&path, &version, &json!({"name": "李小明"})).ok();
    assert_eq!(
        (names(&hq, "lxm"), names(&hq, "wxm").len()),
        (vec!["李小明".to_owned()], 0)
    );
}

fn numbers_are_found_as_people_type_them(app: &TestApp) {
    let customer = app
        .customer("王芳")
        .phone("13912345678")
        .with("external_ref", "H-1024")
        .create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let member = app.issue(&customer);
    app.customer("李娜").phone("13700000001").create();
    let hq = app.hq();
    for typed in [
        "13912345678",
        "+86 139 1234 5678",
        "139-1234-5678",
        "１３９１２３４５６７８",
        "5678",
        " ５６７８ ",
        "H-1024",
    ] {
        assert_eq!(names(&hq, typed), ["王芳"], "{typed}");
    }
    let found = find(&hq, &member.number);
    assert_eq!(found.text("/cards/0/number"), member.number);
    assert_eq!(found.text("/cards/0/customer/id"), customer);
    assert!(names(&hq, "H-102").is_empty(), "a number of another system is whole");
    hq.get("/search?q=x&limit=51").expect_problem(400, "body_invalid");
    assert_eq!(find(&hq, " ")["customers"], json!([]));
}

fn write(app: &TestApp, customer: &str, text: &str) -> String {
    let entry = json!({"category": "need", "description": text});
    app.hq()
        .post(&format!("/customers/{customer}/journal"), &entry)
        .created()
        .text("/id")
}

fn remark(app: &TestApp) -> String {
    let label = json!({"zh": "备注", "en": "Remark"});
    let form = json!({
        "code": "remark", "name": label, "columns": [],
        "fields": [
            {"name": "text", "label": label, "kind": "text"}, {"name": "phone", "label": label, "kind": "phone"},
        ],
    });
    app.hq().post("/record-types", &form).created().text("/id")
}

fn two_characters_of_a_journal_or_a_record_are_enough(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let first = write(app, &customer, "要求换小瓶，周五前回复");
    write(app, &customer, "瓶小了，另外再说");
    let hq = app.hq();
    let journal = |text: &str| -> Vec<String> {
        let found = find(&hq, text).list("/journal");
        found.iter().map(|hit| hit.text("/excerpt")).collect()
    };
    assert_eq!(journal("小瓶"), ["要求换小瓶，周五前回复"], "in this order, not 瓶小");
    assert_eq!(journal("换 小 瓶"), ["要求换小瓶，周五前回复"], "blanks don't count");
    assert!(journal("瓶").is_empty() && journal("大瓶").is_empty());
    let correction = json!({"category": "need", "description": "要求换大瓶", "corrects": first});
    hq.post(&format!("/customers/{customer}/journal"), &correction)
        .created();
    assert_eq!(
        (journal("小瓶").len(), journal("大瓶").len()),
        (0, 1),
        "what stands in its place"
    );
    let kind = remark(app);
    let values = json!({"text": "车架号尾数 A88", "phone": "13912345678"});
    let record = json!({"type_id": kind, "customer_id": customer, "values": values});
    let record = hq.post("/records", &record).created();
    let hit = |text: &str| find(&hq, text).list("/records");
    assert_eq!(
        (hit("a88")[0].text("/id"), hit("车架")[0].text("/type_name/zh")),
        (record.text("/id"), "备注".into())
    );
    assert!(hit("1391").is_empty(), "numbers of people are no words");
    let changed = json!({"values": {"text": "发动机号 B77"}});
    hq.patch(&format!("/records/{}", record.text("/id")), "\"1\"", &changed)
        .ok();
    assert_eq!((hit("车架").len(), hit("发动").len()), (0, 1), "the words follow");
}

fn everybody_finds_what_they_may_see(app: &TestApp) {
    let east = app.customer("王小明").phone("13912345678").create();
    write(app, &east, "要求换小瓶");
    let west = app.actor("consultant", &[app.west()]);
    let found = find(&west, "小瓶");
    assert_eq!((&found["journal"], &found["customers"]), (&json!([]), &json!([])));
    assert!(names(&west, "wxm").is_empty(), "another store's");
    assert_eq!(names(&west, "13912345678"), ["王小明"], "a whole number finds anybody");
    let consultant = app.actor("consultant", &[app.east()]);
    assert_eq!(
        (
            find(&consultant, "小瓶").list("/journal").len(),
            names(&consultant, "wxm").len()
        ),
        (1, 1)
    );
    assert_eq!(
        find(&app.cashier(), "小瓶")["journal"],
        json!([]),
        "tills read no journals"
    );
    app.actor("vendor", &[])
        .get("/search?q=x")
        .expect_problem(403, "forbidden");
}

fn the_words_of_a_journal_are_nowhere_in_clear(app: &TestApp) {
    let customer = app.customer("诸葛亮").create();
    write(app, &customer, "羽扇纶巾");
    assert_eq!(find(&app.hq(), "羽扇").list("/journal").len(), 1);
    let mut lying = files(app.folder());
    lying.extend(
        app.database()
            .dump()
            .map(|text| ("the tables".into(), text.into_bytes())),
    );
    let holds = |text: &str| {
        let wanted = text.as_bytes();
        lying
            .iter()
            .any(|(_, bytes)| bytes.windows(wanted.len()).any(|window| window == wanted))
    };
    assert!(holds("诸葛亮"));
    for secret in ["羽扇", "扇纶", "纶巾", "zhugeliang", "zgl"] {
        assert!(!holds(secret), "{secret}");
    }
}
