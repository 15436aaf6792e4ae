//! Figures for operators, in the Prometheus text format. Labels are routes and statuses, never data of customers.

use actix_web::http::Method;
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

    /// The text format.
    ///
    /// # Errors
    /// A figure that can't be encoded.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        String::from_utf8(text).map_err(|e| prometheus::Error::Msg(e.to_string()))
    }
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
    fn requests_are_counted_by_route_and_status() {
        let metrics = Metrics::new().unwrap();
        metrics.observe(&Method::POST, "/api/v1/sales", 201, Duration::from_millis(3));
        metrics.observe(&Method::from_bytes(b"BREW").unwrap(), "unmatched", 404, Duration::ZERO);
        let text = metrics.text().unwrap();
        assert!(text.contains(r#"cardea_http_requests_total{method="POST",route="/api/v1/sales",status="201"} 1"#));
        assert!(text.contains(r#"method="OTHER",route="unmatched",status="404""#));
        assert!(text.contains(r#"cardea_http_request_seconds_bucket{route="/api/v1/sales",le="0.005"} 1"#));
    }
}
