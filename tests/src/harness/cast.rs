//! The people of a story.

use super::answer::{Answer, Field};
use super::app::TestApp;
use serde_json::{Value, json};

/// A customer's register form, complete unless a story leaves something out (D-RET-1).
pub struct CustomerForm<'a> {
    app: &'a TestApp,
    body: Value,
}

impl<'a> CustomerForm<'a> {
    pub(super) fn new(app: &'a TestApp, name: &str) -> Self {
        let body = json!({
            "name": name, "form_of_address": "ms", "phones": [app.next_phone()], "birthday": "1990-05-20",
            "store_id": app.east(), "consultant_id": app.consultant(), "introducer_customer_id": null,
            "consent": {"marketing": true, "privacy": true},
        });
        Self { app, body }
    }

    /// Sets (or with null empties) one field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.body[field] = value.into();
        self
    }

    #[must_use]
    pub fn phone(self, phone: &str) -> Self {
        self.with("phones", json!([phone]))
    }

    #[must_use]
    pub fn birthday(self, day: &str) -> Self {
        self.with("birthday", day)
    }

    pub fn post(self) -> Answer {
        self.app.hq().post("/customers", &self.body)
    }

    /// The new customer's id.
    #[track_caller]
    pub fn create(self) -> String {
        self.post().created().text("/id")
    }
}

/// A customer with a membership and a card.
#[derive(Clone, Debug)]
pub struct Member {
    pub customer: String,
    pub membership: String,
    pub card: String,
    pub number: String,
    /// The card as it was issued.
    pub issued: Value,
}

impl Member {
    pub fn from_card(customer: &str, card: &Value) -> Self {
        Self {
            customer: customer.to_owned(),
            membership: card.text("/membership_id"),
            card: card.text("/id"),
            number: card.text("/number"),
            issued: card.clone(),
        }
    }
}
