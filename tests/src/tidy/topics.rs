//! Every topic that is written stands in the table that other systems choose from, and nothing else stands there.

use super::files::File;
use cardea_domain::webhook::TOPICS;
use std::collections::BTreeSet;

/// Topics that aren't written out where they are published, but made of a name, or chosen above.
const MADE: &[&str] = &["topic", "R::Row::CREATED", "R::Row::CHANGED", "Account::CHANGED"];

pub fn unknown(files: &[File]) -> Vec<String> {
    let known: BTreeSet<&str> = TOPICS.iter().map(|(name, ..)| *name).collect();
    let (written, mut found) = written(files);
    if written.is_empty() {
        found.push("no topics found in core/engine/src".into());
    }
    let missing = written.iter().filter(|topic| !known.contains(topic.as_str()));
    found.extend(missing.map(|topic| format!("{topic} is written and not in the table (core/domain/src/webhook.rs)")));
    let unheard = known.iter().filter(|topic| !written.contains(**topic));
    found.extend(
        unheard.map(|topic| format!("{topic} stands in the table (core/domain/src/webhook.rs) and isn't written")),
    );
    found
}

/// All topics in the engine's sources, and where one can't be read.
fn written(files: &[File]) -> (BTreeSet<String>, Vec<String>) {
    let (mut topics, mut found) = (BTreeSet::new(), Vec::new());
    let production = |file: &&File| file.path.starts_with("core/engine/src/") && !file.path.ends_with("/tests.rs");
    for file in files.iter().filter(production) {
        let text = file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for rest in text.split(".publish(").skip(1) {
            let argument = rest.split(',').next().unwrap_or_default().trim();
            match literals(argument).first() {
                Some(topic) => drop(topics.insert((*topic).to_owned())),
                None if MADE.contains(&argument) => {}
                None => found.push(format!("{}: the topic {argument} can't be read", file.path)),
            }
        }
        for rest in text.split(" topic: ").skip(1) {
            topics.extend(
                literals(rest.lines().next().unwrap_or_default())
                    .into_iter()
                    .map(str::to_owned),
            );
        }
        for rest in text.split("let topic = ").skip(1) {
            topics.extend(
                literals(rest.split(';').next().unwrap_or_default())
                    .into_iter()
                    .map(str::to_owned),
            );
        }
        if text.contains("impl Resource for") {
            for rest in text.split("versioned!(").skip(1) {
                for name in literals(rest.lines().next().unwrap_or_default()) {
                    topics.extend([format!("{name}.created"), format!("{name}.changed")]);
                }
            }
        }
    }
    (topics, found)
}

/// What stands between quotation marks.
fn literals(text: &str) -> Vec<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

/// The rule sees what it should.
pub fn proof() -> Result<(), libtest_mimic::Failed> {
    let seen = |text: &str| {
        written(&[File {
            path: "core/engine/src/x.rs".into(),
            text: text.into(),
        }])
    };
    for (text, topic) in [
        ("tx.publish(\n    \"a.b\",\n    json!({}),\n);", "a.b"),
        ("Message {\n    topic: \"a.b\",\n}", "a.b"),
        (
            "let topic = if moved { \"c.d\" } else { \"a.b\" };\ntx.publish(topic, x);",
            "a.b",
        ),
        (
            "impl Resource for A {}\nversioned!(Row of as_table as \"a\");",
            "a.created",
        ),
    ] {
        let (topics, found) = seen(text);
        if !topics.contains(topic) || !found.is_empty() {
            return Err(format!("{text}: {topics:?} {found:?}").into());
        }
    }
    match seen("tx.publish(name(), x);").1.len() {
        1 => Ok(()),
        _ => Err("a topic that can't be read isn't seen".into()),
    }
}
