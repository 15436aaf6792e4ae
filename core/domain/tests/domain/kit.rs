//! A shop to tell stories with: it sells and takes back through the crate's decisions, keeps the rows as a database
//! would, and checks after every step that the books balance.

use crate::books::{apply, check_books, record, spent_moves};
use cardea_domain::calendar::{Day, Instant, Zone};
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, Booking, EntryDraft, EntryKind, LotTerms, Member, Source};
use cardea_domain::rows::{MembershipRow, Rows};
use cardea_domain::sale::*;
use cardea_domain::tier::{Ladder, Review, Step};
use cardea_domain::{Refusal, Text};
use uuid::Uuid;

/// Ids that count up.
pub struct Ids(pub u128);

impl NewIds for Ids {
    fn next_id(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }
}

pub fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn points() -> Asset {
    Asset::points()
}

pub fn text(zh: &str, en: &str) -> Text {
    Text::new(zh, en)
}

pub fn step(id: &str, threshold: i64) -> Step {
    Step {
        id: id.into(),
        name: text(&format!("{id}卡"), id),
        threshold,
        multiplier: 1_000_000,
    }
}

/// VIP 0 / silver 5 000.00 / gold 20 000.00 paid in 12 rolling months.
pub fn ladder() -> Ladder {
    Ladder {
        months: 12,
        review: Review::default(),
        steps: vec![step("vip", 0), step("silver", 500_000), step("gold", 2_000_000)],
    }
}

/// 100 points = 1.00, one by one, up to the whole bill.
pub fn tender() -> PointsTender {
    PointsTender {
        points: 100,
        money: 100,
        step: 1,
        minimum: 0,
        max_share: 1_000_000,
    }
}

pub fn context() -> Context {
    Context {
        staff: None,
        now: at("2026-06-15T04:00:00Z"),
        judged_at: at("2026-06-15T04:00:00Z"),
        store: StoreId(Uuid::from_u128(7)),
        zone: "Asia/Shanghai".parse::<Zone>().unwrap(),
        minor_units: 2,
        configuration: ConfigurationId(Uuid::from_u128(8)),
        terms: Terms {
            tender: Some(tender()),
            ..Terms::default()
        },
        ladder: ladder(),
    }
}

pub fn membership(number: u128) -> MembershipRow {
    MembershipRow {
        id: MembershipId(Uuid::from_u128(number)),
        program: ProgramId(Uuid::from_u128(9)),
        customer: Some(CustomerId(Uuid::from_u128(number))),
        store: StoreId(Uuid::from_u128(7)),
        opened_at: at("2026-01-01T04:00:00Z"),
        opened_on: day("2026-01-01"),
        valid_through: None,
        expires_at: None,
        tier: "vip".into(),
    }
}

pub fn line(number: i32, amount: i64, quantity: i64) -> Line {
    Line {
        number,
        sku: format!("SKU{number}"),
        category: "skincare".into(),
        quantity,
        amount,
        list_amount: amount,
        discount: 0,
        attributes: Vec::new(),
    }
}

/// A bill of single pieces, `paid_in_points` minor units of it in points and the rest in cash.
pub fn bill(amounts: &[i64], paid_in_points: i64) -> Bill {
    let lines = amounts
        .iter()
        .zip(1..)
        .map(|(amount, number)| line(number, *amount, 1000))
        .collect();
    with_points(lines, paid_in_points)
}

pub fn with_points(lines: Vec<Line>, paid_in_points: i64) -> Bill {
    let total: i64 = lines.iter().map(|line| line.amount).sum();
    let mut tenders = vec![Tender {
        kind: TenderKind::Cash,
        amount: total - paid_in_points,
    }];
    if paid_in_points > 0 {
        tenders.push(Tender {
            kind: TenderKind::Points,
            amount: paid_in_points,
        });
    }
    Bill {
        lines,
        tenders,
        rounding: 0,
    }
}

pub fn contribution(line: i32, ppm: i64) -> Contribution {
    Contribution {
        line,
        points: ppm,
        rule: "test.base".into(),
        explanation: text("每1.00积1分。", "1 point per 1.00."),
    }
}

pub fn bonus(id: &str, ppm: i64, condition: Condition, beneficiary: Beneficiary) -> Bonus {
    let explanation = text("赠送。", "A bonus.");
    Bonus {
        id: id.into(),
        points: ppm,
        condition,
        beneficiary,
        rule: format!("test.{id}"),
        explanation,
    }
}

/// One point per 1.00 of what counts, times a whole multiplier per line.
pub fn per_unit(bill: &Bill, multipliers: &[i64]) -> Outcome {
    let counted = spread_unpaid(bill);
    let lines = counted.iter().zip(multipliers).zip(1..);
    Outcome {
        contributions: lines
            .map(|((counted, times), n)| contribution(n, counted * 10_000 * times))
            .collect(),
        bonuses: Vec::new(),
    }
}

pub struct Shop {
    pub ids: Ids,
    pub context: Context,
    pub member: Member,
    pub introducer: Option<Member>,
    pub sales: Vec<SaleRecord>,
    /// Everything that was ever saved.
    pub saved: Vec<Rows>,
    receipts: u32,
}

impl Shop {
    pub fn new() -> Self {
        Self {
            ids: Ids(1000),
            context: context(),
            member: Member::opened(&membership(1)),
            introducer: None,
            sales: Vec::new(),
            saved: Vec::new(),
            receipts: 0,
        }
    }

    pub fn today(&self) -> Day {
        self.context.zone.day_of(self.context.now)
    }

    pub fn pass_days(&mut self, days: i64) {
        self.set_now(self.context.now.plus_days(days));
    }

    pub fn set_now(&mut self, now: Instant) {
        (self.context.now, self.context.judged_at) = (now, now);
    }

    pub fn key(&mut self, kind: BillKind) -> NaturalKey {
        self.receipts += 1;
        NaturalKey {
            store: self.context.store,
            source: "till".into(),
            till: "T1".into(),
            business_date: self.today(),
            receipt: format!("{:04}", self.receipts),
            kind,
        }
    }

    pub fn sale_args(&mut self, bill: Bill) -> SaleArgs {
        SaleArgs {
            id: BillId(self.ids.next_id()),
            key: self.key(BillKind::Sale),
            content: [0; 32],
            bill,
            occurred_at: self.context.now,
            customer: self.member.customer,
            card: None,
            privileged: false,
            reason: None,
        }
    }

    pub fn proposal(&self, outcome: Outcome) -> Proposal {
        Proposal {
            basis: Basis::of(&self.member, &self.context),
            outcome: Some(outcome),
            input: Some([1; 32]),
        }
    }

    pub fn try_sell(&mut self, bill: Bill, outcome: Outcome) -> Result<SaleAnswer, Refusal> {
        let (args, proposal) = (self.sale_args(bill), self.proposal(outcome));
        let (member, introducer) = (&mut self.member, self.introducer.as_mut());
        let (rows, answer) = decide_sale(
            Some(member),
            introducer,
            &args,
            Some(&proposal),
            &self.context,
            &mut self.ids,
        )?;
        let mut record = record(&rows, self.introducer.as_ref());
        self.save(rows);
        record.spent_moves = spent_moves(&self.saved, record.spend_entry);
        let value = self.last().entries.iter().filter(|entry| entry.asset.is_money());
        record.draws = value
            .map(|entry| RecordedDraw {
                asset: entry.asset.clone(),
                entry: entry.id,
                moves: spent_moves(&self.saved, Some(entry.id)),
            })
            .collect();
        self.sales.push(record);
        Ok(answer)
    }

    pub fn sell(&mut self, bill: Bill, outcome: Outcome) -> SaleAnswer {
        self.try_sell(bill, outcome).unwrap()
    }

    /// Sells at × 1 or the given multipliers.
    pub fn sell_at(&mut self, bill: Bill, multipliers: &[i64]) -> SaleAnswer {
        let outcome = per_unit(&bill, multipliers);
        self.sell(bill, outcome)
    }

    pub fn return_args(&mut self, lines: &[(i32, i64)]) -> ReturnArgs {
        ReturnArgs {
            id: BillId(self.ids.next_id()),
            key: self.key(BillKind::Return),
            content: [0; 32],
            lines: lines
                .iter()
                .map(|(line, quantity)| ReturnLine {
                    line: *line,
                    quantity: *quantity,
                })
                .collect(),
            reason: "unwanted".into(),
            occurred_at: self.context.now,
            privileged: false,
        }
    }

    /// Takes lines (number, thousandths) of a sale back; none named: everything left.
    pub fn try_take_back(&mut self, sale: usize, lines: &[(i32, i64)]) -> Result<ReturnAnswer, Refusal> {
        let args = self.return_args(lines);
        let (member, introducer) = (Some(&mut self.member), self.introducer.as_mut());
        let record = &self.sales[sale];
        let (rows, answer) = decide_return(member, introducer, record, &args, &self.context, &mut self.ids)?;
        apply(&mut self.sales[sale], &rows);
        self.save(rows);
        Ok(answer)
    }

    pub fn take_back(&mut self, sale: usize, lines: &[(i32, i64)]) -> ReturnAnswer {
        self.try_take_back(sale, lines).unwrap()
    }

    pub fn redeem(&mut self, price: i64) -> Result<RedemptionAnswer, Refusal> {
        let mut reward = reward(price);
        let args = self.redemption_args();
        let (rows, answer) = decide_redemption(
            &mut self.member,
            &mut reward,
            &args,
            &permit(),
            &self.context,
            &mut self.ids,
        )?;
        self.save(rows);
        Ok(answer)
    }

    pub fn redemption_args(&mut self) -> RedemptionArgs {
        RedemptionArgs {
            id: BillId(self.ids.next_id()),
            key: self.key(BillKind::Redemption),
            content: [0; 32],
            occurred_at: self.context.now,
            quantity: 1,
            code: "tote".into(),
            card: None,
            privileged: false,
        }
    }

    /// Points from nowhere, with dates of their own.
    pub fn gift(&mut self, amount: i64, terms: LotTerms) -> Option<LotId> {
        self.gift_of(points(), None, amount, terms)
    }

    /// Any asset from nowhere, as of a bill.
    pub fn gift_of(&mut self, asset: Asset, bill: Option<BillId>, amount: i64, terms: LotTerms) -> Option<LotId> {
        let mut rows = Rows::default();
        let mut source = self.source();
        source.bill = bill;
        let mut booking = Booking::new(&mut self.member, asset, source, &mut rows, &mut self.ids);
        let lot = booking.credit(draft(EntryKind::Bonus), amount, terms);
        booking.finish();
        self.save(rows);
        lot
    }

    pub fn source(&self) -> Source {
        Source {
            bill: None,
            store: None,
            occurred_at: self.context.now,
            booked_at: self.context.now,
            judged_at: self.context.now,
            configuration: None,
            input: None,
        }
    }

    pub fn save(&mut self, rows: Rows) {
        self.saved.push(rows);
        check_books(&self.saved, &self.member, self.context.now);
        if let Some(introducer) = &self.introducer {
            check_books(&self.saved, introducer, self.context.now);
        }
    }

    pub fn available(&self) -> i64 {
        self.balance().0
    }

    /// Available and maturing points.
    pub fn balance(&self) -> (i64, i64) {
        let balances = self.member.balances(self.context.now);
        assert_eq!(balances[0].asset, points());
        (balances[0].available, balances[0].maturing)
    }

    pub fn last(&self) -> &Rows {
        self.saved.last().unwrap()
    }

    /// Kinds and amounts of the last entries.
    pub fn entries(&self) -> Vec<(EntryKind, i64)> {
        self.last()
            .entries
            .iter()
            .map(|entry| (entry.kind, entry.amount))
            .collect()
    }
}

pub fn draft(kind: EntryKind) -> EntryDraft {
    EntryDraft {
        kind,
        rule: "test".into(),
        explanation: text("测试", "test"),
        line: None,
        reverses: None,
    }
}

pub fn reward(price: i64) -> Reward {
    Reward {
        id: RewardId(Uuid::from_u128(77)),
        program: ProgramId(Uuid::from_u128(9)),
        store: None,
        name: text("帆布袋", "Tote bag"),
        points: price,
        stock: Some(5),
        active: true,
    }
}

pub fn permit() -> Permit {
    let explanation = text("不可撤销。", "This can't be cancelled.");
    Permit::Permitted {
        rule: "test.exchange".into(),
        explanation,
        cancellable_days: 0,
        input: None,
    }
}
