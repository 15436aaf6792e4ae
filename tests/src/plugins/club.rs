//! A plugin that decides every interface: what its component answers through the host is what its rules say natively, with
//! the figures of D-HOT-5, D-HOT-8 and D-BEA-2.

use super::guest::Guest;
use super::{host, trial};
use cardea_club::Club;
use cardea_engine::plugin::{
    Asset, Failure, Function, Plugin, expiry, guard, record, renewal, replacement, topping_up,
};
use cardea_pack::{Lock, source_hash};
use cardea_plugin::Rules;
use cardea_plugin::cases::{self, Case};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const ROWS: [&str; 8] = [
    "D-HOT-5",
    "D-HOT-7",
    "D-HOT-8",
    "D-BEA-2",
    "D-CARD-5",
    "D-CARD-7",
    "D-CARD-8",
    "D-CARD-10",
];

pub fn tests() -> Vec<Trial> {
    let mut trials = vec![
        trial("plugin_club_native_and_component_agree_on_all_cases", agree),
        trial("plugin_club_is_built_from_these_sources", built_from_these_sources),
        trial("plugin_exports_are_what_it_decides_and_no_others", exports),
        trial("plugin_recorded_life_replays_to_the_same_decision", replays),
        trial("d_hot_5_brackets_by_the_component_and_by_hand", brackets),
        trial("d_card_7_what_was_paid_for_is_replaced_and_goes_on", paid_for_goes_on),
    ];
    for row in ROWS {
        let name = format!("{}_as_the_club_decides", row.to_lowercase().replace('-', "_"));
        trials.push(trial(name, move || cases_of(row)));
    }
    trials
}

fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The component as it was built by `plugins/build.sh`.
pub fn component() -> Vec<u8> {
    // Rebuilt by another tool chain, the tests' components lie below the others.
    let dist = std::env::var_os("CARDEA_PLUGIN_DIST").map(|dist| Path::new(&dist).join("tests"));
    let dist = dist.unwrap_or_else(|| tests_folder().join("dist"));
    std::fs::read(dist.join("club.wasm")).expect("tests/dist/club.wasm: run plugins/build.sh")
}

fn club() -> Arc<Plugin> {
    host().load(&component()).expect("it loads")
}

fn all_cases() -> Vec<Case> {
    cases::load(&tests_folder().join("club/cases"), &Club::describe().default_config).expect("cases")
}

fn decide(plugin: &Plugin, case: &Case) -> Value {
    let function = Function::parse(&case.function).expect("a function");
    match plugin.call_json(function, case.request.clone()) {
        Ok(decision) => json!({ "Ok": decision }),
        Err(error) if error.failure == Failure::Undecided => json!({ "Err": error.message }),
        Err(error) => panic!("{}: {error}", case.name),
    }
}

fn agree() {
    let (plugin, cases) = (club(), all_cases());
    assert!(cases.len() >= 35, "only {} cases", cases.len());
    for case in cases {
        let native = cases::call::<Club>(&case.function, &case.request).expect("a request");
        assert_eq!(decide(&plugin, &case), native, "{}", case.name);
        assert_eq!(native, case.expected, "{}", case.name);
    }
}

fn cases_of(row: &str) {
    let plugin = club();
    let cases: Vec<_> = all_cases()
        .into_iter()
        .filter(|c| c.name.contains(&format!("{row}:")))
        .collect();
    assert!(!cases.is_empty(), "no case of {row}");
    for case in cases {
        assert_eq!(decide(&plugin, &case), case.expected, "{}", case.name);
    }
}

fn built_from_these_sources() {
    let lock = Lock::read(&tests_folder().join("dist")).expect("tests/dist/plugins.lock");
    let locked = lock.components.get("club").expect("it is locked");
    let sources = source_hash(&tests_folder().join("../plugins"), &tests_folder().join("club")).expect("a hash");
    assert_eq!(
        locked.sources, sources,
        "the club is stale: run plugins/build.sh and commit tests/dist"
    );
    let bytes = std::fs::read(tests_folder().join("dist/club.wasm")).expect("a component");
    let loaded = host().load(&bytes).expect("it loads");
    assert_eq!(
        (loaded.digest(), bytes.len() as u64),
        (locked.sha256.as_str(), locked.bytes)
    );
}

/// Retail decides none of what is optional here, a guest by hand not even admission.
fn exports() {
    let own = |plugin: &Plugin| -> Vec<&str> {
        let has = |function: &&Function| plugin.has(**function);
        Function::ALL.iter().filter(has).map(|f| f.as_str()).collect()
    };
    let all: Vec<&str> = Function::ALL.iter().map(|f| f.as_str()).collect();
    assert_eq!(own(&club()), all);
    let (_, retail) = cardea_engine::plugin::embedded()[0];
    let retail = host().load(retail).expect("it loads");
    let required = [
        "describe.describe",
        "admission.history",
        "admission.decide",
        "earning.judge",
        "redeeming.decide",
    ];
    assert_eq!(own(&retail), required);
    let guest = host().load(&Guest::new().build()).expect("it loads");
    assert_eq!(own(&guest), ["describe.describe", "earning.judge"]);
    let error = guest.top_up(&top_up(1)).expect_err("it has none");
    assert_eq!(error.failure, Failure::MissingInterface);
    assert!(error.message.contains("topping-up"), "{}", error.message);
}

fn top_up(amount: i64) -> topping_up::Request {
    topping_up::Request {
        config: "{}".to_owned(),
        minor_digits: 2,
        today: 20_513,
        tier: "member".to_owned(),
        named: true,
        amount,
        principal: 0,
        bonus: 0,
    }
}

/// > 0: 3 %, ≥ 1 000: 5 %, ≥ 3 000: 8 %, the bracket's rate on the whole, floored to the cent.
fn brackets() {
    let plugin = club();
    let amounts = [
        1, 33, 34, 99_999, 1_000_00, 1_000_01, 2_999_99, 3_000_00, 4_999_99, 5_000_00,
    ];
    for amount in amounts {
        let rate = match amount {
            3_000_00.. => 8,
            1_000_00.. => 5,
            _ => 3,
        };
        let topping_up::Decision::Granted(grant) = plugin.top_up(&top_up(amount)).expect("a decision") else {
            panic!("{amount} is refused");
        };
        assert_eq!(grant.bonus, amount * rate / 100, "{amount}");
    }
}

fn replays() {
    let plugin = club();
    let mut count = 0;
    for case in all_cases() {
        let Some(decision) = case.expected.get("Ok") else {
            continue;
        };
        macro_rules! recorded {
            ($request:ty) => {{
                let request: $request = serde_json::from_value(case.request.clone()).expect("a request");
                record(&request).expect("recorded")
            }};
        }
        let recorded = match case.function.as_str() {
            "topping-up.decide" => recorded!(topping_up::Request),
            "renewal.decide" => recorded!(renewal::Request),
            "expiry.decide" => recorded!(expiry::Request),
            "replacement.decide" => recorded!(replacement::Request),
            "guard.decide" => recorded!(guard::Request),
            _ => continue,
        };
        let config = case.request["config"].as_str().expect("a configuration");
        assert_eq!(
            &recorded.replay(&plugin, config).expect("replayed"),
            decision,
            "{}",
            case.name
        );
        assert!(recorded.bytes.len() <= 1024, "{}", case.name);
        count += 1;
    }
    assert!(count >= 30, "only {count} decisions were replayed");
}

/// The host would refuse any other answer (`host/src/output/life.rs`).
fn paid_for_goes_on() {
    let plugin = club();
    let refused = replacement::Request {
        config: "{}".to_owned(),
        minor_digits: 2,
        today: 20_513,
        cause: replacement::Cause::Lost,
        tier: "member".to_owned(),
        named: false,
        issuing_store: true,
        replaced: 0,
        principal: 0,
        sessions: 0,
    };
    let decided = plugin.replace(&refused).expect("a decision");
    assert!(matches!(decided, replacement::Decision::Refused(_)));
    let with_value = replacement::Request {
        named: true,
        principal: 100,
        ..refused
    };
    let decided = plugin.replace(&with_value).expect("a decision");
    assert!(matches!(decided, replacement::Decision::Permitted(_)));
    let principal = expiry::Request {
        config: "{}".to_owned(),
        minor_digits: 2,
        today: 20_513,
        tier: "member".to_owned(),
        ended_on: 20_512,
        subject: expiry::Subject::Lot(expiry::Lot {
            asset: Asset::Principal,
            service: String::new(),
            opened_on: 20_000,
            remaining: 1,
            with_membership: false,
        }),
    };
    let decided = plugin.expire(&principal).expect("a decision");
    assert!(matches!(decided, expiry::Decision::Extended(_)), "never forfeited");
}
