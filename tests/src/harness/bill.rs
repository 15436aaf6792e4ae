//! Bills: what a till sends.

use super::actor::{Actor, fresh_key};
use super::answer::{Answer, Field};
use super::app::TestApp;
use super::time;
use serde_json::{Value, json};

/// A sale being rung up. Without a tender, all of it is paid in cash.
#[derive(Clone)]
pub struct Sale<'a> {
    app: &'a TestApp,
    actor: Actor,
    body: Value,
}

impl<'a> Sale<'a> {
    pub(super) fn new(app: &'a TestApp) -> Self {
        let body = json!({
            "store_id": app.east(), "member": null, "source": "till", "till": "T1", "receipt": app.next_receipt(),
            "occurred_at": time::instant(&app.now()), "lines": [], "tenders": [],
        });
        Self {
            app,
            actor: app.till(),
            body,
        }
    }

    /// One piece at its list price.
    #[must_use]
    pub fn line(self, sku: &str, category: &str, amount: i64) -> Self {
        self.pieces(sku, category, 1000, amount)
    }

    /// A line of `quantity` thousandths that costs `amount` in all.
    #[must_use]
    pub fn pieces(self, sku: &str, category: &str, quantity: i64, amount: i64) -> Self {
        self.discounted(sku, category, quantity, amount, amount)
    }

    #[must_use]
    pub fn discounted(mut self, sku: &str, category: &str, quantity: i64, list_amount: i64, amount: i64) -> Self {
        self.push(
            "lines",
            json!({
                "sku": sku, "category": category, "quantity": quantity, "amount": amount,
                "list_amount": list_amount, "discount": list_amount - amount, "attributes": {},
            }),
        );
        self
    }

    #[must_use]
    pub fn tender(mut self, kind: &str, amount: i64) -> Self {
        self.push("tenders", json!({"kind": kind, "amount": amount}));
        self
    }

    /// Part of the bill paid with points worth this much money; the rest is cash.
    #[must_use]
    pub fn points(self, amount: i64) -> Self {
        self.tender("points", amount)
    }

    /// A voucher that gives this much.
    #[must_use]
    pub fn voucher(mut self, code: &str, amount: i64) -> Self {
        self.push("tenders", json!({"kind": "voucher", "code": code, "amount": amount}));
        self
    }

    #[must_use]
    pub fn card(self, number: &str) -> Self {
        self.with("member", json!({"card": number}))
    }

    #[must_use]
    pub fn customer(self, id: &str) -> Self {
        self.with("member", json!({"customer_id": id}))
    }

    #[must_use]
    pub fn receipt(self, receipt: &str) -> Self {
        self.with("receipt", receipt)
    }

    #[must_use]
    pub fn store(self, store: &str) -> Self {
        self.with("store_id", store)
    }

    /// When it happened, in the store's zone.
    #[must_use]
    pub fn at(self, local: &str) -> Self {
        self.with("occurred_at", time::instant(local))
    }

    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.body[field] = value.into();
        self
    }

    #[must_use]
    pub fn by(mut self, actor: &Actor) -> Self {
        self.actor = actor.clone();
        self
    }

    fn push(&mut self, list: &str, item: Value) {
        self.body[list].as_array_mut().expect("a list").push(item);
    }

    /// What is sent: what other tenders leave open is paid in cash.
    #[must_use]
    pub fn body(&self) -> Value {
        let sum = |list: &str| {
            self.body[list]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|v| v["amount"].as_i64())
                .sum::<i64>()
        };
        let open = sum("lines") - self.body["rounding"].as_i64().unwrap_or(0) - sum("tenders");
        let mut body = self.body.clone();
        if open > 0 {
            body["tenders"]
                .as_array_mut()
                .expect("a list")
                .push(json!({"kind": "cash", "amount": open}));
        }
        body
    }

    pub fn quote(&self) -> Answer {
        self.actor.request("POST", "/sales/quote").json(&self.body()).send()
    }

    pub fn post(&self) -> Answer {
        self.post_with_key(&fresh_key())
    }

    pub fn post_with_key(&self, key: &str) -> Answer {
        self.actor.request("POST", "/sales").key(key).json(&self.body()).send()
    }

    /// Books it.
    #[track_caller]
    pub fn ring(&self) -> Bill {
        let booked = self.post().created();
        Bill {
            id: booked.text("/id"),
            body: booked,
            store: self.body.text("/store_id"),
        }
    }

    /// Books it after a look at the preview, which must have said the same.
    #[track_caller]
    pub fn ring_as_quoted(&self) -> Bill {
        let quoted = self.quote().ok();
        let bill = self.ring();
        let mut booked = bill.body.clone();
        booked["id"] = Value::Null;
        assert_eq!(
            without_ids(&quoted),
            without_ids(&booked),
            "the quote differs from what was booked"
        );
        bill
    }

    pub fn app(&self) -> &TestApp {
        self.app
    }
}

/// Ids are new in every answer; everything else of a preview must come true.
pub fn without_ids(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members
                .iter()
                .filter(|(name, _)| *name != "id" || members.contains_key("name"));
            Value::Object(kept.map(|(name, value)| (name.clone(), without_ids(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_ids).collect()),
        other => other.clone(),
    }
}

/// A booked sale.
#[derive(Clone, Debug)]
pub struct Bill {
    pub id: String,
    pub store: String,
    pub body: Value,
}

impl Bill {
    #[track_caller]
    pub fn earned(&self) -> i64 {
        self.body.int("/points_earned")
    }

    #[track_caller]
    pub fn spent(&self) -> i64 {
        self.body.int("/points_spent")
    }
}

/// A return being prepared; without lines, everything that is left.
#[derive(Clone)]
pub struct Return {
    actor: Actor,
    path: String,
    body: Value,
}

impl Return {
    pub(super) fn new(app: &TestApp, bill: &Bill) -> Self {
        let body = json!({
            "store_id": bill.store, "source": "till", "till": "T1", "receipt": app.next_receipt(),
            "occurred_at": time::instant(&app.now()), "lines": [], "reason": "changed their mind",
        });
        Self {
            actor: app.till(),
            path: format!("/sales/{}/returns", bill.id),
            body,
        }
    }

    /// Gives back `quantity` thousandths of a line.
    #[must_use]
    pub fn line(mut self, line: i64, quantity: i64) -> Self {
        self.body["lines"]
            .as_array_mut()
            .expect("a list")
            .push(json!({"line": line, "quantity": quantity}));
        self
    }

    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.body[field] = value.into();
        self
    }

    #[must_use]
    pub fn receipt(self, receipt: &str) -> Self {
        self.with("receipt", receipt)
    }

    pub fn quote(&self) -> Answer {
        self.actor
            .request("POST", &format!("{}/quote", self.path))
            .json(&self.body)
            .send()
    }

    pub fn post(&self) -> Answer {
        self.post_with_key(&fresh_key())
    }

    pub fn post_with_key(&self, key: &str) -> Answer {
        self.actor.request("POST", &self.path).key(key).json(&self.body).send()
    }

    /// Books it.
    #[track_caller]
    pub fn book(&self) -> Value {
        self.post().created()
    }

    /// Looks at the preview, then books: both must say the same.
    #[track_caller]
    pub fn book_as_quoted(&self) -> Value {
        let quoted = self.quote().ok();
        assert!(quoted["id"].is_null(), "a preview has no id: {quoted:#}");
        let booked = self.book();
        assert_eq!(
            without_ids(&quoted),
            without_ids(&booked),
            "the preview differs from what was booked"
        );
        booked
    }
}
