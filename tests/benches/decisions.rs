//! What it costs to ask a component.

use super::figures::report;
use cardea_engine::plugin::{self, PluginHost};
use std::hint::black_box;
use std::time::Instant;

/// A fresh instance of the component for each decision, against the same rules natively.
pub fn measure() {
    let sale = sale();
    // The host's own type of the same record; both have one JSON form.
    let asked: cardea_engine::plugin::earning::Sale =
        serde_json::from_value(serde_json::to_value(&sale).expect("JSON")).expect("the same record");
    let host = PluginHost::new(&plugin::Settings::default()).expect("a plugin host");
    let (_, bytes) = plugin::embedded()
        .iter()
        .find(|(id, _)| *id == "retail")
        .expect("the retail component");
    let component = host.load(bytes).expect("it loads");
    let judged = component.judge(&asked).expect("a decision");
    let natively = <cardea_retail::Retail as cardea_plugin::Rules>::judge(&sale).expect("a decision");
    assert_eq!(
        serde_json::to_value(&judged).expect("JSON"),
        serde_json::to_value(&natively).expect("JSON")
    );
    let native = micros(200_000, || {
        drop(black_box(<cardea_retail::Retail as cardea_plugin::Rules>::judge(&sale)))
    });
    let fresh = micros(20_000, || drop(black_box(component.judge(&asked))));
    report("native_decision_us", native, 1.0, 1.0);
    report("component_decision_us", fresh, 40.0 / fresh, 1.0);
    let times = fresh / native;
    report("component_decision_times_native", times, 30.0 / times, 1.0);
}

fn sale() -> cardea_plugin::earning::Sale {
    cardea_plugin::earning::Sale {
        config: <cardea_retail::Retail as cardea_plugin::Rules>::describe().default_config,
        minor_digits: 2,
        today: 20_513,
        birthday_month: true,
        tier: "silver".into(),
        tier_multiplier: 1_200_000,
        first_purchase: false,
        introduced: false,
        lines: [("cream", "skin", 12_50), ("comb", "hair", 7_30)]
            .into_iter()
            .zip(1..)
            .map(line)
            .collect(),
    }
}

fn line(((sku, category, counted), number): ((&str, &str, i64), u32)) -> cardea_plugin::earning::Line {
    let (sku, category) = (sku.to_owned(), category.to_owned());
    cardea_plugin::earning::Line {
        number,
        sku,
        category,
        quantity: 1000,
        counted,
        attributes: Vec::new(),
    }
}

/// The best of five rounds, per call.
fn micros(calls: u32, mut call: impl FnMut()) -> f64 {
    let mut round = || {
        let started = Instant::now();
        (0..calls / 5).for_each(|_| call());
        started.elapsed().as_secs_f64() * 1e6 / f64::from(calls / 5)
    };
    (0..5).map(|_| round()).fold(f64::INFINITY, f64::min)
}
