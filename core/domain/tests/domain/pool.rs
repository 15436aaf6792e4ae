//! Points that a family shares: whose go first, what stays out, and that they come back to where they were.

use crate::books::check_books;
use crate::kit::*;
use cardea_domain::id::*;
use cardea_domain::ledger::*;
use cardea_domain::rows::Rows;
use cardea_domain::sale::*;
use std::collections::BTreeMap;
use uuid::Uuid;

struct Family {
    shop: Shop,
    others: BTreeMap<MembershipId, Member>,
    pool: Pool,
    /// Lots of the others as they were opened.
    lots: Vec<SpentMove>,
}

fn id(number: u128) -> MembershipId {
    MembershipId(Uuid::from_u128(number))
}

/// Good for so many days.
fn days(shop: &Shop, days: i64) -> LotTerms {
    LotTerms {
        matures_at: None,
        expires_at: Some(shop.context.now.plus_days(days)),
    }
}

impl Family {
    /// The spender is the first and has 100 points without an end.
    fn new() -> Self {
        let mut shop = Shop::new();
        shop.gift(100, LotTerms::default());
        let others: BTreeMap<_, _> = [2, 3]
            .map(|number| (id(number), Member::opened(&membership(number))))
            .into();
        let tails = [1, 2, 3].map(|number| (id(number), format!("000{number}")));
        let mut family = Self {
            pool: Pool {
                members: tails.into(),
                ..Pool::default()
            },
            shop,
            others,
            lots: Vec::new(),
        };
        let (soon, later) = (days(&family.shop, 5), days(&family.shop, 20));
        family.gift(2, 70, soon);
        family.gift(2, 50, later);
        let between = days(&family.shop, 10);
        family.gift(3, 60, between);
        family
    }

    fn gift(&mut self, number: u128, amount: i64, terms: LotTerms) {
        let (source, opened_at) = (self.shop.source(), self.shop.context.now);
        let mut rows = Rows::default();
        let member = self.others.get_mut(&id(number)).unwrap();
        let mut booking = Booking::new(member, points(), source, &mut rows, &mut self.shop.ids);
        let lot = booking.credit(draft(EntryKind::Bonus), amount, terms).unwrap();
        booking.finish();
        self.lots.push(SpentMove {
            lot,
            bill: None,
            opened_at,
            terms,
            amount,
        });
        self.save(rows);
    }

    fn save(&mut self, rows: Rows) {
        self.shop.save(rows);
        for other in self.others.values() {
            check_books(&self.shop.saved, other, self.shop.context.now);
        }
    }

    fn spendable(&self) -> i64 {
        let at = PoolAsOf::of(&self.shop.context);
        self.pool.spendable(&self.shop.member, &self.others, at)
    }

    fn lend(&mut self, needed: i64) -> Lent {
        let to = LentFor {
            bill: BillId(self.shop.ids.next_id()),
            occurred_at: self.shop.context.now,
        };
        let Shop {
            member, context, ids, ..
        } = &mut self.shop;
        let lent = self.pool.lend((member, &mut self.others), needed, to, context, ids);
        let lent = lent.unwrap();
        self.save(lent.rows.clone());
        lent
    }

    /// What a return of the last sale finds.
    fn draws(&self, lent: &Lent) -> Vec<PoolDraw> {
        let draws = lent.rows.pool_draws.iter().map(|row| {
            let lot = self.lots.iter().find(|lot| lot.lot == row.lender_lot).unwrap();
            PoolDraw {
                lot: row.lot,
                lender: row.lender,
                part: SpentMove {
                    amount: row.amount,
                    ..lot.clone()
                },
                issued_by: None,
            }
        });
        draws.collect()
    }

    /// Sells for 195 points, 95 of them lent.
    fn sell(&mut self) {
        let lent = self.lend(195);
        self.shop.sell_at(bill(&[200], 195), &[1]);
        self.shop.sales[0].pool_draws = self.draws(&lent);
    }

    fn take_back(&mut self) -> ReturnAnswer {
        let answer = self.shop.take_back(0, &[]);
        let to = LentFor {
            bill: answer.id,
            occurred_at: self.shop.context.now,
        };
        let mut rows = Rows::default();
        let Shop {
            context, ids, sales, ..
        } = &mut self.shop;
        let passed = (&sales[0], answer.passed_on.as_slice());
        take_home(&mut self.others, passed, to, context, (&mut rows, ids)).unwrap();
        self.save(rows);
        answer
    }

    fn points(&self) -> [i64; 3] {
        let (at, asset) = (self.shop.context.now, points());
        let of = |number| self.others[&id(number)].spendable(&asset, at);
        [self.shop.member.spendable(&asset, at), of(2), of(3)]
    }
}

#[test]
fn what_is_lacking_is_lent_in_the_order_in_which_it_ends() {
    let mut family = Family::new();
    let held = Hold {
        id: HoldId(Uuid::from_u128(1)),
        asset: points(),
        amount: 40,
        until: family.shop.context.now.plus_minutes(30),
    };
    family.others.get_mut(&id(3)).unwrap().holds.push(held);
    let maturing = LotTerms {
        matures_at: Some(family.shop.context.now.plus_days(1)),
        expires_at: None,
    };
    family.gift(3, 500, maturing);
    assert_eq!(family.spendable(), 140, "neither what is held nor what matures");
    assert_eq!(family.lend(100).from.points, 0, "their own suffice");
    assert_eq!(
        family.lend(241).from.points,
        0,
        "all together have too little: nothing moves"
    );
    assert_eq!(family.points(), [100, 120, 20]);
    let lent = family.lend(195);
    let amounts: Vec<i64> = lent.entries.iter().map(|entry| entry.amount).collect();
    assert_eq!(amounts, [70, 20, 5]);
    let from = lent.from.members.iter().map(|part| (part.membership_id, part.points));
    assert_eq!(from.collect::<Vec<_>>(), [(id(2), 75), (id(3), 20)]);
    assert_eq!(lent.from.explanation.en, "95 points of the family pool.");
    assert_eq!(family.points(), [195, 45, 0]);
    assert_eq!(lent.rows.entries.iter().map(|entry| entry.amount).sum::<i64>(), 0);
    assert!(lent.rows.measures.is_empty(), "nothing was earned by it");
}

#[test]
fn who_is_in_debt_neither_gives_nor_takes() {
    let mut family = Family::new();
    family
        .others
        .get_mut(&id(2))
        .unwrap()
        .accounts
        .get_mut(&points())
        .unwrap()
        .debt = 1;
    assert_eq!(family.spendable(), 60);
    family.others.get_mut(&id(3)).unwrap().open = false;
    assert_eq!(family.spendable(), 0, "nor whose membership has ended");
    let mut family = Family::new();
    family.shop.member.accounts.get_mut(&points()).unwrap().debt = 1;
    assert_eq!(family.spendable(), 0);
}

#[test]
fn what_was_lent_comes_home_with_its_dates() {
    let mut family = Family::new();
    family.sell();
    assert_eq!(family.points(), [0, 50, 35]);
    let answer = family.take_back();
    assert_eq!((answer.points.given_back, answer.points.to_pool), (195, 95));
    assert_eq!(family.points(), [100, 120, 60]);
    let ends = |number: u128| {
        let account = family.others[&id(number)].account(&points()).unwrap();
        account
            .lots
            .iter()
            .map(|lot| (lot.remaining, lot.terms))
            .collect::<Vec<_>>()
    };
    let (soon, between, later) = (days(&family.shop, 5), days(&family.shop, 10), days(&family.shop, 20));
    assert_eq!((ends(2), ends(3)), (vec![(70, soon), (50, later)], vec![(60, between)]));
}

#[test]
fn what_was_lent_settles_nobody_elses_debt_and_stays_expired() {
    let mut family = Family::new();
    family.sell();
    // The spender owes 40 meanwhile, and the soonest lot ends.
    let args = AdjustArgs {
        asset: points(),
        amount: -40,
        reason: text("差错更正", "correction"),
        debt_limit: 40,
    };
    let Shop {
        member, context, ids, ..
    } = &mut family.shop;
    let (rows, _) = decide_adjustment(member, &args, context, ids).unwrap();
    family.save(rows);
    family.shop.pass_days(6);
    let answer = family.take_back();
    assert_eq!((answer.points.given_back, answer.points.expired), (195, 70));
    assert_eq!(family.points(), [60, 50, 60]);
}
