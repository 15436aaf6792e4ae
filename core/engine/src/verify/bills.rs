//! Bills, page by page: sums of lines and tenders, what returns have taken, and what was booked for them.

use super::Books;
use super::chain::Chain;
use crate::each;
use crate::error::Result;
use crate::store::schema::{bills, entries};
use crate::store::writer::parts::{Line, Parts, Tender};
use crate::store::{Conn, Id};
use cardea_domain::ledger::{Asset, EntryKind};
use cardea_domain::sale::{BillKind, ReturnPolicy, TenderKind, Terms};
use diesel::prelude::*;
use std::collections::HashMap;
use uuid::Uuid;

/// Bills read at a time.
const PAGE: i64 = 300;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = bills)]
struct BillRow {
    id: Id,
    kind: String,
    store_id: Id,
    receipt: String,
    membership_id: Option<Id>,
    original_id: Option<Id>,
    total: i64,
    rounding: i64,
    paid: i64,
    earned: i64,
    spent: i64,
    parts: String,
    terms: String,
    returned_money: i64,
    returned_paid: i64,
    clawed_back: i64,
    given_back: i64,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = entries)]
struct EntryRow {
    bill_id: Option<Id>,
    membership_id: Id,
    asset: String,
    kind: String,
    amount: i64,
    rule: String,
}

/// A page of bills, with the returns of its sales.
#[derive(Default)]
struct Page {
    bills: Vec<BillRow>,
    /// By sale.
    returns: HashMap<Id, Vec<BillRow>>,
    /// By bill, of the returns too.
    parts: HashMap<Id, Parts>,
    /// By bill, of the returns too.
    entries: HashMap<Id, Vec<EntryRow>>,
}

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let mut after = Id(Uuid::nil());
    loop {
        let page = Page::load(conn, chain.id, after)?;
        let Some(last) = page.bills.last() else { return Ok(()) };
        after = last.id;
        books.report.bills += page.bills.len() as u64;
        for bill in &page.bills {
            page.verify(books, chain, bill);
        }
    }
}

impl Page {
    fn load(conn: &mut Conn, chain: Id, after: Id) -> Result<Self> {
        let bills: Vec<BillRow> = each!(conn, c => bills::table
            .select(BillRow::as_select())
            .filter(bills::chain_id.eq(chain).and(bills::id.gt(after)))
            .order(bills::id)
            .limit(PAGE)
            .load(c)?);
        let ids: Vec<Id> = bills.iter().map(|bill| bill.id).collect();
        let mut page = Self {
            bills,
            ..Self::default()
        };
        let returns: Vec<BillRow> = each!(conn, c => bills::table
            .select(BillRow::as_select())
            .filter(bills::chain_id.eq(chain).and(bills::original_id.eq_any(&ids)))
            .load(c)?);
        for bill in page.bills.iter().chain(&returns) {
            page.parts.insert(bill.id, Parts::parse(&bill.parts)?);
        }
        for bill in returns {
            if let Some(sale) = bill.original_id {
                page.returns.entry(sale).or_default().push(bill);
            }
        }
        let all: Vec<Id> = page.parts.keys().copied().collect();
        page.load_entries(conn, chain, &all)?;
        Ok(page)
    }

    fn load_entries(&mut self, conn: &mut Conn, chain: Id, with_returns: &[Id]) -> Result<()> {
        let entries: Vec<EntryRow> = each!(conn, c => entries::table
            .select(EntryRow::as_select())
            .filter(entries::chain_id.eq(chain).and(entries::bill_id.eq_any(with_returns)))
            .load(c)?);
        for entry in entries {
            if let Some(bill) = entry.bill_id {
                self.entries.entry(bill).or_default().push(entry);
            }
        }
        Ok(())
    }

    fn verify(&self, books: &mut Books, chain: &Chain, bill: &BillRow) {
        let name = || {
            let (kind, receipt, store) = (&bill.kind, &bill.receipt, chain.store(bill.store_id));
            format!(
                "{kind} {} (receipt {receipt} of store {store} of {})",
                bill.id.text(),
                chain.code
            )
        };
        if !chain.stores.contains_key(&bill.store_id) {
            books.problem(format_args!("{}: its store isn't there", name()));
        }
        let kind = bill.kind.parse::<BillKind>();
        match kind {
            Ok(BillKind::Sale | BillKind::Return) => {
                let lines: i64 = self.lines_of(bill.id).iter().map(|line| line.amount).sum();
                books.agree(bill.total, lines - bill.rounding, || {
                    format!("the total of {} (lines)", name())
                });
                let tenders: i64 = self.tenders_of(bill.id).iter().map(|tender| tender.amount).sum();
                books.agree(bill.total, tenders, || format!("the total of {} (tenders)", name()));
            }
            Ok(BillKind::TopUp | BillKind::TopUpRefund | BillKind::PassRefund) => {
                let tenders: i64 = self.tenders_of(bill.id).iter().map(|tender| tender.amount).sum();
                books.agree(bill.total, tenders, || format!("the total of {} (tenders)", name()));
            }
            Ok(BillKind::Redemption | BillKind::Cancellation | BillKind::PassUse | BillKind::PassUseCancellation) => {}
            Err(_) => books.problem(format_args!("{}: there is no such kind of bill", name())),
        }
        match kind {
            Ok(BillKind::Sale) => {
                self.progress(books, bill, &name);
                self.parts_returned(books, bill, &name);
                self.booked(
                    books,
                    bill,
                    (&[EntryKind::Earn, EntryKind::Bonus], EntryKind::Spend),
                    &name,
                );
                self.value(books, bill, EntryKind::Spend, &name);
            }
            Ok(BillKind::Redemption) => {
                self.progress(books, bill, &name);
                self.parts_returned(books, bill, &name);
                self.booked(
                    books,
                    bill,
                    (&[EntryKind::Earn, EntryKind::Bonus], EntryKind::Redeem),
                    &name,
                );
            }
            Ok(BillKind::Return | BillKind::Cancellation) => {
                self.taken_back(books, bill, &name);
                self.value(books, bill, EntryKind::GiveBack, &name);
            }
            Ok(BillKind::PassRefund) => self.taken_back(books, bill, &name),
            Ok(BillKind::TopUp) => {
                let paid = self.sum(bill, &Asset::principal(), &[EntryKind::TopUp]);
                books.agree(bill.total, paid, || format!("the principal of {}", name()));
            }
            Ok(BillKind::TopUpRefund | BillKind::PassUse | BillKind::PassUseCancellation) | Err(_) => {}
        }
    }

    /// What a sale says of its returns is what they say.
    fn progress(&self, books: &mut Books, sale: &BillRow, name: &dyn Fn() -> String) {
        let returns = self.returns.get(&sale.id).map_or(&[][..], Vec::as_slice);
        let sum = |figure: fn(&BillRow) -> i64| -> i64 { -returns.iter().map(figure).sum::<i64>() };
        let figures = [
            ("money", sale.returned_money, sum(|bill| bill.total)),
            ("paid", sale.returned_paid, sum(|bill| bill.paid)),
            (
                "points taken back",
                sale.clawed_back - self.lapsed(sale, returns),
                sum(|bill| bill.earned),
            ),
            ("points given back", sale.given_back, sum(|bill| bill.spent)),
        ];
        for (figure, kept, expected) in figures {
            books.agree(kept, expected, || format!("what was returned ({figure}) of {}", name()));
        }
        if sale.clawed_back > sale.earned || sale.given_back > sale.spent {
            books.problem(format_args!("{}: more points went back than it moved", name()));
        }
    }

    /// What returns let be because it had expired unspent: nothing, unless one of them says so.
    fn lapsed(&self, sale: &BillRow, returns: &[BillRow]) -> i64 {
        let says = |bill: &BillRow| {
            let entries = self.entries.get(&bill.id).into_iter().flatten();
            entries.into_iter().any(|entry| entry.rule == "core.claw_back_expired")
        };
        if !returns.iter().any(says) {
            return 0;
        }
        (sale.clawed_back + returns.iter().map(|bill| bill.earned).sum::<i64>()).max(0)
    }

    /// The same line by line and tender by tender.
    fn parts_returned(&self, books: &mut Books, sale: &BillRow, name: &dyn Fn() -> String) {
        let returns = self.returns.get(&sale.id).map_or(&[][..], Vec::as_slice);
        // A pass is paid back as a whole, whatever its line and tenders were.
        if returns.iter().any(|bill| bill.kind == BillKind::PassRefund.as_str()) {
            return;
        }
        for line in self.lines_of(sale.id) {
            let lines = returns.iter().flat_map(|bill| self.lines_of(bill.id));
            let back = lines
                .filter(|back| back.number == line.number)
                .map(|back| back.quantity)
                .sum();
            books.agree(line.returned, back, || {
                format!("the quantity returned of line {} of {}", line.number, name())
            });
        }
        for tender in self.tenders_of(sale.id) {
            let tenders = returns.iter().flat_map(|bill| self.tenders_of(bill.id));
            let back: i64 = tenders
                .filter(|back| back.position == tender.position)
                .map(|back| back.amount)
                .sum();
            books.agree(tender.returned, -back, || {
                format!("what was returned of tender {} of {}", tender.position, name())
            });
        }
    }

    /// What a sale or a redemption says it earned and spent is what its member's entries say.
    fn booked(
        &self,
        books: &mut Books,
        bill: &BillRow,
        (earning, spending): (&[EntryKind], EntryKind),
        name: &dyn Fn() -> String,
    ) {
        books.agree(bill.earned, self.points(bill, earning), || {
            format!("what was earned by {}", name())
        });
        books.agree(bill.spent, -self.points(bill, &[spending]), || {
            format!("what was spent on {}", name())
        });
    }

    /// The same of a return, whose figures are negative. What the program lets go has no entry.
    fn taken_back(&self, books: &mut Books, bill: &BillRow, name: &dyn Fn() -> String) {
        let taken = self.points(bill, &[EntryKind::ClawBack, EntryKind::ClawBackExcess]);
        let policy = Terms::from_row(&bill.terms).map(|terms| terms.return_policy);
        let waives = policy.is_ok_and(|policy| policy != ReturnPolicy::GoNegative);
        if !(waives && (bill.earned..=0).contains(&taken)) {
            books.agree(bill.earned, taken, || format!("what was taken back by {}", name()));
        }
        books.agree(bill.spent, -self.points(bill, &[EntryKind::GiveBack]), || {
            format!("what was given back by {}", name())
        });
    }

    /// What tenders of stored value say is what its member's entries say.
    fn value(&self, books: &mut Books, bill: &BillRow, kind: EntryKind, name: &dyn Fn() -> String) {
        for tender in [TenderKind::Principal, TenderKind::Bonus] {
            let Some(asset) = tender.value_asset() else { continue };
            let tenders = self.tenders_of(bill.id).iter();
            let paid: i64 = tenders.filter(|t| t.kind == tender.as_str()).map(|t| t.amount).sum();
            books.agree(paid, -self.sum(bill, &asset, &[kind]), || {
                format!("what {tender} paid of {}", name())
            });
        }
    }

    fn points(&self, bill: &BillRow, kinds: &[EntryKind]) -> i64 {
        self.sum(bill, &Asset::points(), kinds)
    }

    /// Σ entries of these kinds of an asset that the bill booked for its own membership.
    fn sum(&self, bill: &BillRow, asset: &Asset, kinds: &[EntryKind]) -> i64 {
        let own = |entry: &&EntryRow| {
            Some(entry.membership_id) == bill.membership_id
                && entry.asset == asset.0
                && kinds.iter().any(|kind| kind.as_str() == entry.kind)
        };
        self.entries
            .get(&bill.id)
            .into_iter()
            .flatten()
            .filter(own)
            .map(|entry| entry.amount)
            .sum()
    }

    fn lines_of(&self, bill: Id) -> &[Line] {
        self.parts.get(&bill).map_or(&[], |parts| parts.lines.as_slice())
    }

    fn tenders_of(&self, bill: Id) -> &[Tender] {
        self.parts.get(&bill).map_or(&[], |parts| parts.tenders.as_slice())
    }
}
