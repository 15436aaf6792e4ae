//! Somebody to look for: a member of the demo with a card that works.

use super::cast::{CHAINS, Chain};
use super::people::phone;
use crate::actor::Actor;
use crate::page::PageArgs;
use crate::{Engine, Result};
use cardea_domain::card::CardState;

/// How many members are looked at for one whose card works.
const MOST: u64 = 100;

/// A member of the demo, as a till finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub chain: &'static str,
    pub card: String,
    pub phone: String,
    pub name: String,
}

/// One member of each chain that is filled so far.
///
/// # Errors
/// The database fails.
pub fn samples(engine: &Engine) -> Result<Vec<Sample>> {
    let found = CHAINS.iter().map(|chain| sample(engine, chain));
    Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn sample(engine: &Engine, chain: &'static Chain) -> Result<Option<Sample>> {
    let Ok(id) = engine.chain_of_code(chain.code) else {
        return Ok(None);
    };
    let system = Actor::system(id);
    for number in 0..MOST {
        let phone = phone(chain.names, number);
        let cards = engine.cards(&system, &phone, &PageArgs::default())?.items;
        let works = cards
            .into_iter()
            .find(|card| card.state == CardState::Active && card.blocks.is_empty());
        if let Some(card) = works
            && let Some(customer) = &card.customer
        {
            let name = engine.customer(&system, customer.id)?.name;
            let (chain, card) = (chain.code, card.number);
            return Ok(Some(Sample {
                chain,
                card,
                phone,
                name,
            }));
        }
    }
    Ok(None)
}
