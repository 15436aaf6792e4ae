//! Rules about the manifests: who may depend on whom.

use super::files::File;
use libtest_mimic::Failed;

/// Name and version-or-settings of the entries in all tables of dependencies of one manifest.
fn dependencies(manifest: &str, development: bool) -> Vec<(String, String)> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies") && (development || !table.contains("dev-"));
        } else if let Some((name, settings)) = line.split_once('=').filter(|_| inside && !line.starts_with('#')) {
            // `name.workspace = true` is the short form.
            let name = name.trim().trim_end_matches(".workspace");
            found.push((
                name.to_owned(),
                format!(
                    "{}{}",
                    if line.contains(".workspace") { "workspace " } else { "" },
                    settings.trim()
                ),
            ));
        }
    }
    found
}

fn manifest<'a>(files: &'a [File], path: &str) -> Option<&'a str> {
    files
        .iter()
        .find(|file| file.path == path)
        .map(|file| file.text.as_str())
}

/// domain ← messages, print; domain, host, messages ← engine ← web, and plugins know the SDK alone.
const INWARDS: &[(&str, &[&str])] = &[
    ("core/domain/Cargo.toml", &[]),
    ("core/host/Cargo.toml", &[]),
    ("core/messages/Cargo.toml", &["cardea-domain"]),
    ("core/print/Cargo.toml", &["cardea-domain"]),
    (
        "core/engine/Cargo.toml",
        &["cardea-domain", "cardea-host", "cardea-messages"],
    ),
    ("web/Cargo.toml", &["cardea-domain", "cardea-engine", "cardea-print"]),
    ("plugins/sdk/Cargo.toml", &[]),
    ("plugins/retail/Cargo.toml", &["cardea-plugin"]),
    ("tests/club/Cargo.toml", &["cardea-plugin"]),
];

pub fn direction(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, permitted) in INWARDS {
        let Some(text) = manifest(files, path) else {
            found.push(format!("{path}: missing"));
            continue;
        };
        for (name, _) in dependencies(text, false) {
            let own = name == "cardea" || name.starts_with("cardea-");
            if own && !permitted.contains(&name.as_str()) {
                found.push(format!("{path}: depends on {name}"));
            }
        }
    }
    found
}

pub fn domain_is_pure(files: &[File]) -> Vec<String> {
    const PURE: &[&str] = &[
        "serde",
        "serde_json",
        "thiserror",
        "uuid",
        // Documents' descriptions: derived types, nothing that runs.
        "utoipa",
        // A table.
        "icu_calendar",
        "iso_currency",
        // An algorithm over slices: without its defaults it knows no clock and no chance.
        "similar",
        "chrono",
        "chrono-tz",
        "sha2",
        "hex",
    ];
    let text = manifest(files, "core/domain/Cargo.toml").unwrap_or_default();
    let names = dependencies(text, false).into_iter().map(|(name, _)| name);
    names
        .filter(|name| !PURE.contains(&name.as_str()))
        .map(|name| format!("core/domain depends on {name}"))
        .collect()
}

pub fn versions_elsewhere(files: &[File]) -> Vec<String> {
    let members = files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    members
        .flat_map(|file| {
            let own = dependencies(&file.text, true)
                .into_iter()
                .filter(|(_, settings)| !settings.contains("workspace"));
            own.map(|(name, settings)| format!("{}: {name} = {settings}", file.path))
        })
        .collect()
}

pub fn proof() -> Result<(), Failed> {
    let bad = "[dependencies]\ncardea-engine = { workspace = true }\nserde.workspace = true\n[dev-dependencies]\ntokio = \"1\"\n";
    let files: Vec<File> = INWARDS
        .iter()
        .map(|(path, _)| File {
            path: (*path).into(),
            text: if path.contains("domain") {
                bad.into()
            } else {
                String::new()
            },
        })
        .collect();
    assert_eq!(direction(&files), ["core/domain/Cargo.toml: depends on cardea-engine"]);
    assert_eq!(domain_is_pure(&files), ["core/domain depends on cardea-engine"]);
    assert_eq!(versions_elsewhere(&files), ["core/domain/Cargo.toml: tokio = \"1\""]);
    Ok(())
}
