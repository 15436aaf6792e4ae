//! Nothing of one chain is ever visible to another. SQLite has no row-level security, so a query without the
//! chain's id must be found in the source.

use super::files::File;
use libtest_mimic::Failed;
use quote::ToTokens;
use syn::visit::Visit;

/// Tables of the installation, not of a chain.
const SHARED: &[&str] = &[
    "chains",
    "components",
    "installation",
    "audit_lanes",
    "audit_checkpoints",
    "__diesel_schema_migrations",
];

/// The one file whose reads cross chains: an entry's hash covers the one before it in its lane, whichever chain's that
/// is. What leaves it for people shows other chains' entries as hashes only.
const ACROSS: (&str, &str) = ("core/engine/src/audit/lane.rs", "audit");

pub fn queries_without_chain(files: &[File]) -> Vec<String> {
    let tables = tenant_tables(files);
    if tables.is_empty() {
        return vec!["no tables of chains found in migrations/sqlite".into()];
    }
    let sources = files.iter().filter(|file| {
        file.is_rust()
            && !file.is_generated()
            && !file.path.ends_with("/tests.rs")
            && ["core/engine/src/", "web/src/"]
                .iter()
                .any(|f| file.path.starts_with(f))
    });
    sources
        .flat_map(|file| {
            let across = |table: &&String| (file.path.as_str(), table.as_str()) == ACROSS;
            let own: Vec<String> = tables.iter().filter(|table| !across(table)).cloned().collect();
            unscoped(file, &own)
        })
        .collect()
}

fn tenant_tables(files: &[File]) -> Vec<String> {
    let ups = files
        .iter()
        .filter(|file| file.path.starts_with("migrations/sqlite/") && file.path.ends_with("/up.sql"));
    let mut found = Vec::new();
    for file in ups {
        for (_, line) in file.lines() {
            let line = line.trim().to_lowercase();
            if let Some(rest) = line.strip_prefix("create table ") {
                let name = rest
                    .trim_start_matches("if not exists ")
                    .split([' ', '('])
                    .next()
                    .unwrap_or_default();
                if !SHARED.contains(&name) {
                    found.push(name.trim_matches('"').to_owned());
                }
            }
        }
    }
    found
}

fn unscoped(file: &File, tables: &[String]) -> Vec<String> {
    let Ok(parsed) = syn::parse_file(&file.text) else {
        return vec![format!("{}: does not parse", file.path)];
    };
    let mut scan = Scan {
        tables,
        found: Vec::new(),
    };
    scan.visit_file(&parsed);
    scan.found
        .into_iter()
        .map(|(line, what)| format!("{}:{line}: {what} without chain_id", file.path))
        .collect()
}

struct Scan<'a> {
    tables: &'a [String],
    found: Vec<(usize, String)>,
}

impl Scan<'_> {
    /// A function that names `table::table` filters by the table's `chain_id`, finds by the whole key, which begins
    /// with the chain, or only inserts rows: there the database demands the column.
    fn check(&mut self, line: usize, tokens: &str) {
        for table in self.tables {
            let uses = mentions(tokens, &format!("{table} :: table"));
            let inserts = inserts_into(tokens, table);
            let filtered = mentions(tokens, &format!("{table} :: chain_id")) > 0;
            if uses > inserts && !filtered && !found_by_key(tokens) {
                self.found.push((line, format!("a query of {table}")));
            }
        }
    }

    fn check_tokens(&mut self, tokens: proc_macro2::TokenStream) {
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Group(group) => self.check_tokens(group.stream()),
                proc_macro2::TokenTree::Literal(literal) => {
                    if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.check_sql(literal.span().start().line, &text.value());
                    }
                }
                _ => {}
            }
        }
    }

    fn check_sql(&mut self, line: usize, text: &str) {
        let lower = text.to_lowercase();
        let is_sql = ["select ", "insert ", "update ", "delete "]
            .iter()
            .any(|verb| lower.trim_start().starts_with(verb));
        if !is_sql || lower.contains("chain_id") {
            return;
        }
        let words: Vec<&str> = lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        let pairs = words
            .windows(2)
            .filter(|pair| ["from", "join", "into", "update"].contains(&pair[0]));
        for pair in pairs {
            if self.tables.iter().any(|table| table == pair[1]) {
                self.found.push((line, format!("SQL over {}", pair[1])));
            }
        }
    }
}

/// How often a path stands there as a whole, as tokens print it: not as part of a longer name.
fn mentions(tokens: &str, path: &str) -> usize {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |at: &usize| {
        let (before, after) = (
            tokens[..*at].chars().next_back(),
            tokens[at + path.len()..].chars().next(),
        );
        !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    };
    tokens.match_indices(path).filter(|(at, _)| whole(at)).count()
}

fn inserts_into(tokens: &str, table: &str) -> usize {
    let targets = tokens
        .split("insert_into (")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| mentions(target, &format!("{table} :: table")) == 1)
        .count()
}

/// `.find((chain, id))`
fn found_by_key(tokens: &str) -> bool {
    tokens
        .split("find ((")
        .skip(1)
        .any(|key| key.split(')').take(3).any(|part| part.contains("chain")))
}

impl<'ast> Visit<'ast> for Scan<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.check(
            item.sig.ident.span().start().line,
            &item.block.to_token_stream().to_string(),
        );
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.check(
            item.sig.ident.span().start().line,
            &item.block.to_token_stream().to_string(),
        );
        syn::visit::visit_impl_item_fn(self, item);
    }

    /// Tests may look across chains.
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let test = |attribute: &syn::Attribute| attribute.to_token_stream().to_string().contains("cfg (test)");
        if !item.attrs.iter().any(test) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    /// A macro's arguments are no syntax yet: its texts are looked for among the tokens.
    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.check_tokens(item.tokens.clone());
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.check_sql(literal.span().start().line, &literal.value());
    }
}

pub fn proof() -> Result<(), Failed> {
    let tables = ["cards".to_owned(), "bills".to_owned()];
    let scan = |text: &str| {
        unscoped(
            &File {
                path: "sample.rs".into(),
                text: text.into(),
            },
            &tables,
        )
        .len()
    };
    assert_eq!(scan("fn f() { cards::table.filter(cards::number.eq(n)).load(c) }"), 1);
    assert_eq!(
        scan("fn f() { cards::table.filter(cards::chain_id.eq(chain)).load(c) }"),
        0
    );
    assert_eq!(scan("const Q: &str = \"SELECT id FROM bills WHERE receipt = $1\";"), 1);
    assert_eq!(scan("const Q: &str = \"SELECT id FROM bills WHERE chain_id = $1\";"), 0);
    assert_eq!(scan("fn f() { each!(c, c => sql(\"DELETE FROM bills\")) }"), 1);
    assert_eq!(scan("const Q: &str = \"SELECT 1 FROM chains\";"), 0);
    Ok(())
}
