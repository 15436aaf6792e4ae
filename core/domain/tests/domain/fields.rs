use cardea_domain::Day;
use cardea_domain::fields::{FieldDefinition, WrittenValues, change, check_definitions, validate, write};
use serde_json::{Map, Value, json};

fn today() -> Day {
    Day::from_ymd(2026, 3, 1).expect("a day")
}

fn declared(fields: Value) -> Vec<FieldDefinition> {
    let fields: Vec<FieldDefinition> = serde_json::from_value(fields).expect("declarations");
    assert_eq!(check_definitions(&fields), [], "the declarations are right");
    fields
}

/// One field of each kind.
fn fields() -> Vec<FieldDefinition> {
    let label = |text: &str| json!({"zh": text, "en": text});
    declared(json!([
        {"name": "note", "label": label("note"), "kind": "text", "min_length": 2, "max_length": 5},
        {"name": "age", "label": label("age"), "kind": "number", "minimum": 0, "maximum": 150},
        {"name": "weight", "label": label("weight"), "kind": "decimal", "digits": 2, "maximum": 300_00},
        {"name": "income", "label": label("income"), "kind": "money", "minimum": 0},
        {"name": "since", "label": label("since"), "kind": "date"},
        {"name": "married", "label": label("married"), "kind": "flag"},
        {"name": "spouse", "label": label("spouse"), "kind": "text", "required": true,
            "when": {"field": "married", "is": ["true"]}},
        {"name": "skin", "label": label("skin"), "kind": "choice", "choices": [
            {"code": "dry", "label": label("dry")}, {"code": "oily", "label": label("oily")}]},
        {"name": "likes", "label": label("likes"), "kind": "choices", "choices": [
            {"code": "tea", "label": label("tea")}, {"code": "go", "label": label("go")}]},
        {"name": "mobile", "label": label("mobile"), "kind": "phone"},
        {"name": "document", "label": label("document"), "kind": "identity"},
        {"name": "plate", "label": label("plate"), "kind": "plate"},
        {"name": "company", "label": label("company"), "kind": "credit_code"},
        {"name": "mail", "label": label("mail"), "kind": "mail"},
    ]))
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// Pointers of what is wrong; every sentence is there in both languages.
fn wrong(fields: &[FieldDefinition], values: Value) -> Vec<String> {
    let faults = validate(fields, &map(values), today()).expect_err("something wrong");
    let pointers = faults.into_iter().map(|fault| {
        assert!(!fault.detail.zh.is_empty() && !fault.detail.en.is_empty(), "{fault:?}");
        fault.pointer
    });
    pointers.collect()
}

#[test]
fn d_arc_15_values_come_out_in_one_form() {
    let values = json!({
        "note": " 喜欢茶 ", "age": 30, "weight": 61_50, "income": 1_000_000, "since": "2020-02-29", "married": true,
        "spouse": "李雷", "skin": "oily", "likes": ["go", "tea", "go"], "mobile": "138-1234 5678",
        "document": "11010519491231002x", "plate": "粤b·d12345", "company": "91350100m000100y43", "mail": "A@B.Cn",
    });
    let cleaned = validate(&fields(), &map(values), today()).expect("all right");
    let form = json!({
        "note": "喜欢茶", "age": 30, "weight": 61_50, "income": 1_000_000, "since": "2020-02-29", "married": true,
        "spouse": "李雷", "skin": "oily", "likes": ["tea", "go"], "mobile": "+8613812345678",
        "document": "11010519491231002X", "plate": "粤BD12345", "company": "91350100M000100Y43", "mail": "A@b.cn",
    });
    assert_eq!(Value::Object(cleaned), form);
    let nothing = json!({"note": null, "since": "", "likes": [], "married": false});
    let cleaned = validate(&fields(), &map(nothing), today()).expect("nothing is required");
    assert_eq!(Value::Object(cleaned), json!({"married": false}));
}

#[test]
fn d_arc_15_every_wrong_field_is_named() {
    for (name, value) in [
        ("note", json!("x")),
        ("note", json!("xxxxxx")),
        ("note", json!(7)),
        ("age", json!(151)),
        ("age", json!("30")),
        ("age", json!(30.5)),
        ("weight", json!(300_01)),
        ("income", json!(-1)),
        ("since", json!("2021-02-29")),
        ("married", json!("yes")),
        ("skin", json!("green")),
        ("likes", json!("tea")),
        ("mobile", json!("1380013800O")),
        ("document", json!("110105194912310021")),
        ("plate", json!("京AO2345")),
        ("company", json!("91350100M000100Y44")),
        ("mail", json!("a.b.cn")),
        ("height", json!(170)),
    ] {
        assert_eq!(wrong(&fields(), json!({name: value})), [format!("/{name}")], "{value}");
    }
    assert_eq!(wrong(&fields(), json!({"likes": ["tea", "chess"]})), ["/likes/1"]);
    let faults = validate(&fields(), &map(json!({"weight": 300_01})), today()).expect_err("too much");
    assert!(faults[0].detail.en.ends_with("and 300.00"), "{faults:?}");
    assert_eq!(
        wrong(&fields(), json!({"age": -1, "mail": "x"})),
        ["/age", "/mail"],
        "all of them"
    );
}

#[test]
fn d_arc_15_a_field_is_asked_for_only_when_its_condition_holds() {
    assert_eq!(wrong(&fields(), json!({"married": true})), ["/spouse"]);
    assert_eq!(
        wrong(&fields(), json!({"married": false, "spouse": "李雷"})),
        ["/spouse"]
    );
    assert_eq!(wrong(&fields(), json!({"spouse": "李雷"})), ["/spouse"]);
    assert!(validate(&fields(), &map(json!({"married": false})), today()).is_ok());
}

#[test]
fn d_arc_15_a_new_version_loses_no_value() {
    let label = json!({"zh": "x", "en": "x"});
    let first = declared(json!([
        {"name": "size", "label": label, "kind": "text"}, {"name": "old", "label": label, "kind": "text"},
    ]));
    let second = declared(json!([
        {"name": "size", "label": label, "kind": "number", "required": true}, {"name": "new", "label": label, "kind": "text"},
    ]));
    let mut values = WrittenValues::new();
    let cleaned = change(&first, &values, &map(json!({"size": "XL", "old": "kept"})), today()).expect("right");
    write(&mut values, 1, cleaned);
    // "XL" is no number: it stays and is shown as it was, but doesn't count as filled in.
    let missing = change(&second, &values, &map(json!({"new": "n"})), today()).expect_err("size is asked for");
    assert_eq!(missing[0].pointer, "/size");
    let cleaned = change(&second, &values, &map(json!({"new": "n", "size": 52})), today()).expect("right");
    write(&mut values, 2, cleaned);
    let kept: Vec<_> = values
        .iter()
        .map(|(name, written)| (name.as_str(), written.version))
        .collect();
    assert_eq!(kept, [("new", 2), ("old", 1), ("size", 2)]);
    assert_eq!(values["old"].value, "kept");
    let gone = change(&second, &values, &map(json!({"old": "x"})), today()).expect_err("no longer asked for");
    assert_eq!(gone[0].pointer, "/old");
    let cleaned = change(&second, &values, &map(json!({"new": null})), today()).expect("right");
    write(&mut values, 2, cleaned);
    assert!(!values.contains_key("new") && values.contains_key("old"));
}

#[test]
fn d_arc_15_wrong_declarations_are_named() {
    let label = json!({"zh": "x", "en": "x"});
    let flag = json!({"name": "flag", "label": label, "kind": "flag"});
    let with = |more: Value| {
        let mut field = json!({"name": "a", "label": label, "kind": "text"});
        field.as_object_mut().expect("an object").extend(map(more));
        field
    };
    for (field, pointer) in [
        (with(json!({"name": "A"})), "/fields/1/name"),
        (with(json!({"name": "1a"})), "/fields/1/name"),
        (with(json!({"name": "flag"})), "/fields/1/name"),
        (with(json!({"label": {"zh": "", "en": "x"}})), "/fields/1/label/zh"),
        (with(json!({"minimum": 1})), "/fields/1/minimum"),
        (with(json!({"max_length": 5000})), "/fields/1/max_length"),
        (with(json!({"min_length": 9, "max_length": 8})), "/fields/1/max_length"),
        (
            with(json!({"kind": "number", "minimum": 2, "maximum": 1})),
            "/fields/1/maximum",
        ),
        (with(json!({"kind": "decimal"})), "/fields/1/digits"),
        (with(json!({"kind": "choice"})), "/fields/1/choices"),
        (
            with(json!({"choices": [{"code": "x", "label": label}]})),
            "/fields/1/choices",
        ),
        (
            with(json!({"kind": "choice", "choices": [{"code": "X", "label": label}]})),
            "/fields/1/choices/0/code",
        ),
        (
            with(json!({"when": {"field": "b", "is": ["true"]}})),
            "/fields/1/when/field",
        ),
        (
            with(json!({"when": {"field": "a", "is": ["true"]}})),
            "/fields/1/when/field",
        ),
        (
            with(json!({"when": {"field": "flag", "is": ["maybe"]}})),
            "/fields/1/when/is",
        ),
        (with(json!({"when": {"field": "flag", "is": []}})), "/fields/1/when/is"),
    ] {
        let fields: Vec<FieldDefinition> = serde_json::from_value(json!([flag, field])).expect("declarations");
        let wrong = check_definitions(&fields);
        let pointers: Vec<_> = wrong.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, [pointer], "{field}");
    }
    assert_eq!(check_definitions(&[])[0].pointer, "/fields");
}
