//! Finding customers: by digest (whole phone, last four digits, identity number) or by name. Names are found through
//! one table of bigrams, which serves both databases and finds a two-character name.

use super::card::Card;
use super::contact::Contact;
use super::list::ClassNamed;
use super::pinyin;
use super::row::CustomerRow;
use crate::each;
use crate::error::Result;
use crate::identity::StoreScope;
use crate::keys::{self, ChainKeys, Digest, IndexKind};
use crate::store::schema::{customer_classes, customer_indexes, customers, search_grams};
use crate::store::{Conn, Id, Name};
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::identifier::{self, half_width, is_invisible};
use cardea_domain::{Day, phone};
use diesel::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Grams of a name that a query looks at; further ones hardly narrow it.
const GRAMS: usize = 4;
/// Rounds of reading candidates for one page, so that a query that finds little still answers soon.
const ROUNDS: usize = 20;

/// What somebody typed to find a customer, in one form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// International form.
    Phone(String),
    LastFour(String),
    Identity(String),
    /// A mail address, credit code or plate, in lower case.
    Other(IndexKind, String),
    /// Perhaps a WeChat id, else a name.
    Wechat(String),
    /// As [`normalised`].
    Name(String),
}

impl Lookup {
    /// A whole phone number, four digits, or a name; None for nothing at all.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(digits) = phone::as_last_four(text) {
            return Some(Lookup::LastFour(digits));
        }
        if let Ok(phone) = phone::international(text) {
            return Some(Lookup::Phone(phone));
        }
        if let Some(number) = whole_number(text) {
            return Some(number);
        }
        Some(normalised(text)).filter(|name| !name.is_empty()).map(Lookup::Name)
    }

    /// Whether the customer must have given a whole number: such a look-up reaches beyond the own stores.
    pub fn is_exact(&self) -> bool {
        matches!(self, Lookup::Phone(_) | Lookup::Identity(_) | Lookup::Other(..))
    }

    fn digest(&self, keys: &ChainKeys) -> Option<(IndexKind, Digest)> {
        let (kind, value) = match self {
            Lookup::Phone(phone) => (IndexKind::Phone, phone),
            Lookup::LastFour(digits) => (IndexKind::PhoneLast4, digits),
            Lookup::Identity(number) => (IndexKind::Identity, number),
            Lookup::Other(kind, value) => (*kind, value),
            Lookup::Wechat(_) | Lookup::Name(_) => return None,
        };
        Some((kind, keys.digest(kind, value)))
    }
}

/// What nobody is called: a mail address, a credit code, a plate, a resident's number, or a text with a digit in it that
/// may be a WeChat id.
fn whole_number(text: &str) -> Option<Lookup> {
    let other = |kind, value: String| Some(Lookup::Other(kind, value.to_lowercase()));
    if let Ok(number) = identifier::resident(text, Day(i32::MAX)) {
        return Some(Lookup::Identity(number));
    }
    if let Ok(code) = identifier::credit_code(text) {
        return other(IndexKind::CreditCode, code);
    }
    if let Ok(plate) = identifier::plate(text) {
        return other(IndexKind::Plate, plate);
    }
    if let Ok(mail) = identifier::mail(text) {
        return other(IndexKind::Mail, mail);
    }
    let id = identifier::wechat(text).ok()?;
    id.contains(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'))
        .then(|| Lookup::Wechat(id.to_lowercase()))
}

/// A name in the form that grams are made of: lower case, no spaces, no dots.
pub(crate) fn normalised(name: &str) -> String {
    let kept = |c: &char| {
        let unseen = c.is_whitespace() || c.is_control() || is_invisible(*c);
        !unseen && !matches!(c, '·' | '•' | '・' | '.' | ',' | '-' | '\'')
    };
    name.chars()
        .map(half_width)
        .filter(kept)
        .flat_map(char::to_lowercase)
        .take(64)
        .collect()
}

/// Every pair of neighbours, and the first character after `^`, so that a surname alone is found too.
pub(crate) fn grams(normalised: &str) -> BTreeSet<String> {
    let chars: Vec<char> = normalised.chars().collect();
    let first = chars.first().map(|c| format!("^{c}"));
    first
        .into_iter()
        .chain(chars.windows(2).map(|pair| pair.iter().collect()))
        .collect()
}

/// The grams a query looks for, always four (the last repeated): one statement serves every query.
fn query_grams(normalised: &str) -> Option<[String; GRAMS]> {
    let mut all: Vec<String> = grams(normalised).into_iter().collect();
    if all.len() > 1 {
        // Two characters and more may stand anywhere in the name.
        all.retain(|gram| !gram.starts_with('^'));
    }
    let last = all.last()?.clone();
    Some(std::array::from_fn(|i| all.get(i).unwrap_or(&last).clone()))
}

/// Newest first: continue below this id.
fn below(after: Option<CustomerId>) -> Id {
    after.map_or(Id(Uuid::max()), Into::into)
}

/// What a list is narrowed to, whatever was typed.
pub(crate) struct Only<'q> {
    pub scope: &'q StoreScope,
    pub consultant: Option<Id>,
    pub class: Option<ClassNamed>,
}

impl<'q> Only<'q> {
    pub fn of(scope: &'q StoreScope) -> Self {
        Self {
            scope,
            consultant: None,
            class: None,
        }
    }
}

/// Adds the conditions of [`Only`] to a query that knows `customers`.
macro_rules! narrowed {
    ($query:expr, $only:expr) => {{
        let mut query = $query.into_boxed();
        if let StoreScope::Only(stores) = $only.scope {
            let stores: Vec<Id> = stores.iter().map(|store| (*store).into()).collect();
            query = query.filter(customers::store_id.eq_any(stores));
        }
        if let Some(consultant) = $only.consultant {
            query = query.filter(customers::consultant_id.eq(consultant));
        }
        if let Some(ClassNamed { dimension, class }) = $only.class {
            let held = diesel::alias!(customer_classes as held);
            let own = held
                .field(customer_classes::chain_id)
                .eq(customers::chain_id)
                .and(held.field(customer_classes::customer_id).eq(customers::id))
                .and(held.field(customer_classes::dimension).eq(Name(dimension)))
                .and(held.field(customer_classes::class).eq(class));
            query = query.filter(diesel::dsl::exists(held.filter(own)));
        }
        query
    }};
}

/// Customers of the chain and stores, newest first; at most `limit`, all older than `after`. Without a look-up,
/// everyone.
pub(crate) fn find(
    conn: &mut Conn,
    keys: &ChainKeys,
    (chain, only): (ChainId, &Only),
    lookup: Option<&Lookup>,
    after: Option<CustomerId>,
    limit: usize,
) -> Result<Vec<CustomerId>> {
    let found = match lookup {
        None => everyone(conn, chain, only, below(after), limit)?,
        Some(Lookup::Wechat(id)) => {
            let digest = keys.digest(IndexKind::Wechat, id);
            let known = by_digest(conn, (chain, only), IndexKind::Wechat, &digest, below(None), 1)?;
            if known.is_empty() {
                by_name(conn, (chain, only), &normalised(id), below(after), limit)?
            } else {
                by_digest(conn, (chain, only), IndexKind::Wechat, &digest, below(after), limit)?
            }
        }
        Some(Lookup::Name(name)) => {
            let mut found = by_name(conn, (chain, only), name, below(after), limit)?;
            if let Some(sound) = pinyin::typed(name) {
                let digest = keys.digest(IndexKind::Pinyin, &sound);
                found.extend(by_digest(
                    conn,
                    (chain, only),
                    IndexKind::Pinyin,
                    &digest,
                    below(after),
                    limit,
                )?);
                found.sort_unstable_by(|a, b| b.cmp(a));
                found.dedup();
                found.truncate(limit);
            }
            found
        }
        Some(other) => match other.digest(keys) {
            Some((kind, digest)) => by_digest(conn, (chain, only), kind, &digest, below(after), limit)?,
            None => Vec::new(),
        },
    };
    Ok(found.into_iter().map(Id::typed).collect())
}

fn everyone(conn: &mut Conn, chain: ChainId, only: &Only, below: Id, limit: usize) -> Result<Vec<Id>> {
    if let Some(class) = only.class {
        return of_class(conn, (chain, only), class, below, limit);
    }
    Ok(each!(conn, c => narrowed!(customers::table
        .select(customers::id)
        .filter(customers::chain_id.eq(Id::from(chain)).and(customers::id.lt(below)))
        .filter(customers::merged_into.is_null()), only)
        .order(customers::id.desc())
        .limit(limit as i64)
        .load::<Id>(c)?))
}

/// By the classes' own index: a small class of a large archive isn't looked for among all customers.
fn of_class(
    conn: &mut Conn,
    (chain, only): (ChainId, &Only),
    ClassNamed { dimension, class }: ClassNamed,
    below: Id,
    limit: usize,
) -> Result<Vec<Id>> {
    let others = Only { class: None, ..*only };
    let same = customers::chain_id
        .eq(customer_classes::chain_id)
        .and(customers::id.eq(customer_classes::customer_id));
    Ok(each!(conn, c => narrowed!(customer_classes::table
        .inner_join(customers::table.on(same))
        .select(customer_classes::customer_id)
        .filter(customer_classes::chain_id.eq(Id::from(chain)))
        .filter(customer_classes::dimension.eq(Name(dimension)).and(customer_classes::class.eq(class)))
        .filter(customer_classes::customer_id.lt(below))
        .filter(customers::merged_into.is_null()), others)
        .order(customer_classes::customer_id.desc())
        .limit(limit as i64)
        .load::<Id>(c)?))
}

fn by_digest(
    conn: &mut Conn,
    (chain, only): (ChainId, &Only),
    kind: IndexKind,
    digest: &Digest,
    below: Id,
    limit: usize,
) -> Result<Vec<Id>> {
    let same = customers::chain_id
        .eq(customer_indexes::chain_id)
        .and(customers::id.eq(customer_indexes::customer_id));
    Ok(each!(conn, c => narrowed!(customer_indexes::table
        .inner_join(customers::table.on(same))
        .select(customer_indexes::customer_id)
        .filter(customer_indexes::chain_id.eq(Id::from(chain)))
        .filter(customer_indexes::kind.eq(kind.as_str()).and(customer_indexes::digest.eq(digest.as_slice())))
        .filter(customer_indexes::customer_id.lt(below)), only)
        .order(customer_indexes::customer_id.desc())
        .limit(limit as i64)
        .load::<Id>(c)?))
}

/// The customers with this number in another system.
pub(super) fn by_number_elsewhere(
    conn: &mut Conn,
    keys: &ChainKeys,
    within: (ChainId, &Only),
    typed: &str,
) -> Result<Vec<CustomerId>> {
    let kind = IndexKind::ExternalRef;
    let digest = keys.digest(kind, &keys::external_number(typed));
    let found = by_digest(conn, within, kind, &digest, below(None), 1)?;
    Ok(found.into_iter().map(Id::typed).collect())
}

/// Customers of the chain who have one of these phones, newest first.
pub(crate) fn by_phones(conn: &mut Conn, chain: ChainId, phones: &[Digest], limit: usize) -> Result<Vec<CustomerId>> {
    let phones: Vec<&[u8]> = phones.iter().map(Digest::as_slice).collect();
    let found: Vec<Id> = each!(conn, c => customer_indexes::table
        .select(customer_indexes::customer_id)
        .distinct()
        .filter(customer_indexes::chain_id.eq(Id::from(chain)))
        .filter(customer_indexes::kind.eq(IndexKind::Phone.as_str()).and(customer_indexes::digest.eq_any(phones)))
        .order(customer_indexes::customer_id.desc())
        .limit(limit as i64)
        .load::<Id>(c)?);
    Ok(found.into_iter().map(Id::typed).collect())
}

/// Names that hold all of the query's grams are candidates; of those, the ones that hold the query itself.
fn by_name(
    conn: &mut Conn,
    (chain, only): (ChainId, &Only),
    name: &str,
    mut below: Id,
    limit: usize,
) -> Result<Vec<Id>> {
    let Some(grams) = query_grams(name) else {
        return Ok(Vec::new());
    };
    let first_only = name.chars().count() == 1;
    let mut found = Vec::new();
    for _ in 0..ROUNDS {
        let candidates = candidates(conn, (chain, only), &grams, below, limit)?;
        let last = candidates.len() < limit;
        for (id, candidate) in candidates {
            below = id;
            let candidate = normalised(&candidate);
            if if first_only {
                candidate.starts_with(name)
            } else {
                candidate.contains(name)
            } {
                found.push(id);
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
        if last {
            break;
        }
    }
    Ok(found)
}

fn candidates(
    conn: &mut Conn,
    (chain, only): (ChainId, &Only),
    grams: &[String; GRAMS],
    below: Id,
    limit: usize,
) -> Result<Vec<(Id, String)>> {
    let same = customers::chain_id
        .eq(search_grams::chain_id)
        .and(customers::id.eq(search_grams::customer_id));
    let others = diesel::alias!(search_grams as others);
    let has = |gram: &String| {
        diesel::dsl::exists(
            others.filter(
                others
                    .field(search_grams::chain_id)
                    .eq(Id::from(chain))
                    .and(others.field(search_grams::gram).eq(gram.clone()))
                    .and(others.field(search_grams::customer_id).eq(search_grams::customer_id)),
            ),
        )
    };
    Ok(each!(conn, c => narrowed!(search_grams::table
        .inner_join(customers::table.on(same))
        .select((search_grams::customer_id, customers::name))
        .filter(search_grams::chain_id.eq(Id::from(chain)).and(search_grams::gram.eq(&grams[0])))
        .filter(search_grams::customer_id.lt(below))
        .filter(has(&grams[1]).and(has(&grams[2])).and(has(&grams[3]))), only)
        .order(search_grams::customer_id.desc())
        .limit(limit as i64)
        .load::<(Id, String)>(c)?))
}

/// Writes a customer's digests and grams.
pub(crate) fn index(conn: &mut Conn, chain: ChainId, customer: CustomerId, entries: &Entries) -> Result<()> {
    let digests: Vec<_> = entries
        .digests
        .iter()
        .map(|(kind, digest)| {
            (
                customer_indexes::chain_id.eq(Id::from(chain)),
                customer_indexes::kind.eq(kind.as_str()),
                customer_indexes::digest.eq(digest.as_slice()),
                customer_indexes::customer_id.eq(Id::from(customer)),
            )
        })
        .collect();
    let grams: Vec<_> = entries
        .grams
        .iter()
        .map(|gram| {
            (
                search_grams::chain_id.eq(Id::from(chain)),
                search_grams::gram.eq(gram),
                search_grams::customer_id.eq(Id::from(customer)),
            )
        })
        .collect();
    each!(conn, c => {
        diesel::insert_into(customer_indexes::table).values(&digests).execute(c)?;
        diesel::insert_into(search_grams::table).values(&grams).execute(c)?;
    });
    Ok(())
}

/// Removes what [`index`] wrote.
pub(crate) fn unindex(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<()> {
    let (chain, customer) = (Id::from(chain), Id::from(customer));
    let digests = customer_indexes::chain_id
        .eq(chain)
        .and(customer_indexes::customer_id.eq(customer));
    let grams = search_grams::chain_id
        .eq(chain)
        .and(search_grams::customer_id.eq(customer));
    each!(conn, c => {
        diesel::delete(customer_indexes::table.filter(digests)).execute(c)?;
        diesel::delete(search_grams::table.filter(grams)).execute(c)?;
    });
    Ok(())
}

/// Under what a customer is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entries {
    pub(crate) digests: Vec<(IndexKind, Digest)>,
    pub(crate) grams: BTreeSet<String>,
}

impl Entries {
    pub fn of(keys: &ChainKeys, row: &CustomerRow, contact: &Contact, card: Option<&Card>) -> Self {
        let mut digests = contact.digests(keys, &row.name);
        digests.extend(row.external_ref.as_ref().map(|number| {
            let kind = IndexKind::ExternalRef;
            (kind, keys.digest(kind, &keys::external_number(number)))
        }));
        digests.extend(pinyin::forms(&row.name).iter().map(|form| {
            let kind = IndexKind::Pinyin;
            (kind, keys.digest(kind, form))
        }));
        digests.extend(card.map(|card| card.digests(keys)).unwrap_or_default());
        digests.sort_unstable();
        digests.dedup();
        Self {
            digests,
            grams: grams(&normalised(&row.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_told_apart() {
        for (typed, lookup) in [
            ("5678", Some(Lookup::LastFour("5678".into()))),
            ("５６７８", Some(Lookup::LastFour("5678".into()))),
            ("13812345678", Some(Lookup::Phone("+8613812345678".into()))),
            ("+86 138 1234 5678", Some(Lookup::Phone("+8613812345678".into()))),
            (" 王 芳 ", Some(Lookup::Name("王芳".into()))),
            ("Emma O'Neill", Some(Lookup::Name("emmaoneill".into()))),
            (
                "wang@Example.com",
                Some(Lookup::Other(IndexKind::Mail, "wang@example.com".into())),
            ),
            ("京A·12345", Some(Lookup::Other(IndexKind::Plate, "京a12345".into()))),
            ("WX_fang", Some(Lookup::Wechat("wx_fang".into()))),
            (
                "11010519491231002x",
                Some(Lookup::Identity("11010519491231002X".into())),
            ),
            ("1.38E+10", Some(Lookup::Name("138e+10".into()))),
            ("  ", None),
        ] {
            assert_eq!(Lookup::parse(typed), lookup, "{typed:?}");
        }
    }

    #[test]
    fn grams_of_names() {
        let all = |name: &str| grams(&normalised(name)).into_iter().collect::<Vec<_>>();
        assert_eq!(all("王小芳"), ["^王", "小芳", "王小"]);
        assert_eq!(all("Li"), ["^l", "li"]);
        assert_eq!(all("王"), ["^王"]);
        assert!(all(" ").is_empty());
        assert_eq!(query_grams("王"), Some(["^王", "^王", "^王", "^王"].map(String::from)));
        assert_eq!(
            query_grams("小芳"),
            Some(["小芳", "小芳", "小芳", "小芳"].map(String::from))
        );
        assert_eq!(query_grams(""), None);
    }
}
