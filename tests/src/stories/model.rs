//! The books against a model that is written differently: it knows no lots, entries or running figures, but holds
//! every single point as a thing of its own with a fate, and works out anew what a return comes to. Here the whole
//! server is asked, database and all; the domain's own model test has the finer rules.

use crate::harness::{Answer, Backend, Balance, Bill, Field, Member, Sale, TestApp, time};
use libtest_mimic::{Completion, Trial};
use serde_json::json;

pub fn tests() -> Vec<Trial> {
    // The same operations in every run.
    const RUNS: [(&str, u64, Policy, i64); 3] = [
        ("where_returns_may_lead_into_debt", 20_261_122, Policy::GoNegative, 3),
        ("where_returns_stay_within_the_balance", 7_001, Policy::WithinBalance, 0),
        ("where_returns_take_maturing_points_only", 365, Policy::OnlyMaturing, 5),
    ];
    let mut found = Vec::new();
    for backend in Backend::ALL.iter().copied() {
        for (name, seed, policy, maturing) in RUNS {
            found.push(backend.trial(&format!("model::{name}"), move || {
                let app = TestApp::start(backend);
                Run::new(&app, seed, policy, maturing).go(STEPS);
                app.finish();
                Ok(Completion::Completed)
            }));
        }
    }
    found
}

const STEPS: usize = 120;
const FIRST: &str = "2026-03-01 10:00";
/// Money that a point pays, minor units.
const WORTH: i64 = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    GoNegative,
    WithinBalance,
    OnlyMaturing,
}

impl Policy {
    fn name(self) -> &'static str {
        match self {
            Policy::GoNegative => "go_negative",
            Policy::WithinBalance => "within_balance",
            Policy::OnlyMaturing => "only_maturing",
        }
    }
}

/// Numbers that follow from a seed (xorshift64*).
pub(super) struct Dice(pub u64);

impl Dice {
    /// 0 to `sides` − 1.
    pub fn roll(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        (high % sides as u64) as i64
    }
}

// --- the model

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Held,
    SpentOn(usize),
    Gone,
}

/// They stand in the order in which they came, which is the order in which they go.
struct Point {
    sale: Option<usize>,
    ripe_on: i64,
    fate: Fate,
}

/// Pieces, what one costs, what of all of them is paid in money, pieces brought back.
#[derive(Clone)]
struct Line {
    pieces: i64,
    price: i64,
    paid: i64,
    back: i64,
}

#[derive(Clone)]
struct Bought {
    lines: Vec<Line>,
    earned: i64,
    spent: i64,
}

#[derive(Default)]
struct Book {
    points: Vec<Point>,
    bought: Vec<Bought>,
    debt: i64,
}

impl Bought {
    fn new(lines: &[(i64, i64)], spent: i64) -> Self {
        let amounts: Vec<i64> = lines.iter().map(|(pieces, price)| pieces * price).collect();
        let total: i64 = amounts.iter().sum();
        // What points pay is spread by money: the largest remainders get one more, the first of equal ones.
        let share = |amount: &i64| spent * WORTH * amount / total;
        let mut rests: Vec<usize> = (0..lines.len()).collect();
        rests.sort_by_key(|i| (-(spent * WORTH * amounts[*i] % total), *i));
        rests.truncate((spent * WORTH - amounts.iter().map(share).sum::<i64>()) as usize);
        let line = |(i, (pieces, price)): (usize, &(i64, i64))| Line {
            pieces: *pieces,
            price: *price,
            paid: amounts[i] - share(&amounts[i]) - i64::from(rests.contains(&i)),
            back: 0,
        };
        let lines = lines.iter().enumerate().map(line).collect();
        let new = Self {
            lines,
            earned: 0,
            spent,
        };
        Self {
            earned: new.kept(),
            ..new
        }
    }

    fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.pieces * line.price).sum()
    }

    fn all_back(&self) -> bool {
        self.lines.iter().all(|line| line.back == line.pieces)
    }

    /// A point per 1.00 that is paid for what is kept; a line has one, two or three pieces, and 6 is a multiple of each.
    fn kept(&self) -> i64 {
        let sixths = |line: &Line| line.paid * (line.pieces - line.back) * (6 / line.pieces);
        self.lines.iter().map(sixths).sum::<i64>() / 600
    }

    /// Of the points spent on it.
    fn given_back(&self) -> i64 {
        let back: i64 = self.lines.iter().map(|line| line.back * line.price).sum();
        if self.all_back() {
            self.spent
        } else {
            self.spent * back / self.total()
        }
    }

    fn taken_back(&self) -> i64 {
        self.earned - self.earned.min(self.kept())
    }
}

impl Book {
    fn available(&self, today: i64) -> i64 {
        let ripe = |point: &&Point| point.fate == Fate::Held && point.ripe_on <= today;
        self.points.iter().filter(ripe).count() as i64 - self.debt
    }

    fn maturing(&self, today: i64) -> i64 {
        let unripe = |point: &&Point| point.fate == Fate::Held && point.ripe_on > today;
        self.points.iter().filter(unripe).count() as i64
    }

    fn credit(&mut self, amount: i64, sale: Option<usize>, ripe_on: i64) {
        for _ in 0..amount {
            if self.debt > 0 {
                self.debt -= 1;
            } else {
                let fate = Fate::Held;
                self.points.push(Point { sale, ripe_on, fate });
            }
        }
    }

    /// The first ones until there are enough; how many there were.
    fn take(&mut self, amount: i64, fate: Fate, may: impl Fn(&Point) -> bool) -> i64 {
        let held = self
            .points
            .iter_mut()
            .filter(|point| point.fate == Fate::Held && may(point));
        held.take(amount.max(0) as usize).map(|point| point.fate = fate).count() as i64
    }

    fn spend(&mut self, amount: i64, today: i64, fate: Fate) {
        let found = self.take(amount, fate, |point| point.ripe_on <= today);
        assert_eq!(found, amount);
    }

    fn take_back(&mut self, sale: usize, pieces: &[i64], today: i64, policy: Policy) {
        let before = self.bought[sale].clone();
        for (line, more) in self.bought[sale].lines.iter_mut().zip(pieces) {
            line.back += more;
        }
        let after = self.bought[sale].clone();
        // The last spent come back first, and settle a debt before anything else.
        let spent = self
            .points
            .iter_mut()
            .rev()
            .filter(|point| point.fate == Fate::SpentOn(sale));
        let mut given: Vec<&mut Point> = spent
            .take((after.given_back() - before.given_back()) as usize)
            .collect();
        given.reverse();
        for point in given {
            point.fate = if self.debt > 0 { Fate::Gone } else { Fate::Held };
            self.debt -= i64::from(self.debt > 0);
        }
        let mut due = after.taken_back() - before.taken_back();
        let only_maturing = policy == Policy::OnlyMaturing;
        due -= self.take(due, Fate::Gone, |point| {
            point.sale == Some(sale) && (!only_maturing || point.ripe_on > today)
        });
        if !only_maturing {
            due -= self.take(due, Fate::Gone, |_| true);
        }
        if policy == Policy::GoNegative {
            self.debt += due;
        }
    }
}

// --- the run

struct Holder<'a> {
    member: Member,
    book: Book,
    frozen: bool,
    bills: Vec<Bill>,
    last: Option<Sale<'a>>,
}

struct Reward {
    id: String,
    price: i64,
    stock: i64,
}

struct Run<'a> {
    app: &'a TestApp,
    dice: Dice,
    policy: Policy,
    maturing: i64,
    /// Days since the first.
    today: i64,
    holders: Vec<Holder<'a>>,
    rewards: Vec<Reward>,
}

impl<'a> Run<'a> {
    fn new(app: &'a TestApp, seed: u64, policy: Policy, maturing: i64) -> Self {
        let first = app.reward("first", 940, None, None);
        let holder = |name: &str| {
            let member = app.member(name);
            app.redeem(&member.number, &first).created();
            let mut book = Book::default();
            book.credit(60, None, 0);
            Holder {
                member,
                book,
                frozen: false,
                bills: Vec::new(),
                last: None,
            }
        };
        let holders = ["王芳", "李雷", "赵敏"].map(holder).into();
        app.configure()
            .points_pay(1, WORTH, 1, 1_000_000)
            .term("return_policy", policy.name())
            .term("maturing_days", maturing)
            .publish();
        let reward = |(code, price, stock)| Reward {
            id: app.reward(code, price, Some(stock), None),
            price,
            stock,
        };
        Self {
            app,
            dice: Dice(seed),
            policy,
            maturing,
            today: 0,
            holders,
            rewards: [("mug", 9, 4), ("bag", 31, 40)].map(reward).into(),
        }
    }

    fn go(&mut self, steps: usize) {
        for step in 0..steps {
            let who = self.dice.roll(self.holders.len() as i64) as usize;
            let what = match self.dice.roll(20) {
                0..=6 => self.sell(who),
                7..=12 => self.bring_back(who),
                13..=14 => self.redeem(who),
                15 => self.freeze(who),
                16..=17 => self.repeat(who),
                _ => self.pass(),
            };
            for holder in &self.holders {
                let expected = Balance {
                    available: holder.book.available(self.today),
                    maturing: holder.book.maturing(self.today),
                    held: 0,
                };
                assert_eq!(
                    self.app.balance(&holder.member),
                    expected,
                    "after step {step}, {what} by {who}"
                );
            }
        }
        for Holder { member, book, .. } in &self.holders {
            let entries = self.app.entries(member);
            let sum: i64 = entries.iter().map(|entry| entry.int("/amount")).sum();
            assert_eq!(sum, book.available(self.today) + book.maturing(self.today));
        }
    }

    fn sell(&mut self, who: usize) -> &'static str {
        let (app, dice, today) = (self.app, &mut self.dice, self.today);
        let holder = &mut self.holders[who];
        let lines: Vec<(i64, i64)> = (0..=dice.roll(3))
            .map(|_| (1 + dice.roll(3), 1_00 + dice.roll(20_00)))
            .collect();
        let total: i64 = lines.iter().map(|(pieces, price)| pieces * price).sum();
        // Half of the bills in money alone; of the others some want a little more points than there are.
        let share = dice.roll(2) * dice.roll(101);
        let available = holder.book.available(today);
        let points = (available.max(0) * share / 90).min(total / WORTH);
        let mut sale = app.sale_to(&holder.member);
        for (pieces, price) in &lines {
            sale = sale.pieces("cream", "skin", pieces * 1000, pieces * price);
        }
        if points > 0 {
            sale = sale.points(points * WORTH);
        }
        let answer = sale.post();
        if holder.frozen {
            answer.expect_problem(409, "card_blocked");
            return "a sale by a frozen card";
        }
        if points > available.max(0) {
            let problem = answer.expect_problem(409, "insufficient_points");
            assert_eq!(problem.int("/available"), available);
            return "a sale for too many points";
        }
        let bought = Bought::new(&lines, points);
        let body = answer.created();
        assert_eq!(
            (body.int("/points_earned"), body.int("/points_spent")),
            (bought.earned, points)
        );
        let number = holder.book.bought.len();
        holder.book.spend(points, today, Fate::SpentOn(number));
        let ripe_on = today + self.maturing + i64::from(self.maturing > 0);
        holder.book.credit(bought.earned, Some(number), ripe_on);
        holder.book.bought.push(bought);
        holder.bills.push(Bill {
            id: body.text("/id"),
            store: app.east().to_owned(),
            body,
        });
        holder.last = Some(sale);
        "a sale"
    }

    fn bring_back(&mut self, who: usize) -> &'static str {
        let (app, dice) = (self.app, &mut self.dice);
        let holder = &mut self.holders[who];
        let sales = holder.bills.len() as i64;
        if sales == 0 {
            return "nothing to return";
        }
        let number = (sales - 1 - dice.roll(sales.min(4))) as usize;
        let bought = &holder.book.bought[number];
        let left: Vec<i64> = bought.lines.iter().map(|line| line.pieces - line.back).collect();
        // At times one more than there is.
        let more = i64::from(dice.roll(6) == 0);
        let wanted: Vec<i64> = left.iter().map(|left| dice.roll(left + 1 + more)).collect();
        let mut back = app.return_of(&holder.bills[number]);
        for (line, pieces) in (1..).zip(&wanted).filter(|(_, pieces)| **pieces > 0) {
            back = back.line(line, pieces * 1000);
        }
        let answer = back.post();
        if bought.all_back() || wanted.iter().zip(&left).any(|(wanted, left)| wanted > left) {
            answer.expect_problem(409, "already_returned");
            return "a return of more than there was";
        }
        // Nothing named: everything that is left.
        let wanted = if wanted.iter().all(|pieces| *pieces == 0) {
            left
        } else {
            wanted
        };
        let before = bought.given_back();
        holder.book.take_back(number, &wanted, self.today, self.policy);
        let given = holder.book.bought[number].given_back() - before;
        assert_eq!(answer.created().int("/points/given_back"), given);
        "a return"
    }

    fn redeem(&mut self, who: usize) -> &'static str {
        let (app, today) = (self.app, self.today);
        let which = self.dice.roll(self.rewards.len() as i64) as usize;
        let (holder, reward) = (&mut self.holders[who], &mut self.rewards[which]);
        let answer = app.redeem(&holder.member.number, &reward.id);
        let refuse = |answer: Answer, code: &str| drop(answer.expect_problem(409, code));
        if holder.frozen {
            refuse(answer, "card_blocked");
        } else if reward.stock == 0 {
            refuse(answer, "out_of_stock");
        } else if holder.book.available(today) < reward.price {
            refuse(answer, "insufficient_points");
        } else {
            answer.created();
            reward.stock -= 1;
            holder.book.spend(reward.price, today, Fate::Gone);
        }
        let shown = app.hq().get(&format!("/rewards/{}", reward.id)).ok();
        assert_eq!(shown.int("/stock"), reward.stock);
        "an exchange"
    }

    fn freeze(&mut self, who: usize) -> &'static str {
        let holder = &mut self.holders[who];
        let operation = if holder.frozen { "unfreeze" } else { "freeze" };
        self.app.operate(&holder.member.card, operation, json!({})).ok();
        holder.frozen = !holder.frozen;
        operation
    }

    /// The last sale once more, under a key of its own: the first answer, whatever has happened since.
    fn repeat(&mut self, who: usize) -> &'static str {
        let holder = &self.holders[who];
        if let (Some(sale), Some(bill)) = (&holder.last, holder.bills.last()) {
            assert_eq!(sale.post().ok(), bill.body);
        }
        "a repeat"
    }

    fn pass(&mut self) -> &'static str {
        self.today += 1 + self.dice.roll(3);
        // Until the end of April nobody has a birthday.
        assert!(self.today < 60, "the run is too long");
        self.app
            .set_now(&time::local(time::millis(FIRST) + self.today * 86_400_000));
        "a night"
    }
}
