//! What a chain's entries may be about, which it says itself (D-ARC-4).

use crate::error::Result;
use crate::identity::Action;
use crate::input::field;
use crate::settings::{self, Setting};
use crate::store::{Answer, Conn, Tx};
use cardea_domain::Refusal;
use cardea_domain::id::ChainId;
use cardea_domain::journal::JournalCategories;

impl Setting for JournalCategories {
    const NAME: &'static str = "journal_categories";
    const CHANGED: &'static str = "journal_categories.update";
    const READ: Action = Action::JournalRead;

    fn check(&self) -> Result<(), Refusal> {
        let Some(at) = self.fault() else { return Ok(()) };
        let (zh, en) = (
            "预设类别须保留，最多 60 个；代码为小写字母、数字或 _，各不相同；两种语言的名称各 1–40 字；期限 0–366 天；服务拜访与档案记录不能停用，档案记录没有期限",
            "The shipped categories stay, at most 60 in all; codes of lower-case letters, digits or '_', each used once; names of 1–40 \
             characters in both languages; deadlines of 0–366 days; service visits and records can't be archived, records have no deadline",
        );
        Err(field(&format!("/value/{at}"), zh, en))
    }

    fn hold(&self, tx: &mut Tx<'_>) -> Result<Option<Answer>> {
        let chain = tx.chain();
        let before = settings::read::<Self>(tx.conn(), chain)?.value;
        let Some(code) = self.lost(&before) else {
            return Ok(None);
        };
        let (zh, en) = (
            format!("类别 {code} 下可能已有记录，不能删除，请停用"),
            format!("Entries may be kept under {code}: archive it, it can't be taken away"),
        );
        Err(field("/value/categories", &zh, &en).into())
    }
}

pub(super) fn of(conn: &mut Conn, chain: ChainId) -> Result<JournalCategories> {
    Ok(settings::read(conn, chain)?.value)
}

/// # Errors
/// `field_invalid` for a category that isn't there, or is archived and not that of the entry which is corrected.
pub(super) fn check(categories: &JournalCategories, code: &str, corrected: Option<&str>) -> Result<(), Refusal> {
    let writable = |rule: &cardea_domain::journal::CategoryRule| rule.active || corrected == Some(code);
    if categories.find(code).is_some_and(writable) {
        return Ok(());
    }
    let (zh, en) = ("没有这个类别，或已停用", "There is no such category, or it is archived");
    Err(field("/category", zh, en))
}
