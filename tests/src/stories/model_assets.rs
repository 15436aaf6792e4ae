//! Every asset against a model that is written differently: points as one signed number, value as what is left of each
//! top-up, sessions as what is left of each pass. It knows no entries, lots or accounts, and works out anew what a bill
//! earns and a refund pays. Thirty kinds of steps in an order that a seed decides; after each one the server must say the
//! same of points, of what is held, of principal, bonus and sessions.

use super::model::Dice;
use super::posting::{set, transfers_allowed};
use super::prepaid::{known_member, refund_form};
use super::{passes, vouchers};
use crate::harness::{Answer, Backend, Bill, Field, Member, Sale, TestApp};
use libtest_mimic::{Completion, Trial};
use serde_json::json;
use std::collections::BTreeSet;

pub fn tests() -> Vec<Trial> {
    // The same steps in every run.
    const SEEDS: [u64; 3] = [20_261_129, 8_864, 5_150];
    let mut found = Vec::new();
    for backend in Backend::ALL.iter().copied() {
        for seed in SEEDS {
            found.push(backend.trial(&format!("model_assets::seed_{seed}"), move || {
                let app = TestApp::start(backend);
                Run::new(&app, seed).go();
                app.finish();
                Ok(Completion::Completed)
            }));
        }
    }
    found
}

const STEPS: usize = 160;
pub(super) const FIRST: &str = "2026-03-01 10:00";
/// Money that a point pays, minor units.
const WORTH: i64 = 50;
/// What a voucher is worth, and of named value in all the law's limit.
const VOUCHER: i64 = 5_00;
const LIMIT: i64 = 5000_00;

// --- the model

#[derive(Default)]
pub(super) struct TopUp {
    id: String,
    paid: i64,
    granted: i64,
    principal: i64,
    bonus: i64,
    refunded: Option<i64>,
}

pub(super) struct Bought {
    pub(super) bill: Bill,
    pub(super) earned: i64,
    pub(super) spent: i64,
    /// Of which top-up how much principal and bonus.
    pub(super) drawn: Vec<(usize, i64, i64)>,
    pub(super) voucher: Option<usize>,
    pub(super) back: bool,
}

pub(super) struct Pass {
    id: String,
    price: i64,
    list: i64,
    all: i64,
    left: i64,
    earned: i64,
    /// Id and sessions of what can still be called off.
    uses: Vec<(String, i64)>,
    over: bool,
}

pub(super) struct Hold {
    pub(super) id: String,
    pub(super) amount: i64,
    /// The day on which it ends by itself.
    pub(super) until: i64,
}

#[derive(Default)]
pub(super) struct Book {
    /// Below zero: a debt.
    pub(super) points: i64,
    pub(super) top_ups: Vec<TopUp>,
    pub(super) bought: Vec<Bought>,
    pub(super) passes: Vec<Pass>,
    pub(super) holds: Vec<Hold>,
    /// Exchanges that can be cancelled: id, points, whether they wait to be fetched.
    pub(super) exchanges: Vec<(String, i64, bool)>,
}

impl Book {
    fn held(&self) -> i64 {
        self.holds.iter().map(|hold| hold.amount).sum()
    }

    pub(super) fn free(&self) -> i64 {
        (self.points.max(0) - self.held()).max(0) + self.points.min(0)
    }

    fn value(&self) -> (i64, i64) {
        let of = |part: fn(&TopUp) -> i64| self.top_ups.iter().map(part).sum();
        (of(|top_up| top_up.principal), of(|top_up| top_up.bonus))
    }

    fn sessions(&self) -> i64 {
        self.passes.iter().map(|pass| pass.left).sum()
    }

    /// The oldest money first, and of all bonus the same share as of everything.
    fn draw(&mut self, amount: i64) -> Vec<(usize, i64, i64)> {
        let (principal, bonus) = self.value();
        let mut of_bonus = amount * bonus / (principal + bonus).max(1);
        let mut of_principal = amount - of_bonus;
        let mut drawn = Vec::new();
        for (n, top_up) in self.top_ups.iter_mut().enumerate() {
            let part = (of_principal.min(top_up.principal), of_bonus.min(top_up.bonus));
            top_up.principal -= part.0;
            top_up.bonus -= part.1;
            (of_principal, of_bonus) = (of_principal - part.0, of_bonus - part.1);
            drawn.push((n, part.0, part.1));
        }
        assert_eq!((of_principal, of_bonus), (0, 0), "value that isn't there");
        drawn
    }

    /// What an agreed refund of a top-up pays: what was drawn and not brought back counts at the ratio.
    fn owed(&self, n: usize) -> i64 {
        let top_up = &self.top_ups[n];
        let standing = self.bought.iter().filter(|bought| !bought.back);
        let drawn = standing.flat_map(|bought| &bought.drawn).filter(|part| part.0 == n);
        let used: i64 = drawn.map(|part| part.1 + part.2).sum();
        let whole = top_up.paid - used * top_up.paid / (top_up.paid + top_up.granted);
        (whole - top_up.refunded.unwrap_or(0)).max(0)
    }
}

// --- the run

pub(super) struct Holder<'a> {
    pub(super) member: Member,
    pub(super) book: Book,
    pub(super) blocked: Option<&'static str>,
    pub(super) last: Option<Sale<'a>>,
}

pub(super) struct Run<'a> {
    pub(super) app: &'a TestApp,
    pub(super) seed: u64,
    pub(super) dice: Dice,
    pub(super) today: i64,
    pub(super) holders: Vec<Holder<'a>>,
    pub(super) mug: String,
    pub(super) codes: Vec<String>,
    pub(super) unused: BTreeSet<usize>,
    pub(super) kinds: BTreeSet<&'static str>,
}

impl<'a> Run<'a> {
    fn new(app: &'a TestApp, seed: u64) -> Self {
        let offer = json!({
            "code": "more", "name": {"zh": "充值送", "en": "More"},
            "steps": [{"from": 100_00, "grant": {"amount": 20_00}}, {"from": 300_00, "grant": {"amount": 75_50}}],
        });
        app.configure()
            .points_pay(1, WORTH, 1, 1_000_000)
            .term("return_policy", "go_negative")
            .term("value", json!({"draw": "pro_rata", "offers": [offer]}))
            .rule("/cancellable_days", 60)
            .publish();
        transfers_allowed(app, 1_000_000, 1_000_000);
        set(app, "/adjustment-rules", |rules| {
            let most = json!({"role": "store_manager", "per_staff": 1_000_000, "per_membership": 1_000_000});
            rules["limits"] = json!([most]);
        });
        let kind = vouchers::kind(app, "five", json!({"worth": {"kind": "amount", "amount": VOUCHER}}));
        let holder = |name: &str| Holder {
            member: known_member(app, name),
            book: Book {
                points: 1000,
                ..Book::default()
            },
            blocked: None,
            last: None,
        };
        Self {
            app,
            seed,
            dice: Dice(seed),
            today: 0,
            holders: ["王芳", "李雷", "赵敏"].map(holder).into(),
            mug: app.reward("mug", 37, None, None),
            codes: vouchers::codes(app, &kind, 40),
            unused: (0..40).collect(),
            kinds: BTreeSet::new(),
        }
    }

    fn go(&mut self) {
        for step in 0..STEPS {
            let who = self.dice.roll(self.holders.len() as i64) as usize;
            let what = match self.dice.roll(40) {
                0..=8 => self.sell(who),
                9..=12 => self.bring_back(who),
                13..=15 => self.top_up(who),
                16..=17 => self.pay_back(who),
                18..=19 => self.sell_pass(who),
                20..=22 => self.use_pass(who),
                23 => self.call_off(who),
                24 => self.pay_pass_back(who),
                25..=26 => self.exchange(who),
                27 => self.undo_exchange(who),
                28..=29 => self.hold(who),
                30..=31 => self.end_hold(who),
                32 => self.adjust(who),
                33 => self.hand_over(who),
                34..=35 => self.block(who),
                36 => self.replace(who),
                37 => self.repeat(who),
                _ => self.pass(),
            };
            self.kinds.insert(what);
            self.compare(&format!("seed {}, after step {step}, {what} by {who}", self.seed));
        }
        assert!(self.kinds.len() >= 20, "too few kinds of steps: {:?}", self.kinds);
        self.add_up();
    }

    fn compare(&self, when: &str) {
        for holder in &self.holders {
            let (shown, book) = (self.app.card(&holder.member).list("/balances"), &holder.book);
            let of = |asset: &str| shown.iter().find(|balance| balance["asset"] == asset);
            let free = |asset: &str| of(asset).map_or(0, |balance| balance.int("/available"));
            let held = of("points").map_or(0, |balance| balance.int("/held"));
            assert_eq!(
                (free("points"), held),
                (book.points - book.held(), book.held()),
                "points, {when}"
            );
            assert_eq!((free("principal"), free("bonus")), book.value(), "value, {when}");
            assert_eq!(free("session:facial"), book.sessions(), "sessions, {when}");
        }
    }

    /// The statement of each holder comes to the same.
    fn add_up(&self) {
        for Holder { member, book, .. } in &self.holders {
            let entries = self.app.entries(member);
            let sum = |asset: &str| -> i64 {
                let own = entries.iter().filter(|entry| entry.text("/asset") == asset);
                own.map(|entry| entry.int("/amount")).sum()
            };
            assert_eq!(sum("points"), book.points);
            assert_eq!((sum("principal"), sum("bonus")), book.value());
            assert_eq!(sum("session:facial"), book.sessions());
        }
    }

    /// A bill of up to 60.00, paid with anything.
    fn sell(&mut self, who: usize) -> &'static str {
        let (app, dice) = (self.app, &mut self.dice);
        let holder = &mut self.holders[who];
        let total = 6_00 + dice.roll(54_00);
        let code = self.unused.first().copied().filter(|_| dice.roll(4) == 0);
        let mut open = total - code.map_or(0, |_| VOUCHER);
        // At times more than there is.
        let points = (dice.roll(3) / 2 * dice.roll(40)).min(open / WORTH);
        open -= points * WORTH;
        let value = if dice.roll(2) == 0 { 0 } else { dice.roll(open + 1) };
        let mut sale = app.sale_to(&holder.member).line("cream", "skin", total);
        if points > 0 {
            sale = sale.points(points * WORTH);
        }
        if value > 0 {
            sale = sale.tender("value", value);
        }
        if let Some(code) = code {
            sale = sale.voucher(&self.codes[code], VOUCHER);
        }
        let answer = sale.post();
        let (principal, bonus) = holder.book.value();
        if holder.blocked.is_some() {
            return refused(answer, "card_blocked", "a sale by a blocked card");
        } else if value > principal + bonus {
            return refused(answer, "insufficient_value", "a sale for too much value");
        } else if points > holder.book.free().max(0) {
            return refused(answer, "insufficient_points", "a sale for too many points");
        }
        let drawn = holder.book.draw(value);
        let free: i64 = drawn.iter().map(|part| part.2).sum();
        let paid = total - points * WORTH - free - code.map_or(0, |_| VOUCHER);
        let body = answer.created();
        assert_eq!(
            (body.int("/points_earned"), body.int("/points_spent")),
            (paid / 100, points)
        );
        holder.book.points += paid / 100 - points;
        code.map(|code| self.unused.remove(&code));
        let bill = Bill {
            id: body.text("/id"),
            store: app.east().to_owned(),
            body,
        };
        holder.book.bought.push(Bought {
            bill,
            earned: paid / 100,
            spent: points,
            drawn,
            voucher: code,
            back: false,
        });
        holder.last = Some(sale);
        match (points > 0, value > 0, code.is_some()) {
            (false, false, false) => "a sale for money",
            (true, false, _) => "a sale for points",
            (false, true, _) => "a sale for value",
            (true, true, _) => "a sale for points and value",
            (false, false, true) => "a sale with a voucher",
        }
    }

    fn bring_back(&mut self, who: usize) -> &'static str {
        let count = self.holders[who].book.bought.len() as i64;
        if count == 0 {
            return "nothing";
        }
        let book = &mut self.holders[who].book;
        let bought = &mut book.bought[self.dice.roll(count) as usize];
        let answer = self.app.return_of(&bought.bill).post();
        if bought.back {
            return refused(answer, "already_returned", "a second return");
        }
        answer.created();
        bought.back = true;
        book.points += bought.spent - bought.earned;
        for (n, principal, bonus) in &bought.drawn {
            book.top_ups[*n].principal += principal;
            book.top_ups[*n].bonus += bonus;
        }
        self.unused.extend(bought.voucher);
        "a return"
    }

    fn top_up(&mut self, who: usize) -> &'static str {
        let (app, amount) = (self.app, 10_00 + self.dice.roll(400_00));
        let granted = match amount {
            300_00.. => 75_50,
            100_00.. => 20_00,
            _ => 0,
        };
        let offer = (granted > 0).then_some("more");
        let holder = &mut self.holders[who];
        let form = json!({
            "card": holder.member.number, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(),
            "amount": amount, "tenders": [{"kind": "mobile", "amount": amount}], "offer": offer,
        });
        let answer = app.till().post("/top-ups", &form);
        let (principal, bonus) = holder.book.value();
        if holder.blocked.is_some() {
            return refused(answer, "card_blocked", "a top-up of a blocked card");
        } else if principal + bonus + amount + granted > LIMIT {
            return refused(answer, "prepaid_rule", "a top-up beyond the limit");
        }
        holder.book.top_ups.push(TopUp {
            id: answer.created().text("/id"),
            paid: amount,
            granted,
            principal: amount,
            bonus: granted,
            refunded: None,
        });
        "a top-up"
    }

    fn pay_back(&mut self, who: usize) -> &'static str {
        let (app, book) = (self.app, &mut self.holders[who].book);
        let count = book.top_ups.len() as i64;
        if count == 0 {
            return "nothing";
        }
        let n = self.dice.roll(count) as usize;
        let path = format!("/top-ups/{}/refunds", book.top_ups[n].id);
        let answer = app.manager().post(&path, &refund_form(app, "agreed"));
        let owed = book.owed(n);
        let top_up = &mut book.top_ups[n];
        if top_up.refunded.is_some() && top_up.principal == 0 {
            return refused(answer, "not_refundable", "a second refund of nothing");
        }
        assert_eq!(answer.created().int("/amount"), owed, "{path}");
        top_up.refunded = Some(top_up.refunded.unwrap_or(0) + owed);
        (top_up.principal, top_up.bonus) = (0, 0);
        "a refund of a top-up"
    }

    fn sell_pass(&mut self, who: usize) -> &'static str {
        let (app, sessions, gifts) = (self.app, 2 + self.dice.roll(9), self.dice.roll(3));
        let (list, price) = (20_00, sessions * (10_00 + self.dice.roll(10_00)));
        let holder = &mut self.holders[who];
        let mut form = passes::pass_form(app, &holder.member, price, list);
        (form["sessions"], form["gifts"]) = (json!(sessions), json!(gifts));
        let answer = app.till().post("/passes", &form);
        if holder.blocked.is_some() {
            return refused(answer, "card_blocked", "a pass for a blocked card");
        }
        let sold = answer.created();
        assert_eq!(sold.int("/sale/points_earned"), price / 100);
        holder.book.points += price / 100;
        holder.book.passes.push(Pass {
            id: sold.text("/sale/id"),
            price,
            list,
            all: sessions + gifts,
            left: sessions + gifts,
            earned: price / 100,
            uses: Vec::new(),
            over: false,
        });
        "a pass"
    }

    fn use_pass(&mut self, who: usize) -> &'static str {
        let (wanted, which) = (1 + self.dice.roll(3), self.dice.roll(4));
        let book = &mut self.holders[who].book;
        let Some(pass) = book.passes.iter_mut().rev().nth(which as usize) else {
            return "nothing";
        };
        let answer = passes::use_sessions(self.app, &pass.id, wanted, &json!({}));
        if pass.over {
            return refused(answer, "pass_ended", "a use of a pass that was paid back");
        } else if wanted > pass.left {
            return refused(answer, "insufficient_value", "a use of too many sessions");
        }
        let used = answer.created();
        pass.left -= wanted;
        assert_eq!(used.int("/left"), pass.left);
        pass.uses.push((used.text("/id"), wanted));
        "a use of a pass"
    }

    fn call_off(&mut self, who: usize) -> &'static str {
        let book = &mut self.holders[who].book;
        let Some(pass) = book.passes.iter_mut().rev().find(|pass| !pass.uses.is_empty()) else {
            return "nothing";
        };
        let (used, sessions) = pass.uses.pop().expect("a use");
        let answer = passes::call_off(self.app, &used);
        if pass.over {
            return refused(answer, "not_cancellable", "a use called off after the refund");
        }
        answer.created();
        pass.left += sessions;
        "a use called off"
    }

    fn pay_pass_back(&mut self, who: usize) -> &'static str {
        let reason = ["agreed", "consumer"][self.dice.roll(2) as usize];
        let (app, book) = (self.app, &mut self.holders[who].book);
        let Some(pass) = book.passes.last_mut() else {
            return "nothing";
        };
        let path = format!("/passes/{}/refunds", pass.id);
        let answer = app.manager().post(&path, &refund_form(app, reason));
        if pass.over {
            return refused(answer, "not_refundable", "a second refund of a pass");
        }
        let used = pass.all - pass.left;
        let worth = match reason {
            "agreed" => used * pass.price / pass.all,
            _ => used * pass.list,
        };
        let amount = (pass.price - worth).max(0);
        let taken = pass.earned - pass.earned * (pass.price - amount) / pass.price;
        let told = answer.created();
        assert_eq!((told.int("/amount"), told.int("/points")), (amount, taken), "{path}");
        (pass.left, pass.over) = (0, true);
        book.points -= taken;
        "a refund of a pass"
    }
}

pub(super) fn refused(answer: Answer, code: &str, what: &'static str) -> &'static str {
    answer.expect_problem(409, code);
    what
}
