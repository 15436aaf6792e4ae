//! Awards of campaigns (V11): a welcome once, a birthday once a year. What was missed in the last days, the next run makes up
//! for; nobody gets anything twice, and who has no open membership gets nothing.

use super::{Every, Job, Turn, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{CustomerRow, birthday_keys};
use crate::command::{Award, Command};
use crate::each;
use crate::error::{Error, Result};
use crate::keys::IndexKind;
use crate::store::schema::{campaign_uses, chains, customer_indexes, customers, memberships, stores};
use crate::store::{Conn, Id, Lane};
use cardea_domain::campaign::{CampaignEffect, Offer};
use cardea_domain::id::{ChainId, CustomerId, MembershipId};
use cardea_domain::lunar::birthdays_in;
use cardea_domain::{Code, Day, Instant, Refusal, Zone};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

pub(super) const JOB: Job = Job {
    name: "awards",
    title: ["入会与生日赠分", "Points for joining and for birthdays"],
    every: Every::Hour,
    by: Where::Chain,
    run: |engine, turn| Box::pin(run(engine, turn)),
};

/// For how many days a run makes up.
const DAYS_BACK: i32 = 7;

/// A membership that may get something.
struct Candidate {
    membership: MembershipId,
    customer: Option<CustomerId>,
    program: Id,
    store: Id,
    zone: Zone,
    /// When it joined, or noon of the birthday.
    at: Instant,
    day: Day,
    /// None: for joining.
    year: Option<i32>,
}

/// Answers how many awards were given.
///
/// # Errors
/// The last refusal, after everybody had their turn.
pub(crate) async fn run(engine: &Engine, turn: Turn) -> Result<u64, Refusal> {
    let chain = turn.chain;
    let changes = engine.read(chain, |conn| changes(conn, chain))?;
    if changes == 0 {
        return Ok(0);
    }
    let actor = Arc::new(Actor::system(chain));
    let (mut given, mut last) = (0, Ok(()));
    for award in due(engine, turn, changes)? {
        match engine
            .execute_in(Lane::Bulk, &actor, None, &Command::Award(award))
            .await
        {
            Ok(answered) => given += u64::from(answered.json != "0"),
            // Another run was faster, it has ended since, or no card of it works.
            Err(refusal)
                if matches!(
                    refusal.code,
                    Code::AlreadyExists | Code::MembershipClosed | Code::CardBlocked
                ) => {}
            Err(refusal) => last = Err(refusal),
        }
    }
    last.map(|()| given)
}

fn changes(conn: &mut Conn, chain: ChainId) -> Result<i64> {
    let chain = chains::table.filter(chains::id.eq(Id::from(chain)));
    Ok(each!(conn, c => chain.select(chains::campaigns_version).get_result(c)?))
}

/// What is to be given and hasn't been.
fn due(engine: &Engine, turn: Turn, changes: i64) -> Result<Vec<Award>> {
    let chain = turn.chain;
    let candidates = engine.read(chain, |conn| {
        let zones = zones(conn, chain)?;
        let mut found = joined(conn, chain, turn.now, &zones)?;
        found.extend(birthdays(engine, conn, turn, &zones)?);
        Ok(found)
    })?;
    let mut awards = Vec::new();
    for candidate in candidates {
        let effect = match candidate.year {
            Some(_) => CampaignEffect::Birthday,
            None => CampaignEffect::SignUp,
        };
        let program = candidate.program.typed();
        for offer in engine.offers_at(chain, changes, program, candidate.at)? {
            let rules = &offer.rules;
            let here = rules.stores.is_empty() || rules.stores.contains(&candidate.store.typed());
            let open = rules.effect == effect && here && rules.window.contains(candidate.at, candidate.zone);
            if open && engine.is_for(&offer, chain, candidate.customer, candidate.at)? {
                awards.push(award(offer, &candidate));
            }
        }
    }
    let given = engine.read(chain, |conn| given(conn, chain, &awards))?;
    let key = |award: &Award| (Id(award.offer.id.0), Id(award.membership.0), award.occasion.clone());
    awards.retain(|award| !given.contains(&key(award)));
    Ok(awards)
}

fn award(offer: Arc<Offer>, candidate: &Candidate) -> Award {
    Award {
        offer,
        membership: candidate.membership,
        occasion: candidate.year.map_or("sign_up".to_owned(), |year| year.to_string()),
        day: candidate.day,
    }
}

/// Of some awards, those that were given.
fn given(conn: &mut Conn, chain: ChainId, awards: &[Award]) -> Result<HashSet<(Id, Id, String)>> {
    let members: Vec<Id> = awards.iter().map(|award| Id(award.membership.0)).collect();
    let mut found = HashSet::new();
    for some in members.chunks(500) {
        let rows: Vec<(Id, Id, Option<String>)> = each!(conn, c => campaign_uses::table
            .select((campaign_uses::campaign_id, campaign_uses::membership_id, campaign_uses::occasion))
            .filter(campaign_uses::chain_id.eq(Id::from(chain)).and(campaign_uses::membership_id.eq_any(some)))
            .filter(campaign_uses::occasion.is_not_null())
            .load(c)?);
        let rows = rows.into_iter();
        found.extend(rows.filter_map(|(campaign, member, occasion)| Some((campaign, member, occasion?))));
    }
    Ok(found)
}

fn zones(conn: &mut Conn, chain: ChainId) -> Result<BTreeMap<Id, Zone>> {
    let rows: Vec<(Id, String)> = each!(conn, c => stores::table
        .select((stores::id, stores::time_zone))
        .filter(stores::chain_id.eq(Id::from(chain)))
        .load(c)?);
    rows.into_iter()
        .map(|(id, zone)| Ok((id, zone.parse().map_err(Error::internal)?)))
        .collect()
}

/// Open memberships of the last days.
fn joined(conn: &mut Conn, chain: ChainId, now: Instant, zones: &BTreeMap<Id, Zone>) -> Result<Vec<Candidate>> {
    let since = now.plus_days(-i64::from(DAYS_BACK)).0;
    let rows: Vec<(Id, Option<Id>, Id, Id, i64)> = each!(conn, c => memberships::table
        .select((memberships::id, memberships::customer_id, memberships::program_id, memberships::store_id,
            memberships::opened_at))
        .filter(memberships::chain_id.eq(Id::from(chain)).and(memberships::opened_at.gt(since)))
        .filter(memberships::open.eq(true))
        .order(memberships::id)
        .load(c)?);
    let candidate = |(membership, customer, program, store, opened): (Id, Option<Id>, Id, Id, i64)| {
        let zone = *zones.get(&store)?;
        Some(Candidate {
            membership: membership.typed(),
            customer: customer.map(Id::typed),
            program,
            store,
            zone,
            at: Instant(opened),
            day: zone.day_of(Instant(opened)),
            year: None,
        })
    };
    Ok(rows.into_iter().filter_map(candidate).collect())
}

/// Open memberships of customers who kept their birthday in the last days, by whichever calendar.
fn birthdays(engine: &Engine, conn: &mut Conn, turn: Turn, zones: &BTreeMap<Id, Zone>) -> Result<Vec<Candidate>> {
    let (chain, keys) = (turn.chain, engine.keys().chain(turn.chain));
    // A day more: it may have begun elsewhere.
    let days: Vec<Day> = (-DAYS_BACK..=1).filter_map(|n| turn.day.plus_days(n)).collect();
    let digest = |key: &String| keys.digest(IndexKind::BirthMd, key).to_vec();
    let digests: Vec<Vec<u8>> = days
        .iter()
        .flat_map(|day| birthday_keys(*day))
        .map(|key| digest(&key))
        .collect();
    let customer = customers::chain_id
        .eq(customer_indexes::chain_id)
        .and(customers::id.eq(customer_indexes::customer_id));
    let member = memberships::chain_id
        .eq(customer_indexes::chain_id)
        .and(memberships::customer_id.eq(customer_indexes::customer_id.nullable()));
    let found = customer_indexes::chain_id
        .eq(Id::from(chain))
        .and(customer_indexes::kind.eq(IndexKind::BirthMd.as_str()))
        .and(customer_indexes::digest.eq_any(&digests));
    let rows: Vec<(CustomerRow, Id, Id, Id, i64)> = each!(conn, c => customer_indexes::table
        .inner_join(customers::table.on(customer))
        .inner_join(memberships::table.on(member))
        .select((CustomerRow::as_select(), memberships::id, memberships::program_id, memberships::store_id,
            memberships::opened_at))
        .filter(found.and(memberships::open.eq(true)))
        .order(memberships::id)
        .load(c)?);
    let mut candidates = Vec::new();
    for (row, membership, program, store, opened) in rows {
        let (contact, zone) = (row.contact(&keys)?, zones.get(&store));
        let (Some(born), Some(zone)) = (contact.birthday, zone) else {
            continue;
        };
        let today = zone.day_of(turn.now);
        let kept = |day: &&Day| {
            let of_year = birthdays_in(born, contact.birthday_calendar, day.year());
            **day <= today && of_year.contains(day) && zone.day_of(Instant(opened)) <= **day
        };
        for day in days.iter().filter(kept) {
            let Some(at) = zone.instant_at(*day, 12 * 3600) else {
                continue;
            };
            candidates.push(Candidate {
                membership: membership.typed(),
                customer: Some(row.id.typed()),
                program,
                store,
                zone: *zone,
                // On the day itself it holds from midnight on, whatever is set up before noon.
                at: if *day == today { turn.now.max(at) } else { at },
                day: *day,
                year: Some(day.year()),
            });
        }
    }
    Ok(candidates)
}
