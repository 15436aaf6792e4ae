//! Keyset paging: a list continues after the last row the client has seen, so that page 1000 costs as much as page 1.

use crate::resource::Listed;
use cardea_domain::{Code, Day, Instant, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Rows per page unless told.
const DEFAULT: u32 = 50;
/// Most rows per page.
const MOST: u32 = 200;

/// What page of a list is wanted: `?limit=50&after=<cursor>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageArgs {
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// What page of a list of resources is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// true: only what is in use, false: only what is archived.
    pub active: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Listed for ListQuery {
    fn page(&self) -> PageArgs {
        PageArgs::new(self.limit, self.after.as_deref())
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it back as `after` for the next page; null on the last one.
    pub next: Option<String>,
}

impl PageArgs {
    /// The number to continue after, in lists that are numbered.
    ///
    /// # Errors
    /// `body_invalid` for a cursor that isn't one.
    pub fn after_number(&self) -> Result<Option<i32>, Refusal> {
        let wrong = |_| Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after");
        self.after.as_deref().map(str::parse).transpose().map_err(wrong)
    }

    pub fn new(limit: Option<u32>, after: Option<&str>) -> Self {
        Self {
            limit,
            after: after.map(Into::into),
        }
    }

    /// # Errors
    /// `body_invalid` for a limit outside 1–200.
    pub fn limit(&self) -> Result<usize, Refusal> {
        match self.limit.unwrap_or(DEFAULT) {
            limit @ 1..=MOST => Ok(limit as usize),
            _ => {
                Err(Refusal::new(Code::BodyInvalid, "limit 须在 1 到 200 之间", "limit is from 1 to 200").at("/limit"))
            }
        }
    }

    /// The id to continue after.
    ///
    /// # Errors
    /// `body_invalid` for a cursor that isn't one.
    pub fn after_id(&self) -> Result<Option<Uuid>, Refusal> {
        let wrong = |_| Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after");
        self.after.as_deref().map(str::parse).transpose().map_err(wrong)
    }
}

impl PageArgs {
    /// Where a list ordered by day goes on: after this day and id, which [`day_cursor`] has written.
    ///
    /// # Errors
    /// `body_invalid` for a cursor that isn't one.
    pub fn after_day(&self) -> Result<Option<(Day, Uuid)>, Refusal> {
        self.after_pair()
    }

    /// Where a list ordered by time, the newest first, goes on: below this instant and id, which [`time_cursor`] has
    /// written; at its beginning below all.
    ///
    /// # Errors
    /// `body_invalid` for a cursor that isn't one.
    pub fn below_time(&self) -> Result<(i64, Uuid), Refusal> {
        Ok(self.after_pair()?.unwrap_or((i64::MAX, Uuid::max())))
    }

    fn after_pair<T: std::str::FromStr>(&self) -> Result<Option<(T, Uuid)>, Refusal> {
        let Some(text) = self.after.as_deref() else {
            return Ok(None);
        };
        let parts = text
            .split_once('@')
            .and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
        let wrong = || Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after");
        parts.map(Some).ok_or_else(wrong)
    }
}

/// The cursor of an item in a list ordered by day.
pub(crate) fn day_cursor(day: Day, id: impl std::fmt::Display) -> String {
    format!("{day}@{id}")
}

/// The cursor of an item in a list ordered by time.
pub(crate) fn time_cursor(at: Instant, id: impl std::fmt::Display) -> String {
    format!("{}@{id}", at.0)
}

impl<T> Page<T> {
    /// A page of at most `limit` out of `items`, of which one more than that was read to see whether more follow.
    pub fn cut(mut items: Vec<T>, limit: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }

    /// The same page of something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_knows_whether_more_follow() {
        let page = |n: u32, limit| Page::cut((1..=n).collect(), limit, |i| i.to_string());
        assert_eq!(
            page(3, 2),
            Page {
                items: vec![1, 2],
                next: Some("2".into())
            }
        );
        assert_eq!(
            page(2, 2),
            Page {
                items: vec![1, 2],
                next: None
            }
        );
        assert_eq!(
            page(0, 2),
            Page {
                items: vec![],
                next: None
            }
        );
    }

    #[test]
    fn limits_and_cursors_are_checked() {
        let args = |limit, after: Option<&str>| PageArgs {
            limit,
            after: after.map(Into::into),
        };
        assert_eq!(args(None, None).limit().unwrap(), 50);
        assert_eq!(args(Some(200), None).limit().unwrap(), 200);
        for limit in [0, 201] {
            assert_eq!(args(Some(limit), None).limit().unwrap_err().code, Code::BodyInvalid);
        }
        assert_eq!(args(None, Some("x")).after_id().unwrap_err().code, Code::BodyInvalid);
        let id = Uuid::from_u128(7);
        assert_eq!(args(None, Some(&id.to_string())).after_id().unwrap(), Some(id));
    }
}
