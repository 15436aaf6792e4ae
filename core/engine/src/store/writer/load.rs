//! Loads what decisions need, for several commands at once: one prepared statement for each kind of thing.

use super::blanks;
use super::campaigns;
use super::credentials;
use super::ledger::{LoadedCard, MemberNeed, Needs, State};
pub(crate) use super::standing::{Standing, memberships_at, open_membership, standing_membership, unjudged};
use super::{claims, due, figures, pools, prepaid, record, vouchers};
use crate::error::{Error, Result};
use crate::store::statement::{Bind, fetch, fetch_all, ids, statements};
use crate::store::{Conn, Id};
use cardea_domain::card::{Block, Card};
use cardea_domain::id::*;
use cardea_domain::identifier::grouped_number;
use cardea_domain::ledger::{Account, Asset, EndedLot, Lot, LotTerms, Member};
use cardea_domain::measure::{Figures, Measured};
use cardea_domain::tier::{Below, Upgrade};
use cardea_domain::{Day, Instant};
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text as SqlText};
use std::collections::{BTreeMap, BTreeSet};

statements! {
    SelectMembers -> MemberColumns =
        "SELECT id, program_id, customer_id, store_id, opened_at, open, expires_at, tier, tier_until, own_tier, own_until, \
         purchases, version, merged_into FROM memberships WHERE chain_id = ? AND id IN ({})" of "?";
    SelectAccounts -> (Binary, SqlText, BigInt, BigInt) =
        "SELECT membership_id, asset, balance, debt FROM accounts WHERE chain_id = ? AND membership_id IN ({})" of "?";
    SelectLots -> (Binary, SqlText, Binary, Nullable<Binary>, BigInt, Nullable<BigInt>, Nullable<BigInt>, BigInt) =
        "SELECT membership_id, asset, id, bill_id, opened_at, matures_at, expires_at, remaining FROM lots \
         WHERE remaining > 0 AND chain_id = ? AND membership_id IN ({})" of "?";
    SelectUpgrades -> (Binary, SqlText, SqlText, Integer, Integer, BigInt, BigInt, Nullable<SqlText>) =
        "SELECT membership_id, COALESCE(own_from, from_tier), COALESCE(own_to, to_tier), since, day, figure, threshold, \
         figures FROM tier_changes \
         WHERE (kind = 'upgrade' OR kind = 'merged' AND NOT EXISTS (SELECT 1 FROM tier_changes u WHERE \
         u.chain_id = tier_changes.chain_id AND u.membership_id = tier_changes.membership_id AND u.kind = 'unmerged' \
         AND u.at >= tier_changes.at)) AND chain_id = ? AND membership_id IN ({}) ORDER BY membership_id, at, id" of "?";
    SelectCards -> CardColumns =
        "SELECT c.id, c.membership_id, c.number, c.kind, c.state, c.blocks, c.store_id, c.valid_through, c.replaced_by, \
         c.version, c.awaits_approval, c.entered_by, c.holder_staff_id, s.time_zone, n.last_four FROM cards c \
         JOIN stores s ON s.chain_id = c.chain_id AND s.id = c.store_id \
         LEFT JOIN cards n ON n.chain_id = c.chain_id AND n.id = c.replaced_by WHERE c.chain_id = ? AND c.id IN ({})" of "?";
    SelectCardByNumber -> CardColumns =
        "SELECT c.id, c.membership_id, c.number, c.kind, c.state, c.blocks, c.store_id, c.valid_through, c.replaced_by, \
         c.version, c.awaits_approval, c.entered_by, c.holder_staff_id, s.time_zone, n.last_four FROM cards c \
         JOIN stores s ON s.chain_id = c.chain_id AND s.id = c.store_id \
         LEFT JOIN cards n ON n.chain_id = c.chain_id AND n.id = c.replaced_by WHERE c.chain_id = ? AND c.number = ?";
    SelectCardsOf -> CardColumns =
        "SELECT c.id, c.membership_id, c.number, c.kind, c.state, c.blocks, c.store_id, c.valid_through, c.replaced_by, \
         c.version, c.awaits_approval, c.entered_by, c.holder_staff_id, s.time_zone, n.last_four FROM cards c \
         JOIN stores s ON s.chain_id = c.chain_id AND s.id = c.store_id \
         LEFT JOIN cards n ON n.chain_id = c.chain_id AND n.id = c.replaced_by WHERE c.chain_id = ? AND c.membership_id = ? ORDER BY c.id";
    SelectEndedLots -> (Binary, Nullable<Binary>, BigInt, Nullable<BigInt>, Nullable<BigInt>, Binary, BigInt) =
        "SELECT l.id, l.bill_id, l.opened_at, l.matures_at, l.expires_at, e.id, m.delta FROM entries e \
         JOIN lot_moves m ON m.chain_id = e.chain_id AND m.entry_id = e.id \
         JOIN lots l ON l.chain_id = m.chain_id AND l.membership_id = e.membership_id AND l.id = m.lot_id \
         WHERE e.chain_id = ? AND e.membership_id = ? AND e.kind = 'expire' AND e.asset = 'points' \
         AND e.rule <> 'core.expired_meanwhile' \
         AND (e.occurred_at > ? OR e.rule = 'core.expiry_undone') ORDER BY e.id";
    SelectTierSince -> (Integer,) =
        "SELECT day FROM tier_changes WHERE chain_id = ? AND membership_id = ? ORDER BY at DESC, id DESC LIMIT 1";
    SelectNumber -> (Binary,) = "SELECT id FROM cards WHERE chain_id = ? AND number = ?";
}

type MemberColumns = (
    Binary,
    Binary,
    Nullable<Binary>,
    Binary,
    BigInt,
    Bool,
    Nullable<BigInt>,
    SqlText,
    Nullable<Integer>,
    Nullable<SqlText>,
    Nullable<Integer>,
    BigInt,
    BigInt,
    Nullable<Binary>,
);
type MemberTuple = (
    Id,
    Id,
    Option<Id>,
    Id,
    i64,
    bool,
    Option<i64>,
    String,
    Option<i32>,
    Option<String>,
    Option<i32>,
    i64,
    i64,
    Option<Id>,
);

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
    Bool,
    Nullable<Binary>,
    Nullable<Binary>,
    SqlText,
    Nullable<SqlText>,
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
    bool,
    Option<Id>,
    Option<Id>,
    String,
    Option<String>,
);

/// Loads everything a command asks for. What doesn't exist is simply absent: the decision says what that means.
pub(crate) fn load(conn: &mut Conn, chain: ChainId, needs: &Needs) -> Result<State> {
    let states = load_all(conn, &[(chain, needs)])?;
    states
        .into_iter()
        .next()
        .ok_or_else(|| Error::internal("nothing was loaded"))
}

/// Loads what several commands ask for, in as few statements as there are kinds of things. No two may ask for the same
/// membership.
pub(crate) fn load_all(conn: &mut Conn, asked: &[(ChainId, &Needs)]) -> Result<Vec<State>> {
    let mut states: Vec<State> = asked.iter().map(|_| State::default()).collect();
    let chains: BTreeSet<ChainId> = asked.iter().map(|(chain, _)| *chain).collect();
    for chain in chains {
        let of_chain = || asked.iter().filter(|(c, _)| *c == chain).map(|(_, needs)| *needs);
        let members: Vec<MemberNeed> = of_chain().flat_map(|needs| &needs.members).copied().collect();
        let mut members = self::members(conn, chain, &members)?;
        let cards = cards(conn, chain, &ids(of_chain().flat_map(|needs| &needs.cards).copied()))?;
        let same_chain = asked.iter().zip(&mut states).filter(|((c, _), _)| *c == chain);
        for ((_, needs), state) in same_chain {
            let found = needs.members.iter().filter_map(|need| members.remove(&need.id));
            state.members.extend(found.map(|member| (member.id, member)));
            let found = cards.iter().filter(|card| needs.cards.contains(&card.card.id));
            state.cards.extend(found.map(|card| (card.card.id, card.clone())));
            load_rare(conn, chain, needs, state)?;
        }
    }
    Ok(states)
}

/// What only some commands ask for.
fn load_rare(conn: &mut Conn, chain: ChainId, needs: &Needs, state: &mut State) -> Result<()> {
    if let Some(membership) = needs.cards_of {
        let cards = cards_of(conn, chain, membership)?;
        state.cards.extend(cards.into_iter().map(|c| (c.card.id, c)));
    }
    if let Some(bill) = needs.record {
        state.record = record::load(conn, chain, bill)?;
    }
    for need in &needs.rewards {
        let found = claims::reward(conn, chain, need)?;
        state.rewards.extend(found.map(|(reward, _)| (reward.id, reward)));
    }
    if let Some(bill) = needs.claim_of {
        state.claim = claims::claim(conn, chain, bill)?;
    }
    if let Some((customer, program, now)) = needs.open_of {
        state.open_membership = open_membership(conn, chain, customer, program, now)?;
    }
    if let Some((customer, at)) = needs.standing_of {
        let standing = memberships_at(conn, chain, customer, at)?;
        state.standing = standing.into_iter().map(|standing| standing.choice.id).collect();
    }
    if let Some((membership, at)) = needs.ended_of
        && let Some(member) = state.members.get_mut(&membership)
    {
        member.ended = ended_lots(conn, chain, membership, at)?;
    }
    if let Some(membership) = needs.tier_of {
        state.tier_since = tier_since(conn, chain, membership)?;
    }
    if let Some(number) = &needs.number {
        state.number_taken = !fetch!(conn, SelectNumber, [chain, number.as_str()] => (Id,))?.is_empty();
        state.blank = blanks::find(conn, chain, number.as_str())?;
    }
    for need in &needs.vouchers {
        let found = vouchers::find(conn, chain, &need.digest, need.member)?;
        state.vouchers.extend(found.map(|voucher| (voucher.id, voucher)));
    }
    if let Some(bill) = needs.vouchers_of {
        state.used_vouchers = vouchers::used_on(conn, chain, bill)?;
    }
    if let Some(card) = needs.pin_of {
        state.pin = credentials::pin(conn, chain, card)?;
    }
    if let Some((card, step)) = needs.code {
        state.code_used = credentials::code_used(conn, chain, card, step)?;
    }
    if let Some(due) = &needs.due_lots {
        due::load(conn, chain, due, state)?;
    }
    pools::load(conn, chain, needs, state)?;
    campaigns::load(conn, chain, needs, state)?;
    prepaid::load(conn, chain, needs, state)
}

pub(crate) type Members = BTreeMap<MembershipId, Member>;
/// An id in a statement's list.
pub(super) type Key = [Bind<'static>; 1];

/// A membership without accounts and figures.
pub(crate) fn member_head(conn: &mut Conn, chain: ChainId, id: MembershipId) -> Result<Option<Member>> {
    Ok(member_heads(conn, chain, &ids([id]))?.pop())
}

fn member_heads(conn: &mut Conn, chain: ChainId, ids: &[Key]) -> Result<Vec<Member>> {
    let rows = fetch_all!(conn, SelectMembers, [chain], ids => MemberTuple)?;
    Ok(rows.into_iter().map(member_of_row).collect())
}

fn member_of_row(row: MemberTuple) -> Member {
    let (
        id,
        program,
        customer,
        store,
        opened_at,
        open,
        expires_at,
        tier,
        until,
        own,
        own_until,
        purchases,
        version,
        merged,
    ) = row;
    // One that was merged was closed for good: no end that comes later makes it one that was open until then.
    let expires_at = expires_at.filter(|_| merged.is_none());
    Member {
        id: id.typed(),
        program: program.typed(),
        customer: customer.map(Id::typed),
        store: store.typed(),
        opened_at: Instant(opened_at),
        open,
        was_open: open,
        expires_at: expires_at.map(Instant),
        tier,
        tier_until: until.map(Day),
        below: own.map(|tier| Below {
            tier,
            until: own_until.map(Day),
        }),
        purchases,
        version,
        accounts: BTreeMap::new(),
        figures: Figures::default(),
        upgrades: Vec::new(),
        ended: Vec::new(),
        holds: Vec::new(),
    }
}

/// A membership with accounts, lots and, where asked for, the figures of its tier.
pub(crate) fn member(conn: &mut Conn, chain: ChainId, need: &MemberNeed) -> Result<Option<Member>> {
    Ok(members(conn, chain, &[*need])?.remove(&need.id))
}

fn members(conn: &mut Conn, chain: ChainId, needs: &[MemberNeed]) -> Result<Members> {
    let all = ids(needs.iter().map(|need| need.id));
    let heads = member_heads(conn, chain, &all)?;
    let mut members: Members = heads.into_iter().map(|head| (head.id, head)).collect();
    accounts(conn, chain, &all, &mut members)?;
    super::holds::load(conn, chain, &mut members)?;
    let with_upgrades = ids(needs.iter().filter(|need| need.upgrades).map(|need| need.id));
    upgrades(conn, chain, &with_upgrades, &mut members)?;
    figures::load(conn, chain, needs, &mut members)?;
    Ok(members)
}

fn upgrades(conn: &mut Conn, chain: ChainId, ids: &[Key], members: &mut Members) -> Result<()> {
    type Row = (Id, String, String, i32, i32, i64, i64, Option<String>);
    for (membership, from, to, since, day, figure, threshold, figures) in
        fetch_all!(conn, SelectUpgrades, [chain], ids => Row)?
    {
        if let Some(member) = members.get_mut(&membership.typed()) {
            member.upgrades.push(Upgrade {
                from,
                to,
                day: Day(day),
                measured: match figures {
                    Some(figures) => serde_json::from_str(&figures)?,
                    None => Measured::paid((Day(since), Day(day)), (figure, threshold)),
                },
            });
        }
    }
    Ok(())
}

/// Balances without lots.
fn balances(conn: &mut Conn, chain: ChainId, ids: &[Key], members: &mut Members) -> Result<()> {
    for (membership, asset, balance, debt) in fetch_all!(conn, SelectAccounts, [chain], ids => (Id, String, i64, i64))?
    {
        if let Some(member) = members.get_mut(&membership.typed()) {
            let lots = Vec::new();
            member.accounts.insert(Asset(asset), Account { balance, debt, lots });
        }
    }
    Ok(())
}

/// A membership with its balances alone.
pub(crate) fn member_balances(conn: &mut Conn, chain: ChainId, id: MembershipId) -> Result<Option<Member>> {
    Ok(members_with_balances(conn, chain, &ids([id]))?.remove(&id))
}

/// Memberships with their balances alone.
pub(super) fn members_with_balances(conn: &mut Conn, chain: ChainId, ids: &[Key]) -> Result<Members> {
    let heads = member_heads(conn, chain, ids)?;
    let mut members: Members = heads.into_iter().map(|head| (head.id, head)).collect();
    balances(conn, chain, ids, &mut members)?;
    Ok(members)
}

fn accounts(conn: &mut Conn, chain: ChainId, ids: &[Key], members: &mut Members) -> Result<()> {
    balances(conn, chain, ids, members)?;
    type Row = (Id, String, Id, Option<Id>, i64, Option<i64>, Option<i64>, i64);
    for (membership, asset, id, bill, opened, matures, expires, remaining) in
        fetch_all!(conn, SelectLots, [chain], ids => Row)?
    {
        if let Some(member) = members.get_mut(&membership.typed()) {
            let account = member.accounts.entry(Asset(asset)).or_default();
            account.lots.push(lot((id, bill, opened, matures, expires, remaining)));
        }
    }
    for account in members.values_mut().flat_map(|member| member.accounts.values_mut()) {
        account.lots.sort_by_key(Lot::spend_order);
    }
    Ok(())
}

/// Id, bill, when it was opened, matures and expires, and what is left.
pub(super) type LotColumns = (Id, Option<Id>, i64, Option<i64>, Option<i64>, i64);

pub(super) fn lot((id, bill, opened, matures, expires, remaining): LotColumns) -> Lot {
    let terms = LotTerms {
        matures_at: matures.map(Instant),
        expires_at: expires.map(Instant),
    };
    Lot {
        id: id.typed(),
        bill: bill.map(Id::typed),
        opened_at: Instant(opened),
        terms,
        remaining,
    }
}

/// A card by id.
pub(crate) fn card(conn: &mut Conn, chain: ChainId, id: CardId) -> Result<Option<LoadedCard>> {
    Ok(cards(conn, chain, &ids([id]))?.pop())
}

fn cards(conn: &mut Conn, chain: ChainId, ids: &[Key]) -> Result<Vec<LoadedCard>> {
    let rows = fetch_all!(conn, SelectCards, [chain], ids => CardTuple)?;
    rows.into_iter().map(card_of_row).collect()
}

/// A card by its whole number, in groups or not, typed or scanned.
pub(crate) fn card_by_number(conn: &mut Conn, chain: ChainId, number: &str) -> Result<Option<LoadedCard>> {
    let number = grouped_number(number);
    fetch!(conn, SelectCardByNumber, [chain, number.as_str()] => CardTuple)?
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
    let (id, membership, number, kind, state, blocks, store, valid_through, replaced_by, version, ..) = row;
    let (.., awaits_approval, entered_by, holder_staff, zone, new_last_four) = row;
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
        awaits_approval,
        entered_by: entered_by.map(Id::typed),
        holder_staff: holder_staff.map(Id::typed),
        version,
    };
    Ok(LoadedCard {
        card,
        zone: zone.parse().map_err(Error::internal)?,
        new_last_four,
    })
}

/// `frozen,loss` as it stands in the table; empty for none.
pub(crate) fn parse_blocks(text: &str) -> Result<Vec<Block>> {
    text.split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.parse().map_err(Error::internal))
        .collect()
}

/// The day on which a membership's tier was reached or reviewed last.
pub(crate) fn tier_since(conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<Option<Day>> {
    let last = fetch!(conn, SelectTierSince, [chain, membership] => (i32,))?.pop();
    Ok(last.map(|(day,)| Day(day)))
}

/// Lots of points whose end came after `at` and is booked, with what they had then.
pub(crate) fn ended_lots(
    conn: &mut Conn,
    chain: ChainId,
    membership: MembershipId,
    at: Instant,
) -> Result<Vec<EndedLot>> {
    type Row = (Id, Option<Id>, i64, Option<i64>, Option<i64>, Id, i64);
    let mut ended: Vec<EndedLot> = Vec::new();
    for (id, bill, opened, matures, expires, entry, delta) in
        fetch!(conn, SelectEndedLots, [chain, membership, at] => Row)?
    {
        match ended.iter_mut().find(|end| end.was.id == id.typed()) {
            // Of it, what an earlier bill has taken back.
            Some(end) => end.was.remaining -= delta,
            None if delta < 0 => ended.push(EndedLot {
                was: lot((id, bill, opened, matures, expires, -delta)),
                entry: entry.typed(),
            }),
            None => {}
        }
    }
    Ok(ended)
}
