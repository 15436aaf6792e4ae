//! Rules about any text file.

use super::files::File;

const MAX_LINES: usize = 500;

/// Kinds of files that people write and read.
const WRITTEN: &[&str] = &[
    ".rs", ".ts", ".svelte", ".css", ".html", ".sql", ".wit", ".ftl", ".toml", ".md", ".yml", ".sh", ".js",
];

pub fn long_files(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| !file.is_generated() && WRITTEN.iter().any(|kind| file.path.ends_with(kind)))
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(file, lines)| format!("{}: {lines} lines, at most {MAX_LINES}", file.path))
        .collect()
}

/// Paths of somebody's machine and names of package registries: both make a build depend on where it was made.
pub fn machine_words(files: &[File]) -> Vec<String> {
    // Put together here, so that this file doesn't offend.
    let paths = ["root", "home", "work", "Users"].map(|folder| format!("/{folder}/"));
    let hosts = [
        "registry.npm",
        "npmjs.org",
        "npmmirror",
        "index.crates.",
        "static.crates.",
        "proxy.golang",
    ];
    let words: Vec<String> = paths
        .into_iter()
        .chain(hosts.map(|host| format!("{host}{}", "")))
        .collect();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.path != "tests/src/tidy/text.rs") {
        for (number, line) in file.lines() {
            let seen = |word: &String| {
                if word.starts_with('/') {
                    has_path(line, word)
                } else {
                    line.contains(word)
                }
            };
            if let Some(word) = words.iter().find(|word| seen(word)) {
                found.push(format!("{}:{number}: `{word}`", file.path));
            }
        }
    }
    found
}

/// An absolute path: the folder isn't preceded by a further part of a path or of a host.
fn has_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '/' | '*' | '~' | '$')))
    })
}

/// Markers of unfinished work.
pub fn left_to_do(files: &[File]) -> Vec<String> {
    let words = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "todo".to_owned() + "!(",
        "unimplemented".to_owned() + "!(",
    ];
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !file.is_generated()) {
        for (number, line) in file.lines() {
            found.extend(
                words
                    .iter()
                    .filter(|word| line.contains(*word))
                    .map(|word| format!("{}:{number}: {word}", file.path)),
            );
        }
    }
    found
}
