//! What HQ answers for as files: figures are numbers, amounts of money decimals of the chain's currency.

use super::{Export, What};
use crate::accounting::{Debt, DebtQuery, LiabilityQuery, MovementQuery, SettlementQuery};
use crate::actor::Actor;
use crate::error::Result;
use crate::sheet::{SheetFormat, Shown};
use crate::store::schema::{programs, stores};
use crate::store::{Conn, Id};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, ProgramId, StoreId};
use cardea_domain::ledger::Asset;
use cardea_domain::money::format_minor;
use cardea_domain::{Day, Refusal, Text};
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::HashMap;
use utoipa::IntoParams;

/// Which figures are wanted, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LiabilityExportQuery {
    /// `csv` if absent.
    #[serde(default)]
    #[param(value_type = Option<SheetFormat>)]
    pub format: SheetFormat,
    /// As of the end of this day; today if absent.
    #[param(value_type = Option<String>, format = Date)]
    pub on: Option<Day>,
}

/// Which period is wanted, and how.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MovementExportQuery {
    /// `csv` if absent.
    #[serde(default)]
    #[param(value_type = Option<SheetFormat>)]
    pub format: SheetFormat,
    #[param(value_type = String, format = Date)]
    pub from: Day,
    #[param(value_type = String, format = Date)]
    pub to: Day,
}

/// Which month is wanted, and how.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SettlementExportQuery {
    /// `csv` if absent.
    #[serde(default)]
    #[param(value_type = Option<SheetFormat>)]
    pub format: SheetFormat,
    /// First day of the month.
    #[param(value_type = String, format = Date)]
    pub month: Day,
    /// true: only where one of the two is no store of the chain's own; false: only among its own.
    pub franchise: Option<bool>,
}

/// Which debts are wanted, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DebtExportQuery {
    /// `csv` if absent.
    #[serde(default)]
    #[param(value_type = Option<SheetFormat>)]
    pub format: SheetFormat,
    /// true: only those over 12 months; false: only the others.
    pub old: Option<bool>,
}

/// A table that is there already: as long as there are stores, programs and debts.
pub(super) struct Figures {
    pub name: &'static str,
    pub rows: Vec<Vec<Shown>>,
}

/// Codes by id.
struct Names {
    programs: HashMap<Id, String>,
    stores: HashMap<Id, String>,
}

impl Names {
    fn load(conn: &mut Conn, chain: ChainId) -> Result<Self> {
        let chain = Id::from(chain);
        let programs: Vec<(Id, String)> = each!(conn, c => programs::table
            .select((programs::id, programs::code))
            .filter(programs::chain_id.eq(chain))
            .load(c)?);
        let stores: Vec<(Id, String)> = each!(conn, c => stores::table
            .select((stores::id, stores::code))
            .filter(stores::chain_id.eq(chain))
            .load(c)?);
        Ok(Self {
            programs: programs.into_iter().collect(),
            stores: stores.into_iter().collect(),
        })
    }

    fn program(&self, id: ProgramId) -> Shown {
        self.programs.get(&id.into()).cloned().unwrap_or_default().into()
    }

    fn store(&self, id: Option<StoreId>) -> Shown {
        id.and_then(|id| self.stores.get(&id.into()).cloned())
            .unwrap_or_default()
            .into()
    }
}

fn asset(asset: &Asset) -> Shown {
    asset.0.clone().into()
}

type Columns<'a> = &'a [(&'a str, &'a str, &'a str)];

const PROGRAM: (&str, &str, &str) = ("program", "会员计划", "Program");
const STORE: (&str, &str, &str) = ("store", "门店", "Store");
const ASSET: (&str, &str, &str) = ("asset", "资产", "Asset");

impl Engine {
    async fn begin_figures(
        &self,
        actor: &Actor,
        (figures, format): (Figures, SheetFormat),
        columns: Columns<'_>,
        pick: fn(&Text) -> &str,
    ) -> Result<Export, Refusal> {
        let columns = columns.iter();
        let columns = columns.map(|(name, zh, en)| ((*name).to_owned(), Text::new(*zh, *en)));
        let what = (What::Figures(figures), format);
        self.begin_export(actor, what, (columns.collect(), None), pick).await
    }

    fn names(&self, actor: &Actor) -> Result<Names> {
        self.read(actor.chain, |conn| Names::load(conn, actor.chain))
    }

    /// Begins a file of what members have at the end of a day.
    ///
    /// # Errors
    /// As [`Engine::liability`].
    pub async fn begin_liability_export(
        &self,
        actor: &Actor,
        query: &LiabilityExportQuery,
        pick: fn(&Text) -> &str,
    ) -> Result<Export, Refusal> {
        let wanted = LiabilityQuery {
            on: query.on,
            ..LiabilityQuery::default()
        };
        let report = self.liability(actor, &wanted)?;
        let names = self.names(actor)?;
        let rows = report.items.into_iter().map(|row| {
            vec![
                report.on.to_string().into(),
                names.program(row.program_id),
                names.store(row.store_id),
                asset(&row.asset),
                row.ages.up_to_3_months.into(),
                row.ages.up_to_6_months.into(),
                row.ages.up_to_12_months.into(),
                row.ages.older.into(),
                row.outstanding.into(),
            ]
        });
        let figures = Figures {
            name: "liability",
            rows: rows.collect(),
        };
        let columns = [
            ("on", "日期", "Day"),
            PROGRAM,
            STORE,
            ASSET,
            ("up_to_3_months", "3 个月内", "Up to 3 months"),
            ("up_to_6_months", "3–6 个月", "3–6 months"),
            ("up_to_12_months", "6–12 个月", "6–12 months"),
            ("older", "12 个月以上", "12 months and older"),
            ("outstanding", "合计", "Outstanding"),
        ];
        self.begin_figures(actor, (figures, query.format), &columns, pick).await
    }

    /// Begins a file of what moved in a period.
    ///
    /// # Errors
    /// As [`Engine::movements`].
    pub async fn begin_movement_export(
        &self,
        actor: &Actor,
        query: &MovementExportQuery,
        pick: fn(&Text) -> &str,
    ) -> Result<Export, Refusal> {
        let wanted = MovementQuery {
            from: query.from,
            to: query.to,
            program_id: None,
            store_id: None,
            asset: None,
        };
        let report = self.movements(actor, &wanted)?;
        let names = self.names(actor)?;
        let rows = report.items.into_iter().map(|row| {
            let mut cells = vec![
                names.program(row.program_id),
                names.store(row.store_id),
                asset(&row.asset),
            ];
            cells.extend(row.flows.figures().map(|(_, figure)| Shown::from(figure)));
            cells.push(row.flows.total().into());
            cells
        });
        let figures = Figures {
            name: "movements",
            rows: rows.collect(),
        };
        let labels = cardea_domain::accounting::Flow::ALL.iter().map(|flow| {
            let (zh, en) = flow.label();
            (flow.as_str(), zh, en)
        });
        let mut columns = vec![PROGRAM, STORE, ASSET];
        columns.extend(labels);
        columns.push(("change", "净变动", "Change"));
        self.begin_figures(actor, (figures, query.format), &columns, pick).await
    }

    /// Begins a file of what stores owe each other for a month.
    ///
    /// # Errors
    /// As [`Engine::settlement_pairs`].
    pub async fn begin_settlement_export(
        &self,
        actor: &Actor,
        query: &SettlementExportQuery,
        pick: fn(&Text) -> &str,
    ) -> Result<Export, Refusal> {
        let wanted = SettlementQuery {
            month: query.month,
            program_id: None,
            store_id: None,
            franchise: query.franchise,
            limit: None,
            after: None,
        };
        let rows = self.settlement_rows(actor, &wanted)?;
        let (names, decimals) = (self.names(actor)?, self.chain(actor.chain)?.minor_units);
        let rows = rows.into_iter().map(|row| {
            vec![
                query.month.to_string().into(),
                names.program(row.program_id),
                asset(&row.asset),
                names.store(Some(row.issued_by.id)),
                row.issued_by.kind.to_string().into(),
                names.store(Some(row.used_at.id)),
                row.used_at.kind.to_string().into(),
                row.amount.into(),
                row.money
                    .map_or(Shown::Nothing, |money| Shown::Number(format_minor(money, decimals))),
            ]
        });
        let figures = Figures {
            name: "settlement",
            rows: rows.collect(),
        };
        let columns = [
            ("month", "月份", "Month"),
            PROGRAM,
            ASSET,
            ("issued_by", "发放门店（付）", "Issued by (pays)"),
            ("issued_by_kind", "发放门店类型", "Kind of that store"),
            ("used_at", "使用门店（收）", "Used at (gets)"),
            ("used_at_kind", "使用门店类型", "Kind of that store"),
            ("amount", "数量", "Amount"),
            ("money", "结算金额", "Money"),
        ];
        self.begin_figures(actor, (figures, query.format), &columns, pick).await
    }

    /// Begins a file of memberships in debt.
    ///
    /// # Errors
    /// As [`Engine::debts`].
    pub async fn begin_debt_export(
        &self,
        actor: &Actor,
        query: &DebtExportQuery,
        pick: fn(&Text) -> &str,
    ) -> Result<Export, Refusal> {
        let mut wanted = DebtQuery {
            old: query.old,
            limit: Some(200),
            ..DebtQuery::default()
        };
        let names = self.names(actor)?;
        let shown = |debt: Debt| {
            vec![
                debt.reference.into(),
                names.program(debt.program_id),
                names.store(Some(debt.store_id)),
                asset(&debt.asset),
                debt.amount.into(),
                debt.since.to_string().into(),
            ]
        };
        let mut rows = Vec::new();
        loop {
            let page = self.debts(actor, &wanted)?;
            rows.extend(page.items.into_iter().map(shown));
            wanted.after = page.next;
            if wanted.after.is_none() {
                break;
            }
        }
        let figures = Figures { name: "debts", rows };
        let columns = [
            ("reference", "会员卡号", "Card"),
            PROGRAM,
            STORE,
            ASSET,
            ("amount", "欠数", "Owed"),
            ("since", "起始日期", "Since"),
        ];
        self.begin_figures(actor, (figures, query.format), &columns, pick).await
    }
}
