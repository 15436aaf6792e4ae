//! Rules about Rust sources.

use super::files::File;
use libtest_mimic::Failed;
use std::collections::BTreeMap;
use syn::spanned::Spanned;
use syn::visit::Visit;

const MAX_FUNCTION_LINES: usize = 70;

pub fn long_functions(files: &[File]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.is_rust() && !file.is_generated())
        .flat_map(functions_too_long)
        .collect()
}

fn functions_too_long(file: &File) -> Vec<String> {
    let parsed = match syn::parse_file(&file.text) {
        Ok(parsed) => parsed,
        Err(error) => return vec![format!("{}: does not parse: {error}", file.path)],
    };
    let mut seen = Functions::default();
    seen.visit_file(&parsed);
    let long = seen.0.into_iter().filter(|(_, _, lines)| *lines > MAX_FUNCTION_LINES);
    long.map(|(name, line, lines)| {
        format!(
            "{}:{line}: fn {name} has {lines} lines, at most {MAX_FUNCTION_LINES}",
            file.path
        )
    })
    .collect()
}

/// Name, first line and number of lines of every function with a body.
#[derive(Default)]
struct Functions(Vec<(String, usize, usize)>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) = (signature.span().start().line, block.brace_token.span.close().end().line);
        self.0.push((signature.ident.to_string(), first, last + 1 - first));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }
}

/// Lines of code, comments left out, that contain one of the words.
fn lines_with(file: &File, words: &[&str]) -> Vec<String> {
    file.lines()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .filter_map(|(number, line)| {
            let word = words.iter().find(|word| line.contains(**word))?;
            Some(format!("{}:{number}: `{word}`", file.path))
        })
        .collect()
}

fn rust_under<'a>(files: &'a [File], folders: &'a [&str]) -> impl Iterator<Item = &'a File> {
    files
        .iter()
        .filter(move |file| file.is_rust() && folders.iter().any(|folder| file.path.starts_with(folder)))
}

const EVERYWHERE: &[&str] = &["core/", "web/src/", "plugins/", "tests/"];

pub fn allowed_lints(files: &[File]) -> Vec<String> {
    let words = [concat!("#[al", "low("), concat!("#![al", "low(")];
    rust_under(files, EVERYWHERE)
        .flat_map(|file| lines_with(file, &words))
        .collect()
}

pub fn chrono_elsewhere(files: &[File]) -> Vec<String> {
    const PERMITTED: &[&str] = &["core/domain/src/calendar.rs", "core/engine/src/clock.rs"];
    rust_under(
        files,
        &[
            "core/",
            "web/src/",
            "plugins/",
            "tests/src/stories",
            "tests/src/harness",
        ],
    )
    .filter(|file| !PERMITTED.contains(&file.path.as_str()))
    .flat_map(|file| lines_with(file, &["chrono::", "chrono_tz::", "use chrono"]))
    .collect()
}

/// Whatever differs between the databases stands in the dialect and in the writers; the rest is written once.
pub fn backends_elsewhere(files: &[File]) -> Vec<String> {
    const DIALECT: [&str; 2] = ["core/engine/src/store/dialect.rs", "core/engine/src/store/conn.rs"];
    let permitted = |path: &str| DIALECT.contains(&path) || path.starts_with("core/engine/src/store/writer");
    let names = [
        "SqliteConnection",
        "PgConnection",
        "diesel::sqlite",
        "diesel::pg",
        "libsqlite3_sys",
        "pq_sys",
        "diesel::Sqlite",
    ];
    rust_under(files, &["core/engine/src/", "web/src/"])
        .filter(|file| !permitted(&file.path))
        .flat_map(|file| lines_with(file, &names))
        .collect()
}

/// Time comes from the engine's one clock, so that a chain's business time can be set.
pub fn other_clocks(files: &[File]) -> Vec<String> {
    let calls = ["SystemTime::now", "Utc::now", "Local::now"];
    rust_under(files, &["core/", "web/src/", "plugins/"])
        .filter(|file| file.path != "core/engine/src/clock.rs")
        .flat_map(|file| lines_with(file, &calls))
        .collect()
}

pub fn domain_io(files: &[File]) -> Vec<String> {
    let words = [
        "std::fs",
        "std::net",
        "std::env",
        "std::time",
        "std::process",
        "std::thread",
        "println!",
        "dbg!",
        "async fn",
        "f32",
        "f64",
    ];
    rust_under(files, &["core/domain/src/"])
        .flat_map(|file| lines_with(file, &words))
        .collect()
}

/// Clients switch on the code, so it must say one thing.
pub fn error_codes(_: &[File]) -> Vec<String> {
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for code in cardea_domain::Code::ALL {
        *names.entry(code.as_str()).or_default() += 1;
    }
    let odd = names
        .keys()
        .filter(|name| !name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    let twice = names.iter().filter(|(_, times)| **times > 1).map(|(name, _)| name);
    odd.chain(twice).map(|name| format!("error code `{name}`")).collect()
}

pub fn proof_long_function() -> Result<(), Failed> {
    let sample = |lines: usize| File {
        path: "sample.rs".into(),
        text: format!(
            "/// Doc.\nimpl T {{ fn long() {{\n{}}} }}\nfn short() {{}}\n",
            "    call();\n".repeat(lines - 2)
        ),
    };
    assert_eq!(functions_too_long(&sample(MAX_FUNCTION_LINES)), Vec::<String>::new());
    assert_eq!(functions_too_long(&sample(MAX_FUNCTION_LINES + 1)).len(), 1);
    Ok(())
}

pub fn proof_words() -> Result<(), Failed> {
    let offender = |path: &str, text: &str| {
        vec![File {
            path: path.into(),
            text: text.into(),
        }]
    };
    assert_eq!(
        chrono_elsewhere(&offender("core/engine/src/query.rs", "use chrono::NaiveDate;")).len(),
        1
    );
    assert_eq!(
        chrono_elsewhere(&offender("core/domain/src/calendar.rs", "use chrono::NaiveDate;")).len(),
        0
    );
    assert_eq!(
        backends_elsewhere(&offender(
            "core/engine/src/query/cards.rs",
            "fn f(c: &mut PgConnection) {}"
        ))
        .len(),
        1
    );
    assert_eq!(
        other_clocks(&offender("web/src/api/sales.rs", "let t = SystemTime::now();")).len(),
        1
    );
    assert_eq!(
        domain_io(&offender("core/domain/src/tier.rs", "let share: f64 = 0.5;")).len(),
        1
    );
    assert_eq!(
        allowed_lints(&offender("web/src/lib.rs", concat!("#[al", "low(dead_code)]"))).len(),
        1
    );
    Ok(())
}
