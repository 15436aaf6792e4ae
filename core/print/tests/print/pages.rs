//! Pages as `pdftotext` of poppler-utils reads them.

use cardea_domain::contract::print::Sheet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Once;

/// Where `pdftotext` is. Without it the tests that need it say so and do nothing; `CARDEA_REQUIRE_PEERS=1` demands it.
fn reader() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join("pdftotext"))
        .find(|file| file.is_file());
    if found.is_none() {
        let required = std::env::var("CARDEA_REQUIRE_PEERS").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "pdftotext is not installed, and CARDEA_REQUIRE_PEERS=1 demands it"
        );
        SAID.call_once(|| {
            // Not through `eprintln!`, which a passing test swallows.
            let line = b"\n*** pdftotext is not installed: the tests that need it do NOTHING ***\n";
            std::io::stderr().write_all(line).unwrap();
        });
    }
    found
}

fn read(sheet: &Sheet, how: &str) -> Option<String> {
    let reader = reader()?;
    let printed = cardea_print::pdf(sheet).unwrap();
    let mut child = Command::new(reader)
        .args([how, "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It reads all before it writes.
    child.stdin.take().unwrap().write_all(&printed).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The text of each page, in the order that it was printed in.
pub fn texts(sheet: &Sheet) -> Option<Vec<String>> {
    let text = read(sheet, "-raw")?;
    let mut pages: Vec<String> = text.split('\u{c}').map(str::to_owned).collect();
    // Each page ends with a form feed.
    assert_eq!(pages.pop().as_deref(), Some(""));
    Some(pages)
}

/// A word with where it begins and ends, in points from the left edge of its page.
pub struct Word {
    pub from: f64,
    pub to: f64,
    pub text: String,
}

/// The words of all pages, wherever a program that looks at places alone divides them.
pub fn words(sheet: &Sheet) -> Option<Vec<Word>> {
    let listed = read(sheet, "-bbox")?;
    let number = |line: &str, name: &str| line.split_once(name)?.1.split('"').nth(1)?.parse().ok();
    let word = |line: &str| {
        let text = line.split_once("</word>")?.0.split_once('>')?.1;
        Some(Word {
            from: number(line, "xMin")?,
            to: number(line, "xMax")?,
            text: text.to_owned(),
        })
    };
    Some(listed.lines().filter_map(word).collect())
}
