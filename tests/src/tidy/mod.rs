//! Rules of style as tests: what the compiler and clippy can't see. Each rule lists every offence at once, with
//! file and line.

mod code;
mod dependencies;
mod files;
mod layers;
mod migrations;
mod tenancy;
mod text;
mod topics;

use crate::harness::Backend;
use files::File;
use libtest_mimic::{Failed, Trial};

pub use files::root;

/// One rule: reads the project, answers what offends.
type Rule = fn(&[File]) -> Vec<String>;

const RULES: &[(&str, Rule)] = &[
    ("files_have_at_most_500_lines", text::long_files),
    ("no_machine_paths_or_registry_hosts", text::machine_words),
    ("nothing_is_left_to_do", text::left_to_do),
    ("functions_have_at_most_70_lines", code::long_functions),
    ("lints_are_expected_never_allowed", code::allowed_lints),
    ("chrono_only_in_the_calendar_and_the_clock", code::chrono_elsewhere),
    ("backends_only_in_the_dialect_and_the_writers", code::backends_elsewhere),
    ("one_clock", code::other_clocks),
    ("domain_does_no_io", code::domain_io),
    ("error_codes_are_unique", code::error_codes),
    ("dependencies_point_inwards", dependencies::direction),
    ("the_engines_modules_know_each_other_downwards", layers::upwards),
    ("domain_depends_on_pure_crates", dependencies::domain_is_pure),
    ("versions_stand_in_the_root", dependencies::versions_elsewhere),
    ("migrations_are_paired", migrations::pairs),
    ("migrations_end_with_the_same_columns", migrations::columns),
    ("queries_name_their_chain", tenancy::queries_without_chain),
    ("topics_stand_in_their_table", topics::unknown),
];

pub fn tests() -> Vec<Trial> {
    let rules = RULES
        .iter()
        .map(|(name, rule)| Trial::test(format!("tidy::{name}"), move || report(rule(&files::project_files()))));
    // A rule that finds nothing because it looks wrongly is worse than none: each scanner meets an offender.
    let proofs = [
        Trial::test("tidy::proof::long_functions_are_seen", code::proof_long_function),
        Trial::test("tidy::proof::forbidden_words_are_seen", code::proof_words),
        Trial::test("tidy::proof::unscoped_queries_are_seen", tenancy::proof),
        Trial::test("tidy::proof::differing_columns_are_seen", migrations::proof),
        Trial::test("tidy::proof::outward_dependencies_are_seen", dependencies::proof),
        Trial::test("tidy::proof::upward_modules_are_seen", layers::proof),
        Trial::test("tidy::proof::topics_are_seen", topics::proof),
    ];
    rules.chain(proofs).collect()
}

/// Pains of the systems that people know, numbered: what a later change must not bring back.
const PAINS: usize = 15;

/// Each pain has a story with its number, on every database.
pub fn every_pain_is_told(stories: Vec<String>) -> Trial {
    Trial::test("tidy::every_pain_is_told_on_both_databases", move || {
        let told = |backend: &Backend, pain: usize| {
            let (database, pain) = (format!("{}::", backend.name()), format!("::pain_{pain:02}_"));
            stories
                .iter()
                .any(|story| story.starts_with(&database) && story.contains(&pain))
        };
        let untold = (1..=PAINS).flat_map(|pain| Backend::ALL.iter().map(move |backend| (backend, pain)));
        report(
            untold
                .filter(|(backend, pain)| !told(backend, *pain))
                .map(|(backend, pain)| format!("{}: no story of pain {pain}", backend.name()))
                .collect(),
        )
    })
}

fn report(offences: Vec<String>) -> Result<(), Failed> {
    if offences.is_empty() {
        Ok(())
    } else {
        Err(offences.join("\n").into())
    }
}
