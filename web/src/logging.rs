//! Logs on standard error. They name routes, codes and ids, never bodies, query strings, tokens or personal data.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging with a checked filter ([`crate::settings::Settings::log`]). A second call changes nothing.
pub fn start(filter: &str) {
    let colours = std::io::stderr().is_terminal();
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .try_init();
    if started.is_err() {
        tracing::debug!("logging runs already");
    }
}
