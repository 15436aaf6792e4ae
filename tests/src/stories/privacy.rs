//! Personal data: masked for people (D-ARC-12), unreadable on disk, keys for the owner alone.

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub fn tests() -> Vec<Trial> {
    crate::stories!("privacy":
        d_arc_12_phones_and_birthdays_are_masked,
        d_arc_12_the_till_shows_surname_and_form_of_address,
        d_arc_12_a_mask_cannot_be_written_back,
        d_arc_13_phones_that_a_spreadsheet_spoiled_are_refused,
        the_disk_holds_no_phone_and_no_birthday,
        keys_are_for_the_owner_alone,
        a_customer_is_changed_with_their_version,
        customers_are_found_without_reading_all_of_them,
    )
}

const PHONE: &str = "13912345678";

fn d_arc_12_phones_and_birthdays_are_masked(app: &TestApp) {
    let created = app
        .customer("王芳")
        .phone(PHONE)
        .birthday("1987-06-05")
        .post()
        .created();
    let id = created.text("/id");
    let listed = app.hq().get("/customers?query=5678").ok().list("/items");
    let fetched = app.hq().get(&format!("/customers/{id}")).ok();
    for shown in [&created, &listed[0], &fetched] {
        assert_eq!(shown["phones"], json!(["139****5678"]), "{shown:#}");
        assert_eq!(shown["birthday"], "****-06-05", "{shown:#}");
        assert!(
            !shown.to_string().contains("1234") && !shown.to_string().contains("1987"),
            "{shown:#}"
        );
    }
}

fn d_arc_12_the_till_shows_surname_and_form_of_address(app: &TestApp) {
    let shown = |name: &str, form: &str| {
        let customer = app.customer(name).with("form_of_address", form).create();
        app.sale().customer(&customer).line("cream", "skin", 1000_00).ring();
        let member = app.issue(&customer);
        let till = app.till();
        let look = |language| {
            till.reading(language)
                .get(&format!("/cards/{}", member.card))
                .ok()
                .text("/customer/display")
        };
        let bill = app.sale_to(&member).line("cream", "skin", 10_00).ring();
        assert!(
            !bill.body.to_string().contains(name),
            "the full name stays in the archive: {:#}",
            bill.body
        );
        [look("zh-CN"), look("en")]
    };
    assert_eq!(shown("王芳", "ms"), ["王女士", "Ms Wang"]);
    assert_eq!(shown("欧阳锋", "mr"), ["欧阳先生", "Mr Ouyang"]);
}

fn d_arc_12_a_mask_cannot_be_written_back(app: &TestApp) {
    let created = app.customer("王芳").phone(PHONE).post();
    let version = created.header("etag").map(str::to_owned);
    let created = created.created();
    let path = format!("/customers/{}", created.text("/id"));
    let version = version.unwrap_or_else(|| app.hq().get(&path).header("etag").expect("an ETag").to_owned());
    let answer = app.hq().patch(&path, &version, &json!({"phones": created["phones"]}));
    assert_eq!(answer.status, 422, "a masked phone is no phone: {:#}", answer.body);
    assert_eq!(
        app.till()
            .get(&format!("/customers?query={PHONE}"))
            .ok()
            .list("/items")
            .len(),
        1
    );
}

fn d_arc_13_phones_that_a_spreadsheet_spoiled_are_refused(app: &TestApp) {
    for phone in ["1.38E+10", "138 abc", "12", ""] {
        let answer = app.customer("王芳").phone(phone).post();
        assert_eq!(answer.status, 422, "{phone:?}: {:#}", answer.body);
        assert!(answer.body.to_string().contains("/phones/0"), "{:#}", answer.body);
    }
    for birthday in ["1990-02-30", "2190-01-01"] {
        let answer = app.customer("王芳").birthday(birthday).post();
        assert!(matches!(answer.status, 400 | 422), "{birthday}: {:#}", answer.body);
    }
}

/// Every file of the data folder with its bytes.
pub(super) fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path, bytes));
        }
    }
    found
}

fn the_disk_holds_no_phone_and_no_birthday(app: &TestApp) {
    let customer = app
        .customer("诸葛亮")
        .phone(PHONE)
        .birthday("1987-06-05")
        .with("identity_number", "110105198706050026")
        .create();
    app.sale().customer(&customer).line("cream", "skin", 1000_00).ring();
    let member = app.issue(&customer);
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
    app.till().get(&format!("/cards?code={PHONE}")).ok();
    let files = kept(app);
    let holds = |text: &str| {
        files
            .iter()
            .find(|(_, bytes)| contains(bytes, text.as_bytes()))
            .map(|(path, _)| path.clone())
    };
    assert!(
        holds("诸葛亮").is_some(),
        "the search looks where the data is: names stay readable"
    );
    for secret in [
        PHONE,
        "1987-06-05",
        "19870605",
        "110105198706050026",
        "139****5678",
        "correct-horse-battery-staple",
    ] {
        assert_eq!(holds(secret), None, "{secret} lies on disk in clear");
    }
}

/// Everything that lies on disk, and in the tables.
pub(super) fn kept(app: &TestApp) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = files(app.folder());
    let tables = app.database().dump();
    files.extend(tables.map(|text| (PathBuf::from("the tables"), text.into_bytes())));
    files
}

pub(super) fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn keys_are_for_the_owner_alone(app: &TestApp) {
    let mode = |path: &Path| std::fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    let keys: Vec<PathBuf> = files(app.folder())
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.to_string_lossy().contains("keys"))
        .collect();
    assert!(keys.len() >= 2, "the chain's key and the token's key: {keys:?}");
    for key in keys {
        assert_eq!(mode(&key), 0o600, "{}", key.display());
        assert_eq!(mode(key.parent().expect("its folder")), 0o700, "{}", key.display());
    }
}

fn a_customer_is_changed_with_their_version(app: &TestApp) {
    let id = app.customer("王芳").phone(PHONE).create();
    let path = format!("/customers/{id}");
    let version = app.hq().get(&path).header("etag").expect("an ETag").to_owned();
    let changed = app
        .hq()
        .patch(&path, &version, &json!({"phones": ["13700000001"], "name": "王芳芳"}))
        .ok();
    assert_eq!(
        (changed.text("/name"), changed["phones"].clone()),
        ("王芳芳".into(), json!(["137****0001"]))
    );
    app.hq()
        .patch(&path, &version, &json!({"name": "王"}))
        .expect_problem(412, "version_conflict");
    let found = |query: &str| {
        app.hq()
            .get(&format!("/customers?query={query}"))
            .ok()
            .list("/items")
            .len()
    };
    assert_eq!((found(PHONE), found("13700000001")), (0, 1), "the indexes follow");
    assert_eq!(
        app.hq().get(&path).ok()["birthday"],
        "****-05-20",
        "what was left out stays"
    );
}

fn customers_are_found_without_reading_all_of_them(app: &TestApp) {
    for name in ["王芳", "王芬", "张王芳"] {
        app.customer(name).create();
    }
    let names = |query: &str| -> Vec<Value> {
        let found = app.hq().get(&format!("/customers?query={query}")).ok().list("/items");
        found.iter().map(|customer| customer["name"].clone()).collect()
    };
    let mut found = names("%E7%8E%8B%E8%8A%B3")
        .iter()
        .map(|name| name.to_string())
        .collect::<Vec<_>>();
    found.sort_unstable();
    assert_eq!(
        found,
        ["\"张王芳\"", "\"王芳\""],
        "two characters are enough, anywhere in the name"
    );
    assert_eq!(names("nobody").len(), 0);
}
