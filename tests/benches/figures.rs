//! How figures are told.

use std::time::Duration;

/// One JSON line. A ratio is always "more is better"; for an upper limit it is limit / measured.
pub fn report(name: &str, value: f64, ratio: f64, aim: f64) {
    let rounded = |figure: f64| (figure * 1000.0).round() / 1000.0;
    println!(
        "{}",
        serde_json::json!({"name": name, "value": rounded(value), "ratio": rounded(ratio), "aim": aim})
    );
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// How long each load lasts after its warm-up: `CARDEA_BENCH_SECONDS`, else eight seconds.
pub fn length() -> Duration {
    let seconds = std::env::var("CARDEA_BENCH_SECONDS").ok();
    Duration::from_secs(seconds.and_then(|text| text.parse().ok()).unwrap_or(8))
}
