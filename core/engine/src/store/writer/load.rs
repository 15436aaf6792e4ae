//! Loads what decisions need, one cached statement per key.

use super::ledger::{LoadedCard, MemberNeed, Needs, State};
use super::record;
use crate::error::{Error, Result};
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use cardea_domain::card::{Block, Card};
use cardea_domain::id::*;
use cardea_domain::ledger::{Account, Asset, Lot, LotTerms, Member};
use cardea_domain::sale::Reward;
use cardea_domain::tier::Upgrade;
use cardea_domain::{Day, Instant, Text};
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text as SqlText};
use std::collections::BTreeMap;

statements! {
    SelectMember -> (Binary, Nullable<Binary>, Binary, Bool, Nullable<BigInt>, SqlText, BigInt, BigInt) =
        "SELECT program_id, customer_id, store_id, open, expires_at, tier, purchases, version FROM memberships \
         WHERE chain_id = ? AND id = ?";
    SelectAccounts -> (SqlText, BigInt, BigInt) =
        "SELECT asset, balance, debt FROM accounts WHERE chain_id = ? AND membership_id = ?";
    SelectLots -> (Binary, SqlText, BigInt, Nullable<BigInt>, Nullable<BigInt>, BigInt) =
        "SELECT id, asset, opened_at, matures_at, expires_at, remaining FROM lots \
         WHERE chain_id = ? AND membership_id = ? AND remaining > 0";
    SelectPaid -> (Integer, BigInt) =
        "SELECT day, amount FROM measures WHERE chain_id = ? AND membership_id = ? AND measure = 'paid' AND day >= ?";
    SelectUpgrades -> (SqlText, SqlText, Integer, Integer, BigInt, BigInt, Nullable<Binary>) =
        "SELECT from_tier, to_tier, since, day, figure, threshold, cause FROM tier_changes \
         WHERE chain_id = ? AND membership_id = ? AND kind = 'upgrade' ORDER BY at, id";
    SelectCard -> CardColumns =
        "SELECT c.id, c.membership_id, c.number, c.kind, c.state, c.blocks, c.store_id, c.valid_through, c.replaced_by, \
         c.version, s.time_zone FROM cards c JOIN stores s ON s.chain_id = c.chain_id AND s.id = c.store_id \
         WHERE c.chain_id = ? AND c.id = ?";
    SelectCardByNumber -> CardColumns =
        "SELECT c.id, c.membership_id, c.number, c.kind, c.state, c.blocks, c.store_id, c.valid_through, c.replaced_by, \
         c.version, s.time_zone FROM cards c JOIN stores s ON s.chain_id = c.chain_id AND s.id = c.store_id \
         WHERE c.chain_id = ? AND c.number = ?";
    SelectCardsOf -> CardColumns =
        "SELECT c.id, c.membership_id, c.number, c.kind, c.state, c.blocks, c.store_id, c.valid_through, c.replaced_by, \
         c.version, s.time_zone FROM cards c JOIN stores s ON s.chain_id = c.chain_id AND s.id = c.store_id \
         WHERE c.chain_id = ? AND c.membership_id = ? ORDER BY c.id";
    SelectReward -> (Binary, Nullable<Binary>, SqlText, SqlText, BigInt, Nullable<BigInt>, Bool, SqlText) =
        "SELECT program_id, store_id, name_zh, name_en, points, stock, active, code FROM rewards \
         WHERE chain_id = ? AND id = ?";
    SelectOpen -> (Binary, Binary, Nullable<BigInt>) =
        "SELECT id, program_id, expires_at FROM memberships WHERE chain_id = ? AND customer_id = ? AND open \
         ORDER BY opened_at, id";
    SelectNumber -> (Binary,) = "SELECT id FROM cards WHERE chain_id = ? AND number = ?";
    SelectDueLots -> (Binary, SqlText, BigInt, Nullable<BigInt>, Nullable<BigInt>, BigInt) =
        "SELECT l.id, l.asset, l.opened_at, l.matures_at, l.expires_at, l.remaining FROM lots l \
         WHERE l.chain_id = ? AND l.membership_id = ? AND l.expires_at <= ? AND NOT EXISTS \
         (SELECT 1 FROM lot_moves m JOIN entries e ON e.chain_id = m.chain_id AND e.id = m.entry_id \
          WHERE m.chain_id = l.chain_id AND m.lot_id = l.id AND e.kind = 'expire') ORDER BY l.expires_at, l.id";
}

type CardColumns = (
    Binary,
    Binary,
    SqlText,
    SqlText,
    SqlText,
    SqlText,
    Binary,
    Nullable<Integer>,
    Nullable<Binary>,
    BigInt,
    SqlText,
);
type CardTuple = (
    Id,
    Id,
    String,
    String,
    String,
    String,
    Id,
    Option<i32>,
    Option<Id>,
    i64,
    String,
);

/// Loads everything a command asks for. What doesn't exist is simply absent: the decision says what that means.
pub(crate) fn load(conn: &mut Conn, chain: ChainId, needs: &Needs) -> Result<State> {
    let mut state = State::default();
    for need in &needs.members {
        if let Some(member) = member(conn, chain, need)? {
            state.members.insert(need.id, member);
        }
    }
    for id in &needs.cards {
        if let Some(card) = card(conn, chain, *id)? {
            state.cards.insert(*id, card);
        }
    }
    if let Some(membership) = needs.cards_of {
        state
            .cards
            .extend(cards_of(conn, chain, membership)?.into_iter().map(|c| (c.card.id, c)));
    }
    if let Some(bill) = needs.record {
        state.record = record::load(conn, chain, bill)?;
    }
    if let Some(id) = needs.reward {
        state.reward = reward(conn, chain, id)?;
    }
    if let Some((customer, program, now)) = needs.open_of {
        state.open_membership = open_membership(conn, chain, customer, program, now)?;
    }
    if let Some(number) = &needs.number {
        state.number_taken = !fetch!(conn, SelectNumber, [chain, number.as_str()] => (Id,))?.is_empty();
    }
    if let Some((membership, at)) = needs.due_lots {
        type Row = (Id, String, i64, Option<i64>, Option<i64>, i64);
        for (id, asset, opened, matures, expires, left) in fetch!(conn, SelectDueLots, [chain, membership, at] => Row)?
        {
            let lots = state.due_lots.entry(Asset(asset)).or_default();
            lots.push(lot(id, opened, matures, expires, left));
        }
    }
    Ok(state)
}

/// A membership without accounts and figures.
pub(crate) fn member_head(conn: &mut Conn, chain: ChainId, id: MembershipId) -> Result<Option<Member>> {
    type Row = (Id, Option<Id>, Id, bool, Option<i64>, String, i64, i64);
    let row = fetch!(conn, SelectMember, [chain, id] => Row)?.pop();
    Ok(row.map(
        |(program, customer, store, open, expires_at, tier, purchases, version)| Member {
            id,
            program: program.typed(),
            customer: customer.map(Id::typed),
            store: store.typed(),
            open,
            expires_at: expires_at.map(Instant),
            tier,
            purchases,
            version,
            accounts: BTreeMap::new(),
            paid_by_day: BTreeMap::new(),
            upgrades: Vec::new(),
        },
    ))
}

/// A membership with accounts, lots and, where asked for, the figures of its tier.
pub(crate) fn member(conn: &mut Conn, chain: ChainId, need: &MemberNeed) -> Result<Option<Member>> {
    let Some(head) = member_head(conn, chain, need.id)? else {
        return Ok(None);
    };
    let upgrades = if need.upgrades {
        upgrades(conn, chain, need.id)?
    } else {
        Vec::new()
    };
    let since = paid_since(need, &upgrades);
    let paid_by_day = match since {
        Some(day) => fetch!(conn, SelectPaid, [chain, need.id, day] => (i32, i64))?,
        None => Vec::new(),
    };
    Ok(Some(Member {
        accounts: accounts(conn, chain, need.id)?,
        paid_by_day: paid_by_day
            .into_iter()
            .map(|(day, amount)| (Day(day), amount))
            .collect(),
        upgrades,
        ..head
    }))
}

/// The wanted window, or further back to the one of the oldest upgrade.
fn paid_since(need: &MemberNeed, upgrades: &[Upgrade]) -> Option<Day> {
    need.paid_since
        .into_iter()
        .chain(upgrades.iter().map(|upgrade| upgrade.since))
        .min()
}

fn upgrades(conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<Vec<Upgrade>> {
    let rows = fetch!(conn, SelectUpgrades, [chain, membership] => (String, String, i32, i32, i64, i64, Option<Id>))?;
    Ok(rows
        .into_iter()
        .filter_map(|(from, to, since, day, figure, threshold, cause)| {
            Some(Upgrade {
                from,
                to,
                since: Day(since),
                day: Day(day),
                figure,
                threshold,
                bill: cause?.typed(),
            })
        })
        .collect())
}

fn accounts(conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<BTreeMap<Asset, Account>> {
    let mut accounts: BTreeMap<Asset, Account> =
        fetch!(conn, SelectAccounts, [chain, membership] => (String, i64, i64))?
            .into_iter()
            .map(|(asset, balance, debt)| {
                (
                    Asset(asset),
                    Account {
                        balance,
                        debt,
                        lots: Vec::new(),
                    },
                )
            })
            .collect();
    let lots = fetch!(conn, SelectLots, [chain, membership] => (Id, String, i64, Option<i64>, Option<i64>, i64))?;
    for (id, asset, opened, matures, expires, remaining) in lots {
        accounts
            .entry(Asset(asset))
            .or_default()
            .lots
            .push(lot(id, opened, matures, expires, remaining));
    }
    for account in accounts.values_mut() {
        account.lots.sort_by_key(Lot::spend_order);
    }
    Ok(accounts)
}

fn lot(id: Id, opened: i64, matures: Option<i64>, expires: Option<i64>, remaining: i64) -> Lot {
    let terms = LotTerms {
        matures_at: matures.map(Instant),
        expires_at: expires.map(Instant),
    };
    Lot {
        id: id.typed(),
        opened_at: Instant(opened),
        terms,
        remaining,
    }
}

/// A card by id.
pub(crate) fn card(conn: &mut Conn, chain: ChainId, id: CardId) -> Result<Option<LoadedCard>> {
    fetch!(conn, SelectCard, [chain, id] => CardTuple)?
        .pop()
        .map(card_of_row)
        .transpose()
}

/// A card by its whole number.
pub(crate) fn card_by_number(conn: &mut Conn, chain: ChainId, number: &str) -> Result<Option<LoadedCard>> {
    fetch!(conn, SelectCardByNumber, [chain, number] => CardTuple)?
        .pop()
        .map(card_of_row)
        .transpose()
}

/// Every card of a membership, oldest first.
pub(crate) fn cards_of(conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<Vec<LoadedCard>> {
    fetch!(conn, SelectCardsOf, [chain, membership] => CardTuple)?
        .into_iter()
        .map(card_of_row)
        .collect()
}

fn card_of_row(row: CardTuple) -> Result<LoadedCard> {
    let (id, membership, number, kind, state, blocks, store, valid_through, replaced_by, version, zone) = row;
    let card = Card {
        id: id.typed(),
        membership: membership.typed(),
        number: number.parse().map_err(Error::internal)?,
        kind: kind.parse().map_err(Error::internal)?,
        state: state.parse().map_err(Error::internal)?,
        blocks: parse_blocks(&blocks)?,
        store: store.typed(),
        valid_through: valid_through.map(Day),
        replaced_by: replaced_by.map(Id::typed),
        version,
    };
    Ok(LoadedCard {
        card,
        zone: zone.parse().map_err(Error::internal)?,
    })
}

/// `frozen,loss` as it stands in the table; empty for none.
pub(crate) fn parse_blocks(text: &str) -> Result<Vec<Block>> {
    text.split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.parse().map_err(Error::internal))
        .collect()
}

fn reward(conn: &mut Conn, chain: ChainId, id: RewardId) -> Result<Option<Reward>> {
    Ok(reward_with_code(conn, chain, id)?.map(|(reward, _)| reward))
}

/// A reward, and the code under which the catalogue and the plugin know it.
pub(crate) fn reward_with_code(conn: &mut Conn, chain: ChainId, id: RewardId) -> Result<Option<(Reward, String)>> {
    type Row = (Id, Option<Id>, String, String, i64, Option<i64>, bool, String);
    let row = fetch!(conn, SelectReward, [chain, id] => Row)?.pop();
    Ok(row.map(|(program, store, zh, en, points, stock, active, code)| {
        let reward = Reward {
            id,
            program: program.typed(),
            store: store.map(Id::typed),
            name: Text { zh, en },
            points,
            stock,
            active,
        };
        (reward, code)
    }))
}

/// The customer's membership that is open and unexpired at `now`: in `program`, or the oldest in any.
pub(crate) fn open_membership(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    program: Option<ProgramId>,
    now: Instant,
) -> Result<Option<MembershipId>> {
    let rows = fetch!(conn, SelectOpen, [chain, customer] => (Id, Id, Option<i64>))?;
    let wanted = |(_, of, end): &(Id, Id, Option<i64>)| {
        program.is_none_or(|program| Id::from(program) == *of) && end.is_none_or(|end| now.0 < end)
    };
    Ok(rows.into_iter().find(wanted).map(|(id, _, _)| id.typed()))
}

/// The customer's membership in a program that is not closed, and the first instant after its validity: it may be over
/// without a job having booked it.
pub(crate) fn standing_membership(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    program: ProgramId,
) -> Result<Option<(MembershipId, Option<Instant>)>> {
    let rows = fetch!(conn, SelectOpen, [chain, customer] => (Id, Id, Option<i64>))?;
    let same = rows.into_iter().find(|(_, of, _)| Id::from(program) == *of);
    Ok(same.map(|(id, _, end)| (id.typed(), end.map(Instant))))
}
