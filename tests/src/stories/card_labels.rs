//! Labels of blank cards (D-CARD-2), read back by another program than the one that drew them.

use super::card_stock::{batch, numbers};
use crate::harness::{TestApp, peers};
use libtest_mimic::Trial;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

pub fn tests() -> Vec<Trial> {
    crate::stories!("card_labels" with peers::zbarimg: d_card_2_a_scanner_reads_every_label)
}

/// The bar codes on the pages of a PDF.
fn scanned(pdf: &[u8]) -> BTreeSet<String> {
    assert!(pdf.starts_with(b"%PDF-"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("labels.pdf");
    std::fs::write(&file, pdf).expect("a file");
    let drawn = Command::new("pdftoppm")
        .args(["-r", "200", "-gray", "-png"])
        .args([&file, &folder.path().join("page")])
        .status();
    assert!(drawn.expect("pdftoppm runs").success());
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|ending| ending == "png") {
            found.extend(codes(&path));
        }
    }
    found
}

fn codes(page: &Path) -> Vec<String> {
    let read = Command::new(peers::zbarimg().expect("asked for before"))
        .args(["--quiet", "-Sdisable", "-Scode128.enable"])
        .arg(page)
        .output()
        .expect("zbarimg runs");
    let text = String::from_utf8(read.stdout).expect("UTF-8");
    let codes = text.lines().filter_map(|line| line.strip_prefix("CODE-128:"));
    codes.map(str::to_owned).collect()
}

fn d_card_2_a_scanner_reads_every_label(app: &TestApp) {
    let id = batch(app, Value::Null, 1100);
    let path = format!("/card-batches/{id}");
    super::messages::until(|| app.hq().get(&path).ok()["drawn"] == 1100);
    let numbers = numbers(app, &id);
    let answer = app.hq().get(&format!("{path}/labels?first=3&last=77"));
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/pdf"));
    let expected: BTreeSet<String> = numbers[2..77].iter().cloned().collect();
    assert_eq!(scanned(&answer.bytes), expected, "75 labels on several pages");
    app.hq()
        .get(&format!("{path}/labels"))
        .expect_problem(422, "field_invalid");
    let most = app.hq().get(&format!("{path}/labels?first=101"));
    assert_eq!(most.status, 200, "{:#}", most.body);
}
