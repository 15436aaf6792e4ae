//! The customer card: what is known of a person or a company, where it comes from, the chain's own fields.

use crate::harness::{Actor, Answer, Field, TestApp, query_value};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("customer_cards":
        d_arc_1_a_persons_card_is_kept_whole_and_shown_masked,
        d_arc_1_a_companys_card_names_who_leads_it,
        d_arc_1_a_change_touches_only_what_it_names,
        d_arc_1_wrong_fields_of_a_card_are_named,
        d_arc_1_a_card_is_found_by_mail_wechat_code_and_plate,
        d_arc_1_own_fields_are_declared_in_versions_that_lose_nothing,
        d_arc_1_wrong_own_fields_are_named_in_both_languages,
        d_arc_2_a_changed_group_keeps_its_source_and_is_unverified,
        d_arc_12_who_may_not_see_cards_sees_none,
        d_arc_12_the_disk_holds_nothing_of_a_card,
    )
}

fn person() -> Value {
    json!({
        "kind": "person",
        "person": {"sex": "female", "native_place": "浙江绍兴", "employer": "东风小学", "occupation": "教师",
            "products_used": ["面霜", "眼霜"]},
        "contact": {"mail": "Wang.Fang@Example.com", "wechat": "wx_fang-88", "qq": "77415926", "postcode": "100080",
            "address": "北京市海淀区中关村大街 1 号", "plates": ["京A·12345", "粤bd12345"]},
        "characteristics": {"potential": "大"},
        "business": {"cooperation": "好"},
        "deal": {"terms": "现款"},
    })
}

fn leader(name: &str) -> Value {
    json!({
        "name": name, "character": "直爽", "interests": "围棋", "family": "三口之家", "education": "本科", "age": 45,
        "ability": "善经营",
    })
}

fn company() -> Value {
    json!({
        "kind": "company",
        "company": {"owner": leader("赵大"), "manager": leader("钱二"), "legal_representative": leader("孙三"),
            "founded_on": "2001-05-01", "first_deal_on": "2019-03-08", "form": "有限责任公司", "trade": "百货零售",
            "capital": 1_000_000_00, "credit_code": "91350100m000100y43"},
    })
}

fn create(app: &TestApp, card: Value) -> String {
    app.customer("王芳").with("card", card).create()
}

fn path(id: &str) -> String {
    format!("/customers/{id}")
}

/// Changes the newest version.
fn change(actor: &Actor, id: &str, card: Value) -> Answer {
    let tag = actor.get(&path(id)).header("etag").expect("an ETag").to_owned();
    actor.patch(&path(id), &tag, &json!({"card": card}))
}

fn card(app: &TestApp, id: &str) -> Value {
    app.hq().get(&path(id)).ok()["card"].clone()
}

fn d_arc_1_a_persons_card_is_kept_whole_and_shown_masked(app: &TestApp) {
    let created = app.customer("王芳").with("card", person()).post().created();
    let id = created.text("/id");
    let shown = app.actor("consultant", &[app.east()]).get(&path(&id)).ok();
    assert_eq!(shown["card"], created["card"]);
    let (card, told) = (&shown["card"], person());
    assert_eq!(card["kind"], "person");
    for group in ["person", "characteristics", "business", "deal"] {
        for (name, value) in told[group].as_object().expect("a group") {
            assert_eq!(card[group][name], *value, "{group}/{name}");
        }
    }
    let contact = &card["contact"];
    assert_eq!(
        *contact,
        json!({
            "mail": "W***@example.com", "wechat": "wx*******8", "qq": "77*****6", "postcode": "100080",
            "address": "北京市海淀区***", "plates": ["京A****5", "粤B*****5"],
        })
    );
    let listed = app.hq().get("/customers").ok().list("/items");
    assert!(
        listed.iter().all(|one| one.get("card").is_none()),
        "a list shows no cards"
    );
}

fn d_arc_1_a_companys_card_names_who_leads_it(app: &TestApp) {
    let id = create(app, company());
    let (shown, told) = (card(app, &id), company());
    assert_eq!(shown["kind"], "company");
    for (name, value) in told["company"].as_object().expect("a group") {
        let value = if name == "credit_code" {
            &json!("91350100M000100Y43")
        } else {
            value
        };
        assert_eq!(shown["company"][name], *value, "{name}");
    }
}

fn d_arc_1_a_change_touches_only_what_it_names(app: &TestApp) {
    let id = create(app, company());
    let before = card(app, &id);
    let changed = json!({"company": {"manager": {"age": 46, "family": null}, "form": " 股份公司 ", "trade": ""}});
    change(&app.hq(), &id, changed).ok();
    let mut wanted = before["company"].clone();
    wanted["manager"]["age"] = json!(46);
    wanted["manager"]["family"] = Value::Null;
    wanted["form"] = json!("股份公司");
    wanted["trade"] = Value::Null;
    assert_eq!(card(app, &id)["company"], wanted);
    // A customer registered without a card gets one later.
    let plain = app.customer("李雷").create();
    assert_eq!(card(app, &plain), Value::Null);
    change(&app.hq(), &plain, json!({"person": {"occupation": "医生"}})).ok();
    assert_eq!(card(app, &plain).text("/person/occupation"), "医生");
    let noted = app.hq().get(&format!("/audit?subject={plain}")).ok();
    assert!(
        noted.to_string().contains("person") && !noted.to_string().contains("医生"),
        "{noted:#}"
    );
}

fn d_arc_1_wrong_fields_of_a_card_are_named(app: &TestApp) {
    let id = create(app, person());
    for (wrong, pointer, named) in [
        (
            json!({"contact": {"mail": "wang，fang@example.com"}}),
            "/card/contact/mail",
            "Character 5",
        ),
        (
            json!({"contact": {"mail": "W***@example.com"}}),
            "/card/contact/mail",
            "Character 2",
        ),
        (
            json!({"contact": {"wechat": "wx*******8"}}),
            "/card/contact/wechat",
            "Character 3",
        ),
        (
            json!({"contact": {"address": "北京市海淀区***"}}),
            "/card/contact/address",
            "masked",
        ),
        (
            json!({"contact": {"postcode": "10008O"}}),
            "/card/contact/postcode",
            "Character 6",
        ),
        (
            json!({"contact": {"plates": ["京A12345", "京AO2345"]}}),
            "/card/contact/plates/1",
            "Character 3",
        ),
        (
            json!({"company": {"credit_code": "91350100M000100Y44"}}),
            "/card/company/credit_code",
            "Character 18",
        ),
        (
            json!({"company": {"founded_on": "2190-01-01"}}),
            "/card/company/founded_on",
            "past",
        ),
        (
            json!({"company": {"owner": {"age": 151}}}),
            "/card/company/owner/age",
            "150",
        ),
        (json!({"deal": {"terms": "x".repeat(501)}}), "/card/deal/terms", "500"),
        (json!({"own": {"height": 170}}), "/card/own/height", "no such field"),
        (
            json!({"provenance": {"hearsay": {"source": "visit"}}}),
            "/card/provenance/hearsay",
            "group",
        ),
    ] {
        let problem = change(&app.hq(), &id, wrong).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), pointer);
        assert!(problem.text("/detail").contains(named), "{problem:#}");
    }
    change(&app.hq(), &id, json!({"person": {"height": 170}})).expect_problem(400, "body_invalid");
    change(&app.hq(), &id, json!({"person": {"sex": "x"}})).expect_problem(400, "body_invalid");
    assert_eq!(
        app.hq().get(&path(&id)).ok().int("/version"),
        1,
        "what is refused changes nothing"
    );
}

fn d_arc_1_a_card_is_found_by_mail_wechat_code_and_plate(app: &TestApp) {
    let mut both = person();
    both["company"] = company()["company"].clone();
    let id = create(app, both);
    app.customer("赵六").create();
    let found = |typed: &str| -> Vec<String> {
        let page = app.hq().get(&format!("/customers?query={}", query_value(typed))).ok();
        page.list("/items").iter().map(|one| one.text("/id")).collect()
    };
    for typed in [
        "wang.fang@EXAMPLE.com",
        "WX_fang-88",
        "9135 0100 M000100Y43",
        "京a12345",
        "粤B·D12345",
    ] {
        assert_eq!(found(typed), [id.as_str()], "{typed}");
    }
    change(
        &app.hq(),
        &id,
        json!({"contact": {"mail": "fang@example.com", "plates": []}}),
    )
    .ok();
    assert_eq!(found("fang@example.com"), [id.as_str()]);
    for gone in ["wang.fang@example.com", "京A12345"] {
        assert_eq!(found(gone), [""; 0], "{gone}");
    }
    assert_eq!(found("赵六").len(), 1, "names are found as before");
}

fn words(text: &str) -> Value {
    json!({"zh": text, "en": text})
}

/// Publishes the next version of the chain's own fields.
fn declare(app: &TestApp, follows: i64, fields: Value) -> Answer {
    app.hq()
        .post("/customer-fields", &json!({"follows": follows, "fields": fields}))
}

fn d_arc_1_own_fields_are_declared_in_versions_that_lose_nothing(app: &TestApp) {
    let skin = json!({"name": "skin", "label": words("肤质"), "kind": "choice", "choices": [
        {"code": "dry", "label": words("干性")}, {"code": "oily", "label": words("油性")}]});
    let second_phone = json!({"name": "second_phone", "label": words("另一电话"), "kind": "phone"});
    let first = declare(app, 0, json!([skin, second_phone])).created();
    assert_eq!((first.int("/version"), first.list("/fields").len()), (1, 2));
    declare(app, 0, json!([skin])).expect_problem(412, "version_conflict");
    let wrong = declare(app, 1, json!([{"name": "x", "label": words("x"), "kind": "choice"}]));
    assert_eq!(
        wrong.expect_problem(422, "field_invalid").text("/pointer"),
        "/fields/0/choices"
    );
    app.manager()
        .post("/customer-fields", &json!({"follows": 1, "fields": [skin]}))
        .expect_problem(403, "forbidden");
    let id = create(app, json!({"own": {"skin": "dry", "second_phone": "139 1111 2222"}}));
    // The second version has no phone any more, asks for a size, and has another kind of skin.
    let skin = json!({"name": "skin", "label": words("肤质"), "kind": "text", "max_length": 2});
    let size = json!({"name": "size", "label": words("尺码"), "kind": "number", "required": true});
    declare(app, 1, json!([skin, size])).created();
    let own = |card: Value| card["own"].clone();
    let kept = json!({
        "skin": {"version": 1, "value": "dry"}, "second_phone": {"version": 1, "value": "139****2222"},
    });
    assert_eq!(
        own(card(app, &id)),
        kept,
        "nothing is lost, and a phone stays masked as one"
    );
    let missing = change(&app.hq(), &id, json!({"own": {"skin": "干"}})).expect_problem(422, "field_invalid");
    assert_eq!(missing.text("/pointer"), "/card/own/size");
    change(&app.hq(), &id, json!({"own": {"skin": "干", "size": 38}})).ok();
    let now = json!({
        "skin": {"version": 2, "value": "干"}, "size": {"version": 2, "value": 38},
        "second_phone": {"version": 1, "value": "139****2222"},
    });
    assert_eq!(own(card(app, &id)), now);
    let versions = app
        .actor("consultant", &[app.east()])
        .get("/customer-fields")
        .ok()
        .list("/items");
    let numbers: Vec<i64> = versions.iter().map(|one| one.int("/version")).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(versions[1], first, "an old version stays as it was");
}

fn d_arc_1_wrong_own_fields_are_named_in_both_languages(app: &TestApp) {
    let skin = json!({"name": "skin", "label": words("肤质"), "kind": "choice", "choices": [
        {"code": "dry", "label": words("干性")}]});
    let phone = json!({"name": "second_phone", "label": words("另一电话"), "kind": "phone"});
    declare(app, 0, json!([skin, phone])).created();
    let id = create(app, json!({"own": {"skin": "dry"}}));
    let refused = change(
        &app.hq(),
        &id,
        json!({"own": {"skin": "green", "second_phone": "1391111222O"}}),
    );
    let refused = refused.expect_problem(422, "field_invalid");
    let pointers: Vec<String> = refused
        .list("/errors")
        .iter()
        .map(|fault| fault.text("/pointer"))
        .collect();
    assert_eq!(pointers, ["/card/own/skin", "/card/own/second_phone"]);
    let in_chinese = app.hq().reading("zh-CN");
    let tag = in_chinese.get(&path(&id)).header("etag").expect("an ETag").to_owned();
    let refused = in_chinese.patch(
        &path(&id),
        &tag,
        &json!({"card": {"own": {"second_phone": "1391111222O"}}}),
    );
    assert!(
        refused.body.text("/errors/0/detail").contains("第 11 位“O”"),
        "{:#}",
        refused.body
    );
}

fn d_arc_2_a_changed_group_keeps_its_source_and_is_unverified(app: &TestApp) {
    let mut told = person();
    told["provenance"] = json!({"person": {"source": "visit", "verified": true}, "contact": {"source": "self"}});
    let id = create(app, told);
    let of = |group: &str| card(app, &id)["provenance"][group].clone();
    let me = app.hq().get("/me").ok().text("/staff_id");
    let first = of("person");
    assert_eq!((&first["source"], &first["verified"]), (&json!("visit"), &json!(true)));
    assert_eq!(
        (first.text("/verified_by"), first["verified_at"].is_string()),
        (me, true)
    );
    assert_eq!(
        (&of("contact")["source"], &of("contact")["verified"]),
        (&json!("self"), &json!(false))
    );
    assert_eq!(of("deal")["source"], Value::Null, "nobody said where it comes from");

    // Somebody changes it and says nothing of where it comes from.
    let consultant = app.actor("consultant", &[app.east()]);
    change(&consultant, &id, json!({"person": {"occupation": "校长"}})).ok();
    let changed = of("person");
    assert_eq!(
        (&changed["source"], &changed["verified"]),
        (&json!("visit"), &json!(false))
    );
    assert_eq!(changed["verified_by"], Value::Null);
    let mei = consultant.get("/me").ok().text("/staff_id");
    assert_eq!(changed.text("/changed_by"), mei);
    // The same value again is no change.
    change(&app.hq(), &id, json!({"provenance": {"person": {"verified": true}}})).ok();
    change(&consultant, &id, json!({"person": {"occupation": "校长"}})).ok();
    assert_eq!(of("person")["verified"], json!(true));
    change(
        &consultant,
        &id,
        json!({"provenance": {"person": {"source": "survey"}}}),
    )
    .ok();
    assert_eq!(
        (&of("person")["source"], &of("person")["verified"]),
        (&json!("survey"), &json!(false))
    );
    // Phones and birthday belong to groups of the card too.
    change(
        &app.hq(),
        &id,
        json!({"provenance": {"person": {"verified": true}, "contact": {"verified": true}}}),
    )
    .ok();
    let tag = app.hq().get(&path(&id)).header("etag").expect("an ETag").to_owned();
    app.hq()
        .patch(&path(&id), &tag, &json!({"phones": ["13911112222"]}))
        .ok();
    assert_eq!(
        (&of("contact")["verified"], &of("person")["verified"]),
        (&json!(false), &json!(true))
    );
}

fn d_arc_12_who_may_not_see_cards_sees_none(app: &TestApp) {
    let id = create(app, person());
    let with_card = |actor: &Actor| actor.get(&path(&id)).ok().get("card").is_some();
    for (role, store, sees) in [
        ("store_manager", app.east(), true),
        ("clerk", app.east(), true),
        ("consultant", app.west(), false),
        ("cashier", app.east(), false),
    ] {
        assert_eq!(with_card(&app.actor(role, &[store])), sees, "{role}");
    }
    let form = |card: Value| {
        let mut body = json!({"name": "李雷", "phones": [], "store_id": app.east()});
        body["card"] = card;
        app.cashier().post("/customers", &body)
    };
    form(person()).expect_problem(403, "forbidden");
    form(Value::Null).created();
}

fn d_arc_12_the_disk_holds_nothing_of_a_card(app: &TestApp) {
    declare(
        app,
        0,
        json!([{"name": "allergy", "label": words("过敏"), "kind": "text"}]),
    )
    .created();
    let mut both = person();
    both["company"] = company()["company"].clone();
    both["own"] = json!({"allergy": "青霉素过敏"});
    let id = create(app, both);
    change(&app.hq(), &id, json!({"contact": {"qq": "87041593"}})).ok();
    let files = super::privacy::files(app.folder());
    let tables = app.database().dump().unwrap_or_default();
    let holds = |text: &str| {
        let found = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        found(tables.as_bytes()) || files.iter().any(|(_, bytes)| found(bytes))
    };
    assert!(holds("王芳"), "the search looks where the data is: names stay readable");
    for secret in [
        "Fang@",
        "fang@example",
        "wx_fang",
        "77415926",
        "87041593",
        "中关村",
        "京A12345",
        "91350100",
        "东风小学",
        "赵大",
        "围棋",
        "现款",
        "青霉素",
    ] {
        assert!(!holds(secret), "{secret} lies on disk in clear");
    }
}
