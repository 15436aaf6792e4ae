//! Native rules and component decide the same, from the sources that the component was built from.

use super::{host, trial};
use cardea_engine::plugin::{self, Failure, Function, Plugin, admission, earning, record, redeeming};
use cardea_pack::{Lock, source_hash};
use cardea_plugin::Rules;
use cardea_plugin::cases::{self, Case};
use cardea_retail::Retail;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of the domain's rules that the cases show.
const ROWS: [&str; 7] = [
    "D-RET-1", "D-RET-2", "D-RET-3", "D-RET-4", "D-RET-7", "D-RET-8", "D-CARD-3",
];

pub fn tests() -> Vec<Trial> {
    let mut trials = vec![
        trial(
            "plugin_native_and_component_agree_on_all_cases",
            native_and_component_agree,
        ),
        trial("plugin_native_and_component_describe_the_same", describe_the_same),
        trial(
            "plugin_components_are_built_from_these_sources",
            built_from_these_sources,
        ),
        trial(
            "plugin_recorded_inputs_replay_to_the_same_decision",
            recorded_inputs_replay,
        ),
        trial("plugin_recorded_sale_is_small", recorded_sale_is_small),
    ];
    for row in ROWS {
        let name = format!("{}_as_the_component_decides", row.to_lowercase().replace('-', "_"));
        trials.push(trial(name, move || cases_of(row)));
    }
    trials
}

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins")
}

/// The embedded component; with `CARDEA_PLUGIN_DIST` the one that was rebuilt there.
fn retail() -> Arc<Plugin> {
    let rebuilt = std::env::var_os("CARDEA_PLUGIN_DIST")
        .map(|dist| std::fs::read(Path::new(&dist).join("retail.wasm")).expect("a rebuilt component"));
    let (_, embedded) = plugin::embedded()
        .iter()
        .find(|(id, _)| *id == "retail")
        .expect("embedded");
    host()
        .load(rebuilt.as_deref().unwrap_or(embedded))
        .expect("retail loads")
}

fn all_cases() -> Vec<Case> {
    cases::load(&plugins().join("retail/cases"), &Retail::describe().default_config).expect("cases")
}

/// What the component says, in the form of a case.
fn decide(plugin: &Plugin, case: &Case) -> Value {
    let function = Function::parse(&case.function).expect("a function");
    match plugin.call_json(function, case.request.clone()) {
        Ok(decision) => json!({ "Ok": decision }),
        Err(error) if error.failure == Failure::Undecided => json!({ "Err": error.message }),
        Err(error) => panic!("{}: {error}", case.name),
    }
}

fn native_and_component_agree() {
    let plugin = retail();
    let cases = all_cases();
    assert!(cases.len() >= 100, "only {} cases", cases.len());
    for case in cases {
        let native = cases::call::<Retail>(&case.function, &case.request).expect("a request");
        assert_eq!(decide(&plugin, &case), native, "{}", case.name);
    }
}

fn cases_of(row: &str) {
    let plugin = retail();
    let cases: Vec<_> = all_cases()
        .into_iter()
        .filter(|c| c.name.contains(&format!("{row}:")))
        .collect();
    assert!(!cases.is_empty(), "no case of {row}");
    for case in cases {
        assert_eq!(decide(&plugin, &case), case.expected, "{}", case.name);
    }
}

fn describe_the_same() {
    let component = retail()
        .call_json(Function::Describe, Value::Null)
        .expect("a description");
    assert_eq!(component, serde_json::to_value(Retail::describe()).expect("JSON"));
    let ladder = &component["default_ladder"];
    assert_eq!(ladder["months"], 12, "D-RET-8");
    let steps: Vec<_> = ladder["steps"].as_array().expect("steps").iter().collect();
    let figures: Vec<_> = steps
        .iter()
        .map(|s| (s["threshold"].as_i64(), s["multiplier"].as_i64()))
        .collect();
    let expected = [(0, 1_000_000), (500_000, 1_200_000), (2_000_000, 1_500_000)].map(|(t, m)| (Some(t), Some(m)));
    assert_eq!(figures, expected, "D-RET-8");
}

fn built_from_these_sources() {
    let lock = Lock::read(&plugins().join("dist")).expect("plugins.lock");
    for (id, bytes) in plugin::embedded() {
        let locked = lock
            .components
            .get(*id)
            .unwrap_or_else(|| panic!("{id} isn't in plugins.lock"));
        let sources = source_hash(&plugins(), &plugins().join(id)).expect("a hash");
        assert_eq!(
            locked.sources, sources,
            "{id} is stale: run plugins/build.sh and commit plugins/dist"
        );
        let loaded = host().load(bytes).expect("it loads");
        assert_eq!(
            (loaded.digest(), bytes.len() as u64),
            (locked.sha256.as_str(), locked.bytes),
            "{id}"
        );
    }
}

fn recorded_inputs_replay() {
    fn replayed<R: plugin::Request>(plugin: &Plugin, case: &Case) -> Value {
        let request: R = serde_json::from_value(case.request.clone()).expect("a request");
        let recorded = record(&request).expect("recorded");
        let config = case.request["config"].as_str().expect("a configuration");
        recorded.replay(plugin, config).expect("replayed")
    }
    let plugin = retail();
    let mut count = 0;
    for case in all_cases() {
        let Some(decision) = case.expected.get("Ok") else {
            continue;
        };
        let replay = match case.function.as_str() {
            "admission.decide" => replayed::<admission::Request>(&plugin, &case),
            "earning.judge" => replayed::<earning::Sale>(&plugin, &case),
            "redeeming.decide" => replayed::<redeeming::Request>(&plugin, &case),
            _ => continue,
        };
        assert_eq!(&replay, decision, "{}", case.name);
        count += 1;
    }
    assert!(count >= 80, "only {count} decisions were replayed");
}

/// Fifteen lines of unlike articles are a large basket; the median is far smaller.
fn recorded_sale_is_small() {
    let lines = (1..=15).map(|number: u32| earning::Line {
        number,
        sku: format!("69{:011}", u64::from(number) * 7_919_573),
        category: ["skin", "makeup", "perfume", "hair"][number as usize % 4].to_owned(),
        quantity: 1000,
        counted: i64::from(number * number * 137 % 9_999),
        attributes: Vec::new(),
    });
    let sale = earning::Sale {
        config: Retail::describe().default_config,
        minor_digits: 2,
        today: 20_513,
        birthday_month: false,
        tier: "silver".to_owned(),
        tier_multiplier: 1_200_000,
        first_purchase: false,
        introduced: false,
        lines: lines.collect(),
    };
    let recorded = record(&sale).expect("recorded");
    assert!(recorded.bytes.len() <= 1024, "{} bytes", recorded.bytes.len());
}
