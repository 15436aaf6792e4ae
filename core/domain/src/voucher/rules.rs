//! The rules of a kind of vouchers.

use crate::calendar::Day;
use crate::error::{Refusal, WrongField};
use crate::id::StoreId;
use crate::money::{LIMIT, Minor, ONE, Ppm};
use crate::sale::Line;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most uses of one code.
const MOST_USES: i64 = 1000;
/// Most days after issue: ten years.
const MOST_DAYS: i32 = 3660;
/// Most stores, categories or goods that are named.
const MOST_NAMED: usize = 500;

/// What a voucher is worth on a bill; never more than what it covers of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = VoucherWorth)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Worth {
    /// So much off.
    Amount {
        /// Minor units.
        #[schema(value_type = i64, minimum = 1, example = 5_000)]
        amount: Minor,
    },
    /// A share of what it covers.
    Percent {
        /// Parts per million of what is covered: 150000 is 15 % off.
        #[schema(value_type = i64, minimum = 1, maximum = 1_000_000, example = 150_000)]
        off_ppm: Ppm,
        /// The most it takes off, minor units.
        #[schema(value_type = i64, minimum = 1, example = 10_000)]
        most: Minor,
    },
    /// One piece of these goods for nothing.
    Item {
        #[schema(example = "LIP-01", max_length = 64)]
        sku: String,
    },
}

/// What a kind of vouchers is worth, and where it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoucherRules {
    pub worth: Worth,
    /// Whether it is bought with money: it then counts as paid, like cash. A free one doesn't.
    #[serde(default)]
    pub bought: bool,
    /// How often each code works; 1 if absent.
    #[serde(default = "once")]
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub uses: i64,
    /// How often all codes of the kind work together; null: no limit. Not for bought ones: what was paid for works.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub total_limit: Option<i64>,
    /// How often one membership uses the kind; null: no limit. With a limit it takes a member. Not for bought ones.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub member_limit: Option<i64>,
    /// First day, in the zone of the store where it is used; null: at once.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Day>,
    /// Last day; null: no end.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Day>,
    /// The last day is so many days after the one of issue, if that is earlier than `until`; null: no such end.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 3660)]
    pub days: Option<i32>,
    /// Where it works; none: in every store.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub stores: Vec<StoreId>,
    /// Lines of these categories are covered, and those of `skus`; where both are empty, every line is.
    #[serde(default)]
    pub categories: Vec<String>,
    #[serde(default)]
    pub skus: Vec<String>,
    /// What a bill comes to at least, minor units.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0, example = 30_000)]
    pub minimum: Minor,
}

impl Worth {
    fn check(&self, expect: &mut dyn FnMut(bool, &str, &str, &str)) {
        let money = |amount: Minor| (1..=LIMIT).contains(&amount);
        match self {
            Worth::Amount { amount } => {
                expect(money(*amount), "/worth/amount", "面额须大于 0", "The amount is above 0")
            }
            Worth::Percent { off_ppm, most } => {
                expect(
                    (1..=ONE).contains(off_ppm),
                    "/worth/off_ppm",
                    "减免比例须为百万分之 1 至 1000000",
                    "The share is 1 to 1000000 parts per million",
                );
                expect(money(*most), "/worth/most", "最高减免须大于 0", "The most is above 0");
            }
            Worth::Item { sku } => expect(
                (1..=64).contains(&sku.len()),
                "/worth/sku",
                "请填写商品编码（最多 64 字节）",
                "Name the goods, at most 64 bytes",
            ),
        }
    }
}

fn once() -> i64 {
    1
}

impl VoucherRules {
    /// Whether a line is among what it is for.
    pub fn covers(&self, line: &Line) -> bool {
        let all = self.categories.is_empty() && self.skus.is_empty();
        all || self.categories.contains(&line.category) || self.skus.contains(&line.sku)
    }

    /// # Errors
    /// `field_invalid`, with every wrong field below `root`.
    pub fn check(&self, root: &str) -> Result<(), Refusal> {
        let mut wrong = Vec::new();
        let mut expect = |right: bool, pointer: &str, zh: &str, en: &str| {
            if !right {
                wrong.push(WrongField::new(pointer, zh, en));
            }
        };
        self.worth.check(&mut expect);
        let sold = !self.bought || !matches!(self.worth, Worth::Percent { .. });
        expect(
            sold,
            "/bought",
            "折扣券不能出售，只有代金券和提货券可以",
            "A share of a bill isn't sold; an amount or goods are",
        );
        let limit = |limit: Option<i64>| limit.is_none_or(|limit| (1..=LIMIT).contains(&limit));
        expect(
            (1..=MOST_USES).contains(&self.uses),
            "/uses",
            "每张可用 1 至 1000 次",
            "A code works 1 to 1000 times",
        );
        expect(
            limit(self.total_limit),
            "/total_limit",
            "总次数须大于 0",
            "The limit is above 0",
        );
        expect(
            limit(self.member_limit),
            "/member_limit",
            "每人次数须大于 0",
            "The limit is above 0",
        );
        expect(
            !self.bought || self.total_limit.is_none() && self.member_limit.is_none(),
            "/bought",
            "出售的券不能限制总次数或每人次数，请限制发行张数",
            "What was paid for always works: limit how many are issued instead",
        );
        self.check_window(&mut expect);
        expect(
            (0..=LIMIT).contains(&self.minimum),
            "/minimum",
            "起用金额不能小于 0",
            "The least is 0 or more",
        );
        let few = self.stores.len().max(self.categories.len()).max(self.skus.len()) <= MOST_NAMED;
        expect(
            few,
            "/skus",
            "门店、品类、商品各最多 500 个",
            "At most 500 stores, categories and goods each",
        );
        let named = self.categories.iter().chain(&self.skus);
        let named = named.into_iter().all(|name| (1..=64).contains(&name.len()));
        expect(named, "/skus", "编码须为 1–64 字节", "Codes of 1 to 64 bytes");
        WrongField::refusal(root, wrong).map_or(Ok(()), Err)
    }

    fn check_window(&self, expect: &mut dyn FnMut(bool, &str, &str, &str)) {
        let ordered = self.from.zip(self.until).is_none_or(|(from, until)| from <= until);
        expect(
            ordered,
            "/until",
            "结束日期不能早于开始日期",
            "It ends before it begins",
        );
        expect(
            self.days.is_none_or(|days| (0..=MOST_DAYS).contains(&days)),
            "/days",
            "发放后有效天数须为 0 至 3660",
            "It is good for 0 to 3660 days after issue",
        );
    }

    /// Whether codes that were issued under `before` may be under these rules: their holders lose nothing.
    pub fn keeps(&self, before: &Self) -> bool {
        let at_least = |now: Option<i64>, then: Option<i64>| match (now, then) {
            (None, _) => true,
            (Some(now), Some(then)) => now >= then,
            (Some(_), None) => false,
        };
        let until = |rules: &Self| rules.until.map(|day| i64::from(day.0));
        let same = Self {
            total_limit: before.total_limit,
            member_limit: before.member_limit,
            until: before.until,
            ..self.clone()
        };
        same == *before
            && at_least(self.total_limit, before.total_limit)
            && at_least(self.member_limit, before.member_limit)
            && at_least(until(self), until(before))
    }
}

impl VoucherRules {
    /// What nothing is worth: in place of rules that can't be read.
    pub fn nothing() -> Self {
        Self {
            worth: Worth::Amount { amount: 0 },
            bought: false,
            uses: 0,
            total_limit: None,
            member_limit: None,
            from: None,
            until: None,
            days: None,
            stores: Vec::new(),
            categories: Vec::new(),
            skus: Vec::new(),
            minimum: 0,
        }
    }
}
