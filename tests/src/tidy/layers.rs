//! The engine's modules know each other in one direction: a subject uses the base and the subjects before it.

use super::files::File;

/// From the base upwards. What stands together may use each other.
const LAYERS: &[&[&str]] = &[
    // The base: knows no subject. `engine` and `services` are its handle.
    &[
        "error", "clock", "actor", "keys", "store", "input", "page", "resource", "identity", "audit", "engine",
        "services", "business", "lanes", "look", "words", "sheet", "settings", "blobs", "printing", "approval",
    ],
    &["fields"],
    &["store_admin"],
    &["bootstrap"],
    &["archive"],
    &["message"],
    &["webhook"],
    &["form"],
    &["program"],
    &["reward"],
    &["terms"],
    &["voucher"],
    &["card_stock"],
    &["tag"],
    &["segment"],
    &["campaign"],
    &["prepaid"],
    // Memberships, cards, sales: what they write and what is read of them.
    &["command", "query"],
    &["accounting"],
    &["posting"],
    &["journal"],
    &["task"],
    &["warning"],
    &["satisfaction"],
    &["assessment"],
    &["reporting"],
    &["record"],
    &["files"],
    &["contract"],
    &["lending"],
    &["stock_take"],
    &["timeline"],
    &["merge"],
    &["confidential"],
    &["decision"],
    &["find"],
    &["verify"],
    &["import"],
    &["intake"],
    &["opening"],
    &["export"],
    &["job"],
    &["demo"],
    &["backup"],
];

/// The handle holds in memory what subjects have parsed.
const HELD: &[(&str, &str)] = &[
    ("engine", "program"),
    ("services", "program"),
    ("services", "campaign"),
    ("engine", "message"),
    ("services", "message"),
    ("services", "webhook"),
];

/// Crates below the engine under a name of its own, and what the crate's root passes on.
const ROOT: &[(&str, &str)] = &[
    ("Engine", "engine"),
    ("EngineOptions", "engine"),
    ("Actor", "actor"),
    ("Role", "actor"),
    ("Clock", "clock"),
    ("NetworkOptions", "message"),
    ("check_networks", "message"),
    ("Command", "command"),
    ("Error", "error"),
    ("Result", "error"),
    ("Written", "input"),
    ("Page", "page"),
    ("PageArgs", "page"),
    ("each", "store"),
    ("plugin", ""),
];

const SOURCES: &str = "core/engine/src/";

pub fn upwards(files: &[File]) -> Vec<String> {
    let sources = files.iter().filter(|file| file.path.starts_with(SOURCES));
    sources.flat_map(upwards_in).collect()
}

fn upwards_in(file: &File) -> Vec<String> {
    let inside = &file.path[SOURCES.len()..];
    let tests = inside.contains("tests") || ["lib.rs", "fixture.rs", "shop.rs"].contains(&inside);
    if tests {
        return Vec::new();
    }
    let own = inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs");
    let Some(layer) = layer_of(own) else {
        return vec![format!("{}: {own} is in no layer", file.path)];
    };
    let production = file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    for (number, line) in production.lines().enumerate() {
        for name in named(line) {
            let name = ROOT.iter().find(|(short, _)| *short == name).map_or(name, |(_, of)| of);
            let known = name.is_empty() || HELD.contains(&(own, name));
            let permitted = known || layer_of(name).is_some_and(|other| other <= layer);
            if !permitted {
                found.push(format!("{}:{}: {own} is below {name}", file.path, number + 1));
            }
        }
    }
    found
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The modules that a line names: `crate::archive::…`, `crate::{Engine, each}`.
fn named(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or_default();
    let first = |path: &'_ str| -> usize {
        path.find(|c: char| c != '_' && !c.is_alphanumeric())
            .unwrap_or(path.len())
    };
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(list) => names.extend(list.split('}').next().unwrap_or_default().split(',').map(str::trim)),
            None => names.push(rest),
        }
    }
    let cut = names.into_iter().map(|path| &path[..first(path)]);
    cut.filter(|name| !name.is_empty()).collect()
}

/// The rule sees what it should.
pub fn proof() -> Result<(), libtest_mimic::Failed> {
    let offender = |path: &str, text: &str| {
        upwards(&[File {
            path: path.into(),
            text: text.into(),
        }])
        .len()
    };
    let seen = [
        offender("core/engine/src/store/x.rs", "use crate::archive::find_customer;"),
        offender("core/engine/src/archive/x.rs", "use crate::{Engine, journal};"),
        offender("core/engine/src/unheard_of.rs", "use crate::Engine;"),
        offender(
            "core/engine/src/journal/x.rs",
            "use crate::{Engine, each};\nuse crate::archive::X; // crate::job",
        ),
        offender("core/engine/src/engine.rs", "use crate::program;"),
    ];
    if seen == [1, 1, 1, 0, 0] {
        Ok(())
    } else {
        Err(format!("seen: {seen:?}").into())
    }
}
