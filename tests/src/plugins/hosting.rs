//! What the host does beside calling: configurations, the folder of compiled code, waiting for a place.

use super::guest::Guest;
use super::{host, trial, unhurried};
use cardea_engine::plugin::{self, Failure, Limits, Plugin, PluginHost, Settings, earning, validate_config};
use cardea_plugin::Rules;
use cardea_retail::Retail;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::sync::{Arc, Barrier};
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    vec![
        trial("plugin_configurations_are_checked_by_field", configurations_are_checked),
        trial("plugin_every_bad_setting_is_told_at_once", every_bad_setting),
        trial("plugin_compiled_code_is_kept_and_taken_again", compiled_code_is_kept),
        trial("plugin_damaged_compiled_code_is_compiled_again", damaged_code),
        trial("plugin_a_folder_that_others_can_write_is_refused", a_public_folder),
        trial("plugin_decisions_wait_for_a_place", decisions_wait),
        trial("plugin_without_a_place_in_time_is_busy", busy),
        trial("plugin_the_same_component_is_loaded_once", loaded_once),
    ]
}

fn retail_bytes() -> &'static [u8] {
    plugin::embedded()
        .iter()
        .find(|(id, _)| *id == "retail")
        .expect("embedded")
        .1
}

fn retail(host: &PluginHost) -> Arc<Plugin> {
    host.load(retail_bytes()).expect("retail loads")
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut config: Value = serde_json::from_str(&Retail::describe().default_config).expect("JSON");
    config[pointer] = value;
    config
}

fn configurations_are_checked() {
    let description = retail(host()).description().clone();
    assert_eq!(
        validate_config(&description, &json!({})),
        Ok(()),
        "what is left out has the rule book's figure"
    );
    let open = json!({"single_purchase": "0", "window_total": "0", "required_fields": [], "validity_months": 0});
    assert_eq!(validate_config(&description, &open), Ok(()));
    for (setting, value, pointer) in [
        ("single_purchase", json!(1000), "/single_purchase"),
        ("single_purchase", json!("1e3"), "/single_purchase"),
        ("window_total", json!("-5"), "/window_total"),
        ("window_total", json!("2000.005"), "/window_total"),
        ("window_months", json!(0), "/window_months"),
        ("scope", json!("street"), "/scope"),
        ("required_fields", json!(["shoe_size"]), "/required_fields/0"),
        ("birthday_multiplier", json!("two"), "/birthday_multiplier"),
        (
            "category_multipliers",
            json!([{"category": "skin"}]),
            "/category_multipliers/0",
        ),
        ("validity_months", json!(-1), "/validity_months"),
        ("thresholds", json!([]), ""),
    ] {
        let errors = validate_config(&description, &changed(setting, value.clone())).expect_err(setting);
        assert!(
            errors.iter().any(|e| e.pointer == pointer && !e.message.is_empty()),
            "{setting} {value}: {errors:?}"
        );
    }
    assert!(validate_config(&description, &json!([])).is_err());
}

fn every_bad_setting() {
    let description = retail(host()).description().clone();
    let errors =
        validate_config(&description, &json!({"window_months": 0, "points_per_unit": "much"})).expect_err("two");
    let mut pointers: Vec<_> = errors.iter().map(|e| e.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/points_per_unit", "/window_months"]);
}

fn sale() -> earning::Sale {
    earning::Sale {
        config: "{}".to_owned(),
        minor_digits: 2,
        today: 20_513,
        birthday_month: false,
        tier: "vip".to_owned(),
        tier_multiplier: 1_000_000,
        first_purchase: false,
        introduced: false,
        lines: Vec::new(),
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
        .collect()
}

fn with_cache(folder: &std::path::Path) -> PluginHost {
    let settings = Settings {
        limits: unhurried(),
        cache: Some(folder.join("code")),
        ..Settings::default()
    };
    PluginHost::new(&settings).expect("a host")
}

fn compiled_code_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = retail(&with_cache(folder.path()));
    let kept = files(&folder.path().join("code"));
    assert_eq!(kept.len(), 1);
    let name = kept[0].file_name().expect("a name").to_string_lossy().into_owned();
    assert!(name.starts_with(first.digest()), "{name}");
    let written = std::fs::metadata(&kept[0]).and_then(|m| m.modified()).expect("a time");
    let again = retail(&with_cache(folder.path()));
    assert_eq!(
        again.judge(&sale()).expect("an outcome"),
        first.judge(&sale()).expect("an outcome")
    );
    let unchanged = std::fs::metadata(&kept[0]).and_then(|m| m.modified()).expect("a time");
    assert_eq!(unchanged, written, "it was read, not written again");
}

fn damaged_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let guest = Guest::new().build();
    let load = || with_cache(folder.path()).load(&guest).expect("it loads");
    load();
    let path = files(&folder.path().join("code")).remove(0);
    let whole = std::fs::read(&path).expect("code");
    std::fs::write(&path, &whole[..whole.len() / 2]).expect("cut");
    assert!(load().judge(&sale()).is_ok());
    assert_eq!(
        std::fs::read(&path).expect("code").len(),
        whole.len(),
        "it was compiled and written again"
    );
}

fn a_public_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let code = folder.path().join("code");
    std::fs::create_dir(&code).expect("created");
    std::fs::set_permissions(&code, std::fs::Permissions::from_mode(0o777)).expect("opened");
    let error = PluginHost::new(&Settings {
        cache: Some(code),
        ..Settings::default()
    })
    .err()
    .expect("refused");
    assert!(error.to_string().contains("0700"), "{error}");
}

fn decisions_wait() {
    let settings = Settings {
        limits: unhurried(),
        concurrent: 2,
        patience: Duration::from_secs(30),
        ..Settings::default()
    };
    let plugin = retail(&PluginHost::new(&settings).expect("a host"));
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..50 {
                    plugin.judge(&sale()).expect("its turn comes");
                }
            });
        }
    });
    assert_eq!((plugin.counts().calls, plugin.counts().failures), (800, vec![]));
}

fn busy() {
    let limits = Limits {
        fuel: u64::MAX,
        deadline: Duration::from_millis(500),
        ..Limits::default()
    };
    let settings = Settings {
        limits,
        concurrent: 1,
        patience: Duration::from_millis(20),
        ..Settings::default()
    };
    let host = PluginHost::new(&settings).expect("a host");
    let slow = host
        .load(&Guest::new().judge("(loop $again br $again) i32.const 0").build())
        .expect("it loads");
    let together = Barrier::new(2);
    let call = || {
        together.wait();
        slow.judge(&sale()).expect_err("stopped").failure
    };
    let mut failures = std::thread::scope(|scope| {
        [scope.spawn(call), scope.spawn(call)].map(|thread| thread.join().expect("an answer"))
    });
    failures.sort_by_key(|failure| failure.code());
    assert_eq!(failures, [Failure::Busy, Failure::Deadline]);
    assert!(!Failure::Busy.is_the_plugins(), "not held against it");
}

fn loaded_once() {
    let (first, again) = (retail(host()), retail(host()));
    assert!(Arc::ptr_eq(&first, &again));
    assert!(
        host()
            .get(first.digest())
            .is_some_and(|found| Arc::ptr_eq(&found, &first))
    );
    assert!(host().get("").is_none());
}
