//! Texts of terms: published in versions, each sealed by the SHA-256 of what was published.

use super::row::{self, TermsRow};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, field, not_found};
use crate::page::{Page, PageArgs};
use crate::store::schema::terms;
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::{StaffId, TermsId};
use cardea_domain::terms::TermsKind;
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Characters of a text in one language.
const LONGEST: usize = 100_000;
/// Languages of a text.
const MOST: usize = 10;

/// A version of a text, in its languages.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTerms {
    pub kind: TermsKind,
    /// The number of the version before; 0 for the first.
    #[schema(minimum = 0)]
    pub follows: i32,
    /// By language: `zh-CN`, `en`; at most 10, of at most 100 000 characters each.
    #[schema(example = json!({"zh-CN": "会员章程……", "en": "Rules of membership …"}))]
    pub texts: BTreeMap<String, String>,
    /// false: acceptance of the version before still counts; a slip of the pen was set right.
    #[serde(default = "anew")]
    pub accept_anew: bool,
}

fn anew() -> bool {
    true
}

/// A version in a list, without its text.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TermsListed {
    #[schema(value_type = Uuid)]
    pub id: TermsId,
    pub kind: TermsKind,
    /// From 1 on, by kind.
    pub number: i32,
    /// The earliest version whose acceptance still counted when this one was published.
    pub least: i32,
    /// SHA-256 of `document`, hexadecimal.
    pub sha256: String,
    /// Who published it.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Instant,
}

/// A version with its text, the same for ever.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TermsVersion {
    #[serde(flatten)]
    pub listed: TermsListed,
    /// By language.
    pub texts: BTreeMap<String, String>,
    /// What was sealed, byte for byte: JSON with kind, number and texts.
    pub document: String,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TermsQuery {
    #[param(inline)]
    pub kind: Option<TermsKind>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// What is sealed. The order of its fields is that of the seal.
#[derive(Serialize, Deserialize)]
struct Sealed {
    kind: TermsKind,
    number: i32,
    texts: BTreeMap<String, String>,
}

fn is_language(code: &str) -> bool {
    let (language, region) = code.split_once('-').unwrap_or((code, "XX"));
    let of = |part: &str, right: fn(&u8) -> bool| part.len() == 2 && part.as_bytes().iter().all(right);
    of(language, u8::is_ascii_lowercase) && of(region, u8::is_ascii_uppercase)
}

/// # Errors
/// `field_invalid`
fn checked(texts: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Refusal> {
    if texts.is_empty() || texts.len() > MOST {
        return Err(field("/texts", "须有 1–10 种语言", "In 1–10 languages"));
    }
    let text = |(language, text): (&String, &String)| {
        let pointer = format!("/texts/{language}");
        if !is_language(language) {
            return Err(field(
                &pointer,
                "语言代码如 zh-CN、en",
                "Codes of languages are such as zh-CN, en",
            ));
        }
        Ok((language.clone(), input::lines(text, LONGEST, &pointer)?))
    };
    texts.iter().map(text).collect()
}

impl TermsRow {
    fn listed(&self) -> TermsListed {
        TermsListed {
            id: self.id.typed(),
            kind: self.kind.0,
            number: self.number,
            least: self.least,
            sha256: hex::encode(&self.hash),
            staff_id: self.staff_id.map(Id::typed),
            published_at: Instant(self.created_at),
        }
    }

    /// With its text; an error if that isn't what was sealed.
    fn view(self) -> Result<TermsVersion> {
        if Sha256::digest(&self.document).to_vec() != self.hash {
            let id = self.id.0;
            return Err(Error::internal(format!("terms {id} aren't what was published")));
        }
        let sealed: Sealed = serde_json::from_str(&self.document)?;
        Ok(TermsVersion {
            listed: self.listed(),
            texts: sealed.texts,
            document: self.document,
        })
    }
}

impl Engine {
    /// Publishes a version of terms. It never changes and never goes.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`; `version_conflict` unless it follows the latest version.
    pub async fn publish_terms(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewTerms,
    ) -> Result<Written<TermsVersion>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let texts = checked(&new.texts)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let before = row::latest(tx.conn(), chain, new.kind)?;
            let last = before.as_ref().map_or(0, |row| row.number);
            check_version(i64::from(last), i64::from(new.follows))?;
            let number = last + 1;
            let sealed = Sealed {
                kind: new.kind,
                number,
                texts: texts.clone(),
            };
            let document = serde_json::to_string(&sealed)?;
            let counting = before.filter(|_| !new.accept_anew).map(|row| row.least);
            let row = TermsRow {
                chain_id: chain.into(),
                id: tx.new_id::<TermsId>().into(),
                kind: Name(new.kind),
                number,
                least: counting.unwrap_or(number),
                hash: Sha256::digest(&document).to_vec(),
                document,
                staff_id: tx.actor().staff.map(Id::from),
                created_at: tx.business_now().0,
            };
            each!(tx.conn(), c => diesel::insert_into(terms::table).values(&row).execute(c)?);
            let detail = json!({ "kind": new.kind, "number": number, "sha256": hex::encode(&row.hash) });
            tx.audit("terms.publish", row.id.0, detail);
            Answer::created(&Stored::of(row.id))
        };
        let answered = self.transact(actor, key, "terms.publish", work).await?;
        Written::read(answered, |id| self.terms_view(actor, id.into()))
    }

    /// A version with its text.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn terms(&self, actor: &Actor, id: TermsId) -> Result<TermsVersion, Refusal> {
        actor.scope(Action::MembershipRead)?;
        Ok(self.terms_view(actor, id.into())?)
    }

    fn terms_view(&self, actor: &Actor, id: Id) -> Result<TermsVersion> {
        self.read(actor.chain, |conn| {
            row::find(conn, actor.chain, id)?.ok_or_else(not_found)?.view()
        })
    }

    /// Versions of terms, published last first, without their texts.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn all_terms(&self, actor: &Actor, query: &TermsQuery) -> Result<Page<TermsListed>, Refusal> {
        actor.scope(Action::MembershipRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let rows: Vec<TermsRow> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => {
                let mut found = terms::table
                    .select(TermsRow::as_select())
                    .filter(terms::chain_id.eq(Id::from(actor.chain)).and(terms::id.lt(before)))
                    .into_boxed();
                if let Some(kind) = query.kind {
                    found = found.filter(terms::kind.eq(Name(kind)));
                }
                found.order(terms::id.desc()).limit(limit as i64 + 1).load(c)?
            }))
        })?;
        let listed = rows.iter().map(TermsRow::listed).collect();
        Ok(Page::cut(listed, limit, |terms: &TermsListed| terms.id.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::is_language;

    #[test]
    fn d_con_6_codes_of_languages() {
        for (code, right) in [
            ("zh-CN", true),
            ("en", true),
            ("EN", false),
            ("zh-cn", false),
            ("eng", false),
            ("", false),
            ("en-", false),
        ] {
            assert_eq!(is_language(code), right, "{code}");
        }
    }
}
