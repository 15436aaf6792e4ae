//! Finding cards by what somebody typed or scanned.
//!
//! Four digits may end a card's number or a phone's: cards with such a number come first, then those of the customers
//! that the archive finds. A cursor says in which of the two parts to go on, and where.

use super::{not_a_cursor, stores_of};
use crate::archive::Lookup;
use crate::command::code;
use crate::error::Result;
use crate::identity::StoreScope;
use crate::store::schema::{cards, memberships};
use crate::store::writer::load;
use crate::store::{Conn, Id};
use crate::{Engine, Page, PageArgs, each};
use cardea_domain::Refusal;
use cardea_domain::card::{CardNumber, MemberCode};
use cardea_domain::id::{CardId, ChainId, CustomerId};
use cardea_domain::identifier::{grouped_number, identifier};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

/// Rounds of looking for customers with cards per page, so that a name that many customers without one share is still
/// answered soon; the next page goes on.
const ROUNDS: usize = 20;

/// What somebody typed to find a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sought {
    Number(CardNumber),
    /// A card's dynamic code.
    Code(MemberCode),
    /// The archive's look-up; four digits may be a card's as well.
    Customer(Lookup),
}

impl Sought {
    /// None for what can't be found: nothing at all, or a card number with a typing error.
    pub fn parse(code: &str) -> Option<Self> {
        let dense = grouped_number(code);
        let numeral = dense.bytes().all(|b| b.is_ascii_digit());
        if numeral && dense.len() == 14 && dense.starts_with('9') {
            return dense.parse().ok().map(Sought::Number);
        }
        if let Some(code) = code::parse(&dense) {
            return Some(Sought::Code(code));
        }
        // Only numerals are brought to one form: a name may be written in full width.
        let typed = if numeral { identifier(code) } else { code.to_owned() };
        Lookup::parse(&typed).map(Sought::Customer)
    }

    /// Whether somebody must have given a whole number.
    pub fn is_exact(&self) -> bool {
        match self {
            Sought::Number(_) | Sought::Code(_) => true,
            Sought::Customer(lookup) => lookup.is_exact(),
        }
    }
}

/// Where a page goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    /// Among cards by their last four digits, below this one.
    Card(Id),
    /// Among customers: below this card of this customer, then below the customer.
    Customer(Id, Id),
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let id = |text: &str| text.parse::<Uuid>().ok().map(Id);
        match text.split_once('.') {
            None => id(text).map(Cursor::Card),
            Some((customer, card)) => Some(Cursor::Customer(id(customer)?, id(card)?)),
        }
    }

    fn text(self) -> String {
        match self {
            Cursor::Card(card) => card.text(),
            Cursor::Customer(customer, card) => format!("{}.{}", customer.text(), card.text()),
        }
    }
}

/// A card, and the cursor of the page that begins after it.
#[derive(Clone, Copy, Debug)]
struct Hit {
    card: Id,
    cursor: Cursor,
}

/// The cards of a page.
///
/// # Errors
/// `body_invalid` (limit, cursor).
pub(super) fn cards(
    engine: &Engine,
    (chain, scope): (ChainId, &StoreScope),
    sought: Option<&Sought>,
    page: &PageArgs,
) -> Result<Page<CardId>, Refusal> {
    let limit = page.limit()?;
    let after = page
        .after
        .as_deref()
        .map(|text| Cursor::parse(text).ok_or_else(not_a_cursor))
        .transpose()?;
    let found = match sought {
        None => Page {
            items: Vec::new(),
            next: None,
        },
        Some(Sought::Number(number)) => Page {
            items: by_number(engine, chain, scope, number)?,
            next: None,
        },
        Some(Sought::Code(code)) => {
            let card = code::find(engine, chain, code)?.card.card;
            Page {
                items: Some(card)
                    .filter(|card| scope.allows(card.store))
                    .map(|card| card.id.into())
                    .into_iter()
                    .collect(),
                next: None,
            }
        }
        Some(Sought::Customer(lookup)) => Search {
            engine,
            chain,
            scope,
            lookup,
            limit,
        }
        .page(after)?,
    };
    Ok(found.map(Id::typed))
}

fn by_number(engine: &Engine, chain: ChainId, scope: &StoreScope, number: &CardNumber) -> Result<Vec<Id>> {
    let card = engine.read(chain, |conn| load::card_by_number(conn, chain, number.as_str()))?;
    Ok(card
        .into_iter()
        .filter(|card| scope.allows(card.card.store))
        .map(|card| card.card.id.into())
        .collect())
}

struct Search<'a> {
    engine: &'a Engine,
    chain: ChainId,
    scope: &'a StoreScope,
    lookup: &'a Lookup,
    limit: usize,
}

impl Search<'_> {
    fn page(&self, after: Option<Cursor>) -> Result<Page<Id>> {
        let mut hits = Vec::new();
        let mut customer = match after {
            Some(Cursor::Customer(customer, _)) => Some(customer.typed()),
            _ => None,
        };
        match (after, self.digits()) {
            (Some(Cursor::Customer(customer, card)), _) => hits = self.rest_of(customer, card)?,
            (Some(Cursor::Card(below)), Some(digits)) => hits = self.by_digits(digits, below)?,
            (None, Some(digits)) => hits = self.by_digits(digits, Id(Uuid::max()))?,
            _ => {}
        }
        let mut exhausted = false;
        for _ in 0..ROUNDS {
            if hits.len() > self.limit || exhausted {
                break;
            }
            let wanted = self.limit + 1;
            let customers = self
                .engine
                .find_customers(self.chain, self.scope, self.lookup, customer, wanted)?;
            exhausted = customers.len() < wanted;
            hits.extend(self.of_customers(&customers)?);
            customer = customers.last().copied().or(customer);
        }
        let scanned = customer.filter(|_| !exhausted && hits.len() <= self.limit);
        let mut page = Page::cut(hits, self.limit, |hit| hit.cursor.text());
        if let Some(customer) = scanned {
            page.next = Some(Cursor::Customer(customer.into(), Id(Uuid::nil())).text());
        }
        Ok(page.map(|hit| hit.card))
    }

    fn digits(&self) -> Option<&str> {
        match self.lookup {
            Lookup::LastFour(digits) => Some(digits),
            _ => None,
        }
    }

    /// Cards whose number ends in these digits, newest first, one more than a page.
    fn by_digits(&self, digits: &str, below: Id) -> Result<Vec<Hit>> {
        let ids = self.engine.read(self.chain, |conn| {
            by_last_four(conn, self.chain, self.scope, digits, below, self.limit + 1)
        })?;
        Ok(ids
            .into_iter()
            .map(|card| Hit {
                card,
                cursor: Cursor::Card(card),
            })
            .collect())
    }

    /// The cards of a customer that a page broke off at.
    fn rest_of(&self, customer: Id, below: Id) -> Result<Vec<Hit>> {
        let mut hits = self.of_customers(&[customer.typed()])?;
        hits.retain(|hit| hit.card < below);
        Ok(hits)
    }

    /// The cards of customers, in their order, newest first; without those that were found by their own digits.
    fn of_customers(&self, customers: &[CustomerId]) -> Result<Vec<Hit>> {
        let mut rows = self
            .engine
            .read(self.chain, |conn| cards_of(conn, self.chain, customers))?;
        rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.0, row.1)));
        let found_before = |digits: &str, store: Id| self.digits() == Some(digits) && self.scope.allows(store.typed());
        let fresh = rows
            .into_iter()
            .filter(|(_, _, digits, store)| !found_before(digits, *store));
        Ok(fresh
            .map(|(customer, card, _, _)| Hit {
                card,
                cursor: Cursor::Customer(customer, card),
            })
            .collect())
    }
}

fn by_last_four(
    conn: &mut Conn,
    chain: ChainId,
    scope: &StoreScope,
    digits: &str,
    below: Id,
    limit: usize,
) -> Result<Vec<Id>> {
    let (all, stores) = stores_of(scope);
    Ok(each!(conn, c => cards::table
        .select(cards::id)
        .filter(cards::chain_id.eq(Id::from(chain)).and(cards::last_four.eq(digits)).and(cards::id.lt(below)))
        .filter(all.into_sql::<Bool>().or(cards::store_id.eq_any(&stores)))
        .order(cards::id.desc())
        .limit(limit as i64)
        .load(c)?))
}

/// Customer, card, its last four digits and its store.
fn cards_of(conn: &mut Conn, chain: ChainId, customers: &[CustomerId]) -> Result<Vec<(Id, Id, String, Id)>> {
    let ids: Vec<Id> = customers.iter().map(|id| (*id).into()).collect();
    let same = cards::chain_id
        .eq(memberships::chain_id)
        .and(cards::membership_id.eq(memberships::id));
    let rows: Vec<(Option<Id>, Id, String, Id)> = each!(conn, c => memberships::table
        .inner_join(cards::table.on(same))
        .select((memberships::customer_id, cards::id, cards::last_four, cards::store_id))
        .filter(memberships::chain_id.eq(Id::from(chain)).and(memberships::customer_id.eq_any(&ids)))
        .load(c)?);
    Ok(rows
        .into_iter()
        .filter_map(|(customer, card, digits, store)| Some((customer?, card, digits, store)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_phones_digits_and_names_are_told_apart() {
        let number = CardNumber::from_random(7);
        let spaced = format!("{} {}", &number.as_str()[..7], &number.as_str()[7..]);
        assert_eq!(Sought::parse(&spaced), Some(Sought::Number(number.clone())));
        let mut mistyped = number.to_string();
        mistyped.replace_range(3..4, if &mistyped[3..4] == "0" { "1" } else { "0" });
        assert_eq!(Sought::parse(&mistyped), None);
        assert_eq!(
            Sought::parse("5678"),
            Some(Sought::Customer(Lookup::LastFour("5678".into())))
        );
        assert!(Sought::parse("13812345678").is_some_and(|sought| sought.is_exact()));
        assert!(Sought::parse("王芳").is_some_and(|sought| !sought.is_exact()));
        assert_eq!(Sought::parse(" "), None);
    }

    #[test]
    fn cursors_are_read_as_written() {
        let (a, b) = (Id(Uuid::from_u128(1)), Id(Uuid::from_u128(2)));
        for cursor in [Cursor::Card(a), Cursor::Customer(a, b)] {
            assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
        }
        assert_eq!(Cursor::parse("nonsense"), None);
        assert_eq!(Cursor::parse(&format!("{}.x", a.text())), None);
    }
}
