//! Steps of the model of every asset that move points by other ways than bills, and those that touch cards.

use super::model_assets::{FIRST, Hold, Run, refused};
use super::posting::{adjust, transfer};
use crate::harness::{Field, time};
use serde_json::json;

impl Run<'_> {
    pub(super) fn exchange(&mut self, who: usize) -> &'static str {
        let (app, later) = (self.app, self.dice.roll(2) == 0);
        let holder = &mut self.holders[who];
        let body = json!({
            "card": holder.member.number, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(),
            "reward_id": self.mug, "collect": if later { "later" } else { "now" },
        });
        let answer = app.till().post("/redemptions", &body);
        if holder.blocked.is_some() {
            return refused(answer, "card_blocked", "an exchange by a blocked card");
        } else if holder.book.free() < 37 {
            return refused(answer, "insufficient_points", "an exchange for too many points");
        }
        holder.book.points -= 37;
        holder.book.exchanges.push((answer.created().text("/id"), 37, later));
        if later {
            "an application for a reward"
        } else {
            "an exchange"
        }
    }

    /// Cancels the last exchange, or hands out what waits.
    pub(super) fn undo_exchange(&mut self, who: usize) -> &'static str {
        let (app, collected) = (self.app, self.dice.roll(2) == 0);
        let book = &mut self.holders[who].book;
        let Some((id, points, waits)) = book.exchanges.pop() else {
            return "nothing";
        };
        let step = |step: &str, body| app.till().post(&format!("/redemptions/{id}/{step}"), &body);
        if waits && collected {
            step("ready", json!({})).ok();
            step("collect", json!({"collector": "holder", "identity_checked": true})).ok();
            return "a reward fetched";
        }
        let body = json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "x"});
        step("cancel", body).created();
        book.points += points;
        "an exchange cancelled"
    }

    pub(super) fn hold(&mut self, who: usize) -> &'static str {
        let (app, amount, days) = (self.app, 1 + self.dice.roll(400), 1 + self.dice.roll(3));
        let holder = &mut self.holders[who];
        let body = json!({
            "card": holder.member.number, "amount": amount, "minutes": days * 1440, "purpose": "礼品",
            "store_id": app.east(),
        });
        let answer = app.till().post("/holds", &body);
        if holder.blocked.is_some() {
            return refused(answer, "card_blocked", "a hold by a blocked card");
        } else if amount > holder.book.free() {
            return refused(answer, "insufficient_points", "a hold of too many points");
        }
        holder.book.holds.push(Hold {
            id: answer.created().text("/id"),
            amount,
            until: self.today + days,
        });
        "a hold"
    }

    pub(super) fn end_hold(&mut self, who: usize) -> &'static str {
        let (app, captured, share) = (self.app, self.dice.roll(3) > 0, 1 + self.dice.roll(4));
        let book = &mut self.holders[who].book;
        let Some(hold) = book.holds.pop() else {
            return "nothing";
        };
        let path = format!("/holds/{}", hold.id);
        if !captured {
            app.till().post(&format!("{path}/release"), &json!({})).ok();
            return "a hold let go";
        }
        let asked = (hold.amount * share / 4).max(1);
        let told = app
            .till()
            .post(&format!("{path}/capture"), &json!({"amount": asked}))
            .ok();
        // What returns have taken since isn't kept alive.
        let taken = asked.min(book.free().max(0));
        assert_eq!(told.int("/captured"), taken, "{path}");
        book.points -= taken;
        "a hold captured"
    }

    pub(super) fn adjust(&mut self, who: usize) -> &'static str {
        let amount = 1 + self.dice.roll(60);
        let holder = &mut self.holders[who];
        let amount = if self.dice.roll(2) == 0 && holder.book.free() >= amount {
            -amount
        } else {
            amount
        };
        adjust(self.app, &self.app.manager(), &holder.member, amount).created();
        holder.book.points += amount;
        if amount < 0 { "a deduction" } else { "an addition" }
    }

    pub(super) fn hand_over(&mut self, who: usize) -> &'static str {
        let (to, amount) = ((who + 1) % self.holders.len(), 1 + self.dice.roll(120));
        if self.holders[who].blocked.is_some() || self.holders[to].blocked.is_some() {
            return "nothing";
        }
        let (from, receiver) = (&self.holders[who], &self.holders[to]);
        let answer = transfer(self.app, &from.member, &receiver.member, amount);
        if from.book.free() < amount {
            return refused(answer, "insufficient_points", "a transfer of too many points");
        }
        answer.created();
        self.holders[who].book.points -= amount;
        self.holders[to].book.points += amount;
        "a transfer"
    }

    /// Blocks a card or lifts what blocks it; with a loss go the holds.
    pub(super) fn block(&mut self, who: usize) -> &'static str {
        let (app, lost) = (self.app, self.dice.roll(2) == 0);
        let holder = &mut self.holders[who];
        let card = &holder.member.card;
        match holder.blocked.take() {
            Some("loss") => {
                app.operate(card, "cancel-loss", json!({"identity_checked": true})).ok();
                "a card found again"
            }
            Some(_) => {
                app.operate(card, "unfreeze", json!({})).ok();
                "a card thawed"
            }
            None if lost => {
                app.operate(card, "report-loss", json!({"identity_checked": true})).ok();
                (holder.blocked, holder.book.holds) = (Some("loss"), Vec::new());
                "a loss"
            }
            None => {
                app.operate(card, "freeze", json!({})).ok();
                holder.blocked = Some("frozen");
                "a card frozen"
            }
        }
    }

    /// A damaged card is replaced: what it held goes, the membership goes on.
    pub(super) fn replace(&mut self, who: usize) -> &'static str {
        let (app, holder) = (self.app, &mut self.holders[who]);
        if holder.blocked.is_some() {
            return "nothing";
        }
        let body = json!({"store_id": app.east(), "cause": "damaged"});
        let new = app.operate(&holder.member.card, "replace", body).created();
        holder.member.card = new.text("/id");
        holder.member.number = new.text("/number");
        holder.book.holds.clear();
        holder.last = None;
        "a card replaced"
    }

    /// The last sale once more, under a key of its own: the first answer, whatever has happened since.
    pub(super) fn repeat(&mut self, who: usize) -> &'static str {
        let holder = &self.holders[who];
        if let (Some(sale), Some(bought)) = (&holder.last, holder.book.bought.last()) {
            assert_eq!(sale.post().ok(), bought.bill.body);
        }
        "a repeat"
    }

    pub(super) fn pass(&mut self) -> &'static str {
        self.today += 1;
        assert!(self.today < 60, "the run is too long");
        let now = time::local(time::millis(FIRST) + self.today * 86_400_000);
        self.app.set_now(&now);
        for holder in &mut self.holders {
            holder.book.holds.retain(|hold| hold.until > self.today);
        }
        if self.dice.roll(2) == 0 {
            self.app.night();
        }
        "a night"
    }
}
