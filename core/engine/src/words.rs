//! Words in sealed texts: every pair of neighbouring characters as a keyed digest, so that two characters are found
//! and nothing is there in clear. What is found is opened and looked at again.

use crate::each;
use crate::error::Result;
use crate::keys::{ChainKeys, IndexKind};
use crate::store::schema::text_grams;
use crate::store::{Conn, Id};
use cardea_domain::id::ChainId;
use cardea_domain::identifier::{half_width, is_invisible};
use diesel::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Eight bytes of a digest: enough to tell pairs apart, short enough for many.
pub(crate) type Gram = [u8; 8];

/// Grams of a query that are looked up; further ones hardly narrow it.
const LOOKED_UP: usize = 4;
/// Candidates of one read, and how often there is one more: a query that finds little answers soon.
const CANDIDATES: i64 = 100;
const ROUNDS: usize = 10;
/// Rows written by one statement.
const ROWS: usize = 1000;

/// Whose texts; the same pair has another digest in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Journal,
    Record,
    Contract,
}

/// A text in the form that pairs are made of: lower case, half width, without spaces and unseen characters.
pub(crate) fn normalised(text: &str) -> String {
    text.chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

fn pairs(normalised: &str) -> BTreeSet<String> {
    let chars: Vec<char> = normalised.chars().collect();
    chars.windows(2).map(|pair| pair.iter().collect()).collect()
}

fn digest(keys: &ChainKeys, source: Source, pair: &str) -> Gram {
    let of = match source {
        Source::Journal => "journal",
        Source::Record => "record",
        Source::Contract => "contract",
    };
    let whole = keys.digest(IndexKind::Text, &format!("{of}|{pair}"));
    std::array::from_fn(|i| whole[i])
}

/// The grams of texts.
pub(crate) fn of<'t>(keys: &ChainKeys, source: Source, texts: impl IntoIterator<Item = &'t str>) -> BTreeSet<Gram> {
    let pairs: BTreeSet<String> = texts.into_iter().flat_map(|text| pairs(&normalised(text))).collect();
    pairs.iter().map(|pair| digest(keys, source, pair)).collect()
}

/// Those a query looks for, always four (the last repeated); None for less than two characters.
fn query(keys: &ChainKeys, source: Source, normalised: &str) -> Option<[Vec<u8>; LOOKED_UP]> {
    let all: Vec<String> = pairs(normalised).into_iter().collect();
    let last = all.last()?;
    Some(std::array::from_fn(|i| {
        digest(keys, source, all.get(i).unwrap_or(last)).to_vec()
    }))
}

pub(crate) fn write(conn: &mut Conn, chain: ChainId, subject: Id, grams: &[Gram]) -> Result<()> {
    for some in grams.chunks(ROWS) {
        let row = |gram: &Gram| {
            (
                text_grams::chain_id.eq(Id::from(chain)),
                text_grams::gram.eq(gram.to_vec()),
                text_grams::subject_id.eq(subject),
            )
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        each!(conn, c => diesel::insert_into(text_grams::table).values(&rows).execute(c)?);
    }
    Ok(())
}

pub(crate) fn remove(conn: &mut Conn, chain: ChainId, subject: Id, grams: &[Gram]) -> Result<()> {
    for some in grams.chunks(ROWS) {
        let some: Vec<Vec<u8>> = some.iter().map(|gram| gram.to_vec()).collect();
        let own = text_grams::chain_id
            .eq(Id::from(chain))
            .and(text_grams::gram.eq_any(some))
            .and(text_grams::subject_id.eq(subject));
        each!(conn, c => diesel::delete(text_grams::table.filter(own)).execute(c)?);
    }
    Ok(())
}

/// Puts the grams of changed texts in place of those there were.
pub(crate) fn replace(
    conn: &mut Conn,
    chain: ChainId,
    subject: Id,
    (before, after): (&BTreeSet<Gram>, &BTreeSet<Gram>),
) -> Result<()> {
    let gone: Vec<Gram> = before.difference(after).copied().collect();
    let new: Vec<Gram> = after.difference(before).copied().collect();
    remove(conn, chain, subject, &gone)?;
    write(conn, chain, subject, &new)
}

/// What may hold a query, newest first below an id.
fn candidates(
    conn: &mut Conn,
    keys: &ChainKeys,
    (chain, source): (ChainId, Source),
    normalised: &str,
    (below, limit): (Id, i64),
) -> Result<Vec<Id>> {
    let Some([first, second, third, fourth]) = query(keys, source, normalised) else {
        return Ok(Vec::new());
    };
    let others = diesel::alias!(text_grams as others);
    let has = |gram: Vec<u8>| {
        let same = others
            .field(text_grams::chain_id)
            .eq(Id::from(chain))
            .and(others.field(text_grams::gram).eq(gram))
            .and(others.field(text_grams::subject_id).eq(text_grams::subject_id));
        diesel::dsl::exists(others.filter(same))
    };
    Ok(each!(conn, c => text_grams::table
        .select(text_grams::subject_id)
        .filter(text_grams::chain_id.eq(Id::from(chain)).and(text_grams::gram.eq(first)))
        .filter(text_grams::subject_id.lt(below))
        .filter(has(second).and(has(third)).and(has(fourth)))
        .order(text_grams::subject_id.desc())
        .limit(limit)
        .load::<Id>(c)?))
}

/// Looks through candidates, newest first, until there are enough of those that hold a query. `look` opens some.
pub(crate) fn hits<T>(
    conn: &mut Conn,
    keys: &ChainKeys,
    of: (ChainId, Source),
    (normalised, limit): (&str, usize),
    mut look: impl FnMut(&mut Conn, &[Id]) -> Result<Vec<T>>,
) -> Result<Vec<T>> {
    let (mut hits, mut below) = (Vec::new(), Id(Uuid::max()));
    for _ in 0..ROUNDS {
        let ids = candidates(conn, keys, of, normalised, (below, CANDIDATES))?;
        let Some(last) = ids.last() else { break };
        below = *last;
        hits.extend(look(conn, &ids)?);
        if hits.len() >= limit || (ids.len() as i64) < CANDIDATES {
            break;
        }
    }
    hits.truncate(limit);
    Ok(hits)
}

/// The part of a text around what was looked for.
pub(crate) fn excerpt(text: &str, wanted: &str) -> Option<String> {
    const AROUND: usize = 30;
    let chars: Vec<char> = text.chars().collect();
    let whole = normalised(text);
    if !whole.contains(wanted) {
        return None;
    }
    // Where it begins, in the text as it was written.
    let begins = |from: &usize| {
        let rest: String = chars[*from..].iter().collect();
        normalised(&rest).starts_with(wanted) && !normalised(&chars[*from].to_string()).is_empty()
    };
    let at = (0..chars.len()).find(begins).unwrap_or(0);
    let (from, until) = (
        at.saturating_sub(AROUND),
        (at + wanted.chars().count() + AROUND).min(chars.len()),
    );
    let part: String = chars[from..until].iter().collect();
    let (before, after) = (
        if from > 0 { "…" } else { "" },
        if until < chars.len() { "…" } else { "" },
    );
    Some(format!("{before}{}{after}", part.replace('\n', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_shows_where_it_stands() {
        assert_eq!(
            excerpt("客户要求 换货，周五", "要求换货").as_deref(),
            Some("客户要求 换货，周五")
        );
        assert_eq!(excerpt("ＡＢＣ 小瓶", "abc").as_deref(), Some("ＡＢＣ 小瓶"));
        assert_eq!(excerpt("没有", "小瓶"), None);
        let long = format!("{}小瓶{}", "前".repeat(50), "后".repeat(50));
        let shown = excerpt(&long, "小瓶").unwrap();
        assert!(
            shown.starts_with("…前") && shown.ends_with("后…") && shown.contains("小瓶"),
            "{shown}"
        );
    }
}
