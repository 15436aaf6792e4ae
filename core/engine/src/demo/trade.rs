//! Ninety days of trade, drawn from the seed alone: who joins when, comes back how often, brings something back,
//! loses a card. What a visit costs or which points it uses is drawn when it happens, from the same seed.

use super::cast::{Chain, PRODUCTS};
use super::dice::Dice;

/// Days of trade.
pub const DAYS: u16 = 90;
/// Members who know each other: an introducer is always of the same circle, so that a circle's commands, done in
/// order, give the same figures whatever the others do.
const CIRCLE: u32 = 4;

/// Something that happens to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Registers, buys enough, gets a card.
    Join,
    Visit,
    /// Brings back something of the last visit.
    Return,
    Redeem,
    Loss,
    /// The card is found again.
    Found,
    Replace,
    /// Somebody without a card buys something; `member` is only a number.
    WalkIn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Since the first day.
    pub day: u16,
    /// Since midnight, local time.
    pub second: u32,
    /// Number within the chain.
    pub member: u32,
    pub what: Happening,
}

/// How a member shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shopper {
    Rare,
    Regular,
    Devoted,
}

/// What doesn't change about a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Index of the usual store.
    pub store: usize,
    pub shopper: Shopper,
    /// Number of the member who brought this one.
    pub introducer: Option<u32>,
    pub joins: u16,
}

/// The members of a chain, and everything that happens in order of day and time.
pub fn plan(seed: u64, chain: &Chain, count: u32) -> (Vec<Member>, Vec<Event>) {
    let (mut members, mut events) = (Vec::with_capacity(count as usize), Vec::new());
    for number in 0..count {
        let mut dice = Dice::of(seed, &[code(chain), u64::from(number), 1]);
        let member = invent(chain, number, &members, &mut dice);
        live(number, &member, &mut dice, &mut events);
        members.push(member);
    }
    let mut dice = Dice::of(seed, &[code(chain), 2]);
    for number in 0..count / 5 {
        let day = dice.below(u64::from(DAYS)) as u16;
        events.push(Event {
            day,
            second: open_hours(&mut dice),
            member: number,
            what: Happening::WalkIn,
        });
    }
    events.sort_by_key(|e| (e.day, e.second, e.member));
    (members, events)
}

/// A label for the chain's streams of chance.
pub fn code(chain: &Chain) -> u64 {
    chain
        .code
        .bytes()
        .fold(0_u64, |sum, byte| sum.wrapping_mul(257).wrapping_add(byte.into()))
}

/// The circle that a member's commands are ordered by.
pub fn circle(member: u32) -> u32 {
    member / CIRCLE
}

fn invent(chain: &Chain, number: u32, earlier: &[Member], dice: &mut Dice) -> Member {
    let shopper = match dice.below(100) {
        0..70 => Shopper::Rare,
        70..94 => Shopper::Regular,
        _ => Shopper::Devoted,
    };
    // Many join in the first weeks, fewer later.
    let joins = dice.below(u64::from(DAYS)).min(dice.below(u64::from(DAYS))) as u16;
    let first = circle(number) * CIRCLE;
    let introducer = (number > first && dice.chance(250))
        .then(|| first + dice.below(u64::from(number - first)) as u32)
        .filter(|friend| earlier[*friend as usize].joins < joins);
    Member {
        store: dice.below(chain.stores.len() as u64) as usize,
        shopper,
        introducer,
        joins,
    }
}

/// From 10:00 to 20:59.
fn open_hours(dice: &mut Dice) -> u32 {
    dice.between(10 * 3600, 21 * 3600 - 1) as u32
}

fn live(number: u32, member: &Member, dice: &mut Dice, events: &mut Vec<Event>) {
    let mut add = |day: u16, dice: &mut Dice, what| {
        if day < DAYS {
            events.push(Event {
                day,
                second: open_hours(dice),
                member: number,
                what,
            });
        }
    };
    add(member.joins, dice, Happening::Join);
    let gap: i64 = match member.shopper {
        Shopper::Rare => 45,
        Shopper::Regular => 16,
        Shopper::Devoted => 6,
    };
    let mut day = member.joins;
    loop {
        day += dice.between(1, 2 * gap) as u16;
        if day >= DAYS {
            break;
        }
        add(day, dice, Happening::Visit);
        if dice.chance(45) {
            add(day + dice.between(1, 6) as u16, dice, Happening::Return);
        }
        if dice.chance(90) {
            add(day + 1, dice, Happening::Redeem);
        }
    }
    if dice.chance(20) {
        let day = member.joins + dice.between(3, 60) as u16;
        add(day, dice, Happening::Loss);
        let end = if dice.chance(300) {
            Happening::Found
        } else {
            Happening::Replace
        };
        add(day + dice.between(1, 5) as u16, dice, end);
    }
}

/// One line of a basket: sku, category, pieces, list price and price of all pieces in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goods {
    pub sku: &'static str,
    pub category: &'static str,
    pub pieces: i64,
    pub list: i64,
    pub price: i64,
}

/// What somebody buys. `at_least` is in minor units.
pub fn basket(chain: &Chain, shopper: Shopper, at_least: i64, dice: &mut Dice) -> Vec<Goods> {
    let (lines, steep) = match shopper {
        Shopper::Rare => (dice.between(1, 3), 3),
        Shopper::Regular => (dice.between(1, 4), 2),
        Shopper::Devoted => (dice.between(2, 5), 1),
    };
    let mut goods = Vec::new();
    let mut total = 0;
    while goods.len() < lines as usize || total < at_least {
        let (sku, category, price) = *dice.pick(&PRODUCTS, steep);
        let pieces = if dice.chance(150) { 2 } else { 1 };
        let list = price * chain.price * pieces;
        // One line in five is on offer, 10 to 30 % off, to the full unit.
        let off = if dice.chance(200) {
            list * dice.between(10, 30) / 100 / 100 * 100
        } else {
            0
        };
        goods.push(Goods {
            sku,
            category,
            pieces,
            list,
            price: list - off,
        });
        total += list - off;
    }
    goods
}

#[cfg(test)]
mod tests {
    use super::super::cast::CHAINS;
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_trade_and_another_seed_another() {
        assert_eq!(plan(1, &CHAINS[0], 200), plan(1, &CHAINS[0], 200));
        assert_ne!(plan(1, &CHAINS[0], 200).1, plan(2, &CHAINS[0], 200).1);
        assert_ne!(plan(1, &CHAINS[0], 200).1, plan(1, &CHAINS[1], 200).1);
    }

    #[test]
    fn trade_is_of_every_kind_and_in_order() {
        let (members, events) = plan(1, &CHAINS[0], 5000);
        assert!(events.is_sorted_by_key(|e| (e.day, e.second)));
        let count = |what| events.iter().filter(|e| e.what == what).count();
        assert_eq!(count(Happening::Join), 5000);
        let visits = count(Happening::Visit);
        assert!((5_000..20_000).contains(&visits), "{visits}");
        for what in [
            Happening::Return,
            Happening::Redeem,
            Happening::Loss,
            Happening::Found,
            Happening::Replace,
        ] {
            assert!(count(what) > 10, "{what:?}");
        }
        for (number, member) in (0..).zip(&members) {
            if let Some(friend) = member.introducer {
                assert!(circle(friend) == circle(number) && members[friend as usize].joins < member.joins);
            }
        }
    }

    #[test]
    fn baskets_reach_what_they_must_and_add_up() {
        let mut dice = Dice::of(3, &[]);
        for _ in 0..500 {
            let goods = basket(&CHAINS[0], Shopper::Rare, 100_000, &mut dice);
            assert!(goods.iter().map(|g| g.price).sum::<i64>() >= 100_000);
            assert!(goods.iter().all(|g| 0 < g.price && g.price <= g.list && g.pieces > 0));
        }
    }
}
