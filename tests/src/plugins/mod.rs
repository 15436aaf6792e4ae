//! The plugin host against the first-party components and against guests that mean harm.

mod agreement;
pub(crate) mod bombs;
pub(crate) mod club;
pub(crate) mod guest;
mod hostile;
mod hosting;

use cardea_engine::plugin::{Limits, PluginHost, Settings};
use libtest_mimic::Trial;
use std::sync::OnceLock;
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    [
        agreement::tests(),
        bombs::tests(),
        club::tests(),
        hostile::tests(),
        hosting::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A trial that fails by panicking.
fn trial(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// The machine runs many tests at once.
fn unhurried() -> Limits {
    Limits {
        deadline: Duration::from_secs(5),
        ..Limits::default()
    }
}

/// One host for all tests that need no other settings. Its deadline is generous: the machine runs many tests at once.
fn host() -> &'static PluginHost {
    static HOST: OnceLock<PluginHost> = OnceLock::new();
    HOST.get_or_init(|| {
        PluginHost::new(&Settings {
            limits: unhurried(),
            patience: Duration::from_secs(30),
            ..Settings::default()
        })
        .expect("a host")
    })
}
