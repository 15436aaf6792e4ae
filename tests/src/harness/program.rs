//! A program's configuration as a story changes it: the retail plugin's defaults with some figures replaced.

use super::answer::{Answer, Field};
use super::app::TestApp;
use serde_json::{Value, json};

/// The body of a new configuration version.
pub struct Settings<'a> {
    app: &'a TestApp,
    program: String,
    body: Value,
}

impl<'a> Settings<'a> {
    /// Starts from the configuration in force.
    pub(super) fn of(app: &'a TestApp, program: &str) -> Self {
        let versions = app
            .hq()
            .get(&format!("/programs/{program}/configurations?limit=200"))
            .ok()
            .list("/items");
        let newest = versions
            .iter()
            .max_by_key(|version| version.int("/version"))
            .expect("a configuration");
        let body = json!({
            "effective_from": null, "plugin_config": newest["plugin_config"],
            "ladder": newest["ladder"], "points": newest["points"],
        });
        Self {
            app,
            program: program.to_owned(),
            body,
        }
    }

    /// A figure of the plugin, by pointer into its configuration.
    #[must_use]
    #[track_caller]
    pub fn rule(self, pointer: &str, value: impl Into<Value>) -> Self {
        self.set(&format!("/plugin_config{pointer}"), value.into())
    }

    /// A term of the points: `rounding`, `maturing_days`, `return_policy`, `tender`.
    #[must_use]
    #[track_caller]
    pub fn term(self, name: &str, value: impl Into<Value>) -> Self {
        self.set(&format!("/points/{name}"), value.into())
    }

    /// Anything else, by pointer.
    #[must_use]
    #[track_caller]
    pub fn set(mut self, pointer: &str, value: Value) -> Self {
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        let object = self
            .body
            .pointer_mut(parent)
            .unwrap_or_else(|| panic!("nothing at {parent}"));
        object[member] = value;
        self
    }

    /// Points pay bills: `points` of them are worth `money`, in multiples of `step`, up to a share of the bill.
    #[must_use]
    pub fn points_pay(self, points: i64, money: i64, step: i64, max_share_ppm: i64) -> Self {
        self.term(
            "tender",
            json!({"points": points, "money": money, "step": step, "max_share_ppm": max_share_ppm}),
        )
    }

    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }

    pub fn post(self) -> Answer {
        self.app
            .hq()
            .post(&format!("/programs/{}/configurations", self.program), &self.body)
    }

    /// The new version is in force from now on.
    #[track_caller]
    pub fn publish(self) -> Value {
        self.post().created()
    }
}
