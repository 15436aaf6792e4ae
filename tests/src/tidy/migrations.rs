//! Rules about migrations: every step exists for both databases, can be undone, and ends with the same columns.

use super::files::File;
use libtest_mimic::Failed;
use std::collections::{BTreeMap, BTreeSet};

const SIDES: [&str; 2] = ["sqlite", "postgres"];

/// Step names of one side with the files they have.
fn steps<'a>(files: &'a [File], side: &str) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let folder = format!("migrations/{side}/");
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        if let Some((step, name)) = file.path.strip_prefix(&folder).and_then(|rest| rest.split_once('/')) {
            found.entry(step).or_default().insert(name);
        }
    }
    found
}

pub fn pairs(files: &[File]) -> Vec<String> {
    let [sqlite, postgres] = SIDES.map(|side| steps(files, side));
    let mut found = Vec::new();
    if sqlite.is_empty() {
        found.push("no migrations at all".into());
    }
    for name in sqlite.keys().chain(postgres.keys()).collect::<BTreeSet<_>>() {
        for (side, steps) in SIDES.iter().zip([&sqlite, &postgres]) {
            let complete = steps
                .get(name)
                .is_some_and(|names| ["up.sql", "down.sql"].iter().all(|n| names.contains(n)));
            if !complete {
                found.push(format!("migrations/{side}/{name}: needs up.sql and down.sql"));
            }
        }
    }
    found
}

/// Table → columns after all `up.sql` of one side, in order.
fn tables(files: &[File], side: &str) -> BTreeMap<String, BTreeSet<String>> {
    let folder = format!("migrations/{side}/");
    let mut ups: Vec<&File> = files
        .iter()
        .filter(|file| file.path.starts_with(&folder) && file.path.ends_with("/up.sql"))
        .collect();
    ups.sort_by(|a, b| a.path.cmp(&b.path));
    let mut found = BTreeMap::new();
    for file in ups {
        let text: String = file
            .lines()
            .map(|(_, line)| format!("{}\n", line.split("--").next().unwrap_or_default()))
            .collect();
        for statement in text.split(';') {
            apply(statement, &mut found);
        }
    }
    found
}

fn apply(statement: &str, tables: &mut BTreeMap<String, BTreeSet<String>>) {
    let words: Vec<String> = statement.split_whitespace().map(str::to_lowercase).collect();
    let word = |i: usize| {
        words
            .get(i)
            .map(|word| word.trim_matches(['"', '(', ')']).to_owned())
            .unwrap_or_default()
    };
    if word(0) == "create" && word(1) == "table" {
        let head = statement.find('(').unwrap_or(statement.len());
        let name = statement[..head]
            .split_whitespace()
            .last()
            .unwrap_or_default()
            .trim_matches('"')
            .to_lowercase();
        let body = &statement[(head + 1).min(statement.len())..statement.rfind(')').unwrap_or(statement.len())];
        tables.insert(
            name,
            split_columns(body)
                .into_iter()
                .filter_map(|column| column_name(&column))
                .collect(),
        );
    } else if word(0) == "drop" && word(1) == "table" {
        tables.remove(&word(words.len() - 1));
    } else if word(0) == "alter" && word(1) == "table" {
        let columns = tables.entry(word(2)).or_default();
        match (word(3).as_str(), word(4).as_str()) {
            ("add", "column") => drop(columns.insert(word(5))),
            ("drop", "column") => drop(columns.remove(&word(5))),
            _ => {}
        }
    }
}

/// Splits at commas outside brackets.
fn split_columns(body: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in body.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// A column's name; none for a table constraint.
fn column_name(part: &str) -> Option<String> {
    const CONSTRAINTS: [&str; 5] = ["primary", "unique", "check", "foreign", "constraint"];
    let first = part.split_whitespace().next()?.trim_matches('"').to_lowercase();
    let word = first.split('(').next().unwrap_or_default().to_owned();
    (!CONSTRAINTS.contains(&word.as_str())).then_some(word)
}

pub fn columns(files: &[File]) -> Vec<String> {
    let [sqlite, postgres] = SIDES.map(|side| tables(files, side));
    let mut found = Vec::new();
    for name in sqlite.keys().chain(postgres.keys()).collect::<BTreeSet<_>>() {
        let (left, right) = (sqlite.get(name), postgres.get(name));
        if left != right {
            found.push(format!("table {name}: sqlite {left:?}, postgres {right:?}"));
        }
    }
    found
}

pub fn proof() -> Result<(), Failed> {
    let step = |side: &str, sql: &str| File {
        path: format!("migrations/{side}/0001_a/up.sql"),
        text: sql.into(),
    };
    let left = "CREATE TABLE t (a BLOB NOT NULL, b BIGINT CHECK (b >= 0), -- why\n PRIMARY KEY (a, b)) WITHOUT ROWID;";
    let same = "CREATE TABLE t (b BIGINT, a BYTEA, PRIMARY KEY (a, b));";
    assert_eq!(
        columns(&[step("sqlite", left), step("postgres", same)]),
        Vec::<String>::new()
    );
    let more = format!("{same} ALTER TABLE t ADD COLUMN c TEXT;");
    assert_eq!(columns(&[step("sqlite", left), step("postgres", &more)]).len(), 1);
    assert_eq!(
        pairs(&[step("sqlite", left)]).len(),
        2,
        "no down.sql on one side, nothing on the other"
    );
    Ok(())
}
