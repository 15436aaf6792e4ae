//! Figures for operators, in the Prometheus text format. Labels are routes and statuses, never data of customers.

use actix_web::http::Method;
use cardea_engine::Engine;
use cardea_engine::plugin::Counts;
use cardea_engine::store::{BATCH_BOUNDS, WriterCounts};
use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};
use std::time::Duration;

/// One server's figures; servers in one process don't share them.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    latency: HistogramVec,
}

/// Bounds of the latency histogram, seconds.
const LATENCIES: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

impl Metrics {
    /// # Errors
    /// A figure registered twice.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("cardea_http_requests_total", "Requests by method, route and status"),
            &["method", "route", "status"],
        )?;
        let latency = HistogramVec::new(
            HistogramOpts::new(
                "cardea_http_request_seconds",
                "Time from the request's head to its answer",
            )
            .buckets(LATENCIES.to_vec()),
            &["route"],
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(latency.clone()))?;
        Ok(Self {
            registry,
            requests,
            latency,
        })
    }

    /// Counts one answered request.
    pub fn observe(&self, method: &Method, route: &str, status: u16, elapsed: Duration) {
        self.requests
            .with_label_values(&[method_label(method), route, status.to_string().as_str()])
            .inc();
        self.latency.with_label_values(&[route]).observe(elapsed.as_secs_f64());
    }

    /// The text format: this server's figures, the writer's and the plugins'.
    ///
    /// # Errors
    /// A figure that can't be encoded.
    pub fn text(&self, engine: &Engine) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        let text = String::from_utf8(text).map_err(|e| prometheus::Error::Msg(e.to_string()))?;
        Ok(text
            + &writer_text(&engine.writer_counts())
            + &plugin_text(&engine.plugins().counts(), engine.plugins().suspended()))
    }
}

/// The engine counts without knowing Prometheus; these are the same figures in its format.
fn writer_text(counts: &WriterCounts) -> String {
    let mut text = String::from(
        "# HELP cardea_writer_batch_commands Commands per committed transaction\n\
         # TYPE cardea_writer_batch_commands histogram\n",
    );
    let mut batches = 0;
    for (bound, count) in BATCH_BOUNDS.iter().zip(counts.batches) {
        batches += count;
        text += &format!("cardea_writer_batch_commands_bucket{{le=\"{bound}\"}} {batches}\n");
    }
    let batches: u64 = counts.batches.iter().sum();
    text += &format!("cardea_writer_batch_commands_bucket{{le=\"+Inf\"}} {batches}\n");
    text += &format!("cardea_writer_batch_commands_sum {}\n", counts.commands);
    text += &format!("cardea_writer_batch_commands_count {batches}\n");
    text + &counter(
        "cardea_writer_lost_commands_total",
        "Commands whose transaction failed",
        counts.lost,
    )
}

fn plugin_text(counts: &Counts, suspended: usize) -> String {
    let mut text = counter("cardea_plugin_calls_total", "Decisions asked of plugins", counts.calls);
    text += &counter(
        "cardea_plugin_retries_total",
        "Decisions asked again because time ran out",
        counts.retried,
    );
    text += &counter(
        "cardea_plugin_suspensions_total",
        "Times a plugin was left alone because it kept failing",
        counts.suspensions,
    );
    text += &format!(
        "# HELP cardea_plugins_suspended Plugins left alone now\n\
         # TYPE cardea_plugins_suspended gauge\ncardea_plugins_suspended {suspended}\n"
    );
    text += "# HELP cardea_plugin_failures_total Decisions that failed, by reason\n\
             # TYPE cardea_plugin_failures_total counter\n";
    for (reason, count) in &counts.failures {
        text += &format!("cardea_plugin_failures_total{{reason=\"{reason}\"}} {count}\n");
    }
    text
}

fn counter(name: &str, help: &str, value: u64) -> String {
    format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n")
}

/// Clients may invent methods; labels must stay few.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writers_batches_are_cumulative() {
        let mut counts = WriterCounts {
            commands: 600,
            lost: 1,
            ..WriterCounts::default()
        };
        counts.batches[0] = 2;
        counts.batches[10] = 1;
        let text = writer_text(&counts);
        assert!(
            text.contains("_bucket{le=\"1\"} 2\n") && text.contains("_bucket{le=\"512\"} 2\n"),
            "{text}"
        );
        assert!(
            text.contains("_bucket{le=\"+Inf\"} 3\n") && text.contains("_commands_sum 600\n"),
            "{text}"
        );
        assert!(text.contains("\ncardea_writer_lost_commands_total 1\n"), "{text}");
    }

    #[test]
    fn requests_are_counted_by_route_and_status() {
        let metrics = Metrics::new().unwrap();
        metrics.observe(&Method::POST, "/api/v1/sales", 201, Duration::from_millis(3));
        metrics.observe(&Method::from_bytes(b"BREW").unwrap(), "unmatched", 404, Duration::ZERO);
        let mut text = String::new();
        TextEncoder::new()
            .encode_utf8(&metrics.registry.gather(), &mut text)
            .unwrap();
        assert!(text.contains(r#"cardea_http_requests_total{method="POST",route="/api/v1/sales",status="201"} 1"#));
        assert!(text.contains(r#"method="OTHER",route="unmatched",status="404""#));
        assert!(text.contains(r#"cardea_http_request_seconds_bucket{route="/api/v1/sales",le="0.005"} 1"#));
    }
}
