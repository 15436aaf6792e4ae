//! Files of sales as shops have them: bad rows, currencies without cents, columns without names.

use super::import::{Until, fingerprint, import, points};
use crate::harness::{Backend, Site};
use cardea_engine::import::{DryRun, Finish, Mapping, dry_run};
use libtest_mimic::{Completion, Trial};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub fn tests() -> Vec<Trial> {
    type Test = fn(&Site);
    let all: [(&str, Test); 4] = [
        ("i1_a_bill_with_a_bad_row_is_held_back_whole", i1_held_back_whole),
        ("i1_a_dry_run_promises_what_the_run_does", i1_a_dry_run_promises),
        ("i2_an_exchange_on_one_bill_is_held_back_whole", i2_an_exchange),
        ("i6_i7_yen_dinars_and_columns_aligned_by_blanks", i6_i7_yen_and_blanks),
    ];
    let on = |backend: Backend| {
        all.into_iter().map(move |(name, test)| {
            backend.trial(&format!("sales_files::{name}"), move || {
                test(&Site::new(backend));
                Ok(Completion::Completed)
            })
        })
    };
    Backend::ALL.iter().copied().flat_map(on).collect()
}

const HEADER: &str = "bill,member,store,sku,quantity,amount,at\n";

/// What a shop's file means.
const MAPPING: &str = r#"
[file]
[time]
column = "at"
format = "%Y-%m-%d %H:%M"
zone = "Asia/Shanghai"
[chain]
code = "shop"
name = "Shop"
currency = "CNY"
time_zone = "Asia/Shanghai"
[store]
column = "store"
name = "Store {}"
time_zone = "Asia/Shanghai"
[member]
column = "member"
name = "Member {}"
card_seed = "shop"
[bill]
column = "bill"
source = "import"
[line]
sku = "sku"
default_category = "goods"
quantity = "quantity"
amount = { add = ["amount"] }
[cancellation]
prefix = "C"
price = "amount"
[program]
code = "points"
plugin = "retail"
name = { zh = "积分", en = "Points" }
[program.ladder]
months = 12
steps = [{ id = "member", name = { zh = "会员", en = "Member" }, threshold = 0, multiplier = 1000000 }]
[program.plugin_config]
single_purchase = "0"
window_total = "0"
required_fields = []
validity_months = 0
points_per_unit = "1"
birthday_multiplier = "1"
introducer_points = 0
introduced_points = 0
excluded_categories = []
"#;

/// A file in the site's folder.
fn file(site: &Site, name: &str, text: &str) -> PathBuf {
    let path = site.folder().join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

/// Tries a file and imports it; both must say the same.
#[track_caller]
fn tried_and_imported(site: &Site, mapping: &str, text: &str) -> (DryRun, Finish) {
    let (mapping, path) = (
        Mapping::parse(mapping).expect("a mapping"),
        file(site, "sales.csv", text),
    );
    let promised = dry_run(&path, &mapping, &mut Until::row(u64::MAX)).expect("a dry run");
    let finish = import(site, &path, &mapping, u64::MAX, false);
    let report = &finish.report;
    assert!(finish.complete, "{report:?}");
    assert_eq!(
        (report.sales, report.returns, &report.bad),
        (promised.sales, promised.returns, &promised.bad),
        "what the dry run promised"
    );
    fingerprint(site);
    (promised, finish)
}

fn reasons(run: &DryRun) -> BTreeMap<String, u64> {
    run.bad
        .iter()
        .map(|(reason, rows)| (reason.to_string(), *rows))
        .collect()
}

fn i1_held_back_whole(site: &Site) {
    let rows = |amount: &str| {
        format!(
            "{HEADER}B1,ann,s1,cream,1,100.00,2024-01-05 10:00\n\
             B1,ann,s1,set,1,{amount},2024-01-05 10:00\n\
             B2,ann,s1,cream,1,200.00,2024-01-06 10:00\n"
        )
    };
    let (promised, finish) = tried_and_imported(site, MAPPING, &rows("\"1,000.00\""));
    let expected = [("not_a_number".to_owned(), 1), ("held_back".to_owned(), 1)];
    assert_eq!(reasons(&promised), BTreeMap::from(expected));
    assert_eq!(
        (promised.paid, finish.report.sales, finish.report.points_earned),
        (200_00, 1, 200)
    );
    assert_eq!(points(site, "shop")["ann"], 200);

    let (promised, finish) = tried_and_imported(site, MAPPING, &rows("1000.00"));
    assert_eq!((promised.paid, reasons(&promised)), (1300_00, BTreeMap::new()));
    assert_eq!(
        (finish.report.sales, finish.report.repeated),
        (2, 1),
        "{:?}",
        finish.report
    );
    assert_eq!(points(site, "shop")["ann"], 1300, "the corrected bill is booked whole");
}

fn i1_a_dry_run_promises(site: &Site) {
    let long = "x".repeat(65);
    let rows = format!(
        "{HEADER}\
         1,ann,s1,cream,1,10.00,2024-01-05 10:00\n\
         1,bob,s1,cream,1,10.00,2024-01-05 10:00\n\
         2,ann,s1,cream,1,20.00,2024-01-05 10:01\n\
         3,ann,s1,cream,1,30.00,2024-01-05 10:02\n\
         2,ann,s1,cream,1,20.00,2024-01-05 10:03\n\
         4,{long},s1,cream,1,40.00,2024-01-05 10:04\n\
         5,ann,Main Street,cream,1,50.00,2024-01-05 10:05\n\
         6,ann,s1,{long},1,60.00,2024-01-05 10:06\n\
         {long},ann,s1,cream,1,70.00,2024-01-05 10:07\n\
         7,bob,s1,cream,2,80.00,2024-01-05 10:08\n\
         C8,bob,s1,cream,-1,80.00,2024-01-05 10:09\n\
         C9,bob,s1,cream,-1,80.00,2024-01-05 10:10\n\
         C9,bob,s1,soap,-1,80.00,2024-01-05 10:10\n\
         10,ann,s1,cream,1,90.00,2024-02-31 10:00\n"
    );
    let (promised, finish) = tried_and_imported(site, MAPPING, &rows);
    let expected = [
        ("held_back", 2),
        ("mixed_bill", 1),
        ("no_original", 1),
        ("not_a_time", 1),
        ("split_bill", 2),
        ("unfit", 4),
    ];
    assert_eq!(
        reasons(&promised),
        expected.map(|(reason, rows)| (reason.to_owned(), rows)).into()
    );
    assert_eq!((finish.report.sales, finish.report.returns), (2, 1));
    let expected = [("ann".to_owned(), 30), ("bob".to_owned(), 40)];
    assert_eq!(points(site, "shop"), expected.into(), "bills 3 and 7 less C8");
}

fn i2_an_exchange(site: &Site) {
    let rows = format!(
        "{HEADER}B1,ann,s1,cream,-1,-100.00,2024-01-05 10:00\n\
         B1,ann,s1,soap,1,60.00,2024-01-05 10:00\n\
         B2,bob,s1,soap,1,60.00,2024-01-05 10:01\n"
    );
    let (promised, finish) = tried_and_imported(site, MAPPING, &rows);
    let expected = [("held_back".to_owned(), 1), ("negative".to_owned(), 1)];
    assert_eq!((reasons(&promised), finish.report.sales), (expected.into(), 1));
    assert_eq!(points(site, "shop"), [("bob".to_owned(), 60)].into());
}

fn i6_i7_yen_and_blanks(site: &Site) {
    // Customer, day, pieces, money: one purchase per row.
    let mapping = |chain: &str, currency: &str| {
        MAPPING
            .replace("[file]", "[file]\ndelimiter = \"whitespace\"\nheader = false")
            .replace("code = \"shop\"", &format!("code = \"{chain}\""))
            .replace("\"CNY\"", &format!("\"{currency}\""))
            .replace("column = \"at\"", "column = 2")
            .replace("%Y-%m-%d %H:%M", "%Y%m%d")
            .replace("column = \"store\"", "code = \"s1\"")
            .replace("column = \"member\"", "column = 1")
            .replace("column = \"bill\"", "column = \"row\"")
            .replace("sku = \"sku\"", "sku = { constant = \"cd\" }")
            .replace("quantity = \"quantity\"", "quantity = 3")
            .replace("amount = { add = [\"amount\"] }", "amount = { add = [4] }")
            .replace("[cancellation]\nprefix = \"C\"\nprice = \"amount\"\n", "")
    };
    let (promised, finish) = tried_and_imported(
        site,
        &mapping("yen", "JPY"),
        " 00001  20240105  1   1200\n 00001  20240105  2    300\n 00002  20240106  1     50\n",
    );
    assert_eq!((promised.sales, promised.paid), (3, 1550));
    assert_eq!(finish.report.points_earned, 1550);
    let expected = [("00001".to_owned(), 1500), ("00002".to_owned(), 50)];
    assert_eq!(points(site, "yen"), expected.into());

    let (promised, finish) = tried_and_imported(site, &mapping("dinar", "KWD"), "00001  20240105 1 12.345\n");
    assert_eq!((promised.paid, finish.report.points_earned), (12_345, 12));
    assert_eq!(points(site, "dinar")["00001"], 12);
}
